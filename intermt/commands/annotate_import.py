"""Conversations and human labels in.

Every file is read twice: first to see that every row is good, then to write. With
`on_error="abort"` one bad row in any file means that nothing is written at all.
"""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from intermt.commands.import_batches import Batches, Outcome, looking_mb, reading
from intermt.commands.import_inputs import AUTO, ImportFile
from intermt.commands.import_labels import judge_of_predictions
from intermt.commands.import_rejects import Rejects, check_rejects, layout_of_all
from intermt.commands.import_seen import Seen
from intermt.commands.picture_files import PictureFiles, UnseenPictures
from intermt.commands.runs import finished, new_run
from intermt.commands.whole_file import whole_file
from intermt.errors import InputError, MissingInputError, UsageError
from intermt.formats.reading.rows import ReadOptions, RowProblem, SkippedRow
from intermt.records import PictureUse, Progress, Run, content_id
from intermt.store import judging, trees
from intermt.store.connect import Store
from intermt.store.inserting import insert, key_of, known
from intermt.store.rows import Record, TableRow, to_row

_MAX_PROBLEMS = 20
_MAX_KEPT = 1000


@dataclass(frozen=True, slots=True)
class ImportConfig:
    """What to import and how.

    Attributes:
        files: Paths; `-` is standard input.
        format: A format's name, or `auto`.
        dataset: Collection the rows belong to; None for the name of the format.
        images: Folder that picture names are looked up in; None for each file's own.
        fetch_images: Whether pictures named by http and https URLs are fetched.
        on_error: `abort` writes nothing if any row is bad, `skip` leaves bad rows out.
        rejects: Where bad rows that are left out go, in their original form.
        reading: What the user says about the files.
        dry_run: Only say what would be done.
    """

    files: tuple[str, ...]
    format: str = AUTO
    dataset: str | None = None
    images: Path | None = None
    fetch_images: bool = False
    on_error: Literal["abort", "skip"] = "abort"
    rejects: Path | None = None
    reading: ReadOptions = field(default_factory=ReadOptions)
    dry_run: bool = False


@dataclass(slots=True)
class FileReport:
    """What became of one file.

    A row is a conversation, a pair or an annotation of one rater. `rows` = `imported` (or
    `would_import`) + `unchanged` + the sum of `skipped` + `rejected`.

    Attributes:
        file: As named.
        format: Recognised or given.
        rows: Rows read.
        imported: Rows that brought something new.
        unchanged: Rows whose every record was in the store before, or in an earlier row.
        skipped: Rows that are no labels, by why: see `rows.SkippedRow`.
        rejected: Rows that could not be used.
        would_import: On a dry run, in place of `imported`.
    """

    file: str
    format: str
    rows: int = 0
    imported: int = 0
    unchanged: int = 0
    skipped: dict[str, int] = field(default_factory=dict)
    rejected: int = 0
    would_import: int = 0


@dataclass(frozen=True, slots=True)
class ImportResult:
    """What an import did.

    Attributes:
        files: One report a file, in the order given.
        new: New records by table; on a dry run those that there would be.
        pictures: Named pictures by what became of them, each use counted.
        problems: Bad rows that were left out (`on_error="skip"`), the first thousand.
        rejects: The file with the bad rows; None where there is none.
        run_id: The run the new records belong to; None where nothing was new.
    """

    files: tuple[FileReport, ...]
    new: dict[str, int]
    pictures: dict[str, int]
    problems: tuple[RowProblem, ...]
    rejects: str | None
    run_id: str | None


@dataclass(slots=True)
class _Tally:
    new: Counter[str] = field(default_factory=Counter)
    pictures: Counter[str] = field(default_factory=Counter)
    problems: list[RowProblem] = field(default_factory=list)

    def refuse(self, report: FileReport, problem: RowProblem) -> None:
        report.rejected += 1
        if len(self.problems) < _MAX_KEPT:
            self.problems.append(replace(problem, raw=None))


