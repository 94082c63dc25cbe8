"""Run the program of `throwaway` or intermt itself in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]


def environment(**extra: str) -> dict[str, str]:
    """The environment without anything that changes what intermt does."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("INTERMT", "_INTERMT"))}
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


def envelope(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    """The one line of JSON on stdout."""
    assert done.stdout.count("\n") == 1, done.stdout
    answer = json.loads(done.stdout)
    assert answer["intermt_result"] == 1
    assert answer["exit_code"] == done.returncode
    return answer
