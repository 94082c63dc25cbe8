"""Runs of commands, and how they tell what they are doing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a command, so that every record can say where it came from."""

    run_id: str
    command: str
    config: Mapping[str, Any]
    seed: int | None
    version: str
    host: str
    user: str
    started_at: datetime
    finished_at: datetime | None = None
    outcome: str | None = None


class Progress(Protocol):
    """Where a use case reports progress; the terminal decides what to show of it."""

    def start(self, what: str, total: int | None, unit: str) -> None:
        """Begin a stage of `total` units of work; None if not known yet."""

    def advance(self, n: int = 1) -> None:
        """Count `n` units as done."""

    def grow(self, n: int) -> None:
        """Add `n` units to the total."""

    def note(self, text: str) -> None:
        """Say something a person should read now."""

    def stop(self) -> None:
        """End the stage."""


ImageBytes = Callable[[str], bytes]
"""Gives the bytes of a picture in the store by its SHA-256."""
