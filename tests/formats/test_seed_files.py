"""Seed questions in every kind of text file: the same rows, whatever they are written as."""

from __future__ import annotations

import csv
import gzip
import io
import json
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from intermt.errors import InputError
from intermt.formats.reading.rows import RowProblem
from intermt.formats.reading.seed_fields import EmbeddedPicture, SeedRow, seed_or_problem
from intermt.formats.reading.seed_folder import text_file, unused_pictures
from intermt.formats.reading.seeds import read_seeds
from intermt.formats.reading.source import open_source

FULL = {
    "id": "s1",
    "text": 'What is this, and why is it "red"?',
    "images": ["a.png", "b/c.jpg"],
    "source": "web",
    "licence": "CC0-1.0",
    "task": "vqa",
    "scenario": "repeated_attempts",
    "language": "en",
    "intention": "wants two\nlines",
}


def load(path: Path) -> list[SeedRow | RowProblem]:
    with open_source(path) as source:
        return list(read_seeds(source))


def written(tmp_path: Path, text: str, name: str = "seeds.dat") -> Path:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


def table(*rows: dict[str, Any], delimiter: str = ",") -> str:
    out = io.StringIO()
    writer = csv.DictWriter(out, rows[0].keys(), delimiter=delimiter)
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def same(row: SeedRow | RowProblem) -> dict[str, Any]:
    assert isinstance(row, SeedRow), row
    return {name: getattr(row, name) for name in SeedRow.__slots__ if name != "where"}


# --- one row, many ways ------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        json.dumps([FULL]),
        json.dumps(FULL) + "\n",
        table({**FULL, "images": "a.png|b/c.jpg"}),
        table({**FULL, "images": '["a.png", "b/c.jpg"]'}, delimiter="\t"),
        table({**FULL, "images": "a.png | b/c.jpg", "other": "x"}, delimiter=";"),
        table({name.upper(): value for name, value in {**FULL, "images": "a.png|b/c.jpg"}.items()}),
        json.dumps(
            {
                "source_id": FULL["id"],
                "question": FULL["text"],
                "pictures": [{"bytes": None, "path": "a.png"}, "b/c.jpg"],
                "license": FULL["licence"],
                "task_type": FULL["task"],
                "lang": "en",
                **{name: FULL[name] for name in ("source", "scenario", "intention")},
            }
        ),
    ],
)
def test_the_same_row_in_every_kind_of_file(tmp_path: Path, text: str) -> None:
    (row,) = load(written(tmp_path, text))
    assert same(row) == {
        "source_id": "s1",
        "text": FULL["text"],
        "pictures": ("a.png", "b/c.jpg"),
        **{n: FULL[n] for n in ("source", "licence", "task", "scenario", "language", "intention")},
    }


def test_rows_without_an_id_get_the_same_one_in_every_kind_of_file(tmp_path: Path) -> None:
    as_json = load(written(tmp_path, '{"question": "Why?", "image": "a.png"}'))
    as_table = load(written(tmp_path, "picture,prompt\na.png,Why?\n"))
    as_lines = load(written(tmp_path, "a.png\tWhy?\n"))
    assert same(as_json[0]) == same(as_table[0]) == same(as_lines[0])
    other = load(written(tmp_path, "b.png\tWhy?\n"))
    assert same(other[0])["source_id"] != same(as_json[0])["source_id"]


def test_gzip_and_byte_order_marks_are_taken_off(tmp_path: Path) -> None:
    path = tmp_path / "x.csv.gz"
    path.write_bytes(gzip.compress("\ufefftext\nWhy?\n".encode()))
    assert [same(row)["text"] for row in load(path)] == ["Why?"]


def test_lines_of_a_picture_and_a_question(tmp_path: Path) -> None:
    rows = load(written(tmp_path, "a.png\tWhat is it?\r\n\n\tNo picture?\nb.png|c.png\tWhich?\n"))
    assert [same(row)["pictures"] for row in rows] == [("a.png",), (), ("b.png", "c.png")]
    assert [same(row)["text"] for row in rows] == ["What is it?", "No picture?", "Which?"]
    assert [row.where.rpartition(":")[2] for row in rows] == ["1", "3", "4"]


# --- bad rows ----------------------------------------------------------------------------


