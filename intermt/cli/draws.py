"""The option that every command with a draw has."""

from __future__ import annotations

from typing import Any

from typer import Option

MOST_SEED = 2**63 - 1
"""What JSON, the store and every generator of numbers take alike."""


def seed_option(text: str) -> Any:
    """`--seed N`, from 0 to `MOST_SEED`.

    Args:
        text: What another number changes.
    """
    return Option("--seed", metavar="N", min=0, max=MOST_SEED, help=text)
