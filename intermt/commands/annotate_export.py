"""Annotation tasks out: what people are to compare, in a form that they can work with."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from intermt.commands.export_config import ExportConfig
from intermt.commands.export_files import MANIFEST, ExportFiles
from intermt.commands.export_plan import LevelPlan, plan
from intermt.commands.known_datasets import require_dataset
from intermt.commands.runs import finished, new_run
from intermt.commands.task_pictures import TaskPictures
from intermt.commands.whole_folder import whole_folder
from intermt.dimensions import Level
from intermt.errors import MissingInputError, StoreIOError
from intermt.formats.writing.annotation_tasks import TaskItem, TaskRecord, task_item
from intermt.records import AnnotationTask, Node, Progress
from intermt.store import tasks as stored
from intermt.store import trees
from intermt.store.connect import Store
from intermt.store.inserting import key_of, known
from intermt.store.rows import to_row

_CHUNK = 500


@dataclass(slots=True)
class LevelReport:
    """What was given out of one level.

    Attributes:
        n_contexts: Questions (local) or seed questions (global) with two or more candidates.
        n_pairs: Pairs of them, after `--per-prompt` or `--per-seed`. It is the sum of the
            pairs left out and the tasks that are no gold items.
        n_unlabelled: Pairs left out because no annotator has labelled them (for verifiers).
        n_settled: Pairs left out because their outcome is agreed on: gold items or nothing.
        n_enough: Pairs left out because enough people have labelled them.
        n_beyond_limit: Pairs left out by the limit.
        n_nobody: Pairs left out because everybody named has labelled them.
        n_tasks: Different tasks given out, gold items included.
        n_gold: Gold items among them.
        n_assigned: Tasks counted once for each annotator they are given to; equal to
            `n_tasks` where nobody is named.
        n_gold_wanted: Gold items that the share asks for, counted like `n_assigned`.
        n_gold_assigned: Gold items, counted like `n_assigned`.
        n_short: Tasks given to fewer people than wanted.
        n_first_a: Tasks with the candidate on the left whose id sorts first.
        n_missing_pictures: Tasks that lack a picture.
        n_simulated: Tasks with a message that a stand-in server wrote.
        annotators: Tasks by annotator, where they are named.
    """

    n_contexts: int
    n_pairs: int
    n_unlabelled: int
    n_settled: int
    n_enough: int
    n_beyond_limit: int
    n_nobody: int
    n_tasks: int
    n_gold: int
    n_assigned: int
    n_gold_wanted: int
    n_gold_assigned: int
    n_short: int
    n_first_a: int
    n_missing_pictures: int = 0
    n_simulated: int = 0
    annotators: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ExportResult:
    """What was written.

    Attributes:
        folder: Where; None where nothing is left to give out.
        to: For which tool.
        role: Who they are for.
        overlap: How many of them each task is to have.
        levels: What was given out, by level.
        n_pictures: Different pictures in the tasks.
        unchanged: Whether the folder was there with the same content.
        simulated: Whether a stand-in server wrote any of it.
        synthetic: Whether a gold item rests on an invented label.
        run_id: The run that new tasks belong to; None where the store knows them all.
    """

    folder: str | None
    to: str
    role: str
    overlap: int
    levels: dict[Level, LevelReport]
    n_pictures: int
    unchanged: bool
    simulated: bool
    synthetic: bool
    run_id: str | None


def run(
    store: Store,
    config: ExportConfig,
    folder: Path,
    progress: Progress,
    *,
    force: bool = False,
    options: Mapping[str, Any] | None = None,
) -> ExportResult:
    """Write annotation tasks into a folder, which appears whole or not at all.

    The store keeps what was given out before the folder appears.

    Args:
        store: Where conversations and labels are.
        config: Which tasks, for whom, in which form.
        folder: What to write; its parent is there.
        progress: Where to report.
        force: Whether to replace an earlier export that differs.
        options: What the run record says was asked for.

    Raises:
        MissingInputError: There is no store, no such collection, nothing to compare, or no
            gold item.
        CannotCreate: The folder holds something else, or cannot be made.
        StoreIOError: The store is damaged, or the disk is full.
        TryLater: The store stayed busy.
    """
    plans = [_checked_plan(store, config, level) for level in config.levels]
    _refuse_nothing(store, config, plans)
    reports = {made.level: _report(made) for made in plans if made.n_contexts}
    if not any(made.tasks for made in plans):
        return _result(None, config, reports, 0, unchanged=False, synthetic=False, run_id=None)
    with whole_folder(folder, marker=MANIFEST, replace=force) as new:
        files = ExportFiles(new.path, folder.resolve().name, config)
        pictures = TaskPictures(store.images, new.path, config.pictures)
        written: list[AnnotationTask] = []
        for made in plans:
            if made.tasks:
                report = reports[made.level]
                written += _write(store, made, report, files, pictures, progress)
        simulated = any(report.n_simulated for report in reports.values())
        files.finish(_told(reports), simulated=simulated)
        new.settle()
        run_id = _keep(store, written, config, options or {})
    return _result(
        str(folder),
        config,
        reports,
        pictures.n_pictures,
        unchanged=new.is_unchanged,
        synthetic=any(made.synthetic for made in plans),
        run_id=run_id,
    )


def _checked_plan(store: Store, config: ExportConfig, level: Level) -> LevelPlan:
    made = plan(store, config, level)
    if config.dataset is not None and not made.n_contexts:
        with store.reading() as db:
            require_dataset(config.dataset, stored.datasets(db), store)
    return made


def _refuse_nothing(store: Store, config: ExportConfig, plans: Sequence[LevelPlan]) -> None:
    if not any(made.n_contexts for made in plans):
        things = {
            "local": "no question has two answers",
            "global": "no seed question has two conversations",
        }
        raise MissingInputError(
            f"there is nothing to compare: {', and '.join(things[p.level] for p in plans)}",
            where=str(store.folder),
            todo="grow trees with generate, or import more conversations",
        )
    if config.gold and not any(made.n_settled for made in plans):
        raise MissingInputError(
            "there are no gold items: no pair has an outcome that verifiers, or at least three"
            " annotators, agree on",
            where=str(store.folder),
            todo="leave out --gold until labels are imported",
        )


def _report(made: LevelPlan) -> LevelReport:
    return LevelReport(
        n_contexts=made.n_contexts,
        n_pairs=made.n_pairs,
        n_unlabelled=made.n_unlabelled,
        n_settled=made.n_settled,
        n_enough=made.n_enough,
        n_beyond_limit=made.n_beyond_limit,
        n_nobody=made.n_nobody,
        n_tasks=len(made.tasks),
        n_gold=sum(bool(task.gold) for task in made.tasks.values()),
        n_assigned=sum(map(len, made.work.values())),
        n_gold_wanted=made.n_gold_wanted,
        n_gold_assigned=made.n_gold_given,
        n_short=made.n_short,
        n_first_a=sum(task.shown_first == "a" for task in made.tasks.values()),
        annotators={name: len(keys) for name, keys in made.work.items() if name},
    )


def _told(reports: Mapping[Level, LevelReport]) -> dict[str, Any]:
    """What may lie beside the tasks: nothing of gold items."""
    shown = ("n_tasks", "n_assigned", "n_missing_pictures", "n_simulated", "annotators")
    return {level: {key: getattr(r, key) for key in shown} for level, r in reports.items()}


def _write(
    store: Store,
    made: LevelPlan,
    report: LevelReport,
    files: ExportFiles,
    pictures: TaskPictures,
    progress: Progress,
) -> list[AnnotationTask]:
    """Write all tasks of a level; the tasks with what is known once they are written."""
    written: dict[str, AnnotationTask] = {}
    lacking: set[str] = set()

    def items(keys: Sequence[str]) -> Iterator[TaskItem]:
        for start in range(0, len(keys), _CHUNK):
            wanted = [made.tasks[key] for key in keys[start : start + _CHUNK]]
            for record in _records(store, made.level, wanted):
                key = record.task.annotation_task_id
                written[key] = record.task
                item = task_item(record, pictures.item)
                if _lacks_picture(item):
                    lacking.add(key)
                progress.advance()
                yield item

    progress.start(f"writing {made.level} tasks", report.n_assigned, "tasks")
    for name, keys in made.work.items():
        if keys:
            files.write(made.level, name, items(keys))
    progress.stop()
    report.n_missing_pictures = len(lacking)
    report.n_simulated = sum(task.simulated for task in written.values())
    return list(written.values())


def _lacks_picture(item: TaskItem) -> bool:
    said = (item["prefix"], item["left"]["messages"], item["right"]["messages"])
    return any("missing" in part for messages in said for m in messages for part in m["content"])


def _records(store: Store, level: Level, wanted: Sequence[AnnotationTask]) -> list[TaskRecord]:
    """Tasks with their messages; the store is closed again when this returns."""
    find: Callable[..., dict[str, tuple[str, ...]]]
    find = trees.paths if level == "local" else trees.conversation_paths
    with store.reading() as db:
        paths = find(db, {side for task in wanted for side in (task.a_id, task.b_id)})
        nodes = trees.nodes(db, {node for path in paths.values() for node in path})
    return [_record(task, paths, nodes) for task in wanted]


def _record(
    task: AnnotationTask, paths: Mapping[str, tuple[str, ...]], nodes: Mapping[str, Node]
) -> TaskRecord:
    a, b = paths.get(task.a_id, ()), paths.get(task.b_id, ())
    n_shared = len(a) - 1 if task.level == "local" else 1
    if not a or a[:n_shared] != b[:n_shared] or not nodes.keys() >= {*a, *b}:
        raise StoreIOError(
            "messages of a candidate are not in the store",
            where=f"{task.a_id} or {task.b_id}",
            todo="run: intermt check --repair",
        )
    return TaskRecord(
        task=replace(task, simulated=any(nodes[node].simulated for node in (*a, *b))),
        turn=nodes[task.a_id].turn if task.level == "local" else None,
        prefix=trees.messages(a[:n_shared], nodes),
        a=trees.messages(a[n_shared:], nodes),
        b=trees.messages(b[n_shared:], nodes),
    )


def _keep(
    store: Store, given: Sequence[AnnotationTask], config: ExportConfig, options: Mapping[str, Any]
) -> str | None:
    """Put what is given out into the store; the run, or None if it knew everything."""
    rows = [to_row(task) for task in given]
    with store.reading() as db:
        there = known(db, rows)
    key = key_of("annotation_task")[0]
    new = [
        task
        for task, (table, row) in zip(given, rows, strict=True)
        if (table, (row[key],)) not in there
    ]
    if not new:
        return None
    record = new_run("annotate-export", options, config.seed)
    store.write([finished(record, "done"), *(replace(t, run_id=record.run_id) for t in new)])
    return record.run_id


def _result(
    folder: str | None,
    config: ExportConfig,
    reports: dict[Level, LevelReport],
    n_pictures: int,
    *,
    unchanged: bool,
    synthetic: bool,
    run_id: str | None,
) -> ExportResult:
    return ExportResult(
        folder=folder,
        to=config.to,
        role=config.role,
        overlap=config.overlap,
        levels=reports,
        n_pictures=n_pictures,
        unchanged=unchanged,
        simulated=any(report.n_simulated for report in reports.values()),
        synthetic=synthetic,
        run_id=run_id,
    )
