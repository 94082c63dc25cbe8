"""One vote for each rater, pair and dimension, out of stated preferences and scores.

The rules, in order:

1. A rater's preference for a pair on a dimension is their vote. Of several, the latest
   `rated_at` counts; undated ones are older than dated ones; equal dates are decided by
   the greater id. Scores likewise, for each target and dimension.
2. Without a preference, a rater who scored both candidates on the dimension votes for the
   one they scored higher; equal scores are a tie.
3. `overall` is never scored. Without an overall preference, the rater's overall vote is the
   sign of the sum over their votes on the dimensions: a preference counts one point for
   its side (a tie none), a score difference as many points as it has.
4. Judges do not vote.

Everything is temporary tables and views of the connection.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from duckdb import DuckDBPyConnection as Connection

from intermt.dimensions import LEVELS, OVERALL, Level, dimensions_of
from intermt.errors import InputError
from intermt.records import UNNAMED_RATERS, RaterRole

Database = Connection
"""What `Store.reading` gives, for those who may not know DuckDB."""

PARTS = math.lcm(*range(1, 1 + max(len(dimensions_of(level)) for level in LEVELS)))
"""Differences are in so many parts of a point, so that a mean over dimensions is whole."""

CANDIDATES: dict[Level, str] = {
    "local": "SELECT node_id AS id, parent_id AS context_id, seed_id, node_id AS leaf_id, turn"
    " FROM node WHERE role = 'assistant'",
    "global": "SELECT conversation_id AS id, seed_id AS context_id, seed_id,"
    " path[-1] AS leaf_id, n_turns AS turn FROM conversation",
}
"""Relations of what can be compared. `context_id` is what candidates must share: the question
answered, or the seed question; `leaf_id` is equal for the same messages under two names."""

TARGETS: dict[Level, str] = {"local": "node", "global": "conversation"}

UNNAMED = "of unnamed raters, whose competence nobody can tell"
"""Why a label does not count where competence is asked for and its rater has no name."""

_WHEN = "coalesce(x.rated_at, TIMESTAMP '-infinity')"


@dataclass(frozen=True, slots=True)
class LabelScope:
    """Whose votes and scores on what count.

    Attributes:
        level: local or global.
        dataset: Only what was said in this collection; None for all.
        dimensions: Only votes on these, `overall` among them if it is wanted; None for all.
        excluded: Ids of raters who do not count.
        incompetent: Ids of further ones, left out for want of competence.
        roles: Whose votes are cast.
    """

    level: Level
    dataset: str | None = None
    dimensions: tuple[str, ...] | None = None
    excluded: tuple[str, ...] = ()
    incompetent: tuple[str, ...] = ()
    roles: tuple[RaterRole, ...] = ("annotator", "verifier")

    @property
    def parts(self) -> tuple[str, ...] | None:
        """Dimensions whose labels are read; None for all, which `overall` may rest on."""
        return None if self.dimensions is None or OVERALL in self.dimensions else self.dimensions


@dataclass(frozen=True, slots=True)
class Labels:
    """How many labels there are in a scope, and how many of them do not count.

    Attributes:
        n_votes: Stated preferences.
        n_scores: Scores.
        set_aside: Those of either kind that are left out, by reason.
    """

    n_votes: int
    n_scores: int
    set_aside: dict[str, int] = field(default_factory=dict)


def cast(db: Connection, scope: LabelScope) -> Labels:
    """Make the relation `cast_vote`; how many labels it was made of.

    `cast_vote` has `a_id` and `b_id` (a_id sorts first), `rater` (a number; table `voter`
    has its `rater_id` and whether nobody named them, `unnamed`), `annotator` (true) or verifier
    (false), `synthetic`, `dimension`, `choice` (1 for a, -1 for b, 0 for a tie), `stated`
    (whether it is a stated preference) and `apart` (score of a less score of b in `PARTS` of a
    point; for `overall` the mean over the dimensions; null without scores).

    Raises:
        InputError: A vote or score names a rater that is not in the store.
    """
    db.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE voter AS
        SELECT rater_id, (row_number() OVER (ORDER BY rater_id))::INTEGER AS rater,
               role = 'annotator' AS annotator, kind = 'synthetic' AS synthetic,
               regexp_full_match(name, '{UNNAMED_RATERS}') AS unnamed,
               CASE WHEN list_contains(?::VARCHAR[], rater_id) THEN 'excluded'
                    WHEN list_contains(?::VARCHAR[], rater_id)
                    THEN CASE WHEN unnamed THEN 'unnamed' ELSE 'incompetent' END
                    WHEN NOT list_contains(?::VARCHAR[], role) THEN 'role' END AS left_out
        FROM rater
        """,
        [list(scope.excluded), list(scope.incompetent), list(scope.roles)],
    )
    votes, scores = _stated_relation(scope), _score_relation(scope)
    counted = [_counted(db, votes, "a_id, b_id"), _counted(db, scores, "target_id")]
    stated = _latest(votes, "a_id, b_id", "choice", "vote_id", several=counted[0].several)
    latest = _latest(scores, "target_id", "value", "score_id", several=counted[1].several)
    said = (
        f"SELECT a_id, b_id, rater, dimension, {_POINTS} AS stated, NULL::BIGINT AS apart"
        f" FROM ({stated})"
    )
    if counted[1].n_kept:
        db.execute(f"CREATE OR REPLACE TEMP TABLE latest_score AS {latest}")
        db.execute(f"CREATE OR REPLACE TEMP TABLE said AS {_with_scores(said, scope.level)}")
        said = "SELECT * FROM said"
    wanted = "true" if scope.dimensions is None else f"dimension IN {_texts(scope.dimensions)}"
    if scope.parts is None and any(c.has_parts for c in counted):
        votes_cast = _with_overall(said)
    else:
        votes_cast = (
            f"SELECT *, stated AS points FROM ({said})"
            if not counted[1].n_kept
            else f"SELECT *, coalesce(stated, apart // {PARTS}) AS points FROM ({said})"
        )
    db.execute(
        f"""
        CREATE OR REPLACE TEMP VIEW cast_vote AS
        SELECT c.a_id, c.b_id, c.rater, v.annotator, v.synthetic, c.dimension,
               coalesce(c.stated, sign(c.points))::TINYINT AS choice,
               c.stated IS NOT NULL AS stated, c.apart
        FROM ({votes_cast}) c JOIN voter v USING (rater) WHERE {wanted}
        """
    )
    reasons = {
        "of judges": sum(c.n_role for c in counted),
        "of excluded raters": sum(c.n_excluded for c in counted),
        "of raters below min-competence": sum(c.n_incompetent for c in counted),
        UNNAMED: sum(c.n_unnamed for c in counted),
        "replaced by a later one": sum(c.n_kept - c.n_distinct for c in counted),
    }
    return Labels(counted[0].n, counted[1].n, reasons)


