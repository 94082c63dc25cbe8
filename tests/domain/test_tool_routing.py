"""Which tool a caption is taken to ask for."""

from __future__ import annotations

import json
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intermt.domain.image_tags import find_tags
from intermt.domain.tool_routing import Available, route

DATA = Path(__file__).parents[2].parent / "shared" / "data"
FILES = (DATA / "dialogues/dialogues.json", DATA / "intermt_bench/crucial_step_dev.json")
ALL = Available(draw=True, edit=True, retrieve=True)
TWO = ("user", "assistant")


@pytest.mark.parametrize(
    ("caption", "number"),
    [
        ("the original image with the cylinder highlighted", 1),
        ("a cropped version of the original map highlighting Missouri and Illinois", 1),
        ("A kitchen similar to the original with a blue rug in front of the sink", 1),
        ("the same bar chart with 'rain' in 'doctor' highlighted", 2),
        ("the provided map with California and New York highlighted", 1),
        ("Cropped image of the gas stovetop and the sink", 1),
        ("zoomed-in view of the soda cans and the man's feet", 1),
        ("close-up of the dog's happy expression", 1),
        ("the picture you sent with a red roof", 1),
        ("cropped view of the previous picture", 2),
        ("Edited version with a ray of sunlight", 2),
        ("an edited version of the outfit with a jacket", 2),
        ("highlighting the three large balls", 2),
        ("The snowboarder with a speech bubble", 2),
        ("photo of the living room with beanbag chairs added", 2),
        ("it with a red roof", 2),
        ("picture 1 with a red roof", 1),
        ("image #2 in watercolour", 2),
        ("the first picture at night", 1),
        ("das gleiche Bild bei Nacht", 2),
        ("Ausschnitt mit dem Dach", 1),
        ("la même image, la nuit", 2),
        ("la misma imagen de noche", 2),
        ("la stessa immagine di notte", 2),
        ("原图，屋顶改成红色", 1),
        ("同じ画像で屋根が赤い", 2),
    ],
)
def test_captions_that_refer_to_an_earlier_picture_are_edited(caption: str, number: int) -> None:
    found = route(caption, TWO, ALL)
    assert (found.tools[0], found.picture) == ("edit", number), found
    assert str(number) in found.reason


@pytest.mark.parametrize(
    "caption",
    [
        "The Mitad del Mundo monument in Ecuador",
        "A modern Mazda car",
        "photo of a modern bathroom design",
        "map of Geneva",
        "A historical image of the 6.5mm rifle",
        "Aerial view of Taal Volcano",
        "Foto von einem Rotmilan",
        "photographie d'un rouge-gorge",
        "故宫的照片",
    ],
)
def test_real_things_are_retrieved(caption: str) -> None:
    assert route(caption, (), ALL).tools == ("retrieve", "draw")
    assert route(caption, TWO, ALL).tools[0] == "retrieve"


@pytest.mark.parametrize(
    "caption",
    [
        "a diagram illustrating rotation and reflection",
        "a bar chart comparing Ohio and Texas",
        "a collage showing the original outfit side-by-side with a formal one",
        "side-by-side comparison of sourdough and whole wheat bread",
        "a chart in the same colours as the original image",
        "bar graph of goals per game based on the provided table",
        "A Christmas cake with white frosting",
        "zebras with black and white stripes",
        "a map highlighting the states that have expanded the programme",
        "MRI brain scan with the ventricles labelled",
        "ein Diagramm der Wasserkreisläufe",
        "an old house at the lake",
        "a kite in the style of the first picture",
    ],
)
def test_new_things_are_drawn(caption: str) -> None:
    assert route(caption, TWO, ALL).tools == ("draw", "retrieve")


@pytest.mark.parametrize(
    ("caption", "number"),
    [("the original image", 1), ("picture 2", 2), ("the previous picture", 2), ("2", 2)],
)
def test_a_picture_named_and_nothing_else_is_shown_again(caption: str, number: int) -> None:
    found = route(caption, TWO, ALL)
    assert (found.tools, found.picture) == (("show",), number)


def test_without_earlier_pictures_nothing_is_edited() -> None:
    for caption in ("the original poster of it", "Picture 1: a bridge", "cropped view of it"):
        assert route(caption, (), ALL).tools == ("draw", "retrieve")


def test_the_original_is_the_users_first_picture() -> None:
    assert route("the original image in blue", ("assistant", "user"), ALL).picture == 2
    assert route("the original image in blue", ("assistant",), ALL).picture == 1


def test_parts_are_cut_from_what_the_user_sent_last() -> None:
    for caption in ("cropped view of the roof", "close-up of the roof", "the given map in blue"):
        assert route(caption, ("user", "assistant", "user", "assistant"), ALL).picture == 3
        # Who sent nothing means what was made.
        assert route(caption, ("assistant", "assistant"), ALL).picture == 2


def test_tools_that_are_not_there_are_passed_over_and_said() -> None:
    only_draw = Available(draw=True)
    found = route("the original image with a box", TWO, only_draw)
    assert (found.tools, found.picture) == (("draw",), None)
    assert "no tool to edit" in found.reason
    assert route("photo of a fox", (), only_draw).tools == ("draw",)
    assert "no tool to retrieve" in route("photo of a fox", (), only_draw).reason
    assert route("a fox", (), Available(retrieve=True)).tools == ("retrieve",)
    assert route("a fox", (), Available(edit=True)).tools == ()
    assert "no tool to draw" in route("a fox", (), Available(edit=True)).reason


@given(st.text(max_size=300), st.lists(st.sampled_from(["user", "assistant"]), max_size=4))
def test_any_caption_gets_a_tool_and_only_pictures_that_are_there(
    caption: str, pictures: Any
) -> None:
    found = route(caption, pictures, ALL)
    assert found.reason
    assert bool(found.tools) is not bool(found.fault)
    if found.fault:
        assert found.picture is None
    elif found.tools[0] in ("edit", "show"):
        assert found.picture is not None
        assert 1 <= found.picture <= len(pictures)
    else:
        assert found.picture is None


def test_long_captions_are_read_in_no_time() -> None:
    began = time.monotonic()
    for words in ("with the same ", "close-up, - ", "Foo of the ", "a photo ", "'"):
        route(words * (2000 // len(words)), TWO, ALL)
    assert time.monotonic() - began < 2


def _captions() -> set[str]:
    found: set[str] = set()

    def walk(value: Any) -> None:
        if isinstance(value, str):
            found.update(tag.caption for tag in find_tags(value))
        elif isinstance(value, dict):
            for item in value.values():
                walk(item)
        elif isinstance(value, list):
            for item in value:
                walk(item)

    for file in FILES:
        walk(json.loads(file.read_text()))
    return found


@pytest.mark.real_data
@pytest.mark.skipif(not all(f.exists() for f in FILES), reason="the real conversations are absent")
def test_real_captions_go_to_every_tool() -> None:
    captions = _captions()
    counts = Counter(route(caption, TWO, ALL).tools[0] for caption in captions)
    assert len(captions) > 700
    # Crops and highlighted charts of the user's picture are nearly half of the real tags.
    assert 0.35 < counts["edit"] / len(captions) < 0.55
    assert 0.4 < counts["draw"] / len(captions) < 0.6
    assert 10 <= counts["retrieve"] <= 60
    # Whoever says original, provided or cropped means an earlier picture, with few exceptions.
    said = [c for c in captions if any(w in c.lower() for w in ("original", "provided", "cropped"))]
    assert len(said) > 150
    new = [c for c in said if route(c, TWO, ALL).tools[0] not in ("edit", "show")]
    assert len(new) < 0.12 * len(said), new
