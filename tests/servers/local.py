"""A small real server on 127.0.0.1 and what the tests ask it."""

from __future__ import annotations

import asyncio
import base64
import io
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

import orjson
from aiohttp import web
from PIL import Image

from intermt.config import Server
from intermt.records import Call, Message, Reply, TextPart
from intermt.servers.chat import chat_call
from intermt.servers.client import Client
from intermt.servers.pacing import Pacing

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

FAST = Pacing(
    backoff_s=0.004,
    backoff_cap_s=0.02,
    breaker_failures=3,
    cool_down_s=0.02,
    cool_down_cap_s=0.05,
    give_up_s=0.3,
    check_s=0.5,
)


def no_pictures(sha256: str) -> bytes:
    raise KeyError(sha256)


@asynccontextmanager
async def serving(handler: Handler) -> AsyncIterator[str]:
    """The base URL of a server that hands every request to `handler`."""
    app = web.Application(client_max_size=64 * 1024 * 1024)
    app.router.add_route("*", "/{path:.*}", handler)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    assert site._server is not None
    port = site._server.sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}/v1"
    finally:
        await runner.cleanup()


def said(text: str | None = "hello", finish: str = "stop", **message: Any) -> dict[str, Any]:
    """A chat reply as vLLM sends it."""
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "model": "tiny",
        "system_fingerprint": None,
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": text, "refusal": None, **message},
                "finish_reason": finish,
            }
        ],
        "usage": {"prompt_tokens": 7, "completion_tokens": 3, "total_tokens": 10},
    }


def answer(data: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> web.Response:
    return web.Response(
        body=orjson.dumps(data), status=status, headers=headers, content_type="application/json"
    )


def server(*urls: str, **options: Any) -> Server:
    return Server(**{"name": "gpu", "kind": "chat", "url": urls, "timeout_s": 2.0, **options})


def ask(to: Server, text: str = "hi", **options: Any) -> Call:
    options = {"model": "tiny", "temperature": 0.0, "max_tokens": 20, **options}
    return chat_call(to, [Message("user", (TextPart(text),))], **options)


def sent(handler: Handler, call: Callable[[Server], Call] = ask, **options: Any) -> Reply:
    """How one call to a server with `handler` ends."""
    images = options.pop("images", no_pictures)
    environ = options.pop("environ", {})

    async def run() -> Reply:
        async with serving(handler) as url:
            to = server(url, **options)
            async with Client(to, images, environ=environ, pacing=FAST) as client:
                return await client.send(call(to))

    return asyncio.run(run())


def png(width: int = 8, height: int = 6, mode: str = "RGB", colour: Any = 0) -> bytes:
    out = io.BytesIO()
    Image.new(mode, (width, height), colour).save(out, "PNG")
    return out.getvalue()


def b64(content: bytes) -> str:
    return base64.b64encode(content).decode()
