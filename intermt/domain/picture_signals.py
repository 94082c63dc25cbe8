"""What can be measured of a picture without a model: sharpness, contrast, likeness.

Pictures come as grey values, 0 to 255, rows first, scaled down to one common size, so that
the figures of small and large pictures can be compared.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

Grey = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float64]

LONGEST_PX = 512
"""Longest side at which pictures are measured."""

_SIDE = 8
_WAVES = 32


@dataclass(frozen=True, slots=True)
class PictureSignals:
    """What was measured of a picture.

    Attributes:
        sharpness: Variance of the Laplacian; near 0 where nothing has an edge.
        contrast: Standard deviation of the grey values; 0 for a picture of one colour.
        slopes: 64 bits: whether it gets brighter to the right (dHash).
        waves: 64 bits: which of its lowest frequencies are strong (pHash).
    """

    sharpness: float
    contrast: float
    slopes: int
    waves: int


def measured(grey: Grey) -> PictureSignals:
    """The signals of a picture of at least one pixel."""
    return PictureSignals(sharpness(grey), contrast(grey), slopes(grey), waves(grey))


def sharpness(grey: Grey) -> float:
    """The variance of the Laplacian, rounded; 0 below three pixels a side."""
    if min(grey.shape) < 3:
        return 0.0
    v = grey.astype(np.int32)
    laplacian = v[:-2, 1:-1] + v[2:, 1:-1] + v[1:-1, :-2] + v[1:-1, 2:] - 4 * v[1:-1, 1:-1]
    return round(float(laplacian.var()), 2)


def contrast(grey: Grey) -> float:
    """The standard deviation of the grey values, rounded."""
    return round(float(grey.std()), 2)


def slopes(grey: Grey) -> int:
    """The difference hash: equal for copies that were scaled, compressed or brightened."""
    small = _shrunk(grey, _SIDE, _SIDE + 1)
    return _bits(small[:, 1:] > small[:, :-1] + 0.5)


def waves(grey: Grey) -> int:
    """The perceptual hash: the lowest frequencies, each over or under their median."""
    cosines = _cosines()
    low = cosines @ _shrunk(grey, _WAVES, _WAVES) @ cosines.T
    return _bits(low > np.median(low))


def n_different(one: int, other: int) -> int:
    """How many bits of two hashes differ, of 64."""
    return (one ^ other).bit_count()


def look_alikes(pictures: Sequence[PictureSignals], most_different: int) -> Iterator[int]:
    """For each picture the number of the first that it looks like; its own where there is none.

    Two pictures look alike if neither hash differs in more than so many bits. Each is compared
    with those that look like none before them, so the order decides, and nothing else.

    Args:
        pictures: In the order of preference.
        most_different: Bits of 64; 0 asks for equal hashes.
    """
    hashes = np.empty((2, len(pictures)), np.uint64)
    firsts = np.empty(len(pictures), np.int64)
    n = 0
    for number, picture in enumerate(pictures):
        near = np.bitwise_count(hashes[0, :n] ^ np.uint64(picture.slopes)) <= most_different
        near &= np.bitwise_count(hashes[1, :n] ^ np.uint64(picture.waves)) <= most_different
        found = np.flatnonzero(near)
        if len(found):
            yield int(firsts[found[0]])
            continue
        hashes[:, n] = picture.slopes, picture.waves
        firsts[n] = number
        n += 1
        yield number


def _shrunk(grey: Grey, n_rows: int, n_columns: int) -> Floats:
    """The picture at a size of so many rows and columns, by the mean of what falls together."""
    rows = _averages(grey.astype(np.float64), n_rows)
    return _averages(rows.T, n_columns).T


def _averages(values: Floats, n: int) -> Floats:
    """`n` means of consecutive rows; rows are repeated where there are fewer."""
    if len(values) < n:
        values = np.repeat(values, -(-n // len(values)), axis=0)
    edges = np.arange(n) * len(values) // n
    sizes = np.diff([*edges.tolist(), len(values)])
    means: Floats = np.add.reduceat(values, edges, axis=0) / sizes[:, None]
    return means


@cache
def _cosines() -> Floats:
    """The lowest eight frequencies above 0 of a cosine transform of 32 values."""
    k, n = np.arange(1, _SIDE + 1)[:, None], np.arange(_WAVES)[None, :]
    table: Floats = np.cos(np.pi * k * (2 * n + 1) / (2 * _WAVES))
    return table


def _bits(flags: npt.NDArray[np.bool_]) -> int:
    return int.from_bytes(np.packbits(flags.reshape(-1)).tobytes(), "big")
