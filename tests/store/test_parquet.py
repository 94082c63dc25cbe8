"""Parquet files: what comes out, and that nothing else can be opened."""

from __future__ import annotations

import datetime
import os
from pathlib import Path
from typing import Any

import duckdb
import pytest

from intermt.errors import InputError, MissingInputError
from intermt.store.parquet import _confine, _rows, is_parquet, read_metadata, read_rows


def parquet(path: Path, select: str) -> Path:
    """A file with the rows of a query; names that SQL would trip over are given afterwards."""
    plain = path.parent / "plain.parquet"
    with duckdb.connect() as db:
        db.execute(f"COPY ({select}) TO '{plain}' (FORMAT parquet)")
    plain.rename(path)
    return path


@pytest.mark.parametrize("name", ["a.parquet", "with 'quote.parquet", "[1]*?.parquet", "π.pq"])
def test_a_name_is_only_a_name(tmp_path: Path, name: str) -> None:
    parquet(tmp_path / "1.parquet", "SELECT 'other' AS text")
    path = parquet(tmp_path / name, "SELECT 'mine' AS text")
    assert is_parquet(path)
    assert list(read_rows(path)) == [{"text": "mine"}]


def test_values_come_as_json_has_them_or_as_bytes(tmp_path: Path) -> None:
    path = parquet(
        tmp_path / "x",
        """
        SELECT 7 AS n, 1.5::DOUBLE AS x, true AS yes, NULL::VARCHAR AS nothing, 2.50::DECIMAL(4,2)
        AS price, DATE '2026-03-01' AS day, encode('é') AS old_text, '\\x89\\x00'::BLOB AS picture,
        [{'bytes': '\\xFF\\xD8'::BLOB, 'path': 'a.jpg'}] AS images
        """,
    )
    (row,) = read_rows(path)
    assert row == {
        "n": 7,
        "x": 1.5,
        "yes": True,
        "nothing": None,
        "price": "2.50",
        "day": datetime.date(2026, 3, 1).isoformat(),
        "old_text": "é",
        "picture": b"\x89\x00",
        "images": [{"bytes": b"\xff\xd8", "path": "a.jpg"}],
    }


def test_rows_keep_their_order(tmp_path: Path) -> None:
    path = parquet(tmp_path / "x", "SELECT i FROM range(5000) t(i)")
    assert [row["i"] for row in read_rows(path)] == list(range(5000))


def test_its_database_opens_nothing_else(tmp_path: Path) -> None:
    mine = parquet(tmp_path / "mine", "SELECT 1 AS x")
    other = parquet(tmp_path / "other", "SELECT 2 AS x")
    fd = os.open(mine, os.O_RDONLY)
    try:
        with duckdb.connect() as db:
            _confine(db, f"/dev/fd/{fd}")
            assert list(_rows(db, f"/dev/fd/{fd}")) == [{"x": 1}]
            for query, value in (
                ("SELECT * FROM read_parquet(?)", str(other)),
                ("SELECT * FROM read_text(?)", "/etc/passwd"),
            ):
                with pytest.raises(duckdb.PermissionException):
                    db.execute(query, [value])
            with pytest.raises(duckdb.InvalidInputException):
                db.execute("SET enable_external_access = true")
    finally:
        os.close(fd)


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:60])


def _scrambled(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[4:-8] = os.urandom(len(content) - 12)
    path.write_bytes(bytes(content))


@pytest.mark.parametrize("damage", [_cut, _scrambled])
def test_a_damaged_file_is_said_by_its_name(tmp_path: Path, damage: Any) -> None:
    path = parquet(tmp_path / "x.parquet", "SELECT i, 'text ' || i AS t FROM range(100) r(i)")
    damage(path)
    with pytest.raises(InputError, match="cannot be read") as caught:
        list(read_rows(path))
    assert caught.value.where == str(path)
    assert "/dev/fd" not in str(caught.value)


def test_what_is_no_parquet_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "text").write_text("PAR")
    for name in ("pipe", "text", "gone", ".", "nul\0"):
        assert not is_parquet(tmp_path / name)
    with pytest.raises(MissingInputError):
        list(read_rows(tmp_path / "gone"))


def test_what_the_writer_noted_is_read_as_text(tmp_path: Path) -> None:
    path = tmp_path / "x"
    with duckdb.connect() as db:
        db.execute(
            f"COPY (SELECT 1 AS i) TO '{path}' (FORMAT parquet, KV_METADATA {{huggingface: 'é'}})"
        )
    assert read_metadata(path) == {"huggingface": "é"}
    assert read_metadata(parquet(tmp_path / "plain", "SELECT 1 AS i")) == {}
