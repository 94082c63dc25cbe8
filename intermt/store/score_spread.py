"""Scores and verdicts counted: by kind of rater, dimension and value, and by seed tree.

Works on the relations that `scope.narrow` makes; see `said`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from duckdb import DuckDBPyConnection as Connection
from numpy.typing import NDArray

from intermt.store.said import TOP, Group, gather, groups, places

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Spread:
    """The scores of one kind of rater on one dimension.

    Attributes:
        group: Whose, and on what.
        counts: How often each value was given.
        n_things: Turns or conversations that they are about.
        n_raters: Raters who gave them.
        n_real: Verdicts that are real numbers alone, on a scale of their own; not in `counts`.
        n: (C,) scores of 0 and more in each seed tree.
        totals: (C,) their sums.
        n_top: (C,) those that are the highest of the scale.
        synthetic: Whether any is an invented one.
        simulated: Whether a stand-in gave any.
    """

    group: Group
    counts: Mapping[int, int]
    n_things: int
    n_raters: int
    n_real: int
    n: Floats
    totals: Floats
    n_top: Floats
    synthetic: bool
    simulated: bool


def score_spreads(db: Connection) -> list[Spread]:
    """Every kind of rater and dimension with scores in scope, in no order that means anything."""
    gather(db, votes=False)
    heads = db.execute(
        """
        SELECT grp, count(DISTINCT a), count(DISTINCT rater), count(*) FILTER (value IS NULL),
               bool_or(synthetic), bool_or(simulated)
        FROM said GROUP BY grp ORDER BY grp
        """
    ).fetchall()
    values: dict[int, dict[int, int]] = {}
    for grp, value, n in db.execute(
        "SELECT grp, value, count(*) FROM said WHERE value IS NOT NULL GROUP BY ALL ORDER BY ALL"
    ).fetchall():
        values.setdefault(grp, {})[value] = n
    trees = db.execute(
        f"""
        SELECT grp, count(*) AS n, sum(value) AS total, count(*) FILTER (value = top) AS n_top
        FROM said JOIN (SELECT grp, {TOP} AS top FROM said_group) USING (grp)
        WHERE value >= 0 GROUP BY grp, tree ORDER BY grp, tree
        """
    ).fetchnumpy()
    named = groups(db, "score")
    found = []
    for grp, n_things, n_raters, n_real, synthetic, simulated in heads:
        here = places(trees, grp)
        n, totals, n_top = (trees[c][here].astype(np.float64) for c in ("n", "total", "n_top"))
        counts = values.get(grp, {})
        found.append(
            Spread(
                named[grp],
                counts,
                n_things,
                n_raters,
                n_real,
                n,
                totals,
                n_top,
                synthetic,
                simulated,
            )
        )
    return found
