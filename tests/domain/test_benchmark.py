"""Benchmark tables: what counts, what is left out, and what is said about it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from intermt.dimensions import dimensions_of
from intermt.domain.benchmark import (
    GRADES,
    GradeRow,
    ScoreRow,
    crucial_step_evidence,
    score_evidence,
)
from intermt.domain.figures import Resampling, figure_of, tables_of
from intermt.domain.pair_outcomes import PairReply, PairRow, pair_evidence

FEW = Resampling(n_resamples=200)
TEXT = "text_quality"
LOCAL = [d.key for d in dimensions_of("local")]
PUBLISHED = Path(__file__).parents[3] / "shared" / "reference" / "published_results.json"


def score_tables(rows, level, resampling=FEW):
    return tables_of("score", level, score_evidence(rows), resampling)


def pair_tables(rows, level, resampling=FEW):
    return tables_of("pair", level, pair_evidence(rows), resampling)


def score_row(judge, human, cluster="c", dimension=TEXT):
    judge = judge if isinstance(judge, tuple) else (judge,)
    human = human if isinstance(human, tuple) else (human,)
    return ScoreRow(dimension, cluster, judge, human)


def pair_row(replies, human="a", cluster="c", dimension=TEXT):
    """Replies as in `"a>b b>t a>?"`: shown first > chosen, ? for unparsed."""
    names = {"a": "a", "b": "b", "t": "tie", "?": None}
    seen = {"a": 0, "b": 0, "": 0}
    made = []
    for reply in replies.split():
        order, choice = reply.split(">")
        made.append(PairReply(order, seen[order], names[choice]))
        seen[order] += 1
    return PairRow(dimension, cluster, tuple(made), tuple(names[h] for h in human))


def accuracy_of(replies, human="a"):
    return pair_tables([pair_row(replies, human)], "local", FEW)["accuracy"].figures[TEXT]


# --- scores ------------------------------------------------------------------------------


def test_pearson_and_exact_agreement_of_single_scores():
    judge, human = [3, 3, 2, 1, 0, 3], [3, 2, 2, 2, 0, 1]
    rows = [
        score_row(j, h, f"c{i // 2}") for i, (j, h) in enumerate(zip(judge, human, strict=True))
    ]
    tables = score_tables(rows, "local", FEW)
    figure = tables["pearson"].figures[TEXT]
    assert figure.value == pytest.approx(stats.pearsonr(judge, human).statistic)
    assert (figure.n, figure.n_asked, figure.coverage, figure.n_clusters) == (6, 6, 1.0, 3)
    assert tables["exact_agreement"].figures[TEXT].value == pytest.approx(3 / 6)


def test_several_replies_and_people_are_combined_as_documented():
    rows = [
        score_row((3, 2, None), (3, 3), "c1"),
        score_row((0, 0), (1, 0), "c2"),
        score_row((None, None), (2,), "c3"),
        score_row((1,), (2, 3), "c4"),
    ]
    tables = score_tables(rows, "local", FEW)
    figure = tables["pearson"].figures[TEXT]
    expected = stats.pearsonr([2.5, 0.0, 1.0], [3.0, 0.5, 2.5]).statistic
    assert figure.value == pytest.approx(expected)
    assert (figure.n, figure.n_asked, figure.n_parsed) == (3, 8, 5)
    assert figure.coverage == 5 / 8
    # 2 of 4 combinations equal, 2 of 4, none of 2.
    assert tables["exact_agreement"].figures[TEXT].value == pytest.approx((0.5 + 0.5 + 0) / 3)


def test_a_judge_that_always_says_three_has_no_correlation_but_an_agreement():
    rows = [score_row(3, h, f"c{h}") for h in (0, 1, 2, 3)]
    tables = score_tables(rows, "local", FEW)
    figure = tables["pearson"].figures[TEXT]
    assert (figure.value, figure.undefined) == (None, "constant: the judge")
    assert (figure.n, figure.coverage) == (4, 1.0)
    assert tables["exact_agreement"].figures[TEXT].value == 0.25


def test_a_dimension_nobody_asked_about_is_there_and_says_so():
    table = score_tables([], "global", FEW)["pearson"]
    assert list(table.figures) == [d.key for d in dimensions_of("global")]
    figure = table.figures["helpfulness"]
    assert (figure.value, figure.n, figure.n_asked, figure.coverage) == (None, 0, 0, None)
    assert "too few" in figure.undefined
    assert (table.average.value, table.average.n_defined, table.average.n_dimensions) == (
        None,
        0,
        5,
    )


def test_replies_that_never_parse_leave_no_value_and_no_coverage():
    rows = [score_row(None, h, f"c{h}") for h in (0, 1, 2, 3)]
    figure = score_tables(rows, "local", FEW)["exact_agreement"].figures[TEXT]
    assert (figure.value, figure.n, figure.coverage) == (None, 0, 0.0)


def test_rows_without_a_human_score_are_left_out():
    rows = [score_row(3, 3, "c1"), score_row(2, (), "c2")]
    figure = score_tables(rows, "local", FEW)["exact_agreement"].figures[TEXT]
    assert (figure.value, figure.n, figure.n_asked) == (1.0, 1, 1)


def test_one_cluster_gives_a_value_without_an_interval():
    rows = [score_row(j, h, "only") for j, h in ((0, 1), (1, 1), (2, 3))]
    figure = score_tables(rows, "local", FEW)["pearson"].figures[TEXT]
    assert figure.value is not None
    assert (figure.low, figure.high) == (None, None)
    assert figure.undefined == "no interval: too few clusters (1, 2 needed)"


def _many_rows(dimensions, seed=0):
    generator = np.random.default_rng(seed)
    for i in range(120):
        for dimension in dimensions:
            human = int(generator.integers(0, 4))
            judge = int(np.clip(human + generator.integers(-1, 2), 0, 3))
            yield score_row(judge, human, f"c{i % 30:02}", dimension)


def test_the_average_is_over_the_defined_dimensions_of_the_level():
    rows = list(_many_rows(LOCAL[:3])) + [score_row(3, 2, f"c{i}", TEXT) for i in range(9)]
    table = score_tables(rows, "local", FEW)["pearson"]
    values = [table.figures[key].value for key in LOCAL[:3]]
    assert table.figures[TEXT].value is None
    assert table.average.value == pytest.approx(np.mean(values))
    assert (table.average.n_defined, table.average.n_dimensions) == (3, 4)
    assert table.average.low < table.average.value < table.average.high


def test_equal_dimensions_average_to_the_interval_of_one():
    one = list(_many_rows([TEXT]))
    rows = [ScoreRow(key, r.cluster, r.replies, r.human) for key in LOCAL for r in one]
    table = score_tables(rows, "local", FEW)["pearson"]
    figure, average = table.figures[TEXT], table.average
    assert (average.value, average.low, average.high) == pytest.approx(
        (figure.value, figure.low, figure.high)
    )


@pytest.mark.skipif(not PUBLISHED.exists(), reason="published figures are not beside the checkout")
def test_published_averages_are_means_over_dimensions():
    published = json.loads(PUBLISHED.read_text())["pair_comparison_accuracy"]
    for row in published.values():
        # A thousand items a dimension, as many right as published to three digits; equal rows
        # of a few trees are as good as others.
        rows = [
            pair_row("a>a" if i < round(1000 * share) else "a>b", "a", f"c{i % 9}", key)
            for key, share in zip(LOCAL, row[:4], strict=True)
            for i in range(1000)
        ]
        evidence = {"accuracy": pair_evidence(rows)["accuracy"]}
        table = tables_of("pair", "local", evidence, Resampling(n_resamples=2))["accuracy"]
        # One figure of the paper is rounded from digits it does not show.
        assert table.average.value == pytest.approx(row[4], abs=0.0021)


# --- pairs -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("replies", "expected"),
    [
        ("a>a b>a", 1.0),
        ("a>b b>b", 0.0),
        ("a>a b>b", 0.5),
        ("a>t b>t", 0.5),
        ("a>a b>t", 0.75),
        ("a>a b>?", 1.0),
        ("a>a", 1.0),
        ("a>a a>b b>a b>a", 0.75),
    ],
)
def test_accuracy_is_the_mean_over_parsed_replies(replies, expected):
    figure = accuracy_of(replies)
    assert figure.value == expected
    assert figure.n == 1
    n_parsed = len(replies.split()) - replies.count("?")
    assert figure.coverage == n_parsed / len(replies.split())


@pytest.mark.parametrize("human", ["", "t", "ab", "tt", "aabb"])
def test_items_on_which_people_tie_are_left_out_of_accuracy_alone(human):
    tables = pair_tables([pair_row("a>a b>a", human)], "local", FEW)
    figure = tables["accuracy"].figures[TEXT]
    assert (figure.value, figure.n, figure.n_asked) == (None, 0, 0)
    assert tables["consistency"].figures[TEXT].value == 1.0


def test_the_majority_of_people_decides():
    assert accuracy_of("a>b b>b", "bba").value == 1.0
    assert accuracy_of("a>b b>b", "att").value == 0.0


def test_unparsed_items_leave_the_denominator_and_lower_the_coverage():
    rows = [pair_row("a>a b>a", "a", "c1"), pair_row("a>? b>?", "a", "c2")]
    figure = pair_tables(rows, "local", FEW)["accuracy"].figures[TEXT]
    assert (figure.value, figure.n, figure.n_asked, figure.coverage) == (1.0, 1, 4, 0.5)


@settings(deadline=None)
@given(st.lists(st.sampled_from(["a", "b"]), min_size=1, max_size=20))
def test_a_judge_that_only_sees_positions_is_at_chance(humans):
    rows = [pair_row("a>a b>b", human, f"c{i}") for i, human in enumerate(humans)]
    tables = pair_tables(rows, "local", Resampling(n_resamples=5))
    assert tables["accuracy"].figures[TEXT].value == 0.5
    assert tables["consistency"].figures[TEXT].value == 0.0
    assert tables["first_slot"].figures[TEXT].value == 1.0


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from("abt?"), st.sampled_from("abt?"), st.sampled_from("abt")))
)
def test_exchanging_the_candidates_changes_no_figure(items):
    swap = {"a": "b", "b": "a", "t": "t", "?": "?"}
    rows = [pair_row(f"a>{x} b>{y}", h, f"c{i}") for i, (x, y, h) in enumerate(items)]
    mirrored = [
        pair_row(f"b>{swap[x]} a>{swap[y]}", swap[h], f"c{i}") for i, (x, y, h) in enumerate(items)
    ]
    resampling = Resampling(n_resamples=5)
    assert pair_tables(rows, "local", resampling) == pair_tables(mirrored, "local", resampling)


def test_consistency_needs_both_orders_parsed():
    rows = [
        pair_row("a>a b>a", cluster="c1"),
        pair_row("a>t b>t", cluster="c2"),
        pair_row("a>a b>b", cluster="c3"),
        pair_row("a>a b>?", cluster="c4"),
        pair_row("a>a a>a", cluster="c5"),
        pair_row("a>a a>b b>a b>a", cluster="c6"),
    ]
    figure = pair_tables(rows, "local", FEW)["consistency"].figures[TEXT]
    assert figure.value == pytest.approx((1 + 1 + 0 + 0.5) / 4)
    assert (figure.n, figure.n_asked, figure.n_parsed) == (4, 12, 11)


def test_a_reply_whose_order_is_not_known_says_nothing_of_positions():
    tables = pair_tables([pair_row(">a"), pair_row("a>b b>b")], "local", FEW)
    assert tables["accuracy"].figures[TEXT].value == 0.5
    assert tables["first_slot"].figures[TEXT].n == 1
    assert tables["consistency"].figures[TEXT].n == 1


def test_first_slot_and_tie_rate():
    rows = [pair_row("a>a b>a", cluster="c1"), pair_row("a>t b>b a>? b>t", cluster="c2")]
    tables = pair_tables(rows, "local", FEW)
    assert tables["first_slot"].figures[TEXT].value == pytest.approx((0.5 + 1.0) / 2)
    assert tables["tie_rate"].figures[TEXT].value == pytest.approx((0 + 2 / 3) / 2)
    assert tables["tie_rate"].figures[TEXT].coverage == 5 / 6


def test_overall_has_a_figure_but_is_no_part_of_the_average():
    rows = [pair_row("a>a", "a", "c1", "overall"), pair_row("a>b", "a", "c1", TEXT)]
    table = pair_tables(rows, "local", FEW)["accuracy"]
    assert list(table.figures) == [*LOCAL, "overall"]
    assert table.figures["overall"].value == 1.0
    assert (table.average.value, table.average.n_defined) == (0.0, 1)


# --- crucial steps -----------------------------------------------------------------------


def grade_figures(*rows):
    evidence = crucial_step_evidence(rows, "crucial")
    return {name: figure_of(e.measure, e.cases["crucial"], FEW) for name, e in evidence.items()}


def test_mean_grade_and_the_share_of_each_grade():
    found = grade_figures(GradeRow("c1", (5, 4)), GradeRow("c2", (1,)), GradeRow("c3", (None,)))
    mean = found["mean_grade"]
    assert mean.value == pytest.approx((4.5 + 1) / 2)
    assert (mean.n, mean.coverage) == (2, 0.75)
    assert (mean.low, mean.high) == (1.0, 4.5)
    shares = {grade: found[f"grade_{grade}"].value for grade in GRADES}
    assert shares == {1: 0.5, 2: 0.0, 3: 0.0, 4: 0.25, 5: 0.25}
    assert found["grade_2"].high > 0.3
    assert found["coverage"].value == pytest.approx((1 + 1 + 0) / 3)


def test_no_grade_in_any_reply():
    found = grade_figures(GradeRow("c1", (None, None)))
    assert (found["mean_grade"].value, found["mean_grade"].coverage) == (None, 0.0)
    assert found["mean_grade"].undefined == "too few items (0, 1 needed)"
    assert found["coverage"].value == 0.0
