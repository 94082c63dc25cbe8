"""What a check finds, and what a repair mends."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import pytest

from intermt.errors import MissingInputError, StoreIOError, TryLater
from intermt.records import ImagePart, Node, PictureUse, Score
from intermt.store import check, check_keys, check_pictures, check_references, findings, trees
from intermt.store.check import CheckReport, examine
from intermt.store.connect import Store
from intermt.store.journal import Journal
from intermt.store.rows import to_row

from .samples import (
    AS_NOBODY,
    IS_ROOT,
    answered,
    end,
    feedback,
    finish,
    node,
    picture,
    run,
    small_tree,
    start,
    verdict,
)


@pytest.fixture(scope="module")
def full_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    store = Store(tmp_path_factory.mktemp("full") / "store")
    image = store.images.add(picture(1))
    records = small_tree(image.sha256)
    root = next(r for r in records if isinstance(r, Node))
    store.write([image, PictureUse("c1", root.node_id, 1, "p.png", image.sha256, None), *records])
    return store.folder


@pytest.fixture
def full(full_once: Path, tmp_path: Path) -> Store:
    shutil.copytree(full_once, tmp_path / "store")
    return Store(tmp_path / "store", lock_timeout_s=20)


def kinds(report: CheckReport) -> dict[str, int]:
    found: dict[str, int] = {}
    for finding in report.findings:
        found[finding.kind] = found.get(finding.kind, 0) + 1
    return found


def the_picture(store: Store) -> Path:
    return next(store.images.files())


def change(store: Store, sql: str) -> None:
    with store.writing() as db:
        db.execute(sql)


def mended(store: Store, kind: str) -> CheckReport:
    """The report of a repair of one kind of damage, after which nothing is left to find."""
    before = snapshot(store)
    plain = examine(store, repair=False)
    assert snapshot(store) == before, "a check without repair must not change anything"
    assert set(kinds(plain)) == {kind}
    assert all(f.repairable and not f.repaired for f in plain.findings)
    # What an interrupted command leaves is no damage.
    assert plain.is_sound == (kind in findings.HARMLESS)
    assert all("--repair" in f.message for f in plain.findings)
    report = examine(store, repair=True)
    assert set(kinds(report)) == {kind}
    assert report.is_sound
    assert not any("--repair" in f.message for f in report.findings)
    assert examine(store, repair=False).findings == ()
    return report


def snapshot(store: Store) -> dict[str, Any]:
    return {
        str(p): (p.stat().st_size, p.stat().st_mtime_ns)
        for p in store.folder.rglob("*")
        if p.is_file()
    }


def test_sound_store_has_no_findings(full: Store) -> None:
    report = examine(full, repair=False)
    assert report.findings == ()
    assert report.is_sound
    assert report.holders == ()
    assert report.counts["pictures"] == 1
    assert report.counts["image rows"] == 1
    assert report.counts["node records"] == 5
    assert report.counts["conversation records"] == 1
    assert report.counts["request records"] == 1
    assert examine(full, repair=True).findings == ()


def test_store_just_made_is_sound(store: Store) -> None:
    store.create()
    assert examine(store, repair=False).findings == ()
    assert examine(store, repair=True).findings == ()


def test_no_store_is_no_input(store: Store) -> None:
    with pytest.raises(MissingInputError):
        examine(store, repair=True)
    store.folder.mkdir()
    (store.folder / "thesis.tex").touch()
    with pytest.raises(MissingInputError):
        examine(store, repair=True)
    assert [p.name for p in store.folder.iterdir()] == ["thesis.tex"]


def test_damaged_picture_is_put_aside_and_can_come_back(full: Store) -> None:
    path = the_picture(full)
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    mended(full, "picture-damaged")
    assert (full.folder / "damaged" / path.name).read_bytes() == content
    with full.reading() as db:
        (use,) = db.execute("SELECT sha256, missing FROM picture_use").fetchall()
        assert use == (None, "the file was damaged or lost")
        (holder,) = db.execute("SELECT node_id FROM node WHERE n_missing = 1").fetchall()
    # An import of the same file brings it back, and the node keeps its id.
    image = full.images.add(picture(1))
    full.write([image])
    with full.writing() as db:
        assert trees.fill_pictures(db, {holder[0]: {1: image.sha256}}) == 1
    assert examine(full, repair=False).findings == ()


def test_lost_picture_is_marked_missing(full: Store) -> None:
    the_picture(full).unlink()
    mended(full, "picture-missing")
    with full.reading() as db:
        assert db.execute("SELECT count(*) FROM image").fetchone() == (0,)


def test_named_picture_without_row_or_file(full: Store) -> None:
    full.write([answered("k2", image_sha256="ab" * 32)])
    mended(full, "picture-missing")
    with full.reading() as db:
        states = db.execute("SELECT state FROM request WHERE request_key = 'k2'").fetchone()
    assert states == ("exhausted",)


def test_named_picture_without_row_is_registered(full: Store) -> None:
    change(full, "DELETE FROM image")
    os.utime(the_picture(full), (0, 0))
    mended(full, "picture-unregistered")
    with full.reading() as db:
        row = db.execute("SELECT extension, width, height, n_bytes FROM image").fetchone()
    assert row == ("png", 8, 6, len(picture(1)))


def test_row_that_differs_from_its_file_is_set_right(full: Store) -> None:
    change(full, "UPDATE image SET n_bytes = 1, extension = 'jpg', simulated = true")
    mended(full, "picture-row")
    with full.reading() as db:
        row = db.execute("SELECT extension, n_bytes, simulated FROM image").fetchone()
    assert row == ("png", len(picture(1)), True)
    assert the_picture(full).exists()


def test_unused_and_stray_files_are_named_and_left(full: Store) -> None:
    unused = full.images.add(picture(9))
    path = full.images.find(unused.sha256)
    assert path is not None
    # A young one may belong to an import under way.
    assert examine(full, repair=True).findings == ()
    os.utime(path, (0, 0))
    stray = path.parent / "notes.txt"
    stray.touch()
    for repair in (False, True):
        report = examine(full, repair=repair)
        assert kinds(report) == {"picture-unused": 1, "picture-stray": 1}
        assert not any(f.repairable for f in report.findings)
    assert path.exists()
    assert not report.is_sound
    stray.unlink()
    assert examine(full, repair=False).is_sound


def test_unfinished_files_are_removed_when_old(full: Store) -> None:
    old = the_picture(full).parent / ".x.png.1"
    young = the_picture(full).parent / ".y.png.1"
    journal = full.folder / "journal" / ".z.jsonl"
    for path in (old, young, journal):
        path.write_bytes(b"half")
    os.utime(old, (0, 0))
    os.utime(journal, (0, 0))
    database = full.folder / "store.duckdb.new"
    database.write_bytes(b"half")
    os.utime(database, (0, 0))
    mended(full, "leftover")
    assert young.exists()
    assert not database.exists()
    assert not old.exists()
    assert not journal.exists()


def test_journal_of_a_dead_process_is_reported_then_merged(full: Store) -> None:
    journal = Journal(full.folder / "journal")
    journal.append([to_row(run("late"))])
    journal.close()
    report = mended(full, "journal")
    assert "1 finished records" in report.findings[0].message
    with full.reading() as db:
        assert db.execute("SELECT count(*) FROM run").fetchone() == (2,)


def test_journal_of_a_living_process_is_no_finding(full: Store) -> None:
    full.keep([run("now")])
    report = examine(Store(full.folder), repair=True)
    assert report.findings == ()
    assert report.counts["journals"] == 1
    full.flush()


def test_good_lines_of_a_damaged_journal_are_read_again(full: Store) -> None:
    journal = Journal(full.folder / "journal")
    journal.append([to_row(run("one")), to_row(run("two"))])
    journal.close()
    path = next((full.folder / "journal").glob("*.jsonl"))
    path.write_bytes(path.read_bytes().replace(b'"run_id":"one"', b'"run_id":"One"'))
    change(full, "SELECT 1")
    change(full, "DELETE FROM run WHERE run_id = 'two'")
    report = mended(full, "journal-damaged")
    assert "1 good lines, 1 damaged ones, 0 refused" in report.findings[0].message
    assert len(list((full.folder / "damaged").iterdir())) == 1
    with full.reading() as db:
        assert db.execute("SELECT run_id FROM run ORDER BY 1").fetchall() == [("run",), ("two",)]


def test_tickets_of_the_dead_are_cleared_and_the_living_named(full: Store) -> None:
    dead = full.folder / "queue" / f"{1:020d}-x.read"
    dead.write_bytes(b"{}")
    mended(full, "ticket")
    assert not dead.exists()
    with Store(full.folder, command="intermt eval").lock.hold("read"):
        report = examine(full, repair=False)
        assert report.findings == ()
        assert "intermt eval, reading since" in report.holders[0]


def test_lock_held_without_a_ticket_is_named(full: Store) -> None:
    code = """
