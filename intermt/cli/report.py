"""The `report` command."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from typer import Argument, Option

from intermt.cli.options import Context, command

if TYPE_CHECKING:
    from intermt.commands.report import Chapter, Judged, ReportResult
    from intermt.commands.scaling_config import ScalingConfig
    from intermt.store.connect import Store

_TITLES: dict[Any, str] = {
    "card": "What is in the data",
    "agreement": "Agreement of raters",
    "scores": "Scores",
    "correlation": "How dimensions go together",
    "bias": "What moves raters apart from quality",
    "scaling": "Scaling of judges with turns",
    "annotators": "Annotators",
    "usage": "Calls to servers",
}


@command("report")
def report(
    ctx: Context,
    folder: Annotated[
        Path, Argument(metavar="DIR", help="Where to write; an earlier report there is replaced.")
    ] = Path("intermt-report"),
    *,
    dataset: Annotated[
        str | None,
        Option("--dataset", metavar="NAME", help="Only this collection and what was said of it."),
    ] = None,
    level: Annotated[
        Literal["local", "global"] | None,
        Option("--level", metavar="local|global", help="Only labels and verdicts of this level."),
    ] = None,
    model: Annotated[
        str | None,
        Option(
            "--model",
            metavar="MODEL",
            help="For the scaling study: whose embeddings, where the store has those of several.",
        ),
    ] = None,
    judge: Annotated[
        list[str] | None,
        Option(
            "--judge",
            metavar="K=NAME",
            help="For the scaling study: a judge trained elsewhere on the first K turns, in place"
            " of heads on embeddings.",
        ),
    ] = None,
) -> None:
    """Write every table and figure of the paper that the store's data allow.

    One page, index.html, which needs no network, with the topics of intermt stats, the tables
    of intermt eval and a list of what is missing and which data it needs; beside it each table
    as CSV and Markdown, each figure as SVG and PNG, each document as JSON, and report.json.
    Figures need matplotlib (the extra intermt[plot]); without it the report has tables only.
    The scaling study takes the embeddings that the store has, which intermt stats scaling
    --server asks for, or the verdicts of judges. Equal stores give equal files.

    Reads: the store; of the configuration the prices.

    Writes: DIR, which appears whole or not at all.

    Exits:
        66: There is no store, no such dataset in it, or nothing that --judge or --model can study.
        73: DIR holds something that no report wrote, or cannot be made.

    Examples:
        # Everything that can be said of the store
        intermt report
        # Of one collection, answers only
        intermt report pilot-report --dataset pilot --level local
        # With reward models that were trained on the first one and two turns
        intermt report --judge 1=rm-k1 --judge 2=rm-k2
    """
    from intermt.cli.opening import SIMULATED, SYNTHETIC, open_store
    from intermt.cli.stats_scaling import judges_asked
    from intermt.commands.report import refuse_foreign, write
    from intermt.commands.scaling_config import ScalingConfig
    from intermt.errors import UsageError

    ctx.out.if_interrupted("run the same command again; no folder was changed")
    judges = judges_asked(judge)
    if judges and model is not None:
        raise UsageError(
            "--judge takes verdicts, and --model is for heads", todo="leave out one of them"
        )
    studied = ScalingConfig(level=level or "local", dataset=dataset, model=model, judges=judges)
    store = open_store(ctx)
    refuse_foreign(folder)
    chapters = list(_chapters(ctx, store, dataset, level, studied))
    judged = _judged(ctx, store, dataset, level)
    scope = {"dataset": dataset, "level": level}
    result = write(folder, chapters, judged, scope, ctx.out.progress)
    marks = [SIMULATED] * result.simulated + [SYNTHETIC] * result.synthetic
    ctx.out.result(result, summary="\n".join([*_said_of(result), *marks]))


def _chapters(
    ctx: Context, store: Store, dataset: str | None, level: Any, studied: ScalingConfig
) -> Iterator[Chapter]:
    from intermt.cli.stats_text import as_csv, as_markdown, tables_of, told_of
    from intermt.commands.report import Chapter
    from intermt.commands.scaling import run as study
    from intermt.commands.stats import StatsConfig, run
    from intermt.errors import MissingInputError, ProtocolMismatch, UsageError
    from intermt.reporting.plots import can_draw, figure_bytes

    for topic, title in _TITLES.items():
        try:
            if topic == "scaling":
                document = study(store, studied, ctx.out.progress).document
            else:
                # Calls belong to no level.
                of_level = None if topic == "usage" else level
                config = StatsConfig(topic, of_level, dataset, ctx.config.servers)
                document = run(store, config).document
        except (MissingInputError, ProtocolMismatch, UsageError) as error:
            # Without a store or the collection there is nothing to report on at all; of the
            # others, only a study may be impossible with what there is, unless it was asked for.
            if topic == "card" or not (topic == "scaling" or isinstance(error, MissingInputError)):
                raise
            if topic == "scaling" and (studied.judges or studied.model is not None):
                raise
            yield Chapter(topic, title, why=f"{error.what}; {error.todo}")
            continue
        figures = {}
        if can_draw():
            figures = {form: figure_bytes(document, form) for form in ("svg", "png")}
        yield Chapter(
            topic,
            title,
            document,
            told=tuple(told_of(document)),
            tables=tuple(tables_of(document)),
            csv=as_csv(document),
            markdown=as_markdown(document, ()),
            figures=figures,
        )


def _judged(ctx: Context, store: Store, dataset: str | None, level: Any) -> Judged:
    from intermt.cli import eval_text
    from intermt.commands import eval_report
    from intermt.commands.eval_config import EvalConfig
    from intermt.commands.report import Judged
    from intermt.dimensions import LEVELS
    from intermt.errors import MissingInputError

    config = EvalConfig(
        levels=LEVELS if level is None else (level,),
        dataset=dataset,
        compare=("published",),
        bias=True,
    )
    asked = {"compare": ["published"], "bias": True, "dataset": dataset, "level": level}
    try:
        result, sections = eval_report.sections(store, config, asked, ctx.out.progress)
    except MissingInputError as error:
        return Judged(why=f"{error.what}; {error.todo}")
    return Judged(
        result,
        sections=tuple(sections),
        csv=eval_text.comma_separated(result),
        markdown=eval_text.markdown(result, ()),
    )


def _said_of(result: ReportResult) -> Iterator[str]:
    state = "unchanged" if result.unchanged else "written"
    n = len(result.there) + len(result.missing)
    yield (
        f"{result.folder}/index.html {state}: {len(result.there)} of {n} tables and figures of the"
        f" paper, {len(result.files)} files"
    )
    for entry in result.missing:
        yield f"  missing: {entry.name}; needs {entry.needs}"
    if not result.has_figures:
        yield "  no figures were drawn: matplotlib is missing (pip install 'intermt[plot]')"
