"""How `stats agreement` writes its document."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from intermt.cli.stats_words import Document, Table, figure, marked, reasons, scope

_STATISTICS = (("alpha", "alpha"), ("ac2", "AC2"), ("kappa", "kappa"), ("rate", "agreement rate"))
_ROW_COUNTS = (
    *("n_units", "n_raters", "n_unnamed", "n_pairable", "n_combinations", "n_ratings"),
    "n_clusters",
)
_SAME = ("what", "level", "dimension", "between", "judge")


def heading(document: Document) -> str:
    """What the tables are about."""
    return (
        f"Agreement of raters{scope(document)}; {document['confidence']:.0%} intervals:"
        f" {document['n_resamples']:,} resamples of seed trees (kappa: jackknife)"
    )


def tables(document: Document) -> list[Table]:
    """A table for each kind of label and other side: title, columns, rows."""
    groups: dict[str, list[Document]] = {}
    for row in document["rows"]:
        with_whom = {
            "annotator-annotator": "annotators with each other",
            "annotator-verifier": "annotators with verifiers",
            "annotator-judge": f"annotators with the judge {row['judge']}",
            "verifier-judge": f"verifiers with the judge {row['judge']}",
        }[row["between"]]
        title = f"{row['level']} {row['what']}s, {with_whom}{marked(row)}"
        groups.setdefault(title, []).append(row)
    found = []
    for title, rows in groups.items():
        shown = _shown(rows[0])
        columns = ["dimension", "things", "by both", "raters", "trees"]
        counts = ("n_units", "n_pairable", "n_raters", "n_clusters")
        cells = [
            [row["dimension"], *(row[n] for n in counts), *(figure(row[key]) for key, _ in shown)]
            for row in rows
        ]
        found.append((title, [*columns, *(name for _, name in shown)], cells))
    return found


def explained(document: Document) -> list[str]:
    """Why figures or intervals are not there: a line a reason, with what it is for."""
    missing = []
    for row in document["rows"]:
        figures = [(title, row[key]) for key, title in _shown(row)]
        for why in dict.fromkeys(f["undefined"] for _, f in figures if f["undefined"]):
            titles = ", ".join(title for title, f in figures if f["undefined"] == why)
            where = f"{row['level']} {row['dimension']} ({row['what']}, {row['between']})"
            missing.append((titles, why, where))
    return reasons(missing)


def csv_rows(document: Document) -> Iterator[Sequence[Any]]:
    """A heading, then a line a figure."""
    own = ("value", "low", "high", "undefined")
    yield (*_SAME, "statistic", *own, "confidence", *_ROW_COUNTS, "simulated", "synthetic")
    for row in document["rows"]:
        for key, _ in _STATISTICS:
            cells = [row[c] for c in _SAME] + [key] + [row[key][c] for c in own]
            cells += [document["confidence"]] + [row[c] for c in _ROW_COUNTS]
            yield (*cells, row["simulated"], row["synthetic"])


def _shown(row: Document) -> list[tuple[str, str]]:
    """Key and title of the figures that labels of this kind can have."""
    return [(key, title) for key, title in _STATISTICS if key != "ac2" or row["what"] == "score"]
