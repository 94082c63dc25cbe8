"""Replies of many models read as a person reads them; a wrong verdict is worse than none."""

from __future__ import annotations

import pytest

from intermt.dimensions import OVERALL, dimensions_of
from intermt.domain.verdicts import parse_grade, parse_preferences, parse_scores
from tests.domain import (
    replies_grades,
    replies_models,
    replies_preferences,
    replies_scores,
    replies_traps,
)

LOCAL = [d.key for d in dimensions_of("local")]
GLOBAL = [d.key for d in dimensions_of("global")]

# What a person reads here and the parser does not; it never reads something else.
MISSED = {
    "verbs that small models like",
    "score elements that name the dimension in an attribute",
    "scores in attributes",
    "a LaTeX table",
    "negation and then the score",
    "scores of the previous turn mentioned",
    "crucial steps are counted",
    "negations",
    "comparatives in the negative",
    "JSON by winner",
    "emphatic",
    "prose verdict 4",
    "negation and grade",
    "German verdict",
    "L4: I was going to say 3, but the padding makes it a 2.",
    "- L1: The text says three boats, so 2.\n- L2: 3.\n- L3: 2.\n- L4: 1.",
    "L1-2, L2-3, L3-2, L4-1",
    "【L1】2\n【L2】3\n【L3】2\n【L4】1",
    "{2, 3, 2, 1}",
    "A wins L1, B wins L2.",
    "A wins L1 and L2 but B wins overall.",
    "A takes L1.",
    "L1: A better\nL2: B better\nOverall: A better",
    "L1: A preferred\nL2: B preferred\nOverall: A preferred",
    "All: A",
    "A is better on all five.",
    "Overall, I lean towards B.",
    "Overall, I would rather have received B.",
    "Grade: Four (4)",
    "| Grade |\n|---|\n| 4 |",
    "| Criterion | Grade |\n|---|---|\n| Agreement | 4 |",
    "So: 4.",
    "4.",
    "The answer is 4.",
    "mistral, dashes and reasons first",
    "worst fault and score",
    "deducts points",
    "stars drawn behind names",
    "grade, stars",
    "would be, plainly",
    "not a 3",
    "scores beside human ones",
    "per picture and average",
    "improved version",
    "ideal answer",
    "rubric level named",
    "anchor quoted first",
    "Chinese: deducts",
    "Chinese: not",
    "pairs, A's and B's scores",
    "pairs, answer A lacks",
    "pairs, Chinese conclusion",
    "grade, claimed within quotes",
    "grade, Chinese hypothetical",
    "brackets with turns",
    "weighted sums",
    "pairs, plan A",
    "line 2",
    "line 11",
    "line 18",
    "line 43",
    "line 47",
    "line 48",
    "line 53",
    "line 54",
    "line 57",
    "line 88",
    "line 92",
    "line 105",
}


def scores(reply: str, level: str) -> str:
    read = parse_scores(reply, LOCAL if level == "local" else GLOBAL)
    return " ".join("." if value is None else str(value) for value in read.values())


def choices(reply: str, n: int) -> str:
    read = parse_preferences(reply, [OVERALL] if n == 1 else [*LOCAL, OVERALL])
    return " ".join({None: ".", "tie": "="}.get(value, str(value)) for value in read.values())


def assert_as_a_person_reads(name: str, read: str, meant: str) -> None:
    if name in MISSED:
        assert read != meant, "no longer missed"
        assert all(r in (".", m) for r, m in zip(read.split(), meant.split(), strict=True))
    else:
        assert read == meant


def named(replies):
    return [pytest.param(*reply, id=reply[0]) for reply in replies]


@pytest.mark.parametrize(("name", "level", "meant", "reply"), named(replies_scores.REPLIES))
def test_scores(name, level, meant, reply):
    assert_as_a_person_reads(name, scores(reply, level), meant)


@pytest.mark.parametrize(("name", "meant", "reply"), named(replies_preferences.REPLIES))
def test_preferences(name, meant, reply):
    assert_as_a_person_reads(name, choices(reply, len(meant.split())), meant)


@pytest.mark.parametrize(("name", "meant", "reply"), named(replies_grades.REPLIES))
def test_grades(name, meant, reply):
    assert_as_a_person_reads(name, str(parse_grade(reply) or "."), str(meant or "."))


@pytest.mark.parametrize(("name", "asked", "meant", "reply"), named(replies_models.REPLIES))
def test_replies_of_todays_models(name, asked, meant, reply):
    if asked == "grade":
        read = str(parse_grade(reply) or ".")
    elif asked in ("pair", "overall"):
        read = choices(reply, 5 if asked == "pair" else 1)
    else:
        read = scores(reply, asked)
    assert_as_a_person_reads(name, read, meant)


@pytest.mark.parametrize(("meant", "reply"), replies_traps.SCORES)
def test_traps_for_scores(meant, reply):
    assert_as_a_person_reads(reply, scores(reply, "local"), meant)


@pytest.mark.parametrize(("meant", "reply"), replies_traps.CHOICES)
def test_traps_for_choices(meant, reply):
    assert_as_a_person_reads(reply, choices(reply, 5), meant)


@pytest.mark.parametrize(("meant", "reply"), replies_traps.GRADES)
def test_traps_for_grades(meant, reply):
    assert_as_a_person_reads(reply, str(parse_grade(reply) or "."), str(meant or "."))


def test_every_miss_is_a_reply_here():
    names = {r[0] for r in (*replies_scores.REPLIES, *replies_preferences.REPLIES)}
    names |= {r[0] for r in (*replies_grades.REPLIES, *replies_models.REPLIES)}
    traps = (*replies_traps.SCORES, *replies_traps.CHOICES, *replies_traps.GRADES)
    assert names | {r[1] for r in traps} >= MISSED
