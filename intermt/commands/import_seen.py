"""What the rows of an import say, remembered on disk so that memory stays flat."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from intermt.formats.reading.rows import RowProblem
from intermt.records import Choice, Conversation, Node, PreferenceVote, Score, Verdict
from intermt.store import labels
from intermt.store.labels import Candidate
from intermt.store.rows import Record

_AT_ONCE = 500
_CACHE_KIB = 16 * 1024


class Seen:
    """What earlier rows of an import brought; the file behind it vanishes with the object.

    Use it in a `with` block.
    """

    def __init__(self) -> None:
        # An empty name is a temporary file that SQLite deletes when it is closed.
        self._db = sqlite3.connect("", isolation_level=None)
        self._db.executescript(
            f"""
            PRAGMA cache_size = -{_CACHE_KIB};
            PRAGMA journal_mode = OFF;
            PRAGMA synchronous = OFF;
            CREATE TABLE said (id BLOB PRIMARY KEY, value) WITHOUT ROWID;
            CREATE TABLE written (id TEXT PRIMARY KEY) WITHOUT ROWID;
            CREATE TABLE candidate (id TEXT PRIMARY KEY, mode, context_id, seed_id) WITHOUT ROWID;
            BEGIN;
            """
        )

    def __enter__(self) -> Seen:
        return self

    def __exit__(self, *_: object) -> None:
        self._db.close()

    def said(self, claim_ids: Iterable[str]) -> dict[str, str | int]:
        """What the earlier rows said, of these claims, by id."""
        keys = [bytes.fromhex(claim_id) for claim_id in claim_ids]
        rows = self._select("SELECT id, value FROM said WHERE id IN", keys)
        return {key.hex(): value for key, value in rows}

    def say(self, found: Mapping[str, str | int]) -> None:
        """Remember claims, by id."""
        self._db.executemany(
            "INSERT OR IGNORE INTO said VALUES (?, ?)",
            [(bytes.fromhex(claim_id), value) for claim_id, value in found.items()],
        )

    def first_time(self, keys: Sequence[str]) -> set[str]:
        """Those of these keys that no earlier call was given."""
        there = {row[0] for row in self._select("SELECT id FROM written WHERE id IN", keys)}
        fresh = set(keys) - there
        self._db.executemany("INSERT INTO written VALUES (?)", [(key,) for key in fresh])
        return fresh

    def bring(self, records: Iterable[Record]) -> None:
        """Remember the candidates that some records will make."""
        self._db.executemany(
            "INSERT OR IGNORE INTO candidate VALUES (?, ?, ?, ?)",
            [(c.id, c.mode, c.context_id, c.seed_id) for c in _candidates(records)],
        )

    def candidates(self, ids: Iterable[str]) -> dict[str, Candidate]:
        """The candidates with these ids that earlier rows make, by id."""
        rows = self._select("SELECT * FROM candidate WHERE id IN", list(ids))
        return {row[0]: Candidate(*row) for row in rows}

    def _select(self, sql: str, keys: Sequence[Any]) -> Iterator[tuple[Any, ...]]:
        for start in range(0, len(keys), _AT_ONCE):
            some = keys[start : start + _AT_ONCE]
            yield from self._db.execute(f"{sql} ({', '.join('?' * len(some))})", some)


def _candidates(records: Iterable[Record]) -> Iterator[Candidate]:
    for record in records:
        if isinstance(record, Conversation):
            yield Candidate(record.conversation_id, "chain", record.seed_id, record.seed_id)
        elif isinstance(record, Node) and record.role == "assistant" and record.parent_id:
            yield Candidate(record.node_id, "prefix", record.parent_id, record.seed_id)


@dataclass(frozen=True, slots=True)
class Claim:
    """Something that one row says and no other may say otherwise.

    Attributes:
        field: What it is about, for people.
        value: What is said.
        shown: The same, for people.
        expected: What the row should say; `{before}` and `{source}` stand for what is said
            elsewhere, and where.
        place: Where in the row, as an end of its `where`.
    """

    field: str
    value: str | int
    shown: str
    expected: str
    place: str = ""


def conflicts(
    db: Any | None,
    rows: Sequence[tuple[str, Mapping[str, Claim]]],
    known: Mapping[str, str],
    seen: Seen | None,
) -> dict[int, RowProblem]:
    """Rows that say something else than the store or an earlier row, by their index.

    Args:
        db: The store's database, open; None where there is no store yet.
        rows: Where each row stands in its file, and its claims by what they are about.
        known: What the store has on claims that are no labels.
        seen: What the rows before these said; the claims of good rows are added. None where
            the rows before these are in the store.
    """
    ids = {key for _, claims in rows for key in claims}
    stored: dict[str, str | int] = dict(known)
    if db is not None and ids:
        stored |= labels.stored_choices(db, ids)
        stored |= labels.stored_scores(db, ids)
        stored |= labels.stored_verdicts(db, ids)
    earlier = {} if seen is None else seen.said(ids)
    problems: dict[int, RowProblem] = {}
    for index, (where, claims) in enumerate(rows):
        for key, claim in claims.items():
            before = stored.get(key, earlier.get(key, claim.value))
            if before != claim.value:
                source = "the store" if key in stored else "an earlier row"
                expected = claim.expected.format(before=_shown(before), source=source)
                problems[index] = RowProblem(
                    where + claim.place, claim.field, claim.shown, expected
                )
                break
        else:
            earlier |= {key: claim.value for key, claim in claims.items()}
    if seen is not None:
        seen.say(earlier)
    return problems


def label_claims(records: Sequence[Record]) -> dict[str, Claim]:
    """What the labels among some records say, by the label's id.

    A label is known by its dataset, task, rater, candidates, dimension and time; the same
    label with another value is a mistake in one of the two places.
    """
    found = {}
    for label_id, (dimension, value) in _labels(records).items():
        found[label_id] = Claim(
            f"the label on {dimension}",
            value,
            _shown(value),
            "{before}, as {source} has it; a changed label needs a later rated_at",
        )
    return found


def _labels(records: Sequence[Record]) -> dict[str, tuple[str, Choice | int]]:
    found: dict[str, tuple[str, Choice | int]] = {}
    for record in records:
        if isinstance(record, PreferenceVote):
            found[record.vote_id] = (record.dimension, record.choice)
        elif isinstance(record, Score):
            found[record.score_id] = (record.dimension, record.value)
        elif isinstance(record, Verdict):
            value = record.choice if record.value is None else record.value
            found[record.verdict_id] = (record.dimension, value or 0)
    return found


def _shown(value: str | int) -> str:
    # A file may name the two in either order; the store has the lower id first.
    named = {"a": "for the lower id", "b": "for the higher id"}
    return named.get(value, value) if isinstance(value, str) else str(value)
