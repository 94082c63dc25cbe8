"""The value that follows a dimension's name in a line."""

from __future__ import annotations

import re
from collections.abc import Sequence

from intermt.domain.reply_values import QUALITY, Reader, Reading

_POST = re.compile(r"[\"'*_`\]]{0,6}")
# "G1 上下文感知: 3" says the name again in the reply's own language.
_AGAIN = re.compile(r"[ \t]+[^\x00-\x7f不没]{2,24}(?=[\"'*_`)]{0,4}\s*[:=])[\"'*_`)]{0,4}")
_BRACKETED = re.compile(r"(?:^|[^\sA-Za-z])\s*\([^()]{1,50}\Z")
_ASIDE = re.compile(
    r"\s*(?:\((?P<round>[^()\n]{0,80})\)|\[(?P<square>[^\[\]\n]{1,80})\])[\"'*_`]{0,4}"
)
_SCALE_ASIDE = re.compile(
    r"\s*(?:scale\s*:?\s*|from\s+|range\s*:?\s*)?(-?\d{1,3})\s*(?:-|–|to|\.\.)\s*(\d{1,3})\s*"
)
_MAX_ASIDE = re.compile(r"\s*(?:/|out\s+of|max\.?:?)\s*(\d{1,3})\s*", re.IGNORECASE)
_OTHER_ASIDE = re.compile(
    r"\s*(?:(?:turn|round|image|picture|answer|response|conversation)\s*[\dAB]{1,2}|max(?:imum)?|min(?:imum)?"
    r"|humans?|users?|annotators?|previous|prior|before|initial|draft|reference|expected|target|average|mean"
    r"|median|weight|confidence)\s*",
    re.IGNORECASE,
)
_LABEL_WORD = (
    r"(?:(?:my|the|final)\s+){0,2}(?:score|rating|value|mark|grade|verdict|evaluation|assessment|"
    r"points|winner|preference|preferred|choice|better(?:\s+\w{1,20})?|vote)"
)
_CONNECT = re.compile(
    rf"(?:\s*[-–—,;:|]?\s*[*_`\"'(]*{_LABEL_WORD}(?!\s+[A-F]\b(?!\s*[:=]))(?=[\s:=\"'*_`)]|-\s)[\"'*_`)]{{0,4}})?"
    r"(?:\s*\(\s*-?\d\s*(?:-|–|to)\s*\d{1,3}\s*\))?"
    r"(?P<strong>\s*(?:[:=]{1,2}>?|[-=]{1,2}>|→|⇒|[—–]{1,2}(?!\d)|-{1,2}(?=\s)|\.{2,}|…|>(?![\s=]))"
    r"(?:\s*[:=])?)?"
    rf"(?:[\s*_]*{QUALITY}[\s*_]*(?:[,:(\[/]|[-–—](?=\s))\s*)?"
    r"(?:[\s*_]*[★☆⭐🌟]{1,10}\s*(?=\())?"
    r"(?P<bag>[\s*_`\"']*(?:(?:is|are|was|goes|gets?|got|receives?|received|scores?|scored|deserves?|"
    r"earns?|merits?|warrants?|has|stands|at|as|with|both|each|all|therefore|thus|clearly|solid|"
    r"definitely|rated|given|assigned|awarded|rating|worth|equals?|(?-i:an?)|the|my|I|I'd|I'll|I'm|"
    r"would|will|give|giving|rate|assign|award|it|this|points|of|score|final|verdict|to|be|"
    r"then|so|we|straightforward|full)(?=[\s:=])(?:\s*[:=])?[\s*_`\"'(]+){1,9})?",
    re.IGNORECASE,
)


def value_behind(
    line: str, pos: int, reader: Reader, scales: Sequence[tuple[int, int]]
) -> Reading | None:
    """The value a name's colon, dash, verb or space leads to."""
    post = _POST.match(line, pos)
    pos = post.end() if post else pos
    again = _AGAIN.match(line, pos)
    pos = again.end() if again else pos
    if line[pos : pos + 1] == ")" and _BRACKETED.search(line, max(0, pos - 60), pos):
        pos += 1
    inside: Reading | None = None
    for _ in range(2):
        aside = _ASIDE.match(line, pos)
        if aside is None:
            break
        text = aside["round"] if aside["round"] is not None else aside["square"]
        bracketed = aside["square"] is not None
        if bracketed and not (_SCALE_ASIDE.fullmatch(text) or text.strip().isdigit()):
            break
        if _foreign_aside(text, scales):
            return Reading(None, pos, aside.end())
        bare = re.sub(r"^\s*(?:score|rating|winner|better)\s*[:=]\s*", "", text, flags=re.I)
        inside = reader.alone(bare) or inside
        pos = aside.end()
    connect = _CONNECT.match(line, pos)
    strong = connect is not None and bool(connect["strong"] or connect["bag"])
    at = connect.end() if connect is not None else pos
    spaced = at < len(line) and line[at - 1 : at].isspace()
    reading = None
    if strong or spaced or line[at : at + 1].isspace() or (at > pos):
        reading = reader.at(line, at, strong)
    elif (row := re.match(r"\s*[,\t;]\s*", line[at:])) and not line[:pos].strip().count(","):
        reading = reader.at(line, at + row.end(), False)
    if inside is not None:
        inside = Reading(None if line[pos : pos + 1] == "?" else inside.value, pos, pos)
        if reading is not None and reading.value != inside.value:
            return Reading(None, pos, reading.end)
        return inside
    return reading


def _foreign_aside(text: str, scales: Sequence[tuple[int, int]]) -> bool:
    """Whether what stands in brackets behind a name is another scale or somebody else's."""
    if (scale := _SCALE_ASIDE.fullmatch(text)) is not None:
        return (int(scale[1]), int(scale[2])) not in scales
    if (highest := _MAX_ASIDE.fullmatch(text)) is not None:
        return int(highest[1]) != scales[0][1]
    return _OTHER_ASIDE.fullmatch(text) is not None
