"""Asking one judge about one item, and reading its verdicts off the replies."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal, Protocol

from intermt.commands.calling import Accept, Caller
from intermt.commands.trying import Attempt
from intermt.config import Server
from intermt.dimensions import OVERALL, Level, dimensions_of
from intermt.domain.prompts import (
    Prompts,
    crucial_step_messages,
    grade_messages,
    pair_messages,
    score_messages,
)
from intermt.domain.verdicts import (
    grade_schema,
    parse_grade,
    parse_preferences,
    parse_scores,
    preference_schema,
    score_schema,
)
from intermt.records import (
    Call,
    Choice,
    ImagePart,
    JudgeTask,
    Message,
    Node,
    Reply,
    Verdict,
    content_id,
)
from intermt.servers.chat import chat_call
from intermt.store import trees
from intermt.store.judging import GRADED_BY, JudgeItem

CRUCIAL_STEP = "crucial_step_recognition"
_NO_SCHEMA_WORDS = ("response_format", "json_schema", "schema", "guided", "grammar", "structured")


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

    @property
    def dimensions(self) -> tuple[str, ...]:
        """What a verdict is wanted on."""
        if self.task == "crucial-step":
            return (CRUCIAL_STEP,)
        keys = tuple(d.key for d in dimensions_of(self.level))
        return (*keys, OVERALL) if self.task == "pair" else keys

    @property
    def orders(self) -> tuple[str, ...]:
        """The orders each item is asked in: which candidate of a pair comes first."""
        if self.task != "pair":
            return ("",)
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

    def verdict_ids(self, item: JudgeItem) -> set[str]:
        """The ids of every verdict wanted on an item."""
        return {
            self.verdict_id(item, dimension, order, sample)
            for dimension in self.dimensions
            for order in self.orders
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
        return tuple(f"missing picture: {name}" for name in sorted(missing))


class Judge(Protocol):
    """Asks about one item and gives every verdict that was wanted."""

    async def judge(self, loaded: LoadedItem) -> list[Verdict]:
        """The verdicts on one item, those that could not be had included."""


class ChatJudge:
    """A chat model as a judge."""

    def __init__(self, caller: Caller, plan: JudgePlan) -> None:
        self._caller = caller
        self._plan = plan
        self._takes_schema: dict[str, bool] = {}
        self._first_asked: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def judge(self, loaded: LoadedItem) -> list[Verdict]:
        """The verdicts on one item, those that could not be had included."""
        plan = self._plan
        ask = self._describe if plan.task == "crucial-step" else self.ask
        found = await asyncio.gather(
            *(ask(loaded, o, s) for o in plan.orders for s in range(plan.n_samples))
        )
        return [verdict for verdicts in found for verdict in verdicts]

    async def ask(
        self, loaded: LoadedItem, order: str, sample: int, attempt: Attempt | None = None
    ) -> list[Verdict]:
        """The verdicts of one reply about one item; by another try, if that is given."""
        plan = self._plan
        if plan.task == "score":
            messages = score_messages(
                plan.prompts,
                plan.level,
                loaded.a,
                plan.dimensions,
                plan.with_reason,
                len(loaded.item.a_path) // 2 if plan.level == "local" else None,
            )
            schema = score_schema(plan.dimensions, plan.with_reason)
        else:
            messages = self._pair_messages(loaded, order)
            schema = preference_schema(plan.dimensions, plan.with_reason, allow_tie=False)
        name = f"judge_{plan.task}_{plan.level}"
        reply, honoured = await self._with_schema(
            plan.server, messages, schema, plan.prompts.hash(name), sample, self._accept, attempt
        )
        notes = loaded.notes if honoured else (*loaded.notes, "the server took no JSON schema")
        return [
            self._verdict(loaded.item, dimension, order, sample, reply, notes, value)
            for dimension, value in self._read(reply).items()
        ]

    def _pair_messages(self, loaded: LoadedItem, order: str) -> tuple[Message, ...]:
        plan = self._plan
        shared = 0
        limit = min(len(loaded.a), len(loaded.b)) - 1
        while shared < limit and loaded.item.a_path[shared] == loaded.item.b_path[shared]:
            shared += 1
        first, second = (loaded.a, loaded.b) if order == "a" else (loaded.b, loaded.a)
        return pair_messages(
            plan.prompts,
            plan.level,
            loaded.a[:shared],
            first[shared:],
            second[shared:],
            plan.dimensions,
            plan.with_reason,
        )

    async def _describe(self, loaded: LoadedItem, order: str, sample: int) -> list[Verdict]:
        """The grade of the judge's own description of the crucial steps."""
        plan = self._plan
        assert plan.grader is not None
        described = await self._caller.ask(
            self._call(
                plan.server,
                crucial_step_messages(plan.prompts, loaded.a),
                None,
                plan.prompts.hash("crucial_step_recognise"),
                sample,
            )
        )
        notes = loaded.notes
        if described.state != "ok":
            return [self._verdict(loaded.item, CRUCIAL_STEP, order, sample, described, notes, None)]
        graded, honoured = await self._with_schema(
            plan.grader,
            grade_messages(
                plan.prompts,
                None,
                "\n\n".join(loaded.item.references),
                described.text,
                with_reason=plan.with_reason,
            ),
            grade_schema(plan.with_reason),
            plan.prompts.hash("crucial_step_grade"),
            sample,
            lambda reply: "" if parse_grade(reply.text) else "the reply states no grade",
        )
        notes = (*notes, GRADED_BY + self._caller.models[plan.grader.name])
        if not honoured:
            notes = (*notes, "the grader took no JSON schema")
        grade = parse_grade(graded.text) if graded.state in ("ok", "unparsed") else None
        return [
            self._verdict(
                loaded.item, CRUCIAL_STEP, order, sample, graded, notes, grade, described.text
            )
        ]

    async def _with_schema(
        self,
        server: Server,
        messages: Sequence[Message],
        schema: Mapping[str, Any],
        prompt_hash: str,
        sample: int,
        accept: Accept,
        attempt: Attempt | None = None,
    ) -> tuple[Reply, bool]:
        """The reply, asked for in a JSON schema where the server takes one; whether it did."""
        by = attempt or self._caller
        sample = attempt.sample(sample) if attempt else sample
        constrained = self._call(server, messages, schema, prompt_hash, sample)
        plain = partial(self._call, server, messages, None, prompt_hash, sample)
        if server.name not in self._takes_schema:
            if by.is_known(plain()):
                return await by.ask(plain(), accept), False
            # One asks first: a server that takes no schema turns down a single call then, not
            # as many as are under way, which would look like a broken server.
            async with self._first_asked[server.name]:
                if server.name not in self._takes_schema:
                    reply = await by.ask(constrained, accept)
                    self._takes_schema[server.name] = not _refuses_schema(reply)
                    if self._takes_schema[server.name]:
                        return reply, True
        if self._takes_schema[server.name]:
            reply = await by.ask(constrained, accept)
            if not _refuses_schema(reply):
                return reply, True
            self._takes_schema[server.name] = False
        return await by.ask(plain(), accept), False

    def _call(
        self,
        server: Server,
        messages: Sequence[Message],
        schema: Mapping[str, Any] | None,
        prompt_hash: str,
        sample: int,
    ) -> Call:
        plan = self._plan
        return chat_call(
            server,
            messages,
            model=self._caller.models[server.name],
            temperature=plan.temperature,
            max_tokens=plan.max_tokens,
            seed=sample,
            response_schema=schema,
            schema_name="verdict",
            prompt_hash=prompt_hash,
            sample=sample,
        )

    def _accept(self, reply: Reply) -> str:
        unstated = [name for name, value in self._read(reply).items() if value is None]
        return f"the reply states nothing on {', '.join(unstated)}" if unstated else ""

    def _read(self, reply: Reply) -> dict[str, int | Literal["A", "B", "tie"] | None]:
        plan = self._plan
        if reply.state not in ("ok", "unparsed"):
            return dict.fromkeys(plan.dimensions)
        if plan.task == "score":
            return dict(parse_scores(reply.text, plan.dimensions))
        return dict(parse_preferences(reply.text, plan.dimensions))

    def _verdict(
        self,
        item: JudgeItem,
        dimension: str,
        order: str,
        sample: int,
        reply: Reply,
        notes: tuple[str, ...],
        value: int | Literal["A", "B", "tie"] | None,
        text: str | None = None,
    ) -> Verdict:
        plan = self._plan
        said = reply.state in ("ok", "unparsed")
        state: Literal["ok", "unparsed", "failed"] = (
            "failed" if not said else "unparsed" if value is None else "ok"
        )
        return Verdict(
            verdict_id=plan.verdict_id(item, dimension, order, sample),
            judge_id=plan.judge_id,
            task=plan.task,
            level=plan.level,
            a_id=item.a_id,
            b_id=item.b_id,
            dimension=dimension,
            order=order,
            sample=sample,
            state=state,
            value=value if isinstance(value, int) else None,
            choice=_undone(value, order) if isinstance(value, str) else None,
            text=text,
            request_key=reply.request_key,
            notes=notes if said else (*notes, f"{reply.state}: {reply.error}"),
            run_id=plan.run_id,
            simulated=reply.simulated,
        )


def _undone(shown: str, order: str) -> Choice:
    """The candidate that a choice between what was shown as A and B means."""
    if shown == "tie":
        return "tie"
    first_won = shown == "A"
    return "a" if first_won == (order == "a") else "b"


def _refuses_schema(reply: Reply) -> bool:
    """Whether a server turned a request down because of the JSON schema in it."""
    error = reply.error.lower()
    return reply.state == "rejected" and any(word in error for word in _NO_SCHEMA_WORDS)
