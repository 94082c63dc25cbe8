"""Append-only journals: what is finished is safe before the database has it.

A process that does long work appends each finished record to a file of its own in
`STORE/journal/`, without any lock, and moves them to the database in larger batches. One
line is `CRC32 JSON`; a line cut short by a crash fails its checksum and is left out, which
loses only what was never reported as done. A journal whose owner is gone is merged by
whoever writes to the store next; merging twice changes nothing, as all rows have keys.
"""

from __future__ import annotations

import contextlib
import errno
import os
import time
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import orjson
from duckdb import DuckDBPyConnection as Connection

from intermt.errors import PermissionRefused, StoreIOError
from intermt.store.lock import open_owned, try_own, unique_name
from intermt.store.rows import Row, TableRow, encode, insert_what_fits

SYNC_INTERVAL_S = 0.25
_FORBIDDEN = (errno.EACCES, errno.EPERM, errno.EROFS)


@dataclass(frozen=True, slots=True)
class JournalContent:
    """What a journal holds: rows in order, and how many lines were not readable.

    Attributes:
        rows: Table and row of each good line.
        damaged: Whole lines whose checksum does not fit; a torn last line is none.
    """

    rows: list[TableRow]
    damaged: int


class Journal:
    """This process's own journal; files are made as they are needed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._path: Path | None = None
        self._fd: int | None = None
        self._synced_at = 0.0
        self._length = 0

    def append(self, rows: Iterable[TableRow]) -> list[int]:
        """The length in bytes of each row, which now survives the end of the process.

        They survive a power cut from the next sync on, which an append makes if the last
        one is a quarter of a second old; the database has them after a `flush` anyway.

        Raises:
            InputError: A row holds what JSON cannot (see `rows.encode`); none is written.
            PermissionRefused: The folder may not be written.
            StoreIOError: The disk is full.
        """
        lines = [_line(table, row) for table, row in rows]
        if not lines:
            return []
        try:
            if self._fd is None:
                name = unique_name(".jsonl")
                self._fd = open_owned(self._folder, name, b"")
                self._path = self._folder / name
                self._length = 0
                _sync_folder(self._folder)
            self._write(self._fd, b"".join(lines))
            if time.monotonic() - self._synced_at > SYNC_INTERVAL_S:
                self.sync()
        except OSError as error:
            if error.errno in _FORBIDDEN:
                raise PermissionRefused(
                    f"no permission to write in the store: {error.strerror}",
                    where=str(self._folder),
                    todo="ask the store's owner for write access to the whole folder",
                ) from error
            raise StoreIOError(
                f"cannot write the journal: {error.strerror}",
                where=str(self._folder),
                todo="free disk space, then run the same command again",
            ) from error
        return [len(line) for line in lines]

    def _write(self, fd: int, lines: bytes) -> None:
        view = memoryview(lines)
        try:
            while view:
                view = view[os.write(fd, view) :]
        except OSError:
            # Half a line left at the end would swallow the first line of the next append.
            with contextlib.suppress(OSError):
                os.ftruncate(fd, self._length)
            raise
        self._length += len(lines)

    def sync(self) -> None:
        """Wait until what was appended is on the disk."""
        if self._fd is not None:
            os.fsync(self._fd)
            self._synced_at = time.monotonic()

    def take(self) -> tuple[Path, int] | None:
        """The current file and its descriptor; the next append starts a new one.

        None if nothing was appended. The caller calls `drop` once the database has it, or
        closes the descriptor to leave the file to the next writer.
        """
        if self._fd is None or self._path is None:
            return None
        taken = (self._path, self._fd)
        self._path, self._fd = None, None
        return taken

    def close(self) -> None:
        """Let go of the current file; the next writer merges it."""
        if self._fd is not None:
            with contextlib.suppress(OSError):
                self.sync()
            os.close(self._fd)
            self._path, self._fd = None, None


def drop(path: Path, fd: int) -> None:
    """Remove a journal that the database has."""
    path.unlink(missing_ok=True)
    os.close(fd)


@contextlib.contextmanager
def abandoned(folder: Path) -> Iterator[list[tuple[Path, int]]]:
    """Own every journal whose process is gone, for the length of the block."""
    owned: list[tuple[Path, int]] = []
    try:
        for path in sorted(folder.glob("[!.]*.jsonl")):
            try:
                fd = try_own(path)
            except PermissionError:
                continue
            if fd is not None:
                owned.append((path, fd))
        yield owned
    finally:
        for _, fd in owned:
            with contextlib.suppress(OSError):
                os.close(fd)


def any_abandoned(folder: Path) -> bool:
    """Whether a journal lies there whose process is gone."""
    with abandoned(folder) as found:
        return bool(found)


def read(path: Path) -> JournalContent:
    """The rows of a journal; unreadable lines are counted, never guessed."""
    rows: list[TableRow] = []
    damaged = 0
    with path.open("rb") as file:
        for line in file:
            if not line.endswith(b"\n"):
                break
            item = _parse(line)
            if item is None:
                damaged += 1
            else:
                rows.append(item)
    return JournalContent(rows, damaged)


def merge_abandoned(db: Connection, folder: Path) -> int:
    """Put the rows of every abandoned journal into the database; how many journals.

    For whoever holds the store for writing. A journal with lines that are damaged or that
    the database refuses is kept as `.damaged`, after its good lines went in, so that one
    bad file never stops the store.

    Raises:
        StoreIOError: A journal cannot be read.
        duckdb.Error: The database cannot be written (a full disk).
    """
    with abandoned(folder) as owned:
        for path, _ in owned:
            try:
                content = read(path)
                n_refused = insert_what_fits(db, content.rows)
                if content.damaged or n_refused:
                    path.rename(path.with_suffix(".damaged"))
                else:
                    path.unlink(missing_ok=True)
            except PermissionError:
                # Merged but not ours to remove: merging it again changes nothing.
                continue
            except OSError as error:
                raise StoreIOError(
                    f"cannot merge a journal: {error.strerror}",
                    where=str(path),
                    todo="run: intermt check",
                ) from error
        return len(owned)


def _line(table: str, row: Row) -> bytes:
    body = encode([table, row], row)
    return b"%08x %b\n" % (zlib.crc32(body), body)


def _parse(line: bytes) -> TableRow | None:
    check, _, body = line[:-1].partition(b" ")
    try:
        if int(check, 16) != zlib.crc32(body):
            return None
        table, row = orjson.loads(body)
    except (ValueError, TypeError):
        return None
    return (table, row) if isinstance(table, str) and isinstance(row, dict) else None


def _sync_folder(folder: Path) -> None:
    fd = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
