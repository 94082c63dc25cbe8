"""The pairs that heads learn from, with the features of their sides."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from intermt.commands.embedding import (
    NOT_ASKED,
    UNUSABLE,
    EmbedPlan,
    Vector,
    Vectors,
    mean_of,
)
from intermt.commands.known_datasets import require_dataset
from intermt.commands.pair_choice import PairConfig, PairFunnel, Selection, select
from intermt.commands.pair_splits import Trees, material
from intermt.dimensions import Level
from intermt.domain.correlation import Floats
from intermt.errors import IntermtError, MissingInputError, PermissionRefused
from intermt.store import trees, voting
from intermt.store.casting import Database
from intermt.store.connect import Store
from intermt.store.tallying import Chosen

_DENIED = ("rejected: HTTP 401", "rejected: HTTP 403")

MEMORY_MB = 500


@dataclass(frozen=True, slots=True)
class LabelledPair:
    """A pair as heads see it.

    Attributes:
        seed_id: Root of the tree.
        turn: Turn of the answers, or the larger number of turns of the conversations.
        dimension: A dimension key or `overall`.
        a_id: The candidate whose id sorts first.
        b_id: The other one.
        target: How sure it is that a is the better one: with votes the share of them for a,
            ties counting half; 1/2 where nobody won.
        synthetic: Whether a vote on it is invented.
    """

    seed_id: str
    turn: int
    dimension: str
    a_id: str
    b_id: str
    target: float
    synthetic: bool


@dataclass(frozen=True, slots=True)
class Labelled:
    """The pairs of one level.

    Attributes:
        level: local or global.
        pairs: In order of seed id, turn and pair id.
        answers: The answers of each candidate: itself, or those of the conversation.
        funnel: What became of all other votes.
        fingerprint: Of all votes and scores at the level.
        trees: Questions and pictures of their seed trees, where these are to be split.
    """

    level: Level
    pairs: tuple[LabelledPair, ...]
    answers: Mapping[str, tuple[str, ...]]
    funnel: PairFunnel
    fingerprint: str
    trees: Trees | None = None

    @property
    def all_answers(self) -> set[str]:
        """Every answer that needs a vector."""
        return {answer for answers in self.answers.values() for answer in answers}


def labelled(store: Store, config: PairConfig) -> Labelled:
    """The pairs that the options name.

    Raises:
        MissingInputError: There is no store, or no such dataset or rater in it.
        InputError: A vote names a rater that is not in the store.
    """
    with store.reading(MEMORY_MB) as db:
        require_dataset(config.dataset, voting.datasets(db, config.level), store)
        selection = select(db, config)
        try:
            return _labelled(db, config, selection)
        finally:
            selection.close()


def _labelled(db: Database, config: PairConfig, selection: Selection) -> Labelled:
    pairs = tuple(map(_of, selection))
    candidates = {candidate for pair in pairs for candidate in (pair.a_id, pair.b_id)}
    if config.level == "local":
        answers: dict[str, tuple[str, ...]] = {c: (c,) for c in candidates}
    else:
        paths = trees.conversation_paths(db, candidates)
        answers = {candidate: path[1::2] for candidate, path in paths.items()}
    marks = voting.fingerprint(db, config.level, config.dataset)
    questions = None if config.splits is None else material(db)
    return Labelled(config.level, pairs, answers, selection.funnel, marks, questions)


def _of(pair: Chosen) -> LabelledPair:
    a_first = pair.chosen_id < pair.rejected_id
    a, b = sorted((pair.chosen_id, pair.rejected_id))
    target = 0.5 if pair.tie else pair.strength if a_first else 1.0 - pair.strength
    return LabelledPair(pair.seed_id, pair.turn, pair.dimension, a, b, target, pair.synthetic)


def with_features(
    found: Labelled, vectors: Vectors
) -> tuple[list[LabelledPair], Floats, Sequence[int]]:
    """The pairs of which both sides have features.

    Returns:
        The pairs; (m, d) differences a less b, one row for each two candidates; of each pair
        its row.
    """
    features: dict[str, Vector | None] = {}
    rows: dict[tuple[str, str], int] = {}
    differences: list[Vector] = []
    kept, places = [], []
    for pair in found.pairs:
        sides = []
        for candidate in (pair.a_id, pair.b_id):
            if candidate not in features:
                features[candidate] = mean_of(vectors, found.answers.get(candidate, ()))
            sides.append(features[candidate])
        a, b = sides
        if a is None or b is None:
            continue
        key = (pair.a_id, pair.b_id)
        if key not in rows:
            rows[key] = len(differences)
            differences.append(a - b)
        kept.append(pair)
        places.append(rows[key])
    table = np.stack(differences) if differences else np.zeros((0, 0))
    return kept, table.astype(np.float64), places


# --- what to do where there are none -----------------------------------------------------


def why_left_out(found: Labelled) -> list[str]:
    """Why pairs that people labelled are not among these, the most frequent reason first."""
    counts: list[tuple[str, int]] = [
        *found.funnel.set_aside.items(),
        *found.funnel.dropped.items(),
    ]
    kinds = sorted(counts, key=lambda item: (-item[1], item[0]))
    return [f"{n} x {why}" for why, n in kinds if n]


def no_vectors(
    plan: EmbedPlan, vectors: Vectors, what: str, *, where: str, details: Sequence[str]
) -> IntermtError:
    """The error where no pair has vectors of both sides.

    Args:
        plan: How they were asked for.
        vectors: Those there are, and why others are missing.
        what: What happened.
        where: The store or the server.
        details: Why vectors are missing, in words.
    """
    if any(one.startswith(_DENIED) for one in vectors.missing.values()):
        return PermissionRefused(
            "the embeddings server refuses access",
            where=where,
            todo="check the server's key: the variable that its api_key_env names",
            details=details,
        )
    return MissingInputError(what, where=where, todo=how_to_embed(plan, vectors), details=details)


def how_to_embed(plan: EmbedPlan, vectors: Vectors) -> str:
    """What to do where no pair has vectors of both sides."""
    why = set(vectors.missing.values())
    if all(one.startswith(UNUSABLE) for one in why):
        return "look at what the server serves: these numbers are no embeddings"
    if NOT_ASKED in why:
        return "name an embeddings server with --server"
    shorter = "" if plan.pictures else " (a lower --max-chars makes texts shorter)"
    return f"mend what the server rejects{shorter}"


def how_to_fit(plan: EmbedPlan, differences: Floats) -> str:
    """What to do where no head can be fitted."""
    if differences.any():
        return "label more pairs, of more seed questions, or ask for less of each pair"
    shown = "" if plan.pictures else "; --pictures shows it pictures, too"
    return f"look at what the server serves: both sides of every pair get the same numbers{shown}"


def tree_numbers(pairs: Iterable[LabelledPair]) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """(n,) the seed tree of each pair as a number, in order of seed ids."""
    seeds = [pair.seed_id for pair in pairs]
    numbers = {seed: number for number, seed in enumerate(sorted(set(seeds)))}
    return np.array([numbers[seed] for seed in seeds], dtype=np.int64)
