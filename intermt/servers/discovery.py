"""What a server serves, asked once before work starts."""

from __future__ import annotations

import asyncio
import random
from dataclasses import dataclass
from typing import Any, Literal

from intermt.config import Server
from intermt.errors import ConfigError, PermissionRefused, ProtocolMismatch, ServerUnreachable
from intermt.records import ServerKind
from intermt.servers.exchange import Answer, NoAnswerError, exchange
from intermt.servers.lean_aiohttp import aiohttp
from intermt.servers.outcome import is_retried
from intermt.servers.pacing import Pacing
from intermt.servers.replies import (
    NotJSONError,
    error_message,
    is_simulated,
    parse_json,
    redacted,
)

_MAX_BYTES = 8 * 1024 * 1024
_LONGEST_WAIT_S = 1.0
# The others answer without being told a model.
_NEED_MODEL: frozenset[ServerKind] = frozenset({"chat", "embed", "reward"})

Problem = Literal["unreachable", "denied", "mismatch"]


@dataclass(frozen=True, slots=True)
class Served:
    """What a server said when it was checked.

    Attributes:
        model: Model to send with calls: the configured one, else the only one served; ""
            for tools that need none.
        models: Models the answering URLs list, sorted.
        simulated: Whether any of the URLs is a stand-in.
        notes: What a person should know: URLs that are down, a model not in the list.
    """

    model: str
    models: tuple[str, ...] = ()
    simulated: bool = False
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Found:
    url: str
    models: tuple[str, ...] = ()
    simulated: bool = False
    problem: Problem | None = None
    why: str = ""


async def discover(
    http: aiohttp.ClientSession, server: Server, pacing: Pacing, rng: random.Random, *, secret: str
) -> Served:
    """What the URLs of a server serve; see `Client.check` for the errors."""
    looks = (_look(http, url, server, pacing, rng) for url in server.url)
    found = await asyncio.gather(*looks)
    good = [f for f in found if f.problem is None]
    if not good:
        raise _error(server, found, secret)
    notes = [f"{f.url} is left out for now: {redacted(f.why, secret)}" for f in found if f.problem]
    models = tuple(sorted({model for f in good for model in f.models}))
    if server.model is not None and models and server.model not in models:
        notes.append(
            f"server {server.name!r} does not list model {server.model!r} "
            f"(it lists {_listed(models)})"
        )
    model = server.model if server.model is not None else _only_model(server, good, models)
    return Served(model, models, any(f.simulated for f in good), tuple(notes))


def _only_model(server: Server, good: list[_Found], models: tuple[str, ...]) -> str:
    if len(models) == 1 or (models and all(f.simulated for f in good)):
        # A stand-in plays whichever model it is asked for.
        return models[0]
    if server.kind not in _NEED_MODEL:
        return ""
    where = ", ".join(f.url for f in good)
    todo = 'set model = "..." in the configuration, or add #MODEL to the URL'
    if models:
        raise ConfigError(
            f"server {server.name!r} serves {len(models)} models: {_listed(models)}",
            where=where,
            todo=todo,
        )
    raise ProtocolMismatch(f"server {server.name!r} lists no model", where=where, todo=todo)


def _listed(models: tuple[str, ...]) -> str:
    shown = ", ".join(models[:8])
    return f"{shown} and {len(models) - 8} more" if len(models) > 8 else shown


def _error(
    server: Server, found: list[_Found], secret: str
) -> ServerUnreachable | ProtocolMismatch | PermissionRefused:
    reasons = "; ".join(f"{f.url}: {redacted(f.why, secret)}" for f in found)
    where = ", ".join(f.url for f in found)
    problems = {f.problem for f in found}
    if "denied" in problems:
        key = server.api_key_env
        todo = f"check the key in {key}" if key else "name the variable with the key: api_key_env"
        return PermissionRefused(
            f"server {server.name!r} refuses access: {reasons}", where=where, todo=todo
        )
    if "mismatch" in problems:
        return ProtocolMismatch(
            f"server {server.name!r} answers, but not as an OpenAI-style API: {reasons}",
            where=where,
            todo="give the base URL up to and including /v1, as in http://gpu1:8000/v1",
        )
    return ServerUnreachable(
        f"server {server.name!r} does not answer: {reasons}",
        where=where,
        todo="start the server, or correct its url",
    )


async def _look(
    http: aiohttp.ClientSession, url: str, server: Server, pacing: Pacing, rng: random.Random
) -> _Found:
    last = _Found(url, problem="unreachable", why="not asked")
    for tries in range(1, pacing.check_attempts + 1):
        found, again = await _look_once(http, url, min(server.timeout_s, pacing.check_s))
        # An odd answer says more than a later failure to connect.
        if found.problem != "unreachable" or last.problem == "unreachable":
            last = found
        if not again:
            break
        if tries < pacing.check_attempts:
            await asyncio.sleep(min(_LONGEST_WAIT_S, pacing.backoff(tries, rng)))
    return last


async def _look_once(
    http: aiohttp.ClientSession, url: str, timeout_s: float
) -> tuple[_Found, bool]:
    """What one try finds at a URL, and whether another try is worth it."""
    try:
        answer = await _get(http, f"{url}/models", timeout_s)
        if answer.status in (404, 405, 501):
            if not url.endswith("/v1"):
                below = await _get(http, f"{url}/v1/models", timeout_s)
                if below.is_success:
                    why = f"HTTP {answer.status} for /models, but its API is at {url}/v1"
                    return _Found(url, problem="mismatch", why=why), False
            health = await _get(http, f"{url.removesuffix('/v1')}/health", timeout_s)
            if health.is_success:
                return _Found(url, simulated=is_simulated(health.headers, None)), False
            if not is_retried(health.status):
                why = f"HTTP {answer.status} for /models and {health.status} for /health"
                return _Found(url, problem="mismatch", why=why), False
            answer = health
    except NoAnswerError as error:
        return _Found(url, problem="unreachable", why=str(error)), True
    if answer.is_success:
        return _listing(url, answer)
    why = f"HTTP {answer.status}: {error_message(answer.body)}"
    if answer.status in (401, 403):
        return _Found(url, problem="denied", why=why), False
    if is_retried(answer.status):
        return _Found(url, problem="unreachable", why=why), True
    return _Found(url, problem="mismatch", why=why), False


async def _get(http: aiohttp.ClientSession, url: str, timeout_s: float) -> Answer:
    return await exchange(http, url, wire=None, timeout_s=timeout_s, max_bytes=_MAX_BYTES)


def _listing(url: str, answer: Answer) -> tuple[_Found, bool]:
    try:
        data = parse_json(answer.body)
    except NotJSONError as error:
        why = f"HTTP {answer.status} for /models with {error}"
        return _Found(url, problem="mismatch", why=why), True
    entries: Any = data.get("data") if isinstance(data, dict) else None
    if not isinstance(entries, list):
        return _Found(url, problem="mismatch", why="/models has no list called data"), False
    # vLLM lists adapters beside the model they belong to and names it as their parent.
    models = tuple(
        entry["id"]
        for entry in entries
        if isinstance(entry, dict) and isinstance(entry.get("id"), str) and not entry.get("parent")
    )
    simulated = is_simulated(answer.headers, data)
    return _Found(url, models, simulated=simulated), False
