"""`generate --show` and `--rebuild`: what is done with trees that are in the store."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from intermt.cli.options import Context

_ALONE = {
    "show": frozenset({"show"}),
    "rebuild": frozenset(
        {"rebuild", "dataset", "min_agree", "min_score", "rebuild_depth", "dry_run"}
    ),
}
"""What may stand on the command line beside an option that works on the store."""


def refuse_others(ctx: Context, option: str) -> None:
    """Refuse what would be ignored; what a configuration file says of growing is no fault.

    Raises:
        UsageError: Something else stands on the command line.
    """
    from intermt.errors import UsageError

    if others := sorted(ctx.typed - _ALONE[option]):
        named = ", ".join(
            "seed files" if key == "seeds" else f"--{key.replace('_', '-')}" for key in others
        )
        known = sorted(_ALONE[option] - {option})
        beside = ", ".join(f"--{key.replace('_', '-')}" for key in known)
        raise UsageError(
            f"--{option} works on what is in the store and has no use for {named}",
            todo=f"leave it out; beside --{option} go {beside}" if known else "leave it out",
        )


def show_tree(ctx: Context, name: str) -> None:
    """Prints the tree of a seed question."""
    from intermt.cli.opening import SIMULATED, open_store
    from intermt.cli.tree_text import tree_lines
    from intermt.commands.show import show

    tree = show(open_store(ctx), name)
    lines = [*tree_lines(tree), *([SIMULATED] if tree.simulated else [])]
    ctx.out.result(tree, "\n".join(lines))


def rebuild_trees(
    ctx: Context, dataset: str, min_agree: float, min_score: float, depth: int, *, dry_run: bool
) -> None:
    """Joins the branches that people kept, and says what came of it, or would."""
    from intermt.cli.generate_text import rebuilt_text
    from intermt.cli.opening import open_store
    from intermt.commands.rebuild import RebuildConfig, run

    config = RebuildConfig(dataset, min_agree, min_score, depth, dry_run)
    result = run(open_store(ctx), config, ctx.out.progress)
    text = rebuilt_text(result, depth)
    if dry_run:
        ctx.out.result(result, text)
    else:
        ctx.out.result(result, summary=text)
