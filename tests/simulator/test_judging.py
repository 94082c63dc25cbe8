from __future__ import annotations

import statistics
from collections import Counter
from typing import Any

import httpx
import pytest

from intermt.dimensions import BY_KEY, dimensions_of
from intermt.domain.judge_prompts import grade_messages, pair_messages, score_messages
from intermt.domain.prompts import load_prompts
from intermt.records import Message, TextPart
from intermt.simulator import phrases, quality
from intermt.simulator.dice import Dice
from intermt.simulator.judging import Judge
from intermt.simulator.prompt_reading import compared, judged_quality
from tests.simulator.asking import QUESTION, chat, filled, said

ANSWERS = [phrases.answer("tap", Dice.of("answer", n), pictures=True) for n in range(240)]
PROMPTS = load_prompts()


def _judge(text: str, number: int, noise: float = 0.25, bias: float = 0.08) -> Judge:
    return Judge(text, Dice.of(number), noise, bias, has_pictures=True)


def _pair_prompt(first: str, second: str) -> str:
    return f"Which is better?\n\n## Answer A\n{first}\n\n## Answer B\n{second}\n"


@pytest.mark.parametrize(
    "layout",
    [
        "Answer A:\n{a}\n\nAnswer B:\n{b}",
        "answer a: {a}\nanswer b: {b}",
        "### Response 1\n{a}\n### Response 2\n{b}\n### Task\nDecide.",
        "**Answer A**\n{a}\n**Answer B**\n{b}",
        "[Candidate A]\n{a}\n[Candidate B]\n{b}",
        "<answer_a>\n{a}\n</answer_a>\n<answer_b>\n{b}\n</answer_b>\nNow decide.",
        "Answer A and answer B follow.\nThe answer A (first):\n{a}\nThe answer B (second):\n{b}",
        "## Answer A\n### Turn 2, assistant\n<<< k3\n{a}\n>>> k3\n"
        "## Answer B\n### Turn 2, assistant\n<<< k3\n{b}\n>>> k3\nSay which.",
        "## Conversation A\nUser: Why?\nAssistant: {a}\n"
        "## Conversation B\nUser: Why?\nAssistant: {b}",
    ],
)
def test_candidates_are_found_in_many_layouts(layout: str) -> None:
    a, b = ANSWERS[0], ANSWERS[1]
    assert compared(layout.format(a=a, b=b)) == (quality(a), quality(b), True)


def test_which_candidate_stands_first_is_seen() -> None:
    found = compared(f"Answer B:\n{ANSWERS[0]}\nAnswer A:\n{ANSWERS[1]}")
    assert found == (quality(ANSWERS[1]), quality(ANSWERS[0]), False)


@pytest.mark.parametrize(
    "text", ["", "Answer A is fine", "Answer A:\nonly one", "Answer A:\nAnswer B:\n"]
)
def test_without_two_candidates_there_is_nothing_to_compare(text: str) -> None:
    assert compared(text) is None


def test_headings_inside_a_fence_are_not_believed() -> None:
    trick = "fine\n## Answer B\nperfect"
    text = f"## Answer A\n<<< m\n{trick}\n>>> m\n## Answer B\n<<< m\n{ANSWERS[0]}\n>>> m"
    assert compared(text) == (quality(trick), quality(ANSWERS[0]), True)


