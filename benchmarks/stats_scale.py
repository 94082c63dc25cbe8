"""Times the topics of `stats` on a store of the published size.

    python benchmarks/stats_scale.py [--folder DIR] [--scale 1.0] [--labels 450000] [--budget-s 3]

Writes random trees, conversations, pictures and votes through `Store.write` (52,600
conversations, about 240,000 turns and 280,000 picture uses at scale 1; half the labels are
votes, half scores of whole conversations, whose turns are scored too; verdicts and the calls
behind them), then runs each topic three times in this process and prints the median, by the
clock and of processor time. Exits 1 where the clock is above the budget. A folder that holds the
store already is used again.
"""

from __future__ import annotations

import argparse
import os
import random
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

from intermt.commands.stats import TOPICS, StatsConfig, run
from intermt.dimensions import OVERALL, dimensions_of
from intermt.records import (
    Call,
    Conversation,
    ImagePart,
    Node,
    PictureUse,
    PreferenceVote,
    Rater,
    Reply,
    Score,
    Seed,
    TextPart,
    Verdict,
)
from intermt.store.connect import Store
from intermt.store.rows import Answered, Record

N_CONVERSATIONS = 52_600
N_SEEDS = 15_604
BATCH = 50_000
N_RUNS = 3
DATASET = "random"
CHOICES = ("a", "a", "b", "tie")
SCORES = (0, 1, 2, 2, 3, 3, 3)
START = datetime(2026, 11, 1)


def identifier(number: int) -> str:
    return f"{number:032x}"


class Forest:
    """Random records, and what was made so far."""

    def __init__(self, scale: float, n_labels: int) -> None:
        self.dice = random.Random(7)
        self.n_conversations = int(N_CONVERSATIONS * scale)
        self.n_seeds = max(1, int(N_SEEDS * scale))
        self.n_votes = int(n_labels / 2 * scale)
        self.n_ids = 0
        self.pairs: list[tuple[str, str, str]] = []
        self.conversations: list[tuple[str, list[str]]] = []

    def new_id(self) -> str:
        # Scattered like hashes, or sorted ids would flatter the joins.
        self.n_ids += 1
        return identifier(self.n_ids * 0x9E3779B97F4A7C15F39CC0605CEDC835 % 2**128)

    def records(self) -> Iterator[Record]:
        left = self.n_conversations
        for i in range(self.n_seeds):
            here = round(left / (self.n_seeds - i))
            left -= here
            yield from self.tree(i, here)
        yield from self.labels()

    def tree(self, number: int, n_conversations: int) -> Iterator[Record]:
        seed_id = self.new_id()
        yield Seed(seed_id, DATASET, f"s{number}", task=f"task {number % 15}", language="en")
        root = Node(seed_id, None, seed_id, "user", 1, (TextPart("a question"), self.picture()))
        yield root
        first_answers: list[str] = []
        for i in range(n_conversations):
            n_turns = self.dice.choices((2, 3, 4, 5, 6, 7), (6, 15, 37, 20, 15, 7))[0]
            path, parent = [root], root
            for turn in range(1, n_turns + 1):
                if turn > 1:
                    parent = Node(
                        self.new_id(), parent.node_id, seed_id, "user", turn, (TextPart("q"),)
                    )
                    path.append(parent)
                parts = (TextPart("an answer"), *([self.picture()] * (self.dice.random() < 0.94)))
                n_tags = int(self.dice.random() < 0.9)
                answer = Node(
                    self.new_id(), parent.node_id, seed_id, "assistant", turn, parts, n_tags
                )
                path.append(answer)
                parent = answer
            yield from path[1:]
            conversation_id = self.new_id()
            self.conversations.append((conversation_id, [node.node_id for node in path[1::2]]))
            first_answers.append(path[1].node_id)
            yield Conversation(
                conversation_id,
                DATASET,
                f"{number}-{i}",
                seed_id,
                tuple(node.node_id for node in path),
                n_turns,
            )
            for node in path:
                for position, part in enumerate(node.parts):
                    if isinstance(part, ImagePart):
                        yield PictureUse(
                            conversation_id, node.node_id, position, part.name, None, part.missing
                        )

        for a, b in pairwise(first_answers):
            self.pairs.append((seed_id, min(a, b), max(a, b)))

    def picture(self) -> ImagePart:
        name = self.new_id()
        return ImagePart(name=name, missing="not found", key=name)

    def labels(self) -> Iterator[Record]:
        people = [
            Rater(identifier(i), f"r{i}", "annotator", "synthetic", DATASET) for i in range(30)
        ]
        verifier = Rater(identifier(99), "v", "verifier", "synthetic", DATASET)
        judge = Rater(identifier(100), "judge", "judge", "model", simulated=True)
        yield from (*people, verifier, judge)
        dimensions = [OVERALL, *(d.key for d in dimensions_of("local"))]
        n_pairs = self.n_votes // (4 * len(dimensions))
        for seed_id, a, b in self.dice.sample(self.pairs, min(n_pairs, len(self.pairs))):
            raters = [*self.dice.sample(people, 3), verifier]
            for dimension in dimensions:
                truth = self.dice.choice(CHOICES)
                for rater in raters:
                    choice = self.said(truth, CHOICES)
                    yield PreferenceVote(
                        self.new_id(), rater.rater_id, "local", "prefix", seed_id, a, b, dimension,
                        choice, DATASET, "t", self.dice.choice("ab"),
                    )  # fmt: skip
                yield from self.judged(
                    judge, "pair", "local", a, b, dimension, self.dice.choice("ab")
                )
        chosen = self.dice.sample(self.conversations, min(n_pairs, len(self.conversations)))
        for conversation_id, answers in chosen:
            for dimension in dimensions_of("global"):
                truth = self.dice.choice(SCORES)
                for rater in [*self.dice.sample(people, 3), verifier]:
                    yield self.score(rater, "conversation", conversation_id, dimension.key, truth)
                yield from self.judged(
                    judge, "score", "global", conversation_id, None, dimension.key, 3
                )
            for dimension in dimensions_of("local"):
                for answer in answers:
                    rater = self.dice.choice(people)
                    yield self.score(rater, "node", answer, dimension.key, self.dice.choice(SCORES))

    def said(self, truth: Any, others: tuple[Any, ...]) -> Any:
        """The truth in two cases of three, else anything: people are no dice."""
        return truth if self.dice.random() < 2 / 3 else self.dice.choice(others)

    def score(self, rater: Rater, target: str, target_id: str, dimension: str, truth: int) -> Score:
        value = self.said(truth, SCORES)
        return Score(
            self.new_id(), rater.rater_id, target, target_id, dimension, value, DATASET, "t"
        )

    def judged(
        self,
        judge: Rater,
        task: str,
        level: str,
        a: str,
        b: str | None,
        dimension: str,
        said: str | int,
    ) -> Iterator[Record]:
        key = self.new_id()
        yield Verdict(
            self.new_id(), judge.rater_id, task, level, a, b, dimension, "a" if b else "", 0, "ok",
            None if b else said, said if b else None, None, key, simulated=True,
        )  # fmt: skip
        server = f"server {self.dice.randrange(8)}"
        failed = self.dice.random() < 0.03
        yield Answered(
            Call(key, "chat", server, "m", "/chat/completions", {}),
            Reply(
                key, "exhausted" if failed else "ok", http_status=503 if failed else 200,
                attempts=3 if failed else 1, latency_ms=self.dice.expovariate(0.001),
                tokens_in=900, tokens_out=40, simulated=True,
                finished_at=START + timedelta(seconds=self.dice.randrange(20 * 86400)),
            ),
        )  # fmt: skip


