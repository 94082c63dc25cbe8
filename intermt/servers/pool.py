"""Which URL gets the next request, and how many may be under way at once.

A URL is left alone after several failures in a row (its breaker is open) and then probed
by single requests at growing distances until one is answered. The number in flight grows
by one a success until the first sign of congestion, by one a round after it, and is
halved on congestion, at most once a round.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from intermt.servers.pacing import Pacing


class AllDownError(Exception):
    """No URL is usable and none has been for `Pacing.give_up_s`."""


@dataclass(frozen=True, slots=True)
class Health:
    """What one attempt says about the URL it went to.

    Attributes:
        answered: Whether the URL is alive; False counts towards its breaker.
        congested: Whether it has too much to do (429, 503, time-out).
        pause_s: How long it asked to be left alone.
    """

    answered: bool = True
    congested: bool = False
    pause_s: float = 0.0


@dataclass(slots=True)
class Lane:
    """One URL and what is known of it; times are of `time.monotonic`."""

    url: str
    in_flight: int = 0
    failures: int = 0
    broken: bool = False
    probing: bool = False
    cool_down_s: float = 0.0
    open_until: float = 0.0
    paused_until: float = 0.0

    def ready(self, now: float) -> bool:
        """Whether a request may go here now."""
        return now >= self.ready_at() and not (self.broken and self.probing)

    def ready_at(self) -> float:
        """When pause and cool-down are over."""
        return max(self.open_until, self.paused_until)

    def succeeded(self) -> None:
        """Note an answer: the breaker closes."""
        self.failures = 0
        self.broken = False
        self.cool_down_s = self.open_until = 0.0

    def failed(self, now: float, probe: bool, pacing: Pacing) -> None:
        """Note a failure: the breaker opens at the limit, or stays open longer.

        Failures of requests that were under way when it opened do not prolong it.
        """
        self.failures += 1
        if not probe and (self.broken or self.failures < pacing.breaker_failures):
            return
        self.broken = True
        longer = self.cool_down_s * 2 or pacing.cool_down_s
        self.cool_down_s = min(longer, pacing.cool_down_cap_s)
        self.open_until = now + self.cool_down_s


@dataclass(frozen=True, slots=True)
class Ticket:
    """Leave to send one request to a URL."""

    lane: Lane
    started: float
    probe: bool


class Pool:
    """The URLs of one server; first come, first served."""

    def __init__(self, urls: Sequence[str], ceiling: int, pacing: Pacing) -> None:
        self.lanes = tuple(Lane(url) for url in urls)
        self.in_flight = 0
        self.limit = float(min(pacing.first_in_flight, ceiling))
        self._ceiling = ceiling
        self._pacing = pacing
        self._ramping = True
        self._shrunk_at = 0.0
        self._trouble_since: float | None = None
        self._turn = asyncio.Lock()
        self._changed = asyncio.Event()

    async def acquire(self, avoid: Lane | None = None) -> Ticket:
        """Leave to send to the least busy usable URL, another than `avoid` if there is one.

        Raises:
            AllDownError: No URL is usable and none has worked for `give_up_s`.
        """
        async with self._turn:
            while True:
                now = time.monotonic()
                ready = [lane for lane in self.lanes if lane.ready(now)]
                if ready and self.in_flight < int(self.limit):
                    lane = min(ready, key=lambda lane: (lane is avoid, lane.in_flight))
                    return self._take(lane, now)
                if not ready and now >= self._gives_up_at():
                    raise AllDownError
                self._changed.clear()
                with suppress(TimeoutError):
                    async with asyncio.timeout(None if ready else self._next_change() - now):
                        await self._changed.wait()

    def release(self, ticket: Ticket, health: Health | None) -> None:
        """Give the leave back and say how it went; None if it was cancelled."""
        lane, now = ticket.lane, time.monotonic()
        lane.in_flight -= 1
        self.in_flight -= 1
        if ticket.probe:
            lane.probing = False
        if health is not None:
            self._learn(ticket, health, now)
        self._changed.set()

    def _take(self, lane: Lane, now: float) -> Ticket:
        lane.in_flight += 1
        self.in_flight += 1
        lane.probing = lane.broken
        return Ticket(lane, now, probe=lane.broken)

    def _learn(self, ticket: Ticket, health: Health, now: float) -> None:
        lane = ticket.lane
        if health.answered:
            lane.succeeded()
        else:
            lane.failed(now, ticket.probe, self._pacing)
        if health.pause_s > 0:
            pause_s = min(health.pause_s, self._pacing.retry_after_cap_s)
            lane.paused_until = max(lane.paused_until, now + pause_s)
        if health.congested:
            self._shrink(ticket.started, now)
        elif health.answered:
            self._trouble_since = None
            grown = self.limit + (1.0 if self._ramping else 1.0 / self.limit)
            self.limit = min(grown, float(self._ceiling))
            return
        if self._trouble_since is None:
            self._trouble_since = now

    def _shrink(self, started: float, now: float) -> None:
        # Requests sent before the last halving say nothing about the number after it.
        if started >= self._shrunk_at:
            self.limit = max(1.0, self.limit / 2)
            self._shrunk_at = now
            self._ramping = False

    def _gives_up_at(self) -> float:
        since = self._trouble_since
        return float("inf") if since is None else since + self._pacing.give_up_s

    def _next_change(self) -> float:
        times = [lane.ready_at() for lane in self.lanes if not (lane.broken and lane.probing)]
        return min([*times, self._gives_up_at()])
