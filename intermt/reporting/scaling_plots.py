"""The plots of a scaling study: the k x t matrix, the average against k, and transfer."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from math import nan
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from intermt.reporting.scaling_words import ceiling_of, pairs_of_turns, what_is_studied
from intermt.reporting.style import BLUE, GREY, VERMILION, WIDE, Sheet

Document = Mapping[str, Any]
Row = Mapping[str, Any]

_MOST_CELLS_WITH_ENDS = 10
_CELL = 0.62
_ROW = 0.42
_LEAST_WIDTH = 4.2


def scaling_figure(document: Document) -> Figure:
    """One panel below the other, so that all can be read at the width of a column."""
    turns, ks = _turns_and_ks(document)
    many = len(turns) > _MOST_CELLS_WITH_ENDS
    width = min(max(_CELL * len(turns) + 1.2, _LEAST_WIDTH), WIDE)
    panels: list[tuple[float, Callable[[Axes, Document], None]]] = [
        (max((0.3 if many else _ROW) * len(ks) + 0.9, 1.7), _matrix)
    ]
    if document["averages"]:
        panels.append((3.1, _averages))
    if document["transfer"]:
        panels.append((2.9, _transfer))
    heights = [height for height, _ in panels]
    sheet = Sheet(
        document,
        f"Scaling of judges: {document['dimension']}",
        list(_explained(document, many)),
        height=sum(heights),
        width=width,
    )
    places = sheet.grid(len(heights), 1, height_ratios=heights)
    for i, (_, drawn) in enumerate(panels):
        drawn(sheet.panel(places[i]), document)
    figure = sheet.done()
    # Laid out twice: the first time the width of labels is not known yet.
    figure.draw_without_rendering()
    return figure


def _turns_and_ks(document: Document) -> tuple[list[int], list[int]]:
    cells: Sequence[Row] = document["matrix"]
    return sorted({row["t"] for row in cells}), sorted({row["k"] for row in cells})


def _explained(document: Document, many: bool) -> Iterator[str]:
    """What stands below: whose figures these are, and how to read them."""
    yield from what_is_studied(document)
    of = f"{document['confidence']:.0%}"
    ends = "stats scaling lists the intervals" if many else f"below it, the {of} interval"
    yield f"Matrix: accuracy; {ends}; n, where a cell rests on fewer pairs than turn t has."
    if not document["curve"]["undefined"]:
        yield "Curve: fitted to the same pairs; turns differ in level, so it may fall in places."
    if document["transfer"]:
        yield "Transfer: heads fitted to all pairs of a level, on overall."


def _matrix(axes: Axes, document: Document) -> None:
    """Cells in colour, with accuracy and both ends of the interval."""
    cells = {(row["k"], row["t"]): row for row in document["matrix"]}
    turns, ks = _turns_and_ks(document)
    sizes = pairs_of_turns(document)
    known = [row["accuracy"] for row in cells.values()]
    values = [[cells[k, t]["accuracy"] if (k, t) in cells else nan for t in turns] for k in ks]
    # One scale for all studies, wide enough for these: colours of two plots can be compared.
    low, high = min(0.4, *known), max(0.8, *known)
    axes.imshow(values, cmap="cividis", vmin=low, vmax=high, aspect="auto")
    many = len(turns) > _MOST_CELLS_WITH_ENDS
    for i, k in enumerate(ks):
        for j, t in enumerate(turns):
            row = cells.get((k, t))
            pale = row is None or (row["accuracy"] - low) / (high - low) >= 0.55
            axes.text(
                j, i, _written(row, sizes[t], many) if k <= t else "", ha="center", va="center",
                fontsize=5 if many else 5.5, color="black" if pale else "white",
            )  # fmt: skip
    axes.set_xticks(range(len(turns)), [_ticked(t, sizes[t]) for t in turns])
    axes.set_yticks(range(len(ks)), [str(k) for k in ks])
    axes.set_xlabel(f"{_turn(document)} t that is judged; n pairs")
    axes.set_ylabel("turns learnt from, k")
    axes.spines[:].set_visible(False)
    axes.tick_params(length=0)
    axes.set_title("Accuracy on turn t of the judge of the first k", loc="left")


def _written(row: Row | None, n: int, many: bool) -> str:
    """A cell's text, a line each: accuracy, interval, and n where it is not the column's."""
    if row is None:
        return "n 0"
    lines = [f"{row['accuracy']:.2f}"]
    if row["low"] is not None and not many:
        lines.append(f"{row['low']:.2f}–{row['high']:.2f}")
    if row["n"] != n:
        lines.append(f"n {row['n']}")
    return "\n".join(lines)


def _ticked(t: int, n: int) -> str:
    return f"{t}\n{n}"


def _turn(document: Document) -> str:
    return "turn" if document["level"] == "local" else "number of turns"


def _averages(axes: Axes, document: Document) -> None:
    rows: Sequence[Row] = document["averages"]
    _with_errors(axes, [row["k"] for row in rows], rows)
    curve = document["curve"]
    if not curve["undefined"]:
        fitted = curve["averages"]
        end = "no ceiling" if curve["no_ceiling"] else f"ceiling {ceiling_of(curve)}"
        axes.plot(
            [p["k"] for p in fitted], [p["accuracy"] for p in fitted], color=VERMILION, lw=1.3,
            label=f"fitted curve, {end}",
        )  # fmt: skip
    axes.axhline(0.5, color=GREY, lw=0.8, ls=":", label="chance")
    axes.set_xticks([row["k"] for row in rows], [_ticked(row["k"], row["n"]) for row in rows])
    axes.margins(x=0.12)
    axes.set_xlabel("turns learnt from, k; n pairs of later turns")
    axes.set_ylabel(f"accuracy, {document['confidence']:.0%} interval")
    axes.set_title("\n".join(["Average over later turns, t > k", *_slope(document)]), loc="left")
    _legend(axes, 1)


def _slope(document: Document) -> Iterator[str]:
    trend = document["trend"]
    if trend is None:
        return
    ends = "" if trend["low"] is None else f" [{trend['low']:+.3f}, {trend['high']:+.3f}]"
    yield f"slope {trend['slope']:+.3f}{ends} a turn"
    yield f"p {_p(trend)}, n {trend['n']} pairs of {trend['n_trees']} trees"


def _legend(axes: Axes, n_columns: int = 2) -> None:
    """The legend under the panel, where it hides nothing."""
    axes.legend(
        frameon=False, fontsize=7, loc="upper center", bbox_to_anchor=(0.45, -0.32), ncols=n_columns
    )


def _p(trend: Row) -> str:
    return "< 0.001" if trend["p_value"] < 0.001 else f"{trend['p_value']:.3f}"


def _transfer(axes: Axes, document: Document) -> None:
    """Tested levels side by side, a colour for what was learnt from."""
    rows: Sequence[Row] = document["transfer"]
    names = {"local": "local (prefix)", "global": "global (chain)"}
    learnt = sorted({row["trained"] for row in rows}, reverse=True)
    tested = sorted({row["tested"] for row in rows}, reverse=True)
    sizes = {row["tested"]: row["n"] for row in rows}
    for i, level in enumerate(learnt):
        own = [row for row in rows if row["trained"] == level]
        places = [tested.index(row["tested"]) + 0.2 * i - 0.1 * (len(learnt) - 1) for row in own]
        _with_errors(
            axes, places, own, color=(BLUE, VERMILION)[i % 2], marker="os"[i % 2],
            label=f"learnt from {level} (n {own[0]['n_trained']})",
        )  # fmt: skip
    axes.axhline(0.5, color=GREY, lw=0.8, ls=":", label="chance")
    axes.set_xticks(range(len(tested)), [f"{names[level]}\nn = {sizes[level]}" for level in tested])
    axes.set_xlim(-0.6, len(tested) - 0.4)
    axes.set_xlabel("pairs that are judged")
    axes.set_ylabel(f"accuracy, {document['confidence']:.0%} interval")
    axes.set_title("Transfer between levels (overall)", loc="left")
    _legend(axes, 1)


def _with_errors(
    axes: Axes,
    places: Sequence[float],
    rows: Sequence[Row],
    *,
    color: str = BLUE,
    marker: str = "o",
    label: str = "mean over turns",
) -> None:
    """Points with intervals; a point without one has no bar."""
    values = [row["accuracy"] for row in rows]
    below = [v if row["low"] is None else row["low"] for v, row in zip(values, rows, strict=True)]
    above = [v if row["high"] is None else row["high"] for v, row in zip(values, rows, strict=True)]
    bars = [
        [max(v - end, 0.0) for v, end in zip(values, below, strict=True)],
        [max(end - v, 0.0) for v, end in zip(values, above, strict=True)],
    ]
    axes.yaxis.set_major_formatter("{x:.2f}")
    axes.yaxis.set_major_locator(MaxNLocator(6, steps=[1, 2, 5, 10]))
    axes.errorbar(
        places, values, yerr=bars, fmt=marker, color=color, capsize=2, ms=4, lw=1, label=label
    )
