"""`stats annotators`, and verifiers beside judges in `stats agreement`."""

from __future__ import annotations

import csv
import io
import json
import random
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from intermt.commands.stats import NO_ANNOTATORS, StatsConfig, run
from intermt.records import (
    Annotation,
    AnnotationTask,
    PreferenceVote,
    Rater,
    Score,
    annotation_task_id,
    is_unnamed,
)
from intermt.store.connect import Store
from tests.cli import running
from tests.store.samples import node, verdict

N = 60
START = datetime(2026, 1, 5, 9)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store", lock_timeout_s=20)


def campaign(store: Store, kind: Any = "human") -> None:
    """Sixty pairs: three who look, one who always ties, one a-b-a-b, one for the left side."""
    dice = random.Random(3)
    names = ("ann", "bob", "cyd", "ties", "turns", "left")
    records: list[Any] = [Rater(n, n, "annotator", kind, "set") for n in names]
    records += [Rater("v", "v", "verifier", kind, "set"), Rater("j", "J", "judge", "model")]
    for i in range(N):
        root = node(None, "user", f"question {i}")
        sides = sorted((node(root, "assistant", f"{x} {i}") for x in "xy"), key=lambda n: n.node_id)
        records += [root, *sides]
        a, b = (n.node_id for n in sides)
        truth, first = dice.choice("ab"), dice.choice("ab")
        wrong = "b" if truth == "a" else "a"
        second = "b" if first == "a" else "a"
        gold = {"overall": truth} if i < 10 else {}
        task = annotation_task_id("local", a, b, first, is_gold=bool(gold))
        records.append(AnnotationTask(task, "local", root.node_id, a, b, first, gold, "set"))
        said = {n: truth if dice.random() < 0.85 else wrong for n in ("ann", "bob", "cyd")}
        said |= {"ties": "tie", "turns": (first, second)[i % 2], "left": first, "v": truth}
        for name, choice in said.items():
            when = START + timedelta(minutes=i, seconds=len(name))
            records.append(
                PreferenceVote(
                    f"{name}{i}", name, "local", "prefix", root.node_id, a, b, "overall", choice,
                    "set", task, first, when,
                )
            )  # fmt: skip
            seconds = 3.0 if name == "ties" else 40.0 + i
            records.append(
                Annotation(
                    f"{name}{i}", name, "local", root.node_id, a, b, "set", task, first, when,
                    seconds,
                )
            )  # fmt: skip
        records.append(
            verdict(f"w{i}", judge_id="j", task="pair", a_id=a, b_id=b, dimension="overall",
                    value=None, choice=truth if i % 4 else wrong, order="a")
        )  # fmt: skip
    store.write(records)


def by_name(document: Any) -> dict[str, dict[str, Any]]:
    return {row["rater"]: row for row in document["rows"]}


def test_those_who_do_not_look_are_flagged_and_those_who_do_are_not(store: Store):
    campaign(store)
    rows = by_name(run(store, StatsConfig("annotators")).document)
    flags = {
        name: [check for check, found in row["checks"].items() if found["flag"]]
        for name, row in rows.items()
    }
    assert flags == {
        "ann": [], "bob": [], "cyd": [],
        "ties": ["constant"], "turns": ["alternating"], "left": ["constant", "first_side"],
    }  # fmt: skip
    assert {*list(rows)[:3]} == {"left", "ties", "turns"}


