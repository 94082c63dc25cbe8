"""Verdicts in the tables of a reply: a row or a column for each dimension."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from intermt.domain.reply_choices import ChoiceReader
from intermt.domain.reply_names import Asked
from intermt.domain.reply_values import Reader

_RULE = re.compile(r"[\s:|+=-]+")
_SCORES = re.compile(
    r"\b(?:scores?|ratings?|points|marks?|values?|grades?|verdict)\b", re.IGNORECASE
)
_CHOICES = re.compile(
    r"\b(?:winner|better|best|preferred|preference|choice|verdict|judge?ment|result|vote|pick|answer)"
    r"\s*[*_]*$",
    re.IGNORECASE,
)
_NOT_OURS = re.compile(
    r"\b(?:max(?:imum)?|min(?:imum)?|weights?|scale|range|human|reference|example|previous|initial|"
    r"draft|average|mean|possible|confidence|certainty|errors?|mistakes?|typos?|faults?|defects?|issues?|count|number|rank(?:ing)?|"
    r"target|goal|worse|worst|weak(?:er|est)|inferior|poor(?:er|est)|lower|lowest|less(?:er)?|least|bad|wrong|loser|losing|rejected|expected|before|others?|turns?|#|no|id)\b",
    re.IGNORECASE,
)
_RANGE = re.compile(r"\(?\s*(-?\d{1,3})\s*(?:-|–|to)\s*(\d{1,3})\s*\)?")
_TICK = re.compile(r"[\s*_]*[✓✔✅☑🏆👑]\ufe0f?[\s*_]*")
_CROSS = re.compile(r"[\s*_]*[✗✘❌✖–—-]?\ufe0f?[\s*_]*")
_OUT_OF = re.compile(r"(?:/|\bout\s+of)\s*(\d{1,3})")


def starts_table(lines: Sequence[str]) -> bool:
    """Whether the first of two lines is one of a table: it begins with a bar or heads a rule."""
    headed = len(lines) > 1 and "|" in lines[0] and "|" in lines[1]
    return lines[0].lstrip().startswith("|") or (
        headed and "-" in lines[1] and _RULE.fullmatch(lines[1]) is not None
    )


def read_table(
    lines: Sequence[str], asked: Asked, reader: Reader, scales: Sequence[tuple[int, int]]
) -> Iterator[tuple[str, int | str | None]]:
    """Dimension and value of each statement in the lines of one table."""
    rows = [
        [cell.strip() for cell in line.strip().strip("|").split("|")]
        for line in lines
        if not _RULE.fullmatch(line)
    ]
    has_header = len(rows) > 1 and len(rows) < len(lines)
    by_column = {
        k: name
        for k, cell in enumerate(rows[0] if rows else [])
        if (name := asked.named_by(cell)) is not None
    }
    body_is_named = any(asked.named_by(cell) is not None for row in rows[1:] for cell in row[:2])
    if len(rows) > 1 and by_column and not body_is_named and (len(by_column) > 1 or has_header):
        yield from _columns(rows, by_column, reader)
        return
    header = rows[0] if has_header and not any(asked.named_by(c) for c in rows[0]) else []
    yield from _rows(rows[1:] if header else rows, header, asked, reader, scales)


def _columns(
    rows: list[list[str]], by_column: dict[int, str], reader: Reader
) -> Iterator[tuple[str, int | str | None]]:
    for row in rows[1:]:
        label = row[0] if 0 not in by_column else ""
        if _NOT_OURS.search(label):
            continue
        for k, dimension in by_column.items():
            if k < len(row) and dimension and (reading := reader.whole(row[k])) is not None:
                yield dimension, reading.value


def _rows(
    rows: list[list[str]],
    header: list[str],
    asked: Asked,
    reader: Reader,
    scales: Sequence[tuple[int, int]],
) -> Iterator[tuple[str, int | str | None]]:
    wanted = _CHOICES if isinstance(reader, ChoiceReader) else _SCORES
    marked = [
        k for k, cell in enumerate(header) if wanted.search(cell) and not _NOT_OURS.search(cell)
    ]
    others = [k for k, cell in enumerate(header) if _NOT_OURS.search(cell)]
    for row in rows:
        named = [k for k, cell in enumerate(row[:3]) if asked.named_by(cell) is not None]
        dimension = asked.named_by(row[named[0]]) if named else None
        if not dimension:
            continue
        cells = [k for k in range(len(row)) if k not in named and k not in others and k > named[0]]
        if marked:
            cells = [k for k in marked if k < len(row) and k not in named]
            readings = [reader.whole(row[k]) for k in cells]
        else:
            readings = [reader.alone(row[k]) for k in cells if len(row[k]) < 60]
        stated = [r.value for r in readings if r is not None]
        if not marked and not stated and isinstance(reader, ChoiceReader):
            stated = _ticked(row, header, reader)
        if any(_foreign(header[k], scales) for k in cells if k < len(header)) and stated:
            yield dimension, None
        elif len(stated) == 1:
            yield dimension, stated[0]
        elif stated:
            yield dimension, None


def _ticked(row: list[str], header: list[str], reader: Reader) -> list[int | str | None]:
    """The candidate whose column alone has a tick, where the head names both candidates."""
    heads = {k: head.value for k, cell in enumerate(header) if (head := reader.alone(cell))}
    cells = {heads[k]: row[k] for k in heads if k < len(row)}
    ticked = [who for who, cell in cells.items() if _TICK.fullmatch(cell)]
    crossed = [who for who, cell in cells.items() if _CROSS.fullmatch(cell)]
    both_said = set(cells) == {"A", "B"} and len(ticked) == 1 and len(crossed) == 1
    return list(ticked) if both_said else []


def _foreign(cell: str, scales: Sequence[tuple[int, int]]) -> bool:
    """Whether a column's head names another scale."""
    if not scales:
        return False
    if (scale := _RANGE.search(cell)) is not None:
        return (int(scale[1]), int(scale[2])) not in scales
    highest = _OUT_OF.search(cell)
    return highest is not None and int(highest[1]) != scales[0][1]
