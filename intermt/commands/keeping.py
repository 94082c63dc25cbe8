"""Making finished records safe without holding up everything else that is under way.

Waiting for the disk takes longer than anything else that is done with a reply. So it is waited
for in a thread, and all records that come in the meantime are made safe together. To wake a
thread costs as much as to write ten records: where they come fast, it is done at intervals.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable

from intermt.store.connect import Store
from intermt.store.rows import Record

INTERVAL_S = 0.01
"""Between two writings; what comes after a longer pause is written at once."""


class Keeper:
    """Makes records safe in the order in which they come."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._waiting: list[Record] = []
        self._next: asyncio.Future[None] | None = None
        self._work: asyncio.Task[None] | None = None
        self._wrote_at = -INTERVAL_S

    async def keep(self, records: Iterable[Record]) -> None:
        """Wait until records survive the end of the process; see `Store.keep`.

        Raises:
            StoreIOError: The disk does not take them.
        """
        self._waiting.extend(records)
        if self._next is None:
            self._next = asyncio.get_running_loop().create_future()
        kept = self._next
        if self._work is None:
            self._work = asyncio.create_task(self._keep_all())
        # Who gives up waiting must not stop the others' records.
        await asyncio.shield(kept)

    async def finish(self) -> None:
        """Wait for all records that were given."""
        if self._work is not None:
            await asyncio.wait([self._work])

    async def _keep_all(self) -> None:
        while (kept := self._next) is not None:
            await asyncio.sleep(self._wrote_at + INTERVAL_S - time.monotonic())
            self._wrote_at = time.monotonic()
            records, self._waiting, self._next = self._waiting, [], None
            try:
                await asyncio.to_thread(self._store.keep, records)
            except Exception as error:  # noqa: BLE001 - raised again by all who wait
                kept.set_exception(error)
                # Somebody who waited may have been given up.
                kept.exception()
            else:
                kept.set_result(None)
        self._work = None