import fcntl, sys
file = open(sys.argv[1])
fcntl.flock(file, fcntl.LOCK_SH)
print(flush=True)
sys.stdin.read(1)
"""
    other = start(code, full.folder / "lock", stdin=subprocess.PIPE)
    other.stdout.readline()  # type: ignore[union-attr]
    try:
        assert f"process {other.pid} (" in examine(full, repair=False).holders[0]
    finally:
        end(other)


def test_busy_store_is_try_later(full: Store) -> None:
    with full.lock.hold("write"), pytest.raises(TryLater):
        examine(Store(full.folder, lock_timeout_s=0.05), repair=False)


def test_incomplete_copy_is_completed(full: Store) -> None:
    for name in ("queue", "journal"):
        (full.folder / name).rmdir()
    (full.folder / "lock").unlink()
    with pytest.raises(MissingInputError):
        examine(full, repair=False)
    report = examine(full, repair=True)
    assert kinds(report) == {"folder": 3}
    assert report.is_sound
    assert examine(full, repair=False).findings == ()


# --- the database ---------------------------------------------------------------------------------


@pytest.mark.parametrize("damage", ["foreign", "empty", "cut"])
def test_database_that_is_none_is_moved_aside_never_deleted(full: Store, damage: str) -> None:
    file = full.folder / "store.duckdb"
    if damage == "foreign":
        file.write_text("hello " * 5000)
    else:
        os.truncate(file, 0 if damage == "empty" else 8192)
    content = file.read_bytes()
    full.keep([run("kept")])
    full.close()
    os.utime(the_picture(full), (0, 0))
    plain = examine(full, repair=False)
    assert set(kinds(plain)) == {"journal", "database-damaged"}
    assert file.read_bytes() == content
    report = examine(full, repair=True)
    message = next(f.message for f in report.findings if f.kind == "database-damaged")
    assert "all records in it are lost" in message
    assert "pictures and journals survive" in message
    (aside,) = (full.folder / "damaged").iterdir()
    assert aside.read_bytes() == content
    with full.reading() as db:
        assert db.execute("SELECT run_id FROM run").fetchall() == [("kept",)]
    assert the_picture(full).exists()
    assert set(kinds(examine(full, repair=True))) == {"picture-unused"}


def test_damaged_log_alone_is_moved_aside(full: Store) -> None:
    code = """
