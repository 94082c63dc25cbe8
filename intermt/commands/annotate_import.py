"""Conversations and human labels in.

Every file is read twice: first to see that every row is good, then to write. With
`on_error="abort"` one bad row in any file means that nothing is written at all.
"""

from __future__ import annotations

import contextlib
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any, Literal

from intermt.commands.import_conversations import build, conversation_id
from intermt.commands.import_pairs import PairResolver
from intermt.commands.import_votes import Said, VoteResolver, conflicts
from intermt.commands.picture_files import PictureFiles, UnseenPictures
from intermt.commands.runs import finished, new_run
from intermt.errors import InputError, MissingInputError
from intermt.formats.reading import registry
from intermt.formats.reading.rows import ConversationRow, PairRow, Row, RowProblem, VoteRow
from intermt.formats.reading.source import STDIN, Source, open_source
from intermt.records import Conversation, Node, PictureUse, Progress, Run
from intermt.store import trees
from intermt.store.connect import Store
from intermt.store.labels import Candidate
from intermt.store.rows import Record, insert, key_of, known, to_row

AUTO = "auto"
_BATCH = 500
_MAX_PROBLEMS = 20


@dataclass(frozen=True, slots=True)
class ImportConfig:
    """What to import and how.

    Attributes:
        files: Paths; `-` is standard input.
        format: A format's name, or `auto`.
        dataset: Collection the rows belong to; None for the name of the format.
        images: Folder that picture names are looked up in; None for each file's own.
        on_error: `abort` writes nothing if any row is bad, `skip` leaves bad rows out.
        dry_run: Only say what would be done.
    """

    files: tuple[str, ...]
    format: str = AUTO
    dataset: str | None = None
    images: Path | None = None
    on_error: Literal["abort", "skip"] = "abort"
    dry_run: bool = False


@dataclass(slots=True)
class FileReport:
    """What became of one file; `rows` = `imported` + `unchanged` + `rejected`.

    Attributes:
        file: As named.
        format: Recognised or given.
        rows: Rows read.
        imported: Rows that brought something new.
        unchanged: Rows whose every record was in the store before.
        rejected: Rows that could not be used.
        would_import: On a dry run, the good rows; nothing is compared with the store.
    """

    file: str
    format: str
    rows: int = 0
    imported: int = 0
    unchanged: int = 0
    rejected: int = 0
    would_import: int = 0


@dataclass(frozen=True, slots=True)
class ImportResult:
    """What an import did.

    Attributes:
        files: One report a file, in the order given.
        new: New records by table.
        pictures: Named pictures by what became of them, each use counted.
        problems: Bad rows that were left out (`on_error="skip"`).
        run_id: The run the new records belong to; None where nothing was new.
    """

    files: tuple[FileReport, ...]
    new: dict[str, int]
    pictures: dict[str, int]
    problems: tuple[RowProblem, ...]
    run_id: str | None


@dataclass(slots=True)
class _Tally:
    new: Counter[str] = field(default_factory=Counter)
    pictures: Counter[str] = field(default_factory=Counter)
    problems: list[RowProblem] = field(default_factory=list)
    said: Said = field(default_factory=dict)


def run(store: Store, config: ImportConfig, progress: Progress) -> ImportResult:
    """Import files into a store.

    Raises:
        InputError: A bad row with `on_error="abort"`; nothing was written.
        MissingInputError: A file or the picture folder is not there; nothing was written.
    """
    if config.images is not None and not config.images.is_dir():
        raise MissingInputError("there is no such folder of pictures", where=str(config.images))
    with contextlib.ExitStack() as stack:
        inputs = [_Input(name, config, stack) for name in config.files]
        tally = _Tally()
        for item in inputs:
            _validate(item, config, tally, progress)
        if config.dry_run:
            return _result(inputs, tally, None)
        if config.on_error == "abort":
            _check(store, inputs, progress)
        record = new_run("annotate-import", _as_json(config))
        store.create()
        for item in inputs:
            _write(store, item, config, record, tally, progress)
        changed = any(tally.new.values())
        if changed:
            store.write([finished(record, "done")])
        return _result(inputs, tally, record.run_id if changed else None)


