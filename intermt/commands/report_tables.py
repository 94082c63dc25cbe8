"""The tables of an evaluation's page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from intermt.commands.eval_comparison import Comparison
from intermt.commands.evaluate import PairOutcomes
from intermt.commands.fail_under import BIAS
from intermt.commands.measured import AVERAGE, Measured, column
from intermt.commands.report_plots import (
    Calibration,
    Distribution,
    interval_panels,
    long_name,
    marks_of,
    place,
    short_name,
)
from intermt.commands.report_titles import NONE, TASK_NAMES, title_of
from intermt.dimensions import LEVELS, OVERALL, Level
from intermt.domain.figures import Resampling
from intermt.domain.pair_outcomes import OUTCOMES
from intermt.domain.published import PublishedFigure
from intermt.formats.writing.report_blocks import Block, Cell, Fold, Note, Plots, Table
from intermt.formats.writing.svg_plots import number
from intermt.records import JudgeTask

_PLOTTED = {
    "pearson": ("Correlation with people", "Pearson's r", 0.0, "no correlation"),
    "accuracy": ("Accuracy", "accuracy", 0.5, "chance"),
    "first_slot": (
        "Position bias",
        "share for the first position",
        0.5,
        "no preference for a position",
    ),
}
_HEADLINES = ("pearson", "accuracy", "first_slot", "mean_grade")
_SHORT_TITLES = {
    "pearson": "r",
    "accuracy": "accuracy",
    "first_slot": "first position",
    "mean_grade": "crucial steps, 1 to 5",
}

# --- figures -----------------------------------------------------------------------------


def headline(figures: Sequence[Measured]) -> Iterator[Table]:
    """The averages that the benchmark reports and those on `overall`, one line a judge."""
    by_judge: dict[str, dict[tuple[int, int, str], Measured]] = {f.judge: {} for f in figures}
    for f in figures:
        whole = f.dimension in (AVERAGE, OVERALL) or f.statistic == "mean_grade"
        if whole and f.statistic in _HEADLINES and f.n_asked:
            key = (_HEADLINES.index(f.statistic), LEVELS.index(f.level), f.dimension)
            by_judge[f.judge][key] = f
    keys = sorted({key for own in by_judge.values() for key in own})
    if not keys:
        return
    columns = [("judge", "")]
    for i, k, dimension in keys:
        name = "" if i == _HEADLINES.index("mean_grade") else f", {_short(LEVELS[k], dimension)}"
        columns.append((f"{_SHORT_TITLES[_HEADLINES[i]]}{name}", title_of(_HEADLINES[i])))
    rows = tuple(
        (
            Cell(judge, marks=marks_of([f for f in figures if f.judge == judge])),
            *(figure_cell(own.get(key)) for key in keys),
        )
        for judge, own in by_judge.items()
    )
    confidence = f"{100 * figures[0].confidence:g}%"
    title = (
        f"Averages over the dimensions of a level (avg) and overall (all), {confidence} intervals"
    )
    yield Table(title, tuple(columns), rows)


def _short(level: Level, dimension: str) -> str:
    return column(level, dimension).replace("_", " ")


def dimension_tables(
    figures: Sequence[Measured], task: JudgeTask, statistics: Sequence[str]
) -> Iterator[Table]:
    """Judges by dimensions as the benchmark's tables are published, one a statistic."""
    for statistic in statistics:
        own = [f for f in figures if f.task == task and f.statistic == statistic]
        asked = {f.level for f in own if f.n_asked}
        own = [f for f in own if f.level in asked]
        if not own:
            continue
        across = sorted({(place(f), f.level, f.dimension) for f in own})
        columns = [("judge", "")]
        columns += [(_short(level, key), long_name(key)) for _, level, key in across]
        by_judge: dict[str, dict[tuple[str, str], Measured]] = {}
        for f in own:
            by_judge.setdefault(f.judge, {})[f.level, f.dimension] = f
        rows = tuple(
            (
                Cell(judge, marks=marks_of(found.values())),
                *(figure_cell(found.get((level, key))) for _, level, key in across),
            )
            for judge, found in by_judge.items()
        )
        yield Table(title_of(statistic), tuple(columns), rows)


def interval_plot(figures: Sequence[Measured], statistic: str) -> Iterator[Plots]:
    """A statistic with its intervals, drawn."""
    own = [f for f in figures if f.statistic == statistic and f.n_asked]
    if own:
        title, axis, reference, dashed = _PLOTTED[statistic]
        confidence = f"{100 * own[0].confidence:g}%"
        yield Plots(
            f"{title} by dimension",
            f"The dashed line is {dashed}. Bars are {confidence} intervals, n counts items.",
            interval_panels(own, axis, reference),
            marks_of(own),
        )


