"""Work on many items at once: so many at a time, and their reading one step ahead."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from typing import TypeVar

Item = TypeVar("Item")
Raw = TypeVar("Raw")


async def each(
    items: AsyncIterator[Item] | Iterable[Item],
    work: Callable[[Item], Awaitable[None]],
    at_once: int,
) -> None:
    """Do some work for every item, at most `at_once` at a time.

    Raises:
        Exception: The first that any of the work raised; the rest is given up.
    """
    seats = asyncio.Semaphore(at_once)

    async def seated(item: Item) -> None:
        try:
            await work(item)
        finally:
            seats.release()

    async def seat(group: asyncio.TaskGroup, item: Item) -> None:
        await seats.acquire()
        group.create_task(seated(item))

    try:
        async with asyncio.TaskGroup() as group:
            if isinstance(items, Iterable):
                for item in items:
                    await seat(group, item)
            else:
                async for item in items:
                    await seat(group, item)
    except BaseExceptionGroup as failures:
        raise _first_of(failures) from None


def _first_of(group: BaseExceptionGroup[BaseException]) -> BaseException:
    first = group.exceptions[0]
    return _first_of(first) if isinstance(first, BaseExceptionGroup) else first


async def loaded(
    chunks: Iterable[Sequence[Raw]], load: Callable[[Sequence[Raw]], list[Item]]
) -> AsyncIterator[Item]:
    """The items that `load` makes of chunks, one chunk ahead, in a thread."""
    waiting = iter(chunks)
    first = next(waiting, None)
    following = None if first is None else asyncio.create_task(asyncio.to_thread(load, first))
    while following is not None:
        items = await following
        after = next(waiting, None)
        following = None if after is None else asyncio.create_task(asyncio.to_thread(load, after))
        for item in items:
            yield item
