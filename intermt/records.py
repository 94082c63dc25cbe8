"""The records that all layers share: frozen, plain, without behaviour of their own layer.

Ids are content hashes (`content_id`), so that writing the same thing twice is writing it
once. Times are naive UTC. A `node` is a prompt or an answer in a QA tree; the root node of
a tree *is* its seed question, so `seed_id` is the id of the root node everywhere.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, Protocol

from intermt.dimensions import Level

NodeRole = Literal["user", "assistant"]
RaterRole = Literal["annotator", "verifier", "judge"]
RaterKind = Literal["human", "synthetic", "model", "jury"]
Choice = Literal["a", "b", "tie"]
FeedbackKind = Literal["critique", "refinement", "rationale"]
TargetKind = Literal["node", "conversation"]
MarkKind = Literal["kept", "pruned", "ended", "cut"]
ToolName = Literal["draw", "edit", "retrieve", "show", "none"]
PairMode = Literal["prefix", "chain"]
JudgeTask = Literal["score", "pair", "crucial-step"]
ServerKind = Literal["chat", "draw", "edit", "retrieve", "embed", "reward"]
CallState = Literal["ok", "empty", "truncated", "refused", "rejected", "exhausted", "unparsed"]
ToolState = CallState | Literal["invalid", "unavailable"]

SCENARIOS: tuple[str, ...] = (
    "unclear_cognition",
    "repeated_attempts",
    "stepwise_regression",
    "exploratory_or_companion_like_interaction",
    "crossmodal_interaction",
)


# Made once: `json.dumps` would make one for each of the millions of ids of an import.
_CANONICAL = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), sort_keys=True)


def content_id(kind: str, *parts: object) -> str:
    """A 32-character hex id of what `parts` say, under a kind of its own.

    Parts are anything JSON holds; equal parts give equal ids on every machine. 128 bits of
    SHA-256, so that two records among a billion meet with probability below 1e-20.
    """
    text = _CANONICAL.encode([kind, *parts])
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]


# --- what a message is made of -----------------------------------------------------------


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


# --- trees and conversations -------------------------------------------------------------


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


@dataclass(frozen=True, slots=True)
class Image:
    """A picture in the store, by content."""

    sha256: str
    extension: str
    width: int
    height: int
    n_bytes: int
    simulated: bool = False


# --- labels ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Rater:
    """Someone or something that scores and votes.

    Attributes:
        rater_id: Hash of role, kind, dataset and name.
        name: As the source names it.
        role: annotator, verifier or judge.
        kind: `human`; `synthetic` for invented labels that only show how things work;
            `model`; `jury` for several judges that count as one.
        dataset: Where the name is known; names of two datasets are two raters.
        model: Model behind a judge.
        settings: Hash of what decides a judge's verdicts beside its name: model, prompts,
            reasons, temperature. One name with two settings would be two judges.
        simulated: Whether a stand-in server answered for it.
    """

    rater_id: str
    name: str
    role: RaterRole
    kind: RaterKind
    dataset: str = ""
    model: str | None = None
    settings: str | None = None
    simulated: bool = False


def rater_id(name: str, role: RaterRole, kind: RaterKind, dataset: str = "") -> str:
    """The id of a rater."""
    return content_id("rater", name, role, kind, dataset)


@dataclass(frozen=True, slots=True)
class Score:
    """One score by one rater for one dimension of a turn or a conversation.

    Attributes:
        score_id: Hash of dataset, task key, rater, target and dimension.
        task_key: The source's name for the task the score was given in.
        target: Whether `target_id` is a node (local) or a conversation (global).
        value: On the dimension's scale.
        rated_at: When it was given, if the source says; the latest of one rater counts.
    """

    score_id: str
    rater_id: str
    target: TargetKind
    target_id: str
    dimension: str
    value: int
    dataset: str
    task_key: str
    rated_at: datetime | None = None
    run_id: str | None = None


@dataclass(frozen=True, slots=True)
class PreferenceVote:
    """One rater's choice between two candidates on one dimension.

    Attributes:
        vote_id: Hash of dataset, task key, rater, pair and dimension.
        level: `local` (two answers to one history) or `global` (two conversations).
        mode: `prefix` or `chain`; what kind of ids `a_id` and `b_id` are: nodes or
            conversations.
        a_id: The candidate whose id sorts first.
        b_id: The other one.
        shown_first: Which one the rater saw first, `a` or `b`; None if not known.
        dimension: A dimension key or `overall`.
        choice: `a`, `b` or `tie`.
        rated_at: When, if the source says; the latest of one rater counts.
    """

    vote_id: str
    rater_id: str
    level: Level
    mode: PairMode
    seed_id: str
    a_id: str
    b_id: str
    dimension: str
    choice: Choice
    dataset: str
    task_key: str
    shown_first: Literal["a", "b"] | None = None
    rated_at: datetime | None = None
    run_id: str | None = None


@dataclass(frozen=True, slots=True)
class Feedback:
    """Free text of a rater, stored as written."""

    feedback_id: str
    rater_id: str
    target: TargetKind
    target_id: str
    kind: FeedbackKind
    dimension: str | None
    text: str
    dataset: str
    task_key: str
    rated_at: datetime | None = None
    run_id: str | None = None


@dataclass(frozen=True, slots=True)
class AnnotationTask:
    """Two candidates as they were given out to people to be compared.

    Attributes:
        annotation_task_id: The key that the task carries; see `annotation_task_id`.
        level: `local` (two answers to one history) or `global` (two conversations).
        seed_id: Root of the tree both come from.
        a_id: The candidate whose id sorts first; a node or a conversation.
        b_id: The other one.
        shown_first: Which of them is on the left.
        gold: Of a gold item, the outcome that was agreed on when it was given out, by
            dimension; empty for an ordinary task. Never part of the task itself.
        dataset: The collection that the seed question belongs to.
        run_id: The run that gave it out first, or last changed its `gold`.
        simulated: Whether a stand-in server wrote any of it.
    """

    annotation_task_id: str
    level: Level
    seed_id: str
    a_id: str
    b_id: str
    shown_first: Literal["a", "b"]
    gold: Mapping[str, Any]
    dataset: str
    run_id: str | None = None
    simulated: bool = False


def annotation_task_id(
    level: Level, a_id: str, b_id: str, shown_first: Literal["a", "b"], *, is_gold: bool
) -> str:
    """The id of a task: the same candidates on the same sides, as a gold item or not.

    An ordinary task and a gold item are two tasks, so that labels given to the one are never
    taken for a test passed in the other.
    """
    return content_id("annotation task", level, a_id, b_id, shown_first, is_gold)


@dataclass(frozen=True, slots=True)
class Annotation:
    """One piece of work of one rater, to which labels with its task, rater and time belong.

    Attributes:
        annotation_id: Hash of dataset, task key, rater, candidates and time.
        task_key: The source's name for the task.
        a_id: A node or conversation; of two candidates the one whose id sorts first.
        b_id: The other candidate; None where there was one only.
        shown_first: Which one the rater saw first, `a` or `b`; None if not known.
        rated_at: When it was handed in, if the source says.
        seconds: Time that it took, if the source says.
    """

    annotation_id: str
    rater_id: str
    level: Level
    seed_id: str
    a_id: str
    b_id: str | None
    dataset: str
    task_key: str
    shown_first: Literal["a", "b"] | None = None
    rated_at: datetime | None = None
    seconds: float | None = None
    run_id: str | None = None


# --- judging -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one reply of a judge says on one dimension of one item.

    Attributes:
        verdict_id: Hash of judge, task, item, dimension, order and sample.
        judge_id: Rater id of the judge.
        task: score, pair or crucial-step.
        level: local or global.
        a_id: The node or conversation judged; for a pair the candidate whose id sorts
            first.
        b_id: The other candidate of a pair; None otherwise.
        dimension: A dimension key or `overall`.
        order: For a pair, the side that was shown first, `a` or `b`; "" otherwise, and where
            it is not known.
        sample: 0-based number of the repetition.
        state: `ok` where the reply states a verdict, `unparsed` where it does not, `failed`
            where no usable reply came.
        value: The score (score), the grade 1 to 5 (crucial-step), as stated; None where not
            `ok`, for pairs, and where a judge gives an `estimate` only.
        choice: `a`, `b` or `tie` for a pair, already undone from the order shown.
        text: For crucial-step the judge's own description of the steps; None otherwise.
        request_key: The call the verdict was read from; "" where it was imported and for a
            jury.
        notes: What a reader should know: missing pictures by name, a schema the server
            did not honour.
        estimate: What the judge gives as a real number, on any scale: the expected score, a
            reward, the mean of a jury; for a pair how far `a` is ahead of `b`. None where it
            gives none.
        second_key: The other call it rests on: for crucial-step the one in which the judge
            described the steps, for a pair of rewards the one about `b`; None otherwise.
        members: For a jury the verdicts of its members that it was made from; empty
            otherwise.
    """

    verdict_id: str
    judge_id: str
    task: JudgeTask
    level: Level
    a_id: str
    b_id: str | None
    dimension: str
    order: str
    sample: int
    state: Literal["ok", "unparsed", "failed"]
    value: int | None
    choice: Choice | None
    text: str | None
    request_key: str
    notes: tuple[str, ...] = ()
    run_id: str | None = None
    simulated: bool = False
    estimate: float | None = None
    second_key: str | None = None
    members: tuple[str, ...] = ()


