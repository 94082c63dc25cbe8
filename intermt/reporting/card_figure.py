"""The figure of a data card: what there is, of what kind, and how it is spread."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from intermt.reporting.panels import binned, foremost, lying, upright
from intermt.reporting.style import Sheet

_MOST_BARS = 12
_MOST_NAMES = 8
_NAME = 28

_OVER_NUMBERS = (
    ("n_conversations_by_n_turns", "Turns", "turns of a conversation", "conversations"),
    ("n_conversations_by_n_pictures", "Pictures", "pictures of a conversation", "conversations"),
    ("n_conversations_by_n_image_tags", "Tags", "tags of a conversation", "conversations"),
    ("n_trees_by_depth_turns", "Depth", "turns of the longest branch", "seed trees"),
    ("n_prompts_by_n_answers", "Branching", "answers to a question", "questions"),
)
_OVER_NAMES = (
    ("n_conversations_by_task", "Tasks", "conversations"),
    ("n_conversations_by_scenario", "Scenarios", "conversations"),
    ("n_trees_by_language", "Languages", "seed trees"),
    ("n_trees_by_source", "Sources", "seed trees"),
    ("n_trees_by_licence", "Licences", "seed trees"),
    ("n_answers_by_model", "Models", "answers"),
)


def card_figure(card: Mapping[str, Any]) -> Figure:
    """A panel for everything that the card knows a distribution of."""
    return _figure(card, "Data card")


def overview_figure(overview: Mapping[str, Any]) -> Figure:
    """The panels of a card that an overview has figures for."""
    return _figure(overview, "Overview")


def _figure(document: Mapping[str, Any], title: str) -> Figure:
    numbers: list[Callable[[Axes], None]] = []
    for key, name, what, unit in _OVER_NUMBERS:
        if counts := binned(document.get(key, {}), _MOST_BARS):
            numbers.append(_over_numbers(name, counts, what, unit))
    names: list[Callable[[Axes], None]] = []
    for key, name, unit in _OVER_NAMES:
        counts = document.get(key, {})
        if set(counts) - {"not stated"}:
            names.append(_over_names(name, counts, unit))
    n_above, n_below = -(-len(numbers) // 3), -(-len(names) // 2)
    sheet = Sheet(
        document,
        title,
        [
            f"{document['n_conversations']:,} conversations with {document['n_turns']:,} turns,"
            f" {document['n_trees']:,} seed trees with {document['n_nodes']:,} messages,"
            f" {document['n_pictures_named']:,} pictures"
            f" ({document['n_pictures_present']:,} in the store). Bars: how many have each value."
        ],
        height=max(1.0, 1.45 * (n_above + n_below)),
    )
    if not numbers and not names:
        return sheet.nothing("; ".join(document["notes"]) or "nothing to draw")
    blocks = [(numbers, n_above, 3), (names, n_below, 2)]
    blocks = [block for block in blocks if block[0]]
    outer = sheet.grid(len(blocks), 1, height_ratios=[n_rows for _, n_rows, _ in blocks])
    for block, (panels, n_rows, n_columns) in enumerate(blocks):
        inner = outer[block, 0].subgridspec(n_rows, n_columns)
        for i, panel in enumerate(panels):
            panel(sheet.panel(inner[divmod(i, n_columns)]))
    return sheet.done()


def _over_numbers(
    name: str, counts: Mapping[str, int], what: str, unit: str
) -> Callable[[Axes], None]:
    def panel(axes: Axes) -> None:
        upright(axes, counts, what=what, unit=unit)
        axes.set_title(f"{name} (n {sum(counts.values()):,})")

    return panel


def _over_names(name: str, counts: Mapping[str, int], unit: str) -> Callable[[Axes], None]:
    def panel(axes: Axes) -> None:
        lying(axes, foremost(counts, _MOST_NAMES), most=_NAME, unit=unit)
        axes.set_title(f"{name} (n {sum(counts.values()):,})")

    return panel
