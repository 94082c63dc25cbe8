"""What a scaling study is of, in the words that stand at its tables and at its figure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def what_is_studied(document: Mapping[str, Any]) -> list[str]:
    """The pairs, then who judges them: one saying each, however long names are."""
    level, n, trees = document["level"], document["n_pairs"], document["n_trees"]
    what = f"{n} {level} pairs with a winner ({document['dimension']}) of {trees} seed trees"
    if document["judges"] == "named":
        return [what, *(f"judge of k={one['k']}: {one['judge']}" for one in document["judged_by"])]
    times = "once" if document["repeats"] == 1 else f"{document['repeats']} times"
    return [
        what,
        f"heads on embeddings of {document['embedding']['model']}, each pair judged by heads that"
        f" did not see its tree, {times}",
        *["heads of all k fitted to equally many pairs"] * document["equal_pairs"],
    ]


def pairs_of_turns(document: Mapping[str, Any]) -> dict[int, int]:
    """By turn how many pairs there are; a cell of the matrix may rest on fewer."""
    return {row["t"]: row["n_pairs"] for row in document["turns"]}


def ceiling_of(curve: Mapping[str, Any]) -> str:
    """The ceiling of a curve that has one, with its interval."""
    return f"{curve['ceiling']:.3f} [{curve['ceiling_low']:.3f}, {curve['ceiling_high']:.3f}]"
