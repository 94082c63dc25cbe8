from __future__ import annotations

import csv
import io
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intermt.dimensions import BY_KEY, DIMENSIONS
from intermt.errors import InputError
from intermt.formats.reading import vote_table
from intermt.formats.reading.rows import (
    AnswerId,
    AnswerPlace,
    LabelRow,
    Row,
    RowProblem,
    SideChoice,
    SideScore,
    SideText,
)
from tests.formats.reading_files import kind_of, load, only_problem

A, B = "a" * 32, "b" * 32
ROW = {"rater": "anna", "answer_a": A, "answer_b": B, "choice": "A"}
PLACED = {**ROW, "seed": "q-1", "answer_a": "1a.1a", "answer_b": "1a.1b"}


def vote(
    *,
    dimension: str,
    choice: Any = None,
    score_a: int | None = None,
    score_b: int | None = None,
    rationale: str | None = None,
    **more: Any,
) -> LabelRow:
    """A label row of one choice, as one row of the table has it."""
    own = None if dimension == "overall" else dimension
    scores = (("a", score_a), ("b", score_b))
    given: dict[str, Any] = {"role": "annotator", "kind": "human", "level": "local", **more}
    return LabelRow(
        **given,
        scores=tuple(SideScore(s, dimension, v) for s, v in scores if v is not None),  # type: ignore[arg-type]
        choices=() if choice is None else (SideChoice(dimension, choice),),
        texts=() if rationale is None else (SideText(None, "rationale", own, rationale),),
    )


def said(row: Row | RowProblem) -> tuple[Any, ...]:
    """Choice and scores of a row about one dimension."""
    assert isinstance(row, LabelRow), row
    scores = {s.side: s.value for s in row.scores}
    choice = row.choices[0].choice if row.choices else None
    return choice, scores.get("a"), scores.get("b")


def table(tmp_path: Path, *rows: dict[str, str], name: str = "votes.csv", **form: Any) -> Path:
    out = io.StringIO()
    columns = list(dict.fromkeys(column for row in rows for column in row))
    writer = csv.DictWriter(out, columns, restval="", **form)
    writer.writeheader()
    writer.writerows(rows)
    file = tmp_path / name
    file.write_bytes(out.getvalue().encode())
    return file


def one(tmp_path: Path, **cells: str) -> LabelRow:
    (row,) = load(table(tmp_path, ROW | cells), "csv")
    assert isinstance(row, LabelRow), row
    return row


def test_a_short_row_takes_the_defaults(tmp_path: Path) -> None:
    row = one(tmp_path)
    assert row == vote(
        where=f"{tmp_path}/votes.csv:2",
        task_key=row.task_key,
        rater="anna",
        role="annotator",
        kind="human",
        level="local",
        dimension="overall",
        a=AnswerId(A),
        b=AnswerId(B),
        choice="a",
    )


def test_a_full_row_comes_as_written(tmp_path: Path) -> None:
    cells = {
        **PLACED,
        "role": "Verifier",
        "kind": "synthetic",
        "level": "local",
        "dimension": "Text Quality",
        "choice": "TIE",
        "score_a": "0",
        "score_b": "3.0",
        "shown_first": "b",
        "rated_at": "2026-03-01T14:30:00+02:00",
        "rationale": ' "A, B"; \r\n second line ',
        "task": "t-9",
    }
    (row,) = load(table(tmp_path, cells))
    assert row == vote(
        where=f"{tmp_path}/votes.csv:2",
        task_key="t-9",
        rater="anna",
        role="verifier",
        kind="synthetic",
        level="local",
        dimension="text_quality",
        a=AnswerPlace("q-1", "1a.1a"),
        b=AnswerPlace("q-1", "1a.1b"),
        choice="tie",
        shown_first="b",
        rated_at=datetime(2026, 3, 1, 12, 30),
        score_a=0,
        score_b=3,
        rationale=' "A, B"; \r\n second line ',
    )


