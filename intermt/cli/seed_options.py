"""The options of `generate` that say which seed questions to take."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from typer import Option

if TYPE_CHECKING:
    from pathlib import Path

    from intermt.commands.seed_config import SeedingConfig
    from intermt.config import Config
    from intermt.domain.prompts import Prompts

Filters = Annotated[
    str | None,
    Option(
        "--filter",
        metavar="LIST",
        show_default="quality,diversity; with --potential that too",
        help="Which filters are on: some of quality,diversity,potential, or none.",
    ),
]
MinChars = Annotated[
    int,
    Option("--min-chars", metavar="N", min=0, help="quality: least length of a question."),
]
MaxChars = Annotated[
    int,
    Option("--max-chars", metavar="N", min=1, help="quality: greatest length of a question."),
]
Languages = Annotated[
    list[str] | None,
    Option(
        "--language",
        metavar="TAG",
        show_default="all",
        help="quality: a language to take, as in en; may be repeated.",
    ),
]
AllowStatements = Annotated[
    bool,
    Option("--allow-statements", help="quality: take texts that ask nothing, too."),
]
RequirePictures = Annotated[
    bool,
    Option("--require-pictures", help="quality: leave out questions with a missing picture."),
]
MinPicturePx = Annotated[
    int,
    Option("--min-picture-px", metavar="N", min=1, help="quality: least shorter side."),
]
MinSharpness = Annotated[
    float,
    Option("--min-sharpness", metavar="X", min=0, help="quality: least sharpness of a picture."),
]
MinContrast = Annotated[
    float,
    Option("--min-contrast", metavar="X", min=0, help="quality: least contrast of a picture."),
]
NearDuplicate = Annotated[
    float | None,
    Option(
        "--near-duplicate",
        metavar="SHARE",
        min=0.1,
        max=1.0,
        show_default="0.8, with --embed 0.95",
        help="diversity: similarity from which two texts are near duplicates.",
    ),
]
PictureDistance = Annotated[
    int,
    Option(
        "--picture-distance",
        metavar="BITS",
        min=0,
        max=64,
        help="diversity: differing bits up to which two pictures look alike.",
    ),
]
Embed = Annotated[
    str | None,
    Option("--embed", metavar="SERVER", help="diversity: compare texts by its embeddings."),
]
Potential = Annotated[
    str | None,
    Option(
        "--potential",
        metavar="SERVER",
        help="potential: the server that rates, from 0 to 3, how far a question carries.",
    ),
]
MinPotential = Annotated[
    int,
    Option("--min-potential", metavar="N", min=0, max=3, help="potential: least rating."),
]
Rewrite = Annotated[
    str | None,
    Option("--rewrite", metavar="SERVER", help="Let this server rewrite the questions taken."),
]


def seeding_config(
    config: Config,
    *,
    files: tuple[str, ...],
    prompts: Prompts,
    dataset: str,
    images: Path | None,
    limit: int | None,
    seed: int,
    filters: str | None,
    min_chars: int,
    max_chars: int,
    language: list[str] | None,
    allow_statements: bool,
    require_pictures: bool,
    min_picture_px: int,
    min_sharpness: float,
    min_contrast: float,
    near_duplicate: float | None,
    picture_distance: int,
    embed: str | None,
    potential: str | None,
    min_potential: int,
    rewrite: str | None,
) -> SeedingConfig:
    """Which seed questions these options take.

    Raises:
        UsageError: They contradict each other, or name no server.
    """
    from intermt.commands.seed_config import DEFAULT_FILTERS, FILTERS, SeedingConfig, parse_filters
    from intermt.commands.seed_filters import QualityLimits
    from intermt.errors import UsageError

    if min_chars > max_chars:
        raise UsageError(
            f"--min-chars {min_chars} is more than --max-chars {max_chars}",
            todo="give a range that questions can be in",
        )
    all_on = FILTERS if potential is not None else DEFAULT_FILTERS
    return SeedingConfig(
        files=files,
        prompts=prompts,
        dataset=dataset,
        images=images,
        limit=limit,
        seed=seed,
        filters=all_on if filters is None else parse_filters(filters),
        quality=QualityLimits(
            min_chars=min_chars,
            max_chars=max_chars,
            languages=tuple(language or ()),
            statements=allow_statements,
            require_pictures=require_pictures,
            min_picture_px=min_picture_px,
            min_sharpness=min_sharpness,
            min_contrast=min_contrast,
        ),
        near_duplicate=near_duplicate,
        picture_distance=picture_distance,
        embed=None if embed is None else config.server(embed, "embed"),
        potential=None if potential is None else config.server(potential, "chat"),
        min_potential=min_potential,
        rewrite=None if rewrite is None else config.server(rewrite, "chat"),
    )
