"""Measures against scipy and scikit-learn, and resamples against doing the same by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from sklearn.metrics import cohen_kappa_score, f1_score

from intermt.domain import rank_measures
from intermt.domain.bootstrap import times_drawn
from intermt.domain.measures import (
    GroupGap,
    MacroF1,
    Mean,
    NominalKappa,
    PartialPearson,
    Pearson,
    QuadraticKappa,
)
from intermt.domain.rank_measures import KendallTauB, Spearman

scores = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=2, max_size=40)
classes = st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2)), min_size=2, max_size=40)


def table(rows):
    return np.array(rows, dtype=np.float64)


def constant(rows):
    return any(len(set(side)) == 1 for side in zip(*rows, strict=True))


def moments(rows):
    """One reply and one person an item."""
    x, y = table(rows).T
    return np.stack([x, y, x * x, y * y], axis=1)


@given(scores)
def test_weighted_kappa_is_sklearns(rows):
    value, why = QuadraticKappa().of(moments(rows))
    if constant(rows):
        assert value is None
        assert "constant" in why
    else:
        judge, people = zip(*rows, strict=True)
        expected = cohen_kappa_score(judge, people, weights="quadratic", labels=[0, 1, 2, 3])
        assert value == pytest.approx(expected, abs=1e-9)


@given(
    st.lists(
        st.tuples(
            st.lists(st.integers(0, 3), min_size=1, max_size=3),
            st.lists(st.integers(0, 3), min_size=1, max_size=4),
        ),
        min_size=2,
        max_size=12,
    )
)
def test_weighted_kappa_of_several_ratings_weighs_items_alike(items):
    rows, combinations, weights = [], [], []
    for judge, people in items:
        squares = [float(np.mean(np.square(side))) for side in (judge, people)]
        rows.append([np.mean(judge), np.mean(people), *squares])
        both = [(x, y) for x in judge for y in people]
        combinations += both
        weights += [1 / len(both)] * len(both)
    value, _ = QuadraticKappa().of(table(rows))
    if constant(combinations):
        assert value is None
        return
    expected = cohen_kappa_score(
        *zip(*combinations, strict=True),
        weights="quadratic",
        labels=[0, 1, 2, 3],
        sample_weight=weights,
    )
    assert value == pytest.approx(expected, abs=1e-9)


@given(classes)
def test_nominal_kappa_and_macro_f1_are_sklearns(rows):
    judge, people = zip(*rows, strict=True)
    value, why = NominalKappa(3).of(table(rows))
    if constant(rows):
        assert value is None
        assert "constant" in why
    else:
        assert value == pytest.approx(cohen_kappa_score(judge, people), abs=1e-9)
    f1, _ = MacroF1(3).of(table(rows))
    assert f1 == pytest.approx(f1_score(people, judge, average="macro"), abs=1e-9)


@given(st.integers(0, 10_000))
def test_a_partial_correlation_is_that_of_what_a_line_leaves(seed):
    generator = np.random.default_rng(seed)
    z = generator.integers(0, 4, size=30).astype(float)
    x, y = z + generator.normal(size=30), 5 - z + generator.normal(size=30)
    value, _ = PartialPearson(("x", "y", "z")).of(np.stack([x, y, z], axis=1))
    line = np.stack([np.ones(30), z], axis=1)
    left = [side - line @ np.linalg.lstsq(line, side, rcond=None)[0] for side in (x, y)]
    assert value == pytest.approx(stats.pearsonr(*left).statistic, abs=1e-9)


def test_a_partial_correlation_that_cannot_be_says_why():
    measure = PartialPearson(("the judge", "length", "people"))
    x = np.array([0.0, 1, 2, 3, 3])
    of_people, constant = x.copy(), np.ones(5)
    assert measure.of(np.stack([x, constant, x[::-1]], axis=1))[1] == "constant: length"
    value, why = measure.of(np.stack([x, np.arange(5.0), of_people], axis=1))
    assert value is None
    assert "people" in why
    assert "too few" in measure.of(np.ones((3, 3)))[1]


def test_a_gap_between_groups_needs_both():
    measure = GroupGap(("own", "others"))
    assert measure.of(table([(1, 2), (1, 4), (0, 1)])) == (2.0, None)
    assert measure.of(table([(1, 2), (1, 4)])) == (None, "too few items: no others")
    assert measure.of(np.empty((0, 2)))[1] == "too few items: no own and no others"


# --- resamples ---------------------------------------------------------------------------


def _case(measure, seed, n=40):
    generator = np.random.default_rng(seed)
    clusters = generator.integers(0, 9, size=n)
    clusters[:9] = np.arange(9)
    base = generator.integers(0, 4, size=n).astype(float)
    other = np.clip(base + generator.integers(-1, 2, size=n), 0, 3)
    third = generator.normal(size=n)
    data = {
        "Mean": base[:, None],
        "GroupGap": np.stack([(other > 1).astype(float), third], axis=1),
        "PartialPearson": np.stack([base, other, third], axis=1),
        "QuadraticKappa": np.stack([base, other, base**2, other**2], axis=1),
        "NominalKappa": np.stack([base % 3, other % 3], axis=1),
        "MacroF1": np.stack([base % 3, other % 3], axis=1),
    }.get(type(measure).__name__, np.stack([base, other], axis=1))
    return data, clusters


MEASURES = [
    Mean(),
    GroupGap(("own", "others")),
    Pearson(),
    PartialPearson(("x", "y", "z")),
    QuadraticKappa(),
    NominalKappa(3),
    MacroF1(3),
    Spearman(),
    KendallTauB(),
]


def by_hand(measure, data, clusters, times):
    values = []
    for row in times:
        chosen = np.repeat(np.arange(len(data)), row.astype(int)[clusters])
        value, _ = measure.of(data[chosen])
        values.append(np.nan if value is None else value)
    return values


@pytest.mark.parametrize("measure", MEASURES, ids=lambda m: type(m).__name__)
@pytest.mark.parametrize("seed", range(3))
def test_a_resample_has_the_value_of_its_rows(measure, seed):
    data, clusters = _case(measure, seed)
    (times,) = times_drawn(9, 50, seed)
    values = measure.resampler(data, clusters, 9)(times)
    assert values == pytest.approx(by_hand(measure, data, clusters, times), abs=1e-9, nan_ok=True)


@pytest.mark.parametrize("measure", [Pearson(), Spearman(), KendallTauB()])
def test_a_constant_resample_has_no_value(measure):
    # Numbers without an exact binary form: a constant resample's variance is not exactly 0.
    data = table([(0.7, 0), (0.7, 1), (0.7, 2), (0.1, 3)])
    values = measure.resampler(data, np.arange(4), 4)(table([[2, 1, 1, 0], [1, 1, 1, 1]]))
    assert np.isnan(values[0])
    assert values[1] == pytest.approx(measure.of(data)[0], abs=1e-9)


@pytest.mark.parametrize("measure", [Spearman(), KendallTauB()])
def test_numbers_without_ties_and_many_clusters_take_the_other_way(measure, monkeypatch):
    generator = np.random.default_rng(3)
    people = generator.integers(0, 4, size=60)
    data = np.stack([people + generator.normal(size=60), people], axis=1)
    clusters = generator.permutation(np.repeat(np.arange(20), 3))
    (times,) = times_drawn(20, 30, 0)
    dense = measure.resampler(data, clusters, 20)(times)
    monkeypatch.setattr(rank_measures, "_MOST_CELLS", 0)
    monkeypatch.setattr(rank_measures, "_BLOCK", 200)
    sparse = measure.resampler(data, clusters, 20)(times)
    assert sparse == pytest.approx(dense, abs=1e-12)
    assert dense == pytest.approx(by_hand(measure, data, clusters, times), abs=1e-9)
