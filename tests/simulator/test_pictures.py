from __future__ import annotations

import hashlib
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageChops

from intermt.simulator.dice import Dice
from intermt.simulator.pictures import (
    NotAPictureError,
    draw_picture,
    edit_picture,
    identity,
)
from tests.simulator.asking import plain_png


def _image(data: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


def _differ(one: Image.Image, other: Image.Image) -> float:
    """Share of pixels that are not the same."""
    difference = ImageChops.difference(one.convert("RGB"), other.convert("RGB")).convert("L")
    return 1 - difference.histogram()[0] / (one.width * one.height)


@pytest.mark.parametrize("size", [(512, 512), (64, 64), (1024, 256), (100, 900)])
def test_a_picture_has_the_size_the_chunks_and_the_ribbon(size: tuple[int, int]) -> None:
    image = _image(draw_picture("a  red\nkettle", size, Dice.of(1)))
    assert (image.size, image.format, image.mode) == (size, "PNG", "RGB")
    assert image.info["intermt-simulated"] == "1"
    assert image.info["caption"] == "a red kettle"
    corner = image.crop((image.width - min(size) // 3, 0, image.width, min(size) // 3))
    colours = corner.getcolors(1 << 20) or []
    reds = sum(n for n, (r, g, b) in colours if r > 150 and g < 110 and b < 110)
    assert reds > 0.15 * corner.width * corner.height


def test_the_caption_is_written_on_the_picture() -> None:
    one = _image(draw_picture("a red kettle", (512, 512), Dice.of(1)))
    other = _image(draw_picture("a blue kettle", (512, 512), Dice.of(1)))
    assert one.crop((0, 0, 512, 440)).tobytes() == other.crop((0, 0, 512, 440)).tobytes()
    assert 0 < _differ(one, other) < 0.1


def test_other_dice_draw_another_scene() -> None:
    scenes = {draw_picture("x", (64, 64), Dice.of(n)) for n in range(40)}
    assert len(scenes) == 40
    assert draw_picture("x", (64, 64), Dice.of(0)) == draw_picture("x", (64, 64), Dice.of(0))


@settings(max_examples=40, deadline=None)
@given(st.text(max_size=300))
def test_any_caption_can_be_drawn(caption: str) -> None:
    assert _image(draw_picture(caption, (96, 64), Dice.of(1))).size == (96, 64)


@pytest.mark.parametrize(
    "caption", ["猫が走る", "ascii only " * 80, "x" * 2000, "Tür\x00Küche", "🫖"]
)
def test_long_and_foreign_captions_are_kept_whole_in_the_chunk(caption: str) -> None:
    kept = _image(draw_picture(caption, (128, 128), Dice.of(1))).info["caption"]
    assert kept == " ".join(caption.replace("\x00", " ").split())


def test_an_edit_changes_most_of_the_picture_and_says_so() -> None:
    before = draw_picture("a red kettle", (256, 192), Dice.of(1))
    after = _image(edit_picture(before, "make it blue", Dice.of(2)))
    assert after.size == (256, 192)
    assert _differ(_image(before), after) > 0.5
    assert after.info["caption"] == "make it blue (edited from: a red kettle)"
    assert after.info["intermt-simulated"] == "1"


@pytest.mark.parametrize("mode", ["L", "RGBA", "P", "CMYK", "1"])
def test_pictures_of_all_kinds_can_be_edited(mode: str) -> None:
    out = io.BytesIO()
    picture = Image.new("RGB", (3000, 1500), "teal").convert(mode)
    picture.save(out, "TIFF" if mode == "CMYK" else "PNG")
    after = _image(edit_picture(out.getvalue(), "crop", Dice.of(1)))
    assert after.size == (1024, 512)
    assert after.info["caption"] == "crop"


def test_an_edit_fills_the_size_asked_for() -> None:
    after = _image(edit_picture(plain_png(), "x", Dice.of(1), (200, 300)))
    assert after.size == (200, 300)


def test_a_picture_of_ours_counts_by_its_caption() -> None:
    one = draw_picture("a kettle", (64, 64), Dice.of(1))
    other = draw_picture("a kettle", (128, 64), Dice.of(2))
    assert identity(one) == identity(other) == "caption:a kettle"


def test_any_other_picture_counts_by_its_bytes() -> None:
    data = plain_png()
    assert identity(data) == f"sha256:{hashlib.sha256(data).hexdigest()}"


@pytest.mark.parametrize(
    "data", [b"", b"GIF89a", plain_png()[:60], plain_png()[:-20] + b"x" * 20], ids=str
)
def test_what_is_no_picture_is_refused(data: bytes) -> None:
    with pytest.raises(NotAPictureError):
        identity(data)
