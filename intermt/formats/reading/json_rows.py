"""Rows of JSON files: a list of objects, or one object a line; one row in memory at a time."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Any, NoReturn, TypeVar, cast

from intermt.errors import InputError
from intermt.formats.reading.fields import MISSING, BadRow, names
from intermt.formats.reading.rows import ConversationRow, LabelRow, PairRow, RowProblem
from intermt.formats.reading.source import MAX_BLANK_BYTES, MAX_ROW_BYTES, Source

ParsedRow = TypeVar("ParsedRow")
_WITH_RAW = (ConversationRow, LabelRow, PairRow)

JSON_SPACE = b" \t\r\n"
_IN_STRING = re.compile(rb'["\\]')
_IN_LIST = re.compile(rb'["\[\]{},]')
_DEEPER = re.compile(rb'["\[\]{}]')
_CLOSING = {b"[": b"]", b"{": b"}"}


def json_rows(
    source: Source, parse: Callable[[str, dict[str, Any]], ParsedRow]
) -> Iterator[ParsedRow | RowProblem]:
    """What `parse` makes of each object of a JSON list or of JSON lines.

    `parse` gets the place of the object and the object, and raises `BadRow` where it cannot
    be used.

    Raises:
        InputError: See `json_objects`.
    """
    for found in json_objects(source):
        if isinstance(found, RowProblem):
            yield found
            continue
        where, value, raw = found
        try:
            row = parse(where, value)
        except BadRow as bad:
            yield bad.problem(where, raw)
        else:
            yield cast(ParsedRow, replace(row, raw=raw)) if isinstance(row, _WITH_RAW) else row


def json_objects(source: Source) -> Iterator[tuple[str, dict[str, Any], bytes] | RowProblem]:
    """Place, value and bytes of each object of a JSON list or of JSON lines.

    Blank lines are passed over.

    Raises:
        InputError: The file is no JSON, or the list is cut short or broken between its items;
            rows before the break were already given.
    """
    for n, offset, raw in _raw_rows(source):
        where = f"{source.name}: item {-n}" if n < 0 else f"{source.name}:{n}"
        try:
            value = decode(raw, offset)
            if not isinstance(value, dict):
                raise BadRow("", value, "a JSON object")
        except BadRow as bad:
            yield bad.problem(where, raw)
            continue
        if n < 0 and isinstance(value.get("id"), str | int):
            where += f" (id {names([value['id']])})"
        yield where, value, raw


def _raw_rows(source: Source) -> Iterator[tuple[int, int, bytes]]:
    """Number, byte offset and bytes of each row; numbers of list items are negative."""
    first = first_character(source)
    if first == b"[":
        for n, (offset, raw) in enumerate(split_list(source.chunks(), source), start=1):
            yield -n, offset, raw
    elif first in (b"{", b""):
        offset = source.start
        for n, line in enumerate(source.lines(), start=1):
            if line.strip(JSON_SPACE):
                yield n, offset, line
            offset += len(line) + 1
    else:
        raise InputError(
            f"not JSON: the file starts with {first!r}"[:80],
            where=source.name,
            todo="give a JSON list of objects or one JSON object a line",
        )


def first_character(source: Source) -> bytes:
    """The first byte that is not blank, left where it is; empty for a blank file.

    Raises:
        InputError: There is nothing but blanks for `MAX_BLANK_BYTES`.
    """
    n_blank = 0
    for chunk in source.chunks(keep=True):
        if stripped := chunk.lstrip(JSON_SPACE):
            return stripped[:1]
        n_blank += len(chunk)
        if n_blank > MAX_BLANK_BYTES:
            raise InputError(
                f"the file begins with more than {MAX_BLANK_BYTES} blank bytes",
                where=source.name,
                todo="check that the file is what it should be",
            )
    return b""


def decode(raw: bytes, offset: int = 0) -> Any:
    """The value that JSON bytes hold; `offset` is where in the file they begin.

    Raises:
        BadRow: Not UTF-8, not JSON, NaN or Infinity, a key twice in one object, or nested
            too deep to read.
    """
    try:
        text = raw.decode()
        return _DECODER.decode(text)
    except UnicodeDecodeError as error:
        around = raw[max(0, error.start - 20) : error.start + 20].decode(errors="backslashreplace")
        raise BadRow("", around, f"UTF-8 at byte {offset + error.start} of the file") from None
    except json.JSONDecodeError as error:
        at = offset + len(error.doc[: error.pos].encode())
        found = error.doc[error.pos : error.pos + 40] or "the end of the row"
        raise BadRow("", found, f"valid JSON at byte {at} of the file ({error.msg})") from None
    except RecursionError:
        raise BadRow("", text, "JSON that is not nested so deep") from None
    except ValueError:
        # The one ValueError left: Python refuses to convert numbers of thousands of digits.
        raise BadRow("", text, "numbers of less than thousands of digits") from None


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) < len(pairs):
        seen: set[str] = set()
        for key, again in pairs:
            if key in seen:
                raise BadRow(names([key]), again, "each key only once in an object")
            seen.add(key)
    return value


def _constant(name: str) -> NoReturn:
    raise BadRow("", float(name), "numbers that JSON knows; leave out what is missing")


_DECODER = json.JSONDecoder(object_pairs_hook=_object, parse_constant=_constant)


def split_list(chunks: Iterable[bytes], source: Source) -> Iterator[tuple[int, bytes]]:
    """Byte offset and bytes of each item of a top-level JSON list.

    Looks only at quotes, brackets and the commas between items, so an item may still be
    invalid in itself; then the next ones can be read all the same.

    Raises:
        InputError: Cut short, brackets that do not match, an empty place between two commas,
            something behind the list, or an item longer than `MAX_ROW_BYTES`.
    """
    splitter = _ListSplitter(source)
    for chunk in chunks:
        yield from splitter.feed(chunk)
    splitter.finish()


class _ListSplitter:
    """Finds the items in pieces of a JSON list, wherever the pieces were cut."""

    def __init__(self, source: Source) -> None:
        self._name = source.name
        self._offset = source.start
        """Where in the file the piece at hand begins."""
        self._closers: list[bytes] = []
        """Brackets that are still to come, the innermost last."""
        self._in_string = False
        self._skip = 0
        """Bytes of the next piece that belong to an escape cut in two."""
        self._parts: list[bytes] = []
        self._item_start = 0
        self._n_items = 0
        self._ended = False

    def feed(self, chunk: bytes) -> Iterator[tuple[int, bytes]]:
        """The items that end in this piece."""
        at, self._skip = self._skip, 0
        begin = 0
        while at < len(chunk) and not self._ended:
            found = self._pattern().search(chunk, at)
            if found is None:
                at = len(chunk)
                break
            mark, at = found.group(), found.end()
            if not self._closers:
                self._open_list(chunk, found.start(), mark)
                begin = at
            elif self._step(mark, found.start()):
                self._parts.append(chunk[begin : found.start()])
                begin = at
                yield from self._item()
                self._item_start = self._offset + at
            elif mark == b"\\":
                at += 1
        self._skip = max(0, at - len(chunk))
        if self._ended:
            if behind := chunk[at:].lstrip(JSON_SPACE):
                what = f"{behind[:20]!r} stands behind the end of the list"
                raise self._error(what, len(chunk) - len(behind))
        elif self._closers:
            self._parts.append(chunk[begin:])
            if self._offset + len(chunk) - self._item_start > MAX_ROW_BYTES:
                raise self._error(f"an item is longer than {MAX_ROW_BYTES} bytes", begin)
        self._offset += len(chunk)

    def _pattern(self) -> re.Pattern[bytes]:
        if self._in_string:
            return _IN_STRING
        return _IN_LIST if len(self._closers) <= 1 else _DEEPER

    def _open_list(self, chunk: bytes, at: int, mark: bytes) -> None:
        if mark != b"[" or chunk[:at].strip(JSON_SPACE):
            raise self._error("this is not a JSON list", 0)
        self._closers.append(b"]")
        self._item_start = self._offset + at + 1

    def _step(self, mark: bytes, at: int) -> bool:
        """Take in one quote, bracket or comma; whether an item ends with it."""
        if mark == b'"':
            self._in_string = not self._in_string
        elif mark in _CLOSING:
            self._closers.append(_CLOSING[mark])
        elif mark == b",":
            return True
        elif mark != b"\\":
            if self._closers.pop() != mark:
                raise self._error(f"{mark.decode()!r} closes a bracket of the other kind", at)
            self._ended = not self._closers
            return self._ended
        return False

    def _item(self) -> Iterator[tuple[int, bytes]]:
        whole = b"".join(self._parts)
        self._parts.clear()
        raw = whole.lstrip(JSON_SPACE)
        start = self._item_start + len(whole) - len(raw)
        raw = raw.rstrip(JSON_SPACE)
        if raw:
            self._n_items += 1
            yield start, raw
        elif not self._ended or self._n_items:
            raise self._error("a comma without an item", start - self._offset)

    def finish(self) -> None:
        """Check that the list has ended.

        Raises:
            InputError: It has not.
        """
        if not self._ended:
            begun = self._n_items + 1
            raise InputError(
                f"the JSON list is cut short: it ends at byte {self._offset}, in item {begun}, "
                f"which begins at byte {self._item_start}",
                where=f"{self._name}: item {begun}",
                todo="fetch or write the file again",
            )

    def _error(self, what: str, at: int) -> InputError:
        return InputError(
            f"{what} (at byte {self._offset + at})",
            where=f"{self._name}: item {self._n_items + 1}",
            todo="mend the JSON; nothing behind this place can be read",
        )


def field(row: dict[str, Any], name: str) -> Any:
    """The value of a field, or `MISSING`."""
    return row.get(name, MISSING)
