"""Every kind of file is recognised as itself and as nothing else, by content alone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from intermt.errors import InputError
from intermt.formats.reading.head import look
from intermt.formats.reading.registry import FORMATS, KINDS
from intermt.formats.reading.rows import ReadOptions
from intermt.formats.reading.source import open_source
from tests.formats import test_argilla, test_benchmark_files, test_prodigy
from tests.formats.reading_files import conversation, kind_of, pair

A, B = "a" * 32, "b" * 32
RESULT = [{"id": "r", "from_name": "x", "to_name": "y", "type": "choices", "value": {}}]
MIN = {"id": 1, "annotator": 2, "annotation_id": 3, "created_at": "", "updated_at": ""}
LABEL = {"intermt_label": 1, "task": "t", "level": "local", "rater": "r", "a": A, "b": B}

OBJECTS: dict[str, tuple[str, dict[str, Any]]] = {
    "conversation": ("intermt-bench", conversation()),
    "conversation with labels": ("intermt-bench", conversation(annotation={"G3": 1})),
    "scores": ("intermt-bench", test_benchmark_files.scores()),
    "pair of the release": ("intermt-bench", test_benchmark_files.pair()),
    "global pair of the release": (
        "intermt-bench",
        test_benchmark_files.pair(local_overall_preference=None, overall_preference={"G1": 1}),
    ),
    "pair line": ("jsonl", pair()),
    "label line": ("jsonl", LABEL),
    "Label Studio": ("label-studio", {"id": 1, "data": {}, "annotations": [{"result": RESULT}]}),
    "Label Studio of old": ("label-studio", {"id": 1, "data": {"x": 1}, "completions": []}),
    "Label Studio MIN": ("label-studio", {"better": "left", **MIN, "lead_time": 1.5}),
    "Argilla": ("argilla", test_argilla.nested()),
    "Argilla flat": ("argilla", test_argilla.flat()),
    "Prodigy choice": ("prodigy", test_prodigy.task()),
    "Prodigy comparison": (
        "prodigy",
        {"A": {}, "B": {}, "mapping": {}, "answer": "reject", "_task_hash": 1},
    ),
}

TABLES: dict[str, tuple[str, str]] = {
    "votes": ("csv", f"rater,answer_a,answer_b,choice\nr,{A},{B},A\n"),
    "votes by place": ("csv", "rater\tseed\ta\tb\tvote\nr\tq\t1a\t1b\tA\n"),
    "Mechanical Turk": ("csv", '"HITId","AssignmentId","WorkerId","Answer.choice"\n"h","a","w",""'),
    "crowd-kit": ("csv", "worker,left,right,label\nw,x,y,x\n"),
    "Label Studio CSV": (
        "label-studio",
        '"annotation_id","annotator","better","created_at","id","lead_time","updated_at"\n',
    ),
}


def fixtures() -> list[Any]:
    made: list[Any] = []
    for name, (kind, value) in OBJECTS.items():
        made.append(pytest.param(kind, json.dumps(value), id=f"{name}, a line"))
        made.append(pytest.param(kind, json.dumps([value, value], indent=1), id=f"{name}, a list"))
    for name, (kind, text) in TABLES.items():
        made.append(pytest.param(kind, text, id=name))
        made.append(pytest.param(kind, text.replace("\n", "\r\n"), id=f"{name}, CRLF"))
    return made


@pytest.mark.parametrize(("kind", "text"), fixtures())
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"], ids=["plain", "BOM"])
def test_a_file_is_of_exactly_its_own_kind(
    tmp_path: Path, kind: str, text: str, mark: bytes
) -> None:
    file = tmp_path / "data"
    file.write_bytes(mark + text.encode())
    with open_source(file) as source:
        head = look(source)
    assert [f.kind for f in FORMATS if f.looks_like(head)] == [kind]
    assert kind_of(file) == kind


def test_every_kind_has_a_fixture() -> None:
    assert {kind for kind, _ in (*OBJECTS.values(), *TABLES.values())} == set(KINDS)


@pytest.mark.parametrize("first", sorted(OBJECTS))
@pytest.mark.parametrize("second", ["pair line", "Prodigy choice", "Argilla"])
def test_a_file_that_looks_like_two_kinds_names_both(
    tmp_path: Path, first: str, second: str
) -> None:
    (one, a), (other, b) = OBJECTS[first], OBJECTS[second]
    if one == other or set(a) & set(b) - {"id"}:
        pytest.skip("the two cannot stand in one object")
    file = tmp_path / "data"
    file.write_text(json.dumps(a | b))
    with pytest.raises(InputError) as caught:
        kind_of(file)
    assert one in caught.value.what
    assert other in caught.value.what
    assert "objects with" in caught.value.what
    assert "--from" in caught.value.todo


@pytest.mark.parametrize("kind", sorted(set(KINDS) - {"csv"}))
def test_a_map_changes_no_kind_that_is_known(tmp_path: Path, kind: str) -> None:
    _, value = next(pair for pair in OBJECTS.values() if pair[0] == kind)
    file = tmp_path / "data"
    file.write_text(json.dumps(value))
    assert kind_of(file, ReadOptions({"rater": "who"})) == kind


def test_with_a_map_any_other_table_is_one(tmp_path: Path) -> None:
    file = tmp_path / "data"
    for text in ("who,what\nx,y\n", '{"who": 1}', '[{"who": 1}]'):
        file.write_text(text)
        with pytest.raises(InputError, match="not known"):
            kind_of(file)
        assert kind_of(file, ReadOptions({"rater": "who"})) == "csv"
    file.write_text("")
    with pytest.raises(InputError, match="empty file"):
        kind_of(file, ReadOptions({"rater": "who"}))
