"""The evidence of a scaling study from heads that are fitted to votes and embeddings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from intermt.commands.calling import completed
from intermt.commands.embedding import (
    EmbedPlan,
    Vectors,
    embedded,
    embedded_by,
    reasons,
)
from intermt.commands.head_pairs import (
    Labelled,
    LabelledPair,
    how_to_fit,
    labelled,
    no_vectors,
    tree_numbers,
    with_features,
)
from intermt.commands.judge_config import named
from intermt.commands.pair_choice import MODES
from intermt.commands.runs import new_run
from intermt.commands.scaling_config import (
    Evidence,
    ScalingConfig,
    no_pairs,
    targets_of,
    told,
    turns_of,
)
from intermt.config import Server
from intermt.dimensions import LEVELS, OVERALL
from intermt.domain.correlation import Floats
from intermt.domain.head_path import Space
from intermt.domain.preference_head import why_no_head
from intermt.domain.scaling import Pairs, head_credits, transfers
from intermt.errors import MissingInputError, UsageError
from intermt.records import Progress
from intermt.store import requests
from intermt.store.connect import Store

_REASONS_SHOWN = 3


def by_heads(store: Store, config: ScalingConfig, progress: Progress) -> Evidence:
    """What heads of the first k turns say of later pairs, for every k; and transfer.

    Raises:
        MissingInputError: There are no pairs, no embeddings of any, or too few for a head.
        UsageError: The ledger has embeddings of several models, and none is named.
        TryLater: Calls failed that may go well in another run.
    """
    own = labelled(store, config.pairs(config.level, config.dimension))
    if not own.pairs:
        raise no_pairs(store, config, own)
    wanted = [labelled(store, config.pairs(level, OVERALL)) for level in LEVELS]
    answers = set().union(own.all_answers, *(found.all_answers for found in wanted))
    plan, vectors = _embedded(store, config, answers, progress)
    pairs, differences, rows = with_features(own, vectors)
    if not pairs:
        raise no_vectors(
            plan,
            vectors,
            f"no pair has embeddings of both sides ({plan.model}, at most {plan.max_chars}"
            " characters a text)",
            where=str(store.folder),
            details=list(reasons(vectors.missing))[:_REASONS_SHOWN],
        )
    space = Space.of(differences)
    coordinates = space.coordinates(differences)[np.asarray(rows)]
    data = Pairs(coordinates, targets_of(pairs), turns_of(pairs), tree_numbers(pairs))
    notes = _of_missing(own, pairs, vectors)
    found, n_trained = [], {}
    last = int(data.turns.max())
    progress.start("fitting heads", last, "sets of turns")
    most: int | None = None
    for k in range(1, last + 1):
        trained = data.turns <= k
        n_trained[k] = int(trained.sum()) if most is None else min(most, int(trained.sum()))
        row = head_credits(
            space, data, trained, repeats=config.repeats, seed=config.seed, most=most
        )
        found.append(np.where(data.turns >= k, row, np.nan))
        if why := why_no_head(
            data.coordinates[trained], data.targets[trained], data.trees[trained]
        ):
            notes.append(f"no head for k = {k}: {why}")
        elif config.equal_pairs and most is None:
            most = n_trained[k]
        progress.advance()
    progress.stop()
    if np.isnan(found).all():
        raise MissingInputError(
            "no head can be fitted to the pairs there are",
            where=str(store.folder),
            details=notes,
            todo=how_to_fit(plan, differences),
        )
    table, more = _transfer(wanted, vectors, config)
    about = {
        "embedding": {**plan.as_json(), "n_features": differences.shape[1]},
        "equal_pairs": config.equal_pairs,
        "n_pairs_without_vectors": len(own.pairs) - len(pairs),
        "n_answers_without_vectors": len(vectors.missing),
        "transfer": table,
    }
    synthetic = any(pair.synthetic for pair in pairs)
    return Evidence(
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
        nobody = Server(name="", kind="embed", url=(), model=plan.model)
        return plan, completed(store, embedded(store, answers, plan, nobody, progress))
    asked = {"server": named(config.server), "level": config.level, "dataset": config.dataset}
    record = new_run("stats scaling", asked, config.seed)
    plan, vectors, _ = embedded_by(
        store,
        answers,
        config.server,
        record,
        progress,
        max_chars=config.max_chars,
        pictures=config.pictures,
        stop_error_rate=config.stop_error_rate,
    )
    return plan, vectors


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
    return [*notes, *vectors.remarks()]


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
    data = Pairs(space.coordinates(differences), targets_of(pairs), turns, tree_numbers(pairs))
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
    rows_told = [
        {
            **told(asdict(row), row.interval),
            "trained": LEVELS[row.trained],
            "tested": LEVELS[row.tested],
            "trained_mode": MODES[LEVELS[row.trained]],
            "tested_mode": MODES[LEVELS[row.tested]],
        }
        for row in rows_found
    ]
    return rows_told, notes