def run(store: Store, config: ImportConfig, progress: Progress) -> ImportResult:
    """Import files into a store.

    Raises:
        InputError: A bad row with `on_error="abort"`, or a file that is broken as a whole;
            nothing was written.
        MissingInputError: A file or the picture folder is not there; nothing was written.
        UsageError: Options that contradict each other or the files; nothing was written.
    """
    _check_options(store, config)
    with contextlib.ExitStack() as stack:
        inputs = [ImportFile(name, config, stack) for name in config.files]
        reports = [FileReport(item.name, item.format) for item in inputs]
        layout = layout_of_all([(i.name, i.layout()) for i in inputs]) if config.rejects else None
        tally = _Tally()
        # What was looked at must still hold when it is written, so imports take turns. One that
        # is refused makes no store, so into a new one the turn comes later.
        was_there = store.exists()
        if was_there and not config.dry_run:
            stack.enter_context(_turn(store))
        _examine(store, inputs, reports, config, tally, progress)
        if config.dry_run:
            return _result(reports, tally, None, None)
        record = new_run("annotate-import", _as_json(config))
        if not was_there:
            stack.enter_context(_turn(store))
            if not store.is_empty():
                reports = [FileReport(item.name, item.format) for item in inputs]
                _examine(store, inputs, reports, config, _Tally(), progress)
        rejects = None
        if config.rejects is not None and layout is not None:
            rejects = Rejects(stack.enter_context(whole_file(config.rejects)), layout)
        tally = _Tally()
        for item, report in zip(inputs, reports, strict=True):
            _write(store, item, report, config, record, tally, rejects, progress)
        if rejects is not None:
            rejects.end()
        changed = any(tally.new.values())
        if changed:
            store.write([finished(record, "done")])
        return _result(reports, tally, config.rejects, record.run_id if changed else None)


def _turn(store: Store) -> contextlib.AbstractContextManager[None]:
    return store.turn_at(content_id("annotate-import"), "an import")


def _check_options(store: Store, config: ImportConfig) -> None:
    if config.images is not None and not config.images.is_dir():
        raise MissingInputError("there is no such folder of pictures", where=str(config.images))
    if config.rejects is not None:
        if config.on_error != "skip":
            raise UsageError(
                "--rejects is for bad rows that are left out, and --on-error abort leaves none out",
                todo="add --on-error skip",
            )
        check_rejects(config.rejects, config.files)
    name = config.reading.predictions_as
    if name is not None:
        if not name.strip():
            raise UsageError("--predictions-as needs the name of a judge")
        # Readers strip names.
        judge = judge_of_predictions(name.strip())
        with reading(store, looking_mb(1)) as db:
            other = None if db is None else judging.rater(db, judge.rater_id)
            namesakes = [] if db is None else judging.namesakes(db, judge)
        if namesakes or (other is not None and other.settings != judge.settings):
            raise UsageError(
                f"--predictions-as {name!r} names a judge that was asked, which is another one",
                todo="give these predictions a name of their own",
            )


# --- looking at every row before anything is written ----------------------------------------


def _examine(
    store: Store,
    inputs: Sequence[ImportFile],
    reports: Sequence[FileReport],
    config: ImportConfig,
    tally: _Tally,
    progress: Progress,
) -> None:
    """Read every file to its end, and count what its rows would become.

    Raises:
        InputError: A file is broken, or a row is bad with `on_error="abort"`.
    """
    whole = config.dry_run or config.on_error == "abort"
    # The ids of nodes depend on their pictures, which matters to labels on them alone.
    mixed = len({item.format for item in inputs}) > 1
    with Seen() as seen:
        for item, report in zip(inputs, reports, strict=True):
            progress.start(f"checking {report.file}", None, "rows")
            exact = PictureFiles(item.folder, None, item.fetch)
            unseen = exact if mixed or config.dry_run else UnseenPictures()
            todo = Batches(store, item.dataset, unseen, exact, "", seen)
            for batch in item.batches():
                report.rows += len(batch)
                outcomes = todo.outcomes(batch) if whole else []
                _look(store, outcomes, report, seen, config, tally)
                if mixed:
                    seen.bring(record for o in outcomes if isinstance(o, list) for record in o)
                progress.advance(len(batch))
            progress.stop()
            if report.rejected and config.on_error == "abort":
                raise _bad_rows(report, tally.problems, "nothing was imported")


def _look(
    store: Store,
    outcomes: Sequence[Outcome],
    report: FileReport,
    seen: Seen,
    config: ImportConfig,
    tally: _Tally,
) -> None:
    for outcome in outcomes:
        if isinstance(outcome, RowProblem):
            tally.refuse(report, outcome)
        elif isinstance(outcome, SkippedRow) and config.dry_run:
            report.skipped[outcome.kind] = report.skipped.get(outcome.kind, 0) + 1
    if not config.dry_run:
        return
    good = [outcome for outcome in outcomes if isinstance(outcome, list)]
    rows = [[to_row(record) for record in records] for records in good]
    all_rows = [row for some in rows for row in some]
    with reading(store, looking_mb(len(all_rows))) as db:
        there = set() if db is None else known(db, all_rows)
    for records, some in zip(good, rows, strict=True):
        tally.pictures.update(_fates(records))
        fresh = {_name(row): row[0] for row in some if (row[0], _key(row)) not in there}
        first = seen.first_time(list(fresh))
        tally.new.update(fresh[name] for name in first)
        if first:
            report.would_import += 1
        else:
            report.unchanged += 1


