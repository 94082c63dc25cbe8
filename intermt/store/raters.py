"""What each annotator did: their labels one by one, their time, the gold items they met.

Works on the relations that `scope.narrow` makes. Only a rater's latest label on one thing
counts.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from duckdb import DuckDBPyConnection as Connection
from numpy.typing import NDArray

from intermt.dimensions import Level
from intermt.records import RaterKind
from intermt.store.database import joined_as_written
from intermt.store.said import CHOICES, What, number

Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Person:
    """One rater whose labels are in scope."""

    rater_id: str
    name: str
    dataset: str
    kind: RaterKind
    is_verifier: bool


@dataclass(frozen=True, slots=True)
class Given:
    """All labels of one kind at one level that annotators and verifiers gave, as columns.

    Attributes:
        what: `score`, or `vote` for a stated preference.
        level: local or global.
        dimensions: Dimension keys, `overall` among them, by the number in `dimension`.
        people: Raters by the number in `rater`.
        rater: (n,) who.
        thing: (n,) 0-based node, conversation or pair.
        dimension: (n,) on what.
        value: (n,) the score, or an index into `said.CHOICES`.
        cluster: (n,) the tree that the thing belongs to.
        rated_at: (n,) microseconds since 1970, -1 where not known.
        first: (n,) the side shown first: 0 for a, 1 for b, -1 where not known.
        gold: (n,) whether the label is that of the gold item it was given on: 1 or 0; -1
            where it was given on none.
    """

    what: What
    level: Level
    dimensions: tuple[str, ...]
    people: tuple[Person, ...]
    rater: Ints
    thing: Ints
    dimension: Ints
    value: Ints
    cluster: Ints
    rated_at: Ints
    first: Ints
    gold: Ints


def given(db: Connection) -> list[Given]:
    """The labels in scope, votes before scores and local before global.

    Empty kinds are left out. A label of a rater that the store does not know is not there.
    """
    people = tuple(
        Person(*row)
        for row in db.execute(
            "SELECT rater_id, name, dataset, kind, role = 'verifier' FROM rater"
            " WHERE role IN ('annotator', 'verifier') ORDER BY name, dataset, rater_id"
        ).fetchall()
    )
    db.execute(
        f"""
        CREATE TEMP VIEW label AS
        SELECT 'vote' AS what, level, dimension, rater_id, a_id, b_id, seed_id AS own_tree,
               list_position({list(CHOICES)}, choice) - 1 AS value, rated_at,
               list_position(['a', 'b'], shown_first) - 1 AS first, task_key, choice
        FROM in_preference_vote WHERE counts AND role IN ('annotator', 'verifier')
        UNION ALL
        SELECT 'score', level, dimension, rater_id, target_id, NULL, NULL, value, rated_at,
               NULL, NULL, NULL
        FROM in_score WHERE counts AND role IN ('annotator', 'verifier')
        """
    )
    number(db, "label")
    kinds = db.execute(
        "SELECT what, level, list_sort(list(DISTINCT dimension)) FROM label"
        " GROUP BY ALL ORDER BY what DESC, level DESC"
    ).fetchall()
    with joined_as_written(db):
        return [_given(db, people, *kind) for kind in kinds]


def _given(
    db: Connection, people: tuple[Person, ...], what: What, level: Level, dimensions: list[str]
) -> Given:
    columns = db.execute(
        """
        WITH person AS (
            SELECT rater_id, row_number() OVER (ORDER BY name, dataset, rater_id) - 1 AS rater
            FROM rater WHERE role IN ('annotator', 'verifier')
        )
        SELECT p.rater, a.thing AS a, coalesce(b.thing, 0) AS b,
               list_position(?::VARCHAR[], l.dimension) - 1 AS dimension, l.value,
               coalesce(t.tree, a.tree) AS cluster,
               coalesce(epoch_us(l.rated_at), -1) AS rated_at, coalesce(l.first, -1) AS first,
               coalesce((g.gold ->> l.dimension = l.choice)::INT, -1) AS gold
        FROM label l JOIN person p USING (rater_id) JOIN thing a ON a.id = l.a_id
        LEFT JOIN thing b ON b.id = l.b_id LEFT JOIN tree t ON t.seed_id = l.own_tree
        LEFT JOIN annotation_task g ON g.annotation_task_id = l.task_key
        WHERE l.what = ? AND l.level = ?
        """,
        [dimensions, what, level],
    ).fetchnumpy()
    numbers: dict[str, Any] = {name: column.astype(np.int64) for name, column in columns.items()}
    first, second = numbers.pop("a"), numbers.pop("b")
    _, thing = np.unique(first * (second.max() + 1) + second, return_inverse=True)
    numbers["thing"] = thing
    # A rater has one label on a thing and dimension: no two rows are alike.
    order = np.lexsort((numbers["dimension"], thing, numbers["rater"]))
    sorted_numbers = {name: column[order] for name, column in numbers.items()}
    return Given(what, level, tuple(dimensions), people, **sorted_numbers)


def seconds(
    db: Connection, dataset: str | None, level: Level | None
) -> dict[tuple[str, str], tuple[float, int]]:
    """Median seconds that a rater's pieces of work took, and how many say so, by id and level.

    With a dataset, of what was recorded under it or is about its candidates.
    """
    rows = db.execute(
        """
        SELECT rater_id, level, median(seconds), count(seconds) FROM annotation
        WHERE (?::VARCHAR IS NULL OR dataset = ? OR a_id IN (SELECT id FROM in_target))
          AND (?::VARCHAR IS NULL OR level = ?)
        GROUP BY rater_id, level HAVING count(seconds) > 0
        """,
        [dataset, dataset, level, level],
    ).fetchall()
    return {(rater, at): (median, n) for rater, at, median, n in rows}


def about_simulated(db: Connection) -> set[tuple[str, str, str]]:
    """Kind of label, level and id of raters with labels on anything that a stand-in wrote."""
    rows = db.execute(
        """
        WITH target AS (
            SELECT 'vote' AS what, level, rater_id, unnest([a_id, b_id]) AS id
            FROM in_preference_vote WHERE counts
            UNION ALL SELECT 'score', level, rater_id, target_id FROM in_score WHERE counts
        ), simulated AS (
            SELECT conversation_id AS id FROM conversation WHERE simulated
            UNION ALL SELECT node_id FROM node WHERE simulated
        )
        SELECT DISTINCT what, level, rater_id FROM target SEMI JOIN simulated USING (id)
        """
    ).fetchall()
    return {(what, level, rater_id) for what, level, rater_id in rows}
