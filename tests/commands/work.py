"""What the tests of commands share: runs in this process, small inputs, stores as rows."""

from __future__ import annotations

import hashlib
import json
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from intermt.cli.frame import execute
from intermt.cli.main import build
from intermt.commands import calling
from intermt.commands.seed_config import SeedingConfig
from intermt.config import Config
from intermt.domain.prompts import load_prompts
from intermt.servers.client import Client
from intermt.servers.pacing import Pacing
from intermt.store.connect import Store
from tests.cli.running import environment, run_here
from tests.store.samples import picture

ROOT = Path(__file__).parents[2]
SHARED = ROOT.parent / "shared" / "data"
BENCH = SHARED / "intermt_bench" / "crucial_step_dev.json"
DIALOGUES = SHARED / "dialogues" / "dialogues.json"

TABLES = (
    *("seed", "node", "conversation", "picture_use", "image", "rater", "score"),
    *("preference_vote", "feedback", "verdict", "request", "run"),
)


class Silent:
    """Progress that nobody watches; the notes are kept."""

    def __init__(self) -> None:
        self.notes: list[str] = []

    def start(self, what: str, total: int | None, unit: str) -> None:
        pass

    def advance(self, n: int = 1) -> None:
        pass

    def grow(self, n: int) -> None:
        pass

    def note(self, text: str) -> None:
        self.notes.append(text)

    def stop(self) -> None:
        pass


# --- running -----------------------------------------------------------------------------


@dataclass(frozen=True)
class Done:
    """How a command line ended."""

    code: int
    out: str
    err: str

    @property
    def answer(self) -> dict[str, Any]:
        envelope: dict[str, Any] = json.loads(self.out)
        assert envelope["exit_code"] == self.code
        return envelope

    @property
    def data(self) -> dict[str, Any]:
        data: dict[str, Any] = self.answer["data"]
        return data


class Program:
    """The program in this process, on one store, always with --json."""

    def __init__(self, store: Path, capture: pytest.CaptureFixture[str]) -> None:
        self.store = Store(store, lock_timeout_s=20)
        self._capture = capture

    def __call__(self, *words: object, code: int | None = 0) -> Done:
        self._capture.readouterr()
        argv = [*map(str, words), "--store", str(self.store.folder), "--json"]
        ended = execute(build, argv)
        said = self._capture.readouterr()
        done = Done(ended, said.out, said.err)
        assert code is None or ended == code, (ended, said)
        assert "Traceback" not in said.err
        return done


class Here:
    """The program in this process and a folder, with the words it is given and no others."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __call__(self, *words: object) -> Done:
        done = run_here(*map(str, words), cwd=self._folder)
        assert "Traceback" not in done.stderr
        return Done(done.returncode, done.stdout, done.stderr)


def start(*words: object, store: Path, **env: str) -> subprocess.Popen[str]:
    """The program in a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "intermt", *map(str, words), "--store", str(store), "--json"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=store.parent,
        env=environment(**env),
    )


def ended(process: subprocess.Popen[str], timeout_s: float = 60) -> Done:
    out, err = process.communicate(timeout=timeout_s)
    return Done(process.returncode, out, err)


@contextmanager
def stand_in(*words: str) -> Iterator[str]:
    """The base URL of `intermt simulate` in a process of its own."""
    process = subprocess.Popen(
        [sys.executable, "-m", "intermt", "simulate", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env=environment(),
    )
    with process:
        try:
            assert process.stdout
            yield process.stdout.readline().strip()
        finally:
            process.send_signal(signal.SIGKILL)


def stats(base_url: str) -> dict[str, Any]:
    """What a stand-in has counted."""
    url = base_url.removesuffix("/v1") + "/stats"
    with urllib.request.urlopen(url) as reply:
        counts: dict[str, Any] = json.load(reply)
    return counts


def server(url: str, kind: str = "chat") -> Any:
    return Config().server(url, kind)  # type: ignore[arg-type]


def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let commands of this process wait for a URL that is down for half a second only."""
    pacing = Pacing(backoff_s=0.01, cool_down_s=0.01, cool_down_cap_s=0.05, give_up_s=0.5)
    monkeypatch.setattr(calling, "Client", partial(Client, pacing=pacing))


# --- stores as rows ----------------------------------------------------------------------

_PER_RUN = {
    "run_id",
    "finished_at",
    "latency_ms",
    "attempts",
    "url",
    "server",
    "created",
    "http_status",
}
"""Columns that differ between two runs that did the same."""


def rows(store: Store, *tables: str, per_run: bool = False) -> dict[str, list[Any]]:
    """Every row of these tables (all but `run`), in order; without what differs per run."""
    found: dict[str, list[Any]] = {}
    with store.reading() as db:
        for table in tables or TABLES[:-1]:
            db.execute(f"SELECT * FROM {table} ORDER BY ALL")
            names = [column[0] for column in db.description]
            kept = [i for i, name in enumerate(names) if per_run or name not in _PER_RUN]
            found[table] = sorted((tuple(row[i] for i in kept) for row in db.fetchall()), key=repr)
    return found


def counted(store: Store, sql: str) -> Any:
    """The first value of a query."""
    with store.reading() as db:
        row = db.execute(sql).fetchone()
    assert row
    return row[0]


def files(folder: Path) -> dict[str, str]:
    """The files under a folder with their hashes; the queue and the lock left out."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.parent.name != "queue"
    }


# --- inputs ------------------------------------------------------------------------------


def written(path: Path, value: Any) -> Path:
    """A JSON file, or one of JSON lines for a `.jsonl` name."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".jsonl":
        path.write_text("".join(json.dumps(row) + "\n" for row in value))
    else:
        path.write_text(json.dumps(value))
    return path


def turn(
    number: int,
    prompt: str,
    response: str,
    *,
    images: Sequence[str] = (),
    shown: Sequence[str] = (),
    keys: tuple[str, str] | None = None,
    **scores: Any,
) -> dict[str, Any]:
    made: dict[str, Any] = {
        "round": number,
        "prompt": prompt,
        "prompt_images": list(images),
        "response": response,
        "response_images": list(shown),
        "annotation": scores,
    }
    if keys:
        made |= {"prompt_uuid": keys[0], "response_uuid": keys[1]}
    return made


def conversation(name: str, *turns: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    return {"id": name, "conversations": list(turns), "annotation": more}


def conversations(n: int, *, turns: int = 2, tag: str = "") -> list[dict[str, Any]]:
    """Conversations of two or more turns with scores and a described crucial step."""
    return [
        conversation(
            f"c{tag}{i}",
            *(
                turn(
                    k,
                    f"Question {tag}{i // 2}.{k}: why does it rain?",
                    f"Answer {tag}{i}.{k}: because warm air rises, it rains {i + 2 * k} times.",
                    text_quality=(i + k) % 4,
                    context_coherence=(i * k) % 4,
                )
                for k in range(1, turns + 1)
            ),
            helpfulness=i % 4,
            crucial_step_recognition=i % 3,
            reason_crucial_step_recognition=f"First the cause, then the count {i}.",
        )
        for i in range(n)
    ]


def seeds(n: int) -> list[dict[str, Any]]:
    return [
        {"id": f"s{i}", "text": f"How do I plan garden number {i}?", "intention": "shade"}
        for i in range(n)
    ]


def put_pictures(folder: Path, *names: str) -> None:
    for number, name in enumerate(names):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(picture(number + 1))


def taking(source: Path, **more: Any) -> SeedingConfig:
    """All seed questions of a file, however alike they are."""
    return SeedingConfig((str(source),), load_prompts(), **{"filters": (), **more})
