"""The ledger of calls: whose embeddings it has, and good replies that turn out to be none."""

from __future__ import annotations

from dataclasses import replace

from intermt.store import requests
from intermt.store.connect import Store
from intermt.store.rows import Answered

from .samples import answered, run


def embedded(key: str, model: str, run_id: str) -> Answered:
    found = answered(key)
    return replace(found, call=replace(found.call, kind="embed", model=model), run_id=run_id)


def test_embeddings_of_seed_questions_are_no_answers(store: Store) -> None:
    seeds, study = run("g", command="generate"), run("s", command="stats scaling")
    store.write([seeds, study, embedded("a", "of-seeds", "g"), embedded("b", "of-answers", "s")])
    store.write([embedded("c", "of-nobody-known", "lost")])
    with store.reading() as db:
        assert requests.embedding_models(db) == ["of-answers", "of-nobody-known"]


def test_a_reply_that_is_taken_back_is_asked_for_again(store: Store) -> None:
    store.write([answered("a"), answered("b"), answered("c", "refused", error="no")])
    with store.writing() as db:
        requests.take_back(db, ["a", "c", "unknown"], "of no use")
    with store.reading() as db:
        assert requests.settled_keys(db) == {"b"}
        rows = db.execute("SELECT request_key, state, error FROM request ORDER BY 1").fetchall()
    assert rows == [("a", "unparsed", "of no use"), ("b", "ok", ""), ("c", "refused", "no")]
    store.write([answered("a", text="better")])
    with store.reading() as db:
        assert requests.settled_keys(db) == {"a", "b"}
