"""Which pairs become tasks, which of them are gold items, and who gets which."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import groupby, islice

from intermt.commands.export_config import ExportConfig
from intermt.dimensions import Level
from intermt.domain.task_plan import (
    Vote,
    assign,
    draw,
    in_order,
    n_gold,
    on_circle,
    settled,
    side_of_first,
)
from intermt.records import AnnotationTask, Choice, annotation_task_id
from intermt.store import tasks, voting
from intermt.store.connect import Store
from intermt.store.tasks import Rivals

_Ids = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Said:
    """What is known of a pair before it is given out.

    Attributes:
        annotators: Names of annotators who have a vote on it, stated or by scores.
        verifiers: Names of verifiers likewise.
        outcome: What is agreed on, by dimension; empty where nothing is.
        synthetic: Whether an invented vote is among those.
    """

    annotators: frozenset[str] = frozenset()
    verifiers: frozenset[str] = frozenset()
    outcome: Mapping[str, Choice] = field(default_factory=dict)
    synthetic: bool = False


_NOTHING = Said()


@dataclass(slots=True)
class LevelPlan:
    """The tasks of one level and what became of all other pairs.

    Attributes:
        level: local or global.
        n_contexts: Questions (local) or seed questions (global) with two or more candidates.
        n_pairs: Pairs there are, after `--per-prompt` or `--per-seed`.
        n_unlabelled: Left out because no annotator has labelled them (for verifiers only).
        n_settled: Left out because their outcome is agreed on (with `--gold` only).
        n_enough: Left out because enough people have labelled them (with `--only-missing`).
        n_beyond_limit: Left out by `--limit`.
        n_nobody: Left out because everybody named has labelled them.
        n_short: Given to fewer people than wanted: the others have labelled them.
        n_gold_wanted: Gold items that the share asks for, over all annotators.
        n_gold_given: Gold items given out, over all annotators.
        synthetic: Whether a gold item's outcome rests on an invented vote.
        tasks: By key.
        work: Keys in order, by annotator; by "" where no names were given.
    """

    level: Level
    n_contexts: int = 0
    n_pairs: int = 0
    n_unlabelled: int = 0
    n_settled: int = 0
    n_enough: int = 0
    n_beyond_limit: int = 0
    n_nobody: int = 0
    n_short: int = 0
    n_gold_wanted: int = 0
    n_gold_given: int = 0
    synthetic: bool = False
    tasks: dict[str, AnnotationTask] = field(default_factory=dict)
    work: dict[str, list[str]] = field(default_factory=dict)


def plan(store: Store, config: ExportConfig, level: Level) -> LevelPlan:
    """The tasks of one level; the store is closed again when this returns."""
    with store.reading() as db:
        found = tasks.rivals(db, level, config.dataset)
        asks = config.gold or config.only_missing or config.role == "verifier"
        said = _said(voting.votes_cast(db, level)) if asks else {}
    made = LevelPlan(level, n_contexts=len(found))
    most = config.per_prompt if level == "local" else config.per_seed
    pairs: dict[_Ids, Rivals] = {}
    for rivals in found:
        chosen = islice(on_circle(rivals.ids, config.seed), most)
        pairs.update(dict.fromkeys(chosen, rivals))
    made.n_pairs = len(pairs)
    return _planned(made, config, pairs, said)


def _planned(
    made: LevelPlan, config: ExportConfig, pairs: Mapping[_Ids, Rivals], said: Mapping[_Ids, Said]
) -> LevelPlan:
    taken = _taken(made, config, pairs, said)

    def task(ids: _Ids, outcome: Mapping[str, Choice]) -> str:
        side, rivals = side_of_first(config.seed, *ids), pairs[ids]
        key = annotation_task_id(made.level, *ids, side, is_gold=bool(outcome))
        made.tasks[key] = AnnotationTask(
            annotation_task_id=key,
            level=made.level,
            seed_id=rivals.seed_id,
            a_id=ids[0],
            b_id=ids[1],
            shown_first=side,
            gold=dict(sorted(outcome.items())),
            dataset=rivals.dataset,
        )
        return key

    keys = {task(ids, {}): ids for ids in taken}
    if not config.annotators:
        made.work = {"": list(keys)}
    else:
        done = {key: _done(said.get(ids, _NOTHING), config) for key, ids in keys.items()}
        assigned = assign(
            {key: config.overlap - len(names) for key, names in done.items()},
            config.annotators,
            config.seed,
            {
                key: done[key] | _own_work(said.get(ids, _NOTHING), config)
                for key, ids in keys.items()
            },
        )
        given = {key for own in assigned.work.values() for key in own}
        made.tasks = {key: made.tasks[key] for key in keys if key in given}
        made.n_nobody = len(keys) - len(given)
        made.work, made.n_short = assigned.work, assigned.n_short - made.n_nobody
    gold = [ids for ids in pairs if config.gold and said.get(ids, _NOTHING).outcome]
    gold.sort(key=lambda ids: draw(config.seed, "gold", *ids))
    for name, own in made.work.items():
        n_wanted = n_gold(len(own), config.gold)
        fresh = [ids for ids in gold if name not in said[ids].annotators][:n_wanted]
        made.n_gold_wanted += n_wanted
        made.n_gold_given += len(fresh)
        made.synthetic = made.synthetic or any(said[ids].synthetic for ids in fresh)
        own += [task(ids, said[ids].outcome) for ids in fresh]
        made.work[name] = in_order(own, config.seed, name)
    return made


def _taken(
    made: LevelPlan, config: ExportConfig, pairs: Mapping[_Ids, Rivals], said: Mapping[_Ids, Said]
) -> list[_Ids]:
    """The pairs that become ordinary tasks; `made` counts all others."""
    taken: list[_Ids] = []
    for ids in sorted(pairs, key=lambda ids: draw(config.seed, "limit", *ids)):
        about = said.get(ids, _NOTHING)
        if config.gold and about.outcome:
            made.n_settled += 1
        elif config.role == "verifier" and not about.annotators:
            made.n_unlabelled += 1
        elif len(_done(about, config)) >= config.overlap:
            made.n_enough += 1
        elif config.limit is not None and len(taken) >= config.limit:
            made.n_beyond_limit += 1
        else:
            taken.append(ids)
    return taken


def _done(about: Said, config: ExportConfig) -> frozenset[str]:
    """Who has done what the tasks are for, as far as that counts."""
    if not config.only_missing:
        return frozenset()
    return about.annotators if config.role == "annotator" else about.verifiers


def _own_work(about: Said, config: ExportConfig) -> frozenset[str]:
    return about.annotators if config.role == "verifier" else frozenset()


def _said(votes: Iterable[voting.CastVote]) -> dict[_Ids, Said]:
    """What people said of each pair that anybody voted on, by the two ids.

    Args:
        votes: All votes on a pair one after the other.
    """
    found: dict[_Ids, Said] = {}
    for ids, group in groupby(votes, key=lambda vote: (vote.a_id, vote.b_id)):
        cast = list(group)
        found[ids] = Said(
            frozenset(vote.rater for vote in cast if vote.role == "annotator"),
            frozenset(vote.rater for vote in cast if vote.role == "verifier"),
            settled([Vote(vote.dimension, vote.role, vote.choice) for vote in cast]),
            any(vote.synthetic for vote in cast),
        )
    return found
