"""What models say of seed questions: embeddings, multi-turn potential, another wording.

Every reply is in the ledger, so a run that is interrupted asks nothing twice. A question that
a model could not be asked about waits for the next run: it is neither dropped nor grown.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

import numpy as np

from intermt.commands.calling import Caller, each
from intermt.commands.embedding import one_length
from intermt.commands.seed_filters import Dropped, Fault
from intermt.commands.seed_reading import Candidate
from intermt.config import Server
from intermt.domain.near_duplicates import Vectors, unit
from intermt.domain.prompts import Prompts
from intermt.domain.seed_prompts import (
    HIGHEST_POTENTIAL,
    parse_potential,
    parse_rewrite,
    potential_messages,
    potential_schema,
    rewrite_fault,
    rewrite_messages,
    rewrite_schema,
)
from intermt.errors import TryLater
from intermt.records import Call, Message, Progress, Reply
from intermt.servers.chat import chat_call
from intermt.servers.embeddings import embed_call, vectors
from intermt.store import seeding
from intermt.store.connect import Store

POTENTIAL = "potential"

_AT_ONCE = 256
_TEXTS_A_CALL = 64
_POTENTIAL_TOKENS = 512
_REWRITE_TOKENS = 1024
_MOST_SHOWN = 80
_TRIES = 3
"""Times that a model is asked for a score before a question is one it cannot rate."""
_TRY_AGAIN_TEMPERATURE = 0.7
_NO_SCORE = "no score from 0 to 3"

TakeIn = Callable[[Sequence[Candidate]], None]
"""Puts the pictures of candidates where calls find them."""


@dataclass(frozen=True, slots=True)
class Rewritten:
    """What became of the wording of a seed question.

    Attributes:
        candidate: The question as it was.
        text: Its new text; None where it keeps its own.
        why_not: Why it does; "" where it has a new text.
        reply: What the model answered; None where it was asked in vain by an earlier run.
        model: The model's name.
        server: The server's.
    """

    candidate: Candidate
    text: str | None
    why_not: str
    reply: Reply | None
    model: str
    server: str


@dataclass(slots=True)
class ModelWork:
    """What models have done so far.

    Attributes:
        n_rated: Questions whose potential is known, or known not to be had.
        dropped: Those without enough of it, and those that a model cannot rate.
        waiting: Questions that a model could not be asked about, in no order.
        simulated: Whether a stand-in answered.
    """

    n_rated: int = 0
    dropped: list[Dropped] = field(default_factory=list)
    waiting: list[Candidate] = field(default_factory=list)
    simulated: bool = False


class SeedModels:
    """Asks models about the seed questions of one run.

    Args:
        caller: Open for as long as this is used.
        store: The store that the caller writes to.
        prompts: The templates.
        take_in: See `TakeIn`.
        progress: Told how far it is.
    """

    def __init__(
        self, caller: Caller, store: Store, prompts: Prompts, take_in: TakeIn, progress: Progress
    ) -> None:
        self.work = ModelWork()
        self._caller = caller
        self._store = store
        self._prompts = prompts
        self._take_in = take_in
        self._progress = progress

    # --- embeddings ----------------------------------------------------------------------

    async def embedded(self, candidates: Sequence[Candidate], server: Server) -> Vectors:
        """The embeddings of the candidates' texts, of length 1, one row each.

        Raises:
            TryLater: Some could not be had.
            ProtocolMismatch: They are not all of one length.
        """
        texts = sorted({candidate.row.text for candidate in candidates})
        found: dict[str, np.ndarray[tuple[int], np.dtype[np.float32]]] = {}
        missing: dict[str, Reply] = {}
        lengths: dict[str, int] = {}
        self._progress.start("embedding seed questions", len(texts), "seeds")

        async def one(batch: Sequence[str]) -> None:
            call = embed_call(server, batch, model=self._caller.models[server.name])
            reply = await self._ask(call)
            if reply.state == "ok":
                rows = np.asarray(vectors(reply), np.float32)
                found.update(zip(batch, rows, strict=True))
                lengths[call.request_key] = rows.shape[1]
            elif len(batch) > 1 and _is_about_the_request(reply):
                # One text may be all that is wrong with it.
                half = len(batch) // 2
                await one(batch[:half])
                await one(batch[half:])
                return
            else:
                missing.update(dict.fromkeys(batch, reply))
            self._progress.advance(len(batch))

        batches = [texts[i : i + _TEXTS_A_CALL] for i in range(0, len(texts), _TEXTS_A_CALL)]
        await each(batches, one, _AT_ONCE)
        self._progress.stop()
        if missing:
            raise _incomplete(missing, len(texts), server)
        await asyncio.to_thread(one_length, self._store, lengths, server, asks=True)
        return unit(np.stack([found[candidate.row.text] for candidate in candidates]))

    # --- potential -----------------------------------------------------------------------

    async def with_potential(
        self, ranking: Iterator[Candidate], server: Server, least: int, limit: int | None
    ) -> list[Candidate]:
        """The first candidates that have enough potential, in no particular order.

        Asks about as many as there is room for, then about as many of the next ones as were
        dropped, so that a limit costs no more calls than it must. A candidate that waits
        keeps its place.
        """
        kept: list[Candidate] = []
        n_waiting = 0
        while batch := list(
            islice(ranking, None if limit is None else limit - len(kept) - n_waiting)
        ):
            await asyncio.to_thread(self._take_in, batch)
            self._progress.start("rating seed questions", len(batch), "seeds")
            in_vain = await asyncio.to_thread(self._rated_in_vain, batch, server)
            found: dict[str, int | str | None] = {}

            async def one(
                candidate: Candidate,
                into: dict[str, int | str | None] = found,
                known: dict[str, str] = in_vain,
            ) -> None:
                into[candidate.seed_id] = await self._potential(candidate, server, known)
                self._progress.advance()

            await each(batch, one, _AT_ONCE)
            self._progress.stop()
            for candidate in batch:
                potential = found[candidate.seed_id]
                if potential is None:
                    self.work.waiting.append(candidate)
                    n_waiting += 1
                    continue
                self.work.n_rated += 1
                fault = _potential_fault(potential, least)
                if fault is None:
                    kept.append(candidate)
                else:
                    self.work.dropped.append(Dropped(candidate, POTENTIAL, fault))
        return kept

    async def _potential(
        self, candidate: Candidate, server: Server, in_vain: Mapping[str, str]
    ) -> int | str | None:
        """The score; why the model states none; None where it could not be asked."""
        why = ""
        for number in range(_TRIES):
            call = self._potential_call(candidate, server, number)
            if call.request_key in in_vain:
                why = in_vain[call.request_key]
                continue
            reply = await self._ask(
                call,
                lambda said: "" if parse_potential(said.text) is not None else _NO_SCORE,
            )
            if reply.state == "ok":
                return parse_potential(reply.text)
            if not seeding.is_in_vain(reply.state, reply.text):
                return None
            why = reply.error or reply.state
        return why

    def _rated_in_vain(self, candidates: Sequence[Candidate], server: Server) -> dict[str, str]:
        """Why earlier runs asked for scores in vain, by request key."""
        found: dict[str, str] = {}
        for number in range(_TRIES):
            calls = {c.position: self._potential_call(c, server, number) for c in candidates}
            found |= self._in_vain([call.request_key for call in calls.values()])
            # Only where one try came to nothing there was another.
            candidates = [c for c in candidates if calls[c.position].request_key in found]
        return found

    def _potential_call(self, candidate: Candidate, server: Server, number: int) -> Call:
        """The call that asks for a score, the first time or once more."""
        messages = potential_messages(self._prompts, candidate.message)
        return self._chat(server, messages, "seed_potential", _POTENTIAL_TOKENS, number)

    # --- rewriting -----------------------------------------------------------------------

    async def rewritten(
        self, candidates: Sequence[Candidate], server: Server, max_chars: int
    ) -> list[Rewritten]:
        """What became of the wording of each candidate that does not wait, in order.

        A question keeps its wording where the model refuses, says nothing usable, or says it
        worse. What an earlier run found out about that holds: a question that has been grown
        does not change.
        """
        await asyncio.to_thread(self._take_in, candidates)
        keys = [self._rewrite_call(candidate, server).request_key for candidate in candidates]
        in_vain = await asyncio.to_thread(self._in_vain, keys)
        found: dict[str, Rewritten] = {}
        self._progress.start("rewriting seed questions", len(candidates), "seeds")

        async def one(candidate: Candidate) -> None:
            call = self._rewrite_call(candidate, server)
            reply = None if call.request_key in in_vain else await self._ask(call)
            model = call.model if reply is None else reply.model or call.model
            text, why_not = None, in_vain.get(call.request_key, "")
            if reply is not None and reply.state == "ok":
                text = parse_rewrite(reply.text)
                why_not = rewrite_fault(
                    candidate.row.text,
                    text,
                    n_pictures=len(candidate.pictures),
                    max_chars=max_chars,
                )
            elif reply is not None and seeding.is_in_vain(reply.state, reply.text):
                why_not = reply.error or reply.state
            elif reply is not None:
                self.work.waiting.append(candidate)
                self._progress.advance()
                return
            text = None if why_not or text == candidate.row.text else text
            found[candidate.seed_id] = Rewritten(
                candidate, text, why_not, reply, model, server.name
            )
            self._progress.advance()

        await each(candidates, one, _AT_ONCE)
        self._progress.stop()
        return [found[c.seed_id] for c in candidates if c.seed_id in found]

    def _rewrite_call(self, candidate: Candidate, server: Server) -> Call:
        messages = rewrite_messages(self._prompts, candidate.message)
        return self._chat(server, messages, "seed_rewrite", _REWRITE_TOKENS)

    def _in_vain(self, keys: Sequence[str]) -> dict[str, str]:
        with self._store.reading() as db:
            return seeding.answered_in_vain(db, keys)

    # --- asking --------------------------------------------------------------------------

    def _chat(
        self,
        server: Server,
        messages: Sequence[Message],
        prompt: str,
        max_tokens: int,
        number: int = 0,
    ) -> Call:
        schema = potential_schema() if prompt == "seed_potential" else rewrite_schema()
        return chat_call(
            server,
            messages,
            model=self._caller.models[server.name],
            # At 0 a model says the same again.
            temperature=_TRY_AGAIN_TEMPERATURE if number else 0.0,
            seed=number or None,
            sample=number,
            max_tokens=max_tokens,
            response_schema=schema,
            schema_name=prompt,
            prompt_hash=self._prompts.hash(prompt),
        )

    async def _ask(self, call: Call, accept: Callable[[Reply], str] = lambda _: "") -> Reply:
        reply = await self._caller.ask(call, accept)
        self.work.simulated |= reply.simulated
        return reply


def _is_about_the_request(reply: Reply) -> bool:
    return reply.state == "rejected" and reply.http_status in (400, 413, 422)


def _incomplete(missing: Mapping[str, Reply], n_texts: int, server: Server) -> TryLater:
    """What to say where embeddings are missing: an example, one that was rejected if any was."""
    rejected = sorted(text for text, reply in missing.items() if _is_about_the_request(reply))
    example = (rejected or sorted(missing))[0]
    reply = missing[example]
    shown = example if len(example) <= _MOST_SHOWN else f"{example[:_MOST_SHOWN]}..."
    return TryLater(
        f"the embeddings of {len(missing)} of {n_texts} questions are missing,"
        f" and which ones are alike hangs on all of them; of {shown!r}:"
        f" {reply.state} ({reply.error or 'no reason given'})",
        where=server.name,
        todo=(
            "change or leave out the questions that the server rejects, or mend the server,"
            " then run the same command again"
            if rejected
            else "run the same command again: it asks only for what is missing"
        ),
    )


def _potential_fault(potential: int | str, least: int) -> Fault | None:
    """What is wrong with a question of such a potential, or of which a model states none."""
    figures: dict[str, Any] = {"min_potential": least, "highest": HIGHEST_POTENTIAL}
    if isinstance(potential, str):
        reason = f"the model did not rate it in {_TRIES} tries; the last: {potential}"
        return Fault("not rated", reason, {**figures, "tries": _TRIES})
    if potential >= least:
        return None
    reason = f"too little multi-turn potential: {potential} of at least {least}"
    return Fault(f"potential {potential}", reason, {"potential": potential, **figures})


def reasons(rewritten: Sequence[Rewritten]) -> dict[str, int]:
    """How many questions kept their wording for which reason, the most frequent first."""
    counts = Counter(one.why_not.partition(":")[0] for one in rewritten if one.why_not)
    return dict(counts.most_common())
