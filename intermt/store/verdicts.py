"""Verdicts beside what people said, as eval compares them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, NamedTuple

from duckdb import DuckDBPyConnection as Connection

from intermt.dimensions import Level
from intermt.records import Choice, JudgeTask
from intermt.store import casting
from intermt.store.casting import LabelScope

_IN_DATASET = "(?::VARCHAR IS NULL OR dataset = ?)"


@dataclass(frozen=True, slots=True)
class JudgeSummary:
    """A judge that has verdicts.

    Attributes:
        judge_id: Its rater id.
        name: Its name.
        model: The model behind it, if known.
        tasks: Task and level of its verdicts, each once.
    """

    judge_id: str
    name: str
    model: str | None
    tasks: tuple[tuple[JudgeTask, Level], ...]


class Scored(NamedTuple):
    """One item and dimension that a judge was asked to score.

    Attributes:
        dimension: A dimension key.
        seed_id: Root of the tree.
        replies: The score in each reply, in no order; None where none is stated.
        human: The latest score of each annotator, in no order.
        simulated: Whether a stand-in judged, or wrote the item.
        synthetic: Whether any of the human scores is an invented one.
    """

    dimension: str
    seed_id: str
    replies: tuple[int | None, ...]
    human: tuple[int, ...]
    simulated: bool
    synthetic: bool


class Compared(NamedTuple):
    """One pair and dimension that a judge was asked to compare.

    Attributes:
        dimension: A dimension key or `overall`.
        a_id: The candidate whose id sorts first.
        b_id: The other one.
        seed_id: Root of the tree.
        replies: Of each reply, in no order, the side shown first ("" where it is not known),
            the sample and the choice; None where none is stated.
        simulated: Whether a stand-in judged, or wrote a candidate.
    """

    dimension: str
    a_id: str
    b_id: str
    seed_id: str
    replies: tuple[tuple[Literal["a", "b", ""], int, Choice | None], ...]
    simulated: bool


class Graded(NamedTuple):
    """One conversation whose crucial steps a judge was asked to recognise.

    Attributes:
        seed_id: Root of the tree.
        grades: The grade of each reply, in no order; None where there is none.
        simulated: Whether a stand-in judged, graded or wrote the conversation.
        synthetic: Whether any description it was graded against is an invented one.
    """

    seed_id: str
    grades: tuple[int | None, ...]
    simulated: bool
    synthetic: bool


_ITEMS: dict[Level, str] = {
    "local": """
        SELECT node_id AS id, seed_id, simulated FROM node
        WHERE ?::VARCHAR IS NULL
            OR node_id IN (SELECT unnest(path) FROM conversation WHERE dataset = ?)
        """,
    "global": f"""
        SELECT conversation_id AS id, seed_id, simulated FROM conversation WHERE {_IN_DATASET}
        """,
}
_STATED = "CASE WHEN v.state = 'ok' THEN v.{} END"


def judges(db: Connection) -> list[JudgeSummary]:
    """Every judge with verdicts, by name."""
    rows = db.execute(
        """
        SELECT r.rater_id, r.name, r.model, v.task, v.level
        FROM (SELECT DISTINCT judge_id, task, level FROM verdict) v
        JOIN rater r ON r.rater_id = v.judge_id
        ORDER BY r.name, r.rater_id, v.task, v.level
        """
    ).fetchall()
    found: dict[str, JudgeSummary] = {}
    for judge_id, name, model, task, level in rows:
        before = found[judge_id].tasks if judge_id in found else ()
        found[judge_id] = JudgeSummary(judge_id, name, model, (*before, (task, level)))
    return list(found.values())


def scored(db: Connection, judge_id: str, level: Level, dataset: str | None) -> Iterator[Scored]:
    """What a judge was asked to score, beside annotators' scores, in a fixed order.

    With a dataset only the items of its conversations.
    """
    rows = db.execute(
        f"""
        WITH item AS ({_ITEMS[level]}), judged AS (
            SELECT v.a_id, v.dimension, any_value(i.seed_id) AS seed_id,
                   bool_or(v.simulated OR i.simulated OR r.simulated) AS simulated,
                   list({_STATED.format("value")}) AS replies
            FROM verdict v JOIN item i ON i.id = v.a_id JOIN rater r ON r.rater_id = v.judge_id
            WHERE v.judge_id = ? AND v.task = 'score' AND v.level = ?
            GROUP BY v.a_id, v.dimension
        ), latest AS (
            SELECT s.target_id, s.dimension, s.rater_id,
                   any_value(r.kind = 'synthetic') AS synthetic,
                   arg_max(s.value, (coalesce(s.rated_at, '-infinity'), s.score_id)) AS value
            FROM score s JOIN rater r ON r.rater_id = s.rater_id AND r.role = 'annotator'
            WHERE s.target_id IN (SELECT a_id FROM judged)
            GROUP BY s.target_id, s.dimension, s.rater_id
        ), human AS (
            SELECT target_id, dimension, list(value) AS scores,
                   bool_or(synthetic) AS synthetic
            FROM latest GROUP BY target_id, dimension
        )
        SELECT j.dimension, j.seed_id, j.replies, h.scores, j.simulated, h.synthetic
        FROM judged j LEFT JOIN human h ON h.target_id = j.a_id AND h.dimension = j.dimension
        ORDER BY j.dimension, j.a_id
        """,
        [dataset, dataset, judge_id, level],
    ).fetchall()
    for dimension, seed_id, replies, human, simulated, synthetic in rows:
        yield Scored(
            dimension, seed_id, tuple(replies), tuple(human or ()), simulated, bool(synthetic)
        )


def compared(
    db: Connection, judge_id: str, level: Level, dataset: str | None
) -> Iterator[Compared]:
    """What a judge was asked to compare, in a fixed order.

    With a dataset only the pairs that it has votes on, as in `voted_answers`.
    """
    rows = db.execute(
        f"""
        WITH item AS ({_ITEMS[level]})
        SELECT v.dimension, v.a_id, v.b_id, any_value(a.seed_id),
               list({{first: v."order", sample: v.sample, said: {_STATED.format("choice")}}}),
               bool_or(v.simulated OR a.simulated OR b.simulated OR r.simulated)
        FROM verdict v JOIN item a ON a.id = v.a_id JOIN item b ON b.id = v.b_id
        JOIN rater r ON r.rater_id = v.judge_id
        WHERE v.judge_id = ? AND v.task = 'pair' AND v.level = ? AND (
            ?::VARCHAR IS NULL
            OR (v.a_id, v.b_id) IN (SELECT (a_id, b_id) FROM preference_vote WHERE dataset = ?)
        )
        GROUP BY v.dimension, v.a_id, v.b_id ORDER BY v.dimension, v.a_id, v.b_id
        """,
        [None, None, judge_id, level, dataset, dataset],
    ).fetchall()
    for dimension, a_id, b_id, seed_id, said, simulated in rows:
        replies = tuple((r["first"], r["sample"], r["said"]) for r in said)
        yield Compared(dimension, a_id, b_id, seed_id, replies, simulated)


def graded(db: Connection, judge_id: str, dataset: str | None) -> Iterator[Graded]:
    """The conversations whose crucial steps a judge was asked for, in a fixed order."""
    rows = db.execute(
        f"""
        WITH item AS ({_ITEMS["global"]}), described AS (
            SELECT f.target_id AS id, bool_or(r.kind = 'synthetic') AS synthetic
            FROM feedback f JOIN rater r ON r.rater_id = f.rater_id AND r.role <> 'judge'
            WHERE f.kind = 'rationale' AND f.dimension = 'crucial_step_recognition'
            GROUP BY f.target_id
        )
        SELECT any_value(i.seed_id), list({_STATED.format("value")}),
               bool_or(v.simulated OR i.simulated OR r.simulated), bool_or(d.synthetic)
        FROM verdict v JOIN item i ON i.id = v.a_id JOIN rater r ON r.rater_id = v.judge_id
        LEFT JOIN described d ON d.id = v.a_id
        WHERE v.judge_id = ? AND v.task = 'crucial-step'
        GROUP BY v.a_id ORDER BY v.a_id
        """,
        [dataset, dataset, judge_id],
    ).fetchall()
    for seed_id, grades, simulated, synthetic in rows:
        yield Graded(seed_id, tuple(grades), simulated, bool(synthetic))


def pair_choices(
    db: Connection, judge_id: str, level: Level
) -> tuple[dict[tuple[str, str, str], tuple[Choice, ...]], bool]:
    """What annotators chose of the pairs that a judge compared; whether any of it is invented.

    By a, b and dimension, in a fixed order; see `casting` for how they vote.

    Raises:
        InputError: A vote or score names a rater that is not in the store.
    """
    casting.cast(db, LabelScope(level, roles=("annotator",)))
    rows = db.execute(
        """
        SELECT a_id, b_id, dimension, list(choice ORDER BY rater), bool_or(synthetic)
        FROM cast_vote SEMI JOIN (
            SELECT a_id, b_id FROM verdict WHERE judge_id = ? AND task = 'pair' AND level = ?
        ) USING (a_id, b_id)
        GROUP BY a_id, b_id, dimension ORDER BY a_id, b_id, dimension
        """,
        [judge_id, level],
    ).fetchall()
    names: dict[int, Choice] = {1: "a", -1: "b", 0: "tie"}
    choices = {tuple(key): tuple(names[c] for c in said) for *key, said, _ in rows}
    return choices, any(row[4] for row in rows)


def n_labelled(db: Connection, task: JudgeTask, level: Level) -> int:
    """How many turns, conversations or pairs annotators have scored or voted on."""
    if task == "score":
        sql = """
            SELECT count(DISTINCT s.target_id) FROM score s
            JOIN rater r ON r.rater_id = s.rater_id AND r.role = 'annotator'
            WHERE s.target = ?
            """
        of = "node" if level == "local" else "conversation"
    else:
        sql = """
            SELECT count(DISTINCT (p.a_id, p.b_id)) FROM preference_vote p
            JOIN rater r ON r.rater_id = p.rater_id AND r.role = 'annotator'
            WHERE p.mode = ?
            """
        of = "prefix" if level == "local" else "chain"
    row = db.execute(sql, [of]).fetchone()
    return row[0] if row else 0
