"""What `stats scaling` asks for, and where its answer goes."""

from __future__ import annotations

import io
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from intermt.cli.opening import SIMULATED, SYNTHETIC, open_store
from intermt.cli.options import Context
from intermt.cli.output import to_json
from intermt.errors import CannotCreate, UsageError

ONLY_SCALING = (
    *("server", "model", "max_chars", "pictures", "judge", "dimension", "max_turn"),
    *("repeats", "seed", "equal_pairs"),
)
"""Options of `stats` that are for this topic alone."""


def scaling(ctx: Context) -> None:
    """Run the study that the options of `stats` ask for, and write it."""
    from intermt.cli.scaling_text import as_csv, as_markdown, as_table
    from intermt.commands.pair_choice import dimensions_asked
    from intermt.commands.scaling import run
    from intermt.commands.scaling_config import ScalingConfig
    from intermt.dimensions import Level

    options = ctx.options
    level: Level = options["level"] or "local"
    dimensions = dimensions_asked([options["dimension"]] if options["dimension"] else [], level)
    if len(dimensions) > 1:
        raise UsageError("a study is about one dimension", todo="name one with --dimension")
    judges = tuple(map(_judge, options["judge"] or ()))
    for name in ("server", "model", "equal_pairs"):
        if judges and options[name]:
            raise UsageError(
                f"--judge takes verdicts, and --{name.replace('_', '-')} is for heads",
                todo="leave out one of them",
            )
    if options["server"] is not None and options["model"] is not None:
        raise UsageError("--model is for what is in the store", todo="write --server URL#MODEL")
    plot = None if options["plot"] is None else Path(options["plot"])
    form = None if plot is None else _plot_form(plot)
    server = options["server"]
    config = ScalingConfig(
        level=level,
        dimension=dimensions[0],
        dataset=options["dataset"],
        max_turn=options["max_turn"],
        server=None if server is None else ctx.config.server(server, "embed"),
        model=options["model"],
        max_chars=options["max_chars"],
        pictures=options["pictures"],
        judges=judges,
        repeats=options["repeats"],
        equal_pairs=options["equal_pairs"],
        seed=options["seed"],
    )
    ctx.out.if_interrupted("run the same command again: every embedding is kept")
    found = run(open_store(ctx), config, ctx.out.progress)
    if plot is not None and form is not None:
        _draw(found.document, plot, form)
    marks = [SIMULATED] * found.simulated + [SYNTHETIC] * found.synthetic
    asked = options["format"]
    if not ctx.json and asked != "table":
        stream = ctx.out.stdout(f"--format {asked}")
        if asked == "json":
            stream.write(to_json(found.document))
        else:
            text = as_csv(found.document) if asked == "csv" else as_markdown(found.document, marks)
            stream.write(text.encode("utf-8", "replace"))
    ctx.out.result(
        found.document,
        (lambda: as_table(ctx.out, found.document, marks)) if asked == "table" else None,
        summary="" if asked == "table" else "\n".join((*marks, *found.notes)),
    )


def _judge(text: str) -> tuple[int, str]:
    k, equals, name = text.partition("=")
    if not equals or not name or not k.isascii() or not k.isdigit() or int(k) < 1:
        raise UsageError(
            f"--judge {text!r} does not say how many turns which judge learnt from",
            todo="write it like --judge 2=my-reward-model",
        )
    return int(k), name


def _plot_form(plot: Path) -> str:
    """`png` or `svg`, by the name of the file; that there is something to draw with.

    Raises:
        UsageError: Another name, or matplotlib is not installed.
    """
    form = plot.suffix.lower().removeprefix(".")
    if form not in ("png", "svg"):
        raise UsageError(f"--plot {plot}: not a name of a plot", todo="name FILE.png or FILE.svg")
    if find_spec("matplotlib") is None:
        raise UsageError(
            "--plot needs matplotlib, which is not installed",
            todo="install it with: pip install 'intermt[plot]'",
        )
    if not plot.parent.is_dir():
        raise CannotCreate("there is no such folder", where=str(plot.parent))
    return form


def _draw(document: Mapping[str, Any], plot: Path, form: str) -> None:
    from intermt.commands.whole_file import whole_file
    from intermt.reporting.scaling_plots import draw_scaling

    drawn = io.BytesIO()
    draw_scaling(document, drawn, form)
    with whole_file(plot) as file:
        file.write(drawn.getvalue())
