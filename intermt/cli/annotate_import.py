"""The `annotate-import` command."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

from typer import Argument, Option

from intermt.cli.options import Context, command


class Format(StrEnum):
    """What `--from` takes."""

    AUTO = "auto"
    INTERMT_BENCH = "intermt-bench"
    JSONL = "jsonl"
    CSV = "csv"


class OnError(StrEnum):
    """What `--on-error` takes."""

    ABORT = "abort"
    SKIP = "skip"


@command("annotate-import")
def annotate_import(
    ctx: Context,
    files: Annotated[list[str], Argument(metavar="FILES...", help="Files to import; - is stdin.")],
    *,
    from_: Annotated[
        Format, Option("--from", metavar="FORMAT", help="The files' format: auto or its name.")
    ] = Format.AUTO,
    dataset: Annotated[
        str | None,
        Option(
            "--dataset",
            metavar="NAME",
            show_default="the format's name",
            help="The collection the rows belong to.",
        ),
    ] = None,
    images: Annotated[
        Path | None,
        Option(
            "--images",
            metavar="DIR",
            show_default="each file's own folder",
            help="The folder that picture names are looked up in.",
        ),
    ] = None,
    on_error: Annotated[
        OnError,
        Option("--on-error", metavar="abort|skip", help="Import nothing, or leave bad rows out."),
    ] = OnError.ABORT,
    dry_run: Annotated[
        bool, Option("--dry-run", help="Check the files and write nothing.")
    ] = False,
) -> None:
    """Bring conversations and human labels into the store.

    Formats: intermt-bench (conversations with pictures, scores and reasons as InterMT
    releases them), jsonl (pairs as the pair command writes them) and csv (a table of votes).
    Importing twice changes nothing; conversations that begin alike share their turns.
    Pictures are copied into the store; a picture that is not there is recorded as missing,
    and importing again once it is there fills it in.

    Reads: the files, and the pictures they name.

    Writes: conversations, pictures, raters, scores, votes and reasons.

    Exits:
        65: A row cannot be used; nothing was written (unless --on-error skip).
        66: A file or the folder of pictures is not there.
        75: The store stayed busy; run it again.

    Examples:
        # Released conversations with their human labels
        intermt annotate-import crucial_step_dev.json dialogues.json
        # Votes from a spreadsheet
        intermt annotate-import votes.csv
    """
    from intermt.cli.opening import open_store
    from intermt.cli.output import Problem
    from intermt.commands.annotate_import import ImportConfig, run

    config = ImportConfig(tuple(files), from_.value, dataset, images, on_error.value, dry_run)
    result = run(open_store(ctx), config, ctx.out.progress)
    pictures = result.pictures
    lines = [
        f"{f.file} ({f.format}): {f.rows} rows, "
        + (
            f"{f.would_import} good, {f.rejected} bad; nothing written (dry run)"
            if dry_run
            else f"{f.imported} imported, {f.unchanged} unchanged, {f.rejected} left out"
        )
        for f in result.files
    ]
    if pictures["named"]:
        fates = ", ".join(f"{n} {fate}" for fate, n in pictures.items() if fate != "named")
        lines.append(f"pictures: {pictures['named']} named, {fates}")
    ctx.out.result(
        result,
        summary="\n".join(lines),
        errors=[
            Problem(
                "bad-input",
                p.where,
                p.message.removeprefix(f"{p.where}: "),
                "mend the row and import it again",
            )
            for p in result.problems
        ],
    )
