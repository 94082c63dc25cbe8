"""The program on a store of the test's own."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.commands.work import Here, Program


@pytest.fixture
def intermt(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Program:
    """The program in this process, on the store `tmp_path/store`."""
    monkeypatch.chdir(tmp_path)
    return Program(tmp_path / "store", capfd)


@pytest.fixture
def here(tmp_path: Path) -> Here:
    """The program in this process, in the folder `tmp_path`, with just the words it is given."""
    return Here(tmp_path)
