"""What there is to judge, and how far a judge has come."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from duckdb import DuckDBPyConnection as Connection

from intermt.dimensions import Level
from intermt.records import JudgeTask, Rater, Run, Verdict
from intermt.store.rows import FROM_STRINGS, from_tuple, json_list, select_list


@dataclass(frozen=True, slots=True)
class JudgeItem:
    """One thing to judge.

    Attributes:
        seed_id: Root of its tree.
        a_id: A node (local) or conversation (global); of a pair the id that sorts first.
        b_id: The other candidate of a pair; None otherwise.
        a_path: Node ids from the seed question to the end of `a_id`.
        b_path: Likewise for `b_id`; empty if there is none.
        references: For crucial-step what people wrote; empty otherwise.
    """

    seed_id: str
    a_id: str
    b_id: str | None
    a_path: tuple[str, ...]
    b_path: tuple[str, ...] = ()
    references: tuple[str, ...] = ()


_IN_DATASET = "(?::VARCHAR IS NULL OR dataset = ?)"


def answers(db: Connection, dataset: str | None) -> list[JudgeItem]:
    """Every answer of the conversations of a dataset, each once."""
    rows = db.execute(
        f"""
        WITH steps AS (
            SELECT seed_id, path, unnest(range(2, len(path) + 1, 2)) AS upto
            FROM conversation WHERE {_IN_DATASET}
        )
        SELECT path[upto] AS id, any_value(seed_id), any_value(path[1:upto]) FROM steps
        GROUP BY id ORDER BY id
        """,
        [dataset, dataset],
    ).fetchall()
    return [JudgeItem(seed, node, None, tuple(path)) for node, seed, path in rows]


def whole_conversations(db: Connection, dataset: str | None) -> list[JudgeItem]:
    """Every conversation of a dataset."""
    rows = db.execute(
        f"""
        SELECT conversation_id, seed_id, path FROM conversation
        WHERE {_IN_DATASET} ORDER BY conversation_id
        """,
        [dataset, dataset],
    ).fetchall()
    return [JudgeItem(seed, item, None, tuple(path)) for item, seed, path in rows]


def voted_answers(db: Connection, dataset: str | None) -> list[JudgeItem]:
    """Every pair of answers that somebody voted on."""
    rows = db.execute(
        f"""
        WITH RECURSIVE pair AS (
            SELECT DISTINCT seed_id, a_id, b_id FROM preference_vote
            WHERE mode = 'prefix' AND {_IN_DATASET}
        ), up AS (
            SELECT id AS leaf, node_id, parent_id, turn * 2 + (role = 'assistant')::INT AS depth
            FROM (SELECT a_id AS id FROM pair UNION SELECT b_id FROM pair) JOIN node ON node_id = id
            UNION ALL
            SELECT up.leaf, n.node_id, n.parent_id, up.depth - 1
            FROM up JOIN node n ON n.node_id = up.parent_id
        ), path AS (SELECT leaf, list(node_id ORDER BY depth) AS ids FROM up GROUP BY leaf)
        SELECT p.seed_id, p.a_id, p.b_id, a.ids, b.ids
        FROM pair p JOIN path a ON a.leaf = p.a_id JOIN path b ON b.leaf = p.b_id
        ORDER BY p.a_id, p.b_id
        """,
        [dataset, dataset],
    ).fetchall()
    return [JudgeItem(s, a, b, tuple(a_path), tuple(b_path)) for s, a, b, a_path, b_path in rows]


def voted_conversations(db: Connection, dataset: str | None) -> list[JudgeItem]:
    """Every pair of conversations that somebody voted on."""
    rows = db.execute(
        f"""
        WITH pair AS (
            SELECT DISTINCT seed_id, a_id, b_id FROM preference_vote
            WHERE mode = 'chain' AND {_IN_DATASET}
        )
        SELECT p.seed_id, p.a_id, p.b_id, a.path, b.path FROM pair p
        JOIN conversation a ON a.conversation_id = p.a_id
        JOIN conversation b ON b.conversation_id = p.b_id
        ORDER BY p.a_id, p.b_id
        """,
        [dataset, dataset],
    ).fetchall()
    return [JudgeItem(s, a, b, tuple(a_path), tuple(b_path)) for s, a, b, a_path, b_path in rows]


def described_conversations(db: Connection, dataset: str | None) -> list[JudgeItem]:
    """Every conversation whose crucial steps a person has described."""
    rows = db.execute(
        """
        SELECT c.conversation_id, c.seed_id, c.path, list(DISTINCT f.text ORDER BY f.text)
        FROM conversation c
        JOIN feedback f ON f.target_id = c.conversation_id AND f.kind = 'rationale'
            AND f.dimension = 'crucial_step_recognition'
        JOIN rater r ON r.rater_id = f.rater_id AND r.role <> 'judge'
        WHERE (?::VARCHAR IS NULL OR c.dataset = ?)
        GROUP BY ALL ORDER BY c.conversation_id
        """,
        [dataset, dataset],
    ).fetchall()
    return [
        JudgeItem(seed, item, None, tuple(path), references=tuple(texts))
        for item, seed, path, texts in rows
    ]


def rater(db: Connection, rater_id: str) -> Rater | None:
    """The rater of this id, if there."""
    row = db.execute(
        "SELECT rater_id, name, role, kind, dataset, model, settings, simulated FROM rater"
        " WHERE rater_id = ?",
        [rater_id],
    ).fetchone()
    return None if row is None else Rater(*row)


def namesakes(db: Connection, rater: Rater) -> list[str]:
    """The kinds of other judges that have the name of this one."""
    rows = db.execute(
        "SELECT DISTINCT kind FROM rater"
        " WHERE role = 'judge' AND name = ? AND rater_id <> ? ORDER BY kind",
        [rater.name, rater.rater_id],
    ).fetchall()
    return [kind for (kind,) in rows]


def latest_judging(db: Connection, judge_id: str) -> Run | None:
    """The latest run of `judge` that asked a judge; None if there was none."""
    row = db.execute(
        f"""
        SELECT {select_list(Run, "r")} FROM run r
        WHERE r.command = 'judge'
            AND r.run_id IN (SELECT run_id FROM verdict WHERE judge_id = ?)
        ORDER BY r.started_at DESC LIMIT 1
        """,
        [judge_id],
    ).fetchone()
    if row is None:
        return None
    found: Run = from_tuple(Run, row)
    return found


def finished_verdicts(db: Connection, judge_id: str, task: JudgeTask, level: Level) -> set[str]:
    """The ids of a judge's verdicts on a task that state something."""
    rows = db.execute(
        "SELECT verdict_id FROM verdict WHERE judge_id = ? AND task = ? AND level = ?"
        " AND state = 'ok'",
        [judge_id, task, level],
    ).fetchall()
    return {row[0] for row in rows}


