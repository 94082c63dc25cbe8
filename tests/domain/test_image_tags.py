"""Picture tags: what is one, what is none, and that no text is lost."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intermt.domain.image_tags import MAX_CAPTION, count_tags, find_tags, interleave, text_of
from intermt.records import ImagePart, TextPart

SHARED = Path(__file__).parents[2].parent / "shared"


@pytest.mark.parametrize(
    ("text", "caption", "exact"),
    [
        ("<Image, a red bus>", "a red bus", True),
        ('<Image, arrow labelled "Optic Nerve">', 'arrow labelled "Optic Nerve"', True),
        ("<Image, two\nlines>", "two\nlines", True),
        ("<Image, bar at 1.5 x 10<sup>9</sup>>", "bar at 1.5 x 10<sup>9</sup>", True),
        ("< Image, a red bus>", "a red bus", False),
        ("<image, a red bus>", "a red bus", False),
        ("<Image: a red bus>", "a red bus", False),
        ("<Image,a red bus>", "a red bus", False),
        ("<[Image], a red bus>", "a red bus", False),
        ("<[ Image ] , a red bus >", "a red bus", False),
        ("<Image，a red bus>", "a red bus", False),
        ("<Image：a red bus>", "a red bus", False),
        ("<Image, " + "x" * MAX_CAPTION + ">", None, True),
        ("<Image, " + "x" * (MAX_CAPTION - 1) + ">", "x" * (MAX_CAPTION - 1), True),
    ],
)
def test_spelling(text, caption, exact):
    tags = find_tags(f"before {text} after")
    if caption is None:
        assert tags == []
        return
    [tag] = tags
    assert (tag.caption, tag.exact, tag.raw) == (caption, exact, text)
    assert (tag.start, tag.end) == (7, 7 + len(text))


@pytest.mark.parametrize(
    "text",
    [
        "<Video, a red bus>",
        '<img src="a.png">',
        "<image>",
        "<Image>",
        "<Image, >",
        "<Image a red bus>",
        "<Images, many>",
        "<Image, never closed",
        "<Image, cut off <Video, other>",
        "[Image, a red bus]",
        "<[Image, a red bus>",
        "<Image], a red bus>",
        "Image, a red bus",
        "",
    ],
)
def test_not_a_tag(text):
    assert find_tags(text) == []


def test_an_unclosed_tag_does_not_hide_the_next_one():
    assert [t.caption for t in find_tags("<Image, cut off <Image, whole>")] == ["whole"]


def test_each_tag_gets_its_picture():
    text = "See <Image, one> and <Image, two>."
    first, second = ImagePart(sha256="a" * 64), ImagePart(name="b.png", missing="not found")
    assert interleave(text, [first, second]) == (
        TextPart("See "),
        ImagePart(sha256="a" * 64, tag="<Image, one>"),
        TextPart(" and "),
        ImagePart(name="b.png", missing="not found", tag="<Image, two>"),
        TextPart("."),
    )


def test_more_tags_than_pictures_stay_in_the_text():
    parts = interleave("<Image, one><Image, two>", [ImagePart(sha256="a" * 64)])
    assert parts[1] == TextPart("<Image, two>")
    assert count_tags(parts) == 2


def test_more_pictures_than_tags_follow_at_the_end():
    pictures = [ImagePart(name=n, tag="<Image, stale>") for n in "abc"]
    parts = interleave("<Image, one> done", pictures)
    assert [p.tag for p in parts if isinstance(p, ImagePart)] == ["<Image, one>", None, None]
    assert parts[-1].name == "c"
    assert count_tags(parts) == 1


def test_no_text_gives_no_text_part():
    assert interleave("", []) == ()
    assert interleave("", [ImagePart(name="a")]) == (ImagePart(name="a"),)


pieces = st.sampled_from(
    ["<Image, a>", "<[Image], b>", "< image : c>", "<Image, ", ">", "<Video, d>", "<", "text", "\n"]
) | st.text(max_size=5)


@given(st.lists(pieces, max_size=12).map("".join), st.integers(0, 5))
def test_the_text_always_comes_back(text, n_pictures):
    parts = interleave(text, [ImagePart(name=str(i)) for i in range(n_pictures)])
    assert text_of(parts) == text
    assert count_tags(parts) == len(find_tags(text))
    assert [p.name for p in parts if isinstance(p, ImagePart)] == [
        str(i) for i in range(n_pictures)
    ]


@pytest.mark.parametrize("piece", ["<Image, ", "<", "<[Image], x", "<Image," + " " * 50, "<sup>"])
def test_junk_takes_linear_time(piece):
    text = piece * (1_000_000 // len(piece))
    started = time.process_time()
    assert find_tags(text) == []
    # A thousandth of this for linear work; minutes where a pattern backtracks.
    assert time.process_time() - started < 3


def _texts(file, field):
    return [
        turn[field]
        for conversation in json.loads((SHARED / "data" / file).read_text("utf-8"))
        for turn in conversation["conversations"]
    ]


@pytest.mark.real_data
@pytest.mark.skipif(not (SHARED / "data").is_dir(), reason="the real conversations are not here")
def test_the_real_conversations():
    answers = [
        t for r in _texts("intermt_bench/crucial_step_dev.json", "response") for t in find_tags(r)
    ]
    # 818 openings `<Image,`; one answer was cut off before its tag closed.
    assert sum(t.exact for t in answers) == 817
    assert [t.raw[:8] for t in answers if not t.exact] == ["<[Image]"] * 2
    assert sum("<sup>" in t.caption for t in answers) == 1
    prompts = _texts("intermt_bench/crucial_step_dev.json", "prompt")
    assert sum(len(find_tags(p)) for p in prompts) == 1
    dialogues = [t for r in _texts("dialogues/dialogues.json", "response") for t in find_tags(r)]
    assert [t.raw[:8] for t in dialogues if not t.exact] == ["<Image: "]
    assert len(dialogues) == 43
