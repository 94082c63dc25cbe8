"""A tree as plain text, a line a message, for a terminal of 80 columns."""

from __future__ import annotations

import re
from collections.abc import Iterator
from textwrap import wrap
from typing import TYPE_CHECKING

from intermt.cli.terminal import JOINERS, counted, one_line, width

if TYPE_CHECKING:
    from intermt.commands.show import ShownNode, ShownTree

WIDTH = 80
_LEAST_WORDS = 16
_INDENT = " " * 5
_PIECES = re.compile(rf"\\x[0-9a-f]{{2,6}}|.[{JOINERS}\ufe0f]*(?:(?<=\u200d).[{JOINERS}\ufe0f]*)*")
"""What is not cut: an escape of `one_line`, and what joiners make one of."""


def tree_lines(tree: ShownTree) -> Iterator[str]:
    """The heading of a tree, then each message: place, who, notes, first words.

    Lines are at most 80 columns wide, but where place, name and notes alone take more.
    """
    yield cut(f"seed {one_line(tree.source_id)} of {one_line(tree.dataset)}", WIDTH)
    facts = [
        counted(tree.n_answers, "answer"),
        f"{tree.n_kept} followed up",
        f"{tree.n_pruned} pruned",
        f"{tree.n_ended} ended by the user",
        *([f"{tree.n_cut_off} cut off"] if tree.n_cut_off else []),
        counted(tree.n_pictures, "picture"),
        *([f"{tree.n_joined} messages joined on"] if tree.n_joined else []),
    ]
    for said in (", ".join(facts), one_line(tree.state)):
        yield from wrap(said, WIDTH, initial_indent=_INDENT, subsequent_indent=_INDENT)
    for node in tree.nodes:
        yield node_line(node)


def node_line(node: ShownNode) -> str:
    """One message on one line."""
    notes = [
        *(["sim"] if node.simulated else []),
        *([f"joined from {node.joined_from}"] if node.joined_from else []),
        *([f"{node.n_images} pic"] if node.n_images else []),
        *([f"{node.n_missing} pic missing"] if node.n_missing else []),
        *([f"{node.mark}: {node.reason}" if node.reason else node.mark] if node.mark else []),
    ]
    who = "user" if node.role == "user" else cut(one_line(node.model or node.role), 20)
    noted = f" [{'; '.join(notes)}]" if notes else ""
    head = f"{' ' * node.depth}{node.label} {who}{noted}"
    left = max(WIDTH - width(head) - 2, _LEAST_WORDS)
    return f"{head}: {cut(one_line(node.words), left)}".rstrip()


def cut(text: str, most: int) -> str:
    """The text, or its beginning and an ellipsis where it is wider than `most` columns."""
    if width(text) <= most:
        return text
    kept: list[str] = []
    room = most - 1
    for piece in _PIECES.findall(text):
        room -= width(piece)
        if room < 0:
            break
        kept.append(piece)
    return "".join(kept).rstrip() + "…"
