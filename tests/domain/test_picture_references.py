"""Which captions name a picture that is there, or is not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intermt.domain.picture_references import lacking, not_there, place_in
from intermt.domain.tool_routing import Available, route

ALL = Available(draw=True, edit=True, retrieve=True)


@pytest.mark.parametrize(
    "caption",
    [
        "picture 3",
        "picture 0",
        "picture 7 at night",
        "Picture 7 at night.",
        "the third picture but in blue",
        "third picture but in blue",
        "the 3rd image at night",
        "[picture 4]",
        "#9",
        "12",
        "Image no. 5 with a hat",
        "image number 3 again",
        "picture three at night",
        "the dog from picture 3",
        "cropped version of image 4",
        "close-up of the roof in the third picture",
        "pictures 3 and 4 side by side",
        "picture 1 merged with picture 7",
        "an edited version of picture 6",
        "the third chart in blue",
        "das dritte Bild bei Nacht",
        "la troisième image en bleu",
        "la tercera imagen",
        "la terza immagine di notte",
        "第三张图，改成蓝色",
        "3枚目の画像",
        "图片 7 夜晚",
        "picture 7: at night",
        "the tenth photo",
        "picture 7, but at night",
        "the second uploaded image with a box",
        "a red version of photo 3",
        "figure 7",
        "the fifth picture",
        "picture 3 black and white",
        "picture 4's roof in red",
        "edited picture 7",
        "picture 7 rotated",
        "Picture 999",
        "the third picture in the conversation",
        "the third image from the user",
    ],
)
def test_a_picture_that_is_not_there_is_neither_made_nor_taken_for_another(caption: str) -> None:
    found = route(caption, ("user",), ALL)
    assert (found.tools, found.picture) == ((), None)
    assert found.fault.startswith("there is no picture ")
    assert found.reason.startswith("names a picture that is not there: ")


@pytest.mark.parametrize(
    "caption",
    [
        "picture 1",
        "the same picture again",
        "the original image",
        "the original image with a box",
        "same image, at night",
        "the previous picture with a hat",
        "the picture above",
        "the image you sent",
        "a crop of the uploaded photo",
        "dasselbe Bild noch einmal",
        "das Originalbild",
        "la même image",
        "原图，屋顶改成红色",
        "同じ画像",
        "the first picture",
        "the first picture again",
        "this picture again",
        "this photo with a hat",
        "picture 1 at night",
        "the third picture but in blue",
        "la misma imagen de noche",
        "the same photograph of the dog",
        "the attached image",
        "the last picture",
        "la stessa immagine di notte",
    ],
)
def test_where_there_are_no_pictures_none_is_shown_again_or_changed(caption: str) -> None:
    found = route(caption, (), ALL)
    assert found.tools == ()
    assert found.fault.startswith("there is no ")


@pytest.mark.parametrize(
    "caption",
    [
        "three cats",
        "a side view of a plan in the style of the first picture",
        "a kite in the style of picture 4",
        "a chart with the palette of the third image",
        "a poster based on the original image",
        "picture of 2 dogs",
        "a picture of 2 dogs",
        "Picture 1 of a series: a bridge",
        "picture 2 of 4: a bridge",
        "Image 3: a bar chart of sales",
        "Picture 5 - A bridge over a river",
        "Picture 3. The roof of the house",
        "Picture 2 dogs running",
        "picture two people dancing",
        "a figure 8 knot",
        "figure 8 knot",
        "figure skater number 7",
        "A comic: picture 1 shows a seed, picture 2 a sprout",
        "a grid with image 1 on the left",
        "a photo 50 years ago",
        "photo 35 mm film camera",
        "image 16:9 of a beach",
        "image 3.5 cm wide",
        "A story: the first picture shows a seed, the second picture a sprout",
        "a second picture of the bridge",
        "the first photograph of a black hole",
        "the first photo in colour",
        "The third image of the lunar surface",
        "the third painting in the series",
        "the original Star Wars poster",
        "the original map of London",
        "the original image of the Mona Lisa",
        "This image shows the water cycle",
        "A house with 3 windows",
        "Room 3 of the museum",
        "satellite image 12 hours before landfall",
        "a T-shirt with the number 7",
        "4 pictures of dogs",
        "Two images: left a cat, right a dog",
        "the provided table as a bar chart",
        "step 3 of folding a kite",
        "Chart of 5 years of sales",
        "current picture of the solar system",
        "image 1969 moon landing",
        "a kite, 2 metres wide",
        "the same table as a chart",
        "photo 4K of a lake",
        "Picture 7, a bridge over a river",
        "30th anniversary photo",
        "the 3rd image in a series of a growing plant",
        "Apollo 11 photograph",
    ],
)
def test_a_caption_that_merely_has_a_number_is_supplied(caption: str) -> None:
    for pictures in ((), ("user",)):
        assert route(caption, pictures, ALL).tools, caption  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("caption", "n_pictures", "tool", "number"),
    [
        ("the second picture at night", 2, "edit", 2),
        ("the third picture but in blue", 3, "edit", 3),
        ("the second picture", 2, "show", 2),
        ("das zweite Bild bei Nacht", 2, "edit", 2),
        ("la deuxième image en bleu", 2, "edit", 2),
        ("第二张图，改成蓝色", 2, "edit", 2),
        ("picture 2 at night", 2, "edit", 2),
        ("Picture 1 of a series: a bridge", 2, "draw", None),
        ("Picture 2 dogs running", 2, "draw", None),
        ("a collage of the first picture and the second picture", 2, "draw", None),
    ],
)
def test_a_picture_that_is_there_is_the_one_meant(
    caption: str, n_pictures: int, tool: str, number: int | None
) -> None:
    found = route(caption, ("user", "assistant", "user")[:n_pictures], ALL)
    assert (found.tools[0], found.picture) == (tool, number)


def test_what_is_there_is_said() -> None:
    assert not_there(3, 0) == "there is no picture 3; there is no picture"
    assert not_there(3, 1) == "there is no picture 3; there is pictures 1 to 1"
    assert not_there(3, 2) == "there is no picture 3; there is pictures 1 to 2"
    assert lacking("picture 1 merged with picture 7", 2) == ("picture 7", not_there(7, 2))


@given(st.text(max_size=200), st.integers(0, 5))
def test_any_caption_is_read(caption: str, n_pictures: int) -> None:
    if found := lacking(caption, n_pictures):
        assert all(found)
    if placed := place_in(caption, n_pictures):
        assert 1 <= placed[0] <= n_pictures


@pytest.mark.parametrize(
    "words", ["the same picture ", "picture 7 ", "the first ", "of the ", "- "]
)
def test_long_captions_are_read_in_no_time(words: str) -> None:
    lacking(words * (2000 // len(words)), 0)
