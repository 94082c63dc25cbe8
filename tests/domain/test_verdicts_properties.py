"""What holds for every reply put together from the pieces that replies are made of."""

from __future__ import annotations

import time

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from intermt.dimensions import DIMENSIONS, OVERALL
from intermt.domain.verdicts import parse_grade, parse_preferences, parse_scores

KEYS = [d.key for d in DIMENSIONS]
LOCAL = [d.key for d in DIMENSIONS if d.level == "local"]

NAMES = st.sampled_from(
    [*KEYS, "L1", "L4", "G5", "Text quality", "**Context Coherence**", "overall", "Overall"]
)
VALUES = st.sampled_from(
    [
        *(
            "0",
            "1",
            "2",
            "3",
            "4",
            "-1",
            "2.5",
            "3/3",
            "2/5",
            "2-3",
            "**3**",
            "[[2]]",
            "\\boxed{1}",
        ),
        *(
            "三",
            "٢",
            "three",
            "A",
            "B",
            "tie",
            "Answer A",
            "A > B",
            "A/B",
            "N/A",
            "good",
            "3 typos",
        ),
        "★★★",
    ]
)
LINKS = st.sampled_from(
    [": ", " = ", " - ", " — ", " → ", ":\n", " is ", " gets a ", " (", "|", " "]
)
STATEMENTS = st.tuples(NAMES, LINKS, VALUES).map("".join)
PIECES = st.one_of(
    STATEMENTS,
    st.tuples(VALUES, st.just(" for "), NAMES).map("".join),
    st.tuples(NAMES, VALUES).map(lambda nv: f'{{"{nv[0]}": {nv[1]}, "reason": "x"}}'),
    st.tuples(NAMES, VALUES).map(lambda nv: f"| {nv[0]} | {nv[1]} |"),
    st.tuples(NAMES, VALUES).map(lambda nv: f"### {nv[0]}\nFine.\n**Score: {nv[1]}**"),
    st.tuples(NAMES, VALUES).map(lambda nv: f"<{nv[0]}>{nv[1]}</{nv[0]}>"),
    st.sampled_from(
        [
            *("Final scores:", "Example:", "Score: 3", "Winner: A", "Grade: 4", "not ", "If "),
            *("maybe ", "Scores (1-5):", "| Dimension | Score |", "|---|---|", "- ", "1. ", "> "),
            *("```json", "```", "<think>", "</think>", "◁think▷", "</reasoning>", "In turn 1 "),
            *("<|channel|>final<|message|>", "Answer A is better", "Wait, no: 2", '{"', "\0", "[["),
            "\\boxed{3, 2, 1, 0}",
        ]
    ),
)
REPLIES = st.lists(
    st.tuples(PIECES, st.sampled_from(["\n", "\n\n", " ", "", ". "])), max_size=12
).map(lambda pieces: "".join(piece + gap for piece, gap in pieces))
READERS = st.sampled_from(["scores", "choices", "grade", "one score"])


def read(reader: str, reply: str) -> object:
    match reader:
        case "scores":
            return parse_scores(reply, KEYS)
        case "choices":
            return parse_preferences(reply, [*LOCAL, OVERALL])
        case "grade":
            return parse_grade(reply)
        case _:
            return parse_scores(reply, ["text_quality"])


@settings(deadline=None)
@given(REPLIES)
def test_values_lie_on_their_scales(reply):
    for dimension in DIMENSIONS:
        value = parse_scores(reply, KEYS)[dimension.key]
        assert value is None or dimension.allows(value)
    assert parse_grade(reply) in (None, 1, 2, 3, 4, 5)
    for choice in parse_preferences(reply, [*LOCAL, OVERALL]).values():
        assert choice in (None, "A", "B", "tie")


@settings(deadline=None)
@given(READERS, REPLIES)
def test_blank_lines_around_change_nothing(reader, reply):
    assert read(reader, f"\n\n{reply}\n \n") == read(reader, reply)


@settings(deadline=None)
@given(READERS, REPLIES, REPLIES)
def test_a_block_of_thinking_before_changes_nothing(reader, thought, reply):
    marks = ("think", "reasoning", "channel", "```")
    assume(not any(mark in part for mark in marks for part in (thought, reply)))
    assert read(reader, f"<think>{thought}</think>\n{reply}") == read(reader, reply)
    assert read(reader, f"{thought}</think>\n{reply}") == read(reader, reply)