import os, sys
from pathlib import Path
sys.path.insert(0, ".")
from intermt.store.database import connect
from intermt.store.inserting import insert
from intermt.store.rows import to_row
from tests.store.samples import run
db = connect(Path(sys.argv[1]) / "store.duckdb", read_only=False)
insert(db, [to_row(run("unlucky"))])
os.kill(os.getpid(), 9)
"""
    start(code, full.folder).communicate()
    log = full.folder / "store.duckdb.wal"
    content = bytearray(log.read_bytes())
    content[-5] ^= 255
    log.write_bytes(content)
    with pytest.raises(StoreIOError, match="the log of the last transactions is damaged"):
        change(full, "SELECT 1")
    mended(full, "database-log")
    (aside,) = (full.folder / "damaged").iterdir()
    assert aside.read_bytes() == content
    with full.reading() as db:
        assert db.execute("SELECT run_id FROM run").fetchall() == [("run",)]


def test_missing_database_is_said_and_made(full: Store) -> None:
    (full.folder / "store.duckdb").unlink()
    plain = examine(full, repair=False)
    assert kinds(plain) == {"database-missing": 1}
    assert "pictures and journals are not" in plain.findings[0].message
    assert not (full.folder / "store.duckdb").exists()
    assert "database-missing" in kinds(examine(full, repair=True))
    assert (full.folder / "store.duckdb").exists()


def test_database_of_a_newer_version_is_left_alone(full: Store) -> None:
    change(full, "INSERT INTO migration VALUES ('m999_future', NULL)")
    for repair in (False, True):
        report = examine(full, repair=repair)
        assert kinds(report) == {"schema": 1}
        assert "upgrade" in report.findings[0].message
        assert not report.is_sound
    assert not (full.folder / "damaged").exists()


def test_database_without_tables_is_brought_up_to_date(full: Store) -> None:
    (full.folder / "store.duckdb").unlink()
    the_picture(full).unlink()
    duckdb.connect(str(full.folder / "store.duckdb")).close()
    mended(full, "schema")


def test_damage_inside_a_table_is_reported_and_nothing_is_moved(full: Store) -> None:
    full.write([feedback(f"{n}", str(n) * 500) for n in range(4_000)])
    file = full.folder / "store.duckdb"
    content = bytearray(file.read_bytes())
    for place in range(12288 + 200_000, len(content) - 300_000, 100_000):
        content[place] ^= 255
    file.write_bytes(content)
    report = examine(full, repair=True)
    assert {f.kind for f in report.findings} <= {
        "database-unreadable",
        "database-damaged",
        "database-unusable",
    }
    assert report.findings
    assert file.exists()


# --- references -----------------------------------------------------------------------------------

BROKEN = {
    "node-parent": "UPDATE node SET parent_id = 'no' WHERE place = '1b'",
    "node-seed": "UPDATE node SET seed_id = 'no' WHERE place = '1b'",
    "node-chain": "UPDATE node SET turn = 7 WHERE place = '1b'",
    "node-id": "UPDATE node SET parts = '[{\"text\": \"forged\"}]' WHERE place = '1b'",
    "node-request": "UPDATE node SET request_key = 'no' WHERE place = '1b'",
    "seed-node": "INSERT INTO seed (seed_id, dataset, source_id) VALUES ('no', 'd', 's')",
    "conversation-seed": "UPDATE conversation SET seed_id = 'no'",
    "conversation-path": "UPDATE conversation SET path = ['no', path[2]]",
    "conversation-chain": "UPDATE conversation SET path = [path[1], path[3]]",
    "picture_use-conversation": "DELETE FROM conversation",
    "picture_use-node": "UPDATE picture_use SET node_id = 'no'",
    "score-rater": "UPDATE score SET rater_id = 'no' WHERE score_id = 'sc'",
    "score-target": "UPDATE score SET target_id = 'c1' WHERE score_id = 'sc'",
    "feedback-rater": "UPDATE feedback SET rater_id = 'no'",
    "feedback-target": "UPDATE feedback SET target_id = 'no'",
    "preference_vote-rater": "UPDATE preference_vote SET rater_id = 'no'",
    "preference_vote-a": "UPDATE preference_vote SET a_id = 'c1'",
    "preference_vote-b": "UPDATE preference_vote SET b_id = 'no'",
    "node_mark-node": "UPDATE node_mark SET node_id = 'no'",
    "seed_growth-seed": "UPDATE seed_growth SET seed_id = 'no'",
    "conversation_origin-node": "UPDATE conversation_origin SET node_id = 'no'",
    "conversation_origin-origin": "UPDATE conversation_origin SET origin_id = 'no'",
    "conversation_origin-conversation": "UPDATE conversation_origin SET conversation_id = 'no'",
    "tool_use-node": "UPDATE tool_use SET node_id = 'no'",
    "tool_use-request": "UPDATE tool_use SET request_key = 'no'",
    "verdict-judge": "UPDATE verdict SET judge_id = 'no'",
    "verdict-request": "DELETE FROM request",
    "verdict-second": "UPDATE verdict SET second_key = 'no'",
    "verdict-member": "UPDATE verdict SET members = ['no']",
    "verdict-a": "UPDATE verdict SET a_id = 'no'",
    "verdict-b": "UPDATE verdict SET b_id = 'no'",
    "annotation-a": "UPDATE annotation SET a_id = 'c1'",
    "annotation-b": "UPDATE annotation SET b_id = 'no'",
    "annotation-rater": "UPDATE annotation SET rater_id = 'no'",
    "annotation_task-a": "UPDATE annotation_task SET a_id = 'c1'",
    "annotation_task-b": "UPDATE annotation_task SET b_id = 'no'",
}


OF_A_RUN = (
    *("node", "conversation", "score", "preference_vote", "feedback", "verdict", "tool_use"),
    *("annotation_task", "annotation", "request"),
)


@pytest.mark.parametrize("kind", BROKEN)
def test_dangling_references_are_found(full: Store, kind: str) -> None:
    change(full, BROKEN[kind])
    found = findings.Findings(repair=True)
    check_references.check_references(full, found)
    check_references.check_node_ids(full, found)
    report = found.finish(())
    assert kind in kinds(report)
    finding = next(f for f in report.findings if f.kind == kind)
    assert finding.where
    assert not finding.repairable
    assert not finding.repaired


def test_every_reference_is_broken_once() -> None:
    kinds_tested = {*BROKEN, *(f"{table}-run" for table in OF_A_RUN)}
    assert {r.kind for r in check_references._REFERENCES} <= kinds_tested


@pytest.mark.parametrize("table", OF_A_RUN)
def test_a_run_that_is_not_there_becomes_an_interrupted_one(full: Store, table: str) -> None:
    change(full, f"UPDATE {table} SET run_id = 'lost'")
    mended(full, f"{table}-run")
    with full.reading() as db:
        found = db.execute(
            "SELECT command, config::VARCHAR, finished_at, outcome FROM run WHERE run_id = 'lost'"
        ).fetchall()
    assert found == [("unknown", "{}", None, None)]
    # The run's own record, from a journal found later, takes its place.
    full.write([run("lost")])
    with full.reading() as db:
        assert "unknown" not in db.execute("SELECT command FROM run").fetchall()[0]


def test_all_runs_that_are_not_there_are_mended_at_once(full: Store) -> None:
    n = findings.MAX_PER_KIND + 50
    full.write([replace(answered(f"k{i}"), run_id=f"lost{i}") for i in range(n)])
    report = examine(full, repair=True)
    assert report.is_sound
    assert report.findings[-1].message == "and 50 more of this kind"
    assert examine(full, repair=False).findings == ()


def test_many_findings_of_a_kind_are_counted(full: Store) -> None:
    n = findings.MAX_PER_KIND + 50
    full.write([Score(f"x{k}", "nobody", "conversation", "c1", "d", 1, "d", "t") for k in range(n)])
    report = examine(full, repair=False)
    assert kinds(report) == {"score-rater": findings.MAX_PER_KIND + 1}
    assert report.findings[-1].message == "and 50 more of this kind"


def test_nodes_are_read_in_slices(full: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(check_references, "_NODES_AT_ONCE", 2)
    assert examine(full, repair=False).findings == ()
    change(full, BROKEN["node-id"])
    assert kinds(examine(full, repair=False)) == {"node-id": 1}


def test_pictures_are_read_in_slices_and_progress_is_told(
    full: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Told:
        total: int | None = None
        n = 0
        stopped = False

        def start(self, what: str, total: int | None, unit: str) -> None:
            self.total = total

        def advance(self, n: int = 1) -> None:
            self.n += n

        def grow(self, n: int) -> None: ...

        def note(self, text: str) -> None: ...

        def stop(self) -> None:
            self.stopped = True

    full.write([full.images.add(picture(n)) for n in range(40)])
    monkeypatch.setattr(check_pictures, "_ROWS_AT_ONCE", 3)
    told = Told()
    report = examine(full, repair=False, progress=told)
    assert report.findings == ()
    assert (told.total, told.n, told.stopped) == (40, 40, True)
    assert report.counts["pictures"] == report.counts["image rows"] == 40


def test_verdict_without_request_is_allowed_for_heads(full: Store) -> None:
    full.write([verdict("h", judge_id="j", a_id="c1", request_key="")])
    assert examine(full, repair=False).findings == ()


TWICE: list[tuple[str, Any, Any]] = [
    # (column, two records of one key, the one that counts first)
    ("text", feedback("f", "1"), feedback("f", "2")),
    ("text", verdict("w", "ok", text="1"), verdict("w", "unparsed", text="2")),
    ("text", answered("k", text="1"), answered("k", "exhausted", text="2")),
    ("name", PictureUse("c1", "n", 0, "1", "ab", None), PictureUse("c1", "n", 0, "2", None, "x")),
]


@pytest.mark.parametrize("is_first", [True, False])
@pytest.mark.parametrize(("column", "counts", "other"), TWICE)
def test_a_key_that_is_there_twice_is_found_and_mended(
    store: Store, column: str, counts: Any, other: Any, is_first: bool
) -> None:
    table, row = to_row(counts)
    pair = (counts, other) if is_first or table == "feedback" else (other, counts)
    store.write([feedback("g")])
    for record in pair:
        twin = Store(store.folder.parent / "twin")
        twin.write([record])
        names = ", ".join(f'"{name}"' for name in row)
        with twin.reading() as db:
            values = db.execute(f"SELECT {names} FROM {table}").fetchone()
        with store.writing() as db:
            marks = ", ".join("?" * len(row))
            db.execute(f"INSERT INTO {table} ({names}) VALUES ({marks})", values)
        shutil.rmtree(twin.folder)
    before = examine(store, repair=False)
    assert "duplicate-key" in kinds(before)
    assert not before.is_sound
    report = examine(store, repair=True)
    found = next(f for f in report.findings if f.kind == "duplicate-key")
    assert found.repaired
    assert found.where == table
    with store.reading() as db:
        left = db.execute(f"SELECT {column} FROM {table} WHERE {column} IN ('1', '2')").fetchall()
    assert left == [("1",)]
    assert "duplicate-key" not in kinds(examine(store, repair=False))
    aside = (store.folder / "damaged").glob(f"*-{table}.jsonl")
    assert len(next(aside).read_text().splitlines()) == 2


def test_many_keys_that_are_there_twice_are_mended_in_slices(
    full: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(check_keys, "_KEYS_AT_ONCE", 2)
    full.write([feedback(f"more {n}", target_id="c1", target="conversation") for n in range(5)])
    with full.reading() as db:
        before = db.execute("SELECT * FROM feedback ORDER BY ALL").fetchall()
        nodes = db.execute("SELECT * FROM node ORDER BY ALL").fetchall()
    for table in ("feedback", "node", "run", "image"):
        change(full, f"INSERT INTO {table} SELECT * FROM {table}")
    assert kinds(examine(full, repair=False))["duplicate-key"] == 4
    assert kinds(examine(full, repair=True)) == {"duplicate-key": 4}
    assert kinds(examine(full, repair=False)) == {}
    with full.reading() as db:
        assert db.execute("SELECT * FROM feedback ORDER BY ALL").fetchall() == before
        assert db.execute("SELECT * FROM node ORDER BY ALL").fetchall() == nodes


def test_others_can_write_while_pictures_are_hashed(
    full: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = check_pictures.digest

    def digest(path: Path) -> str:
        Store(full.folder, lock_timeout_s=0).write([run("meanwhile")])
        return real(path)

    monkeypatch.setattr(check_pictures, "digest", digest)
    assert examine(full, repair=False).findings == ()


# --- groups ---------------------------------------------------------------------------------------


def test_files_the_group_cannot_use_are_found_and_mended(full: Store) -> None:
    full.folder.chmod(0o2775)
    full.write([])
    for path in full.folder.rglob("*"):
        path.chmod(0o775 if path.is_dir() else 0o664)
    assert examine(full, repair=False).findings == ()
    (full.folder / "store.duckdb").chmod(0o600)
    the_picture(full).chmod(0o600)
    (full.folder / "journal").chmod(0o755)
    report = mended(full, "group")
    assert len(report.findings) == 3
    full.folder.chmod(0o775)
    mended(full, "group")


def test_network_file_system_is_warned_of(full: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(check, "network_file_system", lambda folder: "nfs4")
    report = examine(full, repair=True)
    assert kinds(report) == {"network-file-system": 1}
    assert "nfs4" in report.findings[0].message


@pytest.mark.skipif(not IS_ROOT, reason="needs root to become somebody else")
def test_a_user_without_rights_may_check_but_not_mend(open_folder: Path) -> None:
    code = """
store = Store(Path(sys.argv[1]), lock_timeout_s=2)
print(len(check.examine(store, repair=False).findings))
try:
    check.examine(store, repair=True)
except IntermtError as error:
    print(int(error.exit_code))
"""
    store = Store(open_folder / "s")
    image = store.images.add(picture())
    store.write([image, *small_tree(image.sha256)])
    assert finish(start(AS_NOBODY + code, store.folder)) == "0\n77\n"


def test_pictures_named_by_parts_are_checked(full: Store) -> None:
    full.write([node(None, "user", ImagePart("ef" * 32, "x", None, None, "x"))])
    assert kinds(examine(full, repair=False)) == {"picture-missing": 1}
