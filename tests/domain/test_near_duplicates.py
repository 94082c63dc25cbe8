from __future__ import annotations

import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from intermt.domain.near_duplicates import (
    N_HASHES,
    banding,
    shingles,
    signature,
    signatures,
    similarity,
    twins_by_text,
    twins_by_vector,
    unit,
)


def words(n: int, rng: random.Random) -> str:
    return " ".join("".join(rng.choices("abcdefghij", k=rng.randint(2, 8))) for _ in range(n))


def jaccard(one: str, other: str) -> float:
    a = {one[i : i + 5] for i in range(len(one) - 4)} or {one}
    b = {other[i : i + 5] for i in range(len(other) - 4)} or {other}
    return len(a & b) / len(a | b)


def altered(text: str, n: int, rng: random.Random) -> str:
    letters = list(text)
    for _ in range(n):
        letters[rng.randrange(len(letters))] = rng.choice("klmnop")
    return "".join(letters)


@given(st.text("abc ", max_size=60), st.text("abc ", max_size=60))
def test_shingles_are_those_of_the_text(one: str, other: str) -> None:
    assert similarity(shingles(one), shingles(other)) == pytest.approx(jaccard(one, other))


def test_a_text_is_itself_in_any_case_and_a_short_one_too() -> None:
    assert similarity(shingles("CAT"), shingles("cat")) == 1.0
    assert similarity(shingles(""), shingles("")) == 1.0
    assert similarity(shingles("cat"), shingles("dog")) == 0.0


def test_signatures_estimate_the_similarity() -> None:
    rng = random.Random(1)
    errors = []
    for _ in range(200):
        text = words(30, rng)
        other = altered(text, rng.randint(1, 20), rng)
        estimate = np.mean(signature(shingles(text)) == signature(shingles(other)))
        errors.append(estimate - jaccard(text, other))
    assert abs(float(np.mean(errors))) < 0.01
    # The standard error of 128 hashes is at most 0.5 / sqrt(128).
    assert float(np.std(errors)) < 0.045


@pytest.mark.parametrize("threshold", [0.3, 0.5, 0.7, 0.8, 0.9, 0.95])
def test_bands_miss_hardly_a_pair_at_the_threshold(threshold: float) -> None:
    n_bands, rows = banding(threshold)
    assert n_bands * rows <= N_HASHES
    assert (1 - threshold**rows) ** n_bands <= 0.01


@pytest.mark.parametrize("threshold", [0.6, 0.8])
def test_the_same_twins_as_by_comparing_everything(threshold: float) -> None:
    rng = random.Random(2)
    most = 12 if threshold < 0.7 else 5
    texts: list[str] = []
    for _ in range(60):
        text = words(20, rng)
        texts += [text, *(altered(text, rng.randint(0, most), rng) for _ in range(3))]
    rng.shuffle(texts)
    staying: list[int] = []
    expected = set()
    for i, text in enumerate(texts):
        if any(jaccard(text, texts[j]) >= threshold for j in staying):
            expected.add(i)
        else:
            staying.append(i)
    found = list(twins_by_text(texts, [0] * len(texts), signatures(texts), threshold))
    assert 50 < len(expected) < 180
    # Pairs near the threshold may be missed, and then the later ones have another leader.
    assert len({twin.item for twin in found} ^ expected) <= 2
    for twin in found:
        assert jaccard(texts[twin.item], texts[twin.of]) >= threshold - 1e-4
        assert twin.of < twin.item


def test_only_texts_of_one_group_are_twins() -> None:
    texts = ["What is in this picture?"] * 4
    twins = list(twins_by_text(texts, [0, 1, 0, 1], signatures(texts), 0.8))
    assert [(twin.item, twin.of) for twin in twins] == [(2, 0), (3, 1)]
    assert list(twins_by_text([], [], signatures([]), 0.8)) == []


def test_many_texts_of_one_template_take_no_time() -> None:
    rng = random.Random(3)
    texts = [f"Tell me about {words(3, rng)} and show me a picture of it." for _ in range(3000)]
    twins = list(twins_by_text(texts, [0] * 3000, signatures(texts), 0.8))
    for twin in twins:
        assert jaccard(texts[twin.item].casefold(), texts[twin.of].casefold()) >= 0.8 - 1e-4


# --- vectors -----------------------------------------------------------------------------


@settings(max_examples=5, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 3))
def test_vectors_like_by_comparing_everything(seed: int, n_groups: int) -> None:
    rng = np.random.default_rng(seed)
    base = rng.normal(size=(40, 6))
    vectors = unit((base[rng.integers(0, 40, 700)] + rng.normal(size=(700, 6)) * 0.3).astype("f4"))
    groups = rng.integers(0, n_groups, 700).tolist()
    expected = {}
    staying: list[int] = []
    for i in range(700):
        near = [
            j
            for j in staying
            if groups[j] == groups[i] and np.round(vectors[i] @ vectors[j], 4) >= 0.97
        ]
        if near:
            expected[i] = near[0]
        else:
            staying.append(i)
    found = {twin.item: twin.of for twin in twins_by_vector(vectors, groups, 0.97)}
    # A product of whole blocks and one of two rows may round the other way at the threshold.
    assert len(set(found.items()) ^ set(expected.items())) <= 6


def test_a_vector_of_nothing_is_like_nothing() -> None:
    vectors = unit(np.array([[0, 0], [0, 0], [3, 4]], np.float32))
    assert vectors[2] == pytest.approx([0.6, 0.8])
    assert list(twins_by_vector(vectors, [0, 0, 0], 0.9)) == []
