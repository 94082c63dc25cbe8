from __future__ import annotations

import csv
import io
import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from intermt.commands.stats import ELSEWHERE, NOTHING, TOPICS, StatsConfig, run
from intermt.dimensions import dimensions_of
from intermt.domain.agreement import gwet_ac2, krippendorff_alpha, weighted_kappa
from intermt.errors import MissingInputError
from intermt.records import Conversation, PreferenceVote, Rater, Score, TextPart
from intermt.store.connect import Store
from tests.cli import running
from tests.commands.work import Program, written
from tests.store.samples import answered, node, small_tree, verdict

DATA = Path(__file__).parents[2].parent / "shared" / "data"
BENCH = DATA / "intermt_bench" / "crucial_step_dev.json"
DIALOGUES = DATA / "dialogues" / "dialogues.json"
FORMATS = ("table", "json", "csv", "markdown")


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store", lock_timeout_s=20)


def labelled(store: Store, *, kind: Any = "human", simulated: bool = False) -> None:
    """Twelve trees of one turn; two annotators and a verifier score and vote, a judge too."""
    records: list[Any] = [
        Rater("a", "A", "annotator", kind),
        Rater("b", "B", "annotator", kind),
        Rater("v", "V", "verifier", kind),
        Rater("j", "J|=1", "judge", "model", simulated=simulated),
    ]
    for i, (of_a, of_b, of_v, of_j) in enumerate(SCORES):
        root = node(None, "user", f"question {i}")
        end = node(root, "assistant", "an answer", model="m|1")
        records += [root, end]
        records.append(
            Conversation(
                f"c{i}", "set", f"s{i}", root.node_id, (root.node_id, end.node_id), 1, task="a | b"
            )
        )
        for rater, value in zip("abv", (of_a, of_b, of_v), strict=True):
            if value is not None:
                records.append(
                    Score(
                        f"{rater}{i}", rater, "node", end.node_id, "text_quality", value, "set", "t"
                    )
                )
        records.append(
            verdict(f"w{i}", judge_id="j", a_id=end.node_id, value=of_j, simulated=simulated)
        )
        for rater, choice in (("a", "a"), ("b", "tie" if i % 3 else "a"), ("v", "ab"[i % 2])):
            records.append(
                PreferenceVote(
                    f"{rater}{i}", rater, "global", "chain", root.node_id, f"x{i}", f"y{i}",
                    "overall", choice, "set", "t",
                )
            )  # fmt: skip
    store.write(records)


SCORES: list[tuple[int | None, ...]] = [
    (3, 3, 3, 3), (2, 3, 3, 3), (0, 1, 0, 3), (1, 1, 1, 2), (3, None, 3, 3), (3, 2, None, 3),
    (2, 2, 2, 3), (0, 0, 1, 1), (3, 3, 2, 3), (1, 2, 2, 3), (None, 3, 3, 3), (2, 2, 3, 2),
]  # fmt: skip


def row(document: Any, **wanted: Any) -> dict[str, Any]:
    found = [r for r in document["rows"] if all(r[k] == v for k, v in wanted.items())]
    assert len(found) == 1, found
    return found[0]


@pytest.mark.parametrize("topic", TOPICS)
def test_a_dataset_may_have_a_quote_in_its_name(store: Store, topic: Any) -> None:
    root = node(None, "user", "question")
    end = node(root, "assistant", "an answer")
    name = "it's"
    store.write(
        [
            *(root, end, Rater("a", "A", "annotator", "human", name)),
            Rater("b", "B", "annotator", "human", "another"),
            Conversation("c", name, "s", root.node_id, (root.node_id, end.node_id), 1),
            Score("x", "a", "node", end.node_id, "text_quality", 2, name, "t"),
            # About the same answer, and recorded under another name.
            Score("y", "b", "node", end.node_id, "text_quality", 3, "another", "t"),
            Score("z", "b", "node", "elsewhere", "text_quality", 3, "another", "t"),
        ]
    )
    document = run(store, StatsConfig(topic, dataset=name)).document
    counted = {"card": "n_scores", "overview": "n_scores", "agreement": "n_ratings"}
    if topic in counted:
        of = document if topic != "agreement" else document["rows"][0]
        assert of[counted[topic]] == 2


