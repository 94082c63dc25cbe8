"""Verifying picture files against their names and their rows."""

from __future__ import annotations

import contextlib
import hashlib
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from duckdb import DuckDBPyConnection as Connection

from intermt.errors import InputError, IntermtError, PermissionRefused, StoreIOError
from intermt.records import Image, Progress
from intermt.store.connect import Store
from intermt.store.database import connect, database_errors
from intermt.store.findings import Findings
from intermt.store.images import EXTENSIONS, inspect
from intermt.store.rows import FROM_STRINGS, json_list
from intermt.store.trees import NAMED_IN_NODES, lose_pictures

YOUNG_S = 600.0
"""Files younger than this may belong to work under way."""

_ROWS_AT_ONCE = 20_000
_NAME = re.compile(f"[0-9a-f]{{64}}\\.(?:{'|'.join(EXTENSIONS.values())})")
_NAMED = f"""
    SELECT sha256, bool_or(simulated) AS simulated FROM (
        SELECT sha256, simulated FROM {NAMED_IN_NODES} named
        UNION ALL SELECT sha256, FALSE FROM picture_use
        UNION ALL SELECT image_sha256, simulated FROM request
    ) WHERE sha256 IS NOT NULL GROUP BY sha256
"""

_MARKS = "marks the picture as missing, so that an import or a rerun can bring it back"

Row = tuple[str, int, bool]
"""Extension, number of bytes and whether a stand-in drew it, as the database has them."""


@dataclass(slots=True)
class _Sorted:
    """The pictures of some folders by what is wrong with them.

    Attributes:
        damaged: Files whose content is not what their name says.
        lost: SHA-256 of rows without a file.
        wrong_rows: Whole files whose row says otherwise, with the row's `simulated`.
        unregistered: Whole files without a row, not young.
    """

    damaged: list[Path] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    wrong_rows: dict[Path, bool] = field(default_factory=dict)
    unregistered: list[Path] = field(default_factory=list)


@contextlib.contextmanager
def looking(store: Store) -> Iterator[Connection]:
    """The database for reading, as it is: nothing is merged or migrated first."""
    with store.lock.hold("read"), database_errors(store.folder):
        db = connect(store.folder / "store.duckdb", read_only=True)
        try:
            yield db
        finally:
            db.close()


def check_pictures(store: Store, findings: Findings, progress: Progress | None) -> None:
    """Compare every picture file with its name and its row, and mend what differs.

    Files are hashed without the store's lock: they never change. Rows are read for some
    folders at a time, so memory does not grow with the store.
    """
    with looking(store) as db:
        known = db.execute("SELECT left(sha256, 2), count(*) FROM image GROUP BY 1").fetchall()
    if progress is not None:
        progress.start("verifying pictures", sum(n for _, n in known), "picture")
    for prefixes in _batches(store.images.folder, dict(known)):
        _check_folders(store, findings, prefixes, progress)
    _check_leftovers(store, findings)
    _check_named(store, findings)
    if progress is not None:
        progress.stop()


