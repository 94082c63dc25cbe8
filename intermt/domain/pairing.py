"""Preference pairs out of votes: winner, agreement, margin, verification, and the funnel.

For one pair and dimension, over the votes of annotators (`votes` says how they are cast):

- winner: the candidate with more votes than the other. Ties do not compete; where the two
  candidates have equally many votes there is no winner, and so no pair.
- agreement: votes for the winner / all votes, ties included. Compared exactly: 4 of 5 is
  not less than 0.8.
- margin: mean over the annotators who scored both candidates of the winner's score less the
  loser's; it is negative where scores and stated preferences contradict each other.
- verified: whether every verifier who voted chose the winner (a verifier's tie does not).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from typing import Literal, get_args

from intermt.dimensions import Level
from intermt.domain.votes import Ballot, PairKey, Vote, cast_votes
from intermt.errors import UsageError
from intermt.records import Choice, PairMode, RaterRole, content_id

DropReason = Literal[
    "no votes",
    "no majority",
    "below min-annotators",
    "below min-agree",
    "no scores for min-margin",
    "below min-margin",
    "not verified",
]
DROP_REASONS: tuple[DropReason, ...] = get_args(DropReason)
"""Why a pair is not written, in the order the filters ask."""

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
    """

    min_agree: Fraction = Fraction(0)
    min_annotators: int = 1
    min_margin: Fraction | None = None
    verified_only: bool = False

    @classmethod
    def of(
        cls,
        min_agree: Number = 0,
        min_annotators: int = 1,
        min_margin: Number | None = None,
        verified_only: bool = False,
    ) -> PairFilters:
        """The filters for numbers as a user writes them.

        Raises:
            UsageError: A number is no number, or agreement lies outside 0 to 1.
        """
        agree = exact(min_agree, "--min-agree")
        if not 0 <= agree <= 1:
            raise UsageError(
                f"--min-agree must lie between 0 and 1, not {min_agree}",
                todo="Give a share: 0.8 keeps pairs on which 4 of 5 raters agree.",
            )
        margin = None if min_margin is None else exact(min_margin, "--min-margin")
        return cls(agree, min_annotators, margin, verified_only)


@dataclass(frozen=True, slots=True)
class Tally:
    """The votes on one pair and dimension, counted.

    Attributes:
        n_a: Annotators for a.
        n_b: Annotators for b.
        n_tie: Annotators who saw no difference.
        n_stated: Annotators of these who stated a preference; the others' votes were read
            off their scores or dimensions.
        margin: Mean score difference a less b over the annotators who scored both; None
            where nobody did.
        verifier_choices: What verifiers chose, sorted.
    """

    n_a: int = 0
    n_b: int = 0
    n_tie: int = 0
    n_stated: int = 0
    margin: Fraction | None = None
    verifier_choices: tuple[Choice, ...] = ()

    @classmethod
    def of(cls, votes: Iterable[Vote]) -> Tally:
        """The count of votes on one dimension, one vote for each rater."""
        annotators: list[Vote] = []
        verifiers: list[Vote] = []
        for vote in votes:
            (verifiers if vote.role == "verifier" else annotators).append(vote)
        choices = [vote.choice for vote in annotators]
        apart = [vote.difference for vote in annotators if vote.difference is not None]
        return cls(
            n_a=choices.count("a"),
            n_b=choices.count("b"),
            n_tie=choices.count("tie"),
            n_stated=sum(vote.source == "preference" for vote in annotators),
            margin=sum(apart, Fraction(0)) / len(apart) if apart else None,
            verifier_choices=tuple(sorted(vote.choice for vote in verifiers)),
        )

    @property
    def n_votes(self) -> int:
        """All votes of annotators, which is the number of annotators who voted."""
        return self.n_a + self.n_b + self.n_tie

    @property
    def winner(self) -> Literal["a", "b"] | None:
        """The candidate with more votes; None where neither has."""
        return majority(self.n_a, self.n_b)

    @property
    def agreement(self) -> Fraction | None:
        """Votes for the winner over all votes; None without a winner."""
        if self.winner is None:
            return None
        return Fraction(max(self.n_a, self.n_b), self.n_votes)

    @property
    def verified(self) -> bool | None:
        """Whether all verifiers chose the winner; None where none voted or none won."""
        if self.winner is None or not self.verifier_choices:
            return None
        return all(choice == self.winner for choice in self.verifier_choices)


