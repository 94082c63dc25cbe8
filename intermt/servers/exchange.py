"""One HTTP request and its answer, under a deadline and a cap on bytes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass

from intermt.servers.lean_aiohttp import aiohttp
from intermt.servers.wire import Wire

_ERROR_BYTES = 64 * 1024
"""Of an answer that is not a success only this much is read."""
_PIECE_BYTES = 256 * 1024


class NoAnswerError(Exception):
    """No complete answer came; the text says why."""

    def __init__(self, why: str, *, timed_out: bool = False) -> None:
        super().__init__(why)
        self.timed_out = timed_out


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back, not yet understood.

    Attributes:
        status: HTTP status.
        headers: Header fields by name, in any case.
        body: The body, cut off where `over_cap`.
        over_cap: Whether a body of a success was longer than allowed.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    over_cap: bool = False

    @property
    def is_success(self) -> bool:
        """Whether the status is 2xx."""
        return 200 <= self.status < 300


async def exchange(
    http: aiohttp.ClientSession,
    url: str,
    *,
    wire: Wire | None,
    timeout_s: float,
    max_bytes: int,
) -> Answer:
    """The answer to one request: POST with a body, GET without.

    Raises:
        NoAnswerError: Nothing, or not all of it, came back in time.
    """
    try:
        async with asyncio.timeout(timeout_s) as deadline:
            return await _answer(http, url, wire, max_bytes)
    except (aiohttp.ClientError, OSError) as error:
        if deadline.expired():
            raise NoAnswerError(
                f"no complete answer within {timeout_s:g} s", timed_out=True
            ) from error
        raise NoAnswerError(f"{type(error).__name__}: {error}".removesuffix(": ")) from error


async def _answer(
    http: aiohttp.ClientSession, url: str, wire: Wire | None, max_bytes: int
) -> Answer:
    if wire is None:
        opened = http.get(url, allow_redirects=False)
    else:
        headers = {
            "content-type": wire.content_type,
            "content-length": str(len(wire.content)),
        }
        is_long = len(wire.content) > _PIECE_BYTES
        data = _pieces(wire.content) if is_long else wire.content
        opened = http.post(url, data=data, headers=headers, allow_redirects=False)
    async with opened as response:
        is_success = 200 <= response.status < 300
        cap = max_bytes if is_success else min(max_bytes, _ERROR_BYTES)
        body = bytearray()
        async for chunk in response.content.iter_any():
            body += chunk
            if len(body) > cap:
                break
        return Answer(
            response.status,
            response.headers,
            bytes(body[:cap]),
            over_cap=is_success and len(body) > cap,
        )


async def _pieces(content: bytes) -> AsyncIterator[bytes]:
    """The body in pieces: written at once, megabytes would hold up every other call."""
    for start in range(0, len(content), _PIECE_BYTES):
        yield content[start : start + _PIECE_BYTES]
