"""The `eval` command."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from typer import Option

from intermt.cli.draws import seed_option
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


class Compat(StrEnum):
    """What `--compat` takes."""

    DEFAULT = "default"
    PAPER = "paper"


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
            help="Resamples of the seed trees behind each interval; with fewer than 2 / (1 - --ci),"
            " which is 40 for 0.95, there is no interval.",
        ),
    ] = 2000,
    seed: Annotated[int, seed_option("Seed of resamples, folds and orders.")] = 0,
    format_: Annotated[
        Format, Option("--format", metavar="table|json|csv|markdown", help="How to show figures.")
    ] = Format.TABLE,
    statistic: Annotated[
        list[str] | None,
        Option(
            "--statistic",
            metavar="NAME",
            show_default="all but bias",
            help="Only this statistic, for each dimension.",
        ),
    ] = None,
    bias: Annotated[
        bool,
        Option("--bias", help="Also measure what moves the judge apart from quality."),
    ] = False,
    compare: Annotated[
        list[str] | None,
        Option(
            "--compare",
            metavar="published|JUDGE",
            help="Show differences from this judge, or the paper's figures beside ours.",
        ),
    ] = None,
    compat: Annotated[
        Compat,
        Option("--compat", metavar="default|paper", help="How verdicts are counted."),
    ] = Compat.DEFAULT,
    fail_under: Annotated[
        list[str] | None,
        Option(
            "--fail-under",
            metavar="METRIC=X",
            help="Exit with 1 where a figure is below X, as in pair.local.overall.accuracy=0.55.",
        ),
    ] = None,
    report: Annotated[
        str | None,
        Option(
            "--report",
            metavar="FILE.html",
            help="Write a page with tables, plots and the worst disagreements.",
        ),
    ] = None,
) -> None:
    """Measure judges against what people said.

    Scores: Pearson's r with annotators' scores, and Spearman's rho, Kendall's tau-b, exact
    agreement, weighted kappa, mean absolute error. Pairs: accuracy against the candidate that
    more annotators chose, kappa, F1, consistency over both orders, choices for the first
    position, ties. Crucial steps: the mean grade. Every figure comes with the number of items,
    the share of replies that stated a verdict, and a bootstrap interval over seed trees; one
    that cannot be had says why. Verifiers' labels are not used.

    The published statistics are shown for each dimension, of the others the averages;
    --statistic (repeat) shows those named for each dimension and no others. --format csv and
    json hold all of them, and every difference of --compare. --bias adds high scores, length,
    number of pictures, length of reasons and the judge's own model family, each beside what
    people did.

    --compare JUDGE takes the difference of every figure on the items that both judged, with
    an interval over the same resamples, a test for means and shares, and p values adjusted
    for how many there are. --compare published sets the paper's figures beside these and says
    why they are not comparable. --compat paper counts as the paper does: one reply an item,
    of pairs in one order drawn by --seed, a tie of the judge as an error.

    A METRIC is TASK[.LEVEL][.DIMENSION].STATISTIC; what is left out means all of them. A
    dimension is a name, L1 to G5, overall or average. Statistics of score: pearson,
    exact_agreement, spearman, kendall_tau_b, weighted_kappa, mean_absolute_error, coverage,
    tie_calibrated_accuracy; of pair: accuracy, cohen_kappa, macro_f1, consistency, first_slot,
    tie_rate, coverage, tie_calibrated_accuracy; of crucial-step: mean_grade, grade_1 to
    grade_5, coverage. docs/evaluation.md defines each of them, and those of bias.

    Reads: verdicts, scores and votes of the store.

    Writes: nothing; the page of --report, which appears whole or not at all.

    Exits:
        1: A figure is below its --fail-under, undefined, or an average without all dimensions.
        66: There are no verdicts, or no labels for what was judged.
        73: The page of --report cannot be created.

    Examples:
        # How good are all judges?
        intermt eval
        # Is this judge fit for use? For a script
        intermt eval --task pair --judge qwen --fail-under pair.local.overall.accuracy=0.6
        # Is the new judge better than the old one?
        intermt eval --judge new --compare old
        # What sways this judge?
        intermt eval --judge qwen --bias
        # Figures for a spreadsheet
        intermt eval --format csv > figures.csv
        # A page to look at and to show
        intermt eval --report judges.html
    """
    from dataclasses import asdict
    from pathlib import Path

    from intermt.cli import eval_text
    from intermt.cli.opening import open_store
    from intermt.cli.output import to_json
    from intermt.commands import eval_report
    from intermt.commands.eval_config import TASKS, EvalConfig
    from intermt.commands.evaluate import run
    from intermt.dimensions import LEVELS
    from intermt.domain.figures import Resampling
    from intermt.errors import ExitCode, UsageError

    if not 0 < ci < 1:
        raise UsageError(f"--ci must lie between 0 and 1, not {ci:g}")
    if report is not None and report.strip() in ("", "-"):
        raise UsageError(
            f"--report writes a file, and {report!r} names none",
            todo="name one, as in --report judges.html",
        )
    config = EvalConfig(
        tasks=tuple(name for name in TASKS if task in (name, Task.ALL)),
        levels=LEVELS if level is None else (level.value,),
        judges=tuple(judge or ()),
        dataset=dataset,
        resampling=Resampling(ci, bootstrap, seed),
        fail_under=tuple(fail_under or ()),
        statistics=tuple(statistic or ()),
        compare=tuple(compare or ()),
        compat=compat.value,
        bias=bias,
    )
    store = open_store(ctx)
    page = None
    if report is None:
        result = run(store, config, ctx.out.progress)
    else:
        asked = {name: value for name, value in ctx.options.items() if name != "report"}
        result, page = eval_report.run(store, config, Path(report), asked, ctx.out.progress)

    def text() -> None:
        if format_ is Format.TABLE:
            eval_text.show_tables(ctx.out, result, config.statistics)
        elif format_ is Format.JSON:
            ctx.out.line(to_json(asdict(result)).decode().rstrip())
        elif format_ is Format.CSV:
            ctx.out.line(eval_text.comma_separated(result))
        else:
            ctx.out.line(eval_text.markdown(result, config.statistics))

    for line in eval_text.failures(result):
        ctx.out.note(line)
    code = ExitCode.DONE if result.passed else ExitCode.ANSWER_IS_NO
    data = asdict(result) | {"report": None if page is None else asdict(page)}
    summary = f"{page.file}: a page of {page.n_bytes:,} bytes" if page else ""
    ctx.out.result(data, text, summary=summary, exit_code=code)
