"""The annotation page as a file: what is in it and what cannot get out of its place."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intermt.dimensions import dimensions_of
from intermt.formats.writing.annotation_page import page
from tests.browser import tasks


class Scripts(HTMLParser):
    """The script and style elements of a page, as a browser takes them."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[dict[str, str | None], str]] = []
        self.attributes: list[str] = []
        self.policy = ""
        self._inside: dict[str, str | None] | None = None
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        self.attributes += values
        if tag in {"script", "style"}:
            self._inside = {"tag": tag, **values}
            self.found.append((self._inside, ""))
        if values.get("http-equiv") == "Content-Security-Policy":
            self.policy = values["content"] or ""

    def handle_data(self, data: str) -> None:
        if self._inside is not None:
            self.found[-1] = (self._inside, self.found[-1][1] + data)

    def handle_endtag(self, tag: str) -> None:
        if tag in {"script", "style"}:
            self._inside = None

    def json(self, name: str) -> Any:
        return json.loads(next(text for values, text in self.found if values.get("id") == name))

    def run(self) -> list[str]:
        return [t for v, t in self.found if v["tag"] == "script" and "type" not in v]


def built(*items: dict[str, Any], **options: Any) -> Scripts:
    return Scripts(b"".join(page(items, **{"title": "Pilot", **options})).decode())


def test_the_policy_lets_in_this_program_and_style_alone() -> None:
    parsed = built(tasks.short())
    (program,) = parsed.run()
    style = next(text for values, text in parsed.found if values["tag"] == "style")

    def name(text: str) -> str:
        return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"

    assert parsed.policy.split("; ") == [
        "default-src 'none'",
        f"script-src {name(program)}",
        f"style-src {name(style)}",
        "img-src data:",
        "base-uri 'none'",
        "form-action 'none'",
    ]


def test_nothing_in_the_file_points_elsewhere() -> None:
    html = b"".join(page([tasks.short()], title="Pilot")).decode()
    assert not re.search(r"https?:|//[a-z]|@import|url\(", html)
    parsed = Scripts(html)
    assert not {"style", "src", "srcset", "action"} & set(parsed.attributes)
    assert not [name for name in parsed.attributes if name.startswith("on")]


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_any_text_comes_out_as_it_went_in(words: str) -> None:
    hostile = f"{words}</script><!--<script>\u2028\u2029{words}"
    item = tasks.task("1", [tasks.user(tasks.text(hostile))], [], [], first="b")
    parsed = built(item, title=hostile, guide=hostile)
    assert parsed.json("task-0")["prefix"] == item["prefix"]
    assert parsed.json("about")["guide"] == hostile
    assert len(parsed.run()) == 1


def test_each_picture_is_written_once() -> None:
    parsed = built(tasks.with_pictures("1"), tasks.with_pictures("2", first="a"))
    kept = {v["id"]: t for v, t in parsed.found if (v.get("id") or "").startswith("picture-")}
    assert sorted(kept.values()) == sorted(
        map(tasks.data_uri, ["flat-north-desk", "choir-poster", "chart-note"])
    )
    first = parsed.json("task-0")["prefix"][0]["content"][1]
    assert kept[f"picture-{first['picture']}"] == tasks.data_uri("flat-north-desk")


def test_a_missing_picture_keeps_its_reason_and_caption() -> None:
    content = built(tasks.with_pictures(first="b")).json("task-0")["left"]["messages"][0]["content"]
    assert content[1] == {
        "type": "image",
        "caption": "the poster beside the door",
        "missing": "not found",
    }


@pytest.mark.parametrize(
    "picture",
    [
        {"path": "pictures/a.png"},
        {"data": "http://127.0.0.1/a.png"},
        {"data": "data:text/html;base64,AAAA"},
        {"data": "data:image/png;base64,AAAA</script>"},
        {"data": "data:image/png;base64,AAAA\n"},
    ],
)
def test_a_picture_that_is_not_inline_is_refused(picture: dict[str, str]) -> None:
    item = tasks.task("k", [tasks.user({"type": "image", "sha256": "0", **picture})], [], [])
    with pytest.raises(ValueError, match="task k: a picture is not a data:image/ URI in base64"):
        built(item)


def test_two_tasks_of_one_key_are_refused() -> None:
    with pytest.raises(ValueError, match="two tasks have the key 1"):
        built(tasks.short("1"), tasks.short("1"))


def test_a_guide_of_ones_own_is_text_in_a_section_that_folds() -> None:
    own = "# Ours\n\n</script><b>Look</b> & mind the \u2028 end."
    made = "".join(part.decode() for part in page([tasks.short()], title="P", own_guide=own))
    assert Scripts(made).json("about")["own_guide"] == own
    assert "<b>Look</b>" not in made
    assert re.search(r"<details id=\"own-guide\" open hidden>.*?</details>", made, re.DOTALL)


def test_the_page_is_named_after_its_tasks_and_not_its_words() -> None:
    one = built(tasks.short("1"), tasks.short("2")).json("about")["page"]
    assert (
        built(tasks.short("1"), tasks.short("2"), title="x", guide="y").json("about")["page"] == one
    )
    assert built(tasks.short("2"), tasks.short("1")).json("about")["page"] != one


def test_the_dimensions_asked_for_are_explained_score_by_score() -> None:
    about = built(tasks.short("1"), tasks.long_conversations("2", turns=1)).json("about")
    wanted = [*dimensions_of("local"), *dimensions_of("global")]
    assert list(about["dimensions"]) == [d.key for d in wanted]
    for dimension in wanted:
        shown = about["dimensions"][dimension.key]
        assert shown["name"]
        assert shown["help"]
        assert list(map(int, shown["scale"])) == list(dimension.scores)
        assert all(shown["scale"].values())


def test_tasks_are_written_as_they_come() -> None:
    def endless() -> Any:
        number = 0
        while True:
            number += 1
            yield tasks.short(str(number))

    pieces = page(endless(), title="Pilot")
    assert b"task-4" in [next(pieces) for _ in range(6)][-1]
