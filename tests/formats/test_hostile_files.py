"""What becomes of files that are damaged, or made to do harm, in every kind."""

from __future__ import annotations

import gzip
import json
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from intermt.errors import InputError, IntermtError
from intermt.formats.reading import json_rows, source
from intermt.formats.reading.registry import KINDS, read
from intermt.formats.reading.rows import LabelRow, ReadOptions, RowProblem, SkippedRow
from intermt.formats.reading.source import row_source
from tests.formats import test_argilla, test_benchmark_files, test_prodigy
from tests.formats.reading_files import conversation, kind_of, load, pair

A, B = "a" * 32, "b" * 32
ROWS: dict[str, dict[str, Any]] = {
    "conversation": conversation(annotation={"G3": 1}),
    "scores": test_benchmark_files.scores(),
    "preference": test_benchmark_files.pair(),
    "pair": pair(),
    "argilla": test_argilla.nested(),
    "argilla flat": test_argilla.flat(),
    "prodigy": test_prodigy.task(),
}
TABLE = f"rater,answer_a,answer_b,choice,rationale\nr,{A},{B},A,"
JSON = pytest.mark.parametrize("name", sorted(ROWS))


def lines(*raw: bytes) -> bytes:
    return b"".join(line + b"\n" for line in raw)


def good(name: str) -> bytes:
    return json.dumps(ROWS[name]).encode()


def with_first_key(name: str, key: bytes) -> bytes:
    return b"{" + key + b", " + good(name)[1:]


BAD_LINES: dict[str, Callable[[str], bytes]] = {
    "invalid UTF-8": lambda name: with_first_key(name, b'"zzz": "\xff"'),
    "Latin-1": lambda name: with_first_key(name, b'"zzz": "caf\xe9"'),
    "NUL byte": lambda name: with_first_key(name, b'"zzz": "a\0b"'),
    "a key twice": lambda name: with_first_key(name, b'"zzz": 1, "zzz": 1'),
    "NaN": lambda name: with_first_key(name, b'"zzz": NaN'),
    "Infinity": lambda name: with_first_key(name, b'"zzz": -Infinity'),
    "deep": lambda name: with_first_key(name, b'"zzz": ' + b"[" * 90_000 + b"]" * 90_000),
    "deep objects": lambda name: with_first_key(name, b'"zzz": ' + b'{"a":' * 90_000 + b"1"),
    "huge number": lambda name: with_first_key(name, b'"zzz": ' + b"9" * 6_000),
    "cut short": lambda name: good(name)[:-3],
    "no object": lambda name: b"[1]",
}


@JSON
@pytest.mark.parametrize("damage", sorted(BAD_LINES))
def test_a_bad_row_of_json_costs_only_itself(tmp_path: Path, name: str, damage: str) -> None:
    file = tmp_path / "x"
    bad = BAD_LINES[damage](name)
    file.write_bytes(lines(good(name), bad, good(name)))
    rows = load(file)
    problems = [row for row in rows if isinstance(row, RowProblem)]
    assert [problem.where for problem in problems] == [f"{file}:2"]
    assert problems[0].raw == bad
    assert len(problems[0].message) < 1000
    assert problems[0].message.isprintable()
    before = [row for row in rows if row.where.startswith(f"{file}:1")]
    after = [row for row in rows if row.where.startswith(f"{file}:3")]
    assert len(before) == len(after) > 0


@JSON
@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\n\n \n"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_ends_of_lines_and_byte_order_marks_say_nothing(
    tmp_path: Path, name: str, end: bytes, mark: bytes
) -> None:
    plain, other = tmp_path / "plain", tmp_path / "other"
    plain.write_bytes(lines(good(name), good(name)))
    other.write_bytes(mark + good(name) + end + good(name))
    kinds = [type(row) for row in load(plain)]
    assert [type(row) for row in load(other)] == kinds
    assert RowProblem not in kinds


@JSON
def test_lines_that_end_with_carriage_returns_alone_are_refused(tmp_path: Path, name: str) -> None:
    file = tmp_path / "x"
    file.write_bytes(good(name) + b"\r" + good(name) + b"\r")
    with pytest.raises(InputError, match="not valid JSON"):
        load(file)


@JSON
@pytest.mark.parametrize("indent", [None, 2])
def test_a_list_in_one_line_is_the_same_as_one_in_many(
    tmp_path: Path, name: str, indent: int | None
) -> None:
    file = tmp_path / "x"
    file.write_text(json.dumps([ROWS[name]] * 3, indent=indent))
    assert not any(isinstance(row, RowProblem) for row in load(file))


@JSON
def test_a_list_that_is_cut_short_is_an_input_error(tmp_path: Path, name: str) -> None:
    file = tmp_path / "x"
    whole = b"[" + good(name) + b", " + good(name) + b"]"
    for cut in (len(whole) - 1, len(whole) - 2, len(good(name)) + 1, len(good(name)) + 3):
        file.write_bytes(whole[:cut])
        with pytest.raises(InputError, match="cut short"):
            load(file)


