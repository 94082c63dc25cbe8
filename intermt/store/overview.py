"""What is in the store, counted: every figure of a data card, by set-based SQL.

Every function counts the relations that `scope.narrow` and `scope.mark_continued` make: of
conversations the whole ones.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from itertools import accumulate
from typing import Any

from duckdb import DuckDBPyConnection as Connection

from intermt.dimensions import BY_KEY, DIMENSIONS, OVERALL
from intermt.store.scope import NOT_STATED
from intermt.store.trees import NAMED_IN_NODES

MOST_REASONS = 20
"""Most reasons for a missing picture that are told apart; they are free text."""

# --- conversations and trees -------------------------------------------------------------


def conversation_facts(db: Connection) -> dict[str, Any]:
    """Conversations, their turns, and what they are about."""
    facts = _one(
        db,
        """
        SELECT count(*) AS n_conversations, coalesce(sum(n_turns), 0)::BIGINT AS n_turns,
               count(*) FILTER (n_turns >= 2) AS n_conversations_with_two_or_more_turns,
               count(*) FILTER (n_turns >= 5) AS n_conversations_with_five_or_more_turns,
               count(*) FILTER (simulated) AS n_conversations_simulated,
               count(*) FILTER (conversation_id IN (SELECT conversation_id
                                                    FROM conversation_origin))
                   AS n_conversations_rebuilt
        FROM whole_conversation
        """,
    )
    facts |= _one(db, "SELECT count(*) AS n_conversations_continued FROM continued")
    n, n_long = facts["n_conversations"], facts["n_conversations_with_five_or_more_turns"]
    facts["share_conversations_with_five_or_more_turns"] = n_long / n if n else None
    facts |= _per_conversation(db, "turns", "SELECT n_turns AS n FROM whole_conversation")
    for name, column in (
        ("task", "coalesce(nullif(c.task, ''), s.task)"),
        ("scenario", "coalesce(nullif(c.scenario, ''), s.scenario)"),
        ("category", "c.category"),
        ("dataset", "c.dataset"),
    ):
        facts[f"n_conversations_by_{name}"] = _counts(
            db, column, "whole_conversation c LEFT JOIN seed s ON s.seed_id = c.seed_id"
        )
    return facts


def tree_facts(db: Connection) -> dict[str, Any]:
    """Distinct nodes, how the trees branch, and where they come from."""
    facts = _one(
        db,
        """
        SELECT count(*) AS n_nodes, count(*) FILTER (role = 'user') AS n_prompts,
               count(*) FILTER (role = 'assistant') AS n_answers,
               count(*) FILTER (parent_id IS NULL) AS n_trees,
               max(turn) AS max_depth_turns, count(*) FILTER (simulated) AS n_nodes_simulated,
               count(*) FILTER (node_id IN (SELECT node_id FROM conversation_origin
                                            WHERE node_id <> origin_id)) AS n_nodes_rebuilt
        FROM in_node
        """,
    )
    depths = db.execute(
        "SELECT deepest, count(*) FROM (SELECT max(turn) AS deepest FROM in_node GROUP BY seed_id)"
        " GROUP BY deepest ORDER BY deepest"
    ).fetchall()
    facts["n_trees_by_depth_turns"] = {str(deepest): n for deepest, n in depths}
    spread = db.execute(
        """
        SELECT n.role, coalesce(c.n, 0) AS n_children, count(*)
        FROM in_node n LEFT JOIN (
            SELECT parent_id, count(*) AS n FROM in_node GROUP BY parent_id
        ) c ON c.parent_id = n.node_id
        GROUP BY n.role, n_children ORDER BY n.role, n_children
        """
    ).fetchall()
    for role, parents, children in (
        ("user", "prompts", "answers"),
        ("assistant", "answers", "prompts"),
    ):
        counts = {n_children: n for r, n_children, n in spread if r == role}
        total = sum(counts.values())
        mean = sum(k * n for k, n in counts.items()) / total if total else None
        facts[f"mean_{children}_per_{parents[:-1]}"] = mean
        facts[f"max_{children}_per_{parents[:-1]}"] = max(counts, default=None)
        facts[f"n_{parents}_by_n_{children}"] = {str(k): n for k, n in counts.items()}
    roots = "(SELECT seed_id AS id FROM in_node WHERE parent_id IS NULL) t"
    for name in ("language", "source", "licence"):
        facts[f"n_trees_by_{name}"] = _counts(
            db, f"s.{name}", f"{roots} LEFT JOIN seed s ON s.seed_id = t.id"
        )
    facts["n_answers_by_model"] = _counts(db, "model", "(FROM in_node WHERE role = 'assistant')")
    return facts


# --- pictures and tags -------------------------------------------------------------------


def picture_facts(db: Connection, dataset: str | None) -> dict[str, Any]:
    """Pictures as conversations name them, as nodes hold them, and as files.

    Named = present + missing + refused; a refused one was there but could not be taken.
    """
    facts = _one(
        db,
        """
        SELECT count(*) AS n_pictures_named, count(DISTINCT name) AS n_picture_names,
               count(*) FILTER (sha256 IS NOT NULL) AS n_pictures_present,
               count(*) FILTER (sha256 IS NULL
                                AND coalesce(missing, '') NOT LIKE 'refused%')
                   AS n_pictures_missing,
               count(*) FILTER (sha256 IS NULL AND missing LIKE 'refused%')
                   AS n_pictures_refused
        FROM in_picture_use ANTI JOIN continued USING (conversation_id)
        """,
    )
    reasons = _counts(
        db,
        "missing",
        "(FROM in_picture_use ANTI JOIN continued USING (conversation_id) WHERE sha256 IS NULL)",
    )
    kept = dict(list(reasons.items())[:MOST_REASONS])
    if left := sum(reasons.values()) - sum(kept.values()):
        kept["other reasons"] = left
    facts["n_pictures_missing_by_reason"] = kept
    facts |= _per_conversation(
        db,
        "pictures",
        """
        SELECT count(p.conversation_id) AS n
        FROM whole_conversation c LEFT JOIN in_picture_use p USING (conversation_id)
        GROUP BY c.conversation_id
        """,
    )
    facts |= _one(
        db,
        """
        SELECT coalesce(sum(n_images), 0)::BIGINT AS n_pictures_of_nodes_present,
               coalesce(sum(n_missing), 0)::BIGINT AS n_pictures_of_nodes_missing
        FROM in_node
        """,
    )
    files = "image"
    if dataset is not None:
        files = f"""(FROM image WHERE sha256 IN (SELECT sha256 FROM in_picture_use)
            OR sha256 IN (SELECT sha256 FROM {NAMED_IN_NODES} SEMI JOIN in_node USING (node_id)))"""
    facts |= _one(
        db,
        f"""
        SELECT count(*) AS n_image_files, coalesce(sum(n_bytes), 0)::BIGINT AS n_image_bytes,
               count(*) FILTER (simulated) AS n_image_files_simulated
        FROM {files}
        """,
    )
    return facts


def tag_facts(db: Connection) -> dict[str, Any]:
    """`<Image, ...>` tags in answers, per conversation and per distinct answer.

    Per conversation an answer counts once for each conversation whose path it is on.
    """
    columns = """
        CASE WHEN tags = 0 AND pictures = 0 THEN 'neither' WHEN tags = pictures THEN 'equal'
             WHEN tags > pictures THEN 'more_tags' ELSE 'more_pictures' END AS kind,
        count(*) AS n, sum(n_tags)::BIGINT AS n_exact, sum(n_stray_tags)::BIGINT AS n_stray
    """
    answer = """
        (SELECT node_id, n_tags, n_stray_tags, n_tags + n_stray_tags AS tags,
                n_images + n_missing AS pictures FROM in_node WHERE role = 'assistant')
    """
    on_paths = "(SELECT unnest(path[2:len(path):2]) AS node_id FROM whole_conversation)"
    facts = _per_conversation(
        db,
        "image_tags",
        f"""
        SELECT coalesce(sum(tags), 0)::BIGINT AS n FROM (
            SELECT conversation_id, unnest(path[2:len(path):2]) AS node_id FROM whole_conversation
        ) LEFT JOIN {answer} USING (node_id) GROUP BY conversation_id
        """,
    )
    for thing, of, relation in (
        ("turns", "", f"{on_paths} JOIN {answer} USING (node_id)"),
        ("answers", "_of_answers", answer),
    ):
        rows = db.execute(f"SELECT {columns} FROM {relation} GROUP BY kind").fetchall()
        counts = {kind: n for kind, n, _, _ in rows}
        facts[f"n_image_tags{of}"] = sum(row[2] for row in rows)
        facts[f"n_stray_image_tags{of}"] = sum(row[3] for row in rows)
        kinds = ("neither", "equal", "more_tags", "more_pictures")
        facts[f"n_{thing}_by_tags_and_pictures"] = {kind: counts.get(kind, 0) for kind in kinds}
    return facts


# --- labels, verdicts, calls -------------------------------------------------------------


def label_facts(db: Connection) -> dict[str, Any]:
    """Raters and what they said; of one rater's labels on one thing the latest counts."""
    facts: dict[str, Any] = {}
    for table, thing in (("score", "scores"), ("preference_vote", "votes")):
        facts |= _one(
            db,
            f"""
            SELECT count(*) FILTER (counts) AS n_{thing},
                   count(*) FILTER (NOT counts) AS n_{thing}_superseded,
                   count(*) FILTER (counts AND rater_kind = 'synthetic') AS n_{thing}_synthetic
            FROM in_{table}
            """,
        )
    facts["n_feedback"] = _one(db, "SELECT count(*) AS n FROM in_feedback")["n"]
    facts["n_feedback_by_kind"] = _counts(db, "kind", "in_feedback")
    facts["n_feedback_synthetic"] = _one(
        db, "SELECT count(*) FILTER (rater_kind = 'synthetic') AS n FROM in_feedback"
    )["n"]
    facts["n_scores_by_dimension"] = _scores_by_dimension(db)
    votes = db.execute(
        """
        SELECT level, dimension, count(*), count(*) FILTER (choice = 'tie'),
               count(DISTINCT (a_id, b_id)), count(DISTINCT rater_id)
        FROM in_preference_vote WHERE counts GROUP BY level, dimension
        """
    ).fetchall()
    votes.sort(key=lambda row: (row[0] != "local", *_place(row[1])))
    names = ("level", "dimension", "n_votes", "n_ties", "n_pairs", "n_raters")
    facts["votes"] = [dict(zip(names, row, strict=True)) for row in votes]
    facts["raters"] = _raters(db)
    facts["n_raters"] = sum(row["n_raters"] for row in facts["raters"])
    return facts


