"""`pair --as critique` and `--as refinement`, in this process."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from intermt.formats.writing import comments
from intermt.records import Feedback, Rater
from intermt.store.connect import Store
from tests.commands.pair_stores import answers, conversations, filled, lines
from tests.commands.work import ROOT, Program

RATERS = (
    Rater("ann", "Ann", "annotator", "human", "notes"),
    Rater("bob", "Bob", "annotator", "human", "notes"),
    Rater("syn", "Syn", "annotator", "synthetic", "notes"),
    Rater("gpt", "Gpt", "judge", "model", "notes"),
)


def notes(store: Store) -> list[Feedback]:
    of, whole = answers(store), conversations(store)
    left, outside, cellar = of["Left of the door"], of["Outside"], of["In the cellar"]
    rows: list[tuple[str, str, str, str, str | None, str, str]] = [
        ("ann", "node", left, "critique", None, "Say why, <image> or not.", "notes"),
        ("ann", "node", left, "critique", "text_quality", "Too short.", "notes"),
        ("bob", "node", left, "critique", None, "Nice lamp.", "notes"),
        ("bob", "node", left, "critique", None, "Nice lamp.", "again"),
        ("bob", "node", outside, "critique", None, "Which chair?", "notes"),
        ("syn", "node", cellar, "critique", None, "Dark there.", "other"),
        ("gpt", "node", cellar, "critique", None, "A judge's words.", "notes"),
        ("ann", "node", cellar, "critique", None, " \n", "notes"),
        ("ann", "node", "nowhere", "critique", None, "Of nothing.", "notes"),
        ("ann", "node", left, "refinement", None, "Draw it smaller.", "notes"),
        ("ann", "node", left, "rationale", None, "Because.", "notes"),
        ("ann", "conversation", whole["t1"], "critique", None, "Lost the thread.", "notes"),
    ]
    return [
        Feedback(f"f{n}", rater, target, of_what, kind, dimension, text, dataset, f"k{n}")
        for n, (rater, target, of_what, kind, dimension, text, dataset) in enumerate(rows)
    ]


def commented(folder: Path, *, backwards: bool = False) -> Store:
    store = filled(folder)
    said = notes(store)
    store.write([*RATERS, *(reversed(said) if backwards else said)])
    return store


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("comments")
    commented(folder)
    return folder


@pytest.fixture
def pair(made, capsys):
    program = Program(made / "store", capsys)

    def run(*words, code=0, kind="critique"):
        return program("pair", "--as", kind, *words, code=code)

    return run


def texts(rows: Iterable[dict[str, Any]]) -> list[str]:
    return sorted(row["completion"][0]["content"][0]["text"] for row in rows)


def test_a_record_is_the_conversation_an_instruction_and_the_text(pair, tmp_path):
    out = tmp_path / "c.jsonl"
    done = pair("-o", out)
    rows = lines(out)
    assert texts(rows) == sorted(
        ["Say why, <image> or not.", "Too short.", "Nice lamp.", "Which chair?", "Dark there."]
    )
    row = next(r for r in rows if r["completion"][0]["content"][0]["text"] == "Which chair?")
    assert [message["role"] for message in row["prompt"]] == ["user", "assistant"] * 2 + ["user"]
    assert row["prompt"][0]["content"][-1]["text"] == "Where should the lamp stand?"
    assert row["prompt"][3]["content"][-1]["missing"]
    assert "last answer" in row["prompt"][-1]["content"][0]["text"]
    assert (row["turn"], row["kind"], row["rater"], row["level"]) == (2, "critique", "bob", "local")
    # Only one of these is invented.
    assert [r["synthetic"] for r in rows].count(True) == done.data["n_synthetic"] == 1
    assert done.data["synthetic"] is True
    assert done.data["n_missing_pictures"] == 1


def test_the_funnel_says_where_every_text_went(pair, tmp_path):
    funnel = pair("-o", tmp_path / "c.jsonl", "--max-turn", "1").data["funnel"]
    aside = {reason: n for reason, n in funnel["set_aside"].items() if n}
    assert aside == {
        "of judges": 1,
        "messages not in the store": 1,
        "beyond max-turn": 1,
        "blank": 1,
        "said before": 1,
    }
    assert funnel["n_texts"] == 9 == funnel["kept"] + sum(aside.values())
    assert funnel["other_kinds"] == {"rationale": 1, "refinement": 1}


def test_the_instruction_names_the_dimension_and_a_person_may_write_another(pair, tmp_path):
    out = tmp_path / "c.jsonl"
    pair("-o", out, "--dimension", "text_quality")
    (row,) = lines(out)
    assert row["dimension"] == "text_quality"
    assert row["prompt"][-1]["content"][0]["text"].endswith("Aspect: text_quality")
    (tmp_path / "prompts").mkdir()
    (tmp_path / "prompts" / "critique_local.md").write_text("What of {{dimension}}?")
    before = pair("-o", out, "--dimension", "overall").data
    after = pair("-o", out, "--dimension", "overall", "--prompts", tmp_path / "prompts").data
    assert {row["prompt"][-1]["content"][0]["text"] for row in lines(out)} == {"What of overall?"}
    assert len(lines(out)) == 4
    assert before["prompt_hash"] != after["prompt_hash"]


def test_refinements_and_whole_conversations_have_instructions_of_their_own(pair, tmp_path):
    out = tmp_path / "c.jsonl"
    pair("-o", out, kind="refinement")
    (row,) = lines(out)
    assert texts([row]) == ["Draw it smaller."]
    assert "should be changed" in row["prompt"][-1]["content"][0]["text"]
    pair("-o", out, "--level", "global")
    (row,) = lines(out)
    assert texts([row]) == ["Lost the thread."]
    assert "whole conversation" in row["prompt"][-1]["content"][0]["text"]
    assert (row["turn"], len(row["prompt"])) == (None, 5)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--exclude-annotator", "Bob"), ["Dark there.", "Say why, <image> or not.", "Too short."]),
        (("--dataset", "other"), ["Dark there."]),
        (("--dataset", "again"), ["Nice lamp."]),
        (("--dimension", "L1"), []),
        (("--min-competence", "1"), []),
    ],
)
def test_filters_choose_texts(pair, tmp_path, words, said):
    done = pair("-o", tmp_path / "c.jsonl", *words)
    assert texts(lines(tmp_path / "c.jsonl")) == said
    assert done.data["n_records"] == len(said)


@pytest.mark.parametrize(
    "words",
    [
        ("--min-agree", "0.8"),
        ("--min-annotators", "2"),
        ("--min-margin", "1"),
        ("--ties", "keep"),
        ("--aggregate", "mean"),
        ("--per-prompt", "1"),
        ("--verified-only",),
    ],
)
def test_what_only_votes_have_is_an_error_that_says_why(pair, tmp_path, words):
    done = pair("-o", tmp_path / "c.jsonl", *words, code=2)
    assert " ".join(words[:1]) in done.out
    assert "one person's text" in done.out or "nobody confirms" in done.out
    assert list(tmp_path.iterdir()) == []


def test_help_names_the_formats_of_texts():
    told = " ".join((ROOT / "docs" / "cli.md").read_text().split())
    assert f"for critiques and refinements {', '.join(comments.NAMES)}." in told


def test_other_impossible_wishes_are_errors_too(pair, tmp_path, capsys, made):
    assert "formats of --as" in pair("-o", tmp_path / "c", "--format", "trl-dpo", code=2).out
    assert "no dataset" in pair("-o", tmp_path / "c", "--dataset", "nobody's", code=66).out
    plain = Program(made / "store", capsys)
    assert "--prompts" in plain("pair", "--prompts", tmp_path, "-o", tmp_path / "c", code=2).out
    assert list(tmp_path.iterdir()) == []


def test_ms_swift_gets_messages_and_pictures_with_literal_placeholders_broken(pair, tmp_path):
    words = ("--format", "ms-swift", "-o", f"{tmp_path}/out/")
    assert "a missing picture (1)" in pair(*words, code=65).out
    done = pair(*words, "--on-response-images", "drop")
    rows = lines(tmp_path / "out" / "data.jsonl")
    assert len(rows) == 4 == done.data["n_records"]
    for row in rows:
        whole = "".join(message["content"] for message in row["messages"])
        assert whole.count("<image>") == len(row["images"])
        assert all((tmp_path / "out" / name).is_file() for name in row["images"])
        assert [message["role"] for message in row["messages"]][-2:] == ["user", "assistant"]
    assert any("< image> or not" in row["messages"][-1]["content"] for row in rows)
    worded = pair(*words, "--on-response-images", "caption").data["fitting"]
    assert (worded["n_captioned"], worded["n_dropped"]) == (1, 0)


def test_trl_gets_a_prompt_and_a_completion_of_text(pair, tmp_path):
    out = tmp_path / "c.jsonl"
    words = ("--format", "trl-sft", "-o", out)
    assert "cannot hold 5 of 5 records" in pair(*words, code=65).out
    pair(*words, "--on-response-images", "caption")
    rows = lines(out)
    assert len(rows) == 5
    assert {len(row["completion"]) for row in rows} == {1}
    assert all(isinstance(m["content"], str) for row in rows for m in row["prompt"])
    assert any("[picture: the room with a lamp]" in r["prompt"][1]["content"] for r in rows)
    assert all(value is not None for row in rows for value in row.values())


def test_splits_folders_and_manifests_are_as_for_pairs(pair, tmp_path):
    words = ("--split", "train=0.5,test=0.5", "-o", f"{tmp_path}/out/")
    done = pair(*words)
    assert set(done.data["leakage"]["leaks"].values()) == {0}
    files = {
        file["name"]: file["n_rows"] for file in done.data["files"] if file["n_rows"] is not None
    }
    assert set(files) == {"train.jsonl", "test.jsonl"}
    assert sum(files.values()) == sum(done.data["splits"].values()) == 5
    manifest = json.loads((tmp_path / "out" / ".manifest.json").read_text())
    assert manifest["funnel"] == done.data["funnel"]
    assert manifest["options"]["as"] == "critique"
    before = {p.name: p.read_bytes() for p in (tmp_path / "out").iterdir() if p.is_file()}
    pair(*words)
    assert before == {p.name: p.read_bytes() for p in (tmp_path / "out").iterdir() if p.is_file()}


def test_the_order_of_writing_changes_no_byte(pair, tmp_path, capsys):
    store = commented(tmp_path / "other", backwards=True)
    pair("-o", tmp_path / "one.jsonl", "--format", "trl-sft", "--on-response-images", "caption")
    Program(store.folder, capsys)(
        *("pair", "--as", "critique", "-o", tmp_path / "two.jsonl"),
        *("--format", "trl-sft", "--on-response-images", "caption"),
    )
    assert (tmp_path / "one.jsonl").read_bytes() == (tmp_path / "two.jsonl").read_bytes()


def test_nothing_written_is_an_empty_file_and_may_fail(pair, tmp_path):
    words = ("--dimension", "L1", "-o", tmp_path / "c.jsonl")
    assert pair(*words).data["n_records"] == 0
    assert (tmp_path / "c.jsonl").read_bytes() == b""
    pair(*words, "--fail-under-pairs", "1", code=1)


def test_a_row_that_does_not_say_what_it_should_is_found(tmp_path):
    format_ = comments.find("ms-swift", "critique")
    good = {"record_id": "r", "kind": "critique", "dimension": "", "simulated": False}
    good |= {"synthetic": False, "images": []}
    said = [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]
    pictures: Any = None
    for row, is_fault in (
        (good | {"messages": said}, False),
        (good | {"messages": said[:1]}, True),
        (good | {"messages": [{"role": "user", "content": "<image>"}, said[1]]}, True),
        ({key: good[key] for key in ("images", "kind")} | {"messages": said}, True),
    ):
        (tmp_path / "c").write_text(json.dumps(row) + "\n")
        n_rows, faults = format_.check(tmp_path / "c", pictures)
        assert n_rows == 1
        assert bool(faults) is is_fault
    trl = comments.find("trl-sft", "critique")
    (tmp_path / "c").write_text(json.dumps(good | {"prompt": said[:1], "completion": []}) + "\n")
    assert trl.check(tmp_path / "c", pictures)[1]


def test_texts_of_raters_who_are_not_there_are_counted(tmp_path, capsys):
    store = commented(tmp_path)
    stray = replace(notes(store)[0], feedback_id="stray", rater_id="nobody")
    store.write([stray])
    done = Program(store.folder, capsys)("pair", "--as", "critique", "-o", tmp_path / "c.jsonl")
    assert done.data["funnel"]["set_aside"]["of raters not in the store"] == 1
