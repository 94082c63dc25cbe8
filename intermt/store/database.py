"""Opening the DuckDB file, and what its errors mean to a user.

Only `connect.Store` and `check` open it, and only while they hold the store's lock.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import tempfile
from collections.abc import Iterator
from pathlib import Path

import duckdb
from duckdb import DuckDBPyConnection as Connection

from intermt.errors import (
    IntermtError,
    MissingInputError,
    PermissionRefused,
    StoreIOError,
    TryLater,
)

_DAMAGED = (
    "not a valid DuckDB database",
    "Could not read enough bytes",
    "Corrupt database file",
    "Loading external extensions is disabled",  # what a SQLite file leads to
    "Is a directory",
)


# A transaction rewrites the row group that its rows are added to. With DuckDB's own size, a
# few rows would take the time and memory of 122,880, prompts and replies included.
_ROW_GROUP = 2048


MEMORY_MB = 2000
"""Memory of a query, beyond which it goes on on the disk."""


def connect(
    file: Path, *, read_only: bool, memory_mb: int = MEMORY_MB, source: Path | None = None
) -> Connection:
    """A connection whose SQL can reach no other file.

    Args:
        file: What it is to.
        read_only: Whether nothing is written.
        memory_mb: Beyond it, a query goes on on the disk.
        source: A database to copy from, which is then `source` in SQL.

    Raises:
        duckdb.Error: It cannot be opened.
    """
    db = duckdb.connect(
        ":memory:",
        config={
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
            # Rows come in one parameter, which one thread unpacks.
            "threads": str(_n_readers(memory_mb)) if read_only else "1",
            "memory_limit": f"{memory_mb}MB",
            "temp_directory": str(Path(tempfile.gettempdir()) / f"intermt-{secrets.token_hex(8)}"),
        },
    )
    try:
        access = ", READ_ONLY" if read_only else ""
        db.execute(
            f"ATTACH {quoted(str(file))} AS store"
            f" (TYPE duckdb, ROW_GROUP_SIZE {_ROW_GROUP}{access})"
        )
        if source is not None:
            db.execute(f"ATTACH {quoted(str(source))} AS source (TYPE duckdb, READ_ONLY)")
        db.execute("USE store")
        db.execute("SET enable_external_access = false")
    except BaseException:
        db.close()
        raise
    return db


@contextlib.contextmanager
def joined_as_written(db: Connection) -> Iterator[None]:
    """Queries of the block keep the order of their joins, the smaller table on the right.

    Of a view with conditions DuckDB expects few rows, and would rather look hundreds of
    thousands of labels through for each of the things that they are about.
    """
    db.execute("SET disabled_optimizers = 'join_order,build_side_probe_side'")
    try:
        yield
    finally:
        db.execute("RESET disabled_optimizers")


def _n_readers(memory_mb: int) -> int:
    # Each of the threads holds on to some memory, which must be there for all of them.
    return max(1, min(4, os.cpu_count() or 1, memory_mb // 100))


def quoted(text: str) -> str:
    """A text as SQL writes it, for statements that take no parameters."""
    return "'" + text.replace("'", "''") + "'"


@contextlib.contextmanager
def database_errors(folder: Path) -> Iterator[None]:
    """Turn what DuckDB raises into what a user can act on."""
    try:
        yield
    except duckdb.Error as error:
        raise classify(error, folder) from error
    except RuntimeError as error:
        # What DuckDB makes of Ctrl-C while a query runs.
        if str(error) != "Query interrupted":
            raise
        raise KeyboardInterrupt from error


def classify(error: duckdb.Error, folder: Path) -> IntermtError:
    """The error a user can act on, for one that DuckDB raised.

    Locked, missing, forbidden and foreign files are all `IOException`; only the text
    differs.
    """
    text = str(error)
    first_line = text.splitlines()[0] if text else type(error).__name__
    where = str(folder)
    if "Could not set lock on file" in text:
        # Cannot happen among intermt processes, which queue; another program has the file.
        return TryLater(
            f"another program has the database open: {first_line}",
            where=where,
            todo="close it there and run the same command again",
        )
    if "database does not exist" in text:
        return MissingInputError(
            "nothing has been written to the store yet, and you may not write to it",
            where=where,
            todo="ask the store's owner for write access to the whole folder",
        )
    if "Permission denied" in text or "Read-only file system" in text:
        return PermissionRefused(
            f"no permission for the database: {first_line}",
            where=where,
            todo="ask the store's owner for access to the whole folder",
        )
    if "File too large" in text:
        return StoreIOError(
            f"files of this process may not become that large: {first_line}",
            where=where,
            todo="raise it (ulimit -f), then run the same command again; what is done is kept",
        )
    if "No space left" in text or "autocheckpoint failed" in text or "quota exceeded" in text:
        return StoreIOError(
            f"the disk is full: {first_line}",
            where=where,
            todo="free disk space, then run the same command again; finished work is kept",
        )
    if is_log_damaged(error):
        return StoreIOError(
            f"the log of the last transactions is damaged: {first_line}",
            where=where,
            todo="run: intermt check --repair",
        )
    if is_damaged(error):
        return StoreIOError(
            f"store.duckdb is damaged or not ours: {first_line}",
            where=where,
            todo="run: intermt check --repair",
        )
    return StoreIOError(
        f"the database cannot be used: {first_line}", where=where, todo="run: intermt check"
    )


def is_log_damaged(error: duckdb.Error) -> bool:
    """Whether it is the log of the last transactions that cannot be read."""
    return "replaying WAL" in str(error)


def is_damaged(error: duckdb.Error) -> bool:
    """Whether the file is no database or a cut one, not just unusable now or for us."""
    return any(sign in str(error) for sign in _DAMAGED)
