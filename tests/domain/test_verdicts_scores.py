"""Scores read from replies of many forms, and replies that must not be read."""

from __future__ import annotations

import pytest

from intermt.domain.verdicts import parse_scores

LOCAL = (
    "local_image_text_consistency",
    "visual_perceptual_quality",
    "context_coherence",
    "text_quality",
)
GLOBAL = (
    "context_awareness",
    "helpfulness",
    "crucial_step_recognition",
    "global_image_text_consistency",
    "style_coherence",
)
TQ, CC, G5 = "text_quality", "context_coherence", "style_coherence"
BOTH = {TQ: 3, CC: 2}
NONE: dict[str, int] = {}

# Reply, and what it says about the dimensions of one level; what is not listed is not stated.
STATED = [
    # JSON
    ('{"text_quality": 3, "context_coherence": 2}', BOTH),
    ('```json\n{"text_quality": 3, "context_coherence": 2}\n```', BOTH),
    ('Here are my scores:\n```json\n{"text_quality": 3, "context_coherence": 2}\n```\nDone.', BOTH),
    (
        'Here is my evaluation in the required format: {"text_quality": 3, "context_coherence": 2}',
        BOTH,
    ),
    ("{'text_quality': 3, 'context_coherence': 2}", BOTH),
    ("{'text_quality': 3, 'context_coherence': 2, 'reason': None,}", BOTH),
    ('{"text_quality": 3, "context_coherence": 2,}', BOTH),
    ("{text_quality: 3, context_coherence: 2}", BOTH),
    ('{"text_quality": 3, // clear\n "context_coherence": 2}', BOTH),
    ('{"scores": {"text_quality": 3, "context_coherence": 2}}', BOTH),
    ('{"evaluation": {"local": {"L4": 3, "L3": 2}}}', BOTH),
    ('{"text_quality": {"score": 3, "reason": "fine"}, "context_coherence": {"score": 2}}', BOTH),
    ('{"text_quality": {"reason": "0 typos", "rating": "3/3"}, "L3": {"value": 2}}', BOTH),
    ('[{"dimension": "text_quality", "score": 3}, {"dimension": "L3", "score": 2}]', BOTH),
    (
        '[{"score": 3, "dimension": "Text Quality"}, {"score": "2", "name": "context-coherence"}]',
        BOTH,
    ),
    ('{"dimensions": [{"name": "text_quality", "score": 3}, {"id": "L3", "score": 2}]}', BOTH),
    ('{"reason": "text quality is a 1 at best", "text_quality": 3, "context_coherence": 2}', BOTH),
    ('{"Text Quality": 3, "contextual_coherence": 2}', BOTH),
    ('{"textQuality": 3, "contextCoherence": 2}', BOTH),
    ('{"TEXT_QUALITY": "3", "Context-Coherence": "2"}', BOTH),
    ('{"text_quality_score": 3, "context_coherence_score": 2}', BOTH),
    ('{"L4: text_quality": 3, "L3 (context coherence)": 2}', BOTH),
    ('{"text_quality": 3.0, "context_coherence": 2.0}', BOTH),
    ('{"text_quality": "3 - clear", "context_coherence": "2/3"}', BOTH),
    ('{"text_quality": "3 out of 3", "context_coherence": "score: 2"}', {TQ: 3, CC: 2}),
    ('{"text_quality": 3, "text_quality": 3, "context_coherence": 2}', BOTH),
    ('{"text_quality": [3], "context_coherence": 2}', BOTH),
    ('{"text_quality": 3, "context_coherence": 2, "reason": "cut of', BOTH),
    ('{"text_quality": 3, "context_coherence": 2, "visual_perceptual_quality": 1', BOTH),
    ('{"scores": [3, 2, 1, 0]}', dict(zip(LOCAL, (3, 2, 1, 0), strict=True))),
    ('{"initial_scores": {"text_quality": 1}, "final_scores": {"text_quality": 3}}', {TQ: 3}),
    ('{"reason": "He said "fine" twice", "text_quality": 3, "context_coherence": 2}', BOTH),
    ('{"text_quality": ３, "context_coherence": ２}', BOTH),
    ("“text_quality”: 3, “context_coherence”: 2", BOTH),
    # lines
    ("text_quality: 3\ncontext_coherence: 2", BOTH),
    ("text_quality = 3; context_coherence = 2", BOTH),
    ("text_quality: 3, context_coherence: 2", BOTH),
    ("L4: 3\nL3: 2", BOTH),
    ("l4=3, l3=2", BOTH),
    ("L4 - 3\nL3 - 2", BOTH),
    ("L4: text_quality: 3\nL3: context_coherence: 2", BOTH),
    ("L4 (text quality): 3\nL3 (context coherence): 2", BOTH),
    ("Text Quality (L4): 3/3\nContext Coherence (L3): 2/3", BOTH),
    ("Text Quality (0-3): 3\nContext Coherence [0–3]: 2", BOTH),
    ("Text quality (0 = bad, 3 = good): 3\nContext coherence: 2", BOTH),
    ("**Text Quality**: 3\n**Context Coherence**: 2", BOTH),
    ("**Text Quality:** 3/3\n**Context Coherence:** **2**", BOTH),
    ("1. **Text Quality:** 3\n2. **Context Coherence:** 2", BOTH),
    ("1. text_quality: 3\n2. context_coherence: 2", BOTH),
    ("1) text_quality: 3; 2) context_coherence: 2", BOTH),
    ("- `text_quality` → 3\n- `context_coherence` → 2", BOTH),
    ("* text-quality: 3\n* context-coherence: 2", BOTH),
    ("text quality - 3\ncontext coherence - 2", BOTH),
    ("Text quality — 3 — clear.\nContext coherence — 2 — one slip.", BOTH),
    ("text_quality 3\ncontext_coherence 2", BOTH),
    ("text_quality        3\ncontext_coherence   2", BOTH),
    ("text_quality: 3 (clear and correct)\ncontext_coherence: 2 (one slip)", BOTH),
    ("text_quality: 3 - clear and correct\ncontext_coherence: 2 - one slip", BOTH),
    ("text_quality: 3. The text is clear.\ncontext_coherence: 2. It repeats 4 sentences.", BOTH),
    ("text_quality: 3 The text is clear.\ncontext_coherence: 2 It drifts.", BOTH),
    ("text_quality: 3 because it is clear\ncontext_coherence: 2, since it drifts", BOTH),
    ("text_quality: 3 out of 3\ncontext_coherence: 2 out of 3", BOTH),
    ("text_quality: 3 / 3\ncontext_coherence: 2 (out of 3)", BOTH),
    ("text_quality: 3 points\ncontext_coherence: 2 points out of 3", BOTH),
    ("text_quality: three\ncontext_coherence: two", BOTH),
    ("text_quality: three out of three\ncontext_coherence: two out of three", BOTH),
    ("text_quality score: 3\ncontext_coherence rating: 2", BOTH),
    ("text_quality: Score: 3\ncontext_coherence: Score = 2", BOTH),
    ("Text quality score is 3. Context coherence score is 2.", BOTH),
    ("text_quality: [[3]]\ncontext_coherence: [[2]]", BOTH),
    ("text_quality: \\boxed{3}\ncontext_coherence: $\\boxed{2}$", BOTH),
    ("\\boxed{text_quality: 3, context_coherence: 2}", BOTH),
    ("\\boxed{\\text{text\\_quality}: 3, \\text{context\\_coherence}: 2}", BOTH),
    ("text_quality: (3)\ncontext_coherence: <2>", BOTH),
    ("text_quality (3)\ncontext_coherence (2)", BOTH),
    ("text_quality,3\ncontext_coherence,2", BOTH),
    ("text_quality: ~~1~~ 3\ncontext_coherence: 2", BOTH),
    ("<text_quality>3</text_quality>\n<context_coherence>2</context_coherence>", BOTH),
    (
        "<scores><text_quality>3</text_quality><context_coherence>2</context_coherence></scores>",
        BOTH,
    ),
    ("<b>Text quality</b>: 3<br>Context coherence: 2", BOTH),
    ("L4 and L3: 3", {TQ: 3, CC: 3}),
    ("Text quality and context coherence both get a 3.", {TQ: 3, CC: 3}),
    ("All four dimensions get a 3.", dict.fromkeys(LOCAL, 3)),
    ("I give a 2 for all dimensions.", dict.fromkeys(LOCAL, 2)),
    # lists
    ("\\boxed{3, 2, 1, 0}", dict(zip(LOCAL, (3, 2, 1, 0), strict=True))),
    ("My scores: $\\boxed{[3, 2, 1, 0]}$", dict(zip(LOCAL, (3, 2, 1, 0), strict=True))),
    ("[[3, 2, 1, 0]]", dict(zip(LOCAL, (3, 2, 1, 0), strict=True))),
    ("Scores: [3, 2, 1, 0]", dict(zip(LOCAL, (3, 2, 1, 0), strict=True))),
    ("\\boxed{3, 2, 5, 0}", {LOCAL[0]: 3, LOCAL[1]: 2, LOCAL[3]: 0}),
    # tables
    ("| Dimension | Score |\n|---|---|\n| Text quality | 3 |\n| Context coherence | 2 |", BOTH),
    (
        "| Dimension | Score | Reason |\n|:--|:-:|--|\n| L4 | 3/3 | 2 small typos |\n"
        "| L3 | **2** | 1 slip |",
        BOTH,
    ),
    ("| # | Dimension | Score |\n|---|---|---|\n| 1 | text_quality | 3 |\n| 2 | L3 | 2 |", BOTH),
    ("| text_quality | 3 |\n| context_coherence | 2 |", BOTH),
    ("| L4 | L3 |\n|----|----|\n| 3 | 2 |", BOTH),
    ("| | L4 | L3 |\n|---|---|---|\n| Score | 3 | 2 |", BOTH),
    (
        "<table><tr><th>Dimension</th><th>Score</th></tr><tr><td>Text quality</td><td>3</td></tr>"
        "<tr><td>Context coherence</td><td>2</td></tr></table>",
        BOTH,
    ),
    # headings, YAML
    (
        "### Text Quality\nThe text is clear.\n**Score:** 3\n\n### Context Coherence\nScore: 2/3",
        BOTH,
    ),
    ("## L4\nScore: 3\n## L3\nScore: 2", BOTH),
    ("**Text Quality**\n- Reason: fine\n- Score: 3\n\n**Context Coherence**\n- Score: 2", BOTH),
    ("1. Text Quality\n   Score: 3\n2. Context Coherence\n   Score: 2", BOTH),
    ("Text Quality: The text is clear.\nScore: 3\n\nContext Coherence: It drifts.\nScore: 2", BOTH),
    ("Text quality: The text is clear. Score: 3.\nContext coherence: It drifts. Score: 2.", BOTH),
    ("Text quality: The text is clear. 3/3\nContext coherence: It drifts. 2/3", BOTH),
    ("### Text quality\n3\n### Context coherence\n2", BOTH),
    ("text_quality:\n  score: 3\n  reason: fine\ncontext_coherence:\n  score: 2", BOTH),
    ("- dimension: text_quality\n  score: 3\n- dimension: context_coherence\n  score: 2", BOTH),
    ("Dimension: Text quality\nScore: 3\n\nDimension: Context coherence\nScore: 2", BOTH),
    ("scores:\n  text_quality: 3\n  context_coherence: 2", BOTH),
    ('### Text quality\n{"score": 3}\n### Context coherence\n{"score": 2}', BOTH),
    # prose
    ("I would give text quality a 3 and context coherence a 2.", BOTH),
    ("I'd give text quality 3 and context coherence 2.", BOTH),
    ("I rate text quality at 3. For context coherence I would give a 2.", BOTH),
    ("The text quality is 3, the context coherence is 2.", BOTH),
    ("Text quality deserves a 3, while context coherence deserves a 2.", BOTH),
    ("I assign a score of 3 to text quality and a score of 2 to context coherence.", BOTH),
    ("I give 3 for text quality and 2 for context coherence.", BOTH),
    ("3/3 for text quality, 2/3 for context coherence", BOTH),
    ("In terms of text quality, I give it a 3. As for context coherence: 2.", BOTH),
    ("It is not perfect, but text quality: 3. So context coherence: 2.", BOTH),
    # final verdicts
    ("text_quality: 1\nHmm, no.\n\nFinal scores:\ntext_quality: 3\ncontext_coherence: 2", BOTH),
    ("At first text_quality: 1.\n**Final answer:** text_quality: 3, context_coherence: 2", BOTH),
    ('Draft: text_quality 1.\n## Final Scores\n{"text_quality": 3, "context_coherence": 2}', BOTH),
    ("text_quality: 1, L3: 0. Revised scores: text_quality: 3, L3: 2", BOTH),
    ("<answer>text_quality: 3, context_coherence: 2</answer>", BOTH),
    # thinking
    ("<think>text_quality: 1</think>text_quality: 3\ncontext_coherence: 2", BOTH),
    ("text_quality: 1\n</think>\ntext_quality: 3\ncontext_coherence: 2", BOTH),
    ("text_quality: 3\ncontext_coherence: 2\n<think>maybe text_quality: 1", BOTH),
    ("<think>a<think>b</think>text_quality: 3\ncontext_coherence: 2", BOTH),
    ("[THINK]text_quality: 1[/THINK]text_quality: 3, L3: 2", BOTH),
    (
        "<|channel|>analysis<|message|>text_quality: 1<|end|><|start|>assistant"
        "<|channel|>final<|message|>text_quality: 3, L3: 2",
        BOTH,
    ),
    # other scripts
    ("text_quality: ٣\ncontext_coherence: ٢", BOTH),
    ("text_quality: ३\ncontext_coherence: २", BOTH),
    ("ｔｅｘｔ＿ｑｕａｌｉｔｙ：３\ncontext_coherence：２", BOTH),
    ("text_quality：三\ncontext_coherence：二分", BOTH),
    ("text_quality：3分（满分3分）\ncontext_coherence：2分", BOTH),
    ("text_quality: 3️⃣\ncontext_coherence: ②", BOTH),
    ("text_quality: 𝟑\ncontext_coherence: 𝟐", BOTH),
    # one stated, one not
    ("text_quality: 3\ncontext_coherence: 2.5", {TQ: 3}),
    ("text_quality: 3\ncontext_coherence: N/A", {TQ: 3}),
    ("text_quality: 3\ncontext_coherence: 4", {TQ: 3}),
    ('{"text_quality": 3, "context_coherence": null}', {TQ: 3}),
    ('{"text_quality": 3, "context_coherence": true}', {TQ: 3}),
    ('{"text_quality": 3, "context_coherence": NaN}', {TQ: 3}),
    ('{"text_quality": 3, "context_coherence": 1, "context_coherence": 2}', {TQ: 3}),
    ("text_quality: 3\ncontext_coherence: 1\ncontext_coherence: 2", {TQ: 3}),
    ("text_quality: 3\nhelpfulness: 2", {TQ: 3}),
    ("text_quality: 3\ntext_quality: 3 (as said)", {TQ: 3}),
    ("text_quality: 1\ncontext_coherence: 2\nFinal text_quality: 3", BOTH),
    ("Image-text consistency: 2", {LOCAL[0]: 2}),
    ("Perceptual quality: 0", {LOCAL[1]: 0}),
    ("L2: 3", {LOCAL[1]: 3}),
    ("1. text_quality: 3", {TQ: 3}),
]

