"""The figure of how scores are spread: parts of a whole, by dimension and kind of rater."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from matplotlib.figure import Figure
from matplotlib.patches import Patch

from intermt.dimensions import BY_KEY
from intermt.reporting.panels import ROW, judge_labels, name_rows, parts
from intermt.reporting.style import BLACK, GREY, STEPS, Sheet

_MOST_ROWS = 60
_NAME = 22


def score_figure(document: Mapping[str, Any]) -> Figure:
    """A row for each dimension and kind of rater, the share of each score in it."""
    rows = document["rows"][:_MOST_ROWS]
    left = len(document["rows"]) - len(rows)
    levels = [level for level in ("local", "global") if any(r["level"] == level for r in rows)]
    sheet = Sheet(
        document,
        "Scores",
        [
            "Share of each score; at the right n without -1, and how often -1 was given (pictures"
            " were required and none was made).",
            *([f"{left:,} more rows are in the table."] if left else []),
        ],
        height=max(1.0, ROW * (len(rows) + 2 * len(levels)) + 0.45 * len(levels) + 0.1),
    )
    if not rows:
        return sheet.nothing("; ".join(document["notes"]))
    scale = sorted({int(value) for row in rows for value in row["counts"]})
    colours = STEPS[: len(scale)]
    here = [[row for row in rows if row["level"] == level] for level in levels]
    judges = judge_labels(rows, _NAME)
    grid = sheet.grid(len(levels), 1, height_ratios=[len(some) + 1 for some in here])
    for i, some in enumerate(here):
        axes = sheet.panel(grid[i, 0])
        shares = [[row["counts"].get(str(v), 0) / max(row["n"], 1) for v in scale] for row in some]
        parts(axes, shares, colours)
        for y, row in enumerate(some):
            also = f"; -1: {row['n_no_picture']:,}" if row["n_no_picture"] else ""
            axes.annotate(
                f"n {row['n']:,}{also}",
                (1.0, y),
                xytext=(4, 0),
                textcoords="offset points",
                va="center",
                size=6,
                color=GREY,
                annotation_clip=False,
            )
        name_rows(axes, [_name(row, judges) for row in some])
        axes.set_title(
            f"{levels[i]}: scores of {'turns' if levels[i] == 'local' else 'conversations'}"
        )
        axes.set_xlabel("share of scores")
        if i == 0:
            handles = [
                Patch(facecolor=c, edgecolor=BLACK, linewidth=0.3, label=str(v))
                for v, c in zip(scale, colours, strict=True)
            ]
            axes.legend(
                handles=handles, ncols=len(scale), loc="lower right", bbox_to_anchor=(1.0, 1.0),
                borderaxespad=0.1, handlelength=1.0, columnspacing=1.0,
            )  # fmt: skip
    return sheet.done()


def _name(row: Mapping[str, Any], judges: Mapping[str, str]) -> str:
    dimension = BY_KEY.get(row["dimension"])
    who = judges.get(row["judge_id"], f"{row['rater']}s")
    invented = " (synthetic)" if row["kind"] == "synthetic" else ""
    return f"{dimension.id if dimension else row['dimension']}  {who}{invented}"
