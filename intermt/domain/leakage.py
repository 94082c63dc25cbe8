"""Which seed questions must stay together in a split, and whether anything is on two sides.

Seed questions belong together where their trees show one picture, by content or by look, or
where one question nearly repeats the other. Whatever is linked, directly or over others, is a
group; a group is never divided.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Literal

import numpy as np
import numpy.typing as npt

from intermt.domain.near_duplicates import banding, shingles, signatures, similarity

NEAR_TEXT = 0.8
"""Share of common shingles from which two questions are near duplicates."""
NEAR_BITS = 6
"""Bits of 64 in which neither hash of two pictures that look alike differs more."""

Link = Literal["same picture", "similar picture", "near-duplicate question"]
LINKS: tuple[Link, ...] = ("same picture", "similar picture", "near-duplicate question")

_SLACK = 0.1
"""Three standard errors of the similarity that MinHash estimates."""
_MOST_IN_BUCKET = 2000
"""Questions of one bucket beyond these are taken as near without a look: one template."""


@dataclass(frozen=True, slots=True)
class Look:
    """The perceptual hashes of a picture, 64 bits each."""

    slopes: int
    waves: int


@dataclass(frozen=True, slots=True)
class Material:
    """What seed questions consist of.

    Attributes:
        questions: Text of each seed question, "" for none, by seed id.
        pictures: SHA-256 of the pictures in each tree, by seed id.
        looks: How pictures look, by SHA-256; those not there, of one colour or damaged, are
            compared by content alone.
    """

    questions: Mapping[str, str]
    pictures: Mapping[str, frozenset[str]]
    looks: Mapping[str, Look]


@dataclass(frozen=True, slots=True)
class Leakage:
    """What was checked between the splits, and what was put together to keep it apart.

    Attributes:
        n_seeds: Seed questions.
        n_pictures: Distinct pictures in their trees.
        n_looks: Those of them compared by look.
        n_questions: Seed questions with a text.
        n_groups: Groups that were never divided, single seed questions included.
        n_largest: Seed questions of the largest group.
        merged: Links between seed questions that made groups, by reason.
        leaks: Pairs of things found on two sides, by reason; all 0.
    """

    n_seeds: int
    n_pictures: int
    n_looks: int
    n_questions: int
    n_groups: int
    n_largest: int
    merged: dict[Link, int]
    leaks: dict[Link, int]

    @property
    def n_leaks(self) -> int:
        """All leaks."""
        return sum(self.leaks.values())


def groups(material: Material) -> tuple[dict[str, str], dict[Link, int]]:
    """The group of each seed question, named by its smallest id; links by reason.

    A link counts once for each two groups that it joined.
    """
    leader = {seed: seed for seed in material.questions}

    def find(seed: str) -> str:
        while leader[seed] != seed:
            leader[seed] = leader[leader[seed]]
            seed = leader[seed]
        return seed

    merged: Counter[Link] = Counter()
    for link, one, other in _links(material, lambda x, y: find(x) == find(y)):
        low, high = sorted((find(one), find(other)))
        if low != high:
            leader[high] = low
            merged[link] += 1
    return {seed: find(seed) for seed in leader}, {link: merged[link] for link in LINKS}


def leaks(material: Material, split_of: Callable[[str], str]) -> dict[Link, int]:
    """How many links there are between seed questions of two splits, by reason."""
    found = Counter(
        link
        for link, one, other in _links(material, lambda x, y: split_of(x) == split_of(y))
        if split_of(one) != split_of(other)
    )
    return {link: found[link] for link in LINKS}


def _links(
    material: Material, settled: Callable[[str, str], bool]
) -> Iterator[tuple[Link, str, str]]:
    """Seed questions that share something; those that `settled` says may be left out."""
    holders: defaultdict[str, list[str]] = defaultdict(list)
    for seed, pictures in material.pictures.items():
        for picture in pictures:
            holders[picture].append(seed)
    for picture in sorted(holders):
        for one, other in pairwise(sorted(holders[picture])):
            yield "same picture", one, other
    for first, second in _look_alikes(material.looks):
        one, other = min(holders[first]), min(holders[second])
        yield "similar picture", one, other
    texts = [(seed, text) for seed, text in sorted(material.questions.items()) if text.strip()]
    names = [seed for seed, _ in texts]
    for i, j in _near_texts([text for _, text in texts], lambda i, j: settled(names[i], names[j])):
        yield "near-duplicate question", names[i], names[j]


def _look_alikes(looks: Mapping[str, Look]) -> Iterator[tuple[str, str]]:
    """Pictures that look alike; of those with the same hashes only neighbours in a chain."""
    by_look: defaultdict[Look, list[str]] = defaultdict(list)
    for picture in sorted(looks):
        by_look[looks[picture]].append(picture)
    for same in by_look.values():
        yield from pairwise(same)
    distinct = list(by_look)
    slopes = np.array([look.slopes for look in distinct], np.uint64)
    waves = np.array([look.waves for look in distinct], np.uint64)
    # Of NEAR_BITS + 1 pieces at least one is equal where so few bits differ.
    width = -(-64 // (NEAR_BITS + 1))
    for piece in range(NEAR_BITS + 1):
        cut = (slopes >> np.uint64(piece * width)) & np.uint64((1 << width) - 1)
        for members in _equal(cut):
            for place, item in enumerate(members[:-1]):
                rest = members[place + 1 :]
                near = np.bitwise_count(slopes[rest] ^ slopes[item]) <= NEAR_BITS
                near &= np.bitwise_count(waves[rest] ^ waves[item]) <= NEAR_BITS
                for other in rest[near].tolist():
                    yield by_look[distinct[item]][0], by_look[distinct[other]][0]


def _near_texts(
    texts: Sequence[str], settled: Callable[[int, int], bool]
) -> Iterator[tuple[int, int]]:
    """Texts that share at least `NEAR_TEXT` of their shingles, found by MinHash.

    A pair exactly at the threshold is missed once in a hundred times at most.
    """
    if len(texts) < 2:
        return
    hashed = signatures(texts)
    n_bands, length = banding(NEAR_TEXT)

    @lru_cache(maxsize=8192)
    def pieces(item: int) -> npt.NDArray[np.uint64]:
        return shingles(texts[item])

    for band in range(n_bands):
        columns = np.ascontiguousarray(hashed[:, band * length : (band + 1) * length])
        keys = columns.view(np.dtype((np.void, columns.dtype.itemsize * length))).reshape(-1)
        for members in _equal(keys):
            if len(members) > _MOST_IN_BUCKET:
                yield from pairwise(members.tolist())
                continue
            for place, item in enumerate(members[:-1].tolist()):
                rest = members[place + 1 :]
                rough = np.mean(hashed[rest] == hashed[item], axis=1)
                for other in rest[rough >= NEAR_TEXT - _SLACK].tolist():
                    if settled(item, other):
                        continue
                    if similarity(pieces(item), pieces(other)) >= NEAR_TEXT:
                        yield item, other


def _equal(keys: npt.NDArray[np.generic]) -> Iterator[npt.NDArray[np.int64]]:
    """Places of equal keys, two or more each."""
    _, where, counts = np.unique(keys, return_inverse=True, return_counts=True)
    order = np.argsort(where.reshape(-1), kind="stable")
    ends = np.cumsum(counts)
    for end, n in zip(ends.tolist(), counts.tolist(), strict=True):
        if n > 1:
            yield order[end - n : end]


def brief(material: Material) -> tuple[int, int, int, int]:
    """Numbers of seed questions, pictures, pictures with a look, and questions with a text."""
    pictures: set[str] = set()
    for held in material.pictures.values():
        pictures |= held
    n_texts = sum(bool(text.strip()) for text in material.questions.values())
    return len(material.questions), len(pictures), len(material.looks), n_texts
