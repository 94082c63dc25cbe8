"""Finding captions by likeness."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intermt.domain.caption_search import CaptionIndex, terms

CAPTIONS = (
    "The Eiffel Tower in Paris at night",
    "A red fox in the snow",
    "Map of Geneva with its lake",
    "Steam locomotive at a country station",
    "Notre-Dame cathedral, Paris",
    "故宫的雪景",
)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("photo of the Eiffel Tower", 0),
        ("eiffel tower at night, Paris", 0),
        ("foxes", 1),
        ("a fox in winter snow", 1),
        ("map of Geneva", 2),
        ("steam locomotives", 3),
        ("Nôtre dame", 4),
        ("故宫", 5),
        ("Statue of Liberty", None),
        ("a blue whale under water", None),
        ("the a of", None),
        ("", None),
    ],
)
def test_the_caption_that_fits_best(query: str, found: int | None) -> None:
    match = CaptionIndex(CAPTIONS).best(query)
    assert (match.index if match else None) == found


def test_the_first_of_equals_is_found() -> None:
    match = CaptionIndex(["a dog", "a cat", "the cat"]).best("cat")
    assert match is not None
    assert (match.index, match.likeness) == (1, 1.0)


def test_another_thing_asked_for_lowers_the_likeness() -> None:
    index = CaptionIndex(CAPTIONS)
    alone, beside = index.best("red fox", 0.0), index.best("red fox riding bicycles", 0.0)
    assert alone is not None
    assert beside is not None
    assert alone.likeness > beside.likeness


def test_no_captions_no_match() -> None:
    assert CaptionIndex([]).best("anything", 0.0) is None


@given(st.lists(st.text(max_size=40), max_size=8), st.text(max_size=40))
def test_likeness_lies_between_0_and_1(captions: list[str], query: str) -> None:
    match = CaptionIndex(captions).best(query, 0.0)
    assert match is None or 0 <= match.likeness <= 1
    for index, caption in enumerate(captions):
        own = CaptionIndex(captions).best(caption)
        # A caption finds itself, or one with the same words before it.
        assert (own is not None) == bool(terms(caption))
        assert own is None or own.index <= index
