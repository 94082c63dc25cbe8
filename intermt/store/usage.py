"""Calls to servers, counted by server and day.

Works on the relations that `scope.narrow` makes.
"""

from __future__ import annotations

from typing import Any

from duckdb import DuckDBPyConnection as Connection

from intermt.store.scope import NOT_STATED

_SUMS = """
    count(*) AS n_calls, count(*) FILTER (state = 'ok') AS n_ok,
    coalesce(sum(attempts), 0)::BIGINT AS n_attempts,
    coalesce(sum(tokens_in), 0)::BIGINT AS tokens_in,
    coalesce(sum(tokens_out), 0)::BIGINT AS tokens_out,
    count(*) FILTER (tokens_in IS NULL AND tokens_out IS NULL) AS n_tokens_not_stated,
    count(image_sha256) FILTER (kind IN ('draw', 'edit')) AS n_pictures_made,
    quantile_cont(latency_ms, 0.5) FILTER (state = 'ok') AS latency_p50_ms,
    quantile_cont(latency_ms, 0.95) FILTER (state = 'ok') AS latency_p95_ms,
    coalesce(bool_or(simulated), FALSE) AS simulated
"""
_KEYS = {
    "servers": ("server", "kind", "model"),
    "days": ("day",),
    "rows": ("day", "server", "kind", "model"),
}


def usage(db: Connection, dataset: str | None) -> dict[str, list[dict[str, Any]]]:
    """Calls by server (`servers`), by day (`days`), and by both (`rows`).

    A day is that of the end of the call, UTC. With a dataset the calls behind its messages,
    pictures and verdicts.
    """
    where = ""
    if dataset is not None:
        where = """
        SEMI JOIN (
            SELECT request_key FROM in_node
            UNION ALL SELECT request_key FROM tool_use SEMI JOIN in_node USING (node_id)
            UNION ALL SELECT request_key FROM in_verdict
            UNION ALL SELECT second_key FROM in_verdict
        ) USING (request_key)
        """
    db.execute(
        f"""
        CREATE TEMP TABLE call_made AS
        SELECT coalesce(strftime(finished_at, '%Y-%m-%d'), '{NOT_STATED}') AS day,
               coalesce(nullif(server, ''), '{NOT_STATED}') AS server, kind,
               coalesce(nullif(reply_model, ''), nullif(model, ''), '{NOT_STATED}') AS model,
               state, attempts, tokens_in, tokens_out, image_sha256, latency_ms, simulated
        FROM request {where}
        """
    )
    found = {}
    for name, keys in _KEYS.items():
        key = ", ".join(keys)
        result = db.execute(f"SELECT {key}, {_SUMS} FROM call_made GROUP BY {key} ORDER BY {key}")
        columns = [column[0] for column in result.description or ()]
        rows = [dict(zip(columns, row, strict=True)) for row in result.fetchall()]
        states: dict[tuple[str, ...], dict[str, int]] = {}
        for *of, state, n in db.execute(
            f"SELECT {key}, state, count(*) AS n FROM call_made GROUP BY {key}, state"
            f" ORDER BY {key}, n DESC, state"
        ).fetchall():
            states.setdefault(tuple(of), {})[state] = n
        for row in rows:
            row["n_by_state"] = states[tuple(row[k] for k in keys)]
        found[name] = rows
    return found
