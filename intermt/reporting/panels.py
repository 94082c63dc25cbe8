"""The panels that figures are made of: bars, parts of a whole, dots with intervals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from intermt.reporting.lettering import labels
from intermt.reporting.style import BLACK, BLUE, GREY, PALE

ROW = 0.15
"""Inches of a row of dots or bars."""
_FEWEST = 4
"""Bars that a panel has room for, that a single one does not fill it."""


@dataclass(frozen=True, slots=True)
class Dot:
    """A figure on a row of its own.

    Attributes:
        value: The figure; None for none.
        low: Lower end of its interval; None for none.
        high: Upper end.
        n: What it rests on.
        colour: Of dot and interval.
        marker: The shape, so that colour alone tells nothing.
    """

    value: float | None
    low: float | None
    high: float | None
    n: int
    colour: str = BLUE
    marker: str = "o"


def dot(found: Mapping[str, Any] | None, n: int, colour: str = BLUE, marker: str = "o") -> Dot:
    """The dot of a figure in a document."""
    if found is None:
        return Dot(None, None, None, n, colour, marker)
    return Dot(found["value"], found["low"], found["high"], n, colour, marker)


def dots(
    axes: Axes,
    found: Sequence[Dot],
    *,
    limits: tuple[float, float],
    reference: float | None = None,
    with_n: bool = True,
) -> None:
    """Rows from top to bottom, with what each rests on at the right.

    Args:
        axes: Where.
        found: The figures.
        limits: Ends of the axis; what lies beyond is drawn as far as they go.
        reference: Where a dashed line stands.
        with_n: Whether to say n.
    """
    axes.set_ylim(len(found) - 0.4, -0.6)
    axes.tick_params(axis="y", length=0)
    if all(one.value is None for one in found):
        no_figure(axes)
        return
    axes.set_xlim(*limits)
    axes.xaxis.set_major_locator(MaxNLocator(3, steps=[1, 2, 5, 10]))
    axes.grid(axis="x", color=PALE, linewidth=0.4)
    axes.set_axisbelow(True)
    if reference is not None:
        axes.axvline(reference, color=GREY, linewidth=0.6, linestyle=(0, (3, 2)), zorder=0)
    for y, one in enumerate(found):
        if with_n:
            _at_the_right(axes, y, f"{one.n:,}")
        if one.low is not None and one.high is not None:
            axes.plot([one.low, one.high], [y, y], color=one.colour, solid_capstyle="butt")
        if one.value is None:
            axes.annotate(
                "–", (0.0, y), xycoords=("axes fraction", "data"), xytext=(3, 0),
                textcoords="offset points", va="center", size=6, color=GREY,
            )  # fmt: skip
        else:
            axes.plot(
                [one.value], [y], marker=one.marker, color=one.colour, markersize=3.2, linewidth=0,
                # A marker at an end of the axis is drawn whole.
                clip_on=not limits[0] <= one.value <= limits[1],
            )  # fmt: skip


def no_figure(axes: Axes) -> None:
    """A panel of which no row has a figure."""
    axes.set_xticks([])
    axes.spines[:].set_visible(False)
    axes.text(0.0, 0.5, "no figure", transform=axes.transAxes, va="center", size=6, color=GREY)


def _at_the_right(axes: Axes, y: int, said: str) -> None:
    axes.annotate(
        said, (1.0, y), xycoords=("axes fraction", "data"), xytext=(6, 0),
        textcoords="offset points", va="center", size=6, color=GREY, annotation_clip=False,
    )  # fmt: skip


def judge_labels(rows: Sequence[Mapping[str, Any]], most: int) -> dict[str, str]:
    """What each judge of these rows is called in the room there is, by its id."""
    names = {row["judge_id"]: row["judge"] for row in rows if row["judge_id"] is not None}
    return labels(names, most)


def name_rows(axes: Axes, names: Sequence[str]) -> None:
    """Names at the left of rows."""
    axes.set_yticks(range(len(names)), names)


def name_block(axes: Axes, name: str) -> None:
    """The name of a row of panels, above the names of the first one's rows."""
    axes.annotate(
        name, (0.0, 1.0), xycoords="axes fraction", xytext=(-12, 6), textcoords="offset points",
        ha="right", va="baseline", weight="bold", color=GREY,
    )  # fmt: skip


