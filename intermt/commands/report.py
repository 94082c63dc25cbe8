"""The report on a store: one page, and its tables, figures and documents as files.

DIR/index.html           everything on one page that needs no network
DIR/report.json          what of the paper is there, what is missing, hashes of the files
DIR/tables/TOPIC.csv     every figure, one a line
DIR/tables/TOPIC.md      the same to be read
DIR/documents/TOPIC.json the same for programs
DIR/figures/TOPIC.svg    and .png, where matplotlib is installed
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import orjson

from intermt import __version__
from intermt.commands import report_notes
from intermt.commands.evaluate import EvalResult
from intermt.commands.report_paper import Entry, entries
from intermt.commands.whole_folder import whole_folder
from intermt.errors import CannotCreate
from intermt.formats.writing.report_page import (
    Block,
    Cell,
    Drawing,
    Fold,
    Note,
    Section,
    Table,
    page,
)
from intermt.records import Progress

MANIFEST = "report.json"
PAGE = "index.html"
TITLE = "What is in this store"

_VERSION = 1
_NO_FIGURES = (
    "There are no figures, as matplotlib is not installed: pip install 'intermt[plot]', then run"
    " intermt report again."
)


@dataclass(frozen=True, slots=True)
class Chapter:
    """What the report says on one topic of `stats`.

    Attributes:
        topic: Its name.
        title: Its heading.
        document: Every figure of it; None where there is none.
        why: Why there is none; "" where there is one.
        told: What a reader must know, and what the figures come to.
        tables: Title, columns and rows of each.
        csv: Every figure, one a line.
        markdown: A section to be read.
        figures: Files by ending.
    """

    topic: str
    title: str
    document: Mapping[str, Any] | None = None
    why: str = ""
    told: tuple[str, ...] = ()
    tables: tuple[tuple[str, Sequence[str], Sequence[Sequence[Any]]], ...] = ()
    csv: str = ""
    markdown: str = ""
    figures: Mapping[str, bytes] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Judged:
    """What the report says of judges beside people.

    Attributes:
        result: Every figure; None where there is none.
        why: Why there is none; "" where there is one.
        sections: Of the page.
        csv: Every figure, one a line.
        markdown: Tables to be read.
    """

    result: EvalResult | None = None
    why: str = ""
    sections: tuple[Section, ...] = ()
    csv: str = ""
    markdown: str = ""


@dataclass(frozen=True, slots=True)
class ReportResult:
    """What was written.

    Attributes:
        folder: Where.
        unchanged: Whether it was there already, with the same content.
        files: Names in the folder.
        there: Tables and figures of the paper that the data allow.
        missing: The others, with what they need.
        simulated: Whether a stand-in made anything in it.
        synthetic: Whether labels in it are invented.
        has_figures: Whether figures could be drawn.
    """

    folder: str
    unchanged: bool
    files: tuple[str, ...]
    there: tuple[Entry, ...]
    missing: tuple[Entry, ...]
    simulated: bool
    synthetic: bool
    has_figures: bool


def refuse_foreign(folder: Path) -> None:
    """Go on only if nothing in an earlier report's folder is anybody else's.

    Raises:
        CannotCreate: It holds a file that the report did not write.
    """
    manifest = folder / MANIFEST
    if not manifest.is_file():
        return
    try:
        written = orjson.loads(manifest.read_bytes())["sha256"]
    except (OSError, ValueError, KeyError, TypeError):
        written = ()
    names = (path.relative_to(folder) for path in sorted(folder.rglob("*")) if not path.is_dir())
    foreign = next((name for name in map(str, names) if name not in {*written, MANIFEST}), None)
    if foreign is not None:
        raise CannotCreate(
            f"the folder holds {foreign}, which no report wrote, and would be replaced",
            where=str(folder),
            todo="move it elsewhere, or name another folder",
        )


def write(
    folder: Path,
    chapters: Sequence[Chapter],
    judged: Judged,
    scope: Mapping[str, str | None],
    progress: Progress,
) -> ReportResult:
    """Write the report; its folder appears whole or not at all.

    A folder that an earlier report made is replaced. Equal chapters give equal bytes.

    Args:
        folder: Where.
        chapters: In order.
        judged: What stands after them.
        scope: The part of the store it is about: `dataset` and `level`, None for all.
        progress: Where to report.

    Raises:
        CannotCreate: Something else has that name, or the folder cannot be made.
        StoreIOError: The disk is full, or the store is damaged.
    """
    documents = {c.topic: c.document for c in chapters if c.document is not None}
    result = judged.result
    every = entries(documents, () if result is None else result.figures)
    simulated = any(document["simulated"] for document in documents.values())
    synthetic = any(document["synthetic"] for document in documents.values())
    if result is not None:
        simulated, synthetic = simulated or result.simulated, synthetic or result.synthetic_labels
    banners = report_notes.banners(simulated=simulated, synthetic=synthetic)
    has_figures = any(chapter.figures for chapter in chapters)
    progress.start("writing the report", None, "files")
    written: dict[str, str] = {}
    with whole_folder(folder, marker=MANIFEST, replace=True) as new:

        def put(name: str, pieces: Iterator[bytes]) -> None:
            path = new.path / name
            path.parent.mkdir(exist_ok=True)
            digest = hashlib.sha256()
            with path.open("xb") as file:
                for piece in pieces:
                    file.write(piece)
                    digest.update(piece)
            written[name] = digest.hexdigest()
            progress.advance()

        for name, content in _files(chapters, judged):
            put(name, iter((content,)))
        sections = list(_sections(chapters, judged, every, has_figures=has_figures))
        put(PAGE, page(TITLE, _lead(scope, every), banners, sections, __version__))
        manifest = {
            "intermt_report": _VERSION,
            "version": __version__,
            **scope,
            "simulated": simulated,
            "synthetic": synthetic,
            "paper": [asdict(entry) for entry in every],
            "not_made": {c.topic: c.why for c in chapters if c.why}
            | ({"judges": judged.why} if judged.why else {}),
            "sha256": dict(sorted(written.items())),
        }
        options = orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE
        put(MANIFEST, iter((orjson.dumps(manifest, option=options),)))
        new.settle()
    progress.stop()
    return ReportResult(
        str(folder),
        new.is_unchanged,
        tuple(sorted(written)),
        tuple(entry for entry in every if entry.is_there),
        tuple(entry for entry in every if not entry.is_there),
        simulated,
        synthetic,
        has_figures,
    )


def _files(chapters: Sequence[Chapter], judged: Judged) -> Iterator[tuple[str, bytes]]:
    for chapter in chapters:
        if chapter.document is None:
            continue
        yield f"tables/{chapter.topic}.csv", _encoded(chapter.csv)
        yield f"tables/{chapter.topic}.md", _encoded(chapter.markdown)
        yield f"documents/{chapter.topic}.json", _json(chapter.document)
        for form, content in chapter.figures.items():
            yield f"figures/{chapter.topic}.{form}", content
    if judged.result is not None:
        yield "tables/judges.csv", _encoded(judged.csv)
        yield "tables/judges.md", _encoded(judged.markdown)
        yield "documents/judges.json", _json(asdict(judged.result))


def _json(document: Mapping[str, Any]) -> bytes:
    options = orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE | orjson.OPT_NON_STR_KEYS
    return orjson.dumps(document, option=options)


def _encoded(text: str) -> bytes:
    return f"{text.rstrip()}\n".encode("utf-8", "replace")


# --- the page ----------------------------------------------------------------------------


def _lead(scope: Mapping[str, str | None], every: Sequence[Entry]) -> str:
    narrowed = ", ".join(f"{name} {value}" for name, value in scope.items() if value)
    n = sum(entry.is_there for entry in every)
    return (
        f"{n} of the {len(every)} tables and figures of the InterMT paper, made from the data of"
        f" {f'this store ({narrowed})' if narrowed else 'this store'}. Each figure stands with the"
        " number of items it rests on and, where it is an estimate, with an interval."
    )


def _sections(
    chapters: Sequence[Chapter], judged: Judged, every: Sequence[Entry], *, has_figures: bool
) -> Iterator[Section]:
    titles = {chapter.topic: chapter.title for chapter in chapters} | {"judges": "Judges"}
    overview: list[Block] = [_contents(every, titles)]
    if not has_figures:
        overview.append(Note(_NO_FIGURES))
    yield Section("paper", "What is here, what is missing", tuple(overview))
    for chapter in chapters:
        yield Section(chapter.topic, chapter.title, tuple(_chapter(chapter)))
    if judged.result is None:
        yield Section("judges", "Judges", (Note(f"Nothing to show: {judged.why}."),))
    for section in judged.sections:
        key, title = f"judges-{section.key}", f"Judges: {section.title.lower()}"
        yield Section(key, title, section.blocks)


def _contents(every: Sequence[Entry], titles: Mapping[str, str]) -> Table:
    rows = tuple(
        (
            Cell(f"{entry.name[0].upper()}{entry.name[1:]}"),
            Cell("here" if entry.is_there else "missing"),
            Cell(titles[entry.chapter] if entry.is_there else f"needs {entry.needs}"),
        )
        for entry in every
    )
    columns = (("in the paper", ""), ("in this report", ""), ("where, or what it needs", ""))
    return Table("Tables and figures of the paper", columns, rows, wide=False)


def _chapter(chapter: Chapter) -> Iterator[Block]:
    if chapter.document is None:
        yield Note(f"Nothing to show: {chapter.why}.")
        return
    if "svg" in chapter.figures:
        yield Drawing(chapter.title, chapter.figures["svg"])
    if chapter.told:
        yield Note("", chapter.told)
    tables = tuple(_table(*table) for table in chapter.tables)
    if tables:
        yield Fold(f"Tables: {chapter.title.lower()}", tables)


def _table(title: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> Table:
    return Table(
        title,
        tuple((name, "") for name in columns),
        tuple(tuple(Cell(_shown(value)) for value in row) for row in rows),
    )


def _shown(value: Any) -> str:
    if value is None:
        return "-"
    return f"{value:.3f}" if isinstance(value, float) else str(value)
