"""What calls to servers took: how many, tokens, cost, latency and failures."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from intermt.config import Server

NO_CALLS = "no calls: no server was asked yet"
NO_CALLS_OF = "no calls: none led to anything in {dataset}"
_TOTALS = (
    *("n_calls", "n_ok", "n_failed", "n_attempts", "tokens_in", "tokens_out"),
    *("n_tokens_not_stated", "n_pictures_made"),
)

SOME_CALLS = (
    "only calls behind messages, pictures and verdicts of the dataset; calls that led to none"
    " of these belong to no dataset"
)


def usage_figures(
    counted: Mapping[str, list[dict[str, Any]]],
    servers: Mapping[str, Server],
    dataset: str | None = None,
) -> dict[str, Any]:
    """The document of usage: by server, by day, and by both.

    Args:
        counted: What `store.usage` counts.
        servers: The configured servers; they have the prices.
        dataset: Whose calls were counted; None for all.
    """
    rows = [_priced(row, servers) for row in counted["rows"]]
    by_server = [_priced(row, servers) for row in counted["servers"]]
    by_day = [dict(row) for row in counted["days"]]
    for day in by_day:
        day["cost"] = _total(row["cost"] for row in rows if row["day"] == day["day"])
        day["n_failed"] = day["n_calls"] - day["n_ok"]
    unpriced = sorted({row["server"] for row in by_server if row["cost"] is None})
    notes = []
    if not by_server:
        notes.append(NO_CALLS if dataset is None else NO_CALLS_OF.format(dataset=dataset))
    cost = _total(row["cost"] for row in by_server)
    if cost is not None and unpriced:
        notes.append(f"no price is configured for {', '.join(unpriced)}: not in the cost")
    if dataset is not None:
        notes.append(SOME_CALLS)
    return {
        "notes": notes,
        "simulated": any(row["simulated"] for row in by_server),
        "synthetic": False,
        **{name: sum(row[name] for row in by_server) for name in _TOTALS},
        "cost": cost,
        "servers": by_server,
        "days": by_day,
        "rows": rows,
    }


def _priced(row: Mapping[str, Any], servers: Mapping[str, Server]) -> dict[str, Any]:
    """A row with its failures and what it cost by the prices configured now."""
    server = servers.get(row["server"])
    cost = None
    if server is not None and (server.price_in or server.price_out or server.price_picture):
        tokens = row["tokens_in"] * server.price_in + row["tokens_out"] * server.price_out
        cost = tokens / 1e6 + row["n_pictures_made"] * server.price_picture
    return {**row, "n_failed": row["n_calls"] - row["n_ok"], "cost": cost}


def _total(costs: Iterable[float | None]) -> float | None:
    known = [cost for cost in costs if cost is not None]
    return sum(known) if known else None
