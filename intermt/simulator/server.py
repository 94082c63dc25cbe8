"""Running the stand-in: until cancelled, or beside the caller in a thread."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable
from types import TracebackType

from aiohttp import web

from intermt.errors import CannotCreate, PermissionRefused
from intermt.simulator.application import make_app
from intermt.simulator.settings import Simulator

LOOPBACK = "127.0.0.1"
_PATIENCE_S = 0.2
_ROUNDS_TO_ACCEPT = 5
_BACKLOG = 1024


async def serve_forever(
    simulator: Simulator,
    on_ready: Callable[[str], None],
    *,
    host: str = LOOPBACK,
    port: int = 0,
) -> None:
    """Serves until cancelled; then gives requests under way 0.2 s and ends.

    `on_ready` is called once with the base URL, as in `http://127.0.0.1:8000/v1`. Port 0
    takes a free one.

    Raises:
        CannotCreate: Nothing can listen on this host and port.
        PermissionRefused: This user may not.
    """
    listening = _listening(host, port)
    runner = web.AppRunner(
        make_app(simulator),
        access_log=None,
        # A hanging request ends when its client goes, not hang_s later.
        handler_cancellation=True,
        shutdown_timeout=_PATIENCE_S,
    )
    await runner.setup()
    try:
        await web.SockSite(runner, listening, backlog=_BACKLOG).start()
        shown = f"[{host}]" if ":" in host else host
        on_ready(f"http://{shown}:{listening.getsockname()[1]}/v1")
        await asyncio.Event().wait()
    finally:
        # asyncio loses a connection that is being accepted while its server is closed:
        # first no new ones, then time for those on their way in.
        asyncio.get_running_loop().remove_reader(listening)
        for _ in range(_ROUNDS_TO_ACCEPT):
            await asyncio.sleep(0)
        await runner.cleanup()
        listening.close()


def _listening(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family)
    except (OSError, OverflowError) as error:
        why = (error.strerror if isinstance(error, OSError) else None) or str(error)
        kind = PermissionRefused if isinstance(error, PermissionError) else CannotCreate
        raise kind(
            f"cannot listen on {host} port {port}: {why}",
            todo="choose another port, or port 0 for a free one",
        ) from error


class InProcess:
    """A stand-in server in a thread of this process, on a free port of 127.0.0.1.

    Used as `with InProcess(Simulator(seed=1)) as base_url:`; the base URL ends in `/v1`.
    Leaving the block stops it within a second, whatever is under way.
    """

    def __init__(self, simulator: Simulator | None = None) -> None:
        self._simulator = simulator or Simulator()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, name="intermt-simulator", daemon=True)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._task: asyncio.Task[None] | None = None
        self._base_url = ""
        self._failure: Exception | None = None

    def __enter__(self) -> str:
        self._thread.start()
        self._ready.wait()
        if self._failure is not None:
            self._thread.join()
            raise self._failure
        return self._base_url

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._loop is not None and self._task is not None:
            self._loop.call_soon_threadsafe(self._task.cancel)
        self._thread.join()

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        except Exception as error:  # noqa: BLE001 - raised again by the thread that waits
            self._failure = error
        finally:
            self._ready.set()

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._task = asyncio.create_task(serve_forever(self._simulator, self._on_ready))
        await asyncio.wait([self._task])
        if not self._task.cancelled() and (failure := self._task.exception()) is not None:
            raise failure

    def _on_ready(self, base_url: str) -> None:
        self._base_url = base_url
        self._ready.set()
