from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intermt.domain.splits import Splits
from intermt.errors import UsageError
from intermt.records import content_id

SEEDS = [content_id("seed", n) for n in range(1000)]
NAMES = st.lists(st.sampled_from(["train", "validation", "test", "x-1"]), min_size=1, unique=True)


@st.composite
def splits(draw):
    """Shares in hundredths that sum to 1, as a user writes them."""
    names = draw(NAMES)
    cuts = draw(
        st.lists(
            st.integers(1, 99), min_size=len(names) - 1, max_size=len(names) - 1, unique=True
        ).map(sorted)
    )
    shares = [b - a for a, b in zip([0, *cuts], [*cuts, 100], strict=True)]
    text = ",".join(f"{n}={s / 100}" for n, s in zip(names, shares, strict=True))
    return Splits.of(text, draw(st.integers(0, 5))), dict(zip(names, shares, strict=True))


@given(splits())
def test_shares_are_met_and_every_seed_is_in_one_split(made):
    split, shares = made
    counted = Counter(split.of_seed(seed) for seed in SEEDS)
    assert set(counted) <= set(shares)
    for name, share in shares.items():
        # Four standard deviations of a share of 1,000 are at most 6.4 points.
        assert abs(100 * counted[name] / len(SEEDS) - share) < 6.5


@given(splits(), st.sets(st.sampled_from(SEEDS)), st.sets(st.sampled_from(SEEDS)))
def test_the_split_of_a_seed_does_not_depend_on_the_others(made, some, others):
    split, _ = made
    alone = {seed: split.of_seed(seed) for seed in some}
    together = {seed: split.of_seed(seed) for seed in some | others}
    assert alone == {seed: together[seed] for seed in some}


def test_a_growing_first_share_only_takes_seeds():
    small, large = Splits.of("train=0.5,test=0.5"), Splits.of("train=0.8,test=0.2")
    was = {seed for seed in SEEDS if small.of_seed(seed) == "train"}
    now = {seed for seed in SEEDS if large.of_seed(seed) == "train"}
    assert was < now


def test_another_number_is_another_choice():
    one, two = Splits.of("a=0.5,b=0.5", 1), Splits.of("a=0.5,b=0.5", 2)
    assert 0.4 < sum(one.of_seed(s) == two.of_seed(s) for s in SEEDS) / len(SEEDS) < 0.6


def test_shares_are_exact_decimals():
    assert len(Splits.of("a=0.1,b=0.2,c=0.7").shares) == 3
    assert Splits.of(" train = 1 ").of_seed("s") == "train"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "NAME=SHARE"),
        ("train", "NAME=SHARE"),
        ("=1", "NAME=SHARE"),
        ("a b=1", "NAME=SHARE"),
        ("a=0.5,a=0.5", "twice"),
        ("a=0.5,b=0.4", "sum to 0.9"),
        ("a=1.5,b=-0.5", "no share"),
        ("a=1,b=0", "no share"),
        ("a=half,b=0.5", "not a usable number"),
        ("a=inf", "not a usable number"),
        ("a=0.5,b=0.5,", "NAME=SHARE"),
    ],
)
def test_other_texts_are_usage_errors(text, said):
    with pytest.raises(UsageError, match=said):
        Splits.of(text)
