"""What becomes of records that do not fit, and what a person is told to do."""

from __future__ import annotations

import pytest

from intermt.commands.pair_fitting import Fitter, Fitting
from intermt.errors import InputError


def fitter(rule):
    """Texts fit without `picture` and `chain`; words can stand for a picture."""
    return Fitter(
        "thing",
        rule,
        lambda text: [f"a {word}" for word in ("picture", "chain") if word in text],
        lambda text: text.replace("picture", "words"),
    )


RECORDS = ("plain", "picture", "chain", "picture chain")


def test_dropped_ones_are_counted_with_every_reason():
    made = fitter("drop")
    assert [made.fit(record) for record in RECORDS] == ["plain", None, None, None]
    assert made.result() == Fitting("drop", {"a chain": 2, "a picture": 2}, 3, 0)
    made.refuse(4, "pairs")


def test_with_captions_the_reasons_are_those_that_are_left():
    made = fitter("caption")
    assert [made.fit(record) for record in RECORDS] == ["plain", "words", None, None]
    assert made.result() == Fitting("caption", {"a chain": 2}, 2, 1)
    assert not made.refuses


@pytest.mark.parametrize(
    ("records", "helped"),
    [
        (("plain", "picture"), "caption, or use another"),
        (RECORDS, "caption (fits 1 of them), or use another"),
        (("chain", "picture chain"), None),
    ],
)
def test_captions_are_only_advised_where_they_help(records, helped):
    made = fitter("error")
    for record in records:
        made.fit(record)
    with pytest.raises(InputError) as raised:
        made.refuse(len(records), "pairs")
    assert f"of {len(records)} pairs" in str(raised.value)
    assert ("caption" in raised.value.todo) == (helped is not None)
    assert (helped or "drop, or use another") in raised.value.todo
