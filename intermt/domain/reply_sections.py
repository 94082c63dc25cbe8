"""The heading that a line of a reply stands under, and so what a value without a name is for."""

from __future__ import annotations

import re

from intermt.domain.reply_names import ALL, Asked, Name, same_dimensions
from intermt.domain.reply_values import Reader

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
_LABEL_LINE = re.compile(
    r"[\s#*_]{0,12}(?:(?:my|the|final|overall)\s+){0,2}"
    r"(?:score|rating|grade|verdict|winner|preference|choice|answer)[\s:*_]{0,6}",
    re.IGNORECASE,
)
_ITEM = re.compile(r"(?P<indent>\s*)[-*]\s")


class Section:
    """Follows the headings of a reply line by line.

    Attributes:
        dimensions: What the heading names: None without a heading, () for a dimension that was
            not asked for.
        is_heading: Whether it is a line of its own and not the head of a sentence.
        stated: Whether a value was read under it.
        same_paragraph: Whether no blank line stands between it and this line.
    """

    def __init__(self, asked: Asked, reader: Reader) -> None:
        self.asked = asked
        self.reader = reader
        self.dimensions: tuple[str, ...] | None = None
        self.is_heading = False
        self.stated = False
        self.same_paragraph = False
        self._column = -1
        self._above = ""

    def passes(self, line: str) -> None:
        """Leave a line behind."""
        if line.strip():
            self._above = line
        else:
            self.same_paragraph = False

    @property
    def below_label(self) -> bool:
        """Whether the line above is a label such as "Grade:", whose value this line is."""
        return len(self._above) < 80 and _LABEL_LINE.fullmatch(self._above) is not None

    def enter(self, line: str, names: list[Name], groups: list[list[Name]]) -> None:
        """Take a line in: a heading, the end of one, or neither."""
        heading = _HEADING.match(line) is not None
        if not names:
            if heading and not self._is_value(line):
                self.dimensions, self.is_heading = None, True
            elif (item := _ITEM.match(line)) and len(item["indent"]) < self._column:
                self.dimensions = ()
            return
        end = led(line, groups[0])
        dimensions = same_dimensions(groups[0])
        if ALL in dimensions:
            return
        if end is not None or (heading and len(set(dimensions)) == 1):
            alone = end is not None and not line[end:].strip(" :*_#`\"'")
            self.dimensions = tuple(d for d in dimensions if d)
            self.is_heading = heading or alone
            self.stated = False
            self.same_paragraph = True
            keyed = _KEYED.match(line)
            self._column = (
                len(keyed["indent"] + (keyed["bullet"] or "")) if keyed is not None else -1
            )
        elif (self.dimensions is not None or not self.asked.single) and (
            not self.is_heading or _LEAD.fullmatch(line[: names[0].start][:80])
        ):
            self.dimensions, self.is_heading = (), False

    def _is_value(self, line: str) -> bool:
        """Whether a line that looks like a heading states a value, as "**Score: 3**" does."""
        text = line.strip().strip("#*_ ")[:200]
        return self.reader.alone(text) is not None or any(True for _ in self.reader.loose(text))


def led(line: str, group: list[Name]) -> int | None:
    """Where the text behind a name at the head of the line begins; None if it is no head."""
    if group[0].start > 80 or not _LEAD.fullmatch(line[: group[0].start]):
        return None
    after = _AFTER_LEAD.match(line, group[-1].end)
    return after.end() if after else None
