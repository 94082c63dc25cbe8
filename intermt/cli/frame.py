"""The outermost frame: runs a command line and turns every end into an exit code.

Whatever happens inside, a person sees two plain lines (what happened, what to do) and the
shell a code of `intermt.errors.ExitCode`; a traceback only for a bug, and only if asked.
"""

from __future__ import annotations

import contextlib
import errno
import os
import signal
import sys
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import FrameType
from typing import TextIO

import typer
from typer._click.exceptions import ClickException

from intermt import __version__
from intermt.cli.help import read_page, write_plain
from intermt.cli.options import PROGRAM, Group
from intermt.cli.output import Output, Problem
from intermt.errors import (
    CannotCreate,
    ExitCode,
    IntermtError,
    MissingInputError,
    PermissionRefused,
    StoreIOError,
    UsageError,
)

COMPLETE_VARIABLE = "_INTERMT_COMPLETE"

_CANNOT_CREATE = (errno.EEXIST, errno.EISDIR, errno.ENOTDIR, errno.EROFS, errno.ENAMETOOLONG)
_FULL = (errno.ENOSPC, errno.EDQUOT)
_TRUE = ("1", "true", "t", "yes", "y", "on")


def execute(build: Callable[[], Group], argv: Sequence[str]) -> int:
    """The exit code of a command line; everything it has to say has been said."""
    out = _guess(argv, os.environ)
    stops: list[int] = []
    with _listening(stops) as from_now_on:
        try:
            code = _run(build, argv, out)
            from_now_on(signal.SIG_IGN)
        except BaseException as error:  # noqa: BLE001 - the frame around everything
            # Another signal ends the process at once.
            from_now_on(signal.SIG_DFL)
            code = _end(error, out, stops)
        return _flush(code, out)


def _guess(argv: Sequence[str], environ: Mapping[str, str]) -> Output:
    """How to speak before the command line has been understood."""
    words = list(argv)
    words = words[: words.index("--")] if "--" in words else words

    def asked(name: str, *spellings: str) -> bool:
        variable = environ.get(f"INTERMT_{name}", "").lower()
        return variable in _TRUE or any(s in words for s in spellings)

    return Output(json=asked("JSON", "--json"), verbose=asked("VERBOSE", "--verbose", "-v"))


@contextlib.contextmanager
def _listening(stops: list[int]) -> Iterator[Callable[[signal.Handlers], None]]:
    """What says that signals are to do something else from then on.

    Until then Ctrl-C and SIGTERM raise KeyboardInterrupt, so that contexts close, and `stops`
    has them. What somebody else handles or ignores is left alone.
    """

    def on_signal(number: int, frame: FrameType | None) -> None:
        stops.append(number)
        raise KeyboardInterrupt

    usual = {signal.SIGINT: signal.default_int_handler, signal.SIGTERM: signal.SIG_DFL}
    ours = {n: handler for n, handler in usual.items() if signal.getsignal(n) is handler}

    def all_do(action: Callable[[int, FrameType | None], None] | signal.Handlers) -> None:
        for number in ours:
            signal.signal(number, action)

    all_do(on_signal)
    for stream in (sys.stdout, sys.stderr):
        # A terminal that cannot show a character is no reason to fail.
        if stream is not None and hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    try:
        yield all_do
    finally:
        for number, handler in ours.items():
            signal.signal(number, handler)


def _run(build: Callable[[], Group], argv: Sequence[str], out: Output) -> int:
    group = build()
    if instruction := os.environ.get(COMPLETE_VARIABLE):
        from typer._completion_classes import completion_init
        from typer.completion import shell_complete

        completion_init()
        return shell_complete(group, {}, PROGRAM, COMPLETE_VARIABLE, instruction)
    if not argv and not out.json:
        with group.make_context(PROGRAM, [], resilient_parsing=True) as context:
            formatter = context.make_formatter()
            write_plain(read_page(group, context), formatter)
        sys.stderr.write(formatter.getvalue())
        return ExitCode.USAGE
    with group.make_context(PROGRAM, list(argv), obj=out) as context:
        group.invoke(context)
    out.finish()
    return out.exit_code


# --- how it ended ------------------------------------------------------------------------


