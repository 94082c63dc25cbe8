from __future__ import annotations

import pytest

from intermt.formats.writing.fitting import captioned, misfits
from intermt.formats.writing.pairs import Holds
from intermt.records import ImagePart, Message, Part, TextPart
from tests.formats.pair_samples import assistant, gone, nowhere, sample, user

TEXT = Holds(prompts=False, history=False, answers="none")
A, B, C = "a" * 64, "b" * 64, "c" * 64


def everywhere(sha256: str) -> str:
    return f"/{sha256}.png"


def picture(sha256: str = A, tag: str | None = None) -> ImagePart:
    return ImagePart(sha256, "photos/private.png", tag, None, sha256)


def pictures(messages: tuple[Message, ...]) -> list[str | None]:
    return [p.sha256 for m in messages for p in m.parts if isinstance(p, ImagePart)]


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        ((picture(),), "[picture]"),
        ((picture(tag="<Image, a cat>"),), "[picture: a cat]"),
        ((picture(tag="<image:  a cat on a mat >"),), "[picture: a cat on a mat]"),
        ((picture(tag="<[Image], 10<sup>9</sup>>"),), "[picture: 10<sup>9</sup>]"),
        ((picture(tag="<Image, >"),), "[picture]"),
        ((picture(tag="a cat"),), "[picture: a cat]"),
        ((gone("<Image, a cat>"),), "[picture: a cat]"),
        (
            ("Here:", picture(), "and", picture(), picture()),
            "Here: [picture] and [picture] [picture]",
        ),
        (("Here:\n", picture(), "\nSo."), "Here:\n[picture]\nSo."),
        ((picture(), "", "So."), "[picture] So."),
        (("So", "on."), "Soon."),
        (("",), ""),
        ((), ""),
    ],
)
def test_words_in_the_place_of_pictures(parts: tuple[Part | str, ...], words: str) -> None:
    made = captioned(sample(chosen=(assistant(*parts),)), TEXT, everywhere)
    (message,) = made.chosen
    assert message.parts == (TextPart(words),)
    assert message.role == "assistant"


def test_pictures_that_fit_stay() -> None:
    holds = Holds(prompts=True, history=False, answers="none")
    pair = sample(
        prefix=(user(picture(A)), assistant(picture(B)), user(picture(C), "Why?")),
        chosen=(assistant(picture(A)),),
    )
    made = captioned(pair, holds, everywhere)
    assert pictures(made.prefix) == [A, C]
    assert pictures(made.chosen) == []
    assert misfits(made, holds, everywhere) == []


def test_the_same_pictures_stay_on_both_sides_or_go_from_both() -> None:
    holds = Holds(prompts=True, history=True, answers="same")
    same = sample(chosen=(assistant(picture(A), "x"),), rejected=(assistant(picture(A)),))
    assert pictures(captioned(same, holds, everywhere).chosen) == [A]
    other = sample(chosen=(assistant(picture(A), "x"),), rejected=(assistant(picture(B)),))
    made = captioned(other, holds, everywhere)
    assert pictures((*made.chosen, *made.rejected)) == []


def test_a_message_with_a_missing_picture_loses_all_of_them() -> None:
    holds = Holds(prompts=True, history=True, answers="own")
    pair = sample(prefix=(user(picture(A), gone("<Image, b>"), "Why?"),))
    made = captioned(pair, holds, everywhere)
    assert made.prefix == (user("[picture] [picture: b] Why?"),)
    noted = Holds(prompts=True, history=True, answers="own", missing=True)
    assert captioned(pair, noted, everywhere) == pair


def test_too_many_pictures_go_all_together() -> None:
    holds = Holds(prompts=True, history=True, answers="own", most=1)
    pair = sample(prefix=(user(picture(A), picture(B)),))
    assert misfits(pair, holds, everywhere) == ["more than 1 picture"]
    assert pictures(captioned(pair, holds, everywhere).prefix) == []


def test_what_a_trainer_trips_over_is_counted_with_the_rest() -> None:
    holds = Holds(prompts=False, history=True, answers="own", also=lambda pair: [pair.dimension])
    assert misfits(sample(prefix=(user(picture()),)), holds, nowhere) == [
        "a missing picture",
        "pictures in prompts",
        "overall",
    ]


def test_only_formats_of_trainers_ask_for_turns_and_for_a_difference() -> None:
    pair = sample(prefix=(), chosen=(user("Same."),), rejected=(user("Same."),))
    assert misfits(pair, TEXT, nowhere) == [
        "the same content in chosen and rejected",
        "prompts and answers that do not take turns",
    ]
    loose = Holds(prompts=False, history=False, answers="none", any_pair=True)
    assert misfits(pair, loose, nowhere) == []


def test_a_system_message_may_come_first() -> None:
    pair = sample(prefix=(Message("system", (TextPart("Be kind."),)), user("Why?")))
    assert misfits(pair, TEXT, nowhere) == []
