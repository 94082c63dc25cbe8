"""Pairs as `pair --format jsonl` writes them, back into the store.

A pair file holds counted votes, not the raters' names. On a pair that the store has votes
for, the file adds nothing: those votes are already there, or newer. On any other pair each
counted vote becomes one vote of an unnamed rater.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from intermt.commands.picture_files import PictureFiles
from intermt.domain.image_tags import find_tags
from intermt.formats.reading.rows import PairMessage, PairPicture, PairRow, RowProblem
from intermt.records import (
    UNNAMED_RATER,
    Choice,
    Conversation,
    ImagePart,
    Node,
    NodeRole,
    PairMode,
    Part,
    PictureUse,
    PreferenceVote,
    Rater,
    RaterKind,
    RaterRole,
    Seed,
    TextPart,
    content_id,
    node_id,
    rater_id,
)
from intermt.store import labels
from intermt.store.labels import Candidate
from intermt.store.rows import Record


class PairResolver:
    """Turns pair rows into records; what the store knows is looked up once per batch.

    Args:
        db: The store's database, open; None where there is no store yet.
        rows: The rows of the batch.
        pictures: Where their pictures are looked for.
        coming: Candidates that the store will have by the time the rows are written.
    """

    def __init__(
        self,
        db: Any | None,
        rows: Sequence[PairRow],
        pictures: PictureFiles,
        coming: Mapping[str, Candidate],
    ) -> None:
        self._pictures = pictures
        self._known = dict(coming)
        self._voted: set[tuple[str, str, str]] = set()
        if db is not None and rows:
            ids = [i for row in rows for i in (row.chosen_id, row.rejected_id)]
            self._known |= labels.candidates(db, ids)
            self._voted = labels.voted_pairs(
                db,
                [(*sorted((row.chosen_id, row.rejected_id)), row.dimension) for row in rows],  # type: ignore[misc]
            )

    def resolve(self, row: PairRow, dataset: str, run_id: str) -> list[Record] | RowProblem:
        """The records of one pair; none where the store has votes on it."""
        ids = (row.chosen_id, row.rejected_id)
        if (*sorted(ids), row.dimension) in self._voted:
            return []
        if all(i in self._known and self._known[i].mode == row.mode for i in ids):
            return self._votes(row, ids, self._known[ids[0]].seed_id, dataset, run_id)
        problem = _shape_problem(row)
        if problem is not None:
            return problem
        chosen = self._branch(row, row.chosen, row.chosen_id, dataset, run_id)
        rejected = self._branch(row, row.rejected, row.rejected_id, dataset, run_id)
        ends = (_end(chosen, row.mode), _end(rejected, row.mode))
        if ends[0] == ends[1]:
            return RowProblem(row.where, "rejected", "the same messages", "another answer")
        seed_id = next(r.seed_id for r in chosen if isinstance(r, Node))
        return [*chosen, *rejected, *self._votes(row, ends, seed_id, dataset, run_id)]

    def _branch(
        self,
        row: PairRow,
        side: tuple[PairMessage, ...],
        source_id: str,
        dataset: str,
        run_id: str,
    ) -> list[Record]:
        records: list[Record] = []
        nodes: list[Node] = []
        for message in (*row.prefix, *side):
            parts = tuple(self._part(item, records) for item in message.content)
            role: NodeRole = "user" if message.role == "user" else "assistant"
            parent_id = nodes[-1].node_id if nodes else None
            own_id = node_id(parent_id, role, parts)
            texts = [item for item in message.content if isinstance(item, str)]
            tags = [tag for text in texts for tag in find_tags(text)] if role != "user" else []
            nodes.append(
                Node(
                    node_id=own_id,
                    parent_id=parent_id,
                    seed_id=nodes[0].node_id if nodes else own_id,
                    role=role,
                    turn=len(nodes) // 2 + 1,
                    parts=parts,
                    n_tags=sum(tag.exact for tag in tags),
                    n_stray_tags=sum(not tag.exact for tag in tags),
                    run_id=run_id,
                    simulated=row.simulated,
                )
            )
        path = tuple(node.node_id for node in nodes)
        conversation = Conversation(
            content_id("conversation", dataset, source_id, path),
            dataset,
            source_id,
            path[0],
            path,
            len(path) // 2,
            run_id=run_id,
            simulated=row.simulated,
        )
        uses = [
            PictureUse(
                conversation.conversation_id, node.node_id, i, part.name, part.sha256, part.missing
            )
            for node in nodes
            for i, part in enumerate(node.parts)
            if isinstance(part, ImagePart)
        ]
        return [*records, Seed(path[0], dataset, row.seed_id), *nodes, conversation, *uses]

    def _part(self, item: str | PairPicture, records: list[Record]) -> Part:
        if isinstance(item, str):
            return TextPart(item)
        name = item.path or item.sha256 or ""
        found = self._pictures.find(name)
        image = found.image
        if image is None:
            key = item.sha256 or f"name:{name}"
            return ImagePart(name=name, missing=found.missing, key=key)
        if item.sha256 not in (None, image.sha256):
            reason = "refused: another picture than the pair file says"
            return ImagePart(name=name, missing=reason, key=item.sha256 or "")
        records.append(image)
        return ImagePart(sha256=image.sha256, name=name, key=image.sha256)

    def _votes(
        self, row: PairRow, ends: tuple[str, str], seed_id: str, dataset: str, run_id: str
    ) -> list[Record]:
        a_id, b_id = sorted(ends)
        winner: Choice = "a" if ends[0] == a_id else "b"
        loser: Choice = "b" if winner == "a" else "a"
        counts = row.n_votes
        choices = [winner] * counts.chosen + [loser] * counts.rejected
        choices += ["tie"] * counts.tie
        voters = [(f"{UNNAMED_RATER} {i}", choice) for i, choice in enumerate(choices, start=1)]
        kind: RaterKind = "synthetic" if row.synthetic else "human"
        raters = [(_unnamed(name, "annotator", kind, dataset), choice) for name, choice in voters]
        if row.verified:
            raters.append(
                (_unnamed(f"{UNNAMED_RATER} verifier", "verifier", kind, dataset), winner)
            )
        records: list[Record] = []
        for rater, choice in raters:
            key = (dataset, row.pair_id, rater.rater_id, a_id, b_id, row.dimension)
            vote = PreferenceVote(
                content_id("vote", *key),
                rater.rater_id,
                row.level,
                row.mode,
                seed_id,
                a_id,
                b_id,
                row.dimension,
                choice,
                dataset,
                row.pair_id,
                run_id=run_id,
            )
            records += [rater, vote]
        return records


def _unnamed(name: str, role: RaterRole, kind: RaterKind, dataset: str) -> Rater:
    return Rater(rater_id(name, role, kind, dataset), name, role, kind, dataset)


def _end(branch: Sequence[Record], mode: PairMode) -> str:
    conversation = next(r for r in branch if isinstance(r, Conversation))
    return conversation.path[-1] if mode == "prefix" else conversation.conversation_id


def _shape_problem(row: PairRow) -> RowProblem | None:
    for name, side in (("chosen", row.chosen), ("rejected", row.rejected)):
        roles = [message.role for message in (*row.prefix, *side)]
        expected = ["user", "assistant"] * (len(roles) // 2)
        if roles != expected:
            return RowProblem(
                row.where,
                name,
                ", ".join(roles),
                "prompts and answers in turn, beginning with user, ending with assistant",
            )
    return None
