"""The store: a folder that many processes and users share.

`STORE/` holds `store.duckdb` (all records), `images/` (pictures by content), `journal/`
(finished records not yet in the database), `queue/` and `lock` (whose turn it is). Nothing
else ever opens the database file, and nobody keeps it open while waiting for a server, a
file or a person: open, one piece of work, close.
"""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Iterable, Iterator
from pathlib import Path

import duckdb
from duckdb import DuckDBPyConnection as Connection

from intermt.errors import (
    CannotCreate,
    IntermtError,
    MissingInputError,
    PermissionRefused,
    StoreIOError,
    TryLater,
)
from intermt.store import journal as journals
from intermt.store import schema
from intermt.store.images import ImageFolder
from intermt.store.journal import Journal, TableRow
from intermt.store.lock import StoreLock
from intermt.store.rows import Record, insert, to_row

_FOLDERS = ("images", "journal", "queue")
_NETWORK_FILE_SYSTEMS = {"nfs", "nfs4", "cifs", "smb3", "smbfs", "fuse.sshfs", "9p", "afs"}


class Store:
    """One store folder; cheap to make, opens the database only inside its blocks.

    Args:
        folder: Where the store is.
        lock_timeout_s: How long to wait for a turn.
        command: What to tell others that this process is doing.
    """

    def __init__(self, folder: Path, *, lock_timeout_s: float = 60.0, command: str = "") -> None:
        self.folder = folder
        self.images = ImageFolder(folder / "images")
        self.lock = StoreLock(folder, lock_timeout_s, command or "intermt")
        self._database = folder / "store.duckdb"
        self._journal = Journal(folder / "journal")
        self._pending: list[TableRow] = []
        self._pending_lock = threading.Lock()

    # --- being there ---------------------------------------------------------------------

    def exists(self) -> bool:
        """Whether the folder is a store."""
        return (self.folder / "lock").exists()

    def create(self) -> Store:
        """This store, made if it is not there yet.

        Raises:
            CannotCreate: Something else is in the way, or the folder cannot be made.
        """
        if self.exists():
            self._follow_group()
            return self
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            foreign = [p.name for p in self.folder.iterdir() if p.name not in _FOLDERS]
            if foreign and not self.exists():
                raise CannotCreate(
                    f"{self.folder} is there but is not a store (it holds {foreign[0]})",
                    todo="name another folder with --store",
                )
            self._follow_group()
            for name in _FOLDERS:
                (self.folder / name).mkdir(exist_ok=True)
            os.close(os.open(self.folder / "lock", os.O_RDWR | os.O_CREAT, 0o666))
        except OSError as error:
            raise CannotCreate(
                f"cannot create the store {self.folder}: {error.strerror}",
                todo="name a folder you may write with --store",
            ) from error
        return self

    def require(self) -> Store:
        """This store, which must be there.

        Raises:
            MissingInputError: It is not.
        """
        if not self.exists():
            raise MissingInputError(
                f"there is no store at {self.folder}",
                todo="name one with --store or INTERMT_STORE,"
                " or make one with: intermt annotate-import or intermt generate",
            )
        self._follow_group()
        return self

    def network_file_system(self) -> str | None:
        """The kind of network file system the store lies on, or None."""
        best: tuple[int, str] = (0, "")
        with contextlib.suppress(OSError):
            here = self.folder.resolve()
            for line in Path("/proc/mounts").read_text().splitlines():
                _, mount, kind = line.split()[:3]
                if here.is_relative_to(mount.replace("\\040", " ")):
                    best = max(best, (len(mount), kind))
        return best[1] if best[1] in _NETWORK_FILE_SYSTEMS else None

    def _follow_group(self) -> None:
        # In a folder that a group may write, what one member makes the others must be able
        # to write too, or a dead writer's files would lock them out.
        with contextlib.suppress(OSError):
            if self.folder.stat().st_mode & 0o020:
                os.umask(os.umask(0o077) & ~0o060)

    # --- the database ----------------------------------------------------------------------

    @contextlib.contextmanager
    def reading(self) -> Iterator[Connection]:
        """The database, for reading, for as long as the block runs.

        Finished records that dead processes left in journals are merged first.

        Raises:
            TryLater: The store stayed busy.
            StoreIOError: The database is damaged or cannot be read.
            PermissionRefused: The files may not be read.
        """
        self.require()
        if self._needs_writer():
            # A user who may only read goes on with what the database has.
            with contextlib.suppress(PermissionRefused), self.writing():
                pass
        with self._opened_to_read() as db:
            if schema.is_current(db):
                yield db
                return
        with self.writing():
            pass
        with self._opened_to_read() as db:
            yield db

    @contextlib.contextmanager
    def writing(self) -> Iterator[Connection]:
        """The database, in one transaction that the block's end commits.

        An exception in the block rolls everything back. Journals of dead processes are
        merged first.

        Raises:
            TryLater: The store stayed busy.
            StoreIOError: The database is damaged, or the disk is full.
            PermissionRefused: The files may not be written.
        """
        self.create()
        with self.lock.hold("write"), _database_errors(self.folder):
            db = self._connect(read_only=False)
            try:
                schema.migrate(db)
                self._merge_abandoned(db)
                self.images.sync()
                db.execute("BEGIN")
                try:
                    yield db
                except BaseException:
                    db.execute("ROLLBACK")
                    raise
                db.execute("COMMIT")
            finally:
                db.close()

    def write(self, records: Iterable[Record]) -> dict[str, int]:
        """Write records at once; how many were new or replaced, per table."""
        rows = [to_row(record) for record in records]
        if not rows:
            return {}
        with self.writing() as db:
            return insert(db, rows)

    # --- the journal -----------------------------------------------------------------------

    def keep(self, records: Iterable[Record]) -> None:
        """Make finished records safe now and leave them to a later `flush`.

        When this returns, killing the process loses none of them.
        """
        rows = [to_row(record) for record in records]
        with self._pending_lock:
            if any(table in ("image", "request", "node") for table, _ in rows):
                self.images.sync()
            self._journal.append(rows)
            self._pending.extend(rows)

    def n_kept(self) -> int:
        """How many records wait for a `flush`."""
        return len(self._pending)

    def flush(self) -> None:
        """Move the kept records into the database.

        Raises:
            TryLater: The store stayed busy; the records stay safe in the journal and are
                tried again at the next flush.
        """
        with self._pending_lock:
            rows, self._pending = self._pending, []
            taken = self._journal.take()
        if not rows:
            return
        try:
            with self.writing() as db:
                insert(db, rows)
        except BaseException:
            with self._pending_lock:
                self._pending = rows + self._pending
            if taken is not None:
                # Its rows are pending still; the next writer, perhaps this one, merges it.
                os.close(taken[1])
            raise
        if taken is not None:
            journals.drop(*taken)

    def close(self) -> None:
        """Let go of the journal; what is in it, the next writer merges."""
        self._journal.close()

    # --- inside ----------------------------------------------------------------------------

    @contextlib.contextmanager
    def _opened_to_read(self) -> Iterator[Connection]:
        with self.lock.hold("read"), _database_errors(self.folder):
            db = self._connect(read_only=True)
            try:
                yield db
            finally:
                db.close()

    def _connect(self, *, read_only: bool) -> Connection:
        return duckdb.connect(
            str(self._database),
            read_only=read_only,
            config={
                "enable_external_access": "false",
                "autoinstall_known_extensions": "false",
                "autoload_known_extensions": "false",
                "threads": str(min(4, os.cpu_count() or 1)),
                "memory_limit": "2GB",
                "lock_configuration": "true",
            },
        )

    def _needs_writer(self) -> bool:
        return not self._database.exists() or journals.any_abandoned(self.folder / "journal")

    def _merge_abandoned(self, db: Connection) -> None:
        with journals.abandoned(self.folder / "journal") as owned:
            for path, _ in owned:
                content = journals.read(path)
                db.execute("BEGIN")
                try:
                    insert(db, content.rows)
                except BaseException:
                    db.execute("ROLLBACK")
                    raise
                db.execute("COMMIT")
                if content.damaged:
                    path.rename(path.with_suffix(".damaged"))
                else:
                    path.unlink(missing_ok=True)


