"""The names of dimensions in a text, and what was asked for."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice

from intermt.dimensions import BY_KEY, DIMENSIONS, OVERALL, find_dimension

MAX_NAMES = 5_000
"""Most names of dimensions in a reply; one with more is no verdict."""

MAX_REPEATS = 3
"""So often is a name not said again before its value."""

ALL = "*all"
"""What "all dimensions" resolves to."""

_OVERALL = (
    r"overall(?:[ _-]*(?:preferences?|winner|verdict|choice|judge?ment|result|preferred|better|"
    r"decision))?|(?:总体|整体|综合)(?:来看|而言|来说|考虑|上)?|总的来说|総合(?:的に(?:見て)?)?"
)
_CHINESE_OVERALL = ("总", "整", "综", "総")
_EVERY = (
    r"(?:all|each)(?:\s+of)?(?:\s+the)?(?:\s+(?:two|three|four|five|nine|\d))?(?:\s+(?:local|global))?"
    r"\s+(?:dimensions|criteria|aspects|categories|scores)|(?:every|each)\s+(?:single\s+)?"
    r"(?:dimension|criterion|aspect|category)"
)
# Not spellings of their own, but clear where only one of the two was asked for.
_LOOSE = {
    "image text consistency": ("local_image_text_consistency", "global_image_text_consistency"),
    "text image consistency": ("local_image_text_consistency", "global_image_text_consistency"),
    "visual quality": ("visual_perceptual_quality",),
    "contextual awareness": ("context_awareness",),
    "helpfulness & completeness": ("helpfulness",),
    "crucial steps recognition": ("crucial_step_recognition",),
    "visual style consistency": ("style_coherence",),
}
_AROUND = r"[\s\"'*_`:.,()\[\]{}#-]"
_FILLER = re.compile(
    rf"(?:{_AROUND}|\b(?:the|score|scores|rating|dimension|local|global|for|value|winner|"
    r"preference|of|level|better|preferred|choice|final)\b|\d{1,2}(?=[.)]))*",
    re.IGNORECASE,
)

_ID = re.compile(r"[LG]\d", re.IGNORECASE)
_BESIDE = re.compile(r"[\s*_`\"':.(\[–—-]{1,6}")
_JOINER = re.compile(
    r"[\"'*_`\s)]{0,4}(?P<join>,|and|&|,\s*and|\+|as\s+well\s+as|/)[\"'*_`\s(]{0,4}"
    r"(?:(?:the|in|on|for)\s+)?[\"'*_`]{0,3}",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Name:
    """A dimension's name at a place; `dimension` is "" for one that was not asked for."""

    start: int
    end: int
    dimension: str


@dataclass(frozen=True, slots=True)
class Asked:
    """What a reply was asked for.

    Attributes:
        dimensions: Keys in the order asked, each once.
        by_spelling: Every known spelling, words separated by one space, and its key; "" for
            dimensions not asked for.
        pattern: Finds them.
    """

    dimensions: tuple[str, ...]
    by_spelling: dict[str, str]
    pattern: re.Pattern[str] | None

    @property
    def single(self) -> str | None:
        """The dimension, if it is the only one asked for."""
        return self.dimensions[0] if len(self.dimensions) == 1 else None

    def names(self, text: str) -> list[Name]:
        """The names in a text, in order; no more than one above `MAX_NAMES`."""
        if self.pattern is None:
            return []
        matches = islice(self.pattern.finditer(text), MAX_NAMES + 1)
        return [Name(m.start(), m.end(), self._meaning(m["name"])) for m in matches]

    def named_by(self, text: str) -> str | None:
        """The dimension that is all a key or cell names; "" if not asked for, else None."""
        if len(text) > 120:
            return None
        names = self.names(text)
        left = text
        for name in reversed(names):
            left = left[: name.start] + " " + left[name.end :]
        if not names or len({n.dimension for n in names}) > 1 or not _FILLER.fullmatch(left):
            return None
        return names[0].dimension

    def _meaning(self, spelling: str) -> str:
        plain = re.sub(r"[\s_/-]+", " ", spelling.lower()).strip()
        if plain in self.by_spelling:
            return self.by_spelling[plain]
        if plain.startswith(("all", "each", "every")):
            return ALL
        if plain.startswith(("overall", *_CHINESE_OVERALL)):
            return OVERALL if OVERALL in self.dimensions else ""
        # Written without separators, as in textQuality.
        return self.by_spelling.get(plain.replace(" ", ""), "")


