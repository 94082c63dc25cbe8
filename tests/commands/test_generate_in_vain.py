"""Growing trees where some calls come back in vain every time: they are left out, and it ends."""

from __future__ import annotations

import asyncio
import json
import threading
import zlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from intermt.cli.generate_text import summary_of
from intermt.commands import generate
from intermt.commands.answering import GrowthPlan
from intermt.dimensions import dimensions_of
from intermt.domain.prompts import load_prompts
from intermt.simulator import InProcess, Simulator, parse_faults
from intermt.store.connect import Store
from tests.commands.serving import Served, error, said, serving
from tests.commands.work import (
    Program,
    Silent,
    counted,
    ended,
    rows,
    seeds,
    server,
    start,
    taking,
    written,
)

Body = dict[str, Any]

EMPTY = ("empty", lambda: said(""))
CUT = ("truncated", lambda: finished("Half of what", "length"))
FILTERED = ("refused", lambda: finished("", "content_filter"))


def finished(text: str, reason: str) -> web.Response:
    choice = {"message": {"role": "assistant", "content": text}, "finish_reason": reason}
    return web.json_response({"choices": [choice]})


def denied() -> web.Response:
    told = {"message": "no such topics", "code": "content_filter"}
    return web.json_response({"error": told}, status=400)


REFUSED = ("refused", denied)


def turn_of(body: Body) -> int:
    """The turn that an answer is asked for."""
    return sum(message["role"] == "user" for message in body["messages"])


SCORES = json.dumps({dimension.key: 2 for dimension in dimensions_of("local")})
"""What a judge says of any answer."""


def is_user(body: Body) -> bool:
    return "You play the user" in str(body["messages"][0]["content"])


def usual(body: Body) -> web.Response:
    """An answer or a question of its own for every conversation and sampling seed."""
    if is_user(body):
        return said(f"What about hedge {zlib.crc32(str(body).encode())}?")
    return said(f"Model {body['model']} says {body['seed']} at turn {turn_of(body)}.")


def unless(
    wanted: Callable[[Body], bool], instead: Callable[[], web.Response]
) -> Callable[[Body], Any]:
    """Usual replies, but another where a request is like that."""

    async def reply(body: Body) -> web.Response:
        return instead() if wanted(body) else usual(body)

    return reply


def grow(store: Store, served: Served | str, source: Path, **more: Any) -> generate.GenerateResult:
    url = served if isinstance(served, str) else served.url
    names = ("judge", "min_instances", "stop_error_rate")
    options = {"min_instances": 0} | {key: more.pop(key) for key in names if key in more}
    settings: dict[str, Any] = {"n_turns": 2, "n_candidates": 2, "draw": None, **more}
    plan = GrowthPlan(
        answer=(server(f"{url}#a"), server(f"{url}#b")),
        user=server(f"{url}#user"),
        prompts=load_prompts(),
        **settings,
    )
    config = generate.GenerateConfig(taking(source), plan, **options)
    return generate.run(store, config, Silent())


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return written(tmp_path / "seeds.jsonl", seeds(1))


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store")


# --- answers -----------------------------------------------------------------------------


@pytest.mark.parametrize(("state", "instead"), [EMPTY, CUT, FILTERED, REFUSED])
def test_an_answer_that_never_comes_is_left_out(
    intermt: Program, source: Path, state: str, instead: Callable[[], web.Response]
) -> None:
    in_vain = unless(lambda body: body["model"] == "b" and turn_of(body) == 1, instead)
    with serving(in_vain) as served:
        url = served.url
        words = ("generate", source, "--answer", f"{url}#a", "--answer", f"{url}#b", "--user",
                 f"{url}#user", "--turns", 2, "--filter", "none")  # fmt: skip
        first = intermt(*words, code=75)
        assert first.data["left_out"] == {}
        todo = first.answer["errors"][0]["todo"]
        assert "tried otherwise, then left out" in todo
        n_first = len(served.asked)
        second = intermt(*words)
        assert second.data["left_out"] == {"answer": {state: 1}}
        # Once more in the same words, then by two other sampling seeds.
        again = served.asked[n_first:]
        assert {body["model"] for body in again} == {"b"}
        assert again[0] in served.asked[:n_first]
        assert len({body["seed"] for body in again}) == len(again) == 3
        third = intermt(*words)
        assert len(served.asked) == n_first + 3
    assert third.data["calls"]["states"] == {}
    assert third.data["left_out"] == second.data["left_out"]
    assert (third.data["n_unfinished"], third.data["n_answers"], third.data["n_instances"]) == (
        *(0, 3),
        2,
    )
    why = f"such a tree has 4 at most and left out after 3 tries: 1 answer (1 {state})"
    assert third.data["short"][0]["reason"] == why
    assert counted(intermt.store, "SELECT list([state, reason]) FROM seed_growth") == [
        ["done", why]
    ]
    assert why in intermt("generate", "--show", "s0").data["state"]
    assert intermt("check").data["findings"] == []
    assert counted(intermt.store, "SELECT list(DISTINCT place ORDER BY place) FROM node") == [
        *("1", "1a", "1a.1", "1a.1a", "1a.1b")
    ]


