"""The store: a folder that many processes and users share.

`STORE/` holds `store.duckdb` (all records), `images/` (pictures by content), `journal/`
(finished records not yet in the database), `queue/` and `lock` (whose turn it is). Nothing
else ever opens the database file, and nobody keeps it open while waiting for a server, a
file or a person: open, one piece of work, close.
"""

from __future__ import annotations

import contextlib
import os
import stat
import threading
from collections.abc import Iterable, Iterator
from pathlib import Path

import duckdb
from duckdb import DuckDBPyConnection as Connection

from intermt.errors import CannotCreate, MissingInputError, PermissionRefused, StoreIOError
from intermt.store import journal as journals
from intermt.store import schema
from intermt.store.database import MEMORY_MB, connect, database_errors
from intermt.store.images import ImageFolder
from intermt.store.inserting import insert
from intermt.store.journal import Journal
from intermt.store.lock import StoreLock
from intermt.store.rows import Record, TableRow, to_row

_FOLDERS = ("images", "journal", "queue")
# A transaction takes memory for all of its rows, beside what the program itself takes; but each
# takes a tenth of a second besides, as it opens and closes the database.
_BYTES_A_FLUSH = 4_000_000
# Closing moves rows from the log to their tables, and now and then joins neighbouring groups of
# rows, some of them old, which takes as much as there is. What does not fit stays in the log,
# to be moved by the next writer.
_CLOSING_MB = 48
# Beyond it, the copying of whole tables goes on on the disk.
_UPGRADE_MB = 500


