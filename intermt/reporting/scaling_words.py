"""What a scaling study is of, in the words that stand at its tables and at its figure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def what_is_studied(document: Mapping[str, Any]) -> str:
    """The pairs, and who judges them: a line, however long names are."""
    level, n, trees = document["level"], document["n_pairs"], document["n_trees"]
    what = f"{n} {level} pairs with a winner ({document['dimension']}) of {trees} seed trees"
    if document["judges"] == "named":
        said = ", ".join(f"k={one['k']} {one['judge']}" for one in document["judged_by"])
        return f"{what}; judges: {said}"
    times = "once" if document["repeats"] == 1 else f"{document['repeats']} times"
    return (
        f"{what}; heads on embeddings of {document['embedding']['model']}, each pair judged by"
        f" heads that did not see its tree, {times}"
        + ("; heads of all k fitted to equally many pairs" if document["equal_pairs"] else "")
    )


def pairs_of_turns(document: Mapping[str, Any]) -> dict[int, int]:
    """By turn how many pairs there are; a cell of the matrix may rest on fewer."""
    return {row["t"]: row["n_pairs"] for row in document["turns"]}


def ceiling_of(curve: Mapping[str, Any]) -> str:
    """The ceiling of a curve that has one, with its interval."""
    return f"{curve['ceiling']:.3f} [{curve['ceiling_low']:.3f}, {curve['ceiling_high']:.3f}]"
