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
from intermt.cli.terminal import counted, one_line

if TYPE_CHECKING:
    from intermt.commands.estimating import DryRun, Estimate
    from intermt.commands.generate_result import GenerateResult
    from intermt.commands.rebuild import RebuildResult
    from intermt.commands.seed_config import SeedReport

_MOST_LINES = 5


def summary_of(result: GenerateResult) -> str:
    """The lines a person reads when a run has ended."""
    calls = result.calls
    pruned, tools = _listed(result.n_pruned), _listed(result.pictures_by_tool)
    missing = _listed(result.no_picture)
    before = f" ({result.n_resumed:,} begun before)" if result.n_resumed else ""
    lines = [
        f"{counted(result.n_seeds, 'seed')}{before}:"
        f" {counted(result.n_instances, 'complete conversation')} of two or more turns,"
        f" {result.n_conversations:,} in all",
        f"{counted(result.n_answers, 'answer')}: {result.n_kept:,} followed up,"
        f" {sum(result.n_pruned.values()):,} pruned{f' ({pruned})' if pruned else ''},"
        f" {result.n_ended:,} ended by the user"
        + (f", {result.n_cut_off:,} cut off" if result.n_cut_off else ""),
        *_left_out_lines(result),
        f"{counted(result.n_pictures, 'picture')}{f' ({tools})' if tools else ''}"
        + (f", none for {sum(result.no_picture.values()):,} ({missing})" if missing else ""),
        said_of_calls(calls),
        f"{calls.tokens_in:,} tokens in, {calls.tokens_out:,} out"
        + (f", cost {result.cost:.4g}" if result.cost is not None else "")
        + (
            f" (tokens of {counted(result.n_estimated_tokens, 'call')} estimated)"
            if result.n_estimated_tokens
            else ""
        ),
        *_short_lines(result),
    ]
    marks = [SIMULATED] if result.simulated else []
    return "\n".join([*seeding_lines(result.seeding), *lines, *marks])


def _left_out_lines(result: GenerateResult) -> Iterator[str]:
    """What every try was in vain for, and where."""
    if said := result.said_of_left_out():
        names = [one_line(name) for name in result.left_out_of]
        n_more = len(names) - _MOST_LINES + result.n_left_out_of_unlisted
        more = f" and {n_more:,} more" if n_more > 0 else ""
        yield f"{said}; of {', '.join(names[:_MOST_LINES])}{more}"


def _short_lines(result: GenerateResult) -> Iterator[str]:
    """The seeds with too few instances, by reason."""
    if not result.n_short:
        return
    are = "seed is" if result.n_short == 1 else "seeds are"
    yield f"{result.n_short:,} {are} short of --min-instances:"
    for one in result.short[:_MOST_LINES]:
        yield f"  {one_line(one.source_id)}: {one.n_instances}, {one.reason}"
    if (more := result.n_short - _MOST_LINES) > 0:
        yield f"  and {more:,} more"


def seeding_lines(report: SeedReport) -> Iterator[str]:
    """What became of the seed questions that were read, missing pictures apart."""
    if report.n_read != report.n_kept or report.n_rewritten:
        rewritten = f", {report.n_rewritten:,} rewritten" if report.n_rewritten else ""
        yield f"{report.n_kept:,} of {counted(report.n_read, 'seed question')} taken{rewritten}"
    for one in report.filters:
        if one.n_dropped:
            yield f"  left out by {one.filter}: {_listed(one.kinds)}"
    for reason, n in report.not_rewritten.items():
        yield f"  {n:,} not rewritten: {reason}"
    if report.n_waiting:
        yield f"  {report.n_waiting:,} waiting for a model"
    if n := report.n_unused_pictures:
        shown = ", ".join(one_line(name) for name in report.unused_pictures)
        more = ", ..." if n > len(report.unused_pictures) else ""
        yield f"  {counted(n, 'picture')} that no question names: {shown}{more}"


def missing_lines(report: SeedReport) -> Iterator[str]:
    """Pictures that seed questions name and that are not there."""
    missing = list(report.missing_pictures)
    for name in missing[:_MOST_LINES]:
        yield f"missing picture: {one_line(name)}"
    if (more := len(missing) - _MOST_LINES) > 0:
        yield f"missing pictures: {more:,} more (--json lists all)"


