"""Labels that can be compared: of annotators with each other, with verifiers, with judges.

Works on the relations that `scope.narrow` makes; see `said`. Only verdicts that state a whole
score or a choice enter.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from duckdb import DuckDBPyConnection as Connection
from numpy.typing import NDArray

from intermt.dimensions import Level
from intermt.store.said import What, gather


@dataclass(frozen=True, slots=True)
class Labels:
    """Labels of one kind on one dimension, and by whom.

    Attributes:
        what: `score`, or `vote` for a stated preference.
        level: local or global.
        dimension: A dimension key or `overall`.
        side: Whose labels these are: `annotator` or, beside judges alone, `verifier`.
        other: Who stands beside them: `annotator` (each other), `verifier` or `judge`.
        judge_id: The judge; None unless `other` is one.
        values: (n, 1) annotators' labels, or (n, 2) one of the side's and one of the other's
            on the same thing, each combination once; a vote is an index into `said.CHOICES`.
        raters: Who gave them, in the same shape.
        units: (n,) what they are about.
        clusters: (n,) the tree it belongs to.
        n_units: Things that the side labelled.
        synthetic: Whether any label is an invented one.
        simulated: Whether a stand-in gave any of them.
    """

    what: What
    level: Level
    dimension: str
    side: Literal["annotator", "verifier"]
    other: Literal["annotator", "verifier", "judge"]
    judge_id: str | None
    values: NDArray[np.float64]
    raters: NDArray[np.int64]
    units: NDArray[np.int64]
    clusters: NDArray[np.int64]
    n_units: int
    synthetic: bool
    simulated: bool


def comparable(db: Connection) -> list[Labels]:
    """Every group of labels in scope that people gave, beside whoever else labelled it.

    Sorted by what, level, dimension, side and other. A verifier or judge who labelled
    anything on a dimension has a group there, even an empty one: no thing was labelled by
    both. Verifiers have a group beside a judge where they labelled anything.
    """
    gather(db)
    _number(db)
    alone = db.execute(
        """
        SELECT b.rank, r.value AS x, r.rater AS x_rater, r.unit, r.cluster, r.synthetic,
               r.simulated
        FROM rating r JOIN beside b ON b.grp = r.grp AND b.other = 'annotator'
        WHERE r.role = 'annotator' ORDER BY b.rank, r.unit, r.rater
        """
    ).fetchnumpy()
    together = db.execute(
        """
        SELECT b.rank, x.value AS x, y.value AS y, x.rater AS x_rater, y.rater AS y_rater,
               x.unit, x.cluster, x.synthetic OR y.synthetic AS synthetic,
               x.simulated OR y.simulated AS simulated
        FROM rating x JOIN rating y USING (grp, unit) JOIN beside b
          ON b.grp = y.grp AND b.side = x.role AND b.other = y.role AND b.judge_id = y.judge_id
        WHERE y.role <> 'annotator'
        ORDER BY b.rank, x.unit, x.rater, y.rater, y.value
        """
    ).fetchnumpy()
    groups = db.execute(
        "SELECT rank, what, level, dimension, side, other, nullif(judge_id, ''), n_units"
        " FROM beside ORDER BY rank"
    ).fetchall()
    return [_labels(alone if row[5] == "annotator" else together, *row) for row in groups]


def silent_judges(db: Connection) -> tuple[int, int]:
    """Verdicts in scope on dimensions that people labelled: that state nothing, that cannot meet.

    The second are stated ones of which nobody gave the same kind of label at that level:
    scores where people voted, votes where people scored, grades of the crucial steps.
    """
    row = db.execute(
        """
        WITH people AS (
            SELECT 'score' AS task, level, dimension FROM in_score
            WHERE role IN ('annotator', 'verifier')
            UNION SELECT 'pair', level, dimension FROM in_preference_vote
            WHERE role IN ('annotator', 'verifier')
        )
        SELECT count(*) FILTER (v.state <> 'ok'),
               count(*) FILTER (v.state = 'ok' AND (v.task, v.level, v.dimension) NOT IN
                                (SELECT (task, level, dimension) FROM people))
        FROM in_verdict v WHERE v.dimension IN (SELECT dimension FROM people)
        """
    ).fetchone()
    return (row[0], row[1]) if row else (0, 0)


def _number(db: Connection) -> None:
    """Make `rating`, all labels with numbers for what they are about, and `beside`."""
    # Numbers by way of small tables: a window over all labels would sort their long ids.
    for name, keys in (
        ("grp", "what, level, dimension"),
        ("unit", "what, level, a_id, b_id"),
        ("cluster", "seed_id"),
        ("rater", "rater_id"),
    ):
        db.execute(
            f"""
            CREATE TEMP TABLE number_of_{name} AS
            SELECT *, row_number() OVER (ORDER BY {keys})::INTEGER AS {name}
            FROM (SELECT DISTINCT {keys} FROM said WHERE value IS NOT NULL)
            """
        )
    db.execute(
        """
        CREATE TEMP TABLE rating AS
        SELECT s.role, s.judge_id, s.value, s.what, s.level, s.dimension, s.synthetic,
               s.simulated, g.grp, u.unit, c.cluster, r.rater
        FROM said s JOIN number_of_grp g USING (what, level, dimension)
        JOIN number_of_unit u ON u.what = s.what AND u.level = s.level AND u.a_id = s.a_id
            AND u.b_id IS NOT DISTINCT FROM s.b_id
        JOIN number_of_cluster c ON c.seed_id = s.seed_id
        JOIN number_of_rater r ON r.rater_id = s.rater_id
        WHERE s.value IS NOT NULL
        """
    )
    db.execute(
        """
        CREATE TEMP TABLE beside AS
        WITH said AS (
            SELECT grp, any_value(what) AS what, any_value(level) AS level,
                   any_value(dimension) AS dimension, role, judge_id, count(DISTINCT unit) AS n
            FROM rating GROUP BY grp, role, judge_id
        ), whose AS (
            SELECT 'annotator' AS side UNION ALL SELECT 'verifier'
        )
        SELECT s.grp, s.what, s.level, s.dimension, w.side, s.role AS other, s.judge_id,
               coalesce(x.n, 0) AS n_units,
               row_number() OVER (ORDER BY s.grp, w.side, s.role, s.judge_id) AS rank
        FROM said s JOIN whose w ON w.side = 'annotator' OR s.role = 'judge'
        LEFT JOIN said x ON x.grp = s.grp AND x.role = w.side
        WHERE s.grp IN (SELECT grp FROM said WHERE role <> 'judge')
          AND (w.side = 'annotator' OR x.n > 0)
        """
    )


def _labels(
    rows: dict[str, NDArray[Any]],
    rank: int,
    what: What,
    level: Level,
    dimension: str,
    side: Literal["annotator", "verifier"],
    other: Literal["annotator", "verifier", "judge"],
    judge_id: str | None,
    n_units: int,
) -> Labels:
    start, end = np.searchsorted(rows["rank"], [rank, rank + 1])
    sides = ("x",) if other == "annotator" else ("x", "y")

    def stacked(suffix: str, kind: Any) -> NDArray[Any]:
        return np.stack([rows[s + suffix][start:end].astype(kind) for s in sides], axis=1)

    return Labels(
        what,
        level,
        dimension,
        side,
        other,
        judge_id,
        stacked("", np.float64),
        stacked("_rater", np.int64),
        rows["unit"][start:end].astype(np.int64),
        rows["cluster"][start:end].astype(np.int64),
        n_units,
        bool(rows["synthetic"][start:end].any()),
        bool(rows["simulated"][start:end].any()),
    )
