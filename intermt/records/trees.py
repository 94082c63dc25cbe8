"""Seed questions, the trees that grow from them, conversations and pictures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from intermt.records.calls import CallState
from intermt.records.ids import content_id
from intermt.records.messages import NodeRole, Part

MarkKind = Literal["kept", "pruned", "ended", "cut"]
ToolName = Literal["draw", "edit", "retrieve", "show", "none"]
ToolState = CallState | Literal["invalid", "unavailable"]
SCENARIOS: tuple[str, ...] = (
    "unclear_cognition",
    "repeated_attempts",
    "stepwise_regression",
    "exploratory_or_companion_like_interaction",
    "crossmodal_interaction",
)


@dataclass(frozen=True, slots=True)
class Seed:
    """What is known of a seed question; its text and pictures are its root node.

    Attributes:
        seed_id: Id of the root node.
        dataset: The collection it came with.
        source_id: Its name there.
        source: Where the question was collected.
        licence: Licence of text and pictures, as given.
        task: Task type, free text.
        scenario: One of `SCENARIOS`, or None where not known.
        language: Language tag, as given.
        intention: What the simulated user really wants; never shown to the answer side.
        original_text: What the question was before a model rewrote it; None if none did.
    """

    seed_id: str
    dataset: str
    source_id: str
    source: str | None = None
    licence: str | None = None
    task: str | None = None
    scenario: str | None = None
    language: str | None = None
    intention: str | None = None
    original_text: str | None = None


@dataclass(frozen=True, slots=True)
class SeedDrop:
    """A seed question that a filter left out, by the latest run that read it.

    Attributes:
        seed_drop_id: See `seed_drop_id`.
        seed_id: Id of the root node that it would have had.
        filter: The filter, as in `--filter`; `limit` where it was good enough, but there was
            no room; `rewrite` where another question was rewritten to the same words.
        kind: What was wrong, in one or two words that can be counted.
        reason: The same as a sentence.
        figures: What was measured and what it was measured against, by name.
    """

    seed_drop_id: str
    seed_id: str
    dataset: str
    source_id: str
    filter: str
    kind: str
    reason: str
    figures: Mapping[str, Any]
    run_id: str | None = None


def seed_drop_id(dataset: str, source_id: str, seed_id: str, repetition: int = 0) -> str:
    """The id of what is said of a seed question that was left out.

    Args:
        dataset: See `SeedDrop`.
        source_id: See `SeedDrop`.
        seed_id: See `SeedDrop`.
        repetition: How many rows that are the same in every respect were counted before it.
    """
    return content_id("seed drop", dataset, source_id, seed_id, repetition)


@dataclass(frozen=True, slots=True)
class Node:
    """A prompt (`role` user) or an answer (`role` assistant) of a QA tree.

    Attributes:
        node_id: See `node_id`.
        parent_id: The message before it; None for a seed question.
        seed_id: Root of its tree.
        role: `user` or `assistant`.
        turn: 1-based; a prompt and its answer have the same turn.
        parts: Text and pictures in reading order.
        source_key: The source's own id of this node, if it had one.
        place: Where it stands in its tree by order of making, as in `1a.2b`: letters are
            answers (a is the first candidate), numbers after a dot are follow-up
            questions; the seed question is `1`. None for imported nodes.
        model: Model that wrote it, if a model did.
        server: Name of the server that was asked.
        request_key: The call that made it.
        run_id: The run that made or imported it.
        simulated: Whether a stand-in server wrote it.
        n_tags: `<Image, caption>` tags in an answer, with and without a picture.
        n_stray_tags: Tags in another spelling that are understood all the same.
        notes: What a reader should know of how it was asked for: pictures that were left
            out or made smaller to fit the server's limits.
    """

    node_id: str
    parent_id: str | None
    seed_id: str
    role: NodeRole
    turn: int
    parts: tuple[Part, ...]
    n_tags: int = 0
    n_stray_tags: int = 0
    source_key: str | None = None
    place: str | None = None
    model: str | None = None
    server: str | None = None
    request_key: str | None = None
    run_id: str | None = None
    simulated: bool = False
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Conversation:
    """A path from a seed question to an answer.

    Attributes:
        conversation_id: Hash of dataset, source id and content.
        dataset: The collection it belongs to.
        source_id: Its name there.
        seed_id: Root of its tree.
        path: Ids of its nodes, prompt and answer in turn.
        n_turns: Number of turns.
        scenario: One of `SCENARIOS`, or None.
        task: Task type, or None.
        category: The source's own category, or None.
        run_id: The run that made or imported it.
        simulated: Whether a stand-in server wrote any of it.
    """

    conversation_id: str
    dataset: str
    source_id: str
    seed_id: str
    path: tuple[str, ...]
    n_turns: int
    scenario: str | None = None
    task: str | None = None
    category: str | None = None
    run_id: str | None = None
    simulated: bool = False


@dataclass(frozen=True, slots=True)
class PictureUse:
    """A picture as one conversation names it, at its place there.

    Conversations that share a node may name its pictures differently; each name is kept.
    """

    conversation_id: str
    node_id: str
    position: int
    name: str | None
    sha256: str | None
    missing: str | None


@dataclass(frozen=True, slots=True)
class ToolUse:
    """A picture that an answer asked for, the tool that was to supply it, and why that one.

    Attributes:
        tool_use_id: Hash of the node and the number of the asking in it.
        node_id: The answer.
        position: Part of the answer that the picture, or the note why it is missing, became;
            None where the model called a tool, was told that there is no picture, and went
            on without.
        tool: `show` puts an earlier picture there again as it is; `none` where no tool could.
        ask: The caption, instruction or query, as the model wrote it.
        source_sha256: The picture that was to be changed or shown again.
        reason: Why this tool: the words of the caption that decided, or that the model called
            it; then what became of tools that would have been better.
        request_key: The call that was made for it, if one was.
        state: How it ended: a call's state, `invalid` (the model's call made no sense) or
            `unavailable` (no tool for it).
        image_sha256: The picture, if there is one.
    """

    tool_use_id: str
    node_id: str
    position: int | None
    tool: ToolName
    ask: str
    source_sha256: str | None
    reason: str
    request_key: str | None
    state: ToolState
    image_sha256: str | None
    run_id: str | None = None
    simulated: bool = False


@dataclass(frozen=True, slots=True)
class NodeMark:
    """What became of an answer when its level of the tree was pruned.

    The latest run that grew the tree says it: another beam, another fate.

    Attributes:
        mark: `kept` (it was followed up), `pruned`, or, where it was to be followed up, `ended`
            (the simulated user was done) or `cut` (nothing came of every try to go on).
        reason: Why it was pruned or goes no further, or what counts against it although it
            was kept; "" if nothing.
        rank: 1-based, among all answers of its level.
        score: Mean of a judge's scores; None where no judge was asked.
    """

    node_id: str
    mark: MarkKind
    reason: str
    rank: int
    score: float | None = None
    run_id: str | None = None


@dataclass(frozen=True, slots=True)
class SeedGrowth:
    """How far the tree of a seed question has come, by the latest run on it.

    Attributes:
        state: `begun`, `done`, or `unfinished` where some call for it failed or was not made.
        n_instances: Complete conversations of two or more turns.
        min_instances: How many were wanted.
        reason: Why there are fewer; or else what is left out, as every try was in vain; or "".
        lineage: What sampling seeds were mixed with; "" for nothing. A run that goes on
            uses it again.
    """

    seed_id: str
    state: Literal["begun", "done", "unfinished"]
    n_instances: int
    min_instances: int
    reason: str
    lineage: str
    run_id: str | None = None


@dataclass(frozen=True, slots=True)
class ConversationOrigin:
    """Where a message of a rebuilt conversation comes from.

    Attributes:
        node_id: The message in the rebuilt conversation.
        turn: Its turn.
        origin_id: The node it was made as; `node_id` itself where it stayed in its place.
    """

    conversation_id: str
    node_id: str
    turn: int
    origin_id: str
    run_id: str | None = None


MAX_PIXELS = 64_000_000
"""Pictures with more pixels are refused wherever they come from, as none could be sent on: a small
file can unpack to gigabytes."""


@dataclass(frozen=True, slots=True)
class Image:
    """A picture in the store, by content."""

    sha256: str
    extension: str
    width: int
    height: int
    n_bytes: int
    simulated: bool = False
