"""Shows that the memory of `annotate-import` does not grow with the number of rows.

    python benchmarks/import_rows.py [--rows 100000 1000000] [--form csv|jsonl] [--folder DIR]

For each number of rows, writes a file of invented votes between answers of a small store, and
imports it in a process of its own. Prints time, rows a second, and the largest resident memory
of that process.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from datetime import datetime, timedelta
from pathlib import Path

from intermt.records import Node, Seed, TextPart, node_id
from intermt.store.connect import Store

N_QUESTIONS = 500
N_RATERS = 40
_MEASURED = """
import resource, sys, time
from intermt.cli.main import run
began = time.perf_counter()
try:
    run()
except SystemExit as end:
    if end.code: raise
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(f"{time.perf_counter() - began:.1f} {peak:.0f}", file=sys.stderr)
"""


def answers(store: Store) -> list[tuple[str, str]]:
    """Two answers to each of some questions, written to the store."""
    pairs = []
    records: list[Seed | Node] = []
    for n in range(N_QUESTIONS):
        question = (TextPart(f"Question {n}?"),)
        root = node_id(None, "user", question)
        records += [Seed(root, "bench", str(n)), Node(root, None, root, "user", 1, question)]
        made = []
        for name in "ab":
            parts = (TextPart(f"Answer {name}."),)
            made.append(node_id(root, "assistant", parts))
            records.append(Node(made[-1], root, root, "assistant", 1, parts))
        pairs.append((made[0], made[1]))
    store.write(records)
    return pairs


def write_rows(path: Path, pairs: list[tuple[str, str]], n_rows: int) -> None:
    """Votes, each different from all others."""
    start = datetime(2026, 1, 1)
    with path.open("w") as file:
        if path.suffix == ".csv":
            file.write("rater,task,answer_a,answer_b,choice,rated_at\n")
        for n in range(n_rows):
            a, b = pairs[n % len(pairs)]
            rater, task = f"rater {n % N_RATERS}", f"task {n // 3}"
            choice, when = ("A", "B", "tie")[n % 3], (start + timedelta(seconds=n)).isoformat()
            if path.suffix == ".csv":
                file.write(f"{rater},{task},{a},{b},{choice},{when}\n")
                continue
            row = {
                "intermt_label": 1,
                "task": task,
                "level": "local",
                "rater": rater,
                "a": a,
                "b": b,
                "choices": {"overall": choice},
                "rated_at": when,
                "seconds": n % 60,
                "state": "submitted",
            }
            file.write(json.dumps(row) + "\n")


def measure(folder: Path, form: str, n_rows: int) -> None:
    """Import so many rows and print what it took."""
    store = Store(folder / f"store-{n_rows}")
    path = folder / f"rows-{n_rows}.{form}"
    write_rows(path, answers(store), n_rows)
    command = [sys.executable, "-c", _MEASURED, "annotate-import", str(path), "--quiet"]
    began = time.perf_counter()
    done = subprocess.run(
        [*command, "--store", str(store.folder)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        check=False,
    )
    wall_s = time.perf_counter() - began
    if done.returncode:
        sys.exit(done.stderr)
    peak_mib = done.stderr.split()[-1]
    print(f"{n_rows:>9,} rows  {wall_s:7.1f} s  {n_rows / wall_s:7,.0f} rows/s  {peak_mib:>6} MiB")


def main() -> None:
    """Measure each number of rows."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, nargs="+", default=[100_000, 1_000_000])
    parser.add_argument("--form", choices=("csv", "jsonl"), default="jsonl")
    parser.add_argument("--folder", type=Path)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="intermt-import-") as temporary:
        folder = arguments.folder or Path(temporary)
        for n_rows in arguments.rows:
            measure(folder, arguments.form, n_rows)


if __name__ == "__main__":
    main()
