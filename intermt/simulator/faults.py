"""Which requests go wrong, and how: rates per kind of fault, decided by a hash."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from intermt.errors import UsageError
from intermt.simulator.dice import Dice

FaultKind = Literal["500", "429", "html", "json", "truncated", "reset", "hang", "refusal", "empty"]
KINDS: tuple[FaultKind, ...] = get_args(FaultKind)

HANG_SHARE = 1 / 20
"""Part of a plain rate that goes to `hang`: each one costs its caller a whole time-out."""


@dataclass(frozen=True, slots=True)
class Faults:
    """How often each kind of fault happens.

    Attributes:
        rates: Kind and probability, 0 to 1; together at most 1.
        retry_after_s: What a 429 asks the client to wait.
        hang_s: A hanging request is closed after this long, if the client stays that long.
    """

    rates: tuple[tuple[FaultKind, float], ...] = ()
    retry_after_s: int = 1
    hang_s: float = 600.0

    def pick(self, dice: Dice) -> FaultKind | None:
        """The fault these dice fall on; None for a request that goes well."""
        point = dice.unit("fault")
        for kind, rate in self.rates:
            if point < rate:
                return kind
            point -= rate
        return None


NO_FAULTS = Faults()


def parse_faults(text: str) -> Faults:
    """The faults that a short text asks for.

    `"0.1"` makes one request in ten go wrong: `hang` takes a twentieth of that, all other
    kinds share the rest evenly. `"500=0.05,reset=0.01"` gives kinds their own rates; kinds
    not named never happen. `""` and `"0"` are no faults.

    Raises:
        UsageError: An unknown kind, a kind twice, or a rate that is not a probability.
    """
    if not text.strip():
        return NO_FAULTS
    if "=" not in text:
        return _spread(_rate(text, text))
    rates: dict[FaultKind, float] = {}
    for entry in text.split(","):
        name, _, value = (piece.strip() for piece in entry.partition("="))
        if name not in KINDS or name in rates:
            raise _cannot(text, f"{name!r} is named twice" if name in KINDS else f"{name!r}")
        rates[name] = _rate(value, text)
    if sum(rates.values()) > 1 + 1e-9:
        raise _cannot(text, "the rates add up to more than 1")
    return Faults(tuple(rates.items()))


def _spread(rate: float) -> Faults:
    if rate == 0:
        return NO_FAULTS
    others = rate * (1 - HANG_SHARE) / (len(KINDS) - 1)
    return Faults(tuple((kind, rate * HANG_SHARE if kind == "hang" else others) for kind in KINDS))


def _rate(value: str, text: str) -> float:
    try:
        rate = float(value)
    except ValueError:
        raise _cannot(text, f"{value!r} is not a number") from None
    if not 0 <= rate <= 1:
        raise _cannot(text, f"{value!r} is not between 0 and 1")
    return rate


def _cannot(text: str, why: str) -> UsageError:
    return UsageError(
        f"faults {text!r} cannot be read: {why}",
        todo=f"give one rate such as 0.1, or KIND=RATE,... with kinds out of {', '.join(KINDS)}",
    )