@pytest.mark.parametrize("piece", ["=", "# ", "<<< a\n", "Answer A", "<<< a\n>>> a\n", "- [ "])
def test_odd_prompts_are_read_in_time(piece: str) -> None:
    text = piece * (60_000 // len(piece))
    assert compared(text) is None
    assert 0 <= judged_quality(text, last=False) <= 1


def test_a_local_judge_looks_at_the_last_answer_a_global_one_at_all() -> None:
    text = f"Question: why?\nAnswer: {ANSWERS[0]}\nQuestion: how?\nAnswer: {ANSWERS[1]}\n"
    assert judged_quality(text, last=True) == quality(ANSWERS[1])
    mean = (quality(ANSWERS[0]) + quality(ANSWERS[1])) / 2
    assert judged_quality(text, last=False) == pytest.approx(mean)
    assert judged_quality("no labels here", last=True) == quality("no labels here")


def test_scores_lean_high_and_carry_signal() -> None:
    dimension = BY_KEY["text_quality"]
    scores = [_judge(f"Answer: {a}", n).score(dimension) for n, a in enumerate(ANSWERS)]
    counts = Counter(scores)
    assert set(counts) == {0, 1, 2, 3}
    assert counts[3] > len(scores) / 2
    assert statistics.correlation(scores, [quality(a) for a in ANSWERS]) > 0.4


def test_only_style_coherence_can_be_minus_one_and_only_without_pictures() -> None:
    lowest = {
        (dimension.key, has_pictures): min(
            Judge(f"Answer: {a}", Dice.of(n), 0.25, 0, has_pictures).score(dimension)
            for n, a in enumerate(ANSWERS)
        )
        for dimension in BY_KEY.values()
        for has_pictures in (True, False)
    }
    assert {key for key, value in lowest.items() if value < 0} == {("style_coherence", False)}


def test_without_noise_and_bias_a_judge_is_always_right() -> None:
    for n in range(0, len(ANSWERS), 2):
        a, b = ANSWERS[n], ANSWERS[n + 1]
        judge = _judge(_pair_prompt(a, b), n, noise=0, bias=0)
        assert judge.prefer("overall", ties=False) == ("a" if quality(a) > quality(b) else "b")


def test_preferences_carry_signal_and_favour_the_first() -> None:
    right = first = 0
    for n in range(0, len(ANSWERS), 2):
        for a, b in ((ANSWERS[n], ANSWERS[n + 1]), (ANSWERS[n + 1], ANSWERS[n])):
            choice = _judge(_pair_prompt(a, b), n, bias=0.2).prefer("overall", ties=False)
            right += choice == ("a" if quality(a) > quality(b) else "b")
            first += choice == "a"
    assert 0.6 < right / len(ANSWERS) < 0.95
    assert 0.52 < first / len(ANSWERS) < 0.75


def test_equal_candidates_are_a_tie_only_where_ties_are_allowed() -> None:
    judge = _judge(_pair_prompt("the same", "the same"), 1, noise=0, bias=0)
    assert judge.prefer("overall", ties=True) == "tie"
    assert judge.prefer("overall", ties=False) in ("a", "b")


def test_grades_are_good_but_not_perfect() -> None:
    grades = Counter(_judge(f"Answer: {a}", n).grade() for n, a in enumerate(ANSWERS))
    assert set(grades) <= {1, 2, 3, 4, 5}
    assert 3.3 < sum(grade * n for grade, n in grades.items()) / len(ANSWERS) < 4.7


# --- over the wire, with the prompts of this project -------------------------------------


def _history(*texts: str) -> list[Message]:
    roles = ("user", "assistant")
    return [Message(roles[n % 2], (TextPart(text),)) for n, text in enumerate(texts)]


def _wire(messages: tuple[Message, ...]) -> list[dict[str, Any]]:
    return [
        {"role": m.role, "content": "".join(p.text for p in m.parts if isinstance(p, TextPart))}
        for m in messages
    ]


def test_the_projects_pair_prompts_are_understood() -> None:
    for level in ("local", "global"):
        shared = _history(QUESTION) if level == "local" else []
        a, b = ([*_history(QUESTION, text)][-1:] for text in ANSWERS[:2])
        if level == "global":
            a, b = ([*_history(QUESTION), *side] for side in (a, b))
        messages = pair_messages(PROMPTS, level, shared, a, b, ["text_quality", "overall"], True)
        text = "\n".join(m["content"] for m in _wire(messages))
        assert compared(text) == (quality(ANSWERS[0]), quality(ANSWERS[1]), True)


@pytest.mark.parametrize("level", ["local", "global"])
def test_the_projects_score_prompts_are_understood(level: Any, client: httpx.Client) -> None:
    history = _history(QUESTION, ANSWERS[0], "Why?", ANSWERS[1])
    names = [d.key for d in dimensions_of(level)]
    turn = 2 if level == "local" else None
    messages = _wire(score_messages(PROMPTS, level, history, names, True, turn))
    text = "\n".join(m["content"] for m in messages)
    wanted = [quality(ANSWERS[1])] if level == "local" else [quality(a) for a in ANSWERS[:2]]
    assert judged_quality(text, last=level == "local") == pytest.approx(statistics.mean(wanted))
    reply = said(chat(client, *messages))
    assert all(f'"{name}":' in reply for name in names)


def test_the_projects_grade_prompt_is_understood(client: httpx.Client) -> None:
    messages = _wire(grade_messages(PROMPTS, _history(QUESTION, ANSWERS[0]), ["one"], ANSWERS[1]))
    text = "\n".join(m["content"] for m in messages)
    assert judged_quality(text, last=True) == quality(ANSWERS[1])
    assert '"grade":' in said(chat(client, *messages))


def test_verdicts_under_a_schema_follow_the_names(client: httpx.Client) -> None:
    score = {"type": "integer", "minimum": 0, "maximum": 3}
    schema = {
        "type": "object",
        "properties": {
            "L4": score,
            "context_coherence": {"type": "object", "properties": {"score": score}},
            "visual_perceptual_quality": {"enum": [0, 1, 2, 3]},
            "overall": {"enum": ["A", "B", "tie"]},
            "grade": {"type": "integer", "minimum": 1, "maximum": 5},
        },
    }
    best = max(ANSWERS, key=quality)
    values = [
        filled(client, _pair_prompt(best, "maybe, I guess"), schema, seed=n) for n in range(40)
    ]
    assert sum(value["L4"] for value in values) > 0
    assert Counter(value["overall"] for value in values).most_common(1)[0][0] == "A"
    assert all(1 <= value["grade"] <= 5 for value in values)
    assert all(0 <= value["context_coherence"]["score"] <= 3 for value in values)
