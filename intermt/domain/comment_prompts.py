"""What a model is asked for that is to criticise an answer, or to say how it should change."""

from __future__ import annotations

from intermt.dimensions import OVERALL, Level
from intermt.domain.prompts import Prompts, filled_text
from intermt.records import FeedbackKind


def prompt_name(kind: FeedbackKind, level: Level) -> str:
    """The prompt for texts of a kind on an answer (local) or a conversation (global)."""
    return f"{kind}_{level}"


def request_text(prompts: Prompts, kind: FeedbackKind, level: Level, dimension: str | None) -> str:
    """The user's last message; `overall` stands for no one dimension."""
    template = prompts.texts[prompt_name(kind, level)]
    return filled_text(template, {"dimension": dimension or OVERALL})
