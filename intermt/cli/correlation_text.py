"""How `stats correlation` writes its document."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from intermt.cli.stats_words import Document, Table, reasons, scope
from intermt.dimensions import BY_KEY

_STATISTICS = (("pearson", "Pearson's r"), ("spearman", "Spearman's rho"))
_SAME = ("x", "y", "x_level", "y_level", "n", "n_clusters")


def heading(document: Document) -> str:
    """What the tables are about."""
    return (
        f"Correlation of annotators' scores over {document['n_conversations_scored']:,}"
        f" conversations{scope(document)}; local dimensions averaged over turns; intervals are in"
        " --format json and csv"
    )


def tables(document: Document) -> list[Table]:
    """A map of each coefficient, and one of the conversations in each cell."""
    cells = {(row["x"], row["y"]): row for row in document["rows"]}
    keys = list(dict.fromkeys(row["x"] for row in document["rows"]))
    columns = ["", *(BY_KEY[key].id for key in keys)]
    found = []
    for statistic, title in _STATISTICS:
        rows = [
            [f"{BY_KEY[x].id} {x}", *(_value(cells[x, y][statistic], x == y) for y in keys)]
            for x in keys
        ]
        found.append((title, columns, rows))
    n = [[f"{BY_KEY[x].id} {x}", *(cells[x, y]["n"] for y in keys)] for x in keys]
    found.append(("n: conversations with both", columns, n))
    return found


def _value(found: Document, is_diagonal: bool) -> str:
    if is_diagonal:
        return "."
    return "-" if found["value"] is None else f"{found['value']:.2f}"


def explained(document: Document) -> list[str]:
    """Why cells have no value or no interval, each pair of dimensions once."""
    keys = list(dict.fromkeys(row["x"] for row in document["rows"]))
    missing = []
    for row in document["rows"]:
        if keys.index(row["x"]) < keys.index(row["y"]):
            where = f"{BY_KEY[row['x']].id} with {BY_KEY[row['y']].id}"
            for why in dict.fromkeys(row[key]["undefined"] for key, _ in _STATISTICS):
                named = [title for key, title in _STATISTICS if row[key]["undefined"] == why]
                missing += [(", ".join(named), why, where)] if why else []
    return reasons(missing)


def csv_rows(document: Document) -> Iterator[Sequence[Any]]:
    """A heading, then a line for each cell of the map."""
    parts = ("value", "low", "high", "undefined")
    named = [
        f"{key}_{part}" if part != "value" else key for key, _ in _STATISTICS for part in parts
    ]
    yield (*_SAME, *named, "confidence", "simulated", "synthetic")
    for row in document["rows"]:
        yield (
            *(row[key] for key in _SAME),
            *(row[key][part] for key, _ in _STATISTICS for part in parts),
            *(document["confidence"], document["simulated"], document["synthetic"]),
        )
