"""The hidden quality of an answer, which simulated judges and synthetic raters share."""

from __future__ import annotations

import itertools
import math
import re
import zlib
from functools import lru_cache
from statistics import NormalDist

_NOT_WORDS = re.compile(r"<[^<>]*>|\[[^\[\]]*\]")
_WORD = re.compile(r"\w+")
_HEDGES = frozenset({"maybe", "perhaps", "unsure", "somehow", "whatever", "guess"})
_CONCRETE = frozenset({"because", "first", "second", "then", "finally", "instead", "compare"})
_ENOUGH_WORDS = 60
_NORMAL = NormalDist()


@lru_cache(maxsize=8192)
def quality(text: str) -> float:
    """The latent quality of an answer, from 0 (worst) to 1; 0 for no words.

    It stands for nothing but itself: half of the answers of the stand-in lie above 0.5.
    Longer answers (up to 60 words), concrete words and numbers raise it, hedging lowers it,
    and every pair of neighbouring words moves it a little up or down by its hash. So it
    changes little where a text changes little, and what stands in `<...>` or `[...]`
    (picture tags, marks), case and punctuation do not count. The same on every machine to
    six decimals.
    """
    words = _WORD.findall(_NOT_WORDS.sub(" ", text).casefold())
    if not words:
        return 0.0
    pairs = set(itertools.pairwise(words)) or {(words[0], "")}
    drift = sum(_sign(f"{first} {second}") for first, second in pairs) / math.sqrt(len(pairs))
    seen = set(words)
    features = (
        0.8 * (min(len(words), _ENOUGH_WORDS) / _ENOUGH_WORDS - 0.6)
        - 0.5 * min(len(seen & _HEDGES), 2)
        + 0.3 * (bool(seen & _CONCRETE) + any(word.isdigit() for word in seen))
    )
    return round(_NORMAL.cdf(0.8 * drift + features), 6)


def _sign(pair: str) -> int:
    mixed = (zlib.crc32(pair.encode("utf-8", "surrogatepass")) * 0x9E3779B1) & 0xFFFFFFFF
    return 1 if mixed >> 31 else -1
