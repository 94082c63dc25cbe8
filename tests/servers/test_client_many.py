"""Many calls, several URLs, bad weather."""

from __future__ import annotations

import asyncio
import random
import socket
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from aiohttp import web

from intermt.records import Reply
from intermt.servers.client import Client
from tests.servers.local import FAST, Handler, answer, ask, no_pictures, said, server, serving


async def good(request: web.Request) -> web.Response:
    await request.read()
    return answer(said())


def dead_url() -> str:
    """A URL at which nothing listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{free.getsockname()[1]}/v1"


def test_500_calls_through_random_faults_all_end() -> None:
    rng = random.Random(5)
    served = 0
    most = under_way = 0

    async def stormy(request: web.Request) -> web.StreamResponse:
        nonlocal served, most, under_way
        await request.read()
        served += 1
        under_way += 1
        most = max(most, under_way)
        try:
            await asyncio.sleep(rng.uniform(0, 0.004))
        finally:
            under_way -= 1
        fault = rng.random()
        if fault < 0.04:
            return web.Response(status=500, text="oops")
        if fault < 0.06:
            return web.Response(status=429, headers={"Retry-After": "0.01"})
        if fault < 0.08:
            return web.Response(text="<html>", content_type="text/html")
        if fault < 0.10:
            assert request.transport is not None
            request.transport.abort()
        if fault < 0.11:
            await asyncio.sleep(10)
        return answer(said(finish="length" if fault > 0.98 else "stop"))

    async def run() -> list[Reply]:
        async with serving(stormy) as url:
            to = server(url, timeout_s=2, max_attempts=8)
            async with Client(to, no_pictures, pacing=replace(FAST, give_up_s=60)) as client:
                calls = [ask(to, f"question {i}") for i in range(500)]
                return await asyncio.gather(*(client.send(call) for call in calls))

    replies = asyncio.run(run())
    assert len({reply.request_key for reply in replies}) == 500
    lost = [reply for reply in replies if reply.state not in ("ok", "truncated")]
    assert lost == []
    assert {reply.state for reply in replies} == {"ok", "truncated"}
    attempts = sum(reply.attempts for reply in replies)
    assert 520 < attempts < 700
    assert served <= attempts
    assert 8 < most <= 64


def test_a_dead_url_costs_few_attempts() -> None:
    async def run() -> list[Reply]:
        async with serving(good) as url:
            to = server(dead_url(), url)
            async with Client(
                to, no_pictures, pacing=replace(FAST, cool_down_s=600, cool_down_cap_s=600)
            ) as client:
                return await asyncio.gather(*(client.send(ask(to, str(i))) for i in range(200)))

    replies = asyncio.run(run())
    assert {reply.state for reply in replies} == {"ok"}
    assert max(reply.attempts for reply in replies) == 2
    # The first eight go out before anything is known: four to the dead one.
    assert sum(reply.attempts for reply in replies) <= 200 + 8


def test_a_url_that_comes_back_is_used_again() -> None:
    up = False
    hits = 0

    async def sick(request: web.Request) -> web.Response:
        nonlocal hits
        await request.read()
        if not up:
            return web.Response(status=502)
        hits += 1
        return answer(said())

    async def run() -> None:
        nonlocal up
        async with serving(sick) as first, serving(good) as second:
            to = server(first, second)
            async with Client(to, no_pictures, pacing=FAST) as client:
                await asyncio.gather(*(client.send(ask(to, str(i))) for i in range(30)))
                assert client.pool.lanes[0].broken
                up = True
                await asyncio.sleep(FAST.cool_down_cap_s)
                await client.send(ask(to))
                assert not client.pool.lanes[0].broken
                await asyncio.gather(*(client.send(ask(to, str(i))) for i in range(30)))

    asyncio.run(run())
    assert hits > 5


def test_with_all_urls_dead_every_call_ends() -> None:
    async def run() -> list[Reply]:
        to = server(dead_url(), dead_url())
        async with Client(to, no_pictures, pacing=FAST) as client:
            return await asyncio.gather(*(client.send(ask(to, str(i))) for i in range(300)))

    began = time.monotonic()
    replies = asyncio.run(run())
    assert time.monotonic() - began < 5
    assert {reply.state for reply in replies} == {"exhausted"}
    assert all("onnect" in r.error or "has worked" in r.error for r in replies)
    assert {r.attempts for r in replies} >= {0}


@pytest.mark.parametrize("form", ["seconds", "date"])
def test_retry_after_is_obeyed(form: str) -> None:
    times: list[float] = []

    async def busy(request: web.Request) -> web.Response:
        await request.read()
        times.append(time.monotonic())
        if len(times) > 1:
            return answer(said())
        # An HTTP date has whole seconds, so this one is between 1 and 2 seconds away.
        at = format_datetime(datetime.now(UTC) + timedelta(seconds=2), usegmt=True)
        return web.Response(status=503, headers={"Retry-After": "0.3" if form == "seconds" else at})

    async def run() -> Reply:
        async with serving(busy) as url:
            to = server(url)
            async with Client(to, no_pictures, pacing=replace(FAST, give_up_s=9.0)) as client:
                return await client.send(ask(to))

    reply = asyncio.run(run())
    assert (reply.state, reply.attempts) == ("ok", 2)
    assert times[1] - times[0] >= (0.3 if form == "seconds" else 0.9)
    assert reply.latency_ms >= (times[1] - times[0]) * 1000 * 0.9


def test_an_overloaded_server_is_asked_less_at_once() -> None:
    under_way = 0

    async def small(request: web.Request) -> web.Response:
        nonlocal under_way
        await request.read()
        if under_way >= 4:
            return web.Response(status=429)
        under_way += 1
        await asyncio.sleep(0.005)
        under_way -= 1
        return answer(said())

    async def run() -> tuple[list[Reply], float]:
        async with serving(small) as url:
            to = server(url, max_attempts=30)
            async with Client(to, no_pictures, pacing=FAST) as client:
                replies = await asyncio.gather(*(client.send(ask(to, str(i))) for i in range(150)))
                return replies, client.pool.limit

    replies, limit = asyncio.run(run())
    assert {reply.state for reply in replies} == {"ok"}
    assert limit < 8


@pytest.mark.parametrize("where", ["answer", "upload", "backoff", "pause"])
def test_cancelling_is_prompt(where: str) -> None:
    async def slow(request: web.Request) -> web.StreamResponse:
        if where == "upload":
            await asyncio.sleep(0.6)
            return web.Response()
        await request.read()
        if where == "backoff":
            return web.Response(status=500)
        if where == "pause":
            return web.Response(status=429, headers={"Retry-After": "60"})
        response = web.StreamResponse()
        await response.prepare(request)
        await response.write(b"{")
        await asyncio.sleep(0.6)
        return response

    async def run() -> float:
        async with serving(slow) as url:
            to = server(url)
            pacing = replace(FAST, backoff_s=30.0, backoff_cap_s=30.0, give_up_s=60.0)
            async with Client(to, no_pictures, pacing=pacing) as client:
                text = "x" * (20_000_000 if where == "upload" else 10)
                tasks = [
                    asyncio.create_task(client.send(ask(to, text, sample=i))) for i in range(3)
                ]
                await asyncio.sleep(0.15)
                assert not any(task.done() for task in tasks)
                began = time.monotonic()
                for task in tasks:
                    task.cancel()
                ends = await asyncio.gather(*tasks, return_exceptions=True)
                took = time.monotonic() - began
                assert all(isinstance(end, asyncio.CancelledError) for end in ends)
                assert client.pool.in_flight == 0
                return took

    assert asyncio.run(run()) < 0.2


def test_a_slow_upload_ends_at_the_deadline() -> None:
    async def deaf(request: web.Request) -> web.Response:
        await asyncio.sleep(0.6)
        return web.Response()

    async def run() -> Reply:
        async with serving(deaf) as url:
            to = server(url, timeout_s=0.1, max_attempts=2)
            async with Client(to, no_pictures, pacing=FAST) as client:
                return await client.send(ask(to, "x" * 20_000_000))

    reply = asyncio.run(run())
    assert (reply.state, reply.attempts) == ("exhausted", 2)
    assert reply.latency_ms < 500


def test_an_early_no_to_a_long_body_is_heard() -> None:
    async def strict(request: web.Request) -> web.Response:
        return answer({"error": {"message": "too large"}}, 413)

    async def run() -> Reply:
        async with serving(strict) as url:
            to = server(url, max_attempts=2)
            async with Client(to, no_pictures, pacing=FAST) as client:
                return await client.send(ask(to, "x" * 20_000_000))

    assert asyncio.run(run()).state in ("rejected", "exhausted")


def test_proxies_of_the_environment_are_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, dead_url())
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)

    async def run(handler: Handler) -> Reply:
        async with serving(handler) as url:
            to = server(url, max_attempts=1)
            async with Client(to, no_pictures, pacing=FAST) as client:
                return await client.send(ask(to))

    assert asyncio.run(run(good)).state == "ok"
