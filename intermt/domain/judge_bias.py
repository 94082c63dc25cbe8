"""What moves a judge apart from quality: high scores, length, pictures, its own family.

Every figure stands beside people's judgement of the same items, for long answers may well be
better ones. Position is among the figures of pairs (`first_slot`, `consistency`).
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from intermt.dimensions import BY_KEY, OVERALL
from intermt.domain.benchmark import NONE, ScoreRow, mean_of
from intermt.domain.figures import Case, Evidence
from intermt.domain.measures import GroupGap, Mean, Measure, PartialPearson, Pearson
from intermt.domain.pair_outcomes import PairRow

SCORE_BIAS: dict[str, Measure] = {
    "top_share": Mean(is_share=True),
    "human_top_share": Mean(is_share=True),
    "top_share_gap": Mean(),
    "score_gap": Mean(),
    "length_r": PartialPearson(("the judge", "length", "people")),
    "pictures_r": PartialPearson(("the judge", "the number of pictures", "people")),
    "reason_length_r": Pearson(("the judge", "the length of its reasons")),
    "own_family_gap": GroupGap(("answer of its own family", "answer of another family")),
}
"""Bias in scores."""

_TRAITS = ("longer", "more_pictures", "own_family")

PAIR_BIAS: dict[str, Measure] = {
    name: measure
    for trait in _TRAITS
    for name, measure in (
        (f"{trait}_rate", Mean(is_share=True)),
        (f"human_{trait}_rate", Mean(is_share=True)),
        (f"{trait}_preference", Mean()),
    )
}
"""Bias in pairs: how often the judge chooses the longer candidate, how often people do, and the
difference; likewise the one with more pictures and the one of the judge's family."""

_ALIASES = {
    "o": "gpt",
    "chatgpt": "gpt",
    "qwq": "qwen",
    "qvq": "qwen",
    "mixtral": "mistral",
    "ministral": "mistral",
    "pixtral": "mistral",
    "magistral": "mistral",
}


@dataclass(frozen=True, slots=True)
class Traits:
    """What an answer or conversation is like, quality apart.

    Attributes:
        length: Characters of the answers' text.
        n_pictures: Pictures in the answers.
        families: Families of the models that wrote the answers; "" for one not known.
    """

    length: int
    n_pictures: int
    families: frozenset[str]

    def is_of(self, family: str) -> bool | None:
        """Whether a family wrote all of it; None where it wrote some, or nobody knows."""
        if "" in self.families or not self.families:
            return None
        if family not in self.families:
            return False
        return True if len(self.families) == 1 else None


@dataclass(frozen=True, slots=True)
class ReasonRow:
    """One reply that scores an item with a reason.

    Attributes:
        dimension: A dimension key or `overall`.
        cluster: The seed question.
        score: The number stated.
        reason_length: Characters of the reason.
        item: The reply, by a name that is equal for all judges.
    """

    dimension: str
    cluster: str
    score: float
    reason_length: int
    item: str = ""


def model_family(model: str | None) -> str:
    """The family that a model's name begins with, as in `qwen`; "" where it says none.

    >>> model_family("Qwen/Qwen2.5-VL-72B-Instruct"), model_family("o4-mini")
    ('qwen', 'gpt')
    """
    name = (model or "").rstrip("/").rsplit("/", 1)[-1].lower()
    found = re.match(r"[^\W\d_]+", name)
    word = found.group() if found else ""
    return _ALIASES.get(word, word)


def reason_length(reply: str) -> int | None:
    """Characters of the reason in a reply; None where it gives none.

    Of a JSON object the text under `reason`; of any other reply everything, since reason and
    verdict cannot be told apart there.
    """
    try:
        said = json.loads(reply)
    except (ValueError, RecursionError):
        return len(reply.strip()) or None
    reason = said.get("reason") if isinstance(said, dict) else None
    return len(reason.strip()) if isinstance(reason, str) and reason.strip() else None


def score_bias_evidence(
    rows: Iterable[ScoreRow],
    traits: Mapping[str, Traits],
    reasons: Sequence[ReasonRow],
    family: str,
) -> dict[str, Evidence]:
    """What the bias in scores rests on; items without a human score are left out.

    top_share, human_top_share, top_share_gap: the share of the judge's replies with the highest
    score, of people's scores, and the difference, item by item.
    score_gap: the judge's mean score less people's.
    length_r, pictures_r: partial correlation of the judge's number with log(1 + characters), or
    the number of pictures, people's score held fixed.
    reason_length_r: correlation over replies of the score with log(1 + characters of reason).
    own_family_gap: the judge's score less people's, on answers of its own family, less the same
    on others.

    Args:
        rows: The items.
        traits: By `item`.
        reasons: The replies with a reason.
        family: The judge's own, see `model_family`; "" where it is not known.
    """
    cases: dict[str, dict[str, list[Case]]] = {name: {} for name in SCORE_BIAS}
    seen: dict[str, None] = {}
    for row in rows:
        if row.human:
            seen.setdefault(row.dimension)
            for name, case in _score_cases(row, traits.get(row.item), family):
                cases[name].setdefault(row.dimension, []).append(case)
    for reason in reasons:
        values = (reason.score, math.log1p(reason.reason_length))
        case = Case(reason.cluster, 1, 1, values, reason.item)
        cases["reason_length_r"].setdefault(reason.dimension, []).append(case)
    notes = {
        "reason_length_r": {} if reasons else dict.fromkeys(seen, _NO_REASONS),
        "own_family_gap": {} if family else dict.fromkeys(seen, _NO_FAMILY),
    }
    return {
        name: Evidence(measure, cases[name], notes.get(name, {}))
        for name, measure in SCORE_BIAS.items()
    }


