"""One answer or one question: temperatures, questions that are none."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from intermt.commands import generate
from intermt.commands.answering import GrowthPlan
from intermt.domain.prompts import load_prompts
from intermt.store.connect import Store
from tests.commands.serving import Served, said, serving
from tests.commands.work import Silent, counted, seeds, server, taking, written

LONG = " ".join(f"word{n}" for n in range(30))


def grow(tmp_path: Path, served: Served, **more: Any) -> Store:
    source = written(tmp_path / "s.jsonl", seeds(1))
    store = Store(tmp_path / "store")
    plan = GrowthPlan(
        answer=(server(served.url),),
        user=server(served.url),
        draw=None,
        prompts=load_prompts(),
        **{"n_turns": 2, "n_candidates": 1, **more},
    )
    config = generate.GenerateConfig(taking(source), plan, stop_error_rate=1.0)
    generate.run(store, config, Silent())
    return store


def is_user(body: dict[str, Any]) -> bool:
    return "You play the user" in str(body["messages"][0]["content"])


def test_candidates_get_the_temperatures_in_turn(tmp_path: Path) -> None:
    async def model(_: dict[str, Any]) -> web.Response:
        return said(f"Answer {len(served.asked)}.")

    with serving(model) as served:
        grow(tmp_path, served, n_turns=1, n_candidates=5, temperatures=(0.2, 0.6, 1.0))
    assert sorted(body["temperature"] for body in served.asked) == [0.2, 0.2, 0.6, 0.6, 1.0]
    assert len({body["seed"] for body in served.asked}) == 5


@pytest.mark.parametrize("bad", ["...", "How do I plan garden number 0", LONG])
@pytest.mark.parametrize("second", [None, "And the hedge?", "[END]"])
def test_a_question_that_is_none_is_asked_for_once_more(
    tmp_path: Path, bad: str, second: str | None
) -> None:
    async def model(body: dict[str, Any]) -> web.Response:
        if not is_user(body):
            return said(LONG)
        n_asked = sum(map(is_user, served.asked))
        return said(bad if n_asked == 1 or second is None else second)

    with serving(model) as served:
        store = grow(tmp_path, served)
    bodies = [body for body in served.asked if is_user(body)]
    assert len(bodies) == 2
    assert bodies[0]["seed"] != bodies[1]["seed"]
    goes_on = second == "And the hedge?"
    assert counted(store, "SELECT max(turn) FROM node") == (2 if goes_on else 1)
    assert counted(store, "SELECT max(n_turns) FROM conversation") == (2 if goes_on else 1)
    if goes_on:
        question = "SELECT parts[0]->>'text' FROM node WHERE role = 'user' AND turn = 2"
        assert counted(store, question) == second


def test_a_good_question_is_asked_for_once(tmp_path: Path) -> None:
    async def model(body: dict[str, Any]) -> web.Response:
        return said("And the hedge?" if is_user(body) else "Plant it.")

    with serving(model) as served:
        store = grow(tmp_path, served)
    assert sum(map(is_user, served.asked)) == 1
    assert counted(store, "SELECT max(turn) FROM node") == 2
