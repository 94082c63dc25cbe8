"""Importing: what comes in, what is refused, and that doing it twice is doing it once."""

from __future__ import annotations

import gzip
import io
import json
import os
import shutil
import struct
import time
import zlib
from pathlib import Path
from typing import Any

import pytest

from intermt.commands import annotate_import
from intermt.store.connect import Store
from tests.commands.work import (
    BENCH,
    DIALOGUES,
    Program,
    Silent,
    conversation,
    conversations,
    counted,
    ended,
    files,
    put_pictures,
    rows,
    start,
    turn,
    written,
)

REAL = pytest.mark.skipif(not BENCH.exists(), reason="the released conversations are not here")
ALL = ("seed", "node", "conversation", "picture_use", "rater", "score", "feedback")


def import_files(store: Store, *paths: Path, **more: Any) -> annotate_import.ImportResult:
    config = annotate_import.ImportConfig(tuple(map(str, paths)), **more)
    return annotate_import.run(store, config, Silent())


# --- the real conversations --------------------------------------------------------------


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Store:
    store = Store(tmp_path_factory.mktemp("real") / "store", lock_timeout_s=20)
    import_files(store, BENCH, DIALOGUES)
    return store


@REAL
@pytest.mark.real_data
def test_the_released_conversations_come_in_whole(real: Store) -> None:
    with real.reading() as db:
        found = db.execute("SELECT count(*), sum(n_turns) FROM conversation").fetchall()
        uses = db.execute("SELECT count(*), count(sha256) FROM picture_use").fetchall()
    assert found == [(315, 1294)]
    assert uses == [(1280, 63)]
    assert counted(real, "SELECT count(*) FROM node") == 2343
    assert counted(real, "SELECT count(*) FROM image") == 63
    released = [c for path in (BENCH, DIALOGUES) for c in json.loads(path.read_text())]
    keys = {
        turn.get(f"{side}_uuid")
        for c in released
        for turn in c["conversations"]
        for side in ("prompt", "response")
    }
    assert counted(real, "SELECT count(DISTINCT source_key) FROM node") == len(keys - {None})
    scores = sum(
        isinstance(value, int)
        for c in released
        for a in (c.get("annotation"), *(t.get("annotation") for t in c["conversations"]))
        for value in (a or {}).values()
    )
    assert counted(real, "SELECT count(*) FROM score") == scores


@REAL
@pytest.mark.real_data
def test_importing_the_released_conversations_again_changes_nothing(real: Store) -> None:
    before, there = rows(real, *ALL, "image", "run", per_run=True), files(real.folder / "images")
    again = import_files(real, BENCH, DIALOGUES)
    assert again.new == {}
    assert again.run_id is None
    assert all(f.unchanged == f.rows and not f.imported for f in again.files)
    assert rows(real, *ALL, "image", "run", per_run=True) == before
    assert files(real.folder / "images") == there


# --- trees, pictures and labels ----------------------------------------------------------


def test_conversations_that_begin_alike_share_their_turns(tmp_path: Path) -> None:
    store = Store(tmp_path / "store")
    shared = turn(1, "Why?", "Because.")
    a = conversation("a", shared, turn(2, "And?", "So."))
    b = conversation("b", shared, turn(2, "And?", "Not so."))
    import_files(store, written(tmp_path / "c.json", [a, b]))
    assert counted(store, "SELECT count(*) FROM node") == 5
    assert counted(store, "SELECT count(*) FROM seed") == 1
    assert counted(store, "SELECT count(DISTINCT path[3]) FROM conversation") == 1


def test_a_node_with_an_id_of_its_own_is_one_node_whatever_its_pictures_are_called(
    tmp_path: Path,
) -> None:
    store = Store(tmp_path / "store")
    made = [
        conversation(n, turn(1, "See?", "Yes.", images=[f"{n}.png"], keys=("p", "r"))) for n in "ab"
    ]
    put_pictures(tmp_path, "b.png")
    import_files(store, written(tmp_path / "c.json", made))
    assert counted(store, "SELECT count(*) FROM node") == 2
    assert counted(store, "SELECT n_images FROM node WHERE role = 'user'") == 1
    assert counted(store, "SELECT list(name ORDER BY name) FROM picture_use") == ["a.png", "b.png"]


