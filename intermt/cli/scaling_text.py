"""How `stats scaling` writes its document: tables, lines of CSV, Markdown."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from intermt.cli.stats_words import Document, Table, reasons
from intermt.cli.terminal import one_line
from intermt.reporting.scaling_words import ceiling_of, pairs_of_turns, what_is_studied

_CSV = (
    *("figure", "k", "t", "trained", "tested", "n", "n_trees", "value", "low", "high"),
    *("p_value", "undefined"),
)


def heading(document: Document) -> str:
    """What was studied, on a line."""
    return one_line("; ".join(what_is_studied(document)))


def tables(document: Document) -> list[Table]:
    """The matrix, the averages and transfer, as titles, columns and rows."""
    return [
        (title, columns, [[_cell(value) for value in row] for row in rows])
        for title, columns, rows in _tables(document)
    ]


def _tables(document: Document) -> Iterator[Table]:
    of = f"{document['confidence']:.0%}"
    yield _matrix(document)
    if document["averages"]:
        yield (
            "Average over the turns after k",
            ["k", "accuracy", f"{of} from", "to", "n pairs", "n trees"],
            [
                [row["k"], row["accuracy"], row["low"], row["high"], row["n"], row["n_trees"]]
                for row in document["averages"]
            ],
        )
    if document["transfer"]:
        yield (
            "Transfer on overall: heads trained on all pairs of one level, tested on the other",
            ["trained on", "tested on", "accuracy", f"{of} from", "to", "n pairs", "n trained"],
            [
                [
                    f"{row['trained']} ({row['trained_mode']})",
                    f"{row['tested']} ({row['tested_mode']})",
                    *(row["accuracy"], row["low"], row["high"], row["n"], row["n_trained"]),
                ]
                for row in document["transfer"]
            ],
        )


def _matrix(document: Document) -> Table:
    """A row for each k, a column for each t; a cell says its n where it is not all pairs of t."""
    cells = {(row["k"], row["t"]): row for row in document["matrix"]}
    sizes = pairs_of_turns(document)
    turns = sorted({t for _, t in cells})
    trained = {row["k"]: row["n_pairs"] for row in document["trained"]}
    rows: list[list[Any]] = [
        [
            k,
            *([trained.get(k)] if trained else []),
            *(_shown(cells.get((k, t)), sizes[t]) if k <= t else None for t in turns),
        ]
        for k in sorted({k for k, _ in cells})
    ]
    columns = [f"t={t} (n {sizes[t]})" for t in turns]
    of = f"{document['confidence']:.0%}"
    title = f"Accuracy of the judge of the first k turns on turn t, {of} interval; chance is 0.5"
    return title, ["k", *(["trained on"] if trained else []), *columns], rows


def conclusions(document: Document) -> list[str]:
    """What the figures come to, in words, and why others are missing."""
    return list(_conclusions(document))


def _conclusions(document: Document) -> Iterator[str]:
    trend, curve, of = document["trend"], document["curve"], f"{document['confidence']:.0%}"
    if trend is None:
        yield (
            "whether more turns help cannot be said: no turn was judged by judges of two smaller k"
        )
    else:
        span = _span(trend["low"], trend["high"], "+.4f")
        yield (
            f"{_verdict(trend)} ({trend['slope']:+.4f} a turn on the same pairs, {of} {span},"
            f" p {trend['p_value']:.4f} by sign flips, n {trend['n']} pairs of"
            f" {trend['n_trees']} trees)"
        )
    if curve["undefined"]:
        yield f"no saturating curve: {curve['undefined']}"
    else:
        gain = f"gain from the first k to the last {curve['gain']:+.3f}"
        yield f"{gain}, {of} {_span(curve['gain_low'], curve['gain_high'], '+.3f')}"
        if curve["no_ceiling"]:
            yield f"no ceiling can be named: {curve['no_ceiling']}"
        else:
            yield (
                f"a - b exp(-k / c): a {ceiling_of(curve)}, b {curve['drop']:.3f},"
                f" c {curve['pace']:.2f} turns"
                f" {_span(curve['pace_low'], curve['pace_high'], '.2f')}"
            )
    yield from reasons(_without_interval(document))


def _verdict(trend: Document) -> str:
    if trend["rises"]:
        return "more turns help: a rising line is better than a flat one"
    if trend["falls"]:
        return "more turns make it worse: a falling line is better than a flat one"
    return "no gain from more turns was found: a flat line does as well"


def _without_interval(document: Document) -> Iterator[tuple[str, str, str]]:
    """What has no interval, why, and where."""
    for row in document["matrix"]:
        if row["low"] is None:
            yield "no interval", row["undefined"], f"k={row['k']}, t={row['t']}"
    for row in document["averages"]:
        if row["low"] is None:
            yield "no interval", row["undefined"], f"average of k={row['k']}"
    for row in document["transfer"]:
        if row["low"] is None:
            yield "no interval", row["undefined"], f"{row['trained']} on {row['tested']}"
    if (trend := document["trend"]) is not None and trend["low"] is None:
        yield "no interval", trend["undefined"], "slope"


def csv_rows(document: Document) -> Iterator[Sequence[Any]]:
    """A heading, and a line a figure with its n and interval."""
    names = ("level", "dimension", "confidence", "simulated", "synthetic")
    yield (*_CSV, *names)
    same = [document[name] for name in names]
    for row in _flat(document):
        yield [row.get(key) for key in _CSV] + same


def _flat(document: Document) -> Iterator[dict[str, Any]]:
    for name in ("matrix", "averages", "transfer"):
        for row in document[name]:
            figure = {"matrix": "cell", "averages": "average"}.get(name, name)
            yield {**row, "figure": figure, "value": row["accuracy"]}
    if (trend := document["trend"]) is not None:
        yield {**trend, "figure": "trend", "value": trend["slope"]}
    curve = document["curve"]
    n = {"n": document["n_pairs"], "n_trees": document["n_trees"]}
    if curve["undefined"]:
        yield {"figure": "curve", "undefined": curve["undefined"], **n}
        return
    for name in ("ceiling", "pace", "gain"):
        ends = {end: curve.get(f"{name}_{end}") for end in ("low", "high")}
        why = None if name in curve else curve["no_ceiling"]
        yield {
            **{"figure": f"curve {name}", "value": curve.get(name), "undefined": why},
            **ends,
            **n,
        }


def _shown(cell: Mapping[str, Any] | None, n: int) -> str:
    if cell is None:
        return "- (n 0)"
    own = "" if cell["n"] == n else f" (n {cell['n']})"
    if cell["low"] is None:
        return f"{cell['accuracy']:.3f}{own}"
    return f"{cell['accuracy']:.3f} {_span(cell['low'], cell['high'], '.2f')}{own}"


def _span(low: float | None, high: float | None, form: str) -> str:
    return "no interval" if low is None or high is None else f"[{low:{form}}, {high:{form}}]"


def _cell(value: Any) -> str:
    if value is None:
        return "-"
    return f"{value:.3f}" if isinstance(value, float) else str(value)
