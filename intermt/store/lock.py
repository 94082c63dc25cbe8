"""A fair lock for one store, used by many processes and users.

`flock` on `STORE/lock` is what excludes: exclusive for writers, shared for readers. It is
not fair by itself (a stream of readers starves a writer, and who wakes first wins), so
everybody first takes a ticket in `STORE/queue/`: a file whose name sorts by time and which
its owner keeps locked for as long as it waits or holds. A ticket that can be locked by
somebody else has lost its owner (killed, power cut) and is cleared away. A writer goes when
no live ticket is ahead of its own, a reader when no live writer is. The tickets also say
who is at work and who waits, for the message of whoever has waited in vain.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import getpass
import os
import secrets
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import orjson

from intermt.errors import PermissionRefused, StoreIOError, TryLater

Mode = Literal["read", "write", "work"]
"""`work` excludes everybody as `write` does, from a piece of work and not from the files."""

_AT = {"read": "reading", "write": "writing", "work": "at it"}
_WAITING = {"read": "waiting to read", "write": "waiting to write", "work": "waiting for it"}

_POLL_FIRST_S = 0.002
_POLL_S = 0.02
_ABANDONED_S = 60.0
_REMEDIES = {
    errno.ENOSPC: "free disk space, then run the same command again; finished work is kept",
    errno.EDQUOT: "your disk quota is used up; free space, then run the same command again",
}


@dataclass(frozen=True, slots=True)
class Holder:
    """Who is using or waiting for the store.

    Attributes:
        since: When it came.
        held_since: When it got its turn; None while it waits.
    """

    pid: int
    host: str
    user: str
    command: str
    mode: Mode
    since: datetime
    held_since: datetime | None

    def __str__(self) -> str:
        host = "" if self.host == socket.gethostname() else f" on {self.host}"
        verb = _WAITING[self.mode] if self.held_since is None else _AT[self.mode]
        when = (self.held_since or self.since).strftime("%H:%M:%S")
        return f"process {self.pid}{host} ({self.user}, {self.command}, {verb} since {when} UTC)"


def user_name() -> str:
    """The name of the user who runs this, or the number where there is no name."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return str(os.getuid())


def open_owned(folder: Path, name: str, content: bytes) -> int:
    """A descriptor of a new file that is locked before anybody can see it.

    The file is made under a hidden name, locked, and renamed to `name`; so a file that can
    be locked by somebody else has lost its owner. Closing the descriptor gives it up.
    """
    hidden = folder / f".{name}"
    fd = os.open(hidden, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC, 0o666)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if content:
            os.write(fd, content)
        hidden.rename(folder / name)
    except BaseException:
        os.close(fd)
        hidden.unlink(missing_ok=True)
        raise
    return fd


def try_own(path: Path) -> int | None:
    """A locked descriptor of a file whose owner is gone, or None while it lives.

    None also where the file has just gone.
    """
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    try:
        # Shared, so that two who look at once do not take each other for the owner.
        fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(fd)
        return None
    except OSError:
        os.close(fd)
        raise
    return fd


def unique_name(suffix: str) -> str:
    """A file name that sorts by the time it was made and no other process makes."""
    host = socket.gethostname().split(".")[0] or "host"
    return f"{time.time_ns():020d}-{host}-{os.getpid()}-{secrets.token_hex(4)}{suffix}"


