"""Verdicts with the calls they were read from, as `judge --show` prints them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import orjson
from duckdb import DuckDBPyConnection as Connection

from intermt.records import Verdict
from intermt.store.rows import FROM_STRINGS, from_tuple, json_list, select_list


@dataclass(frozen=True, slots=True)
class StoredCall:
    """A call as the ledger has it.

    Attributes:
        request_key: Its key.
        server: Name of the server, as configured.
        url: Base URL that answered last.
        model: Model that was asked for.
        reply_model: Model that the server reported.
        prompt_hash: Hash of the prompt template.
        images: SHA-256 of the pictures it carried, in order.
        state: How it ended.
        text: The raw reply.
        error: Why it is not ok; "" if it is.
        tokens_in: Prompt tokens, as far as the server said.
        tokens_out: Completion tokens, likewise.
        latency_ms: From the first attempt to the end.
        attempts: HTTP requests made.
        simulated: Whether a stand-in answered.
        finished_at: When, naive UTC.
        body: The request's JSON, pictures by SHA-256.
    """

    request_key: str
    server: str
    url: str
    model: str
    reply_model: str
    prompt_hash: str
    images: tuple[str, ...]
    state: str
    text: str
    error: str
    tokens_in: int | None
    tokens_out: int | None
    latency_ms: float
    attempts: int
    simulated: bool
    finished_at: datetime | None
    body: Any


def ids_like(db: Connection, name: str) -> tuple[list[tuple[str, Literal["verdict", "item"]]], int]:
    """Verdicts, and items with verdicts, whose id is this or begins so: ten of them; how many."""
    rows = db.execute(
        """
        SELECT id, what, count(*) OVER () FROM (
            SELECT verdict_id AS id, 'verdict' AS what FROM verdict
            UNION SELECT a_id, 'item' FROM verdict
            UNION SELECT b_id, 'item' FROM verdict WHERE b_id IS NOT NULL
        ) WHERE starts_with(id, ?) ORDER BY id <> ?, id LIMIT 10
        """,
        [name, name],
    ).fetchall()
    exact = [(key, what) for key, what, _ in rows if key == name]
    if exact:
        return exact, len(exact)
    return [(key, what) for key, what, _ in rows], rows[0][2] if rows else 0


def judged(db: Connection, key: str, what: Literal["verdict", "item"]) -> list[tuple[Verdict, str]]:
    """A verdict and those of a jury's members it was made from, or all on an item.

    Each with its judge's name; by judge, task, order, sample and dimension.
    """
    condition = (
        "v.verdict_id = $key OR v.verdict_id IN"
        " (SELECT unnest(members) FROM verdict WHERE verdict_id = $key)"
        if what == "verdict"
        else "v.a_id = $key OR v.b_id = $key"
    )
    rows = db.execute(
        f"""
        SELECT {select_list(Verdict, "v")}, coalesce(r.name, v.judge_id)
        FROM verdict v LEFT JOIN rater r ON r.rater_id = v.judge_id
        WHERE {condition}
        ORDER BY r.kind = 'jury' DESC, r.name, v.task, v.level, v.a_id, v.b_id, v."order",
            v.sample, v.dimension
        """,
        {"key": key},
    ).fetchall()
    return [(from_tuple(Verdict, row[:-1]), row[-1]) for row in rows]


def calls(db: Connection, keys: Iterable[str]) -> dict[str, StoredCall]:
    """Those of these calls that are there, by key."""
    columns = (
        *("request_key", "server", "url", "model", "reply_model", "prompt_hash", "state", "text"),
        *("error", "tokens_in", "tokens_out", "latency_ms", "attempts", "simulated"),
        *("finished_at", "body"),
    )
    rows = db.execute(
        f"SELECT {', '.join(f'r.{name}' for name in columns)} FROM request r"
        f" JOIN {FROM_STRINGS} w ON r.request_key = w.id",
        [json_list(set(keys))],
    ).fetchall()
    found = {}
    for row in rows:
        values = dict(zip(columns, row, strict=True))
        body = orjson.loads(values.pop("body"))
        pictures = tuple(_pictures(body))
        found[row[0]] = StoredCall(**values, images=pictures, body=body)
    return found


def path_of(db: Connection, item_id: str) -> tuple[str, ...]:
    """The node ids from the seed question to an answer or to the end of a conversation."""
    row = db.execute(
        "SELECT path FROM conversation WHERE conversation_id = ?", [item_id]
    ).fetchone()
    if row is not None:
        return tuple(row[0])
    rows = db.execute(
        """
        WITH RECURSIVE up AS (
            SELECT node_id, parent_id, 0 AS above FROM node WHERE node_id = ?
            UNION ALL
            SELECT n.node_id, n.parent_id, up.above + 1
            FROM up JOIN node n ON n.node_id = up.parent_id
        ) SELECT node_id FROM up ORDER BY above DESC
        """,
        [item_id],
    ).fetchall()
    return tuple(row[0] for row in rows)


def _pictures(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        link = value.get("image_url")
        if isinstance(link, dict) and isinstance(link.get("sha256"), str):
            yield link["sha256"]
        else:
            for inner in value.values():
                yield from _pictures(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _pictures(inner)
