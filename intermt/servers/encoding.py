"""Request pictures as they go over the wire, each encoded once."""

from __future__ import annotations

import asyncio
import base64
import io
import warnings
from collections import OrderedDict
from dataclasses import dataclass
from functools import partial

from PIL import Image, ImageOps

from intermt.errors import IntermtError
from intermt.records import ImageBytes

MAX_PIXELS = 64_000_000
"""Pictures with more pixels are refused: a small file can unpack to gigabytes."""

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
        raise PictureError(f"{width} x {height} pixels, more than {MAX_PIXELS}")
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
    return EncodedPicture(media_type, head + base64.b64encode(content) + b'"')


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


def _read_and_encode(images: ImageBytes, sha256: str, max_px: int) -> EncodedPicture:
    try:
        content = images(sha256)
    except (IntermtError, OSError, LookupError, ValueError) as error:
        raise PictureError(f"cannot be read: {error or type(error).__name__}") from error
    return encode(content, max_px)


class PictureCache:
    """Encoded pictures by SHA-256 and size, the least used dropped at `max_bytes`."""

    def __init__(self, images: ImageBytes, max_bytes: int = 64 * 1024 * 1024) -> None:
        self.n_bytes = 0
        self._images = images
        self._max_bytes = max_bytes
        self._kept: OrderedDict[tuple[str, int], EncodedPicture] = OrderedDict()
        self._under_way: dict[tuple[str, int], asyncio.Task[EncodedPicture]] = {}

    async def get(self, sha256: str, max_px: int) -> EncodedPicture:
        """The encoded picture; calls that want the same one share the work.

        Raises:
            PictureError: It cannot be read.
        """
        key = (sha256, max_px)
        if (kept := self._kept.get(key)) is not None:
            self._kept.move_to_end(key)
            return kept
        task = self._under_way.get(key)
        if task is None:
            work = asyncio.to_thread(_read_and_encode, self._images, sha256, max_px)
            task = self._under_way[key] = asyncio.create_task(work)
            task.add_done_callback(partial(self._finish, key))
        # One cancelled call must not take the picture away from the others.
        return await asyncio.shield(task)

    def _finish(self, key: tuple[str, int], task: asyncio.Task[EncodedPicture]) -> None:
        del self._under_way[key]
        if task.cancelled() or task.exception() is not None:
            return
        encoded = task.result()
        if len(encoded.fragment) > self._max_bytes:
            return
        self._kept[key] = encoded
        self.n_bytes += len(encoded.fragment)
        while self.n_bytes > self._max_bytes:
            _, dropped = self._kept.popitem(last=False)
            self.n_bytes -= len(dropped.fragment)
