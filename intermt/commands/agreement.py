"""How far raters agree: annotators and verifiers with each other and with every judge."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from intermt.dimensions import BY_KEY, DIMENSIONS, OVERALL
from intermt.domain.bootstrap import distinct
from intermt.domain.correlation import Ints
from intermt.domain.estimate import Estimate
from intermt.domain.figures import Resampling
from intermt.domain.reliability import Reliability, Sample, packed, reliabilities
from intermt.store.rated import Labels
from intermt.store.said import CHOICES

ALL = "all"
"""All dimensions of a level together, `overall` apart; for rates alone."""

_NO_MEETING = "no thing was labelled by both"


def agreement_figures(
    groups: Sequence[Labels],
    names: Mapping[str, str],
    silent: tuple[int, int] = (0, 0),
    resampling: Resampling | None = None,
) -> dict[str, Any]:
    """The agreement document: how it was made, notes, and one row a group of labels.

    Args:
        groups: Labels that can be compared.
        names: Names of judges by id.
        silent: Verdicts that state nothing, and such that no label can be compared with.
        resampling: How intervals are made.
    """
    how = resampling or Resampling()
    pools = _pools(groups)
    samples = {i: _sample([group]) for i, group in enumerate(groups)}
    samples |= {len(groups) + i: _sample(pool) for i, pool in enumerate(pools)}
    found = reliabilities(samples, how)
    rows = [_row([group], group.dimension, found[i], names) for i, group in enumerate(groups)]
    rows += [_row(p, ALL, found[len(groups) + i], names) for i, p in enumerate(pools)]
    rows.sort(key=_place)
    return {
        "confidence": how.confidence,
        "n_resamples": how.n_resamples,
        "seed": how.seed,
        "notes": _notes(groups, silent),
        "simulated": any(group.simulated for group in groups),
        "synthetic": any(group.synthetic for group in groups),
        "rows": rows,
    }


def _notes(groups: Sequence[Labels], silent: tuple[int, int]) -> list[str]:
    others = {group.other for group in groups}
    n_unstated, n_unlike = silent
    notes = []
    if unnamed := {int(r) for g in groups if g.other == "annotator" for r in g.unnamed}:
        notes.append(
            f"{len(unnamed):,} of the annotators here have no name: which labels are one person's"
            " is not known, so kappa of annotators with each other leaves theirs out"
        )
    if "verifier" not in others:
        notes.append("no verifier has labelled anything here")
    if "judge" not in others:
        notes.append("no judge has a verdict that can be compared with a label of people here")
        if n_unlike:
            notes.append(
                f"{n_unlike:,} verdicts are of another kind than people's labels on the dimension:"
                " scores where people voted, votes where people scored, or grades"
            )
        if n_unstated:
            notes.append(f"{n_unstated:,} verdicts state nothing: replies not understood or failed")
    return notes


def _pools(groups: Iterable[Labels]) -> list[list[Labels]]:
    """Groups that differ in their dimension alone, where there are several."""
    pools: dict[tuple[object, ...], list[Labels]] = {}
    for group in groups:
        if group.dimension != OVERALL:
            key = (group.what, group.level, group.side, group.other, group.judge_id)
            pools.setdefault(key, []).append(group)
    return [pool for pool in pools.values() if len(pool) > 1]


def _sample(pool: Sequence[Labels]) -> Sample:
    """The ratings of one group, or of several on top of each other, for `reliabilities`."""
    what = pool[0].what
    tables = [_table(group) for group in pool]
    width = max(table.shape[1] for table, _, _ in tables)

    def padded(table: Any, empty: float) -> Any:
        more = ((0, 0), (0, width - table.shape[1]))
        return np.pad(table, more, constant_values=empty)

    raters = [group.raters.ravel() for group in pool]
    classes: set[int] = set(range(len(CHOICES)))
    if what == "score":
        classes = {int(v) for group in pool for v in distinct(group.values.astype(np.int64))}
        for group in pool:
            if (scale := BY_KEY.get(group.dimension)) is not None:
                classes |= set(range(scale.lowest, scale.highest + 1))
    return Sample(
        table=np.concatenate([padded(table, np.nan) for table, _, _ in tables]),
        clusters=np.concatenate([clusters for _, _, clusters in tables]),
        classes=tuple(sorted(classes)),
        measurement="ordinal" if what == "score" else "nominal",
        n_raters=len(distinct(np.concatenate(raters))),
        raters=np.concatenate([padded(people, 0) for _, people, _ in tables]),
        names=() if what == "score" else CHOICES,
        rate_only=len(pool) > 1,
        unnamed=_unnamed(pool) if pool[0].other == "annotator" else np.empty(0, np.int64),
    )


def _unnamed(pool: Sequence[Labels]) -> Ints:
    """Raters whom nobody named, by number."""
    return distinct(np.concatenate([group.unnamed for group in pool])).astype(np.int64)


def _table(group: Labels) -> tuple[Any, Any, Any]:
    """(rows, ratings), who gave each, and the cluster of each row."""
    if group.other != "annotator":
        # Two sides, whoever speaks for them: each has habits of its own.
        sides = np.broadcast_to(np.arange(2), group.values.shape)
        return group.values, sides, group.clusters
    _, first = np.unique(group.units, return_index=True)
    table, people = packed(group.units, group.values[:, 0], group.raters[:, 0])
    return table, people, group.clusters[first]


def _row(
    pool: Sequence[Labels], dimension: str, found: Reliability, names: Mapping[str, str]
) -> dict[str, Any]:
    group = pool[0]
    with_other = group.other != "annotator"
    n_both = sum(len(distinct(g.units)) for g in pool)
    alpha, ac2, kappa, rate = found.alpha, found.ac2, found.kappa, found.rate
    if with_other and not n_both:
        alpha = kappa = rate = Estimate(None, undefined=_NO_MEETING)
        ac2 = alpha if group.what == "score" else ac2
    return {
        "what": group.what,
        "level": group.level,
        "dimension": dimension,
        "between": f"{group.side}-{group.other}",
        "judge": None if group.judge_id is None else names.get(group.judge_id, group.judge_id),
        "judge_id": group.judge_id,
        "n_units": sum(g.n_units for g in pool),
        "n_raters": found.n_raters,
        "n_unnamed": len(_unnamed(pool)),
        "n_pairable": n_both if with_other else found.n_pairable,
        "n_combinations": found.n_units if with_other else None,
        "n_ratings": found.n_ratings,
        "n_clusters": found.n_clusters,
        "alpha": asdict(alpha),
        "ac2": asdict(ac2),
        "kappa": asdict(kappa),
        "rate": asdict(rate),
        "simulated": any(g.simulated for g in pool),
        "synthetic": any(g.synthetic for g in pool),
    }


def _place(row: dict[str, Any]) -> tuple[Any, ...]:
    order = {key: i for i, key in enumerate([*(d.key for d in DIMENSIONS), OVERALL, ALL])}
    between = ("annotator-annotator", "annotator-verifier", "annotator-judge", "verifier-judge")
    return (
        row["what"],
        row["level"] != "local",
        order.get(row["dimension"], len(order)),
        row["dimension"],
        between.index(row["between"]),
        row["judge"] or "",
        row["judge_id"] or "",
    )
