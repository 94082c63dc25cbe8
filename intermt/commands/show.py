"""One tree of the store, as far as a person looks at it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from intermt.domain.image_tags import text_of
from intermt.domain.pruning import BEYOND, place_order
from intermt.errors import MissingInputError, UsageError
from intermt.records import ImagePart, Node, NodeMark, Seed, SeedDrop, SeedGrowth
from intermt.store import generation, seeding
from intermt.store.connect import Store

_FIRST_CHARACTERS = 200
_MOST_REASONS = 5


@dataclass(frozen=True, slots=True)
class ShownNode:
    """A message of a tree.

    Attributes:
        label: Its place, or the beginning of its id where it has none.
        depth: 0 for the seed question.
        words: The beginning of its text, tags of its pictures included.
        mark: `kept`, `pruned`, `ended` or `cut`; "" where pruning said nothing of it, or only that
            it was kept.
        reason: What counts against it.
        joined_from: Where a rebuilding took it from; "" for what grew here.
    """

    node_id: str
    label: str
    depth: int
    role: str
    model: str | None
    words: str
    n_images: int
    n_missing: int
    mark: str
    reason: str
    joined_from: str
    simulated: bool


@dataclass(frozen=True, slots=True)
class ShownTree:
    """A tree, depth first.

    Attributes:
        state: How far it has come, in words; "" for a tree that no run grew.
        n_answers: Answers that grew here, like the counts below; what a rebuilding put
            beside them is counted by `n_joined` alone.
        n_cut_off: Answers that are the last of their branch as what follows was left out.
        n_joined: Messages that a rebuilding took over from other branches.
    """

    seed_id: str
    source_id: str
    dataset: str
    state: str
    n_answers: int
    n_kept: int
    n_pruned: int
    n_ended: int
    n_cut_off: int
    n_pictures: int
    n_joined: int
    nodes: tuple[ShownNode, ...]
    simulated: bool


def show(store: Store, name: str) -> ShownTree:
    """The tree of a seed question, by its source id, its id or the beginning of that.

    Raises:
        MissingInputError: There is no store, no such seed question, or it was left out.
        UsageError: The name means several.
    """
    with store.reading() as db:
        seeds = generation.seeds_named(db, name)
        if not seeds:
            raise _not_grown(name, seeding.drops_named(db, name), store)
        if len(seeds) > 1:
            ids = ", ".join(f"{seed.seed_id[:12]} ({seed.dataset})" for seed in seeds[:5])
            raise UsageError(
                f"{len(seeds)} seed questions are called {name!r}: {ids}",
                todo="give the beginning of one seed_id",
            )
        seed = seeds[0]
        nodes = generation.tree_nodes(db, [seed.seed_id])
        marks = generation.marks(db, [node.node_id for node in nodes])
        growth = generation.growths(db, [seed.seed_id]).get(seed.seed_id)
        moved = generation.moved_nodes(db, [seed.seed_id])
    return _tree(seed, nodes, marks, growth, moved)


def _not_grown(name: str, drops: Sequence[SeedDrop], store: Store) -> MissingInputError:
    if not drops:
        return MissingInputError(
            f"no seed question is called {name!r}",
            where=str(store.folder),
            todo="give its id as the seed file has it, or the beginning of its seed_id",
        )
    reasons = [f"left out of {d.dataset} by {d.filter}: {d.reason}" for d in drops]
    return MissingInputError(
        f"{name!r} has no tree: "
        + (f"it was {reasons[0]}" if len(drops) == 1 else "all that are called so were left out"),
        where=str(store.folder),
        details=reasons[:_MOST_REASONS] if len(drops) > 1 else (),
        todo="set that filter otherwise and run generate again, or look at another seed question",
    )


def _tree(
    seed: Seed,
    nodes: Sequence[Node],
    marks: Mapping[str, NodeMark],
    growth: SeedGrowth | None,
    moved: Mapping[str, str],
) -> ShownTree:
    labels = {node.node_id: _label(node) for node in nodes}
    children: defaultdict[str | None, list[Node]] = defaultdict(list)
    for node in nodes:
        children[node.parent_id].append(node)
    shown: list[ShownNode] = []
    waiting = [(0, node) for node in children[None]]
    while waiting:
        depth, node = waiting.pop()
        origin = labels.get(moved.get(node.node_id, ""), "")
        shown.append(_shown(node, depth, marks.get(node.node_id), origin))
        below = sorted(
            children[node.node_id],
            key=lambda n: (place_order(n.place or "~"), n.node_id),
            reverse=True,
        )
        waiting += [(depth + 1, child) for child in below]
    lost = Counter(mark.mark for mark in marks.values())
    grown = [node for node in shown if node.role == "assistant" and not node.joined_from]
    return ShownTree(
        seed_id=seed.seed_id,
        source_id=seed.source_id,
        dataset=seed.dataset,
        state=_state(growth),
        n_answers=len(grown),
        n_kept=lost["kept"],
        n_pruned=lost["pruned"],
        n_ended=lost["ended"],
        n_cut_off=lost["cut"],
        n_pictures=sum(node.n_images for node in grown),
        n_joined=sum(bool(node.joined_from) for node in shown),
        nodes=tuple(shown),
        simulated=any(node.simulated for node in nodes),
    )


def _label(node: Node) -> str:
    return node.place or node.node_id[:8]


def _shown(node: Node, depth: int, mark: NodeMark | None, origin: str) -> ShownNode:
    pictures = [part for part in node.parts if isinstance(part, ImagePart)]
    n_there = sum(part.sha256 is not None for part in pictures)
    said = mark is not None and (mark.mark != "kept" or bool(mark.reason))
    return ShownNode(
        node_id=node.node_id,
        label=_label(node),
        depth=depth,
        role=node.role,
        model=node.model,
        words=text_of(node.parts)[:_FIRST_CHARACTERS],
        n_images=n_there,
        n_missing=len(pictures) - n_there,
        mark=mark.mark if said and mark else "",
        reason=mark.reason if said and mark and mark.reason != BEYOND else "",
        joined_from=origin,
        simulated=node.simulated,
    )


def _state(growth: SeedGrowth | None) -> str:
    if growth is None:
        return ""
    found = f"{growth.n_instances} complete conversations of two or more turns"
    match growth.state:
        case "begun":
            return "begun; the run that grows it has not finished it"
        case "unfinished":
            return f"unfinished; {found} so far"
    is_short = growth.n_instances < growth.min_instances
    short = f", short of {growth.min_instances}" if is_short else ""
    return f"{found}{short}" + (f": {growth.reason}" if growth.reason else "")
