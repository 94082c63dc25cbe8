"""Times `judge` against a stand-in at 50 ms: 1,000 local scores, with and without pictures.

    python benchmarks/judge_throughput.py [--scores 1000] [--pictures 0,5] [--picture-kib 60]
        [--latency-ms 50] [--in-flight 20] [--repeat 3] [--most-mib 300] [--most-s 3.5,6]
        [--profile FILE]

A store is made with as many conversations of one turn as there are scores; each has its own
pictures, so that none is encoded twice. The stand-in and the judge are processes of their own;
the judge's time is on the wall and includes the start of the program, its memory is its peak.
Modules are compiled beforehand, as those of an installed program are.
Ideal is the time that the latency alone would take: scores times latency over calls at once.

Every run has its own copy of the store. Exits 1 if a run is not finished or takes more than
--most-mib at its peak, or if the median of the times is above --most-s seconds (one for each number
of pictures).
"""

from __future__ import annotations

import argparse
import io
import json
import os
import random
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image

MOST_PIXELS_A_SIDE = 1000


@dataclass(frozen=True)
class Measured:
    """One run of the judge."""

    wall_s: float
    user_s: float
    system_s: float
    peak_mib: float
    server_cpu_s: float
    n_calls: int
    n_ok: int
    done: bool


def compiled(folder: Path) -> dict[str, str]:
    """An environment in which the program's modules are compiled."""
    environment = {**os.environ, "PYTHONPYCACHEPREFIX": str(folder)}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    modules = "cli.main, cli.judge, cli.judge_text, cli.opening, commands.judge, simulator.server"
    code = f"import {', '.join(f'intermt.{name}' for name in modules.split(', '))}"
    subprocess.run([sys.executable, "-c", code], check=True, env=environment)
    return environment


@contextmanager
def stand_in(latency_ms: float) -> Iterator[tuple[str, int]]:
    """URL and process id."""
    words = ["simulate", "--latency-ms", str(latency_ms)]
    process = subprocess.Popen(
        [sys.executable, "-m", "intermt", *words], stdout=subprocess.PIPE, text=True
    )
    with process:
        try:
            assert process.stdout
            yield process.stdout.readline().strip(), process.pid
        finally:
            process.send_signal(signal.SIGKILL)