def pair_bias_evidence(
    rows: Iterable[PairRow], sides: Mapping[str, tuple[Traits, Traits]], family: str
) -> dict[str, Evidence]:
    """What the bias in pairs rests on: pairs in which just one candidate has the trait.

    The share of the judge's choices for that candidate, ties apart, of people's choices, and
    the difference, pair by pair; only pairs on which both chose a candidate.

    Args:
        rows: The pairs.
        sides: What a and b are like, by `item`.
        family: The judge's own, see `model_family`; "" where it is not known.
    """
    cases: dict[str, dict[str, list[Case]]] = {name: {} for name in PAIR_BIAS}
    seen: dict[str, None] = {}
    for row in rows:
        if not row.human:
            continue
        if row.dimension not in seen:
            seen[row.dimension] = None
            for found in cases.values():
                found[row.dimension] = []
        if row.item not in sides:
            continue
        for trait, side in _having(*sides[row.item], family):
            for name, case in _pair_cases(row, trait, side):
                cases[name][row.dimension].append(case)
    notes = {} if family else dict.fromkeys(seen, _NO_FAMILY)
    return {
        name: Evidence(measure, cases[name], notes if "own_family" in name else {})
        for name, measure in PAIR_BIAS.items()
    }


# --- inside ------------------------------------------------------------------------------

_NO_REASONS = "its replies give no reason"
_NO_FAMILY = "which model judged is not known"


def _score_cases(row: ScoreRow, traits: Traits | None, family: str) -> Iterable[tuple[str, Case]]:
    numbers, people = row.numbers, mean_of(row.human)
    counts = (row.cluster, len(row.replies), len(numbers))
    if row.dimension != OVERALL:
        top = BY_KEY[row.dimension].highest
        stated = [score for score in row.replies if score is not None]
        on_scale = (row.cluster, len(row.replies), len(stated))
        share = mean_of([float(score == top) for score in stated])
        human = mean_of([float(score == top) for score in row.human]) if stated else NONE
        yield "top_share", Case(*on_scale, (share,), row.item)
        yield "human_top_share", Case(*on_scale, (human,), row.item)
        yield "top_share_gap", Case(*on_scale, (share - human,), row.item)
        yield "score_gap", Case(*on_scale, (mean_of(stated) - people,), row.item)
    if traits is None:
        return
    said = mean_of(numbers)
    lengths, pictures = math.log1p(traits.length), float(traits.n_pictures)
    yield "length_r", Case(*counts, (said, lengths, people), row.item)
    yield "pictures_r", Case(*counts, (said, pictures, people), row.item)
    own = traits.is_of(family) if family else None
    if own is not None and row.dimension != OVERALL:
        yield "own_family_gap", Case(*counts, (float(own), said - people), row.item)


def _having(a: Traits, b: Traits, family: str) -> Iterable[tuple[str, Literal["a", "b"]]]:
    """The traits that one candidate alone has, and which one."""
    if a.length != b.length:
        yield "longer", "a" if a.length > b.length else "b"
    if a.n_pictures != b.n_pictures:
        yield "more_pictures", "a" if a.n_pictures > b.n_pictures else "b"
    own_a, own_b = (side.is_of(family) if family else None for side in (a, b))
    if own_a is not None and own_b is not None and own_a != own_b:
        yield "own_family", "a" if own_a else "b"


def _pair_cases(row: PairRow, trait: str, side: Literal["a", "b"]) -> Iterable[tuple[str, Case]]:
    said = [reply.choice for reply in row.replies if reply.choice is not None]
    judge = [float(choice == side) for choice in said if choice != "tie"]
    people = [float(choice == side) for choice in row.human if choice != "tie"]
    both = bool(judge and people)
    counts = (row.cluster, len(row.replies), len(said))
    rate, human = (mean_of(shares) if both else NONE for shares in (judge, people))
    yield f"{trait}_rate", Case(*counts, (rate,), row.item)
    yield f"human_{trait}_rate", Case(*counts, (human,), row.item)
    yield f"{trait}_preference", Case(*counts, (rate - human,), row.item)
