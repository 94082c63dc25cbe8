"""Seeds, nodes, conversations and pictures: reading trees and mending their pictures."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, cast

import orjson
from duckdb import DuckDBPyConnection as Connection

from intermt.records import Conversation, ImagePart, Message, Node, Seed
from intermt.store.rows import FROM_STRINGS, from_tuple, json_list, parts_to_json, select_list

_NODES_AT_ONCE = 200
_FILLED = '[{"id":"VARCHAR","position":"INTEGER","sha256":"VARCHAR"}]'
_PARTS = '[{"id":"VARCHAR","parts":"JSON","n_images":"INTEGER","n_missing":"INTEGER"}]'

NAMED_IN_NODES = (
    "(SELECT node_id, simulated, unnest(json_extract_string(parts, '$[*].image')) AS sha256"
    " FROM node WHERE n_images > 0)"
)
"""A relation of the pictures that nodes name; `sha256` is NULL for text and missing ones."""


def nodes(db: Connection, ids: Iterable[str]) -> dict[str, Node]:
    """The nodes with these ids that are there, by id."""
    rows = db.execute(
        f"SELECT {select_list(Node, 'n')} FROM node n JOIN {FROM_STRINGS} w ON n.node_id = w.id",
        [json_list(set(ids))],
    ).fetchall()
    return {row[0]: from_tuple(Node, row) for row in rows}


def seeds(db: Connection, ids: Iterable[str]) -> dict[str, Seed]:
    """The seeds with these ids that are there, by id."""
    rows = db.execute(
        f"SELECT {select_list(Seed, 's')} FROM seed s JOIN {FROM_STRINGS} w ON s.seed_id = w.id",
        [json_list(set(ids))],
    ).fetchall()
    return {row[0]: from_tuple(Seed, row) for row in rows}


def conversations(
    db: Connection, *, dataset: str | None = None, ids: Iterable[str] | None = None
) -> list[Conversation]:
    """Conversations in order of dataset and id, all or those asked for."""
    sql = f"SELECT {select_list(Conversation, 'c')} FROM conversation c"
    parameters: list[str] = []
    if ids is not None:
        sql += f" JOIN {FROM_STRINGS} w ON c.conversation_id = w.id"
        parameters.append(json_list(set(ids)))
    if dataset is not None:
        sql += " WHERE c.dataset = ?"
        parameters.append(dataset)
    rows = db.execute(sql + " ORDER BY c.dataset, c.conversation_id", parameters).fetchall()
    return [from_tuple(Conversation, row) for row in rows]


def conversation_paths(db: Connection, ids: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """The node ids of those of these conversations that are there, by conversation id."""
    rows = db.execute(
        f"SELECT c.conversation_id, c.path FROM conversation c JOIN {FROM_STRINGS} w"
        " ON c.conversation_id = w.id",
        [json_list(set(ids))],
    ).fetchall()
    return {row[0]: tuple(row[1]) for row in rows}


def named_conversations(
    db: Connection, dataset: str, names: Iterable[tuple[str, str]]
) -> list[tuple[str, str]]:
    """Source id and id of conversations that a collection has under other ids than given.

    Conversations that came with a label, as the answers it is about, do not count: there the
    source id names the task, which has several.

    Args:
        db: The database, open.
        dataset: The collection.
        names: Source id and id of conversations.
    """
    given = set(names)
    rows = db.execute(
        f"SELECT c.source_id, c.conversation_id FROM conversation c JOIN {FROM_STRINGS} w"
        " ON c.source_id = w.id WHERE c.dataset = ? ORDER BY ALL",
        [json_list({source_id for source_id, _ in given}), dataset],
    ).fetchall()
    the_same = {source_id for source_id, own in rows if (source_id, own) in given}
    others = {own: source_id for source_id, own in rows if source_id not in the_same}
    if not others:
        return []
    shown = db.execute(
        f"""
        SELECT c.conversation_id
        FROM (SELECT conversation_id, run_id, unnest([conversation_id, path[-1]]) AS id
              FROM conversation JOIN {FROM_STRINGS} w ON conversation_id = w.id) c
        JOIN (SELECT run_id, a_id AS id FROM annotation
              UNION ALL SELECT run_id, b_id FROM annotation
              UNION ALL SELECT run_id, a_id FROM verdict
              UNION ALL SELECT run_id, b_id FROM verdict) said
        ON said.run_id = c.run_id AND said.id = c.id
        """,
        [json_list(others)],
    ).fetchall()
    with_labels = {row[0] for row in shown}
    return [(name, own) for own, name in others.items() if own not in with_labels]


def named_nodes(db: Connection, dataset: str, source_keys: Iterable[str]) -> list[Node]:
    """The messages of a collection with these ids of their files."""
    rows = db.execute(
        f"""
        SELECT {select_list(Node, "n")} FROM node n JOIN {FROM_STRINGS} w ON n.source_key = w.id
        WHERE n.node_id IN (SELECT unnest(path) FROM conversation WHERE dataset = ?)
        """,
        [json_list(set(source_keys)), dataset],
    ).fetchall()
    return [from_tuple(Node, row) for row in rows]


def paths(db: Connection, leaf_ids: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """The path from the seed question to each of these nodes, by node id."""
    rows = db.execute(
        f"""
        WITH RECURSIVE up AS (
            SELECT w.id AS leaf, n.node_id, n.parent_id, 0 AS height
            FROM {FROM_STRINGS} w JOIN node n ON n.node_id = w.id
            UNION ALL
            SELECT up.leaf, n.node_id, n.parent_id, up.height + 1
            FROM up JOIN node n ON n.node_id = up.parent_id
        )
        SELECT leaf, list(node_id ORDER BY height DESC) FROM up GROUP BY leaf
        """,
        [json_list(set(leaf_ids))],
    ).fetchall()
    return {leaf: tuple(path) for leaf, path in rows}


def messages(path: Sequence[str], known: Mapping[str, Node]) -> tuple[Message, ...]:
    """The messages along a path whose nodes have been read."""
    return tuple(Message(known[node].role, known[node].parts) for node in path)


def nodes_by_place(db: Connection, places: Iterable[tuple[str, str]]) -> dict[tuple[str, str], str]:
    """Node ids by (seed's source id, place); ambiguous and unknown places are left out."""
    wanted = orjson.dumps([{"seed": seed, "place": place} for seed, place in set(places)]).decode()
    rows = db.execute(
        """
        SELECT w.seed, w.place, min(n.node_id)
        FROM (SELECT unnest(from_json(?::JSON, '[{"seed":"VARCHAR","place":"VARCHAR"}]'),
                            max_depth := 2)) w
        JOIN seed s ON s.source_id = w.seed
        JOIN node n ON n.seed_id = s.seed_id AND n.place = w.place
        GROUP BY w.seed, w.place HAVING count(*) = 1
        """,
        [wanted],
    ).fetchall()
    return {(seed, place): node for seed, place, node in rows}


def lacking_pictures(db: Connection, ids: Iterable[str]) -> set[str]:
    """Those of these nodes that have a missing picture."""
    rows = db.execute(
        f"SELECT n.node_id FROM node n JOIN {FROM_STRINGS} w ON n.node_id = w.id"
        " WHERE n.n_missing > 0",
        [json_list(set(ids))],
    ).fetchall()
    return {row[0] for row in rows}


def fill_pictures(db: Connection, found: Mapping[str, Mapping[int, str]]) -> int:
    """Put pictures that were missing into their nodes; the number of pictures put in.

    Args:
        db: The database, open for writing.
        found: SHA-256 by part position, by node id.
    """
    changed: list[Node] = []
    filled: list[dict[str, Any]] = []
    for node in nodes(db, found).values():
        parts = list(node.parts)
        n_before = len(filled)
        for position, sha256 in found[node.node_id].items():
            part = parts[position] if 0 <= position < len(parts) else None
            if isinstance(part, ImagePart) and part.sha256 is None:
                parts[position] = replace(part, sha256=sha256, missing=None)
                filled.append({"id": node.node_id, "position": position, "sha256": sha256})
        if len(filled) > n_before:
            changed.append(replace(node, parts=tuple(parts)))
    if filled:
        # Pictures that were made have no name in any source.
        db.execute(
            f"""
            UPDATE picture_use SET sha256 = w.sha256, missing = NULL
            FROM (SELECT unnest(from_json(?::JSON, '{_FILLED}'), max_depth := 2)) w
            WHERE picture_use.node_id = w.id AND picture_use.position = w.position
                AND picture_use.name IS NULL AND picture_use.sha256 IS NULL
            """,
            [orjson.dumps(filled).decode()],
        )
    _set_parts(db, changed)
    return len(filled)


def lose_picture(db: Connection, sha256: str, reason: str) -> int:
    """Mark a picture as missing wherever it is named; the number of nodes changed."""
    return lose_pictures(db, [sha256], reason)


def lose_pictures(db: Connection, sha256s: Iterable[str], reason: str) -> int:
    """Mark pictures as missing wherever they are named; the number of nodes changed.

    A call that made one of them no longer counts as answered, so that a rerun makes it
    again; an import that finds the file again puts it back.
    """
    lost = set(sha256s)
    wanted = json_list(lost)
    db.execute(
        f"UPDATE picture_use SET sha256 = NULL, missing = ? WHERE sha256 IN {FROM_STRINGS}",
        [reason, wanted],
    )
    db.execute(
        "UPDATE request SET state = 'exhausted', image_sha256 = NULL, error = ?"
        f" WHERE image_sha256 IN {FROM_STRINGS}",
        [reason, wanted],
    )
    db.execute(
        "UPDATE tool_use SET state = 'exhausted', image_sha256 = NULL"
        f" WHERE image_sha256 IN {FROM_STRINGS}",
        [wanted],
    )
    db.execute(f"DELETE FROM image WHERE sha256 IN {FROM_STRINGS}", [wanted])
    rows = db.execute(
        f"SELECT {select_list(Node, 'n')} FROM node n WHERE n.node_id IN"
        f" (SELECT p.node_id FROM {NAMED_IN_NODES} p WHERE p.sha256 IN {FROM_STRINGS})",
        [wanted],
    ).fetchall()
    changed: list[Node] = []
    for row in rows:
        node = cast(Node, from_tuple(Node, row))
        parts = tuple(
            replace(part, sha256=None, missing=reason)
            if isinstance(part, ImagePart) and part.sha256 in lost
            else part
            for part in node.parts
        )
        changed.append(replace(node, parts=parts))
    _set_parts(db, changed)
    return len(rows)


def _set_parts(db: Connection, changed: Sequence[Node]) -> None:
    """Give nodes the parts that they have here; each statement reads every key of the table."""
    for start in range(0, len(changed), _NODES_AT_ONCE):
        db.execute(
            f"""
            UPDATE node SET parts = w.parts, n_images = w.n_images, n_missing = w.n_missing
            FROM (SELECT unnest(from_json(?::JSON, '{_PARTS}'), max_depth := 2)) w
            WHERE node.node_id = w.id
            """,
            [orjson.dumps([_counted(n) for n in changed[start : start + _NODES_AT_ONCE]]).decode()],
        )


def _counted(node: Node) -> dict[str, Any]:
    there = [p.sha256 is not None for p in node.parts if isinstance(p, ImagePart)]
    return {
        "id": node.node_id,
        "parts": parts_to_json(node.parts),
        "n_images": sum(there),
        "n_missing": len(there) - sum(there),
    }