def more_statistics(
    figures: Sequence[Measured], task: JudgeTask, shown: Sequence[str]
) -> Iterator[Fold]:
    """The tables of a task's other statistics, behind a line; bias and grades left out."""
    others = [
        name
        for name in dict.fromkeys(f.statistic for f in figures if f.task == task)
        if name not in shown and name not in BIAS and not name.startswith("grade_")
    ]
    tables = tuple(dimension_tables(figures, task, others))
    if tables:
        names = ", ".join(name.replace("_", " ") for name in others)
        yield Fold(f"More statistics: {names}", tables)


def mean_grades(figures: Sequence[Measured]) -> Iterator[Table]:
    """The mean grade of each judge."""
    own = [f for f in figures if f.statistic == "mean_grade"]
    if own:
        rows = tuple((Cell(f.judge, marks=marks_of([f])), figure_cell(f)) for f in own)
        yield Table(title_of("mean_grade"), (("judge", ""), ("mean grade", "1 to 5")), rows)


def figure_cell(figure: Measured | None) -> Cell:
    """A figure with its interval and n."""
    if figure is None:
        return Cell(NONE, title="not measured")
    if figure.value is None:
        return Cell(NONE, (f"n {figure.n:,}",), f"no figure: {figure.undefined}")
    under = [] if _interval(figure) is None else [f"[{_interval(figure)}]"]
    # An average over some of the dimensions must not pass for one over all.
    under += [figure.undefined] if figure.dimension == AVERAGE and figure.undefined else []
    return Cell(number(figure.value), (*under, f"n {figure.n:,}"), _told(figure))


def every_figure(figures: Sequence[Measured]) -> Iterator[Block]:
    """What each figure rests on, one line a figure, a fold for each task."""
    for task, name in TASK_NAMES.items():
        own = [f for f in figures if f.task == task and f.n_asked]
        if not own:
            continue
        confidence = f"{100 * own[0].confidence:g}%"
        names = ["judge", "statistic", "level", "dimension", "value", f"{confidence} interval"]
        names += ["n", "coverage", "seed trees", "remark"]
        rows = tuple(
            (
                Cell(f.judge, marks=marks_of([f])),
                Cell(f.statistic.replace("_", " ")),
                Cell(f.level),
                Cell(f"{_short(f.level, f.dimension)} {long_name(f.dimension)}"),
                Cell(NONE if f.value is None else number(f.value)),
                Cell(_interval(f) or NONE),
                Cell(f"{f.n:,}"),
                Cell(NONE if f.coverage is None else f"{f.coverage:.1%}"),
                Cell(f"{f.n_clusters:,}"),
                Cell(_remark(f)),
            )
            for f in own
        )
        table = Table(f"Figures of {name}", tuple((n, "") for n in names), rows, wide=False)
        yield Fold(f"{name.capitalize()}: {len(own):,} figures", (table,))


def _interval(figure: Measured) -> str | None:
    return _ends(figure.low, figure.high)


def _ends(low: float | None, high: float | None) -> str | None:
    return None if low is None or high is None else f"{_two(low)}, {_two(high)}"


def _two(value: float) -> str:
    text = f"{value:.2f}"
    return text.replace("-", "\N{MINUS SIGN}") if float(text) else text.lstrip("-")


def _told(figure: Measured) -> str:
    said = [number(figure.value or 0.0)]
    if figure.low is not None and figure.high is not None:
        ends = f"{number(figure.low)} to {number(figure.high)}"
        said.append(f"{100 * figure.confidence:g}% interval {ends}")
    said.append(f"n {figure.n:,} items of {figure.n_clusters:,} seed trees")
    if figure.coverage is not None:
        said.append(f"coverage {figure.coverage:.1%} of {figure.n_asked:,} replies")
    return ", ".join([*said, *([_remark(figure)] if _remark(figure) else [])])


def _remark(figure: Measured) -> str:
    return "; ".join(filter(None, (figure.undefined, figure.note)))


# --- judges beside each other, and beside the paper --------------------------------------


def comparisons(found: Sequence[Comparison]) -> Iterator[Block]:
    """Differences between judges: averages and overall, then all of them behind a line."""
    if not found:
        return
    first = [c for c in found if c.dimension in (AVERAGE, OVERALL) or c.task == "crucial-step"]
    title = "Differences between judges on the items that both judged"
    if first:
        yield _compared(title, first)
    yield Fold("Differences on every dimension", (_compared(f"{title}, by dimension", found),))


