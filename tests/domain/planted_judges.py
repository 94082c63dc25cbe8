"""Judges whose accuracy, position bias, tie rate, noise and failures are known."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from intermt.domain.benchmark import ScoreRow
from intermt.domain.pair_outcomes import PairReply, PairRow

DIMENSION = "text_quality"


@dataclass(frozen=True)
class PlantedPairJudge:
    """Rates are means over trees; each tree has its own, which makes its items alike."""

    right: float = 0.7
    takes_first: float = 0.2
    ties: float = 0.15
    fails: float = 0.08
    likeness: float = 12.0

    @property
    def truth(self):
        decided = 1 - self.ties
        seen = 0.5 * self.takes_first + (1 - self.takes_first) * self.right
        return {
            "accuracy": 0.5 * self.ties + decided * seen,
            "first_slot": self.takes_first + (1 - self.takes_first) / 2,
            "tie_rate": self.ties,
            "coverage": 1 - self.fails,
        }

    def rows(self, generator, n_trees, n_items):
        def rates(mean):
            each = generator.beta(self.likeness * mean, self.likeness * (1 - mean), n_trees)
            return np.repeat(each, n_items)

        n = n_trees * n_items
        right, ties, fails = rates(self.right), rates(self.ties), rates(self.fails)
        winner = generator.random(n) < 0.5
        replies = []
        for order in (True, False):
            sees = np.where(generator.random(n) < right, winner, ~winner)
            says_a = np.where(generator.random(n) < self.takes_first, order, sees)
            choice = np.where(generator.random(n) < ties, "tie", np.where(says_a, "a", "b"))
            replies.append((choice, generator.random(n) < fails))
        for i in range(n):
            said = tuple(
                PairReply(order, 0, None if failed[i] else str(choice[i]))
                for order, (choice, failed) in zip("ab", replies, strict=True)
            )
            human = ("a",) if winner[i] else ("b",)
            yield PairRow(DIMENSION, f"t{i // n_items:04}", said, human, str(i))


@dataclass(frozen=True)
class PlantedScoreJudge:
    """Scores 0 to 3 through noise; people and the judge see the same quality."""

    noise: float = 0.9
    severity: float = 0.4
    fails: float = 0.1

    def scores(self, generator, n_trees, n_items):
        """(n,) of the judge and of people."""
        n = n_trees * n_items
        tree = np.repeat(generator.normal(size=n_trees), n_items)
        quality = 1.7 + 0.5 * tree + 0.8 * generator.normal(size=n)
        people = np.clip(np.round(quality + 0.4 * generator.normal(size=n)), 0, 3)
        lenient = np.repeat(0.4 * generator.normal(size=n_trees), n_items)
        judge = quality + self.severity + lenient + self.noise * generator.normal(size=n)
        return np.clip(np.round(judge), 0, 3).astype(int), people.astype(int)

    def rows(self, generator, n_trees, n_items):
        judge, people = self.scores(generator, n_trees, n_items)
        failed = generator.random(len(judge)) < self.fails
        for i, (said, human) in enumerate(zip(judge.tolist(), people.tolist(), strict=True)):
            reply = None if failed[i] else said
            yield ScoreRow(DIMENSION, f"t{i // n_items:04}", (reply,), (human,), str(i))