# --- the real conversations --------------------------------------------------------------


def counted_plainly() -> dict[str, Any]:
    """The figures of the real files by plain Python, sharing no code with the package."""
    nodes: dict[Any, tuple[str, str, int]] = {}
    roots, names = set(), []
    figures = Counter()
    turns, scores, tags_and_pictures = Counter(), Counter(), Counter()
    for path in (BENCH, DIALOGUES):
        for item in json.loads(path.read_text(encoding="utf-8")):
            figures["n_conversations"] += 1
            turns[str(len(item["conversations"]))] += 1
            parent: Any = None
            for turn in item["conversations"]:
                for side in ("prompt", "response"):
                    here = [name for name in turn[f"{side}_images"] if name]
                    names += [(path.parent, name) for name in here]
                    uuid = turn.get(f"{side}_uuid")
                    said = turn[side]
                    parent = (parent, said, uuid or tuple(here), len(here))
                    if side == "prompt" and turn["round"] == 1:
                        roots.add(parent)
                    nodes[parent] = (side, said, len(here))
                # A tag that is never closed, of which there is one, is no tag.
                tags = re.findall(r"<\s?\[?image\]?\s?[,:][^>]*>", said, re.IGNORECASE)
                exact = sum(tag.startswith("<Image, ") for tag in tags)
                figures["n_image_tags"] += exact
                figures["n_stray_image_tags"] += len(tags) - exact
                more = len(tags) - len(here)
                kind = "more_tags" if more > 0 else "more_pictures" if more else "equal"
                tags_and_pictures[kind if tags or here else "neither"] += 1
            annotation = item.get("annotation", {})
            if "crucial_step_recognition" in annotation:
                scores[str(annotation["crucial_step_recognition"])] += 1
    present = sum((folder / name).is_file() for folder, name in names)
    return {
        **figures,
        "n_turns": sum(int(k) * n for k, n in turns.items()),
        "n_conversations_by_n_turns": dict(sorted(turns.items())),
        "n_nodes": len(nodes),
        "n_prompts": sum(side == "prompt" for side, _, _ in nodes.values()),
        "n_trees": len(roots),
        "n_pictures_named": len(names),
        "n_picture_names": len({name for _, name in names}),
        "n_pictures_present": present,
        "n_pictures_missing": len(names) - present,
        "n_turns_by_tags_and_pictures": dict(tags_and_pictures),
        "n_scores_by_dimension": {"crucial_step_recognition": dict(sorted(scores.items()))},
    }


@pytest.mark.real_data
@pytest.mark.skipif(not BENCH.is_file(), reason="the released files are not here")
def test_the_card_of_the_real_conversations(tmp_path: Path):
    words = ("annotate-import", str(BENCH), str(DIALOGUES))
    assert running.run_here(*words, cwd=tmp_path).returncode == 0
    done = running.run_here("stats", "card", "--json", cwd=tmp_path)
    card = running.envelope(done)["data"]
    expected = counted_plainly()
    assert {key: card[key] for key in expected} == expected
    assert (card["n_conversations"], card["n_turns"], card["n_nodes"]) == (315, 1294, 2343)
    assert (card["n_pictures_named"], card["n_pictures_present"]) == (1280, 63)
    assert (card["n_image_tags"], card["n_trees"]) == (859, 225)
    assert not card["simulated"]
    assert not card["synthetic"]
    agreement = run(Store(tmp_path / "intermt-store"), StatsConfig("agreement")).document
    only = row(agreement, dimension="crucial_step_recognition")
    assert only["alpha"]["undefined"] == "too few raters (1, 2 needed)"
    assert (only["n_units"], only["n_pairable"]) == (300, 0)


# --- agreement ---------------------------------------------------------------------------


