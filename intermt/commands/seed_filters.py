"""The filters of seed questions that need no model: quality, diversity, and the limit."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from intermt.commands.seed_reading import Candidate, SeedPicture
from intermt.domain.near_duplicates import (
    Twin,
    Vectors,
    signatures,
    twins_by_text,
    twins_by_vector,
)
from intermt.domain.picture_signals import look_alikes
from intermt.domain.seed_text import (
    is_noise,
    language_hint,
    length,
    normalised,
    numbers,
    question_form,
    same_language,
)
from intermt.domain.spread import farthest_first
from intermt.records import MAX_PIXELS, SeedDrop, content_id, seed_drop_id

_UNALIKE = 128
"""Distance of two questions, and of two pictures, that have nothing in common."""


@dataclass(frozen=True, slots=True)
class QualityLimits:
    """What is good enough.

    Attributes:
        min_chars: Least length of a question, as `seed_text.length` counts.
        max_chars: Greatest length.
        languages: Language tags; empty for all. A language that is not known passes.
        statements: Whether a text that asks nothing passes.
        require_pictures: Whether a picture that is named must be there.
        min_picture_px: Least length of a picture's shorter side.
        min_sharpness: Least variance of the Laplacian.
        min_contrast: Least standard deviation of the grey values.
    """

    min_chars: int = 8
    max_chars: int = 4000
    languages: tuple[str, ...] = ()
    statements: bool = False
    require_pictures: bool = False
    min_picture_px: int = 64
    min_sharpness: float = 10.0
    min_contrast: float = 4.0


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a seed question; see `records.SeedDrop`."""

    kind: str
    reason: str
    figures: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Dropped:
    """A seed question that is left out, and by which filter."""

    candidate: Candidate
    filter: str
    fault: Fault


@dataclass(frozen=True, slots=True)
class FilterReport:
    """What a filter did.

    Attributes:
        filter: Its name, as in `records.SeedDrop`.
        n_in: Seed questions it looked at.
        n_dropped: Those it left out.
        kinds: The same by what was wrong.
    """

    filter: str
    n_in: int
    n_dropped: int
    kinds: dict[str, int]


def report(name: str, n_in: int, dropped: Sequence[Dropped]) -> FilterReport:
    """What a filter did, from what it left out."""
    kinds = Counter(one.fault.kind for one in dropped)
    return FilterReport(name, n_in, len(dropped), dict(sorted(kinds.items())))


def drop_records(dropped: Iterable[Dropped], dataset: str, run_id: str) -> list[SeedDrop]:
    """The records of what was left out.

    Rows that differ in nothing are told apart by counting them, the one that goes on first.
    """
    records: list[SeedDrop] = []
    n_same: Counter[tuple[str, str]] = Counter()
    for one in dropped:
        row, seed_id = one.candidate.row, one.candidate.seed_id
        repetition = 0
        if one.filter == IDENTICAL:
            repetition = n_same[row.source_id, seed_id]
            repetition += one.fault.figures["like"] == row.source_id
            n_same[row.source_id, seed_id] += 1
        records.append(
            SeedDrop(
                seed_drop_id(dataset, row.source_id, seed_id, repetition),
                seed_id,
                dataset,
                row.source_id,
                one.filter,
                one.fault.kind,
                one.fault.reason,
                one.fault.figures,
                run_id,
            )
        )
    return records


def split(
    candidates: Iterable[Candidate], name: str, fault: Callable[[Candidate], Fault | None]
) -> tuple[list[Candidate], list[Dropped]]:
    """The candidates without a fault, and the others."""
    kept: list[Candidate] = []
    dropped: list[Dropped] = []
    for candidate in candidates:
        if (found := fault(candidate)) is None:
            kept.append(candidate)
        else:
            dropped.append(Dropped(candidate, name, found))
    return kept, dropped


# --- one question, one seed --------------------------------------------------------------

IDENTICAL = "identical"
LIMIT = "limit"
QUALITY = "quality"
DIVERSITY = "diversity"


def identical(candidates: Iterable[Candidate]) -> tuple[list[Candidate], list[Dropped]]:
    """The candidates in the order of their content, each question with its pictures once."""
    first: dict[str, Candidate] = {}

    def fault(candidate: Candidate) -> Fault | None:
        known = first.setdefault(candidate.seed_id, candidate)
        if known is candidate:
            return None
        reason = f"the same text and pictures as {known.row.source_id}"
        return Fault("identical", reason, {"like": known.row.source_id})

    return split(sorted(candidates, key=lambda one: one.order), IDENTICAL, fault)


# --- quality -----------------------------------------------------------------------------


