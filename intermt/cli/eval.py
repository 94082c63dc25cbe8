"""The `eval` command."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from typer import Option

from intermt.cli.options import Context, command


class Task(StrEnum):
    """What `--task` takes."""

    SCORE = "score"
    PAIR = "pair"
    CRUCIAL_STEP = "crucial-step"
    ALL = "all"


class Level(StrEnum):
    """What `--level` takes."""

    LOCAL = "local"
    GLOBAL = "global"


class Format(StrEnum):
    """What `--format` takes."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"
    MARKDOWN = "markdown"


@command("eval")
def eval(  # noqa: A001 - the frame finds a command by its name
    ctx: Context,
    *,
    task: Annotated[
        Task, Option("--task", metavar="score|pair|crucial-step|all", help="What was judged.")
    ] = Task.ALL,
    judge: Annotated[
        list[str] | None,
        Option(
            "--judge",
            metavar="NAME",
            show_default="every judge with verdicts",
            help="Only this judge.",
        ),
    ] = None,
    level: Annotated[
        Level | None,
        Option(
            "--level",
            metavar="local|global",
            show_default="both",
            help="Single turns, or whole conversations.",
        ),
    ] = None,
    dataset: Annotated[
        str | None, Option("--dataset", metavar="NAME", help="Only this collection.")
    ] = None,
    ci: Annotated[
        float, Option("--ci", metavar="SHARE", help="Coverage of the confidence intervals.")
    ] = 0.95,
    bootstrap: Annotated[
        int,
        Option(
            "--bootstrap",
            metavar="N",
            min=1,
            max=1_000_000,
            help="Resamples of the seed trees behind each interval.",
        ),
    ] = 2000,
    seed: Annotated[int, Option("--seed", metavar="N", min=0, help="Seed of the resamples.")] = 0,
    format_: Annotated[
        Format, Option("--format", metavar="table|json|csv|markdown", help="How to show figures.")
    ] = Format.TABLE,
    fail_under: Annotated[
        list[str] | None,
        Option(
            "--fail-under",
            metavar="METRIC=X",
            help="Exit with 1 where a figure is below X, as in pair.local.overall.accuracy=0.55.",
        ),
    ] = None,
) -> None:
    """Measure judges against what people said.

    Scores: Pearson's r and exact agreement with annotators' scores. Pairs: accuracy against
    the candidate that more annotators chose, consistency over both orders, choices for the
    first position, ties. Crucial steps: the mean grade. Every figure comes with the number
    of items, the share of replies that stated a verdict, and a bootstrap interval over seed
    trees; one that cannot be had says why. Verifiers' labels are not used.

    A METRIC is TASK[.LEVEL][.DIMENSION].STATISTIC; what is left out means all of them. The
    statistics are pearson, exact_agreement, accuracy, consistency, first_slot, tie_rate and
    mean_grade; a dimension is a name, L1 to G5, overall or average.

    Reads: verdicts, scores and votes of the store.

    Writes: nothing.

    Exits:
        1: A figure is below its --fail-under, or undefined.
        66: There are no verdicts, or no labels for what was judged.

    Examples:
        # How good are all judges?
        intermt eval
        # Is this judge fit for use? For a script
        intermt eval --task pair --judge qwen --fail-under pair.local.overall.accuracy=0.6
        # Figures for a spreadsheet
        intermt eval --format csv > figures.csv
    """
    from dataclasses import asdict

    from intermt.cli import eval_text
    from intermt.cli.opening import open_store
    from intermt.cli.output import to_json
    from intermt.commands.evaluate import TASKS, EvalConfig, run
    from intermt.dimensions import LEVELS
    from intermt.domain.figures import Resampling
    from intermt.errors import ExitCode, UsageError

    if not 0 < ci < 1:
        raise UsageError(f"--ci must lie between 0 and 1, not {ci:g}")
    config = EvalConfig(
        tasks=tuple(name for name in TASKS if task in (name, Task.ALL)),
        levels=LEVELS if level is None else (level.value,),
        judges=tuple(judge or ()),
        dataset=dataset,
        resampling=Resampling(ci, bootstrap, seed),
        fail_under=tuple(fail_under or ()),
    )
    result = run(open_store(ctx), config, ctx.out.progress)

    def text() -> None:
        if format_ is Format.TABLE:
            eval_text.show_tables(ctx.out, result)
        elif format_ is Format.JSON:
            ctx.out.line(to_json(asdict(result)).decode().rstrip())
        elif format_ is Format.CSV:
            ctx.out.line(eval_text.comma_separated(result))
        else:
            ctx.out.line(eval_text.markdown(result))

    for line in eval_text.failures(result):
        ctx.out.note(line)
    code = ExitCode.DONE if result.passed else ExitCode.ANSWER_IS_NO
    ctx.out.result(asdict(result), text, exit_code=code)
