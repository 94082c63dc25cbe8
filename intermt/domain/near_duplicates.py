"""Texts that nearly say the same: MinHash with LSH banding, or the cosine of embeddings.

Broder (1997) for the hashes; the banding finds candidates, and each candidate is then compared
in full, so a text is a near duplicate only if it really is. Items come in the order in which
they are to be kept: the first of a group stays, so the caller's order decides, and nothing
else does.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Integers = npt.NDArray[np.uint64]
Signatures = npt.NDArray[np.uint32]
Vectors = npt.NDArray[np.float32]

N_HASHES = 128
_SHINGLE = 5
_MISSED = 0.01
"""Share of pairs exactly at the threshold that the banding may not find."""
_SLACK = 0.1
"""Three standard errors of the similarity that the hashes estimate."""
_MOST_IN_BUCKET = 100
_MOST_COMPARED = 16
"""Bounds for texts made from one template, which are all a little alike."""
_PIECE = 2048
_BLOCK = 512

_MIX = np.uint64(0x9E3779B97F4A7C15)


@dataclass(frozen=True, slots=True)
class Twin:
    """An item that is left out.

    Attributes:
        item: Its number.
        of: Number of the earlier item that it is near to.
        similarity: Share of common shingles, or cosine.
    """

    item: int
    of: int
    similarity: float


def shingles(text: str) -> Integers:
    """Hashes of the pieces of five characters of a text, each once, in order of value.

    Characters, not words: so it works in scripts without spaces. A shorter text is one piece.
    Case and composition of characters do not matter.
    """
    plain = unicodedata.normalize("NFKC", text).casefold()
    codes = np.frombuffer(plain.encode("utf-32-le", "surrogatepass"), dtype="<u4")
    wide = codes.astype(np.uint64)
    n = max(1, len(wide) - _SHINGLE + 1)
    found = np.zeros(n, np.uint64)
    for offset in range(min(_SHINGLE, len(wide))):
        found = found * _MIX + wide[offset : offset + n] + np.uint64(1)
    return np.unique(_mixed(found))


def signature(pieces: Integers) -> Signatures:
    """The MinHash signature of a text's shingles: `N_HASHES` numbers."""
    least = np.full(N_HASHES, np.iinfo(np.uint32).max, np.uint32)
    for begin in range(0, len(pieces), _PIECE):
        hashed = _FACTORS[:, None] * pieces[None, begin : begin + _PIECE] + _TERMS[:, None]
        np.minimum(least, (hashed >> np.uint64(32)).astype(np.uint32).min(axis=1), out=least)
    return least


def signatures(texts: Sequence[str]) -> Signatures:
    """The signatures of texts: shape (number of texts, `N_HASHES`)."""
    found = np.empty((len(texts), N_HASHES), np.uint32)
    for n, text in enumerate(texts):
        found[n] = signature(shingles(text))
    return found


def similarity(one: Integers, other: Integers) -> float:
    """The share of common shingles (Jaccard); 1 for two empty sets."""
    common = len(np.intersect1d(one, other, assume_unique=True))
    total = len(one) + len(other) - common
    return common / total if total else 1.0


def banding(threshold: float) -> tuple[int, int]:
    """Number and length of the bands that miss hardly a pair at a threshold.

    The longest bands, that is the fewest needless comparisons, with which a pair of exactly
    that similarity is missed once in a hundred times.
    """
    for length in range(N_HASHES, 1, -1):
        n_bands = N_HASHES // length
        if (1 - threshold**length) ** n_bands <= _MISSED:
            return n_bands, length
    return N_HASHES, 1


def twins_by_text(
    texts: Sequence[str], groups: Sequence[int], hashed: Signatures, threshold: float
) -> Iterator[Twin]:
    """The texts that are near to an earlier one that stays.

    Args:
        texts: In the order of preference.
        groups: Only texts of the same group are compared.
        hashed: Their signatures.
        threshold: Least share of common shingles, above 0.
    """
    if not texts:
        return
    n_bands, length = banding(threshold)
    keys, shared = _band_keys(hashed, np.asarray(groups, np.int64), n_bands, length)
    group_of = np.asarray(groups, np.int64)
    staying: dict[int, list[int]] = {}
    for item in np.flatnonzero(shared.any(axis=1)).tolist():
        own_keys = keys[item, shared[item]].tolist()
        others = np.array(sorted({n for key in own_keys for n in staying.get(key, ())}), np.int64)
        others = others[group_of[others] == groups[item]]
        twin = _twin(texts, hashed, item, others, threshold)
        if twin is not None:
            yield twin
            continue
        for key in own_keys:
            bucket = staying.setdefault(key, [])
            if len(bucket) < _MOST_IN_BUCKET:
                bucket.append(item)


