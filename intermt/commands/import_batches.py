"""Rows of an imported file, a batch at a time, and the records that they become."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from intermt.commands.import_conversations import build, conversation_id
from intermt.commands.import_known import known_names, name_claims
from intermt.commands.import_labels import LabelResolver
from intermt.commands.import_pairs import PairResolver
from intermt.commands.import_seen import Claim, Seen, conflicts, label_claims
from intermt.commands.picture_files import PictureFiles
from intermt.formats.reading.rows import (
    AnswerId,
    ConversationRow,
    LabelRow,
    PairRow,
    Row,
    RowProblem,
    SkippedRow,
)
from intermt.store import trees
from intermt.store.connect import Store
from intermt.store.database import MEMORY_MB
from intermt.store.labels import Candidate
from intermt.store.rows import Record

Outcome = list[Record] | SkippedRow | RowProblem
"""What a row becomes."""

# For finding keys: that goes through whole tables, which would fill what memory there is.
_LOOKING_MB = 32
_KEYS_PER_MB = 4000
# For finding who has voted on which pair, which is a matter of three tables.
_JOINING_MB = 128


@dataclass(frozen=True, slots=True)
class Batches:
    """How the rows of a file become records.

    Attributes:
        pictures: Where pictures of conversations are looked for.
        shown: Where those of pairs and of answers that a label shows are.
        seen: What earlier rows brought that the store has not; None where it has all.
    """

    store: Store
    dataset: str
    pictures: PictureFiles
    shown: PictureFiles
    run_id: str
    seen: Seen | None

    def outcomes(self, batch: Sequence[Row | RowProblem]) -> list[Outcome]:
        """What each row of a batch becomes; the database is closed while pictures are read."""
        conversations = [row for row in batch if isinstance(row, ConversationRow)]
        labels = [row for row in batch if isinstance(row, LabelRow)]
        pairs = [row for row in batch if isinstance(row, PairRow)]
        ids = {id(row): conversation_id(row, self.dataset) for row in conversations}
        coming = self._coming(labels, pairs)
        # Stored messages may be of any length, keys are not.
        memory_mb = (
            MEMORY_MB if conversations else _JOINING_MB if pairs else looking_mb(2 * len(labels))
        )
        with reading(self.store, memory_mb) as db:
            paths = trees.conversation_paths(db, ids.values()) if db is not None and ids else {}
            names_found = known_names(db, {ids[id(r)]: r for r in conversations}, self.dataset)
            labels_found = LabelResolver(db, labels, self.dataset, self.shown, coming)
            pairs_found = PairResolver(db, pairs, self.shown, coming)
        outcomes: list[Outcome] = []
        for row in batch:
            if isinstance(row, RowProblem | SkippedRow):
                outcomes.append(row)
            elif isinstance(row, ConversationRow):
                path = paths.get(ids[id(row)])
                outcomes.append(build(row, self.dataset, self.pictures, self.run_id, path))
            elif isinstance(row, LabelRow):
                outcomes.append(labels_found.resolve(row, self.run_id))
            else:
                outcomes.append(pairs_found.resolve(row, self.dataset, self.run_id))
        good = [(i, o) for i, o in enumerate(outcomes) if isinstance(o, list)]
        said = [(batch[i].where, self._claims(batch[i], o)) for i, o in good]
        with reading(self.store, looking_mb(sum(len(claims) for _, claims in said))) as db:
            clashes = conflicts(db, said, names_found, self.seen)
        for index, problem in clashes.items():
            outcomes[good[index][0]] = problem
        return [
            replace(o, raw=row.raw)
            if isinstance(o, RowProblem) and not isinstance(row, SkippedRow)
            else o
            for row, o in zip(batch, outcomes, strict=True)
        ]

    def _claims(self, row: Row | RowProblem, records: Sequence[Record]) -> dict[str, Claim]:
        claims = label_claims(records)
        if isinstance(row, ConversationRow):
            claims = {**name_claims(row, records, self.dataset), **claims}
        return claims

    def _coming(
        self, labels: Sequence[LabelRow], pairs: Sequence[PairRow]
    ) -> Mapping[str, Candidate]:
        if self.seen is None:
            return {}
        refs = [ref for row in labels for ref in (row.a, row.b) if isinstance(ref, AnswerId)]
        ids = [ref.id for ref in refs]
        ids += [one for row in pairs for one in (row.chosen_id, row.rejected_id)]
        return self.seen.candidates(ids)


def looking_mb(n_keys: int) -> int:
    """Memory for finding so many keys in the store, which does not grow with the store."""
    return _LOOKING_MB + n_keys // _KEYS_PER_MB


def reading(store: Store, memory_mb: int) -> contextlib.AbstractContextManager[Any]:
    """The database for reading; None before the first write."""
    return store.reading(memory_mb) if store.exists() else contextlib.nullcontext()
