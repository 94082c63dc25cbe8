"""Stores filled through imports, for the tests of `pair`."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from intermt.commands import annotate_import
from intermt.commands.annotate_import import ImportConfig, ImportResult
from intermt.domain.image_tags import text_of
from intermt.store import trees
from intermt.store.connect import Store
from tests.store.samples import picture

COLUMNS = ("rater", "role", "kind", "level", "dimension", "answer_a", "answer_b", "choice")
MORE = ("score_a", "score_b", "rated_at")


class Silent:
    """Progress that nobody watches."""

    def start(self, what: str, total: int | None, unit: str) -> None: ...

    def advance(self, n: int = 1) -> None: ...

    def grow(self, n: int) -> None: ...

    def note(self, text: str) -> None: ...

    def stop(self) -> None: ...


def bring_in(store: Store, *files: Path, **options: Any) -> ImportResult:
    names = tuple(str(file) for file in files)
    return annotate_import.run(store, ImportConfig(names, **options), Silent())


def talk(key: str, *turns: tuple[str, str], **more: Any) -> dict[str, Any]:
    """A conversation; a text may be followed by `|` and the names of its pictures."""
    return {
        "id": key,
        "conversations": [
            {"round": n, **_side("prompt", prompt), **_side("response", response)}
            for n, (prompt, response) in enumerate(turns, start=1)
        ],
        **more,
    }


def _side(name: str, said: str) -> dict[str, Any]:
    text, _, pictures = said.partition("|")
    return {name: text, f"{name}_images": [p for p in pictures.split("|") if p]}


LAMP = "Where should the lamp stand?|room.png"
LEFT = "Left of the door.\n<Image, the room with a lamp> Like so.|lamp.png"
SHELF = "How high is a shelf?"
TALKS = [
    talk("t1", (LAMP, LEFT), ("And the chair?", "Beside it.")),
    talk("t2", (LAMP, LEFT), ("And the chair?", "Outside.<Image, a chair>|gone.png")),
    talk("t3", (LAMP, "In the cellar.")),
    talk("t4", (SHELF, "Eye level.")),
    talk("t5", (SHELF, "On the floor.")),
    talk("t6", (SHELF, "Reach up: there.")),
]


def write_talks(folder: Path, talks: Sequence[Any] = TALKS, name: str = "talks.json") -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "room.png").write_bytes(picture(1))
    (folder / "lamp.png").write_bytes(picture(2))
    file = folder / name
    file.write_text(json.dumps(talks))
    return file


def answers(store: Store) -> dict[str, str]:
    """Ids of the answers by the first words of their text."""
    with store.reading() as db:
        ids = {i for c in trees.conversations(db) for i in c.path}
        nodes = trees.nodes(db, ids).values()
    return {
        text_of(node.parts).partition(".")[0].partition(":")[0]: node.node_id
        for node in nodes
        if node.role == "assistant"
    }


def conversations(store: Store) -> dict[str, str]:
    """Ids of the conversations by their source id."""
    with store.reading() as db:
        return {c.source_id: c.conversation_id for c in trees.conversations(db)}


def write_votes(file: Path, rows: Iterable[dict[str, Any]]) -> Path:
    with file.open("w", newline="") as out:
        writer = csv.DictWriter(out, (*COLUMNS, *MORE))
        writer.writeheader()
        writer.writerows(rows)
    return file


def ballots(a: str, b: str, choices: str, **more: Any) -> list[dict[str, Any]]:
    """One row for each letter: `a`, `b` or `t` for a tie, of raters r1, r2, ..."""
    names = {"a": "A", "b": "B", "t": "tie"}
    return [
        {"rater": f"r{n}", "answer_a": a, "answer_b": b, "choice": names[letter], **more}
        for n, letter in enumerate(choices, start=1)
    ]


def filled(folder: Path) -> Store:
    """Two seeds; votes of five on the lamp, of three on the chair, scores on the shelf."""
    store = Store(folder / "store", lock_timeout_s=20)
    bring_in(store, write_talks(folder))
    bring_in(store, write_votes(folder / "votes.csv", votes(store)), dataset="pilot")
    return store


def votes(store: Store) -> list[dict[str, Any]]:
    found = answers(store)
    chair = (found["Beside it"], found["Outside"])
    shelf = {"answer_a": found["Eye level"], "answer_b": found["On the floor"]}
    scored = {"rater": "r1", "dimension": "text_quality", **shelf}
    return [
        *ballots(found["Left of the door"], found["In the cellar"], "aaaab"),
        *ballots(*chair, "baa", kind="synthetic"),
        *ballots(*chair, "b", role="verifier"),
        {**scored, "score_a": 3, "score_b": 1},
        {**scored, "rater": "r2", "score_a": 0, "score_b": 2},
        {**scored, "rater": "r3", "score_a": 3, "score_b": 2},
    ]


def lines(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text().splitlines()]


def wide(folder: Path, n_seeds: int = 450) -> Store:
    """Many seeds with one pair each, and about two megabytes of text."""
    filler = "word " * 400
    talks = [
        talk(f"{n}{side}", (f"Question {n}?", f"{side}{n}. {filler}"))
        for n in range(n_seeds)
        for side in ("good ", "bad ")
    ]
    store = Store(folder / "store", lock_timeout_s=20)
    bring_in(store, write_talks(folder, talks))
    found = answers(store)
    rows = [
        row for n in range(n_seeds) for row in ballots(found[f"good {n}"], found[f"bad {n}"], "a")
    ]
    bring_in(store, write_votes(folder / "votes.csv", rows), dataset="pilot")
    return store
