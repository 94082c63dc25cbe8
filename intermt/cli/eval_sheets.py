"""Which tables `intermt eval` shows of its figures, and in what words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from intermt.commands.eval_comparison import Comparison
from intermt.commands.evaluate import EvalResult
from intermt.commands.fail_under import BIAS, STATISTICS
from intermt.commands.measured import AVERAGE, Measured, column
from intermt.commands.report_titles import TASK_NAMES, title_of
from intermt.dimensions import LEVELS, OVERALL
from intermt.domain.pair_outcomes import OUTCOMES
from intermt.domain.published import PublishedFigure
from intermt.records import JudgeTask

HEADLINES = ("pearson", "accuracy", "mean_grade")
"""The published statistics, shown for every dimension where none is asked for."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table to be shown: title, column names, rows of cells."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]


def sheets(result: EvalResult, chosen: Sequence[str] = ()) -> Iterator[Sheet]:
    """The tables, the published ones first.

    Judges by dimensions for the `chosen` statistics (the published ones if none is), what
    those figures rest on, then averages and `overall` of all other statistics, outcomes,
    grades and comparisons.
    """
    in_full = tuple(chosen) or HEADLINES
    for task, statistics in STATISTICS.items():
        for statistic in statistics:
            of_it = [f for f in result.figures if (f.task, f.statistic) == (task, statistic)]
            published = [f for f in result.published if (f.task, f.statistic) == (task, statistic)]
            if of_it and statistic in in_full and (task != "crucial-step" or published):
                yield _overview(task, statistic, of_it, published)
    for task in STATISTICS:
        # A dimension nobody was asked or said anything about is a dash in the overview.
        there = [f for f in result.figures if f.task == task and f.n_asked]
        shown = [f for f in there if f.statistic in in_full or task == "crucial-step"]
        if shown:
            yield _details(f"{TASK_NAMES[task].capitalize()}: what each figure rests on", shown)
    for task in STATISTICS:
        of_it = [f for f in result.figures if f.task == task and f.statistic not in in_full]
        if task != "crucial-step":
            yield from _others(TASK_NAMES[task].capitalize(), of_it)
    yield from _outcomes(result)
    yield from _grades(result)
    yield from _comparisons(result.comparisons, in_full)


def name(about: Any) -> str:
    """A judge's name with the marks it must not be shown without."""
    marks = ["SIMULATED"] * about.simulated
    marks += ["SYNTHETIC labels"] * getattr(about, "synthetic_labels", False)
    return f"{about.judge} ({', '.join(marks)})" if marks else str(about.judge)


# --- inside ------------------------------------------------------------------------------


def _overview(
    task: JudgeTask,
    statistic: str,
    figures: Sequence[Measured],
    published: Sequence[PublishedFigure],
) -> Sheet:
    """Judges down, dimensions across, as the benchmark's tables are published."""
    across = sorted(
        {(LEVELS.index(f.level), _place(f.level, f.dimension), _id(f)) for f in figures}
    )
    columns = [name for _, _, name in across]
    rows: dict[str, dict[str, float | None]] = {}
    for figure in figures:
        rows.setdefault(name(figure), {})[_id(figure)] = figure.value
    for printed in published:
        rows.setdefault(f"{printed.judge} (published)", {})[printed.column] = printed.value
    return Sheet(
        title_of(statistic, task),
        ("judge", *columns),
        tuple((judge, *(row.get(c) for c in columns)) for judge, row in rows.items()),
    )


def _id(figure: Measured | Comparison) -> str:
    return column(figure.level, figure.dimension)


def _place(level: Any, dimension: str) -> str:
    # L1 < L_all < L_avg would put overall first.
    return {AVERAGE: "Y", OVERALL: "Z"}.get(dimension, column(level, dimension))


def _details(title: str, figures: Sequence[Measured]) -> Sheet:
    percent = f"{100 * figures[0].confidence:g}%"
    rows = tuple(
        (
            name(figure),
            figure.statistic,
            _id(figure),
            figure.dimension,
            figure.value,
            figure.low,
            figure.high,
            figure.n,
            "-" if figure.coverage is None else f"{figure.coverage:.1%}",
            figure.n_clusters,
            "; ".join(filter(None, (figure.undefined, figure.note))),
        )
        for figure in figures
    )
    columns = ("judge", "statistic", "id", "dimension", "value", f"{percent} from", "to", "n")
    return Sheet(title, (*columns, "coverage", "seeds", "remark"), rows)


def _others(task: str, figures: Sequence[Measured]) -> Iterator[Sheet]:
    """Averages, and what has none, of the statistics that are not shown in full."""
    brief = [f for f in figures if f.dimension in (AVERAGE, OVERALL)]
    usual = [f for f in brief if f.statistic not in BIAS and f.n_asked]
    bias = [f for f in brief if f.statistic in BIAS]
    if usual:
        yield _details(f"{task}: other statistics (each dimension: --statistic NAME)", usual)
    if bias:
        yield _details(f"{task}: bias (each dimension: --statistic NAME)", bias)


def _outcomes(result: EvalResult) -> Iterator[Sheet]:
    in_order = sorted(
        result.outcomes,
        key=lambda row: (row.judge, LEVELS.index(row.level), _place(row.level, row.dimension)),
    )
    if in_order:
        yield Sheet(
            "Pairs: outcomes over the orders asked (pairs, and their share)",
            ("judge", "id", *OUTCOMES, "n"),
            tuple(
                (
                    name(row),
                    column(row.level, row.dimension),
                    *(f"{row.counts[o]:,} ({row.counts[o] / row.n:.0%})" for o in OUTCOMES),
                    row.n,
                )
                for row in in_order
            ),
        )


def _grades(result: EvalResult) -> Iterator[Sheet]:
    if result.grades:
        yield Sheet(
            "Crucial steps: replies by grade",
            ("judge", "1", "2", "3", "4", "5", "n"),
            tuple((name(g), *(g.distribution[i] for i in range(1, 6)), g.n) for g in result.grades),
        )


def _comparisons(found: Iterable[Comparison], in_full: Sequence[str]) -> Iterator[Sheet]:
    shown = [
        c
        for c in found
        if c.statistic in in_full or c.dimension in (AVERAGE, OVERALL) or c.task == "crucial-step"
    ]
    if not shown:
        return
    percent = f"{100 * shown[0].confidence:g}%"
    yield Sheet(
        "Differences between judges, on the items that both judged",
        (
            "judge",
            "less",
            "task",
            "statistic",
            "id",
            "difference",
            f"{percent} from",
            "to",
            "n",
            "seeds",
            "p",
            "p (Holm)",
            "p (McNemar)",
            "remark",
        ),
        tuple(
            (
                name(c),
                c.other,
                c.task,
                c.statistic,
                _id(c),
                c.difference,
                c.low,
                c.high,
                c.n,
                c.n_clusters,
                _p(c.p_value),
                _p(c.p_holm),
                _p(c.p_mcnemar),
                c.undefined or "",
            )
            for c in shown
        ),
    )


def _p(value: float | None) -> str:
    return "-" if value is None else "<0.0001" if value < 0.0001 else f"{value:.4f}"
