"""What the page of an evaluation shows beside figures, read while the store is open for those."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from intermt.commands import report_worst
from intermt.commands.eval_config import EvalConfig
from intermt.commands.judge_evidence import Choices, n_replies, pair_row, tie_credit
from intermt.commands.report_cases import Cases
from intermt.commands.report_plots import PairItem, ScoredItem
from intermt.commands.report_worst import Disagreement
from intermt.dimensions import LEVELS, Level
from intermt.formats.writing.svg_plots import LABEL_ROOM, shortened
from intermt.records import Choice, JudgeTask
from intermt.store import report
from intermt.store import verdicts as stored
from intermt.store.connect import Store
from intermt.store.report import Counted
from intermt.store.verdicts import Compared, JudgeSummary, Scored

_NAME_ROOM = 480


@dataclass(frozen=True, slots=True)
class Seen:
    """What judges and people said, counted as the figures are.

    Attributes:
        config: What was evaluated.
        judges: Those of whom there are figures.
        counts: How their verdicts ended, in the whole store.
        fingerprint: Of the store.
        labels: What judges are called on the page, by name.
        scores: By level and label.
        pairs: Likewise.
        worst: Where judges and people are farthest apart.
        cases: The same with all that was said.
    """

    config: EvalConfig
    judges: list[JudgeSummary]
    counts: list[Counted]
    fingerprint: str
    labels: dict[str, str]
    scores: dict[Level, dict[str, list[ScoredItem]]]
    pairs: dict[Level, dict[str, list[PairItem]]]
    worst: list[Disagreement]
    cases: Cases


def read(db: Any, store: Store, config: EvalConfig, names: frozenset[str]) -> Seen:
    """What the page of an evaluation needs.

    Args:
        db: The open database.
        store: Where pictures are.
        config: What is evaluated.
        names: Of the judges to show.
    """
    judges = [judge for judge in stored.judges(db) if judge.name in names]
    labels = _labels([judge.name for judge in judges])
    scores: dict[Level, dict[str, list[ScoredItem]]] = {level: {} for level in LEVELS}
    pairs: dict[Level, dict[str, list[PairItem]]] = {level: {} for level in LEVELS}
    found: list[Disagreement] = []
    votes: dict[tuple[str, str, str], tuple[Choice, ...]] = {}
    for judge in judges:
        called = labels[judge.name]
        for task, level in judge.tasks:
            if not _takes(task, level, config):
                continue
            if task == "score":
                scored = stored.scored(db, judge.judge_id, level, config.dataset)
                items = scores[level][called] = list(_scored_items(scored, config))
                found += report_worst.of_scores(called, items)
            elif task == "pair":
                human, synthetic = stored.pair_choices(db, judge.judge_id, level)
                votes.update(human)
                of_judge = stored.compared(db, judge.judge_id, level, config.dataset)
                compared = list(_pair_items(of_judge, human, config, synthetic=synthetic))
                pairs[level][called] = compared
                found += report_worst.of_pairs(called, compared, level)
            else:
                graded = stored.graded(db, judge.judge_id, config.dataset)
                n = n_replies(config.compat)
                found += report_worst.of_grades(
                    called, (g._replace(grades=g.grades[:n]) for g in graded)
                )
    worst = report_worst.worst(found)
    by_id = {judge.judge_id: labels[judge.name] for judge in judges}
    return Seen(
        config,
        judges,
        [c for c in report.counts(db) if c.judge_id in by_id and _takes(c.task, c.level, config)],
        report.fingerprint(db),
        labels,
        scores,
        pairs,
        worst,
        Cases(db, store.images, worst, by_id, votes),
    )


def _labels(names: Sequence[str]) -> dict[str, str]:
    """Names as they are, or numbered and shortened where plots have no room for all of each."""
    cut = any(shortened(name, LABEL_ROOM) != name for name in names)
    if len(names) < 2 or not cut:
        return {name: name for name in names}
    return {name: f"{i} · {shortened(name, _NAME_ROOM)}" for i, name in enumerate(names, 1)}


def _takes(task: JudgeTask, level: Level, config: EvalConfig) -> bool:
    return task in config.tasks and level in config.levels


def _scored_items(items: Iterable[Scored], config: EvalConfig) -> Iterator[ScoredItem]:
    n = n_replies(config.compat)
    for item in items:
        stated = tuple(value for value in item.replies[:n] if value is not None)
        both = zip(item.replies[:n], item.estimates[:n], strict=True)
        numbers = [value if estimate is None else estimate for value, estimate in both]
        known = tuple(float(number) for number in numbers if number is not None)
        if known and item.human:
            yield ScoredItem(
                item.item_id,
                item.dimension,
                item.seed_id,
                stated,
                known,
                item.human,
                item.simulated,
                item.synthetic,
            )


def _pair_items(
    pairs: Iterable[Compared],
    human: Choices,
    config: EvalConfig,
    *,
    synthetic: bool,
) -> Iterator[PairItem]:
    for pair in pairs:
        row = pair_row(pair, human, config.compat, config.resampling.seed)
        winner, n_a, n_b = row.winner, row.human.count("a"), row.human.count("b")
        stated = [said for said in row.verdicts.values() if said is not None]
        if winner is None or not stated:
            continue
        tie = tie_credit(config.compat)
        credit = sum(tie if said == "tie" else float(said == winner) for said in stated)
        yield PairItem(
            pair.dimension,
            pair.a_id,
            pair.b_id,
            pair.seed_id,
            max(n_a, n_b) / len(row.human),
            credit / len(stated),
            abs(n_a - n_b) / len(row.human),
            pair.simulated,
            synthetic,
        )
