"""Pictures as files under their content address: `images/ab/abcdef....png`.

Immutable and written under a temporary name first, so a name that exists is whole. The
files are synced in batches, before the records that name them.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
import re
import secrets
import threading
import time
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from intermt.errors import InputError, MissingInputError, PermissionRefused, StoreIOError
from intermt.records import MAX_PIXELS, Image

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    from PIL import Image as PillowImage

EXTENSIONS = {"PNG": "png", "JPEG": "jpg", "WEBP": "webp", "GIF": "gif"}
_READ_AS = {**EXTENSIONS, "MPO": "jpg"}
"""MPO is what many cameras write: a JPEG with further pictures behind it."""

_ON_DISK_AFTER_S = 300.0
"""The system writes out what nobody synced after half a minute or so."""

_ADDRESS = re.compile("[0-9a-f]{64}")


class TooManyPixels(InputError):
    """A picture has more than `MAX_PIXELS`."""


class ImageFolder:
    """The pictures of one store."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._unsynced: set[Path] = set()
        self._sync_lock = threading.Lock()

    def add(self, content: bytes, *, simulated: bool = False) -> Image:
        """The record of a picture that is now in the folder; adding twice is adding once.

        Raises:
            InputError: Not a readable PNG, JPEG, WebP or GIF, or too many pixels.
            StoreIOError: It cannot be written.
            PermissionRefused: The folder may not be written.
        """
        extension, width, height = inspect(content)
        sha256 = hashlib.sha256(content).hexdigest()
        path = self._path(sha256, extension)
        n_bytes, age_s = _size_and_age(path)
        # A power cut can leave a file empty or short under its final name.
        if n_bytes != len(content):
            self._write(path, content)
            age_s = 0.0
        # Also one that was there: who wrote it may have been killed before the sync.
        if age_s < _ON_DISK_AFTER_S:
            self._unsynced.add(path)
        return Image(sha256, extension, width, height, len(content), simulated)

    def read(self, sha256: str) -> bytes:
        """The bytes of a picture.

        Raises:
            MissingInputError: It is not there.
            PermissionRefused: It may not be read.
            StoreIOError: Reading failed.
        """
        for path in self._paths(sha256):
            try:
                return path.read_bytes()
            except FileNotFoundError:
                continue
            except PermissionError as error:
                raise PermissionRefused(
                    f"no permission to read picture {path}",
                    todo="ask the store's owner for access to the whole folder",
                ) from error
            except OSError as error:
                raise StoreIOError(
                    f"cannot read a picture: {error.strerror}",
                    where=str(path),
                    todo="run: intermt check",
                ) from error
        raise MissingInputError(
            f"picture {sha256} is not in the store",
            where=str(self.folder),
            todo="run: intermt check",
        )

    def find(self, sha256: str) -> Path | None:
        """The file of a picture, or None."""
        return next((path for path in self._paths(sha256) if path.exists()), None)

    def sync(self) -> None:
        """Wait until every picture added so far is on the disk.

        Raises:
            StoreIOError: The disk does not take them.
        """
        with self._sync_lock:
            folders: set[Path] = set()
            paths = list(self._unsynced)
            try:
                for path in paths:
                    with contextlib.suppress(FileNotFoundError):
                        _fsync(path)
                    folders.update((path.parent, path.parent.parent))
                for folder in folders:
                    with contextlib.suppress(FileNotFoundError):
                        _fsync(folder)
            except OSError as error:
                raise StoreIOError(
                    f"cannot sync the pictures: {error.strerror}",
                    where=str(self.folder),
                    todo="free disk space or mend the disk, then run the same command again",
                ) from error
            self._unsynced.difference_update(paths)

    def files(self) -> Iterator[Path]:
        """Every finished picture file, in order of name."""
        for folder in sorted(p for p in self.folder.glob("??") if p.is_dir()):
            yield from sorted(p for p in folder.iterdir() if not p.name.startswith("."))

    def leftovers(self) -> list[Path]:
        """Temporary files that a dead process left."""
        return sorted(self.folder.glob("??/.*"))

    def _paths(self, sha256: str) -> Iterator[Path]:
        """Where a picture may be; nowhere if that is no address."""
        if _ADDRESS.fullmatch(sha256):
            for extension in EXTENSIONS.values():
                yield self._path(sha256, extension)

    def _path(self, sha256: str, extension: str) -> Path:
        return self.folder / sha256[:2] / f"{sha256}.{extension}"

    def _write(self, path: Path, content: bytes) -> None:
        temporary = path.parent / f".{path.name}.{secrets.token_hex(4)}"
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            temporary.write_bytes(content)
            temporary.rename(path)
        except OSError as error:
            with contextlib.suppress(OSError):
                temporary.unlink(missing_ok=True)
            if isinstance(error, PermissionError):
                raise PermissionRefused(
                    f"no permission to write pictures to {path.parent}",
                    todo="ask the store's owner for group write permission on the whole folder",
                ) from error
            raise StoreIOError(
                f"cannot write a picture: {error.strerror}",
                where=str(path),
                todo="free disk space, then run the same command again",
            ) from error


