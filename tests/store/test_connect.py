"""Opening the store in every state a folder, a file or another program can be in."""

from __future__ import annotations

import os
import resource
import signal
import sqlite3
import subprocess
import threading
import time
from pathlib import Path

import duckdb
import pytest

from intermt.errors import (
    CannotCreate,
    IntermtError,
    MissingInputError,
    StoreIOError,
    TryLater,
)
from intermt.store import schema
from intermt.store.connect import Store

from .samples import AS_NOBODY, IS_ROOT, end, feedback, finish, start


def count(store: Store, table: str = "feedback") -> int:
    with store.reading() as db:
        row = db.execute(f"SELECT count(*) FROM {table}").fetchone()
        assert row
        return row[0]


def refusal(store: Store) -> IntermtError:
    with pytest.raises(IntermtError) as caught:
        count(store)
    with pytest.raises(type(caught.value)):
        store.write([feedback("x")])
    return caught.value


# --- folders ---------------------------------------------------------------------------------


def test_reading_wants_a_store(tmp_path: Path) -> None:
    with pytest.raises(MissingInputError, match="there is no store") as caught:
        count(Store(tmp_path / "no"))
    assert caught.value.exit_code == 66
    assert "--store" in caught.value.todo
    assert not (tmp_path / "no").exists()


def test_writing_makes_a_store_with_its_parents(tmp_path: Path) -> None:
    store = Store(tmp_path / "a" / "b")
    store.write([feedback("x")])
    assert count(store) == 1
    assert sorted(p.name for p in store.folder.iterdir()) == [
        "images",
        "journal",
        "lock",
        "queue",
        "store.duckdb",
    ]


@pytest.mark.parametrize("name", ["thesis.tex", "lock"])
def test_foreign_folder_is_left_alone(tmp_path: Path, name: str) -> None:
    (tmp_path / name).touch()
    with pytest.raises(CannotCreate, match=f"is not a store .it holds {name}") as caught:
        Store(tmp_path).write([feedback("x")])
    assert caught.value.exit_code == 73
    assert [p.name for p in tmp_path.iterdir()] == [name]
    with pytest.raises(MissingInputError):
        count(Store(tmp_path))


def test_a_file_is_not_a_store(tmp_path: Path) -> None:
    (tmp_path / "f").touch()
    with pytest.raises(CannotCreate):
        Store(tmp_path / "f").create()
    with pytest.raises(MissingInputError):
        count(Store(tmp_path / "f"))


def test_four_processes_may_make_one_store(tmp_path: Path) -> None:
    code = """
import sys
from pathlib import Path
sys.path.insert(0, ".")
from intermt.store.connect import Store
from tests.store.samples import feedback
Store(Path(sys.argv[1])).write([feedback(sys.argv[2])])
"""
    for process in [start(code, tmp_path / "store", n) for n in range(4)]:
        finish(process)
    assert count(Store(tmp_path / "store")) == 4


@pytest.mark.skipif(not IS_ROOT, reason="needs root to become somebody else")
def test_what_somebody_without_rights_can_do(open_folder: Path) -> None:
    code = """
store = Store(Path(sys.argv[1]), lock_timeout_s=2)
def attempt(what):
    try:
        print(what())
    except IntermtError as error:
        print(int(error.exit_code), error.what)
def read():
    with store.reading() as db:
        return db.execute("SELECT count(*) FROM feedback").fetchone()[0]
attempt(read)
attempt(lambda: store.write([]) or store.writing().__enter__())
attempt(lambda: store.create() and store.keep([]))
attempt(lambda: store.keep([feedback("z")]))
"""
    folder = open_folder / "store"

    def said() -> list[str]:
        # Imported while it may still read where Python's own modules are.
        first = "from tests.store.samples import feedback\n"
        return finish(start(first + AS_NOBODY + code, folder)).splitlines()

    Store(folder).create()
    assert said()[0].startswith("66 nothing has been written to the store yet")
    Store(folder).write([feedback("x")])
    # An abandoned journal that they may not merge does not keep them from reading.
    kept = Store(folder)
    kept.keep([feedback("y")])
    kept.close()
    assert said() == [
        "1",
        f"77 no permission to write in the store {folder}",
        "None",
        "77 no permission to write in the store: Permission denied",
    ]
    (folder / "store.duckdb").chmod(0o600)
    assert said()[0].startswith("77 no permission for the database: IO Error")
    folder.chmod(0o700)
    assert said()[0] == f"77 no permission to look into {folder}"
    assert said()[2] == f"77 no permission to look into {folder}"


