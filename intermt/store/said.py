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
from intermt.store.database import joined_as_written

What = Literal["score", "vote"]
CHOICES = ("a", "b", "tie")
"""Choices by the number that stands for them in a `value`."""

_GROUP = "role, rater_kind, judge_id, level, dimension"

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
    SELECT 'score' AS what, role, rater_kind, '' AS judge_id, level, dimension, rater_id,
           target_id AS a_id, NULL::VARCHAR AS b_id, NULL::VARCHAR AS own_tree, value,
           NULL::VARCHAR AS shown_first, rater_kind = 'synthetic' AS synthetic, FALSE AS simulated
    FROM in_score WHERE counts AND role IN ('annotator', 'verifier')
"""
_VOTES = f"""
    SELECT 'vote', role, rater_kind, '', level, dimension, rater_id, a_id, b_id, seed_id,
           list_position({list(CHOICES)}, choice) - 1, shown_first, rater_kind = 'synthetic', FALSE
    FROM in_preference_vote WHERE counts AND role IN ('annotator', 'verifier')
"""
_VERDICTS = f"""
    SELECT '{{what}}', 'judge', coalesce(r.kind, 'model'), v.judge_id, v.level, v.dimension,
           v.judge_id, v.a_id, {{b_id}}, NULL,
           coalesce(v.value, list_position({list(CHOICES)}, v.choice) - 1),
           nullif(v."order", ''), FALSE, v.simulated OR coalesce(r.simulated, FALSE)
    FROM in_verdict v LEFT JOIN rater r ON r.rater_id = v.judge_id
    WHERE v.state = 'ok' AND v.task = '{{task}}'
"""


def gather(db: Connection, *, votes: bool = True) -> None:
    """Make `said`, without votes and choices where they are not wanted, and `said_group`.

    Columns: grp (of `said_group`: what, role, rater_kind, judge_id, "" for people, level,
    dimension), rater, a and b (things; b is NULL for a score), tree, value (a score, an index
    into `CHOICES`, or NULL where a judge gives a real number alone), shown_first (`a`, `b` or
    NULL), synthetic, and simulated: whether a stand-in gave the label or wrote what it is about
    (of a vote: a). Raters are numbers in the order of their ids; of things and trees see
    `number`.
    """
    kinds = [_SCORES, _VERDICTS.format(what="score", task="score", b_id="NULL")]
    if votes:
        choices = _VERDICTS.format(what="vote", task="pair", b_id="v.b_id")
        kinds += [_VOTES, f"{choices} AND v.choice IS NOT NULL"]
    db.execute(f"CREATE TEMP VIEW label AS {' UNION ALL '.join(kinds)}")
    number(db, "label")
    db.execute(
        f"""
        CREATE TEMP TABLE said_by AS
        SELECT *, dense_rank() OVER (ORDER BY what, {_GROUP})::INTEGER AS grp,
               dense_rank() OVER (ORDER BY rater_id)::INTEGER AS rater
        FROM (SELECT DISTINCT what, {_GROUP}, rater_id FROM label)
        """
    )
    db.execute(f"CREATE TEMP TABLE said_group AS SELECT DISTINCT grp, what, {_GROUP} FROM said_by")
    with joined_as_written(db):
        db.execute(
            """
            CREATE TEMP TABLE said AS
            SELECT k.grp, k.rater, a.thing AS a, b.thing AS b, coalesce(t.tree, a.tree) AS tree,
                   l.value::INTEGER AS value, l.shown_first, l.synthetic,
                   l.simulated OR a.simulated AS simulated
            FROM label l JOIN said_by k USING (what, role, level, dimension, rater_id)
            JOIN thing a ON a.id = l.a_id LEFT JOIN thing b ON b.id = l.b_id
            LEFT JOIN tree t ON t.seed_id = l.own_tree
            """
        )


def number(db: Connection, labels: str) -> None:
    """Make `thing` (id, thing, tree, simulated) and `tree` (seed_id, tree).

    Both are numbers in the order of the ids. What is not in the store is a tree of its own.

    Args:
        db: A connection.
        labels: A relation of labels: a_id and b_id, what they are about, and own_tree, where
            the label itself names a tree.
    """
    # A number each by way of small tables: long ids take time to sort, to copy and to join.
    db.execute(
        f"""
        CREATE TEMP TABLE thing_found AS
        SELECT w.id, coalesce(t.seed_id, w.id) AS seed_id,
               coalesce(t.simulated, FALSE) AS simulated
        FROM (
            SELECT a_id AS id FROM {labels} UNION SELECT b_id FROM {labels} WHERE b_id IS NOT NULL
        ) w LEFT JOIN tree_of t ON t.id = w.id
        """
    )
    db.execute(
        f"""
        CREATE TEMP TABLE tree AS
        SELECT seed_id, row_number() OVER (ORDER BY seed_id)::INTEGER AS tree FROM (
            SELECT seed_id FROM thing_found
            UNION SELECT own_tree FROM {labels} WHERE own_tree IS NOT NULL
        )
        """
    )
    db.execute(
        """
        CREATE TEMP TABLE thing AS
        SELECT id, row_number() OVER (ORDER BY id)::INTEGER AS thing, tree, simulated
        FROM thing_found JOIN tree USING (seed_id)
        """
    )


def groups(db: Connection, what: What) -> dict[int, Group]:
    """The kinds of labels that there are, by their number `grp` in `said_group`."""
    rows = db.execute(
        f"SELECT grp, {_GROUP} FROM said_group WHERE what = ? ORDER BY grp", [what]
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
