"""What the page of an evaluation shows beside the figures: items, labels, replies, counts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import orjson
from duckdb import DuckDBPyConnection as Connection

from intermt.dimensions import Level
from intermt.records import JudgeTask, Verdict
from intermt.store.rows import FROM_STRINGS, from_tuple, json_list, select_list

_LABELS = ("score", "preference_vote", "feedback", "verdict")
_FINGERPRINTED = ("rater", "conversation", "image", *_LABELS)


class Counted(NamedTuple):
    """How a judge's verdicts on one task ended."""

    judge_id: str
    task: JudgeTask
    level: Level
    n_items: int
    n_asked: int
    n_ok: int
    n_unparsed: int
    n_failed: int
    simulated: bool


class Item(NamedTuple):
    """What verdicts are about: a node or conversation, or two of them."""

    task: JudgeTask
    level: Level
    a_id: str
    b_id: str | None


class Written(NamedTuple):
    """What a person wrote about an item."""

    target_id: str
    kind: str
    dimension: str | None
    text: str
    synthetic: bool


class RawReply(NamedTuple):
    """What came back from a server."""

    state: str
    text: str
    error: str
    model: str


def counts(db: Connection) -> list[Counted]:
    """How verdicts ended, by judge, task and level."""
    rows = db.execute(
        """
        SELECT v.judge_id, v.task, v.level, count(DISTINCT (v.a_id, v.b_id)), count(*),
               count(*) FILTER (v.state = 'ok'), count(*) FILTER (v.state = 'unparsed'),
               count(*) FILTER (v.state = 'failed'), bool_or(v.simulated OR r.simulated)
        FROM verdict v JOIN rater r ON r.rater_id = v.judge_id
        GROUP BY v.judge_id, v.task, v.level ORDER BY v.judge_id, v.task, v.level
        """
    ).fetchall()
    return [Counted(*row) for row in rows]


def verdicts_on(db: Connection, items: Iterable[Item]) -> list[Verdict]:
    """Every judge's verdicts on these items, failed ones included, in a fixed order."""
    names = ("task", "level", "a", "b")
    rows = db.execute(
        f"""
        SELECT {select_list(Verdict, "v")} FROM verdict v
        JOIN (SELECT unnest(from_json(?::JSON,
            '[{{"task":"VARCHAR","level":"VARCHAR","a":"VARCHAR","b":"VARCHAR"}}]'),
            max_depth := 2)) w
        ON v.task = w.task AND v.level = w.level AND v.a_id = w.a
            AND v.b_id IS NOT DISTINCT FROM w.b
        ORDER BY v.judge_id, v.a_id, v.b_id, v.sample, v."order", v.dimension
        """,
        [orjson.dumps([dict(zip(names, item, strict=True)) for item in items]).decode()],
    ).fetchall()
    return [from_tuple(Verdict, row) for row in rows]


def human_scores(db: Connection, ids: Iterable[str]) -> dict[tuple[str, str], tuple[int, ...]]:
    """The latest scores of annotators by target and dimension, the highest first."""
    rows = db.execute(
        f"""
        SELECT target_id, dimension, list(value ORDER BY value DESC) FROM (
            SELECT s.target_id, s.dimension, s.rater_id,
                   arg_max(s.value, (coalesce(s.rated_at, '-infinity'), s.score_id)) AS value
            FROM score s JOIN rater r ON r.rater_id = s.rater_id AND r.role = 'annotator'
            JOIN {FROM_STRINGS} w ON s.target_id = w.id
            GROUP BY s.target_id, s.dimension, s.rater_id
        ) GROUP BY target_id, dimension
        """,
        [json_list(set(ids))],
    ).fetchall()
    return {(target, dimension): tuple(values) for target, dimension, values in rows}


def written_about(db: Connection, ids: Iterable[str]) -> list[Written]:
    """What annotators and verifiers wrote about these nodes and conversations, each text once."""
    rows = db.execute(
        f"""
        SELECT f.target_id, f.kind, f.dimension, f.text, bool_or(r.kind = 'synthetic')
        FROM feedback f JOIN {FROM_STRINGS} w ON f.target_id = w.id
        JOIN rater r ON r.rater_id = f.rater_id AND r.role <> 'judge'
        GROUP BY ALL ORDER BY f.target_id, f.dimension NULLS FIRST, f.kind, f.text
        """,
        [json_list(set(ids))],
    ).fetchall()
    return [Written(*row) for row in rows]


def raw_replies(db: Connection, keys: Iterable[str]) -> dict[str, RawReply]:
    """What came back for these calls, by key; those that are not in the ledger left out."""
    rows = db.execute(
        f"""
        SELECT r.request_key, r.state, r.text, r.error, coalesce(nullif(r.reply_model, ''), r.model)
        FROM request r JOIN {FROM_STRINGS} w ON r.request_key = w.id
        """,
        [json_list(set(keys))],
    ).fetchall()
    return {key: RawReply(*reply) for key, *reply in rows}


def names_of(db: Connection, seed_ids: Iterable[str]) -> dict[str, tuple[str, str]]:
    """Source id and collection of these seed questions, by id."""
    rows = db.execute(
        f"SELECT s.seed_id, s.source_id, s.dataset FROM seed s JOIN {FROM_STRINGS} w"
        " ON s.seed_id = w.id",
        [json_list(set(seed_ids))],
    ).fetchall()
    return {seed: (name, dataset) for seed, name, dataset in rows}


def conversation_names(db: Connection, ids: Sequence[str]) -> dict[str, tuple[str, str]]:
    """Source id and collection of these conversations, by id."""
    rows = db.execute(
        f"SELECT c.conversation_id, c.source_id, c.dataset FROM conversation c"
        f" JOIN {FROM_STRINGS} w ON c.conversation_id = w.id",
        [json_list(set(ids))],
    ).fetchall()
    return {key: (name, dataset) for key, name, dataset in rows}


def fingerprint(db: Connection) -> str:
    """A hash of raters, conversations, pictures, labels, texts and verdicts, 32 hex digits.

    Neither their order nor the runs they came with count.
    """
    each = " UNION ALL ".join(
        f"SELECT md5_number('{table}' || to_json(t)::VARCHAR) AS said"
        f" FROM (SELECT COLUMNS(c -> c <> 'run_id') FROM {table}) t"
        for table in _FINGERPRINTED
    )
    row = db.execute(f"SELECT bit_xor(said) FROM ({each})").fetchone()
    return f"{(row[0] if row else None) or 0:032x}"
