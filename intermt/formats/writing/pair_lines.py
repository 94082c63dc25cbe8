"""Preference pairs as JSON lines; `formats.reading.pair_lines` reads them back.

The keys of a line and their order are fixed. Texts are written as they are. A picture stands
where its `<Image, caption>` tag stood, and the tag is not repeated. A picture that is missing
has its name for a `path`, null for a `sha256`, and the reason under `missing`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson

from intermt.formats.writing.pairs import (
    ByteSink,
    Holds,
    PairFormat,
    PairRecord,
    PicturePath,
    Pictures,
)
from intermt.records import ImagePart, Message, Part, TextPart

NO_FILE = "its file is not in the store"
NO_NAME = "a picture without a name"


class PairLines:
    """Writes one JSON object a line.

    Args:
        sink: Where the lines go.
        pictures: The pictures.
    """

    def __init__(self, sink: ByteSink, pictures: Pictures) -> None:
        self._sink = sink
        self._path_of = pictures.path_of

    def write(self, pair: PairRecord) -> None:
        """Write one pair."""
        self._sink.write(orjson.dumps(self.row(pair), option=orjson.OPT_APPEND_NEWLINE))

    def close(self) -> None:
        """Nothing: the last line is the end."""

    def row(self, pair: PairRecord) -> dict[str, Any]:
        """What a line says."""
        return {
            "pair_id": pair.pair_id,
            "level": pair.level,
            "mode": pair.mode,
            "dimension": pair.dimension,
            "seed_id": pair.seed_id,
            "turn": pair.turn,
            "prefix": [message_row(message, self._path_of) for message in pair.prefix],
            "chosen": [message_row(message, self._path_of) for message in pair.chosen],
            "rejected": [message_row(message, self._path_of) for message in pair.rejected],
            "chosen_id": pair.chosen_id,
            "rejected_id": pair.rejected_id,
            "agreement": pair.agreement,
            "n_annotators": pair.n_annotators,
            "n_votes": {
                "chosen": pair.n_chosen,
                "rejected": pair.n_rejected,
                "tie": pair.n_tie,
            },
            "margin": pair.margin,
            "verified": pair.verified,
            "split": pair.split,
            "simulated": pair.simulated,
            "synthetic": pair.synthetic,
            "strength": pair.strength,
            "feedback": [
                {
                    "side": note.side,
                    "kind": note.kind,
                    "dimension": note.dimension,
                    "text": note.text,
                    "rater": note.rater,
                }
                for note in pair.feedback
            ],
            "n_stated": pair.n_stated,
            "tie": pair.tie,
        }


def message_row(message: Message, path_of: PicturePath) -> dict[str, Any]:
    """What a line says of one message."""
    return {"role": message.role, "content": [_part(part, path_of) for part in message.parts]}


def _part(part: Part, path_of: PicturePath) -> dict[str, str | None]:
    if isinstance(part, TextPart):
        return {"type": "text", "text": part.text}
    path = None if part.sha256 is None else path_of(part.sha256)
    if path is not None:
        return {"type": "image", "path": path, "sha256": part.sha256}
    return {
        "type": "image",
        "path": _name(part),
        "sha256": None,
        "missing": NO_FILE if part.sha256 is not None else part.missing or "not found",
    }


def _name(part: ImagePart) -> str:
    return next((name for name in (part.name, part.tag) if name and name.strip()), NO_NAME)


def check(file: Path, pictures: Pictures) -> tuple[int, list[str]]:
    """The number of lines, and what is wrong with them; see `PairFormat.check`."""
    return faults_of_paths(file, pictures, ("prefix", "chosen", "rejected"))


def faults_of_paths(file: Path, pictures: Pictures, keys: tuple[str, ...]) -> tuple[int, list[str]]:
    """The number of lines, and pictures at these keys that are not at the path of their hash."""
    n_lines, faults = 0, []
    with file.open("rb") as lines:
        for line in lines:
            n_lines += 1
            row = orjson.loads(line)
            for key in keys:
                for message in row[key]:
                    for part in message["content"]:
                        sha256 = part.get("sha256")
                        if sha256 is not None and pictures.path_of(sha256) != part["path"]:
                            faults.append(f"row {n_lines}: {key} names another file than its hash")
    return n_lines, faults


FORMAT = PairFormat(
    name="jsonl",
    about="intermt itself, jq and scripts",
    extension=".jsonl",
    holds=Holds(prompts=True, history=True, answers="own", missing=True, any_pair=True),
    writer=PairLines,
    check=check,
    room=frozenset(("dimension", "split", "tie")),
)
