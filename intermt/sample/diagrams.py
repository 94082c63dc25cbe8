"""Pictures of technical things: machines, plans, charts, a board."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping

from intermt.sample.sheet import BLUE, GREY, INK, PAPER, RED, Point, Sheet, ellipse, smooth


def bicycle_chain() -> Sheet:
    """A drivetrain from the right, the chain fallen off the front ring."""
    s = Sheet()
    s.line(ellipse(150, 210, 188, 188, n=120), "#dcdee2", 16)
    s.line([(150, 210), (470, 250)], "#a9bccb", 18)
    s.line([(470, 250), (425, -10)], "#a9bccb", 22)
    s.line([(470, 250), (650, 60)], "#a9bccb", 22)
    s.line([(150, 210), (330, -20)], "#a9bccb", 12)
    _gear(s, 150, 210, 58, 22, "#c3c7cd")
    s.disc(150, 210, 40, "#aeb3bb", INK, 1.5)
    s.disc(150, 210, 24, "#c3c7cd", INK, 1.5)
    s.disc(150, 210, 7, INK)
    _gear(s, 470, 250, 88, 34, "#dfe1e5")
    s.disc(470, 250, 66, PAPER, INK, 2)
    for k in range(5):
        a = math.radians(72 * k + 20)
        s.line([(470, 250), (470 + 74 * math.cos(a), 250 + 74 * math.sin(a))], "#8f949d", 11)
    s.disc(470, 250, 26, "#8f949d", INK, 2)
    s.line([(150, 215), (185, 318), (160, 395)], "#6b7079", 10)
    top = smooth([(145, 153), (240, 175), (350, 232), (440, 262), (480, 284), (500, 300)])
    bottom = smooth([(500, 300), (480, 352), (400, 392), (280, 404), (175, 412)])
    loop = smooth([(175, 412), (143, 396), (165, 350), (205, 318), (203, 280), (185, 250)])
    _chain(s, [*ellipse(150, 210, 60, 60, 60, 264, 60), *top, *bottom, *loop])
    for x, y in ((185, 312), (160, 393)):
        _gear(s, x, y, 17, 10, "#c3c7cd")
        s.disc(x, y, 4, INK)
    s.line([(470, 250), (560, 352)], "#5a5e66", 15)
    s.disc(470, 250, 9, INK)
    s.box(530, 346, 602, 366, "#3f434a", INK, 2, 5)
    s.note(132, 20, "A  rear sprockets", (140, 160), "rm")
    s.note(140, 455, "B  tension arm", (165, 375), "rm")
    s.note(524, 425, "C  front ring", (500, 336), "lm")
    s.arrow((400, 455), (482, 302), RED, 3)
    s.text(392, 464, "chain has dropped to the outside", 15, RED)
    return s


def _gear(s: Sheet, x: float, y: float, r: float, teeth: int, fill: str) -> None:
    points: list[Point] = []
    for k in range(teeth * 4):
        a = 2 * math.pi * k / (teeth * 4)
        out = r + (5 if k % 4 < 2 else 0)
        points.append((x + out * math.cos(a), y + out * math.sin(a)))
    s.shape(points, fill, INK, 1.5)


def _chain(s: Sheet, path: list[Point]) -> None:
    s.line(path, INK, 8)
    s.line(path, "#b98b3d", 4.5)
    walked = 0.0
    for p, q in itertools.pairwise(path):
        walked += math.dist(p, q)
        if walked >= 11:
            s.disc(*q, 2.6, INK)
            walked = 0.0


def odd_bar_chart() -> Sheet:
    """Twelve monthly bars, August four times as high as its neighbours."""
    s = Sheet("#ffffff")
    s.text(320, 28, "Visits to the town library, 2025", 20, bold=True)
    visits = (1180, 1240, 1310, 1150, 1090, 980, 860, 4120, 1010, 1220, 1350, 1130)
    bottom, per_visit = 410, 320 / 4500
    for tick in range(0, 4501, 500):
        y = bottom - tick * per_visit
        s.line([(78, y), (612, y)], "#e2e4e8" if tick else INK, 1.5, flat=True)
        s.text(70, y, f"{tick:,}", 13, "#5b5f68", "rm")
    for i, (count, month) in enumerate(zip(visits, "JFMAMJJASOND", strict=True)):
        x = 92 + i * 43.5
        s.box(x, bottom - count * per_visit, x + 29, bottom, "#4f86b5")
        s.text(x + 14.5, bottom + 15, month, 15)
        s.text(x + 14.5, bottom - count * per_visit - 10, str(count), 12)
    s.line([(78, 82), (78, bottom)], INK, 1.5, flat=True)
    s.text(20, 60, "persons through the door", 13, "#5b5f68", "lm")
    s.text(320, 456, "Counted by the door sensor. New sensor since 28 July.", 13, "#5b5f68")
    return s


def floor_plan() -> Sheet:
    """A one-room flat with its furniture crowded on one side."""
    s = empty_flat()
    s.box(76, 62, 226, 166, "#c9d7e8", INK, 2, 6)
    s.box(84, 70, 120, 158, "#ffffff", INK, 1.5, 6)
    s.text(172, 114, "bed", 15)
    s.box(76, 182, 146, 300, "#d9b48c", INK, 2)
    s.text(111, 241, "desk", 15)
    s.disc(166, 241, 15, "#8d9aa6", INK, 2)
    s.box(76, 316, 116, 410, "#b58f66", INK, 2)
    s.text(96, 363, "shelf", 13)
    sofa(s)
    s.text(350, 210, "empty", 16, GREY)
    return s


def sofa(s: Sheet) -> None:
    """Draws the sofa at the lower wall."""
    s.box(140, 340, 270, 408, "#c98f83", INK, 2, 10)
    s.box(140, 384, 270, 408, "#b57c70", INK, 2, 8)
    s.text(205, 362, "sofa", 15)


def empty_flat() -> Sheet:
    """The flat with its bath, kitchen and doors, without furniture; 1 unit is 1 cm."""
    s = Sheet()
    s.box(60, 50, 580, 420, "#f3ead9", INK, 9)
    for y in range(74, 420, 24):
        s.line([(66, y), (574, y)], "#e7dbc4", 1.2, flat=True)
    s.line([(60, 150), (60, 290)], "#a9d2e6", 7, flat=True)
    s.line([(360, 50), (520, 50)], "#a9d2e6", 7, flat=True)
    s.box(430, 280, 580, 420, "#dfe8ea", INK, 6)
    s.text(505, 395, "bath", 15)
    s.box(470, 300, 500, 340, "#ffffff", INK, 2, 8)
    s.box(520, 296, 566, 376, "#ffffff", INK, 2, 10)
    s.line([(430, 350), (430, 400)], "#f3ead9", 8, flat=True)
    s.line([(430, 400), (380, 400)], INK, 2)
    s.line(ellipse(430, 400, 50, 50, 180, 270), GREY, 1.5)
    s.line([(290, 420), (360, 420)], "#f3ead9", 11, flat=True)
    s.line([(290, 420), (290, 350)], INK, 2)
    s.line(ellipse(290, 420, 70, 70, -90, 0), GREY, 1.5)
    s.text(325, 440, "entrance", 14)
    s.box(534, 60, 574, 270, "#bfc6c0", INK, 2)
    for y in (90, 118):
        for x in (545, 562):
            s.disc(x, y, 6, None, INK, 1.5)
    s.text(514, 220, "kitchen", 15, INK, "rm")
    s.box(540, 190, 568, 226, "#ffffff", INK, 1.5, 4)
    s.text(320, 24, "5.20 m", 15)
    s.arrow((285, 24), (64, 24), GREY, 1.3)
    s.arrow((355, 24), (576, 24), GREY, 1.3)
    s.text(612, 235, "3.70", 15)
    s.text(612, 252, "m", 15)
    return s


def circuit() -> Sheet:
    """Two lamps one after the other, a switch, a battery and two meters."""
    s = Sheet("#fdfdfb")
    wire = [(300, 390), (110, 390), (110, 110), (530, 110), (530, 390), (320, 390)]
    s.line(wire, INK, 3)
    s.line([(300, 364), (300, 416)], INK, 3)
    s.line([(320, 376), (320, 404)], INK, 7, flat=True)
    s.text(310, 438, "4.5 V", 17)
    s.text(284, 366, "+", 18)
    lamp(s, 240, 110, "lamp 1")
    lamp(s, 400, 110, "lamp 2")
    meter(s, 110, 250, "A")
    s.text(70, 290, "0.18 A", 15, INK)
    s.box(500, 222, 560, 288, "#fdfdfb")
    s.disc(530, 218, 5, INK)
    s.disc(530, 290, 5, INK)
    s.line([(530, 290), (534, 220)], INK, 3)
    s.text(584, 254, "switch", 17)
    s.line([(330, 110), (330, 210), (373, 210)], BLUE, 2.5)
    s.line([(470, 110), (470, 210), (427, 210)], BLUE, 2.5)
    s.disc(330, 110, 5, BLUE)
    s.disc(470, 110, 5, BLUE)
    meter(s, 400, 210, "V")
    s.text(400, 254, "2.2 V", 15)
    return s


def lamp(s: Sheet, x: float, y: float, name: str) -> None:
    """Draws a lamp's sign with its name above."""
    s.disc(x, y, 27, "#fff3b8", INK, 3)
    s.line([(x - 19, y - 19), (x + 19, y + 19)], INK, 2.5)
    s.line([(x + 19, y - 19), (x - 19, y + 19)], INK, 2.5)
    s.text(x, y - 44, name, 17)


