"""Which candidates are compared, on which side, and by whom."""

from __future__ import annotations

from collections import Counter
from itertools import combinations, islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intermt.domain.task_plan import (
    Vote,
    assign,
    draw,
    in_order,
    n_gold,
    on_circle,
    settled,
    side_of_first,
)


def vote(choice: str, role: str = "annotator", dimension: str = "overall") -> Vote:
    return Vote(dimension, role, choice)  # type: ignore[arg-type]


@given(st.sets(st.text("abcdef", min_size=1, max_size=4), min_size=2, max_size=12), st.integers(0))
def test_every_pair_comes_once_the_lower_id_first(ids: set[str], seed: int) -> None:
    pairs = list(on_circle(ids, seed))
    assert sorted(pairs) == sorted(combinations(sorted(ids), 2))


@given(st.integers(3, 12), st.integers(0, 50))
def test_few_pairs_treat_all_alike_and_link_all(n: int, seed: int) -> None:
    ids = [f"id{k}" for k in range(n)]
    counts = Counter(i for pair in islice(on_circle(ids, seed), n) for i in pair)
    assert set(counts.values()) == {2}
    linked = {ids[0]}
    chain = list(islice(on_circle(ids, seed), n - 1))
    for _ in ids:
        linked |= {i for pair in chain if linked & set(pair) for i in pair}
    assert linked == set(ids)


def test_another_number_draws_other_pairs() -> None:
    ids = [f"id{k}" for k in range(8)]
    assert list(on_circle(ids, 1)) == list(on_circle(reversed(ids), 1))
    assert len({next(iter(on_circle(ids, seed))) for seed in range(40)}) > 10


def test_sides_are_a_fair_coin_for_each_pair() -> None:
    sides = Counter(side_of_first(0, f"a{k}", f"b{k}") for k in range(4000))
    assert abs(sides["a"] - 2000) < 4 * 32  # four standard deviations
    assert any(side_of_first(s, "a", "b") != side_of_first(0, "a", "b") for s in range(20))


@pytest.mark.parametrize(
    ("votes", "outcome"),
    [
        ([vote("a")] * 3, {"overall": "a"}),
        ([vote("b")] * 2, {}),
        ([*[vote("a")] * 9, vote("b")], {}),
        ([*[vote("a")] * 9, vote("tie")], {}),
        ([vote("tie")] * 5, {}),
        ([vote("b", "verifier")], {"overall": "b"}),
        ([vote("b", "verifier"), vote("a", "verifier")], {}),
        ([vote("b", "verifier"), vote("b"), vote("a")], {"overall": "b"}),
        ([vote("b", "verifier"), vote("a"), vote("a"), vote("b")], {}),
        ([vote("a", dimension="helpfulness")] * 3, {}),
        (
            [vote("a")] * 3 + [vote("b", dimension="helpfulness")] * 3,
            {"overall": "a", "helpfulness": "b"},
        ),
        ([vote("a")] * 3 + [vote("b", dimension="helpfulness")], {"overall": "a"}),
        ([], {}),
    ],
)
def test_what_counts_as_agreed_on(votes: list[Vote], outcome: dict[str, str]) -> None:
    assert settled(votes) == outcome


@given(st.integers(1, 60), st.integers(1, 6), st.integers(1, 6), st.integers(0, 5))
def test_everybody_has_equally_much_to_do(n: int, people: int, overlap: int, seed: int) -> None:
    overlap = min(overlap, people)
    names = [f"p{k}" for k in range(people)]
    plan = assign({f"k{k}": overlap for k in range(n)}, names, seed, {})
    loads = [len(keys) for keys in plan.work.values()]
    assert max(loads) - min(loads) <= 1
    assert plan.n_short == 0
    times = Counter(key for keys in plan.work.values() for key in keys)
    assert set(times.values()) == {overlap}
    assert all(len(set(keys)) == len(keys) for keys in plan.work.values())


def test_nobody_gets_what_they_know() -> None:
    known = {"k1": frozenset({"ann"}), "k2": frozenset({"ann", "bo"})}
    plan = assign({"k1": 1, "k2": 2}, ("ann", "bo"), 0, known)
    assert plan.work == {"ann": [], "bo": ["k1"]}
    assert plan.n_short == 1


def test_the_order_is_drawn_for_each_name() -> None:
    keys = [f"k{k}" for k in range(12)]
    assert in_order(keys, 0, "ann") == in_order(keys[::-1], 0, "ann")
    assert in_order(keys, 0, "ann") != in_order(keys, 0, "bo")
    assert in_order(keys, 0) != in_order(keys, 1)
    assert draw(0, "x") != draw(0, "y")


def test_gold_items_make_up_their_share() -> None:
    assert [n_gold(n, 0.1) for n in (0, 9, 90, 100)] == [0, 1, 10, 11]
    assert n_gold(50, 0.5) == 50
    assert n_gold(50, 0.0) == 0
