"""Labels for the tests of the crowd models: a fixed table, and random ones."""

from __future__ import annotations

import numpy as np

from intermt.domain.crowd import CrowdLabels, crowd_labels

TABLE = [
    "1122.",
    "11110",
    "22012",
    "22221",
    "21111",
    "222.1",
    "2.010",
    "0.000",
    "0.000",
    "00111",
    ".0.20",
    "22221",
    "21222",
    "00020",
    "1.0.0",
    "21220",
    "0.22.",
    "..22.",
    "00220",
    "10.1.",
    "21200",
    "00110",
    ".1011",
    "00000",
    "2222.",
    "..010",
    "22.11",
    ".110.",
    "11001",
    "111.2",
]
"""Thirty things, five raters, three classes; a dot is no label. Random, rater after rater
worse; what other implementations say of it stands in the tests as constants."""


def read(table: list[str], n_classes: int = 3) -> CrowdLabels:
    rows = [
        (unit, rater, int(label))
        for unit, line in enumerate(table)
        for rater, label in enumerate(line)
        if label != "."
    ]
    units, raters, labels = zip(*rows, strict=True) if rows else ((), (), ())
    n_raters = max((len(line) for line in table), default=0)
    return crowd_labels(units, raters, labels, n_classes, n_units=len(table), n_raters=n_raters)


def drawn(
    seed: int, accuracy: list[float], n_units: int, n_classes: int = 3, each: int | None = None
) -> tuple[CrowdLabels, np.ndarray]:
    """One-coin raters, `each` of them on every thing, and the truth."""
    dice = np.random.default_rng(seed)
    n_raters, each = len(accuracy), each or len(accuracy)
    truth = dice.integers(0, n_classes, n_units)
    raters = dice.random((n_units, n_raters)).argsort(axis=1)[:, :each].ravel()
    units = np.repeat(np.arange(n_units), each)
    right = dice.random(len(units)) < np.asarray(accuracy)[raters]
    wrong = (truth[units] + dice.integers(1, n_classes, len(units))) % n_classes
    labels = np.where(right, truth[units], wrong)
    return crowd_labels(units, raters, labels, n_classes), truth
