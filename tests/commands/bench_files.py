"""Invented files in the forms in which InterMT-Bench was released: scores and pairs."""

from __future__ import annotations

import random
from typing import Any

from intermt.dimensions import Level, dimensions_of

_THINGS = ("a tap", "a roof", "a fern", "bread", "a bridge", "soup", "a kite", "a clock")
_WORDS = (
    *("first", "because", "then", "maybe", "warm", "water", "paper", "slowly", "measure"),
    *("compare", "perhaps", "turn", "instead", "light", "five", "twice", "cut", "finally"),
)
# As the release spells some of them.
_SPELT = {"visual_perceptual_quality": "perceptual_quality", "helpfulness": "G2"}


def score_file(n: int, seed: int = 0) -> list[dict[str, Any]]:
    """Conversations of two to four turns, all turns and dimensions scored; some scores null."""
    rng = random.Random(seed)
    return [_scored(rng, number) for number in range(n)]


def pair_file(n: int, level: Level, seed: int = 0) -> list[dict[str, Any]]:
    """Two answers each after none to two shared turns, with preferences; some 0."""
    rng = random.Random(seed)
    return [_pair(rng, number, level) for number in range(n)]


def _scored(rng: random.Random, number: int) -> dict[str, Any]:
    rounds: list[dict[str, Any]] = [{"round": 0, "annotations": _scores(rng, "global")}]
    for k in range(1, rng.randint(2, 4) + 1):
        said = _turn(rng, f"{number}.{k}", k)
        del said["round"]
        rounds.append(
            {"round": k, "round_conversations": said, "annotations": _scores(rng, "local")}
        )
    return {"conversations": rounds}


def _scores(rng: random.Random, level: Level) -> dict[str, int | None]:
    scores: dict[str, int | None] = {}
    for dimension in dimensions_of(level):
        likely = rng.choices(list(dimension.scores), [1] * (len(dimension.scores) - 1) + [4])[0]
        scores[_SPELT.get(dimension.key, dimension.key)] = None if rng.random() < 0.05 else likely
    return scores


def _pair(rng: random.Random, number: int, level: Level) -> dict[str, Any]:
    shared = [_turn(rng, f"{level} {number}.{k}", k) for k in range(1, rng.randint(1, 3))]
    asked = _turn(rng, f"{level} {number}.last", len(shared) + 1)
    answers = (_answer(rng, f"{number} one"), _answer(rng, f"{number} two"))
    names = [*(_SPELT.get(d.key, d.key) for d in dimensions_of(level)), "overall"]
    preferences = {name: rng.choice((1, 1, 2, 2, 0)) for name in names}
    # A case on which nothing is stated would be no case.
    preferences[names[0]] = rng.choice((1, 2))
    compared = {
        "round": len(shared) + 1,
        "prompt": asked["prompt"],
        "prompt_images": asked["prompt_images"],
        "response_1": answers[0],
        "response_1_images": _pictures(rng, answers[0]),
        "response_2": answers[1],
        "response_2_images": _pictures(rng, answers[1]),
    }
    place = "local_overall_preference" if level == "local" else "overall_preference"
    return {"front_convs": shared, "paired_convs": compared, place: preferences}


def _turn(rng: random.Random, name: str, number: int) -> dict[str, Any]:
    answer = _answer(rng, name)
    return {
        "round": number,
        "prompt": f"Question {name}: how do I mend {rng.choice(_THINGS)}?",
        "prompt_images": [f"images/{rng.getrandbits(64):x}.png"] if number == 1 else [""],
        "response": answer,
        "response_images": _pictures(rng, answer),
    }


def _answer(rng: random.Random, name: str) -> str:
    words = " ".join(rng.choices(_WORDS, k=rng.randint(5, 60)))
    tag = rng.choice(("", "\n\n<Image, the thing mended>", "\n\n< Image, a drawing of it>"))
    return f"Answer {name}: {words}.{tag}"


def _pictures(rng: random.Random, answer: str) -> list[str]:
    return [f"images/{rng.getrandbits(64):x}.png"] if "Image," in answer else [""]