def test_agreement_is_that_of_the_plain_functions(store: Store):
    labelled(store)
    document = run(store, StatsConfig("agreement")).document
    nan = float("nan")
    table = [[nan if v is None else v for v in scores[:2]] for scores in SCORES]
    found = row(document, dimension="text_quality", between="annotator-annotator")
    assert (found["n_units"], found["n_pairable"], found["n_raters"]) == (12, 10, 2)
    assert found["n_clusters"] == 12
    assert found["alpha"]["value"] == pytest.approx(krippendorff_alpha(table, "ordinal").value)
    ac2 = gwet_ac2(table, "quadratic", categories=range(4)).value
    assert found["ac2"]["value"] == pytest.approx(ac2)
    assert found["rate"]["value"] == pytest.approx(6 / 10)
    kappa = weighted_kappa(*zip(*table, strict=True), "quadratic", categories=range(4))
    assert found["kappa"]["value"] == pytest.approx(kappa.value)
    for name in ("alpha", "ac2", "kappa", "rate"):
        figure = found[name]
        assert figure["low"] < figure["value"] < figure["high"], name
        assert figure["undefined"] is None


@pytest.mark.parametrize(("other", "column"), [("verifier", 2), ("judge", 3)])
def test_every_combination_of_an_annotator_and_another_counts(
    store: Store, other: str, column: int
):
    labelled(store)
    document = run(store, StatsConfig("agreement")).document
    pairs = [
        (scores[i], scores[column])
        for scores in SCORES
        for i in (0, 1)
        if scores[i] is not None and scores[column] is not None
    ]
    found = row(document, what="score", between=f"annotator-{other}")
    assert found["n_combinations"] == len(pairs)
    assert found["n_pairable"] == sum(s[column] is not None for s in SCORES)
    assert found["rate"]["value"] == pytest.approx(sum(x == y for x, y in pairs) / len(pairs))
    assert found["alpha"]["value"] == pytest.approx(krippendorff_alpha(pairs, "ordinal").value)
    sides = weighted_kappa(*zip(*pairs, strict=True), "quadratic", categories=range(4))
    assert found["kappa"]["value"] == pytest.approx(sides.value)
    assert found["judge"] == ("J|=1" if other == "judge" else None)
    assert found["n_raters"] == 3


@pytest.mark.parametrize("topic", ["agreement", "annotators"])
def test_labels_of_another_collection_than_their_answers_keep_their_trees(store: Store, topic: Any):
    records: list[Any] = [Rater(name, name, "annotator", "human", "round1") for name in "ab"]
    for i in range(3):
        root = node(None, "user", f"question {i}")
        records += [root, *(node(root, "assistant", f"answer {n}") for n in range(4))]
    answers = [r for r in records if getattr(r, "role", "") == "assistant"]
    for n, answer in enumerate(answers):
        for name in "ab":
            key = (f"{name}{n}", name, "node", answer.node_id, "text_quality")
            records.append(Score(*key, n % 3, "round1", "t"))
    store.write(records)
    found = run(store, StatsConfig(topic, dataset="round1")).document["rows"]
    assert {row["n_clusters"] for row in found if row["level"] == "local"} == {3}


def test_votes_have_nominal_alpha_and_a_rate(store: Store):
    labelled(store)
    document = run(store, StatsConfig("agreement", "global")).document
    assert {r["what"] for r in document["rows"]} == {"vote"}
    found = row(document, between="annotator-annotator")
    votes = [(0, 2 if i % 3 else 0) for i in range(len(SCORES))]
    assert found["alpha"]["value"] == pytest.approx(krippendorff_alpha(votes, "nominal").value)
    assert found["rate"]["value"] == pytest.approx(4 / 12)
    assert found["ac2"]["value"] is None
    assert "for scores" in found["ac2"]["undefined"]
    lines = list(csv.DictReader(io.StringIO(stats(store, "agreement", "--format", "csv").stdout)))
    assert all(line["value"] or line["undefined"] for line in lines)
    shown = stats(store, "agreement", "--level", "global").stdout
    assert "agreement rate" in shown
    assert "AC2" not in shown


def test_labels_that_do_not_meet_say_so(store: Store):
    labelled(store)
    lonely = node(None, "user", "alone")
    store.write(
        [lonely, Score("z", "v", "node", lonely.node_id, "context_coherence", 1, "set", "t"),
         Score("y", "a", "node", "elsewhere", "context_coherence", 1, "set", "t")]
    )  # fmt: skip
    document = run(store, StatsConfig("agreement")).document
    found = row(document, dimension="context_coherence", between="annotator-verifier")
    assert found["rate"]["undefined"] == "no thing was labelled by both"
    assert (found["n_units"], found["n_pairable"]) == (1, 0)


