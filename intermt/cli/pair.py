"""The `pair` command."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from typer import Option

from intermt.cli.options import Context, command
from intermt.formats.writing.registry import NAMES

if TYPE_CHECKING:
    from intermt.commands.pair import PairResult
    from intermt.domain.leakage import Leakage


@command("pair")
def pair(
    ctx: Context,
    *,
    level: Annotated[
        Literal["local", "global"],
        Option("--level", metavar="local|global", help="Pairs of answers, or of conversations."),
    ] = "local",
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
    seed: Annotated[int, Option("--seed", metavar="N", help="Another number, another split.")] = 0,
    output_format: Annotated[
        str,
        Option("--format", metavar="NAME", help=f"The format to write: {', '.join(NAMES)}."),
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

    Reads: votes, scores, comments, conversations and pictures of the store.

    Writes: pairs in the format asked for; jsonl has one a line.

    Exits:
        1: Fewer pairs than --fail-under-pairs asks for.
        65: The format cannot hold some pairs, and --on-response-images is error.
        66: There is no store, or no such dataset or rater in it.
        73: FILE cannot be created.

    Examples:
        # Pairs of answers that four of five annotators agree on
        intermt pair --min-agree 0.8 --min-annotators 5 -o pairs.jsonl
        # Pairs of whole conversations on every dimension, split by seed question
        intermt pair --level global --dimension all --split train=0.9,test=0.1 -o global.jsonl
    """
    from intermt.cli.opening import open_store
    from intermt.commands.pair import run
    from intermt.commands.pair_choice import PairConfig
    from intermt.errors import ExitCode

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
    ctx.out.if_interrupted("run the same command again; no file was changed")
    asked = {name: value for name, value in ctx.options.items() if name != "output"}
    target = ctx.out.stdout() if output == "-" else Path(output)
    result = run(
        open_store(ctx),
        config,
        target,
        ctx.out.progress,
        asked,
        format_name=output_format,
        rule=on_response_images,
        folder=output.endswith("/") or (output != "-" and Path(output).is_dir()),
    )
    said = _funnel(result)
    ctx.out.detail(said)
    too_few = fail_under_pairs is not None and result.n_pairs < fail_under_pairs
    if too_few:
        ctx.out.note(f"{result.n_pairs} pairs; --fail-under-pairs asks for {fail_under_pairs}")
    ctx.out.result(
        result,
        summary="" if ctx.verbose else said,
        exit_code=ExitCode.ANSWER_IS_NO if too_few else ExitCode.DONE,
    )


def _funnel(result: PairResult) -> str:
    """What became of every label and pair, for a person."""
    funnel = result.funnel
    things = "answers" if result.level == "local" else "conversations"
    out_of = sum(funnel.set_aside.values())
    lines = [
        f"{funnel.n_votes} votes and {funnel.n_scores} scores on {funnel.n_pairs} pairs of {things}"
    ]
    if result.labelled_datasets:
        lines.append(f"  votes and scores are in: {', '.join(result.labelled_datasets)}")
    lines += [f"  - {n} labels {reason}" for reason, n in funnel.labels_set_aside.items() if n]
    lines += [f"  - {n} {reason}" for reason, n in funnel.set_aside.items() if n]
    lines.append(
        f"{funnel.n_pairs - out_of} pairs, dimensions {', '.join(result.dimensions)}:"
        f" {funnel.considered} considered"
    )
    lines += [f"  - {n} {reason}" for reason, n in funnel.dropped.items() if n]
    return "\n".join([*lines, *_written(result)])


def _written(result: PairResult) -> list[str]:
    from intermt.cli.opening import SIMULATED, SYNTHETIC

    lines = []
    if result.fitting.n_dropped:
        why = ", ".join(f"{n} {reason}" for reason, n in result.fitting.reasons.items())
        lines.append(f"  - {result.fitting.n_dropped} do not fit --format {result.format} ({why})")
    to = f" to {result.output}" if result.output else ""
    lines.append(f"{result.n_pairs} pairs written{to}")
    if result.fitting.n_captioned:
        lines.append(f"  {result.fitting.n_captioned} of them with words in the place of pictures")
    if result.n_ties:
        lines.append(f"  {result.n_ties} of them are ties")
    if result.splits is not None and result.leakage is not None:
        lines.append(f"  by split: {', '.join(f'{s} {n}' for s, n in result.splits.items())}")
        lines += _leakage(result.leakage)
    if result.n_missing_pictures:
        lines.append(f"  {result.n_missing_pictures} of them lack a picture")
    if result.simulated:
        lines.append(f"{SIMULATED} ({result.n_simulated} of {result.n_pairs} pairs)")
    if result.synthetic:
        lines.append(f"{SYNTHETIC} ({result.n_synthetic} of {result.n_pairs} pairs)")
    return lines


def _leakage(found: Leakage) -> list[str]:
    merged = ", ".join(f"{n} by {link}" for link, n in found.merged.items() if n) or "none"
    return [
        f"  between splits: {found.n_leaks} leaks of {found.n_seeds} seed questions"
        f" ({found.n_questions} texts compared), {found.n_pictures} pictures"
        f" ({found.n_looks} compared by look)",
        f"  put together: {merged}; {found.n_groups} groups, the largest of {found.n_largest}",
    ]