def _twin(
    texts: Sequence[str],
    hashed: Signatures,
    item: int,
    others: npt.NDArray[np.int64],
    threshold: float,
) -> Twin | None:
    """The first of the nearest others that is near enough, compared in full."""
    rough = np.mean(hashed[others] == hashed[item], axis=1)
    nearest = np.argsort(-rough, kind="stable")[:_MOST_COMPARED]
    own = shingles(texts[item]) if len(nearest) else None
    for place in nearest.tolist():
        if own is None or rough[place] < threshold - _SLACK:
            break
        other = int(others[place])
        alike = similarity(own, shingles(texts[other]))
        if alike >= threshold:
            return Twin(item, other, round(alike, 4))
    return None


def _band_keys(
    hashed: Signatures, groups: npt.NDArray[np.int64], n_bands: int, length: int
) -> tuple[Integers, npt.NDArray[np.bool_]]:
    """A key of each item in each band, and whether another item has the same one."""
    n = len(hashed)
    keys = np.empty((n, n_bands), np.uint64)
    shared = np.zeros((n, n_bands), np.bool_)
    start = _mixed(groups.astype(np.uint64) + np.uint64(1))
    for band in range(n_bands):
        key = start + np.uint64(band)
        for column in range(band * length, (band + 1) * length):
            key = _mixed(key * _MIX + hashed[:, column])
        keys[:, band] = key
        _, where, counts = np.unique(key, return_inverse=True, return_counts=True)
        shared[:, band] = counts[where] > 1
    return keys, shared


def twins_by_vector(vectors: Vectors, groups: Sequence[int], threshold: float) -> Iterator[Twin]:
    """The items whose vector is near to that of an earlier one that stays.

    Args:
        vectors: One row an item, of length 1 (see `unit`), in the order of preference.
        groups: Only items of the same group are compared.
        threshold: Least cosine. Rounded to four digits, which is what floats are good for.
    """
    by_group: dict[int, list[int]] = {}
    for item, group in enumerate(groups):
        by_group.setdefault(group, []).append(item)
    found: list[Twin] = []
    for members in by_group.values():
        staying = np.empty(len(members), np.int64)
        n_staying = 0
        for begin in range(0, len(members), _BLOCK):
            block = np.asarray(members[begin : begin + _BLOCK])
            before = n_staying
            earlier = np.round(vectors[block] @ vectors[staying[:before]].T, 4)
            within = np.round(vectors[block] @ vectors[block].T, 4)
            kept_here: list[int] = []
            for row, item in enumerate(block.tolist()):
                best = _first_over(earlier[row], threshold)
                if best is not None:
                    found.append(Twin(item, int(staying[best]), float(earlier[row, best])))
                    continue
                near = [other for other in kept_here if within[row, other] >= threshold]
                if near:
                    twin = Twin(item, int(block[near[0]]), float(within[row, near[0]]))
                    found.append(twin)
                    continue
                kept_here.append(row)
                staying[n_staying] = item
                n_staying += 1
    yield from sorted(found, key=lambda twin: twin.item)


def unit(vectors: Vectors) -> Vectors:
    """The vectors at length 1; one of length 0 stays as it is."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    scaled: Vectors = (vectors / np.where(lengths > 0, lengths, 1)).astype(np.float32)
    return scaled


def _first_over(row: Vectors, threshold: float) -> int | None:
    over = np.flatnonzero(row >= threshold)
    return int(over[0]) if len(over) else None


def _mixed(values: Integers) -> Integers:
    """Values spread evenly over 64 bits (the finaliser of splitmix64)."""
    with np.errstate(over="ignore"):
        v = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        v = (v ^ (v >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        mixed: Integers = v ^ (v >> np.uint64(31))
    return mixed


_FACTORS = _mixed(np.arange(1, N_HASHES + 1, dtype=np.uint64)) | np.uint64(1)
_TERMS = _mixed(np.arange(N_HASHES + 1, 2 * N_HASHES + 1, dtype=np.uint64))
