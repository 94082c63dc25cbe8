"""Everything that can go wrong, as one tree; each leaf knows its exit code.

IntermtError
├── UsageError            2    the command line contradicts itself
├── InputError           65    rows that cannot be used: file, line, field, value
├── MissingInputError    66    a named file or record is not there
├── ServerUnreachable    69    no server answered at all
├── CannotCreate         73    the store or an output cannot be created
├── StoreIOError         74    reading or writing failed; damaged files
├── TryLater             75    busy, locked, or part of the work left: run again
├── ProtocolMismatch     76    a server answers, but not in the agreed form
├── PermissionRefused    77    the file system or a server says no
└── ConfigError          78    the configuration cannot be used

Foreign exceptions (duckdb, httpx, OSError) are mapped to the most specific class here by
the layer that owns the library; anything that reaches the top unmapped is a bug (70).
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum


class ExitCode(IntEnum):
    """What a shell or cron job sees; values follow sysexits.h where it has one."""

    DONE = 0
    ANSWER_IS_NO = 1
    USAGE = 2
    BAD_INPUT = 65
    NO_INPUT = 66
    NO_SERVER = 69
    BUG = 70
    CANNOT_CREATE = 73
    IO = 74
    TRY_LATER = 75
    PROTOCOL = 76
    NO_PERMISSION = 77
    CONFIG = 78
    INTERRUPTED = 130
    CLOSED_PIPE = 141
    TERMINATED = 143


class IntermtError(Exception):
    """An error a user can act on: what happened, where, and what to do.

    Attributes:
        what: One sentence: what happened.
        todo: One sentence: what to do about it; may be empty.
        where: File and line, record id or URL it happened at; may be empty.
        details: Each thing that is wrong, where there are several.
        kind: Machine-readable name, stable across versions.
        exit_code: What the command exits with.
    """

    exit_code = ExitCode.BUG
    kind = "error"

    def __init__(
        self, what: str, *, todo: str = "", where: str = "", details: Sequence[str] = ()
    ) -> None:
        super().__init__("\n  ".join((what, *details)))
        self.what = what
        self.todo = todo
        self.where = where
        self.details = tuple(details)


class UsageError(IntermtError):
    """The options contradict each other or name something impossible."""

    exit_code = ExitCode.USAGE
    kind = "usage"


class InputError(IntermtError):
    """Input rows that cannot be used."""

    exit_code = ExitCode.BAD_INPUT
    kind = "bad-input"


class MissingInputError(IntermtError):
    """A file or record that was named is not there."""

    exit_code = ExitCode.NO_INPUT
    kind = "no-input"


class ServerUnreachable(IntermtError):
    """No configured server could be reached."""

    exit_code = ExitCode.NO_SERVER
    kind = "no-server"


class CannotCreate(IntermtError):
    """An output file or the store could not be created."""

    exit_code = ExitCode.CANNOT_CREATE
    kind = "cannot-create"


class StoreIOError(IntermtError):
    """Reading or writing failed, or a file is damaged."""

    exit_code = ExitCode.IO
    kind = "io"


class TryLater(IntermtError):
    """Somebody else is at work, or part of the work is left; run again."""

    exit_code = ExitCode.TRY_LATER
    kind = "try-later"


class ProtocolMismatch(IntermtError):
    """A server answers, but not in the form that was agreed."""

    exit_code = ExitCode.PROTOCOL
    kind = "protocol"


class PermissionRefused(IntermtError):
    """The file system or a server refuses access."""

    exit_code = ExitCode.NO_PERMISSION
    kind = "no-permission"


class ConfigError(IntermtError):
    """The configuration file or environment cannot be used."""

    exit_code = ExitCode.CONFIG
    kind = "config"