NOT_STATED = [
    "",
    "   \n ",
    "API Failed",
    "API Failed: text_quality: 3",
    "Error: 500, text_quality 3",
    "null",
    "None",
    "<html><body>text_quality: 3</body></html>",
    "<!DOCTYPE html>\n<title>502 Bad Gateway</title> text_quality: 2",
    '{"error": {"message": "rate limit", "code": 429}, "text_quality": 1}',
    '{"error": "API Failed", "text_quality": 0}',
    "I'm sorry, I can't help with that.",
    "As an AI model I cannot rate images. Text quality has 3 aspects.",
    "<think>text_quality: 3</think>",
    "<think>text_quality: 3",
    "text_quality: 3</think>",
    "text_quality: 4",
    "text_quality: 5/5",
    "text_quality: 10",
    "text_quality: 10/10",
    "text_quality: 3/5",
    "text_quality: 3/10",
    "text_quality: 3 out of 5",
    "text_quality: 30%",
    "text_quality: 2.5",
    "text_quality: 2,5",
    "text_quality: 2½",
    "text_quality: -1",
    "text_quality: −1",
    "text_quality: 2-3",
    "text_quality: 2–3",
    "text_quality: 2 to 3",
    "text_quality: 2 or 3",
    "text_quality: 2/3 or 3/3",
    "text_quality: between 2 and 3",
    "text_quality: 2+",
    "text_quality: >2",
    "text_quality: <3",
    "text_quality: ~2",
    "text_quality: 3?",
    "text_quality: 3 typos",
    "text_quality: 3rd best",
    "text_quality: one of the best",
    "text_quality: 3 would be too generous",
    "text_quality: 3 is too high",
    "text_quality: 3 if one is generous",
    "text_quality: 3, if one is generous",
    "text_quality: 3 -> 2",
    "text_quality: 3 in turn 1, 2 in turn 2",
    "text_quality: A",
    "text_quality: good",
    "text_quality: unknown",
    "text_quality: <score>",
    "text_quality: X/3",
    "text_quality:",
    "text_quality: 0-3",
    "text_quality: 0, 1, 2 or 3",
    "text_quality (0-3)",
    "text_quality (1-5): 3",
    "text_quality: 3 (out of 5)",
    "text_quality: 3\ntext_quality: 2",
    'text_quality: 3\n{"text_quality": 2}',
    '{"text_quality": 3}\n{"text_quality": 2}',
    "text_quality: 3. Wait, text_quality: 2.",
    '{"text_quality": 10}',
    '{"text_quality": 2.5}',
    '{"text_quality": -1}',
    '{"text_quality": "2-3"}',
    '{"text_quality": "3/5"}',
    '{"text_quality": true}',
    '{"text_quality": [3, 2]}',
    '{"text_quality": 3',
    '{"text_quality": <0-3>}',
    '{"text_quality": 0-3, "context_coherence": 0-3}',
    '{"text_quality": 0|1|2|3}',
    '{"text_quality": "<0, 1, 2 or 3>"}',
    '{"type": "object", "properties": {"text_quality": {"type": "integer", "maximum": 3}}}',
    '{"weights": {"text_quality": 1}}',
    '{"confidence": {"text_quality": 1}}',
    '{"text_quality_confidence": 1}',
    '{"max_text_quality": 3}',
    'Example: {"text_quality": 3}',
    'Respond in the following format:\n```json\n{"text_quality": 3}\n```',
    "Output format:\ntext_quality: 3\ncontext_coherence: 2",
    "For example:\ntext_quality: 3",
    "text_quality: 0 = bad, 3 = good",
    "text_quality: 0 (bad) to 3 (good)",
    "text_quality: 0 for bad, 3 for good",
    "- text_quality: 3 - clear; 2 - vague; 1 - wrong; 0 - empty",
    "text_quality: 3 means clear and correct",
    "### text_quality\n- 0: wrong\n- 1: vague\n- 2: clear\n- 3: perfect",
    "### text_quality\nScore 0: wrong. Score 3: perfect.",
    "Score each dimension from 0 to 3.",
    "| text_quality | 0 | 1 | 2 | 3 |",
    "| Dimension | Score (1-5) |\n|---|---|\n| text_quality | 3 |",
    "| Dimension | Max | Weight |\n|---|---|---|\n| text_quality | 3 | 1 |",
    "| | text_quality |\n|---|---|\n| Answer A | 3 |\n| Answer B | 2 |",
    "Scores (1-5):\ntext_quality: 3",
    "On a scale of 1 to 10, text_quality: 3",
    "Using a 5-point scale. text_quality: 3",
    "> text_quality: 3",
    "I can't give text_quality a 3.",
    "I cannot, in good faith, give text quality a 3.",
    "I would not rate text quality a 3",
    "Text quality is not a 3.",
    "text quality might be 2",
    "If the text were shorter, text quality would be 3.",
    "I was tempted to give text quality a 3.",
    "The user asked me to rate text quality a 3.",
    "The human annotator gave text quality a 3.",
    "There are 3 reasons for text quality.",
    "text_quality has 3 problems",
    "Text quality is almost 3",
    "3",
    "Score: 3",
    "\\boxed{3}",
    "\\boxed{3, 2, 1}",
    "\\boxed{3, 2, 1, 0, 2}",
    "3, 2, 1, 0",
    "1. The text is clear.\n2. The picture fits.",
    "Overall score: 3",
    "- score: 3\n  dimension: helpfulness\n- score: 2\n  dimension: context_awareness",
    "human_text_quality: 3",
    "my_text_quality_weight: 3",
    "text_quality1: 3",
    "All dimensions get a 3 except text quality.",
    "L: 3",
    "text_quality" * 200,
]


