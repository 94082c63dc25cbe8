"""What a look at the store is about: everything, or one dataset and what was said of it.

`narrow` makes relations that hold what is in scope, for the queries of `overview`, `said`
and others. A dataset's scope is its conversations, the nodes on their paths, the nodes of its
seeds' trees that are on no path at all, and the labels and verdicts that were recorded under
its name or are about these conversations and nodes. A level narrows labels and verdicts alone.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Literal, get_args

from duckdb import DuckDBPyConnection as Connection

from intermt.dimensions import Level

Label = Literal["score", "preference_vote", "feedback", "verdict"]
LABELS: tuple[Label, ...] = get_args(Label)

NOT_STATED = "not stated"
"""What stands for a property that a record does not have."""

_NODES = (
    "node_id, parent_id, seed_id, role, turn, n_images, n_missing, n_tags, n_stray_tags,"
    " model, simulated"
)
_LATEST = """
    row_number() OVER (
        PARTITION BY rater_id, {about}, dimension ORDER BY rated_at DESC NULLS LAST, {key} DESC
    ) = 1
"""
"""Whether a label is its rater's latest on one thing; the others are superseded."""


def narrow(
    db: Connection,
    dataset: str | None,
    level: Level | None,
    labels: Collection[Label] = LABELS,
) -> None:
    """Make the relations `in_conversation`, `in_node`, `in_score` ... of this connection.

    Args:
        db: A connection.
        dataset: Only this collection.
        level: Only labels and verdicts of this level.
        labels: Which of the relations of labels and verdicts are wanted; each takes time.
    """
    if dataset is None:
        db.execute("CREATE TEMP VIEW in_conversation AS FROM conversation")
        db.execute(f"CREATE TEMP VIEW in_node AS SELECT {_NODES} FROM node")
        db.execute("CREATE TEMP VIEW in_use AS FROM picture_use")
    else:
        db.execute(
            "CREATE TEMP TABLE in_conversation AS FROM conversation WHERE dataset = ?", [dataset]
        )
        db.execute(
            f"""
            CREATE TEMP TABLE in_node AS
            SELECT {_NODES} FROM node
            SEMI JOIN (SELECT unnest(path) AS node_id FROM in_conversation) USING (node_id)
            UNION ALL
            SELECT {_NODES} FROM node
            SEMI JOIN (FROM seed WHERE dataset = ?) USING (seed_id)
            ANTI JOIN (SELECT unnest(path) AS node_id FROM conversation) USING (node_id)
            """,
            [dataset],
        )
        db.execute(
            "CREATE TEMP TABLE in_use AS FROM picture_use SEMI JOIN in_conversation"
            " USING (conversation_id)"
        )
    db.execute(
        """
        CREATE TEMP VIEW in_target AS
        SELECT conversation_id AS id, seed_id FROM in_conversation
        UNION ALL SELECT node_id, seed_id FROM in_node
        """
    )
    # Labels recorded under a dataset may be about what belongs to another one.
    db.execute(
        """
        CREATE TEMP VIEW tree_of AS
        SELECT conversation_id AS id, seed_id, simulated FROM conversation
        UNION ALL SELECT node_id, seed_id, simulated FROM node
        """
    )
    _narrow_labels(db, dataset, level, labels)
    if "verdict" in labels:
        _narrow_verdicts(db, dataset, level)


def _narrow_labels(
    db: Connection, dataset: str | None, level: Level | None, labels: Collection[Label]
) -> None:
    level_of_target = "CASE l.target WHEN 'node' THEN 'local' ELSE 'global' END"
    scored = f"l.rater_id, l.target_id, l.dimension, {level_of_target} AS level"
    kinds: tuple[tuple[Label, str, str, str, tuple[str, ...]], ...] = (
        (
            "score",
            "score_id",
            f"{scored}, l.value, l.rated_at, l.task_key",
            "target_id",
            ("target_id",),
        ),
        (
            "feedback",
            "feedback_id",
            f"{scored}, l.kind, l.rated_at",
            "target_id, kind",
            ("target_id",),
        ),
        (
            "preference_vote",
            "vote_id",
            "l.rater_id, l.a_id, l.b_id, l.dimension, l.level, l.seed_id, l.choice, l.rated_at,"
            " l.task_key, l.shown_first",
            "level, a_id, b_id",
            ("a_id", "b_id"),
        ),
    )
    for table, key, columns, about, targets in (kind for kind in kinds if kind[0] in labels):
        where, parameters = _in_scope(dataset, table, targets, has_dataset=True)
        db.execute(
            f"""
            CREATE TEMP TABLE in_{table} AS
            WITH label AS (
                SELECT *, hash(rater_id, {about}, dimension) AS place FROM (
                    SELECT {columns}, l.{key}, coalesce(r.role, '{NOT_STATED}') AS role,
                           coalesce(r.kind, '{NOT_STATED}') AS rater_kind
                    FROM {table} l LEFT JOIN rater r ON r.rater_id = l.rater_id WHERE {where}
                )
            ), several AS (
                -- Few labels have a rival; only these are put in order, which takes time.
                SELECT place FROM label GROUP BY place HAVING count(*) > 1
            ), told AS (
                SELECT *, TRUE AS counts FROM label ANTI JOIN several USING (place)
                UNION ALL
                SELECT *, {_LATEST.format(about=about, key=key)}
                FROM label SEMI JOIN several USING (place)
            )
            SELECT * EXCLUDE ({key}, place) FROM told WHERE ?::VARCHAR IS NULL OR level = ?
            """,
            [*parameters, level, level],
        )


def _narrow_verdicts(db: Connection, dataset: str | None, level: Level | None) -> None:
    said = """
        SELECT l.judge_id, l.task, l.level, l.a_id, l.b_id, l.dimension, l."order", l.state,
               l.value, l.choice, l.estimate, l.request_key, l.second_key, l.simulated
        FROM verdict l
        """
    # A level is one of two words of our own; a view takes no parameters.
    at_level = "TRUE" if level is None else f"l.level = '{level}'"
    if dataset is None:
        db.execute(f"CREATE TEMP VIEW in_verdict AS {said} WHERE {at_level}")
        return
    where, parameters = _in_scope(dataset, "verdict", ("a_id", "b_id"), has_dataset=False)
    db.execute(f"CREATE TEMP TABLE in_verdict AS {said} WHERE {where} AND {at_level}", parameters)


def _in_scope(
    dataset: str | None, table: Label, targets: tuple[str, ...], *, has_dataset: bool
) -> tuple[str, list[str]]:
    """The condition that keeps what is about a dataset or recorded under it."""
    if dataset is None:
        return "TRUE", []
    # Of what is in scope only what has labels: a much smaller list to look each label up in.
    said = [
        f"l.{target} IN (SELECT id FROM in_target"
        f" SEMI JOIN (SELECT DISTINCT {target} AS id FROM {table}) USING (id))"
        for target in targets
    ]
    if not has_dataset:
        return f"({' OR '.join(said)})", []
    return f"(l.dataset = ? OR {' OR '.join(said)})", [dataset]


def datasets(db: Connection) -> list[str]:
    """Every dataset that conversations, seeds or labels belong to, sorted."""
    rows = db.execute(
        " UNION ".join(
            f"SELECT dataset FROM {table}"
            for table in ("conversation", "seed", "score", "preference_vote", "feedback")
        )
    ).fetchall()
    return sorted(row[0] for row in rows)