class StoreLock:
    """Turns at one store: many readers or one writer, first come first served.

    Args:
        folder: The store's folder; `lock` and `queue/` in it must exist.
        timeout_s: How long to wait for a turn.
        command: What to tell others this process is doing.
        what: What turns are taken at, for messages; the store if not said.
    """

    def __init__(self, folder: Path, timeout_s: float, command: str, what: str = "") -> None:
        self._lock_file = folder / "lock"
        self._queue = folder / "queue"
        self._folder = folder
        self._what = what or f"the store {folder}"
        self._timeout_s = timeout_s
        self._command = command
        self.give_up = threading.Event()
        """Set by another thread to end every wait at once, as at Ctrl-C."""

    @contextlib.contextmanager
    def hold(self, mode: Mode) -> Iterator[None]:
        """Hold the store while the block runs.

        Raises:
            TryLater: No turn within the time; the message names who has it.
            PermissionRefused: The lock file cannot be opened.
        """
        deadline = time.monotonic() + self._timeout_s
        ticket, ticket_fd = self._take_ticket(mode)
        try:
            lock_fd = self._open_lock()
            try:
                self._wait(ticket, mode, lock_fd, deadline)
                if ticket_fd is not None:
                    # Only a message would miss it.
                    with contextlib.suppress(OSError):
                        os.write(ticket_fd, b"\n" + _now().encode())
                yield
            finally:
                os.close(lock_fd)
        finally:
            if ticket is not None and ticket_fd is not None:
                ticket.unlink(missing_ok=True)
                os.close(ticket_fd)

    def holders(self) -> list[Holder]:
        """Everybody who holds or waits for the store now, first in line first."""
        return [h for path in self._tickets() if (h := self._read_live(path)) is not None]

    def strangers(self) -> list[str]:
        """Processes that hold the lock without a ticket: other programs, plain readers."""
        known = {h.pid for h in self.holders() if h.host == socket.gethostname()}
        return [
            f"process {pid} ({command})"
            for pid, command in _holders_by_kernel(self._lock_file)
            if pid not in known
        ]

    def clear_abandoned(self) -> int:
        """Remove what dead processes left in the queue; the number removed."""
        try:
            found = list(self._queue.iterdir())
        except OSError:
            return 0
        return sum(self._remove_if_dead(path) for path in found)

    def _take_ticket(self, mode: Mode) -> tuple[Path | None, int | None]:
        name = unique_name(f".{mode}")
        content = orjson.dumps(
            {
                "pid": os.getpid(),
                "host": socket.gethostname(),
                "user": user_name(),
                "command": self._command,
                "since": _now(),
            }
        )
        try:
            # A copy of a store may have lost its empty folders.
            self._queue.mkdir(exist_ok=True)
            fd = open_owned(self._queue, name, content)
        except OSError as error:
            read_only = error.errno == errno.EROFS
            # A user who may only read the store cannot take a ticket and goes without one.
            if mode == "read" and (read_only or isinstance(error, PermissionError)):
                return None, None
            if read_only:
                raise PermissionRefused(
                    f"the store {self._folder} is on a read-only file system",
                    todo="copy it to where you may write and name the copy with --store",
                ) from error
            if isinstance(error, PermissionError):
                raise PermissionRefused(
                    f"no permission to write in the store {self._folder}",
                    todo="ask its owner for group write permission on the whole folder",
                ) from error
            raise StoreIOError(
                f"cannot queue for the store {self._folder}: {error.strerror}",
                where=str(self._queue),
                todo=_REMEDIES.get(error.errno or 0, ""),
            ) from error
        return self._queue / name, fd

    def _open_lock(self) -> int:
        try:
            try:
                # Network file systems grant the exclusive lock only to a writable file.
                return os.open(self._lock_file, os.O_RDWR | os.O_CLOEXEC)
            except OSError:
                return os.open(self._lock_file, os.O_RDONLY | os.O_CLOEXEC)
        except PermissionError as error:
            raise PermissionRefused(
                f"no permission to open {self._lock_file}",
                todo="ask the store's owner for access to the whole folder",
            ) from error
        except OSError as error:
            raise StoreIOError(
                f"cannot open {self._lock_file}: {error.strerror}",
                todo="if the store was moved or copied, run: intermt check --repair",
            ) from error

    def _wait(self, ticket: Path | None, mode: Mode, lock_fd: int, deadline: float) -> None:
        flag = fcntl.LOCK_SH if mode == "read" else fcntl.LOCK_EX
        while True:
            first = ticket is None or not self._live_ahead(ticket, mode)
            if first:
                try:
                    fcntl.flock(lock_fd, flag | fcntl.LOCK_NB)
                    return
                except BlockingIOError:
                    pass
                except OSError as error:
                    raise StoreIOError(
                        f"the file system cannot lock {self._lock_file}: {error.strerror}",
                        todo="put the store on a file system with locks, such as a local disk",
                    ) from error
            left_s = deadline - time.monotonic()
            if left_s <= 0:
                raise self._gave_up(ticket)
            if self.give_up.wait(min(_POLL_FIRST_S if first else _POLL_S, left_s)):
                raise TryLater(f"gave up waiting for the store {self._folder}")

    def _tickets(self) -> list[Path]:
        try:
            return sorted(p for p in self._queue.iterdir() if not p.name.startswith("."))
        except OSError:
            return []

    def _live_ahead(self, mine: Path, mode: Mode) -> bool:
        for path in self._tickets():
            if path.name >= mine.name:
                return False
            if mode == "read" and path.suffix == ".read":
                continue
            if not self._remove_if_dead(path):
                return True
        return False

    def _remove_if_dead(self, path: Path) -> bool:
        """Whether this was a dead process's file, which is then gone."""
        if path.name.startswith("."):
            # Hidden names live for microseconds; only an old one can be abandoned.
            with contextlib.suppress(OSError):
                if time.time() - path.stat().st_mtime < _ABANDONED_S:
                    return False
        try:
            fd = try_own(path)
        except OSError:
            return False
        if fd is None:
            return not path.exists()
        try:
            with contextlib.suppress(OSError):
                path.unlink(missing_ok=True)
        finally:
            os.close(fd)
        return True

    def _read_live(self, path: Path) -> Holder | None:
        try:
            fd = try_own(path)
            if fd is not None:
                os.close(fd)
                return None
            about, _, held_since = path.read_text().partition("\n")
            data = orjson.loads(about)
            modes: dict[str, Mode] = {".read": "read", ".work": "work"}
            return Holder(
                pid=data["pid"],
                host=data["host"],
                user=data["user"],
                command=data["command"],
                mode=modes.get(path.suffix, "write"),
                since=datetime.fromisoformat(data["since"]),
                held_since=datetime.fromisoformat(held_since) if held_since else None,
            )
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def _gave_up(self, ticket: Path | None) -> TryLater:
        ahead = self.strangers() + [
            str(holder)
            for path in self._tickets()
            if (ticket is None or path.name < ticket.name)
            and (holder := self._read_live(path)) is not None
        ]
        who = "; ".join(ahead[:3]) or "an unknown process"
        more = f" and {len(ahead) - 3} more" if len(ahead) > 3 else ""
        return TryLater(
            f"{self._what} is in use by {who}{more}; waited {self._timeout_s:g} s in vain",
            todo="run the same command again later, or wait longer with --lock-timeout SECONDS",
        )


def _now() -> str:
    return datetime.now(UTC).replace(tzinfo=None).isoformat(timespec="seconds")


def _holders_by_kernel(lock_file: Path) -> list[tuple[int, str]]:
    """Process and command of whoever holds the lock, by the kernel's own list."""
    try:
        inode = lock_file.stat().st_ino
        lines = Path("/proc/locks").read_text().splitlines()
    except OSError:
        return []
    found: list[tuple[int, str]] = []
    for line in lines:
        words = line.split()
        if "->" not in words and len(words) > 5 and words[5].endswith(f":{inode}"):
            try:
                command = Path(f"/proc/{words[4]}/comm").read_text().strip()
            except OSError:
                command = "unknown command"
            found.append((int(words[4]), command))
    return found
