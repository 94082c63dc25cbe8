"""How scores are spread, by kind of rater and dimension."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from intermt.commands.kinds_of_raters import about, place
from intermt.dimensions import BY_KEY
from intermt.domain.cluster_figures import mean_of_sums, share_of_sums
from intermt.store.score_spread import Spread

NO_SCORES = "no scores: nobody has scored anything here"

_CONFIDENCE = 0.95


def score_figures(spreads: Sequence[Spread], names: Mapping[str, str]) -> dict[str, Any]:
    """The document of scores: notes and one row a kind of rater and dimension.

    Args:
        spreads: The scores.
        names: Names of judges by id.
    """
    rows = [_row(spread, names) for spread in spreads]
    rows.sort(key=place)
    return {
        "confidence": _CONFIDENCE,
        "notes": _notes(rows),
        "simulated": any(spread.simulated for spread in spreads),
        "synthetic": any(spread.synthetic for spread in spreads),
        "rows": rows,
    }


def _row(spread: Spread, names: Mapping[str, str]) -> dict[str, Any]:
    group = spread.group
    scale = BY_KEY.get(group.dimension)
    # A score of -1 is no point of the scale that the mean is on.
    ends = (-math.inf, math.inf) if scale is None else (0.0, float(scale.highest))
    shown = set(spread.counts) | (set() if scale is None else set(scale.scores))
    return {
        **about(group.who, group.level, group.dimension, names),
        "n": int(spread.n.sum()),
        "n_no_picture": spread.counts.get(-1, 0),
        "n_real_numbers": spread.n_real,
        "n_things": spread.n_things,
        "n_raters": spread.n_raters,
        "n_clusters": len(spread.n),
        "counts": {str(v): spread.counts.get(v, 0) for v in sorted(shown) if v >= 0},
        "mean": asdict(mean_of_sums(spread.n, spread.totals, _CONFIDENCE, ends)),
        "top_share": asdict(share_of_sums(spread.n, spread.n_top, _CONFIDENCE)),
        "simulated": spread.simulated,
        "synthetic": spread.synthetic,
    }


def _notes(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    if not rows:
        return [NO_SCORES]
    real: dict[str, int] = {}
    for row in rows:
        if row["n_real_numbers"]:
            real[row["judge"]] = real.get(row["judge"], 0) + row["n_real_numbers"]
    return [
        f"{n:,} verdicts of {judge} are real numbers on a scale of its own and not counted here"
        for judge, n in real.items()
    ]
