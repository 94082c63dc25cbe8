"""Output folders that appear whole or not at all."""

from __future__ import annotations

import contextlib
import filecmp
import os
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path

from intermt.commands.whole_file import creating
from intermt.errors import CannotCreate


class NewFolder:
    """A folder that is being written.

    Attributes:
        path: Where to write its files.
        is_unchanged: Whether the folder that was there has the same content; known once
            `settle` was called.
    """

    def __init__(self, path: Path, target: Path, *, replace: bool) -> None:
        self.path = path
        self.is_unchanged = False
        self._target = target
        self._replace = replace

    def settle(self) -> None:
        """See that the folder, now complete, may take its place.

        Raises:
            CannotCreate: Another folder is there that may not be replaced.
        """
        if _is_taken(self._target):
            self.is_unchanged = _same(self.path, self._target)
            if not self.is_unchanged and not self._replace:
                raise CannotCreate(
                    "the folder is there and holds something else",
                    where=str(self._target),
                    todo="name another folder, or replace this one with --force",
                )


@contextlib.contextmanager
def whole_folder(path: Path, *, marker: str, replace: bool) -> Iterator[NewFolder]:
    """A folder to fill that becomes `path` when the block ends well.

    It stands beside `path` under another name until then; if the block fails, what was at
    `path` is unchanged. The block calls `settle` when everything is written; a folder with
    exactly the same files stays as it is.

    Args:
        path: Where it is to be.
        marker: A file that every folder written this way has.
        replace: Whether it may take the place of another folder that has `marker`.

    Raises:
        CannotCreate: Something else has that name, or the folder cannot be made.
        StoreIOError: The disk does not take it.
    """
    target = Path(os.path.realpath(path))
    with creating(path, "folder"):
        _refuse_foreign(path, target, marker)
        temporary = target.parent / f".intermt-{secrets.token_hex(8)}"
        temporary.mkdir()
    new = NewFolder(temporary, target, replace=replace)
    try:
        with creating(path, "folder"):
            yield new
            if not new.is_unchanged:
                _sync(temporary)
                _swap(temporary, target) if _is_taken(target) else temporary.rename(target)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _is_taken(target: Path) -> bool:
    return target.exists() and any(target.iterdir())


def _refuse_foreign(path: Path, target: Path, marker: str) -> None:
    """Raise where what has this name was not written this way."""
    if not os.path.lexists(target):
        return
    is_empty = target.is_dir() and not any(target.iterdir())
    if not is_empty and not (target / marker).is_file():
        raise CannotCreate(
            "what has this name was not written by this command",
            where=str(path),
            todo="name another folder",
        )


def _swap(new: Path, old: Path) -> None:
    aside = old.parent / f".intermt-{secrets.token_hex(8)}"
    old.rename(aside)
    try:
        new.rename(old)
    except BaseException:
        aside.rename(old)
        raise
    shutil.rmtree(aside, ignore_errors=True)


def _same(one: Path, other: Path) -> bool:
    """Whether two folders hold the same files with the same bytes."""
    names = _files(one)
    if names != _files(other):
        return False
    return all(filecmp.cmp(one / name, other / name, shallow=False) for name in names)


def _files(folder: Path) -> list[Path]:
    return sorted(path.relative_to(folder) for path in folder.rglob("*") if not path.is_dir())


def _sync(folder: Path) -> None:
    for name in _files(folder):
        with (folder / name).open("rb") as file:
            os.fsync(file.fileno())
