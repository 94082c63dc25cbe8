from __future__ import annotations

from itertools import islice

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from intermt.domain.spread import farthest_first


def chosen(points: np.ndarray, n: int) -> list[int]:
    def distances(item: int) -> np.ndarray:
        return np.abs(points - points[item]).max(axis=1)

    return list(islice(farthest_first(len(points), distances), n))


def radius(points: np.ndarray, centres: list[int]) -> float:
    away = np.abs(points[:, None] - points[centres][None]).max(axis=2)
    return float(away.min(axis=1).max())


def test_far_corners_come_before_the_crowd() -> None:
    crowd = np.zeros((50, 2), int) + np.arange(50)[:, None] % 3
    points = np.concatenate([crowd, [[100, 0], [0, 100], [100, 100]]])
    assert set(chosen(points, 4)) == {0, 50, 51, 52}


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), max_size=12), st.integers(1, 4))
def test_every_item_comes_once_and_the_centres_are_good(
    listed: list[tuple[int, int]], n: int
) -> None:
    points = np.array(listed, int).reshape(-1, 2)
    assert sorted(chosen(points, 99)) == list(range(len(points)))
    if len(points) <= n:
        return
    found = radius(points, chosen(points, n))
    # No choice of n has less than half the radius: the guarantee of the algorithm.
    best = min(radius(points, [int(i) for i in some]) for some in _subsets(len(points), n))
    assert found <= 2 * best


def _subsets(n: int, k: int) -> list[tuple[int, ...]]:
    from itertools import combinations

    return list(combinations(range(n), k))


def test_equal_items_come_in_their_order() -> None:
    assert chosen(np.zeros((5, 2), int), 9) == [0, 1, 2, 3, 4]
    assert chosen(np.zeros((0, 2), int), 9) == []


@pytest.mark.parametrize("kind", [np.uint8, np.int32, np.float32])
def test_any_kind_of_number_will_do(kind: type) -> None:
    table = np.array([[0, 5, 9], [5, 0, 4], [9, 4, 0]], kind)
    assert list(farthest_first(3, lambda item: table[item])) == [0, 2, 1]
