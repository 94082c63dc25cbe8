"""Records to rows and back; which rows replace which."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from intermt.errors import InputError
from intermt.records import (
    Annotation,
    AnnotationTask,
    Conversation,
    ConversationOrigin,
    Feedback,
    Image,
    ImagePart,
    Node,
    NodeMark,
    PictureUse,
    PreferenceVote,
    Rater,
    Run,
    Score,
    Seed,
    SeedDrop,
    SeedGrowth,
    TextPart,
    ToolUse,
    Verdict,
)
from intermt.store import inserting, requests, rows
from intermt.store.connect import Store
from intermt.store.inserting import insert, key_of
from intermt.store.rows import Answered, from_tuple, select_list, to_row

from .samples import STARTED, answered, feedback, node, run, verdict

FULL: list[Any] = [
    Seed("s", "d", "id", "web", "CC0", "vqa", "repeated_attempts", "en", "wants a duck"),
    node(
        None,
        "user",
        "a",
        ImagePart("ab" * 32, "n.png", "<Image, x>", None, "k"),
        ImagePart(None, "gone.png", None, "not found", "gone.png"),
        n_tags=1,
        source_key="u",
        place="1",
        model="m",
        server="s",
        request_key="k",
        run_id="r",
        simulated=True,
        notes=("two pictures left out",),
    ),
    ToolUse(
        "t", "n", None, "edit", "in red", "ab" * 32, "it says so", "k", "refused", None, "r", True
    ),
    Conversation("c", "d", "s", "n1", ("n1", "n2"), 1, "x", "t", "cat", "r", True),
    PictureUse("c", "n", 0, "a.png", None, "not found"),
    NodeMark("n", "pruned", "too similar to 1a", 3, 1.25, "r"),
    SeedGrowth("s", "done", 7, 8, "1 answers were pruned", "r", "r"),
    ConversationOrigin("c", "n", 2, "o", "r"),
    SeedDrop("sd", "n", "d", "s", "quality", "short", "too short", {"chars": 3, "of": 0.5}, "r"),
    Image("ab" * 32, "png", 3, 4, 2**40, True),
    AnnotationTask("t", "global", "s", "a", "b", "b", {"overall": "tie"}, "d", "r", True),
    Annotation("n", "r", "local", "s", "a", None, "d", "t", "a", STARTED, 4.5, "run"),
    Rater(rater_id="r", name="Änn", role="judge", kind="model", dataset="", model="m"),
    Score("s", "r", "node", "n", "style_coherence", -1, "d", "t", STARTED, "run"),
    PreferenceVote(
        "v", "r", "global", "chain", "s", "a", "b", "overall", "tie", "d", "t", "b", STARTED, "run"
    ),
    feedback("f", dimension="helpfulness", rated_at=STARTED.replace(microsecond=5), run_id="r"),
    verdict(
        "v",
        notes=("picture a is missing", "ü"),
        run_id="r",
        simulated=True,
        estimate=1.625,
        second_key="d",
        members=("w", "x"),
    ),
    run("r", seed=2**62, finished_at=STARTED, outcome="done", config={"a": [1, None, {"b": 0.1}]}),
]


def read(store: Store, kind: type) -> list[Any]:
    table = rows._TABLES[kind]
    with store.reading() as db:
        found = db.execute(
            f"SELECT {select_list(kind, 't')} FROM {table} t ORDER BY ALL"
        ).fetchall()
    return [from_tuple(kind, row) for row in found]


def test_every_record_comes_back_as_it_went(store: Store) -> None:
    n_written = {rows._TABLES[type(record)]: 1 for record in FULL}
    assert store.write(FULL) == n_written
    assert store.write(FULL) == dict.fromkeys(n_written, 0)
    for record in FULL:
        assert read(store, type(record)) == [record]


def test_every_table_is_tried() -> None:
    assert {type(record) for record in FULL} | {Answered} == set(rows._TABLES)


def test_kept_and_merged_records_come_back_too(store: Store) -> None:
    store.create()
    store.keep(FULL)
    store.close()
    for record in FULL:
        assert read(store, type(record)) == [record]


def test_a_call_comes_back_whole(store: Store) -> None:
    item = answered(
        "k",
        body={"messages": [{"role": "user", "content": "é\0"}], "temperature": 0.7},
        data={"choices": [{"logprob": -1e-7, "n": 2**53}]},
        image_sha256="ab" * 32,
        http_status=200,
        url="http://x/v1",
        model="m",
        attempts=2,
        latency_ms=1.5,
        tokens_in=3,
        tokens_out=4,
        simulated=True,
        finished_at=STARTED,
    )
    store.write([item, answered("no", "refused")])
    with store.reading() as db:
        assert requests.settled_replies(db, ["k", "no", "unknown"]) == {"k": item.reply}
        assert requests.settled_keys(db) == {"k"}


@pytest.fixture(scope="module")
def shared_store() -> Iterator[Store]:
    with tempfile.TemporaryDirectory() as folder:
        yield Store(Path(folder) / "store")


TEXTS = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=200),
    st.sampled_from(
        [
            "\0",
            "a\0b",
            "'; DROP TABLE node; --",
            "👩‍👩‍👧‍👦",
            "\u202eabc",
            "ﷺ",
            "\ufeff",
            '"\\\n\t\r',
        ]
    ),
    st.integers(1, 50_000).map(lambda n: "ж" * n),
)
PARTS = st.lists(
    st.one_of(
        st.builds(TextPart, TEXTS),
        st.builds(ImagePart, st.none() | st.just("ab" * 32), st.none() | TEXTS, st.none() | TEXTS),
    ),
    max_size=5,
).map(tuple)


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(PARTS, TEXTS), min_size=1, max_size=20))
def test_any_text_survives(shared_store: Store, drawn: list[tuple[Any, str]]) -> None:
    records: list[Any] = []
    for n, (parts, text) in enumerate(drawn):
        records.append(replace(node(None, "user", *parts), node_id=str(n), model=text))
        records.append(feedback(str(n), text))
        records.append(run(str(n), config={text: [text]}))
    with shared_store.writing() as db:
        db.execute("DELETE FROM node; DELETE FROM feedback; DELETE FROM run")
    shared_store.keep(records[::2])
    shared_store.write(records[1::2])
    shared_store.close()  # the journal is read back, not the memory
    shared_store._pending.clear()
    for kind in (Node, Feedback, Run):
        expected = [r for r in records if type(r) is kind]
        key = fields(kind)[0].name
        found = sorted(read(shared_store, kind), key=lambda r: int(getattr(r, key)))
        assert found == expected


def test_very_long_text(store: Store) -> None:
    long = feedback("f", "слово " * 1_000_000)
    store.write([long, feedback("g", "y" * 9_000_000)])
    assert read(store, Feedback)[0] == long


@pytest.mark.parametrize(
    ("record", "said"),
    [
        (feedback("f", "\ud83d"), "surrogates"),
        (node(None, "user", ImagePart(None, "\udcff.png", None, "x", "k")), "surrogates"),
        (run("r", config={"n": 2**70}), "64-bit"),
        (run("r", seed=2**63), "seed = 9223372036854775808 of a run is too large"),
        (verdict("v", value=2**31), "value = 2147483648 of a verdict is too large"),
    ],
)
def test_what_cannot_be_stored_is_an_input_error(store: Store, record: Any, said: str) -> None:
    store.create()
    for attempt in (store.write, store.keep):
        with pytest.raises(InputError, match=said) as caught:
            attempt([feedback("good"), record])
        assert caught.value.exit_code == 65
        caught.value.where.encode()
    store.close()
    assert read(store, Feedback) == []


def test_a_refused_picture_is_settled_and_a_refused_answer_is_not(store: Store) -> None:
    drawing = answered("drawing", "refused")
    store.write(
        [
            answered("answer", "refused"),
            replace(drawing, call=replace(drawing.call, kind="draw")),
        ]
    )
    with store.reading() as db:
        assert requests.settled_keys(db) == {"drawing"}
        assert requests.settled_replies(db, ["answer", "drawing"]).keys() == {"drawing"}
    assert requests.is_settled("draw", "refused")
    assert not requests.is_settled("chat", "refused")


@pytest.mark.parametrize("kind", ["chat", "draw", "edit", "retrieve"])
@pytest.mark.parametrize("state", ["ok", "empty", "refused", "rejected", "exhausted", "unparsed"])
def test_sql_and_code_agree_on_what_is_settled(store: Store, kind: Any, state: Any) -> None:
    cases = {
        f"{http_status} {sample} {text}": (http_status, sample, text)
        for http_status in (None, 200, 400, 404, 422, 500)
        for sample in (0, 1, requests.FURTHER_TRY + 1)
        for text in ("", "said")
    }
    made = []
    for key, (http_status, sample, text) in cases.items():
        item = answered(key, state, http_status=http_status, text=text)
        made.append(replace(item, call=replace(item.call, kind=kind, sample=sample)))
    store.write(made)
    with store.reading() as db:
        settled, may_be_made_again = requests.settled_keys(db), requests.keys_in_vain(db)
        assert requests.settled_replies(db, cases).keys() == settled
    for key, (http_status, sample, text) in cases.items():
        found = requests.is_settled(kind, state, http_status=http_status, sample=sample, text=text)
        assert found == (key in settled)
        in_vain = requests.is_in_vain(kind, state, text)
        assert (key in may_be_made_again) == (in_vain and not found)
        is_tool = kind != "chat"
        nothing_found = (kind, state) == ("retrieve", "empty")
        rejected = state == "rejected" and http_status in (400, 422)
        denied = is_tool and (state == "refused" or rejected)
        for_good = sample == 0 and (denied or nothing_found)
        tried_otherwise = sample >= requests.FURTHER_TRY and in_vain
        assert found == (state == "ok" or for_good or tried_otherwise)


@pytest.mark.parametrize(
    ("kind", "state", "text", "in_vain"),
    [
        ("chat", "refused", "", True),
        ("chat", "empty", "", True),
        ("chat", "truncated", "half of", True),
        ("chat", "unparsed", "not what was asked", True),
        # Broken on its way.
        ("chat", "unparsed", "", False),
        ("chat", "exhausted", "half of", False),
        ("chat", "rejected", "", False),
        ("chat", "ok", "all", False),
        ("draw", "refused", "", False),
        ("retrieve", "empty", "", False),
    ],
)
def test_in_vain_is_what_a_chat_server_answered_for_nothing(
    kind: Any, state: Any, text: str, in_vain: bool
) -> None:
    assert requests.is_in_vain(kind, state, text) == in_vain


def test_what_was_in_vain_twice_is_known(store: Store) -> None:
    store.write(
        [
            answered("once", "empty", error="no text"),
            answered("twice", "empty", error="no text" + requests.AGAIN),
            answered("failed", "exhausted", error="down" + requests.AGAIN),
        ]
    )
    with store.reading() as db:
        assert requests.keys_in_vain(db) == {"once": False, "twice": True}


def test_deep_replies_are_an_input_error(store: Store) -> None:
    deep: Any = 0
    for _ in range(2000):
        deep = [deep]
    with pytest.raises(InputError):
        store.write([answered("k", data=deep)])


def test_absurd_token_counts_are_not_stated(store: Store) -> None:
    store.write([answered("k", tokens_in=10**12, tokens_out=-1)])
    with store.reading() as db:
        reply = requests.settled_replies(db, ["k"])["k"]
    assert (reply.tokens_in, reply.tokens_out) == (None, None)


def test_times_with_a_zone_become_naive_utc(store: Store) -> None:
    zoned = datetime(2026, 1, 1, 10, tzinfo=timezone(timedelta(hours=2)))
    store.write([feedback("f", rated_at=zoned), feedback("g", rated_at=zoned.astimezone(UTC))])
    assert [f.rated_at for f in read(store, Feedback)] == [datetime(2026, 1, 1, 8)] * 2


# --- which rows replace which -------------------------------------------------------------------

OTHER = STARTED + timedelta(days=1)


def given_out(key: str, dataset: str, gold: dict[str, str]) -> AnnotationTask:
    return AnnotationTask(key, "local", "s", "a", "b", "b", gold, dataset)


REPLACING: list[tuple[Callable[[str], Any], Callable[[str], Any], str]] = [
    # (first, second, what is there in the end)
    (lambda k: answered(k, "ok", text="1"), lambda k: answered(k, "ok", text="2"), "1"),
    (lambda k: answered(k, "ok", text="1"), lambda k: answered(k, "exhausted", text="2"), "1"),
    (lambda k: answered(k, "exhausted", text="1"), lambda k: answered(k, "ok", text="2"), "2"),
    (lambda k: answered(k, "refused", text="1"), lambda k: answered(k, "empty", text="2"), "2"),
    (lambda k: verdict(k, "ok", text="1"), lambda k: verdict(k, "unparsed", text="2"), "1"),
    (lambda k: verdict(k, "unparsed", text="1"), lambda k: verdict(k, "ok", text="2"), "2"),
    (
        lambda k: verdict(k, "ok", text="1", members=("a",)),
        lambda k: verdict(k, "ok", text="2", members=("a", "b")),
        "2",
    ),
    (lambda k: run(k, outcome="1"), lambda k: run(k, finished_at=STARTED, outcome="2"), "2"),
    (lambda k: run(k, finished_at=STARTED, outcome="1"), lambda k: run(k, outcome="2"), "1"),
    (lambda k: feedback(k, "1"), lambda k: feedback(k, "2", rated_at=OTHER), "1"),
    (
        lambda k: PictureUse(k, "n", 0, "1", None, "x"),
        lambda k: PictureUse(k, "n", 0, "2", "ab", None),
        "2",
    ),
    (
        lambda k: PictureUse(k, "n", 0, "1", "ab", None),
        lambda k: PictureUse(k, "n", 0, "2", None, "x"),
        "1",
    ),
    (
        lambda k: given_out(k, "1", {"overall": "a"}),
        lambda k: given_out(k, "2", {"overall": "b"}),
        "2",
    ),
]


@pytest.mark.parametrize("way", ["two batches", "one batch", "one transaction", "journal"])
def test_who_replaces_whom(store: Store, way: str) -> None:
    store.create()
    first = [make(str(n)) for n, (make, _, _) in enumerate(REPLACING)]
    second = [make(str(n)) for n, (_, make, _) in enumerate(REPLACING)]
    n_replaced = sum(expected == "2" for _, _, expected in REPLACING)
    if way == "two batches":
        store.write(first)
        assert sum(store.write(second).values()) == n_replaced
    elif way == "one batch":
        assert sum(store.write([*first, *second]).values()) == len(REPLACING)
    elif way == "one transaction":
        with store.writing() as db:
            insert(db, [to_row(record) for record in first])
            insert(db, [to_row(record) for record in second])
    else:
        store.keep([*first, *second])
        store.close()
    with store.reading() as db:
        for n, (_, _, expected) in enumerate(REPLACING):
            table, _ = to_row(first[n])
            column = {"run": "outcome", "picture_use": "name", "annotation_task": "dataset"}.get(
                table, "text"
            )
            key = key_of(table)[0]
            found = db.execute(f"SELECT {column} FROM {table} WHERE {key} = ?", [str(n)])
            assert found.fetchall() == [(expected,)], (n, table)


def test_a_row_may_be_replaced_again_and_again_in_one_transaction(store: Store) -> None:
    store.write([verdict("v", "unparsed", notes=("0",))])
    with store.writing() as db:
        for n in range(5):
            insert(db, [to_row(verdict("v", "unparsed", notes=(str(n), "x")))])
        insert(db, [to_row(verdict("v", "ok", notes=("last",)))])
    assert [v.notes for v in read(store, Verdict)] == [("last",)]


def test_known_says_what_insert_would_leave(store: Store) -> None:
    store.write([feedback("old"), answered("failed", "exhausted"), answered("good")])
    batch = [
        to_row(r) for r in (feedback("old"), feedback("new"), answered("failed"), answered("good"))
    ]
    with store.reading() as db:
        stays = inserting.known(db, batch)
    assert stays == {("feedback", ("old",)), ("request", ("good",))}
    with store.writing() as db:
        assert insert(db, batch) == {"feedback": 1, "request": 1}


# What a table holds after some rows, told without SQL: whether the row that is there gives way.
MODEL: dict[str, Callable[[dict[str, Any], dict[str, Any]], bool]] = {
    "request": lambda there, _: there["state"] != "ok",
    "verdict": lambda there, _: there["state"] != "ok",
    "run": lambda there, _: there["finished_at"] is None,
    "picture_use": lambda there, new: there["sha256"] is None and new["sha256"] is not None,
    "tool_use": lambda there, new: (
        there["image_sha256"] is None and new["image_sha256"] is not None
    ),
    "node_mark": lambda there, new: there["run_id"] != new["run_id"],
    "seed_drop": lambda there, new: there["run_id"] != new["run_id"],
    "seed_growth": lambda there, new: (
        (there["run_id"], there["state"]) != (new["run_id"], new["state"])
    ),
    "annotation_task": lambda there, new: there["gold"] != new["gold"],
    "feedback": lambda *_: False,
    "conversation_origin": lambda *_: False,
}
KEY = st.sampled_from(["1", "2", "3"])
RUN_ID = st.sampled_from([None, "r", "q"])
SHA256 = st.sampled_from([None, "ab" * 32])
WORD = st.integers(0, 10**6).map(str)
MADE = st.one_of(
    st.builds(lambda k, s, t: answered(k, s, text=t), KEY, st.sampled_from(["ok", "empty"]), WORD),
    st.builds(
        lambda k, s, t: verdict(k, s, text=t), KEY, st.sampled_from(["ok", "unparsed"]), WORD
    ),
    st.builds(
        lambda k, f, t: run(k, finished_at=f, outcome=t), KEY, st.sampled_from([None, OTHER]), WORD
    ),
    st.builds(lambda k, s, t: PictureUse("c", k, 0, t, s, None), KEY, SHA256, WORD),
    st.builds(
        lambda k, s, t: ToolUse(k, "n", None, "edit", t, None, "", None, "ok", s, "r", False),
        KEY,
        SHA256,
        WORD,
    ),
    st.builds(lambda k, r, t: NodeMark(k, "kept", t, 1, None, r), KEY, RUN_ID, WORD),
    st.builds(
        lambda k, s, r, t: SeedGrowth(k, s, 1, 1, t, "", r),
        KEY,
        st.sampled_from(["begun", "done"]),
        RUN_ID,
        WORD,
    ),
    st.builds(lambda k, r, t: SeedDrop(k, "n", "d", "s", "f", "k", t, {}, r), KEY, RUN_ID, WORD),
    st.builds(
        lambda k, g, t: given_out(k, t, g), KEY, st.sampled_from([{}, {"overall": "a"}]), WORD
    ),
    st.builds(feedback, KEY, WORD),
    st.builds(lambda k, o: ConversationOrigin("c", k, 1, o, None), KEY, WORD),
)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.lists(MADE, max_size=12), min_size=1, max_size=4))
def test_tables_hold_what_a_dictionary_would(shared_store: Store, batches: list[list[Any]]) -> None:
    model: dict[str, dict[tuple[Any, ...], dict[str, Any]]] = {table: {} for table in MODEL}
    with shared_store.writing() as db:
        for table in MODEL:
            db.execute(f"DELETE FROM {table}")
    for batch in batches:
        made = [to_row(record) for record in batch]
        fresh: dict[tuple[str, tuple[Any, ...]], dict[str, Any]] = {}
        for table, row in made:
            key = tuple(row[k] for k in key_of(table))
            if (table, key) not in fresh or inserting._GIVES_WAY.get(table, lambda _: False)(
                fresh[table, key]
            ):
                fresh[table, key] = row
        expected = dict.fromkeys((table for table, _ in made), 0)
        stays = set()
        for (table, key), row in fresh.items():
            there = model[table].get(key)
            if there is None or MODEL[table](there, row):
                model[table][key] = row
                expected[table] += 1
            else:
                stays.add((table, key))
        with shared_store.reading() as db:
            assert inserting.known(db, [(table, row) for (table, _), row in fresh.items()]) == stays
        with shared_store.writing() as db:
            assert insert(db, made) == expected
    with shared_store.reading() as db:
        for table, held in model.items():
            names = list(dict.fromkeys(name for row in held.values() for name in row))
            if not names:
                assert db.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,)
                continue
            listed = ", ".join(f'"{name}"' for name in key_of(table))
            text = {
                "picture_use": "name",
                "tool_use": "ask",
                "run": "outcome",
                "conversation_origin": "origin_id",
                "annotation_task": "dataset",
            }.get(table, "text" if "text" in names else "reason")
            found = db.execute(f"SELECT {listed}, {text} FROM {table}").fetchall()
            assert sorted(found) == sorted((*key, row[text]) for key, row in held.items())


def test_large_batches_are_split_by_size(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inserting, "_BATCH_BYTES", 2000)
    assert store.write([feedback(str(n), "x" * 700) for n in range(50)]) == {"feedback": 50}
    assert len(read(store, Feedback)) == 50


def test_every_table_has_its_key_columns(store: Store) -> None:
    store.write([feedback("f")])
    with store.reading() as db:
        for table in rows._TABLES.values():
            columns = inserting._columns(db, table)
            assert set(key_of(table)) <= columns.keys()
