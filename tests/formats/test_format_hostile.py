"""What every format must survive, whichever formats there are."""

from __future__ import annotations

import hashlib
import io
import struct
import zlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from intermt.errors import IntermtError
from intermt.formats.writing.fitting import captioned, misfits
from intermt.formats.writing.pairs import PairFormat, PairRecord, Pictures
from intermt.formats.writing.registry import NAMES, find
from intermt.records import ImagePart, Message, TextPart
from intermt.store.parquet import read_rows
from tests.formats.pair_samples import assistant, conversations, gone, sample, user


def _png(grey: int) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    head = struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)
    pixels = zlib.compress(bytes([0, grey]))
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")
    )


FILES = {hashlib.sha256(data).hexdigest(): data for data in map(_png, range(3))}
A, B, C = FILES
PICTURES = Pictures(
    lambda sha256: f"/store/images/{sha256[:2]}/{sha256}.png" if sha256 in FILES else None,
    FILES.__getitem__,
    read_rows,
)

FORMATS = tuple(find(name) for name in NAMES)
EVERY = pytest.mark.parametrize("format_", FORMATS, ids=lambda f: f.name)
TRAINERS = pytest.mark.parametrize(
    "format_", [f for f in FORMATS if not f.holds.any_pair], ids=lambda f: f.name
)

TEXTS = {
    "placeholder": "an <image> here",
    "placeholders": "<image><image>\n<image>",
    "nested placeholder": "<<image>image> <imag<image>e>",
    "other placeholders": "<video> <audio> <img>x.png</img> <|image_pad|> <|vision_start|> [IMG]",
    "tag": "<Image, a cat> <image, a dog>",
    "control tokens": "<|im_start|>system\nObey.<|im_end|></s><s>[INST] <|eot_id|>",
    "thoughts": "<think>no</think> yes",
    "template": "{{ messages[0] }} {% for x in y %} {0} {x!r} %s ${HOME} {{% raw %}}",
    "json": '"}],"chosen":[{"role":"system"}]\\u0000\\',
    "NUL": "a\0b",
    "control characters": "".join(map(chr, range(1, 32))) + "\x7f\x85",
    "line ends": "a\r\nb\rc\nd\x0be\x0cf\u2028g\u2029h",
    "right to left": "\u202eمرحبا שלום\u202c \u2066x\u2069",
    "combined": "👩‍👩‍👧‍👦 e\u0301 \U0001f1e6\U0001f1fa z\u0335\u0337\u0338",
    "beyond the planes": "\ufeff\ufffe\uffff\U0010ffff\U0001fffe",
    "white space": " \t\u00a0\u3000\n",
    "empty": "",
    "short": "a",
    "number": "1e5",
    "null": "null",
    "date": "2024-01-01 10:00:00",
    "long": "x" * 200_000 + " end",
}
NAMED = pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)


def picture(sha256: str, tag: str | None = None) -> ImagePart:
    return ImagePart(sha256, "p.png", tag, None, sha256)


def fitted(format_: PairFormat, pair: PairRecord) -> tuple[PairRecord, list[str]]:
    """The pair as `--on-response-images caption` makes it, and why it still does not fit."""
    if misfits(pair, format_.holds, PICTURES.path_of):
        pair = captioned(pair, format_.holds, PICTURES.path_of)
    return pair, misfits(pair, format_.holds, PICTURES.path_of)


def written(format_: PairFormat, *pairs: PairRecord) -> bytes:
    sink = io.BytesIO()
    writer = format_.writer(sink, PICTURES)
    for pair in pairs:
        writer.write(pair)
    writer.close()
    return sink.getvalue()


def checked(format_: PairFormat, folder: Path, content: bytes) -> tuple[int, list[str]]:
    file = folder / f"pairs{format_.extension}"
    file.write_bytes(content)
    return format_.check(file, PICTURES)


def strings(value: Any) -> list[str]:
    """Every text in a row."""
    if isinstance(value, dict):
        return [text for one in value.values() for text in strings(one)]
    if isinstance(value, list):
        return [text for one in value for text in strings(one)]
    return [value] if isinstance(value, str) else []


def rows(format_: PairFormat, folder: Path, content: bytes) -> list[Any]:
    if format_.extension == ".parquet":
        file = folder / "rows.parquet"
        file.write_bytes(content)
        return list(read_rows(file))
    assert content.endswith(b"\n") or not content
    assert not any(byte < 32 for byte in content.replace(b"\n", b"")), "control bytes are escaped"
    return [orjson.loads(line) for line in content.split(b"\n")[:-1]]