@pytest.mark.skipif(not IS_ROOT, reason="needs root to become somebody else")
def test_a_store_cannot_be_made_where_one_may_not_write(open_folder: Path) -> None:
    code = """
try:
    Store(Path(sys.argv[1])).create()
except IntermtError as error:
    print(int(error.exit_code), error.what)
"""
    said = finish(start(AS_NOBODY + code, open_folder / "new"))
    assert said.startswith("73 cannot create the store")


def test_store_shared_by_a_group_stays_so(tmp_path: Path) -> None:
    folder = tmp_path / "shared"
    folder.mkdir()
    folder.chmod(0o2775)
    old = os.umask(0o077)
    try:
        store = Store(folder)
        store.write([feedback("x")])
        store.keep([feedback("y")])
    finally:
        os.umask(old)
    for path in folder.rglob("*"):
        wanted = 0o070 if path.is_dir() else 0o060
        assert path.stat().st_mode & wanted == wanted, path


# --- database files ----------------------------------------------------------------------------


def test_foreign_database_file(store: Store) -> None:
    (store.create().folder / "store.duckdb").write_text("hello " * 5000)
    error = refusal(store)
    assert isinstance(error, StoreIOError)
    assert error.exit_code == 74
    assert "damaged or not ours" in error.what
    assert "check --repair" in error.todo


def test_sqlite_database_file(store: Store) -> None:
    connection = sqlite3.connect(store.create().folder / "store.duckdb")
    connection.execute("CREATE TABLE t (a)")
    connection.close()
    assert "damaged or not ours" in refusal(store).what


@pytest.mark.parametrize("size", [0, 100, 4096, 8192, 12288])
def test_truncated_database_file(store: Store, size: int) -> None:
    store.write([feedback("x")])
    os.truncate(store.folder / "store.duckdb", size)
    error = refusal(store)
    assert isinstance(error, StoreIOError)
    assert "damaged or not ours" in error.what


def test_folder_in_the_place_of_the_database(store: Store) -> None:
    (store.create().folder / "store.duckdb").mkdir()
    assert "damaged or not ours" in refusal(store).what


def test_database_opened_by_another_program(store: Store) -> None:
    store.write([feedback("x")])
    code = """
import duckdb, sys
db = duckdb.connect(sys.argv[1])
print("open", flush=True)
sys.stdin.read(1)
"""
    other = start(code, store.folder / "store.duckdb", stdin=subprocess.PIPE)
    try:
        assert other.stdout.readline() == "open\n"
        error = refusal(store)
        assert isinstance(error, TryLater)
        assert error.exit_code == 75
        assert "another program has the database open" in error.what
        assert str(other.pid) in error.what
    finally:
        end(other)
    assert count(store) == 1


def test_newer_schema_is_refused_untouched(store: Store) -> None:
    store.write([feedback("x")])
    with store.writing() as db:
        db.execute("INSERT INTO migration VALUES ('m999_future', NULL)")
    error = refusal(store)
    assert isinstance(error, StoreIOError)
    assert "newer intermt (it has m999_future)" in error.what
    assert "upgrade" in error.todo


def test_database_without_tables_gets_them(store: Store) -> None:
    # As an older version leaves it when it is killed before its first migration.
    duckdb.connect(str(store.create().folder / "store.duckdb")).close()
    assert count(store) == 0