class _Input:
    """One input that can be read as often as needed."""

    def __init__(self, name: str, config: ImportConfig, stack: contextlib.ExitStack) -> None:
        self._path: str | Path = name
        if name == STDIN:
            if sys.stdin is None:
                raise MissingInputError("standard input is closed", where="stdin")
            # A pipe can be read once only; a temporary copy can be read twice.
            temporary = tempfile.NamedTemporaryFile(prefix="intermt-stdin-")  # noqa: SIM115
            copy = stack.enter_context(temporary)
            shutil.copyfileobj(sys.stdin.buffer, copy)
            copy.flush()
            self._path = Path(copy.name)
        self.folder = config.images or (Path() if name == STDIN else Path(name).parent)
        self._name = "stdin" if name == STDIN else name
        if config.format == AUTO:
            with self._open() as source:
                kind = registry.detect(source)
        else:
            kind = config.format
        self.report = FileReport(self._name, kind)
        self.dataset = config.dataset or kind

    def rows(self) -> Iterator[Row | RowProblem]:
        """The rows, from the start."""
        with self._open() as source:
            yield from registry.read(source, self.report.format)

    def batches(self) -> Iterator[list[Row | RowProblem]]:
        """The rows in batches of one kind."""
        rows = self.rows()
        while batch := list(islice(rows, _BATCH)):
            yield batch

    def _open(self) -> Source:
        source = open_source(self._path)
        source.name = self._name
        if self._name == "stdin":
            source.stem = "stdin"
        return source


def _validate(item: _Input, config: ImportConfig, tally: _Tally, progress: Progress) -> None:
    report = item.report
    problems: list[RowProblem] = []
    progress.start(f"checking {report.file}", None, "rows")
    for row in item.rows():
        report.rows += 1
        progress.advance()
        if isinstance(row, RowProblem):
            problems.append(row)
    progress.stop()
    report.rejected = len(problems)
    if problems and config.on_error == "abort":
        raise _bad_rows(report, problems, "nothing was imported")
    if config.dry_run:
        tally.problems += problems
        report.would_import = report.rows - report.rejected


def _check(store: Store, inputs: Sequence[_Input], progress: Progress) -> None:
    """See that every row can be written, with what the rows before it bring.

    Raises:
        InputError: One cannot; nothing was written.
    """
    said: Said = {}
    coming: dict[str, Candidate] = {}
    # The ids of nodes depend on their pictures, which matters to votes on them alone.
    mixed = len({item.report.format for item in inputs}) > 1
    for item in inputs:
        pictures = PictureFiles(item.folder, None) if mixed else UnseenPictures()
        problems: list[RowProblem] = []
        progress.start(f"checking {item.report.file}", item.report.rows, "rows")
        for batch in item.batches():
            for outcome in _outcomes(store, batch, item.dataset, pictures, "", said, coming):
                if isinstance(outcome, RowProblem):
                    problems.append(outcome)
                elif mixed:
                    coming |= _candidates(outcome)
            progress.advance(len(batch))
        progress.stop()
        if problems:
            raise _bad_rows(item.report, problems, "nothing was imported")


def _candidates(records: Sequence[Record]) -> dict[str, Candidate]:
    found: dict[str, Candidate] = {}
    for record in records:
        if isinstance(record, Conversation):
            own_id, seed_id = record.conversation_id, record.seed_id
            found[own_id] = Candidate(own_id, "chain", seed_id, seed_id)
        elif isinstance(record, Node) and record.role == "assistant" and record.parent_id:
            found[record.node_id] = Candidate(
                record.node_id, "prefix", record.parent_id, record.seed_id
            )
    return found


def _bad_rows(report: FileReport, problems: Sequence[RowProblem], end: str) -> InputError:
    shown = [problem.message for problem in problems[:_MAX_PROBLEMS]]
    if len(problems) > len(shown):
        shown.append(f"... and {len(problems) - len(shown)} more")
    count = "a bad row" if len(problems) == 1 else f"{len(problems)} bad rows"
    return InputError(
        f"{count} of {report.rows}, {end}:\n  " + "\n  ".join(shown),
        where=report.file,
        todo="mend them, or leave bad rows out with --on-error skip",
    )


def _write(
    store: Store, item: _Input, config: ImportConfig, run: Run, tally: _Tally, progress: Progress
) -> None:
    report = item.report
    pictures = PictureFiles(item.folder, store.images)
    report.rejected = 0
    progress.start(f"importing {report.file}", report.rows, "rows")
    for batch in item.batches():
        outcomes = _outcomes(store, batch, item.dataset, pictures, run.run_id, tally.said, {})
        good = [outcome for outcome in outcomes if not isinstance(outcome, RowProblem)]
        bad = [outcome for outcome in outcomes if isinstance(outcome, RowProblem)]
        if bad and config.on_error == "abort":
            raise _bad_rows(report, bad, "the store has changed meanwhile; earlier rows are in it")
        n_changed = _insert(store, good, run, tally)
        report.imported += n_changed
        report.unchanged += len(good) - n_changed
        report.rejected += len(bad)
        tally.problems += bad
        progress.advance(len(batch))
    progress.stop()


