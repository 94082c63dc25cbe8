"""Times `generate` against stand-ins at 50 ms, and watches its memory.

    python benchmarks/generate_throughput.py [--seeds 10,20,40,80] [--latency-ms 50]
        [--in-flight 16] [--most-mib 300] [--growth 1.15]

Two answer servers, a user, draw, edit and retrieve, each a process of its own; 5 turns, 2
candidates, a beam of 8. For each number of seeds a fresh store, and a fresh process whose
memory and processor time are read from /proc; those of the stand-ins are not in them.

The ideal is the time that the latency alone would take, with a program, servers and a machine
that take none: the sum of

- the longest chain of calls that wait for each other: a branch's answers and questions one
  after another, and every round of tools within an answer, and
- for the busiest server, its calls times the latency over the calls it takes at once.

Exits 1 if a run is not finished, one takes more than --most-mib at its peak, or the largest
takes more than --growth times what the second largest takes.
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
from statistics import median
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
N_TURNS, N_CANDIDATES, BEAM = 5, 2, 8
SUBJECTS = ("a garden", "a boat", "bread", "a bridge", "a cat", "rain", "a clock", "soup")
TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")
SAMPLE_S = 0.05


@dataclass(frozen=True)
class Measured:
    """One run; memory in MiB: at its peak, and the median of its last fifth."""

    n_seeds: int
    wall_s: float
    n_calls: int
    ideal_s: float
    own_cpu_s: float
    others_cpu_s: float
    peak_mib: float
    late_mib: float
    done: bool


@contextmanager
def stand_in(latency_ms: float, seed: int) -> Iterator[tuple[str, int]]:
    """URL and process id."""
    words = ["simulate", "--latency-ms", str(latency_ms), "--seed", str(seed)]
    process = subprocess.Popen(
        [sys.executable, "-m", "intermt", *words], stdout=subprocess.PIPE, text=True
    )
    with process:
        try:
            assert process.stdout
            yield process.stdout.readline().strip(), process.pid
        finally:
            process.send_signal(signal.SIGKILL)


def mib(pid: int, what: str) -> float:
    """A line of /proc/PID/status in MiB; 0 where the process has gone."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0.0
    found = [line.split()[1] for line in status.splitlines() if line.startswith(what)]
    return int(found[0]) / 1024 if found else 0.0


