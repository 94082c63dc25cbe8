"""Pictures that the answers of the conversations show: what became of the first ones."""

from __future__ import annotations

from intermt.sample.diagrams import board, empty_flat, lamp, meter, odd_bar_chart, sofa
from intermt.sample.nature import garden_plan
from intermt.sample.pages import boat, story_panels
from intermt.sample.sheet import BLUE, GREY, INK, RED, Sheet

_NEW = "#8d2f6b"


def garden_with_flowers(*, pear_tree: bool = True) -> Sheet:
    """The garden with a strip of flowers along the east fence."""
    s = garden_plan(pear_tree=pear_tree)
    s.box(572, 196, 597, 346, "#7fa05a", _NEW, 2)
    for i in range(24):
        x, y = 579 + (i * 7) % 13, 203 + 6 * i
        s.disc(x, y, 3.6, ("#d9578f", "#f2c849", "#8f6cc4")[i % 3])
    s.note(470, 300, "flowers", (572, 290), "rm")
    return s


def garden_with_seat() -> Sheet:
    """The garden with flowers and a seat in the shade between pear tree and spruces."""
    s = garden_with_flowers()
    for x, y in ((342, 192), (338, 216), (331, 241), (327, 266), (316, 291), (291, 306)):
        s.disc(x, y, 7, "#d5cdb8", GREY, 1.5)
    s.disc(238, 318, 25, "#dcd2b6", _NEW, 2)
    s.box(222, 308, 254, 316, "#7e5f3d", INK, 1.5)
    s.disc(238, 328, 6, "#a98459", INK, 1.5)
    s.note(312, 318, "seat", (263, 318), "lm")
    return s


def garden_without_pear_tree() -> Sheet:
    """The garden with flowers, the pear tree felled for a seat."""
    s = garden_with_flowers(pear_tree=False)
    s.disc(105, 205, 42, "#dcd2b6", _NEW, 2)
    s.box(80, 184, 130, 196, "#7e5f3d", INK, 1.5)
    s.disc(105, 216, 9, "#a98459", INK, 1.5)
    s.text(105, 262, "seat", 14)
    return s


def flat_desk_at_the_north_window() -> Sheet:
    """The flat with the desk before the long window and the bed at the lower wall."""
    s = empty_flat()
    s.box(376, 62, 494, 122, "#d9b48c", INK, 2)
    s.text(435, 92, "desk", 15)
    s.disc(435, 142, 15, "#8d9aa6", INK, 2)
    _bed(s, 76, 304)
    s.box(236, 62, 330, 102, "#b58f66", INK, 2)
    s.text(283, 82, "shelf", 13)
    s.box(120, 180, 188, 290, "#c98f83", INK, 2, 10)
    s.box(120, 180, 144, 290, "#b57c70", INK, 2, 8)
    s.text(167, 235, "sofa", 14)
    return s


def flat_desk_beside_the_west_window() -> Sheet:
    """The flat with the desk beside the window and a shelf that hides the bed."""
    s = empty_flat()
    _bed(s, 76, 58)
    s.box(164, 170, 258, 204, "#b58f66", INK, 2)
    s.text(211, 187, "shelf", 13)
    s.dashes((74, 187), (164, 187), _NEW, 3, 7)
    s.box(76, 214, 194, 274, "#d9b48c", INK, 2)
    s.text(135, 244, "desk", 15)
    s.disc(135, 294, 15, "#8d9aa6", INK, 2)
    sofa(s)
    s.note(300, 150, "curtain", (150, 187), "lm")
    return s


def _bed(s: Sheet, x: float, y: float) -> None:
    s.box(x, y, x + 150, y + 104, "#c9d7e8", INK, 2, 6)
    s.box(x + 8, y + 8, x + 44, y + 96, "#ffffff", INK, 1.5, 6)
    s.text(x + 96, y + 52, "bed", 15)


