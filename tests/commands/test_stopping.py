"""Work that signals end: cancelled in order, once, and as the handler means it."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator

import pytest

from intermt.commands.stopping import run_to_end
from intermt.errors import TryLater


@pytest.fixture(params=[signal.SIGINT, signal.SIGTERM])
def number(request: pytest.FixtureRequest) -> Iterator[int]:
    """A signal whose handler raises KeyboardInterrupt, and the handlers as they were after it."""
    before = {n: signal.getsignal(n) for n in (signal.SIGINT, signal.SIGTERM)}
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    if request.param == signal.SIGTERM:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    yield request.param
    for n, handler in before.items():
        signal.signal(n, handler)


def test_work_is_cancelled_and_the_handlers_are_back(number: int) -> None:
    closed = []
    handlers = [signal.getsignal(n) for n in (signal.SIGINT, signal.SIGTERM)]

    async def work() -> None:
        try:
            os.kill(os.getpid(), number)
            await asyncio.sleep(60)
        finally:
            # Closing may take its time: what is awaited here is not torn apart.
            await asyncio.sleep(0.01)
            closed.append(True)

    with pytest.raises(KeyboardInterrupt):
        run_to_end(work())
    assert closed == [True]
    assert [signal.getsignal(n) for n in (signal.SIGINT, signal.SIGTERM)] == handlers


def test_work_that_ends_all_the_same_was_stopped(number: int) -> None:
    async def work() -> str:
        os.kill(os.getpid(), number)
        return "done"

    with pytest.raises(KeyboardInterrupt):
        run_to_end(work())


def test_what_a_stop_leads_to_is_a_stop(number: int) -> None:
    async def work() -> None:
        try:
            os.kill(os.getpid(), number)
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            raise TryLater("gave up waiting") from None

    with pytest.raises(KeyboardInterrupt):
        run_to_end(work())


def test_results_and_errors_pass_through() -> None:
    async def work(fails: bool) -> int:
        if fails:
            raise TryLater("busy")
        return 7

    assert run_to_end(work(False)) == 7
    with pytest.raises(TryLater):
        run_to_end(work(True))


def test_a_thread_without_signals_can_run_work_too() -> None:
    found: list[int] = []

    async def work() -> int:
        return 7

    thread = threading.Thread(target=lambda: found.append(run_to_end(work())))
    thread.start()
    thread.join()
    assert found == [7]


def test_a_second_signal_ends_the_process_at_once() -> None:
    code = """
import asyncio, os, signal
from intermt.commands.stopping import run_to_end
async def work():
    try:
        os.kill(os.getpid(), signal.SIGINT)
        await asyncio.sleep(60)
    finally:
        os.kill(os.getpid(), signal.SIGINT)
        await asyncio.sleep(60)
run_to_end(work())
"""
    words = [sys.executable, "-c", code]
    done = subprocess.run(words, capture_output=True, timeout=20, check=False)
    assert (done.returncode, done.stderr) == (-signal.SIGINT, b"")
