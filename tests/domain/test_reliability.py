from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from intermt.domain.agreement import gwet_ac2, krippendorff_alpha
from intermt.domain.bootstrap import cluster_bootstrap
from intermt.domain.estimate import Estimate
from intermt.domain.figures import Resampling
from intermt.domain.reliability import NO_DISTANCE, Reliability, Sample, packed, reliabilities

SCALE = (0, 1, 2, 3)
FEW = Resampling(n_resamples=200)


def one(table: np.ndarray, clusters: np.ndarray, **more: object) -> Reliability:
    how = {"classes": SCALE, "measurement": "ordinal", "n_raters": table.shape[1], **more}
    how.setdefault("raters", columns(table))
    return reliabilities({0: Sample(table, clusters, **how)}, FEW)[0]  # type: ignore[arg-type]


def columns(table: np.ndarray) -> np.ndarray:
    return np.broadcast_to(np.arange(table.shape[1]), table.shape)


def random_table(seed: int, n: int = 60) -> tuple[np.ndarray, np.ndarray]:
    dice = np.random.default_rng(seed)
    table = dice.integers(0, 4, (n, 4)).astype(float)
    table[:, 1] = np.where(dice.random(n) < 0.6, table[:, 0], table[:, 1])
    table[dice.random((n, 4)) < 0.4] = np.nan
    table = table[~np.isnan(table).all(axis=1)]
    return table, dice.integers(0, 15, len(table))


@pytest.mark.parametrize(
    ("measurement", "classes"),
    [("ordinal", SCALE), ("ordinal", (-1, 0, 1, 2, 3)), ("nominal", (3, 1, 0, 2))],
)
def test_values_and_intervals_are_those_of_the_slow_way(measurement, classes):
    table, clusters = random_table(1)
    found = one(table, clusters, measurement=measurement, classes=classes)
    slow = {
        "alpha": lambda t: krippendorff_alpha(t, measurement).value,
        "rate": lambda t: gwet_ac2(t, "identity", categories=classes).observed,
    }
    if measurement == "ordinal":
        slow["ac2"] = lambda t: gwet_ac2(t, "quadratic", categories=classes).value
    else:
        assert (found.ac2.value, found.ac2.undefined) == (None, NO_DISTANCE)
    for name, statistic in slow.items():
        interval = cluster_bootstrap(statistic, clusters, table, n_resamples=FEW.n_resamples)
        estimate = getattr(found, name)
        assert estimate.undefined is None
        assert estimate.value == pytest.approx(statistic(table), abs=1e-12)
        assert (estimate.low, estimate.high) == pytest.approx((interval.low, interval.high))


def test_samples_over_the_same_clusters_are_resampled_alike_together_and_alone():
    first, clusters = random_table(1)
    second = np.where(first == 3, 2, first)
    others = np.arange(len(first)) % 7
    samples = {
        name: Sample(table, groups, SCALE, "ordinal", 4, columns(table))
        for name, table, groups in (
            ("a", first, clusters),
            ("b", second, others),
            ("c", second, clusters),
        )
    }
    together = reliabilities(samples, FEW)
    assert list(together) == ["a", "b", "c"]
    for name, sample in samples.items():
        alone = reliabilities({name: sample}, FEW)[name]
        for figure in ("alpha", "ac2", "rate"):
            assert getattr(together[name], figure).low == pytest.approx(getattr(alone, figure).low)


@settings(deadline=None, max_examples=40)
@given(
    table=arrays(np.float64, (12, 3), elements=st.sampled_from([0.0, 1.0, 2.0, 3.0, np.nan])),
    order=st.permutations(range(3)),
)
def test_it_does_not_matter_which_rater_is_which(table, order):
    clusters = np.arange(12) // 2
    first, second = one(table, clusters), one(table[:, list(order)], clusters)
    for figure in ("alpha", "ac2", "kappa", "rate"):
        mine, other = getattr(first, figure), getattr(second, figure)
        assert mine.undefined == other.undefined
        assert (mine.value, mine.low, mine.high) == pytest.approx(
            (other.value, other.low, other.high), nan_ok=True
        )


def test_full_agreement_has_no_interval_of_no_width():
    table = np.repeat(np.arange(40)[:, None] % 4, 2, axis=1).astype(float)
    found = one(table, np.arange(40) % 10)
    for estimate in (found.alpha, found.ac2):
        assert estimate.value == pytest.approx(1)
        assert estimate.low is None
        assert estimate.undefined == "no interval: the same value on every resample"
    # Wilson's interval of 10 of 10: a tree is a case.
    assert found.rate == Estimate(1.0, pytest.approx(1 / (1 + 1.959964**2 / 10)), 1.0)


