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
from intermt.commands.evaluate import EvalResult
from intermt.commands.measured import Measured

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
    """Every figure as a line of CSV under a line of names; what is not there is empty."""
    names = [field.name for field in fields(Measured)]
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(names)
    for figure in result.figures:
        values = [getattr(figure, name) for name in names]
        writer.writerow([str(v).lower() if isinstance(v, bool) else v for v in values])
    return buffer.getvalue().removesuffix("\n")


def _md_row(cells: Sequence[Any]) -> str:
    texts = []
    for cell in cells:
        text = "-" if cell is None else f"{cell:.3f}" if isinstance(cell, float) else str(cell)
        texts.append(" ".join(text.split()).replace("|", "\\|"))
    return f"| {' | '.join(texts)} |"