def canonical(name: str) -> str:
    """The key a requested name stands for; a name that is no dimension's stands for itself."""
    dimension = find_dimension(name)
    if dimension is not None:
        return dimension.key
    plain = re.sub(r"[\s_-]+", "_", name.strip().lower())
    return OVERALL if plain in (OVERALL, "overall_preference") else plain


@lru_cache(maxsize=256)
def asked_for(names: tuple[str, ...]) -> Asked:
    """What is asked for by these names; every dimension's name is known, asked for or not."""
    wanted = tuple(dict.fromkeys(canonical(n) for n in names))
    spellings: dict[str, str] = {}
    for dimension in DIMENSIONS:
        names = (dimension.key, *dimension.aliases)
        for spelling in (*names, dimension.id, *(f"{dimension.id} {name}" for name in names)):
            spellings[spelling.lower().replace("_", " ")] = (
                dimension.key if dimension.key in wanted else ""
            )
    for loose, meanings in _LOOSE.items():
        found = [m for m in meanings if m in wanted]
        spellings.setdefault(loose, found[0] if len(found) == 1 else "")
        for key in meanings:
            spelling = f"{BY_KEY[key].id.lower()} {loose}"
            spellings.setdefault(spelling, key if key in wanted else "")
    for key in wanted:
        if key != OVERALL:
            spellings.setdefault(key.replace("_", " "), key)
    words = [
        r"[\s_/-]*".join(re.escape(word) for word in spelling.split(" "))
        for spelling in sorted(spellings, key=len, reverse=True)
        if spelling
    ]
    pattern = re.compile(
        rf"(?<![A-Za-z0-9])(?<![A-Za-z0-9]_)(?P<name>{'|'.join(words)}|{_OVERALL}|{_EVERY})"
        r"(?:[ _-]?(?:score|rating))?(?![A-Za-z0-9]|_[A-Za-z0-9])",
        re.IGNORECASE,
    )
    joined = {s.replace(" ", ""): key for s, key in spellings.items()}
    return Asked(wanted, {**joined, **spellings}, pattern)


def asked_for_one(what: str) -> Asked:
    """What is asked for where a reply holds one value and names of dimensions mean nothing."""
    return Asked((what,), {}, None)


def same_dimensions(names: Sequence[Name]) -> tuple[str, ...]:
    """The dimensions of a group of names, each once, without those not asked for."""
    return tuple(dict.fromkeys(n.dimension for n in names if n.dimension))


def without_doubles(line: str, names: list[Name]) -> list[Name]:
    """Names with id and key side by side, as in "L4 (text quality)", taken as one.

    A name said over and over, as by a model caught in a loop, means nothing.
    """
    single: list[Name] = []
    repeats: dict[str, int] = {}
    for name in names:
        last = single[-1] if single else None
        if last is not None and last.dimension == name.dimension != "":
            between = line[last.end : name.start]
            if _BESIDE.fullmatch(between):
                closes = "(" in between and line[name.end : name.end + 1] == ")"
                repeats[name.dimension] = repeats.get(name.dimension, 0) + 1
                single[-1] = Name(last.start, name.end + closes, name.dimension)
                continue
        elif last is not None and _contradict(line, last, name):
            single[-1] = Name(last.start, name.end, "")
            continue
        single.append(name)
    return [
        Name(n.start, n.end, "") if repeats.get(n.dimension, 0) >= MAX_REPEATS else n
        for n in single
    ]


def _contradict(line: str, first: Name, second: Name) -> bool:
    """Whether an id and a name stand side by side that are not those of one dimension."""
    return (
        _ID.fullmatch(line[first.start : first.end]) is not None
        and _ID.fullmatch(line[second.start : second.end]) is None
        and _BESIDE.fullmatch(line[first.end : second.start]) is not None
        and second.dimension not in (OVERALL, ALL)
        and (first.dimension or second.dimension) != ""
    )


def grouped(line: str, names: list[Name]) -> list[list[Name]]:
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
