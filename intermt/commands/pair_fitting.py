"""What becomes of pairs and other records that a trainer cannot take as they are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from intermt.errors import InputError
from intermt.formats.writing.fitting import Rule
from intermt.formats.writing.pairs import PicturePath
from intermt.store.connect import Store

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Fitting:
    """What became of pairs (or other records) that the trainer cannot take as they are.

    Attributes:
        rule: What was to become of them.
        reasons: How many of those left out have each reason, which with `caption` is what
            is left when words stand in the place of pictures; one may have several.
        n_dropped: Those that were left out.
        n_captioned: Those in which words stand in the place of pictures.
    """

    rule: Rule
    reasons: dict[str, int]
    n_dropped: int
    n_captioned: int


class Fitter(Generic[T]):
    """Makes records fit one format, by a rule, and counts what it did.

    Args:
        format_name: For words.
        rule: What becomes of those that do not fit.
        misfits: What of a record the trainer cannot take.
        captioned: The record with words in the place of pictures that it cannot take.
    """

    def __init__(
        self,
        format_name: str,
        rule: Rule,
        misfits: Callable[[T], list[str]],
        captioned: Callable[[T], T],
    ) -> None:
        self._format_name = format_name
        self._rule = rule
        self._misfits = misfits
        self._captioned = captioned
        self._reasons: Counter[str] = Counter()
        self._n_misfits = 0
        self._n_helped = 0

    @property
    def refuses(self) -> bool:
        """Whether something was met that makes `refuse` an error."""
        return self._rule == "error" and self._n_misfits > 0

    def fit(self, record: T) -> T | None:
        """The record as the format can hold it, or None; the reasons are counted."""
        reasons = self._misfits(record)
        if not reasons:
            return record
        self._n_misfits += 1
        if self._rule == "drop":
            self._reasons.update(reasons)
            return None
        worded = self._captioned(record)
        left = self._misfits(worded)
        self._n_helped += not left
        self._reasons.update(reasons if self._rule == "error" else left)
        return worded if self._rule == "caption" and not left else None

    def refuse(self, n_records: int, things: str) -> None:
        """End the command if the rule is `error` and there were any that do not fit.

        Raises:
            InputError: There were.
        """
        if not self.refuses:
            return
        told = ", ".join(f"{why} ({n})" for why, n in sorted(self._reasons.items()))
        ways = ["leave them out with --on-response-images drop"]
        if self._n_helped:
            some = "" if self._n_helped == self._n_misfits else f" (fits {self._n_helped} of them)"
            ways.append(
                "put words in the place of their pictures with --on-response-images caption" + some
            )
        raise InputError(
            f"--format {self._format_name} cannot hold {self._n_misfits} of {n_records}"
            f" {things}: {told}",
            todo=f"{', '.join(ways)}, or use another format",
        )

    def result(self) -> Fitting:
        """What became of those that do not fit."""
        n_captioned = self._n_helped if self._rule == "caption" else 0
        return Fitting(
            self._rule,
            dict(sorted(self._reasons.items())),
            self._n_misfits - n_captioned,
            n_captioned,
        )


def found_paths(store: Store) -> PicturePath:
    """Tells which pictures have a file; each is looked up once."""
    known: dict[str, str | None] = {}

    def path_of(sha256: str) -> str | None:
        if sha256 not in known:
            path = store.images.find(sha256)
            known[sha256] = None if path is None else str(path)
        return known[sha256]

    return path_of
