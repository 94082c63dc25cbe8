"""Rebuilt conversations in the store: where they come from, and what other commands see."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.commands.work import Program, conversation, counted, files, rows, turn, written

GOOD, BAD = {"text_quality": 3}, {"text_quality": 0}
FIRST = "How do I plan a garden with old trees?"


@pytest.fixture
def store(intermt: Program, tmp_path: Path) -> Program:
    """Two conversations with one beginning: a good answer with a dead end, a bad one without."""
    short = conversation(
        "short",
        turn(1, FIRST, "Begin with the soil.", keys=("q", "a"), **GOOD),
        turn(2, "What does it cost?", "Nothing.", keys=("q2", "a2"), **BAD),
    )
    long = conversation(
        "long",
        turn(1, FIRST, "Begin with a pergola.", keys=("q", "b"), **BAD),
        turn(2, "When should I plant trees in the garden?", "In autumn.", **GOOD),
        turn(3, "Why in autumn?", "The soil is wet.", **GOOD),
        turn(4, "And how deep?", "Half a metre.", **GOOD),
        turn(5, "How many?", "Three.", **GOOD),
    )
    source = written(tmp_path / "c.json", [short, long])
    intermt("annotate-import", source, "--dataset", "gardens")
    return intermt


def test_a_conversation_is_joined_and_says_where_each_message_is_from(store: Program) -> None:
    done = store("generate", "--rebuild", "--dataset", "gardens").data
    assert (done["dataset"], done["by_turns"], done["n_joined"]) == (
        "gardens-rebuilt", {"5": 1}, 1,
    )  # fmt: skip
    assert (done["simulated"], done["synthetic"]) == (False, False)
    told = """
        SELECT list((n.turn, n.role, o.node_id = o.origin_id) ORDER BY n.turn, n.role DESC)
        FROM conversation_origin o JOIN node n USING (node_id)
    """
    stayed = counted(store.store, told)
    assert [here for *_, here in stayed] == [True, True] + [False] * 8
    # A message taken over says what it said.
    same = """
        SELECT bool_and(n.parts = m.parts AND n.role = m.role AND n.turn = m.turn)
        FROM conversation_origin o JOIN node n USING (node_id) JOIN node m ON m.node_id = origin_id
    """
    assert counted(store.store, same) is True
    assert counted(store.store, "SELECT category FROM conversation WHERE n_turns = 5"
                   " AND dataset = 'gardens-rebuilt'") == "rebuilt"  # fmt: skip
    assert store("check").data["findings"] == []


def test_a_dry_run_reports_and_writes_nothing(store: Program) -> None:
    before = files(store.store.folder)
    would = store("generate", "--rebuild", "--dataset", "gardens", "--dry-run").data
    assert files(store.store.folder) == before
    assert (would["dry_run"], would["n_new"], would["run_id"]) == (True, 1, None)
    done = store("generate", "--rebuild", "--dataset", "gardens").data
    assert done["run_id"] is not None
    known = {"dry_run", "run_id"}
    assert {k: v for k, v in done.items() if k not in known} == {
        k: v for k, v in would.items() if k not in known
    }


def test_options_that_rebuilding_has_no_use_for_are_refused(store: Program, tmp_path: Path) -> None:
    words = ("generate", "--rebuild", "--dataset", "gardens", "--turns", 3, "--no-tools")
    refused = store(*words, "--answer", "qwen", code=2).answer["errors"][0]
    assert "--answer, --tools, --turns" in refused["message"]
    assert "--min-agree" in refused["todo"]
    refused = store("generate", "--show", "short", "--turns", 3, code=2).answer["errors"][0]
    assert "--turns" in refused["message"]
    # What a configuration file says for growing is in nobody's way.
    (tmp_path / "intermt.toml").write_text("[generate]\nturns = 3\nanswer = ['qwen']\n")
    assert store("generate", "--rebuild", "--dataset", "gardens").data["n_new"] == 1


def test_again_changes_nothing(store: Program) -> None:
    store("generate", "--rebuild", "--dataset", "gardens")
    before = rows(store.store, per_run=True)
    again = store("generate", "--rebuild", "--dataset", "gardens").data
    assert (again["n_conversations"], again["n_new"], again["n_joined"]) == (1, 0, 1)
    assert rows(store.store, per_run=True) == before


def test_what_was_rebuilt_is_marked_wherever_it_is_counted(store: Program) -> None:
    before = store("stats", "card").data
    assert (before["n_conversations_rebuilt"], before["n_nodes_rebuilt"]) == (0, 0)
    store("generate", "--rebuild", "--dataset", "gardens")
    card = store("stats", "card").data
    assert (card["n_conversations_rebuilt"], card["n_nodes_rebuilt"]) == (1, 8)
    assert any("1 of the 3 conversations were rebuilt" in note for note in card["notes"])
    own = store("stats", "card", "--dataset", "gardens").data
    assert {key: own[key] for key in own if key != "dataset"} == {
        key: before[key] for key in own if key != "dataset"
    }
    seed = counted(store.store, "SELECT DISTINCT seed_id FROM conversation")
    tree = store("generate", "--show", seed).data
    assert (tree["n_answers"], tree["n_joined"]) == (7, 8)
    assert sum(bool(node["joined_from"]) for node in tree["nodes"]) == 8


def test_labels_are_not_counted_again(store: Program) -> None:
    words = ("--dimension", "text_quality", "--min-agree", 0)
    before = store("pair", *words, "-o", store.store.folder.parent / "a.jsonl").data
    store("generate", "--rebuild", "--dataset", "gardens")
    after = store("pair", *words, "-o", store.store.folder.parent / "b.jsonl").data
    assert before["n_pairs"] == after["n_pairs"] == 1


def test_a_judge_can_be_kept_to_either(store: Program) -> None:
    store("generate", "--rebuild", "--dataset", "gardens")
    words = ("judge", "--task", "score", "--level", "global", "--server", "builtin")
    assert store(*words, "--dataset", "gardens-rebuilt").data["n_items"] == 1
    assert store(*words, "--dataset", "gardens").data["n_items"] == 2


def test_nothing_to_rebuild(store: Program) -> None:
    strict = store("generate", "--rebuild", "--dataset", "gardens", "--min-score", 3.5).data
    assert (strict["n_answers_kept"], strict["n_conversations"], strict["run_id"]) == (1, 0, None)
    store("generate", "--rebuild", "--dataset", "gardens", "--min-score", "nan", code=2)
    refused = store("generate", "--rebuild", "--dataset", "nobody", code=66).answer["errors"][0]
    assert refused["message"] == "there is no dataset 'nobody'"
    assert refused["todo"] == "the store has gardens"
    deep = store("generate", "--rebuild", "--dataset", "gardens", "--rebuild-depth", 6).data
    assert deep["n_conversations"] == 0