def test_remarks_on_either_answer_are_kept_as_written(tmp_path):
    cells = {
        **{"rater": "anna", "seed": "q-1", "answer_a": "1a", "answer_b": "1b", "choice": "A"},
        **{"dimension": "L4", "critique_a": " Too long.\n", "refinement_b": "Say  why."},
    }
    (row,) = load(table(tmp_path, cells))
    assert isinstance(row, LabelRow)
    assert row.texts == (
        SideText("a", "critique", "text_quality", " Too long.\n"),
        SideText("b", "refinement", "text_quality", "Say  why."),
    )


WORDS = st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1).map(str.strip)
NAMES = WORDS.filter(bool)
# The writer leaves a lone carriage return unquoted, so none is asked of it.
TEXTS = st.lists(st.sampled_from(['"', ",", ";", "\t", "\n", "\r\n", "x", "ä", " "])).map("".join)

REMARKS: dict[str, tuple[Any, Any]] = {
    f"{kind}_{side}": (side, kind) for kind in ("critique", "refinement") for side in "ab"
}


@st.composite
def votes(draw: st.DrawFn) -> tuple[dict[str, str], LabelRow]:
    """A row of cells, and what it means."""
    dimension = draw(st.sampled_from(["overall", *BY_KEY]))
    scored = dimension != "overall" and draw(st.booleans())
    scores = st.integers(0, 3) if scored else st.none()
    score_a, score_b = draw(scores), draw(scores)
    choice = draw(st.sampled_from(["a", "b", "tie"]))
    written = st.sampled_from(["", " "]) | TEXTS.filter(str.strip)
    remarks = {column: draw(written) for column in (*REMARKS, "rationale")}
    own = None if dimension == "overall" else dimension
    row = vote(
        where="",
        task_key=draw(NAMES),
        rater=draw(NAMES),
        role=draw(st.sampled_from(["annotator", "verifier"])),
        kind=draw(st.sampled_from(["human", "synthetic"])),
        level="local" if dimension == "overall" else BY_KEY[dimension].level,
        dimension=dimension,
        a=AnswerPlace("q", "1a"),
        b=AnswerPlace("q", "1b"),
        choice=choice,
        shown_first=draw(st.sampled_from(["a", "b", None])),
        rated_at=draw(st.none() | st.datetimes()),
        score_a=score_a,
        score_b=score_b,
    )
    row = replace(
        row,
        texts=tuple(
            SideText(*REMARKS.get(column, (None, "rationale")), own, words)
            for column, words in remarks.items()
            if words.strip()
        ),
    )
    cells = {
        "task": row.task_key,
        "rater": row.rater,
        "role": row.role,
        "kind": row.kind,
        "level": row.level,
        "dimension": dimension,
        "seed": "q",
        "answer_a": "1a",
        "answer_b": "1b",
        "choice": choice,
        "shown_first": row.shown_first or "",
        "rated_at": row.rated_at.isoformat() if row.rated_at else "",
        "score_a": "" if score_a is None else str(score_a),
        "score_b": "" if score_b is None else str(score_b),
        **remarks,
    }
    return cells, row


@given(
    st.lists(votes(), min_size=1, max_size=5),
    st.sampled_from([",", "\t", ";"]),
    st.sampled_from(["\n", "\r\n"]),
    st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    st.permutations(list(vote_table.COLUMNS)),
)
def test_what_is_written_is_read_back(
    tmp_path_factory: pytest.TempPathFactory,
    rows: list[tuple[dict[str, str], LabelRow]],
    delimiter: str,
    line_end: str,
    quoting: Any,
    order: list[str],
) -> None:
    file = table(
        tmp_path_factory.mktemp("t"),
        *[{column: cells[column] for column in order} for cells, _ in rows],
        delimiter=delimiter,
        lineterminator=line_end,
        quoting=quoting,
    )
    assert kind_of(file) == "csv"
    read = load(file)
    problems = [row.message for row in read if isinstance(row, RowProblem)]
    assert problems == []
    # Texts come in the order of the columns.
    assert [replace(row, where="", texts=frozenset(row.texts)) for row in read] == [
        replace(row, texts=frozenset(row.texts)) for _, row in rows
    ]


@pytest.mark.parametrize(
    ("cell", "choice"),
    [
        *(("A", "a"), ("b", "b"), ("Tie", "tie"), ("1", "a"), ("2", "b"), ("0", "tie")),
        *(("left", "a"), ("RIGHT", "b"), (" a ", "a")),
    ],
)
def test_a_choice_has_several_spellings(tmp_path: Path, cell: str, choice: str) -> None:
    assert said(one(tmp_path, choice=cell))[0] == choice


