"""What is known of votes beside how they are counted: collections, raters, fingerprints."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from duckdb import DuckDBPyConnection as Connection

from intermt.dimensions import Level
from intermt.records import Choice, FeedbackKind, RaterRole
from intermt.store.casting import TARGETS, LabelScope, cast
from intermt.store.rows import FROM_STRINGS, json_list

_AT_ONCE = 4096
_IN_DATASET = "(?::VARCHAR IS NULL OR dataset = ?)"


class Comment(NamedTuple):
    """Free text of a rater on one candidate."""

    target_id: str
    kind: FeedbackKind
    dimension: str | None
    text: str
    rater_id: str


class CastVote(NamedTuple):
    """What one rater says of one pair on one dimension; `rater` is their name."""

    a_id: str
    b_id: str
    rater: str
    role: RaterRole
    synthetic: bool
    dimension: str
    choice: Choice


def votes_cast(db: Connection, level: Level) -> Iterator[CastVote]:
    """The votes of annotators and verifiers, those on one pair one after the other.

    Raises:
        InputError: A vote or score names a rater that is not in the store.
    """
    cast(db, LabelScope(level))
    db.execute(
        """
        SELECT c.a_id, c.b_id, r.name, r.role, c.synthetic, c.dimension,
               CASE c.choice WHEN 1 THEN 'a' WHEN -1 THEN 'b' ELSE 'tie' END
        FROM cast_vote c JOIN voter v USING (rater) JOIN rater r ON r.rater_id = v.rater_id
        ORDER BY c.a_id, c.b_id, c.dimension, r.rater_id
        """
    )
    while rows := db.fetchmany(_AT_ONCE):
        yield from (CastVote(*row) for row in rows)


def fingerprint(db: Connection, level: Level, dataset: str | None) -> str:
    """A hash of all votes and scores at a level, 32 hex digits; their order does not count.

    The exclusive or of the MD5 of each record's id, value and date.
    """
    said = "concat_ws(' ', {}, rated_at::VARCHAR)"
    row = db.execute(
        f"""
        SELECT bit_xor(md5_number(said)) FROM (
            SELECT {said.format("'vote', vote_id, choice")} AS said FROM preference_vote
            WHERE level = ? AND {_IN_DATASET}
            UNION ALL
            SELECT {said.format("'score', score_id, value")} FROM score
            WHERE target = ? AND {_IN_DATASET}
        )
        """,
        [level, dataset, dataset, TARGETS[level], dataset, dataset],
    ).fetchone()
    return f"{(row[0] if row else None) or 0:032x}"


def raters_named(db: Connection, names: Iterable[str]) -> dict[str, list[str]]:
    """Ids of the annotators and verifiers of these names, by name; none for an unknown one."""
    wanted = list(dict.fromkeys(names))
    rows = db.execute(
        f"SELECT r.name, r.rater_id FROM rater r JOIN {FROM_STRINGS} w ON r.name = w.id"
        " WHERE r.role <> 'judge' ORDER BY r.rater_id",
        [json_list(wanted)],
    ).fetchall()
    return {name: [rater for known, rater in rows if known == name] for name in wanted}


def rater_names(db: Connection) -> list[str]:
    """The names of all annotators and verifiers, in alphabetical order."""
    rows = db.execute("SELECT DISTINCT name FROM rater WHERE role <> 'judge' ORDER BY name")
    return [name for (name,) in rows.fetchall()]


def heard_synthetic(db: Connection, level: Level) -> bool:
    """Whether any vote or score at a level is an invented one."""
    row = db.execute(
        """
        SELECT count(*) FROM rater WHERE kind = 'synthetic' AND (
            rater_id IN (SELECT rater_id FROM preference_vote WHERE level = ?)
            OR rater_id IN (SELECT rater_id FROM score WHERE target = ?))
        """,
        [level, TARGETS[level]],
    ).fetchone()
    return bool(row and row[0])


def comments(
    db: Connection,
    level: Level,
    ids: Iterable[str],
    dataset: str | None,
    excluded: Iterable[str],
) -> dict[str, list[Comment]]:
    """What people wrote about candidates, by candidate, in a fixed order."""
    rows = db.execute(
        f"""
        SELECT f.target_id, f.kind, f.dimension, f.text, f.rater_id
        FROM feedback f JOIN {FROM_STRINGS} w ON f.target_id = w.id
        JOIN rater r ON r.rater_id = f.rater_id AND r.role <> 'judge'
        WHERE f.target = ? AND (?::VARCHAR IS NULL OR f.dataset = ?)
          AND NOT list_contains(?::VARCHAR[], f.rater_id)
        ORDER BY f.target_id, f.kind, f.dimension NULLS FIRST, f.rater_id, f.text
        """,
        [json_list(ids), TARGETS[level], dataset, dataset, list(excluded)],
    ).fetchall()
    found: dict[str, list[Comment]] = {}
    for row in rows:
        found.setdefault(row[0], []).append(Comment(*row))
    return found


def datasets(db: Connection, level: Level) -> dict[str, int]:
    """The collections that the store knows, with their number of votes and scores at a level."""
    rows = db.execute(
        """
        SELECT dataset, sum(n)::BIGINT FROM (
            SELECT dataset, 0 AS n FROM seed UNION SELECT dataset, 0 FROM conversation
            UNION SELECT dataset, 0 FROM feedback
            UNION ALL SELECT dataset, (level = ?)::INT FROM preference_vote
            UNION ALL SELECT dataset, (target = ?)::INT FROM score
        ) GROUP BY dataset ORDER BY dataset
        """,
        [level, TARGETS[level]],
    ).fetchall()
    return dict(rows)


def missing_pictures(
    db: Connection, node_ids: Iterable[str]
) -> dict[tuple[str, int], tuple[str | None, str | None]]:
    """Name and reason of the pictures that nodes lack, by node and part position.

    Of the names that conversations sharing a node have for its picture, the first in
    alphabetical order: a node itself keeps that of the conversation imported first.
    """
    rows = db.execute(
        f"""
        SELECT u.node_id, u.position,
               list({{n: u.name, m: u.missing}} ORDER BY u.name NULLS LAST, u.missing)[1]
        FROM picture_use u JOIN {FROM_STRINGS} w ON u.node_id = w.id
        WHERE u.sha256 IS NULL GROUP BY u.node_id, u.position
        """,
        [json_list(node_ids)],
    ).fetchall()
    return {(node, position): (first["n"], first["m"]) for node, position, first in rows}