def test_the_figures_of_an_annotator(store: Store):
    campaign(store)
    rows = by_name(run(store, StatsConfig("annotators")).document)
    with store.reading() as db:
        rows_of = db.execute("SELECT rater_id, seed_id, choice FROM preference_vote").fetchall()
        votes = {(rater, seed): choice for rater, seed, choice in rows_of}
        golds = dict(
            db.execute(
                "SELECT seed_id, gold ->> 'overall' FROM annotation_task WHERE gold <> '{}'"
            ).fetchall()
        )
    trees = {seed for _, seed in votes}
    others = ("bob", "cyd", "ties", "turns", "left")
    same = [votes["ann", s] == votes[other, s] for s in trees for other in others]
    ann = rows["ann"]
    assert ann["agreement"]["value"] == pytest.approx(sum(same) / len(same))
    assert ann["with_verifiers"]["value"] == pytest.approx(
        sum(votes["ann", s] == votes["v", s] for s in trees) / N
    )
    assert ann["gold"]["n"] == len(golds) == 10
    assert ann["gold"]["value"] == pytest.approx(
        sum(votes["ann", s] == gold for s, gold in golds.items()) / 10
    )
    assert (ann["n_labels"], ann["n_things"], ann["n_clusters"]) == (N, N, N)
    assert (ann["seconds"], ann["n_timed"]) == (pytest.approx(69.5), N)
    assert (rows["ties"]["commonest"], rows["ties"]["commonest_share"]) == ("tie", 1.0)
    assert rows["left"]["first_side"]["value"] == 1.0
    assert rows["ties"]["first_side"]["value"] is None
    for name in ("ann", "bob", "cyd"):
        figure = rows[name]["one_coin"]
        assert figure["low"] < figure["value"] < figure["high"]
        assert figure["value"] > 0.75
        assert rows[name]["mace"]["value"] > 0.6
    assert rows["ties"]["mace"]["value"] < 0.2


def test_only_the_latest_label_counts_and_a_verifier_is_no_annotator(store: Store):
    campaign(store)
    with store.reading() as db:
        row = db.execute("SELECT * FROM preference_vote WHERE vote_id = 'ann0'").fetchone()
        columns = [d[0] for d in db.description]
    old = dict(zip(columns, row, strict=True))
    older = {**old, "vote_id": "older", "rated_at": START - timedelta(days=1), "choice": "tie"}
    before = run(store, StatsConfig("annotators")).document
    store.write([PreferenceVote(**older)])
    assert run(store, StatsConfig("annotators")).document == before
    assert "v" not in by_name(before)


def test_times_that_are_missing_or_equal_give_no_order(store: Store):
    records: list[Any] = [Rater(n, n, "annotator", "human") for n in "abc"]
    for i in range(12):
        root = node(None, "user", f"q {i}")
        records.append(root)
        records += [
            Score(f"{n}{i}", n, "node", root.node_id, "text_quality", (i + (n == "c")) % 4,
                  "set", "t", {"a": None, "b": START, "c": START + timedelta(hours=i)}[n])
            for n in "abc"
        ]  # fmt: skip
    store.write(records)
    rows = by_name(run(store, StatsConfig("annotators")).document)
    for name in "ab":
        check = rows[name]["checks"]["alternating"]
        assert (check["p"], check["flag"]) == (None, False)
        assert "order is not known" in check["undefined"]
    assert rows["c"]["checks"]["alternating"]["p"] is not None
    assert rows["a"]["first_side"] is None
    assert "first_side" not in rows["a"]["checks"]


def test_one_rater_and_no_rater(store: Store):
    root = node(None, "user", "q")
    store.write([root, Rater("v", "v", "verifier", "human")])
    assert run(store, StatsConfig("annotators")).notes[0].startswith("no labels")
    store.write([Score("s", "v", "node", root.node_id, "text_quality", 3, "set", "t")])
    assert run(store, StatsConfig("annotators")).notes == (NO_ANNOTATORS,)
    store.write(
        [Rater("a", "a", "annotator", "human"),
         Score("t", "a", "node", root.node_id, "context_coherence", 3, "set", "t")]
    )  # fmt: skip
    row = by_name(run(store, StatsConfig("annotators")).document)["a"]
    assert row["one_coin"]["undefined"] == "nobody else labelled the same things"
    assert row["agreement"]["undefined"] == "no other annotator met on the same things"
    assert row["with_verifiers"]["n"] == 0


def test_levels_and_datasets_narrow(store: Store):
    campaign(store)
    assert run(store, StatsConfig("annotators", "global")).document["rows"] == []
    named = run(store, StatsConfig("annotators", dataset="set")).document
    whole = run(store, StatsConfig("annotators")).document
    assert named["rows"] == whole["rows"]


