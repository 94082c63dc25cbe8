"""Pictures that an imported file names, looked up in one folder and nowhere else.

A name may also be a picture itself, as a `data:` URI, or, only where the user asks for it, the
address of one on the web.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote_to_bytes

from intermt.errors import InputError
from intermt.records import Image
from intermt.store.images import ImageFolder, inspect

MAX_BYTES = 256 * 1024 * 1024
"""Larger files are refused unread: a picture is read whole."""

_DATA = "data:"
_REMEMBERED = 20_000
_LONGEST_KEY = 500


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

    Names that lead out of the folder (by `..`, an absolute path or a link) are refused: a
    data file must not make anybody read other files. So are URLs without `fetch`.

    Args:
        folder: Where names are looked up.
        images: Where pictures are put; None only looks at them.
        fetch: Gives what a URL holds, or raises `NoPicture`; None refuses URLs.
    """

    def __init__(
        self,
        folder: Path,
        images: ImageFolder | None,
        fetch: Callable[[str], bytes] | None = None,
    ) -> None:
        self._folder = folder
        self._images = images
        self._fetch = fetch
        self._seen: OrderedDict[str, FoundPicture] = OrderedDict()

    def find(self, name: str) -> FoundPicture:
        """What became of the picture of this name."""
        key = _key(name)
        if key not in self._seen:
            self._seen[key] = self._find(name)
            if len(self._seen) > _REMEMBERED:
                self._seen.popitem(last=False)
        return self._seen[key]

    def read(self, name: str) -> bytes:
        """The bytes of the picture of this name.

        Raises:
            NoPicture: There is none, or it may not be read.
        """
        if _is_data(name):
            return _embedded(name)
        if "://" in name:
            if self._fetch is None:
                raise NoPicture("refused: a URL, not a file")
            return self._fetch(name)
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


def _key(name: str) -> str:
    """What a picture is remembered by: not a picture itself, which may be large."""
    return hashlib.sha256(name.encode()).hexdigest() if len(name) > _LONGEST_KEY else name


def _is_data(name: str) -> bool:
    return name[: len(_DATA)].lower() == _DATA


def _embedded(uri: str) -> bytes:
    head, comma, encoded = uri.partition(",")
    if not comma:
        raise NoPicture("refused: a data URI without data")
    # Three bytes stand in four characters, or one byte in three.
    if len(encoded) > 3 * MAX_BYTES:
        raise NoPicture(f"refused: over {MAX_BYTES:,} bytes")
    if not head.lower().endswith(";base64"):
        content = unquote_to_bytes(encoded)
    else:
        try:
            content = base64.b64decode("".join(encoded.split()), validate=True)
        except (binascii.Error, ValueError) as error:
            raise NoPicture("refused: a data URI that is not base64") from error
    if len(content) > MAX_BYTES:
        raise NoPicture(f"refused: {len(content):,} bytes, over {MAX_BYTES:,}")
    return content
