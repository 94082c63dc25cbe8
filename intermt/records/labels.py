"""What raters said, and what they were given to rate."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from intermt.dimensions import Level
from intermt.records.ids import content_id

RaterRole = Literal["annotator", "verifier", "judge"]
RaterKind = Literal["human", "synthetic", "model", "jury"]
Choice = Literal["a", "b", "tie"]
FeedbackKind = Literal["critique", "refinement", "rationale"]
TargetKind = Literal["node", "conversation"]
PairMode = Literal["prefix", "chain"]

UNNAMED_RATER = "unnamed"
"""Rater of labels whose source does not say who gave them; several are numbered."""

UNNAMED_RATERS = UNNAMED_RATER + "( [0-9]+| verifier)?"
"""Regular expression of all names that stand for nobody in particular, as imports give them:
labels under one of them may be of several people, and those of one person under several."""


@dataclass(frozen=True, slots=True)
class Rater:
    """Someone or something that scores and votes.

    Attributes:
        rater_id: Hash of role, kind, dataset and name.
        name: As the source names it.
        role: annotator, verifier or judge.
        kind: `human`; `synthetic` for invented labels that only show how things work;
            `model`; `jury` for several judges that count as one.
        dataset: Where the name is known; names of two datasets are two raters.
        model: Model behind a judge.
        settings: Hash of what decides a judge's verdicts beside its name: model, prompts,
            reasons, temperature. One name with two settings would be two judges.
        simulated: Whether a stand-in server answered for it.
    """

    rater_id: str
    name: str
    role: RaterRole
    kind: RaterKind
    dataset: str = ""
    model: str | None = None
    settings: str | None = None
    simulated: bool = False


def is_unnamed(name: str) -> bool:
    """Whether a rater's name says that the source named nobody."""
    return re.fullmatch(UNNAMED_RATERS, name) is not None


def rater_id(name: str, role: RaterRole, kind: RaterKind, dataset: str = "") -> str:
    """The id of a rater."""
    return content_id("rater", name, role, kind, dataset)


@dataclass(frozen=True, slots=True)
class Score:
    """One score by one rater for one dimension of a turn or a conversation.

    Attributes:
        score_id: Hash of dataset, task key, rater, target and dimension.
        task_key: The source's name for the task the score was given in.
        target: Whether `target_id` is a node (local) or a conversation (global).
        value: On the dimension's scale.
        rated_at: When it was given, if the source says; the latest of one rater counts.
    """

    score_id: str
    rater_id: str
    target: TargetKind
    target_id: str
    dimension: str
    value: int
    dataset: str
    task_key: str
    rated_at: datetime | None = None
    run_id: str | None = None


@dataclass(frozen=True, slots=True)
class PreferenceVote:
    """One rater's choice between two candidates on one dimension.

    Attributes:
        vote_id: Hash of dataset, task key, rater, pair and dimension.
        level: `local` (two answers to one history) or `global` (two conversations).
        mode: `prefix` or `chain`; what kind of ids `a_id` and `b_id` are: nodes or
            conversations.
        a_id: The candidate whose id sorts first.
        b_id: The other one.
        shown_first: Which one the rater saw first, `a` or `b`; None if not known.
        dimension: A dimension key or `overall`.
        choice: `a`, `b` or `tie`.
        rated_at: When, if the source says; the latest of one rater counts.
    """

    vote_id: str
    rater_id: str
    level: Level
    mode: PairMode
    seed_id: str
    a_id: str
    b_id: str
    dimension: str
    choice: Choice
    dataset: str
    task_key: str
    shown_first: Literal["a", "b"] | None = None
    rated_at: datetime | None = None
    run_id: str | None = None


@dataclass(frozen=True, slots=True)
class Feedback:
    """Free text of a rater, stored as written."""

    feedback_id: str
    rater_id: str
    target: TargetKind
    target_id: str
    kind: FeedbackKind
    dimension: str | None
    text: str
    dataset: str
    task_key: str
    rated_at: datetime | None = None
    run_id: str | None = None


@dataclass(frozen=True, slots=True)
class AnnotationTask:
    """Two candidates as they were given out to people to be compared.

    Attributes:
        annotation_task_id: The key that the task carries; see `annotation_task_id`.
        level: `local` (two answers to one history) or `global` (two conversations).
        seed_id: Root of the tree both come from.
        a_id: The candidate whose id sorts first; a node or a conversation.
        b_id: The other one.
        shown_first: Which of them is on the left.
        gold: Of a gold item, the outcome that was agreed on when it was given out, by
            dimension; empty for an ordinary task. Never part of the task itself.
        dataset: The collection that the seed question belongs to.
        run_id: The run that gave it out first, or last changed its `gold`.
        simulated: Whether a stand-in server wrote any of it.
    """

    annotation_task_id: str
    level: Level
    seed_id: str
    a_id: str
    b_id: str
    shown_first: Literal["a", "b"]
    gold: Mapping[str, Any]
    dataset: str
    run_id: str | None = None
    simulated: bool = False


def annotation_task_id(
    level: Level, a_id: str, b_id: str, shown_first: Literal["a", "b"], *, is_gold: bool
) -> str:
    """The id of a task: the same candidates on the same sides, as a gold item or not.

    An ordinary task and a gold item are two tasks, so that labels given to the one are never
    taken for a test passed in the other.
    """
    return content_id("annotation task", level, a_id, b_id, shown_first, is_gold)


@dataclass(frozen=True, slots=True)
class Annotation:
    """One piece of work of one rater, to which labels with its task, rater and time belong.

    Attributes:
        annotation_id: Hash of dataset, task key, rater, candidates and time.
        task_key: The source's name for the task.
        a_id: A node or conversation; of two candidates the one whose id sorts first.
        b_id: The other candidate; None where there was one only.
        shown_first: Which one the rater saw first, `a` or `b`; None if not known.
        rated_at: When it was handed in, if the source says.
        seconds: Time that it took, if the source says.
    """

    annotation_id: str
    rater_id: str
    level: Level
    seed_id: str
    a_id: str
    b_id: str | None
    dataset: str
    task_key: str
    shown_first: Literal["a", "b"] | None = None
    rated_at: datetime | None = None
    seconds: float | None = None
    run_id: str | None = None
