"""Rows as a Parquet file, written front to back in flat memory.

Every value may be null. A row group holds as many rows as fill `GROUP_BYTES`, one page a
column; columns of text and numbers are compressed with gzip, those of bytes, which pictures
fill, are not. The metadata say which types Hugging Face `datasets` gives the columns. The
same rows give the same bytes. See the Apache Parquet format 2.x, `parquet.thrift` and
`Encodings.md`, and the Thrift compact protocol.
"""

from __future__ import annotations

import gzip
import json
import struct
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from intermt.formats.writing.pairs import ByteSink

MAGIC = b"PAR1"
GROUP_BYTES = 32 * 2**20

Kind = Literal["bool", "int", "float", "text", "bytes"]
_PHYSICAL: dict[Kind, int] = {"bool": 0, "int": 2, "float": 5, "text": 6, "bytes": 6}
_DTYPE: dict[Kind, str] = {
    "bool": "bool",
    "int": "int64",
    "float": "float64",
    "text": "string",
    "bytes": "binary",
}
_OPTIONAL, _REPEATED = 1, 2
_UTF8, _LIST = 0, 3
_PLAIN, _RLE = 0, 3
_UNCOMPRESSED, _GZIP = 0, 2


@dataclass(frozen=True, slots=True)
class ListOf:
    """A column of lists.

    Attributes:
        item: What is in them.
    """

    item: Type


@dataclass(frozen=True, slots=True)
class Struct:
    """A column of structs.

    Attributes:
        fields: Their fields in order.
        feature: What `datasets` takes it for; None for a plain struct.
    """

    fields: Mapping[str, Type]
    feature: str | None = None


Type = Kind | ListOf | Struct

PICTURE = Struct({"bytes": "bytes", "path": "text"}, feature="Image")
"""A picture with its file's bytes and name, which `datasets` decodes."""


