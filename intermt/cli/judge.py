"""The `judge` command."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from typer import Option

from intermt.cli.draws import seed_option
from intermt.cli.judge_options import (
    Compat,
    Jury,
    Kind,
    Level,
    MissingImages,
    Task,
    Ties,
    TrainedOn,
    check_options,
    check_shown_alone,
    reward_dimension,
)
from intermt.cli.options import Context, command

if TYPE_CHECKING:
    from intermt.commands.head_file import HeadFile


@command("judge")
def judge(
    ctx: Context,
    *,
    task: Annotated[
        Task | None,
        Option("--task", metavar="score|pair|crucial-step", help="What the judge is to do."),
    ] = None,
    server: Annotated[
        list[str] | None,
        Option(
            "--server",
            metavar="SERVER",
            help="The judge's server; for a jury once for each member.",
        ),
    ] = None,
    level: Annotated[
        Level | None,
        Option(
            "--level",
            metavar="local|global",
            show_default="local; crucial-step is global; a head's is its own",
            help="Single turns, or whole conversations.",
        ),
    ] = None,
    kind: Annotated[
        Kind,
        Option(
            "--kind",
            metavar="chat|reward|head",
            help="A chat model, a reward model that gives one number for a conversation, or a"
            " preference head on embeddings.",
        ),
    ] = Kind.CHAT,
    dimension: Annotated[
        str | None,
        Option(
            "--dimension",
            metavar="NAME",
            show_default="overall; a head: all it can",
            help="What a reward model's number is about; which head to fit, or to use of a file.",
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
            show_default="the model's, with +reason, +expected, +context or +paper behind it",
            help="What to call this judge, or this jury.",
        ),
    ] = None,
    jury: Annotated[
        Jury | None,
        Option(
            "--jury",
            metavar="majority|mean",
            help="Let the judges of several --server make one verdict.",
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
    expected_score: Annotated[
        bool,
        Option(
            "--expected-score",
            help="Estimate scores and grades from how likely each one was, too.",
        ),
    ] = False,
    grader: Annotated[
        str | None,
        Option(
            "--grader",
            metavar="SERVER",
            help="The server that grades descriptions of crucial steps; needed for that task.",
        ),
    ] = None,
    grader_sees_conversation: Annotated[
        bool,
        Option("--grader-sees-conversation", help="Show the grader the conversation, too."),
    ] = False,
    missing_images: Annotated[
        MissingImages,
        Option(
            "--missing-images",
            metavar="error|note|skip",
            help="Where pictures are missing: refuse, judge and note it, or leave the item out.",
        ),
    ] = MissingImages.NOTE,
    compat: Annotated[
        Compat,
        Option(
            "--compat",
            metavar="default|paper",
            help="Ask as the published benchmark did: pairs in one order, pictures of 512 px.",
        ),
    ] = Compat.DEFAULT,
    dataset: Annotated[
        str | None, Option("--dataset", metavar="NAME", help="Only this collection.")
    ] = None,
    limit: Annotated[
        int | None, Option("--limit", metavar="N", min=1, help="Most items to judge.")
    ] = None,
    seed: Annotated[
        int,
        seed_option(
            "Another number, another choice under a limit; with --compat paper other orders."
        ),
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
            help="Stop when this share of the latest 50 calls to a server (20 at least) failed; 1"
            " never stops.",
        ),
    ] = 0.5,
    head: Annotated[
        Path | None,
        Option("--head", metavar="FILE", help="Judge by the preference head in this file."),
    ] = None,
    trained_on: Annotated[
        TrainedOn,
        Option(
            "--trained-on",
            metavar="skip|note",
            help="What to do with items of seed trees the head was fitted to: leave them out, or"
            " judge and mark them.",
        ),
    ] = TrainedOn.SKIP,
    fit: Annotated[
        Path | None,
        Option("--fit", metavar="FILE", help="Fit a preference head to people's votes."),
    ] = None,
    max_turn: Annotated[
        int | None,
        Option(
            "--max-turn",
            metavar="K",
            min=1,
            help="--fit: only answers up to turn K; only conversations of at most K turns.",
        ),
    ] = None,
    min_agree: Annotated[
        str,
        Option("--min-agree", metavar="SHARE", help="--fit: least agreement on a pair, 0 to 1."),
    ] = "0",
    min_annotators: Annotated[
        int,
        Option("--min-annotators", metavar="N", min=1, help="--fit: fewest annotators of a pair."),
    ] = 1,
    ties: Annotated[
        Ties,
        Option(
            "--ties",
            metavar="drop|keep",
            help="--fit: leave out pairs that neither side won, or take them as half a win each.",
        ),
    ] = Ties.DROP,
    split: Annotated[
        str | None,
        Option(
            "--split",
            metavar="NAME=SHARE,...",
            help="--fit: fit to the split train only, as in train=0.8,test=0.2; see pair.",
        ),
    ] = None,
    max_chars: Annotated[
        int,
        Option(
            "--max-chars",
            metavar="N",
            min=50,
            help="--fit: longest text to embed; an answer that is longer becomes several.",
        ),
    ] = 1000,
    pictures: Annotated[
        bool,
        Option(
            "--pictures",
            help="--fit: send whole conversations with pictures; the server must embed messages.",
        ),
    ] = False,
    show: Annotated[
        str | None,
        Option(
            "--show",
            metavar="ID",
            help="Print a verdict, or all on an answer or conversation, with what was asked.",
        ),
    ] = None,
) -> None:
    """Let a model score turns, compare answers, or recognise crucial steps.

    Replies are asked for in a JSON schema where the server takes one. A verdict is what the
    reply states: where it states none, the verdict is recorded as unparsed and asked again
    by the next run. Pairs are those that people voted on; crucial steps are judged where a
    person has described them. Pictures that are missing are named in the verdict.

    --samples asks again with other sampling seeds, and needs a --temperature above 0.
    --expected-score asks for probabilities of tokens, too, and keeps the mean over all
    scores beside the score that is stated. --jury asks the judge of every --server, keeps
    their verdicts under their own names, and makes one of them: what most of them say, or
    the mean. --show asks nobody: it prints a verdict by its id, or all on an item by its
    id, with the raw reply, hashes of prompt and pictures, tokens and time.

    --kind head needs an embeddings server. --fit FILE fits a Bradley-Terry head to the votes
    that --level, --dataset, --dimension and the options marked --fit choose, one for each
    dimension, and writes it; --head FILE judges by it. What it was fitted to is left out then.

    Writes: the judge, its verdicts and every call; with --fit FILE and every call.

    Exits:
        65: Pictures are missing, with --missing-images error; nothing was asked.
        66: There is nothing to judge or to fit a head to, no such dataset, or nothing of this id
            to show.
        69: A server does not answer.
        73: The file of --fit cannot be made, or there is one that is no head.
        75: Part of the work is left; run it again.
        76: What answers is no such server, or its embeddings are of several lengths or not a
            head's.
        77: The server refuses access: its key is wrong or missing.
        78: A prompt cannot be used, or a head's model is not the one served.

    Examples:
        # Scores of single turns
        intermt judge --task score --server http://gpu1:8000/v1
        # Crucial steps, graded by another model
        intermt judge --task crucial-step --server qwen --grader gpt
        # Three judges, one verdict
        intermt judge --task pair --server qwen --server gemma --server pixtral --jury majority
        # A reward model
        intermt judge --task pair --kind reward --server http://gpu2:8000/v1
        # A preference head on embeddings, fitted to four fifths of the seed trees
        intermt judge --kind head --fit mine.head --server embed --split train=0.8,test=0.2
        intermt judge --kind head --head mine.head --server embed --task pair
        # What was asked and said about one answer
        intermt judge --show 9c1e07
    """
    from dataclasses import replace

    from intermt.cli.judge_text import judged_text
    from intermt.cli.opening import how_to_go_on, open_store, said_of_failures
    from intermt.cli.output import Problem
    from intermt.errors import ExitCode

    if show is not None:
        check_shown_alone(ctx)
        _show(ctx, show)
        return
    from intermt.commands.judge import run
    from intermt.commands.judge_config import JudgeConfig, how_to_look
    from intermt.domain.prompts import load_prompts
    from intermt.errors import UsageError

    missing = ["--task"] * (task is None and fit is None) + ["--server"] * (not server)
    if missing or not server:
        told = f"--kind head --fit {fit}" if fit is not None else "--task score"
        raise UsageError(
            f"{' and '.join(missing)} {'are' if len(missing) > 1 else 'is'} needed",
            todo=f"as in: intermt judge {told} --server http://gpu1:8000/v1",
        )
    about = reward_dimension(ctx, dimension) if kind is Kind.REWARD else None
    check_options(ctx, task, len(server))
    servers = tuple(ctx.config.server(one, kind.server) for one in server)
    if model is not None:
        servers = tuple(replace(s, name=f"{s.name}#{model}", model=model) for s in servers)
    if fit is not None:
        from intermt.cli.judge_head import fit_head

        fit_head(ctx, fit, servers[0])
        return
    assert task is not None
    is_described = task is Task.CRUCIAL_STEP
    by = _head(ctx, head, dimension)
    usual = Level.LOCAL if by is None else Level(by.level)
    at = Level.GLOBAL if is_described else level or usual
    if by is not None:
        by.dimensions_at(at.value)
    config = JudgeConfig(
        task=task.value,
        level=at.value,
        servers=servers,
        grader=ctx.config.server(grader, "chat") if grader and is_described else None,
        prompts=load_prompts(prompts),
        name=name,
        jury=None if jury is None else jury.value,
        with_reason=reason,
        swap=swap,
        # Defaults from a file are meant for chat models.
        n_samples=samples if kind is Kind.CHAT else 1,
        temperature=temperature,
        max_tokens=max_tokens,
        expected_score=expected_score and kind is Kind.CHAT,
        grader_sees=grader_sees_conversation,
        compat=compat.value if kind is Kind.CHAT else "default",
        missing_images=missing_images.value,
        dataset=dataset,
        limit=limit,
        seed=seed,
        stop_error_rate=stop_error_rate,
        reward_dimension=about,
        head=by,
        trained_on=trained_on.value,
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
            how_to_go_on(result.calls, tries_otherwise=False, look=how_to_look(result.unparsed_id)),
        )
    ]
    ctx.out.result(
        result,
        summary=judged_text(result),
        exit_code=ExitCode.TRY_LATER if result.n_unfinished else ExitCode.DONE,
        errors=left if result.n_unfinished else [],
    )


def _head(ctx: Context, path: Path | None, dimension: str | None) -> HeadFile | None:
    """The head that options name."""
    if path is None:
        return None
    from intermt.cli.judge_options import refuse_chat_options
    from intermt.commands.head_file import read_head
    from intermt.dimensions import find_dimension

    refuse_chat_options(ctx, "preference head")
    head = read_head(path)
    if dimension is None:
        return head
    found = find_dimension(dimension)
    return head.only(dimension.strip().lower() if found is None else found.key)


def _show(ctx: Context, name: str) -> None:
    from intermt.cli.judge_text import judgement_lines
    from intermt.cli.opening import SIMULATED, open_store
    from intermt.commands.judge_show import show

    shown = show(open_store(ctx), name)
    lines = [*judgement_lines(shown), *([SIMULATED] if shown.simulated else [])]
    ctx.out.result(shown, "\n".join(lines))
