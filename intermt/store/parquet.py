"""Rows of one Parquet file, read by a database of their own that can open nothing else.

The file is opened here and handed over by its descriptor: a path given by a user is part of
no query, `*` in it means itself, and what is read is the file that was opened.
"""

from __future__ import annotations

import datetime
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb

from intermt.errors import InputError, MissingInputError, PermissionRefused, StoreIOError

MAGIC = b"PAR1"
_ROWS_AT_ONCE = 64
_LIMITS: dict[str, str | bool | int | float | list[str]] = {
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "threads": "1",
    "memory_limit": "2GB",
}


def is_parquet(path: Path) -> bool:
    """Whether a file begins like a Parquet file; False for what cannot be read."""
    try:
        # A pipe would lose what is read here.
        if not stat.S_ISREG(path.stat().st_mode):
            return False
        with path.open("rb") as file:
            return file.read(len(MAGIC)) == MAGIC
    except (OSError, ValueError):
        return False


def read_rows(path: Path) -> Iterator[dict[str, Any]]:
    """The rows of a Parquet file in order, by column, in types that JSON has, and bytes.

    Lists and structs come as lists and dicts, binary columns as text where they are UTF-8.
    Memory holds some two thousand rows at a time, embedded pictures included.

    Raises:
        MissingInputError: There is no such file.
        PermissionRefused: It may not be read.
        InputError: It is no Parquet file, is damaged, or has rows of megabytes.
        StoreIOError: It cannot be read.
    """
    with _opened(path) as (db, here):
        yield from _rows(db, here)


def read_metadata(path: Path) -> dict[str, str]:
    """What the writer of a Parquet file noted beside its table, by key; text alone.

    Raises:
        IntermtError: See `read_rows`.
    """
    with _opened(path) as (db, here):
        found = db.execute("SELECT key, value FROM parquet_kv_metadata(?)", [here]).fetchall()
        pairs = ((_decoded(key), _decoded(value)) for key, value in found)
        return {k: v for k, v in pairs if isinstance(k, str) and isinstance(v, str)}


@contextmanager
def _opened(path: Path) -> Iterator[tuple[duckdb.DuckDBPyConnection, str]]:
    """A database that can read this one file, and the file's name in it."""
    name = str(path)
    try:
        file = path.open("rb")
    except FileNotFoundError as error:
        raise MissingInputError("no such file", where=name, todo="check the path") from error
    except PermissionError as error:
        raise PermissionRefused("the file may not be read", where=name) from error
    except (OSError, ValueError) as error:
        raise StoreIOError(f"cannot open: {error}", where=name) from error
    with file:
        here = f"/dev/fd/{file.fileno()}"
        try:
            db = duckdb.connect(":memory:", config=_LIMITS)
            try:
                _confine(db, here)
                yield db, here
            finally:
                db.close()
        except duckdb.OutOfMemoryException as error:
            raise InputError(
                "the rows are too large to be read together",
                where=name,
                todo="keep the pictures as files and their names in the table",
            ) from error
        except duckdb.Error as error:
            first = str(error).splitlines()[0].replace(here, path.name)
            raise InputError(
                f"the Parquet file cannot be read: {first}",
                where=name,
                todo="fetch or write the file again",
            ) from error


def _confine(db: duckdb.DuckDBPyConnection, path: str) -> None:
    db.execute("SET allowed_paths = ?", [[path]])
    db.execute("SET enable_external_access = false")
    db.execute("SET lock_configuration = true")


def _rows(db: duckdb.DuckDBPyConnection, path: str) -> Iterator[dict[str, Any]]:
    found = db.execute("SELECT * FROM read_parquet(?)", [path])
    columns = [column[0] for column in found.description or ()]
    while batch := found.fetchmany(_ROWS_AT_ONCE):
        for row in batch:
            yield {name: _plain(value) for name, value in zip(columns, row, strict=True)}


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, str | bool | int | float):
        return value
    if isinstance(value, bytes):
        return _decoded(value)
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    if isinstance(value, dict):
        return {str(key): _plain(one) for key, one in value.items()}
    if isinstance(value, datetime.date | datetime.time):
        return value.isoformat()
    return str(value)


def _decoded(value: bytes) -> str | bytes:
    """Text that was written without saying so, as old writers do; else the bytes."""
    try:
        text = value.decode()
    except UnicodeDecodeError:
        return value
    return value if "\0" in text else text