@dataclass(frozen=True, slots=True)
class PreferencePair:
    """Two candidates of which people prefer one.

    Attributes:
        pair_id: Hash of the two candidates and the dimension; the same whoever wins.
        level: local or global.
        mode: prefix or chain.
        dimension: A dimension key or `overall`.
        seed_id: Root of the tree.
        chosen_id: The winner, a node or a conversation.
        rejected_id: The other.
        n_chosen: Annotators for the winner.
        n_rejected: Annotators for the other.
        n_tie: Annotators who saw no difference.
        n_stated: Annotators of these who stated a preference instead of scoring.
        n_annotators: Distinct annotators who voted.
        agreement: n_chosen / n_annotators.
        margin: Mean score of the winner less that of the other; None without scores.
        verified: Whether all verifiers agree with the winner; None where none voted.
    """

    pair_id: str
    level: Level
    mode: PairMode
    dimension: str
    seed_id: str
    chosen_id: str
    rejected_id: str
    n_chosen: int
    n_rejected: int
    n_tie: int
    n_stated: int
    n_annotators: int
    agreement: float
    margin: float | None
    verified: bool | None


@dataclass(frozen=True, slots=True)
class Dropped:
    """A pair that is not written, and the first filter that dropped it."""

    pair: PairKey
    dimension: str
    reason: DropReason


Outcome = PreferencePair | Dropped


@dataclass(slots=True)
class Funnel:
    """How many pairs were looked at, and what became of them.

    A pair on two dimensions is looked at twice; `considered` is `kept` plus all `dropped`.

    Attributes:
        considered: Pairs looked at.
        kept: Pairs that passed every filter.
        dropped: Pairs dropped, by the first filter they failed, in filter order.
    """

    considered: int = 0
    kept: int = 0
    dropped: dict[DropReason, int] = field(default_factory=lambda: dict.fromkeys(DROP_REASONS, 0))

    def count(self, outcome: Outcome) -> None:
        """Count one more outcome."""
        self.considered += 1
        if isinstance(outcome, Dropped):
            self.dropped[outcome.reason] += 1
        else:
            self.kept += 1


def majority(n_a: int, n_b: int) -> Literal["a", "b"] | None:
    """The side with more votes than the other; None where they are equal."""
    return "a" if n_a > n_b else "b" if n_b > n_a else None


def drop_reason(tally: Tally, filters: PairFilters) -> DropReason | None:
    """The first filter the votes fail, in the order of `DROP_REASONS`, or None."""
    if not tally.n_votes:
        return "no votes"
    if tally.winner is None or tally.agreement is None:
        return "no majority"
    if tally.n_votes < filters.min_annotators:
        return "below min-annotators"
    if tally.agreement < filters.min_agree:
        return "below min-agree"
    if filters.min_margin is not None:
        if tally.margin is None:
            return "no scores for min-margin"
        if (tally.margin if tally.winner == "a" else -tally.margin) < filters.min_margin:
            return "below min-margin"
    if filters.verified_only and not tally.verified:
        return "not verified"
    return None


def pair_from_votes(
    pair: PairKey, dimension: str, votes: Iterable[Vote], filters: PairFilters
) -> Outcome:
    """The preference pair that votes on one dimension make, or why they make none.

    Args:
        pair: The two candidates.
        dimension: What `votes` are about.
        votes: One vote for each rater; verifiers' votes only verify.
        filters: What the pair must have.
    """
    tally = Tally.of(votes)
    reason = drop_reason(tally, filters)
    if reason is not None:
        return Dropped(pair, dimension, reason)
    assert tally.agreement is not None, "without a winner the reason is no majority"
    a_wins = tally.winner == "a"
    margin = None if tally.margin is None else float(tally.margin if a_wins else -tally.margin)
    return PreferencePair(
        pair_id=content_id("pair", pair.level, pair.mode, pair.a_id, pair.b_id, dimension),
        level=pair.level,
        mode=pair.mode,
        dimension=dimension,
        seed_id=pair.seed_id,
        chosen_id=pair.a_id if a_wins else pair.b_id,
        rejected_id=pair.b_id if a_wins else pair.a_id,
        n_chosen=max(tally.n_a, tally.n_b),
        n_rejected=min(tally.n_a, tally.n_b),
        n_tie=tally.n_tie,
        n_stated=tally.n_stated,
        n_annotators=tally.n_votes,
        agreement=float(tally.agreement),
        margin=margin,
        verified=tally.verified,
    )


def make_pairs(
    ballots: Iterable[Ballot],
    roles: Mapping[str, RaterRole],
    dimensions: Sequence[str],
    filters: PairFilters,
) -> Iterator[Outcome]:
    """One outcome for each ballot and dimension, as they are read.

    Holds one ballot at a time. Ballots come in the order given, dimensions in the order
    asked for.

    Args:
        ballots: What was said about each pair.
        roles: Role of every rater, by rater id.
        dimensions: Dimension keys, `overall` among them if it is wanted.
        filters: What a pair must have.

    Raises:
        InputError: A record names a rater that `roles` does not know.
    """
    for ballot in ballots:
        by_dimension: dict[str, list[Vote]] = {dimension: [] for dimension in dimensions}
        for vote in cast_votes(ballot, roles):
            if vote.dimension in by_dimension:
                by_dimension[vote.dimension].append(vote)
        for dimension, votes in by_dimension.items():
            yield pair_from_votes(ballot.pair, dimension, votes, filters)
