"""One answer with its pictures, or one follow-up question: the calls of growing a tree."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from string import ascii_lowercase

from intermt.commands.calling import Caller
from intermt.commands.context_limits import Fitted, LimitRule, fitted
from intermt.commands.local_pictures import LocalPictures
from intermt.commands.tool_rounds import Said, ToolTalk
from intermt.commands.tools import Supplied, Toolbox, shown_again
from intermt.commands.trying import Attempt, LeftOut, tried
from intermt.config import Server
from intermt.domain.image_tags import find_tags, interleave, text_of
from intermt.domain.picture_numbers import numbered, shown_in
from intermt.domain.prompts import END_MARKER, Prompts, answer_messages, follow_up_messages
from intermt.domain.questions import fault_of
from intermt.records import (
    Call,
    ImagePart,
    Message,
    Node,
    Part,
    Reply,
    Seed,
    TextPart,
    ToolUse,
    content_id,
    node_id,
)
from intermt.servers.chat import chat_call
from intermt.servers.tool_calls import ToolRound, with_tools

_SECOND_TRY = 1_000
"""Added to the sample number of a question that is asked for again."""
_PLACED = re.compile(r"^\W*(?:picture|image)?\s*#?(\d{1,4})\s*(?:$|[:,.;(–—-])", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class GrowthPlan:
    """How trees grow.

    Attributes:
        answer: Servers that answer; candidates are dealt out among them in turn.
        user: Server of the simulated user.
        draw: Server that draws what answers ask for.
        prompts: The templates.
        edit: Server that changes earlier pictures.
        retrieve: Server that finds pictures.
        pictures: Captioned pictures that are looked through in place of a retrieval server.
        tools: Whether answers may also call the tools; a server that rejects tools is asked
            without. Without any tool, tags stay as they are.
        n_turns: Depth of the tree.
        n_candidates: Answers to every question.
        n_follow_ups: Questions after every answer that is kept.
        beam: Most answers of one level that are followed up.
        seed: Makes another tree from the same question.
        temperature: Of follow-up questions, and of answers where `temperatures` is empty.
        temperatures: Of answers; dealt out among the candidates in turn.
        max_tokens: Longest answer or question.
        limit_context: What is done with a call that is over a limit of its server.
    """

    answer: tuple[Server, ...]
    user: Server
    draw: Server | None
    prompts: Prompts
    edit: Server | None = None
    retrieve: Server | None = None
    pictures: LocalPictures | None = None
    tools: bool = True
    n_turns: int = 5
    n_candidates: int = 2
    n_follow_ups: int = 1
    beam: int = 8
    seed: int = 0
    temperature: float = 0.7
    temperatures: tuple[float, ...] = ()
    max_tokens: int = 1024
    limit_context: LimitRule = "fail"

    @property
    def tool_servers(self) -> tuple[Server, ...]:
        """The servers of the tools."""
        return tuple(s for s in (self.draw, self.edit, self.retrieve) if s is not None)


@dataclass(frozen=True, slots=True)
class Branch:
    """A node with the way to it.

    Attributes:
        nodes: From the seed question on.
        tool_uses: The pictures that the last node asked for.
    """

    nodes: tuple[Node, ...]
    tool_uses: tuple[ToolUse, ...] = ()

    @property
    def end(self) -> Node:
        """The last node."""
        return self.nodes[-1]

    @property
    def place(self) -> str:
        """Where the last node stands in its tree."""
        assert self.end.place is not None
        return self.end.place

    @property
    def messages(self) -> tuple[Message, ...]:
        """The conversation up to the last node."""
        return tuple(Message(node.role, node.parts) for node in self.nodes)


class Answerer:
    """Asks for the nodes of the trees of one run."""

    def __init__(self, caller: Caller, plan: GrowthPlan, run_id: str) -> None:
        self._caller = caller
        self._plan = plan
        self._run_id = run_id
        self._tools = Toolbox(
            caller,
            draw=plan.draw,
            edit=plan.edit,
            retrieve=plan.retrieve,
            folder=plan.pictures,
        )
        self._talk = ToolTalk(self._tools)

    async def answer(self, seed: Seed, question: Branch, candidate: int) -> Branch | LeftOut | None:
        """The question with a candidate answer; None if a call for it failed."""
        plan = self._plan
        server = plan.answer[candidate % len(plan.answer)]
        tool_seed = _call_seed(plan.seed, seed.seed_id, 0)
        said = await tried(
            self._caller,
            lambda attempt: self._talk.answer(
                attempt,
                server,
                lambda rounds, is_last: self._answer_call(
                    attempt, server, seed, question, candidate, rounds, is_last
                ),
                shown_in(question.messages),
                tool_seed,
                offer=plan.tools,
            ),
        )
        if said is None or isinstance(said, LeftOut):
            return said
        placed = await self._pictures(said, tool_seed)
        if placed is None:
            return None
        return self._answered(question, candidate, server, said, *placed)

    def _answer_call(
        self,
        attempt: Attempt,
        server: Server,
        seed: Seed,
        question: Branch,
        candidate: int,
        rounds: Sequence[ToolRound] | None,
        is_last: bool,
    ) -> Fitted:
        plan = self._plan
        temperatures = plan.temperatures or (plan.temperature,)

        def build(messages: Sequence[Message], max_image_px: int | None, n_unseen: int) -> Call:
            call = chat_call(
                server,
                messages,
                model=self._caller.models[server.name],
                temperature=temperatures[candidate % len(temperatures)],
                max_tokens=plan.max_tokens,
                seed=_call_seed(plan.seed, seed.seed_id, attempt.sample(candidate)),
                prompt_hash=plan.prompts.hash("answer_system"),
                sample=attempt.sample(candidate // len(plan.answer)),
                max_image_px=max_image_px,
            )
            if rounds is None:
                return call
            return with_tools(
                server, call, self._tools.names, rounds, is_last=is_last, n_unseen=n_unseen
            )

        messages = numbered(answer_messages(plan.prompts, question.messages))
        n_made = sum(len(made.pictures) for made in rounds or ())
        return fitted(plan.limit_context, server, messages, build, n_made)

    async def _pictures(
        self, said: Said, tool_seed: int
    ) -> tuple[tuple[Part, ...], list[tuple[Supplied, int | None]]] | None:
        """The parts of an answer, and what it asked for with the part that became of it."""
        tags = find_tags(said.text)
        if not self._tools.names:
            tags = []
        made = {
            len(said.shown) - n: one
            for n, one in enumerate(reversed([m for m in said.made if m.sha256 is not None]))
        }
        placed: set[int] = set()
        wanted: list[Supplied | None] = []
        to_supply: list[tuple[int, str]] = []
        for tag in tags:
            number = _number_of(tag.caption, made, placed)
            if number is None:
                to_supply.append((len(wanted), tag.caption))
                wanted.append(None)
            elif number in placed:
                again = shown_again(said.shown[number - 1], tag.caption, "shows it once more")
                wanted.append(again)
            else:
                placed.add(number)
                wanted.append(made[number])
        found = await asyncio.gather(
            *(self._tools.for_tag(caption, said.shown, tool_seed) for _, caption in to_supply)
        )
        for (place, _), one in zip(to_supply, found, strict=True):
            if one is None:
                return None
            wanted[place] = one
        in_text = [one for one in wanted if one is not None]
        at_end = [one for number, one in sorted(made.items()) if number not in placed]
        parts = interleave(said.text, [one.part for one in (*in_text, *at_end)])
        positions = (i for i, part in enumerate(parts) if isinstance(part, ImagePart))
        uses: list[tuple[Supplied, int | None]] = list(
            zip((*in_text, *at_end), positions, strict=True)
        )
        uses += [(one, None) for one in said.made if one.sha256 is None]
        return parts, uses

    def _answered(
        self,
        question: Branch,
        candidate: int,
        server: Server,
        said: Said,
        parts: tuple[Part, ...],
        uses: Sequence[tuple[Supplied, int | None]],
    ) -> Branch:
        parent, reply = question.end, said.reply
        tags = find_tags(said.text)
        answer_id = node_id(parent.node_id, "assistant", parts)
        node = Node(
            node_id=answer_id,
            parent_id=parent.node_id,
            seed_id=parent.seed_id,
            role="assistant",
            turn=parent.turn,
            parts=parts,
            n_tags=sum(tag.exact for tag in tags),
            n_stray_tags=sum(not tag.exact for tag in tags),
            place=question.place + ascii_lowercase[candidate],
            model=reply.model or self._caller.models[server.name],
            server=server.name,
            request_key=reply.request_key,
            run_id=self._run_id,
            simulated=said.simulated or any(use.simulated for use, _ in uses),
            notes=said.notes,
        )
        recorded = tuple(
            use.recorded(answer_id, number, position, self._run_id)
            for number, (use, position) in enumerate(uses)
        )
        return Branch((*question.nodes, node), recorded)

    async def follow_up(
        self, seed: Seed, answer: Branch, number: int
    ) -> Branch | str | LeftOut | None:
        """The next question; why there is none, if the user is done; None if the call failed.

        A question that is none (see `questions.fault_of`) is asked for once more; the second
        one that is none ends the conversation.
        """
        earlier = [text_of(m.parts) for m in answer.messages if m.role == "user"]
        last = text_of(answer.end.parts)
        fault = ""
        for sample in (number, number + _SECOND_TRY):
            found = await tried(self._caller, partial(self._question_try, seed, answer, sample))
            if found is None or isinstance(found, LeftOut):
                return found
            reply, asked = found
            if END_MARKER in reply.text:
                return END_MARKER
            fault = fault_of(reply.text, earlier, last)
            if not fault:
                return self._asked(answer, number, reply, asked)
        return fault

    async def _question_try(
        self, seed: Seed, answer: Branch, sample: int, attempt: Attempt
    ) -> tuple[Reply, Fitted] | None:
        asked = self._question_call(seed, answer, attempt.sample(sample))
        reply = await attempt.ask(asked.call)
        return (reply, asked) if reply.state == "ok" else None

    def _question_call(self, seed: Seed, answer: Branch, sample: int) -> Fitted:
        plan = self._plan

        def build(messages: Sequence[Message], max_image_px: int | None, _: int) -> Call:
            return chat_call(
                plan.user,
                messages,
                model=self._caller.models[plan.user.name],
                temperature=plan.temperature,
                max_tokens=plan.max_tokens,
                seed=_call_seed(plan.seed, seed.seed_id, sample),
                prompt_hash=plan.prompts.hash("follow_up"),
                sample=sample,
                max_image_px=max_image_px,
            )

        messages = follow_up_messages(plan.prompts, answer.messages, seed.intention, seed.scenario)
        return fitted(plan.limit_context, plan.user, messages, build)

    def _asked(self, answer: Branch, number: int, reply: Reply, asked: Fitted) -> Branch:
        parent = answer.end
        parts = (TextPart(reply.text),)
        node = Node(
            node_id=node_id(parent.node_id, "user", parts),
            parent_id=parent.node_id,
            seed_id=parent.seed_id,
            role="user",
            turn=parent.turn + 1,
            parts=parts,
            place=f"{answer.place}.{number + 1}",
            model=reply.model or asked.call.model,
            server=self._plan.user.name,
            request_key=reply.request_key,
            run_id=self._run_id,
            simulated=reply.simulated,
            notes=asked.notes,
        )
        return Branch((*answer.nodes, node))


def _number_of(caption: str, made: dict[int, Supplied], placed: set[int]) -> int | None:
    """The number of the picture made in this answer that a tag places, if it places one."""
    if (found := _PLACED.match(caption)) and int(found[1]) in made:
        return int(found[1])
    same = caption.casefold()
    for number, one in sorted(made.items()):
        if number not in placed and one.ask.casefold() == same:
            return number
    return None


def _call_seed(seed: int, seed_id: str, number: int) -> int:
    """A sampling seed of 31 bits that is the same for the same work on every machine."""
    return int(content_id("call seed", seed, seed_id, number)[:8], 16) & 0x7FFFFFFF
