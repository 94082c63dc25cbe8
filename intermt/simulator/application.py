"""The stand-in as an HTTP application: endpoints, faults on the wire, counts."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import orjson
from aiohttp import BodyPartReader, web

from intermt.simulator import endpoints, rewards
from intermt.simulator.dice import Dice
from intermt.simulator.endpoints import Answer, Call
from intermt.simulator.faults import FaultKind
from intermt.simulator.settings import Simulator
from intermt.simulator.tally import Tally
from intermt.simulator.wire import HEADER, MARK, ApiError

MOST_BODY_BYTES = 256 * 1024 * 1024
_LARGE_BODY_BYTES = 64 * 1024
_JITTER = 0.2
_RESET_AT_ONCE = struct.pack("ii", 1, 0)
_HTML = f"<html><head><title>{MARK}Bad gateway</title></head><body>{MARK}Bad gateway</body></html>"

_T = TypeVar("_T")
_Read = Callable[[bytes, Simulator], Call]


def make_app(simulator: Simulator) -> web.Application:
    """An aiohttp application that serves the stand-in, with counts of its own.

    The application starts threads for drawing when it starts up and ends them when it is
    cleaned up.
    """
    return _Service(simulator).app()


class _Service:
    def __init__(self, simulator: Simulator) -> None:
        self._simulator = simulator
        self._tally = Tally()
        self._pool = ThreadPoolExecutor(max_workers=2, thread_name_prefix="intermt-simulator")

    def app(self) -> web.Application:
        app = web.Application(
            middlewares=[self._errors_in_api_form], client_max_size=MOST_BODY_BYTES
        )
        app.on_response_prepare.append(_mark)
        app.cleanup_ctx.append(self._threads)
        readers: dict[str, _Read] = {
            "chat/completions": endpoints.chat_call,
            "images/generations": endpoints.draw_call,
            "embeddings": endpoints.embed_call,
            "retrieve": endpoints.retrieve_call,
        }
        for name, read in readers.items():
            app.router.add_post(f"/v1/{name}", self._json_handler(name, read))
        # Real servers have these beside /v1; some gateways put everything under it.
        for name, read in (("classify", rewards.classify_call), ("pooling", rewards.pooling_call)):
            for prefix in ("", "/v1"):
                app.router.add_post(f"{prefix}/{name}", self._json_handler(name, read))
        app.router.add_post("/v1/images/edits", self._edit)
        app.router.add_get("/v1/models", self._models)
        app.router.add_get("/health", self._health)
        app.router.add_get("/stats", self._stats)
        return app

    async def _threads(self, app: web.Application) -> AsyncIterator[None]:
        del app
        yield
        self._pool.shutdown(wait=True, cancel_futures=True)

    @web.middleware
    async def _errors_in_api_form(
        self,
        request: web.Request,
        handler: Callable[[web.Request], Awaitable[web.StreamResponse]],
    ) -> web.StreamResponse:
        try:
            return await handler(request)
        except ApiError as error:
            problem = error
        except web.HTTPException as error:
            why = f"{request.method} {request.path}: {error.reason}"
            problem = ApiError(why, status=error.status)
        self._tally.rejected()
        return _problem(problem)

    async def _models(self, request: web.Request) -> web.Response:
        del request
        self._tally.asked("models")
        return _good(endpoints.models_answer())

    async def _health(self, request: web.Request) -> web.Response:
        del request
        return _good(Answer(orjson.dumps({"status": "ok", "simulated": True})))

    async def _stats(self, request: web.Request) -> web.Response:
        del request
        return _good(Answer(orjson.dumps(self._tally.report(self._simulator.seed))))

    def _json_handler(
        self, endpoint: str, read: _Read
    ) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        async def handle(request: web.Request) -> web.StreamResponse:
            came = _now()
            self._tally.asked(endpoint)
            body = await request.read()
            if len(body) < _LARGE_BODY_BYTES:
                call = read(body, self._simulator)
            else:
                call = await self._in_thread(lambda: read(body, self._simulator))
            return await self._serve(request, call, came)

        return handle

    async def _edit(self, request: web.Request) -> web.StreamResponse:
        came = _now()
        self._tally.asked("images/edits")
        form = await _form(request)
        call = await self._in_thread(lambda: endpoints.edit_call(form, self._simulator))
        return await self._serve(request, call, came)

    async def _serve(self, request: web.Request, call: Call, came: float) -> web.StreamResponse:
        settings = self._simulator
        dice = Dice.of(settings.seed, call.digest, self._tally.understood(call.digest))
        part = dice.between(1 - _JITTER, 1 + _JITTER, "latency")
        due = came + settings.latency_ms * part / 1000
        fault = settings.faults.pick(dice)
        if fault is None:
            # Made within the latency, as what a model takes is all there is to wait for.
            answer = await self._make(call)
            await _until(due)
            self._tally.answered(call.digest)
            return _good(answer)
        await _until(due)
        self._tally.failed(fault)
        return await self._fail(request, call, fault, dice)

    async def _make(self, call: Call) -> Answer:
        if call.draws:
            return await self._in_thread(lambda: call.answer("well"))
        return call.answer("well")

    async def _in_thread(self, work: Callable[[], _T]) -> _T:
        return await asyncio.get_running_loop().run_in_executor(self._pool, work)

    async def _fail(
        self, request: web.Request, call: Call, fault: FaultKind, dice: Dice
    ) -> web.StreamResponse:
        faults = self._simulator.faults
        match fault:
            case "500":
                return _problem(ApiError(f"{MARK}internal error", status=500))
            case "429":
                response = _problem(ApiError(f"{MARK}too many requests", status=429))
                response.headers["Retry-After"] = str(faults.retry_after_s)
                return response
            case "html":
                status = dice.pick((200, 502), "html status")
                return web.Response(text=_HTML, status=status, content_type="text/html")
            case "json":
                answer = await self._make(call)
                # No object is whole without its last brace, no stream without its last event.
                return _good(Answer(answer.body.rstrip()[:-2], answer.content_type))
            case "truncated":
                return await _send_half(request, await self._make(call), reset=False)
            case "reset" if dice.chance(0.5, "before a byte"):
                return _cut(request)
            case "reset":
                return await _send_half(request, await self._make(call), reset=True)
            case "hang":
                await asyncio.sleep(faults.hang_s)
                return _cut(request)
            case "refusal" if not call.digest.startswith("chat "):
                refused = ApiError(f"{MARK}refused by a filter", code="content_policy_violation")
                return _problem(refused)
            case "refusal" | "empty":
                return _good(call.answer(fault))


def _now() -> float:
    return asyncio.get_running_loop().time()


async def _until(due: float) -> None:
    if (left := due - _now()) > 0:
        await asyncio.sleep(left)


async def _mark(request: web.Request, response: web.StreamResponse) -> None:
    del request
    response.headers[HEADER] = "1"


def _good(answer: Answer) -> web.Response:
    return web.Response(body=answer.body, content_type=answer.content_type)


def _problem(error: ApiError) -> web.Response:
    return web.Response(body=error.body(), status=error.status, content_type="application/json")


async def _send_half(request: web.Request, answer: Answer, *, reset: bool) -> web.StreamResponse:
    """A response that promises all of the answer and of which half was sent."""
    response = web.StreamResponse()
    response.content_type = answer.content_type
    response.content_length = len(answer.body)
    await response.prepare(request)
    await response.write(answer.body[: len(answer.body) // 2])
    if reset:
        return _cut(request, response)
    if request.transport is not None:
        request.transport.close()
    return response


def _cut(request: web.Request, response: web.StreamResponse | None = None) -> web.StreamResponse:
    """Ends the connection as a machine that went down does: by a TCP reset."""
    if (transport := request.transport) is not None:
        connection = transport.get_extra_info("socket")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_AT_ONCE)
        transport.abort()
    return response or web.Response()


async def _form(request: web.Request) -> dict[str, list[bytes]]:
    """The fields of a multipart body.

    Raises:
        ApiError: It is not multipart, is damaged, or is larger than a body may be.
    """
    form: dict[str, list[bytes]] = {}
    room = MOST_BODY_BYTES
    try:
        async for part in await request.multipart():
            if not isinstance(part, BodyPartReader) or part.name is None:
                raise ApiError("every part of the form needs a name")
            value = bytes(await part.read(decode=True))
            room -= len(value)
            if room < 0:
                raise ApiError("the body is too large", status=413)
            form.setdefault(part.name, []).append(value)
    except (ValueError, AssertionError, KeyError, EOFError) as error:
        raise ApiError("the body must be multipart/form-data") from error
    return form
