"""What a command says: answers on stdout, words for people on stderr, one JSON envelope.

stdout carries data and nothing else. What only a person wants (progress, summaries) goes to
stderr, and there only if stderr is a terminal, so that a successful cron job is silent.
Warnings and errors always go to stderr.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, is_dataclass
from pathlib import PurePath
from shutil import get_terminal_size
from typing import Any, BinaryIO

from intermt.cli.terminal import (
    Bars,
    NotesOnly,
    is_terminal,
    one_line,
    open_stdout,
    table_lines,
    to_stderr,
)
from intermt.errors import ExitCode, IntermtError, UsageError
from intermt.records import Progress

ENVELOPE_VERSION = 1
MOST_PROBLEMS_SHOWN = 20

_WHAT_TO_DO: dict[str, str] = {
    "usage": "see intermt --help",
    "bad-input": "correct the input and run again",
    "no-input": "check the name",
    "no-server": "start the server or check its URL",
    "cannot-create": "check the folder it belongs in",
    "io": "check the file and the disk it is on",
    "try-later": "run the same command again",
    "protocol": "check that the URL is that of the right server",
    "no-permission": "check owner and mode, or the key",
    "config": "correct the configuration",
}


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that went wrong, as it stands in the envelope.

    Attributes:
        kind: Machine-readable name (see `IntermtError.kind`).
        where: File and line, record id or URL; may be empty.
        message: What happened.
        todo: What to do about it; may be empty.
        details: Each thing that is wrong, where there are several.
    """

    kind: str
    where: str
    message: str
    todo: str = ""
    details: tuple[str, ...] = ()

    @classmethod
    def of(cls, error: IntermtError) -> Problem:
        """The problem an error reports."""
        todo = error.todo or _WHAT_TO_DO.get(error.kind, "")
        return cls(error.kind, error.where, error.what, todo, error.details)

    def as_json(self) -> dict[str, Any]:
        """The problem as the envelope has it; without `details` where there are none."""
        return {key: value for key, value in asdict(self).items() if value or key != "details"}


