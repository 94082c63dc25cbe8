"""What moves raters apart from quality: sides, lengths, pictures, high scores."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from intermt.commands.kinds_of_raters import ALL, about, place, pools
from intermt.domain.cluster_figures import correlation_of_sums, share_of_sums
from intermt.domain.correlation import Floats
from intermt.domain.estimate import Estimate
from intermt.store.leanings import Leanings

NOTHING_TO_LEAN = "no votes and no scores: nobody has compared or scored anything here"

_CONFIDENCE = 0.95
Sums = Mapping[str, Floats]


def _share(n: str, hits: str) -> Callable[[Sums], tuple[Estimate, Floats]]:
    return lambda sums: (share_of_sums(sums[n], sums[hits], _CONFIDENCE), sums[n])


def _with_score(what: str) -> Callable[[Sums], tuple[Estimate, Floats]]:
    def figure(sums: Sums) -> tuple[Estimate, Floats]:
        n = sums["n_traits"]
        squares = sums["score_2"], sums[f"{what}_2"], sums[f"score_{what}"]
        return correlation_of_sums(n, sums["score"], sums[what], *squares, _CONFIDENCE), n

    return figure


_OF_VOTES: dict[str, tuple[float | None, Callable[[Sums], tuple[Estimate, Floats]]]] = {
    "first_side": (0.5, _share("known", "first")),
    "longer": (0.5, _share("apart", "longer")),
    "more_pictures": (0.5, _share("other_count", "more_pictures")),
}
_OF_SCORES: dict[str, tuple[float | None, Callable[[Sums], tuple[Estimate, Floats]]]] = {
    "top_score": (None, _share("n", "top")),
    "length_r": (0.0, _with_score("length")),
    "pictures_r": (0.0, _with_score("pictures")),
}
BIASES = (*_OF_VOTES, *_OF_SCORES)


def bias_figures(
    votes: Sequence[Leanings], scores: Sequence[Leanings], names: Mapping[str, str]
) -> dict[str, Any]:
    """The document of biases: a row for each kind of rater, dimension and bias.

    Args:
        votes: Votes, added up.
        scores: Scores, added up.
        names: Names of judges by id.
    """
    rows = []
    for what, found, biases in (("vote", votes, _OF_VOTES), ("score", scores, _OF_SCORES)):
        for leaning in (*found, *_pooled(found)):
            group = leaning.group
            for bias, (neutral, figure) in biases.items():
                estimate, n = figure(leaning.sums)
                rows.append(
                    {
                        "bias": bias,
                        "what": what,
                        **about(group.who, group.level, group.dimension, names),
                        **asdict(estimate),
                        "neutral": neutral,
                        "n": int(n.sum()),
                        "n_clusters": int((n > 0).sum()),
                        "simulated": leaning.simulated,
                        "synthetic": leaning.synthetic,
                    }
                )
    rows.sort(key=lambda row: (BIASES.index(row["bias"]), *place(row)))
    everything = (*votes, *scores)
    return {
        "confidence": _CONFIDENCE,
        "notes": [] if rows else [NOTHING_TO_LEAN],
        "simulated": any(leaning.simulated for leaning in everything),
        "synthetic": any(leaning.synthetic for leaning in everything),
        "rows": rows,
    }


def _pooled(found: Sequence[Leanings]) -> list[Leanings]:
    """All dimensions of a level together, each tree's sums on top of each other."""
    by_group = {leaning.group: leaning for leaning in found}
    pooled = []
    for several in pools(by_group).values():
        parts = [by_group[group] for group in several]
        trees, codes = np.unique(np.concatenate([p.trees for p in parts]), return_inverse=True)
        sums = {
            name: np.bincount(
                codes, np.concatenate([p.sums[name] for p in parts]), minlength=len(trees)
            ).astype(np.float64)
            for name in parts[0].sums
        }
        pooled.append(
            Leanings(
                several[0]._replace(dimension=ALL),
                sums,
                trees,
                any(p.synthetic for p in parts),
                any(p.simulated for p in parts),
            )
        )
    return pooled
