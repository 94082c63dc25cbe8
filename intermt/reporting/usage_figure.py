"""The figure of calls to servers: how many a day, how they ended, how long they took."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from intermt.reporting.lettering import labels
from intermt.reporting.panels import ROW, name_rows, thousands
from intermt.reporting.style import BLUE, GREY, ORANGE, SKY, VERMILION, Sheet

_MOST_DAYS = 60
_MOST_SERVERS = 20
_NAME = 20


def usage_figure(document: Mapping[str, Any]) -> Figure:
    """Calls and tokens by day; calls, latency and cost by server."""
    days = document["days"][-_MOST_DAYS:]
    servers = sorted(document["servers"], key=lambda row: -row["n_calls"])[:_MOST_SERVERS]
    left = len(document["servers"]) - len(servers)
    cost = "" if document["cost"] is None else f", cost {document['cost']:.4g}"
    below = ROW * max(len(servers), 3) + 0.55
    priced = [row for row in servers if row["cost"] is not None]
    sheet = Sheet(
        document,
        "Calls to servers",
        [
            f"{document['n_calls']:,} calls, of which {document['n_failed']:,} failed;"
            f" {document['tokens_in']:,} tokens in, {document['tokens_out']:,} out{cost}. Days are"
            f" UTC{f', the latest {_MOST_DAYS}' if len(document['days']) > _MOST_DAYS else ''};"
            " latency of calls that ended well: dot median, end of line 95th percentile.",
            *([f"{left:,} more servers are in the table."] if left else []),
        ],
        height=1.0 if not servers else 1.5 + below * (2 if priced else 1),
    )
    if not servers:
        return sheet.nothing("; ".join(document["notes"]))
    ratios = [1.5, below, below] if priced else [1.5, below]
    grid = sheet.grid(len(ratios), 2, height_ratios=ratios)
    panels: list[tuple[str, Callable[[Axes], None]]] = [
        ("Calls a day", lambda axes: _by_day(axes, days, ("n_ok", "n_failed"), _ENDED, "calls")),
        (
            "Tokens a day",
            lambda a: _by_day(a, days, ("tokens_in", "tokens_out"), _TOKENS, "tokens"),
        ),
        ("Calls by server", lambda axes: _calls(axes, servers)),
        ("Latency by server", lambda axes: _latency(axes, servers)),
        ("Cost by server", lambda axes: _costs(axes, priced)),
    ]
    for i, (title, panel) in enumerate(panels[: 5 if priced else 4]):
        axes = sheet.panel(grid[divmod(i, 2)])
        panel(axes)
        axes.set_title(title)
    return sheet.done()


_ENDED = (("ok", BLUE), ("failed", VERMILION))
_TOKENS = (("in", SKY), ("out", ORANGE))


def _by_day(
    axes: Axes,
    days: Sequence[Mapping[str, Any]],
    keys: Sequence[str],
    looks: Sequence[tuple[str, str]],
    unit: str,
) -> None:
    bottom = [0] * len(days)
    for key, (name, colour) in zip(keys, looks, strict=True):
        heights = [row[key] for row in days]
        axes.bar(range(len(days)), heights, bottom=bottom, width=0.8, color=colour, label=name)
        bottom = [a + b for a, b in zip(bottom, heights, strict=True)]
    step = max(1, -(-len(days) // 3))
    places = range(0, len(days), step)
    axes.set_xticks(places, [days[i]["day"][5 if i else 0 :] for i in places])
    axes.set_xlim(-0.9, max(len(days), 3) - 0.1)
    axes.set_ylabel(unit)
    axes.yaxis.set_major_formatter(lambda value, _: thousands(value))
    axes.legend(
        ncols=2, loc="lower right", bbox_to_anchor=(1.0, 1.0), borderaxespad=0.1, handlelength=1.0
    )


def _calls(axes: Axes, servers: Sequence[Mapping[str, Any]]) -> None:
    for y, row in enumerate(servers):
        axes.barh(y, row["n_ok"], height=0.7, color=BLUE)
        axes.barh(y, row["n_failed"], left=row["n_ok"], height=0.7, color=VERMILION)
        _beside(axes, row["n_calls"], y, f"{row['n_calls']:,}")
    axes.set_xlim(0, max(row["n_calls"] for row in servers) * 1.4)
    axes.set_xlabel("calls")
    axes.xaxis.set_major_formatter(lambda value, _: thousands(value))
    _rows(axes, servers)


def _latency(axes: Axes, servers: Sequence[Mapping[str, Any]]) -> None:
    longest = 0.0
    for y, row in enumerate(servers):
        if row["latency_p50_ms"] is None:
            axes.annotate(
                "no call ended well", (0.0, y), xytext=(2, 0), textcoords="offset points",
                va="center", size=6, color=GREY,
            )  # fmt: skip
            continue
        half, most = row["latency_p50_ms"] / 1000, row["latency_p95_ms"] / 1000
        longest = max(longest, most)
        axes.plot(
            [half, most], [y, y], color=BLUE, marker="|", markevery=[1], markersize=4, clip_on=False
        )
        axes.plot([half], [y], color=BLUE, marker="o", markersize=3.2, clip_on=False)
        _beside(axes, most, y, f"n {row['n_ok']:,}")
    axes.set_xlim(0, (longest or 1.0) * 1.4)
    axes.set_xlabel("seconds")
    _rows(axes, servers)


def _costs(axes: Axes, servers: Sequence[Mapping[str, Any]]) -> None:
    for y, row in enumerate(servers):
        axes.barh(y, row["cost"], height=0.7, color=BLUE)
        _beside(axes, row["cost"], y, f"{row['cost']:.4g}")
    axes.set_xlim(0, (max(row["cost"] for row in servers) or 1.0) * 1.4)
    axes.set_xlabel("cost, in the currency of the prices")
    _rows(axes, servers)


def _beside(axes: Axes, x: float, y: float, text: str) -> None:
    axes.annotate(
        text, (x, y), xytext=(3, 0), textcoords="offset points", va="center", size=6, color=GREY
    )


def _rows(axes: Axes, servers: Sequence[Mapping[str, Any]]) -> None:
    axes.set_ylim(max(len(servers), 3) - 0.4, -0.6)
    n_models = Counter((row["server"], row["kind"]) for row in servers)
    names = {
        i: f"{row['server']} {row['model']}" if n_models[row["server"], row["kind"]] > 1
        else row["server"]
        for i, row in enumerate(servers)
    }  # fmt: skip
    short = labels(names, _NAME)
    name_rows(axes, [f"{short[i]} ({row['kind']})" for i, row in enumerate(servers)])
    axes.tick_params(axis="y", length=0)
