"""What there is to judge, and the verdicts that are there."""

from __future__ import annotations

from dataclasses import dataclass

from duckdb import DuckDBPyConnection as Connection

from intermt.dimensions import Level
from intermt.records import Choice, JudgeTask, Rater


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


def finished_verdicts(db: Connection, judge_id: str, task: JudgeTask, level: Level) -> set[str]:
    """The ids of a judge's verdicts on a task that state something."""
    rows = db.execute(
        "SELECT verdict_id FROM verdict WHERE judge_id = ? AND task = ? AND level = ?"
        " AND state = 'ok'",
        [judge_id, task, level],
    ).fetchall()
    return {row[0] for row in rows}


# --- verdicts beside human labels ---------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ReplyState:
    """One verdict, as eval needs it."""

    order: str
    sample: int
    value: int | None
    choice: Choice | None


@dataclass(frozen=True, slots=True)
class Compared:
    """One item and dimension: what a judge was asked, and what people said.

    Attributes:
        judge_id: The judge.
        level: local or global.
        dimension: A dimension key or `overall`.
        a_id: The item, or the first candidate.
        b_id: The second candidate of a pair; None otherwise.
        seed_id: Root of the tree.
        replies: Every verdict asked for; without value and choice where none was stated.
        scores: The latest score of each annotator (score tasks).
        simulated: Whether a stand-in judged.
        synthetic: Whether any label is an invented one.
    """

    judge_id: str
    level: Level
    dimension: str
    a_id: str
    b_id: str | None
    seed_id: str
    replies: tuple[ReplyState, ...]
    scores: tuple[int, ...] = ()
    simulated: bool = False
    synthetic: bool = False


@dataclass(frozen=True, slots=True)
class JudgeSummary:
    """A judge that has verdicts."""

    judge_id: str
    name: str
    model: str | None
    simulated: bool
    tasks: tuple[tuple[JudgeTask, Level, int], ...]


def judges(db: Connection) -> list[JudgeSummary]:
    """Every judge with verdicts, by name, with its tasks and number of verdicts."""
    rows = db.execute(
        """
        SELECT r.rater_id, r.name, r.model, r.simulated OR bool_or(v.simulated), v.task, v.level,
               count(*)
        FROM rater r JOIN verdict v ON v.judge_id = r.rater_id
        GROUP BY r.rater_id, r.name, r.model, r.simulated, v.task, v.level
        ORDER BY r.name, r.rater_id, v.task, v.level
        """
    ).fetchall()
    found: dict[str, JudgeSummary] = {}
    for judge_id, name, model, simulated, task, level, n in rows:
        old = found.get(judge_id)
        tasks = (*(old.tasks if old else ()), (task, level, n))
        seen = simulated or (old.simulated if old else False)
        found[judge_id] = JudgeSummary(judge_id, name, model, seen, tasks)
    return list(found.values())


def compared(
    db: Connection, judge_id: str, task: JudgeTask, level: Level, dataset: str | None
) -> list[Compared]:
    """A judge's verdicts on a task, one row an item and dimension, with people's scores.

    Scores are joined for the score task alone; votes are counted by `domain.votes`.
    """
    rows = db.execute(
        """
        WITH asked AS (
            SELECT v.dimension, v.a_id, v.b_id, bool_or(v.simulated) AS simulated,
                   list({o: v."order", s: v.sample, v: v.value, c: v.choice}
                        ORDER BY v."order", v.sample) AS replies
            FROM verdict v WHERE v.judge_id = ? AND v.task = ? AND v.level = ?
            GROUP BY v.dimension, v.a_id, v.b_id
        ), latest AS (
            SELECT s.*, r.kind FROM score s JOIN rater r USING (rater_id)
            WHERE r.role = 'annotator'
            QUALIFY row_number() OVER (PARTITION BY rater_id, target_id, dimension
                ORDER BY rated_at DESC NULLS LAST, score_id DESC) = 1
        ), human AS (
            SELECT target_id, dimension, list(value ORDER BY rater_id) AS scores,
                   bool_or(kind = 'synthetic') AS synthetic
            FROM latest GROUP BY target_id, dimension
        ), owner AS (
            SELECT conversation_id AS id, seed_id, dataset FROM conversation
            UNION ALL
            SELECT n.node_id, n.seed_id, min(c.dataset)
            FROM node n JOIN (SELECT unnest(path) AS id, dataset FROM conversation) c
              ON c.id = n.node_id
            WHERE ?::VARCHAR IS NULL OR c.dataset = ? GROUP BY ALL
        )
        SELECT a.dimension, a.a_id, a.b_id, o.seed_id, a.replies, h.scores, a.simulated,
               coalesce(h.synthetic, false)
        FROM asked a JOIN owner o ON o.id = a.a_id
        LEFT JOIN human h ON ? = 'score' AND h.target_id = a.a_id AND h.dimension = a.dimension
        WHERE ?::VARCHAR IS NULL OR o.dataset = ?
        ORDER BY a.dimension, a.a_id, a.b_id
        """,
        [judge_id, task, level, dataset, dataset, task, dataset, dataset],
    ).fetchall()
    return [
        Compared(
            judge_id,
            level,
            dimension,
            a_id,
            b_id,
            seed_id,
            tuple(ReplyState(r["o"], r["s"], r["v"], r["c"]) for r in replies),
            tuple(scores or ()),
            simulated,
            synthetic,
        )
        for dimension, a_id, b_id, seed_id, replies, scores, simulated, synthetic in rows
    ]
