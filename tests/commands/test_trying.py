"""Trying otherwise: when the next try comes, and what a run with little to spend gets on by."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from intermt.commands.budget import Budget
from intermt.commands.calling import Caller
from intermt.commands.trying import Attempt, LeftOut, tried
from intermt.records import Message, TextPart
from intermt.servers.chat import chat_call
from intermt.store.connect import Store
from tests.commands.serving import Served, error, said, serving
from tests.commands.work import Silent, counted, server


def run(
    store: Store, served: Served, *, budget: int | None = None, wanted: str = ""
) -> tuple[str | LeftOut | None, int]:
    """What one message comes to in one run, and the calls that were made for it."""
    one = server(f"{served.url}#m")
    servers = {one.name: one}
    n_before = len(served.asked)

    def accept(reply: Any) -> str:
        return "" if wanted in reply.text else f"it lacks {wanted}"

    async def work() -> str | LeftOut | None:
        limit = Budget(servers, budget)
        caller = Caller(store, servers, run_id="r", progress=Silent(), budget=limit)

        async def make(attempt: Attempt) -> str | None:
            sample = attempt.sample(0)
            call = chat_call(
                one, (Message("user", (TextPart("Why?"),)),), model="m", temperature=0,
                max_tokens=9, seed=sample, sample=sample,
            )  # fmt: skip
            reply = await attempt.ask(call, accept)
            return reply.text if reply.state == "ok" else None

        async with caller:
            return await tried(caller, make)

    found = asyncio.run(work())
    store.flush()
    return found, len(served.asked) - n_before


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store", lock_timeout_s=20).create()


def replies(*made: web.Response) -> Any:
    waiting = iter(made)

    async def reply(_: dict[str, Any]) -> web.Response:
        return next(waiting)

    return reply


def test_in_vain_once_changes_nothing(store: Store) -> None:
    with serving(replies(said(""), said("Because."))) as served:
        assert run(store, served) == (None, 1)
        assert run(store, served) == ("Because.", 1)
        assert run(store, served) == ("Because.", 0)


def test_in_vain_twice_is_tried_otherwise(store: Store) -> None:
    with serving(replies(said(""), said(""), said("Because."))) as served:
        assert run(store, served) == (None, 1)
        assert run(store, served) == ("Because.", 2)
        assert run(store, served) == ("Because.", 0)
    errors = "SELECT list(error ORDER BY sample) FROM request"
    assert counted(store, errors) == [
        "no text, tool call or picture in the answer; in an earlier run too",
        "",
    ]


def test_a_run_that_may_spend_next_to_nothing_makes_the_next_try(store: Store) -> None:
    with serving(replies(*(said("") for _ in range(4)))) as served:
        found = [run(store, served, budget=1) for _ in range(6)]
    # Nothing is asked in the same words a third time.
    assert found == [(None, 1)] * 3 + [(LeftOut("empty"), 1)] + [(LeftOut("empty"), 0)] * 2


def test_what_fails_between_two_tries_is_made_again(store: Store) -> None:
    down = [error(404, "no such model") for _ in range(2)]
    made = (said(""), said(""), down[0], said(""), down[1], said("Because."))
    with serving(replies(*made)) as served:
        assert [run(store, served) for _ in range(5)] == [
            *((None, 1), (None, 2), (None, 2)),
            *(("Because.", 1), ("Because.", 0)),
        ]


def test_a_reply_that_lacks_what_was_asked_for_is_in_vain(store: Store) -> None:
    with serving(replies(*(said("So what?") for _ in range(4)))) as served:
        assert run(store, served, wanted="Because") == (None, 1)
        assert run(store, served, wanted="Because") == (LeftOut("unparsed"), 3)
        assert run(store, served, wanted="Because") == (LeftOut("unparsed"), 0)
