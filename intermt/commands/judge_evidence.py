"""What the store holds of one judge beside people's labels, ready for figures."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from intermt.commands.judging import CRUCIAL_STEP
from intermt.commands.measured import Judged
from intermt.dimensions import Level
from intermt.domain.benchmark import (
    GradeRow,
    ScoreRow,
    crucial_step_evidence,
    mean_of,
    score_evidence,
)
from intermt.domain.figures import Evidence
from intermt.domain.judge_bias import (
    PAIR_BIAS,
    SCORE_BIAS,
    ReasonRow,
    Traits,
    model_family,
    pair_bias_evidence,
    reason_length,
    score_bias_evidence,
)
from intermt.domain.pair_outcomes import (
    Outcome,
    PairReply,
    PairRow,
    in_one_order,
    outcomes,
    pair_evidence,
)
from intermt.domain.pairing import majority
from intermt.domain.tie_calibration import TIE_CALIBRATED, NumberedPair, tie_calibrated
from intermt.records import Choice, JudgeTask
from intermt.store import judge_traits
from intermt.store import verdicts as stored
from intermt.store.verdicts import Compared, JudgeSummary, Scored

Compat = Literal["default", "paper"]
Choices = Mapping[tuple[str, str, str], tuple[Choice, ...]]
"""What annotators chose of pairs, by a, b and dimension."""

PUBLISHED_STATISTICS = ("pearson", "exact_agreement", "accuracy", "mean_grade", "coverage")
"""What is counted as the paper counts it; the rest is left out with `paper`."""

_NOUNS: dict[tuple[JudgeTask, Level], str] = {
    ("score", "local"): "answers",
    ("score", "global"): "conversations",
    ("pair", "local"): "pairs of answers",
    ("pair", "global"): "pairs of conversations",
}


@dataclass(frozen=True, slots=True)
class Scope:
    """What of a judge's work is wanted, and how it is counted.

    Attributes:
        dataset: Only items of this collection; None for all.
        compat: `paper` for one reply a pair and a judge's tie as an error.
        statistics: What is wanted; what is dear and not wanted is left out.
        seed: Draws orders and folds.
    """

    dataset: str | None
    compat: Compat
    statistics: frozenset[str]
    seed: int


@dataclass(frozen=True, slots=True)
class Found:
    """What figures of one judge on one task and level rest on.

    Attributes:
        about: The judge, and what its figures must be marked with.
        task: score, pair or crucial-step.
        level: local or global.
        evidence: By statistic.
        outcomes: Of pairs how many items have each outcome, by dimension.
        grades: Of crucial steps how many replies have each grade.
    """

    about: Judged
    task: JudgeTask
    level: Level
    evidence: Mapping[str, Evidence]
    outcomes: Mapping[str, Mapping[Outcome, int]] = field(default_factory=dict)
    grades: Mapping[int, int] = field(default_factory=dict)


Later = Callable[[], list[Found]]
"""Makes figures' evidence of what was read, when the database is closed again."""


