"""The plots of an evaluation's page, drawn from figures and from what judge and people said."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from intermt.commands.evaluate import Grades
from intermt.commands.measured import AVERAGE, Measured, column
from intermt.dimensions import BY_KEY, LEVELS, OVERALL, Level, dimensions_of
from intermt.domain.benchmark import GRADES
from intermt.domain.calibration import AGREEMENT_EDGES, Bin, Reading, binned, score_edges
from intermt.domain.figures import Resampling
from intermt.formats.writing import svg_plots
from intermt.formats.writing.svg_plots import Axis, Bar, Point, Row

SIMULATED = "SIMULATED"
SYNTHETIC = "SYNTHETIC labels"

_SHORT = {
    "local_image_text_consistency": "image-text",
    "visual_perceptual_quality": "picture quality",
    "context_coherence": "dialogue fit",
    "text_quality": "text quality",
    "context_awareness": "memory",
    "helpfulness": "helpfulness",
    "crucial_step_recognition": "decisive steps",
    "global_image_text_consistency": "image-text",
    "style_coherence": "style",
    OVERALL: "overall",
    AVERAGE: "average",
}
_MANY_JUDGES = 4
_LEVEL_WORDS: dict[Level, str] = {"local": "single answers", "global": "whole conversations"}
_CORRELATIONS = ("pearson", "spearman", "kendall")


@dataclass(frozen=True, slots=True)
class ScoredItem:
    """One item and dimension that both a judge and annotators scored.

    Attributes:
        item_id: A node or conversation.
        dimension: A dimension key or `overall`.
        seed_id: Root of the tree.
        stated: The stated scores, one for each reply that states one.
        numbers: Of each reply the real-valued score where there is one, else the stated.
        human: The latest score of each annotator; for `overall` their means.
        simulated: Whether a stand-in judged, or wrote the item.
        synthetic: Whether any of the human scores is an invented one.
    """

    item_id: str
    dimension: str
    seed_id: str
    stated: tuple[int, ...]
    numbers: tuple[float, ...]
    human: tuple[float, ...]
    simulated: bool
    synthetic: bool


@dataclass(frozen=True, slots=True)
class PairItem:
    """One pair and dimension with a winner among people and a stated choice of a judge.

    Attributes:
        dimension: A dimension key or `overall`.
        a_id: The candidate whose id sorts first.
        b_id: The other one.
        seed_id: Root of the tree.
        agreement: Share of annotators on the winning side, ties among all of them.
        credit: Mean over the judge's replies: 1 for the winner, 0 for the other, 0.5 for a tie.
        margin: (votes of the winner - votes of the other) / votes.
        simulated: Whether a stand-in judged, or wrote a candidate.
        synthetic: Whether any of the votes is an invented one.
    """

    dimension: str
    a_id: str
    b_id: str
    seed_id: str
    agreement: float
    credit: float
    margin: float
    simulated: bool
    synthetic: bool


Labelled = TypeVar("Labelled", ScoredItem, PairItem)


@dataclass(frozen=True, slots=True)
class Calibration:
    """One judge on one level, or on one dimension of it, bin by bin.

    Attributes:
        judge: Name of the judge.
        what: The level, or the dimension.
        bins: In order of x.
        panel: The same, drawn.
    """

    judge: str
    what: str
    bins: tuple[Bin, ...]
    panel: str


@dataclass(frozen=True, slots=True)
class Distribution:
    """How often people and judges gave each score on one dimension, or each grade.

    Attributes:
        what: The dimension.
        categories: The scores, from the lowest on.
        bars: People's and judges' counts.
        panel: The same, drawn.
    """

    what: str
    categories: tuple[str, ...]
    bars: tuple[Bar, ...]
    panel: str


def marks_of(things: Iterable[object]) -> tuple[str, ...]:
    """What has to be read with figures or items, as tags."""
    simulated = synthetic = False
    for thing in things:
        simulated |= getattr(thing, "simulated", False)
        synthetic |= getattr(thing, "synthetic", False) or getattr(thing, "synthetic_labels", False)
    return (*([SIMULATED] if simulated else []), *([SYNTHETIC] if synthetic else []))


def long_name(dimension: str) -> str:
    """What people read for a dimension."""
    if dimension in BY_KEY:
        return BY_KEY[dimension].name
    return {OVERALL: "Overall", AVERAGE: "Mean of its dimensions"}.get(dimension, dimension)


def short_name(level: Level, dimension: str) -> str:
    """The same with its id, for the margin of a plot."""
    if dimension == AVERAGE:
        return column(level, dimension).replace("_", " ")
    return f"{column(level, dimension).replace('_all', '')} {_SHORT.get(dimension, dimension)}"


def place(figure: Measured) -> tuple[int, str]:
    """Where a figure's column stands: the level's dimensions, their average, overall."""
    of_level = [d.key for d in dimensions_of(figure.level)] + [AVERAGE, OVERALL]
    known = of_level.index(figure.dimension) if figure.dimension in of_level else len(of_level)
    return 100 * LEVELS.index(figure.level) + known, figure.dimension


# --- figures with intervals --------------------------------------------------------------


def interval_panels(
    figures: Sequence[Measured], axis_name: str, reference: float | None
) -> tuple[str, ...]:
    """Figures of one statistic, a panel for each judge, or each dimension if judges are many."""
    axis = _axis(figures, axis_name)
    judges = list(dict.fromkeys(f.judge for f in figures))
    few = len(judges) <= _MANY_JUDGES
    asked = sorted((f for f in figures if f.n_asked), key=place)
    # Sorting keeps the order of dimensions within a judge.
    asked.sort(key=lambda f: judges.index(f.judge))
    panels: dict[str, list[tuple[str, Measured]]] = {}
    for f in asked if few else sorted(asked, key=place):
        dimension = short_name(f.level, f.dimension)
        name, label = (f.judge, dimension) if few else (dimension, f.judge)
        panels.setdefault(name, []).append((label, f))
    return tuple(
        svg_plots.rows(
            name,
            [_row(label, f) for label, f in inside],
            axis,
            reference=reference,
            mark=_mark(f for _, f in inside),
        )
        for name, inside in panels.items()
    )


def _row(label: str, figure: Measured) -> Row:
    coverage = "" if figure.coverage is None else f"coverage {figure.coverage:.1%}"
    remarks = [coverage, f"{figure.n_clusters} seed trees", figure.undefined or ""]
    return Row(
        label, figure.value, figure.low, figure.high, figure.n, ", ".join(filter(None, remarks))
    )


def _axis(figures: Sequence[Measured], name: str) -> Axis:
    """Shares from 0 to 1; correlations as far as there are any."""
    if not figures[0].statistic.startswith(_CORRELATIONS):
        return Axis(0.0, 1.0, name)
    values = [v for f in figures for v in (f.value, f.low, f.high) if v is not None]
    return Axis(-1.0 if min(values, default=0) < -0.5 else -0.5, 1.0, name)


# --- calibration -------------------------------------------------------------------------


def score_calibration(
    judge: str, level: Level, dimension: str | None, items: Sequence[ScoredItem], how: Resampling
) -> Calibration:
    """People's mean score over the judge's score; all dimensions of the level for None."""
    scales = [BY_KEY[i.dimension].scores for i in items if i.dimension in BY_KEY]
    lowest = min((s[0] for s in scales), default=0)
    scale = range(lowest, max((s[-1] for s in scales), default=3) + 1)
    readings = [Reading(_mean(item.numbers), _mean(item.human), item.seed_id) for item in items]
    values = [reading.x for reading in readings]
    on_scale = on_common_scale(items)
    edges = score_edges(values, scale if on_scale else None)
    across = (
        Axis(float(scale[0]), float(scale[-1]), "judge's score")
        if on_scale
        else _around(values, "judge's score (its own scale)")
    )
    name = _LEVEL_WORDS[level] if dimension is None else short_name(level, dimension)
    bins = binned(readings, edges, how)
    panel = svg_plots.points(
        f"{judge} · {name}",
        [_point(found) for found in bins],
        across,
        Axis(float(scale[0]), float(scale[-1]), "mean score of people"),
        diagonal=on_scale,
        mark=_mark(items),
    )
    return Calibration(judge, name, bins, panel)


def pair_calibration(
    judge: str, level: Level, dimension: str | None, items: Sequence[PairItem], how: Resampling
) -> Calibration:
    """The judge's accuracy over the share of people on the winning side."""
    readings = [Reading(item.agreement, item.credit, item.seed_id) for item in items]
    lowest = min(reading.x for reading in readings)
    name = f"pairs of {_LEVEL_WORDS[level]}" if dimension is None else short_name(level, dimension)
    bins = binned(readings, AGREEMENT_EDGES, how, is_share=True)
    panel = svg_plots.points(
        f"{judge} · {name}",
        [_point(found) for found in bins],
        Axis(min(0.5, math.floor(10 * lowest) / 10), 1.0, "share of people who chose the winner"),
        Axis(0.0, 1.0, "judge's accuracy"),
        reference=0.5,
        mark=_mark(items),
    )
    return Calibration(judge, name, bins, panel)


