"""The `stats` command."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from typer import Argument, Option

from intermt.cli.options import Context, command


@command("stats")
def stats(
    ctx: Context,
    topic: Annotated[
        Literal["card", "agreement", "annotators", "scaling"],
        Argument(metavar="TOPIC", help="What to count: card, agreement, annotators or scaling."),
    ] = "card",
    *,
    level: Annotated[
        Literal["local", "global"] | None,
        Option("--level", metavar="local|global", help="Only labels and verdicts of this level."),
    ] = None,
    dataset: Annotated[
        str | None,
        Option("--dataset", metavar="NAME", help="Only this collection and what was said of it."),
    ] = None,
    form: Annotated[
        Literal["table", "json", "csv", "markdown"],
        Option("--format", metavar="table|json|csv|markdown", help="How to write it."),
    ] = "table",
    plot: Annotated[
        Path | None,
        Option("--plot", metavar="FILE.png|FILE.svg", help="scaling: draw it to this file, too."),
    ] = None,
    server: Annotated[
        str | None,
        Option(
            "--server",
            metavar="SERVER",
            help="scaling: the embeddings server; without one what the store has is used.",
        ),
    ] = None,
    model: Annotated[
        str | None,
        Option(
            "--model",
            metavar="MODEL",
            help="scaling: whose embeddings, where the store has those of several models.",
        ),
    ] = None,
    max_chars: Annotated[
        int, Option("--max-chars", metavar="N", min=50, help="scaling: longest text to embed.")
    ] = 1000,
    pictures: Annotated[
        bool, Option("--pictures", help="scaling: embed whole conversations with pictures.")
    ] = False,
    judge: Annotated[
        list[str] | None,
        Option(
            "--judge",
            metavar="K=NAME",
            help="scaling: a judge trained elsewhere on the first K turns, in place of heads.",
        ),
    ] = None,
    dimension: Annotated[
        str | None,
        Option(
            "--dimension",
            metavar="NAME",
            show_default="overall",
            help="scaling: what preferences are about.",
        ),
    ] = None,
    max_turn: Annotated[
        int | None,
        Option("--max-turn", metavar="T", min=2, help="scaling: no turns after this one."),
    ] = None,
    repeats: Annotated[
        int,
        Option("--repeats", metavar="N", min=1, help="scaling: how often to split the trees anew."),
    ] = 5,
    equal_pairs: Annotated[
        bool,
        Option("--equal-pairs", help="scaling: let every head learn from equally many pairs."),
    ] = False,
    seed: Annotated[
        int, Option("--seed", metavar="N", help="scaling: another number, other splits.")
    ] = 0,
) -> None:
    """Count what is in the store.

    card: conversations, turns, trees, pictures, picture tags, tasks, raters, labels,
    verdicts and calls. agreement: how far annotators agree with each other, with verifiers
    and with judges, and verifiers with judges, per level and dimension, with intervals over
    seed trees. annotators: how good each one is, how long they take, and who answers without
    looking; suspect ones first. Every figure of these is defined in docs/statistics.md. csv
    is one figure or annotator a line; markdown is a section for a data card; json is the
    document alone, --json the same inside the envelope.

    scaling: what preference heads that learnt from the first k turns are worth on every later
    turn, whether more turns help, and how far heads of single answers (prefix) and of whole
    conversations (chain) stand in for each other. It asks --server for the embeddings that
    are missing. docs/scaling.md defines its figures.

    Reads: the store.

    Writes: nothing but its answer; scaling its calls, and the file of --plot.

    Exits:
        66: There is no store, no such dataset or judge in it, or nothing to study.
        69: The server does not answer.
        75: Too many calls failed; run it again.

    Examples:
        # A data card of everything
        intermt stats
        # How far people agree on whole conversations, for a spreadsheet
        intermt stats agreement --level global --format csv > agreement.csv
        # Which annotators to talk to
        intermt stats annotators --dataset pilot
        # Do judges gain from more turns?
        intermt stats scaling --server http://gpu1:8000/v1 --plot scaling.png
        # The same for reward models that were trained elsewhere
        intermt stats scaling --judge 1=rm-k1 --judge 2=rm-k2 --judge 3=rm-k3
    """
    from intermt.cli.opening import SIMULATED, SYNTHETIC, open_store
    from intermt.cli.output import to_json
    from intermt.cli.stats_scaling import ONLY_SCALING, scaling
    from intermt.cli.stats_text import as_csv, as_markdown, as_table
    from intermt.commands.stats import StatsConfig, run
    from intermt.errors import UsageError

    if ctx.json and form in ("csv", "markdown"):
        raise UsageError(
            f"--format {form} and --json both want standard output", todo="leave one of them out"
        )
    if topic == "scaling":
        scaling(ctx)
        return
    for name in ("plot", *ONLY_SCALING):
        if name in ctx.given:
            raise UsageError(
                f"--{name.replace('_', '-')} is for stats scaling", todo="leave it out"
            )
    found = run(open_store(ctx), StatsConfig(topic, level, dataset))
    marks = [SIMULATED] * found.simulated + [SYNTHETIC] * found.synthetic
    if not ctx.json and form != "table":
        stream = ctx.out.stdout(f"--format {form}")
        if form == "json":
            stream.write(to_json(found.document))
        else:
            write = as_csv if form == "csv" else as_markdown
            stream.write(write(found.document, marks).encode("utf-8", "replace"))
    ctx.out.result(
        found.document,
        (lambda: as_table(ctx.out, found.document, marks)) if form == "table" else None,
        summary="" if form == "table" else "\n".join((*marks, *found.notes)),
    )
