"""Eight processes at one store; INTERMT_TEST_SHARING_S sets for how long, 12 s by default."""

from __future__ import annotations

import os
import subprocess
import time
from pathlib import Path

import pytest

from intermt.errors import TryLater
from intermt.simulator import InProcess, Simulator
from intermt.store.connect import Store
from tests.commands.test_annotate_import import import_files
from tests.commands.work import (
    Done,
    conversations,
    counted,
    ended,
    start,
    stats,
    written,
)
from tests.store.samples import finish
from tests.store.samples import start as start_code

LENGTH_S = float(os.environ.get("INTERMT_TEST_SHARING_S", "12"))

READER = """
import sys, time
from pathlib import Path
from intermt.store.connect import Store
store, until, n, last = Store(Path(sys.argv[1]), command="reader"), float(sys.argv[2]), 0, (0, 0)
while time.time() < until:
    with store.reading() as db:
        now = db.execute("SELECT (SELECT count(*) FROM conversation),"
                         "       (SELECT count(*) FROM verdict)").fetchone()
        loose = db.execute("SELECT count(*) FROM verdict ANTI JOIN node ON a_id = node_id"
                           " WHERE level = 'local'").fetchone()
    assert loose == (0,), loose
    assert now >= last, (last, now)
    last, n = now, n + 1
    time.sleep(0.05)
print(n)
"""


def test_eight_processes_share_a_store(tmp_path: Path) -> None:
    store = Store(tmp_path / "store", lock_timeout_s=60)
    import_files(store, written(tmp_path / "base.json", conversations(20, tag="base")))
    until = time.time() + LENGTH_S
    readers = [start_code(READER, store.folder, until) for _ in range(2)]
    done: list[Done] = []
    n_files = n_judges = 0
    with InProcess(Simulator(latency_ms=20)) as url:
        running: dict[int, subprocess.Popen[str]] = {}
        while time.time() < until or running:
            for seat in range(6):
                process = running.get(seat)
                if process is not None and process.poll() is None:
                    continue
                if process is not None:
                    done.append(ended(running.pop(seat)))
                if time.time() >= until:
                    continue
                if seat < 3:
                    made = conversations(10, tag=f"f{n_files}-")
                    path = written(tmp_path / f"{n_files}.json", made)
                    running[seat] = start("annotate-import", path, store=store.folder)
                    n_files += 1
                else:
                    words = ("judge", "--task", "score", "--server", url, "--limit", 40)
                    name = ("--name", f"judge{n_judges}", "--model", f"m{n_judges}")
                    running[seat] = start(*words, *name, store=store.folder)
                    n_judges += 1
            time.sleep(0.02)
    assert [d.err for d in done if d.code != 0] == []
    n_reads = [int(finish(reader)) for reader in readers]
    assert len(done) == n_files + n_judges
    assert min(n_reads) > 3
    assert n_files >= 3
    assert n_judges >= 3
    assert counted(store, "SELECT count(*) FROM conversation") == 20 + 10 * n_files
    assert counted(store, "SELECT count(*) FROM score") == (20 + 10 * n_files) * 6
    # Ten conversations in pairs that share their first question.
    assert counted(store, "SELECT count(*) FROM node") == 7 * (10 + 5 * n_files)
    assert counted(store, "SELECT count(*) FROM verdict WHERE state = 'ok'") == 160 * n_judges
    assert counted(store, "SELECT count(*) FROM request WHERE state = 'ok'") == 40 * n_judges
    assert counted(store, "SELECT count(*) FROM rater WHERE role = 'judge'") == n_judges
    assert counted(store, "SELECT count(*) FROM run WHERE outcome = 'done'") == 1 + len(done)
    assert not list((store.folder / "journal").iterdir())
    print(f"{n_files} imports, {n_judges} judges, {n_reads} reads in {LENGTH_S:g} s")


def test_whoever_waits_in_vain_is_told_for_whom(tmp_path: Path) -> None:
    store = Store(tmp_path / "store")
    source = written(tmp_path / "c.json", conversations(4))
    import_files(store, source)
    more = written(tmp_path / "more.json", conversations(4, tag="x"))
    holder = Store(store.folder, command="intermt night-run")
    words = ("--lock-timeout", 0.3)
    with InProcess() as url, holder.lock.hold("write"):
        judging = ("judge", "--task", "score", "--server", url, *words)
        waiting = [
            start("annotate-import", more, *words, store=store.folder),
            start(*judging, store=store.folder),
        ]
        for process in waiting:
            done = ended(process)
            assert done.code == 75
            [error] = done.answer["errors"]
            assert f"process {os.getpid()}" in error["message"]
            assert "intermt night-run" in error["message"]
            assert "--lock-timeout" in error["todo"]
            assert "Traceback" not in done.err
    assert ended(start("annotate-import", more, *words, store=store.folder)).code == 0


def test_finished_work_is_safe_when_the_store_stays_busy_at_the_end(tmp_path: Path) -> None:
    store = Store(tmp_path / "store")
    import_files(store, written(tmp_path / "c.json", conversations(4)))
    holder = Store(store.folder, command="intermt night-run")
    with InProcess(Simulator(latency_ms=800)) as url:
        words = ("judge", "--task", "score", "--server", url, "--lock-timeout", 0.3)
        process = start(*words, store=store.folder)
        # With the second question on its way all that is to be judged has been read.
        while stats(url)["endpoints"].get("chat/completions", 0) < 2 and process.poll() is None:
            time.sleep(0.01)
        with holder.lock.hold("write"):
            done = ended(process)
        assert done.code == 75, done
        assert "safe in the journal" in done.answer["errors"][0]["message"]
        again = ended(start(*words, store=store.folder))
        assert again.code == 0
        assert again.data["calls"]["states"] == {}


def test_two_runs_at_the_same_work_do_not_pay_twice(tmp_path: Path) -> None:
    store = Store(tmp_path / "store", lock_timeout_s=60)
    import_files(store, written(tmp_path / "c.json", conversations(30)))
    with InProcess(Simulator(latency_ms=50)) as url:
        words = ("judge", "--task", "score", "--server", f"{url}#simulated-a")
        runs = [start(*words, store=store.folder) for _ in range(3)]
        answers = [ended(run) for run in runs]
        counts = stats(url)
    assert [done.code for done in answers] == [0, 0, 0]
    assert counts["n_answered_again"] == 0
    n_items = answers[0].data["n_items"]
    assert sorted(done.data["n_known"] for done in answers) == [0, n_items, n_items]


def test_whoever_waits_in_vain_for_the_same_work_is_told_who_is_at_it(tmp_path: Path) -> None:
    store = Store(tmp_path / "store", lock_timeout_s=0.2, command="other")
    with (
        store.turn_at("w", "this judging"),
        pytest.raises(TryLater, match=r"this judging is in use by process .*other, at it since"),
        store.turn_at("w", "this judging"),
    ):
        pass
    with store.turn_at("w", "this judging"), store.turn_at("v", "another"):
        assert store.exists()
