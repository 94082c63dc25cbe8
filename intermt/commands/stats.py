"""What is in the store: the data card, how far raters agree, and the annotators."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from intermt.dimensions import Level
from intermt.errors import MissingInputError
from intermt.store import overview
from intermt.store.connect import Store
from intermt.store.scope import datasets, narrow

Topic = Literal["card", "agreement", "annotators"]

NO_LABELS = "no labels: nobody has scored, voted or written about anything here"
NO_ANNOTATORS = "only verifiers have labelled anything here"
NOTHING = "no conversations and no trees: nothing was imported or generated here yet"


@dataclass(frozen=True, slots=True)
class StatsConfig:
    """What to count.

    Attributes:
        topic: `card`, `agreement` or `annotators`.
        level: Only labels and verdicts of this level; None for both.
        dataset: Only this collection; None for the whole store.
    """

    topic: Topic = "card"
    level: Level | None = None
    dataset: str | None = None


@dataclass(frozen=True, slots=True)
class StatsResult:
    """What was counted.

    Attributes:
        topic: As asked.
        document: Every figure, in types that JSON holds; docs/statistics.md names the keys.
        simulated: Whether a stand-in server made anything that was counted.
        synthetic: Whether any label that was counted is an invented one.
        notes: What a reader must know, in words.
    """

    topic: Topic
    document: Mapping[str, Any]
    simulated: bool
    synthetic: bool
    notes: tuple[str, ...]


def run(store: Store, config: StatsConfig) -> StatsResult:
    """Count what a store holds.

    Raises:
        MissingInputError: There is no store, or nothing in it belongs to the dataset.
    """
    topics = {"card": _card, "agreement": _agreement, "annotators": _annotators}
    figures = topics[config.topic](store, config)
    notes = figures.pop("notes")
    document = {
        "topic": config.topic,
        "dataset": config.dataset,
        "level": config.level,
        "simulated": figures.pop("simulated"),
        "synthetic": figures.pop("synthetic"),
        "notes": notes,
        **figures,
    }
    return StatsResult(
        config.topic, document, document["simulated"], document["synthetic"], tuple(notes)
    )


def _card(store: Store, config: StatsConfig) -> dict[str, Any]:
    with store.reading() as db:
        _narrow(db, config)
        figures = {
            **overview.conversation_facts(db),
            **overview.tree_facts(db),
            **overview.picture_facts(db, config.dataset),
            **overview.tag_facts(db),
            **overview.label_facts(db),
            **overview.verdict_facts(db),
            **overview.request_facts(db),
        }
    figures["notes"] = []
    if not figures["n_nodes"]:
        figures["notes"].append(NOTHING)
    if n := figures["n_conversations_rebuilt"]:
        figures["notes"].append(
            f"{n} of the {figures['n_conversations']} conversations were rebuilt from branches"
            " of others (generate --rebuild): what they say is counted again with them"
        )
    if not (figures["n_scores"] or figures["n_votes"] or figures["n_feedback"]):
        figures["notes"].append(NO_LABELS)
    figures["simulated"] = any(n for key, n in figures.items() if key.endswith("_simulated"))
    figures["synthetic"] = any(n for key, n in figures.items() if key.endswith("_synthetic"))
    return figures


def _agreement(store: Store, config: StatsConfig) -> dict[str, Any]:
    from intermt.commands.agreement import agreement_figures
    from intermt.store.rated import comparable, judge_names, silent_judges

    # The store is let go before the resampling, which takes longer than the reading.
    with store.reading() as db:
        _narrow(db, config)
        groups, judges, silent = comparable(db), judge_names(db), silent_judges(db)
    figures = agreement_figures(groups, judges, silent)
    if not groups:
        figures["notes"] = [NO_LABELS]
    return figures


def _annotators(store: Store, config: StatsConfig) -> dict[str, Any]:
    from intermt.commands.annotators import annotator_figures
    from intermt.store.raters import given, seconds

    with store.reading() as db:
        _narrow(db, config)
        kinds, times = given(db), seconds(db, config.dataset, config.level)
    figures = annotator_figures(kinds, times)
    if not figures["rows"]:
        figures["notes"] = [NO_LABELS if not kinds else NO_ANNOTATORS]
    return figures


def _narrow(db: Any, config: StatsConfig) -> None:
    if config.dataset is not None:
        known = datasets(db)
        if config.dataset not in known:
            raise MissingInputError(
                f"nothing in the store belongs to the dataset {config.dataset!r}",
                todo=f"the store has: {', '.join(known) or 'nothing at all'}",
            )
    narrow(db, config.dataset, config.level)