_POINTS = "CASE choice WHEN 'a' THEN 1 WHEN 'b' THEN -1 ELSE 0 END::TINYINT"


def _stated_relation(scope: LabelScope) -> str:
    return (
        f"SELECT x.vote_id, x.a_id, x.b_id, x.rater_id, x.dimension, x.choice, x.rated_at"
        f" FROM preference_vote x WHERE x.level = '{scope.level}'{_where(scope)}"
    )


def _score_relation(scope: LabelScope) -> str:
    known = _texts(tuple(d.key for d in dimensions_of(scope.level)))
    return (
        f"SELECT x.score_id, x.target_id, x.rater_id, x.dimension, x.value, x.rated_at"
        f" FROM score x WHERE x.target = '{TARGETS[scope.level]}'"
        f" AND x.dimension IN {known}{_where(scope)}"
    )


def _where(scope: LabelScope) -> str:
    sql = "" if scope.dataset is None else f" AND x.dataset = {_text(scope.dataset)}"
    return sql if scope.parts is None else f"{sql} AND x.dimension IN {_texts(scope.parts)}"


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def _texts(values: tuple[str, ...]) -> str:
    return f"({', '.join(map(_text, values))})"


@dataclass(frozen=True, slots=True)
class _Counted:
    """How many labels of one kind there are.

    Attributes:
        n: All.
        n_role: Of raters whose role has no vote.
        n_excluded: Of raters left out by name.
        n_incompetent: Of raters left out for want of competence.
        n_unnamed: Of those of them whom nobody named, apart.
        n_kept: The others.
        n_distinct: Those by distinct rater, thing and dimension.
        has_parts: Whether any of those kept is about another dimension than `overall`.
    """

    n: int
    n_role: int
    n_excluded: int
    n_incompetent: int
    n_unnamed: int
    n_kept: int
    n_distinct: int
    has_parts: bool

    @property
    def several(self) -> bool:
        """Whether a rater said something of one thing twice."""
        return self.n_distinct < self.n_kept


