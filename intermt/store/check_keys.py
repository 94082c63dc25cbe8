"""Verifying that a key is in its table once, which the database itself does not see to."""

from __future__ import annotations

import time

import orjson
from duckdb import DuckDBPyConnection as Connection

from intermt.errors import StoreIOError
from intermt.store.check_pictures import looking
from intermt.store.connect import Store
from intermt.store.findings import Findings
from intermt.store.inserting import insert, key_of
from intermt.store.rows import TABLES, encode

_KEYS_AT_ONCE = 1000


def check_keys(store: Store, findings: Findings) -> None:
    """Look for keys that several rows have, and leave one row of each if asked to."""
    with looking(store) as db:
        twice = {
            table: db.execute(
                f"SELECT count(*), min(twice)::VARCHAR FROM ({_twice(table)}) twice"
            ).fetchone()
            for table in TABLES
        }
    for table, row in twice.items():
        n_keys, first = row or (0, "")
        if not n_keys:
            continue
        findings.add(
            "duplicate-key",
            table,
            f"{n_keys:,} keys are in this table more than once, the first {first}: two programs"
            " wrote at the same time, as where locks do not hold",
            mend="leaves the row that counts of each, and all as they were in damaged/",
        )
        if findings.repair:
            _mend(store, table)


def _mend(store: Store, table: str) -> None:
    """Write the rows of such keys again, as if they had come one after the other."""
    aside = store.folder / "damaged" / f"{time.time_ns()}-{table}.jsonl"
    n_found = _KEYS_AT_ONCE
    while n_found == _KEYS_AT_ONCE:
        with store.writing() as db:
            db.execute(f"CREATE TEMP TABLE twice AS {_twice(table)} LIMIT {_KEYS_AT_ONCE}")
            same = " AND ".join(f"{table}.{key} = twice.{key}" for key in key_of(table))
            found = db.execute(
                f"SELECT to_json({table})::VARCHAR FROM {table} JOIN twice ON {same}"
                f" ORDER BY {table}.rowid"
            ).fetchall()
            rows = [(table, orjson.loads(text)) for (text,) in found]
            try:
                aside.parent.mkdir(exist_ok=True)
                with aside.open("ab") as file:
                    file.writelines(encode(row) + b"\n" for row in rows)
            except OSError as error:
                raise StoreIOError(f"cannot write {aside}: {error.strerror}") from error
            db.execute(f"DELETE FROM {table} USING twice WHERE {same}")
            insert(db, rows)
            n_found = _count(db)


def _twice(table: str) -> str:
    keys = ", ".join(key_of(table))
    return f"SELECT {keys} FROM {table} GROUP BY ALL HAVING count(*) > 1"


def _count(db: Connection) -> int:
    row = db.execute("SELECT count(*) FROM twice").fetchone()
    return row[0] if row else 0
