"""Pictures as files under their content address: `images/ab/abcdef....png`.

Immutable and written under a temporary name first, so a name that exists is whole. The
files are synced in batches, before the records that name them.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
import secrets
import warnings
from collections.abc import Iterator
from pathlib import Path

from intermt.errors import InputError, MissingInputError, StoreIOError
from intermt.records import Image

EXTENSIONS = {"PNG": "png", "JPEG": "jpg", "WEBP": "webp", "GIF": "gif"}
MAX_PIXELS = 100_000_000
"""Larger pictures are refused: they are decompression bombs or useless to a model."""


class ImageFolder:
    """The pictures of one store."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._unsynced: set[Path] = set()

    def add(self, content: bytes, *, simulated: bool = False) -> Image:
        """The record of a picture that is now in the folder; adding twice is adding once.

        Raises:
            InputError: Not a readable PNG, JPEG, WebP or GIF, or too many pixels.
            StoreIOError: It cannot be written.
        """
        extension, width, height = inspect(content)
        sha256 = hashlib.sha256(content).hexdigest()
        path = self._path(sha256, extension)
        if not path.exists():
            self._write(path, content)
        return Image(sha256, extension, width, height, len(content), simulated)

    def read(self, sha256: str) -> bytes:
        """The bytes of a picture.

        Raises:
            MissingInputError: It is not there.
        """
        path = self.find(sha256)
        if path is None:
            raise MissingInputError(
                f"picture {sha256} is not in the store",
                where=str(self.folder),
                todo="run: intermt check",
            )
        return path.read_bytes()

    def find(self, sha256: str) -> Path | None:
        """The file of a picture, or None."""
        for extension in EXTENSIONS.values():
            path = self._path(sha256, extension)
            if path.exists():
                return path
        return None

    def sync(self) -> None:
        """Wait until every picture added so far is on the disk."""
        folders: set[Path] = set()
        while self._unsynced:
            path = self._unsynced.pop()
            with contextlib.suppress(FileNotFoundError):
                _fsync(path)
            folders.update((path.parent, path.parent.parent))
        for folder in folders:
            _fsync(folder)

    def files(self) -> Iterator[Path]:
        """Every finished picture file, in order of name."""
        for folder in sorted(p for p in self.folder.glob("??") if p.is_dir()):
            yield from sorted(p for p in folder.iterdir() if not p.name.startswith("."))

    def leftovers(self) -> list[Path]:
        """Temporary files that a dead process left."""
        return sorted(self.folder.glob("??/.*"))

    def _path(self, sha256: str, extension: str) -> Path:
        return self.folder / sha256[:2] / f"{sha256}.{extension}"

    def _write(self, path: Path, content: bytes) -> None:
        temporary = path.parent / f".{path.name}.{secrets.token_hex(4)}"
        try:
            path.parent.mkdir(exist_ok=True)
            temporary.write_bytes(content)
            temporary.rename(path)
        except OSError as error:
            with contextlib.suppress(OSError):
                temporary.unlink(missing_ok=True)
            raise StoreIOError(
                f"cannot write a picture: {error.strerror}",
                where=str(path),
                todo="free disk space or mend the permissions, then run the same command again",
            ) from error
        self._unsynced.add(path)


def inspect(content: bytes) -> tuple[str, int, int]:
    """Extension, width and height of a picture, after decoding all of it.

    Raises:
        InputError: Not a whole PNG, JPEG, WebP or GIF, or over `MAX_PIXELS`.
    """
    from PIL import Image as PillowImage

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", PillowImage.DecompressionBombWarning)
            with PillowImage.open(io.BytesIO(content), formats=list(EXTENSIONS)) as picture:
                width, height = picture.size
                if width * height > MAX_PIXELS:
                    raise InputError(
                        f"the picture has {width} x {height} pixels;"
                        f" at most {MAX_PIXELS:,} are accepted"
                    )
                picture.load()
                extension = EXTENSIONS[picture.format or ""]
    except InputError:
        raise
    except PillowImage.DecompressionBombError as error:
        raise InputError(f"the picture has too many pixels: {error}") from error
    except Exception as error:  # damaged pictures raise nearly anything
        raise InputError(f"not a readable PNG, JPEG, WebP or GIF picture ({error})") from error
    return extension, width, height


def _fsync(path: Path) -> None:
    fd = os.open(path, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
