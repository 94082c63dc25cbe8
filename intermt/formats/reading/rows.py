"""What the readers give: plain rows as a file says them, nothing looked up or stored.

Names, ids and pictures are those of the file; whoever imports the rows finds out what they
mean. A row is given whole or not at all: a bad one becomes exactly one `RowProblem`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from datetime import datetime
from typing import Literal

from intermt.dimensions import Level
from intermt.records import UNNAMED_RATER, Choice, FeedbackKind, PairMode

LabelRole = Literal["annotator", "verifier", "judge"]
LabelKind = Literal["human", "synthetic", "model"]


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """What the user says about a file that the file itself does not.

    Attributes:
        columns: Where the file has a field, by field name; of formats whose columns are free.
        values: What a value of a field means, by field name and value as written.
        role: Of raters whose row does not say; None for annotator.
        predictions_as: Name of the judge that a model's predictions come in as; None where
            they are passed over.
    """

    columns: Mapping[str, str] = dataclass_field(default_factory=dict)
    values: Mapping[str, Mapping[str, str]] = dataclass_field(default_factory=dict)
    role: LabelRole | None = None
    predictions_as: str | None = None


@dataclass(frozen=True, slots=True)
class RowProblem:
    """Why a row cannot be used.

    Attributes:
        where: `FILE:LINE` for files of lines, `FILE: item N (id ID)` for JSON lists, counted
            from 1; `, turn N` is added where only a turn is at fault.
        field: The field or column; "" where the row as a whole cannot be read.
        value: What stands there, shortened; `missing` if nothing does.
        expected: What could stand there.
        raw: The row as the file has it, without the newline at its end; of an item with
            several annotations, the item with this one alone.
    """

    where: str
    field: str
    value: str
    expected: str
    raw: bytes | None = dataclass_field(default=None, compare=False, repr=False)

    @property
    def message(self) -> str:
        """One line for a person: place, field, value and what was expected."""
        subject = f"{self.field} is {self.value}" if self.field else f"found {self.value}"
        return f"{self.where}: {subject}, expected {self.expected}"


@dataclass(frozen=True, slots=True)
class MessageRow:
    """A prompt or an answer.

    Attributes:
        text: As written, `<Image, ...>` tags included.
        pictures: Names as the file has them, in order; may be absolute or point anywhere.
        source_key: The file's own id of this message; equal ids are one node of a tree.
    """

    text: str
    pictures: tuple[str, ...] = ()
    source_key: str | None = None


@dataclass(frozen=True, slots=True)
class ScoreRow:
    """One score for a dimension.

    Attributes:
        dimension: Key of one of the nine.
        value: On that dimension's scale.
        turn: 1-based; None means the whole conversation.
    """

    dimension: str
    value: int
    turn: int | None
    rater: str = UNNAMED_RATER
    role: LabelRole = "annotator"
    rater_kind: LabelKind = "human"


@dataclass(frozen=True, slots=True)
class FeedbackRow:
    """Free text of a rater on a turn, or with `turn` None on the whole conversation."""

    kind: FeedbackKind
    dimension: str | None
    text: str
    turn: int | None
    rater: str = UNNAMED_RATER
    role: LabelRole = "annotator"
    rater_kind: LabelKind = "human"


@dataclass(frozen=True, slots=True)
class ConversationRow:
    """A conversation with what people said about it.

    Attributes:
        turns: Prompt and answer of each turn, in order; at least one.
        scenario: One of `records.SCENARIOS`, or None.
        raw: See `RowProblem`.
    """

    where: str
    source_id: str
    turns: tuple[tuple[MessageRow, MessageRow], ...]
    scenario: str | None = None
    task: str | None = None
    category: str | None = None
    scores: tuple[ScoreRow, ...] = ()
    feedback: tuple[FeedbackRow, ...] = ()
    raw: bytes | None = dataclass_field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class AnswerId:
    """A candidate by its node id (local) or conversation id (global): 32 hex digits."""

    id: str


@dataclass(frozen=True, slots=True)
class AnswerPlace:
    """A candidate by where it stands in the tree of a seed question.

    Attributes:
        seed: The seed question's source id.
        place: As in `records.Node.place`, of an answer; for a global vote it means the
            conversation that ends there.
    """

    seed: str
    place: str


@dataclass(frozen=True, slots=True)
class AnswerShown:
    """A candidate that the file shows whole, with the conversation before it.

    Attributes:
        source_id: The file's name for the conversation or its seed question.
        messages: From the first prompt on, prompts and answers in turn; the last one is the
            candidate answer (local) or ends the candidate conversation (global).
    """

    source_id: str
    messages: tuple[MessageRow, ...]


AnswerRef = AnswerId | AnswerPlace | AnswerShown

Side = Literal["a", "b"]


@dataclass(frozen=True, slots=True)
class SideScore:
    """The score of one candidate on a dimension."""

    side: Side
    dimension: str
    value: int


@dataclass(frozen=True, slots=True)
class SideChoice:
    """Which candidate is better on a dimension or `overall`."""

    dimension: str
    choice: Choice


@dataclass(frozen=True, slots=True)
class SideText:
    """Free text as written; `side` is None where it is about both candidates."""

    side: Side | None
    kind: FeedbackKind
    dimension: str | None
    text: str


@dataclass(frozen=True, slots=True)
class LabelRow:
    """What one rater said in one annotation: of one candidate, or of two side by side.

    Attributes:
        where: See `RowProblem`.
        task_key: The file's name for the task, else a hash of what the task is.
        rater: Name; for a model's prediction, the name it is to have as a judge.
        kind: `human`, `synthetic` for invented labels, `model` for predictions.
        a: The candidate; where there are two, the one that the file calls A, whatever side
            it was shown on.
        b: The other one, or None.
        scores: A missing score is not here; 0 is a score.
        shown_first: The candidate that the rater saw first or on the left, if known.
        rated_at: Naive UTC.
        seconds: Time that the rater took, if the tool measured it.
        side_fields: What the file calls the candidates, for messages.
        raw: See `RowProblem`.
    """

    where: str
    task_key: str
    rater: str
    role: LabelRole
    kind: LabelKind
    level: Level
    a: AnswerRef
    b: AnswerRef | None = None
    scores: tuple[SideScore, ...] = ()
    choices: tuple[SideChoice, ...] = ()
    texts: tuple[SideText, ...] = ()
    shown_first: Side | None = None
    rated_at: datetime | None = None
    seconds: float | None = None
    side_fields: tuple[str, str] | None = dataclass_field(default=None, compare=False, repr=False)
    raw: bytes | None = dataclass_field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class SkippedRow:
    """An annotation that is no label, and why: counted, never an error.

    Attributes:
        kind: `cancelled` (the rater skipped the task), `draft`, `discarded`, `pending` (nobody
            has answered), `rejected` (a reviewer, or the tool's reject button), `empty`
            (handed in without a label), or `prediction` (a model's, not asked for).
    """

    where: str
    kind: Literal["cancelled", "draft", "discarded", "pending", "rejected", "empty", "prediction"]


@dataclass(frozen=True, slots=True)
class PairPicture:
    """A picture of a pair's message; at least one of the two is there."""

    path: str | None
    sha256: str | None


@dataclass(frozen=True, slots=True)
class PairMessage:
    """A message of a pair; `content` holds texts and pictures in reading order."""

    role: Literal["system", "user", "assistant"]
    content: tuple[str | PairPicture, ...]


@dataclass(frozen=True, slots=True)
class VoteCounts:
    """Votes on a pair."""

    chosen: int
    rejected: int
    tie: int


@dataclass(frozen=True, slots=True)
class PairRow:
    """A preference pair as `pair --format jsonl` writes it.

    Attributes:
        prefix: Shared history; may be empty for whole conversations.
        turn: Turn of the two answers; None for whole conversations.
        agreement: Share of the votes for `chosen`, 0 to 1.
        verified: Whether a verifier agrees; None where none voted.
        simulated: Whether a stand-in server wrote any of the messages.
        synthetic: Whether any of the votes is an invented one.
        raw: See `RowProblem`.
    """

    where: str
    pair_id: str
    level: Level
    mode: PairMode
    dimension: str
    seed_id: str
    prefix: tuple[PairMessage, ...]
    chosen: tuple[PairMessage, ...]
    rejected: tuple[PairMessage, ...]
    chosen_id: str
    rejected_id: str
    n_votes: VoteCounts
    n_annotators: int
    turn: int | None = None
    agreement: float | None = None
    margin: float | None = None
    verified: bool | None = None
    split: str | None = None
    simulated: bool = False
    synthetic: bool = False
    raw: bytes | None = dataclass_field(default=None, compare=False, repr=False)


Row = ConversationRow | LabelRow | SkippedRow | PairRow
