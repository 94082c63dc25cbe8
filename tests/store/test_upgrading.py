"""Stores of older versions: what is in them survives, whatever happens on the way."""

from __future__ import annotations

import random
import shutil
import time
from pathlib import Path
from typing import Any

import duckdb
import pytest

from intermt.errors import StoreIOError
from intermt.store import schema
from intermt.store.check import examine
from intermt.store.connect import Store
from intermt.store.inserting import insert
from intermt.store.rows import TABLES, to_row

from .samples import AS_NOBODY, IS_ROOT, end, feedback, finish, small_tree, start
from .test_rows import FULL

N_MORE = 10_000


@pytest.fixture(scope="module")
def old_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    store = Store(tmp_path_factory.mktemp("old") / "store")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(schema, "MIGRATIONS", schema.MIGRATIONS[:5])
        some = [f"{n * 7919 % N_MORE:05d}" for n in range(N_MORE)]
        store.write([*small_tree(), *FULL, *(feedback(key, "x" * 50) for key in some)])
        assert len(primary_keys(store)) == len(TABLES) + 1
    return store.folder


@pytest.fixture
def old(old_once: Path, tmp_path: Path) -> Store:
    shutil.copytree(old_once, tmp_path / "store")
    return Store(tmp_path / "store", lock_timeout_s=60)


def content(folder: Path) -> dict[str, list[Any]]:
    """Every row of every table of records, in the order in which they lie there."""
    with duckdb.connect(str(folder / "store.duckdb"), read_only=True) as db:
        return {
            table: db.execute(f"SELECT * FROM {table} ORDER BY rowid").fetchall()
            for table in TABLES
        }


def primary_keys(store: Store) -> set[str]:
    with store.reading() as db:
        found = db.execute(
            "SELECT table_name FROM duckdb_constraints() WHERE constraint_type = 'PRIMARY KEY'"
        ).fetchall()
    return {table for (table,) in found}


def not_null(folder: Path) -> set[tuple[str, str]]:
    with duckdb.connect(str(folder / "store.duckdb"), read_only=True) as db:
        found = db.execute(
            "SELECT table_name, column_name FROM duckdb_columns() WHERE NOT is_nullable"
        ).fetchall()
    return {(table, column) for table, column in found}


def test_every_row_and_its_place_survive(old: Store) -> None:
    before, wanted = content(old.folder), not_null(old.folder)
    size = (old.folder / "store.duckdb").stat().st_size
    with old.writing():
        pass
    assert content(old.folder) == before
    assert all(before.values()), "every table has a row to lose"
    assert not_null(old.folder) == wanted
    assert primary_keys(old) == {"migration"}
    assert (old.folder / "store.duckdb").stat().st_size < size
    assert examine(old, repair=False).counts["feedback records"] == N_MORE + 1


def test_an_old_store_is_what_a_new_one_would_be(old: Store, store: Store) -> None:
    store.write([feedback("x")])
    with old.writing():
        pass
    with old.reading() as one, store.reading() as two:
        sql = "SELECT * EXCLUDE (database_oid, table_oid, schema_oid) FROM duckdb_columns()"
        sql = f"SELECT table_name, column_name, data_type, is_nullable FROM ({sql}) ORDER BY ALL"
        assert one.execute(sql).fetchall() == two.execute(sql).fetchall()


def test_a_key_that_was_there_is_known_after_the_upgrade(old: Store) -> None:
    assert old.write([*FULL, feedback("00017"), feedback("new")]) == {
        **{to_row(record)[0]: 0 for record in FULL},
        "feedback": 1,
    }


def test_modes_of_the_file_are_kept(old: Store) -> None:
    file = old.folder / "store.duckdb"
    file.chmod(0o640)
    with old.writing():
        pass
    assert file.stat().st_mode & 0o777 == 0o640