class EvidenceReader:
    """Reads one judge, task and level after the other, out of an open database."""

    def __init__(self, db: Any, scope: Scope) -> None:
        self._db = db
        self._scope = scope
        self.gaps: list[str] = []

    def read(self, judge: JudgeSummary, task: JudgeTask, level: Level) -> Later | None:
        """What there is; None, and one more of `gaps`, where nothing can be compared."""
        if task == "score":
            return self._scores(judge, level)
        return self._pairs(judge, level) if task == "pair" else self._crucial_steps(judge)

    def _scores(self, judge: JudgeSummary, level: Level) -> Later | None:
        scope = self._scope
        items = list(stored.scored(self._db, judge.judge_id, level, scope.dataset))
        if not any(item.human for item in items):
            n_judged = _n_items(item.dimension for item in items)
            n_labelled = stored.n_labelled(self._db, "score", level)
            self._gap(judge, "score", level, n_judged, n_labelled)
            return None
        ordered = bias = None
        if TIE_CALIBRATED in scope.statistics:
            ordered = stored.pair_choices(self._db, judge.judge_id, level, "score")
        if not scope.statistics.isdisjoint(SCORE_BIAS):
            bias = self._reasons(judge, level), self._traits(judge, level)
        return lambda: _found_in_scores(judge, level, scope, items, ordered, bias)

    def _reasons(self, judge: JudgeSummary, level: Level) -> list[tuple[str, ReasonRow]]:
        """The replies with a reason, each with the item it is about."""
        scorings, texts = judge_traits.scorings(self._db, judge.judge_id, level)
        lengths = {key: reason_length(text) for key, text in texts.items()}
        return [
            (said.item_id, ReasonRow(said.dimension, said.seed_id, said.score, length, said.reply))
            for said in scorings
            if (length := lengths[said.request_key]) is not None
        ]

    def _traits(self, judge: JudgeSummary, level: Level) -> dict[str, Traits]:
        found = judge_traits.described(self._db, judge.judge_id, level)
        return {
            item: Traits(x.length, x.n_pictures, frozenset(map(model_family, x.models)))
            for item, x in found.items()
        }

    def _pairs(self, judge: JudgeSummary, level: Level) -> Later | None:
        scope = self._scope
        items = list(stored.compared(self._db, judge.judge_id, level, scope.dataset))
        human, synthetic = stored.pair_choices(self._db, judge.judge_id, level)
        if not any((item.a_id, item.b_id, item.dimension) in human for item in items):
            n_judged = len({(item.a_id, item.b_id) for item in items})
            n_labelled = stored.n_labelled(self._db, "pair", level)
            self._gap(judge, "pair", level, n_judged, n_labelled)
        if not items:
            return None
        biased = not scope.statistics.isdisjoint(PAIR_BIAS)
        traits = self._traits(judge, level) if biased else None
        return lambda: _found_in_pairs(judge, level, scope, items, (human, synthetic), traits)

    def _crucial_steps(self, judge: JudgeSummary) -> Later | None:
        items = list(stored.graded(self._db, judge.judge_id, self._scope.dataset))
        if not items:
            self.gaps.append(f"{judge.name} was asked for no crucial steps{self._where()}")
            return None
        return lambda: _found_in_grades(judge, self._scope.compat, items)

    def _gap(
        self, judge: JudgeSummary, task: JudgeTask, level: Level, n_judged: int, n_labelled: int
    ) -> None:
        said = "scored" if task == "score" else "voted on"
        self.gaps.append(
            f"{judge.name} judged {n_judged} {_NOUNS[task, level]}{self._where()},"
            f" annotators {said} {n_labelled}, but none of these is both"
        )

    def _where(self) -> str:
        return f" of dataset {self._scope.dataset}" if self._scope.dataset else ""


def _found_in_scores(
    judge: JudgeSummary,
    level: Level,
    scope: Scope,
    items: Sequence[Scored],
    ordered: tuple[Choices, bool] | None,
    bias: tuple[Sequence[tuple[str, ReasonRow]], Mapping[str, Traits]] | None,
) -> list[Found]:
    """What a judge's scores give; `ordered` and `bias` are None where nobody asks for them."""
    labelled = [item for item in items if item.human]
    rows = [_score_row(item, n_replies(scope.compat)) for item in items]
    evidence = score_evidence(rows)
    by_itself = {"coverage": evidence.pop("coverage")}
    about = _about(judge, labelled, any(item.synthetic for item in labelled))
    found = [Found(about, "score", level, evidence)]
    if ordered is not None:
        choices, invented = ordered
        calibrated = tie_calibrated(_numbered_pairs(items, rows, choices), scope.seed)
        by_order = _about(judge, items, invented)
        found.append(Found(by_order, "score", level, {TIE_CALIBRATED: calibrated}))
    found.append(Found(_about(judge, items, about.synthetic_labels), "score", level, by_itself))
    if bias is not None:
        said, traits = bias
        wanted = {row.item for row in rows}
        reasons = [reason for item, reason in said if item in wanted]
        biased = score_bias_evidence(rows, traits, reasons, model_family(judge.model))
        found.append(Found(about, "score", level, biased))
    return found


def _score_row(item: Scored, n: int | None) -> ScoreRow:
    return ScoreRow(
        item.dimension,
        item.seed_id,
        item.replies[:n],
        item.human,
        item.item_id,
        item.estimates[:n],
    )


