"""What the store knows of seed questions beside their trees: drops, and calls in vain."""

from __future__ import annotations

from collections.abc import Iterable

from duckdb import DuckDBPyConnection as Connection

from intermt.records import CallState, SeedDrop
from intermt.store.rows import FROM_STRINGS, from_tuple, json_list, select_list


def drops(db: Connection, *, dataset: str | None = None) -> list[SeedDrop]:
    """The seed questions that were left out, in order of collection, filter and id."""
    condition, parameters = ("", []) if dataset is None else ("WHERE d.dataset = ?", [dataset])
    rows = db.execute(
        f"SELECT {select_list(SeedDrop, 'd')} FROM seed_drop d {condition}"
        " ORDER BY d.dataset, d.filter, d.seed_drop_id",
        parameters,
    ).fetchall()
    return [from_tuple(SeedDrop, row) for row in rows]


def drops_named(db: Connection, name: str) -> list[SeedDrop]:
    """What was left out with this source id or id, or else an id that begins so; in order."""
    for condition in ("d.source_id = ? OR d.seed_id = ?", "starts_with(d.seed_id, ?) AND ? <> ''"):
        rows = db.execute(
            f"SELECT {select_list(SeedDrop, 'd')} FROM seed_drop d WHERE {condition}"
            " ORDER BY d.dataset, d.filter, d.seed_drop_id",
            [name, name],
        ).fetchall()
        if rows:
            return [from_tuple(SeedDrop, row) for row in rows]
    return []


def take_back_drops(db: Connection, ids: Iterable[str]) -> None:
    """Forget that these seed questions were left out."""
    db.execute(f"DELETE FROM seed_drop WHERE seed_drop_id IN {FROM_STRINGS}", [json_list(set(ids))])


def answered_in_vain(db: Connection, keys: Iterable[str]) -> dict[str, str]:
    """Why those of these calls that a model would not or could not answer came to nothing.

    That is a refusal, an empty answer, one cut at the length limit or one that says nothing of
    use, by request key; not what failed on the way.
    """
    rows = db.execute(
        f"SELECT r.request_key, r.state, r.error FROM request r JOIN {FROM_STRINGS} w"
        " ON r.request_key = w.id WHERE r.state IN ('refused', 'empty', 'truncated')"
        " OR r.state = 'unparsed' AND r.text <> ''",
        [json_list(set(keys))],
    ).fetchall()
    return {key: error or state for key, state, error in rows}


def is_in_vain(state: CallState, text: str) -> bool:
    """Whether a call that ended so has come to nothing for good; see `answered_in_vain`."""
    return state in ("refused", "empty", "truncated") or (state == "unparsed" and text != "")
