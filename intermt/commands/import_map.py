"""What `--map` and `--map-file` say about the fields of a file."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from intermt.errors import InputError, MissingInputError, PermissionRefused, UsageError

_TABLES = ("map", "values")
_BELOW = "\0"
"""Stands between the names of tables in tables; unlike a dot it is in no name."""
_BETWEEN = re.compile(r",(?=\s*[A-Za-z_.0-9]+\s*=)")


def read_map(
    pairs: Sequence[str], path: Path | None
) -> tuple[dict[str, str], dict[str, dict[str, str]]]:
    """Columns by field, and values by field and by what stands in the file.

    Args:
        pairs: `FIELD=COLUMN`, or several with commas; they come before what the file says.
        path: A TOML file with a table `[map]` of the same, and tables `[values.FIELD]`.

    Raises:
        UsageError: Not of the form `FIELD=COLUMN`, or a field twice.
        InputError: The file is no TOML of that form.
        MissingInputError: There is no such file.
        PermissionRefused: It may not be read.
    """
    given: dict[str, str] = {}
    for pair in (one for some in pairs for one in _BETWEEN.split(some)):
        field, sign, column = pair.partition("=")
        if not (field.strip() and sign and column.strip()):
            raise UsageError(f"--map {pair}: not of the form FIELD=COLUMN", todo="name both")
        if field.strip() in given:
            raise UsageError(f"--map names {field.strip()} twice", todo="name it once")
        given[field.strip()] = column.strip()
    if path is None:
        return given, {}
    content = _toml(path)
    unknown = [name for name in content if name not in _TABLES]
    if unknown:
        raise InputError(
            f"there is no table {unknown[0]!r} in a map file",
            where=str(path),
            todo="give [map] and [values.FIELD]",
        )
    columns = _texts(content.get("map", {}), "map", path)
    values: dict[str, dict[str, str]] = {}
    for name, said in _flat(_table(content.get("values", {}), "values", path), ""):
        field, dot, value = name.rpartition(_BELOW)
        if not dot:
            raise InputError(
                f"values.{name} is not a table", where=str(path), todo="write [values.FIELD]"
            )
        field = field.replace(_BELOW, ".")
        # An empty text says that the value stands for nothing.
        plain = "" if said == "" else _text(said, value, f"values.{field}", path)
        values.setdefault(field, {})[value] = plain
    return columns | given, values


def _toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError as error:
        raise MissingInputError("no such file", where=str(path)) from error
    except PermissionError as error:
        raise PermissionRefused("the file may not be read", where=str(path)) from error
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        raise InputError(
            f"this is no map file: {error}", where=str(path), todo="give a TOML file"
        ) from error


def _table(value: Any, name: str, path: Path) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise InputError(f"{name} is not a table", where=str(path), todo=f"write [{name}]")
    return value


def _texts(value: Any, name: str, path: Path) -> dict[str, str]:
    flat = _flat(_table(value, name, path), "")
    return {
        key.replace(_BELOW, "."): _text(said, key.replace(_BELOW, "."), name, path)
        for key, said in flat
    }


def _text(said: Any, key: str, name: str, path: Path) -> str:
    if isinstance(said, int) and not isinstance(said, bool):
        said = str(said)
    if not isinstance(said, str) or not said.strip():
        raise InputError(
            f"{key} in [{name}] is {said!r}, not a text",
            where=str(path),
            todo='write it in quotes, as in "tie"',
        )
    return said.strip()


def _flat(table: Mapping[str, Any], before: str) -> Iterator[tuple[str, Any]]:
    # `score.text_quality = "q4"` without quotes is a table in a table to TOML.
    for key, value in table.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{before}{key}{_BELOW}")
        else:
            yield before + key, value
