"""Reading seed questions of every kind of input, and looking at their pictures.

A picture is opened, measured and let go again, many at a time. Only those of the questions
that are chosen in the end are read once more and put in the store: a hundred thousand seeds
are held as text and figures.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from hashlib import sha256
from itertools import islice
from pathlib import Path
from typing import Literal

from intermt.commands.picture_files import NoPicture, PictureFiles
from intermt.domain.picture_signals import LONGEST_PX, PictureSignals, measured
from intermt.errors import InputError, MissingInputError, TryLater
from intermt.formats.reading.rows import RowProblem
from intermt.formats.reading.seed_fields import EmbeddedPicture, SeedRow, seed_or_problem
from intermt.formats.reading.seed_folder import text_file, unused_pictures
from intermt.formats.reading.seeds import read_seeds
from intermt.formats.reading.source import STDIN, open_source
from intermt.records import Image, ImagePart, Message, Part, Progress, TextPart, node_id
from intermt.store.images import ImageFolder, TooManyPixels, grey_values
from intermt.store.parquet import is_parquet, read_rows

_ROWS_AT_ONCE = 32
_WORKERS = 4
_MAX_PROBLEMS = 20


@dataclass(frozen=True, slots=True)
class SeedInput:
    """One file or folder of seed questions.

    Attributes:
        name: As the user gave it.
        file: The file that has the questions; `-` for standard input.
        kind: How it is read.
        pictures: The folder that picture names are looked up in.
        is_folder: Whether the user named the folder of the pictures.
    """

    name: str
    file: str
    kind: Literal["text", "parquet"]
    pictures: Path
    is_folder: bool = False

    def rows(self) -> Iterator[SeedRow | RowProblem]:
        """The seed questions in order, and a problem in place of each bad one.

        Raises:
            IntermtError: The file cannot be read as a whole.
        """
        if self.kind == "parquet":
            for n, fields in enumerate(read_rows(Path(self.file)), start=1):
                yield seed_or_problem(f"{self.file}: row {n}", fields)
            return
        with open_source(self.file) as source:
            yield from read_seeds(source)


def seed_input(name: str, images: Path | None) -> SeedInput:
    """What a name given by a user means.

    Args:
        name: A file, a folder of pictures with a text file, or `-`.
        images: Folder of the pictures; None for the file's own.

    Raises:
        InputError: A folder without exactly one file of questions.
        MissingInputError: There is no such folder of pictures.
    """
    if images is not None and not images.is_dir():
        raise MissingInputError("there is no such folder of pictures", where=str(images))
    if name == STDIN:
        return SeedInput(name, name, "text", images or Path())
    path = Path(name)
    if path.is_dir():
        return SeedInput(name, str(text_file(path)), "text", images or path, is_folder=True)
    kind: Literal["text", "parquet"] = "parquet" if is_parquet(path) else "text"
    return SeedInput(name, name, kind, images or path.parent)


@dataclass(frozen=True, slots=True)
class SeedPicture:
    """A picture of a seed question, as far as it was looked at.

    Attributes:
        name: As the file has it.
        sha256: Of its bytes; None where there are none, or they are no picture.
        missing: Why there is none; None if there is one.
        is_broken: Whether there are bytes, but they are no picture.
        is_large: Whether it has more pixels than any call takes.
        size: Width and height.
        signals: What was measured.
    """

    name: str | None
    sha256: str | None
    missing: str | None = None
    is_broken: bool = False
    is_large: bool = False
    size: tuple[int, int] = (0, 0)
    signals: PictureSignals | None = None

    @property
    def part(self) -> ImagePart:
        """The picture in a message."""
        if self.sha256 is not None:
            return ImagePart(sha256=self.sha256, name=self.name, key=self.sha256)
        return ImagePart(name=self.name, missing=self.missing, key=f"name:{self.name}")

    @property
    def called(self) -> str:
        """The picture in words."""
        return "the picture" if self.name is None else f"the picture {self.name}"


@dataclass(frozen=True, slots=True)
class Candidate:
    """A seed question that may become the root of a tree.

    Attributes:
        seed_id: Id of the root node that it would be.
        row: What its file says; embedded pictures by their names alone.
        pictures: Its pictures.
        input_number: Which input it is from, from 0.
        row_number: Which row there, from 0.
        is_embedded: Whether its pictures are in the row.
    """

    seed_id: str
    row: SeedRow
    pictures: tuple[SeedPicture, ...]
    input_number: int
    row_number: int
    is_embedded: bool = False

    @property
    def parts(self) -> tuple[Part, ...]:
        """Pictures and text, as the root node has them."""
        return (*(picture.part for picture in self.pictures), TextPart(self.row.text))

    @property
    def message(self) -> Message:
        """The question as the user's message."""
        return Message("user", self.parts)

    @property
    def order(self) -> tuple[object, ...]:
        """What decides between candidates; rows that differ in nothing have the same."""
        row = self.row
        said = (row.source, row.licence, row.task, row.scenario, row.language, row.intention)
        return (self.seed_id, row.source_id, *(value or "" for value in said))

    @property
    def position(self) -> tuple[int, int]:
        """Where it stood in the input."""
        return self.input_number, self.row_number


