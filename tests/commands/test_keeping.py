"""Records are made safe together, in order, and nobody is told so too early."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable
from pathlib import Path

import pytest

from intermt.commands import keeping
from intermt.commands.keeping import Keeper
from intermt.errors import StoreIOError
from intermt.records import Image
from intermt.store import journal
from intermt.store.connect import Store
from intermt.store.rows import Record
from tests.commands.work import counted


def image(number: int) -> Image:
    return Image(f"{number:064x}", "png", 1, 1, 1, False)


def test_records_are_in_the_journal_when_whoever_gave_them_goes_on(tmp_path: Path) -> None:
    store = Store(tmp_path / "store").create()

    async def one(keeper: Keeper, number: int) -> None:
        await keeper.keep([image(number)])
        (path,) = (store.folder / "journal").iterdir()
        assert f"{number:064x}" in {row["sha256"] for _, row in journal.read(path).rows}

    async def work() -> None:
        keeper = Keeper(store)
        await asyncio.gather(*(one(keeper, number) for number in range(50)))

    asyncio.run(work())
    store.flush()
    assert counted(store, "SELECT count(*) FROM image") == 50


def test_what_comes_fast_is_written_at_intervals(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Store(tmp_path / "store").create()
    n_writes = 0
    keep = store.keep

    def counting(records: Iterable[Record]) -> None:
        nonlocal n_writes
        n_writes += 1
        keep(records)

    monkeypatch.setattr(store, "keep", counting)
    monkeypatch.setattr(keeping, "INTERVAL_S", 0.2)

    async def work() -> float:
        keeper = Keeper(store)
        began = time.monotonic()
        await keeper.keep([image(0)])
        first_s = time.monotonic() - began
        for number in range(1, 30):
            keeper_task = asyncio.create_task(keeper.keep([image(number)]))
            await asyncio.sleep(0.001)
        await keeper_task
        return first_s

    # The first is not waited with.
    assert asyncio.run(work()) < 0.2
    assert n_writes <= 3
    store.flush()
    assert counted(store, "SELECT count(*) FROM image") == 30


def test_who_gives_up_waiting_loses_nobody_a_record(tmp_path: Path) -> None:
    store = Store(tmp_path / "store").create()

    async def work() -> None:
        keeper = Keeper(store)
        waiting = [asyncio.create_task(keeper.keep([image(n)])) for n in range(3)]
        await asyncio.sleep(0)
        waiting[1].cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
        await keeper.finish()

    asyncio.run(work())
    store.flush()
    assert counted(store, "SELECT count(*) FROM image") == 3


def test_a_disk_that_takes_nothing_is_said_to_all_who_wait(tmp_path: Path) -> None:
    store = Store(tmp_path / "store").create()
    (store.folder / "journal").rmdir()
    (store.folder / "journal").touch()

    async def work() -> list[BaseException | None]:
        keeper = Keeper(store)
        return await asyncio.gather(
            *(keeper.keep([image(n)]) for n in range(3)), return_exceptions=True
        )

    found = asyncio.run(work())
    assert [type(one) for one in found] == [StoreIOError] * 3
    with pytest.raises(StoreIOError):
        asyncio.run(Keeper(store).keep([image(9)]))
