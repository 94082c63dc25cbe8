"""One server, asked many things at once; every call ends in exactly one state."""

from __future__ import annotations

import asyncio
import os
import random
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Self

from intermt import __version__
from intermt.config import Server
from intermt.errors import ConfigError
from intermt.records import Call, CallState, ImageBytes, Reply
from intermt.servers.discovery import Served, discover
from intermt.servers.encoding import PictureCache, PictureError
from intermt.servers.exchange import NoAnswerError, exchange
from intermt.servers.lean_aiohttp import aiohttp
from intermt.servers.limits import why_over
from intermt.servers.outcome import Outcome, of_answer, of_no_answer
from intermt.servers.pacing import Pacing
from intermt.servers.pool import AllDownError, Lane, Pool, Ticket
from intermt.servers.replies import redacted, tokens
from intermt.servers.reward import base_of
from intermt.servers.wire import written

# uvicorn, under vLLM and SGLang, drops idle connections after 5 s; a request sent on one
# just then would be lost.
_KEEP_ALIVE_S = 3.0
# Calls that wait between two tries hold a seat; twice the ceiling keeps the server busy all
# the same.
_SEATS_PER_SLOT = 2


@dataclass(slots=True)
class _Progress:
    """How far a call has come."""

    tries: int = 0
    began: float | None = None
    lane: Lane | None = None
    last: Outcome | None = None
    only_garbled: bool = True


