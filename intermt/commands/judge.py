"""A model scores turns and conversations, compares them, or recognises crucial steps."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

from intermt.commands.at_once import each, loaded
from intermt.commands.calling import Caller, completed, started
from intermt.commands.chat_judging import ChatJudge
from intermt.commands.judge_config import (
    PAPER_IMAGE_PX,
    JudgeConfig,
    JudgeResult,
    how_to_look,
    named,
)
from intermt.commands.judge_rater import check_judge, judge_rater
from intermt.commands.judging import MISSING, Judge, JudgePlan, LoadedItem
from intermt.commands.jury import Jury, sittings
from intermt.commands.known_datasets import require_dataset
from intermt.commands.reward_judging import RewardJudge
from intermt.commands.runs import finished, new_run
from intermt.errors import InputError, MissingInputError
from intermt.records import Progress, Rater, Run, Verdict, content_id
from intermt.store import judging as stored
from intermt.store import trees
from intermt.store.connect import Store
from intermt.store.flushing import flushing
from intermt.store.judging import JudgeItem
from intermt.store.scope import datasets

_CHUNK = 400
_ITEMS_NAMED = 5


def run(store: Store, config: JudgeConfig, progress: Progress) -> JudgeResult:
    """Judge what is in the store.

    Raises:
        MissingInputError: There is nothing to judge.
        InputError: Pictures are missing, and that is to be an error.
        UsageError: The judge's name is taken by a judge with other settings.
        ServerUnreachable: A server does not answer.
        TryLater: Too many calls fail, or the store stays busy.
    """
    found = _items(store, config)
    record = new_run("judge", config.as_json(), config.seed)
    servers = [*config.servers, *([config.grader] if config.grader else [])]
    turns = {
        content_id("judge", config.task, config.level, member.name, named(member.server))
        for member in config.members
    }
    tally = _Tally()
    with ExitStack() as stack:
        for turn in sorted(turns):
            what = f"this judging ({config.task}, {config.level})"
            stack.enter_context(store.turn_at(turn, what))
        running = stack.enter_context(started(servers))
        stack.enter_context(flushing(store, progress.note))
        caller = Caller(
            store,
            running,
            run_id=record.run_id,
            progress=progress,
            stop_error_rate=config.stop_error_rate,
            how_to_look=lambda: how_to_look(tally.unparsed_id),
        )
        work = _judge_all(store, caller, config, found, record, progress, tally)
        result = completed(store, work)
        if result.run_id is not None:
            outcome = "partial" if result.n_unfinished else "done"
            store.keep([finished(record, outcome)])
    return result


@dataclass(frozen=True, slots=True)
class _Member:
    """One judge that is asked.

    Attributes:
        rater: Who it is.
        plan: How it is asked.
        todo: The items on which it lacks a verdict.
        first: So many of them as it is asked about at once, with what they name.
    """

    rater: Rater
    plan: JudgePlan
    todo: tuple[JudgeItem, ...]
    first: list[LoadedItem]


async def _judge_all(
    store: Store,
    caller: Caller,
    config: JudgeConfig,
    found: tuple[list[JudgeItem], int, int],
    record: Run,
    progress: Progress,
    tally: _Tally,
) -> JudgeResult:
    items, n_skipped, n_trained_on = found
    async with caller:
        grader = None if config.grader is None else caller.models[config.grader.name]
        asked = [(judge_rater(caller, member), member) for member in config.members]
        plans = [
            (rater, judge_plan(member, rater.rater_id, record.run_id)) for rater, member in asked
        ]
        jury = None
        if config.jury is not None:
            raters = [rater for rater, _ in asked]
            jury = Jury.of(config.jury, config.name, raters, plans[0][1])
        members = await asyncio.to_thread(_members, store, config, plans, jury, items, grader)
        todo = {item for member in members for item in member.todo}
        if todo:
            caller.keep([*(member.rater for member in members), record])
        n_asked = sum(len(member.todo) for member in members)
        if n_asked:
            progress.start(f"judging ({config.task}, {config.level})", n_asked, "items")

        async def ask(member: _Member) -> None:
            await _ask(store, caller, member, tally, progress)

        await each(members, ask, at_once=len(members))
        if n_asked:
            progress.stop()
        states, n_changed = Counter[str](), 0
        if jury is not None:
            states, n_changed = await asyncio.to_thread(_decide, store, jury, items, record)
    judge = members[0].rater if jury is None else jury.rater
    return JudgeResult(
        judge=judge.name,
        members=() if jury is None else tuple(member.rater.name for member in members),
        task=config.task,
        level=config.level,
        n_items=len(items),
        n_known=len(items) - len(todo),
        n_skipped=n_skipped,
        n_trained_on=n_trained_on,
        verdicts={state: tally.states[state] for state in ("ok", "unparsed", "failed")},
        jury={state: states[state] for state in ("ok", "unparsed")} if jury else {},
        n_unfinished=len(tally.unfinished),
        n_missing_pictures=len(tally.lacking_pictures),
        calls=caller.counts,
        simulated=any(caller.simulated.values()),
        run_id=record.run_id if todo or n_changed else None,
        unparsed_id=tally.unparsed_id,
    )


class _Tally:
    """What came of the items of a run."""

    def __init__(self) -> None:
        self.states: Counter[str] = Counter()
        self.unfinished: set[tuple[str, str | None]] = set()
        self.lacking_pictures: set[tuple[str, str | None]] = set()
        self.unparsed_id = ""

    def add(self, item: LoadedItem, verdicts: Sequence[Verdict]) -> None:
        """Take in what was said of an item, once it is safe."""
        key = (item.item.a_id, item.item.b_id)
        states = [verdict.state for verdict in verdicts]
        self.states.update(states)
        if any(state != "ok" for state in states):
            self.unfinished.add(key)
        if item.notes:
            self.lacking_pictures.add(key)
        if "unparsed" in states:
            self.unparsed_id = self.unparsed_id or item.item.a_id


def _asker(caller: Caller, plan: JudgePlan) -> Judge:
    if plan.head is not None:
        # Heads load numpy, for which other judges need not wait.
        from intermt.commands.head_judging import HeadJudge

        return HeadJudge(caller, plan)
    return (ChatJudge if plan.reward_dimension is None else RewardJudge)(caller, plan)


async def _ask(
    store: Store, caller: Caller, member: _Member, tally: _Tally, progress: Progress
) -> None:
    """Ask one judge about everything it lacks."""
    plan = member.plan
    judge = _asker(caller, plan)

    def load(chunk: Sequence[JudgeItem]) -> list[LoadedItem]:
        with store.reading() as db:
            return _loaded(db, chunk)

    async def one(item: LoadedItem) -> None:
        verdicts = await judge.judge(item)
        await caller.keep_soon(verdicts)
        tally.add(item, verdicts)
        progress.advance()

    n_first = len(member.first)
    later = (member.todo[i : i + _CHUNK] for i in range(n_first, len(member.todo), _CHUNK))
    await each(loaded(member.first, later, load), one, at_once=2 * plan.server.max_in_flight)


def _decide(
    store: Store, jury: Jury, items: Sequence[JudgeItem], record: Run
) -> tuple[Counter[str], int]:
    """Let a jury say what follows from its members' verdicts: states, and how many are new."""
    store.flush()
    states: Counter[str] = Counter()
    n_changed = 0
    for sitting in sittings(store, jury, items, record.run_id):
        states.update(verdict.state for verdict in sitting.now)
        if sitting.changed and not n_changed:
            store.keep([jury.rater, record])
        n_changed += len(sitting.changed)
        store.keep(sitting.changed)
    return states, n_changed


