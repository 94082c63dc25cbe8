"""Which earlier picture a caption names by number or place, and whether there can be one.

A caption that merely has a number in it (`three cats`, `Picture 1 of a series`) names none. Where
words could be either, a description of something new is taken for one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_WORDS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
_PLACES = (
    r"first|erste[snm]?|premi[eè]re|primera|prima",
    r"second|zweite[snm]?|deuxième|segunda|seconda",
    r"third|dritte[snm]?|troisième|tercera|terza",
    r"fourth|vierte[snm]?|quatrième|cuarta|quarta",
    r"fifth|fünfte[snm]?|cinquième|quinta",
    *("sixth", "seventh", "eighth", "ninth", "tenth"),
)
_CHINESE = "一二三四五六七八九十"

_PICTURE = r"(?:picture|image|photo(?:graph)?|bild|foto|imagen|immagine)"
_GRAPHIC = (
    rf"(?:{_PICTURE}|drawing|map|chart|graph|plot|diagram|illustration|sketch|painting|screenshot)"
)
_THE = r"(?:the|this|that|your|our|my|das|dem|dieses|la|cette|l')"

_NUMBER = re.compile(
    rf"(?<![\w-]){_PICTURE}s?\s*(?:number|no\.?|nr\.?|n°|№|#)?\s*(?P<n>\d{{1,3}}|{'|'.join(_WORDS)})"
    r"(?![\w%°]|[.:x/]\d|\s*(?:%|x\b))"
    r"(?:\s*(?:,|and|&|\+|or|to|und|et|y|e)\s*#?(?P<m>\d{1,3})(?![\w%]))?",
    re.IGNORECASE,
)
_ALONE = re.compile(r"^\W*(?:(?:figure|fig\.?)\s*)?#?\s*(?P<n>\d{1,3})\W*$", re.IGNORECASE)
_CJK = re.compile(
    rf"(?:图片?|图像|照片|画像|写真)\s*(?P<a>\d{{1,3}})(?!\d)"
    rf"|第\s*(?P<b>\d{{1,3}}|[{_CHINESE}])\s*[张幅個个]?\s*(?:图|照片|画像)"
    rf"|(?P<c>\d{{1,3}}|[{_CHINESE}])\s*(?:枚目|番目)の\s*(?:画像|写真|絵|図)"
)
_PLACE_WORDS = "|".join(f"(?P<p{i}>{words})" for i, words in enumerate(_PLACES, start=1))
_PLACE = re.compile(
    rf"(?:(?P<start>^\W*)|\b{_THE}\s*\b)(?:{_THE}\s*\b)?"
    rf"(?:(?P<digits>\d{{1,2}})(?:st|nd|rd|th)|{_PLACE_WORDS})"
    r"\s+(?:(?:given|original|provided|uploaded|attached|shared|previous|earlier|generated)\s+)?"
    rf"(?P<noun>{_GRAPHIC})\b",
    re.IGNORECASE,
)
_PLAIN_NOUN = re.compile(rf"{_PICTURE}$", re.IGNORECASE)

# --- what stands around it -----------------------------------------------------------------

_LEADS_TO = re.compile(
    r"(?:^\W*|\b(?:of|from|in|into|on|using|combining|merging|editing|showing|same|original"
    r"|\w+ed|von|aus|im|de|del|della|dans|sur)\s+)"
    rf"(?:{_THE}\s*)?\W*$",
    re.IGNORECASE,
)
_MODELLED = re.compile(
    r"\b(?:style|scheme|colou?rs?|palette|mood|look|spirit|manner|based|inspired|derived)\s+"
    r"(?:[\w'-]+\s+){0,3}$",
    re.IGNORECASE,
)
"""What a new picture takes from one that is named."""
_GOES_ON = (
    r"(?:at|in|with|without|but|again|as|from|on|for|now|and|plus|after|before|by|under|only|once"
    r"|(?:the )?same|\w+ed|\w+ing)\b"
)
_SERIES = re.compile(
    r"\s*(?:/\s*\d|of\s+(?:an?|\d+|two|three|four|five|six|several)\b"
    r"|(?:of|in|from|on)\s+(?:an?|the|this)\s+(?:[\w-]+\s+)?(?:series|set|sequence|row|left|right|top"
    r"|gallery|exhibition|collection|album|book|museum|strip|wall|tutorial|process|steps?)\b)",
    re.IGNORECASE,
)
_LABEL = re.compile(rf"\s*(?:(?:[:.)]|\s[-–—])\s*(?!{_GOES_ON})[^\W_]|,\s*an?\s)", re.IGNORECASE)
_COUNTED = re.compile(
    r"\s+(?:(?!(?:shows|looks|plus|minus|across|always|versus|as|is|was|has|its|this)\b)[^\W\d_]+s"
    r"|people|children|men|women|sheep|fish|mm|cm|m|km|px|dpi|am|pm|kg)\b",
    re.IGNORECASE,
)
_WORD_GOES_ON = re.compile(rf"\s*(?:$|[,.;!?)\]]|{_GOES_ON})", re.IGNORECASE)
_DESCRIBED = re.compile(
    r"\s*(?:(?:of|from)\s+(?!(?:the|this|our)\s+(?:conversation|chat|user)\b|you\b|above\b)"
    r"|(?:showing|shows|depicting|ever|taken|made|that|which|to|where)\b)",
    re.IGNORECASE,
)
_FIRST_GOES_ON = re.compile(r"\s*(?:$|[,.!]|(?:again|but|with|without|at|as)\b)", re.IGNORECASE)

_SHOWN = re.compile(
    rf"(?:\b(?:the|this|that)\s+|^\W*)(?:(?:very\s+)?(?:same|previous|preceding|earlier|above"
    rf"|aforementioned|provided|uploaded|attached|shared)\s+{_PICTURE}\b"
    rf"|(?:original|initial|source|input|existing|current|given|last|latest)\s+{_PICTURE}\b"
    r"(?!\s+(?:of|from|in|for|showing|taken|by)\b|\s*:)"
    rf"|{_PICTURE}\s+(?:above\b"
    r"|(?:that\s+)?(?:you|the user)\s+(?:sent|shared|uploaded|provided)\b))"
    rf"|^\W*(?:this|that|your)\s+{_PICTURE}\s*(?:[.!]?$|(?:again|but|with|without|at|in|as)\b)"
    r"|^\W*(?:das\s+|dem\s+)?(?:dasselbe|selben?|gleiche|vorige|vorherige|obige)\s+(?:bild|foto)\b"
    r"|^\W*(?:das\s+)?original(?:bild|foto)\b"
    r"|^\W*(?:la\s+)?même\s+(?:image|photo)\b|^\W*l['’]image\s+(?:précédente|originale|ci-dessus)\b"
    r"|^\W*(?:la\s+)?(?:misma|anterior)\s+(?:imagen|foto)\b|^\W*(?:la\s+)?imagen\s+(?:anterior|original)\b"
    r"|^\W*(?:la\s+)?stessa\s+(?:immagine|foto)\b|^\W*l['’]immagine\s+(?:precedente|originale)\b"
    r"|^\W*(?:同一张图|这张图|上一张图|原图|原始图|同じ(?:画像|写真)|前の(?:画像|写真)|元の(?:画像|写真))",
    re.IGNORECASE,
)


def not_there(number: int, n_pictures: int) -> str:
    """What is said of a number that no picture of a conversation has."""
    there = f"pictures 1 to {n_pictures}" if n_pictures else "no picture"
    return f"there is no picture {number}; there is {there}"


def place_in(caption: str, n_pictures: int) -> tuple[int, re.Match[str]] | None:
    """The number of a picture that an ordinal names, as in `the second picture`, and where."""
    for found in _PLACE.finditer(caption):
        number = _place(found)
        if _PLAIN_NOUN.match(found["noun"]) and 1 <= number <= n_pictures:
            return number, found
    return next(((n, found) for n, found in _cjk(caption) if 1 <= n <= n_pictures), None)


def names_no_picture(after: str) -> bool:
    """Whether what follows `picture 2` makes it a count or a place in a series."""
    return bool(_SERIES.match(after) or _COUNTED.match(after))


def lacking(caption: str, n_pictures: int) -> tuple[str, str] | None:
    """The words by which a caption names a picture that is not there, and what is wrong.

    Args:
        caption: Without what stands in quotes.
        n_pictures: Pictures of the conversation so far; their numbers begin at 1.
    """
    for number, words in (*_numbers(caption), *_places(caption, n_pictures)):
        if not 1 <= number <= n_pictures:
            return words, not_there(number, n_pictures)
    if n_pictures:
        return None
    for found in _SHOWN.finditer(caption):
        if _leads_to(caption[: found.start()]):
            return found[0].strip(), "there is no earlier picture in the conversation"
    return None


def _leads_to(before: str) -> bool:
    return _LEADS_TO.search(before) is not None and not _MODELLED.search(before)


def _numbers(caption: str) -> list[tuple[int, str]]:
    if alone := _ALONE.match(caption):
        return [(int(alone["n"]), alone[0].strip())]
    found: list[tuple[int, str]] = []
    for match in _NUMBER.finditer(caption):
        after = caption[match.end() :]
        if names_no_picture(after) or _LABEL.match(after):
            continue
        before = caption[: match.start()]
        # Once one is named, others may be named in any way.
        if _MODELLED.search(before) or not (found or _LEADS_TO.search(before)):
            continue
        said = match["n"].casefold()
        if not said.isdecimal() and not _WORD_GOES_ON.match(after):
            continue
        number = int(said) if said.isdecimal() else _WORDS.index(said) + 1
        found.append((number, match[0]))
        if match["m"]:
            found.append((int(match["m"]), match[0]))
    return [*found, *((number, match[0]) for number, match in _cjk(caption))]


def _cjk(caption: str) -> Iterator[tuple[int, re.Match[str]]]:
    for match in _CJK.finditer(caption):
        said = match["a"] or match["b"] or match["c"]
        yield int(said) if said.isdecimal() else _CHINESE.index(said) + 1, match


def _places(caption: str, n_pictures: int) -> list[tuple[int, str]]:
    matches = list(_PLACE.finditer(caption))
    # The first picture shows this, the second that: the parts of one new picture.
    if len({_place(match) for match in matches}) != 1:
        return []
    match = matches[0]
    number, after = _place(match), caption[match.end() :]
    is_plain = _PLAIN_NOUN.match(match["noun"]) is not None
    if not is_plain and (n_pictures == 0 or (match["start"] is None and match.start())):
        return []
    if number == 1 and not _FIRST_GOES_ON.match(after):
        return []
    if _DESCRIBED.match(after) or names_no_picture(after) or _LABEL.match(after):
        return []
    if not _leads_to(caption[: match.start()]):
        return []
    return [(number, match[0].strip())]


def _place(match: re.Match[str]) -> int:
    if match["digits"]:
        return int(match["digits"])
    return next(i for i in range(1, len(_PLACES) + 1) if match[f"p{i}"])
