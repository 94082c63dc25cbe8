"""What the writers of `stats` share: marks, figures with intervals, bars, reasons."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from intermt.cli.terminal import one_line, width

Document = Mapping[str, Any]
Table = tuple[str, list[str], list[list[Any]]]

_BAR = 24


def scope(document: Document) -> str:
    """Which part of the store a document is about."""
    said = [f"{name} {one_line(document[name])}" for name in ("dataset", "level") if document[name]]
    return f" of {', '.join(said)}" if said else " of the whole store"


def mark(simulated: bool) -> str:
    """What stands beside anything that a stand-in made."""
    return " SIMULATED" if simulated else ""


def marked(row: Document) -> str:
    """What a row has to be marked with."""
    return mark(row["simulated"]) + (" SYNTHETIC" if row["synthetic"] else "")


def rater_of(row: Document) -> str:
    """Whose labels a row is about, with its marks."""
    if row["judge"] is not None:
        return f"judge {one_line(row['judge'])}{mark(row['simulated'])}"
    return f"{row['rater']}s{' SYNTHETIC' if row['kind'] == 'synthetic' else ''}"


def percent(share: float | None) -> str:
    """A share in brackets; nothing where there is none."""
    return "" if share is None else f" ({share:.1%})"


def percentage(share: float) -> str:
    """A share in whole percent: 0% says none and 100% says all."""
    text = f"{share:.0%}"
    if text == "0%" and share > 0:
        return "<1%"
    return ">99%" if text == "100%" and share < 1 else text


def figure(found: Mapping[str, Any] | None, n: int | None = None) -> str:
    """A figure with its interval, and what it rests on where `n` is given."""
    if found is None or found["value"] is None:
        return "-"
    text = f"{found['value']:.2f}"
    if found["low"] is not None:
        text += f" [{found['low']:.2f}, {found['high']:.2f}]"
    return text if n is None else f"{text} ({n:,})"


def reasons(missing: Iterable[tuple[str, str, str]]) -> list[str]:
    """Why figures are not there, a line for each what and why, with the first two places."""
    found: dict[tuple[str, str], list[str]] = {}
    for what, why, where in missing:
        found.setdefault((what, why), []).append(where)
    lines = []
    for (what, why), places in found.items():
        more = f"; and {len(places) - 2:,} more" if len(places) > 2 else ""
        lines.append(f"{what}: {why}: {'; '.join(places[:2])}{more}")
    return lines


# --- drawn with characters ---------------------------------------------------------------


def bar_lines(counts: Mapping[str, int]) -> Iterator[str]:
    """A line with a bar for each count."""
    total, most = sum(counts.values()), max(counts.values(), default=0)
    wide = max((width(name) for name in counts), default=0)
    for name, n in counts.items():
        drawn = bar(n, most, _BAR)
        space = " " * (wide - width(name))
        yield f"  {space}{name} {drawn:<{_BAR}} {n:>9,}" + percent(n / total if total else None)


def bar(n: float, most: float, room: int) -> str:
    """A bar of at most `room` characters; one for anything above 0."""
    return _drawable("█", "#") * (max(1, round(room * n / most)) if n else 0)


def sparkline(counts: Sequence[float]) -> str:
    """A character for each number, as high as it is beside the greatest; a space for 0."""
    heights = _drawable("▁▂▃▄▅▆▇█", ".:-=+*#@")
    most = max(counts, default=0)
    return "".join(
        heights[min(len(heights) - 1, int(n / most * len(heights)))] if n else " " for n in counts
    )


def _drawable(wanted: str, plain: str) -> str:
    encoding = getattr(sys.stdout, "encoding", None) or "ascii"
    try:
        wanted.encode(encoding)
    except (UnicodeEncodeError, LookupError):
        return plain
    return wanted
