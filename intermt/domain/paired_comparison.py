"""The order of candidates out of comparisons: Bradley-Terry with ties (Davidson)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from intermt.domain.correlation import Floats, Ints

PRIOR = 0.5
MAX_ITERATIONS = 200
TOLERANCE = 1e-9
_BENDS = 200


@dataclass(frozen=True, slots=True)
class BradleyTerry:
    """How strong each candidate is.

    Attributes:
        strengths: (n_items,) natural logarithms; their mean over each component is 0. NaN
            for a candidate nobody compared, all NaN where `undefined` says why.
        tie: Davidson's nu: between equals, a tie is nu times as likely as a win of one of
            them. 0 without ties and prior; NaN where undefined.
        components: (n_items,) candidates that comparisons link, directly or over others,
            have one number. Strengths of two components cannot be compared.
        n_comparisons: (n_items,) comparisons that each candidate was in.
        n_iterations: Newton steps.
        converged: Whether the last step moved no parameter by `tolerance`.
        log_likelihood: Natural logarithm of the outcomes' probability under the estimates.
        undefined: Why there are no strengths; None if there are.
    """

    strengths: Floats
    tie: float
    components: Ints
    n_comparisons: Ints
    n_iterations: int
    converged: bool
    log_likelihood: float
    undefined: str | None = None

    def probabilities(self, first: int, second: int) -> tuple[float, float, float] | None:
        """Of the first winning, the second winning and a tie; None if they have no order.

        They have none where no comparisons link them or there are no strengths.
        """
        if self.undefined is not None or self.components[first] != self.components[second]:
            return None
        half = (self.strengths[first] - self.strengths[second]) / 2.0
        if np.isnan(half):
            return None
        weights = np.array([half, -half, 0.0])
        shares = np.exp(weights - weights.max()) * (1.0, 1.0, self.tie)
        win, loss, tie = (float(x) for x in shares / shares.sum())
        return win, loss, tie


def bradley_terry(
    first: ArrayLike,
    second: ArrayLike,
    outcomes: ArrayLike,
    n_items: int,
    *,
    prior: float = PRIOR,
    tolerance: float = TOLERANCE,
    max_iterations: int = MAX_ITERATIONS,
) -> BradleyTerry:
    """Strengths of candidates from comparisons with wins, losses and ties.

    Davidson's model: with p = exp(strength), i beats j, loses or ties with probabilities
    proportional to `p_i`, `p_j` and `nu * sqrt(p_i p_j)`. Comparisons are taken as
    independent and of one quality, whoever made them. All components share nu, so many
    small sets of candidates (the answers to many questions) are best given in one call.

    The prior is `prior` invented wins and as many losses of each candidate against one of
    middling strength (0), and as many invented ties as decisions between two equals. It
    keeps a candidate who always won from an infinite strength, and it draws strengths
    together; two comparisons outweigh it already. The maximum is unique: the function is
    concave in strengths and log nu. With `prior=0` it is the maximum likelihood, and
    `undefined` where that is infinite: some candidates never lost or tied against the rest
    of their component, or all comparisons were ties.

    Which side is called first changes nothing.

    Args:
        first: (n,) 0-based candidates.
        second: (n,) the others.
        outcomes: (n,) 0 where the first won, 1 where the second did, 2 for a tie.
        n_items: How many candidates there are.
        prior: Invented comparisons, see above; a number of votes.
        tolerance: Newton ends where no parameter moves more.
        max_iterations: Newton ends after so many steps.

    Raises:
        ValueError: Lengths differ, a number is out of range, or a candidate meets itself.

    Source: R. R. Davidson, On extending the Bradley-Terry model to accommodate ties in
    paired comparison experiments (JASA 65, 1970).
    """
    left, right, tied, won = _games(first, second, outcomes, n_items)
    components = _components(left, right, n_items)
    n_comparisons = np.bincount(left, minlength=n_items) + np.bincount(right, minlength=n_items)
    undefined = _why_undefined(left, right, tied, won, components, prior)
    if undefined is not None:
        strengths = np.full(n_items, np.nan)
        return BradleyTerry(strengths, np.nan, components, n_comparisons, 0, True, 0.0, undefined)
    with_ties = prior > 0 or bool(tied.any())
    games = _Games(left, right, tied, won, n_items, components, prior, with_ties)
    x, n, converged = _climbed(games, tolerance, max_iterations)
    strengths = np.where(n_comparisons > 0, games.centred(x[:-1]), np.nan)
    tie = float(np.exp(x[-1])) if with_ties else 0.0
    log = games.log_likelihood(x)
    return BradleyTerry(strengths, tie, components, n_comparisons, n, converged, log)


def _games(
    first: ArrayLike, second: ArrayLike, outcomes: ArrayLike, n_items: int
) -> tuple[Ints, Ints, Floats, Floats]:
    """Both sides of each comparison, whether it was a tie, and what the left side got."""
    left, right, outcome = (
        np.asarray(x, dtype=np.int64).reshape(-1) for x in (first, second, outcomes)
    )
    if not len(left) == len(right) == len(outcome):
        raise ValueError("first, second and outcomes must be of one length")
    if len(left):
        if min(left.min(), right.min()) < 0 or max(left.max(), right.max()) >= n_items:
            raise ValueError("a candidate is out of range")
        if (left == right).any():
            raise ValueError("a candidate cannot be compared with itself")
        if outcome.min() < 0 or outcome.max() > 2:
            raise ValueError("outcomes are 0, 1 or 2")
    tied = (outcome == 2).astype(np.float64)
    return left, right, tied, np.where(outcome == 2, 0.5, outcome == 0)


def _why_undefined(
    left: Ints, right: Ints, tied: Floats, won: Floats, components: Ints, prior: float
) -> str | None:
    if prior < 0:
        raise ValueError("prior is 0 or more")
    if not len(left):
        return "nothing was compared"
    if prior > 0:
        return None
    if tied.all():
        return "no finite maximum: all comparisons are ties"
    # Finite without a prior only where wins lead from everyone to everyone (L. R. Ford 1957).
    winner = np.concatenate([left[won > 0], right[won < 1]])
    loser = np.concatenate([right[won > 0], left[won < 1]])
    if not _strongly_linked(winner, loser, components):
        return "no finite maximum: some candidates never lost or tied against the others"
    return None


def _components(left: Ints, right: Ints, n_items: int) -> Ints:
    """(n_items,) numbers of the sets that comparisons link, in order of their first item."""
    lowest = np.arange(n_items)
    while True:
        before = lowest.copy()
        least = np.minimum(lowest[left], lowest[right])
        np.minimum.at(lowest, left, least)
        np.minimum.at(lowest, right, least)
        lowest = lowest[lowest]
        if (lowest == before).all():
            return np.unique(lowest, return_inverse=True)[1].astype(np.int64)


def _strongly_linked(winner: Ints, loser: Ints, components: Ints) -> bool:
    """Whether wins lead from every member of each component to every other."""
    roots = np.unique(components, return_index=True)[1]
    for sources, targets in ((winner, loser), (loser, winner)):
        reached = np.zeros(len(components), dtype=bool)
        reached[roots] = True
        n = 0
        while n != (n := int(reached.sum())):
            reached[targets[reached[sources]]] = True
        if n < len(components):
            return False
    return True


class _Games:
    """The function that is climbed, of strengths and log nu, and its slopes."""

    def __init__(
        self,
        left: Ints,
        right: Ints,
        tied: Floats,
        won: Floats,
        n_items: int,
        components: Ints,
        prior: float,
        with_ties: bool,
    ) -> None:
        self.left, self.right, self.tied, self.won = left, right, tied, won
        self.n_items, self.components, self.prior = n_items, components, prior
        self.with_ties = with_ties
        self.sizes = np.bincount(components)

    def centred(self, strengths: Floats) -> Floats:
        """Strengths less the mean of their component."""
        means = np.bincount(self.components, strengths) / self.sizes
        moved: Floats = strengths - means[self.components]
        return moved

    def shares(self, x: Floats) -> tuple[Floats, Floats, Floats]:
        """Logs of the probability of a win of the left, of the right, and of a tie."""
        half = (x[self.left] - x[self.right]) / 2.0
        tie = np.full(len(half), x[-1] if self.with_ties else -np.inf)
        total = np.logaddexp(np.logaddexp(half, -half), tie)
        return half - total, -half - total, tie - total

    def log_likelihood(self, x: Floats) -> float:
        win, loss, tie = self.shares(x)
        decided = self.tied == 0
        log = np.where(self.won == 1, win, loss)[decided].sum() + tie[~decided].sum()
        return float(log)

    def height(self, x: Floats) -> float:
        strengths = x[:-1]
        ghost = -(np.logaddexp(0.0, strengths) + np.logaddexp(0.0, -strengths)).sum()
        ties = x[-1] + np.log(2.0) - 2.0 * np.logaddexp(np.log(2.0), x[-1])
        return self.log_likelihood(x) + self.prior * float(ghost + (ties if self.prior else 0.0))

    def _apart(self, values: Floats) -> Floats:
        """(n_items,) sum over the comparisons that each is left in, less those it is right in."""
        n = self.n_items
        left, right = (np.bincount(side, values, n) for side in (self.left, self.right))
        return np.subtract(left, right, dtype=np.float64)

    def slopes(self, x: Floats) -> tuple[Floats, Callable[[Floats], Floats], Floats]:
        """The gradient, the product with the negative Hessian, and its diagonal."""
        win, loss, tie = (np.exp(log) for log in self.shares(x))
        n = self.n_items
        pull = self.won - win - tie / 2.0
        gradient = self._apart(pull)
        even = 1.0 / (1.0 + np.exp(-x[:-1]))
        gradient = gradient + self.prior * (1.0 - 2.0 * even)
        nu = float(np.exp(x[-1]) / (2.0 + np.exp(x[-1])))
        slope = float((self.tied - tie).sum()) + self.prior * (1.0 - 2.0 * nu)
        # The covariances of what each comparison adds: half the difference, and the tie.
        spread = (win + loss - (win - loss) ** 2) / 4.0
        cross = -(win - loss) / 2.0 * tie
        own = float((tie * (1.0 - tie)).sum()) + 2.0 * self.prior * nu * (1.0 - nu)
        ghost = 2.0 * self.prior * even * (1.0 - even)

        def product(v: Floats) -> Floats:
            apart = v[self.left] - v[self.right]
            push = spread * apart + cross * (v[-1] if self.with_ties else 0.0)
            last = float((cross * apart).sum()) + own * v[-1] if self.with_ties else v[-1]
            return np.append(self._apart(push) + ghost * v[:-1], last)

        diagonal = np.bincount(self.left, spread, n) + np.bincount(self.right, spread, n) + ghost
        diagonal = np.append(diagonal, own if self.with_ties else 1.0)
        return np.append(gradient, slope if self.with_ties else 0.0), product, diagonal


def _climbed(games: _Games, tolerance: float, rounds: int) -> tuple[Floats, int, bool]:
    """Newton's method with halved steps from all strengths equal: (x, steps, converged)."""
    x = np.zeros(games.n_items + 1)
    height = games.height(x)
    for n in range(1, rounds + 1):
        gradient, product, diagonal = games.slopes(x)
        step = _solved(product, gradient, np.maximum(diagonal, 1e-12))
        if np.abs(step).max() < tolerance:
            return x, n, True
        size = 1.0
        while (there := games.height(x + size * step)) < height and size > 1e-6:
            size /= 2.0
        if there < height:
            return x, n, bool(np.abs(step).max() < 1e-6)
        x = x + size * step
        height = there
    return x, rounds, False


def _solved(product: Callable[[Floats], Floats], wanted: Floats, diagonal: Floats) -> Floats:
    """The conjugate gradient solution of H step = wanted, preconditioned by the diagonal."""
    step = np.zeros_like(wanted)
    rest = wanted.copy()
    scaled = rest / diagonal
    way, size = scaled.copy(), float(rest @ scaled)
    start = size
    for _ in range(min(_BENDS, 2 * len(wanted))):
        if size <= 1e-16 * max(start, 1e-300):
            break
        along = product(way)
        bend = float(way @ along)
        if bend <= 0:
            break
        step = step + size / bend * way
        rest = rest - size / bend * along
        scaled = rest / diagonal
        size, last = float(rest @ scaled), size
        way = scaled + size / last * way
    return step
