"""The fair lock, with real processes."""

from __future__ import annotations

import errno
import fcntl
import os
import subprocess
import threading
import time
from pathlib import Path

import pytest

from intermt.errors import StoreIOError, TryLater
from intermt.store.connect import Store
from intermt.store.lock import StoreLock, open_owned, try_own

from .samples import AS_NOBODY, IS_ROOT, end, finish, start

HOLD = """
import sys, time
from pathlib import Path
from intermt.store.lock import StoreLock
with StoreLock(Path(sys.argv[1]), 20, sys.argv[2]).hold(sys.argv[3]):
    print("holds", flush=True)
    sys.stdin.read(1)
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Store(tmp_path / "store").create().folder


def lock(folder: Path, timeout_s: float = 10, command: str = "test") -> StoreLock:
    return StoreLock(folder, timeout_s, command)


def holding(folder: Path, mode: str, command: str = "hold"):
    process = start(HOLD, folder, command, mode, stdin=subprocess.PIPE)
    assert process.stdout.readline() == "holds\n"
    return process


def test_readers_share_and_writers_exclude(folder: Path) -> None:
    readers = lock(folder).hold("read"), lock(folder, 1).hold("read")
    with readers[0], readers[1], pytest.raises(TryLater), lock(folder, 0.05).hold("write"):
        pass
    with lock(folder).hold("write"):
        for mode in ("read", "write"):
            with pytest.raises(TryLater), lock(folder, 0.05).hold(mode):  # type: ignore[arg-type]
                pass
    assert list((folder / "queue").iterdir()) == []


def test_time_out_names_process_user_and_command(folder: Path) -> None:
    other = holding(folder, "write", "intermt generate seeds.jsonl")
    try:
        before = time.monotonic()
        with pytest.raises(TryLater) as caught, lock(folder, 0.3).hold("read"):
            pass
        assert 0.25 < time.monotonic() - before < 3
        text = str(caught.value)
        assert f"process {other.pid} (" in text
        assert "intermt generate seeds.jsonl, writing since" in text
        assert "waited 0.3 s" in text
        assert caught.value.exit_code == 75
        assert [h.pid for h in lock(folder).holders()] == [other.pid]
        assert lock(folder).strangers() == []
    finally:
        end(other)


def test_whoever_only_waits_is_not_said_to_be_at_it(folder: Path) -> None:
    holder = holding(folder, "write", "first")
    waiter = start(HOLD, folder, "second", "read", stdin=subprocess.PIPE)
    try:
        deadline = time.monotonic() + 20
        while len(lock(folder).holders()) < 2 and time.monotonic() < deadline:
            time.sleep(0.01)
        with pytest.raises(TryLater) as caught, lock(folder, 0.1).hold("write"):
            pass
        assert "first, writing since" in str(caught.value)
        assert "second, waiting to read since" in str(caught.value)
        end(holder)
        assert waiter.stdout.readline() == "holds\n"
        with pytest.raises(TryLater, match="second, reading"), lock(folder, 0.1).hold("write"):
            pass
    finally:
        if holder.poll() is None:
            end(holder)
        end(waiter)


def test_killed_holder_is_no_obstacle_and_its_ticket_goes(folder: Path) -> None:
    end(holding(folder, "write"))
    assert len(list((folder / "queue").iterdir())) == 1
    assert lock(folder).holders() == []
    with lock(folder, 5).hold("read"):
        assert len(list((folder / "queue").iterdir())) == 1
    assert list((folder / "queue").iterdir()) == []


def test_holder_without_ticket_is_named_by_the_kernel(folder: Path) -> None:
    code = """
import fcntl, sys, os
fd = os.open(sys.argv[1], os.O_RDONLY)
fcntl.flock(fd, fcntl.LOCK_SH)
print("holds", flush=True)
sys.stdin.read(1)
"""
    other = start(code, folder / "lock", stdin=subprocess.PIPE)
    try:
        assert other.stdout.readline() == "holds\n"
        comm = Path(f"/proc/{other.pid}/comm").read_text().strip()
        named = rf"process {other.pid} \({comm}\)"
        with pytest.raises(TryLater, match=named), lock(folder, 0.1).hold("write"):
            pass
        with lock(folder, 1).hold("read"):
            pass
    finally:
        end(other)


def test_writer_is_not_starved_by_a_stream_of_readers(folder: Path) -> None:
    code = """
import sys, time
from pathlib import Path
from intermt.store.lock import StoreLock
lock = StoreLock(Path(sys.argv[1]), 20, "read")
end = time.monotonic() + 2.5
print("on", flush=True)
while time.monotonic() < end:
    with lock.hold("read"):
        time.sleep(0.05)
"""
    readers = [start(code, folder) for _ in range(3)]
    for reader in readers:
        reader.stdout.readline()
    waits = []
    for _ in range(3):
        before = time.monotonic()
        with lock(folder, 5).hold("write"):
            waits.append(time.monotonic() - before)
    for reader in readers:
        finish(reader)
    assert max(waits) < 1.5


def test_turns_come_in_order_of_arrival(folder: Path) -> None:
    order: list[int] = []

    def want(number: int) -> None:
        with lock(folder).hold("write"):
            order.append(number)

    threads = [threading.Thread(target=want, args=(n,)) for n in range(6)]
    with lock(folder).hold("write"):
        for n, thread in enumerate(threads):
            thread.start()
            deadline = time.monotonic() + 5
            while len(lock(folder).holders()) < n + 2 and time.monotonic() < deadline:
                time.sleep(0.002)
    for thread in threads:
        thread.join()
    assert order == [0, 1, 2, 3, 4, 5]


def test_exclusion_holds_between_processes(folder: Path) -> None:
    code = """
