"""Label Studio projects: the labelling configuration, the settings and the tasks.

The names of the controls are what `annotate-import` knows labels by: `score_left_DIM` and
`score_right_DIM`, `better_DIM` and `better_overall`, `critique_left`, `critique_right`,
`refinement_left`, `refinement_right` and `rationale`. Left and right is what people see;
`data.intermt` of a task says which candidate that is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any
from xml.etree import ElementTree

import orjson

from intermt.dimensions import OVERALL, Dimension, Level, dimensions_of
from intermt.formats.writing.annotation_tasks import TaskItem
from intermt.formats.writing.label_studio_html import STYLE, PictureUrl, conversation

SIDES = ("left", "right")
_TITLES = {"left": "Left", "right": "Right"}
_THINGS = {"local": "answer", "global": "conversation"}
_LAYOUT = """
.imt-columns { display: flex; gap: 16px; align-items: flex-start; }
.imt-column { flex: 1 1 0; min-width: 0; }
.imt-box { border-top: 1px solid #d0d7de; margin-top: 12px; padding-top: 4px; }
.imt-help, .imt-help * { font-size: 14px !important; font-weight: 400 !important;
  line-height: 1.4; margin: 0 0 4px !important; }
@media (max-width: 900px) { .imt-columns { flex-direction: column; } }
"""
_LONGEST_TITLE = 50
_LEFT_RIGHT_TIE = (
    ("Left is better", "left"),
    ("Right is better", "right"),
    ("No difference", "tie"),
)


def config(level: Level) -> bytes:
    """The labelling configuration of a level, as XML."""
    thing = _THINGS[level]
    view = ElementTree.Element("View")
    ElementTree.SubElement(view, "Style").text = _LAYOUT + STYLE
    _header(view, "The conversation so far" if level == "local" else "The seed question", "3")
    _shown(view, "prefix")
    shown = _block(view, "imt-columns")
    for side in SIDES:
        column = _block(shown, "imt-column")
        _header(column, f"{_TITLES[side]} {thing}", "3")
        _shown(column, side)
    for dimension in dimensions_of(level):
        _compared(_block(view, "imt-box"), dimension, thing)
    box = _block(view, "imt-box")
    _header(box, "All in all", "4")
    _choices(box, f"better_{OVERALL}", "prefix", _LEFT_RIGHT_TIE)
    _texts(_block(view, "imt-box"), thing)
    ElementTree.indent(view)
    return ElementTree.tostring(view, encoding="unicode").encode() + b"\n"


def _compared(box: ElementTree.Element, dimension: Dimension, thing: str) -> None:
    """What is asked on one dimension: a score for each side, and which is better."""
    _header(box, dimension.name, "4")
    _header(_block(box, "imt-help"), dimension.help, "6")
    columns = _block(box, "imt-columns")
    for side in SIDES:
        column = _block(columns, "imt-column")
        _header(column, f"{_TITLES[side]} {thing}", "5")
        _choices(column, f"score_{side}_{dimension.key}", side, _scale(dimension))
    column = _block(columns, "imt-column")
    _header(column, "Which is better?", "5")
    _choices(column, f"better_{dimension.key}", "prefix", _LEFT_RIGHT_TIE)


def _texts(box: ElementTree.Element, thing: str) -> None:
    columns = _block(box, "imt-columns")
    for side in SIDES:
        column = _block(columns, "imt-column")
        _text(column, f"critique_{side}", side, f"What is wrong with the {side} {thing}?")
        _text(column, f"refinement_{side}", side, f"What should be changed in the {side} {thing}?")
    _text(box, "rationale", "prefix", "What decided it for you?")


def _scale(dimension: Dimension) -> tuple[tuple[str, str], ...]:
    meanings = zip(dimension.scores, dimension.scale, strict=True)
    return tuple((f"{score}: {meaning}", str(score)) for score, meaning in meanings)


def _block(parent: ElementTree.Element, name: str) -> ElementTree.Element:
    return ElementTree.SubElement(parent, "View", className=name)


def _header(parent: ElementTree.Element, text: str, size: str) -> None:
    ElementTree.SubElement(parent, "Header", value=text, size=size)


def _shown(parent: ElementTree.Element, name: str) -> None:
    ElementTree.SubElement(parent, "HyperText", name=name, value=f"${name}_html", inline="true")


def _choices(
    parent: ElementTree.Element, name: str, about: str, choices: Iterable[tuple[str, str]]
) -> None:
    control = ElementTree.SubElement(
        parent, "Choices", name=name, toName=about, choice="single-radio", showInline="false"
    )
    for text, value in choices:
        ElementTree.SubElement(control, "Choice", value=text, alias=value)


def _text(parent: ElementTree.Element, name: str, about: str, question: str) -> None:
    _header(parent, question, "5")
    ElementTree.SubElement(
        parent,
        "TextArea",
        name=name,
        toName=about,
        rows="3",
        maxSubmissions="1",
        editable="true",
    )


def project(level: Level, title: str, overlap: int) -> bytes:
    """What creates the project when it is posted to `/api/projects`, as JSON.

    Args:
        level: Which configuration.
        title: Name of the project; what is over 50 characters is cut off.
        overlap: How many annotators each task is to have.
    """
    settings = {
        "title": title[:_LONGEST_TITLE],
        "description": "Two candidates side by side, scored and compared.",
        "label_config": config(level).decode(),
        "maximum_annotations": overlap,
        "show_skip_button": True,
        "enable_empty_annotation": False,
        "show_collab_predictions": False,
    }
    return orjson.dumps(settings, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def tasks(items: Iterable[TaskItem], url_of: PictureUrl) -> Iterator[bytes]:
    """The file of tasks: a JSON list, one task a line."""
    before = b"[\n"
    for item in items:
        yield before + orjson.dumps({"data": data(item, url_of)})
        before = b",\n"
    yield b"[]\n" if before == b"[\n" else b"\n]\n"


def data(item: TaskItem, url_of: PictureUrl) -> dict[str, Any]:
    """What Label Studio shows of a task, and under `intermt` what import goes by."""
    known = ("task", "level", "dataset", "simulated", "turn", "a", "b", "shown_first")
    about = {key: value for key, value in item.items() if key in known}
    return {
        "intermt": {**about, "left": item["left"]["id"], "right": item["right"]["id"]},
        "prefix_html": conversation(item["prefix"], url_of, simulated=item["simulated"]),
        "left_html": conversation(item["left"]["messages"], url_of),
        "right_html": conversation(item["right"]["messages"], url_of),
    }
