"""Bytes of an input file: opened, unpacked and cut into lines, with memory that stays flat."""

from __future__ import annotations

import base64
import gzip
import json
import math
import sys
import zlib
from collections import deque
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self, cast

from intermt.errors import InputError, MissingInputError, PermissionRefused, StoreIOError

STDIN = "-"
CHUNK_BYTES = 1 << 18
MAX_ROW_BYTES = 1 << 28
"""Longest line, table row or list item; beyond it the file is taken to be damaged."""

MAX_BLANK_BYTES = 1 << 24
"""Most blank bytes before the first row; they are kept in memory."""

_UTF8_BOM = b"\xef\xbb\xbf"
_GZIP = b"\x1f\x8b"
_TO_UTF8 = "convert it to UTF-8, as in: iconv -f {} -t UTF-8 FILE > NEW"
_NAME_PICTURES = (
    "give a table, JSON or JSON lines that names the picture, or, for seed questions, a folder of"
    " pictures with a text file"
)
_REFUSED: tuple[tuple[bytes, str, str], ...] = (
    (b"\xff\xfe\x00\x00", "the text is UTF-32", _TO_UTF8.format("UTF-32")),
    (b"\xff\xfe", "the text is UTF-16", _TO_UTF8.format("UTF-16")),
    (b"\xfe\xff", "the text is UTF-16", _TO_UTF8.format("UTF-16")),
    (b"PK\x03\x04", "this is a zip archive or an Excel workbook", "unpack it or save it as CSV"),
    (b"PAR1", "this is a Parquet file", "write it as CSV or JSON lines first"),
    (b"\x28\xb5\x2f\xfd", "this is zstd data", "unpack it first; only gzip is read as it is"),
    (b"\xfd7zXZ\x00", "this is xz data", "unpack it first; only gzip is read as it is"),
    (b"BZh", "this is bzip2 data", "unpack it first; only gzip is read as it is"),
    (b"\x89PNG\r\n", "this is a PNG picture", _NAME_PICTURES),
    (b"\xff\xd8\xff", "this is a JPEG picture", _NAME_PICTURES),
    (b"GIF87a", "this is a GIF picture", _NAME_PICTURES),
    (b"GIF89a", "this is a GIF picture", _NAME_PICTURES),
    (b"RIFF", "this is a WebP picture or a sound", _NAME_PICTURES),
)


class _Rejoined:
    """A stream of which the first bytes were already taken, as if they were not."""

    def __init__(self, head: bytes, rest: IO[bytes]) -> None:
        self._head = head
        self._rest = rest

    def read(self, size: int) -> bytes:
        """Up to `size` bytes; fewer only where head and rest meet, or at the end."""
        if not self._head:
            return self._rest.read(size)
        taken, self._head = self._head[:size], self._head[size:]
        return taken


class Source:
    """One open input: what it is called and what it holds, readable once.

    Attributes:
        name: As the user gave it; `stdin` for `-`.
        stem: File name without folder, `.gz` and extension.
        start: Offset of the first byte given out: 3 behind a byte-order mark, else 0.
    """

    def __init__(self, name: str, stem: str, stream: IO[bytes], *, close: bool) -> None:
        self.name = name
        self.stem = stem
        self.start = 0
        self._file = stream if close else None
        self._stream: IO[bytes] | _Rejoined = stream
        self._kept: deque[bytes] = deque()
        first = self._read()
        if first.startswith(_GZIP):
            rejoined = cast(IO[bytes], _Rejoined(first, stream))
            self._stream = cast(IO[bytes], gzip.GzipFile(fileobj=rejoined, mode="rb"))
            first = self._read()
        self._refuse_what_is_no_utf8(first)
        if first.startswith(_UTF8_BOM):
            self.start = len(_UTF8_BOM)
            first = first[self.start :]
        if first:
            self._kept.append(first)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._file is not None:
            self._file.close()

    def chunks(self, *, keep: bool = False) -> Iterator[bytes]:
        """Pieces of the content; with `keep` they will be given again.

        Raises:
            InputError: The gzip data is damaged or cut short.
            StoreIOError: Reading failed.
        """
        if keep:
            yield from tuple(self._kept)
        while not keep and self._kept:
            yield self._kept.popleft()
        while chunk := self._read():
            if keep:
                self._kept.append(chunk)
            yield chunk

    def lines(self, *, keep: bool = False) -> Iterator[bytes]:
        """Lines without their newline; a carriage return before it stays.

        Raises:
            InputError: As for `chunks`, or a line is longer than `MAX_ROW_BYTES`.
        """
        parts: list[bytes] = []
        n_bytes = n_lines = 0
        for chunk in self.chunks(keep=keep):
            *ended, rest = chunk.split(b"\n")
            for piece in ended:
                parts.append(piece)
                yield b"".join(parts)
                parts.clear()
                n_bytes = 0
                n_lines += 1
            parts.append(rest)
            n_bytes += len(rest)
            if n_bytes > MAX_ROW_BYTES:
                raise InputError(
                    f"a line is longer than {MAX_ROW_BYTES} bytes",
                    where=f"{self.name}:{n_lines + 1}",
                    todo="check that the file is what it should be",
                )
        if last := b"".join(parts):
            yield last

    def _read(self) -> bytes:
        try:
            return self._stream.read(CHUNK_BYTES)
        except (gzip.BadGzipFile, EOFError, zlib.error) as error:
            raise InputError(
                f"the gzip data is damaged or cut short: {error}",
                where=self.name,
                todo="fetch or pack the file again",
            ) from error
        except OSError as error:
            raise StoreIOError(f"cannot read: {error.strerror}", where=self.name) from error

    def _refuse_what_is_no_utf8(self, first: bytes) -> None:
        for magic, what, todo in _REFUSED:
            if first.startswith(magic):
                raise InputError(what, where=self.name, todo=todo)
        # Files of text start with two ASCII characters, so a zero here is a wide encoding.
        if b"\0" in first[:2]:
            raise InputError(
                "the file starts with a NUL byte: UTF-16 text or no text at all",
                where=self.name,
                todo=_TO_UTF8.format("UTF-16"),
            )


