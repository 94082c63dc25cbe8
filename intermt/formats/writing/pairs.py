"""What the writers of preference pairs get, and the form they share.

A writer turns pairs into the lines of one format, one pair at a time; it holds none.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from intermt.dimensions import Level
from intermt.records import Message, PairMode

PicturePath = Callable[[str], str | None]
"""Gives the path of a picture's file by its SHA-256; None where the file is gone."""


@dataclass(frozen=True, slots=True)
class PairRecord:
    """A preference pair with its messages, ready to be written.

    Attributes:
        pair_id: Id of the two candidates on this dimension; the same whoever wins.
        level: local or global.
        mode: prefix or chain.
        dimension: A dimension key or `overall`.
        seed_id: Root of the tree both sides come from.
        turn: Turn of the two answers; None for conversations.
        prefix: What both sides share: the history up to the question that both answer
            (local), the seed question (global).
        chosen: What follows the prefix on the side that people prefer.
        rejected: What follows it on the other side.
        chosen_id: The side's answer or conversation.
        rejected_id: Likewise.
        agreement: Votes for the chosen side over all votes, ties included.
        n_annotators: Distinct annotators who voted.
        n_chosen: Votes for the chosen side.
        n_rejected: Votes for the other.
        n_tie: Votes that see no difference.
        margin: Mean score of the chosen side less that of the other; None without scores.
        verified: Whether all verifiers agree; None where none voted.
        split: The split of its seed question; None where none was asked for.
        simulated: Whether a stand-in server wrote any of the messages.
        synthetic: Whether any of the votes is an invented one.
    """

    pair_id: str
    level: Level
    mode: PairMode
    dimension: str
    seed_id: str
    turn: int | None
    prefix: tuple[Message, ...]
    chosen: tuple[Message, ...]
    rejected: tuple[Message, ...]
    chosen_id: str
    rejected_id: str
    agreement: float
    n_annotators: int
    n_chosen: int
    n_rejected: int
    n_tie: int
    margin: float | None
    verified: bool | None
    split: str | None
    simulated: bool
    synthetic: bool


class ByteSink(Protocol):
    """Where the bytes of a file go."""

    def write(self, data: bytes, /) -> object:
        """Take all of the bytes."""


class PairWriter(Protocol):
    """Writes pairs in one format."""

    def write(self, pair: PairRecord) -> None:
        """Write one pair."""
