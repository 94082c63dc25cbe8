"""What `judge --fit` asks for and says."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from intermt.cli.judge_options import Level, refuse_chat_options
from intermt.cli.opening import SIMULATED, SYNTHETIC, open_store, said_of_calls
from intermt.cli.options import Context
from intermt.cli.output import Output
from intermt.cli.terminal import counted, one_line

if TYPE_CHECKING:
    from intermt.commands.head_fitting import FitResult, FittedDimension
    from intermt.config import Server


def fit_head(ctx: Context, path: Path, server: Server) -> None:
    """Fit a preference head as the options of `judge` say."""
    from intermt.commands.head_fitting import FitConfig, run
    from intermt.commands.pair_choice import ALL, PairConfig

    refuse_chat_options(ctx, "preference head")
    options = ctx.options
    config = FitConfig(
        path=path,
        pairs=PairConfig.of(
            level="global" if options["level"] == Level.GLOBAL else "local",
            dimensions=(options["dimension"] or ALL,),
            min_agree=options["min_agree"],
            min_annotators=options["min_annotators"],
            ties=options["ties"],
            max_turn=options["max_turn"],
            dataset=options["dataset"],
            split=options["split"],
            seed=options["seed"],
        ),
        server=server,
        max_chars=options["max_chars"],
        pictures=options["pictures"],
        seed=options["seed"],
        stop_error_rate=options["stop_error_rate"],
    )
    ctx.out.if_interrupted("run the same command again: every embedding is kept")
    result = run(open_store(ctx), config, ctx.out.progress)
    ctx.out.result(result, lambda: _show(ctx.out, result), summary=said_of_calls(result.calls))


def _show(out: Output, result: FitResult) -> None:
    marks = [SIMULATED] * result.simulated + [SYNTHETIC] * result.synthetic
    for line in marks:
        out.line(line)
    heads = counted(len(result.heads), "head")
    out.line(
        f"{heads} ({result.level}) on embeddings of {one_line(result.model)},"
        f" {result.n_features} numbers each, in {result.path}"
    )
    out.line()
    confidence = result.heads[0].confidence
    columns = ("dimension", f"accuracy, {confidence:.0%}", "n", "ties", "trees", "log loss")
    rows = [
        (one.dimension, _accuracy(one), one.n_decided, one.n_ties, one.n_trees, one.log_loss)
        for one in result.heads
    ]
    out.table(columns, rows)
    out.line()
    out.line(
        "accuracy on the n pairs with a winner, by heads that did not see their seed trees; chance"
        " is 0.5"
    )
    for one in result.heads:
        if one.low is None or one.low <= 0.5:
            pairs = counted(one.n_decided, "pair")
            out.line(f"{one.dimension}: {pairs} do not show that the head is better than chance")
    for dimension, why in result.left_out.items():
        out.line(f"no head for {dimension}: {why}")
    if result.n_without_vectors:
        why = "; ".join(map(one_line, result.why_without))
        pairs = counted(result.n_without_vectors, "pair")
        out.line(f"{pairs} left out for want of an embedding: {why}")
    for note in result.notes:
        out.line(one_line(note))


def _accuracy(one: FittedDimension) -> str:
    if one.low is None:
        return f"{one.accuracy:.3f}, no interval"
    return f"{one.accuracy:.3f} [{one.low:.3f}, {one.high:.3f}]"
