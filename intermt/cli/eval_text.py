"""The figures of `intermt eval` as tables, for a terminal, as Markdown and as CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from typing import Any

from intermt.cli.opening import SIMULATED, SYNTHETIC
from intermt.cli.output import Output
from intermt.cli.terminal import table_lines
from intermt.commands.evaluate import EvalResult
from intermt.commands.fail_under import STATISTICS
from intermt.commands.measured import Measured, column
from intermt.dimensions import LEVELS
from intermt.records import JudgeTask

_TITLES = {
    "pearson": "Scores: Pearson's r between the judge's and people's scores",
    "exact_agreement": "Scores: share of replies equal to a person's score",
    "accuracy": "Pairs: share of replies that choose what most people chose (chance 0.5)",
    "consistency": "Pairs: share of verdicts that stay the same in the other order",
    "first_slot": "Pairs: share of choices for the candidate shown first (unbiased 0.5)",
    "tie_rate": "Pairs: share of replies that say tie",
    "mean_grade": "Crucial steps: mean grade, 1 to 5",
}


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table to be shown: title, column names, rows of cells."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]


def sheets(result: EvalResult) -> Iterator[Sheet]:
    """Every table: judges by dimensions, then what each figure rests on, then grades."""
    for statistics in STATISTICS.values():
        for statistic in statistics:
            figures = [f for f in result.figures if f.statistic == statistic]
            if figures and statistic != "mean_grade":
                yield _overview(statistic, figures)
    for task in STATISTICS:
        # A dimension nobody was asked or said anything about is a dash in the overview.
        figures = [f for f in result.figures if f.task == task and f.n_asked]
        if figures:
            yield _details(task, figures)
    if result.grades:
        yield Sheet(
            "Crucial steps: replies by grade",
            ("judge", "1", "2", "3", "4", "5", "n"),
            tuple(
                (_name(g), *(g.distribution[i] for i in range(1, 6)), g.n) for g in result.grades
            ),
        )


def remarks(result: EvalResult) -> list[str]:
    """What a reader has to know before and beside the figures."""
    return [
        *([SIMULATED] if result.simulated else []),
        *([SYNTHETIC] if result.synthetic_labels else []),
        *(f"not compared with people: {gap}" for gap in result.gaps),
    ]


def failures(result: EvalResult) -> list[str]:
    """One line for each figure that fails a condition."""
    return [
        f"--fail-under {check.metric}={check.at_least:g}: {failure}"
        for check in result.checks
        for failure in check.failures
    ]


def show_tables(out: Output, result: EvalResult) -> None:
    """Write the tables as text."""
    said = remarks(result)
    for line in said:
        out.line(line)
    for i, sheet in enumerate(sheets(result)):
        if said or i:
            out.line()
        # Plain text wraps where a terminal is narrow; a boxed table would cut figures.
        for line in table_lines(sheet.columns, sheet.rows, title=sheet.title):
            out.line(line)


def markdown(result: EvalResult) -> str:
    """The tables as Markdown."""
    blocks = [f"> {line}" for line in remarks(result)]
    for sheet in sheets(result):
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


# --- inside ------------------------------------------------------------------------------


def _overview(statistic: str, figures: Sequence[Measured]) -> Sheet:
    """Judges down, dimensions across, as the benchmark's tables are published."""
    across = sorted(
        {(LEVELS.index(f.level), _place(f), column(f.level, f.dimension)) for f in figures}
    )
    columns = [name for _, _, name in across]
    rows: dict[str, dict[str, float | None]] = {}
    for figure in figures:
        row = rows.setdefault(_name(figure), {})
        row[column(figure.level, figure.dimension)] = figure.value
    return Sheet(
        _TITLES[statistic],
        ("judge", *columns),
        tuple((name, *(row.get(c) for c in columns)) for name, row in rows.items()),
    )


def _place(figure: Measured) -> str:
    # L1 < L_all < L_avg would put overall first.
    return {"average": "Y", "overall": "Z"}.get(
        figure.dimension, column(figure.level, figure.dimension)
    )


def _details(task: JudgeTask, figures: Sequence[Measured]) -> Sheet:
    percent = f"{100 * figures[0].confidence:g}%"
    rows = tuple(
        (
            _name(figure),
            figure.statistic,
            column(figure.level, figure.dimension),
            figure.dimension,
            figure.value,
            figure.low,
            figure.high,
            figure.n,
            "-" if figure.coverage is None else f"{figure.coverage:.1%}",
            figure.n_clusters,
            figure.undefined or "",
        )
        for figure in figures
    )
    titles = {"score": "Scores", "pair": "Pairs", "crucial-step": "Crucial steps"}
    return Sheet(
        f"{titles[task]}: what each figure rests on",
        (
            "judge",
            "statistic",
            "id",
            "dimension",
            "value",
            f"{percent} from",
            "to",
            "n",
            "coverage",
            "seeds",
            "remark",
        ),
        rows,
    )


def _name(about: Any) -> str:
    marks = ["SIMULATED"] * about.simulated + ["SYNTHETIC labels"] * about.synthetic_labels
    return f"{about.judge} ({', '.join(marks)})" if marks else str(about.judge)


def _md_row(cells: Sequence[Any]) -> str:
    texts = []
    for cell in cells:
        text = "-" if cell is None else f"{cell:.3f}" if isinstance(cell, float) else str(cell)
        texts.append(" ".join(text.split()).replace("|", "\\|"))
    return f"| {' | '.join(texts)} |"
