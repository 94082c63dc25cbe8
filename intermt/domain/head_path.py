"""The weights of preference heads: the features they are fitted in, and the optimiser.

All heads on the same pairs share one `Space`: features divided by the root mean square of
their differences, then rotated to principal axes. A ridge does not see the rotation, there are
never more axes than pairs, and along them the curvature is nearly diagonal, which is what makes
a few steps of the optimiser enough.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from intermt.domain.correlation import Floats

Ints = NDArray[np.int64]

RIDGES: tuple[float, ...] = tuple(float(r) for r in np.geomspace(1e1, 1e-5, 13))
"""What is tried as ridge, strongest first, times the number of features that vary."""

_NEGLIGIBLE = 1e-12
_MOST_STEPS = 60
# A slope of s, seen along the axes, leaves the loss about s * s / 2 above its least.
_LOOSE, _TIGHT = 1e-3, 1e-12
_HALVINGS = 40


@dataclass(frozen=True, slots=True)
class Space:
    """The standardised and rotated features that heads are fitted in.

    Attributes:
        scale: (d,) root mean square of each feature's differences; 1 where all are 0.
        axes: (d, r) principal axes of the standardised differences, orthonormal.
        spread: (r,) mean square of the differences along each axis, largest first.
    """

    scale: Floats
    axes: Floats
    spread: Floats

    @classmethod
    def of(cls, differences: ArrayLike) -> Space:
        """The space of these differences, (n, d); r is 0 where all of them are 0.

        Decomposes the smaller of the two Gram matrices, (d, d) or (n, n).
        """
        table = np.asarray(differences, dtype=np.float64)
        n, d = table.shape
        scale = np.sqrt(np.einsum("ij,ij->j", table, table) / max(n, 1))
        scale[scale == 0] = 1.0
        standard = table / scale
        wide = d > n
        squares, vectors = np.linalg.eigh(standard @ standard.T if wide else standard.T @ standard)
        squares, vectors = squares[::-1], vectors[:, ::-1]
        kept = squares > _NEGLIGIBLE * max(float(squares[0]) if len(squares) else 0.0, 1.0)
        squares, vectors = squares[kept], vectors[:, kept]
        axes = standard.T @ vectors / np.sqrt(squares) if wide else vectors
        # The sign of an axis is arbitrary; fixed, the same data give the same file.
        largest = np.abs(axes).argmax(axis=0) if axes.size else np.zeros(0, dtype=np.int64)
        axes = axes * np.where(axes[largest, np.arange(axes.shape[1])] < 0, -1.0, 1.0)
        return cls(scale, axes, squares / max(n, 1))

    def coordinates(self, differences: ArrayLike) -> Floats:
        """(n, r) where differences of features, (n, d), lie in this space."""
        return (np.asarray(differences, dtype=np.float64) / self.scale) @ self.axes

    @property
    def unit(self) -> float:
        """What ridges are multiplied with: the number of features that vary."""
        return float(self.spread.sum()) or 1.0


def cross_entropy(margins: Floats, targets: Floats) -> Floats:
    """What each pair costs: -t log p - (1 - t) log(1 - p) with p = 1 / (1 + exp(-margin))."""
    cost: Floats = np.logaddexp(0.0, margins) - targets * margins
    return cost


def fit_path(
    space: Space,
    coordinates: Floats,
    targets: Floats,
    *,
    ridges: tuple[float, ...] = RIDGES,
    exact: bool = False,
) -> Iterator[Floats]:
    """The weights (r,) along the axes for each ridge, one after the other.

    Each fit starts from the one before. Newton's method, its steps by conjugate gradients
    with the curvature at no weights as preconditioner; no matrix larger than the data.

    Args:
        space: The space.
        coordinates: (n, r) differences in it.
        targets: (n,) share of votes for a.
        ridges: In parts of `space.unit`, in falling order.
        exact: Whether to go on to the last digits for the last of them; the others are to
            choose a ridge by, for which the sixth digit of the loss is enough.
    """
    weights = np.zeros(coordinates.shape[1])
    for place, ridge in enumerate(ridges):
        last = exact and place == len(ridges) - 1
        fit = _Fit(coordinates, targets, ridge * space.unit, space.spread)
        weights = fit.from_start(weights, _TIGHT if last else _LOOSE)
        yield weights


class _Fit:
    """One fit: n pairs, one ridge."""

    def __init__(self, coordinates: Floats, targets: Floats, ridge: float, spread: Floats) -> None:
        self._x = coordinates
        self._t = targets
        self._ridge = ridge
        self._diagonal = 0.25 * spread + ridge

    def from_start(self, weights: Floats, tolerance: float) -> Floats:
        """The weights where the gradient is next to nothing, seen along the axes."""
        for _ in range(_MOST_STEPS):
            margins = self._x @ weights
            chance = _logistic(margins)
            slope = self._x.T @ (chance - self._t) / len(self._t) + self._ridge * weights
            steepness = float(np.sqrt(slope @ (slope / self._diagonal)))
            if steepness <= tolerance:
                break
            step = self._newton(slope, chance * (1.0 - chance), min(0.25, steepness))
            taken = self._length(weights, margins, step, slope)
            if taken == 0.0:
                break
            weights = weights + taken * step
        return weights

    def _newton(self, slope: Floats, curvature: Floats, precision: float) -> Floats:
        """About the solution of (X' diag(curvature) X / n + ridge) step = -slope."""
        step = np.zeros_like(slope)
        rest = -slope
        ready = rest / self._diagonal
        direction = ready
        size = first = float(rest @ ready)
        for _ in range(4 * len(slope) + 8):
            if size <= precision**2 * first or size == 0.0:
                break
            pushed = self._x.T @ (curvature * (self._x @ direction)) / len(self._t)
            pushed += self._ridge * direction
            length = size / float(direction @ pushed)
            step = step + length * direction
            rest = rest - length * pushed
            ready = rest / self._diagonal
            size, before = float(rest @ ready), size
            direction = ready + size / before * direction
        return step

    def _length(self, weights: Floats, margins: Floats, step: Floats, slope: Floats) -> float:
        """How much of a step to take so that the loss falls; 0 where none helps."""
        moved = self._x @ step
        before, fall = self._cost(margins, weights), float(slope @ step)
        length = 1.0
        for _ in range(_HALVINGS):
            after = self._cost(margins + length * moved, weights + length * step)
            if after <= before + 1e-4 * length * fall:
                return length
            # Near the bottom a fall drowns in rounding; the full step is right there.
            if abs(fall) < 1e-12 * max(1.0, abs(before)):
                return 1.0
            length /= 2.0
        return 0.0

    def _cost(self, margins: Floats, weights: Floats) -> float:
        mean = float(cross_entropy(margins, self._t).mean())
        return mean + 0.5 * self._ridge * float(weights @ weights)


def _logistic(margins: Floats) -> Floats:
    chance: Floats = 0.5 * (1.0 + np.tanh(0.5 * margins))
    return chance
