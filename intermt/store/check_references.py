"""Verifying that what records point at is there, and that nodes are what their ids say."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import cast

from duckdb import DuckDBPyConnection as Connection

from intermt.records import Node, node_id
from intermt.store.check_pictures import looking
from intermt.store.connect import Store
from intermt.store.findings import MAX_PER_KIND, Findings
from intermt.store.rows import from_tuple, select_list

_TABLES = (
    *("seed", "node", "conversation", "picture_use", "rater", "score", "preference_vote"),
    *("feedback", "verdict", "tool_use", "annotation_task", "annotation", "request", "run"),
)
_OF_A_RUN = tuple(t for t in _TABLES if t not in ("seed", "picture_use", "rater", "run"))
_NODES_AT_ONCE = 20_000


@dataclass(frozen=True, slots=True)
class _Reference:
    """A kind of dangling reference: SQL that selects the record and what is not there."""

    kind: str
    what: str
    sql: str
    mend: str = ""


def _to(table: str, column: str, target: str, condition: str = "TRUE") -> _Reference:
    key = f"{table}_id" if table != "preference_vote" else "vote_id"
    key = "request_key" if table == "request" else key
    target_key = "request_key" if target == "request" else f"{target}_id"
    return _Reference(
        f"{table}-{column.removesuffix('_id').removesuffix('_key')}",
        f"{table} whose {target} ({column}) is not there",
        f"SELECT t.{key}, t.{column} FROM {table} t ANTI JOIN {target} o"
        f" ON t.{column} = o.{target_key}"
        f" WHERE t.{column} IS NOT NULL AND t.{column} <> '' AND ({condition})",
    )


def _to_run(table: str) -> _Reference:
    return replace(
        _to(table, "run_id", "run"),
        mend="takes it for an interrupted run of which nothing else is known",
    )


def _to_target(table: str, key: str, column: str, is_node: str) -> _Reference:
    return _Reference(
        f"{table}-{column.removesuffix('_id')}",
        f"{table} whose {column} is neither a node nor a conversation there",
        f"""
        SELECT t.{key}, t.{column} FROM {table} t
        WHERE t.{column} IS NOT NULL AND CASE WHEN {is_node}
            THEN t.{column} NOT IN (SELECT node_id FROM node)
            ELSE t.{column} NOT IN (SELECT conversation_id FROM conversation) END
        """,
    )


_PATH_STEPS = """
    (SELECT conversation_id, seed_id, path, unnest(path) AS node_id,
            generate_subscripts(path, 1) AS place FROM conversation)
