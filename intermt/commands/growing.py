"""Growing the QA tree of one seed question, level by level.

At every level each open question gets its candidate answers, each answer the pictures it
asks for, and each answer that is kept its follow-up questions. A node is stored only when
it is complete: an answer whose picture is still to come is not there at all, and the next
run, which finds every earlier reply in the ledger, makes only what is missing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from string import ascii_lowercase

from intermt.commands.calling import Caller
from intermt.config import Server
from intermt.domain.image_tags import ImageTag, find_tags, interleave
from intermt.domain.prompts import END_MARKER, Prompts, answer_messages, follow_up_messages
from intermt.records import (
    Conversation,
    ImagePart,
    Message,
    Node,
    PictureUse,
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
class GrownTree:
    """What became of one seed question.

    Attributes:
        nodes: Every node, in order of level and place, the seed question first.
        conversations: A conversation for every answer that is not followed up.
        uses: The pictures of the conversations.
        n_unfinished: Nodes that could not be made because a call failed.
    """

    nodes: tuple[Node, ...]
    conversations: tuple[Conversation, ...]
    uses: tuple[PictureUse, ...]
    n_unfinished: int


@dataclass(frozen=True, slots=True)
class _Branch:
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


class Grower:
    """Grows the trees of one run."""

    def __init__(self, caller: Caller, plan: GrowthPlan, dataset: str, run_id: str) -> None:
        self._caller = caller
        self._plan = plan
        self._dataset = dataset
        self._run_id = run_id

    async def grow(self, seed: Seed, root: Node) -> GrownTree:
        """The whole tree of one seed question.

        Raises:
            TryLater: Too many calls fail; what is complete is stored.
        """
        plan = self._plan
        grown: list[Node] = [root]
        leaves: list[_Branch] = []
        n_unfinished = 0
        questions = [_Branch((root,))]
        most_questions = 1
        for turn in range(1, plan.n_turns + 1):
            wanted = [(q, k) for q in questions for k in range(plan.n_candidates)]
            made = await asyncio.gather(*(self._answer(seed, q, k) for q, k in wanted))
            answers = _distinct([branch for branch in made if branch is not None])
            n_unfinished += made.count(None)
            grown += [branch.end for branch in answers]
            if turn == plan.n_turns:
                leaves += answers
                break
            most_answers = most_questions * plan.n_candidates
            most_questions = min(most_answers, plan.beam) * plan.n_follow_ups
            if n_unfinished and most_answers > plan.beam:
                # Which answers go on depends on all of them, also on those that a missing
                # node further up will bring: wait for them.
                break
            kept, pruned = _prune(answers, plan.beam)
            leaves += pruned
            asked = [(a, j) for a in kept for j in range(plan.n_follow_ups)]
            follow = await asyncio.gather(*(self._follow_up(seed, a, j) for a, j in asked))
            questions = _distinct([f for f in follow if isinstance(f, _Branch)])
            n_unfinished += sum(f is None for f in follow)
            grown += [branch.end for branch in questions]
            going_on = {branch.nodes[-2].node_id for branch in questions}
            waiting = {a.end.node_id for (a, _), f in zip(asked, follow, strict=True) if f is None}
            leaves += [a for a in kept if a.end.node_id not in going_on | waiting]
        return self._tree(seed, grown, leaves, n_unfinished)

    async def _answer(self, seed: Seed, question: _Branch, candidate: int) -> _Branch | None:
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
        return _Branch(
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

    async def _follow_up(self, seed: Seed, answer: _Branch, number: int) -> _Branch | str | None:
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
        return _Branch(
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

    def _tree(
        self, seed: Seed, grown: Sequence[Node], leaves: Sequence[_Branch], n_unfinished: int
    ) -> GrownTree:
        conversations: list[Conversation] = []
        uses: list[PictureUse] = []
        for leaf in leaves:
            path = tuple(node.node_id for node in leaf.nodes)
            source_id = f"{seed.source_id}/{leaf.place}"
            conversation = Conversation(
                conversation_id=content_id("conversation", self._dataset, source_id, path),
                dataset=self._dataset,
                source_id=source_id,
                seed_id=seed.seed_id,
                path=path,
                n_turns=leaf.end.turn,
                scenario=seed.scenario,
                task=seed.task,
                run_id=self._run_id,
                simulated=any(node.simulated for node in leaf.nodes),
            )
            conversations.append(conversation)
            uses += [
                PictureUse(
                    conversation.conversation_id,
                    node.node_id,
                    position,
                    part.name,
                    part.sha256,
                    part.missing,
                )
                for node in leaf.nodes
                for position, part in enumerate(node.parts)
                if isinstance(part, ImagePart)
            ]
        return GrownTree(tuple(grown), tuple(conversations), tuple(uses), n_unfinished)


def _call_seed(seed: int, seed_id: str, number: int) -> int:
    """A sampling seed of 31 bits that is the same for the same work on every machine."""
    return int(content_id("call seed", seed, seed_id, number)[:8], 16) & 0x7FFFFFFF


def _distinct(branches: Sequence[_Branch]) -> list[_Branch]:
    """The branches in order of place; of equal nodes only the first."""
    by_id: dict[str, _Branch] = {}
    for branch in sorted(branches, key=lambda b: (len(b.place), b.place)):
        by_id.setdefault(branch.end.node_id, branch)
    return list(by_id.values())


def _prune(answers: Sequence[_Branch], beam: int) -> tuple[list[_Branch], list[_Branch]]:
    """The answers to go on from, and the others; complete ones go first, then by place."""
    ranked = sorted(
        answers,
        key=lambda b: (
            any(isinstance(p, ImagePart) and p.missing for p in b.end.parts),
            len(b.place),
            b.place,
        ),
    )
    return ranked[:beam], ranked[beam:]
