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
    first: Sequence[Item],
    chunks: Iterable[Sequence[Raw]],
    load: Callable[[Sequence[Raw]], Sequence[Item]],
) -> AsyncIterator[Item]:
    """The first items, then those that `load` makes of chunks, one ahead, in a thread."""
    items = first
    for chunk in chunks:
        following = asyncio.create_task(asyncio.to_thread(load, chunk))
        for item in items:
            yield item
        items = await following
    for item in items:
        yield item
