from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image, ImageDraw, PngImagePlugin

from intermt.sample import SampleFiles, sample_files
from intermt.sample.annotators import votes_csv
from intermt.sample.make import differences, write


@pytest.fixture
def copied(tmp_path: Path) -> SampleFiles:
    """A copy of the committed sample that a test may change."""
    files = sample_files()
    shutil.copytree(files.pictures, tmp_path / "pictures")
    return SampleFiles(
        Path(shutil.copy(files.seeds, tmp_path)),
        Path(shutil.copy(files.votes, tmp_path)),
        tmp_path / "pictures",
        Path(shutil.copy(files.conversations, tmp_path)),
    )


def test_the_committed_files_are_what_the_script_makes():
    command = [sys.executable, "-m", "intermt.sample.make", "--check"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_what_is_written_passes_the_check_and_is_written_the_same_twice(copied):
    shutil.rmtree(copied.pictures)
    copied.votes.unlink()
    write(copied)
    first = {path.name: path.read_bytes() for path in copied.pictures.iterdir()}
    assert differences(copied) == []
    write(copied)
    assert {path.name: path.read_bytes() for path in copied.pictures.iterdir()} == first
    assert copied.votes.read_bytes() == sample_files().votes.read_bytes()
    assert copied.conversations.read_bytes() == sample_files().conversations.read_bytes()


def _save(image: Image.Image, path: Path, caption: str) -> None:
    text = PngImagePlugin.PngInfo()
    text.add_text("caption", caption)
    image.save(path, pnginfo=text)


def test_a_changed_digit_is_found(copied):
    path = copied.pictures / "library-visits.png"
    with Image.open(path) as image:
        image.load()
    draw = ImageDraw.Draw(image)
    # About the ink of one small digit.
    draw.rectangle((300, 300, 308, 302), fill=image.getpixel((320, 28)))
    _save(image, path, image.info["caption"])
    (line,) = differences(copied)
    assert line.startswith("pictures/library-visits.png: other pixels")


def test_the_same_pixels_in_other_bytes_pass(copied):
    path = copied.pictures / "two-lamps.png"
    before = path.read_bytes()
    with Image.open(path) as image:
        image.load()
    text = PngImagePlugin.PngInfo()
    text.add_text("caption", image.info["caption"])
    image.save(path, pnginfo=text, compress_level=1)
    assert path.read_bytes() != before
    assert differences(copied) == []


def test_captions_missing_files_strangers_and_votes_are_checked(copied):
    path = copied.pictures / "knot-1.png"
    with Image.open(path) as image:
        image.load()
    _save(image, path, "something else")
    (copied.pictures / "knot-2.png").unlink()
    (copied.pictures / "extra.png").write_bytes(b"")
    with copied.votes.open("a") as votes:
        votes.write("\n")
    assert differences(copied) == [
        "pictures/extra: not made by this script",
        "pictures/knot-1.png: other caption",
        "pictures/knot-2.png: missing",
        "votes.csv: other votes",
    ]


def test_a_changed_word_is_found_and_changes_the_uuids_from_there_on(copied):
    before = json.loads(copied.conversations.read_text("utf-8"))
    changed = json.loads(copied.conversations.read_text("utf-8"))
    changed[0]["conversations"][1]["response"] += " Really?"
    copied.conversations.write_text(json.dumps(changed), encoding="utf-8")
    assert differences(copied) == ["conversations.json: other uuids or another layout"]
    write(copied)
    assert differences(copied) == []
    after = json.loads(copied.conversations.read_text("utf-8"))
    keys = [
        [turn[key] for turn in item[0]["conversations"] for key in ("prompt_uuid", "response_uuid")]
        for item in (before, after)
    ]
    same = [old == new for old, new in zip(*keys, strict=True)]
    assert same == [True] * 3 + [False] * (len(same) - 3)
    assert after[1:] == before[1:]


def test_one_more_seed_question_leaves_the_other_choices_as_they_are(copied):
    old = votes_csv(copied.seeds).splitlines()
    with copied.seeds.open("a", encoding="utf-8") as seeds:
        seeds.write('{"id": "another"}\n')
    new = [line for line in votes_csv(copied.seeds).splitlines() if "another" not in line]
    assert new == old