def problem(row: SeedRow | RowProblem) -> str:
    assert isinstance(row, RowProblem), row
    return row.message


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({"id": "x"}, "text is missing"),
        ({"text": "a", "question": "b"}, "text is"),
        ({"text": 5}, "text is 5"),
        ({"text": "a", "images": [1]}, "images[0] is 1"),
        ({"text": "a", "images": {"file": "x"}}, "an object with file"),
        ({"text": "a", "scenario": "sad"}, 'scenario is "sad"'),
        ({"text": "a", "id": [1]}, "id is a list of 1"),
        ({"text": "a", "source": {"a": 1}}, "source is an object"),
        ({"text": b"\xff"}, "1 bytes that are no text"),
    ],
)
def test_a_row_that_cannot_be_used_says_why(row: dict[str, Any], said: str) -> None:
    assert said in problem(seed_or_problem("here", row))


def test_names_of_one_column_may_say_the_same(tmp_path: Path) -> None:
    (row,) = load(written(tmp_path, '{"text": "Why?", "prompt": "Why?"}'))
    assert same(row)["text"] == "Why?"


def test_bad_rows_of_a_table_do_not_stop_the_others(tmp_path: Path) -> None:
    rows = load(written(tmp_path, 'text,id\nWhy?,1\nHow?\n,3\n"Wh""o?",4\n'))
    assert [isinstance(row, SeedRow) for row in rows] == [True, False, False, True]
    assert ":3" in problem(rows[1])
    assert "2 cells" in problem(rows[1])
    assert "text is missing" in problem(rows[2])
    assert same(rows[3])["text"] == 'Wh"o?'


def test_bytes_that_are_no_text_are_said_where_they_stand(tmp_path: Path) -> None:
    path = tmp_path / "x.tsv"
    path.write_bytes(b"text\tid\nWh\xffy?\t1\nHow?\t2\n")
    rows = load(path)
    assert "UTF-8" in problem(rows[0])
    assert same(rows[1])["text"] == "How?"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("just a text\nof lines\n", "format is not known"),
        ("a,b\n1,2\n", "format is not known"),
        ("text,Text\nWhy?,How?\n", "several columns are called text"),
        ('text,id\n"Why?,1\nHow?,2\n', "not closed"),
        ('[{"text": "Why?"}', "cut short"),
    ],
)
def test_a_file_that_is_wrong_as_a_whole(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        load(written(tmp_path, text))


@pytest.mark.parametrize(
    ("kind", "said"), [("PNG", "PNG"), ("JPEG", "JPEG"), ("GIF", "GIF"), ("WEBP", "WebP")]
)
def test_a_picture_is_called_one(tmp_path: Path, kind: str, said: str) -> None:
    path = tmp_path / "x.dat"
    Image.new("RGB", (20, 9), "red").save(path, kind)
    with pytest.raises(InputError, match=f"this is a {said} picture") as caught:
        load(path)
    assert "a folder of pictures with a text file" in caught.value.todo
    assert "table" in caught.value.todo


def test_columns_that_are_not_known_may_even_be_there_twice(tmp_path: Path) -> None:
    (row,) = load(written(tmp_path, "text,x,x\nWhy?,1,2\n"))
    assert same(row)["text"] == "Why?"


def test_an_empty_file_has_no_rows(tmp_path: Path) -> None:
    assert load(written(tmp_path, "")) == []
    assert load(written(tmp_path, "\n \n")) == []


# --- embedded pictures and folders -------------------------------------------------------


def test_embedded_pictures_keep_their_bytes_and_names() -> None:
    fields = {"text": "Why?", "image": [{"bytes": b"\x89x", "path": "a.png"}, b"\x89y", None]}
    row = seed_or_problem("here", fields)
    assert isinstance(row, SeedRow)
    assert row.pictures == (EmbeddedPicture(b"\x89x", "a.png"), EmbeddedPicture(b"\x89y"))
    again = seed_or_problem("there", {**fields, "image": [{"bytes": b"\x89z"}, b"\x89y"]})
    assert isinstance(again, SeedRow)
    assert again.source_id != row.source_id


def test_the_text_file_of_a_folder(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="without a file of questions"):
        text_file(tmp_path)
    (tmp_path / "a.png").write_bytes(b"")
    (tmp_path / ".hidden.txt").write_text("x")
    any_name = written(tmp_path, "a.png\tWhy?\n", "about.txt")
    assert text_file(tmp_path) == any_name
    written(tmp_path, "x", "LICENCE.txt")
    with pytest.raises(InputError, match=r"LICENCE\.txt, about\.txt"):
        text_file(tmp_path)
    best = written(tmp_path, "a.png\tWhy?\n", "questions.txt")
    assert text_file(tmp_path) == best


def test_pictures_that_no_question_names(tmp_path: Path) -> None:
    for name in ("b.png", "a.JPG", "deep/c.webp", "deep/notes.md"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"")
    assert list(unused_pictures(tmp_path, ["./b.png", "gone.png"])) == ["a.JPG", "deep/c.webp"]
