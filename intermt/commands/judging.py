"""How a judge is asked, and about what: what every kind of judge shares."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from intermt.config import Server
from intermt.dimensions import OVERALL, Level, dimensions_of
from intermt.domain.prompts import Prompts
from intermt.records import (
    Choice,
    ImagePart,
    JudgeTask,
    Message,
    Node,
    Rater,
    Verdict,
    VerdictState,
    content_id,
    rater_id,
)
from intermt.store import trees
from intermt.store.judging import JudgeItem

if TYPE_CHECKING:
    from intermt.commands.head_file import HeadFile

CRUCIAL_STEP = "crucial_step_recognition"
MISSING = "missing picture: "
"""How the note begins that names a picture the judge did not see."""


def model_judge(
    name: str, settings: str, *, model: str | None = None, simulated: bool = False
) -> Rater:
    """The rater that a model is as a judge.

    Args:
        name: What makes it this judge, and no other, in a store.
        settings: Equal for judges that are asked alike.
        model: What it is made of; None where nobody said.
        simulated: Whether a stand-in plays it.
    """
    own_id = rater_id(name, "judge", "model")
    return Rater(
        own_id, name, "judge", "model", model=model, settings=settings, simulated=simulated
    )


@dataclass(frozen=True, slots=True)
class JudgePlan:
    """How a judge is asked.

    Attributes:
        judge_id: Rater id of the judge.
        task: score, pair or crucial-step.
        level: local or global; crucial-step is always global.
        server: The judge's server.
        grader: For crucial-step, the server that grades descriptions.
        prompts: The templates.
        with_reason: Whether a reason comes before the verdict.
        swap: Whether pairs are asked in both orders.
        n_samples: How often each question is asked.
        temperature: 0 unless samples are to differ.
        max_tokens: Longest reply.
        run_id: The run.
        expected_score: Whether probabilities of tokens are asked for.
        grader_sees: Whether the grader is shown the conversation too.
        max_image_px: Longest side of the pictures; None for the server's own.
        order_seed: Asks each pair in one order, drawn with this seed; None goes by `swap`.
        reward_dimension: For a reward model what its number is about; None for others.
        head: For a preference head the head; None for others.
    """

    judge_id: str
    task: JudgeTask
    level: Level
    server: Server
    grader: Server | None
    prompts: Prompts
    with_reason: bool
    swap: bool
    n_samples: int
    temperature: float
    max_tokens: int
    run_id: str
    expected_score: bool = False
    grader_sees: bool = False
    max_image_px: int | None = None
    order_seed: int | None = None
    reward_dimension: str | None = None
    head: HeadFile | None = None

    @property
    def dimensions(self) -> tuple[str, ...]:
        """What a verdict is wanted on."""
        if self.head is not None:
            return self.head.dimensions_at(self.level)
        if self.reward_dimension is not None:
            return (self.reward_dimension,)
        if self.task == "crucial-step":
            return (CRUCIAL_STEP,)
        keys = tuple(d.key for d in dimensions_of(self.level))
        return (*keys, OVERALL) if self.task == "pair" else keys

    def orders(self, item: JudgeItem) -> tuple[str, ...]:
        """The orders an item is asked in: which candidate of a pair comes first."""
        is_number = self.reward_dimension is not None or self.head is not None
        if self.task != "pair" or is_number:
            return ("",)
        if self.order_seed is not None:
            drawn = int(content_id("order", self.order_seed, item.a_id, item.b_id), 16) % 2
            return ("ab"[drawn],)
        return ("a", "b") if self.swap else ("a",)

    def verdict_id(self, item: JudgeItem, dimension: str, order: str, sample: int) -> str:
        """The id of one verdict on an item."""
        return content_id(
            "verdict",
            self.judge_id,
            self.task,
            self.level,
            item.a_id,
            item.b_id,
            dimension,
            order,
            sample,
        )

    def verdict_by_number(
        self,
        loaded: LoadedItem,
        dimension: str,
        state: VerdictState,
        *,
        estimate: float | None,
        choice: Choice | None,
        keys: tuple[str, str | None],
        notes: tuple[str, ...],
        simulated: bool,
    ) -> Verdict:
        """The verdict of a judge that gives each side a number and is asked once.

        Args:
            loaded: What it is about.
            dimension: Likewise.
            state: How it ended.
            estimate: The number, for a pair the difference.
            choice: The side that is ahead; None for a score.
            keys: The calls about a and, for a pair, b.
            notes: What to know beside the notes of the item.
            simulated: Whether a stand-in gave a number.
        """
        item = loaded.item
        return Verdict(
            verdict_id=self.verdict_id(item, dimension, "", 0),
            judge_id=self.judge_id,
            task=self.task,
            level=self.level,
            a_id=item.a_id,
            b_id=item.b_id,
            dimension=dimension,
            order="",
            sample=0,
            state=state,
            value=None,
            choice=choice,
            text=None,
            request_key=keys[0],
            notes=(*loaded.notes, *notes),
            run_id=self.run_id,
            simulated=simulated,
            estimate=estimate,
            second_key=keys[1],
        )

    def verdict_ids(self, item: JudgeItem) -> set[str]:
        """The ids of every verdict wanted on an item."""
        return {
            self.verdict_id(item, dimension, order, sample)
            for dimension in self.dimensions
            for order in self.orders(item)
            for sample in range(self.n_samples)
        }


@dataclass(frozen=True, slots=True)
class LoadedItem:
    """An item with the messages it is about."""

    item: JudgeItem
    a: tuple[Message, ...]
    b: tuple[Message, ...]

    @classmethod
    def of(cls, item: JudgeItem, nodes: Mapping[str, Node]) -> LoadedItem:
        """The item with its messages, from nodes that have been read."""
        return cls(item, trees.messages(item.a_path, nodes), trees.messages(item.b_path, nodes))

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader of a verdict should know: the pictures the judge did not see."""
        missing = {
            part.name or part.tag or "a picture without a name"
            for message in (*self.a, *self.b)
            for part in message.parts
            if isinstance(part, ImagePart) and part.sha256 is None
        }
        return tuple(f"{MISSING}{name}" for name in sorted(missing))


class Judge(Protocol):
    """Asks about one item and gives every verdict that was wanted."""

    async def judge(self, loaded: LoadedItem) -> list[Verdict]:
        """The verdicts on one item, those that could not be had included."""