@dataclass(slots=True)
class SeedInputs:
    """What was read.

    Attributes:
        inputs: Where from.
        candidates: The seed questions in order.
        unused: Pictures of folders that no question names.
    """

    inputs: tuple[SeedInput, ...]
    candidates: list[Candidate] = field(default_factory=list)
    unused: list[str] = field(default_factory=list)

    def take_in(self, chosen: Iterable[Candidate], images: ImageFolder) -> dict[str, Image]:
        """Put the pictures of some candidates into the store's folder; their records by hash.

        Raises:
            TryLater: A picture is not what it was when it was looked at.
        """
        taken: dict[str, Image] = {}
        by_input: dict[int, list[Candidate]] = {}
        for candidate in chosen:
            by_input.setdefault(candidate.input_number, []).append(candidate)
        for number, candidates in sorted(by_input.items()):
            for picture, content in self._contents(self.inputs[number], candidates, taken):
                image = images.add(content)
                if image.sha256 != picture.sha256:
                    raise _changed(picture)
                taken[image.sha256] = image
        return taken

    def _contents(
        self, source: SeedInput, candidates: Sequence[Candidate], taken: dict[str, Image]
    ) -> Iterator[tuple[SeedPicture, bytes]]:
        files = PictureFiles(source.pictures, None)
        embedded: dict[int, Candidate] = {}
        for candidate in candidates:
            wanted = [p for p in candidate.pictures if p.sha256 and p.sha256 not in taken]
            if candidate.is_embedded and wanted:
                embedded[candidate.row_number] = candidate
                continue
            for picture in wanted:
                if picture.sha256 not in taken:
                    yield picture, _read_again(files, picture)
        for number, row in enumerate(source.rows() if embedded else ()):
            if number not in embedded or not isinstance(row, SeedRow):
                continue
            for picture, given in zip(embedded[number].pictures, row.pictures, strict=False):
                if picture.sha256 is None:
                    continue
                content = (
                    given.content
                    if isinstance(given, EmbeddedPicture)
                    else _read_again(files, picture)
                )
                yield picture, content


def _read_again(files: PictureFiles, picture: SeedPicture) -> bytes:
    try:
        return files.read(picture.name or "")
    except NoPicture as error:
        raise _changed(picture) from error


def _changed(picture: SeedPicture) -> TryLater:
    return TryLater(
        f"{picture.called} was changed while it was being read",
        todo="run the same command again when nobody writes to the pictures",
    )


# --- reading -----------------------------------------------------------------------------


