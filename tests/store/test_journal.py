"""Journals: what was reported as kept is never lost."""

from __future__ import annotations

import resource
import signal
import threading
import time
from pathlib import Path
from typing import Any

import orjson
import pytest

from intermt.errors import InputError, StoreIOError, TryLater
from intermt.store import connect
from intermt.store import journal as journals
from intermt.store.connect import Store
from intermt.store.journal import Journal
from intermt.store.rows import to_row

from .samples import end, feedback, finish, run, start

KEEP = """
import itertools, sys
from pathlib import Path
sys.path.insert(0, ".")
from intermt.store.connect import Store
from tests.store.samples import feedback
store = Store(Path(sys.argv[1]), lock_timeout_s=20)
for n in itertools.count():
    store.keep([feedback(f"{sys.argv[2]}-{n}", "x" * 300)])
    print(n, flush=True)
    if len(sys.argv) > 3 and n % int(sys.argv[3]) == int(sys.argv[3]) - 1:
        store.flush()
"""


def ids(store: Store) -> list[str]:
    with store.reading() as db:
        return [r[0] for r in db.execute("SELECT feedback_id FROM feedback ORDER BY 1").fetchall()]


def files(store: Store) -> list[str]:
    return sorted(p.name for p in (store.folder / "journal").iterdir())


def abandoned_journal(store: Store, *keys: str) -> Path:
    journal = Journal(store.folder / "journal")
    journal.append([to_row(feedback(key)) for key in keys])
    journal.close()
    return next((store.folder / "journal").glob("*.jsonl"))


def test_torn_last_line_is_left_out_quietly(store: Store) -> None:
    path = abandoned_journal(store.create(), "a", "b")
    path.write_bytes(path.read_bytes()[:-10])
    assert ids(store) == ["a"]
    assert files(store) == []


def test_damaged_middle_line_is_counted_and_the_file_kept(store: Store) -> None:
    path = abandoned_journal(store.create(), "a", "b", "c")
    content = path.read_bytes()
    path.write_bytes(content.replace(b'"feedback_id":"b"', b'"feedback_id":"B"'))
    assert journals.read(path).damaged == 1
    assert ids(store) == ["a", "c"]
    assert files(store) == [path.with_suffix(".damaged").name]
    assert ids(store) == ["a", "c"]


@pytest.mark.parametrize(
    "junk", [b"\n", b"zz\n", b"00000000 \n", b"\xff\xfe\n", b"00000000 {}\n", b"\0" * 400 + b"\n"]
)
def test_junk_lines_never_stop_a_merge(store: Store, junk: bytes) -> None:
    path = abandoned_journal(store.create(), "a", "b")
    first, second = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(first + junk + second)
    assert ids(store) == ["a", "b"]


def test_rows_the_database_refuses_do_not_stop_the_store(store: Store) -> None:
    table, row = to_row(feedback("bad"))
    strange = [
        (table, {**row, "dataset": None}),
        (table, {**row, "no_such_column": 1}),
        ("no_such_table", row),
        ("run", {**to_row(run("bad"))[1], "started_at": "yesterday"}),
        (table, {"text": "no key"}),
    ]
    store.create()
    journal = Journal(store.folder / "journal")
    good = [to_row(feedback(f"g{n:03}")) for n in range(100)]
    journal.append([*good[:50], *strange, *good[50:]])
    journal.close()
    assert len(ids(store)) == 100
    assert [name.rpartition(".")[2] for name in files(store)] == ["damaged"]


def test_row_of_an_older_version_gets_nulls_for_newer_columns(store: Store) -> None:
    table, row = to_row(feedback("a"))
    del row["run_id"]
    store.create()
    journal = Journal(store.folder / "journal")
    journal.append([(table, row)])
    journal.close()
    assert ids(store) == ["a"]
    assert files(store) == []


def test_journal_of_a_living_process_is_not_merged(store: Store) -> None:
    store.create()
    journal = Journal(store.folder / "journal")
    journal.append([to_row(feedback("alive"))])
    other = Store(store.folder)
    other.write([feedback("other")])
    assert ids(other) == ["other"]
    assert not journals.any_abandoned(store.folder / "journal")
    journal.close()
    assert ids(other) == ["alive", "other"]


def test_looking_for_abandoned_journals_does_not_hide_them_from_others(store: Store) -> None:
    abandoned_journal(store.create(), "a")
    with journals.abandoned(store.folder / "journal") as first:
        assert len(first) == 1
        assert journals.any_abandoned(store.folder / "journal")
        assert ids(store) == ["a"]


def test_every_record_reported_as_kept_survives_kill_9(store: Store) -> None:
    store.create()
    expected: set[str] = set()
    for trial in range(3):
        process = start(KEEP, store.folder, trial, *([7] if trial % 2 else []))
        while int(process.stdout.readline()) < 20 + 10 * trial:  # type: ignore[union-attr]
            pass
        reported = end(process).split("\n")[:-1]
        last = int(reported[-1]) if reported else 20 + 10 * trial
        expected.update(f"{trial}-{n}" for n in range(last + 1))
    # A reader alone is enough.
    found = set(ids(Store(store.folder, lock_timeout_s=20)))
    assert expected <= found
    assert len(found - expected) <= 4
    assert files(store) == []


