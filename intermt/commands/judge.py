"""A model scores turns and conversations, compares them, or recognises crucial steps."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass

from intermt.commands.calling import Caller, completed, each, loaded, started
from intermt.commands.chat_judging import ChatJudge
from intermt.commands.head_judging import HeadJudge, fresh, head_rater
from intermt.commands.judge_config import PAPER_IMAGE_PX, JudgeConfig, JudgeResult, named
from intermt.commands.judging import MISSING, Judge, JudgePlan, LoadedItem
from intermt.commands.jury import Jury, sittings
from intermt.commands.reward_judging import RewardJudge, reward_rater
from intermt.commands.runs import finished, new_run
from intermt.domain.prompts import PROMPT_NAMES
from intermt.errors import InputError, MissingInputError, UsageError
from intermt.records import Progress, Rater, Run, content_id, rater_id
from intermt.store import judging as stored
from intermt.store import trees
from intermt.store.connect import Store
from intermt.store.flushing import flushing
from intermt.store.judging import JudgeItem

_CHUNK = 200
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
        )
        work = _judge_all(store, caller, config, found, record, progress)
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
    """

    rater: Rater
    plan: JudgePlan
    todo: tuple[JudgeItem, ...]


async def _judge_all(
    store: Store,
    caller: Caller,
    config: JudgeConfig,
    found: tuple[list[JudgeItem], int, int],
    record: Run,
    progress: Progress,
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
        members = await asyncio.to_thread(_members, store, plans, jury, items, grader)
        todo = {item for member in members for item in member.todo}
        if todo:
            caller.keep([*(member.rater for member in members), record])
        tally = _Tally()
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
    )


class _Tally:
    """What came of the items of a run."""

    def __init__(self) -> None:
        self.states: Counter[str] = Counter()
        self.unfinished: set[tuple[str, str | None]] = set()
        self.lacking_pictures: set[tuple[str, str | None]] = set()


def _asker(caller: Caller, plan: JudgePlan) -> Judge:
    if plan.head is not None:
        return HeadJudge(caller, plan)
    return (ChatJudge if plan.reward_dimension is None else RewardJudge)(caller, plan)


async def _ask(
    store: Store, caller: Caller, member: _Member, tally: _Tally, progress: Progress
) -> None:
    """Ask one judge about everything it lacks."""
    plan = member.plan
    judge = _asker(caller, plan)

    def load(chunk: Sequence[JudgeItem]) -> list[LoadedItem]:
        return _loaded(store, chunk)

    async def one(item: LoadedItem) -> None:
        verdicts = await judge.judge(item)
        await caller.keep_soon(verdicts)
        key = (item.item.a_id, item.item.b_id)
        tally.states.update(verdict.state for verdict in verdicts)
        if any(verdict.state != "ok" for verdict in verdicts):
            tally.unfinished.add(key)
        if item.notes:
            tally.lacking_pictures.add(key)
        progress.advance()

    chunks = _chunks(member.todo)
    await each(loaded(chunks, load), one, at_once=2 * plan.server.max_in_flight)


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


def _loaded(store: Store, chunk: Sequence[JudgeItem]) -> list[LoadedItem]:
    ids = {node for item in chunk for node in (*item.a_path, *item.b_path)}
    with store.reading() as db:
        nodes = trees.nodes(db, ids)
    return [LoadedItem.of(item, nodes) for item in chunk]


# --- what is judged ----------------------------------------------------------------------


def _items(store: Store, config: JudgeConfig) -> tuple[list[JudgeItem], int, int]:
    """What there is to judge, how much lacks pictures, and how much a head was fitted to."""
    found, n_trained_on = fresh(_found(store, config), config.head, config.trained_on)
    if config.missing_images == "note":
        return _limited(found, config), 0, n_trained_on
    with store.reading() as db:
        lacking = stored.lacking_pictures(db)
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
        raise InputError(
            f"pictures are missing of {len(bad)} of the {len(items)} items to judge",
            where=str(store.folder),
            details=[_said_of_missing(item) for item in _loaded(store, bad[:_ITEMS_NAMED])]
            + [f"and {len(bad) - _ITEMS_NAMED} more"] * (len(bad) > _ITEMS_NAMED),
            todo="bring the pictures in, or choose --missing-images note or skip",
        )
    return items, 0, n_trained_on


def _said_of_missing(item: LoadedItem) -> str:
    names = [note.removeprefix(MISSING) for note in item.notes]
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    ids = " and ".join(i for i in (item.item.a_id, item.item.b_id) if i)
    return f"{ids}: {', '.join(names[:3])}{more}"


