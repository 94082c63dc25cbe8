"""What a model is asked about a seed question, and what its reply says."""

from __future__ import annotations

from typing import Any

from intermt.domain.material import fence_for, fenced_parts
from intermt.domain.prompts import Prompts, filled_messages, reply_format
from intermt.domain.reply_json import Object, TooMuch, find_json
from intermt.domain.seed_text import (
    language_hint,
    length,
    n_placeholders,
    names_picture,
    normalised,
    question_form,
    same_language,
)
from intermt.domain.verdict_schemas import score_schema
from intermt.domain.verdicts import parse_scores
from intermt.records import Message

POTENTIAL = "potential"
HIGHEST_POTENTIAL = 3

_QUESTION = "question"


def potential_messages(prompts: Prompts, question: Message) -> tuple[Message, ...]:
    """The messages that ask how much conversation, 0 to 3, there is in a question."""
    form = reply_format({POTENTIAL: "<0, 1, 2 or 3>"}, True, "the score")
    return _asked(prompts, "seed_potential", question, reply_format=form)


def potential_schema() -> dict[str, Any]:
    """The JSON Schema of a reply to `potential_messages`."""
    return score_schema([POTENTIAL], with_reason=True)


def parse_potential(text: str) -> int | None:
    """The score that a reply states, None where it states none."""
    return parse_scores(text, [POTENTIAL])[POTENTIAL]


def rewrite_messages(prompts: Prompts, question: Message) -> tuple[Message, ...]:
    """The messages that ask to rewrite a question under the principles."""
    return _asked(
        prompts,
        "seed_rewrite",
        question,
        principles=prompts.texts["seed_principles"],
        reply_format=reply_format({_QUESTION: "<the rewritten question>"}, False, ""),
    )


def rewrite_schema() -> dict[str, Any]:
    """The JSON Schema of a reply to `rewrite_messages`."""
    return {
        "type": "object",
        "properties": {_QUESTION: {"type": "string"}},
        "required": [_QUESTION],
        "additionalProperties": False,
    }


def parse_rewrite(text: str) -> str:
    """The rewritten question of a reply, "" where there is none.

    A reply without JSON is taken to be the question itself.
    """
    try:
        found = find_json(text)
    except TooMuch:
        return ""
    objects = [one.value for one in found if isinstance(one.value, Object)]
    if not objects:
        plain = text.strip()
        return "" if plain.startswith(("{", "[")) else plain.strip('"“”').strip()
    said = [
        value
        for entries in (one.entries for one in objects)
        for key, value in entries
        if key.casefold() in (_QUESTION, f"rewritten_{_QUESTION}") and isinstance(value, str)
    ]
    return said[0].strip() if len(said) == 1 else ""


def rewrite_fault(original: str, rewritten: str, *, n_pictures: int, max_chars: int) -> str:
    """Why a rewritten question cannot take the place of the original, "" where it can.

    Args:
        original: The question as it was.
        rewritten: What the model made of it.
        n_pictures: Pictures that the question has.
        max_chars: Longest question, as `length` counts.
    """
    if not normalised(rewritten):
        return "it is empty"
    if length(rewritten) > max_chars:
        return f"it is too long: {length(rewritten)} characters of at most {max_chars}"
    if question_form(rewritten) == "statement":
        return "it is not a question"
    if n_placeholders(rewritten) != n_placeholders(original):
        return "it has lost or gained a place for a picture"
    if n_pictures and names_picture(original) and not names_picture(rewritten):
        return "it no longer speaks of the picture"
    if not same_language(language_hint(original), language_hint(rewritten)):
        return "it is in another language"
    return ""


def _asked(prompts: Prompts, name: str, question: Message, **values: str) -> tuple[Message, ...]:
    fence = fence_for([question])
    return filled_messages(
        prompts.texts[name], fenced_parts(question, fence), {"fence": fence, **values}
    )
