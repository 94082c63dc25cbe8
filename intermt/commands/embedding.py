"""One vector for each answer: asked of an embeddings server, or found in the ledger.

An answer's vector is that of the answer in its context (`domain.embedding_text`), the mean over
its texts where it is long; with pictures it is that of the whole conversation up to it, as the
server embeds messages. One call is about one answer, so a call's key does not hang on which
other answers were wanted.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from intermt.commands.at_once import each
from intermt.commands.calling import CallCounts, Caller, completed, started
from intermt.commands.runs import finished
from intermt.config import Server
from intermt.domain.embedding_text import FORMAT, texts_of
from intermt.errors import ProtocolMismatch, TryLater
from intermt.records import Call, Message, Progress, Reply, Run, TextPart
from intermt.servers.embeddings import BEYOND, embed_call, embed_messages_call, vectors
from intermt.store import requests, trees
from intermt.store.connect import Store
from intermt.store.flushing import flushing

MAX_CHARS = 1000
"""Of a text, where nothing else is said: about 250 tokens of English, which any model takes."""

UNUSABLE = f"unparsed: {BEYOND}"
NOT_ASKED = "nobody was asked for it"
_CHUNK = 500
_FINAL = ("rejected", "refused", "its messages", UNUSABLE)
_REASONS_SHOWN = 5

Vector = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class EmbedPlan:
    """How answers become vectors; equal plans ask equal questions.

    Attributes:
        model: The model, as it is asked for.
        max_chars: Most characters of a text.
        pictures: Whether whole conversations are sent as messages with their pictures.
    """

    model: str
    max_chars: int = MAX_CHARS
    pictures: bool = False

    def as_json(self) -> dict[str, Any]:
        """What a head's file says of it."""
        limits = {} if self.pictures else {"format": FORMAT, "max_chars": self.max_chars}
        return {"model": self.model, "pictures": self.pictures, **limits}

    def call(self, server: Server, messages: Sequence[Message]) -> Call:
        """The call that asks for the vector of the last message, which is an answer."""
        if self.pictures:
            return embed_messages_call(server, messages, model=self.model)
        return embed_call(server, texts_of(messages, self.max_chars), model=self.model)


@dataclass(slots=True)
class Vectors:
    """Vectors of answers.

    Attributes:
        by_answer: By node id; all of one length.
        missing: Why there is none, by node id.
        simulated: Whether a stand-in gave any of them, or wrote what they are about.
        n_pictures_unseen: Answers with pictures up to them that the server was not shown.
        reply_models: The models that the server says it answered with.
        keys: The calls that gave the vectors, by node id.
    """

    by_answer: dict[str, Vector] = field(default_factory=dict)
    missing: dict[str, str] = field(default_factory=dict)
    simulated: bool = False
    n_pictures_unseen: int = 0
    reply_models: set[str] = field(default_factory=set)
    keys: dict[str, str] = field(default_factory=dict)

    def remarks(self) -> list[str]:
        """What to know of all of them."""
        said = []
        if n := self.n_pictures_unseen:
            said.append(
                f"{n} answers were embedded without the pictures in or before them (see --pictures)"
            )
        if len(self.reply_models) > 1:
            names = ", ".join(sorted(self.reply_models))
            said.append(f"the server says that several models answered: {names}")
        return said


@dataclass(frozen=True, slots=True)
class _Asked:
    """An answer and the call about it."""

    answer: str
    call: Call
    unseen: bool
    simulated: bool


def vector_of(reply: Reply) -> Vector | str:
    """The mean of the vectors of a reply, or why there is none."""
    if reply.state != "ok":
        return f"{reply.state}: {reply.error}"
    mean: Vector = np.asarray(vectors(reply)).mean(axis=0).astype(np.float32)
    return mean


async def embedded(
    store: Store,
    answers: Iterable[str],
    plan: EmbedPlan,
    server: Server,
    progress: Progress,
    caller: Caller | None = None,
    record: Run | None = None,
) -> Vectors:
    """The vectors of answers; what the ledger does not have is asked for.

    Args:
        store: Where answers and the ledger are.
        answers: Node ids.
        plan: How.
        server: Whom calls are addressed to.
        progress: Where to report.
        caller: Asks for what is missing; None asks nobody.
        record: The run that calls are booked to; kept before the first of them.

    Raises:
        ProtocolMismatch: The vectors are not all of one length. Those of a length that fewer have
            are asked for again by the next run that asks.
        TryLater: Too many calls fail.
    """
    found = Vectors()
    wanted = sorted(set(answers))
    progress.start("embedding answers", len(wanted), "answers")
    for start in range(0, len(wanted), _CHUNK):
        chunk = wanted[start : start + _CHUNK]
        asked, replies = await asyncio.to_thread(_from_ledger, store, chunk, plan, server)
        todo = []
        for one in asked:
            reply = replies.get(one.call.request_key)
            if reply is None and caller is not None:
                todo.append(one)
                continue
            if caller is not None:
                caller.counts.reused += 1
            _take(found, one, reply)
            progress.advance()

        if todo and caller is not None and record is not None:
            caller.keep([record])
            record = None

        async def ask(one: _Asked) -> None:
            assert caller is not None
            _take(found, one, await caller.ask(one.call))
            progress.advance()

        await each(todo, ask, at_once=2 * server.max_in_flight)
        lengths = {found.keys[a]: len(vector) for a, vector in found.by_answer.items()}
        await asyncio.to_thread(one_length, store, lengths, server, asks=caller is not None)
        for answer in set(chunk) - {one.answer for one in asked}:
            found.missing[answer] = "its messages are not in the store"
    progress.stop()
    return found


