"""Which of what people wrote about answers and conversations becomes a training record."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from duckdb import DuckDBPyConnection as Connection

from intermt.dimensions import OVERALL, Level
from intermt.records import UNNAMED_RATERS, FeedbackKind
from intermt.store.casting import CANDIDATES, TARGETS, UNNAMED

KEPT_SEEDS = "SELECT DISTINCT seed_id FROM remark WHERE aside IS NULL"
"""A query for the seed ids of the texts that were chosen."""

_CHUNK = 1000


@dataclass(frozen=True, slots=True)
class CommentScope:
    """Which texts become records.

    Attributes:
        level: Texts on answers (local) or on conversations (global).
        kind: critique or refinement.
        dataset: Only what was written in this collection; None for all.
        dimensions: Only texts on these, `overall` for those on no one dimension; None for all.
        max_turn: Last turn of an answer, most turns of a conversation; None for any.
        excluded: Ids of raters who do not count.
        incompetent: Ids of further ones, left out for want of competence.
    """

    level: Level
    kind: FeedbackKind
    dataset: str | None = None
    dimensions: tuple[str, ...] | None = None
    max_turn: int | None = None
    excluded: tuple[str, ...] = ()
    incompetent: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Remarks:
    """How many texts there are, and how many become records.

    Attributes:
        n_texts: Of the kind, level and collection.
        set_aside: Those left out, by reason.
        kept: The others.
        other_kinds: Texts of other kinds on the same level and in the same collection.
    """

    n_texts: int
    set_aside: dict[str, int]
    kept: int
    other_kinds: dict[str, int]


class Remark(NamedTuple):
    """One text that becomes a record."""

    seed_id: str
    turn: int
    target_id: str
    dimension: str | None
    rater_id: str
    text: str
    synthetic: bool


REASONS = (
    "of raters not in the store",
    "of judges",
    "of excluded raters",
    "of raters below min-competence",
    UNNAMED,
    "on other dimensions",
    "messages not in the store",
    "beyond max-turn",
    "blank",
    "said before",
)
"""Why a text is left out, in the order in which it is looked at."""


def choose(db: Connection, scope: CommentScope) -> Remarks:
    """Make the relation `remark` of all texts in a scope; how many of them count."""
    wanted = None if scope.dimensions is None else list(scope.dimensions)
    db.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE remark AS
        WITH heard AS (
            SELECT f.target_id, f.rater_id, f.text,
                   CASE WHEN f.dimension <> '{OVERALL}' THEN f.dimension END AS dimension,
                   r.kind = 'synthetic' AS synthetic, r.role,
                   regexp_full_match(r.name, '{UNNAMED_RATERS}') AS unnamed, c.seed_id, c.turn
            FROM feedback f LEFT JOIN rater r ON r.rater_id = f.rater_id
            LEFT JOIN ({CANDIDATES[scope.level]}) c ON c.id = f.target_id
            WHERE f.target = ? AND f.kind = ? AND (?::VARCHAR IS NULL OR f.dataset = ?)
        )
        SELECT *, CASE
            WHEN role IS NULL THEN '{REASONS[0]}'
            WHEN role = 'judge' THEN '{REASONS[1]}'
            WHEN list_contains(?::VARCHAR[], rater_id) THEN '{REASONS[2]}'
            WHEN list_contains(?::VARCHAR[], rater_id)
            THEN CASE WHEN unnamed THEN '{REASONS[4]}' ELSE '{REASONS[3]}' END
            WHEN NOT coalesce(
                list_contains(?::VARCHAR[], coalesce(dimension, '{OVERALL}')), true
            ) THEN '{REASONS[5]}'
            WHEN seed_id IS NULL THEN '{REASONS[6]}'
            WHEN turn > ?::BIGINT THEN '{REASONS[7]}'
            WHEN NOT regexp_matches(text, '[^\\s\\p{{Z}}]') THEN '{REASONS[8]}'
            WHEN row_number() OVER (PARTITION BY target_id, dimension, rater_id, text) > 1
            THEN '{REASONS[9]}' END AS aside
        FROM heard
        """,
        [
            *(TARGETS[scope.level], scope.kind, scope.dataset, scope.dataset),
            *(list(scope.excluded), list(scope.incompetent), wanted, scope.max_turn),
        ],
    )
    found = dict(db.execute("SELECT aside, count(*) FROM remark GROUP BY aside").fetchall())
    others = db.execute(
        """
        SELECT kind, count(*) FROM feedback
        WHERE target = ? AND kind <> ? AND (?::VARCHAR IS NULL OR dataset = ?)
        GROUP BY kind ORDER BY kind
        """,
        [TARGETS[scope.level], scope.kind, scope.dataset, scope.dataset],
    ).fetchall()
    aside = {reason: found.get(reason, 0) for reason in REASONS}
    return Remarks(sum(found.values()), aside, found.get(None, 0), dict(others))


def chosen(db: Connection) -> Iterator[Remark]:
    """The texts that count, in order of seed question, turn, what they are about, and rater."""
    rows = db.execute(
        """
        SELECT seed_id, turn, target_id, dimension, rater_id, text, synthetic
        FROM remark WHERE aside IS NULL
        ORDER BY seed_id, turn, target_id, dimension NULLS FIRST, rater_id, text
        """
    )
    while some := rows.fetchmany(_CHUNK):
        yield from (Remark(*row) for row in some)


def fingerprint(db: Connection) -> str:
    """A hash of the texts in `remark`, 32 hex digits; their order does not count."""
    row = db.execute(
        """
        SELECT bit_xor(md5_number(to_json([target_id, rater_id, dimension, text])::VARCHAR))
        FROM (SELECT DISTINCT target_id, rater_id, dimension, text FROM remark)
        """
    ).fetchone()
    return f"{(row[0] if row else None) or 0:032x}"