def test_dimensions_are_pooled_for_the_rate_alone(store: Store):
    labelled(store)
    extra = dimensions_of("local")[0].key
    with store.reading() as db:
        ids = [
            r[0] for r in db.execute("SELECT node_id FROM node WHERE role = 'assistant'").fetchall()
        ]
    store.write([Score(f"{r}+{t}", r, "node", t, extra, 2, "set", "t") for r in "ab" for t in ids])
    document = run(store, StatsConfig("agreement", "local")).document
    pooled = row(document, dimension="all", between="annotator-annotator")
    assert pooled["rate"]["value"] == pytest.approx((6 + 12) / (10 + 12))
    assert pooled["n_pairable"] == 22
    assert pooled["alpha"]["value"] is None
    assert "not pooled" in pooled["alpha"]["undefined"]
    for form in ("table", "markdown"):
        shown = stats(store, "agreement", "--level", "local", "--format", form).stdout
        why = "alpha, AC2, kappa: not pooled over dimensions: each has a scale and a chance level"
        assert why in shown
        assert "local all (score, annotator-annotator)" in shown


def test_the_same_store_gives_the_same_figures(store: Store):
    labelled(store)
    first, second = (run(store, StatsConfig("agreement")).document for _ in range(2))
    assert first == second


# --- what is not there -------------------------------------------------------------------


def test_an_empty_store_says_so(store: Store):
    store.create()
    card = run(store, StatsConfig("card"))
    assert card.document["n_conversations"] == card.document["n_image_tags"] == 0
    assert card.notes[0] == NOTHING
    assert card.notes[1].startswith("no labels")
    agreement = run(store, StatsConfig("agreement"))
    assert agreement.document["rows"] == []
    assert agreement.notes[0].startswith("no labels")


def test_a_dataset_nobody_has(store: Store):
    store.write(small_tree())
    with pytest.raises(MissingInputError, match="'nowhere'") as caught:
        run(store, StatsConfig("card", dataset="nowhere"))
    assert caught.value.todo == "the store has d"
    assert run(store, StatsConfig("card", dataset="d")).document["n_nodes"] == 5


# --- the console script ------------------------------------------------------------------


def stats(store: Store, *words: str) -> Any:
    words = ("stats", *words, "--store", str(store.folder))
    return running.run_here(*words, cwd=store.folder.parent)


@pytest.mark.parametrize("topic", ["card", "agreement"])
@pytest.mark.parametrize("form", FORMATS)
def test_every_format_of_an_empty_and_a_full_store(store: Store, topic: str, form: str):
    store.create()
    empty = stats(store, topic, "--format", form)
    assert (empty.returncode, empty.stderr) == (0, "")
    if (topic, form) != ("agreement", "csv"):
        assert "no labels" in empty.stdout
    labelled(store, kind="synthetic", simulated=True)
    full = stats(store, topic, "--format", form)
    assert (full.returncode, full.stderr) == (0, "")
    if form in ("table", "markdown"):
        assert "SIMULATED" in full.stdout
        assert "SYNTHETIC" in full.stdout
    elif form == "json":
        document = json.loads(full.stdout)
        assert document["simulated"]
        assert document["synthetic"]
    elif topic == "card":
        lines = dict(csv.reader(io.StringIO(full.stdout)))
        assert (lines["simulated"], lines["synthetic"]) == ("true", "true")
        assert lines["n_conversations"] == "12"
        assert lines["n_conversations_by_task.a | b"] == "12"
        assert lines["verdicts.J|=1.score.local.n_ok"] == "12"
        assert lines["raters.annotator.synthetic.n_raters"] == "2"
    else:
        rows = list(csv.DictReader(io.StringIO(full.stdout)))
        figures = {r["statistic"] for r in rows if r["what"] == "score"}
        assert figures == {"alpha", "ac2", "kappa", "rate"}
        assert {r["simulated"] for r in rows if r["judge"]} == {"true"}
        assert all(int(r["n_units"]) == 12 for r in rows if r["between"] != "verifier-judge")


