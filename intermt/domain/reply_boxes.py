r"""Values in boxes and brackets: `\boxed{3}`, `[[A]]`, `Scores: [3, 2, 1, 0]`."""

from __future__ import annotations

import re
from dataclasses import dataclass

from intermt.domain.reply_values import Reader

_BOX = re.compile(
    r"(?:\\(?:boxed|fbox)\s*\{|\[\[)\s*"
    r"(?P<body>(?:[^{}\[\]\n]|\[[^\[\]\n]{0,150}\]){1,200}?)"
    r"\s*(?:\}|\]\])"
)
_OFFERED = re.compile(
    r"[\s\"'`*$]*(?:,?\s*(?:if|or|for|when)\b|means\b"
    r"|[(–—-]\s*(?:an?\s+|the\s+|only\s+|just\s+){0,3}(?:worse|worst|weaker|inferior|loser|losing|bad|poorer|placeholder|example"
    r"|dummy|sample|template|made\s+up)\b)",
    re.IGNORECASE,
)
_BRACKETS = re.compile(
    r"[\s*_`#>-]*+(?:(?:my|the|final)\s+){0,3}(?:scores?|ratings?|verdicts?|answers?|preferences?)?"
    r"[\s*_`]*[:=]?[\s*_`$]*\[(?P<body>[^\[\]\n]{1,200})\][\s*_`$.]*$",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Box:
    """A box or a bracketed list.

    Attributes:
        start: Where it begins in its line.
        values: As in `Reading.value`; empty if something in it is no value at all.
        drawn: Whether it is a box, which marks a verdict, or only a list.
        offered: Whether the line says what to write in which case, as an instruction does.
    """

    start: int
    values: tuple[int | str | None, ...]
    drawn: bool
    offered: bool


def boxes(line: str, reader: Reader) -> list[Box]:
    """The boxes of a line; without any, the bracketed list that the line consists of."""
    drawn = list(_BOX.finditer(line))
    found = drawn
    if not drawn and len(line) < 500 and (brackets := _BRACKETS.match(line)) is not None:
        found = [brackets]
    offered = any(_OFFERED.match(line[m.end() : m.end() + 40]) for m in found)
    return [Box(m.start(), _values(m["body"], reader), bool(drawn), offered) for m in found]


def _values(body: str, reader: Reader) -> tuple[int | str | None, ...]:
    body = body.strip().removeprefix("[").removesuffix("]")
    items = [item for item in re.split(r"\s*[,;，、]\s*", body) if item]
    readings = [reader.alone(item) for item in items]
    return tuple(r.value for r in readings if r is not None) if None not in readings else ()