@JSON
def test_gzip_that_is_cut_short_is_an_input_error(tmp_path: Path, name: str) -> None:
    file = tmp_path / "x"
    packed = gzip.compress(lines(*[good(name)] * 50))
    file.write_bytes(packed)
    n_rows = len(load(file))
    assert n_rows >= 50
    for cut in (3, 12, len(packed) // 2, len(packed) - 4):
        file.write_bytes(packed[:cut])
        with pytest.raises(InputError, match="gzip"):
            load(file)


def test_a_text_of_ten_megabytes_is_kept_whole(tmp_path: Path) -> None:
    text = 'a "long", long\nstory ' * 500_000
    record = test_argilla.nested(
        responses={"rationale": [{"value": text, "user_id": "u"}], "overall": []}
    )
    task = test_prodigy.task(user_input=text)
    for item in (record, task):
        file = tmp_path / "x"
        file.write_text(json.dumps(item))
        (row,) = load(file)
        assert isinstance(row, LabelRow)
        assert row.texts[0].text == text
        assert row.raw == file.read_bytes()


def test_a_bomb_of_blanks_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_rows, "MAX_BLANK_BYTES", 1_000_000)
    file = tmp_path / "x"
    file.write_bytes(gzip.compress(b" " * 5_000_000 + good("pair")))
    with pytest.raises(InputError, match="blank bytes"):
        kind_of(file)


@pytest.mark.parametrize(
    "content", [b"[" + b" " * 9_000_000, b"{" + b"1" * 9_000_000, b"x" * 9_000_000]
)
def test_a_bomb_of_one_row_is_refused_before_it_is_unpacked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes
) -> None:
    monkeypatch.setattr(json_rows, "MAX_ROW_BYTES", 1_000_000)
    monkeypatch.setattr(source, "MAX_ROW_BYTES", 1_000_000)
    file = tmp_path / "x"
    file.write_bytes(gzip.compress(content))
    tracemalloc.start()
    for kind in (None, *KINDS):
        with pytest.raises(InputError):
            load(file, kind)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 6_000_000


@pytest.mark.parametrize(
    "content", [b"", b"\n\n", b"[]", b"\xef\xbb\xbf", gzip.compress(b"", mtime=0)]
)
def test_a_file_without_rows_is_not_guessed(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "x"
    file.write_bytes(content)
    with pytest.raises(InputError, match="not known: the file is an empty"):
        kind_of(file)
    for kind in ("argilla", "prodigy", "intermt-bench"):
        assert load(file, kind) == []


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_wide_encodings_are_refused_with_the_remedy(
    tmp_path: Path, kind: str, encoding: str
) -> None:
    file = tmp_path / "x"
    for text in (good("pair").decode(), TABLE):
        file.write_bytes(text.encode(encoding))
        with pytest.raises(InputError, match="UTF-") as caught:
            load(file, kind)
        assert "iconv" in caught.value.todo


@pytest.mark.parametrize("kind", KINDS)
def test_a_folder_and_a_file_that_is_not_there(tmp_path: Path, kind: str) -> None:
    for path in (tmp_path, tmp_path / "gone"):
        with pytest.raises(IntermtError):
            load(path, kind)


@pytest.mark.parametrize("cell", ["x" * 10_000_000, '""' * 1_000_000, "\n" * 100_000])
def test_a_cell_of_ten_megabytes_does_not_move_its_neighbours(tmp_path: Path, cell: str) -> None:
    file = tmp_path / "x"
    options = ReadOptions({"rater": "r", "answer_a": "a", "answer_b": "b", "choice": "c"})
    file.write_text(f'r,a,b,note,c\nw,{A},{B},"{cell}",tie\nw,{A},{B},,B\n')
    assert [row.choices[0].choice for row in load(file, "csv", options)] == ["tie", "b"]  # type: ignore[union-attr]


def records(n: int) -> Iterator[dict[str, Any]]:
    for i in range(n):
        yield test_prodigy.task(_task_hash=i) | {"picture": {"bytes": b"\x89", "path": "x"}}


def test_rows_from_elsewhere_are_read_in_flat_memory() -> None:
    def peak_of(n: int) -> int:
        tracemalloc.start()
        with row_source("x", "x", records(n)) as rows:
            assert sum(isinstance(row, LabelRow) for row in read(rows, "prodigy")) == n
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return peak

    peak_of(10)
    assert peak_of(6000) < 1.3 * peak_of(2000)


def test_rows_from_elsewhere_say_what_is_missing_and_embed_their_pictures() -> None:
    nan, inf = float("nan"), float("inf")
    values = {
        "a": nan,
        "b": [{"bytes": b"\x00\xff", "path": None}],
        "c": {"bytes": None, "path": "p"},
    }
    with row_source("t", "t", iter([values, {"a": inf}])) as rows:
        found = list(json_rows.json_objects(rows))
    assert found[0][1] == {"a": None, "b": ["data:;base64,AP8="], "c": "p"}  # type: ignore[index]
    assert isinstance(found[1], RowProblem)


def test_skipped_rows_are_no_problems(tmp_path: Path) -> None:
    file = tmp_path / "x"
    file.write_bytes(lines(*[json.dumps(test_prodigy.task(answer="ignore")).encode()] * 3))
    assert all(isinstance(row, SkippedRow) for row in load(file))
