"""Expected scores: the right token is found, in any form of reply, or none."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intermt.domain.expected_score import (
    NO_PLACE,
    NO_TOKENS,
    OTHER_TEXT,
    TOO_LONG,
    Expected,
    expected_scores,
)
from intermt.domain.verdicts import parse_grade, parse_scores
from intermt.records import TokenChoice

TWO = ("text_quality", "context_coherence")
SCALE = range(4)

Piece = str | tuple[str, Mapping[str, float]]


def read_two(text: str) -> Mapping[str, int | None]:
    return parse_scores(text, TWO)


def stream(*pieces: Piece) -> list[TokenChoice]:
    """Tokens; a piece with alternatives is one token, other text is cut after each letter."""
    tokens = []
    for piece in pieces:
        if isinstance(piece, str):
            tokens += [TokenChoice(c.encode(), ((c.encode(), -0.1),)) for c in piece]
        else:
            token, likely = piece
            tokens.append(
                TokenChoice(
                    token.encode(),
                    tuple((other.encode(), math.log(p)) for other, p in likely.items()),
                )
            )
    return tokens


def text_of(tokens: list[TokenChoice]) -> str:
    return b"".join(token.text for token in tokens).decode()


def expected(*pieces: Piece, text: str | None = None) -> dict[str, Expected]:
    tokens = stream(*pieces)
    return expected_scores(text_of(tokens) if text is None else text, tokens, read_two, SCALE)


DIGITS = {"3": 0.5, "2": 0.3, "1": 0.1, "0": 0.05}
MEAN = (3 * 0.5 + 2 * 0.3 + 0.1) / 0.95


def near(value: float) -> object:
    return pytest.approx(value, abs=1e-12)


def test_the_mean_is_over_scores_and_says_what_probability_they_had() -> None:
    found = expected(
        '{"text_quality": ',
        ("3", {**DIGITS, '"': 0.03, "4": 0.01, "-": 0.01}),
        ', "context_coherence": ',
        ("0", {"0": 1.0}),
        "}",
    )
    assert found["text_quality"] == Expected(near(MEAN), near(0.95))  # type: ignore[arg-type]
    assert found["context_coherence"] == Expected(0.0, 1.0)


@pytest.mark.parametrize(
    ("before", "token", "alternatives", "behind"),
    [
        (":", " 3", [" 3", " 2", " 1", " 0"], ","),
        (":", " 3", [" 3", "2", " 1", "0"], ","),
        (": ", "3,", ["3,", "2,", "1,", "0,"], ""),
        (": ", "3,", ["3", "2", "1,", "0"], ""),
        (": ", "3,", ["3,", "2\n", "1}", "0 "], ""),
        ("", ": 3,", [": 3,", ": 2,", ":1,", ":  0"], ""),
        ('":', "3", ["3", "2", "1", "0"], ","),
    ],
)
def test_a_score_may_share_its_token(
    before: str, token: str, alternatives: list[str], behind: str
) -> None:
    likely = dict(zip(alternatives, DIGITS.values(), strict=True))
    head = '{"text_quality"' if not before.startswith('"') else '{"text_quality'
    found = expected(head + before, (token, likely), behind + ' "context_coherence": 1}')
    assert found["text_quality"] == Expected(near(MEAN), near(0.95))  # type: ignore[arg-type]


def test_numbers_off_the_scale_and_longer_ones_are_no_scores() -> None:
    likely = {"3": 0.6, "30": 0.1, "33": 0.1, "7": 0.1, "3.": 0.05, "-1": 0.05}
    found = expected('{"text_quality": ', ("3", likely), ', "context_coherence": 1}')[
        "text_quality"
    ]
    assert found == Expected(3.0, near(0.6))  # type: ignore[arg-type]


def test_equal_texts_of_two_tokens_are_counted_together() -> None:
    token = TokenChoice(b"2", ((b"2", math.log(0.4)), (b"2", math.log(0.2)), (b"0", math.log(0.3))))
    tokens = [*stream('{"text_quality": '), token, *stream(', "context_coherence": 1}')]
    found = expected_scores(text_of(tokens), tokens, read_two, SCALE)["text_quality"]
    assert found == Expected(near(1.2 / 0.9), near(0.9))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("before", "behind"),
    [
        ("Text quality: ", "/3\nContext coherence: 1/3"),
        ("1. Two of 3 pictures fit.\n2. text_quality = ", "\n3. context_coherence = 1"),
        ("| dimension | score |\n|---|---|\n| text_quality | ", " |\n| context_coherence | 1 |"),
        ("L3 - 1\nL4 - ", ""),
        ('{"reason": "2 or 3 slips, \\"text_quality\\": 3?", "text_quality": ',
         ', "context_coherence": 1}'),
    ],
)  # fmt: skip
def test_the_token_is_found_in_any_form_that_can_be_read(before: str, behind: str) -> None:
    found = expected(before, ("3", DIGITS), behind)
    assert found["text_quality"] == Expected(near(MEAN), near(0.95))  # type: ignore[arg-type]


def test_thinking_before_the_reply_is_passed_over() -> None:
    reply = '{"text_quality": 3, "context_coherence": 1}'
    thought = f"<think>maybe {reply}</think>\n"
    found = expected(
        thought, '{"text_quality": ', ("3", DIGITS), ', "context_coherence": 1}', text=reply
    )
    assert found["text_quality"].value == near(MEAN)


def test_what_stands_twice_has_no_token_of_its_own() -> None:
    found = expected("text_quality: 3\ntext_quality: ", ("3", DIGITS), "\ncontext_coherence: 1")
    assert found["text_quality"] == Expected(None, why=NO_PLACE)
    assert found["context_coherence"].value is not None


def test_words_have_no_token_of_their_own() -> None:
    found = expected("text_quality: three\ncontext_coherence: 1")
    assert found.get("text_quality") in (None, Expected(None, why=NO_PLACE))


def test_without_tokens_or_with_other_ones_there_is_no_expectation() -> None:
    reply = '{"text_quality": 3, "context_coherence": 1}'
    for tokens, why in (([], NO_TOKENS), (stream("something else"), OTHER_TEXT)):
        found = expected_scores(reply, tokens, read_two, SCALE)
        assert set(found.values()) == {Expected(None, why=why)}


def test_a_token_without_probabilities_gives_none() -> None:
    found = expected('{"text_quality": ', ("3", {}), ', "context_coherence": 1}')
    assert found["text_quality"] == Expected(None, why=NO_PLACE)


def test_a_digit_over_several_tokens_gives_none() -> None:
    tokens = stream("text_quality: ")
    tokens += [TokenChoice(bytes([b]), ((bytes([b]), -0.1),)) for b in "٣".encode()]
    tokens += stream("\ncontext_coherence: 1")
    found = expected_scores(text_of(tokens), tokens, read_two, SCALE)
    assert found["text_quality"] == Expected(None, why=NO_PLACE)
    assert found["context_coherence"].value == 1


def test_a_reply_full_of_numbers_takes_no_time() -> None:
    reply = "1 2 3 " * 5000 + '{"text_quality": 3, "context_coherence": 1}'
    found = expected_scores(reply, stream(reply), read_two, SCALE)
    assert set(found.values()) <= {Expected(None, why=TOO_LONG)}


def test_minus_one_is_a_finding_and_no_point_of_the_scale() -> None:
    def read(text: str) -> Mapping[str, int | None]:
        return parse_scores(text, ("style_coherence",))

    likely = {"2": 0.4, "1": 0.2, "-": 0.3, "-1": 0.1}
    tokens = stream('{"style_coherence": ', ("2", likely), "}")
    found = expected_scores(text_of(tokens), tokens, read, SCALE)
    assert found["style_coherence"] == Expected(near(1.0 / 0.6), near(0.6))  # type: ignore[arg-type]
    tokens = stream('{"style_coherence": ', ("-", {"-": 0.9, "3": 0.1}), ("1", {"1": 1.0}), "}")
    found = expected_scores(text_of(tokens), tokens, read, SCALE)
    assert found["style_coherence"] == Expected(-1.0)


def test_grades_have_another_scale() -> None:
    likely = {"5": 0.5, "4": 0.25, "3": 0.15, "0": 0.1}
    tokens = stream('{"grade": ', ("5", likely), "}")
    found = expected_scores(
        text_of(tokens), tokens, lambda text: {"grade": parse_grade(text)}, range(1, 6)
    )["grade"]
    assert found == Expected(near((2.5 + 1 + 0.45) / 0.9), near(0.9))  # type: ignore[arg-type]


def test_what_the_reply_does_not_state_has_no_entry() -> None:
    assert expected('{"text_quality": 3}').keys() == {"text_quality"}


@given(
    scores=st.tuples(st.integers(0, 3), st.integers(0, 3)),
    weights=st.lists(st.floats(0.001, 1), min_size=4, max_size=4),
    cuts=st.sets(st.integers(1, 60), max_size=30),
    spaces=st.sampled_from(["", " ", "\n  "]),
)
def test_however_the_reply_is_cut_the_mean_is_the_same(
    scores: tuple[int, int], weights: list[float], cuts: set[int], spaces: str
) -> None:
    """Tokens may end anywhere; alternatives differ from their token in the digit alone."""
    total = sum(weights)
    reply = json.dumps(dict(zip(TWO, scores, strict=True)), separators=(",", f":{spaces}"))
    edges = [0, *sorted(cut for cut in cuts if cut < len(reply)), len(reply)]
    tokens = []
    for begin, end in pairwise(edges):
        token = reply[begin:end]
        digits = [i for i, c in enumerate(token) if c.isdecimal()]
        likely: list[tuple[bytes, float]] = []
        if len(digits) == 1:
            (i,) = digits
            for score, weight in enumerate(weights):
                other = f"{token[:i]}{score}{token[i + 1 :]}".encode()
                likely.append((other, math.log(weight / total)))
        else:
            likely = [(token.encode(), 0.0)]
        tokens.append(TokenChoice(token.encode(), tuple(likely)))
    mean = sum(score * weight for score, weight in enumerate(weights)) / total
    found = expected_scores(reply, tokens, read_two, SCALE)
    for token in tokens:
        if sum(c.isdecimal() for c in token.text.decode()) == 2:
            return
    for name in TWO:
        assert found[name].value == pytest.approx(mean)
        assert found[name].mass == pytest.approx(1)
