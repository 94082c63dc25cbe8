"""Which pairs are written, and what became of all the others."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Literal, get_args

from intermt.dimensions import LEVELS, OVERALL, Level, dimensions_of, find_dimension
from intermt.domain.pairing import (
    Dropped,
    DropReason,
    Funnel,
    Number,
    PairFilters,
    PreferencePair,
    make_pairs,
)
from intermt.domain.splits import Splits
from intermt.domain.votes import Ballot, PairKey, cast_votes, gather_ballots, pairs_among
from intermt.errors import UsageError
from intermt.records import PairMode
from intermt.store.voting import Labels

SetAside = Literal[
    "messages not in the store", "no shared history", "same messages", "beyond max-turn"
]
SET_ASIDE: tuple[SetAside, ...] = get_args(SetAside)
"""Why a pair is not looked at on any dimension, in the order asked."""

ALL = "all"
MODES: dict[Level, PairMode] = {"local": "prefix", "global": "chain"}


@dataclass(frozen=True, slots=True)
class PairConfig:
    """Which pairs to write.

    Attributes:
        level: local or global.
        dimensions: Dimension keys and `overall`, each once, in the order asked.
        filters: What a pair must have.
        max_turn: Last turn of an answer, most turns of a conversation; None for any.
        dataset: Only votes and scores of this collection.
        splits: How seed questions are split; None for not at all.
    """

    level: Level = "local"
    dimensions: tuple[str, ...] = (OVERALL,)
    filters: PairFilters = field(default_factory=PairFilters)
    max_turn: int | None = None
    dataset: str | None = None
    splits: Splits | None = None

    @property
    def mode(self) -> PairMode:
        """What is compared: answers to one prefix, or whole chains."""
        return MODES[self.level]

    @classmethod
    def of(
        cls,
        *,
        level: Level = "local",
        dimensions: Iterable[str] = (),
        mode: str | None = None,
        min_agree: Number = 0,
        min_annotators: int = 1,
        min_margin: Number | None = None,
        verified_only: bool = False,
        max_turn: int | None = None,
        dataset: str | None = None,
        split: str | None = None,
        seed: int = 0,
    ) -> PairConfig:
        """The configuration for words and numbers as a user writes them.

        Raises:
            UsageError: One cannot be understood, or two contradict each other.
        """
        if mode is not None and mode != MODES[level]:
            fitting = next(other for other in LEVELS if MODES[other] == mode)
            raise UsageError(
                f"--mode {mode} does not fit --level {level}",
                todo=f"use --level {fitting}, or leave out --mode: it follows from the level",
            )
        return cls(
            level,
            dimensions_asked(dimensions, level),
            PairFilters.of(min_agree, min_annotators, min_margin, verified_only),
            max_turn,
            dataset,
            None if split is None else Splits.of(split, seed),
        )


def dimensions_asked(names: Iterable[str], level: Level) -> tuple[str, ...]:
    """The dimension keys that names mean at a level, each once; `overall` for none.

    Raises:
        UsageError: A name is no dimension, or one of the other level.
    """
    known = (OVERALL, *(dimension.key for dimension in dimensions_of(level)))
    keys: list[str] = []
    for name in names:
        found = find_dimension(name)
        plain = name.strip().lower()
        if plain == ALL:
            keys += known
        elif plain == OVERALL:
            keys.append(OVERALL)
        elif found is None or found.level != level:
            what = f"no {level} dimension" if found else "no dimension"
            raise UsageError(
                f"{name!r} is {what}", todo=f"--level {level} knows: all, {', '.join(known)}"
            )
        else:
            keys.append(found.key)
    return tuple(dict.fromkeys(keys)) or (OVERALL,)


@dataclass(frozen=True, slots=True)
class Chosen:
    """A pair that is written.

    Attributes:
        pair: The pair.
        turn: Turn of the answers; the larger number of turns for conversations.
        synthetic: Whether any of the votes on it is an invented one.
    """

    pair: PreferencePair
    turn: int
    synthetic: bool


@dataclass(frozen=True, slots=True)
class PairFunnel:
    """What became of everything that was said.

    `considered` is (`n_pairs` less all `set_aside`) times the number of dimensions, and
    `kept` plus all `dropped`.

    Attributes:
        n_votes: Stated preferences read.
        n_scores: Scores read of candidates that are in some pair.
        n_pairs: Pairs of candidates that somebody voted on or scored both of.
        set_aside: Pairs not looked at on any dimension, by reason.
        considered: Pairs looked at, one for each dimension.
        dropped: Pairs dropped, by the first filter they failed, in filter order.
        kept: Pairs that are written.
    """

    n_votes: int
    n_scores: int
    n_pairs: int
    set_aside: dict[SetAside, int]
    considered: int
    dropped: dict[DropReason, int]
    kept: int


def choose(labels: Labels, config: PairConfig) -> tuple[list[Chosen], PairFunnel]:
    """The pairs to write, in order of seed id, turn and pair id, and the funnel.

    Raises:
        InputError: A vote or score names a rater that is not in the store.
    """
    roles = {rater_id: rater.role for rater_id, rater in labels.raters.items()}
    invented = {i for i, rater in labels.raters.items() if rater.kind == "synthetic"}
    chosen: list[Chosen] = []
    funnel = Funnel()
    set_aside = dict.fromkeys(SET_ASIDE, 0)
    n_pairs = 0
    for ballot in _ballots(labels, config):
        n_pairs += 1
        turn = _turn(labels, ballot.pair, config.max_turn)
        if isinstance(turn, str):
            set_aside[turn] += 1
            continue
        for outcome in make_pairs([ballot], roles, config.dimensions, config.filters):
            funnel.count(outcome)
            if not isinstance(outcome, Dropped):
                votes = cast_votes(ballot, roles) if invented else ()
                synthetic = any(
                    v.rater_id in invented and v.dimension == outcome.dimension for v in votes
                )
                chosen.append(Chosen(outcome, turn, synthetic))
    chosen.sort(key=lambda c: (c.pair.seed_id, c.turn, c.pair.pair_id))
    return chosen, PairFunnel(
        n_votes=len(labels.preferences),
        n_scores=len(labels.scores),
        n_pairs=n_pairs,
        set_aside=set_aside,
        considered=funnel.considered,
        dropped=funnel.dropped,
        kept=funnel.kept,
    )


def fingerprint(labels: Labels) -> str:
    """SHA-256 over the ids and values of all votes and scores; their order does not count."""
    said = [f"vote {vote.vote_id} {vote.choice}\n" for vote in labels.preferences]
    said += [f"score {score.score_id} {score.value}\n" for score in labels.scores]
    return hashlib.sha256("".join(sorted(said)).encode()).hexdigest()


def _ballots(labels: Labels, config: PairConfig) -> Iterator[Ballot]:
    pairs = (
        pair
        for seed_id, ids in labels.scored_together
        for pair in pairs_among(config.level, config.mode, seed_id, ids)
    )
    return gather_ballots(pairs, labels.preferences, labels.scores)


def _turn(labels: Labels, pair: PairKey, max_turn: int | None) -> int | SetAside:
    """The turn of a pair's answers or the larger number of turns, or why it is set aside."""
    a, b = labels.places.get(pair.a_id), labels.places.get(pair.b_id)
    if a is None or b is None:
        return "messages not in the store"
    if a.context_id != b.context_id:
        return "no shared history"
    if a.leaf_id == b.leaf_id:
        return "same messages"
    turn = max(a.turn, b.turn)
    return "beyond max-turn" if max_turn is not None and turn > max_turn else turn