def test_labels_on_what_a_stand_in_wrote_are_simulated(store: Store):
    campaign(store)
    assert not run(store, StatsConfig("annotators")).simulated
    records: list[Any] = [Rater("late", "late", "annotator", "human", "set")]
    for i in range(3):
        root = node(None, "user", f"another {i}")
        answer = node(root, "assistant", "x", simulated=True)
        records += [root, answer]
        records.append(
            Score(f"late{i}", "late", "node", answer.node_id, "text_quality", i, "set", "t")
        )
    store.write(records)
    found = run(store, StatsConfig("annotators"))
    assert found.simulated
    assert {row["rater"] for row in found.document["rows"] if row["simulated"]} == {"late"}
    agreement = run(store, StatsConfig("agreement"))
    assert agreement.simulated
    words = ("stats", "annotators", "--store", str(store.folder))
    lines = list(csv.DictReader(io.StringIO(
        running.run_here(*words, "--format", "csv", cwd=store.folder.parent).stdout
    )))  # fmt: skip
    assert {line["rater"] for line in lines if line["simulated"] == "true"} == {"late"}
    shown = running.run_here(*words, cwd=store.folder.parent).stdout.splitlines()
    assert shown[0].startswith("SIMULATED")
    assert "local scores: how good SIMULATED" in shown
    assert "local votes: how good" in shown


# --- raters whom nobody named ---


def nobodys_votes(store: Store, n: int = 3) -> None:
    """Counted votes on every pair of the campaign, dealt to nobody in particular."""
    with store.reading() as db:
        pairs = db.execute(
            "SELECT seed_id, a_id, b_id, choice FROM preference_vote WHERE rater_id = 'v'"
        ).fetchall()
    names = [f"unnamed {i + 1}" for i in range(n)]
    records: list[Any] = [Rater(name, name, "annotator", "human", "again") for name in names]
    records.append(Rater("uv", "unnamed verifier", "verifier", "human", "again"))
    for seed, a, b, winner in pairs:
        for i, name in enumerate([*names, "uv"]):
            choice = "tie" if i == n - 1 else winner
            records.append(
                PreferenceVote(
                    f"{name}{a}", name, "local", "prefix", seed, a, b, "overall", choice, "again",
                    f"{name}{a}",
                )
            )  # fmt: skip
    store.write(records)


def test_raters_whom_nobody_named_are_no_people(store: Store):
    campaign(store)
    before = run(store, StatsConfig("annotators")).document
    nobodys_votes(store)
    found = run(store, StatsConfig("annotators"))
    assert [row["rater"] for row in found.document["rows"]] == [
        row["rater"] for row in before["rows"]
    ]
    for row, old in zip(found.document["rows"], before["rows"], strict=True):
        for key in ("one_coin", "mace", "gold"):
            assert row[key] == old[key]
        assert row["agreement"]["value"] != old["agreement"]["value"]
    assert found.document["unnamed"] == [
        {"what": "vote", "level": "local", "n_raters": 3, "n_labels": 3 * N}
    ]
    assert before["unnamed"] == []
    told = f"3 annotators have no name and no row: whose the {3 * N} local votes are is not known"
    words = ("stats", "annotators", "--store", str(store.folder))
    for form in ("table", "markdown"):
        assert told in running.run_here(*words, "--format", form, cwd=store.folder.parent).stdout


def test_kappa_leaves_out_raters_whom_nobody_named_and_the_rate_does_not(store: Store):
    def votes() -> tuple[dict[str, Any], tuple[str, ...]]:
        found = run(store, StatsConfig("agreement"))
        rows = found.document["rows"]
        return next(r for r in rows if r["between"] == "annotator-annotator"), found.notes

    campaign(store)
    before, notes = votes()
    assert before["n_unnamed"] == 0
    assert not any("name" in note for note in notes)
    nobodys_votes(store)
    after, notes = votes()
    assert after["kappa"] == before["kappa"]
    assert after["rate"] != before["rate"]
    assert (after["n_raters"], after["n_unnamed"]) == (before["n_raters"] + 3, 3)
    assert any(note.startswith("3 of the annotators here have no name") for note in notes)


