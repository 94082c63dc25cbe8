"""Invented annotators: votes on answers by place, all of it from hashes.

An answer has a hidden quality per dimension; an annotator sees it through noise of their
own, shifts it by their severity and calls small differences a tie. Nothing is drawn from a
running generator, so one more seed question leaves all other votes as they are.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from statistics import NormalDist, fmean

from intermt.dimensions import OVERALL, dimensions_of
from intermt.sample.rationales import CHOSEN, EVEN, FAULTS, WISHES

COLUMNS = (
    "task",
    "seed",
    "answer_a",
    "answer_b",
    "level",
    "dimension",
    "rater",
    "role",
    "kind",
    "choice",
    "score_a",
    "score_b",
    "shown_first",
    "rated_at",
    "rationale",
    "critique_a",
    "critique_b",
    "refinement_a",
    "refinement_b",
)

_KEYS = tuple(d.key for d in dimensions_of("local"))
_START = datetime(2026, 3, 2, 9, 0)
_NO_REMARKS = dict.fromkeys(("critique_a", "critique_b", "refinement_a", "refinement_b"), "")


@dataclass(frozen=True, slots=True)
class Annotator:
    """The habits of one invented rater.

    Attributes:
        name: As in the votes file.
        role: `annotator` or `verifier`.
        severity: Added to what they see before they round to a score.
        noise: Standard deviation of what they see of one dimension.
        tie_band: Differences up to this are a tie.
        first_bonus: What the answer shown first gains.
        slip: Probability of a score that is one off.
        talks: Probability of a rationale for the overall choice, and of remarks on an answer.
    """

    name: str
    role: str
    severity: float
    noise: float
    tie_band: float
    first_bonus: float = 0.0
    slip: float = 0.03
    talks: float = 0.25


ANNOTATORS = (
    Annotator("annotator-A", "annotator", severity=0.1, noise=0.35, tie_band=0.12, talks=0.4),
    Annotator("annotator-B", "annotator", severity=-0.6, noise=0.45, tie_band=0.06),
    Annotator("annotator-C", "annotator", severity=0.5, noise=0.40, tie_band=0.28),
    Annotator("annotator-D", "annotator", severity=0.0, noise=0.55, tie_band=0.10, talks=0.35),
    Annotator(
        "annotator-E",
        "annotator",
        severity=0.3,
        noise=1.5,
        tie_band=0.2,
        first_bonus=0.35,
        slip=0.15,
        talks=0.08,
    ),
)
VERIFIER = Annotator(
    "verifier-V", "verifier", severity=-0.1, noise=0.2, tie_band=0.08, slip=0.01, talks=0.6
)


def votes_csv(seeds: Path) -> str:
    """The whole votes file for the seed questions of a file."""
    out = io.StringIO()
    writer = csv.DictWriter(out, COLUMNS, lineterminator="\n")
    writer.writeheader()
    with seeds.open(encoding="utf-8") as lines:
        ids = [json.loads(line)["id"] for line in lines]
    pairs = [(seed, place) for seed in ids for place in _questions(seed)]
    for annotator in (*ANNOTATORS, VERIFIER):
        mine = [pair for pair in pairs if annotator in _raters(*pair)]
        for number, (seed, place) in enumerate(mine):
            writer.writerows(_rows(annotator, seed, place, _time(annotator, number)))
    return out.getvalue()


def _questions(seed: str) -> tuple[str, ...]:
    """Places of the questions whose two answers are compared: all of two turns, two of four."""
    third = [f"1{branch}.1{'ab'[_uniform(seed, branch, 'third turn') < 0.5]}.1" for branch in "ab"]
    return ("1", "1a.1", "1b.1", *third)


def _raters(seed: str, place: str) -> list[Annotator]:
    """Three to five annotators, and for a third of the pairs the verifier."""
    ordered = sorted(ANNOTATORS, key=lambda a: _uniform(seed, place, a.name, "turn up"))
    overlap = _uniform(seed, place, "overlap")
    chosen = ordered[: 3 if overlap < 0.3 else 4 if overlap < 0.7 else 5]
    if _uniform(seed, place, "verified") < 1 / 3:
        chosen.append(VERIFIER)
    return chosen


def _rows(
    annotator: Annotator, seed: str, question: str, time: datetime
) -> Iterator[Mapping[str, object]]:
    """One row a dimension, the overall choice last."""
    shown_first = "A" if _uniform(annotator.name, seed, question, "order") < 0.5 else "B"
    seen = {
        side: _seen(annotator, seed, question + side.lower(), shown_first == side)
        for side in ("A", "B")
    }
    gaps = {key: seen["A"][key] - seen["B"][key] for key in (*_KEYS, OVERALL)}
    for step, (key, gap) in enumerate(gaps.items()):
        choice = "tie" if abs(gap) <= annotator.tie_band else "A" if gap > 0 else "B"
        scores = {
            f"score_{side.lower()}": ""
            if key == OVERALL
            else _score(annotator, seen[side][key], (seed, question, side, key))
            for side in ("A", "B")
        }
        yield {
            "task": f"{seed}/{question}",
            "seed": seed,
            "answer_a": question + "a",
            "answer_b": question + "b",
            "level": "local",
            "dimension": key,
            "rater": annotator.name,
            "role": annotator.role,
            "kind": "synthetic",
            "choice": choice,
            **scores,
            "shown_first": shown_first,
            "rated_at": (time + timedelta(seconds=25 * step)).isoformat(),
            "rationale": _rationale(annotator, choice, key, gaps, (seed, question)),
            **(_remarks(annotator, seen, (seed, question)) if key == OVERALL else _NO_REMARKS),
        }


def _seen(annotator: Annotator, seed: str, place: str, shown_first: bool) -> Mapping[str, float]:
    """What one rater sees of an answer, per dimension and overall."""
    bonus = annotator.first_bonus if shown_first else 0.0
    general = _normal(seed, place, "quality")
    seen = {}
    for key in _KEYS:
        quality = 1.75 + 0.7 * general + 0.4 * _normal(seed, place, key)
        seen[key] = quality + bonus + annotator.noise * _normal(annotator.name, seed, place, key)
    mood = 0.65 * annotator.noise * _normal(annotator.name, seed, place, OVERALL)
    return {**seen, OVERALL: fmean(seen.values()) + mood}


def _score(annotator: Annotator, seen: float, item: tuple[str, ...]) -> int:
    score = round(seen + annotator.severity)
    slip = _uniform(annotator.name, *item, "slip")
    if slip < annotator.slip:
        score += 1 if slip < annotator.slip / 2 else -1
    return min(3, max(0, score))


def _rationale(
    annotator: Annotator,
    choice: str,
    key: str,
    gaps: Mapping[str, float],
    item: tuple[str, str],
) -> str:
    """A sentence on the dimension that decided, or nothing, which is usual."""
    talks = annotator.talks if key == OVERALL else annotator.talks / 8
    if _uniform(annotator.name, *item, key, "talks") >= talks:
        return ""
    if choice == "tie":
        words: Sequence[str] = EVEN
    elif key == OVERALL:
        sign = 1 if choice == "A" else -1
        words = CHOSEN[max(_KEYS, key=lambda k: sign * gaps[k])]
    else:
        words = CHOSEN[key]
    return words[int(_uniform(annotator.name, *item, key, "words") * len(words))]


def _remarks(
    annotator: Annotator, seen: Mapping[str, Mapping[str, float]], item: tuple[str, str]
) -> Mapping[str, str]:
    """A critique of either answer's weakest dimension, and often what to change about it."""
    remarks = dict(_NO_REMARKS)
    for side in ("A", "B"):
        whose = (annotator.name, *item, side)
        if _uniform(*whose, "remarks") >= annotator.talks:
            continue
        weakest = min(_KEYS, key=lambda k: seen[side][k])
        faults, wishes = FAULTS[weakest], WISHES[weakest]
        remarks[f"critique_{side.lower()}"] = faults[int(_uniform(*whose, "fault") * len(faults))]
        if _uniform(*whose, "wishes") < 2 / 3:
            wish = wishes[int(_uniform(*whose, "wish") * len(wishes))]
            remarks[f"refinement_{side.lower()}"] = wish
    return remarks


def _time(annotator: Annotator, number: int) -> datetime:
    """When a rater's pair of this number was rated: 20 a day, some minutes each."""
    day, pair = divmod(number, 20)
    habit = _uniform(annotator.name, "start of day")
    minutes = 90 * habit + 7 * pair + 3 * _uniform(annotator.name, number, "pause")
    later = timedelta(days=14 if annotator is VERIFIER else 0)
    return _START + later + timedelta(days=day, seconds=round(60 * minutes))


def _uniform(*names: object) -> float:
    """A number in (0, 1) that the names decide."""
    digest = hashlib.sha256("\x1f".join(map(str, names)).encode()).digest()
    return (int.from_bytes(digest[:6]) + 0.5) / 2**48


def _normal(*names: object) -> float:
    """A standard normal deviate that the names decide."""
    return NormalDist().inv_cdf(_uniform(*names))