@pytest.mark.parametrize("keys", [None, ("p", "r")])
def test_pictures_that_turn_up_later_fill_in_without_new_ids(
    tmp_path: Path, keys: tuple[str, str] | None
) -> None:
    store = Store(tmp_path / "store")
    made = conversation(
        "a",
        turn(1, "See?", "Here <Image, a cat> it is.", images=["q.png"], shown=["r.png"], keys=keys),
        turn(2, "More?", "No."),
        helpfulness=2,
    )
    source = written(tmp_path / "c.json", [made])
    first = import_files(store, source)
    ids = "SELECT list(node_id ORDER BY node_id) FROM node"
    before = counted(store, ids)
    assert first.pictures == {"named": 2, "missing": 2}
    put_pictures(tmp_path, "q.png", "r.png")
    second = import_files(store, source)
    assert second.pictures == {"named": 2, "present": 2}
    assert second.new == {"image": 2, "picture_use": 2, "pictures found again": 2}
    assert counted(store, ids) == before
    assert counted(store, "SELECT sum(n_images) FROM node") == 2
    assert counted(store, "SELECT sum(n_missing) FROM node") == 0
    assert counted(store, "SELECT count(*) FROM picture_use WHERE missing IS NOT NULL") == 0
    assert import_files(store, source).new == {}
    # Gone again, they stay in the store.
    (tmp_path / "q.png").unlink()
    assert import_files(store, source).new == {}


def _png(width: int, height: int) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        whole = kind + data
        return struct.pack(">I", len(data)) + whole + struct.pack(">I", zlib.crc32(whole))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


def test_a_file_cannot_reach_out_of_its_picture_folder(tmp_path: Path) -> None:
    secret = tmp_path / "secret.png"
    put_pictures(tmp_path, "secret.png")
    folder = tmp_path / "data"
    put_pictures(folder, "good.png", "sub/good.png")
    (folder / "link.png").symlink_to(secret)
    (folder / "away").symlink_to(tmp_path)
    (folder / "loop").symlink_to(folder / "loop")
    (folder / "inside.png").symlink_to(folder / "good.png")
    (folder / "bomb.png").write_bytes(_png(60_000, 60_000))
    (folder / "text.png").write_text("hello")
    (folder / "fifo.png").touch()
    (folder / "fifo.png").unlink()
    os.mkfifo(folder / "fifo.png")
    expected = {
        "../secret.png": "refused: outside the picture folder",
        str(secret): "refused: outside the picture folder",
        "link.png": "refused: outside the picture folder",
        "away/secret.png": "refused: outside the picture folder",
        "sub/../../secret.png": "refused: outside the picture folder",
        "http://127.0.0.1/a.png": "refused: a URL",
        f"file://{secret}": "refused: a URL",
        "data:image/png;base64,AAAA": "refused: not a readable",
        "bomb.png": "refused: the picture has",
        "text.png": "refused: not a readable",
        "loop": "not readable",
        "x" * 300: "not readable",
        "fifo.png": "not found",
        "sub": "not found",
        "nowhere.png": "not found",
        "good.png": None,
        "sub/good.png": None,
        "inside.png": None,
    }
    store = Store(tmp_path / "store")
    made = conversation("k", turn(1, "See?", "Yes.", images=list(expected)))
    result = import_files(store, written(folder / "c.json", [made]))
    # What stands in the file itself has no name.
    inline = "data:image/png;base64,AAAA"
    found = {row[3] or inline: row[5] for row in rows(store, "picture_use")["picture_use"]}
    assert found.keys() == expected.keys()
    for name, reason in expected.items():
        assert (found[name] or "").startswith(reason or ""), name
        assert (found[name] is None) == (reason is None), name
    assert result.pictures == {"named": 18, "refused": 10, "missing": 5, "present": 3}
    assert len(files(store.folder / "images")) == 2
    # The same every time: nothing of a run (an address in memory) is in the reasons.
    assert not any("0x" in (reason or "") for reason in found.values())


# --- bad rows ----------------------------------------------------------------------------


def votes(path: Path, *lines: str, head: str = "task,rater,answer_a,answer_b,choice") -> Path:
    path.write_text("\n".join((head, *lines)) + "\n")
    return path


def siblings(store: Store) -> tuple[str, str]:
    """Two answers to one question, by id."""
    sql = """SELECT list(node_id ORDER BY node_id) FROM node WHERE role = 'assistant'
             GROUP BY parent_id HAVING count(*) = 2 ORDER BY parent_id LIMIT 1"""
    a, b = counted(store, sql)
    return a, b


NOBODY = "0" * 32 + "," + "1" * 32


