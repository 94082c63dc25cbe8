"""What can be told of the text of a seed question without a model.

Everything here is a hint from letters and frequent words. What cannot be told is "unknown",
and nothing unknown is held against a question.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from typing import Literal

from intermt.domain.seed_words import (
    ASKING,
    MARKS,
    PICTURE_SIGNS,
    PICTURE_WORDS,
    REQUESTING,
    STOP_WORDS,
    WISHING,
)

UNKNOWN = "unknown"

Form = Literal["question", "request", "statement", "unknown"]

_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_CLAUSE = re.compile(r"[.,!?:;。！？\n]+\s*")
_PLACEHOLDER = re.compile(r"<\s*/?\s*(?:image|img|picture)\b[^<>]*>", re.IGNORECASE)
_NO_MARKS = str.maketrans(dict.fromkeys("?!.,;:…\"'“”„‘’«»()[]¿¡。、「」『』؟،؛", " "))
_ENOUGH = 2
"""Stop words of a language from which a text with that many is taken to be in it."""
_CLEARLY = 1.3
"""How many times the stop words of the next language it must have."""
_LONGEST = 4000
"""Characters looked at for hints; the beginning of a long text tells as much."""

_SCRIPTS: tuple[tuple[str, int, int], ...] = (
    ("latin", 0x0041, 0x024F), ("latin", 0x1E00, 0x1EFF), ("greek", 0x0370, 0x03FF),
    ("cyrillic", 0x0400, 0x052F), ("armenian", 0x0530, 0x058F), ("hebrew", 0x0590, 0x05FF),
    ("arabic", 0x0600, 0x06FF), ("arabic", 0x0750, 0x077F), ("devanagari", 0x0900, 0x097F),
    ("bengali", 0x0980, 0x09FF), ("tamil", 0x0B80, 0x0BFF), ("thai", 0x0E00, 0x0E7F),
    ("georgian", 0x10A0, 0x10FF), ("kana", 0x3040, 0x30FF), ("han", 0x3400, 0x4DBF),
    ("han", 0x4E00, 0x9FFF), ("hangul", 0x1100, 0x11FF), ("hangul", 0xAC00, 0xD7AF),
)  # fmt: skip
_ONLY_LANGUAGE = {
    "greek": "el", "armenian": "hy", "hebrew": "he", "bengali": "bn", "tamil": "ta",
    "thai": "th", "georgian": "ka", "hangul": "ko", "kana": "ja", "han": "zh",
}  # fmt: skip
_OF_SCRIPT = {
    "latin": ("en", "de", "fr", "es", "it", "pt", "nl", "pl", "sv", "tr", "id", "vi"),
    "cyrillic": ("ru", "uk"),
    "arabic": ("ar", "fa"),
}


def normalised(text: str) -> str:
    """The text without what two spellings of one question may differ in.

    That is case, width and composition of characters, the marks between and behind
    sentences, and spaces. Other signs stay: `3*2` is not `3/2`.
    """
    plain = unicodedata.normalize("NFKC", text).casefold()
    return " ".join(plain.translate(_NO_MARKS).split())


def numbers(text: str) -> tuple[str, ...]:
    """The numbers in a text in order: a question with other numbers is another question."""
    return tuple(_NUMBER.findall(unicodedata.normalize("NFKC", text)))


def length(text: str) -> int:
    """Characters that are no spaces; ideographs and kana, which say more, count twice."""
    return sum(1 + (unicodedata.east_asian_width(c) in "WF") for c in text if not c.isspace())


def is_noise(text: str) -> bool:
    """Whether a text has no word and no number, or says one thing over and over."""
    words = _WORD.findall(text[:_LONGEST])
    if not words:
        return not numbers(text[:_LONGEST])
    letters = Counter("".join(words).casefold())
    if letters.total() >= 8 and letters.most_common(1)[0][1] > 0.6 * letters.total():
        return True
    repeated = Counter(word.casefold() for word in words)
    return len(words) >= 6 and repeated.most_common(1)[0][1] > 0.7 * len(words)


def language_hint(text: str) -> str:
    """The language that script and frequent words speak for, as in `en`; else "unknown"."""
    start = unicodedata.normalize("NFC", text[:_LONGEST])
    scripts = Counter(script for c in start if c.isalpha() and (script := _script(c)))
    if not scripts:
        return UNKNOWN
    if scripts["kana"] and scripts["kana"] + scripts["han"] > scripts["latin"]:
        return "ja"
    script, n = scripts.most_common(1)[0]
    # Ideographs are words, letters are not.
    if 2 * scripts["han"] > n:
        script = "han"
    if script in _ONLY_LANGUAGE:
        return _ONLY_LANGUAGE[script]
    if script == "devanagari":
        return UNKNOWN
    words = [word.casefold() for word in _WORD.findall(start)]
    found = {
        language: sum(word in STOP_WORDS[language] for word in words)
        for language in _OF_SCRIPT[script]
    }
    (best, n_best), (_, n_next) = sorted(found.items(), key=lambda item: -item[1])[:2]
    clear = n_best >= max(_ENOUGH, _CLEARLY * n_next, n_next + 1)
    return best if clear and n_best >= 0.15 * len(words) else UNKNOWN


def same_language(one: str, other: str) -> bool:
    """Whether two language tags may mean the same; an unknown one may."""
    if UNKNOWN in (one, other):
        return True
    first, second = (re.split(r"[-_]", tag.strip().casefold())[0] for tag in (one, other))
    return _SPELT_OUT.get(first, first) == _SPELT_OUT.get(second, second)


_SPELT_OUT = {
    "english": "en", "german": "de", "french": "fr", "spanish": "es", "italian": "it",
    "portuguese": "pt", "dutch": "nl", "polish": "pl", "swedish": "sv", "turkish": "tr",
    "indonesian": "id", "vietnamese": "vi", "russian": "ru", "ukrainian": "uk", "arabic": "ar",
    "persian": "fa", "chinese": "zh", "japanese": "ja", "korean": "ko", "greek": "el",
    "hebrew": "he", "thai": "th", "eng": "en", "deu": "de", "fra": "fr", "spa": "es",
    "zho": "zh", "jpn": "ja", "kor": "ko", "rus": "ru",
}  # fmt: skip


def question_form(text: str) -> Form:
    """Whether a text asks, requests or states something.

    A text without a question mark is a `statement` only if its language is recognised, has
    word lists, and none of them speaks for a question or a request.
    """
    language = language_hint(text)
    marks = MARKS if language == "el" else MARKS.replace(";", "")
    if any(mark in text for mark in marks):
        return "question"
    plain = text.casefold().replace("’", "'")
    if any(wish in plain for wish in WISHING.get(language, ())):
        return "request"
    if language not in ASKING:
        return "statement" if language in WISHING else "unknown"
    for clause in _CLAUSE.split(plain):
        words = _WORD.findall(clause)[:2]
        if words and words[0] in ASKING[language]:
            return "question"
        if any(word in REQUESTING[language] for word in words):
            return "request"
    return "statement"


def n_placeholders(text: str) -> int:
    """Marks such as `<image>` that stand for a picture."""
    return len(_PLACEHOLDER.findall(text))


def names_picture(text: str) -> bool:
    """Whether a text speaks of a picture as one."""
    if _PLACEHOLDER.search(text) or any(sign in text for sign in PICTURE_SIGNS):
        return True
    return any(word.casefold() in PICTURE_WORDS for word in _WORD.findall(text))


def _script(character: str) -> str:
    code = ord(character)
    for script, first, last in _SCRIPTS:
        if first <= code <= last:
            return script
    return ""
