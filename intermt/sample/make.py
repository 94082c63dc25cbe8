"""Draws the sample's pictures, writes its votes: `python -m intermt.sample.make`.

The votes are about answers that the stand-in gives, so these are grown first. The conversations
are written by hand; here they only get their uuids. With `--check` nothing is written: the
committed files are compared with what would be. Pictures are compared by what they show, since
PNG bytes differ between Pillow versions.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

from PIL import Image, ImageChops, PngImagePlugin

from intermt.sample import SampleFiles, answers, diagrams, nature, pages, sample_files
from intermt.sample.annotators import votes_csv
from intermt.sample.conversations import with_uuids
from intermt.sample.grown import Qualities, grown_qualities
from intermt.sample.sheet import Sheet

# What FreeType and Pillow versions may do to the edge of a letter or a line; the smallest
# change of a drawing, such as another digit, is well above it.
_SHADE = 16
_STRAYS = 40


class Scene(NamedTuple):
    """A picture to draw and the caption written into its file."""

    draw: Callable[[], Sheet]
    caption: str


SCENES: Mapping[str, Scene] = {
    "garden-plan": Scene(
        nature.garden_plan,
        "Plan of a garden behind a house: paving, three trees on the shaded left side, "
        "a shed, an old vegetable bed",
    ),
    "spotted-leaf": Scene(
        nature.leaf_with_spots,
        "A toothed leaf with five brown ringed spots in yellow halos and two holes",
    ),
    "one-room-flat": Scene(
        diagrams.floor_plan,
        "Floor plan of a one-room flat with bed, desk, shelf and sofa along the left and "
        "lower walls and an empty middle",
    ),
    "starter-0800": Scene(
        pages.starter_morning,
        "A jar of sourdough starter at 8:00, filled up to its rubber band",
    ),
    "starter-1400": Scene(
        pages.starter_afternoon,
        "The jar of sourdough starter at 14:00, sunk below its rubber band, grey liquid on top",
    ),
    "choir-poster": Scene(
        pages.poster_layout,
        "A concert poster with three singers, text in many colours crowded on the left and "
        "running over the drawing",
    ),
    "dropped-chain": Scene(
        diagrams.bicycle_chain,
        "A bicycle drivetrain from the right, the chain fallen off the front ring",
    ),
    "weather-fronts": Scene(
        nature.weather_map,
        "A weather map with a low, a high, a cold front, a warm front and three towns",
    ),
    "king-and-pawn": Scene(
        diagrams.chessboard,
        "A chessboard with white king e6, white pawn e5 and black king e8, White to move",
    ),
    "lighthouse-story": Scene(
        pages.story_panels,
        "Four story panels: a boat by moonlight, a storm, a dark lighthouse, an empty frame",
    ),
    "sternenhimmel": Scene(
        nature.night_sky,
        "Stars over roofs towards the north and one reddish point low in the sky",
    ),
    "library-visits": Scene(
        diagrams.odd_bar_chart,
        "Bar chart of monthly library visits in 2025, August about four times as high as "
        "the other months",
    ),
    "two-lamps": Scene(
        diagrams.circuit,
        "Circuit drawing of two lamps in series with a 4.5 V battery, a switch, an ammeter "
        "and a voltmeter at lamp 2",
    ),
    "cell-worksheet": Scene(
        nature.plant_cell,
        "A worksheet with a plant cell on which the labels nucleus and vacuole are swapped",
    ),
    "knot-1": Scene(pages.left_knot, "A trefoil knot drawn as a blue rope"),
    "knot-2": Scene(pages.right_knot, "The mirror image of a trefoil knot as a brown rope"),
    "garden-flowers": Scene(
        answers.garden_with_flowers,
        "The garden plan with a new strip of flowers along the east fence",
    ),
    "garden-seat": Scene(
        answers.garden_with_seat,
        "The garden plan with flowers and stepping stones to a seat between pear tree and spruces",
    ),
    "garden-no-pear": Scene(
        answers.garden_without_pear_tree,
        "The garden plan with flowers and a seat where the pear tree stood",
    ),
    "flat-north-desk": Scene(
        answers.flat_desk_at_the_north_window,
        "The one-room flat with the desk facing the long window and the bed beside the entrance",
    ),
    "flat-west-desk": Scene(
        answers.flat_desk_beside_the_west_window,
        "The one-room flat with the desk at right angles to the west window, the bed behind a "
        "shelf and a curtain",
    ),
    "board-kd8": Scene(
        answers.board_after_two_kings,
        "A chessboard with white king d6, white pawn e5 and black king d8, White to move",
    ),
    "board-stalemate": Scene(
        answers.board_stalemate,
        "A chessboard with white king e6, white pawn e7 and black king e8, Black is stalemated",
    ),
    "story-lanterns": Scene(
        answers.story_with_lanterns,
        "The four story panels, in the last one people with lanterns on the rocks and the boat "
        "coming in",
    ),
    "chart-note": Scene(
        answers.chart_with_a_note,
        "Bar chart of library visits in 2025, the August bar hatched and marked not comparable",
    ),
    "lamps-parallel": Scene(
        answers.lamps_in_parallel,
        "Circuit drawing of two lamps in parallel on a 4.5 V battery, the voltmeter at lamp 2 "
        "reads 2.2 V",
    ),
}


def draw(files: SampleFiles) -> None:
    """Draws every picture anew, but for those that show what they should."""
    files.pictures.mkdir(exist_ok=True)
    for name, scene in SCENES.items():
        path = files.pictures / f"{name}.png"
        # Other bytes of the same picture would be another question to the stand-in.
        if path.is_file() and _picture_difference(path, scene) is None:
            continue
        text = PngImagePlugin.PngInfo()
        text.add_text("caption", scene.caption)
        scene.draw().finished().save(path, optimize=True, pnginfo=text)


def write(files: SampleFiles, qualities: Qualities) -> None:
    """Writes the votes and the uuids of the conversations."""
    votes = votes_csv(files.seeds, qualities)
    files.votes.write_text(votes, encoding="utf-8", newline="")
    numbered = with_uuids(files.conversations)
    files.conversations.write_text(numbered, encoding="utf-8", newline="")


def differences(files: SampleFiles, qualities: Qualities) -> list[str]:
    """What differs between these files and fresh ones, a line each."""
    found = []
    there = {path.stem for path in files.pictures.glob("*")}
    found += [f"pictures/{name}: not made by this script" for name in sorted(there - set(SCENES))]
    for name, scene in SCENES.items():
        path = files.pictures / f"{name}.png"
        why = _picture_difference(path, scene) if path.is_file() else "missing"
        if why:
            found.append(f"pictures/{name}.png: {why}")
    if not files.votes.is_file():
        found.append("votes.csv: missing")
    elif files.votes.read_bytes() != votes_csv(files.seeds, qualities).encode():
        found.append("votes.csv: other votes")
    if not files.conversations.is_file():
        found.append("conversations.json: missing")
    elif files.conversations.read_bytes() != with_uuids(files.conversations).encode():
        found.append("conversations.json: other uuids or another layout")
    return found


def _picture_difference(path: Path, scene: Scene) -> str | None:
    with Image.open(path) as image:
        fresh = scene.draw().finished()
        if image.info.get("caption") != scene.caption:
            return "other caption"
        if image.mode != fresh.mode or image.size != fresh.size:
            return "other mode or size"
        delta = ImageChops.difference(image.convert("RGB"), fresh.convert("RGB"))
    strays = sum(sum(band.histogram()[_SHADE:]) for band in delta.split())
    return None if strays <= _STRAYS else f"other pixels ({strays} values differ)"


def main() -> int:
    """0, or 1 where `--check` finds a difference; differences go to stderr."""
    parser = argparse.ArgumentParser(prog="python -m intermt.sample.make", description=__doc__)
    parser.add_argument("--check", action="store_true", help="compare, write nothing")
    files = sample_files()
    if not parser.parse_args().check:
        draw(files)
        write(files, grown_qualities(files.seeds))
        return 0
    found = differences(files, grown_qualities(files.seeds))
    for line in found:
        sys.stderr.write(line + "\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
