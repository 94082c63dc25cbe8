"""How trees have grown: marks, runs, averages; and what rebuilding them asks."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from duckdb import DuckDBPyConnection as Connection

from intermt.records import Node, NodeMark, Run, Seed, SeedGrowth
from intermt.store.rows import FROM_STRINGS, from_tuple, json_list, select_list


@dataclass(frozen=True, slots=True)
class Took:
    """What the messages of one side took on average, calls that came to nothing included.

    Attributes:
        n: Messages.
        calls: Calls a message: tool calls ask again, and so do failures.
        tokens_in: Prompt tokens a message; None where no server counted.
        tokens_out: Completion tokens likewise.
    """

    n: int
    calls: float
    tokens_in: float | None
    tokens_out: float | None


@dataclass(frozen=True, slots=True)
class Averages:
    """What growing the trees in the store took.

    Attributes:
        answers: Answers; None for none.
        questions: Follow-up questions; None for none.
        pictures_per_answer: Pictures asked for.
        share_ended: Share of the answers to be followed up after which the user was done.
    """

    answers: Took | None
    questions: Took | None
    pictures_per_answer: float
    share_ended: float


def seeds_named(db: Connection, name: str) -> list[Seed]:
    """The seeds with this source id or id, or else those whose id begins so; in order."""
    for condition in ("s.source_id = ? OR s.seed_id = ?", "starts_with(s.seed_id, ?) AND ? <> ''"):
        rows = db.execute(
            f"SELECT {select_list(Seed, 's')} FROM seed s WHERE {condition} ORDER BY s.seed_id",
            [name, name],
        ).fetchall()
        if rows:
            return [from_tuple(Seed, row) for row in rows]
    return []


def seed_ids(db: Connection, dataset: str) -> list[str]:
    """The seeds of the conversations of a collection, in order."""
    rows = db.execute(
        "SELECT DISTINCT seed_id FROM conversation WHERE dataset = ? ORDER BY seed_id", [dataset]
    ).fetchall()
    return [row[0] for row in rows]


def tree_nodes(db: Connection, seed_ids: Iterable[str]) -> list[Node]:
    """The nodes of the trees of these seeds, by seed, depth and place."""
    rows = db.execute(
        f"SELECT {select_list(Node, 'n')} FROM node n JOIN {FROM_STRINGS} w ON n.seed_id = w.id"
        " ORDER BY n.seed_id, n.turn, n.role DESC, length(n.place), n.place, n.node_id",
        [json_list(set(seed_ids))],
    ).fetchall()
    return [from_tuple(Node, row) for row in rows]


def marks(db: Connection, node_ids: Iterable[str]) -> dict[str, NodeMark]:
    """What became of those of these answers that were pruned among, by node id."""
    rows = db.execute(
        f"SELECT {select_list(NodeMark, 'm')} FROM node_mark m JOIN {FROM_STRINGS} w"
        " ON m.node_id = w.id",
        [json_list(set(node_ids))],
    ).fetchall()
    return {row[0]: from_tuple(NodeMark, row) for row in rows}


def growths(db: Connection, seed_ids: Iterable[str]) -> dict[str, SeedGrowth]:
    """How far these seeds have come, those that were begun, by seed id."""
    rows = db.execute(
        f"SELECT {select_list(SeedGrowth, 'g')} FROM seed_growth g JOIN {FROM_STRINGS} w"
        " ON g.seed_id = w.id",
        [json_list(set(seed_ids))],
    ).fetchall()
    return {row[0]: from_tuple(SeedGrowth, row) for row in rows}


def runs(db: Connection, run_ids: Iterable[str]) -> list[Run]:
    """The runs with these ids that are there, the latest first."""
    rows = db.execute(
        f"SELECT {select_list(Run, 'r')} FROM run r JOIN {FROM_STRINGS} w ON r.run_id = w.id"
        " ORDER BY r.started_at DESC, r.run_id",
        [json_list(set(run_ids))],
    ).fetchall()
    return [from_tuple(Run, row) for row in rows]


def conversations_beside_gaps(
    db: Connection, dataset: str, seed_ids: Iterable[str]
) -> dict[str, str]:
    """The conversations in those of these trees that lack an earlier sibling, by last answer.

    That is where a message stands at `1b` or `1a.2` and nothing at `1a` or `1a.1`.
    """
    rows = db.execute(
        f"""
        WITH gap AS (
            SELECT DISTINCT seed_id FROM (
                SELECT n.seed_id, count(DISTINCT n.place) AS n_places,
                    max(CASE WHEN n.role = 'assistant' THEN ascii(right(n.place, 1)) - 96
                        ELSE split_part(n.place, '.', -1)::INT END) AS last
                FROM node n JOIN {FROM_STRINGS} w ON n.seed_id = w.id
                WHERE n.place IS NOT NULL AND n.parent_id IS NOT NULL
                GROUP BY n.seed_id, n.parent_id
            ) WHERE last > n_places
        )
        SELECT c.path[len(c.path)], min(c.conversation_id)
        FROM conversation c JOIN gap USING (seed_id) WHERE c.dataset = ? GROUP BY ALL
        """,
        [json_list(set(seed_ids)), dataset],
    ).fetchall()
    return dict(rows)


def lacking_pictures(db: Connection, seed_ids: Iterable[str]) -> set[str]:
    """The answers in the trees of these seeds that have a missing picture."""
    rows = db.execute(
        f"SELECT n.node_id FROM node n JOIN {FROM_STRINGS} w ON n.seed_id = w.id"
        " WHERE n.n_missing > 0 AND n.role = 'assistant'",
        [json_list(set(seed_ids))],
    ).fetchall()
    return {row[0] for row in rows}


def averages(db: Connection) -> Averages:
    """What the answers and questions that servers wrote took, over the whole store."""
    rows = db.execute(
        """
        WITH made AS (
            SELECT n.role, r.prompt_hash, n.node_id
            FROM node n JOIN request r ON r.request_key = n.request_key
            WHERE n.place IS NOT NULL AND n.parent_id IS NOT NULL
        ), asked AS (
            SELECT m.role, count(*) AS n, sum(r.tokens_in) AS n_in, sum(r.tokens_out) AS n_out
            FROM (SELECT DISTINCT role, prompt_hash FROM made) m
            JOIN request r ON r.prompt_hash = m.prompt_hash AND r.kind = 'chat'
            GROUP BY m.role
        )
        SELECT a.role, m.n, a.n / m.n, a.n_in / m.n, a.n_out / m.n
        FROM asked a JOIN (SELECT role, count(*) AS n FROM made GROUP BY role) m USING (role)
        """
    ).fetchall()
    took = {role: Took(*rest) for role, *rest in rows}
    pictures = db.execute(
        "SELECT avg(greatest(n_tags + n_stray_tags, n_images + n_missing)) FROM node"
        " WHERE role = 'assistant' AND place IS NOT NULL AND request_key IS NOT NULL"
    ).fetchone()
    ended = db.execute(
        "SELECT avg((mark = 'ended')::INT) FROM node_mark WHERE mark <> 'pruned'"
    ).fetchone()
    return Averages(
        took.get("assistant"),
        took.get("user"),
        (pictures[0] if pictures else None) or 0.0,
        (ended[0] if ended else None) or 0.0,
    )


def mean_scores(db: Connection, seed_ids: Iterable[str]) -> dict[str, tuple[float, int]]:
    """The mean of what annotators gave each answer of these trees, and of how many scores.

    Of several scores of one rater on one dimension the latest counts.
    """
    rows = db.execute(
        f"""
        SELECT target_id, avg(value), count(*) FROM (
            SELECT s.target_id, s.rater_id, s.dimension,
                   arg_max(s.value, (coalesce(s.rated_at, TIMESTAMP '0001-01-01'), s.score_id))
                       AS value
            FROM score s
            JOIN node n ON n.node_id = s.target_id
            JOIN {FROM_STRINGS} w ON n.seed_id = w.id
            JOIN rater r ON r.rater_id = s.rater_id AND r.role = 'annotator'
            WHERE s.target = 'node'
            GROUP BY ALL
        ) GROUP BY target_id
        """,
        [json_list(set(seed_ids))],
    ).fetchall()
    return {target: (float(mean), n) for target, mean, n in rows}


def moved_nodes(db: Connection, seed_ids: Iterable[str]) -> dict[str, str]:
    """The messages of these trees that a rebuilding made from others, with the id of each's."""
    rows = db.execute(
        f"""
        SELECT o.node_id, min(o.origin_id) FROM conversation_origin o
        JOIN node n ON n.node_id = o.node_id JOIN {FROM_STRINGS} w ON n.seed_id = w.id
        WHERE o.node_id <> o.origin_id GROUP BY o.node_id
        """,
        [json_list(set(seed_ids))],
    ).fetchall()
    return dict(rows)