@pytest.mark.parametrize("d", DIMENSIONS, ids=lambda d: d.id)
def test_a_dimension_may_be_named_by_key_id_or_alias_and_gives_the_level(
    tmp_path: Path, d: Any
) -> None:
    for name in (d.key, d.id.lower(), *d.aliases):
        row = one(tmp_path, dimension=name)
        assert (row.choices[0].dimension, row.level) == (d.key, d.level)
    assert one(tmp_path, dimension="overall", level="global").level == "global"


def test_two_scores_may_stand_for_a_choice(tmp_path: Path) -> None:
    row = one(tmp_path, choice="", dimension="L4", score_a="0", score_b="2")
    assert said(row) == (None, 0, 2)
    file = tmp_path / "no_choice.csv"
    file.write_text(f"rater,answer_a,answer_b,dimension,score_a,score_b\nr,{A},{B},L4,0,0\n")
    (row,) = load(file)  # type: ignore[assignment]
    assert said(row) == (None, 0, 0)


def test_minus_one_is_a_score_of_style_coherence_alone(tmp_path: Path) -> None:
    assert said(one(tmp_path, dimension="G5", score_a="-1"))[1] == -1
    problem = only_problem(load(table(tmp_path, {**ROW, "dimension": "G4", "score_a": "-1"})))
    assert problem.field == "score_a"


@pytest.mark.parametrize(
    ("cell", "time"),
    [
        ("2026-03-01T14:30:00Z", datetime(2026, 3, 1, 14, 30)),
        ("2026-03-01 14:30", datetime(2026, 3, 1, 14, 30)),
        ("2026-03-01T00:30:00-01:30", datetime(2026, 3, 1, 2, 0)),
        ("", None),
    ],
)
def test_times_are_naive_utc(tmp_path: Path, cell: str, time: datetime | None) -> None:
    assert one(tmp_path, rated_at=cell).rated_at == time


@pytest.mark.parametrize(
    ("cells", "field", "expected"),
    [
        ({"rater": " "}, "rater", "a value"),
        ({"choice": ""}, "choice", "A, B or tie"),
        ({"choice": "C"}, "choice", "A, B or tie"),
        ({"choice": "", "dimension": "L4", "score_a": "2"}, "choice", "A, B or tie"),
        ({"role": "boss"}, "role", "annotator, verifier"),
        ({"kind": "model"}, "kind", "human, synthetic"),
        ({"level": "both"}, "level", "local, global"),
        ({"level": "global", "dimension": "L4"}, "level", "local"),
        ({"dimension": "text_qualty"}, "dimension", "did you mean text_quality?"),
        ({"answer_a": "1a"}, "answer_a", "32 hex digits"),
        ({"answer_a": B}, "answer_b", "another answer"),
        ({"seed": "q"}, "answer_a", "as in 1a"),
        ({"seed": "q", "answer_a": "1"}, "answer_a", "as in 1a"),
        ({"seed": "q", "answer_a": "1a.1"}, "answer_a", "as in 1a"),
        ({"seed": "q", "answer_a": "2a"}, "answer_a", "as in 1a"),
        ({"score_a": "2"}, "score_a", "nine dimensions"),
        ({"dimension": "L4", "score_b": "4"}, "score_b", "0 to 3"),
        ({"dimension": "L4", "score_b": "high"}, "score_b", "0 to 3"),
        ({"shown_first": "tie"}, "shown_first", "A or B"),
        ({"rated_at": "yesterday"}, "rated_at", "2026-"),
        ({"rated_at": "0001-01-01T00:00:00+14:00"}, "rated_at", "2026-"),
        ({"rationale": "a\0b"}, "rationale", "NUL"),
    ],
)
def test_a_cell_that_cannot_be_used_is_named(
    tmp_path: Path, cells: dict[str, str], field: str, expected: str
) -> None:
    file = table(tmp_path, ROW, ROW | cells, ROW)
    rows = load(file)
    assert [isinstance(row, RowProblem) for row in rows] == [False, True, False]
    problem = only_problem(rows[1:2])
    assert (problem.where, problem.field) == (f"{file}:3", field)
    assert expected in problem.expected
    assert problem.message.isprintable()