def test_killed_while_making_the_database(store: Store) -> None:
    code = """
import os, sys
from pathlib import Path
from intermt.store import schema
from intermt.store.connect import Store
store = Store(Path(sys.argv[1]))
schema.migrate = lambda db: os.kill(os.getpid(), 9)
with store.writing():
    pass
"""
    process = start(code, store.folder)
    process.communicate()
    assert process.returncode == -9
    assert (store.folder / "store.duckdb.new").exists()
    assert not (store.folder / "store.duckdb").exists()
    store.write([feedback("x")])
    assert count(store) == 1
    assert not (store.folder / "store.duckdb.new").exists()


def test_killed_at_any_moment_of_making_a_store(tmp_path: Path) -> None:
    code = """
import sys
from pathlib import Path
sys.path.insert(0, ".")
from intermt.store.connect import Store
from tests.store.samples import feedback
store = Store(Path(sys.argv[1]))
print("go", flush=True)
store.write([feedback("x")])
"""
    for n in range(4):
        folder = tmp_path / str(n)
        process = start(code, folder)
        process.stdout.readline()  # type: ignore[union-attr]
        time.sleep(0.03 * n)
        end(process)
        store = Store(folder, lock_timeout_s=10)
        store.write([feedback("y")])
        assert count(store) in (1, 2)


def test_killed_in_the_middle_of_a_transaction(store: Store) -> None:
    store.write([feedback("before")])
    code = """
import os, sys
from pathlib import Path
sys.path.insert(0, ".")
from intermt.store.connect import Store
from intermt.store.inserting import insert
from intermt.store.rows import to_row
from tests.store.samples import feedback
with Store(Path(sys.argv[1])).writing() as db:
    insert(db, [to_row(feedback(str(n))) for n in range(5000)])
    os.kill(os.getpid(), 9)
"""
    process = start(code, store.folder)
    process.communicate()
    assert count(store) == 1


# --- transactions ---------------------------------------------------------------------------------


def test_exception_rolls_everything_back(store: Store) -> None:
    store.write([feedback("a")])
    with pytest.raises(ZeroDivisionError), store.writing() as db:
        print(db.execute("DELETE FROM feedback"), 1 / 0)
    assert count(store) == 1


def test_rows_too_long_for_the_memory_of_closing_are_there_at_once(store: Store) -> None:
    text = os.urandom(30_000_000).hex()
    log = store.folder / "store.duckdb.wal"

    store.write([feedback("long", text)])

    assert log.stat().st_size > len(text)
    with store.reading() as db:
        assert db.execute("SELECT text FROM feedback").fetchall() == [(text,)]
    store.write([feedback("short")])
    assert not log.exists()
    assert count(store) == 2


def test_failed_statement_is_a_clean_error_and_rolls_back(store: Store) -> None:
    store.write([feedback("a")])
    with pytest.raises(StoreIOError, match="the database cannot be used"), store.writing() as db:
        db.execute("DELETE FROM feedback; SELECT * FROM no_such_table")
    assert count(store) == 1


def test_own_errors_pass_through_unchanged(store: Store) -> None:
    store.write([feedback("a")])
    with pytest.raises(BrokenPipeError), store.reading():
        raise BrokenPipeError
    with pytest.raises(RuntimeError, match="mine"), store.reading():
        raise RuntimeError("mine")


def test_reading_cannot_write(store: Store) -> None:
    store.write([feedback("a")])
    with pytest.raises(StoreIOError), store.reading() as db:
        db.execute("DELETE FROM feedback")
    assert count(store) == 1


