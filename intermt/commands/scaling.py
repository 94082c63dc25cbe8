"""The scaling study: what judges of the first k turns are worth on every later turn.

The judges are preference heads, fitted here to votes and embeddings, or judges whose verdicts
are in the store. docs/scaling.md has the formulas.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import numpy as np

from intermt.commands.pair_choice import MODES
from intermt.commands.scaling_config import ScalingConfig, ScalingResult, told
from intermt.commands.scaling_heads import by_heads
from intermt.commands.scaling_judges import by_judges
from intermt.domain.bootstrap import Interval
from intermt.domain.preference_head import folds_for
from intermt.domain.scaling import Trend, averages, matrix, trend
from intermt.domain.scaling_curve import Curve, curve
from intermt.records import Progress
from intermt.store.connect import Store


def run(store: Store, config: ScalingConfig, progress: Progress) -> ScalingResult:
    """Study how judges gain from more turns.

    Raises:
        MissingInputError: There are no pairs, no embeddings, or no such judge or dataset.
        UsageError: The ledger has embeddings of several models, and none is named.
        ServerUnreachable: The server does not answer.
        TryLater: Too many calls fail.
    """
    found = by_judges(store, config) if config.judges else by_heads(store, config, progress)
    seed, confidence = config.seed, config.confidence
    line = trend(found.credits, found.turns, found.trees, seed=seed, confidence=confidence)
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
        "matrix": [told(asdict(cell), cell.interval) for cell in cells],
        "averages": [told(asdict(one), one.interval) for one in means],
        "trend": _trend(line, confidence),
        "curve": _curve(bent, rises=line is not None and line.rises(confidence)),
        **found.about,
    }
    return ScalingResult(document, found.simulated, found.synthetic, found.notes)


# --- in types that JSON holds ------------------------------------------------------------


def _trend(found: Trend | None, confidence: float) -> dict[str, Any] | None:
    if found is None:
        return None
    said = {"rises": found.rises(confidence), "falls": found.falls(confidence)}
    return {**told(asdict(found), found.interval), **said}


def _curve(found: Curve | str, *, rises: bool) -> dict[str, Any]:
    """What the curve says; nothing but the reason where it says nothing."""
    if isinstance(found, str):
        return {"undefined": found}
    if not rises:
        return {"undefined": "no rise with k was found"}
    row: dict[str, Any] = {
        "undefined": "",
        "averages": [{"k": k, "accuracy": value} for k, value in found.averages.items()],
        **_with_ends("gain", found.gain, found.gain_interval),
        "saturates": not found.no_ceiling,
        "no_ceiling": found.no_ceiling,
    }
    if not found.no_ceiling:
        row |= _with_ends("ceiling", found.ceiling, found.ceiling_interval)
        row |= {"drop": found.drop, **_with_ends("pace", found.pace, found.pace_interval)}
    return row


def _with_ends(name: str, value: float, interval: Interval) -> dict[str, float | None]:
    return {name: value, f"{name}_low": interval.low, f"{name}_high": interval.high}
