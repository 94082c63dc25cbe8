"""Records to rows and back, and the one way rows get into a table.

Rows go in as JSON parameters that SQL unpacks: fast, no file access, and every value stays
data. That a key is in its table once is seen to here, by whoever holds the store for writing:
the tables have no index, as DuckDB would load it whole for every writer. Which rows replace
others is decided here too, per table: most never do.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from functools import cache
from typing import Any

import duckdb
import orjson
from duckdb import DuckDBPyConnection as Connection

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
from intermt.store.database import MEMORY_MB

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

_KEYS: dict[str, tuple[str, ...]] = {
    "picture_use": ("conversation_id", "node_id", "position"),
    "image": ("sha256",),
    "preference_vote": ("vote_id",),
    "request": ("request_key",),
    "node_mark": ("node_id",),
    "seed_growth": ("seed_id",),
    "conversation_origin": ("conversation_id", "node_id"),
}

# Where a row with the same key is there already: it stays, unless it says less.
_REPLACES: dict[str, str] = {
    "request": "request.state <> 'ok'",
    # A jury's verdict is made anew when more of its members have stated theirs.
    "verdict": "verdict.state <> 'ok'"
    " OR coalesce(len(excluded.members) > len(verdict.members), FALSE)",
    "run": "run.finished_at IS NULL",
    "picture_use": "picture_use.sha256 IS NULL AND excluded.sha256 IS NOT NULL",
    "tool_use": "tool_use.image_sha256 IS NULL AND excluded.image_sha256 IS NOT NULL",
    # What the latest run says of a tree holds.
    "node_mark": "node_mark.run_id IS DISTINCT FROM excluded.run_id",
    "seed_drop": "seed_drop.run_id IS DISTINCT FROM excluded.run_id",
    "annotation_task": "annotation_task.gold::VARCHAR <> excluded.gold::VARCHAR",
    "seed_growth": "seed_growth.run_id IS DISTINCT FROM excluded.run_id"
    " OR seed_growth.state <> excluded.state",
}

# The same between two rows of one batch: whether a row gives way to a later one.
_GIVES_WAY: dict[str, Callable[[Row], bool]] = {
    "request": lambda row: row["state"] != "ok",
    "verdict": lambda row: row["state"] != "ok" or bool(row.get("members")),
    "run": lambda row: row["finished_at"] is None,
    "picture_use": lambda row: row["sha256"] is None,
    "tool_use": lambda row: row["image_sha256"] is None,
    "node_mark": lambda _: True,
    "seed_growth": lambda _: True,
    "seed_drop": lambda _: True,
    "annotation_task": lambda _: True,
}

_JSON_FIELDS: dict[type, str] = {Run: "config", SeedDrop: "figures", AnnotationTask: "gold"}

_LATER_LISTS: dict[type, str] = {Node: "notes", Verdict: "members"}

# Unpacking takes fifty times their size in memory, and is no faster with more at once.
_BATCH_BYTES = 512 * 1024
# For looking through the keys of a table, which would else fill the memory that there is.
_SCAN_MB = 24
_WIDE = {"seed", "n_bytes"}
_REFUSALS = (duckdb.ConstraintException, duckdb.ConversionException, duckdb.InvalidInputException)


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


def insert(db: Connection, rows: Iterable[TableRow]) -> dict[str, int]:
    """Put rows in their tables; how many were new or replaced, per table.

    A row whose key is there already changes nothing, except that any call replaces one that
    was not answered well, any verdict an unparsed one, a run one that had not finished, and
    a picture's use one whose picture was missing. The same holds within `rows`.

    Raises:
        InputError: A row holds what cannot be stored.
    """
    by_table: dict[str, dict[tuple[Any, ...], Row]] = {}
    for table, row in rows:
        key = tuple(row[k] for k in key_of(table))
        kept = by_table.setdefault(table, {})
        if key not in kept or (table in _GIVES_WAY and _GIVES_WAY[table](kept[key])):
            kept[key] = row
    return {table: _insert(db, table, list(keyed.values())) for table, keyed in by_table.items()}


def known(db: Connection, rows: Sequence[TableRow]) -> set[tuple[str, tuple[Any, ...]]]:
    """Table and key of each of these rows that `insert` would leave as it is."""
    found: set[tuple[str, tuple[Any, ...]]] = set()
    for table in {table for table, _ in rows}:
        condition = _REPLACES.get(table, "FALSE")
        columns = {
            name: kind
            for name, kind in _columns(db, table).items()
            if name in key_of(table) or f"excluded.{name}" in condition
        }
        _unpack(db, columns, [{c: row[c] for c in columns} for name, row in rows if name == table])
        keys = ", ".join(f"{table}.{key}" for key in key_of(table))
        there = db.execute(
            f"SELECT {keys} FROM {table} JOIN excluded ON {_same_key(table)}"
            f" WHERE NOT ({condition})"
        ).fetchall()
        found.update((table, key) for key in there)
    return found


def insert_what_fits(db: Connection, rows: Sequence[TableRow]) -> int:
    """Put the rows that the database takes in their tables; how many it refuses.

    For rows that another version or a failing disk may have written. Whatever fits is
    committed; `db` must not be in a transaction.

    Raises:
        duckdb.Error: The database cannot be written at all.
    """
    if not rows:
        return 0
    try:
        db.execute("BEGIN")
        insert(db, [(table, _whole(db, table, row)) for table, row in rows])
        db.execute("COMMIT")
        return 0
    except (*_REFUSALS, InputError):
        db.execute("ROLLBACK")
    except BaseException:
        with contextlib.suppress(duckdb.Error):
            db.execute("ROLLBACK")
        raise
    if len(rows) == 1:
        return 1
    half = len(rows) // 2
    return insert_what_fits(db, rows[:half]) + insert_what_fits(db, rows[half:])


def _whole(db: Connection, table: str, row: Row) -> Row:
    """A row with a value for every column; InputError for a table or column not known."""
    if table not in _TABLES.values() or row.keys() - (columns := _columns(db, table)).keys():
        raise InputError(f"unknown table or column in a row of {table}")
    return dict.fromkeys(columns) | dict(row)


def key_of(table: str) -> tuple[str, ...]:
    """The key columns of a table."""
    return _KEYS.get(table, (f"{table}_id",))


def _insert(db: Connection, table: str, rows: Sequence[Row]) -> int:
    columns = _columns(db, table)
    # The names come from the schema, never from a user.
    names = ", ".join(f'"{name}"' for name in columns)
    n_bytes = _unpack(db, columns, rows)
    memory_mb = min(MEMORY_MB, _SCAN_MB + n_bytes // 10**6)
    db.execute(f"SET memory_limit = '{memory_mb}MB'")
    if (condition := _REPLACES.get(table)) is not None:
        db.execute(f"DELETE FROM {table} USING excluded WHERE {_same_key(table)} AND ({condition})")
    db.execute(f"DELETE FROM excluded USING {table} WHERE {_same_key(table)}")
    db.execute(f"SET memory_limit = '{MEMORY_MB}MB'")
    counted = db.execute(f"INSERT INTO {table} ({names}) SELECT {names} FROM excluded").fetchone()
    return counted[0] if counted else 0


def _unpack(db: Connection, columns: Mapping[str, str], rows: Sequence[Row]) -> int:
    """Put rows in the temporary table `excluded`; the memory in bytes that it may take."""
    structure = orjson.dumps([{name: _json_type(kind) for name, kind in columns.items()}]).decode()
    # Strict: a value of a wrong type is an error.
    unpacked = f"SELECT unnest(from_json_strict(?::JSON, '{structure}'), max_depth := 2)"
    begin = "CREATE OR REPLACE TEMP TABLE excluded AS"
    total = longest = 0
    for batch in _batches(rows):
        db.execute(f"{begin} {unpacked}", [batch.decode()])
        begin = "INSERT INTO excluded"
        total += len(batch)
        longest = max(longest, len(batch))
    # A text that is moved takes up to eight times its length, as DuckDB rounds sizes up.
    return 2 * total + 8 * longest


def _same_key(table: str) -> str:
    return " AND ".join(f"{table}.{key} = excluded.{key}" for key in key_of(table))


def _batches(rows: Sequence[Row]) -> Iterable[bytes]:
    batch: list[bytes] = []
    size = 0
    for row in rows:
        text = encode(row, row)
        if batch and size + len(text) > _BATCH_BYTES:
            yield b"[" + b",".join(batch) + b"]"
            batch, size = [], 0
        batch.append(text)
        size += len(text)
    if batch:
        yield b"[" + b",".join(batch) + b"]"


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
