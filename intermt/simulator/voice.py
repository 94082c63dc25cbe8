"""What a simulated model puts into the places a JSON schema leaves open, or says freely."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from intermt.dimensions import DIMENSIONS, OVERALL, Dimension, find_dimension
from intermt.simulator import phrases
from intermt.simulator.dice import Dice
from intermt.simulator.judging import Judge
from intermt.simulator.prompt_reading import compared, outside_fences
from intermt.simulator.schema import Path
from intermt.simulator.wire import MARK

_TIES = frozenset({"tie", "equal", "same", "neither", "both"})
_YES = 0.85

# What a text is, by a piece of the name of its property; the first that fits counts.
_REASONS = (
    "reason",
    "rationale",
    "explan",
    "justif",
    "why",
    "critique",
    "comment",
    "feedback",
    "refine",
    "analysis",
    "evidence",
)
_QUESTIONS = ("question", "follow", "prompt", "message", "rewrit")
_CAPTIONS = ("caption", "instruction", "picture", "image", "query", "descri")
_STEPS = ("step",)


@dataclass(frozen=True, slots=True)
class SimulatedVoice:
    """Fills schemas so that they read as if a model had: verdicts with signal, marked texts.

    Attributes:
        topic: What texts are about.
        dice: Of this request and choice.
        judge: Gives scores, grades and preferences.
    """

    topic: str
    dice: Dice
    judge: Judge

    def choose(self, path: Path, options: Sequence[Any]) -> Any:
        """A preference where the options are A and B, else any option."""
        named = {o.casefold(): o for o in options if isinstance(o, str)}
        if "a" in named and "b" in named:
            tie = next((named[name] for name in named if name in _TIES), None)
            choice = self.judge.prefer(_dimension_name(path), ties=tie is not None)
            return tie if choice == "tie" else named[choice]
        if all(isinstance(o, int) and not isinstance(o, bool) for o in options):
            wanted = self.whole(path, min(options), max(options))
            return min(options, key=lambda option: abs(option - wanted))
        return self.dice.pick(options, "choose", *path)

    def whole(self, path: Path, low: int, high: int) -> int:
        """A score or grade where the path names one, else any number in the range."""
        if path and path[-1] == "alternative":
            # Null usually stands last and means that there is nothing to say.
            return low if self.dice.chance(_YES, "alternative", *path) else high
        if (dimension := _dimension(path)) is not None:
            score = self.judge.score(dimension)
            if low <= dimension.lowest and dimension.highest <= high:
                return score
            share = max(score, 0) / dimension.highest
            return low + round(share * (high - low))
        if "grade" in _name(path):
            return min(max(self.judge.grade(), low), high)
        return self.dice.integer(low, high, "whole", *path)

    def fraction(self, path: Path) -> float:
        """Any number from 0 to 1."""
        return self.dice.unit("fraction", *path)

    def words(self, path: Path) -> str:
        """A marked text of the kind that the property's name asks for."""
        name = _name(path)
        own = Dice.of(self.dice.key.hex(), *path)
        if any(piece in name for piece in _REASONS):
            return phrases.reason(own)
        if any(piece in name for piece in _QUESTIONS):
            return phrases.follow_up(self.topic, own)
        if any(piece in name for piece in _CAPTIONS):
            return MARK + phrases.caption(self.topic, own)
        if any(piece in name for piece in _STEPS):
            steps = phrases.steps(self.topic, self.dice)
            number = next((part for part in reversed(path) if isinstance(part, int)), 0)
            return MARK + steps[number % len(steps)]
        return phrases.answer(self.topic, own, pictures=False)

    def flag(self, path: Path) -> bool:
        """Mostly yes, so that simulated filters let most things through."""
        return self.dice.chance(_YES, "flag", *path)


def verdict(text: str, judge: Judge) -> dict[str, Any]:
    """What a judge says without a schema on every dimension that a prompt names by its key.

    Scores by dimension, or preferences where the prompt shows two candidates, after a
    reason.
    """
    said: dict[str, Any] = {"reason": phrases.reason(judge.dice)}
    named = named_dimensions(outside_fences(text))
    if compared(text) is None:
        return said | {dimension.key: judge.score(dimension) for dimension in named}
    names = [*(dimension.key for dimension in named), OVERALL]
    return said | {name: judge.prefer(name, ties=False).upper() for name in names}


def named_dimensions(text: str) -> list[Dimension]:
    """The dimensions whose keys stand in a text."""
    return [
        dimension
        for dimension in DIMENSIONS
        if dimension.key in text and ("_" in dimension.key or f'"{dimension.key}"' in text)
    ]


def _name(path: Path) -> str:
    return next((part.casefold() for part in reversed(path) if isinstance(part, str)), "")


def _dimension(path: Path) -> Dimension | None:
    names = (part for part in reversed(path) if isinstance(part, str))
    return next((d for d in map(find_dimension, names) if d is not None), None)


def _dimension_name(path: Path) -> str:
    dimension = _dimension(path)
    return _name(path) if dimension is None else dimension.key