class Output:
    """Everything one run of a command says.

    Attributes:
        command: Name of the command, "" before it is known.
        json: Whether stdout gets the envelope instead of text.
        quiet: Whether to leave out notes, summaries and progress.
        verbose: Whether to say details and show tracebacks.
        exit_code: What the command will exit with.
    """

    def __init__(self, *, json: bool = False, quiet: bool = False, verbose: bool = False) -> None:
        self.command = ""
        self.json = json
        self.quiet = quiet
        self.verbose = verbose
        self.exit_code: int = ExitCode.DONE
        self.how_to_go_on = "run the same command again"
        self._told = False
        self._stdout_is_data = False
        self._progress: Progress | None = None

    # --- answers ---

    def result(
        self,
        data: Mapping[str, Any] | Any,
        text: str | Callable[[], None] | None = None,
        *,
        summary: str = "",
        exit_code: int = ExitCode.DONE,
        errors: Iterable[Problem | IntermtError] = (),
    ) -> None:
        """Say how the command ended; once per run.

        Args:
            data: The envelope's `data`: a mapping or a dataclass.
            text: The answer for people, on stdout: a string, or a function that calls
                `table` and `line`.
            summary: What was done, for a person who watches: on stderr if that is a
                terminal or `--verbose` asks for it.
            exit_code: What to exit with.
            errors: What went wrong without stopping the command.
        """
        self.stop_progress()
        self.exit_code = int(exit_code)
        problems = [Problem.of(e) if isinstance(e, IntermtError) else e for e in errors]
        if self.json:
            answered = exit_code in (ExitCode.DONE, ExitCode.ANSWER_IS_NO)
            status = "ok" if answered and not problems else "partial"
            self._write_envelope(status, data, problems)
        elif callable(text):
            text()
        elif text:
            self.line(text)
        self._told = True
        _complain(problems)
        if summary and not self.quiet and (self.verbose or is_terminal(sys.stderr)):
            to_stderr(summary)

    def line(self, text: str = "") -> None:
        """Write a line of the answer to stdout."""
        if self._stdout_is_data:
            self.note(text)
        else:
            open_stdout().write(text + "\n")

    def table(
        self, columns: Sequence[str], rows: Iterable[Sequence[Any]], *, title: str = ""
    ) -> None:
        """Write a table of the answer to stdout as aligned text, figures in full.

        Cells may be of any type: None and NaN are shown as `-`, floats with three
        decimals; columns of numbers are aligned to the right. At a terminal it fits the width,
        see `terminal.table_lines`.
        """
        at_terminal = is_terminal(sys.stdout) and not self._stdout_is_data
        wide = get_terminal_size().columns if at_terminal else None
        for text in table_lines(columns, rows, title=title, wide=wide):
            self.line(text)

    def stdout(self, option: str = "-o -") -> BinaryIO:
        """Standard output for a stream of data; text answers then go to stderr.

        Args:
            option: What the user wrote to ask for it.

        Raises:
            UsageError: The envelope was asked for as well.
        """
        if self.json:
            raise UsageError(
                f"{option} and --json both want standard output",
                todo="write the data to a file, or leave out --json",
            )
        stream = open_stdout()
        self._stdout_is_data = True
        stream.flush()
        return stream.buffer

    # --- words for people ---

    def note(self, text: str) -> None:
        """Say something a person should read, on stderr, unless `--quiet`."""
        self.progress.note(text)

    def detail(self, text: str) -> None:
        """Say something on stderr that only `--verbose` asks for."""
        if self.verbose:
            to_stderr(text) if self.quiet else self.progress.note(text)

    def if_interrupted(self, text: str) -> None:
        """Set what to do after Ctrl-C or a termination; shown as `what to do`."""
        self.how_to_go_on = text

    @property
    def progress(self) -> Progress:
        """Where a use case reports progress: bars at a terminal, else only notes."""
        if self._progress is None:
            bars = is_terminal(sys.stderr) and not self.quiet
            self._progress = Bars() if bars else NotesOnly(quiet=self.quiet)
        return self._progress

    def stop_progress(self) -> None:
        """Take a bar that is still running off the terminal."""
        if self._progress is not None:
            self._progress.stop()

    # --- the end ---

    def finish(self) -> None:
        """Write the envelope of a command that had nothing to say."""
        self.stop_progress()
        if self.json and not self._told:
            self._write_envelope("ok", {}, [])

    def fail(self, problems: Sequence[Problem], exit_code: int) -> None:
        """Say why the command stops: two plain lines on stderr, and the envelope."""
        self.stop_progress()
        self.exit_code = int(exit_code)
        _complain(problems)
        if self.json and not self._told and not self._stdout_is_data:
            self._write_envelope("error", {}, problems)

    def _write_envelope(self, status: str, data: Any, problems: Sequence[Problem]) -> None:
        self._told = True
        stream = open_stdout()
        stream.flush()
        stream.buffer.write(
            to_json(
                {
                    "intermt_result": ENVELOPE_VERSION,
                    "command": self.command,
                    "status": status,
                    "exit_code": self.exit_code,
                    "data": data,
                    "errors": [p.as_json() for p in problems],
                }
            )
        )


def _complain(problems: Sequence[Problem]) -> None:
    """Say the problems, a line each, and what to do about the first."""
    for problem in problems[:MOST_PROBLEMS_SHOWN]:
        where = f"{one_line(problem.where)}: " if problem.where else ""
        to_stderr(f"intermt: {where}{one_line(problem.message)}")
        for detail in problem.details:
            to_stderr(f"  {one_line(detail)}")
    if (left := len(problems) - MOST_PROBLEMS_SHOWN) > 0:
        to_stderr(f"intermt: and {left} more (--json lists all)")
    if problems and (todo := problems[0].todo or _WHAT_TO_DO.get(problems[0].kind, "")):
        to_stderr(f"  what to do: {one_line(todo)}")


def to_json(value: Any) -> bytes:
    """One line of JSON; paths become strings, NaN becomes null.

    Text that came from undecodable file names keeps its readable part.
    """
    import orjson

    options = orjson.OPT_APPEND_NEWLINE | orjson.OPT_NON_STR_KEYS | orjson.OPT_SERIALIZE_NUMPY
    try:
        return orjson.dumps(value, default=_plain, option=options)
    except orjson.JSONEncodeError as error:
        if "surrogates" not in str(error):
            raise
        return orjson.dumps(_without_surrogates(value), default=_plain, option=options)


def _plain(value: Any) -> Any:
    if isinstance(value, PurePath):
        return str(value)
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, set | frozenset):
        return sorted(value)
    raise TypeError(f"{type(value).__name__} has no place in JSON")


def _without_surrogates(value: Any) -> Any:
    if isinstance(value, PurePath):
        value = str(value)
    if isinstance(value, str):
        return value.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    if is_dataclass(value) and not isinstance(value, type):
        value = asdict(value)
    if isinstance(value, Mapping):
        return {_without_surrogates(k): _without_surrogates(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_without_surrogates(v) for v in value]
    return value
