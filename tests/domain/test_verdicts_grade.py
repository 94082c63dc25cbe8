"""Grades read from replies, and what holds for every reply whatever it is."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from intermt.dimensions import DIMENSIONS
from intermt.domain.verdicts import (
    grade_schema,
    parse_grade,
    parse_preferences,
    parse_scores,
    preference_schema,
    score_schema,
)

KEYS = [d.key for d in DIMENSIONS]
SHARED = Path(__file__).parents[2].parent / "shared"


@pytest.mark.parametrize(
    ("reply", "grade"),
    [
        ("4", 4),
        ("**4**", 4),
        ("Grade: 4", 4),
        ("grade=4", 4),
        ("**Grade:** 4/5", 4),
        ("Grade: **4** out of 5", 4),
        ("4/5", 4),
        ("5 / 5", 5),
        ("four out of five", 4),
        ("Score: 4", 4),
        ("Final score: 4", 4),
        ("Rating: [[4]]", 4),
        ("[[4]]", 4),
        ("\\boxed{4}", 4),
        ("$\\boxed{\\text{4}}$", 4),
        ('{"grade": 4}', 4),
        ('{"reason": "2 of 3 steps", "grade": 4}', 4),
        ('```json\n{"grade": "4"}\n```', 4),
        ('{"score": 4}', 4),
        ('{"result": {"rating": 4}}', 4),
        ('{"grade": 4.0}', 4),
        ("I would grade this description 4.", 4),
        ("I give it a 4.", 4),
        ("I'd give this a 4 out of 5.", 4),
        ("This deserves a 4 because one step is missing.", 4),
        ("The grade is 4.", 4),
        ("Overall grade: 4", 4),
        ("It names 3 of 4 steps.\n\nGrade: 4", 4),
        ("Grade (1-5): 4", 4),
        ("Grade: ４", 4),
        ("Grade: ٤", 4),
        ("<grade>4</grade>", 4),
        ("<think>Grade: 2</think>Grade: 4", 4),
        ("Grade: 3\nOn reflection:\nFinal grade: 4", 4),
        ("Grade: 4\nGrade: 4", 4),
        ("Completeness: 3/5\nAccuracy: 5/5\nGrade: 4", 4),
        ("I waver between 3 and 5. Grade: 4", 4),
        ("Final: 4", 4),
        ("Grade: 4, not 5", 4),
        ("4 out of 5 stars", 4),
        ('{"grade": 4, "max": 5}', 4),
        ('{"grade": 4, "max": 10}', None),
        ("Therefore, the answer is 2.", None),
        ("Turn 3 was done in 4/5 of cases.", None),
        ("It deserves at most 3.", None),
        ("", None),
        ("0", None),
        ("6", None),
        ("Grade: 0", None),
        ("Grade: 6", None),
        ("Grade: 4.5", None),
        ("Grade: 3-4", None),
        ("Grade: 3 or 4", None),
        ("Grade: B", None),
        ("8/10", None),
        ("4/10", None),
        ("Grade: 4/10", None),
        ("Grade: 4 out of 10", None),
        ("Grade (0-10): 4", None),
        ("80%", None),
        ("Grade: 3\nGrade: 4", None),
        ("3\n4", None),
        ("Grade 5: identical. Grade 4: one step is missing.", None),
        ("- 5: identical\n- 4: one step is missing", None),
        ("Grade from 1 to 5.", None),
        ("I cannot give it a 4.", None),
        ("It names 4 steps.", None),
        ("API Failed", None),
        ('{"grade": null}', None),
        ('{"grade": "<1, 2, 3, 4 or 5>"}', None),
        ('{"error": "x", "grade": 4}', None),
        ('{"grade": 4, "grade": 5}', None),
        ("<think>Grade: 4", None),
    ],
)
def test_grade(reply, grade):
    assert parse_grade(reply) == grade


WORDS = st.sampled_from(
    [
        *(*KEYS, "L4", "overall", "Score", "Final scores", "Winner", "Grade", "A", "B", "tie"),
        *("Answer", "is better", "than", "not", "and", "for", "0", "1", "2", "3", "4", "-1", "2.5"),
        *(
            "10",
            "/3",
            ":",
            "=",
            "-",
            "|",
            "\n",
            "{",
            "}",
            "[",
            "]",
            '"',
            "'",
            ",",
            "\\boxed{",
            "[[",
        ),
        *("]]", "#", "<think>", "</think>", "```json\n", "(", ")", "**", " ", "\\", "\0", "½", "٣"),
        *("\ud800", "~~"),
    ]
)
REPLIES = st.lists(WORDS | st.text(max_size=4), max_size=30).map("".join)


@settings(deadline=None)
@given(REPLIES)
def test_no_reply_breaks_a_reader(reply):
    for key, score in parse_scores(reply, KEYS).items():
        assert score in (None, 0, 1, 2, 3) or (score == -1 and key == "style_coherence")
    for choice in parse_preferences(reply, ["overall_preference", *KEYS[:3]]).values():
        assert choice in (None, "A", "B", "tie")
    assert parse_grade(reply) in (None, 1, 2, 3, 4, 5)
    assert set(parse_scores(reply, ["L4"]).values()) <= {None, 0, 1, 2, 3}


@settings(deadline=None)
@given(REPLIES)
def test_thoughts_say_nothing(reply):
    thought = reply.replace("</think>", "")
    assert parse_scores(f"<think>{thought}", KEYS) == dict.fromkeys(KEYS)
    if "<" not in reply:
        assert parse_scores(f"<think>{thought}</think>L4: 2", KEYS)["text_quality"] == 2


@settings(deadline=None)
@given(st.dictionaries(st.sampled_from(KEYS), st.integers(-3, 12)))
def test_json_numbers_are_never_bent_to_the_scale(scores):
    read = parse_scores(json.dumps(scores), KEYS)
    for dimension in DIMENSIONS:
        value = scores.get(dimension.key)
        allowed = value is not None and dimension.allows(value)
        assert read[dimension.key] == (value if allowed else None)


@pytest.mark.parametrize("opening", ["[", "{", '{"a":', '[{"a":', "(", "<think>", "\\boxed{", "[["])
def test_deep_nesting_is_no_crash(opening):
    reply = opening * 100_000
    assert parse_scores(reply, KEYS) == dict.fromkeys(KEYS)


@pytest.mark.real_data
@pytest.mark.skipif(not (SHARED / "data").is_dir(), reason="the real conversations are not here")
def test_real_conversations_hold_no_verdict():
    file = SHARED / "data" / "intermt_bench" / "crucial_step_dev.json"
    # One in three, as the others say the same at thrice the time.
    for conversation in json.loads(file.read_text("utf-8"))[::3]:
        for turn in conversation["conversations"]:
            for words in (turn["prompt"], turn["response"]):
                assert parse_scores(words, KEYS) == dict.fromkeys(KEYS)
                assert parse_scores(words, ["L4"]) == {"L4": None}
                assert parse_preferences(words, ["overall"]) == {"overall": None}
                assert parse_grade(words) is None


# --- schemas -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "schema",
    [
        score_schema(KEYS, True),
        preference_schema(["text_quality", "overall"], True, True),
        grade_schema(True),
    ],
)
def test_the_reason_comes_first_and_everything_is_required(schema):
    assert next(iter(schema["properties"])) == "reason"
    assert schema["required"] == list(schema["properties"])
    assert schema["additionalProperties"] is False


def test_schemas_hold_the_scales():
    schema = score_schema(["text_quality", "style_coherence"], False)["properties"]
    assert schema["text_quality"]["enum"] == [0, 1, 2, 3]
    assert schema["style_coherence"]["enum"] == [-1, 0, 1, 2, 3]
    assert preference_schema(["L4"], False, False)["properties"]["L4"]["enum"] == ["A", "B"]
    assert preference_schema(["L4"], False, True)["properties"]["L4"]["enum"] == ["A", "B", "tie"]
    assert list(grade_schema(False)["properties"]) == ["grade"]
