from __future__ import annotations

from pathlib import Path

import pytest

from intermt.formats.writing import llama_factory, ms_swift, trl_dpo
from intermt.formats.writing.picture_rows import blocks, escaped, with_placeholders
from tests.formats.pair_samples import assistant, gone, sample, user
from tests.formats.picture_samples import (
    PICTURES,
    in_history,
    own_pictures,
    shown,
    write,
    written,
)


def test_a_picture_stands_where_its_tag_stood() -> None:
    said = with_placeholders([user("See ", shown(0), " and ", shown(1), "."), assistant("Yes.")])
    assert said == [("user", "See <image> and <image>."), ("assistant", "Yes.")]
    assert blocks(user("See ", shown(0))) == [
        {"type": "text", "text": "See "},
        {"type": "image", "text": None},
    ]


def test_a_literal_placeholder_is_escaped_even_across_parts() -> None:
    ((_, text),) = with_placeholders([user("<ima", "ge> <video>", shown(0), "<audio><Image>")])
    assert text == "< image> < video><image>< audio><Image>"


def test_escaping_leaves_what_nobody_counts() -> None:
    text = "< image> <im age> <IMAGE> <Image, a cat> <|image|>"
    assert escaped(text) == text


@pytest.mark.parametrize("format_", [ms_swift.FORMAT, llama_factory.FORMAT, trl_dpo.FORMAT])
def test_a_missing_picture_is_an_error_of_the_program(format_: object) -> None:
    pair = sample(prefix=(user(gone(), "Why?"),))
    with pytest.raises(ValueError, match="missing"):
        written(format_, pair)  # type: ignore[arg-type]


def test_lists_that_come_late_are_found(tmp_path: Path) -> None:
    long = sample(chosen=(assistant("x" * 1_000_000),))
    early = [in_history(), *[long] * 12, own_pictures()]
    write(ms_swift.FORMAT, tmp_path / "early.jsonl", *early)
    late = tmp_path / "late.jsonl"
    late.write_bytes(written(ms_swift.FORMAT, *[long] * 12, own_pictures()))
    n_rows, faults = ms_swift.FORMAT.check(late, PICTURES)
    assert n_rows == 13
    assert [fault.partition(" has ")[0] for fault in faults] == [
        "row 13: images",
        "row 13: rejected_images",
    ]


def test_ms_swift_wants_a_picture_among_its_first_rows(tmp_path: Path) -> None:
    write(ms_swift.FORMAT, tmp_path / "early.jsonl", *[sample()] * 999, own_pictures())
    late = tmp_path / "late.jsonl"
    late.write_bytes(written(ms_swift.FORMAT, *[sample()] * 1000, own_pictures()))
    _, faults = ms_swift.FORMAT.check(late, PICTURES)
    assert [fault.partition(" has ")[0] for fault in faults] == [
        "row 1001: images",
        "row 1001: rejected_images",
    ]
    write(llama_factory.FORMAT, tmp_path / "other.jsonl", *[sample()] * 1000, in_history())


def test_a_file_without_any_pictures_is_no_fault(tmp_path: Path) -> None:
    long = sample(chosen=(assistant("x" * 1_000_000),))
    write(ms_swift.FORMAT, tmp_path / "plain.jsonl", *[long] * 12)
