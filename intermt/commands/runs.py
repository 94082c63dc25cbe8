"""Run records: who did what, when, with which settings."""

from __future__ import annotations

import secrets
import socket
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from intermt import __version__
from intermt.records import Run, content_id
from intermt.store.lock import user_name


def now() -> datetime:
    """This moment as the store keeps it: naive UTC."""
    return datetime.now(UTC).replace(tzinfo=None)


def new_run(command: str, config: Mapping[str, Any], seed: int | None = None) -> Run:
    """The record of a run that begins now."""
    started_at = now()
    host = socket.gethostname()
    run_id = content_id("run", command, host, started_at.isoformat(), secrets.token_hex(8))
    return Run(run_id, command, config, seed, __version__, host, user_name(), started_at)


def finished(run: Run, outcome: str) -> Run:
    """The record of a run that has ended."""
    return replace(run, finished_at=now(), outcome=outcome)