def test_a_conversation_that_came_turn_by_turn_is_one(intermt: Program, tmp_path: Path):
    turns = [
        {"role": role, "content": f"{role} {i}"} for i in range(3) for role in ("user", "assistant")
    ]
    rows = [
        {"task": f"t{n}", "rater": "ann", "messages": turns[: 2 * n], "text_quality": n}
        for n in (1, 2, 3)
    ]
    told = "task=task,rater=rater,messages=messages,score.text_quality=text_quality"
    intermt("annotate-import", written(tmp_path / "rows.jsonl", rows), "--map", told)
    for topic in ("card", ""):
        found = intermt("stats", *([topic] if topic else [])).data
        assert (found["n_conversations"], found["n_turns"]) == (1, 3)
        assert found["notes"][0] == (
            "2 more conversations are the beginning of another one, not labelled as a whole,"
            " and counted with it"
        )
    rows = intermt("stats", "correlation").data["rows"]
    assert [row["n"] for row in rows if row["x"] == row["y"] == "text_quality"] == [1]
    whole = {"task": "g", "rater": "ann", "messages": turns[:2], "helpfulness": 1}
    told = "task=task,rater=rater,messages=messages,score.helpfulness=helpfulness"
    intermt("annotate-import", written(tmp_path / "whole.jsonl", [whole]), "--map", told)
    found = intermt("stats", "card").data
    assert (found["n_conversations"], found["n_turns"]) == (2, 4)


def test_a_dataset_of_labels_alone_is_not_called_empty(store: Store):
    records = small_tree()
    answer = next(r for r in records if isinstance(r, Score)).target_id
    store.write([*records, Score("later", "r", "node", answer, "text_quality", 2, "round2", "t"),
                 Rater("r", "R", "annotator", "human", "round2")])  # fmt: skip
    card = run(store, StatsConfig("card", dataset="round2"))
    assert card.document["n_scores"] == 1
    assert card.notes[0] == ELSEWHERE


def test_the_card_has_bars(store: Store):
    labelled(store)
    lines = stats(store, "card").stdout.splitlines()
    assert len(lines) < 70
    assert max(map(len, lines)) <= 100
    assert any(re.match(r"\s+1 █+\s+12 \(100.0%\)", line) for line in lines)


def test_markdown_stays_a_table_whatever_things_are_called(store: Store):
    labelled(store)
    for topic in ("card", "agreement"):
        text = stats(store, topic, "--format", "markdown").stdout
        assert text.startswith("---\n" if topic == "card" else "## ")
        tables = re.findall(r"(?:^\|.*\n)+", text, re.MULTILINE)
        assert tables
        for table in tables:
            widths = {len(re.findall(r"(?<!\\)\|", line)) for line in table.splitlines()}
            assert len(widths) == 1, table


def test_the_envelope_holds_the_document(store: Store):
    labelled(store)
    bare = json.loads(stats(store, "agreement", "--format", "json").stdout)
    assert running.envelope(stats(store, "agreement", "--json"))["data"] == bare
    refused = stats(store, "--json", "--format", "csv")
    assert running.envelope(refused)["status"] == "error"
    assert refused.returncode == 2


def test_no_store_and_no_such_dataset_are_66(store: Store):
    missing = stats(store)
    assert missing.returncode == 66
    assert "there is no store" in missing.stderr
    assert not store.folder.exists()
    store.write(small_tree())
    other = stats(store, "--dataset", "nowhere")
    assert other.returncode == 66
    assert "Traceback" not in other.stderr
    assert stats(store, "nonsense").returncode == 2


def test_control_characters_of_names_do_not_reach_the_terminal(store: Store):
    root = node(None, "user", TextPart("q").text)
    store.write(
        [root, answered("k"), Conversation(
            "c", "d", "s", root.node_id, (root.node_id,), 1, task="red\x1b[31m\nline"
        )]
    )  # fmt: skip
    for form in FORMATS:
        assert "\x1b" not in stats(store, "--format", form).stdout


def test_the_documentation_names_every_key(store: Store):
    labelled(store)
    text = (Path(__file__).parents[2] / "docs" / "statistics.md").read_text(encoding="utf-8")
    card = run(store, StatsConfig("card")).document
    agreement = run(store, StatsConfig("agreement")).document
    keys = {*card, *agreement, *agreement["rows"][0], *agreement["rows"][0]["alpha"]}
    assert {key for key in keys if f"`{key}`" not in text} == set()
