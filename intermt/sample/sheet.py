"""A drawing sheet over Pillow: flat colours, round line ends, smoothed by reduction."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Sequence

from PIL import Image, ImageDraw, ImageFont

Point = tuple[float, float]

_FINE = 3
_COLOURS = 48

INK = "#2b2d33"
PAPER = "#fbfaf5"
GREY = "#8b8f98"
RED = "#c8412f"
BLUE = "#2f6fa8"
GREEN = "#5c9650"


def ellipse(
    x: float, y: float, rx: float, ry: float, start: float = 0, end: float = 360, n: int = 48
) -> list[Point]:
    """`n` + 1 points on an ellipse, angles in degrees, clockwise from the right."""
    angles = (math.radians(start + (end - start) * i / n) for i in range(n + 1))
    return [(x + rx * math.cos(a), y + ry * math.sin(a)) for a in angles]


def smooth(points: Sequence[Point], *, closed: bool = False, n: int = 12) -> list[Point]:
    """A curve through all points (Catmull-Rom), `n` pieces between two of them."""
    if closed:
        knots = [points[-1], *points, points[0], points[1]]
    else:
        knots = [points[0], *points, points[-1]]
    curve: list[Point] = []
    for p0, p1, p2, p3 in zip(knots, knots[1:], knots[2:], knots[3:], strict=False):
        for i in range(n):
            t = i / n
            x, y = (
                0.5
                * (
                    2 * p1[k]
                    + (p2[k] - p0[k]) * t
                    + (2 * p0[k] - 5 * p1[k] + 4 * p2[k] - p3[k]) * t**2
                    + (3 * p1[k] - p0[k] - 3 * p2[k] + p3[k]) * t**3
                )
                for k in (0, 1)
            )
            curve.append((x, y))
    curve.append(points[0] if closed else points[-1])
    return curve


class Sheet:
    """A sheet of 640 by 480 units, y downwards; every method draws over what is there."""

    def __init__(self, paper: str = PAPER, size: tuple[int, int] = (640, 480)) -> None:
        self._image = Image.new("RGB", (size[0] * _FINE, size[1] * _FINE), paper)
        self._draw = ImageDraw.Draw(self._image)

    def finished(self) -> Image.Image:
        """The picture as a palette image of at most 48 colours."""
        reduced = self._image.reduce(_FINE)
        return reduced.quantize(_COLOURS, dither=Image.Dither.NONE)

    def line(
        self, points: Iterable[Point], colour: str = INK, width: float = 2, *, flat: bool = False
    ) -> None:
        """Draws an open line; `flat` leaves the round ends and joints away."""
        fine = [_fine(p) for p in points]
        thick = round(width * _FINE)
        for p, q in itertools.pairwise(fine):
            self._draw.line((p, q), fill=colour, width=thick)
        if not flat:
            r = (thick - 1) / 2
            for x, y in fine:
                self._draw.ellipse((x - r, y - r, x + r, y + r), fill=colour)

    def dashes(
        self, start: Point, end: Point, colour: str = INK, width: float = 2, step: float = 8
    ) -> None:
        """Draws a dashed straight line, dash and gap of `step` each."""
        length = math.dist(start, end)
        at = 0.0
        while at < length:
            near, far = at / length, min(at + step, length) / length
            ends = [
                (start[0] + (end[0] - start[0]) * f, start[1] + (end[1] - start[1]) * f)
                for f in (near, far)
            ]
            self.line(ends, colour, width, flat=True)
            at += 2 * step

    def arrow(self, start: Point, end: Point, colour: str = INK, width: float = 2) -> None:
        """Draws a line with a filled head at `end`."""
        angle = math.atan2(end[1] - start[1], end[0] - start[0])
        size = 6 + 2 * width
        neck = (end[0] - size * math.cos(angle), end[1] - size * math.sin(angle))
        self.line([start, neck], colour, width)
        wings = [
            (end[0] - size * math.cos(angle + s), end[1] - size * math.sin(angle + s))
            for s in (-0.42, 0.42)
        ]
        self.shape([end, *wings], colour)

    def shape(
        self,
        points: Sequence[Point],
        fill: str | None = None,
        edge: str | None = None,
        width: float = 2,
    ) -> None:
        """Draws a closed shape, filled, edged or both."""
        if fill is not None:
            self._draw.polygon([_fine(p) for p in points], fill=fill)
        if edge is not None:
            self.line([*points, points[0]], edge, width)

    def disc(
        self,
        x: float,
        y: float,
        r: float,
        fill: str | None = None,
        edge: str | None = None,
        width: float = 2,
    ) -> None:
        """Draws a circle."""
        self.shape(ellipse(x, y, r, r), fill, edge, width)

    def box(
        self,
        x0: float,
        y0: float,
        x1: float,
        y1: float,
        fill: str | None = None,
        edge: str | None = None,
        width: float = 2,
        radius: float = 0,
    ) -> None:
        """Draws a rectangle, with round corners where `radius` is not 0."""
        if radius == 0:
            corners = [(x0, y0), (x1, y0), (x1, y1), (x0, y1)]
        else:
            inner = ((x1, y0, -90), (x1, y1, 0), (x0, y1, 90), (x0, y0, 180))
            corners = []
            for x, y, start in inner:
                cx, cy = (
                    min(max(x, x0 + radius), x1 - radius),
                    min(max(y, y0 + radius), y1 - radius),
                )
                corners += ellipse(cx, cy, radius, radius, start, start + 90, 8)
        self.shape(corners, fill, edge, width)

    def text(
        self,
        x: float,
        y: float,
        words: str,
        size: float = 15,
        colour: str = INK,
        anchor: str = "mm",
        *,
        bold: bool = False,
    ) -> None:
        """Writes one line in Pillow's own font; `anchor` as in Pillow, `mm` is centred."""
        font = ImageFont.load_default(size * _FINE)
        assert isinstance(font, ImageFont.FreeTypeFont)
        # The basic layout is there in every build of Pillow, so all set the same line.
        font = font.font_variant(layout_engine=ImageFont.Layout.BASIC)
        stroke = 1 if bold else 0
        self._draw.text(
            _fine((x, y)), words, fill=colour, font=font, anchor=anchor, stroke_width=stroke
        )

    def note(self, x: float, y: float, words: str, to: Point, anchor: str = "mm") -> None:
        """Writes a label with a thin line from (`x`, `y`) beside it to the thing meant."""
        self.line([(x, y), to], GREY, 1.3)
        self.disc(*to, 2.6, INK)
        shift = {"l": 4, "r": -4, "m": 0}[anchor[0]]
        self.text(x + shift, y, words, 15, INK, anchor)


def _fine(point: Point) -> Point:
    return (round(point[0] * _FINE), round(point[1] * _FINE))
