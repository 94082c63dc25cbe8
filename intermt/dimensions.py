"""The nine InterMT dimensions: key, id, level, scale and accepted spellings."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Literal

Level = Literal["local", "global"]
LEVELS: tuple[Level, ...] = ("local", "global")

OVERALL = "overall"
"""The vote over everything; not one of the nine dimensions, never scored."""


@dataclass(frozen=True, slots=True)
class Dimension:
    """One quality that people score.

    Attributes:
        id: L1 to L4 (one turn) or G1 to G5 (a whole conversation).
        key: The name used in flags, columns and files.
        level: `local` (a turn) or `global` (a conversation).
        lowest: Lowest score; 0, and -1 for style_coherence alone.
        highest: Highest score, 3, the best.
        aliases: Other spellings accepted on input.
        name: What people read.
        help: What it asks of people, in a sentence or two.
        scale: What each score means, from the lowest on.
    """

    id: str
    key: str
    level: Level
    lowest: int = 0
    highest: int = 3
    aliases: tuple[str, ...] = ()
    name: str = ""
    help: str = ""
    scale: tuple[str, ...] = ()

    @property
    def scores(self) -> range:
        """The scores on this dimension's scale, from the lowest on."""
        return range(self.lowest, self.highest + 1)

    def allows(self, score: int) -> bool:
        """Whether a score lies on this dimension's scale."""
        return self.lowest <= score <= self.highest


DIMENSIONS: tuple[Dimension, ...] = (
    Dimension(
        "L1",
        "local_image_text_consistency",
        "local",
        name="Image-text consistency",
        help="Do the text and the pictures of this answer say the same thing? A picture that was"
        " needed and never made counts against it. If the answer only analyses, compare its text"
        " with the user's picture.",
        scale=(
            "They contradict each other, or a needed picture was never made.",
            "The subject matches; something central is different or invented.",
            "They agree, except in details that change nothing.",
            "Everything that can be checked against the picture is right.",
        ),
    ),
    Dimension(
        "L2",
        "visual_perceptual_quality",
        "local",
        aliases=("perceptual_quality",),
        name="Picture quality",
        help="Does the picture of this answer look natural: shapes, light, edges, lettering? If the"
        " answer has no picture, look at the user's. What it shows is not asked here.",
        scale=(
            "Broken: it cannot be recognised, or defects dominate.",
            "Recognisable, with defects that one sees at once.",
            "Clean at first sight, small defects close up.",
            "No defect to be seen, even close up.",
        ),
    ),
    Dimension(
        "L3",
        "context_coherence",
        "local",
        aliases=("contextual_coherence",),
        name="Fit with the dialogue",
        help="Does this answer follow from the dialogue so far: take up what was just said, keep to"
        " what was agreed, contradict nothing?",
        scale=(
            "It ignores or contradicts the dialogue.",
            "On topic, but it misses or contradicts something that matters now.",
            "It follows, with a small slip or a needless repetition.",
            "It takes up everything that matters and contradicts nothing.",
        ),
    ),
    Dimension(
        "L4",
        "text_quality",
        "local",
        name="Text quality",
        help="Is the text correct, clear and well ordered, without padding?",
        scale=(
            "Wrong in the main point, unreadable or empty.",
            "Understandable; errors or disorder get in the way.",
            "Correct and clear, with padding, vagueness or minor mistakes.",
            "Correct, precise, in good order, not a sentence too many.",
        ),
    ),
    Dimension(
        "G1",
        "context_awareness",
        "global",
        name="Memory of the conversation",
        help="Over the whole conversation: is what was said and shown earlier remembered and used?",
        scale=(
            "Every turn is answered as if it stood alone.",
            "Recent turns are used; earlier facts or wishes get lost or mixed up.",
            "The history is used throughout, with one slip of little weight.",
            "Whatever matters later is remembered and used rightly.",
        ),
    ),
    Dimension(
        "G2",
        "helpfulness",
        "global",
        aliases=("helpfulness_and_completeness",),
        name="Helpfulness and completeness",
        help="Over the whole conversation: were the instructions followed, and was the task brought"
        " to its end?",
        scale=(
            "The user is no further than before, or was misled.",
            "Parts are done; a main wish is unmet.",
            "Done, with gaps that the user has to fill.",
            "All that was asked for is there, complete and usable.",
        ),
    ),
    Dimension(
        "G3",
        "crucial_step_recognition",
        "global",
        name="Decisive steps",
        help="Were the steps on which success hangs recognised, done, and done in an order that"
        " works, without being led astray?",
        scale=(
            "The decisive steps were missed.",
            "Some were recognised; one that matters is missing, wrong or too late.",
            "All were done, with a detour or in a loose order.",
            "All were recognised and done in the right order.",
        ),
    ),
    Dimension(
        "G4",
        "global_image_text_consistency",
        "global",
        name="Image-text consistency over all turns",
        help="Over all turns: do pictures and text fit each other, and is a picture there whenever"
        " one was needed?",
        scale=(
            "They contradict each other again and again, or needed pictures were never made.",
            "Several turns do not match or lack a needed picture.",
            "One turn does not match in a detail.",
            "They agree in all turns and no picture is lacking.",
        ),
    ),
    Dimension(
        "G5",
        "style_coherence",
        "global",
        lowest=-1,
        aliases=("visual_style_coherence",),
        name="Style across pictures",
        help="Do subject and style stay the same across the pictures, except where the user asked"
        " for a change? -1 is for one case alone: pictures were required and none was made. Where"
        " only one turn has a picture, give 3.",
        scale=(
            "Pictures were required and not one was made.",
            "The pictures could be from different conversations.",
            "The subject can be followed; its style or identity jumps.",
            "The same throughout, with small drifts.",
            "The same throughout, or only one turn has a picture.",
        ),
    ),
)

BY_KEY: dict[str, Dimension] = {d.key: d for d in DIMENSIONS}

_SPELLINGS: dict[str, Dimension] = {
    spelling.lower(): d for d in DIMENSIONS for spelling in (d.id, d.key, *d.aliases)
}


def find_dimension(name: str) -> Dimension | None:
    """The dimension a name means, or None.

    Accepts the key, the id and the aliases in any case, with spaces or hyphens for
    underscores: `find_dimension("Text Quality")`, `"L4"`, `"text-quality"`.
    """
    return _SPELLINGS.get(name.strip().lower().replace(" ", "_").replace("-", "_"))


@cache
def dimensions_of(level: Level) -> tuple[Dimension, ...]:
    """The dimensions of one level, in the order of their ids."""
    return tuple(d for d in DIMENSIONS if d.level == level)
