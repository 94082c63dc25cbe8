"""Opening what people import, whatever it is stored as."""

from __future__ import annotations

import contextlib
import json
import shutil
import stat
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

from intermt.errors import InputError, MissingInputError, PermissionRefused, StoreIOError
from intermt.formats.reading.source import STDIN, Source, open_source, row_source
from intermt.store.parquet import is_parquet, read_metadata, read_rows


def open_import(path: str | Path) -> Source:
    """An open input: text, or the rows of a Parquet file as JSON lines.

    Raises:
        IntermtError: See `open_source` and `store.parquet.read_rows`.
    """
    file = Path(path)
    if not is_parquet(file):
        return open_source(path)
    rows = read_rows(file)
    labels = _label_names(read_metadata(file))
    return row_source(str(path), file.stem, (_named(row, labels) for row in rows))


def repeatable(name: str, stack: contextlib.ExitStack) -> Path:
    """A file that can be read as often as needed; pipes are copied until `stack` closes.

    Raises:
        MissingInputError: Standard input is closed.
        PermissionRefused: A pipe may not be read.
        InputError: A device that is no pipe.
        StoreIOError: A pipe cannot be read.
    """
    if name == STDIN:
        if sys.stdin is None:
            raise MissingInputError("standard input is closed", where="stdin")
        return _copied(sys.stdin.buffer, stack)
    path = Path(name)
    try:
        mode = path.stat().st_mode
    except (OSError, ValueError):
        # Whoever opens it says what is wrong.
        return path
    if stat.S_ISFIFO(mode):
        try:
            with path.open("rb") as pipe:
                return _copied(pipe, stack)
        except PermissionError as error:
            raise PermissionRefused("the pipe may not be read", where=name) from error
        except OSError as error:
            raise StoreIOError(f"cannot read: {error.strerror}", where=name) from error
    if not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):
        raise InputError("this is a device, not a file", where=name, todo="name a file")
    return path


def _copied(pipe: IO[bytes], stack: contextlib.ExitStack) -> Path:
    temporary = tempfile.NamedTemporaryFile(prefix="intermt-stdin-")  # noqa: SIM115
    copy = stack.enter_context(temporary)
    shutil.copyfileobj(pipe, copy)
    copy.flush()
    return Path(copy.name)


def _label_names(metadata: Mapping[str, str]) -> dict[str, list[str]]:
    """Names of the labels of each column that holds them by number.

    The `datasets` library writes them beside the table, as the features of its columns.
    """
    try:
        features = json.loads(metadata.get("huggingface", "{}"))["info"]["features"]
        columns = features.items()
    except (ValueError, RecursionError, KeyError, TypeError, AttributeError):
        return {}
    found: dict[str, list[str]] = {}
    for column, feature in columns:
        inner = feature.get("feature", feature) if isinstance(feature, dict) else feature
        for one in (feature, inner):
            if isinstance(one, dict) and one.get("_type") == "ClassLabel":
                names = one.get("names")
                if isinstance(names, list):
                    found[column] = [str(name) for name in names]
    return found


def _named(row: dict[str, Any], labels: Mapping[str, list[str]]) -> dict[str, Any]:
    for column, names in labels.items():
        if column in row:
            row[column] = _name_of(row[column], names)
    return row


def _name_of(value: Any, names: list[str]) -> Any:
    if isinstance(value, list):
        return [_name_of(one, names) for one in value]
    if isinstance(value, int) and not isinstance(value, bool):
        # The library writes -1 for "no label".
        if value == -1:
            return None
        return names[value] if 0 <= value < len(names) else value
    return value