def _compared(title: str, found: Sequence[Comparison]) -> Table:
    names = ["judge", "less", "statistic", "on", "judge's", "other's", "difference", "interval"]
    names += ["n", "p", "p (Holm)", "p (McNemar)", "remark"]
    rows = tuple(
        (
            Cell(c.judge, marks=marks_of([c])),
            Cell(c.other),
            Cell(c.statistic.replace("_", " ")),
            Cell(_short(c.level, c.dimension), title=long_name(c.dimension)),
            *(Cell(NONE if v is None else number(v)) for v in (c.value, c.other_value)),
            Cell(NONE if c.difference is None else number(c.difference)),
            Cell(_ends(c.low, c.high) or NONE),
            Cell(f"{c.n:,}"),
            *(Cell(NONE if p is None else f"{p:.3g}") for p in (c.p_value, c.p_holm)),
            Cell(NONE if c.p_mcnemar is None else f"{c.p_mcnemar:.3g}"),
            Cell(c.undefined or ""),
        )
        for c in found
    )
    return Table(title, tuple((name, "") for name in names), rows, wide=False)


def published(figures: Sequence[PublishedFigure], notes: Sequence[str]) -> Iterator[Block]:
    """The paper's figures, and why they are not to be compared like with like."""
    if not figures:
        return
    for statistic in dict.fromkeys(figure.statistic for figure in figures):
        own = [figure for figure in figures if figure.statistic == statistic]
        across = list(dict.fromkeys(figure.column for figure in own))
        by_judge: dict[str, dict[str, float]] = {}
        for figure in own:
            by_judge.setdefault(figure.judge, {})[figure.column] = figure.value
        columns = (("published judge", ""), *((name.replace("_", " "), "") for name in across))
        rows = tuple(
            (
                Cell(judge),
                *(Cell(number(v[name], short=True) if name in v else NONE) for name in across),
            )
            for judge, v in by_judge.items()
        )
        yield Table(f"As published: {title_of(statistic)}", columns, rows)
    yield Note("Why these are not like the figures above:", tuple(notes))


def outcomes(found: Sequence[PairOutcomes]) -> Iterator[Fold]:
    """How many pairs ended how, over both orders."""
    rows = tuple(
        (
            Cell(one.judge, marks=marks_of([one])),
            Cell(short_name(one.level, one.dimension)),
            *(Cell(f"{one.counts.get(key, 0):,}") for key in OUTCOMES),
            Cell(f"{one.n:,}"),
        )
        for one in found
        if one.n
    )
    if rows:
        names = ("judge", "dimension", "A", "B", *OUTCOMES[2:], "n")
        title = "How pairs ended over both orders"
        yield Fold(title, (Table(title, tuple((n, "") for n in names), rows, wide=False),))


# --- the numbers behind plots ------------------------------------------------------------


def counted(distributions: Sequence[Distribution]) -> Fold:
    """The counts behind stacked bars."""
    categories = dict.fromkeys(c for found in distributions for c in found.categories)
    rows = []
    for found in distributions:
        for bar in found.bars:
            counts = dict(zip(found.categories, bar.counts, strict=True))
            cells = (Cell(f"{counts[c]:,}" if c in counts else NONE) for c in categories)
            rows.append((Cell(bar.label), Cell(found.what), *cells, Cell(f"{sum(bar.counts):,}")))
    columns = ("who", "dimension", *categories, "n")
    title = "The counts behind the bars"
    table = Table(title, tuple((name, "") for name in columns), tuple(rows), wide=False)
    return Fold(title, (table,))


def bins(
    title: str, names: tuple[str, str], calibrations: Sequence[Calibration], how: Resampling
) -> Fold:
    """The numbers behind points with intervals; `names` are those of x and y."""
    rows = tuple(
        (
            Cell(calibration.judge),
            Cell(calibration.what),
            Cell(number(found.x)),
            Cell(number(found.y)),
            Cell(_ends(found.low, found.high) or NONE),
            Cell(f"{found.n:,}"),
            Cell(f"{found.n_clusters:,}"),
        )
        for calibration in calibrations
        for found in calibration.bins
    )
    interval = f"{100 * how.confidence:g}% interval"
    columns = ("judge", "what", *names, interval, "n", "seed trees")
    caption = f"{title}: the numbers behind the points"
    table = Table(caption, tuple((name, "") for name in columns), rows, wide=False)
    return Fold(caption, (table,))
