"""What pages of judges say before all else, of judges and gaps, and how they were made."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from intermt import __version__
from intermt.commands.eval_config import EvalConfig
from intermt.commands.evaluate import EvalResult
from intermt.commands.fail_under import Check
from intermt.commands.report_plots import marks_of
from intermt.commands.report_titles import NONE, TASK_NAMES
from intermt.formats.writing.report_blocks import Block, Cell, Note, Table
from intermt.store.report import Counted
from intermt.store.verdicts import JudgeSummary


def banners(*, simulated: bool, synthetic: bool) -> list[str]:
    """What has to be read before everything else on a page."""
    return [
        *["SIMULATED: a stand-in server answered; nothing here says anything about a real model."]
        * simulated,
        *["SYNTHETIC: invented labels are among these; they are nobody's judgement."] * synthetic,
    ]


def judges(
    summaries: Sequence[JudgeSummary], labels: Mapping[str, str], counts: Sequence[Counted]
) -> Table:
    """The judges, and how what they were asked ended."""
    names = ["judge", "model", "task", "level", "items", "verdicts", "stated", "unparsed", "failed"]
    rows = []
    for judge in summaries:
        for c in (c for c in counts if c.judge_id == judge.judge_id):
            numbers = (c.n_items, c.n_asked, c.n_ok, c.n_unparsed, c.n_failed)
            rows.append(
                (
                    Cell(labels[judge.name], _whole(judge.name, labels), marks=marks_of([c])),
                    Cell(judge.model or NONE),
                    Cell(TASK_NAMES[c.task]),
                    Cell(c.level),
                    *(Cell(f"{n:,}") for n in numbers),
                )
            )
    caption = "Judges in the whole store: a verdict is one reply on one dimension"
    return Table(caption, tuple((name, "") for name in names), tuple(rows), wide=False)


def _whole(name: str, labels: Mapping[str, str]) -> tuple[str, ...]:
    """The whole name, where the page shortens it."""
    return () if labels[name].endswith(name) else (name,)


def conditions(checks: Sequence[Check]) -> Table:
    """What became of each condition."""
    rows = tuple(
        (
            Cell(check.metric),
            Cell(f"{check.at_least:g}"),
            Cell("holds" if check.passed else "fails", check.failures),
            Cell(f"{check.n_figures:,}"),
        )
        for check in checks
    )
    columns = (("condition", ""), ("at least", ""), ("outcome", ""), ("figures", ""))
    return Table("Conditions (--fail-under)", columns, rows, wide=False)


def gaps(result: EvalResult) -> Iterator[Block]:
    """What could not be compared, and what to bear in mind."""
    if result.gaps:
        yield Note("What could not be compared with people:", result.gaps)
    missing = [f for f in result.figures if f.value is None and f.n_asked]
    if missing:
        reasons: dict[str, int] = {}
        for figure in missing:
            key = figure.undefined or "not said"
            reasons[key] = reasons.get(key, 0) + 1
        yield Note(
            f"{len(missing):,} figures have no value:",
            tuple(f"{n:,} of them: {why}" for why, n in sorted(reasons.items())),
        )
    yield Note(
        "How to read this page:",
        (
            "A reply that states no verdict is left out of a figure and lowers its coverage;"
            " nothing is guessed in its place.",
            "Intervals come from drawing whole seed trees again and again; with a handful of trees"
            " they are themselves uncertain.",
            "The intervals are one by one: of twenty differences between judges who are equally"
            " good, one will look real.",
            "A figure of one store holds for its conversations and its annotators.",
        ),
    )


def method(config: EvalConfig, fingerprint: str, options: Mapping[str, Any]) -> Iterator[Block]:
    """Everything needed to make the page again."""
    said = "raters, conversations, pictures, labels and verdicts"
    rows = [
        ("command", _command(options)),
        ("version", __version__),
        ("store", f"fingerprint {fingerprint} of its {said}"),
        ("tasks", ", ".join(config.tasks)),
        ("levels", ", ".join(config.levels)),
        ("counted", "as the paper does" if config.compat == "paper" else "as the manual says"),
        ("collection", config.dataset or "all"),
        (
            "intervals",
            f"{100 * config.resampling.confidence:g}%, bootstrap over seed trees,"
            f" {config.resampling.n_resamples:,} resamples, seed {config.resampling.seed}",
        ),
    ]
    table = tuple((Cell(name), Cell(value)) for name, value in rows)
    yield Table("The page can be made again", (("what", ""), ("value", "")), table, wide=False)
    yield Note(
        "The page holds no time: the same store, options and version give the same bytes. What each"
        " statistic is, and its source: docs/evaluation.md."
    )


def _command(options: Mapping[str, Any]) -> str:
    """The command that makes the page, without the name of its file."""
    words = ["intermt", "eval", "--report", "FILE.html"]
    for name, value in sorted(options.items()):
        for one in value if isinstance(value, (list, tuple)) else [value]:
            if one is not None and one is not False:
                words += [f"--{name.replace('_', '-')}", *([] if one is True else [str(one)])]
    return shlex.join(words)
