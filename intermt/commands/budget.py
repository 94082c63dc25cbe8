"""What calls cost, and stopping at a limit.

Many calls are under way at once, and what they cost shows only when they are answered. So
what those under way will presumably take is set aside: near a limit a call waits until others
have been answered, and a run ends about one call beyond its limit, not all that are under way.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import orjson

from intermt.config import Server
from intermt.errors import UsageError
from intermt.records import Call, Reply

_CHARACTERS_PER_TOKEN = 4
_PICTURE_KINDS = ("draw", "edit")


@dataclass(slots=True)
class _Usual:
    """What the chat replies of a server took so far."""

    n: int = 0
    tokens_in: int = 0
    tokens_out: int = 0


@dataclass(slots=True)
class Budget:
    """What a run has spent, and what it may spend.

    Attributes:
        servers: The servers by the name that calls carry; they have the prices.
        max_tokens: Tokens, in and out together, at which no further call is made.
        max_cost: Cost at which no further call is made.
        tokens_in: Prompt tokens of all replies.
        tokens_out: Completion tokens.
        cost: By the servers' prices; in their currency.
        n_estimated: Replies whose server counted no tokens; four characters are taken for
            one.
        n_unasked: Calls that were not made because a limit was reached.
        usual: What chat replies took, by server.
    """

    servers: Mapping[str, Server]
    max_tokens: int | None = None
    max_cost: float | None = None
    tokens_in: int = 0
    tokens_out: int = 0
    cost: float = 0.0
    n_estimated: int = 0
    n_unasked: int = 0
    usual: dict[str, _Usual] = field(default_factory=dict)

    @property
    def limited(self) -> bool:
        """Whether there is a limit."""
        return self.max_tokens is not None or self.max_cost is not None

    @property
    def priced(self) -> bool:
        """Whether any server has a price."""
        return any(s.price_in or s.price_out or s.price_picture for s in self.servers.values())

    def spent(self) -> str:
        """Which limit is reached, in words; "" for none."""
        tokens = self.tokens_in + self.tokens_out
        if self.max_tokens is not None and tokens >= self.max_tokens:
            return f"--max-tokens-total {self.max_tokens:,}: {tokens:,} tokens used"
        if self.max_cost is not None and self.cost >= self.max_cost:
            return f"--max-cost {self.max_cost:g}: {self.cost:.4g} spent"
        return ""

    def refused(self, call: Call, why: str) -> Reply:
        """The end of a call that is not made; no record of it is kept."""
        self.n_unasked += 1
        return Reply(call.request_key, "exhausted", error=f"not asked: {why}", attempts=0)

    def count(self, call: Call, reply: Reply) -> None:
        """Count what a reply took; one that never came took nothing."""
        if reply.http_status is None:
            return
        n_in, n_out = reply.tokens_in, reply.tokens_out
        if call.kind == "chat" and n_in is None and n_out is None:
            n_in = _tokens_of(_without_schema(call.body))
            n_out = _tokens_of(reply.text)
            self.n_estimated += 1
        self.tokens_in += n_in or 0
        self.tokens_out += n_out or 0
        self.cost += self._price(call, n_in or 0, n_out or 0)
        if call.kind in _PICTURE_KINDS and reply.image_sha256 is not None:
            self.cost += self.servers[call.server].price_picture
        if call.kind == "chat":
            usual = self.usual.setdefault(call.server, _Usual())
            usual.n += 1
            usual.tokens_in += n_in or 0
            usual.tokens_out += n_out or 0

    def presumed(self, call: Call) -> tuple[int, float]:
        """Tokens and cost that a call will presumably take.

        Until a server has answered, its replies are taken to be as long as they may be.
        """
        n_in = n_out = 0
        if call.kind == "chat":
            usual = self.usual.get(call.server, _Usual())
            n_in = _tokens_of(_without_schema(call.body))
            n_out = int(call.body.get("max_tokens") or 0)
            if usual.n:
                n_in = max(n_in, usual.tokens_in // usual.n)
                n_out = usual.tokens_out // usual.n
        cost = self._price(call, n_in, n_out)
        if call.kind in _PICTURE_KINDS:
            cost += self.servers[call.server].price_picture
        return n_in + n_out, cost

    def has_room(self, tokens: int, cost: float) -> bool:
        """Whether so much more stays within the limits."""
        used = self.tokens_in + self.tokens_out
        return (self.max_tokens is None or used + tokens <= self.max_tokens) and (
            self.max_cost is None or self.cost + cost <= self.max_cost
        )

    def _price(self, call: Call, n_in: int, n_out: int) -> float:
        server = self.servers[call.server]
        return (n_in * server.price_in + n_out * server.price_out) / 1e6


class Gate:
    """Lets the calls of one event loop through as long as their budget has room for them."""

    def __init__(self, budget: Budget) -> None:
        self._budget = budget
        self._turn = asyncio.Lock()
        self._changed = asyncio.Event()
        self._n_under_way = 0
        self._tokens = 0
        self._cost = 0.0

    async def refusal(self, call: Call) -> Reply | None:
        """The end of a call for which nothing is left; None, sooner or later, for a call to make.

        A call that is to be made needs `under_way` at once.
        """
        budget = self._budget
        if not budget.limited:
            return None
        async with self._turn:
            while True:
                if why := budget.spent():
                    return budget.refused(call, why)
                tokens, cost = budget.presumed(call)
                # With nothing under way nothing is to be waited for: every run gets on.
                if not self._n_under_way or budget.has_room(
                    self._tokens + tokens, self._cost + cost
                ):
                    return None
                self._changed.clear()
                await self._changed.wait()

    @contextmanager
    def under_way(self, call: Call) -> Iterator[None]:
        """Sets aside what a call will presumably take, until the end of the block."""
        tokens, cost = self._budget.presumed(call) if self._budget.limited else (0, 0.0)
        self._n_under_way += 1
        self._tokens += tokens
        self._cost += cost
        try:
            yield
        finally:
            self._n_under_way -= 1
            self._tokens -= tokens
            self._cost -= cost
            self._changed.set()


def checked_limits(
    max_tokens: int | None, max_cost: float | None, servers: Mapping[str, Server]
) -> None:
    """Check that limits can ever be reached.

    Raises:
        UsageError: A limit leaves room for no call, or a cost is limited and no server has a
            price.
    """
    if max_tokens is not None and max_tokens < 1:
        raise UsageError("--max-tokens-total is not above 0", todo="give one as in 1000000")
    if max_cost is None:
        return
    if not math.isfinite(max_cost):
        raise UsageError("--max-cost is not a number", todo="give one as in 12.50")
    if max_cost <= 0:
        raise UsageError(
            f"--max-cost {max_cost:g} is not above 0, so no call could be made",
            todo="give one as in 12.50, or --dry-run to make no call",
        )
    if not Budget(servers).priced:
        raise UsageError(
            "--max-cost needs prices, and none of the servers has one",
            todo="give price_in, price_out (a million tokens) or price_picture under"
            " [servers.NAME] in the configuration",
        )


def _tokens_of(text: str) -> int:
    return math.ceil(len(text) / _CHARACTERS_PER_TOKEN)


def _without_schema(body: Mapping[str, Any]) -> str:
    return orjson.dumps(body.get("messages", body)).decode()
