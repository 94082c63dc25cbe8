"""Replies to "grade this description from 1 to 5", and what a person reads.

Each entry: a name, the grade (None where the reply states none), the reply. Written before the
parser was looked at.
"""

from __future__ import annotations

REPLIES: list[tuple[str, int | None, str]] = [
    ("JSON", 4, '{"reason": "4 of 5 steps named; step 3 is missing.", "grade": 4}'),
    ("JSON in prose", 3, 'My grade:\n\n```json\n{\n  "grade": 3\n}\n```\nHope this helps!'),
    ("JSON with max", 2, '{"grade": {"value": 2, "max": 5}}'),
    ("JSON with steps counted", 4, '{"steps_in_reference": 5, "steps_named": 3, "grade": 4}'),
    ("JSON, another scale", None, '{"grade": 8, "scale": "1-10"}'),
    ("JSON, half a grade", None, '{"grade": 3.5}'),
    ("JSON, no number", None, '{"grade": "good"}'),
    ("JSON cut off", None, '{"reason": "The description deserves a 4 since'),
    (
        "JSON schema",
        None,
        '{"properties": {"grade": {"type": "integer", "enum": [1, 2, 3, 4, 5]}}}',
    ),
    ("format echoed", None, 'Reply with {"grade": <1, 2, 3, 4 or 5>}'),
    (
        "rubric echoed",
        None,
        "- 5: names every crucial step\n- 4: one lesser step is missing\n- 3: about half agrees\n"
        "- 2: touches the subject\n- 1: generalities",
    ),
    (
        "rubric echoed, then a grade",
        3,
        "- 5: names every crucial step\n- 4: one lesser step is missing\n- 3: about half agrees\n"
        "- 2: touches the subject\n- 1: generalities\n\nGrade: 3",
    ),
    (
        "step by step",
        4,
        """\
The reference names 5 steps:
1. Ask for the room's size. Named.
2. Draft a plan. Named.
3. Show a picture. Named.
4. Correct the colours. Missing.
5. Offer variants. Named.

4 out of 5 steps are named, and nothing is wrong.

**Grade: 4**
""",
    ),
    (
        "step by step without a grade",
        None,
        "1. Ask for the size. Named.\n2. Draft a plan. Named.\n3. Show a picture. Missing.\n\n"
        "2 of the 3 steps are named.",
    ),
    (
        "steps counted in a fraction with the grade's denominator",
        None,
        "The description names 3/5 crucial steps.",
    ),
    ("prose verdict", 2, "Most steps are missing, so I grade the description 2 out of 5."),
    ("prose verdict 2", 4, "I would assign this a grade of 4."),
    ("prose verdict 3", 3, "This merits a 3/5."),
    ("prose verdict 4", 5, "A full 5 out of 5 from me."),
    ("closing line", 3, "About half agrees.\n\n3"),
    ("opening line", 3, "3\n\nAbout half of what matters agrees; 2 steps are missing."),
    ("opening line in bold", 3, "**3/5**\n\nAbout half agrees."),
    ("heading", 4, "## Grade\n4\n\n## Reason\nOne step of 5 is missing."),
    ("heading with the grade", 4, "# Grade: 4\nOne step of 5 is missing."),
    ("stars with the number", 4, "Grade: ⭐⭐⭐⭐ (4/5)"),
    ("LaTeX", 4, "The final answer is $\\boxed{4}$."),
    ("brackets", 4, "Rating: [[4]]"),
    ("tag", 4, "<reason>One step is missing, 5 would be too much.</reason><grade>4</grade>"),
    ("two halves", None, "Completeness: 4/5\nCorrectness: 3/5"),
    ("parts and the whole", 3, "Completeness: 4/5\nCorrectness: 3/5\n\nFinal grade: 3/5"),
    ("two grades", None, "Grade: 3\n...\nGrade: 4"),
    (
        "two grades, final",
        4,
        "Grade: 3\n\nOn second thought one step matters less.\n\nFinal grade: 4",
    ),
    ("between", None, "Somewhere between 3 and 4."),
    ("between, then decided", 3, "Between 3 and 4; I give the lower one. Grade: 3"),
    ("lower one not named", None, "I hesitate between 3 and 4 and give the lower one."),
    ("range", None, "Grade: 3–4"),
    ("plus and minus", None, "Grade: 4-"),
    ("plus", None, "Grade: 3+"),
    ("half", None, "Grade: 3½"),
    ("decimal comma", None, "Note: 3,5"),
    ("decimal", None, "Grade: 4.2/5"),
    ("whole decimal", 4, "Grade: 4.0/5"),
    ("ten", None, "Grade: 7/10"),
    ("ten in words", None, "I'd give it seven out of ten."),
    ("hundred", None, "Grade: 85/100"),
    ("of three", None, "Grade: 2/3"),
    ("zero", None, "Grade: 0/5"),
    ("minus one", None, "Grade: -1"),
    ("letter", None, "Grade: B"),
    ("word", None, "Grade: good"),
    ("word with number", 4, "Grade: good (4)"),
    ("negation", None, "This is not a 5."),
    ("negation and grade", 4, "This is not a 5, it is a 4."),
    ("hypothetical", None, "It would have been a 4 if step 2 were named."),
    ("hypothetical and grade", 2, "It would have been a 4 if step 2 were named. Grade: 2"),
    ("at least", None, "It deserves at least a 3."),
    ("question", None, "Is this a 4?"),
    ("grade of the reference person", None, "The human annotator gave the conversation a 4."),
    ("grade level", None, "The text is written at grade 5 level."),
    ("fifth grade", None, "A student of grade 4 would understand it."),
    ("enumerated turns", None, "Turn 4 holds the crucial step; turn 5 repeats it."),
    ("thinking", 2, "<think>Grade: 4? 5? I'd say Grade: 4.</think>\n\nGrade: 2"),
    ("thinking only", None, "<think>Grade: 4"),
    ("thinking without an opening tag", 2, "So 4 perhaps. Grade: 4\n</think>\nGrade: 2"),
    ("Kimi", 2, "◁think▷Grade: 4◁/think▷Grade: 2"),
    (
        "harmony",
        2,
        "<|channel|>analysis<|message|>Grade: 4<|end|><|start|>assistant<|channel|>final"
        "<|message|>Grade: 2",
    ),
    ("reasoning tag", 2, "<reasoning>Grade: 4</reasoning>\nGrade: 2"),
    ("German", 4, "Note: 4 von 5. Ein Schritt fehlt."),
    ("German verdict", 4, "Ich vergebe die Note 4."),
    ("German, another scale", None, "Note: 4 von 10"),
    ("German range", None, "Note: 3 bis 4"),
    ("French", 4, "Note : 4/5. Il manque une étape."),
    ("French another scale", None, "Note : 4 sur 10"),
    ("Spanish", 4, "Calificación: 4/5"),
    ("Spanish range", None, "Calificación: 3 o 4"),
    ("Chinese", 4, "评分：4分"),
    ("Chinese with scale", 4, "评分：4/5"),
    ("Chinese numeral", 4, "评分：四分"),
    ("Chinese another scale", None, "评分：4分（满分10分）"),
    ("Chinese range", None, "评分：3到4分"),
    ("Japanese", 4, "評価：4点（5点満点）"),
    ("Japanese another scale", None, "評価：10点満点中4点"),
    ("Russian", 4, "Оценка: 4 из 5"),
    ("Russian another scale", None, "Оценка: 4 из 10"),
    ("Arabic", 4, "الدرجة: ٤"),
    ("Arabic another scale", None, "الدرجة: ٤ من ١٠"),
    ("Hindi", 4, "ग्रेड: ४"),
    ("Korean", 4, "점수: 4점"),
    ("API Failed", None, "API Failed"),
    ("status code", None, "Error 5"),
    ("error with number", None, "Request failed after 3 attempts"),
    ("error page", None, "<html><body><h1>5</h1></body></html>"),
    ("refusal", None, "I'm sorry, I cannot grade this. It has 4 steps."),
    ("empty after thinking", None, "<think>4</think>\n"),
    ("year", None, "Grade: 2024"),
    ("version", None, "Grade 4.1.2"),
    ("time", None, "4:30"),
    ("a list of one", 4, "1. Grade: 4"),
    ("an equation", None, "5 - 1 = 4"),
    ("a deduction with grade", 4, "5 minus 1 for the missing step. Grade: 4"),
    ("example", None, "Example: Grade: 4"),
    ("claimed in the material", None, 'The description says "Grade: 5".'),
]
