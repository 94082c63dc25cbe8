"""Raters and what they said: finding candidates, votes and scores."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from duckdb import DuckDBPyConnection as Connection

from intermt.records import Choice, PairMode
from intermt.store.rows import FROM_STRINGS, json_list


@dataclass(frozen=True, slots=True)
class Candidate:
    """What a vote may point at.

    Attributes:
        id: Node id (prefix) or conversation id (chain).
        mode: `prefix` for an answer, `chain` for a conversation.
        context_id: What two candidates must share: the question answered, or the seed.
        seed_id: Root of the tree.
    """

    id: str
    mode: PairMode
    context_id: str
    seed_id: str


def candidates(db: Connection, ids: Iterable[str]) -> dict[str, Candidate]:
    """The answers and conversations with these ids that are there, by id."""
    wanted = json_list(set(ids))
    rows = db.execute(
        f"""
        SELECT n.node_id, 'prefix', n.parent_id, n.seed_id
        FROM node n JOIN {FROM_STRINGS} w ON n.node_id = w.id WHERE n.role = 'assistant'
        UNION ALL
        SELECT c.conversation_id, 'chain', c.seed_id, c.seed_id
        FROM conversation c JOIN {FROM_STRINGS} w ON c.conversation_id = w.id
        """,
        [wanted, wanted],
    ).fetchall()
    return {row[0]: Candidate(*row) for row in rows}


def conversations_ending_at(db: Connection, node_ids: Iterable[str]) -> dict[str, str]:
    """The conversation that ends at each of these nodes, where there is exactly one."""
    rows = db.execute(
        f"""
        SELECT w.id, min(c.conversation_id)
        FROM conversation c JOIN {FROM_STRINGS} w ON c.path[-1] = w.id
        GROUP BY w.id HAVING count(*) = 1
        """,
        [json_list(set(node_ids))],
    ).fetchall()
    return dict(rows)


def stored_choices(db: Connection, vote_ids: Iterable[str]) -> dict[str, Choice]:
    """The choice of each of these votes that the store has, by vote id."""
    rows = db.execute(
        f"SELECT v.vote_id, v.choice FROM preference_vote v JOIN {FROM_STRINGS} w"
        " ON v.vote_id = w.id",
        [json_list(set(vote_ids))],
    ).fetchall()
    return dict(rows)


def stored_scores(db: Connection, score_ids: Iterable[str]) -> dict[str, int]:
    """The value of each of these scores that the store has, by score id."""
    rows = db.execute(
        f"SELECT s.score_id, s.value FROM score s JOIN {FROM_STRINGS} w ON s.score_id = w.id",
        [json_list(set(score_ids))],
    ).fetchall()
    return dict(rows)


def voted_pairs(db: Connection, pairs: Iterable[tuple[str, str, str]]) -> set[tuple[str, str, str]]:
    """Those (a_id, b_id, dimension) of these that anybody has voted on."""
    keys = {"|".join(pair): pair for pair in pairs}
    rows = db.execute(
        f"""
        SELECT DISTINCT w.id FROM preference_vote v JOIN {FROM_STRINGS} w
        ON v.a_id || '|' || v.b_id || '|' || v.dimension = w.id
        """,
        [json_list(keys)],
    ).fetchall()
    return {keys[row[0]] for row in rows}
