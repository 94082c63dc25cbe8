"""A program with commands of every kind of ending, run as `python -m tests.cli.throwaway`."""

from __future__ import annotations

import asyncio
import errno
import sys
import time
from pathlib import Path
from typing import Annotated, Literal

import typer

from intermt import errors
from intermt.cli.frame import execute
from intermt.cli.options import Command, Context, Group, command, group
from intermt.cli.output import Problem


@command("make-pairs")
def make_pairs(
    ctx: Context,
    files: Annotated[list[Path] | None, typer.Argument(metavar="FILES...", help="Votes.")] = None,
    *,
    min_agree: Annotated[
        float,
        typer.Option("--min-agree", metavar="SHARE", min=0, max=1, help="Least agreement."),
    ] = 0.5,
    level: Annotated[
        Literal["local", "global"],
        typer.Option("--level", metavar="local|global", help="What is compared."),
    ] = "local",
    dimension: Annotated[
        list[str] | None,
        typer.Option("--dimension", metavar="NAME", help="Only this dimension."),
    ] = None,
    source: Annotated[str, typer.Option("--from", metavar="FORMAT", help="The format.")] = "auto",
    reason: Annotated[bool, typer.Option("--reason/--no-reason", help="Ask why.")] = True,
    turns: Annotated[int, typer.Option("--turns", metavar="N", help="Number of turns.")] = 5,
    output: Annotated[
        str, typer.Option("--output", "-o", metavar="FILE|-", help="Where the pairs go.")
    ] = "",
) -> None:
    """Write preference pairs out of votes.

    A longer text that says what a pair is, that [brackets] are kept, and what
    happens to ties.

    Reads:
        The votes in the store
        and nothing else.

    Writes:
        One JSON object per line.

    Exits:
        65: A vote cannot be used.
        75: Part is left; run again
            and it resumes.

    Examples:
        # Pairs that four of five agree on
        intermt make-pairs --min-agree 0.8 -o pairs.jsonl
    """
    if output == "-":
        stream = ctx.out.stdout()
        stream.write(b'{"pair": 1}\n')
    data = {
        "options": dict(ctx.options),
        "store": ctx.store_path,
        "quiet": ctx.quiet,
        "verbose": ctx.verbose,
        "lock_timeout_s": ctx.lock_timeout_s,
        "types": [type(v).__name__ for v in (files, dimension, level)],
    }
    ctx.out.result(data, f"agree {min_agree}", summary="wrote 1 pair")


RAISES: dict[str, BaseException] = {
    "usage": errors.UsageError("a and b contradict each other"),
    "bad-input": errors.InputError("score is 7", where="votes.csv:3", todo="use 0 to 3"),
    "no-input": errors.MissingInputError("no such file", where="a.json"),
    "no-server": errors.ServerUnreachable("no answer", where="http://gpu1:8000/v1"),
    "cannot-create": errors.CannotCreate("cannot create the store"),
    "io": errors.StoreIOError("the file is damaged"),
    "try-later": errors.TryLater("the store is in use by process 12"),
    "protocol": errors.ProtocolMismatch("not JSON"),
    "no-permission": errors.PermissionRefused("key refused"),
    "config": errors.ConfigError("unknown key 'a'"),
    "bug": KeyError("x"),
    "os-missing": FileNotFoundError(errno.ENOENT, "No such file or directory", "a.json"),
    "os-denied": PermissionError(errno.EACCES, "Permission denied", "b.json"),
    "os-full": OSError(errno.ENOSPC, "No space left on device", "c.json"),
    "os-folder": IsADirectoryError(errno.EISDIR, "Is a directory", "d"),
    "group": ExceptionGroup("two", [errors.TryLater("busy"), errors.TryLater("busy")]),
    "group-bug": ExceptionGroup("two", [errors.TryLater("busy"), ValueError("odd")]),
    "bare-error": errors.IntermtError("of no kind"),
    "nasty": errors.InputError("line\nbreak \x1b[31mred", where="a\nb"),
}


@command("fail")
def fail(
    ctx: Context, kind: Annotated[str, typer.Argument(metavar="KIND", help="Which error.")]
) -> None:
    """Raise an error."""
    raise RAISES[kind]


@command("say")
def say(
    ctx: Context,
    what: Annotated[str, typer.Argument(metavar="WHAT", help="What to say.")] = "nothing",
) -> None:
    """Say something."""
    if what == "table":

        def text() -> None:
            rows = [("a", 1, 0.5, None), ("图图", 22, float("nan"), True)]
            ctx.out.table(["name", "n", "share", "ok"], rows, title="A table")

        ctx.out.result({"rows": 2}, text)
    elif what == "partial":
        problems = [Problem("bad-input", f"v.csv:{i}", "score is 7") for i in range(30)]
        ctx.out.result({"n": 1}, "one done", exit_code=75, errors=problems)
    elif what == "no":
        ctx.out.result({"metric": 0.1}, "0.1", exit_code=1)
    elif what == "odd":
        ctx.out.result({"path": Path("a"), "bad": "caf\udce9", "nan": float("nan"), 3: {"x"}})
    elif what == "much":
        for i in range(200_000):
            ctx.out.line(f"row {i}")
        ctx.out.result({}, "end")
    elif what == "much-data":
        stream = ctx.out.stdout()
        for i in range(200_000):
            stream.write(b"row %d\n" % i)
    elif what == "little":
        ctx.out.result({}, "one row")
    elif what == "progress":
        ctx.out.progress.start("rows", 3, "row")
        ctx.out.progress.advance(2)
        ctx.out.progress.note("a note")
        ctx.out.detail("a detail")
        ctx.out.progress.grow(1)
        ctx.out.result({}, summary="done with rows")


@command("wait")
def wait(
    ctx: Context,
    how: Annotated[str, typer.Argument(metavar="HOW", help="thread or loop.")] = "thread",
) -> None:
    """Wait until it is stopped."""
    ctx.out.if_interrupted("run it again: 3 answers are kept")

    async def in_loop() -> None:
        try:
            sys.stderr.write("ready\n")
            sys.stderr.flush()
            await asyncio.sleep(60)
        finally:
            await asyncio.sleep(0)
            sys.stderr.write("closed\n")

    if how == "loop":
        from intermt.commands.stopping import run_to_end

        run_to_end(in_loop())
    try:
        sys.stderr.write("ready\n")
        sys.stderr.flush()
        time.sleep(60)
    finally:
        sys.stderr.write("closed\n")


COMMANDS: dict[str, Command] = {
    c.name or "": c
    for c in (make_pairs, fail, say, wait)  # type: ignore[attr-defined]
}


def build() -> Group:
    return group(COMMANDS, "A program for tests.\n\nIt ends in every way.")


if __name__ == "__main__":
    sys.exit(execute(build, sys.argv[1:]))
