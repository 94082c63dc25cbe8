"""Figures of raters: how far they agree, how good they are, what moves them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from intermt.dimensions import BY_KEY
from intermt.reporting.lettering import labels
from intermt.reporting.panels import (
    ROW,
    Dot,
    dot,
    dots,
    judge_labels,
    name_block,
    name_rows,
    no_figure,
)
from intermt.reporting.style import BLUE, GREEN, ORANGE, VERMILION, Sheet

Row = Mapping[str, Any]

_MOST_ROWS = 60
_NAME = 26
_OF_AGREEMENT = (("alpha", "alpha"), ("ac2", "AC2"), ("kappa", "kappa"), ("rate", "agreement rate"))
_OF_ANNOTATORS = (
    ("agreement", "with others"),
    ("with_verifiers", "with verifiers"),
    ("one_coin", "one-coin"),
    ("mace", "MACE"),
)
_BIASES = (
    ("first_side", "Chose the one shown first", (0.0, 1.0)),
    ("top_score", "Gave the highest score", (0.0, 1.0)),
    ("longer", "Chose the longer one", (0.0, 1.0)),
    ("length_r", "r of score and log length", (-1.0, 1.0)),
    ("more_pictures", "Chose the one with more pictures", (0.0, 1.0)),
    ("pictures_r", "r of score and pictures", (-1.0, 1.0)),
)
_LOOKS = {
    "annotator": (BLUE, "o"),
    "verifier": (GREEN, "s"),
    "judge": (ORANGE, "^"),
}
_PAIRS = {
    "annotator-annotator": (BLUE, "o", "each other"),
    "annotator-verifier": (GREEN, "s", "verifiers"),
    "annotator-judge": (ORANGE, "^", "judge"),
    "verifier-judge": (VERMILION, "v", "verifiers, judge"),
}


class _Drawn(Protocol):
    def __call__(self, axes: Axes, row_dots: list[Dot], key: str, *, is_last: bool) -> None: ...


def agreement_figure(document: Mapping[str, Any]) -> Figure:
    """A row for each dimension and two sides, a column for each coefficient."""
    rows = _foremost(document["rows"])
    blocks = _blocks(rows)
    judges = judge_labels(document["rows"], _NAME)
    sheet = Sheet(
        document,
        "Agreement of raters",
        [
            "Annotators with each other, with verifiers and with judges, and verifiers with"
            f" judges. Lines: {document['confidence']:.0%} intervals over seed trees. Right: things"
            " with two labels, of two sides one of each; –: no figure, the table says why. AC2 is"
            " for scores alone.",
            *_left_out(document["rows"], rows),
        ],
        height=_height(blocks),
    )
    if not rows:
        return sheet.nothing("; ".join(document["notes"]))

    def drawn(axes: Axes, row_dots: list[Dot], key: str, *, is_last: bool) -> None:
        is_share = key == "rate"
        dots(
            axes,
            row_dots,
            limits=(0.0, 1.0) if is_share else _limits(row_dots),
            reference=None if is_share else 0.0,
            with_n=is_last,
        )

    def look(row: Row, key: str) -> Dot:
        return dot(row[key], row["n_pairable"], *_PAIRS[row["between"]][:2])

    _columns(sheet, blocks, _OF_AGREEMENT, look, drawn, lambda row: _compared(row, judges))
    return sheet.done()


def annotators_figure(document: Mapping[str, Any]) -> Figure:
    """A row for each annotator, a column for each figure of how good they are."""
    rows = document["rows"][:_MOST_ROWS]
    left = len(document["rows"]) - len(rows)
    blocks = _blocks(rows)
    people = labels({row["rater_id"]: row["rater"] for row in document["rows"]}, _NAME)
    sheet = Sheet(
        document,
        "Annotators",
        [
            "Share of labels that are those of other annotators and of verifiers, and competence"
            f" by two models. Lines: {document['confidence']:.0%} intervals. Beside each figure:"
            " the labels it rests on; –: no figure, the table says why. Red diamonds: flagged by"
            " a check.",
            *([f"{left:,} more rows are in the table."] if left else []),
        ],
        height=_height(blocks),
    )
    if not rows:
        return sheet.nothing("; ".join(document["notes"]))

    def drawn(axes: Axes, row_dots: list[Dot], key: str, *, is_last: bool) -> None:
        dots(axes, row_dots, limits=(0.0, 1.0))

    def look(row: Row, key: str) -> Dot:
        flagged = any(check["flag"] for check in row["checks"].values())
        return dot(row[key], row[key]["n"], *((VERMILION, "D") if flagged else (BLUE, "o")))

    _columns(sheet, blocks, _OF_ANNOTATORS, look, drawn, lambda row: people[row["rater_id"]])
    return sheet.done()


def _columns(
    sheet: Sheet,
    blocks: Mapping[str, Sequence[Row]],
    figures: Sequence[tuple[str, str]],
    look: Callable[[Row, str], Dot],
    drawn: _Drawn,
    name: Callable[[Row], str],
) -> None:
    """A panel for each block of rows and each figure, rows named on the left.

    Args:
        sheet: Where.
        blocks: Rows under their titles.
        figures: Key and title of each column.
        look: The dot of a row's figure.
        drawn: Draws the dots of a panel.
        name: What a row is called.
    """
    heights = [len(block) + 1 for block in blocks.values()]
    grid = sheet.grid(len(blocks), len(figures), height_ratios=heights)
    last = len(figures) - 1
    for i, (title, block) in enumerate(blocks.items()):
        for j, (key, heading) in enumerate(figures):
            axes = sheet.panel(grid[i, j])
            row_dots = [look(row, key) for row in block]
            axes.set_title(heading)
            if j == 0:
                name_block(axes, title)
            drawn(axes, row_dots, key, is_last=j == last)
            name_rows(axes, [name(row) for row in block] if j == 0 else [])


def bias_figure(document: Mapping[str, Any]) -> Figure:
    """A panel for each bias, a row for each kind of rater and level."""
    rows = _pooled(document["rows"])
    by_bias = {key: [row for row in rows if row["bias"] == key][:_MOST_ROWS] for key, *_ in _BIASES}
    left = len(document["rows"]) - sum(map(len, by_bias.values()))
    for here in by_bias.values():
        if all(row["value"] is None for row in here):
            here.clear()
    longest = [
        max(len(by_bias[key]) for key, *_ in _BIASES[i : i + 2]) for i in range(0, len(_BIASES), 2)
    ]
    sheet = Sheet(
        document,
        "What moves raters apart from quality",
        [
            "Dashed: no preference. Lines:"
            f" {document['confidence']:.0%} intervals over seed trees. Right: choices or scores it"
            " rests on; –: no figure. Circles: annotators, squares: verifiers, triangles: judges.",
            *([f"{left:,} more rows are in the formats csv, json and markdown."] if left else []),
        ],
        height=max(1.0, sum(ROW * max(n, 1) + 0.5 for n in longest)),
    )
    if not rows:
        return sheet.nothing("; ".join(document["notes"]))
    judges = judge_labels(document["rows"], 18)
    grid = sheet.grid(len(longest), 2, height_ratios=[max(n, 1) + 2 for n in longest])
    for i, (key, title, limits) in enumerate(_BIASES):
        axes = sheet.panel(grid[divmod(i, 2)])
        here = by_bias[key]
        axes.set_title(title)
        if not here:
            axes.set_yticks([])
            no_figure(axes)
            continue
        neutral = here[0]["neutral"]
        dots(
            axes,
            [dot(r, r["n"], *_LOOKS[r["rater"]]) for r in here],
            limits=limits,
            reference=neutral,
        )
        name_rows(axes, [_whose(row, judges) for row in here])
    return sheet.done()


# --- rows --------------------------------------------------------------------------------


def _blocks(rows: Sequence[Row]) -> dict[str, list[Row]]:
    """Rows by level and kind of label, under what these are called."""
    blocks: dict[str, list[Row]] = {}
    for row in rows:
        blocks.setdefault(f"{row['level']} {row['what']}s", []).append(row)
    return blocks


def _foremost(rows: Sequence[Row]) -> list[Row]:
    """As many rows as there is room for, in their order.

    Rows of single dimensions, which have every figure, come before those that pool them; people
    come before judges, and of judges what they say overall.
    """

    def rank(row: Row) -> tuple[Any, ...]:
        beside = row["between"]
        judged = ("annotator-judge", "verifier-judge").index(beside) + 1 if row["judge_id"] else 0
        return (row["dimension"] == "all", judged, bool(judged) and row["dimension"] != "overall")

    order = sorted(range(len(rows)), key=lambda i: (rank(rows[i]), i))
    return [rows[i] for i in sorted(order[:_MOST_ROWS])]


def _left_out(rows: Sequence[Row], kept: Sequence[Row]) -> list[str]:
    """What to say of the rows that there is no room for."""
    n = len(rows) - len(kept)
    of_all = sum(row["dimension"] == "all" for row in rows)
    of_all -= sum(row["dimension"] == "all" for row in kept)
    whose = {
        "all dimensions together": of_all,
        "judges": n - of_all,
    }
    parts = [f"{count:,} of {what}" for what, count in whose.items() if count]
    return [f"{n:,} more rows are in the table: {' and '.join(parts)}."] if n else []


def _pooled(rows: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The rows without those of single dimensions that are pooled in another one."""
    names = ("bias", "what", "level", "between", "rater", "kind", "judge_id")

    def key(row: Mapping[str, Any]) -> tuple[Any, ...]:
        return tuple(row.get(name) for name in names)

    pooled = {key(row) for row in rows if row["dimension"] == "all"}
    alone = ("all", "overall")
    return [row for row in rows if row["dimension"] in alone or key(row) not in pooled]


def _height(blocks: Mapping[str, Sequence[Any]]) -> float:
    return max(1.0, sum(ROW * len(block) + 0.45 for block in blocks.values()))


def _limits(found: Sequence[Dot]) -> tuple[float, float]:
    """From 0 to 1, and below 0 as far as needed."""
    lowest = min((x for one in found for x in (one.value, one.low) if x is not None), default=0.0)
    return (min(-0.05, max(-1.0, lowest) - 0.05), 1.03)


def _compared(row: Row, judges: Mapping[str, str]) -> str:
    whom = judges.get(row["judge_id"], _PAIRS[row["between"]][2])
    of_verifiers = "verifiers, " if row["between"] == "verifier-judge" else ""
    return f"{_dimension(row)}  {of_verifiers}{whom}"


def _whose(row: Row, judges: Mapping[str, str]) -> str:
    invented = " (synthetic)" if row["kind"] == "synthetic" else ""
    who = judges.get(row["judge_id"], f"{row['rater']}s{invented}")
    return f"{who}, {row['level']} {_dimension(row)}"


def _dimension(row: Mapping[str, Any]) -> str:
    known = BY_KEY.get(row["dimension"])
    return known.id if known else str(row["dimension"])
