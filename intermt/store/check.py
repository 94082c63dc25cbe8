"""Verifying a store, and mending what can be mended.

Nothing is ever deleted that could hold data: damaged files move to `STORE/damaged/`.
"""

from __future__ import annotations

import contextlib
import os
import stat
import time
from collections.abc import Iterator
from pathlib import Path

import duckdb

from intermt.errors import StoreIOError
from intermt.records import Progress
from intermt.store import journal as journals
from intermt.store import schema
from intermt.store.check_keys import check_keys
from intermt.store.check_pictures import check_pictures, looking, put_aside
from intermt.store.check_references import check_node_ids, check_references
from intermt.store.connect import Store
from intermt.store.database import (
    classify,
    connect,
    database_errors,
    is_damaged,
    is_log_damaged,
)
from intermt.store.file_systems import network_file_system
from intermt.store.findings import CheckReport, Finding, Findings
from intermt.store.inserting import insert_what_fits
from intermt.store.lock import try_own
from intermt.store.rows import TableRow

__all__ = ["CheckReport", "Finding", "examine"]

_LOST = "put a backup back, or all records in it are lost; pictures and journals survive"
_LOG = (
    "the log of the last transactions is damaged, as after a power cut: what was written in"
    " the second before is lost, everything else survives"
)
_OLD = (
    f"the tables are older than this version wants ({schema.NEWEST}); the next command that"
    " opens the store brings them up to date"
)
_FILES = ("store.duckdb", "store.duckdb.wal", "lock")


def examine(store: Store, *, repair: bool, progress: Progress | None = None) -> CheckReport:
    """What is wrong with a store, and with `repair` what was mended.

    Without `repair` nothing is changed, not even what every command does in passing. The
    database is read in short turns and pictures are hashed outside them, so that others can
    work meanwhile.

    Raises:
        MissingInputError: There is no store.
        TryLater: It stayed busy.
        PermissionRefused: It may not be read, or with `repair` not be written.
        StoreIOError: Mending failed, as on a full disk.
    """
    findings = Findings(repair)
    _check_folder(store, findings)
    store.require()
    holders = (*store.lock.strangers(), *map(str, store.lock.holders()))
    _check_tickets(store, findings)
    _check_group(store, findings)
    _check_journals(store, findings)
    if _database_opens(store, findings):
        _check_damaged_journals(store, findings)
        try:
            check_keys(store, findings)
            check_pictures(store, findings, progress)
            check_references(store, findings)
            check_node_ids(store, findings)
        except StoreIOError as error:
            findings.add(
                "database-unreadable",
                store.folder / "store.duckdb",
                f"{error.what}; restore the file from a backup, or move it away and import"
                " and generate again: pictures are kept",
            )
    return findings.finish(holders)


def _check_folder(store: Store, findings: Findings) -> None:
    names = {"lock", "images", "journal", "queue"}
    try:
        there = {p.name for p in store.folder.iterdir()}
    except OSError:
        return
    if there.isdisjoint({"store.duckdb", *names}):
        return
    for name in sorted(names - there):
        findings.add(
            "folder",
            store.folder / name,
            "missing, as after an incomplete copy",
            mend="makes it",
        )
    if findings.repair and names - there:
        try:
            store.make_folders()
        except OSError as error:
            raise StoreIOError(
                f"cannot make what is missing: {error.strerror}", where=str(store.folder)
            ) from error
    if (kind := network_file_system(store.folder)) is not None:
        findings.add(
            "network-file-system",
            store.folder,
            f"the store lies on {kind}: file locks may not hold between machines; let one"
            " machine at a time write, or move the store to a local disk",
        )


def _check_tickets(store: Store, findings: Findings) -> None:
    for path in sorted((store.folder / "queue").glob("[!.]*")):
        findings.counts["tickets"] += 1
        if _is_abandoned(path):
            findings.add(
                "ticket",
                path,
                "a process died while it used or waited for the store; it is in nobody's way",
                mend="clears this",
            )
    if findings.repair:
        store.lock.clear_abandoned()


def _is_abandoned(path: Path) -> bool:
    try:
        fd = try_own(path)
    except OSError:
        return False
    if fd is None:
        return False
    os.close(fd)
    return True


def _check_group(store: Store, findings: Findings) -> None:
    """In a folder that a group may write, the group must be able to use every file."""
    info = store.folder.stat()
    if not info.st_mode & stat.S_IWGRP:
        return
    if not info.st_mode & stat.S_ISGID:
        findings.add(
            "group",
            store.folder,
            "the group may write here, but the folder is not setgid, so new files may belong"
            " to another group",
            mend="sets it",
        )
        if findings.repair:
            with contextlib.suppress(OSError):
                store.folder.chmod(stat.S_IMODE(info.st_mode) | stat.S_ISGID)
    for path, wanted in _shared(store.folder):
        try:
            found = path.stat()
        except OSError:
            continue
        if found.st_gid == info.st_gid and found.st_mode & wanted == wanted:
            continue
        message = "the store's group cannot use this as it must"
        try:
            if findings.repair:
                if found.st_gid != info.st_gid:
                    os.chown(path, -1, info.st_gid)
                path.chmod(stat.S_IMODE(found.st_mode) | wanted)
        except OSError as error:
            findings.add_unmended(
                "group", path, f"{message}: {error.strerror}; its owner or root must do it"
            )
        else:
            findings.add("group", path, message, mend="gives it the rights")


