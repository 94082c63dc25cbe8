"""Records to rows and back, and the one way rows get into a table.

Rows go in as one JSON parameter that SQL unpacks: fast, no file access, and every value
stays data. Which rows replace others is decided here, per table: most never do.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cache
from typing import Any

import orjson
from duckdb import DuckDBPyConnection as Connection

from intermt.records import (
    Call,
    Conversation,
    Feedback,
    Image,
    ImagePart,
    Node,
    Part,
    PictureUse,
    PreferenceVote,
    Rater,
    Reply,
    Run,
    Score,
    Seed,
    TextPart,
    Verdict,
)


@dataclass(frozen=True, slots=True)
class Answered:
    """A call and how it ended, as the ledger keeps them together."""

    call: Call
    reply: Reply
    run_id: str | None = None


Record = (
    Seed
    | Node
    | Conversation
    | PictureUse
    | Image
    | Rater
    | Score
    | PreferenceVote
    | Feedback
    | Verdict
    | Answered
    | Run
)

_TABLES: dict[type, str] = {
    Seed: "seed",
    Node: "node",
    Conversation: "conversation",
    PictureUse: "picture_use",
    Image: "image",
    Rater: "rater",
    Score: "score",
    PreferenceVote: "preference_vote",
    Feedback: "feedback",
    Verdict: "verdict",
    Answered: "request",
    Run: "run",
}

_KEYS: dict[str, tuple[str, ...]] = {
    "picture_use": ("conversation_id", "node_id", "position"),
    "image": ("sha256",),
    "preference_vote": ("vote_id",),
    "request": ("request_key",),
}

# Where a row with the same key is there already: it stays, unless it says less.
_REPLACES: dict[str, str] = {
    "request": "request.state <> 'ok'",
    "verdict": "verdict.state <> 'ok'",
    "run": "run.finished_at IS NULL",
    "picture_use": "picture_use.sha256 IS NULL",
}

_BATCH_BYTES = 16 * 1024 * 1024


def parts_to_json(parts: Iterable[Part]) -> list[dict[str, str | None]]:
    """Parts as the `parts` column holds them."""
    return [
        {"text": p.text}
        if isinstance(p, TextPart)
        else {
            "image": p.sha256,
            "name": p.name,
            "tag": p.tag,
            "missing": p.missing,
            "key": p.key,
        }
        for p in parts
    ]


def parts_from_json(text: str) -> tuple[Part, ...]:
    """Parts from the `parts` column."""
    return tuple(
        TextPart(item["text"])
        if "text" in item
        else ImagePart(item["image"], item["name"], item["tag"], item["missing"], item["key"])
        for item in orjson.loads(text)
    )


def to_row(record: Record) -> tuple[str, dict[str, Any]]:
    """The table and the row of a record."""
    table = _TABLES[type(record)]
    if isinstance(record, Answered):
        return table, _request_row(record)
    row = {f.name: getattr(record, f.name) for f in fields(record)}
    if isinstance(record, Node):
        row["parts"] = parts_to_json(record.parts)
        pictures = [p for p in record.parts if isinstance(p, ImagePart)]
        row["n_images"] = sum(p.sha256 is not None for p in pictures)
        row["n_missing"] = len(pictures) - row["n_images"]
    return table, row


def _request_row(item: Answered) -> dict[str, Any]:
    call, reply = item.call, item.reply
    return {
        "request_key": call.request_key,
        "kind": call.kind,
        "server": call.server,
        "model": call.model,
        "path": call.path,
        "body": call.body,
        "prompt_hash": call.prompt_hash,
        "sample": call.sample,
        "state": reply.state,
        "text": reply.text,
        "data": reply.data,
        "image_sha256": reply.image_sha256,
        "error": reply.error,
        "http_status": reply.http_status,
        "url": reply.url,
        "reply_model": reply.model,
        "attempts": reply.attempts,
        "latency_ms": reply.latency_ms,
        "tokens_in": reply.tokens_in,
        "tokens_out": reply.tokens_out,
        "simulated": reply.simulated,
        "finished_at": reply.finished_at,
        "run_id": item.run_id,
    }


def insert(db: Connection, rows: Iterable[tuple[str, Mapping[str, Any]]]) -> dict[str, int]:
    """Put rows in their tables; how many were new or replaced, per table.

    A row whose key is there already changes nothing, except that an answered call replaces
    a failed one, a verdict an unparsed one, a finished run the running one, and a picture
    that was found one that was missing. Of two rows with one key the later wins.
    """
    by_table: dict[str, dict[tuple[Any, ...], Mapping[str, Any]]] = {}
    for table, row in rows:
        key = tuple(row[k] for k in key_of(table))
        by_table.setdefault(table, {})[key] = row
    return {table: _insert(db, table, list(keyed.values())) for table, keyed in by_table.items()}


def key_of(table: str) -> tuple[str, ...]:
    """The key columns of a table."""
    return _KEYS.get(table, (f"{table}_id",))


def _insert(db: Connection, table: str, rows: Sequence[Mapping[str, Any]]) -> int:
    columns = _columns(db, table)
    names = ", ".join(f'"{name}"' for name in columns)
    structure = orjson.dumps([{name: _json_type(kind) for name, kind in columns.items()}]).decode()
    keys = ", ".join(key_of(table))
    conflict = "NOTHING"
    if (condition := _REPLACES.get(table)) is not None:
        updates = ", ".join(f'"{c}" = excluded."{c}"' for c in columns if c not in key_of(table))
        conflict = f"UPDATE SET {updates} WHERE {condition}"
    # The names come from the schema, never from a user.
    sql = (
        f"INSERT INTO {table} ({names}) "
        f"SELECT unnest(from_json(?::JSON, '{structure}'), max_depth := 2) "
        f"ON CONFLICT ({keys}) DO {conflict}"
    )
    n_changed = 0
    for batch in _batches(rows):
        counted = db.execute(sql, [batch]).fetchone()
        n_changed += counted[0] if counted else 0
    return n_changed


def _batches(rows: Sequence[Mapping[str, Any]]) -> Iterable[str]:
    batch: list[bytes] = []
    size = 0
    for row in rows:
        text = orjson.dumps(row)
        if batch and size + len(text) > _BATCH_BYTES:
            yield (b"[" + b",".join(batch) + b"]").decode()
            batch, size = [], 0
        batch.append(text)
        size += len(text)
    if batch:
        yield (b"[" + b",".join(batch) + b"]").decode()


_columns_cache: dict[str, dict[str, str]] = {}


def _columns(db: Connection, table: str) -> dict[str, str]:
    if table not in _columns_cache:
        found = db.execute(
            "SELECT column_name, data_type FROM information_schema.columns "
            "WHERE table_name = ? ORDER BY ordinal_position",
            [table],
        ).fetchall()
        _columns_cache[table] = dict(found)
    return _columns_cache[table]


def _json_type(kind: str) -> Any:
    return [kind.removesuffix("[]")] if kind.endswith("[]") else kind


@cache
def _names(kind: type) -> tuple[str, ...]:
    return tuple(f.name for f in fields(kind))


def select_list(kind: type, alias: str) -> str:
    """The columns of a record class, in field order, for a SELECT."""
    return ", ".join(f'{alias}."{name}"' for name in _names(kind))


def from_tuple(kind: type, values: Sequence[Any]) -> Any:
    """A record from the columns of `select_list`."""
    if kind is Node:
        parts = _names(Node).index("parts")
        values = [*values[:parts], parts_from_json(values[parts]), *values[parts + 1 :]]
    return kind(*(tuple(v) if isinstance(v, list) else v for v in values))


def json_list(values: Iterable[str]) -> str:
    """Strings as the JSON parameter that `FROM_STRINGS` unpacks."""
    return orjson.dumps(list(values)).decode()


FROM_STRINGS = "(SELECT unnest(from_json(?::JSON, '[\"VARCHAR\"]')) AS id)"
"""A relation of one column `id` from one `json_list` parameter."""
