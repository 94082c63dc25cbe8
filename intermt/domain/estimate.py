"""A figure with its interval, or why there is none."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure and its interval.

    Attributes:
        value: The figure; None where `undefined` says why.
        low: Lower end of the interval; None where there is none.
        high: Upper end.
        undefined: Why there is no value or, beside a value, no interval; None if both are
            there.
    """

    value: float | None
    low: float | None = None
    high: float | None = None
    undefined: str | None = None
