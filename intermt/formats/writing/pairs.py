"""What the writers of preference pairs get, and the form they share.

A format is one module with one `PairFormat`, listed in `formats.writing.registry`. Its writer
turns pairs into rows one at a time and holds none of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, Literal, Protocol, TypeVar

from intermt.dimensions import Level
from intermt.records import FeedbackKind, Message, PairMode

Room = Literal["dimension", "split", "tie"]

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
        n_stated: Annotators of those who voted who stated a preference on the dimension; the
            votes of the others were read off their scores or, for `overall`, off what they
            said about the dimensions.
        tie: Whether neither side is the better one; only with `--ties keep`.
        licence: Licence of the seed question as given; None where none is.
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
    n_stated: int = 0
    tie: bool = False
    licence: str | None = None


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
        any_pair: Whether both sides may be the same and roles may come in any order, which
            no trainer takes.
        also: What else its loading code trips over, in words that can be counted.
    """

    prompts: bool
    history: bool
    answers: Literal["none", "same", "own"]
    most: int | None = None
    turns: bool = True
    chains: bool = True
    missing: bool = False
    any_pair: bool = False
    also: Callable[[PairRecord], list[str]] = lambda _: []


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
        table: The rows of a Parquet file, which only the store can read; a format's `check`
            of such a file needs it.
    """

    path_of: PicturePath
    read: Callable[[str], bytes]
    table: Callable[[Path], Iterable[dict[str, Any]]] | None = None


@dataclass(frozen=True, slots=True)
class Folder:
    """What a folder of pairs holds, for the files beside its data files.

    Attributes:
        files: Its data files by split, as paths relative to the folder; `data` where no
            split was asked for.
        n_pairs: Pairs by split.
        n_bytes: Size of the data files by split.
        licences: Pairs by the licence of their seed question as given; `None` where none is.
        n_simulated: Pairs with a message that a stand-in server wrote.
        n_synthetic: Pairs with an invented vote.
        made: How the pairs were chosen, in words that JSON has.
    """

    files: Mapping[str, str]
    n_pairs: Mapping[str, int]
    n_bytes: Mapping[str, int]
    licences: Mapping[str | None, int]
    n_simulated: int
    n_synthetic: int
    made: Mapping[str, Any]


class Record(Protocol):
    """What the files of records need to know of each."""

    @property
    def dimension(self) -> str | None:
        """What it is about; None where that is no one dimension."""

    @property
    def split(self) -> str | None:
        """The split of its seed question; None where none was asked for."""

    @property
    def licence(self) -> str | None:
        """Licence of its seed question as given."""

    @property
    def simulated(self) -> bool:
        """Whether a stand-in server wrote any of its messages."""

    @property
    def synthetic(self) -> bool:
        """Whether anything that people said is invented."""


R = TypeVar("R", bound=Record)
R_contra = TypeVar("R_contra", bound=Record, contravariant=True)


class RecordWriter(Protocol[R_contra]):
    """Writes records in one format."""

    def write(self, record: R_contra, /) -> None:
        """Write one record that the format can hold."""

    def close(self) -> None:
        """Write what ends the file; the sink stays open."""


class PairWriter(Protocol):
    """Writes pairs in one format."""

    def write(self, pair: PairRecord) -> None:
        """Write one pair that the format can hold."""

    def close(self) -> None:
        """Write what ends the file; the sink stays open."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordFormat(Generic[R]):
    """One format of records.

    Attributes:
        name: As `--format` takes it.
        about: The trainer and the version whose loading code it was made for.
        extension: Of its files, with the dot.
        writer: Makes the writer of one file.
        check: Reads a written file again and counts: the number of rows, and what is wrong
            in words with the row's number, such as placeholders that are not as many as
            pictures on either side. Never more than one row in memory.
        beside: Files that belong beside the data files of a folder, by name; such as an entry
            that tells the trainer of the columns.
        room: What one file can say beside the pair itself. Without `dimension` several
            dimensions, without `split` several splits, need a folder; without `tie` no pair
            may be a tie.
        place: Where a data file stands in a folder, with `{split}` for the split.
        embeds: Whether the data files hold the pictures themselves, so that a folder needs
            no `images/`.
        folder_only: Whether one file alone makes no sense.
    """

    name: str
    about: str
    extension: str
    writer: Callable[[ByteSink, Pictures], RecordWriter[R]]
    check: Callable[[Path, Pictures], tuple[int, list[str]]]
    beside: Callable[[Folder], dict[str, bytes]] = lambda _: {}
    room: frozenset[Room] = frozenset()
    place: str = "{split}"
    embeds: bool = False
    folder_only: bool = False

    def data_file(self, split: str) -> str:
        """The path of a split's data file in a folder, relative to it."""
        return self.place.format(split=split) + self.extension


@dataclass(frozen=True, slots=True, kw_only=True)
class PairFormat(RecordFormat[PairRecord]):
    """One format of preference pairs.

    Attributes:
        holds: What its trainer can take.
    """

    holds: Holds
