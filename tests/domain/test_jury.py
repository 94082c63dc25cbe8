"""What a jury says, given its members: no score that nobody gave, no winner without a majority."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intermt.domain.jury import NO_MAJORITY, TOO_FEW, JuryVerdict, MemberVerdict, jury_verdict


def scores(*values: int) -> list[MemberVerdict]:
    return [MemberVerdict(value) for value in values]


def choices(*sides: Any) -> list[MemberVerdict]:
    return [MemberVerdict(choice=side) for side in sides]


@pytest.mark.parametrize(
    ("said", "value"),
    [
        ((3, 3, 0), 3),
        ((3, 3), 3),
        ((2,), 2),
        ((3, 2, 1), None),
        ((3, 0), None),
        ((3, 3, 2, 2), None),
        ((3, 3, 2, 1), None),
        ((-1, -1, 3), -1),
    ],
)
def test_a_majority_of_scores_is_more_than_half(said: tuple[int, ...], value: int | None) -> None:
    made = jury_verdict("majority", scores(*said), len(said))
    assert (made.value, made.estimate) == (value, None)
    assert made.states == (value is not None)
    assert (made.note == NO_MAJORITY) == (value is None)


@pytest.mark.parametrize(
    ("said", "choice"),
    [("aab", "a"), ("ab", "tie"), ("b", "b"), (("a", "b", "tie"), "tie"),
     (("a", "a", "b", "tie"), "tie"), (("a", "tie"), "tie"), ("abbb", "b")],
)  # fmt: skip
def test_a_jury_without_a_majority_prefers_neither(said: Any, choice: str) -> None:
    made = jury_verdict("majority", choices(*said), len(said))
    assert (made.choice, made.value, made.estimate) == (choice, None, None)


@pytest.mark.parametrize(
    ("said", "estimate", "value"),
    [
        ((3, 3, 0), 2.0, None),  # nobody said 2
        ((3, 2, 1), 2.0, 2),
        ((3, 3), 3.0, 3),
        ((3, 2), 2.5, None),
        ((0, 0, 0), 0.0, 0),
        ((-1, 3, 1), 2.0, None),
        ((-1, 2, 2), 2.0, 2),
        ((-1, -1, 3), -1.0, -1),
        ((-1, 2), 2.0, 2),
    ],
)
def test_a_mean_is_whole_only_where_a_member_gave_it(
    said: tuple[int, ...], estimate: float, value: int | None
) -> None:
    made = jury_verdict("mean", scores(*said), len(said))
    assert (made.estimate, made.value) == (estimate, value)


def test_a_mean_takes_estimates_where_members_have_them() -> None:
    said = [MemberVerdict(3, estimate=2.5), MemberVerdict(2), MemberVerdict(1, estimate=1.5)]
    made = jury_verdict("mean", said, 3)
    assert (made.estimate, made.value) == (2.0, 2)


@pytest.mark.parametrize(
    ("said", "lead", "choice"),
    [("aab", 1 / 3, "a"), ("ab", 0, "tie"), (("b", "tie"), -0.5, "b"), ("bb", -1, "b")],
)
def test_a_mean_of_choices_is_the_lead_of_a(said: Any, lead: float, choice: str) -> None:
    made = jury_verdict("mean", choices(*said), len(said))
    assert made.estimate == pytest.approx(lead)
    assert made.choice == choice


@pytest.mark.parametrize(("n_said", "n_members", "enough"), [(1, 2, True), (1, 3, False),
                         (2, 4, True), (2, 5, False), (3, 5, True), (0, 2, False)])  # fmt: skip
@pytest.mark.parametrize("rule", ["majority", "mean"])
def test_at_least_half_of_the_members_must_state_something(
    rule: Any, n_said: int, n_members: int, enough: bool
) -> None:
    made = jury_verdict(rule, scores(*[2] * n_said), n_members)
    assert made.states == enough
    if not enough:
        assert made == JuryVerdict(None, None, None, TOO_FEW)


@given(st.lists(st.sampled_from([-1, 0, 1, 2, 3]), min_size=1, max_size=7), st.randoms())
def test_no_jury_gives_a_score_that_nobody_gave(said: list[int], dice: Any) -> None:
    mixed = list(said)
    dice.shuffle(mixed)
    for rule in ("majority", "mean"):
        made = jury_verdict(rule, scores(*said), len(said))  # type: ignore[arg-type]
        assert made.value is None or made.value in said
        other = jury_verdict(rule, scores(*mixed), len(said))  # type: ignore[arg-type]
        assert (other.value, other.note) == (made.value, made.note)
        assert other.estimate == pytest.approx(made.estimate)


@given(st.lists(st.sampled_from(["a", "b", "tie"]), min_size=1, max_size=7))
def test_swapping_the_sides_swaps_the_verdict(said: list[Any]) -> None:
    other = {"a": "b", "b": "a", "tie": "tie"}
    for rule in ("majority", "mean"):
        one = jury_verdict(rule, choices(*said), len(said))  # type: ignore[arg-type]
        two = jury_verdict(rule, choices(*(other[s] for s in said)), len(said))  # type: ignore[arg-type]
        assert one.choice is not None
        assert two.choice == other[one.choice]
