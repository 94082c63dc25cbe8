from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("matplotlib", reason="matplotlib is not installed: no plots")

from matplotlib import rc_context

from intermt.reporting import lettering
from intermt.reporting.lettering import OWN_FONT, families, labels, lacks, plain

CHINESE = "张三 李四 王五"


@pytest.fixture
def no_fonts(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A machine on which nothing but matplotlib's own font is installed."""
    monkeypatch.setattr(lettering, "_installed", lambda: ())
    lettering._fallbacks.cache_clear()
    with rc_context({"font.family": [OWN_FONT]}):
        yield
    lettering._fallbacks.cache_clear()


def test_latin_needs_no_other_font():
    assert families("agreement of raters, µ ± 1, α → β, Łódź") == (OWN_FONT,)


@pytest.mark.parametrize(
    "text", [CHINESE, "日本語 ひらがな カタカナ", "한국어 이름", "ไทย", "हिन्दी"]
)
def test_installed_fonts_have_the_glyphs_of_other_scripts(text: str):
    fonts = families(f"a {text}")
    if len(fonts) == 1:
        pytest.skip(f"no font for {text} is installed")
    assert fonts[0] == OWN_FONT
    assert fonts == families(text)
    with rc_context({"font.family": list(fonts)}):
        assert not lacks(text)
        assert plain(text) == text


def test_a_font_of_last_resort_is_none():
    assert not any("lastresort" in name.lower().replace(" ", "") for name in lettering._installed())


def test_names_without_glyphs_are_numbered(no_fonts: None):
    names = {"x": "张三", "y": "anna", "z": "李四", "w": "张三丰"}
    assert families(CHINESE) == (OWN_FONT,)
    assert lacks(CHINESE)
    assert not lacks("anna")
    assert labels(names, 20) == {"x": "□□ 1", "y": "anna", "z": "□□ 2", "w": "□□□ 3"}


def test_names_that_look_the_same_when_they_are_cut_are_numbered():
    names = {i: f"Qwen/Qwen2.5-VL-7B-Instruct{'+' * i}Qwen/Qwen2.5-VL" for i in range(1, 4)}
    found = labels(names, 20)
    assert [label[-2:] for label in found.values()] == [" 1", " 2", " 3"]
    assert labels({1: "anna", 2: "anna", 3: "anna 1"}, 20) == {
        1: "anna 2",
        2: "anna 3",
        3: "anna 1",
    }


def test_names_are_cut_by_the_room_they_take():
    assert plain("i" * 30, 20) == "i" * 30
    assert plain("W" * 20, 20) != "W" * 20
    assert len(plain("W" * 40, 20)) < len(plain("n" * 40, 20)) < len(plain("i" * 60, 20))
    cut = plain("Qwen/Qwen2.5-VL-72B-Instruct-with-a-long-end", 20)
    assert cut.startswith("Qwen")
    assert cut.endswith("end")
    assert cut.count("…") == 1


@given(st.lists(st.text(max_size=60), min_size=1, max_size=8), st.integers(8, 30))
def test_no_two_labels_are_the_same_and_all_fit(names: list[str], most: int):
    found = labels(dict(enumerate(names)), most)
    assert len(set(found.values())) == len(names)
    fonts = lettering._in_use()
    assert all(lettering._fits(label, most + 1, fonts) for label in found.values())