def _found_in_pairs(
    judge: JudgeSummary,
    level: Level,
    scope: Scope,
    items: Sequence[Compared],
    people: tuple[Choices, bool],
    traits: Mapping[str, Traits] | None,
) -> list[Found]:
    """What a judge's choices give; `traits` are None where nobody asks for bias."""
    human, synthetic = people
    rows = [pair_row(item, human, scope.compat, scope.seed) for item in items]
    about = _about(judge, items, synthetic)
    evidence = pair_evidence(rows, tie_credit(scope.compat))
    ahead = list(_pairs_ahead(rows)) if TIE_CALIBRATED in scope.statistics else []
    if ahead:
        evidence[TIE_CALIBRATED] = tie_calibrated(ahead, scope.seed)
    found = [Found(about, "pair", level, evidence, outcomes(rows))]
    if traits is not None:
        sides = {
            _pair_name(item): (traits[item.a_id], traits[item.b_id])
            for item in items
            if item.a_id in traits and item.b_id in traits
        }
        bias = pair_bias_evidence(rows, sides, model_family(judge.model))
        found.append(Found(about, "pair", level, bias))
    return found


def _found_in_grades(
    judge: JudgeSummary, compat: Compat, items: Sequence[stored.Graded]
) -> list[Found]:
    about = _about(judge, items, any(item.synthetic for item in items))
    n = n_replies(compat)
    rows = [
        GradeRow(item.seed_id, item.grades[:n], item.item_id, item.estimates[:n]) for item in items
    ]
    given = Counter(grade for row in rows for grade in row.grades if grade is not None)
    evidence = crucial_step_evidence(rows, CRUCIAL_STEP)
    return [Found(about, "crucial-step", "global", evidence, grades=given)]


def _about(
    judge: JudgeSummary,
    items: Sequence[Scored] | Sequence[Compared] | Sequence[stored.Graded],
    synthetic: bool,
) -> Judged:
    return Judged(judge.name, judge.model, any(item.simulated for item in items), synthetic)


def _pair_name(item: Compared) -> str:
    return f"{item.a_id} {item.b_id}"


def pair_row(
    item: Compared,
    human: Choices,
    compat: Compat,
    seed: int,
) -> PairRow:
    """A pair with the replies that count; the paper's single order is drawn by the seed."""
    row = PairRow(
        item.dimension,
        item.seed_id,
        tuple(PairReply(*reply) for reply in item.replies),
        human.get((item.a_id, item.b_id, item.dimension), ()),
        _pair_name(item),
    )
    return in_one_order(row, seed) if compat == "paper" else row


def n_replies(compat: Compat) -> int | None:
    """How many replies of each item count: the paper asks once; None for all of them."""
    return 1 if compat == "paper" else None


def tie_credit(compat: Compat) -> float:
    """What a judge's tie is worth where people chose a candidate."""
    return 0.0 if compat == "paper" else 0.5


def _numbered_pairs(
    items: Sequence[Scored],
    rows: Sequence[ScoreRow],
    choices: Choices,
) -> Iterable[NumberedPair]:
    """Pairs that people compared, with the difference of a judge's scores of the two."""
    numbers = {(row.item, row.dimension): row.numbers for row in rows}
    seeds = {item.item_id: item.seed_id for item in items}
    for (a, b, dimension), human in choices.items():
        if (a, dimension) not in numbers or (b, dimension) not in numbers:
            continue
        of_a, of_b = numbers[a, dimension], numbers[b, dimension]
        gap = mean_of(of_a) - mean_of(of_b) if of_a and of_b else None
        yield NumberedPair(dimension, seeds[a], gap, _chosen(human), f"{a} {b}")


def _pairs_ahead(rows: Sequence[PairRow]) -> Iterable[NumberedPair]:
    """Pairs of a judge that says by how much one is ahead; none if it never does."""
    if not any(reply.estimate is not None for row in rows for reply in row.replies):
        return
    for row in rows:
        if row.human:
            ahead = [reply.estimate for reply in row.replies if reply.estimate is not None]
            gap = mean_of(ahead) if ahead else None
            yield NumberedPair(row.dimension, row.cluster, gap, _chosen(row.human), row.item)


def _chosen(human: Sequence[Choice]) -> Choice:
    return majority(human.count("a"), human.count("b")) or "tie"


def _n_items(dimensions: Iterable[str]) -> int:
    """How many items there are, of which each may stand on several dimensions."""
    return max(Counter(dimensions).values(), default=0)
