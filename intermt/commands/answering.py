"""One answer with its pictures, or one follow-up question: the calls of growing a tree."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from string import ascii_lowercase

from intermt.commands.calling import Caller
from intermt.config import Server
from intermt.domain.image_tags import ImageTag, find_tags, interleave
from intermt.domain.prompts import END_MARKER, Prompts, answer_messages, follow_up_messages
from intermt.records import (
    ImagePart,
    Message,
    Node,
    Reply,
    Seed,
    TextPart,
    content_id,
    node_id,
)
from intermt.servers.chat import chat_call
from intermt.servers.pictures import draw_call


@dataclass(frozen=True, slots=True)
class GrowthPlan:
    """How trees grow.

    Attributes:
        answer: Servers that answer; candidates are dealt out among them in turn.
        user: Server of the simulated user.
        draw: Server that draws what answers ask for; None leaves tags as they are.
        prompts: The templates.
        n_turns: Depth of the tree.
        n_candidates: Answers to every question.
        n_follow_ups: Questions after every answer that is kept.
        beam: Most answers of one level that are followed up.
        seed: Makes another tree from the same question.
        temperature: Of answers and follow-up questions.
        max_tokens: Longest answer or question.
    """

    answer: tuple[Server, ...]
    user: Server
    draw: Server | None
    prompts: Prompts
    n_turns: int = 5
    n_candidates: int = 2
    n_follow_ups: int = 1
    beam: int = 8
    seed: int = 0
    temperature: float = 0.7
    max_tokens: int = 1024


@dataclass(frozen=True, slots=True)
class Branch:
    """A node with the way to it."""

    nodes: tuple[Node, ...]

    @property
    def end(self) -> Node:
        return self.nodes[-1]

    @property
    def place(self) -> str:
        assert self.end.place is not None
        return self.end.place

    @property
    def messages(self) -> tuple[Message, ...]:
        return tuple(Message(node.role, node.parts) for node in self.nodes)


class Answerer:
    """Asks for the nodes of the trees of one run."""

    def __init__(self, caller: Caller, plan: GrowthPlan, run_id: str) -> None:
        self._caller = caller
        self._plan = plan
        self._run_id = run_id

    async def answer(self, seed: Seed, question: Branch, candidate: int) -> Branch | None:
        plan = self._plan
        server = plan.answer[candidate % len(plan.answer)]
        call = chat_call(
            server,
            answer_messages(plan.prompts, question.messages),
            model=self._caller.models[server.name],
            temperature=plan.temperature,
            max_tokens=plan.max_tokens,
            seed=_call_seed(plan.seed, seed.seed_id, candidate),
            prompt_hash=plan.prompts.hash("answer_system"),
            sample=candidate // len(plan.answer),
        )
        reply = await self._caller.ask(call)
        if reply.state != "ok":
            return None
        tags = find_tags(reply.text)
        wanted = tags if plan.draw is not None else []
        pictures = await asyncio.gather(*(self._draw(seed, tag) for tag in wanted))
        done = [picture for picture in pictures if picture is not None]
        if len(done) < len(pictures):
            return None
        parts = interleave(reply.text, [part for part, _ in done])
        parent = question.end
        place = question.place + ascii_lowercase[candidate]
        return Branch(
            (
                *question.nodes,
                Node(
                    node_id=node_id(parent.node_id, "assistant", parts),
                    parent_id=parent.node_id,
                    seed_id=parent.seed_id,
                    role="assistant",
                    turn=parent.turn,
                    parts=parts,
                    n_tags=sum(tag.exact for tag in tags),
                    n_stray_tags=sum(not tag.exact for tag in tags),
                    place=place,
                    model=reply.model or call.model,
                    server=server.name,
                    request_key=reply.request_key,
                    run_id=self._run_id,
                    simulated=reply.simulated or any(simulated for _, simulated in done),
                ),
            )
        )

    async def _draw(self, seed: Seed, tag: ImageTag) -> tuple[ImagePart, bool] | None:
        plan = self._plan
        assert plan.draw is not None
        call = draw_call(
            plan.draw,
            tag.caption,
            model=self._caller.models[plan.draw.name],
            seed=_call_seed(plan.seed, seed.seed_id, 0),
        )
        reply: Reply = await self._caller.ask(call)
        if reply.state == "ok" and reply.image_sha256 is not None:
            # Known by the call, not by the bytes: the node keeps its id if the picture has
            # to be made again.
            return ImagePart(sha256=reply.image_sha256, key=call.request_key), reply.simulated
        if reply.state == "refused":
            # The model's filter will not change its mind: the answer goes on without.
            reason = f"not drawn: {reply.error}"
            return ImagePart(missing=reason, key=call.request_key), reply.simulated
        return None

    async def follow_up(self, seed: Seed, answer: Branch, number: int) -> Branch | str | None:
        """The next question; `END_MARKER` if the user is done; None if the call failed."""
        plan = self._plan
        call = chat_call(
            plan.user,
            follow_up_messages(plan.prompts, answer.messages, seed.intention, seed.scenario),
            model=self._caller.models[plan.user.name],
            temperature=plan.temperature,
            max_tokens=plan.max_tokens,
            seed=_call_seed(plan.seed, seed.seed_id, number),
            prompt_hash=plan.prompts.hash("follow_up"),
            sample=number,
        )
        reply = await self._caller.ask(call)
        if reply.state != "ok":
            return None
        if END_MARKER in reply.text:
            return END_MARKER
        parent = answer.end
        parts = (TextPart(reply.text),)
        return Branch(
            (
                *answer.nodes,
                Node(
                    node_id=node_id(parent.node_id, "user", parts),
                    parent_id=parent.node_id,
                    seed_id=parent.seed_id,
                    role="user",
                    turn=parent.turn + 1,
                    parts=parts,
                    place=f"{answer.place}.{number + 1}",
                    model=reply.model or call.model,
                    server=plan.user.name,
                    request_key=reply.request_key,
                    run_id=self._run_id,
                    simulated=reply.simulated,
                ),
            )
        )


def _call_seed(seed: int, seed_id: str, number: int) -> int:
    """A sampling seed of 31 bits that is the same for the same work on every machine."""
    return int(content_id("call seed", seed, seed_id, number)[:8], 16) & 0x7FFFFFFF
