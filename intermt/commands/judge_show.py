"""A verdict, or all on one item, with what was asked and what came back."""

from __future__ import annotations

from dataclasses import dataclass

from intermt.domain.image_tags import text_of
from intermt.errors import MissingInputError, UsageError
from intermt.records import ImagePart, Verdict
from intermt.store import judged as stored
from intermt.store import trees
from intermt.store.connect import Store
from intermt.store.judged import StoredCall


@dataclass(frozen=True, slots=True)
class ShownMessage:
    """A message of what was judged.

    Attributes:
        role: user or assistant.
        text: Its text, tags of its pictures included.
        pictures: SHA-256 of its pictures.
        missing: Names of those that are missing.
    """

    role: str
    text: str
    pictures: tuple[str, ...]
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ShownReply:
    """What one reply says: verdicts that were read from the same call.

    Attributes:
        judge: Name of the judge.
        verdicts: What it says, by dimension.
        call: The call they were read from; None for a jury, and where they were imported.
        second: The other call it rests on (see `Verdict.second_key`).
    """

    judge: str
    verdicts: tuple[Verdict, ...]
    call: StoredCall | None
    second: StoredCall | None


@dataclass(frozen=True, slots=True)
class ShownJudgement:
    """What was judged, and what was said of it.

    Attributes:
        items: What was judged, by id: of a pair both candidates.
        replies: What judges said; a jury before its members.
        simulated: Whether a stand-in said any of it.
    """

    items: dict[str, tuple[ShownMessage, ...]]
    replies: tuple[ShownReply, ...]
    simulated: bool


def show(store: Store, name: str) -> ShownJudgement:
    """What is known of a verdict or an item, by its id or the beginning of that.

    Raises:
        MissingInputError: There is no store, or no such verdict or item with verdicts.
        UsageError: The name means several.
    """
    with store.reading() as db:
        found, n_found = stored.ids_like(db, name) if name else ([], 0)
        if not found:
            raise MissingInputError(
                f"no verdict, and nothing that was judged, has an id that begins with {name!r}",
                where=str(store.folder),
                todo="ids are in the tables verdict, node and conversation; see docs/judging.md",
            )
        if len(found) > 1:
            more = f" and {n_found - len(found)} more" if n_found > len(found) else ""
            raise UsageError(
                f"{name!r} is the beginning of {n_found} ids:"
                f" {', '.join(key for key, _ in found)}{more}",
                todo="give more of the one that is meant",
            )
        verdicts = stored.judged(db, *found[0])
        keys = {v.request_key for v, _ in verdicts} | {
            v.second_key for v, _ in verdicts if v.second_key
        }
        calls = stored.calls(db, keys - {""})
        ids = {key for v, _ in verdicts for key in (v.a_id, v.b_id) if key is not None}
        paths = {key: stored.path_of(db, key) for key in sorted(ids)}
        nodes = trees.nodes(db, {node for path in paths.values() for node in path})
    items = {
        key: tuple(
            ShownMessage(
                nodes[node].role,
                text_of(nodes[node].parts),
                tuple(p.sha256 for p in nodes[node].parts if isinstance(p, ImagePart) and p.sha256),
                tuple(
                    p.name or p.tag or "a picture without a name"
                    for p in nodes[node].parts
                    if isinstance(p, ImagePart) and p.sha256 is None
                ),
            )
            for node in path
            if node in nodes
        )
        for key, path in paths.items()
    }
    return ShownJudgement(
        items, _replies(verdicts, calls), any(verdict.simulated for verdict, _ in verdicts)
    )


def _replies(
    verdicts: list[tuple[Verdict, str]], calls: dict[str, StoredCall]
) -> tuple[ShownReply, ...]:
    grouped: dict[tuple[object, ...], list[Verdict]] = {}
    for verdict, judge in verdicts:
        about = (verdict.task, verdict.level, verdict.a_id, verdict.b_id)
        key = (judge, *about, verdict.order, verdict.sample, verdict.request_key)
        grouped.setdefault(key, []).append(verdict)
    return tuple(
        ShownReply(
            str(key[0]),
            tuple(group),
            calls.get(group[0].request_key),
            calls.get(group[0].second_key or ""),
        )
        for key, group in grouped.items()
    )
