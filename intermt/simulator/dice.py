"""Chance that is no chance: every roll is a hash of a key and the name of the roll."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import TypeVar

T = TypeVar("T")

_NORMAL = NormalDist()


@dataclass(frozen=True, slots=True)
class Dice:
    """Rolls that depend on `key` and on the name of the roll alone, on every machine."""

    key: bytes

    @classmethod
    def of(cls, *parts: object) -> Dice:
        """Dice of their own for `parts`, which count as their `str`."""
        return cls(_hash(b"", parts))

    def unit(self, *name: object) -> float:
        """A number from 0 up to but not including 1, evenly spread."""
        return (int.from_bytes(_hash(self.key, name)[:8], "big") >> 11) / (1 << 53)

    def chance(self, probability: float, *name: object) -> bool:
        """True with this probability."""
        return self.unit(*name) < probability

    def integer(self, low: int, high: int, *name: object) -> int:
        """A whole number from `low` to `high`, both included."""
        return low + int(self.unit(*name) * (high - low + 1))

    def between(self, low: float, high: float, *name: object) -> float:
        """A number from `low` up to `high`."""
        return low + self.unit(*name) * (high - low)

    def pick(self, choices: Sequence[T], *name: object) -> T:
        """One of `choices`, each as likely as the others."""
        return choices[self.integer(0, len(choices) - 1, *name)]

    def normal(self, *name: object) -> float:
        """A number around 0 with standard deviation 1, cut at about 6."""
        return _NORMAL.inv_cdf(min(max(self.unit(*name), 1e-9), 1 - 1e-9))

    def name(self) -> str:
        """A short hex name for whatever the dice were made of."""
        return self.key.hex()[:16]


def _hash(key: bytes, parts: Sequence[object]) -> bytes:
    text = "\x1f".join(str(part) for part in parts)
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16, key=key).digest()
