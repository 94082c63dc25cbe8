"""Ctrl-C, termination and kill -9 of a judge at work: quick, said, and nothing lost."""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from intermt.dimensions import dimensions_of
from intermt.simulator import InProcess, Simulator
from intermt.store.check import examine
from intermt.store.connect import Store
from tests.cli.running import environment
from tests.commands.serving import said, serving
from tests.commands.test_annotate_import import import_files
from tests.commands.work import (
    conversations,
    counted,
    ended,
    rows,
    seeds,
    start,
    stats,
    written,
)

SIGNALS = [(signal.SIGINT, 130, "interrupted"), (signal.SIGTERM, 143, "terminated")]


@pytest.fixture
def store(tmp_path: Path) -> Store:
    made = Store(tmp_path / "store", lock_timeout_s=20)
    import_files(made, written(tmp_path / "c.json", conversations(40)))
    return made


def wait_until(true: Callable[[], bool], process: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + 30
    while not true():
        assert process.poll() is None, ended(process)
        assert time.monotonic() < deadline
        time.sleep(0.01)


def stopped(process: subprocess.Popen[str], number: int, code: int, word: str) -> None:
    """Send a signal: the process ends in under two seconds and says how to go on."""
    began = time.monotonic()
    process.send_signal(number)
    done = ended(process, 30)
    assert time.monotonic() - began < 2
    assert done.code == code
    lines = done.err.splitlines()
    todo = "  what to do: run the same command again: every finished answer is kept"
    assert lines == [f"intermt: {word}", todo]
    assert done.answer["errors"][0]["kind"] == word


@pytest.mark.parametrize(("number", "code", "word"), SIGNALS)
def test_a_judge_that_is_stopped_goes_on_where_it_was(
    store: Store, number: int, code: int, word: str
) -> None:
    with InProcess(Simulator(latency_ms=150)) as url:
        words = ("judge", "--task", "score", "--server", url)
        process = start(*words, store=store.folder)
        wait_until(lambda: stats(url)["n_answered"] > 20, process)
        stopped(process, number, code, word)
        n_known = counted(store, "SELECT count(*) FROM request WHERE state = 'ok'")
        assert n_known > 0
        last = ended(start(*words, store=store.folder))
        assert last.code == 0, last.err
        assert last.data["calls"]["states"] == {"ok": 80 - n_known}
        # The reply to a request that was given up may have been on its way.
        assert stats(url)["n_answered_again"] <= stats(url)["n_answered"] - 80
    assert counted(store, "SELECT count(*) FROM verdict WHERE state = 'ok'") == 320


@pytest.mark.parametrize("asked", ["--potential", "--rewrite"])
def test_a_run_that_is_stopped_before_its_first_tree_leaves_a_sound_store(
    tmp_path: Path, asked: str
) -> None:
    store = Store(tmp_path / "store", lock_timeout_s=20)
    source = written(tmp_path / "seeds.jsonl", seeds(20))
    with InProcess(Simulator(latency_ms=150)) as url:
        words = ("generate", source, "--answer", url, "--user", url, "--turns", 1)
        process = start(*words, asked, f"{url}#other", store=store.folder)
        wait_until(lambda: stats(url)["n_answered"] > 2, process)
        stopped(process, *SIGNALS[0])
    assert examine(store, repair=True).is_sound
    assert counted(store, "SELECT count(*) FROM request") > 0
    assert counted(store, "SELECT list(command) FROM run") == ["generate"]


@pytest.mark.parametrize(("number", "code", "word"), SIGNALS)
def test_a_server_that_hangs_does_not_hold_up_the_end(
    store: Store, number: int, code: int, word: str
) -> None:
    async def hang(_: dict[str, Any]) -> web.Response:
        await asyncio.sleep(3600)
        return said("never")

    with serving(hang) as served:
        process = start("judge", "--task", "score", "--server", served.url, store=store.folder)
        wait_until(lambda: len(served.asked) > 0, process)
        stopped(process, number, code, word)


@pytest.mark.parametrize("moment", ["at the beginning", "amid the work"])
def test_a_store_that_is_held_does_not_hold_up_the_end(store: Store, moment: str) -> None:
    """The judge waits for a store that somebody writes to, wherever it is."""
    holder = Store(store.folder, command="somebody else")
    held = ExitStack()

    def hold() -> None:
        held.enter_context(holder.lock.hold("write"))

    async def answer(_: dict[str, Any]) -> web.Response:
        if moment == "amid the work" and len(served.asked) == 1:
            hold()
        return said(json.dumps({d.key: 1 for d in dimensions_of("local")}))

    at_first = hold if moment == "at the beginning" else lambda: None
    words = ("judge", "--task", "score", "--lock-timeout", 60)
    with serving(answer, on_models=at_first) as served, held:
        process = start(*words, "--server", served.url, store=store.folder)
        waiting = (store.folder / "queue").glob
        wait_until(lambda: len(list(waiting("[!.]*"))) > 1, process)
        stopped(process, *SIGNALS[0])


@pytest.mark.parametrize("after_s", [0.0, 0.013, 0.05, 0.11])
def test_termination_is_as_gentle_where_ctrl_c_is_ignored(store: Store, after_s: float) -> None:
    """As for what cron and nohup start."""
    with InProcess(Simulator(latency_ms=20)) as url:
        words = ("judge", "--task", "score", "--server", url)
        before = signal.signal(signal.SIGINT, signal.SIG_IGN)
        try:
            process = start(*words, store=store.folder)
        finally:
            signal.signal(signal.SIGINT, before)
        wait_until(lambda: stats(url)["n_answered"] > 5, process)
        process.send_signal(signal.SIGINT)
        time.sleep(after_s)
        stopped(process, *SIGNALS[1])
        last = ended(start(*words, store=store.folder))
        assert last.code == 0, last.err
    assert counted(store, "SELECT count(*) FROM verdict WHERE state = 'ok'") == 320


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_before_anything_has_begun_is_no_traceback(tmp_path: Path, number: int) -> None:
    code = """
import importlib.abc, os, sys
class Slow(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name == "intermt.cli.frame":
            os.kill(os.getpid(), NUMBER)
sys.meta_path.insert(0, Slow())
from intermt.cli.main import run
run()
""".replace("NUMBER", str(int(number)))
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env=environment(),
        check=False,
    )
    assert (done.returncode, done.stderr) == (128 + number, "")


