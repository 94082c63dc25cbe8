"""Seed questions as a folder of pictures with one text file that asks about them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from intermt.errors import InputError, PermissionRefused, StoreIOError

_PICTURES = (".png", ".jpg", ".jpeg", ".webp", ".gif")
_TEXTS = (".txt", ".tsv", ".csv", ".jsonl", ".json")
_BEST = "questions"


def text_file(folder: Path) -> Path:
    """The file in a folder of pictures that has the questions.

    It is the only `.txt`, `.tsv`, `.csv`, `.jsonl` or `.json` file directly in the folder, or
    among several the only one called `questions`.

    Raises:
        InputError: There is none, or it is not clear which one.
        PermissionRefused: The folder may not be looked into.
        StoreIOError: It cannot be.
    """
    try:
        found = sorted(
            path
            for path in folder.iterdir()
            if path.suffix.lower() in _TEXTS and not path.name.startswith(".") and path.is_file()
        )
    except PermissionError as error:
        raise PermissionRefused("the folder may not be looked into", where=str(folder)) from error
    except OSError as error:
        raise StoreIOError(f"cannot look into it: {error.strerror}", where=str(folder)) from error
    if len(found) > 1:
        found = [path for path in found if path.stem.lower() == _BEST] or found
    if len(found) == 1:
        return found[0]
    todo = "put a questions.txt beside the pictures, one line each: picture, a tab, question"
    if not found:
        raise InputError("a folder without a file of questions", where=str(folder), todo=todo)
    listed = ", ".join(path.name for path in found[:5])
    raise InputError(
        f"several files could have the questions: {listed}",
        where=str(folder),
        todo="call one of them questions, or name the file itself and give --images",
    )


def unused_pictures(folder: Path, used: Iterable[str]) -> Iterator[str]:
    """The picture files of a folder, at any depth, that no question names, in order."""
    named = {str(Path(name)) for name in used}
    for path in sorted(folder.rglob("*")):
        if path.suffix.lower() in _PICTURES and path.is_file():
            name = str(path.relative_to(folder))
            if name not in named:
                yield name
