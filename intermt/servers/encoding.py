"""Request pictures as they go over the wire, each encoded once."""

from __future__ import annotations

import asyncio
import base64
import io
import warnings
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial

from PIL import Image, ImageOps

from intermt.errors import IntermtError
from intermt.records import MAX_PIXELS, ImageBytes

MEDIA_TYPES = {
    "JPEG": "image/jpeg",
    "PNG": "image/png",
    "WEBP": "image/webp",
    "GIF": "image/gif",
}
"""What servers take, by the name PIL gives the format."""

_ORIENTATION = 0x0112
_JPEG_QUALITY = 90

# Pillow only warns in the range above its own limit, and a warning raised in a thread
# cannot be caught there any other way.
warnings.simplefilter("error", Image.DecompressionBombWarning)


class PictureError(Exception):
    """A picture cannot be read; the text says why."""


@dataclass(frozen=True, slots=True)
class EncodedPicture:
    """A picture ready to send.

    Attributes:
        media_type: As in `image/png`.
        fragment: The data URI as a JSON string, quotes included.
    """

    media_type: str
    fragment: bytes

    def content(self) -> bytes:
        """The picture file itself."""
        return base64.b64decode(self.fragment[self.fragment.index(b",") + 1 : -1])


def open_checked(content: bytes) -> Image.Image:
    """The picture, opened but not yet decoded.

    Raises:
        PictureError: Not a picture, or of more than `MAX_PIXELS`.
    """
    try:
        opened = Image.open(io.BytesIO(content))
    except Exception as error:
        # Pillow's plugins raise whatever the damage makes them trip over.
        raise PictureError(f"not a picture: {error or type(error).__name__}") from error
    width, height = opened.size
    if width * height > MAX_PIXELS:
        raise PictureError(f"{width} x {height} pixels, more than {MAX_PIXELS:,}")
    return opened


def encode(content: bytes, max_px: int) -> EncodedPicture:
    """The picture to send for a picture file.

    JPEG, PNG, WebP and GIF whose longer side is at most `max_px` go as they are; all else
    is turned upright, scaled down if need be and written anew: PNG where it has
    transparency, JPEG otherwise. Of an animation that must be scaled the first frame goes.

    Raises:
        PictureError: It cannot be read.
    """
    opened = open_checked(content)
    media_type = MEDIA_TYPES.get(opened.format or "")
    try:
        if media_type is None or max(opened.size) > max_px or _is_turned(opened):
            content, media_type = _written_anew(opened, max_px)
    except Exception as error:
        raise PictureError(f"cannot be decoded: {error or type(error).__name__}") from error
    head = f'"data:{media_type};base64,'.encode()
    return EncodedPicture(media_type, b"".join((head, base64.b64encode(content), b'"')))


def _is_turned(opened: Image.Image) -> bool:
    return bool(opened.getexif().get(_ORIENTATION, 1) != 1)


def _written_anew(opened: Image.Image, max_px: int) -> tuple[bytes, str]:
    turned = opened if not _is_turned(opened) else ImageOps.exif_transpose(opened)
    turned.thumbnail((max_px, max_px), Image.Resampling.LANCZOS, reducing_gap=3.0)
    if turned.mode.startswith("I;16"):
        # Plain conversion would clip 16-bit grey values to white.
        turned = turned.point(lambda value: value / 257).convert("L")
    out = io.BytesIO()
    if turned.has_transparency_data:
        turned.convert("RGBA").save(out, "PNG")
        return out.getvalue(), "image/png"
    turned.convert("RGB").save(out, "JPEG", quality=_JPEG_QUALITY)
    return out.getvalue(), "image/jpeg"


def _read_and_encode(
    images: ImageBytes, names: Sequence[str], max_px: int
) -> dict[str, EncodedPicture | PictureError]:
    found: dict[str, EncodedPicture | PictureError] = {}
    for sha256 in names:
        try:
            found[sha256] = encode(images(sha256), max_px)
        except (IntermtError, OSError, LookupError, ValueError) as error:
            found[sha256] = PictureError(f"cannot be read: {error or type(error).__name__}")
        except PictureError as error:
            found[sha256] = error
    return found


_Work = asyncio.Task[dict[str, EncodedPicture | PictureError]]


class PictureCache:
    """Encoded pictures by SHA-256 and size, the least used dropped at `max_bytes`."""

    def __init__(self, images: ImageBytes, max_bytes: int = 64 * 1024 * 1024) -> None:
        self.n_bytes = 0
        self._images = images
        self._max_bytes = max_bytes
        self._kept: OrderedDict[tuple[str, int], EncodedPicture] = OrderedDict()
        self._under_way: dict[tuple[str, int], _Work] = {}

    async def get(self, sha256: str, max_px: int) -> EncodedPicture:
        """The encoded picture; see `get_all`.

        Raises:
            PictureError: It cannot be read.
        """
        found = (await self.get_all([sha256], max_px))[sha256]
        if isinstance(found, PictureError):
            raise found
        return found

    async def get_all(
        self, names: Iterable[str], max_px: int
    ) -> dict[str, EncodedPicture | PictureError]:
        """The encoded pictures, or why one cannot be read, by SHA-256.

        Those that are not kept are worked on by one thread: a thread each would cost more than
        the work. Calls that want the same one share it.
        """
        found: dict[str, EncodedPicture | PictureError] = {}
        waited: dict[str, _Work] = {}
        missing: list[str] = []
        for name in dict.fromkeys(names):
            key = (name, max_px)
            if (kept := self._kept.get(key)) is not None:
                self._kept.move_to_end(key)
                found[name] = kept
            elif (work := self._under_way.get(key)) is not None:
                waited[name] = work
            else:
                missing.append(name)
        if missing:
            work = asyncio.create_task(
                asyncio.to_thread(_read_and_encode, self._images, missing, max_px)
            )
            work.add_done_callback(partial(self._finish, missing, max_px))
            for name in missing:
                waited[name] = self._under_way[name, max_px] = work
        for name, work in waited.items():
            # One cancelled call must not take the picture away from the others.
            found[name] = (await asyncio.shield(work))[name]
        return found

    def _finish(self, names: Sequence[str], max_px: int, work: _Work) -> None:
        for name in names:
            del self._under_way[name, max_px]
        if work.cancelled() or work.exception() is not None:
            return
        for name, encoded in work.result().items():
            if isinstance(encoded, EncodedPicture) and len(encoded.fragment) <= self._max_bytes:
                self._kept[name, max_px] = encoded
                self.n_bytes += len(encoded.fragment)
        while self.n_bytes > self._max_bytes:
            _, dropped = self._kept.popitem(last=False)
            self.n_bytes -= len(dropped.fragment)