@pytest.mark.parametrize(
    ("header", "said"),
    [
        ("rater,answer_a,answer_b,chioce", "chioce (did you mean choice?)"),
        ("rater,answer_a,answer_b,choice,zzz,", "zzz, ''"),
        ("answer_a,answer_b,choice", "missing columns: rater"),
        ("rater,answer_a,answer_b", "missing columns: choice"),
        ("rater,a,answer_a,b,vote", "several columns for answer_a"),
        ("rater|answer_a|choice", "unknown columns"),
        ("", "missing columns: rater, answer_a, answer_b, choice"),
        ("rater,answer_a,answer_b,choice\rx,1,2,A\r", "carriage returns"),
    ],
)
def test_a_header_that_cannot_be_used_says_why(tmp_path: Path, header: str, said: str) -> None:
    file = tmp_path / "x.csv"
    file.write_text(header, newline="")
    with pytest.raises(InputError) as caught:
        load(file, "csv")
    assert said in caught.value.what
    assert caught.value.where == f"{file}:1"


def test_other_spellings_of_columns(tmp_path: Path) -> None:
    file = tmp_path / "x.csv"
    file.write_text(f'\n Worker-ID ;"Response A";B; PREFERENCE\nr;{A.upper()};{B};B\n')
    (row,) = load(file)
    assert isinstance(row, LabelRow)
    assert (row.where, row.rater, row.a, said(row)[0]) == (f"{file}:3", "r", AnswerId(A), "b")


def test_blank_rows_are_passed_over_and_lines_counted_as_an_editor_does(tmp_path: Path) -> None:
    file = tmp_path / "x.csv"
    row = f"r,{A},{B},A,"
    file.write_text(
        f'rater,answer_a,answer_b,choice,rationale\n{row}"two\nlines"\n\n,,,,\n{row}x\n{row}'
    )
    assert [r.where for r in load(file)] == [f"{file}:{n}" for n in (2, 6, 7)]


@pytest.mark.parametrize(
    "bad", [b"r,x", b'r,"x"y,b,A', b"r,x\ry,b,A", b"r,a,b,A,extra", b"caf\xe9,a,b,A"]
)
def test_a_row_that_is_no_csv_costs_only_itself(tmp_path: Path, bad: bytes) -> None:
    file = tmp_path / "x.csv"
    good = f"r,{A},{B},A\n".encode()
    file.write_bytes(b"rater,answer_a,answer_b,choice\n" + good + bad + b"\n" + good)
    rows = load(file)
    assert [isinstance(row, RowProblem) for row in rows] == [False, True, False]
    assert rows[1].where == f"{file}:3"


def test_a_quote_that_is_never_closed_is_an_input_error(tmp_path: Path) -> None:
    file = tmp_path / "x.csv"
    good = f"r,{A},{B},A\n"
    file.write_text(f'rater,answer_a,answer_b,choice\n{good}r,"{A},{B},A\n{good * 3}')
    with pytest.raises(InputError, match="not closed") as caught:
        load(file)
    assert caught.value.where == f"{file}:3"


def test_a_cell_of_ten_megabytes_is_read_whole(tmp_path: Path) -> None:
    text = 'a "long" story,\n' * 650_000
    assert one(tmp_path, rationale=text).texts[0].text == text


def test_task_names_hang_on_what_a_row_says(tmp_path: Path) -> None:
    other = {**ROW, "rater": "bob"}
    first = load(table(tmp_path, ROW, other))
    keys = {row.rater: row.task_key for row in first if isinstance(row, LabelRow)}
    assert len(set(keys.values())) == 2
    rearranged = {"kind": "", **dict(reversed(ROW.items()))}
    moved = load(
        table(tmp_path, other, rearranged, delimiter=";", lineterminator="\n", name="votes.tsv")
    )
    assert {row.rater: row.task_key for row in moved if isinstance(row, LabelRow)} == keys
    assert all(key.startswith("row:") for key in keys.values())
