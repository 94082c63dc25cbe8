"""Verdicts beside what people said, as eval compares them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, NamedTuple

from duckdb import DuckDBPyConnection as Connection

from intermt.dimensions import OVERALL, Level, dimensions_of
from intermt.records import Choice, JudgeTask
from intermt.store import casting
from intermt.store.casting import LabelScope

_IN_DATASET = "(?::VARCHAR IS NULL OR dataset = ?)"


@dataclass(frozen=True, slots=True)
class JudgeSummary:
    """A judge that has verdicts.

    Attributes:
        judge_id: Its rater id.
        name: Its name; with its kind where several judges have the name, as in `qwen (reward)`.
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
        dimension: A dimension key or `overall`.
        item_id: The answer or conversation.
        seed_id: Root of the tree.
        replies: The score in each reply, by sample; None where none is stated.
        estimates: The real number in each reply, likewise.
        human: The latest score of each annotator, by rater. On `overall` the mean over the
            dimensions of the level of each annotator who scored them all, -1 left out.
        simulated: Whether a stand-in judged, or wrote the item.
        synthetic: Whether any of the human scores is an invented one.
    """

    dimension: str
    item_id: str
    seed_id: str
    replies: tuple[int | None, ...]
    estimates: tuple[float | None, ...]
    human: tuple[float, ...]
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
            the sample, the choice and by how much a is ahead; None where it is not stated.
        simulated: Whether a stand-in judged, or wrote a candidate.
    """

    dimension: str
    a_id: str
    b_id: str
    seed_id: str
    replies: tuple[tuple[Literal["a", "b", ""], int, Choice | None, float | None], ...]
    simulated: bool


class Graded(NamedTuple):
    """One conversation whose crucial steps a judge was asked to recognise.

    Attributes:
        item_id: The conversation.
        seed_id: Root of the tree.
        grades: The grade of each reply, by sample; None where there is none.
        estimates: The real-valued grade in each reply, likewise.
        simulated: Whether a stand-in judged, graded or wrote the conversation.
        synthetic: Whether any description it was graded against is an invented one.
    """

    item_id: str
    seed_id: str
    grades: tuple[int | None, ...]
    estimates: tuple[float | None, ...]
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
    """Every judge with verdicts, by name; no two have the same."""
    rows = db.execute(
        """
        WITH judged AS (SELECT DISTINCT judge_id, task, level FROM verdict), named AS (
            SELECT rater_id, model, name || CASE
                       WHEN count(*) OVER (PARTITION BY name) = 1 THEN ''
                       WHEN count(*) OVER (PARTITION BY name, kind) = 1 THEN format(' ({})', kind)
                       ELSE format(' ({} {})', kind, left(rater_id, 8)) END AS name
            FROM rater SEMI JOIN judged ON judge_id = rater_id
        )
        SELECT n.rater_id, n.name, n.model, v.task, v.level
        FROM judged v JOIN named n ON n.rater_id = v.judge_id
        ORDER BY n.name, n.rater_id, v.task, v.level
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
    keys = [dimension.key for dimension in dimensions_of(level)]
    rows = db.execute(
        f"""
        WITH item AS ({_ITEMS[level]}), judged AS (
            SELECT v.a_id, v.dimension, any_value(i.seed_id) AS seed_id,
                   bool_or(v.simulated OR i.simulated OR r.simulated) AS simulated,
                   list({_STATED.format("value")} ORDER BY v.sample) AS replies,
                   list({_STATED.format("estimate")} ORDER BY v.sample) AS estimates
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
        ), said AS (
            SELECT target_id, dimension, rater_id, value::DOUBLE AS value, synthetic FROM latest
            UNION ALL
            SELECT target_id, '{OVERALL}', rater_id, avg(value) FILTER (value >= 0),
                   bool_or(synthetic)
            FROM latest WHERE list_contains(?::VARCHAR[], dimension)
            GROUP BY target_id, rater_id
            HAVING count(*) = ? AND count(*) FILTER (value >= 0) > 0
        ), human AS (
            SELECT target_id, dimension, list(value ORDER BY rater_id) AS scores,
                   bool_or(synthetic) AS synthetic
            FROM said GROUP BY target_id, dimension
        )
        SELECT j.dimension, j.a_id, j.seed_id, j.replies, j.estimates, h.scores, j.simulated,
               h.synthetic
        FROM judged j LEFT JOIN human h ON h.target_id = j.a_id AND h.dimension = j.dimension
        ORDER BY j.dimension, j.a_id
        """,
        [dataset, dataset, judge_id, level, keys, len(keys)],
    ).fetchall()
    for dimension, item, seed_id, replies, estimates, human, simulated, synthetic in rows:
        yield Scored(
            dimension,
            item,
            seed_id,
            tuple(replies),
            tuple(estimates),
            tuple(human or ()),
            simulated,
            bool(synthetic),
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
               list({{first: v."order", sample: v.sample, said: {_STATED.format("choice")},
                      ahead: {_STATED.format("estimate")}}}),
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
        replies = tuple((r["first"], r["sample"], r["said"], r["ahead"]) for r in said)
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
        SELECT v.a_id, any_value(i.seed_id), list({_STATED.format("value")} ORDER BY v.sample),
               list({_STATED.format("estimate")} ORDER BY v.sample),
               bool_or(v.simulated OR i.simulated OR r.simulated), bool_or(d.synthetic)
        FROM verdict v JOIN item i ON i.id = v.a_id JOIN rater r ON r.rater_id = v.judge_id
        LEFT JOIN described d ON d.id = v.a_id
        WHERE v.judge_id = ? AND v.task = 'crucial-step'
        GROUP BY v.a_id ORDER BY v.a_id
        """,
        [dataset, dataset, judge_id],
    ).fetchall()
    for item, seed_id, grades, estimates, simulated, synthetic in rows:
        yield Graded(item, seed_id, tuple(grades), tuple(estimates), simulated, bool(synthetic))


def pair_choices(
    db: Connection, judge_id: str, level: Level, task: Literal["pair", "score"] = "pair"
) -> tuple[dict[tuple[str, str, str], tuple[Choice, ...]], bool]:
    """What annotators chose of the pairs that a judge compared; whether any of it is invented.

    By a, b and dimension, in a fixed order; see `casting` for how they vote. For `score` the
    pairs of which the judge scored both candidates.

    Raises:
        InputError: A vote or score names a rater that is not in the store.
    """
    casting.cast(db, LabelScope(level, roles=("annotator",)))
    of_judge = "FROM verdict WHERE judge_id = ? AND level = ?"
    if task == "pair":
        judged = f"SEMI JOIN (SELECT a_id, b_id {of_judge} AND task = 'pair') USING (a_id, b_id)"
    else:
        scored = f"SELECT a_id {of_judge} AND task = 'score'"
        judged = f"WHERE a_id IN ({scored}) AND b_id IN ({scored})"
    rows = db.execute(
        f"""
        SELECT a_id, b_id, dimension, list(choice ORDER BY rater), bool_or(synthetic)
        FROM cast_vote {judged}
        GROUP BY a_id, b_id, dimension ORDER BY a_id, b_id, dimension
        """,
        [judge_id, level] * (1 if task == "pair" else 2),
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