class Client:
    """Asks one server; an async context manager.

    `send` never raises for what a server does. Proxies named in the environment are not
    used (trust_env is off): GPU servers stand in the laboratory's own network, and a
    proxy meant for the outside would swallow requests to them; SSL_CERT_FILE is honoured.

    Args:
        server: Whom to ask.
        images: Gives the bytes of a picture by its SHA-256; called in a thread.
        environ: Where the key is looked up.
        rng: Spreads the waits between tries.
        pacing: Waiting times.
        pictures: Encoded pictures shared with other clients; None for its own.
    """

    def __init__(
        self,
        server: Server,
        images: ImageBytes,
        *,
        environ: Mapping[str, str] = os.environ,
        rng: random.Random | None = None,
        pacing: Pacing | None = None,
        pictures: PictureCache | None = None,
    ) -> None:
        self.server = server
        self.pacing = pacing or Pacing()
        self.pool = Pool(server.url, server.max_in_flight, self.pacing)
        self._pictures = PictureCache(images) if pictures is None else pictures
        self._environ = environ
        self._rng = rng or random.Random()  # noqa: S311 - spreads retries, guards nothing
        self._seats = asyncio.Semaphore(_SEATS_PER_SLOT * server.max_in_flight)
        self._secret = ""
        self._last_error = ""
        self._sending: set[asyncio.Task[Any] | None] = set()
        self._is_last_try = False
        self._http: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        """Open the client.

        Raises:
            ConfigError: `api_key_env` names a variable that is unset or holds no key, or
                the server has no URL.
        """
        if not self.server.url:
            raise ConfigError(f"server {self.server.name!r} has no URL")
        self._secret = _secret(self.server, self._environ)
        headers = {"user-agent": f"intermt/{__version__}", "accept-encoding": "identity"}
        if self._secret:
            headers["authorization"] = f"Bearer {self._secret}"
        self._http = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(
                # One above the ceiling, so that the check never waits for a call.
                limit=self.server.max_in_flight + len(self.server.url),
                keepalive_timeout=_KEEP_ALIVE_S,
                ssl=_certificates(self.server),
            ),
            headers=headers,
            timeout=aiohttp.ClientTimeout(sock_connect=self.pacing.connect_s),
            cookie_jar=aiohttp.DummyCookieJar(),
            trust_env=False,
        )
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close all connections."""
        if self._http is not None:
            await self._http.close()
            self._http = None

    async def check(self) -> Served:
        """What the server serves; ask once before work starts.

        Raises:
            ServerUnreachable: No URL answers.
            ProtocolMismatch: Something answers that is not an OpenAI-style API.
            PermissionRefused: The key is missing or wrong.
            ConfigError: No model is configured and the server does not serve exactly one.
        """
        return await discover(
            self._opened(), self.server, self.pacing, self._rng, secret=self._secret
        )

    async def send(self, call: Call) -> Reply:
        """The end of a call: its answer, or why there is none."""
        if error := why_over(self.server, call):
            return self._unsent(call, f"{error}; nothing was sent")
        async with self._seats:
            try:
                return await self._asked(call)
            except PictureError as error:
                return self._unsent(call, f"{error}; nothing was sent")

    def end_tries(self) -> set[asyncio.Task[Any]]:
        """Let no call be tried again; the tasks whose call is with the server now."""
        self._is_last_try = True
        return {task for task in self._sending if task is not None}

    async def _asked(self, call: Call) -> Reply:
        progress = _Progress()
        while progress.tries < self.server.max_attempts:
            try:
                ticket = await self.pool.acquire(avoid=progress.lane)
            except AllDownError:
                return self._ended(call, progress, all_down=True)
            outcome = await self._attempt(call, ticket, progress)
            if not outcome.reading.again or self._is_last_try:
                break
            if progress.tries < self.server.max_attempts and not outcome.health.pause_s:
                await asyncio.sleep(self.pacing.backoff(progress.tries, self._rng))
        return self._ended(call, progress)

    async def _attempt(self, call: Call, ticket: Ticket, progress: _Progress) -> Outcome:
        progress.tries += 1
        progress.lane = ticket.lane
        if progress.began is None:
            progress.began = ticket.started
        outcome: Outcome | None = None
        task = asyncio.current_task()
        self._sending.add(task)
        try:
            # Only now, and anew for every try: pictures make bodies large, and most calls wait.
            max_px = call.max_image_px or self.server.max_image_px
            answer = await exchange(
                self._opened(),
                _base(ticket.lane.url, call) + call.path,
                wire=await written(call, self._pictures, max_px),
                timeout_s=self.server.timeout_s,
                max_bytes=self.server.max_reply_bytes,
            )
            outcome = await of_answer(call, answer, self._secret)
        except NoAnswerError as error:
            outcome = of_no_answer(error)
        finally:
            self._sending.discard(task)
            self.pool.release(ticket, outcome.health if outcome else None)
        progress.last = outcome
        if outcome.reading.again:
            self._last_error = outcome.reading.error
        progress.only_garbled &= outcome.reading.state == "unparsed"
        return outcome

    def _ended(self, call: Call, progress: _Progress, *, all_down: bool = False) -> Reply:
        last = progress.last
        state: CallState = "exhausted"
        text, error, picture = "", "", None
        if last is not None:
            reading = last.reading
            text, error, picture = reading.text, reading.error, reading.picture
            if not reading.again or (progress.only_garbled and not all_down):
                state = reading.state
        if all_down:
            waited = f"no URL of server {self.server.name!r} has worked"
            waited += f" for {self.pacing.give_up_s:g} s"
            error = f"{waited}; last: {error or self._last_error}"
        data = last.data if last else None
        tokens_in, tokens_out = tokens(data)
        model = data.get("model") if isinstance(data, dict) else None
        began = progress.began
        return Reply(
            request_key=call.request_key,
            state=state,
            text=text,
            data=data,
            picture=picture,
            error=redacted(error, self._secret) if state != "ok" else "",
            http_status=last.status if last else None,
            url=progress.lane.url if progress.lane else "",
            model=model if isinstance(model, str) else "",
            attempts=progress.tries,
            latency_ms=(time.monotonic() - began) * 1000 if began is not None else 0.0,
            tokens_in=tokens_in,
            tokens_out=tokens_out,
            simulated=last.simulated if last else False,
            finished_at=_now(),
        )

    def _unsent(self, call: Call, error: str) -> Reply:
        return Reply(
            request_key=call.request_key,
            state="rejected",
            error=redacted(error, self._secret),
            attempts=0,
            finished_at=_now(),
        )

    def _opened(self) -> aiohttp.ClientSession:
        if self._http is None:
            raise RuntimeError("a Client is used inside `async with`")
        return self._http


def _base(url: str, call: Call) -> str:
    return base_of(url) if call.kind == "reward" else url


def _now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)


def _certificates(server: Server) -> ssl.SSLContext | bool:
    """What the certificates of a server's https URLs are checked against."""
    if not any(url.startswith("https:") for url in server.url):
        return True
    # Brings its own list of authorities: a container may have none. Slow to import.
    import httpx

    return httpx.create_ssl_context()


def _secret(server: Server, environ: Mapping[str, str]) -> str:
    if server.api_key_env is None:
        return ""
    secret = environ.get(server.api_key_env, "").strip()
    if secret and secret.isascii() and secret.isprintable():
        return secret
    why = "holds characters no key has" if secret else "is not set"
    raise ConfigError(
        f"environment variable {server.api_key_env}, the key of server {server.name!r}, {why}",
        todo=f"set {server.api_key_env} to the key, or remove api_key_env",
    )
