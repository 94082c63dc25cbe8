"""Votes of an imported file as records, on candidates that the store has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from intermt.dimensions import OVERALL
from intermt.formats.reading.rows import (
    AnswerId,
    AnswerPlace,
    AnswerRef,
    RowProblem,
    VoteRow,
)
from intermt.records import (
    Choice,
    Feedback,
    PreferenceVote,
    Rater,
    Score,
    content_id,
    rater_id,
)
from intermt.store import labels, trees
from intermt.store.labels import Candidate
from intermt.store.rows import Record

_SWAPPED: dict[Choice, Choice] = {"a": "b", "b": "a", "tie": "tie"}
_OTHER: dict[Literal["a", "b"], Literal["a", "b"]] = {"a": "b", "b": "a"}


class VoteResolver:
    """Turns vote rows into records; candidates are looked up once per batch.

    Args:
        db: The store's database, open; None where there is no store yet.
        rows: The rows of the batch.
        coming: Candidates that the store will have by the time the rows are written.
    """

    def __init__(
        self, db: Any | None, rows: Sequence[VoteRow], coming: Mapping[str, Candidate]
    ) -> None:
        self._nodes: dict[tuple[str, str], str] = {}
        self._conversations: dict[str, str] = {}
        self._known = dict(coming)
        if db is not None and rows:
            self._look_up(db, rows)

    def _look_up(self, db: Any, rows: Sequence[VoteRow]) -> None:
        refs = [ref for row in rows for ref in (row.a, row.b)]
        places = {(r.seed, r.place) for r in refs if isinstance(r, AnswerPlace)}
        self._nodes = trees.nodes_by_place(db, places)
        leaves = {
            self._nodes[(r.seed, r.place)]
            for row in rows
            if row.level == "global"
            for r in (row.a, row.b)
            if isinstance(r, AnswerPlace) and (r.seed, r.place) in self._nodes
        }
        self._conversations = labels.conversations_ending_at(db, leaves)
        ids = {r.id for r in refs if isinstance(r, AnswerId)}
        wanted = ids | set(self._nodes.values()) | set(self._conversations.values())
        self._known |= labels.candidates(db, wanted)

    def resolve(self, row: VoteRow, dataset: str, run_id: str) -> list[Record] | RowProblem:
        """The records of one row, or why there are none."""
        first = self._candidate(row, row.a, "answer_a")
        second = self._candidate(row, row.b, "answer_b")
        if isinstance(first, RowProblem):
            return first
        if isinstance(second, RowProblem):
            return second
        if first.id == second.id:
            return RowProblem(row.where, "answer_b", first.id, "another candidate than answer_a")
        if first.context_id != second.context_id:
            shared = "answers to the same question" if first.mode == "prefix" else "of one seed"
            return RowProblem(row.where, "answer_b", second.id, f"two candidates that are {shared}")
        return _vote_records(row, first, second, dataset, run_id)

    def _candidate(self, row: VoteRow, ref: AnswerRef, field: str) -> Candidate | RowProblem:
        if isinstance(ref, AnswerId):
            shown, known_id = ref.id, ref.id
        else:
            shown = f"{ref.place} of seed {ref.seed}"
            node = self._nodes.get((ref.seed, ref.place), "")
            known_id = self._conversations.get(node, "") if row.level == "global" else node
        found = self._known.get(known_id)
        mode = "prefix" if row.level == "local" else "chain"
        if found is None or found.mode != mode:
            kind = "an answer" if mode == "prefix" else "a conversation"
            return RowProblem(
                row.where,
                field,
                shown,
                f"{kind} that the store has exactly once (import or generate it first)",
            )
        return found


def _vote_records(
    row: VoteRow, first: Candidate, second: Candidate, dataset: str, run_id: str
) -> list[Record]:
    rater = Rater(
        rater_id(row.rater, row.role, row.kind, dataset), row.rater, row.role, row.kind, dataset
    )
    records: list[Record] = [rater]
    swapped = second.id < first.id
    a, b = (second, first) if swapped else (first, second)
    when = None if row.rated_at is None else row.rated_at.isoformat()
    key = (dataset, row.task_key, rater.rater_id, a.id, b.id, row.dimension, when)
    if row.choice is not None:
        shown = row.shown_first
        records.append(
            PreferenceVote(
                vote_id=content_id("vote", *key),
                rater_id=rater.rater_id,
                level=row.level,
                mode=first.mode,
                seed_id=first.seed_id,
                a_id=a.id,
                b_id=b.id,
                dimension=row.dimension,
                choice=_SWAPPED[row.choice] if swapped else row.choice,
                dataset=dataset,
                task_key=row.task_key,
                shown_first=_OTHER[shown] if swapped and shown is not None else shown,
                rated_at=row.rated_at,
                run_id=run_id,
            )
        )
    for candidate, value in ((first, row.score_a), (second, row.score_b)):
        if value is not None and row.dimension != OVERALL:
            records.append(
                Score(
                    content_id("score", *key, candidate.id),
                    rater.rater_id,
                    "node" if first.mode == "prefix" else "conversation",
                    candidate.id,
                    row.dimension,
                    value,
                    dataset,
                    row.task_key,
                    row.rated_at,
                    run_id,
                )
            )
    if row.rationale is not None:
        chosen = {"a": first, "b": second}.get(row.choice or "", first)
        records.append(
            Feedback(
                content_id("feedback", *key, row.rationale),
                rater.rater_id,
                "node" if first.mode == "prefix" else "conversation",
                chosen.id,
                "rationale",
                None if row.dimension == OVERALL else row.dimension,
                row.rationale,
                dataset,
                row.task_key,
                row.rated_at,
                run_id,
            )
        )
    return records


Said = dict[bytes, Choice | int]
"""What labels say, by their ids."""


def conflicts(
    db: Any | None, outcomes: Sequence[tuple[str, list[Record]]], said: Said
) -> dict[int, RowProblem]:
    """Rows with a label that says something else elsewhere, by their index.

    A label is known by its dataset, task, rater, candidates, dimension and time; the same
    label with another value is a mistake in one of the two places.

    Args:
        db: The store's database, open; None where there is no store yet.
        outcomes: Where each row stands in its file, and its records.
        said: The labels of earlier rows of this import; those of good rows are added.
    """
    found = [_labels(records) for _, records in outcomes]
    ids = {label_id for labels_of_row in found for label_id in labels_of_row}
    stored: dict[str, Choice | int] = {}
    if db is not None:
        stored = {**labels.stored_choices(db, ids), **labels.stored_scores(db, ids)}
    problems: dict[int, RowProblem] = {}
    for index, labels_of_row in enumerate(found):
        for label_id, (dimension, value) in labels_of_row.items():
            in_store = label_id in stored
            before = stored[label_id] if in_store else said.get(bytes.fromhex(label_id), value)
            if before != value:
                source = "an earlier import" if in_store else "an earlier row"
                problems[index] = RowProblem(
                    outcomes[index][0],
                    f"the label on {dimension}",
                    _shown(value),
                    f"{_shown(before)}, as {source} has it; a changed label needs a later rated_at",
                )
                break
        else:
            said.update({bytes.fromhex(i): value for i, (_, value) in labels_of_row.items()})
    return problems


def _labels(records: Sequence[Record]) -> dict[str, tuple[str, Choice | int]]:
    found: dict[str, tuple[str, Choice | int]] = {}
    for record in records:
        if isinstance(record, PreferenceVote):
            found[record.vote_id] = (record.dimension, record.choice)
        elif isinstance(record, Score):
            found[record.score_id] = (record.dimension, record.value)
    return found


def _shown(value: Choice | int) -> str:
    # A file may name the two in either order; the store has the lower id first.
    named = {"a": "for the lower id", "b": "for the higher id"}
    return named.get(value, value) if isinstance(value, str) else str(value)
