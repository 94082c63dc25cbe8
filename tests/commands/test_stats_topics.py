"""Scores, correlation, bias, usage and the overview against plain Python over the same records."""

from __future__ import annotations

import csv
import io
import json
import math
import random
import re
import statistics
from collections import Counter, defaultdict
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from scipy.stats import pearsonr, spearmanr

from intermt.cli.stats_words import percentage
from intermt.cli.terminal import width
from intermt.commands.stats import TOPICS, StatsConfig, run
from intermt.config import Server
from intermt.dimensions import DIMENSIONS
from intermt.errors import UsageError
from intermt.records import (
    Conversation,
    ImagePart,
    Node,
    PreferenceVote,
    Rater,
    Score,
    TextPart,
    Verdict,
)
from intermt.store.connect import Store
from intermt.store.rows import Answered
from tests.cli import running
from tests.cli.test_output import at_terminal
from tests.commands.stats_stores import WORLDS, World
from tests.commands.work import BENCH
from tests.store.samples import node, verdict

NEW = ("overview", "scores", "correlation", "bias", "usage")
FORMATS = ("table", "json", "csv", "markdown")


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store", lock_timeout_s=20)


def filled(store: Store, world: World) -> list[Any]:
    records = world.records()
    store.write(records)
    return records


def of(records: list[Any], kind: type) -> list[Any]:
    return [r for r in records if isinstance(r, kind)]


def row(document: Any, **wanted: Any) -> dict[str, Any]:
    found = [r for r in document["rows"] if all(r[k] == v for k, v in wanted.items())]
    assert len(found) == 1, found
    return found[0]


def stats(store: Store, *words: str) -> Any:
    return running.run(
        "stats", *words, "--store", str(store.folder), cwd=store.folder.parent, module="intermt"
    )


# --- scores ------------------------------------------------------------------------------


def test_scores_are_counted_by_kind_of_rater(store: Store):
    records = filled(store, WORLDS["usual"])
    roles = {r.rater_id: r.role for r in of(records, Rater)}
    said: dict[tuple[str, str], Counter[int]] = defaultdict(Counter)
    for score in of(records, Score):
        said[roles[score.rater_id], score.dimension][score.value] += 1
    for verdict_ in of(records, Verdict):
        said["judge", verdict_.dimension][verdict_.value] += 1
    document = run(store, StatsConfig("scores")).document
    assert {(r["rater"], r["dimension"]) for r in document["rows"]} == set(said)
    for (rater, dimension), counts in said.items():
        found = row(document, rater=rater, dimension=dimension)
        on_scale = {value: n for value, n in counts.items() if value >= 0}
        assert {int(v): n for v, n in found["counts"].items() if n} == on_scale
        assert found["n"] == sum(on_scale.values())
        assert found["n_no_picture"] == counts[-1]
        mean = sum(v * n for v, n in on_scale.items()) / found["n"]
        assert found["mean"]["value"] == pytest.approx(mean)
        assert found["top_share"]["value"] == pytest.approx(counts[3] / found["n"])
        assert found["mean"]["low"] < mean < found["mean"]["high"]
    style = row(document, rater="annotator", dimension="style_coherence")
    assert style["n_no_picture"] > 0
    assert "-1" not in style["counts"]
    only = run(store, StatsConfig("scores", "local")).document
    assert {r["level"] for r in only["rows"]} == {"local"}


def test_real_numbers_of_a_judge_are_not_scores(store: Store):
    end = node(node(None, "user", "q"), "assistant", "a")
    store.write(
        [
            Rater("rm", "rm", "judge", "model"),
            verdict("w", judge_id="rm", a_id=end.node_id, value=None, estimate=7.25),
        ]
    )
    document = run(store, StatsConfig("scores")).document
    found = row(document, judge="rm")
    assert (found["n"], found["n_real_numbers"]) == (0, 1)
    assert found["mean"]["undefined"] == "too few labels (0, 1 needed)"
    assert "real numbers" in document["notes"][0]


