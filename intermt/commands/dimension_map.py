"""How the nine dimensions go together, conversation by conversation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from intermt.dimensions import Dimension
from intermt.domain.dimension_map import MapCell, dimension_map
from intermt.domain.estimate import Estimate
from intermt.store.dimension_means import ConversationMeans

NO_SCORES = "no scores: no annotator has scored a conversation or one of its turns here"

_CONFIDENCE = 0.95
_ITSELF = "a dimension with itself"


def map_figures(means: ConversationMeans, dimensions: Sequence[Dimension]) -> dict[str, Any]:
    """The document of correlations: a row for each two dimensions, in both orders.

    Args:
        means: What annotators think of each conversation.
        dimensions: The dimensions of its columns.
    """
    cells = dimension_map(means.table, means.clusters, [d.key for d in dimensions], _CONFIDENCE)
    rows = []
    for i, x in enumerate(dimensions):
        for j, y in enumerate(dimensions):
            if i == j:
                has = ~np.isnan(means.table[:, i])
                n_clusters = len(np.unique(means.clusters[has]))
                alone = Estimate(None, undefined=_ITSELF)
                cell = MapCell(int(has.sum()), n_clusters, alone, alone)
            else:
                cell = cells[min(i, j), max(i, j)]
            rows.append(_row(x, y, cell))
    return {
        "confidence": _CONFIDENCE,
        "n_conversations_scored": len(means.table),
        "notes": [] if len(means.table) else [NO_SCORES],
        "simulated": means.simulated,
        "synthetic": means.synthetic,
        "rows": rows if len(means.table) else [],
    }


def _row(x: Dimension, y: Dimension, cell: MapCell) -> dict[str, Any]:
    return {
        "x": x.key,
        "y": y.key,
        "x_level": x.level,
        "y_level": y.level,
        "n": cell.n,
        "n_clusters": cell.n_clusters,
        "pearson": asdict(cell.pearson),
        "spearman": asdict(cell.spearman),
    }
