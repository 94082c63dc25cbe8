"""What an export of annotation tasks is asked for."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from intermt.dimensions import LEVELS, Level
from intermt.errors import InputError, MissingInputError, PermissionRefused, UsageError

Tool = Literal["label-studio", "jsonl", "html"]
Pictures = Literal["files", "inline"]
Role = Literal["annotator", "verifier"]

DEFAULT_OVERLAP: dict[Role, int] = {"annotator": 3, "verifier": 1}
_DEFAULT_PICTURES: dict[Tool, Pictures] = {
    "label-studio": "inline",
    "jsonl": "files",
    "html": "inline",
}
_UNSAFE = re.compile(r"[^\w.@+-]|^\.")


@dataclass(frozen=True, slots=True)
class ExportConfig:
    """Which tasks, for whom, in which form.

    Attributes:
        to: The tool that people label in.
        levels: Of what; one folder each.
        dataset: Only this collection; None for all.
        limit: Most ordinary tasks of a level.
        per_prompt: Most pairs of answers to one question.
        per_seed: Most pairs of conversations of one seed question.
        role: Who the tasks are for. Verifiers get what annotators have labelled, but nobody
            their own work.
        overlap: How many of them each task is to have.
        annotators: Their names; empty where the tool gives out the tasks.
        seed: Another number, other pairs, sides, order and plan.
        gold: Share of gold items among an annotator's tasks; 0 for none.
        pictures: As files beside the tasks, or inside them.
        picture_url: What stands before the path of a picture file in Label Studio; None for
            its own way of serving local files.
        only_missing: Whether to leave out what `overlap` of them have labelled already.
        guide: Plain text that pages show before their own guide; "" for none.
    """

    to: Tool
    levels: tuple[Level, ...] = LEVELS
    dataset: str | None = None
    limit: int | None = None
    per_prompt: int | None = None
    per_seed: int | None = None
    role: Role = "annotator"
    overlap: int = DEFAULT_OVERLAP["annotator"]
    annotators: tuple[str, ...] = ()
    seed: int = 0
    gold: float = 0.0
    pictures: Pictures = "inline"
    picture_url: str | None = None
    only_missing: bool = False
    guide: str = ""

    @classmethod
    def of(
        cls,
        *,
        to: Tool,
        level: Level | None,
        role: Role,
        overlap: int | None,
        annotators: Sequence[str],
        pictures: Pictures | None,
        picture_url: str | None,
        **others: Any,
    ) -> ExportConfig:
        """The configuration that options say; None stands for an option that is not given.

        Raises:
            UsageError: They contradict each other.
        """
        names = _names(annotators)
        if overlap is None:
            overlap = min(DEFAULT_OVERLAP[role], len(names) or DEFAULT_OVERLAP[role])
        elif names and overlap > len(names):
            raise UsageError(
                f"--overlap {overlap} wants more annotators than --annotators names ({len(names)})",
                todo="name more annotators, or ask for less overlap",
            )
        made = cls(
            to=to,
            levels=LEVELS if level is None else (level,),
            role=role,
            overlap=overlap,
            annotators=names,
            pictures=pictures or _DEFAULT_PICTURES[to],
            picture_url=picture_url,
            **others,
        )
        made._check()
        return made

    def _check(self) -> None:
        if self.to == "html" and self.pictures == "files":
            raise UsageError(
                "--to html and --pictures files contradict each other: a page is one file",
                todo="leave out --pictures",
            )
        if self.guide and self.to != "html":
            raise UsageError(
                f"--guide is for pages; --to {self.to} has no place for it",
                todo="add --to html, or put the guide where your tool shows it",
            )
        if self.picture_url is not None and (self.to, self.pictures) != ("label-studio", "files"):
            raise UsageError(
                "--picture-url is for --to label-studio with --pictures files alone",
                todo="add --pictures files, or leave out --picture-url",
            )
        for option, number, level in (
            ("--per-prompt", self.per_prompt, "local"),
            ("--per-seed", self.per_seed, "global"),
        ):
            if number is not None and level not in self.levels:
                raise UsageError(
                    f"{option} is about {level} tasks; --level {self.levels[0]} leaves them out",
                    todo=f"leave out {option}, or --level",
                )
        if self.gold and self.role == "verifier":
            raise UsageError(
                "--gold tests annotators; --role verifier leaves it nothing to do",
                todo="leave out one of the two",
            )
        if not 0 <= self.gold < 1:
            raise UsageError(
                f"--gold {self.gold:g} is not a share from 0 up to 1, 1 itself not included",
                todo="give a share such as 0.1",
            )


_AS_TEXT = "save it as plain text in UTF-8"


def read_guide(path: Path) -> str:
    """The text of a guide for annotators, as written.

    Raises:
        MissingInputError: There is no such file.
        PermissionRefused: It may not be read.
        InputError: It holds no text.
    """
    try:
        guide = path.read_text(encoding="utf-8-sig").strip()
        if "\0" in guide:
            raise InputError(
                "the guide is no text: there is a NUL in it", where=str(path), todo=_AS_TEXT
            )
    except FileNotFoundError as error:
        raise MissingInputError("there is no such guide", where=str(path)) from error
    except PermissionError as error:
        raise PermissionRefused("the guide may not be read", where=str(path)) from error
    except UnicodeDecodeError as error:
        raise InputError(
            f"the guide is no text: {error}", where=str(path), todo=_AS_TEXT
        ) from error
    except OSError as error:
        raise InputError(f"the guide cannot be read: {error.strerror}", where=str(path)) from error
    if not guide:
        raise InputError("the guide is empty", where=str(path), todo="leave out --guide")
    return guide


def file_name(annotator: str) -> str:
    """What a file of an annotator's is called by; no path, whatever the name."""
    return _UNSAFE.sub("-", unicodedata.normalize("NFC", annotator))


def _names(given: Sequence[str]) -> tuple[str, ...]:
    names = [name.strip() for text in given for name in text.split(",")]
    files: dict[str, str] = {}
    for name in names:
        if not name or not name.isprintable():
            raise UsageError(
                f"--annotators has no name in {', '.join(given)!r}",
                todo="write them like anna,ben",
            )
        twin = files.setdefault(file_name(name).casefold(), name)
        if name == twin and names.count(name) > 1:
            raise UsageError(f"--annotators names {name} twice", todo="name each once")
        if name != twin:
            raise UsageError(
                f"--annotators {twin!r} and {name!r} would share a file", todo="rename one of them"
            )
    return tuple(names)
