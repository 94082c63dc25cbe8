"""What a message is made of."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from intermt.records.ids import content_id

NodeRole = Literal["user", "assistant"]


@dataclass(frozen=True, slots=True)
class TextPart:
    """A piece of text, exactly as written."""

    text: str


@dataclass(frozen=True, slots=True)
class ImagePart:
    """A picture at its place in a message, there or missing.

    Attributes:
        sha256: Content address of the picture in the store; None while it is missing.
        name: What the source called it (a path as written there); None if it had no name.
        tag: The `<Image, caption>` text it stands for, as written; None where the picture
            stood beside the text without a tag.
        missing: Why there is no picture (`"not found"`, a tool's failure, ...); None if
            there is one.
        key: What the picture contributes to the id of its node (see `node_id`).
    """

    sha256: str | None = None
    name: str | None = None
    tag: str | None = None
    missing: str | None = None
    key: str = ""


Part = TextPart | ImagePart


def node_id(parent_id: str | None, role: NodeRole, parts: Iterable[Part]) -> str:
    """The id of a prompt or answer: a hash of its parent and its content.

    A picture counts by its `key`: the SHA-256 of its bytes, or, where the source gives
    the node an identity of its own or the file is missing, that identity or its name. So a
    picture file that turns up later does not change the id of its node.
    """
    content = [["t", p.text] if isinstance(p, TextPart) else ["i", p.key, p.tag] for p in parts]
    return content_id("node", parent_id, role, content)


@dataclass(frozen=True, slots=True)
class Message:
    """One side's contribution to a conversation."""

    role: Literal["system", "user", "assistant"]
    parts: tuple[Part, ...]
