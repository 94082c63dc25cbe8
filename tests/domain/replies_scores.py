"""Replies to "score this answer" as different models write them, and what a person reads.

Each entry: a name, the level asked for, the scores in the order of the dimensions ("." where
the reply states none), the reply. Written before the parser was looked at.
"""

from __future__ import annotations

REPLIES: list[tuple[str, str, str, str]] = [
    # --- chat models in English -----------------------------------------------------------
    (
        "headed sections with a bold score line",
        "local",
        "3 2 3 2",
        """\
### Evaluation of Turn 3

#### 1. Local Image-Text Consistency
The text describes a red barn with two windows, and the picture shows exactly that. All 4 objects \
named in the text are visible.
**Score: 3**

#### 2. Visual Perceptual Quality
The image is clean at first sight. Looking closely, 1 of the 5 fence posts floats.
**Score: 2**

#### 3. Context Coherence
Takes up the wish from turn 1 (a winter scene) and turn 2 (no people).
**Score: 3**

#### 4. Text Quality
Correct, but the last 2 sentences are padding.
**Score: 2**
""",
    ),
    (
        "bullets, the score in bold at the end of each line",
        "local",
        "2 1 3 3",
        """\
Here's my assessment:

- **local_image_text_consistency**: The caption says "three cats", the picture has two. → **2**
- **visual_perceptual_quality**: The left paw has six toes. → **1**
- **context_coherence**: Follows from the dialogue. → **3**
- **text_quality**: Precise and short. → **3**

Let me know if you'd like me to elaborate!
""",
    ),
    (
        "prose with the scores in a closing paragraph",
        "local",
        "2 3 2 1",
        """\
The answer does a reasonable job. The picture of the harbour is striking and free of artefacts, \
though the text mentions a lighthouse that is not there. It also repeats advice from the previous \
turn, and two of its five sentences are hard to parse.

Taking all this together, I'd give local image-text consistency a 2, visual perceptual quality a \
3, context coherence a 2, and text quality a 1.
""",
    ),
    (
        "reason object first, then flat scores",
        "local",
        "1 2 2 3",
        """\
{"reason": "L1: the text says the dog is brown (it is black). A 3 would need both to agree. \
L2: small halo around the ears. L3: ignores the second wish. L4: fine.", \
"local_image_text_consistency": 1, "visual_perceptual_quality": 2, "context_coherence": 2, \
"text_quality": 3}""",
    ),
    (
        "JSON between tags with a leading remark",
        "local",
        "3 3 3 2",
        """\
Sure — scoring the answer of turn 2.

<result>
{
  "local_image_text_consistency": {"reason": "Everything matches.", "score": 3},
  "visual_perceptual_quality": {"reason": "No visible defect.", "score": 3},
  "context_coherence": {"reason": "Keeps the name Ada from turn 1.", "score": 3},
  "text_quality": {"reason": "One sentence too many; otherwise a 3.", "score": 2}
}
</result>
""",
    ),
    (
        "a table with emoji and reasons that hold numbers",
        "local",
        "3 2 1 3",
        """\
| 🧩 Dimension | ⭐ Score (0–3) | 📝 Justification |
|:---|:---:|:---|
| **Local image-text consistency** | 3 | 4 of 4 objects present |
| **Visual perceptual quality** | 2 | 1 extra finger on the left hand |
| **Context coherence** | 1 | Forgets the 2 constraints of turn 1 |
| **Text quality** | 3 | 0 errors found |
""",
    ),
    (
        "a table with the average in its last row",
        "local",
        "3 2 2 3",
        """\
| Dimension | Score |
|---|---|
| L1 local_image_text_consistency | 3 |
| L2 visual_perceptual_quality | 2 |
| L3 context_coherence | 2 |
| L4 text_quality | 3 |
| **Average** | **2.5** |
""",
    ),
    (
        "a table with maximum and weight columns",
        "local",
        "3 2 2 1",
        """\
| Dimension | Weight | Max | Score |
|---|---|---|---|
| local_image_text_consistency | 1 | 3 | 3 |
| visual_perceptual_quality | 1 | 3 | 2 |
| context_coherence | 2 | 3 | 2 |
| text_quality | 1 | 3 | 1 |
""",
    ),
    (
        "stars",
        "local",
        "3 2 1 0",
        """\
- Local image-text consistency: ★★★ (3/3)
- Visual perceptual quality: ★★☆ (2/3)
- Context coherence: ★☆☆ (1/3)
- Text quality: ☆☆☆ (0/3)
""",
    ),
    (
        "four stars of five are no score from 0 to 3",
        "local",
        ". . . .",
        """\
- Local image-text consistency: ★★★★☆
- Visual perceptual quality: ★★★★★
- Context coherence: ★★★☆☆
- Text quality: ★★★★☆
""",
    ),
    (
        "ids only, one line, with a comment",
        "local",
        "2 2 3 3",
        "L1=2 (lamp missing), L2=2 (blurry edge), L3=3, L4=3",
    ),
    (
        "short multimodal model",
        "local",
        "2 2 3 2",
        "local_image_text_consistency: 2, visual_perceptual_quality: 2, context_coherence: 3, "
        "text_quality: 2",
    ),
    (
        "the sentence of a small model",
        "local",
        "3 3 2 3",
        "The local image text consistency is 3, the visual perceptual quality is 3, the context "
        "coherence is 2 and the text quality is 3.",
    ),
    (
        "a score per heading on the same line",
        "local",
        "1 2 3 2",
        """\
## Local Image-Text Consistency — 1/3
The text announces a map. The picture shows a photo of 3 people.

## Visual Perceptual Quality — 2/3
Slight blur.

## Context Coherence — 3/3
Good.

## Text Quality — 2/3
Wordy.
""",
    ),
    (
        "headings with the score on a line of its own",
        "local",
        "1 2 3 2",
        """\
**Local Image-Text Consistency**
1

The text announces a map.

**Visual Perceptual Quality**
2

Slight blur.

**Context Coherence**
3

**Text Quality**
2
""",
    ),
    (
        "worst fault first, verdict second",
        "local",
        "2 1 3 2",
        """\
local_image_text_consistency
  Worst fault: the text names 3 chairs, 2 are visible.
  Verdict: 2
visual_perceptual_quality
  Worst fault: warped lettering.
  Verdict: 1
context_coherence
  Worst fault: none.
  Verdict: 3
text_quality
  Worst fault: padding.
  Verdict: 2
""",
    ),
    (
        "the rubric restated, then the scores",
        "local",
        "2 3 2 2",
        """\
First, the scale: 0 = fails, 1 = weak, 2 = good with small faults, 3 = nothing to improve.

Scores:
local_image_text_consistency: 2
visual_perceptual_quality: 3
context_coherence: 2
text_quality: 2
""",
    ),
    (
        "a rubric per dimension, then a final JSON",
        "local",
        "2 3 2 1",
        """\
**text_quality** (0: wrong, 1: hindering errors, 2: padding, 3: precise): errors in two sentences.

```json
{"local_image_text_consistency": 2, "visual_perceptual_quality": 3, "context_coherence": 2, \
"text_quality": 1}
```
""",
    ),
    (
        "JSON lines",
        "local",
        "2 3 2 1",
        """\
{"dimension": "local_image_text_consistency", "score": 2, "reason": "the 3rd chair is missing"}
{"dimension": "visual_perceptual_quality", "score": 3, "reason": "clean"}
{"dimension": "context_coherence", "score": 2, "reason": "repeats turn 1"}
{"dimension": "text_quality", "score": 1, "reason": "2 errors"}
""",
    ),
    (
        "YAML with reasons folded over lines",
        "local",
        "2 3 2 1",
        """\
```yaml
reason: >
  The text says 3 boats; I count 2.
  Otherwise good.
scores:
  local_image_text_consistency: 2   # boats
  visual_perceptual_quality: 3
  context_coherence: 2
  text_quality: 1
```""",
    ),
    (
        "TOML",
        "local",
        "2 3 2 1",
        """\
[scores]
local_image_text_consistency = 2
visual_perceptual_quality = 3
context_coherence = 2
text_quality = 1
""",
    ),
    (
        "XML with attributes for the reason",
        "local",
        "2 3 2 1",
        """\
<evaluation>
  <local_image_text_consistency reason="3 boats named, 2 seen">2</local_image_text_consistency>
  <visual_perceptual_quality reason="clean">3</visual_perceptual_quality>
  <context_coherence reason="repeats">2</context_coherence>
  <text_quality reason="2 errors">1</text_quality>
</evaluation>""",
    ),
    (
        "XML with nested score elements",
        "local",
        "2 3 2 1",
        """\
<local_image_text_consistency><reason>3 boats named</reason><score>2</score>\
</local_image_text_consistency>
<visual_perceptual_quality><reason>clean</reason><score>3</score></visual_perceptual_quality>
<context_coherence><reason>repeats</reason><score>2</score></context_coherence>
<text_quality><reason>2 errors</reason><score>1</score></text_quality>
""",
    ),
    (
        "a LaTeX boxed list with names",
        "local",
        "2 3 2 1",
        "Therefore the scores are\n$$\\boxed{\\text{L1}=2,\\ \\text{L2}=3,\\ \\text{L3}=2,\\ "
        "\\text{L4}=1}$$",
    ),
    (
        "a LaTeX boxed list in the asked order",
        "local",
        "2 3 2 1",
        "In the order asked, my scores are $\\boxed{[2, 3, 2, 1]}$.",
    ),
    (
        "a LaTeX table",
        "local",
        "2 3 2 1",
        """\
\\begin{tabular}{lc}
Dimension & Score \\\\ \\hline
local\\_image\\_text\\_consistency & 2 \\\\
visual\\_perceptual\\_quality & 3 \\\\
context\\_coherence & 2 \\\\
text\\_quality & 1 \\\\
\\end{tabular}""",
    ),
    (
        "CSV with a header",
        "local",
        "2 3 2 1",
        "dimension,score\nlocal_image_text_consistency,2\nvisual_perceptual_quality,3\n"
        "context_coherence,2\ntext_quality,1",
    ),
    (
        "tab-separated with reasons",
        "local",
        "2 3 2 1",
        "local_image_text_consistency\t2\tthree boats named\nvisual_perceptual_quality\t3\tclean\n"
        "context_coherence\t2\trepeats turn 1\ntext_quality\t1\t2 errors",
    ),
    (
        "a numbered list without names",
        "local",
        ". . . .",
        "1. 2\n2. 3\n3. 2\n4. 1",
    ),
    (
        "bare numbers on lines",
        "local",
        ". . . .",
        "2\n3\n2\n1",
    ),
    (
        "a numbered list with the ids in the wrong order",
        "local",
        "1 2 3 0",
        "1. L4: 0\n2. L3: 3\n3. L2: 2\n4. L1: 1",
    ),
    (
        "a reason that quotes another score",
        "local",
        "2 2 2 2",
        """\
All dimensions: I started from "text_quality: 3" but found padding.

Final scores

local_image_text_consistency: 2
visual_perceptual_quality: 2
context_coherence: 2
text_quality: 2
""",
    ),
    (
        "draft and final",
        "local",
        "2 3 2 1",
        """\
**Initial impression**
- L1: 3
- L2: 3
- L3: 2
- L4: 2

**On reflection** the text says 3 boats and there are 2, and it has 2 errors.

**Final scores**
- L1: 2
- L2: 3
- L3: 2
- L4: 1
""",
    ),
    (
        "one score revised in prose, marked final",
        "local",
        ". . . 3",
        "Text quality: 2... on reflection 3. Final: text quality 3.",
    ),
    (
        "reconsidered without a final mark",
        "local",
        "2 3 2 .",
        """\
local_image_text_consistency: 2
visual_perceptual_quality: 3
context_coherence: 2
text_quality: 2
Hmm, looking again at the padding I think text_quality: 1
""",
    ),
    (
        "same dimension twice with different scores",
        "local",
        "2 3 2 .",
        "L1: 2\nL2: 3\nL3: 2\nL4: 1\nL4: 2",
    ),
    (
        "two JSON objects, identical",
        "local",
        "2 3 2 1",
        '{"L1": 2, "L2": 3, "L3": 2, "L4": 1}\n\nIn short:\n{"L1": 2, "L2": 3, "L3": 2, "L4": 1}',
    ),
    (
        "prose contradicts the JSON",
        "local",
        "2 3 2 .",
        'I would give text quality a 3.\n\n{"L1": 2, "L2": 3, "L3": 2, "L4": 1}',
    ),
    (
        "a half score among whole ones",
        "local",
        "2 . 2 1",
        "L1: 2\nL2: 2.5\nL3: 2\nL4: 1",
    ),
    (
        "ranges",
        "local",
        "2 . . 1",
        "L1: 2\nL2: 2-3\nL3: somewhere between 1 and 2\nL4: 1",
    ),
    (
        "another scale",
        "local",
        ". . . .",
        "L1: 2/5\nL2: 3/5\nL3: 2/5\nL4: 1/5",
    ),
    (
        "another scale announced once",
        "local",
        ". . . .",
        "I'll rate each dimension out of 5.\n\nL1: 2\nL2: 3\nL3: 2\nL4: 1",
    ),
    (
        "another scale, announced at the end",
        "local",
        ". . . .",
        "L1: 2\nL2: 3\nL3: 2\nL4: 1\n\n(All scores are out of 5.)",
    ),
    (
        "percent",
        "local",
        ". . . .",
        "L1: 100%\nL2: 66%\nL3: 3%\nL4: 2 %",
    ),
    (
        "letters for grades",
        "local",
        ". . . .",
        "L1: B+\nL2: A\nL3: C\nL4: A-",
    ),
    (
        "words for grades",
        "local",
        ". . . .",
        "L1: good\nL2: excellent\nL3: poor\nL4: fair",
    ),
    (
        "not applicable",
        "local",
        "2 . 3 3",
        "L1: 2\nL2: N/A (there are 0 pictures)\nL3: 3\nL4: 3",
    ),
    (
        "minus one where it does not exist",
        "local",
        ". . 3 3",
        "L1: -1 (no picture was made)\nL2: -1 (no picture was made)\nL3: 3\nL4: 3",
    ),
    (
        "hypothetical",
        "local",
        "3 2 3 .",
        """\
L1: 3
L2: 2
L3: 3
L4: would have been 3 if the second paragraph were not wrong
""",
    ),
    (
        "hypothetical and then the score",
        "local",
        "3 2 3 1",
        """\
L1: 3
L2: 2
L3: 3
L4: it would have been a 3 if the second paragraph were not wrong. Score: 1
""",
    ),
    (
        "negation and then the score",
        "local",
        "3 2 3 2",
        "L1: 3\nL2: not a 3 because of the halo, so 2\nL3: 3\nL4: 2, not 3",
    ),
    (
        "negation alone",
        "local",
        "3 . 3 .",
        "L1: 3\nL2: not a 3\nL3: 3\nL4: certainly not 2",
    ),
    (
        "bounds",
        "local",
        "3 . . .",
        "L1: 3\nL2: at least 2\nL3: at most 1\nL4: no more than 2",
    ),
    (
        "unsure",
        "local",
        "3 . . .",
        "L1: 3\nL2: maybe 2?\nL3: 1 or 2, hard to say\nL4: probably 2",
    ),
    (
        "deductions",
        "local",
        "3 2 1 2",
        """\
L1: start at 3, no deductions. Score: 3
L2: start at 3, minus 1 for the halo. Score: 2
L3: start at 3, minus 2 for ignoring the wish. Score: 1
L4: start at 3, minus 1 for padding. Score: 2
""",
    ),
    (
        "deductions without a score",
        "local",
        ". . . .",
        "L1: 3 minus 1 for the boats\nL2: start at 3, minus 1\nL3: 3 - 2\nL4: 3-1=2",
    ),
    (
        "a sum that is shown",
        "local",
        "2 3 2 1",
        "L1: 2\nL2: 3\nL3: 2\nL4: 1\n\nTotal: 8/12 (average 2.0)",
    ),
    (
        "confidence beside the score",
        "local",
        "2 3 2 1",
        "L1: 2 (confidence: 0.8)\nL2: 3 (confidence: 0.9)\nL3: 2 (confidence 1)\n"
        "L4: 1 (confidence 0.6)",
    ),
    (
        "JSON with confidence fields",
        "local",
        "2 3 2 1",
        '{"L1": {"score": 2, "confidence": 3}, "L2": {"score": 3, "confidence": 1}, '
        '"L3": {"score": 2, "confidence": 2}, "L4": {"score": 1, "confidence": 3}}',
    ),
    (
        "JSON with the reason after the score",
        "local",
        "2 3 2 1",
        '{"L1": 2, "L1_reason": "3 boats named", "L2": 3, "L2_reason": "0 defects", "L3": 2, '
        '"L3_reason": "x", "L4": 1, "L4_reason": "2 errors"}',
    ),
    (
        "JSON of lists",
        "local",
        "2 3 2 1",
        '{"dimensions": ["L1", "L2", "L3", "L4"], "scores": [2, 3, 2, 1]}',
    ),
    (
        "JSON of lists in another order",
        "local",
        "1 2 3 0",
        '{"dimensions": ["L4", "L3", "L2", "L1"], "scores": [0, 3, 2, 1]}',
    ),
    (
        "JSON with string scores and units",
        "local",
        "2 3 2 1",
        '{"L1": "2/3", "L2": "3 / 3", "L3": "2 points", "L4": "1 (weak)"}',
    ),
    (
        "JSON with scores as text in reasons",
        "local",
        ". . . .",
        '{"L1": "Two boats are missing, so points off.", "L2": "Good.", "L3": "See turn 2.", '
        '"L4": "There are 2 errors."}',
    ),
    (
        "truncated JSON inside the reason",
        "local",
        ". . . .",
        '{"reason": "L1 deserves a 2 because the text says three boats, L2: 3, L3: 2, L4: 1 and th',
    ),
    (
        "truncated JSON in the last number",
        "local",
        "2 3 2 .",
        '{"local_image_text_consistency": 2, "visual_perceptual_quality": 3, '
        '"context_coherence": 2, "text_quality": 1',
    ),
    (
        "truncated JSON before the last value",
        "local",
        "2 3 . .",
        '{"local_image_text_consistency": 2, "visual_perceptual_quality": 3, "context_coh',
    ),
    (
        "JSON with comments and single quotes",
        "local",
        "2 3 2 1",
        "{\n  'L1': 2, # boats\n  'L2': 3, # 0 defects\n  'L3': 2,\n  'L4': 1, # 2 errors\n}",
    ),
    (
        "Python assignment",
        "local",
        "2 3 2 1",
        "scores = dict(L1=2, L2=3, L3=2, L4=1)",
    ),
    (
        "JSON in a string",
        "local",
        "2 3 2 1",
        '"{\\"L1\\": 2, \\"L2\\": 3, \\"L3\\": 2, \\"L4\\": 1}"',
    ),
    (
        "a function call",
        "local",
        "2 3 2 1",
        '<tool_call>\n{"name": "submit_scores", "arguments": {"L1": 2, "L2": 3, "L3": 2, '
        '"L4": 1}}\n</tool_call>',
    ),
    (
        "echoed schema",
        "local",
        ". . . .",
        '{"type": "object", "properties": {"local_image_text_consistency": {"type": "integer", '
        '"enum": [0, 1, 2, 3]}, "text_quality": {"type": "integer", "enum": [0, 1, 2, 3], '
        '"default": 2}}, "required": ["text_quality"]}',
    ),
    (
        "echoed format",
        "local",
        ". . . .",
        'Reply with one JSON object: {"local_image_text_consistency": <0, 1, 2 or 3>, '
        '"visual_perceptual_quality": <0, 1, 2 or 3>, "context_coherence": <0, 1, 2 or 3>, '
        '"text_quality": <0, 1, 2 or 3>}',
    ),
    (
        "echoed rubric",
        "local",
        ". . . .",
        """\
## text_quality
Is the text correct, clear and in a good order, without padding?
- 0: wrong in the main point, unreadable, or empty
- 1: understandable, with errors or a lack of order that hinder the reader
- 2: correct and clear, with padding, vagueness or minor mistakes
- 3: correct, precise, well ordered, and no sentence too many
""",
    ),
    (
        "echoed instruction",
        "local",
        ". . . .",
        "Score the assistant's answer of turn 3 on: local_image_text_consistency, "
        "visual_perceptual_quality, context_coherence, text_quality.",
    ),
    (
        "an example and then the question back",
        "local",
        ". . . .",
        "For instance, I could say L1: 2, L2: 3, L3: 2, L4: 1. Would that format work for you?",
    ),
    (
        "an example first and the scores second",
        "local",
        "1 1 1 1",
        """\
The format is for example:
{"L1": 2, "L2": 3, "L3": 2, "L4": 1}

My scores:
{"L1": 1, "L2": 1, "L3": 1, "L4": 1}
""",
    ),
    (
        "a claim in the judged material",
        "local",
        "0 1 0 1",
        """\
The assistant's answer contains the line "text_quality: 3, context_coherence: 3", which is part of \
the material and counts for nothing.

L1: 0
L2: 1
L3: 0
L4: 1
""",
    ),
    (
        "scores of the previous turn mentioned",
        "local",
        "2 2 2 2",
        """\
In turn 1 text quality was a 3; that is context.
For turn 2:
L1: 2
L2: 2
L3: 2
L4: 2
""",
    ),
    (
        "scores for two answers",
        "local",
        ". . . .",
        """\
**Answer A**
L1: 2
L2: 3
L3: 2
L4: 1

**Answer B**
L1: 1
L2: 1
L3: 3
L4: 3
""",
    ),
    # --- thinking ----------------------------------------------------------------------
    (
        "a think block that drafts other scores",
        "local",
        "2 3 2 1",
        """\
<think>
Okay, let me go dimension by dimension. L1: 3? The text says three boats. I see two. So L1: 2.
{"L1": 3, "L2": 3, "L3": 3, "L4": 3}
Wait, no.
</think>

{"L1": 2, "L2": 3, "L3": 2, "L4": 1}""",
    ),
    (
        "a think block cut off by the token limit",
        "local",
        ". . . .",
        """\
<think>
Okay. L1: 2, L2: 3, L3: 2, L4: 1. Final scores:
{"L1": 2, "L2": 3, "L3": 2, "L4": 1}
Let me double-check""",
    ),
    (
        "a think block whose opening tag was in the prompt",
        "local",
        "2 3 2 1",
        "L1: 3, L2: 3, L3: 3, L4: 3. Hmm, too generous.\n</think>\n\nL1: 2\nL2: 3\nL3: 2\nL4: 1",
    ),
    (
        "nested think blocks",
        "local",
        "2 3 2 1",
        "<think>L1: 3 <think>L2: 0</think> L3: 0 L4: 0</think>\nL1: 2\nL2: 3\nL3: 2\nL4: 1",
    ),
    (
        "two think blocks",
        "local",
        "2 3 2 1",
        "<think>L1: 3</think>L1: 2\nL2: 3\n<think>L3: 0, L4: 0</think>\nL3: 2\nL4: 1",
    ),
    (
        "thinking tags of other spellings",
        "local",
        "2 3 2 1",
        "<thinking>\nL1: 3\nL2: 0\n</thinking>\nL1: 2\nL2: 3\nL3: 2\nL4: 1",
    ),
    (
        "capital think tags with blanks",
        "local",
        "2 3 2 1",
        "< THINK >L1: 0, L2: 0, L3: 0, L4: 0</ Think >\nL1: 2\nL2: 3\nL3: 2\nL4: 1",
    ),
    (
        "think with an attribute",
        "local",
        "2 3 2 1",
        '<think effort="high">L1: 0, L2: 0, L3: 0, L4: 0</think>\nL1: 2\nL2: 3\nL3: 2\nL4: 1',
    ),
    (
        "reasoning tag",
        "local",
        "2 3 2 1",
        "<reasoning>L1: 0, L2: 0, L3: 0, L4: 0</reasoning>\n<answer>L1: 2\nL2: 3\nL3: 2\nL4: 1"
        "</answer>",
    ),
    (
        "reasoning tag never closed",
        "local",
        ". . . .",
        "<reasoning>L1: 2, L2: 3, L3: 2, L4: 1",
    ),
    (
        "reflection, scratchpad, analysis and thought tags",
        "local",
        "2 3 2 1",
        "<thought>L1: 0</thought><scratchpad>L2: 0</scratchpad><analysis>L3: 0</analysis>"
        "<reflection>L4: 0</reflection>\nL1: 2\nL2: 3\nL3: 2\nL4: 1",
    ),
    (
        "a misspelt closing tag",
        "local",
        "2 3 2 1",
        "<think>L1: 0, L2: 0, L3: 0, L4: 0</thnik>\nL1: 2\nL2: 3\nL3: 2\nL4: 1",
    ),
    (
        "a misspelt opening tag",
        "local",
        "2 3 2 1",
        "<thnik>L1: 0, L2: 0, L3: 0, L4: 0</think>\nL1: 2\nL2: 3\nL3: 2\nL4: 1",
    ),
    (
        "a misspelt pair of tags",
        "local",
        "2 3 2 1",
        "<thinkng>L1: 0, L2: 0, L3: 0, L4: 0</thinkng>\nL1: 2\nL2: 3\nL3: 2\nL4: 1",
    ),
    (
        "Kimi's marks",
        "local",
        "2 3 2 1",
        "◁think▷L1: 0, L2: 0, L3: 0, L4: 0◁/think▷L1: 2\nL2: 3\nL3: 2\nL4: 1",
    ),
    (
        "Kimi's marks, cut off",
        "local",
        ". . . .",
        "◁think▷L1: 0, L2: 0, L3: 0, L4: 0",
    ),
    (
        "harmony channels",
        "local",
        "2 3 2 1",
        "<|channel|>analysis<|message|>L1: 0, L2: 0, L3: 0, L4: 0<|end|><|start|>assistant"
        "<|channel|>final<|message|>L1: 2\nL2: 3\nL3: 2\nL4: 1<|return|>",
    ),
    (
        "harmony channels, only the analysis",
        "local",
        ". . . .",
        "<|channel|>analysis<|message|>L1: 0, L2: 0, L3: 0, L4: 0",
    ),
    (
        "harmony channels stripped of their marks",
        "local",
        "2 3 2 1",
        "analysisL1: 0, L2: 0, L3: 0, L4: 0assistantfinalL1: 2\nL2: 3\nL3: 2\nL4: 1",
    ),
    (
        "Granite's and Gemma's marks",
        "local",
        "2 3 2 1",
        "<|begin_of_thought|>L1: 0, L2: 0<|end_of_thought|><|begin_of_solution|>L1: 2\nL2: 3\n"
        "L3: 2\nL4: 1<|end_of_solution|>",
    ),
    (
        "Seed's thinking tag",
        "local",
        "2 3 2 1",
        "<seed:think>L1: 0, L2: 0, L3: 0, L4: 0</seed:think>L1: 2\nL2: 3\nL3: 2\nL4: 1",
    ),
    (
        "a thinking process under a heading",
        "local",
        "2 3 2 1",
        """\
## Thinking
L1 looks like a 2, the boats. L4 has two errors.

## Final answer
L1: 2
L2: 3
L3: 2
L4: 1
""",
    ),
    (
        "escaped think tags",
        "local",
        "2 3 2 1",
        "&lt;think&gt;L1: 0, L2: 0, L3: 0, L4: 0&lt;/think&gt;\nL1: 2\nL2: 3\nL3: 2\nL4: 1",
    ),
    (
        "a details element around the thoughts",
        "local",
        "2 3 2 1",
        '<details type="reasoning"><summary>Thought for 12 seconds</summary>\n> L1: 0\n> L4: 0\n'
        "</details>\nL1: 2\nL2: 3\nL3: 2\nL4: 1",
    ),
    # --- faults --------------------------------------------------------------------------
    ("the released code's failure text", "local", ". . . .", "API Failed"),
    (
        "a refusal with the names in it",
        "local",
        ". . . .",
        "I'm sorry, but I can't provide scores for local_image_text_consistency, "
        "visual_perceptual_quality (0-3), context_coherence or text_quality, since 2 of the 3 "
        "pictures are missing.",
    ),
    (
        "a gateway's error page",
        "local",
        ". . . .",
        "<html>\n<head><title>504 Gateway Time-out</title></head>\n<body>\n<center><h1>504 "
        "Gateway Time-out</h1></center>\n<p>L1: 2, L2: 3, L3: 2, L4: 1</p></body>\n</html>",
    ),
    (
        "an error object",
        "local",
        ". . . .",
        '{"error": {"message": "Rate limit reached, limit 3, used 3", "type": "requests", '
        '"code": 429}}',
    ),
    (
        "a traceback",
        "local",
        ". . . .",
        'Traceback (most recent call last):\n  File "judge.py", line 3, in <module>\n'
        "    L1: 2\nopenai.RateLimitError: Error code: 429",
    ),
    (
        "repeated until the limit",
        "local",
        ". . . .",
        "L1: L1: L1: L1: L1: L1: L1: 2 L1: L1: L1",
    ),
    (
        "the names with nothing said",
        "local",
        ". . . .",
        "local_image_text_consistency:\nvisual_perceptual_quality:\ncontext_coherence:\n"
        "text_quality:\n",
    ),
    # --- other languages -------------------------------------------------------------------
    (
        "German with English keys",
        "local",
        "2 3 2 1",
        """\
Hier ist meine Bewertung:

- local_image_text_consistency: 2 – im Text stehen drei Boote, zu sehen sind 2.
- visual_perceptual_quality: 3 – keine sichtbaren Fehler.
- context_coherence: 2 von 3 Punkten – wiederholt sich.
- text_quality: 1 Punkt – zwei Fehler.
""",
    ),
    (
        "German ranges, negations and bounds",
        "local",
        ". . . .",
        "L1: 2 bis 3\nL2: 2 oder 3\nL3: keine 3\nL4: höchstens 2",
    ),
    ("German: another scale", "local", ". . . .", "L1: 3 von 5\nL2: 2 von 10\nL3: 3 aus 5\nL4: -"),
    (
        "German: not this but that",
        "local",
        "2 3 . .",
        "L1: 2, nicht 3\nL2: 3\nL3: nicht 3\nL4: wäre 3, wenn die Fehler nicht wären",
    ),
    (
        "French with English keys",
        "local",
        "2 3 2 1",
        """\
Voici mon évaluation :

local_image_text_consistency : 2 (le texte annonce trois bateaux)
visual_perceptual_quality : 3
context_coherence : 2 sur 3
text_quality : 1
""",
    ),
    (
        "French ranges and another scale",
        "local",
        ". . . .",
        "L1 : 2 ou 3\nL2 : 3 sur 5\nL3 : entre 2 et 3\nL4 : 2 à 3",
    ),
    (
        "French decimals and bounds",
        "local",
        ". . . .",
        "L1 : 2,5\nL2 : au moins 2\nL3 : presque 3\nL4 : pas 3",
    ),
    (
        "Spanish with English keys",
        "local",
        "2 3 2 1",
        """\
**Evaluación**
1. **local_image_text_consistency**: 2 — el texto menciona tres barcos.
2. **visual_perceptual_quality**: 3 — sin defectos.
3. **context_coherence**: 2 de 3 — repite.
4. **text_quality**: 1 punto — dos errores.
""",
    ),
    (
        "Spanish ranges and another scale",
        "local",
        ". . . .",
        "L1: 2 o 3\nL2: 3 de 5\nL3: entre 2 y 3\nL4: de 2 a 3",
    ),
    (
        "Italian and Portuguese another scale",
        "local",
        ". . . .",
        "L1: 3 su 5\nL2: 3 em 5\nL3: 2 ou 3\nL4: 3 di 5",
    ),
    (
        "Chinese with English keys",
        "local",
        "2 3 2 1",
        """\
评分如下：
local_image_text_consistency：2分，文中提到三艘船，图中只有两艘。
visual_perceptual_quality：3分，没有明显缺陷。
context_coherence：2分（满分3分）
text_quality：1分，有两处错误。
""",
    ),
    (
        "Chinese numerals",
        "local",
        "2 3 0 1",
        "L1：二分\nL2：三分\nL3：零分\nL4：一分",
    ),
    (
        "Chinese ranges and another scale",
        "local",
        ". . . .",
        "L1：2到3分\nL2：3分（满分5分）\nL3：2～3分\nL4：2分或3分",
    ),
    (
        "Chinese negations",
        "local",
        ". . . .",
        "L1：不是3分\nL2：不到3分\nL3：接近3分\nL4：本可以得3分",
    ),
    (
        "Chinese counts that are no scores",
        "local",
        ". . . .",
        "L1：有3个问题\nL2：2处缺陷\nL3：三点说明\nL4：第3轮",
    ),
    (
        "Japanese with English keys",
        "local",
        "2 3 2 1",
        "評価:\nL1：2点（3点満点）\nL2：3点\nL3：2点です。\nL4：1",
    ),
    (
        "Japanese ranges and another scale",
        "local",
        ". . . .",
        "L1：2〜3点\nL2：5点満点中3点\nL3：3/5\nL4：3点ではない",
    ),
    (
        "Korean with English keys",
        "local",
        "2 3 2 1",
        "L1: 2점\nL2: 3점 (3점 만점)\nL3: 2점입니다\nL4: 1점",
    ),
    (
        "Korean another scale and range",
        "local",
        ". . . .",
        "L1: 5점 만점에 3점\nL2: 3점 (5점 만점)\nL3: 2~3점\nL4: 3점이 아님",
    ),
    (
        "Russian with English keys",
        "local",
        "2 3 2 1",
        """\
Оценки:
L1: 2 — в тексте три лодки, на картинке 2.
L2: 3 балла
L3: 2 из 3
L4: 1 балл
""",
    ),
    (
        "Russian ranges, bounds and another scale",
        "local",
        ". . . .",
        "L1: 2 или 3\nL2: 3 из 5\nL3: от 2 до 3\nL4: не 3",
    ),
    (
        "Arabic digits",
        "local",
        "2 3 2 1",
        "local_image_text_consistency: ٢\nvisual_perceptual_quality: ٣\ncontext_coherence: ٢ من ٣\n"
        "text_quality: ١",
    ),
    (
        "Arabic ranges and another scale",
        "local",
        ". . . .",
        "L1: ٢ أو ٣\nL2: ٣ من ٥\nL3: ليس ٣\nL4: ٢-٣",
    ),
    (
        "Persian digits",
        "local",
        "2 3 2 1",
        "L1: ۲\nL2: ۳\nL3: ۲ از ۳\nL4: ۱",
    ),
    (
        "Hindi digits",
        "local",
        "2 3 2 1",
        "L1: २\nL2: ३ अंक\nL3: २\nL4: १",
    ),
    (
        "Hindi ranges and another scale",
        "local",
        ". . . .",
        "L1: २ या ३\nL2: ५ में से ३\nL3: ३ नहीं\nL4: २-३",
    ),
    (
        "Bengali, Thai and full-width digits",
        "local",
        "2 3 2 1",
        "L1: ২\nL2: ๓\nL3: ２\nL4: 𝟭",
    ),
    (
        "Polish, Turkish, Vietnamese ranges",
        "local",
        ". . . .",
        "L1: 2 lub 3\nL2: 2 veya 3\nL3: 2 hoặc 3\nL4: 2 eller 3",
    ),
    (
        "Polish, Turkish, Dutch another scale",
        "local",
        ". . . .",
        "L1: 3 z 5\nL2: 5 üzerinden 3\nL3: 3 van de 5\nL4: 3 af 5",
    ),
    # --- a conversation, G1 to G5 ------------------------------------------------------------
    (
        "minus one with its reason",
        "global",
        "2 1 2 0 -1",
        """\
- context_awareness: 2
- helpfulness: 1
- crucial_step_recognition: 2
- global_image_text_consistency: 0
- style_coherence: -1 (pictures were required in turns 2 and 3; none was made)
""",
    ),
    (
        "minus one after a dash",
        "global",
        "2 1 2 0 .",
        "G1 - 2\nG2 - 1\nG3 - 2\nG4 - 0\nG5 - - 1",
    ),
    (
        "minus one with a Unicode minus in a table",
        "global",
        "2 1 2 0 -1",
        "| Dimension | Score |\n|---|---|\n| G1 | 2 |\n| G2 | 1 |\n| G3 | 2 |\n| G4 | 0 |\n"
        "| G5 | −1 |",
    ),
    (
        "minus one in JSON with reasons per dimension",
        "global",
        "3 2 2 1 -1",
        '{"context_awareness": {"reason": "keeps the name", "score": 3}, "helpfulness": {"reason": '
        '"one of 3 wishes open", "score": 2}, "crucial_step_recognition": {"reason": "all 4 steps",'
        ' "score": 2}, "global_image_text_consistency": {"reason": "no picture in turn 2", '
        '"score": 1}, "style_coherence": {"reason": "-1 rule: none of 2 required pictures", '
        '"score": -1}}',
    ),
    (
        "the minus one rule restated, then not used",
        "global",
        "3 3 2 3 3",
        """\
G1: 3
G2: 3
G3: 2
G4: 3
G5: The -1 rule (pictures required, none made) does not apply; only one turn has a picture. \
Score: 3
""",
    ),
    (
        "minus one as a word",
        "global",
        ". . . . -1",
        "Style coherence: minus one, since no picture was ever made.",
    ),
    ("negative one", "global", ". . . . -1", "Style coherence: negative one."),
    ("minus one and a half", "global", ". . . . .", "style_coherence: -1.5"),
    ("minus one or zero", "global", ". . . . .", "style_coherence: -1 or 0"),
    ("minus one to three is a scale", "global", ". . . . .", "style_coherence: -1 to 3"),
    ("minus one as a deduction", "global", ". . . . .", "style_coherence: 3 -1 for the second cat"),
    ("minus three", "global", ". . . . .", "style_coherence: -3"),
    (
        "turn by turn, then the conversation",
        "global",
        "2 2 3 1 2",
        """\
Turn 1: context awareness fine, helpfulness good.
Turn 2: forgets the name of the dog.

Overall scores for the conversation:
1. Context awareness: 2
2. Helpfulness: 2
3. Crucial step recognition: 3
4. Global image-text consistency: 1
5. Style coherence: 2
""",
    ),
    (
        "turn by turn only",
        "global",
        ". . . . .",
        """\
Turn 1:
- helpfulness: 2
- style_coherence: 3
Turn 2:
- helpfulness: 3
- style_coherence: 1
""",
    ),
    (
        "alias names",
        "global",
        "2 3 1 2 3",
        "Context Awareness: 2\nHelpfulness and Completeness: 3\nCrucial Step Recognition: 1\n"
        "Global Image-Text Consistency: 2\nVisual Style Coherence: 3",
    ),
    (
        "short names",
        "global",
        "2 3 1 2 3",
        "G1 Context awareness - 2/3; G2 Helpfulness & completeness - 3/3; G3 Crucial steps "
        "recognition - 1/3; G4 Image-text consistency - 2/3; G5 Style coherence - 3/3",
    ),
    (
        "a matrix with one column a dimension",
        "global",
        "2 3 1 2 3",
        "| | G1 | G2 | G3 | G4 | G5 |\n|---|---|---|---|---|---|\n| Score | 2 | 3 | 1 | 2 | 3 |\n"
        "| Confidence | 1 | 2 | 3 | 1 | 1 |",
    ),
    (
        "local dimensions answered although global ones were asked",
        "global",
        ". . . . .",
        "L1: 2\nL2: 3\nL3: 2\nL4: 1",
    ),
    (
        "all the same",
        "global",
        "3 3 3 3 3",
        "I give a score of 3 on all five dimensions.",
    ),
    (
        "all the same but one",
        "global",
        ". . . . .",
        "Everything is a 3 except helpfulness, where one wish is open.",
    ),
    (
        "crucial steps are counted",
        "global",
        "2 2 1 3 3",
        """\
G1: 2
G2: 2
G3 - crucial_step_recognition: of the 3 crucial steps 2 were done, the third came too late. 1
G4: 3
G5: 3
""",
    ),
    (
        "verbs that small models like",
        "local",
        "2 1 3 2",
        """\
Let's evaluate:

**local_image_text_consistency**
The answer describes a kitchen with a blue stove; the picture has a red one. I'd put this at 2.

**visual_perceptual_quality**
There are several warped objects. This lands at 1.

**context_coherence**
Everything is picked up. This is a 3.

**text_quality**
Solid, slightly verbose. A 2 seems right.
""",
    ),
    (
        "score elements that name the dimension in an attribute",
        "local",
        "2 1 3 2",
        '<score dimension="L1">2</score>\n<score dimension="L2">1</score>\n'
        '<score dimension="L3">3</score>\n<score dimension="L4">2</score>',
    ),
    (
        "scores in attributes",
        "local",
        "2 1 3 2",
        '<dimension name="L1" score="2"/>\n<dimension name="L2" score="1"/>\n'
        '<dimension name="L3" score="3"/>\n<dimension name="L4" score="2"/>',
    ),
]
