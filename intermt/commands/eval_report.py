"""The page of an evaluation: every figure, plots, and where judge and people differ most."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, BinaryIO

from intermt import __version__
from intermt.commands import evaluate, report_notes, report_plots, report_tables
from intermt.commands.eval_config import TASKS, EvalConfig
from intermt.commands.evaluate import EvalResult
from intermt.commands.fail_under import BIAS
from intermt.commands.report_cases import Cases
from intermt.commands.report_plots import Calibration, by_dimension, marks_of, pooled
from intermt.commands.report_reading import Seen, read
from intermt.commands.whole_file import whole_file
from intermt.dimensions import LEVELS, Level
from intermt.domain.figures import Resampling
from intermt.formats.writing.report_blocks import Block, Fold, Note, Plots, Section
from intermt.formats.writing.report_page import page
from intermt.records import Progress
from intermt.store.connect import Store

TITLE = "Judges beside people"


@dataclass(frozen=True, slots=True)
class Report:
    """What was written.

    Attributes:
        file: Where.
        n_bytes: How long it is.
        n_cases: Disagreements that it shows.
        n_pictures: Pictures in them, each time one stands there.
        n_missing_pictures: Pictures in them that are named, but not there.
    """

    file: str
    n_bytes: int
    n_cases: int
    n_pictures: int
    n_missing_pictures: int


def run(
    store: Store,
    config: EvalConfig,
    file: Path,
    options: Mapping[str, Any],
    progress: Progress,
) -> tuple[EvalResult, Report]:
    """What `evaluate.run` gives, and its page, which appears whole or not at all.

    Figures and page are of the same moment. Equal stores, options and versions give equal
    bytes.

    Args:
        store: Where verdicts and labels are.
        config: What to evaluate and how.
        file: Where the page goes.
        options: What was asked for, for the section on how it was made.
        progress: Where to report.

    Raises:
        CannotCreate: The file cannot be made; said before anything is read.
        StoreIOError: The disk is full, or the store is damaged.
        TryLater: The store stayed busy.
        IntermtError: As `evaluate.run`.
    """
    seen: list[Seen] = []
    with whole_file(file) as sink:
        result = evaluate.run(
            store, config, progress, lambda db, names: seen.append(read(db, store, config, names))
        )
        return result, _written(seen[0], result, file, sink, options, progress)


def sections(
    store: Store, config: EvalConfig, options: Mapping[str, Any], progress: Progress
) -> tuple[EvalResult, list[Section]]:
    """What `evaluate.run` gives, and the sections of its page, for a page with more on it.

    Raises:
        IntermtError: As `evaluate.run`.
    """
    seen: list[Seen] = []
    result = evaluate.run(
        store, config, progress, lambda db, names: seen.append(read(db, store, config, names))
    )
    return result, _sections(seen[0], _named(result, seen[0].labels), options)


def _written(
    seen: Seen,
    result: EvalResult,
    file: Path,
    sink: BinaryIO,
    options: Mapping[str, Any],
    progress: Progress,
) -> Report:
    progress.start("writing the page", None, "parts")
    sections = _sections(seen, _named(result, seen.labels), options)
    progress.advance()
    banners = report_notes.banners(simulated=result.simulated, synthetic=result.synthetic_labels)
    n_bytes = 0
    for piece in page(TITLE, _lead(seen), banners, sections, __version__):
        sink.write(piece)
        n_bytes += len(piece)
        progress.advance()
    progress.stop()
    cases = seen.cases
    return Report(str(file), n_bytes, len(seen.worst), cases.n_pictures, cases.n_missing)


def _named(result: EvalResult, labels: Mapping[str, str]) -> EvalResult:
    """The result with judges called as everywhere on the page."""

    def name(judge: str) -> str:
        return labels.get(judge, judge)

    return replace(
        result,
        figures=tuple(replace(f, judge=name(f.judge)) for f in result.figures),
        grades=tuple(replace(g, judge=name(g.judge)) for g in result.grades),
        outcomes=tuple(replace(o, judge=name(o.judge)) for o in result.outcomes),
        comparisons=tuple(
            replace(c, judge=name(c.judge), other=name(c.other)) for c in result.comparisons
        ),
    )


# --- what stands where -------------------------------------------------------------------


def _lead(seen: Seen) -> str:
    n = len(seen.judges)
    who = f"{n} judges" if n > 1 else f"the judge {seen.judges[0].name}" if n else "no judge"
    asked = sum(counted.n_asked for counted in seen.counts)
    return (
        f"How far {who} and people agree, measured on {asked:,} verdicts. Each figure stands with"
        " the number of items it rests on and, where it is an estimate, with an interval."
    )


def _sections(seen: Seen, result: EvalResult, options: Mapping[str, Any]) -> list[Section]:
    how = seen.config.resampling
    found = [
        Section("summary", "At a glance", tuple(_summary(result, seen))),
        Section("scores", "Scores", tuple(_scores(how, result, seen))),
        Section("pairs", "Pairs", tuple(_pairs(how, result, seen))),
        Section("bias", "Bias", tuple(_bias(result))),
        Section("crucial-steps", "Crucial steps", tuple(_crucial_steps(result))),
        Section(
            "comparisons",
            "Judges beside each other",
            (
                *report_tables.comparisons(result.comparisons),
                *report_tables.published(result.published, result.notes),
            ),
        ),
        Section("disagreements", "Worst disagreements", tuple(_disagreements(seen.cases))),
        Section("gaps", "Gaps and notes", tuple(report_notes.gaps(result))),
        Section("figures", "Every figure", tuple(report_tables.every_figure(result.figures))),
        Section(
            "method",
            "How this was made",
            tuple(report_notes.method(seen.config, seen.fingerprint, options)),
        ),
    ]
    return [section for section in found if section.blocks]


def _summary(result: EvalResult, seen: Seen) -> Iterator[Block]:
    yield from report_tables.headline(result.figures)
    yield report_notes.judges(seen.judges, seen.labels, seen.counts)
    if result.checks:
        yield report_notes.conditions(result.checks)


def _scores(how: Resampling, result: EvalResult, seen: Seen) -> Iterator[Block]:
    yield from report_tables.dimension_tables(result.figures, "score", ("pearson",))
    yield from report_tables.interval_plot(result.figures, "pearson")
    yield from report_tables.dimension_tables(result.figures, "score", ("exact_agreement",))
    for level in LEVELS:
        by_judge = {j: i for j, i in seen.scores.get(level, {}).items() if i}
        found = list(report_plots.distributions(by_judge, level))
        if found:
            items = [item for own in by_judge.values() for item in own]
            yield Plots(
                f"How often each score was given to {_OF_LEVEL[level]}",
                "By people, and by judges to the same items; from the lowest score on the left to"
                " the highest, darkest one on the right. n counts scores.",
                tuple(distribution.panel for distribution in found),
                marks_of(items),
            )
            yield report_tables.counted(found)
            shown = {bar.label for distribution in found for bar in distribution.bars}
            if others := [judge for judge in by_judge if judge not in shown]:
                yield Note("Not shown, as not all their scores are whole numbers:", tuple(others))
    yield from _calibration(
        how,
        {level: {j: i for j, i in own.items() if i} for level, own in seen.scores.items()},
        report_plots.score_calibration,
        "Calibration of scores",
        "The mean score of people over the score of the judge, all dimensions of the level"
        " together. On the dashed line both are equal; below it the judge is too generous. n counts"
        " items and dimensions.",
        ("judge's score", "people's mean score"),
    )
    yield from report_tables.more_statistics(
        result.figures, "score", ("pearson", "exact_agreement")
    )


def _pairs(how: Resampling, result: EvalResult, seen: Seen) -> Iterator[Block]:
    yield from report_tables.dimension_tables(result.figures, "pair", ("accuracy",))
    yield from report_tables.interval_plot(result.figures, "accuracy")
    yield from _calibration(
        how,
        {level: {j: i for j, i in own.items() if i} for level, own in seen.pairs.items()},
        report_plots.pair_calibration,
        "Accuracy over human agreement",
        "How often the judge chooses the winner where so many of the people do, all dimensions of"
        " the level together. The dashed line is chance. n counts pairs and dimensions.",
        ("people who chose the winner", "judge's accuracy"),
    )
    yield from report_tables.outcomes(result.outcomes)
    shown = ("accuracy", "first_slot", "consistency")
    yield from report_tables.more_statistics(result.figures, "pair", shown)


def _bias(result: EvalResult) -> Iterator[Block]:
    yield from report_tables.dimension_tables(result.figures, "pair", ("first_slot",))
    yield from report_tables.interval_plot(result.figures, "first_slot")
    yield from report_tables.dimension_tables(result.figures, "pair", ("consistency",))
    for task in TASKS:
        yield from report_tables.dimension_tables(result.figures, task, BIAS)


def _calibration(
    how: Resampling,
    by_level: Mapping[Level, Mapping[str, Sequence[Any]]],
    draw: Callable[..., Calibration],
    title: str,
    caption: str,
    names: tuple[str, str],
) -> Iterator[Block]:
    """Panels for each judge and level; those of single dimensions behind a line."""
    together: list[Calibration] = []
    apart: list[Calibration] = []
    every: list[Any] = []
    for level, by_judge in by_level.items():
        for judge, items in by_judge.items():
            every += items
            together.append(draw(judge, level, None, pooled(items), how))
            for key, own in by_dimension(items, level).items():
                apart.append(draw(judge, level, key, own, how))
    if together:
        marks = marks_of(every)
        caption = f"{caption} Bars are {100 * how.confidence:g}% intervals."
        yield Plots(title, caption, tuple(one.panel for one in together), marks)
        panels = tuple(one.panel for one in apart)
        single = Plots(f"{title}, by dimension", caption, panels, marks)
        yield Fold(f"{title} on each dimension", (single,))
        yield report_tables.bins(title, names, [*together, *apart], how)


def _crucial_steps(result: EvalResult) -> Iterator[Block]:
    yield from report_tables.mean_grades(result.figures)
    if result.grades:
        found = report_plots.grade_distribution(result.grades)
        yield Plots(
            "How often each grade was given",
            "To the judge's description of the crucial steps; 5 is best. n counts descriptions.",
            (found.panel,),
            marks_of(result.grades),
        )
        yield report_tables.counted([found])
    yield from report_tables.more_statistics(result.figures, "crucial-step", ("mean_grade",))


def _disagreements(cases: Cases) -> Iterator[Block]:
    shown = cases.all()
    if not shown:
        yield Note("None: wherever both people and a judge said something, they say the same.")
        return
    yield Note(
        f"The {len(shown)} items on which a judge is farthest from people, the worst of each task"
        " and judge first. Scores count by the mean distance over dimensions, in parts of the"
        " scale; pairs by how sure people are of the winner and how often the judge did not choose"
        " it; crucial steps by the grade. Pictures are scaled down. Annotators are not named."
    )
    yield from shown


_OF_LEVEL: dict[Level, str] = {"local": "single answers", "global": "whole conversations"}
