"""What files call conversations and messages: under one name there is one content.

Released files give a conversation an id and a message a uuid. One that comes again with
other words is a bad row: taken for another conversation, it would hide a mistake in one of
the two places and split the labels of one conversation in two.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from intermt.commands.import_seen import Claim
from intermt.formats.reading.fields import names
from intermt.formats.reading.rows import ConversationRow
from intermt.records import Conversation, Node, content_id, node_id
from intermt.store import trees
from intermt.store.rows import Record

_EXPECTED = (
    " that {source} has under it (conflicting content for a known id; give another collection"
    " a --dataset of its own)"
)


def name_claims(row: ConversationRow, records: Sequence[Record], dataset: str) -> dict[str, Claim]:
    """What the names in a conversation stand for, by a key of each name.

    Args:
        row: As read.
        records: What it becomes.
        dataset: The collection in which its names are known.
    """
    claims = {}
    for record in records:
        if isinstance(record, Node) and record.source_key is not None:
            field = "prompt_uuid" if record.role == "user" else "response_uuid"
            claims[_message_key(dataset, record.source_key)] = Claim(
                field,
                _content(record),
                names([record.source_key]),
                "the message" + _EXPECTED,
                f", turn {record.turn}",
            )
        elif isinstance(record, Conversation):
            claims[_conversation_key(dataset, record.source_id)] = Claim(
                "id",
                record.conversation_id,
                names([record.source_id]),
                "the messages" + _EXPECTED,
            )
    return claims


def known_names(
    db: Any | None, rows: Mapping[str, ConversationRow], dataset: str
) -> dict[str, str]:
    """What the store has under the names in some conversations, by key of the name.

    Args:
        db: The store's database, open; None where there is no store yet.
        rows: The conversations by their ids.
        dataset: The collection in which their names are known.
    """
    if db is None or not rows:
        return {}
    own = {(row.source_id, conversation) for conversation, row in rows.items()}
    found: dict[str, str] = {}
    for source_id, conversation in trees.named_conversations(db, dataset, own):
        found.setdefault(_conversation_key(dataset, source_id), conversation)
    uuids = {
        message.source_key
        for row in rows.values()
        for turn in row.turns
        for message in turn
        if message.source_key is not None
    }
    for node in trees.named_nodes(db, dataset, uuids):
        found[_message_key(dataset, str(node.source_key))] = _content(node)
    return found


def _conversation_key(dataset: str, source_id: str) -> str:
    return content_id("name of a conversation", dataset, source_id)


def _message_key(dataset: str, source_key: str) -> str:
    return content_id("name of a message", dataset, source_key)


def _content(node: Node) -> str:
    """A hash of what a message says, wherever it stands and whichever pictures are missing."""
    return node_id(None, node.role, node.parts)
