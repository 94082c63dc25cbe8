"""Run the program of `throwaway` or intermt itself, in a process of its own or in this one."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TextIO
from unittest import mock

ROOT = Path(__file__).parents[2]


def environment(**extra: str) -> dict[str, str]:
    """The environment without anything that changes what intermt does."""
    # Hundreds of processes need not compile the same files anew.
    changing = ("INTERMT", "_INTERMT", "PYTHONDONTWRITEBYTECODE")
    kept = {k: v for k, v in os.environ.items() if not k.startswith(changing)}
    return {**kept, "PYTHONPATH": str(ROOT), "HOME": "/nonexistent", "COLUMNS": "80", **extra}


def command_line(*words: str, module: str = "tests.cli.throwaway") -> list[str]:
    return [sys.executable, "-m", module, *words]


def run(
    *words: str, cwd: Path, module: str = "tests.cli.throwaway", **env: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command_line(*words, module=module),
        cwd=cwd,
        env=environment(**env),
        capture_output=True,
        text=True,
        timeout=60,
    )


def run_here(*words: str, cwd: Path, **env: str) -> subprocess.CompletedProcess[str]:
    """intermt in this process, as `run` runs it, without the second that a process begins with."""
    from intermt.cli.frame import execute
    from intermt.cli.main import build

    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    kept = mock.patch.dict(os.environ, environment(**env), clear=True)
    with kept, contextlib.chdir(cwd), _into_file("stdout") as out, _into_file("stderr") as err:
        try:
            code = execute(build, words)
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
        sys.stdout.flush()
        sys.stderr.flush()
        said = [file.seek(0) or file.read() for file in (out, err)]
    return subprocess.CompletedProcess(words, code, *said)


@contextlib.contextmanager
def _into_file(name: str) -> Iterator[TextIO]:
    """Let what goes to a standard stream, and to its file descriptor, go to a file."""
    stream, number = getattr(sys, name), {"stdout": 1, "stderr": 2}[name]
    stream.flush()
    with (
        tempfile.TemporaryFile("w+", encoding="utf-8", newline="") as file,
        os.fdopen(os.dup(number), "wb", closefd=True) as before,
    ):
        os.dup2(file.fileno(), number)
        written = os.fdopen(os.dup(number), "w", encoding="utf-8", newline="")
        setattr(sys, name, written)
        try:
            yield file
        finally:
            setattr(sys, name, stream)
            with contextlib.suppress(ValueError, OSError):
                written.close()
            os.dup2(before.fileno(), number)


def envelope(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    """The one line of JSON on stdout."""
    assert done.stdout.count("\n") == 1, done.stdout
    answer = json.loads(done.stdout)
    assert answer["intermt_result"] == 1
    assert answer["exit_code"] == done.returncode
    return answer
