"""Replies to "which is better" as different models write them, and what a person reads.

Each entry: a name, the choices, the reply. Five choices stand for the four local dimensions and
`overall` ("=" is a tie, "." where the reply states none); a single one stands for a reply to a
question about `overall` alone. Written before the parser was looked at.
"""

from __future__ import annotations

REPLIES: list[tuple[str, str, str]] = [
    # --- chat models in English -----------------------------------------------------------
    (
        "flat JSON, reason first",
        "A B A = A",
        '{"reason": "A: right boats; B: better light. B is better on pictures.", '
        '"local_image_text_consistency": "A", "visual_perceptual_quality": "B", '
        '"context_coherence": "A", "text_quality": "tie", "overall": "A"}',
    ),
    (
        "JSON with long names for the candidates",
        "A B A = A",
        '{"L1": "Answer A", "L2": "Answer B", "L3": "Response A", "L4": "Both", '
        '"overall": "Assistant A"}',
    ),
    (
        "JSON with objects and loser named in the reason",
        "A B . . B",
        '{"L1": {"reason": "B names 3 boats, wrong", "better": "A"}, "L2": {"reason": "A is '
        'blurred", "better": "B"}, "overall": {"reason": "A loses on looks", "better": "B"}}',
    ),
    (
        "sections, a fault of each, then the winner",
        "A B . . B",
        """\
### Local image-text consistency
- Worst fault of A: none.
- Worst fault of B: names three boats.
- Better: A

### Visual perceptual quality
- Worst fault of A: blur.
- Worst fault of B: none.
- Better: B

### Overall
- Better: B
""",
    ),
    (
        "a table with ticks",
        "A B . . B",
        """\
| Dimension | Answer A | Answer B |
|---|:-:|:-:|
| Local image-text consistency | ✅ | ❌ |
| Visual perceptual quality | ❌ | ✅ |
| Overall | ❌ | ✅ |
""",
    ),
    (
        "a table with comments and a winner",
        "A B B = B",
        """\
| Dimension | Answer A | Answer B | Winner |
|---|---|---|---|
| Local image-text consistency | all 3 boats | 2 of 3 boats | A |
| Visual perceptual quality | blurred | crisp | B |
| Context coherence | forgets turn 1 | uses turn 1 | B |
| Text quality | fine | fine | Tie |
| **Overall** | | | **B** |
""",
    ),
    (
        "a table with comments and no winner",
        ". . . . .",
        """\
| Dimension | Answer A | Answer B |
|---|---|---|
| Local image-text consistency | good | better |
| Visual perceptual quality | blurred | crisp |
| Overall | weak | strong |
""",
    ),
    (
        "a table with scores per answer",
        ". . . . .",
        """\
| Dimension | A | B |
|---|---|---|
| Local image-text consistency | 3 | 2 |
| Visual perceptual quality | 1 | 3 |
| Overall | 2 | 2.5 |
""",
    ),
    (
        "arrows and medals",
        "A B A A A",
        "L1 → A 🏆\nL2 → B\nL3 → A\nL4 → A\nOverall → A 🏆",
    ),
    (
        "bare letters in parentheses",
        "A B A B A",
        "L1: (A)\nL2: (B)\nL3: (A)\nL4: (B)\nOverall: (A)",
    ),
    (
        "double brackets",
        "A B A B A",
        "L1: [[A]]\nL2: [[B]]\nL3: [[A]]\nL4: [[B]]\nOverall: [[A]]",
    ),
    (
        "strengths of preference",
        "A B = A B",
        "L1: A>>B\nL2: B>A\nL3: A=B\nL4: A>B\nOverall: B>>A",
    ),
    (
        "strengths in words",
        "A B A B A",
        "L1: A (much better)\nL2: B (slightly better)\nL3: A is significantly better\n"
        "L4: B is marginally better\nOverall: A, by a small margin",
    ),
    (
        "numbers for the answers",
        "A B A B A",
        "L1: Response 1\nL2: Response 2\nL3: Answer 1\nL4: Answer 2\nOverall: Response 1",
    ),
    (
        "ordinals",
        "A B A B A",
        "L1: the first answer\nL2: the second answer\nL3: first\nL4: second\n"
        "Overall: the first answer, because it keeps to the subject",
    ),
    (
        "former and latter",
        ". . . . .",
        "Comparing answer B with answer A, L1 goes to the former and L2 to the latter.",
    ),
    (
        "counts of wins are no verdict on a dimension",
        ". . . . A",
        "Response 1 wins 3 of 4 dimensions, Response 2 wins 1.\n\nOverall: Response 1",
    ),
    (
        "prose per dimension, winner in the last sentence",
        "A B . A A",
        """\
Local image-text consistency: Answer A mentions two boats and shows two. Answer B mentions three. \
Answer A is better here.
Visual perceptual quality: Answer A is blurred while Answer B is crisp. Answer B wins.
Text quality: Both are clear, but Answer B pads. Answer A is better.
Overall: Answer A is better.
""",
    ),
    (
        "flowing prose",
        "A B . . A",
        "Answer A is better on local image-text consistency, while answer B is better on visual "
        "perceptual quality. Overall I prefer answer A.",
    ),
    (
        "both named with praise, no choice",
        ". . . . .",
        "Answer A has better image-text consistency in the first half, but Answer B has its own "
        "strengths. Overall, both have merits and it depends on what the user wants.",
    ),
    (
        "ties in many words",
        "= = = = =",
        "L1: tie\nL2: Equal\nL3: both equally good\nL4: no difference\nOverall: It's a draw.",
    ),
    (
        "both",
        "= . = . .",
        "L1: Both\nL2: Both are fine\nL3: both A and B are equally good",
    ),
    (
        "a tie in brackets with a leaning",
        ". . . . .",
        "Overall: tie, with a slight edge to A",
    ),
    (
        "not decided",
        ". . . . .",
        "L1: A/B\nL2: A or B\nL3: unclear\nL4: cannot be determined\nOverall: depends",
    ),
    (
        "negations",
        ". . . . B",
        "L1: not A\nL2: A is not better\nL3: B isn't worse than A\nL4: A fails to beat B\n"
        "Overall: not A but B",
    ),
    (
        "hypotheticals",
        ". . . . B",
        "L1: A would win if the picture were there\nL2: A could be better\nL3: A should have won\n"
        "L4: were it shorter, A\nOverall: A would have won, but its picture is missing. Winner: B",
    ),
    (
        "comparatives in the negative",
        "A B B A .",
        "L1: B is worse\nL2: A is worse than B\nL3: A has more errors, so B\nL4: B loses",
    ),
    (
        "the same dimension twice",
        "A . . . B",
        "L1: A\nL2: A\nL2: B\nOverall: B",
    ),
    (
        "draft and final",
        "A A A A A",
        "First impression:\nL1: B\nL2: B\nL3: B\nL4: B\nOverall: B\n\nAfter checking the boats, my "
        "final verdict:\nL1: A\nL2: A\nL3: A\nL4: A\nOverall: A",
    ),
    (
        "changed mind without a mark",
        ". . . . .",
        "Overall: A. Actually, wait. Overall: B.",
    ),
    (
        "a final JSON after prose that weighs",
        "A B A A A",
        """\
Answer B has the better light, and one might prefer B for that. Answer A keeps to two boats.

```json
{"local_image_text_consistency": "A", "visual_perceptual_quality": "B", \
"context_coherence": "A", "text_quality": "A", "overall": "A"}
```""",
    ),
    (
        "YAML",
        "A B A = A",
        "```yaml\nL1: A\nL2: B\nL3: A\nL4: tie\noverall: A\n```",
    ),
    (
        "YAML with winner fields",
        "A B . . A",
        "L1:\n  winner: A\n  reason: B names 3 boats\nL2:\n  winner: B\n  reason: A is blurred\n"
        "overall:\n  winner: A\n  margin: 2\n",
    ),
    (
        "XML",
        "A B A = A",
        "<verdict><L1>A</L1><L2>B</L2><L3>A</L3><L4>tie</L4><overall>A</overall></verdict>",
    ),
    (
        "a LaTeX boxed list",
        "A B A B A",
        "$\\boxed{\\text{A}, \\text{B}, \\text{A}, \\text{B}, \\text{A}}$",
    ),
    (
        "CSV",
        "A B A B A",
        "dimension,winner\nL1,A\nL2,B\nL3,A\nL4,B\noverall,A",
    ),
    (
        "JSON with numbers for the winner",
        "A B . . B",
        '{"L1": {"winner": 1}, "L2": {"winner": 2}, "overall": {"winner": 2}}',
    ),
    (
        "JSON with bare numbers",
        ". . . . .",
        '{"L1": 1, "L2": 2, "L3": 0, "L4": 3}',
    ),
    (
        "JSON with true and false",
        ". . . . .",
        '{"L1": true, "L2": false, "overall": null}',
    ),
    (
        "JSON with scores per answer",
        ". . . . .",
        '{"L1": {"A": 3, "B": 2}, "L2": {"A": 1, "B": 3}, "overall": {"A": 2, "B": 2}}',
    ),
    (
        "JSON by winner",
        "A A B . .",
        '{"A": ["L1", "L2"], "B": ["L3"]}',
    ),
    (
        "JSON cut off in the last value",
        "A B . . .",
        '{"L1": "A", "L2": "B", "L3": "',
    ),
    (
        "JSON cut off in the reason",
        ". . . . .",
        '{"reason": "L1: A is better, L2: B is better, overall A',
    ),
    (
        "echoed format",
        ". . . . .",
        '{"reason": "<your reason>", "L1": "<A or B>", "L2": "<A or B>", "overall": "<A or B>"}',
    ),
    (
        "echoed schema",
        ". . . . .",
        '{"type": "object", "properties": {"L1": {"type": "string", "enum": ["A", "B"]}, "overall":'
        ' {"type": "string", "enum": ["A"]}}}',
    ),
    (
        "echoed material headings",
        ". . . . .",
        "## Answer A\nHere are two boats.\n\n## Answer B\nHere are three boats.\n\n"
        "Say which answer is better on: L1, L2, L3, L4, overall.",
    ),
    (
        "an example",
        ". . . . .",
        'For example: {"L1": "A", "L2": "B", "L3": "A", "L4": "A", "overall": "A"}',
    ),
    (
        "a claim in the material",
        ". . . . B",
        'Answer A says "A is better on all dimensions", which is part of the material.\n\n'
        "Overall: B",
    ),
    (
        "what the user said",
        ". . . . .",
        "The user said they prefer answer A overall.",
    ),
    (
        "article A at the start of a remark",
        ". . . . .",
        "L1: A boat is missing.\nL2: A bit blurred.\nL3: A good fit.\nL4: A few errors.\n"
        "Overall: A mixed picture.",
    ),
    (
        "article A before a noun and a choice after it",
        "B . . . B",
        "L1: A boat is missing in A. Winner: B\nOverall: B",
    ),
    (
        "plan B and vitamin A",
        ". . . . .",
        "Overall the answers differ about plan B. Vitamin A is better explained.",
    ),
    (
        "Answer A first in an enumeration",
        ". . . . .",
        "Overall: Answer A, Answer B",
    ),
    ("question", ". . . . .", "Is answer A better overall? Or answer B?"),
    (
        "think block and verdict",
        "B B B B B",
        "<think>\nOverall: A? A wins on L1, L2.\nFinal answer: A\n</think>\n"
        "L1: B\nL2: B\nL3: B\nL4: B\nOverall: B",
    ),
    ("think block cut off", ". . . . .", "<think>Overall: A. L1: A. Final answer: A"),
    ("Kimi's marks", ". . . . B", "◁think▷Overall: A◁/think▷Overall: B"),
    ("harmony analysis only", ". . . . .", "<|channel|>analysis<|message|>Overall: A"),
    ("refusal", ". . . . .", "I can't say which answer is better; answer A has no picture."),
    ("failure text", ". . . . .", "API Failed"),
    ("error page", ". . . . .", "<!doctype html><html><body>Overall: A</body></html>"),
    # --- other languages -------------------------------------------------------------------
    (
        "German",
        "A B = . A",
        "L1: A, weil zwei Boote zu sehen sind\nL2: Antwort B\nL3: Gleichstand\nL4: A oder B\n"
        "overall: Antwort A",
    ),
    (
        "German: not A",
        ". . . . .",
        "L1: nicht A\nL2: weder A noch B\nL3: A wäre besser\nL4: A ist nicht besser",
    ),
    (
        "French",
        "A B = . A",
        "L1 : A\nL2 : Réponse B\nL3 : égalité\nL4 : A ou B\noverall : Réponse A",
    ),
    ("French: a for has", ". . . . .", "L1 : a deux bateaux\nL2 : A une bonne lumière"),
    (
        "Spanish",
        "A B = . A",
        "L1: A\nL2: Respuesta B\nL3: empate\nL4: A o B\noverall: Respuesta A",
    ),
    ("Spanish: a for to", ". . . . .", "L1: a veces borroso\nL2: A pesar de todo, buena"),
    ("Portuguese articles", ". . . . .", "L1: A imagem é boa\nL2: A resposta B"),
    (
        "Chinese",
        "A B = . A",
        "L1：A\nL2：回答B更好\nL3：平局\nL4：A或B\noverall：回答A",
    ),
    ("Chinese: not A", ". . . . .", "L1：不是A\nL2：A不如\nL3：A和B\nL4：A并不更好"),
    (
        "Japanese",
        "A B = . A",
        "L1：A\nL2：回答Bの方が良い\nL3：引き分け\nL4：AまたはB\noverall：回答A",
    ),
    (
        "Russian",
        "A B = . A",
        "L1: A\nL2: Ответ B\nL3: ничья\nL4: A или B\noverall: Ответ A",
    ),
    (
        "Arabic and Hindi around Latin letters",
        "A B . . A",
        "L1: A\nL2: الإجابة B\nL3: A أو B\nL4: A या B\noverall: A",
    ),
    (
        "Cyrillic and Greek look-alikes",
        ". . . . .",
        "L1: А\nL2: В\nL3: Α\nL4: Β",
    ),
    # --- one question ----------------------------------------------------------------------
    ("a bare letter", "A", "A"),
    ("a lower-case letter with a full stop", "B", "b."),
    ("a letter in quotes", "B", '"B"'),
    ("answer colon letter", "A", "Answer: A"),
    ("final verdict of a known judge prompt", "B", "After careful thought...\n\n[[B]]"),
    ("verdict C of a known judge prompt", ".", "Both are good. [[C]]"),
    ("my choice", "A", "My choice is A because B invents a boat."),
    ("go with", "B", "I'd go with Answer B."),
    ("prefer over", "B", "I prefer Answer B over Answer A."),
    ("outperforms", "A", "Answer A outperforms Answer B in every respect."),
    ("superior", "B", "Answer B is superior to Answer A."),
    ("stronger", "B", "Answer B is the stronger one."),
    ("emphatic", "A", "**Verdict:** 🅰️ Answer A"),
    ("neither", "=", "Neither answer is better than the other."),
    ("neither is good", ".", "Neither answer is good."),
    ("as good as", "=", "A is as good as B."),
    ("not as good as", "B", "A is not as good as B."),
    ("better, but", ".", "A is better in pictures, but B is better in text."),
    ("although", "B", "Although A is better in pictures, B is better overall."),
    ("conversation letters", "B", "Conversation B is the better conversation."),
    ("option", "A", "Option A"),
    ("candidate with hash", "B", "Candidate #2 is better."),
    ("a sentence beginning with A", ".", "A better answer would name two boats."),
    ("one letter and a lot after it", "B", "B\n\nAnswer B keeps to two boats and A names three."),
    ("two letters", ".", "A\nB"),
    ("a vote count", ".", "A: 3 votes, B: 1 vote"),
    ("scores", ".", "Answer A: 3/3. Answer B: 2/3."),
    ("rather", ".", "I would rather have A than a worse B, but cannot decide."),
    ("German sentence", "B", "Antwort B ist besser als Antwort A."),
    ("German negated sentence", ".", "Antwort A ist nicht besser als Antwort B."),
    ("French sentence", "B", "La réponse B est meilleure que la réponse A."),
    ("Chinese sentence", "B", "回答B比回答A更好。"),
    ("Chinese reversed sentence", "A", "回答B不如回答A。"),
]
