"""What a simulated model makes of a prompt: its cues, and the answers it is to judge.

Prompts are read the way a stranger would: by headings such as `Answer A:` and by speakers
such as `Assistant:`. Where a prompt fences what others wrote (`<<< MARK` ... `>>> MARK`),
headings count only outside the fences, and answers are what stands inside.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from intermt.simulator.latent import quality

_OPEN = r"^[#*=>_\[(< \t-]*"
_CLOSE = r"[ \t]*[\])*#>=_-]*[ \t]*(?::[ \t*]*|$)"
_SIDE = re.compile(
    _OPEN
    + r"(?:the[ \t]+)?(?:answer|response|reply|candidate|option|conversation|dialogue|assistant)"
    + r"[ \t_#-]*(?P<side>[ab12])(?![\w'])(?:[ \t]*\([^()\n]*\))?"
    + _CLOSE,
    re.IGNORECASE | re.MULTILINE,
)
_LABEL = re.compile(
    _OPEN
    + r"(?:turn[ \t]+\d+[ \t,:.-]*)?(?:the[ \t]+)?"
    + r"(?P<who>assistant|answer|response|reply|model|user|question|prompt|human)"
    + r"(?:'s)?(?:[ \t]+(?!and\b|or\b)[\w.()-]+){0,4}"
    + _CLOSE,
    re.IGNORECASE | re.MULTILINE,
)
_ASKING = re.compile(r"\b(?:user|question|prompt|human)\b", re.IGNORECASE)
_FENCE = re.compile(r"^(?P<sign><<<|>>>)[ \t]*(?P<mark>\S+)[ \t]*$", re.MULTILINE)

Side = Literal["a", "b"]


@dataclass(frozen=True, slots=True)
class Block:
    """Something that a prompt shows.

    Attributes:
        body: What it says.
        asks: Whether the user says it.
        side: The candidate it belongs to, or None.
    """

    body: str
    asks: bool
    side: Side | None


def outside_fences(text: str) -> str:
    """A prompt without what it quotes between fences."""
    ends = [(0, 0), *((opening.start(), closing.end()) for opening, closing in _fences(text))]
    starts = [*(start for start, _ in ends[1:]), len(text)]
    return "\n".join(text[end:start] for (_, end), start in zip(ends, starts, strict=True))


def _fences(text: str) -> list[tuple[re.Match[str], re.Match[str]]]:
    """Opening and closing line of every fence; what stands inside one opens none."""
    found = []
    opening: re.Match[str] | None = None
    for match in _FENCE.finditer(text):
        if opening is None and match["sign"] == "<<<":
            opening = match
        elif opening is not None and match["sign"] == ">>>" and match["mark"] == opening["mark"]:
            found.append((opening, match))
            opening = None
    return found


@lru_cache(maxsize=512)
def fenced_blocks(text: str) -> tuple[Block, ...]:
    """What a prompt quotes between fences, in order; empty if it has none."""
    blocks = []
    begin = 0
    side: Side | None = None
    for opening, closing in _fences(text):
        before = text[begin : opening.start()]
        for heading in _SIDE.finditer(before):
            side = _side(heading)
        headline = before.rstrip().rpartition("\n")[2]
        body = text[opening.end() : closing.start()]
        blocks.append(Block(body, _ASKING.search(headline) is not None, side))
        begin = closing.end()
    return tuple(blocks)


@lru_cache(maxsize=512)
def compared(text: str) -> tuple[float, float, bool] | None:
    """Latent qualities of candidates A and B in a prompt, and whether A stands first.

    A candidate begins at a line that is its heading, such as `Answer A:`, `## Response 2`
    or `[Conversation B]`. Unfenced, it ends at the next such heading, at a closing tag, or
    at a heading of its own kind; where a heading comes twice, the last one with text
    counts. A candidate of several answers has their mean. None if either is not there.
    """
    blocks = fenced_blocks(text)
    if not blocks:
        return _compared_unfenced(text)
    answers = [block for block in blocks if not block.asks and block.side is not None]
    a = [quality(block.body) for block in answers if block.side == "a"]
    b = [quality(block.body) for block in answers if block.side == "b"]
    if not a or not b:
        return None
    return sum(a) / len(a), sum(b) / len(b), answers[0].side == "a"


def _compared_unfenced(text: str) -> tuple[float, float, bool] | None:
    found = list(_SIDE.finditer(text))
    spans: dict[Side, tuple[int, str]] = {}
    for number, match in enumerate(found):
        end = found[number + 1].start() if number + 1 < len(found) else len(text)
        body = _until_closed(text[match.end() : end], match.group())
        if body.strip():
            spans[_side(match)] = (match.start(), body)
    if len(spans) < 2:
        return None
    (a_start, a), (b_start, b) = spans["a"], spans["b"]
    return judged_quality(a, last=False), judged_quality(b, last=False), a_start < b_start


def _side(heading: re.Match[str]) -> Side:
    return "a" if heading["side"] in "aA1" else "b"


def _until_closed(body: str, heading: str) -> str:
    level = len(heading.strip()) - len(heading.strip().lstrip("#"))
    closing = r"^[ \t]*</" if level == 0 else rf"^[ \t]*(?:</|#{{1,{level}}}[ \t])"
    if (match := re.search(closing, body, re.MULTILINE)) is not None:
        return body[: match.start()]
    return body


def judged_quality(text: str, *, last: bool) -> float:
    """The latent quality of what a prompt shows: its last answer, or the mean over all.

    Unfenced answers begin at lines such as `Assistant:` or `### Answer of turn 2`. Where
    there are none, the whole text counts as one.
    """
    answers = _answers(text)
    if not answers:
        return quality(text)
    if last:
        return quality(answers[-1])
    return sum(map(quality, answers)) / len(answers)


@lru_cache(maxsize=512)
def _answers(text: str) -> tuple[str, ...]:
    if blocks := fenced_blocks(text):
        return tuple(block.body for block in blocks if not block.asks)
    found = list(_LABEL.finditer(text))
    bodies = []
    for number, match in enumerate(found):
        end = found[number + 1].start() if number + 1 < len(found) else len(text)
        body = _until_closed(text[match.end() : end], match.group())
        if not _ASKING.match(match["who"]) and body.strip():
            bodies.append(body)
    return tuple(bodies)