def _listed(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{n:,} {name}" for name, n in counts.items())


def problems_of(result: GenerateResult, where: str) -> list[Problem]:
    """What is left, if anything."""
    if not result.n_left:
        return []
    if result.limit_reached:
        return [
            Problem(
                "try-later",
                where,
                f"stopped at {result.limit_reached}; {_unfinished(result)},"
                f" {counted(result.n_unasked, 'call')} not made",
                "run the same command again with a limit of its own: it goes on from here",
            )
        ]
    waiting = f"{counted(result.seeding.n_waiting, 'seed question')} waiting for a model"
    left = [
        *([_unfinished(result)] if result.n_unfinished else []),
        *([waiting] if result.seeding.n_waiting else []),
    ]
    failed = f"{counted(result.calls.failed, 'call')} failed ({said_of_failures(result.calls)})"
    return [
        Problem(
            "try-later",
            where,
            f"{', '.join(left)}: {failed}",
            how_to_go_on(result.calls, tries_otherwise=True),
        )
    ]


def _unfinished(result: GenerateResult) -> str:
    return f"{result.n_unfinished:,} of {counted(result.n_seeds, 'tree')} unfinished"


def nothing_left(files: str) -> Problem:
    """What is wrong where no seed question would be grown."""
    return Problem(
        "bad-input",
        files,
        "no seed question is left to grow",
        "set the filters otherwise (--filter none switches them off)",
    )


def dry_run_lines(plan: DryRun) -> Iterator[str]:
    """What a run would take."""
    yield from seeding_lines(plan.seeding)
    yield from missing_lines(plan.seeding)
    yield f"{counted(plan.n_seeds, 'seed question')} to grow"
    if not plan.n_seeds:
        return
    if plan.n_instances_per_seed < plan.min_instances:
        yield (
            f"every seed will be short: a tree has {plan.n_instances_per_seed} conversations of two"
            f" or more turns at most, {plan.min_instances} are wanted (--min-instances)"
        )
    yield from _estimate_lines("at most", plan.most)
    yield from _estimate_lines("expected", plan.expected)


def _estimate_lines(name: str, estimate: Estimate) -> Iterator[str]:
    calls = ", ".join(f"{n:,} {purpose}" for purpose, n in estimate.calls.items() if n)
    known = [
        f"{sum(estimate.calls.values()):,} chat calls ({calls})",
        *([f"{estimate.pictures:,} pictures"] if estimate.pictures is not None else []),
        *([f"{estimate.tokens_in:,} tokens in"] if estimate.tokens_in is not None else []),
        f"{estimate.tokens_out:,} tokens out",
        *([f"cost {estimate.cost:.4g}"] if estimate.cost is not None else []),
    ]
    yield f"{name}: {', '.join(known)}"
    yield f"  supposed: {estimate.basis}"


def rebuilt_text(result: RebuildResult, min_depth: int) -> str:
    """The lines a person reads when trees have been rebuilt."""
    depths = ", ".join(f"{n:,} of {turns} turns" for turns, n in result.by_turns.items())
    new = "would be new" if result.dry_run else "new"
    lines = [
        f"{result.n_answers_kept:,} answers kept by annotators in"
        f" {counted(result.n_trees, 'tree')}",
        f"{counted(result.n_conversations, 'conversation')} of {min_depth} or more turns from"
        f" {counted(result.n_trees_used, 'tree')}{f' ({depths})' if depths else ''}:"
        f" {result.n_joined:,} joined from several branches; {result.n_new:,} {new} in"
        f" {one_line(result.dataset)}",
        *(
            [f"{counted(result.n_trees_full, 'tree')} cut at the most conversations of one tree"]
            if result.n_trees_full
            else []
        ),
        *(["nothing was written (--dry-run)"] if result.dry_run else []),
        *([SIMULATED] if result.simulated else []),
        *([SYNTHETIC] if result.synthetic else []),
    ]
    return "\n".join(lines)
