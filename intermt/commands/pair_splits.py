"""The split of each seed question, so that nothing is on two sides, and the check that says so."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice

from intermt.domain import leakage
from intermt.domain.image_tags import text_of
from intermt.domain.leakage import Leakage, Look, Material
from intermt.domain.picture_signals import LONGEST_PX, contrast, slopes, waves
from intermt.domain.splits import Splits
from intermt.errors import IntermtError, StoreIOError
from intermt.records import Progress
from intermt.store import tallying
from intermt.store.casting import Database
from intermt.store.connect import Store
from intermt.store.images import grey_values

_FLAT = 1.0
"""Contrast below which a picture has hardly anything to be recognised by."""
_AT_ONCE = 64
_THREADS = 4


Trees = tuple[dict[str, str], dict[str, frozenset[str]]]
"""Text of each seed question, and the pictures in its tree, by seed id."""


class SeedSplits:
    """The splits of the seed questions of one set of pairs.

    Attributes:
        leakage: What was checked.
    """

    def __init__(self, split_by_seed: dict[str, str], found: Leakage) -> None:
        self._split_by_seed = split_by_seed
        self.leakage = found

    def of(self, seed_id: str) -> str:
        """The split of a seed question."""
        return self._split_by_seed[seed_id]


def material(db: Database, kept: str = tallying.KEPT_SEEDS) -> Trees:
    """Questions and pictures of the trees that what was just chosen comes from.

    Args:
        db: A connection where something was chosen.
        kept: A query for the seed ids; those of pairs, if it is left out.
    """
    questions = tallying.kept_questions(db, kept)
    texts = {seed: text_of(parts) for seed, parts in questions.items()}
    return texts, tallying.kept_pictures(db, kept)


def split(
    store: Store,
    splits: Splits,
    questions: dict[str, str],
    pictures: dict[str, frozenset[str]],
    progress: Progress,
) -> SeedSplits:
    """The split of each of these seed questions, whole groups at a time.

    A group's split is drawn for its smallest id. Pictures are decoded, so this takes some
    milliseconds for each of them.
    """
    held: set[str] = set().union(*pictures.values())
    looks = dict(_looks(store, sorted(held), progress))
    whole = Material(questions, pictures, looks)
    group_of, merged = leakage.groups(whole)
    sides = {seed: splits.of_seed(group) for seed, group in group_of.items()}
    sizes: dict[str, int] = {}
    for group in group_of.values():
        sizes[group] = sizes.get(group, 0) + 1
    n_seeds, n_pictures, n_looks, n_questions = leakage.brief(whole)
    found = Leakage(
        n_seeds=n_seeds,
        n_pictures=n_pictures,
        n_looks=n_looks,
        n_questions=n_questions,
        n_groups=len(sizes),
        n_largest=max(sizes.values(), default=0),
        merged=merged,
        leaks=leakage.leaks(whole, sides.__getitem__),
    )
    return SeedSplits(sides, found)


def split_and_checked(
    store: Store, splits: Splits | None, trees: Trees | None, progress: Progress
) -> tuple[Callable[[str], str | None], Leakage | None]:
    """What gives the split of a seed question, and what was checked; without splits, nothing.

    Raises:
        StoreIOError: Something is on two sides.
    """
    if splits is None or trees is None:
        return lambda _: None, None
    made = split(store, splits, *trees, progress)
    if made.leakage.n_leaks:
        raise StoreIOError(
            f"{made.leakage.n_leaks} things are on two sides of the split",
            todo="nothing was written; please report this",
        )
    return made.of, made.leakage


def _looks(store: Store, held: Iterable[str], progress: Progress) -> Iterator[tuple[str, Look]]:
    """How pictures look; those that cannot be read or have no contrast are left out."""

    def look(sha256: str) -> tuple[str, Look | None]:
        try:
            _, grey = grey_values(store.images.read(sha256), LONGEST_PX)
        except (IntermtError, OSError):
            return sha256, None
        return sha256, None if contrast(grey) < _FLAT else Look(slopes(grey), waves(grey))

    wanted = list(held)
    if not wanted:
        return
    progress.start("comparing pictures", len(wanted), "pictures")
    names = iter(wanted)
    with ThreadPoolExecutor(_THREADS) as pool:
        while some := list(islice(names, _AT_ONCE)):
            for sha256, found in pool.map(look, some):
                if found is not None:
                    yield sha256, found
            progress.advance(len(some))
    progress.stop()
