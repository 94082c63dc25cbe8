from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intermt.errors import InputError
from intermt.formats.reading import json_rows as module
from intermt.formats.reading.fields import BadRow
from intermt.formats.reading.json_rows import decode, split_list
from intermt.formats.reading.rows import RowProblem
from intermt.formats.reading.source import open_source
from tests.formats.reading_files import conversation, load, only_problem, pair, write_json

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text('"\\[]{}, \n\täx', max_size=12),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text('k"]}\\', max_size=3), inner)
    ),
    max_leaves=12,
)


def split(pieces: list[bytes]) -> list[tuple[int, bytes]]:
    with open_source("/dev/null") as source:
        return list(split_list(pieces, source))


def in_pieces(data: bytes, size: int) -> list[bytes]:
    return [data[at : at + size] for at in range(0, len(data), size)]


@given(st.lists(VALUES, max_size=6), st.integers(1, 40), st.booleans(), st.sampled_from([None, 1]))
def test_splitting_a_list_is_parsing_it(
    values: list[Any], size: int, ascii_only: bool, indent: int | None
) -> None:
    data = json.dumps(values, ensure_ascii=ascii_only, indent=indent).encode()
    items = split(in_pieces(b" \n" + data + b"\r\n", size))
    assert [json.loads(raw) for _, raw in items] == values
    for offset, raw in items:
        assert (b" \n" + data)[offset : offset + len(raw)] == raw


@given(st.lists(VALUES, min_size=1, max_size=4), st.integers(1, 40), st.data())
def test_a_list_cut_short_anywhere_is_an_input_error(
    values: list[Any], size: int, data: st.DataObject
) -> None:
    whole = json.dumps(values).encode()
    cut = data.draw(st.integers(1, len(whole) - 1))
    with pytest.raises(InputError, match=rf"cut short: it ends at byte {cut}"):
        split(in_pieces(whole[:cut], size))


@pytest.mark.parametrize(
    ("text", "at"),
    [
        (b"[{}, {]]", "byte 6"),
        (b"[1,,2]", "byte 3"),
        (b"[,1]", "byte 1"),
        (b"[1,]", "byte 3"),
        (b"[1] [2]", "byte 4"),
        (b"[1]\0", "behind the end"),
        (b'[1]"', "behind the end"),
    ],
)
def test_a_list_broken_between_its_items_names_the_byte(text: bytes, at: str) -> None:
    for size in (1, 2, 100):
        with pytest.raises(InputError, match=at):
            split(in_pieces(text, size))


def test_an_item_beyond_the_limit_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_ROW_BYTES", 100)
    fits = b'["' + b"x" * 80 + b'"]'
    assert len(split(in_pieces(fits, 10))) == 1
    with pytest.raises(InputError, match="longer than 100"):
        split(in_pieces(b'["' + b"x" * 200 + b'"]', 10))


def test_memory_stays_flat_however_long_the_list() -> None:
    def pieces() -> Any:
        yield b"["
        for _ in range(200):
            yield (b'{"text": "' + b"x" * 1000 + b'"},') * 100
        yield b"1]"

    import tracemalloc

    with open_source("/dev/null") as source:
        tracemalloc.start()
        n = sum(1 for _ in split_list(pieces(), source))
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert n == 20_001
    assert peak < 2_000_000


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b'{"a": NaN}', "numbers that JSON knows"),
        (b'{"a": -Infinity}', "numbers that JSON knows"),
        (b'{"a": {"b": 1, "b": 2}}', "only once"),
        (b'{"a": "caf\xe9"}', "UTF-8 at byte 110"),
        (b'{"a": "x\0y"}', "byte 108"),
        (b'{"a": 1,}', "byte 10"),
        (b'{"\xc3\xa4": tru}', "valid JSON at byte 107"),
        (b'{"a": 1} {"a": 2}', "byte 109"),
        (b'{"a":' * 100_000, "nested"),
        (b'{"a": ' + b"9" * 10_000 + b"}", "thousands of digits"),
    ],
)
def test_a_row_that_is_no_json_says_what_and_where(raw: bytes, expected: str) -> None:
    with pytest.raises(BadRow) as caught:
        decode(raw, 100)
    problem = caught.value.problem("here")
    assert expected in problem.message
    assert len(problem.message) < 400
    assert problem.message.isprintable()


def test_a_bad_item_costs_only_itself(tmp_path: Path) -> None:
    good = json.dumps(conversation()).encode()
    file = tmp_path / "x.json"
    bad = [
        b'{"id": 3, "conversations": NaN}',
        b"17",
        b'{"id": "\xff"}',
        b"[" * 50_000 + b"]" * 50_000,
    ]
    file.write_bytes(b"[" + b",\n".join([good, *bad, good]) + b"]")
    rows = load(file)
    assert [isinstance(row, RowProblem) for row in rows] == [False, True, True, True, True, False]
    assert rows[0].where == f"{file}: item 1 (id 7)"
    assert [row.where for row in rows[1:5]] == [f"{file}: item {n}" for n in (2, 3, 4, 5)]


def test_a_bad_line_costs_only_itself(tmp_path: Path) -> None:
    file = tmp_path / "x.jsonl"
    good = json.dumps(pair()).encode()
    file.write_bytes(b"\r\n".join([good, b"", b'{"pair_id"', b'{"a": "\0"}', good, b"  "]))
    rows = load(file)
    assert [isinstance(row, RowProblem) for row in rows] == [False, True, True, False]
    assert [row.where for row in rows] == [f"{file}:{n}" for n in (1, 3, 4, 5)]
    at = file.read_bytes().index(b"\0")
    assert f"byte {at} " in rows[2].message


def test_lists_and_lines_hold_the_same_rows(tmp_path: Path) -> None:
    items = [conversation(id=n) for n in range(3)]
    listed = load(write_json(tmp_path / "list.json", items))
    lines = tmp_path / "lines.json"
    lines.write_text("".join(json.dumps(item) + "\n" for item in items))
    assert [row.turns for row in load(lines)] == [row.turns for row in listed]


def test_a_cell_of_ten_megabytes_is_read_whole(tmp_path: Path) -> None:
    item = conversation()
    item["conversations"][0]["response"] = 'long "quoted" \\ text ' * 500_000
    (row,) = load(write_json(tmp_path / "x.json", [item]))
    assert row.turns[0][1].text == item["conversations"][0]["response"]


def test_a_kind_forced_upon_other_text_is_an_input_error(tmp_path: Path) -> None:
    file = tmp_path / "x.csv"
    file.write_text("rater,choice\n")
    with pytest.raises(InputError, match="not JSON"):
        load(file, "jsonl")
    file.write_text("7\n")
    with pytest.raises(InputError, match="not JSON"):
        load(file, "intermt-bench")


def test_an_empty_list_has_no_rows(tmp_path: Path) -> None:
    file = tmp_path / "x.json"
    file.write_text(" [ ] ")
    assert load(file, "intermt-bench") == []


def test_an_object_of_another_kind_is_a_problem_not_a_crash(tmp_path: Path) -> None:
    problem = only_problem(load(write_json(tmp_path / "x.json", [["x"]]), "jsonl"))
    assert problem.expected == "a JSON object"
