"""Verdicts in the text of a reply, line by line.

A value belongs to the dimension named before it ("text quality: 3"), behind it ("a 3 for text
quality"), at the head of its table row or column, or in the heading it stands under. Quoted
rubrics, examples and instructions are passed over, and so is what is denied or supposed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from intermt.dimensions import OVERALL
from intermt.domain.reply_boxes import boxes
from intermt.domain.reply_choices import ChoiceReader, has_better
from intermt.domain.reply_context import Skipper, hedged, is_foreign, marks_final, refuted
from intermt.domain.reply_fields import read_fields
from intermt.domain.reply_json import Json
from intermt.domain.reply_links import scale_before, value_behind, worse_listed, worse_wanted
from intermt.domain.reply_names import (
    ALL,
    MAX_NAMES,
    Asked,
    Name,
    grouped,
    same_dimensions,
    without_doubles,
)
from intermt.domain.reply_revisions import WITHDRAWN, corrects, ought_to_be
from intermt.domain.reply_sections import Section, led
from intermt.domain.reply_shown import only_shown
from intermt.domain.reply_tables import read_table, starts_table
from intermt.domain.reply_values import Reader, Reading

MAX_LINES = 30_000
"""Most lines of a reply; one with more is no verdict."""

PLAIN, BOXED, FINAL = 0, 1, 2

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
_PARTLY = re.compile(
    r"\s+(?:for|in|on|at|during|until|only|of)\s+(?:the\s+)?(?:some|parts?|turns?|rounds?|first|second|"
    r"third|last|previous|other|beginning|end|start|half)\b",
    re.IGNORECASE,
)
_REASON = re.compile(r"\s*[:,–—]\s|\s+-\s")
_EXCEPT = re.compile(
    r"\b(?:except|excluding|other\s+than|apart\s+from|save\s+for|but\s+not)\b", re.I
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
        self.section = Section(asked, reader)
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
            if starts_table(lines[i : i + 2]) and not self.skipper.skips(line):
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
            self.section.passes(line)
            i += 1
        return self.statements if self.n_names <= MAX_NAMES else []

    # --- one line --------------------------------------------------------------------------

    def _line(self, line: str, number: int, values: Sequence[Json]) -> None:
        if not line.strip():
            self.skipper.skips(line)
            return
        if self.is_choice and not self.skipper.skipping and worse_listed(line):
            self.skipper.skipping = "before"
            return
        if line == WITHDRAWN:
            self.statements.clear()
            self.section.stated = False
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
        lead = line[: names[0].start] if names else ""
        if names and (is_foreign(lead) or only_shown(lead) or scale_before(lead, self.scales)):
            return
        groups = grouped(line, names)
        self.section.enter(line, names, groups)
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
        elif not used and self.section.is_heading and led(line, groups[0]) is None:
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

    def _owner(self, reading: Reading, boxed: bool) -> tuple[str, ...]:
        """What a value without a name is for."""
        asks_overall = self.is_choice and OVERALL in self.asked.dimensions
        if asks_overall and self.section.dimensions is not None:
            final = self._rank(reading.start) == FINAL
            if self.asked.single != OVERALL and (
                final or (boxed and (self.section.stated or not self.section.same_paragraph))
            ):
                return (OVERALL,)
        if self.section.dimensions is not None:
            if self.final_here >= 0 and self.section.stated and self.asked.single is None:
                return ()
            return self.section.dimensions
        if self.asked.single is not None:
            return (self.asked.single,)
        if asks_overall and (boxed or reading.subject):
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
        reading = self.reader.kept(reading, line, following)
        if reading is None and ought_to_be(line, last.end) and not hedged(line, first.start):
            self._correct(dimensions)
        if self.is_choice and worse_wanted(line[max(0, first.start - 120) : first.start]):
            return
        if reading is not None and not hedged(line, first.start):
            # "3 for text quality" behind another name is that one's value.
            about = _ABOUT.match(line, reading.end)
            if about is not None and about.end() == following and following < len(line):
                reading = None
            else:
                final = line[max(0, first.start - 8) : first.start].lower().strip("*: \"'`_")
                rank = FINAL if final.endswith("final") else self._rank(first.start)
                self._state(dimensions, reading.value, rank)
                self.section.stated = stated = True
                yield reading.end
        before = line[max(0, first.start - 120) : first.start]
        if self.is_choice:
            choice = has_better(before)
            partly = _PARTLY.match(line, last.end)
            if choice is not None and not partly and not hedged(line, first.start - 1):
                self._state(dimensions, choice.value, self._rank(first.start))
                yield first.end
            return
        match = _VALUE_BEFORE.search(before)
        if match is not None:
            value = self.reader.whole(match["value"])
            if value is not None:
                value = self.reader.kept(replace(value, end=last.end), line, following)
            at = first.start - len(before) + match.start("value")
            if value is not None and not hedged(line, at) and not refuted(line, last.end):
                self._state(dimensions, value.value, self._rank(at))
                stated = True
                yield first.end
        if not stated and led(line, group) is not None:
            text = line[last.end : following][:3_000]
            for found in self.reader.loose(text):
                value = self.reader.kept(found, text) or found
                if not hedged(line, last.end + value.start + 1):
                    self._state(dimensions, value.value, self._rank(last.end))
                    self.section.stated = True
                    yield last.end + value.end

    # --- values without a name ---------------------------------------------------------------

    def _unnamed(self, line: str, number: int) -> None:
        if self.statements and self.final_here < 0 and _REVISES.match(line):
            self._correct((self.statements[-1].dimension,))
            return
        if self.statements and self._corrects(line):
            self._correct(self.section.dimensions or (self.statements[-1].dimension,))
            return
        if self._boxes(line):
            return
        for found in self.reader.loose(line[:5_000]):
            reading = self.reader.kept(found, line) or found
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
        stands_out = self.section.below_label or number in self._ends_alone
        if alone is not None and (self.section.dimensions or stands_out):
            self._unnamed_value(self._owner(alone, self.section.below_label), alone)
        elif self.asked.single and not self.is_choice and len(self._ends_alone) == 1:
            opening = self.reader.at(line, 0, True)
            opening = self.reader.kept(opening, line)
            if opening is not None and _REASON.match(line, opening.end):
                self._unnamed_value((self.asked.single,), opening)

    def _corrects(self, line: str) -> bool:
        """Whether the line takes back what was read last without naming it."""
        if self.asked.single is not None and self.final_here >= 0:
            return False
        return (self.section.stated or not self.section.dimensions) and corrects(line)

    def _correct(self, dimensions: Sequence[str]) -> None:
        """State that what was read for these dimensions does not hold."""
        for dimension in dimensions:
            ranks = [s.rank for s in self.statements if s.dimension == dimension]
            if ranks:
                self._state((dimension,), None, max(ranks))

    def _unnamed_value(self, owner: tuple[str, ...], reading: Reading) -> None:
        # Behind per-dimension headings a last "final score" is not theirs alone.
        in_section = self.section.dimensions and self.asked.single is None and owner != (OVERALL,)
        rank = PLAIN if in_section and not self.final else self._rank(reading.start)
        self._state(owner, reading.value, rank)
        self.section.stated = self.section.stated or bool(owner)

    def _boxes(self, line: str) -> bool:
        """State what boxes and bracketed lists hold; whether the line had any."""
        found = boxes(line, self.reader)
        for box in found:
            if box.offered or hedged(line, box.start) or is_foreign(line[: box.start]):
                continue
            rank = max(BOXED if box.drawn else PLAIN, self._rank(box.start))
            if len(box.values) == 1:
                if rank != PLAIN or self.asked.single:
                    owner = self._owner(Reading(box.values[0], box.start, 0), True)
                    self._state(owner, box.values[0], rank)
            elif len(box.values) == len(self.asked.dimensions):
                for dimension, value in zip(self.asked.dimensions, box.values, strict=True):
                    self._state((dimension,), value, rank)
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
