from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intermt.formats.reading.rows import PairPicture, PairRow
from intermt.formats.writing.pair_lines import PairLines
from intermt.formats.writing.pairs import PairRecord, PairWriter, Pictures
from intermt.records import ImagePart, Message, TextPart
from tests.formats.reading_files import load

SHA = "ab" * 32
GONE = "cd" * 32
ID = {name: f"{n:032x}" for n, name in enumerate(("pair", "seed", "chosen", "rejected"))}


def record(**more):
    return PairRecord(
        **{
            "pair_id": ID["pair"],
            "level": "local",
            "mode": "prefix",
            "dimension": "overall",
            "seed_id": ID["seed"],
            "turn": 1,
            "prefix": (message("user", TextPart("Why?")),),
            "chosen": (message("assistant", TextPart("Because.")),),
            "rejected": (message("assistant", TextPart("No.")),),
            "chosen_id": ID["chosen"],
            "rejected_id": ID["rejected"],
            "agreement": 2 / 3,
            "n_annotators": 3,
            "n_chosen": 2,
            "n_rejected": 0,
            "n_tie": 1,
            "margin": None,
            "verified": None,
            "split": None,
            "simulated": False,
            "synthetic": False,
            "strength": 2 / 3,
            **more,
        }
    )


def message(role, *parts):
    return Message(role, parts)


def path_of(sha256):
    return {SHA: "/store/images/ab/a.png"}.get(sha256)


def no_bytes(sha256):
    raise KeyError(sha256)


def written(*records) -> bytes:
    sink = io.BytesIO()
    writer: PairWriter = PairLines(sink, Pictures(path_of, no_bytes))
    for one in records:
        writer.write(one)
    return sink.getvalue()


def parts(part) -> list[dict]:
    line = json.loads(written(record(chosen=(message("assistant", part),))))
    return line["chosen"][0]["content"]


def read_back(folder: Path, content: bytes) -> list[PairRow]:
    file = folder / "p.jsonl"
    file.write_bytes(content)
    rows = load(file)
    assert all(isinstance(row, PairRow) for row in rows), rows
    return rows


def test_a_pair_is_one_line_with_its_keys_in_order():
    (line,) = written(record(margin=-0.5, verified=True, split="train", turn=None)).splitlines()
    assert line.startswith(b'{"pair_id":"')
    found = json.loads(line)
    assert found["n_votes"] == {"chosen": 2, "rejected": 0, "tie": 1}
    assert (found["turn"], found["margin"], found["verified"]) == (None, -0.5, True)
    assert list(found)[-7:] == [
        "split",
        "simulated",
        "synthetic",
        "strength",
        "feedback",
        "n_stated",
        "tie",
    ]


def test_a_picture_has_path_and_hash_and_its_tag_is_not_repeated():
    assert parts(ImagePart(SHA, "lamp.png", "<Image, a lamp>", None, SHA)) == [
        {"type": "image", "path": "/store/images/ab/a.png", "sha256": SHA}
    ]


@pytest.mark.parametrize(
    ("part", "path", "missing"),
    [
        (ImagePart(None, "a.png", None, "not found", "k"), "a.png", "not found"),
        (ImagePart(None, None, "<Image, a cat>", "refused", "k"), "<Image, a cat>", "refused"),
        (ImagePart(None, " ", None, None, "k"), "a picture without a name", "not found"),
        (ImagePart(GONE, "b.png", None, None, "k"), "b.png", "its file is not in the store"),
    ],
)
def test_a_missing_picture_says_why_and_can_be_read_back(tmp_path, part, path, missing):
    assert parts(part) == [{"type": "image", "path": path, "sha256": None, "missing": missing}]
    (row,) = read_back(tmp_path, written(record(chosen=(message("assistant", part),))))
    assert row.chosen[0].content == (PairPicture(path, None),)


texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
contents = st.lists(
    st.one_of(
        texts.map(TextPart),
        st.just(ImagePart(SHA, "x", "<Image, x>", None, SHA)),
        st.just(ImagePart(None, "gone.png", None, "not found", "k")),
    ),
    max_size=4,
)


@given(
    st.lists(st.tuples(contents, contents), min_size=1, max_size=3),
    st.tuples(st.integers(1, 50), st.integers(0, 50), st.integers(0, 50)),
    st.one_of(st.none(), st.floats(-4, 4)),
    st.one_of(st.none(), st.booleans()),
    st.tuples(st.booleans(), st.booleans()),
)
def test_reading_gives_back_what_was_written(tmp_path_factory, sides, votes, margin, verified, of):
    n_chosen, n_rejected, n_tie = votes
    records = [
        record(
            chosen=(message("assistant", *chosen),),
            rejected=(message("assistant", *rejected),),
            n_chosen=n_chosen,
            n_rejected=n_rejected,
            n_tie=n_tie,
            n_annotators=sum(votes),
            agreement=n_chosen / sum(votes),
            margin=margin,
            verified=verified,
            simulated=of[0],
            synthetic=of[1],
        )
        for chosen, rejected in sides
    ]
    rows = read_back(tmp_path_factory.mktemp("back"), written(*records))
    assert len(rows) == len(records)
    for row, one in zip(rows, records, strict=True):
        for side in ("prefix", "chosen", "rejected"):
            assert [(m.role, m.content) for m in getattr(row, side)] == [
                (m.role, tuple(expected(part) for part in m.parts)) for m in getattr(one, side)
            ]
        assert (row.n_votes.chosen, row.n_votes.rejected, row.n_votes.tie) == votes
        assert (row.agreement, row.margin, row.verified) == (one.agreement, margin, verified)
        assert (row.pair_id, row.chosen_id, row.rejected_id) == (
            one.pair_id,
            one.chosen_id,
            one.rejected_id,
        )
        assert (row.simulated, row.synthetic) == of


def expected(part):
    if isinstance(part, TextPart):
        return part.text
    return PairPicture(path_of(SHA), SHA) if part.sha256 else PairPicture(part.name, None)
