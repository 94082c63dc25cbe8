"""The `annotate-export` command."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from typer import Option

from intermt.cli.draws import seed_option
from intermt.cli.options import Context, command

if TYPE_CHECKING:
    from intermt.commands.annotate_export import ExportResult, LevelReport


@command("annotate-export")
def annotate_export(
    ctx: Context,
    *,
    to: Annotated[
        Literal["label-studio", "jsonl", "html"],
        Option(
            "--to",
            metavar="label-studio|jsonl|html",
            help="A Label Studio project, JSON lines, or a page that works in any browser.",
        ),
    ] = "label-studio",
    level: Annotated[
        Literal["local", "global"] | None,
        Option(
            "--level",
            metavar="local|global",
            show_default="both",
            help="Pairs of answers, or of conversations.",
        ),
    ] = None,
    dataset: Annotated[
        str | None, Option("--dataset", metavar="NAME", help="Only this collection.")
    ] = None,
    per_prompt: Annotated[
        int | None,
        Option(
            "--per-prompt",
            metavar="N",
            min=1,
            show_default="all",
            help="Most pairs of answers to one question.",
        ),
    ] = None,
    per_seed: Annotated[
        int | None,
        Option(
            "--per-seed",
            metavar="N",
            min=1,
            show_default="all",
            help="Most pairs of conversations of one seed question.",
        ),
    ] = None,
    limit: Annotated[
        int | None,
        Option("--limit", metavar="N", min=1, help="Most tasks of a level, beside gold items."),
    ] = None,
    role: Annotated[
        Literal["annotator", "verifier"],
        Option(
            "--role",
            metavar="annotator|verifier",
            help="Who the tasks are for; verifiers get what annotators have labelled.",
        ),
    ] = "annotator",
    overlap: Annotated[
        int | None,
        Option(
            "--overlap",
            metavar="N",
            min=1,
            show_default="3, or all where fewer are named; 1 for verifiers",
            help="How many people each task is for.",
        ),
    ] = None,
    annotators: Annotated[
        list[str] | None,
        Option(
            "--annotators",
            metavar="NAME,...",
            help="Who does the tasks; each gets files of their own.",
        ),
    ] = None,
    gold: Annotated[
        float,
        Option(
            "--gold",
            metavar="SHARE",
            help="Share of gold items: pairs whose outcome people agree on already.",
        ),
    ] = 0.0,
    only_missing: Annotated[
        bool,
        Option("--only-missing", help="Leave out pairs that enough people have done already."),
    ] = False,
    pictures: Annotated[
        Literal["files", "inline"] | None,
        Option(
            "--pictures",
            metavar="files|inline",
            show_default="files for jsonl, else inline",
            help="Pictures beside the tasks, or inside them.",
        ),
    ] = None,
    picture_url: Annotated[
        str | None,
        Option(
            "--picture-url",
            metavar="URL",
            show_default="/data/local-files/?d=DIR/",
            help="What Label Studio is to put before the path of a picture file.",
        ),
    ] = None,
    guide: Annotated[
        Path | None,
        Option(
            "--guide",
            metavar="FILE",
            help="Plain text that pages show to annotators before their own guide.",
        ),
    ] = None,
    seed: Annotated[int, seed_option("Another number, other pairs, sides and plan.")] = 0,
    force: Annotated[
        bool, Option("--force", help="Replace a DIR that an earlier, different export wrote.")
    ] = False,
    output: Annotated[
        Path, Option("--output", "-o", metavar="DIR", help="The folder to write.")
    ] = Path("annotation"),
) -> None:
    """Give out pairs of candidates for people to score and compare.

    Local tasks show a conversation and two answers to its last question; global tasks show two
    conversations of one seed question. Which candidate stands on the left is drawn by lot for
    each task; import undoes it. No task names a model. Gold items look like all others: only
    the store knows them. With --gold, pairs whose outcome is agreed on are given out as gold
    items alone. With --annotators, all get equally many tasks, each in an order of their own; no
    verifier gets a pair that they have labelled as an annotator.

    Reads: trees, conversations and pictures of the store; labels with --gold, --only-missing
    and --role verifier.

    Writes: DIR with a README, local/ and global/; in the store, what was given out.

    Exits:
        2: The options contradict each other.
        65: The guide is empty or no text.
        66: There is no guide, no store, no such dataset, nothing to compare, or no gold item.
        73: DIR cannot be made, or holds something else.

    Examples:
        # A Label Studio project of each level; every task for three people
        intermt annotate-export -o campaign
        # Pages for five people, one gold item in ten
        intermt annotate-export --to html --annotators ann,bo,cy,di,ed --gold 0.1 -o pages
        # Pages that show a guide of your own
        intermt annotate-export --to html --guide guide.md -o pages
        # What has fewer than three annotators after the first round
        intermt annotate-export --only-missing -o round2
        # What annotators have labelled and no verifier has seen
        intermt annotate-export --role verifier --only-missing --annotators vera -o verify
    """
    from intermt.cli.opening import open_store
    from intermt.commands.annotate_export import run
    from intermt.commands.export_config import ExportConfig, read_guide

    config = ExportConfig.of(
        to=to,
        level=level,
        role=role,
        overlap=overlap,
        annotators=annotators or (),
        pictures=pictures,
        picture_url=picture_url,
        dataset=dataset,
        limit=limit,
        per_prompt=per_prompt,
        per_seed=per_seed,
        seed=seed,
        gold=gold,
        only_missing=only_missing,
        guide="" if guide is None else read_guide(guide),
    )
    ctx.out.if_interrupted("run the same command again; no folder was changed")
    result = run(
        open_store(ctx), config, output, ctx.out.progress, force=force, options=ctx.options
    )
    wanted = sum(report.n_gold_wanted for report in result.levels.values())
    given = sum(report.n_gold_assigned for report in result.levels.values())
    if given < wanted:
        ctx.out.note(f"--gold asks for {wanted} gold items; there are {given}")
    ctx.out.result(result, summary=_summary(result))


def _summary(result: ExportResult) -> str:
    """What was given out, for a person."""
    from intermt.cli.opening import SIMULATED, SYNTHETIC

    lines = [line for level, r in result.levels.items() for line in _said_of(level, r)]
    if result.folder is None:
        lines.append("nothing is left to give out; no folder was written")
    else:
        state = "unchanged" if result.unchanged else "written"
        lines.append(f"{result.folder} {state} ({result.to}, {result.n_pictures} pictures)")
    if result.simulated:
        lines.append(SIMULATED)
    if result.synthetic:
        lines.append(SYNTHETIC)
    return "\n".join(lines)


def _said_of(level: str, report: LevelReport) -> list[str]:
    things = "answers" if level == "local" else "conversations"
    lines = [f"{level}: {report.n_pairs} pairs of {things}, {report.n_tasks} tasks"]
    if report.n_gold:
        lines[0] += f", {report.n_gold} of them gold items"
    for number, what in (
        (report.n_unlabelled, "left out: no annotator has labelled them"),
        (report.n_settled, "agreed on already: gold items or nothing"),
        (report.n_enough, "left out: enough people have done them"),
        (report.n_beyond_limit, "left out by --limit"),
        (report.n_nobody, "left out: everybody named has labelled them"),
        (report.n_short, "for fewer people than asked: the others have labelled them"),
        (report.n_missing_pictures, "lack a picture"),
    ):
        if number:
            lines.append(f"  {number} {what}")
    if report.annotators:
        shares = ", ".join(f"{name} {n}" for name, n in report.annotators.items())
        lines.append(f"  by annotator: {shares}")
    return lines
