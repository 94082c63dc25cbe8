"""How figures look: colours, sizes, and what stands above and below the panels."""

from __future__ import annotations

import logging
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from matplotlib import style
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.gridspec import GridSpec
from matplotlib.text import Text

from intermt.reporting.lettering import BOXES, families, lacks, plain, words_of

WIDE = 6.9
"""Inches across two columns of a page."""
NARROW = 3.3
"""Inches of one column."""

# Okabe and Ito, Color Universal Design (2008): told apart by all kinds of colour vision.
BLUE, ORANGE, GREEN, VERMILION = "#0072B2", "#E69F00", "#009E73", "#D55E00"
SKY, PURPLE, YELLOW, BLACK = "#56B4E9", "#CC79A7", "#F0E442", "#000000"
GREY, PALE = "#666666", "#DDDDDD"
STEPS = ("#DCEBF7", "#9CC9E8", "#3E92C9", "#08457E", "#04253F")
"""From few to many: one hue that gets darker, so that it can be read in grey too."""

_SETTINGS: Mapping[str, Any] = {
    "font.size": 7.0,
    "axes.titlesize": 7.0,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.labelsize": 6.5,
    "axes.linewidth": 0.5,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "xtick.labelsize": 6.5,
    "ytick.labelsize": 6.5,
    "xtick.major.width": 0.5,
    "ytick.major.width": 0.5,
    "xtick.major.size": 2.0,
    "ytick.major.size": 2.0,
    "legend.fontsize": 6.5,
    "legend.frameon": False,
    "lines.linewidth": 1.0,
    "svg.fonttype": "path",
    "svg.hashsalt": "intermt",
    "figure.constrained_layout.h_pad": 0.06,
    "figure.constrained_layout.w_pad": 0.06,
}
_LINE = 0.13
"""Inches of a line of text above or below the panels."""


@contextmanager
def settings(document: Mapping[str, Any]) -> Iterator[None]:
    """The look of figures, whatever the user's own settings of matplotlib are.

    Args:
        document: What is drawn; there are fonts for its words.
    """
    look = {**_SETTINGS, "font.family": list(families(words_of(document)))}
    # It would say on stderr that a font for other scripts has no bold letters.
    log = logging.getLogger("matplotlib.font_manager")
    before, log.disabled = log.disabled, True
    try:
        with style.context(["default", look]):
            yield
    finally:
        log.disabled = before


# --- the sheet ---------------------------------------------------------------------------


class Sheet:
    """A figure with a title and marks above its panels and an explanation below them."""

    def __init__(
        self,
        document: Mapping[str, Any],
        title: str,
        explained: Sequence[str],
        *,
        height: float,
        width: float = WIDE,
    ) -> None:
        """Start one.

        Args:
            document: What it shows; its marks are put on it.
            title: What it is about.
            explained: Sentences that stand below the panels.
            height: Inches of the panels.
            width: Inches of the whole figure.
        """
        per_line = int(width * 20.5)
        marks = [
            *["SIMULATED: a stand-in server made some of this"] * document["simulated"],
            *["SYNTHETIC: invented labels are among these"] * document["synthetic"],
        ]
        scope = [f"{key} {document[key]}" for key in ("dataset", "level") if document[key]]
        heading = plain(", ".join([title, *(scope or ["the whole store"])]), int(width * 13.5))
        above = textwrap.wrap("; ".join(marks), int(width * 17)) if marks else []
        said = [*explained, *[BOXES] * lacks(words_of(document))]
        below = [line for text in said for line in textwrap.wrap(plain(text, 600), per_line)]
        top = _LINE * (1 + len(above)) + 0.12
        bottom = _LINE * len(below) + (0.1 if below else 0.04)
        total = top + height + bottom
        self.figure = Figure(figsize=(width, total))
        FigureCanvasAgg(self.figure)
        engine_rect = (0.0, bottom / total, 1.0, height / total)
        self.figure.set_layout_engine("constrained", rect=engine_rect)
        left = 0.06 / width
        self.figure.text(left, 1 - 0.06 / total, heading, va="top", size=8, weight="bold")
        for i, text in enumerate(above):
            y = 1 - (0.08 + _LINE * (i + 1)) / total
            self.figure.text(left, y, text, va="top", size=7, weight="bold", color=VERMILION)
        for i, text in enumerate(below):
            y = (0.06 + _LINE * (len(below) - i)) / total
            self.figure.text(left, y, text, va="top", size=6, color=GREY)

    def grid(self, n_rows: int, n_columns: int, **how: Any) -> GridSpec:
        """Places for panels."""
        return self.figure.add_gridspec(n_rows, n_columns, **how)

    def panel(self, place: Any, **how: Any) -> Axes:
        """An empty panel."""
        axes: Axes = self.figure.add_subplot(place, **how)
        return axes

    def nothing(self, why: str) -> Figure:
        """The figure of nothing: its reason, where the panels would be."""
        axes = self.panel(self.grid(1, 1)[0, 0])
        axes.axis("off")
        axes.text(0.5, 0.5, textwrap.fill(plain(why), 70), ha="center", va="center", color=GREY)
        return self.done()

    def done(self) -> Figure:
        """The figure, none of whose words is read as a formula."""
        for text in self.figure.findobj(Text):
            text.set_parse_math(False)
        return self.figure