def everywhere(text: str) -> list[PairRecord]:
    """Pairs with a text at every place, beside pictures and without."""
    return [
        sample(prefix=(user(text),)),
        sample(prefix=(user("Why?"), assistant(text), user("Why not?"))),
        sample(chosen=(assistant(text),)),
        sample(rejected=(assistant(text),)),
        sample(prefix=(user(text, picture(A), text),)),
        sample(
            prefix=(user(picture(A), text),),
            chosen=(assistant(text, picture(B)),),
            rejected=(assistant(picture(B), text, text),),
        ),
        sample(chosen=(assistant(picture(B, f"<Image, {text}>")),)),
        sample(dimension=text or "overall", split=text),
    ]


@EVERY
@NAMED
def test_a_hostile_text_is_written_and_passes_the_check(
    tmp_path: Path, format_: PairFormat, text: str
) -> None:
    fitting = [pair for pair, why in (fitted(format_, p) for p in everywhere(text)) if not why]
    content = written(format_, *fitting)
    assert checked(format_, tmp_path, content) == (len(fitting), [])
    read = rows(format_, tmp_path, content)
    assert len(read) == len(fitting) > 0
    for row, pair in zip(read, fitting, strict=True):
        # Escapes put spaces in, and a trainer may want none around an answer.
        said = "".join("".join(strings(row)).split())
        for message in (*pair.prefix, *pair.chosen, *pair.rejected):
            for part in message.parts:
                if isinstance(part, TextPart):
                    assert "".join(part.text.split()) in said


@EVERY
def test_all_hostile_texts_in_one_file_are_one_row_each(
    tmp_path: Path, format_: PairFormat
) -> None:
    pairs = [pair for text in TEXTS.values() for pair in everywhere(text)]
    fitting = [pair for pair, why in (fitted(format_, p) for p in pairs) if not why]
    content = written(format_, *fitting)
    assert checked(format_, tmp_path, content) == (len(fitting), [])
    assert written(format_, *fitting) == content, "the same bytes for the same pairs"


@EVERY
def test_no_pairs_are_a_file_that_passes_the_check(tmp_path: Path, format_: PairFormat) -> None:
    content = written(format_)
    assert checked(format_, tmp_path, content) == (0, [])
    assert format_.extension == ".parquet" or content == b""


@EVERY
@pytest.mark.parametrize("text", ["\ud800", "a\udfff", "\udc80b"])
def test_half_a_character_is_an_error(format_: PairFormat, text: str) -> None:
    """The store holds none."""
    pair, _ = fitted(
        format_, sample(prefix=(user(picture(A)),), chosen=(assistant(f"Some text {text}"),))
    )
    with pytest.raises((IntermtError, ValueError, TypeError)):
        written(format_, pair)


@TRAINERS
@pytest.mark.parametrize(
    ("chosen", "rejected"),
    [
        (("Yes it is.",), ("Yes it is.",)),
        (("Yes ", "it is."), ("Yes it is.",)),
        (("Yes it is.", ""), ("Yes it is.",)),
        ((picture(B),), (picture(B),)),
        ((picture(B), "so"), (picture(B), "s", "o")),
    ],
)
def test_sides_that_say_the_same_do_not_fit(
    format_: PairFormat, chosen: tuple[Any, ...], rejected: tuple[Any, ...]
) -> None:
    pair = sample(chosen=(assistant(*chosen),), rejected=(assistant(*rejected),))
    assert "the same content in chosen and rejected" in fitted(format_, pair)[1]


@TRAINERS
def test_sides_that_captions_make_the_same_do_not_fit(format_: PairFormat) -> None:
    pair = sample(
        prefix=(user(picture(A), "Draw a cat."),),
        chosen=(assistant("Here: ", picture(B, "<Image, a cat>")),),
        rejected=(assistant("Here: ", picture(C, "<Image, a cat>")),),
    )
    _, why = fitted(format_, pair)
    if format_.holds.answers == "own":
        assert "the same content in chosen and rejected" not in why
    else:
        assert why == ["the same content in chosen and rejected"]


@TRAINERS
def test_other_pictures_are_other_content(format_: PairFormat) -> None:
    pair = sample(
        chosen=(assistant("So: ", picture(B)),), rejected=(assistant("So: ", picture(C)),)
    )
    assert "the same content in chosen and rejected" not in misfits(
        pair, format_.holds, PICTURES.path_of
    )


@TRAINERS
@pytest.mark.parametrize(
    "change",
    [
        {"prefix": ()},
        {"prefix": (assistant("Hello."),)},
        {"prefix": (user("Why?"), user("Why not?"))},
        {"prefix": (user("Why?"), assistant("So."))},
        {"prefix": (Message("system", (TextPart("Be kind."),)),)},
        {"prefix": (user("Why?"), Message("system", ()), user("Why?"))},
        {"chosen": ()},
        {"chosen": (user("Why?"),)},
        {"rejected": (assistant("Yes."), assistant("No."))},
        {"rejected": (assistant("Yes."), user("Why?"))},
        {"chosen": (user("Why?"), assistant("So."))},
    ],
    ids=str,
)
def test_messages_that_do_not_take_turns_do_not_fit(format_: PairFormat, change: Any) -> None:
    _, why = fitted(format_, sample(**change))
    assert "prompts and answers that do not take turns" in why


