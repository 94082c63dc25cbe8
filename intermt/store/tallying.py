"""Votes counted by pair and dimension, and which pairs pass every filter, inside DuckDB.

Works on what `casting.cast` made. Agreement and margins are compared as whole numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, get_args

import numpy as np
import numpy.typing as npt
from duckdb import DuckDBPyConnection as Connection

from intermt.dimensions import Level
from intermt.records import PairMode, Part
from intermt.store.casting import CANDIDATES, PARTS
from intermt.store.rows import parts_from_json
from intermt.store.trees import NAMED_IN_NODES

_CHUNK = 4096


SetAside = Literal[
    "messages not in the store", "no shared history", "same messages", "beyond max-turn"
]
SET_ASIDE: tuple[SetAside, ...] = get_args(SetAside)
"""Why a pair is not looked at on any dimension, in the order asked."""

DropReason = Literal[
    "no votes",
    "no majority",
    "below min-annotators",
    "below min-agree",
    "no scores for min-margin",
    "below min-margin",
    "not verified",
    "beyond per-prompt",
]
DROP_REASONS: tuple[DropReason, ...] = get_args(DropReason)
"""Why a pair is not written, in the order the filters ask."""


@dataclass(frozen=True, slots=True)
class Rules:
    """Who wins, and what a pair must have.

    Attributes:
        winner: Who wins: the side with more votes, the one with more points, or the one that
            a model names.
        least_votes: For 1 to so many votes, the fewest that are agreement enough.
        least_margins: For 1 to so many raters, the least sum of score differences, in
            so many parts of a point, that is margin enough; None asks for no scores.
        min_annotators: Fewest annotators.
        verified_only: Whether a verifier must have confirmed the winner.
        keep_ties: Whether pairs that nobody won are kept.
        per_prompt: Most pairs of one question and dimension; None for any number.
    """

    winner: Literal["votes", "points", "model"]
    least_votes: Callable[[int], list[int]]
    least_margins: Callable[[int, int], list[int]] | None
    min_annotators: int
    verified_only: bool
    keep_ties: bool
    per_prompt: int | None


class Chosen(NamedTuple):
    """A pair that passed every filter.

    Attributes:
        seed_id: Root of the tree.
        turn: Turn of the answers; the larger number of turns for conversations.
        pair_id: Hash of the two candidates and the dimension; the same whoever wins.
        dimension: A dimension key or `overall`.
        chosen_id: The winner, a node or a conversation.
        rejected_id: The other.
        n_chosen: Annotators for the winner.
        n_rejected: Annotators for the other.
        n_tie: Annotators who saw no difference.
        n_stated: Annotators of all these who stated a preference on the dimension; the others'
            votes were read off their scores or dimensions.
        agreement: Share of the annotators for the winner; of those who saw no difference
            where neither side won.
        margin: Mean score of the winner less that of the other; None without scores.
        verified: Whether all verifiers agree; None where none voted.
        synthetic: Whether any of the votes on it is an invented one.
        strength: How sure it is that the winner is the better one, 0.5 to 1.
        tie: Whether neither side won; `chosen_id` is then the one that sorts first.
    """

    seed_id: str
    turn: int
    pair_id: str
    dimension: str
    chosen_id: str
    rejected_id: str
    n_chosen: int
    n_rejected: int
    n_tie: int
    n_stated: int
    agreement: float
    margin: float | None
    verified: bool | None
    synthetic: bool
    strength: float
    tie: bool


@dataclass(frozen=True, slots=True)
class Verdicts:
    """The winners that a model names.

    Attributes:
        place: (n,) numbers of rows of `tally`, each once.
        side: (n,) 1 where a wins, -1 where b does, 0 where neither.
        strength: (n,) how sure that is, 0.5 to 1.
    """

    place: npt.NDArray[np.int64]
    side: npt.NDArray[np.int64]
    strength: npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Counts:
    """What became of the pairs.

    Attributes:
        n_pairs: Pairs of candidates with a vote on some dimension asked for.
        set_aside: Pairs not looked at on any dimension, by reason.
        considered: Pairs looked at, one for each dimension.
        dropped: Pairs dropped, by the first filter they failed, in filter order.
        kept: Pairs that passed.
    """

    n_pairs: int
    set_aside: dict[SetAside, int]
    considered: int
    dropped: dict[DropReason, int]
    kept: int


def tally(db: Connection) -> None:
    """Make the table `tally`: the votes of `cast_vote` counted by pair and dimension."""
    db.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE tally AS
        SELECT a_id, b_id, dimension,
               count(*) FILTER (annotator AND choice = 1)::INTEGER AS n_a,
               count(*) FILTER (annotator AND choice = -1)::INTEGER AS n_b,
               count(*) FILTER (annotator AND choice = 0)::INTEGER AS n_tie,
               count(*) FILTER (annotator AND stated)::INTEGER AS n_stated,
               (sum(apart) FILTER (annotator))::BIGINT AS apart,
               count(apart) FILTER (annotator)::INTEGER AS n_apart,
               (sum(coalesce(apart, choice * {PARTS})) FILTER (annotator))::BIGINT AS points,
               count(*) FILTER (NOT annotator AND choice = 1)::INTEGER AS v_a,
               count(*) FILTER (NOT annotator AND choice = -1)::INTEGER AS v_b,
               count(*) FILTER (NOT annotator)::INTEGER AS v_all,
               bool_or(synthetic) AS synthetic
        FROM cast_vote GROUP BY a_id, b_id, dimension
        """
    )


