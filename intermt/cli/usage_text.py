"""How `stats usage` writes its document."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from intermt.cli.stats_words import Document, Table, bar, mark, scope
from intermt.cli.terminal import one_line

_SCREEN_DAYS = 31
_BAR = 16
_COLUMNS = (
    *("day", "server", "kind", "model", "n_calls", "n_ok", "n_failed", "n_attempts", "tokens_in"),
    *("tokens_out", "n_tokens_not_stated", "n_pictures_made", "cost", "latency_p50_ms"),
    *("latency_p95_ms", "simulated"),
)


def heading(document: Document) -> str:
    """What the tables are about."""
    cost = "" if document["cost"] is None else f", cost {document['cost']:.4g}"
    silent = document["n_tokens_not_stated"]
    return (
        f"Calls to servers{scope(document)}: {document['n_calls']:,}, of which"
        f" {document['n_failed']:,} failed; tokens {document['tokens_in']:,} in,"
        f" {document['tokens_out']:,} out{f' ({silent:,} calls without a count)' * bool(silent)}"
        f"{cost}; latency of calls that ended well; days are UTC"
    )


def tables(document: Document, every: bool) -> list[Table]:
    """By server, then by day; on a screen the latest days."""
    by_server = [
        [
            f"{one_line(row['server'])}{mark(row['simulated'])}",
            row["kind"],
            one_line(row["model"]),
            *_counts(row),
            _ms(row["latency_p50_ms"]),
            _ms(row["latency_p95_ms"]),
        ]
        for row in document["servers"]
    ]
    counts = ["calls", "failed", "tokens in", "tokens out", "cost"]
    columns = ["server", "kind", "model", *counts, "p50 ms", "p95 ms"]
    found: list[Table] = [("By server", columns, by_server)]
    days = document["days"] if every else document["days"][-_SCREEN_DAYS:]
    most = max((row["n_calls"] for row in days), default=0)
    left = len(document["days"]) - len(days)
    by_day = [[row["day"], *_counts(row), bar(row["n_calls"], most, _BAR)] for row in days]
    title = "By day" + (f" (the latest; {left:,} earlier are in --format csv)" if left else "")
    found.append((title, ["day", *counts, ""], by_day))
    return found


def _counts(row: Document) -> list[Any]:
    cost = None if row["cost"] is None else f"{row['cost']:.4g}"
    return [row["n_calls"], row["n_failed"], row["tokens_in"], row["tokens_out"], cost]


def _ms(value: float | None) -> int | None:
    return None if value is None else round(value)


def explained(document: Document) -> list[str]:
    """How calls ended, by server."""
    lines = []
    for row in document["servers"]:
        failed = {state: n for state, n in row["n_by_state"].items() if state != "ok"}
        if failed:
            states = ", ".join(f"{n:,} {state}" for state, n in failed.items())
            lines.append(f"{row['server']} ({row['kind']}): {states}")
    return lines


def csv_rows(document: Document) -> Iterator[Sequence[Any]]:
    """A heading, then a line for each day, server, kind and model."""
    yield _COLUMNS
    for row in document["rows"]:
        yield tuple(row[key] for key in _COLUMNS)
