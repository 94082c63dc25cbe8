from __future__ import annotations

import asyncio
import time
from dataclasses import replace

import pytest

from intermt.servers.pacing import Pacing
from intermt.servers.pool import AllDownError, Health, Lane, Pool, Ticket

PACING = Pacing(
    breaker_failures=3, cool_down_s=0.02, cool_down_cap_s=0.05, give_up_s=0.2, first_in_flight=8
)
GOOD, BUSY, DOWN = Health(), Health(congested=True), Health(answered=False)


async def done(pool: Pool, health: Health) -> Ticket:
    ticket = await pool.acquire()
    pool.release(ticket, health)
    return ticket


async def fail_forever(pool: Pool) -> None:
    while True:
        await done(pool, DOWN)


def test_the_least_busy_url_is_next() -> None:
    async def run() -> list[str]:
        pool = Pool(["a", "b", "c"], 64, PACING)
        tickets = [await pool.acquire() for _ in range(6)]
        pool.release(tickets[1], GOOD)
        return [t.lane.url for t in [*tickets, await pool.acquire()]]

    assert asyncio.run(run()) == ["a", "b", "c", "a", "b", "c", "b"]


def test_another_try_goes_elsewhere_if_it_can() -> None:
    async def run() -> tuple[str, str]:
        pool = Pool(["a", "b"], 64, PACING)
        busy = await pool.acquire()
        pool.release(busy, DOWN)
        other = await pool.acquire(avoid=busy.lane)
        single = Pool(["a"], 64, PACING)
        return other.lane.url, (await single.acquire(avoid=single.lanes[0])).lane.url

    assert asyncio.run(run()) == ("b", "a")


def test_the_breaker_opens_after_failures_in_a_row() -> None:
    lane = Lane("a")
    lane.failed(10.0, probe=False, pacing=PACING)
    lane.failed(10.0, probe=False, pacing=PACING)
    lane.succeeded()
    for _ in range(2):
        lane.failed(10.0, probe=False, pacing=PACING)
    assert lane.ready(10.0)
    lane.failed(10.0, probe=False, pacing=PACING)
    assert not lane.ready(10.01)
    assert lane.ready(10.021)


def test_late_failures_do_not_prolong_the_cool_down_but_probes_do() -> None:
    lane = Lane("a")
    for _ in range(20):
        lane.failed(10.0, probe=False, pacing=PACING)
    assert lane.ready_at() == 10.02
    lane.failed(11.0, probe=True, pacing=PACING)
    assert lane.ready_at() == 11.04
    lane.failed(12.0, probe=True, pacing=PACING)
    assert lane.ready_at() == 12.05
    lane.succeeded()
    assert lane.ready(12.0)


def test_one_probe_at_a_time() -> None:
    async def run() -> None:
        pool = Pool(["a"], 64, PACING)
        for _ in range(3):
            await done(pool, DOWN)
        probe = await pool.acquire()
        assert probe.probe
        waiting = asyncio.create_task(pool.acquire())
        await asyncio.sleep(0.03)
        assert not waiting.done()
        pool.release(probe, GOOD)
        assert not (await waiting).probe

    asyncio.run(run())


def test_a_cancelled_probe_makes_room_for_the_next() -> None:
    async def run() -> None:
        pool = Pool(["a"], 64, PACING)
        for _ in range(3):
            await done(pool, DOWN)
        pool.release(await pool.acquire(), None)
        assert (await pool.acquire()).probe

    asyncio.run(run())


def test_waiting_for_dead_urls_ends() -> None:
    async def run() -> float:
        pool = Pool(["a", "b"], 64, PACING)
        began = time.monotonic()
        with pytest.raises(AllDownError):
            await fail_forever(pool)
        return time.monotonic() - began

    assert 0.19 < asyncio.run(run()) < 1.0


def test_after_giving_up_a_url_is_still_probed() -> None:
    async def run() -> None:
        pool = Pool(["a"], 64, PACING)
        with pytest.raises(AllDownError):
            await fail_forever(pool)
        await asyncio.sleep(PACING.cool_down_cap_s)
        assert (await done(pool, GOOD)).probe
        assert not (await done(pool, GOOD)).probe

    asyncio.run(run())


def test_a_pause_is_kept_and_capped() -> None:
    async def run(asked_s: float) -> float:
        pool = Pool(["a"], 64, replace(PACING, retry_after_cap_s=0.08))
        await done(pool, replace(BUSY, pause_s=asked_s))
        began = time.monotonic()
        await pool.acquire()
        return time.monotonic() - began

    assert 0.049 <= asyncio.run(run(0.05)) < 0.079
    assert 0.079 <= asyncio.run(run(3600.0)) < 0.19


def test_a_pause_holds_one_url_only() -> None:
    async def run() -> set[str]:
        pool = Pool(["a", "b"], 64, PACING)
        first = await done(pool, replace(BUSY, pause_s=5.0))
        assert first.lane.url == "a"
        return {(await pool.acquire()).lane.url for _ in range(3)}

    assert asyncio.run(run()) == {"b"}


def test_the_number_in_flight_doubles_then_is_halved_once_a_round() -> None:
    async def run() -> None:
        pool = Pool(["a"], 64, PACING)
        assert pool.limit == 8
        for _ in range(30):
            await done(pool, GOOD)
        assert pool.limit == 38
        tickets = [await pool.acquire() for _ in range(38)]
        for ticket in tickets:
            pool.release(ticket, BUSY)
        assert pool.limit == 19
        await done(pool, BUSY)
        assert pool.limit == 9.5
        for _ in range(10):
            await done(pool, GOOD)
        assert 10.4 < pool.limit < 10.6
        for _ in range(10_000):
            pool.release(await pool.acquire(), GOOD)
        assert pool.limit == 64

    asyncio.run(run())


def test_the_limit_holds_and_never_reaches_zero() -> None:
    async def run() -> None:
        pool = Pool(["a"], 2, PACING)
        assert pool.limit == 2
        for _ in range(5):
            await done(pool, BUSY)
        assert pool.limit == 1
        held = await pool.acquire()
        waiting = asyncio.create_task(pool.acquire())
        await asyncio.sleep(0)
        assert not waiting.done()
        pool.release(held, GOOD)
        await waiting

    asyncio.run(run())


def test_a_cancelled_wait_takes_nothing() -> None:
    async def run() -> None:
        pool = Pool(["a"], 1, PACING)
        held = await pool.acquire()
        waiting = [asyncio.create_task(pool.acquire()) for _ in range(3)]
        await asyncio.sleep(0)
        waiting[0].cancel()
        waiting[1].cancel()
        await asyncio.gather(*waiting[:2], return_exceptions=True)
        pool.release(held, GOOD)
        pool.release(await waiting[2], GOOD)
        assert pool.in_flight == pool.lanes[0].in_flight == 0

    asyncio.run(run())
