"""Prompts: templates as editable markdown files, and the messages built from them.

A template is the system message; what stands behind its `{{material}}` line ends the user
message, after the conversation. All material goes into that one user message, with pictures at
their places, because many servers accept pictures from users only.

Conversations are written by others and may hold headings or orders meant for the judge. Each
message of theirs is therefore fenced by a mark made from a hash of the material, which nothing
inside the material can contain.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path

from intermt.dimensions import DIMENSIONS, find_dimension
from intermt.domain.image_tags import text_of
from intermt.domain.material import (
    conversation_parts,
    fence_for,
    on_lines,
    shown,
    tagged,
)
from intermt.errors import ConfigError
from intermt.records import ImagePart, Message, Part, TextPart, content_id

END_MARKER = "[END]"
"""What the simulated user writes when the conversation is over."""

_JUDGE = frozenset({"fence", "material", "rubric", "dimensions", "reply_format"})
_PLACEHOLDERS: Mapping[str, frozenset[str]] = {
    "answer_system": frozenset(),
    "follow_up": frozenset({"fence", "material", "intention", "scenario", "end_marker"}),
    "judge_score_local": _JUDGE | {"turn"},
    "judge_score_global": _JUDGE,
    "judge_pair_local": _JUDGE,
    "judge_pair_global": _JUDGE,
    "critique_local": frozenset({"dimension"}),
    "critique_global": frozenset({"dimension"}),
    "refinement_local": frozenset({"dimension"}),
    "refinement_global": frozenset({"dimension"}),
    "crucial_step_recognise": frozenset({"fence", "material"}),
    "crucial_step_grade": frozenset({"fence", "material", "reply_format"}),
    "rubric": frozenset(),
    "seed_potential": frozenset({"fence", "material", "reply_format"}),
    "seed_rewrite": frozenset({"fence", "material", "principles", "reply_format"}),
    "seed_principles": frozenset(),
}
_SHOWN_IN_OTHERS: Mapping[str, str] = {"rubric": "rubric", "principles": "seed_principles"}
"""Prompts that others show, by the placeholder they show them at."""

PROMPT_NAMES: tuple[str, ...] = tuple(_PLACEHOLDERS)
"""The prompts there are; each is a file of that name with the ending `.md`."""

_PLACEHOLDER = re.compile(r"\{\{\s*([^{}\n]*?)\s*\}\}")
_MATERIAL_LINE = re.compile(r"^[ \t]*\{\{\s*material\s*\}\}[ \t]*$", re.MULTILINE)
_RUBRIC_HEADING = re.compile(r"^## +(\S+)[ \t]*$", re.MULTILINE)

_SCENARIOS: Mapping[str, str] = {
    "unclear_cognition": "the user does not know exactly what they want and finds out by asking.",
    "repeated_attempts": "an answer did not satisfy, so the user asks again, more precisely.",
    "stepwise_regression": "the task is complex, and the user takes it step by step.",
    "exploratory_or_companion_like_interaction": (
        "the user explores a subject out of curiosity or for company."
    ),
    "crossmodal_interaction": "what is said and what is shown have to be brought together.",
}


@dataclass(frozen=True, slots=True)
class Prompts:
    """The templates in force.

    Attributes:
        texts: Template texts by name (`PROMPT_NAMES`).
        rules: The part of the rubric that holds for every dimension.
        anchors: The rubric's section of each dimension, by key.
    """

    texts: Mapping[str, str]
    rules: str
    anchors: Mapping[str, str]

    def hash(self, name: str) -> str:
        """The content hash of a prompt: 32 hex characters.

        It covers the template and the prompts that the template shows.
        """
        shown = [
            self.texts[other]
            for placeholder, other in _SHOWN_IN_OTHERS.items()
            if placeholder in _PLACEHOLDERS[name]
        ]
        return _hash(self.texts[name], "\n".join(shown))

    def rubric(self, dimensions: Sequence[str]) -> str:
        """The general rules and the anchors of the named dimensions, in that order.

        Names without anchors, such as `overall`, are left out.
        """
        found = (find_dimension(name) for name in dimensions)
        sections = [self.anchors[d.key] for d in found if d is not None]
        return "\n\n".join([self.rules, *sections])


@cache
def _hash(text: str, shown: str) -> str:
    return content_id("prompt", text, shown)


def load_prompts(directory: Path | None = None) -> Prompts:
    """The prompts of the package, overridden by files in `directory`.

    A file `NAME.md` there replaces the prompt NAME; the others stay.

    Raises:
        ConfigError: The folder or a file cannot be read, a file has no prompt's name, or a
            template names an unknown placeholder or lacks one it needs.
    """
    overrides = _override_files(directory) if directory is not None else {}
    package = resources.files("intermt.domain").joinpath("prompts")
    texts: dict[str, str] = {}
    for name in PROMPT_NAMES:
        override = overrides.get(name)
        source = override if override is not None else package.joinpath(f"{name}.md")
        try:
            text = source.read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(
                f"cannot read the prompt {name!r}: {error}", where=str(source)
            ) from error
        _check_placeholders(name, text, str(source))
        texts[name] = text
    rules, anchors = _read_rubric(texts["rubric"], str(overrides.get("rubric", "rubric.md")))
    return Prompts(texts, rules, anchors)


def _override_files(directory: Path) -> dict[str, Path]:
    try:
        files = sorted(p for p in directory.iterdir() if p.suffix == ".md")
    except OSError as error:
        raise ConfigError(
            f"cannot read the folder of prompts: {error.strerror}", where=str(directory)
        ) from error
    # A misspelt override would otherwise be passed over in silence.
    for file in files:
        if file.stem not in _PLACEHOLDERS:
            raise ConfigError(
                f"no prompt is called {file.stem!r}",
                where=str(file),
                todo=f"name the file after one of {', '.join(PROMPT_NAMES)}",
            )
    return {file.stem: file for file in files}


def _check_placeholders(name: str, text: str, where: str) -> None:
    expected = _PLACEHOLDERS[name]
    found = {m[1] for m in _PLACEHOLDER.finditer(text)}
    if unknown := sorted(found - expected):
        known = ", ".join(f"{{{{{p}}}}}" for p in sorted(expected)) or "no placeholder"
        raise ConfigError(
            f"the prompt {name!r} names the unknown placeholder {{{{{unknown[0]}}}}}",
            where=where,
            todo=f"it may use {known}",
        )
    if lacking := sorted(expected - found):
        raise ConfigError(
            f"the prompt {name!r} lacks the placeholder {{{{{lacking[0]}}}}}",
            where=where,
            todo="without it the model would not see what it is about",
        )
    if "material" in expected and len(_MATERIAL_LINE.findall(text)) != 1:
        raise ConfigError(
            f"the prompt {name!r} does not have {{{{material}}}} once, on a line of its own",
            where=where,
            todo="what stands above that line is the system message, what stands below ends it",
        )


def _read_rubric(text: str, where: str) -> tuple[str, dict[str, str]]:
    """The general rules and the section of each dimension."""
    headings = list(_RUBRIC_HEADING.finditer(text))
    ends = [h.start() for h in headings[1:]] + [len(text)]
    anchors: dict[str, str] = {}
    for heading, end in zip(headings, ends, strict=False):
        dimension = find_dimension(heading[1])
        if dimension is None or dimension.key in anchors:
            raise ConfigError(
                f"the rubric's heading {heading[1]!r} names no dimension or one a second time",
                where=where,
            )
        body = text[heading.end() : end].strip()
        anchors[dimension.key] = f"## {dimension.key}\n{body}"
    if missing := [d.key for d in DIMENSIONS if d.key not in anchors]:
        raise ConfigError(
            f"the rubric has no section for {missing[0]!r}",
            where=where,
            todo=f"add a heading `## {missing[0]}` with its anchors",
        )
    return text[: headings[0].start()].strip(), anchors


# --- builders ----------------------------------------------------------------------------


def answer_messages(prompts: Prompts, history: Sequence[Message]) -> tuple[Message, ...]:
    """The messages that ask for the next answer.

    Pictures of earlier answers move into the user message that follows them, announced by a
    line; in the answer itself their tags stay as text.

    Args:
        prompts: The templates.
        history: Messages of both sides so far; the last is the user's.

    Raises:
        ValueError: The last message is not the user's.
    """
    if not history or history[-1].role != "user":
        raise ValueError("an answer follows a user message")
    messages = [_system(prompts.texts["answer_system"])]
    pictures: list[Part] = []
    for message in history:
        if message.role == "assistant":
            messages.append(Message("assistant", (TextPart(text_of(message.parts)),)))
            pictures = [shown(p) for p in message.parts if isinstance(p, ImagePart)]
        else:
            note = [TextPart("[Pictures shown with your previous answer, in order:]"), *pictures]
            own = [q for p in message.parts for q in tagged(p)]
            messages.append(Message(message.role, (*(note if pictures else ()), *own)))
            pictures = []
    return tuple(messages)


def follow_up_messages(
    prompts: Prompts, history: Sequence[Message], intention: str | None, scenario: str | None
) -> tuple[Message, ...]:
    """The messages that ask the simulated user for the next message, or `END_MARKER`.

    Args:
        prompts: The templates.
        history: The conversation so far; the last message is the assistant's.
        intention: What the user really wants; None leaves it to the conversation.
        scenario: One of `records.SCENARIOS`, or None.
    """
    fence = fence_for(history)
    return filled_messages(
        prompts.texts["follow_up"],
        conversation_parts(history, fence),
        {
            "fence": fence,
            "intention": intention or "what the user's first message asks for.",
            "scenario": _SCENARIOS.get(scenario or "", "not known for this conversation."),
            "end_marker": END_MARKER,
        },
    )


def _system(text: str) -> Message:
    return Message("system", (TextPart(text),))


def filled_messages(
    template: str, material: Iterable[Part], values: Mapping[str, str]
) -> tuple[Message, ...]:
    """System message and user message of a template with its placeholders filled in.

    Args:
        template: With `{{material}}` once, on a line of its own.
        material: What stands there.
        values: What stands at every other placeholder.
    """
    above, below = (filled_text(side, values) for side in _MATERIAL_LINE.split(template))
    user = (*material, TextPart(below))
    return _system(above), Message("user", on_lines(user))


def filled_text(template: str, values: Mapping[str, str]) -> str:
    """A template without material with its placeholders filled in."""
    # In one pass, so that a value with braces in it is never filled again.
    return _PLACEHOLDER.sub(lambda m: values[m[1]], template).strip()


def reply_format(fields: Mapping[str, str], with_reason: bool, what: str) -> str:
    """What a prompt says about the form of the reply: one JSON object.

    Args:
        fields: What stands at each name.
        with_reason: Whether a reason comes first.
        what: What follows from the reason, in words.
    """
    entries = [f'"{name}": {value}' for name, value in fields.items()]
    if with_reason:
        entries.insert(0, '"reason": "<at most 120 words>"')
    rule = f" Write the reason first and let {what} follow from it." if with_reason else ""
    return (
        f"Reply with exactly one JSON object of this form and nothing else.{rule}\n"
        f"{{{', '.join(entries)}}}"
    )
