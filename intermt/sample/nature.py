"""Pictures of growing things, sky and weather."""

from __future__ import annotations

import math

from intermt.sample.sheet import BLUE, GREEN, GREY, INK, RED, Sheet, ellipse, smooth


def garden_plan(*, pear_tree: bool = True) -> Sheet:
    """A garden behind a house, from above, half of it in shade."""
    s = Sheet()
    s.box(40, 40, 600, 440, "#b9d49a", INK, 4)
    s.shape([(40, 130), (250, 130), (320, 440), (40, 440)], "#93b57c")
    s.box(40, 40, 600, 440, None, INK, 4)
    s.box(120, 24, 520, 88, "#b7705a", INK, 3)
    for x in range(140, 520, 20):
        s.line([(x, 27), (x, 85)], "#a05f4b", 1.5)
    s.box(260, 42, 380, 70, "#f4e6df")
    s.text(320, 56, "house", 17)
    s.box(200, 90, 440, 180, "#cfc9bd", INK, 1.5)
    for x in range(230, 440, 30):
        s.line([(x, 91), (x, 179)], "#b5aea0", 1)
    for y in (120, 150):
        s.line([(201, y), (439, y)], "#b5aea0", 1)
    s.text(320, 135, "paved, 8 x 3 m", 15)
    path = smooth([(400, 180), (412, 240), (470, 290), (505, 350)])
    s.line(path, "#d9cfae", 22)
    s.box(470, 350, 580, 425, "#a58a68", INK, 2.5)
    s.line([(470, 387), (580, 387)], "#7e6748", 2)
    s.text(525, 370, "shed", 15)
    trees = ((105, 205, 42), (95, 330, 52), (200, 385, 34))
    for x, y, r in trees[0 if pear_tree else 1 :]:
        s.disc(x, y, r, "#5f8a4f", "#40633a", 2)
        s.disc(x - r / 4, y - r / 4, r / 2.2, "#6f9c5c")
        s.disc(x, y, 4, "#4d3b28")
    if pear_tree:
        s.text(105, 262, "old pear tree", 14)
    s.text(105, 396, "spruces", 14)
    s.text(245, 280, "shade from noon on", 14, "#33502d")
    s.text(520, 215, "sun all day", 15, "#5b5a1d")
    s.box(300, 360, 390, 425, "#8a6b4b", INK, 2)
    for y in (374, 387, 400, 413):
        s.line([(306, y), (384, y)], "#6e5338", 2.5)
    s.text(345, 346, "old vegetable bed", 14)
    s.arrow((566, 165), (566, 115), INK, 3)
    s.text(566, 178, "N", 17, bold=True)
    s.line([(420, 458), (570, 458)], INK, 3)
    for x in (420, 495, 570):
        s.line([(x, 452), (x, 464)], INK, 3)
    s.text(596, 458, "5 m", 15)
    return s


def leaf_with_spots() -> Sheet:
    """A leaf with ringed brown spots, yellow halos and two holes."""
    s = Sheet("#e9e3d6")
    upper = smooth([(70, 290), (150, 170), (290, 105), (440, 130), (585, 215)])
    lower = smooth([(585, 215), (480, 320), (340, 385), (190, 370), (70, 290)])
    outline = [*upper, *lower[1:]]
    toothed = []
    for i, (x, y) in enumerate(outline):
        out = 5 if i % 4 < 2 else -2
        dx, dy = x - 325, y - 245
        length = math.hypot(dx, dy)
        toothed.append((x + out * dx / length, y + out * dy / length))
    s.line(smooth([(70, 290), (40, 318), (18, 356)]), "#5d8443", 9)
    s.shape([(x + 8, y + 9) for x, y in toothed], "#cfc7b5")
    s.shape(toothed, "#79a857", "#4c7438", 2.5)
    middle = smooth([(70, 290), (230, 255), (400, 228), (585, 215)])
    s.line(middle, "#a9cb83", 6)
    for start, up, down in (
        ((160, 272), (215, 165), (240, 350)),
        ((255, 251), (320, 132), (340, 362)),
        ((350, 236), (415, 145), (425, 325)),
        ((440, 224), (495, 178), (500, 280)),
    ):
        for end in (up, down):
            mid = ((start[0] + end[0]) / 2 + 16, (start[1] + end[1]) / 2)
            s.line(smooth([start, mid, end]), "#a0c47b", 3)
    spots = ((200, 225, 24), (300, 310, 30), (395, 180, 20), (250, 330, 12), (455, 265, 16))
    for x, y, r in spots:
        s.disc(x, y, r * 1.45, "#d8cc55")
    for x, y, r in spots:
        s.disc(x, y, r, "#7b5430", "#5a3b20", 1.5)
        s.disc(x, y, r * 0.62, None, "#a67c4f", 2)
        s.disc(x, y, r * 0.28, "#b48a5c")
    for x, y in ((330, 200), (518, 232)):
        hole = ellipse(x, y, 15, 10)
        s.shape(hole, "#e9e3d6", "#4c7438", 2)
    s.box(420, 396, 606, 442, "#fffdf6", GREY, 1.5, 4)
    for i in range(6):
        x = 440 + i * 29
        s.line([(x, 403), (x, 416 if i % 5 else 421)], INK, 2)
    s.text(513, 430, "0 to 5 cm", 13)
    return s


