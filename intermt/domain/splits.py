"""Splits of a data set by seed question: all that comes of one seed lands in one split.

The split of an id depends on it and the number given alone, so it stays the same when other
seeds, pairs or votes join. `leakage.groups` says which seed questions are drawn together, by
the id of one of them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction

from intermt.domain.pairing import exact
from intermt.errors import UsageError
from intermt.records import content_id

_NAME = re.compile(r"[A-Za-z0-9_-]+")
_HOW_TO_WRITE_IT = "Write it like train=0.8,validation=0.1,test=0.1."


@dataclass(frozen=True, slots=True)
class Splits:
    """Named shares of all seed questions.

    Attributes:
        shares: Names with their shares, above 0, in the order given; they sum to 1.
        seed: Another number, another choice of seed questions.
    """

    shares: tuple[tuple[str, Fraction], ...]
    seed: int = 0

    @classmethod
    def of(cls, text: str, seed: int = 0) -> Splits:
        """The splits that a text such as `train=0.8,test=0.2` names.

        Raises:
            UsageError: Not such a text, a name twice, or shares that do not sum to exactly 1.
        """
        shares: dict[str, Fraction] = {}
        for piece in text.split(","):
            name, equals, number = (word.strip() for word in piece.partition("="))
            if not equals or not _NAME.fullmatch(name):
                raise UsageError(
                    f"--split has no NAME=SHARE in {piece.strip()!r}", todo=_HOW_TO_WRITE_IT
                )
            if name in shares:
                raise UsageError(f"--split names {name} twice", todo=_HOW_TO_WRITE_IT)
            shares[name] = exact(number, f"--split {name}")
            if shares[name] <= 0:
                raise UsageError(f"--split gives {name} no share: {number}", todo=_HOW_TO_WRITE_IT)
        total = sum(shares.values())
        if total != 1:
            raise UsageError(
                f"the shares of --split sum to {float(total):g}, not 1", todo=_HOW_TO_WRITE_IT
            )
        return cls(tuple(shares.items()), seed)

    def of_seed(self, seed_id: str) -> str:
        """The split of everything that belongs to one seed question."""
        drawn = Fraction(int(content_id("split", self.seed, seed_id), 16), 16**32)
        below = Fraction(0)
        for name, share in self.shares:
            below += share
            if drawn < below:
                return name
        raise AssertionError("the shares sum to 1 and the number drawn is below it")
