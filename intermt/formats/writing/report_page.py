"""A report as one HTML file: tables, plots and cases, readable anywhere.

The file needs no network and no script; a content security policy keeps it from loading or
sending anything. Whoever fills it says what stands in it; how it looks is decided here and in
`report_page_files/`. All text is escaped here, so what is given is plain text.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib import resources

from intermt.formats.writing.markup import escaped
from intermt.formats.writing.report_blocks import (
    Block,
    Case,
    Cell,
    Drawing,
    Note,
    Picture,
    Plots,
    Quote,
    Said,
    Section,
    Table,
)

_NUMBER = re.compile(r"[\d.,%\N{MINUS SIGN}\N{EN DASH} ]+")
_OPTION = re.compile(r"(?<!\S)--[a-z][a-z-]{0,30}(?![\w-])")
_WHOLE = r'<span class="whole">\g<0></span>'
_SLOT = re.compile(r"\{\{(\w+)\}\}")


def page(
    title: str,
    lead: str,
    banners: Sequence[str],
    sections: Sequence[Section],
    version: str,
) -> Iterator[bytes]:
    """The HTML file, piece by piece.

    Args:
        title: What the page is called.
        lead: What was measured, in a sentence or two.
        banners: What has to be read before everything else.
        sections: In order.
        version: Of the program.
    """
    style = _part("page.css")
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    links = "".join(f'<a href="#{escaped(s.key)}">{escaped(s.title)}</a>' for s in sections)
    slots = {
        "title": escaped(title),
        "lead": f'<p class="lead">{escaped(lead)}</p>',
        "banners": "".join(f'<p class="banner" role="note">{_banner(b)}</p>' for b in banners),
        "contents": links,
        "version": escaped(version),
        "style": style,
        "policy": f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:;"
        " base-uri 'none'; form-action 'none'",
    }
    before, after = _part("page.html").split("{{content}}")
    yield _filled(before, slots)
    for section in sections:
        yield f'<section id="{escaped(section.key)}"><h2>{escaped(section.title)}</h2>\n'.encode()
        for block in section.blocks:
            for piece in _block(block):
                yield piece.encode()
        yield b"</section>\n"
    yield _filled(after, slots)


def _part(name: str) -> str:
    return (
        resources.files(__package__).joinpath("report_page_files", name).read_text(encoding="utf-8")
    )


def _filled(template: str, slots: Mapping[str, str]) -> bytes:
    return _SLOT.sub(lambda slot: slots[slot[1]], template).encode()


def _banner(text: str) -> str:
    word, colon, rest = text.partition(":")
    return f"<strong>{escaped(word)}</strong>{colon}{escaped(rest)}"


# --- blocks ------------------------------------------------------------------------------


def _block(block: Block) -> Iterator[str]:
    if isinstance(block, Table):
        yield _table(block)
    elif isinstance(block, Plots):
        yield _plots(block)
    elif isinstance(block, Drawing):
        yield _drawing(block)
    elif isinstance(block, Note):
        yield _note(block)
    elif isinstance(block, Case):
        yield from _case(block)
    else:
        yield f"<details><summary>{escaped(block.summary)}</summary>\n"
        for inside in block.blocks:
            yield from _block(inside)
        yield "</details>\n"


def _note(note: Note) -> str:
    words = f"<p>{escaped(note.text)}</p>\n" if note.text else ""
    if not note.lines:
        return words
    return f"{words}<ul>{''.join(f'<li>{_wrapping(line)}</li>' for line in note.lines)}</ul>\n"


def _table(table: Table) -> str:
    columns = zip(*table.rows, strict=True) if table.rows else [()] * len(table.columns)
    kinds = [_kind(cells) for cells in columns]
    head = "".join(
        f'<th scope="col"{kind}{_title(tip)}>{escaped(name)}</th>'
        for (name, tip), kind in zip(table.columns, kinds, strict=True)
    )
    rows = "\n".join(
        f'<tr><th scope="row">{_cell(row[0])}</th>'
        + "".join(
            f"<td{kind}{_title(cell.title)}>{_cell(cell)}</td>"
            for cell, kind in zip(row[1:], kinds[1:], strict=True)
        )
        + "</tr>"
        for row in table.rows
    )
    kind = "figures" if table.wide else "words"
    # A table wider than the screen scrolls by itself, with the keyboard too.
    return (
        f'<p class="caption">{escaped(table.caption)}</p>'
        f'<div class="scroll" tabindex="0" role="region" aria-label="{escaped(table.caption)}">'
        f'<table class="{kind}" aria-label="{escaped(table.caption)}">'
        f"<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>\n"
    )


def _cell(cell: Cell) -> str:
    under = "".join(f"<small>{escaped(line)}</small>" for line in cell.under)
    text = _wrapping(cell.text)
    text = f'<a href="#{escaped(cell.to)}">{text}</a>' if cell.to else text
    return f"{text}{_marks(cell.marks)}{under}"


def _kind(cells: Sequence[Cell]) -> str:
    """The class of a column that holds numbers alone."""
    all_numbers = cells and all(_NUMBER.fullmatch(cell.text) for cell in cells)
    return ' class="number"' if all_numbers else ""


def _title(text: str) -> str:
    return f' title="{escaped(text)}"' if text else ""


def _wrapping(text: str) -> str:
    """Text of its own direction, so that a name cannot turn the words around it.

    An option stays on one line: cut behind its first hyphen it would be another one.
    """
    return f"<bdi>{_OPTION.sub(_WHOLE, escaped(text))}</bdi>"


def _marks(marks: Iterable[str]) -> str:
    return "".join(f' <span class="tag">{escaped(mark)}</span>' for mark in marks)


def _plots(plots: Plots) -> str:
    return (
        f'<figure class="plots"><figcaption><strong>{escaped(plots.title)}</strong>'
        f"{_marks(plots.marks)}<p>{escaped(plots.caption)}</p></figcaption>"
        f'<div class="panels">{"".join(plots.panels)}</div></figure>\n'
    )


def _drawing(drawing: Drawing) -> str:
    data = base64.b64encode(drawing.svg).decode()
    # As an image it can neither run nor load anything, and its ids are its own. On a narrow
    # screen it scrolls: made as narrow as that, nobody could read it.
    return (
        f'<div class="scroll" tabindex="0" role="region" aria-label="{escaped(drawing.alt)}">'
        f'<img class="drawing" src="data:image/svg+xml;base64,{data}"'
        f' alt="{escaped(drawing.alt)}"></div>\n'
    )


# --- cases -------------------------------------------------------------------------------


def _case(case: Case) -> Iterator[str]:
    """One candidate beside what was said of it; two beside each other, and that above them."""
    yield f'<article class="case"><h3>{_wrapping(case.heading)}{_marks(case.marks)}</h3>\n'
    yield f'<p class="why">{escaped(case.why)}</p>\n'
    two = len(case.sides) == 2
    if two:
        yield _table(case.labels)
        yield from _history(case.history)
    yield '<div class="sides">'
    for name, messages in case.sides:
        yield f'<div class="side"><h4>{escaped(name)}</h4>\n'
        if not two:
            yield from _history(case.history)
        yield from map(_message, messages)
        yield "</div>"
    people = _quotes("What people wrote", case.people, "People wrote nothing about it.")
    replies = _quotes("What the judge replied", case.replies, "No reply is kept.")
    if two:
        yield f'<div class="side">{people}</div><div class="side">{replies}</div>'
    else:
        yield f'<div class="side">{_table(case.labels)}{people}{replies}</div>'
    yield "</div></article>\n"


def _history(messages: Sequence[Said]) -> Iterator[str]:
    if messages:
        plural = "" if len(messages) == 1 else "s"
        yield f"<details><summary>What came before: {len(messages)} message{plural}</summary>\n"
        yield from map(_message, messages)
        yield "</details>\n"


def _quotes(title: str, quotes: Sequence[Quote], none: str) -> str:
    told = "".join(
        f'<div class="quote"><h5>{_wrapping(quote.who)}</h5>'
        f'<div class="text" dir="auto">{escaped(quote.text)}</div>'
        + "".join(f'<p class="note">{escaped(note)}</p>' for note in quote.notes)
        + "</div>"
        for quote in quotes
    )
    inside = told or f'<p class="note">{escaped(none)}</p>'
    return f"<h4>{escaped(title)}</h4>{inside}"


def _message(said: Said) -> str:
    parts = "".join(
        f'<div class="text" dir="auto">{escaped(part)}</div>'
        if isinstance(part, str)
        else _picture(part)
        for part in said.parts
    )
    inside = parts or '<p class="note">(empty)</p>'
    kind = "user" if said.user else "answer"
    return f'<div class="message {kind}"><h5>{escaped(said.who)}</h5>{inside}</div>\n'


def _picture(picture: Picture) -> str:
    if picture.data is None:
        return f'<p class="missing" dir="auto">{escaped(picture.missing)}</p>'
    width, height = picture.size
    return (
        f'<img src="{escaped(picture.data)}" alt="{escaped(picture.alt)}"'
        f' title="{escaped(picture.alt)}" width="{width}" height="{height}">'
    )
