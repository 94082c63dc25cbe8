"""What people said about candidates that can be compared: the raw material of pairs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from duckdb import DuckDBPyConnection as Connection

from intermt.dimensions import Level
from intermt.records import PreferenceVote, Rater, Score
from intermt.store.rows import FROM_STRINGS, json_list, select_list

_CANDIDATES: dict[Level, str] = {
    "local": "SELECT node_id AS id, parent_id AS context_id, seed_id, node_id AS leaf_id, turn"
    " FROM node WHERE role = 'assistant'",
    "global": "SELECT conversation_id AS id, seed_id AS context_id, seed_id,"
    " path[-1] AS leaf_id, n_turns AS turn FROM conversation",
}
_TARGETS: dict[Level, str] = {"local": "node", "global": "conversation"}
_IN_DATASET = "(?::VARCHAR IS NULL OR dataset = ?)"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a candidate stands.

    Attributes:
        context_id: What candidates that can be compared share: the question answered
            (local), or the seed question (global).
        leaf_id: Its last message; conversations with one leaf are the same messages.
        turn: Turn of an answer; number of turns of a conversation.
    """

    context_id: str
    leaf_id: str
    turn: int


@dataclass(frozen=True, slots=True)
class Labels:
    """Everything said at one level that bears on pairs, in no particular order.

    Attributes:
        preferences: Every stated preference.
        scores: Every score of a candidate that is in some pair.
        scored_together: Seed question and ids of candidates that one rater scored on one
            dimension and that can be compared; at least two each.
        raters: Who said it, by rater id; one that the store does not know is not there.
        places: Where the candidates stand, by id; one that is not in the store is not there.
    """

    preferences: list[PreferenceVote]
    scores: list[Score]
    scored_together: list[tuple[str, tuple[str, ...]]]
    raters: dict[str, Rater]
    places: dict[str, Place]


def labels(db: Connection, level: Level, dataset: str | None) -> Labels:
    """What was said at a level; with `dataset`, only votes and scores of that collection."""
    preferences = _preferences(db, level, dataset)
    together = _scored_together(db, level, dataset)
    ids = {candidate for vote in preferences for candidate in (vote.a_id, vote.b_id)}
    ids.update(candidate for _, candidates in together for candidate in candidates)
    scores = _scores(db, level, dataset, ids)
    spoke = {vote.rater_id for vote in preferences} | {score.rater_id for score in scores}
    return Labels(preferences, scores, together, _raters(db, spoke), _places(db, level, ids))


def datasets(db: Connection, level: Level) -> dict[str, int]:
    """The collections that the store knows, with their number of votes and scores at a level."""
    rows = db.execute(
        """
        SELECT dataset, sum(n)::BIGINT FROM (
            SELECT dataset, 0 AS n FROM seed UNION SELECT dataset, 0 FROM conversation
            UNION ALL SELECT dataset, (level = ?)::INT FROM preference_vote
            UNION ALL SELECT dataset, (target = ?)::INT FROM score
        ) GROUP BY dataset ORDER BY dataset
        """,
        [level, _TARGETS[level]],
    ).fetchall()
    return dict(rows)


def missing_pictures(
    db: Connection, node_ids: Iterable[str]
) -> dict[tuple[str, int], tuple[str | None, str | None]]:
    """Name and reason of the pictures that nodes lack, by node and part position.

    Of the names that conversations sharing a node have for its picture, the first in
    alphabetical order: a node itself keeps that of the conversation imported first.
    """
    rows = db.execute(
        f"""
        SELECT u.node_id, u.position,
               list({{n: u.name, m: u.missing}} ORDER BY u.name NULLS LAST, u.missing)[1]
        FROM picture_use u JOIN {FROM_STRINGS} w ON u.node_id = w.id
        WHERE u.sha256 IS NULL GROUP BY u.node_id, u.position
        """,
        [json_list(node_ids)],
    ).fetchall()
    return {(node, position): (first["n"], first["m"]) for node, position, first in rows}


def _preferences(db: Connection, level: Level, dataset: str | None) -> list[PreferenceVote]:
    rows = db.execute(
        f"SELECT {select_list(PreferenceVote, 'v')} FROM preference_vote v"
        f" WHERE v.level = ? AND {_IN_DATASET}",
        [level, dataset, dataset],
    ).fetchall()
    return [PreferenceVote(*row) for row in rows]


def _scored_together(
    db: Connection, level: Level, dataset: str | None
) -> list[tuple[str, tuple[str, ...]]]:
    rows = db.execute(
        f"""
        WITH scored AS (
            SELECT DISTINCT c.seed_id, c.context_id, s.rater_id, s.dimension, c.id
            FROM score s JOIN ({_CANDIDATES[level]}) c ON c.id = s.target_id
            WHERE s.target = ? AND {_IN_DATASET}
        )
        SELECT DISTINCT seed_id, ids FROM (
            SELECT seed_id, list(id ORDER BY id) AS ids FROM scored
            GROUP BY seed_id, context_id, rater_id, dimension HAVING count(*) > 1
        )
        """,
        [_TARGETS[level], dataset, dataset],
    ).fetchall()
    return [(seed_id, tuple(ids)) for seed_id, ids in rows]


def _scores(db: Connection, level: Level, dataset: str | None, ids: Iterable[str]) -> list[Score]:
    rows = db.execute(
        f"SELECT {select_list(Score, 's')} FROM score s JOIN {FROM_STRINGS} w"
        f" ON s.target_id = w.id WHERE s.target = ? AND {_IN_DATASET}",
        [json_list(ids), _TARGETS[level], dataset, dataset],
    ).fetchall()
    return [Score(*row) for row in rows]


def _raters(db: Connection, ids: Iterable[str]) -> dict[str, Rater]:
    rows = db.execute(
        f"SELECT {select_list(Rater, 'r')} FROM rater r JOIN {FROM_STRINGS} w ON r.rater_id = w.id",
        [json_list(ids)],
    ).fetchall()
    return {row[0]: Rater(*row) for row in rows}


def _places(db: Connection, level: Level, ids: Iterable[str]) -> dict[str, Place]:
    rows = db.execute(
        f"SELECT c.id, c.context_id, c.leaf_id, c.turn FROM ({_CANDIDATES[level]}) c"
        f" JOIN {FROM_STRINGS} w ON c.id = w.id",
        [json_list(ids)],
    ).fetchall()
    return {row[0]: Place(*row[1:]) for row in rows}