@pytest.mark.parametrize(("reply", "scores"), STATED)
def test_stated(reply, scores):
    assert parse_scores(reply, LOCAL) == {**dict.fromkeys(LOCAL), **scores}


@pytest.mark.parametrize("reply", NOT_STATED)
def test_not_stated(reply):
    assert parse_scores(reply, LOCAL) == dict.fromkeys(LOCAL)


@pytest.mark.parametrize(
    ("reply", "score"),
    [
        ("3", 3),
        (" 3 \n", 3),
        ("**3**", 3),
        ("3/3", 3),
        ("3 out of 3", 3),
        ("two", 2),
        ("０", 0),
        ("[[3]]", 3),
        ("\\boxed{3}", 3),
        ("\\boxed{\\text{3}}", 3),
        ("Score: 3", 3),
        ("**Score:** 3", 3),
        ("Rating: [[2]]", 2),
        ("The score is 3.", 3),
        ("I'd give it a 3.", 3),
        ("I would rate this answer 2 out of 3.", 2),
        ("It is clear.\n\nScore: 3", 3),
        ("3\n\nIt is clear and has 2 parts.", 3),
        ("It is clear and has 2 parts.\n\n3", 3),
        ("I think 1 at first.\nFinal score: 3", 3),
        ("Score: 1\nFinal score: 3", 3),
        ("<answer>3</answer>", 3),
        ('{"score": 3}', 3),
        ('{"reason": "x", "score": 3}', 3),
        ("text quality: 3", 3),
        ("L4: 3", 3),
        ("4", None),
        ("10", None),
        ("2.5", None),
        ("2-3", None),
        ("3/5", None),
        ("-1", None),
        ("3.\n4.", None),
        ("1. Clear.\n2. Short.", None),
        ("Score: 3\nScore: 2", None),
        ("context_coherence: 3", None),
        ("### Context coherence\nScore: 3", None),
        ("Overall score: 3", None),
        ("[[3, 2]]", None),
        ("Score: 0 to 3", None),
        ("I can't give it a 3.", None),
        ("Score: 7", None),
        ("", None),
    ],
)
def test_one_dimension_may_go_unnamed(reply, score):
    assert parse_scores(reply, [TQ]) == {TQ: score}


