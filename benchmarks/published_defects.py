"""Measures what each defect of the published counting does to judges whose quality is known.

    python benchmarks/published_defects.py [--runs 200] [--seed 0]

Everything is SIMULATED: 900 pairs and 900 scored answers of 225 trees, invented people, and a
judge with a known accuracy, position bias and noise. Each defect is switched on alone and its
figure is set beside the one without it, both as a mean over runs with the standard deviation over
runs. Equal seeds print equal tables; nothing is read or written.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from intermt.domain.benchmark import ScoreRow, score_evidence
from intermt.domain.figures import Resampling, figure_of
from intermt.domain.pair_outcomes import PairReply, PairRow, in_one_order, pair_evidence

N_TREES = 225
N_ITEMS = 4
N = N_TREES * N_ITEMS
TEXT = "text_quality"
NAMES = np.array(["b", "a", "tie"])

RIGHT = 0.65
TAKES_FIRST = 0.2
HUMAN_TIES = 0.2
FAILS = 0.05
IN_PROSE = 0.3
ASIDE = 0.25

Array = NDArray[np.int64]


@dataclass(frozen=True)
class Pairs:
    """Of each pair what people said (1 for a, 0 for b, 2 for a tie) and the judge, by order."""

    human: Array
    a_first: Array
    b_first: Array
    hard: NDArray[np.bool_]


def pairs(generator: Generator) -> Pairs:
    tree = np.repeat(generator.random(N_TREES) < 0.5, N_ITEMS)
    winner = generator.integers(0, 2, N)
    human = np.where(generator.random(N) < HUMAN_TIES, 2, winner)
    right = generator.random(N) < np.where(tree, RIGHT - 0.1, RIGHT + 0.1)
    sees = np.where(right, winner, 1 - winner)
    first = generator.random(N) < TAKES_FIRST
    return Pairs(human, np.where(first, 1, sees), np.where(first, 0, sees), tree)


def pair_rows(found: Pairs, failed: NDArray[np.bool_] | None = None) -> Iterator[PairRow]:
    gone = np.zeros(N, bool) if failed is None else failed
    for i in range(N):
        replies = tuple(
            PairReply(order, 0, None if gone[i] else str(NAMES[said[i]]))
            for order, said in (("a", found.a_first), ("b", found.b_first))
        )
        yield PairRow(TEXT, f"t{i // N_ITEMS}", replies, (str(NAMES[found.human[i]]),), str(i))


def accuracy(rows: Iterator[PairRow], seed: int | None = None) -> float:
    """As intermt counts; with a seed as `eval --compat paper` does."""
    if seed is None:
        evidence = pair_evidence(rows)["accuracy"]
    else:
        evidence = pair_evidence((in_one_order(row, seed) for row in rows), 0.0)["accuracy"]
    value = figure_of(evidence.measure, evidence.cases[TEXT], Resampling(n_resamples=1)).value
    assert value is not None
    return value


def scores(generator: Generator) -> tuple[Array, Array]:
    """Of each answer the judge's score and a person's."""
    quality = 1.8 + generator.normal(0, 0.9, N)
    person = np.clip(np.round(quality + generator.normal(0, 0.5, N)), 0, 3)
    judge = np.clip(np.round(quality + 0.3 + generator.normal(0, 1.2, N)), 0, 3)
    return judge.astype(int), person.astype(int)


def score_figures(judge: NDArray[np.float64], person: Array) -> dict[str, float | None]:
    rows = (
        ScoreRow(
            TEXT,
            f"t{i // N_ITEMS}",
            (None if np.isnan(said) else int(said),),
            (float(meant),),
            str(i),
        )
        for i, (said, meant) in enumerate(zip(judge, person, strict=True))
    )
    evidence = score_evidence(rows)
    return {
        name: figure_of(e.measure, e.cases[TEXT], Resampling(n_resamples=1)).value
        for name, e in evidence.items()
        if name in ("pearson", "exact_agreement", "coverage")
    }


# --- the defects -------------------------------------------------------------------------

Figures = dict[str, tuple[float | None, float | None]]
"""By what it is: without the defect, with it."""


def no_seed(generator: Generator) -> Figures:
    """The order is drawn anew in each run, for verdicts that do not change."""
    found = pairs(np.random.default_rng(7))
    return {
        "accuracy, one set of verdicts counted again": (
            accuracy(pair_rows(found)),
            accuracy(pair_rows(found), int(generator.integers(2**31))),
        )
    }


def tie_becomes_three(generator: Generator) -> Figures:
    """On a swapped pair people's tie, 0, turns into 3, which no answer equals."""
    found = pairs(generator)
    swapped = generator.random(N) < 0.5
    said = np.where(swapped, found.b_first, found.a_first)
    tied = found.human == 2
    counted = ~tied | swapped
    right = (said == found.human) & ~tied
    before = right[~tied].mean()
    return {"accuracy, 20% ties among people": (before, right[counted].mean())}


