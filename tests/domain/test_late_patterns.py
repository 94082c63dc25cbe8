"""Patterns that are compiled when they are first used find what `re` finds."""

from __future__ import annotations

import re

import pytest

from intermt.domain.late_patterns import LatePattern


def test_it_finds_what_the_same_pattern_of_re_finds() -> None:
    text = "Score: 3, score 2"
    late, usual = (make(r"(?P<word>score)\W+(\d)", re.I) for make in (LatePattern, re.compile))
    assert [m.groups() for m in late.finditer(text)] == [m.groups() for m in usual.finditer(text)]
    found = late.search(text)
    assert found is not None
    assert found.span() == (0, 8)
    assert late.match(text) is not None
    assert late.match(text, 1) is None
    shifted = late.match(text, 10)
    assert shifted is not None
    assert shifted["word"] == "score"


def test_a_pattern_costs_nothing_before_it_is_used() -> None:
    bad = LatePattern("(")
    with pytest.raises(re.error):
        bad.search("")
