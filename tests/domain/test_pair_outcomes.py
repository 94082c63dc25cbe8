"""Outcomes over orders and repetitions, and pairs counted in one order."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intermt.domain.figures import Resampling, figure_of
from intermt.domain.pair_outcomes import (
    PairReply,
    PairRow,
    in_one_order,
    outcomes,
    pair_evidence,
)

TEXT = "text_quality"
FEW = Resampling(n_resamples=20)
NAMES = {"a": "a", "b": "b", "t": "tie", "?": None}


def row(replies, human="a", item="i", dimension=TEXT):
    """Replies as in `"a>a b>t a>?"`: shown first > chosen, ? for unparsed."""
    seen = Counter()
    made = []
    for reply in replies.split():
        order, choice = reply.split(">")
        made.append(PairReply(order, seen[order], NAMES[choice]))
        seen[order] += 1
    return PairRow(dimension, f"t{item}", tuple(made), tuple(NAMES[h] for h in human), item)


@pytest.mark.parametrize(
    ("replies", "outcome"),
    [
        ("a>a b>a", "a"),
        ("a>b b>b", "b"),
        ("a>t b>t", "tie"),
        ("a>a b>b", "inconsistent"),
        ("a>a b>t", "inconsistent"),
        ("a>a b>?", "unparsed"),
        ("a>? b>?", "unparsed"),
        ("a>b", "b"),
        (">b", "b"),
        ("a>a a>a a>b b>a", "a"),
        ("a>a a>b b>t", "tie"),
        ("a>t a>t a>a b>t", "tie"),
        ("a>t a>a b>a", "a"),
        ("a>a a>? b>a", "a"),
        ("", "unparsed"),
    ],
)
def test_the_outcome_of_all_orders_and_repetitions(replies, outcome):
    assert row(replies).outcome == outcome


def test_outcomes_are_counted_by_dimension():
    rows = [row("a>a b>a"), row("a>a b>b"), row("a>? b>b"), row("a>t", dimension="overall")]
    counts = outcomes(rows)
    assert counts[TEXT] == {"a": 1, "b": 0, "tie": 0, "inconsistent": 1, "unparsed": 1}
    assert counts["overall"]["tie"] == 1


def figures(rows, **how):
    return {
        name: figure_of(e.measure, e.cases.get(TEXT, ()), FEW)
        for name, e in pair_evidence(rows, **how).items()
    }


def test_most_repetitions_decide_each_order():
    found = figures([row("a>a a>a a>b b>b b>b b>a")])
    # By replies it would be a half as well, but 2 of 3 are no more certain than 3 of 3.
    assert found["accuracy"].value == 0.5
    assert figures([row("a>a a>a a>b b>a")])["accuracy"].value == 1.0


def test_classes_are_compared_with_what_most_people_chose():
    rows = [
        row("a>a b>a", "a", "1"),
        row("a>b b>b", "b", "2"),
        row("a>a b>b", "t", "3"),
        row("a>t b>t", "a", "4"),
        row("a>b b>b", "ab", "5"),
        row("a>a b>?", "b", "6"),
        row("a>a b>a", "", "7"),
    ]
    found = figures(rows)
    # Judge a b tie tie b beside people a b tie a tie; 6 is unparsed, 7 has no label.
    assert found["cohen_kappa"].n == found["macro_f1"].n == 5
    assert found["cohen_kappa"].n_asked == 12
    assert found["cohen_kappa"].value == pytest.approx((3 / 5 - 8 / 25) / (1 - 8 / 25))
    assert found["macro_f1"].value == pytest.approx((2 / 3 + 2 / 3 + 1 / 2) / 3)
    assert found["coverage"].value == pytest.approx(6.5 / 7)


def test_a_judges_tie_can_count_as_an_error():
    rows = [row("a>t", "a", "1"), row("a>a", "a", "2"), row("a>t", "t", "3")]
    assert figures(rows)["accuracy"].value == 0.75
    assert figures(rows, tie_credit=0.0)["accuracy"].value == 0.5


@given(st.integers(0, 50), st.text(min_size=1, max_size=5))
def test_one_order_is_the_same_for_all_dimensions_of_a_pair(seed, item):
    both = [row("a>a b>b a>t", item=item, dimension=d) for d in (TEXT, "overall")]
    one, other = (in_one_order(r, seed) for r in both)
    assert one.replies == other.replies
    assert len(one.replies) == 1
    assert one.replies[0].sample == 0
    assert in_one_order(one, seed) == one


def test_orders_are_drawn_evenly_and_by_the_seed():
    pairs = [row("a>a b>b", item=str(i)) for i in range(400)]
    first = [in_one_order(r, 0).replies[0].order for r in pairs]
    second = [in_one_order(r, 1).replies[0].order for r in pairs]
    assert 160 < first.count("a") < 240
    assert first != second
    assert in_one_order(row(""), 0).replies == ()
