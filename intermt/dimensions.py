"""The nine InterMT dimensions: key, id, level, scale and accepted spellings."""

from __future__ import annotations

from dataclasses import dataclass
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
    """

    id: str
    key: str
    level: Level
    lowest: int = 0
    highest: int = 3
    aliases: tuple[str, ...] = ()

    def allows(self, score: int) -> bool:
        """Whether a score lies on this dimension's scale."""
        return self.lowest <= score <= self.highest


DIMENSIONS: tuple[Dimension, ...] = (
    Dimension("L1", "local_image_text_consistency", "local"),
    Dimension("L2", "visual_perceptual_quality", "local", aliases=("perceptual_quality",)),
    Dimension("L3", "context_coherence", "local", aliases=("contextual_coherence",)),
    Dimension("L4", "text_quality", "local"),
    Dimension("G1", "context_awareness", "global"),
    Dimension("G2", "helpfulness", "global", aliases=("helpfulness_and_completeness",)),
    Dimension("G3", "crucial_step_recognition", "global"),
    Dimension("G4", "global_image_text_consistency", "global"),
    # -1 says that pictures were required and none was made.
    Dimension("G5", "style_coherence", "global", lowest=-1, aliases=("visual_style_coherence",)),
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


def dimensions_of(level: Level) -> tuple[Dimension, ...]:
    """The dimensions of one level, in the order of their ids."""
    return tuple(d for d in DIMENSIONS if d.level == level)
