"""Verdicts in the text of a reply, line by line.

A value belongs to the dimension named before it ("text quality: 3"), behind it ("a 3 for text
quality"), at the head of its table row or column, or in the heading it stands under. Quoted
rubrics, examples and instructions are passed over, and so is what is denied or supposed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from intermt.dimensions import OVERALL
from intermt.domain.reply_choices import ChoiceReader, has_better
from intermt.domain.reply_context import Skipper, hedged, marks_final
from intermt.domain.reply_fields import read_fields
from intermt.domain.reply_json import Json
from intermt.domain.reply_links import value_behind
from intermt.domain.reply_names import (
    ALL,
    MAX_NAMES,
    Asked,
    Name,
    grouped,
    same_dimensions,
    without_doubles,
)
from intermt.domain.reply_tables import read_table
from intermt.domain.reply_values import Reader, Reading

MAX_LINES = 30_000
"""Most lines of a reply; one with more is no verdict."""

PLAIN, BOXED, FINAL = 0, 1, 2

_HEADING = re.compile(r"\s*(?:#{1,6}\s|\*\*[^*\n]{1,100}\*\*:?\s*$|__[^_\n]{1,100}__:?\s*$)")
_LEAD = re.compile(
    r"[\s#*_`\"'\-•·+|()\[\]{}>✓✅]*(?:\(?\d{1,2}[.):]?[\s*_`\"'-]*)?"
    r"(?:(?:dimension|criterion|metric|aspect|category|name|key|for|regarding|on|in\s+terms\s+of|"
    r"as\s+for|as\s+to|about|concerning|next|first|second|third|finally|lastly|now|the|its|with\s+"
    r"respect\s+to|when\s+it\s+comes\s+to|final)\b[\s:,\"'*_`-]*(?:\d{1,2}[.):]?\s*)?){0,4}",
    re.IGNORECASE,
)
_AFTER_LEAD = re.compile(
    r"[\"'*_`\]>]{0,6}\s*(?:\([^()\n]{0,80}\)|\[[^\[\]\n]{0,80}\])?[\"'*_`]{0,6}"
    r"\s*(?:$|[:,=—–|→(/>]|-(?![A-Za-z0-9])|->)"
)
_KEYED = re.compile(
    r"(?P<indent>\s*)(?P<bullet>[-*]\s+)?[\"'*`]*(?:dimension|criterion|metric|aspect|category|name)"
    r"[\"'*`]*\s*:",
    re.IGNORECASE,
)
_ITEM = re.compile(r"(?P<indent>\s*)[-*]\s")
# A correction without a name takes back the last score named.
_REVISES = re.compile(
    r"\W*(?:(?:hmm|oh|ok|okay)\W+)?(?:actually|wait|correction|scratch\s+that|on\s+second\s+thought|"
    r"no,|rather|let\s+me\s+(?:correct|revise|change))\b[^\n]{0,80}?"
    r"(?:\d|\b(?:zero|one|two|three|[AB]|tie)\b)",
    re.IGNORECASE,
)
_VALUE_BEFORE = re.compile(
    r"(?:^|[,;.:(—–!]|\b(?:and|an?|of|give|gave|giving|assign(?:ed)?|award(?:ed)?|score[sd]?|"
    r"rate[sd]?|gets?|got|it|is|at|receives|earns|deserves|plus|with|rating|then|just|only|solid|"
    r"full|clear|also|both|this|answer|turn|conversation))\s*[*_`\"'(\[]{0,4}"
    r"(?P<value>(?:[-–]?\d|zero\b|one\b|two\b|three\b|minus\b|negative\b)"
    r"(?:\s*(?:/|out\s+of)\s*(?:\d{1,3}|three|five|ten))?(?:\s+points?)?)\s*[*_`\"')\]]{0,4}"
    r"\s+(?:for|on|in|to|regarding|under|across|as)\s+(?:(?:the|its|their|both|dimensions?)\s+){0,2}"
    r"[\"'*_`(]{0,4}$",
    re.IGNORECASE,
)
_ABOUT = re.compile(
    r"\s*,?\s*(?:in\s+terms\s+of|with\s+respect\s+to|with\s+regard\s+to|when\s+it\s+comes\s+to"
    r"|as\s+to|in|on|for|at|regarding|across)\s+(?:the\s+|its\s+|both\s+)?[\"'*_`]{0,3}",
    re.IGNORECASE,
)
_CLOSING = re.compile(r"\s*,?\s*(?P<name>overall)\s*(?:$|[.,;!)])", re.IGNORECASE)
_EXCEPT = re.compile(
    r"\b(?:except|excluding|other\s+than|apart\s+from|save\s+for|but\s+not)\b", re.I
)
_BOX = re.compile(
    r"(?:\\(?:boxed|fbox)\s*\{|\[\[)\s*"
    r"(?P<body>(?:[^{}\[\]\n]|\[[^\[\]\n]{0,150}\]){1,200}?)"
    r"\s*(?:\}|\]\])"
)
_OFFERED = re.compile(r"[\s\"'`*$]*(?:,?\s*(?:if|or|for|when)\b|means\b)", re.IGNORECASE)
_BRACKETS = re.compile(
    r"[\s*_`#>-]*+(?:(?:my|the|final)\s+){0,3}(?:scores?|ratings?|verdicts?|answers?|preferences?)?"
    r"[\s*_`]*[:=]?[\s*_`$]*\[(?P<body>[^\[\]\n]{1,200})\][\s*_`$.]*$",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Statement:
    """What a reply says at one place about one dimension.

    Attributes:
        dimension: Its key.
        value: As in `Reading.value`: None for what cannot be used.
        rank: `FINAL` over `BOXED` over `PLAIN`; only the highest counts.
    """

    dimension: str
    value: int | str | None
    rank: int


class LineReader:
    """Reads a text, with JSON values in places of their own, into statements."""

    def __init__(self, asked: Asked, reader: Reader, scales: Sequence[tuple[int, int]]) -> None:
        self.asked = asked
        self.reader = reader
        self.scales = scales
        self.is_choice = isinstance(reader, ChoiceReader)
        self.statements: list[Statement] = []
        self.n_names = 0
        # The heading a line stands under: None for none, () for a dimension not asked for.
        self.section: tuple[str, ...] | None = None
        self.section_is_heading = False
        self.section_column = -1
        self.section_stated = False
        self.same_paragraph = False
        self.final = False
        self.final_here = -1
        self.skipper = Skipper(asked)

    def read(self, text: str, values: Sequence[Json]) -> list[Statement]:
        """The statements of a text; a line `NUL k NUL` stands for the k-th JSON value."""
        lines = text.split("\n")
        if len(lines) > MAX_LINES:
            return []
        self._ends_alone = _ends_alone(lines)
        i = 0
        while i < len(lines) and self.n_names <= MAX_NAMES:
            line = lines[i]
            # Everything behind a mark such as "Final scores:" is final.
            self.final, self.final_here = self.final or self.final_here >= 0, -1
            if line.lstrip().startswith("|") and not self.skipper.skips(line):
                end = i
                while end < len(lines) and "|" in lines[end] and lines[end].strip():
                    end += 1
                self.n_names += end - i
                for dimension, value in read_table(
                    lines[i:end][:MAX_NAMES], self.asked, self.reader, self.scales
                ):
                    self._state((dimension,), value, self._rank(0))
                i = end
                continue
            self._line(line, i, values)
            i += 1
        return self.statements if self.n_names <= MAX_NAMES else []

    # --- one line --------------------------------------------------------------------------

    def _line(self, line: str, number: int, values: Sequence[Json]) -> None:
        if not line.strip():
            self.same_paragraph = False
            self.skipper.skips(line)
            return
        if self.skipper.skips(line) or line.lstrip().startswith(">"):
            return
        self.final_here = marks_final(line)
        if line.startswith("\0"):
            self._fields(values[int(line.strip("\0"))])
            return
        names = without_doubles(line, self.asked.names(line))
        self.n_names += len(names)
        if self.n_names > MAX_NAMES:
            return
        groups = grouped(line, names)
        self._enter(line, names, groups)
        if not names:
            self._unnamed(line, number)
            return
        ends = [*(group[0].start for group in groups[1:]), len(line)]
        used = [
            end
            for group, following in zip(groups, ends, strict=True)
            for end in self._named(line, group, following)
        ]
        if self.is_choice:
            self._sentences(line, names, groups)
        elif not used and self.section_is_heading and self._led(line, groups[0]) is None:
            self._unnamed(line, number)

    def _rank(self, position: int) -> int:
        if 0 <= self.final_here <= position or self.final:
            return FINAL
        return PLAIN

    def _state(self, dimensions: Sequence[str], value: int | str | None, rank: int) -> None:
        for dimension in dimensions:
            if dimension == ALL:
                if value is not None:
                    self._state(self.asked.dimensions, value, rank)
            elif dimension:
                self.statements.append(Statement(dimension, value, rank))

    # --- where a value belongs ---------------------------------------------------------------

    def _enter(self, line: str, names: list[Name], groups: list[list[Name]]) -> None:
        """Keep track of the heading that the following lines stand under."""
        heading = _HEADING.match(line) is not None
        if not names:
            if heading:
                self.section, self.section_is_heading = None, True
            elif (item := _ITEM.match(line)) and len(item["indent"]) < self.section_column:
                self.section = ()
            return
        end = self._led(line, groups[0])
        dimensions = same_dimensions(groups[0])
        if ALL in dimensions:
            return
        if end is not None or (heading and len(set(dimensions)) == 1):
            alone = end is not None and not line[end:].strip(" :*_#`\"'")
            self.section = tuple(d for d in dimensions if d)
            self.section_is_heading = heading or alone
            self.section_stated = False
            self.same_paragraph = True
            keyed = _KEYED.match(line)
            self.section_column = (
                len(keyed["indent"] + (keyed["bullet"] or "")) if keyed is not None else -1
            )
        elif (self.section is not None or not self.asked.single) and (
            not self.section_is_heading or _LEAD.fullmatch(line[: names[0].start][:80])
        ):
            self.section, self.section_is_heading = (), False

    def _led(self, line: str, group: list[Name]) -> int | None:
        """Where the text behind a name at the head of the line begins; None if it is no head."""
        if group[0].start > 80 or not _LEAD.fullmatch(line[: group[0].start]):
            return None
        after = _AFTER_LEAD.match(line, group[-1].end)
        return after.end() if after else None

    def _owner(self, reading: Reading, boxed: bool) -> tuple[str, ...]:
        """What a value without a name is for."""
        if self.is_choice and OVERALL in self.asked.dimensions and self.section is not None:
            final = self._rank(reading.start) == FINAL
            if self.asked.single != OVERALL and (
                final or (boxed and (self.section_stated or not self.same_paragraph))
            ):
                return (OVERALL,)
        if self.section is not None:
            if self.final_here >= 0 and self.section_stated:
                return ()
            return self.section
        if self.asked.single is not None:
            return (self.asked.single,)
        if self.is_choice and OVERALL in self.asked.dimensions and (boxed or reading.subject):
            return (OVERALL,)
        return ()

    # --- values with a name ------------------------------------------------------------------

    def _named(self, line: str, group: list[Name], following: int) -> Iterator[int]:
        """State the values before and behind a group of names; yields where each ends.

        `following` is where the next group begins.
        """
        first, last = group[0], group[-1]
        dimensions = same_dimensions(group)
        if ALL in dimensions and _EXCEPT.search(line):
            return
        stated = False
        reading = value_behind(line, last.end, self.reader, self.scales)
        if reading is not None and not hedged(line, first.start):
            # "3 for text quality" behind another name is that one's value.
            about = _ABOUT.match(line, reading.end)
            if about is not None and about.end() == following and following < len(line):
                reading = None
            else:
                final = line[max(0, first.start - 8) : first.start].lower().strip("* \"'`_")
                rank = FINAL if final.endswith("final") else self._rank(first.start)
                self._state(dimensions, reading.value, rank)
                self.section_stated = stated = True
                yield reading.end
        before = line[max(0, first.start - 120) : first.start]
        if self.is_choice:
            choice = has_better(before)
            if choice is not None and not hedged(line, first.start - 1):
                self._state(dimensions, choice.value, self._rank(first.start))
                yield first.end
            return
        match = _VALUE_BEFORE.search(before)
        if match is not None:
            value = self.reader.whole(match["value"])
            at = first.start - len(before) + match.start("value")
            if value is not None and not hedged(line, at):
                self._state(dimensions, value.value, self._rank(at))
                stated = True
                yield first.end
        if not stated and self._led(line, group) is not None:
            for value in self.reader.loose(line[last.end : following][:3_000]):
                if not hedged(line, last.end + value.start + 1):
                    self._state(dimensions, value.value, self._rank(last.end))
                    self.section_stated = True
                    yield last.end + value.end

    # --- values without a name ---------------------------------------------------------------

    def _unnamed(self, line: str, number: int) -> None:
        if self.statements and self.final_here < 0 and _REVISES.match(line):
            last = self.statements[-1]
            self._state((last.dimension,), None, last.rank)
            return
        if self._boxes(line):
            return
        for reading in self.reader.loose(line[:5_000]):
            if hedged(line, reading.start + 1):
                continue
            about = _ABOUT.match(line, reading.end)
            if self.is_choice and about is not None and not _general(line[about.end() :]):
                continue
            owner = self._owner(reading, False)
            whole = re.match(r"\s*[*_#]*\s*overall\b", line, re.IGNORECASE) is not None
            if not owner and whole and self.is_choice and OVERALL in self.asked.dimensions:
                owner = (OVERALL,)
            self._unnamed_value(owner, reading)
        alone = self.reader.alone(line) if len(line) < 200 else None
        if alone is not None and (self.section or number in self._ends_alone):
            self._unnamed_value(self._owner(alone, False), alone)

    def _unnamed_value(self, owner: tuple[str, ...], reading: Reading) -> None:
        # Behind per-dimension headings a last "final score" is not theirs alone.
        in_section = self.section and self.asked.single is None and owner != (OVERALL,)
        rank = PLAIN if in_section and not self.final else self._rank(reading.start)
        self._state(owner, reading.value, rank)
        self.section_stated = self.section_stated or bool(owner)

    def _boxes(self, line: str) -> bool:
        """State what boxes and bracketed lists hold; whether the line had any."""
        found = [(m["body"], BOXED, m) for m in _BOX.finditer(line)]
        if not found and len(line) < 500 and (brackets := _BRACKETS.match(line)) is not None:
            found = [(brackets["body"], PLAIN, brackets)]
        if any(_OFFERED.match(line[m.end() : m.end() + 40]) for _, _, m in found):
            return True
        for body, rank, match in found:
            if hedged(line, match.start()):
                continue
            rank = max(rank, self._rank(match.start()))
            body = body.strip().removeprefix("[").removesuffix("]")
            items = [i for i in re.split(r"\s*[,;，、]\s*", body) if i]
            readings = [self.reader.alone(i) for i in items]
            if len(items) == 1:
                if readings[0] is not None and (rank != PLAIN or self.asked.single):
                    owner = self._owner(Reading(readings[0].value, match.start(), 0), True)
                    self._state(owner, readings[0].value, rank)
            elif len(items) == len(self.asked.dimensions) and None not in readings:
                for dimension, reading in zip(self.asked.dimensions, readings, strict=True):
                    self._state((dimension,), reading.value if reading else None, rank)
        return bool(found)

    def _sentences(self, line: str, names: list[Name], groups: list[list[Name]]) -> None:
        """State choices in sentences that name dimensions before or behind them."""
        for reading in self.reader.loose(line[:5_000]):
            if hedged(line, reading.start + 1):
                continue
            about = _ABOUT.match(line, reading.end)
            behind = [g for g in groups if about is not None and g[0].start == about.end()]
            closing = _CLOSING.match(line, reading.end)
            before = [g for g in groups if g[-1].end <= reading.start + 2]
            inside = [n for n in names if reading.start <= n.start < reading.end]
            if closing is not None:
                self._state(
                    [n.dimension for n in names if n.start == closing.start("name")],
                    reading.value,
                    self._rank(reading.start),
                )
            elif behind:
                self._state(same_dimensions(behind[0]), reading.value, self._rank(reading.start))
            elif about is not None and not _general(line[about.end() :]):
                continue
            elif inside:
                self._state(same_dimensions(inside), reading.value, self._rank(reading.start))
            elif before:
                self._state(same_dimensions(before[-1]), reading.value, self._rank(reading.start))

    def _fields(self, value: Json) -> None:
        final = self._rank(0) == FINAL
        for field in read_fields(value, self.asked, self.reader, final):
            rank = FINAL if field.final else PLAIN
            if field.dimension is not None:
                self._state((field.dimension,), field.value, rank)
            else:
                reading = Reading(field.value, 0, 0, subject=True)
                self._state(self._owner(reading, False), field.value, rank)


def _general(rest: str) -> bool:
    return (
        re.match(r"(?:this|all|every|both|general|total|most|the\s+end|balance)\b", rest, re.I)
        is not None
    )


def _ends_alone(lines: Sequence[str]) -> frozenset[int]:
    """The numbers of the first and the last line with text."""
    filled = [i for i, line in enumerate(lines) if line.strip()]
    return frozenset((filled[0], filled[-1])) if filled else frozenset()
