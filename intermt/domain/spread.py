"""A small selection that is spread over a large set: greedy k-centre.

Gonzalez (1985): the next one is always the one farthest from all chosen so far; no selection
of the same size covers the set with half the radius.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import numpy.typing as npt

Distances = npt.NDArray[np.number]


def farthest_first(n_items: int, distances: Callable[[int], Distances]) -> Iterator[int]:
    """Every item by its number, each time the one farthest from all before it.

    The first is item 0, and of equally far ones the first counts, so the order of items
    decides and nothing else. The first k of what is given are k centres: stop when there are
    enough.

    Args:
        n_items: How many there are.
        distances: From the item of a number to all, itself included; whole numbers make the
            order the same on every machine.
    """
    if not n_items:
        return
    chosen = 0
    open_items = np.ones(n_items, np.bool_)
    nearest: Distances | None = None
    for _ in range(n_items):
        yield chosen
        open_items[chosen] = False
        away = distances(chosen)
        nearest = away.copy() if nearest is None else np.minimum(nearest, away)
        # A chosen item never comes again, also where all that is left is equal to one.
        chosen = int(np.argmax(np.where(open_items, nearest.astype(np.float64), -1.0)))
