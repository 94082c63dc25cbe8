"""An answer that may call tools on the way: rounds of calls, then the text.

Whether a server takes tools at all shows at its first call: where that one is rejected and
the same without tools is not, the server is asked without from then on.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from intermt.commands.context_limits import Fitted
from intermt.commands.tools import Supplied, Toolbox
from intermt.commands.trying import Attempt
from intermt.config import Server
from intermt.domain.picture_numbers import Shown
from intermt.records import Reply
from intermt.servers.tool_calls import ToolCall, ToolRound, read_tool_calls

MAX_ROUNDS = 3
"""Rounds of tool calls in one answer; after them the model has to answer in text."""
MAX_CALLS = 8
"""Tool calls that are carried out in one round."""

_NOT_ABOUT_THE_REQUEST = frozenset({401, 403, 429})

Ask = Callable[[Sequence[ToolRound] | None, bool], Fitted]
"""Makes the call that continues after some rounds, with tools; None for one without tools.
The second argument forbids further tool calls."""


@dataclass(frozen=True, slots=True)
class Said:
    """An answer's text and what was made for it.

    Attributes:
        text: What the model wrote, what it said beside tool calls included.
        reply: The last reply.
        made: What became of the tool calls, in order.
        shown: All pictures of the conversation so far, those made here at the end.
        notes: What was done to make the call fit.
        simulated: Whether a stand-in had a part in it.
    """

    text: str
    reply: Reply
    made: tuple[Supplied, ...]
    shown: tuple[Shown, ...]
    notes: tuple[str, ...]
    simulated: bool


class ToolTalk:
    """Gets answers with tools on offer, where the server takes them."""

    def __init__(self, tools: Toolbox) -> None:
        self._tools = tools
        self._takes_tools: dict[str, bool] = {}
        self._finding_out: dict[str, asyncio.Lock] = {}

    async def answer(
        self,
        attempt: Attempt,
        server: Server,
        ask: Ask,
        earlier: Sequence[Shown],
        seed: int,
        *,
        offer: bool,
    ) -> Said | None:
        """The answer; None if a call for it failed.

        Args:
            attempt: The try that the calls are made for.
            server: Whom to ask.
            ask: Makes the calls.
            earlier: Pictures of the conversation.
            seed: Sampling seed of the tools.
            offer: Whether tools are offered at all.
        """
        plain = ask(None, False)
        if offer and self._tools.names:
            offered = ask((), False)
            reply, with_tools = await self._first(attempt, server, offered, plain)
            fitted = offered if with_tools else plain
        else:
            reply, with_tools, fitted = await attempt.ask(plain.call), False, plain
        shown, texts = list(earlier), []
        rounds: list[ToolRound] = []
        made: list[Supplied] = []
        simulated = reply.simulated
        while reply.state == "ok":
            texts.append(reply.text)
            calls = read_tool_calls(reply) if with_tools else ()
            if not calls or len(rounds) == MAX_ROUNDS:
                text = _joined(texts)
                pictures = tuple(made)
                return Said(text, reply, pictures, tuple(shown), fitted.notes, simulated)
            supplied = await self._carried_out(calls, shown, seed)
            if supplied is None:
                return None
            rounds.append(_told(reply, calls, supplied, shown))
            made += supplied
            simulated = simulated or any(one.simulated for one in supplied)
            fitted = ask(rounds, len(rounds) == MAX_ROUNDS)
            reply = await attempt.ask(fitted.call)
            simulated = simulated or reply.simulated
        return None

    async def _carried_out(
        self, calls: Sequence[ToolCall], shown: Sequence[Shown], seed: int
    ) -> list[Supplied] | None:
        # Each sees the pictures before this round: none waits for another.
        before = tuple(shown)
        results = await asyncio.gather(
            *(self._tools.for_call(call, before, seed) for call in calls[:MAX_CALLS])
        )
        done = [one for one in results if one is not None]
        return done if len(done) == len(results) else None

    async def _first(
        self, attempt: Attempt, server: Server, offered: Fitted, plain: Fitted
    ) -> tuple[Reply, bool]:
        """The first reply, and whether it was asked for with tools on offer."""
        ask, name = attempt.ask, server.name
        for fitted, with_tools in ((offered, True), (plain, False)):
            if attempt.is_known(fitted.call):
                return await ask(fitted.call), with_tools
        if name not in self._takes_tools:
            async with self._finding_out.setdefault(name, asyncio.Lock()):
                if name not in self._takes_tools:
                    return await self._found_out(attempt, name, offered, plain)
        takes = self._takes_tools[name]
        return await ask((offered if takes else plain).call), takes

    async def _found_out(
        self, attempt: Attempt, name: str, offered: Fitted, plain: Fitted
    ) -> tuple[Reply, bool]:
        reply = await attempt.ask(offered.call)
        if reply.state in ("ok", "empty", "truncated", "refused"):
            self._takes_tools[name] = True
        if not _may_be_about_tools(reply):
            return reply, True
        without = await attempt.ask(plain.call)
        # Rejected both ways, it is about something else, and the next call finds out.
        if without.state in ("ok", "empty", "truncated", "refused"):
            self._takes_tools[name] = False
        return without, False


def _joined(texts: Sequence[str]) -> str:
    """What was said beside the calls of each round and at last; one text stays as it is."""
    if len(texts) == 1:
        return texts[0]
    return "\n\n".join(text for said in texts if (text := said.strip()))


def _may_be_about_tools(reply: Reply) -> bool:
    status = reply.http_status
    if reply.state == "rejected":
        return status is not None and status not in _NOT_ABOUT_THE_REQUEST
    # llama.cpp without its template engine fails with a 500 that says so.
    return reply.state == "exhausted" and status is not None and "tool" in reply.error.casefold()


def _told(
    reply: Reply, calls: Sequence[ToolCall], supplied: Sequence[Supplied], shown: list[Shown]
) -> ToolRound:
    """The round as the model is told of it; its pictures are added to `shown`."""
    results: list[str] = []
    pictures: list[tuple[int, str]] = []
    for one in supplied:
        if one.sha256 is None:
            results.append(f"No picture: {one.part.missing}. Go on without it, or try another way.")
            continue
        shown.append(Shown(one.sha256, one.part.key, "assistant"))
        number = len(shown)
        pictures.append((number, one.sha256))
        results.append(
            f"Picture {number} is there. Write <Image, picture {number}> where it belongs in"
            " your answer; without that it stands at the end."
        )
    too_many = len(calls) - len(supplied)
    results += [f"Not carried out: more than {MAX_CALLS} calls at once."] * too_many
    return ToolRound(reply.text, tuple(calls), tuple(results), tuple(pictures))