def night_sky() -> Sheet:
    """Stars over roofs towards the north, with one reddish point low in the sky."""
    s = Sheet("#16213d")
    s.shape([(0, 300), (640, 300), (640, 480), (0, 480)], "#1f2f52")
    s.shape([(0, 360), (640, 360), (640, 480), (0, 480)], "#2a3e66")
    for i in range(95):
        x = (i * 197.13 + 31) % 640
        y = (i * 89.71 + (i * i % 53) * 3) % 350
        s.disc(x, y, 0.8 + (i % 4) * 0.3, "#aab6d6")
    dipper = [(96, 150), (150, 128), (192, 146), (238, 162), (252, 208), (320, 214), (328, 164)]
    cassiopeia = [(470, 262), (504, 222), (540, 252), (580, 218), (604, 262)]
    for stars in (dipper, cassiopeia):
        for x, y in stars:
            s.disc(x, y, 4.2, "#fdf6d8")
    s.disc(390, 72, 5, "#fdf6d8")
    s.disc(438, 338, 6.5, "#e8754a")
    s.disc(438, 338, 3, "#f8c39a")
    s.line(ellipse(438, 338, 17, 17), "#f0c9a8", 1.5)
    s.text(466, 338, "?", 22, "#f0c9a8", bold=True)
    roofs = [(0, 420), (60, 420), (110, 372), (160, 420), (230, 420), (230, 396), (300, 396)]
    roofs += [(300, 424), (352, 424), (352, 340), (366, 322), (380, 340), (380, 424), (450, 424)]
    roofs += [(510, 380), (570, 424), (640, 424), (640, 480), (0, 480)]
    s.shape(roofs, "#0b1020")
    for x, y in ((100, 400), (250, 408), (276, 408), (505, 408)):
        s.box(x, y, x + 12, y + 10, "#f2c65a")
    s.text(390, 456, "N", 18, "#9fb0da", bold=True)
    s.text(70, 456, "NW", 16, "#9fb0da")
    s.text(590, 456, "NE", 16, "#9fb0da")
    return s


