from __future__ import annotations

import asyncio
import io
import threading
from collections.abc import Sequence
from typing import Any

import orjson
import pytest
from PIL import Image

from intermt.servers import encoding
from intermt.servers.encoding import EncodedPicture, PictureCache, PictureError, encode
from tests.servers.local import png


def saved(image: Image.Image, form: str, **options: Any) -> bytes:
    out = io.BytesIO()
    image.save(out, form, **options)
    return out.getvalue()


def opened(encoded: EncodedPicture) -> Image.Image:
    return Image.open(io.BytesIO(encoded.content()))


@pytest.mark.parametrize(
    ("form", "media_type"),
    [("PNG", "image/png"), ("JPEG", "image/jpeg"), ("WEBP", "image/webp"), ("GIF", "image/gif")],
)
def test_small_pictures_go_as_they_are(form: str, media_type: str) -> None:
    content = saved(Image.new("RGB", (20, 10), "red"), form)
    encoded = encode(content, 20)
    assert encoded.content() == content
    assert encoded.media_type == media_type
    assert orjson.loads(encoded.fragment).startswith(f"data:{media_type};base64,")


def test_large_pictures_are_scaled_down_to_jpeg() -> None:
    picture = opened(encode(png(400, 100, colour=(200, 30, 30)), 100))
    assert (picture.format, picture.size) == ("JPEG", (100, 25))
    red, green, _ = picture.getpixel((50, 10))  # type: ignore[misc]
    assert red > 180
    assert green < 60


@pytest.mark.parametrize("mode", ["RGBA", "LA", "PA"])
def test_transparency_is_kept_as_png(mode: str) -> None:
    source = Image.new("RGBA", (64, 64), (0, 0, 255, 0))
    content = saved(source.convert(mode), "PNG" if mode != "PA" else "TIFF")
    picture = opened(encode(content, 16))
    assert (picture.format, picture.mode, picture.size) == ("PNG", "RGBA", (16, 16))
    assert picture.getpixel((8, 8))[3] == 0  # type: ignore[index]


@pytest.mark.parametrize(("form", "mode"), [("BMP", "RGB"), ("TIFF", "CMYK"), ("PPM", "L")])
def test_other_formats_become_jpeg(form: str, mode: str) -> None:
    picture = opened(encode(saved(Image.new(mode, (10, 10)), form), 100))
    assert (picture.format, picture.mode, picture.size) == ("JPEG", "RGB", (10, 10))


def test_sixteen_bit_grey_is_not_clipped() -> None:
    deep = Image.new("I;16", (50, 50), 32896)
    grey = opened(encode(saved(deep, "PNG"), 20)).getpixel((5, 5))
    assert all(abs(value - 128) <= 3 for value in grey)  # type: ignore[union-attr]


def test_turned_pictures_are_sent_upright() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    content = saved(Image.new("RGB", (30, 10)), "JPEG", exif=exif)
    assert opened(encode(content, 100)).size == (10, 30)


@pytest.mark.parametrize(
    "content", [b"", b"hello", png()[:30], png(300, 300)[:-200], b"GIF89a" + b"\0" * 9]
)
def test_damage_is_a_picture_error(content: bytes) -> None:
    with pytest.raises(PictureError):
        encode(content, 4)


@pytest.mark.parametrize("side", [8_100, 9_600, 14_000])
def test_pictures_of_too_many_pixels_are_refused(side: int) -> None:
    # One-bit pictures: the file has a few kilobytes.
    with pytest.raises(PictureError, match="pixels"):
        encode(saved(Image.new("1", (side, side)), "PNG"), 100)


def counting() -> tuple[list[str], Any]:
    asked: list[str] = []

    def images(sha256: str) -> bytes:
        assert threading.current_thread() is not threading.main_thread()
        asked.append(sha256)
        return png(60, 60)

    return asked, images


def test_one_picture_is_encoded_once_per_size() -> None:
    asked, images = counting()

    async def run() -> None:
        cache = PictureCache(images)
        first, *others = await asyncio.gather(*(cache.get("a", 30) for _ in range(20)))
        assert all(other is first for other in others)
        assert await cache.get("a", 30) is first
        assert asked == ["a"]
        await cache.get("a", 40)
        assert asked == ["a", "a"]

    asyncio.run(run())


def test_the_least_used_is_dropped_at_the_bound() -> None:
    asked, images = counting()

    async def run() -> None:
        size = len(encode(png(60, 60), 60).fragment)
        cache = PictureCache(images, max_bytes=2 * size)
        for name in ("a", "b", "a", "c", "a", "b"):
            await cache.get(name, 60)
            assert cache.n_bytes <= 2 * size
        assert asked == ["a", "b", "c", "b"]
        tiny = PictureCache(images, max_bytes=size - 1)
        await tiny.get("a", 60)
        assert tiny.n_bytes == 0

    asyncio.run(run())


def test_a_cancelled_wait_leaves_the_work_to_others(monkeypatch: pytest.MonkeyPatch) -> None:
    go = threading.Event()
    real = encoding.encode

    def slow(content: bytes, max_px: int) -> EncodedPicture:
        assert go.wait(5)
        return real(content, max_px)

    monkeypatch.setattr(encoding, "encode", slow)
    asked, images = counting()

    async def run() -> None:
        cache = PictureCache(images)
        first, second = (asyncio.create_task(cache.get("a", 60)) for _ in range(2))
        await asyncio.sleep(0)
        first.cancel()
        await asyncio.sleep(0)
        assert first.cancelled()
        go.set()
        assert (await second).media_type == "image/png"
        assert asked == ["a"]

    asyncio.run(run())


def test_a_failed_picture_is_tried_again() -> None:
    found = False

    def images(sha256: str) -> bytes:
        if not found:
            raise FileNotFoundError(sha256)
        return png()

    async def run() -> None:
        nonlocal found
        cache = PictureCache(images)
        with pytest.raises(PictureError, match="cannot be read: a"):
            await cache.get("a", 60)
        found = True
        await cache.get("a", 60)

    asyncio.run(run())


def test_the_pictures_of_a_call_are_read_in_one_piece_of_work(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    work: list[list[str]] = []
    real = encoding._read_and_encode

    def noted(images: Any, names: Sequence[str], max_px: int) -> Any:
        work.append(list(names))
        return real(images, names, max_px)

    monkeypatch.setattr(encoding, "_read_and_encode", noted)

    def images(sha256: str) -> bytes:
        if sha256 == "gone":
            raise FileNotFoundError(sha256)
        return b"no picture" if sha256 == "torn" else png(60, 60)

    async def run() -> None:
        cache = PictureCache(images)
        await cache.get("a", 60)
        wanted = (["a", "b", "b", "gone", "c"], ["c", "torn", "b"])
        first, second = await asyncio.gather(*(cache.get_all(names, 60) for names in wanted))
        assert work == [["a"], ["b", "gone", "c"], ["torn"]]
        assert set(first) == {"a", "b", "gone", "c"}
        assert second["b"] is first["b"]
        assert second["c"] is first["c"]
        # One that cannot be read takes none of the others with it.
        assert "cannot be read: gone" in str(first["gone"])
        assert "not a picture" in str(second["torn"])
        assert isinstance(first["c"], EncodedPicture)
        assert await cache.get("b", 60) is first["b"]
        with pytest.raises(PictureError, match="not a picture"):
            await cache.get("torn", 60)

    asyncio.run(run())
