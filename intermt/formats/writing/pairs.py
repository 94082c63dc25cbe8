"""What the writers of preference pairs get, and the form they share.

A format is one module with one `PairFormat`, listed in `formats.writing.registry`. Its writer
turns pairs into rows one at a time and holds none of them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

from intermt.dimensions import Level
from intermt.records import FeedbackKind, Message, PairMode

PicturePath = Callable[[str], str | None]
"""Gives the path of a picture's file by its SHA-256; None where the file is gone."""


@dataclass(frozen=True, slots=True)
class Note:
    """Free text that came with the votes on a pair, as written.

    Attributes:
        side: The side it is about; None for both.
        kind: critique, refinement or rationale.
        dimension: A dimension key; None where the text is about no one dimension.
        rater: Who wrote it: the rater's id, not the name.
    """

    side: Literal["chosen", "rejected"] | None
    kind: FeedbackKind
    dimension: str | None
    text: str
    rater: str


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
        strength: How sure it is that the chosen side is the better one, 0.5 to 1: the
            agreement, or the probability of the model that made the pair.
        feedback: What raters wrote about either side.
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
    strength: float
    feedback: tuple[Note, ...] = ()


@dataclass(frozen=True, slots=True)
class Holds:
    """What a trainer can take in one pair.

    Attributes:
        prompts: Whether pictures may stand in the user's messages of the prefix.
        history: Whether pictures may stand in earlier answers of the prefix.
        answers: Pictures in chosen and rejected: `none`, the `same` files in the same number
            on both sides, or each side its `own`.
        most: Most pictures of a pair in all; None for any number.
        turns: Whether the prefix may have more than one prompt.
        chains: Whether chosen and rejected may be several messages each.
        missing: Whether a picture without a file may stand as a note of why.
    """

    prompts: bool
    history: bool
    answers: Literal["none", "same", "own"]
    most: int | None = None
    turns: bool = True
    chains: bool = True
    missing: bool = False


class ByteSink(Protocol):
    """Where the bytes of a file go."""

    def write(self, data: bytes, /) -> object:
        """Take all of the bytes."""


@dataclass(frozen=True, slots=True)
class Pictures:
    """The pictures that pairs show.

    Attributes:
        path_of: What a row says for a picture: an absolute path, or one relative to the
            folder that is written.
        read: The picture's bytes.
    """

    path_of: PicturePath
    read: Callable[[str], bytes]


class PairWriter(Protocol):
    """Writes pairs in one format."""

    def write(self, pair: PairRecord) -> None:
        """Write one pair that the format can hold."""

    def close(self) -> None:
        """Write what ends the file; the sink stays open."""


@dataclass(frozen=True, slots=True)
class PairFormat:
    """One format of preference pairs.

    Attributes:
        name: As `--format` takes it.
        about: The trainer and the version whose loading code it was made for.
        extension: Of its files, with the dot.
        holds: What its trainer can take.
        writer: Makes the writer of one file.
        check: Reads a written file again and counts: the number of rows, and what is wrong
            in words with the row's number, such as placeholders that are not as many as
            pictures on either side. Never more than one row in memory.
        beside: Files that belong beside those of a folder, by name, for the names of its
            data files by split; such as an entry that tells the trainer of the columns.
    """

    name: str
    about: str
    extension: str
    holds: Holds
    writer: Callable[[ByteSink, Pictures], PairWriter]
    check: Callable[[Path, Pictures], tuple[int, list[str]]]
    beside: Callable[[dict[str, str]], dict[str, bytes]] = lambda _: {}
