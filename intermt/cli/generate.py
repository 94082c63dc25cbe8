"""The `generate` command."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from typer import Argument, Option

from intermt.cli.draws import seed_option
from intermt.cli.options import Context, command
from intermt.cli.seed_options import (
    AllowStatements,
    Embed,
    Filters,
    Languages,
    MaxChars,
    MinChars,
    MinContrast,
    MinPicturePx,
    MinPotential,
    MinSharpness,
    NearDuplicate,
    PictureDistance,
    Potential,
    RequirePictures,
    Rewrite,
    seeding_config,
)

if TYPE_CHECKING:
    from intermt.commands.generate import GenerateConfig


class ResumeMode(StrEnum):
    """What `--resume` takes."""

    IF_POSSIBLE = "if-possible"
    ALWAYS = "always"
    NEVER = "never"


class LimitContext(StrEnum):
    """What `--limit-context` takes."""

    FAIL = "fail"
    SHRINK = "shrink"
    DROP_OLDEST = "drop-oldest"


@command("generate")
def generate(
    ctx: Context,
    seeds: Annotated[
        list[str] | None,
        Argument(
            metavar="SEEDS...",
            help="Files of seed questions or folders of pictures with a text file; - is stdin.",
        ),
    ] = None,
    *,
    answer: Annotated[
        list[str] | None,
        Option("--answer", metavar="SERVER", help="A server that answers; may be repeated."),
    ] = None,
    user: Annotated[
        str | None, Option("--user", metavar="SERVER", help="The simulated user's server.")
    ] = None,
    draw: Annotated[
        str | None,
        Option("--draw", metavar="SERVER", help="The server that draws what answers ask for."),
    ] = None,
    edit: Annotated[
        str | None,
        Option("--edit", metavar="SERVER", help="The server that changes earlier pictures."),
    ] = None,
    retrieve: Annotated[
        str | None,
        Option(
            "--retrieve",
            metavar="SERVER|DIR",
            help="The server that finds pictures, or a folder of captioned ones.",
        ),
    ] = None,
    tools: Annotated[
        bool,
        Option("--tools/--no-tools", help="Offer these as tools that answers may call."),
    ] = True,
    judge: Annotated[
        str | None,
        Option(
            "--judge",
            metavar="SERVER",
            help="A judge whose scores decide who goes on where the beam is full.",
        ),
    ] = None,
    turns: Annotated[int, Option("--turns", metavar="N", min=1, help="Depth of a tree.")] = 5,
    candidates: Annotated[
        int, Option("--candidates", metavar="N", min=1, max=26, help="Answers to every question.")
    ] = 2,
    follow_ups: Annotated[
        int, Option("--follow-ups", metavar="N", min=1, help="Questions after every answer kept.")
    ] = 1,
    beam: Annotated[
        int, Option("--beam", metavar="N", min=1, help="Most answers followed up a level.")
    ] = 8,
    min_instances: Annotated[
        int,
        Option(
            "--min-instances",
            metavar="N",
            min=0,
            help="Conversations of two or more turns wanted of a seed; fewer are reported.",
        ),
    ] = 8,
    filters: Filters = None,
    min_chars: MinChars = 8,
    max_chars: MaxChars = 4000,
    language: Languages = None,
    allow_statements: AllowStatements = False,
    require_pictures: RequirePictures = False,
    min_picture_px: MinPicturePx = 64,
    min_sharpness: MinSharpness = 10.0,
    min_contrast: MinContrast = 4.0,
    near_duplicate: NearDuplicate = None,
    picture_distance: PictureDistance = 6,
    embed: Embed = None,
    potential: Potential = None,
    min_potential: MinPotential = 2,
    rewrite: Rewrite = None,
    limit: Annotated[
        int | None, Option("--limit", metavar="N", min=1, help="Most seed questions.")
    ] = None,
    seed: Annotated[int, seed_option("Another number, other trees.")] = 0,
    dataset: Annotated[
        str, Option("--dataset", metavar="NAME", help="The collection the trees belong to.")
    ] = "generated",
    images: Annotated[
        Path | None,
        Option(
            "--images",
            metavar="DIR",
            show_default="each file's own folder",
            help="The folder that picture names are looked up in.",
        ),
    ] = None,
    temperature: Annotated[
        list[float] | None,
        Option(
            "--temperature",
            metavar="T",
            min=0,
            show_default="0.7",
            help="Sampling temperature; several are dealt out among the candidates.",
        ),
    ] = None,
    max_tokens: Annotated[
        int, Option("--max-tokens", metavar="N", min=1, help="Longest answer or question.")
    ] = 1024,
    prompts: Annotated[
        Path | None,
        Option("--prompts", metavar="DIR", help="Prompt files that replace the built-in ones."),
    ] = None,
    limit_context: Annotated[
        LimitContext,
        Option(
            "--limit-context",
            metavar="fail|shrink|drop-oldest",
            help="What to do with the pictures of a call that is over its server's limits.",
        ),
    ] = LimitContext.FAIL,
    resume: Annotated[
        ResumeMode,
        Option(
            "--resume",
            metavar="if-possible|always|never",
            help="Go on; only with the same configuration; or ask everything anew.",
        ),
    ] = ResumeMode.IF_POSSIBLE,
    max_tokens_total: Annotated[
        int | None,
        Option(
            "--max-tokens-total",
            metavar="N",
            min=1,
            help="Stop asking once this run has used so many tokens, in and out.",
        ),
    ] = None,
    max_cost: Annotated[
        float | None,
        Option(
            "--max-cost",
            metavar="X",
            min=0,
            help="Stop asking once this run has cost so much by the configured prices.",
        ),
    ] = None,
    stop_error_rate: Annotated[
        float,
        Option(
            "--stop-error-rate",
            metavar="SHARE",
            min=0.01,
            max=1.0,
            help="Stop when this share of the latest 50 calls to a server (20 at least) failed; 1"
            " never stops.",
        ),
    ] = 0.5,
    dry_run: Annotated[
        bool,
        Option(
            "--dry-run", help="Say what a run takes or would rebuild; ask nobody, write nothing."
        ),
    ] = False,
    show: Annotated[
        str | None, Option("--show", metavar="SEED", help="Print the tree of a seed question.")
    ] = None,
    rebuild: Annotated[
        bool,
        Option("--rebuild", help="Join the branches people kept into whole conversations."),
    ] = False,
    rebuild_depth: Annotated[
        int, Option("--rebuild-depth", metavar="N", min=1, help="Fewest turns of these.")
    ] = 5,
    min_agree: Annotated[
        float,
        Option(
            "--min-agree",
            metavar="SHARE",
            min=0,
            max=1,
            help="With --rebuild: least share of annotators for an answer to have won.",
        ),
    ] = 0.8,
    min_score: Annotated[
        float,
        Option(
            "--min-score",
            metavar="X",
            help="With --rebuild: least mean score of an answer nobody compared.",
        ),
    ] = 2.0,
) -> None:
    """Grow trees of conversations from seed questions.

    Seed questions are filtered first: what cannot be used or asks nothing, what repeats
    another, and, with --potential, what does not invite a conversation.

    Every question gets candidate answers from the answer servers, every answer the pictures
    it asks for by <Image, caption> tags or by calling the tools draw, edit and retrieve,
    every answer that is kept a follow-up question by the simulated user. Where a level has
    more answers than --beam, the best go on: those that say something new and have their
    pictures, then those a judge scores highest. SERVER is a name from the configuration, a
    base URL with an optional #model, or builtin (a stand-in with invented answers). The same
    command run again goes on where it stopped: no question that was answered is asked twice.

    --show prints a tree that is in the store. --rebuild joins the branches that annotators
    kept into conversations of their own collection, NAME-rebuilt; neither asks any server.

    Reads: JSON, JSON lines, CSV or Parquet with text (or question, prompt) and optionally
    id, images, source, licence, task, scenario, language, intention; or a folder.

    Writes: seeds, nodes, conversations, pictures, what was pruned, and every call.

    Exits:
        65: A seed question cannot be used, or the filters leave none; nothing was done.
        66: A file, a folder of pictures or the tree to show is not there.
        69: A server does not answer.
        75: Part of the work is left, or a limit is reached; run it again.
        78: --resume always, but the configuration is another.

    Examples:
        # Two models answer, one of them plays the user, a third draws
        intermt generate seeds.jsonl --answer qwen --answer gemma --user qwen --draw flux
        # Try it without any server
        intermt generate seeds.jsonl --answer builtin --user builtin --draw builtin
        # Look at a tree
        intermt generate --show garden-plan
    """
    from intermt.cli.generate_stored import rebuild_trees, refuse_others, show_tree
    from intermt.cli.opening import folder_of_pictures
    from intermt.errors import UsageError

    if show is not None or rebuild:
        if seeds or (show is not None and rebuild):
            raise UsageError(
                "--show and --rebuild work on what is in the store, one at a time",
                todo="leave out the seed files and the other option",
            )
        refuse_others(ctx, "show" if show is not None else "rebuild")
        if show is not None:
            show_tree(ctx, show)
        else:
            rebuild_trees(ctx, dataset, min_agree, min_score, rebuild_depth, dry_run=dry_run)
        return
    if not seeds or not answer or user is None:
        raise UsageError(
            "seed questions, --answer and --user are needed",
            todo="as in: intermt generate seeds.jsonl --answer SERVER --user SERVER",
        )
    from intermt.commands.answering import GrowthPlan
    from intermt.commands.generate import GenerateConfig
    from intermt.commands.local_pictures import open_local_pictures
    from intermt.domain.prompts import load_prompts

    server = ctx.config.server
    temperatures = tuple(temperature or (0.7,))
    folder = folder_of_pictures(ctx, retrieve)
    plan = GrowthPlan(
        answer=tuple(server(spec, "chat") for spec in answer),
        user=server(user, "chat"),
        draw=None if draw is None else server(draw, "draw"),
        edit=None if edit is None else server(edit, "edit"),
        retrieve=None if retrieve is None or folder else server(retrieve, "retrieve"),
        pictures=open_local_pictures(folder) if folder else None,
        tools=tools,
        prompts=load_prompts(prompts),
        n_turns=turns,
        n_candidates=candidates,
        n_follow_ups=follow_ups,
        beam=beam,
        seed=seed,
        temperature=temperatures[0],
        temperatures=temperatures,
        max_tokens=max_tokens,
        limit_context=limit_context.value,
    )
    seeding = seeding_config(
        ctx.config,
        files=tuple(seeds),
        prompts=plan.prompts,
        dataset=dataset,
        images=images,
        limit=limit,
        seed=seed,
        filters=filters,
        min_chars=min_chars,
        max_chars=max_chars,
        language=language,
        allow_statements=allow_statements,
        require_pictures=require_pictures,
        min_picture_px=min_picture_px,
        min_sharpness=min_sharpness,
        min_contrast=min_contrast,
        near_duplicate=near_duplicate,
        picture_distance=picture_distance,
        embed=embed,
        potential=potential,
        min_potential=min_potential,
        rewrite=rewrite,
    )
    config = GenerateConfig(
        seeding,
        plan,
        judge=None if judge is None else server(judge, "chat"),
        min_instances=min_instances,
        stop_error_rate=stop_error_rate,
        max_tokens_total=max_tokens_total,
        max_cost=max_cost,
        resume=resume.value,
    )
    _plan_only(ctx, config) if dry_run else _grow(ctx, config)


def _grow(ctx: Context, config: GenerateConfig) -> None:
    from intermt.cli.generate_text import missing_lines, problems_of, summary_of
    from intermt.cli.opening import open_store
    from intermt.commands.generate import run
    from intermt.errors import ExitCode

    ctx.out.if_interrupted("run the same command again: every finished answer is kept")
    result = run(open_store(ctx), config, ctx.out.progress)
    for line in missing_lines(result.seeding):
        ctx.out.note(line)
    ctx.out.result(
        result,
        summary=summary_of(result),
        exit_code=ExitCode.TRY_LATER if result.n_left else ExitCode.DONE,
        errors=problems_of(result, str(ctx.store_path)),
    )


def _plan_only(ctx: Context, config: GenerateConfig) -> None:
    from intermt.cli.generate_text import dry_run_lines, nothing_left
    from intermt.cli.opening import open_store
    from intermt.commands.generate import plan_run
    from intermt.errors import ExitCode

    plan = plan_run(open_store(ctx), config, ctx.out.progress)
    files = ", ".join(config.seeding.files)
    ctx.out.result(
        plan,
        "\n".join(dry_run_lines(plan)),
        exit_code=ExitCode.DONE if plan.n_seeds else ExitCode.BAD_INPUT,
        errors=() if plan.n_seeds else [nothing_left(files)],
    )
