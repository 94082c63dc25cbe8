"""The ledger of calls: what was asked, how it ended, what can be used again."""

from __future__ import annotations

from collections.abc import Iterable

import orjson
from duckdb import DuckDBPyConnection as Connection

from intermt.records import Reply
from intermt.store.rows import FROM_STRINGS, json_list


def ok_keys(db: Connection) -> set[str]:
    """The keys of every call that was answered well."""
    rows = db.execute("SELECT request_key FROM request WHERE state = 'ok'").fetchall()
    return {row[0] for row in rows}


def ok_replies(db: Connection, keys: Iterable[str]) -> dict[str, Reply]:
    """The replies of those of these calls that were answered well, by key."""
    rows = db.execute(
        f"""
        SELECT r.request_key, r.state, r.text, r.data, r.image_sha256, r.error, r.http_status,
               r.url, r.reply_model, r.attempts, r.latency_ms, r.tokens_in, r.tokens_out,
               r.simulated, r.finished_at
        FROM request r JOIN {FROM_STRINGS} w ON r.request_key = w.id
        WHERE r.state = 'ok'
        """,
        [json_list(set(keys))],
    ).fetchall()
    return {
        row[0]: Reply(
            request_key=row[0],
            state=row[1],
            text=row[2],
            data=None if row[3] is None else orjson.loads(row[3]),
            image_sha256=row[4],
            error=row[5],
            http_status=row[6],
            url=row[7],
            model=row[8],
            attempts=row[9],
            latency_ms=row[10],
            tokens_in=row[11],
            tokens_out=row[12],
            simulated=row[13],
            finished_at=row[14],
        )
        for row in rows
    }
