"""Fits a preference head to people's votes and writes it to a file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from intermt import __version__
from intermt.commands.calling import CallCounts
from intermt.commands.embedding import EmbedPlan, Vectors, embedded_by, reasons
from intermt.commands.head_file import refuse_other_file, write_head
from intermt.commands.head_pairs import (
    Labelled,
    LabelledPair,
    how_to_fit,
    labelled,
    no_vectors,
    tree_numbers,
    why_left_out,
    with_features,
)
from intermt.commands.judge_config import named
from intermt.commands.pair_choice import PairConfig, PairFunnel
from intermt.commands.pair_splits import split_and_checked
from intermt.commands.runs import new_run
from intermt.config import Server
from intermt.dimensions import Level
from intermt.domain.correlation import Floats
from intermt.domain.head_path import Space
from intermt.domain.preference_head import Head, NoHead, fit_head
from intermt.errors import CannotCreate, MissingInputError, UsageError
from intermt.records import Progress
from intermt.store.connect import Store

TRAIN = "train"
_REASONS_SHOWN = 5


@dataclass(frozen=True, slots=True)
class FitConfig:
    """What to fit a head to, and how.

    Attributes:
        path: The file to write.
        pairs: Which pairs; with splits only those of the split `train`.
        server: The embeddings server.
        max_chars: See `EmbedPlan`.
        pictures: See `EmbedPlan`.
        seed: Makes other folds, and other splits.
        stop_error_rate: See `Caller`.
    """

    path: Path
    pairs: PairConfig
    server: Server
    max_chars: int
    pictures: bool = False
    seed: int = 0
    stop_error_rate: float = 0.5

    def as_json(self) -> dict[str, Any]:
        """What the head's file and the record of the run say of it."""
        pairs = self.pairs
        return {
            "level": pairs.level,
            "dimensions": list(pairs.dimensions),
            "max_turn": pairs.max_turn,
            "dataset": pairs.dataset,
            "min_agree": float(pairs.filters.min_agree),
            "min_annotators": pairs.filters.min_annotators,
            "ties": "keep" if pairs.filters.keep_ties else "drop",
            "aggregate": pairs.filters.aggregate,
            "split": None
            if pairs.splits is None
            else {name: float(share) for name, share in pairs.splits.shares},
            "seed": self.seed,
        }


@dataclass(frozen=True, slots=True)
class FittedDimension:
    """The head of one dimension.

    Attributes:
        n_pairs: Pairs it was fitted to.
        n_ties: Those of them that nobody won.
        n_trees: Seed trees they come from.
        ridge: Chosen by cross-validation.
        n_folds: Folds of it, whole seed trees each.
        log_loss: Mean cross-entropy on pairs of other folds.
        accuracy: Share of pairs of other folds where it names the winner; chance is 0.5.
        low: Lower end of its interval; None where there is none.
        high: Upper end.
        confidence: Of the interval.
        n_decided: Pairs with a winner, which the accuracy is over.
    """

    dimension: str
    n_pairs: int
    n_ties: int
    n_trees: int
    ridge: float
    n_folds: int
    log_loss: float
    accuracy: float
    low: float | None
    high: float | None
    confidence: float
    n_decided: int

    @classmethod
    def of(cls, dimension: str, head: Head) -> FittedDimension:
        """What is told of a head."""
        seen = head.accuracy
        return cls(
            dimension,
            head.n_pairs,
            head.n_ties,
            head.n_groups,
            head.ridge,
            head.n_folds,
            head.log_loss,
            seen.value,
            seen.interval.low,
            seen.interval.high,
            seen.interval.confidence,
            seen.n,
        )


@dataclass(frozen=True, slots=True)
class FitResult:
    """What was fitted.

    Attributes:
        path: The file.
        head_id: Names what it says; verdicts of equal heads are one judge's.
        level: local or global.
        model: The embedding model.
        n_features: Length of its vectors.
        heads: One for each dimension that could be fitted.
        left_out: Why others could not, by dimension.
        funnel: What became of the votes.
        n_without_vectors: Pairs left out because a side has no vector, each counted once
            however many dimensions it was voted on.
        why_without: Why, with how often; the most frequent reasons.
        notes: What to know of the embeddings.
        calls: What became of the calls.
        simulated: Whether a stand-in gave vectors or wrote answers.
        synthetic: Whether votes are invented.
        run_id: The run; in the store if it asked for anything.
    """

    path: str
    head_id: str
    level: Level
    model: str
    n_features: int
    heads: tuple[FittedDimension, ...]
    left_out: Mapping[str, str]
    funnel: PairFunnel
    n_without_vectors: int
    why_without: tuple[str, ...]
    notes: tuple[str, ...]
    calls: CallCounts
    simulated: bool
    synthetic: bool
    run_id: str


