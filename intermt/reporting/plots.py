"""Documents drawn as figures: what is drawn how, and how a figure becomes a file.

    data = figure_bytes(document, plot_form(Path("map.svg")))

Nothing here touches matplotlib's global state for longer than a figure takes: there is no
pyplot, no backend is chosen, and settings are put back.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from intermt.errors import ConfigError, UsageError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Form = Literal["png", "svg"]

_DPI = 220


def plot_form(path: Path) -> Form:
    """The form that a file's name asks for.

    Raises:
        UsageError: It ends with neither .png nor .svg.
        ConfigError: matplotlib is not installed.
    """
    forms: dict[str, Form] = {".png": "png", ".svg": "svg"}
    form = forms.get(path.suffix.lower())
    if form is None:
        raise UsageError(
            f"--plot {path}: a plot is a .png or .svg file",
            todo="give the file one of these endings",
        )
    if not can_draw():
        raise ConfigError(
            "plots need matplotlib, which is not installed or does not load",
            todo="pip install 'intermt[plot]', or pip install matplotlib",
        )
    return form


def can_draw() -> bool:
    """Whether matplotlib is installed, and whole."""
    try:
        import matplotlib.figure  # noqa: F401
    except ImportError:
        return False
    return True


def figure_bytes(document: Mapping[str, Any], form: Form) -> bytes:
    """The file of a figure; equal documents give equal bytes with one matplotlib.

    Args:
        document: What a topic of `stats` says.
        form: PNG or SVG.
    """
    from intermt.reporting.style import settings

    stream = BytesIO()
    with settings(document):
        figure = draw(document)
        metadata: dict[str, Any] = {"Date": None} if form == "svg" else {"Software": None}
        figure.savefig(stream, format=form, dpi=_DPI, metadata=metadata)
    drawn = stream.getvalue()
    return _numbered(drawn) if form == "svg" else drawn


def _numbered(svg: bytes) -> bytes:
    """The file with the ids of its clip paths numbered: matplotlib takes them from addresses."""
    ids = dict.fromkeys(re.findall(rb'<clipPath id="(p[0-9a-f]{10})"', svg))
    numbers = {name: b"clip%d" % i for i, name in enumerate(ids, 1)}
    return re.sub(rb"\bp[0-9a-f]{10}\b", lambda found: numbers.get(found[0], found[0]), svg)


def draw(document: Mapping[str, Any]) -> Figure:
    """The figure of a document; to be called inside `style.settings`.

    Args:
        document: What a topic of `stats` says.
    """
    from intermt.reporting import (
        card_figure,
        map_figure,
        rater_figures,
        scaling_plots,
        score_figure,
        usage_figure,
    )

    figures = {
        "overview": card_figure.overview_figure,
        "card": card_figure.card_figure,
        "agreement": rater_figures.agreement_figure,
        "annotators": rater_figures.annotators_figure,
        "bias": rater_figures.bias_figure,
        "scores": score_figure.score_figure,
        "correlation": map_figure.map_figure,
        "scaling": scaling_plots.scaling_figure,
        "usage": usage_figure.usage_figure,
    }
    return figures[document["topic"]](document)
