"""Ways of answering without looking, and how likely they are by accident.

Each check gives the probability (p) that an honest rater shows as much. Over a table of
raters, `holm` corrects the p for how many were looked at: where nobody answers without
looking, a table flags anybody at all with probability `FALSE_ALARMS` at most, per check.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import ArrayLike

from intermt.domain.correlation import Floats, Ints

FALSE_ALARMS = 0.01


@dataclass(frozen=True, slots=True)
class Check:
    """What one check found of one rater.

    Attributes:
        p: Probability of as much by accident; None where `undefined` says why.
        n: Labels that were looked at.
        undefined: Why it could not be checked; None if it was.
    """

    p: float | None
    n: int
    undefined: str | None = None


def constant_answers(labels: ArrayLike, chances: ArrayLike) -> Check:
    """How likely an honest rater gives one answer everywhere, if this one did; else p = 1.

    Honest is taken to mean: on each thing as likely to give an answer as the raters of that
    thing are, each as good as another. Then p is `sum_k prod_i chances[i, k]`.

    Args:
        labels: (n,) classes.
        chances: (n, n_classes) share of the thing's raters, this one included, with each
            answer.
    """
    given = np.asarray(labels)
    if len(given) < 2:
        return Check(None, len(given), f"too few labels ({len(given)}, 2 needed)")
    if (given != given[0]).any():
        return Check(1.0, len(given))
    with np.errstate(divide="ignore"):
        logs = np.log(np.asarray(chances, dtype=np.float64)).sum(axis=0)
    return Check(min(1.0, float(np.exp(logs).sum())), len(given))


def alternating_answers(labels: ArrayLike) -> Check:
    """How likely answers in random order repeat the one before as rarely as these do.

    Honest is taken to mean: what comes next has nothing to do with the answer before. Then
    all orders of the answers given are equally likely. With n_k answers of class k, n in
    all, and n_k^(r) for n_k (n_k - 1) ... (r factors), the number of repeats has the mean
    `sum n_k^(2) / n` and a variance from n_k^(2), n_k^(3) and n_k^(4); p is that of the
    normal distribution, corrected for continuity. Regular changes of any kind are found:
    a b a b as well as 0 1 2 3 0 1 2 3.

    Undefined with fewer than three answers and where all are equal: one order only.

    Args:
        labels: (n,) classes in the order in which they were given.

    Source: A. M. Mood, The distribution theory of runs (1940); A. Wald and J. Wolfowitz (1940).
    """
    given = np.asarray(labels)
    n = len(given)
    counts = np.unique(given, return_counts=True)[1].astype(np.float64)
    if n < 3 or len(counts) < 2:
        why = f"too few labels ({n}, 3 needed)" if n < 3 else "constant: there is no order"
        return Check(None, n, why)
    two, three, four = _falling(counts, 2), _falling(counts, 3), _falling(counts, 4)
    mean = float(two.sum()) / n
    if mean == 0:
        return Check(1.0, n)
    shared = 2.0 * (n - 2) * float(three.sum()) / (n * (n - 1.0) * (n - 2.0))
    apart = 0.0
    if n > 3:
        both = float(two.sum()) ** 2 - float((two**2).sum()) + float(four.sum())
        apart = both / (n * (n - 1.0))
    variance = mean + shared + apart - mean**2
    if variance <= 1e-12:
        return Check(1.0, n)
    repeats = int((given[1:] == given[:-1]).sum())
    return Check(NormalDist().cdf((repeats + 0.5 - mean) / math.sqrt(variance)), n)


def _falling(counts: Floats, r: int) -> Floats:
    product = np.ones_like(counts)
    for i in range(r):
        product = product * (counts - i)
    return product


def first_side_choices(n_first: int, n_second: int) -> Check:
    """How likely sides shown in random order are chosen as unevenly; a two-sided sign test.

    p is twice the smaller tail of the binomial distribution with probability 1/2, at most 1.
    Undefined without a choice.

    Args:
        n_first: Things on which the side shown first was chosen.
        n_second: Things on which the other was.
    """
    n = n_first + n_second
    if not n:
        return Check(None, 0, "no choice between sides whose order is known")
    k = np.arange(min(n_first, n_second) + 1)
    logs = np.concatenate([[0.0], np.cumsum(np.log(n - k[:-1]) - np.log(k[1:]))])
    tail = float(np.exp(logs - n * math.log(2.0)).sum())
    return Check(min(1.0, 2.0 * tail), n)


def smallest(checks: Sequence[Check]) -> Check:
    """One check out of several of the same rater: the smallest p times how many there are.

    Holds however the checks hang together (Bonferroni). `n` is that of all that could be
    checked; undefined, with the first reason, where none could.
    """
    done = [check for check in checks if check.p is not None]
    if not done:
        return checks[0] if checks else Check(None, 0, "nothing to look at")
    least = min(check.p for check in done if check.p is not None)
    return Check(min(1.0, least * len(done)), sum(check.n for check in done))


def holm(ps: Sequence[float]) -> list[float]:
    """Every p corrected for their number, in the same order (S. Holm 1979).

    Flagging where the corrected p is below a level flags any honest rater of a table with
    that probability at most, however the checks hang together.
    """
    order: Ints = np.argsort(np.asarray(ps, dtype=np.float64), kind="stable").astype(np.int64)
    corrected = [0.0] * len(ps)
    highest = 0.0
    for rank, i in enumerate(order):
        highest = max(highest, min(1.0, ps[i] * (len(ps) - rank)))
        corrected[i] = highest
    return corrected
