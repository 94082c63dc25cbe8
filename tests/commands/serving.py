"""A chat server of a few lines in a thread, for what the stand-in does not do."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

Answer = Callable[[dict[str, Any]], Awaitable[web.Response]]


@dataclass
class Served:
    """A server that runs, and the bodies it was sent."""

    url: str = ""
    asked: list[dict[str, Any]] = field(default_factory=list)


def said(text: str, model: str = "tiny", finish: str = "stop") -> web.Response:
    message = {"role": "assistant", "content": text}
    return web.json_response(
        {"model": model, "choices": [{"message": message, "finish_reason": finish}]}
    )


def error(status: int, message: str) -> web.Response:
    return web.json_response({"error": {"message": message, "code": status}}, status=status)


@contextmanager
def serving(
    answer: Answer,
    *,
    model: str = "tiny",
    on_models: Callable[[], None] = lambda: None,
    embed: Answer | None = None,
    reward: Mapping[str, Answer] | None = None,
) -> Iterator[Served]:
    """A server on 127.0.0.1 whose replies these make; it lists one model.

    `reward` has what stands beside /v1, by path; `asked` notes the path in those bodies.
    """
    served = Served()
    ready = threading.Event()
    loop = asyncio.new_event_loop()
    end = asyncio.Event()

    async def models(_: web.Request) -> web.Response:
        await asyncio.to_thread(on_models)
        return web.json_response({"data": [{"id": model}]})

    async def chat(request: web.Request) -> web.Response:
        body = await request.json()
        served.asked.append(body)
        return await answer(body)

    async def embeddings(request: web.Request) -> web.Response:
        body = await request.json()
        served.asked.append(body)
        assert embed is not None
        return await embed(body)

    def rewarding(path: str, give: Answer) -> Callable[[web.Request], Awaitable[web.Response]]:
        async def handle(request: web.Request) -> web.Response:
            body = await request.json()
            served.asked.append({**body, "path": path})
            return await give(body)

        return handle

    async def run() -> None:
        app = web.Application()
        for path, give in (reward or {}).items():
            app.router.add_post(path, rewarding(path, give))
        if embed is not None:
            app.router.add_post("/v1/embeddings", embeddings)
        app.router.add_get("/v1/models", models)
        app.router.add_post("/v1/chat/completions", chat)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        served.url = f"http://127.0.0.1:{runner.addresses[0][1]}/v1"
        ready.set()
        await end.wait()
        await runner.cleanup()

    thread = threading.Thread(target=lambda: loop.run_until_complete(run()), daemon=True)
    thread.start()
    ready.wait()
    try:
        yield served
    finally:
        loop.call_soon_threadsafe(end.set)
        thread.join()
        loop.close()
