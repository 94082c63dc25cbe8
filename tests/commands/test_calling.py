"""Asking on behalf of a command: reuse, sharing, safe keeping, early stop."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from intermt.commands import calling
from intermt.commands.at_once import each, loaded
from intermt.commands.calling import Caller, completed, started
from intermt.errors import TryLater
from intermt.records import Call, Message, Reply, TextPart
from intermt.servers.chat import chat_call
from intermt.servers.pictures import draw_call
from intermt.simulator import InProcess, Simulator, parse_faults
from intermt.store.connect import Store
from tests.commands.serving import error, said, serving
from tests.commands.work import Silent, counted, impatient, server, stats


def call(url: str, text: str = "Why?", **more: Any) -> Call:
    messages = (Message("user", (TextPart(text),)),)
    return chat_call(server(url), messages, model="m", temperature=0, max_tokens=99, seed=0, **more)


def caller(store: Store, url: str, rate: float = 0.5) -> Caller:
    one = server(url)
    servers = {one.name: one}
    return Caller(store, servers, run_id="r", progress=Silent(), stop_error_rate=rate)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store", lock_timeout_s=20).create()


def test_one_question_is_asked_once_however_many_ask_it(store: Store) -> None:
    async def work(url: str) -> list[Reply]:
        async with caller(store, url) as asking:
            together = await asyncio.gather(*(asking.ask(call(url)) for _ in range(9)))
            later = await asking.ask(call(url))
            assert asking.counts.made == 1
            return [*together, later]

    async def again(url: str) -> Reply:
        async with caller(store, url) as asking:
            reply = await asking.ask(call(url))
            assert (asking.counts.made, asking.counts.reused) == (0, 1)
            return reply

    with InProcess(Simulator()) as url:
        replies = asyncio.run(work(url))
        store.flush()
        replies.append(asyncio.run(again(url)))
        assert stats(url)["n_answered"] == 1
    assert len({reply.text for reply in replies}) == 1


def test_a_reply_of_no_use_is_kept_but_asked_again(store: Store) -> None:
    async def work(url: str) -> list[str]:
        async with caller(store, url) as asking:
            bad = await asking.ask(call(url), lambda _: "no verdict in it")
            good = await asking.ask(call(url))
            return [bad.state, bad.error, good.state]

    with InProcess(Simulator()) as url:
        assert asyncio.run(work(url)) == ["unparsed", "no verdict in it", "ok"]
    store.flush()
    assert counted(store, "SELECT list(state) FROM request") == ["ok"]


def test_the_refusal_of_a_picture_is_final_that_of_an_answer_is_not(store: Store) -> None:
    async def work(url: str) -> list[str]:
        one = server(url)
        draw = draw_call(one, "a cat", model="m", seed=0)
        async with caller(store, url) as asking:
            states = [(await asking.ask(c)).state for c in (draw, draw, call(url), call(url))]
            assert asking.counts.made == 3
            return states

    with InProcess(Simulator(faults=parse_faults("refusal=1"))) as url:
        assert asyncio.run(work(url)) == ["refused"] * 4
        assert stats(url)["n_requests"] == 4  # one of them asked for the models


def test_every_reply_is_in_the_journal_before_it_is_used(store: Store) -> None:
    async def work(url: str) -> None:
        async with caller(store, url) as asking:
            await asking.ask(call(url))
            assert any((store.folder / "journal").iterdir())

    with InProcess(Simulator()) as url:
        asyncio.run(work(url))
    store.close()
    # Another process, which merely reads, finds it.
    assert counted(Store(store.folder), "SELECT count(*) FROM request") == 1


async def _no(_: dict[str, Any]) -> web.Response:
    return error(400, "no such thing")


def test_a_server_that_fails_everything_ends_the_run_early_and_quietly(
    store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    async def work(url: str) -> None:
        async with caller(store, url) as asking:

            async def one(n: int) -> None:
                await asking.ask(call(url, f"Why {n}?"))

            await each(range(400), one, 64)

    with (
        caplog.at_level(logging.DEBUG, "asyncio"),
        serving(_no) as served,
        pytest.raises(TryLater, match=r"stopped early: .* failed.*no such thing") as stop,
    ):
        completed(store, work(served.url))
    assert stop.value.where == served.url
    assert len(served.asked) < 150
    # Those that failed after the first one have nobody left who would ask how they ended.
    assert "never retrieved" not in caplog.text


@pytest.mark.parametrize(
    ("reply", "accepted", "todo"),
    [
        (lambda: said("So so."), "it states nothing", "look here, then use other --prompts"),
        (lambda: said(""), "", "ask another model"),
        (lambda: said("Half an ans", finish="length"), "", "raise --max-tokens"),
        (lambda: web.Response(text="<html>"), "", "mend the server"),
        (lambda: error(400, "no such thing"), "", "mend the server"),
    ],
)
def test_what_helps_depends_on_how_the_calls_ended(
    store: Store,
    monkeypatch: pytest.MonkeyPatch,
    reply: Callable[[], web.Response],
    accepted: str,
    todo: str,
) -> None:
    impatient(monkeypatch)

    async def answer(_: dict[str, Any]) -> web.Response:
        return reply()

    async def work(url: str) -> None:
        one = replace(server(url), max_attempts=1)
        asking = Caller(
            store, {one.name: one}, run_id="r", progress=Silent(), how_to_look=lambda: "look here"
        )
        async with asking:
            for n in range(60):
                await asking.ask(call(url, f"Why {n}?"), lambda _: accepted)

    with serving(answer) as served, pytest.raises(TryLater, match="stopped early") as stop:
        completed(store, work(served.url))
    assert stop.value.todo.startswith(todo)
    assert ("--stop-error-rate" in stop.value.todo) == (todo != "mend the server")


def test_a_rate_of_one_never_ends_a_run_early(store: Store) -> None:
    async def work(url: str) -> None:
        async with caller(store, url, 1.0) as asking:
            for n in range(60):
                await asking.ask(call(url, f"Why {n}?"))

    with serving(_no) as served:
        completed(store, work(served.url))
    assert len(served.asked) == 60


@pytest.mark.parametrize(("rate", "stops"), [(0.5, True), (0.9, False)])
def test_the_rate_decides_when_a_run_ends_early(store: Store, rate: float, stops: bool) -> None:
    async def sometimes(body: dict[str, Any]) -> web.Response:
        number = int(body["messages"][0]["content"])
        return said("Because.") if number % 5 < 2 else error(400, "no")

    async def work(url: str) -> int:
        async with caller(store, url, rate) as asking:

            async def one(n: int) -> None:
                await asking.ask(call(url, str(n)))

            await each(range(60), one, 1)
            return asking.counts.failed

    with serving(sometimes) as served:
        if stops:
            with pytest.raises(TryLater):
                completed(store, work(served.url))
        else:
            assert completed(store, work(served.url)) == 36


def test_each_keeps_to_its_number_and_passes_on_the_first_failure() -> None:
    async def work() -> int:
        now = most = 0

        async def one(n: int) -> None:
            nonlocal now, most
            now += 1
            most = max(most, now)
            await asyncio.sleep(0)
            now -= 1
            if n == 30:
                raise TryLater("enough")

        with pytest.raises(TryLater, match="enough"):
            await each(range(10_000), one, 7)
        return most

    assert asyncio.run(work()) == 7


def test_replies_under_way_are_kept_when_a_run_stops_early(store: Store) -> None:
    begun = asyncio.Event()

    async def mixed(body: dict[str, Any]) -> web.Response:
        text = body["messages"][-1]["content"]
        if "slow" in text:
            begun.set()
            await asyncio.sleep(0.5)
            return said("Because.")
        await begun.wait()
        return said("")

    async def work(url: str) -> int:
        async with caller(store, url) as asking:
            texts = ["slow one", "slow two", *(f"bad {n}" for n in range(60))]

            async def one(text: str) -> None:
                await asking.ask(call(url, text))

            await each(texts, one, 40)
        return 0

    with serving(mixed) as served, pytest.raises(TryLater, match="stopped early"):
        asyncio.run(work(served.url))
    store.flush()
    assert counted(store, "SELECT count(*) FROM request WHERE state = 'ok'") == 2
    # All that was asked is in the ledger, and not all was asked.
    assert counted(store, "SELECT count(*) FROM request") == len(served.asked) < 60


def test_a_server_that_hangs_holds_up_no_stop_for_long(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calling, "_LAST_REPLIES_S", 0.05)

    async def mixed(body: dict[str, Any]) -> web.Response:
        if "hang" in body["messages"][-1]["content"]:
            await asyncio.sleep(2)
        return said("")

    async def work(url: str) -> None:
        async with caller(store, url) as asking:
            texts = ["hang", *(f"bad {n}" for n in range(40))]

            async def one(text: str) -> None:
                await asking.ask(call(url, text))

            await each(texts, one, 40)

    with serving(mixed) as served, pytest.raises(TryLater, match="stopped early"):
        asyncio.run(work(served.url))
    store.flush()
    assert counted(store, "SELECT list(DISTINCT state) FROM request") == ["empty"]


def test_chunks_are_loaded_one_ahead() -> None:
    begun: list[int] = []

    def load(chunk: Sequence[int]) -> list[int]:
        begun.append(chunk[0])
        return [n * 10 for n in chunk]

    async def work() -> list[int]:
        found: list[int] = []
        items: AsyncIterator[int] = loaded([0], ([n] for n in range(1, 5)), load)
        async for item in items:
            assert len(begun) <= len(found) + 1
            found.append(item)
        return found

    assert asyncio.run(work()) == [0, 10, 20, 30, 40]


def test_builtin_servers_run_only_where_one_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INTERMT_SIMULATE_SEED", "3")
    with started([server("builtin"), server("builtin#m"), server("http://h/v1")]) as running:
        assert running["http://h/v1"].url == ("http://h/v1",)
        assert running["builtin"].url == running["builtin#m"].url
        assert running["builtin#m"].model == "m"
        assert stats(running["builtin"].url[0])["seed"] == 3


def test_two_models_at_one_url_are_two_servers(store: Store) -> None:
    with InProcess(Simulator()) as url:
        both = {s.name: s for s in (server(f"{url}#a"), server(f"{url}#b"))}

        async def work() -> dict[str, str]:
            async with Caller(store, both, run_id="r", progress=Silent()) as asking:
                return asking.models

        assert sorted(asyncio.run(work()).values()) == ["a", "b"]
