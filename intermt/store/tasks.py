"""What people can be asked to compare."""

from __future__ import annotations

from dataclasses import dataclass

from duckdb import DuckDBPyConnection as Connection

from intermt.dimensions import Level


@dataclass(frozen=True, slots=True)
class Rivals:
    """Candidates that can be compared with each other.

    Attributes:
        context_id: The question that all answer (local), or the seed question (global).
        seed_id: Root of the tree.
        dataset: The collection that the seed question belongs to.
        ids: Node ids (local) or conversation ids (global); two or more, sorted.
    """

    context_id: str
    seed_id: str
    dataset: str
    ids: tuple[str, ...]


def rivals(db: Connection, level: Level, dataset: str | None) -> list[Rivals]:
    """Every set of candidates to compare, in order of seed question and context.

    With `dataset`, answers on the paths of its conversations or in the trees of its seed
    questions; or its conversations. Of conversations that are the same messages the one whose
    id sorts first stands for all; one that is only the beginning of another is left out.
    """
    query = _local if level == "local" else _global
    rows = query(db, dataset)
    return [Rivals(context, seed, name, tuple(ids)) for context, seed, name, ids in rows]


def datasets(db: Connection) -> list[str]:
    """Every collection that seed questions or conversations belong to, sorted."""
    rows = db.execute("SELECT dataset FROM seed UNION SELECT dataset FROM conversation").fetchall()
    return sorted(row[0] for row in rows)


def _local(db: Connection, dataset: str | None) -> list[tuple[str, str, str, list[str]]]:
    return db.execute(
        """
        WITH answer AS (
            SELECT n.node_id, n.parent_id, n.seed_id, coalesce(s.dataset, '') AS dataset
            FROM node n LEFT JOIN seed s ON s.seed_id = n.seed_id
            WHERE n.role = 'assistant' AND (
                ?::VARCHAR IS NULL OR s.dataset = ? OR n.node_id IN
                    (SELECT unnest(path) FROM conversation WHERE dataset = ?)
            )
        )
        SELECT parent_id, seed_id, min(dataset), list(node_id ORDER BY node_id) FROM answer
        GROUP BY parent_id, seed_id HAVING count(*) > 1 ORDER BY seed_id, parent_id
        """,
        [dataset, dataset, dataset],
    ).fetchall()


def _global(db: Connection, dataset: str | None) -> list[tuple[str, str, str, list[str]]]:
    return db.execute(
        """
        WITH mine AS (
            SELECT min(conversation_id) AS id, seed_id, path FROM conversation
            WHERE ?::VARCHAR IS NULL OR dataset = ? GROUP BY seed_id, path
        ), inner_step AS (
            SELECT DISTINCT unnest(path[:-2]) AS node_id FROM mine
        ), whole AS (
            SELECT * FROM mine WHERE path[-1] NOT IN (SELECT node_id FROM inner_step)
        )
        SELECT w.seed_id, w.seed_id, coalesce(min(s.dataset), ''), list(w.id ORDER BY w.id)
        FROM whole w LEFT JOIN seed s ON s.seed_id = w.seed_id
        GROUP BY w.seed_id HAVING count(*) > 1 ORDER BY w.seed_id
        """,
        [dataset, dataset],
    ).fetchall()
