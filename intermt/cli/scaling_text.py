"""How `stats scaling` writes its document: tables, lines of CSV, Markdown."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from intermt.cli.stats_words import Document, Table
from intermt.cli.terminal import one_line

_CSV = (
    *("figure", "k", "t", "trained", "tested", "n", "n_trees", "value", "low", "high"),
    *("p_value", "undefined"),
)


def heading(document: Document) -> str:
    """What was studied, on a line."""
    level, n, trees = document["level"], document["n_pairs"], document["n_trees"]
    what = f"{n} {level} pairs with a winner ({document['dimension']}) of {trees} seed trees"
    if document["judges"] == "named":
        said = ", ".join(f"k={one['k']} {one['judge']}" for one in document["judged_by"])
        return f"{what}; judges: {said}"
    model = document["embedding"]["model"]
    return (
        f"{what}; heads on embeddings of {one_line(model)}, each pair judged by heads that did"
        f" not see its tree, {document['repeats']} times"
        + (", all fitted to equally many pairs" if document["equal_pairs"] else "")
    )


def tables(document: Document) -> list[Table]:
    """The matrix, the averages and transfer, as titles, columns and rows."""
    return [
        (title, columns, [[_cell(value) for value in row] for row in rows])
        for title, columns, rows in _tables(document)
    ]


def _tables(document: Document) -> Iterator[Table]:
    of = f"{document['confidence']:.0%}"
    cells = {(row["k"], row["t"]): row for row in document["matrix"]}
    turns = sorted({t for _, t in cells})
    trained = {row["k"]: row["n_pairs"] for row in document["trained"]}
    rows: list[list[Any]] = [
        [k, *([trained.get(k)] if trained else []), *(_shown(cells.get((k, t))) for t in turns)]
        for k in sorted({k for k, _ in cells})
    ]
    sizes = {t: max(row["n"] for row in document["matrix"] if row["t"] == t) for t in turns}
    columns = [f"t={t} (n {sizes[t]})" for t in turns]
    title = f"Accuracy of the judge of the first k turns on turn t, {of} interval; chance is 0.5"
    yield title, ["k", *(["trained on"] if trained else []), *columns], rows
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
            "Transfer: heads trained on one level, tested on the other (overall)",
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


def conclusions(document: Document) -> list[str]:
    """What the figures come to, in words."""
    return list(_conclusions(document))


def _conclusions(document: Document) -> Iterator[str]:
    trend, curve, of = document["trend"], document["curve"], f"{document['confidence']:.0%}"
    if trend is None:
        yield "one number of turns to learn from only: whether more help cannot be said"
    else:
        verdict = (
            "more turns help: a rising line is better than a flat one"
            if trend["rises"]
            else "no gain from more turns was found: a flat line does as well"
        )
        span = _span(trend["low"], trend["high"], "+.4f")
        yield (
            f"{verdict} ({trend['slope']:+.4f} a turn on the same pairs, {of} {span},"
            f" p {trend['p_value']:.4f} by sign flips, n {trend['n']} pairs of"
            f" {trend['n_trees']} trees)"
        )
    if curve["undefined"]:
        yield f"no saturating curve: {curve['undefined']}"
        return
    gain = f"gain from the first k to the last {curve['gain']:+.3f}"
    yield f"{gain}, {of} {_span(curve['gain_low'], curve['gain_high'], '+.3f')}"
    if not (trend and trend["rises"]):
        yield "the curve a - b exp(-k / c) means little where nothing rises"
    elif not curve["saturates"]:
        yield "no bend is seen up to here: no ceiling can be named"
    else:
        yield (
            f"a - b exp(-k / c): a {curve['ceiling']:.3f}"
            f" {_span(curve['ceiling_low'], curve['ceiling_high'], '.3f')},"
            f" b {curve['drop']:.3f}, c {curve['pace']:.2f} turns"
            f" {_span(curve['pace_low'], curve['pace_high'], '.2f')}"
        )


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
        ends = {"low": curve[f"{name}_low"], "high": curve[f"{name}_high"]}
        yield {"figure": f"curve {name}", "value": curve[name], **ends, **n}


def _shown(cell: Mapping[str, Any] | None) -> str | None:
    if cell is None:
        return None
    if cell["low"] is None:
        return f"{cell['accuracy']:.3f}"
    return f"{cell['accuracy']:.3f} {_span(cell['low'], cell['high'], '.2f')}"


def _span(low: float | None, high: float | None, form: str) -> str:
    return "no interval" if low is None or high is None else f"[{low:{form}}, {high:{form}}]"


def _cell(value: Any) -> str:
    if value is None:
        return "-"
    return f"{value:.3f}" if isinstance(value, float) else str(value)
