"""A preference head as a judge: values of embeddings, compared or taken as scores.

The value of an answer is the head's weights times its vector; that of a conversation is the
mean over its answers. Only differences mean something, so a pair's estimate is how far a is
ahead, in log odds, and a score is a place on a scale without a zero.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

from intermt.commands.calling import Caller
from intermt.commands.embedding import vector_of
from intermt.commands.head_file import HeadFile
from intermt.commands.judge_config import TrainedOn
from intermt.commands.judging import JudgePlan, LoadedItem, model_judge
from intermt.errors import ConfigError, MissingInputError, ProtocolMismatch
from intermt.records import (
    Choice,
    ImagePart,
    Message,
    Rater,
    Reply,
    Verdict,
    VerdictState,
    content_id,
)
from intermt.servers.embeddings import vectors
from intermt.store.judging import JudgeItem

TRAINED_ON = "the head was fitted to pairs of this seed tree"
"""The note of a verdict that shows what was learnt by heart."""


@dataclass(frozen=True, slots=True)
class _Side:
    """What the head gives a conversation.

    Attributes:
        values: By dimension; empty where a vector is missing.
        request_key: The call about its last answer.
        notes: Why vectors are missing.
        simulated: Whether a stand-in gave a vector.
    """

    values: Mapping[str, float]
    request_key: str
    notes: tuple[str, ...]
    simulated: bool


def head_rater(name: str | None, head: HeadFile, model: str, simulated: bool) -> Rater:
    """The judge that a head is.

    Raises:
        ConfigError: The server serves another model than the head was fitted to.
    """
    if model != head.plan.model:
        raise ConfigError(
            f"the head was fitted to embeddings of {head.plan.model!r}, and the server serves"
            f" {model!r}",
            todo="name a server of that model, or fit the head anew",
        )
    name = name or f"{model}+head-{head.head_id[:8]}"
    return model_judge(
        name,
        content_id("judge", "head", head.head_id),
        model=model,
        simulated=simulated or head.simulated,
    )


def fresh(
    items: list[JudgeItem], head: HeadFile, trained_on: TrainedOn
) -> tuple[list[JudgeItem], int]:
    """The items a head is to judge, and how many there are of trees that it was fitted to.

    Raises:
        MissingInputError: None are left.
    """
    others = [item for item in items if item.seed_id not in head.trees]
    if trained_on == "skip" and not others:
        raise MissingInputError(
            f"the head was fitted to the seed trees of all {len(items)} items there are to judge",
            todo="keep some trees back with --fit FILE --split train=0.8,test=0.2, or judge what"
            " it was fitted to, marked, with --trained-on note",
        )
    return (others if trained_on == "skip" else items), len(items) - len(others)


class HeadJudge:
    """Compares and scores by a head; each answer is embedded once."""

    def __init__(self, caller: Caller, plan: JudgePlan) -> None:
        assert plan.head is not None
        self._caller = caller
        self._plan = plan
        self._head = plan.head
        self._answers: dict[str, _Side] = {}

    async def judge(self, loaded: LoadedItem) -> list[Verdict]:
        """The verdicts on one item, one for each dimension.

        Raises:
            ProtocolMismatch: Vectors are not as long as those the head was fitted to.
        """
        item = loaded.item
        a = await self._side(item.a_path, loaded.a)
        b = None if item.b_id is None else await self._side(item.b_path, loaded.b)
        return [self._verdict(loaded, a, b, key) for key in self._plan.dimensions]

    async def _side(self, path: tuple[str, ...], messages: tuple[Message, ...]) -> _Side:
        if self._plan.level == "local":
            return await self._answer(path, messages)
        ends = range(2, len(path) + 1, 2)
        sides = await asyncio.gather(*(self._answer(path[:n], messages[:n]) for n in ends))
        whole = all(side.values for side in sides)
        keys = self._head.weights if whole else ()
        return _Side(
            {key: sum(side.values[key] for side in sides) / len(sides) for key in keys},
            sides[-1].request_key,
            tuple(dict.fromkeys(note for side in sides for note in side.notes)),
            any(side.simulated for side in sides),
        )

    async def _answer(self, path: tuple[str, ...], messages: tuple[Message, ...]) -> _Side:
        if path[-1] not in self._answers:
            self._answers[path[-1]] = await self._ask(messages)
        return self._answers[path[-1]]

    async def _ask(self, messages: tuple[Message, ...]) -> _Side:
        call = self._head.plan.call(self._plan.server, messages)
        # Kept as of no use, a vector of another model is asked for again once the server is mended.
        reply = await self._caller.ask(call, accept=self._other_length)
        if other := self._other_length(reply):
            raise ProtocolMismatch(
                other,
                where=reply.url,
                todo="name the server the head was fitted with, or fit it anew",
            )
        vector = vector_of(reply)
        if isinstance(vector, str):
            said = f"no embedding: {vector}"
            return _Side({}, call.request_key, (said,), reply.simulated)
        return _Side(self._head.values(vector), call.request_key, (), reply.simulated)

    def _other_length(self, reply: Reply) -> str:
        """What to say of vectors that are not as long as those of the head; else ""."""
        n, lengths = self._head.n_features, {len(vector) for vector in vectors(reply)}
        if len(lengths) != 1 or n in lengths:
            return ""
        return f"embeddings of {lengths.pop()} numbers; the head was fitted to {n}"

    def _verdict(self, loaded: LoadedItem, a: _Side, b: _Side | None, dimension: str) -> Verdict:
        plan, item = self._plan, loaded.item
        sides = [a] if b is None else [a, b]
        estimate: float | None = None
        choice: Choice | None = None
        state: VerdictState = "failed"
        if all(side.values for side in sides):
            state = "ok"
            estimate = a.values[dimension]
            if b is not None:
                estimate -= b.values[dimension]
                choice = "a" if estimate > 0 else "b" if estimate < 0 else "tie"
        notes = [TRAINED_ON] if item.seed_id in self._head.trees else []
        if self._head.level != plan.level:
            notes.append(f"the head was fitted to {self._head.level} preferences")
        if self._head.synthetic:
            notes.append("the head was fitted to invented votes")
        if not self._head.plan.pictures:
            notes += _unseen(loaded)
        notes += [note for side in sides for note in side.notes]
        return plan.verdict_by_number(
            loaded,
            dimension,
            state,
            estimate=estimate,
            choice=choice,
            keys=(a.request_key, None if b is None else b.request_key),
            notes=tuple(dict.fromkeys(notes)),
            simulated=self._head.simulated or any(side.simulated for side in sides),
        )


def _unseen(loaded: LoadedItem) -> list[str]:
    """The note of an item whose pictures the judge was not shown."""
    messages = (*loaded.a, *loaded.b)
    there = any(isinstance(p, ImagePart) and p.sha256 for m in messages for p in m.parts)
    return ["pictures not shown: the embeddings are of text"] if there else []
