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
    r"|median|weight|confidence|worse|worst|weaker|weakest|loser|inferior|lower|example|sample|placeholder)\s*",
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


# The answer that is asked for behind these words is not the one preferred.
_WORSE = re.compile(
    r"\b(?:worse|worst|weaker|weakest|inferior|los(?:er|ing)|lesser|less(?:\s+(?!than)\w{1,12})?|least|lower|lowest|poor(?:er|est)?|bad|wrong|rejected|"
    r"dispreferred|schlechter\w*|peor|pire|peggiore|pior|хуже)\b[\s\"'*_`]*"
    r"(?:(?:one|answer|response|candidate|conversation|option|reply|choice|side|model|performance|quality)\b[\s:\"'*_`]*)?"
    r"(?:(?:is|was)\s+)?(?:(?:in\s+terms\s+of|on|in|for|regarding|at|by|with|under|as\s+to)\s+)?(?:the\s+)?[\s(\[\"'*_`:–—-]*\Z"
    r"|(?:更差|较差|更弱|较弱|劣)[^\s。.;]{0,6}[\s:]*\Z",
    re.IGNORECASE,
)


_SCALE_LEAD = re.compile(
    r"\W*(?:scale\W*)?(-?\d{1,3})\s*(?:-|–|to)\s*(\d{1,3})\W*|\W*(?:on|of|out\s+of|max(?:imum)?|sur|von|de|из)\W*"
    r"(\d{1,3})\W*|\s*/\s*(\d{1,3})\W*",
    re.IGNORECASE,
)


def scale_before(lead: str, scales: Sequence[tuple[int, int]]) -> bool:
    """Whether all that stands before a name is another scale, as in "(1-5) text quality"."""
    match = _SCALE_LEAD.fullmatch(lead) if scales and len(lead) < 40 else None
    if match is None:
        return False
    if match[1] is not None:
        return (int(match[1]), int(match[2])) not in scales
    return int(match[3] or match[4]) != scales[0][1]


_WORSE_LISTED = re.compile(
    r"[\s#*_>(-]{0,12}(?:the\s+)?(?:worse|worst|weaker|weakest|inferior|los(?:ers?|ing)|poorer|rejected|dispreferred|lesser)"
    r"(?:\s+(?:one|answer|response|candidate|option|conversation|choice|side)s?)?"
    r"(?:\s+(?:per|by|for|on|in|of)\s+(?:each\s+|every\s+|the\s+|all\s+)?\w{1,14})?[\s:*_)#]*",
    re.IGNORECASE,
)


def worse_listed(line: str) -> bool:
    """Whether a line heads a list of answers that are not the ones preferred."""
    return len(line) < 120 and _WORSE_LISTED.fullmatch(line) is not None


def worse_wanted(lead: str) -> bool:
    """Whether the words before a name ask for the worse of two, as in "weaker on text quality"."""
    return _WORSE.search(lead) is not None


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
