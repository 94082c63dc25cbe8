"""Two judges on the same items: differences, their intervals, and tests of no difference."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from intermt.dimensions import Level, dimensions_of
from intermt.domain.bootstrap import MIN_CLUSTERS, cluster_sums
from intermt.domain.correlation import Floats
from intermt.domain.figures import (
    AVERAGE,
    Case,
    Evidence,
    Resampling,
    Sample,
    interval_of_runs,
    joint_codes,
)
from intermt.domain.measures import Mean, Measure

N_FLIPS = 20_000
_EXACT_UP_TO = 14
_BLOCK = 4_000_000
_SAME = 1e-9


@dataclass(frozen=True, slots=True)
class Difference:
    """The figure of one judge less that of another on the items that both judged.

    Attributes:
        value: The difference; None where `undefined` says why.
        one: The first judge's figure on these items.
        other: The second judge's.
        n: Items; of an average the sum over its dimensions.
        n_clusters: Seed trees they come from.
        low: Lower end of the interval; None where there is none.
        high: Upper end.
        p_value: That of the sign-flip test over seed trees, for means alone.
        mcnemar: For accuracy the p value of McNemar's exact test, which takes items for
            independent.
        n_better: Items on which the first judge did better.
        n_worse: Items on which the second did.
        undefined: Why there is no value or no interval; None if both are there.
    """

    value: float | None
    one: float | None
    other: float | None
    n: int
    n_clusters: int
    low: float | None = None
    high: float | None = None
    p_value: float | None = None
    mcnemar: float | None = None
    n_better: int | None = None
    n_worse: int | None = None
    undefined: str | None = None


def differences(
    one: Evidence, other: Evidence, level: Level, resampling: Resampling, *, with_mcnemar: bool
) -> dict[str, Difference]:
    """The difference on each dimension both judged, and of the average over the level's.

    Items count where both judges have a value. The interval draws the same seed trees for
    both judges. The average is over the dimensions of the level on which there is a difference.
    """
    keys = [d.key for d in dimensions_of(level)]
    shared = one.cases.keys() & other.cases.keys()
    found: dict[str, Difference] = {}
    samples: dict[str, tuple[Sample, Sample]] = {}
    for key in (*keys, *sorted(shared - set(keys))):
        if key not in shared:
            continue
        pair = _paired(one.measure, one.cases[key], other.cases[key])
        found[key] = _difference([pair], one.measure, resampling, with_mcnemar=with_mcnemar)
        if key in keys and found[key].value is not None:
            samples[key] = pair
    if len(samples) > 1:
        found[AVERAGE] = _difference(
            list(samples.values()), one.measure, resampling, with_mcnemar=False
        )
    return found


def mcnemar_exact(n_better: int, n_worse: int) -> float:
    """The two-sided p value of McNemar's exact test: a sign test on the discordant items.

    1 where there is none.

    Source: Q. McNemar (Psychometrika 12, 1947); the exact form is the binomial test.
    """
    n, total, ways = n_better + n_worse, 0, 1
    for i in range(min(n_better, n_worse) + 1):
        total += ways
        ways = ways * (n - i) // (i + 1)
    return min(1.0, float(2 * total / 2**n))


def sign_flip(contributions: Floats, seed: int) -> float:
    """The two-sided p value of a sum, each cluster's contribution taken with either sign.

    Under the hypothesis that the judges are exchangeable in each cluster every sign is as
    likely. All sign patterns up to 14 clusters that are not 0, else `N_FLIPS` drawn ones, of
    which the observed one counts as one more.

    Source: E. J. G. Pitman (1937); R. A. Fisher, The Design of Experiments (1935).
    """
    moving = contributions[np.abs(contributions) > 0]
    c = len(moving)
    if not c:
        return 1.0
    bound: float = abs(float(moving.sum())) - _SAME * float(np.abs(moving).sum())
    if c <= _EXACT_UP_TO:
        patterns = (np.arange(2**c)[:, None] >> np.arange(c)) & 1
        return float((np.abs((2.0 * patterns - 1.0) @ moving) >= bound).mean())
    generator = np.random.default_rng(seed)
    n_extreme, step = 0, max(1, _BLOCK // c)
    for start in range(0, N_FLIPS, step):
        flips = generator.integers(0, 2, size=(min(step, N_FLIPS - start), c), dtype=np.int8)
        n_extreme += int((np.abs((2.0 * flips - 1.0) @ moving) >= bound).sum())
    return (1 + n_extreme) / (1 + N_FLIPS)


def holm(p_values: Sequence[float]) -> list[float]:
    """The p values adjusted for how many there are, in their order.

    Rejecting all below x errs in any of them with a probability of at most x, whatever they
    have to do with each other.

    Source: S. Holm, A simple sequentially rejective multiple test procedure (1979).
    """
    order = sorted(range(len(p_values)), key=lambda i: p_values[i])
    adjusted, largest = [0.0] * len(p_values), 0.0
    for rank, i in enumerate(order):
        largest = max(largest, min(1.0, (len(p_values) - rank) * p_values[i]))
        adjusted[i] = largest
    return adjusted


# --- inside ------------------------------------------------------------------------------


def _paired(measure: Measure, one: Sequence[Case], other: Sequence[Case]) -> tuple[Sample, Sample]:
    """The rows of both on the items that both have a value on, in the same order."""
    first, second = _by_item(one), _by_item(other)
    items = [item for item in first if item in second]
    return (
        Sample.of(measure, (first[item] for item in items)),
        Sample.of(measure, (second[item] for item in items)),
    )


def _by_item(cases: Sequence[Case]) -> Mapping[str, Case]:
    return {case.item: case for case in cases if not any(map(math.isnan, case.values))}


def _difference(
    pairs: Sequence[tuple[Sample, Sample]],
    measure: Measure,
    resampling: Resampling,
    *,
    with_mcnemar: bool,
) -> Difference:
    """The mean over dimensions of the differences."""
    n = sum(len(first.data) for first, _ in pairs)
    codes, n_clusters = joint_codes([first for first, _ in pairs])
    ones, others = ([measure.of(pair[i].data) for pair in pairs] for i in (0, 1))
    why = next((reason for _, reason in (*ones, *others) if reason is not None), None)
    one = None if why else sum(v for v, _ in ones if v is not None) / len(pairs)
    other = None if why else sum(v for v, _ in others if v is not None) / len(pairs)
    if one is None or other is None:
        return Difference(None, one, other, n, n_clusters, undefined=why)
    runs = [
        measure.resampler(sample.data, own, n_clusters)
        for pair, own in zip(pairs, codes, strict=True)
        for sample in pair
    ]
    weights = [1.0 / len(pairs), -1.0 / len(pairs)] * len(pairs)
    interval = interval_of_runs(runs, weights, one - other, n_clusters, resampling)
    p_value = mcnemar = n_better = n_worse = None
    if isinstance(measure, Mean):
        gaps = [first.data[:, 0] - second.data[:, 0] for first, second in pairs]
        if n_clusters >= MIN_CLUSTERS:
            parts = [
                cluster_sums(gap[:, None] / len(gap), own, n_clusters)[:, 0]
                for gap, own in zip(gaps, codes, strict=True)
            ]
            p_value = sign_flip(np.sum(parts, axis=0), resampling.seed)
        if with_mcnemar:
            n_better, n_worse = int((gaps[0] > _SAME).sum()), int((gaps[0] < -_SAME).sum())
            mcnemar = mcnemar_exact(n_better, n_worse)
    lacking = "no interval"
    if isinstance(measure, Mean) and p_value is None:
        lacking += ", no p"
    return Difference(
        one - other,
        one,
        other,
        n,
        n_clusters,
        interval.low,
        interval.high,
        p_value,
        mcnemar,
        n_better,
        n_worse,
        None if interval.undefined is None else f"{lacking}: {interval.undefined}",
    )
