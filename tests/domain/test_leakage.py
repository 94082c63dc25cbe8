"""Groups that a split never divides, against a comparison of everything with everything."""

from __future__ import annotations

import re
from itertools import combinations
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from intermt.domain.leakage import (
    LINKS,
    NEAR_BITS,
    NEAR_TEXT,
    Look,
    Material,
    brief,
    groups,
    leaks,
)
from intermt.domain.near_duplicates import shingles, similarity
from intermt.domain.splits import Splits

WORDS = tuple(
    re.findall(r"\w+", "where should the lamp stand if a window faces north and nobody reads")
)


def trees(seed, n):
    """Seed questions of which some share pictures, look-alikes and nearly the same words."""
    random = Random(seed)
    looks = {}
    for k in range(n):
        look = Look(random.getrandbits(64), random.getrandbits(64))
        if looks and random.random() < 0.3:
            near = random.choice(list(looks.values()))
            flips = random.sample(range(64), random.randint(0, NEAR_BITS + 2))
            look = Look(near.slopes ^ sum(1 << bit for bit in flips), near.waves)
        looks[f"p{k}"] = look
    questions, pictures = {}, {}
    for k in range(n):
        words = [random.choice(WORDS) for _ in range(12)]
        if questions and random.random() < 0.3:
            words = random.choice(list(questions.values())).split() or words
            words = [*words[:-1], random.choice(WORDS)]
        questions[f"s{k}"] = "" if random.random() < 0.1 else " ".join(words)
        pictures[f"s{k}"] = frozenset(random.sample(sorted(looks), min(n, random.randint(0, 2))))
    held = frozenset().union(*pictures.values())
    return Material(questions, pictures, {p: looks[p] for p in held})


def share(one, other, material):
    """Whether two seed questions may not be on two sides, by the definitions alone."""
    mine, yours = material.pictures[one], material.pictures[other]
    looks = material.looks
    if mine & yours or any(
        (looks[p].slopes ^ looks[q].slopes).bit_count() <= NEAR_BITS
        and (looks[p].waves ^ looks[q].waves).bit_count() <= NEAR_BITS
        for p in mine
        for q in yours
    ):
        return True
    texts = material.questions[one], material.questions[other]
    return all(texts) and similarity(*map(shingles, texts)) >= NEAR_TEXT


@settings(deadline=None, max_examples=100)
@given(st.integers(0, 2**32))
def test_no_leak_across_splits_of_random_trees(seed):
    # 100 examples of 10 trees are 1,000.
    material = trees(seed, 10)
    splits = Splits.of("train=0.4,validation=0.3,test=0.3", seed % 7)
    group_of, merged = groups(material)
    side = {name: splits.of_seed(group) for name, group in group_of.items()}
    for one, other in combinations(material.questions, 2):
        if share(one, other, material):
            assert group_of[one] == group_of[other]
            assert side[one] == side[other]
    assert leaks(material, side.__getitem__) == dict.fromkeys(LINKS, 0)
    assert len(material.questions) - len(set(group_of.values())) == sum(merged.values())


def test_no_leak_across_the_splits_of_a_thousand_trees_together():
    material = trees(11, 1000)
    splits = Splits.of("train=0.6,validation=0.2,test=0.2", 3)
    group_of, merged = groups(material)
    side = {name: splits.of_seed(group) for name, group in group_of.items()}
    # By the definitions alone, each with each.
    cut = {name: set(shingles(text).tolist()) for name, text in material.questions.items() if text}
    looks = [(p, material.looks[p], name) for name in side for p in material.pictures[name]]
    for (p, mine, one), (q, yours, other) in combinations(looks, 2):
        near = (mine.slopes ^ yours.slopes).bit_count() <= NEAR_BITS
        if p == q or (near and (mine.waves ^ yours.waves).bit_count() <= NEAR_BITS):
            assert side[one] == side[other]
    for (one, mine), (other, yours) in combinations(cut.items(), 2):
        if len(mine & yours) >= NEAR_TEXT * len(mine | yours):
            assert side[one] == side[other]
    assert leaks(material, side.__getitem__) == dict.fromkeys(LINKS, 0)
    assert all(merged.values())
    assert len(set(side.values())) == 3


@given(st.integers(0, 2**32))
@settings(deadline=None, max_examples=20)
def test_the_check_finds_what_is_on_two_sides(seed):
    material = trees(seed, 8)
    found = leaks(material, lambda name: name)
    linked = any(share(*two, material) for two in combinations(material.questions, 2))
    assert bool(sum(found.values())) == linked


def test_groups_are_named_by_their_smallest_id_and_in_any_order():
    material = trees(5, 40)
    group_of, _ = groups(material)
    backwards = Material(
        dict(reversed(material.questions.items())),
        dict(reversed(material.pictures.items())),
        dict(reversed(material.looks.items())),
    )
    assert groups(backwards)[0] == group_of
    for group in set(group_of.values()):
        assert group == min(name for name, its in group_of.items() if its == group)


def test_each_kind_of_link_joins_and_is_counted():
    look, near = Look(0, 0), Look((1 << NEAR_BITS) - 1, 0)
    far = Look((1 << (NEAR_BITS + 1)) - 1 << 20, 0)
    material = Material(
        {"a": "", "b": "", "c": "How high is a shelf?", "d": "how high is a shelf?", "e": ""},
        {
            "a": frozenset({"p"}),
            "b": frozenset({"p", "q"}),
            "c": frozenset({"r"}),
            "d": frozenset(),
            "e": frozenset({"s"}),
        },
        {"p": look, "q": Look(2**63, 2**63), "r": near, "s": far},
    )
    group_of, merged = groups(material)
    assert group_of == {"a": "a", "b": "a", "c": "a", "d": "a", "e": "e"}
    assert merged == {"same picture": 1, "similar picture": 1, "near-duplicate question": 1}
    assert brief(material) == (5, 4, 4, 2)


def test_a_picture_without_a_look_is_compared_by_content():
    material = Material(
        {"a": "", "b": "", "c": ""},
        {"a": frozenset({"p"}), "b": frozenset({"q"}), "c": frozenset({"p"})},
        {},
    )
    assert groups(material)[0] == {"a": "a", "b": "b", "c": "a"}


@pytest.mark.parametrize("n", [0, 1])
def test_few_seed_questions_are_groups_of_their_own(n):
    material = trees(1, n)
    assert len(groups(material)[0]) == n