def test_what_is_left_out_is_said_of_seeds_with_enough_conversations(
    intermt: Program, source: Path
) -> None:
    with serving(unless(lambda body: body["model"] == "b", EMPTY[1])) as served:
        url = served.url
        words = ("generate", source, "--answer", f"{url}#a", "--answer", f"{url}#b", "--user",
                 f"{url}#user", "--turns", 1, "--min-instances", 0, "--filter", "none")  # fmt: skip
        intermt(*words, code=75)
        assert intermt(*words).data["n_short"] == 0
    shown = intermt("generate", "--show", "s0").data["state"]
    assert shown.endswith("two or more turns: left out after 3 tries: 1 answer (1 empty)")


def test_a_later_try_that_succeeds_is_the_answer(store: Store, source: Path) -> None:
    asked: list[int] = []

    def is_early(body: Body) -> bool:
        if body["model"] == "b":
            asked.append(body["seed"])
        return body["model"] == "b" and len(asked) < 4

    with serving(unless(is_early, CUT[1])) as served:
        assert grow(store, served, source, n_turns=1).n_unfinished == 1
        found = grow(store, served, source, n_turns=1)
        again = grow(store, served, source, n_turns=1)
    assert (found.n_unfinished, found.left_out, found.n_answers) == (0, {}, 2)
    assert asked[0] == asked[1]
    assert len(set(asked)) == 3
    assert again.calls.made == 0
    samples = "SELECT list(sample) FROM request r JOIN node n USING (request_key) WHERE place='1b'"
    assert counted(store, samples) == [2_000_000]


def test_failures_of_servers_are_never_left_out(store: Store, source: Path) -> None:
    # A status for the wrong key or model is nothing that other samples could change.
    for status in (401, 403, 404, 500, 429):
        in_vain = unless(lambda body: body["model"] == "b", lambda: error(status, "no"))  # noqa: B023
        with serving(in_vain) as served:
            plan_b = replace(server(f"{served.url}#b"), max_attempts=1)
            plan = GrowthPlan(
                answer=(server(f"{served.url}#a"), plan_b),
                user=server(served.url),
                draw=None,
                prompts=load_prompts(),
                n_turns=1,
            )
            for _ in range(2):
                result = generate.run(
                    store, generate.GenerateConfig(taking(source), plan), Silent()
                )
                assert (result.n_unfinished, result.left_out) == (1, {})
            assert len([body for body in served.asked if body["model"] == "b"]) == 2


