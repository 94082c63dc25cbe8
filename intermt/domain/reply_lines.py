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
from intermt.domain.reply_fields import read_fields
from intermt.domain.reply_json import Json
from intermt.domain.reply_names import ALL, Asked, Name, same_dimensions
from intermt.domain.reply_tables import read_table
from intermt.domain.reply_values import Reader, Reading

MAX_NAMES = 5_000
"""Most names of dimensions read; a reply with more is no verdict."""
MAX_LINES = 30_000
"""Most lines read, likewise."""

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
_BESIDE = re.compile(r"[\s*_`\"':.(\[–—-]{1,6}")
# A correction without a name takes back the last score named.
_REVISES = re.compile(
    r"\W*(?:(?:hmm|oh|ok|okay)\W+)?(?:actually|wait|correction|scratch\s+that|on\s+second\s+thought|"
    r"no,|rather|let\s+me\s+(?:correct|revise|change))\b[^\n]{0,80}?"
    r"(?:\d|\b(?:zero|one|two|three|[AB]|tie)\b)",
    re.IGNORECASE,
)
_JOINER = re.compile(
    r"[\"'*_`\s)]{0,4}(?P<join>,|and|&|,\s*and|\+|as\s+well\s+as|/)[\"'*_`\s(]{0,4}"
    r"(?:(?:the|in|on|for)\s+)?[\"'*_`]{0,3}",
    re.IGNORECASE,
)
_POST = re.compile(r"[\"'*_`\]]{0,6}")
_BRACKETED = re.compile(r"(?:^|[^\sA-Za-z])\s*\([^()]{1,50}\Z")
_ASIDE = re.compile(
    r"\s*(?:\((?P<round>[^()\n]{0,80})\)|\[(?P<square>[^\[\]\n]{1,80})\])[\"'*_`]{0,4}"
)
_SCALE_ASIDE = re.compile(
    r"\s*(?:scale\s*:?\s*|from\s+|range\s*:?\s*)?(-?\d{1,3})\s*(?:-|–|to|\.\.)\s*(\d{1,3})\s*"
)
_MAX_ASIDE = re.compile(r"\s*(?:/|out\s+of|max\.?:?)\s*(\d{1,3})\s*", re.IGNORECASE)
_LABEL_WORD = (
    r"(?:(?:my|the|final)\s+){0,2}(?:score|rating|value|mark|grade|verdict|evaluation|assessment|"
    r"points|winner|preference|preferred|choice|better(?:\s+\w{1,20})?|vote)"
)
_CONNECT = re.compile(
    rf"(?:\s*[-–—,;:|]?\s*[*_`\"'(]*{_LABEL_WORD}(?=[\s:=\"'*_`)]|-\s)[\"'*_`)]{{0,4}})?"
    r"(?:\s*\(\s*-?\d\s*(?:-|–|to)\s*\d{1,3}\s*\))?"
    r"(?P<strong>\s*(?:[:=]{1,2}>?|[-=]{1,2}>|→|⇒|[—–]{1,2}(?!\d)|-{1,2}(?=\s)|\.{2,}|…|>(?=\S))"
    r"(?:\s*[:=])?)?"
    r"(?:[\s*_]*(?:(?:very|quite|rather)\s+)?(?:excellent|good|fair|poor|bad|perfect|moderate|weak|"
    r"strong|acceptable|adequate|mediocre|flawless|high|low|medium)[\s*_]*(?:[,:(\[/]|[-–—](?=\s))\s*)?"
    r"(?P<bag>[\s*_`\"']*(?:(?:is|are|was|gets?|got|receives?|received|scores?|scored|deserves?|"
    r"earns?|merits?|warrants?|has|stands|at|as|with|both|each|all|therefore|thus|clearly|solid|"
    r"definitely|rated|given|assigned|awarded|rating|worth|equals?|(?-i:an?)|the|my|I|I'd|I'll|I'm|"
    r"would|will|give|giving|rate|assign|award|it|this|points|of|score|final|verdict|to|be|"
    r"then|so|we|straightforward|full)(?=[\s:=])(?:\s*[:=])?[\s*_`\"'(]+){1,9})?",
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
_HEDGE = re.compile(
    r"\b(?:not|cannot|can\s?not|\w{1,9}n't|never|unable|refuse[ds]?|neither|nor|no|without|if|unless|"
    r"whether|might|may|could|maybe|perhaps|possibly|tempt\w{1,4}|consider(?:ed|ing)?|"
    r"initial(?:ly)?|at\s+first|first\s+(?:glance|sight|thought)|originally|previous(?:ly)?|earlier|"
    r"would\s+have|had|were|claim(?:s|ed)?|(?<!I'd\s)(?<!I\swould\s)say(?:s|ing)?|said|ask(?:s|ed|ing)?|wants?|told|"
    r"instruct(?:s|ed|ions?)?|demands?|annotators?|humans?|users?|people|someone|example|"
    r"e\.g|instance|suppos\w{1,3}|assum\w{1,3}|imagine|hypothetical(?:ly)?|guess(?:ing)?|instead|"
    r"rather\s+than|average|mean|max(?:imum)?|min(?:imum)?|highest|lowest|possible|threshold|"
    r"baseline|weights?|hard\s+to|difficult|impossible|rubric|either|between|don't\s+know|unsure|"
    r"which|who|argu(?:e|es|ed|able|ably)|almost|nearly|should)\b",
    re.IGNORECASE,
)
_BREAK = re.compile(
    r"[.!?;:\n](?=\s|$)|[\"']\s*,\s*[\"']|\b(?:but|however|so|therefore|thus|hence|though|yet|still|nevertheless)\b",
    re.IGNORECASE,
)
_FINAL = re.compile(
    r"(?:^|[.;:!?(,]\s|\b(?:so|thus|my|the|is|are|now)\s)[\s*#_>`\"'\-|(]{0,12}(?:(?:my|the)\s+)?"
    r"(?:final|revised|corrected|updated|definitive)[\s_-]+(?:[a-z]{1,12}[\s_-]+){0,2}?"
    r"(?:scor(?:e|es|ing)|ratings?|verdicts?|answers?|judge?ments?|decisions?|evaluations?|"
    r"assessments?|grades?|preferences?|choices?|results?|winner)\b[\s*_`\"')]{0,6}"
    r"(?:[^.:=\n]{0,60}?(?:[:=—–]|->|→)|$|\(|\[|\\|-\s"
    r"|(?:is|are)\b\s*(?:[:*\[(\"'\\]|-?\d|(?:A|B|tie|the|answer|response|conversation|one|two|three)"
    r"\b))",
    re.IGNORECASE,
)
_EXAMPLE = re.compile(
    r"\b(?:examples?|e\.g\.|for\s+instance|sample|template|placeholders?|hypothetical(?:ly)?)\b",
    re.IGNORECASE,
)
_INSTRUCTS = re.compile(
    r"\b(?:respond|reply|answer|return|output|provide|use|give|write|print|expected|required|"
    r"response|your)\b[^\n]{0,80}\b(?:format|form|like\s+this|as\s+follows|the\s+following|schema|"
    r"structure|only)\b",
    re.IGNORECASE,
)
_OWN = re.compile(r"\b(?:here\s+(?:is|are|'s)|here's|my|i|i've|i'll|below\s+(?:is|are))\b", re.I)
_GUIDE = re.compile(
    r"[\s#*_>-]*(?:(?:scoring|rating|evaluation|score|grading)\s+)?(?:rubric|scale|guide(?:line)?s?|"
    r"instructions?|criteria|anchors?|legend|schema|prompt|task)\b[^:\n]{0,40}:?[\s*_]*$",
    re.IGNORECASE,
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
        self.skipping = ""

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
            if line.lstrip().startswith("|") and not self._skips(line):
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
            self._skips(line)
            return
        if self._skips(line) or line.lstrip().startswith(">"):
            return
        self._look_for_final(line)
        if line.startswith("\0"):
            self._fields(values[int(line.strip("\0"))])
            return
        names = _without_doubles(line, self.asked.names(line))
        self.n_names += len(names)
        if self.n_names > MAX_NAMES:
            return
        groups = _grouped(line, names)
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

    def _skips(self, line: str) -> bool:
        """Whether the line belongs to an example, an instruction or a quoted rubric."""
        text = line.strip()
        if self.skipping:
            if text:
                self.skipping = "inside"
                return True
            if self.skipping == "inside":
                self.skipping = ""
            return False
        if not text or text.startswith("\0"):
            return False
        ends_open = text.rstrip("*_ ").endswith(":") or text.startswith("#")
        example = _EXAMPLE.search(text[:200])
        if example is not None and not _OWN.search(text[:200]):
            if ends_open:
                self.skipping = "before"
            return ends_open or ":" in text[example.end() : example.end() + 20]
        if _GUIDE.match(text[:200]) or (
            ends_open and _INSTRUCTS.search(text[:300]) and not _OWN.search(text[:300])
        ):
            self.skipping = "before" if ends_open else ""
            return True
        return False

    def _look_for_final(self, line: str) -> None:
        for match in _FINAL.finditer(line):
            if not re.search(r"\bnot\s|n't\s", line[max(0, match.start() - 20) : match.end()]):
                self.final_here = match.start()
                return

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
        reading = self._behind(line, last.end)
        if reading is not None and not _hedged(line, first.start):
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
            if choice is not None and not _hedged(line, first.start - 1):
                self._state(dimensions, choice.value, self._rank(first.start))
                yield first.end
            return
        match = _VALUE_BEFORE.search(before)
        if match is not None:
            value = self.reader.whole(match["value"])
            at = first.start - len(before) + match.start("value")
            if value is not None and not _hedged(line, at):
                self._state(dimensions, value.value, self._rank(at))
                stated = True
                yield first.end
        if not stated and self._led(line, group) is not None:
            for value in self.reader.loose(line[last.end : following][:3_000]):
                if not _hedged(line, last.end + value.start + 1):
                    self._state(dimensions, value.value, self._rank(last.end))
                    self.section_stated = True
                    yield last.end + value.end

    def _behind(self, line: str, pos: int) -> Reading | None:
        """The value a name's colon, dash, verb or space leads to."""
        post = _POST.match(line, pos)
        pos = post.end() if post else pos
        if line[pos : pos + 1] == ")" and _BRACKETED.search(line, max(0, pos - 60), pos):
            pos += 1
        inside: Reading | None = None
        for _ in range(2):
            aside = _ASIDE.match(line, pos)
            if aside is None:
                break
            text = aside["round"] if aside["round"] is not None else aside["square"]
            if aside["square"] is not None and not _SCALE_ASIDE.fullmatch(text):
                break
            if self._foreign_aside(text):
                return Reading(None, pos, aside.end())
            bare = re.sub(r"^\s*(?:score|rating|winner|better)\s*[:=]\s*", "", text, flags=re.I)
            inside = self.reader.alone(bare) or inside
            pos = aside.end()
        connect = _CONNECT.match(line, pos)
        strong = connect is not None and bool(connect["strong"] or connect["bag"])
        at = connect.end() if connect is not None else pos
        spaced = at < len(line) and line[at - 1 : at].isspace()
        reading = None
        if strong or spaced or line[at : at + 1].isspace() or (at > pos):
            reading = self.reader.at(line, at, strong)
        elif (row := re.match(r"\s*[,\t;]\s*", line[at:])) and not line[:pos].strip().count(","):
            reading = self.reader.at(line, at + row.end(), False)
        if inside is not None:
            inside = Reading(inside.value, pos, pos)
            if reading is not None and reading.value != inside.value:
                return Reading(None, pos, reading.end)
            return inside
        return reading

    def _foreign_aside(self, text: str) -> bool:
        """Whether what stands in brackets behind a name is another scale or another name."""
        if (scale := _SCALE_ASIDE.fullmatch(text)) is not None:
            return (int(scale[1]), int(scale[2])) not in self.scales
        if (highest := _MAX_ASIDE.fullmatch(text)) is not None:
            return int(highest[1]) != self.scales[0][1]
        return False

    # --- values without a name ---------------------------------------------------------------

    def _unnamed(self, line: str, number: int) -> None:
        if self.statements and self.final_here < 0 and _REVISES.match(line):
            last = self.statements[-1]
            self._state((last.dimension,), None, last.rank)
            return
        if self._boxes(line):
            return
        for reading in self.reader.loose(line[:5_000]):
            if _hedged(line, reading.start + 1):
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
            if _hedged(line, match.start()):
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
            if _hedged(line, reading.start + 1):
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


def _without_doubles(line: str, names: list[Name]) -> list[Name]:
    """Names with id and key side by side, as in "L4 (text quality)", taken as one."""
    single: list[Name] = []
    for name in names:
        last = single[-1] if single else None
        if last is not None and last.dimension == name.dimension != "":
            between = line[last.end : name.start]
            if _BESIDE.fullmatch(between):
                closes = "(" in between and line[name.end : name.end + 1] == ")"
                single[-1] = Name(last.start, name.end + closes, name.dimension)
                continue
        single.append(name)
    return single


def _grouped(line: str, names: list[Name]) -> list[list[Name]]:
    """Names that share their value: joined by "and", or a list that ends so."""
    groups: list[list[Name]] = []
    joins: list[str] = []
    for name in names:
        between = (
            _JOINER.fullmatch(line[groups[-1][-1].end : name.start])
            if groups and name.start - groups[-1][-1].end < 40
            else None
        )
        if between is not None:
            groups[-1].append(name)
            joins.append(between["join"].lower())
            continue
        groups[-1:] = _settled(groups[-1:], joins)
        groups.append([name])
        joins = []
    groups[-1:] = _settled(groups[-1:], joins)
    return groups


def _settled(last: list[list[Name]], joins: list[str]) -> list[list[Name]]:
    # Names with commas alone between them are a list of headings, not of one value.
    if last and joins and joins[-1] in (",", "/") and not all(j == "/" for j in joins):
        return [[name] for name in last[0]]
    return last


def _hedged(line: str, pos: int) -> bool:
    """Whether what starts at `pos` is denied, supposed, or said by somebody else."""
    before = line[max(0, pos - 160) : max(0, pos)]
    start = 0
    for match in _BREAK.finditer(before):
        start = match.end()
    return _HEDGE.search(before, start) is not None


def _ends_alone(lines: Sequence[str]) -> frozenset[int]:
    """The numbers of the first and the last line with text."""
    filled = [i for i, line in enumerate(lines) if line.strip()]
    return frozenset((filled[0], filled[-1])) if filled else frozenset()