def test_where_nobody_has_a_name_there_is_a_rate_and_no_kappa(store: Store):
    campaign(store)
    nobodys_votes(store)
    found = run(store, StatsConfig("agreement", dataset="again")).document["rows"]
    row = next(r for r in found if r["between"] == "annotator-annotator")
    assert row["rate"]["value"] == pytest.approx(1 / 3)
    assert row["kappa"]["undefined"] == "too few raters (0, 2 needed), 3 unnamed left out"
    annotators = run(store, StatsConfig("annotators", dataset="again"))
    assert annotators.document["rows"] == []
    assert [note.split(" have")[0] for note in annotators.notes] == ["3 annotators"]


@pytest.mark.parametrize(
    ("name", "is_nobodys"),
    [("unnamed", True), ("unnamed 12", True), ("unnamed verifier", True), ("Unnamed", False),
     ("unnamed soldier", False), ("ann", False)],
)  # fmt: skip
def test_which_names_are_nobodys(name: str, is_nobodys: bool):
    assert is_unnamed(name) is is_nobodys


# --- verifiers beside judges -------------------------------------------------------------


def test_verifiers_are_compared_with_judges(store: Store):
    campaign(store)
    rows = run(store, StatsConfig("agreement")).document["rows"]
    found = [row for row in rows if row["between"] == "verifier-judge"]
    assert len(found) == 1
    assert (found[0]["n_units"], found[0]["n_combinations"], found[0]["judge"]) == (N, N, "J")
    assert found[0]["rate"]["value"] == pytest.approx(45 / 60)
    assert found[0]["rate"]["low"] < 45 / 60 < found[0]["rate"]["high"]


@pytest.mark.parametrize(
    ("state", "task", "said"),
    [
        ("ok", "score", "1 verdicts are of another kind"),
        ("unparsed", "pair", "1 verdicts state nothing"),
    ],
)
def test_the_note_on_judges_is_true(store: Store, state: str, task: str, said: str):
    root = node(None, "user", "q")
    a, b = sorted(node(root, "assistant", x).node_id for x in "xy")
    store.write(
        [root, Rater("a", "a", "annotator", "human"), Rater("j", "J", "judge", "model"),
         PreferenceVote("p", "a", "local", "prefix", root.node_id, a, b, "text_quality", "a", "s",
                        "t"),
         verdict("w", state, judge_id="j", task=task, a_id=a, b_id=b if task == "pair" else None,
                 value=3 if state == "ok" else None)]
    )  # fmt: skip
    notes = run(store, StatsConfig("agreement")).notes
    assert "no judge has a verdict that can be compared with a label of people here" in notes
    assert any(said in note for note in notes)


# --- the console script ------------------------------------------------------------------


@pytest.mark.parametrize("form", ["table", "json", "csv", "markdown"])
def test_every_format(store: Store, form: str):
    campaign(store, kind="synthetic")
    words = ("stats", "annotators", "--format", form, "--store", str(store.folder))
    done = running.run_here(*words, cwd=store.folder.parent)
    assert (done.returncode, done.stderr) == (0, "")
    if form == "json":
        assert len(json.loads(done.stdout)["rows"]) == 6
    elif form == "csv":
        lines = list(csv.DictReader(io.StringIO(done.stdout)))
        left = next(line for line in lines if line["rater"] == "left")
        assert left["check_first_side_flag"] == left["synthetic"] == "true"
        assert float(left["first_side"]) == 1.0
        assert int(left["one_coin_n"]) == N
    else:
        assert "SYNTHETIC" in done.stdout
        assert "constant, first side" in done.stdout
        if form == "table":
            lines = [x for x in done.stdout.splitlines() if x.startswith(("ann ", "left "))]
            assert len(lines) == 4
            assert max(map(len, lines)) <= 120, lines


def test_the_documentation_names_every_key(store: Store):
    campaign(store)
    text = (Path(__file__).parents[2] / "docs" / "statistics.md").read_text(encoding="utf-8")
    document = run(store, StatsConfig("annotators")).document
    row = document["rows"][0]
    keys = {*document, *row, *row["one_coin"], *row["checks"], *row["checks"]["constant"]}
    keys |= set(document["models"][0])
    assert {key for key in keys if f"`{key}`" not in text} == set()
