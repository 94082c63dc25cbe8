"""Asking servers on behalf of a command: reuse, safe keeping, early stop.

A call that is settled (see `store.requests`) is not made again. Every other call is sent,
and its reply, whatever its state, is in the journal before the command sees it. Too many
failures in a row of calls end the run early: a broken server costs no whole night.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections import Counter
from collections.abc import (
    Callable,
    Coroutine,
    Iterable,
    Iterator,
    Mapping,
)
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from types import TracebackType
from typing import Any, Self, TypeVar

from intermt.commands.budget import Budget, Gate
from intermt.commands.early_stop import EarlyStop
from intermt.commands.keeping import Keeper
from intermt.commands.stopping import run_to_end
from intermt.config import Server
from intermt.errors import IntermtError
from intermt.records import Call, Image, Progress, Reply
from intermt.servers.client import Client
from intermt.servers.encoding import PictureCache
from intermt.store import requests
from intermt.store.connect import Store
from intermt.store.rows import Answered, Record

MOST_REASONS = 20

_PICTURE_BYTES = 32 * 1024 * 1024
_LAST_REPLIES_S = 60.0

Result = TypeVar("Result")

Accept = Callable[[Reply], str]
"""Says why a reply that came well is of no use, or "" where it is."""


@dataclass(slots=True)
class CallCounts:
    """What became of the calls of one run.

    Attributes:
        reused: Answered from the store, without a request.
        states: How the calls that were made ended, by state.
        unstated: Those of the unparsed ones that were replies: they came, and state nothing.
        unsent: Those of the rejected ones that never went out, being over a limit that is
            known, or with a picture that cannot be read.
        worked_round: Those of the rejected ones that were made again in another manner.
        attempts: HTTP requests made.
        tokens_in: Prompt tokens the servers counted.
        tokens_out: Completion tokens, likewise.
        reasons: Why calls did not end well, in words, with how often; the first
            `MOST_REASONS` different ones.
    """

    reused: int = 0
    states: Counter[str] = field(default_factory=Counter)
    unstated: int = 0
    unsent: int = 0
    worked_round: int = 0
    attempts: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    reasons: Counter[str] = field(default_factory=Counter)

    @classmethod
    def sum(cls, counts: Iterable[CallCounts]) -> CallCounts:
        """The counts of several callers together."""
        total = cls()
        for one in counts:
            total.reused += one.reused
            total.states.update(one.states)
            total.unstated += one.unstated
            total.unsent += one.unsent
            total.worked_round += one.worked_round
            total.attempts += one.attempts
            total.tokens_in += one.tokens_in
            total.tokens_out += one.tokens_out
            total.reasons.update(one.reasons)
        return total

    @property
    def made(self) -> int:
        """Calls that were sent."""
        return self.states.total()

    @property
    def failed(self) -> int:
        """Calls that did not end well, and were not made again in another manner."""
        return self.made - self.states["ok"] - self.worked_round


class Caller:
    """Asks the servers of one run; use as an async context manager.

    Args:
        store: Where replies are kept and found.
        servers: The servers by the name that calls carry.
        run_id: The run that replies are booked to.
        progress: Told of trouble.
        stop_error_rate: Share of failures among the latest calls to a server at which the run
            ends.
        budget: Counts what replies take; once a limit is reached, no further call is made.
        how_to_look: Says how to look at a reply that states nothing; "" where there is no way.
    """

    def __init__(
        self,
        store: Store,
        servers: Mapping[str, Server],
        *,
        run_id: str,
        progress: Progress,
        stop_error_rate: float = 0.5,
        budget: Budget | None = None,
        how_to_look: Callable[[], str] = lambda: "",
    ) -> None:
        self.counts = CallCounts()
        self.models: dict[str, str] = {}
        self.simulated: dict[str, bool] = {}
        self._store = store
        self._servers = servers
        self._run_id = run_id
        self._progress = progress
        self._early_stop = EarlyStop(servers, stop_error_rate, how_to_look)
        self._budget = budget or Budget(servers)
        self._gate = Gate(self._budget)
        self._clients: dict[str, Client] = {}
        self._known: set[str] = set()
        self._in_vain: dict[str, bool] = {}
        self._rejected: set[str] = set()
        self._under_way: dict[str, asyncio.Task[Reply]] = {}
        self._stack = AsyncExitStack()
        self._lookup: asyncio.Task[dict[str, Reply]] | None = None
        self._looked_up: set[str] = set()
        self._keeper = Keeper(store)

    async def __aenter__(self) -> Self:
        """Open the clients and find out which models the servers serve.

        Raises:
            ServerUnreachable: A server does not answer at all.
        """
        try:
            pictures = PictureCache(self._store.images.read, _PICTURE_BYTES)
            for name, server in self._servers.items():
                client = Client(server, self._store.images.read, pictures=pictures)
                self._clients[name] = await self._stack.enter_async_context(client)
            checks = asyncio.gather(*(client.check() for client in self._clients.values()))
            keys, found = await asyncio.gather(asyncio.to_thread(self._keys), checks)
        except BaseException:
            await self._stack.aclose()
            raise
        self._known, self._in_vain = keys
        for name, served in zip(self._clients, found, strict=True):
            self.models[name] = self._servers[name].model or served.model
            self.simulated[name] = served.simulated
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the clients; after an error that is none of a signal's, replies are waited for.

        They are paid for. A server that does not answer within a minute is given up.
        """
        try:
            if isinstance(error, IntermtError):
                await self._wait_for_replies()
        finally:
            for task in self._under_way.values():
                task.cancel()
            await self._keeper.finish()
            await self._stack.aclose()

    async def _wait_for_replies(self) -> None:
        sending = set().union(*(client.end_tries() for client in self._clients.values()))
        under_way = set(self._under_way.values())
        for task in under_way - sending:
            task.cancel()
        if waited := under_way & sending:
            self._progress.note(f"stopping: {len(waited)} calls are under way still")
            await asyncio.wait(waited, timeout=_LAST_REPLIES_S)

    def _keys(self) -> tuple[set[str], dict[str, bool]]:
        with self._store.reading() as db:
            return requests.settled_keys(db), requests.keys_in_vain(db)

    def is_known(self, call: Call) -> bool:
        """Whether the reply to this call is in the store."""
        return call.request_key in self._known

    def was_in_vain(self, call: Call) -> bool:
        """Whether this call was in vain in an earlier run, and may be made again."""
        return call.request_key in self._in_vain

    def was_in_vain_twice(self, call: Call) -> bool:
        """Whether this call was in vain in two earlier runs."""
        return self._in_vain.get(call.request_key, False)

    def keep(self, records: Iterable[Record]) -> None:
        """Make records that follow from replies safe, like the replies themselves."""
        self._store.keep(records)

    async def keep_soon(self, records: Iterable[Record]) -> None:
        """The same for a lot of records, while other calls go on."""
        await self._keeper.keep(records)

    async def take_in(self, content: bytes) -> Image:
        """The record of a picture that is now in the store, and will be named there.

        Raises:
            InputError: Not a picture that can be read.
        """
        image = await asyncio.to_thread(self._store.images.add, content)
        await self._keeper.keep([image])
        return image

    async def ask(self, call: Call, accept: Accept = lambda _: "") -> Reply:
        """The reply to a call, from the store or from its server.

        Two askers of the same call at the same time share one request. Where the budget is
        spent, a call that is not in the store ends as `exhausted` without being made.

        Raises:
            TryLater: Too many of the latest calls failed.
        """
        key = call.request_key
        if key in self._known:
            reply = await self._from_store(key)
            if reply is not None:
                self.counts.reused += reply.state == "ok"
                return reply
        task = self._under_way.get(key)
        if task is None:
            task = asyncio.create_task(self._send(call, accept))
            self._under_way[key] = task
            task.add_done_callback(_seen)
            task.add_done_callback(lambda _: self._under_way.pop(key, None))
        return await asyncio.shield(task)

    async def _send(self, call: Call, accept: Accept) -> Reply:
        if refused := await self._gate.refusal(call):
            return refused
        with self._gate.under_way(call):
            return await self._sent(call, accept)

    async def _sent(self, call: Call, accept: Accept) -> Reply:
        reply = await self._clients[call.server].send(call)
        records: list[Record] = []
        if reply.picture is not None:
            image = await asyncio.to_thread(
                self._store.images.add, reply.picture, simulated=reply.simulated
            )
            records.append(image)
            reply = replace(reply, picture=None, image_sha256=image.sha256)
        if reply.state == "ok" and (why := accept(reply)):
            reply = replace(reply, state="unparsed", error=why)
        records.append(Answered(call, self._marked(call, reply), self._run_id))
        await self._keeper.keep(records)
        if requests.is_settled(
            call.kind,
            reply.state,
            http_status=reply.http_status,
            sample=call.sample,
            text=reply.text,
        ):
            self._known.add(reply.request_key)
        self._count(call, reply)
        return reply

    def _marked(self, call: Call, reply: Reply) -> Reply:
        """The reply as the ledger keeps it: with a note if it is in vain once more."""
        if not self.was_in_vain(call) or not requests.is_in_vain(
            call.kind, reply.state, reply.text
        ):
            return reply
        return replace(reply, error=reply.error + requests.AGAIN)

    def _count(self, call: Call, reply: Reply) -> None:
        self._budget.count(call, reply)
        self.counts.states[reply.state] += 1
        self.counts.unstated += reply.state == "unparsed" and reply.text != ""
        if reply.state == "rejected":
            self._rejected.add(reply.request_key)
            self.counts.unsent += reply.attempts == 0
        if reply.state != "ok":
            why = _why(reply)
            if why in self.counts.reasons or len(self.counts.reasons) < MOST_REASONS:
                self.counts.reasons[why] += 1
        self.counts.attempts += reply.attempts
        self.counts.tokens_in += reply.tokens_in or 0
        self.counts.tokens_out += reply.tokens_out or 0
        self._early_stop.note(call, reply, was_in_vain=self.was_in_vain(call))

    def worked_round(self, reply: Reply) -> None:
        """Count a rejection as no failure: the same is asked for in another manner."""
        if reply.request_key in self._rejected:
            self._rejected.remove(reply.request_key)
            self.counts.worked_round += 1
            self.counts.reasons -= Counter([_why(reply)])

    async def _from_store(self, key: str) -> Reply | None:
        # One opening of the database answers all who ask in the same moment.
        self._looked_up.add(key)
        if self._lookup is None:
            self._lookup = asyncio.create_task(self._look_up())
            self._lookup.add_done_callback(_seen)
        return (await asyncio.shield(self._lookup)).get(key)

    async def _look_up(self) -> dict[str, Reply]:
        await asyncio.sleep(0.01)
        keys, self._looked_up, self._lookup = self._looked_up, set(), None

        def read() -> dict[str, Reply]:
            with self._store.reading() as db:
                found = requests.settled_replies(db, keys)
            if len(found) == len(keys):
                return found
            # What this run has just been answered may not be in the database yet.
            self._store.flush()
            with self._store.reading() as db:
                return requests.settled_replies(db, keys)

        return await asyncio.to_thread(read)


