"""Records of critiques and refinements: the documentation, and what does not fit."""

from __future__ import annotations

import io
import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from intermt.formats.writing.comments import (
    FORMATS,
    NAMES,
    CommentFormat,
    CommentRecord,
    captioned,
    find,
    misfits,
)
from tests.formats.pair_samples import assistant, gone, user
from tests.formats.picture_samples import PATH, PICTURES, SHA, shown

DOCS = Path(__file__).parents[2] / "docs" / "pair_formats.md"
RECORD = CommentRecord(
    record_id="0" * 32,
    kind="critique",
    level="local",
    dimension=None,
    seed_id="1" * 32,
    turn=1,
    target_id="2" * 32,
    rater="3" * 32,
    prompt=(
        user("Make it night.", shown(0)),
        assistant(shown(1), "It is night."),
        user("Critique the last answer."),
    ),
    completion="The lamp is still dark.",
    split=None,
    simulated=False,
    synthetic=False,
)
IN_TEXT = replace(
    RECORD,
    prompt=(user("Make it night."), assistant("It is night."), RECORD.prompt[-1]),
)


def written(format_: CommentFormat, record: CommentRecord) -> str:
    sink = io.BytesIO()
    writer = format_.writer(sink, PICTURES)
    writer.write(record)
    writer.close()
    return sink.getvalue().decode()


@pytest.mark.parametrize("place", range(len(NAMES)), ids=NAMES)
def test_the_record_in_the_documentation_is_what_is_written(tmp_path: Path, place: int) -> None:
    _, section = DOCS.read_text().split("\n## Critiques and refinements\n")
    documented = re.findall(r"^```json\n(.*?)^```", section, re.M | re.S)[place]
    line = written(FORMATS[place], IN_TEXT if NAMES[place] == "trl-sft" else RECORD)
    for n, sha256 in enumerate(SHA):
        line = line.replace(sha256, str(n))
    row, told = json.loads(line), json.loads(documented)
    assert told == row
    assert list(told) == list(row)
    file = tmp_path / "data.jsonl"
    file.write_text(written(FORMATS[place], IN_TEXT))
    assert FORMATS[place].check(file, PICTURES) == (1, [])


def test_what_does_not_fit_says_why_and_fits_in_words() -> None:
    lost = replace(RECORD, prompt=(user("Look:", gone("<Image, a cat>")), *RECORD.prompt[1:]))
    chat = replace(RECORD, prompt=(assistant("I begin."), *RECORD.prompt[1:]))
    swift, trl, lines = find("ms-swift", "critique"), find("trl-sft", "critique"), FORMATS[0]
    assert misfits(RECORD, swift, PATH.get) == []
    assert misfits(lost, swift, PATH.get) == ["a missing picture"]
    assert misfits(RECORD, trl, PATH.get) == ["pictures in prompts"]
    assert misfits(chat, trl, PATH.get)[-1].endswith("do not take turns")
    assert misfits(chat, lines, PATH.get) == misfits(lost, lines, PATH.get) == []
    for format_ in (swift, trl):
        worded = captioned(lost, format_, PATH.get)
        assert misfits(worded, format_, PATH.get) == []
        assert "[picture: a cat]" in written(format_, worded)
    # A message whose pictures are all there keeps them.
    assert captioned(lost, swift, PATH.get).prompt[1] == lost.prompt[1]
    assert misfits(captioned(chat, trl, PATH.get), trl, PATH.get)