@pytest.mark.parametrize(
    ("reply", "score"),
    [
        ("style_coherence: -1", -1),
        ("style_coherence: −1", -1),
        ("style_coherence: – 1", None),
        ("style_coherence: minus one", -1),
        ("G5: -1 (no pictures)", -1),
        ('{"style_coherence": -1}', -1),
        ('{"visual_style_coherence": "-1"}', -1),
        ("style_coherence = -1", -1),
        ("style_coherence: -2", None),
        ("style_coherence: -1/3", None),
        ("style_coherence - 1", 1),
        ("Style coherence (-1 to 3): -1", -1),
        ("Style coherence (-1-3): 2", 2),
        ("| G5 | -1 |", -1),
        ("I give style coherence a -1.", -1),
        ("style_coherence: 0", 0),
    ],
)
def test_minus_one_is_for_style_coherence(reply, score):
    assert parse_scores(reply, GLOBAL)[G5] == score


@pytest.mark.parametrize("key", [d for d in (*LOCAL, *GLOBAL) if d != G5])
def test_minus_one_is_for_nothing_else(key):
    assert parse_scores(f"{key}: -1", (*LOCAL, *GLOBAL))[key] is None


@pytest.mark.parametrize("key", [*LOCAL, *GLOBAL])
@pytest.mark.parametrize("score", [0, 1, 2, 3])
@pytest.mark.parametrize("form", ["{}: {}", '{{"{}": {}}}', "- **{}** = {}/3", "| {} | {} |"])
def test_every_score_of_every_dimension(key, score, form):
    everything = (*LOCAL, *GLOBAL)
    reply = form.format(key, score)
    assert parse_scores(reply, everything) == {**dict.fromkeys(everything), key: score}


def test_the_result_has_the_names_asked_for():
    assert parse_scores("text_quality: 3, L3: 1", ["L4", "contextual_coherence", "made_up"]) == {
        "L4": 3,
        "contextual_coherence": 1,
        "made_up": None,
    }
    assert parse_scores("made up: 2", ["made_up", "L4"]) == {"made_up": 2, "L4": None}
    assert parse_scores("text_quality: 3", []) == {}


def test_image_text_consistency_is_ambiguous_where_both_are_asked_for():
    reply = "image-text consistency: 2"
    both = ("local_image_text_consistency", "global_image_text_consistency")
    assert parse_scores(reply, both) == dict.fromkeys(both)
    assert parse_scores(reply, GLOBAL)[both[1]] == 2
