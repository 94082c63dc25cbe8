"""When a run is ended early: neither a broken server nor a mute model costs a whole night."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Mapping

from intermt.config import Server
from intermt.errors import TryLater
from intermt.records import Call, CallState, Reply
from intermt.store import requests

_WINDOW = 50
_AT_LEAST = 20
_MEND: Mapping[CallState, str] = {
    "unparsed": "use other --prompts or ask another model",
    "truncated": "raise --max-tokens",
}


class EarlyStop:
    """Watches how the calls of a run end.

    Args:
        servers: The servers by the name that calls carry.
        rate: Share of failures among the latest calls to a server at which the run ends; 1
            never ends it.
        how_to_look: Says how to look at a reply that states nothing; "" where there is no way.
    """

    def __init__(
        self, servers: Mapping[str, Server], rate: float, how_to_look: Callable[[], str]
    ) -> None:
        self._servers = servers
        self._rate = rate
        self._how_to_look = how_to_look
        self._recent: dict[str, deque[CallState]] = {
            name: deque(maxlen=_WINDOW) for name in servers
        }

    def note(self, call: Call, reply: Reply, *, was_in_vain: bool) -> None:
        """Take in how a call ended.

        By server, as one that is down may be asked far less often than the others. That a
        picture is denied for what it shows, that none is found, or that a chat is in vain once
        more, tells of no broken server.

        Raises:
            TryLater: Too many of the latest calls to its server failed.
        """
        if requests.is_in_vain(call.kind, reply.state, reply.text) and (
            was_in_vain or call.sample >= requests.FURTHER_TRY
        ):
            return
        denied = reply.state == "refused" or (call.kind == "retrieve" and reply.state == "empty")
        if call.kind in ("draw", "edit", "retrieve") and (call.sample or denied):
            return
        recent = self._recent[call.server]
        # What is not even a chat reply tells of the server, not of the model.
        is_reply = reply.state != "unparsed" or reply.text != ""
        recent.append(reply.state if is_reply else "exhausted")
        n_bad = len(recent) - recent.count("ok")
        if self._rate >= 1 or len(recent) < _AT_LEAST or n_bad < self._rate * len(recent):
            return
        if reply.state == "ok":
            # The next failure can say what is wrong.
            return
        raise TryLater(
            f"stopped early: {n_bad} of the latest {len(recent)} calls to {call.server}"
            f" failed, the last one {reply.state} ({reply.error or 'no reason given'})",
            where=reply.url or ", ".join(self._servers[call.server].url),
            todo=self._what_to_do(Counter(state for state in recent if state != "ok")),
        )

    def _what_to_do(self, bad: Counter[CallState]) -> str:
        state, n = bad.most_common(1)[0]
        if 2 * n <= bad.total() or state not in ("unparsed", "truncated", "refused", "empty"):
            return "mend the server, then run the same command again: it goes on from here"
        mend = _MEND.get(state, "ask another model")
        if state == "unparsed" and (look := self._how_to_look()):
            mend = f"{look}, then {mend}"
        return f"{mend}, or go on all the same with a higher --stop-error-rate"
