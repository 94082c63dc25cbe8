"""Trying otherwise where a chat call comes back in vain: refused, empty, cut, beside the point.

The first time that may be chance, and the call is left for the next run, which asks the same
in the same words: what disturbs one run changes nothing of what comes of it in the end. In
vain again then, the message is tried otherwise, that is with other sample numbers and so other
sampling seeds. After the last try it is left out for good. The ledger knows of every try how it
ended, so that a run that goes on finds its place, and one with nothing left to try asks nobody.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

from intermt.commands.calling import Accept, Caller
from intermt.records import Call, CallState, Reply
from intermt.store.requests import FURTHER_TRY, is_in_vain

N_TRIES = 3

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A message for which every try was in vain.

    Attributes:
        state: How the last try ended.
    """

    state: CallState


class Attempt:
    """One try at a message, by one call or by several in a row.

    Args:
        caller: Asks the servers.
        number: 0-based.
    """

    def __init__(self, caller: Caller, number: int) -> None:
        self._caller = caller
        self._number = number
        self._last: tuple[Call, Reply] | None = None

    def sample(self, number: int) -> int:
        """The sample number that this try has in place of that of the first."""
        return number + self._number * FURTHER_TRY

    def is_known(self, call: Call) -> bool:
        """Whether this call is not made (again)."""
        return self._caller.is_known(call) or self._caller.was_in_vain_twice(call)

    async def ask(self, call: Call, accept: Accept = lambda _: "") -> Reply:
        """The reply to a call; one without content where it was in vain in two earlier runs.

        Raises:
            TryLater: Too many of the latest calls failed.
        """
        if self._caller.was_in_vain_twice(call):
            reply = Reply(call.request_key, "empty", error="in vain in two earlier runs")
        else:
            reply = await self._caller.ask(call, accept)
        self._last = call, reply
        return reply

    def worked_round(self, reply: Reply) -> None:
        """See `Caller.worked_round`."""
        self._caller.worked_round(reply)

    def in_vain(self) -> CallState | None:
        """How this try ended, where the next one is to be made; None where it is not."""
        if self._last is None:
            return None
        call, reply = self._last
        if not is_in_vain(call.kind, reply.state, reply.text):
            return None
        return reply.state if self._number or self._caller.was_in_vain(call) else None


async def tried(
    caller: Caller, make: Callable[[Attempt], Awaitable[Result | None]]
) -> Result | LeftOut | None:
    """What the first try that is not in vain comes to.

    None where a call failed in another way, or was in vain for the first time.

    Args:
        caller: Asks the servers.
        make: Makes one try, with all chat calls through it; None where it comes to nothing.

    Raises:
        TryLater: Too many of the latest calls failed.
    """
    state: CallState | None = None
    for number in range(N_TRIES):
        attempt = Attempt(caller, number)
        made = await make(attempt)
        if made is not None:
            return made
        state = attempt.in_vain()
        if state is None:
            return None
    assert state is not None
    return LeftOut(state)
