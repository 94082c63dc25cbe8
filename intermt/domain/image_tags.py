"""Picture tags: where an answer says that a picture belongs, as `<Image, caption>`.

Released conversations hold a few other spellings (`< Image, ...>`, `<Image: ...>`,
`<[Image], ...>`); they are found too and marked as not exact. `<Video, ...>`, `<img ...>` and
`[Image, ...]` are no picture tags.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from intermt.records import ImagePart, Part, TextPart

MAX_CAPTION = 2_000
"""Longest caption, in characters; something longer is text that happens to look like a tag."""

# Captions hold formulas such as 10<sup>9</sup>; any other `<` means the tag was never closed.
_TAG = re.compile(
    r"<[ \t]*+(?P<open>\[[ \t]*+)?image[ \t]*+(?(open)\][ \t]*+)[,:，：﹐]"
    rf"(?P<caption>(?:[^<>]|</?(?:sup|sub|b|i|em|strong)>){{0,{MAX_CAPTION}}}+)>",
    re.IGNORECASE,
)
_EXACT = "<Image, "


@dataclass(frozen=True, slots=True)
class ImageTag:
    """A picture tag in a text.

    Attributes:
        start: Offset of its `<`.
        end: Offset behind its `>`.
        raw: The tag as written.
        caption: What the picture should show, without surrounding space.
        exact: Whether it is spelled `<Image, caption>` to the letter.
    """

    start: int
    end: int
    raw: str
    caption: str
    exact: bool


def find_tags(text: str) -> list[ImageTag]:
    """The picture tags of a text in reading order.

    A tag that is never closed, has no caption or one longer than `MAX_CAPTION` is not one.
    Captions may hold quotes, line breaks and simple formatting such as `<sup>`.
    """
    return [
        ImageTag(m.start(), m.end(), m[0], m["caption"].strip(), m[0].startswith(_EXACT))
        for m in _TAG.finditer(text)
        if m["caption"].strip()
    ]


def interleave(text: str, pictures: Sequence[ImagePart]) -> tuple[Part, ...]:
    """The parts of a message: its text with each picture at its tag.

    The k-th tag gets the k-th picture, which then carries the tag as written. Tags beyond the
    pictures stay in the text; pictures beyond the tags follow at the end, without a tag.
    `text_of` gives the text back.
    """
    parts: list[Part] = []
    done = 0
    tags = find_tags(text)
    for tag, picture in zip(tags, pictures, strict=False):
        if tag.start > done:
            parts.append(TextPart(text[done : tag.start]))
        parts.append(replace(picture, tag=tag.raw))
        done = tag.end
    if done < len(text):
        parts.append(TextPart(text[done:]))
    parts.extend(replace(picture, tag=None) for picture in pictures[len(tags) :])
    return tuple(parts)


def text_of(parts: Sequence[Part]) -> str:
    """The text of a message as it was written, tags of its pictures included."""
    return "".join(p.text if isinstance(p, TextPart) else p.tag or "" for p in parts)


def count_tags(parts: Sequence[Part]) -> int:
    """The number of picture tags of a message, with and without a picture."""
    return sum(
        len(find_tags(p.text)) if isinstance(p, TextPart) else p.tag is not None for p in parts
    )
