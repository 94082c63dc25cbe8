"""Which pairs are written, and what became of all the others."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from typing import IO, Literal, NamedTuple

import orjson

from intermt.commands.pair_models import excluded_by_competence, winners
from intermt.dimensions import LEVELS, OVERALL, Level, dimensions_of, find_dimension
from intermt.domain.pairing import (
    Aggregate,
    Number,
    PairFilters,
    exact,
    least_margins,
    least_votes,
)
from intermt.domain.splits import Splits
from intermt.errors import MissingInputError, UsageError
from intermt.records import PairMode
from intermt.store import casting, tallying, voting
from intermt.store.casting import Database, LabelScope
from intermt.store.tallying import Chosen, DropReason, Rules, SetAside

ALL = "all"
_MOST_NAMES = 12
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
        exclude: Names of raters who do not count.
        min_competence: Least competence of a rater, 0 to 1; None for any.
    """

    level: Level = "local"
    dimensions: tuple[str, ...] = (OVERALL,)
    filters: PairFilters = field(default_factory=PairFilters)
    max_turn: int | None = None
    dataset: str | None = None
    splits: Splits | None = None
    exclude: tuple[str, ...] = ()
    min_competence: float | None = None

    @property
    def mode(self) -> PairMode:
        """What is compared: answers to one prefix, or whole chains."""
        return MODES[self.level]

    @classmethod
    def of(
        cls,
        *,
        level: Level | None = None,
        dimensions: Iterable[str] = (),
        mode: str | None = None,
        min_agree: Number = 0,
        min_annotators: int = 1,
        min_margin: Number | None = None,
        verified_only: bool = False,
        ties: Literal["drop", "keep"] = "drop",
        aggregate: Aggregate = "majority",
        per_prompt: int | None = None,
        max_turn: int | None = None,
        dataset: str | None = None,
        exclude: Iterable[str] = (),
        min_competence: Number | None = None,
        split: str | None = None,
        seed: int = 0,
    ) -> PairConfig:
        """The configuration for words and numbers as a user writes them.

        Level and mode follow from each other; with neither, pairs are local.

        Raises:
            UsageError: One cannot be understood, or two contradict each other.
        """
        of_mode: Level = next((one for one in LEVELS if MODES[one] == mode), "local")
        level = level or of_mode
        if mode is not None and level != of_mode:
            raise UsageError(
                f"--mode {mode} does not fit --level {level}",
                todo=f"use --level {of_mode}, or leave out one: it follows from the other",
            )
        competence = None if min_competence is None else exact(min_competence, "--min-competence")
        if competence is not None and not 0 <= competence <= 1:
            raise UsageError(
                f"--min-competence must lie between 0 and 1, not {min_competence}",
                todo="give a probability, as in 0.6",
            )
        filters = PairFilters.of(
            min_agree,
            min_annotators,
            min_margin,
            verified_only,
            ties=ties,
            per_prompt=per_prompt,
            aggregate=aggregate,
        )
        return cls(
            level,
            dimensions_asked(dimensions, level),
            filters,
            max_turn,
            dataset,
            None if split is None else Splits.of(split, seed),
            tuple(dict.fromkeys(exclude)),
            None if competence is None else float(competence),
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
class PairFunnel:
    """What became of everything that was said.

    `considered` is (`n_pairs` less all `set_aside`) times the number of dimensions, and
    `kept` plus all `dropped`.

    Attributes:
        n_votes: Stated preferences read.
        n_scores: Scores read.
        labels_set_aside: Votes and scores that do not count, by reason.
        n_pairs: Pairs of candidates that somebody voted on or scored both of.
        set_aside: Pairs not looked at on any dimension, by reason.
        considered: Pairs looked at, one for each dimension.
        dropped: Pairs dropped, by the first filter they failed, in filter order.
        kept: Pairs that passed.
    """

    n_votes: int
    n_scores: int
    labels_set_aside: dict[str, int]
    n_pairs: int
    set_aside: dict[SetAside, int]
    considered: int
    dropped: dict[DropReason, int]
    kept: int


@dataclass(frozen=True, slots=True)
class Selection:
    """The pairs to write, in a file on the disk.

    Attributes:
        funnel: What became of all others.
        excluded: Ids of the raters who did not count, by name or competence.
    """

    funnel: PairFunnel
    excluded: tuple[str, ...]
    _spool: IO[bytes]

    def __iter__(self) -> Iterator[Chosen]:
        """The pairs, in order of seed id, turn and pair id."""
        self._spool.seek(0)
        for line in self._spool:
            yield Chosen._make(orjson.loads(line))

    def close(self) -> None:
        """Let go of the file."""
        self._spool.close()


def select(db: Database, config: PairConfig) -> Selection:
    """The pairs to write; nothing in memory grows with their number.

    Raises:
        InputError: A vote or score names a rater that is not in the store.
        MissingInputError: A rater to exclude is not known.
    """
    with ExitStack() as undo:
        spool = undo.enter_context(tempfile.TemporaryFile())
        left_out = raters_left_out(db, config)
        scope = LabelScope(config.level, config.dataset, config.dimensions, *left_out)
        labels = casting.cast(db, scope)
        tallying.tally(db)
        counts = tallying.decide(
            db,
            config.level,
            config.mode,
            _rules(config.filters),
            max_turn=config.max_turn,
            n_dimensions=len(config.dimensions),
            verdicts=winners(db, config.filters.aggregate),
        )
        for pair in tallying.chosen(db, config.level, config.mode):
            spool.write(orjson.dumps(tuple(pair), option=orjson.OPT_APPEND_NEWLINE))
        undo.pop_all()
    funnel = PairFunnel(
        labels.n_votes,
        labels.n_scores,
        labels.set_aside,
        counts.n_pairs,
        counts.set_aside,
        counts.considered,
        counts.dropped,
        counts.kept,
    )
    return Selection(funnel, (*left_out.named, *left_out.incompetent), spool)


_WINNERS: dict[Aggregate, Literal["votes", "points", "model"]] = {
    "majority": "votes",
    "mean": "points",
    "dawid-skene": "model",
    "bradley-terry": "model",
}


def _rules(filters: PairFilters) -> Rules:
    margin = filters.min_margin
    return Rules(
        winner=_WINNERS[filters.aggregate],
        least_votes=partial(least_votes, filters.min_agree),
        least_margins=None if margin is None else partial(least_margins, margin),
        min_annotators=filters.min_annotators,
        verified_only=filters.verified_only,
        keep_ties=filters.keep_ties,
        per_prompt=filters.per_prompt,
    )


def _listed(names: list[str]) -> str:
    more = len(names) - _MOST_NAMES
    told = ", ".join(names[:_MOST_NAMES]) or "none yet"
    return f"{told} and {more} more" if more > 0 else told


class LeftOut(NamedTuple):
    """Ids of the raters who do not count.

    Attributes:
        named: Those who were named.
        incompetent: Others of too little competence.
    """

    named: tuple[str, ...]
    incompetent: tuple[str, ...]


def raters_left_out(db: Database, config: PairConfig) -> LeftOut:
    """The raters who do not count.

    Raises:
        MissingInputError: A name is not known.
    """
    named = voting.raters_named(db, config.exclude)
    for name, ids in named.items():
        if not ids:
            raise MissingInputError(
                f"--exclude-annotator: no rater is called {name!r}",
                todo=f"the store has {_listed(voting.rater_names(db))}",
            )
    excluded = tuple(rater for ids in named.values() for rater in ids)
    if config.min_competence is None:
        return LeftOut(excluded, ())
    casting.cast(db, LabelScope(config.level, config.dataset, config.dimensions, excluded))
    tallying.tally(db)
    return LeftOut(excluded, tuple(excluded_by_competence(db, config.min_competence)))
