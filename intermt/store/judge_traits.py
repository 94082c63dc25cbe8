"""What judged answers are like, quality apart, and what judges wrote beside their verdicts."""

from __future__ import annotations

from typing import NamedTuple

from duckdb import DuckDBPyConnection as Connection

from intermt.dimensions import Level


class Described(NamedTuple):
    """An answer, or the answers of a conversation.

    Attributes:
        length: Characters of the text.
        n_pictures: Pictures, those included that are named and not there.
        models: Models that wrote them; None among them for one not known.
    """

    length: int
    n_pictures: int
    models: tuple[str | None, ...]


class Scoring(NamedTuple):
    """One score that a reply states.

    Attributes:
        item_id: The answer or conversation.
        sample: 0-based number of the repetition.
        dimension: A dimension key or `overall`.
        seed_id: Root of the tree.
        score: The estimate if there is one, else the score.
        request_key: The call it was read from.
    """

    item_id: str
    sample: int
    dimension: str
    seed_id: str
    score: float
    request_key: str

    @property
    def reply(self) -> str:
        """The reply, by a name that is equal for all judges."""
        return f"{self.item_id} {self.sample}"


_ANSWERS: dict[Level, str] = {
    "local": "SELECT node_id AS id, node_id FROM node WHERE role = 'assistant'",
    "global": "SELECT conversation_id AS id, unnest(path) AS node_id FROM conversation",
}


def traits(level: Level, wanted: str) -> str:
    """A query for what answers or conversations are like: id, length, n_pictures, models.

    Args:
        level: Answers or conversations.
        wanted: A relation with their ids in `id`.
    """
    return f"""
        WITH answer AS (
            SELECT DISTINCT x.id, x.node_id FROM ({_ANSWERS[level]}) x SEMI JOIN {wanted} USING (id)
        )
        SELECT a.id,
               sum(list_sum(list_transform(
                   json_extract_string(n.parts, '$[*].text'), lambda t: length(t)
               ))) AS length,
               sum(n.n_images + n.n_missing) AS n_pictures,
               list(DISTINCT coalesce(n.model, '')) AS models
        FROM answer a JOIN node n ON n.node_id = a.node_id AND n.role = 'assistant'
        GROUP BY a.id ORDER BY a.id
        """


def described(db: Connection, judge_id: str, level: Level) -> dict[str, Described]:
    """What a judge judged on a level, by id."""
    judged = "(SELECT unnest([a_id, b_id]) AS id FROM verdict WHERE judge_id = ? AND level = ?)"
    rows = db.execute(traits(level, judged), [judge_id, level]).fetchall()
    return {
        item: Described(int(length or 0), int(pictures), tuple(model or None for model in models))
        for item, length, pictures, models in rows
    }


def scorings(db: Connection, judge_id: str, level: Level) -> tuple[list[Scoring], dict[str, str]]:
    """The scores a judge states in replies that are kept, and the texts by request key."""
    rows = db.execute(
        """
        SELECT v.a_id, v.sample, v.dimension, n.seed_id,
               coalesce(v.estimate, v.value), v.request_key
        FROM verdict v SEMI JOIN request q USING (request_key) JOIN (
            SELECT node_id AS id, seed_id FROM node
            UNION ALL SELECT conversation_id, seed_id FROM conversation
        ) n ON n.id = v.a_id
        WHERE v.judge_id = ? AND v.level = ? AND v.task = 'score' AND v.state = 'ok'
            AND coalesce(v.estimate, v.value) IS NOT NULL
        ORDER BY v.dimension, v.a_id, v.sample
        """,
        [judge_id, level],
    ).fetchall()
    texts = db.execute(
        """
        SELECT q.request_key, q.text FROM request q SEMI JOIN (
            SELECT request_key FROM verdict
            WHERE judge_id = ? AND level = ? AND task = 'score' AND state = 'ok'
        ) USING (request_key)
        """,
        [judge_id, level],
    ).fetchall()
    return [Scoring(*row) for row in rows], dict(texts)