class _Encoded:
    """Rows as a stream of JSON lines."""

    def __init__(self, rows: Iterator[Mapping[str, Any]]) -> None:
        self._rows = rows
        self._rest = b""

    def read(self, size: int) -> bytes:
        """Up to `size` bytes; none at the end alone."""
        parts, n_bytes = [self._rest], len(self._rest)
        while n_bytes < size:
            row = next(self._rows, None)
            if row is None:
                break
            line = json.dumps(_plain(row), ensure_ascii=False).encode(errors="surrogatepass")
            parts += [line, b"\n"]
            n_bytes += len(line) + 1
        whole = b"".join(parts)
        self._rest = whole[size:]
        return whole[:size]


def row_source(name: str, stem: str, rows: Iterator[Mapping[str, Any]]) -> Source:
    """An input that is JSON lines of rows which come from elsewhere.

    Missing values may be NaN in such rows: tables that know no other are common. Bytes are
    pictures, and become `data:` URIs, as do objects of `bytes` and `path`, which is how tables
    hold pictures.
    """
    return Source(name, stem, cast(IO[bytes], _Encoded(rows)), close=False)


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        if set(value) == {"bytes", "path"}:
            return value["path"] if value["bytes"] is None else _plain(value["bytes"])
        return {key: _plain(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_plain(one) for one in value]
    if isinstance(value, float) and math.isnan(value):
        return None
    if isinstance(value, bytes):
        return f"data:;base64,{base64.b64encode(value).decode()}"
    return value


def open_source(path: str | Path) -> Source:
    """An open input file; `-` is standard input; gzip is unpacked whatever the name.

    Use it in a `with` block. A UTF-8 byte-order mark is dropped.

    Raises:
        MissingInputError: There is no such file.
        PermissionRefused: It may not be read.
        InputError: A folder, UTF-16 or UTF-32 text, or a kind of file that is never text.
        StoreIOError: Reading failed.
    """
    if str(path) == STDIN:
        if sys.stdin is None:
            raise MissingInputError("standard input is closed", where="stdin")
        return Source("stdin", "stdin", sys.stdin.buffer, close=False)
    file = Path(path)
    name = str(path)
    try:
        stream = file.open("rb")
    except (FileNotFoundError, NotADirectoryError) as error:
        raise MissingInputError("no such file", where=name, todo="check the path") from error
    except PermissionError as error:
        raise PermissionRefused("the file may not be read", where=name) from error
    except IsADirectoryError as error:
        raise InputError("this is a folder", where=name, todo="name the files in it") from error
    except (OSError, ValueError) as error:
        raise StoreIOError(f"cannot open: {error}", where=name) from error
    unpacked = file.name[:-3] if file.name.lower().endswith(".gz") else file.name
    try:
        return Source(name, Path(unpacked).stem, stream, close=True)
    except BaseException:
        stream.close()
        raise
