"""Vectors for texts: alike for alike texts, the same on every machine."""

from __future__ import annotations

import math
import zlib

from intermt.domain.embedding_text import answer_in
from intermt.simulator.latent import quality

DIMENSIONS = 64
_GRAM = 3
_TELLS_OF_QUALITY = 0.3


def embed(text: str, answer: str | None = None) -> list[float]:
    """A unit vector of 64 numbers for a text.

    Each run of three characters, case and spacing aside, adds or takes 1 at a place that
    its hash names; texts that share many runs point the same way. The latent quality of the
    answer moves the vector a little along one fixed direction, so that a preference head has
    something to find. Texts without any characters give the first unit vector.

    Args:
        text: The text.
        answer: The part that is an answer; None looks for it in the text.
    """
    padded = f" {' '.join(text.casefold().split())} "
    vector = [0.0] * DIMENSIONS
    for start in range(len(padded) - _GRAM + 1):
        gram = padded[start : start + _GRAM].encode("utf-8", "surrogatepass")
        mixed = (zlib.crc32(gram) * 0x9E3779B1) & 0xFFFFFFFF
        vector[mixed >> 26] += 1.0 if mixed & (1 << 20) else -1.0
    if not any(vector):
        return [1.0] + [0.0] * (DIMENSIONS - 1)
    good = 2.0 * quality(answer_in(text) if answer is None else answer) - 1.0
    along = _TELLS_OF_QUALITY * good / math.sqrt(DIMENSIONS)
    moved = [x + (along if i % 2 else -along) for i, x in enumerate(_unit(vector))]
    return _unit(moved)


def _unit(vector: list[float]) -> list[float]:
    length = math.sqrt(sum(x * x for x in vector))
    return [x / length for x in vector]