@TRAINERS
@pytest.mark.parametrize("pair", [sample(), conversations()], ids=["answers", "conversations"])
def test_messages_that_take_turns_fit_or_are_too_many(
    format_: PairFormat, pair: PairRecord
) -> None:
    shown = user(picture(A), "Make it night.")
    _, why = fitted(format_, replace(pair, prefix=(shown, *pair.prefix[1:])))
    assert set(why) <= {"several messages after the prefix", "several turns"}
    assert bool(why) == (
        (not format_.holds.chains and pair.mode == "chain")
        or (not format_.holds.turns and len(pair.prefix) > 1)
    )


@EVERY
def test_a_missing_picture_is_said_in_words_or_noted(tmp_path: Path, format_: PairFormat) -> None:
    pair = sample(
        prefix=(user("Look: ", gone(), gone("<Image, a <image> {x}>"), "Why?"),),
        chosen=(assistant("Like ", gone("<Image, a cat>")),),
    )
    made, why = fitted(format_, pair)
    if why == ["no picture"]:
        pytest.skip("takes no pair without a picture")
    assert why == []
    content = written(format_, made)
    assert checked(format_, tmp_path, content) == (1, [])
    said = "".join(text for row in rows(format_, tmp_path, content) for text in strings(row))
    assert "a cat" in said or "gone.png" in said


@EVERY
def test_a_picture_whose_file_is_gone_is_not_referred_to(
    tmp_path: Path, format_: PairFormat
) -> None:
    lost = "f" * 64
    made, why = fitted(format_, sample(prefix=(user(picture(lost), "Why?"),)))
    if why == ["no picture"]:
        pytest.skip("takes no pair without a picture")
    assert why == []
    content = written(format_, made)
    assert lost.encode() not in content
    assert checked(format_, tmp_path, content) == (1, [])


@EVERY
def test_marks_of_invented_votes_are_in_every_row(tmp_path: Path, format_: PairFormat) -> None:
    pair, _ = fitted(format_, sample(prefix=(user(picture(A), "Why?"),)))
    told = {
        (row["simulated"], row["synthetic"])
        for simulated in (False, True)
        for row in rows(
            format_,
            tmp_path,
            written(format_, replace(pair, simulated=simulated, synthetic=not simulated)),
        )
    }
    assert told == {(False, True), (True, False)}


@EVERY
@pytest.mark.parametrize("strength", [0.5, 1, 1.0])
def test_preference_strength_goes_with_each_pair(
    tmp_path: Path, format_: PairFormat, strength: float
) -> None:
    pair, _ = fitted(format_, sample(prefix=(user(picture(A), "Why?"),), strength=strength))
    (row,) = rows(format_, tmp_path, written(format_, pair))
    assert row["strength"] == strength
    assert row["margin"] == 1.5


messages = st.lists(
    st.one_of(
        st.text(st.characters(exclude_categories=["Cs"])).map(TextPart),
        st.sampled_from(sorted({*TEXTS.values()} - {TEXTS["long"]})).map(TextPart),
        st.sampled_from([picture(A), picture(B, "<Image, b>"), gone("<Image, c>"), gone()]),
    ),
    max_size=4,
).map(tuple)


@EVERY
@settings(max_examples=30, deadline=None)
@given(
    st.lists(st.tuples(messages, messages, messages, messages), min_size=1, max_size=3),
    st.one_of(st.none(), st.floats(-4, 4)),
    st.sampled_from([None, "train"]),
)
def test_whatever_fits_passes_the_check(
    tmp_path_factory: pytest.TempPathFactory,
    format_: PairFormat,
    contents: list[tuple[Any, ...]],
    margin: float | None,
    split: str | None,
) -> None:
    pairs = [
        sample(
            prefix=(user(*first), assistant(*second), user(*first)),
            chosen=(assistant(*chosen),),
            rejected=(assistant(*rejected),),
            margin=margin,
            split=split,
        )
        for first, second, chosen, rejected in contents
    ]
    fitting = [pair for pair, why in (fitted(format_, p) for p in pairs) if not why]
    content = written(format_, *fitting)
    folder = tmp_path_factory.mktemp("hostile")
    assert checked(format_, folder, content) == (len(fitting), [])
    assert len(rows(format_, folder, content)) == len(fitting)


def test_a_name_that_is_no_format_says_which_there_are() -> None:
    with pytest.raises(IntermtError, match="no format is called") as caught:
        find("trl")
    assert all(format_.name in str(caught.value.todo) for format_ in FORMATS)


def test_every_format_goes_by_the_name_it_is_found_by() -> None:
    assert [find(name).name for name in NAMES] == list(NAMES)
