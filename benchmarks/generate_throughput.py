"""Times `generate` against stand-ins at 50 ms, and watches its memory.

    python benchmarks/generate_throughput.py [--seeds 10,20,40] [--latency-ms 50] [--in-flight 64]

Two answer servers, a user, draw, edit and retrieve, each a process of its own; 5 turns, 2
candidates, a beam of 8. For each number of seeds a fresh store, and a process of its own
whose peak RSS is read from /proc.

The ideal is the time that the latency alone would take: the longer of

- the longest chain of calls that wait for each other (a branch's answers and questions one
  after another, and a tool call within every answer that has a picture), and
- for the busiest server, its calls times the latency over the calls it takes at once.

Exits 1 if the largest run is not finished, uses more than --most-mib, or its peak is more
than --growth times that of the smallest.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from intermt.store.connect import Store

KINDS = {
    "answer-a": "chat",
    "answer-b": "chat",
    "user": "chat",
    "draw": "draw",
    "edit": "edit",
    "retrieve": "retrieve",
}
N_TURNS = 5
SUBJECTS = ("a garden", "a boat", "bread", "a bridge", "a cat", "rain", "a clock", "soup")


@dataclass(frozen=True)
class Measured:
    n_seeds: int
    wall_s: float
    n_calls: int
    ideal_s: float
    peak_mib: float
    done: bool


@contextmanager
def stand_in(latency_ms: float, seed: int) -> Iterator[str]:
    words = ["simulate", "--latency-ms", str(latency_ms), "--seed", str(seed)]
    process = subprocess.Popen(
        [sys.executable, "-m", "intermt", *words], stdout=subprocess.PIPE, text=True
    )
    with process:
        try:
            assert process.stdout
            yield process.stdout.readline().strip()
        finally:
            process.send_signal(signal.SIGKILL)


def peak_mib(pid: int) -> float:
    """The highest RSS a process has had; 0 where it has gone."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0.0
    peak = [line.split()[1] for line in status.splitlines() if line.startswith("VmHWM")]
    return int(peak[0]) / 1024 if peak else 0.0


def measure(folder: Path, n_seeds: int, latency_ms: float, in_flight: int) -> Measured:
    folder.mkdir(parents=True)
    with (folder / "seeds.jsonl").open("w") as file:
        for i in range(n_seeds):
            subject = SUBJECTS[i % len(SUBJECTS)]
            text = f"How do I plan {subject} for a party of {i + 2} people?"
            file.write(json.dumps({"id": f"s{i}", "text": text}) + "\n")
    with ExitStack() as stack:
        table = ""
        for number, (name, kind) in enumerate(KINDS.items()):
            url = stack.enter_context(stand_in(latency_ms, number))
            table += (
                f"[servers.{name}]\nkind = '{kind}'\nurl = '{url}'\nmodel = '{name}'\n"
                f"max_in_flight = {in_flight}\n"
            )
        (folder / "intermt.toml").write_text(table)
        words = ["generate", "seeds.jsonl", "--answer", "answer-a", "--answer", "answer-b"]
        for name in ("user", "draw", "edit", "retrieve"):
            words += [f"--{name}", name]
        words += ["--turns", str(N_TURNS), "--filter", "none", "--json", "--store", "store"]
        begun = time.monotonic()
        process = subprocess.Popen(
            [sys.executable, "-m", "intermt", *words],
            cwd=folder,
            stdout=subprocess.PIPE,
            text=True,
            env=os.environ | {"INTERMT_CONFIG": "intermt.toml"},
        )
        peak = 0.0
        while process.poll() is None:
            peak = max(peak, peak_mib(process.pid))
            time.sleep(0.05)
        wall_s = time.monotonic() - begun
        assert process.stdout
        answer: dict[str, Any] = json.loads(process.stdout.read())
    calls = answer["data"]["calls"]["states"]
    return Measured(
        n_seeds,
        wall_s,
        sum(calls.values()),
        ideal_s(Store(folder / "store"), latency_ms / 1000, in_flight),
        peak,
        answer["exit_code"] == 0,
    )


def ideal_s(store: Store, latency_s: float, in_flight: int) -> float:
    with store.reading() as db:
        busiest = db.execute(
            "SELECT max(n) FROM (SELECT count(*) AS n FROM request GROUP BY server)"
        ).fetchone()
        longest = db.execute(
            """
            SELECT max(n) FROM (
                SELECT sum((n.parent_id IS NOT NULL)::INT
                           + (n.node_id IN (SELECT node_id FROM tool_use))::INT) AS n
                FROM (SELECT conversation_id, unnest(path) AS node_id FROM conversation) c
                JOIN node n ON n.node_id = c.node_id GROUP BY c.conversation_id
            )
            """
        ).fetchone()
    assert busiest
    assert longest
    return max(float(longest[0]) * latency_s, busiest[0] * latency_s / in_flight)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", default="10,20,40", help="numbers of seed questions")
    parser.add_argument("--latency-ms", type=float, default=50)
    parser.add_argument("--in-flight", type=int, default=64, help="calls at once, each server")
    parser.add_argument("--most-mib", type=float, default=300)
    parser.add_argument("--growth", type=float, default=1.25)
    options = parser.parse_args()
    found: list[Measured] = []
    print("SIMULATED: stand-ins answer; nothing here says anything about a real server")
    print("seeds   wall s    calls  calls/s  ideal s  share of ideal  peak RSS MiB")
    with tempfile.TemporaryDirectory() as folder:
        for n_seeds in map(int, options.seeds.split(",")):
            one = measure(
                Path(folder) / str(n_seeds), n_seeds, options.latency_ms, options.in_flight
            )
            found.append(one)
            print(
                f"{one.n_seeds:5}  {one.wall_s:7.1f}  {one.n_calls:7,}  "
                f"{one.n_calls / one.wall_s:7.1f}  {one.ideal_s:7.2f}  "
                f"{one.ideal_s / one.wall_s:14.1%}  {one.peak_mib:12.1f}"
                + ("" if one.done else "  UNFINISHED"),
                flush=True,
            )
    first, last = found[0], found[-1]
    good = last.done and last.peak_mib <= options.most_mib
    return 0 if good and last.peak_mib <= options.growth * first.peak_mib else 1


if __name__ == "__main__":
    sys.exit(main())