def verdicts(db: Connection, verdict_ids: Iterable[str]) -> dict[str, Verdict]:
    """Those of these verdicts that are there, by id."""
    rows = db.execute(
        f"SELECT {select_list(Verdict, 'v')} FROM verdict v JOIN {FROM_STRINGS} w"
        " ON v.verdict_id = w.id",
        [json_list(set(verdict_ids))],
    ).fetchall()
    found: list[Verdict] = [from_tuple(Verdict, row) for row in rows]
    return {verdict.verdict_id: verdict for verdict in found}


def lacking_pictures(db: Connection) -> set[str]:
    """The ids of the messages of which a picture is missing."""
    rows = db.execute("SELECT node_id FROM node WHERE n_missing > 0").fetchall()
    return {row[0] for row in rows}


GRADED_BY = "graded by "
"""How the note begins that names the model behind a grade."""


def graders(db: Connection, judge_id: str) -> set[str]:
    """The models that graded a judge's descriptions of crucial steps so far."""
    rows = db.execute(
        """
        SELECT DISTINCT substr(note, ?) FROM (
            SELECT unnest(notes) AS note FROM verdict
            WHERE judge_id = ? AND task = 'crucial-step' AND state = 'ok'
        ) WHERE starts_with(note, ?)
        """,
        [len(GRADED_BY) + 1, judge_id, GRADED_BY],
    ).fetchall()
    return {row[0] for row in rows}
