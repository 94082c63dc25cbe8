"""What `pair` says of what it wrote, for a person."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from intermt.cli.opening import SIMULATED, SYNTHETIC

if TYPE_CHECKING:
    from intermt.commands.pair_comments import CommentResult
    from intermt.commands.pair_result import PairResult
    from intermt.domain.leakage import Leakage


def pair_text(result: PairResult) -> str:
    """What became of every label and pair."""
    funnel = result.funnel
    things = "answers" if result.level == "local" else "conversations"
    out_of = sum(funnel.set_aside.values())
    lines = [
        f"{_n(funnel.n_votes, 'vote')} and {_n(funnel.n_scores, 'score')}"
        f" on {_n(funnel.n_pairs, 'pair')} of {things}"
    ]
    if result.labelled_datasets:
        lines.append(f"  votes and scores are in: {', '.join(result.labelled_datasets)}")
    lines += _left_out(funnel.labels_set_aside.items(), " labels")
    lines += _left_out(funnel.set_aside.items())
    lines.append(
        f"{_n(funnel.n_pairs - out_of, 'pair')}, dimensions {', '.join(result.dimensions)}:"
        f" {funnel.considered} considered"
    )
    lines += _left_out(funnel.dropped.items())
    return "\n".join([*lines, *_written(result, result.n_pairs, "pair", result.n_ties)])


def comment_text(result: CommentResult) -> str:
    """What became of every text."""
    funnel = result.funnel
    things = "answers" if result.level == "local" else "conversations"
    lines = [f"{_n(funnel.n_texts, result.kind)} of {things}"]
    if not funnel.n_texts and funnel.other_kinds:
        others = ", ".join(_n(n, kind) for kind, n in funnel.other_kinds.items())
        lines.append(f"  people wrote other things: {others}")
    lines += _left_out(funnel.set_aside.items())
    return "\n".join([*lines, *_written(result, result.n_records, "record", 0)])


def _n(n: int, thing: str) -> str:
    return f"{n} {thing}" if n == 1 else f"{n} {thing}s"


def _left_out(reasons: Iterable[tuple[str, int]], of: str = "") -> list[str]:
    return [f"  - {n}{of} {reason}" for reason, n in reasons if n]


def _written(result: PairResult | CommentResult, n: int, thing: str, n_ties: int) -> list[str]:
    lines = []
    fitting = result.fitting
    if fitting.n_dropped:
        why = ", ".join(f"{n} {reason}" for reason, n in fitting.reasons.items())
        still = "still " if fitting.rule == "caption" else ""
        lines.append(f"  - {fitting.n_dropped} {still}do not fit --format {result.format} ({why})")
    to = f" to {result.output}" if result.output else ""
    lines.append(f"{_n(n, thing)} written{to}")
    if fitting.n_captioned:
        lines.append(f"  {fitting.n_captioned} of them with words in the place of pictures")
    if n_ties:
        lines.append(f"  {n_ties} of them are ties")
    if result.splits is not None and result.leakage is not None:
        lines.append(f"  by split: {', '.join(f'{s} {n}' for s, n in result.splits.items())}")
        lines += _leakage(result.leakage)
    if result.n_missing_pictures:
        lines.append(f"  {result.n_missing_pictures} of them lack a picture")
    if result.simulated:
        lines.append(f"{SIMULATED} ({result.n_simulated} of {_n(n, thing)})")
    if result.synthetic:
        lines.append(f"{SYNTHETIC} ({result.n_synthetic} of {_n(n, thing)})")
    return lines


def _leakage(found: Leakage) -> list[str]:
    merged = ", ".join(f"{n} by {link}" for link, n in found.merged.items() if n) or "none"
    return [
        f"  between splits: {found.n_leaks} leaks of {found.n_seeds} seed questions"
        f" ({found.n_questions} texts compared), {found.n_pictures} pictures"
        f" ({found.n_looks} compared by look)",
        f"  put together: {merged}; {found.n_groups} groups, the largest of {found.n_largest}",
    ]
