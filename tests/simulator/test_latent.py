from __future__ import annotations

import statistics

from hypothesis import given
from hypothesis import strategies as st

from intermt.simulator import phrases, quality
from intermt.simulator.dice import Dice

TEXT = "First turn the water off, because the tap is under pressure. Then change the washer."


@given(st.text())
def test_quality_is_a_share(text: str) -> None:
    assert 0 <= quality(text) <= 1


def test_quality_is_the_same_everywhere() -> None:
    assert quality(TEXT) == 0.201792
    assert quality("") == quality("<Image, a tap> [simulated] ...") == 0


def test_tags_marks_and_case_do_not_count() -> None:
    dressed = f"[simulated] {TEXT.upper()} <Image, a new washer> [picture 1]"
    assert quality(dressed) == quality(TEXT)


def test_a_small_change_changes_little() -> None:
    longer = " ".join([TEXT] * 3) + " A washer costs little."
    assert abs(quality(longer) - quality(longer + " Good luck.")) < 0.2


def test_hedging_lowers_quality() -> None:
    pairs = [
        (answer, f"{answer} I am unsure, maybe.")
        for answer in (phrases.answer("tap", Dice.of(n), pictures=True) for n in range(200))
    ]
    assert statistics.mean(quality(b) - quality(a) for a, b in pairs) < -0.03


def test_invented_answers_spread_over_the_whole_range() -> None:
    found = [quality(phrases.answer("tap", Dice.of(n), pictures=True)) for n in range(500)]
    assert 0.4 < statistics.median(found) < 0.6
    assert statistics.pstdev(found) > 0.2
