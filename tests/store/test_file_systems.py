"""Network file systems are told by where they are mounted."""

from __future__ import annotations

from pathlib import Path

import pytest

from intermt.store.file_systems import network_file_system


def test_network_file_system_is_told_by_the_mount(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mounts = f"none / ext4 rw 0 0\nhost:/x {tmp_path} nfs4 rw 0 0\n"
    real = Path.read_text
    monkeypatch.setattr(
        Path,
        "read_text",
        lambda self, *a, **k: mounts if str(self) == "/proc/mounts" else real(self, *a, **k),
    )
    assert network_file_system(tmp_path / "store") == "nfs4"
    assert network_file_system(Path("/")) is None
