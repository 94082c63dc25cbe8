"""Single values in a line of text: a score, a grade, or which of two is better.

A reader accepts a value only where the text around it lets a careful person read it as one:
`3 - clear`, `3/3` and `3 because ...` are a 3; `3 typos`, `2-3`, `3/5`, `3?` and
`3 would be too much` are not.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Reading:
    """A value at a place.

    Attributes:
        value: What it says; None where something is stated that is no usable value, such
            as a range or another scale.
        start: Offset where its statement begins.
        end: Offset behind it.
        subject: Whether the statement itself says that it is about the whole.
    """

    value: int | str | None
    start: int
    end: int
    subject: bool = False


class Reader(Protocol):
    """Reads one kind of value."""

    def at(self, line: str, pos: int, strong: bool) -> Reading | None:
        """The value at `pos`; `strong` says whether a colon or a verb leads to it."""

    def whole(self, cell: str) -> Reading | None:
        """The value that is all a cell, a string or a line says."""

    def alone(self, line: str) -> Reading | None:
        """The value that a line consists of, or None."""

    def loose(self, line: str) -> Iterator[Reading]:
        """The values a line states without naming what they are for."""


# --- numbers -----------------------------------------------------------------------------

_WORD_NUMBERS = {
    "zero": 0, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7,
    "eight": 8, "nine": 9, "ten": 10, "minus one": -1, "negative one": -1, "minus 1": -1,
    "negative 1": -1, "零": 0, "〇": 0, "一": 1, "二": 2, "两": 2, "三": 3, "四": 4, "五": 5,
}  # fmt: skip
_NUMBER = (
    r"(?:[-–]?\d{1,9}(?:[.,]\d{1,9}){0,8}(?!\d)|(?:minus|negative)\s+(?:one|1)"
    r"|zero|one|two|three|four|five|six|seven|eight|nine|ten|[零〇一二两三四五])"
    r"(?!(?!分)[^\W_]|[%+]|_[A-Za-z0-9]|[.,]\d|-[A-Za-z])"
)
_OPEN = r"(?:[*_`\"'“”‘(\[{$\s]|\\(?:boxed|fbox|text|textbf|mathbf|mathrm)\s*\{){0,12}"
_CLOSE = r"[*_`\"'“”’)\]}$]{0,12}"
_VALUE = re.compile(rf"{_OPEN}(?P<number>{_NUMBER}){_CLOSE}", re.IGNORECASE)
_DENOMINATOR = re.compile(
    r"\s*[*_`]*\(?\s*(?:(?:points?|分|marks?|stars?)\s+)?"
    r"(?:/|out\s+of|of|\(?max(?:imum)?\.?\s*(?:of|:|=)?|满分)\s*"
    r"(?:a\s+(?:possible|maximum)\s+(?:of\s+)?)?[*_`(]*"
    rf"(?P<number>{_NUMBER})(?:\s*(?:points?|分|stars?))?{_CLOSE}",
    re.IGNORECASE,
)
_POINTS = re.compile(
    r"\s*(?:points?\b|pts\b\.?|分|marks?\b|stars?\b)|\s+(?:on|in)\s+(?:a|the)\s+"
    r"(?:scale(?:\s+(?:of|from))?\s+)?-?\d\s*(?:-|–|to)\s*\d(?:\s+scale)?",
    re.IGNORECASE,
)

# A range, a list or a revision: the number before is not the whole statement.
_GOES_ON = re.compile(
    r"\s*(?:[-–—~/|,;&]|\.{2,}|to\b|or\b|and\b|vs\b|->|→|=>|\+|,?\s*(?:then|now|or rather)\b)\s*"
    r"(?:or\s+|and\s+)?[*_`\"'(\[]*[-–]?\d(?!\d?[.)]\s*[*_`]*[A-Za-z])"
    r"|\s*[,;]?\s*\(?(?:or|if|unless|maybe|perhaps|possibly|otherwise|when|assuming)\b"
    r"|\s*\([^()\n]{0,80}\)\s*(?:[-–—,;/]|to\b|or\b|and\b)\s*(?:or\s+|and\s+)?[*_`\"'(]*-?\d"
    r"|\s*\(\s*(?:or\b|maybe\b|could\b|perhaps\b|\?|[-–]?\d(?!\s*(?:=|/|out\b|of\b)))"
    r"|\s*[?%+]|\s*(?:->|→|=>)"
    r"|[^\n]{0,80}?\b(?:actually|wait|correction|scratch\s+that|make\s+(?:it|that)|no,|second\s+thought)"
    r"\b[^\n]{0,40}?(?:\d|\b(?:zero|one|two|three)\b)"
    r"|\s+(?:for|in|on|at)\s+(?:the\s+)?(?:turn|round|first|second|third|last|previous|other|"
    r"image|picture|answer\s+[AB12]|response\s+[AB12])\b",
    re.IGNORECASE,
)
# Other anchors of a scale on the same line: a rubric is being quoted.
_ANCHORS = re.compile(
    r"[;,.|(]\s*(?:and\s+|or\s+)?[*_`\"']*-?\d[*_`\"']*"
    r"(?:\s*[-–—=:]\s*(?![-–]?\d)|\s+(?:for|if|when|means?|is|being|points?)\b)",
    re.IGNORECASE,
)
_ENDS_STRONG = re.compile(
    r"\s*(?:$|[,;!)\]}|<{#]|\.(?!\d)|:(?!\s*\d)|//|[—–]|\(|\[|\\)|\s+-|-\s"
    r"|\s+(?:because|since|as|due|given|for|and|but|while|whereas|with|though|although|so|thus|"
    r"which|where|here|reason|overall|this|it|the|i|we|on|to|across|in)\b|[^\x00-\x7f\w]|\s+[^\x00-\x7f]",
    re.IGNORECASE,
)
_SENTENCE = re.compile(r"\s+[A-Z]")
_ENDS_WEAK = re.compile(
    r"\s*(?:$|[,;!)\]}|]|\.(?!\d)|[—–]|\()|\s+-\s|\s+(?:because|since|for|and|but)\b"
)
_LABEL = re.compile(
    r"(?:^|[.;,:(\[!?—–|>-]|\b(?:so|thus|hence|therefore|and|my|the|a))\s*[\"'*_`(\[#]{0,6}\s*"
    r"(?:(?:my|the|your|final|revised|corrected|updated)\s+){0,3}"
    r"(?:(?:score|rating|grade|mark|points|evaluation|verdict|(?<=final\s)answer"
    r"|(?:answer|result)(?!s?\s+is\b))s?|final(?=\s*[:=]))"
    r"(?:\s+(?:given|assigned|awarded|here|for\s+this(?:\s+\w+)?))?[\"'*_`]{0,4}"
    r"(?:\s*\(\s*(?P<low>-?\d)\s*(?:-|–|to)\s*(?P<high>\d{1,3})\s*\))?[\"'*_`]{0,4}"
    r"(?P<link>\s*(?:[:=]+>?|->|→|[—–])|\s+-(?=\s)|\s+(?:is|of|would\s+be)\b|\s+(?=[\d*\[]))"
    r"(?:\s+(?:therefore|thus|a|an|clearly|at)\b)?",
    re.IGNORECASE,
)
_GIVE = re.compile(
    r"\b(?:give|gave|giving|rate|rated|assign|assigned|award|awarded|score|scored|grade|graded|"
    r"deserves?|merits?|earns?|warrants?|gets?|receives?|worth|settle\s+on|go\s+with)\s+"
    r"(?:(?:it|this|that|the|an?|answer|response|turn|reply|conversation|description|recognition|"
    r"dimension|candidate|text|as|at|with|my|score|rating|grade|mark|of|to|be|here|is|solid|full|"
    r"whole|model'?s|judge'?s)[:\s]\s*){0,8}",
    re.IGNORECASE,
)
_BARE_FRACTION = re.compile(
    rf"(?:^|[.;,!]\s|[—–]|\s-\s|\()\s*[*_`]{{0,3}}(?={_NUMBER}\s*(?:/|out\s+of))", re.IGNORECASE
)
_ALONE = re.compile(r"\s*(?:[-*•]\s+)?(?P<body>.{1,60}?)\s*\Z", re.DOTALL)


@dataclass(frozen=True, slots=True)
class NumberReader:
    """Reads whole numbers; `highest` is the only denominator that fits the scale."""

    highest: int

    def at(self, line: str, pos: int, strong: bool) -> Reading | None:
        """The number at `pos`, whatever its size; a value of None for ranges and the like."""
        match = _VALUE.match(line, pos)
        if match is None:
            return None
        value, end = _whole_number(match["number"]), match.end()
        while (more := _DENOMINATOR.match(line, end)) is not None:
            if _whole_number(more["number"]) != self.highest or (value or 0) < 0:
                value = None
            end = more.end()
        if (points := _POINTS.match(line, end)) is not None:
            end = points.end()
            if (more := _DENOMINATOR.match(line, end)) is not None:
                value = value if _whole_number(more["number"]) == self.highest else None
                end = more.end()
        rest = line[end : end + 300]
        if _GOES_ON.match(rest) or _ANCHORS.search(rest):
            return Reading(None, pos, end)
        ends = _ENDS_STRONG if strong else _ENDS_WEAK
        if ends.match(rest) or (strong and _SENTENCE.match(rest)):
            return Reading(value, pos, end)
        return None

    def whole(self, cell: str) -> Reading | None:
        """The number that a cell consists of, or begins with before a reason."""
        text = cell.strip()
        reading = self.at(text, 0, True) if text else None
        if reading is not None or not text:
            return reading
        found = {r.value for r in self.loose(text)}
        if len(found) == 1 and not text[:1].isdigit():
            return Reading(found.pop(), 0, len(text))
        return Reading(None, 0, len(text)) if found or text[:1].isdigit() else None

    def alone(self, line: str) -> Reading | None:
        """The number that a line consists of and nothing else."""
        body = _ALONE.match(line)
        if body is None:
            return None
        reading = self.at(body["body"], 0, True)
        if reading is None or body["body"][reading.end :].strip(" .") or line.rstrip()[-1:] == ".":
            return None
        return Reading(reading.value, 0, len(line))

    def loose(self, line: str) -> Iterator[Reading]:
        """Numbers after a word such as Score, after a verb of giving, and `3/3`."""
        for match in _LABEL.finditer(line):
            low, high = match["low"], match["high"]
            strong = match["link"].strip() != ""
            reading = self.at(line, match.end(), strong)
            if reading is not None:
                fits = high is None or (int(high) == self.highest and int(low) <= 1)
                yield Reading(reading.value if fits else None, match.start(), reading.end)
        for pattern in (_GIVE, _BARE_FRACTION):
            for match in pattern.finditer(line):
                reading = self.at(line, match.end(), True)
                # "Score (0-3)" names a scale.
                if reading is not None and (reading.value is not None or line[match.end()] != "("):
                    yield Reading(reading.value, match.start(), reading.end)


def _whole_number(text: str) -> int | None:
    """The number if it is whole, as in `3` or `3.0`."""
    text = re.sub(r"\s+", " ", text.lower())
    if text in _WORD_NUMBERS:
        return _WORD_NUMBERS[text]
    text = text.replace("–", "-")
    match = re.fullmatch(r"(-?(?:0|[1-9]\d{0,8}))(?:\.0{1,9})?", text)
    return int(match[1]) if match else None


def whole_number(text: str) -> int | None:
    """The whole number a JSON number says; None for fractions, exponents and NaN."""
    return _whole_number(text.replace("−", "-"))