"""

_REFERENCES = (
    _Reference(
        "node-parent",
        "node whose parent is not there",
        "SELECT t.node_id, t.parent_id FROM node t ANTI JOIN node o ON t.parent_id = o.node_id"
        " WHERE t.parent_id IS NOT NULL",
    ),
    _Reference(
        "node-seed",
        "node whose seed question is not there",
        "SELECT t.node_id, t.seed_id FROM node t ANTI JOIN node o ON t.seed_id = o.node_id",
    ),
    _Reference(
        "node-chain",
        "node that does not fit its parent in tree, role or turn",
        """
        SELECT t.node_id, t.parent_id FROM node t JOIN node o ON t.parent_id = o.node_id
        WHERE t.seed_id <> o.seed_id OR t.role = o.role
            OR t.turn <> o.turn + CASE WHEN t.role = 'user' THEN 1 ELSE 0 END
        """,
    ),
    _Reference(
        "seed-node",
        "seed whose root node is not there",
        "SELECT t.seed_id, t.seed_id FROM seed t ANTI JOIN node o ON t.seed_id = o.node_id",
    ),
    _Reference(
        "conversation-seed",
        "conversation whose seed question is not there",
        "SELECT t.conversation_id, t.seed_id FROM conversation t ANTI JOIN node o"
        " ON t.seed_id = o.node_id",
    ),
    _Reference(
        "conversation-path",
        "conversation with a node in its path that is not there",
        f"SELECT t.conversation_id, t.node_id FROM {_PATH_STEPS} t ANTI JOIN node o"
        " ON t.node_id = o.node_id",
    ),
    _Reference(
        "conversation-chain",
        "conversation whose path is not a chain from parent to child",
        f"""
        SELECT t.conversation_id, t.node_id FROM {_PATH_STEPS} t JOIN node o USING (node_id)
        WHERE o.parent_id IS DISTINCT FROM
            CASE WHEN t.place > 1 THEN t.path[t.place - 1] END
        """,
    ),
    _Reference(
        "picture_use-conversation",
        "picture use whose conversation is not there",
        "SELECT t.conversation_id, t.name FROM picture_use t ANTI JOIN conversation o"
        " ON t.conversation_id = o.conversation_id",
    ),
    _Reference(
        "picture_use-node",
        "picture use whose node is not there",
        "SELECT t.conversation_id, t.node_id FROM picture_use t ANTI JOIN node o"
        " ON t.node_id = o.node_id",
    ),
    *(
        _Reference(
            f"{table}-{column.removesuffix('_id')}",
            f"{table} whose {target} ({column}) is not there",
            f"SELECT t.{key}, t.{column} FROM {table} t ANTI JOIN {target} o"
            f" ON t.{column} = o.{target}_id",
        )
        for table, key, column, target in (
            ("node_mark", "node_id", "node_id", "node"),
            ("seed_growth", "seed_id", "seed_id", "seed"),
            ("conversation_origin", "node_id", "conversation_id", "conversation"),
            ("conversation_origin", "conversation_id", "node_id", "node"),
            ("conversation_origin", "conversation_id", "origin_id", "node"),
        )
    ),
    _to("node", "request_key", "request"),
    _to("tool_use", "node_id", "node"),
    _to("tool_use", "request_key", "request"),
    *(
        _to(table, "rater_id", "rater")
        for table in ("score", "preference_vote", "feedback", "annotation")
    ),
    _to_target("score", "score_id", "target_id", "t.target = 'node'"),
    _to_target("feedback", "feedback_id", "target_id", "t.target = 'node'"),
    _to_target("preference_vote", "vote_id", "a_id", "t.mode = 'prefix'"),
    _to_target("preference_vote", "vote_id", "b_id", "t.mode = 'prefix'"),
    _Reference(
        "verdict-judge",
        "verdict whose judge is not there",
        "SELECT t.verdict_id, t.judge_id FROM verdict t ANTI JOIN rater o"
        " ON t.judge_id = o.rater_id",
    ),
    _to("verdict", "request_key", "request"),
    _to("verdict", "second_key", "request"),
    _Reference(
        "verdict-member",
        "verdict of a jury from a verdict that is not there",
        "SELECT t.verdict_id, t.member FROM (SELECT verdict_id, unnest(members) AS member"
        " FROM verdict) t ANTI JOIN verdict o ON o.verdict_id = t.member",
    ),
    *(
        _Reference(
            f"verdict-{side}",
            f"verdict whose {side}_id is neither a node nor a conversation there",
            f"""
            SELECT t.verdict_id, t.{side}_id FROM verdict t
            ANTI JOIN node n ON t.{side}_id = n.node_id
            ANTI JOIN conversation c ON t.{side}_id = c.conversation_id
            WHERE t.{side}_id IS NOT NULL
            """,
        )
        for side in ("a", "b")
    ),
    *(
        _to_target(table, f"{table}_id", f"{side}_id", "t.level = 'local'")
        for table in ("annotation_task", "annotation")
        for side in ("a", "b")
    ),
    *(_to_run(table) for table in _OF_A_RUN),
)


def check_references(store: Store, findings: Findings) -> None:
    """Look for records that point at nothing; each kind is one query."""
    lacks_runs = False
    with looking(store) as db:
        for table in _TABLES:
            row = db.execute(f"SELECT count(*) FROM {table}").fetchone()
            findings.counts[f"{table} records"] = row[0] if row else 0
        for reference in _REFERENCES:
            found = db.execute(
                f"SELECT *, count(*) OVER () FROM ({reference.sql}) ORDER BY ALL"
                f" LIMIT {MAX_PER_KIND}"
            ).fetchall()
            for record, target, _ in found:
                message = f"{reference.what}: {target}"
                if not reference.mend:
                    message += "; import or generate it again"
                findings.add(reference.kind, record, message, mend=reference.mend)
            if found:
                n_more = found[0][-1] - len(found)
                findings.more(reference.kind, n_more, mend=reference.mend)
                lacks_runs |= bool(reference.mend)
    if lacks_runs and findings.repair:
        with store.writing() as db:
            _add_runs(db)


def _add_runs(db: Connection) -> None:
    """Write a run without an end for each that is named and not there.

    Without an end it gives way to the run's own record, should a journal still have that.
    """
    named = " UNION ".join(f"SELECT run_id FROM {table}" for table in _OF_A_RUN)
    db.execute(
        f"""
        INSERT INTO run (run_id, command, config, version, host, "user", started_at)
        SELECT run_id, 'unknown', '{{}}', '', '', '',
            coalesce(
                (SELECT min(r.finished_at) FROM request r WHERE r.run_id = named.run_id), ?
            )
        FROM ({named}) named ANTI JOIN run USING (run_id)
        WHERE run_id IS NOT NULL AND run_id <> ''
        """,
        [datetime.now(UTC).replace(tzinfo=None)],
    )


def check_node_ids(store: Store, findings: Findings) -> None:
    """Work every node's id out again from its content."""
    last = ""
    while True:
        with looking(store) as db:
            rows = db.execute(
                f"SELECT {select_list(Node, 'n')} FROM node n WHERE n.node_id > ?"
                f" ORDER BY n.node_id LIMIT {_NODES_AT_ONCE}",
                [last],
            ).fetchall()
        for row in rows:
            node = cast(Node, from_tuple(Node, row))
            if node_id(node.parent_id, node.role, node.parts) != node.node_id:
                findings.add(
                    "node-id",
                    node.node_id,
                    "the content is not what this id was made of; it was changed by other means",
                )
        if len(rows) < _NODES_AT_ONCE:
            return
        last = rows[-1][0]
