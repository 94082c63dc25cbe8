"""The figures of `intermt eval` on a terminal, as Markdown and as CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import fields
from typing import Any

from intermt.cli.eval_sheets import sheets
from intermt.cli.opening import SIMULATED, SYNTHETIC
from intermt.cli.output import Output
from intermt.cli.terminal import table_lines
from intermt.commands.eval_comparison import Comparison
from intermt.commands.evaluate import EvalResult
from intermt.commands.measured import AVERAGE, Measured, column
from intermt.dimensions import DIMENSIONS
from intermt.domain.published import PublishedFigure

_COMPARED = (
    *("line", "other", "other_value", "difference", "difference_low", "difference_high"),
    *("p_value", "p_holm", "p_mcnemar", "n_better", "n_worse"),
)
"""Columns of CSV where there is a comparison; `line` is figure, difference or published."""

_PAPER = (
    "counted as the paper counts: one reply an item, of pairs in one order drawn by --seed,"
    " a judge's tie is an error"
)


def remarks(result: EvalResult) -> list[str]:
    """What a reader has to know before and beside the figures."""
    tested = sum(comparison.p_value is not None for comparison in result.comparisons)
    several = (
        f"{tested:,} differences were tested: some come out below 0.05 by chance alone;"
        " p (Holm) is adjusted for all of them, shown here or not"
    )
    return [
        *([SIMULATED] if result.simulated else []),
        *([SYNTHETIC] if result.synthetic_labels else []),
        *([_PAPER] if result.compat == "paper" else []),
        *(f"not compared with people: {gap}" for gap in result.gaps),
        *([several] if tested > 1 else []),
        *(f"beside the paper: {note}" for note in result.notes),
    ]


def failures(result: EvalResult) -> list[str]:
    """One line for each figure that fails a condition."""
    return [
        f"--fail-under {check.metric}={check.at_least:g}: {failure}"
        for check in result.checks
        for failure in check.failures
    ]


def show_tables(out: Output, result: EvalResult, chosen: Sequence[str]) -> None:
    """Write the tables as text, the chosen statistics in full."""
    said = remarks(result)
    for line in said:
        out.line(line)
    for i, sheet in enumerate(sheets(result, chosen)):
        if said or i:
            out.line()
        # Plain text wraps where a terminal is narrow; a boxed table would cut figures.
        for line in table_lines(sheet.columns, sheet.rows, title=sheet.title):
            out.line(line)


def markdown(result: EvalResult, chosen: Sequence[str]) -> str:
    """The tables as Markdown."""
    blocks = [f"> {line}" for line in remarks(result)]
    for sheet in sheets(result, chosen):
        lines = [f"### {sheet.title}", "", _md_row(sheet.columns)]
        lines.append("|" + " --- |" * len(sheet.columns))
        lines += [_md_row(row) for row in sheet.rows]
        blocks.append("\n".join(lines))
    return "\n\n".join(blocks)


def comma_separated(result: EvalResult) -> str:
    """Every figure as a line of CSV under a line of names; what is not there is empty.

    Where judges are compared, or published figures asked for, more columns say what of these a
    line is, and such lines follow.
    """
    names = [field.name for field in fields(Measured)]
    lines = [_values(figure, names) for figure in result.figures]
    if result.comparisons or result.published:
        names += _COMPARED
        lines = [line | {"line": "figure"} for line in lines]
        lines += map(_difference_line, result.comparisons)
        lines += map(_published_line, result.published)
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, names, lineterminator="\n")
    writer.writeheader()
    writer.writerows(lines)
    return buffer.getvalue().removesuffix("\n")


def _difference_line(found: Comparison) -> dict[str, Any]:
    """The interval is that of the difference, so it has columns of its own."""
    ends = {"difference_low": found.low, "difference_high": found.high}
    return _values(found, [f.name for f in fields(found) if f.name not in ("low", "high")]) | {
        "line": "difference",
        **ends,
    }


def _published_line(found: PublishedFigure) -> dict[str, Any]:
    keys = {column(d.level, d.key): d.key for d in DIMENSIONS}
    return _values(found, ["judge", "task", "level", "statistic", "value"]) | {
        "line": "published",
        "dimension": keys.get(found.column, AVERAGE),
        "note": "as published, without n or interval; not comparable like with like",
    }


def _values(found: Any, names: Sequence[str]) -> dict[str, Any]:
    values = {name: getattr(found, name) for name in names}
    return {k: str(v).lower() if isinstance(v, bool) else v for k, v in values.items()}


def _md_row(cells: Sequence[Any]) -> str:
    texts = []
    for cell in cells:
        text = "-" if cell is None else f"{cell:.3f}" if isinstance(cell, float) else str(cell)
        texts.append(" ".join(text.split()).replace("|", "\\|"))
    return f"| {' | '.join(texts)} |"