def read_inputs(names: Iterable[str], images: Path | None, progress: Progress) -> SeedInputs:
    """The good rows of all inputs, with their pictures looked at.

    Raises:
        InputError: There are bad rows, or none at all.
        MissingInputError: A file or the folder of pictures is not there.
    """
    read = SeedInputs(tuple(seed_input(name, images) for name in names))
    problems: list[RowProblem] = []
    n_problems = 0
    progress.start("reading seed questions", None, "seeds")
    with ThreadPoolExecutor(_WORKERS, thread_name_prefix="pictures") as pool:
        for number, source in enumerate(read.inputs):
            looker = _Looker(source.pictures, pool)
            used: set[str] = set()
            for row_number, row in looker.looked_at(source.rows()):
                if isinstance(row, RowProblem):
                    n_problems += 1
                    problems += [row] if len(problems) < _MAX_PROBLEMS else []
                    continue
                found, pictures = row
                read.candidates.append(_candidate(found, pictures, number, row_number))
                used.update(picture.name for picture in pictures if picture.name)
                progress.advance()
            if source.is_folder:
                read.unused += unused_pictures(source.pictures, used)
    progress.stop()
    if problems:
        more = n_problems - len(problems)
        raise InputError(
            "a seed question cannot be used"
            if n_problems == 1
            else f"{n_problems} seed questions cannot be used",
            details=[
                *(problem.message for problem in problems),
                *([f"... and {more} more"] if more else []),
            ],
            todo="mend the rows and run the same command again",
        )
    if not read.candidates:
        raise InputError("there are no seed questions", where=", ".join(names))
    return read


def _candidate(
    row: SeedRow, pictures: tuple[SeedPicture, ...], input_number: int, row_number: int
) -> Candidate:
    parts: list[Part] = [*(picture.part for picture in pictures), TextPart(row.text)]
    embedded = any(isinstance(p, EmbeddedPicture) for p in row.pictures)
    return Candidate(
        node_id(None, "user", parts),
        replace(row, pictures=()),
        pictures,
        input_number,
        row_number,
        embedded,
    )


class _Looker:
    """Looks at the pictures of rows, some rows ahead."""

    def __init__(self, folder: Path, pool: ThreadPoolExecutor) -> None:
        self._files = PictureFiles(folder, None)
        self._pool = pool
        self._by_name: dict[str, SeedPicture] = {}

    def looked_at(
        self, rows: Iterator[SeedRow | RowProblem]
    ) -> Iterator[tuple[int, RowProblem | tuple[SeedRow, tuple[SeedPicture, ...]]]]:
        """The number of each row, and the row with its pictures or its problem."""
        number = 0
        while batch := list(islice(rows, _ROWS_AT_ONCE)):
            under_way: dict[str, Future[SeedPicture]] = {}
            embedded: dict[tuple[int, int], Future[SeedPicture]] = {}
            for n, row in enumerate(batch):
                for k, given in enumerate(() if isinstance(row, RowProblem) else row.pictures):
                    if isinstance(given, EmbeddedPicture):
                        embedded[n, k] = self._pool.submit(_looked, given.name, given.content)
                    elif given not in self._by_name and given not in under_way:
                        under_way[given] = self._pool.submit(self._look, given)
            self._by_name |= {name: future.result() for name, future in under_way.items()}
            for n, row in enumerate(batch):
                if isinstance(row, RowProblem):
                    yield number + n, row
                    continue
                pictures = tuple(
                    embedded[n, k].result()
                    if isinstance(given, EmbeddedPicture)
                    else self._by_name[given]
                    for k, given in enumerate(row.pictures)
                )
                yield number + n, (row, pictures)
            number += len(batch)

    def _look(self, name: str) -> SeedPicture:
        try:
            content = self._files.read(name)
        except NoPicture as why:
            return SeedPicture(name, None, missing=why.reason)
        return _looked(name, content)


def _looked(name: str | None, content: bytes) -> SeedPicture:
    try:
        size, grey = grey_values(content, LONGEST_PX)
    except TooManyPixels as error:
        return SeedPicture(name, None, missing=f"refused: {error.what}", is_large=True)
    except InputError as error:
        return SeedPicture(name, None, missing=f"refused: {error.what}", is_broken=True)
    digest = sha256(content).hexdigest()
    return SeedPicture(name, digest, size=size, signals=measured(grey))