# --- calls to servers --------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Call:
    """One request, before it is sent.

    Attributes:
        request_key: Hash of kind, model, body (pictures by SHA-256), prompt hash and sample
            index; not of host, time-outs or concurrency. Equal keys are the same question.
        kind: What is asked for.
        server: Name of the server to ask, as configured.
        model: Model name sent, or "" to let the server choose.
        path: URL path under the base URL, as in `/chat/completions`.
        body: The JSON body without picture bytes: a picture is
            `{"type": "image_url", "image_url": {"sha256": ...}}`.
        images: SHA-256 of the pictures the body names, in order.
        prompt_hash: Hash of the prompt template used, "" if none.
        sample: 0-based number of the repetition of one question.
        max_image_px: Longest side of its pictures; None for the server's own limit. Part of
            the key where it is set.
    """

    request_key: str
    kind: ServerKind
    server: str
    model: str
    path: str
    body: Mapping[str, Any]
    images: tuple[str, ...] = ()
    prompt_hash: str = ""
    sample: int = 0
    max_image_px: int | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """How a call ended: exactly one state, and what came back.

    Attributes:
        request_key: The call's key.
        state: `ok`; `empty` (nothing in the answer), `truncated` (cut at the length limit),
            `refused` (by the model's filter), `rejected` (a 4xx: the request itself is
            wrong), `exhausted` (no usable answer after all tries), `unparsed` (answered,
            but not in the agreed form). Only `ok` is ever used again.
        text: The text of the (first) answer; may be set for other states too.
        data: The reply's JSON without picture bytes; None if there was none.
        picture: Bytes of the picture a tool made; never written to the ledger.
        image_sha256: Content address of that picture once it is in the store.
        error: Why it is not ok, in words; "" if ok.
        http_status: Last HTTP status seen; None if no answer came.
        url: Base URL that answered last.
        model: Model name the server reported.
        attempts: Number of HTTP requests made.
        latency_ms: From the first attempt to the end, waits between tries included.
        tokens_in: Prompt tokens the server counted; None if it did not say.
        tokens_out: Completion tokens, likewise.
        simulated: Whether a stand-in server answered.
        finished_at: When, naive UTC.
    """

    request_key: str
    state: CallState
    text: str = ""
    data: Any = None
    picture: bytes | None = field(default=None, repr=False)
    image_sha256: str | None = None
    error: str = ""
    http_status: int | None = None
    url: str = ""
    model: str = ""
    attempts: int = 1
    latency_ms: float = 0.0
    tokens_in: int | None = None
    tokens_out: int | None = None
    simulated: bool = False
    finished_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class TokenChoice:
    """One token of an answer, and what might have stood in its place.

    Attributes:
        text: Its bytes; a character may be spread over several tokens.
        likely: The likeliest tokens there with their log-probability, this one among them.
    """

    text: bytes
    likely: tuple[tuple[bytes, float], ...]


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a command, so that every record can say where it came from."""

    run_id: str
    command: str
    config: Mapping[str, Any]
    seed: int | None
    version: str
    host: str
    user: str
    started_at: datetime
    finished_at: datetime | None = None
    outcome: str | None = None


# --- how a command tells what it is doing -----------------------------------------------


class Progress(Protocol):
    """Where a use case reports progress; the terminal decides what to show of it."""

    def start(self, what: str, total: int | None, unit: str) -> None:
        """Begin a stage of `total` units of work; None if not known yet."""

    def advance(self, n: int = 1) -> None:
        """Count `n` units as done."""

    def grow(self, n: int) -> None:
        """Add `n` units to the total."""

    def note(self, text: str) -> None:
        """Say something a person should read now."""

    def stop(self) -> None:
        """End the stage."""


ImageBytes = Callable[[str], bytes]
"""Gives the bytes of a picture in the store by its SHA-256."""
