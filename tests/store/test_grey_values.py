"""Grey values of pictures of every kind, as the filters of seed questions measure them."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image as PillowImage

from intermt.errors import InputError
from intermt.store.images import grey_values


def content(picture: PillowImage.Image, kind: str = "PNG", **more: object) -> bytes:
    out = io.BytesIO()
    picture.save(out, kind, **more)  # type: ignore[arg-type]
    return out.getvalue()


def halves(mode: str = "L", size: tuple[int, int] = (80, 40)) -> PillowImage.Image:
    """Black on the left, white on the right."""
    values = np.zeros((size[1], size[0]), np.uint8)
    values[:, size[0] // 2 :] = 255
    return PillowImage.fromarray(values).convert(mode)


@pytest.mark.parametrize(
    ("mode", "kind"),
    [
        ("L", "PNG"), ("RGB", "PNG"), ("1", "PNG"), ("P", "PNG"), ("RGBA", "PNG"), ("LA", "PNG"),
        ("RGB", "JPEG"), ("L", "JPEG"), ("CMYK", "JPEG"), ("RGB", "WEBP"), ("P", "GIF"),
    ],
)  # fmt: skip
def test_every_mode_comes_as_grey(mode: str, kind: str) -> None:
    size, grey = grey_values(content(halves(mode), kind), 512)
    assert size == (80, 40)
    assert grey.shape == (40, 80)
    assert grey.dtype == np.uint8
    assert grey[:, :36].mean() < 20 < 235 < grey[:, 44:].mean()


def test_what_is_transparent_is_white() -> None:
    picture = PillowImage.new("RGBA", (10, 10), (0, 0, 0, 0))
    assert grey_values(content(picture), 512)[1].min() == 255
    palette = halves("P")
    assert grey_values(content(palette, transparency=0), 512)[1].min() == 255


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_a_large_picture_is_scaled_down_and_its_size_is_its_own(kind: str) -> None:
    size, grey = grey_values(content(halves("RGB", (1600, 800)), kind), 100)
    assert size == (1600, 800)
    assert grey.shape == (50, 100)
    assert grey[:, :48].mean() < 20 < 235 < grey[:, 52:].mean()


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_a_picture_that_is_cut_short_is_none(kind: str) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (600, 800)).astype(np.uint8)
    whole = content(PillowImage.fromarray(noise), kind)
    with pytest.raises(InputError, match="not a readable"):
        grey_values(whole[: len(whole) // 2], 100)
    with pytest.raises(InputError):
        grey_values(b"", 100)
