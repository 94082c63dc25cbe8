"""The figure of how dimensions go together: a map of coefficients."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.colors import LinearSegmentedColormap, Normalize
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from intermt.dimensions import BY_KEY
from intermt.reporting.style import BLUE, PALE, VERMILION, Sheet

_COLOURS = LinearSegmentedColormap.from_list("from -1 to 1", [BLUE, "#FFFFFF", VERMILION])


def map_figure(document: Mapping[str, Any]) -> Figure:
    """Pearson's r below the diagonal, Spearman's rho above it, n in every cell."""
    cells = {(row["x"], row["y"]): row for row in document["rows"]}
    keys = list(dict.fromkeys(row["x"] for row in document["rows"]))
    sheet = Sheet(
        document,
        "Correlation of dimensions",
        [
            "Below the diagonal Pearson's r, above it Spearman's rho, of annotators' mean scores"
            " per conversation; L1 to L4 are means over its turns. Small: conversations scored on"
            " both (on the diagonal: on this one). –: no figure, the table says why.",
        ],
        height=max(1.0, 0.45 * len(keys) + 0.4),
    )
    if not keys:
        return sheet.nothing("; ".join(document["notes"]))
    axes = sheet.panel(sheet.grid(1, 1)[0, 0])
    for i, y in enumerate(keys):
        for j, x in enumerate(keys):
            row = cells[x, y]
            found = row["pearson" if i > j else "spearman"]["value"]
            colour = PALE if found is None else _COLOURS(Normalize(-1, 1)(found))
            if i == j:
                colour = "#FFFFFF"
            axes.add_patch(Rectangle((j - 0.5, i - 0.5), 1, 1, facecolor=colour, edgecolor="white"))
            said = "" if i == j else "–" if found is None else f"{found:.2f}"
            dark = found is not None and abs(found) > 0.75
            axes.text(
                j, i - 0.14, said, ha="center", va="center", color="white" if dark else "black"
            )
            axes.text(
                j, i + 0.26, f"{row['n']:,}", ha="center", va="center", size=5,
                color="white" if dark and i != j else "#333333",
            )  # fmt: skip
    axes.set_xlim(-0.5, len(keys) - 0.5)
    axes.set_ylim(len(keys) - 0.5, -0.5)
    axes.set_xticks(range(len(keys)), [BY_KEY[key].id for key in keys])
    axes.set_yticks(range(len(keys)), [f"{BY_KEY[key].name}  {BY_KEY[key].id}" for key in keys])
    axes.tick_params(length=0)
    for side in ("left", "bottom"):
        axes.spines[side].set_visible(False)
    n_local = sum(BY_KEY[key].level == "local" for key in keys)
    if 0 < n_local < len(keys):
        for line in (axes.axhline, axes.axvline):
            line(n_local - 0.5, color="black", linewidth=0.8)
    bar = sheet.figure.colorbar(
        _scale(), ax=axes, fraction=0.03, pad=0.02, ticks=np.linspace(-1, 1, 5)
    )
    bar.outline.set_visible(False)
    bar.set_label("coefficient")
    return sheet.done()


def _scale() -> Any:
    from matplotlib.cm import ScalarMappable

    return ScalarMappable(Normalize(-1, 1), _COLOURS)
