"""The `stats` command."""

from __future__ import annotations

import os
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from typer import Argument, Option

from intermt.cli.draws import seed_option
from intermt.cli.options import Context, command

if TYPE_CHECKING:
    from intermt.commands.scaling_config import ScalingResult
    from intermt.commands.stats import StatsResult


@command("stats")
def stats(
    ctx: Context,
    topic: Annotated[
        Literal[
            "card",
            "agreement",
            "annotators",
            "scores",
            "correlation",
            "bias",
            "usage",
            "scaling",
        ]
        | None,
        Argument(
            metavar="TOPIC",
            help="What about: card, agreement, annotators, scores, correlation, bias, usage or"
            " scaling; an overview if not given.",
        ),
    ] = None,
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
        Option(
            "--plot",
            metavar="FILE.png|.svg",
            help="Draw it into this file too; needs matplotlib (the extra intermt[plot]).",
        ),
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
    seed: Annotated[int, seed_option("scaling: another number, other splits.")] = 0,
) -> None:
    """Count what is in the store.

    Without a topic: the store on one screen. card: conversations, turns, trees, pictures,
    picture tags, tasks, raters, labels, verdicts and calls. agreement: how far annotators
    agree with each other, with verifiers and with judges, and verifiers with judges, per level
    and dimension, with intervals over seed trees. annotators: how good each one is, how long
    they take, and who answers without looking; suspect ones first. scores: how scores are
    spread, by annotators, verifiers and each judge. correlation: how the nine dimensions go
    together over conversations. bias: how far sides, lengths and pictures move raters, and how
    often they give the highest score. usage: calls, tokens, cost, latency and failures by
    server and day; prices are those of the configuration.

    scaling: what preference heads that learnt from the first k turns are worth on every later
    turn, whether more turns help, and how far heads of single answers (prefix) and of whole
    conversations (chain) stand in for each other. It asks --server for the embeddings that
    are missing. docs/scaling.md defines its figures.

    Every figure is defined in docs/statistics.md. csv is one figure or row a line; markdown is
    a section for a data card, of card a whole Hugging Face data card with its YAML head; json
    is the document alone, --json the same inside the envelope.

    Reads: the store; of the configuration the prices.

    Writes: its answer, and the file of --plot; scaling its calls.

    Exits:
        66: There is no store, no such dataset or judge in it, or nothing to study.
        69: The embeddings server does not answer.
        73: The file of --plot cannot be made.
        75: Too many calls failed; run it again.
        76: What answers is no embeddings server, or its embeddings are of several lengths.
        77: The embeddings server refuses access: its key is wrong or missing.
        78: --plot without matplotlib.

    Examples:
        # What is there, on one screen
        intermt stats
        # The data card of a dataset for the Hub
        intermt stats card --dataset pilot --format markdown > README.md
        # How far people agree on whole conversations, for a spreadsheet
        intermt stats agreement --level global --format csv > agreement.csv
        # Which annotators to talk to
        intermt stats annotators --dataset pilot
        # How the nine dimensions go together, as a figure for a paper
        intermt stats correlation --plot map.svg
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
    from intermt.commands.whole_file import whole_file
    from intermt.errors import UsageError
    from intermt.reporting.plots import figure_bytes, plot_form

    if ctx.json and form in ("csv", "markdown"):
        raise UsageError(
            f"--format {form} and --json both want standard output", todo="leave one of them out"
        )
    if topic != "scaling":
        for name in ONLY_SCALING:
            if name in ctx.typed:
                raise UsageError(
                    f"--{name.replace('_', '-')} is for stats scaling", todo="leave it out"
                )
    found: StatsResult | ScalingResult
    with ExitStack() as stack:
        if plot is not None:
            # Before the counting: nobody waits for figures that cannot be drawn.
            form_of_plot = plot_form(plot)
            file = stack.enter_context(whole_file(plot))
        if topic == "scaling":
            found = scaling(ctx)
        else:
            # Figures are many small sums, over which numpy's threads mostly wait for each other.
            os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
            config = StatsConfig(topic or "overview", level, dataset, ctx.config.servers)
            found = run(open_store(ctx), config)
        if plot is not None:
            file.write(figure_bytes(found.document, form_of_plot))
    marks = [SIMULATED] * found.simulated + [SYNTHETIC] * found.synthetic
    if not ctx.json and form != "table":
        stream = ctx.out.stdout(f"--format {form}")
        if form == "json":
            stream.write(to_json(found.document))
        else:
            text = as_csv(found.document) if form == "csv" else as_markdown(found.document, marks)
            stream.write(text.encode("utf-8", "replace"))
    ctx.out.result(
        found.document,
        (lambda: as_table(ctx.out, found.document, marks)) if form == "table" else None,
        summary="" if form == "table" else "\n".join((*marks, *found.notes)),
    )
