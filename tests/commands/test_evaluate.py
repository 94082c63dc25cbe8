"""Evaluation: what counts as a label, what becomes of every reply, and what is said."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from scipy import stats
from sklearn.metrics import accuracy_score

from intermt.commands.eval_config import EvalConfig
from intermt.commands.evaluate import EvalResult, run
from intermt.commands.fail_under import BIAS, STATISTICS, Threshold
from intermt.commands.measured import Measured
from intermt.dimensions import dimensions_of
from intermt.domain.figures import Resampling
from intermt.errors import MissingInputError, UsageError
from intermt.records import Rater, content_id
from intermt.store.connect import Store
from tests.commands.eval_stores import (
    TEXT,
    Builder,
    Silent,
    compared,
    figure,
    graded,
    scored,
)
from tests.commands.work import Done, Here


@pytest.fixture
def built(tmp_path: Path) -> Builder:
    return Builder(tmp_path / "store")


# --- scores ------------------------------------------------------------------------------


def test_pearson_and_exact_agreement_are_those_of_scipy_and_sklearn(built: Builder) -> None:
    judge, human = [3, 3, 2, 1, 0, 3, 2], [3, 2, 2, 2, 0, 1, 3]
    scored(built, judge, human)
    result = built.eval()
    found = figure(result, "pearson")
    assert found.value == pytest.approx(stats.pearsonr(judge, human).statistic)
    assert (found.n, found.n_asked, found.coverage, found.n_clusters) == (7, 7, 1.0, 7)
    assert found.low < found.value < found.high
    assert figure(result, "exact_agreement").value == pytest.approx(accuracy_score(human, judge))
    assert (found.task, found.level, found.model, found.confidence) == ("score", "local", "m", 0.95)
    assert not result.simulated
    assert not result.synthetic_labels
    assert result.gaps == ()


def test_unparsed_and_failed_verdicts_leave_the_figure_and_lower_the_coverage(
    built: Builder,
) -> None:
    scored(built, [3, 1, None, None, 0], [3, 2, 0, 1, 0])
    built.says("n3", None, sample=1, state="failed")
    found = figure(built.eval(), "exact_agreement")
    assert found.value == pytest.approx(2 / 3)
    assert (found.n, found.n_asked, found.coverage) == (3, 6, 0.5)


def test_a_value_beside_a_state_that_is_not_ok_does_not_count(built: Builder) -> None:
    scored(built, [3, 1], [3, 2])
    built.says("n1", 2, sample=1, state="failed")
    found = figure(built.eval(), "exact_agreement")
    assert (found.value, found.n_asked, found.coverage) == (0.5, 3, pytest.approx(2 / 3))


def test_the_latest_score_of_each_annotator_counts_and_nobody_elses(built: Builder) -> None:
    scored(built, [3, 0], [3, 0])
    built.rater("bea")
    built.rater("checker", "verifier")
    built.score("ann", "n0", 1, when=5)
    built.score("ann", "n0", 2, when=3)
    built.score("bea", "n0", 3)
    built.score("checker", "n0", 0)
    built.score("judge", "n0", 0)
    # ann said 1 last and bea 3: half of the annotators agree with 3; n1 agrees.
    found = figure(built.eval(), "exact_agreement")
    assert found.value == pytest.approx((1 / 2 + 1) / 2)
    assert found.n == 2


def test_of_undated_scores_of_one_annotator_one_counts_always_the_same(built: Builder) -> None:
    scored(built, [2, 1], [0, 1])
    built.score("ann", "n0", 2, when=None)
    first = figure(built.eval(), "exact_agreement").value
    ids = {content_id("score", "ann", "n0", TEXT, None, v): v for v in (0, 2)}
    assert first == (float(ids[max(ids)] == 2) + 1) / 2


def test_constant_scores_of_people_have_no_correlation_and_say_so(built: Builder) -> None:
    scored(built, [3, 1, 2], [3, 3, 3])
    result = built.eval()
    found = figure(result, "pearson")
    assert (found.value, found.low, found.high) == (None, None, None)
    assert "constant" in found.undefined
    assert "people" in found.undefined
    assert figure(result, "exact_agreement").value == pytest.approx(1 / 3)
    average = figure(result, "pearson", "average")
    assert (average.value, average.n) == (None, 0)


def test_turns_of_one_seed_are_one_cluster(built: Builder) -> None:
    built.judge()
    built.rater("ann")
    for i, (said, meant) in enumerate([(0, 0), (1, 2), (3, 2), (2, 2)]):
        built.says(built.node(f"n{i}", f"seed{i % 2}"), said)
        built.score("ann", f"n{i}", meant)
    found = figure(built.eval(), "pearson")
    assert (found.n, found.n_clusters) == (4, 2)


def test_an_average_over_some_of_the_dimensions_says_so(built: Builder) -> None:
    scored(built, [3, 1, 0], [3, 2, 0])
    for i, (said, meant) in enumerate([(1, 1), (2, 0), (3, 2)]):
        built.says(f"n{i}", said, dimension="context_coherence")
        built.score("ann", f"n{i}", meant, "context_coherence")
    result = built.eval()
    average = figure(result, "exact_agreement", "average")
    assert average.value == pytest.approx((2 / 3 + 1 / 3) / 2)
    assert (average.n, average.n_asked, average.coverage, average.n_clusters) == (6, 6, 1.0, 3)
    assert average.undefined == "over 2 of 4 dimensions"
    missing = figure(result, "exact_agreement", "visual_perceptual_quality")
    assert (missing.value, missing.n, missing.coverage) == (None, 0, None)


def test_levels_and_their_dimensions_come_in_order(built: Builder) -> None:
    scored(built, [3, 1, 0], [3, 2, 0])
    for i in range(3):
        built.says(built.conversation(f"c{i}", f"n{i}"), i, dimension="helpfulness")
        built.score("ann", f"c{i}", i, "helpfulness")
    result = built.eval()
    order = [(f.level, f.dimension) for f in result.figures if f.statistic == "pearson"]
    assert order == [
        (level, key)
        for level in ("local", "global")
        for key in (*(d.key for d in dimensions_of(level)), "average")
    ]
    assert figure(result, "pearson", "helpfulness").value == pytest.approx(1.0)
    assert {f.level for f in built.eval(levels=("global",)).figures} == {"global"}


def test_a_dataset_leaves_only_the_items_of_its_conversations(built: Builder) -> None:
    scored(built, [3, 1, 0, 2], [3, 2, 0, 0])
    built.conversation("c0", "n0", "n1", dataset="mine")
    built.conversation("c1", "n2", "n3", dataset="other")
    built.says("c1", 3, dimension="helpfulness")
    built.score("ann", "c1", 3, "helpfulness")
    result = built.eval(dataset="mine")
    assert figure(result, "exact_agreement").value == 0.5
    assert {f.level for f in result.figures} == {"local"}
    assert result.gaps == (
        "judge judged 0 conversations of dataset mine, annotators scored 1,"
        " but none of these is both",
    )


def test_two_judges_stand_apart_and_can_be_chosen(built: Builder) -> None:
    scored(built, [3, 1, 0], [3, 2, 0])
    built.judge("other")
    for i, value in enumerate([3, 2, 0]):
        built.says(f"n{i}", value, judge="other")
    result = built.eval()
    assert figure(result, "exact_agreement").value == pytest.approx(2 / 3)
    assert figure(result, "exact_agreement", judge="other").value == 1.0
    assert {f.judge for f in built.eval(judges=("other",)).figures} == {"other"}
    with pytest.raises(MissingInputError, match="'nobody'") as error:
        built.eval(judges=("nobody",))
    assert "judge, other" in error.value.todo


def test_intervals_depend_on_seed_and_confidence_alone(built: Builder) -> None:
    scored(built, [3, 1, 0, 2, 2, 1, 3], [3, 2, 0, 0, 1, 1, 2])
    first, again = (figure(built.eval(), "pearson") for _ in range(2))
    assert first == again
    other = figure(built.eval(resampling=Resampling(0.8, 200, 1)), "pearson")
    assert other.value == first.value
    assert other.confidence == 0.8
    assert other.high - other.low < first.high - first.low


# --- pairs -------------------------------------------------------------------------------


def test_swapped_orders_ties_and_majorities(built: Builder) -> None:
    compared(
        built,
        ("aab", "a", "a"),
        ("b", "a", "b"),
        ("a", "t", "t"),
        ("at", "b", "b"),
        ("ab", "a", "b"),
        ("t", "b", "a"),
    )
    result = built.eval()
    accuracy = figure(result, "accuracy", "overall")
    # Where people tie there is no winner; a judge's tie is half a point.
    assert accuracy.value == pytest.approx((1 + 0.5 + 0.5 + 0) / 4)
    assert (accuracy.n, accuracy.n_asked, accuracy.n_clusters) == (4, 8, 4)
    assert figure(result, "consistency", "overall").value == pytest.approx(3 / 6)
    # First shown: a in order a, b in order b.
    assert figure(result, "first_slot", "overall").value == pytest.approx(
        (0.5 + 1 + 0.5 + 1 + 0) / 5
    )
    assert figure(result, "tie_rate", "overall").value == pytest.approx(1 / 6)
    assert figure(result, "tie_rate", "overall").n == 6


def test_unparsed_pair_replies_are_counted_per_order(built: Builder) -> None:
    compared(built, ("a", "a", "?"), ("b", "?", "?"))
    result = built.eval()
    accuracy = figure(result, "accuracy", "overall")
    assert (accuracy.value, accuracy.n, accuracy.coverage) == (1.0, 1, 0.25)
    consistency = figure(result, "consistency", "overall")
    assert (consistency.value, consistency.n, consistency.coverage) == (None, 0, 0.25)
    assert "too few" in consistency.undefined


def test_votes_are_cast_from_scores_and_dimensions(built: Builder) -> None:
    built.judge()
    built.rater("ann")
    built.rater("checker", "verifier")
    for i, (a, b) in enumerate([(3, 1), (0, 2)]):
        built.node(f"a{i}", f"s{i}")
        built.node(f"b{i}", f"s{i}")
        built.score("ann", f"a{i}", a)
        built.score("ann", f"b{i}", b)
        # A verifier's vote must not become anybody's preference.
        built.vote("checker", f"a{i}", f"b{i}", "a" if a < b else "b")
        for dimension in (TEXT, "overall"):
            built.says(f"a{i}", "a", f"b{i}", order="a", dimension=dimension)
    result = built.eval()
    for dimension in (TEXT, "overall"):
        accuracy = figure(result, "accuracy", dimension)
        assert (accuracy.value, accuracy.n) == (0.5, 2)


def test_pairs_of_conversations_are_global(built: Builder) -> None:
    built.judge()
    built.rater("ann")
    built.conversation("c1", seed="s")
    built.conversation("c2", seed="s")
    built.vote("ann", "c1", "c2", "b", "helpfulness")
    built.says("c1", "b", "c2", order="a", dimension="helpfulness")
    accuracy = figure(built.eval(), "accuracy", "helpfulness")
    assert (accuracy.value, accuracy.level, accuracy.n) == (1.0, "global", 1)
    assert accuracy.undefined == "no interval: too few clusters (1, 2 needed)"


def test_a_dataset_of_votes_chooses_the_pairs(built: Builder) -> None:
    compared(built, ("a", "a", "a"), ("b", "a", "a"))
    built.rater("bea")
    built.vote("bea", "a1", "b1", "b", dataset="second")
    found = figure(built.eval(dataset="second"), "accuracy", "overall")
    assert (found.value, found.n) == (0.0, 1)


def test_pairs_without_labels_still_show_how_the_judge_behaves(built: Builder) -> None:
    built.judge()
    built.rater("ann")
    for order, choice in (("a", "a"), ("b", "b")):
        built.says(built.node("a0", "s"), choice, built.node("b0", "s"), order=order)
    built.node("a1", "s")
    built.vote("ann", "a0", "b1", "a")
    result = built.eval()
    assert figure(result, "consistency").value == 0.0
    assert figure(result, "accuracy").value is None
    assert result.gaps == (
        "judge judged 1 pairs of answers, annotators voted on 1, but none of these is both",
    )


# --- crucial steps -----------------------------------------------------------------------


def test_the_mean_grade_and_its_distribution(built: Builder) -> None:
    graded(built, 5, 4, None, 5)
    result = built.eval(tasks=("crucial-step",))
    found = figure(result, "mean_grade", "crucial_step_recognition")
    assert found.value == pytest.approx(14 / 3)
    assert (found.task, found.level) == ("crucial-step", "global")
    assert (found.n, found.n_asked, found.coverage) == (3, 4, 0.75)
    (grades,) = result.grades
    assert grades.distribution == {1: 0, 2: 0, 3: 0, 4: 1, 5: 2}
    assert grades.n == 3


def test_crucial_steps_have_no_local_level(built: Builder) -> None:
    graded(built, 5)
    with pytest.raises(UsageError, match="whole conversations"):
        built.eval(tasks=("crucial-step",), levels=("local",))


# --- marks -------------------------------------------------------------------------------


@pytest.mark.parametrize("what", ["rater", "verdict", "item"])
def test_whatever_is_simulated_marks_the_figure(built: Builder, what: str) -> None:
    built.judge(simulated=what == "rater")
    built.rater("ann")
    for i in range(3):
        built.node(f"n{i}", simulated=what == "item" and i == 0)
        built.says(f"n{i}", i, simulated=what == "verdict" and i == 0)
        built.score("ann", f"n{i}", i)
    result = built.eval()
    assert result.simulated
    assert all(f.simulated for f in result.figures)


def test_only_the_task_that_was_simulated_is_marked(built: Builder) -> None:
    scored(built, [3, 1, 0], [3, 2, 0])
    graded(built, 5, 4)
    built.says(
        "c0",
        5,
        task="crucial-step",
        dimension="crucial_step_recognition",
        sample=1,
        simulated=True,
    )
    result = built.eval()
    assert {f.task: f.simulated for f in result.figures} == {"score": False, "crucial-step": True}
    assert result.simulated


def test_invented_labels_mark_what_they_enter(built: Builder) -> None:
    scored(built, [3, 1, 0], [3, 2, 0])
    built.rater("fake", kind="synthetic")
    assert not built.eval().synthetic_labels
    built.score("fake", "n0", 2)
    assert figure(built.eval(), "pearson").synthetic_labels


def test_invented_votes_and_references_are_marked(built: Builder) -> None:
    compared(built, ("a", "a", "a"))
    assert not built.eval().synthetic_labels
    built.vote(built.rater("fake", kind="synthetic"), "a0", "b0", "a")
    assert figure(built.eval(), "accuracy", "overall").synthetic_labels
    graded(built, 3, kind="synthetic")
    built.records = [r for r in built.records if r != Rater("ann", "ann", "annotator", "human")]
    assert built.eval(tasks=("crucial-step",)).grades[0].synthetic_labels


# --- nothing to evaluate -----------------------------------------------------------------


def test_without_a_store_nothing_can_be_read(tmp_path: Path) -> None:
    with pytest.raises(MissingInputError, match="no store"):
        run(Store(tmp_path / "none"), EvalConfig(), Silent())


def test_without_verdicts_it_says_which_are_missing(built: Builder) -> None:
    built.rater("ann")
    with pytest.raises(MissingInputError, match=r"no verdicts \(pair, local or global\)"):
        built.eval(tasks=("pair",))


def test_without_an_overlap_both_numbers_are_said(built: Builder) -> None:
    built.judge()
    built.rater("ann")
    for i in range(3):
        for dimension in (TEXT, "context_coherence"):
            built.says(built.node(f"n{i}"), 2, dimension=dimension)
    for i in range(2):
        built.score("ann", built.node(f"m{i}"), 1)
    with pytest.raises(MissingInputError) as error:
        built.eval()
    assert "judged 3 answers, annotators scored 2, but none" in error.value.what
    assert error.value.exit_code == 66


# --- conditions --------------------------------------------------------------------------


def conditions(built: Builder, *texts: str, **config: Any) -> Any:
    return built.eval(fail_under=texts, **config).checks


def test_conditions_hold_at_the_bound_and_fail_below(built: Builder) -> None:
    compared(built, ("a", "a", "a"), ("b", "a", "b"))
    checks = conditions(
        built,
        "pair.local.overall.accuracy=0.75",
        "pair.overall.accuracy=0.76",
        "pair.accuracy=0.5",
    )
    assert [c.passed for c in checks] == [True, False, True]
    assert checks[1].failures == ("judge: pair.local.overall.accuracy is 0.75 (n=2)",)
    assert [c.n_figures for c in checks] == [1, 1, 1]


def test_an_undefined_figure_fails_and_says_why(built: Builder) -> None:
    scored(built, [3, 1, 2], [3, 3, 3])
    (by_name,) = conditions(built, "score.L4.pearson=-1")
    assert not by_name.passed
    assert by_name.failures == (
        "judge: score.local.text_quality.pearson is undefined (constant: people)",
    )
    (unasked,) = conditions(built, "score.L1.exact_agreement=0")
    assert not unasked.passed
    assert "too few" in unasked.failures[0]
    (all_of_them,) = conditions(built, "score.exact_agreement=0.3")
    assert (all_of_them.passed, all_of_them.n_figures) == (True, 1)


def test_an_average_that_lacks_dimensions_meets_no_condition(built: Builder) -> None:
    scored(built, [3, 1, 0], [3, 1, 0])
    result = built.eval(fail_under=("score.local.average.exact_agreement=0.5",))
    (average,) = (
        figure
        for figure in result.figures
        if (figure.statistic, figure.dimension) == ("exact_agreement", "average")
    )
    # It is high enough, and is the average of one dimension alone.
    assert (average.value, average.undefined) == (1.0, "over 1 of 4 dimensions")
    assert result.checks[0].failures == (
        "judge: score.local.average.exact_agreement is 1 (n=3) over 1 of 4 dimensions:"
        " there is no exact_agreement of L1, L2, L3",
    )
    assert not result.passed
    # Where no dimension is named, what was labelled counts by itself.
    (alone,) = conditions(built, "score.local.exact_agreement=1")
    assert (alone.passed, alone.n_figures) == (True, 1)


def test_an_average_of_all_dimensions_is_measured_by_its_value(built: Builder) -> None:
    keys = [dimension.key for dimension in dimensions_of("local")]
    built.rater("ann")
    built.judge()
    answers = [built.node(f"n{item}") for item in range(3)]
    for key, n_right in zip(keys, (1, 2, 2, 3), strict=True):
        for item, answer in enumerate(answers):
            built.score("ann", answer, 2, dimension=key)
            built.says(answer, 2 if item < n_right else 1, dimension=key)
    metric = "score.local.average.exact_agreement"
    met, not_met = conditions(built, f"{metric}=0.66", f"{metric}=0.67")
    assert met.passed
    assert not_met.failures == (f"judge: {metric} is 0.6667 (n=12)",)
    (every,) = conditions(built, "score.exact_agreement=0.3")
    assert (every.passed, every.n_figures) == (True, 5)


def test_every_judge_must_reach_it(built: Builder) -> None:
    scored(built, [3, 1, 0], [3, 2, 0])
    built.judge("good")
    for i, value in enumerate([3, 2, 0]):
        built.says(f"n{i}", value, judge="good")
    (check,) = conditions(built, "score.L4.exact_agreement=0.9")
    assert check.failures == ("judge: score.local.text_quality.exact_agreement is 0.6667 (n=3)",)
    assert conditions(built, "score.L4.exact_agreement=0.9", judges=("good",))[0].passed


def test_a_judge_named_without_such_a_figure_fails(built: Builder) -> None:
    scored(built, [3, 1, 0], [3, 2, 0])
    built.judge("grader")
    graded(built, 4)
    (check,) = conditions(built, "crucial-step.mean_grade=1")
    assert check.passed
    built.says("n0", 3, judge="grader")
    (check,) = conditions(built, "crucial-step.mean_grade=1", judges=("judge", "grader"))
    assert check.failures == ("grader: has no such figure",)


def test_a_condition_about_nothing_is_an_error_that_lists_what_there_is(built: Builder) -> None:
    scored(built, [3, 1, 0], [3, 2, 0])
    with pytest.raises(UsageError, match="no such figure") as error:
        conditions(built, "pair.accuracy=0.5")
    assert "score.local.text_quality.pearson" in error.value.todo
    with pytest.raises(UsageError, match="no such figure"):
        conditions(built, "score.global.pearson=0.5")


@pytest.mark.parametrize(
    ("text", "level", "dimension", "statistic", "at_least"),
    [
        ("pair.accuracy=0.55", None, None, "accuracy", 0.55),
        ("pair.local.accuracy=.5", "local", None, "accuracy", 0.5),
        ("pair.overall.first_slot=1e-1", None, "overall", "first_slot", 0.1),
        ("score.global.G2.pearson=-0.2", "global", "helpfulness", "pearson", -0.2),
        ("score.average.exact_agreement= 1 ", None, "average", "exact_agreement", 1.0),
        ("crucial-step.mean_grade=4", None, None, "mean_grade", 4.0),
    ],
)
def test_conditions_are_understood(
    text: str, level: str | None, dimension: str | None, statistic: str, at_least: float
) -> None:
    found = Threshold.parse(text)
    assert (found.level, found.dimension, found.statistic, found.at_least) == (
        level,
        dimension,
        statistic,
        at_least,
    )


@pytest.mark.parametrize(
    "text",
    [
        "",
        "pair",
        "pair.accuracy",
        "pair=0.5",
        "accuracy=0.5",
        "pair.pearson=0.5",
        "pair.accuracy=good",
        "pair.accuracy=nan",
        "pair.local.G1.accuracy=0.5",
        "pair.beauty.accuracy=0.5",
        "pair.overall.local.accuracy=0.5",
        "pair..accuracy=0.5",
        "score.mean_absolute_error=0.5",
        "score.L1.score_gap=-5",
        "pair.longer_preference=0",
    ],
)
def test_what_is_no_condition_is_refused_before_anything_is_read(text: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        run(Store(tmp_path / "none"), EvalConfig(fail_under=(text,)), Silent())


# --- the command -------------------------------------------------------------------------


@pytest.fixture
def shown(built: Builder, tmp_path: Path) -> Path:
    """A folder with a store in which everything is simulated and invented."""
    built.judge("stand|in", simulated=True)
    built.rater("ann", kind="synthetic")
    for i, (said, meant) in enumerate([(3, 3), (1, 2), (0, 0)]):
        built.says(built.node(f"n{i}"), said, judge="stand|in", simulated=True)
        built.score("ann", f"n{i}", meant)
    built.store.write(built.records)
    return tmp_path


def call(here: Here, *words: str) -> Done:
    return here("--store", "store", *words)


def test_the_envelope_has_every_figure_with_what_it_rests_on(shown: Path, here: Here) -> None:
    done = call(here, "eval", "--json", "--bootstrap", "50", "--ci", "0.9")
    data = done.data
    assert (data["simulated"], data["synthetic_labels"], done.err) == (True, True, "")
    (found,) = [
        f for f in data["figures"] if (f["dimension"], f["statistic"]) == (TEXT, "exact_agreement")
    ]
    assert found == {
        "judge": "stand|in",
        "model": "m",
        "simulated": True,
        "synthetic_labels": True,
        "task": "score",
        "level": "local",
        "statistic": "exact_agreement",
        "dimension": TEXT,
        "value": pytest.approx(2 / 3),
        "low": found["low"],
        "high": found["high"],
        "confidence": 0.9,
        "n": 3,
        "n_asked": 3,
        "coverage": 1.0,
        "n_clusters": 3,
        "undefined": None,
        "note": None,
    }
    assert json.loads(call(here, "eval", "--format", "json").out)["figures"][0]["simulated"]


def test_text_marks_what_is_simulated_or_invented(shown: Path, here: Here) -> None:
    done = call(here, "eval")
    assert done.code == 0
    assert done.err == ""
    lines = done.out.splitlines()
    assert lines[0].startswith("SIMULATED")
    assert lines[1].startswith("SYNTHETIC")
    rows = [line for line in lines if line.startswith("stand|in")]
    assert rows
    assert all("(SIMULATED, SYNTHETIC labels)" in row for row in rows)
    (brief,) = [r for r in rows if "exact_agreement" in r]
    assert "L_avg" in brief
    in_full = call(here, "eval", "--statistic", "exact_agreement").out.splitlines()
    (detail,) = [r for r in in_full if "exact_agreement" in r and "L4" in r]
    assert "0.667" in detail
    assert "100.0%" in detail


def test_markdown_tables_have_as_many_cells_in_every_row(shown: Path, here: Here) -> None:
    text = call(here, "eval", "--format", "markdown").out
    assert text.startswith("> SIMULATED")
    for block in text.split("\n\n"):
        rows = [line for line in block.splitlines() if line.startswith("|")]
        assert len({row.replace("\\|", "").count("|") for row in rows}) <= 1
    assert "stand\\|in (SIMULATED, SYNTHETIC labels)" in text


def test_csv_has_a_line_for_each_figure(shown: Path, here: Here) -> None:
    rows = list(csv.DictReader(io.StringIO(call(here, "eval", "--format", "csv").out)))
    usual = [name for name in STATISTICS["score"] if name not in BIAS]
    assert len(rows) == len(usual) * (len(dimensions_of("local")) + 1)
    assert {row["simulated"] for row in rows} == {"true"}
    (found,) = [r for r in rows if r["dimension"] == TEXT and r["statistic"] == "exact_agreement"]
    assert float(found["value"]) == pytest.approx(2 / 3)
    (empty,) = [
        r for r in rows if (r["dimension"], r["statistic"]) == ("context_coherence", "pearson")
    ]
    assert empty["value"] == ""
    assert "too few" in empty["undefined"]


def test_fail_under_is_the_exit_code(shown: Path, here: Here) -> None:
    assert call(here, "eval", "--fail-under", "score.L4.exact_agreement=0.6").code == 0
    partial = call(here, "eval", "--fail-under", "score.average.exact_agreement=0.6")
    assert partial.code == 1
    assert "over 1 of 4 dimensions: there is no exact_agreement of L1, L2, L3" in partial.err
    done = call(here, "eval", "--json", "--fail-under", "score.L4.exact_agreement=0.7")
    assert done.code == 1
    answer = done.answer
    assert (answer["status"], answer["data"]["checks"][0]["passed"]) == ("ok", False)
    assert "is 0.6667 (n=3)" in done.err
    unknown = call(here, "eval", "--json", "--fail-under", "pair.accuracy=0.7")
    assert unknown.answer["exit_code"] == 2
    assert "there are: score.local" in unknown.err


@pytest.mark.parametrize("words", [("--ci", "1"), ("--ci", "nan"), ("--bootstrap", "0")])
def test_intervals_that_cannot_be_are_refused(
    shown: Path, words: tuple[str, ...], here: Here
) -> None:
    assert call(here, "eval", *words).code == 2


def test_nothing_to_evaluate_is_missing_input(tmp_path: Path, built: Builder, here: Here) -> None:
    built.rater("ann")
    built.store.write(built.records)
    done = call(here, "eval", "--json")
    assert done.answer["exit_code"] == 66
    assert "intermt judge" in done.err


def test_the_documentation_names_every_statistic_and_field() -> None:
    text = (Path(__file__).parents[2] / "docs" / "evaluation.md").read_text()
    names = [name for statistics in STATISTICS.values() for name in statistics]
    names += [field.name for field in fields(Measured)]
    names += [field.name for field in fields(EvalResult)]
    assert [name for name in names if f"`{name}`" not in text] == []
