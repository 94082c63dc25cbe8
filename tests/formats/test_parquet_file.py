from __future__ import annotations

import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from intermt.formats.writing import parquet_file
from intermt.formats.writing.parquet_file import PICTURE, ListOf, ParquetFile, Struct, Type

COLUMNS: dict[str, Type] = {
    "text": "text",
    "int": "int",
    "float": "float",
    "bool": "bool",
    "messages": ListOf(
        Struct({"role": "text", "content": ListOf(Struct({"type": "text", "text": "text"}))})
    ),
    "pictures": ListOf(PICTURE),
    "votes": Struct({"n": "int", "names": ListOf("text")}),
    "nested": ListOf(ListOf("int")),
}


def values(type_: Type) -> st.SearchStrategy[Any]:
    if isinstance(type_, ListOf):
        some = st.lists(values(type_.item), max_size=3)
    elif isinstance(type_, Struct):
        some = st.fixed_dictionaries({n: values(t) for n, t in type_.fields.items()})
    else:
        some = {
            "text": st.text(st.characters(exclude_categories=["Cs"]), max_size=5),
            "int": st.integers(-(2**63), 2**63 - 1),
            "float": st.floats(allow_nan=False),
            "bool": st.booleans(),
            "bytes": st.binary(max_size=5),
        }[type_]
    return st.one_of(st.none(), some)


rows_of = st.lists(st.fixed_dictionaries({n: values(t) for n, t in COLUMNS.items()}), max_size=6)


def written(rows: list[dict[str, Any]], columns: Mapping[str, Type] = COLUMNS) -> bytes:
    sink = io.BytesIO()
    file = ParquetFile(sink, columns)
    for row in rows:
        file.write(row)
    file.close()
    return sink.getvalue()


def read(file: Path, content: bytes) -> list[dict[str, Any]]:
    file.write_bytes(content)
    with duckdb.connect(":memory:") as db:
        found = db.execute("SELECT * FROM read_parquet(?)", [str(file)])
        names = [column[0] for column in found.description or ()]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def metadata(file: Path, content: bytes) -> tuple[int, list[tuple[int, int]]]:
    """Rows, and rows and number of each row group."""
    file.write_bytes(content)
    with duckdb.connect(":memory:") as db:
        groups = db.execute(
            "SELECT DISTINCT row_group_id, row_group_num_rows FROM parquet_metadata(?) ORDER BY 1",
            [str(file)],
        ).fetchall()
        (n_rows,) = db.execute(
            "SELECT num_rows FROM parquet_file_metadata(?)", [str(file)]
        ).fetchone() or (-1,)
    return n_rows, groups


@given(rows_of, st.sampled_from([1, 200, 10**6]))
@settings(deadline=None)
def test_another_reader_gives_back_what_was_written(
    tmp_path_factory: pytest.TempPathFactory, rows: list[dict[str, Any]], group_bytes: int
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(parquet_file, "GROUP_BYTES", group_bytes)
        content = written(rows)
    assert read(tmp_path_factory.mktemp("parquet") / "rows.parquet", content) == rows


def test_the_same_rows_give_the_same_bytes() -> None:
    rows = [{"text": "a", "int": 1}, {"messages": [], "bool": True}]
    assert written(rows) == written(rows)


def test_no_rows_are_a_table_with_its_columns(tmp_path: Path) -> None:
    content = written([])
    assert read(tmp_path / "rows.parquet", content) == []
    assert metadata(tmp_path / "rows.parquet", content) == (0, [])


def test_a_column_that_a_row_does_not_name_is_null(tmp_path: Path) -> None:
    (row,) = read(tmp_path / "rows.parquet", written([{}]))
    assert row == dict.fromkeys(COLUMNS)


def test_a_row_group_ends_when_it_is_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parquet_file, "GROUP_BYTES", 1000)
    rows = [{"a": bytes(400)}] * 7
    assert metadata(tmp_path / "rows.parquet", written(rows, {"a": "bytes"})) == (
        7,
        [(0, 3), (1, 3), (2, 1)],
    )


def test_many_rows_of_nothing_end_a_row_group_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parquet_file, "GROUP_BYTES", 1000)
    _, groups = metadata(tmp_path / "rows.parquet", written([{}] * 20_000, {"a": "text"}))
    assert len(groups) > 1


def test_pictures_go_out_while_rows_come_in() -> None:
    class Sink:
        longest = 0

        def write(self, data: bytes) -> None:
            self.longest = max(self.longest, len(data))

    sink = Sink()
    file = ParquetFile(sink, {"picture": PICTURE})
    for _ in range(100):
        file.write({"picture": {"bytes": bytes(1_000_000), "path": "a.png"}})
    file.close()
    assert sink.longest < parquet_file.GROUP_BYTES + 2_000_000


def test_the_metadata_say_what_datasets_takes_the_columns_for(tmp_path: Path) -> None:
    file = tmp_path / "rows.parquet"
    file.write_bytes(written([]))
    with duckdb.connect(":memory:") as db:
        found = db.execute("SELECT key, value FROM parquet_kv_metadata(?)", [str(file)]).fetchall()
    ((key, value),) = found
    assert bytes(key) == b"huggingface"
    features = json.loads(value)["info"]["features"]
    assert features["pictures"] == [{"_type": "Image"}]
    assert features["nested"] == [[{"dtype": "int64", "_type": "Value"}]]
    assert features["votes"] == {
        "n": {"dtype": "int64", "_type": "Value"},
        "names": [{"dtype": "string", "_type": "Value"}],
    }
