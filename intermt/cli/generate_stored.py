"""`generate --show` and `--rebuild`: what is done with trees that are in the store."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from intermt.cli.options import Context


def show_tree(ctx: Context, name: str) -> None:
    """Prints the tree of a seed question."""
    from intermt.cli.opening import SIMULATED, open_store
    from intermt.cli.tree_text import tree_lines
    from intermt.commands.show import show

    tree = show(open_store(ctx), name)
    lines = [*tree_lines(tree), *([SIMULATED] if tree.simulated else [])]
    ctx.out.result(tree, "\n".join(lines))


def rebuild_trees(
    ctx: Context, dataset: str, min_agree: float, min_score: float, depth: int
) -> None:
    """Joins the branches that people kept, and says what came of it."""
    from intermt.cli.generate_text import rebuilt_text
    from intermt.cli.opening import open_store
    from intermt.commands.rebuild import RebuildConfig, run

    config = RebuildConfig(dataset, min_agree, min_score, depth)
    result = run(open_store(ctx), config, ctx.out.progress)
    ctx.out.result(result, summary=rebuilt_text(result, depth))
