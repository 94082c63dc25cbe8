"""Which candidates are compared, on which side each stands, and who compares them.

Everything is drawn by hashes of the number given and of what is drawn for, so that a draw
stays the same when other seeds, answers or people join.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from intermt.records import Choice, RaterRole, content_id

UNANIMOUS = 3
"""Fewest annotators whose agreement settles a pair without a verifier."""


def draw(seed: int, *what: object) -> int:
    """A number from 0 to 2^128 - 1 that only `seed` and `what` decide."""
    return int(content_id("draw", seed, *what), 16)


def on_circle(ids: Iterable[str], seed: int) -> Iterator[tuple[str, str]]:
    """Every pair of the ids once, the lower id first.

    The ids stand on a circle in a drawn order; neighbours are paired first, then those two
    places apart, and so on. So after n pairs everyone was in as many pairs as everyone else,
    and the first n - 1 link all n together: what a ranking out of few pairs needs.
    """
    circle = sorted(set(ids), key=lambda i: draw(seed, "circle", i))
    n = len(circle)
    for step in range(1, n // 2 + 1):
        # Half way round, a pair is met from both of its ends.
        for start in range(n // 2 if 2 * step == n else n):
            a, b = sorted((circle[start], circle[(start + step) % n]))
            yield a, b


def side_of_first(seed: int, a_id: str, b_id: str) -> Literal["a", "b"]:
    """Which of two candidates stands on the left: a coin for each pair."""
    return "a" if draw(seed, "side", a_id, b_id) % 2 == 0 else "b"


@dataclass(frozen=True, slots=True)
class Vote:
    """What one rater says of one pair on one dimension."""

    dimension: str
    role: RaterRole
    choice: Choice


def settled(votes: Sequence[Vote]) -> dict[str, Choice]:
    """The outcome that is agreed on for one pair, by dimension; empty if none for `overall`.

    Agreed on is what all verifiers say and no majority of annotators denies, or, where no
    verifier voted, what at least `UNANIMOUS` annotators say without exception. A tie never is.
    """
    outcome: dict[str, Choice] = {}
    for dimension in {vote.dimension for vote in votes}:
        here = [vote for vote in votes if vote.dimension == dimension]
        verifiers = {vote.choice for vote in here if vote.role == "verifier"}
        annotators = Counter(vote.choice for vote in here if vote.role == "annotator")
        said = verifiers or set(annotators)
        if len(said) != 1 or "tie" in said:
            continue
        choice = next(iter(said))
        if verifiers and 2 * annotators[choice] < annotators.total():
            continue
        if verifiers or annotators[choice] >= UNANIMOUS:
            outcome[dimension] = choice
    return outcome if "overall" in outcome else {}


@dataclass(frozen=True, slots=True)
class Assignment:
    """Who works on what.

    Attributes:
        work: Keys by annotator.
        n_short: Keys with fewer annotators than wanted, because the others know them already.
    """

    work: dict[str, list[str]]
    n_short: int


def assign(
    wanted: Mapping[str, int],
    annotators: Sequence[str],
    seed: int,
    known_to: Mapping[str, frozenset[str]],
) -> Assignment:
    """Give each key to as many annotators as it wants, all of them equally much to do.

    Each key goes to those who have least so far, by lot among equals. Where nobody knows a
    key already, no two of them differ by more than one.

    Args:
        wanted: How many annotators each key is to have.
        annotators: Their names.
        seed: Another number, another plan.
        known_to: Annotators who must not get a key, by key.
    """
    work: dict[str, list[str]] = {name: [] for name in annotators}
    n_short = 0
    for key in sorted(wanted, key=lambda k: draw(seed, "plan", k)):
        free = [name for name in annotators if name not in known_to.get(key, frozenset())]
        free.sort(key=lambda name: (len(work[name]), draw(seed, "lot", key, name)))
        n_short += len(free) < wanted[key]
        for name in free[: wanted[key]]:
            work[name].append(key)
    return Assignment(work, n_short)


def in_order(keys: Iterable[str], seed: int, name: str = "") -> list[str]:
    """The keys in the order that one annotator gets them in: drawn, another for each name."""
    return sorted(keys, key=lambda k: draw(seed, "order", name, k))


def n_gold(n_ordinary: int, rate: float) -> int:
    """How many gold items make up a share of `rate` together with the ordinary tasks."""
    return round(n_ordinary * rate / (1 - rate))
