"""What people can be asked to compare."""

from __future__ import annotations

from typing import Any

from intermt.records import Conversation, Node, Seed
from intermt.store import tasks
from intermt.store.connect import Store

from .samples import node


def talk(key: str, *path: Node, dataset: str = "d") -> Conversation:
    ids = tuple(n.node_id for n in path)
    return Conversation(key, dataset, key, ids[0], ids, len(ids) // 2)


def trees() -> tuple[list[Any], dict[str, Node]]:
    """A tree with two answers, one of them followed up twice; a tree with one answer."""
    root = node(None, "user", "Q?")
    good, bad = node(root, "assistant", "good"), node(root, "assistant", "bad")
    more = node(good, "user", "more?")
    left, right = node(more, "assistant", "left"), node(more, "assistant", "right")
    alone = node(None, "user", "Alone?")
    only = node(alone, "assistant", "only")
    named = {"root": root, "good": good, "bad": bad, "more": more, "left": left, "right": right}
    named |= {"alone": alone, "only": only}
    seeds = [Seed(root.node_id, "d", "s1"), Seed(alone.node_id, "e", "s2")]
    return [*seeds, *named.values()], named


def test_answers_to_one_question_are_rivals(store: Store) -> None:
    records, n = trees()
    store.write(records)
    with store.reading() as db:
        found = tasks.rivals(db, "local", None)
        assert tasks.rivals(db, "local", "e") == []
        assert tasks.rivals(db, "local", "d") == found
    assert {(r.context_id, r.ids) for r in found} == {
        (n["root"].node_id, tuple(sorted((n["good"].node_id, n["bad"].node_id)))),
        (n["more"].node_id, tuple(sorted((n["left"].node_id, n["right"].node_id)))),
    }
    assert {(r.seed_id, r.dataset) for r in found} == {(n["root"].node_id, "d")}


def test_answers_of_another_datasets_conversations_are_its_rivals_too(store: Store) -> None:
    records, n = trees()
    store.write([*records, talk("c1", n["root"], n["good"], dataset="x")])
    with store.reading() as db:
        assert tasks.rivals(db, "local", "x") == []
    store.write([talk("c2", n["root"], n["bad"], dataset="x")])
    with store.reading() as db:
        (found,) = tasks.rivals(db, "local", "x")
        assert tasks.datasets(db) == ["d", "e", "x"]
    assert found.context_id == n["root"].node_id


def test_conversations_of_one_seed_are_rivals_each_once(store: Store) -> None:
    records, n = trees()
    short = (n["root"], n["good"])
    store.write(
        [
            *records,
            talk("c4", *short, n["more"], n["left"]),
            talk("c1", *short, n["more"], n["left"], dataset="x"),
            talk("c2", *short, n["more"], n["right"]),
            talk("c0", *short),
            talk("c3", n["root"], n["bad"]),
            talk("c5", n["alone"], n["only"]),
        ]
    )
    with store.reading() as db:
        (found,) = tasks.rivals(db, "global", None)
        (of_d,) = tasks.rivals(db, "global", "d")
        assert tasks.rivals(db, "global", "x") == []
    # c1 and c4 are the same messages; c0 is only the beginning of others.
    assert found.ids == ("c1", "c2", "c3")
    assert of_d.ids == ("c2", "c3", "c4")
    assert (found.context_id, found.seed_id) == (n["root"].node_id, n["root"].node_id)


def test_an_empty_store_has_nothing_to_compare(store: Store) -> None:
    store.create()
    with store.reading() as db:
        assert tasks.rivals(db, "local", None) == []
        assert tasks.rivals(db, "global", None) == []
        assert tasks.datasets(db) == []
