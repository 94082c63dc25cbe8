"""The evidence of a scaling study from judges whose verdicts are in the store."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from intermt.commands.head_pairs import labelled, tree_numbers
from intermt.commands.scaling_config import (
    Evidence,
    ScalingConfig,
    no_pairs,
    targets_of,
    turns_of,
)
from intermt.domain.correlation import Floats
from intermt.domain.pair_outcomes import PairReply, PairRow
from intermt.errors import MissingInputError
from intermt.store import verdicts as stored
from intermt.store.connect import Store

_UNKNOWN = (
    "which seed trees these judges learnt from is not known here: pairs they were trained on make"
    " them look better than they are"
)


def by_judges(store: Store, config: ScalingConfig) -> Evidence:
    """What the named judges say of the pairs.

    Raises:
        MissingInputError: There are no pairs, or no verdicts of a judge on those it is tried on.
    """
    own = labelled(store, config.pairs(config.level, config.dimension))
    if not own.pairs:
        raise no_pairs(store, config, own)
    pairs = list(own.pairs)
    targets, turns = targets_of(pairs), turns_of(pairs)
    places = {(pair.a_id, pair.b_id): place for place, pair in enumerate(pairs)}
    rows: dict[int, list[Floats]] = {}
    simulated = False
    judged_by: list[dict[str, Any]] = []
    notes = [_UNKNOWN]
    for k, name in config.judges:
        said, marked = _said_by(store, config, name, places, targets)
        row = np.where(turns >= k, said, np.nan)
        simulated |= marked
        n, n_tried = int((~np.isnan(row)).sum()), int((turns >= k).sum())
        if n == 0:
            raise MissingInputError(
                f"the judge {name!r} has no verdicts on {config.level} pairs of turn {k} or later,"
                f" and the last turn is {turns.max()}",
                todo=f"leave out --judge {k}={name}, or judge such pairs first",
            )
        if n < n_tried:
            of_turns = f"the {n_tried} pairs" + (f" of turns from {k} on" if k > 1 else "")
            notes.append(f"{name} has verdicts on {n} of {of_turns}")
        rows.setdefault(k, []).append(row)
        judged_by.append({"k": k, "judge": name, "n_pairs": n})
    found = np.full((max(rows), len(pairs)), np.nan)
    for k, several in rows.items():
        table = np.stack(several)
        n_said = (~np.isnan(table)).sum(axis=0)
        found[k - 1] = np.where(
            n_said > 0, np.nansum(table, axis=0) / np.maximum(n_said, 1), np.nan
        )
    about = {"judged_by": judged_by, "transfer": []}
    synthetic = any(pair.synthetic for pair in pairs)
    return Evidence(
        found, turns, tree_numbers(pairs), {}, about, tuple(notes), simulated, synthetic
    )


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