def _loaded(db: Any, chunk: Sequence[JudgeItem]) -> list[LoadedItem]:
    ids = {node for item in chunk for node in (*item.a_path, *item.b_path)}
    nodes = trees.nodes(db, ids)
    return [LoadedItem.of(item, nodes) for item in chunk]


# --- what is judged ----------------------------------------------------------------------


def _items(store: Store, config: JudgeConfig) -> tuple[list[JudgeItem], int, int]:
    """What there is to judge, how much lacks pictures, and how much a head was fitted to."""
    found, lacking = _found(store, config)
    n_trained_on = 0
    if config.head is not None:
        from intermt.commands.head_judging import fresh

        found, n_trained_on = fresh(found, config.head, config.trained_on)
    if config.missing_images == "note":
        return _limited(found, config), 0, n_trained_on
    whole = [i for i in found if lacking.isdisjoint(i.a_path) and lacking.isdisjoint(i.b_path)]
    if config.missing_images == "skip":
        if not whole:
            raise MissingInputError(
                f"pictures are missing of each of the {len(found)} items there are to judge",
                where=str(store.folder),
                todo="bring the pictures in, or judge without them: --missing-images note",
            )
        return _limited(whole, config), len(found) - len(whole), n_trained_on
    items = _limited(found, config)
    kept = set(whole)
    if bad := [item for item in items if item not in kept]:
        with store.reading() as db:
            shown = _loaded(db, bad[:_ITEMS_NAMED])
        raise InputError(
            f"pictures are missing of {len(bad)} of the {len(items)} items to judge",
            where=str(store.folder),
            details=[_said_of_missing(item) for item in shown]
            + [f"and {len(bad) - _ITEMS_NAMED} more"] * (len(bad) > _ITEMS_NAMED),
            todo="bring the pictures in, or choose --missing-images note or skip",
        )
    return items, 0, n_trained_on


