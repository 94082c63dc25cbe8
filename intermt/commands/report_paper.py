"""The tables and figures of the InterMT paper: which of them a store's data allow.

The list follows the paper's findings (NeurIPS 2025); each entry knows by the documents of
`stats` and the figures of `eval` whether it can be shown, and what it needs if it cannot.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from intermt.commands.measured import Measured

Document = Mapping[str, Any]
Documents = Mapping[str, Document]

LABELS = "labels of people: intermt annotate-export, intermt annotate-import"


@dataclass(frozen=True, slots=True)
class Entry:
    """A table or figure of the paper.

    Attributes:
        name: What it shows.
        chapter: The topic whose chapter has it.
        needs: The data it needs.
        is_there: Whether the store's data allow it.
    """

    name: str
    chapter: str
    needs: str
    is_there: bool


def entries(documents: Documents, figures: Sequence[Measured]) -> tuple[Entry, ...]:
    """Every table and figure of the paper, in its order.

    Args:
        documents: Of `stats`, by topic, as far as there are any.
        figures: Of `eval`.
    """
    return tuple(
        Entry(name, chapter, needs, _holds(test, documents.get(chapter)))
        for name, chapter, needs, test in _OF_STORES
    ) + tuple(
        Entry(name, "judges", needs, any(_is_of(figure, *which) for figure in figures))
        for name, needs, *which in _OF_JUDGES
    )


def _holds(test: Callable[[Document], bool], document: Document | None) -> bool:
    return document is not None and test(document)


def _is_of(figure: Measured, task: str, statistic: str) -> bool:
    return (figure.task, figure.statistic) == (task, statistic) and figure.value is not None


def _between(*pairs: str) -> Callable[[Document], bool]:
    def test(document: Document) -> bool:
        rows = (row for row in document["rows"] if row["between"] in pairs)
        return any(row["rate"]["value"] is not None for row in rows)

    return test


def _rated_by(*raters: str) -> Callable[[Document], bool]:
    return lambda document: any(row["rater"] in raters and row["n"] for row in document["rows"])


def _leans(bias: str, rater: str) -> Callable[[Document], bool]:
    def test(document: Document) -> bool:
        rows = _known(document["rows"])
        return any((row["bias"], row["rater"]) == (bias, rater) for row in rows)

    return test


def _known(rows: Sequence[Document]) -> Iterator[Document]:
    return (row for row in rows if row["value"] is not None)


def _correlates(document: Document) -> bool:
    return any(
        row["x_level"] != row["y_level"] and row["pearson"]["value"] is not None
        for row in document["rows"]
    )


_OF_STORES: tuple[tuple[str, str, str, Callable[[Document], bool]], ...] = (
    (
        "what is in the data: turns, pictures, tasks, scenarios",
        "card",
        "conversations: intermt generate, or intermt annotate-import",
        lambda document: bool(document["n_conversations"]),
    ),
    (
        "agreement of annotators with each other",
        "agreement",
        f"two or more annotators on the same answers; {LABELS}",
        _between("annotator-annotator"),
    ),
    (
        "agreement of annotators with verifiers",
        "agreement",
        "labels of verifiers: intermt annotate-export --role verifier",
        _between("annotator-verifier"),
    ),
    (
        "agreement of people with judges",
        "agreement",
        f"{LABELS}, and verdicts on the same: intermt judge --task score or pair",
        _between("annotator-judge", "verifier-judge"),
    ),
    ("distribution of people's scores", "scores", LABELS, _rated_by("annotator", "verifier")),
    (
        "distribution of judges' scores (high-score bias)",
        "scores",
        "scores of judges: intermt judge --task score",
        _rated_by("judge"),
    ),
    (
        "correlation of local and global dimensions",
        "correlation",
        f"local and global scores of the same conversations; {LABELS}",
        _correlates,
    ),
    (
        "how often people prefer the side shown first",
        "bias",
        f"preferences between two answers; {LABELS}",
        _leans("first_side", "annotator"),
    ),
    (
        "how often judges prefer the side shown first (position bias)",
        "bias",
        "verdicts in both orders: intermt judge --task pair",
        _leans("first_side", "judge"),
    ),
    (
        "judges of the first k turns on every later turn (matrix)",
        "scaling",
        "preferences at two or more turns, and embeddings (intermt stats scaling --server SERVER)"
        " or judges (--judge K=NAME)",
        lambda document: bool(document["matrix"]),
    ),
    (
        "average over later turns against k (scaling law)",
        "scaling",
        "preferences at three or more turns, and embeddings or judges as above",
        lambda document: document["trend"] is not None,
    ),
    (
        "transfer between prefix and chain preferences",
        "scaling",
        "local and global preferences of the same seed questions, and embeddings as above",
        lambda document: bool(document["transfer"]),
    ),
)

_OF_JUDGES = (
    (
        "correlation of judges with people (scoring)",
        f"{LABELS}, and intermt judge --task score",
        "score",
        "pearson",
    ),
    (
        "accuracy of judges (pair comparison)",
        f"preferences between two answers, and intermt judge --task pair; {LABELS}",
        "pair",
        "accuracy",
    ),
    (
        "grades of judges (crucial steps)",
        "reference descriptions of crucial steps, and intermt judge --task crucial-step",
        "crucial-step",
        "mean_grade",
    ),
)