def _scores_by_dimension(db: Connection) -> dict[str, dict[str, int]]:
    rows = db.execute(
        "SELECT dimension, value, count(*) FROM in_score WHERE counts GROUP BY ALL"
    ).fetchall()
    found: dict[str, dict[str, int]] = {}
    for name in sorted({row[0] for row in rows}, key=_place):
        scale = BY_KEY.get(name)
        values = set() if scale is None else set(range(scale.lowest, scale.highest + 1))
        counts = {value: n for dimension, value, n in rows if dimension == name}
        found[name] = {str(v): counts.get(v, 0) for v in sorted(values | counts.keys())}
    return found


def _raters(db: Connection) -> list[dict[str, Any]]:
    rows = db.execute(
        f"""
        WITH said AS (
            SELECT rater_id, count(*) AS scores, 0 AS votes, 0 AS feedback, 0 AS verdicts
            FROM in_score WHERE counts GROUP BY rater_id
            UNION ALL SELECT rater_id, 0, count(*), 0, 0
            FROM in_preference_vote WHERE counts GROUP BY rater_id
            UNION ALL SELECT rater_id, 0, 0, count(*), 0 FROM in_feedback GROUP BY rater_id
            UNION ALL SELECT judge_id, 0, 0, 0, count(*) FROM in_verdict GROUP BY judge_id
        )
        SELECT coalesce(r.role, '{NOT_STATED}'), coalesce(r.kind, '{NOT_STATED}'),
               count(DISTINCT rater_id), sum(scores)::BIGINT, sum(votes)::BIGINT,
               sum(feedback)::BIGINT, sum(verdicts)::BIGINT, coalesce(bool_or(r.simulated), FALSE)
        FROM said LEFT JOIN rater r USING (rater_id) GROUP BY 1, 2 ORDER BY 1, 2
        """
    ).fetchall()
    names = ("role", "kind", "n_raters", "n_scores", "n_votes", "n_feedback", "n_verdicts")
    return [dict(zip((*names, "simulated"), row, strict=True)) for row in rows]


