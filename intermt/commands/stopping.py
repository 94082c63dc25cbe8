"""Asynchronous work that Ctrl-C and SIGTERM end in good order, whatever it is doing.

An exception out of a signal handler may come up anywhere in an event loop and tear it apart, with
a traceback for every task. So the work is cancelled instead, as asyncio itself does on SIGINT,
unless that is ignored, as for what cron and nohup start.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
import threading
from collections.abc import Callable, Coroutine, Iterator
from types import FrameType
from typing import Any, TypeVar

from intermt.errors import IntermtError

Result = TypeVar("Result")
_Handler = Callable[[int, FrameType | None], Any]


def run_to_end(work: Coroutine[Any, Any, Result]) -> Result:
    """What the work comes to.

    A signal is one to stop where its handler raises KeyboardInterrupt. A second one ends the
    process at once.

    Raises:
        KeyboardInterrupt: It was stopped.
    """
    if threading.current_thread() is not threading.main_thread():
        return asyncio.run(work)
    stop = _Stop()
    with stop.listening():
        try:
            result = asyncio.run(stop.stoppable(work))
        except (asyncio.CancelledError, IntermtError):
            if stop.asked:
                raise KeyboardInterrupt from None
            raise
    if stop.asked:
        raise KeyboardInterrupt
    return result


class _Stop:
    """Cancels a task on a signal."""

    def __init__(self) -> None:
        self.asked = False
        self._task: asyncio.Task[Any] | None = None
        self._handlers: dict[int, _Handler] = {}

    async def stoppable(self, work: Coroutine[Any, Any, Result]) -> Result:
        """The result of the work; cancelled by a signal, also by one that came before."""
        self._task = asyncio.current_task()
        if self.asked:
            work.close()
            raise asyncio.CancelledError
        return await work

    @contextlib.contextmanager
    def listening(self) -> Iterator[None]:
        """Take the signals over that are not ignored, for the length of the block."""
        for number in (int(signal.SIGINT), int(signal.SIGTERM)):
            handler = signal.getsignal(number)
            if callable(handler):
                self._handlers[number] = handler
                signal.signal(number, self._on_signal)
        try:
            yield
        finally:
            for number, handler in self._handlers.items():
                signal.signal(number, handler)

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        if self.asked:
            signal.signal(number, signal.SIG_DFL)
            signal.raise_signal(number)
        try:
            self._handlers[number](number, frame)
        except KeyboardInterrupt:
            self.asked = True
            if self._task is not None and not self._task.done():
                self._task.cancel()
                # Wakes a loop that waits for the network.
                self._task.get_loop().call_soon_threadsafe(lambda: None)