def cpu_s(pid: int) -> float:
    """Processor time a process has taken; 0 where it has gone."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / TICKS_A_SECOND


def measure(folder: Path, n_seeds: int, latency_ms: float, in_flight: int) -> Measured:
    folder.mkdir(parents=True)
    with (folder / "seeds.jsonl").open("w") as file:
        for i in range(n_seeds):
            subject = SUBJECTS[i % len(SUBJECTS)]
            text = f"How do I plan {subject} for a party of {i + 2} people?"
            file.write(json.dumps({"id": f"s{i}", "text": text}) + "\n")
    words = ["generate", "seeds.jsonl", "--answer", "answer-a", "--answer", "answer-b"]
    for name in ("user", "draw", "edit", "retrieve"):
        words += [f"--{name}", name]
    words += ["--turns", str(N_TURNS), "--candidates", str(N_CANDIDATES), "--beam", str(BEAM)]
    words += ["--filter", "none", "--json", "--store", "store"]
    with ExitStack() as stack:
        table, pids = "", []
        for number, (name, kind) in enumerate(KINDS.items()):
            url, pid = stack.enter_context(stand_in(latency_ms, number))
            pids.append(pid)
            table += (
                f"[servers.{name}]\nkind = '{kind}'\nurl = '{url}'\nmodel = '{name}'\n"
                f"max_in_flight = {in_flight}\n"
            )
        (folder / "intermt.toml").write_text(table)
        before = sum(map(cpu_s, pids))
        begun = time.monotonic()
        process = subprocess.Popen(
            [sys.executable, "-m", "intermt", *words],
            cwd=folder,
            stdout=subprocess.PIPE,
            text=True,
            env=os.environ | {"INTERMT_CONFIG": "intermt.toml"},
        )
        peak, own, resident = 0.0, 0.0, [0.0]
        while process.poll() is None:
            peak = max(peak, mib(process.pid, "VmHWM"))
            own = max(own, cpu_s(process.pid))
            resident.append(mib(process.pid, "VmRSS"))
            time.sleep(SAMPLE_S)
        wall_s = time.monotonic() - begun
        others = sum(map(cpu_s, pids)) - before
        assert process.stdout
        answer: dict[str, Any] = json.loads(process.stdout.read())
    states = answer["data"]["calls"]["states"]
    ideal = ideal_s(Store(folder / "store"), latency_ms / 1000, in_flight)
    late = median(resident[-max(1, len(resident) // 5) :])
    done = answer["exit_code"] == 0
    return Measured(
        n_seeds, wall_s, sum(states.values()), ideal, own, others, peak, late, done
    )  # fmt: skip


def ideal_s(store: Store, latency_s: float, in_flight: int) -> float:
    with store.reading() as db:
        busiest = db.execute(
            "SELECT max(n) FROM (SELECT count(*) AS n FROM request GROUP BY server)"
        ).fetchone()
        # A tag takes one call more, a tool that is called two: its own and the answer after it.
        longest = db.execute(
            """
            SELECT max(n) FROM (
                SELECT sum((n.parent_id IS NOT NULL)::INT + coalesce(t.n_more, 0)) AS n
                FROM (SELECT conversation_id, unnest(path) AS node_id FROM conversation) c
                JOIN node n ON n.node_id = c.node_id
                LEFT JOIN (
                    SELECT node_id, max(1 + (reason = 'the model called it')::INT) AS n_more
                    FROM tool_use WHERE request_key IS NOT NULL GROUP BY node_id
                ) t ON t.node_id = n.node_id
                GROUP BY c.conversation_id
            )
            """
        ).fetchone()
    assert busiest
    assert longest
    return float(longest[0]) * latency_s + float(busiest[0]) * latency_s / in_flight


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", default="10,20,40,80", help="numbers of seed questions")
    parser.add_argument("--latency-ms", type=float, default=50)
    parser.add_argument("--in-flight", type=int, default=16, help="calls at once, each server")
    parser.add_argument("--most-mib", type=float, default=300)
    parser.add_argument("--growth", type=float, default=1.15)
    options = parser.parse_args()
    found: list[Measured] = []
    print("SIMULATED: stand-ins answer; nothing here says anything about a real server")
    print(
        f"{options.latency_ms:g} ms, {options.in_flight} calls at once on each of {len(KINDS)}"
        f" servers; {os.cpu_count()} cores for the program and all stand-ins"
    )
    print(
        "seeds   calls  wall s  calls/s  ideal s  share of ideal  "
        "own CPU s  ms a call  stand-ins' CPU s  peak MiB  late MiB"
    )
    with tempfile.TemporaryDirectory() as folder:
        for n_seeds in map(int, options.seeds.split(",")):
            one = measure(
                Path(folder) / str(n_seeds), n_seeds, options.latency_ms, options.in_flight
            )
            found.append(one)
            print(
                f"{one.n_seeds:5}  {one.n_calls:6,}  {one.wall_s:6.1f}  "
                f"{one.n_calls / one.wall_s:7.1f}  {one.ideal_s:7.2f}  "
                f"{one.ideal_s / one.wall_s:14.1%}  {one.own_cpu_s:9.1f}  "
                f"{1000 * one.own_cpu_s / one.n_calls:9.2f}  {one.others_cpu_s:16.1f}  "
                f"{one.peak_mib:8.0f}  {one.late_mib:8.0f}" + ("" if one.done else "  UNFINISHED"),
                flush=True,
            )
    good = all(one.done and one.peak_mib <= options.most_mib for one in found)
    grows = len(found) > 1 and found[-1].peak_mib > options.growth * found[-2].peak_mib
    return 0 if good and not grows else 1


if __name__ == "__main__":
    sys.exit(main())