def digest(path: Path) -> str:
    """The SHA-256 of a file, read piece by piece."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def put_aside(store: Store, path: Path, name: str | None = None) -> Path:
    """Where a file now lies in the store's `damaged` folder; it is never deleted.

    Raises:
        PermissionRefused: It may not be moved.
        StoreIOError: It cannot be moved.
    """
    folder = store.folder / "damaged"
    target = folder / (name or path.name)
    try:
        folder.mkdir(exist_ok=True)
        if target.exists():
            target = folder / f"{time.time_ns()}-{target.name}"
        return path.rename(target)
    except PermissionError as error:
        raise PermissionRefused(f"no permission to move {path} to {folder}") from error
    except OSError as error:
        raise StoreIOError(f"cannot move {path} to {folder}: {error.strerror}") from error


def _batches(folder: Path, n_rows: dict[str, int]) -> Iterator[list[str]]:
    there = {p.name for p in folder.glob("??")} if folder.is_dir() else set()
    batch: list[str] = []
    size = 0
    for prefix in sorted(there | n_rows.keys()):
        if batch and size + n_rows.get(prefix, 0) > _ROWS_AT_ONCE:
            yield batch
            batch, size = [], 0
        batch.append(prefix)
        size += n_rows.get(prefix, 0)
    if batch:
        yield batch


def _check_folders(
    store: Store, findings: Findings, prefixes: list[str], progress: Progress | None
) -> None:
    with looking(store) as db:
        rows: dict[str, Row] = {
            sha256: (extension, n_bytes, simulated)
            for sha256, extension, n_bytes, simulated in db.execute(
                "SELECT sha256, extension, n_bytes, simulated FROM image"
                f" WHERE left(sha256, 2) IN {FROM_STRINGS}",
                [json_list(prefixes)],
            ).fetchall()
        }
    findings.counts["image rows"] += len(rows)
    sorted_out = _Sorted()
    for prefix in prefixes:
        for path in _files(store.images.folder / prefix):
            if not _NAME.fullmatch(path.name) or path.name[:2] != prefix:
                findings.add("picture-stray", path, "this is no picture of the store; it stays")
                continue
            findings.counts["pictures"] += 1
            _sort_out(findings, path, rows.pop(path.stem, None), sorted_out)
            if progress is not None:
                progress.advance()
    for path in sorted_out.damaged:
        _put_damaged_aside(store, findings, path)
    for sha256 in rows:
        # Looked for again: it may have come while this ran.
        if store.images.find(sha256) is None:
            findings.add("picture-missing", sha256, "the file is gone", mend=_MARKS)
            sorted_out.lost.append(sha256)
    if findings.repair and (lost := [p.stem for p in sorted_out.damaged] + sorted_out.lost):
        with store.writing() as db:
            lose_pictures(db, lost, "the file was damaged or lost")
    _mend_rows(store, findings, sorted_out.wrong_rows)
    _check_unregistered(store, findings, sorted_out.unregistered)


def _sort_out(findings: Findings, path: Path, row: Row | None, into: _Sorted) -> None:
    """Hash one file and put it where its state says."""
    try:
        is_whole = digest(path) == path.stem
        n_bytes = path.stat().st_size
    except OSError as error:
        findings.add("picture-unreadable", path, f"the file cannot be read: {error.strerror}")
        return
    if not is_whole:
        into.damaged.append(path)
    elif row is None:
        if _age_s(path) > YOUNG_S:
            into.unregistered.append(path)
    elif row[:2] != (path.suffix[1:], n_bytes):
        into.wrong_rows[path] = row[2]


def _put_damaged_aside(store: Store, findings: Findings, path: Path) -> None:
    message = "the content does not match the name"
    try:
        if findings.repair:
            put_aside(store, path)
    except IntermtError as error:
        findings.add_unmended("picture-damaged", path, f"{message}; {error.what}")
    else:
        mend = f"moves the file to damaged/ and {_MARKS}"
        findings.add("picture-damaged", path, message, mend=mend)


def _mend_rows(store: Store, findings: Findings, paths: dict[Path, bool]) -> None:
    images: list[Image] = []
    for path, simulated in paths.items():
        findings.add(
            "picture-row",
            path,
            "format or size in the database are not the file's",
            mend="sets them right",
        )
        if (image := _image(path, simulated)) is not None:
            images.append(image)
    if images and findings.repair:
        with store.writing() as db:
            wanted = json_list(image.sha256 for image in images)
            db.execute(f"DELETE FROM image WHERE sha256 IN {FROM_STRINGS}", [wanted])
        store.write(images)


def _image(path: Path, simulated: bool) -> Image | None:
    try:
        content = path.read_bytes()
        return Image(path.stem, *inspect(content), len(content), simulated)
    except (InputError, OSError):
        return None


def _check_unregistered(store: Store, findings: Findings, paths: list[Path]) -> None:
    """Give whole files without a row their row, where a record names them."""
    if not paths:
        return
    by_sha256 = {path.stem: path for path in paths}
    with looking(store) as db:
        named = dict(
            db.execute(
                f"SELECT n.sha256, n.simulated FROM ({_NAMED}) n WHERE n.sha256 IN {FROM_STRINGS}"
                " AND n.sha256 NOT IN (SELECT sha256 FROM image)",
                [json_list(by_sha256)],
            ).fetchall()
        )
        known = {
            row[0]
            for row in db.execute(
                f"SELECT sha256 FROM image WHERE sha256 IN {FROM_STRINGS}", [json_list(by_sha256)]
            ).fetchall()
        }
    images: list[Image] = []
    for sha256, path in by_sha256.items():
        if sha256 in named:
            if (image := _image(path, named[sha256])) is not None:
                images.append(image)
            findings.add(
                "picture-unregistered",
                path,
                "records name this picture, but it has no row",
                mend="adds it",
            )
        elif sha256 not in known:
            findings.add(
                "picture-unused",
                path,
                "no record names this picture; it does no harm and may be deleted",
            )
    if findings.repair:
        store.write(images)


def _check_named(store: Store, findings: Findings) -> None:
    """Pictures that records name, but that have neither row nor file."""
    with looking(store) as db:
        gone = [
            row[0]
            for row in db.execute(
                f"SELECT n.sha256 FROM ({_NAMED}) n ANTI JOIN image USING (sha256) ORDER BY 1"
            ).fetchall()
        ]
    gone = [sha256 for sha256 in gone if store.images.find(sha256) is None]
    for sha256 in gone:
        findings.add(
            "picture-missing",
            sha256,
            "records name it, but neither row nor file is there",
            mend=_MARKS,
        )
    if gone and findings.repair:
        with store.writing() as db:
            lose_pictures(db, gone, "the file was damaged or lost")


def _check_leftovers(store: Store, findings: Findings) -> None:
    folders: tuple[Callable[[], list[Path]], ...] = (
        store.images.leftovers,
        lambda: sorted((store.folder / "journal").glob(".*")),
        lambda: sorted(store.folder.glob("store.duckdb.new*")),
    )
    for list_files in folders:
        for path in list_files():
            if _age_s(path) <= YOUNG_S:
                continue
            message = "a killed process left this unfinished file; it is in nobody's way"
            try:
                if findings.repair:
                    path.unlink(missing_ok=True)
            except OSError as error:
                findings.add_unmended("leftover", path, f"{message}: {error.strerror}")
            else:
                findings.add("leftover", path, message, mend="removes it")


def _files(folder: Path) -> list[Path]:
    try:
        return sorted(p for p in folder.iterdir() if not p.name.startswith("."))
    except (FileNotFoundError, NotADirectoryError):
        return []


def _age_s(path: Path) -> float:
    with contextlib.suppress(OSError):
        return time.time() - path.stat().st_mtime
    return 0.0