def board_after_two_kings() -> Sheet:
    """The board after 1. Kd6 Kd8."""
    s = board({"black king": "d8", "white king": "d6", "white pawn": "e5"})
    s.text(556, 84, "1. Kd6 Kd8", 18, bold=True)
    s.text(556, 136, "White", 18)
    s.text(556, 158, "to move", 18)
    return s


def board_stalemate() -> Sheet:
    """The stalemate that 1. Kd5 leads to."""
    s = board({"black king": "e8", "white king": "e6", "white pawn": "e7"})
    s.text(556, 84, "after 6. Ke6", 18, bold=True)
    s.text(556, 136, "Black to move,", 17)
    s.text(556, 158, "but cannot:", 17)
    s.text(556, 180, "draw", 17, RED)
    return s


def story_with_lanterns() -> Sheet:
    """The story's page with its last panel: people with lanterns light the boat home."""
    s = story_panels()
    s.box(328, 248, 620, 460, "#1d2b45", INK, 3)
    s.box(330, 400, 618, 458, "#2c466f")
    s.shape([(618, 458), (618, 396), (560, 388), (500, 404), (470, 432), (452, 458)], "#0e1626")
    s.shape([(564, 390), (570, 318), (592, 318), (598, 390)], "#d8d3c6", INK, 2)
    s.shape([(566, 362), (596, 362), (595, 346), (567, 346)], "#b44a3c")
    s.box(569, 304, 593, 318, "#2c3038", INK, 2)
    s.shape([(566, 304), (596, 304), (581, 288)], "#b44a3c", INK, 2)
    for x, y in ((476, 420), (498, 398), (522, 392), (546, 385), (610, 388)):
        s.line([(x, y), (x, y - 18)], "#c9a27c", 5)
        s.disc(x, y - 23, 4.5, "#e8c39c")
        s.disc(x - 10, y - 20, 8, "#6d6242")
        s.disc(x - 10, y - 20, 4.5, "#ffe27a")
    for x, y in ((410, 436), (396, 446), (420, 452)):
        s.line([(x, y), (x + 36, y)], "#e6cf7a", 2)
    boat(s, 392, 410, -4)
    s.text(410, 286, "light!", 17, "#ffe27a")
    s.disc(346, 266, 12, "#fffdf6", INK, 2)
    s.text(346, 266, "4", 15)
    return s


def chart_with_a_note() -> Sheet:
    """The chart of visits, August hatched and marked as not comparable."""
    s = odd_bar_chart()
    left, top, right, bottom = 396.5, 117, 425.5, 409
    s.box(left, top, right, bottom, "#ffffff", BLUE, 1.5)
    for y in range(128, 436, 12):
        start, end = (left, min(y, bottom)), (right, max(y - 29, top))
        if y > bottom:
            start = (left + y - bottom, bottom)
        if y - 29 < top:
            end = (left + y - top, top)
        s.line([start, end], BLUE, 1.5, flat=True)
    s.note(446, 190, "not comparable:", (425, 190), "lm")
    s.text(450, 210, "sensor not set,", 14, INK, "lm")
    s.text(450, 228, "loans say about 900", 14, INK, "lm")
    return s


def lamps_in_parallel() -> Sheet:
    """Two lamps side by side on a battery; the reading is still that of the series."""
    s = Sheet("#fdfdfb")
    s.line([(300, 390), (110, 390), (110, 110), (530, 110), (530, 390), (320, 390)], INK, 3)
    s.line([(110, 230), (530, 230)], INK, 3)
    s.line([(300, 364), (300, 416)], INK, 3)
    s.line([(320, 376), (320, 404)], INK, 7, flat=True)
    s.text(310, 438, "4.5 V", 17)
    s.text(284, 366, "+", 18)
    for x in (110, 530):
        s.disc(x, 230, 5, INK)
    lamp(s, 400, 110, "lamp 1")
    lamp(s, 400, 230, "lamp 2")
    s.line([(330, 230), (330, 310), (373, 310)], BLUE, 2.5)
    s.line([(470, 230), (470, 310), (427, 310)], BLUE, 2.5)
    meter(s, 400, 310, "V")
    s.text(400, 354, "2.2 V", 15)
    return s