def inspect(content: bytes) -> tuple[str, int, int]:
    """Extension, width and height of a picture, after decoding all of it.

    Raises:
        InputError: Not a whole PNG, JPEG, WebP or GIF, or over `MAX_PIXELS`.
    """
    with _opened(content) as picture:
        picture.load()
        return _READ_AS[picture.format or ""], *picture.size


def grey_values(content: bytes, longest_px: int) -> tuple[tuple[int, int], npt.NDArray[np.uint8]]:
    """Width and height of a picture, and its grey values, rows first, scaled down.

    What is transparent counts as white.

    Args:
        content: The picture's bytes; all of it is decoded.
        longest_px: Longest side of the grey picture; a smaller one keeps its size.

    Raises:
        InputError: As for `inspect`.
    """
    import numpy as np
    from PIL import Image as PillowImage

    with _opened(content) as picture:
        size = picture.size
        # A JPEG can be decoded at a fraction of its size; nothing of it stays unread.
        picture.draft("L", (longest_px, longest_px))
        picture.load()
        if picture.has_transparency_data:
            seen = picture.convert("RGBA")
            white = PillowImage.new("RGBA", seen.size, "white")
            grey = PillowImage.alpha_composite(white, seen).convert("L")
        else:
            grey = picture.convert("L")
        grey.thumbnail((longest_px, longest_px), PillowImage.Resampling.BOX)
        return size, np.asarray(grey, dtype=np.uint8)


@contextlib.contextmanager
def _opened(content: bytes) -> Iterator[PillowImage.Image]:
    """A picture that is not too large; whatever goes wrong in the block is an InputError."""
    from PIL import Image as PillowImage
    from PIL import UnidentifiedImageError

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", PillowImage.DecompressionBombWarning)
            with PillowImage.open(io.BytesIO(content), formats=list(EXTENSIONS)) as picture:
                width, height = picture.size
                if width * height > MAX_PIXELS:
                    raise TooManyPixels(
                        f"the picture has {width} x {height} pixels;"
                        f" at most {MAX_PIXELS:,} are accepted"
                    )
                yield picture
    except InputError:
        raise
    except (PillowImage.DecompressionBombError, PillowImage.DecompressionBombWarning) as error:
        raise TooManyPixels(f"the picture has too many pixels: {error}") from error
    except UnidentifiedImageError as error:
        raise InputError("not a readable PNG, JPEG, WebP or GIF picture") from error
    except Exception as error:  # damaged pictures raise nearly anything
        raise InputError(f"not a readable PNG, JPEG, WebP or GIF picture ({error})") from error


def _size_and_age(path: Path) -> tuple[int, float]:
    try:
        info = path.stat()
    except OSError:
        return -1, 0.0
    return info.st_size, time.time() - info.st_mtime


def _fsync(path: Path) -> None:
    fd = os.open(path, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
