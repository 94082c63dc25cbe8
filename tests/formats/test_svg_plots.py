"""Plots: what they draw is well-formed, fits, and says its numbers."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intermt.formats.writing import svg_plots
from intermt.formats.writing.svg_plots import Axis, Bar, Point, Row, shortened, text_width, ticks

AXIS = Axis(0.0, 1.0, "share")
HOSTILE = "<script>\x00&\"'\u202e" + "w" * 200


def texts(svg: str) -> list[str]:
    root = ElementTree.fromstring(svg)
    found = [e for e in root.iter() if e.tag.endswith("text")]
    return [(e.text or "") + "".join(child.tail or "" for child in e) for e in found]


@given(st.text(max_size=80), st.floats(20, 400))
def test_a_shortened_text_fits_and_keeps_its_ends(text: str, room: float) -> None:
    short = shortened(text, room)
    assert text_width(short) <= max(room, text_width("…"))
    if short != text:
        head, tail = short.split("…", 1) if "…" not in text else (None, None)
        if head is not None and tail is not None:
            assert text.startswith(head)
            assert text.endswith(tail)


@given(st.floats(-50, 50), st.floats(0.001, 1000))
def test_ticks_are_few_round_and_on_the_axis(low: float, span: float) -> None:
    found = ticks(Axis(low, low + span, ""))
    assert 1 <= len(found) <= 6
    slack = 1e-6 * span + 1e-9
    assert all(low - slack <= tick <= low + span + slack for tick in found)


@pytest.mark.parametrize(
    ("value", "short", "said"),
    [
        (0.12345, False, "0.123"),
        (-0.5, False, "−0.500"),
        (-0.0001, False, "0.000"),
        (3.0, True, "3"),
        (-1.0, True, "−1"),
        (0.25, True, "0.25"),
    ],
)
def test_numbers_are_written_as_people_do(value: float, short: bool, said: str) -> None:
    assert svg_plots.number(value, short=short) == said


def test_a_row_says_its_figure_interval_and_n() -> None:
    svg = svg_plots.rows(
        "Judge",
        [Row("L1", 0.5, 0.25, 0.75, 1234, "16 seed trees"), Row("L2", None, None, None, 0)],
        AXIS,
    )
    assert {"Judge", "L1", "0.500", "1,234", "L2", "none", "share"} <= set(texts(svg))
    assert "L1: 0.500, interval 0.250 to 0.750, n 1234, 16 seed trees" in svg
    assert svg.count("<circle") == 1
    x1, x2 = map(float, re.search(r'x1="([\d.]+)"[^>]*x2="([\d.]+)"[^>]*interval', svg).groups())  # type: ignore[union-attr]
    (centre,) = re.findall(r'<circle cx="([\d.]+)"', svg)
    assert float(centre) == pytest.approx((x1 + x2) / 2, abs=0.1)


def test_bars_are_shares_of_their_own_whole() -> None:
    svg = svg_plots.bars(
        "L1", ["0", "1"], [Bar("people", (30, 10), strong=True), Bar("judge", (0, 4))], unit="score"
    )
    widths = list(map(float, re.findall(r'width="([\d.]+)" height="16"', svg)))
    assert widths[0] == pytest.approx(3 * widths[1], abs=0.5)
    assert widths[2] == pytest.approx(widths[0] + widths[1], abs=0.5)
    assert {"75%", "25%", "100%", "40", "4"} <= set(texts(svg))
    assert "people: 0: 30 of 40 (75.0%)" in svg


def test_minus_one_has_a_shade_of_its_own_and_the_best_is_the_darkest() -> None:
    svg = svg_plots.bars("G5", ["−1", "0", "1", "2", "3"], [Bar("j", (1,) * 5)], unit="score")
    shades = re.findall(r'height="16" class="(shade-\w+)"', svg)
    assert shades == ["shade-none", "shade-1", "shade-2", "shade-3", "shade-4"]


def test_points_say_their_numbers_even_close_together() -> None:
    means = [Point(0.5 + i / 1000, 0.5, 0.4, 0.6, 1000 + i) for i in range(4)]
    svg = svg_plots.points("Judge", means, AXIS, Axis(0.0, 1.0, "accuracy"), reference=0.5)
    labels = [t for t in texts(svg) if t.startswith("n ")]
    assert labels == ["n 1,000", "n 1,001", "n 1,002", "n 1,003"]
    heights = re.findall(r'y="([\d.]+)" class="quiet middle">n 1', svg)
    assert len(set(heights)) == 4


@pytest.mark.parametrize("mark", ["", "SIMULATED"])
def test_hostile_text_stays_text_in_every_plot(mark: str) -> None:
    point, axis = Point(0, 0, None, None, 1), Axis(0, 1, HOSTILE)
    drawn = (
        svg_plots.rows(HOSTILE, [Row(HOSTILE, 0.5, None, None, 3, HOSTILE)], AXIS, mark=mark),
        svg_plots.bars(HOSTILE, [HOSTILE], [Bar(HOSTILE, (1,))], unit=HOSTILE, mark=mark),
        svg_plots.points(HOSTILE, [point], AXIS, axis, mark=mark),
    )
    for svg in drawn:
        root = ElementTree.fromstring(svg)
        assert not [e for e in root.iter() if e.tag.endswith("script")]
        assert (mark in texts(svg)) == bool(mark)
        assert root.attrib["aria-label"].endswith(mark)
