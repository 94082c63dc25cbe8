"""The store on one screen: what is most asked for, out of other topics."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from intermt.dimensions import BY_KEY, DIMENSIONS
from intermt.store.score_spread import Spread

_FROM_CARD = (
    *("n_conversations", "n_turns", "mean_turns_per_conversation", "n_conversations_by_n_turns"),
    "share_conversations_with_five_or_more_turns",
    *("n_trees", "n_nodes", "max_depth_turns", "mean_answers_per_prompt"),
    *("n_pictures_named", "n_pictures_present", "n_conversations_by_n_pictures"),
    *("n_conversations_by_task", "n_trees_by_language", "n_answers_by_model"),
    *("raters", "n_scores", "n_votes", "n_votes_tied", "n_feedback", "n_verdicts"),
    "n_verdicts_by_state",
)


def overview_figures(
    card: Mapping[str, Any], spreads: Sequence[Spread], days: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    """The document of the overview.

    Args:
        card: The figures of the card, its notes and marks among them.
        spreads: Scores by kind of rater and dimension.
        days: Calls by day.
    """
    facts = {
        **card,
        "n_votes_tied": sum(row["n_ties"] for row in card["votes"]),
        "n_verdicts_by_state": {
            state: sum(row[f"n_{state}"] for row in card["verdicts"])
            for state in ("ok", "unparsed", "failed")
        },
    }
    return {
        "notes": card["notes"],
        "simulated": card["simulated"],
        "synthetic": card["synthetic"],
        **{name: facts[name] for name in _FROM_CARD},
        "scores": [row for d in DIMENSIONS if (row := _scores(d.key, spreads)) is not None],
        "n_calls": sum(day["n_calls"] for day in days),
        "n_calls_failed": sum(day["n_calls"] - day["n_ok"] for day in days),
        "n_calls_by_day": {day["day"]: day["n_calls"] for day in days},
    }


def _scores(dimension: str, spreads: Sequence[Spread]) -> dict[str, Any] | None:
    """How people and judges scored one dimension; None where nobody did."""
    said: dict[str, Counter[int]] = {"people": Counter(), "judges": Counter()}
    for spread in spreads:
        if spread.group.dimension == dimension:
            side = "judges" if spread.group.who.role == "judge" else "people"
            said[side].update(spread.counts)
    if not any(said.values()):
        return None
    scale = BY_KEY[dimension]
    return {
        "dimension": dimension,
        "level": scale.level,
        **{
            side: {str(value): counts[value] for value in scale.scores}
            for side, counts in said.items()
        },
    }