def _bad_inputs(tmp_path: Path) -> dict[str, list[Path]]:
    good = written(tmp_path / "good.json", conversations(3))
    odd = conversations(3, tag="x")
    odd[1]["conversations"][0]["round"] = 7
    clash = conversations(3)
    clash[1]["annotation"]["helpfulness"] = 3
    again = conversations(3, tag="y")
    twice = [*again, json.loads(json.dumps(again[0]))]
    twice[-1]["annotation"]["helpfulness"] = 3
    return {
        "a row that cannot be read": [good, written(tmp_path / "odd.json", odd)],
        "a vote on nobody": [good, votes(tmp_path / "v.csv", f"t,x,{NOBODY},A")],
        "a list that breaks off": [good, _cut(written(tmp_path / "cut.json", conversations(3)))],
        "another score than before": [good, written(tmp_path / "clash.json", clash)],
        "two scores in one file": [written(tmp_path / "twice.json", twice)],
        "not JSON": [good, votes(tmp_path / "nothing.txt", head="hello")],
    }


def _cut(path: Path) -> Path:
    path.write_bytes(path.read_bytes()[:-40])
    return path


CASES = (
    *("a row that cannot be read", "a vote on nobody", "a list that breaks off"),
    *("another score than before", "two scores in one file", "not JSON"),
)


@pytest.mark.parametrize("case", CASES)
def test_abort_makes_no_store(intermt: Program, tmp_path: Path, case: str) -> None:
    done = intermt("annotate-import", *_bad_inputs(tmp_path)[case], code=65)
    assert "Traceback" not in done.err
    assert not (tmp_path / "store").exists()


@pytest.mark.parametrize("case", CASES)
def test_abort_leaves_a_store_as_it_was(intermt: Program, tmp_path: Path, case: str) -> None:
    put_pictures(tmp_path, "new.png")
    bad = _bad_inputs(tmp_path)[case]
    new = written(
        tmp_path / "new.json", [conversation("n", turn(1, "See?", "Yes.", images=["new.png"]))]
    )
    intermt("annotate-import", written(tmp_path / "base.json", conversations(3)))
    before = files(tmp_path / "store")
    done = intermt("annotate-import", new, *bad, code=65)
    assert done.answer["errors"][0]["kind"] == "bad-input"
    assert files(tmp_path / "store") == before


def test_every_bad_row_is_named_and_the_rest_can_be_imported(
    intermt: Program, tmp_path: Path
) -> None:
    made = conversations(6)
    for i in (1, 4):
        made[i]["annotation"]["helpfulness"] = 9
    source = written(tmp_path / "c.json", made)
    refused = intermt("annotate-import", source, code=65)
    (error,) = refused.answer["errors"]
    assert error["message"] == "2 bad rows of 6, nothing was imported"
    assert [d.split(": ")[1] for d in error["details"]] == ["item 2 (id c1)", "item 5 (id c4)"]
    # A line each, for who reads them at a terminal or in a log.
    assert len([line for line in refused.err.splitlines() if line.startswith("  /")]) == 2
    done = intermt("annotate-import", source, "--on-error", "skip")
    [report] = done.data["files"]
    assert (report["rows"], report["imported"], report["rejected"]) == (6, 4, 2)
    assert [e["where"] for e in done.answer["errors"]] == [
        f"{source}: item 2 (id c1)",
        f"{source}: item 5 (id c4)",
    ]
    # The place is said once, not once more inside the message.
    assert all(e["where"] not in e["message"] for e in done.answer["errors"])
    assert counted(intermt.store, "SELECT count(*) FROM conversation") == 4


def test_a_label_that_says_something_else_is_refused_across_batches(
    tmp_path: Path, intermt: Program
) -> None:
    intermt("annotate-import", written(tmp_path / "c.json", conversations(2)))
    a, b = siblings(intermt.store)
    lines = [f"t{i},x,{a},{b},A" for i in range(600)]
    done = intermt("annotate-import", votes(tmp_path / "v.csv", *lines, f"t3,x,{a},{b},B"), code=65)
    (detail,) = done.answer["errors"][0]["details"]
    assert "v.csv:602" in detail
    assert counted(intermt.store, "SELECT count(*) FROM preference_vote") == 0
    skipped = intermt("annotate-import", tmp_path / "v.csv", "--on-error", "skip")
    assert skipped.data["files"][0]["rejected"] == 1
    assert counted(intermt.store, "SELECT count(*) FROM preference_vote") == 600
    # The same label again, with the two answers named the other way round, is the same.
    turned = votes(tmp_path / "turned.csv", f"t3,x,{b},{a},B")
    assert intermt("annotate-import", turned).data["files"][0]["unchanged"] == 1
    assert intermt("annotate-import", votes(tmp_path / "no.csv", f"t3,x,{b},{a},A"), code=65)


