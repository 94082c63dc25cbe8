"""Stores with a planted scaling law: what people want is a little more at every turn.

An answer has aspects, each there or not; a phrase stands for each that is there. At turn t the
first t aspects count, later ones not yet, so a judge that learnt from the first k turns knows k
of them. Votes follow a logistic law of the aspects (annotator noise); with `signal` 0 they are
coin tosses.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from intermt.records import (
    Conversation,
    Node,
    PreferenceVote,
    Rater,
    Seed,
    TextPart,
    content_id,
    node_id,
    rater_id,
)
from intermt.store.connect import Store
from intermt.store.rows import Record

PHRASES = (
    "Here are the numbered steps to follow, one after the other.",
    "Warning: the blade is sharp, so wear thick gloves.",
    "The price is about twenty euros in most shops.",
    "According to the museum's catalogue, it was painted in 1889.",
    "I am sorry that this happened to you, it must be upsetting.",
    "For example, a cat that purrs is not always happy.",
    "In summary, choose the second option and water it on Mondays.",
    "The formula is the square of the speed divided by the distance.",
)
FILLERS = (
    "The weather stays mild this week.",
    "Many people ask about that.",
    "There is a train every hour.",
    "Colours look different at night.",
    "The garden is behind the house.",
    "Some prefer tea in the morning.",
)


@dataclass(frozen=True)
class Planted:
    """What to put in a store.

    Attributes:
        n_trees: Seed questions.
        n_turns: Turns of every tree; each has one pair of answers, and goes on below the first.
        signal: Log odds that one more aspect gives; 0 for coin tosses.
        grows: Whether aspects come in turn by turn; else all count from the first turn on.
        n_raters: Votes on a pair.
        with_chains: Whether the two whole conversations of a tree are voted on too.
    """

    n_trees: int = 60
    n_turns: int = 5
    signal: float = 3.0
    grows: bool = True
    n_raters: int = 1
    with_chains: bool = False
    seed: int = 0


def planted(what: Planted) -> Iterator[Record]:
    """The records of such a store."""
    dice = random.Random(what.seed)
    raters = [
        Rater(rater_id(f"r{i}", "annotator", "human", "law"), f"r{i}", "annotator", "human", "law")
        for i in range(what.n_raters)
    ]
    yield from raters
    for tree in range(what.n_trees):
        yield from _tree(what, tree, raters, dice)


def fill(store: Store, what: Planted) -> None:
    store.write(list(planted(what)))


def worth(aspects: list[int], turn: int, what: Planted) -> float:
    """What people see in an answer of a turn."""
    counted = aspects[:turn] if what.grows else aspects[: what.n_turns]
    return what.signal * (sum(counted) - len(counted) / 2) / len(counted) ** 0.5


def _tree(what: Planted, tree: int, raters: list[Rater], dice: random.Random) -> Iterator[Record]:
    # A question of its own, in words that no other question nearly repeats.
    words = random.Random(f"{what.seed} {tree}").sample(range(10_000), 12)
    question = _node(None, None, "user", 1, f"About {' '.join(f'w{w}' for w in words)}?")
    yield Seed(question.node_id, "law", f"{tree}")
    yield question
    paths: list[list[Node]] = [[question], [question]]
    totals = [0.0, 0.0]
    for turn in range(1, what.n_turns + 1):
        last = paths[0][-1]
        pair = []
        for side in range(2):
            aspects = [dice.randrange(2) for _ in PHRASES]
            text = " ".join(
                [p for p, there in zip(PHRASES, aspects, strict=True) if there]
                + dice.sample(FILLERS, 2)
            )
            answer = _node(last, question.node_id, "assistant", turn, f"{text} ({turn}.{side})")
            pair.append((answer, worth(aspects, turn, what)))
            totals[side] += pair[-1][1]
        (a, u), (b, v) = pair
        yield a
        yield b
        yield from _votes(raters, "local", question.node_id, (a.node_id, b.node_id), u - v, dice)
        paths = [[*paths[0], a], [*paths[0], b]]
        if turn < what.n_turns:
            following = _node(a, question.node_id, "user", turn + 1, f"And then, {turn}?")
            yield following
            paths = [[*paths[0], following], paths[1]]
    ends = []
    for side, path in enumerate(paths):
        ids = tuple(node.node_id for node in path)
        name = f"{tree}-{side}"
        made = Conversation(
            content_id("conversation", "law", name, ids), "law", name, question.node_id, ids,
            len(ids) // 2,
        )  # fmt: skip
        ends.append(made.conversation_id)
        yield made
    if what.with_chains:
        # Both share all but the last turn: only that one tells them apart.
        yield from _votes(raters, "global", question.node_id, tuple(ends), u - v, dice)


def _votes(
    raters: list[Rater],
    level: Any,
    seed_id: str,
    sides: tuple[str, ...],
    lead: float,
    dice: random.Random,
) -> Iterator[Record]:
    a, b = sides
    for rater in raters:
        wins_a = dice.random() < 1 / (1 + 2.718281828 ** (-lead))
        first, second = sorted((a, b))
        choice: Any = "a" if wins_a == (first == a) else "b"
        yield PreferenceVote(
            content_id("vote", rater.name, a, b), rater.rater_id, level,
            "prefix" if level == "local" else "chain", seed_id, first, second, "overall", choice,
            "law", f"{first}-{second}",
        )  # fmt: skip


def _node(parent: Node | None, seed_id: str | None, role: Any, turn: int, text: str) -> Node:
    parts = (TextPart(text),)
    key = node_id(None if parent is None else parent.node_id, role, parts)
    return Node(key, None if parent is None else parent.node_id, seed_id or key, role, turn, parts)


async def by_phrases(body: dict[str, Any]) -> web.Response:
    """An embedding model that sees which phrases an answer has, and some noise."""
    return web.json_response(
        {
            "object": "list",
            "model": body["model"],
            "data": [
                {"object": "embedding", "index": i, "embedding": vector(text)}
                for i, text in enumerate(body["input"])
            ],
        }
    )


def vector(text: str) -> list[float]:
    """The phrases in the answer of a text, 1 or 0 each, and four numbers that say nothing."""
    said = text.partition("\n\nQuestion:")[0]
    dice = random.Random(text)
    return [float(p in said) for p in PHRASES] + [dice.gauss(0, 1) for _ in range(4)]
