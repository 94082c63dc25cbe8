"""How `stats annotators` writes its document: tables for people, a wide CSV."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from intermt.cli.stats_words import Document, figure, marked, percentage, reasons, scope

_FIGURES = ("agreement", "with_verifiers", "gold", "one_coin", "mace", "first_side")
_CHECKS = ("constant", "alternating", "first_side")
_SAME = (
    *("rater", "rater_id", "dataset", "what", "level", "n_labels", "n_things", "n_clusters"),
    *("seconds", "n_timed", "commonest", "commonest_share"),
)


def heading(document: Document) -> str:
    """What the tables are about."""
    return (
        f"Annotators{scope(document)}; {document['confidence']:.0%} intervals; flags with"
        f" {document['false_alarms']:.0%} false alarms a table"
    )


def tables(document: Document) -> list[tuple[str, list[str], list[list[Any]]]]:
    """Two tables for each kind of label: how good, and how they answer."""
    groups: dict[str, list[Document]] = {}
    for row in document["rows"]:
        groups.setdefault(f"{row['level']} {row['what']}s", []).append(row)
    found = []
    for name, rows in groups.items():
        told = {key: any(row[key] for row in rows) for key in ("simulated", "synthetic")}
        mark = marked(told)
        good = ["annotator", "with others", "with verifiers", "one-coin", "MACE"]
        cells = [
            [
                row["rater"],
                *(_figure(row[key]) for key in ("agreement", "with_verifiers", "one_coin", "mace")),
            ]
            for row in rows
        ]
        found.append((f"{name}: how good{mark}", good, cells))
        how = ["annotator", "gold items", "seconds", "commonest", "first side", "flags"]
        cells = [
            [
                row["rater"],
                _figure(row["gold"]),
                f"{row['seconds']:.1f} ({row['n_timed']:,})" if row["n_timed"] else "-",
                f"{row['commonest']} {percentage(row['commonest_share'])} ({row['n_labels']:,})",
                _figure(row["first_side"]),
                ", ".join(_flags(row)) or "-",
            ]
            for row in rows
        ]
        found.append((f"{name}: how they answer{mark}", how, cells))
    return found


def explained(document: Document) -> list[str]:
    """Why figures and checks are not there: a line a reason, with what it is for."""
    missing = []
    for row in document["rows"]:
        who = f"{row['rater']} ({row['level']} {row['what']}s)"
        figures = [(key, row[key]["undefined"]) for key in _FIGURES if row[key]]
        checks = [(f"{key} check", check["undefined"]) for key, check in row["checks"].items()]
        for key, why in (*figures, *checks):
            if why:
                missing.append((key.replace("_", " "), why, who))
    return reasons(missing)


def csv_rows(document: Document) -> Iterator[Sequence[Any]]:
    """A heading, then a line for each annotator, kind of label and level."""
    parts = ("", "_low", "_high", "_n", "_undefined")
    own = ("value", "low", "high", "n", "undefined")
    of_check = ("flag", "p", "n", "undefined")
    heading = [*_SAME, *(f"{key}{part}" for key in _FIGURES for part in parts)]
    heading += [f"check_{check}_{part}" for check in _CHECKS for part in of_check]
    yield [*heading, "confidence", "simulated", "synthetic"]
    for row in document["rows"]:
        cells = [row[key] for key in _SAME]
        for key in _FIGURES:
            cells += [None if row[key] is None else row[key][part] for part in own]
        for name in _CHECKS:
            check = row["checks"].get(name)
            cells += [None if check is None else check[part] for part in of_check]
        yield [*cells, document["confidence"], row["simulated"], row["synthetic"]]


def _flags(row: Document) -> list[str]:
    return [name.replace("_", " ") for name, check in row["checks"].items() if check["flag"]]


def _figure(found: Mapping[str, Any] | None) -> str:
    return figure(found, None if found is None else found["n"])
