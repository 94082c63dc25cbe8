"""Moving kept records into the database while a command works."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator

from intermt.errors import TryLater
from intermt.store.connect import Store

INTERVAL_S = 3.0
N_BYTES = 3_000_000
"""So much is not left for the rest of the interval."""

_LOOK_S = 0.1


@contextlib.contextmanager
def flushing(store: Store, on_trouble: Callable[[str], None]) -> Iterator[None]:
    """Flush the store's kept records every few seconds or megabytes, and at the end of the block.

    A background flush that finds the store busy says so through `on_trouble` and leaves the
    records to the next one; one that fails for another reason says so and is the last. When
    the block ends by an exception (Ctrl-C, a bug) nothing is waited for: the journal has
    every record, and the next command merges it.

    Raises:
        TryLater: The store stayed busy at the end; nothing is lost.
    """
    stop = threading.Event()
    failure: list[BaseException] = []

    def work() -> None:
        flushed_at = time.monotonic()
        while not stop.wait(min(_LOOK_S, INTERVAL_S)):
            if store.bytes_kept() < N_BYTES and time.monotonic() - flushed_at < INTERVAL_S:
                continue
            try:
                store.flush()
            except TryLater as error:
                if not stop.is_set():
                    on_trouble(f"{error.what}; finished work waits in the journal")
            except BaseException as error:  # noqa: BLE001 - raised again by the other thread
                failure.append(error)
                on_trouble(f"{error}; finished work stays in the journal")
                return
            flushed_at = time.monotonic()

    thread = threading.Thread(target=work, name="flush", daemon=True)
    thread.start()
    try:
        yield
    except BaseException:
        store.lock.give_up.set()
        raise
    finally:
        stop.set()
        thread.join()
        if store.lock.give_up.is_set():
            store.close()
    if failure:
        raise failure[0]
    try:
        store.flush()
    except TryLater as error:
        raise TryLater(
            f"{error.what}; all finished work is safe in the journal",
            todo="run the same command again later: nothing is asked twice",
        ) from error
    finally:
        store.close()