def _counted(db: Connection, labels: str, thing: str) -> _Counted:
    # Two keys with one hash only make it seem that there are labels to choose from.
    row = db.execute(
        f"""
        SELECT count(*), count(*) FILTER (left_out = 'role'),
               count(*) FILTER (left_out = 'excluded'),
               count(*) FILTER (left_out = 'incompetent'),
               count(*) FILTER (left_out = 'unnamed'),
               count(*) FILTER (left_out IS NULL),
               count(DISTINCT hash({thing}, x.rater_id, dimension)) FILTER (left_out IS NULL),
               coalesce(bool_or(dimension <> '{OVERALL}') FILTER (left_out IS NULL), false),
               min(x.rater_id) FILTER (v.rater_id IS NULL)
        FROM ({labels}) x LEFT JOIN voter v ON v.rater_id = x.rater_id
        """
    ).fetchone()
    assert row is not None
    if row[-1] is not None:
        raise InputError(
            "a vote or score names a rater that is not known",
            todo="import the raters with their labels; `intermt check` lists such records",
            where=row[-1],
        )
    return _Counted(*row[:-1])


def _latest(labels: str, thing: str, value: str, key: str, *, several: bool) -> str:
    """The labels that count, with the rater's number."""
    known = (
        f"SELECT {thing}, v.rater, x.dimension, {{}} FROM ({labels}) x"
        " JOIN voter v ON v.rater_id = x.rater_id AND v.left_out IS NULL"
    )
    if not several:
        return known.format(f"x.{value}")
    marked = known.format(
        f"x.{value}, {_WHEN} AS moment, x.{key} AS key,"
        f" hash({thing}, v.rater, x.dimension) AS place"
    )
    return f"""
        WITH marked AS (SELECT * FROM ({marked})),
        again AS (SELECT place FROM marked GROUP BY place HAVING count(*) > 1)
        SELECT {thing}, rater, dimension, {value} FROM marked ANTI JOIN again USING (place)
        UNION ALL
        SELECT {thing}, rater, dimension, arg_max({value}, (moment, key, {value}))
        FROM marked SEMI JOIN again USING (place) GROUP BY {thing}, rater, dimension
        """


def _with_scores(said: str, level: Level) -> str:
    """What was said of each pair, stated and by scores."""
    return f"""
        WITH placed AS (
            SELECT s.*, c.context_id
            FROM latest_score s JOIN ({CANDIDATES[level]}) c ON c.id = s.target_id
        )
        SELECT a_id, b_id, rater, dimension, max(stated) AS stated, max(apart) AS apart FROM (
            {said}
            UNION ALL
            SELECT x.target_id, y.target_id, x.rater, x.dimension, NULL,
                   (x.value - y.value)::BIGINT * {PARTS}
            FROM placed x JOIN placed y
              ON x.rater = y.rater AND x.context_id = y.context_id
             AND x.dimension = y.dimension AND x.target_id < y.target_id
        ) GROUP BY ALL
        """


def _with_overall(said: str) -> str:
    """Votes on every dimension and on all together."""
    return f"""
        WITH every AS ({said})
        SELECT *, coalesce(stated, apart // {PARTS}) AS points
        FROM every WHERE dimension <> '{OVERALL}'
        UNION ALL
        SELECT a_id, b_id, rater, '{OVERALL}', max(stated) FILTER (dimension = '{OVERALL}'),
               (sum(apart) // count(apart))::BIGINT,
               sum(coalesce(stated, apart // {PARTS})) FILTER (dimension <> '{OVERALL}')
        FROM every GROUP BY a_id, b_id, rater
        """
