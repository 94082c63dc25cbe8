"""The `intermt` program: its commands in the order of the help page.

A command is one file of this folder: `intermt/cli/annotate_import.py` holds the command
`annotate-import` under the name `annotate_import`. Adding one is that file and a line here.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import NoReturn, cast

from intermt.cli.frame import execute
from intermt.cli.options import Command, Group, group

COMMANDS: tuple[str, ...] = (
    "generate",
    "annotate-export",
    "annotate-import",
    "pair",
    "judge",
    "eval",
    "stats",
    "simulate",
    "demo",
    "check",
)


class _Commands(Mapping[str, Command]):
    """The commands by name; a command's file is imported when it is asked for."""

    def __getitem__(self, name: str) -> Command:
        if name not in COMMANDS:
            raise KeyError(name)
        attribute = name.replace("-", "_")
        return cast(Command, getattr(import_module(f"intermt.cli.{attribute}"), attribute))

    def __iter__(self) -> Iterator[str]:
        return iter(COMMANDS)

    def __len__(self) -> int:
        return len(COMMANDS)


def build() -> Group:
    """The program, ready to parse a command line."""
    return group(
        _Commands(),
        """Multi-turn, interleaved text-and-picture preference data, from seed to judge.

        Data goes to stdout, words for people to stderr. All records are in one store, a
        folder that the first command that writes creates.
        """,
    )


def run() -> NoReturn:
    """Run the command line of this process and leave it."""
    sys.exit(execute(build, sys.argv[1:]))
