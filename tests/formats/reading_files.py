"""Small files to read, and reading them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from intermt.formats.reading.registry import detect, read
from intermt.formats.reading.rows import ReadOptions, Row, RowProblem
from intermt.formats.reading.source import open_source

NOTHING_SAID = ReadOptions()


def load(
    path: Path | str, kind: str | None = None, options: ReadOptions = NOTHING_SAID
) -> list[Row | RowProblem]:
    with open_source(path) as source:
        return list(read(source, kind or detect(source, options), options))


def kind_of(path: Path | str, options: ReadOptions = NOTHING_SAID) -> str:
    with open_source(path) as source:
        return detect(source, options)


def only_problem(rows: list[Row | RowProblem]) -> RowProblem:
    (problem,) = rows
    assert isinstance(problem, RowProblem), problem
    return problem


def conversation(n_turns: int = 1, **more: Any) -> dict[str, Any]:
    return {
        "id": 7,
        "conversations": [
            {
                "round": n,
                "prompt": f"question {n}",
                "prompt_images": [f"images/{n}.png"] if n == 1 else [""],
                "prompt_uuid": f"p{n}",
                "response": f"answer {n}\n<Image, a cat>",
                "response_images": [],
                "response_uuid": f"r{n}",
            }
            for n in range(1, n_turns + 1)
        ],
        **more,
    }


def pair(**more: Any) -> dict[str, Any]:
    said = [{"role": "assistant", "content": [{"type": "text", "text": "yes"}]}]
    return {
        "pair_id": "0" * 32,
        "level": "local",
        "mode": "prefix",
        "dimension": "overall",
        "seed_id": "1" * 32,
        "turn": 1,
        "prefix": [
            {
                "role": "user",
                "content": [
                    {"type": "text", "text": "what is this?"},
                    {"type": "image", "path": "images/ab/c.png", "sha256": "a" * 64},
                ],
            }
        ],
        "chosen": said,
        "rejected": [{"role": "assistant", "content": [{"type": "text", "text": "no"}]}],
        "chosen_id": "2" * 32,
        "rejected_id": "3" * 32,
        "agreement": 0.75,
        "n_annotators": 4,
        "n_votes": {"chosen": 3, "rejected": 1, "tie": 0},
        "margin": 0.5,
        "verified": None,
        "split": "train",
        **more,
    }


def write_json(path: Path, value: Any) -> Path:
    path.write_text(json.dumps(value, ensure_ascii=False), encoding="utf-8")
    return path
