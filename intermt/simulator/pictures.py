"""Pictures the stand-in makes, and what it sees in pictures it is sent."""

from __future__ import annotations

import hashlib
import io
import unicodedata
from collections.abc import Callable
from functools import lru_cache

from PIL import Image, ImageDraw, ImageFont, ImageOps, PngImagePlugin

from intermt.simulator.dice import Dice
from intermt.simulator.scenes import draw_scene

LARGEST_SIDE = 1024
SMALLEST_SIDE = 64
_MOST_PIXELS = 64_000_000
_MOST_CAPTION_LINES = 4
_RIBBON = "SIMULATED"


class NotAPictureError(Exception):
    """Bytes that no picture can be read from."""


@lru_cache(maxsize=256)
def draw_picture(caption: str, size: tuple[int, int], dice: Dice) -> bytes:
    """A PNG of a scene with the caption written on it and a ribbon that says SIMULATED.

    The caption, spaces tidied, is also in the PNG's `caption` text chunk, beside
    `intermt-simulated=1`. Accents are left out of the drawing, and characters that the
    built-in font lacks are drawn as boxes. The latest are kept, as a run that is repeated asks
    for the same ones.
    """
    image = draw_scene(size, dice)
    return _finished(image, _tidy(caption))


def edit_picture(
    data: bytes, instruction: str, dice: Dice, size: tuple[int, int] | None = None
) -> bytes:
    """A PNG of the given picture, changed for all to see, with the instruction on it.

    The change of colours depends on the dice alone; a frame is always drawn. The
    picture is made to fill `size`; without one, sides longer than 1024 pixels are scaled
    down. The caption chunk names the instruction and, where the picture was one of ours,
    its caption.

    Raises:
        NotAPictureError: No picture can be read from the bytes.
    """
    with _opened(data) as source:
        before = source.info.get("caption", "") if _is_ours(source) else ""
        image = source.convert("RGB")
    if size is None:
        image.thumbnail((LARGEST_SIDE, LARGEST_SIDE))
    else:
        image = ImageOps.fit(image, size)
    image = dice.pick(_CHANGES, "change")(image)
    frame = max(2, min(image.size) // 40)
    box = (0, 0, image.width - 1, image.height - 1)
    ImageDraw.Draw(image).rectangle(box, outline="#f2b705", width=frame)
    caption = _tidy(instruction)
    return _finished(image, f"{caption} (edited from: {before})" if before else caption)


def identity(data: bytes) -> str:
    """What a picture counts as when a request is hashed.

    A picture of ours counts by its caption, because its bytes differ between versions of
    Pillow; any other by its SHA-256.

    Raises:
        NotAPictureError: No picture can be read from the bytes.
    """
    with _opened(data) as image:
        caption = image.info.get("caption") if _is_ours(image) else None
    if isinstance(caption, str):
        return f"caption:{caption}"
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def _is_ours(image: Image.Image) -> bool:
    return image.format == "PNG" and image.info.get("intermt-simulated") == "1"


def _opened(data: bytes) -> Image.Image:
    # Damaged files make Pillow's readers raise nearly anything, hence the wide net.
    try:
        with Image.open(io.BytesIO(data)) as probe:
            if probe.width * probe.height > _MOST_PIXELS:
                raise NotAPictureError(f"a picture of {probe.width} x {probe.height} is too large")
            probe.verify()
        return Image.open(io.BytesIO(data))
    except NotAPictureError:
        raise
    except Exception as error:
        raise NotAPictureError("the bytes hold no picture that can be read") from error


def _tidy(text: str) -> str:
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def _finished(image: Image.Image, caption: str) -> bytes:
    _write_caption(image, caption)
    ribbon = _ribbon(min(image.size))
    image.paste(ribbon, (image.width - ribbon.width, 0), ribbon)
    chunks = PngImagePlugin.PngInfo()
    chunks.add_text("intermt-simulated", "1")
    chunks.add_itxt("caption", caption)
    out = io.BytesIO()
    image.save(out, "PNG", pnginfo=chunks, compress_level=1)
    return out.getvalue()


def _write_caption(image: Image.Image, caption: str) -> None:
    pixels = max(10, image.width // 24)
    font = _font(pixels)
    margin = pixels // 2
    plain = unicodedata.normalize("NFKD", caption)
    plain = "".join(c for c in plain if not unicodedata.combining(c))
    lines = _wrapped(plain, font, image.width - 2 * margin)
    step = round(pixels * 1.3)
    top = image.height - step * len(lines) - 2 * margin
    box = (0, max(0, top), image.width, image.height)
    under = image.crop(box)
    # Dark enough to hide the caption of a picture that is being edited.
    image.paste(Image.blend(under, Image.new("RGB", under.size, "#10121c"), 0.86), box[:2])
    draw = ImageDraw.Draw(image)
    for number, line in enumerate(lines):
        draw.text((margin, top + margin + number * step), line, font=font, fill="#ffffff")


def _wrapped(text: str, font: ImageFont.FreeTypeFont | ImageFont.ImageFont, room: int) -> list[str]:
    lines = [""]
    # Only what can fit is looked at: a caption may be as long as an essay.
    for word in text[:600].split():
        longer = f"{lines[-1]} {word}".strip()
        if font.getlength(longer) <= room:
            lines[-1] = longer
            continue
        if lines[-1]:
            lines.append("")
        for letter in word:
            if lines[-1] and font.getlength(lines[-1] + letter) > room:
                lines.append("")
            lines[-1] += letter
    if len(lines) > _MOST_CAPTION_LINES:
        last = lines[_MOST_CAPTION_LINES - 1]
        while last and font.getlength(f"{last} ...") > room:
            last = last[:-1]
        lines = [*lines[: _MOST_CAPTION_LINES - 1], f"{last.rstrip()} ..."]
    return lines


@lru_cache(maxsize=32)
def _font(pixels: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(pixels)


@lru_cache(maxsize=32)
def _ribbon(side: int) -> Image.Image:
    """A band across the upper right corner of a picture whose shorter side is `side`."""
    corner = max(40, round(side * 0.36))
    band = Image.new("RGBA", (corner * 2, corner * 2), (0, 0, 0, 0))
    draw = ImageDraw.Draw(band)
    thick = corner * 0.24
    middle = corner * 0.19
    draw.rectangle((0, middle - thick / 2, corner * 2, middle + thick / 2), fill="#c8102e")
    font = _font(max(7, round(corner * 0.145)))
    draw.text((corner, middle), _RIBBON, font=font, fill="#ffffff", anchor="mm")
    turned = band.rotate(-45, resample=Image.Resampling.BICUBIC)
    return turned.crop((corner, 0, corner * 2, corner))


def _warm(image: Image.Image) -> Image.Image:
    return ImageOps.colorize(image.convert("L"), "#2b1010", "#fff0c8", mid="#c8642d")


def _cold(image: Image.Image) -> Image.Image:
    return ImageOps.colorize(image.convert("L"), "#0b1533", "#eaf6ff", mid="#3f7fb5")


def _poster(image: Image.Image) -> Image.Image:
    return ImageOps.posterize(image, 2)


def _negative(image: Image.Image) -> Image.Image:
    return ImageOps.invert(image)


_CHANGES: tuple[Callable[[Image.Image], Image.Image], ...] = (
    _warm,
    _cold,
    _poster,
    _negative,
)
