"""The `judge` command."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

from typer import Option

from intermt.cli.options import Context, command


class Task(StrEnum):
    """What `--task` takes."""

    SCORE = "score"
    PAIR = "pair"
    CRUCIAL_STEP = "crucial-step"


class Level(StrEnum):
    """What `--level` takes."""

    LOCAL = "local"
    GLOBAL = "global"


@command("judge")
def judge(
    ctx: Context,
    *,
    task: Annotated[
        Task, Option("--task", metavar="score|pair|crucial-step", help="What the judge is to do.")
    ],
    server: Annotated[str, Option("--server", metavar="SERVER", help="The judge's server.")],
    level: Annotated[
        Level | None,
        Option(
            "--level",
            metavar="local|global",
            show_default="local; crucial-step is global",
            help="Single turns, or whole conversations.",
        ),
    ] = None,
    model: Annotated[
        str | None, Option("--model", metavar="MODEL", help="The model to ask the server for.")
    ] = None,
    name: Annotated[
        str | None,
        Option(
            "--name",
            metavar="JUDGE",
            show_default="the model's, with +reason if it gives reasons",
            help="What to call this judge.",
        ),
    ] = None,
    reason: Annotated[
        bool, Option("--reason/--no-reason", help="Ask for a reason before the verdict.")
    ] = False,
    swap: Annotated[bool, Option("--swap/--no-swap", help="Ask every pair in both orders.")] = True,
    samples: Annotated[
        int, Option("--samples", metavar="N", min=1, help="How often to ask each question.")
    ] = 1,
    temperature: Annotated[
        float, Option("--temperature", metavar="T", min=0, help="Sampling temperature.")
    ] = 0.0,
    max_tokens: Annotated[
        int, Option("--max-tokens", metavar="N", min=1, help="Longest reply.")
    ] = 1024,
    grader: Annotated[
        str | None,
        Option(
            "--grader",
            metavar="SERVER",
            help="The server that grades descriptions of crucial steps; needed for that task.",
        ),
    ] = None,
    dataset: Annotated[
        str | None, Option("--dataset", metavar="NAME", help="Only this collection.")
    ] = None,
    limit: Annotated[
        int | None, Option("--limit", metavar="N", min=1, help="Most items to judge.")
    ] = None,
    seed: Annotated[
        int, Option("--seed", metavar="N", help="Another number, another choice under a limit.")
    ] = 0,
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
            help="Stop when this share of the latest 50 calls to a server failed.",
        ),
    ] = 0.5,
) -> None:
    """Let a model score turns, compare answers, or recognise crucial steps.

    Replies are asked for in a JSON schema where the server takes one. A verdict is what the
    reply states: where it states none, the verdict is recorded as unparsed and asked again
    by the next run. Pairs are those that people voted on; crucial steps are judged where a
    person has described them. Pictures that are missing are named in the verdict.

    Writes: the judge, its verdicts and every call.

    Exits:
        66: There is nothing to judge.
        69: A server does not answer.
        75: Part of the work is left; run it again.

    Examples:
        # Scores of single turns
        intermt judge --task score --server http://gpu1:8000/v1
        # Crucial steps, graded by another model
        intermt judge --task crucial-step --server qwen --grader gpt
    """
    from dataclasses import replace

    from intermt.cli.opening import (
        SIMULATED,
        how_to_go_on,
        open_store,
        said_of_calls,
        said_of_failures,
    )
    from intermt.cli.output import Problem
    from intermt.commands.judge import JudgeConfig, run
    from intermt.domain.prompts import load_prompts
    from intermt.errors import ExitCode, UsageError

    if task == "crucial-step":
        if grader is None:
            raise UsageError(
                "crucial-step needs a server that grades the descriptions",
                todo="name one with --grader",
            )
        if level == "local":
            raise UsageError("crucial steps are of whole conversations", todo="drop --level local")
    chosen = ctx.config.server(server, "chat")
    if model is not None:
        chosen = replace(chosen, name=f"{chosen.name}#{model}", model=model)
    config = JudgeConfig(
        task=task.value,
        level="global" if task == "crucial-step" else (level or Level.LOCAL).value,
        server=chosen,
        grader=None if grader is None else ctx.config.server(grader, "chat"),
        prompts=load_prompts(prompts),
        name=name,
        with_reason=reason,
        swap=swap,
        n_samples=samples,
        temperature=temperature,
        max_tokens=max_tokens,
        dataset=dataset,
        limit=limit,
        seed=seed,
        stop_error_rate=stop_error_rate,
    )
    ctx.out.if_interrupted("run the same command again: every finished answer is kept")
    result = run(open_store(ctx), config, ctx.out.progress)
    left = [
        Problem(
            "try-later",
            str(ctx.store_path),
            f"{result.n_unfinished} of {result.n_items} items lack a verdict: "
            f"{result.verdicts['failed']} verdicts failed, {result.verdicts['unparsed']} are"
            f" not stated in the reply ({said_of_failures(result.calls)})",
            how_to_go_on(result.calls),
        )
    ]
    ctx.out.result(
        result,
        summary=f"{result.judge} ({result.task}, {result.level}): {result.n_items} items, "
        f"{result.n_known} judged before, {result.n_missing_pictures} judged without some "
        f"picture; {said_of_calls(result.calls)}" + (f"\n{SIMULATED}" if result.simulated else ""),
        exit_code=ExitCode.TRY_LATER if result.n_unfinished else ExitCode.DONE,
        errors=left if result.n_unfinished else [],
    )