def run(store: Store, config: FitConfig, progress: Progress) -> FitResult:
    """Fit heads to what people chose, and write them to a file.

    Raises:
        MissingInputError: There are no pairs, or too few for any head.
        UsageError: The splits have none called `train`.
        ServerUnreachable: The server does not answer.
        TryLater: Embeddings are missing that may come in another run.
        CannotCreate: The file cannot be made, or one of this name is no head.
        PermissionRefused: The server refuses access.
    """
    if not config.path.parent.is_dir():
        raise CannotCreate("there is no such folder", where=str(config.path.parent))
    refuse_other_file(config.path)
    found = _for_training(store, config, progress)
    record = new_run("judge --fit", {**config.as_json(), "server": named(config.server)}, None)
    plan, vectors, calls = embedded_by(
        store,
        found.all_answers,
        config.server,
        record,
        progress,
        max_chars=config.max_chars,
        pictures=config.pictures,
        stop_error_rate=config.stop_error_rate,
    )
    return _fitted(config, found, plan, vectors, calls, record.run_id)


def _for_training(store: Store, config: FitConfig, progress: Progress) -> Labelled:
    """The pairs to learn from."""
    splits = config.pairs.splits
    if splits is not None and TRAIN not in dict(splits.shares):
        raise UsageError(
            f"--split names no split called {TRAIN}", todo="as in --split train=0.8,test=0.2"
        )
    found = labelled(store, config.pairs)
    if not found.pairs:
        left_out = why_left_out(found)
        raise MissingInputError(
            "there are no pairs to fit a head to",
            where=str(store.folder),
            details=left_out,
            todo="ask for less with --min-agree, --min-annotators, --max-turn; intermt pair -v says"
            " what became of every vote"
            if left_out
            else "import votes with: intermt annotate-import",
        )
    if splits is None:
        return found
    split_of, _ = split_and_checked(store, splits, found.trees, progress)
    pairs = tuple(pair for pair in found.pairs if split_of(pair.seed_id) == TRAIN)
    used = {candidate for pair in pairs for candidate in (pair.a_id, pair.b_id)}
    answers = {candidate: ids for candidate, ids in found.answers.items() if candidate in used}
    return replace(found, pairs=pairs, answers=answers)


def _fitted(
    config: FitConfig,
    found: Labelled,
    plan: EmbedPlan,
    vectors: Vectors,
    calls: CallCounts,
    run_id: str,
) -> FitResult:
    pairs, differences, rows = with_features(found, vectors)
    why = tuple(list(reasons(vectors.missing))[:_REASONS_SHOWN])
    if not pairs:
        what = "no pair has embeddings of both sides"
        raise no_vectors(plan, vectors, what, where=config.server.name, details=why)
    space = Space.of(differences)
    heads, left_out = _heads(config, space, space.coordinates(differences), pairs, rows)
    if not heads:
        raise MissingInputError(
            "no head can be fitted",
            details=[f"{key}: {text}" for key, text in left_out.items()],
            todo=how_to_fit(plan, differences),
        )
    shown = tuple(FittedDimension.of(key, head) for key, head in heads.items())
    synthetic = any(pair.synthetic for pair in pairs)
    head_id = write_head(
        config.path,
        level=found.level,
        plan=plan,
        scale=space.scale,
        weights={key: head.weights for key, head in heads.items()},
        about={
            "made": {"intermt": __version__, "run_id": run_id, "labels": found.fingerprint},
            "pairs": config.as_json(),
            "heads": [asdict(one) for one in shown],
            "left_out": left_out,
        },
        trees=frozenset(pair.seed_id for pair in pairs),
        simulated=vectors.simulated,
        synthetic=synthetic,
    )
    return FitResult(
        path=str(config.path),
        head_id=head_id,
        level=found.level,
        model=plan.model,
        n_features=len(space.scale),
        heads=shown,
        left_out=left_out,
        funnel=found.funnel,
        n_without_vectors=len(_compared(found.pairs) - _compared(pairs)),
        why_without=why,
        notes=tuple(vectors.remarks()),
        calls=calls,
        simulated=vectors.simulated,
        synthetic=synthetic,
        run_id=run_id,
    )


def _compared(pairs: Iterable[LabelledPair]) -> set[tuple[str, str]]:
    """The two sides of each pair."""
    return {(pair.a_id, pair.b_id) for pair in pairs}


def _heads(
    config: FitConfig,
    space: Space,
    coordinates: Floats,
    pairs: Sequence[LabelledPair],
    rows: Sequence[int],
) -> tuple[dict[str, Head], dict[str, str]]:
    """The head of each dimension; why there is none, for others."""
    trees = tree_numbers(pairs)
    places = np.asarray(rows, dtype=np.int64)
    targets = np.array([pair.target for pair in pairs])
    keys = np.array([pair.dimension for pair in pairs])
    heads: dict[str, Head] = {}
    left_out: dict[str, str] = {}
    for dimension in config.pairs.dimensions:
        at = keys == dimension
        head = fit_head(space, coordinates[places[at]], targets[at], trees[at], seed=config.seed)
        if isinstance(head, NoHead):
            left_out[dimension] = head.why
        else:
            heads[dimension] = head
    return heads, left_out
