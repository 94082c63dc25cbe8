"""What judges said."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from intermt.dimensions import Level
from intermt.records.labels import Choice

JudgeTask = Literal["score", "pair", "crucial-step"]
VerdictState = Literal["ok", "unparsed", "failed"]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one reply of a judge says on one dimension of one item.

    Attributes:
        verdict_id: Hash of judge, task, item, dimension, order and sample.
        judge_id: Rater id of the judge.
        task: score, pair or crucial-step.
        level: local or global.
        a_id: The node or conversation judged; for a pair the candidate whose id sorts
            first.
        b_id: The other candidate of a pair; None otherwise.
        dimension: A dimension key or `overall`.
        order: For a pair, the side that was shown first, `a` or `b`; "" otherwise, and where
            it is not known.
        sample: 0-based number of the repetition.
        state: `ok` where the reply states a verdict, `unparsed` where it does not, `failed`
            where no usable reply came.
        value: The score (score), the grade 1 to 5 (crucial-step), as stated; None where not
            `ok`, for pairs, and where a judge gives an `estimate` only.
        choice: `a`, `b` or `tie` for a pair, already undone from the order shown.
        text: For crucial-step the judge's own description of the steps; None otherwise.
        request_key: The call the verdict was read from; "" where it was imported and for a
            jury.
        notes: What a reader should know: missing pictures by name, a schema the server
            did not honour.
        estimate: What the judge gives as a real number, on any scale: the expected score, a
            reward, the mean of a jury; for a pair how far `a` is ahead of `b`. None where it
            gives none.
        second_key: The other call it rests on: for crucial-step the one in which the judge
            described the steps, for a pair of rewards the one about `b`; None otherwise.
        members: For a jury the verdicts of its members that it was made from; empty
            otherwise.
    """

    verdict_id: str
    judge_id: str
    task: JudgeTask
    level: Level
    a_id: str
    b_id: str | None
    dimension: str
    order: str
    sample: int
    state: VerdictState
    value: int | None
    choice: Choice | None
    text: str | None
    request_key: str
    notes: tuple[str, ...] = ()
    run_id: str | None = None
    simulated: bool = False
    estimate: float | None = None
    second_key: str | None = None
    members: tuple[str, ...] = ()
