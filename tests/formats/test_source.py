from __future__ import annotations

import gzip
import io
import os
import subprocess
import sys
from pathlib import Path

import pytest

from intermt.errors import (
    InputError,
    IntermtError,
    MissingInputError,
    PermissionRefused,
)
from intermt.formats.reading import source as module
from intermt.formats.reading.source import open_source
from tests.formats.reading_files import conversation, kind_of, load, write_json

TABLE = b"rater,answer_a,answer_b,choice\nr," + b"a" * 32 + b"," + b"b" * 32 + b",A\n"


def lines_of(path: Path) -> list[bytes]:
    with open_source(path) as source:
        return list(source.lines())


def test_lines_are_the_same_wherever_the_chunks_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = b"one\r\n\ntwo \xc3\xa4\nlast without newline"
    file = tmp_path / "x.txt"
    file.write_bytes(content)
    expected = [b"one\r", b"", b"two \xc3\xa4", b"last without newline"]
    for size in (8, 9, 10, 13, 1000):
        monkeypatch.setattr(module, "CHUNK_BYTES", size)
        assert lines_of(file) == expected


def test_what_was_looked_at_is_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "CHUNK_BYTES", 8)
    file = tmp_path / "x.txt"
    file.write_bytes(b"first line\nsecond line\nthird")
    with open_source(file) as source:
        assert next(source.lines(keep=True)) == b"first line"
        assert next(source.lines(keep=True)) == b"first line"
        assert list(source.lines()) == [b"first line", b"second line", b"third"]
        assert list(source.lines()) == []


def test_a_line_beyond_the_limit_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "CHUNK_BYTES", 64)
    monkeypatch.setattr(module, "MAX_ROW_BYTES", 256)
    file = tmp_path / "x.txt"
    file.write_bytes(b"short\n" + b"x" * 5000)
    with pytest.raises(InputError) as caught:
        lines_of(file)
    assert caught.value.where == f"{file}:2"


def test_gzip_is_known_by_its_bytes_and_keeps_the_stem(tmp_path: Path) -> None:
    plain, packed, disguised = (tmp_path / n for n in ("v.csv", "v.csv.gz", "v.dat"))
    plain.write_bytes(TABLE)
    packed.write_bytes(gzip.compress(TABLE[:40]) + gzip.compress(TABLE[40:]))
    disguised.write_bytes(gzip.compress(TABLE))
    keys = [[row.task_key for row in load(f)] for f in (plain, packed, disguised)]
    assert keys[0] == keys[1] == keys[2]
    with open_source(packed) as source:
        assert source.stem == "v"


@pytest.mark.parametrize("damage", ["cut", "flipped", "trailing"])
def test_damaged_gzip_is_an_input_error(tmp_path: Path, damage: str) -> None:
    packed = bytearray(gzip.compress(TABLE * 50))
    if damage == "cut":
        packed = packed[:-12]
    elif damage == "flipped":
        packed[len(packed) // 2] ^= 0xFF
    else:
        packed += b"rubbish"
    file = tmp_path / "x.gz"
    file.write_bytes(packed)
    with pytest.raises(InputError, match="gzip") as caught:
        load(file)
    assert caught.value.where == str(file)


def test_a_byte_order_mark_is_dropped_and_counted(tmp_path: Path) -> None:
    file = tmp_path / "bom.json"
    write_json(file, [conversation()])
    file.write_bytes(b"\xef\xbb\xbf" + file.read_bytes())
    assert kind_of(file) == "intermt-bench"
    assert len(load(file)) == 1
    table = tmp_path / "bom.csv"
    table.write_bytes(b"\xef\xbb\xbf" + TABLE)
    assert kind_of(table) == "csv"
    with open_source(table) as source:
        assert source.start == 3


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_wide_encodings_are_refused_with_the_remedy(tmp_path: Path, encoding: str) -> None:
    file = tmp_path / "wide.csv"
    text = TABLE.decode()
    # utf-16-be without a mark starts with a zero byte; -le has one in second place.
    file.write_bytes(text.encode(encoding))
    with pytest.raises(InputError) as caught:
        load(file)
    assert "UTF-8" in caught.value.todo
    assert "UTF-" in caught.value.what


@pytest.mark.parametrize(
    ("head", "named"),
    [(b"PK\x03\x04", "zip"), (b"PAR1", "Parquet"), (b"BZh9", "bzip2"), (b"(\xb5/\xfd", "zstd")],
)
def test_files_that_are_no_text_are_named(tmp_path: Path, head: bytes, named: str) -> None:
    file = tmp_path / "x.json"
    file.write_bytes(head + b"\x01\x02\x03")
    with pytest.raises(InputError, match=named):
        load(file)


def test_files_that_cannot_be_opened(tmp_path: Path) -> None:
    file = tmp_path / "x.json"
    with pytest.raises(MissingInputError):
        open_source(file)
    with pytest.raises(InputError, match="folder"):
        open_source(tmp_path)
    file.write_bytes(b"[]")
    with pytest.raises(MissingInputError):
        open_source(file / "below")
    with pytest.raises(IntermtError):
        open_source("nul\0name")
    if os.geteuid() != 0:
        file.chmod(0)
        with pytest.raises(PermissionRefused):
            open_source(file)


def test_a_dash_is_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(TABLE)))
    (row,) = load("-")
    assert row.where == "stdin:2"
    assert row.task_key.startswith("row:")
    monkeypatch.setattr(sys, "stdin", None)
    with pytest.raises(MissingInputError):
        open_source("-")


def test_a_pipe_that_trickles_is_read_to_its_end() -> None:
    code = "from tests.formats.reading_files import load; print(len(load('-')))"
    child = subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert child.stdin is not None
    packed = gzip.compress(TABLE)
    for at in range(len(packed)):
        child.stdin.write(packed[at : at + 1])
        child.stdin.flush()
    out, _ = child.communicate()
    assert (child.returncode, out.strip()) == (0, b"1")