def on_common_scale(items: Sequence[ScoredItem]) -> bool:
    """Whether a judge scores on the scale of people, not on one of its own as rewards are."""
    scales = [BY_KEY[i.dimension].scores for i in items if i.dimension in BY_KEY]
    low, high = min((s[0] for s in scales), default=0), max((s[-1] for s in scales), default=0)
    inside = all(low <= number <= high for item in items for number in item.numbers)
    return inside and any(item.stated for item in items)


def _point(found: Bin) -> Point:
    remark = f"{found.n_clusters} seed trees"
    if found.undefined:
        remark += f", {found.undefined}"
    return Point(found.x, found.y, found.low, found.high, found.n, remark)


def _around(values: Sequence[float], name: str) -> Axis:
    low, high = min(values), max(values)
    room = 0.05 * (high - low) or 1.0
    return Axis(low - room, high + room, name)


# --- distributions -----------------------------------------------------------------------


def distributions(
    by_judge: Mapping[str, Sequence[ScoredItem]], level: Level
) -> Iterator[Distribution]:
    """For each dimension how often people and judges gave each score to the same items.

    A judge whose scores are not all whole numbers is left out.
    """
    for dimension in dimensions_of(level):
        groups: dict[tuple[int, ...], list[Bar]] = {}
        inside = []
        for judge, items in by_judge.items():
            own = [item for item in items if item.dimension == dimension.key and item.stated]
            if not own or any(len(i.stated) < len(i.numbers) for i in items):
                continue
            inside += own
            people = Counter(int(score) for item in own for score in item.human)
            said = Counter(score for item in own for score in item.stated)
            # Judges that were asked about the same items stand beside the same people.
            key = tuple(people[score] for score in dimension.scores)
            groups.setdefault(key, []).append(
                Bar(judge, tuple(said[score] for score in dimension.scores))
            )
        whole = [
            bar
            for people_counts, judges in groups.items()
            for bar in (Bar("people", people_counts, strong=True), *judges)
        ]
        if whole:
            scores = [svg_plots.number(score, short=True) for score in dimension.scores]
            yield _distribution(
                short_name(level, dimension.key), scores, whole, "score", _mark(inside)
            )


