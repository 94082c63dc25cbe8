"""Vectors for texts: alike for alike texts, the same on every machine."""

from __future__ import annotations

import math
import zlib

DIMENSIONS = 64
_GRAM = 3


def embed(text: str) -> list[float]:
    """A unit vector of 64 numbers for a text.

    Each run of three characters, case and spacing aside, adds or takes 1 at a place that
    its hash names; texts that share many runs point the same way. Texts without any
    characters give the first unit vector.
    """
    padded = f" {' '.join(text.casefold().split())} "
    vector = [0.0] * DIMENSIONS
    for start in range(len(padded) - _GRAM + 1):
        gram = padded[start : start + _GRAM].encode("utf-8", "surrogatepass")
        mixed = (zlib.crc32(gram) * 0x9E3779B1) & 0xFFFFFFFF
        vector[mixed >> 26] += 1.0 if mixed & (1 << 20) else -1.0
    length = math.sqrt(sum(x * x for x in vector))
    if length == 0:
        return [1.0] + [0.0] * (DIMENSIONS - 1)
    return [x / length for x in vector]