def test_a_dry_run_writes_nothing(intermt: Program, tmp_path: Path) -> None:
    source = written(tmp_path / "c.json", conversations(2))
    done = intermt("annotate-import", source, "--dry-run")
    assert done.data["files"][0]["would_import"] == 2
    assert not (tmp_path / "store").exists()


def test_what_is_not_there_is_named(intermt: Program, tmp_path: Path) -> None:
    source = written(tmp_path / "c.json", conversations(1))
    gone = intermt("annotate-import", source, tmp_path / "gone.json", code=66)
    assert "gone.json" in gone.answer["errors"][0]["where"]
    folder = intermt("annotate-import", source, "--images", tmp_path / "typo", code=66)
    assert "typo" in folder.answer["errors"][0]["where"]
    assert not (tmp_path / "store").exists()


def test_standard_input_and_gzip_say_the_same_as_the_file(
    tmp_path: Path, intermt: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_pictures(tmp_path, "a.png")
    made = [*conversations(3), conversation("p", turn(1, "See?", "Yes.", images=["a.png"]))]
    source = written(tmp_path / "c.json", made)
    intermt("annotate-import", source)
    before = rows(intermt.store)
    (tmp_path / "c.json.gz").write_bytes(gzip.compress(source.read_bytes()))
    assert intermt("annotate-import", tmp_path / "c.json.gz").data["new"] == {}

    class Piped:
        buffer = io.BytesIO(source.read_bytes())

    monkeypatch.setattr("sys.stdin", Piped)
    done = intermt("annotate-import", "-")
    assert done.data["files"][0]["file"] == "stdin"
    assert done.data["new"] == {}
    assert rows(intermt.store) == before


# --- votes and pairs ---------------------------------------------------------------------


def test_votes_are_kept_with_the_lower_id_first(intermt: Program, tmp_path: Path) -> None:
    intermt("annotate-import", written(tmp_path / "c.json", conversations(2)))
    a, b = siblings(intermt.store)
    head = "task,rater,answer_a,answer_b,choice,shown_first,score_a,score_b,dimension"
    lines = (
        f"t,right,{a},{b},A,B,3,1,text_quality",
        f"t,turned,{b},{a},B,A,1,3,text_quality",
        f"t,tied,{b},{a},tie,,2,2,text_quality",
    )
    intermt("annotate-import", votes(tmp_path / "v.csv", *lines, head=head))
    with intermt.store.reading() as db:
        found = db.execute(
            "SELECT r.name, v.a_id, v.b_id, v.choice, v.shown_first FROM preference_vote v"
            " JOIN rater r USING (rater_id) ORDER BY r.name"
        ).fetchall()
        scores = db.execute(
            "SELECT r.name, s.value FROM score s JOIN rater r USING (rater_id)"
            " WHERE target_id = ? AND s.dataset = 'csv' ORDER BY r.name",
            [a],
        ).fetchall()
    assert found == [
        ("right", a, b, "a", "b"),
        ("tied", a, b, "tie", None),
        ("turned", a, b, "a", "b"),
    ]
    assert scores == [("right", 3), ("tied", 2), ("turned", 3)]


def test_votes_name_answers_and_conversations_that_belong_together(
    intermt: Program, tmp_path: Path
) -> None:
    intermt("annotate-import", written(tmp_path / "c.json", conversations(4, turns=1)))
    sql = "SELECT list(conversation_id ORDER BY source_id) FROM conversation"
    c0, c1, c2, _ = counted(intermt.store, sql)
    a, b = siblings(intermt.store)
    head = "rater,answer_a,answer_b,choice,level"
    good = votes(tmp_path / "g.csv", f"x,{a},{b},A,local", f"x,{c0},{c1},A,global", head=head)
    assert intermt("annotate-import", good).data["new"]["preference_vote"] == 2
    for n, line in enumerate(
        (
            f"x,{c0},{c2},A,global",  # of two seeds
            f"x,{a},{b},A,global",  # answers where conversations belong
            f"x,{c0},{c1},A,local",
            f"x,{a},{c0},A,local",
        )
    ):
        done = intermt("annotate-import", votes(tmp_path / f"b{n}.csv", line, head=head), code=65)
        assert f"b{n}.csv:2" in done.answer["errors"][0]["details"][0]


def test_votes_come_in_with_the_conversations_they_are_on(intermt: Program, tmp_path: Path) -> None:
    put_pictures(tmp_path, "a.png")
    made = [
        conversation(str(i), turn(1, "See?", f"It is {i}.", images=["a.png"])) for i in range(2)
    ]
    source = written(tmp_path / "c.json", made)
    intermt("annotate-import", source)
    a, b = siblings(intermt.store)
    shutil.rmtree(tmp_path / "store")
    done = intermt("annotate-import", source, votes(tmp_path / "v.csv", f"t,x,{a},{b},A"))
    assert done.data["new"]["preference_vote"] == 1


def pair_line(a: str, b: str, n: int = 0, **more: Any) -> dict[str, Any]:
    def says(role: str, text: str) -> dict[str, Any]:
        return {"role": role, "content": [{"type": "text", "text": text}]}

    return {
        "pair_id": f"{n:032x}",
        "level": "local",
        "mode": "prefix",
        "dimension": "overall",
        "seed_id": "e" * 32,
        "turn": 1,
        "prefix": [says("user", f"Question {n}?")],
        "chosen": [says("assistant", f"Good answer {n}.")],
        "rejected": [says("assistant", f"Bad answer {n}.")],
        "chosen_id": a,
        "rejected_id": b,
        "agreement": 0.75,
        "n_annotators": 4,
        "n_votes": {"chosen": 3, "rejected": 0, "tie": 1},
        "margin": None,
        "verified": True,
        "split": None,
        **more,
    }


def test_pairs_go_into_the_store_they_came_from_and_into_a_fresh_one(
    intermt: Program, tmp_path: Path
) -> None:
    # Without scores: those of one rater on both answers would decide the pair already.
    bare = [conversation(str(i), turn(1, "Why?", f"Because {i}.")) for i in range(2)]
    intermt("annotate-import", written(tmp_path / "c.json", bare))
    a, b = siblings(intermt.store)
    source = written(tmp_path / "p.jsonl", [pair_line(b, a)])
    assert intermt("annotate-import", source).data["new"] == {"preference_vote": 5, "rater": 5}
    sql = """SELECT list([v.a_id, v.b_id, v.choice, r.role] ORDER BY v.choice, r.role)
             FROM preference_vote v JOIN rater r USING (rater_id)"""
    won = [[a, b, "b", "annotator"]] * 3 + [[a, b, "b", "verifier"], [a, b, "tie", "annotator"]]
    assert counted(intermt.store, sql) == won
    assert intermt("annotate-import", source).data["new"] == {}

    fresh = Store(tmp_path / "fresh")
    many = written(tmp_path / "many.jsonl", [pair_line(a, b, n) for n in range(3)])
    first = import_files(fresh, many)
    assert first.new["preference_vote"] == 15
    assert first.new["node"] == 9
    assert import_files(fresh, many).new == {}


# --- being killed ------------------------------------------------------------------------


def test_an_import_that_is_killed_and_repeated_is_like_one_that_was_not(tmp_path: Path) -> None:
    put_pictures(tmp_path, *(f"{i}.png" for i in range(20)))
    made = conversations(800, turns=2)
    for i in range(20):
        made.append(conversation(f"p{i}", turn(1, f"See {i}?", "Yes.", images=[f"{i}.png"])))
    source = written(tmp_path / "c.json", made)
    calm = Store(tmp_path / "calm")
    import_files(calm, source)
    hurt = Store(tmp_path / "hurt")
    n_killed = 0
    for wait_s in (0.0, 0.2):
        process = start("annotate-import", source, store=hurt.folder)
        while not (hurt.folder / "store.duckdb").exists() and process.poll() is None:
            time.sleep(0.01)
        time.sleep(wait_s)
        process.kill()
        n_killed += ended(process).code == -9
    assert n_killed
    # Whatever is there after a kill has the run that brought it in.
    dangling = "SELECT count(*) FROM node ANTI JOIN run USING (run_id)"
    assert counted(hurt, dangling) == 0
    import_files(hurt, source)
    assert rows(hurt) == rows(calm)
    assert files(hurt.folder / "images") == files(calm.folder / "images")
    assert import_files(hurt, source).new == {}