import os, sys, time
from pathlib import Path
from intermt.store.lock import StoreLock
lock = StoreLock(Path(sys.argv[1]), 30, "count")
counter = Path(sys.argv[2])
for _ in range(15):
    with lock.hold("write"):
        n = int(counter.read_text())
        time.sleep(0.001)
        counter.write_text(str(n + 1))
"""
    counter = folder.parent / "counter"
    counter.write_text("0")
    for process in [start(code, folder, counter) for _ in range(4)]:
        finish(process)
    assert counter.read_text() == "60"


def test_ticket_is_owned_until_its_descriptor_closes(tmp_path: Path) -> None:
    fd = open_owned(tmp_path, "a", b"x")
    assert try_own(tmp_path / "a") is None
    os.close(fd)
    # Two who look at once must not take each other for the owner.
    first, second = try_own(tmp_path / "a"), try_own(tmp_path / "a")
    assert first is not None
    assert second is not None
    os.close(first)
    os.close(second)
    assert try_own(tmp_path / "gone") is None


def test_unreadable_tickets_are_no_obstacle(folder: Path) -> None:
    for content in (b"", b"[1]", b"{}", b"\xff"):
        name = f"{0:020d}-{len(content)}.write"
        (folder / "queue" / name).write_bytes(content)
    with lock(folder, 2).hold("write"):
        assert len(lock(folder).holders()) == 1


def test_live_ticket_that_says_nothing_still_counts(folder: Path) -> None:
    fd = open_owned(folder / "queue", f"{0:020d}-x.write", b"[1]")
    with pytest.raises(TryLater, match="an unknown process"), lock(folder, 0.05).hold("read"):
        pass
    os.close(fd)


def test_clear_abandoned_leaves_the_living_and_the_fresh(folder: Path) -> None:
    queue = folder / "queue"
    (queue / f"{1:020d}-dead.read").write_bytes(b"{}")
    old, fresh = queue / ".old.read", queue / ".fresh.read"
    old.touch()
    fresh.touch()
    os.utime(old, (0, 0))
    with lock(folder).hold("read"):
        assert lock(folder).clear_abandoned() == 2
        assert len(lock(folder).holders()) == 1
    assert list(queue.iterdir()) == [fresh]


def test_missing_queue_is_made_again(folder: Path) -> None:
    (folder / "queue").rmdir()
    with lock(folder).hold("read"):
        pass
    assert (folder / "queue").is_dir()


def test_missing_lock_file_is_a_clean_error(folder: Path) -> None:
    (folder / "lock").unlink()
    with pytest.raises(StoreIOError, match="cannot open"), lock(folder).hold("read"):
        pass
    assert list((folder / "queue").iterdir()) == []


def test_file_system_without_locks_is_a_clean_error(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = fcntl.flock

    def flock(fd: int, flags: int) -> None:
        if os.fstat(fd).st_ino == (folder / "lock").stat().st_ino:
            raise OSError(errno.ENOLCK, "No locks available")
        real(fd, flags)

    monkeypatch.setattr(fcntl, "flock", flock)
    with pytest.raises(StoreIOError, match="cannot lock"), lock(folder).hold("write"):
        pass


def test_give_up_ends_a_wait(folder: Path) -> None:
    waiting = lock(folder, 30)
    with lock(folder).hold("write"):
        threading.Timer(0.1, waiting.give_up.set).start()
        before = time.monotonic()
        with pytest.raises(TryLater), waiting.hold("write"):
            pass
        assert time.monotonic() - before < 5


@pytest.mark.skipif(not IS_ROOT, reason="needs root to become somebody else")
def test_reader_without_write_permission_goes_without_a_ticket(open_folder: Path) -> None:
    code = """
lock = StoreLock(Path(sys.argv[1]), 1, "x")
with lock.hold("read"):
    print("read")
try:
    with lock.hold("write"):
        print("wrote")
except PermissionRefused as error:
    print(int(error.exit_code), error.what)
"""
    folder = open_folder / "store"
    Store(folder).create()
    said = finish(start(AS_NOBODY + code, folder)).splitlines()
    assert said[0] == "read"
    assert said[1].startswith("77 no permission to write in the store")


@pytest.mark.skipif(not IS_ROOT, reason="needs root to become somebody else")
def test_forbidden_lock_file_is_a_clean_error(open_folder: Path) -> None:
    code = """
try:
    with StoreLock(Path(sys.argv[1]), 1, "x").hold("read"):
        pass
except PermissionRefused as error:
    print("refused")
"""
    folder = open_folder / "store"
    Store(folder).create()
    (folder / "lock").chmod(0o600)
    assert finish(start(AS_NOBODY + code, folder)) == "refused\n"
