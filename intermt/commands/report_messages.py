"""Messages and pictures of the store as a page shows them."""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

from intermt.domain.image_tags import find_tags
from intermt.errors import IntermtError
from intermt.formats.writing.report_blocks import Picture, Said
from intermt.records import ImagePart, Node, Part, TextPart
from intermt.servers.encoding import PictureError, open_checked
from intermt.store.images import ImageFolder

if TYPE_CHECKING:
    from PIL import Image as PillowImage

LONGEST_PX = 440
"""Longest side of an embedded picture."""

_QUALITY = 78
_MAX_TEXT = 8_000


class Messages:
    """The messages of nodes and conversations.

    Args:
        images: The store's pictures.
        paths: Node ids from the seed question on, by node or conversation id.
        nodes: The nodes on these paths.

    Attributes:
        n_pictures: Pictures shown so far, each time one stands there.
        n_missing: Pictures named so far that are not there.
    """

    def __init__(
        self,
        images: ImageFolder,
        paths: Mapping[str, Sequence[str]],
        nodes: Mapping[str, Node],
    ) -> None:
        self._images = images
        self._paths = paths
        self._nodes = nodes
        self.n_pictures = 0
        self.n_missing = 0
        # The same seed picture stands in many items.
        self._embedded = lru_cache(maxsize=64)(self._embed)

    def whole(self, key: str) -> tuple[Said, ...]:
        """All messages up to and with a node, or of a conversation."""
        return self._said(self._path(key))

    def last_turn(self, key: str) -> tuple[tuple[Said, ...], tuple[Said, ...]]:
        """What came before the last question, and that question with its answer."""
        path = self._path(key)
        return self._said(path[:-2]), self._said(path[-2:])

    def apart(self, a: str, b: str) -> tuple[tuple[Said, ...], tuple[Said, ...], tuple[Said, ...]]:
        """What two paths share, and what each goes on with."""
        a_path, b_path = self._path(a), self._path(b)
        shared = 0
        for one, other in zip(a_path, b_path, strict=False):
            if one != other:
                break
            shared += 1
        return (
            self._said(a_path[:shared]),
            self._said(a_path[shared:]),
            self._said(b_path[shared:]),
        )

    def place(self, key: str) -> str:
        """The turn of a node, in words; "" where it is not known."""
        node = self._nodes.get(key)
        return "" if node is None else f"turn {node.turn}"

    def _path(self, key: str) -> Sequence[str]:
        return self._paths.get(key, ())

    def _said(self, path: Sequence[str]) -> tuple[Said, ...]:
        return tuple(self._message(self._nodes[key]) for key in path if key in self._nodes)

    def _message(self, node: Node) -> Said:
        asked = node.role == "user"
        who = f"{'User' if asked else 'Answer'}, turn {node.turn}"
        who += f", by {node.model}" if node.model else ""
        who += " (SIMULATED)" if node.simulated else ""
        parts = (self._part(part) for part in node.parts)
        return Said(who, tuple(part for part in parts if part), asked)

    def _part(self, part: Part) -> str | Picture:
        if isinstance(part, TextPart):
            text = part.text.strip("\n")
            if len(text) <= _MAX_TEXT:
                return text
            return f"{text[:_MAX_TEXT]}\n[… {len(text) - _MAX_TEXT:,} more characters]"
        alt = _alt(part)
        if part.sha256 is None:
            self.n_missing += 1
            return _missing(part, part.missing or "there is none")
        try:
            data, size = self._embedded(part.sha256)
        except (IntermtError, PictureError) as error:
            self.n_missing += 1
            return _missing(part, error.what if isinstance(error, IntermtError) else str(error))
        self.n_pictures += 1
        return Picture(alt, data, size=size)

    def _embed(self, sha256: str) -> tuple[str, tuple[int, int]]:
        """A picture as a data URI, and its width and height there."""
        with open_checked(self._images.read(sha256)) as opened:
            try:
                small = _small(opened)
                out = io.BytesIO()
                small.save(out, "WEBP", quality=_QUALITY, method=4)
            except Exception as error:
                # Damaged files make Pillow raise whatever it trips over.
                why = f"it cannot be decoded: {error or type(error).__name__}"
                raise PictureError(why) from error
        content = base64.b64encode(out.getvalue()).decode()
        return f"data:image/webp;base64,{content}", small.size


def _small(opened: PillowImage.Image) -> PillowImage.Image:
    """A picture upright, scaled down and on white."""
    from PIL import Image, ImageOps

    opened.draft("RGB", (LONGEST_PX, LONGEST_PX))
    seen = ImageOps.exif_transpose(opened)
    seen.thumbnail((LONGEST_PX, LONGEST_PX), Image.Resampling.LANCZOS, reducing_gap=3.0)
    if seen.mode.startswith("I;16"):
        # Plain conversion would clip 16-bit grey values to white.
        seen = seen.point(lambda value: value / 257).convert("L")
    if seen.has_transparency_data:
        seen = seen.convert("RGBA")
        seen = Image.alpha_composite(Image.new("RGBA", seen.size, "white"), seen)
    return seen.convert("RGB")


def _alt(part: ImagePart) -> str:
    tags = find_tags(part.tag or "")
    return tags[0].caption if tags else part.name or "a picture without a name"


def _missing(part: ImagePart, why: str) -> Picture:
    alt = _alt(part)
    name = f" ({part.name})" if part.name and part.name != alt else ""
    return Picture(alt, missing=f"Missing picture: {alt}{name}: {why}")
