"""What calls cost, and stopping at a limit."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from intermt.config import Server
from intermt.errors import UsageError
from intermt.records import Call, Reply

_CHARACTERS_PER_TOKEN = 4
_PICTURE_KINDS = ("draw", "edit")


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
    """

    servers: Mapping[str, Server]
    max_tokens: int | None = None
    max_cost: float | None = None
    tokens_in: int = 0
    tokens_out: int = 0
    cost: float = 0.0
    n_estimated: int = 0
    n_unasked: int = 0

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
        server = self.servers[call.server]
        self.cost += ((n_in or 0) * server.price_in + (n_out or 0) * server.price_out) / 1e6
        if call.kind in _PICTURE_KINDS and reply.image_sha256 is not None:
            self.cost += server.price_picture


def checked_limits(
    max_tokens: int | None, max_cost: float | None, servers: Mapping[str, Server]
) -> None:
    """Check that limits can ever be reached.

    Raises:
        UsageError: A cost is limited and no server has a price.
    """
    if max_cost is None:
        return
    if not math.isfinite(max_cost):
        raise UsageError("--max-cost is not a number", todo="give one as in 12.50")
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
