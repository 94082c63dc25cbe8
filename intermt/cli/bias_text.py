"""How `stats bias` writes its document."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from intermt.cli.stats_words import Document, Table, figure, rater_of, reasons, scope

_TITLES = {
    "first_side": "Side: share of choices for the candidate shown first (no preference: 0.5)",
    "longer": "Length: share of choices for the longer candidate (0.5)",
    "more_pictures": "Pictures: share of choices for the candidate with more pictures (0.5)",
    "top_score": "High scores: share of scores that are the highest",
    "length_r": "Length: correlation of the score with log(1 + characters) (0)",
    "pictures_r": "Pictures: correlation of the score with the number of pictures (0)",
}
_COLUMNS = (
    *("bias", "what", "rater", "kind", "judge", "level", "dimension", "value", "low", "high"),
    *("undefined", "neutral", "n", "n_clusters", "simulated", "synthetic"),
)


def heading(document: Document) -> str:
    """What the tables are about."""
    return (
        f"What moves raters apart from quality{scope(document)}; {document['confidence']:.0%}"
        " intervals over seed trees"
    )


def tables(document: Document, every: bool) -> list[Table]:
    """A table for each bias; dimensions pooled where there are several, unless `every`."""
    pooled = {
        (row["bias"], row["level"], row["rater"], row["kind"], row["judge_id"])
        for row in document["rows"]
        if row["dimension"] == "all"
    }
    found = []
    for bias, title in _TITLES.items():
        cells = [
            [
                rater_of(row),
                row["level"],
                row["dimension"],
                figure(row),
                row["n"],
                row["n_clusters"],
            ]
            for row in document["rows"]
            if row["bias"] == bias
            and (
                every
                or row["dimension"] in ("all", "overall")
                or (bias, row["level"], row["rater"], row["kind"], row["judge_id"]) not in pooled
            )
        ]
        if cells:
            found.append((title, ["rater", "level", "dimension", "figure", "n", "trees"], cells))
    return found


def explained(document: Document) -> list[str]:
    """Why figures or intervals are not there."""
    return reasons(
        (
            row["bias"].replace("_", " "),
            row["undefined"],
            f"{row['level']} {row['dimension']} ({rater_of(row)})",
        )
        for row in document["rows"]
        if row["undefined"]
    )


def csv_rows(document: Document) -> Iterator[Sequence[Any]]:
    """A heading, then a line a figure."""
    yield (*_COLUMNS, "confidence")
    for row in document["rows"]:
        yield (*(row[key] for key in _COLUMNS), document["confidence"])
