"""The tables and the document that explains them."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

from intermt.store import rows, schema
from intermt.store.connect import Store

from .samples import ROOT_NAME, feedback

DOCUMENT = (ROOT_NAME / "docs" / "store.md").read_text()


def columns(store: Store) -> dict[str, set[str]]:
    store.write([feedback("f")])
    with store.reading() as db:
        found = db.execute(
            "SELECT table_name, list(column_name) FROM information_schema.columns GROUP BY 1"
        ).fetchall()
    return {table: set(names) for table, names in found}


def test_tables_hold_every_field_of_their_records(store: Store) -> None:
    found = columns(store)
    for kind, table in rows._TABLES.items():
        if kind is not rows.Answered:
            assert {f.name for f in fields(kind)} <= found[table]


def test_every_table_and_column_is_explained(store: Store) -> None:
    lines = {line.split("`")[1]: line for line in DOCUMENT.splitlines() if line.startswith("| `")}
    for table, names in columns(store).items():
        explained = set(re.findall(r"`(\w+)`", lines[table]))
        assert names <= explained, (table, names - explained)


def test_every_finding_is_explained() -> None:
    source = "".join(p.read_text() for p in (ROOT_NAME / "intermt" / "store").glob("check*.py"))
    kinds = set(re.findall(r"add(?:_unmended)?\(\s*\"([\w-]+)\"", source))
    assert len(kinds) > 15
    assert {kind for kind in kinds if f"`{kind}`" not in DOCUMENT} == set()


def test_migrations_are_named_in_order() -> None:
    names = [m.__name__ for m in schema.MIGRATIONS]
    assert names == sorted(names)
    assert all(re.fullmatch(rf"m{n:03}_\w+", name) for n, name in enumerate(names, start=1))
    assert Path(schema.__file__).name == "schema.py"
