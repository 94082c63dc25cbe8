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
from intermt.records import UNNAMED_RATERS
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
        unnamed: Those of `raters` whom nobody named: which labels are one person's is not known.
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
    unnamed: NDArray[np.int64]


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
        FROM rating r JOIN beside b ON b.theirs = r.voice
        WHERE b.other = 'annotator' ORDER BY b.rank, r.unit, r.rater
        """
    ).fetchnumpy()
    together = db.execute(
        """
        SELECT b.rank, x.value AS x, y.value AS y, x.rater AS x_rater, y.rater AS y_rater,
               x.unit, x.cluster, x.synthetic OR y.synthetic AS synthetic,
               x.simulated OR y.simulated AS simulated
        FROM beside b JOIN rating y ON y.voice = b.theirs
        JOIN rating x ON x.voice = b.own AND x.unit = y.unit
        WHERE b.other <> 'annotator'
        ORDER BY b.rank, x.unit, x.rater, y.rater, y.value
        """
    ).fetchnumpy()
    groups = db.execute(
        "SELECT rank, what, level, dimension, side, other, nullif(judge_id, ''), n_units"
        " FROM beside ORDER BY rank"
    ).fetchall()
    unnamed = np.array(
        db.execute(
            "SELECT DISTINCT k.rater FROM said_by k JOIN rater r USING (rater_id)"
            f" WHERE k.role <> 'judge' AND regexp_full_match(r.name, '{UNNAMED_RATERS}')"
        ).fetchall(),
        np.int64,
    ).reshape(-1)
    return [_labels(alone if row[5] == "annotator" else together, unnamed, *row) for row in groups]


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
    """Make `rating`, all labels with numbers for what they are about, and `beside`.

    A scale is what, level and dimension; a voice all annotators, all verifiers or one judge on
    a scale; a unit a thing or a pair of things.
    """
    db.execute(
        """
        CREATE TEMP TABLE voice AS
        SELECT grp, what, level, dimension, role, judge_id,
               dense_rank() OVER (ORDER BY what, level, dimension) AS scale,
               dense_rank() OVER (ORDER BY what, level, dimension, role, judge_id)::INTEGER AS voice
        FROM said_group
        """
    )
    db.execute(
        """
        CREATE TEMP TABLE rating AS
        WITH pair AS (
            SELECT a, b, row_number() OVER (ORDER BY a, b)::INTEGER AS pair
            FROM (SELECT DISTINCT a, b FROM said WHERE b IS NOT NULL)
        )
        SELECT v.voice, coalesce(p.pair, s.a) AS unit, s.tree AS cluster, s.rater, s.value,
               s.synthetic, s.simulated
        FROM said s JOIN voice v USING (grp) LEFT JOIN pair p USING (a, b)
        WHERE s.value IS NOT NULL
        """
    )
    db.execute(
        """
        CREATE TEMP TABLE beside AS
        WITH heard AS (
            SELECT * FROM (SELECT DISTINCT ON (voice) * EXCLUDE (grp) FROM voice)
            JOIN (SELECT voice, count(DISTINCT unit) AS n FROM rating GROUP BY voice) USING (voice)
        ), whose AS (
            SELECT 'annotator' AS side UNION ALL SELECT 'verifier'
        )
        SELECT s.what, s.level, s.dimension, w.side, s.role AS other, s.judge_id,
               coalesce(x.n, 0) AS n_units, x.voice AS own, s.voice AS theirs,
               row_number() OVER (ORDER BY s.scale, w.side, s.role, s.judge_id) AS rank
        FROM heard s JOIN whose w ON w.side = 'annotator' OR s.role = 'judge'
        LEFT JOIN heard x ON x.scale = s.scale AND x.role = w.side
        WHERE s.scale IN (SELECT scale FROM heard WHERE role <> 'judge')
          AND (w.side = 'annotator' OR x.n > 0)
        """
    )


def _labels(
    rows: dict[str, NDArray[Any]],
    unnamed: NDArray[np.int64],
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
        # Its columns lie together, which makes sums over each row several times as fast.
        return np.stack([rows[s + suffix][start:end].astype(kind) for s in sides]).T

    raters = stacked("_rater", np.int64)
    return Labels(
        what,
        level,
        dimension,
        side,
        other,
        judge_id,
        stacked("", np.float64),
        raters,
        rows["unit"][start:end].astype(np.int64),
        rows["cluster"][start:end].astype(np.int64),
        n_units,
        bool(rows["synthetic"][start:end].any()),
        bool(rows["simulated"][start:end].any()),
        np.intersect1d(raters, unnamed),
    )
