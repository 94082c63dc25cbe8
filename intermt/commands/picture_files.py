"""Pictures that an imported file names, looked up in one folder and nowhere else."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from intermt.errors import InputError
from intermt.records import Image
from intermt.store.images import ImageFolder, inspect

MAX_BYTES = 256 * 1024 * 1024
"""Larger files are refused unread: a picture is read whole."""


@dataclass(frozen=True, slots=True)
class FoundPicture:
    """What became of a named picture.

    Attributes:
        image: The picture, now in the store; None if there is none.
        missing: Why there is none: `not found`, or `refused: ...`; None if there is one.
    """

    image: Image | None
    missing: str | None


class NoPicture(Exception):
    """Why no picture has a name: `not found`, or `refused: ...`, or `not readable: ...`."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class PictureFiles:
    """Finds named pictures under one folder and puts them in the store.

    Names that lead out of the folder (by `..`, an absolute path or a link) and URLs are
    refused: a data file must not make anybody read other files.

    Args:
        folder: Where names are looked up.
        images: Where pictures are put; None only looks at them.
    """

    def __init__(self, folder: Path, images: ImageFolder | None) -> None:
        self._folder = folder
        self._images = images
        self._seen: dict[str, FoundPicture] = {}

    def find(self, name: str) -> FoundPicture:
        """What became of the picture of this name."""
        if name not in self._seen:
            self._seen[name] = self._find(name)
        return self._seen[name]

    def read(self, name: str) -> bytes:
        """The bytes of the picture of this name.

        Raises:
            NoPicture: There is none, or it may not be read.
        """
        if "://" in name or name.startswith("data:"):
            raise NoPicture("refused: a URL, not a file")
        if "\0" in name:
            raise NoPicture("refused: not a file name")
        try:
            root = self._folder.resolve()
            path = (root / name).resolve()
            if not path.is_relative_to(root):
                raise NoPicture("refused: outside the picture folder")
            if not path.is_file():
                raise NoPicture("not found")
            if (n_bytes := path.stat().st_size) > MAX_BYTES:
                raise NoPicture(f"refused: {n_bytes:,} bytes, over {MAX_BYTES:,}")
            return path.read_bytes()
        except (OSError, ValueError, RuntimeError) as error:
            # RuntimeError: a loop of links, before Python 3.13.
            reason = getattr(error, "strerror", None) or str(error)
            raise NoPicture(f"not readable: {reason}") from error

    def _find(self, name: str) -> FoundPicture:
        try:
            return FoundPicture(self._taken(self.read(name)), None)
        except NoPicture as why:
            return FoundPicture(None, why.reason)
        except InputError as error:
            return FoundPicture(None, f"refused: {error.what}")

    def _taken(self, content: bytes) -> Image:
        if self._images is not None:
            return self._images.add(content)
        extension, width, height = inspect(content)
        return Image(hashlib.sha256(content).hexdigest(), extension, width, height, len(content))


class UnseenPictures(PictureFiles):
    """Looks no picture up, for when only what is said about them matters."""

    def __init__(self) -> None:
        super().__init__(Path(), None)

    def find(self, name: str) -> FoundPicture:
        """No picture."""
        return FoundPicture(None, "not looked up")
