"""The `stats` command."""

from __future__ import annotations

from typing import Annotated, Literal

from typer import Argument, Option

from intermt.cli.options import Context, command


@command("stats")
def stats(
    ctx: Context,
    topic: Annotated[
        Literal["card", "agreement", "annotators"],
        Argument(metavar="TOPIC", help="What to count: card, agreement or annotators."),
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
) -> None:
    """Count what is in the store.

    card: conversations, turns, trees, pictures, picture tags, tasks, raters, labels,
    verdicts and calls. agreement: how far annotators agree with each other, with verifiers
    and with judges, and verifiers with judges, per level and dimension, with intervals over
    seed trees. annotators: how good each one is, how long they take, and who answers without
    looking; suspect ones first. Every figure is defined in docs/statistics.md. csv is one
    figure or annotator a line; markdown is a section for a data card; json is the document
    alone, --json the same inside the envelope.

    Reads: the store.

    Writes: nothing but its answer.

    Exits:
        66: There is no store, or no such dataset in it.

    Examples:
        # A data card of everything
        intermt stats
        # How far people agree on whole conversations, for a spreadsheet
        intermt stats agreement --level global --format csv > agreement.csv
        # Which annotators to talk to
        intermt stats annotators --dataset pilot
    """
    from intermt.cli.opening import SIMULATED, SYNTHETIC, open_store
    from intermt.cli.output import to_json
    from intermt.cli.stats_text import as_csv, as_markdown, as_table
    from intermt.commands.stats import StatsConfig, run
    from intermt.errors import UsageError

    if ctx.json and form in ("csv", "markdown"):
        raise UsageError(
            f"--format {form} and --json both want standard output", todo="leave one of them out"
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