def grade_distribution(grades: Sequence[Grades]) -> Distribution:
    """How often each judge's descriptions of crucial steps got each grade."""
    bars = [Bar(g.judge, tuple(g.distribution.get(k, 0) for k in GRADES)) for g in grades]
    return _distribution("G3 crucial steps", list(map(str, GRADES)), bars, "grade", _mark(grades))


def _distribution(
    what: str, categories: Sequence[str], bars: Sequence[Bar], unit: str, mark: str
) -> Distribution:
    panel = svg_plots.bars(what, categories, bars, unit=unit, mark=mark)
    return Distribution(what, tuple(categories), tuple(bars), panel)


def by_dimension(items: Iterable[Labelled], level: Level) -> dict[str, list[Labelled]]:
    """Items by dimension, in the order of their ids, then `overall`."""
    found: defaultdict[str, list[Labelled]] = defaultdict(list)
    for item in items:
        found[item.dimension].append(item)
    known: list[str] = [d.key for d in dimensions_of(level)]
    order: list[str] = [*known, *sorted(found.keys() - set(known))]
    return {key: found[key] for key in order if key in found}


def pooled(items: Sequence[Labelled]) -> Sequence[Labelled]:
    """The items on the dimensions of the level; those on `overall` if there are no others."""
    return [item for item in items if item.dimension != OVERALL] or items


def _mark(things: Iterable[object]) -> str:
    return " · ".join(marks_of(things))


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)
