"""The program on a store of the test's own."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.commands.work import Here, Program


@pytest.fixture
def intermt(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Program]:
    """The program in this process, on the store `tmp_path/store`."""
    monkeypatch.chdir(tmp_path)
    before = signal.getsignal(signal.SIGTERM)
    yield Program(tmp_path / "store", capfd)
    signal.signal(signal.SIGTERM, before)


@pytest.fixture
def here(tmp_path: Path) -> Here:
    """The program in this process, in the folder `tmp_path`, with just the words it is given."""
    return Here(tmp_path)
