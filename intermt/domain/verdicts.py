"""What a judge's reply says: scores, preferences, grades.

The functions read what a careful person would read and nothing more. None means "not stated":
nothing was said, something was said twice and differently, or it lies outside the scale. A
value is never clipped, rounded or guessed. All take time linear in the length of the reply.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal

from intermt.dimensions import find_dimension
from intermt.domain.reply_choices import ChoiceReader
from intermt.domain.reply_context import hedged
from intermt.domain.reply_fields import is_void
from intermt.domain.reply_json import Json, TooMuch, find_json
from intermt.domain.reply_lines import LineReader, Statement
from intermt.domain.reply_names import Asked, asked_for, asked_for_one, canonical
from intermt.domain.reply_revisions import withdrawals_marked
from intermt.domain.reply_shown import disclaimed, only_shown
from intermt.domain.reply_text import said, without_markup
from intermt.domain.reply_values import NumberReader, Reader, whole_number
from intermt.domain.verdict_schemas import grade_schema, preference_schema, score_schema

__all__ = [
    "grade_schema",
    "parse_grade",
    "parse_preferences",
    "parse_scores",
    "preference_schema",
    "score_schema",
]

_OWN = re.compile(r"\b(?:here|my|below|as\s+(?:\w{1,9}\s+)?\w{3,10}ed)\b", re.IGNORECASE)
_LETTER = re.compile(r"[^\W\d]")
_FENCE = re.compile(r"\s*```\w*\s*\Z")
_TO = r"(?:-|–|to|bis|à|al?|до|إلى|से|~|到|至)"
_SCALE = re.compile(
    r"(?<!\w)(?:scale|Skala|échelle|escala|scala|шкал[аеуы]|مقياس|पैमाने)"
    rf"(?:\s+[^\W\d]{{1,6}}){{0,2}}?\s*[:=]?\s*[(\[]?\s*(-?\d{{1,3}})\s*{_TO}\s*(\d{{1,3}})"
    rf"|(?<!\d)(-?\d{{1,3}})\s*{_TO}\s*(\d{{1,3}})\s*(?:point\s+)?scale"
    rf"|\b(?:scores|ratings|grades|marks|points)\s+(?:\w{{1,9}}\s+)?(?:from|between|within|of)\s+(-?\d{{1,3}})\s*(?:{_TO}|and)\s*(\d{{1,3}})"
    rf"|^\W{{0,6}}(-?\d{{1,3}})\s*{_TO}\s*(\d{{1,3}})[\s:)\]]+(?:scores?|ratings?|grades?)\b"
    rf"|^\W{{0,6}}(?:from|between|range:?)\s+(-?\d{{1,3}})\s*(?:{_TO}|and)\s*(\d{{1,3}})\s*:"
    rf"|\b(?:scores?|ratings?)\s*\(\s*(?:from\s+)?(-?\d{{1,3}})\s*{_TO}\s*(\d{{1,3}})\s*\)"
    rf"|[按从用以]\s*(-?\d{{1,3}})\s*{_TO}\s*(\d{{1,3}})\s*分",
    re.IGNORECASE | re.MULTILINE,
)
_WORDS = r"(?:two|three|four|five|six|seven|eight|nine|ten)"
_SCORES = r"\b(?:scores?|ratings?|points?|grades?|marks?)"
# "3 out of 5" is one score on another scale, read where it stands; these are about all scores.
_HIGHEST = re.compile(
    r"\b(?:rat(?:e[ds]?|ings?)|scor(?:e[ds]?|ing)|grade[ds]?|marks?|points?|dimensions?)\b"
    r"[^.\n\d]{0,60}?\bout\s+of\s+(\d{1,3})"
    rf"|(?<!total\s)(?<!overall\s){_SCORES}\s*(?:/\s*|\(\s*(?:/|of|max(?:imum)?\b\.?:?)\s*)(\d{{1,3}})"
    rf"|\bmax(?:imum)?\s+(?:possible\s+)?{_SCORES}\s*(?:is|of|:|=)?\s*(\d{{1,3}})"
    r"|(?<![\d分点점]\()[满滿]分\s*[是为為:]?\s*(\d{1,3})"
    r"|(?<!\()(?<!\d)(\d{1,3})\s*(?:分制|点満点|점\s*만점)"
    rf"|\b({_WORDS})\s*(?:is|being|=|means?)\s*(?:the\s+)?(?:best|highest|maximum)\b"
    rf"|(?:^|[.;:]\s)\W{{0,6}}(?:all\s+|each\s+|everything\s+|given\s+)?out\s+of\s+(?:an?\s+)?(?:(?:possible|maximum|total)\s+(?:of\s+)?)?"
    rf"(\d{{1,3}}|{_WORDS})(?:\s+(?:points?|stars?|marks?))?\s*[:,]",
    re.IGNORECASE | re.MULTILINE,
)
# "5 = excellent" is no score, but where no score is as high it names another scale.
_ANCHOR = re.compile(
    r"(?P<noun>\b(?:turn|round|step|image|picture|photo|reference|answer|response|dimension|part|option|"
    r"version|figure|panel)s?\s+)?(?<![\w.,/-])(?P<number>\d{1,3})\s*(?:=|is|being|means?)\s*"
    r"(?:the\s+|very\s+)?(?:(?P<best>best|excellent|perfect|outstanding|highest|ideal)|(?P<good>good|strong"
    r"|great)|(?P<worst>worst|poor(?:est)?|terrible|lowest))\b",
    re.IGNORECASE,
)
_POINTS = re.compile(
    r"(?<![\w.])(\d{1,3}|three|five|six|seven|ten)[- ]point\s+(?:Likert\s+)?scale", re.IGNORECASE
)


def parse_scores(text: str, dimensions: Sequence[str]) -> dict[str, int | None]:
    """The score a reply states for each dimension, None where it states none.

    Reads JSON, boxes, tables, lists, headings and prose. With one dimension asked for, a reply
    may leave out its name. A last verdict counts over earlier ones only if it is marked as
    final; otherwise two different scores for one dimension are none. `<think>` blocks never
    count. -1 exists for `style_coherence` alone.

    Args:
        text: The reply.
        dimensions: Keys, ids or aliases; the result has the same names.

    >>> parse_scores("Text quality: 3/3, L3 - 2", ["text_quality", "context_coherence"])
    {'text_quality': 3, 'context_coherence': 2}
    >>> parse_scores("text_quality: 2-3", ["text_quality"])
    {'text_quality': None}
    """
    asked = asked_for(tuple(dimensions))
    stated = _read(text, asked, NumberReader(3), ((0, 3), (-1, 3)))
    return {name: _score(canonical(name), stated) for name in dimensions}


def parse_preferences(
    text: str, dimensions: Sequence[str]
) -> dict[str, Literal["A", "B", "tie"] | None]:
    """The candidate a reply prefers on each dimension, None where it does not say.

    `overall_preference` (or `overall`) is a dimension here. Reads the same forms as
    `parse_scores`, and `[[A]]`, `A > B`, `Response 1`, "the second", "equally good". A bare
    number counts only where a winner is named, as in `"winner": 1`.

    Args:
        text: The reply.
        dimensions: Keys, ids, aliases or `overall_preference`; the result has the same names.

    >>> parse_preferences("Winner: Response 2", ["overall_preference"])
    {'overall_preference': 'B'}
    """
    asked = asked_for(tuple(dimensions))
    stated = _read(text, asked, ChoiceReader(), ())
    return {name: _choice(canonical(name), stated) for name in dimensions}


def parse_grade(text: str) -> int | None:
    """The grade from 1 to 5 a reply states, or None.

    >>> parse_grade("The steps agree, with one missing. Grade: 4/5")
    4
    >>> parse_grade("8/10") is None
    True
    """
    asked = asked_for_one("grade")
    stated = _read(text, asked, NumberReader(5), ((1, 5),))
    value = _agreed("grade", stated)
    return value if isinstance(value, int) and 1 <= value <= 5 else None


def _read(
    text: str, asked: Asked, reader: Reader, scales: Sequence[tuple[int, int]]
) -> list[Statement]:
    """The statements of a reply; none if it is a message of a failed call or beyond reading."""
    plain = said(text)
    try:
        found = find_json(plain)
    except TooMuch:
        return []
    if any(is_void(json.value) for json in found):
        return []
    pieces: list[str] = []
    values: list[Json] = []
    done = 0
    for json in found:
        before = plain[done : json.start].replace("\0", " ")
        done = json.end
        pieces.append(before)
        lead = before[-300:].rpartition("\n")[2]
        if len(found) == 1 and hedged(lead, len(lead)) and not _OWN.search(lead):
            return []
        if only_shown(_FENCE.sub("", before[-300:]), plain[done : done + 200].partition("\n")[0]):
            # The line that leads to it ends here, and so does what it is an example of.
            pieces.append("\n.\n\n")
            continue
        pieces.append(f"\n\0{len(values)}\0\n")
        values.append(json.value)
    pieces.append(plain[done:].replace("\0", " "))
    prose = without_markup("".join(pieces))
    if _LETTER.search(prose):
        if disclaimed(prose):
            return []
        prose = withdrawals_marked(prose)
    if asked.pattern is None:
        prose = re.sub(r"\boverall\b(?=[\s*_]*:)", asked.dimensions[0], prose, flags=re.IGNORECASE)
        prose = re.sub(r"\boverall\b,?[ \t]*", "", prose, flags=re.IGNORECASE)
    if scales and _on_another_scale(prose, scales):
        return []
    return LineReader(asked, reader, scales).read(prose, values)


def _on_another_scale(text: str, scales: Sequence[tuple[int, int]]) -> bool:
    """Whether the reply says that its numbers are on another scale."""
    for match in _SCALE.finditer(text):
        if tuple(int(n) for n in match.groups() if n is not None) not in scales:
            return True
    low, high = scales[0]
    highest = (n for m in _HIGHEST.finditer(text) for n in m.groups() if n is not None)
    if any(whole_number(n) != high for n in highest):
        return True
    for anchor in _ANCHOR.finditer(text):
        number = int(anchor["number"])
        # On a scale that is turned round, too, no number means what was asked for.
        turned = number == (low if anchor["best"] else high if anchor["worst"] else None)
        if anchor["noun"] is None and (number > high or turned):
            return True
    # Scores from 0 to 3 are four points.
    return any(whole_number(m[1]) != high - low + 1 for m in _POINTS.finditer(text))


def _agreed(dimension: str, statements: Sequence[Statement]) -> int | str | None:
    """The one value that the statements of highest rank agree on."""
    own = [s for s in statements if s.dimension == dimension]
    rank = max((s.rank for s in own), default=0)
    values = {s.value for s in own if s.rank == rank}
    return values.pop() if len(values) == 1 else None


def _score(key: str, statements: Sequence[Statement]) -> int | None:
    value = _agreed(key, statements)
    dimension = find_dimension(key)
    lowest = 0 if dimension is None else dimension.lowest
    return value if isinstance(value, int) and lowest <= value <= 3 else None


def _choice(key: str, statements: Sequence[Statement]) -> Literal["A", "B", "tie"] | None:
    match _agreed(key, statements):
        case "A":
            return "A"
        case "B":
            return "B"
        case "tie":
            return "tie"
        case _:
            return None