class ParquetFile:
    """A Parquet file in the making.

    Args:
        sink: Where its bytes go.
        columns: Names and types of its columns.
    """

    def __init__(self, sink: ByteSink, columns: Mapping[str, Type]) -> None:
        self._sink = sink
        self._columns = columns
        self._leaves: list[_Leaf] = []
        self._adders = {name: self._adder(type_, (name,), 0, 0) for name, type_ in columns.items()}
        self._at = 0
        self._n_rows = 0
        self._n_held = 0
        self._groups: list[bytes] = []
        self._put(MAGIC)

    def write(self, row: Mapping[str, Any]) -> None:
        """Write one row; a column that it does not name is null."""
        for name, add in self._adders.items():
            add(row.get(name), 0, 0)
        self._n_held += 1
        if sum(leaf.n_bytes for leaf in self._leaves) >= GROUP_BYTES:
            self._flush()

    def close(self) -> None:
        """Write what ends the file; the sink stays open."""
        self._flush()
        metadata = json.dumps(
            {"info": {"features": {n: feature_of(t) for n, t in self._columns.items()}}},
            separators=(",", ":"),
        )
        note = _struct((1, _text("huggingface")), (2, _text(metadata)))[1]
        footer = _struct(
            (1, _int(1)),
            (2, _list(_STRUCT, list(self._schema()))),
            (3, _long(self._n_rows)),
            (4, _list(_STRUCT, self._groups)),
            (5, _list(_STRUCT, [note])),
            (6, _text("intermt")),
        )[1]
        self._put(footer + struct.pack("<I", len(footer)) + MAGIC)

    def _put(self, data: bytes) -> None:
        self._sink.write(data)
        self._at += len(data)

    def _flush(self) -> None:
        if not self._n_held:
            return
        start = self._at
        columns = [self._flush_leaf(leaf) for leaf in self._leaves]
        size = sum(leaf.written for leaf in self._leaves)
        self._groups.append(
            _struct(
                (1, _list(_STRUCT, columns)),
                (2, _long(size)),
                (3, _long(self._n_held)),
                (5, _long(start)),
            )[1]
        )
        self._n_rows += self._n_held
        self._n_held = 0

    def _flush_leaf(self, leaf: _Leaf) -> bytes:
        """Write one column's page; what the footer says of it."""
        codec = _UNCOMPRESSED if leaf.kind == "bytes" else _GZIP
        page = leaf.take()
        packed = page if codec == _UNCOMPRESSED else gzip.compress(page, mtime=0)
        counts = ((1, _int(leaf.n)), (2, _int(_PLAIN)), (3, _int(_RLE)), (4, _int(_RLE)))
        header = _struct(
            (1, _int(0)), (2, _int(len(page))), (3, _int(len(packed))), (5, _struct(*counts))
        )[1]
        start = self._at
        self._put(header)
        self._put(packed)
        leaf.written = len(header) + len(page)
        metadata = _struct(
            (1, _int(_PHYSICAL[leaf.kind])),
            (2, _list(_INT, [_varint(_zigzag(n)) for n in (_PLAIN, _RLE)])),
            (3, _list(_BINARY, [_text(name)[1] for name in leaf.path])),
            (4, _int(codec)),
            (5, _long(leaf.n)),
            (6, _long(leaf.written)),
            (7, _long(len(header) + len(packed))),
            (9, _long(start)),
        )
        leaf.clear()
        return _struct((2, _long(start)), (3, metadata))[1]

    def _schema(self) -> Iterator[bytes]:
        yield _struct((4, _text("schema")), (5, _int(len(self._columns))))[1]
        for name, type_ in self._columns.items():
            yield from _elements(name, type_)

    def _adder(
        self, type_: Type, path: tuple[str, ...], deepest: int, repeated: int
    ) -> Callable[[Any, int, int], None]:
        """What takes a value, at a repetition and a definition level, apart into its leaves.

        Args:
            type_: The value's type.
            path: Where it stands.
            deepest: Definition level of what is around it.
            repeated: How many lists are around it.
        """
        if isinstance(type_, str):
            leaf = _Leaf(type_, path, deepest + 1, repeated)
            self._leaves.append(leaf)
            return leaf.add
        if isinstance(type_, Struct):
            parts = [
                (name, self._adder(part, (*path, name), deepest + 1, repeated))
                for name, part in type_.fields.items()
            ]

            def add_struct(value: Mapping[str, Any] | None, repetition: int, level: int) -> None:
                for name, add in parts:
                    if value is None:
                        add(_NOTHING, repetition, level)
                    else:
                        add(value.get(name), repetition, level + 1)

            return _unless_nothing(add_struct, [add for _, add in parts])
        add_item = self._adder(type_.item, (*path, "list", "element"), deepest + 2, repeated + 1)

        def add_list(value: Sequence[Any] | None, repetition: int, level: int) -> None:
            if not value:
                add_item(_NOTHING, repetition, level + (value is not None))
                return
            for n, item in enumerate(value):
                add_item(item, repeated + 1 if n else repetition, level + 2)

        return _unless_nothing(add_list, [add_item])


_NOTHING = object()
"""In place of a value: what is around it is null or empty, at the level that is given."""


def _unless_nothing(
    add: Callable[[Any, int, int], None], parts: Sequence[Callable[[Any, int, int], None]]
) -> Callable[[Any, int, int], None]:
    def either(value: Any, repetition: int, level: int) -> None:
        if value is _NOTHING:
            for part in parts:
                part(_NOTHING, repetition, level)
        else:
            add(value, repetition, level)

    return either