def voted(db: Connection) -> dict[str, npt.NDArray[Any]]:
    """Every annotator's vote that is in `tally`, as columns in a fixed order.

    `place` is the row of `tally`, `first` and `second` number the candidates a and b, `rater`
    is the number in `voter`, `choice` 1, -1 or 0, `dimension` a text.
    """
    columns = db.execute(
        """
        WITH named AS (
            SELECT id, row_number() OVER (ORDER BY id) - 1 AS number
            FROM (SELECT a_id AS id FROM tally UNION SELECT b_id FROM tally)
        )
        SELECT t.rowid AS place, a.number AS first, b.number AS second,
               c.rater::BIGINT AS rater, c.choice::BIGINT AS choice, c.dimension
        FROM cast_vote c JOIN tally t USING (a_id, b_id, dimension)
        JOIN named a ON a.id = t.a_id JOIN named b ON b.id = t.b_id
        WHERE c.annotator ORDER BY c.dimension, a.number, b.number, c.rater
        """
    ).fetchnumpy()
    return {name: np.asarray(column) for name, column in columns.items()}


_SIDES = {
    "votes": "sign(n_a - n_b)",
    "points": "coalesce(sign(points), 0)",
    "model": "coalesce(m.side, 0)",
}


def decide(
    db: Connection,
    level: Level,
    mode: PairMode,
    rules: Rules,
    *,
    max_turn: int | None,
    n_dimensions: int,
    verdicts: Verdicts | None = None,
) -> Counts:
    """Make the table `outcome`: every pair of `tally`, and why it is left out; the counts.

    Args:
        db: A connection where `tally` was made.
        level: local or global.
        mode: prefix or chain; part of a pair's id.
        rules: Who wins, and what a pair must have.
        max_turn: Last turn of an answer, most turns of a conversation; None for any.
        n_dimensions: How many dimensions every pair is looked at on.
        verdicts: Who wins, where a model says so.
    """
    most = db.execute("SELECT max(n_a + n_b + n_tie), max(n_apart) FROM tally").fetchone()
    n_most, n_apart = (most[0] or 0, most[1] or 0) if most else (0, 0)
    sure, by_model = "NULL", ""
    if verdicts is not None:
        _take(db, verdicts)
        sure, by_model = "m.strength", "LEFT JOIN said_by_model m ON m.place = t.rowid"
    beyond = "false" if max_turn is None else f"greatest(a.turn, b.turn) > {max_turn}"
    tests: dict[SetAside, str] = {
        "messages not in the store": "a.id IS NULL OR b.id IS NULL",
        "no shared history": "a.context_id IS DISTINCT FROM b.context_id",
        "same messages": "a.leaf_id = b.leaf_id",
        "beyond max-turn": beyond,
    }
    aside = _branches(tests, SET_ASIDE)
    db.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE outcome AS
        WITH candidate AS ({CANDIDATES[level]}), sided AS (
            SELECT t.*, n_a + n_b + n_tie AS n, {_SIDES[rules.winner]}::TINYINT AS side,
                   {sure}::DOUBLE AS sure, a.context_id, a.seed_id,
                   greatest(a.turn, b.turn) AS turn, CASE {aside} END AS aside
            FROM tally t LEFT JOIN candidate a ON a.id = t.a_id
            LEFT JOIN candidate b ON b.id = t.b_id {by_model}
        ), counted AS (
            SELECT *, CASE side WHEN 1 THEN n_a WHEN -1 THEN n_b ELSE n_tie END AS n_for,
                   CASE side WHEN 1 THEN v_a WHEN -1 THEN v_b ELSE v_all - v_a - v_b END AS v_for,
                   CASE WHEN side < 0 THEN -apart ELSE apart END AS ahead
            FROM sided
        )
        SELECT *, CASE WHEN aside IS NULL THEN CASE {_drops(rules)} END END AS dropped
        FROM counted
        """,
        [
            rules.least_votes(n_most),
            *([] if rules.least_margins is None else [rules.least_margins(n_apart, PARTS)]),
        ],
    )
    if rules.per_prompt is not None:
        _keep_most_informative(db, level, mode, rules.per_prompt)
    return _counts(db, n_dimensions)


def chosen(db: Connection, level: Level, mode: PairMode) -> Iterator[Chosen]:
    """The pairs that passed, in order of seed id, turn and pair id, read as they are taken."""
    rows = db.execute(
        f"""
        SELECT seed_id, turn, {_pair_id(level, mode)} AS pair_id, dimension,
               CASE WHEN side < 0 THEN b_id ELSE a_id END,
               CASE WHEN side < 0 THEN a_id ELSE b_id END,
               CASE WHEN side < 0 THEN n_b ELSE n_a END,
               CASE WHEN side < 0 THEN n_a ELSE n_b END,
               n_tie, n_stated, n_for / n,
               CASE WHEN n_apart > 0 THEN ahead / (n_apart * {PARTS}) END,
               CASE WHEN v_all > 0 THEN v_for = v_all END, synthetic,
               CASE WHEN side = 0 THEN 0.5::DOUBLE
                    ELSE coalesce(sure, greatest(0.5, (n_for + n_tie / 2) / n)) END,
               side = 0
        FROM outcome WHERE aside IS NULL AND dropped IS NULL
        ORDER BY seed_id, turn, pair_id
        """
    )
    while found := rows.fetchmany(_CHUNK):
        yield from map(Chosen._make, found)


def _take(db: Connection, verdicts: Verdicts) -> None:
    db.execute(
        """
        CREATE OR REPLACE TEMP TABLE said_by_model AS
        SELECT unnest(?::BIGINT[]) AS place, unnest(?::TINYINT[]) AS side,
               unnest(?::DOUBLE[]) AS strength
        """,
        [verdicts.place.tolist(), verdicts.side.tolist(), verdicts.strength.tolist()],
    )


def _branches(
    tests: Mapping[SetAside, str] | Mapping[DropReason, str], reasons: Sequence[str]
) -> str:
    """The branches of a CASE; reasons are numbers, as texts would be slow to count."""
    return " ".join(f"WHEN {test} THEN {reasons.index(why)}" for why, test in tests.items())


def _drops(rules: Rules) -> str:
    tests: dict[DropReason, str] = {
        "no votes": "n = 0",
        "no majority": "false" if rules.keep_ties else "side = 0",
        "below min-annotators": f"n < {rules.min_annotators}",
        "below min-agree": "n_for < (?::BIGINT[])[n]",
    }
    if rules.least_margins is not None:
        tests["no scores for min-margin"] = "n_apart = 0"
        tests["below min-margin"] = "ahead < (?::BIGINT[])[n_apart]"
    if rules.verified_only:
        tests["not verified"] = "v_all = 0 OR v_for < v_all"
    return _branches(tests, DROP_REASONS)


def _pair_id(level: Level, mode: PairMode) -> str:
    """What `records.content_id` makes of a pair."""
    return (
        f"""left(sha256('["pair","{level}","{mode}",' || to_json(a_id) || ',' || to_json(b_id)"""
        """ || ',' || to_json(dimension) || ']'), 32)"""
    )


def _keep_most_informative(db: Connection, level: Level, mode: PairMode, most: int) -> None:
    db.execute(
        f"""
        UPDATE outcome SET dropped = {DROP_REASONS.index("beyond per-prompt")}
        WHERE rowid IN (
            SELECT rowid FROM outcome WHERE aside IS NULL AND dropped IS NULL
            QUALIFY row_number() OVER (
                PARTITION BY context_id, dimension
                ORDER BY abs(n_a - n_b) DESC, ahead / n_apart DESC NULLS LAST, n DESC,
                         {_pair_id(level, mode)}
            ) > {most}
        )
        """
    )


def _counts(db: Connection, n_dimensions: int) -> Counts:
    # One dimension has one row a pair already.
    pairs = "count(*)" if n_dimensions == 1 else "count(DISTINCT (a_id, b_id))"
    aside = dict(
        db.execute(f"SELECT coalesce(aside, -1), {pairs} FROM outcome GROUP BY 1").fetchall()
    )
    dropped = dict(
        db.execute(
            "SELECT coalesce(dropped, -1), count(*) FROM outcome WHERE aside IS NULL GROUP BY 1"
        ).fetchall()
    )
    set_aside = {why: aside.get(code, 0) for code, why in enumerate(SET_ASIDE)}
    drops = {why: dropped.get(code, 0) for code, why in enumerate(DROP_REASONS)}
    considered = aside.get(-1, 0) * n_dimensions
    drops["no votes"] += considered - sum(dropped.values())
    return Counts(sum(aside.values()), set_aside, considered, drops, dropped.get(-1, 0))


KEPT_SEEDS = "SELECT DISTINCT seed_id FROM outcome WHERE aside IS NULL AND dropped IS NULL"
"""A query for the seed ids of the pairs that passed."""


def kept_questions(db: Connection, kept: str = KEPT_SEEDS) -> dict[str, tuple[Part, ...]]:
    """The seed questions of what was chosen, by seed id; empty where not there.

    Args:
        db: A connection where something was chosen.
        kept: A query for the seed ids.
    """
    rows = db.execute(
        f"""
        SELECT k.seed_id, min(n.parts) FROM ({kept}) k
        LEFT JOIN node n ON n.seed_id = k.seed_id AND n.parent_id IS NULL
        GROUP BY k.seed_id ORDER BY k.seed_id
        """
    )
    found: dict[str, tuple[Part, ...]] = {}
    while some := rows.fetchmany(_CHUNK):
        for seed, parts in some:
            found[seed] = parts_from_json(parts) if parts else ()
    return found


def kept_pictures(db: Connection, kept: str = KEPT_SEEDS) -> dict[str, frozenset[str]]:
    """The pictures in the trees of what was chosen, by seed id; SHA-256."""
    rows = db.execute(
        f"""
        SELECT n.seed_id, list(DISTINCT p.sha256) FROM ({kept}) k
        JOIN node n ON n.seed_id = k.seed_id AND n.n_images > 0
        JOIN {NAMED_IN_NODES} p ON p.node_id = n.node_id
        WHERE p.sha256 IS NOT NULL GROUP BY n.seed_id
        """
    ).fetchall()
    return {seed: frozenset(pictures) for seed, pictures in rows}
