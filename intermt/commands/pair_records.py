"""Chosen pairs with their messages, read from the store two thousand at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from typing import Literal

from intermt.commands.pair_choice import PairConfig, Selection
from intermt.dimensions import Level
from intermt.errors import StoreIOError
from intermt.formats.writing.pairs import Note, PairRecord
from intermt.records import ImagePart, Node, Part
from intermt.store import trees, voting
from intermt.store.casting import Database
from intermt.store.connect import Store
from intermt.store.tallying import Chosen
from intermt.store.voting import Comment

_CHUNK = 2000
_SIDES: tuple[Literal["chosen"], Literal["rejected"]] = ("chosen", "rejected")

SplitOf = Callable[[str], str | None]
"""Gives the split of a seed question; None where none was asked for."""


def records(
    store: Store, config: PairConfig, selection: Selection, split_of: SplitOf
) -> Iterator[PairRecord]:
    """The pairs with their messages, in the order of the selection.

    The store is open only while some of them are read, never while one is used.

    Raises:
        StoreIOError: Messages of a pair are not there.
    """
    pairs = iter(selection)
    while chunk := list(islice(pairs, _CHUNK)):
        yield from _loaded(store, config, selection, chunk, split_of)


def _loaded(
    store: Store,
    config: PairConfig,
    selection: Selection,
    chunk: Sequence[Chosen],
    split_of: SplitOf,
) -> list[PairRecord]:
    ids = {side for pair in chunk for side in (pair.chosen_id, pair.rejected_id)}
    with store.reading() as db:
        paths, nodes = paths_and_nodes(db, config.level, ids)
        seeds = trees.seeds(db, {pair.seed_id for pair in chunk})
        said = voting.comments(db, config.level, ids, config.dataset, selection.excluded)
    licences = {seed_id: seed.licence for seed_id, seed in seeds.items()}
    return [
        replace(
            _record(pair, config, paths, nodes, said),
            split=split_of(pair.seed_id),
            licence=licences.get(pair.seed_id),
        )
        for pair in chunk
    ]


def paths_and_nodes(
    db: Database, level: Level, ids: Iterable[str]
) -> tuple[dict[str, tuple[str, ...]], dict[str, Node]]:
    """The path to each of these answers (local) or conversations (global), and its messages."""
    paths = (trees.paths if level == "local" else trees.conversation_paths)(db, ids)
    nodes = trees.nodes(db, {node for path in paths.values() for node in path})
    incomplete = [node for node in nodes.values() if any(map(_is_missing, node.parts))]
    missing = voting.missing_pictures(db, [node.node_id for node in incomplete])
    return paths, nodes | {node.node_id: _with_names(node, missing) for node in incomplete}


def _is_missing(part: Part) -> bool:
    return isinstance(part, ImagePart) and part.sha256 is None


def _with_names(
    node: Node, missing: Mapping[tuple[str, int], tuple[str | None, str | None]]
) -> Node:
    """The node with names and reasons of missing pictures that no order of imports changes."""

    def renamed(position: int, part: Part) -> Part:
        known = missing.get((node.node_id, position))
        if known is None or not isinstance(part, ImagePart) or part.sha256 is not None:
            return part
        return replace(part, name=known[0], missing=known[1])

    return replace(node, parts=tuple(renamed(*item) for item in enumerate(node.parts)))


def _record(
    pair: Chosen,
    config: PairConfig,
    paths: Mapping[str, tuple[str, ...]],
    nodes: Mapping[str, Node],
    said: Mapping[str, list[Comment]],
) -> PairRecord:
    winner, loser = paths.get(pair.chosen_id, ()), paths.get(pair.rejected_id, ())
    local = config.level == "local"
    n_shared = len(winner) - 1 if local else 1
    if not winner or winner[:n_shared] != loser[:n_shared] or not nodes.keys() >= {*winner, *loser}:
        raise StoreIOError(
            "messages of a pair are not in the store",
            where=f"pair {pair.pair_id}",
            todo="run: intermt check --repair",
        )
    return PairRecord(
        pair_id=pair.pair_id,
        level=config.level,
        mode=config.mode,
        dimension=pair.dimension,
        seed_id=pair.seed_id,
        turn=pair.turn if local else None,
        prefix=trees.messages(winner[:n_shared], nodes),
        chosen=trees.messages(winner[n_shared:], nodes),
        rejected=trees.messages(loser[n_shared:], nodes),
        chosen_id=pair.chosen_id,
        rejected_id=pair.rejected_id,
        agreement=pair.agreement,
        n_annotators=pair.n_chosen + pair.n_rejected + pair.n_tie,
        n_chosen=pair.n_chosen,
        n_rejected=pair.n_rejected,
        n_tie=pair.n_tie,
        margin=pair.margin,
        verified=pair.verified,
        split=None,
        simulated=any(nodes[node].simulated for node in (*winner, *loser)),
        synthetic=pair.synthetic,
        strength=pair.strength,
        n_stated=pair.n_stated,
        tie=pair.tie,
        feedback=tuple(
            Note(side, note.kind, note.dimension, note.text, note.rater_id)
            for side in _SIDES
            for note in said.get(pair.chosen_id if side == "chosen" else pair.rejected_id, ())
        ),
    )