@settings(deadline=None)
@given(READERS, REPLIES)
def test_thinking_that_never_ends_says_nothing(reader, reply):
    assume("</" not in reply and "final" not in reply)
    assert read(reader, f"<think>{reply}") == read(reader, "")


@settings(deadline=None)
@given(st.dictionaries(st.sampled_from(KEYS), st.integers(0, 3), min_size=1))
def test_forms_of_one_verdict_are_read_alike(stated):
    forms = ["{}: {}", "**{}**: **{}**", "- {} = {}/3", "1. **{}:** {} - fine", "| {} | {} |"]
    forms += ["### {}\nClear.\n**Score: {}**\n", "{}\n  score: {}", "<{0}>{1}</{0}>"]
    for form in forms:
        reply = "\n".join(form.format(key, score) for key, score in stated.items())
        assert parse_scores(reply, KEYS) == {**dict.fromkeys(KEYS), **stated}, form


@settings(deadline=None)
@given(st.sampled_from(LOCAL), st.permutations(range(4)), REPLIES)
def test_contradictions_are_no_verdict(key, scores, between):
    assume(not any(word in between.lower() for word in ("final", "boxed", "[[", "<", "```", "◁")))
    reply = f"{key}: {scores[0]}\n\n{between}\n\n{key}: {scores[1]}"
    assert parse_scores(reply, KEYS)[key] is None or "example" in between.lower()


@pytest.mark.parametrize(
    "piece",
    [
        *(
            "x",
            " ",
            "\n",
            "\t",
            "3",
            "3 ",
            "9,",
            "1-",
            "- ",
            '"',
            "'",
            "\\",
            "(",
            "[",
            "{",
            "{}",
            '{"',
        ),
        *(
            "{'",
            '{"a":1,',
            "[{",
            "[1,",
            "[[",
            "[[3,",
            "|",
            "| 3 ",
            "**",
            "~~",
            "<",
            "< ",
            "<b>",
            "</",
        ),
        *(
            "<think",
            "<think>",
            "</think>",
            "<!--",
            "```\n",
            "```think\n",
            "[think]",
            "&lt;",
            "“",
            "{“",
        ),
        *(
            "/*",
            "{/*",
            "#",
            "### L4\n",
            "**Score: 3**\n",
            "- dimension: L4\n",
            "| L4 | 3 |\n",
            "；",
        ),
        *("text_quality", "text_quality ", "text_quality: 3\n", "text_quality and ", "L1 ", "L1, "),
        *(
            "L4: 3 ",
            "L4: A, B ",
            "all ",
            "final ",
            "final scores ",
            "Score: ",
            "score of 3 ",
            "overall: ",
        ),
        *(
            "I give it a ",
            "give it a 3 for ",
            "to give ",
            "Grade\n",
            "A ",
            "A > ",
            "Answer A ",
            "but A is ",
        ),
        *(
            "A is better than ",
            "\\boxed{",
            "example: ",
            "not ",
            '"no" ',
            "minus ",
            "3/",
            "3 out of ",
            "of ",
        ),
        *(
            "1. a 2. ",
            "3, 2, ",
            "5 = ",
            "scale a ",
            "scores out ",
            "the answer ",
            "满分",
            "三",
            "→ ",
            "★",
        ),
        "\u0663",
    ],
)
def test_twenty_thousand_characters_take_under_a_second(piece):
    # Longer than replies are, and long enough to show what grows faster than the text.
    reply = piece * (20_000 // len(piece))
    for reader in ("scores", "choices", "grade"):
        started = time.process_time()
        read(reader, reply)
        # A tenth of it is usual; the rest is for slow and busy machines.
        assert time.process_time() - started < 1


@pytest.mark.parametrize("before", ["L4: 3 ", "Score: 3 ", "L4: A ", '{"L4": "3 ', "| L4 | 3 "])
@pytest.mark.parametrize("piece", [" ", "\t", "it is a ", "drop it to ", "should be ", "(a ", "- "])
def test_what_follows_a_value_is_read_in_under_a_second(before, piece):
    reply = before + piece * (20_000 // len(piece))
    for reader in ("scores", "choices", "grade"):
        started = time.process_time()
        read(reader, reply)
        assert time.process_time() - started < 1