def meter(s: Sheet, x: float, y: float, letter: str) -> None:
    """Draws a meter: `A` for current, `V` for voltage."""
    s.disc(x, y, 27, "#fdfdfb", INK, 3)
    s.text(x, y, letter, 24, RED if letter == "A" else BLUE, bold=True)


def chessboard() -> Sheet:
    """King and pawn against king: white Ke6 and e5, black Ke8, White to move."""
    s = board({"black king": "e8", "white king": "e6", "white pawn": "e5"})
    s.disc(556, 84, 12, "#fffdf6", INK, 2.5)
    s.text(556, 114, "White", 18, bold=True)
    s.text(556, 136, "to move", 18)
    s.text(556, 210, "Who wins?", 17, RED)
    s.text(556, 232, "And why?", 17, RED)
    return s


def board(pieces: Mapping[str, str]) -> Sheet:
    """A chessboard with two kings and a white pawn, given as piece to square."""
    s = Sheet("#f1ede4")
    left, top, side = 48, 24, 53
    for rank in range(8):
        for file in range(8):
            x, y = left + file * side, top + rank * side
            s.box(x, y, x + side, y + side, "#efdcb9" if (rank + file) % 2 == 0 else "#b48a63")
        s.text(left - 20, top + (rank + 0.5) * side, str(8 - rank), 16)
        s.text(left + (rank + 0.5) * side, top + 8 * side + 17, "abcdefgh"[rank], 16)
    s.box(left, top, left + 8 * side, top + 8 * side, None, INK, 2.5)

    def middle(square: str) -> Point:
        file, rank = "abcdefgh".index(square[0]), int(square[1])
        return (left + (file + 0.5) * side, top + (8.5 - rank) * side)

    _king(s, *middle(pieces["black king"]), "#33343a", "#f4f1ea")
    _king(s, *middle(pieces["white king"]), "#fffdf6", INK)
    _pawn(s, *middle(pieces["white pawn"]), "#fffdf6")
    return s


def _pawn(s: Sheet, x: float, y: float, fill: str) -> None:
    s.shape([(x - 6, y - 4), (x + 6, y - 4), (x + 12, y + 15), (x - 12, y + 15)], fill, INK, 2)
    s.box(x - 15, y + 14, x + 15, y + 21, fill, INK, 2, 2)
    s.disc(x, y - 10, 8.5, fill, INK, 2)


def _king(s: Sheet, x: float, y: float, fill: str, trim: str) -> None:
    s.line([(x, y - 22), (x, y - 8)], INK, 4.5)
    s.line([(x - 6, y - 17), (x + 6, y - 17)], INK, 4.5)
    crown = smooth(
        [
            (x, y - 9),
            (x + 14, y - 11),
            (x + 19, y - 1),
            (x + 11, y + 13),
            (x - 11, y + 13),
            (x - 19, y - 1),
            (x - 14, y - 11),
        ],
        closed=True,
    )
    s.shape(crown, fill, INK, 2)
    s.line([(x, y - 6), (x, y + 8)], trim, 1.8)
    s.box(x - 15, y + 12, x + 15, y + 21, fill, INK, 2, 2)
    s.line([(x - 10, y + 16.5), (x + 10, y + 16.5)], trim, 1.5)
