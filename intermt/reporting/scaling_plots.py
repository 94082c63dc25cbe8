"""The plots of a scaling study: the k x t matrix, the average against k, and transfer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from intermt.reporting.style import BLUE, GREY, VERMILION, WIDE, Sheet

Document = Mapping[str, Any]
Row = Mapping[str, Any]

_MOST_CELLS_WITH_TEXT = 10
_LEAST_WIDTH = 3.5


def scaling_figure(document: Document) -> Figure:
    """One panel below the other, so that all can be read at the width of a column."""
    matrix, transfer = document["matrix"], document["transfer"]
    width = 0.5 * len({row["t"] for row in matrix}) + 1.4
    width = min(max(width, _LEAST_WIDTH), WIDE)
    tall = 0.36 * len({row["k"] for row in matrix}) + 1.1
    heights = [max(tall, 1.7), 2.9, *([2.9] if transfer else [])]
    sheet = Sheet(document, "Scaling of judges", (), height=sum(heights), width=width)
    places = sheet.grid(len(heights), 1, height_ratios=heights)
    _matrix(sheet.panel(places[0]), document)
    _averages(sheet.panel(places[1]), document)
    if transfer:
        _transfer(sheet.panel(places[2]), transfer, document["confidence"])
    figure = sheet.done()
    # Laid out twice: the first time the width of labels is not known yet.
    figure.draw_without_rendering()
    return figure


def _matrix(axes: Axes, document: Document) -> None:
    """Cells in colour, with accuracy and half the width of the interval."""
    cells: Sequence[Row] = document["matrix"]
    turns = sorted({row["t"] for row in cells})
    ks = sorted({row["k"] for row in cells})
    values = [[float("nan")] * len(turns) for _ in ks]
    for row in cells:
        values[ks.index(row["k"])][turns.index(row["t"])] = row["accuracy"]
    known = [row["accuracy"] for row in cells]
    # One scale for all studies, wide enough for these: colours of two plots can be compared.
    low, high = min(0.4, *known), max(0.8, *known)
    axes.imshow(values, cmap="cividis", vmin=low, vmax=high, aspect="auto")
    many = len(turns) > _MOST_CELLS_WITH_TEXT
    for row in cells:
        place = (turns.index(row["t"]), ks.index(row["k"]))
        dark = (row["accuracy"] - low) / (high - low) < 0.55
        text = f"{row['accuracy']:.2f}"
        if row["low"] is not None and not many:
            text += f"\n±{(row['high'] - row['low']) / 2:.2f}"
        axes.text(
            *place, text, ha="center", va="center", fontsize=5 if many else 7,
            color="white" if dark else "black",
        )  # fmt: skip
    sizes = {row["t"]: max(r["n"] for r in cells if r["t"] == row["t"]) for row in cells}
    axes.set_xticks(range(len(turns)), [_ticked(t, sizes[t]) for t in turns])
    axes.set_yticks(range(len(ks)), [str(k) for k in ks])
    axes.set_xlabel(f"{_turn(document)} t that is judged; n pairs")
    axes.set_ylabel("turns learnt from, k")
    axes.spines[:].set_visible(False)
    axes.tick_params(length=0)
    of = f"{document['confidence']:.0%}"
    axes.set_title(f"Accuracy on turn t, ± half a {of} interval", loc="left")


def _ticked(t: int, n: int) -> str:
    return f"{t}\n{n}"


def _turn(document: Document) -> str:
    return "turn" if document["level"] == "local" else "number of turns"


def _averages(axes: Axes, document: Document) -> None:
    rows: Sequence[Row] = document["averages"]
    _with_errors(axes, [row["k"] for row in rows], rows)
    trend, curve = document["trend"], document["curve"]
    if trend is not None and trend["rises"] and not curve["undefined"]:
        fitted = curve["averages"]
        axes.plot(
            [p["k"] for p in fitted], [p["accuracy"] for p in fitted], color=VERMILION, lw=1.3,
            label="saturating curve",
        )  # fmt: skip
    axes.axhline(0.5, color=GREY, lw=0.8, ls=":", label="chance")
    axes.set_xticks([row["k"] for row in rows], [_ticked(row["k"], row["n"]) for row in rows])
    axes.margins(x=0.12)
    axes.set_xlabel("turns learnt from, k; n pairs of later turns")
    axes.set_ylabel(f"accuracy, {document['confidence']:.0%} interval")
    said = "one k only" if trend is None else f"slope {trend['slope']:+.3f} a turn, p {_p(trend)}"
    axes.set_title(f"Average over later turns, t > k\n{said}", loc="left")
    _legend(axes)


def _legend(axes: Axes, n_columns: int = 2) -> None:
    """The legend under the panel, where it hides nothing."""
    axes.legend(
        frameon=False, fontsize=7, loc="upper center", bbox_to_anchor=(0.45, -0.32), ncols=n_columns
    )


def _p(trend: Row) -> str:
    return "< 0.001" if trend["p_value"] < 0.001 else f"{trend['p_value']:.3f}"


def _transfer(axes: Axes, rows: Sequence[Row], confidence: float) -> None:
    """Tested levels side by side, a colour for what was learnt from."""
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
    axes.set_ylabel(f"accuracy, {confidence:.0%} interval")
    axes.set_title("Transfer between levels", loc="left")
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
