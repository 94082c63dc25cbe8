"""Which answers go on, whatever order they came in."""

from __future__ import annotations

import random
from dataclasses import replace
from string import ascii_lowercase

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intermt.domain.pruning import (
    BEYOND,
    Candidate,
    Ranked,
    ends_branch,
    own_flaws,
    prune,
    similarity,
)

LONG = "Plant the shade lovers along the wall and leave the sunny corner to the herbs."


def one(place: str, text: str = "", **more: object) -> Candidate:
    made = Candidate(place, place[:-1], text or f"Answer {place}: something else altogether.")
    return replace(made, **more)  # type: ignore[arg-type]


def kept(found: list[Ranked]) -> list[str]:
    return [ranked.place for ranked in found if ranked.kept]


def test_without_flaws_and_scores_the_first_places_go_on() -> None:
    found = prune([one(f"1a.{n}{x}") for n in (2, 1) for x in "ba"], beam=3)
    assert [r.place for r in found] == ["1a.1a", "1a.1b", "1a.2a", "1a.2b"]
    assert kept(found) == ["1a.1a", "1a.1b", "1a.2a"]
    assert [r.reason for r in found] == ["", "", "", BEYOND]
    assert [r.rank for r in found] == [1, 2, 3, 4]


def test_the_judge_decides_among_the_flawless() -> None:
    scored = [
        one("1a", score=1.0),
        one("1b", score=2.5),
        one("1c"),
        one("1d", "...", score=3.0),
        one("1e", score=2.5),
    ]
    found = prune(scored, beam=3)
    assert [r.place for r in found] == ["1b", "1e", "1a", "1c", "1d"]
    assert found[-1].reason == "empty"


@pytest.mark.parametrize(
    ("text", "flaw"),
    [
        ("", "empty"),
        ("\n ...", "empty"),
        ("I'm sorry, but I can't help with that.", "refused"),
        ("I cannot assist with this request, as it is unsafe.", "refused"),
        ("As an AI language model, I cannot look at pictures.", "refused"),
        ("I’m sorry, but I won’t help to do this.", "refused"),
        ("Say it AGAIN!", "repeated"),
    ],
)
def test_some_answers_never_go_on(text: str, flaw: str) -> None:
    candidate = replace(one("1a"), text=text, before=("say it - again",))
    assert own_flaws(candidate) == (flaw,)
    assert ends_branch(candidate)
    assert kept(prune([candidate], beam=8)) == []


@pytest.mark.parametrize(
    "text",
    [
        "You cannot help the ducks by feeding them bread.",
        "I can help with that. Sorry is what he said: she cannot provide more.",
        "If I can't see the picture, tell me what it shows.",
        "A long answer. " * 40 + "I cannot help with that.",
    ],
)
def test_what_only_sounds_like_a_refusal_goes_on(text: str) -> None:
    assert own_flaws(one("1a", text)) == ()


def test_a_picture_alone_is_an_answer_and_a_missing_one_counts_against_it() -> None:
    assert own_flaws(Candidate("1a", "1", "", n_pictures=1)) == ()
    found = prune([one("1a", n_missing=1), one("1b")], beam=1)
    assert kept(found) == ["1b"]
    assert found[1].reason == "tag without picture"
    assert kept(prune([one("1a", n_missing=1)], beam=1)) == ["1a"]


def test_of_two_siblings_that_say_the_same_the_later_or_worse_gives_way() -> None:
    twins = [one("1a.1a", LONG), one("1a.1b", LONG.upper()), one("1b.1a", LONG)]
    found = prune(twins, beam=2)
    # 1b.1a answers another question.
    assert kept(found) == ["1a.1a", "1b.1a"]
    assert found[2].reason == "too similar to 1a.1a"
    scored = [replace(c, score=s) for c, s in zip(twins, (1.0, 2.0, 0.0), strict=True)]
    assert prune(scored, beam=2)[2].reason == "too similar to 1a.1b"
    # There is room, so nothing is lost for it.
    assert len(kept(prune(twins, beam=3))) == 3


def test_similarity_is_a_share_of_shingles() -> None:
    assert similarity(LONG, LONG) == 1
    assert similarity("a b c d", "a b c e") == pytest.approx(1 / 3)
    assert similarity("", "") == 1
    assert similarity("yes", "no") == 0
    assert similarity("", "no") == 0


texts = st.sampled_from(["", LONG, LONG + " More.", "I cannot help with that.", "Short."])
candidates = st.lists(
    st.builds(
        lambda text, score, missing: (text, score, missing),
        texts,
        st.none() | st.sampled_from([0.0, 1.5, 3.0]),
        st.integers(0, 1),
    ),
    max_size=12,
).map(
    lambda made: [
        Candidate(
            f"1{'ab'[i % 2]}.1{ascii_lowercase[i]}",
            "ab"[i % 2],
            text,
            score=score,
            n_missing=missing,
        )
        for i, (text, score, missing) in enumerate(made)
    ]
)


@given(candidates, st.integers(1, 8), st.randoms(use_true_random=False))
def test_the_order_of_arrival_changes_nothing(
    found: list[Candidate], beam: int, rng: random.Random
) -> None:
    shuffled = list(found)
    rng.shuffle(shuffled)
    assert prune(shuffled, beam) == prune(found, beam)


@given(candidates, st.integers(1, 8))
def test_the_beam_is_filled_and_never_overfilled(found: list[Candidate], beam: int) -> None:
    ranked = prune(found, beam)
    n_able = sum(not ends_branch(c) for c in found)
    assert len(kept(ranked)) == min(beam, n_able)
    assert sorted(r.place for r in ranked) == sorted(c.place for c in found)
    assert all(r.reason for r in ranked if not r.kept)
    # A wider beam keeps whom a narrower one keeps.
    assert set(kept(ranked)) <= set(kept(prune(found, beam + 1)))
