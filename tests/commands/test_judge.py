"""Judging: three tasks, good and bad servers, and that a rerun asks only what is missing."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from intermt import domain
from intermt.commands import constrained
from intermt.dimensions import dimensions_of
from intermt.simulator import InProcess, Simulator, parse_faults
from intermt.store.connect import Store
from tests.cli.running import environment
from tests.commands.serving import error, said, serving
from tests.commands.work import (
    BENCH,
    ROOT,
    Program,
    conversation,
    conversations,
    counted,
    impatient,
    put_pictures,
    rows,
    stats,
    turn,
    written,
)

PACKAGED = Path(domain.__file__).parent / "prompts"

LOCAL = [d.key for d in dimensions_of("local")]
GLOBAL = [d.key for d in dimensions_of("global")]
TASKS: dict[str, tuple[str, ...]] = {
    "score local": ("--task", "score"),
    "score global": ("--task", "score", "--level", "global", "--reason"),
    "pair local": ("--task", "pair"),
    "pair global": ("--task", "pair", "--level", "global"),
    "crucial-step": ("--task", "crucial-step"),
}


@pytest.fixture
def filled(intermt: Program, tmp_path: Path) -> Program:
    """A store with six conversations of two turns and votes on three pairs at each level."""
    intermt("annotate-import", written(tmp_path / "c.json", conversations(6)))
    sql = """SELECT list(ids) FROM (SELECT list(node_id) AS ids FROM node WHERE turn = 1
             AND role = 'assistant' GROUP BY parent_id)"""
    answers = counted(intermt.store, sql)
    sql = "SELECT list(ids) FROM (SELECT list(conversation_id) AS ids FROM conversation GROUP BY seed_id)"  # noqa: E501
    whole = counted(intermt.store, sql)
    lines = [f"x,{a},{b},A,local" for a, b in answers] + [f"x,{a},{b},tie,global" for a, b in whole]
    (tmp_path / "v.csv").write_text("\n".join(("rater,answer_a,answer_b,choice,level", *lines, "")))
    intermt("annotate-import", tmp_path / "v.csv")
    return intermt


def asked_for(task: str, url: str) -> tuple[str, ...]:
    grader = ("--grader", url) if task == "crucial-step" else ()
    return (*TASKS[task], "--server", url, *grader)


# --- the tasks ---------------------------------------------------------------------------

N_VERDICTS = {
    "score local": 12 * 4,
    "score global": 6 * 5,
    "pair local": 3 * 2 * 5,
    "pair global": 3 * 2 * 6,
    "crucial-step": 6,
}


@pytest.mark.parametrize("task", TASKS)
def test_every_item_gets_every_verdict_once(filled: Program, task: str) -> None:
    with InProcess() as url:
        done = filled("judge", *asked_for(task, url))
        assert done.data["verdicts"] == {"ok": N_VERDICTS[task], "unparsed": 0, "failed": 0}
        assert done.data["simulated"] is True
        before = rows(filled.store, "verdict", "request", "rater", per_run=True)
        again = filled("judge", *asked_for(task, url))
        assert again.data["calls"]["states"] == {}
        assert again.data["n_known"] == again.data["n_items"] == done.data["n_items"]
        assert again.data["run_id"] is None
        assert rows(filled.store, "verdict", "request", "rater", per_run=True) == before
        assert stats(url)["n_answered_again"] == 0
    with filled.store.reading() as db:
        found = db.execute(
            "SELECT dimension, value, choice, text IS NOT NULL, simulated FROM verdict"
        ).fetchall()
    named, level = {row[0] for row in found}, task.split()[-1]
    if task == "crucial-step":
        assert named == {"crucial_step_recognition"}
        assert all(1 <= row[1] <= 5 and row[3] for row in found)
    elif task.startswith("pair"):
        assert named == {*(LOCAL if level == "local" else GLOBAL), "overall"}
        assert all(row[2] in ("a", "b") and row[1] is None for row in found)
    else:
        assert named == set(LOCAL if level == "local" else GLOBAL)
        assert all(-1 <= row[1] <= 3 and row[2] is None for row in found)
    assert all(row[4] for row in found)


@pytest.mark.parametrize("task", ["score local", "pair local", "crucial-step"])
def test_faults_and_reruns_end_in_the_verdicts_of_a_good_server(
    filled: Program,
    tmp_path: Path,
    task: str,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    impatient(monkeypatch)
    shutil.copytree(filled.store.folder, tmp_path / "twin")
    twin = Program(tmp_path / "twin", capfd)
    faults = parse_faults("500=0.1,html=0.1,truncated=0.1,refusal=0.1,empty=0.2")
    with InProcess(Simulator(seed=2)) as url:
        filled("judge", *asked_for(task, url))
    with InProcess(Simulator(seed=2, faults=faults)) as url:
        codes: list[int] = []
        while not codes or codes[-1] == 75:
            done = twin("judge", *asked_for(task, url), "--stop-error-rate", 1, code=None)
            codes.append(done.code)
            assert len(codes) < 30
        assert codes[-1] == 0
        assert len(codes) > 1
        assert stats(url)["n_answered_again"] == 0
    assert rows(twin.store, "verdict") == rows(filled.store, "verdict")


def test_orders_are_undone(filled: Program) -> None:
    """A judge that always likes what is shown first takes each side once."""

    async def first(body: dict[str, Any]) -> web.Response:
        wanted = body["response_format"]["json_schema"]["schema"]["properties"]
        return said(json.dumps(dict.fromkeys(wanted, "A")))

    with serving(first) as served:
        filled("judge", "--task", "pair", "--server", served.url, "--samples", 2,
               "--temperature", 1)  # fmt: skip
    sql = 'SELECT list(DISTINCT ["order", choice]) FROM verdict'
    assert sorted(counted(filled.store, sql)) == [["a", "a"], ["b", "b"]]
    assert counted(filled.store, "SELECT count(*) FROM verdict") == 3 * 5 * 2 * 2
    first_text = [body["messages"][-1]["content"] for body in served.asked]
    assert len(set(first_text)) == 6  # three pairs in two orders; samples ask the same


def test_without_swap_each_pair_is_asked_once_and_swap_adds_the_other(filled: Program) -> None:
    with InProcess() as url:
        words = asked_for("pair local", url)
        assert filled("judge", *words, "--no-swap").data["calls"]["states"] == {"ok": 3}
        assert filled("judge", *words, "--swap").data["calls"]["states"] == {"ok": 3}


# --- servers that do not do as they are asked --------------------------------------------


def scores(**values: int) -> str:
    return json.dumps({**dict.fromkeys(LOCAL, 1), **values})


async def _refuses(body: dict[str, Any]) -> web.Response:
    if "response_format" in body:
        return error(400, "json_schema is not supported by this server")
    return said(scores())


async def _prose(_: dict[str, Any]) -> web.Response:
    lines = [f"{name.replace('_', ' ').capitalize()}: {i} of 3" for i, name in enumerate(LOCAL)]
    return said("Let me think about it.\n\n" + "\n".join(lines))


def test_a_server_that_takes_no_schema_is_asked_without(intermt: Program, tmp_path: Path) -> None:
    intermt("annotate-import", written(tmp_path / "c.json", conversations(60)))
    with serving(_refuses) as served:
        done = intermt("judge", "--task", "score", "--server", served.url)
    # It is found out with one call: many at once would look like a broken server.
    assert done.data["calls"]["states"] == {"ok": 120, "rejected": 1}
    notes = counted(intermt.store, "SELECT list(DISTINCT notes) FROM verdict")
    assert notes == [["the server took no JSON schema"]]
    with serving(_refuses) as served:
        assert intermt("judge", "--task", "score", "--server", served.url)
        assert served.asked == []


def test_a_slow_first_answer_does_not_keep_the_others_waiting(
    filled: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(constrained, "_HEAD_START_S", 0.05)
    all_here = asyncio.Barrier(3)

    async def together(_: dict[str, Any]) -> web.Response:
        async with asyncio.timeout(20):
            await all_here.wait()
        return said(scores())

    with serving(together) as served:
        done = filled("judge", "--task", "score", "--server", served.url)
    assert done.data["calls"]["states"] == {"ok": 12}


def test_a_server_that_ignores_the_schema_is_read_all_the_same(filled: Program) -> None:
    with serving(_prose) as served:
        filled("judge", "--task", "score", "--server", served.url)
    sql = "SELECT list(DISTINCT [dimension, value::VARCHAR]) FROM verdict"
    assert sorted(counted(filled.store, sql)) == sorted([d, str(i)] for i, d in enumerate(LOCAL))


def test_what_is_not_stated_is_recorded_as_unparsed_and_asked_again(filled: Program) -> None:
    replies: Counter[str] = Counter()

    async def halting(body: dict[str, Any]) -> web.Response:
        text = str(body["messages"])
        replies[text] += 1
        if replies[text] == 1 and len(replies) % 3 == 0:
            return said('{"text_quality": 2, "context_coherence": "I cannot say"}')
        return said(scores(text_quality=2))

    with serving(halting) as served:
        words = ("--task", "score", "--server", served.url)
        first = filled("judge", *words, code=75)
        assert first.data["verdicts"] == {"ok": 8 * 4 + 4, "unparsed": 12, "failed": 0}
        assert first.data["n_unfinished"] == 4
        todo = first.answer["errors"][0]["todo"]
        assert "in the same words" in todo
        assert "left out" not in todo
        look = todo.partition("look at a reply with: intermt ")[2].partition(";")[0]
        shown = filled(*look.split())
        assert any(v["state"] == "unparsed" for r in shown.data["replies"] for v in r["verdicts"])
        states = counted(filled.store, "SELECT histogram(state) FROM verdict")
        assert states == {"ok": 36, "unparsed": 12}
        assert counted(filled.store, "SELECT count(value) FROM verdict") == 36
        second = filled("judge", *words)
        assert second.data["calls"]["states"] == {"ok": 4}
    assert counted(filled.store, "SELECT histogram(state) FROM verdict") == {"ok": 48}


def test_what_was_asked_in_another_manner_needs_no_mending(filled: Program) -> None:
    async def halting(body: dict[str, Any]) -> web.Response:
        if "response_format" in body:
            return error(400, "json_schema is not supported by this server")
        return said("Hm.") if "Question 0" in str(body) else said(scores())

    with serving(halting) as served:
        done = filled("judge", "--task", "score", "--server", served.url, code=75)
    assert done.data["calls"]["worked_round"] == 1
    problem = done.answer["errors"][0]
    assert "judge --show" in problem["todo"]
    assert "rejected" not in problem["message"]


async def _silent(_: dict[str, Any]) -> web.Response:
    return said("I would rather not say.")


async def _not_chat(_: dict[str, Any]) -> web.Response:
    return web.json_response({"hello": "world"})


async def _odd_bytes(_: dict[str, Any]) -> web.Response:
    body = rb'{"choices":[{"message":{"content":"\ud800 \u0000 \uffff {"},"finish_reason":"stop"}]}'
    return web.Response(body=body, content_type="application/json")


async def _deep(_: dict[str, Any]) -> web.Response:
    body = b'{"choices":' + b"[" * 5000 + b"]" * 5000 + b"}"
    return web.Response(body=body, content_type="application/json")


@pytest.mark.parametrize("answer", [_silent, _not_chat, _odd_bytes, _deep])
def test_a_judge_that_never_states_anything_costs_no_whole_night(
    intermt: Program, tmp_path: Path, answer: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    # What is no JSON at all looks like a URL that is down, which is waited for at length.
    impatient(monkeypatch)
    intermt("annotate-import", written(tmp_path / "c.json", conversations(100, turns=1)))
    with serving(answer) as served:
        words = ("--task", "score", "--server", served.url)
        done = intermt("judge", *words, code=75)
        problem = done.answer["errors"][0]
        assert "stopped early" in problem["message"]
        assert len(served.asked) < 100
        if answer is _silent:
            assert "intermt judge --show " in problem["todo"]
            assert "--prompts" in problem["todo"]
        elif answer is _not_chat:
            assert problem["todo"].startswith("mend the server")
        whole = intermt("judge", *words, "--stop-error-rate", 1, "--limit", 10, code=75)
        assert whole.data["verdicts"]["ok"] == 0
    assert counted(intermt.store, "SELECT count(*) FROM request WHERE state = 'ok'") == 0


# --- what is judged, and by whom ---------------------------------------------------------


def test_a_name_belongs_to_one_judge(filled: Program, tmp_path: Path) -> None:
    with InProcess() as url:
        words = ("--task", "score", "--server", url, "--name", "jo")
        filled("judge", *words, "--model", "one")
        mine = tmp_path / "mine"
        mine.mkdir()
        shutil.copy(PACKAGED / "judge_score_local.md", mine)
        with (mine / "judge_score_local.md").open("a") as file:
            file.write("Be strict.\n")
        for other, said_of in (
            (("two",), "its model was one and is two"),
            (("one", "--reason"), "--reason was off and is on"),
            (("one", "--temperature", 1), "--temperature was 0.0 and is 1.0"),
            (("one", "--prompts", mine), "prompts are others: judge_score_local"),
            (("one", "--compat", "paper"), "--compat was default and is paper"),
        ):
            done = filled("judge", *words, "--model", *other, code=2)
            problem = done.answer["errors"][0]
            assert problem["message"] == f"the judge 'jo' had other settings: {said_of}"
            assert "--name" in problem["todo"]
        assert filled("judge", *words, "--model", "one").data["n_known"] == 12
    # The same model at a real server is another judge than the stand-in.
    with serving(_prose, model="one") as served:
        words = ("--task", "score", "--server", served.url, "--name", "jo")
        done = filled("judge", *words, code=2)
        assert done.answer["errors"][0]["message"].endswith(
            "the stand-in answered, and now a real server does"
        )


def test_reasons_and_models_make_judges_of_their_own(filled: Program) -> None:
    with InProcess() as url:
        for more in ((), ("--reason",), ("--model", "other")):
            filled("judge", "--task", "score", "--server", url, "--limit", 2, *more)
    names = counted(filled.store, "SELECT list(name ORDER BY name) FROM rater WHERE role = 'judge'")
    assert names == ["other", "simulated-a", "simulated-a+reason"]


def test_where_there_is_nothing_to_judge_it_says_so(intermt: Program, tmp_path: Path) -> None:
    with InProcess() as url:
        assert intermt("judge", *asked_for("score local", url), code=66)
        bare = [conversation("c", turn(1, "Why?", "Because."))]
        intermt("annotate-import", written(tmp_path / "c.json", bare))
        for task, what in (
            ("pair local", "votes"),
            ("pair global", "votes"),
            ("crucial-step", "crucial steps"),
        ):
            done = intermt("judge", *asked_for(task, url), code=66)
            assert what in done.answer["errors"][0]["message"]
        words = ("judge", *asked_for("score local", url), "--dataset", "no")
        problem = intermt(*words, code=66).answer["errors"][0]
        assert problem["message"] == "there is no dataset 'no'"
        assert problem["todo"] == "the store has intermt-bench"
        assert stats(url)["n_requests"] == 0


def test_options_that_contradict_each_other_are_refused(filled: Program) -> None:
    filled("judge", "--task", "crucial-step", "--server", "builtin", code=2)
    words = ("--task", "crucial-step", "--server", "builtin", "--grader", "builtin")
    filled("judge", *words, "--level", "local", code=2)
    filled("judge", "--task", "score", "--server", "nobody", code=2)


def test_grades_of_two_graders_never_mix(intermt: Program, tmp_path: Path) -> None:
    made = conversation(
        "c",
        turn(1, "How?", "Like this."),
        crucial_step_recognition=1,
        reason_crucial_step_recognition="Doing it.",
    )
    intermt("annotate-import", written(tmp_path / "c.json", [made]))
    words = ("judge", "--task", "crucial-step", "--server", "builtin", "--grader")
    assert intermt(*words, "builtin#first").data["verdicts"]["ok"] == 1
    assert intermt(*words, "builtin#first").data["n_known"] == 1
    refused = intermt(*words, "builtin#second", code=2)
    assert "graded by first" in refused.answer["errors"][0]["message"]
    assert intermt(*words, "builtin#second", "--name", "other").data["verdicts"]["ok"] == 1


@pytest.mark.parametrize("task", ["score local", "score global", "crucial-step"])
def test_pictures_that_the_judge_did_not_see_are_named(
    intermt: Program, tmp_path: Path, task: str
) -> None:
    put_pictures(tmp_path, "there.png")
    seen = turn(1, "See?", "Yes <Image, a cat>.", images=["there.png"], shown=["gone.png"])
    made = conversation(
        "c",
        seen,
        crucial_step_recognition=1,
        reason_crucial_step_recognition="Seeing it.",
    )
    intermt("annotate-import", written(tmp_path / "c.json", [made]))
    with InProcess() as url:
        done = intermt("judge", *asked_for(task, url))
    assert done.data["n_missing_pictures"] == 1
    with intermt.store.reading() as db:
        notes = [row[0] for row in db.execute("SELECT notes FROM verdict").fetchall()]
        body = db.execute("SELECT max(body::VARCHAR) FROM request").fetchall()[0][0]
    assert all("missing picture: gone.png" in of_one for of_one in notes)
    assert not any("there.png" in note for of_one in notes for note in of_one)
    assert "picture missing" in body or task == "crucial-step"


def test_a_limit_picks_the_same_items_and_a_later_run_adds_the_rest(filled: Program) -> None:
    with InProcess() as url:
        words = ("judge", *asked_for("score local", url))
        filled(*words, "--limit", 5)
        first = rows(filled.store, "verdict")["verdict"]
        assert filled(*words, "--limit", 5).data["calls"]["states"] == {}
        assert filled(*words).data["calls"]["states"] == {"ok": 7}
    assert all(verdict in rows(filled.store, "verdict")["verdict"] for verdict in first)


@pytest.mark.real_data
@pytest.mark.skipif(not BENCH.exists(), reason="the released conversations are not here")
def test_the_released_crucial_steps_are_judged_through_faults(
    intermt: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    impatient(monkeypatch)
    intermt("annotate-import", BENCH)
    faults = parse_faults("500=0.02,html=0.02,json=0.02,reset=0.02,empty=0.02,refusal=0.02")
    with InProcess(Simulator(faults=faults)) as url:
        words = ("judge", *asked_for("crucial-step", url), "--limit", 120)
        first = intermt(*words, code=75)
        assert first.data["n_items"] == 120
        assert first.data["n_missing_pictures"] > 100
        for _ in range(8):
            done = intermt(*words, code=None)
            if done.code == 0:
                break
        assert intermt(*words).data["calls"]["states"] == {}
        assert stats(url)["n_answered_again"] == 0


# --- memory ------------------------------------------------------------------------------

MEASURE = """
import sys
from pathlib import Path
from intermt.cli.frame import execute
from intermt.cli.main import build
code = execute(build, sys.argv[1:])
status = Path("/proc/self/status").read_text()
sys.stderr.write(status.partition("VmHWM:")[2].split()[0])
sys.exit(code)
"""


# Not ru_maxrss: a child begins with its parent's.
def _peak_mb(store: Store, *words: object) -> float:
    argv = [sys.executable, "-c", MEASURE, *map(str, words), "--store", str(store.folder), "--json"]
    env = {**environment(), "MALLOC_ARENA_MAX": "2"}
    done = subprocess.run(argv, capture_output=True, text=True, cwd=ROOT, env=env, timeout=120)
    assert done.returncode == 0, done.stderr
    return int(done.stderr) / 1024


@pytest.mark.skipif(os.uname().sysname != "Linux", reason="reads /proc")
def test_memory_does_not_grow_with_the_number_of_items(intermt: Program, tmp_path: Path) -> None:
    # 20 KB an item and 750 items: held as messages, bodies and rows they would be seen.
    long = "It rains because warm air rises. " * 600
    made = [conversation(f"c{i}", turn(1, f"Why {i}?", f"{i}. {long}")) for i in range(750)]
    intermt("annotate-import", written(tmp_path / "c.json", made))
    with serving(_prose) as served:
        peak_mb = _peak_mb(intermt.store, "judge", "--task", "score", "--server", served.url)
    assert counted(intermt.store, "SELECT count(*) FROM verdict") == 3000
    assert peak_mb < 600
