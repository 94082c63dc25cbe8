"""The `check` command."""

from __future__ import annotations

from typing import Annotated

from typer import Option

from intermt.cli.options import Context, command


@command("check")
def check(
    ctx: Context,
    *,
    repair: Annotated[
        bool, Option("--repair", help="Mend what can be mended; nothing is deleted.")
    ] = False,
) -> None:
    """Verify the store: pictures, references, ids, journals, lock.

    Looks at every record and picture, says what is wrong and what can be done, and who is
    using the store now. Others may work meanwhile. With --repair, journals of dead
    processes are merged, damaged pictures and files put aside under STORE/damaged, and
    left-overs of dead processes removed.

    Writes: nothing, unless --repair is given.

    Exits:
        74: Something is wrong that is not mended.

    Examples:
        # Look
        intermt check
        # Mend after a crash
        intermt check --repair
    """
    from intermt.cli.opening import open_store
    from intermt.errors import ExitCode
    from intermt.store.check import examine
    from intermt.store.findings import HARMLESS

    report = examine(open_store(ctx), repair=repair, progress=ctx.out.progress)

    def text() -> None:
        for finding in report.findings:
            state = "mended" if finding.repaired else "found"
            if finding.kind in HARMLESS and not finding.repaired:
                state = "note"
            ctx.out.line(f"{state}: {finding.kind}: {finding.where}: {finding.message}")

    counts = ", ".join(f"{n:,} {what}" for what, n in report.counts.items())
    holders = "; ".join(report.holders) or "nobody"
    ctx.out.result(
        {
            "sound": report.is_sound,
            "n_findings": len(report.findings),
            "findings": report.findings,
            "counts": report.counts,
            "holders": report.holders,
        },
        text,
        summary=f"checked {counts}; in use by {holders}; "
        + ("sound" if report.is_sound else "not sound"),
        exit_code=ExitCode.DONE if report.is_sound else ExitCode.IO,
    )
