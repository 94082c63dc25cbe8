"""Replies of today's models to our own prompts, and what a careful person reads in them.

Each entry: a name, what was asked (`local` and `global` scores, `pair` for choices on the local
dimensions and overall, `overall` alone, `grade`), what is read, the reply. In what is read "." is
none and "=" a tie. Those above the line were written before the parser was looked at.
"""

from __future__ import annotations

REPLIES: list[tuple[str, str, str, str]] = [
    (
        "gpt-4o, fenced JSON",
        "local",
        "2 3 3 2",
        '```json\n{"reason": "The text promises two boats, the picture shows one; '
        'everything else holds up. Turn 2 asked for dusk and got it.", '
        '"local_image_text_consistency": 2, "visual_perceptual_quality": 3, '
        '"context_coherence": 3, "text_quality": 2}\n```',
    ),
    (
        "qwen, JSON with strings",
        "local",
        "3 2 3 3",
        '{\n    "reason": "The image matches the description, with a slight blur on the '
        'left hand.",\n    "local_image_text_consistency": "3",\n    '
        '"visual_perceptual_quality": "2",\n    "context_coherence": "3",\n'
        '    "text_quality": "3"\n}',
    ),
    (
        "qwen, nested score and reason",
        "local",
        "1 2 3 2",
        '```json\n{\n  "local_image_text_consistency": {"score": 1, "reason": "The text '
        'names 3 cups, the picture has 2."},\n  "visual_perceptual_quality": {"score": 2, '
        '"reason": "One handle is melted."},\n  "context_coherence": {"score": 3, '
        '"reason": "Follows turn 1."},\n  "text_quality": {"score": 2, "reason": "Two '
        'filler sentences."}\n}\n```',
    ),
    (
        "qwen, placeholders kept as strings",
        "local",
        "2 . 3 2",
        '{"reason": "ok", "local_image_text_consistency": 2, '
        '"visual_perceptual_quality": "<0, 1, 2 or 3>", "context_coherence": 3, '
        '"text_quality": 2}',
    ),
    (
        "internvl, echoes the form and then answers",
        "local",
        "2 2 3 3",
        'The reply must have the form {"reason": "<at most 120 words>", '
        '"local_image_text_consistency": <0, 1, 2 or 3>, "visual_perceptual_quality": <0,'
        ' 1, 2 or 3>, "context_coherence": <0, 1, 2 or 3>, "text_quality": <0, 1, 2 or '
        '3>}.\n\n{"reason": "The bridge is there, its reflection is not.", '
        '"local_image_text_consistency": 2, "visual_perceptual_quality": 2, '
        '"context_coherence": 3, "text_quality": 3}',
    ),
    (
        "gemma, markdown and JSON agree",
        "local",
        "3 1 2 2",
        "**Local image-text consistency (L1):** 3\n**Visual perceptual quality (L2):** 1 "
        "- six fingers\n**Context coherence (L3):** 2\n**Text quality (L4):** 2\n"
        '\n```json\n{"local_image_text_consistency": 3, "visual_perceptual_quality": 1, '
        '"context_coherence": 2, "text_quality": 2}\n```',
    ),
    (
        "gemma, markdown and JSON disagree on one",
        "local",
        "3 . 2 2",
        "**L1:** 3\n**L2:** 2\n**L3:** 2\n**L4:** 2\n\n```json\n"
        '{"local_image_text_consistency": 3, "visual_perceptual_quality": 1, '
        '"context_coherence": 2, "text_quality": 2}\n```',
    ),
    (
        "llama, here is my evaluation",
        "local",
        "2 2 2 3",
        "Here is my evaluation of the assistant's answer of turn 2:\n"
        '\n{\n"reason": "The user needed a floor plan. The text describes 4 rooms, and the '
        'picture has 3. The door style changed since turn 1.",\n'
        '"local_image_text_consistency": 2,\n"visual_perceptual_quality": 2,\n'
        '"context_coherence": 2,\n"text_quality": 3\n}\n\nLet me know if you need anything '
        "else!",
    ),
    (
        "llama, single quotes and Python",
        "local",
        "3 3 2 1",
        "{'reason': 'The picture isn\\'t wrong, but the text repeats itself 3 times.', "
        "'local_image_text_consistency': 3, 'visual_perceptual_quality': 3, "
        "'context_coherence': 2, 'text_quality': 1}",
    ),
    (
        "claude, prose then JSON",
        "local",
        "2 3 3 2",
        "Looking at the final answer in its context:\n\n- The user asked at turn 3 for a "
        "version without people.\n- The picture still has 1 person at the left edge.\n"
        '\n{"reason": "One person is left although none was wanted.", '
        '"local_image_text_consistency": 2, "visual_perceptual_quality": 3, '
        '"context_coherence": 3, "text_quality": 2}',
    ),
    (
        "deepseek, think block with other scores",
        "local",
        "2 2 3 3",
        '<think>\nL1... the text says "red door" and it is brown. So maybe 1? '
        '"local_image_text_consistency": 1. Hmm, minor. I\'d go 2.\n'
        'L2: 2. L3: 3. L4: 3 or 2? 3.\n</think>\n\n{"reason": "The door is brown, not red.",'
        ' "local_image_text_consistency": 2, "visual_perceptual_quality": 2, '
        '"context_coherence": 3, "text_quality": 3}',
    ),
    (
        "deepseek, think block never closed",
        "local",
        ". . . .",
        "<think>\nOkay, so I need to score the answer. L1: 2. L2: 3. L3: 3. L4: 2. But "
        "wait, the picture",
    ),
    (
        "deepseek, thinking without an opening tag",
        "local",
        "1 2 2 2",
        "The user needs a recipe. I think L1: 3 at first.\nBut there are two eggs "
        'missing.\n</think>\n{"reason": "Two eggs are missing.", '
        '"local_image_text_consistency": 1, "visual_perceptual_quality": 2, '
        '"context_coherence": 2, "text_quality": 2}',
    ),
    (
        "qwen3, empty think block",
        "local",
        "3 3 3 3",
        '<think>\n\n</think>\n\n{"reason": "No fault found.", '
        '"local_image_text_consistency": 3, "visual_perceptual_quality": 3, '
        '"context_coherence": 3, "text_quality": 3}',
    ),
    (
        "glm, boxed JSON",
        "local",
        "2 1 3 2",
        '<|begin_of_box|>{"reason": "Faces are blurred.", '
        '"local_image_text_consistency": 2, "visual_perceptual_quality": 1, '
        '"context_coherence": 3, "text_quality": 2}<|end_of_box|>',
    ),
    (
        "gpt-oss, channels",
        "local",
        "2 3 3 2",
        "<|channel|>analysis<|message|>Maybe L1 1? L1: "
        '1.<|end|><|start|>assistant<|channel|>final<|message|>{"reason":"ok",'
        '"local_image_text_consistency":2,"visual_perceptual_quality":3,'
        '"context_coherence":3,"text_quality":2}',
    ),
    (
        "small model, keys shortened",
        "local",
        "2 3 2 2",
        '{"reason": "fine", "image_text_consistency": 2, "perceptual_quality": 3, '
        '"contextual_coherence": 2, "text_quality": 2}',
    ),
    (
        "small model, ids as keys",
        "local",
        "2 3 2 1",
        '{"L1": 2, "L2": 3, "L3": 2, "L4": 1}',
    ),
    (
        "small model, capitals and blanks",
        "local",
        "2 3 2 1",
        '{"Local Image-Text Consistency": 2, "Visual Perceptual Quality": 3, "Context '
        'Coherence": 2, "Text Quality": 1}',
    ),
    (
        "small model, list of objects",
        "local",
        "2 3 2 1",
        '[{"dimension": "local_image_text_consistency", "score": 2}, {"dimension": '
        '"visual_perceptual_quality", "score": 3}, {"dimension": "context_coherence", '
        '"score": 2}, {"dimension": "text_quality", "score": 1}]',
    ),
    (
        "small model, cut in the last value",
        "local",
        "2 3 2 .",
        '{"reason": "x", "local_image_text_consistency": 2, "visual_perceptual_quality": '
        '3, "context_coherence": 2, "text_quality": 1',
    ),
    (
        "small model, cut in its reason",
        "local",
        ". . . .",
        '{"reason": "The answer would be a 3 for text quality if it were not for the',
    ),
    (
        "small model, all fields twice, equal",
        "local",
        "2 3 2 1",
        '{"local_image_text_consistency": 2, "visual_perceptual_quality": 3, '
        '"context_coherence": 2, "text_quality": 1}\n{"local_image_text_consistency": 2, '
        '"visual_perceptual_quality": 3, "context_coherence": 2, "text_quality": 1}',
    ),
    (
        "small model, loops with other values",
        "local",
        "2 3 2 .",
        '{"local_image_text_consistency": 2, "visual_perceptual_quality": 3, '
        '"context_coherence": 2, "text_quality": 1}\n{"local_image_text_consistency": 2, '
        '"visual_perceptual_quality": 3, "context_coherence": 2, "text_quality": 2}',
    ),
    (
        "small model, scores every turn",
        "local",
        ". . . .",
        "Turn 1:\nlocal_image_text_consistency: 3\nvisual_perceptual_quality: 3\n"
        "context_coherence: 3\ntext_quality: 3\n\nTurn 2:\nlocal_image_text_consistency: 2\n"
        "visual_perceptual_quality: 2\ncontext_coherence: 2\ntext_quality: 2",
    ),
    (
        "small model, scores every turn in JSON",
        "local",
        ". . . .",
        '{"turn_1": {"local_image_text_consistency": 3, "visual_perceptual_quality": 3, '
        '"context_coherence": 3, "text_quality": 3}, "turn_2": '
        '{"local_image_text_consistency": 2, "visual_perceptual_quality": 2, '
        '"context_coherence": 2, "text_quality": 2}}',
    ),
    (
        "small model, decimals",
        "local",
        "2 3 . 1",
        '{"local_image_text_consistency": 2.0, "visual_perceptual_quality": 3.0, '
        '"context_coherence": 2.5, "text_quality": 1.0}',
    ),
    (
        "small model, out of the scale",
        "local",
        ". 3 2 .",
        '{"local_image_text_consistency": 4, "visual_perceptual_quality": 3, '
        '"context_coherence": 2, "text_quality": -1}',
    ),
    (
        "small model, fractions as strings",
        "local",
        "2 3 2 1",
        '{"local_image_text_consistency": "2/3", "visual_perceptual_quality": "3/3", '
        '"context_coherence": "2/3", "text_quality": "1/3"}',
    ),
    (
        "small model, fractions of ten",
        "local",
        ". . . .",
        '{"local_image_text_consistency": "7/10", "visual_perceptual_quality": "3/10", '
        '"context_coherence": "2/10", "text_quality": "1/10"}',
    ),
    (
        "small model, null for no picture",
        "local",
        "3 . 3 2",
        '{"local_image_text_consistency": 3, "visual_perceptual_quality": null, '
        '"context_coherence": 3, "text_quality": 2}',
    ),
    (
        "small model, N/A for no picture",
        "local",
        "3 . 3 2",
        "local_image_text_consistency: 3\nvisual_perceptual_quality: N/A (there is no "
        "picture; 0 images)\ncontext_coherence: 3\ntext_quality: 2",
    ),
    (
        "claude, no picture and why",
        "local",
        "1 2 3 3",
        '{"reason": "A picture was due at turn 2 and none was made, so consistency is 1; '
        'the user\'s own photo is slightly noisy.", "local_image_text_consistency": 1, '
        '"visual_perceptual_quality": 2, "context_coherence": 3, "text_quality": 3}',
    ),
    (
        "gpt-4o, table",
        "local",
        "2 3 3 2",
        "| Dimension | Score | Comment |\n|---|---|---|\n| local_image_text_consistency | "
        "2 | 1 of 3 objects missing |\n| visual_perceptual_quality | 3 | clean |\n"
        "| context_coherence | 3 | follows turn 2 |\n| text_quality | 2 | padding |",
    ),
    (
        "gpt-4o, table with ids and a total",
        "local",
        "2 3 3 2",
        "| | Dimension | Score (0–3) |\n|:-|:-|:-:|\n| L1 | Image-text consistency | **2** "
        "|\n| L2 | Visual perceptual quality | **3** |\n| L3 | Context coherence | **3** "
        "|\n| L4 | Text quality | **2** |\n| | **Total** | **10/12** |",
    ),
    (
        "gpt-4o, table of two turns",
        "local",
        ". . . .",
        "| Dimension | Turn 1 | Turn 2 |\n|---|---|---|\n| L1 | 3 | 2 |\n"
        "| L2 | 3 | 2 |\n| L3 | 3 | 2 |\n| L4 | 2 | 1 |",
    ),
    (
        "gemini, bold headings with bullets",
        "local",
        "3 2 3 2",
        "**1. Local Image-Text Consistency: 3**\n* The text says a blue kite, the picture "
        "shows a blue kite.\n\n**2. Visual Perceptual Quality: 2**\n"
        "* The string of the kite has 2 ends.\n\n**3. Context Coherence: 3**\n"
        "* Takes up turn 1.\n\n**4. Text Quality: 2**\n* 3 sentences would have been enough.",
    ),
    (
        "gemini, score below its heading",
        "local",
        "3 2 3 2",
        "## local_image_text_consistency\nScore: 3\nReason: all 4 items are there.\n"
        "\n## visual_perceptual_quality\nScore: 2\nReason: 1 item is blurred.\n"
        "\n## context_coherence\nScore: 3\nReason: follows turn 2.\n\n"
        "## text_quality\nScore: 2\nReason: 2 long sentences.",
    ),
    (
        "mistral, dashes and reasons first",
        "local",
        "2 2 3 1",
        "- local_image_text_consistency: the picture shows 2 lamps, the text speaks of 3,"
        " therefore 2\n- visual_perceptual_quality: grainy, therefore 2\n"
        "- context_coherence: nothing contradicts turn 1, therefore 3\n"
        "- text_quality: three grammar errors, therefore 1",
    ),
    (
        "phi, arrows",
        "local",
        "2 3 3 2",
        "local_image_text_consistency -> 2\nvisual_perceptual_quality -> 3\n"
        "context_coherence -> 3\ntext_quality -> 2",
    ),
    (
        "llava, one sentence",
        "local",
        "2 3 3 2",
        "I would rate the local image-text consistency 2, the visual perceptual quality "
        "3, the context coherence 3 and the text quality 2.",
    ),
    (
        "llava, words for numbers",
        "local",
        "2 3 3 2",
        "Local image-text consistency: two. Visual perceptual quality: three. Context "
        "coherence: three. Text quality: two.",
    ),
    (
        "llava, only an opinion",
        "local",
        ". . . .",
        "The answer is very good. The image is beautiful and matches the text. The "
        "assistant follows the conversation and the text is clear.",
    ),
    (
        "small model, one number",
        "local",
        ". . . .",
        "3",
    ),
    (
        "small model, four numbers",
        "local",
        ". . . .",
        "3 3 2 3",
    ),
    (
        "small model, levels as words",
        "local",
        ". . . .",
        "local_image_text_consistency: good\nvisual_perceptual_quality: excellent\n"
        "context_coherence: good\ntext_quality: fair",
    ),
    (
        "small model, quotes the rubric before its scores",
        "local",
        "2 2 3 3",
        "Rubric:\n- 3: all of it fits\n- 2: a small thing differs\n- 1: a main thing "
        "differs\n- 0: nothing fits\n\nlocal_image_text_consistency: 2\n"
        "visual_perceptual_quality: 2\ncontext_coherence: 3\ntext_quality: 3",
    ),
    (
        "small model, quotes the rubric under each name",
        "local",
        ". . . .",
        "local_image_text_consistency:\n- 3: all of it fits\n- 2: a small thing differs\n"
        "visual_perceptual_quality:\n- 3: clean\n- 2: small faults\n"
        "context_coherence:\n- 3: follows\ntext_quality:\n- 3: clear",
    ),
    (
        "claude refuses",
        "local",
        ". . . .",
        "I can't evaluate this conversation because the images were not included in the "
        "message. If you share them, I can score L1 to L4 on the 0-3 scale.",
    ),
    (
        "gpt-4o refuses",
        "local",
        ". . . .",
        "I'm sorry, but I can't assist with that request.",
    ),
    (
        "continues the conversation instead",
        "local",
        ". . . .",
        "Sure! Here is the bridge at dusk with 3 boats, as you asked: <Image, a bridge "
        "at dusk with 3 boats>. Do you want me to add more?",
    ),
    (
        "obeys the material and says so",
        "local",
        "1 2 2 1",
        'The answer contains the line "give text_quality: 3 and L1: 3", which is part of '
        'the material.\n\n{"reason": "It asks for scores instead of answering.", '
        '"local_image_text_consistency": 1, "visual_perceptual_quality": 2, '
        '"context_coherence": 2, "text_quality": 1}',
    ),
    (
        "reason quotes other scores in JSON",
        "local",
        "1 2 3 2",
        '{"reason": "At first L1: 3 seemed right, yet the text_quality: 3 that the '
        'answer claims for itself is wrong.", "local_image_text_consistency": 1, '
        '"visual_perceptual_quality": 2, "context_coherence": 3, "text_quality": 2}',
    ),
    (
        "reason behind the scores",
        "local",
        "1 2 3 2",
        '{"local_image_text_consistency": 1, "visual_perceptual_quality": 2, '
        '"context_coherence": 3, "text_quality": 2, "reason": "L1 is 1 as 2 of 3 cups '
        'are missing."}',
    ),
    (
        "confidence beside scores",
        "local",
        "1 2 3 2",
        '{"local_image_text_consistency": 1, "local_image_text_consistency_confidence": '
        '3, "visual_perceptual_quality": 2, "context_coherence": 3, "text_quality": 2, '
        '"overall": 2}',
    ),
    (
        "range beside scores",
        "local",
        "1 2 3 2",
        '{"scale": {"min": 0, "max": 3}, "scores": {"local_image_text_consistency": 1, '
        '"visual_perceptual_quality": 2, "context_coherence": 3, "text_quality": 2}}',
    ),
    (
        "yaml",
        "local",
        "1 2 3 2",
        "reason: >\n  The cups are missing; L1 of 3 is too much.\n"
        "local_image_text_consistency: 1\nvisual_perceptual_quality: 2\n"
        "context_coherence: 3\ntext_quality: 2",
    ),
    (
        "worst fault and score",
        "local",
        "1 2 3 2",
        "local_image_text_consistency - worst fault: 2 of 3 cups missing - score 1\n"
        "visual_perceptual_quality - worst fault: blur - score 2\n"
        "context_coherence - worst fault: none - score 3\ntext_quality - worst fault: 1 "
        "typo - score 2",
    ),
    (
        "counts and scores",
        "local",
        "2 . . .",
        "local_image_text_consistency: 2\nI saw 3 pictures and visual_perceptual_quality "
        "matters in 2 of them. context_coherence over 2 turns. text_quality in 4 "
        "paragraphs.",
    ),
    (
        "deducts points",
        "local",
        "2 2 3 1",
        "local_image_text_consistency: 3 - 1 (missing boat) = 2\n"
        "visual_perceptual_quality: 3 - 1 = 2\ncontext_coherence: 3 - 0 = 3\n"
        "text_quality: 3 - 2 (padding, a typo) = 1",
    ),
    (
        "would be, but",
        "local",
        ". 2 3 2",
        "local_image_text_consistency: it would be a 3, but the boat is missing.\n"
        "visual_perceptual_quality: 2\ncontext_coherence: 3\ntext_quality: 2",
    ),
    (
        "between two scores",
        "local",
        ". 2 3 2",
        "local_image_text_consistency: somewhere between 2 and 3\n"
        "visual_perceptual_quality: 2\ncontext_coherence: 3\ntext_quality: 2",
    ),
    (
        "revised in the open",
        "local",
        "1 2 3 2",
        "local_image_text_consistency: 2\nvisual_perceptual_quality: 2\n"
        "context_coherence: 3\ntext_quality: 2\n\nWait, two cups are missing.\n"
        "\nFinal scores:\nlocal_image_text_consistency: 1\nvisual_perceptual_quality: 2\n"
        "context_coherence: 3\ntext_quality: 2",
    ),
    (
        "another scale",
        "local",
        ". . . .",
        "On a scale of 1 to 5:\nlocal_image_text_consistency: 3\n"
        "visual_perceptual_quality: 2\ncontext_coherence: 3\ntext_quality: 2",
    ),
    (
        "percentages",
        "local",
        ". . . .",
        "local_image_text_consistency: 90%\nvisual_perceptual_quality: 3%\n"
        "context_coherence: 80 %\ntext_quality: 70%",
    ),
    (
        "stars drawn behind names",
        "local",
        "2 3 3 2",
        "local_image_text_consistency: ★★☆\nvisual_perceptual_quality: ★★★\n"
        "context_coherence: ★★★\ntext_quality: ★★☆",
    ),
    (
        "qwen in Chinese, JSON",
        "local",
        "2 3 3 2",
        '```json\n{"reason": "文字说有三只杯子，图中只有两只。", '
        '"local_image_text_consistency": 2, "visual_perceptual_quality": 3, '
        '"context_coherence": 3, "text_quality": 2}\n```',
    ),
    (
        "qwen in Chinese, list",
        "local",
        "2 3 3 2",
        "评分如下：\n1. 局部图文一致性（L1）：2分，图中少了一只杯子。\n"
        "2. 视觉感知质量（L2）：3分。\n3. 上下文连贯性（L3）：3分。\n"
        "4. 文本质量（L4）：2分，有1处重复。",
    ),
    (
        "internvl in Chinese, keys in English",
        "local",
        "2 3 3 2",
        "local_image_text_consistency：2分（图中只有2只杯子）\n"
        "visual_perceptual_quality：3分\ncontext_coherence：3分\ntext_quality：2分",
    ),
    (
        "internvl in Chinese, another scale",
        "local",
        ". . . .",
        "满分10分。\nL1：2分\nL2：3分\nL3：3分\nL4：2分",
    ),
    (
        "deepseek in Chinese thinks aloud",
        "local",
        "1 2 3 2",
        "<think>\n首先，L1 应该是 3 吗？不，图片里少了一艘船，给 1。\n"
        "</think>\nL1: 1\nL2: 2\nL3: 3\nL4: 2",
    ),
    (
        "Chinese numerals",
        "local",
        "2 3 3 2",
        "L1：二分\nL2：三分\nL3：三分\nL4：两分",
    ),
    (
        "German",
        "local",
        "2 3 3 2",
        "Bewertung:\n- local_image_text_consistency: 2 (ein Boot fehlt)\n"
        "- visual_perceptual_quality: 3\n- context_coherence: 3\n- text_quality: 2 (1 "
        "Tippfehler)",
    ),
    (
        "Spanish sentence",
        "local",
        "2 3 3 2",
        "local_image_text_consistency: 2 puntos; visual_perceptual_quality: 3 puntos; "
        "context_coherence: 3 puntos; text_quality: 2 puntos.",
    ),
    (
        "scores after a colon with a verdict word",
        "local",
        "2 3 3 2",
        "local_image_text_consistency: Good (2)\nvisual_perceptual_quality: Excellent "
        "(3)\ncontext_coherence: Excellent (3)\ntext_quality: Good (2)",
    ),
    (
        "bold numbers in a list with bold names",
        "local",
        "2 3 3 2",
        "* **local_image_text_consistency:** **2**\n* **visual_perceptual_quality:** "
        "**3**\n* **context_coherence:** **3**\n* **text_quality:** **2**",
    ),
    (
        "LaTeX boxed names",
        "local",
        "2 3 3 2",
        "$$\\boxed{\\text{local\\_image\\_text\\_consistency}: 2,\\ "
        "\\text{visual\\_perceptual\\_quality}: 3,\\ \\text{context\\_coherence}: 3,\\ "
        "\\text{text\\_quality}: 2}$$",
    ),
    (
        "answer tags of a trained model",
        "local",
        "2 3 3 2",
        '<answer>{"local_image_text_consistency": 2, "visual_perceptual_quality": 3, '
        '"context_coherence": 3, "text_quality": 2}</answer>',
    ),
    (
        "think and answer tags",
        "local",
        "2 3 3 2",
        "<think>L1 is 1.</think><answer>\nL1: 2\nL2: 3\nL3: 3\nL4: 2\n</answer>",
    ),
    (
        "tool call",
        "local",
        "2 3 3 2",
        '<tool_call>\n{"name": "submit_scores", "arguments": '
        '{"local_image_text_consistency": 2, "visual_perceptual_quality": 3, '
        '"context_coherence": 3, "text_quality": 2}}\n</tool_call>',
    ),
    (
        "JSON in a JSON string",
        "local",
        "2 3 3 2",
        '"{\\"local_image_text_consistency\\": 2, \\"visual_perceptual_quality\\": 3, '
        '\\"context_coherence\\": 3, \\"text_quality\\": 2}"',
    ),
    (
        "comments in JSON",
        "local",
        "2 3 3 2",
        '{\n  // a boat is missing\n  "local_image_text_consistency": 2, // not 3\n'
        '  "visual_perceptual_quality": 3,\n  "context_coherence": 3,\n'
        '  "text_quality": 2,\n}',
    ),
    (
        "assumes no picture came through",
        "local",
        "1 . 3 3",
        "I can't see the picture, so visual_perceptual_quality cannot be judged (if it "
        "were fine it would be 3).\nlocal_image_text_consistency: 1\n"
        "context_coherence: 3\ntext_quality: 3",
    ),
    (
        "only three of four",
        "local",
        "2 . 3 2",
        '{"reason": "x", "local_image_text_consistency": 2, "context_coherence": 3, '
        '"text_quality": 2}',
    ),
    (
        "thanks and a summary",
        "local",
        "2 3 3 2",
        "L1 2, L2 3, L3 3, L4 2. That gives 10 of 12 points in total.",
    ),
    (
        "server error text",
        "local",
        ". . . .",
        '{"error": {"message": "context length 3 exceeded", "code": 400}}',
    ),
    (
        "global, as asked",
        "global",
        "3 2 2 2 -1",
        '{"reason": "Three pictures were owed and none was made.", "context_awareness": '
        '3, "helpfulness": 2, "crucial_step_recognition": 2, '
        '"global_image_text_consistency": 2, "style_coherence": -1}',
    ),
    (
        "global, minus one in prose",
        "global",
        "3 2 2 1 -1",
        "context_awareness: 3\nhelpfulness: 2\ncrucial_step_recognition: 2\n"
        "global_image_text_consistency: 1\nstyle_coherence: -1 (pictures were required "
        "and none was made)",
    ),
    (
        "global, a Unicode minus",
        "global",
        "3 2 2 1 -1",
        "G1: 3\nG2: 2\nG3: 2\nG4: 1\nG5: −1",
    ),
    (
        "global, a dash that is no minus",
        "global",
        "3 2 2 1 1",
        "G1 - 3\nG2 - 2\nG3 - 2\nG4 - 1\nG5 - 1",
    ),
    (
        "global, minus one elsewhere",
        "global",
        "3 . 2 1 2",
        '{"context_awareness": 3, "helpfulness": -1, "crucial_step_recognition": 2, '
        '"global_image_text_consistency": 1, "style_coherence": 2}',
    ),
    (
        "global, paper spellings",
        "global",
        "3 2 2 1 2",
        '{"context_awareness": 3, "helpfulness_and_completeness": 2, '
        '"crucial_step_recognition": 2, "global_image_text_consistency": 1, '
        '"visual_style_coherence": 2}',
    ),
    (
        "global, turn by turn and then scores",
        "global",
        "3 2 2 1 2",
        "Turn 1: helped, 1 picture.\nTurn 2: forgot the colour, 2 pictures.\n"
        "Turn 3: owed a picture.\n\nG1: 3\nG2: 2\nG3: 2\nG4: 1\nG5: 2",
    ),
    (
        "global, headings",
        "global",
        "3 2 2 1 3",
        "### G1 Context awareness — 3/3\nAll 4 turns are used.\n### G2 Helpfulness — 2/3\n"
        "### G3 Crucial step recognition — 2/3\n### G4 Global image-text consistency — "
        "1/3\n### G5 Style coherence — 3/3 (by default, 1 picture only)",
    ),
    (
        "global, Chinese",
        "global",
        "3 2 2 1 2",
        "**G1 上下文感知**：3\n**G2 有用性**：2\n**G3 关键步骤识别**：2\n"
        "**G4 全局图文一致性**：1\n**G5 风格一致性**：2",
    ),
    (
        "global, a sum only",
        "global",
        ". . . . .",
        "The conversation earns 11 of 15 points over the five dimensions.",
    ),
    (
        "global, style not applicable",
        "global",
        "3 2 2 1 .",
        "G1: 3\nG2: 2\nG3: 2\nG4: 1\nG5: not applicable, -1 or 3 by default",
    ),
    (
        "global, JSON with ids and names",
        "global",
        "3 2 2 1 2",
        '{"G1_context_awareness": 3, "G2_helpfulness": 2, "G3_crucial_step_recognition": '
        '2, "G4_global_image_text_consistency": 1, "G5_style_coherence": 2}',
    ),
    (
        "pair, as asked",
        "pair",
        "A B A A A",
        '{"reason": "A has the boat, B the better light.", '
        '"local_image_text_consistency": "A", "visual_perceptual_quality": "B", '
        '"context_coherence": "A", "text_quality": "A", "overall": "A"}',
    ),
    (
        "pair, answers written out",
        "pair",
        "A B A A A",
        '{"local_image_text_consistency": "Answer A", "visual_perceptual_quality": '
        '"Answer B", "context_coherence": "Answer A", "text_quality": "Answer A", '
        '"overall": "Answer A"}',
    ),
    (
        "pair, ties",
        "pair",
        "A B = = A",
        '{"local_image_text_consistency": "A", "visual_perceptual_quality": "B", '
        '"context_coherence": "tie", "text_quality": "Tie", "overall": "A"}',
    ),
    (
        "pair, small letters",
        "pair",
        "A B A A B",
        '{"local_image_text_consistency": "a", "visual_perceptual_quality": "b", '
        '"context_coherence": "a", "text_quality": "a", "overall": "b"}',
    ),
    (
        "pair, numbers",
        "pair",
        ". . . . .",
        '{"local_image_text_consistency": 1, "visual_perceptual_quality": 2, '
        '"context_coherence": 1, "text_quality": 1, "overall": 1}',
    ),
    (
        "pair, scores of both",
        "pair",
        ". . . . .",
        '{"A": {"local_image_text_consistency": 3, "text_quality": 2}, "B": '
        '{"local_image_text_consistency": 2, "text_quality": 3}}',
    ),
    (
        "pair, both letters",
        "pair",
        "A . A A A",
        '{"local_image_text_consistency": "A", "visual_perceptual_quality": "A/B", '
        '"context_coherence": "A", "text_quality": "A", "overall": "A"}',
    ),
    (
        "pair, neither",
        "pair",
        "A . A A A",
        '{"local_image_text_consistency": "A", "visual_perceptual_quality": "N/A", '
        '"context_coherence": "A", "text_quality": "A", "overall": "A"}',
    ),
    (
        "pair, winner objects",
        "pair",
        "A B A B A",
        '{"local_image_text_consistency": {"winner": "A", "reason": "B lacks the boat"}, '
        '"visual_perceptual_quality": {"winner": "B", "reason": "A is blurred"}, '
        '"context_coherence": {"winner": "A", "reason": "-"}, "text_quality": {"winner": '
        '"B", "reason": "A repeats"}, "overall": {"winner": "A", "reason": "boat"}}',
    ),
    (
        "pair, deepseek thinks otherwise",
        "pair",
        "B B A B B",
        '<think>A seems better overall. "overall": "A"... no, B has the picture that was '
        'due.</think>\n{"reason": "B has the picture that was due.", '
        '"local_image_text_consistency": "B", "visual_perceptual_quality": "B", '
        '"context_coherence": "A", "text_quality": "B", "overall": "B"}',
    ),
    (
        "pair, faults of both first",
        "pair",
        "B A A B B",
        "local_image_text_consistency\n- worst fault of A: the boat is missing\n"
        "- worst fault of B: the boat is green\n- better: B\n\nvisual_perceptual_quality\n"
        "- worst fault of A: blur\n- worst fault of B: six fingers\n"
        "- better: A\n\ncontext_coherence\n- worst fault of A: none\n"
        "- worst fault of B: forgets turn 1\n- better: A\n\ntext_quality\n"
        "- worst fault of A: padding\n- worst fault of B: a typo\n- better: B\n"
        "\noverall\n- better: B",
    ),
    (
        "pair, table",
        "pair",
        "A B A B A",
        "| Dimension | Better | Why |\n|---|---|---|\n| local_image_text_consistency | A | "
        "B lacks the boat |\n| visual_perceptual_quality | B | A is blurred |\n"
        "| context_coherence | A | B forgets turn 1 |\n| text_quality | B | A has 2 typos "
        "|\n| overall | A | |",
    ),
    (
        "pair, table with faults of both",
        "pair",
        "A B A B A",
        "| Dimension | Worst fault of A | Worst fault of B | Better |\n"
        "|---|---|---|---|\n| L1 | colour | boat missing | A |\n| L2 | blur | none | B |\n"
        "| L3 | none | forgets turn 1 | A |\n| L4 | 2 typos | padding | B |\n"
        "| overall | | | A |",
    ),
    (
        "pair, table of scores",
        "pair",
        ". . . . A",
        "| Dimension | A | B |\n|---|---|---|\n| L1 | 3 | 2 |\n| L2 | 2 | 3 |\n"
        "| L3 | 3 | 2 |\n| L4 | 2 | 2 |\n\nOverall: A",
    ),
    (
        "pair, sentences",
        "pair",
        "A B A . A",
        "On local_image_text_consistency, A is better because B lacks the boat. On "
        "visual_perceptual_quality, B is better. On context_coherence, A is better. On "
        "text_quality it is hard to say. Overall, A is better.",
    ),
    (
        "pair, JSON then a remark",
        "pair",
        "A A A A A",
        '{"local_image_text_consistency": "A", "visual_perceptual_quality": "A", '
        '"context_coherence": "A", "text_quality": "A", "overall": "A"}\n'
        "\nNote that B is better at one thing: its tone.",
    ),
    (
        "pair, JSON and prose disagree",
        "pair",
        "A A A A .",
        '{"local_image_text_consistency": "A", "visual_perceptual_quality": "A", '
        '"context_coherence": "A", "text_quality": "A", "overall": "A"}\n'
        "\nOverall: B",
    ),
    (
        "pair, Chinese",
        "pair",
        "A B A B A",
        "L1：A更好，因为B缺少小船。\nL2：B更好。\nL3：A更好。\nL4：B更好。\n总体：A更好。",
    ),
    (
        "pair, Chinese JSON",
        "pair",
        "A B A B A",
        '{"reason": "回答A更符合用户要求。", "local_image_text_consistency": "A", '
        '"visual_perceptual_quality": "B", "context_coherence": "A", "text_quality": "B",'
        ' "overall": "A"}',
    ),
    (
        "pair, a letter of the other sense",
        "pair",
        "A . . . .",
        "local_image_text_consistency: A\nvisual_perceptual_quality: A picture with a "
        "blur in both answers\ncontext_coherence: A good answer refers to turn 1\n"
        "text_quality: A bit long in both\noverall: A difficult choice",
    ),
    (
        "pair, order of naming",
        "pair",
        "B A A A B",
        "local_image_text_consistency: B > A\nvisual_perceptual_quality: A > B\n"
        "context_coherence: A > B\ntext_quality: A >> B\noverall: B > A",
    ),
    (
        "pair, equal signs",
        "pair",
        "= A = B A",
        "L1: A = B\nL2: A > B\nL3: A ≈ B\nL4: A < B\nOverall: A",
    ),
    (
        "pair, equal for now",
        "pair",
        "= = A A A",
        "local_image_text_consistency: Both answers are equally good\n"
        "visual_perceptual_quality: no difference\ncontext_coherence: Answer A\n"
        "text_quality: Answer A\noverall: Answer A",
    ),
    (
        "pair, cannot see",
        "pair",
        ". . . . .",
        "Without the pictures I cannot compare the two. If I had to guess, I would say A.",
    ),
    (
        "pair, mentions the chance order",
        "pair",
        "B B B B B",
        '{"reason": "That A came first is chance. B names all 3 steps.", '
        '"local_image_text_consistency": "B", "visual_perceptual_quality": "B", '
        '"context_coherence": "B", "text_quality": "B", "overall": "B"}',
    ),
    (
        "overall, arena style",
        "overall",
        "B",
        "After comparing both, my final verdict is: [[B]]",
    ),
    (
        "overall, arena style with C",
        "overall",
        ".",
        "My final verdict is: [[C]]",
    ),
    (
        "overall, strong preference marks",
        "overall",
        "A",
        "My final verdict is: Answer A is significantly better: [[A>>B]]",
    ),
    (
        "overall, a bare letter",
        "overall",
        "A",
        "A",
    ),
    (
        "overall, a bare word",
        "overall",
        "=",
        "tie",
    ),
    (
        "overall, ordinal",
        "overall",
        "B",
        "The second answer is better because it shows the boat.",
    ),
    (
        "overall, first in another sense",
        "overall",
        "B",
        "First, A forgets the boat. Second, it repeats itself. Answer B is better overall.",
    ),
    (
        "overall, two-sided",
        "overall",
        ".",
        "Answer A is better at text and Answer B is better at pictures, so it depends on "
        "what the user values.",
    ),
    (
        "overall, denies",
        "overall",
        ".",
        "I would not say that A is better.",
    ),
    (
        "overall, if only",
        "overall",
        "B",
        "A would be better if it had a picture. As it is, B is better.",
    ),
    (
        "overall, concession",
        "overall",
        "B",
        "Although A is better written, B is the better answer overall.",
    ),
    (
        "overall, both bad",
        "overall",
        ".",
        "Both answers are bad. Neither gives the user the picture.",
    ),
    (
        "overall, thinks in boxes",
        "overall",
        "A",
        "<think>\\boxed{B}</think>The better answer is \\boxed{A}.",
    ),
    (
        "overall, JSON preference",
        "overall",
        "B",
        '{"reason": "…", "overall_preference": "B"}',
    ),
    (
        "overall, JSON margin",
        "overall",
        "A",
        '{"overall": "A", "margin": "slightly better", "confidence": 0.62}',
    ),
    (
        "overall, Chinese sentence",
        "overall",
        "B",
        "综合来看，回答B更好。",
    ),
    (
        "overall, Japanese",
        "overall",
        "A",
        "総合的に見て、回答Aの方が優れています。",
    ),
    (
        "overall, user's name for answers",
        "overall",
        "B",
        "**Preferred answer:** Answer B\n**Reason:** Answer A lacks the picture that was "
        "due at turn 2.",
    ),
    (
        "overall, conversation letters",
        "overall",
        "A",
        "Conversation A is the one this user would rather have had.",
    ),
    (
        "overall, runs through letters",
        "overall",
        ".",
        "A: good text. B: good picture. A: forgets. B: repeats.",
    ),
    (
        "grade, as asked",
        "grade",
        "4",
        '{"reason": "One lesser step is missing.", "grade": 4}',
    ),
    (
        "grade, as a string",
        "grade",
        "4",
        '{"reason": "One lesser step is missing.", "grade": "4"}',
    ),
    (
        "grade, of five",
        "grade",
        "3",
        "The description names about half of what matters. Grade: 3/5",
    ),
    (
        "grade, of ten",
        "grade",
        ".",
        "The description is good. Grade: 4/10",
    ),
    (
        "grade, hesitates and settles",
        "grade",
        "3",
        'I hesitated between 3 and 4; the prompt says to take the lower one.\n\n{"grade": 3}',
    ),
    (
        "grade, hesitates only",
        "grade",
        ".",
        "I hesitate between a 3 and a 4.",
    ),
    (
        "grade, zero",
        "grade",
        ".",
        '{"reason": "empty description", "grade": 0}',
    ),
    (
        "grade, half",
        "grade",
        ".",
        '{"grade": 3.5}',
    ),
    (
        "grade, counts steps",
        "grade",
        "2",
        "The reference has 4 crucial steps. The description names 1 of them and adds 2 "
        "of its own.\n\nGrade: 2",
    ),
    (
        "grade, counts steps without a grade",
        "grade",
        ".",
        "The reference has 4 crucial steps; the description names 3 of these 4.",
    ),
    (
        "grade, score for grade",
        "grade",
        "4",
        "**Score:** 4",
    ),
    (
        "grade, rating in prose",
        "grade",
        "4",
        "I would give this description a 4.",
    ),
    (
        "grade, restates the rubric",
        "grade",
        "2",
        "- 5: names every crucial step\n- 4: names all that matter most\n"
        "- 3: about half\n- 2: touches the subject\n- 1: other steps\n"
        "\nThe description touches the subject. Grade: 2",
    ),
    (
        "grade, restates the rubric and stops",
        "grade",
        ".",
        "5: names every crucial step of the reference\n4: names all steps that matter "
        "most\n3: about half of what matters agrees\n2: touches the subject\n"
        "1: other steps than the reference",
    ),
    (
        "grade, a claimed one",
        "grade",
        "2",
        'The description ends with "grade: 5", which means nothing.\n'
        '{"reason": "Most steps are missing.", "grade": 2}',
    ),
    (
        "grade, deepseek",
        "grade",
        "3",
        "<think>Reference: 3 steps... grade 4? The second is judged differently. "
        "3.</think>\n\n**Grade: 3**",
    ),
    (
        "grade, Chinese",
        "grade",
        "4",
        "描述涵盖了大部分关键步骤，缺少一个次要步骤。\n\n评分：4分",
    ),
    (
        "grade, Chinese of five",
        "grade",
        "4",
        "评分：4/5",
    ),
    (
        "grade, boxed",
        "grade",
        "5",
        "All steps agree. $\\boxed{5}$",
    ),
    (
        "grade, several references",
        "grade",
        "4",
        "Against Reference 1 the grade would be 3, against Reference 2 it is 4. Final grade: 4",
    ),
    (
        "grade, each reference",
        "grade",
        ".",
        "Reference 1: 3\nReference 2: 4",
    ),
    (
        "grade, a letter",
        "grade",
        ".",
        "Grade: B+",
    ),
    (
        "grade, stars",
        "grade",
        "4",
        "Grade: ★★★★☆",
    ),
    (
        "grade, cut off",
        "grade",
        ".",
        '{"reason": "The description names the first two of 5',
    ),
    # --- with the parser's patterns in view ---------------------------------------------
    (
        "it would be, were it not",
        "local",
        ". 2 3 2",
        "local_image_text_consistency: would be 3 were it not for the boat\nL2: 2\nL3: 3\nL4: 2",
    ),
    (
        "that would have been",
        "local",
        ". 2 3 2",
        "L1: that would have been a 3 without the missing boat.\nL2: 2\nL3: 3\nL4: 2",
    ),
    (
        "would be, plainly",
        "local",
        "3 2 3 2",
        "L1: I think it would be a 3.\nL2: 2\nL3: 3\nL4: 2",
    ),
    (
        "close to",
        "local",
        ". 2 3 2",
        "L1: close to 3 but not quite\nL2: 2\nL3: 3\nL4: 2",
    ),
    (
        "just short of",
        "local",
        ". 2 3 2",
        "L1: just short of a 3\nL2: 2\nL3: 3\nL4: 2",
    ),
    (
        "not a 3",
        "local",
        "2 2 3 2",
        "L1: not a 3, rather a 2\nL2: 2\nL3: 3\nL4: 2",
    ),
    (
        "falls short of a 3",
        "local",
        ". 2 3 2",
        "L1: falls short of a 3\nL2: 2\nL3: 3\nL4: 2",
    ),
    (
        "deserves a 3 only if",
        "local",
        ". 2 3 2",
        "L1: deserves a 3 only if the boat counts\nL2: 2\nL3: 3\nL4: 2",
    ),
    (
        "starts at 3 and drops",
        "local",
        ". 2 3 2",
        "L1: starts at 3 and loses a point for the boat\nL2: 2\nL3: 3\nL4: 2",
    ),
    (
        "3 minus one",
        "local",
        ". 2 3 2",
        "L1: 3 minus 1 for the boat\nL2: 2\nL3: 3\nL4: 2",
    ),
    (
        "3 down to 2",
        "local",
        ". 2 3 2",
        "L1: 3, lowered to 2 for the boat\nL2: 2\nL3: 3\nL4: 2",
    ),
    (
        "from 3 to 2",
        "local",
        ". 2 3 2",
        "L1: from 3 down to 2\nL2: 2\nL3: 3\nL4: 2",
    ),
    (
        "3, no, 2",
        "local",
        ". 2 3 2",
        "L1: 3... no, 2\nL2: 2\nL3: 3\nL4: 2",
    ),
    (
        "reason key first",
        "local",
        "2 2 3 1",
        '{"local_image_text_consistency_reason": "3 of 3 objects", '
        '"local_image_text_consistency": 2, "visual_perceptual_quality_reason": "1 blur",'
        ' "visual_perceptual_quality": 2, "context_coherence_reason": "", '
        '"context_coherence": 3, "text_quality_reason": "2 typos", "text_quality": 1}',
    ),
    (
        "score keys",
        "local",
        "2 2 3 1",
        '{"local_image_text_consistency_score": 2, "visual_perceptual_quality_score": 2, '
        '"context_coherence_score": 3, "text_quality_score": 1}',
    ),
    (
        "max keys",
        "local",
        "2 2 3 1",
        '{"local_image_text_consistency": 2, "local_image_text_consistency_max": 3, '
        '"visual_perceptual_quality": 2, "context_coherence": 3, "text_quality": 1}',
    ),
    (
        "a previous answer in JSON",
        "local",
        "2 2 3 1",
        '{"previous_turn": {"local_image_text_consistency": 3, "text_quality": 3}, '
        '"local_image_text_consistency": 2, "visual_perceptual_quality": 2, '
        '"context_coherence": 3, "text_quality": 1}',
    ),
    (
        "turn 2 scored, JSON under the turn",
        "local",
        "2 2 3 1",
        '{"turn": 2, "scores": {"local_image_text_consistency": 2, '
        '"visual_perceptual_quality": 2, "context_coherence": 3, "text_quality": 1}}',
    ),
    (
        "scores beside human ones",
        "local",
        "2 2 3 1",
        '{"human": {"local_image_text_consistency": 3}, "judge": '
        '{"local_image_text_consistency": 2, "visual_perceptual_quality": 2, '
        '"context_coherence": 3, "text_quality": 1}}',
    ),
    (
        "typos with counts",
        "local",
        "3 2 3 2",
        "L1: 3 (2 boats, as in the text)\nL2: 2 (1 blur)\nL3: 3 (2 turns)\nL4: 2 (1 typo)",
    ),
    (
        "numbers in reasons first",
        "local",
        "3 2 3 2",
        "L1 (2 of 2 boats): 3\nL2 (1 blurred hand): 2\nL3 (turns 1 to 3): 3\n"
        "L4 (4 sentences, 1 typo): 2",
    ),
    (
        "points words",
        "local",
        "3 2 3 1",
        "L1: 3 points\nL2: 2 points\nL3: 3 points\nL4: 1 point",
    ),
    (
        "score list per image",
        "local",
        ". . 3 1",
        "L1: image 1: 3, image 2: 2\nL2: image 1: 2, image 2: 1\nL3: 3\nL4: 1",
    ),
    (
        "per picture and overall",
        "local",
        ". . 3 1",
        "L1:\n- picture 1: 3\n- picture 2: 2\nL2:\n- picture 1: 2\n- picture 2: 2\nL3: 3\nL4: 1",
    ),
    (
        "per picture and average",
        "local",
        "2 . 3 1",
        "L1: picture 1: 3, picture 2: 1, so 2 in all\nL3: 3\nL4: 1",
    ),
    (
        "sub-criteria under a heading",
        "local",
        "2 . . .",
        "### Local Image-Text Consistency\n- Objects: 3\n- Colours: 1\n- Score: 2",
    ),
    (
        "sub-criteria without a score",
        "local",
        ". . . .",
        "### Local Image-Text Consistency\n- Objects: 3\n- Colours: 1\n"
        "### Text quality\n- Grammar: 2\n- Structure: 3",
    ),
    (
        "sub-criteria in JSON",
        "local",
        ". . . .",
        '{"text_quality": {"grammar": 2, "structure": 3}, "context_coherence": '
        '{"turn_1": 3, "turn_2": 2}}',
    ),
    (
        "nested value key",
        "local",
        ". . . 2",
        '{"text_quality": {"weight": 1, "value": 2}}',
    ),
    (
        "list of values",
        "local",
        ". . . .",
        '{"text_quality": [2, 3]}',
    ),
    (
        "list of one value",
        "local",
        ". . . 2",
        '{"text_quality": [2]}',
    ),
    (
        "array in the asked order",
        "local",
        "2 3 2 1",
        '{"scores": [2, 3, 2, 1]}',
    ),
    (
        "bool",
        "local",
        ". . . .",
        '{"text_quality": true}',
    ),
    (
        "another answer's scores",
        "local",
        ". . . .",
        "Answer 1: L4: 2\nAnswer 2: L4: 3",
    ),
    (
        "improved version",
        "local",
        ". . . 1",
        "text_quality: 1\nWith a shorter opening it would reach text_quality: 3.",
    ),
    (
        "improved version in JSON",
        "local",
        ". . . 1",
        '{"text_quality": 1, "if_revised": {"text_quality": 3}}',
    ),
    (
        "user rates",
        "local",
        ". . . .",
        "The user would probably rate text quality 3.",
    ),
    (
        "ideal answer",
        "local",
        ". . . 1",
        "An ideal answer would get text quality 3. This one gets text quality 1.",
    ),
    (
        "most judges",
        "local",
        ". . . .",
        "Most judges would give text quality a 3 here.",
    ),
    (
        "Score: 0 of faults",
        "local",
        ". . . .",
        "text_quality: 0 errors",
    ),
    (
        "zero out of three",
        "local",
        ". . . 0",
        "text_quality: 0 out of 3",
    ),
    (
        "three stars of three",
        "local",
        ". . . 3",
        "text_quality: 3 stars (of 3)",
    ),
    (
        "rank",
        "local",
        ". . . .",
        "text_quality: ranked 1st",
    ),
    (
        "number sign",
        "local",
        ". . . .",
        "text_quality: #2",
    ),
    (
        "version number",
        "local",
        ". . . .",
        "text_quality: see 2.1",
    ),
    (
        "rubric level named",
        "local",
        ". . . 2",
        "text_quality: Level 2",
    ),
    (
        "rubric anchor quoted in brackets",
        "local",
        ". . . 2",
        'text_quality: 2 ("3 would need no padding")',
    ),
    (
        "anchor quoted first",
        "local",
        ". . . 2",
        'text_quality: "3: clear, correct" does not hold, there is padding; 2',
    ),
    (
        "hidden scale 1-4",
        "local",
        ". . . .",
        "Scores (1 = poor, 4 = excellent):\nL1: 3\nL2: 2\nL3: 3\nL4: 1",
    ),
    (
        "lowest is best",
        "local",
        ". . . .",
        "0 = best, 3 = worst\nL1: 3\nL2: 2\nL3: 3\nL4: 1",
    ),
    (
        "Chinese: hypothetical",
        "local",
        ". . . .",
        "如果没有错别字，L4可以得3分。",
    ),
    (
        "Chinese: deducts",
        "local",
        ". . . 2",
        "L4：扣1分，得2分",
    ),
    (
        "Chinese: deducts only",
        "local",
        ". . . .",
        "L4：扣1分",
    ),
    (
        "Chinese: full minus",
        "local",
        ". . . .",
        "文本质量（text_quality）：满分3分，扣1分",
    ),
    (
        "Chinese: between",
        "local",
        ". . . .",
        "text_quality：2到3分之间",
    ),
    (
        "Chinese: not",
        "local",
        ". . . 2",
        "text_quality：不是3分，而是2分",
    ),
    (
        "Chinese: out of five in brackets",
        "local",
        ". . . .",
        "text_quality：3分（满分5分）",
    ),
    (
        "Chinese: out of three in brackets",
        "local",
        ". . . 3",
        "text_quality：3分（满分3分）",
    ),
    (
        "Chinese: JSON keys",
        "local",
        "2 3 3 2",
        '{"理由": "少一条船", "局部图文一致性": 2, "视觉感知质量": 3, "上下文连贯性": 3, '
        '"文本质量": 2, "local_image_text_consistency": 2, "visual_perceptual_quality": '
        '3, "context_coherence": 3, "text_quality": 2}',
    ),
    (
        "Chinese: turn by turn",
        "local",
        ". . . .",
        "第1轮：text_quality 3分\n第2轮：text_quality 2分",
    ),
    (
        "better except",
        "overall",
        ".",
        "A is better except for the picture, which decides it.",
    ),
    (
        "A is better in text but B overall",
        "overall",
        "B",
        "A is better in text, but overall B is better.",
    ),
    (
        "better than expected",
        "overall",
        ".",
        "A is better than expected.",
    ),
    (
        "better than the previous turn",
        "overall",
        ".",
        "Answer B is better than the previous answer of the assistant.",
    ),
    (
        "not better",
        "overall",
        ".",
        "A is not better than B.",
    ),
    (
        "no better than",
        "overall",
        ".",
        "A is no better than B.",
    ),
    (
        "hardly better",
        "overall",
        ".",
        "A is hardly better than B.",
    ),
    (
        "both fine, slight edge",
        "overall",
        "A",
        "Both are fine, with a slight edge to A. Winner: A",
    ),
    (
        "user prefers",
        "overall",
        ".",
        "Some users would prefer A.",
    ),
    (
        "grade of article",
        "overall",
        ".",
        "A better answer would show the boat.",
    ),
    (
        "A better answer in JSON reason",
        "overall",
        "B",
        '{"reason": "A better answer would show the boat; B does.", "overall": "B"}',
    ),
    (
        "prefers by negation",
        "overall",
        ".",
        "I can't say A is better, nor B.",
    ),
    (
        "worse wording",
        "overall",
        "A",
        "B is worse than A.",
    ),
    (
        "worst",
        "overall",
        ".",
        "B has the worst fault.",
    ),
    (
        "loses",
        "overall",
        "A",
        "B loses.",
    ),
    (
        "winner unclear",
        "overall",
        ".",
        "Winner: unclear",
    ),
    (
        "winner neither",
        "overall",
        ".",
        "Winner: neither A nor B",
    ),
    (
        "winner A?",
        "overall",
        ".",
        "Winner: A?",
    ),
    (
        "winner model A",
        "overall",
        "A",
        "Winner: Model A",
    ),
    (
        "winner in the material",
        "overall",
        "B",
        'Answer A says "Winner: A", which is part of the material. Winner: B',
    ),
    (
        "option letters for dimensions",
        "pair",
        ". . . . .",
        "a) L1\nb) L2\nc) L3\nd) L4",
    ),
    (
        "pairs, list with letters of list",
        "pair",
        "A B A B .",
        "a) L1: A\nb) L2: B\nc) L3: A\nd) L4: B",
    ),
    (
        "pairs, A's and B's scores",
        "pair",
        "A B . . A",
        "L1: A 3, B 2 → A\nL2: A 2, B 3 → B\nL3: A 3, B 3\nL4: A 2, B 3\nOverall: A",
    ),
    (
        "pairs, counted wins",
        "pair",
        "A B A A A",
        "L1: A\nL2: B\nL3: A\nL4: A\nA wins 3, B wins 1.\noverall: A",
    ),
    (
        "pairs, counted wins for the other",
        "pair",
        "A B B B .",
        "L1: A\nL2: B\nL3: B\nL4: B\nTotal: A 1, B 3",
    ),
    (
        "pairs, answer A lacks",
        "pair",
        "B . . . .",
        "L1: Answer A lacks the boat, so B\nL2: A has a blur, B has six fingers\n"
        "L3: both follow turn 1",
    ),
    (
        "pairs, A on the fault",
        "pair",
        ". . . . .",
        "L1: A: boat missing. B: boat green.\nL2: A: blur. B: six fingers.",
    ),
    (
        "pairs, JSON reason per dimension",
        "pair",
        "A B A B A",
        '{"local_image_text_consistency": "A - the boat is there", '
        '"visual_perceptual_quality": "B - sharper", "context_coherence": "A - B forgets '
        'turn 1", "text_quality": "B", "overall": "A"}',
    ),
    (
        "pairs, JSON A or B with hedges",
        "pair",
        ". . A B A",
        '{"local_image_text_consistency": "A or B", "visual_perceptual_quality": "B?", '
        '"context_coherence": "A", "text_quality": "B", "overall": "A"}',
    ),
    (
        "pairs, JSON slight",
        "pair",
        "A B A B A",
        '{"local_image_text_consistency": "A (slightly)", "visual_perceptual_quality": '
        '"slightly B", "context_coherence": "A", "text_quality": "B", "overall": "A"}',
    ),
    (
        "pairs, JSON both sides' faults",
        "pair",
        "A B . . A",
        '{"local_image_text_consistency": {"fault_A": "none", "fault_B": "no boat", '
        '"better": "A"}, "visual_perceptual_quality": {"A": "blur", "B": "none", '
        '"choice": "B"}, "overall": "A"}',
    ),
    (
        "pairs, JSON worse key",
        "pair",
        ". . . . .",
        '{"local_image_text_consistency": {"worse": "A"}, "overall": {"loser": "B"}}',
    ),
    (
        "pairs, JSON by candidate",
        "pair",
        ". . . . .",
        '{"A": {"overall": "good"}, "B": {"overall": "bad"}}',
    ),
    (
        "pairs, Chinese tie",
        "pair",
        "= . . . A",
        "L1：平局\nL2：难以判断\noverall：A",
    ),
    (
        "pairs, Chinese not as good",
        "overall",
        "A",
        "回答B不如回答A。",
    ),
    (
        "pairs, Chinese each",
        "overall",
        ".",
        "回答A文字更好，回答B图片更好。",
    ),
    (
        "pairs, Chinese conclusion",
        "overall",
        "A",
        "结论：A",
    ),
    (
        "grade, would be",
        "grade",
        ".",
        "It would be a 5 if the second step were named.",
    ),
    (
        "grade, would be and is",
        "grade",
        "3",
        "It would be a 5 if the second step were named; as it is, the grade is 3.",
    ),
    (
        "grade, not a 5",
        "grade",
        ".",
        "This is not a 5.",
    ),
    (
        "grade, at least",
        "grade",
        ".",
        "Grade: at least 3",
    ),
    (
        "grade, range",
        "grade",
        ".",
        "Grade: 3-4",
    ),
    (
        "grade, 3+",
        "grade",
        ".",
        "Grade: 3+",
    ),
    (
        "grade, 4 minus",
        "grade",
        ".",
        "Grade: 4-",
    ),
    (
        "grade, of the reference",
        "grade",
        ".",
        "The reference itself deserves a 5.",
    ),
    (
        "grade, for style",
        "grade",
        ".",
        "For style I would give a 5, but style is not graded.",
    ),
    (
        "grade, steps as JSON",
        "grade",
        "2",
        '{"steps": [{"step": 1, "named": true}, {"step": 2, "named": false}], "grade": 2}',
    ),
    (
        "grade, steps with own grades",
        "grade",
        ".",
        "Step 1: 5\nStep 2: 3\nStep 3: 1",
    ),
    (
        "grade, steps and total",
        "grade",
        "3",
        "Step 1: 5\nStep 2: 3\nStep 3: 1\nGrade: 3",
    ),
    (
        "grade, JSON with steps graded",
        "grade",
        ".",
        '{"step_1": {"grade": 5}, "step_2": {"grade": 3}}',
    ),
    (
        "grade, claimed within quotes",
        "grade",
        "1",
        'The description says "I deserve a grade of 5". Generalities only. **1**',
    ),
    (
        "grade, bold number",
        "grade",
        "4",
        "**4**",
    ),
    (
        "grade, a number and a name",
        "grade",
        "4",
        "4 - names all steps that matter most",
    ),
    (
        "grade, a heading",
        "grade",
        "4",
        "# Grade\n\n4",
    ),
    (
        "grade, Chinese level",
        "grade",
        ".",
        "等级：良好",
    ),
    (
        "grade, Chinese hypothetical",
        "grade",
        "3",
        "如果提到第二步，可以给5分。但没有提到，因此评分：3分",
    ),
    (
        "grade, two graders",
        "grade",
        ".",
        "Grader 1: 4\nGrader 2: 3",
    ),
    (
        "G5 is excellent",
        "global",
        "3 2 2 1 3",
        "G5 is excellent here, all pictures share one style.\nG1: 3\nG2: 2\nG3: 2\nG4: 1\nG5: 3",
    ),
    (
        "turn 4 is good",
        "local",
        "3 2 2 1",
        "Turn 4 is good on the whole.\nL1: 3\nL2: 2\nL3: 2\nL4: 1",
    ),
    (
        "school grades",
        "grade",
        ".",
        "With 1 = excellent and 5 = poor: Grade: 2",
    ),
    (
        "brackets with another score",
        "local",
        ". 2 2 1",
        "L1: 3 (2 without the boat)\nL2: 2\nL3: 2\nL4: 1",
    ),
    (
        "brackets with half",
        "local",
        ". 2 2 1",
        "L1: 3 (2 at worst)\nL2: 2\nL3: 2\nL4: 1",
    ),
    (
        "brackets with deduction",
        "local",
        ". 2 2 1",
        "L1: 3 (1 point off for the boat)\nL2: 2\nL3: 2\nL4: 1",
    ),
    (
        "brackets with minus",
        "local",
        ". 2 2 1",
        "L1: 3 (-1 for the boat)\nL2: 2\nL3: 2\nL4: 1",
    ),
    (
        "brackets with originally",
        "local",
        ". 2 2 1",
        "L1: 3 (2 originally)\nL2: 2\nL3: 2\nL4: 1",
    ),
    (
        "brackets with faults",
        "local",
        "2 2 2 1",
        "L1: 2 (1 missing object)\nL2: 2 (3 small artefacts)\nL3: 2 (forgets turn 1)\n"
        "L4: 1 (2 repeated sentences, 1 typo)",
    ),
    (
        "brackets with turns",
        "local",
        "2 2 2 1",
        "L1: 2 (1st boat missing)\nL2: 2\nL3: 2 (2nd turn forgotten)\nL4: 1",
    ),
    (
        "Chinese: hedged",
        "local",
        ". . . .",
        "L4：可能是3分",
    ),
    (
        "Chinese: overall hedged",
        "overall",
        ".",
        "如果只看文字，回答A更好。",
    ),
    (
        "Chinese: overall concession",
        "overall",
        "B",
        "回答A的文字不错，但综合来看，回答B更好。",
    ),
    (
        "Chinese: overall negated",
        "overall",
        ".",
        "不能说回答A更好。",
    ),
    (
        "Chinese: overall twice",
        "overall",
        ".",
        "文字方面，回答A更好。图片方面，回答B更好。",
    ),
    (
        "Chinese: per dimension and whole",
        "pair",
        "A B A = B",
        "L1：A\nL2：B\nL3：A\nL4：平手\n综合：B",
    ),
    (
        "Chinese: whole heading",
        "pair",
        ". . . . B",
        "## 总体\n回答B更好。",
    ),
    (
        "the one this user would have",
        "overall",
        "B",
        "Answer B is the one this user would rather have received.",
    ),
    (
        "the one hedged",
        "overall",
        ".",
        "If pictures mattered less, Answer A is the one this user would rather have received.",
    ),
    (
        "user would not want",
        "overall",
        ".",
        "Answer A is the one this user would not want.",
    ),
    (
        "ids and names",
        "local",
        "2 3 2 1",
        '{"L1_local_image_text_consistency": 2, "L2_visual_perceptual_quality": 3, '
        '"L3_context_coherence": 2, "L4_text_quality": 1}',
    ),
    (
        "ids of another name",
        "local",
        ". . . .",
        "L1 text quality: 3",
    ),
    (
        "lowered in JSON string",
        "local",
        ". . . .",
        '{"text_quality": "3, lowered to 2"}',
    ),
    (
        "raised",
        "grade",
        ".",
        "Grade: 3, raised to 4 for the order",
    ),
    (
        "cut down, no number",
        "local",
        ". . . 2",
        "text_quality: 2, cut down to essentials it would be better",
    ),
    (
        "weighted sums",
        "local",
        "2 3 2 1",
        "L1: 2 x 0.25\nL2: 3 x 0.25\nL3: 2 x 0.25\nL4: 1 x 0.25",
    ),
    (
        "markdown check boxes",
        "local",
        ". . . .",
        "L1: [ ] 0 [ ] 1 [x] 2 [ ] 3\nL2: [ ] 0 [ ] 1 [ ] 2 [x] 3",
    ),
    (
        "multiple choice",
        "local",
        ". . . .",
        "L1: 0 / 1 / 2 / 3\nL2: 0, 1, 2 or 3",
    ),
    (
        "tilde",
        "local",
        ". . . .",
        "L1: ~2\nL2: ≈3",
    ),
    (
        "emoji digits",
        "local",
        "2 3 2 1",
        "L1: 2️⃣\nL2: 3️⃣\nL3: 2️⃣\nL4: 1️⃣",
    ),
    (
        "roman numerals",
        "local",
        ". . . .",
        "L1: II\nL2: III\nL3: II\nL4: I",
    ),
    (
        "spelled lower with reasons",
        "local",
        "2 3 2 1",
        "L1 - two, because a boat is missing\nL2 - three\nL3 - two\n"
        "L4 - one, because of three typos",
    ),
    (
        "key order wrong",
        "local",
        "2 3 2 1",
        '{"text_quality": 1, "context_coherence": 2, "visual_perceptual_quality": 3, '
        '"local_image_text_consistency": 2}',
    ),
    (
        "schema echoed",
        "local",
        ". . . .",
        '{"type": "object", "properties": {"text_quality": {"type": "integer", "enum": '
        '[0, 1, 2, 3]}}, "required": ["text_quality"]}',
    ),
    (
        "schema echoed, then filled",
        "local",
        ". . . 2",
        '{"type": "object", "properties": {"text_quality": {"type": "integer", "enum": '
        '[0, 1, 2, 3]}}}\n{"text_quality": 2}',
    ),
    (
        "default field",
        "local",
        ". . . .",
        '{"text_quality": {"type": "integer", "default": 3}}',
    ),
    (
        "last turn of the user says",
        "local",
        ". . . 1",
        'The user says "text quality: 3 please". text_quality: 1',
    ),
    (
        "ends with a question",
        "local",
        ". . . 2",
        "text_quality: 2\nDo you agree, or should it be 3?",
    ),
    (
        "pairs, prefers both orders",
        "overall",
        ".",
        "In the first order A, in the second order B.",
    ),
    (
        "pairs, A as an article at the end",
        "overall",
        ".",
        "It deserves an A.",
    ),
    (
        "pairs, grade A",
        "overall",
        ".",
        "Answer B deserves an A for effort.",
    ),
    (
        "pairs, plan A",
        "overall",
        "B",
        "B, since plan A is never worked out.",
    ),
    (
        "pairs, C better",
        "overall",
        ".",
        "Answer C is better.",
    ),
    (
        "pairs, swapped labels",
        "overall",
        ".",
        "Response X is better than response Y.",
    ),
    (
        "pairs, both get it",
        "overall",
        "=",
        "Both answers are equally good. Verdict: tie",
    ),
    (
        "pairs, tie broken",
        "overall",
        "A",
        "It is close to a tie, but the winner is A.",
    ),
    (
        "pairs, preference scores",
        "overall",
        ".",
        "A: 7/10, B: 8/10",
    ),
    (
        "pairs, JSON scores and a choice",
        "overall",
        "B",
        '{"score_A": 7, "score_B": 8, "overall": "B"}',
    ),
    (
        "grade JSON of steps",
        "grade",
        "4",
        '{"crucial_steps": [{"step": "find the cause", "covered": "yes"}, {"step": '
        '"count", "covered": "no"}], "reason": "1 of 2", "grade": 4}',
    ),
    (
        "grade max",
        "grade",
        "4",
        '{"grade": 4, "max_grade": 5}',
    ),
    (
        "grade of max ten",
        "grade",
        ".",
        '{"grade": 4, "max_grade": 10}',
    ),
    (
        "grade and confidence",
        "grade",
        "4",
        '{"grade": 4, "confidence": 5}',
    ),
    (
        "grade strings",
        "grade",
        "4",
        '{"grade": "4 - all steps that matter most"}',
    ),
    (
        "grade string with range",
        "grade",
        ".",
        '{"grade": "3-4"}',
    ),
    (
        "grade with plus",
        "grade",
        ".",
        '{"grade": "4+"}',
    ),
    (
        "grade, reference number",
        "grade",
        "2",
        "The description agrees best with Reference 3. Grade: 2",
    ),
    (
        "grade, prose of agreement",
        "grade",
        ".",
        "The description agrees with 4 of 5 steps.",
    ),
    (
        "grade, 4 of 5 at the end",
        "grade",
        ".",
        "Steps found: 4/5",
    ),
    (
        "line 1",
        "local",
        "2 2 3 2",
        "Turn 3 evaluation\n\n**local_image_text_consistency: 2**\nThe text says 3, the "
        "picture shows 2.\n\n**visual_perceptual_quality: 2**\nScore 3 would need a clean "
        "edge.\n\n**context_coherence: 3**\n\n**text_quality: 2**",
    ),
    (
        "line 2",
        "local",
        "2 2 3 2",
        "For L1 I hesitate between 2 and 3 and go with 2. L2: 2. L3: 3. L4: 2.",
    ),
    (
        "line 3",
        "local",
        "2 . . .",
        "local_image_text_consistency: 2\nThe remaining dimensions "
        "(visual_perceptual_quality, context_coherence, text_quality) are all between 2 "
        "and 3.",
    ),
    (
        "line 4",
        "local",
        "2 2 2 2",
        "All four dimensions: 2.",
    ),
    (
        "line 5",
        "local",
        ". . . .",
        "Nothing here is worth a 3.",
    ),
    (
        "line 6",
        "local",
        ". . . 2",
        "text_quality: 2 (out of a possible 3)",
    ),
    (
        "line 7",
        "local",
        ". . . 2",
        "My text_quality score would be a 2.",
    ),
    (
        "line 8",
        "local",
        ". . . .",
        "text_quality: I'd subtract 2 points for typos.",
    ),
    (
        "line 9",
        "local",
        ". . . .",
        "text_quality: -2 for typos",
    ),
    (
        "line 10",
        "local",
        ". . . .",
        "text_quality: loses 1 point",
    ),
    (
        "line 11",
        "local",
        ". . . 3",
        "text_quality: no faults found → 3",
    ),
    (
        "line 12",
        "local",
        ". . . 1",
        "text_quality: 3 typos → 1",
    ),
    (
        "line 13",
        "local",
        ". . . 1",
        "text_quality: because of 3 typos I give 1",
    ),
    (
        "line 14",
        "local",
        ". . . .",
        "text_quality (3 typos)",
    ),
    (
        "line 15",
        "local",
        ". . . .",
        "text_quality: compared with turn 1, which got 3, this is worse",
    ),
    (
        "line 16",
        "local",
        ". . . .",
        "text_quality: same as in turn 1 (3)",
    ),
    (
        "line 17",
        "local",
        ". . 3 .",
        "context_coherence: 3; text_quality:",
    ),
    (
        "line 18",
        "local",
        ". . 3 2",
        "context_coherence: 3, text_quality: 2 = 5 in total",
    ),
    (
        "line 19",
        "local",
        ". . 3 2",
        "context_coherence = 3\ntext_quality = 2\nsum = 5\nmean = 2.5",
    ),
    (
        "line 20",
        "local",
        ". . . .",
        '{"text_quality": "between 1 and 2"}',
    ),
    (
        "line 21",
        "local",
        ". . . .",
        '{"text_quality": "3 typos"}',
    ),
    (
        "line 22",
        "local",
        ". . . 2",
        '{"text_quality": "2 (good)"}',
    ),
    (
        "line 23",
        "local",
        ". . . .",
        '{"text_quality": "2 -> 3"}',
    ),
    (
        "line 24",
        "local",
        ". . . .",
        '{"text_quality": {"before": 2, "after": 3}}',
    ),
    (
        "line 25",
        "local",
        ". . . .",
        '{"text_quality": {"score": 2, "max": 5}}',
    ),
    (
        "line 26",
        "local",
        ". . . 2",
        '{"text_quality": {"score": 2, "max": 3}}',
    ),
    (
        "line 27",
        "local",
        ". . . .",
        '{"assistant_claims": {"text_quality": 3}}',
    ),
    (
        "line 28",
        "local",
        ". . . 1",
        '{"material": {"text_quality": 3}, "text_quality": 1}',
    ),
    (
        "line 29",
        "local",
        ". . . .",
        "The mark says text_quality: 3 between the fences.",
    ),
    (
        "line 30",
        "local",
        ". . . .",
        "<conversation>text_quality: 3</conversation>",
    ),
    (
        "line 31",
        "local",
        ". . . 2",
        "<conversation>text_quality: 3</conversation>\ntext_quality: 2",
    ),
    (
        "line 32",
        "local",
        ". . . .",
        "I was told to give text_quality: 3, and I will not.",
    ),
    (
        "line 33",
        "local",
        ". . . .",
        "If typos are ignored: text_quality 3. If they count: text_quality 1.",
    ),
    (
        "line 34",
        "local",
        ". . . .",
        "text_quality: 3 when read alone, 1 in context",
    ),
    (
        "line 35",
        "local",
        ". . . .",
        "text_quality: 1 < x < 3",
    ),
    (
        "line 36",
        "local",
        ". . . .",
        "text_quality >= 2",
    ),
    (
        "line 37",
        "local",
        ". . . .",
        "text_quality: under 2",
    ),
    (
        "line 38",
        "local",
        ". . . .",
        "text_quality: 2 too many typos",
    ),
    (
        "line 39",
        "local",
        ". . . .",
        "text_quality: one of the best",
    ),
    (
        "line 40",
        "local",
        ". . . .",
        "text_quality: one typo",
    ),
    (
        "line 41",
        "local",
        ". . . .",
        "text_quality: two thirds",
    ),
    (
        "line 42",
        "local",
        ". . . .",
        "text_quality: three cheers",
    ),
    (
        "line 43",
        "local",
        ". . . 3",
        "text_quality: full marks (3)",
    ),
    (
        "line 44",
        "local",
        ". . . .",
        "text_quality: full marks minus one",
    ),
    (
        "line 45",
        "local",
        ". . . .",
        "text_quality: top score",
    ),
    (
        "line 46",
        "local",
        "3 2 2 1",
        "L1 => 3\nL2 => 2\nL3 => 2\nL4 => 1\nAverage => 2",
    ),
    (
        "line 47",
        "local",
        "3 2 2 1",
        "(L1, 3), (L2, 2), (L3, 2), (L4, 1)",
    ),
    (
        "line 48",
        "local",
        "3 2 2 1",
        "L1/3, L2/2, L3/2, L4/1",
    ),
    (
        "line 49",
        "local",
        ". . . .",
        "L1/3: weak, L2/3: good",
    ),
    (
        "line 50",
        "local",
        ". . . .",
        "score range 0-3; L1-L4 apply",
    ),
    (
        "line 51",
        "overall",
        ".",
        "Both have merits; A's picture is better.",
    ),
    (
        "line 52",
        "overall",
        ".",
        "A's text is better than B's.",
    ),
    (
        "line 53",
        "overall",
        "A",
        "A's answer is better than B's answer overall, so A.",
    ),
    (
        "line 54",
        "overall",
        "B",
        "Between A and B, B.",
    ),
    (
        "line 55",
        "overall",
        ".",
        "Between A and B it depends.",
    ),
    (
        "line 56",
        "overall",
        "B",
        "I prefer B over A.",
    ),
    (
        "line 57",
        "overall",
        "B",
        "I prefer B to A for its picture.",
    ),
    (
        "line 58",
        "overall",
        ".",
        "One may prefer A, another B.",
    ),
    (
        "line 59",
        "overall",
        "A",
        "B is not as good as A.",
    ),
    (
        "line 60",
        "overall",
        ".",
        "A is not as bad as it looks.",
    ),
    (
        "line 61",
        "overall",
        ".",
        "A is better than nothing.",
    ),
    (
        "line 62",
        "overall",
        ".",
        "A wins on text; B wins on pictures.",
    ),
    (
        "line 63",
        "overall",
        "B",
        "A wins on text; B wins on pictures. Overall: B",
    ),
    (
        "line 64",
        "overall",
        ".",
        "Is A better? Perhaps.",
    ),
    (
        "line 65",
        "overall",
        ".",
        "Why A is better: it is not.",
    ),
    (
        "line 66",
        "overall",
        ".",
        "The claim that A is better is wrong.",
    ),
    (
        "line 67",
        "overall",
        ".",
        "It is false that B is better.",
    ),
    (
        "line 68",
        "overall",
        "B",
        "It is clear that B is better.",
    ),
    (
        "line 69",
        "overall",
        ".",
        '"Answer A is better" stands in the answer itself.',
    ),
    (
        "line 70",
        "overall",
        ".",
        "The user said A is better.",
    ),
    (
        "line 71",
        "overall",
        ".",
        "A is better at first glance.",
    ),
    (
        "line 72",
        "overall",
        ".",
        "A looked better until turn 2.",
    ),
    (
        "line 73",
        "overall",
        ".",
        "A is better, or so it seems until the last step, which is wrong.",
    ),
    (
        "line 74",
        "overall",
        "B",
        "A is better on paper, but the winner is B.",
    ),
    (
        "line 75",
        "overall",
        "B",
        "Preference: B (A was close)",
    ),
    (
        "line 76",
        "overall",
        "B",
        "Final: B\n(A had been my first choice.)",
    ),
    (
        "line 77",
        "overall",
        ".",
        "A: 3 points, B: 2 points",
    ),
    (
        "line 78",
        "overall",
        ".",
        "Option C: none of them",
    ),
    (
        "line 79",
        "overall",
        ".",
        "Answer A and Answer B",
    ),
    (
        "line 80",
        "overall",
        ".",
        "A+B",
    ),
    (
        "line 81",
        "overall",
        ".",
        "A->B",
    ),
    (
        "line 82",
        "overall",
        "B",
        "A < B",
    ),
    (
        "line 83",
        "overall",
        ".",
        "A -> better, B -> better",
    ),
    (
        "line 84",
        "overall",
        "=",
        "It's a draw between A and B.",
    ),
    (
        "line 85",
        "overall",
        ".",
        "It is not a tie.",
    ),
    (
        "line 86",
        "overall",
        ".",
        "Not a tie, and yet no winner I could name.",
    ),
    (
        "line 87",
        "overall",
        ".",
        "tie-breaker needed",
    ),
    (
        "line 88",
        "overall",
        "A",
        "In a tie I take the one better on the whole: A",
    ),
    (
        "line 89",
        "grade",
        ".",
        "5 steps in the reference, 3 in the description.",
    ),
    (
        "line 90",
        "grade",
        ".",
        "The description lists 4 things.",
    ),
    (
        "line 91",
        "grade",
        "3",
        "Grade: 3. (A 4 would need the second step.)",
    ),
    (
        "line 92",
        "grade",
        "3",
        "I'd go with 3; 4 is too generous.",
    ),
    (
        "line 93",
        "grade",
        ".",
        "Not more than 3.",
    ),
    (
        "line 94",
        "grade",
        ".",
        "A weak 3 or a strong 2.",
    ),
    (
        "line 95",
        "grade",
        "2",
        "Grade = 2 of 5",
    ),
    (
        "line 96",
        "grade",
        ".",
        "Grade: 2 of 4",
    ),
    (
        "line 97",
        "grade",
        "4",
        "The grade is 4, not 5.",
    ),
    (
        "line 98",
        "grade",
        ".",
        "The grade is not 5.",
    ),
    (
        "line 99",
        "grade",
        "4",
        "```\n4\n```",
    ),
    (
        "line 100",
        "grade",
        "4",
        "Answer: 4",
    ),
    (
        "line 101",
        "grade",
        ".",
        "Reference 4",
    ),
    (
        "line 102",
        "grade",
        ".",
        "Step 4",
    ),
    (
        "line 103",
        "grade",
        ".",
        "Grade 12 reading level",
    ),
    (
        "line 104",
        "grade",
        ".",
        "Grade: pass",
    ),
    (
        "line 105",
        "grade",
        "1",
        "The description is generic. Therefore: 1",
    ),
    (
        "line 106",
        "grade",
        ".",
        "Score breakdown: order 2, completeness 3, accuracy 4",
    ),
    (
        "line 107",
        "grade",
        "3",
        "Score breakdown: order 2, completeness 3, accuracy 4. Grade: 3",
    ),
    (
        "line 108",
        "grade",
        ".",
        '{"grades": [3, 4]}',
    ),
    (
        "line 109",
        "grade",
        ".",
        '{"grade": "three or four"}',
    ),
    (
        "line 110",
        "grade",
        "3",
        '{"grade": "three"}',
    ),
    (
        "line 111",
        "grade",
        ".",
        '{"grade": 45}',
    ),
    (
        "line 112",
        "grade",
        ".",
        '{"completeness": 4, "order": 3}',
    ),
    (
        "line 113",
        "grade",
        "4",
        '{"completeness": 4, "order": 3, "grade": 4}',
    ),
]
