"""What a scaling study is told, what its figures rest on, and what it tells."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from intermt.commands.embedding import MAX_CHARS
from intermt.commands.head_pairs import Labelled, LabelledPair, why_left_out
from intermt.commands.pair_choice import PairConfig
from intermt.config import Server
from intermt.dimensions import OVERALL, Level
from intermt.domain.bootstrap import Interval
from intermt.domain.correlation import Floats
from intermt.domain.head_path import Ints
from intermt.errors import MissingInputError
from intermt.store.connect import Store


@dataclass(frozen=True, slots=True)
class ScalingConfig:
    """What to study, and how.

    Attributes:
        level: local (answers at turn t) or global (conversations of t turns).
        dimension: A dimension key of the level, or `overall`.
        dataset: Only votes of this collection.
        max_turn: Last turn that is looked at; None for all.
        server: The embeddings server; None takes what the ledger has.
        model: The embedding model, where the ledger has several.
        max_chars: See `EmbedPlan`.
        pictures: See `EmbedPlan`.
        judges: Names of judges with verdicts by the number of turns they learnt from, in place
            of heads.
        repeats: How often the trees are split anew.
        equal_pairs: Whether heads of all k learn from as many pairs as those of the least k.
        seed: Of splits, resamples and sign flips.
        confidence: Of all intervals.
        stop_error_rate: See `Caller`.
    """

    level: Level = "local"
    dimension: str = OVERALL
    dataset: str | None = None
    max_turn: int | None = None
    server: Server | None = None
    model: str | None = None
    max_chars: int = MAX_CHARS
    pictures: bool = False
    judges: tuple[tuple[int, str], ...] = ()
    repeats: int = 5
    equal_pairs: bool = False
    seed: int = 0
    confidence: float = 0.95
    stop_error_rate: float = 0.5

    def pairs(self, level: Level, dimension: str) -> PairConfig:
        """The pairs of a level; those that nobody won teach and test nothing here."""
        return PairConfig.of(
            level=level,
            dimensions=(dimension,),
            max_turn=self.max_turn,
            dataset=self.dataset,
        )


@dataclass(frozen=True, slots=True)
class ScalingResult:
    """What was found.

    Attributes:
        document: Every figure, in types that JSON holds; docs/scaling.md names the keys.
        simulated: Whether a stand-in gave vectors or verdicts, or wrote answers.
        synthetic: Whether votes are invented.
        notes: What a reader must know, in words.
    """

    document: Mapping[str, Any]
    simulated: bool
    synthetic: bool
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the figures rest on.

    Attributes:
        credits: (K, n), see `domain.scaling`.
        turns: (n,) of each pair.
        trees: (n,) likewise.
        n_trained: By k the pairs that were learnt from; empty where that is not known here.
        about: Further keys of the document.
        notes: See `ScalingResult`.
        simulated: Likewise.
        synthetic: Likewise.
    """

    credits: Floats
    turns: Ints
    trees: Ints
    n_trained: Mapping[int, int]
    about: Mapping[str, Any]
    notes: tuple[str, ...]
    simulated: bool
    synthetic: bool


def told(row: dict[str, Any], interval: Interval) -> dict[str, Any]:
    """A figure in types that JSON holds, its interval as `low` and `high`."""
    row.pop("interval")
    return {**row, "low": interval.low, "high": interval.high, "undefined": interval.undefined}


def targets_of(pairs: Sequence[LabelledPair]) -> Floats:
    """(n,) share of votes for a of each pair."""
    return np.array([pair.target for pair in pairs])


def turns_of(pairs: Sequence[LabelledPair]) -> Ints:
    """(n,) the turn of each pair."""
    return np.array([pair.turn for pair in pairs], dtype=np.int64)


def no_pairs(store: Store, config: ScalingConfig, found: Labelled) -> MissingInputError:
    """The error of a study that has nothing to study."""
    where = f" in dataset {config.dataset}" if config.dataset else ""
    left_out = why_left_out(found)
    return MissingInputError(
        f"there are no {config.level} pairs with a winner on {config.dimension}{where}",
        where=str(store.folder),
        details=left_out,
        todo="intermt pair -v says what became of every vote"
        if left_out
        else "import votes with: intermt annotate-import",
    )
