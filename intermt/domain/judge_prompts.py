"""What a judge is asked: scores, comparisons, crucial steps and their grades."""

from __future__ import annotations

from collections.abc import Sequence

from intermt.dimensions import Level, find_dimension
from intermt.domain.material import conversation_parts, fence_for, fenced_parts, turn_numbers
from intermt.domain.prompts import Prompts, filled_messages, reply_format
from intermt.records import Message, Part, TextPart


def score_messages(
    prompts: Prompts,
    level: Level,
    history: Sequence[Message],
    dimensions: Sequence[str],
    with_reason: bool,
    turn: int | None = None,
) -> tuple[Message, ...]:
    """The messages that ask a judge for scores.

    Args:
        prompts: The templates.
        level: `local` (one answer in its context) or `global` (the whole conversation).
        history: The conversation; for `local`, turns after `turn` are not shown.
        dimensions: Keys of the dimensions asked for.
        with_reason: Whether the reply gives a reason before the scores.
        turn: 1-based number of the turn to judge; only for `local`.

    Raises:
        ValueError: `local` without a turn that has an answer.
    """
    upto = list(history)
    if level == "local":
        numbers = turn_numbers(upto)
        answers = [i for i, m in enumerate(upto) if m.role == "assistant" and numbers[i] == turn]
        if not answers:
            raise ValueError(f"the conversation has no answer at turn {turn}")
        upto = upto[: answers[-1] + 1]
    fence = fence_for(upto)
    return filled_messages(
        prompts.texts[f"judge_score_{level}"],
        conversation_parts(upto, fence),
        {
            "fence": fence,
            "rubric": prompts.rubric(dimensions),
            "dimensions": ", ".join(dimensions),
            "reply_format": reply_format(
                {d: f"<{_scale(d)}>" for d in dimensions}, with_reason, "the scores"
            ),
            "turn": str(turn),
        },
    )


def pair_messages(
    prompts: Prompts,
    level: Level,
    history: Sequence[Message],
    first: Sequence[Message],
    second: Sequence[Message],
    dimensions: Sequence[str],
    with_reason: bool,
    allow_tie: bool = False,
) -> tuple[Message, ...]:
    """The messages that ask a judge which of two candidates is better.

    Args:
        prompts: The templates.
        level: `local` (two answers) or `global` (two conversations).
        history: What both share: for `local` everything before the answers; for `global`
            the turns both begin with, or nothing.
        first: What is shown as A: one answer, or the messages after `history`.
        second: What is shown as B.
        dimensions: Keys of the dimensions asked for; `overall` is one.
        with_reason: Whether the reply gives a reason before the choices.
        allow_tie: Whether `tie` is offered beside A and B.
    """
    fence = fence_for([*history, *first, *second])
    thing = "Answer" if level == "local" else "Conversation"
    material: list[Part] = []
    if history:
        material += [TextPart("## Shared history"), *conversation_parts(history, fence)]
    # Turns go on counting from the shared ones; an answer belongs to the last question.
    numbers = turn_numbers([*history, *first])
    begin = numbers[len(history)] if first and history else 1
    for letter, candidate in (("A", first), ("B", second)):
        material.append(TextPart(f"## {thing} {letter}"))
        material += conversation_parts(candidate, fence, begin)
    choices = '"A", "B" or "tie"' if allow_tie else '"A" or "B"'
    return filled_messages(
        prompts.texts[f"judge_pair_{level}"],
        material,
        {
            "fence": fence,
            "rubric": prompts.rubric(dimensions),
            "dimensions": ", ".join(dimensions),
            "reply_format": reply_format(
                dict.fromkeys(dimensions, f"<{choices}>"), with_reason, "the choices"
            ),
        },
    )


def crucial_step_messages(prompts: Prompts, conversation: Sequence[Message]) -> tuple[Message, ...]:
    """The messages that ask which steps of a conversation were crucial; the reply is text."""
    fence = fence_for(conversation)
    return filled_messages(
        prompts.texts["crucial_step_recognise"],
        conversation_parts(conversation, fence),
        {"fence": fence},
    )


def grade_messages(
    prompts: Prompts,
    conversation: Sequence[Message] | None,
    references: Sequence[str],
    recognition: str,
    with_reason: bool = True,
) -> tuple[Message, ...]:
    """The messages that ask for a grade, 1 to 5, of a description of crucial steps.

    Args:
        prompts: The templates.
        conversation: What both describe; None leaves it out.
        references: What people wrote; any of them may be matched.
        recognition: What the judge wrote.
        with_reason: Whether the reply gives a reason before the grade.
    """
    described = [Message("assistant", (TextPart(said),)) for said in (*references, recognition)]
    numbers = [f" {number}" for number in range(1, len(references) + 1)]
    headings = [f"## Reference{number if len(numbers) > 1 else ''}" for number in numbers]
    fence = fence_for([*(conversation or ()), *described])
    material: list[Part] = []
    if conversation:
        material += [TextPart("## Conversation"), *conversation_parts(conversation, fence)]
    for heading, message in zip((*headings, "## Description"), described, strict=True):
        material += [TextPart(heading), *fenced_parts(message, fence)]
    return filled_messages(
        prompts.texts["crucial_step_grade"],
        material,
        {
            "fence": fence,
            "reply_format": reply_format({"grade": "<1, 2, 3, 4 or 5>"}, with_reason, "the grade"),
        },
    )


def _scale(name: str) -> str:
    dimension = find_dimension(name)
    lowest = 0 if dimension is None else dimension.lowest
    return f"{', '.join(str(n) for n in range(lowest, 3))} or 3"
