"""Moving kept records into the database while a command works."""

from __future__ import annotations

import time

import pytest

from intermt.errors import InputError, TryLater
from intermt.store import flushing
from intermt.store.connect import Store

from .samples import feedback


def count(store: Store) -> int:
    with Store(store.folder, lock_timeout_s=20).reading() as db:
        row = db.execute("SELECT count(*) FROM feedback").fetchone()
        assert row
        return row[0]


def until(condition: object, timeout_s: float = 10) -> None:
    deadline = time.monotonic() + timeout_s
    while not condition() and time.monotonic() < deadline:  # type: ignore[operator]
        time.sleep(0.01)
    assert condition()  # type: ignore[operator]


def keep_and_stop(store: Store) -> None:
    store.keep([feedback("a")])
    time.sleep(0.1)
    raise KeyboardInterrupt


@pytest.fixture
def hurried(store: Store, monkeypatch: pytest.MonkeyPatch) -> Store:
    monkeypatch.setattr(flushing, "INTERVAL_S", 0.02)
    return store.create()


def test_records_reach_the_database_while_the_block_runs(hurried: Store) -> None:
    with flushing.flushing(hurried, pytest.fail):
        hurried.keep([feedback("a")])
        until(lambda: hurried.bytes_kept() == 0)
        until(lambda: count(hurried) == 1)
        hurried.keep([feedback("b")])
    assert count(hurried) == 2
    assert list((hurried.folder / "journal").iterdir()) == []


def test_many_records_are_not_left_for_the_rest_of_the_interval(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(flushing, "INTERVAL_S", 60.0)
    store.create().keep([feedback("a")])
    monkeypatch.setattr(flushing, "N_BYTES", 2 * store.bytes_kept() + 1)
    with flushing.flushing(store, pytest.fail):
        store.keep([feedback("b")])
        time.sleep(0.3)
        assert store.bytes_kept() == flushing.N_BYTES - 1
        store.keep([feedback("c")])
        until(lambda: store.bytes_kept() == 0)
    assert count(store) == 3


def test_a_busy_store_is_told_and_loses_nothing(hurried: Store) -> None:
    impatient = Store(hurried.folder, lock_timeout_s=0.02)
    said: list[str] = []
    with flushing.flushing(impatient, said.append):
        with hurried.lock.hold("write"):
            impatient.keep([feedback("a")])
            until(lambda: said)
        until(lambda: impatient.bytes_kept() == 0)
    assert "is in use by" in said[0]
    assert "waits in the journal" in said[0]
    assert count(hurried) == 1


def test_a_store_busy_to_the_end_is_try_later_with_all_work_safe(hurried: Store) -> None:
    impatient = Store(hurried.folder, lock_timeout_s=0.02)
    with hurried.lock.hold("write"):
        with (
            pytest.raises(TryLater, match="is safe in the journal") as caught,
            flushing.flushing(impatient, lambda text: None),
        ):
            impatient.keep([feedback("a")])
        assert caught.value.exit_code == 75
    assert count(hurried) == 1


def test_a_block_that_ends_badly_waits_for_nothing(hurried: Store) -> None:
    patient = Store(hurried.folder, lock_timeout_s=30)
    with hurried.lock.hold("write"):
        before = time.monotonic()
        with pytest.raises(KeyboardInterrupt), flushing.flushing(patient, lambda text: None):
            keep_and_stop(patient)
        assert time.monotonic() - before < 5
    assert count(hurried) == 1


def test_a_failure_behind_the_scenes_comes_out(
    hurried: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def flush() -> None:
        raise InputError("broken")

    monkeypatch.setattr(hurried, "flush", flush)
    said: list[str] = []
    with pytest.raises(InputError, match="broken"), flushing.flushing(hurried, said.append):
        time.sleep(0.1)
    assert said == ["broken; finished work stays in the journal"]
