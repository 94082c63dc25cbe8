"""Filters as a user writes them, and the whole numbers that stand for their thresholds."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intermt.domain.pairing import PairFilters, exact, least_margins, least_votes, majority
from intermt.errors import IntermtError, UsageError

shares = st.fractions(0, 1)


def test_thresholds_are_read_as_written():
    assert exact(0.1) + exact(0.2) == exact(0.3)
    assert exact(" 1e-2 ") == Fraction(1, 100)
    for bad in ("", "four", "nan", "inf", "1e999999999", float("nan")):
        with pytest.raises(UsageError):
            exact(bad)
    for bad in (-0.1, 1.01, "80"):
        with pytest.raises(IntermtError, match="between 0 and 1"):
            PairFilters.of(min_agree=bad)


def test_ties_have_no_margin_to_ask_for():
    with pytest.raises(UsageError, match="no winner to be ahead"):
        PairFilters.of(min_margin="1", ties="keep")
    assert PairFilters.of(ties="keep").keep_ties


@given(shares, st.integers(1, 40))
def test_the_fewest_votes_are_the_least_that_are_enough(share, most):
    for n, least in enumerate(least_votes(share, most), start=1):
        assert Fraction(least, n) >= share
        assert least == 0 or Fraction(least - 1, n) < share


@given(st.fractions(-4, 4), st.integers(1, 10))
def test_the_least_sum_of_margins_is_the_least_that_is_enough(margin, most):
    for n, least in enumerate(least_margins(margin, most, 60), start=1):
        assert Fraction(least, 60 * n) >= margin
        assert Fraction(least - 1, 60 * n) < margin


def test_margins_that_no_score_reaches_stay_within_64_bits():
    assert least_margins(Fraction(10) ** 300, 1, 60) == [2**62]
    assert least_margins(-(Fraction(10) ** 300), 1, 60) == [-(2**62)]


def test_the_side_with_more_votes_has_the_majority():
    assert [majority(2, 1), majority(1, 2), majority(1, 1)] == ["a", "b", None]
