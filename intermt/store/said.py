"""Every label and verdict in scope as rows of one relation, `said`, whoever gave it.

Works on the relations that `scope.narrow` makes. Of a rater's labels on one thing the latest
counts; of a judge every reply that states something.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

import numpy as np
from duckdb import DuckDBPyConnection as Connection
from numpy.typing import NDArray

from intermt.dimensions import DIMENSIONS, Level
from intermt.records import RaterKind, RaterRole

What = Literal["score", "vote"]
CHOICES = ("a", "b", "tie")
"""Choices by the number that stands for them in a `value`."""

GROUP = "role, rater_kind, judge_id, level, dimension"
"""The columns of `said` that make a `Group`."""

TOP = (
    "CASE dimension "
    + " ".join(f"WHEN '{d.key}' THEN {d.highest}" for d in DIMENSIONS)
    + " ELSE 3 END"
)
"""The highest score of a row's dimension."""


class Who(NamedTuple):
    """A kind of rater: annotators or verifiers of one kind, or one judge.

    Attributes:
        role: annotator, verifier or judge.
        kind: Of annotators and verifiers human or synthetic, of a judge model or jury.
        judge_id: The judge; "" for people.
    """

    role: RaterRole
    kind: RaterKind
    judge_id: str


class Group(NamedTuple):
    """Labels of one kind on one dimension, and whose they are."""

    who: Who
    level: Level
    dimension: str


_SCORES = """
    SELECT level, dimension, role, rater_kind, '' AS judge_id, rater_id, target_id AS a_id,
           NULL::VARCHAR AS b_id, NULL::VARCHAR AS own_tree, value, NULL::VARCHAR AS shown_first,
           rater_kind = 'synthetic' AS synthetic, FALSE AS simulated
    FROM in_score WHERE counts AND role IN ('annotator', 'verifier')
"""
_VOTES = f"""
    SELECT level, dimension, role, rater_kind, '', rater_id, a_id, b_id, seed_id,
           list_position({list(CHOICES)}, choice) - 1, shown_first, rater_kind = 'synthetic', FALSE
    FROM in_preference_vote WHERE counts AND role IN ('annotator', 'verifier')
"""
_VERDICTS = f"""
    SELECT v.level, v.dimension, 'judge', coalesce(r.kind, 'model'), v.judge_id, v.judge_id,
           v.a_id, v.b_id, NULL, coalesce(v.value, list_position({list(CHOICES)}, v.choice) - 1),
           nullif(v."order", ''), FALSE, v.simulated OR coalesce(r.simulated, FALSE)
    FROM in_verdict v LEFT JOIN rater r ON r.rater_id = v.judge_id WHERE v.state = 'ok'
"""


def gather(db: Connection, *, votes: bool = True) -> None:
    """Make `said`, without votes and choices where they are not wanted, and `said_group`.

    Columns: what, level, dimension, role, rater_kind, judge_id ("" for people), rater_id,
    a_id, b_id (NULL for a score), seed_id (of a thing that is not in the store its own id),
    value (a score, an index into `CHOICES`, or NULL where a judge gives a real number alone),
    shown_first (`a`, `b` or NULL), synthetic, and simulated: whether a stand-in gave the label
    or wrote what it is about (of a vote: a).
    """
    kinds = [("score", _SCORES), ("score", f"{_VERDICTS} AND v.task = 'score'")]
    if votes:
        kinds.append(("vote", _VOTES))
        kinds.append(("vote", f"{_VERDICTS} AND v.task = 'pair' AND v.choice IS NOT NULL"))
    union = " UNION ALL ".join(f"SELECT '{what}' AS what, * FROM ({sql})" for what, sql in kinds)
    db.execute(
        f"""
        CREATE TEMP TABLE said AS
        WITH label AS ({union}), tree AS (
            FROM tree_of SEMI JOIN (SELECT DISTINCT a_id AS id FROM label) USING (id)
        )
        SELECT l.* EXCLUDE (own_tree) REPLACE (
                   l.value::INTEGER AS value,
                   l.simulated OR coalesce(t.simulated, FALSE) AS simulated
               ), coalesce(l.own_tree, t.seed_id, l.a_id) AS seed_id
        FROM label l LEFT JOIN tree t ON t.id = l.a_id
        """
    )
    db.execute(
        f"""
        CREATE TEMP TABLE said_group AS
        SELECT *, row_number() OVER (ORDER BY what, {GROUP})::INTEGER AS grp
        FROM (SELECT DISTINCT what, {GROUP} FROM said)
        """
    )


def groups(db: Connection, what: What) -> dict[int, Group]:
    """The kinds of labels that there are, by their number `grp` in `said_group`."""
    rows = db.execute(
        f"SELECT grp, {GROUP} FROM said_group WHERE what = ? ORDER BY grp", [what]
    ).fetchall()
    return {
        grp: Group(Who(role, kind, judge_id), level, dimension)
        for grp, role, kind, judge_id, level, dimension in rows
    }


def places(rows: Mapping[str, NDArray[Any]], grp: int) -> slice:
    """Where a group stands in rows that are sorted by `grp`."""
    start, end = np.searchsorted(rows["grp"], [grp, grp + 1])
    return slice(int(start), int(end))


def judge_names(db: Connection) -> dict[str, str]:
    """The names of all judges, by id."""
    return dict(db.execute("SELECT rater_id, name FROM rater WHERE role = 'judge'").fetchall())
