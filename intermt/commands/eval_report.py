"""The page of an evaluation: every figure, plots, and where judge and people differ most."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from intermt import __version__
from intermt.commands import report_notes, report_plots, report_tables, report_worst
from intermt.commands.evaluate import TASKS, EvalConfig, EvalResult
from intermt.commands.fail_under import BIAS
from intermt.commands.report_cases import Cases
from intermt.commands.report_plots import (
    Calibration,
    PairItem,
    ScoredItem,
    by_dimension,
    marks_of,
    pooled,
)
from intermt.commands.report_worst import Disagreement
from intermt.commands.whole_file import whole_file
from intermt.dimensions import LEVELS, Level
from intermt.domain.pair_outcomes import PairReply, PairRow
from intermt.formats.writing.eval_page import Block, Fold, Note, Plots, Section, page
from intermt.formats.writing.svg_plots import LABEL_ROOM, shortened
from intermt.records import Choice, JudgeTask, Progress
from intermt.store import report
from intermt.store import verdicts as stored
from intermt.store.connect import Store
from intermt.store.report import Counted
from intermt.store.verdicts import Compared, JudgeSummary, Scored

TITLE = "Judges beside people"
_NAME_ROOM = 480
_SIMULATED = "SIMULATED: a stand-in server answered; nothing here says anything about a real model."
_SYNTHETIC = "SYNTHETIC: invented labels are among these; they are nobody's judgement."


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


@dataclass(slots=True)
class _Material:
    """What judges and people said, beside the figures."""

    judges: list[JudgeSummary]
    counts: list[Counted]
    fingerprint: str
    labels: dict[str, str]
    scores: dict[Level, dict[str, list[ScoredItem]]] = field(default_factory=dict)
    pairs: dict[Level, dict[str, list[PairItem]]] = field(default_factory=dict)
    found: list[Disagreement] = field(default_factory=list)
    votes: dict[tuple[str, str, str], tuple[Choice, ...]] = field(default_factory=dict)

    @property
    def by_id(self) -> dict[str, str]:
        """What judges are called on the page, by rater id."""
        return {judge.judge_id: self.labels[judge.name] for judge in self.judges}


def write(
    store: Store,
    config: EvalConfig,
    result: EvalResult,
    file: Path,
    options: Mapping[str, Any],
    progress: Progress,
) -> Report:
    """Write the page of an evaluation; it appears whole or not at all.

    Equal stores, options and versions give equal bytes.

    Args:
        store: Where verdicts and labels are.
        config: What was evaluated.
        result: What came out.
        file: Where the page goes.
        options: What was asked for, for the section on how it was made.
        progress: Where to report.

    Raises:
        CannotCreate: The file cannot be made.
        StoreIOError: The disk is full, or the store is damaged.
        TryLater: The store stayed busy.
    """
    with whole_file(file) as sink:
        progress.start("writing the page", None, "parts")
        material = _read(store, config, result)
        result = _named(result, material.labels)
        progress.advance()
        chosen = report_worst.worst(material.found)
        cases = Cases(store, chosen, material.by_id, material.votes)
        sections = _sections(config, result, material, cases, options)
        progress.advance()
        banners = [_SIMULATED] * result.simulated + [_SYNTHETIC] * result.synthetic_labels
        n_bytes = 0
        for piece in page(TITLE, _lead(material), banners, sections, __version__):
            sink.write(piece)
            n_bytes += len(piece)
            progress.advance()
        progress.stop()
    return Report(str(file), n_bytes, len(chosen), cases.n_pictures, cases.n_missing)


# --- reading -----------------------------------------------------------------------------


def _read(store: Store, config: EvalConfig, result: EvalResult) -> _Material:
    wanted = {figure.judge for figure in result.figures} | set(config.judges)
    with store.reading() as db:
        judges = [judge for judge in stored.judges(db) if judge.name in wanted]
        ids = {judge.judge_id for judge in judges}
        asked = (c for c in report.counts(db) if _takes(c.task, c.level, config))
        counts = [counted for counted in asked if counted.judge_id in ids]
        labels = _labels([judge.name for judge in judges])
        material = _Material(judges, counts, report.fingerprint(db), labels)
        for judge in judges:
            called = labels[judge.name]
            for level in LEVELS:
                if ("score", level) in judge.tasks and _takes("score", level, config):
                    scored = stored.scored(db, judge.judge_id, level, config.dataset)
                    items = list(_scored_items(scored))
                    material.scores.setdefault(level, {}).setdefault(called, []).extend(items)
                    material.found += report_worst.of_scores(called, items)
                if ("pair", level) in judge.tasks and _takes("pair", level, config):
                    pairs = list(stored.compared(db, judge.judge_id, level, config.dataset))
                    human, synthetic = stored.pair_choices(db, judge.judge_id, level)
                    material.votes.update(human)
                    compared = list(_pair_items(pairs, human, synthetic=synthetic))
                    material.pairs.setdefault(level, {}).setdefault(called, []).extend(compared)
                    material.found += report_worst.of_pairs(called, compared, level)
            if _takes("crucial-step", "global", config):
                graded = stored.graded(db, judge.judge_id, config.dataset)
                material.found += report_worst.of_grades(called, graded)
    return material


def _labels(names: Sequence[str]) -> dict[str, str]:
    """Names as they are, or numbered and shortened where plots have no room for all of each."""
    cut = any(shortened(name, LABEL_ROOM) != name for name in names)
    if len(names) < 2 or not cut:
        return {name: name for name in names}
    return {name: f"{i} · {shortened(name, _NAME_ROOM)}" for i, name in enumerate(names, 1)}


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


def _takes(task: JudgeTask, level: Level, config: EvalConfig) -> bool:
    return task in config.tasks and level in config.levels


def _scored_items(items: Iterable[Scored]) -> Iterator[ScoredItem]:
    for item in items:
        stated = tuple(value for value in item.replies if value is not None)
        both = zip(item.replies, item.estimates, strict=True)
        numbers = [value if estimate is None else estimate for value, estimate in both]
        known = tuple(float(number) for number in numbers if number is not None)
        if known and item.human:
            yield ScoredItem(
                item.item_id,
                item.dimension,
                item.seed_id,
                stated,
                known,
                item.human,
                item.simulated,
                item.synthetic,
            )


def _pair_items(
    pairs: Sequence[Compared],
    human: Mapping[tuple[str, str, str], tuple[Choice, ...]],
    *,
    synthetic: bool,
) -> Iterator[PairItem]:
    for pair in pairs:
        votes = human.get((pair.a_id, pair.b_id, pair.dimension), ())
        replies = tuple(PairReply(*reply) for reply in pair.replies)
        row = PairRow(pair.dimension, pair.seed_id, replies, votes)
        winner, n_a, n_b = row.winner, votes.count("a"), votes.count("b")
        stated = [said for said in row.verdicts.values() if said is not None]
        if winner is None or not stated:
            continue
        credit = sum(0.5 if said == "tie" else float(said == winner) for said in stated)
        yield PairItem(
            pair.dimension,
            pair.a_id,
            pair.b_id,
            pair.seed_id,
            max(n_a, n_b) / len(votes),
            credit / len(stated),
            abs(n_a - n_b) / len(votes),
            pair.simulated,
            synthetic,
        )


# --- what stands where -------------------------------------------------------------------


def _lead(material: _Material) -> str:
    n = len(material.judges)
    who = f"{n} judges" if n > 1 else f"the judge {material.judges[0].name}" if n else "no judge"
    asked = sum(counted.n_asked for counted in material.counts)
    return (
        f"How far {who} and people agree, measured on {asked:,} verdicts. Each figure stands with"
        " the number of items it rests on and, where it is an estimate, with an interval."
    )


def _sections(
    config: EvalConfig,
    result: EvalResult,
    material: _Material,
    cases: Cases,
    options: Mapping[str, Any],
) -> list[Section]:
    found = [
        Section("summary", "At a glance", tuple(_summary(result, material))),
        Section("scores", "Scores", tuple(_scores(config, result, material))),
        Section("pairs", "Pairs", tuple(_pairs(config, result, material))),
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
        Section("disagreements", "Worst disagreements", tuple(_disagreements(cases))),
        Section("gaps", "Gaps and notes", tuple(report_notes.gaps(result))),
        Section("figures", "Every figure", tuple(report_tables.every_figure(result.figures))),
        Section(
            "method",
            "How this was made",
            tuple(report_notes.method(config, material.fingerprint, options)),
        ),
    ]
    return [section for section in found if section.blocks]


def _summary(result: EvalResult, material: _Material) -> Iterator[Block]:
    yield from report_tables.headline(result.figures)
    yield report_notes.judges(material.judges, material.labels, material.counts)
    if result.checks:
        yield report_notes.conditions(result.checks)


def _scores(config: EvalConfig, result: EvalResult, material: _Material) -> Iterator[Block]:
    yield from report_tables.dimension_tables(result.figures, "score", ("pearson",))
    yield from report_tables.interval_plot(result.figures, "pearson")
    yield from report_tables.dimension_tables(result.figures, "score", ("exact_agreement",))
    for level in LEVELS:
        by_judge = {j: i for j, i in material.scores.get(level, {}).items() if i}
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
        config,
        {level: {j: i for j, i in own.items() if i} for level, own in material.scores.items()},
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


def _pairs(config: EvalConfig, result: EvalResult, material: _Material) -> Iterator[Block]:
    yield from report_tables.dimension_tables(result.figures, "pair", ("accuracy",))
    yield from report_tables.interval_plot(result.figures, "accuracy")
    yield from _calibration(
        config,
        {level: {j: i for j, i in own.items() if i} for level, own in material.pairs.items()},
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
    config: EvalConfig,
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
            together.append(draw(judge, level, None, pooled(items), config.resampling))
            for key, own in by_dimension(items, level).items():
                apart.append(draw(judge, level, key, own, config.resampling))
    if together:
        marks = marks_of(every)
        caption = f"{caption} Bars are {100 * config.resampling.confidence:g}% intervals."
        yield Plots(title, caption, tuple(one.panel for one in together), marks)
        panels = tuple(one.panel for one in apart)
        single = Plots(f"{title}, by dimension", caption, panels, marks)
        yield Fold(f"{title} on each dimension", (single,))
        yield report_tables.bins(title, names, [*together, *apart], config.resampling)


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