def test_without_room_the_file_stays_as_it_is(old: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    before = content(old.folder)

    def no_room(*_: object) -> None:
        raise duckdb.IOException("No space left on device")

    monkeypatch.setattr(Store, "_make_database", no_room)
    with old.writing():
        pass
    assert content(old.folder) == before
    assert primary_keys(old) == {"migration"}


def test_a_log_that_is_left_keeps_its_database(old: Store) -> None:
    """Put beside another file, it would be played into that one."""
    log = old.folder / "store.duckdb.wal"
    with duckdb.connect(str(old.folder / "store.duckdb")) as db:
        db.execute("PRAGMA disable_checkpoint_on_shutdown")
        db.execute("DELETE FROM feedback WHERE feedback_id = '00000'")
    assert log.exists()
    with old.writing():
        pass
    assert not log.exists()
    assert len(content(old.folder)["feedback"]) == N_MORE


KILLED = """
import os, sys
from pathlib import Path
from intermt.store import schema
from intermt.store.connect import Store
def die(*_):
    os.kill(os.getpid(), 9)
def last(db):
    schema.m006_no_indexes(db)
    die()
if sys.argv[2] == "before the commit":
    last.__name__ = "m006_no_indexes"
    schema.MIGRATIONS = (*schema.MIGRATIONS[:5], last)
elif sys.argv[2] == "after the commit":
    Store._shrink_database = die
elif sys.argv[2] == "before the new file":
    Path.rename = lambda path, to: die() if path.suffix == ".new" else os.rename(path, to)
with Store(Path(sys.argv[1])).writing():
    die()
"""


@pytest.mark.parametrize(
    "when", ["before the commit", "after the commit", "before the new file", "at the end"]
)
def test_killed_in_the_middle(old: Store, when: str) -> None:
    before = content(old.folder)
    process = start(KILLED, old.folder, when)
    process.communicate()
    assert process.returncode == -9
    assert (old.folder / "store.duckdb.new").exists() == (when == "before the new file")
    assert content(old.folder) == before
    with old.writing():
        pass
    assert content(old.folder) == before
    assert primary_keys(old) == {"migration"}


def test_killed_at_any_moment(old_once: Path, tmp_path: Path) -> None:
    code = """
import sys
from pathlib import Path
from intermt.store.connect import Store
print("go", flush=True)
with Store(Path(sys.argv[1])).writing():
    print("done", flush=True)
"""
    before = content(old_once)
    began = time.monotonic()
    shutil.copytree(old_once, tmp_path / "whole")
    finish(start(code, tmp_path / "whole"))
    longest = time.monotonic() - began
    dice = random.Random(5)
    for n in range(6):
        folder = tmp_path / str(n)
        shutil.copytree(old_once, folder)
        process = start(code, folder)
        process.stdout.readline()  # type: ignore[union-attr]
        time.sleep(dice.random() * longest / 2)
        end(process)
        store = Store(folder, lock_timeout_s=20)
        with store.writing():
            pass
        assert content(folder) == before
        assert primary_keys(store) == {"migration"}


@pytest.mark.skipif(not IS_ROOT, reason="needs root to become somebody else")
def test_who_may_only_read_reads_the_old_tables(old_once: Path, open_folder: Path) -> None:
    shutil.copytree(old_once, open_folder / "store")
    code = """
with Store(Path(sys.argv[1])).reading() as db:
    print(db.execute("SELECT count(*) FROM feedback").fetchone()[0])
"""
    said = finish(start(AS_NOBODY + code, open_folder / "store"))
    assert said.split() == [str(N_MORE + 1)]
    assert len(primary_keys_as_they_are(open_folder / "store")) == len(TABLES) + 1


def primary_keys_as_they_are(folder: Path) -> list[str]:
    with duckdb.connect(str(folder / "store.duckdb"), read_only=True) as db:
        sql = "SELECT table_name FROM duckdb_constraints() WHERE constraint_type = 'PRIMARY KEY'"
        return [row[0] for row in db.execute(sql).fetchall()]


@pytest.mark.parametrize("bad", [{"feedback_id": None}, {"text": None}, {"rated_at": "yesterday"}])
def test_a_row_that_does_not_fit_is_refused(old: Store, bad: dict[str, Any]) -> None:
    row = to_row(feedback("good"))[1]
    with pytest.raises(StoreIOError), old.writing() as db:
        insert(db, [("feedback", {**row, **bad})])
    assert old.write([feedback("good")]) == {"feedback": 1}
