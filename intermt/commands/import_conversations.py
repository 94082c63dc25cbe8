"""Conversations of an imported file as records: nodes, pictures, scores, reasons."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from intermt.commands.picture_files import FoundPicture, PictureFiles
from intermt.domain.image_tags import find_tags, interleave
from intermt.formats.reading.rows import ConversationRow, FeedbackRow, MessageRow, ScoreRow
from intermt.records import (
    Conversation,
    Feedback,
    ImagePart,
    Node,
    NodeRole,
    Part,
    PictureUse,
    Rater,
    Score,
    Seed,
    TargetKind,
    TextPart,
    content_id,
    node_id,
    rater_id,
)
from intermt.store.rows import Record

_INLINE = "data:"
"""How a picture begins that stands in the file itself; such a one has no name."""


def conversation_id(row: ConversationRow, dataset: str) -> str:
    """The id of an imported conversation: where it comes from and what is said in it.

    Pictures count by their number alone, so that a conversation whose picture files turn up
    later stays the same conversation.
    """
    said = [[m.text, len(m.pictures)] for turn in row.turns for m in turn]
    return content_id("conversation", dataset, row.source_id, said)


def build(
    row: ConversationRow,
    dataset: str,
    pictures: PictureFiles,
    run_id: str,
    known_path: Sequence[str] | None,
) -> list[Record]:
    """The records of one conversation, in an order in which each finds what it refers to.

    Args:
        row: As read.
        dataset: The collection it belongs to.
        pictures: Where its pictures are looked for.
        run_id: The importing run.
        known_path: The ids its nodes have if the store has the conversation. A node keeps
            the id it got when its picture was still missing.
    """
    nodes: list[Node] = []
    images: list[Record] = []
    for turn, messages in enumerate(row.turns, start=1):
        roles: tuple[NodeRole, NodeRole] = ("user", "assistant")
        for role, message in zip(roles, messages, strict=True):
            here = [pictures.find(name) for name in message.pictures]
            images += [f.image for f in here if f.image is not None]
            parent_id = nodes[-1].node_id if nodes else None
            parts = _parts(role, message, here)
            own_id = known_path[len(nodes)] if known_path else node_id(parent_id, role, parts)
            tags = find_tags(message.text) if role == "assistant" else []
            nodes.append(
                Node(
                    node_id=own_id,
                    parent_id=parent_id,
                    seed_id=nodes[0].node_id if nodes else own_id,
                    role=role,
                    turn=turn,
                    parts=parts,
                    n_tags=sum(tag.exact for tag in tags),
                    n_stray_tags=sum(not tag.exact for tag in tags),
                    source_key=message.source_key,
                    run_id=run_id,
                )
            )
    conversation = Conversation(
        conversation_id=conversation_id(row, dataset),
        dataset=dataset,
        source_id=row.source_id,
        seed_id=nodes[0].node_id,
        path=tuple(node.node_id for node in nodes),
        n_turns=len(row.turns),
        scenario=row.scenario,
        task=row.task,
        category=row.category,
        run_id=run_id,
    )
    seed = Seed(
        seed_id=conversation.seed_id,
        dataset=dataset,
        source_id=row.source_id,
        task=row.task,
        scenario=row.scenario,
    )
    return [
        *images,
        seed,
        *nodes,
        conversation,
        *_uses(conversation, nodes),
        *_labels(row, conversation, run_id),
    ]


def _parts(role: NodeRole, message: MessageRow, found: Sequence[FoundPicture]) -> tuple[Part, ...]:
    pictures = [
        ImagePart(
            sha256=f.image.sha256 if f.image else None,
            name=None if name.startswith(_INLINE) else name,
            missing=f.missing,
            key=_picture_key(message, position, name, f),
        )
        for position, (name, f) in enumerate(zip(message.pictures, found, strict=True))
    ]
    if role == "assistant":
        return interleave(message.text, pictures)
    # A question is asked about the pictures that come with it: they stand before its words.
    text = (TextPart(message.text),) if message.text else ()
    return (*pictures, *text)


def _picture_key(message: MessageRow, position: int, name: str, found: FoundPicture) -> str:
    # Released files give one node different picture names in different conversations; where
    # a node has an id of its own, that id says which picture it is.
    if message.source_key is not None:
        return f"{message.source_key}#{position}"
    if found.image:
        return found.image.sha256
    return f"data:{content_id('data', name)}" if name.startswith(_INLINE) else f"name:{name}"


def _uses(conversation: Conversation, nodes: Sequence[Node]) -> Iterable[PictureUse]:
    for node in nodes:
        for position, part in enumerate(node.parts):
            if isinstance(part, ImagePart):
                yield PictureUse(
                    conversation.conversation_id,
                    node.node_id,
                    position,
                    part.name,
                    part.sha256,
                    part.missing,
                )


def _labels(row: ConversationRow, conversation: Conversation, run_id: str) -> Iterable[Record]:
    dataset = conversation.dataset
    task_key = conversation.conversation_id
    labels: tuple[ScoreRow | FeedbackRow, ...] = (*row.scores, *row.feedback)
    for label in labels:
        rater = Rater(
            rater_id(label.rater, label.role, label.rater_kind, dataset),
            label.rater,
            label.role,
            label.rater_kind,
            dataset,
        )
        target: TargetKind = "conversation" if label.turn is None else "node"
        target_id = (
            conversation.conversation_id
            if label.turn is None
            else conversation.path[2 * label.turn - 1]
        )
        yield rater
        if isinstance(label, ScoreRow):
            key = (dataset, task_key, rater.rater_id, target_id, label.dimension)
            yield Score(
                content_id("score", *key),
                rater.rater_id,
                target,
                target_id,
                label.dimension,
                label.value,
                dataset,
                task_key,
                run_id=run_id,
            )
        else:
            key = (dataset, task_key, rater.rater_id, target_id, label.kind)
            yield Feedback(
                content_id("feedback", *key, label.dimension, label.text),
                rater.rater_id,
                target,
                target_id,
                label.kind,
                label.dimension,
                label.text,
                dataset,
                task_key,
                run_id=run_id,
            )