def test_no_agreement_at_all_has_an_interval():
    table = np.tile([[0.0, 1.0], [2.0, 3.0]], (6, 1))
    found = one(table, np.arange(12) // 2)
    assert found.rate == Estimate(0.0, 0.0, pytest.approx(1 - 1 / (1 + 1.959964**2 / 6)))


def test_only_trees_with_something_rated_twice_count_for_the_interval_of_a_full_rate():
    table = np.array([[1.0, 1.0]] * 4 + [[2.0, np.nan]] * 96)
    found = one(table, np.arange(100))
    assert found.rate.value == 1.0
    assert found.rate.low == pytest.approx(1 / (1 + 1.959964**2 / 4))


def test_the_same_rate_in_every_tree_has_no_interval():
    table = np.tile([[0.0, 1.0], [2.0, 2.0]], (6, 1))
    found = one(table, np.arange(12) // 2)
    assert found.rate == Estimate(0.5, undefined="no interval: the same value on every resample")


@pytest.mark.parametrize(("value", "name"), [(0, "a"), (2, "tie")])
def test_a_constant_choice_is_called_by_its_name(value: int, name: str):
    table = np.full((6, 2), float(value))
    sample = Sample(
        table, np.arange(6), (0, 1, 2), "nominal", 2, columns(table), names=("a", "b", "tie")
    )
    found = reliabilities({0: sample}, FEW)[0]
    for estimate in (found.alpha, found.kappa):
        assert estimate.undefined == f"constant: every rating is {name}"


def test_why_there_is_no_figure():
    alone = one(np.array([[1.0], [2.0], [3.0]]), np.arange(3))
    assert alone.alpha.undefined == "too few raters (1, 2 needed)"
    assert alone.rate.undefined == "nothing was rated twice"
    assert (alone.n_units, alone.n_pairable, alone.n_raters) == (3, 0, 1)
    apart = one(np.array([[1.0], [2.0]]), np.arange(2), n_raters=2)
    assert apart.ac2.undefined == "too few things rated twice (0, 2 needed)"
    same = one(np.full((6, 2), 3.0), np.arange(6))
    assert same.alpha.undefined == "constant: every rating is 3"
    assert same.rate.value == 1.0
    one_tree = one(np.array([[1.0, 2.0], [3.0, 3.0], [0.0, 1.0]]), np.zeros(3, dtype=int))
    assert one_tree.rate.value == pytest.approx(1 / 3)
    assert one_tree.rate.low is None
    assert one_tree.rate.undefined == "no interval: too few clusters (1, 2 needed)"


def test_nothing_at_all():
    empty = one(np.empty((0, 2)), np.empty(0, dtype=int), n_raters=0)
    assert empty.n_units == empty.n_ratings == empty.n_clusters == 0
    assert empty.alpha.undefined == "too few raters (0, 2 needed)"


def test_packing_keeps_every_rating_with_its_unit():
    table, people = packed(
        np.array([5, 2, 5, 2, 5]), np.array([1.0, 2.0, 3.0, 0.0, 2.0]), np.array([7, 8, 9, 7, 8])
    )
    assert people.tolist() == [[8, 7, 0], [7, 9, 8]]
    assert table.shape == (2, 3)
    assert table[1].tolist() == [1, 3, 2]
    assert table[0, :2].tolist() == [2, 0]
    assert np.isnan(table[0, 2])


@given(st.integers(0, 10_000), st.integers(1, 4))
@settings(deadline=None, max_examples=60)
def test_the_interval_of_a_rate_lies_within_0_and_1_however_few_things_were_rated_twice(
    seed: int, n_twice: int
):
    dice = np.random.default_rng(seed)
    table = np.full((30, 2), np.nan)
    table[:, 0] = dice.integers(0, 4, 30)
    table[:n_twice, 1] = dice.integers(0, 4, n_twice)
    rate = one(table, np.arange(30)).rate
    assert rate.low is None or 0.0 <= rate.low <= rate.high <= 1.0
    slow = cluster_bootstrap(
        lambda t: gwet_ac2(t, "identity", categories=SCALE).observed,
        np.arange(30),
        table,
        n_resamples=FEW.n_resamples,
    )
    if 0.0 < rate.value < 1.0:
        assert (rate.low is None) == (slow.low is None)


def test_resamples_without_a_thing_rated_twice_have_no_rate():
    table = np.full((20, 2), np.nan)
    table[:, 0] = np.arange(20) % 4
    table[:2, 1] = 0.0
    rate = one(table, np.arange(20)).rate
    assert (rate.value, rate.low) == (0.5, None)
    assert "of 200 resamples" in rate.undefined
