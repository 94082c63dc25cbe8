"""What moves raters apart from quality, added up: sides, lengths, pictures, high scores.

Works on the relations that `scope.narrow` makes; see `said`. Votes are stated preferences.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from duckdb import DuckDBPyConnection as Connection
from numpy.typing import NDArray

from intermt.dimensions import LEVELS
from intermt.store.judge_traits import traits
from intermt.store.said import CHOICES, TOP, Group, What, gather, groups, places

Floats = NDArray[np.float64]

_VOTES = {
    "known": "shown_first IS NOT NULL",
    "first": "(shown_first = 'a') = (value = 0)",
    "apart": "length_a <> length_b",
    "longer": "length_a <> length_b AND (length_a > length_b) = (value = 0)",
    "other_count": "pictures_a <> pictures_b",
    "more_pictures": "pictures_a <> pictures_b AND (pictures_a > pictures_b) = (value = 0)",
}
_SCORES = {
    "n": "count(*)",
    "top": "count(*) FILTER (value = top)",
    "n_traits": "count(length)",
    "score": "sum(value) FILTER (length IS NOT NULL)",
    "score_2": "sum(value * value) FILTER (length IS NOT NULL)",
    "length": "sum(length)",
    "length_2": "sum(length * length)",
    "score_length": "sum(value * length)",
    "pictures": "sum(pictures)",
    "pictures_2": "sum(pictures * pictures)",
    "score_pictures": "sum(value * pictures)",
}


@dataclass(frozen=True, slots=True)
class Leanings:
    """The votes, or the scores, of one kind of rater on one dimension.

    Attributes:
        group: Whose, and on what.
        sums: By name, (C,) sums over each seed tree. Of votes, ties apart: `known` (which side
            was shown first is known), of these `first` (it was chosen); `apart` (one candidate
            is longer), of these `longer` (it was chosen); `other_count` and `more_pictures`
            likewise. Of scores of 0 and more: `n`, of these `top`; `n_traits` (the thing is
            in the store), and over these sums of `score`, of `length` (log of 1 +
            characters) and of `pictures` (their number), their squares and products.
        trees: (C,) the tree of each sum, as a number that is the same in all groups.
        synthetic: Whether any label is an invented one.
        simulated: Whether a stand-in gave any.
    """

    group: Group
    sums: Mapping[str, Floats]
    trees: NDArray[np.int64]
    synthetic: bool
    simulated: bool


def leanings(db: Connection) -> tuple[list[Leanings], list[Leanings]]:
    """Votes and scores in scope, by kind of rater, level and dimension."""
    gather(db)
    described = " UNION ALL ".join(f"FROM ({traits(level, 'thing')})" for level in LEVELS)
    db.execute(
        f"""
        CREATE TEMP TABLE trait AS
        SELECT thing, length::DOUBLE AS length, n_pictures FROM ({described}) JOIN thing USING (id)
        """
    )
    counts = ", ".join(f"count(*) FILTER ({test}) AS {name}" for name, test in _VOTES.items())
    votes = f"""
        SELECT grp, tree, {counts}
        FROM (
            SELECT s.*, a.length AS length_a, b.length AS length_b,
                   a.n_pictures AS pictures_a, b.n_pictures AS pictures_b
            FROM said s LEFT JOIN trait a ON a.thing = s.a LEFT JOIN trait b ON b.thing = s.b
            WHERE s.b IS NOT NULL AND s.value < {CHOICES.index("tie")}
        ) GROUP BY grp, tree
        """
    # Decimals add up to the same in any order, and so do the figures that are made of them.
    sums = ", ".join(f"({sql})::DOUBLE AS {name}" for name, sql in _SCORES.items())
    scores = f"""
        SELECT grp, tree, {sums}
        FROM (
            SELECT s.*, g.top, t.n_pictures AS pictures,
                   ln(1 + t.length)::DECIMAL(12, 9) AS length
            FROM said s JOIN (SELECT grp, {TOP} AS top FROM said_group) g USING (grp)
            LEFT JOIN trait t ON t.thing = s.a
            WHERE s.b IS NULL AND s.value >= 0
        ) GROUP BY grp, tree
        """
    # Labels that do not lean, as ties, make a row what it is too.
    marks = {
        grp: (synthetic, simulated)
        for grp, synthetic, simulated in db.execute(
            "SELECT grp, bool_or(synthetic), bool_or(simulated) FROM said GROUP BY grp"
        ).fetchall()
    }
    return _grouped(db, "vote", votes, _VOTES, marks), _grouped(db, "score", scores, _SCORES, marks)


def _grouped(
    db: Connection,
    what: What,
    sql: str,
    names: Iterable[str],
    marks: Mapping[int, tuple[bool, bool]],
) -> list[Leanings]:
    rows = db.execute(f"{sql} ORDER BY grp, tree").fetchnumpy()
    found = []
    for grp, group in groups(db, what).items():
        here = places(rows, grp)
        columns = {
            name: np.ma.filled(np.ma.asarray(rows[name][here], dtype=np.float64), 0.0)
            for name in names
        }
        trees = rows["tree"][here].astype(np.int64)
        found.append(Leanings(group, columns, trees, *marks[grp]))
    return found
