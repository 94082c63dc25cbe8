"""Dawid-Skene with confusion matrices: golden values, properties, what has no model."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from intermt.domain.aggregation import dawid_skene
from intermt.domain.crowd import crowd_labels, vote_shares
from tests.domain.crowd_samples import TABLE, drawn, read

MIRROR = (1, 0, 2)
EXACT = {"tolerance": 1e-11, "max_iterations": 50_000}


def test_it_is_that_of_crowd_kit():
    # crowd-kit 1.4.2, DawidSkene(n_iter=1500, tol=-1).fit(...): priors_, errors_, probas_
    found = dawid_skene(read(TABLE), smoothing=0.0, **EXACT)
    assert found.shares == pytest.approx([0.3626388, 0.3291714, 0.3081898], abs=1e-5)
    last = [[0.890409, 0.109591, 0.0], [0.323954, 0.450697, 0.225349], [1 / 3, 0.5, 1 / 6]]
    assert found.confusion[4] == pytest.approx(np.array(last), abs=1e-5)
    assert found.posterior[[14, 16, 17, 25]] == pytest.approx(
        np.array(
            [[0.53314, 0.46686, 0], [2 / 3, 0, 1 / 3], [0.0876, 0, 0.9124], [0.59172, 0.40828, 0]]
        ),
        abs=1e-4,
    )


@pytest.mark.filterwarnings("ignore")
def test_live_crowd_kit_gives_the_same():
    aggregation = pytest.importorskip("crowdkit.aggregation", reason="crowd-kit is not installed")
    pandas = pytest.importorskip("pandas")
    crowd, _ = drawn(3, [0.9, 0.7, 0.6, 0.8], 40)
    frame = pandas.DataFrame({"task": crowd.units, "worker": crowd.raters, "label": crowd.labels})
    theirs = aggregation.DawidSkene(n_iter=500, tol=-1).fit(frame).probas_
    theirs = theirs.sort_index().sort_index(axis=1).to_numpy()
    assert dawid_skene(crowd, smoothing=0.0, **EXACT).posterior == pytest.approx(theirs, abs=1e-3)


def test_confusion_matrices_are_recovered():
    dice = np.random.default_rng(0)
    n, truth = 5000, dice.choice(3, 5000, p=[0.5, 0.3, 0.2])
    matrices = np.array(
        [
            [[0.8, 0.1, 0.1], [0.1, 0.8, 0.1], [0.2, 0.2, 0.6]],
            [[0.9, 0.05, 0.05], [0.4, 0.5, 0.1], [0.1, 0.1, 0.8]],
            [[0.7, 0.0, 0.3], [0.0, 0.7, 0.3], [0.0, 0.0, 1.0]],
            [[0.6, 0.2, 0.2], [0.2, 0.6, 0.2], [0.2, 0.2, 0.6]],
        ]
    )
    chances = matrices[:, truth].cumsum(axis=2)
    labels = (dice.random((4, n, 1)) > chances).sum(axis=2).clip(max=2)
    crowd = crowd_labels(np.tile(np.arange(n), 4), np.repeat(np.arange(4), n), labels.ravel(), 3)
    found = dawid_skene(crowd)
    assert found.converged
    assert found.confusion == pytest.approx(matrices, abs=0.07)
    assert found.shares == pytest.approx([0.5, 0.3, 0.2], abs=0.03)
    right = (found.posterior.argmax(axis=1) == truth).mean()
    assert right > (vote_shares(crowd).argmax(axis=1) == truth).mean()


def test_a_good_rater_outvotes_two_bad_ones():
    crowd, _ = drawn(1, [0.98, 0.95, 0.96, 0.45, 0.45, 0.45], 400, 2, each=6)
    lone = crowd_labels(
        np.concatenate([crowd.units, [400, 400, 400]]),
        np.concatenate([crowd.raters, [0, 3, 4]]),
        np.concatenate([crowd.labels, [1, 0, 0]]),
        2,
    )
    assert dawid_skene(lone).posterior[400, 1] > 0.8


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 10_000), st.randoms(use_true_random=False))
def test_which_candidate_is_called_a_does_not_matter(seed: int, random):
    crowd, _ = drawn(seed, [0.9, 0.7, 0.6, 0.8], 25, 3, each=3)
    found = dawid_skene(crowd, mirror=MIRROR, **EXACT)
    swapped = np.array([random.random() < 0.5 for _ in range(25)])
    labels = np.where(swapped[crowd.units], np.array(MIRROR)[crowd.labels], crowd.labels)
    other = dawid_skene(crowd_labels(crowd.units, crowd.raters, labels, 3), mirror=MIRROR, **EXACT)
    undone = np.where(swapped[:, None], other.posterior[:, list(MIRROR)], other.posterior)
    assert undone == pytest.approx(found.posterior, abs=1e-6)
    assert found.shares[0] == found.shares[1]
    assert found.confusion[:, 0, 1] == pytest.approx(found.confusion[:, 1, 0])


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 10_000), st.randoms(use_true_random=False))
def test_the_order_and_the_numbers_of_raters_and_things_do_not_matter(seed: int, random):
    crowd, _ = drawn(seed, [0.9, 0.7, 0.6], 20)
    rows = random.sample(range(60), 60)
    people, things = random.sample(range(3), 3), random.sample(range(20), 20)
    other = dawid_skene(
        crowd_labels(
            np.array(things)[crowd.units[rows]], np.array(people)[crowd.raters[rows]],
            crowd.labels[rows], 3,
        ),
        **EXACT,
    )  # fmt: skip
    found = dawid_skene(crowd, **EXACT)
    assert other.posterior[things] == pytest.approx(found.posterior, abs=1e-6)
    assert other.confusion[people] == pytest.approx(found.confusion, abs=1e-6)
    assert found.posterior.sum(axis=1) == pytest.approx(1.0)
    assert found.confusion.sum(axis=2) == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("table", "reason"),
    [
        (["0", "1", "2"], "too few raters (1, 2 needed)"),
        (["22", "22"], "constant: all labels are the same"),
        ([], "too few raters (0, 2 needed)"),
    ],
)
def test_without_a_model_the_votes_stand(table: list[str], reason: str):
    crowd = read(table)
    found = dawid_skene(crowd, mirror=MIRROR)
    assert found.undefined == reason
    assert (found.posterior == vote_shares(crowd)).all()


def test_a_thing_without_labels_has_the_shares_of_all():
    crowd = read(["01", "..", "11", "00", "02"])
    found = dawid_skene(crowd)
    assert found.posterior[1] == pytest.approx(found.shares)


def test_wrong_arguments_are_refused():
    with pytest.raises(ValueError, match="swap classes in pairs"):
        dawid_skene(read(TABLE), mirror=(1, 2, 0))
    with pytest.raises(ValueError, match="one scale"):
        dawid_skene(crowd_labels([0, 1], [0, 1], [0, 1], (2, 3), scales=[0, 1]))