def upright(axes: Axes, counts: Mapping[str, int], *, what: str, unit: str) -> None:
    """Bars that stand over whole numbers.

    Args:
        axes: Where.
        counts: From left to right.
        what: On the x axis.
        unit: On the y axis.
    """
    axes.bar(range(len(counts)), list(counts.values()), width=0.8, color=BLUE)
    step = max(1, -(-len(counts) // 10))
    last = len(counts) - 1
    # The last bar may stand for all that is beyond: it is always named.
    places = [*range(0, last - step + 1, step), last]
    names = list(counts)
    axes.set_xticks(places, [names[i] for i in places])
    axes.set_xlim(-0.7, max(len(counts), _FEWEST) - 0.3)
    axes.set_xlabel(what)
    axes.set_ylabel(unit)
    _whole(axes, "y")


def lying(axes: Axes, counts: Mapping[str, int], *, most: int, unit: str) -> None:
    """Bars that lie beside names, each with its number.

    Args:
        axes: Where.
        counts: From top to bottom.
        most: Characters of a name.
        unit: On the x axis.
    """
    values = list(counts.values())
    axes.barh(range(len(values)), values, height=0.7, color=BLUE)
    for y, n in enumerate(values):
        _beside(axes, n, y, f"{n:,}")
    axes.set_ylim(max(len(values), _FEWEST) - 0.4, -0.6)
    name_rows(axes, list(labels({name: name for name in counts}, most).values()))
    axes.set_xlabel(unit)
    axes.tick_params(axis="y", length=0)
    # Room for the number beside the longest bar.
    axes.set_xlim(0, max([*values, 1]) * 1.35)
    _whole(axes, "x", 3)


def parts(
    axes: Axes, rows: Sequence[Sequence[float]], colours: Sequence[str], *, height: float = 0.74
) -> None:
    """Rows divided into shares of a whole."""
    for y, shares in enumerate(rows):
        left = 0.0
        for share, colour in zip(shares, colours, strict=True):
            axes.barh(
                y, share, left=left, height=height, color=colour, edgecolor=BLACK, linewidth=0.3
            )
            left += share
    axes.set_ylim(len(rows) - 0.4, -0.6)
    axes.set_xlim(0, 1)
    axes.tick_params(axis="y", length=0)


def _beside(axes: Axes, x: float, y: float, text: str) -> None:
    axes.annotate(
        text, (x, y), xytext=(2, 0), textcoords="offset points", va="center", size=6, color=GREY
    )


def _whole(axes: Axes, which: str, most: int = 4) -> None:
    axis = axes.xaxis if which == "x" else axes.yaxis
    axis.set_major_locator(MaxNLocator(most, integer=True))
    axis.set_major_formatter(lambda value, _: thousands(value))


def thousands(value: float) -> str:
    """A number in few characters, as in `12k`."""
    for size, unit in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= size:
            return f"{value / size:.3g}{unit}"
    return f"{value:g}"


def binned(counts: Mapping[str, int], most: int) -> dict[str, int]:
    """Counts over whole numbers from the lowest on, gaps filled, what is beyond in the last."""
    numbers = {int(key): n for key, n in counts.items()}
    if not numbers:
        return {}
    low, high = min(numbers), max(numbers)
    last = min(high, low + most - 1)
    found = {str(k): numbers.get(k, 0) for k in range(low, last + 1)}
    if high > last:
        rest = sum(n for k, n in numbers.items() if k >= last)
        del found[str(last)]
        found[f"≥{last}"] = rest
    return found


def foremost(counts: Mapping[str, int], most: int) -> dict[str, int]:
    """The most frequent values, and all others together."""
    items = list(counts.items())
    if len(items) <= most:
        return dict(items)
    rest = items[most - 1 :]
    name = f"{len(rest)} others"
    return {**dict(items[: most - 1]), name: sum(n for _, n in rest)}
