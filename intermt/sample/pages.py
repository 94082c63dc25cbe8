"""Pictures of made things: a story page, a poster, jars on a shelf, two knots."""

from __future__ import annotations

import math

from intermt.sample.sheet import GREY, INK, PAPER, Point, Sheet, ellipse, smooth


def story_panels() -> Sheet:
    """Four panels: a boat by moonlight, a storm, a dark lighthouse, an empty frame."""
    s = Sheet("#f4f0e6")
    s.box(20, 20, 312, 232, "#243a5e", INK, 3)
    s.disc(250, 70, 24, "#f5ecc4")
    s.shape([(22, 160), (310, 160), (310, 230), (22, 230)], "#355780")
    for y, x in ((176, 200), (192, 226), (208, 190)):
        s.line([(x, y), (x + 60, y)], "#f5ecc4", 2)
    boat(s, 120, 160, 0)
    s.box(328, 20, 620, 232, "#5a6472", INK, 3)
    for x, y, r in ((370, 60, 32), (430, 62, 38), (490, 58, 34), (545, 62, 38), (588, 56, 28)):
        s.disc(x, y, r, "#3e4650")
    bolt = [(520, 96), (496, 132), (512, 132), (494, 170), (536, 122), (518, 122), (538, 96)]
    s.shape(bolt, "#f3d14e")
    wave = smooth([(330, 190), (380, 150), (430, 196), (500, 176), (560, 206), (618, 170)])
    boat(s, 404, 160, 22)
    s.shape([*wave, (618, 230), (330, 230)], "#2f4f6b", "#dce7ee", 2)
    for x in (360, 420, 470, 560, 600):
        s.line([(x, 108), (x - 12, 144)], "#aebccb", 1.5)
    s.box(20, 248, 312, 460, "#1d2b45", INK, 3)
    s.box(22, 412, 310, 458, "#2c466f")
    s.line([(210, 446), (286, 446)], "#4a6796", 2)
    s.shape([(22, 458), (22, 410), (120, 392), (166, 420), (196, 458)], "#0e1626")
    s.shape([(88, 398), (98, 300), (130, 300), (142, 398)], "#d8d3c6", INK, 2)
    s.shape([(92, 366), (138, 366), (136, 342), (94, 342)], "#b44a3c")
    s.box(96, 282, 132, 300, "#2c3038", INK, 2)
    s.shape([(92, 282), (136, 282), (114, 262)], "#b44a3c", INK, 2)
    s.text(220, 330, "no light?", 17, "#c9d4ea")
    boat(s, 250, 420, 4)
    s.box(328, 248, 620, 460, PAPER, GREY, 3)
    s.text(474, 354, "?", 84, "#c9c4b6")
    for n, (x, y) in enumerate(((38, 38), (346, 38), (38, 266), (346, 266)), start=1):
        s.disc(x, y, 12, "#fffdf6", INK, 2)
        s.text(x, y, str(n), 15)
    return s


def boat(s: Sheet, x: float, y: float, degrees: float) -> None:
    """Draws the story's sailing boat, heeled to the right by `degrees`."""

    def at(dx: float, dy: float) -> Point:
        a = math.radians(degrees)
        return (x + dx * math.cos(a) - dy * math.sin(a), y + dx * math.sin(a) + dy * math.cos(a))

    s.line([at(0, 0), at(0, -62)], "#5b4127", 3.5)
    s.shape([at(4, -60), at(34, -12), at(4, -12)], "#f2e9d8", INK, 1.5)
    s.shape([at(-4, -50), at(-26, -12), at(-4, -12)], "#d9694a", INK, 1.5)
    s.shape([at(-38, -6), at(40, -6), at(26, 14), at(-26, 14)], "#8a5a33", INK, 2)


def poster_layout() -> Sheet:
    """A concert poster whose text crowds one side and covers its drawing."""
    s = Sheet("#9aa0a8")
    s.box(172, 20, 492, 472, "#7f858d")
    s.box(160, 10, 480, 462, "#fff7d6", INK, 2)
    s.shape([(160, 10), (480, 10), (480, 90), (160, 140)], "#e8572f")
    s.text(172, 44, "SPRING", 38, "#f4e04a", "lm", bold=True)
    s.text(172, 84, "CONCERT of the choir", 21, "#3b7a2c", "lm", bold=True)
    for i, (x, head) in enumerate(((230, "#f0c39c"), (272, "#8c5a3c"), (314, "#e2b088"))):
        y = 236 + 10 * (i % 2)
        robe = [(x - 26, y + 92), (x - 15, y + 22), (x + 15, y + 22), (x + 26, y + 92)]
        s.shape(robe, ("#4d6fb0", "#7a4d9c", "#3f8f86")[i], INK, 2)
        s.disc(x, y, 19, head, INK, 2)
        s.shape(ellipse(x, y + 8, 5, 6), "#6b2a22")
        for dx in (-7, 7):
            s.disc(x + dx, y - 4, 2, INK)
    lines = (
        (162, "Sat 18 April 19:30 doors 19:00", 15, "#b02a8c"),
        (184, "Old Market Hall, hall 2 (not hall 1!)", 14, "#b02a8c"),
        (206, "with songs from five countries", 17, "#e8572f"),
        (290, "tickets 8 / reduced 5 / children free", 15, "#1f4fd0"),
        (348, "refreshments, raffle, cake buffet", 17, "#3b7a2c"),
        (370, "bring a cushion", 12, INK),
    )
    for y, words, size, colour in lines:
        s.text(170, y, words, size, colour, "lm")
    for x, y in ((420, 250), (446, 300), (404, 330)):
        s.shape(ellipse(x, y, 8, 6), INK)
        s.line([(x + 7, y), (x + 7, y - 32)], INK, 2.5)
    s.line([(427, 218), (453, 268)], INK, 3)
    s.box(170, 392, 232, 452, "#ffffff", INK, 1.5)
    s.text(201, 422, "logo", 14, GREY)
    s.text(470, 450, "print: A3", 11, GREY, "rm")
    return s