def quality_fault(candidate: Candidate, limits: QualityLimits) -> Fault | None:
    """The first thing that makes a seed question not good enough, or None."""
    found = _text_fault(candidate, limits)
    for picture in candidate.pictures:
        found = found or _picture_fault(picture, limits)
    return found


def _text_fault(candidate: Candidate, limits: QualityLimits) -> Fault | None:
    text = candidate.row.text
    n_chars = length(text)
    figures: dict[str, Any] = {"chars": n_chars}
    if n_chars < limits.min_chars:
        figures |= {"min_chars": limits.min_chars}
        reason = f"the text is too short: {n_chars} characters of at least {limits.min_chars}"
        return Fault("too short", reason, figures)
    if n_chars > limits.max_chars:
        figures |= {"max_chars": limits.max_chars}
        reason = f"the text is too long: {n_chars} characters of at most {limits.max_chars}"
        return Fault("too long", reason, figures)
    if is_noise(text):
        return Fault("no words", "the text has no words, or one over and over", figures)
    if limits.languages:
        language = candidate.row.language or language_hint(text)
        if not any(same_language(language, wanted) for wanted in limits.languages):
            wanted = ", ".join(limits.languages)
            reason = f"the language is {language}, not {wanted}"
            figures = {"language": language, "wanted": list(limits.languages)}
            return Fault("other language", reason, figures)
    if not limits.statements and question_form(text) == "statement":
        figures = {"form": "statement", "language": language_hint(text)}
        return Fault("asks nothing", "the text is neither a question nor a request", figures)
    return None


def _picture_fault(picture: SeedPicture, limits: QualityLimits) -> Fault | None:
    called = picture.called
    if picture.is_broken:
        reason = f"{called} cannot be opened ({picture.missing})"
        return Fault("broken picture", reason, {"picture": picture.name})
    if picture.is_large:
        reason = f"{called} is too large ({picture.missing})"
        return Fault("large picture", reason, {"picture": picture.name, "max_pixels": MAX_PIXELS})
    if picture.signals is None:
        if not limits.require_pictures:
            return None
        return Fault(
            "no picture", f"{called} is missing: {picture.missing}", {"picture": picture.name}
        )
    figures: dict[str, Any] = {"picture": picture.name}
    side = min(picture.size)
    if side < limits.min_picture_px:
        reason = f"{called} is too small: {side} px of at least {limits.min_picture_px}"
        figures |= {"px": side, "min_picture_px": limits.min_picture_px}
        return Fault("small picture", reason, figures)
    contrast, sharpness = picture.signals.contrast, picture.signals.sharpness
    if contrast < limits.min_contrast:
        reason = f"{called} shows hardly anything: contrast {contrast:g}"
        reason += f" of at least {limits.min_contrast:g}"
        figures |= {"contrast": contrast, "min_contrast": limits.min_contrast}
        return Fault("uniform picture", reason, figures)
    if sharpness < limits.min_sharpness:
        reason = f"{called} is blurred: sharpness {sharpness:g} of at least"
        reason += f" {limits.min_sharpness:g}"
        figures |= {"sharpness": sharpness, "min_sharpness": limits.min_sharpness}
        return Fault("blurred picture", reason, figures)
    return None


# --- diversity ---------------------------------------------------------------------------


def exact_duplicates(candidates: Sequence[Candidate]) -> tuple[list[Candidate], list[Dropped]]:
    """The candidates that say something else than every one before them.

    Two say the same if their pictures are the same and their texts differ in case, spaces or
    punctuation only.
    """
    first: dict[Hashable, Candidate] = {}

    def fault(candidate: Candidate) -> Fault | None:
        pictures = tuple(picture.sha256 or picture.name for picture in candidate.pictures)
        known = first.setdefault((normalised(candidate.row.text), pictures), candidate)
        if known is candidate:
            return None
        reason = f"the same question and pictures as {known.row.source_id}"
        return Fault("duplicate", reason, {"like": known.row.source_id})

    return split(candidates, DIVERSITY, fault)


