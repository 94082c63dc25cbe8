from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intermt.errors import InputError, IntermtError, UsageError
from intermt.formats.reading.registry import KINDS, detect, read
from intermt.formats.reading.rows import RowProblem
from intermt.formats.reading.source import open_source
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
        ('[{"data": {}, "annotations": []}]', "a JSON list of objects with data, annotations"),
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
        # The benchmark's score files: labels in place of prompts.
        ('[{"conversations": [{"round": 0, "annotations": {}}]}]', "objects with conversations"),
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
    for kind in (None, *KINDS):
        try:
            rows = load(file, kind)
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


SAMPLES = (
    json.dumps([conversation(2, annotation={"G3": 2, "reason_G3": "x"})] * 2).encode(),
    (json.dumps(pair()) + "\n").encode() * 2,
    TABLE.encode() * 2,
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


@given(st.sampled_from(["conversation", "pair"]), st.data())
def test_any_value_in_any_field_never_crashes(
    tmp_path_factory: pytest.TempPathFactory, kind: str, data: st.DataObject
) -> None:
    item: Any = conversation(2, annotation={"G3": 2}) if kind == "conversation" else pair()
    holder = item
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