def test_a_flush_of_much_goes_in_several_transactions(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connect, "_BYTES_A_FLUSH", 1000)
    keys = [f"{n:03}" for n in range(50)]
    store.create().keep([feedback(key) for key in keys])
    sizes: list[int] = []
    insert = connect.insert

    def noted(db: Any, rows: list[Any]) -> dict[str, int]:
        sizes.append(len(rows))
        return insert(db, rows)

    monkeypatch.setattr(connect, "insert", noted)
    store.flush()
    assert sum(sizes) == 50
    assert 1 < max(sizes) < 10
    assert sorted(ids(store)) == keys
    assert store.bytes_kept() == 0


def test_flush_that_comes_too_early_loses_nothing(store: Store) -> None:
    impatient = Store(store.create().folder, lock_timeout_s=0.05)
    impatient.keep([feedback("a")])
    with store.lock.hold("write"), pytest.raises(TryLater):
        impatient.flush()
    assert impatient.bytes_kept() > 0
    impatient.keep([feedback("b")])
    patient = Store(store.folder, lock_timeout_s=20)
    assert ids(patient) == ["a"]  # its journal was given up and merged
    impatient.flush()
    assert impatient.bytes_kept() == 0
    assert ids(patient) == ["a", "b"]
    assert files(store) == []


def test_flush_with_nothing_kept_touches_nothing(store: Store) -> None:
    store.flush()
    assert not store.folder.exists()


def test_kept_records_are_in_the_database_once(store: Store) -> None:
    store.create()
    for n in range(3):
        store.keep([feedback(str(n)), feedback(str(n))])
    store.flush()
    store.flush()
    assert ids(store) == ["0", "1", "2"]
    assert files(store) == []


def test_close_leaves_what_is_kept_to_the_next(store: Store) -> None:
    store.create()
    store.keep([feedback("a")])
    store.close()
    assert ids(Store(store.folder)) == ["a"]


def test_two_writers_merge_at_once(store: Store) -> None:
    store.create()
    for n in range(20):
        journal = Journal(store.folder / "journal")
        journal.append([to_row(feedback(f"{n}-{k}")) for k in range(5)])
        journal.close()
    code = """
import sys
from pathlib import Path
from intermt.store.connect import Store
with Store(Path(sys.argv[1])).writing() as db:
    print(db.execute("SELECT count(*) FROM feedback").fetchone()[0])
"""
    assert [finish(p) for p in [start(code, store.folder) for _ in range(3)]] == ["100\n"] * 3
    assert files(store) == []


def test_surrogate_is_refused_before_anything_is_written(store: Store) -> None:
    store.create()
    store.keep([feedback("a")])
    with pytest.raises(InputError, match="surrogates"):
        store.keep([feedback("b"), feedback("c", "\ud800")])
    store.keep([feedback("d")])
    store.flush()
    assert ids(store) == ["a", "d"]


def test_full_disk_in_the_middle_of_a_line_spoils_no_other(store: Store) -> None:
    store.create()
    store.keep([feedback("before")])
    path = next((store.folder / "journal").glob("*.jsonl"))
    size = path.stat().st_size
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (size + 50, hard))
        with pytest.raises(StoreIOError, match="cannot write the journal"):
            store.keep([feedback("lost", "x" * 500)])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, handler)
    store.keep([feedback("after")])
    content = journals.read(path)
    assert [row["feedback_id"] for _, row in content.rows] == ["before", "after"]
    assert content.damaged == 0
    store.flush()
    assert ids(store) == ["after", "before"]


def test_records_kept_while_a_flush_runs_are_safe(store: Store) -> None:
    store.create()
    stop = threading.Event()

    def flush() -> None:
        while not stop.is_set():
            store.flush()

    thread = threading.Thread(target=flush)
    thread.start()
    for n in range(300):
        store.keep([feedback(f"{n:04}")])
        if n % 100 == 0:
            time.sleep(0.05)
    stop.set()
    thread.join()
    store.flush()
    assert len(ids(store)) == 300


def test_journal_lines_are_checksum_and_json(store: Store) -> None:
    path = abandoned_journal(store.create(), "a")
    check, _, body = path.read_bytes().rstrip(b"\n").partition(b" ")
    assert len(check) == 8
    assert orjson.loads(body)[0] == "feedback"


def test_a_merge_that_may_not_remove_the_file_still_merges(store: Store) -> None:
    path = abandoned_journal(store.create(), "a")
    real = Path.unlink

    def unlink(self: Path, missing_ok: bool = False) -> None:
        if self == path:
            raise PermissionError(13, "Permission denied")
        real(self, missing_ok)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Path, "unlink", unlink)
        assert ids(store) == ["a"]
        assert ids(store) == ["a"]
    assert path.exists()
    assert path.stat().st_size > 0
