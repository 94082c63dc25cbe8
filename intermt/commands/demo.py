"""The whole lifecycle on the bundled sample, as the commands a user would type.

Each step is a process of its own, run in the demo's folder, so that what is shown is what
happens when somebody types it. Environment and configuration of the caller stay outside:
a demo must not write into anybody's real store.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Any

import orjson

from intermt.errors import CannotCreate, ExitCode, IntermtError
from intermt.sample import GROWN_WITH, sample_files

_MARKER = "intermt.toml"
_MARK = b"# Made by intermt demo: this folder may be replaced by the next demo.\n"
_KEPT_VARIABLES = "INTERMT_SIMULATE_"


@dataclass(frozen=True, slots=True)
class Step:
    """One command of the demo.

    Attributes:
        says: What it is for, in a few words.
        words: What stands after `intermt`; no word needs quotes.
        saved: File that gets what it writes to stdout; None for a command that says nothing.
    """

    says: str
    words: str
    saved: str | None = None

    @property
    def line(self) -> str:
        """The command as one would type it."""
        return f"intermt {self.words}" + (f" > {self.saved}" if self.saved else "")


STEPS: tuple[Step, ...] = (
    Step(
        "Grow a tree of conversations from each seed question",
        f"generate sample/seeds.jsonl {GROWN_WITH}",
    ),
    Step("Look at one of them", "generate --show bakery-logo", saved="tree.txt"),
    Step(
        "Bring in the votes on them, and ten more conversations with their labels",
        "annotate-import sample/votes.csv sample/conversations.json",
    ),
    Step(
        "Turn the votes on which four of five agree into preference pairs",
        "pair --min-agree 0.8 --split train=0.8,test=0.2 -o pairs.jsonl",
    ),
    Step(
        "Write a page on which people can label what has few votes, in any browser",
        "annotate-export --to html --level local --only-missing --limit 20 -o pages --force",
    ),
    Step("Let a model score every answer", "judge --task score --server builtin"),
    Step("... every conversation", "judge --task score --level global --server builtin"),
    Step("... compare the answers people compared", "judge --task pair --server builtin"),
    Step(
        "... and recognise the crucial steps",
        "judge --task crucial-step --server builtin --grader builtin",
    ),
    Step(
        "Measure the judge against people",
        "eval --format csv --report judges.html",
        saved="eval.csv",
    ),
    Step("See how far people agree", "stats agreement --format csv", saved="agreement.csv"),
    Step(
        "... and how scores of turns and of whole conversations go together",
        "stats correlation --format csv",
        saved="correlation.csv",
    ),
    Step(
        "Put together whole conversations of the answers that annotators kept",
        "generate --rebuild --rebuild-depth 3",
    ),
    Step("See what is in the store", "stats card", saved="card.txt"),
    Step("Keep that as a data card", "stats card --format markdown", saved="card.md"),
    Step(
        "Learn preferences from answers of the first turns, and try that on later ones",
        "stats scaling --server builtin --format markdown",
        saved="scaling.md",
    ),
    Step("Verify the store", "check"),
    Step("Put every table and figure that these data allow on one page", "report report"),
)


@dataclass(frozen=True, slots=True)
class StepResult:
    """How a step ended.

    Attributes:
        step: The step.
        data: What its envelope says; empty for steps with a saved answer.
        text: The saved answer; empty for the others.
        seconds: How long it took.
    """

    step: Step
    data: dict[str, Any]
    text: str
    seconds: float


class StepFailed(IntermtError):
    """A command of the demo failed; the demo exits with its code."""

    kind = "step-failed"

    def __init__(self, what: str, *, todo: str, where: str, code: int) -> None:
        super().__init__(what, todo=todo, where=where)
        # A step that a signal ended has a negative code.
        self.exit_code = ExitCode(code) if code in set(ExitCode) else ExitCode.BUG


def prepare(folder: Path, *, keep: bool) -> None:
    """Make the demo's folder with the sample in it.

    Args:
        folder: Where; a folder that an earlier demo made is replaced.
        keep: Whether to go on in such a folder instead.

    Raises:
        CannotCreate: Something else is in the way.
    """
    marker = folder / _MARKER
    try:
        if folder.exists() and any(folder.iterdir()):
            if not marker.is_file() or not marker.read_bytes().startswith(_MARK):
                raise CannotCreate(
                    f"{folder} is there and no demo made it", todo="name another folder"
                )
            if keep:
                return
            shutil.rmtree(folder)
        sample = folder / "sample"
        sample.mkdir(parents=True)
        marker.write_bytes(_MARK)
        files = sample_files()
        for file in (files.seeds, files.votes, files.conversations):
            shutil.copyfile(file, sample / file.name)
        shutil.copytree(files.pictures, sample / files.pictures.name)
    except OSError as error:
        raise CannotCreate(
            f"cannot make the demo's folder: {error.strerror}",
            where=str(folder),
            todo="name a folder you may write",
        ) from error


def run(folder: Path) -> Iterator[StepResult]:
    """Run the demo in a prepared folder, a result for each step as it ends.

    Raises:
        StepFailed: A step failed; the error says which and carries its exit code.
    """
    environ = {
        key: value
        for key, value in os.environ.items()
        if not key.startswith("INTERMT_") or key.startswith(_KEPT_VARIABLES)
    }
    environ["INTERMT_CONFIG"] = _MARKER
    for step in STEPS:
        begun = monotonic()
        words = [*step.words.split(), *([] if step.saved else ["--json"])]
        ended = subprocess.run(  # noqa: S603 - our own program with fixed words
            [sys.executable, "-m", "intermt", *words],
            cwd=folder,
            env=environ,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
        )
        if ended.returncode != 0:
            raise _failed(step, ended.returncode, ended.stderr.decode(errors="replace"))
        text = ended.stdout.decode() if step.saved else ""
        if step.saved:
            (folder / step.saved).write_text(text, encoding="utf-8")
        data = {} if step.saved else orjson.loads(ended.stdout)["data"]
        yield StepResult(step, data, text, monotonic() - begun)


def _failed(step: Step, code: int, stderr: str) -> StepFailed:
    words = " ".join(stderr.split()) or "it said nothing"
    return StepFailed(
        f"the step failed with exit code {code}: {words}",
        where=step.line,
        todo="mend that and run the demo again",
        code=code,
    )
