"""Preference pairs with pictures, and writing them."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path
from typing import Any

from intermt.formats.writing.fitting import captioned, misfits
from intermt.formats.writing.pairs import PairFormat, PairRecord, Pictures
from intermt.records import ImagePart
from intermt.store.parquet import read_rows
from tests.formats.pair_samples import assistant, sample, user
from tests.store.samples import picture

FILES = {hashlib.sha256(content).hexdigest(): content for content in map(picture, range(6))}
SHA = tuple(FILES)
PATH = {sha256: f"images/{sha256}.png" for sha256 in FILES}
PICTURES = Pictures(PATH.get, FILES.__getitem__, read_rows)


def shown(n: int, tag: str | None = "<Image, a house>") -> ImagePart:
    """A picture that is there."""
    return ImagePart(SHA[n], f"{n}.png", tag, None, SHA[n])


def in_history(**more: Any) -> PairRecord:
    """A pair with a picture in the question, one in an earlier answer, none in the answers."""
    prefix = (
        user(shown(0), "Make it night."),
        assistant("Here: ", shown(1), " Like so."),
        user("Add snow."),
    )
    return sample(**{"prefix": prefix, **more})


def own_pictures(**more: Any) -> PairRecord:
    """A pair of which either side has pictures of its own, two and one."""
    chosen = (assistant(shown(2), "Snow lies on the roof.", shown(3)),)
    rejected = (assistant("There: ", shown(4)),)
    return in_history(**{"chosen": chosen, "rejected": rejected, **more})


def same_pictures(**more: Any) -> PairRecord:
    """A pair of which both sides show one and the same picture, at other places."""
    chosen = (assistant(shown(2), "Snow lies on the roof."),)
    rejected = (assistant("There is no snow.", shown(2)),)
    return in_history(**{"chosen": chosen, "rejected": rejected, **more})


def one_question(**more: Any) -> PairRecord:
    """A pair of answers in words to one question with one picture."""
    prefix = (user("What is ", shown(0), "this?"),)
    return sample(**{"turn": 1, "prefix": prefix, **more})


def reasons(format_: PairFormat, pair: PairRecord) -> list[str]:
    """Why a pair does not fit a format."""
    return misfits(pair, format_.holds, PICTURES.path_of)


def in_words(format_: PairFormat, pair: PairRecord) -> PairRecord:
    """The pair with words in the place of pictures that the format cannot hold."""
    return captioned(pair, format_.holds, PICTURES.path_of)


def written(format_: PairFormat, *pairs: PairRecord) -> bytes:
    sink = io.BytesIO()
    writer = format_.writer(sink, PICTURES)
    for pair in pairs:
        writer.write(pair)
    writer.close()
    return sink.getvalue()


def write(format_: PairFormat, file: Path, *pairs: PairRecord) -> Path:
    """Write a file whose check finds nothing; the folder it is in has the pictures."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(written(format_, *pairs))
    assert format_.check(file, PICTURES) == (len(pairs), [])
    for sha256, path in PATH.items():
        (file.parent / path).parent.mkdir(exist_ok=True)
        (file.parent / path).write_bytes(FILES[sha256])
    return file


def table(format_: PairFormat, folder: Path, *pairs: PairRecord) -> list[dict[str, Any]]:
    """The rows of a Parquet file as they read back."""
    return list(read_rows(write(format_, folder / f"pairs{format_.extension}", *pairs)))
