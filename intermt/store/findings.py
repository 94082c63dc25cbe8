"""What a check of the store finds, in words a user can act on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

MAX_PER_KIND = 200
"""Findings of one kind that are spelled out; more are counted."""


HARMLESS = frozenset({"journal", "leftover", "picture-unused", "ticket"})
"""Kinds of findings that are no damage: what an interrupted command leaves."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is not as it should be.

    Attributes:
        kind: Machine-readable name, stable across versions; docs/store.md lists them.
        where: File or record.
        message: What is wrong, and what to do or what was done.
        repaired: Whether it was mended.
        repairable: Whether `--repair` can mend it.
    """

    kind: str
    where: str
    message: str
    repaired: bool
    repairable: bool


@dataclass(frozen=True, slots=True)
class CheckReport:
    """What was looked at, what was found and who uses the store now.

    Attributes:
        findings: At most `MAX_PER_KIND` of a kind, then one that counts the rest.
        counts: Number of things looked at, by name.
        holders: Who holds or waits for the store, in words.
    """

    findings: tuple[Finding, ...]
    counts: Mapping[str, int]
    holders: tuple[str, ...]

    @property
    def is_sound(self) -> bool:
        """Whether nothing was found that is neither mended nor harmless."""
        return all(f.repaired or f.kind in HARMLESS for f in self.findings)


@dataclass(slots=True)
class Findings:
    """Findings and counts as they come together.

    Attributes:
        repair: Whether what can be mended is mended.
    """

    repair: bool
    counts: Counter[str] = field(default_factory=Counter)
    _kept: list[Finding] = field(default_factory=list)
    _seen: Counter[tuple[str, bool, bool]] = field(default_factory=Counter)

    def add(self, kind: str, where: object, message: str, *, mend: str = "") -> None:
        """Note something; what can be mended counts as mended if `repair` is set.

        Args:
            kind: See `Finding`.
            where: Likewise.
            message: What is wrong.
            mend: What `--repair` does about it; "" for nothing.
        """
        mended = bool(mend) and self.repair
        if mend and not mended:
            message += f"; --repair {mend}"
        self._note(kind, str(where), message, mended, bool(mend))

    def add_unmended(self, kind: str, where: object, message: str) -> None:
        """Note something that a repair tried to mend in vain."""
        self._note(kind, str(where), message, repaired=False, repairable=True)

    def more(self, kind: str, n: int, *, mend: str = "") -> None:
        """Count `n` more of a kind that are not spelled out; `mend` as with `add`."""
        self._seen[(kind, bool(mend) and self.repair, bool(mend))] += n

    def finish(self, holders: tuple[str, ...]) -> CheckReport:
        """The report."""
        rest = [
            Finding(kind, "", f"and {n - MAX_PER_KIND:,} more of this kind", repaired, repairable)
            for (kind, repaired, repairable), n in self._seen.items()
            if n > MAX_PER_KIND
        ]
        return CheckReport((*self._kept, *rest), dict(self.counts), holders)

    def _note(self, kind: str, where: str, message: str, repaired: bool, repairable: bool) -> None:
        self._seen[(kind, repaired, repairable)] += 1
        if self._seen[(kind, repaired, repairable)] <= MAX_PER_KIND:
            self._kept.append(Finding(kind, where, message, repaired, repairable))
