"""How `stats` writes its documents: a screen, lines of CSV, a section of Markdown."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from intermt.cli import (
    agreement_text,
    annotators_text,
    bias_text,
    card_text,
    correlation_text,
    overview_text,
    scaling_text,
    scores_text,
    usage_text,
)
from intermt.cli.output import Output
from intermt.cli.stats_words import Document, Table
from intermt.cli.terminal import one_line


@dataclass(frozen=True, slots=True)
class _Writer:
    """How a topic of tables is written.

    Attributes:
        name: Heading of a section.
        heading: A line on what the tables are about.
        tables: Title, columns and rows of each; the flag asks for every row, which a screen
            has no room for.
        explained: Why figures are not there.
        csv_rows: A heading and lines.
    """

    name: str
    heading: Callable[[Document], str]
    tables: Callable[[Document, bool], list[Table]]
    explained: Callable[[Document], list[str]]
    csv_rows: Callable[[Document], Iterable[Sequence[Any]]]


_WRITERS = {
    "agreement": _Writer(
        "Agreement of raters",
        agreement_text.heading,
        lambda document, _: agreement_text.tables(document),
        agreement_text.explained,
        agreement_text.csv_rows,
    ),
    "annotators": _Writer(
        "Annotators",
        annotators_text.heading,
        lambda document, _: annotators_text.tables(document),
        annotators_text.explained,
        annotators_text.csv_rows,
    ),
    "scores": _Writer(
        "Scores",
        scores_text.heading,
        lambda document, _: scores_text.tables(document),
        scores_text.explained,
        scores_text.csv_rows,
    ),
    "correlation": _Writer(
        "How dimensions go together",
        correlation_text.heading,
        lambda document, _: correlation_text.tables(document),
        correlation_text.explained,
        correlation_text.csv_rows,
    ),
    "bias": _Writer(
        "What moves raters apart from quality",
        bias_text.heading,
        bias_text.tables,
        bias_text.explained,
        bias_text.csv_rows,
    ),
    "scaling": _Writer(
        "Scaling of judges with turns",
        scaling_text.heading,
        lambda document, _: scaling_text.tables(document),
        scaling_text.conclusions,
        scaling_text.csv_rows,
    ),
    "usage": _Writer(
        "Calls to servers",
        usage_text.heading,
        usage_text.tables,
        usage_text.explained,
        usage_text.csv_rows,
    ),
}


def as_table(out: Output, document: Document, marks: Sequence[str]) -> None:
    """Write a document for people, on one screen where it has room."""
    if document["topic"] == "overview":
        for line in overview_text.lines(document):
            out.line(line)
        return
    for line in (*marks, *document["notes"]):
        out.line(line)
    if document["topic"] == "card":
        for line in card_text.card_lines(document):
            out.line(line)
    elif _has_figures(document):
        writer = _WRITERS[document["topic"]]
        out.line(writer.heading(document))
        for title, columns, rows in writer.tables(document, False):
            out.line()
            out.table(columns, rows, title=one_line(title))
        if explained := writer.explained(document):
            out.line()
        for line in explained:
            out.line(one_line(line))


def as_csv(document: Document) -> str:
    """Lines of key and value of a card or an overview; else a heading and a line a figure or row.

    What is simulated or synthetic is told in the columns or keys of these names.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    if document["topic"] in ("card", "overview"):
        writer.writerow(("key", "value"))
        rows: Iterable[Sequence[Any]] = card_text.flat(document)
    else:
        rows = _WRITERS[document["topic"]].csv_rows(document)
    writer.writerows([_cell(value) for value in row] for row in rows)
    return text.getvalue()


def as_markdown(document: Document, marks: Sequence[str]) -> str:
    """A document as a section of a data card; a card as a whole data card."""
    told = [line for text in (*marks, *document["notes"]) for line in (f"**{_escaped(text)}**", "")]
    if document["topic"] == "card":
        return card_text.as_data_card(document, told, _markdown_table)
    if document["topic"] == "overview":
        body = "\n".join(overview_text.lines(document))
        return f"## Overview\n\n```text\n{body}\n```\n"
    writer = _WRITERS[document["topic"]]
    lines = [f"## {writer.name}", "", *told]
    if _has_figures(document):
        lines += [_escaped(writer.heading(document)), ""]
        for title, columns, cells in writer.tables(document, True):
            lines += [f"### {_escaped(title)}", "", *_markdown_table(columns, cells), ""]
        lines += [f"- {_escaped(text)}" for text in writer.explained(document)]
    return "\n".join(lines).rstrip() + "\n"


def tables_of(document: Document) -> list[Table]:
    """Title, columns and rows of every table of a document; a card is one of names and values."""
    if document["topic"] in ("card", "overview"):
        rows = [[key, _cell(value)] for key, value in card_text.flat(document)]
        return [("Every figure", ["figure", "value"], rows)]
    return _WRITERS[document["topic"]].tables(document, True) if _has_figures(document) else []


def told_of(document: Document) -> list[str]:
    """What a reader must know, and what the figures come to."""
    writer = _WRITERS.get(document["topic"])
    explained = writer.explained(document) if writer and _has_figures(document) else []
    return [*document["notes"], *explained]


def _has_figures(document: Document) -> bool:
    # A study is there as a whole or not at all, and has no rows of its own.
    return bool(document.get("rows", True))


def _cell(value: Any) -> Any:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else value


def _markdown_table(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> list[str]:
    cells: list[Sequence[Any]] = [columns, ["---"] * len(columns), *rows]
    return [
        f"| {' | '.join('-' if c is None else _escaped(str(c)) for c in line)} |" for line in cells
    ]


def _escaped(text: str) -> str:
    return one_line(text).replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;")
