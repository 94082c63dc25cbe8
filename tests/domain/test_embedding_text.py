"""Texts for embedding models: what comes first, what is cut, and that nothing is lost."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intermt.domain.embedding_text import ANSWER_SHARE, answer_in, texts_of
from intermt.records import ImagePart, Message, TextPart


def said(role, *texts):
    return Message(role, tuple(TextPart(text) for text in texts))


TALK = (
    said("user", "What is a lock?"),
    said("assistant", "A step for boats."),
    said("user", "And a weir?"),
    said("assistant", "A low dam."),
)


def test_the_answer_comes_first_and_then_what_was_said_before_latest_first():
    assert texts_of(TALK, 1000) == (
        "Answer:\nA low dam.\n\nQuestion:\nAnd a weir?\n\nAnswer:\nA step for boats."
        "\n\nQuestion:\nWhat is a lock?",
    )


def test_what_was_said_longest_ago_is_cut():
    (text,) = texts_of(TALK, 60)
    assert text == "Answer:\nA low dam.\n\nQuestion:\nAnd a weir?\n\nAnswer:\nA step fo"
    assert len(text) == 60


def test_tags_of_pictures_are_text():
    message = Message(
        "assistant", (TextPart("Look: "), ImagePart(sha256="0", tag="<Image, a weir>"))
    )
    assert texts_of((TALK[0], message), 200)[0].startswith("Answer:\nLook: <Image, a weir>\n\n")


def test_a_long_answer_becomes_several_texts_each_with_the_question():
    words = [f"word{n}" for n in range(120)]
    texts = texts_of((TALK[0], said("assistant", " ".join(words))), 200)
    assert len(texts) > 4
    assert all(len(text) <= 200 for text in texts)
    assert all("\n\nQuestion:\nWhat is a lock?" in text for text in texts)
    assert all(len(answer_in(text)) <= ANSWER_SHARE * 200 for text in texts)
    assert " ".join(map(answer_in, texts)).split() == words


def test_an_answer_without_words_has_a_text():
    assert texts_of((TALK[0], said("assistant")), 100) == (
        "Answer:\n\n\nQuestion:\nWhat is a lock?",
    )


@given(
    st.lists(st.text(max_size=300), min_size=2, max_size=5),
    st.integers(50, 400),
)
def test_no_text_is_too_long_and_no_character_of_the_answer_is_lost(texts, limit):
    talk = [said(("user", "assistant")[n % 2], text) for n, text in enumerate(texts)]
    talk[-1] = said("assistant", texts[-1])
    made = texts_of(talk, limit)
    assert made
    assert all(len(text) <= limit for text in made)
    assert texts_of(talk, limit) == made
    if "Question:" not in texts[-1] and len(made) > 1:
        kept = "".join("".join(answer_in(text).split()) for text in made)
        assert kept.startswith("".join(texts[-1].split())[: len(kept)])


@pytest.mark.parametrize("text", ["", "a question", "Question:\nx"])
def test_other_texts_are_all_answer(text):
    assert answer_in(text) == text
