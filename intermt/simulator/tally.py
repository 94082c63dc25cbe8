"""Counts of what a stand-in server was asked, for tests and for people."""

from __future__ import annotations

from collections import Counter
from typing import Any

from intermt import __version__


class Tally:
    """What one server process has seen since it started."""

    def __init__(self) -> None:
        self._by_endpoint: Counter[str] = Counter()
        self._faults: Counter[str] = Counter()
        self._seen: Counter[str] = Counter()
        self._answered: Counter[str] = Counter()
        self._n_rejected = 0

    def asked(self, endpoint: str) -> None:
        """Counts a request before it is looked at."""
        self._by_endpoint[endpoint] += 1

    def understood(self, digest: str) -> int:
        """How often a request of this content had come before; counts this one."""
        self._seen[digest] += 1
        return self._seen[digest] - 1

    def answered(self, digest: str) -> None:
        """Counts a request that was answered well."""
        self._answered[digest] += 1

    def failed(self, fault: str) -> None:
        """Counts a request that a fault befell."""
        self._faults[fault] += 1

    def rejected(self) -> None:
        """Counts a request that was wrong itself (4xx)."""
        self._n_rejected += 1

    def report(self, seed: int) -> dict[str, Any]:
        """The counts as GET /stats gives them.

        `n_repeated` counts requests that had come before, retries after faults included;
        `n_answered_again` counts good answers to requests that had had one: 0 shows that
        a client never asked twice for what it already had.
        """
        return {
            "intermt_simulator": __version__,
            "seed": seed,
            "n_requests": self._by_endpoint.total(),
            "n_rejected": self._n_rejected,
            "n_distinct": len(self._seen),
            "n_repeated": self._seen.total() - len(self._seen),
            "n_answered": self._answered.total(),
            "n_answered_again": self._answered.total() - len(self._answered),
            "n_faults": self._faults.total(),
            "endpoints": dict(sorted(self._by_endpoint.items())),
            "faults": dict(sorted(self._faults.items())),
        }