def test_generate_stops_at_once_too(tmp_path: Path) -> None:
    source = written(tmp_path / "s.jsonl", seeds(20))
    store = tmp_path / "store"
    with InProcess(Simulator(latency_ms=200)) as url:
        words = ("generate", source, "--answer", url, "--user", url, "--draw", url)
        process = start(*words, store=store)
        wait_until(lambda: stats(url)["n_answered"] > 10, process)
        stopped(process, *SIGNALS[0])


def test_the_journal_of_a_killed_judge_is_merged_by_a_mere_reader(store: Store) -> None:
    with InProcess(Simulator(latency_ms=300)) as url:
        process = start("judge", "--task", "score", "--server", url, store=store.folder)
        # Killed before the first flush, three seconds in: all there is is in the journal.
        wait_until(lambda: stats(url)["n_answered"] > 20, process)
        wait_until(lambda: _journal_has(store, b'"request"'), process)
        process.kill()
        ended(process)
    [journal] = (store.folder / "journal").glob("*.jsonl")
    n_written = journal.read_bytes().count(b'["request",')
    before = rows(store, "verdict", "request")
    assert len(before["request"]) == n_written > 0
    assert not list((store.folder / "journal").iterdir())
    assert counted(store, "SELECT count(*) FROM verdict ANTI JOIN request USING (request_key)") == 0
    assert counted(store, "SELECT count(*) FROM verdict ANTI JOIN run USING (run_id)") == 0


def _journal_has(store: Store, what: bytes) -> bool:
    return any(what in path.read_bytes() for path in (store.folder / "journal").glob("*.jsonl"))
