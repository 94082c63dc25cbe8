"""Records to rows and back: which table each goes to, and what its columns hold."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from functools import cache
from typing import Any

import orjson

from intermt.errors import InputError
from intermt.records import (
    Annotation,
    AnnotationTask,
    Call,
    Conversation,
    ConversationOrigin,
    Feedback,
    Image,
    ImagePart,
    Node,
    NodeMark,
    Part,
    PictureUse,
    PreferenceVote,
    Rater,
    Reply,
    Run,
    Score,
    Seed,
    SeedDrop,
    SeedGrowth,
    TextPart,
    ToolUse,
    Verdict,
)

Row = Mapping[str, Any]
TableRow = tuple[str, Row]


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
    | ToolUse
    | NodeMark
    | SeedGrowth
    | SeedDrop
    | ConversationOrigin
    | AnnotationTask
    | Annotation
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
    ToolUse: "tool_use",
    NodeMark: "node_mark",
    SeedGrowth: "seed_growth",
    SeedDrop: "seed_drop",
    ConversationOrigin: "conversation_origin",
    AnnotationTask: "annotation_task",
    Annotation: "annotation",
}

TABLES = tuple(_TABLES.values())
"""Every table of records."""

_JSON_FIELDS: dict[type, str] = {Run: "config", SeedDrop: "figures", AnnotationTask: "gold"}

_LATER_LISTS: dict[type, str] = {Node: "notes", Verdict: "members"}

_WIDE = {"seed", "n_bytes"}


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
    """The table and the row of a record; times are naive UTC in ISO form.

    Raises:
        InputError: A number does not fit its column.
    """
    table = _TABLES[type(record)]
    row = _request_row(record) if isinstance(record, Answered) else _plain_row(record)
    for name, value in row.items():
        if value is None or isinstance(value, str):
            continue
        if isinstance(value, datetime):
            row[name] = _naive_utc(value).isoformat()
        elif isinstance(value, int) and not -(limit := _int_limit(name)) <= value < limit:
            raise InputError(f"{name} = {value} of a {table} is too large to be stored")
    return table, row


def encode(value: Any, row: Row | None = None) -> bytes:
    """A row, or a list with rows in it, as JSON; the error names `row`.

    Raises:
        InputError: It holds what JSON cannot: half a character (a lone surrogate), a whole
            number over 64 bits, or nesting over 254 levels.
    """
    try:
        return orjson.dumps(value)
    except orjson.JSONEncodeError as error:
        raise InputError(
            f"a record cannot be stored: {error}",
            where="" if row is None else _name_of(row),
            todo="mend the text in its source",
        ) from error


def _name_of(row: Row) -> str:
    # The first column is the key of most tables.
    return next((f"{name} {value}" for name, value in row.items()), "")


def _naive_utc(value: datetime) -> datetime:
    return value if value.tzinfo is None else value.astimezone(UTC).replace(tzinfo=None)


def _int_limit(column: str) -> int:
    return 2**63 if column in _WIDE else 2**31


def _plain_row(record: Record) -> dict[str, Any]:
    kind: type = type(record)
    row = {name: getattr(record, name) for name in _names(kind)}
    if isinstance(record, Node):
        row["parts"] = parts_to_json(record.parts)
        pictures = [p for p in record.parts if isinstance(p, ImagePart)]
        row["n_images"] = sum(p.sha256 is not None for p in pictures)
        row["n_missing"] = len(pictures) - row["n_images"]
    return row


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
        "tokens_in": _stated(reply.tokens_in),
        "tokens_out": _stated(reply.tokens_out),
        "simulated": reply.simulated,
        "finished_at": reply.finished_at,
        "run_id": item.run_id,
    }


def _stated(n_tokens: int | None) -> int | None:
    # A server may send any number; an absurd one must not stop a whole batch.
    return n_tokens if n_tokens is not None and 0 <= n_tokens < 2**31 else None


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
    elif kind in _JSON_FIELDS:
        at = _names(kind).index(_JSON_FIELDS[kind])
        values = [*values[:at], orjson.loads(values[at]), *values[at + 1 :]]
    if kind in _LATER_LISTS:
        # Rows of stores that are older than the column have none.
        at = _names(kind).index(_LATER_LISTS[kind])
        values = [*values[:at], values[at] or (), *values[at + 1 :]]
    return kind(*(tuple(v) if isinstance(v, list) else v for v in values))


def json_list(values: Iterable[str]) -> str:
    """Strings as the JSON parameter that `FROM_STRINGS` unpacks."""
    return encode(list(values)).decode()


FROM_STRINGS = "(SELECT unnest(from_json(?::JSON, '[\"VARCHAR\"]')) AS id)"
"""A relation of one column `id` from one `json_list` parameter."""