@dataclass(slots=True)
class _Leaf:
    """One column of values, its levels run-length encoded as they come."""

    kind: Kind
    path: tuple[str, ...]
    deepest: int
    repeated: int
    n: int = 0
    written: int = 0
    values: bytearray = field(default_factory=bytearray)
    bits: list[bool] = field(default_factory=list)
    definitions: list[list[int]] = field(default_factory=list)
    repetitions: list[list[int]] = field(default_factory=list)

    @property
    def n_bytes(self) -> int:
        """About what is held."""
        return len(self.values) + len(self.bits) + 8 * len(self.definitions) + self.n // 8

    def add(self, value: Any, repetition: int, level: int) -> None:
        self.n += 1
        present = value is not None and value is not _NOTHING
        _count(self.definitions, level + 1 if present else level)
        _count(self.repetitions, repetition)
        if not present:
            return
        if self.kind == "bool":
            self.bits.append(bool(value))
        elif self.kind == "int":
            self.values += struct.pack("<q", value)
        elif self.kind == "float":
            self.values += struct.pack("<d", value)
        else:
            data = value.encode() if self.kind == "text" else value
            self.values += struct.pack("<I", len(data))
            self.values += data

    def take(self) -> bytes:
        """The page: repetition levels, definition levels, values."""
        levels = b"" if not self.repeated else _levels(self.repetitions, self.repeated)
        levels += _levels(self.definitions, self.deepest)
        if self.kind != "bool":
            return levels + self.values
        packed = sum(1 << n for n, bit in enumerate(self.bits) if bit)
        return levels + packed.to_bytes((len(self.bits) + 7) // 8, "little")

    def clear(self) -> None:
        self.n = 0
        self.values, self.bits, self.definitions, self.repetitions = bytearray(), [], [], []


def _count(runs: list[list[int]], level: int) -> None:
    if runs and runs[-1][0] == level:
        runs[-1][1] += 1
    else:
        runs.append([level, 1])


def _levels(runs: list[list[int]], most: int) -> bytes:
    width = (most.bit_length() + 7) // 8
    data = b"".join(_varint(n << 1) + level.to_bytes(width, "little") for level, n in runs)
    return struct.pack("<I", len(data)) + data


def _elements(name: str, type_: Type) -> Iterator[bytes]:
    """The schema of a column, itself first."""
    repetition, label = (3, _int(_OPTIONAL)), (4, _text(name))
    if isinstance(type_, Struct):
        yield _struct(repetition, label, (5, _int(len(type_.fields))))[1]
        for part, part_type in type_.fields.items():
            yield from _elements(part, part_type)
    elif isinstance(type_, ListOf):
        yield _struct(repetition, label, (5, _int(1)), (6, _int(_LIST)))[1]
        yield _struct((3, _int(_REPEATED)), (4, _text("list")), (5, _int(1)))[1]
        yield from _elements("element", type_.item)
    else:
        text = [(6, _int(_UTF8))] if type_ == "text" else []
        yield _struct((1, _int(_PHYSICAL[type_])), repetition, label, *text)[1]


def feature_of(type_: Type) -> Any:
    """What `datasets` calls a type in its metadata, in the form that all its versions read."""
    if isinstance(type_, ListOf):
        return [feature_of(type_.item)]
    if isinstance(type_, str):
        return {"dtype": _DTYPE[type_], "_type": "Value"}
    if type_.feature is not None:
        return {"_type": type_.feature}
    return {name: feature_of(part) for name, part in type_.fields.items()}


# --- Thrift's compact protocol: a value is its type and its bytes ------------------------

_INT, _LONG, _BINARY, _SEQUENCE, _STRUCT = 5, 6, 8, 9, 12
_Value = tuple[int, bytes]


def _varint(n: int) -> bytes:
    data = bytearray()
    while n > 127:
        data.append(n & 127 | 128)
        n >>= 7
    data.append(n)
    return bytes(data)


def _zigzag(n: int) -> int:
    return n << 1 if n >= 0 else -n * 2 - 1


def _int(n: int) -> _Value:
    return _INT, _varint(_zigzag(n))


def _long(n: int) -> _Value:
    return _LONG, _varint(_zigzag(n))


def _text(text: str) -> _Value:
    data = text.encode()
    return _BINARY, _varint(len(data)) + data


def _list(type_: int, items: Sequence[bytes]) -> _Value:
    n = len(items)
    head = bytes([n << 4 | type_]) if n < 15 else bytes([0xF0 | type_]) + _varint(n)
    return _SEQUENCE, head + b"".join(items)


def _struct(*fields: tuple[int, _Value]) -> _Value:
    data, last = b"", 0
    for key, (type_, value) in fields:
        data += bytes([key - last << 4 | type_]) + value
        last = key
    return _STRUCT, data + b"\0"
