"""What `stats scaling` asks for, and where its answer goes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from intermt.cli.opening import open_store
from intermt.cli.options import Context
from intermt.errors import UsageError

if TYPE_CHECKING:
    from intermt.commands.scaling_config import ScalingResult

ONLY_SCALING = (
    *("server", "model", "max_chars", "pictures", "judge", "dimension", "max_turn"),
    *("repeats", "seed", "equal_pairs"),
)
"""Options of `stats` that are for this topic alone."""

_WITH_DEFAULT = ("repeats", "max_chars", "pictures")
"""Options that have no effect on judges, and that a file may set for heads."""
_OF_HEADS = ("server", "model", "equal_pairs", *_WITH_DEFAULT)


def scaling(ctx: Context) -> ScalingResult:
    """The study that the options of `stats` ask for."""
    from intermt.commands.pair_choice import dimensions_asked
    from intermt.commands.scaling import run
    from intermt.commands.scaling_config import ScalingConfig
    from intermt.dimensions import Level

    options = ctx.options
    level: Level = options["level"] or "local"
    dimensions = dimensions_asked([options["dimension"]] if options["dimension"] else [], level)
    if len(dimensions) > 1:
        raise UsageError("a study is about one dimension", todo="name one with --dimension")
    judges = judges_asked(options["judge"])
    for name in _OF_HEADS:
        if judges and (name in ctx.given or (options[name] and name not in _WITH_DEFAULT)):
            raise UsageError(
                f"--judge takes verdicts, and --{name.replace('_', '-')} is for heads",
                todo="leave out one of them",
            )
    if options["server"] is not None and options["model"] is not None:
        raise UsageError("--model is for what is in the store", todo="write --server URL#MODEL")
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
    return run(open_store(ctx), config, ctx.out.progress)


def judges_asked(values: Sequence[str] | None) -> tuple[tuple[int, str], ...]:
    """The judges that --judge names, each with its K.

    Raises:
        UsageError: A value is not K=NAME, or a judge is named twice: it has learnt from one K.
    """
    judges = tuple(map(_judge, values or ()))
    names = [name for _, name in judges]
    for name in names:
        if names.count(name) > 1:
            raise UsageError(
                f"--judge names {name!r} more than once",
                todo="name each judge once, with the number of turns it learnt from",
            )
    return judges


def _judge(text: str) -> tuple[int, str]:
    k, equals, name = text.partition("=")
    if not equals or not name or not k.isascii() or not k.isdigit() or int(k) < 1:
        raise UsageError(
            f"--judge {text!r} does not say how many turns which judge learnt from",
            todo="write it like --judge 2=my-reward-model",
        )
    return int(k), name
