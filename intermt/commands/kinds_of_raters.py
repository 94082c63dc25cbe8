"""What documents call kinds of raters, and in which order they stand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from intermt.dimensions import DIMENSIONS, OVERALL, Level
from intermt.store.said import Group, Who

ALL = "all"
"""All dimensions of a level together, `overall` apart."""

_ROLES = ("annotator", "verifier", "judge")


def about(who: Who, level: Level, dimension: str, names: Mapping[str, str]) -> dict[str, Any]:
    """How a row begins that is about one kind of rater.

    Args:
        who: Whose labels.
        level: local or global.
        dimension: A dimension key, `overall` or `all`.
        names: Names of judges by id.
    """
    return {
        "rater": who.role,
        "kind": who.kind,
        "judge": names.get(who.judge_id, who.judge_id) if who.judge_id else None,
        "judge_id": who.judge_id or None,
        "level": level,
        "dimension": dimension,
    }


def place(row: Mapping[str, Any]) -> tuple[Any, ...]:
    """Where a row stands: by level, dimension, then annotators, verifiers, judges by name."""
    order = {key: i for i, key in enumerate([*(d.key for d in DIMENSIONS), OVERALL, ALL])}
    return (
        row["level"] != "local",
        order.get(row["dimension"], len(order)),
        row["dimension"],
        _ROLES.index(row["rater"]),
        row["judge"] or row["kind"],
        row["judge_id"] or "",
    )


def pools(groups: Mapping[Group, Any]) -> dict[tuple[Who, Level], list[Group]]:
    """Groups that differ in their dimension alone, `overall` apart, where there are several."""
    found: dict[tuple[Who, Level], list[Group]] = {}
    for group in groups:
        if group.dimension != OVERALL:
            found.setdefault((group.who, group.level), []).append(group)
    return {key: several for key, several in found.items() if len(several) > 1}
