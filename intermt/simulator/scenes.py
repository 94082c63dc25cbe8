"""Small landscapes out of a hash: what a simulated picture shows behind its caption."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PIL import Image, ImageDraw, ImageOps

from intermt.simulator.dice import Dice

# Sky above, sky below, light, and three tones from far to near.
_PALETTES: tuple[tuple[str, ...], ...] = (
    ("#25346b", "#f39c6b", "#ffe3a3", "#6b4a7a", "#4a3563", "#2c2348"),
    ("#5db3d9", "#e8f4f0", "#fff6c9", "#8fc0a9", "#4f9375", "#2f6150"),
    ("#0f1c3f", "#3d6098", "#f4f1d0", "#2a4470", "#1d3157", "#12213f"),
    ("#f7c59f", "#fdf0d5", "#ff8f66", "#c98b70", "#8d5a4c", "#5a3a3a"),
    ("#86a8c9", "#f0e4e4", "#ffffff", "#a3b3c4", "#6e839b", "#45576d"),
    ("#ee9ca7", "#ffe9d6", "#fff3b0", "#b8758f", "#7d4f79", "#4b355b"),
    ("#2b7a78", "#def2f1", "#feffff", "#6fb3a8", "#3aafa9", "#17504f"),
    ("#fbc531", "#fff6df", "#e1503a", "#d9a441", "#a8722f", "#5f4021"),
)


@dataclass(frozen=True, slots=True)
class _Canvas:
    """What a scene needs: where to draw, how large it is, its dice and its colours."""

    draw: ImageDraw.ImageDraw
    width: int
    height: int
    dice: Dice
    colours: tuple[str, ...]

    def at(self, x: float, y: float) -> tuple[float, float]:
        """A point given in parts of the width and of the height."""
        return x * self.width, y * self.height

    def disc(self, x: float, y: float, radius: float, fill: str) -> None:
        """A disc; its radius is in parts of the height."""
        cx, cy = self.at(x, y)
        r = radius * self.height
        self.draw.ellipse((cx - r, cy - r, cx + r, cy + r), fill=fill)

    def box(self, x0: float, y0: float, x1: float, y1: float, fill: str) -> None:
        """A rectangle; corners in parts of the picture, in any order."""
        left, right = sorted((x0 * self.width, x1 * self.width))
        top, bottom = sorted((y0 * self.height, y1 * self.height))
        self.draw.rectangle((left, top, right, bottom), fill=fill)

    def shape(self, points: list[tuple[float, float]], fill: str) -> None:
        """A filled polygon; points in parts of the picture."""
        self.draw.polygon([self.at(x, y) for x, y in points], fill=fill)


def draw_scene(size: tuple[int, int], dice: Dice) -> Image.Image:
    """An RGB picture of the given size; equal dice give the same scene."""
    # Drawn twice as large and averaged: Pillow's shapes have hard edges.
    scale = 2 if max(size) <= 512 else 1
    width, height = size[0] * scale, size[1] * scale
    colours = dice.pick(_PALETTES, "palette")
    ramp = Image.linear_gradient("L").crop((0, 0, 1, 256)).resize((1, height))
    sky = ImageOps.colorize(ramp, colours[0], colours[1])
    # One column made wide without interpolation: an eighth of the time.
    image = sky.resize((width, height), Image.Resampling.NEAREST)
    canvas = _Canvas(ImageDraw.Draw(image), width, height, dice, colours)
    canvas.disc(dice.between(0.2, 0.8, "sun x"), 0.28, dice.between(0.07, 0.13, "sun"), colours[2])
    dice.pick(_SCENES, "scene")(canvas)
    return image.reduce(scale) if scale > 1 else image


def _ridge(canvas: _Canvas, layer: int, level: float, rough: float, fill: str) -> None:
    steps = 9
    points = [
        (step / steps, level + rough * (canvas.dice.unit("ridge", layer, step) - 0.5))
        for step in range(steps + 1)
    ]
    canvas.shape([(0, 1), *points, (1, 1)], fill)


def _mountains(canvas: _Canvas) -> None:
    for layer, (level, rough) in enumerate(((0.45, 0.28), (0.56, 0.2), (0.7, 0.1))):
        _ridge(canvas, layer, level, rough, canvas.colours[3 + layer])


def _forest(canvas: _Canvas) -> None:
    _ridge(canvas, 0, 0.5, 0.12, canvas.colours[3])
    for row, (ground, tall, count) in enumerate(((0.68, 0.22, 11), (0.82, 0.34, 8))):
        fill = canvas.colours[4 + row]
        for tree in range(count):
            x = (tree + canvas.dice.unit("tree", row, tree)) / count
            top = ground - tall * canvas.dice.between(0.6, 1, "tall", row, tree)
            half = 0.16 * tall + 0.02
            for part in range(3):
                y = top + (ground - top) * part / 3.6
                foot, wide = y + (ground - top) / 2.4, half * (0.5 + part / 4)
                canvas.shape([(x, y), (x - wide, foot), (x + wide, foot)], fill)
        canvas.box(0, ground - 0.02, 1, 1, fill)


def _city(canvas: _Canvas) -> None:
    for row, (count, low, high) in enumerate(((13, 0.3, 0.55), (8, 0.45, 0.66))):
        for house in range(count):
            left, right = house / count, (house + 0.93) / count
            top = canvas.dice.between(low, high, "house", row, house)
            canvas.box(left, top, right, 1, canvas.colours[3 + 2 * row])
            if row == 1:
                _windows(canvas, house, left, right, top)


def _windows(canvas: _Canvas, house: int, left: float, right: float, top: float) -> None:
    for floor in range(5):
        for column in range(3):
            if canvas.dice.chance(0.55, "window", house, floor, column):
                x = left + (right - left) * (column + 0.6) / 3.6
                y = top + 0.03 + floor * 0.06
                canvas.box(x, y, x + 0.017, y + 0.028, canvas.colours[2])


def _sea(canvas: _Canvas) -> None:
    for wave, level in enumerate((0.55, 0.65, 0.76)):
        canvas.box(0, level, 1, 1, canvas.colours[3 + wave])
        for glint in range(5):
            x = canvas.dice.unit("glint", wave, glint)
            y = level + canvas.dice.between(0.02, 0.08, "glint y", wave, glint)
            canvas.box(x, y, x + 0.06, y + 0.005, canvas.colours[2])
    x = canvas.dice.between(0.3, 0.65, "boat")
    canvas.shape([(x, 0.32), (x, 0.6), (x + 0.17, 0.6)], canvas.colours[2])
    canvas.shape([(x - 0.02, 0.38), (x - 0.02, 0.6), (x - 0.12, 0.6)], canvas.colours[1])
    hull = [(x - 0.16, 0.61), (x + 0.2, 0.61), (x + 0.13, 0.69), (x - 0.1, 0.69)]
    canvas.shape(hull, canvas.colours[5])


def _table(canvas: _Canvas) -> None:
    canvas.box(0, 0.64, 1, 1, canvas.colours[5])
    canvas.box(0, 0.64, 1, 0.66, canvas.colours[4])
    for thing in range(4):
        x = (thing + 0.65 + 0.25 * canvas.dice.unit("thing", thing)) / 4.6
        tall = canvas.dice.between(0.1, 0.26, "tall", thing)
        fill = canvas.colours[canvas.dice.pick((2, 3, 4), "fill", thing)]
        form = canvas.dice.integer(0, 2, "form", thing)
        if form == 0:
            canvas.box(x - 0.05, 0.64 - tall, x + 0.05, 0.64, fill)
            canvas.box(x - 0.03, 0.6 - tall, x + 0.03, 0.64 - tall, fill)
        elif form == 1:
            canvas.disc(x, 0.64 - tall / 2, tall / 2, fill)
            canvas.box(x - 0.004, 0.6 - tall, x + 0.004, 0.65 - tall, canvas.colours[5])
        else:
            canvas.shape([(x - 0.09, 0.64 - tall), (x + 0.09, 0.64 - tall), (x, 0.66)], fill)
            canvas.box(x - 0.05, 0.625, x + 0.05, 0.645, fill)


def _discs(canvas: _Canvas) -> None:
    for number in range(9):
        x = canvas.dice.between(0.05, 0.95, "x", number)
        y = canvas.dice.between(0.1, 0.85, "y", number)
        radius = canvas.dice.between(0.05, 0.2, "r", number)
        canvas.disc(x, y, radius, canvas.colours[3 + number % 3])
        canvas.disc(x, y, radius * 0.72, canvas.colours[number % 3])
        canvas.disc(x, y, radius * 0.4, canvas.colours[3 + (number + 1) % 3])


_SCENES: tuple[Callable[[_Canvas], None], ...] = (
    _mountains,
    _forest,
    _city,
    _sea,
    _table,
    _discs,
)
