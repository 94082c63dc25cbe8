from __future__ import annotations

import csv
import json
import shutil
import statistics
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import pytest
from PIL import Image, ImageDraw, PngImagePlugin

from intermt.dimensions import OVERALL
from intermt.sample import SampleFiles, sample_files
from intermt.sample.annotators import votes_csv
from intermt.sample.grown import Qualities, grown_qualities
from intermt.sample.make import differences, draw, write


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


@pytest.fixture(scope="module")
def qualities() -> Qualities:
    return grown_qualities(sample_files().seeds)


def test_the_committed_files_are_what_the_script_makes():
    command = [sys.executable, "-m", "intermt.sample.make", "--check"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_what_is_written_passes_the_check_and_is_written_the_same_twice(copied, qualities):
    shutil.rmtree(copied.pictures)
    copied.votes.unlink()
    draw(copied)
    write(copied, qualities)
    first = {path.name: path.read_bytes() for path in copied.pictures.iterdir()}
    assert differences(copied, qualities) == []
    draw(copied)
    write(copied, qualities)
    assert {path.name: path.read_bytes() for path in copied.pictures.iterdir()} == first
    assert copied.votes.read_bytes() == sample_files().votes.read_bytes()
    assert copied.conversations.read_bytes() == sample_files().conversations.read_bytes()


def _save(image: Image.Image, path: Path, caption: str) -> None:
    text = PngImagePlugin.PngInfo()
    text.add_text("caption", caption)
    image.save(path, pnginfo=text)


def test_every_answer_that_is_voted_on_has_grown(qualities):
    with sample_files().votes.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    voted = {(row["seed"], row[side]) for row in rows for side in ("answer_a", "answer_b")}
    assert voted <= qualities.keys()
    assert len(qualities) == 16 * 14
    assert all(0 <= quality <= 1 for quality in qualities.values())
    assert 0.4 < statistics.mean(quality > 0.5 for quality in qualities.values()) < 0.6


@pytest.mark.parametrize("level", ["local", "global"])
def test_annotators_see_how_good_answers_are_the_careless_one_least(qualities, level):
    with sample_files().votes.open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["level"] == level]

    def quality(seed: str, place: str) -> float:
        turns = [place] if level == "local" else [place[:2], place[:5], place]
        return statistics.mean(qualities[seed, turn] for turn in turns)

    scores, goods = defaultdict(list), defaultdict(list)
    right = defaultdict(list)
    for row in rows:
        a, b = (quality(row["seed"], row[f"answer_{side}"]) for side in "ab")
        if row["dimension"] == OVERALL and row["choice"] != "tie":
            right[row["rater"]].append((row["choice"] == "A") == (a > b))
        if row["score_a"]:
            scores[row["rater"]] += [int(row["score_a"]), int(row["score_b"])]
            goods[row["rater"]] += [a, b]
    seen = {rater: statistics.correlation(scores[rater], goods[rater]) for rater in scores}
    assert min(seen, key=seen.__getitem__) == "annotator-E"
    assert all(0.2 < along < 0.95 for along in seen.values())
    rates = {rater: statistics.mean(votes) for rater, votes in right.items()}
    assert rates.pop("annotator-E") > 0.5
    assert min(rates.values()) > 0.6


def test_other_answers_are_other_votes(copied, qualities):
    found = votes_csv(copied.seeds, {place: 1 - q for place, q in qualities.items()})
    assert found != copied.votes.read_text("utf-8")


def test_a_changed_digit_is_found(copied, qualities):
    path = copied.pictures / "library-visits.png"
    with Image.open(path) as image:
        image.load()
    draw = ImageDraw.Draw(image)
    # About the ink of one small digit.
    draw.rectangle((300, 300, 308, 302), fill=image.getpixel((320, 28)))
    _save(image, path, image.info["caption"])
    (line,) = differences(copied, qualities)
    assert line.startswith("pictures/library-visits.png: other pixels")


def test_the_same_pixels_in_other_bytes_pass_and_are_left_as_they_are(copied, qualities):
    path = copied.pictures / "two-lamps.png"
    before = path.read_bytes()
    with Image.open(path) as image:
        image.load()
    text = PngImagePlugin.PngInfo()
    text.add_text("caption", image.info["caption"])
    image.save(path, pnginfo=text, compress_level=1)
    other = path.read_bytes()
    assert other != before
    assert differences(copied, qualities) == []
    draw(copied)
    assert path.read_bytes() == other


def test_captions_missing_files_strangers_and_votes_are_checked(copied, qualities):
    path = copied.pictures / "knot-1.png"
    with Image.open(path) as image:
        image.load()
    _save(image, path, "something else")
    (copied.pictures / "knot-2.png").unlink()
    (copied.pictures / "extra.png").write_bytes(b"")
    with copied.votes.open("a") as votes:
        votes.write("\n")
    assert differences(copied, qualities) == [
        "pictures/extra: not made by this script",
        "pictures/knot-1.png: other caption",
        "pictures/knot-2.png: missing",
        "votes.csv: other votes",
    ]


def test_a_changed_word_is_found_and_changes_the_uuids_from_there_on(copied, qualities):
    before = json.loads(copied.conversations.read_text("utf-8"))
    changed = json.loads(copied.conversations.read_text("utf-8"))
    changed[0]["conversations"][1]["response"] += " Really?"
    copied.conversations.write_text(json.dumps(changed), encoding="utf-8")
    assert differences(copied, qualities) == ["conversations.json: other uuids or another layout"]
    write(copied, qualities)
    assert differences(copied, qualities) == []
    after = json.loads(copied.conversations.read_text("utf-8"))
    keys = [
        [turn[key] for turn in item[0]["conversations"] for key in ("prompt_uuid", "response_uuid")]
        for item in (before, after)
    ]
    same = [old == new for old, new in zip(*keys, strict=True)]
    assert same == [True] * 3 + [False] * (len(same) - 3)
    assert after[1:] == before[1:]


def test_one_more_seed_question_leaves_the_other_choices_as_they_are(copied, qualities):
    old = votes_csv(copied.seeds, qualities).splitlines()
    more = {("another", place): q for (seed, place), q in qualities.items() if seed == "two-lamps"}
    with copied.seeds.open("a", encoding="utf-8") as seeds:
        seeds.write('{"id": "another"}\n')
    lines = votes_csv(copied.seeds, {**qualities, **more}).splitlines()
    assert [line for line in lines if "another" not in line] == old
    assert len(lines) > len(old)
