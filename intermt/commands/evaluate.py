"""Verdicts beside what people said: the tables of InterMT-Bench for a store's own judges."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from intermt.commands.fail_under import Check, Threshold, checks
from intermt.commands.judging import CRUCIAL_STEP
from intermt.commands.measured import Judged, Measured, of_figure, of_table
from intermt.dimensions import LEVELS, Level
from intermt.domain.benchmark import (
    GradeRow,
    PairReply,
    PairRow,
    ScoreRow,
    crucial_step_result,
    pair_tables,
    score_tables,
)
from intermt.domain.figures import Resampling, Table
from intermt.errors import MissingInputError, UsageError
from intermt.records import JudgeTask, Progress
from intermt.store import verdicts as stored
from intermt.store.connect import Store
from intermt.store.verdicts import JudgeSummary

TASKS: tuple[JudgeTask, ...] = ("score", "pair", "crucial-step")

_NOUNS: dict[tuple[JudgeTask, Level], str] = {
    ("score", "local"): "answers",
    ("score", "global"): "conversations",
    ("pair", "local"): "pairs of answers",
    ("pair", "global"): "pairs of conversations",
}


@dataclass(frozen=True, slots=True)
class EvalConfig:
    """What to evaluate and how.

    Attributes:
        tasks: Tasks to evaluate.
        levels: Levels to evaluate; crucial-step is global.
        judges: Names of the judges; empty for every judge with verdicts.
        dataset: Only items of this collection, chosen as `judge` chooses them.
        resampling: How intervals are made.
        fail_under: Conditions as in `pair.local.overall.accuracy=0.55`.
    """

    tasks: tuple[JudgeTask, ...] = TASKS
    levels: tuple[Level, ...] = LEVELS
    judges: tuple[str, ...] = ()
    dataset: str | None = None
    resampling: Resampling = field(default_factory=Resampling)
    fail_under: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Grades:
    """How often a judge's descriptions of crucial steps got each grade.

    Attributes:
        judge: Name of the judge.
        model: The model behind it, if known.
        simulated: Whether a stand-in judged, graded, or wrote what was judged.
        synthetic_labels: Whether references it was graded against are invented.
        distribution: Graded replies by grade, 1 to 5.
        n: Graded replies.
    """

    judge: str
    model: str | None
    simulated: bool
    synthetic_labels: bool
    distribution: Mapping[int, int]
    n: int


@dataclass(frozen=True, slots=True)
class EvalResult:
    """Every figure that the store's verdicts and labels allow.

    Attributes:
        simulated: Whether any figure rests on what a stand-in answered.
        synthetic_labels: Whether any rests on invented labels.
        figures: By judge, task, level and statistic, dimensions in the order of their ids.
        grades: The grades of each judge with crucial-step verdicts.
        gaps: What could not be compared with people, and why.
        checks: What became of each condition.
    """

    simulated: bool
    synthetic_labels: bool
    figures: tuple[Measured, ...]
    grades: tuple[Grades, ...]
    gaps: tuple[str, ...]
    checks: tuple[Check, ...]

    @property
    def passed(self) -> bool:
        """Whether every condition holds."""
        return all(check.passed for check in self.checks)


def run(store: Store, config: EvalConfig, progress: Progress) -> EvalResult:
    """Evaluate judges against people.

    Raises:
        MissingInputError: A judge is not there, or there is nothing to evaluate.
        UsageError: A condition cannot be understood or is about no figure, or tasks and
            levels exclude each other.
    """
    thresholds = [Threshold.parse(text) for text in config.fail_under]
    if config.tasks == ("crucial-step",) and "global" not in config.levels:
        raise UsageError(
            "crucial steps are recognised in whole conversations, not in single turns",
            todo="leave out --level, or use --level global",
        )
    with store.reading() as db:
        judges = _chosen(stored.judges(db), config)
    steps = [
        (judge, task, level)
        for judge in judges
        for task in TASKS
        for level in LEVELS
        if (task, level) in judge.tasks and task in config.tasks and level in config.levels
    ]
    evaluation = _Evaluation(store, config)
    progress.start("evaluating", len(steps), "tables")
    for judge, task, level in steps:
        evaluation.add(judge, task, level)
        progress.advance()
    progress.stop()
    figures = tuple(evaluation.figures)
    if not figures:
        raise _nothing(evaluation.gaps, config)
    return EvalResult(
        simulated=any(figure.simulated for figure in figures),
        synthetic_labels=any(figure.synthetic_labels for figure in figures),
        figures=figures,
        grades=tuple(evaluation.grades),
        gaps=tuple(evaluation.gaps),
        checks=checks(thresholds, figures, config.judges),
    )


def _chosen(known: Sequence[JudgeSummary], config: EvalConfig) -> list[JudgeSummary]:
    names = {judge.name for judge in known}
    for name in config.judges:
        if name not in names:
            raise MissingInputError(
                f"there are no verdicts of a judge called {name!r}",
                todo=f"judges with verdicts: {', '.join(sorted(names)) or 'none'}",
            )
    return [judge for judge in known if not config.judges or judge.name in config.judges]


def _nothing(gaps: Sequence[str], config: EvalConfig) -> MissingInputError:
    if gaps:
        return MissingInputError(
            f"there is nothing to evaluate: {'; '.join(gaps)}",
            todo="judge what people have labelled, or import labels of what was judged",
        )
    about = [" or ".join(config.tasks), " or ".join(config.levels)]
    about += [f"by {' or '.join(config.judges)}"] if config.judges else []
    return MissingInputError(
        f"there is nothing to evaluate: no verdicts ({', '.join(about)})",
        todo="let a judge work first: intermt judge",
    )


class _Evaluation:
    """Figures of one judge, task and level after the other.

    The store is open while records are read, not while figures are computed.
    """

    def __init__(self, store: Store, config: EvalConfig) -> None:
        self._store = store
        self._config = config
        self.figures: list[Measured] = []
        self.grades: list[Grades] = []
        self.gaps: list[str] = []

    def add(self, judge: JudgeSummary, task: JudgeTask, level: Level) -> None:
        """Add the figures of one judge on one task and level."""
        if task == "score":
            self._scores(judge, level)
        elif task == "pair":
            self._pairs(judge, level)
        else:
            self._crucial_steps(judge)

    def _scores(self, judge: JudgeSummary, level: Level) -> None:
        with self._store.reading() as db:
            items = list(stored.scored(db, judge.judge_id, level, self._config.dataset))
            n_labelled = stored.n_labelled(db, "score", level)
        labelled = [item for item in items if item.human]
        if not labelled:
            n_judged = _n_items(item.dimension for item in items)
            self._gap(judge, "score", level, n_judged, n_labelled)
            return
        about = Judged(
            judge.name,
            judge.model,
            any(item.simulated for item in labelled),
            any(item.synthetic for item in labelled),
        )
        rows = (ScoreRow(i.dimension, i.seed_id, i.replies, i.human) for i in labelled)
        self._take(about, score_tables(rows, level, self._config.resampling))

    def _pairs(self, judge: JudgeSummary, level: Level) -> None:
        with self._store.reading() as db:
            items = list(stored.compared(db, judge.judge_id, level, self._config.dataset))
            human, synthetic = stored.pair_choices(db, judge.judge_id, level)
            n_labelled = stored.n_labelled(db, "pair", level)
        n_judged = len({(item.a_id, item.b_id) for item in items})
        rows = [
            PairRow(
                item.dimension,
                item.seed_id,
                tuple(PairReply(*reply) for reply in item.replies),
                human.get((item.a_id, item.b_id, item.dimension), ()),
            )
            for item in items
        ]
        if not any(row.human for row in rows):
            self._gap(judge, "pair", level, n_judged, n_labelled)
        if rows:
            simulated = any(item.simulated for item in items)
            about = Judged(judge.name, judge.model, simulated, synthetic)
            self._take(about, pair_tables(rows, level, self._config.resampling))

    def _crucial_steps(self, judge: JudgeSummary) -> None:
        with self._store.reading() as db:
            items = list(stored.graded(db, judge.judge_id, self._config.dataset))
        if not items:
            self.gaps.append(f"{judge.name} was asked for no crucial steps{self._where()}")
            return
        about = Judged(
            judge.name,
            judge.model,
            any(item.simulated for item in items),
            any(item.synthetic for item in items),
        )
        resampling = self._config.resampling
        result = crucial_step_result(
            (GradeRow(item.seed_id, item.grades) for item in items), resampling
        )
        self.figures.append(
            of_figure(
                about,
                "crucial-step",
                "global",
                "mean_grade",
                CRUCIAL_STEP,
                result.mean,
                resampling.confidence,
            )
        )
        self.grades.append(
            Grades(
                about.judge,
                about.model,
                about.simulated,
                about.synthetic_labels,
                result.distribution,
                sum(result.distribution.values()),
            )
        )

    def _take(self, about: Judged, tables: Mapping[str, Table]) -> None:
        for table in tables.values():
            self.figures += of_table(about, table, self._config.resampling.confidence)

    def _gap(
        self, judge: JudgeSummary, task: JudgeTask, level: Level, n_judged: int, n_labelled: int
    ) -> None:
        said = "scored" if task == "score" else "voted on"
        self.gaps.append(
            f"{judge.name} judged {n_judged} {_NOUNS[task, level]}{self._where()},"
            f" annotators {said} {n_labelled}, but none of these is both"
        )

    def _where(self) -> str:
        return f" of dataset {self._config.dataset}" if self._config.dataset else ""


def _n_items(dimensions: Iterable[str]) -> int:
    """How many items there are, of which each may stand on several dimensions."""
    return max(Counter(dimensions).values(), default=0)
