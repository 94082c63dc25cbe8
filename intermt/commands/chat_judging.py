"""A chat model as a judge: what it is asked, and reading verdicts off its replies."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, Literal

from intermt.commands.calling import Accept, Caller
from intermt.commands.constrained import MOST_LOGPROBS, Constrained, ConstrainedAsking, Manner
from intermt.commands.judging import CRUCIAL_STEP, JudgePlan, LoadedItem
from intermt.commands.trying import Attempt
from intermt.config import Server
from intermt.domain.expected_score import Expected, Read, expected_scores
from intermt.domain.judge_prompts import (
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
from intermt.records import Call, Choice, Message, Reply, Verdict, VerdictState
from intermt.servers.chat import chat_call
from intermt.servers.logprobs import token_stream
from intermt.store.judging import GRADED_BY, JudgeItem

Said = int | Literal["A", "B", "tie"] | None

_SCORES = range(4)
_GRADES = range(1, 6)
_REPLIES_KEPT = 64


class ChatJudge:
    """A chat model as a judge."""

    def __init__(self, caller: Caller, plan: JudgePlan) -> None:
        self._caller = caller
        self._plan = plan
        # Every reply is read twice: to see whether it is of use, and for its verdicts.
        self._scores_in = lru_cache(maxsize=_REPLIES_KEPT)(parse_scores)
        self._asking = ConstrainedAsking(MOST_LOGPROBS if plan.expected_score else None)

    async def judge(self, loaded: LoadedItem) -> list[Verdict]:
        """The verdicts on one item, those that could not be had included."""
        plan = self._plan
        ask = self._describe if plan.task == "crucial-step" else self.ask
        orders = plan.orders(loaded.item)
        wanted = [(order, sample) for order in orders for sample in range(plan.n_samples)]
        if len(wanted) == 1:
            return await ask(loaded, *wanted[0])
        found = await asyncio.gather(*(ask(loaded, *one) for one in wanted))
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
        asked = await self._constrained(
            plan.server,
            messages,
            schema,
            plan.prompts.hash(name),
            sample,
            self._accept,
            attempt=attempt,
        )
        expected = self._expected(asked.reply, self._read_scores, _SCORES)
        return [
            self._verdict(
                loaded.item,
                dimension,
                order,
                sample,
                asked.reply,
                (*loaded.notes, *asked.notes),
                value,
                expected=expected.get(dimension),
            )
            for dimension, value in self._read(asked.reply).items()
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
        plan, item = self._plan, loaded.item
        assert plan.grader is not None
        described = await self._caller.ask(
            self._call(
                plan.server,
                crucial_step_messages(plan.prompts, loaded.a),
                plan.prompts.hash("crucial_step_recognise"),
                sample,
            )
        )
        if described.state != "ok":
            return [
                self._verdict(
                    item, CRUCIAL_STEP, order, sample, described, loaded.notes, None, described
                )
            ]
        asked = await self._constrained(
            plan.grader,
            grade_messages(
                plan.prompts,
                loaded.a if plan.grader_sees else None,
                item.references,
                described.text,
                with_reason=plan.with_reason,
            ),
            grade_schema(plan.with_reason),
            plan.prompts.hash("crucial_step_grade"),
            sample,
            lambda reply: "" if parse_grade(reply.text) else "the reply states no grade",
            who="grader",
        )
        graded = asked.reply
        notes = (*loaded.notes, GRADED_BY + self._caller.models[plan.grader.name], *asked.notes)
        expected = self._expected(graded, _read_grade, _GRADES)
        return [
            self._verdict(
                item,
                CRUCIAL_STEP,
                order,
                sample,
                graded,
                notes,
                parse_grade(graded.text) if graded.state in ("ok", "unparsed") else None,
                described,
                expected.get(CRUCIAL_STEP),
            )
        ]

    async def _constrained(
        self,
        server: Server,
        messages: Sequence[Message],
        schema: Mapping[str, Any],
        prompt_hash: str,
        sample: int,
        accept: Accept,
        who: str = "server",
        attempt: Attempt | None = None,
    ) -> Constrained:
        by = self._caller if attempt is None else attempt
        sample = sample if attempt is None else attempt.sample(sample)

        def call(manner: Manner) -> Call:
            response_schema = schema if manner.schema else None
            return self._call(
                server, messages, prompt_hash, sample, response_schema, manner.top_logprobs
            )

        return await self._asking.ask(by, server.name, call, schema, accept, who)

    def _call(
        self,
        server: Server,
        messages: Sequence[Message],
        prompt_hash: str,
        sample: int,
        schema: Mapping[str, Any] | None = None,
        top_logprobs: int | None = None,
    ) -> Call:
        plan = self._plan
        return chat_call(
            server,
            messages,
            model=self._caller.models[server.name],
            # A grader is a ruler: it must not waver because the judge is sampled.
            temperature=plan.temperature if server is plan.server else 0.0,
            max_tokens=plan.max_tokens,
            seed=sample,
            response_schema=schema,
            schema_name="verdict",
            logprobs=top_logprobs,
            prompt_hash=prompt_hash,
            sample=sample,
            max_image_px=plan.max_image_px,
        )

    def _accept(self, reply: Reply) -> str:
        unstated = [name for name, value in self._read(reply).items() if value is None]
        return f"the reply states nothing on {', '.join(unstated)}" if unstated else ""

    def _read(self, reply: Reply) -> dict[str, Said]:
        plan = self._plan
        if reply.state not in ("ok", "unparsed"):
            return dict.fromkeys(plan.dimensions)
        if plan.task == "score":
            return dict(self._read_scores(reply.text))
        return dict(parse_preferences(reply.text, plan.dimensions))

    def _read_scores(self, text: str) -> Mapping[str, int | None]:
        return self._scores_in(text, self._plan.dimensions)

    def _expected(self, reply: Reply, read: Read, scale: range) -> dict[str, Expected]:
        if not self._plan.expected_score or reply.state not in ("ok", "unparsed"):
            return {}
        return expected_scores(reply.text, token_stream(reply), read, scale)

    def _verdict(
        self,
        item: JudgeItem,
        dimension: str,
        order: str,
        sample: int,
        reply: Reply,
        notes: tuple[str, ...],
        value: Said,
        described: Reply | None = None,
        expected: Expected | None = None,
    ) -> Verdict:
        plan = self._plan
        said = reply.state in ("ok", "unparsed")
        state: VerdictState = "failed" if not said else "unparsed" if value is None else "ok"
        if not said:
            notes = (*notes, f"{reply.state}: {reply.error}")
        elif expected is not None:
            notes = (*notes, _said_of(expected))
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
            text=described.text if described is not None and described.state == "ok" else None,
            request_key=reply.request_key,
            notes=notes,
            run_id=plan.run_id,
            simulated=reply.simulated or (described is not None and described.simulated),
            estimate=None if expected is None else expected.value,
            second_key=None if described is None else described.request_key,
        )


def _said_of(expected: Expected) -> str:
    if expected.value is None:
        return f"no expected score: {expected.why}"
    if expected.mass is None:
        return "-1 is no point of the scale and stands as it is"
    return f"probability on scores: {expected.mass:.3f}"


def _read_grade(text: str) -> Mapping[str, int | None]:
    return {CRUCIAL_STEP: parse_grade(text)}


def _undone(shown: str, order: str) -> Choice:
    """The candidate that a choice between what was shown as A and B means."""
    if shown == "tie":
        return "tie"
    first_won = shown == "A"
    return "a" if first_won == (order == "a") else "b"