def verdict_facts(db: Connection) -> dict[str, Any]:
    """Judges' verdicts by judge, task, level and state."""
    rows = db.execute(
        """
        SELECT coalesce(r.name, v.judge_id), v.judge_id, r.model, v.task, v.level,
               count(*), count(*) FILTER (state = 'ok'), count(*) FILTER (state = 'unparsed'),
               count(*) FILTER (state = 'failed'),
               coalesce(r.simulated, FALSE) OR bool_or(v.simulated)
        FROM in_verdict v LEFT JOIN rater r ON r.rater_id = v.judge_id
        GROUP BY r.name, v.judge_id, r.model, r.simulated, v.task, v.level
        ORDER BY 1, 2, v.task, v.level
        """
    ).fetchall()
    names = ("judge", "judge_id", "model", "task", "level", "n_verdicts")
    states = ("n_ok", "n_unparsed", "n_failed", "simulated")
    verdicts = [dict(zip((*names, *states), row, strict=True)) for row in rows]
    simulated = _one(db, "SELECT count(*) FILTER (simulated) AS n FROM in_verdict")["n"]
    return {
        "n_verdicts": sum(row["n_verdicts"] for row in verdicts),
        "n_verdicts_simulated": simulated,
        "verdicts": verdicts,
    }


def request_facts(db: Connection) -> dict[str, Any]:
    """Calls to servers by how they ended; always of the whole store."""
    facts = _one(
        db,
        "SELECT count(*) AS n_requests, count(*) FILTER (simulated) AS n_requests_simulated"
        " FROM request",
    )
    facts["n_requests_by_state"] = _counts(db, "state", "request")
    return facts