@pytest.mark.real_data
@pytest.mark.skipif(not BENCH.is_file(), reason="the released conversations are not here")
def test_the_scores_of_the_real_conversations(tmp_path: Path):
    words = ("annotate-import", str(BENCH))
    assert running.run(*words, cwd=tmp_path, module="intermt").returncode == 0
    given = [
        (item["conversations"][0]["prompt_uuid"], item["annotation"]["crucial_step_recognition"])
        for item in json.loads(BENCH.read_text(encoding="utf-8"))
    ]
    store = Store(tmp_path / "intermt-store")
    document = run(store, StatsConfig("scores")).document
    found = row(document, rater="annotator", dimension="crucial_step_recognition")
    assert len(document["rows"]) == 1
    values = [value for _, value in given]
    assert found["counts"] == {str(v): values.count(v) for v in range(4)}
    assert found["n"] == found["n_things"] == 300
    assert found["mean"]["value"] == pytest.approx(statistics.fmean(values))
    assert found["top_share"]["value"] == pytest.approx(values.count(3) / 300)
    trees: dict[str, list[int]] = defaultdict(list)
    for tree, value in given:
        trees[tree].append(value)
    assert found["n_clusters"] == len(trees)
    # A mean's error over trees, by the textbook formula.
    mean = statistics.fmean(values)
    squares = sum(sum(v - mean for v in some) ** 2 for some in trees.values())
    error = (squares * len(trees) / (len(trees) - 1)) ** 0.5 / 300
    assert found["mean"]["high"] - mean == pytest.approx(1.9714 * error, rel=1e-3)
    assert not document["simulated"]
    assert not document["synthetic"]
    cells = run(store, StatsConfig("correlation")).document["rows"]
    alone = [c for c in cells if c["n"]]
    assert [(c["x"], c["y"], c["n"]) for c in alone] == [("crucial_step_recognition",) * 2 + (300,)]
    assert all(c["pearson"]["value"] is None for c in cells)


# --- correlation -------------------------------------------------------------------------


def test_the_map_is_that_of_plain_means_over_turns(store: Store):
    records = filled(store, WORLDS["usual"])
    roles = {r.rater_id: r.role for r in of(records, Rater)}
    by_thing: dict[tuple[str, str], list[int]] = defaultdict(list)
    for score in of(records, Score):
        if roles[score.rater_id] == "annotator" and score.value >= 0:
            by_thing[score.target_id, score.dimension].append(score.value)
    means = {key: statistics.fmean(values) for key, values in by_thing.items()}
    document = run(store, StatsConfig("correlation")).document
    assert len(document["rows"]) == 81
    columns: dict[str, dict[str, float]] = {}
    for dimension in DIMENSIONS:
        columns[dimension.key] = {}
        for conversation in of(records, Conversation):
            name = conversation.conversation_id
            things = [name] if dimension.level == "global" else conversation.path
            there = [means[t, dimension.key] for t in things if (t, dimension.key) in means]
            if there:
                columns[dimension.key][name] = statistics.fmean(there)
    for cell in document["rows"]:
        x, y = columns[cell["x"]], columns[cell["y"]]
        both = sorted(x.keys() & y.keys())
        assert cell["n"] == len(both)
        if cell["x"] == cell["y"]:
            assert cell["pearson"]["undefined"] == "a dimension with itself"
            continue
        left, right = [x[k] for k in both], [y[k] for k in both]
        assert cell["pearson"]["value"] == pytest.approx(pearsonr(left, right).statistic)
        assert cell["spearman"]["value"] == pytest.approx(spearmanr(left, right).statistic)
    other = row(document, x="text_quality", y="helpfulness")
    mirrored = row(document, x="helpfulness", y="text_quality")
    assert other["pearson"] == mirrored["pearson"]
    local = run(store, StatsConfig("correlation", "local")).document
    assert len(local["rows"]) == 16