def _why(reply: Reply) -> str:
    return f"{reply.state}: {reply.error or 'no reason given'}"


def _seen(task: asyncio.Task[Any]) -> None:
    """Take note of how a task failed, as whoever asked may have been given up before it did."""
    if not task.cancelled():
        task.exception()


def completed(store: Store, work: Coroutine[Any, Any, Result]) -> Result:
    """What asynchronous work comes to; when it ends early, nothing waits for the store.

    Work that may wait for the store belongs in a thread: signals reach the event loop only.

    Raises:
        KeyboardInterrupt: A signal stopped it.
    """

    async def guarded() -> Result:
        try:
            return await work
        except BaseException:
            store.lock.give_up.set()
            raise

    return run_to_end(guarded())


@contextlib.contextmanager
def started(servers: Iterable[Server]) -> Iterator[dict[str, Server]]:
    """The servers by name, with a stand-in running for those that are `builtin`.

    The stand-in takes its faults, latency and seed from the environment of the `simulate`
    command, so that a demo or a test can make it a bad server.
    """
    wanted = {server.name: server for server in servers}
    if all(server.url for server in wanted.values()):
        yield wanted
        return
    from intermt.simulator.server import InProcess
    from intermt.simulator.settings import from_environment

    with InProcess(from_environment(os.environ)) as base_url:
        yield {
            name: server if server.url else replace(server, url=(base_url,))
            for name, server in wanted.items()
        }
