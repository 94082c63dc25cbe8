"""Preferences read from replies of many forms, and replies that must not be read."""

from __future__ import annotations

import pytest

from intermt.domain.verdicts import parse_preferences

TQ, CC, OV = "text_quality", "context_coherence", "overall_preference"
ASKED = (TQ, CC, OV)
AB = {TQ: "A", CC: "B"}
ABT = {TQ: "A", CC: "B", OV: "tie"}

STATED = [
    ('{"text_quality": "A", "context_coherence": "B", "overall_preference": "tie"}', ABT),
    ('{"text_quality": "A", "context_coherence": "B", "overall": "tie"}', ABT),
    ("{'text_quality': 'Answer A', 'context_coherence': 'Answer B', 'overall': 'Tie'}", ABT),
    ('{"text_quality": "a", "context_coherence": "b", "overall": "draw"}', ABT),
    ('{"text_quality": "Response 1", "context_coherence": "response_2", "overall": "equal"}', ABT),
    ('{"text_quality": "first", "context_coherence": "second", "overall": "neither"}', ABT),
    ('{"text_quality": "A is better", "context_coherence": "B, because A drifts"}', AB),
    ('{"text_quality": {"winner": "A", "reason": "B has typos"}, "L3": {"preference": "B"}}', AB),
    ('{"text_quality": {"better": 1}, "L3": {"winner": 2}}', AB),
    ('[{"dimension": "L4", "winner": "A"}, {"dimension": "L3", "winner": "B"}]', AB),
    ('{"preferences": {"L4": "A", "L3": "B"}, "overall_preference": "tie"}', ABT),
    ('{"reason": "B is better at first sight", "text_quality": "A", "context_coherence": "B"}', AB),
    ('{"text_quality": A, "context_coherence": B}', AB),
    ('{"overall_preference": 2}', {OV: "B"}),
    ('{"winner": "A"}', {OV: "A"}),
    ('{"reason": "x", "winner": "Response B"}', {OV: "B"}),
    ('{"overall": {"winner": "B", "reason": "x"}}', {OV: "B"}),
    ("text_quality: A\ncontext_coherence: B\noverall_preference: tie", ABT),
    ("text_quality: A; context_coherence: B; overall: tie", ABT),
    ("text_quality: A, context_coherence: B", AB),
    ("Text Quality: Answer A\nContext Coherence: Answer B\nOverall: Tie", ABT),
    ("**Text Quality:** A\n**Context Coherence:** **B**\n**Overall Preference:** equal", ABT),
    ("1. Text quality - Response A\n2. Context coherence - Response B", AB),
    ("L4: A (clearer)\nL3: B (keeps the name)", AB),
    ("L4: A - clearer\nL3: B - keeps the name", AB),
    ("L4 = A\nL3 = B", AB),
    ("L4: [[A]]\nL3: [[B]]", AB),
    ("L4: \\boxed{A}\nL3: \\boxed{\\text{B}}", AB),
    ("L4: A > B\nL3: A < B\nOverall: A = B", ABT),
    ("L4: A is better.\nL3: B is better than A.\nOverall: both are equally good.", ABT),
    ("Text quality: the first one\nContext coherence: the second one", AB),
    ("Text quality: Conversation A\nContext coherence: Conversation B", AB),
    ("Text quality: Assistant 1\nContext coherence: model B", AB),
    ("Text quality: I prefer A.\nContext coherence: I prefer Answer B.", AB),
    ("Text quality: the winner is A.\nContext coherence: winner: B", AB),
    ("Text quality: A wins.\nContext coherence: B wins.", AB),
    ("Text quality: B is worse than A.\nContext coherence: A is worse.", AB),
    ("For text quality, A is better. For context coherence, B is better.", AB),
    ("A is better in text quality, and B is better in context coherence.", AB),
    ("A has better text quality. B has better context coherence. Overall it's a tie.", ABT),
    ("A is better than B in terms of text quality. In context coherence, B wins.", AB),
    ("A is better in text quality and context coherence.", {TQ: "A", CC: "A"}),
    ("Text quality is better in A. Context coherence is better in B.", AB),
    ("A wins on all dimensions.", {TQ: "A", CC: "A", OV: "A"}),
    (
        "### Text Quality\nA is fluent, B has typos.\nWinner: A\n\n### Context Coherence\n"
        "**Winner:** B\n\n### Overall\n**Winner: Tie**",
        ABT,
    ),
    ("### Text quality\nAnswer A\n### Context coherence\nAnswer B", AB),
    ("text_quality:\n  winner: A\ncontext_coherence:\n  winner: B", AB),
    ("| Dimension | Winner | Reason |\n|---|---|---|\n| L4 | A | typos |\n| L3 | B | x |", AB),
    ("| Dimension | Better answer |\n|---|---|\n| L4 | Answer A |\n| L3 | Answer B |", AB),
    ("| L4 | L3 | Overall |\n|---|---|---|\n| A | B | tie |", ABT),
    ("| text_quality | A |\n| context_coherence | B |", AB),
    ("\\boxed{A, B, tie}", ABT),
    ("[[A, B, tie]]", ABT),
    ("<text_quality>A</text_quality><context_coherence>B</context_coherence>", AB),
    ("text_quality: tie\ncontext_coherence: no preference", {TQ: "tie", CC: "tie"}),
    ("[[A]]", {OV: "A"}),
    ("My final verdict is: [[B]]", {OV: "B"}),
    ("Overall, A is better.", {OV: "A"}),
    ("Overall: Answer B", {OV: "B"}),
    ("Winner: Response 1", {OV: "A"}),
    ("The better answer is B.", {OV: "B"}),
    ("text_quality: A\ncontext_coherence: B\n\nFinal verdict: B", {**AB, OV: "B"}),
    ("text_quality: B\nNo.\nFinal answer:\ntext_quality: A\ncontext_coherence: B", AB),
    ("<think>text_quality: B</think>text_quality: A\ncontext_coherence: B", AB),
    ("text_quality：Ａ\ncontext_coherence：Ｂ", AB),
    ("text_quality: A\ncontext_coherence: A or B", {TQ: "A"}),
    ("text_quality: A\ncontext_coherence: A\ncontext_coherence: B", {TQ: "A"}),
    ('{"text_quality": "A", "context_coherence": null}', {TQ: "A"}),
    ('{"text_quality": "A", "context_coherence": "A", "context_coherence": "B"}', {TQ: "A"}),
]

