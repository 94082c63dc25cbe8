"""Annotation tasks for the page: short and long, with pictures and without, in many scripts."""

from __future__ import annotations

import base64
from functools import cache
from importlib import resources
from typing import Any

from intermt.dimensions import Level, dimensions_of

ARABIC = "ضع المصباح على يسار الباب، ثم أغلق النافذة (window) من فضلك."
CHINESE = "请把台灯放在门的左边，然后关上窗户。日本語：ランプをドアの左に置いてください。"


@cache
def data_uri(name: str) -> str:
    file = resources.files("intermt.sample").joinpath("pictures", f"{name}.png")
    return f"data:image/png;base64,{base64.b64encode(file.read_bytes()).decode()}"


def text(words: str) -> dict[str, Any]:
    return {"type": "text", "text": words}


def picture(name: str, caption: str | None = None) -> dict[str, Any]:
    return {"type": "image", "data": data_uri(name), "sha256": "0" * 64, "caption": caption}


def missing(caption: str | None = None) -> dict[str, Any]:
    return {"type": "image", "sha256": None, "caption": caption, "missing": "not found"}


def user(*parts: dict[str, Any]) -> dict[str, Any]:
    return {"role": "user", "content": list(parts)}


def assistant(*parts: dict[str, Any]) -> dict[str, Any]:
    return {"role": "assistant", "content": list(parts)}


def ids(key: str) -> tuple[str, str]:
    """The ids of the candidates a and b of a task."""
    return (f"{key}a".rjust(32, "0"), f"{key}b".rjust(32, "0"))


def task(
    key: str,
    prefix: list[dict[str, Any]],
    a: list[dict[str, Any]],
    b: list[dict[str, Any]] | None,
    *,
    level: Level = "local",
    first: str = "a",
    simulated: bool = False,
) -> dict[str, Any]:
    """A task whose candidate `first` stands on the left."""
    id_a, id_b = ids(key)
    left: dict[str, Any] = {"id": id_a, "messages": a}
    right = None if b is None else {"id": id_b, "messages": b}
    if right is not None and first == "b":
        left, right = right, left
    return {
        "intermt_task": 1,
        "task": key,
        "level": level,
        "dataset": "pilot",
        "simulated": simulated,
        "turn": 1 if level == "local" else None,
        "prefix": prefix,
        "left": left,
        "right": right,
        "a": id_a,
        "b": None if b is None else id_b,
        "shown_first": None if b is None else first,
        "scales": {d.key: list(d.scores) for d in dimensions_of(level)},
    }


def short(key: str = "1", *, first: str = "a") -> dict[str, Any]:
    """Two short answers without a picture."""
    return task(
        key,
        [user(text("How long does rice keep in the fridge?"))],
        [assistant(text("Three to four days in a closed box."))],
        [assistant(text("It depends."))],
        first=first,
    )


def with_pictures(key: str = "2", *, first: str = "b") -> dict[str, Any]:
    """Two turns of history and two answers, with pictures there and missing."""
    return task(
        key,
        [
            user(text("This is my room. Where could a desk stand?"), picture("flat-north-desk")),
            assistant(
                text("Under the window: there is light, and the door stays free."),
                picture("flat-north-desk", "the room with a desk under the window"),
                text("The shelf can go where the desk was planned."),
            ),
            user(text("And the choir poster? " + ARABIC), picture("choir-poster")),
        ],
        [assistant(text(CHINESE), picture("chart-note", "the poster above the desk"))],
        [assistant(text("Beside the door."), missing("the poster beside the door"))],
        first=first,
        simulated=True,
    )


def long_conversations(key: str = "3", turns: int = 12) -> dict[str, Any]:
    """Two whole conversations of many turns after one seed question."""
    words = "The cells are drawn too close together, and the labels cross the lines. " * 6

    def side(name: str) -> list[dict[str, Any]]:
        messages = []
        for turn in range(turns):
            messages.append(assistant(text(f"{turn}. {words}"), picture(name, "the worksheet")))
            messages.append(user(text(f"Now change number {turn}, please.")))
        return [*messages, assistant(text("Done."), picture(name))]

    prefix = [user(text("Draw a worksheet about cells."), picture("cell-worksheet"))]
    return task(key, prefix, side("cell-worksheet"), side("chart-note"), level="global")


def alone(key: str = "4") -> dict[str, Any]:
    """One candidate: scores, no preference."""
    return task(
        key, [user(text("Who wins?"), picture("board-kd8"))], [assistant(text("White."))], None
    )
