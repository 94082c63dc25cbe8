"""A scalar reward model as a judge: one number for a conversation, on one dimension."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from intermt.commands.calling import Caller
from intermt.commands.judging import JudgePlan, LoadedItem, model_judge
from intermt.config import RewardEndpoint
from intermt.dimensions import OVERALL
from intermt.errors import ProtocolMismatch
from intermt.records import (
    Call,
    Choice,
    Message,
    Rater,
    Reply,
    Verdict,
    VerdictState,
    content_id,
)
from intermt.servers.reward import NotARewardError, lacks_endpoint, reward_call, reward_of

_ENDPOINTS: tuple[RewardEndpoint, ...] = ("classify", "pooling")


@dataclass(frozen=True, slots=True)
class _Side:
    """What the reward model said of one conversation.

    Attributes:
        reward: The number; None where there is none.
        state: As of a verdict.
        request_key: The call.
        notes: What a reader of the verdict should know.
        simulated: Whether a stand-in said it.
    """

    reward: float | None
    state: VerdictState
    request_key: str
    notes: tuple[str, ...]
    simulated: bool


def reward_rater(name: str | None, model: str, dimension: str, simulated: bool) -> Rater:
    """The judge that a reward model is; its number is about one dimension, for good."""
    name = name or (model if dimension == OVERALL else f"{model}+{dimension}")
    return model_judge(
        name, content_id("judge", "reward", model, dimension), model=model, simulated=simulated
    )


class RewardJudge:
    """Compares and scores by rewards; each conversation is asked about once."""

    def __init__(self, caller: Caller, plan: JudgePlan) -> None:
        self._caller = caller
        self._plan = plan
        self._endpoint = plan.server.endpoint
        self._finding = asyncio.Lock()
        self._sides: dict[tuple[str, ...], _Side] = {}

    async def judge(self, loaded: LoadedItem) -> list[Verdict]:
        """The verdict on one item, in a list.

        Raises:
            ProtocolMismatch: The server gives no rewards: it has neither endpoint, or its
                model gives several numbers.
        """
        item = loaded.item
        if item.b_id is None:
            side = await self._side(item.a_path, loaded.a)
            return [self._verdict(loaded, side, None, side.reward, None)]
        a, b = await asyncio.gather(
            self._side(item.a_path, loaded.a), self._side(item.b_path, loaded.b)
        )
        if a.reward is None or b.reward is None:
            return [self._verdict(loaded, a, b, None, None)]
        lead = a.reward - b.reward
        choice: Choice = "a" if lead > 0 else "b" if lead < 0 else "tie"
        return [self._verdict(loaded, a, b, lead, choice)]

    async def _side(self, path: tuple[str, ...], messages: tuple[Message, ...]) -> _Side:
        """What is said of a conversation; many pairs may have it as a side."""
        if path not in self._sides:
            self._sides[path] = await self._ask(messages)
        return self._sides[path]

    async def _ask(self, messages: tuple[Message, ...]) -> _Side:
        call, reply = await self._answered(messages)
        notes: tuple[str, ...] = ()
        reward = None
        state: VerdictState = "ok"
        if reply.state == "ok" or reply.state == "unparsed":
            try:
                found = reward_of(call, reply)
            except NotARewardError as error:
                if error.several:
                    raise ProtocolMismatch(
                        f"server {call.server!r} gives no reward: {error}",
                        where=reply.url,
                        todo="serve a model with one label, or a reward model",
                    ) from error
                state, notes = "unparsed", (f"unparsed: {reply.error or error}",)
            else:
                reward = found.value
                notes = ("a reward for every token; the last one's counts",) * found.is_last_token
        else:
            state, notes = "failed", (f"{reply.state}: {reply.error}",)
        return _Side(reward, state, reply.request_key, notes, reply.simulated)

    async def _answered(self, messages: tuple[Message, ...]) -> tuple[Call, Reply]:
        """The call that was made and its reply, from the endpoint that the server has."""
        endpoint = self._endpoint
        if endpoint is not None:
            call = self._call(messages, endpoint)
            reply = await self._caller.ask(call)
            if self._plan.server.endpoint is not None or not lacks_endpoint(reply):
                return call, reply
        # One asks first: a server without the first endpoint turns down a single call then,
        # not as many as are under way.
        async with self._finding:
            if self._endpoint == endpoint:
                return await self._found(messages)
        return await self._answered(messages)

    async def _found(self, messages: tuple[Message, ...]) -> tuple[Call, Reply]:
        calls = [(endpoint, self._call(messages, endpoint)) for endpoint in _ENDPOINTS]
        # What an earlier run was told needs no finding out.
        for endpoint, call in sorted(calls, key=lambda e: not self._caller.is_known(e[1])):
            reply = await self._caller.ask(call)
            if not lacks_endpoint(reply):
                # A reply that never came shows nothing: that it is there is believed until
                # another says otherwise, so that the others need not wait in line.
                self._endpoint = endpoint
                return call, reply
        raise ProtocolMismatch(
            f"server {call.server!r} answers neither /classify nor /pooling: {reply.error}",
            where=reply.url,
            todo="serve a reward model, as with: vllm serve MODEL --runner pooling",
        )

    def _call(self, messages: tuple[Message, ...], endpoint: RewardEndpoint) -> Call:
        server = self._plan.server
        model = self._caller.models[server.name]
        return reward_call(server, messages, endpoint=endpoint, model=model)

    def _verdict(
        self,
        loaded: LoadedItem,
        a: _Side,
        b: _Side | None,
        estimate: float | None,
        choice: Choice | None,
    ) -> Verdict:
        plan = self._plan
        (dimension,) = plan.dimensions
        sides = {"": a} if b is None else {"a: ": a, "b: ": b}
        said = [f"{name}{note}" for name, side in sides.items() for note in side.notes]
        states = {side.state for side in sides.values()}
        state: VerdictState = (
            "failed" if "failed" in states else "unparsed" if "unparsed" in states else "ok"
        )
        return plan.verdict_by_number(
            loaded,
            dimension,
            state,
            estimate=estimate,
            choice=choice,
            keys=(a.request_key, None if b is None else b.request_key),
            notes=tuple(said),
            simulated=a.simulated or (b is not None and b.simulated),
        )