@contextlib.contextmanager
def _database_errors(folder: Path) -> Iterator[None]:
    """Turn what DuckDB raises into what a user can act on."""
    try:
        yield
    except duckdb.Error as error:
        raise classify(error, folder) from error


def classify(error: duckdb.Error, folder: Path) -> IntermtError:
    """The error a user can act on, for one that DuckDB raised.

    Locked, missing, forbidden and foreign files are all `IOException`; only the text
    differs.
    """
    text = str(error)
    first_line = text.splitlines()[0] if text else type(error).__name__
    if "Could not set lock on file" in text:
        # Cannot happen among intermt processes, which queue; another program has the file.
        return TryLater(
            f"another program has the database open: {first_line}",
            where=str(folder),
            todo="close it there and run the same command again",
        )
    if "Permission denied" in text or "read-only mode" in text:
        return PermissionRefused(
            f"no permission for the database: {first_line}",
            where=str(folder),
            todo="ask the store's owner for access to the whole folder",
        )
    if "No space left" in text or "autocheckpoint failed" in text:
        return StoreIOError(
            f"the disk is full: {first_line}",
            where=str(folder),
            todo="free disk space, then run the same command again; finished work is kept",
        )
    if "not a valid DuckDB database" in text or "serialization" in text.lower():
        return StoreIOError(
            f"store.duckdb is damaged or not ours: {first_line}",
            where=str(folder),
            todo="run: intermt check --repair",
        )
    if isinstance(error, duckdb.IOException | duckdb.InternalException | duckdb.FatalException):
        return StoreIOError(
            f"the database cannot be used: {first_line}",
            where=str(folder),
            todo="run: intermt check",
        )
    return StoreIOError(f"the database refused: {first_line}", where=str(folder))