def weather_map() -> Sheet:
    """A low with a warm and a cold front, a high, isobars over a coast."""
    s = Sheet("#cfe2ee")
    coast = smooth([(250, -10), (300, 60), (275, 130), (340, 190), (320, 260), (390, 330)])
    coast += smooth([(390, 330), (360, 400), (420, 490)])
    s.shape([*coast, (650, 490), (650, -10)], "#e9e6cf", "#9a9a86", 2)
    island = smooth([(95, 380), (135, 350), (180, 372), (165, 420), (115, 425)], closed=True)
    s.shape(island, "#e9e6cf", "#9a9a86", 2)
    lows = ((42, 32, "992"), (82, 62, "996"), (126, 96, "1000"), (174, 134, "1004"))
    for rx, ry, hectopascals in lows:
        s.line(ellipse(180, 170, rx, ry, n=72), "#7a8796", 1.8)
        s.box(180 + rx - 17, 162, 180 + rx + 17, 178, "#f6f7f3", None, 1, 4)
        s.text(180 + rx, 170, hectopascals, 12)
    for rx, ry, hectopascals in ((46, 36, "1020"), (92, 74, "1016")):
        s.line(ellipse(530, 340, rx, ry, n=72), "#7a8796", 1.8)
        s.box(513, 340 - ry - 8, 547, 340 - ry + 8, "#f6f7f3", None, 1, 4)
        s.text(530, 340 - ry, hectopascals, 12)
    s.text(180, 170, "L", 34, RED, bold=True)
    s.text(530, 340, "H", 34, BLUE, bold=True)
    cold = smooth([(186, 190), (215, 250), (215, 330), (170, 400), (110, 450)])
    warm = smooth([(190, 186), (270, 205), (345, 260), (405, 345)])
    s.line(cold, BLUE, 4)
    s.line(warm, RED, 4)
    for i in range(8, len(cold) - 6, 11):
        (x0, y0), (x1, y1) = cold[i - 3], cold[i + 3]
        nx, ny = (y0 - y1), (x1 - x0)
        length = math.hypot(nx, ny)
        tip = (cold[i][0] - nx / length * 16, cold[i][1] - ny / length * 16)
        s.shape([(x0, y0), (x1, y1), tip], BLUE)
    for i in range(8, len(warm) - 3, 10):
        x, y = warm[i]
        angle = math.degrees(
            math.atan2(warm[i + 2][1] - warm[i - 2][1], warm[i + 2][0] - warm[i - 2][0])
        )
        s.shape(ellipse(x, y, 10, 10, angle + 180, angle + 360, 24), RED)
    for x, y, name in ((350, 120, "Harbour"), (470, 215, "Mill Town"), (445, 430, "Southgate")):
        s.disc(x, y, 4.5, INK)
        s.text(x + 9, y, name, 15, INK, "lm")
    s.text(628, 20, "Tuesday, 12:00", 16, INK, "rm")
    s.text(628, 40, "pressure in hPa", 13, INK, "rm")
    return s


def plant_cell() -> Sheet:
    """A plant cell on a worksheet whose labels of nucleus and vacuole are swapped."""
    s = Sheet()
    s.text(320, 26, "Worksheet 4: the plant cell", 20, bold=True)
    s.box(150, 62, 480, 420, "#9dbb73", "#4c6b32", 3, 42)
    s.box(162, 74, 468, 408, "#dcecc0", "#7f9f58", 2, 34)
    vacuole = smooth(
        [(215, 150), (320, 118), (385, 170), (375, 270), (300, 330), (215, 290), (195, 215)],
        closed=True,
    )
    s.shape(vacuole, "#bcdcec", "#6b9cb8", 2.5)
    s.disc(398, 350, 40, "#cdb2d8", "#7d5a8e", 2.5)
    s.disc(392, 344, 14, "#8f68a3")
    for x, y, tilt in (
        (205, 360, 20),
        (270, 375, -12),
        (425, 130, 60),
        (430, 235, 85),
        (200, 110, -30),
    ):
        body = [_turned(p, (x, y), tilt) for p in ellipse(x, y, 25, 14)]
        s.shape(body, GREEN, "#35632f", 2)
        for off in (-10, 0, 10):
            bar = [_turned((x + off, y + dy), (x, y), tilt) for dy in (-8, 8)]
            s.line(bar, "#35632f", 2)
    for x, y, tilt in ((330, 372, 15), (428, 292, -40)):
        body = [_turned(p, (x, y), tilt) for p in ellipse(x, y, 18, 9)]
        s.shape(body, "#e2a25c", "#9a6226", 2)
        wave = [_turned((x - 12 + 4 * i, y + (4 if i % 2 else -4)), (x, y), tilt) for i in range(7)]
        s.line(wave, "#9a6226", 1.5)
    s.note(520, 100, "cell wall", (474, 100), "lm")
    s.note(520, 150, "chloroplast", (430, 138), "lm")
    s.note(520, 195, "nucleus", (350, 200), "lm")
    s.note(520, 300, "mitochondrion", (436, 294), "lm")
    s.note(520, 360, "vacuole", (415, 358), "lm")
    s.note(120, 240, "membrane", (164, 240), "rm")
    s.note(120, 360, "cytoplasm", (182, 330), "rm")
    s.text(320, 452, "Name:  . . . . . . . . . . . . . . . . . .     Class:  . . . . . .", 15, GREY)
    return s


def _turned(
    point: tuple[float, float], around: tuple[float, float], degrees: float
) -> tuple[float, float]:
    a = math.radians(degrees)
    dx, dy = point[0] - around[0], point[1] - around[1]
    return (
        around[0] + dx * math.cos(a) - dy * math.sin(a),
        around[1] + dx * math.sin(a) + dy * math.cos(a),
    )
