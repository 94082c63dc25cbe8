"""Which answers of one level of a tree are followed up.

An answer is ranked by what counts against it, then by a judge's score where there is one,
then by its place. Three things end a branch however much room there is: an answer without
text and pictures, one that says again what an answer before it on its own branch said, and
one that refuses. The others only decide who goes on where there are more answers than the
beam follows up.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

Flaw = Literal["empty", "repeated", "refused", "tag without picture", "too similar"]
FLAWS: tuple[Flaw, ...] = get_args(Flaw)
"""What can count against an answer, the worst first."""

ENDING: tuple[Flaw, ...] = ("empty", "repeated", "refused")
"""Flaws with which an answer is never followed up."""

BEYOND = "beyond the beam"
SIMILAR = 0.8
"""Share of common shingles from which two answers to one question are too similar."""

_SHINGLE = 3
_LONGEST_REFUSAL = 500
_REFUSAL = re.compile(
    r"\bi(?:'m| am)? (?:(?:really |very |so |truly )?sorry,? but )?"
    r"(?:i )?(?:can(?:no|')?t|cannot|won't|will not|am unable to|'m unable to|am not able to"
    r"|'m not able to|unable to|must decline|have to decline)"
    r" (?:to )?(?:help|assist|comply|fulfil|fulfill|engage|discuss|do that|do this)\b"
    r"|\bas an ai(?: language)?(?: model| assistant)?,? i (?:can(?:no|')t|cannot|am unable|won't)"
    r"|\bmy guidelines (?:do not|don't) (?:allow|permit)",
    re.IGNORECASE,
)
_NOT_WORD = re.compile(r"[^\w]+")


@dataclass(frozen=True, slots=True)
class Candidate:
    """An answer as far as pruning looks at it.

    Attributes:
        place: See `records.Node.place`.
        question: What it answers; answers to one question are siblings.
        text: Its text, without tags that got their picture.
        before: The texts of the answers before it on its branch.
        n_pictures: Pictures that are there.
        n_missing: Pictures, or tags for one, that are not.
        score: A judge's; higher is better; None where none is known.
    """

    place: str
    question: str
    text: str
    before: tuple[str, ...] = ()
    n_pictures: int = 0
    n_missing: int = 0
    score: float | None = None


@dataclass(frozen=True, slots=True)
class Ranked:
    """What becomes of an answer.

    Attributes:
        place: Which one.
        rank: 1-based among all given, the best first.
        kept: Whether it is followed up.
        reason: What counts against it, the worst thing first; for one that is pruned
            without a flaw, that others were ahead of it; "" otherwise.
    """

    place: str
    rank: int
    kept: bool
    reason: str


def prune(candidates: Sequence[Candidate], beam: int) -> list[Ranked]:
    """What becomes of the answers of a level, the best first.

    The order of `candidates` does not matter; no two have one place.

    Args:
        candidates: All answers of the level.
        beam: Most answers to keep; 1 or more.
    """
    flaws = {c.place: own_flaws(c) for c in candidates}
    for place, other in _too_similar(candidates, flaws).items():
        flaws[place] = (*flaws[place], f"too similar to {other}")
    ranked = sorted(candidates, key=lambda c: (_severity(flaws[c.place]), _merit(c)))
    found: list[Ranked] = []
    n_kept = 0
    for rank, candidate in enumerate(ranked, start=1):
        against = flaws[candidate.place]
        kept = n_kept < beam and not ends_branch(candidate)
        n_kept += kept
        reason = ", ".join(against) or ("" if kept else BEYOND)
        found.append(Ranked(candidate.place, rank, kept, reason))
    return found


def ends_branch(candidate: Candidate) -> bool:
    """Whether an answer is never followed up, whatever the others are."""
    return any(flaw in ENDING for flaw in own_flaws(candidate))


def own_flaws(candidate: Candidate) -> tuple[str, ...]:
    """What counts against an answer whatever its siblings are, the worst first."""
    said = normal(candidate.text)
    found: list[Flaw] = []
    if not said and not candidate.n_pictures:
        found.append("empty")
    if said and said in {normal(text) for text in candidate.before}:
        found.append("repeated")
    if not candidate.n_pictures and _refuses(candidate.text):
        found.append("refused")
    if candidate.n_missing:
        found.append("tag without picture")
    return tuple(found)


def _refuses(text: str) -> bool:
    """Whether a text does nothing but refuse; a long one says more than that."""
    text = text.strip().replace("’", "'")
    return len(text) <= _LONGEST_REFUSAL and _REFUSAL.search(text) is not None


def place_order(place: str) -> tuple[int, str]:
    """Sorts places by depth, then by order of making."""
    return (len(place), place)


def normal(text: str) -> str:
    """The text in lower case with single spaces for all that is no letter or digit."""
    return _NOT_WORD.sub(" ", text.casefold()).strip()


def similarity(one: str, other: str) -> float:
    """The Jaccard index of two texts' shingles of three words, 0 to 1; 1 for equal texts.

    A text of fewer words is one shingle.
    """
    first, second = _shingles(one), _shingles(other)
    return len(first & second) / len(first | second)


def _shingles(text: str) -> frozenset[tuple[str, ...]]:
    words = normal(text).split()
    count = max(1, len(words) - _SHINGLE + 1)
    return frozenset(tuple(words[i : i + _SHINGLE]) for i in range(count))


def _too_similar(
    candidates: Sequence[Candidate], flaws: dict[str, tuple[str, ...]]
) -> dict[str, str]:
    """The better sibling that each answer repeats, by place."""
    siblings: defaultdict[str, list[Candidate]] = defaultdict(list)
    for candidate in sorted(candidates, key=lambda c: (_severity(flaws[c.place]), _merit(c))):
        siblings[candidate.question].append(candidate)
    found: dict[str, str] = {}
    for family in siblings.values():
        for i, candidate in enumerate(family):
            ahead = (o for o in family[:i] if similarity(candidate.text, o.text) >= SIMILAR)
            if (first := next(ahead, None)) is not None:
                found[candidate.place] = first.place
    return found


def _severity(flaws: Sequence[str]) -> int:
    """0 for none; the worse the worst flaw, the higher."""
    if not flaws:
        return 0
    worst = next(i for i, known in enumerate(FLAWS) if flaws[0].startswith(known))
    return len(FLAWS) - worst


def _merit(candidate: Candidate) -> tuple[bool, float, tuple[int, str]]:
    """Sorts the better answer first: by score, unscored ones last, then by place."""
    score = candidate.score
    return (score is None, -(score or 0.0), place_order(candidate.place))
