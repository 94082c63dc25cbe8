"""The `pair` command, from imported votes to files and pipes."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from intermt.commands.annotate_import import ImportConfig
from intermt.commands.annotate_import import run as run_import
from intermt.commands.pair import run as run_pair
from intermt.commands.pair_choice import PairConfig, dimensions_asked, select
from intermt.errors import MissingInputError, UsageError
from intermt.records import PreferenceVote, Rater, Seed
from intermt.store.connect import Store
from tests.cli.running import ROOT, command_line, envelope, environment, run_here
from tests.commands.pair_stores import (
    TALKS,
    Silent,
    answers,
    ballots,
    bring_in,
    conversations,
    filled,
    lines,
    votes,
    wide,
    write_talks,
    write_votes,
)

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"
KEYS = [
    *("pair_id", "level", "mode", "dimension", "seed_id", "turn"),
    *("prefix", "chosen", "rejected", "chosen_id", "rejected_id", "agreement"),
    *("n_annotators", "n_votes", "margin", "verified", "split", "simulated"),
    *("synthetic", "strength", "feedback", "n_stated", "tie"),
]


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Path:
    """A folder with a store; tests only read it."""
    folder = tmp_path_factory.mktemp("pair")
    filled(folder)
    return folder


@pytest.fixture(scope="module")
def large(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("large")
    wide(folder)
    return folder


def pair(folder: Path, *words: str, **env: str) -> subprocess.CompletedProcess[str]:
    return run_here("pair", "--store", "store", *words, cwd=folder, **env)


def pairs(folder: Path, *words: str, **env: str) -> list[dict]:
    done = pair(folder, *words, **env)
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def by_answer(found: list[dict]) -> dict[str, dict]:
    return {row["chosen"][-1]["content"][0]["text"].split(".")[0]: row for row in found}


# --- what a pair says --------------------------------------------------------------------


def test_a_local_pair_is_a_question_with_its_history_and_two_answers(made):
    found = pairs(made)
    assert all(list(row) == KEYS for row in found)
    lamp = by_answer(found)["Left of the door"]
    assert (lamp["level"], lamp["mode"], lamp["dimension"], lamp["turn"]) == (
        "local",
        "prefix",
        "overall",
        1,
    )
    assert (lamp["agreement"], lamp["n_annotators"]) == (0.8, 5)
    assert lamp["n_votes"] == {"chosen": 4, "rejected": 1, "tie": 0}
    assert (lamp["margin"], lamp["verified"], lamp["split"]) == (None, None, None)
    assert (lamp["simulated"], lamp["synthetic"]) == (False, False)
    ids = answers(Store(made / "store"))
    assert lamp["chosen_id"] == ids["Left of the door"]
    assert lamp["rejected_id"] == ids["In the cellar"]
    (question,) = lamp["prefix"]
    assert question["role"] == "user"
    assert [part["type"] for part in question["content"]] == ["image", "text"]
    assert lamp["rejected"] == [
        {"role": "assistant", "content": [{"type": "text", "text": "In the cellar."}]}
    ]


def test_a_picture_stands_where_its_tag_stood_and_its_path_leads_to_it(made):
    (answer,) = by_answer(pairs(made))["Left of the door"]["chosen"]
    before, picture, after = answer["content"]
    assert before == {"type": "text", "text": "Left of the door.\n"}
    assert after == {"type": "text", "text": " Like so."}
    assert list(picture) == ["type", "path", "sha256"]
    content = Path(picture["path"]).read_bytes()
    assert hashlib.sha256(content).hexdigest() == picture["sha256"]
    assert Path(picture["path"]).is_absolute()


def test_a_missing_picture_keeps_its_place_and_says_why(made):
    chair = by_answer(pairs(made, "--dimension", "overall"))["Beside it"]
    (answer,) = chair["rejected"]
    assert answer["content"] == [
        {"type": "text", "text": "Outside."},
        {"type": "image", "path": "gone.png", "sha256": None, "missing": "not found"},
    ]
    assert [message["role"] for message in chair["prefix"]] == ["user", "assistant", "user"]
    assert chair["turn"] == 2


def test_invented_votes_are_marked_and_a_verifier_can_disagree(made):
    chair = by_answer(pairs(made))["Beside it"]
    assert chair["synthetic"] is True
    assert chair["verified"] is False
    assert chair["agreement"] == 2 / 3
    confirmed = pairs(made, "--verified-only")
    assert confirmed == []


def test_scores_vote_where_nobody_stated_a_preference(made):
    (shelf,) = pairs(made, "--dimension", "L4")
    assert shelf["dimension"] == "text_quality"
    assert shelf["chosen"][0]["content"][0]["text"] == "Eye level."
    assert shelf["n_votes"] == {"chosen": 2, "rejected": 1, "tie": 0}
    assert shelf["margin"] == 1 / 3
    overall = by_answer(pairs(made))["Eye level"]
    assert overall["n_votes"] == shelf["n_votes"]
    assert overall["pair_id"] != shelf["pair_id"]


def test_a_global_pair_is_two_conversations_after_their_seed_question(tmp_path):
    store = Store(tmp_path / "store")
    bring_in(store, write_talks(tmp_path))
    ids = conversations(store)
    rows = ballots(ids["t3"], ids["t1"], "bbt", level="global")
    bring_in(store, write_votes(tmp_path / "v.csv", rows))
    (row,) = pairs(tmp_path, "--mode", "chain")
    assert [row] == pairs(tmp_path, "--level", "global")
    assert (row["mode"], row["turn"], row["agreement"]) == ("chain", None, 2 / 3)
    assert (row["chosen_id"], row["rejected_id"]) == (ids["t1"], ids["t3"])
    assert [len(row[side]) for side in ("prefix", "chosen", "rejected")] == [1, 3, 1]
    assert row["prefix"][0]["content"][1]["text"] == "Where should the lamp stand?"
    assert pairs(tmp_path, "--level", "global", "--max-turn", "1") == []
    assert len(pairs(tmp_path, "--level", "global", "--max-turn", "2")) == 1


def test_conversations_of_the_same_messages_are_no_pair(tmp_path):
    store = Store(tmp_path / "store")
    again = [{**TALKS[3], "id": "again"}, TALKS[3]]
    bring_in(store, write_talks(tmp_path, again))
    ids = conversations(store)
    rows = ballots(ids["t4"], ids["again"], "a", level="global")
    bring_in(store, write_votes(tmp_path / "v.csv", rows))
    done = pair(tmp_path, "--level", "global", "--json", "-o", "out.jsonl")
    funnel = envelope(done)["data"]["funnel"]
    assert (funnel["n_pairs"], funnel["set_aside"]["same messages"]) == (1, 1)
    assert (funnel["considered"], funnel["kept"]) == (0, 0)


# --- which pairs -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("share", "kept"),
    [
        ("0.8", True),
        ("0.80", True),
        ("8e-1", True),
        ("0.8000000000000000000001", False),
        ("0.7999999999999999999999", True),
        ("1", False),
    ],
)
def test_four_of_five_is_exactly_0_8(made, share, kept):
    found = by_answer(pairs(made, "--min-agree", share))
    assert ("Left of the door" in found) is kept
    assert "Beside it" not in found


@pytest.mark.parametrize("share", ["0.66666666666666666666", "0.6666"])
def test_two_thirds_is_compared_as_a_fraction(made, share):
    assert "Beside it" in by_answer(pairs(made, "--min-agree", share))
    assert "Beside it" not in by_answer(pairs(made, "--min-agree", "0.66666666666666666667"))


def test_a_share_from_the_environment_or_the_file_is_read_as_written(made, tmp_path):
    assert list(by_answer(pairs(made, INTERMT_PAIR_MIN_AGREE="0.8"))) == ["Left of the door"]
    file = tmp_path / "intermt.toml"
    file.write_text('[pair]\nmin_agree = 0.8\ndimension = ["overall", "L4"]\n')
    found = by_answer(pairs(made, "--config", str(file)))
    assert list(found) == ["Left of the door"]


def test_filters_count_annotators_margins_turns_and_datasets(made):
    assert set(by_answer(pairs(made, "--min-annotators", "4"))) == {"Left of the door"}
    assert set(by_answer(pairs(made, "--min-margin", "0.33"))) == {"Eye level"}
    assert pairs(made, "--min-margin", "0.34") == []
    assert "Beside it" not in by_answer(pairs(made, "--max-turn", "1"))
    assert len(pairs(made, "--dataset", "pilot")) == 3
    assert pairs(made, "--dataset", "intermt-bench") == []


def test_nothing_selected_is_an_empty_file_and_a_funnel(made, tmp_path):
    out = tmp_path / "none.jsonl"
    done = pair(made, "--dimension", "all", "--min-agree", "1", "-o", str(out), "--json")
    data = envelope(done)["data"]
    assert out.read_bytes() == b""
    funnel = data["funnel"]
    assert funnel["n_pairs"] == 3
    assert funnel["considered"] == 3 * len(data["dimensions"]) == 15
    assert funnel["considered"] == funnel["kept"] + sum(funnel["dropped"].values())
    assert funnel["dropped"]["no votes"] == 11
    assert funnel["dropped"]["below min-agree"] == 4
    assert data["n_pairs"] == 0


def test_an_empty_store_gives_no_pairs(tmp_path):
    Store(tmp_path / "store").create()
    assert pairs(tmp_path) == []


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--level", "local", "--mode", "chain"), "--level global"),
        (("--format", "trl-sft"), "--as critique"),
        (("--level", "global", "--mode", "prefix"), "--level local"),
        (("--dimension", "G1"), "no local dimension"),
        (("--dimension", "beauty"), "no dimension"),
        (("--min-agree", "1.5"), "between 0 and 1"),
        (("--min-agree", "nan"), "not a usable number"),
        (("--min-margin", "much"), "--min-margin"),
        (("--split", "train=0.8"), "sum to 0.8"),
        (("--split", "train"), "NAME=SHARE"),
        (("--json",), "-o -"),
    ],
)
def test_what_cannot_be_meant_is_a_usage_error(made, words, said):
    done = pair(made, *words)
    assert done.returncode == 2
    assert said in done.stderr


def test_dimensions_come_once_in_the_order_asked():
    assert dimensions_asked(["L4", "overall", "text-quality"], "local") == (
        "text_quality",
        "overall",
    )
    assert dimensions_asked(["all"], "global")[0] == "overall"
    assert len(dimensions_asked(["all", "G5"], "global")) == 6
    assert dimensions_asked([], "local") == ("overall",)
    with pytest.raises(UsageError):
        dimensions_asked(["L1"], "global")


def test_a_dataset_that_nobody_knows_is_missing_input(made):
    with pytest.raises(MissingInputError, match="no dataset 'piolt'"):
        run_pair(
            Store(made / "store"), PairConfig.of(dataset="piolt"), made / "never.jsonl", Silent()
        )
    assert not (made / "never.jsonl").exists()
    assert pair(made, "--store", "none").returncode == 66


def test_the_latest_vote_of_a_rater_counts(tmp_path):
    store = Store(tmp_path / "store")
    bring_in(store, write_talks(tmp_path))
    found = answers(store)
    sides = (found["Eye level"], found["On the floor"])
    rows = [
        *ballots(*sides, "a", rated_at="2026-03-01T10:00:00Z"),
        *ballots(*sides, "b", rated_at="2026-03-01T11:00:00Z"),
    ]
    bring_in(store, write_votes(tmp_path / "v.csv", rows))
    (row,) = pairs(tmp_path)
    assert row["n_annotators"] == 1
    assert row["chosen_id"] == sides[1]


def test_votes_on_what_the_store_does_not_have_are_set_aside(tmp_path):
    store = Store(tmp_path / "store")
    rater = Rater("r", "r", "annotator", "human", "d")
    vote = PreferenceVote(
        "v", "r", "local", "prefix", "s", "a" * 32, "b" * 32, "overall", "a", "d", "t"
    )
    store.write([rater, vote, Seed("s", "d", "s")])
    with store.reading() as db:
        chosen = select(db, PairConfig())
    assert list(chosen) == []
    funnel = chosen.funnel
    chosen.close()
    assert funnel.set_aside["messages not in the store"] == 1


def test_answers_to_different_questions_are_set_aside(tmp_path):
    store = filled(tmp_path)
    found = answers(store)
    a, b = sorted((found["Eye level"], found["In the cellar"]))
    vote = PreferenceVote("v", "r", "local", "prefix", "s", a, b, "overall", "a", "d", "t")
    store.write([Rater("r", "r", "annotator", "human", "d"), vote])
    with store.reading() as db:
        chosen = select(db, PairConfig(dataset="d"))
    assert list(chosen) == []
    funnel = chosen.funnel
    chosen.close()
    assert (funnel.n_pairs, funnel.set_aside["no shared history"]) == (1, 1)


def test_the_record_of_the_documentation_is_one():
    text = (ROOT / "docs" / "pairs.md").read_text()
    (shown,) = re.findall(r"```json\n(.*?)```", text, re.DOTALL)
    assert list(json.loads(shown)) == KEYS


# --- files -------------------------------------------------------------------------------


def test_a_manifest_describes_the_file(made, tmp_path):
    out = tmp_path / "pairs.jsonl"
    done = pair(made, "-o", str(out), "--min-agree", "0.60", "--split", "a=0.5,b=0.5")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    manifest = json.loads((tmp_path / "pairs.jsonl.manifest.json").read_text())
    content = out.read_bytes()
    assert manifest["format"] == "jsonl"
    assert manifest["files"] == [
        {
            "name": "pairs.jsonl",
            "dimension": None,
            "split": None,
            "n_rows": 3,
            "n_bytes": len(content),
            "sha256": hashlib.sha256(content).hexdigest(),
        }
    ]
    assert manifest["leakage"]["leaks"] == dict.fromkeys(manifest["leakage"]["leaks"], 0)
    assert manifest["command"] == "pair"
    assert manifest["options"]["min_agree"] == "0.60"
    assert manifest["n_pairs"] == sum(manifest["splits"].values()) == len(lines(out)) == 3
    assert manifest["n_synthetic"] == 1
    assert manifest["synthetic"] is True
    assert manifest["n_missing_pictures"] == 1
    assert sorted(p.name for p in tmp_path.iterdir()) == [
        "pairs.jsonl",
        "pairs.jsonl.manifest.json",
    ]


def test_the_same_store_and_options_give_the_same_bytes(made, tmp_path):
    written = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        pair(made, "--dimension", "all", "-o", str(tmp_path / name / "p.jsonl"))
        written.append([p.read_bytes() for p in sorted((tmp_path / name).iterdir())])
    assert written[0] == written[1]
    assert len(written[0]) == 2
    assert pair(made, "--dimension", "all").stdout.encode() == written[0][0]


def imported(folder: Path, backwards: bool) -> list[bytes]:
    """Pairs of the same files, imported in this order or the other."""
    store = Store(folder / "store", lock_timeout_s=20)
    folder.mkdir(exist_ok=True)
    # A shared answer whose missing picture has another name in each conversation.
    shared = [
        {"round": 1, "prompt": "Draw.", "prompt_uuid": "p", "response": "So: <Image, a cat>"}
        | {"response_uuid": "r", "response_images": [name], "prompt_images": []}
        for name in ("x.png", "y.png")
    ]
    drawn = [
        {"id": f"d{n}", "conversations": [start, {"round": 2, "prompt": "More.", "response": end}]}
        for n, (start, end) in enumerate(zip(shared, ("Done.", "No."), strict=True))
    ]
    talks = [*TALKS, *drawn]
    files = [write_talks(folder, talks[n::3], f"t{n}.json") for n in range(3)]
    bring_in(store, *(files[::-1] if backwards else files))
    found = answers(store)
    rows = [*votes(store), *ballots(found["Done"], found["No"], "a")]
    halves = [
        write_votes(folder / f"{n}.csv", rows[n::2][:: -1 if backwards else 1]) for n in range(2)
    ]
    bring_in(store, *(halves[::-1] if backwards else halves), dataset="pilot")
    out = folder / "out.jsonl"
    run_pair(store, PairConfig.of(dimensions=["all"]), out, Silent())
    return [out.read_bytes(), (folder / "out.jsonl.manifest.json").read_bytes()]


def test_the_order_of_imports_changes_no_byte(tmp_path):
    forwards = imported(tmp_path / "here", backwards=False)
    # At the same place, as pictures are named by where they are.
    shutil.rmtree(tmp_path / "here")
    assert imported(tmp_path / "here", backwards=True) == forwards
    found = [json.loads(line) for line in forwards[0].splitlines()]
    order = [(row["seed_id"], row["turn"], row["pair_id"]) for row in found]
    assert order == sorted(order)
    assert len(order) == 5


@pytest.mark.parametrize("name", ["folder", "no/such/folder/p.jsonl", "file/p.jsonl", "pipe"])
def test_what_cannot_be_created_is_exit_73_and_leaves_nothing(made, tmp_path, name):
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "of somebody").write_text("x")
    (tmp_path / "file").write_text("x")
    os.mkfifo(tmp_path / "pipe")
    before = sorted(tmp_path.iterdir())
    done = pair(made, "-o", str(tmp_path / name))
    assert done.returncode == 73
    assert name in done.stderr
    assert sorted(tmp_path.iterdir()) == before


def test_a_failure_leaves_the_old_file_alone(made, tmp_path):
    out = tmp_path / "p.jsonl"
    out.write_text("old\n")
    assert pair(made, "--dataset", "nope", "-o", str(out)).returncode == 66
    assert out.read_text() == "old\n"
    link = tmp_path / "link.jsonl"
    link.symlink_to(out)
    assert pair(made, "-o", str(link)).returncode == 0
    assert link.is_symlink()
    assert len(lines(out)) == 3


def test_too_few_pairs_is_exit_1_with_the_file_written(made, tmp_path):
    out = tmp_path / "p.jsonl"
    done = pair(made, "-o", str(out), "--fail-under-pairs", "4")
    assert done.returncode == 1
    assert "3 pairs" in done.stderr
    assert len(lines(out)) == 3
    assert pair(made, "-o", str(out), "--fail-under-pairs", "3").returncode == 0


def test_verbose_tells_the_funnel_and_what_is_invented(made):
    done = pair(made, "-v", "--min-agree", "0.6")
    assert done.stdout.count("\n") == 3
    assert "9 votes and 6 scores on 3 pairs of answers" in done.stderr
    assert "3 pairs written" in done.stderr
    assert "SYNTHETIC" in done.stderr
    assert "1 of 3 pairs" in done.stderr


# --- back into a store -------------------------------------------------------------------


def test_written_pairs_come_back_unchanged_and_count_the_same_elsewhere(tmp_path):
    store = filled(tmp_path)
    out = tmp_path / "pairs.jsonl"
    run_pair(store, PairConfig.of(dimensions=["all"]), out, Silent())
    (report,) = bring_in(store, out, images=store.folder.resolve()).files
    assert (report.rows, report.unchanged, report.imported) == (4, 4, 0)

    other = Store(tmp_path / "other" / "store", lock_timeout_s=20)
    (report,) = run_import(
        other, ImportConfig((str(out),), images=store.folder.resolve()), Silent()
    ).files
    assert (report.rows, report.imported, report.rejected) == (4, 4, 0)
    again = tmp_path / "again.jsonl"
    run_pair(other, PairConfig.of(dimensions=["all"]), again, Silent())

    def told(file):
        return sorted(
            (
                row["dimension"],
                [p.get("text") for m in row["chosen"] for p in m["content"]],
                [p["sha256"] for m in row["prefix"] for p in m["content"] if "sha256" in p],
                row["turn"],
                row["agreement"],
                row["n_votes"]["tie"],
                row["n_annotators"],
                row["synthetic"],
            )
            for row in lines(file)
        )

    assert told(again) == told(out)


# --- pipes -------------------------------------------------------------------------------


def start(folder: Path, *words: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        command_line("pair", "--store", "store", *words, module="intermt"),
        cwd=folder,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def test_a_closed_pipe_is_silent_and_exit_141(large):
    process = start(large)
    assert process.stdout is not None
    assert process.stderr is not None
    assert json.loads(process.stdout.readline())["level"] == "local"
    process.stdout.close()
    assert process.stderr.read() == b""
    process.stderr.close()
    assert process.wait(timeout=60) == 141


def test_others_can_write_while_the_reader_of_the_pipe_sleeps(large):
    process = start(large)
    assert process.stdout is not None
    first = process.stdout.readline()
    # The pipe is full by now or soon; whoever writes meanwhile does not wait for its reader.
    store = Store(large / "store", lock_timeout_s=10)
    store.write([Seed("elsewhere", "d", "s")])
    assert process.poll() is None
    rest, errors = process.communicate(timeout=60)
    assert errors == b""
    assert process.returncode == 0
    assert len((first + rest).splitlines()) == 450


# --- real conversations ------------------------------------------------------------------


@pytest.mark.real_data
@pytest.mark.skipif(not SHARED.is_dir(), reason="the real conversations are not here")
def test_real_conversations_pair_alike_in_any_order(tmp_path):
    files = [
        SHARED / "intermt_bench" / "crucial_step_dev.json",
        SHARED / "dialogues" / "dialogues.json",
    ]
    written = []
    for order in (files, files[::-1]):
        store = Store(tmp_path / "store")
        bring_in(store, *order)
        out = tmp_path / "out.jsonl"
        config = PairConfig.of(level="global", dimensions=["all"])
        result = run_pair(store, config, out, Silent())
        written.append(out.read_bytes())
        shutil.rmtree(store.folder)
    assert written[0] == written[1]
    assert result.n_pairs == result.funnel.kept > 0
    assert result.n_missing_pictures == result.n_pairs
