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
    from intermt.commands.head_fitting import FitResult
    from intermt.config import Server

_COLUMNS = (
    *("dimension", "accuracy", "low", "high", "n decided"),
    *("pairs", "ties", "trees", "ridge", "log loss"),
)


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
    rows = [
        (
            *(one.dimension, one.accuracy, one.low, one.high, one.n_decided),
            *(one.n_pairs, one.n_ties, one.n_trees, f"{one.ridge:.3g}", one.log_loss),
        )
        for one in result.heads
    ]
    out.table(_COLUMNS, rows)
    out.line()
    confidence = result.heads[0].confidence
    out.line(
        f"accuracy on pairs of seed trees that the head did not see, {confidence:.0%} interval"
        " over seed trees; chance is 0.5"
    )
    for dimension, why in result.left_out.items():
        out.line(f"no head for {dimension}: {why}")
    if result.n_without_vectors:
        why = "; ".join(map(one_line, result.why_without))
        pairs = counted(result.n_without_vectors, "pair")
        out.line(f"{pairs} left out for want of an embedding: {why}")
    for note in result.notes:
        out.line(one_line(note))