def cpu_s(pid: int) -> float:
    """Processor time a process has taken."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def picture(number: int, kib: int) -> bytes:
    """A JPEG of about `kib` KiB like no other; noise, as it does not get smaller."""
    rng = random.Random(number)
    side = min(MOST_PIXELS_A_SIDE, round((kib * 1024 / 0.72) ** 0.5))
    noise = Image.frombytes("L", (side, side), rng.randbytes(side * side))
    out = io.BytesIO()
    noise.save(out, "JPEG", quality=80)
    return out.getvalue()


def filled_store(folder: Path, n_scores: int, n_pictures: int, kib: int) -> Path:
    """A store of conversations with one turn and so many pictures each."""
    source = folder / "source"
    source.mkdir(parents=True)
    if n_pictures:
        # Fifty different ones, made different again by a comment: noise takes long to make.
        for number in range(n_scores * n_pictures):
            base = source / f"base{number % 50}.jpg"
            if not base.exists():
                base.write_bytes(picture(number, kib))
            content = base.read_bytes()
            note = f"{number:08}".encode()
            comment = b"\xff\xfe" + (len(note) + 2).to_bytes(2, "big") + note
            (source / f"{number}.jpg").write_bytes(content[:2] + comment + content[2:])
    rows = []
    for i in range(n_scores):
        names = [f"{i * n_pictures + k}.jpg" for k in range(n_pictures)]
        said = "It rains because warm air rises and cools. " * 5
        turn = {
            "round": 1,
            "prompt": f"Question {i}: why does it rain on day {i}?",
            "prompt_images": names[: n_pictures // 2],
            "response": f"Answer {i}. {said}" + "<Image, rain>" * (n_pictures - n_pictures // 2),
            "response_images": names[n_pictures // 2 :],
            "annotation": {"text_quality": i % 4},
        }
        rows.append({"id": f"c{i}", "conversations": [turn], "annotation": {}})
    (source / "c.json").write_text(json.dumps(rows))
    words = ["annotate-import", "c.json", "--store", str(folder / "store"), "--quiet"]
    subprocess.run([sys.executable, "-m", "intermt", *words], cwd=source, check=True)
    return folder / "store"


def measure(store: Path, latency_ms: float, in_flight: int, profile: str | None) -> Measured:
    folder = store.parent
    environment = compiled(folder / "compiled")
    with stand_in(latency_ms) as (url, pid):
        (folder / "intermt.toml").write_text(
            f"[servers.stand-in]\nkind = 'chat'\nurl = '{url}'\nmax_in_flight = {in_flight}\n"
        )
        how = ["-m", "cProfile", "-o", profile, "-m"] if profile else ["-m"]
        words = ["judge", "--task", "score", "--server", "stand-in", "--json"]
        server_before = cpu_s(pid)
        begun = time.monotonic()
        process = subprocess.Popen(
            [sys.executable, *how, "intermt", *words, "--store", str(store)],
            cwd=folder,
            env=environment,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert process.stdout
        said = process.stdout.read()
        _, _, usage = os.wait4(process.pid, 0)
        wall_s = time.monotonic() - begun
        answer: dict[str, Any] = json.loads(said)
        return Measured(
            wall_s,
            usage.ru_utime,
            usage.ru_stime,
            usage.ru_maxrss / 1024,
            cpu_s(pid) - server_before,
            sum(answer["data"]["calls"]["states"].values()),
            answer["data"]["verdicts"]["ok"],
            answer["exit_code"] == 0,
        )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--scores", type=int, default=1000)
    parser.add_argument("--pictures", default="0,5", help="numbers of pictures a score")
    parser.add_argument("--picture-kib", type=int, default=60)
    parser.add_argument("--latency-ms", type=float, default=50)
    parser.add_argument("--in-flight", type=int, default=20)
    parser.add_argument("--repeat", type=int, default=3, help="runs for each number of pictures")
    parser.add_argument("--most-mib", type=float, default=300)
    parser.add_argument("--most-s", default="3.5,6", help="longest times, by number of pictures")
    parser.add_argument("--profile", help="write the judge's cProfile there")
    options = parser.parse_args()
    ideal_s = options.scores * options.latency_ms / 1000 / options.in_flight
    print("SIMULATED: a stand-in answers; nothing here says anything about a real server")
    print(
        f"{options.scores:,} local scores, {options.latency_ms:g} ms, {options.in_flight} calls at"
        f" once, pictures of {options.picture_kib} KiB; {os.cpu_count()} cores for judge and"
        f" stand-in, load {os.getloadavg()[0]:.1f}"
    )
    print(
        "pictures  wall s  ideal s  judge's CPU s (user + system)  stand-in's CPU s  peak MiB"
        "  scores stated"
    )
    good = True
    counts = [int(n) for n in options.pictures.split(",")]
    for n_pictures, most_s in zip(counts, map(float, options.most_s.split(",")), strict=False):
        times = []
        with tempfile.TemporaryDirectory() as name:
            filled = filled_store(
                Path(name) / "work", options.scores, n_pictures, options.picture_kib
            )
            for number in range(options.repeat):
                store = Path(name) / f"run{number}" / "store"
                shutil.copytree(filled, store)
                # What was written so far is not to hold up the judge's own writing.
                os.sync()
                one = measure(store, options.latency_ms, options.in_flight, options.profile)
                shutil.rmtree(store)
                print(
                    f"{n_pictures:8}  {one.wall_s:6.2f}  {ideal_s:7.2f}  "
                    f"{one.user_s:14.2f} + {one.system_s:<13.2f}  {one.server_cpu_s:16.2f}  "
                    f"{one.peak_mib:8.0f}  {one.n_ok:13,}" + ("" if one.done else "  UNFINISHED"),
                    flush=True,
                )
                times.append(one.wall_s)
                good &= one.done and one.peak_mib <= options.most_mib
        median_s = statistics.median(times)
        print(f"median {median_s:.2f} s (at most {most_s:g})")
        good &= median_s <= most_s
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
