"""Output files that appear whole or not at all."""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from intermt.errors import CannotCreate, StoreIOError

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EIO)


@contextlib.contextmanager
def whole_file(path: Path) -> Iterator[BinaryIO]:
    """A file to write that takes the place of `path` when the block ends well.

    It stands beside `path` under another name until then; if the block fails, what was at
    `path` is unchanged. A link keeps pointing where it points, to the new file.

    Raises:
        CannotCreate: A folder or device has that name, or no file can be made there.
        StoreIOError: The disk does not take it.
    """
    target = Path(os.path.realpath(path))
    with creating(path):
        if (other := _other_than_a_file(path)) is not None:
            raise CannotCreate(
                f"what has this name is {other}", where=str(path), todo="name a file"
            )
        temporary = target.parent / f".intermt-{secrets.token_hex(8)}"
        file = temporary.open("xb")
    try:
        with file:
            yield file
            with creating(path):
                file.flush()
                os.fsync(file.fileno())
        with creating(path):
            temporary.rename(target)
    except BaseException:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise


def _other_than_a_file(path: Path) -> str | None:
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        return None
    if stat.S_ISREG(mode):
        return None
    return "a folder" if stat.S_ISDIR(mode) else "a device, pipe or socket"


@contextlib.contextmanager
def creating(path: Path, thing: str = "file") -> Iterator[None]:
    """Turn what the system says in the block into an error about `path`.

    Raises:
        CannotCreate: It cannot be made there.
        StoreIOError: The disk does not take it.
    """
    try:
        yield
    except OSError as error:
        what = error.strerror or str(error)
        if error.errno in _FULL:
            raise StoreIOError(
                f"cannot write: {what}", where=str(path), todo="free disk space and run again"
            ) from error
        if error.errno == errno.ENOENT and not path.parent.is_dir():
            raise CannotCreate(
                f"cannot be created: there is no folder {path.parent}",
                where=str(path),
                todo=f"make that folder first, or name a {thing} elsewhere",
            ) from error
        raise CannotCreate(
            f"cannot be created: {what}", where=str(path), todo=f"name a {thing} that you may write"
        ) from error