def test_ctrl_c_during_a_query_is_an_interrupt(store: Store) -> None:
    store.write([feedback("a")])
    timer = threading.Timer(0.3, lambda: os.kill(os.getpid(), signal.SIGINT))
    timer.start()
    with pytest.raises(KeyboardInterrupt), store.reading() as db:
        db.execute("SELECT count(*) FROM range(100000000) a, range(1000) b WHERE a.range % 7 = 3")
    timer.join()
    assert count(store) == 1


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM read_csv('/etc/passwd')",
        "COPY feedback TO '/tmp/intermt-leak.csv'",
        "ATTACH '/tmp/intermt-other.duckdb'",
        "SET enable_external_access = true",
        "INSTALL httpfs",
    ],
)
def test_sql_reaches_no_other_file(store: Store, sql: str) -> None:
    store.write([feedback("a")])
    with pytest.raises(StoreIOError), store.writing() as db:
        db.execute(sql)


def test_two_readers_at_once_in_one_process(store: Store) -> None:
    store.write([feedback("a")])
    with store.reading() as one, Store(store.folder).reading() as two:
        assert one.execute("SELECT count(*) FROM feedback").fetchone() == (1,)
        assert two.execute("SELECT count(*) FROM feedback").fetchone() == (1,)


def test_migrations_run_once_and_are_named(store: Store) -> None:
    store.write([feedback("a")])
    store.write([feedback("b")])
    with store.reading() as db:
        assert schema.applied(db) == [m.__name__ for m in schema.MIGRATIONS]
        assert schema.is_current(db)


# --- many processes ----------------------------------------------------------------------------


def test_acknowledged_commits_are_never_lost(store: Store) -> None:
    """DuckDB 2.0.0 lost some when processes opened one file around each other."""
    code = """
import sys, time
from pathlib import Path
sys.path.insert(0, ".")
from intermt.store.connect import Store
from tests.store.samples import feedback
store = Store(Path(sys.argv[1]), lock_timeout_s=60)
end = time.monotonic() + 2
n = 0
while n < 5 or time.monotonic() < end:
    store.write([feedback(f"{sys.argv[2]}-{n}-{k}") for k in range(3)])
    n += 1
print(n)
"""
    processes = [start(code, store.folder, n) for n in range(4)]
    n_batches = sum(int(finish(process)) for process in processes)
    assert n_batches >= 20
    assert count(store) == 3 * n_batches


def test_eight_processes_keep_flush_write_and_read(store: Store) -> None:
    code = """
import sys, time
from pathlib import Path
sys.path.insert(0, ".")
from intermt.store.connect import Store
from tests.store.samples import answered, feedback, picture
store = Store(Path(sys.argv[1]), lock_timeout_s=60)
me = int(sys.argv[2])
end = time.monotonic() + 2
n = 0
store.create()
while time.monotonic() < end:
    if me % 4 == 3:
        with store.reading() as db:
            db.execute("SELECT count(*) FROM feedback").fetchone()
    elif me % 4 == 2:
        store.write([feedback(f"{me}-{n}"), store.images.add(picture(n))])
        n += 1
    else:
        time.sleep(0.02)
        for _ in range(20):
            store.keep([feedback(f"{me}-{n}"), answered(f"{me}-{n}")])
            n += 1
        if me % 4 == 0:
            store.flush()
if me != 1:
    store.flush()
print(n)
"""
    processes = [start(code, store.folder, n) for n in range(8)]
    expected = sum(int(finish(process)) for process in processes)
    assert expected > 50
    assert count(store) == expected
    with store.reading() as db:
        n_images = db.execute("SELECT count(*) FROM image").fetchone()
    assert n_images == (len(list(store.images.files())),)
    assert list((store.folder / "journal").iterdir()) == []
    assert list((store.folder / "queue").iterdir()) == []


def test_a_limit_on_the_size_of_files_is_named(store: Store) -> None:
    usual = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, usual[1]))
    try:
        with pytest.raises(StoreIOError) as caught:
            store.write(feedback(f"{number}", os.urandom(40_000).hex()) for number in range(40))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, usual)
    assert "ulimit -f" in caught.value.todo
