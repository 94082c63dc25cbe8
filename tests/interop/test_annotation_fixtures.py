"""Files that the annotation tools' own libraries write, read by our readers.

Skipped, one by one, where a library is not installed: `pip install argilla datasets
label-studio-sdk`. No server is needed.
"""

from __future__ import annotations

import json
import uuid
import warnings
from pathlib import Path
from typing import Any

import pytest

from intermt.commands.import_source import open_import
from intermt.formats.reading.registry import detect, read
from intermt.formats.reading.rows import (
    LabelRow,
    ReadOptions,
    Row,
    RowProblem,
    SideChoice,
    SideScore,
    SkippedRow,
)

A, B = "a" * 32, "b" * 32
ANNA, BERT, CARL = (uuid.UUID(int=n) for n in (1, 2, 3))
NOTHING_SAID = ReadOptions()


def load(path: Path, kind: str, options: ReadOptions = NOTHING_SAID) -> list[Row | RowProblem]:
    with open_import(path) as source:
        assert detect(source) == kind
        return list(read(source, kind, options))


def labels(rows: list[Row | RowProblem]) -> dict[str, LabelRow]:
    return {row.rater: row for row in rows if isinstance(row, LabelRow)}


def skipped(rows: list[Row | RowProblem]) -> list[str]:
    return sorted(row.kind for row in rows if isinstance(row, SkippedRow))


@pytest.fixture
def argilla() -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return pytest.importorskip("argilla", reason="argilla is not installed")


def records(rg: Any) -> list[Any]:
    def responses(user: uuid.UUID, status: str, **values: Any) -> list[Any]:
        return [rg.Response(name, value, user, status=status) for name, value in values.items()]

    both = [{"value": "a", "rank": 2}, {"value": "b", "rank": 1}]
    first = rg.Record(
        id="t-1",
        fields={"prompt": "Where is the cat?"},
        metadata={"answer_a": A, "answer_b": B},
        responses=[
            *responses(ANNA, "submitted", text_quality_a=0, overall="B", rationale="A lies\n"),
            *responses(BERT, "discarded", text_quality_a=3, overall="A"),
            *responses(CARL, "submitted", better_text_quality=both),
        ],
        suggestions=[rg.Suggestion("overall", "tie", score=0.5, agent="m")],
    )
    second = rg.Record(
        id="t-2",
        fields={"prompt": "And the dog?"},
        metadata={"answer_a": B, "answer_b": A},
        responses=responses(ANNA, "draft", overall="B"),
        suggestions=[rg.Suggestion("overall", "A"), rg.Suggestion("text_quality_a", 2)],
    )
    # The server sets it as soon as enough people have answered.
    first._model.status = "completed"
    return [first, second]


def test_argilla_flattened_rows(argilla: Any, tmp_path: Path) -> None:
    from argilla.records._io import GenericIO

    file = tmp_path / "rows.jsonl"
    rows = GenericIO.to_list(records(argilla), flatten=True)
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    found = load(file, "argilla")
    assert not any(isinstance(row, RowProblem) for row in found)
    assert skipped(found) == ["discarded", "draft", "prediction", "prediction"]
    by_user = labels(found)
    assert set(by_user) == {str(ANNA), str(CARL)}
    assert by_user[str(ANNA)].scores == (SideScore("a", "text_quality", 0),)
    assert by_user[str(ANNA)].choices == (SideChoice("overall", "b"),)
    assert by_user[str(ANNA)].texts[0].text == "A lies\n"
    assert by_user[str(CARL)].choices == (SideChoice("text_quality", "b"),)


def test_argilla_to_json(argilla: Any, tmp_path: Path) -> None:
    from argilla.records._io import JsonIO

    file = JsonIO.to_json(records(argilla), tmp_path / "records.json")
    found = load(file, "argilla", ReadOptions(predictions_as="m"))
    assert not any(isinstance(row, RowProblem) for row in found)
    judged = [row for row in found if isinstance(row, LabelRow) and row.role == "judge"]
    assert [row.choices for row in judged] == [
        (SideChoice("overall", "tie"),),
        (SideChoice("overall", "a"),),
    ]
    assert judged[1].scores == (SideScore("a", "text_quality", 2),)
    # This form does not say that Bert discarded his responses; what it says of the second
    # record is that nobody has finished it.
    assert set(labels(found)) == {str(ANNA), str(BERT), str(CARL), "m"}
    assert skipped(found) == ["pending"]


