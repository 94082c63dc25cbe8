"""How a simulated judge comes to its verdicts: latent quality, noise and a liking for A."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from intermt.dimensions import Dimension
from intermt.simulator.dice import Dice
from intermt.simulator.prompt_reading import compared, judged_quality

# Scores lean high: a latent quality in the middle already gives a 3.
_LEAST_FOR_SCORE = (0.0, 0.12, 0.3)
_TIE_WITHIN = 0.04
_GRADE_BASE = 0.5


@dataclass(frozen=True, slots=True)
class Judge:
    """A simulated judge before one request.

    Attributes:
        text: All text of the request; what is to be judged is looked for in it.
        dice: Of this request and choice.
        noise: See `Simulator.judge_noise`.
        position_bias: See `Simulator.position_bias`.
        has_pictures: Whether the request carries pictures.
    """

    text: str
    dice: Dice
    noise: float
    position_bias: float
    has_pictures: bool

    def score(self, dimension: Dimension) -> int:
        """A score on the dimension's scale."""
        seen = self._see(judged_quality(self.text, last=dimension.level == "local"), dimension.key)
        if dimension.lowest < 0 and not self.has_pictures and seen < _LEAST_FOR_SCORE[1]:
            return dimension.lowest
        return sum(seen > least for least in _LEAST_FOR_SCORE)

    def grade(self) -> int:
        """A grade from 1 to 5."""
        seen = _GRADE_BASE + 0.5 * self._see(judged_quality(self.text, last=True), "grade")
        return 1 + round(4 * min(max(seen, 0.0), 1.0))

    def prefer(self, name: str, *, ties: bool) -> Literal["a", "b", "tie"]:
        """Which of the two candidates is better on what `name` names."""
        found = compared(self.text)
        lead = self.noise * 2**0.5 * self.dice.normal("preference", name)
        if found is None:
            # Nothing to compare: an even choice, but for the liking for A.
            lead = self.dice.unit("preference", name) - 0.5 + self.position_bias
        else:
            a, b, a_is_first = found
            lead += a - b
            lead += self.position_bias if a_is_first else -self.position_bias
        if ties and abs(lead) < _TIE_WITHIN:
            return "tie"
        return "a" if lead > 0 else "b"

    def _see(self, latent: float, name: str) -> float:
        return latent + self.noise * self.dice.normal("see", name)
