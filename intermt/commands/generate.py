"""Seed questions in, QA trees out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from intermt.commands.answering import GrowthPlan
from intermt.commands.calling import CallCounts, Caller, completed, each, started
from intermt.commands.growing import Grower, GrownTree
from intermt.commands.picture_files import PictureFiles
from intermt.commands.runs import finished, new_run
from intermt.config import Server
from intermt.errors import InputError, MissingInputError
from intermt.formats.reading.rows import RowProblem
from intermt.formats.reading.seeds import SeedRow, read_seeds
from intermt.formats.reading.source import STDIN, open_source
from intermt.records import (
    Image,
    ImagePart,
    Node,
    Part,
    Progress,
    Run,
    Seed,
    TextPart,
    content_id,
    node_id,
)
from intermt.store import trees
from intermt.store.connect import Store
from intermt.store.flushing import flushing

_MAX_PROBLEMS = 20
_SEEDS_AT_ONCE = 64


@dataclass(frozen=True, slots=True)
class GenerateConfig:
    """What to grow and with which servers.

    Attributes:
        files: Seed files; `-` is standard input.
        plan: How trees grow.
        dataset: Collection that seeds and conversations belong to.
        images: Folder that picture names are looked up in; None for each file's own.
        limit: Most seed questions; which ones depends on the plan's seed alone.
        stop_error_rate: See `Caller`.
        dry_run: Only say what would be done.
    """

    files: tuple[str, ...]
    plan: GrowthPlan
    dataset: str = "generated"
    images: Path | None = None
    limit: int | None = None
    stop_error_rate: float = 0.5
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class GenerateResult:
    """What a run grew.

    Attributes:
        n_seeds: Seed questions worked on.
        n_short: Seeds with work left: some call for them failed.
        n_prompts: Prompts in their trees, seed questions included.
        n_answers: Answers in their trees.
        n_pictures: Pictures in the answers.
        n_conversations: Finished conversations.
        missing_pictures: Pictures that seed questions name and that are not there.
        calls: What became of the calls.
        simulated: Whether a stand-in wrote any of it.
        run_id: The run.
    """

    n_seeds: int
    n_short: int
    n_prompts: int
    n_answers: int
    n_pictures: int
    n_conversations: int
    missing_pictures: dict[str, int]
    calls: CallCounts
    simulated: bool
    run_id: str | None


def run(store: Store, config: GenerateConfig, progress: Progress) -> GenerateResult:
    """Grow a tree from every seed question.

    Raises:
        InputError: A seed file has bad rows; nothing was done.
        MissingInputError: A file or the picture folder is not there; nothing was done.
        ServerUnreachable: A server does not answer.
        TryLater: Too many calls fail, or the store stays busy.
    """
    if config.images is not None and not config.images.is_dir():
        raise MissingInputError("there is no such folder of pictures", where=str(config.images))
    rows = _chosen(_read(config), config)
    if config.dry_run:
        return GenerateResult(len(rows), 0, len(rows), 0, 0, 0, {}, CallCounts(), False, None)
    store.create()
    record = new_run("generate", _as_json(config), config.plan.seed)
    roots, missing = _write_roots(store, rows, config, record)
    plan = config.plan
    servers = [*plan.answer, plan.user, *([plan.draw] if plan.draw else [])]
    with started(servers) as running, flushing(store, progress.note):
        caller = Caller(
            store,
            running,
            run_id=record.run_id,
            progress=progress,
            stop_error_rate=config.stop_error_rate,
        )
        drawn: dict[str, dict[int, str]] = {}
        tally = completed(store, _grow_all(caller, config, roots, record, progress, drawn))
        outcome = "done" if not tally["short"] else "partial"
        store.keep([finished(record, outcome)])
    _fill_pictures(store, drawn)
    return GenerateResult(
        n_seeds=len(roots),
        n_short=tally["short"],
        n_prompts=tally["user"],
        n_answers=tally["assistant"],
        n_pictures=tally["pictures"],
        n_conversations=tally["conversations"],
        missing_pictures=missing,
        calls=caller.counts,
        simulated=bool(tally["simulated"]),
        run_id=record.run_id,
    )


async def _grow_all(
    caller: Caller,
    config: GenerateConfig,
    roots: Sequence[tuple[Seed, Node]],
    record: Run,
    progress: Progress,
    drawn: dict[str, dict[int, str]],
) -> Counter[str]:
    """Grow every tree, many at once; the counts of what came of it.

    `drawn` gets the SHA-256 of the pictures that were drawn, by node id and part position.
    """
    tally: Counter[str] = Counter()
    async with caller:
        grower = Grower(caller, config.plan, config.dataset, record.run_id)
        progress.start("growing trees", len(roots), "seeds")

        async def one(pair: tuple[Seed, Node]) -> None:
            tree = await grower.grow(*pair)
            caller.keep([*tree.nodes, *tree.conversations, *tree.uses])
            tally.update(_counts(tree))
            for node in tree.nodes:
                if node.role == "assistant" and (pictures := _pictures(node)):
                    drawn[node.node_id] = pictures
            progress.advance()

        await each(roots, one, _SEEDS_AT_ONCE)
        progress.stop()
    return tally


def _counts(tree: GrownTree) -> dict[str, int]:
    return {
        "short": int(tree.n_unfinished > 0),
        "user": sum(node.role == "user" for node in tree.nodes),
        "assistant": sum(node.role == "assistant" for node in tree.nodes),
        "pictures": sum(len(_pictures(node)) for node in tree.nodes if node.role == "assistant"),
        "conversations": len(tree.conversations),
        "simulated": sum(node.simulated for node in tree.nodes),
    }


def _pictures(node: Node) -> dict[int, str]:
    return {
        position: part.sha256
        for position, part in enumerate(node.parts)
        if isinstance(part, ImagePart) and part.sha256 is not None
    }


def _fill_pictures(store: Store, drawn: dict[str, dict[int, str]]) -> None:
    """Put pictures that an earlier run was refused into the nodes that it stored without."""
    with store.reading() as db:
        lacking = trees.lacking_pictures(db, drawn)
    if lacking:
        with store.writing() as db:
            trees.fill_pictures(db, {node: drawn[node] for node in lacking})


def _read(config: GenerateConfig) -> list[tuple[SeedRow, Path]]:
    """The good rows of all files with the folder of their pictures."""
    rows: list[tuple[SeedRow, Path]] = []
    problems: list[RowProblem] = []
    for name in config.files:
        folder = config.images or (Path() if name == STDIN else Path(name).parent)
        with open_source(name) as source:
            for row in read_seeds(source):
                if isinstance(row, RowProblem):
                    problems.append(row)
                else:
                    rows.append((row, folder))
    if problems:
        shown = "\n  ".join(problem.message for problem in problems[:_MAX_PROBLEMS])
        more = len(problems) - _MAX_PROBLEMS
        raise InputError(
            f"{len(problems)} seed questions cannot be used:\n  {shown}"
            + (f"\n  ... and {more} more" if more > 0 else ""),
            todo="mend them and run the same command again",
        )
    if not rows:
        raise InputError("there are no seed questions in the files", where=config.files[0])
    return rows


def _chosen(rows: list[tuple[SeedRow, Path]], config: GenerateConfig) -> list[tuple[SeedRow, Path]]:
    """The rows to work on; with a limit, a choice that the order of rows does not change."""
    if config.limit is None or config.limit >= len(rows):
        return rows
    order = sorted(
        range(len(rows)),
        key=lambda i: content_id("limit", config.plan.seed, rows[i][0].source_id, rows[i][0].text),
    )
    return [rows[i] for i in sorted(order[: config.limit])]


def _write_roots(
    store: Store, rows: Iterable[tuple[SeedRow, Path]], config: GenerateConfig, record: Run
) -> tuple[list[tuple[Seed, Node]], dict[str, int]]:
    """Seeds with their root nodes, each question once; and the missing pictures by reason."""
    finders: dict[Path, PictureFiles] = {}
    roots: dict[str, tuple[Seed, Node]] = {}
    images: dict[str, Image] = {}
    missing: Counter[str] = Counter()
    for row, folder in rows:
        finder = finders.setdefault(folder, PictureFiles(folder, store.images))
        parts: list[Part] = []
        for name in row.pictures:
            found = finder.find(name)
            if found.image is not None:
                images[found.image.sha256] = found.image
                key = found.image.sha256
                parts.append(ImagePart(sha256=key, name=name, key=key))
            else:
                missing[f"{name}: {found.missing}"] += 1
                parts.append(ImagePart(name=name, missing=found.missing, key=f"name:{name}"))
        parts.append(TextPart(row.text))
        seed_id = node_id(None, "user", parts)
        seed = Seed(
            seed_id,
            config.dataset,
            row.source_id,
            row.source,
            row.licence,
            row.task,
            row.scenario,
            row.language,
            row.intention,
        )
        root = Node(
            seed_id,
            None,
            seed_id,
            "user",
            1,
            tuple(parts),
            place="1",
            run_id=record.run_id,
        )
        roots.setdefault(seed_id, (seed, root))
    store.write([*images.values(), record, *(item for pair in roots.values() for item in pair)])
    return list(roots.values()), dict(missing)


def _as_json(config: GenerateConfig) -> dict[str, Any]:
    plan = config.plan
    return {
        "files": list(config.files),
        "dataset": config.dataset,
        "answer": [_named(server) for server in plan.answer],
        "user": _named(plan.user),
        "draw": _named(plan.draw) if plan.draw else None,
        "turns": plan.n_turns,
        "candidates": plan.n_candidates,
        "follow_ups": plan.n_follow_ups,
        "beam": plan.beam,
        "limit": config.limit,
        "temperature": plan.temperature,
        "max_tokens": plan.max_tokens,
        "prompts": {name: plan.prompts.hash(name) for name in plan.prompts.texts},
    }


def _named(server: Server) -> dict[str, Any]:
    return {"name": server.name, "url": list(server.url), "model": server.model}