def _outcomes(
    store: Store,
    batch: Sequence[Row | RowProblem],
    dataset: str,
    pictures: PictureFiles,
    run_id: str,
    said: Said,
    coming: Mapping[str, Candidate],
) -> list[list[Record] | RowProblem]:
    """What each row of a batch becomes; the database is closed while pictures are read."""
    votes = [row for row in batch if isinstance(row, VoteRow)]
    pairs = [row for row in batch if isinstance(row, PairRow)]
    ids = {
        id(row): conversation_id(row, dataset) for row in batch if isinstance(row, ConversationRow)
    }
    with _reading(store) as db:
        paths = trees.conversation_paths(db, ids.values()) if db is not None else {}
        votes_found = VoteResolver(db, votes, coming)
        pairs_found = PairResolver(db, pairs, pictures, coming)
    outcomes: list[list[Record] | RowProblem] = []
    for row in batch:
        if isinstance(row, RowProblem):
            outcomes.append(row)
        elif isinstance(row, ConversationRow):
            outcomes.append(build(row, dataset, pictures, run_id, paths.get(ids[id(row)])))
        elif isinstance(row, VoteRow):
            outcomes.append(votes_found.resolve(row, dataset, run_id))
        else:
            outcomes.append(pairs_found.resolve(row, dataset, run_id))
    labelled = [
        (row.where, outcome)
        for row, outcome in zip(batch, outcomes, strict=True)
        if not isinstance(outcome, RowProblem)
    ]
    with _reading(store) as db:
        clashes = conflicts(db, labelled, said)
    by_records = {id(labelled[index][1]): problem for index, problem in clashes.items()}
    return [by_records.get(id(outcome), outcome) for outcome in outcomes]


def _reading(store: Store) -> contextlib.AbstractContextManager[Any]:
    """The database for reading; None before the first write."""
    return store.reading() if store.exists() else contextlib.nullcontext()


def _insert(store: Store, outcomes: Sequence[list[Record]], run: Run, tally: _Tally) -> int:
    """Write the records of good rows; how many rows brought something new."""
    rows = [[to_row(record) for record in records] for records in outcomes]
    together = [row for some in rows for row in some]
    with store.reading() as db:
        there = known(db, together)
    fresh = [[row for row in some if (row[0], _key(row)) not in there] for some in rows]
    for records in outcomes:
        uses = [record for record in records if isinstance(record, PictureUse)]
        tally.pictures.update(_fate(use) for use in uses)
    if not any(fresh):
        return 0
    found: dict[str, dict[int, str]] = {}
    for record in (record for records in outcomes for record in records):
        if isinstance(record, PictureUse) and record.sha256 is not None:
            found.setdefault(record.node_id, {})[record.position] = record.sha256
    with store.writing() as db:
        # The run first, so that no record of an import that is killed lacks its run.
        insert(db, [to_row(run)])
        tally.new.update(insert(db, [row for some in fresh for row in some]))
        tally.new["pictures found again"] += trees.fill_pictures(db, found)
    return sum(1 for some in fresh if some)


def _key(row: tuple[str, Any]) -> tuple[Any, ...]:
    return tuple(row[1][column] for column in key_of(row[0]))


def _fate(use: PictureUse) -> str:
    if use.missing is None:
        return "present"
    return "refused" if use.missing.startswith("refused") else "missing"


def _result(inputs: Sequence[_Input], tally: _Tally, run_id: str | None) -> ImportResult:
    return ImportResult(
        files=tuple(item.report for item in inputs),
        new={table: n for table, n in sorted(tally.new.items()) if n},
        pictures={"named": tally.pictures.total(), **tally.pictures},
        problems=tuple(tally.problems),
        run_id=run_id,
    )


def _as_json(config: ImportConfig) -> dict[str, Any]:
    return {
        "files": list(config.files),
        "from": config.format,
        "dataset": config.dataset,
        "images": None if config.images is None else str(config.images),
        "on_error": config.on_error,
    }
