from __future__ import annotations

import copy
import json
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intermt.errors import InputError, IntermtError, UsageError
from intermt.formats.reading.registry import KINDS, detect, read
from intermt.formats.reading.rows import ReadOptions, RowProblem
from intermt.formats.reading.source import open_source
from tests.formats import test_argilla, test_benchmark_files, test_prodigy
from tests.formats.reading_files import conversation, kind_of, load, pair, write_json

TABLE = "rater,answer_a,answer_b,choice,rationale\nr,{},{},A,why\n".format("a" * 32, "b" * 32)


def test_the_kind_is_found_by_content_whatever_the_name(tmp_path: Path) -> None:
    file = tmp_path / "data.txt"
    assert kind_of(write_json(file, [conversation()])) == "intermt-bench"
    assert kind_of(write_json(file, conversation())) == "intermt-bench"
    assert kind_of(write_json(file, pair())) == "jsonl"
    assert kind_of(write_json(file, [pair()])) == "jsonl"
    file.write_text(TABLE)
    assert kind_of(file) == "csv"


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("", "an empty file"),
        (" \n\t", "an empty file"),
        ("[]", "an empty JSON list"),
        ('[{"data": {}, "notes": []}]', "a JSON list of objects with data, notes"),
        ('{"id": "q1", "question": "?"}\n', "JSON lines of objects with id, question"),
        ("{}", "objects with no keys"),
        ("[1, 2]", "the first row is 1, not a JSON object"),
        ("{\n", "the first row is not valid JSON"),
        ('[{"a": tru}]', "the first row is not valid JSON"),
        ('[{"a": [1, 2', "cut short: it ends at byte 12"),
        ('{"a":' * 50_000, "nested too deep"),
        ("id,text\n1,hello\n", 'text that starts with "id,text"'),
        ("rater,rationale\nx,y\n", "text that starts with"),
        ("<xml/>", "text that starts with"),
        ('[{"conversations": [{"from": "human", "value": "x"}]}]', "objects with conversations"),
    ],
)
def test_an_unknown_file_is_described(tmp_path: Path, text: str, seen: str) -> None:
    file = tmp_path / "x"
    file.write_text(text)
    with pytest.raises(InputError) as caught:
        kind_of(file)
    assert seen in caught.value.what
    assert str(file) in caught.value.where
    if "not known" in caught.value.what:
        assert all(kind in caught.value.todo for kind in KINDS)


def test_an_ambiguous_file_names_the_candidates(tmp_path: Path) -> None:
    file = write_json(tmp_path / "x", {**conversation(), **pair()})
    with pytest.raises(InputError, match="intermt-bench or jsonl"):
        kind_of(file)
    assert len(load(file, "jsonl")) == 1


def test_detecting_takes_nothing_away(tmp_path: Path) -> None:
    file = write_json(tmp_path / "x", [conversation(id=n) for n in range(5000)])
    assert file.stat().st_size > 1_000_000
    with open_source(file) as source:
        assert detect(source) == detect(source) == "intermt-bench"
        assert len(list(read(source, "intermt-bench"))) == 5000


def test_an_unknown_kind_is_a_usage_error(tmp_path: Path) -> None:
    file = write_json(tmp_path / "x", [])
    with open_source(file) as source, pytest.raises(UsageError, match="did you mean jsonl"):
        read(source, "json")


def everything(file: Path) -> None:
    """Read a file in all ways; nothing but problems and our own errors may come out."""
    for kind, options in product((None, *KINDS), OPTIONS):
        try:
            rows = load(file, kind, options)
        except IntermtError:
            continue
        for row in rows:
            assert row.where.startswith(str(file))
            if isinstance(row, RowProblem):
                assert row.expected
                assert row.message.isprintable()


@given(st.binary(max_size=200))
def test_random_bytes_never_crash(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    file = tmp_path_factory.mktemp("f") / "x"
    file.write_bytes(data)
    everything(file)


ITEMS: dict[str, dict[str, Any]] = {
    "conversation": conversation(2, annotation={"G3": 2, "reason_G3": "x"}),
    "scores": test_benchmark_files.scores(),
    "preference": test_benchmark_files.pair(),
    "pair": pair(),
    "argilla": test_argilla.nested(suggestions={"overall": {"value": "A", "agent": "m"}}),
    "argilla flat": test_argilla.flat(),
    "prodigy": test_prodigy.task(),
    "prodigy comparison": test_prodigy.task(mapping={"A": "accept", "B": "reject"}, A="x", B="y"),
    "label studio": {
        "id": 1,
        "data": {"intermt": {"level": "local"}, "text": "x"},
        "annotations": [
            {
                "id": 2,
                "completed_by": 3,
                "result": [{"from_name": "q", "type": "choices", "value": {"choices": ["2"]}}],
            }
        ],
        "predictions": [{"id": 4, "result": []}],
    },
}
OPTIONS = (
    ReadOptions(predictions_as="m"),
    ReadOptions(
        {
            "rater": "who.name",
            "answer": "node",
            "messages": "text",
            "text": "prompt",
            "choice": "overall",
            "score.L4": "text_quality",
        },
        {"choice": {"0": "tie"}},
        role="verifier",
        predictions_as="m",
    ),
)
SAMPLES = (
    *(json.dumps([item] * 2).encode() for item in ITEMS.values()),
    *((json.dumps(item) + "\n").encode() * 2 for item in ITEMS.values()),
    TABLE.encode() * 2,
    TABLE.replace("rater,answer_a,answer_b,choice", "worker,left,right,label").encode(),
)
SPLICES = [b'"', b"\\", b"{", b"]", b",", b"\n", b"\r", b"\0", b"\xff", b"\xc3", b"NaN", b"\\ud800"]


@given(st.sampled_from(SAMPLES), st.data())
def test_damaged_files_never_crash(
    tmp_path_factory: pytest.TempPathFactory, sample: bytes, data: st.DataObject
) -> None:
    damaged = bytearray(sample)
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(damaged)))
        to = min(len(damaged), at + data.draw(st.integers(0, 3)))
        damaged[at:to] = data.draw(st.sampled_from(SPLICES) | st.binary(max_size=3))
    file = tmp_path_factory.mktemp("f") / "x"
    file.write_bytes(damaged)
    everything(file)


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=4,
)


@given(st.sampled_from(sorted(ITEMS)), st.data())
def test_any_value_in_any_field_never_crashes(
    tmp_path_factory: pytest.TempPathFactory, kind: str, data: st.DataObject
) -> None:
    item = copy.deepcopy(ITEMS[kind])
    holder: Any = item
    while True:
        keys = list(holder) if isinstance(holder, dict) else list(range(len(holder)))
        key = data.draw(st.sampled_from(keys))
        inner = holder[key]
        if not (isinstance(inner, dict | list) and inner and data.draw(st.booleans())):
            break
        holder = inner
    holder[key] = data.draw(JSON_VALUES)
    file = tmp_path_factory.mktemp("f") / "x"
    file.write_text(json.dumps([item]))
    everything(file)