class Store:
    """One store folder; cheap to make, opens the database only inside its blocks.

    Args:
        folder: Where the store is.
        lock_timeout_s: How long to wait for a turn.
        command: What to tell others that this process is doing.
    """

    def __init__(self, folder: Path, *, lock_timeout_s: float = 60.0, command: str = "") -> None:
        self.folder = folder
        self.lock_timeout_s = lock_timeout_s
        self.command = command or "intermt"
        self.images = ImageFolder(folder / "images")
        self.lock = StoreLock(folder, lock_timeout_s, self.command)
        self._database = folder / "store.duckdb"
        self._new_database = folder / "store.duckdb.new"
        self._journal = Journal(folder / "journal")
        self._pending: list[tuple[TableRow, int]] = []
        self._pending_bytes = 0
        self._pending_lock = threading.Lock()

    # --- being there ---------------------------------------------------------------------

    def is_empty(self) -> bool:
        """Whether nothing was ever written to its database."""
        return not self._database.exists()

    def exists(self) -> bool:
        """Whether the folder is a store.

        Raises:
            PermissionRefused: The folder may not be looked into.
            StoreIOError: It cannot be.
        """
        try:
            names = {p.name for p in self.folder.iterdir()}
        except (FileNotFoundError, NotADirectoryError):
            return False
        except PermissionError as error:
            raise PermissionRefused(
                f"no permission to look into {self.folder}",
                todo="ask the store's owner for access to the whole folder",
            ) from error
        except OSError as error:
            raise StoreIOError(f"cannot look into {self.folder}: {error.strerror}") from error
        # Other programs, too, keep a file called lock in their folders.
        return "lock" in names and not names.isdisjoint((*_FOLDERS, self._database.name))

    def create(self) -> Store:
        """This store, made if it is not there yet.

        Raises:
            CannotCreate: Something else is in the way, or the folder cannot be made.
        """
        if not self.exists():
            try:
                self.folder.mkdir(parents=True, exist_ok=True)
                foreign = sorted(p.name for p in self.folder.iterdir() if p.name not in _FOLDERS)
                if foreign and not self.exists():
                    raise CannotCreate(
                        f"{self.folder} is there but is not a store (it holds {foreign[0]})",
                        todo="name another folder with --store",
                    )
                self.make_folders()
            except OSError as error:
                raise CannotCreate(
                    f"cannot create the store {self.folder}: {error.strerror}",
                    todo="name a folder you may write with --store",
                ) from error
        self._follow_group()
        return self

    def make_folders(self) -> None:
        """Make what a store consists of, where it is not there.

        Raises:
            OSError: It cannot be made.
        """
        mode = self.folder.stat().st_mode
        if mode & 0o020:
            # What members of the group make here must belong to the group, not to them.
            with contextlib.suppress(OSError):
                self.folder.chmod(mode & 0o7777 | 0o2000)
        self._follow_group()
        for name in _FOLDERS:
            (self.folder / name).mkdir(exist_ok=True)
        # Last, as it is what makes the folder a store.
        os.close(os.open(self.folder / "lock", os.O_RDWR | os.O_CREAT, 0o666))

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

    def _follow_group(self) -> None:
        # In a folder that a group may write, what one member makes the others must be able
        # to write too, or a dead writer's files would lock them out.
        with contextlib.suppress(OSError):
            if self.folder.stat().st_mode & 0o020:
                os.umask(os.umask(0o077) & ~0o070)

    # --- the database ----------------------------------------------------------------------

    @contextlib.contextmanager
    def reading(self, memory_mb: int = MEMORY_MB) -> Iterator[Connection]:
        """The database, for reading, for as long as the block runs.

        Finished records that dead processes left in journals are merged first. A query that
        needs more than `memory_mb` goes on on the disk.

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
        with self._opened_to_read(memory_mb) as db:
            if schema.is_current(db):
                yield db
                return
            refusals = (PermissionRefused,) if schema.is_readable(db) else ()
        # A user who may only read goes on with the older tables where they do.
        with contextlib.suppress(*refusals), self.writing():
            pass
        with self._opened_to_read(memory_mb) as db:
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
        self.images.sync()
        with self.lock.hold("write"), database_errors(self.folder):
            if not self._database.exists():
                self._make_database()
            db = self._opened_to_write()
            try:
                journals.merge_abandoned(db, self.folder / "journal")
                db.execute("BEGIN")
                try:
                    yield db
                    self.images.sync()
                except BaseException:
                    # After a fatal error there is nothing left to roll back.
                    with contextlib.suppress(duckdb.Error):
                        db.execute("ROLLBACK")
                    raise
                db.execute("COMMIT")
                # Refused where as much as that cannot be freed.
                with contextlib.suppress(duckdb.Error):
                    db.execute(f"SET memory_limit = '{_CLOSING_MB}MB'")
            finally:
                db.close()

    def write(self, records: Iterable[Record]) -> dict[str, int]:
        """Write records at once; how many were new or replaced, per table."""
        rows = [to_row(record) for record in records]
        if not rows:
            return {}
        with self.writing() as db:
            return insert(db, rows)

    @contextlib.contextmanager
    def turn_at(self, work: str, what: str) -> Iterator[None]:
        """Be the only process at a piece of work, while the block runs.

        Whoever comes second waits, and then finds the work done: two runs that ask the same
        questions at once would pay for every answer twice.

        Args:
            work: Equal for equal work; a content id.
            what: What it is, for the message of whoever waits in vain.

        Raises:
            TryLater: No turn within the lock's time-out.
        """
        self.create()
        folder = self.folder / "work" / work
        try:
            (folder / "queue").mkdir(parents=True, exist_ok=True)
            os.close(os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o666))
        except OSError as error:
            raise PermissionRefused(
                f"cannot write in the store {self.folder}: {error.strerror}", where=str(folder)
            ) from error
        with StoreLock(folder, self.lock_timeout_s, self.command, what).hold("work"):
            yield

    # --- the journal -----------------------------------------------------------------------

    def keep(self, records: Iterable[Record]) -> None:
        """Make finished records safe now and leave them to a later `flush`.

        When this returns, killing the process loses none of them.
        """
        rows = [to_row(record) for record in records]
        with self._pending_lock:
            if any(table in ("image", "request", "node") for table, _ in rows):
                self.images.sync()
            sizes = self._journal.append(rows)
            self._pending.extend(zip(rows, sizes, strict=True))
            self._pending_bytes += sum(sizes)

    def bytes_kept(self) -> int:
        """How many bytes of records wait for a `flush`."""
        return self._pending_bytes

    def flush(self) -> None:
        """Move the kept records into the database.

        Raises:
            TryLater: The store stayed busy; the records stay safe in the journal and are
                tried again at the next flush.
        """
        with self._pending_lock:
            if not self._pending:
                return
            sized, self._pending = self._pending, []
            n_bytes, self._pending_bytes = self._pending_bytes, 0
            taken = self._journal.take()
        try:
            for rows in _pieces(sized, _BYTES_A_FLUSH):
                with self.writing() as db:
                    insert(db, rows)
        except BaseException:
            with self._pending_lock:
                self._pending = sized + self._pending
                self._pending_bytes += n_bytes
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
    def _opened_to_read(self, memory_mb: int) -> Iterator[Connection]:
        with self.lock.hold("read"), database_errors(self.folder):
            db = connect(self._database, read_only=True, memory_mb=memory_mb)
            try:
                yield db
            finally:
                db.close()

    def _opened_to_write(self) -> Connection:
        db = connect(self._database, read_only=False)
        try:
            # A rewriting that was killed is made up for: nobody else can be at it now.
            if schema.is_current(db) and not self._new_database.exists():
                return db
        except BaseException:
            db.close()
            raise
        db.close()
        db = connect(self._database, read_only=False, memory_mb=_UPGRADE_MB)
        try:
            schema.migrate(db)
        finally:
            db.close()
        self._shrink_database()
        return connect(self._database, read_only=False)

    def _shrink_database(self) -> None:
        """Write the database anew, as what a migration frees stays in the file.

        Where that cannot be, as on a disk without room, all is as it was.
        """
        file = self._database
        # A log that is still there belongs to the old file.
        if file.is_symlink() or file.with_name(f"{file.name}.wal").exists():
            return
        with contextlib.suppress(duckdb.Error, OSError):
            self._make_database(file)

    def _make_database(self, source: Path | None = None) -> None:
        """Put a new database in the place of what is there, with all that `source` holds."""
        # Under another name until it is whole: a process killed here leaves no database, or the
        # one that was there, not one that nobody can open.
        new = self._new_database
        leftovers = (new, new.with_name(f"{new.name}.wal"))
        for leftover in leftovers:
            leftover.unlink(missing_ok=True)
        try:
            db = connect(new, read_only=False, memory_mb=_UPGRADE_MB, source=source)
            try:
                if source is None:
                    schema.migrate(db)
                else:
                    db.execute("COPY FROM DATABASE source TO store")
                db.execute("CHECKPOINT")
            finally:
                db.close()
            if source is not None:
                info = source.stat()
                with contextlib.suppress(OSError):
                    os.chown(new, -1, info.st_gid)
                new.chmod(stat.S_IMODE(info.st_mode))
            new.rename(self._database)
        except BaseException:
            for leftover in leftovers:
                leftover.unlink(missing_ok=True)
            raise

    def _needs_writer(self) -> bool:
        return not self._database.exists() or journals.any_abandoned(self.folder / "journal")


def _pieces(sized: Iterable[tuple[TableRow, int]], most_bytes: int) -> Iterator[list[TableRow]]:
    """The rows in order, in lists of at most so many bytes, or of one row."""
    piece: list[TableRow] = []
    size = 0
    for row, n_bytes in sized:
        if piece and size + n_bytes > most_bytes:
            yield piece
            piece, size = [], 0
        piece.append(row)
        size += n_bytes
    if piece:
        yield piece
