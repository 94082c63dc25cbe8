from __future__ import annotations

import contextlib
import json
import os
import threading
from pathlib import Path
from typing import Any

import duckdb
import pytest

from intermt.commands.import_source import open_import, repeatable
from intermt.commands.picture_fetching import picture_fetching
from intermt.commands.picture_files import NoPicture, PictureFiles
from intermt.errors import InputError, IntermtError
from intermt.formats.reading.json_rows import json_objects
from intermt.formats.reading.registry import detect, read
from intermt.formats.reading.rows import AnswerShown, LabelRow, ReadOptions
from tests.commands.work import Program
from tests.store.samples import picture

A, B = "a" * 32, "b" * 32


def parquet(path: Path, query: str, **metadata: Any) -> Path:
    noted = ", ".join(f"{key}: '{json.dumps(value)}'" for key, value in metadata.items())
    form = f"FORMAT parquet, KV_METADATA {{{noted}}}" if noted else "FORMAT parquet"
    with duckdb.connect() as db:
        db.execute(f"COPY ({query}) TO '{path}' ({form})")
    return path


def objects(path: Path) -> list[Any]:
    with open_import(path) as source:
        return [found[1] for found in json_objects(source) if isinstance(found, tuple)]


def test_a_parquet_table_is_read_as_objects(tmp_path: Path) -> None:
    path = parquet(tmp_path / "x", "SELECT 'é' AS a, 2 AS b, 'NaN'::DOUBLE AS c, [1, NULL] AS d")
    assert objects(path) == [{"a": "é", "b": 2, "c": None, "d": [1, None]}]


def test_labels_by_number_get_their_names(tmp_path: Path) -> None:
    features = {
        "vote": {"names": ["tie", "B"], "_type": "ClassLabel"},
        "all": {"feature": {"names": ["x", "y"], "_type": "ClassLabel"}, "_type": "Sequence"},
        "other": {"dtype": "int64", "_type": "Value"},
    }
    query = "SELECT * FROM (VALUES (0, [1, 0], 1), (-1, [9], 0)) t(vote, 'all', other)"
    query = query.replace("'all'", '"all"')
    path = parquet(tmp_path / "x", query, huggingface={"info": {"features": features}})
    assert objects(path) == [
        {"vote": "tie", "all": ["y", "x"], "other": 1},
        {"vote": None, "all": [9], "other": 0},
    ]


@pytest.mark.parametrize("noted", [[], {}, {"info": None}, {"info": {"features": [1]}}, 7])
def test_notes_of_another_shape_do_no_harm(tmp_path: Path, noted: Any) -> None:
    path = parquet(tmp_path / "x", "SELECT 1 AS i", huggingface=noted)
    assert objects(path) == [{"i": 1}]


def test_a_parquet_table_of_votes_with_a_map(tmp_path: Path) -> None:
    query = f"SELECT 'w' AS who, '{A}' AS x, '{B}' AS y, 2.0 AS pick, 'picture'::BLOB AS p"
    path = parquet(tmp_path / "x", query)
    columns = {"rater": "who", "answer_a": "x", "answer_b": "y", "choice": "pick"}
    with open_import(path) as source:
        assert detect(source, ReadOptions(columns)) == "csv"
        (row,) = read(source, "csv", ReadOptions(columns))
    assert isinstance(row, LabelRow)
    assert (row.where, row.choices[0].choice) == (f"{path}:1", "b")


def test_pictures_of_a_parquet_table_are_pictures(tmp_path: Path) -> None:
    with duckdb.connect() as db:
        db.execute("CREATE TABLE t AS SELECT {'bytes': ?::BLOB, 'path': NULL} AS i", [picture()])
        db.execute(
            f"COPY (SELECT i, 'q' AS q, 'x' AS x, 3 AS s FROM t) TO '{tmp_path}/x' (FORMAT parquet)"
        )
    columns = {"pictures": "i", "prompt": "q", "text": "x", "score.L4": "s"}
    with open_import(tmp_path / "x") as source:
        (row,) = read(source, "csv", ReadOptions(columns))
    assert isinstance(row, LabelRow)
    assert isinstance(row.a, AnswerShown)
    (name,) = row.a.messages[0].pictures
    assert PictureFiles(tmp_path, None).find(name).image is not None


def test_a_damaged_parquet_file_is_an_input_error(tmp_path: Path) -> None:
    path = parquet(tmp_path / "x", "SELECT i FROM range(1000) t(i)")
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(InputError, match="cannot be read"):
        objects(path)


def test_a_pipe_can_be_read_as_often_as_needed(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=lambda: pipe.write_bytes(b'{"a": 1}\n' * 3))
    writer.start()
    with contextlib.ExitStack() as stack:
        path = repeatable(str(pipe), stack)
        assert [len(objects(path)) for _ in range(2)] == [3, 3]
    writer.join()
    assert not path.exists()


def test_devices_are_refused() -> None:
    with contextlib.ExitStack() as stack, pytest.raises(InputError, match="device"):
        repeatable("/dev/zero", stack)


@pytest.mark.parametrize("name", ["gone", "nul\0name", "x" * 5000, ""])
def test_what_cannot_be_opened_is_said_by_who_opens_it(name: str) -> None:
    with contextlib.ExitStack() as stack, pytest.raises(IntermtError):
        open_import(repeatable(name, stack))


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read(tmp_path: Path) -> None:
    file = tmp_path / "x"
    file.write_text("[]")
    file.chmod(0)
    with pytest.raises(IntermtError, match="may not be read"):
        open_import(file)


def test_why_a_url_gave_nothing_is_kept() -> None:
    with picture_fetching() as fetch:
        for _ in range(2):
            with pytest.raises(NoPicture, match="no public address"):
                fetch("http://127.0.0.1:9/a.png")


def test_urls_are_refused_with_and_without_the_option(intermt: Program, tmp_path: Path) -> None:
    file = tmp_path / "x.json"
    turn = {"round": 1, "prompt": "q", "response": "a", "response_images": []}
    turn["prompt_images"] = ["http://127.0.0.1:9/a.png", "ftp://example.org/b.png"]
    file.write_text(json.dumps([{"id": 1, "conversations": [turn]}]))
    for options in ([], ["--fetch-images"]):
        done = intermt("annotate-import", file, *options)
        assert done.data["pictures"] == {"named": 2, "refused": 2}