def test_means_that_are_the_same_fraction_share_a_rank(store: Store):
    """Thirds of thirds are no numbers of a computer, and tied all the same."""
    dice = random.Random(8)
    records: list[Any] = [Rater(n, n, "annotator", "human") for n in "abcdefg"]
    exact: dict[str, list[Fraction]] = {"text_quality": [], "context_coherence": []}
    for i in range(90):
        here = node(None, "user", f"q {i}")
        path = [here.node_id]
        records.append(here)
        means = defaultdict(list)
        for turn in range(dice.choice((1, 2, 3, 6, 7))):
            if turn:
                here = node(here, "user", f"and {turn}?")
                records.append(here)
                path.append(here.node_id)
            here = node(here, "assistant", "x")
            records.append(here)
            path.append(here.node_id)
            for name in exact:
                raters = dice.sample("abcdefg", dice.choice((1, 2, 3, 6, 7)))
                values = [dice.choice((2, 3)) for _ in raters]
                means[name].append(Fraction(sum(values), len(values)))
                records += [
                    Score(f"{i} {turn} {name} {r}", r, "node", here.node_id, name, v, "set", "t")
                    for r, v in zip(raters, values, strict=True)
                ]
        records.append(Conversation(f"c{i}", "set", f"s{i}", path[0], tuple(path), len(path) // 2))
        for name, of_turns in means.items():
            exact[name].append(sum(of_turns, Fraction(0)) / len(of_turns))
    store.write(records)
    x, y = exact.values()
    found = row(run(store, StatsConfig("correlation")).document, x="text_quality",
                y="context_coherence")  # fmt: skip
    assert found["spearman"]["value"] == pytest.approx(exact_rho(x, y), abs=1e-12)


def exact_rho(x: list[Fraction], y: list[Fraction]) -> float:
    """Spearman's rho in fractions, but for one square root at the end."""

    def ranks(values: list[Fraction]) -> list[Fraction]:
        below = [sum(other < value for other in values) for value in values]
        return [b + Fraction(values.count(v) + 1, 2) for b, v in zip(below, values, strict=True)]

    a, b = ranks(x), ranks(y)
    middle = Fraction(len(x) + 1, 2)
    together = sum((p - middle) * (q - middle) for p, q in zip(a, b, strict=True))
    alone = sum((p - middle) ** 2 for p in a) * sum((q - middle) ** 2 for q in b)
    return float(together) / float(alone) ** 0.5


@pytest.mark.parametrize("planted", [0.0, 1.0])
def test_a_planted_tie_between_levels_is_found_and_none_is_not(store: Store, planted: float):
    dice = random.Random(5)
    records: list[Any] = [Rater("a", "A", "annotator", "human")]
    for i in range(400):
        root = node(None, "user", f"q {i}")
        end = node(root, "assistant", "a")
        path = (root.node_id, end.node_id)
        records += [root, end, Conversation(f"c{i}", "set", f"s{i}", root.node_id, path, 1)]
        quality = planted * dice.gauss(0, 1)
        for target, name, dimension in (
            ("node", end.node_id, "text_quality"),
            ("conversation", f"c{i}", "helpfulness"),
        ):
            value = min(3, max(0, round(1.5 + quality + dice.gauss(0, 1))))
            records.append(Score(f"{name}s", "a", target, name, dimension, value, "set", "t"))
    store.write(records)
    cell = row(run(store, StatsConfig("correlation")).document, x="text_quality", y="helpfulness")
    # What these roundings leave of a correlation of 1/2, from a million draws.
    truth = 0.440 * planted
    for found in (cell["pearson"], cell["spearman"]):
        assert found["low"] < truth < found["high"]
        assert (found["low"] > 0) == bool(planted)


def test_constant_and_missing_dimensions_say_why(store: Store):
    filled(store, WORLDS["all the same"])
    document = run(store, StatsConfig("correlation")).document
    found = row(document, x="text_quality", y="helpfulness")
    assert found["pearson"]["value"] is None
    assert found["pearson"]["undefined"] == "constant: text_quality and helpfulness"


def test_a_shared_turn_counts_in_each_of_its_conversations(store: Store):
    root = node(None, "user", "q")
    first = node(root, "assistant", "a")
    records: list[Any] = [Rater("a", "A", "annotator", "human"), root, first]
    for i in range(3):
        prompt = node(first, "user", f"and {i}?")
        end = node(prompt, "assistant", "b")
        path = (root.node_id, first.node_id, prompt.node_id, end.node_id)
        records += [prompt, end, Conversation(f"c{i}", "set", f"s{i}", root.node_id, path, 2)]
        records.append(Score(f"e{i}", "a", "node", end.node_id, "text_quality", i, "set", "t"))
        records.append(
            Score(f"h{i}", "a", "conversation", f"c{i}", "helpfulness", 3 - i, "set", "t")
        )
    records.append(Score("f", "a", "node", first.node_id, "text_quality", 3, "set", "t"))
    store.write(records)
    found = row(run(store, StatsConfig("correlation")).document, x="text_quality", y="helpfulness")
    assert (found["n"], found["n_clusters"]) == (3, 1)
    assert found["pearson"]["value"] == pytest.approx(-1)
    assert found["pearson"]["undefined"].startswith("no interval: too few clusters")
    words = ("stats", "correlation", "--store", str(store.folder))
    shown = running.run_here(*words, cwd=store.folder.parent).stdout
    assert "Pearson's r, Spearman's rho: no interval: too few clusters (1, 2 needed)" in shown
    assert "no figure: no interval" not in shown


def test_the_interval_of_a_mean_stays_on_the_scale(store: Store):
    records: list[Any] = [Rater("a", "A", "annotator", "human")]
    for i, value in enumerate((0, 3)):
        root = node(None, "user", f"q {i}")
        answer = node(root, "assistant", "x")
        records += [root, answer]
        records.append(
            Score(f"s{i}", "a", "node", answer.node_id, "text_quality", value, "set", "t")
        )
    store.write(records)
    mean = run(store, StatsConfig("scores")).document["rows"][0]["mean"]
    assert (mean["low"], mean["value"], mean["high"]) == (0.0, 1.5, 3.0)


# --- bias --------------------------------------------------------------------------------


def test_choices_are_counted_by_side_and_length(store: Store):
    records = filled(store, WORLDS["usual"])
    roles = {r.rater_id: r.role for r in of(records, Rater)}
    lengths = {
        n.node_id: sum(len(p.text) for p in n.parts if isinstance(p, TextPart))
        for n in of(records, Node)
    }
    votes = [
        v
        for v in of(records, PreferenceVote)
        if roles[v.rater_id] == "annotator" and v.dimension == "overall"
    ]
    document = run(store, StatsConfig("bias")).document
    wanted = {"rater": "annotator", "dimension": "overall"}
    side = row(document, bias="first_side", **wanted)
    assert side["n"] == len(votes)
    assert side["value"] == pytest.approx(
        sum(v.choice == v.shown_first for v in votes) / len(votes)
    )
    apart = [v for v in votes if lengths[v.a_id] != lengths[v.b_id]]
    longer = sum((lengths[v.a_id] > lengths[v.b_id]) == (v.choice == "a") for v in apart)
    found = row(document, bias="longer", **wanted)
    assert (found["n"], found["value"]) == (len(apart), pytest.approx(longer / len(apart)))
    pictures = row(document, bias="more_pictures", **wanted)
    assert (pictures["n"], pictures["value"]) == (0, None)
    assert pictures["undefined"] == "too few labels (0, 1 needed)"
    scores = [
        s
        for s in of(records, Score)
        if roles[s.rater_id] == "annotator" and s.dimension == "text_quality"
    ]
    logs = [math.log1p(lengths[s.target_id]) for s in scores]
    r = row(document, bias="length_r", rater="annotator", dimension="text_quality")
    assert r["value"] == pytest.approx(pearsonr([s.value for s in scores], logs).statistic)
    assert r["n"] == len(scores)
    constant = row(document, bias="pictures_r", rater="annotator", dimension="text_quality")
    assert constant["undefined"] == "constant: one of the two is the same everywhere"
    pooled = row(document, bias="top_score", rater="judge", level="local", dimension="all")
    single = [
        r
        for r in document["rows"]
        if (r["bias"], r["rater"], r["level"]) == ("top_score", "judge", "local")
        and r["dimension"] != "all"
    ]
    assert pooled["n"] == sum(r["n"] for r in single)
    assert pooled["n_clusters"] == 12


@pytest.mark.parametrize(("planted", "found"), [(0.8, True), (0.5, False)])
def test_a_planted_preference_for_a_side_is_found_and_none_is_not(
    store: Store, planted: float, found: bool
):
    filled(store, World(n_trees=60, chooses_first=planted, judges=()))
    document = run(store, StatsConfig("bias")).document
    side = row(document, bias="first_side", rater="annotator", dimension="all")
    assert side["low"] < planted < side["high"]
    assert (side["low"] > 0.5) == found


def test_pictures_of_answers_count_and_those_of_questions_do_not(store: Store):
    picture = ImagePart(name="p", missing="not found", key="p")
    root = node(None, "user", TextPart("q"), picture, picture)
    with_one = node(root, "assistant", TextPart("a"), picture)
    without = node(root, "assistant", "ab")
    a, b = sorted((with_one.node_id, without.node_id))
    choice = "a" if a == with_one.node_id else "b"
    judge = Rater("j", "j", "judge", "model")
    store.write(
        [
            root,
            with_one,
            without,
            judge,
            verdict(
                "w", judge_id="j", task="pair", a_id=a, b_id=b, order="a", value=None,
                choice=choice, dimension="overall",
            ),
        ]
    )  # fmt: skip
    document = run(store, StatsConfig("bias")).document
    more = row(document, bias="more_pictures")
    assert (more["value"], more["n"], more["judge"]) == (1.0, 1, "j")
    assert row(document, bias="longer")["value"] == 0.0
    assert row(document, bias="first_side")["value"] == float(choice == "a")


def test_a_row_without_anything_that_leans_keeps_its_marks(store: Store):
    root = node(None, "user", "q")
    a, b = sorted(node(root, "assistant", text).node_id for text in ("one", "two"))
    store.write(
        [
            root,
            node(root, "assistant", "one"),
            node(root, "assistant", "two"),
            Rater("p", "p", "annotator", "synthetic", "set"),
            Rater("j", "j", "judge", "model", simulated=True),
            PreferenceVote(
                "v", "p", "local", "prefix", root.node_id, a, b, "overall", "tie", "set", "t"
            ),
            Score("s", "p", "node", a, "format_consistency", -1, "set", "t"),
            verdict(
                "w", judge_id="j", task="pair", a_id=a, b_id=b, order="a", value=None,
                choice="tie", dimension="overall",
            ),
        ]
    )  # fmt: skip
    found = run(store, StatsConfig("bias"))
    assert (found.simulated, found.synthetic) == (True, True)
    for name in ("first_side", "top_score"):
        people = row(found.document, bias=name, rater="annotator")
        assert (people["n"], people["value"], people["synthetic"]) == (0, None, True)
    assert row(found.document, bias="longer", rater="judge")["simulated"]


# --- usage -------------------------------------------------------------------------------


def test_calls_are_those_of_the_ledger(store: Store):
    records = filled(store, World(servers=("gpu", "other"), n_days=3))
    calls = of(records, Answered)
    servers = {"gpu": Server("gpu", "chat", ("http://gpu/v1",), price_in=2.0, price_out=8.0)}
    document = run(store, StatsConfig("usage", servers=servers)).document
    assert document["n_calls"] == len(calls)
    assert document["n_failed"] == sum(c.reply.state != "ok" for c in calls)
    mine = [c for c in calls if c.call.server == "gpu"]
    found = next(r for r in document["servers"] if r["server"] == "gpu")
    assert found["n_calls"] == len(mine)
    assert found["tokens_out"] == sum(c.reply.tokens_out for c in mine)
    cost = sum(2 * c.reply.tokens_in + 8 * c.reply.tokens_out for c in mine) / 1e6
    assert found["cost"] == document["cost"] == pytest.approx(cost)
    good = sorted(c.reply.latency_ms for c in mine if c.reply.state == "ok")
    assert found["latency_p50_ms"] == pytest.approx(statistics.median(good))
    assert good[-1] >= found["latency_p95_ms"] > good[int(0.9 * len(good))]
    assert [d["day"] for d in document["days"]] == ["2026-11-01", "2026-11-02", "2026-11-03"]
    assert sum(d["n_calls"] for d in document["days"]) == len(calls)
    assert sum(d["cost"] for d in document["days"]) == pytest.approx(cost)
    assert document["notes"] == ["no price is configured for other: not in the cost"]
    assert sum(r["n_calls"] for r in document["rows"]) == len(calls)
    assert next(r for r in document["servers"] if r["server"] == "other")["cost"] is None


def test_calls_of_a_dataset_are_those_behind_its_records(store: Store):
    records = filled(store, World(servers=("gpu",)))
    conversation = of(records, Conversation)[0]
    asked = verdict("x", judge_id="j", a_id=conversation.path[1], request_key="k7")
    store.write([asked])
    document = run(store, StatsConfig("usage", dataset="set")).document
    assert document["n_calls"] == 1
    assert "belong to no dataset" in document["notes"][-1]
    with pytest.raises(UsageError, match="no level"):
        run(store, StatsConfig("usage", "local"))


def test_where_no_call_belongs_to_a_dataset_it_does_not_say_that_none_was_made(store: Store):
    filled(store, World(servers=("gpu",)))
    document = run(store, StatsConfig("usage", dataset="set")).document
    assert document["n_calls"] == 0
    assert document["notes"][0] == "no calls: none led to anything in set"
    assert "belong to no dataset" in document["notes"][1]


# --- the console script ------------------------------------------------------------------


@pytest.mark.parametrize("topic", TOPICS)
@pytest.mark.parametrize("name", ["empty", "one annotator", "all the same", "one tree"])
def test_every_state_has_a_document_and_every_form(store: Store, topic: Any, name: str):
    if name == "empty":
        store.create()
    else:
        filled(store, WORLDS[name])
    found = run(store, StatsConfig(topic))
    json.dumps(found.document, allow_nan=False)
    for dataset in {None, *({"set"} if name != "empty" else ())}:
        assert run(store, StatsConfig(topic, dataset=dataset)).document["dataset"] == dataset
    assert found.notes or name != "empty"


@pytest.mark.parametrize("topic", NEW)
@pytest.mark.parametrize("form", FORMATS)
def test_every_format_of_invented_labels_is_marked(store: Store, topic: str, form: str):
    filled(store, WORLDS["invented"])
    words = () if topic == "overview" else (topic,)
    done = stats(store, *words, "--format", form)
    assert (done.returncode, done.stderr) == (0, "")
    document = json.loads(stats(store, *words, "--format", "json").stdout)
    if form in ("table", "markdown"):
        assert ("SIMULATED" in done.stdout) == document["simulated"]
        assert ("SYNTHETIC" in done.stdout) == document["synthetic"]
    elif form == "csv":
        lines = list(csv.reader(io.StringIO(done.stdout)))
        assert len({len(line) for line in lines}) == 1
        columns = [c for c in ("simulated", "synthetic") if c in lines[0]]
        if topic != "overview":
            assert any(line[lines[0].index(c)] == "true" for c in columns for line in lines[1:])
            assert len(lines) - 1 == len(document["rows"])


@pytest.mark.parametrize("name", list(WORLDS))
def test_alone_it_is_one_screen(store: Store, name: str):
    filled(store, WORLDS[name])
    lines = stats(store).stdout.splitlines()
    assert len(lines) <= 24
    assert max(map(width, lines)) <= 80
    assert any("█" in line for line in lines)
    assert lines[-1].startswith("More: ")
    named = set(lines[-1].removeprefix("More: stats ").split("|"))
    assert named == {*TOPICS, "scaling"} - {"overview"}
    assert any(line.startswith("conversations") for line in lines)


@pytest.mark.parametrize("topic", ["agreement", "annotators", "usage"])
def test_tables_fit_the_terminal(store: Store, topic: str):
    filled(store, WORLDS["long names"])
    words = ("stats", topic, "--store", str(store.folder))
    code, shown = at_terminal(*words, cwd=store.folder.parent, module="intermt")
    assert code == 0
    assert max(width(line) for line in shown.splitlines() if "  " in line) <= 80
    piped = stats(store, topic).stdout
    assert max(map(width, piped.splitlines())) > 100
    pattern = r"[01]\.[0-9]{2} \[[-0-9., ]+\]"
    assert set(re.findall(pattern, shown)) == set(re.findall(pattern, piped))


@pytest.mark.parametrize(
    ("n", "of", "said"),
    [(0, 300, "0%"), (1, 300, "<1%"), (2, 300, "1%"), (299, 300, ">99%"), (300, 300, "100%"),
     (1, 200, "<1%"), (199, 200, ">99%"), (1, 3, "33%")],
)  # fmt: skip
def test_a_share_of_0_percent_is_none_and_one_of_100_is_all(n: int, of: int, said: str):
    assert percentage(n / of) == said


def test_without_unicode_bars_are_drawn_all_the_same(store: Store):
    filled(store, WORLDS["usual"])
    done = running.run(
        "stats", "--store", str(store.folder), cwd=store.folder.parent, module="intermt",
        PYTHONIOENCODING="ascii", PYTHONUTF8="0",
    )  # fmt: skip
    assert done.returncode == 0
    assert "#" in done.stdout


def test_a_data_card_begins_with_a_head_that_the_hub_reads(store: Store):
    filled(store, WORLDS["long names"])
    text = stats(store, "card", "--format", "markdown").stdout
    _, head, body = text.split("---\n", 2)
    lines = head.splitlines()
    assert "- cc-by-4.0" in lines
    assert '- "de"' in lines
    assert "size_categories:" in lines
    assert "- n<1K" in lines
    assert all(line.startswith("- ") or ":" in line for line in lines)
    assert body.lstrip().startswith("# ")
    assert "### conversations by turns" in body


def test_a_plot_is_written_beside_the_answer(store: Store):
    pytest.importorskip("matplotlib", reason="matplotlib is not installed: no plots")
    filled(store, WORLDS["usual"])
    for name in ("plot.png", "plot.svg"):
        path = store.folder.parent / name
        done = stats(store, "correlation", "--plot", str(path), "--format", "csv")
        assert (done.returncode, done.stderr) == (0, "")
        assert path.stat().st_size > 5000
        assert done.stdout.startswith("x,y,")
    wrong = stats(store, "correlation", "--plot", "plot.pdf")
    assert wrong.returncode == 2
    nowhere = stats(store, "correlation", "--plot", str(store.folder / "no" / "plot.png"))
    assert nowhere.returncode == 73


def test_the_documentation_names_every_key(store: Store):
    filled(store, WORLDS["usual"])
    text = (Path(__file__).parents[2] / "docs" / "statistics.md").read_text(encoding="utf-8")
    keys: set[str] = set()
    for topic in NEW:
        document = run(store, StatsConfig(topic)).document  # type: ignore[arg-type]
        keys |= document.keys()
        for name in ("rows", "servers", "scores"):
            keys |= (document.get(name) or [{}])[0].keys()
    assert {key for key in keys if f"`{key}`" not in text} == set()