def failures_leave(generator: Generator) -> Figures:
    """A judge that does not answer hard pairs is counted on the easy ones, and nobody sees it."""
    found = pairs(generator)
    failed = found.hard & (generator.random(N) < 0.6)
    whole = accuracy(pair_rows(found))
    return {
        "accuracy of a judge silent on 60% of hard pairs": (
            whole,
            accuracy(pair_rows(found, failed)),
        ),
        "its coverage, which is not shown": (1.0, float(1 - failed.mean())),
    }


def digits_from_one_to_five(generator: Generator) -> Figures:
    """Of replies in prose a 0 is not found, and the smallest digit after the name is taken."""
    judge, person = scores(generator)
    prose = generator.random(N) < IN_PROSE
    aside = prose & (generator.random(N) < ASIDE)
    read = judge.astype(float)
    read[prose & (judge == 0)] = np.nan
    # "Text quality: 3, only 1 sentence is too long" has a digit that is no score.
    read[aside] = np.fmin(read[aside], generator.integers(1, 4, N)[aside])
    read[aside & (judge == 0)] = 1
    before, after = score_figures(judge.astype(float), person), score_figures(read, person)
    named = {
        "pearson": "Pearson's r, 30% of replies in prose",
        "exact_agreement": "exact agreement, the same",
        "coverage": "coverage, the same",
    }
    made: Figures = {text: (before[name], after[name]) for name, text in named.items()}
    made["mean score of the judge, the same"] = (float(judge.mean()), float(np.nanmean(read)))
    return made


def failure_is_an_answer(generator: Generator) -> Figures:
    """5% of calls fail; the error text is kept, and the letter A in it is read as a choice."""
    found = pairs(generator)
    failed = [generator.random(N) < FAILS for _ in range(2)]
    with_a = Pairs(
        found.human,
        np.where(failed[0], 1, found.a_first),
        np.where(failed[1], 0, found.b_first),
        found.hard,
    )
    return {
        "accuracy, 5% of calls fail": (accuracy(pair_rows(found)), accuracy(pair_rows(with_a))),
        "share of choices for the first position, the same": (
            _first_share(found),
            _first_share(with_a),
        ),
    }


def _first_share(found: Pairs) -> float:
    return float(((found.a_first == 1).mean() + (found.b_first == 0).mean()) / 2)


def temperature(generator: Generator) -> Figures:
    """Sampling turns one verdict in ten round, and moves one score in five by a point."""
    fixed = np.random.default_rng(7)
    found, (judge, person) = pairs(fixed), scores(fixed)
    turned = [generator.random(N) < 0.1 for _ in range(2)]
    other = Pairs(
        found.human,
        np.where(turned[0], 1 - found.a_first, found.a_first),
        np.where(turned[1], 1 - found.b_first, found.b_first),
        found.hard,
    )
    moved = np.clip(
        judge + np.where(generator.random(N) < 0.2, generator.choice([-1, 1], N), 0), 0, 3
    )
    return {
        "accuracy, the judge asked again": (accuracy(pair_rows(found)), accuracy(pair_rows(other))),
        "Pearson's r, the judge asked again": (
            score_figures(judge.astype(float), person)["pearson"],
            score_figures(moved.astype(float), person)["pearson"],
        ),
    }


def no_interval(generator: Generator) -> Figures:
    """Two judges of equal quality on the same 300 pairs, as many as there are global ones."""
    few = slice(0, 300)
    differences = []
    for _ in range(2):
        found = pairs(generator)
        decided = found.human[few] != 2
        differences.append(float((found.a_first[few] == found.human[few])[decided].mean()))
    return {
        "difference of two equal judges on 300 pairs": (0.0, abs(differences[0] - differences[1]))
    }


DEFECTS: dict[str, Callable[[Generator], Figures]] = {
    "order drawn without a seed": no_seed,
    "people's tie becomes an error on a swapped pair": tie_becomes_three,
    "replies that cannot be read leave the denominator": failures_leave,
    "score fallback reads 1 to 5, the smallest digit": digits_from_one_to_five,
    "a failed call is kept as an answer": failure_is_an_answer,
    "temperature 0.5": temperature,
    "no interval": no_interval,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=200, metavar="N")
    parser.add_argument("--seed", type=int, default=0, metavar="N")
    options = parser.parse_args()
    print(f"SIMULATED judges and people; {options.runs} runs of {N} items, seed {options.seed}\n")
    print("| defect | figure | without | with | effect | SD with, over runs |")
    print("|---|---|---|---|---|---|")
    for name, measure in DEFECTS.items():
        generator = np.random.default_rng(options.seed)
        runs = [measure(generator) for _ in range(options.runs)]
        for figure in runs[0]:
            without, with_it = np.array([run[figure] for run in runs], dtype=float).T
            effect = with_it.mean() - without.mean()
            print(
                f"| {name} | {figure} | {without.mean():.3f} | {with_it.mean():.3f}"
                f" | {effect:+.3f} | {with_it.std():.3f} |"
            )
    print(
        "| pictures as 512-px JPEG, labelled PNG | none: simulated judges see no pictures | | | | |"
    )


if __name__ == "__main__":
    main()
