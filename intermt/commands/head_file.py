"""The file that a preference head is kept in: JSON, everything needed to use it again."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import orjson

from intermt.commands.embedding import MAX_CHARS, EmbedPlan, Vector
from intermt.commands.whole_file import creating, whole_file
from intermt.dimensions import LEVELS, OVERALL, Level, dimensions_of
from intermt.domain.correlation import Floats
from intermt.domain.embedding_text import FORMAT
from intermt.errors import CannotCreate, InputError, MissingInputError, UsageError
from intermt.records import content_id

VERSION = 1
_KEY = "intermt_head"
_BEGINNING = 64
"""Bytes of a file in which a head says that it is one."""
_HOW_TO_MEND = "fit the head anew with: intermt judge --kind head --fit FILE"


@dataclass(frozen=True, slots=True)
class HeadFile:
    """A preference head, ready to be used.

    Attributes:
        head_id: Hash of what its verdicts hang on: weights, scale, embeddings.
        level: The level of the preferences it was fitted to.
        plan: How answers become vectors.
        n_features: Length of a vector.
        scale: (d,) what each number of a vector is divided by.
        weights: (d,) by dimension.
        trees: Seed ids that it was fitted to.
        simulated: Whether embeddings or answers it was fitted to are a stand-in's.
        synthetic: Whether votes it was fitted to are invented.
    """

    head_id: str
    level: Level
    plan: EmbedPlan
    n_features: int
    scale: Floats
    weights: Mapping[str, Floats]
    trees: frozenset[str]
    simulated: bool
    synthetic: bool

    def dimensions_at(self, level: Level) -> tuple[str, ...]:
        """What it can judge at a level: what it was fitted on, elsewhere only `overall`.

        Raises:
            UsageError: There is nothing it can judge there.
        """
        known = (*(d.key for d in dimensions_of(level)), OVERALL)
        if found := tuple(key for key in known if key in self.weights):
            return found
        raise UsageError(
            f"the head was fitted on {', '.join(self.weights)} at level {self.level}, and none of"
            f" these can be judged at level {level}",
            todo=f"use --level {self.level}, or fit a head on overall",
        )

    def only(self, dimension: str) -> HeadFile:
        """The same head for one of its dimensions.

        Raises:
            UsageError: It has no such dimension.
        """
        if dimension not in self.weights:
            raise UsageError(
                f"the head was not fitted on {dimension}",
                todo=f"it knows {', '.join(self.weights)}",
            )
        weights = {dimension: self.weights[dimension]}
        return replace(self, weights=weights, head_id=_head_id(self.plan, self.scale, weights))

    def values(self, vector: Vector) -> dict[str, float]:
        """What it gives an answer with this vector, by dimension; differences are what counts."""
        standard = vector / self.scale
        return {key: float(standard @ weights) for key, weights in self.weights.items()}


def _head_id(plan: EmbedPlan, scale: Floats, weights: Mapping[str, Floats]) -> str:
    listed = {key: [float(x) for x in row] for key, row in sorted(weights.items())}
    return content_id("head", plan.as_json(), [float(x) for x in scale], listed)


def write_head(
    path: Path,
    *,
    level: Level,
    plan: EmbedPlan,
    scale: Floats,
    weights: Mapping[str, Floats],
    about: Mapping[str, Any],
    trees: frozenset[str],
    simulated: bool,
    synthetic: bool,
) -> str:
    """Write a head; the id it has then.

    Raises:
        CannotCreate: The file cannot be made.
        StoreIOError: The disk does not take it.
    """
    document = {
        _KEY: VERSION,
        "level": level,
        "embedding": plan.as_json(),
        "n_features": len(scale),
        "simulated": simulated,
        "synthetic": synthetic,
        **about,
        "scale": [float(x) for x in scale],
        "weights": {key: [float(x) for x in row] for key, row in weights.items()},
        "trees": sorted(trees),
    }
    with whole_file(path) as file:
        file.write(orjson.dumps(document, option=orjson.OPT_APPEND_NEWLINE))
    return _head_id(plan, scale, weights)


def refuse_other_file(path: Path) -> None:
    """Go on only if nothing but a head would be replaced.

    Raises:
        CannotCreate: A file of this name holds something else.
    """
    with creating(path):
        if not path.is_file():
            return
        with path.open("rb") as file:
            begins = file.read(_BEGINNING)
    if begins and f'"{_KEY}"'.encode() not in begins:
        raise CannotCreate(
            "there is a file of this name, and it is no preference head",
            where=str(path),
            todo="name another file, or remove this one",
        )


def read_head(path: Path) -> HeadFile:
    """The head in a file.

    Raises:
        MissingInputError: There is no such file.
        InputError: It is none of these files, or one that cannot be used.
    """
    try:
        data = orjson.loads(path.read_bytes())
    except FileNotFoundError as error:
        raise MissingInputError("there is no such file", where=str(path)) from error
    except OSError as error:
        raise MissingInputError(f"cannot be read: {error.strerror}", where=str(path)) from error
    except orjson.JSONDecodeError as error:
        raise _bad(path, f"not JSON: {error}") from error
    if not isinstance(data, dict) or _KEY not in data:
        raise _bad(path, "not the file of a preference head")
    if data[_KEY] != VERSION:
        raise _bad(path, f"written in version {data[_KEY]!r}, and this intermt reads {VERSION}")
    return _read(path, data)


def _read(path: Path, data: Mapping[str, Any]) -> HeadFile:
    level, embedding = data.get("level"), data.get("embedding")
    if level not in LEVELS:
        raise _bad(path, f"level: {level!r} is none of {', '.join(LEVELS)}")
    if not isinstance(embedding, dict) or not isinstance(embedding.get("model"), str):
        raise _bad(path, "embedding: no model is named")
    pictures = embedding.get("pictures") is True
    max_chars = embedding.get("max_chars", 0)
    if not pictures and embedding.get("format") != FORMAT:
        raise _bad(path, f"embedding: texts are in form {embedding.get('format')!r}, not {FORMAT}")
    if not pictures and (type(max_chars) is not int or max_chars < 1):
        raise _bad(path, f"embedding: max_chars {max_chars!r} is no number above 0")
    plan = EmbedPlan(embedding["model"], max_chars or MAX_CHARS, pictures)
    scale = _numbers(path, "scale", data.get("scale"))
    if not bool((scale > 0).all()):
        raise _bad(path, "scale: not all numbers are above 0")
    rows = data.get("weights")
    allowed = {OVERALL, *(d.key for d in dimensions_of(level))}
    if not isinstance(rows, dict) or not rows or not allowed >= rows.keys():
        raise _bad(path, f"weights: not by dimensions of level {level}")
    weights = {key: _numbers(path, f"weights of {key}", row) for key, row in rows.items()}
    for key, row in weights.items():
        if len(row) != len(scale):
            raise _bad(path, f"weights of {key}: {len(row)} numbers, and scale has {len(scale)}")
    trees = data.get("trees")
    if not isinstance(trees, list) or not all(isinstance(tree, str) for tree in trees):
        raise _bad(path, "trees: not a list of seed ids")
    return HeadFile(
        head_id=_head_id(plan, scale, weights),
        level=level,
        plan=plan,
        n_features=len(scale),
        scale=scale,
        weights=weights,
        trees=frozenset(trees),
        simulated=data.get("simulated") is True,
        synthetic=data.get("synthetic") is True,
    )


def _numbers(path: Path, what: str, value: Any) -> Floats:
    usable = (
        isinstance(value, list)
        and value
        and all(type(x) in (int, float) and math.isfinite(x) for x in value)
    )
    if not usable:
        raise _bad(path, f"{what}: not a list of numbers")
    return np.asarray(value, dtype=np.float64)


def _bad(path: Path, what: str) -> InputError:
    return InputError(what, where=str(path), todo=_HOW_TO_MEND)