def test_argilla_as_a_table_of_the_datasets_library(argilla: Any, tmp_path: Path) -> None:
    datasets = pytest.importorskip("datasets", reason="datasets is not installed")
    from argilla.records._io import GenericIO, HFDatasetsIO

    table = datasets.Dataset.from_dict(GenericIO.to_dict(records(argilla), flatten=True))
    uncast = HFDatasetsIO._uncast_argilla_attributes_to_datasets

    class Question:
        type = "label_selection"

    packed = uncast(table, {"overall": Question()})
    assert packed[0]["overall.suggestion"] == 0
    parquet, lines = tmp_path / "x.parquet", tmp_path / "x.jsonl"
    packed.to_parquet(parquet)
    packed.to_json(lines)
    found = load(parquet, "argilla", ReadOptions(predictions_as="m"))
    assert not any(isinstance(row, RowProblem) for row in found)
    judged = [row for row in found if isinstance(row, LabelRow) and row.role == "judge"]
    assert [row.choices[0].choice for row in judged] == ["tie", "a"]
    assert skipped(found) == ["discarded", "draft"]
    # JSON has lost the labels' names: 0 would be read as a tie, 1 as A.
    named = load(lines, "argilla", ReadOptions(predictions_as="m"))
    assert [p.field for p in named if isinstance(p, RowProblem)] == ["overall.suggestion"] * 2


def test_pictures_in_a_table_of_the_datasets_library(tmp_path: Path) -> None:
    datasets = pytest.importorskip("datasets", reason="datasets is not installed")
    from PIL import Image

    columns = {
        "front_convs": [[]],
        "paired_convs": [
            {"round": 1, "prompt": "q", "response_1": "x", "response_2": "y"},
        ],
        "local_overall_preference": [{"text_quality": 2, "context_coherence": None}],
        "picture": [Image.new("RGB", (4, 3))],
    }
    file = tmp_path / "x.parquet"
    datasets.Dataset.from_dict(columns).cast_column("picture", datasets.Image()).to_parquet(file)
    (row,) = load(file, "intermt-bench")
    assert isinstance(row, LabelRow)
    assert row.choices == (SideChoice("text_quality", "b"),)
    assert row.raw is not None
    assert json.loads(row.raw)["picture"].startswith("data:;base64,iVBOR")


CONFIG = """
<View>
  <Text name="prompt" value="$prompt"/>
  <Pairwise name="pref" toName="left,right"/>
  <Choices name="quality" toName="prompt"><Choice value="0"/><Choice value="3"/></Choices>
  <TextArea name="why" toName="prompt"/>
</View>
"""


@pytest.mark.parametrize("form", ["JSON", "JSON_MIN", "CSV", "TSV"])
def test_label_studio_converted(form: str, tmp_path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        converter = pytest.importorskip(
            "label_studio_sdk.converter", reason="label-studio-sdk is not installed"
        )

        def result(name: str, kind: str, value: Any) -> dict[str, Any]:
            return {
                "id": name,
                "from_name": name,
                "to_name": "prompt",
                "type": kind,
                "value": {"text" if kind == "textarea" else kind: value},
            }

        def annotation(n: int, cancelled: bool = False) -> dict[str, Any]:
            return {
                "id": n,
                "completed_by": n,
                "was_cancelled": cancelled,
                "lead_time": 4.5,
                "created_at": "2026-03-01T14:30:00Z",
                "updated_at": "2026-03-01T14:31:00Z",
                "result": [
                    result("quality", "choices", ["0"]),
                    result("why", "textarea", ["it lies", "twice"]),
                ],
            }

        data = {"prompt": "q", "text_a": "x"}
        task = {"id": 7, "data": data, "annotations": [annotation(1), annotation(2, True)]}
        given = tmp_path / "in.json"
        given.write_text(json.dumps([task]))
        out = tmp_path / "out"
        made = converter.Converter(CONFIG, str(tmp_path), download_resources=False)
        made.convert(str(given), str(out), form, is_dir=False)
    (file,) = [p for p in (out.rglob("*") if out.is_dir() else [out]) if p.is_file()]
    columns = {"prompt": "prompt", "text": "text_a", "score.L4": "quality", "rationale": "why"}
    found = load(file, "label-studio", ReadOptions(columns))
    assert not any(isinstance(row, RowProblem) for row in found)
    (row,) = labels(found).values()
    assert row.rater == "1"
    assert row.scores == (SideScore("a", "text_quality", 0),)
    assert [t.text for t in row.texts] == ["it lies", "twice"]
    assert row.seconds == 4.5
    assert skipped(found) == (["cancelled"] if form == "JSON" else [])
