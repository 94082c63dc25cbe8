"""Plots as inline SVG: rows with intervals, stacked bars, points with intervals.

Each plot is a panel of one width, so that panels stand side by side where there is room and
below each other where there is none, and text is never scaled. Colours come from the page's
style sheet by class; nothing is told by colour alone. Text from outside is escaped and
shortened to the room it has, the whole of it in a tooltip.
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from intermt.formats.writing.markup import escaped, one_line

WIDTH = 368
_ROW = 20
_TOP = 28
_LABELS = 124
_TEXT_PX = 11.0
_TITLE_PX = 12.5
_ELLIPSIS = "…"
LABEL_ROOM = _LABELS - 8
"""Pixels that a label at the side of a panel has."""


@dataclass(frozen=True, slots=True)
class Row:
    """A figure on a line of its own.

    Attributes:
        label: Who or what it is about.
        value: The figure; None for none.
        low: Lower end of its interval; None for none.
        high: Upper end.
        n: Items it rests on.
        remark: What else the tooltip says.
    """

    label: str
    value: float | None
    low: float | None
    high: float | None
    n: int
    remark: str = ""


@dataclass(frozen=True, slots=True)
class Bar:
    """How a whole is divided: counts in the order of the categories.

    Attributes:
        label: Who or what it is about.
        counts: One for each category.
        strong: Whether it is set apart, as people are from judges.
    """

    label: str
    counts: tuple[int, ...]
    strong: bool = False


@dataclass(frozen=True, slots=True)
class Point:
    """A mean with its interval over a place on the x axis."""

    x: float
    y: float
    low: float | None
    high: float | None
    n: int
    remark: str = ""


@dataclass(frozen=True, slots=True)
class Axis:
    """From where to where an axis goes, and what is on it."""

    low: float
    high: float
    name: str


def rows(
    title: str,
    figures: Sequence[Row],
    axis: Axis,
    *,
    reference: float | None = None,
    mark: str = "",
) -> str:
    """A panel with a line for each figure: dot, interval, value and n.

    Args:
        title: What the panel is about.
        figures: From top to bottom.
        axis: The common axis; figures outside are drawn at its end.
        reference: Where a dashed line stands.
        mark: What has to be read with the figure, as in `SIMULATED`.
    """
    left, right = _LABELS, WIDTH - 96
    top = _TOP + 10
    bottom = top + _ROW * len(figures)
    place = _scale(axis, left + 4, right - 4)
    parts = [_text(WIDTH, top - 4, "n", "quiet end", 60)]
    parts += _x_axis(axis, place, top, bottom, (left + right) / 2)
    if reference is not None:
        parts.append(_line(place(reference), top, place(reference), bottom, "reference"))
    for i, figure in enumerate(figures):
        y = top + _ROW * i + _ROW / 2
        said = "none" if figure.value is None else number(figure.value)
        parts.append(f"<g><title>{escaped(_told(figure))}</title>")
        parts.append(_text(left - 6, y + 4, figure.label, "end", left - 8))
        if figure.value is not None:
            if figure.low is not None and figure.high is not None:
                low, high = place(figure.low), place(figure.high)
                parts.append(_line(low, y, high, y, "interval"))
                parts += [_line(end, y - 4, end, y + 4, "interval") for end in (low, high)]
            parts.append(f'<circle cx="{_px(place(figure.value))}" cy="{_px(y)}" r="4"/>')
        parts.append(_text(right + 46, y + 4, said, "quiet end" if said[0] == "n" else "end", 52))
        parts.append(_text(WIDTH, y + 4, _count(figure.n), "quiet end", 44))
        parts.append("</g>")
    return _panel(title, bottom + 36, parts, mark)


def bars(
    title: str, categories: Sequence[str], whole: Sequence[Bar], *, unit: str, mark: str = ""
) -> str:
    """A panel of stacked bars, each its parts in per cent of its own whole.

    Args:
        title: What the panel is about.
        categories: From left to right; named above the bars and in each part that has room.
        whole: From top to bottom.
        unit: What is counted.
        mark: What has to be read with the figure.
    """
    left, right = _LABELS, WIDTH - 44
    parts: list[str] = []
    legend = left
    for i, category in enumerate(categories):
        parts.append(
            f'<rect x="{legend}" y="{_TOP}" width="11" height="11"'
            f' class="{_shade(i, categories)}"/>'
        )
        parts.append(_text(legend + 15, _TOP + 10, category, "", 30))
        legend += 40
    parts.append(_text(left - 6, _TOP + 10, unit, "quiet end", left - 8))
    parts.append(_text(WIDTH, _TOP + 10, "n", "quiet end", 40))
    top = _TOP + 20
    for i, bar in enumerate(whole):
        y = top + _ROW * i
        total = sum(bar.counts)
        kind = "end strong" if bar.strong else "end"
        parts.append(_text(left - 6, y + 14, bar.label, kind, left - 8))
        x = float(left)
        for k, count in enumerate(bar.counts):
            share = count / total if total else 0.0
            width = share * (right - left)
            if not count:
                continue
            told = f"{bar.label}: {categories[k]}: {count} of {total} ({share:.1%})"
            shade = _shade(k, categories)
            parts.append(f"<g><title>{escaped(told)}</title>")
            parts.append(
                f'<rect x="{_px(x)}" y="{y + 2}" width="{_px(width)}" height="{_ROW - 4}"'
                f' class="{shade}"/>'
            )
            words = f"{100 * share:.0f}%"
            if text_width(words) + 4 <= width:
                parts.append(_text(x + width / 2, y + 14, words, f"middle on-{shade}", width))
            parts.append("</g>")
            x += width
        parts.append(_text(WIDTH, y + 14, _count(total), "quiet end", 44))
    return _panel(title, top + _ROW * len(whole) + 6, parts, mark)


def points(
    title: str,
    means: Sequence[Point],
    x: Axis,
    y: Axis,
    *,
    diagonal: bool = False,
    reference: float | None = None,
    mark: str = "",
) -> str:
    """A panel of means with intervals, the number of items under each.

    Args:
        title: What the panel is about.
        means: In order of x.
        x: The horizontal axis.
        y: The vertical axis; a point outside is drawn at its end.
        diagonal: Whether the line on which both are equal is drawn.
        reference: Height of a dashed line.
        mark: What has to be read with the figure.
    """
    left, right, top, height = 44, WIDTH - 8, _TOP + 12, 150
    bottom = top + height
    across, up = _scale(x, left + 12, right - 12), _scale(y, bottom - 6, top + 6)
    counts = _staggered([(across(mean.x), f"n {_count(mean.n)}") for mean in means])
    n_lines = 1 + max((line for _, _, line in counts), default=0)
    foot = bottom + 14 * n_lines + 2
    parts = [_text(left - 34, _TOP + 5, y.name, "quiet", WIDTH - 20)]
    for tick in ticks(y):
        parts.append(_line(left, up(tick), right, up(tick), "grid"))
        parts.append(_text(left - 6, up(tick) + 4, number(tick, short=True), "quiet end", 34))
    parts.append(_line(left, bottom, right, bottom, "axis"))
    for tick in ticks(x):
        parts.append(_line(across(tick), bottom, across(tick), bottom + 4, "axis"))
        parts.append(_text(across(tick), foot + 13, number(tick, short=True), "quiet middle", 40))
    parts.append(_text((left + right) / 2, foot + 29, x.name, "quiet middle", right - left))
    if diagonal:
        low, high = max(x.low, y.low), min(x.high, y.high)
        parts.append(_line(across(low), up(low), across(high), up(high), "reference"))
    if reference is not None:
        parts.append(_line(left, up(reference), right, up(reference), "reference"))
    path = " ".join(f"{_px(across(mean.x))},{_px(up(mean.y))}" for mean in means)
    parts.append(f'<polyline points="{path}" class="trend"/>')
    for mean in means:
        at, level = across(mean.x), up(mean.y)
        parts.append(f"<g><title>{escaped(_point_told(mean, x, y))}</title>")
        if mean.low is not None and mean.high is not None:
            parts.append(_line(at, up(mean.low), at, up(mean.high), "interval"))
            ends = (up(mean.low), up(mean.high))
            parts += [_line(at - 4, end, at + 4, end, "interval") for end in ends]
        parts.append(f'<circle cx="{_px(at)}" cy="{_px(level)}" r="4"/></g>')
    for centre, words, line in counts:
        parts.append(_text(centre, bottom + 14 + 14 * line, words, "quiet middle", 60))
    return _panel(title, foot + 36, parts, mark)


# --- numbers and text --------------------------------------------------------------------


def number(value: float, *, short: bool = False) -> str:
    """A figure as it is written: three digits behind the point, or as few as a tick needs."""
    text = f"{value:.6g}" if short else f"{value:.3f}"
    return text.replace("-", "\N{MINUS SIGN}") if float(text) else text.lstrip("-")


def ticks(axis: Axis) -> list[float]:
    """Up to six round numbers on an axis."""
    span = axis.high - axis.low
    size = 10.0 ** math.floor(math.log10(span))
    step = next(s * size for s in (0.1, 0.2, 0.25, 0.5, 1, 2) if span / (s * size) <= 5 + 1e-9)
    first, last = math.ceil(axis.low / step - 1e-9), math.floor(axis.high / step + 1e-9)
    return [round(k * step, 10) for k in range(first, last + 1)]


def text_width(text: str, px: float = _TEXT_PX) -> float:
    """How wide a text may become in pixels, whatever sans-serif font it is set in."""
    return px * sum(map(_em, text))


def shortened(text: str, room: float, px: float = _TEXT_PX) -> str:
    """A text that fits into so many pixels: itself, or its beginning and end."""
    if text_width(text, px) <= room:
        return text
    n = 0
    while text_width(text[: n // 2 + 1] + _ELLIPSIS + text[len(text) - (n + 1) // 2 :], px) <= room:
        n += 1
    head, tail = text[: n // 2 + n % 2], text[len(text) - n // 2 :]
    return f"{head.rstrip()}{_ELLIPSIS}{tail.lstrip()}"


def _em(letter: str) -> float:
    if unicodedata.combining(letter):
        return 0.0
    if unicodedata.east_asian_width(letter) in "WF":
        return 1.05
    if letter in "mwMW@%—…":
        return 0.98
    if letter in "iljtfrI.,:;|!'() -":
        return 0.4
    return 0.74 if letter.isupper() else 0.63


# --- inside ------------------------------------------------------------------------------


def _panel(title: str, height: float, parts: Sequence[str], mark: str) -> str:
    """The parts under a title; the mark, if there is one, on a line between them."""
    head = [_text(0, 15, title, "title", WIDTH, _TITLE_PX)]
    down = 0
    if mark:
        head.append(_text(0, 29, mark, "mark", WIDTH, 10))
        down = 15
    whole = _px(height + down)
    return (
        f'<svg class="plot" width="{WIDTH}" height="{whole}" viewBox="0 0 {WIDTH} {whole}"'
        f' role="img" aria-label="{escaped(f"{one_line(title)}. {mark}".strip())}">'
        f'{"".join(head)}<g transform="translate(0 {down})">{"".join(parts)}</g></svg>'
    )


def _x_axis(axis: Axis, place: _Place, top: float, bottom: float, middle: float) -> Iterator[str]:
    for tick in ticks(axis):
        yield _line(place(tick), top, place(tick), bottom, "grid")
        yield _text(place(tick), bottom + 13, number(tick, short=True), "quiet middle", 40)
    yield _line(place(axis.low), bottom, place(axis.high), bottom, "axis")
    yield _text(middle, bottom + 29, axis.name, "quiet middle", WIDTH - 60)


class _Place:
    """Where a number stands, in pixels; beyond the axis at its end."""

    def __init__(self, axis: Axis, begin: float, end: float) -> None:
        self._axis, self._begin, self._end = axis, begin, end

    def __call__(self, value: float) -> float:
        low, high = self._axis.low, self._axis.high
        share = (min(max(value, low), high) - low) / (high - low)
        return self._begin + share * (self._end - self._begin)


def _scale(axis: Axis, begin: float, end: float) -> _Place:
    return _Place(axis, begin, end)


def _staggered(labels: Sequence[tuple[float, str]]) -> list[tuple[float, str, int]]:
    """Labels with the line each stands on, so that none touches another."""
    taken: list[float] = []
    placed = []
    for centre, words in labels:
        half = text_width(words) / 2 + 2
        inside = min(max(centre, half), WIDTH - half)
        line = next((i for i, end in enumerate(taken) if inside - half >= end), len(taken))
        taken[line:] = [inside + half, *taken[line + 1 :]]
        placed.append((inside, words, line))
    return placed


def _shade(index: int, categories: Sequence[str]) -> str:
    """The class of a category: the last one is the darkest, -1 is apart."""
    if categories[index].startswith(("-", "\N{MINUS SIGN}")):
        return "shade-none"
    return f"shade-{index + 5 - len(categories)}"


def _told(figure: Row) -> str:
    said = [f"{figure.label}: {'no figure' if figure.value is None else number(figure.value)}"]
    if figure.low is not None and figure.high is not None:
        said.append(f"interval {number(figure.low)} to {number(figure.high)}")
    return ", ".join([*said, f"n {figure.n}", *([figure.remark] if figure.remark else [])])


def _point_told(mean: Point, x: Axis, y: Axis) -> str:
    said = f"{x.name} {number(mean.x)}, {y.name} {number(mean.y)}"
    if mean.low is not None and mean.high is not None:
        said += f", interval {number(mean.low)} to {number(mean.high)}"
    return f"{said}, n {mean.n}" + (f", {mean.remark}" if mean.remark else "")


def _text(x: float, y: float, words: str, kind: str, room: float, px: float = _TEXT_PX) -> str:
    words = one_line(words)
    shown = shortened(words, room, px)
    tip = "" if shown == words else f"<title>{escaped(words)}</title>"
    style = f' class="{kind}"' if kind else ""
    return f'<text x="{_px(x)}" y="{_px(y)}"{style}>{tip}{escaped(shown)}</text>'


def _line(x1: float, y1: float, x2: float, y2: float, kind: str) -> str:
    ends = f'x1="{_px(x1)}" y1="{_px(y1)}" x2="{_px(x2)}" y2="{_px(y2)}"'
    return f'<line {ends} class="{kind}"/>'


def _count(n: int) -> str:
    return f"{n:,}"


def _px(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")
