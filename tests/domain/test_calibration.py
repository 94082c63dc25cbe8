"""Calibration: which bin an item is in, and what is said of a bin."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intermt.domain.calibration import AGREEMENT_EDGES, N_GROUPS, Reading, binned, score_edges
from intermt.domain.figures import Resampling

FEW = Resampling(n_resamples=100)
SCALE = range(4)


def readings(*pairs: tuple[float, float]) -> list[Reading]:
    return [Reading(x, y, f"seed{i}") for i, (x, y) in enumerate(pairs)]


def test_a_bin_has_the_means_and_an_interval_of_its_items() -> None:
    items = readings((0, 1), (0, 2), (3, 3), (3, 1), (3, 2))
    first, last = binned(items, score_edges([0, 3], SCALE), FEW)
    assert (first.x, first.y, first.n, first.n_clusters) == (0.0, 1.5, 2, 2)
    assert (last.x, last.y, last.n) == (3.0, 2.0, 3)
    assert last.low is not None
    assert last.high is not None
    assert 1 <= last.low < last.y < last.high <= 3


def test_items_of_one_seed_have_no_interval_and_say_so() -> None:
    (only,) = binned([Reading(1, 1, "s"), Reading(1, 2, "s")], (0.5, 1.5), FEW)
    assert (only.low, only.high) == (None, None)
    assert "too few clusters" in (only.undefined or "")


def test_means_of_repetitions_count_to_the_nearest_score() -> None:
    edges = score_edges([0.4, 0.5, 1.49, 3.0], SCALE)
    bins = binned(readings((0.4, 0), (0.5, 0), (1.49, 0), (3.0, 0)), edges, FEW)
    assert [b.n for b in bins] == [1, 2, 1]


def test_a_judge_with_a_scale_of_its_own_is_cut_into_groups() -> None:
    values = [i / 7 - 3 for i in range(50)]
    bins = binned(readings(*((v, 1.0) for v in values)), score_edges(values, None), FEW)
    assert len(bins) == N_GROUPS
    assert all(9 <= b.n <= 11 for b in bins)


def test_everybody_agreeing_is_a_bin_of_its_own() -> None:
    bins = binned(readings((0.95, 1), (1.0, 0), (0.6, 1), (0.59, 1)), AGREEMENT_EDGES, FEW)
    assert [(b.x, b.n) for b in bins] == [(0.59, 1), (0.6, 1), (0.95, 1), (1.0, 1)]


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=40))
def test_no_item_is_lost(values: list[float]) -> None:
    bins = binned(readings(*((v, 0.0) for v in values)), score_edges(values, None), FEW)
    assert sum(b.n for b in bins) == len(values)
    assert all(math.isclose(b.y, 0.0) for b in bins)


def test_a_share_that_never_varies_still_has_a_width() -> None:
    (only,) = binned(readings(*([(1.0, 1.0)] * 5)), AGREEMENT_EDGES, FEW, is_share=True)
    assert only.low == pytest.approx(0.566, abs=0.01)
    assert only.high == 1.0
