"""The `generate` command."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from typer import Argument, Option

from intermt.cli.options import Context, command


@command("generate")
def generate(
    ctx: Context,
    seeds: Annotated[
        list[str], Argument(metavar="SEEDS...", help="Files of seed questions; - is stdin.")
    ],
    *,
    answer: Annotated[
        list[str],
        Option("--answer", metavar="SERVER", help="A server that answers; may be repeated."),
    ],
    user: Annotated[str, Option("--user", metavar="SERVER", help="The simulated user's server.")],
    draw: Annotated[
        str | None,
        Option("--draw", metavar="SERVER", help="The server that draws what answers ask for."),
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
    limit: Annotated[
        int | None, Option("--limit", metavar="N", min=1, help="Most seed questions.")
    ] = None,
    seed: Annotated[int, Option("--seed", metavar="N", help="Another number, other trees.")] = 0,
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
        float, Option("--temperature", metavar="T", min=0, help="Sampling temperature.")
    ] = 0.7,
    max_tokens: Annotated[
        int, Option("--max-tokens", metavar="N", min=1, help="Longest answer or question.")
    ] = 1024,
    prompts: Annotated[
        Path | None,
        Option("--prompts", metavar="DIR", help="Prompt files that replace the built-in ones."),
    ] = None,
    stop_error_rate: Annotated[
        float,
        Option(
            "--stop-error-rate",
            metavar="SHARE",
            min=0.01,
            max=1.0,
            help="Stop when this share of the latest 50 calls failed.",
        ),
    ] = 0.5,
    dry_run: Annotated[
        bool, Option("--dry-run", help="Check the seed files and ask nobody.")
    ] = False,
) -> None:
    """Grow trees of conversations from seed questions.

    Every question gets candidate answers from the answer servers, every answer the pictures
    it asks for by <Image, caption> tags, every answer that is kept a follow-up question by
    the simulated user. SERVER is a name from the configuration, a base URL with an optional
    #model, or builtin (a stand-in with invented answers). The same command run again goes
    on where it stopped: no question that was answered is asked twice.

    Reads: JSON lines with text (or question, prompt) and optionally id, images, source,
    licence, task, scenario, language, intention.

    Writes: seeds, nodes, conversations, pictures and every call.

    Exits:
        65: A seed question cannot be used; nothing was done.
        66: A file or the folder of pictures is not there.
        69: A server does not answer.
        75: Part of the work is left; run it again.

    Examples:
        # Two models answer, one of them plays the user, a third draws
        intermt generate seeds.jsonl --answer qwen --answer gemma --user qwen --draw flux
        # Try it without any server
        intermt generate seeds.jsonl --answer builtin --user builtin --draw builtin
    """
    from intermt.cli.opening import SIMULATED, open_store, said_of_calls
    from intermt.cli.output import Problem
    from intermt.commands.generate import GenerateConfig, run
    from intermt.commands.answering import GrowthPlan
    from intermt.domain.prompts import load_prompts
    from intermt.errors import ExitCode

    server = ctx.config.server
    plan = GrowthPlan(
        answer=tuple(server(spec, "chat") for spec in answer),
        user=server(user, "chat"),
        draw=None if draw is None else server(draw, "draw"),
        prompts=load_prompts(prompts),
        n_turns=turns,
        n_candidates=candidates,
        n_follow_ups=follow_ups,
        beam=beam,
        seed=seed,
        temperature=temperature,
        max_tokens=max_tokens,
    )
    config = GenerateConfig(tuple(seeds), plan, dataset, images, limit, stop_error_rate, dry_run)
    result = run(open_store(ctx), config, ctx.out.progress)
    if dry_run:
        ctx.out.result(result, summary=f"{result.n_seeds} seed questions are good (dry run)")
        return
    left = [
        Problem(
            "try-later",
            str(ctx.store_path),
            f"{result.n_short} of {result.n_seeds} trees are unfinished: "
            f"{result.calls.failed} calls failed",
            "run the same command again: it makes only what is missing",
        )
    ]
    ctx.out.result(
        result,
        summary=f"{result.n_seeds} seeds: {result.n_conversations} conversations, "
        f"{result.n_answers} answers, {result.n_pictures} pictures drawn; "
        + said_of_calls(result.calls)
        + "".join(f"\nmissing picture: {name}" for name in result.missing_pictures)
        + (f"\n{SIMULATED}" if result.simulated else ""),
        exit_code=ExitCode.TRY_LATER if result.n_short else ExitCode.DONE,
        errors=left if result.n_short else [],
    )
