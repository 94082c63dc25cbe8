"""Annotators to look at: how much each did, how well, and whether they looked at all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from intermt.dimensions import BY_KEY
from intermt.domain.bootstrap import (
    cluster_codes,
    clustered_standard_error,
    distinct,
    wilson_of_clusters,
)
from intermt.domain.competence import Competences, competences
from intermt.domain.correlation import Floats, Ints
from intermt.domain.crowd import CrowdLabels, crowd_labels
from intermt.domain.estimate import Estimate
from intermt.domain.rater_checks import (
    FALSE_ALARMS,
    Check,
    alternating_answers,
    constant_answers,
    first_side_choices,
    holm,
    smallest,
)
from intermt.records import is_unnamed
from intermt.store.raters import Given
from intermt.store.said import CHOICES

CONFIDENCE = 0.95
CHECKS = ("constant", "alternating", "first_side")
TIE = CHOICES.index("tie")

Bools = NDArray[np.bool_]


def annotator_figures(
    kinds: Sequence[Given],
    seconds: Mapping[tuple[str, str], tuple[float, int]],
    about_simulated: Set[tuple[str, str, str]] = frozenset(),
) -> dict[str, Any]:
    """The document on annotators: how it was made, notes, a row for each of them.

    A row is one annotator's votes or scores at one level; suspect ones come first. Annotators
    whom nobody named have none: their labels may be of several people, and those of one person
    under several of these names. `unnamed` counts them.

    Args:
        kinds: All labels, by kind and level.
        seconds: Median time of a piece of work and how many there are, by rater and level.
        about_simulated: Kind of label, level and rater whose labels are about anything that a
            stand-in wrote.
    """
    rows: list[dict[str, Any]] = []
    notes: list[str] = []
    models: list[dict[str, Any]] = []
    unnamed: list[dict[str, Any]] = []
    for kind in kinds:
        sheet = _Sheet(kind)
        unnamed += _unnamed(sheet)
        found = {model: _fitted(sheet, model) for model in ("one-coin", "mace")}
        models += [_model(kind, name, fit) for name, fit in found.items()]
        rows += [_row(sheet, rater, found, seconds, about_simulated) for rater in sheet.annotators]
    _flag(rows)
    rows.sort(key=_place)
    if rows and not any(kind.people[r].is_verifier for kind in kinds for r in distinct(kind.rater)):
        notes.append("no verifier has labelled anything here")
    notes += [_said_of(those) for those in unnamed]
    notes += [
        f"the {fit['model']} model of {fit['level']} {fit['what']}s did not converge"
        for fit in models
        if not fit["converged"]
    ]
    return {
        "confidence": CONFIDENCE,
        "false_alarms": FALSE_ALARMS,
        "notes": notes,
        "simulated": any(row["simulated"] for row in rows),
        "synthetic": any(row["synthetic"] for row in rows),
        "models": models,
        "unnamed": unnamed,
        "rows": rows,
    }


def _unnamed(sheet: _Sheet) -> list[dict[str, Any]]:
    """How many annotators of this kind of label nobody named, and their labels; [] for none."""
    theirs = sheet.given.rater[sheet.by_annotator & ~sheet.by_somebody]
    if not len(theirs):
        return []
    here = {"what": sheet.given.what, "level": sheet.given.level}
    return [{**here, "n_raters": len(distinct(theirs)), "n_labels": len(theirs)}]


def _said_of(those: Mapping[str, Any]) -> str:
    n, labels = those["n_raters"], f"{those['level']} {those['what']}s"
    return (
        f"{n:,} {'annotator has' if n == 1 else 'annotators have'} no name and no row:"
        f" whose the {those['n_labels']:,} {labels} are is not known, so they say nothing of"
        " anybody's competence or habits"
    )


# --- one kind of label -------------------------------------------------------------------


class _Sheet:
    """The labels of one kind, and what the figures of all annotators need of them."""

    def __init__(self, given: Given) -> None:
        self.given = given
        verifies = np.array([person.is_verifier for person in given.people], dtype=bool)
        nobody = np.array([is_unnamed(person.name) for person in given.people], dtype=bool)
        self.by_annotator: Bools = ~verifies[given.rater]
        self.by_somebody: Bools = self.by_annotator & ~nobody[given.rater]
        self.annotators = [int(r) for r in distinct(given.rater[self.by_somebody])]
        n_dimensions = len(given.dimensions)
        self.item, self.n_items = cluster_codes(given.thing * n_dimensions + given.dimension)
        self.scale_of_item = np.zeros(self.n_items, np.int64)
        self.scale_of_item[self.item] = given.dimension
        self.cluster_of_item = np.zeros(self.n_items, np.int64)
        self.cluster_of_item[self.item] = given.cluster
        lowest, sizes = zip(*(_scale(given, d) for d in range(n_dimensions)), strict=True)
        self.sizes: tuple[int, ...] = sizes
        self.label = given.value - np.asarray(lowest)[given.dimension]
        self.lowest: tuple[int, ...] = lowest
        self.width = max(sizes)
        self.counts = self._counted(self.by_annotator)
        self.of_verifiers = self._counted(~self.by_annotator)
        order = np.argsort(given.rater, kind="stable")
        starts = np.searchsorted(given.rater[order], np.arange(len(given.people) + 1))
        self._rows = order, starts

    def _counted(self, kept: Bools) -> Floats:
        """(n_items, width) how many of these labels put each thing into each class."""
        cells = self.item[kept] * self.width + self.label[kept]
        counts = np.bincount(cells, minlength=self.n_items * self.width)
        return counts.reshape(self.n_items, self.width).astype(np.float64)

    def rows(self, rater: int) -> Ints:
        """The labels of a rater."""
        order, starts = self._rows
        return order[starts[rater] : starts[rater + 1]]

    def crowd(self) -> CrowdLabels:
        """The labels of annotators with a name, all dimensions together, for the models."""
        kept = self.by_somebody
        return crowd_labels(
            self.item[kept],
            self.given.rater[kept],
            self.label[kept],
            self.sizes,
            scales=self.scale_of_item,
            n_units=self.n_items,
            n_raters=len(self.given.people),
        )

    def shares(self, rows: Ints, counts: Floats, *, own: bool) -> Floats:
        """(n,) share of the others who gave the same label; NaN where there are none."""
        item = self.item[rows]
        others = counts[item].sum(axis=1) - own
        same = counts[item, self.label[rows]] - own
        share: Floats = np.divide(same, others, out=np.full(len(rows), np.nan), where=others > 0)
        return share


def _scale(given: Given, dimension: int) -> tuple[int, int]:
    """The lowest label of a dimension, and how many there are on its scale."""
    if given.what == "vote":
        return 0, len(CHOICES)
    values = given.value[given.dimension == dimension]
    lowest, highest = int(values.min()), int(values.max())
    if (known := BY_KEY.get(given.dimensions[dimension])) is not None:
        lowest, highest = min(lowest, known.lowest), max(highest, known.highest)
    return lowest, max(2, highest - lowest + 1)


def _fitted(sheet: _Sheet, model: Any) -> Competences:
    return competences(sheet.crowd(), model, clusters=sheet.cluster_of_item)


def _model(given: Given, name: str, fit: Competences) -> dict[str, Any]:
    return {
        "what": given.what,
        "level": given.level,
        "model": name,
        "n_labels": int(fit.n_labels.sum()),
        "n_iterations": fit.n_iterations,
        "converged": fit.converged,
        "log_likelihood": fit.log_likelihood,
    }


# --- one annotator -----------------------------------------------------------------------


def _row(
    sheet: _Sheet,
    rater: int,
    found: Mapping[str, Competences],
    seconds: Mapping[tuple[str, str], tuple[float, int]],
    about_simulated: Set[tuple[str, str, str]],
) -> dict[str, Any]:
    given, rows, person = sheet.given, sheet.rows(rater), sheet.given.people[rater]
    median, n_timed = seconds.get((person.rater_id, given.level), (None, 0))
    gold = given.gold[rows]
    commonest, n_commonest = _commonest(sheet, rows)
    return {
        "rater": person.name,
        "rater_id": person.rater_id,
        "dataset": person.dataset,
        "what": given.what,
        "level": given.level,
        "n_labels": len(rows),
        "n_things": len(distinct(given.thing[rows])),
        "n_clusters": len(distinct(given.cluster[rows])),
        "agreement": _share(
            sheet, rows, sheet.shares(rows, sheet.counts, own=True), "other annotator"
        ),
        "with_verifiers": _share(
            sheet, rows, sheet.shares(rows, sheet.of_verifiers, own=False), "verifier"
        ),
        "gold": _share(sheet, rows, np.where(gold < 0, np.nan, gold), "gold item"),
        "one_coin": _competence(found["one-coin"], rater),
        "mace": _competence(found["mace"], rater),
        "seconds": median,
        "n_timed": n_timed,
        "commonest": commonest,
        "commonest_share": n_commonest / len(rows),
        "first_side": _first_side(sheet, rows),
        "checks": _checks(sheet, rows),
        "simulated": (given.what, given.level, person.rater_id) in about_simulated,
        "synthetic": person.kind == "synthetic",
    }


def _share(sheet: _Sheet, rows: Ints, values: Floats, other: str) -> dict[str, Any]:
    """A mean of shares with its interval over seed trees, and how many labels it rests on."""
    there = ~np.isnan(values)
    n = int(there.sum())
    if not n:
        why = f"no {other} met on the same things"
        return {**asdict(Estimate(None, undefined=why)), "n": 0}
    value = float(values[there].mean())
    error = clustered_standard_error(values[there], sheet.given.cluster[rows][there]).value
    return _estimate(value, n, error)


def _estimate(value: float, n: int, error: float | None) -> dict[str, Any]:
    interval = wilson_of_clusters(min(1.0, max(0.0, value)), n, error, CONFIDENCE)
    why = None if interval.undefined is None else f"no interval: {interval.undefined}"
    return {**asdict(Estimate(value, interval.low, interval.high, why)), "n": n}


def _competence(found: Competences, rater: int) -> dict[str, Any]:
    n = int(found.n_labels[rater])
    if (why := found.undefined[rater]) is not None:
        return {**asdict(Estimate(None, undefined=why)), "n": n}
    return _estimate(float(found.values[rater]), n, float(found.standard_errors[rater]))


def _commonest(sheet: _Sheet, rows: Ints) -> tuple[str, int]:
    """The label given most often, and how often."""
    values, counts = np.unique(sheet.given.value[rows], return_counts=True)
    value = int(values[counts.argmax()])
    return CHOICES[value] if sheet.given.what == "vote" else str(value), int(counts.max())


def _first_side(sheet: _Sheet, rows: Ints) -> dict[str, Any] | None:
    """How often the side shown first was chosen, of the choices between two known sides."""
    if sheet.given.what != "vote":
        return None
    decided = rows[(sheet.given.first[rows] >= 0) & (sheet.given.value[rows] != TIE)]
    values = (sheet.given.value[decided] == sheet.given.first[decided]).astype(np.float64)
    if not len(decided):
        why = "no choice between sides whose order is known"
        return {**asdict(Estimate(None, undefined=why)), "n": 0}
    error = clustered_standard_error(values, sheet.given.cluster[decided]).value
    return _estimate(float(values.mean()), len(decided), error)


# --- answering without looking -----------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Sequence:
    """A rater's labels on one dimension, as they were seen.

    Attributes:
        rows: Which labels.
        seen: (n,) the class; of votes whose sides are known first, second or tie.
        in_order: Whether `rows` are in the order in which they were given.
    """

    rows: Ints
    seen: Ints
    in_order: bool


def _checks(sheet: _Sheet, rows: Ints) -> dict[str, dict[str, Any]]:
    sequences = [
        _sequence(sheet, rows[sheet.given.dimension[rows] == d])
        for d in distinct(sheet.given.dimension[rows])
    ]
    done = {
        "constant": smallest([_constant(sheet, each) for each in sequences]),
        "alternating": smallest([_alternating(each) for each in sequences]),
    }
    if sheet.given.what == "vote":
        done["first_side"] = _one_sided(sheet, rows)
    return {
        name: {"flag": False, "p": check.p, "n": check.n, "undefined": check.undefined}
        for name, check in done.items()
    }


def _sequence(sheet: _Sheet, rows: Ints) -> _Sequence:
    times = sheet.given.rated_at[rows]
    in_order = bool((times >= 0).all()) and len(np.unique(times)) == len(times)
    if in_order:
        rows = rows[np.argsort(times, kind="stable")]
    seen = sheet.label[rows]
    if _sides_known(sheet, rows):
        seen = np.where(seen == TIE, TIE, (seen != sheet.given.first[rows]).astype(np.int64))
    return _Sequence(rows, seen, in_order)


def _sides_known(sheet: _Sheet, rows: Ints) -> bool:
    return sheet.given.what == "vote" and bool((sheet.given.first[rows] >= 0).all())


def _constant(sheet: _Sheet, each: _Sequence) -> Check:
    if len(distinct(each.seen)) > 1:
        # Nearly every rater: what the others said need not be looked up.
        return Check(1.0, len(each.seen))
    counts = sheet.counts[sheet.item[each.rows]]
    if _sides_known(sheet, each.rows):
        turned = sheet.given.first[each.rows] == 1
        counts = np.where(turned[:, None], counts[:, [1, 0, 2]], counts)
    alone = counts.sum(axis=1) < 2
    if alone.any():
        # Nobody else labelled it: what anybody would say is what all say on the dimension.
        dimension = sheet.given.dimension[each.rows[0]]
        on = sheet.counts[sheet.scale_of_item == dimension].sum(axis=0)
        if _sides_known(sheet, each.rows):
            on = np.array([on[0] + on[1], on[0] + on[1], 2.0 * on[2]])
        counts = np.where(alone[:, None], on, counts)
    return constant_answers(each.seen, counts / counts.sum(axis=1, keepdims=True))


def _alternating(each: _Sequence) -> Check:
    if not each.in_order:
        why = "the order is not known: times are missing or equal"
        return Check(None, len(each.rows), why)
    return alternating_answers(each.seen)


def _one_sided(sheet: _Sheet, rows: Ints) -> Check:
    """One choice a thing, so that its dimensions do not count as many."""
    given = sheet.given
    decided = rows[(given.first[rows] >= 0) & (given.value[rows] != TIE)]
    toward = np.where(given.value[decided] == given.first[decided], 1.0, -1.0)
    _, thing = np.unique(given.thing[decided], return_inverse=True)
    balance = np.bincount(thing.reshape(-1), toward)
    return first_side_choices(int((balance > 0).sum()), int((balance < 0).sum()))


def _flag(rows: Sequence[dict[str, Any]]) -> None:
    """Correct each p for how many were looked at, and flag what is below `FALSE_ALARMS`."""
    for name in CHECKS:
        looked = [c for row in rows if (c := row["checks"].get(name)) and c["p"] is not None]
        for check, p in zip(looked, holm([c["p"] for c in looked]), strict=True):
            check["p"] = p
            check["flag"] = p < FALSE_ALARMS


def _place(row: dict[str, Any]) -> tuple[Any, ...]:
    n_flags = sum(check["flag"] for check in row["checks"].values())
    competence = row["one_coin"]["value"]
    return (
        row["level"] != "local",
        row["what"],
        -n_flags,
        2.0 if competence is None else competence,
        row["rater"],
        row["rater_id"],
    )
