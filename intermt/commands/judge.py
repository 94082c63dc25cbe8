"""A model scores turns and conversations, compares them, or recognises crucial steps."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from intermt.commands.calling import CallCounts, Caller, completed, each, loaded, started
from intermt.commands.judging import ChatJudge, JudgePlan, LoadedItem
from intermt.commands.runs import finished, new_run
from intermt.config import Server
from intermt.dimensions import Level
from intermt.domain.prompts import PROMPT_NAMES, Prompts
from intermt.errors import MissingInputError, UsageError
from intermt.records import JudgeTask, Progress, Rater, Run, content_id, rater_id
from intermt.store import judging as stored
from intermt.store import trees
from intermt.store.connect import Store
from intermt.store.flushing import flushing
from intermt.store.judging import JudgeItem

_CHUNK = 200


@dataclass(frozen=True, slots=True)
class JudgeConfig:
    """What to judge and how.

    Attributes:
        task: score, pair or crucial-step.
        level: local or global; crucial-step is always global.
        server: The judge's server.
        grader: For crucial-step, the server that grades descriptions.
        prompts: The templates.
        name: The judge's name; None for its model, with `+reason` where it gives reasons.
        with_reason: Whether a reason comes before the verdict.
        swap: Whether pairs are asked in both orders.
        n_samples: How often each question is asked.
        temperature: Sampling temperature.
        max_tokens: Longest reply.
        dataset: Only items of this collection.
        limit: Most items; which ones depends on `seed` alone.
        seed: Makes another choice under a limit.
        stop_error_rate: See `Caller`.
    """

    task: JudgeTask
    level: Level
    server: Server
    grader: Server | None
    prompts: Prompts
    name: str | None = None
    with_reason: bool = False
    swap: bool = True
    n_samples: int = 1
    temperature: float = 0.0
    max_tokens: int = 1024
    dataset: str | None = None
    limit: int | None = None
    seed: int = 0
    stop_error_rate: float = 0.5


@dataclass(frozen=True, slots=True)
class JudgeResult:
    """What a run judged.

    Attributes:
        judge: The judge's name.
        task: As asked.
        level: As asked.
        n_items: Items there are to judge, after the limit.
        n_known: Items of these that were fully judged before.
        verdicts: Verdicts of this run by state; `ok`, `unparsed` and `failed`.
        n_unfinished: Items of this run on which some verdict is still wanted.
        n_missing_pictures: Items of this run that were judged without some picture.
        calls: What became of the calls.
        simulated: Whether a stand-in judged or graded.
        run_id: The run; None where there was nothing to do.
    """

    judge: str
    task: JudgeTask
    level: Level
    n_items: int
    n_known: int
    verdicts: dict[str, int]
    n_unfinished: int
    n_missing_pictures: int
    calls: CallCounts
    simulated: bool
    run_id: str | None


def run(store: Store, config: JudgeConfig, progress: Progress) -> JudgeResult:
    """Judge what is in the store.

    Raises:
        MissingInputError: There is nothing to judge.
        UsageError: The judge's name is taken by a judge with other settings.
        ServerUnreachable: A server does not answer.
        TryLater: Too many calls fail, or the store stays busy.
    """
    items = _items(store, config)
    record = new_run("judge", _as_json(config), config.seed)
    servers = [config.server, *([config.grader] if config.grader else [])]
    work = content_id("judge", config.task, config.level, config.name, _named(config.server))
    with (
        store.turn_at(work, f"this judging ({config.task}, {config.level})"),
        started(servers) as running,
        flushing(store, progress.note),
    ):
        caller = Caller(
            store,
            running,
            run_id=record.run_id,
            progress=progress,
            stop_error_rate=config.stop_error_rate,
        )
        result = completed(store, _judge_all(store, caller, config, items, record, progress))
        if result.run_id is not None:
            outcome = "partial" if result.n_unfinished else "done"
            store.keep([finished(record, outcome)])
    return result


async def _judge_all(
    store: Store,
    caller: Caller,
    config: JudgeConfig,
    items: Sequence[JudgeItem],
    record: Run,
    progress: Progress,
) -> JudgeResult:
    async with caller:
        rater = judge_rater(caller, config)
        plan = judge_plan(config, rater.rater_id, record.run_id)
        grader = None if config.grader is None else caller.models[config.grader.name]
        done = await asyncio.to_thread(_finished_verdicts, store, rater, plan, grader)
        todo = [item for item in items if not plan.verdict_ids(item) <= done]
        tally: Counter[str] = Counter()
        if todo:
            caller.keep([rater, record])
            judge = ChatJudge(caller, plan)
            progress.start(f"judging ({plan.task}, {plan.level})", len(todo), "items")

            def load(chunk: Sequence[JudgeItem]) -> list[LoadedItem]:
                ids = {node for item in chunk for node in (*item.a_path, *item.b_path)}
                with store.reading() as db:
                    nodes = trees.nodes(db, ids)
                return [LoadedItem.of(item, nodes) for item in chunk]

            async def one(item: LoadedItem) -> None:
                verdicts = await judge.judge(item)
                caller.keep(verdicts)
                tally.update(verdict.state for verdict in verdicts)
                tally["unfinished"] += any(verdict.state != "ok" for verdict in verdicts)
                tally["without pictures"] += bool(item.notes)
                progress.advance()

            chunks = _chunks(todo)
            await each(loaded(chunks, load), one, at_once=2 * config.server.max_in_flight)
            progress.stop()
    return JudgeResult(
        judge=rater.name,
        task=plan.task,
        level=plan.level,
        n_items=len(items),
        n_known=len(items) - len(todo),
        verdicts={state: tally[state] for state in ("ok", "unparsed", "failed")},
        n_unfinished=tally["unfinished"],
        n_missing_pictures=tally["without pictures"],
        calls=caller.counts,
        simulated=any(caller.simulated.values()),
        run_id=record.run_id if todo else None,
    )


def _items(store: Store, config: JudgeConfig) -> list[JudgeItem]:
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
    if config.limit is None or config.limit >= len(items):
        return items
    chosen = sorted(items, key=lambda i: content_id("limit", config.seed, i.a_id, i.b_id))
    return sorted(chosen[: config.limit], key=lambda i: (i.a_id, i.b_id or ""))


def _chunks(items: Sequence[JudgeItem]) -> Iterator[Sequence[JudgeItem]]:
    for start in range(0, len(items), _CHUNK):
        yield items[start : start + _CHUNK]


def judge_rater(caller: Caller, config: JudgeConfig) -> Rater:
    """The judge that a server is, asked in this way."""
    model = caller.models[config.server.name]
    name = config.name or (f"{model}+reason" if config.with_reason else model)
    settings = content_id(
        "judge",
        model,
        config.with_reason,
        config.temperature,
        [config.prompts.hash(prompt) for prompt in PROMPT_NAMES if prompt.startswith("judge_")],
        config.prompts.hash("crucial_step_recognise"),
        config.prompts.hash("crucial_step_grade"),
    )
    return Rater(
        rater_id(name, "judge", "model"),
        name,
        "judge",
        "model",
        model=model,
        settings=settings,
        simulated=caller.simulated[config.server.name],
    )


def _finished_verdicts(store: Store, rater: Rater, plan: JudgePlan, grader: str | None) -> set[str]:
    with store.reading() as db:
        check_same_judge(stored.rater(db, rater.rater_id), rater)
        others = stored.graders(db, rater.rater_id) - {grader}
        if grader is not None and others:
            raise UsageError(
                f"the judge {rater.name!r} was graded by {', '.join(sorted(others))} so far,"
                f" not by {grader}; grades of two graders do not make one figure",
                todo="give this one a name of its own with --name",
            )
        return stored.finished_verdicts(db, rater.rater_id, plan.task, plan.level)


def check_same_judge(known: Rater | None, now: Rater) -> None:
    """Check that a name still means the same judge.

    Raises:
        UsageError: It was used for a judge with other settings.
    """
    if known is not None and (known.settings, known.simulated) != (now.settings, now.simulated):
        stand_in = "the stand-in" if known.simulated else "a server"
        raise UsageError(
            f"the judge {now.name!r} was {known.model or 'a model'} at {stand_in} with other"
            " settings (model, prompts, reasons or temperature)",
            todo="give this one a name of its own with --name",
        )


def judge_plan(config: JudgeConfig, judge_id: str, run_id: str) -> JudgePlan:
    """How that judge is asked."""
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
    )


def _as_json(config: JudgeConfig) -> dict[str, Any]:
    return {
        "task": config.task,
        "level": config.level,
        "server": _named(config.server),
        "grader": _named(config.grader),
        "name": config.name,
        "reason": config.with_reason,
        "swap": config.swap,
        "samples": config.n_samples,
        "temperature": config.temperature,
        "max_tokens": config.max_tokens,
        "dataset": config.dataset,
        "limit": config.limit,
        "prompts": {name: config.prompts.hash(name) for name in PROMPT_NAMES},
    }


def _named(server: Server | None) -> dict[str, Any] | None:
    if server is None:
        return None
    return {"name": server.name, "url": list(server.url), "model": server.model}
