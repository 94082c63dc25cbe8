"""Raters and what they said: finding candidates, votes and scores."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import orjson
from duckdb import DuckDBPyConnection as Connection

from intermt.records import UNNAMED_RATER, Choice, PairMode
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


def stored_verdicts(db: Connection, verdict_ids: Iterable[str]) -> dict[str, Choice | int]:
    """What each of these verdicts states, of those that the store has, by verdict id."""
    rows = db.execute(
        f"SELECT v.verdict_id, v.value, v.choice FROM verdict v JOIN {FROM_STRINGS} w"
        " ON v.verdict_id = w.id WHERE v.state = 'ok'",
        [json_list(set(verdict_ids))],
    ).fetchall()
    return {key: choice if value is None else value for key, value, choice in rows}


def voted_pairs(db: Connection, pairs: Iterable[tuple[str, str, str]]) -> set[tuple[str, str, str]]:
    """Those (a_id, b_id, dimension) of these that somebody's labels decide already.

    A stated preference does, and two scores by one rater; for `overall` both do on any
    dimension. Of the unnamed raters that stand for counted votes only a preference on the
    dimension itself does: their other votes may be from lines of the file being imported.
    """
    named = f"name NOT LIKE '{UNNAMED_RATER} %'"
    wanted = orjson.dumps([{"a": a, "b": b, "d": d} for a, b, d in set(pairs)]).decode()
    rows = db.execute(
        f"""
        WITH w AS (SELECT unnest(from_json(?::JSON, '[{{"a":"TEXT","b":"TEXT","d":"TEXT"}}]'),
                                 max_depth := 2))
        SELECT w.a, w.b, w.d FROM w JOIN preference_vote v ON v.a_id = w.a AND v.b_id = w.b
        JOIN rater r USING (rater_id)
        WHERE v.dimension = w.d OR (w.d = 'overall' AND r.{named})
        UNION
        SELECT w.a, w.b, w.d FROM w JOIN score x ON x.target_id = w.a
        JOIN score y ON y.target_id = w.b AND y.rater_id = x.rater_id AND y.dimension = x.dimension
        WHERE w.d IN (x.dimension, 'overall')
        """,
        [wanted],
    ).fetchall()
    return {(a, b, d) for a, b, d in rows}
