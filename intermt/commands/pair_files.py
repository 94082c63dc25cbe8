"""The files that records are written to: a stream, one file, or a folder with its pictures."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Generic, Protocol

from intermt.commands.whole_file import whole_file
from intermt.commands.whole_folder import whole_folder
from intermt.errors import StoreIOError
from intermt.formats.writing.pairs import Folder, Pictures, R, R_contra, RecordFormat
from intermt.store.connect import Store
from intermt.store.parquet import read_rows

FOLDER_MANIFEST = ".manifest.json"
PICTURES = "images"
UNSPLIT = "data"
_MOST_FAULTS = 5


@dataclass(frozen=True, slots=True)
class WrittenFile:
    """One file that was written.

    Attributes:
        name: Its name, in a folder relative to it; `-` for a stream.
        dimension: The dimension of its records; None where it has those of all asked for.
        split: The split of its records; None where there is none, or it has a column for it.
        n_rows: Pairs (or other records) in it; None for files that hold none.
        n_bytes: Its size.
        sha256: Its hash.
    """

    name: str
    dimension: str | None
    split: str | None
    n_rows: int | None
    n_bytes: int
    sha256: str


class Destination(Protocol[R_contra]):
    """Where records go."""

    def write(self, record: R_contra, /) -> None:
        """Write one record that fits."""

    def finish(self, made: Mapping[str, Any]) -> list[WrittenFile]:
        """End the files, check them, and say what they are.

        Args:
            made: How the records were chosen, for a folder's data card.

        Raises:
            StoreIOError: A file reads back otherwise than it was written.
        """

    def describe(self, manifest: bytes) -> None:
        """Write the manifest."""


class _Rows(Generic[R]):
    """One file of records while it is written."""

    def __init__(
        self,
        format_: RecordFormat[R],
        sink: BinaryIO,
        pictures: Pictures,
        name: str,
        dimension: str | None = None,
        split: str | None = None,
    ) -> None:
        self._format = format_
        self._pictures = pictures
        self._sink = sink
        self._measured = _Measured(sink)
        self._writer = format_.writer(self._measured, pictures)
        self._about = (name, dimension, split)
        self.n_rows = 0

    def write(self, record: R, /) -> None:
        self._writer.write(record)
        self.n_rows += 1

    def finish(self, file: Path | None) -> WrittenFile:
        """End the file and, with its path, read it again."""
        self._writer.close()
        self._sink.flush()
        if file is not None:
            n_rows, faults = self._format.check(file, self._pictures)
            if n_rows != self.n_rows:
                faults = [f"{n_rows} rows where {self.n_rows} were written", *faults]
            if faults:
                more = len(faults) - _MOST_FAULTS
                told = "; ".join(faults[:_MOST_FAULTS]) + (f"; {more} more" if more > 0 else "")
                raise StoreIOError(
                    f"the {self._format.name} file does not read back as written: {told}",
                    where=self._about[0],
                    todo="nothing was left behind; please report it",
                )
        measured = self._measured
        return WrittenFile(*self._about, self.n_rows, measured.n_bytes, measured.sha256)


@contextmanager
def to_stream(stream: BinaryIO, format_: RecordFormat[R], store: Store) -> Iterator[Destination[R]]:
    """A destination that writes as pairs come, with no manifest."""
    rows = _Rows(format_, stream, _absolute(store), "-")
    yield _Single(rows, None, None)


@contextmanager
def to_file(path: Path, format_: RecordFormat[R], store: Store) -> Iterator[Destination[R]]:
    """A destination whose file and manifest appear together when the block ends well.

    Raises:
        CannotCreate: The file or its manifest cannot be made.
        StoreIOError: The disk is full.
    """
    with whole_file(path) as sink, whole_file(manifest_path(path)) as description:
        rows = _Rows(format_, sink, _absolute(store), path.name)
        yield _Single(rows, Path(os.fsdecode(sink.name)), description)


class _Single(Generic[R]):
    """One file or stream."""

    def __init__(self, rows: _Rows[R], file: Path | None, manifest: BinaryIO | None) -> None:
        self._rows = rows
        self._file = file
        self._manifest = manifest

    def write(self, record: R, /) -> None:
        self._rows.write(record)

    def finish(self, made: Mapping[str, Any]) -> list[WrittenFile]:
        return [self._rows.finish(self._file)]

    def describe(self, manifest: bytes) -> None:
        if self._manifest is not None:
            self._manifest.write(manifest)


def manifest_path(file: Path) -> Path:
    """The manifest beside a file."""
    return file.parent / f"{file.name}.manifest.json"


@contextmanager
def to_folder(
    path: Path,
    format_: RecordFormat[R],
    store: Store,
    dimensions: tuple[str, ...],
    splits: tuple[str, ...],
) -> Iterator[Destination[R]]:
    """A destination whose folder appears when the block ends well.

    Args:
        path: The folder; one that an earlier run made is replaced.
        format_: The format of its data files.
        store: Where pictures are.
        dimensions: Each has a folder of its own where there are several; then no record may be
            about another.
        splits: Each has a file of its own; empty for one file.

    Raises:
        CannotCreate: Something else is there, or the folder cannot be made.
        StoreIOError: The disk is full.
    """
    with whole_folder(path, marker=FOLDER_MANIFEST, replace=True) as new:
        folder = _Folder(new.path, format_, store, dimensions, splits)
        try:
            yield folder
        finally:
            folder.close()
        new.settle()


class _Folder(Generic[R]):
    """Data files by dimension and split, the pictures that they show, and what belongs beside."""

    def __init__(
        self,
        root: Path,
        format_: RecordFormat[R],
        store: Store,
        dimensions: tuple[str, ...],
        splits: tuple[str, ...],
    ) -> None:
        self._root = root
        self._format = format_
        parts: tuple[str | None, ...] = dimensions if len(dimensions) > 1 else (None,)
        self._parts = {part: _Part(root, format_, store, part, splits) for part in parts}

    def write(self, record: R, /) -> None:
        self._parts[record.dimension if len(self._parts) > 1 else None].write(record)

    def finish(self, made: Mapping[str, Any]) -> list[WrittenFile]:
        return [file for part in self._parts.values() for file in part.finish(made)]

    def describe(self, manifest: bytes) -> None:
        (self._root / FOLDER_MANIFEST).write_bytes(manifest)

    def close(self) -> None:
        """Let go of the files, whatever became of them."""
        for part in self._parts.values():
            part.close()


class _Part(Generic[R]):
    """The files of one dimension, or all files of a folder."""

    def __init__(
        self,
        root: Path,
        format_: RecordFormat[R],
        store: Store,
        dimension: str | None,
        splits: tuple[str, ...],
    ) -> None:
        self._root = root
        self._folder = root if dimension is None else root / dimension
        self._format = format_
        self._dimension = dimension
        self._copied = _FolderPictures(store, self._folder)
        pictures = (
            _absolute(store)
            if format_.embeds
            else Pictures(self._copied.path_of, store.images.read, read_rows)
        )
        self._names = {split: format_.data_file(split) for split in splits or (UNSPLIT,)}
        self._sinks: dict[str, BinaryIO] = {}
        self._rows: dict[str, _Rows[R]] = {}
        self._tally: Counter[str] = Counter()
        self._licences: Counter[str | None] = Counter()
        for split, name in self._names.items():
            file = self._folder / name
            file.parent.mkdir(parents=True, exist_ok=True)
            self._sinks[split] = file.open("wb")
            self._rows[split] = _Rows(
                format_,
                self._sinks[split],
                pictures,
                self._name(name),
                dimension,
                split if splits else None,
            )

    def _name(self, name: str) -> str:
        return name if self._dimension is None else f"{self._dimension}/{name}"

    def write(self, record: R, /) -> None:
        self._rows[record.split or UNSPLIT].write(record)
        self._licences[record.licence] += 1
        self._tally.update(simulated=record.simulated, synthetic=record.synthetic)

    def finish(self, made: Mapping[str, Any]) -> list[WrittenFile]:
        files = {
            split: rows.finish(self._folder / self._names[split])
            for split, rows in self._rows.items()
        }
        folder = Folder(
            files=self._names,
            n_pairs={split: file.n_rows or 0 for split, file in files.items()},
            n_bytes={split: file.n_bytes for split, file in files.items()},
            licences=self._licences,
            n_simulated=self._tally["simulated"],
            n_synthetic=self._tally["synthetic"],
            made=made,
        )
        others: list[WrittenFile] = []
        for name, content in sorted(self._format.beside(folder).items()):
            (self._folder / name).write_bytes(content)
            others.append(self._other(name, content))
        others += [
            self._other(name, (self._folder / name).read_bytes())
            for name in sorted(self._copied.written)
        ]
        return [*files.values(), *others]

    def _other(self, name: str, content: bytes) -> WrittenFile:
        sha256 = hashlib.sha256(content).hexdigest()
        return WrittenFile(self._name(name), self._dimension, None, None, len(content), sha256)

    def close(self) -> None:
        for sink in self._sinks.values():
            sink.close()


class _FolderPictures:
    """Pictures that are put into a folder the first time that somebody asks for their path."""

    def __init__(self, store: Store, folder: Path) -> None:
        self._store = store
        self._folder = folder
        self._known: dict[str, str | None] = {}

    @property
    def written(self) -> list[str]:
        """The names of the pictures in the folder."""
        return [name for name in self._known.values() if name is not None]

    def path_of(self, sha256: str) -> str | None:
        """The path relative to the folder, or None where the store has no such file."""
        if sha256 not in self._known:
            found = self._store.images.find(sha256)
            self._known[sha256] = None if found is None else self._put(found)
        return self._known[sha256]

    def _put(self, source: Path) -> str:
        name = f"{PICTURES}/{source.name}"
        (self._folder / PICTURES).mkdir(exist_ok=True)
        try:
            os.link(source, self._folder / name)
        except OSError:
            shutil.copyfile(source, self._folder / name)
        return name


def _absolute(store: Store) -> Pictures:
    known: dict[str, str | None] = {}

    def path_of(sha256: str) -> str | None:
        if sha256 not in known:
            path = store.images.find(sha256)
            # Rows are UTF-8; a folder's name need not be, and then only the hash leads there.
            known[sha256] = (
                None if path is None else os.fsencode(path.absolute()).decode(errors="replace")
            )
        return known[sha256]

    return Pictures(path_of, store.images.read, read_rows)


class _Measured:
    """A stream whose bytes are counted and hashed on the way."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._hash = hashlib.sha256()
        self.n_bytes = 0

    @property
    def sha256(self) -> str:
        """Hash of everything written so far."""
        return self._hash.hexdigest()

    def write(self, data: bytes, /) -> int:
        """Pass the bytes on; how many."""
        self._stream.write(data)
        self._hash.update(data)
        self.n_bytes += len(data)
        return len(data)
