"""Folders for the store's tests."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from intermt.store.connect import Store


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store", lock_timeout_s=20)


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that every user can reach, which pytest's own cannot be."""
    path = Path(tempfile.mkdtemp(prefix="intermt-test-"))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path)
