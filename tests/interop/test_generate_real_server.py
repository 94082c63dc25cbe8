"""`generate` and `judge` against a real llama.cpp server; the README beside says how to run it."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from intermt.simulator import InProcess, Simulator
from tests.commands.work import Done, Program, counted, impatient, put_pictures, written
from tests.interop.real_servers import (
    ALIAS,
    LLAMA_MMPROJ,
    LLAMA_MODEL,
    LLAMA_SERVER,
    NO_LLAMA,
    LlamaServer,
)

pytestmark = pytest.mark.skipif(not (LLAMA_SERVER and LLAMA_MODEL), reason=NO_LLAMA)


@pytest.fixture(scope="module")
def llama(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LlamaServer]:
    server = LlamaServer(tmp_path_factory.mktemp("llama"))
    try:
        server.start()
        yield server
    finally:
        server.kill()


@pytest.fixture
def intermt(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Program:
    monkeypatch.chdir(tmp_path)
    return Program(tmp_path / "store", capfd)


def growing(folder: Path, llama: LlamaServer, n_seeds: int, **more: Any) -> list[object]:
    """The words of a small run: the usual prompts, but for short answers."""
    (folder / "prompts").mkdir(exist_ok=True)
    (folder / "prompts" / "answer_system.md").write_text("Answer in one short sentence.\n")
    # What small models answer in a few words.
    countries = ("France", "Italy", "Spain", "Japan")
    rows = [
        {"id": f"s{n}", "text": f"What is the capital of {country}?", **more}
        for n, country in enumerate(countries[:n_seeds])
    ]
    source = written(folder / "seeds.jsonl", rows)
    servers = ("--answer", llama.url, "--user", llama.url)
    return [
        *("generate", source, *servers, "--prompts", folder / "prompts"),
        *("--filter", "none", "--turns", 2, "--candidates", 1, "--max-tokens", 2000),
    ]


def ledger(intermt: Program, where: str = "true") -> list[dict[str, Any]]:
    with intermt.store.reading() as db:
        db.execute(f"SELECT body, state, text, tokens_in, tokens_out FROM request WHERE {where}")
        names = [column[0] for column in db.description]
        return [dict(zip(names, row, strict=True)) for row in db.fetchall()]


def test_trees_grow_and_are_judged(tmp_path: Path, intermt: Program, llama: LlamaServer) -> None:
    words = growing(tmp_path, llama, 2)
    done = intermt(*words)
    calls, asked = done.data["calls"], ledger(intermt)
    assert done.data["simulated"] is False
    assert done.data["n_answers"] >= 2
    assert calls["states"] == {"ok": len(asked)}
    assert done.data["n_estimated_tokens"] == 0
    for side in ("tokens_in", "tokens_out"):
        assert all(call[side] > 0 for call in asked)
        assert calls[side] == sum(call[side] for call in asked)
    assert counted(intermt.store, "SELECT count(*) FROM node WHERE simulated") == 0
    models = "SELECT list(DISTINCT model) FROM node WHERE role = 'assistant'"
    assert counted(intermt.store, models) == [ALIAS]

    again = intermt(*words).data
    assert (again["calls"]["states"], again["calls"]["reused"]) == ({}, len(asked))

    judged = intermt("judge", "--task", "score", "--server", llama.url).data
    verdicts = ledger(intermt, "(body->'response_format') IS NOT NULL")
    assert judged["simulated"] is False
    assert judged["verdicts"]["ok"] == 4 * judged["n_items"] == 4 * len(verdicts) > 0
    for call in verdicts:
        form = json.loads(call["body"])["response_format"]["json_schema"]["schema"]
        said = json.loads(call["text"])
        assert set(form["required"]) <= set(said) <= set(form["properties"])
        assert set(said.values()) <= {0, 1, 2, 3}
    assert intermt("judge", "--task", "score", "--server", llama.url).data["calls"]["states"] == {}
    assert intermt("check").data["findings"] == []


def test_every_question_is_rated(tmp_path: Path, intermt: Program, llama: LlamaServer) -> None:
    words = [*growing(tmp_path, llama, 2), "--filter", "potential", "--potential", llama.url]
    seeding = intermt(*words, "--min-potential", 0, "--turns", 1).data["seeding"]
    assert (seeding["n_kept"], seeding["n_waiting"]) == (2, 0)
    rated = ledger(intermt, "(body->'response_format') IS NOT NULL")
    assert [call["state"] for call in rated] == ["ok"] * 2


def test_tools_may_be_on_offer(tmp_path: Path, intermt: Program, llama: LlamaServer) -> None:
    with InProcess(Simulator()) as drawing:
        done = intermt(*growing(tmp_path, llama, 2), "--turns", 1, "--draw", drawing)
    assert done.data["n_answers"] == 2
    assert ledger(intermt, "kind = 'chat' AND (body->'tools') IS NOT NULL")
    assert set(done.data["calls"]["states"]) == {"ok"}


def test_pictures_are_seen_or_refused_in_so_many_words(
    tmp_path: Path, intermt: Program, llama: LlamaServer
) -> None:
    put_pictures(tmp_path, "seed.png")
    words = [*growing(tmp_path, llama, 1, images=["seed.png"])]
    if LLAMA_MMPROJ:
        assert intermt(*words).data["n_answers"] >= 1
        return
    done = intermt(*words, code=75)
    calls = done.data["calls"]
    # Neither tried again in vain nor answered as if there were no picture.
    assert calls["states"] == {"rejected": calls["attempts"]}
    assert done.data["n_answers"] == 0
    (problem,) = done.answer["errors"]
    assert "image input is not supported" in problem["message"]
    assert "mend what the server rejects" in problem["todo"]


def test_a_server_killed_amid_a_run(
    tmp_path: Path, intermt: Program, llama: LlamaServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = growing(tmp_path, llama, 4)
    before = llama.n_written()

    def kill_amid() -> None:
        while llama.n_written() == before:
            time.sleep(0.05)
        llama.kill()

    killer = threading.Thread(target=kill_amid)
    killer.start()
    with monkeypatch.context() as patch:
        impatient(patch)
        done = intermt(*words, code=75)
    killer.join()
    (problem,) = done.answer["errors"]
    assert problem["kind"] == "try-later"
    assert "exhausted" in problem["message"]
    assert "run the same command again" in problem["todo"]
    n_answered = len(ledger(intermt, "state = 'ok'"))
    assert n_answered > 0

    llama.start()
    # What the model cuts short is asked for again by the next run, at every step of a tree.
    runs: list[Done] = []
    while not runs or (runs[-1].code == 75 and len(runs) < 8):
        runs.append(intermt(*words, "--stop-error-rate", 1, code=None))
        assert {"ok", "truncated"} >= set(runs[-1].data["calls"]["states"]), runs[-1].answer
    finished = runs[-1].data
    assert (runs[-1].code, finished["n_unfinished"]) == (0, 0)
    assert runs[0].data["calls"]["reused"] >= n_answered
    n_ok = len(ledger(intermt, "state = 'ok'"))
    assert sum(run.data["calls"]["states"].get("ok", 0) for run in runs) == n_ok - n_answered
    assert intermt(*words).data["calls"]["states"] == {}
    assert intermt("check").data["findings"] == []
