"""Seed questions in, QA trees out."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from intermt.commands.answering import Answerer, GrowthPlan
from intermt.commands.at_once import each
from intermt.commands.budget import Budget, checked_limits
from intermt.commands.calling import CallCounts, Caller, completed, started
from intermt.commands.estimating import DryRun, Needs, TreeShape, expected, most, tree_shape
from intermt.commands.generate_result import GenerateResult, Growth, pictures_of, result_of
from intermt.commands.growing import Grower, GrownTree
from intermt.commands.resuming import Resume, fingerprint, resume, sampling_seed
from intermt.commands.runs import finished, new_run
from intermt.commands.scoring import JudgeScorer
from intermt.commands.seed_config import SeedingConfig, SeedReport, Selection
from intermt.commands.seeding import planned, read_seeds, select
from intermt.commands.tool_rounds import MAX_ROUNDS
from intermt.config import Server
from intermt.records import Node, Progress, Run, Seed, SeedGrowth, content_id
from intermt.store import generation, trees
from intermt.store.connect import Store
from intermt.store.flushing import flushing
from intermt.store.rows import Record

_LEAST_AT_ONCE = 8


@dataclass(frozen=True, slots=True)
class GenerateConfig:
    """What to grow and with which servers.

    Attributes:
        seeding: Which seed questions, and the collection that they and what grows from them
            belong to.
        plan: How trees grow.
        judge: Server whose scores decide who goes on; None for none.
        min_instances: Complete conversations of two or more turns wanted of each seed.
        stop_error_rate: See `Caller`.
        max_tokens_total: See `Budget`; None for no limit.
        max_cost: Likewise.
        resume: See `resuming.resume`.
    """

    seeding: SeedingConfig
    plan: GrowthPlan
    judge: Server | None = None
    min_instances: int = 8
    stop_error_rate: float = 0.5
    max_tokens_total: int | None = None
    max_cost: float | None = None
    resume: Resume = "if-possible"

    @property
    def servers(self) -> tuple[Server, ...]:
        """Everyone who may be asked for nodes."""
        plan = self.plan
        others = (plan.user, *plan.tool_servers, self.judge)
        return (*plan.answer, *(server for server in others if server is not None))

    @property
    def n_at_once(self) -> int:
        """Trees under way at once: enough to keep the answer servers busy."""
        n_slots = sum(server.max_in_flight for server in self.plan.answer)
        answers = self.shape.n_answers
        # A tree asks for one level at a time, and most levels are narrower than the widest.
        return max(_LEAST_AT_ONCE, 2 * n_slots * len(answers) // sum(answers))

    @property
    def shape(self) -> TreeShape:
        """How large a tree can become."""
        plan = self.plan
        return tree_shape(
            plan.n_turns,
            plan.n_candidates,
            plan.n_follow_ups,
            plan.beam,
            judged=self.judge is not None,
        )


def plan_run(store: Store, config: GenerateConfig, progress: Progress) -> DryRun:
    """What a run would take; nobody is asked and nothing is written.

    Raises:
        InputError: A seed file has bad rows.
        MissingInputError: A file or the picture folder is not there.
        UsageError: As for `run`.
    """
    checked_limits(config.max_tokens_total, config.max_cost, _everyone(config))
    seeding = planned(config.seeding, progress)
    plan, n_seeds = config.plan, seeding.n_kept
    has_tools = plan.tools and bool(plan.tool_servers or plan.pictures)
    needs = Needs(
        n_seeds,
        config.shape,
        plan.max_tokens,
        plan.answer,
        plan.user,
        config.judge,
        plan.tool_servers,
        bool(plan.tool_servers or plan.pictures),
        MAX_ROUNDS if has_tools else 0,
        _seed_calls(config.seeding, seeding),
    )
    averages = None
    if store.exists():
        with store.reading() as db:
            averages = generation.averages(db)
    bound = config.shape.n_instances
    guess = expected(needs, averages)
    return DryRun(seeding, n_seeds, most(needs), guess, bound, config.min_instances)


def _seed_calls(config: SeedingConfig, report: SeedReport) -> dict[str, int]:
    """Most calls to have seed questions rated and rewritten."""
    n_left = report.n_read - sum(one.n_dropped for one in report.filters)
    return {
        **({"potential": n_left} if config.potential is not None else {}),
        **({"rewrite": report.n_kept} if config.rewrite is not None else {}),
    }


def _everyone(config: GenerateConfig) -> dict[str, Server]:
    return {server.name: server for server in (*config.seeding.servers, *config.servers)}


def run(store: Store, config: GenerateConfig, progress: Progress) -> GenerateResult:
    """Grow a tree from every seed question.

    Raises:
        InputError: A seed file has bad rows; nothing was done.
        MissingInputError: A file or the picture folder is not there; nothing was done.
        UsageError: A limit leaves room for no call, or a cost is limited and nothing has a price.
        ConfigError: The configuration changed and `resume` is `always`.
        ServerUnreachable: A server does not answer.
        TryLater: Too many calls fail, or the store stays busy.
    """
    everyone = _everyone(config)
    checked_limits(config.max_tokens_total, config.max_cost, everyone)
    budget = Budget(everyone, config.max_tokens_total, config.max_cost)
    record = new_run("generate", _as_json(config), config.plan.seed)
    callers: list[Caller] = []

    def caller_for(running: Mapping[str, Server]) -> Caller:
        caller = Caller(
            store,
            running,
            run_id=record.run_id,
            progress=progress,
            stop_error_rate=config.stop_error_rate,
            budget=budget,
        )
        callers.append(caller)
        return caller

    seeds = read_seeds(config.seeding, progress)
    asked = sorted(server.name for server in everyone.values())
    turn = content_id("generate", config.seeding.dataset, config.plan.seed, asked)
    with store.turn_at(turn, "this growing of trees"):
        found = select(store, seeds, record, caller_for)
        with started(config.servers) as running, flushing(store, progress.note):
            work = _Run(store, caller_for(running), config, record, progress)
            growth = completed(store, work.grow(found))
            left = growth.tally["unfinished"] + found.report.n_waiting
            store.keep([finished(growth.record, "partial" if left else "done")])
    calls = CallCounts.sum(caller.counts for caller in callers)
    return result_of(growth, found.report, calls, budget)


class _Run:
    """One run under way."""

    def __init__(
        self,
        store: Store,
        caller: Caller,
        config: GenerateConfig,
        record: Run,
        progress: Progress,
    ) -> None:
        self._store = store
        self._caller = caller
        self._config = config
        self._record = record
        self._progress = progress
        self._growers: dict[str, Grower] = {}
        self._scorer: JudgeScorer | None = None
        self._lacking: set[str] = set()
        self._there: dict[str, str] = {}

    async def grow(self, found: Selection) -> Growth:
        """Grow every tree, many at once; what came of it."""
        config, shape = self._config, self._config.shape
        async with self._caller:
            growth = await asyncio.to_thread(self._begin, found)
            n_nodes = shape.n_nodes
            self._progress.start("growing trees", n_nodes * len(found.roots), "nodes")

            async def one(pair: tuple[Seed, Node]) -> None:
                seed, root = pair
                lineage = growth.resumed.lineages[seed.seed_id]
                counter = _Steps(self._progress)
                tree = await self._grower(lineage).grow(seed, root, counter.step)
                why = tree.why_short(config.min_instances, shape.n_instances)
                grown = self._grown(seed, tree, why, lineage)
                await self._caller.keep_soon([*self._records(tree), grown])
                await self._fill_pictures(tree)
                growth.count(seed, tree, why)
                self._progress.grow(counter.n - n_nodes)

            await each(found.roots, one, config.n_at_once)
            self._progress.stop()
        return growth

    def _begin(self, found: Selection) -> Growth:
        """Find out what to go on from, and write the seeds and the run down."""
        config, run_id = self._config, self._record.run_id
        now = fingerprint(config.plan, self._caller.models, judge=config.judge)
        ids = [seed.seed_id for seed, _ in found.roots]
        resumed = resume(self._store, config.resume, now, ids, run_id)
        for change in resumed.changes:
            self._progress.note(f"another than in the latest run on these seeds: {change}")
        record = replace(self._record, config={**self._record.config, "fingerprint": now})
        if config.judge is not None:
            self._scorer = JudgeScorer.open(
                self._store, self._caller, config.judge, config.plan.prompts, run_id
            )
        begun = (
            SeedGrowth(i, "begun", 0, config.min_instances, "", resumed.lineages[i], run_id)
            for i in ids
        )
        with self._store.reading() as db:
            self._there = generation.conversations_beside_gaps(db, config.seeding.dataset, ids)
        roots: list[Record] = [item for pair in found.roots for item in pair]
        self._store.write([*found.images, record, *roots, *begun])
        with self._store.reading() as db:
            self._lacking = generation.lacking_pictures(db, ids)
        return Growth(record, resumed)

    def _grown(self, seed: Seed, tree: GrownTree, why: str, lineage: str) -> SeedGrowth:
        return SeedGrowth(
            seed.seed_id,
            "unfinished" if tree.n_unfinished else "done",
            tree.n_instances,
            self._config.min_instances,
            why or tree.said_of_left_out(),
            lineage,
            self._record.run_id,
        )

    def _grower(self, lineage: str) -> Grower:
        if lineage not in self._growers:
            config = self._config
            plan = replace(config.plan, seed=sampling_seed(config.plan.seed, lineage))
            answerer = Answerer(self._caller, plan, self._record.run_id)
            self._growers[lineage] = Grower(
                answerer, plan, config.seeding.dataset, self._record.run_id, self._scorer
            )
        return self._growers[lineage]

    def _records(self, tree: GrownTree) -> list[Record]:
        # Where an answer failed in an earlier run and is now word for word the one beside it,
        # its place is another, but the conversation is there.
        double = {
            c.conversation_id
            for c in tree.conversations
            if self._there.get(c.path[-1], c.conversation_id) != c.conversation_id
        }
        return [
            *tree.nodes,
            *(c for c in tree.conversations if c.conversation_id not in double),
            *(use for use in tree.uses if use.conversation_id not in double),
            *tree.tool_uses,
            *tree.marks,
            *tree.verdicts,
        ]

    async def _fill_pictures(self, tree: GrownTree) -> None:
        """Put pictures into nodes that an earlier run stored without them."""
        found = {
            n.node_id: p for n in tree.nodes if n.role == "assistant" and (p := pictures_of(n))
        }
        for use in tree.tool_uses:
            # One that came late is in no part: what follows was written without it.
            if use.position is not None and use.image_sha256 is not None:
                found.setdefault(use.node_id, {})[use.position] = use.image_sha256
        lacking = {node: found[node] for node in self._lacking & found.keys()}
        if lacking:
            await asyncio.to_thread(self._write_pictures, lacking)

    def _write_pictures(self, found: dict[str, dict[int, str]]) -> None:
        # The pictures' own rows may still wait in the journal.
        self._store.flush()
        with self._store.writing() as db:
            trees.fill_pictures(db, found)


class _Steps:
    """Counts the nodes of one tree that have been tried."""

    def __init__(self, progress: Progress) -> None:
        self.n = 0
        self._progress = progress

    def step(self) -> None:
        self.n += 1
        self._progress.advance()


def _as_json(config: GenerateConfig) -> dict[str, Any]:
    plan = config.plan
    return {
        "dataset": config.seeding.dataset,
        "seeding": config.seeding.described(),
        "answer": [_named(server) for server in plan.answer],
        "user": _named(plan.user),
        "draw": _named(plan.draw),
        "edit": _named(plan.edit),
        "retrieve": _named(plan.retrieve),
        "pictures": str(plan.pictures) if plan.pictures else None,
        "tools": plan.tools,
        "judge": _named(config.judge),
        "turns": plan.n_turns,
        "candidates": plan.n_candidates,
        "follow_ups": plan.n_follow_ups,
        "beam": plan.beam,
        "min_instances": config.min_instances,
        "max_tokens_total": config.max_tokens_total,
        "max_cost": config.max_cost,
        "resume": config.resume,
        "temperature": plan.temperature,
        "temperatures": list(plan.temperatures),
        "limit_context": plan.limit_context,
        "max_tokens": plan.max_tokens,
        "prompts": {name: plan.prompts.hash(name) for name in plan.prompts.texts},
    }


def _named(server: Server | None) -> dict[str, Any] | None:
    if server is None:
        return None
    return {"name": server.name, "url": list(server.url), "model": server.model}
