"""Scores and verdicts counted: by kind of rater, dimension and value, and by seed tree.

Works on the relations that `scope.narrow` makes; see `said`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from duckdb import DuckDBPyConnection as Connection
from numpy.typing import NDArray

from intermt.store.said import GROUP, TOP, Group, Who, by_group, gather

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
        f"""
        SELECT {GROUP}, count(DISTINCT a_id), count(DISTINCT rater_id),
               count(*) FILTER (value IS NULL), bool_or(synthetic), bool_or(simulated)
        FROM said WHERE what = 'score' GROUP BY {GROUP} ORDER BY {GROUP}
        """
    ).fetchall()
    values: dict[Group, dict[int, int]] = {}
    for *name, value, n in db.execute(
        f"SELECT {GROUP}, value, count(*) FROM said WHERE what = 'score' AND value IS NOT NULL"
        f" GROUP BY {GROUP}, value ORDER BY {GROUP}, value"
    ).fetchall():
        values.setdefault(_group(*name), {})[value] = n
    trees = db.execute(
        f"""
        SELECT {GROUP}, count(*) AS n, sum(value) AS total, count(*) FILTER (value = {TOP}) AS n_top
        FROM said WHERE what = 'score' AND value >= 0
        GROUP BY {GROUP}, seed_id ORDER BY {GROUP}, seed_id
        """
    ).fetchnumpy()
    places = dict(by_group(trees))
    found = []
    for *name, n_things, n_raters, n_real, synthetic, simulated in heads:
        group = _group(*name)
        here = places.get(group, slice(0, 0))
        n, totals, n_top = (trees[c][here].astype(np.float64) for c in ("n", "total", "n_top"))
        counts = values.get(group, {})
        found.append(
            Spread(
                group, counts, n_things, n_raters, n_real, n, totals, n_top, synthetic, simulated
            )
        )
    return found


def _group(role: Any, kind: Any, judge_id: str, level: Any, dimension: str) -> Group:
    return Group(Who(role, kind, judge_id), level, dimension)