def _end(error: BaseException, out: Output, stops: Sequence[int]) -> int:
    """The exit code of an exception, after its words have been said."""
    while isinstance(error, BaseExceptionGroup):
        error = _worst(error)
    if isinstance(error, SystemExit):
        return error.code if isinstance(error.code, int) else int(error.code is not None)
    if isinstance(error, typer.Exit):
        return error.exit_code
    if isinstance(error, BrokenPipeError):
        return ExitCode.CLOSED_PIPE
    problem, code = _problem(error, out, stops)
    try:
        if out.verbose and code in (ExitCode.BUG, ExitCode.IO):
            traceback.print_exception(error)
        out.fail([problem], code)
    except BrokenPipeError:
        return ExitCode.CLOSED_PIPE
    except IntermtError as closed:
        out.json = False
        out.fail([Problem.of(closed)], closed.exit_code)
    return code


def _worst(group: BaseExceptionGroup[BaseException]) -> BaseException:
    """The member to report: an interrupt, else a bug, else the first error."""
    members = group.exceptions
    for kind in (KeyboardInterrupt, BaseExceptionGroup):
        if found := [m for m in members if isinstance(m, kind)]:
            return found[0]
    return next((m for m in members if not isinstance(m, IntermtError | OSError)), members[0])


def _problem(error: BaseException, out: Output, stops: Sequence[int]) -> tuple[Problem, int]:
    # An extension module that is interrupted while it is imported raises ImportError.
    if isinstance(error, KeyboardInterrupt | typer.Abort) or (
        stops and isinstance(error, ImportError)
    ):
        if signal.SIGTERM in stops:
            return Problem("terminated", "", "terminated", out.how_to_go_on), ExitCode.TERMINATED
        return Problem("interrupted", "", "interrupted", out.how_to_go_on), ExitCode.INTERRUPTED
    if isinstance(error, ClickException):
        error = _usage(error)
    elif isinstance(error, OSError) and error.errno is not None:
        error = _file_error(error)
    if isinstance(error, UsageError) and not error.todo:
        error.todo = f"see {' '.join(filter(None, (PROGRAM, out.command)))} --help"
    if isinstance(error, IntermtError) and error.exit_code != ExitCode.BUG:
        return Problem.of(error), error.exit_code
    what = f"a bug in intermt {__version__}: {type(error).__name__}: {error}".rstrip(": ")
    todo = "run it again with --verbose (or INTERMT_VERBOSE=1) and report what it shows"
    if out.verbose:
        todo = "report it with the lines above"
    return Problem("bug", "", what, todo), ExitCode.BUG


def _usage(error: ClickException) -> UsageError:
    context = getattr(error, "ctx", None)
    path = context.command_path if context is not None else PROGRAM
    what = error.format_message().rstrip(".")
    return UsageError(what[:1].lower() + what[1:], todo=f"see {path} --help")


def _file_error(error: OSError) -> IntermtError:
    where = os.fsdecode(error.filename) if isinstance(error.filename, str | bytes) else ""
    what = error.strerror or str(error)
    if isinstance(error, PermissionError):
        return PermissionRefused(what, where=where)
    if isinstance(error, FileNotFoundError):
        return MissingInputError(what, where=where)
    if error.errno in _CANNOT_CREATE:
        return CannotCreate(what, where=where)
    todo = "free some space and run again" if error.errno in _FULL else ""
    return StoreIOError(what, where=where, todo=todo)


# --- the last words ----------------------------------------------------------------------


def _flush(code: int, out: Output) -> int:
    """The exit code once everything written has left the process, or could not."""
    try:
        if sys.stdout is not None:
            sys.stdout.flush()
    except BrokenPipeError:
        _silence(sys.stdout)
        code = code or ExitCode.CLOSED_PIPE
    except OSError as error:
        _silence(sys.stdout)
        problem = _file_error(error)
        out.json = False
        out.fail([Problem.of(problem)], problem.exit_code)
        code = code or problem.exit_code
    try:
        if sys.stderr is not None:
            sys.stderr.flush()
    except OSError:
        _silence(sys.stderr)
    return int(code)


def _silence(stream: TextIO) -> None:
    """Send what is left in a stream nowhere, or the interpreter complains at its end."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)
