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
from intermt.store.database import quoted

Label = Literal["score", "preference_vote", "feedback", "verdict"]
LABELS: tuple[Label, ...] = get_args(Label)

NOT_STATED = "not stated"
"""What stands for a property that a record does not have."""

_NODES = (
    "node_id, parent_id, seed_id, role, turn, n_images, n_missing, n_tags, n_stray_tags,"
    " model, request_key, simulated"
)
_SCORED = """
    l.rater_id, l.target_id, l.dimension,
    CASE l.target WHEN 'node' THEN 'local' ELSE 'global' END AS level
"""
_COLUMNS: dict[Label, str] = {
    "score": f"{_SCORED}, l.value, l.rated_at",
    "preference_vote": "l.rater_id, l.a_id, l.b_id, l.dimension, l.level, l.seed_id, l.choice,"
    " l.rated_at, l.task_key, l.shown_first",
    "feedback": f"{_SCORED}, l.kind",
    "verdict": 'l.judge_id, l.task, l.level, l.a_id, l.b_id, l.dimension, l."order", l.state,'
    " l.value, l.choice, l.estimate, l.request_key, l.second_key, l.simulated",
}
_TARGETS: dict[Label, tuple[str, ...]] = {
    "score": ("target_id",),
    "preference_vote": ("a_id", "b_id"),
    "feedback": ("target_id",),
    "verdict": ("a_id", "b_id"),
}
_LATEST: dict[Label, tuple[str, str]] = {
    "score": ("rater_id, target_id, dimension", "score_id"),
    "preference_vote": ("rater_id, level, a_id, b_id, dimension", "vote_id"),
}
"""What a rater says one thing about, the latest counting, and the key that decides a draw."""


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
    # A view takes no parameters.
    own = None if dataset is None else quoted(dataset)
    if own is None:
        db.execute("CREATE TEMP VIEW in_conversation AS FROM conversation")
        db.execute(f"CREATE TEMP VIEW in_node AS SELECT {_NODES} FROM node")
        db.execute("CREATE TEMP VIEW in_picture_use AS FROM picture_use")
    else:
        db.execute(f"CREATE TEMP VIEW in_conversation AS FROM conversation WHERE dataset = {own}")
        db.execute(
            f"""
            CREATE TEMP TABLE node_kept AS
            SELECT rowid AS place FROM node
            WHERE node_id IN (SELECT unnest(path) FROM in_conversation)
               OR seed_id IN (SELECT seed_id FROM seed WHERE dataset = {own})
              AND node_id NOT IN (SELECT unnest(path) FROM conversation WHERE dataset <> {own})
            """
        )
        db.execute(
            f"CREATE TEMP VIEW in_node AS SELECT {_NODES} FROM node l"
            " SEMI JOIN node_kept k ON k.place = l.rowid"
        )
        db.execute(
            "CREATE TEMP VIEW in_picture_use AS FROM picture_use SEMI JOIN in_conversation"
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
    for label in labels:
        _narrow_label(db, own, level, label)


def mark_continued(db: Connection) -> None:
    """Make `continued`, ids of conversations that others go on with, and `whole_conversation`.

    Where a conversation was brought in turn by turn the shorter ones are the beginning of a
    longer one in scope. One of which somebody said anything as a whole is a conversation of its
    own all the same. Of two with the same messages neither goes on with the other.
    """
    # A node has one place in its tree: who passes through the last one of a path has all of it.
    db.execute(
        """
        CREATE TEMP TABLE continued AS
        SELECT conversation_id FROM in_conversation
        WHERE path[-1] IN (SELECT unnest(path[:-2]) FROM in_conversation)
          AND conversation_id NOT IN (
              SELECT target_id FROM score WHERE target = 'conversation'
              UNION ALL SELECT target_id FROM feedback WHERE target = 'conversation'
              UNION ALL SELECT unnest([a_id, b_id]) FROM preference_vote WHERE level = 'global'
          )
        """
    )
    db.execute(
        "CREATE TEMP VIEW whole_conversation AS"
        " FROM in_conversation ANTI JOIN continued USING (conversation_id)"
    )


def _narrow_label(db: Connection, own: str | None, level: Level | None, label: Label) -> None:
    """Make `in_score` and so on: views, as copies of that many long ids take time."""
    kept = "TRUE" if own is None else _kept(db, own, label)
    columns, raters = _COLUMNS[label], ""
    if label != "verdict":
        columns += (
            f", coalesce(r.role, '{NOT_STATED}') AS role, coalesce(r.kind, '{NOT_STATED}')"
            " AS rater_kind"
        )
        raters = "LEFT JOIN rater r ON r.rater_id = l.rater_id"
    if label in _LATEST:
        _supersede(db, label, kept)
        columns += f", l.rowid NOT IN (FROM {label}_superseded) AS counts"
    at_level = "TRUE" if level is None else f"level = {quoted(level)}"
    db.execute(
        f"""
        CREATE TEMP VIEW in_{label} AS
        FROM (SELECT {columns} FROM {label} l {raters} WHERE {kept}) WHERE {at_level}
        """
    )


def _kept(db: Connection, own: str, label: Label) -> str:
    """The condition that keeps what is about a dataset or recorded under it."""
    others = "TRUE" if label == "verdict" else f"dataset <> {own}"
    # Of what is in scope only what has labels: a much smaller list to look each label up in.
    named = " UNION ALL ".join(
        f"SELECT {target} AS id FROM {label} WHERE {others}" for target in _TARGETS[label]
    )
    about = " OR ".join(f"{target} IN (FROM target)" for target in _TARGETS[label])
    db.execute(
        f"""
        CREATE TEMP TABLE {label}_about AS
        WITH target AS MATERIALIZED (SELECT id FROM in_target SEMI JOIN ({named}) USING (id))
        SELECT rowid AS place FROM {label} WHERE {others} AND ({about})
        """
    )
    kept = f"l.rowid IN (FROM {label}_about)"
    return kept if label == "verdict" else f"(l.dataset = {own} OR {kept})"


def _supersede(db: Connection, label: Label, kept: str) -> None:
    """Make the table of the rows that are not their rater's latest on one thing."""
    about, key = _LATEST[label]
    db.execute(
        f"""
        CREATE TEMP TABLE {label}_superseded AS
        WITH several AS (
            -- Few labels have a rival; only these are put in order, which takes time.
            SELECT hash({about}) AS about FROM {label} l WHERE {kept}
            GROUP BY about HAVING count(*) > 1
        )
        SELECT rowid AS place FROM {label} l WHERE {kept} AND hash({about}) IN (FROM several)
        QUALIFY row_number() OVER (
            PARTITION BY {about} ORDER BY rated_at DESC NULLS LAST, {key} DESC
        ) > 1
        """
    )


def datasets(db: Connection) -> list[str]:
    """Every dataset that conversations, seeds or labels belong to, sorted."""
    rows = db.execute(
        " UNION ".join(
            f"SELECT dataset FROM {table}"
            for table in ("conversation", "seed", "score", "preference_vote", "feedback")
        )
    ).fetchall()
    return sorted(row[0] for row in rows)
