"""The figures that the authors of InterMT-Bench published for their judges."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any

from intermt.dimensions import Level
from intermt.records import JudgeTask

_CRUCIAL_COLUMN = "G3"


@dataclass(frozen=True, slots=True)
class PublishedFigure:
    """One published figure. Neither its n nor an interval was published.

    Attributes:
        judge: The judge as the paper calls it.
        task: score, pair or crucial-step.
        level: local or global.
        statistic: pearson, accuracy or mean_grade.
        column: L1 to G5, L_avg or G_avg.
        value: As printed.
    """

    judge: str
    task: JudgeTask
    level: Level
    statistic: str
    column: str
    value: float


@lru_cache(maxsize=1)
def published_figures() -> tuple[PublishedFigure, ...]:
    """Every published figure, by task, judge and column as printed."""
    facts = _facts()
    tasks: tuple[JudgeTask, ...] = ("score", "pair", "crucial-step")
    return tuple(
        PublishedFigure(
            judge,
            task,
            "local" if column.startswith("L") else "global",
            facts[task]["statistic"],
            column,
            value,
        )
        for task in tasks
        for judge, values in facts[task]["judges"].items()
        for column, value in (
            zip(facts["columns"], values, strict=True)
            if isinstance(values, list)
            else [(_CRUCIAL_COLUMN, values)]
        )
    )


def published_source() -> str:
    """Where the figures come from."""
    return str(_facts()["source"])


def _facts() -> dict[str, Any]:
    text = (files("intermt.domain") / "published.json").read_text(encoding="utf-8")
    facts: dict[str, Any] = json.loads(text)
    return facts
