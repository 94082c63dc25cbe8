"""A folder of captioned pictures, asked like a retrieval server.

The captions stand in `captions.jsonl` (objects with `file` and `caption`), `captions.csv` (a
header with these columns) or `captions.txt` (file, tab, caption).
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from intermt.commands.picture_files import PictureFiles
from intermt.domain.caption_search import THRESHOLD, CaptionIndex
from intermt.errors import InputError, MissingInputError
from intermt.records import content_id

CAPTION_FILES = ("captions.jsonl", "captions.csv", "captions.txt")
_FORM = "give each line a file and a caption; see the part on folders in docs/tools.md"


@dataclass(frozen=True, slots=True)
class LocalPicture:
    """A picture that was found.

    Attributes:
        name: Its file, as the captions name it.
        caption: Its caption.
        likeness: How well the caption fits, 0 to 1.
    """

    name: str
    caption: str
    likeness: float


class LocalPictures:
    """The captioned pictures of one folder.

    Attributes:
        folder: The folder.
    """

    def __init__(self, folder: Path, rows: list[tuple[str, str]]) -> None:
        self.folder = folder
        self._rows = rows
        self._index = CaptionIndex([caption for _, caption in rows])

    def __len__(self) -> int:
        """Number of captions."""
        return len(self._rows)

    def __str__(self) -> str:
        """The folder and what its captions are known by."""
        return f"{self.folder} (captions {content_id('captions', self._rows)[:12]})"

    def best(self, query: str, threshold: float = THRESHOLD) -> LocalPicture | None:
        """The picture whose caption fits best, the first of equals; None if none fits."""
        match = self._index.best(query, threshold)
        if match is None:
            return None
        name, caption = self._rows[match.index]
        return LocalPicture(name, caption, match.likeness)

    def read(self, picture: LocalPicture) -> bytes:
        """The bytes of a picture that was found.

        Raises:
            InputError: The file has gone or cannot be read.
        """
        try:
            return (self.folder / picture.name).read_bytes()
        except OSError as error:
            raise InputError(
                f"picture {picture.name!r} cannot be read: {error.strerror}",
                where=str(self.folder),
            ) from error


def open_local_pictures(folder: Path) -> LocalPictures:
    """The captioned pictures of a folder; every file that a caption names is looked at.

    Raises:
        MissingInputError: There is no such folder, or no captions in it.
        InputError: A line of the captions or a picture cannot be used.
    """
    if not folder.is_dir():
        raise MissingInputError("there is no such folder of captioned pictures", where=str(folder))
    file = next((folder / n for n in CAPTION_FILES if (folder / n).is_file()), None)
    if file is None:
        raise MissingInputError(
            "the folder has no captions", where=str(folder), todo=f"add {', '.join(CAPTION_FILES)}"
        )
    try:
        text = file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"the captions are not UTF-8 text: {error}", where=str(file)) from error
    except OSError as error:
        raise InputError(
            f"the captions cannot be read: {error.strerror}", where=str(file)
        ) from error
    rows = list(_READERS[file.suffix](text, file))
    if not rows:
        raise InputError("there are no captions in the file", where=str(file), todo=_FORM)
    pictures = PictureFiles(folder, None)
    bad = [f"{name}: {found.missing}" for name, _ in rows if (found := pictures.find(name)).missing]
    if bad:
        raise InputError(
            f"{len(bad)} of {len(rows)} captioned pictures cannot be used: {'; '.join(bad[:5])}",
            where=str(file),
            todo="mend the captions or the files",
        )
    return LocalPictures(folder, rows)


def _jsonl(text: str, file: Path) -> Iterator[tuple[str, str]]:
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except ValueError as error:
            raise InputError(f"no JSON: {error}", where=f"{file}:{number}", todo=_FORM) from error
        given = row if isinstance(row, dict) else {}
        yield _row(given.get("file"), given.get("caption"), f"{file}:{number}")


def _csv(text: str, file: Path) -> Iterator[tuple[str, str]]:
    reader = csv.DictReader(io.StringIO(text, newline=""))
    if not {"file", "caption"} <= set(reader.fieldnames or ()):
        raise InputError("no columns file and caption", where=f"{file}:1", todo=_FORM)
    try:
        for row in reader:
            yield _row(row["file"], row["caption"], f"{file}:{reader.line_num}")
    except csv.Error as error:
        raise InputError(
            f"no CSV: {error}", where=f"{file}:{reader.line_num}", todo=_FORM
        ) from error


def _txt(text: str, file: Path) -> Iterator[tuple[str, str]]:
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            name, _, caption = line.partition("\t")
            yield _row(name, caption, f"{file}:{number}")


_READERS = {".jsonl": _jsonl, ".csv": _csv, ".txt": _txt}


def _row(name: object, caption: object, where: str) -> tuple[str, str]:
    if isinstance(name, str) and isinstance(caption, str) and name.strip() and caption.strip():
        return name.strip(), caption.strip()
    raise InputError("no file with a caption", where=where, todo=_FORM)
