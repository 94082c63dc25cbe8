"""What is in the store, topic by topic."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from intermt.commands.known_datasets import require_dataset
from intermt.config import Server
from intermt.dimensions import DIMENSIONS, Level
from intermt.errors import UsageError
from intermt.store import overview
from intermt.store.connect import Store
from intermt.store.scope import LABELS, Label, datasets, mark_continued, narrow

Topic = Literal[
    "overview", "card", "agreement", "annotators", "scores", "correlation", "bias", "usage"
]
TOPICS: tuple[Topic, ...] = get_args(Topic)

NO_LABELS = "no labels: nobody has scored, voted or written about anything here"
NO_ANNOTATORS = "only verifiers have labelled anything here"
NOTHING = "no conversations and no trees: nothing was imported or generated here yet"

ELSEWHERE = (
    "no conversations and no trees of its own: these labels are about what belongs to other"
    " collections or is not in the store"
)


@dataclass(frozen=True, slots=True)
class StatsConfig:
    """What to count.

    Attributes:
        topic: What about.
        level: Only labels and verdicts of this level; None for both.
        dataset: Only this collection; None for the whole store.
        servers: The configured servers by name; they have the prices for `usage`.
    """

    topic: Topic = "overview"
    level: Level | None = None
    dataset: str | None = None
    servers: Mapping[str, Server] = field(default_factory=dict)


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
        MissingInputError: There is no store, or no such dataset in it.
        UsageError: A level is asked of what has none.
    """
    figures = _FIGURES[config.topic](store, config)
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
        _narrow(db, store, config, *LABELS)
        return _card_facts(db, config)


def _card_facts(db: Any, config: StatsConfig) -> dict[str, Any]:
    mark_continued(db)
    figures: dict[str, Any] = {
        **overview.conversation_facts(db),
        **overview.tree_facts(db),
        **overview.picture_facts(db, config.dataset),
        **overview.tag_facts(db),
        **overview.label_facts(db),
        **overview.verdict_facts(db),
        **overview.request_facts(db),
        "notes": [],
    }
    if not figures["n_nodes"]:
        elsewhere = any(figures[key] for key in ("n_scores", "n_votes", "n_feedback"))
        figures["notes"].append(ELSEWHERE if elsewhere else NOTHING)
    if n := figures["n_conversations_continued"]:
        figures["notes"].append(
            f"{n:,} more {'conversation is' if n == 1 else 'conversations are'} the beginning of"
            " another one, not labelled as a whole, and counted with it"
        )
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


def _overview(store: Store, config: StatsConfig) -> dict[str, Any]:
    from intermt.commands.overview import overview_figures
    from intermt.store.score_spread import score_spreads
    from intermt.store.usage import usage

    with store.reading() as db:
        _narrow(db, store, config, *LABELS)
        card = _card_facts(db, config)
        spreads = score_spreads(db)
        days = usage(db, config.dataset)["days"]
    return overview_figures(card, spreads, days)


def _agreement(store: Store, config: StatsConfig) -> dict[str, Any]:
    from intermt.commands.agreement import agreement_figures
    from intermt.store.rated import comparable, silent_judges
    from intermt.store.said import judge_names

    # The store is let go before the resampling, which takes longer than the reading.
    with store.reading() as db:
        _narrow(db, store, config, "score", "preference_vote", "verdict")
        groups, judges, silent = comparable(db), judge_names(db), silent_judges(db)
    figures = agreement_figures(groups, judges, silent)
    if not groups:
        figures["notes"] = [NO_LABELS]
    return figures


def _annotators(store: Store, config: StatsConfig) -> dict[str, Any]:
    from intermt.commands.annotators import annotator_figures
    from intermt.store.raters import about_simulated, given, seconds

    with store.reading() as db:
        _narrow(db, store, config, "score", "preference_vote")
        kinds, times = given(db), seconds(db, config.dataset, config.level)
        simulated = about_simulated(db)
    figures = annotator_figures(kinds, times, simulated)
    if not figures["rows"]:
        figures["notes"] = [NO_LABELS] if not kinds else figures["notes"] or [NO_ANNOTATORS]
    return figures


def _scores(store: Store, config: StatsConfig) -> dict[str, Any]:
    from intermt.commands.score_spread import score_figures
    from intermt.store.said import judge_names
    from intermt.store.score_spread import score_spreads

    with store.reading() as db:
        _narrow(db, store, config, "score", "verdict")
        spreads, judges = score_spreads(db), judge_names(db)
    return score_figures(spreads, judges)


def _correlation(store: Store, config: StatsConfig) -> dict[str, Any]:
    from intermt.commands.dimension_map import map_figures
    from intermt.store.dimension_means import conversation_means

    dimensions = [d for d in DIMENSIONS if config.level in (None, d.level)]
    with store.reading() as db:
        _narrow(db, store, config, "score")
        mark_continued(db)
        means = conversation_means(db, [d.key for d in dimensions])
    return map_figures(means, dimensions)


def _bias(store: Store, config: StatsConfig) -> dict[str, Any]:
    from intermt.commands.leanings import bias_figures
    from intermt.store.leanings import leanings
    from intermt.store.said import judge_names

    with store.reading() as db:
        _narrow(db, store, config, "score", "preference_vote", "verdict")
        votes, scores = leanings(db)
        judges = judge_names(db)
    return bias_figures(votes, scores, judges)


def _usage(store: Store, config: StatsConfig) -> dict[str, Any]:
    from intermt.commands.usage import usage_figures
    from intermt.store.usage import usage

    if config.level is not None:
        raise UsageError("calls belong to no level", todo="leave out --level")
    with store.reading() as db:
        _narrow(db, store, config, *(("verdict",) if config.dataset else ()))
        counted = usage(db, config.dataset)
    return usage_figures(counted, config.servers, config.dataset)


def _narrow(db: Any, store: Store, config: StatsConfig, *labels: Label) -> None:
    if config.dataset is not None:
        require_dataset(config.dataset, datasets(db), store)
    narrow(db, config.dataset, config.level, labels)


_FIGURES = {
    "overview": _overview,
    "card": _card,
    "agreement": _agreement,
    "annotators": _annotators,
    "scores": _scores,
    "correlation": _correlation,
    "bias": _bias,
    "usage": _usage,
}
