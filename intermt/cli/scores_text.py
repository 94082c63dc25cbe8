"""How `stats scores` writes its document."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from intermt.cli.stats_words import Document, Table, figure, percentage, rater_of, reasons, scope
from intermt.dimensions import BY_KEY

_FIGURES = (("mean", "mean"), ("top_share", "highest"))
_SAME = ("level", "dimension", "rater", "kind", "judge")
_COUNTS = ("n", "n_no_picture", "n_real_numbers", "n_things", "n_raters", "n_clusters")


def heading(document: Document) -> str:
    """What the tables are about."""
    return (
        f"Scores{scope(document)}; n without -1 (pictures were required and none was made);"
        f" {document['confidence']:.0%} intervals over seed trees"
    )


def tables(document: Document) -> list[Table]:
    """A table for each dimension: title, columns, rows."""
    by_dimension: dict[tuple[str, str], list[Document]] = {}
    for row in document["rows"]:
        by_dimension.setdefault((row["level"], row["dimension"]), []).append(row)
    found = []
    for (level, dimension), rows in by_dimension.items():
        scale = list(dict.fromkeys(value for row in rows for value in row["counts"]))
        columns = ["rater", "n", *(f"{value}" for value in scale), "-1", "mean", "highest"]
        cells = []
        for row in rows:
            n = row["n"]
            shares = (percentage(row["counts"].get(value, 0) / n) if n else "-" for value in scale)
            figures = (figure(row[key]) for key, _ in _FIGURES)
            cells.append([rater_of(row), row["n"], *shares, row["n_no_picture"], *figures])
        known = BY_KEY.get(dimension)
        name = f"{known.id} {dimension}" if known else dimension
        found.append((f"{name} ({level})", columns, cells))
    return found


def explained(document: Document) -> list[str]:
    """Why figures or intervals are not there."""
    return reasons(
        (name, row[key]["undefined"], f"{row['level']} {row['dimension']} ({rater_of(row)})")
        for row in document["rows"]
        for key, name in _FIGURES
        if row[key]["undefined"]
    )


def csv_rows(document: Document) -> Iterator[Sequence[Any]]:
    """A heading, then a line for each dimension and kind of rater."""
    parts = ("value", "low", "high", "undefined")
    values = sorted({int(value) for row in document["rows"] for value in row["counts"]})
    yield (
        *_SAME,
        *_COUNTS,
        *(f"n_{value}" for value in values),
        *(f"{key}_{part}" for key, _ in _FIGURES for part in parts),
        *("confidence", "simulated", "synthetic"),
    )
    for row in document["rows"]:
        yield (
            *(row[key] for key in _SAME),
            *(row[key] for key in _COUNTS),
            *(row["counts"].get(str(value)) for value in values),
            *(row[key][part] for key, _ in _FIGURES for part in parts),
            *(document["confidence"], row["simulated"], row["synthetic"]),
        )