def near_duplicates(
    candidates: Sequence[Candidate],
    threshold: float,
    most_different: int,
    vectors: Vectors | None = None,
) -> tuple[list[Candidate], list[Dropped]]:
    """The candidates that are not nearly the same as one before them that stays.

    Two are if their texts are similar, name the same numbers, and have pictures that look
    alike, one by one.

    Args:
        candidates: In the order of preference.
        threshold: Least similarity: share of common shingles, or cosine of embeddings.
        most_different: Bits in which the hashes of pictures that look alike may differ.
        vectors: Embeddings of the texts, of length 1; None for shingles.
    """
    groups = _groups(candidates, most_different)
    if vectors is None:
        texts = [normalised(candidate.row.text) for candidate in candidates]
        twins: Iterable[Twin] = twins_by_text(texts, groups, signatures(texts), threshold)
    else:
        twins = twins_by_vector(vectors, groups, threshold)
    by_item = {candidates[twin.item].position: twin for twin in twins}

    def fault(candidate: Candidate) -> Fault | None:
        twin = by_item.get(candidate.position)
        if twin is None:
            return None
        known = candidates[twin.of].row.source_id
        reason = f"nearly the same as {known}: similarity {twin.similarity:.2f}"
        reason += f" of less than {threshold:g}"
        figures = {"similarity": twin.similarity, "threshold": threshold, "like": known}
        return Fault("near duplicate", reason, figures)

    return split(candidates, DIVERSITY, fault)


def _groups(candidates: Sequence[Candidate], most_different: int) -> list[int]:
    """A number for each candidate; only those of one number can be near duplicates."""
    pictures = {
        picture.sha256: picture.signals
        for candidate in candidates
        for picture in candidate.pictures
        if picture.sha256 is not None and picture.signals is not None
    }
    hashes = sorted(pictures)
    likeness = look_alikes([pictures[sha256] for sha256 in hashes], most_different)
    look: dict[str | None, str] = {
        sha256: hashes[first] for sha256, first in zip(hashes, likeness, strict=True)
    }
    known: dict[Hashable, int] = {}
    return [
        known.setdefault(
            (
                numbers(candidate.row.text),
                tuple(look.get(p.sha256, p.name) for p in candidate.pictures),
            ),
            len(known),
        )
        for candidate in candidates
    ]


# --- the limit ---------------------------------------------------------------------------


def ranked(
    candidates: Sequence[Candidate], seed: int, *, spread: bool, vectors: Vectors | None = None
) -> Iterator[Candidate]:
    """Every candidate, so that the first n are the choice of n.

    Without `spread` it is a draw by `seed`; with it each one is the farthest from all before
    it, beginning with the first of that draw.
    """
    drawn = sorted(
        range(len(candidates)), key=lambda i: content_id("limit", seed, candidates[i].seed_id)
    )
    ordered = [candidates[i] for i in drawn]
    if not spread:
        yield from ordered
        return
    text = _text_distances(ordered) if vectors is None else _cosine_distances(vectors[drawn])
    pictures = _PictureDistances(ordered)

    def distances(item: int) -> npt.NDArray[np.number]:
        between_texts = text(item)
        # Where there are no pictures the text counts for both.
        return between_texts + pictures.between(item, between_texts)

    yield from (ordered[item] for item in farthest_first(len(ordered), distances))


Between = Callable[[int], npt.NDArray[np.int32]]


def _text_distances(candidates: Sequence[Candidate]) -> Between:
    hashed = signatures([normalised(candidate.row.text) for candidate in candidates])
    # One byte of each hash tells them apart all but once in 256 times.
    small = hashed.astype(np.uint8)

    def between(item: int) -> npt.NDArray[np.int32]:
        differing: npt.NDArray[np.int32] = np.sum(small != small[item], axis=1, dtype=np.int32)
        return differing

    return between


def _cosine_distances(vectors: Vectors) -> Between:
    def between(item: int) -> npt.NDArray[np.int32]:
        away: Vectors = np.rint(_UNALIKE * (1 - vectors @ vectors[item]))
        return away.astype(np.int32)

    return between


class _PictureDistances:
    """How far the first pictures of candidates are apart, 0 to `_UNALIKE`."""

    def __init__(self, candidates: Sequence[Candidate]) -> None:
        signals = [
            next((p.signals for p in candidate.pictures if p.signals is not None), None)
            for candidate in candidates
        ]
        self._has = np.array([one is not None for one in signals])
        self._slopes = np.array([one.slopes if one else 0 for one in signals], np.uint64)
        self._waves = np.array([one.waves if one else 0 for one in signals], np.uint64)

    def between(self, item: int, where_none: npt.NDArray[np.int32]) -> npt.NDArray[np.int32]:
        """The distances from one to all; `where_none` for those that have no picture either."""
        if not self._has[item]:
            return np.where(self._has, _UNALIKE, where_none).astype(np.int32)
        bits = np.bitwise_count(self._slopes ^ self._slopes[item]).astype(np.int32)
        bits += np.bitwise_count(self._waves ^ self._waves[item])
        # Two pictures that have nothing in common differ in half of their 128 bits.
        return np.where(self._has, np.minimum(2 * bits, _UNALIKE), _UNALIKE).astype(np.int32)
