"""Which preference pairs are worth writing: the filters, and their exact thresholds.

For one pair and dimension, over the votes of annotators (`store.casting` says how they are
cast):

- winner: the candidate with more votes than the other. Ties do not compete; where the two
  candidates have equally many votes there is no winner.
- agreement: votes for the winner / all votes, ties included. Compared exactly: 4 of 5 is
  not less than 0.8.
- margin: mean over the annotators who scored both candidates of the winner's score less the
  loser's; it is negative where scores and stated preferences contradict each other.
- verified: whether every verifier who voted chose the winner (a verifier's tie does not).
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from math import ceil
from typing import Literal

from intermt.errors import UsageError

Aggregate = Literal["majority", "mean", "dawid-skene", "bradley-terry"]

_MOST_DIGITS = 400

Number = str | int | float | Decimal | Fraction


def exact(number: Number, option: str = "the number") -> Fraction:
    """The number as written, without binary rounding: 0.8 is 4/5.

    Raises:
        UsageError: It is not a finite number; `option` is named.
    """
    if isinstance(number, Fraction):
        return number
    try:
        written = Decimal(str(number).strip())
    except InvalidOperation:
        written = Decimal("NaN")
    # A huge exponent would make an integer that fills the memory.
    if not written.is_finite() or abs(written.adjusted()) > _MOST_DIGITS:
        raise UsageError(f"{option} is not a usable number: {number}", todo="Give one as in 0.8.")
    return Fraction(written)


@dataclass(frozen=True, slots=True)
class PairFilters:
    """What a pair must have to be written.

    Attributes:
        min_agree: Least agreement, 0 to 1.
        min_annotators: Least number of distinct annotators.
        min_margin: Least margin in points of score; None asks for no scores.
        verified_only: Whether a verifier must have confirmed the winner.
        keep_ties: Whether pairs that nobody won are kept.
        per_prompt: Most pairs of one question (of one seed question for conversations) and
            dimension; None for any number.
        aggregate: How many votes become one winner.
    """

    min_agree: Fraction = Fraction(0)
    min_annotators: int = 1
    min_margin: Fraction | None = None
    verified_only: bool = False
    keep_ties: bool = False
    per_prompt: int | None = None
    aggregate: Aggregate = "majority"

    @classmethod
    def of(
        cls,
        min_agree: Number = 0,
        min_annotators: int = 1,
        min_margin: Number | None = None,
        verified_only: bool = False,
        *,
        ties: Literal["drop", "keep"] = "drop",
        per_prompt: int | None = None,
        aggregate: Aggregate = "majority",
    ) -> PairFilters:
        """The filters for numbers as a user writes them.

        Raises:
            UsageError: A number is no number, agreement lies outside 0 to 1, or two filters
                exclude each other.
        """
        agree = exact(min_agree, "--min-agree")
        if not 0 <= agree <= 1:
            raise UsageError(
                f"--min-agree must lie between 0 and 1, not {min_agree}",
                todo="Give a share: 0.8 keeps pairs on which 4 of 5 raters agree.",
            )
        margin = None if min_margin is None else exact(min_margin, "--min-margin")
        if ties == "keep" and margin is not None:
            raise UsageError(
                "--ties keep and --min-margin exclude each other: where the sides tie there is"
                " no winner to be ahead",
                todo="leave out one of them",
            )
        keep = ties == "keep"
        return cls(agree, min_annotators, margin, verified_only, keep, per_prompt, aggregate)


def majority(n_a: int, n_b: int) -> Literal["a", "b"] | None:
    """The side with more votes than the other; None where they are equal."""
    return "a" if n_a > n_b else "b" if n_b > n_a else None


def least_votes(share: Fraction, most: int) -> list[int]:
    """For 1 to `most` votes, the fewest of them that are at least this share."""
    return [ceil(share * n) for n in range(1, most + 1)]


def least_margins(margin: Fraction, most: int, parts: int) -> list[int]:
    """For 1 to `most` raters, the least sum of differences whose mean is at least `margin`.

    Differences are counted in `parts` of a point. Sums beyond 64 bits become the largest one
    or the smallest, which no sum of scores reaches.
    """
    return [min(max(ceil(margin * parts * n), -_BEYOND), _BEYOND) for n in range(1, most + 1)]


_BEYOND = 2**62
