"""Which seed questions to take, and what became of all that were read."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal, get_args

from intermt.commands.seed_filters import DIVERSITY, FilterReport, QualityLimits
from intermt.commands.seed_models import POTENTIAL
from intermt.config import Server
from intermt.domain.prompts import Prompts
from intermt.errors import UsageError
from intermt.records import Image, Node, Seed

Filter = Literal["quality", "diversity", "potential"]
FILTERS: tuple[Filter, ...] = get_args(Filter)
DEFAULT_FILTERS: tuple[Filter, ...] = ("quality", "diversity")

NEAR_TEXT = 0.8
NEAR_VECTOR = 0.95


@dataclass(frozen=True, slots=True)
class SeedingConfig:
    """Which seed questions to take, and who is asked about them.

    Attributes:
        files: Files, folders of pictures with a text file, or `-`.
        prompts: The templates.
        dataset: Collection that the seeds belong to.
        images: Folder that picture names are looked up in; None for each file's own.
        limit: Most seed questions.
        seed: Another number, another choice under a limit.
        filters: Which filters are on, in any order.
        quality: What is good enough.
        near_duplicate: Similarity from which two texts are near duplicates; None for
            `NEAR_TEXT`, with embeddings `NEAR_VECTOR`.
        picture_distance: Bits of 64 in which hashes of pictures that look alike may differ.
        embed: Server whose embeddings compare texts; None for shingles.
        potential: Server that rates multi-turn potential.
        min_potential: Least potential, 0 to 3.
        rewrite: Server that rewrites the questions that are taken.

    Raises:
        UsageError: A filter has no server, or a server nothing to do.
    """

    files: tuple[str, ...]
    prompts: Prompts
    dataset: str = "generated"
    images: Path | None = None
    limit: int | None = None
    seed: int = 0
    filters: tuple[Filter, ...] = DEFAULT_FILTERS
    quality: QualityLimits = field(default_factory=QualityLimits)
    near_duplicate: float | None = None
    picture_distance: int = 6
    embed: Server | None = None
    potential: Server | None = None
    min_potential: int = 2
    rewrite: Server | None = None

    def __post_init__(self) -> None:
        if POTENTIAL in self.filters and self.potential is None:
            raise UsageError(
                "the filter potential needs a server that rates", todo="name one with --potential"
            )
        if self.potential is not None and POTENTIAL not in self.filters:
            raise UsageError(
                "--potential names a server, but the filter potential is off",
                todo="list it: --filter quality,diversity,potential",
            )
        if self.embed is not None and DIVERSITY not in self.filters:
            raise UsageError(
                "--embed names a server, but the filter diversity is off",
                todo="list diversity with --filter, or leave --embed out",
            )

    @property
    def threshold(self) -> float:
        """Similarity from which two texts are near duplicates."""
        if self.near_duplicate is not None:
            return self.near_duplicate
        return NEAR_TEXT if self.embed is None else NEAR_VECTOR

    @property
    def servers(self) -> tuple[Server, ...]:
        """The servers that are asked, each once."""
        named = (self.embed, self.potential, self.rewrite)
        return tuple({server.name: server for server in named if server is not None}.values())

    def described(self) -> dict[str, Any]:
        """The configuration as the record of a run has it."""
        return {
            "files": list(self.files),
            "images": None if self.images is None else str(self.images),
            "limit": self.limit,
            "seed": self.seed,
            "filters": [name for name in FILTERS if name in self.filters],
            "quality": asdict(self.quality),
            "near_duplicate": self.threshold,
            "picture_distance": self.picture_distance,
            "embed": _named(self.embed),
            "potential": _named(self.potential),
            "min_potential": self.min_potential,
            "rewrite": _named(self.rewrite),
        }


def _named(server: Server | None) -> dict[str, Any] | None:
    if server is None:
        return None
    return {"name": server.name, "url": list(server.url), "model": server.model}


def parse_filters(text: str) -> tuple[Filter, ...]:
    """The filters that a list such as `quality,diversity` names; `none` for none.

    Raises:
        UsageError: It names something else.
    """
    names = [name.strip() for name in text.split(",") if name.strip()]
    if names == ["none"]:
        return ()
    if not names or any(name not in FILTERS for name in names):
        raise UsageError(
            f"--filter {text!r} is no list of filters",
            todo=f"give some of {','.join(FILTERS)}, or none",
        )
    return tuple(name for name in FILTERS if name in names)


@dataclass(frozen=True, slots=True)
class SeedReport:
    """What became of the seed questions.

    Attributes:
        n_read: Rows of the files.
        n_kept: Seed questions to grow.
        n_waiting: Questions that a model could not be asked about: work left.
        filters: What each filter left out.
        languages: Kept questions by the language that they seem to be in.
        n_rewritten: Kept questions with another wording.
        not_rewritten: Those that kept their own although it was to change, by reason.
        missing_pictures: Pictures that kept questions name and that are not there, by name
            and reason.
        n_unused_pictures: Pictures in folders that no question names.
        unused_pictures: The first of these.
        simulated: Whether a stand-in rated, rewrote or compared.
    """

    n_read: int
    n_kept: int
    n_waiting: int = 0
    filters: tuple[FilterReport, ...] = ()
    languages: dict[str, int] = field(default_factory=dict)
    n_rewritten: int = 0
    not_rewritten: dict[str, int] = field(default_factory=dict)
    missing_pictures: dict[str, int] = field(default_factory=dict)
    n_unused_pictures: int = 0
    unused_pictures: tuple[str, ...] = ()
    simulated: bool = False


@dataclass(frozen=True, slots=True)
class Selection:
    """The seed questions to grow.

    Attributes:
        roots: Seeds with their root nodes, in the order of the input.
        images: Records of their pictures, which are in the store's folder.
        report: What became of all that were read.
    """

    roots: list[tuple[Seed, Node]]
    images: list[Image]
    report: SeedReport
