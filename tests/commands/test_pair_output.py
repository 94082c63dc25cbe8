"""Folders, splits and the other options of `pair`, in this process."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path

import pytest

from intermt.formats.writing import registry
from intermt.formats.writing.registry import NAMES
from intermt.records import Feedback
from intermt.store.connect import Store
from tests.commands.pair_stores import (
    answers,
    ballots,
    bring_in,
    filled,
    lines,
    talk,
    write_talks,
    write_votes,
)
from tests.commands.work import Program


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Path:
    """A folder with a store; tests only read it."""
    folder = tmp_path_factory.mktemp("pairs")
    filled(folder)
    return folder


@pytest.fixture
def pair(made, capsys):
    program = Program(made / "store", capsys)

    def run(*words, code=0):
        return program("pair", *words, code=code)

    return run


def tree(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_a_folder_has_its_pictures_and_a_manifest_with_every_hash(pair, tmp_path):
    done = pair("-o", f"{tmp_path}/out/")
    files = tree(tmp_path / "out")
    manifest = json.loads(files.pop(".manifest.json"))
    told = {file["name"]: (file["n_bytes"], file["sha256"]) for file in manifest["files"]}
    assert told == {
        name: (len(content), hashlib.sha256(content).hexdigest()) for name, content in files.items()
    }
    rows = lines(tmp_path / "out" / "data.jsonl")
    assert len(rows) == done.data["n_pairs"] == 3
    shown = {
        part["path"]
        for row in rows
        for side in ("prefix", "chosen", "rejected")
        for message in row[side]
        for part in message["content"]
        if part.get("sha256")
    }
    assert shown == {name for name in files if name.startswith("images/")}
    assert len(shown) == 2


def test_the_same_folder_is_written_again_with_the_same_bytes(pair, tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    pair("-o", str(out), "--split", "train=0.5,test=0.5")
    before = tree(out)
    assert {"train.jsonl", "test.jsonl"} <= before.keys()
    pair("-o", str(out), "--split", "train=0.5,test=0.5")
    assert tree(out) == before
    pair("-o", str(out), "--min-agree", "1")
    assert "data.jsonl" in tree(out)
    assert [p.name for p in tmp_path.iterdir()] == ["out"]


def test_several_dimensions_are_folders_of_one_folder(pair, tmp_path):
    done = pair("-o", f"{tmp_path}/out/", "--dimension", "overall", "--dimension", "L4")
    counts = {f["name"]: f["n_rows"] for f in done.data["files"] if f["n_rows"] is not None}
    assert counts == {"overall/data.jsonl": 3, "text_quality/data.jsonl": 1}
    assert (tmp_path / "out" / "overall" / "images").is_dir()


def test_a_folder_that_somebody_else_made_is_left_alone(pair, tmp_path):
    (tmp_path / "mine").write_text("x")
    pair("-o", str(tmp_path), code=73)
    assert tree(tmp_path) == {"mine": b"x"}


def test_splits_come_with_a_check_and_its_figures(pair, tmp_path):
    done = pair("-o", f"{tmp_path}/p.jsonl", "--split", "train=0.5,test=0.5")
    leakage = done.data["leakage"]
    assert set(leakage["leaks"].values()) == {0}
    assert leakage["n_seeds"] == 2
    assert leakage["n_groups"] == 2
    rows = lines(tmp_path / "p.jsonl")
    assert {row["split"] for row in rows} <= {"train", "test"}
    by_seed = {(row["seed_id"], row["split"]) for row in rows}
    assert len(by_seed) == 2


def test_seed_questions_with_a_common_picture_or_nearly_the_same_words_stay_together(
    tmp_path, capsys
):
    store = Store(tmp_path / "store", lock_timeout_s=20)
    said = ["Describe the harbour, please.", "Which boat is the oldest here?"]
    said += ["What would you plant beside the northern wall of a garden house?"]
    said += ["What would you plant beside the northern wall of a garden house!"]
    talks = [
        talk(f"{n}{side}", (text + ("|room.png" if n < 2 else ""), f"{side} {n}."))
        for n, text in enumerate(said)
        for side in ("Good", "Bad")
    ]
    bring_in(store, write_talks(tmp_path, talks))
    found = answers(store)
    rows = [row for n in range(4) for row in ballots(found[f"Good {n}"], found[f"Bad {n}"], "a")]
    bring_in(store, write_votes(tmp_path / "v.csv", rows), dataset="pilot")
    program = Program(store.folder, capsys)
    for seed in range(6):
        done = program("pair", "-o", tmp_path / "p.jsonl", "--split", "a=0.5,b=0.5", "--seed", seed)
        assert done.data["leakage"]["n_groups"] == 2
        assert done.data["leakage"]["merged"]["same picture"] == 1
        assert done.data["leakage"]["merged"]["near-duplicate question"] == 1
        written = lines(tmp_path / "p.jsonl")
        split_of = {row["prefix"][0]["content"][-1]["text"]: row["split"] for row in written}
        assert len({split_of[text] for text in said[:2]}) == 1
        assert len({split_of[text] for text in said[2:]}) == 1


def test_what_people_wrote_travels_with_the_pair(tmp_path, capsys):
    store = filled(tmp_path)
    better = answers(store)["Eye level"]
    store.write(
        [Feedback("f", _rater(store), "node", better, "critique", None, "Say why.", "pilot", "t")]
    )
    Program(store.folder, capsys)("pair", "-o", tmp_path / "p.jsonl")
    notes = [note for row in lines(tmp_path / "p.jsonl") for note in row["feedback"]]
    assert [(n["side"], n["kind"], n["text"]) for n in notes] == [
        ("chosen", "critique", "Say why.")
    ]


def _rater(store: Store) -> str:
    with store.reading() as db:
        row = db.execute("SELECT rater_id FROM rater WHERE role = 'annotator'").fetchone()
    assert row
    return str(row[0])


def test_excluded_annotators_do_not_count(pair, tmp_path):
    out = tmp_path / "p.jsonl"
    done = pair("-o", out, "--exclude-annotator", "r5", "--exclude-annotator", "r4")
    assert done.data["funnel"]["labels_set_aside"]["of excluded raters"] == 2
    assert max(row["n_annotators"] for row in lines(out)) == 3
    done = pair("-o", out, "--exclude-annotator", "nobody", code=66)
    assert "nobody" in done.out
    assert "the store has r1, r2, r3, r4, r5" in done.out


@pytest.mark.parametrize("model", ["mean", "dawid-skene", "bradley-terry"])
def test_models_name_winners_with_a_strength(pair, tmp_path, model):
    out = tmp_path / "p.jsonl"
    done = pair("-o", out, "--aggregate", model)
    rows = lines(out)
    assert done.data["n_pairs"] == len(rows) == 3
    assert all(0.5 <= row["strength"] <= 1 for row in rows)
    clear = max(rows, key=lambda row: row["n_annotators"])
    assert clear["n_votes"] == {"chosen": 4, "rejected": 1, "tie": 0}


def test_raters_of_little_competence_do_not_count(pair, tmp_path):
    out = tmp_path / "p.jsonl"
    everybody = pair("-o", out, "--min-competence", "0").data
    nobody = pair("-o", out, "--min-competence", "1").data
    assert nobody["n_pairs"] == 0 < everybody["n_pairs"]
    aside = nobody["funnel"]["labels_set_aside"]
    assert aside["of raters below min-competence"] > 0
    assert aside["of excluded raters"] == 0
    pair("-o", out, "--min-competence", "2", code=2)


def test_competence_is_not_asked_of_raters_whom_nobody_named(pair, tmp_path, capsys):
    program = Program(tmp_path / "again", capsys)
    first = tmp_path / "p.jsonl"
    n_votes = pair("-o", first, "--min-annotators", "2").data["funnel"]["n_votes"]
    assert n_votes
    program("annotate-import", first)
    unnamed = "of unnamed raters, whose competence nobody can tell"
    out = tmp_path / "q.jsonl"
    everybody = program("pair", "-o", out).data
    asked = program("pair", "-o", out, "--min-competence", "0").data
    assert everybody["n_pairs"] > asked["n_pairs"] == 0
    assert everybody["funnel"]["labels_set_aside"][unnamed] == 0
    assert asked["funnel"]["labels_set_aside"][unnamed] > 0
    assert asked["funnel"]["labels_set_aside"]["of raters below min-competence"] == 0


def test_pairs_that_do_not_fit_are_an_error_or_dropped_or_captioned(pair, tmp_path):
    out = tmp_path / "p.jsonl"
    done = pair("-o", out, "--format", "openrlhf", code=65)
    assert "cannot hold 2 of 3 pairs" in done.out
    assert not out.exists()
    dropped = pair("-o", out, "--format", "openrlhf", "--on-response-images", "drop").data
    assert (dropped["n_pairs"], dropped["fitting"]["n_dropped"]) == (1, 2)
    worded = pair("-o", out, "--format", "openrlhf", "--on-response-images", "caption").data
    assert (worded["n_pairs"], worded["fitting"]["n_captioned"]) == (3, 2)
    assert len(lines(out)) == 3


@pytest.mark.parametrize("name", NAMES)
def test_every_format_is_written_to_a_folder_and_reads_back(pair, tmp_path, name):
    rule = ("--on-response-images", "caption")
    words = ("--format", name, *rule, "--split", "train=0.5,test=0.5")
    done = pair("-o", f"{tmp_path}/out/", *words)
    data = [file for file in done.data["files"] if file["n_rows"] is not None]
    assert {file["split"] for file in data} == {"train", "test"}
    assert sum(file["n_rows"] for file in data) == done.data["n_pairs"]
    assert all((tmp_path / "out" / file["name"]).stat().st_size for file in data if file["n_rows"])


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--format", "nonsense"), "no format is called"),
        (("--format", "openrlhf", "--ties", "keep"), "no room for pairs that nobody won"),
        (("--ties", "keep", "--min-margin", "1"), "no winner to be ahead"),
        (("--format", "hf"), "is a folder"),
    ],
)
def test_what_does_not_go_together_is_an_error_that_says_why(pair, tmp_path, words, said):
    done = pair("-o", tmp_path / "p", *words, code=2)
    assert said in done.out
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--dimension", "all"), "which dimension"),
        (("--split", "a=0.5,b=0.5"), "which split"),
    ],
)
def test_a_format_without_room_for_it_needs_a_folder(pair, tmp_path, monkeypatch, words, said):
    bare = replace(registry.find("jsonl"), room=frozenset())
    monkeypatch.setattr(registry, "find", lambda _: bare)
    assert said in pair("-o", tmp_path / "p", *words, code=2).out
    pair("-o", f"{tmp_path}/out/", *words)
