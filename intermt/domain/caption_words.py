"""Words of captions that say what kind of picture is asked for."""

from __future__ import annotations

import re

BEGINNING = 20
"""Where in a caption, in characters, a word still says what the picture is."""

_LONGEST_CITED = 40


def any_of(*patterns: str) -> re.Pattern[str]:
    """A pattern that any of these matches, in capitals or not."""
    return re.compile("|".join(f"(?:{pattern})" for pattern in patterns), re.IGNORECASE)


def cited(words: str) -> str:
    """Words of a caption as a reason quotes them, cut where they are long."""
    short = " ".join(words.split())
    return f'"{short}"' if len(short) <= _LONGEST_CITED else f'"{short[:_LONGEST_CITED]}..."'


QUOTED = re.compile(r"\"[^\"]*\"|“[^”]*”|«[^»]*»|'[^']{1,60}'|‘[^’]*’")
COMPOSED = any_of(
    r"\b(?:collage|montage|mood ?board|side[\s-]by[\s-]side|split[\s-]screen|sequence of|series of"
    r"|before[\s-]and[\s-]after|composite|grid of|word cloud|flow ?chart|timeline|flat ?lay)\b",
    r"\b(?:two|three|four|five|several|multiple|different) (?:images|pictures|photos|diagrams)\b",
    r"\b(?:compar(?:ing|ison (?:chart|graph|table|of|between))|versus|vs\.?)\b",
)
"""A new picture made of several, whatever it shows."""

RECORDED = any_of(
    r"\b(?:historical|historic|archival|archive|vintage|satellite|aerial|press|stock|real"
    r"|real[\s-]life|actual|official|documentary)\s+(?:[\w-]+\s+)?"
    r"(?:images?|photos?|photographs?|pictures?|views?|portraits?|maps?|footage)\b",
)
"""A picture that was taken of something that exists."""
