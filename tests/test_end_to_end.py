"""The console script through a life of the bundled sample, against one stand-in."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from intermt.sample import sample_files
from intermt.simulator import InProcess, Simulator, parse_faults
from tests.cli.running import environment
from tests.commands.work import stats


class Shell:
    """Runs `intermt` in a folder, as a shell would."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def run(self, *words: object, code: int = 0) -> subprocess.CompletedProcess[str]:
        script = Path(sys.executable).with_name("intermt")
        argv = [str(script)] if script.exists() else [sys.executable, "-m", "intermt"]
        done = subprocess.run(
            [*argv, *map(str, words)],
            cwd=self.folder,
            env=environment(),
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert done.returncode == code, (done.returncode, done.stdout, done.stderr)
        return done

    def data(self, *words: object, code: int = 0) -> Any:
        answer = json.loads(self.run(*words, "--json", code=code).stdout)
        assert answer["exit_code"] == code
        return answer["data"]


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    return Shell(tmp_path)


def test_a_life_of_the_sample(shell: Shell) -> None:
    sample = sample_files()
    faults = parse_faults("500=0.02,reset=0.02")
    with InProcess(Simulator(faults=faults)) as url:
        servers = [word for kind in ("answer", "user", "draw") for word in (f"--{kind}", url)]
        grow = ("generate", sample.seeds, *servers, "--turns", 3)
        quiet = shell.run(*grow)
        assert (quiet.stdout, quiet.stderr) == ("", "")
        grown = shell.data(*grow)
        assert grown["simulated"] is True
        assert grown["calls"]["states"] == {}
        assert grown["n_short"] == 0

        bring = ("annotate-import", sample.votes, sample.conversations)
        quiet = shell.run(*bring)
        assert (quiet.stdout, quiet.stderr) == ("", "")
        assert shell.data(*bring)["new"] == {}

        asked = stats(url)["n_answered"]
        judge = ("judge", "--server", url, "--task")
        jobs = (("pair",), ("score", "--limit", 40), ("crucial-step", "--grader", url))
        for job in jobs:
            quiet = shell.run(*judge, *job)
            assert (quiet.stdout, quiet.stderr) == ("", "")
            again = shell.data(*judge, *job)
            assert again["simulated"] is True
            assert again["calls"]["states"] == {}
        counts = stats(url)
    assert counts["n_answered"] > asked
    assert counts["n_answered_again"] == 0


def test_what_goes_wrong_is_two_lines_and_a_code(shell: Shell) -> None:
    cases: list[tuple[int, tuple[object, ...]]] = [
        (2, ("judge", "--task", "score", "--server", "nobody")),
        (2, ("judge", "--task", "nothing", "--server", "builtin")),
        (66, ("judge", "--task", "score", "--server", "builtin")),
        (66, ("annotate-import", "gone.json")),
        (65, ("annotate-import", "/dev/null")),
        (66, ("generate", "gone.jsonl", "--answer", "builtin", "--user", "builtin")),
        (78, ("judge", "--task", "score", "--server", "ftp://h/v1")),
    ]
    for code, words in cases:
        done = shell.run(*words, code=code)
        assert done.stdout == "", words
        lines = done.stderr.splitlines()
        assert len(lines) == 2, done.stderr
        assert lines[0].startswith("intermt: ")
        assert lines[1].startswith("  what to do: ")
    assert not (shell.folder / "intermt-store").exists()
