"""Whether what a simulated user wrote is a question that moves a conversation on."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

_WORD = re.compile(r"[^\W_]+")
_ALIKE = 0.9
"""Share of words in common from which two questions say the same."""
_RUN = 6
_COPIED_WORDS = 15
_COPIED = 0.6
"""Share of a question's runs of six words that stand in the answer from which it is a copy."""


def fault_of(question: str, earlier: Sequence[str], answer: str) -> str:
    """Why a question is none, in words; "" where it is one.

    Args:
        question: What the simulated user wrote.
        earlier: What the user said before.
        answer: The last answer.
    """
    words = _words(question)
    if not words:
        return "the question is empty"
    if any(_is_same(words, _words(before)) for before in earlier):
        return "the question repeats an earlier one"
    if len(words) >= _COPIED_WORDS:
        said = set(_runs(_words(answer)))
        runs = _runs(words)
        if sum(run in said for run in runs) >= _COPIED * len(runs):
            return "the question is a copy of the answer"
    return ""


def _words(text: str) -> list[str]:
    plain = unicodedata.normalize("NFKC", text).casefold()
    found: list[str] = []
    for word in _WORD.findall(plain):
        # Scripts without spaces would be one long word.
        found += word if ord(word[0]) >= 0x2E80 else [word]
    return found


def _is_same(one: list[str], other: list[str]) -> bool:
    if one == other:
        return True
    a, b = set(one), set(other)
    return min(len(one), len(other)) >= _RUN and len(a & b) >= _ALIKE * len(a | b)


def _runs(words: list[str]) -> list[tuple[str, ...]]:
    return [tuple(words[i : i + _RUN]) for i in range(len(words) - _RUN + 1)]
