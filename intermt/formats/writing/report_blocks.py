"""What may stand on the page of a report: tables, plots, notes, cases, in sections.

All of it is plain text; `report_page` escapes it and decides how it looks.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell of a table.

    Attributes:
        text: What stands in it.
        under: Smaller lines under that.
        title: What is shown while a pointer rests on it.
        marks: What has to be read with it, as in `SIMULATED`.
        to: Key of the section that its text leads to; "" where it leads nowhere.
    """

    text: str
    under: tuple[str, ...] = ()
    title: str = ""
    marks: tuple[str, ...] = ()
    to: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """A table; the first cell of a row names it.

    Attributes:
        caption: What is in the table.
        columns: Names, and what is shown while a pointer rests on one.
        rows: As many cells as columns in each.
        wide: Whether its cells hold figures, to be set in columns of one width.
    """

    caption: str
    columns: tuple[tuple[str, str], ...]
    rows: tuple[tuple[Cell, ...], ...]
    wide: bool = True


@dataclass(frozen=True, slots=True)
class Plots:
    """Panels that make one picture.

    Attributes:
        title: What is drawn.
        caption: How it is read.
        panels: SVG, as `svg_plots` makes it.
        marks: What has to be read with the picture.
    """

    title: str
    caption: str
    panels: tuple[str, ...]
    marks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Drawing:
    """A figure that was drawn elsewhere, with its title and marks in it.

    Attributes:
        alt: What is drawn.
        svg: The file.
    """

    alt: str
    svg: bytes


@dataclass(frozen=True, slots=True)
class Note:
    """A paragraph; of several lines a list."""

    text: str
    lines: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Fold:
    """What stands behind a line that opens it."""

    summary: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture in a message.

    Attributes:
        alt: What it shows, in words.
        data: A `data:image/` URI; None where there is no picture.
        missing: Why there is none, and which; "" where there is one.
        size: Width and height in pixels, as embedded.
    """

    alt: str
    data: str | None = None
    missing: str = ""
    size: tuple[int, int] = (0, 0)


@dataclass(frozen=True, slots=True)
class Said:
    """A message: who, and text and pictures in reading order."""

    who: str
    parts: tuple[str | Picture, ...]
    user: bool = False


@dataclass(frozen=True, slots=True)
class Quote:
    """Words as somebody wrote them.

    Attributes:
        who: Who, and about what.
        text: The words, kept as they are.
        notes: What has to be known of them.
    """

    who: str
    text: str
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Case:
    """One item with everything said of it.

    Attributes:
        heading: Which item.
        why: Why it is shown.
        marks: What has to be read with it.
        history: What came before; folded away if long.
        sides: What was judged: one conversation or answer, or two candidates, each with its
            name.
        labels: What people and judges gave, side by side.
        people: What people wrote about it.
        replies: What judges replied.
    """

    heading: str
    why: str
    marks: tuple[str, ...]
    history: tuple[Said, ...]
    sides: tuple[tuple[str, tuple[Said, ...]], ...]
    labels: Table
    people: tuple[Quote, ...]
    replies: tuple[Quote, ...]


Block = Table | Plots | Drawing | Note | Fold | Case


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the page that the contents name."""

    key: str
    title: str
    blocks: tuple[Block, ...]