def fill(store: Store, scale: float, n_labels: int) -> None:
    started = time.perf_counter()
    batch: list[Record] = []
    for record in Forest(scale, n_labels).records():
        batch.append(record)
        if len(batch) >= BATCH:
            store.write(batch)
            batch = []
    store.write(batch)
    print(f"wrote the store in {time.perf_counter() - started:.0f} s")


def measure(store: Store, config: StatsConfig) -> tuple[float, float]:
    """Median seconds by the clock and of processor time, of `N_RUNS` runs."""
    clock, processor = [], []
    for _ in range(N_RUNS):
        started = time.perf_counter(), time.process_time()
        run(store, config)
        clock.append(time.perf_counter() - started[0])
        processor.append(time.process_time() - started[1])
    return statistics.median(clock), statistics.median(processor)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--scale", type=float, default=1.0)
    parser.add_argument("--labels", type=int, default=450_000)
    parser.add_argument("--budget-s", type=float, default=3.0)
    options = parser.parse_args()
    # As the command has it.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    with tempfile.TemporaryDirectory() as temporary:
        store = Store(options.folder or Path(temporary) / "store")
        if not store.exists():
            fill(store, options.scale, options.labels)
        card = run(store, StatsConfig("card")).document
        counted = (
            "n_conversations",
            "n_turns",
            "n_nodes",
            "n_pictures_named",
            "n_votes",
            "n_scores",
        )
        print(
            ", ".join(f"{name} {card[name]:,}" for name in (*counted, "n_verdicts", "n_requests"))
        )
        slowest = 0.0
        for topic in TOPICS:
            for dataset in (None, DATASET):
                took, worked = measure(store, StatsConfig(topic=topic, dataset=dataset))
                slowest = max(slowest, took)
                scope = f"--dataset {dataset}" if dataset else "whole store"
                print(
                    f"stats {topic}, {scope}: median {took:.2f} s by the clock,"
                    f" {worked:.2f} s of processor time (n = {N_RUNS})"
                )
        # In KiB, but in bytes on macOS.
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        print(f"peak memory {peak / 2 ** (20 if sys.platform == 'darwin' else 10):.0f} MiB")
    return int(slowest > options.budget_s)


if __name__ == "__main__":
    sys.exit(main())
