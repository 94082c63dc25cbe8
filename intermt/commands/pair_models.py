"""Winners and raters' competence by the models of `domain`, for the votes that were cast."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from intermt.domain.aggregation import dawid_skene
from intermt.domain.competence import competences
from intermt.domain.correlation import Floats, Ints
from intermt.domain.crowd import crowd_labels
from intermt.domain.paired_comparison import bradley_terry
from intermt.domain.pairing import Aggregate
from intermt.store import tallying
from intermt.store.casting import Database
from intermt.store.tallying import Verdicts

_CLASS_OF = np.array([2, 0, 1])
"""Classes of the models by choice: 0 for a (choice 1), 1 for b (choice -1), 2 for a tie."""
_MIRROR = (1, 0, 2)
_EVEN = 1e-9
"""Probabilities nearer to each other than this name no winner."""

Columns = dict[str, NDArray[Any]]


def winners(db: Database, aggregate: Aggregate) -> Verdicts | None:
    """Who wins each pair by a model, each dimension by itself; None where counting is enough.

    The side that wins with the greater probability wins. The strength is that probability,
    with half of that of a tie.

    Args:
        db: A connection where `tallying.tally` was made.
        aggregate: Which model.
    """
    if aggregate not in ("dawid-skene", "bradley-terry"):
        return None
    votes = tallying.voted(db)
    places: list[Ints] = []
    shares: list[Floats] = []
    for dimension in np.unique(votes["dimension"]):
        of_it = {name: column[votes["dimension"] == dimension] for name, column in votes.items()}
        found, units = np.unique(of_it["place"], return_inverse=True)
        places.append(found.astype(np.int64))
        model = _dawid_skene if aggregate == "dawid-skene" else _bradley_terry
        shares.append(model(of_it, found, units.reshape(-1)))
    if not places:
        none = np.empty(0, np.int64)
        return Verdicts(none, none, np.empty(0))
    win, loss, tie = np.concatenate(shares).T
    side = np.where(np.abs(win - loss) < _EVEN, 0, np.sign(win - loss)).astype(np.int64)
    strength = np.clip(np.maximum(win, loss) + tie / 2.0, 0.5, 1.0)
    return Verdicts(np.concatenate(places), side, strength)


def excluded_by_competence(db: Database, least: float) -> list[str]:
    """Ids of the annotators whose competence is less than this, or cannot be told.

    By the one-coin model: the probability of giving the true one of a, b and tie. All
    dimensions enter together, each pair and dimension as a thing of its own. Of raters whom
    nobody named it cannot be told: their names are dealt to votes, not to people.
    """
    votes = tallying.voted(db)
    counted = db.execute(
        "SELECT rater, rater_id, unnamed FROM voter WHERE annotator AND left_out IS NULL"
        " ORDER BY rater_id"
    ).fetchall()
    nobodys = [rater for rater, _, unnamed in counted if unnamed]
    of_people = ~np.isin(votes["rater"], nobodys)
    votes = {name: column[of_people] for name, column in votes.items()}
    raters, numbers = np.unique(votes["rater"], return_inverse=True)
    if not len(raters):
        return [rater_id for _, rater_id, _ in counted]
    _, units = np.unique(votes["place"], return_inverse=True)
    crowd = crowd_labels(units, numbers, _CLASS_OF[votes["choice"]], 3)
    values = competences(crowd, "one-coin").values
    value_of = dict(zip(raters.tolist(), values, strict=True))
    return [rater_id for rater, rater_id, _ in counted if not value_of.get(rater, np.nan) >= least]


def _dawid_skene(votes: Columns, places: Ints, units: Ints) -> Floats:
    """(n_pairs, 3) probability of a, b and a tie being true."""
    raters, numbers = np.unique(votes["rater"], return_inverse=True)
    crowd = crowd_labels(
        units,
        numbers,
        _CLASS_OF[votes["choice"]],
        3,
        n_units=len(places),
        n_raters=len(raters),
    )
    return dawid_skene(crowd, mirror=_MIRROR).posterior


def _bradley_terry(votes: Columns, places: Ints, units: Ints) -> Floats:
    """(n_pairs, 3) probability that a annotator prefers a, b or neither."""
    items, sides = np.unique(np.concatenate([votes["first"], votes["second"]]), return_inverse=True)
    first, second = sides.reshape(2, -1)
    fit = bradley_terry(first, second, _CLASS_OF[votes["choice"]], len(items))
    at = np.zeros(len(places), np.int64)
    at[units] = np.arange(len(units))
    found = [fit.probabilities(int(first[n]), int(second[n])) or (0.0, 0.0, 1.0) for n in at]
    shares: Floats = np.array(found, np.float64).reshape(-1, 3)
    return shares