# --- what they share ---------------------------------------------------------------------


def _per_conversation(db: Connection, thing: str, sql: str) -> dict[str, Any]:
    """How the `n` of a query, which has a row for each conversation, are spread."""
    spread = dict(
        db.execute(f"SELECT n, count(*) AS k FROM ({sql}) GROUP BY n ORDER BY n").fetchall()
    )
    total = sum(spread.values())
    facts = {
        f"mean_{thing}_per_conversation": sum(n * k for n, k in spread.items()) / total
        if total
        else None,
        f"median_{thing}_per_conversation": _median(spread) if total else None,
        f"max_{thing}_per_conversation": max(spread, default=None),
    }
    return {**facts, f"n_conversations_by_n_{thing}": {str(n): k for n, k in spread.items()}}


def _median(spread: Mapping[int, int]) -> float:
    """The median of numbers by how often each occurs; they ascend."""
    ends = list(accumulate(spread.values()))
    values, total = list(spread), ends[-1]
    middle = [values[bisect_right(ends, place)] for place in ((total - 1) // 2, total // 2)]
    return sum(middle) / 2


def _one(db: Connection, sql: str) -> dict[str, Any]:
    """The only row of a query, by column name."""
    result = db.execute(sql)
    names = [column[0] for column in result.description or ()]
    return dict(zip(names, result.fetchone() or (), strict=True))


def _counts(db: Connection, column: str, relation: str) -> dict[str, int]:
    """How often each value occurs, most frequent first, then by value."""
    rows = db.execute(
        f"SELECT coalesce(nullif({column}, ''), '{NOT_STATED}') AS value, count(*) AS n"
        f" FROM {relation} GROUP BY value ORDER BY n DESC, value"
    ).fetchall()
    return dict(rows)


def _place(dimension: str) -> tuple[int, str]:
    """Where a dimension stands in a list: by id, then overall, then any other."""
    keys = [*(d.key for d in DIMENSIONS), OVERALL]
    return (keys.index(dimension) if dimension in keys else len(keys), dimension)
