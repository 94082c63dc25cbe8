"""The `annotate-import` command."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from typer import Argument, Option

from intermt.cli.options import Context, command

if TYPE_CHECKING:
    from intermt.commands.annotate_import import ImportResult


class Format(StrEnum):
    """What `--from` takes."""

    AUTO = "auto"
    INTERMT_BENCH = "intermt-bench"
    JSONL = "jsonl"
    LABEL_STUDIO = "label-studio"
    ARGILLA = "argilla"
    PRODIGY = "prodigy"
    CSV = "csv"


class Role(StrEnum):
    """What `--role` takes."""

    ANNOTATOR = "annotator"
    VERIFIER = "verifier"


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
    map_: Annotated[
        list[str] | None,
        Option(
            "--map",
            metavar="FIELD=NAME",
            help="Where the files have a field: a column, key or question.",
        ),
    ] = None,
    map_file: Annotated[
        Path | None,
        Option("--map-file", metavar="FILE", help="The same as TOML, and what values mean."),
    ] = None,
    role: Annotated[
        Role | None,
        Option(
            "--role",
            metavar="annotator|verifier",
            show_default="annotator",
            help="The role of raters whose row does not say.",
        ),
    ] = None,
    predictions_as: Annotated[
        str | None,
        Option(
            "--predictions-as",
            metavar="NAME",
            show_default="left out",
            help="Take a model's predictions in as a judge of this name.",
        ),
    ] = None,
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
    fetch_images: Annotated[
        bool, Option("--fetch-images", help="Fetch pictures that the files name by URL.")
    ] = False,
    on_error: Annotated[
        OnError,
        Option("--on-error", metavar="abort|skip", help="Import nothing, or leave bad rows out."),
    ] = OnError.ABORT,
    rejects: Annotated[
        Path | None,
        Option(
            "--rejects",
            metavar="FILE",
            help="Where bad rows that are left out go, as they are.",
        ),
    ] = None,
    dry_run: Annotated[
        bool, Option("--dry-run", help="Say what would be done, and write nothing.")
    ] = False,
) -> None:
    """Bring conversations and human labels into the store.

    Formats: intermt-bench (conversations, scores and preferences as InterMT releases them),
    jsonl (pairs as the pair command writes them, labels as the annotation page does),
    label-studio (JSON, JSON_MIN, CSV), argilla, prodigy, and csv (a table of votes, or any
    table with --map). Labels name answers that the store has, or show them whole.
    Importing twice changes nothing; conversations that begin alike share their turns.
    Pictures are copied into the store; a picture that is not there is recorded as missing,
    and importing again once it is there fills it in.
    Of several labels of one rater on one thing the latest counts.

    --map says where a file has what: task, item, rater, role, kind, level, seed, answer_a,
    answer_b, answer, shown_first, rated_at, seconds, status, dimension, messages, prompt, text,
    text_a, text_b, pictures, pictures_a, pictures_b, and with a dimension behind a dot or
    without: choice, score, score_a, score_b, critique, refinement, rationale.

    Reads: the files, and the pictures they name.

    Writes: conversations, pictures, raters, annotations, scores, votes and texts; verdicts
    with --predictions-as.

    Exits:
        65: A row cannot be used; nothing was written (unless --on-error skip).
        66: A file or the folder of pictures is not there.
        75: The store stayed busy; run it again.

    Examples:
        # Released conversations with their human labels
        intermt annotate-import crucial_step_dev.json dialogues.json
        # Votes from a spreadsheet
        intermt annotate-import votes.csv
        # Another project's tasks, and what in them is what
        intermt annotate-import export.json --map messages=chat,text_a=left,text_b=right
        # Verifiers' work; rows that cannot be used go to a file of their own
        intermt annotate-import labels.jsonl --role verifier --on-error skip --rejects bad.jsonl
    """
    from intermt.cli.opening import open_store
    from intermt.cli.output import Problem
    from intermt.commands.annotate_import import ImportConfig, run
    from intermt.commands.import_map import read_map
    from intermt.formats.reading.rows import ReadOptions

    columns, values = read_map(map_ or [], map_file)
    config = ImportConfig(
        files=tuple(files),
        format=from_.value,
        dataset=dataset,
        images=images,
        fetch_images=fetch_images,
        on_error=on_error.value,
        rejects=rejects,
        reading=ReadOptions(
            columns=columns,
            values=values,
            role=None if role is None else role.value,
            predictions_as=predictions_as,
        ),
        dry_run=dry_run,
    )
    result = run(open_store(ctx), config, ctx.out.progress)
    ctx.out.result(
        result,
        summary="\n".join(_summary(result, dry_run=dry_run)),
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


def _summary(result: ImportResult, *, dry_run: bool) -> list[str]:
    lines = []
    for f in result.files:
        skipped = "".join(f", {n} {kind}" for kind, n in sorted(f.skipped.items()))
        n_new = f"{f.would_import} would be imported" if dry_run else f"{f.imported} imported"
        end = "; nothing written (dry run)" if dry_run else ""
        lines.append(
            f"{f.file} ({f.format}): {f.rows} rows: {n_new}, {f.unchanged} unchanged{skipped},"
            f" {f.rejected} left out as bad{end}"
        )
    if result.pictures["named"]:
        fates = ", ".join(f"{n} {fate}" for fate, n in result.pictures.items() if fate != "named")
        lines.append(f"pictures: {result.pictures['named']} named, {fates}")
    n_bad = sum(f.rejected for f in result.files)
    if n_bad > len(result.problems):
        lines.append(f"the first {len(result.problems)} of {n_bad} bad rows are told")
    if result.rejects is not None and n_bad:
        lines.append(f"bad rows: {result.rejects}")
    return lines
