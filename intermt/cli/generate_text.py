"""What `generate` says at its end and beforehand."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from intermt.cli.opening import (
    SIMULATED,
    SYNTHETIC,
    how_to_go_on,
    said_of_calls,
    said_of_failures,
)
from intermt.cli.output import Problem

if TYPE_CHECKING:
    from intermt.commands.estimating import DryRun, Estimate
    from intermt.commands.generate_result import GenerateResult
    from intermt.commands.rebuild import RebuildResult
    from intermt.commands.seed_config import SeedReport


def summary_of(result: GenerateResult) -> str:
    """The lines a person reads when a run has ended."""
    calls = result.calls
    pruned = _listed(result.n_pruned)
    tools, missing = _listed(result.pictures_by_tool), _listed(result.no_picture)
    lines = [
        f"{result.n_seeds} seeds ({result.n_resumed} begun before): {result.n_instances}"
        f" conversations of two or more turns, {result.n_conversations} in all",
        f"{result.n_answers} answers: {result.n_kept} followed up,"
        f" {sum(result.n_pruned.values())} pruned{f' ({pruned})' if pruned else ''},"
        f" {result.n_ended} ended by the user",
        f"{result.n_pictures} pictures{f' ({tools})' if tools else ''}"
        + (f", none for {sum(result.no_picture.values())} ({missing})" if missing else ""),
        said_of_calls(calls),
        f"{calls.tokens_in:,} tokens in, {calls.tokens_out:,} out"
        + (f", cost {result.cost:.4g}" if result.cost is not None else "")
        + (
            f" (tokens of {result.n_estimated_tokens} replies estimated)"
            if result.n_estimated_tokens
            else ""
        ),
    ]
    if result.n_short:
        shown = "; ".join(f"{s.source_id}: {s.n_instances}, {s.reason}" for s in result.short[:3])
        more = f" and {result.n_short - 3} more" if result.n_short > 3 else ""
        lines.append(f"{result.n_short} seeds are short of --min-instances ({shown}{more})")
    return "\n".join(
        [*seeding_lines(result.seeding), *lines, *([SIMULATED] if result.simulated else [])]
    )


def seeding_lines(report: SeedReport) -> Iterator[str]:
    """What became of the seed questions that were read."""
    if report.n_read != report.n_kept or report.n_rewritten:
        rewritten = f", {report.n_rewritten} rewritten" if report.n_rewritten else ""
        yield f"{report.n_kept} of {report.n_read} seed questions taken{rewritten}"
    for one in report.filters:
        if one.n_dropped:
            yield f"  left out by {one.filter}: {_listed(one.kinds)}"
    if report.not_rewritten:
        yield f"  kept their own wording: {_listed(report.not_rewritten)}"
    if report.n_waiting:
        yield f"  {report.n_waiting} wait for a model"
    for name in report.missing_pictures:
        yield f"missing picture: {name}"
    if report.n_unused_pictures:
        shown = ", ".join(report.unused_pictures[:3])
        yield f"{report.n_unused_pictures} pictures that no question names: {shown}, ..."


def _listed(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{n} {name}" for name, n in counts.items())


def problems_of(result: GenerateResult, where: str) -> list[Problem]:
    """What is left, if anything."""
    if not result.n_left:
        return []
    if result.limit_reached:
        return [
            Problem(
                "try-later",
                where,
                f"stopped at {result.limit_reached}; {result.n_unfinished} of {result.n_seeds}"
                f" trees are unfinished, {result.n_unasked} calls were not made",
                "run the same command again with a limit of its own: it goes on from here",
            )
        ]
    return [
        Problem(
            "try-later",
            where,
            f"{result.n_unfinished} of {result.n_seeds} trees are unfinished, "
            f"{result.seeding.n_waiting} seed questions wait for a model:"
            f" {result.calls.failed} calls failed ({said_of_failures(result.calls)})",
            how_to_go_on(result.calls),
        )
    ]


def dry_run_lines(plan: DryRun) -> Iterator[str]:
    """What a run would take."""
    yield from seeding_lines(plan.seeding)
    yield f"{plan.n_seeds} seed questions are good"
    if plan.n_instances_per_seed < plan.min_instances:
        yield (
            f"every seed will be short: {plan.n_instances_per_seed} conversations of two or more"
            f" turns at most, {plan.min_instances} wanted (--min-instances)"
        )
    yield from _estimate_lines("at most", plan.most)
    if plan.expected is None:
        yield "expected: nothing to go by, the store has no answers yet"
    else:
        yield from _estimate_lines("expected", plan.expected)


def _estimate_lines(name: str, estimate: Estimate) -> Iterator[str]:
    calls = ", ".join(f"{n:,} {purpose}" for purpose, n in estimate.calls.items() if n)
    known = [
        f"{sum(estimate.calls.values()):,} chat calls ({calls})",
        *([f"{estimate.pictures:,} pictures"] if estimate.pictures is not None else []),
        *([f"{estimate.tokens_in:,} tokens in"] if estimate.tokens_in is not None else []),
        *([f"{estimate.tokens_out:,} tokens out"] if estimate.tokens_out is not None else []),
        *([f"cost {estimate.cost:.4g}"] if estimate.cost is not None else []),
    ]
    yield f"{name}: {', '.join(known)}"
    yield f"  supposed: {estimate.basis}"


def rebuilt_text(result: RebuildResult) -> str:
    """The lines a person reads when trees have been rebuilt."""
    depths = ", ".join(f"{n} of {turns} turns" for turns, n in result.by_turns.items())
    lines = [
        f"{result.dataset}: {result.n_conversations} conversations"
        f"{f' ({depths})' if depths else ''}, {result.n_new} new, {result.n_joined} joined from"
        f" several branches; from {result.n_trees_used} of {result.n_trees} trees,"
        f" {result.n_answers_kept} answers kept",
        *([SIMULATED] if result.simulated else []),
        *([SYNTHETIC] if result.synthetic else []),
    ]
    return "\n".join(lines)
