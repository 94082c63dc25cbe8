"""Numbers of pictures."""

from __future__ import annotations

from itertools import pairwise

from intermt.domain.image_tags import interleave
from intermt.domain.picture_numbers import numbered, shown_in
from intermt.domain.prompts import answer_messages, load_prompts
from intermt.records import ImagePart, Message, TextPart

ANSWER = interleave("So: <Image, x> and <Image, y>", [ImagePart("b"), ImagePart("c")])
HISTORY = (
    Message("user", (ImagePart("a", key="ka"), ImagePart(missing="gone"), TextPart("Look."))),
    Message("assistant", ANSWER),
    Message("user", (TextPart("And this?"), ImagePart("d"))),
)


def test_numbers_told_to_a_model_are_those_of_the_conversation() -> None:
    shown = shown_in(HISTORY)
    assert [(s.sha256, s.speaker) for s in shown] == [
        ("a", "user"), ("b", "assistant"), ("c", "assistant"), ("d", "user"),
    ]  # fmt: skip
    parts = [p for m in numbered(answer_messages(load_prompts(), HISTORY)) for p in m.parts]
    told = {}
    for note, part in pairwise(parts):
        if isinstance(part, ImagePart):
            assert isinstance(note, TextPart)
            told[note.text.strip()] = part.sha256
    assert told == {f"[picture {n}]": s.sha256 for n, s in enumerate(shown, start=1)}
