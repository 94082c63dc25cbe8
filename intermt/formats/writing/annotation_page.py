"""Annotation tasks as one HTML file that people label in, without a server or a network.

The file holds its tasks, its pictures (each once) and its program; a content security policy
keeps it from loading or sending anything. `page/` has the parts it is put together from, and
`docs/annotation.md` says what the page does. What it downloads are label lines that
`annotate-import` reads.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from html import escape
from importlib import resources
from typing import Any

import orjson

from intermt.dimensions import BY_KEY, Dimension

_SCRIPTS = ("labels.js", "saving.js", "view.js", "work.js", "page.js")
_SLOT = re.compile(r"\{\{(\w+)\}\}")
GUIDE = """\
Read everything before you answer: the history first, then both candidates to their end. Look at \
each picture at full size.

Score each candidate on its own, from its worst fault downwards, and use the whole scale: 3 means \
that you looked for a fault and found none, not that nothing struck you. Let no dimension colour \
another, and give nothing for length, politeness or confidence.

Then say which one is better. Equal scores need not mean a tie: a tie says that you would not mind \
getting either.

A picture marked as missing could not be kept. Judge what you can see; if the answer needed a \
picture and never had one, that counts where a dimension says so.

Answer alone, without asking anybody what they gave. If you cannot judge a task, skip it; if you \
cannot judge one question, leave it open. An open question is not a 0.\
"""
_PICTURE = re.compile(r"data:image/[a-z0-9.+-]+;base64,[A-Za-z0-9+/]+=*")


def page(
    tasks: Iterable[Mapping[str, Any]],
    *,
    title: str,
    rater: str = "",
    guide: str = GUIDE,
    own_guide: str = "",
) -> Iterator[bytes]:
    """The HTML file of some tasks, piece by piece.

    Only one task is held at a time, beside the hashes of the pictures written so far.

    Args:
        tasks: Objects like `annotation_tasks.TaskItem`, with pictures as `data` URIs; where
            there is one candidate, `right` and `b` are None.
        title: What the page is called.
        rater: Whose page it is; "" lets the page ask for a name.
        guide: Plain text with what people should know before they begin; "" for none.
        own_guide: The same of whoever gives the tasks out, to be read first; "" for none.

    Raises:
        ValueError: A picture is neither a `data:image/` URI in base64 nor missing, or two tasks
            have one key.
    """
    slots = {
        "title": escape(title),
        "style": _part("page.css"),
        "script": '"use strict";\n' + "\n".join(_part(name) for name in _SCRIPTS),
    }
    slots["policy"] = _policy(slots["style"], slots["script"])
    before, after = _part("page.html").split("{{content}}")
    yield _filled(before, slots)
    entries: list[dict[str, Any]] = []
    seen: set[str] = set()
    pictures: set[str] = set()
    for task in tasks:
        if task["task"] in seen:
            raise ValueError(f"two tasks have the key {task['task']}")
        seen.add(task["task"])
        shown, found = _task(task)
        for key, data in found.items():
            if key not in pictures:
                pictures.add(key)
                yield _block("text/plain", f"picture-{key}", data.encode())
        yield _block("application/json", f"task-{len(entries)}", _json(shown))
        entries.append(_entry(task))
    yield _block(
        "application/json", "about", _json(_about(entries, title, rater, guide, own_guide))
    )
    yield _filled(after, slots)


def _part(name: str) -> str:
    return resources.files(__package__).joinpath("page", name).read_text(encoding="utf-8")


def _filled(template: str, slots: Mapping[str, str]) -> bytes:
    return _SLOT.sub(lambda slot: slots[slot[1]], template).encode()


def _policy(style: str, script: str) -> str:
    """A policy that lets only this style and this script in, and no request out."""
    hashes = (
        base64.b64encode(hashlib.sha256(t.encode()).digest()).decode() for t in (style, script)
    )
    style_hash, script_hash = hashes
    return (
        f"default-src 'none'; script-src 'sha256-{script_hash}'; style-src 'sha256-{style_hash}';"
        " img-src data:; base-uri 'none'; form-action 'none'"
    )


def _block(kind: str, name: str, content: bytes) -> bytes:
    return b'<script type="%s" id="%s">%s</script>\n' % (kind.encode(), name.encode(), content)


def _json(value: object) -> bytes:
    """JSON that nothing in an HTML file can mistake for markup or for the end of a line."""
    return (
        orjson.dumps(value)
        .replace(b"<", b"\\u003c")
        .replace("\u2028".encode(), b"\\u2028")
        .replace("\u2029".encode(), b"\\u2029")
    )


def _task(task: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
    """A task with keys in place of pictures, and the pictures by key."""
    pictures: dict[str, str] = {}

    def messages(items: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
        return [
            {"role": m["role"], "content": [item(part) for part in m["content"]]} for m in items
        ]

    def item(part: Mapping[str, Any]) -> dict[str, Any]:
        if part["type"] == "text":
            return {"type": "text", "text": part["text"]}
        shown = {"type": "image", "caption": part.get("caption")}
        data = part.get("data")
        if data is None and part.get("missing") is not None:
            return {**shown, "missing": part["missing"]}
        if data is None or not _PICTURE.fullmatch(data):
            raise ValueError(f"task {task['task']}: a picture is not a data:image/ URI in base64")
        key = hashlib.sha256(data.encode()).hexdigest()[:32]
        pictures[key] = data
        return {**shown, "picture": key}

    def candidate(side: Mapping[str, Any] | None) -> dict[str, Any] | None:
        if side is None:
            return None
        return {"id": side["id"], "messages": messages(side["messages"])}

    shown = {
        "level": task["level"],
        "simulated": task["simulated"],
        "prefix": messages(task["prefix"]),
        "left": candidate(task["left"]),
        "right": candidate(task["right"]),
        "a": task["a"],
        "scales": task["scales"],
    }
    return shown, pictures


def _entry(task: Mapping[str, Any]) -> dict[str, Any]:
    """What a label line repeats of a task, and what its answers are checked against."""
    keys = ("task", "level", "a", "b", "shown_first", "scales")
    return {key: task[key] for key in keys}


def _about(
    entries: list[dict[str, Any]], title: str, rater: str, guide: str, own_guide: str
) -> dict[str, Any]:
    used = {dimension for entry in entries for dimension in entry["scales"]}
    # The work kept in a browser belongs to the tasks, not to the words around them.
    tasks = _json([[entry["task"], entry["a"], entry["b"]] for entry in entries])
    return {
        "page": hashlib.sha256(tasks).hexdigest()[:16],
        "title": title,
        "rater": rater,
        "guide": guide,
        "own_guide": own_guide,
        "dimensions": {key: _explained(BY_KEY[key]) for key in BY_KEY if key in used},
        "tasks": entries,
    }


def _explained(dimension: Dimension) -> dict[str, Any]:
    meanings = zip(dimension.scores, dimension.scale, strict=True)
    return {
        "name": dimension.name,
        "help": dimension.help,
        "scale": {str(score): meaning for score, meaning in meanings},
    }
