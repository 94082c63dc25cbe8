from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intermt.domain.seed_text import (
    is_noise,
    language_hint,
    length,
    n_placeholders,
    names_picture,
    normalised,
    numbers,
    question_form,
    same_language,
)


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        ("What is this?", "  what IS\nthis", True),
        ("Ｗｈａｔ？", "what?", True),
        ("café", "cafe\u0301", True),
        ("What is 3*2?", "What is 3/2?", False),
        ("What is 3-2?", "What is 3+2?", False),
        ("这是什么？", "这是什么", True),
        ("cat", "cats", False),
    ],
)
def test_spellings_of_one_question(one: str, other: str, alike: bool) -> None:
    assert (normalised(one) == normalised(other)) is alike


@given(st.text())
def test_normalising_twice_is_normalising_once(text: str) -> None:
    # Casefolding may bring forth characters that only NFKC takes apart, and the other way.
    assert normalised(normalised(normalised(text))) == normalised(normalised(text))


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("What do you see in this picture, and why is it red?", "en"),
        ("Was siehst du auf dem Bild, und warum ist es rot?", "de"),
        ("Que vois-tu sur cette image, et pourquoi est-elle rouge ?", "fr"),
        ("¿Qué ves en esta imagen y por qué es roja?", "es"),
        ("Che cosa vedi in questa immagine, e perché è rossa?", "it"),
        ("O que você vê nesta imagem e por que ela é vermelha?", "pt"),
        ("Wat zie je op deze foto en waarom is het rood?", "nl"),
        ("Что ты видишь на этой картинке и почему она красная?", "ru"),
        ("Що ти бачиш на цій картинці і чому вона червона?", "uk"),
        ("这张图片里有什么？", "zh"),
        ("この写真には何が写っていますか？", "ja"),
        ("이 사진에 무엇이 있습니까?", "ko"),
        ("ماذا ترى في هذه الصورة؟", "ar"),
        ("Τι βλέπεις στην εικόνα;", "el"),
        ("Xylophon", "unknown"),
        ("123 + 456", "unknown"),
        ("", "unknown"),
        ("qwer asdf zxcv uiop hjkl", "unknown"),
    ],
)
def test_languages(text: str, language: str) -> None:
    assert language_hint(text) == language


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("en", "en-GB", True),
        ("EN_us", "english", True),
        ("German", "de", True),
        ("en", "de", False),
        ("unknown", "de", True),
    ],
)
def test_language_tags(one: str, other: str, same: bool) -> None:
    assert same_language(one, other) is same


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("Is it red?", "question"),
        ("what is the matter with my bike", "question"),
        ("Describe the state of the tree in the image.", "request"),
        ("My plant is ill. Tell me what to do about it.", "request"),
        ("Given the two images, say which one is the older of them.", "request"),
        ("I would like to see it from the other side.", "request"),
        ("There is a dog in the park and it is happy.", "statement"),
        ("Das ist der Garten hinter dem Haus.", "statement"),
        ("Beschreibe mir bitte das Bild.", "request"),
        ("描述这张图片", "request"),
        ("这是一只狗。", "statement"),
        ("これは犬です。", "statement"),
        ("Pes běží po louce", "unknown"),
        ("Dog", "unknown"),
        ("Τι είναι αυτό;", "question"),
    ],
)
def test_forms(text: str, form: str) -> None:
    found = question_form(text)
    if form in ("question", "request") and text[-1] not in "?;":
        # Both are fine: what matters is that it is not taken for a statement.
        assert found in ("question", "request")
    else:
        assert found == form


@pytest.mark.parametrize(
    ("text", "noise"),
    [
        ("", True),
        ("?!...", True),
        ("aaaaaaaaaaaa", True),
        ("test test test test test test", True),
        ("3 + 4 = ?", False),
        ("What?", False),
        ("Haha, why do cats purr?", False),
        ("这是什么", False),
    ],
)
def test_noise(text: str, noise: bool) -> None:
    assert is_noise(text) is noise


def test_lengths_and_numbers_and_pictures() -> None:
    assert length("a b\nc") == 3
    assert length("这是") == 4
    assert numbers("From 3 to 1,000.5 in ４ steps") == ("3", "1,000.5", "4")
    assert n_placeholders("<image>\nWhat? < Image 2 > <imagine>") == 2
    assert names_picture("What is in the photo?")
    assert names_picture("这张图片里有什么？")
    assert not names_picture("Imagine a world without rain.")


@given(st.text(max_size=300))
def test_nothing_is_said_of_any_text_but_by_the_rules(text: str) -> None:
    assert question_form(text) in ("question", "request", "statement", "unknown")
    assert isinstance(is_noise(text), bool)
    assert length(text) >= 0
    assert language_hint(text)
