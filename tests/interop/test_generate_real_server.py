"""`generate` and `judge` against a real llama.cpp server; the README beside says how to run it."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from intermt.simulator import InProcess, Simulator
from tests.commands.work import Program, counted, impatient, put_pictures, written

COMMAND, MODEL, MMPROJ = (
    os.environ.get(f"INTERMT_TEST_LLAMA_{name}", "") for name in ("SERVER", "MODEL", "MMPROJ")
)
ALIAS = "real-model"
SLOTS = 4

pytestmark = pytest.mark.skipif(
    not (COMMAND and MODEL),
    reason="no real server: set INTERMT_TEST_LLAMA_SERVER and INTERMT_TEST_LLAMA_MODEL,"
    " as tests/interop/README.md says",
)


class LlamaServer:
    """A llama.cpp server on 127.0.0.1 that can be killed and started again on its port."""

    def __init__(self, log: Path) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self._port = free.getsockname()[1]
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None
        self.url = f"http://127.0.0.1:{self._port}/v1#{ALIAS}"

    def start(self) -> None:
        argv = [COMMAND, "-m", MODEL, "--host", "127.0.0.1", "--port", str(self._port)]
        argv += ["--alias", ALIAS, "--metrics", "--ctx-size", str(8192 * SLOTS)]
        # One thread: with more, they wait for each other on a machine that does other work.
        argv += ["--parallel", str(SLOTS), "--threads", "1"]
        # Small models say the same for ever otherwise.
        argv += ["--repeat-penalty", "1.2", "--repeat-last-n", "256"]
        argv += ["--mmproj", MMPROJ] if MMPROJ else []
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(argv, stdout=log, stderr=log)
        for _ in range(600):
            if self.get("/health") is not None:
                return
            assert self._process.poll() is None, self._log.read_text(errors="replace")[-2000:]
            time.sleep(0.1)
        raise AssertionError("the server did not come up within a minute")

    def kill(self) -> None:
        assert self._process
        self._process.kill()
        self._process.wait()

    def get(self, path: str) -> str | None:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self._port}{path}", timeout=10) as got:
                text: str = got.read().decode()
                return text
        except (urllib.error.URLError, OSError):
            return None

    def n_written(self) -> float:
        """Tokens that the server has written in finished replies since it started."""
        found = re.search(
            r"^llamacpp:tokens_predicted_total (\S+)", self.get("/metrics") or "", re.MULTILINE
        )
        return float(found[1]) if found else 0.0


@pytest.fixture(scope="module")
def llama(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LlamaServer]:
    server = LlamaServer(tmp_path_factory.mktemp("llama") / "log")
    server.start()
    yield server
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
    if MMPROJ:
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
    finished = intermt(*words).data
    assert finished["n_unfinished"] == 0
    assert finished["calls"]["reused"] >= n_answered
    asked = ledger(intermt)
    assert [call["state"] for call in asked] == ["ok"] * len(asked)
    assert finished["calls"]["states"]["ok"] == len(asked) - n_answered
    assert intermt(*words).data["calls"]["states"] == {}
    assert intermt("check").data["findings"] == []