def _bad_rows(report: FileReport, problems: Sequence[RowProblem], end: str) -> InputError:
    shown = [problem.message for problem in problems[:_MAX_PROBLEMS]]
    if report.rejected > len(shown):
        shown.append(f"... and {report.rejected - len(shown)} more")
    count = "a bad row" if report.rejected == 1 else f"{report.rejected} bad rows"
    return InputError(
        f"{count} of {report.rows}, {end}",
        where=report.file,
        details=shown,
        todo="mend them, or leave bad rows out with --on-error skip",
    )


# --- writing ---------------------------------------------------------------------------------


def _write(
    store: Store,
    item: ImportFile,
    report: FileReport,
    config: ImportConfig,
    run: Run,
    tally: _Tally,
    rejects: Rejects | None,
    progress: Progress,
) -> None:
    pictures = PictureFiles(item.folder, store.images, item.fetch)
    todo = Batches(store, item.dataset, pictures, pictures, run.run_id, None)
    progress.start(f"importing {report.file}", report.rows, "rows")
    report.rows = report.rejected = 0
    for batch in item.batches():
        outcomes = todo.outcomes(batch)
        good = [outcome for outcome in outcomes if isinstance(outcome, list)]
        bad = [outcome for outcome in outcomes if isinstance(outcome, RowProblem)]
        for problem in bad:
            tally.refuse(report, problem)
            if rejects is not None and problem.raw is not None:
                rejects.add(problem.raw)
        if bad and config.on_error == "abort":
            end = "the store has changed meanwhile; earlier rows are in it"
            raise _bad_rows(report, tally.problems, end)
        n_changed = _insert(store, good, run, tally)
        report.rows += len(batch)
        report.imported += n_changed
        report.unchanged += len(good) - n_changed
        for outcome in outcomes:
            if isinstance(outcome, SkippedRow):
                report.skipped[outcome.kind] = report.skipped.get(outcome.kind, 0) + 1
        progress.advance(len(batch))
    progress.stop()


def _insert(store: Store, outcomes: Sequence[list[Record]], run: Run, tally: _Tally) -> int:
    """Write the records of good rows; how many rows brought something new."""
    made: dict[int, TableRow] = {}
    for records in outcomes:
        for record in records:
            # Rows of one rater share one record.
            if id(record) not in made:
                made[id(record)] = to_row(record)
    if not made:
        return 0
    rows = [[made[id(record)] for record in records] for records in outcomes]
    with store.reading(looking_mb(len(made))) as db:
        there = known(db, list(made.values()))
    there_first: set[tuple[str, Any]] = set(there)
    n_changed = 0
    fresh: list[TableRow] = []
    for some in rows:
        own = [row for row in some if (row[0], _key(row)) not in there_first]
        # A row that repeats another of its batch brings nothing.
        there_first.update((row[0], _key(row)) for row in own if row[0] != "picture_use")
        fresh += own
        n_changed += bool(own)
    found: dict[str, dict[int, str]] = {}
    for records in outcomes:
        tally.pictures.update(_fates(records))
        for record in records:
            if isinstance(record, PictureUse) and record.sha256 is not None:
                found.setdefault(record.node_id, {})[record.position] = record.sha256
    if not fresh:
        return 0
    with store.writing() as db:
        # The run first, so that no record of an import that is killed lacks its run.
        insert(db, [to_row(run)])
        tally.new.update(insert(db, fresh))
        tally.new["pictures found again"] += trees.fill_pictures(db, found)
    return n_changed


def _key(row: TableRow) -> tuple[Any, ...]:
    return tuple(row[1][column] for column in key_of(row[0]))


def _name(row: TableRow) -> str:
    return " ".join(map(str, (row[0], *_key(row))))


def _fates(records: Sequence[Record]) -> Iterator[str]:
    """What became of each picture that some records name."""
    for record in records:
        if isinstance(record, PictureUse):
            refused = record.missing is not None and record.missing.startswith("refused")
            yield "present" if record.missing is None else "refused" if refused else "missing"


def _result(
    reports: Sequence[FileReport], tally: _Tally, rejects: Path | None, run_id: str | None
) -> ImportResult:
    return ImportResult(
        files=tuple(reports),
        new={table: n for table, n in sorted(tally.new.items()) if n},
        pictures={"named": tally.pictures.total(), **tally.pictures},
        problems=tuple(tally.problems),
        rejects=None if rejects is None else str(rejects),
        run_id=run_id,
    )


def _as_json(config: ImportConfig) -> dict[str, Any]:
    said = config.reading
    return {
        "files": list(config.files),
        "from": config.format,
        "dataset": config.dataset,
        "images": None if config.images is None else str(config.images),
        "fetch_images": config.fetch_images,
        "on_error": config.on_error,
        "rejects": None if config.rejects is None else str(config.rejects),
        "map": dict(said.columns),
        "values": {field: dict(values) for field, values in said.values.items()},
        "role": said.role,
        "predictions_as": said.predictions_as,
    }
