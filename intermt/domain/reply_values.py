"""Single values in a line of text: a score, a grade, or which of two is better.

A reader accepts a value only where the text around it lets a careful person read it as one:
`3 - clear`, `3/3` and `3 because ...` are a 3; `3 typos`, `2-3`, `3/5`, `3?` and
`3 would be too much` are not.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Protocol

from intermt.domain.late_patterns import LatePattern
from intermt.domain.reply_revisions import revised
from intermt.domain.reply_shown import marked_as_shown


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

    def kept(self, reading: Reading | None, line: str, end: int | None = None) -> Reading | None:
        """The reading, of value None where the line up to `end` takes it back."""

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
    r"(?!(?![分点점])[^\W_]|[%+]|_[A-Za-z0-9]|[.,·'،‚˙⋅∙•∶\\^]\d|-[A-Za-z])"
)
_OPEN = r"(?:[*_`\"'“”‘(\[{$\s]|\\(?:boxed|fbox|text|textbf|mathbf|mathrm)\s*\{){0,12}"
_CLOSE = r"[*_`\"'“”’)\]}$]{0,12}"
_VALUE = LatePattern(rf"{_OPEN}(?P<number>{_NUMBER}){_CLOSE}", re.IGNORECASE)
_UNIT = (
    r"(?:points?\b|pts\b\.?|marks?\b|stars?\b|Punkte?n?\b|puntos?\b|punt[io]\b|pontos?\b"
    r"|балл(?:а|ов)?\b|[分点점](?:です|입니다)?|अंक|نقاط|نقطة|درجات|[★⭐\U0001F300-\U0001FAFF])"
)
_OF = (
    r"/|out\s+of|of|von|aus|sur|de|di|su|em|из|من|از|van(?:\s+de)?|z|af|av"
    r"|[(\[{]?max(?:imum)?\.?\s*(?:of|:|=)?|满分"
)
_DENOMINATOR = LatePattern(
    rf"\s*[*_`]*[(\[{{]?\s*(?:{_UNIT}\s+)?(?:{_OF})\s*"
    r"(?:a\s+(?:possible|maximum)\s+(?:of\s+)?)?[*_`(]*"
    rf"(?P<number>{_NUMBER})(?:\s*{_UNIT})?{_CLOSE}"
    rf"|\s*\(\s*(?P<full>{_NUMBER})\s*{_UNIT}?\s*(?:满分|滿分|満点|만점|制)\s*\)",
    re.IGNORECASE,
)
_POINTS = LatePattern(
    rf"\s*{_UNIT}|\s+(?:on|in)\s+(?:a|the)\s+"
    r"(?:scale(?:\s+(?:of|from))?\s+)?-?\d\s*(?:-|–|to)\s*\d(?:\s+scale)?",
    re.IGNORECASE,
)

_OR = (
    r"(?:to|or|and|bis|oder|und|ou|et|à|a|o|y|e|или|до|и|lub|i|veya|ve|eller|of|hoặc)\b"
    r"|أو|إلى|या|से|और|或|到|至|和|または|から|또는"
)
IF = (
    r"(?:or|if|unless|maybe|perhaps|possibly|otherwise|when|assuming|wenn|falls|vielleicht|si|"
    r"peut-être|quizás|если|возможно)\b|如果|也许|もし|たぶん|만약|إذا|ربما|अगर|शायद"
)
"""What takes a verdict back that stands before it: conditions and doubts."""
_AND = r"(?:and|&|\+|plus|with|und|mit|et|e|y|com|con|и|i|och|og|en)"
_PART = (
    r"(?:(?:an?|one|three|eine[nrm]?|un[ae]?|uma?|1|3)[\s-]+)?(?:half\b|halves\b|halfway\b|quarters?\b|thirds?\b|tenths?\b|"
    r"fraction\b|bit\b|halb\w{0,2}\b|demie?\b|medi[oa]\b|mezz[oa]\b|mei[oa]\b|полови\w+|полтин\w+|半|निम|نصف|½)"
    r"|(?:some|a\s+little)\s*(?:$|[.,;!)])|(?:1|3)\s*/\s*[234]\b(?!\s*\w)"
)
# A range, a list or a revision: the number before is not the whole statement.
_GOES_ON = LatePattern(
    rf"\s*(?:[-–—~〜/|,;&、]|\.{{2,}}|{_OR}|vs\b|->|→|=>|\+|,?\s*(?:then|now|or rather)\b)\s*"
    r"(?:or\s+|and\s+)?[*_`\"'(\[]*[-–]?\d(?!\d?[.)]\s*[*_`]*[A-Za-z])"
    rf"|\s*[,;]?\s*\(?(?:{IF})"
    r"|\s*\([^()\n]{0,80}\)\s*(?:[-–—,;/]|to\b|or\b|and\b)\s*(?:or\s+|and\s+)?[*_`\"'(]*-?\d"
    r"|\s*\(\s*(?:or\b|maybe\b|could\b|perhaps\b|\?|[-–]?\d(?!\s*(?:=|/|out\b|of\b)"
    # "(1 typo)" is a reason, "(2 without the boat)" another score.
    r"|\s+(?!(?:if|for|with(?:out)?|would|when|in|on|at|points?|to|or|and|but|is|was|max|minus|more|"
    r"less|as|because|after|before|by|from|instead|\w{1,20}ly)\b)[^\W\d_]{2,}))"
    r"|[\s,;]*(?:but\s+)?(?:lowered|reduced|down|dropped|brought\s+down|cut|raised|changed|revised)\b"
    r"[^\n.;]{0,40}?\bto\s+(?:an?\s+)?[*_`\"'(]{0,4}(?:\d|zero\b|one\b|two\b|three\b|four\b)"
    # What is quoted is denied, and what is graded is something else.
    r"|[^\"\n]{0,120}\"\s+(?:(?:does|is|was|would|do|has|can)(?:\s+not|n't)|cannot)\b"
    r"|\s*,?\s*but\s+(?:style|tone|that|this|it)\s+(?:is|does|was)(?:\s+not|n't)\b"
    r"|\s+(?:the|this|an?)\s+(?:answer|response|reply|text)\s+(?:must|should|would|needs?|has\s+to)\b"
    r"|[^\n.;]{0,60}?\b(?:(?:could|might)\s+(?:also\s+)?be\s+(?:an?\s+)?\d|\d\s+would\s+also\s+be\b)"
    # "2 and a half" is neither 2 nor 3, "2 in 5" is a rate, and the rest are units.
    rf"|[\s,(]*(?:{_AND}\s*)?(?:{_PART})|\s+in\s+(?:\d|(?:two|three|four|five|ten|a\s+hundred)\b)"
    r"|\s*(?:[°‰′″€£¥₽₹™®©×÷≈≠∼√]|\\(?=\s*\d)|\(\s*(?:typo|sic)\b)"
    r"|\s*\(\s*borderline\b|\s*(?:±|[<>≤≥]\s*[A-Za-z0-9])"
    r"|[\s,(]*(?:provisional|tentative|preliminary)(?:ly)?\b"
    r"|[\s,(–—-]*(?:(?:which\s+is\s+)?(?:what|as)\s+the\s+(?:assistant|answer|text|material)\s+"
    r"(?:itself\s+)?(?:claims?|says?|states?|demands?)|the\s+(?:assistant|answer)'s\s+own\s+claim)\b"
    r"|\s*[?%+½¼¾⅓⅔]|\s*(?:->|→|=>)"
    r"|[^\n]{0,80}?\b(?:actually|wait|correction|scratch\s+that|make\s+(?:it|that)|no(?=[,:])|second\s+thought|"
    r"on\s+reflection|reconsider\w{0,4})"
    r"\b[^\n]{0,40}?(?:\d|\b(?:zero|one|two|three)\b)"
    r"|\s+(?:for|in|on|at)\s+(?:the\s+)?(?:turn|round|first|second|third|last|previous|other|"
    r"image|picture|answer\s+[AB12]|response\s+[AB12])\b",
    re.IGNORECASE,
)
_WOULD_BE = LatePattern(r"\bwould\s+be\s+(?:an?\s+)?[*_`\"'(]{0,4}\Z", re.IGNORECASE)
_TAKEN_BACK = LatePattern(r"[^\n.;]{0,60}?\b(?:but|except|were|had|without)\b", re.IGNORECASE)
# Other anchors of a scale on the same line: a rubric is being quoted.
_ANCHORS = LatePattern(
    r"[;,.|(]\s*(?:(?:and|or|where|with)\s+)?[*_`\"']*-?\d[*_`\"']*"
    r"(?:\s*[-–—=:]\s*(?![-–]?\d)|\s+(?:for|if|when|means?|is|being|points?)\b)"
    # "1. Short. 2. Clear." counts what there is to say.
    r"|^\.\s[^\n]{1,200}?[.;]\s+2[.)]\s",
    re.IGNORECASE,
)
QUALITY = (
    r"(?:(?:very|quite|rather)\s+)?(?:excellent|good|fair|poor|bad|perfect|moderate|weak|strong|"
    r"acceptable|adequate|mediocre|flawless|high|low|medium)"
)
_ENDS_STRONG = LatePattern(
    r"\s*(?:$|[,;!)\]}|<{#]|\.(?!\d)|:(?!\s*\d)|//|[—–]|\(|\[|\\)|\s+-|-\s"
    r"|\s+(?:because|since|as|due|given|for|and|but|while|whereas|with|though|although|so|thus|"
    r"which|where|here|reason|overall|this|it|the|i|we|on|to|across|in)\b|\s*[^\x00-\x7f\w\s]"
    r"|(?-i:\s+[LG]\d\b)",
    re.IGNORECASE,
)
# Words of other scripts behind a unit: no other number and no denial may follow in the clause.
_AFTER_UNIT = LatePattern(
    r"\s+(?![^.,;!?()\n。]{0,60}(?:\d|नहीं|아니|아님|ない|değil|ليس|нет))[^\x00-\x7f]"
)
# A sentence begins, not a noun that is counted.
_SENTENCE = LatePattern(
    r"\s+(?:A|An|Its|That|There|These|They|All|No|Not|None|Nothing|Some|Very|Mostly|Fully|Only|Both|Each|Every|"
    r"You|He|She|My|Your|Our|Clear|Good|Excellent|Perfect|Fluent|Correct|Accurate|Clearly|Overall|However|"
    r"(?:Text|Answer|Response|Picture|Image|Reply|Assistant|Style|Quality)\s+(?:is|has|was|reads|looks|fits|matches))\b"
)
_ENDS_WEAK = LatePattern(
    r"[ ]*\t|\s*(?:$|[,;!)\]}|]|\.(?!\d)|[—–]|\()|\s+-\s|\s+(?:because|since|for|and|but)\b"
)
_LABEL = LatePattern(
    r"(?:^|[.;,:(\[!?—–|>-]|\b(?:so|thus|hence|therefore|and|my|the|a))\s*[\"'*_`(\[#]{0,6}\s*"
    r"(?:(?:my|the|your|final|revised|corrected|updated)\s+){0,3}"
    r"(?:(?:score|rating|grade|mark|points|evaluation|verdict|(?<=final\s)answer"
    r"|(?:answer|result)(?!s?\s+is\b))s?|final(?=\s*[:=])"
    r"|Bewertung|Punktzahl|Calificación|Puntuación|Valutazione|Оценка|Балл"
    r"|(?:最终|总|综合)?(?:评分|得分|分数|评级|評価|スコア|点数|점수|평점|الدرجة|التقييم|ग्रेड|अंक)(?=\s*[:=(])"
    r"|(?:Note|Nota)(?=\s*:\s*[*_]{0,3}\d\s*(?:/|von\b|sur\b|de\b|su\b)))"
    r"(?:\s+(?:given|assigned|awarded|here|for\s+this(?:\s+\w+)?))?[\"'*_`]{0,4}"
    r"(?:\s*\(\s*(?P<low>-?\d)\s*(?:-|–|to)\s*(?P<high>\d{1,3})\s*[分点점]?\s*\))?[\"'*_`]{0,4}"
    r"(?P<link>\s*(?:[:=]+>?|->|→|[—–])|\s+-(?=\s)|\s+(?:is|of|would\s+be)\b|\s+(?=[\d*\[]))"
    r"(?:\s+(?:therefore|thus|a|an|clearly|at)\b)?"
    rf"(?:[\s*_]*{QUALITY}\s*(?=\())?",
    re.IGNORECASE,
)
_GIVE = LatePattern(
    r"\b(?:give|gave|giving|rate|rated|assign|assigned|award|awarded|score|scored|grade|graded|"
    r"deserves?|merits?|earns?|warrants?|gets?|receives?|worth|settle\s+on|go\s+with"
    r"|(?<=I'd\s)say|(?<=I\swould\s)say)\s+"
    r"(?:(?:it|this|that|the|an?|answer|response|turn|reply|conversation|description|recognition|"
    r"dimension|candidate|text|as|at|with|my|score|rating|grade|mark|of|to|be|here|is|solid|full|"
    r"whole|model'?s|judge'?s)[:\s]\s*){0,8}",
    re.IGNORECASE,
)
_BARE_FRACTION = LatePattern(
    rf"(?:^|[.;,!]\s|[—–]|\s-\s|\()\s*[*_`]{{0,3}}(?={_NUMBER}\s*(?:/|out\s+of))", re.IGNORECASE
)
_ARROW = LatePattern(rf"(?:→|⇒|=>|->)\s*(?={_OPEN}{_NUMBER}[^\n\w]{{0,12}}$)", re.IGNORECASE)
_ALONE = LatePattern(r"\s*(?:[-*•]\s+)?(?P<body>.{1,60}?)\s*\Z", re.DOTALL)


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
        unit = False
        while (more := _DENOMINATOR.match(line, end) or _POINTS.match(line, end)) is not None:
            highest = more.groupdict().get("number") or more.groupdict().get("full")
            if highest is not None and (_whole_number(highest) != self.highest or (value or 0) < 0):
                value = None
            end, unit = more.end(), True
        if "$" in line[pos : match.start("number")] and "$" not in line[match.end("number") : end]:
            # Dollars, not mathematics.
            return Reading(None, pos, end)
        rest = line[end : end + 300]
        if _GOES_ON.match(rest) or _ANCHORS.search(rest) or marked_as_shown(rest):
            return Reading(None, pos, end)
        if _WOULD_BE.search(line, max(0, pos - 40), pos) and _TAKEN_BACK.match(rest):
            return Reading(None, pos, end)
        ends = _ENDS_STRONG if strong else _ENDS_WEAK
        if (
            ends.match(rest)
            or (strong and _SENTENCE.match(rest))
            or (strong and unit and _AFTER_UNIT.match(rest))
        ):
            return Reading(value, pos, end)
        return None

    def whole(self, cell: str) -> Reading | None:
        """The number that a cell consists of, or begins with before a reason."""
        text = cell.strip()
        reading = self.at(text, 0, True) if text else None
        if reading is not None or not text:
            return self.kept(reading, text)
        found = {r.value for r in self.loose(text)}
        if len(found) == 1 and not text[:1].isdigit():
            return Reading(found.pop(), 0, len(text))
        return Reading(None, 0, len(text)) if found or text[:1].isdigit() else None

    def kept(self, reading: Reading | None, line: str, end: int | None = None) -> Reading | None:
        """The reading of a line, of value None if the line gives another number up to `end`."""
        if reading is None or not isinstance(reading.value, int):
            return reading
        if not revised(line[reading.end : end], reading.value, self.highest):
            return reading
        return replace(reading, value=None)

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
        for pattern in (_GIVE, _BARE_FRACTION, _ARROW):
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
