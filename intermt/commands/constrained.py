"""Asking a chat server for a verdict in a JSON schema, as far as the server goes along.

Servers differ: some take a schema, some turn it down, some take it and do as they please; the
same holds for probabilities of tokens. What a server turns down is left out from then on, and
the verdict says so.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from intermt.commands.calling import Accept, Caller
from intermt.commands.trying import Attempt
from intermt.records import Call, Reply

MOST_LOGPROBS = 20
"""Alternatives asked for at each token: as many as the API allows."""

_NO_SCHEMA_WORDS = ("response_format", "json_schema", "schema", "guided", "grammar", "structured")
_NUMBER = re.compile(r"\d+")
_HEAD_START_S = 1.0


@dataclass(frozen=True, slots=True)
class Manner:
    """How a server is asked.

    Attributes:
        schema: Whether the JSON schema goes along.
        top_logprobs: How many alternatives to each token; None asks for no probabilities.
    """

    schema: bool = True
    top_logprobs: int | None = None


@dataclass(frozen=True, slots=True)
class Constrained:
    """A reply, and what the server made of what it was asked for.

    Attributes:
        reply: How the call ended.
        notes: What a reader of the verdict should know of it.
    """

    reply: Reply
    notes: tuple[str, ...]


class ConstrainedAsking:
    """Asks servers, each in the manner that it takes."""

    def __init__(self, top_logprobs: int | None = None) -> None:
        self._manner = Manner(True, top_logprobs)
        self._manners: defaultdict[str, Manner] = defaultdict(lambda: self._manner)
        self._leads: dict[str, asyncio.Event] = {}

    async def ask(
        self,
        by: Caller | Attempt,
        server: str,
        call: Callable[[Manner], Call],
        schema: Mapping[str, Any],
        accept: Accept,
        who: str = "server",
    ) -> Constrained:
        """The reply to a call that can be made in several manners.

        Args:
            by: Makes the calls.
            server: Name of the server.
            call: Makes the call in a manner; its schema is `schema`.
            schema: See `keeps_to`.
            accept: See `Caller.ask`.
            who: What notes call the server.

        Raises:
            TryLater: Too many of the latest calls failed.
        """
        reply, manner = await self._ask(by, server, call, accept)
        notes = []
        if not manner.schema:
            notes.append(f"the {who} took no JSON schema")
        elif reply.state in ("ok", "unparsed") and not keeps_to(schema, reply.text):
            notes.append(f"the {who} did not keep to the JSON schema")
        wanted = self._manner.top_logprobs
        if manner.top_logprobs != wanted and manner.top_logprobs is not None:
            notes.append(f"the {who} names no more than {manner.top_logprobs} likely tokens")
        return Constrained(reply, tuple(notes))

    async def _ask(
        self, by: Caller | Attempt, server: str, call: Callable[[Manner], Call], accept: Accept
    ) -> tuple[Reply, Manner]:
        lead = self._leads.get(server)
        if lead is None or not lead.is_set():
            # What it turned down in an earlier run need not be turned down again.
            for manner in (replace(self._manner, schema=False), Manner(schema=False)):
                if by.is_known(call(manner)):
                    return await by.ask(call(manner), accept), manner
            # One asks first: a server that turns something down does so with a single call
            # then, not with as many as are under way, which would look like a broken server.
            # It does so at once, while an answer can take minutes.
            if lead is None:
                lead = self._leads[server] = asyncio.Event()
            else:
                with suppress(TimeoutError):
                    async with asyncio.timeout(_HEAD_START_S):
                        await lead.wait()
        manner = self._manners[server]
        while True:
            reply = await by.ask(call(manner), accept)
            lower = _without_what_is_refused(manner, reply)
            self._manners[server] = _lesser(lower or manner, self._manners[server])
            if lower is None:
                lead.set()
                return reply, manner
            by.worked_round(reply)
            manner = lower


def keeps_to(schema: Mapping[str, Any], text: str) -> bool:
    """Whether a text is JSON of a schema of the kind that `verdict_schemas` makes.

    That is an object with exactly these properties: strings, or values out of a list.
    """
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return False
    properties = schema["properties"]
    return (
        isinstance(value, dict)
        and value.keys() == properties.keys()
        and all(_fits(properties[name], value[name]) for name in properties)
    )


def _fits(wanted: Mapping[str, Any], value: Any) -> bool:
    allowed: Sequence[Any] | None = wanted.get("enum")
    kind = int if wanted.get("type") == "integer" else str
    is_kind = isinstance(value, kind) and not isinstance(value, bool)
    return is_kind and (allowed is None or value in allowed)


def _without_what_is_refused(manner: Manner, reply: Reply) -> Manner | None:
    """The manner without what a server turned a request down for; None if it did not."""
    if reply.state != "rejected":
        return None
    error = reply.error.lower()
    if manner.top_logprobs is not None and "logprob" in error:
        fewer = (int(number) for number in _NUMBER.findall(error) if len(number) <= 2)
        most = max((n for n in fewer if 1 < n < manner.top_logprobs), default=None)
        return replace(manner, top_logprobs=most)
    if manner.schema and any(word in error for word in _NO_SCHEMA_WORDS):
        return replace(manner, schema=False)
    return None


def _lesser(one: Manner, other: Manner) -> Manner:
    """What both manners allow: calls under way at once may find out different things."""
    tops = (one.top_logprobs, other.top_logprobs)
    fewest = None if None in tops else min(top for top in tops if top is not None)
    return Manner(one.schema and other.schema, fewest)
