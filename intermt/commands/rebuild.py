"""Whole conversations out of the branches of trees that people kept."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from intermt.commands.growing import picture_uses
from intermt.commands.known_datasets import require_dataset
from intermt.commands.pair_choice import PairConfig, select
from intermt.commands.runs import finished, new_run
from intermt.domain.reconstruction import MOST_OF_A_TREE, Rebuilt, kept_answers, rebuild
from intermt.errors import MissingInputError, UsageError
from intermt.records import Conversation, ConversationOrigin, Progress, Seed, content_id
from intermt.store import generation, trees, voting
from intermt.store.connect import Store
from intermt.store.rows import Record
from intermt.store.scope import datasets

CATEGORY = "rebuilt"
_CHUNK = 100


@dataclass(frozen=True, slots=True)
class RebuildConfig:
    """What to rebuild.

    Attributes:
        dataset: Collection whose trees are looked at; what is rebuilt belongs to one of the
            same name with `-rebuilt` behind it.
        min_agree: Least share of annotators for an answer to have won a comparison.
        min_score: Least mean score, over annotators and local dimensions, of an answer that
            nobody compared.
        depth: Fewest turns of a rebuilt conversation.
        dry_run: Whether to report only, and write nothing.
    """

    dataset: str = "generated"
    min_agree: float = 0.8
    min_score: float = 2.0
    depth: int = 5
    dry_run: bool = False

    @property
    def into(self) -> str:
        """The collection of what is rebuilt."""
        return f"{self.dataset}-{CATEGORY}"


@dataclass(frozen=True, slots=True)
class RebuildResult:
    """What was rebuilt.

    Attributes:
        dataset: The collection it belongs to.
        n_trees: Trees looked at.
        n_trees_used: Trees of which something was rebuilt.
        n_trees_full: Those that gave as many conversations as one tree may; see
            `reconstruction.MOST_OF_A_TREE`.
        n_answers_kept: Answers that people kept.
        n_conversations: Conversations rebuilt, those of earlier runs included.
        n_new: Those that were not there before; of a dry run, those that would be new.
        n_joined: Those with messages of another branch.
        by_turns: How many have how many turns.
        simulated: Whether a stand-in wrote any of it.
        synthetic: Whether invented votes kept any of it.
        run_id: The run; None where it changed nothing.
        dry_run: Whether nothing was written.
    """

    dataset: str
    n_trees: int
    n_trees_used: int
    n_trees_full: int
    n_answers_kept: int
    n_conversations: int
    n_new: int
    n_joined: int
    by_turns: dict[int, int]
    simulated: bool
    synthetic: bool
    run_id: str | None
    dry_run: bool


def run(store: Store, config: RebuildConfig, progress: Progress) -> RebuildResult:
    """Join what people kept, and store it beside what is there; a dry run stores nothing.

    Raises:
        UsageError: A limit is out of range.
        MissingInputError: There is no store, no such dataset, or no tree in it.
        TryLater: The store stayed busy.
    """
    if config.min_score != config.min_score:
        raise UsageError("--min-score is not a number", todo="give one as in 2.0")
    pair_config = PairConfig.of(level="local", min_agree=config.min_agree)
    with store.reading() as db:
        require_dataset(config.dataset, datasets(db), store)
        seed_ids = generation.seed_ids(db, config.dataset)
        selection = select(db, pair_config)
        invented = voting.heard_synthetic(db, "local")
    decided = [(pair.chosen_id, pair.rejected_id) for pair in selection]
    selection.close()
    won, lost = {winner for winner, _ in decided}, {loser for _, loser in decided}
    if not seed_ids:
        raise MissingInputError(
            f"there is no conversation in the dataset {config.dataset!r}",
            where=str(store.folder),
            todo="name another with --dataset, or grow trees first",
        )
    record = new_run(
        "generate --rebuild",
        {
            "dataset": config.dataset,
            "min_agree": config.min_agree,
            "min_score": config.min_score,
            "depth": config.depth,
        },
    )
    tally: Counter[str] = Counter()
    by_turns: Counter[int] = Counter()
    progress.start("rebuilding", len(seed_ids), "trees")
    for start in range(0, len(seed_ids), _CHUNK):
        ids = seed_ids[start : start + _CHUNK]
        records: list[Record] = []
        found = [
            (s, made)
            for s, all_made in _rebuilt(store, config, ids, won, lost, tally)
            for made in all_made
        ]
        conversations = [_conversation(s, made, config.into, record.run_id) for s, made in found]
        there = _there(store, conversations)
        for (_, made), conversation in zip(found, conversations, strict=True):
            by_turns[made.n_turns] += 1
            tally["joined"] += made.n_moved > 0
            tally["simulated"] += conversation.simulated
            if conversation.conversation_id not in there:
                tally["new"] += 1
                records += _records(made, conversation)
        if records and not config.dry_run:
            store.write([record, *records])
        progress.advance(len(ids))
    progress.stop()
    changed = tally["new"] > 0 and not config.dry_run
    if changed:
        store.write([finished(record, "done")])
    return RebuildResult(
        dataset=config.into,
        n_trees=len(seed_ids),
        n_trees_used=tally["used"],
        n_trees_full=tally["full"],
        n_answers_kept=tally["kept"],
        n_conversations=by_turns.total(),
        n_new=tally["new"],
        n_joined=tally["joined"],
        by_turns=dict(sorted(by_turns.items())),
        simulated=bool(tally["simulated"]),
        synthetic=invented and by_turns.total() > 0,
        run_id=record.run_id if changed else None,
        dry_run=config.dry_run,
    )


def _rebuilt(
    store: Store,
    config: RebuildConfig,
    seed_ids: Sequence[str],
    won: set[str],
    lost: set[str],
    tally: Counter[str],
) -> list[tuple[Seed, list[Rebuilt]]]:
    """What the trees of these seeds give, in order of seed."""
    with store.reading() as db:
        nodes = generation.tree_nodes(db, seed_ids)
        scores = generation.mean_scores(db, seed_ids)
        moved = generation.moved_nodes(db, seed_ids).keys()
        seeds = trees.seeds(db, seed_ids)
    by_seed: dict[str, list[Rebuilt]] = {}
    kept = kept_answers(
        won, lost, {node: mean for node, (mean, _) in scores.items()}, config.min_score
    )
    for seed_id in seed_ids:
        # What an earlier rebuilding put there is not a branch of its own.
        tree = [n for n in nodes if n.seed_id == seed_id and n.node_id not in moved]
        tally["kept"] += sum(node.node_id in kept for node in tree)
        by_seed[seed_id] = rebuild(tree, kept, config.depth)
        tally["used"] += bool(by_seed[seed_id])
        tally["full"] += len(by_seed[seed_id]) == MOST_OF_A_TREE
    return [(seeds.get(i) or Seed(i, config.dataset, i), made) for i, made in by_seed.items()]


def _there(store: Store, conversations: Sequence[Conversation]) -> set[str]:
    ids = [conversation.conversation_id for conversation in conversations]
    if not ids:
        return set()
    with store.reading() as db:
        return set(trees.conversation_paths(db, ids))


def _conversation(seed: Seed, made: Rebuilt, dataset: str, run_id: str) -> Conversation:
    path = tuple(node.node_id for node in made.nodes)
    source_id = f"{seed.source_id}/{CATEGORY}/{path[-1][:12]}"
    return Conversation(
        conversation_id=content_id("conversation", dataset, source_id, path),
        dataset=dataset,
        source_id=source_id,
        seed_id=seed.seed_id,
        path=path,
        n_turns=made.n_turns,
        scenario=seed.scenario,
        task=seed.task,
        category=CATEGORY,
        run_id=run_id,
        simulated=any(node.simulated for node in made.nodes),
    )


def _records(made: Rebuilt, conversation: Conversation) -> list[Record]:
    key, run_id = conversation.conversation_id, conversation.run_id
    return [
        *made.nodes,
        conversation,
        *picture_uses(key, made.nodes),
        *(
            ConversationOrigin(key, node.node_id, node.turn, origin, run_id)
            for node, origin in zip(made.nodes, made.origins, strict=True)
        ),
    ]
