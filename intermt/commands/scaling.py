"""The scaling study: what judges of the first k turns are worth on every later turn.

The judges are preference heads, fitted here to votes and embeddings, or judges whose verdicts
are in the store. docs/scaling.md has the formulas.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from intermt.commands.calling import Caller, completed, started
from intermt.commands.embedding import MAX_CHARS, EmbedPlan, Vectors, addressed, embedded, reasons
from intermt.commands.head_pairs import (
    Labelled,
    LabelledPair,
    labelled,
    tree_numbers,
    with_features,
)
from intermt.commands.judge_config import named
from intermt.commands.pair_choice import MODES, PairConfig
from intermt.commands.runs import finished, new_run
from intermt.config import Server
from intermt.dimensions import LEVELS, OVERALL, Level
from intermt.domain.bootstrap import Interval
from intermt.domain.correlation import Floats
from intermt.domain.pair_outcomes import PairReply, PairRow
from intermt.domain.preference_head import Ints, Space, folds_for, why_no_head
from intermt.domain.scaling import (
    Curve,
    Pairs,
    Trend,
    averages,
    curve,
    head_credits,
    matrix,
    transfers,
    trend,
)
from intermt.errors import MissingInputError, UsageError
from intermt.records import Progress
from intermt.store import requests
from intermt.store import verdicts as stored
from intermt.store.connect import Store
from intermt.store.flushing import flushing

_REASONS_SHOWN = 3


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
class _Found:
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


def run(store: Store, config: ScalingConfig, progress: Progress) -> ScalingResult:
    """Study how judges gain from more turns.

    Raises:
        MissingInputError: There are no pairs, no embeddings, or no such judge or dataset.
        UsageError: The ledger has embeddings of several models, and none is named.
        ServerUnreachable: The server does not answer.
        TryLater: Too many calls fail.
    """
    found = (_by_judges if config.judges else _by_heads)(store, config, progress)
    seed, confidence = config.seed, config.confidence
    rises = trend(found.credits, found.turns, found.trees, seed=seed, confidence=confidence)
    bent = curve(found.credits, found.turns, found.trees, seed=seed, confidence=confidence)
    n_folds = 0 if config.judges else folds_for(found.trees)
    cells = matrix(found.credits, found.turns, found.trees, confidence, n_folds)
    means = averages(found.credits, found.turns, found.trees, confidence)
    late = [int(t) for t in np.unique(found.turns)]
    document = {
        "topic": "scaling",
        "level": config.level,
        "mode": MODES[config.level],
        "dimension": config.dimension,
        "dataset": config.dataset,
        "judges": "named" if config.judges else "heads",
        "simulated": found.simulated,
        "synthetic": found.synthetic,
        "notes": list(found.notes),
        "confidence": confidence,
        "repeats": None if config.judges else config.repeats,
        "seed": seed,
        "n_pairs": len(found.turns),
        "n_trees": len(np.unique(found.trees)),
        "turns": [{"t": t, "n_pairs": int((found.turns == t).sum())} for t in late],
        "trained": [{"k": k, "n_pairs": n} for k, n in found.n_trained.items()],
        "matrix": [_told(asdict(cell), cell.interval) for cell in cells],
        "averages": [_told(asdict(one), one.interval) for one in means],
        "trend": _trend(rises, confidence),
        "curve": _curve(bent),
        **found.about,
    }
    return ScalingResult(document, found.simulated, found.synthetic, found.notes)


# --- heads -------------------------------------------------------------------------------


def _by_heads(store: Store, config: ScalingConfig, progress: Progress) -> _Found:
    own = labelled(store, config.pairs(config.level, config.dimension))
    if not own.pairs:
        raise _no_pairs(store, config)
    wanted = [labelled(store, config.pairs(level, OVERALL)) for level in LEVELS]
    answers = set().union(own.all_answers, *(found.all_answers for found in wanted))
    plan, vectors = _embedded(store, config, answers, progress)
    pairs, differences, rows = with_features(own, vectors)
    if not pairs:
        raise MissingInputError(
            f"no pair has embeddings of both sides ({plan.model}, at most {plan.max_chars}"
            " characters a text)",
            where=str(store.folder),
            todo="name an embeddings server with --server",
            details=list(reasons(vectors.missing))[:_REASONS_SHOWN],
        )
    space = Space.of(differences)
    coordinates = space.coordinates(differences)[np.asarray(rows)]
    data = Pairs(coordinates, _targets(pairs), _turns(pairs), tree_numbers(pairs))
    notes = _of_missing(own, pairs, vectors)
    found, n_trained = [], {}
    last = int(data.turns.max())
    progress.start("fitting heads", last, "sets of turns")
    for k in range(1, last + 1):
        trained = data.turns <= k
        row = head_credits(space, data, trained, repeats=config.repeats, seed=config.seed)
        found.append(np.where(data.turns >= k, row, np.nan))
        n_trained[k] = int(trained.sum())
        if why := why_no_head(
            data.coordinates[trained], data.targets[trained], data.trees[trained]
        ):
            notes.append(f"no head for the first {k} turns: {why}")
        progress.advance()
    progress.stop()
    table, more = _transfer(wanted, vectors, config)
    about = {
        "embedding": {**plan.as_json(), "n_features": differences.shape[1]},
        "n_pairs_without_vectors": len(own.pairs) - len(pairs),
        "n_answers_without_vectors": len(vectors.missing),
        "transfer": table,
    }
    synthetic = any(pair.synthetic for pair in pairs)
    return _Found(
        np.stack(found),
        data.turns,
        data.trees,
        n_trained,
        about,
        (*notes, *more),
        vectors.simulated,
        synthetic,
    )


def _embedded(
    store: Store, config: ScalingConfig, answers: set[str], progress: Progress
) -> tuple[EmbedPlan, Vectors]:
    """The vectors of answers; without a server those that the ledger has."""
    if config.server is None:
        plan = EmbedPlan(_model(store, config), config.max_chars, config.pictures)
        server = addressed(None, plan.model)
        return plan, completed(store, embedded(store, answers, plan, server, progress))
    asked = {"server": named(config.server), "level": config.level, "dataset": config.dataset}
    record = new_run("stats scaling", asked, config.seed)
    with ExitStack() as stack:
        running = stack.enter_context(started([config.server]))
        stack.enter_context(flushing(store, progress.note))
        caller = Caller(
            store,
            running,
            run_id=record.run_id,
            progress=progress,
            stop_error_rate=config.stop_error_rate,
        )
        server = running[config.server.name]

        async def ask() -> tuple[EmbedPlan, Vectors]:
            async with caller:
                plan = EmbedPlan(caller.models[server.name], config.max_chars, config.pictures)
                return plan, await embedded(store, answers, plan, server, progress, caller)

        found = completed(store, ask())
        if caller.counts.made:
            # A run that only read leaves no trace.
            store.keep([record, finished(record, "done")])
    return found


def _model(store: Store, config: ScalingConfig) -> str:
    """The model whose embeddings the ledger has.

    Raises:
        MissingInputError: It has none.
        UsageError: It has several, and none is named.
    """
    if config.model is not None:
        return config.model
    with store.reading() as db:
        models = requests.embedding_models(db)
    if not models:
        raise MissingInputError(
            "the store has no embeddings",
            where=str(store.folder),
            todo="name an embeddings server with --server, or judges with --judge K=NAME",
        )
    if len(models) > 1:
        raise UsageError(
            f"the store has embeddings of {len(models)} models: {', '.join(models)}",
            todo="say which with --model, or name a server with --server",
        )
    return models[0]


def _of_missing(own: Labelled, pairs: Sequence[LabelledPair], vectors: Vectors) -> list[str]:
    notes = []
    if n := len(own.pairs) - len(pairs):
        why = "; ".join(list(reasons(vectors.missing))[:_REASONS_SHOWN])
        notes.append(f"{n} of {len(own.pairs)} pairs are left out for want of embeddings: {why}")
    if n := vectors.n_pictures_unseen:
        notes.append(f"{n} answers were embedded without the pictures in or before them")
    return notes


def _transfer(
    wanted: Sequence[Labelled], vectors: Vectors, config: ScalingConfig
) -> tuple[list[dict[str, Any]], list[str]]:
    """Heads of either level tried on both, on what people prefer overall."""
    pairs: list[LabelledPair] = []
    tables: list[Floats] = []
    kinds: list[int] = []
    for kind, found in enumerate(wanted):
        kept, differences, rows = with_features(found, vectors)
        if kept:
            pairs += kept
            tables.append(differences[np.asarray(rows)])
            kinds += [kind] * len(kept)
    if len(set(kinds)) < len(LEVELS):
        levels = " and ".join(LEVELS[kind] for kind in sorted(set(kinds))) or "no"
        return [], [f"no transfer: there are {levels} pairs with embeddings only"]
    differences = np.concatenate(tables)
    space = Space.of(differences)
    turns = np.zeros(len(pairs), dtype=np.int64)
    data = Pairs(space.coordinates(differences), _targets(pairs), turns, tree_numbers(pairs))
    of_kind = np.array(kinds, dtype=np.int64)
    rows_found = transfers(
        space,
        data,
        of_kind,
        repeats=config.repeats,
        seed=config.seed,
        confidence=config.confidence,
    )
    notes = [
        f"no transfer from {level} pairs: {why}"
        for kind, level in enumerate(LEVELS)
        if (
            why := why_no_head(
                data.coordinates[of_kind == kind],
                data.targets[of_kind == kind],
                data.trees[of_kind == kind],
            )
        )
    ]
    told = [
        {
            **_told(asdict(row), row.interval),
            "trained": LEVELS[row.trained],
            "tested": LEVELS[row.tested],
            "trained_mode": MODES[LEVELS[row.trained]],
            "tested_mode": MODES[LEVELS[row.tested]],
        }
        for row in rows_found
    ]
    return told, notes


# --- judges with verdicts ----------------------------------------------------------------


def _by_judges(store: Store, config: ScalingConfig, progress: Progress) -> _Found:
    del progress
    own = labelled(store, config.pairs(config.level, config.dimension))
    if not own.pairs:
        raise _no_pairs(store, config)
    pairs = list(own.pairs)
    targets, turns = _targets(pairs), _turns(pairs)
    places = {(pair.a_id, pair.b_id): place for place, pair in enumerate(pairs)}
    rows: dict[int, list[Floats]] = {}
    simulated = False
    for k, name in config.judges:
        row, marked = _said_by(store, config, name, places, targets)
        rows.setdefault(k, []).append(np.where(turns >= k, row, np.nan))
        simulated |= marked
    found = np.full((max(rows), len(pairs)), np.nan)
    for k, several in rows.items():
        table = np.stack(several)
        n_said = (~np.isnan(table)).sum(axis=0)
        found[k - 1] = np.where(
            n_said > 0, np.nansum(table, axis=0) / np.maximum(n_said, 1), np.nan
        )
    about = {
        "judged_by": [{"k": k, "judge": name} for k, name in config.judges],
        "transfer": [],
    }
    notes = (
        "which seed trees these judges learnt from is not known here: pairs they were trained on"
        " make them look better than they are",
    )
    synthetic = any(pair.synthetic for pair in pairs)
    return _Found(found, turns, tree_numbers(pairs), {}, about, notes, simulated, synthetic)


def _said_by(
    store: Store,
    config: ScalingConfig,
    name: str,
    places: Mapping[tuple[str, str], int],
    targets: Floats,
) -> tuple[Floats, bool]:
    """(n,) whether a judge names the winner of each pair; whether it is simulated.

    Raises:
        MissingInputError: It has no verdicts on any of them.
    """
    row = np.full(len(targets), np.nan)
    with store.reading() as db:
        known = {judge.name: judge for judge in stored.judges(db)}
        compared = (
            list(stored.compared(db, known[name].judge_id, config.level, config.dataset))
            if name in known
            else []
        )
    simulated = False
    for one in compared:
        place = places.get((one.a_id, one.b_id))
        if place is None or one.dimension != config.dimension:
            continue
        replies = tuple(PairReply(*reply) for reply in one.replies)
        said = PairRow(one.dimension, one.seed_id, replies, ()).verdicts.values()
        winner = "a" if targets[place] > 0.5 else "b"
        credit = [0.5 if v == "tie" else float(v == winner) for v in said if v is not None]
        if credit and targets[place] != 0.5:
            row[place] = sum(credit) / len(credit)
            simulated |= one.simulated
    if np.isnan(row).all():
        raise MissingInputError(
            f"the judge {name!r} has no verdicts on {config.level} pairs with a winner"
            f" ({config.dimension})",
            todo=f"judges with verdicts: {', '.join(sorted(known)) or 'none'}",
        )
    return row, simulated


# --- in types that JSON holds ------------------------------------------------------------


def _told(row: dict[str, Any], interval: Interval) -> dict[str, Any]:
    row.pop("interval")
    return {**row, "low": interval.low, "high": interval.high, "undefined": interval.undefined}


def _trend(found: Trend | None, confidence: float) -> dict[str, Any] | None:
    if found is None:
        return None
    told = _told(asdict(found), found.interval)
    return {**told, "rises": found.rises(confidence)}


def _curve(found: Curve | str) -> dict[str, Any]:
    if isinstance(found, str):
        return {"undefined": found}
    spans = {
        "ceiling": found.ceiling_interval,
        "pace": found.pace_interval,
        "gain": found.gain_interval,
    }
    told: dict[str, Any] = {"undefined": "", "drop": found.drop, "saturates": found.saturates}
    for name, interval in spans.items():
        told[name] = getattr(found, name)
        told[f"{name}_low"], told[f"{name}_high"] = interval.low, interval.high
    told["averages"] = [{"k": k, "accuracy": value} for k, value in found.averages.items()]
    return told


def _targets(pairs: Sequence[LabelledPair]) -> Floats:
    return np.array([pair.target for pair in pairs])


def _turns(pairs: Sequence[LabelledPair]) -> Ints:
    return np.array([pair.turn for pair in pairs], dtype=np.int64)


def _no_pairs(store: Store, config: ScalingConfig) -> MissingInputError:
    where = f" in dataset {config.dataset}" if config.dataset else ""
    return MissingInputError(
        f"there are no {config.level} pairs with a winner on {config.dimension}{where}",
        where=str(store.folder),
        todo="import votes with: intermt annotate-import",
    )
