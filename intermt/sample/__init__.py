"""The bundled sample: seed questions, pictures, synthetic votes, conversations."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import NamedTuple

GROWN_WITH = (
    "--answer builtin#simulated-a --answer builtin#simulated-b"
    " --user builtin --draw builtin --edit builtin --retrieve builtin --turns 3 --beam 4"
)
"""Options of `generate` that grow the answers which the votes are about; no word needs quotes."""


class SampleFiles(NamedTuple):
    """Where the sample lies.

    Attributes:
        seeds: Seed questions, one JSON object a line; they name pictures by paths relative
            to this file's folder.
        votes: Synthetic votes on the answers, and on the conversations, that `generate` grows
            from the seeds with `GROWN_WITH`.
        pictures: The folder of the pictures.
        conversations: Whole conversations with synthetic labels, a JSON list in the shape of
            the benchmark's crucial-step file; they name pictures by paths relative to this
            file's folder, and two of the pictures are left out on purpose.
    """

    seeds: Path
    votes: Path
    pictures: Path
    conversations: Path


def sample_files() -> SampleFiles:
    """The paths of the sample's files in the installed package."""
    folder = Path(str(files(__name__)))
    return SampleFiles(
        seeds=folder / "seeds.jsonl",
        votes=folder / "votes.csv",
        pictures=folder / "pictures",
        conversations=folder / "conversations.json",
    )
