"""What `pair` says of what it wrote."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import orjson

from intermt import __version__
from intermt.commands.pair_choice import PairFunnel
from intermt.commands.pair_files import WrittenFile
from intermt.commands.pair_fitting import Fitting
from intermt.dimensions import Level
from intermt.domain.leakage import Leakage
from intermt.records import PairMode

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

MANIFEST_VERSION = 2


@dataclass(frozen=True, slots=True)
class PairResult:
    """What was written.

    Attributes:
        output: The file or folder; None for a stream.
        manifest: Its manifest; None for a stream.
        format: In which format.
        about: The trainer that the format is for.
        files: Every file that was written, pictures included.
        level: local or global.
        mode: prefix or chain.
        dimensions: Dimension keys and `overall`, as asked.
        n_pairs: Pairs written.
        funnel: What became of all others.
        fitting: What became of pairs that the trainer cannot take.
        labels_fingerprint: Hash of the votes and scores they were chosen by; None for a
            stream.
        splits: Pairs by split, empty ones included; None where no split was asked for.
        leakage: What was checked between the splits; None without splits.
        n_ties: Pairs that neither side won.
        n_simulated: Pairs with a message that a stand-in server wrote.
        n_synthetic: Pairs with an invented vote.
        n_missing_pictures: Pairs with a picture that is missing.
        simulated: Whether there are any of the first.
        synthetic: Whether there are any of the second.
        labelled_datasets: Collections with votes or scores at this level, where the one
            asked for has none; empty otherwise.
    """

    output: str | None
    manifest: str | None
    format: str
    about: str
    files: tuple[WrittenFile, ...]
    level: Level
    mode: PairMode
    dimensions: tuple[str, ...]
    n_pairs: int
    funnel: PairFunnel
    fitting: Fitting
    labels_fingerprint: str | None
    splits: dict[str, int] | None
    leakage: Leakage | None
    n_ties: int
    n_simulated: int
    n_synthetic: int
    n_missing_pictures: int
    simulated: bool
    synthetic: bool
    labelled_datasets: tuple[str, ...] = ()


def manifest_bytes(result: DataclassInstance, options: Mapping[str, Any]) -> bytes:
    """What was written, out of what and how; the same bytes for the same store and options."""
    told = {key: value for key, value in asdict(result).items() if key not in _ELSEWHERE}
    content = {
        "intermt_manifest": MANIFEST_VERSION,
        "command": "pair",
        "versions": {"intermt": __version__, "python": platform.python_version()},
        "options": dict(options),
        **told,
    }
    return orjson.dumps(content, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


_ELSEWHERE = ("output", "manifest")
"""Where the files are says nothing about what is in them."""