def _shared(folder: Path) -> Iterator[tuple[Path, int]]:
    """What a group needs which rights to: mode bits by file and folder."""
    for name in _FILES:
        yield folder / name, 0o060
    for name in ("images", "journal", "queue"):
        yield folder / name, 0o070
    for path in (folder / "journal").glob("*"):
        yield path, 0o060
    for path in (folder / "images").glob("??"):
        yield path, 0o070
        for picture in path.glob("[!.]*"):
            yield picture, 0o040


def _check_journals(store: Store, findings: Findings) -> None:
    folder = store.folder / "journal"
    for path in sorted(folder.glob("[!.]*.jsonl")):
        findings.counts["journals"] += 1
        if not _is_abandoned(path):
            continue
        try:
            content = journals.read(path)
        except OSError as error:
            findings.add("journal-unreadable", path, f"cannot be read: {error.strerror}")
            continue
        findings.add(
            "journal",
            path,
            f"an interrupted process left {len(content.rows):,} finished records; the next"
            " command that opens the store merges them",
            mend="does so now",
        )


def _check_damaged_journals(store: Store, findings: Findings) -> None:
    for path in sorted((store.folder / "journal").glob("[!.]*.damaged")):
        findings.counts["journals"] += 1
        try:
            content = journals.read(path)
        except OSError as error:
            findings.add("journal-damaged", path, f"cannot be read: {error.strerror}")
            continue
        what = f"{len(content.rows):,} good lines, {content.damaged:,} damaged ones"
        if not findings.repair:
            findings.add(
                "journal-damaged",
                path,
                what,
                mend="reads the good ones again and moves the file to damaged/",
            )
            continue
        with store.lock.hold("write"), database_errors(store.folder):
            n_refused = _insert_again(store, content.rows)
            aside = put_aside(store, path)
        findings.add(
            "journal-damaged",
            path,
            f"{what}, {n_refused:,} refused by the database; the rest is in the database, the"
            f" file is now {aside}",
            mend="did so",
        )


def _insert_again(store: Store, rows: list[TableRow]) -> int:
    db = connect(store.folder / "store.duckdb", read_only=False)
    try:
        return insert_what_fits(db, rows)
    finally:
        db.close()


def _database_opens(store: Store, findings: Findings) -> bool:
    """Whether the database can be read by this version, after mending if asked."""
    file = store.folder / "store.duckdb"
    opens: bool | None = False
    if not file.exists():
        if any(store.images.files()):
            findings.add(
                "database-missing",
                file,
                "the records are gone, pictures and journals are not; import and generate again",
                mend="makes an empty database and merges the journals",
            )
    else:
        opens = _opens_as_it_is(store, findings, file)
    if findings.repair and opens is not None:
        with store.writing():
            opens = True
    return bool(opens)


def _opens_as_it_is(store: Store, findings: Findings, file: Path) -> bool | None:
    """True, False where `--repair` makes it so, None where nothing here can."""
    try:
        with looking(store) as db:
            if schema.is_current(db):
                return True
    except StoreIOError as error:
        if not isinstance(error.__cause__, duckdb.Error):
            findings.add("schema", file, f"{error.what}; {error.todo}")
            return None
        if is_log_damaged(error.__cause__):
            log = file.with_name(f"{file.name}.wal")
            findings.add("database-log", log, _LOG, mend="moves it to damaged/")
        elif is_damaged(error.__cause__):
            findings.add(
                "database-damaged",
                file,
                f"{error.what}; {_LOST}",
                mend="moves it to damaged/ and starts an empty database",
            )
        else:
            findings.add("database-unusable", file, error.what)
            return None
        if findings.repair:
            _put_database_aside(store, file)
        return False
    findings.add("schema", file, _OLD, mend="does so now")
    return False


def _put_database_aside(store: Store, file: Path) -> None:
    """Move what cannot be opened away: the log alone, if that is what is damaged."""
    log = file.with_name(f"{file.name}.wal")
    with store.lock.hold("write"):
        try:
            # Another repair may have been quicker.
            connect(file, read_only=True).close()
        except duckdb.Error as error:
            if not (is_damaged(error) or is_log_damaged(error)):
                raise classify(error, store.folder) from error
            damaged = (log,) if is_log_damaged(error) else (file, log)
        else:
            return
        stamp = time.strftime("%Y%m%d-%H%M%S", time.gmtime())
        for path in damaged:
            if path.exists():
                put_aside(store, path, name=f"{stamp}-{path.name}")
