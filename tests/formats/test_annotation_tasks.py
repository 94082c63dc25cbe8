"""Tasks as JSON objects, and as Label Studio projects."""

from __future__ import annotations

import json
from html.parser import HTMLParser
from typing import Any
from xml.etree import ElementTree

import pytest

from intermt.dimensions import dimensions_of
from intermt.formats.writing import label_studio
from intermt.formats.writing.annotation_tasks import (
    ImageItem,
    TaskItem,
    TaskRecord,
    TextItem,
    task_item,
    task_lines,
)
from intermt.formats.writing.label_studio_html import conversation
from intermt.records import AnnotationTask, ImagePart, Message, TextPart

PNG = "data:image/png;base64,AAAA"
NASTY = "<script>alert('x')</script> & \"quoted\" </div>\n\u2028 שלום {{x}} $prefix"


def image_item(part: ImagePart) -> ImageItem:
    if part.sha256 is None:
        return {"type": "image", "sha256": None, "caption": part.tag, "missing": "no picture"}
    return {"type": "image", "path": "pictures/p.png", "sha256": part.sha256, "caption": part.tag}


def record(level: str = "local", first: str = "b", **more: Any) -> TaskRecord:
    task = AnnotationTask("key", level, "seed", "a1", "b1", first, {}, "d", **more)  # type: ignore[arg-type]
    return TaskRecord(
        task,
        2 if level == "local" else None,
        (Message("user", (TextPart(NASTY), ImagePart("ab" * 32, tag="a <lamp>"))),),
        (Message("assistant", (TextPart("this is a"), ImagePart(None, tag="gone"))),),
        (Message("assistant", (TextPart("this is b"),)),),
    )


@pytest.mark.parametrize("first", ["a", "b"])
def test_sides_are_as_drawn(first: str) -> None:
    item = task_item(record(first=first), image_item)
    on_left, on_right = ("a1", "b1") if first == "a" else ("b1", "a1")
    assert (item["left"]["id"], item["right"]["id"]) == (on_left, on_right)
    assert (item["a"], item["b"], item["shown_first"]) == ("a1", "b1", first)
    said = {c["id"]: c["messages"][0]["content"][0] for c in (item["left"], item["right"])}
    assert said["a1"] == {"type": "text", "text": "this is a"}
    assert said["b1"] == {"type": "text", "text": "this is b"}


def test_lines_are_one_object_each_and_tell_nothing_of_gold() -> None:
    gold = record()
    plain = task_item(record(), image_item)
    known = TaskRecord(
        AnnotationTask("key", "local", "seed", "a1", "b1", "b", {"overall": "a"}, "d"),
        gold.turn, gold.prefix, gold.a, gold.b,
    )  # fmt: skip
    assert task_item(known, image_item) == plain
    lines = b"".join(task_lines([plain, plain])).splitlines()
    assert [json.loads(line) for line in lines] == [plain, plain]
    assert list(plain) == list(TaskItem.__annotations__)


def test_only_style_has_a_score_below_zero() -> None:
    scales = task_item(record("global"), image_item)["scales"]
    assert list(scales) == [d.key for d in dimensions_of("global")]
    assert {key for key, scores in scales.items() if -1 in scores} == {"style_coherence"}
    assert all(scores[-4:] == [0, 1, 2, 3] for scores in scales.values())


def text(said: str) -> TextItem:
    return {"type": "text", "text": said}


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs

    def handle_data(self, data: str) -> None:
        self.text += data


def read(html: str) -> _Reader:
    reader = _Reader()
    reader.feed(html)
    return reader


def test_html_shows_any_text_as_it_is() -> None:
    item = task_item(record(), image_item)
    page = read(conversation(item["prefix"], lambda part: f'/x/{part["path"]}?a="&b'))
    assert NASTY in page.text
    assert "\0" not in conversation([{"role": "user", "content": [text("a\0b")]}], str)
    assert set(page.tags) == {"div", "img", "p"}
    assert ("src", '/x/pictures/p.png?a="&b') in page.attributes
    assert ("alt", "a <lamp>") in page.attributes


def test_html_says_that_a_picture_is_missing_or_simulated() -> None:
    item = task_item(record(), image_item)
    page = read(conversation(item["right"]["messages"], lambda _: "", simulated=True))
    assert "There is no picture here." in page.text
    assert "gone" in page.text
    assert "SIMULATED" in page.text
    assert "img" not in page.tags


def test_inline_pictures_stand_in_objects_which_label_studio_lets_through() -> None:
    part: ImageItem = {"type": "image", "data": PNG, "sha256": "ab", "caption": None}
    page = read(conversation([{"role": "user", "content": [part]}], lambda p: p["data"]))
    assert ("data", PNG) in page.attributes
    assert ("type", "image/png") in page.attributes
    assert "cannot be shown" in page.text


@pytest.mark.parametrize("level", ["local", "global"])
def test_config_asks_everything_under_the_agreed_names(level: Any) -> None:
    view = ElementTree.fromstring(label_studio.config(level))
    keys = [d.key for d in dimensions_of(level)]
    choices = {c.get("name"): [x.get("alias") for x in c] for c in view.iter("Choices")}
    expected = {
        f"score_{side}_{d.key}": [str(s) for s in d.scores]
        for d in dimensions_of(level)
        for side in ("left", "right")
    }
    expected |= {f"better_{key}": ["left", "right", "tie"] for key in (*keys, "overall")}
    assert choices == expected
    assert {t.get("name") for t in view.iter("TextArea")} == {
        *("critique_left", "critique_right", "refinement_left", "refinement_right"),
        "rationale",
    }
    shown = {h.get("name") for h in view.iter("HyperText")}
    assert {c.get("toName") for tag in ("Choices", "TextArea") for c in view.iter(tag)} <= shown
    texts = [h.get("value") for h in view.iter("Header")]
    assert all(d.help in texts for d in dimensions_of(level))


def test_tasks_are_one_json_list() -> None:
    items = [task_item(record(first=first), image_item) for first in "ab"]
    made = json.loads(b"".join(label_studio.tasks(items, lambda part: part["path"])))
    assert [task["data"]["intermt"]["left"] for task in made] == ["a1", "b1"]
    assert [task["data"]["intermt"]["right"] for task in made] == ["b1", "a1"]
    assert "this is a" in made[0]["data"]["left_html"]
    assert "this is a" in made[1]["data"]["right_html"]
    assert json.loads(b"".join(label_studio.tasks([], lambda _: ""))) == []


def test_project_settings_fit_label_studio() -> None:
    made = json.loads(label_studio.project("local", "x" * 80, 4))
    assert len(made["title"]) == 50
    assert made["maximum_annotations"] == 4
    assert made["label_config"] == label_studio.config("local").decode()
