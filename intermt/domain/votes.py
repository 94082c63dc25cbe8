"""One vote for each rater, pair and dimension, out of stated preferences and scores.

The rules, in order:

1. A rater's preference for a pair on a dimension is their vote. Of several, the latest
   `rated_at` counts; undated ones are older than dated ones; equal dates are decided by
   the greater `vote_id`. Scores likewise, for each target and dimension.
2. Without a preference, a rater who scored both candidates on the dimension votes for the
   one they scored higher; equal scores are a tie.
3. `overall` is never scored. Without an overall preference, the rater's overall vote is the
   sign of the mean over their votes on the dimensions: a preference counts one point for
   its side (a tie none), a score difference as many points as it has.
4. Annotators' votes make the winner and the agreement. Verifiers' votes are cast the same
   way but only verify. Judges do not vote.

The order of the input never changes the outcome.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from itertools import combinations
from typing import Literal

from intermt.dimensions import OVERALL, Level
from intermt.errors import InputError
from intermt.records import Choice, PairMode, PreferenceVote, RaterRole, Score

VoteSource = Literal["preference", "scores", "dimensions"]


@dataclass(frozen=True, slots=True, order=True)
class PairKey:
    """Two candidates that can be compared; `a_id` sorts before `b_id`.

    Attributes:
        level: `local` (two answers to one history) or `global` (two conversations).
        mode: `prefix` or `chain`; whether the ids are of nodes or of conversations.
        seed_id: Root of the tree both come from.
        a_id: The candidate whose id sorts first.
        b_id: The other one.
    """

    level: Level
    mode: PairMode
    seed_id: str
    a_id: str
    b_id: str

    def __post_init__(self) -> None:
        if self.a_id >= self.b_id:
            raise ValueError(f"a_id must sort before b_id: {self.a_id!r}, {self.b_id!r}")


@dataclass(frozen=True, slots=True)
class Ballot:
    """What raters said that bears on one pair, as recorded.

    Attributes:
        pair: The two candidates.
        preferences: Preferences stated for this pair, any rater and dimension.
        a_scores: Scores of candidate a, any rater and dimension.
        b_scores: Scores of candidate b.
    """

    pair: PairKey
    preferences: tuple[PreferenceVote, ...] = ()
    a_scores: tuple[Score, ...] = ()
    b_scores: tuple[Score, ...] = ()


@dataclass(frozen=True, slots=True)
class Vote:
    """What one rater says about one pair on one dimension.

    Attributes:
        dimension: A dimension key or `overall`.
        rater_id: Who.
        role: annotator or verifier.
        choice: `a`, `b` or `tie`.
        source: What the choice was read from: a stated `preference`, the `scores` of the
            dimension or, for `overall` alone, the votes on the `dimensions`.
        difference: Score of a less score of b where the rater scored both on this
            dimension; for `overall` the mean of their differences over the dimensions; None
            without scores. Given beside a stated preference too.
    """

    dimension: str
    rater_id: str
    role: RaterRole
    choice: Choice
    source: VoteSource
    difference: Fraction | None = None


def pairs_among(
    level: Level, mode: PairMode, seed_id: str, ids: Iterable[str]
) -> Iterator[PairKey]:
    """Every pair of the candidates that stand beside each other, in sorted order.

    `ids` are the answers to one prompt (local) or the conversations of one seed (global);
    an id given twice is one candidate.
    """
    for a_id, b_id in combinations(sorted(set(ids)), 2):
        yield PairKey(level, mode, seed_id, a_id, b_id)


def gather_ballots(
    pairs: Iterable[PairKey], preferences: Iterable[PreferenceVote], scores: Iterable[Score]
) -> Iterator[Ballot]:
    """A ballot for each pair, in sorted order, empty ones included.

    The pairs are those given and those that any preference names. Time and memory grow
    with the records plus, for each pair, the scores of its two candidates.
    """
    stated: defaultdict[PairKey, list[PreferenceVote]] = defaultdict(list)
    for vote in preferences:
        stated[PairKey(vote.level, vote.mode, vote.seed_id, vote.a_id, vote.b_id)].append(vote)
    scored: defaultdict[str, list[Score]] = defaultdict(list)
    for score in scores:
        scored[score.target_id].append(score)
    for pair in sorted(stated.keys() | set(pairs)):
        yield Ballot(
            pair,
            tuple(stated.get(pair, ())),
            tuple(scored.get(pair.a_id, ())),
            tuple(scored.get(pair.b_id, ())),
        )


def cast_votes(ballot: Ballot, roles: Mapping[str, RaterRole]) -> tuple[Vote, ...]:
    """The votes of annotators and verifiers on one pair, sorted.

    At most one vote for each rater and dimension, by the rules at the top of this module,
    sorted by dimension and rater.

    Args:
        ballot: What was said about the pair.
        roles: Role of every rater, by rater id.

    Raises:
        InputError: A record names a rater that `roles` does not know.
    """
    stated = _latest_preferences(ballot.preferences)
    a_scores, b_scores = _latest_scores(ballot.a_scores), _latest_scores(ballot.b_scores)
    votes: list[Vote] = []
    for rater_id in sorted(stated.keys() | (a_scores.keys() & b_scores.keys())):
        role = roles.get(rater_id)
        if role is None:
            raise InputError(
                "A vote or score names a rater that is not known.",
                todo="Import the raters with their labels; `intermt check` lists such records.",
                where=rater_id,
            )
        if role != "judge":
            of_a, of_b = a_scores.get(rater_id, {}), b_scores.get(rater_id, {})
            apart = {key: of_a[key] - of_b[key] for key in of_a.keys() & of_b.keys()}
            votes += _votes_of_rater(rater_id, role, stated.get(rater_id, {}), apart)
    return tuple(sorted(votes, key=lambda vote: (vote.dimension, vote.rater_id)))


def _votes_of_rater(
    rater_id: str, role: RaterRole, stated: Mapping[str, Choice], apart: Mapping[str, int]
) -> Iterator[Vote]:
    """One rater's votes; `apart` holds score of a less score of b by dimension."""
    points: list[int] = []
    for dimension in sorted((stated.keys() | apart.keys()) - {OVERALL}):
        difference = apart.get(dimension)
        exact = None if difference is None else Fraction(difference)
        if dimension in stated:
            points.append({"a": 1, "b": -1, "tie": 0}[stated[dimension]])
            yield Vote(dimension, rater_id, role, stated[dimension], "preference", exact)
        elif difference is not None:
            points.append(difference)
            yield Vote(dimension, rater_id, role, _side(difference), "scores", exact)
    on_dimensions = [difference for dimension, difference in apart.items() if dimension != OVERALL]
    mean = Fraction(sum(on_dimensions), len(on_dimensions)) if on_dimensions else None
    if OVERALL in stated:
        yield Vote(OVERALL, rater_id, role, stated[OVERALL], "preference", mean)
    elif points:
        yield Vote(OVERALL, rater_id, role, _side(sum(points)), "dimensions", mean)


def _side(points: int) -> Choice:
    """The candidate that points speak for; positive ones speak for a."""
    return "a" if points > 0 else "b" if points < 0 else "tie"


def _age(rated_at: datetime | None) -> datetime:
    """When something was said; undated is before everything."""
    return rated_at or datetime.min


def _latest_preferences(preferences: Iterable[PreferenceVote]) -> dict[str, dict[str, Choice]]:
    """The choice that counts, by rater, then dimension."""
    latest: defaultdict[str, dict[str, Choice]] = defaultdict(dict)
    # The last sort key only matters where one id was recorded with two contents.
    for vote in sorted(preferences, key=lambda v: (_age(v.rated_at), v.vote_id, v.choice)):
        latest[vote.rater_id][vote.dimension] = vote.choice
    return latest


def _latest_scores(scores: Iterable[Score]) -> dict[str, dict[str, int]]:
    """The score that counts, by rater, then dimension."""
    latest: defaultdict[str, dict[str, int]] = defaultdict(dict)
    for score in sorted(scores, key=lambda s: (_age(s.rated_at), s.score_id, s.value)):
        latest[score.rater_id][score.dimension] = score.value
    return latest