def starter_morning() -> Sheet:
    """A jar of sourdough starter at 8:00, at its rubber band."""
    return _jar("8:00", level=300, bubbles=((270, 330), (340, 350), (310, 380)), water=False)


def starter_afternoon() -> Sheet:
    """The same jar at 14:00: sunk below the band, liquid on top."""
    return _jar("14:00", level=336, bubbles=((300, 384), (352, 372)), water=True)


def _jar(
    time: str, *, level: float, bubbles: tuple[tuple[float, float], ...], water: bool
) -> Sheet:
    s = Sheet("#e9dfd0")
    s.box(0, 420, 640, 480, "#b08c66")
    for edge in (436, 456):
        s.line([(0, edge), (640, edge)], "#9c7952", 2, flat=True)
    for board in range(30, 640, 90):
        s.line([(board, 0), (board, 418)], "#e2d6c4", 2, flat=True)
    s.box(216, 104, 424, 426, "#eef4f4", "#8ba0a6", 4, 26)
    s.box(222, level, 418, 420, "#ead9b4", None, 1, 22)
    s.box(222, level, 418, level + 30, "#ead9b4")
    if water:
        s.box(222, level - 14, 418, level, "#b9a98a")
        s.line([(222, level - 14), (418, level - 14)], "#93866c", 1.5, flat=True)
    for x, y in bubbles:
        s.disc(x, y, 6, "#f7ecd2", "#c8b48a", 1.5)
    s.line([(214, 300), (426, 300)], "#c8412f", 6, flat=True)
    s.shape(ellipse(320, 104, 110, 16), "#f3e2c6", "#a58a62", 2.5)
    s.shape(ellipse(320, 98, 110, 16), "#f9efdc", "#a58a62", 2.5)
    s.line([(240, 140), (240, 280)], "#ffffff", 8)
    s.note(474, 300, "rubber band", (428, 300), "lm")
    s.note(474, 370, "starter", (404, 372), "lm")
    if water:
        s.note(474, 335, "grey liquid", (404, level - 7), "lm")
    s.box(44, 60, 164, 180, "#fffdf6", INK, 3, 60)
    hour, minute = (int(part) for part in time.split(":"))
    for angle, length in (((hour % 12 + minute / 60) * 30, 28), (minute * 6, 42)):
        a = math.radians(angle - 90)
        s.line([(104, 120), (104 + length * math.cos(a), 120 + length * math.sin(a))], INK, 4)
    for k in range(12):
        a = math.radians(30 * k)
        s.disc(104 + 51 * math.cos(a), 120 + 51 * math.sin(a), 2, INK)
    s.text(104, 204, time, 20, bold=True)
    return s


def left_knot() -> Sheet:
    """A trefoil knot drawn as a rope."""
    return _trefoil("Drawing 1", mirrored=False, turn=0)


def right_knot() -> Sheet:
    """Its mirror image, turned by 40 degrees."""
    return _trefoil("Drawing 2", mirrored=True, turn=40)


def _trefoil(title: str, *, mirrored: bool, turn: float) -> Sheet:
    s = Sheet()
    s.box(14, 14, 626, 466, None, "#d8d4c8", 2, 12)
    s.text(36, 40, title, 19, INK, "lm", bold=True)

    def at(t: float) -> Point:
        x, y = math.sin(t) + 2 * math.sin(2 * t), math.cos(t) - 2 * math.cos(2 * t)
        a = math.radians(turn)
        return (
            320 + 66 * (x * math.cos(a) - y * math.sin(a)),
            244 - 66 * (x * math.sin(a) + y * math.cos(a)),
        )

    def strand(start: float, end: float) -> list[Point]:
        n = max(8, round((end - start) * 40))
        return [at(start + (end - start) * i / n) for i in range(n + 1)]

    def edge(t: float, off: float) -> list[Point]:
        points = strand(t - 0.17, t + 0.17)
        (x0, y0), (x1, y1) = points[0], points[-1]
        dx, dy = (y1 - y0), (x0 - x1)
        length = math.hypot(dx, dy)
        return [(x + off * dx / length, y + off * dy / length) for x, y in points]

    colour, light = ("#b0653a", "#d99a68") if mirrored else ("#3a6fa0", "#7fb0d8")

    def rope(start: float, end: float) -> None:
        # Inner layers run on a little, so that no end cap shows where a piece is laid over.
        s.line(strand(start, end), INK, 24)
        s.line(strand(start - 0.1, end + 0.1), colour, 19)
        s.line(strand(start - 0.2, end + 0.2), light, 6)

    rope(0, 2 * math.pi)
    # The curve meets itself where 1 + 4 cos t = 0, and at two more places by symmetry.
    crossing = math.acos(-0.25) * (-1 if mirrored else 1)
    for k in range(3):
        t = crossing + k * 2 * math.pi / 3
        s.shape([*edge(t, 19), *edge(t, -19)[::-1]], PAPER)
        rope(t - 0.2, t + 0.2)
    return s
