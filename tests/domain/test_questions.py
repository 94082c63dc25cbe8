"""What counts as no question."""

from __future__ import annotations

import pytest

from intermt.domain.questions import fault_of

ANSWER = (
    "Plant the pear tree two metres from the wall, water it every evening in the first summer,"
    " and cut it back in February before the sap rises. <Image, a pear tree by a wall>"
)


@pytest.mark.parametrize(
    ("question", "fault"),
    [
        ("How far from the wall?", ""),
        ("Why February?", ""),
        ("  \n", "empty"),
        ('"..."', "empty"),
        ("where does the shade fall", "repeats"),
        ("Where does the shade fall??", "repeats"),
        ("And can you show me where the shade of the old tree falls at noon?", ""),
        ("What else should I plant beside the old pear tree this year then?", "repeats"),
        (ANSWER, "copy"),
        ("So: plant the pear tree two metres from the wall, water it every evening in the first"
         " summer, and cut it back in February before the sap rises.", "copy"),
        ("You say plant the pear tree two metres from the wall, but my garden is only three metres"
         " wide and the shed stands there. What now?", ""),
        ("树荫在哪里？", "repeats"),
        ("树荫有多大？", ""),
    ],
)  # fmt: skip
def test_fault(question: str, fault: str) -> None:
    earlier = [
        "Where does the shade fall?",
        "What else should I plant beside the old pear tree this year?",
        "树荫在哪里",
    ]
    found = fault_of(question, earlier, ANSWER)
    assert fault in found
    assert bool(found) == bool(fault)
