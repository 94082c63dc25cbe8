"""The `intermt` program: its commands in the order of the help page.

A command is one file of this folder: `intermt/cli/annotate_import.py` holds the command
`annotate-import` under the name `annotate_import`. Adding one is that file and a line here.
"""

from __future__ import annotations

import atexit
import gc
import os
import signal
import sys
from collections.abc import Iterator, Mapping
from importlib import import_module
from types import FrameType
from typing import TYPE_CHECKING, NoReturn, cast

from intermt.errors import ExitCode

if TYPE_CHECKING:
    from intermt.cli.options import Command, Group

_ENDS: dict[int, int] = {
    signal.SIGINT: ExitCode.INTERRUPTED,
    signal.SIGTERM: ExitCode.TERMINATED,
}

COMMANDS: tuple[str, ...] = (
    "generate",
    "annotate-export",
    "annotate-import",
    "pair",
    "judge",
    "eval",
    "stats",
    "report",
    "simulate",
    "demo",
    "check",
)


class _Commands(Mapping[str, "Command"]):
    """The commands by name; a command's file is imported when it is asked for."""

    def __getitem__(self, name: str) -> Command:
        if name not in COMMANDS:
            raise KeyError(name)
        attribute = name.replace("-", "_")
        return cast("Command", getattr(import_module(f"intermt.cli.{attribute}"), attribute))

    def __iter__(self) -> Iterator[str]:
        return iter(COMMANDS)

    def __len__(self) -> int:
        return len(COMMANDS)


def build() -> Group:
    """The program, ready to parse a command line."""
    from intermt.cli.options import group

    return group(
        _Commands(),
        """Multi-turn, interleaved text-and-picture preference data, from seed to judge.

        Data goes to stdout, words for people to stderr. All records are in one store, a
        folder that the first command that writes creates.
        """,
    )


def run() -> NoReturn:
    """Run the command line of this process and leave it."""
    # Imports make little garbage, and looking for it as often as usual takes a twentieth of them.
    gc.set_threshold(50_000)
    stopped: list[int] = []
    # First in, so last out: all else that is to be cleared away has been.
    atexit.register(_stay_with, stopped)
    usual = {number: signal.getsignal(number) for number in _ENDS}
    ours = [n for n in _ENDS if usual[n] in (signal.SIG_DFL, signal.default_int_handler)]
    # Before anything is open and after everything is closed, an exception out of a signal
    # handler would only show a traceback.
    for number in ours:
        signal.signal(number, _leave)
    from intermt.cli.frame import execute

    for number in ours:
        signal.signal(number, usual[number])
    code = execute(build, sys.argv[1:])
    if code in _ENDS.values():
        stopped.append(code)
    for number in ours:
        signal.signal(number, signal.SIG_DFL if stopped else signal.SIG_IGN)
    # What is left needs no looking through for garbage, which takes longer than all else here.
    gc.freeze()
    sys.exit(code)


def _stay_with(codes: list[int]) -> None:
    """End with a code where there is one.

    Python itself would end by SIGINT where a KeyboardInterrupt passed an import on its way.
    """
    if codes:
        os._exit(codes[0])


def _leave(number: int, frame: FrameType | None) -> NoReturn:
    os._exit(_ENDS[number])
