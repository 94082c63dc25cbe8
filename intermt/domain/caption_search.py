"""Finding the captioned picture that fits a query best: cosine of TF-IDF vectors of words."""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

THRESHOLD = 0.35
"""Least likeness of a caption to a query, 0 to 1, at which its picture counts as found."""

_WORD = re.compile(r"[^\W_]+")
_CJK = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]+")
# Words that most captions and queries have whatever the picture shows.
_STOP_WORDS = """
    a an the of in on at to for with and or from by as is are this that its it his her their
    image picture photo photograph view showing shows show shown depicting real
    ein eine der die das mit und von im auf bild foto de la le les du des un une el los las una
    con y imagen photographie"""
_STOP = frozenset(_STOP_WORDS.split())


@dataclass(frozen=True, slots=True)
class Match:
    """A caption that fits.

    Attributes:
        index: Its place among the captions.
        likeness: Cosine, 0 to 1.
    """

    index: int
    likeness: float


class CaptionIndex:
    """Captions, ready to be searched.

    A word of the query that no caption has counts as much as the rarest one, so that asking
    for something else lowers the likeness.
    """

    def __init__(self, captions: Sequence[str]) -> None:
        counts = [Counter(terms(caption)) for caption in captions]
        self._n = len(captions)
        self._in_captions = Counter(term for found in counts for term in found)
        self._vectors = [self._vector(found) for found in counts]

    def best(self, query: str, threshold: float = THRESHOLD) -> Match | None:
        """The caption most like the query, the earliest of equals; None below the threshold."""
        wanted = self._vector(Counter(terms(query)))
        best: Match | None = None
        for index, vector in enumerate(self._vectors):
            likeness = sum(weight * vector.get(term, 0.0) for term, weight in wanted.items())
            # Rounded, so that sums in another order cannot change who is first.
            likeness = round(min(likeness, 1.0), 9)
            if likeness >= threshold and (best is None or likeness > best.likeness):
                best = Match(index, likeness)
        return best

    def _vector(self, counts: Mapping[str, int]) -> dict[str, float]:
        """Unit vector of the terms; empty where there are none."""
        weights = {
            term: (1 + math.log(n)) * (1 + math.log((1 + self._n) / (1 + self._in_captions[term])))
            for term, n in sorted(counts.items())
        }
        length = math.sqrt(sum(weight * weight for weight in weights.values()))
        return {term: weight / length for term, weight in weights.items()}


def terms(text: str) -> list[str]:
    """The words of a text that count, without case, accents and plural s.

    Text without spaces between words (Chinese, Japanese, Korean) gives pairs of characters.
    """
    plain = unicodedata.normalize("NFKD", text.casefold())
    plain = "".join(c for c in plain if not unicodedata.combining(c))
    found: list[str] = []
    for run in _CJK.findall(plain):
        found += [run[i : i + 2] for i in range(max(1, len(run) - 1))]
    for word in _WORD.findall(_CJK.sub(" ", plain)):
        if word not in _STOP:
            found.append(_singular(word))
    return found


def _singular(word: str) -> str:
    if len(word) <= 3 or not word.endswith("s") or word.endswith("ss"):
        return word
    return word[:-2] if word.endswith(("xes", "ches", "shes", "sses")) else word[:-1]
