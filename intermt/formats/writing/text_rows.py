"""JSON lines of messages that are text and nothing else, for trainers that take no pictures.

No value is ever null and every row has the same keys with values of the same kinds: a loader
that guesses the types of columns from the first rows must not guess wrong.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import orjson

from intermt.formats.writing.pairs import (
    ByteSink,
    Holds,
    PairRecord,
    PairWriter,
    Pictures,
    Room,
)
from intermt.records import Message, TextPart

Row = dict[str, Any]

TEXT_ONLY = Holds(prompts=False, history=False, answers="none")
ROOM: frozenset[Room] = frozenset(("dimension", "split"))
PAIR_KINDS: Mapping[str, type] = {
    "margin": float,
    "strength": float,
    "pair_id": str,
    "dimension": str,
    "simulated": bool,
    "synthetic": bool,
}


class _TextRows:
    """Writes one JSON object a line."""

    def __init__(self, sink: ByteSink, row_of: Callable[[PairRecord], Row]) -> None:
        self._sink = sink
        self._row_of = row_of

    def write(self, pair: PairRecord) -> None:
        """Write one pair."""
        row = self._row_of(pair) | about(pair)
        self._sink.write(orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE))

    def close(self) -> None:
        """Nothing: the last line is the end."""


def writer_of(row_of: Callable[[PairRecord], Row]) -> Callable[[ByteSink, Pictures], PairWriter]:
    """Makes writers of lines with what `row_of` says, and what is known of the pair."""
    return lambda sink, _: _TextRows(sink, row_of)


def checker_of(
    faults_of: Callable[[Row], Iterable[str]],
) -> Callable[[Path, Pictures], tuple[int, list[str]]]:
    """Makes a `PairFormat.check` of lines, for what is wrong with one row."""

    def check(file: Path, _: Pictures) -> tuple[int, list[str]]:
        n_rows = 0
        faults: list[str] = []
        with file.open("rb") as lines:
            for line in lines:
                n_rows += 1
                faults.extend(f"row {n_rows}: {fault}" for fault in line_faults(line, faults_of))
        return n_rows, faults

    return check


def said(messages: Iterable[Message]) -> list[dict[str, str]]:
    """The messages with their text for a content."""
    return [{"role": message.role, "content": text_of(message)} for message in messages]


def text_of(message: Message) -> str:
    """All text of a message.

    Raises:
        ValueError: There is a picture in it.
    """
    if not all(isinstance(part, TextPart) for part in message.parts):
        raise ValueError("a picture in a message that can only be text")
    return "".join(part.text for part in message.parts if isinstance(part, TextPart))


def conversation_faults(messages: object, *, name: str, last: str) -> list[str]:
    """What keeps a trainer from reading a list of messages as a conversation.

    Args:
        messages: As read from a row.
        name: Its key there.
        last: The role that it must end with; `user` begins it and both take turns.
    """
    if not isinstance(messages, list) or not messages:
        return [f"{name} is no list of messages"]
    for message in messages:
        if not isinstance(message, dict) or message.keys() != {"role", "content"}:
            return [f"a message of {name} has other keys than role and content"]
        if not isinstance(message["content"], str):
            return [f"a message of {name} is not text"]
    roles = [message["role"] for message in messages]
    roles = roles[1:] if roles[0] == "system" else roles
    expected = ["user", "assistant"] * len(roles)
    if roles != expected[: len(roles)] or roles[-1:] != [last]:
        return [f"the roles of {name} do not take turns from user to {last}"]
    return []


def prompted_faults(prompt: object, name: str, chosen: object, rejected: object) -> list[str]:
    """What is wrong with a prompt of messages, called `name`, and two sides that follow it."""
    faults = conversation_faults(prompt, name=name, last="user")
    if faults or not isinstance(prompt, list):
        return faults
    for key, side in (("chosen", chosen), ("rejected", rejected)):
        whole = [*prompt, *side] if isinstance(side, list) and side else side
        faults.extend(conversation_faults(whole, name=key, last="assistant"))
    if chosen == rejected:
        faults.append("chosen and rejected are the same")
    return faults


def about(pair: PairRecord) -> Row:
    """What is known of a pair, for those who select, weigh or trace rows."""
    row: Row = {
        # As part of a loss it must not ask for less than nothing; zero asks for no margin.
        "margin": max(float(pair.margin or 0), 0.0),
        "strength": float(pair.strength),
        "pair_id": pair.pair_id,
        "dimension": pair.dimension,
        "simulated": pair.simulated,
        "synthetic": pair.synthetic,
    }
    return row if pair.split is None else row | {"split": pair.split}


def line_faults(
    line: bytes,
    faults_of: Callable[[Row], Iterable[str]],
    kinds: Mapping[str, type] = PAIR_KINDS,
) -> list[str]:
    """What is wrong with one line: by what every row says of its record, and by `faults_of`.

    Args:
        line: The line.
        faults_of: What is wrong with the rest of a row.
        kinds: Keys that every row has, and the kinds of their values.
    """
    try:
        row = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        return [f"no JSON: {error}"]
    if not isinstance(row, dict):
        return ["no JSON object"]
    faults = [
        f"{key} is no {kind.__name__}"
        for key, kind in kinds.items()
        if not isinstance(row.get(key), kind)
    ]
    if "split" in row and not isinstance(row["split"], str):
        faults.append("split is no str")
    if (
        "margin" in kinds
        and not faults
        and not (math.isfinite(row["margin"]) and row["margin"] >= 0)
    ):
        faults.append("margin is below zero")
    return [*faults, *faults_of(row)]
