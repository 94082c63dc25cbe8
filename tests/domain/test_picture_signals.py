from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageFilter

from intermt.domain.picture_signals import (
    PictureSignals,
    contrast,
    look_alikes,
    measured,
    n_different,
    sharpness,
    slopes,
    waves,
)


def scene(seed: int, size: tuple[int, int] = (320, 240)) -> Image.Image:
    """Some blots that differ from seed to seed."""
    rng = np.random.default_rng(seed)
    small = Image.fromarray(rng.integers(0, 256, (6, 8)).astype(np.uint8))
    return small.resize(size, Image.Resampling.BICUBIC)


def grey(picture: Image.Image) -> np.ndarray:
    return np.asarray(picture.convert("L"), np.uint8)


def checks(n: int = 64) -> np.ndarray:
    return (np.indices((n, n)).sum(axis=0) // 4 % 2 * 255).astype(np.uint8)


def test_blurring_takes_the_sharpness() -> None:
    sharp = Image.fromarray(checks(256))
    values = [
        sharpness(grey(sharp.filter(ImageFilter.GaussianBlur(radius)))) for radius in (0, 1, 2, 4)
    ]
    assert values == sorted(values, reverse=True)
    assert values[0] > 1000 > 50 > values[-1]


def test_a_picture_of_one_colour_has_no_contrast() -> None:
    flat = np.full((50, 70), 200, np.uint8)
    assert contrast(flat) == sharpness(flat) == 0.0
    assert contrast(checks()) > 100


@pytest.mark.parametrize("shape", [(1, 1), (2, 9), (9, 1), (3, 3), (1, 600)])
def test_pictures_of_any_shape(shape: tuple[int, int]) -> None:
    found = measured(np.arange(shape[0] * shape[1], dtype=np.uint8).reshape(shape))
    assert 0 <= found.slopes < 2**64
    assert 0 <= found.waves < 2**64
    assert (found.sharpness == 0.0) is (min(shape) < 3 or found.contrast == 0 or shape == (3, 3))


@pytest.mark.parametrize("seed", range(8))
def test_copies_look_alike_and_others_do_not(seed: int) -> None:
    picture = scene(seed)
    copies = [
        picture.resize((200, 150)),
        picture.point(lambda value: value * 0.8 + 20),
        Image.fromarray(
            np.clip(
                grey(picture).astype(int) + np.random.default_rng(0).integers(-4, 5, (240, 320)),
                0,
                255,
            ).astype(np.uint8)
        ),
    ]
    for copy in copies:
        assert n_different(slopes(grey(picture)), slopes(grey(copy))) <= 6
        assert n_different(waves(grey(picture)), waves(grey(copy))) <= 6
    other = scene(seed + 100)
    assert n_different(slopes(grey(picture)), slopes(grey(other))) > 10
    assert n_different(waves(grey(picture)), waves(grey(other))) > 10
    mirrored = picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    assert n_different(slopes(grey(picture)), slopes(grey(mirrored))) > 10


def signals(one: int, other: int) -> PictureSignals:
    return PictureSignals(1.0, 1.0, one, other)


def test_both_hashes_have_to_be_near() -> None:
    pictures = [signals(0, 0), signals(0, 2**40 - 1), signals(7, 0), signals(2**64 - 1, 0)]
    assert list(look_alikes(pictures, 3)) == [0, 1, 0, 3]
    assert list(look_alikes(pictures, 2)) == [0, 1, 2, 3]
    assert list(look_alikes(pictures, 64)) == [0, 0, 0, 0]
    assert list(look_alikes([], 3)) == []


@given(
    st.lists(st.tuples(st.integers(0, 255), st.integers(0, 255)), max_size=20), st.integers(0, 8)
)
def test_look_alikes_like_by_comparing_everything(hashes: list[tuple[int, int]], most: int) -> None:
    expected: list[int] = []
    for i, (a, b) in enumerate(hashes):
        firsts = [j for j in range(i) if expected[j] == j]
        near = [
            j
            for j in firsts
            if n_different(a, hashes[j][0]) <= most and n_different(b, hashes[j][1]) <= most
        ]
        expected.append(near[0] if near else i)
    assert list(look_alikes([signals(a, b) for a, b in hashes], most)) == expected
