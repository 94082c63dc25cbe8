"""The `pair` command."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from typer import Option

from intermt.cli.draws import seed_option
from intermt.cli.options import Context, command
from intermt.formats.writing.registry import NAMES

if TYPE_CHECKING:
    from intermt.commands.pair_comments import CommentResult
    from intermt.commands.pair_result import PairResult


@command("pair")
def pair(
    ctx: Context,
    *,
    as_: Annotated[
        Literal["preference", "critique", "refinement"],
        Option(
            "--as",
            metavar="preference|critique|refinement",
            help="Preference pairs; or what people wrote about answers, to train a critic or a"
            " reviser.",
        ),
    ] = "preference",
    level: Annotated[
        Literal["local", "global"] | None,
        Option(
            "--level",
            metavar="local|global",
            show_default="local, or what --mode says",
            help="Pairs of answers, or of conversations.",
        ),
    ] = None,
    dimension: Annotated[
        list[str] | None,
        Option(
            "--dimension",
            metavar="NAME",
            show_default="overall",
            help="What the votes are about: overall, all, or a dimension's key or id.",
        ),
    ] = None,
    mode: Annotated[
        Literal["prefix", "chain"] | None,
        Option(
            "--mode",
            metavar="prefix|chain",
            show_default="prefix for local, chain for global",
            help="What both sides share: the history so far, or the seed question alone.",
        ),
    ] = None,
    min_agree: Annotated[
        str,
        Option(
            "--min-agree",
            metavar="SHARE",
            help="Least share of annotators for the winner, 0 to 1, ties counted as votes.",
        ),
    ] = "0",
    min_annotators: Annotated[
        int, Option("--min-annotators", metavar="N", min=1, help="Fewest annotators of a pair.")
    ] = 1,
    min_margin: Annotated[
        str | None,
        Option(
            "--min-margin",
            metavar="POINTS",
            help="Least mean score of the winner above the loser's; needs scores.",
        ),
    ] = None,
    verified_only: Annotated[
        bool, Option("--verified-only", help="Only pairs whose winner every verifier confirmed.")
    ] = False,
    ties: Annotated[
        Literal["drop", "keep"],
        Option(
            "--ties",
            metavar="drop|keep",
            help="What becomes of pairs that neither side won; kept ones say tie: true.",
        ),
    ] = "drop",
    aggregate: Annotated[
        Literal["majority", "mean", "dawid-skene", "bradley-terry"],
        Option(
            "--aggregate",
            metavar="majority|mean|dawid-skene|bradley-terry",
            help="How the votes of several annotators become one winner.",
        ),
    ] = "majority",
    exclude_annotator: Annotated[
        list[str] | None,
        Option("--exclude-annotator", metavar="NAME", help="Leave out what this rater said."),
    ] = None,
    min_competence: Annotated[
        str | None,
        Option(
            "--min-competence",
            metavar="SHARE",
            help="Leave out raters of less competence, 0 to 1, judged by the others' votes.",
        ),
    ] = None,
    per_prompt: Annotated[
        int | None,
        Option(
            "--per-prompt",
            metavar="N",
            min=1,
            help="Only the N most informative pairs of a question (global: seed question).",
        ),
    ] = None,
    max_turn: Annotated[
        int | None,
        Option(
            "--max-turn",
            metavar="K",
            min=1,
            help="Only answers up to turn K; only conversations of at most K turns.",
        ),
    ] = None,
    dataset: Annotated[
        str | None,
        Option("--dataset", metavar="NAME", help="Only votes and scores of this collection."),
    ] = None,
    split: Annotated[
        str | None,
        Option(
            "--split",
            metavar="NAME=SHARE,...",
            help="Split by seed question, as in train=0.8,validation=0.1,test=0.1.",
        ),
    ] = None,
    seed: Annotated[int, seed_option("Another number, another split.")] = 0,
    output_format: Annotated[
        str,
        Option(
            "--format",
            metavar="NAME",
            help=f"The format to write: {', '.join(NAMES)};"
            " for critiques and refinements jsonl, ms-swift, trl-sft.",
        ),
    ] = "jsonl",
    on_response_images: Annotated[
        Literal["error", "drop", "caption"],
        Option(
            "--on-response-images",
            metavar="error|drop|caption",
            help="What becomes of a pair that the format cannot hold: an error, left out, or"
            " words in the place of its pictures.",
        ),
    ] = "error",
    prompts: Annotated[
        Path | None,
        Option(
            "--prompts",
            metavar="DIR",
            help="Prompt files that replace the built-in ones; for critiques and refinements.",
        ),
    ] = None,
    output: Annotated[
        str,
        Option(
            "--output",
            "-o",
            metavar="FILE|DIR/|-",
            help="Where the pairs go: a file, a folder with their pictures, or - for stdout.",
        ),
    ] = "-",
    fail_under_pairs: Annotated[
        int | None,
        Option("--fail-under-pairs", metavar="N", min=0, help="Exit 1 if there are fewer pairs."),
    ] = None,
) -> None:
    """Write preference pairs out of people's votes and scores.

    The winner of a pair has more votes of annotators than the other side. Agreement is the
    share of its votes among all, ties included; a rater votes by a stated preference or,
    without one, by the difference of the two scores they gave. Verifiers do not vote: they
    confirm. Pairs come in order of seed question, turn and pair id, whatever the order of
    imports. A FILE appears whole or not at all, with FILE.manifest.json beside it. A folder
    (a name that ends with / or is one) has a file for each split, the pictures in images/,
    and .manifest.json. Seed questions that share a picture or nearly repeat each other are
    in one split, and a check says so.

    --as critique and --as refinement write each text that people wrote about an answer (or
    conversation): the conversation up to it and an instruction as the prompt, the text as the
    completion.

    Reads: votes, scores, comments, conversations and pictures of the store.

    Writes: pairs in the format asked for; jsonl has one a line.

    Exits:
        1: Fewer pairs than --fail-under-pairs asks for.
        65: The format cannot hold some pairs or records, and --on-response-images is error.
        66: There is no store, or no such dataset or rater in it.
        73: FILE cannot be created.

    Examples:
        # Pairs of answers that four of five annotators agree on
        intermt pair --min-agree 0.8 --min-annotators 5 -o pairs.jsonl
        # Pairs of whole conversations on every dimension, split by seed question
        intermt pair --level global --dimension all --split train=0.9,test=0.1 -o global.jsonl
        # What people criticised, for ms-swift, with the pictures
        intermt pair --as critique --format ms-swift -o critic/
    """
    from intermt.cli.opening import open_store
    from intermt.cli.pair_text import comment_text, pair_text
    from intermt.commands import pair, pair_comments
    from intermt.commands.pair_choice import PairConfig
    from intermt.domain.prompts import load_prompts
    from intermt.errors import ExitCode, UsageError

    config = PairConfig.of(
        level=level,
        dimensions=dimension or (),
        mode=mode,
        min_agree=min_agree,
        min_annotators=min_annotators,
        min_margin=min_margin,
        verified_only=verified_only,
        ties=ties,
        aggregate=aggregate,
        per_prompt=per_prompt,
        exclude=exclude_annotator or (),
        min_competence=min_competence,
        max_turn=max_turn,
        dataset=dataset,
        split=split,
        seed=seed,
    )
    if prompts is not None and as_ == "preference":
        raise UsageError(
            "--prompts: a preference pair has no instruction",
            todo="leave it out, or ask for --as critique or --as refinement",
        )
    ctx.out.if_interrupted("run the same command again; no file was changed")
    asked = {name: value for name, value in ctx.options.items() if name != "output"}
    target = ctx.out.stdout() if output == "-" else Path(output)
    folder = output.endswith("/") or (output != "-" and Path(output).is_dir())
    result: PairResult | CommentResult
    if as_ == "preference":
        result = pair.run(
            open_store(ctx),
            config,
            target,
            ctx.out.progress,
            asked,
            format_name=output_format,
            rule=on_response_images,
            folder=folder,
        )
        n, things, said = result.n_pairs, "pairs", pair_text(result)
    else:
        result = pair_comments.run(
            open_store(ctx),
            config,
            target,
            ctx.out.progress,
            asked,
            kind=as_,
            prompts=load_prompts(prompts),
            every_dimension=not dimension,
            format_name=output_format,
            rule=on_response_images,
            folder=folder,
        )
        n, things, said = result.n_records, "records", comment_text(result)
    ctx.out.detail(said)
    too_few = fail_under_pairs is not None and n < fail_under_pairs
    if too_few:
        ctx.out.note(f"{n} {things}; --fail-under-pairs asks for {fail_under_pairs}")
    ctx.out.result(
        result,
        summary="" if ctx.verbose else said,
        exit_code=ExitCode.ANSWER_IS_NO if too_few else ExitCode.DONE,
    )
