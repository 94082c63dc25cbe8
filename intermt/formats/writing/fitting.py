"""Making a pair fit what a trainer can hold, by a rule that the user chose.

What a trainer cannot take is never left out silently: a pair is refused with the reason,
or its pictures become their captions in words.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from typing import Literal

from intermt.formats.writing.pairs import Holds, PairRecord, PicturePath
from intermt.records import ImagePart, Message, TextPart

Rule = Literal["error", "drop", "caption"]
"""`error` ends the command and `drop` the pair; `caption` puts words in a picture's place."""

_TAG = re.compile(r"<\s*\[?\s*image\s*\]?\s*[,:，：﹐]?(.*)>", re.IGNORECASE | re.DOTALL)


def misfits(pair: PairRecord, holds: Holds, path_of: PicturePath) -> list[str]:
    """What of a pair a trainer cannot take, in words that can be counted.

    Args:
        pair: The pair.
        holds: What the trainer takes.
        path_of: Tells which pictures have a file.
    """
    found: list[str] = []
    prompts = [p for m in pair.prefix if m.role == "user" for p in pictures_of([m])]
    history = [p for m in pair.prefix if m.role == "assistant" for p in pictures_of([m])]
    chosen, rejected = pictures_of(pair.chosen), pictures_of(pair.rejected)
    if not holds.chains and max(len(pair.chosen), len(pair.rejected)) > 1:
        found.append("several messages after the prefix")
    if not holds.turns and sum(m.role == "user" for m in pair.prefix) > 1:
        found.append("several turns")
    lacking = [p for p in all_pictures(pair) if p.sha256 is None or path_of(p.sha256) is None]
    if lacking and not holds.missing:
        found.append("a missing picture")
    if prompts and not holds.prompts:
        found.append("pictures in prompts")
    if history and not holds.history:
        found.append("pictures in earlier answers")
    if (chosen or rejected) and holds.answers == "none":
        found.append("pictures in chosen or rejected")
    if holds.answers == "same" and [p.sha256 for p in chosen] != [p.sha256 for p in rejected]:
        found.append("other pictures in chosen than in rejected")
    if holds.most is not None and len(all_pictures(pair)) > holds.most:
        found.append(f"more than {holds.most} picture" + "s" * (holds.most != 1))
    if not holds.any_pair:
        found.extend(_no_pair(pair))
    return found + holds.also(pair)


def _no_pair(pair: PairRecord) -> list[str]:
    """Why no trainer can learn from a pair, whatever it can hold."""
    found: list[str] = []
    if [_content(m) for m in pair.chosen] == [_content(m) for m in pair.rejected]:
        found.append("the same content in chosen and rejected")
    prefix: list[str] = [m.role for m in pair.prefix]
    prefix = prefix[1:] if prefix[:1] == ["system"] else prefix
    sides: list[list[str]] = [[m.role for m in side] for side in (pair.chosen, pair.rejected)]
    if not (
        takes_turns(prefix, "user", "assistant")
        and all(takes_turns(side, "assistant", "user") for side in sides)
    ):
        found.append("prompts and answers that do not take turns")
    return found


def takes_turns(roles: list[str], first: str, other: str) -> bool:
    """Whether they begin and end with `first` and alternate in between."""
    return len(roles) % 2 == 1 and roles == [first, other] * (len(roles) // 2) + [first]


def _content(message: Message) -> list[tuple[str, str | None]]:
    """What a message says, however it is cut into parts."""
    content: list[tuple[str, str | None]] = []
    for part in message.parts:
        if not isinstance(part, TextPart):
            content.append(("picture", part.sha256 or part.name or part.tag))
        elif content and content[-1][0] == "text":
            content[-1] = ("text", f"{content[-1][1]}{part.text}")
        elif part.text:
            content.append(("text", part.text))
    return content


def captioned(pair: PairRecord, holds: Holds, path_of: PicturePath) -> PairRecord:
    """The pair with words in the place of the pictures that a trainer cannot take.

    A message loses all its pictures or none, so that no picture is taken for another. What
    does not fit for another reason than pictures still does not.
    """

    def lacks(messages: Iterable[Message]) -> bool:
        return not holds.missing and any(
            p.sha256 is None or path_of(p.sha256) is None for p in pictures_of(messages)
        )

    def made_to_fit(message: Message, *, fits: bool) -> Message:
        return message if fits and not lacks([message]) else in_words(message)

    def side(messages: tuple[Message, ...], *, fits: bool) -> tuple[Message, ...]:
        return tuple(made_to_fit(message, fits=fits) for message in messages)

    same = [p.sha256 for p in pictures_of(pair.chosen)] == [
        p.sha256 for p in pictures_of(pair.rejected)
    ]
    answers_fit = holds.answers == "own" or (
        holds.answers == "same" and same and not lacks((*pair.chosen, *pair.rejected))
    )
    made = replace(
        pair,
        prefix=tuple(
            made_to_fit(m, fits=holds.prompts if m.role == "user" else holds.history)
            for m in pair.prefix
        ),
        chosen=side(pair.chosen, fits=answers_fit),
        rejected=side(pair.rejected, fits=answers_fit),
    )
    if holds.most is None or len(all_pictures(made)) <= holds.most:
        return made
    return replace(
        made,
        prefix=side(made.prefix, fits=False),
        chosen=side(made.chosen, fits=False),
        rejected=side(made.rejected, fits=False),
    )


def all_pictures(pair: PairRecord) -> list[ImagePart]:
    """Every picture of a pair in reading order: prefix, chosen, rejected."""
    return [*pictures_of(pair.prefix), *pictures_of(pair.chosen), *pictures_of(pair.rejected)]


def pictures_of(messages: Iterable[Message]) -> list[ImagePart]:
    """Every picture of messages in reading order."""
    return [part for message in messages for part in message.parts if isinstance(part, ImagePart)]


def in_words(message: Message) -> Message:
    """The message as one text, with words set off by a space where a picture was."""
    text = ""
    was_picture = False
    for part in message.parts:
        is_picture = isinstance(part, ImagePart)
        words = _words(part) if isinstance(part, ImagePart) else part.text
        touch = bool(text and words) and not (text[-1].isspace() or words[0].isspace())
        if touch and (is_picture or was_picture):
            text += " "
        text += words
        was_picture = is_picture or (was_picture and not words)
    return replace(message, parts=(TextPart(text),))


def _words(picture: ImagePart) -> str:
    """A picture's caption; its name says where a file was, and is no caption."""
    tag = _TAG.fullmatch(picture.tag.strip()) if picture.tag else None
    caption = (tag[1] if tag else picture.tag or "").strip()
    return f"[picture: {caption}]" if caption else "[picture]"
