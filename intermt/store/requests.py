"""The ledger of calls: what was asked, how it ended, what can be used again.

Used again are good replies, and what a tool says of a picture that it will not supply: a
refusal, a 400, 413 or 422, and that nothing was found. The answer that wanted the picture has
gone on without it, and what was said after that holds for the answer as it is. Asking once more
is another call, with a sample number above 0: that one counts only if it is good.

A chat call is *in vain* where its server answered and there is nothing to go on with: refused,
empty, cut, or not what was to be stated. Such a call may be made again; in vain then too, its
error ends with `AGAIN`. Where a command tries otherwise in its place, by a sample number from
`FURTHER_TRY` on, how that ended holds.
"""

from __future__ import annotations

from collections.abc import Iterable

import orjson
from duckdb import DuckDBPyConnection as Connection

from intermt.records import CallState, Reply, ServerKind
from intermt.store.rows import FROM_STRINGS, json_list

FURTHER_TRY = 1_000_000
"""Added to the sample number of a chat call for each time it is tried otherwise."""

AGAIN = "; in an earlier run too"
"""Ends the error of a chat call that was in vain in two runs."""

_IN_VAIN = """(kind = 'chat' AND (
    state IN ('refused', 'empty', 'truncated') OR state = 'unparsed' AND text <> ''))"""
_SETTLED = f"""(state = 'ok' OR sample = 0 AND kind IN ('draw', 'edit', 'retrieve') AND (
    state = 'refused' OR state = 'rejected' AND http_status IN (400, 413, 422)
    OR state = 'empty' AND kind = 'retrieve')
    OR sample >= {FURTHER_TRY} AND {_IN_VAIN})"""


def is_in_vain(kind: ServerKind, state: CallState, text: str) -> bool:
    """Whether a call that ended so was answered, with nothing to go on with.

    A reply that broke on its way is `unparsed` too, but has no text: it tells of no answer.
    """
    return kind == "chat" and (
        state in ("refused", "empty", "truncated") or (state == "unparsed" and text != "")
    )


def is_settled(
    kind: ServerKind,
    state: CallState,
    *,
    http_status: int | None = None,
    sample: int = 0,
    text: str = "",
) -> bool:
    """Whether a call that ended so is not made again."""
    if state == "ok":
        return True
    if sample >= FURTHER_TRY and is_in_vain(kind, state, text):
        return True
    return (
        kind in ("draw", "edit", "retrieve")
        and sample == 0
        and (
            state == "refused"
            or (state == "rejected" and http_status in (400, 413, 422))
            or (state == "empty" and kind == "retrieve")
        )
    )


def settled_keys(db: Connection) -> set[str]:
    """The keys of every call that is not made again."""
    rows = db.execute(f"SELECT request_key FROM request WHERE {_SETTLED}").fetchall()
    return {row[0] for row in rows}


def keys_in_vain(db: Connection) -> dict[str, bool]:
    """The keys of the calls that were in vain and may be made again; whether they were twice."""
    rows = db.execute(
        f"SELECT request_key, ends_with(error, ?) FROM request WHERE {_IN_VAIN} AND NOT {_SETTLED}",
        [AGAIN],
    ).fetchall()
    return dict(rows)


def embedding_models(db: Connection) -> list[str]:
    """The models that embedded answers, by name; those of seed questions are another matter."""
    rows = db.execute(
        """
        SELECT DISTINCT q.model FROM request q LEFT JOIN run r ON q.run_id = r.run_id
        WHERE q.kind = 'embed' AND q.state = 'ok' AND r.command IS DISTINCT FROM 'generate'
        ORDER BY q.model
        """
    ).fetchall()
    return [row[0] for row in rows]


def take_back(db: Connection, keys: Iterable[str], why: str) -> None:
    """Good replies that turn out to be of no use become `unparsed`: they are asked for again."""
    db.execute(
        f"""
        UPDATE request SET state = 'unparsed', error = ?
        WHERE state = 'ok' AND request_key IN (SELECT id FROM {FROM_STRINGS})
        """,
        [why, json_list(set(keys))],
    )


def settled_replies(db: Connection, keys: Iterable[str]) -> dict[str, Reply]:
    """The replies of those of these calls that are not made again, by key."""
    rows = db.execute(
        f"""
        SELECT r.request_key, r.state, r.text, r.data, r.image_sha256, r.error, r.http_status,
               r.url, r.reply_model, r.attempts, r.latency_ms, r.tokens_in, r.tokens_out,
               r.simulated, r.finished_at
        FROM request r JOIN {FROM_STRINGS} w ON r.request_key = w.id
        WHERE {_SETTLED}
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