def _from_ledger(
    store: Store, chunk: Sequence[str], plan: EmbedPlan, server: Server
) -> tuple[list[_Asked], dict[str, Reply]]:
    """The calls about these answers, and those replies that are there."""
    with store.reading() as db:
        paths = trees.paths(db, chunk)
        nodes = trees.nodes(db, {node for path in paths.values() for node in path})
        asked = []
        for answer in chunk:
            if (path := paths.get(answer)) is None:
                continue
            messages = trees.messages(path, nodes)
            has_pictures = any(not isinstance(p, TextPart) for m in messages for p in m.parts)
            asked.append(
                _Asked(
                    answer,
                    plan.call(server, messages),
                    has_pictures and not plan.pictures,
                    any(nodes[node].simulated for node in path),
                )
            )
        replies = requests.settled_replies(db, [one.call.request_key for one in asked])
    return asked, replies


def _take(found: Vectors, asked: _Asked, reply: Reply | None) -> None:
    vector = NOT_ASKED if reply is None else vector_of(reply)
    if reply is None or isinstance(vector, str):
        found.missing[asked.answer] = str(vector)
        return
    found.by_answer[asked.answer] = vector
    found.keys[asked.answer] = reply.request_key
    found.reply_models |= {reply.model} - {""}
    found.simulated |= reply.simulated or asked.simulated
    found.n_pictures_unseen += asked.unseen


def one_length(store: Store, lengths: Mapping[str, int], server: Server, *, asks: bool) -> None:
    """Go on only if all vectors are of one length.

    Args:
        store: Where the calls are.
        lengths: Of the vectors, by the key of their call.
        server: Who gave them.
        asks: Whether it is asked in this run; the next one is spared those unlike most then.

    Raises:
        ProtocolMismatch: They are not.
    """
    counted = Counter(lengths.values())
    if len(counted) < 2:
        return
    said = ", ".join(map(str, sorted(counted)))
    what = f"embeddings of different lengths: {said} numbers"
    todo = "give all URLs of the server the same model; its name must change with it"
    if asks:
        usual = counted.most_common(1)[0][0]
        odd = [key for key, n in lengths.items() if n != usual]
        # What has just come is in the journal, from where it would be good once more.
        store.flush()
        with store.writing() as db:
            requests.take_back(db, odd, what)
        todo += f"; then the same command asks anew for the {len(odd)} that are not like most"
    raise ProtocolMismatch(what, where=server.name, todo=todo)


def mean_of(vectors: Vectors, answers: Sequence[str]) -> Vector | None:
    """The mean of the vectors of some answers; None where one is missing."""
    known = vectors.by_answer
    if not answers or any(answer not in known for answer in answers):
        return None
    mean: Vector = np.mean([known[answer] for answer in answers], axis=0, dtype=np.float32)
    return mean


def embedded_by(
    store: Store,
    answers: Collection[str],
    server: Server,
    record: Run,
    progress: Progress,
    *,
    max_chars: int,
    pictures: bool,
    stop_error_rate: float,
) -> tuple[EmbedPlan, Vectors, CallCounts]:
    """The vectors of answers, with how they were made and what became of the calls.

    Args:
        store: Where answers and the ledger are.
        answers: Node ids.
        server: Who is asked for what the ledger lacks.
        record: The run that calls are booked to.
        progress: Where to report.
        max_chars: See `EmbedPlan`.
        pictures: See `EmbedPlan`.
        stop_error_rate: See `Caller`.

    Raises:
        ServerUnreachable: The server does not answer.
        ProtocolMismatch: The vectors are not all of one length.
        TryLater: Too many calls fail, or vectors are missing that may come in another run.
    """
    with started([server]) as running, flushing(store, progress.note):
        caller = Caller(
            store,
            running,
            run_id=record.run_id,
            progress=progress,
            stop_error_rate=stop_error_rate,
        )
        asked = running[server.name]

        async def ask() -> tuple[EmbedPlan, Vectors]:
            async with caller:
                plan = EmbedPlan(caller.models[asked.name], max_chars, pictures)
                return plan, await embedded(store, answers, plan, asked, progress, caller, record)

        plan, vectors = completed(store, ask())
        if caller.counts.made:
            store.keep([finished(record, "done")])
    _refuse_incomplete(vectors, len(answers), server)
    return plan, vectors, caller.counts


def _refuse_incomplete(vectors: Vectors, n_answers: int, server: Server) -> None:
    """Go on only if what is missing will not come by asking again.

    Raises:
        TryLater: Some of it may.
    """
    again = {a: why for a, why in vectors.missing.items() if not why.startswith(_FINAL)}
    if again:
        raise TryLater(
            f"the embeddings of {len(again)} of {n_answers} answers are missing:"
            f" {'; '.join(list(reasons(again))[:_REASONS_SHOWN])}",
            where=server.name,
            todo="run the same command again: it asks only for what is missing",
        )


def reasons(missing: Mapping[str, str]) -> Iterator[str]:
    """Why vectors are missing, the most frequent reasons first, with how often."""
    counts: dict[str, int] = {}
    for why in missing.values():
        counts[why] = counts.get(why, 0) + 1
    for why, n in sorted(counts.items(), key=lambda item: (-item[1], item[0])):
        yield f"{n} x {why}"
