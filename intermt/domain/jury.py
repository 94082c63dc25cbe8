"""Several judges as one: what a jury says, given what its members say."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Literal

from intermt.records import Choice

JuryRule = Literal["majority", "mean"]

TOO_FEW = "fewer than half of the members state one"
NO_MAJORITY = "no majority"

_POINTS: dict[Choice, int] = {"a": 1, "tie": 0, "b": -1}


@dataclass(frozen=True, slots=True)
class MemberVerdict:
    """What one member of a jury states.

    Attributes:
        value: A score or grade as stated; None for a pair.
        choice: Of a pair; None otherwise.
        estimate: The same as a real number, where the member gives one.
    """

    value: int | None = None
    choice: Choice | None = None
    estimate: float | None = None


@dataclass(frozen=True, slots=True)
class JuryVerdict:
    """What a jury says.

    Attributes:
        value: A score that a member gave; None where there is none, and for a pair.
        choice: Of a pair; None otherwise.
        estimate: The mean, with the rule `mean`; for a pair from -1 (all say b) to 1.
        note: How it came about, in words.
    """

    value: int | None
    choice: Choice | None
    estimate: float | None
    note: str

    @property
    def states(self) -> bool:
        """Whether it says anything."""
        return (self.value, self.choice, self.estimate) != (None, None, None)


def jury_verdict(rule: JuryRule, said: Sequence[MemberVerdict], n_members: int) -> JuryVerdict:
    """The verdict of a jury on one item, dimension and order.

    Nothing where fewer than half of the members state something.

    majority: what more than half of those who state something say. If there is no such thing,
    a pair is a tie: the jury prefers neither. A score or grade is none: nothing lies between
    a 0 and a 3 that anybody said.

    mean: of a score the mean of the members' estimates, or stated scores where they give none;
    as a whole number only where that is the mean of the stated scores and a member gave it.
    -1 (of style_coherence) is no point of the scale: it is the jury's if more than half say
    it, and otherwise left out. Of a pair the share that says a less the share that says b,
    and the side of its sign.

    Args:
        rule: How members make one verdict.
        said: What those members say that state something; either all values or all choices.
        n_members: Members there are.
    """
    if not said or 2 * len(said) < n_members:
        return JuryVerdict(None, None, None, TOO_FEW)
    choices = [one.choice for one in said if one.choice is not None]
    if choices:
        return _majority_choice(choices) if rule == "majority" else _mean_choice(choices)
    return _majority_value(said) if rule == "majority" else _mean_value(said)


def _majority_choice(choices: Sequence[Choice]) -> JuryVerdict:
    most, n = Counter(choices).most_common(1)[0]
    if 2 * n > len(choices):
        return JuryVerdict(None, most, None, _agreed(n, len(choices)))
    return JuryVerdict(None, "tie", None, NO_MAJORITY)


def _mean_choice(choices: Sequence[Choice]) -> JuryVerdict:
    lead = fmean(_POINTS[choice] for choice in choices)
    choice: Choice = "a" if lead > 0 else "b" if lead < 0 else "tie"
    return JuryVerdict(None, choice, lead, f"mean of {len(choices)}")


def _majority_value(said: Sequence[MemberVerdict]) -> JuryVerdict:
    values = [one.value for one in said if one.value is not None]
    if not values:
        return JuryVerdict(None, None, None, NO_MAJORITY)
    most, n = Counter(values).most_common(1)[0]
    if 2 * n > len(said):
        return JuryVerdict(most, None, None, _agreed(n, len(said)))
    return JuryVerdict(None, None, None, NO_MAJORITY)


def _mean_value(said: Sequence[MemberVerdict]) -> JuryVerdict:
    n_findings = sum(one.value == -1 for one in said)
    if 2 * n_findings > len(said):
        return JuryVerdict(-1, None, -1.0, _agreed(n_findings, len(said)))
    points = [one for one in said if one.value != -1]
    numbers = [one.value if one.estimate is None else one.estimate for one in points]
    mean = fmean(number for number in numbers if number is not None)
    stated = [one.value for one in points if one.value is not None]
    whole = sum(stated) // len(stated) if stated and sum(stated) % len(stated) == 0 else None
    note = f"mean of {len(points)}" + (f", {n_findings} said -1" if n_findings else "")
    return JuryVerdict(whole if whole in stated else None, None, mean, note)


def _agreed(n: int, n_said: int) -> str:
    return f"{n} of {n_said} agree"
