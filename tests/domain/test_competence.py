"""Competence of raters: golden values, an independent EM, recovery, and what has no value."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from intermt.domain.competence import competences
from intermt.domain.crowd import crowd_labels, why_not_told
from tests.domain.crowd_samples import TABLE, drawn, read

MODELS = ("one-coin", "mace")
EXACT = {"tolerance": 1e-11, "max_iterations": 50_000}


def test_one_coin_is_that_of_crowd_kit():
    # crowd-kit 1.4.2, OneCoinDawidSkene(n_iter=400, tol=-1).fit(...).skills_
    expected = [0.8725945, 0.8118719, 0.6488565, 0.485379, 0.5567062]
    found = competences(read(TABLE), "one-coin", smoothing=0.0, **EXACT)
    assert found.values == pytest.approx(expected, abs=2e-6)
    assert found.converged


def test_mace_is_that_of_crowd_kit():
    # crowd-kit 1.4.2, MACE(n_iter=600, n_restarts=4, method="em", random_state=1), spamming_.
    # Its EM mixes up labels whose order of appearance is not their sorted order, so the labels
    # went in renamed to that order, which changes nothing in the model.
    expected = [0.894506, 0.7202817, 0.3762121, 0.2105178, 0.2271307]
    found = competences(read(TABLE), "mace", smoothing=0.01 / 3, **EXACT)
    assert found.values == pytest.approx(expected, abs=1e-6)


@pytest.mark.filterwarnings("ignore")
def test_live_crowd_kit_gives_the_same():
    classification = pytest.importorskip(
        "crowdkit.aggregation.classification", reason="crowd-kit is not installed"
    )
    pandas = pytest.importorskip("pandas")
    crowd = read(TABLE)
    frame = pandas.DataFrame({"task": crowd.units, "worker": crowd.raters, "label": crowd.labels})
    coin = classification.OneCoinDawidSkene(n_iter=300, tol=-1).fit(frame).skills_.sort_index()
    found = competences(crowd, "one-coin", smoothing=0.0, **EXACT)
    assert found.values == pytest.approx(coin.to_numpy(), abs=1e-4)
    frame["label"] = pandas.factorize(frame["label"])[0]
    mace = classification.MACE(n_iter=300, n_restarts=5, method="em", random_state=1).fit(frame)
    workers = pandas.factorize(frame["worker"])[1]
    of_mace = dict(zip(workers, mace.spamming_[:, 1], strict=True))
    ours = competences(crowd, "mace", smoothing=0.01 / 3, **EXACT)
    assert ours.values == pytest.approx([of_mace[r] for r in range(5)], abs=2e-3)


def plain_mace(table: list[str], smoothing: float, rounds: int) -> list[float]:
    """MACE by its definition, label by label; shares no code with the package."""
    n_raters = len(table[0])
    theta = [0.5] * n_raters
    habit = [[1 / 3] * 3 for _ in range(n_raters)]
    for _ in range(rounds):
        looked = [0.0] * n_raters
        guessed = [[0.0] * 3 for _ in range(n_raters)]
        for line in table:
            said = [(j, int(c)) for j, c in enumerate(line) if c != "."]
            if len(said) < 2:
                continue
            truth = [
                math.prod(theta[j] * (c == k) + (1 - theta[j]) * habit[j][c] for j, c in said)
                for k in range(3)
            ]
            for j, c in said:
                both = theta[j] / (theta[j] + (1 - theta[j]) * habit[j][c])
                share = truth[c] / sum(truth) * both
                looked[j] += share
                guessed[j][c] += 1 - share
        for j in range(n_raters):
            n = sum(guessed[j])
            theta[j] = (looked[j] + smoothing) / (looked[j] + n + 2 * smoothing)
            habit[j] = [(g + smoothing) / (n + 3 * smoothing) for g in guessed[j]]
    return theta


def plain_one_coin(table: list[str], smoothing: float, rounds: int) -> list[float]:
    """One-coin Dawid-Skene by its definition, label by label."""
    n_raters = len(table[0])
    lines = [[(j, int(c)) for j, c in enumerate(line) if c != "."] for line in table]
    lines = [line for line in lines if len(line) > 1]
    truth = [[sum(c == k for _, c in line) / len(line) for k in range(3)] for line in lines]
    for _ in range(rounds):
        n = [sum(j == r for line in lines for j, _ in line) for r in range(n_raters)]
        hits = [0.0] * n_raters
        for line, p in zip(lines, truth, strict=True):
            for j, c in line:
                hits[j] += p[c]
        theta = [(h + smoothing) / (m + 2 * smoothing) for h, m in zip(hits, n, strict=True)]
        share = [sum(p[k] for p in truth) + smoothing for k in range(3)]
        truth = []
        for line in lines:
            p = [
                share[k] * math.prod(theta[j] if c == k else (1 - theta[j]) / 2 for j, c in line)
                for k in range(3)
            ]
            truth.append([x / sum(p) for x in p])
    return theta


@pytest.mark.parametrize("smoothing", [0.5, 0.05])
def test_both_models_end_where_their_plain_definitions_do(smoothing: float):
    coin = competences(read(TABLE), "one-coin", smoothing=smoothing, **EXACT)
    assert coin.values == pytest.approx(plain_one_coin(TABLE, smoothing, 1500), abs=1e-6)
    mace = competences(read(TABLE), "mace", smoothing=smoothing, **EXACT)
    assert mace.values == pytest.approx(plain_mace(TABLE, smoothing, 3000), abs=1e-6)


def test_the_log_likelihood_is_that_of_all_labels():
    table = ["000", "011", "110", "101", "111", "001", "000"]
    found = competences(read(table, 2), "mace", smoothing=1.0, **EXACT)
    theta = found.values
    # Habits from the same fixed point: one more plain round gives them.
    assert found.log_likelihood < 0
    coin = competences(read(table, 2), "one-coin", smoothing=1.0, **EXACT)
    p, total = coin.values, 0.0
    truths = np.array([1.0, 1.0])
    for _ in range(500):
        like = [
            [
                math.prod(p[j] if int(c) == k else 1 - p[j] for j, c in enumerate(line))
                for k in (0, 1)
            ]
            for line in table
        ]
        joint = np.array(like) * (truths / truths.sum())
        truths = (joint / joint.sum(axis=1, keepdims=True)).sum(axis=0) + 1.0
        total = float(np.log(joint.sum(axis=1)).sum())
    assert coin.log_likelihood == pytest.approx(total, abs=1e-6)
    assert ((theta > 0) & (theta < 1)).all()


@pytest.mark.parametrize("n_classes", [2, 3, 5])
def test_competence_is_recovered(n_classes: int):
    accuracy = [0.95, 0.9, 0.8, 0.7, 0.6, 0.55]
    crowd, _ = drawn(3, accuracy, 4000, n_classes, each=4)
    coin = competences(crowd, "one-coin", clusters=np.arange(4000) // 4)
    off = np.abs(coin.values - accuracy) / coin.standard_errors
    assert off.max() < 4
    assert 0.002 < coin.standard_errors.min() < coin.standard_errors.max() < 0.03
    looking = (n_classes * np.array(accuracy) - 1) / (n_classes - 1)
    assert competences(crowd, "mace").values == pytest.approx(looking, abs=0.06)


def test_one_who_misleads_is_below_chance_and_one_who_guesses_at_it():
    crowd, _ = drawn(5, [0.9, 0.9, 0.85, 0.1, 0.5], 1500, 2)
    coin = competences(crowd, "one-coin").values
    assert coin[3] == pytest.approx(0.1, abs=0.04)
    assert coin[4] == pytest.approx(0.5, abs=0.05)
    mace = competences(crowd, "mace").values
    assert max(mace[3], mace[4]) < 0.15 < 0.6 < mace[:3].min()


def test_a_constant_rater_is_no_help_to_mace():
    crowd, truth = drawn(6, [0.9, 0.85, 0.9], 600, 3)
    units = np.concatenate([crowd.units, np.arange(600)])
    raters = np.concatenate([crowd.raters, np.full(600, 3)])
    labels = np.concatenate([crowd.labels, np.full(600, 1)])
    found = competences(crowd_labels(units, raters, labels, 3), "mace")
    assert found.values[3] < 0.1
    assert found.values[:3].min() > 0.75
    assert (truth == 1).mean() == pytest.approx(1 / 3, abs=0.1)


@pytest.mark.parametrize("model", MODELS)
def test_perfect_raters_come_out_high_and_stay_off_one(model: str):
    crowd, _ = drawn(1, [1.0] * 4, 60)
    found = competences(crowd, model, clusters=np.arange(60))
    assert (found.values > 0.98).all()
    assert (found.values < 1).all()
    assert np.isfinite(found.standard_errors).all()


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 10_000), st.sampled_from(MODELS), st.randoms(use_true_random=False))
def test_the_order_and_the_numbers_of_raters_things_and_classes_do_not_matter(
    seed: int, model: str, random
):
    crowd, _ = drawn(seed, [0.9, 0.7, 0.6, 0.8], 25, 3, each=3)
    before = competences(crowd, model, **EXACT)
    rows = random.sample(range(len(crowd.units)), len(crowd.units))
    people, things, classes = (random.sample(range(n), n) for n in (4, 25, 3))
    other = crowd_labels(
        np.array(things)[crowd.units[rows]],
        np.array(people)[crowd.raters[rows]],
        np.array(classes)[crowd.labels[rows]],
        3,
    )
    after = competences(other, model, **EXACT)
    assert after.values[people] == pytest.approx(before.values, abs=1e-6)
    assert after.log_likelihood == pytest.approx(before.log_likelihood, abs=1e-5)


def test_scales_have_shares_and_sizes_of_their_own():
    one, _ = drawn(8, [0.9, 0.8, 0.6], 800, 3)
    two, _ = drawn(9, [0.9, 0.8, 0.6], 800, 5)
    both = crowd_labels(
        np.concatenate([one.units, two.units + 800]),
        np.concatenate([one.raters, two.raters]),
        np.concatenate([one.labels, two.labels]),
        (3, 5),
        scales=np.repeat([0, 1], 800),
    )
    for model, expected in (("one-coin", [0.9, 0.8, 0.6]), ("mace", None)):
        found = competences(both, model)
        assert found.converged
        if expected:
            assert found.values == pytest.approx(expected, abs=0.04)


# --- what cannot be told -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("table", "reasons"),
    [
        (["0..", "1..", "2.."], ["nobody else"] * 3),
        (["01.", "11.", "00."], ["not determined", "not determined", "nobody else"]),
        (["01.", ".11", "1.0"], [None] * 3),
        (["01.", ".10", "00."], ["not determined"] * 3),
        (["01..", ".11.", "..01", "1..0"], ["not determined"] * 4),
        (["010"], [None] * 3),
        (["111", "111"], ["constant"] * 3),
        (["0101", "..00"], [None] * 4),
        ([], []),
    ],
)
@pytest.mark.parametrize("model", MODELS)
def test_what_has_no_value_says_why(table: list[str], reasons: list[str | None], model: str):
    found = competences(read(table), model)
    for value, why, reason in zip(found.values, found.undefined, reasons, strict=True):
        assert np.isnan(value) == (reason is not None)
        assert (why is None) if reason is None else (why or "").startswith(reason)


def test_two_raters_alone_really_cannot_be_told_apart():
    # They agree on 7 of 10: any pair of accuracies with the same chance of agreeing is as good.
    table = ["00"] * 4 + ["11"] * 3 + ["01"] * 2 + ["10"]

    def likelihood(x: float, y: float) -> float:
        chance = {True: (x * y + (1 - x) * (1 - y)) / 2, False: (x * (1 - y) + y * (1 - x)) / 2}
        return sum(math.log(chance[line[0] == line[1]]) for line in table)

    assert likelihood(0.7, 1.0) == pytest.approx(
        likelihood(0.5 + math.sqrt(0.1), 0.5 + math.sqrt(0.1))
    )
    assert all(why and "not determined" in why for why in why_not_told(read(table, 2)))


def test_separate_groups_do_not_touch_each_other():
    alone = read(TABLE)
    other, _ = drawn(2, [0.6, 0.6, 0.6], 30)
    joined = crowd_labels(
        np.concatenate([alone.units, other.units + 30, [60, 61, 61]]),
        np.concatenate([alone.raters, other.raters + 5, [8, 9, 10]]),
        np.concatenate([alone.labels, other.labels, [0, 1, 2]]),
        3,
    )
    found = competences(joined, "mace", **EXACT)
    assert found.values[:5] == pytest.approx(competences(alone, "mace", **EXACT).values, abs=1e-6)
    assert np.isnan(found.values[8:]).all()


# --- standard errors ---------------------------------------------------------------------


def test_the_jackknife_leaves_out_one_cluster_after_the_other():
    table = TABLE[:15]
    clusters = np.arange(15) // 3
    found = competences(read(table), "one-coin", clusters=clusters, **EXACT)
    without = np.array(
        [
            competences(
                read([line for i, line in enumerate(table) if clusters[i] != c]),
                "one-coin",
                **EXACT,
            ).values
            for c in range(5)
        ]
    )
    errors = np.sqrt(4 / 5 * ((without - without.mean(axis=0)) ** 2).sum(axis=0))
    assert found.standard_errors == pytest.approx(errors, abs=1e-5)


def test_there_is_no_error_without_clusters_or_within_one():
    crowd = read(TABLE)
    assert np.isnan(competences(crowd, "mace").standard_errors).all()
    within = competences(crowd, "mace", clusters=np.zeros(30)).standard_errors
    assert np.isnan(within).all()
    some = competences(read(["0000.", *TABLE[1:]]), "one-coin", clusters=np.arange(30) > 0)
    assert np.isnan(some.standard_errors[4])
    assert np.isfinite(some.standard_errors[:4]).all()


def test_things_that_are_alike_make_the_error_larger():
    crowd, _ = drawn(4, [0.8, 0.7, 0.75, 0.6], 200)
    copies = crowd_labels(
        np.concatenate([crowd.units + 200 * i for i in range(4)]),
        np.tile(crowd.raters, 4),
        np.tile(crowd.labels, 4),
        3,
    )
    honest = competences(copies, "one-coin", clusters=np.tile(np.arange(200), 4))
    naive = competences(copies, "one-coin", clusters=np.arange(800))
    assert (honest.standard_errors > 1.4 * naive.standard_errors).all()


def test_an_end_before_convergence_is_said():
    found = competences(read(TABLE), "mace", max_iterations=2)
    assert not found.converged
    assert found.n_iterations == 2


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (([0], [0], [3], 3), "out of range"),
        (([0], [0], [-1], 3), "out of range"),
        (([0, 0], [1, 1], [0, 2], 3), "twice"),
        (([0, 1], [1], [0, 2], 3), "one length"),
        (([0], [0], [0], 1), "two classes"),
    ],
)
def test_wrong_labels_are_refused(arguments: tuple, said: str):
    with pytest.raises(ValueError, match=said):
        crowd_labels(*arguments)


def test_wrong_settings_are_refused():
    with pytest.raises(ValueError, match="smoothing"):
        competences(read(TABLE), "mace", smoothing=-1.0)
    with pytest.raises(ValueError, match="one for each thing"):
        competences(read(TABLE), "mace", clusters=[1, 2])
