from __future__ import annotations

import pytest

from intermt.errors import UsageError
from intermt.simulator.dice import Dice
from intermt.simulator.faults import KINDS, NO_FAULTS, parse_faults


def test_one_rate_is_spread_over_all_kinds_with_little_hanging() -> None:
    rates = dict(parse_faults("0.4").rates)
    assert set(rates) == set(KINDS)
    assert sum(rates.values()) == pytest.approx(0.4)
    assert rates["hang"] == pytest.approx(0.02)
    assert len({rate for kind, rate in rates.items() if kind != "hang"}) == 1


def test_kinds_get_their_own_rates() -> None:
    faults = parse_faults(" 500=0.05, reset = 0.01")
    assert dict(faults.rates) == {"500": 0.05, "reset": 0.01}


@pytest.mark.parametrize("text", ["", "  ", "0", "0.0"])
def test_no_rate_is_no_faults(text: str) -> None:
    assert parse_faults(text) == NO_FAULTS


@pytest.mark.parametrize(
    "text",
    [
        "1.5",
        "-0.1",
        "nan",
        "lots",
        "500",
        "teapot=0.1",
        "500=x",
        "500=0.1,500=0.1",
        "500=0.6,429=0.6",
        "500=0.1,",
        "=0.1",
    ],
)
def test_a_bad_text_is_refused_naming_what_is_allowed(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_faults(text)
    assert text in caught.value.what
    assert all(kind in caught.value.todo for kind in KINDS)


def test_faults_come_as_often_as_asked_for() -> None:
    faults = parse_faults("500=0.1,empty=0.2")
    picked = [faults.pick(Dice.of(number)) for number in range(4000)]
    assert picked.count("500") / 4000 == pytest.approx(0.1, abs=0.02)
    assert picked.count("empty") / 4000 == pytest.approx(0.2, abs=0.025)
    assert picked.count(None) / 4000 == pytest.approx(0.7, abs=0.03)
    assert {faults.pick(Dice.of(number)) for number in range(50)} <= {"500", "empty", None}


def test_a_rate_of_one_leaves_nothing_well() -> None:
    faults = parse_faults("1")
    assert all(faults.pick(Dice.of(number)) is not None for number in range(2000))
