"""The one way rows get into a table.

Rows go in as JSON parameters that SQL unpacks: fast, no file access, and every value stays
data. That a key is in its table once is seen to here, by whoever holds the store for writing:
the tables have no index, as DuckDB would load it whole for every writer. Which rows replace
others is decided here too, per table: most never do.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import duckdb
import orjson
from duckdb import DuckDBPyConnection as Connection

from intermt.errors import InputError
from intermt.store.database import MEMORY_MB
from intermt.store.rows import TABLES, Row, TableRow, encode

_KEYS: dict[str, tuple[str, ...]] = {
    "picture_use": ("conversation_id", "node_id", "position"),
    "image": ("sha256",),
    "preference_vote": ("vote_id",),
    "request": ("request_key",),
    "node_mark": ("node_id",),
    "seed_growth": ("seed_id",),
    "conversation_origin": ("conversation_id", "node_id"),
}

# Where a row with the same key is there already: it stays, unless it says less.
_REPLACES: dict[str, str] = {
    "request": "request.state <> 'ok'",
    # A jury's verdict is made anew when more of its members have stated theirs.
    "verdict": "verdict.state <> 'ok'"
    " OR coalesce(len(excluded.members) > len(verdict.members), FALSE)",
    "run": "run.finished_at IS NULL",
    "picture_use": "picture_use.sha256 IS NULL AND excluded.sha256 IS NOT NULL",
    "tool_use": "tool_use.image_sha256 IS NULL AND excluded.image_sha256 IS NOT NULL",
    # What the latest run says of a tree holds.
    "node_mark": "node_mark.run_id IS DISTINCT FROM excluded.run_id",
    "seed_drop": "seed_drop.run_id IS DISTINCT FROM excluded.run_id",
    "annotation_task": "annotation_task.gold::VARCHAR <> excluded.gold::VARCHAR",
    "seed_growth": "seed_growth.run_id IS DISTINCT FROM excluded.run_id"
    " OR seed_growth.state <> excluded.state",
}

# The same between two rows of one batch: whether a row gives way to a later one.
_GIVES_WAY: dict[str, Callable[[Row], bool]] = {
    "request": lambda row: row["state"] != "ok",
    "verdict": lambda row: row["state"] != "ok" or bool(row.get("members")),
    "run": lambda row: row["finished_at"] is None,
    "picture_use": lambda row: row["sha256"] is None,
    "tool_use": lambda row: row["image_sha256"] is None,
    "node_mark": lambda _: True,
    "seed_growth": lambda _: True,
    "seed_drop": lambda _: True,
    "annotation_task": lambda _: True,
}

# Unpacking takes up to fifty times their size in memory, and is no faster with more at once.
_BATCH_BYTES = 512 * 1024
# For looking through the keys of a table, which would else fill the memory that there is.
_SCAN_MB = 24
_REFUSALS = (duckdb.ConstraintException, duckdb.ConversionException, duckdb.InvalidInputException)


def insert(db: Connection, rows: Iterable[TableRow]) -> dict[str, int]:
    """Put rows in their tables; how many were new or replaced, per table.

    A row whose key is there already changes nothing, except that any call replaces one that
    was not answered well, any verdict an unparsed one, a run one that had not finished, and
    a picture's use one whose picture was missing. The same holds within `rows`.

    Raises:
        InputError: A row holds what cannot be stored.
    """
    by_table: dict[str, dict[tuple[Any, ...], Row]] = {}
    for table, row in rows:
        key = tuple(row[k] for k in key_of(table))
        kept = by_table.setdefault(table, {})
        if key not in kept or (table in _GIVES_WAY and _GIVES_WAY[table](kept[key])):
            kept[key] = row
    return {table: _insert(db, table, list(keyed.values())) for table, keyed in by_table.items()}


def known(db: Connection, rows: Sequence[TableRow]) -> set[tuple[str, tuple[Any, ...]]]:
    """Table and key of each of these rows that `insert` would leave as it is."""
    found: set[tuple[str, tuple[Any, ...]]] = set()
    for table in {table for table, _ in rows}:
        condition = _REPLACES.get(table, "FALSE")
        columns = {
            name: kind
            for name, kind in _columns(db, table).items()
            if name in key_of(table) or f"excluded.{name}" in condition
        }
        _unpack(db, columns, [{c: row[c] for c in columns} for name, row in rows if name == table])
        keys = ", ".join(f"{table}.{key}" for key in key_of(table))
        there = db.execute(
            f"SELECT {keys} FROM {table} JOIN excluded ON {_same_key(table)}"
            f" WHERE NOT ({condition})"
        ).fetchall()
        found.update((table, key) for key in there)
    return found


def insert_what_fits(db: Connection, rows: Sequence[TableRow]) -> int:
    """Put the rows that the database takes in their tables; how many it refuses.

    For rows that another version or a failing disk may have written. Whatever fits is
    committed; `db` must not be in a transaction.

    Raises:
        duckdb.Error: The database cannot be written at all.
    """
    if not rows:
        return 0
    try:
        db.execute("BEGIN")
        insert(db, [(table, _whole(db, table, row)) for table, row in rows])
        db.execute("COMMIT")
        return 0
    except (*_REFUSALS, InputError):
        db.execute("ROLLBACK")
    except BaseException:
        with contextlib.suppress(duckdb.Error):
            db.execute("ROLLBACK")
        raise
    if len(rows) == 1:
        return 1
    half = len(rows) // 2
    return insert_what_fits(db, rows[:half]) + insert_what_fits(db, rows[half:])


def _whole(db: Connection, table: str, row: Row) -> Row:
    """A row with a value for every column; InputError for a table or column not known."""
    if table not in TABLES or row.keys() - (columns := _columns(db, table)).keys():
        raise InputError(f"unknown table or column in a row of {table}")
    return dict.fromkeys(columns) | dict(row)


def key_of(table: str) -> tuple[str, ...]:
    """The key columns of a table."""
    return _KEYS.get(table, (f"{table}_id",))


def _insert(db: Connection, table: str, rows: Sequence[Row]) -> int:
    columns = _columns(db, table)
    # The names come from the schema, never from a user.
    names = ", ".join(f'"{name}"' for name in columns)
    n_bytes = _unpack(db, columns, rows)
    memory_mb = min(MEMORY_MB, _SCAN_MB + n_bytes // 10**6)
    db.execute(f"SET memory_limit = '{memory_mb}MB'")
    if (condition := _REPLACES.get(table)) is not None:
        db.execute(f"DELETE FROM {table} USING excluded WHERE {_same_key(table)} AND ({condition})")
    db.execute(f"DELETE FROM excluded USING {table} WHERE {_same_key(table)}")
    db.execute(f"SET memory_limit = '{MEMORY_MB}MB'")
    counted = db.execute(f"INSERT INTO {table} ({names}) SELECT {names} FROM excluded").fetchone()
    return counted[0] if counted else 0


def _unpack(db: Connection, columns: Mapping[str, str], rows: Sequence[Row]) -> int:
    """Put rows in the temporary table `excluded`; the memory in bytes that it may take."""
    structure = orjson.dumps([{name: _json_type(kind) for name, kind in columns.items()}]).decode()
    # Strict: a value of a wrong type is an error. From a table, as DuckDB works out what is
    # constant while it plans, value by value: twice as long.
    unpacked = (
        f"SELECT unnest(from_json_strict(packed, '{structure}'), max_depth := 2)"
        " FROM (SELECT ?::VARCHAR AS packed FROM range(1))"
    )
    begin = "CREATE OR REPLACE TEMP TABLE excluded AS"
    total = longest = 0
    for batch in _batches(rows):
        db.execute(f"{begin} {unpacked}", [batch.decode()])
        begin = "INSERT INTO excluded"
        total += len(batch)
        longest = max(longest, len(batch))
    # A text that is moved takes up to eight times its length, as DuckDB rounds sizes up.
    return 2 * total + 8 * longest


def _same_key(table: str) -> str:
    return " AND ".join(f"{table}.{key} = excluded.{key}" for key in key_of(table))


def _batches(rows: Sequence[Row]) -> Iterable[bytes]:
    batch: list[bytes] = []
    size = 0
    for row in rows:
        text = encode(row, row)
        if batch and size + len(text) > _BATCH_BYTES:
            yield b"[" + b",".join(batch) + b"]"
            batch, size = [], 0
        batch.append(text)
        size += len(text)
    if batch:
        yield b"[" + b",".join(batch) + b"]"


_columns_cache: dict[str, dict[str, str]] = {}


def _columns(db: Connection, table: str) -> dict[str, str]:
    if table not in _columns_cache:
        found = db.execute(
            "SELECT column_name, data_type FROM information_schema.columns "
            "WHERE table_name = ? ORDER BY ordinal_position",
            [table],
        ).fetchall()
        _columns_cache[table] = dict(found)
    return _columns_cache[table]


def _json_type(kind: str) -> Any:
    return [kind.removesuffix("[]")] if kind.endswith("[]") else kind