NOT_STATED = [
    "",
    "API Failed",
    "<html>A</html>",
    '{"error": "overloaded", "winner": "A"}',
    "I cannot compare pictures.",
    "<think>Winner: A",
    "A</think>",
    "text_quality: A or B",
    "text_quality: A/B",
    "text_quality: A|B|tie",
    "text_quality: A, B",
    "text_quality: A, B or tie",
    "text_quality: <A or B>",
    '{"text_quality": "<A or B>"}',
    '{"text_quality": "A|B"}',
    '{"text_quality": "A" or "B"}',
    "text_quality: C",
    "text_quality: AB",
    "text_quality: A clear answer wins",
    "text_quality: A good one",
    "text_quality: A?",
    "text_quality: A: 3, B: 2",
    "text_quality: A (3/3), B (2/3)",
    "text_quality: A's text",
    "text_quality: 3",
    "text_quality: 0",
    '{"text_quality": 1}',
    '{"text_quality": 0}',
    '{"overall_preference": 0}',
    '{"overall_preference": 3}',
    '{"text_quality": {"A": 3, "B": 2}}',
    "text_quality: A\ntext_quality: B",
    'text_quality: A\n{"text_quality": "B"}',
    "Text quality: A is good, B is bad.",
    "Text quality: A is shorter than B.",
    "Text quality: A is not better than B.",
    "Text quality: A is better than A.",
    "Text quality: A is better than B? No.",
    "I can't say that A is better in text quality.",
    "It is hard to say whether A is better in text quality.",
    "If A is better in text quality, write A.",
    "One could argue that A has better text quality.",
    "The user says that answer B is better.",
    'Which answer is better, "A" or "B"?',
    'Output "[[A]]" if assistant A is better, "[[B]]" if assistant B is better.',
    "[[A]] or [[B]]",
    "[[C]]",
    "Respond in the following format:\ntext_quality: A\ncontext_coherence: B",
    'Example output: {"winner": "A"}',
    "## Answer A\nA dog.\n## Answer B\nA cat.",
    "A dog is better than a cat.",
    "Answer A has three pictures.",
    "Answer A is better for beginners.",
    "Answer A is better organised.",
    "Winner: helpfulness",
    "A",
]


@pytest.mark.parametrize(("reply", "choices"), STATED)
def test_stated(reply, choices):
    assert parse_preferences(reply, ASKED) == {**dict.fromkeys(ASKED), **choices}


@pytest.mark.parametrize("reply", NOT_STATED)
def test_not_stated(reply):
    assert parse_preferences(reply, ASKED) == dict.fromkeys(ASKED)


@pytest.mark.parametrize(
    ("reply", "choice"),
    [
        ("A", "A"),
        ("B.", "B"),
        ("**B**", "B"),
        ("Answer A", "A"),
        ("Response 2", "B"),
        ("The second answer", "B"),
        ("tie", "tie"),
        ("It's a tie.", "tie"),
        ("Both are equally good.", "tie"),
        ("Neither is better.", "tie"),
        ("[[A]]", "A"),
        ("[[A>B]]", "A"),
        ("[[B>>A]]", "B"),
        ("[[A=B]]", "tie"),
        ("A > B", "A"),
        ("A is better.", "A"),
        ("A is better than B.", "A"),
        ("I prefer B.", "B"),
        ("I would choose Answer A because it is right.", "A"),
        ("The winner is B.", "B"),
        ("\\boxed{B}", "B"),
        ("Both have merits.\n\nFinal verdict: [[B]]", "B"),
        ("Answer A is fine, answer B has errors.\n\nWinner: A", "A"),
        ("Answer B is better.\nFinal answer: A", "A"),
        ("<answer>B</answer>", "B"),
        ('{"winner": "A"}', "A"),
        ('{"winner": 2}', "B"),
        ("1", None),
        ("A is better. B is better.", None),
        ("A, no, B", None),
        ("maybe A is better", None),
        ("I can't choose A.", None),
        ("", None),
    ],
)
@pytest.mark.parametrize("name", ["overall", "overall_preference", "text_quality"])
def test_one_dimension_may_go_unnamed(reply, choice, name):
    assert parse_preferences(reply, [name]) == {name: choice}


def test_both_spellings_of_overall():
    assert parse_preferences("overall: B", ["overall", "overall_preference"]) == {
        "overall": "B",
        "overall_preference": "B",
    }