def _said_of_missing(item: LoadedItem) -> str:
    names = [note.removeprefix(MISSING) for note in item.notes]
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    ids = " and ".join(i for i in (item.item.a_id, item.item.b_id) if i)
    return f"{ids}: {', '.join(names[:3])}{more}"


def _found(store: Store, config: JudgeConfig) -> tuple[list[JudgeItem], set[str]]:
    """What the store has to judge, and the messages of which pictures are missing."""
    local = config.level == "local"
    if config.task == "crucial-step":
        find, what = stored.described_conversations, "conversation with described crucial steps"
    elif config.task == "pair":
        find = stored.voted_answers if local else stored.voted_conversations
        what = f"pair of {'answers' if local else 'conversations'} with votes"
    else:
        find = stored.answers if local else stored.whole_conversations
        what = "answer" if local else "conversation"
    with store.reading() as db:
        found = find(db, config.dataset)
        known = datasets(db)
        lacking = stored.lacking_pictures(db)
    require_dataset(config.dataset, known, store)
    if not found:
        where = f" in dataset {config.dataset}" if config.dataset is not None else ""
        raise MissingInputError(
            f"there is no {what}{where} to judge",
            where=str(store.folder),
            todo="bring some in with: intermt annotate-import",
        )
    return found, lacking


def _limited(items: list[JudgeItem], config: JudgeConfig) -> list[JudgeItem]:
    if config.limit is None or config.limit >= len(items):
        return items
    chosen = sorted(items, key=lambda i: content_id("limit", config.seed, i.a_id, i.b_id))
    return sorted(chosen[: config.limit], key=lambda i: (i.a_id, i.b_id or ""))


# --- how it is judged --------------------------------------------------------------------


def _members(
    store: Store,
    config: JudgeConfig,
    plans: Sequence[tuple[Rater, JudgePlan]],
    jury: Jury | None,
    items: Sequence[JudgeItem],
    grader: str | None,
) -> list[_Member]:
    """The judges with what each still has to do.

    Raises:
        UsageError: A judge's name is taken.
    """
    members = []
    with store.reading() as db:
        if jury is not None:
            check_judge(db, jury.rater, config)
        for rater, plan in plans:
            check_judge(db, rater, config, grader)
            done = stored.finished_verdicts(db, rater.rater_id, plan.task, plan.level)
            todo = tuple(i for i in items if not done or not plan.verdict_ids(i) <= done)
            # Now, while the database is open: servers need not wait for its next opening.
            first = _loaded(db, todo[: plan.server.max_in_flight])
            members.append(_Member(rater, plan, todo, first))
    return members


def judge_plan(config: JudgeConfig, judge_id: str, run_id: str) -> JudgePlan:
    """How that judge is asked."""
    paper = config.compat == "paper"
    return JudgePlan(
        judge_id=judge_id,
        task=config.task,
        level="global" if config.task == "crucial-step" else config.level,
        server=config.server,
        grader=config.grader,
        prompts=config.prompts,
        with_reason=config.with_reason,
        swap=config.swap,
        n_samples=config.n_samples,
        temperature=config.temperature,
        max_tokens=config.max_tokens,
        run_id=run_id,
        expected_score=config.expected_score,
        grader_sees=config.grader_sees,
        max_image_px=PAPER_IMAGE_PX if paper else None,
        order_seed=config.seed if paper else None,
        reward_dimension=config.reward_dimension,
        head=config.head,
    )