def _found(store: Store, config: JudgeConfig) -> list[JudgeItem]:
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
        items = find(db, config.dataset)
    if not items:
        where = f" in dataset {config.dataset}" if config.dataset else ""
        raise MissingInputError(
            f"there is no {what}{where} to judge",
            where=str(store.folder),
            todo="bring some in with: intermt annotate-import",
        )
    return items


def _limited(items: list[JudgeItem], config: JudgeConfig) -> list[JudgeItem]:
    if config.limit is None or config.limit >= len(items):
        return items
    chosen = sorted(items, key=lambda i: content_id("limit", config.seed, i.a_id, i.b_id))
    return sorted(chosen[: config.limit], key=lambda i: (i.a_id, i.b_id or ""))


def _chunks(items: Sequence[JudgeItem]) -> Iterator[Sequence[JudgeItem]]:
    for start in range(0, len(items), _CHUNK):
        yield items[start : start + _CHUNK]


# --- who judges --------------------------------------------------------------------------


def judge_rater(caller: Caller, config: JudgeConfig) -> Rater:
    """The judge that a server is, asked in this way."""
    model = caller.models[config.server.name]
    simulated = caller.simulated[config.server.name]
    if config.head is not None:
        return head_rater(config.name, config.head, model, simulated)
    if config.reward_dimension is not None:
        return reward_rater(config.name, model, config.reward_dimension, simulated)
    special: dict[str, tuple[object, ...]] = {}
    if config.expected_score:
        special["expected"] = ()
    if config.grader_sees:
        special["context"] = ()
    if config.compat == "paper":
        # Another seed asks pairs in other orders: its verdicts must not mix with these.
        special["paper"] = (config.seed, PAPER_IMAGE_PX)
    suffixes = [*(["reason"] if config.with_reason else []), *special]
    name = config.name or "+".join([model, *suffixes])
    settings = content_id(
        "judge",
        model,
        config.with_reason,
        config.temperature,
        [config.prompts.hash(prompt) for prompt in PROMPT_NAMES if prompt.startswith("judge_")],
        config.prompts.hash("crucial_step_recognise"),
        config.prompts.hash("crucial_step_grade"),
        *special.items(),
    )
    return Rater(
        rater_id(name, "judge", "model"),
        name,
        "judge",
        "model",
        model=model,
        settings=settings,
        simulated=simulated,
    )


def _members(
    store: Store,
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
            _check_name(jury.rater, stored.namesakes(db, jury.rater))
            check_same_judge(stored.rater(db, jury.rater.rater_id), jury.rater)
        for rater, plan in plans:
            _check_name(rater, stored.namesakes(db, rater))
            check_same_judge(stored.rater(db, rater.rater_id), rater)
            _check_same_grader(rater, stored.graders(db, rater.rater_id), grader)
            done = stored.finished_verdicts(db, rater.rater_id, plan.task, plan.level)
            todo = tuple(item for item in items if not plan.verdict_ids(item) <= done)
            members.append(_Member(rater, plan, todo))
    return members


def _check_name(rater: Rater, namesakes: Sequence[str]) -> None:
    if namesakes:
        raise UsageError(
            f"the name {rater.name!r} is taken by a judge that is a {namesakes[0]},"
            f" and this one is a {rater.kind}",
            todo="give this one a name of its own with --name",
        )


def _check_same_grader(rater: Rater, graders: set[str], grader: str | None) -> None:
    if grader is not None and (others := graders - {grader}):
        raise UsageError(
            f"the judge {rater.name!r} was graded by {', '.join(sorted(others))} so far,"
            f" not by {grader}; grades of two graders do not make one figure",
            todo="give this one a name of its own with --name",
        )


def check_same_judge(known: Rater | None, now: Rater) -> None:
    """Check that a name still means the same judge.

    Raises:
        UsageError: It was used for a judge with other settings.
    """
    if known is None or (known.settings, known.simulated) == (now.settings, now.simulated):
        return
    if now.kind == "jury":
        what = "had other members, or members with other settings, or another rule"
    else:
        stand_in = "the stand-in" if known.simulated else "a server"
        what = (
            f"was {known.model or 'a model'} at {stand_in} with other settings (model, prompts,"
            " reasons, temperature, or another option that changes how it is asked)"
        )
    raise UsageError(
        f"the judge {now.name!r} {what}", todo="give this one a name of its own with --name"
    )


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