def test_what_is_in_vain_once_more_tells_of_no_broken_server(store: Store, tmp_path: Path) -> None:
    source = written(tmp_path / "many.jsonl", seeds(19))
    with serving(unless(lambda body: body["model"] == "b", EMPTY[1])) as served:
        assert grow(store, served, source, n_turns=1).n_unfinished == 19
        # 57 calls in a row that come to nothing.
        result = grow(store, served, source, n_turns=1)
    assert (result.n_unfinished, result.left_out) == (0, {"answer": {"empty": 57 // 3}})


@pytest.mark.parametrize("takes_tools", [True, False])
def test_in_vain_after_tools_were_called(intermt: Program, source: Path, takes_tools: bool) -> None:
    async def reply(body: Body) -> web.Response:
        if not takes_tools and "tools" in body:
            return error(400, "tools are not supported")
        if any(message["role"] == "tool" for message in body["messages"]) or not takes_tools:
            return said("")
        call = {"name": "draw", "arguments": '{"caption": "a hedge"}'}
        message = {
            "role": "assistant",
            "content": None,
            "tool_calls": [{"id": "c", "type": "function", "function": call}],
        }
        return web.json_response({"choices": [{"message": message, "finish_reason": "tool_calls"}]})

    with serving(reply) as served, InProcess() as drawing:
        words = ("generate", source, "--answer", served.url, "--user", served.url, "--draw",
                 drawing, "--turns", 1, "--candidates", 1, "--filter", "none")  # fmt: skip
        intermt(*words, code=75)
        n_first = len(served.asked)
        second = intermt(*words)
        n_second = len(served.asked)
        third = intermt(*words)
        assert len(served.asked) == n_second
    # The last round once more; then, twice, the whole answer. A server without tools says so
    # in every run, before anything else.
    assert n_second - n_first == 5 if takes_tools else 4
    assert second.data["left_out"] == third.data["left_out"] == {"answer": {"empty": 1}}
    assert third.data["calls"]["states"] == {}
    assert intermt("check").data["findings"] == []


def test_a_seed_question_without_any_answer_is_short(intermt: Program, source: Path) -> None:
    with serving(unless(lambda _: True, REFUSED[1])) as served:
        words = ("generate", source, "--answer", served.url, "--user", served.url)
        intermt(*words, "--filter", "none", "--turns", 3, code=75)
        done = intermt(*words, "--filter", "none", "--turns", 3)
    assert (done.data["n_short"], done.data["n_conversations"]) == (1, 0)
    assert "left out after 3 tries: 2 answers (2 refused)" in done.data["short"][0]["reason"]
    assert counted(intermt.store, "SELECT list(place) FROM node") == ["1"]
    assert intermt("check").data["findings"] == []


def test_where_no_answer_to_a_question_comes_the_conversation_ends_before_it(
    intermt: Program, source: Path
) -> None:
    # The follow-ups to the answers of turn 2 are answered on one branch only.
    barren: list[str] = []

    def is_barren(body: Body) -> bool:
        asked = str(body["messages"][-1]["content"])
        if turn_of(body) == 3 and not barren:
            barren.append(asked)
        return asked in barren and not is_user(body)

    with serving(unless(is_barren, CUT[1])) as served:
        url = served.url
        words = ("generate", source, "--answer", f"{url}#a", "--answer", f"{url}#b", "--user",
                 f"{url}#user", "--turns", 3, "--filter", "none")  # fmt: skip
        first = intermt(*words, code=75)
        done = intermt(*words)
        assert intermt(*words).data["calls"]["states"] == {}
    data = done.data
    assert (data["left_out"], data["n_cut_off"]) == ({"answer": {"truncated": 2}}, 1)
    assert data["left_out_of"] == ["s0"]
    n_ok = counted(intermt.store, "SELECT count(*) FROM request WHERE state = 'ok'")
    assert data["calls"]["reused"] + data["calls"]["states"].get("ok", 0) == n_ok
    # Four answers at turn 2: three go on to two answers each, one is the last of its branch.
    assert (first.data["n_instances"], data["n_instances"], data["n_conversations"]) == (6, 7, 7)
    turns = "SELECT list(n_turns ORDER BY n_turns) FROM conversation"
    assert counted(intermt.store, turns) == [2, 3, 3, 3, 3, 3, 3]
    marks = "SELECT list([mark, reason]) FROM node_mark WHERE mark <> 'kept'"
    assert counted(intermt.store, marks) == [["cut", "every answer was left out"]]
    # The question was paid for; it stays.
    alone = """
        SELECT count(*) FROM node q WHERE role = 'user'
        AND NOT EXISTS (SELECT 1 FROM node a WHERE a.parent_id = q.node_id)
    """
    assert counted(intermt.store, alone) == 1
    shown = intermt("generate", "--show", "s0").data
    assert (shown["n_cut_off"], shown["n_ended"], shown["n_kept"]) == (1, 0, 5)
    assert intermt("check").data["findings"] == []


# --- questions ---------------------------------------------------------------------------


@pytest.mark.parametrize("first_is_none", [False, True])
def test_a_question_that_never_comes_ends_its_branch(
    store: Store, source: Path, first_is_none: bool
) -> None:
    asked: list[int] = []

    async def reply(body: Body) -> web.Response:
        if not is_user(body):
            return usual(body)
        asked.append(body["seed"])
        return said("..." if first_is_none and body["seed"] == asked[0] else "")

    with serving(reply) as served:
        first = grow(store, served, source, n_candidates=1)
        assert (first.n_unfinished, first.n_conversations) == (1, 0)
        done = grow(store, served, source, n_candidates=1)
        again = grow(store, served, source, n_candidates=1)
    assert (done.n_unfinished, done.left_out, done.n_cut_off, done.n_ended) == (
        *(0, {"question": {"empty": 1}}),
        *(1, 0),
    )
    assert (done.n_conversations, again.calls.made) == (1, 0)
    assert len(set(asked)) == len(asked) - 1 == 3 + first_is_none
    reason = "SELECT list([mark, reason]) FROM node_mark"
    assert counted(store, reason) == [["cut", "the question was left out (empty)"]]


def test_what_is_no_question_is_asked_for_again_by_a_later_try_too(
    store: Store, source: Path
) -> None:
    asked: list[int] = []

    async def reply(body: Body) -> web.Response:
        if not is_user(body):
            return usual(body)
        asked.append(body["seed"])
        # In vain twice, none, in vain twice, a question.
        return [said(""), said(""), said("..."), said(""), said(""), usual(body)][len(asked) - 1]

    with serving(reply) as served:
        results = [grow(store, served, source, n_candidates=1) for _ in range(4)]
    assert [result.n_unfinished for result in results] == [1, 1, 0, 0]
    assert [result.calls.made for result in results] == [2, 3, 3, 0]
    assert asked[0] == asked[1]
    assert asked[3] == asked[4]
    assert len(set(asked)) == 4
    assert counted(store, "SELECT max(n_turns) FROM conversation") == 2


# --- the judge ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "instead"), [EMPTY, ("unparsed", lambda: said("All of them are nice."))]
)
@pytest.mark.parametrize("takes_schema", [True, False])
def test_a_judge_that_never_states_a_score_of_an_answer(
    intermt: Program,
    source: Path,
    state: str,
    instead: Callable[[], web.Response],
    takes_schema: bool,
) -> None:
    async def judge(body: Body) -> web.Response:
        if not takes_schema and "response_format" in body:
            return error(400, "response_format is not supported")
        if "Model a says" in str(body["messages"]):
            return instead()
        return said(SCORES)

    with serving(judge) as judging, serving(unless(lambda _: False, denied)) as served:
        url = served.url
        words = ("generate", source, "--answer", f"{url}#a", "--answer", f"{url}#b", "--user",
                 f"{url}#user", "--judge", f"{judging.url}#judge", "--turns", 2, "--beam", 1,
                 "--filter", "none", "--stop-error-rate", 1)  # fmt: skip
        first = intermt(*words, code=75)
        assert first.data["n_conversations"] == 0
        n_first = len(judging.asked)
        second = intermt(*words)
        n_second = len(judging.asked)
        third = intermt(*words)
        assert len(judging.asked) == n_second
    assert n_second - n_first == 3 + (not takes_schema)
    assert second.data["left_out"] == third.data["left_out"] == {"score": {state: 1}}
    # The one with a score goes on.
    marks = "SELECT list([place, mark] ORDER BY place) FROM node_mark JOIN node USING (node_id)"
    assert counted(intermt.store, marks) == [["1a", "pruned"], ["1b", "kept"]]
    scored = "SELECT list(place) FROM node_mark JOIN node USING (node_id) WHERE score > 0"
    assert counted(intermt.store, scored) == ["1b"]
    assert intermt("check").data["findings"] == []


def test_a_score_that_a_later_try_gives_is_the_verdict_of_that_judge(
    intermt: Program, source: Path
) -> None:
    async def judge(body: Body) -> web.Response:
        return said(SCORES if body["seed"] else "")

    with serving(judge) as judging, serving(unless(lambda _: False, denied)) as served:
        url = served.url
        words = ("generate", source, "--answer", f"{url}#a", "--answer", f"{url}#b", "--user",
                 f"{url}#user", "--judge", f"{judging.url}#judge", "--turns", 2, "--beam", 1,
                 "--filter", "none", "--stop-error-rate", 1)  # fmt: skip
        intermt(*words, code=75)
        assert intermt(*words).data["left_out"] == {}
        samples = "SELECT list(DISTINCT sample) FROM verdict WHERE state = 'ok'"
        assert counted(intermt.store, samples) == [0]
        asked = "SELECT list(DISTINCT sample ORDER BY sample) FROM request WHERE model = 'judge'"
        assert counted(intermt.store, asked) == [0, 1_000_000]


# --- going on ----------------------------------------------------------------------------


def test_what_disturbs_one_run_changes_nothing(tmp_path: Path) -> None:
    source = written(tmp_path / "seeds.jsonl", seeds(3))
    whole, store = Store(tmp_path / "whole"), Store(tmp_path / "store")
    options = {"n_turns": 3, "beam": 3, "stop_error_rate": 1.0}
    with (
        InProcess(Simulator()) as url,
        InProcess(Simulator(faults=parse_faults("empty=0.2,refusal=0.1"))) as bad,
    ):
        grow(whole, url, source, **options)
        assert grow(store, bad, source, **options).n_unfinished > 0
        assert grow(store, url, source, **options).n_unfinished == 0
        assert grow(store, url, source, **options).calls.made == 0
    tables = ("seed", "node", "conversation", "node_mark", "seed_growth")
    assert rows(store, *tables) == rows(whole, *tables)


def test_what_always_disturbs_comes_to_an_end(tmp_path: Path) -> None:
    source = written(tmp_path / "seeds.jsonl", seeds(3))
    store = Store(tmp_path / "store")
    options = {"n_turns": 3, "beam": 3, "stop_error_rate": 1.0}
    n_runs = 0
    with InProcess(Simulator(faults=parse_faults("empty=0.6"))) as url:
        while (result := grow(store, url, source, **options)).n_unfinished:
            n_runs += 1
            assert n_runs < 10
        assert result.left_out
        lines = summary_of(result).splitlines()
        left_out = next(line for line in lines if line.startswith("left out after 3 tries: "))
        assert left_out.endswith(f"; of {', '.join(result.left_out_of)}")
        assert set(result.left_out_of) <= {"s0", "s1", "s2"}
        assert f", {result.n_cut_off} cut off" in "".join(lines)
        assert grow(store, url, source, **options).calls.made == 0
    there = "SELECT count(*) FROM conversation WHERE len(path) <> 2 * n_turns"
    assert counted(store, there) == 0


@pytest.mark.parametrize("hold", [3, 6])
def test_a_kill_between_two_tries_changes_nothing(tmp_path: Path, source: Path, hold: int) -> None:
    held = threading.Event()
    n_asked = 0

    def reply_holding(number: int) -> Callable[[Body], Any]:
        async def reply(body: Body) -> web.Response:
            nonlocal n_asked
            if body["model"] != "b":
                return usual(body)
            n_asked += 1
            if n_asked == number:
                held.set()
                await asyncio.sleep(60)
            return said("")

        return reply

    def words(served: Served) -> list[object]:
        return ["generate", source, "--answer", f"{served.url}#a", "--answer", f"{served.url}#b",
                "--user", f"{served.url}#user", "--turns", 2, "--candidates", 2,
                "--filter", "none", "--min-instances", 0]  # fmt: skip

    undisturbed, store = Store(tmp_path / "undisturbed"), Store(tmp_path / "store")
    with serving(reply_holding(0)) as served:
        codes = [ended(start(*words(served), store=undisturbed.folder)).code for _ in range(2)]
    assert codes == [75, 0]
    n_needed, n_asked = n_asked, 0
    # One answer of each turn never comes; two of these calls are made by the first run.
    assert n_needed == 2 * 4
    with serving(reply_holding(hold)) as served:
        assert ended(start(*words(served), store=store.folder)).code == 75
        process = start(*words(served), store=store.folder)
        assert held.wait(30)
        process.kill()
        assert ended(process).code == -9
        assert ended(start(*words(served), store=store.folder)).code == 0
    # What was under way at the kill is asked again, at most one call for each turn.
    assert n_needed < n_asked <= n_needed + 2
    tables = ("seed", "node", "conversation", "node_mark", "seed_growth", "request")
    assert rows(store, *tables) == rows(undisturbed, *tables)
