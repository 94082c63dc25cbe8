"""What annotators think of each conversation on all nine dimensions, a row a conversation.

Works on the relations that `scope.narrow` and `scope.mark_continued` make.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from duckdb import DuckDBPyConnection as Connection
from numpy.typing import NDArray

_SAME = 1e-11


@dataclass(frozen=True, slots=True)
class ConversationMeans:
    """Mean scores of annotators.

    Attributes:
        table: (n, k) means; a local dimension's over the turns of which it was scored. NaN
            where nobody scored any.
        clusters: (n,) number of the seed tree.
        synthetic: Whether any score is an invented one.
        simulated: Whether a stand-in wrote any of the conversations.
    """

    table: NDArray[np.float64]
    clusters: NDArray[np.int64]
    synthetic: bool
    simulated: bool


def conversation_means(db: Connection, dimensions: Sequence[str]) -> ConversationMeans:
    """The conversations in scope that have any score, a column for each of the dimensions.

    A turn's score is the mean of its annotators' latest ones, a conversation's on a local
    dimension the mean of its turns. A score of -1 says that there was nothing to score and is
    left out.
    """
    # Decimals add up to the same in any order, and so do means of them.
    db.execute(
        """
        CREATE TEMP TABLE thing_mean AS
        SELECT target_id AS id, level, dimension, avg(value)::DECIMAL(18, 12) AS value,
               bool_or(rater_kind = 'synthetic') AS synthetic
        FROM in_score WHERE counts AND role = 'annotator' AND value >= 0
        GROUP BY target_id, level, dimension
        """
    )
    columns = ", ".join(
        f"avg(value) FILTER (dimension = '{name}') AS mean_{i}" for i, name in enumerate(dimensions)
    )
    rows = db.execute(
        f"""
        WITH turn AS (
            SELECT conversation_id, unnest(path[2:len(path):2]) AS id FROM whole_conversation
        ), part AS (
            SELECT t.conversation_id, m.dimension, m.value, m.synthetic
            FROM thing_mean m JOIN turn t ON t.id = m.id WHERE m.level = 'local'
            UNION ALL
            SELECT m.id, m.dimension, m.value, m.synthetic
            FROM thing_mean m SEMI JOIN in_conversation c ON c.conversation_id = m.id
            WHERE m.level = 'global'
        )
        SELECT c.seed_id, bool_or(p.synthetic) AS synthetic,
               bool_or(c.simulated) AS simulated, {columns}
        FROM part p JOIN in_conversation c USING (conversation_id)
        GROUP BY p.conversation_id, c.seed_id ORDER BY c.seed_id, p.conversation_id
        """
    ).fetchnumpy()
    table = [
        _tied(np.ma.filled(np.ma.asarray(rows[f"mean_{i}"], dtype=np.float64), np.nan))
        for i in range(len(dimensions))
    ]
    _, clusters = np.unique(np.asarray(rows["seed_id"], dtype=str), return_inverse=True)
    return ConversationMeans(
        np.stack(table, axis=1),
        clusters.reshape(-1).astype(np.int64),
        *(bool(np.asarray(rows[name], dtype=bool).any()) for name in ("synthetic", "simulated")),
    )


def _tied(means: NDArray[np.float64]) -> NDArray[np.float64]:
    """The means, those that are the same fraction being the same number; NaN stays.

    Means of means with 12 decimals are off by less than 1e-12. Fractions that differ are further
    apart: by 1/(p q) at least, for the denominators p and q.
    """
    order = np.argsort(means, kind="stable")
    ascending = means[order]
    begins = np.diff(ascending, prepend=-np.inf) > _SAME
    first_of_group = np.maximum.accumulate(np.where(begins, np.arange(len(means)), 0))
    tied = np.empty_like(means)
    tied[order] = np.where(np.isnan(ascending), np.nan, ascending[first_of_group])
    return tied
