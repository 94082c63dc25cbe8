"""Invented worlds for the topics of `stats`: trees, scores, votes, verdicts, calls."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from intermt.dimensions import OVERALL, dimensions_of
from intermt.records import (
    SCENARIOS,
    Call,
    Conversation,
    PreferenceVote,
    Rater,
    Reply,
    Score,
    Seed,
)
from intermt.store.rows import Answered
from tests.store.samples import node, verdict

LONG = "a-server-or-model-with-$x^2$-in-a-name-that-goes-on-and-on-60"
LANGUAGES = (
    *("zh", "en", "de", "fr", "it", "es", "pt", "ru", "ja", "ko"),
    *("ar", "hi", "tr", "nl", "sv", "pl", "cs", "fi", "da", "el"),
)


def like_most(dice: random.Random) -> int:
    return dice.choice((0, 1, 2, 2, 3, 3))


@dataclass(frozen=True)
class World:
    """What a store is to hold."""

    people: Sequence[str] = ("a", "b")
    verifiers: Sequence[str] = ("v",)
    judges: Sequence[str] = ("j",)
    kind: Any = "human"
    models: Sequence[str] = ("m",)
    languages: Sequence[str] = ("en",)
    servers: Sequence[str] = ()
    n_trees: int = 12
    n_days: int = 1
    score: Callable[[random.Random], int] = like_most
    chooses_first: float = 0.5
    simulated: bool = False

    def records(self) -> list[Any]:
        dice = random.Random(3)
        people = [Rater(n, n, "annotator", self.kind, "set") for n in self.people]
        people += [Rater(n, n, "verifier", self.kind, "set") for n in self.verifiers]
        judges = [
            Rater(n, n, "judge", "model", model=self.models[0], simulated=self.simulated)
            for n in self.judges
        ]
        found: list[Any] = [*people, *judges]
        for i in range(self.n_trees):
            found += self._tree(i, dice, people)
        return [*found, *self._calls(dice)]

    def _tree(self, i: int, dice: random.Random, people: Sequence[Rater]) -> list[Any]:
        root = node(None, "user", f"question {i}")
        found: list[Any] = [
            Seed(
                root.node_id,
                "set",
                f"s{i}",
                source=dice.choice(("a source with a name that nobody reads to its end", "web")),
                licence="cc-by-4.0",
                task=dice.choice(("chart analysis", LONG)),
                scenario=dice.choice(SCENARIOS),
                language=self.languages[i % len(self.languages)],
            ),
            root,
        ]
        path, prompt = [root.node_id], root
        for turn in range(dice.choice((1, 2, 3, 5))):
            if turn:
                prompt = node(prompt, "user", f"and {turn}?")
                found.append(prompt)
                path.append(prompt.node_id)
            one, other = (
                node(
                    prompt, "assistant", c * dice.randrange(5, 400), model=dice.choice(self.models)
                )
                for c in "xy"
            )
            found += [one, other]
            path.append(one.node_id)
            found += self._labels(dice, people, root.node_id, one.node_id, other.node_id)
            prompt = one
        conversation = Conversation(
            f"c{i}", "set", f"s{i}", root.node_id, tuple(path), len(path) // 2
        )
        found.append(conversation)
        for dimension in dimensions_of("global"):
            for rater in people:
                nothing = dimension.lowest < 0 and dice.random() < 0.2
                value = -1 if nothing else self.score(dice)
                found.append(self._score(rater, "conversation", f"c{i}", dimension.key, value))
        return found

    def _labels(
        self, dice: random.Random, people: Sequence[Rater], root: str, one: str, other: str
    ) -> list[Any]:
        found: list[Any] = []
        a, b = sorted((one, other))
        for dimension in dimensions_of("local"):
            for rater in people:
                found.append(self._score(rater, "node", one, dimension.key, self.score(dice)))
            for judge in self.judges:
                found.append(
                    verdict(
                        f"w{judge}{one}{dimension.id}",
                        judge_id=judge,
                        a_id=one,
                        dimension=dimension.key,
                        value=dice.choice((2, 3, 3)),
                        simulated=self.simulated,
                    )
                )
        for name in (OVERALL, *(d.key for d in dimensions_of("local"))):
            for rater in people:
                first = dice.choice("ab")
                second = "b" if first == "a" else "a"
                choice = first if dice.random() < self.chooses_first else second
                key = f"{rater.rater_id}{a}{name}"
                found.append(
                    PreferenceVote(
                        key, rater.rater_id, "local", "prefix", root, a, b, name, choice, "set",
                        "t", first,
                    )
                )  # fmt: skip
        return found

    def _score(self, rater: Rater, target: Any, name: str, dimension: str, value: int) -> Score:
        key = f"{rater.rater_id}{name}{dimension}"
        return Score(key, rater.rater_id, target, name, dimension, value, "set", "t")

    def _calls(self, dice: random.Random) -> list[Any]:
        found = []
        for k in range(200 if self.servers else 0):
            state = dice.choice((*["ok"] * 9, "exhausted"))
            ended = datetime(2026, 11, 1, 12) + timedelta(days=k % self.n_days)
            found.append(
                Answered(
                    Call(f"k{k}", "chat", dice.choice(self.servers), self.models[0], "/c", {}),
                    Reply(
                        f"k{k}", state, attempts=2, latency_ms=dice.expovariate(0.001),
                        tokens_in=dice.randrange(2000), tokens_out=dice.randrange(300),
                        finished_at=ended, simulated=self.simulated,
                    ),
                )
            )  # fmt: skip
        return found


def names(n: int) -> tuple[str, ...]:
    """Different names of 60 characters that begin alike."""
    return tuple(f"{LONG[:57]}-{i:02d}" for i in range(n))


WORLDS = {
    "usual": World(servers=("gpu",), n_days=5),
    "one annotator": World(people=("only",), verifiers=(), judges=()),
    "all the same": World(score=lambda _: 3),
    "one tree": World(n_trees=1, servers=("gpu",)),
    "long names": World(
        people=names(3), judges=names(6), models=names(9), languages=LANGUAGES, servers=names(25),
        n_trees=40, n_days=90,
    ),
    "wide names": World(
        people=("W" * 40, "张三", "李四", "สมชาย"), judges=tuple("M" * 60 + c for c in "abcdefgh"),
        models=("中文模型" * 9,), languages=("中文", "日本語", "한국어"), n_days=3,
        servers=("W" * 50, "服务器"),
    ),
    "invented": World(kind="synthetic", simulated=True, servers=("builtin",), languages=("中文",)),
}  # fmt: skip
