"""Labels of an imported file as records: who said what about which candidates."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from intermt.commands.import_conversations import build, conversation_id
from intermt.commands.judging import model_judge
from intermt.commands.picture_files import PictureFiles
from intermt.formats.reading.rows import (
    AnswerId,
    AnswerPlace,
    AnswerRef,
    AnswerShown,
    ConversationRow,
    LabelKind,
    LabelRole,
    LabelRow,
    RowProblem,
    Side,
    SideText,
)
from intermt.records import (
    Annotation,
    Choice,
    Conversation,
    Feedback,
    PreferenceVote,
    Rater,
    Score,
    TargetKind,
    Verdict,
    content_id,
    rater_id,
)
from intermt.store import labels, trees
from intermt.store.labels import Candidate
from intermt.store.rows import Record

_SWAPPED: dict[Choice, Choice] = {"a": "b", "b": "a", "tie": "tie"}
_OTHER: dict[Side, Side] = {"a": "b", "b": "a"}


class LabelResolver:
    """Turns label rows into records; candidates are looked up once per batch.

    Args:
        db: The store's database, open; None where there is no store yet.
        rows: The rows of the batch.
        dataset: The collection they belong to.
        pictures: Where pictures of answers that a row shows are looked for.
        coming: Candidates that the store will have by the time the rows are written.
    """

    def __init__(
        self,
        db: Any | None,
        rows: Sequence[LabelRow],
        dataset: str,
        pictures: PictureFiles,
        coming: Mapping[str, Candidate],
    ) -> None:
        self._dataset = dataset
        self._pictures = pictures
        self._nodes: dict[tuple[str, str], str] = {}
        self._conversations: dict[str, str] = {}
        self._paths: dict[str, tuple[str, ...]] = {}
        self._raters: dict[tuple[str, LabelRole, LabelKind], Rater] = {}
        self._known = dict(coming)
        if db is not None and rows:
            self._look_up(db, rows)

    def _look_up(self, db: Any, rows: Sequence[LabelRow]) -> None:
        refs = [(row, ref) for row in rows for ref in (row.a, row.b) if ref is not None]
        places = {(r.seed, r.place) for _, r in refs if isinstance(r, AnswerPlace)}
        self._nodes = trees.nodes_by_place(db, places)
        leaves = {
            self._nodes[(r.seed, r.place)]
            for row, r in refs
            if row.level == "global" and isinstance(r, AnswerPlace)
            if (r.seed, r.place) in self._nodes
        }
        self._conversations = labels.conversations_ending_at(db, leaves)
        ids = {r.id for _, r in refs if isinstance(r, AnswerId)}
        wanted = ids | set(self._nodes.values()) | set(self._conversations.values())
        self._known |= labels.candidates(db, wanted)
        shown = [_as_row(row.where, r) for row, r in refs if isinstance(r, AnswerShown)]
        self._paths = trees.conversation_paths(
            db, [conversation_id(row, self._dataset) for row in shown]
        )

    def resolve(self, row: LabelRow, run_id: str) -> list[Record] | RowProblem:
        """The records of one row, or why there are none."""
        before: list[Record] = []
        a, b = row.side_fields or ("answer_a" if row.b else "answer", "answer_b")
        first = self._candidate(row, row.a, a, before, run_id)
        if isinstance(first, RowProblem):
            return first
        second: Candidate | RowProblem | None = None
        if row.b is not None:
            second = self._candidate(row, row.b, b, before, run_id)
        if isinstance(second, RowProblem):
            return second
        if second is not None and first.id == second.id:
            return _problem(row, b, first.id, f"another candidate than {a}")
        if second is not None and first.context_id != second.context_id:
            shared = "answers to the same question" if first.mode == "prefix" else "of one seed"
            return _problem(row, b, second.id, f"two candidates that are {shared}")
        if second is None and row.choices:
            return _problem(row, "choice", row.choices[0].choice, "two answers to choose between")
        work = _Work(row, first, second, self._rater(row), self._dataset, run_id)
        labelled = work.verdicts() if row.kind == "model" else work.labels()
        return [*before, work.rater, *labelled, *work.feedback()]

    def _rater(self, row: LabelRow) -> Rater:
        if row.kind == "model":
            return judge_of_predictions(row.rater)
        key = (row.rater, row.role, row.kind)
        if key not in self._raters:
            own_id = rater_id(*key, self._dataset)
            self._raters[key] = Rater(own_id, *key, self._dataset)
        return self._raters[key]

    def _candidate(
        self, row: LabelRow, ref: AnswerRef, field: str, before: list[Record], run_id: str
    ) -> Candidate | RowProblem:
        if isinstance(ref, AnswerShown):
            return self._shown(row, ref, field, before, run_id)
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
            expected = f"{kind} that the store has exactly once (import or generate it first)"
            return _problem(row, field, shown, expected)
        return found

    def _shown(
        self, row: LabelRow, ref: AnswerShown, field: str, before: list[Record], run_id: str
    ) -> Candidate | RowProblem:
        if not ref.messages or len(ref.messages) % 2:
            n = f"{len(ref.messages)} messages"
            return _problem(row, field, n, "prompts and answers in turn, ending with an answer")
        shown = _as_row(row.where, ref)
        path = self._paths.get(conversation_id(shown, self._dataset))
        records = build(shown, self._dataset, self._pictures, run_id, path)
        before += records
        made = next(record for record in records if isinstance(record, Conversation))
        if row.level == "global":
            return Candidate(made.conversation_id, "chain", made.seed_id, made.seed_id)
        return Candidate(made.path[-1], "prefix", made.path[-2], made.seed_id)


def _as_row(where: str, ref: AnswerShown) -> ConversationRow:
    messages = ref.messages
    turns = tuple(zip(messages[::2], messages[1::2], strict=False))
    return ConversationRow(where, ref.source_id, turns)


def _problem(row: LabelRow, field: str, value: str, expected: str) -> RowProblem:
    return RowProblem(row.where, field, value, expected, row.raw)


@dataclass(frozen=True, slots=True)
class _Work:
    """A row with its candidates found; `a` is the one whose id sorts first."""

    row: LabelRow
    first: Candidate
    second: Candidate | None
    rater: Rater
    dataset: str
    run_id: str

    @property
    def target(self) -> TargetKind:
        """What kind of ids the candidates have."""
        return "node" if self.first.mode == "prefix" else "conversation"

    @property
    def swapped(self) -> bool:
        """Whether the row names the candidates in the other order of their ids."""
        return self.second is not None and self.second.id < self.first.id

    @property
    def ids(self) -> tuple[str, str | None]:
        """The candidates' ids, in order."""
        second = None if self.second is None else self.second.id
        return (second, self.first.id) if second and self.swapped else (self.first.id, second)

    @property
    def shown_first(self) -> Side | None:
        """Which of `ids` was seen first."""
        shown = self.row.shown_first
        return _OTHER[shown] if self.swapped and shown is not None else shown

    def side(self, side: Side) -> Candidate:
        """The candidate on a side of the row."""
        return self.second if side == "b" and self.second is not None else self.first

    def key(self, *more: object) -> tuple[object, ...]:
        """What makes this piece of work this one."""
        when = None if self.row.rated_at is None else self.row.rated_at.isoformat()
        return (self.dataset, self.row.task_key, self.rater.rater_id, *self.ids, *more, when)

    def choices(self) -> Iterator[tuple[str, Choice]]:
        """Dimension and choice, among `ids`."""
        for said in self.row.choices:
            yield said.dimension, _SWAPPED[said.choice] if self.swapped else said.choice

    def labels(self) -> Iterator[Record]:
        """What a person said."""
        row, (a_id, b_id) = self.row, self.ids
        yield Annotation(
            content_id("annotation", *self.key()),
            self.rater.rater_id,
            row.level,
            self.first.seed_id,
            a_id,
            b_id,
            self.dataset,
            row.task_key,
            self.shown_first,
            row.rated_at,
            row.seconds,
            self.run_id,
        )
        for dimension, choice in self.choices():
            yield PreferenceVote(
                vote_id=content_id("vote", *self.key(dimension)),
                rater_id=self.rater.rater_id,
                level=row.level,
                mode=self.first.mode,
                seed_id=self.first.seed_id,
                a_id=a_id,
                b_id=b_id or "",
                dimension=dimension,
                choice=choice,
                dataset=self.dataset,
                task_key=row.task_key,
                shown_first=self.shown_first,
                rated_at=row.rated_at,
                run_id=self.run_id,
            )
        for said in row.scores:
            candidate = self.side(said.side).id
            yield Score(
                content_id("score", *self.key(said.dimension), candidate),
                self.rater.rater_id,
                self.target,
                candidate,
                said.dimension,
                said.value,
                self.dataset,
                row.task_key,
                row.rated_at,
                self.run_id,
            )

    def verdicts(self) -> Iterator[Record]:
        """What a model said."""
        a_id, b_id = self.ids
        for dimension, choice in self.choices():
            order = self.shown_first or ""
            yield self._verdict("pair", a_id, b_id, dimension, order, None, choice)
        for said in self.row.scores:
            candidate = self.side(said.side).id
            yield self._verdict("score", candidate, None, said.dimension, "", said.value, None)

    def _verdict(
        self,
        task: Any,
        a_id: str,
        b_id: str | None,
        dimension: str,
        order: str,
        value: int | None,
        choice: Choice | None,
    ) -> Verdict:
        judge, level = self.rater.rater_id, self.row.level
        return Verdict(
            content_id("verdict", judge, task, level, a_id, b_id, dimension, order, 0),
            judge,
            task,
            level,
            a_id,
            b_id,
            dimension,
            order,
            0,
            "ok",
            value,
            choice,
            None,
            request_key="",
            notes=(f"imported from {self.dataset}, task {self.row.task_key}",),
            run_id=self.run_id,
        )

    def feedback(self) -> Iterator[Record]:
        """The texts."""
        for said in self.row.texts:
            target = self._about(said).id
            key = self.key(said.dimension)
            yield Feedback(
                content_id("feedback", *key, said.kind, target, said.text),
                self.rater.rater_id,
                self.target,
                target,
                said.kind,
                said.dimension,
                said.text,
                self.dataset,
                self.row.task_key,
                self.row.rated_at,
                self.run_id,
            )

    def _about(self, said: SideText) -> Candidate:
        """The candidate that a text is kept with: of two, the better one, or the first."""
        if said.side is not None:
            return self.side(said.side)
        better = {choice.dimension: choice.choice for choice in self.row.choices}
        wins = better.get(said.dimension or "overall") or next(iter(better.values()), "tie")
        return self.side("b" if wins == "b" else "a")


def judge_of_predictions(name: str) -> Rater:
    """The judge that imported predictions come in as."""
    return model_judge(name, content_id("imported predictions"))
