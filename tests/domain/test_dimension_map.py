from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import pearsonr, spearmanr

from intermt.domain.dimension_map import dimension_map


def table(seed: int, n: int = 120) -> np.ndarray:
    dice = np.random.default_rng(seed)
    quality = dice.normal(size=(n, 1))
    scores = np.clip(np.round(1.5 + quality + dice.normal(size=(n, 4))), 0, 3)
    scores[dice.random((n, 4)) < 0.2] = np.nan
    return scores


@pytest.mark.parametrize("seed", range(3))
def test_every_cell_is_scipys_over_the_rows_that_have_both(seed: int):
    scores = table(seed)
    cells = dimension_map(scores, np.arange(len(scores)) // 3, "abcd")
    assert set(cells) == {(i, j) for i in range(4) for j in range(i + 1, 4)}
    for (i, j), cell in cells.items():
        both = ~np.isnan(scores[:, [i, j]]).any(axis=1)
        x, y = scores[both, i], scores[both, j]
        assert cell.n == both.sum()
        assert cell.pearson.value == pytest.approx(pearsonr(x, y).statistic, abs=1e-9)
        assert cell.spearman.value == pytest.approx(spearmanr(x, y).statistic, abs=1e-9)
        for found in (cell.pearson, cell.spearman):
            assert found.low < found.value < found.high


def test_the_order_of_rows_decides_nothing():
    scores, clusters = table(1), np.arange(120) // 3
    order = np.random.default_rng(0).permutation(120)
    one = dimension_map(scores, clusters, "abcd")[0, 1].spearman
    other = dimension_map(scores[order], clusters[order], "abcd")[0, 1].spearman
    assert (one.value, one.low, one.high) == pytest.approx((other.value, other.low, other.high))


def test_ranks_are_made_anew_without_each_cluster():
    scores = table(2)[:, :2]
    scores = scores[~np.isnan(scores).any(axis=1)]
    clusters = np.arange(len(scores)) % 10
    found = dimension_map(scores, clusters, "ab")[0, 1].spearman
    left = [spearmanr(*scores[clusters != c].T).statistic for c in range(10)]
    z = np.arctanh(left)
    error = np.sqrt(9 / 10 * ((z - z.mean()) ** 2).sum())
    ends = np.tanh(np.arctanh(found.value) + np.array([-1, 1]) * 2.262157 * error)
    assert (found.low, found.high) == pytest.approx(tuple(ends), rel=1e-5)


def test_noise_is_found_to_be_noise():
    held = 0
    for seed in range(60):
        dice = np.random.default_rng(seed)
        scores = dice.integers(0, 4, (60, 2)).astype(float)
        cell = dimension_map(scores, np.arange(60) // 2, "ab")[0, 1]
        held += (cell.pearson.low <= 0 <= cell.pearson.high) + (
            cell.spearman.low <= 0 <= cell.spearman.high
        )
    assert held >= 106


def test_a_part_without_which_the_correlation_is_perfect_is_the_reason_for_no_interval():
    scores = np.array([[0, 0], [3, 1], [1, 2.0]])
    r = dimension_map(scores, np.arange(3), "ab")[0, 1].pearson
    assert abs(r.value) < 0.7
    assert r.undefined == (
        "no interval: without one of 3 parts of the trees the correlation is perfect, so its"
        " spread cannot be told"
    )
    perfect = dimension_map(np.repeat([[0.0], [1], [3]], 2, axis=1), np.arange(3), "ab")[0, 1]
    assert perfect.pearson.undefined.startswith("no interval: perfect correlation")
    more = np.vstack([scores, [[2, 0], [0, 3], [3, 2]]])
    several = dimension_map(more, np.array([0, 1, 2, 0, 1, 2]), "ab")[0, 1].pearson
    assert several.low < several.value < several.high


def test_cells_without_a_figure_say_why():
    nan = np.nan
    scores = np.array([[1, 2, nan, 3], [2, 1, nan, 3], [3, 3, 1, 3], [0, 1, nan, 3.0]])
    cells = dimension_map(scores, np.arange(4), ("w", "x", "y", "z"))
    assert cells[0, 2].pearson.undefined == "too few pairs (1, 3 needed)"
    assert cells[0, 3].spearman.undefined == "constant: z"
    assert cells[0, 1].n == 4
    one_tree = dimension_map(scores, np.zeros(4, dtype=int), "wxyz")[0, 1]
    assert one_tree.pearson.value is not None
    assert one_tree.pearson.undefined == "no interval: too few clusters (1, 2 needed)"
    nothing = dimension_map(np.empty((0, 2)), np.empty(0, dtype=int), "ab")[0, 1]
    assert (nothing.n, nothing.n_clusters) == (0, 0)
    assert nothing.pearson.undefined == "too few pairs (0, 3 needed)"
