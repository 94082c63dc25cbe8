"""Folders of captioned pictures."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from intermt.commands.local_pictures import open_local_pictures
from intermt.errors import InputError, MissingInputError
from tests.commands.work import put_pictures

CAPTIONS = {
    "captions.jsonl": '{"file": "a.png", "caption": "A red fox", "licence": "CC0"}\n\n'
    '{"file": "sub/b.png", "caption": "Map of Geneva, with the lake"}\n',
    "captions.csv": 'file,caption,source\r\na.png,A red fox,x\r\nsub/b.png,"Map of Geneva, with'
    ' the lake",y\r\n',
    "captions.txt": "a.png\tA red fox\n\nsub/b.png\tMap of Geneva, with the lake\n",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    put_pictures(tmp_path / "p", "a.png", "sub/b.png")
    return tmp_path / "p"


@pytest.mark.parametrize("name", CAPTIONS)
def test_captions_in_three_forms(folder: Path, name: str) -> None:
    (folder / name).write_text(CAPTIONS[name], newline="")
    pictures = open_local_pictures(folder)
    assert len(pictures) == 2
    found = pictures.best("street map of Geneva")
    assert found is not None
    assert (found.name, found.caption) == ("sub/b.png", "Map of Geneva, with the lake")
    assert pictures.read(found) == (folder / "sub/b.png").read_bytes()
    assert pictures.best("a blue whale") is None
    assert str(open_local_pictures(folder)) == str(pictures)


@pytest.mark.parametrize("name", ["captions.jsonl", "captions.txt"])
def test_line_separators_inside_a_caption_end_no_line(folder: Path, name: str) -> None:
    caption = "A red fox\u2028in the snow\x85at night"
    line = f'{{"file": "a.png", "caption": "{caption}"}}' if "json" in name else f"a.png\t{caption}"
    (folder / name).write_text(f"{line}\n", encoding="utf-8")
    pictures = open_local_pictures(folder)
    assert len(pictures) == 1
    found = pictures.best("fox in the snow")
    assert found is not None
    assert found.caption == caption


def test_a_picture_that_no_server_could_be_sent_is_refused_by_name(folder: Path) -> None:
    Image.new("1", (8_100, 8_100)).save(folder / "large.png")
    (folder / "captions.txt").write_text("a.png\tA red fox\nlarge.png\tA wide field\n")
    with pytest.raises(InputError, match=r"1 of 2 .*large\.png: refused: .*8100 x 8100 pixels"):
        open_local_pictures(folder)


def test_other_captions_are_known_by_another_name(folder: Path) -> None:
    (folder / "captions.txt").write_text("a.png\tA red fox\n")
    before = str(open_local_pictures(folder))
    (folder / "captions.txt").write_text("a.png\tA grey fox\n")
    assert str(open_local_pictures(folder)) != before


@pytest.mark.parametrize(
    ("name", "text", "where"),
    [
        ("captions.txt", "a.png\tA fox\nb.png only\n", "captions.txt:2"),
        ("captions.jsonl", '{"file": "a.png"}\n', "captions.jsonl:1"),
        ("captions.jsonl", "{\n", "captions.jsonl:1"),
        ("captions.jsonl", "[1]\n", "captions.jsonl:1"),
        ("captions.csv", "name,text\na.png,x\n", "captions.csv:1"),
        ("captions.csv", "file,caption\na.png\n", "captions.csv:2"),
        ("captions.txt", "", "captions.txt"),
        ("captions.txt", "gone.png\tA fox\n", "captions.txt"),
        ("captions.txt", "../secret.png\tA fox\n", "captions.txt"),
    ],
)
def test_bad_captions_are_said_with_their_line(
    folder: Path, name: str, text: str, where: str
) -> None:
    (folder / name).write_text(text)
    with pytest.raises(InputError) as caught:
        open_local_pictures(folder)
    assert caught.value.where.endswith(where)


def test_bytes_that_are_no_text(folder: Path) -> None:
    (folder / "captions.txt").write_bytes(b"a.png\t\xff\xfe\n")
    with pytest.raises(InputError, match="UTF-8"):
        open_local_pictures(folder)


def test_a_folder_without_captions_and_no_folder(folder: Path) -> None:
    for path in (folder, folder / "gone"):
        with pytest.raises(MissingInputError):
            open_local_pictures(path)


def test_a_picture_that_goes_away_afterwards(folder: Path) -> None:
    (folder / "captions.txt").write_text("a.png\tA red fox\n")
    pictures = open_local_pictures(folder)
    (folder / "a.png").write_bytes(b"")
    (folder / "a.png").unlink()
    found = pictures.best("red fox")
    assert found is not None
    with pytest.raises(InputError, match=r"a\.png"):
        pictures.read(found)
