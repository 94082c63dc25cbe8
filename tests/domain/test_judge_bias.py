"""Bias of judges: what is planted is found, what is not there is not."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from intermt.domain.benchmark import ScoreRow
from intermt.domain.figures import Resampling, figure_of
from intermt.domain.judge_bias import (
    ReasonRow,
    Traits,
    model_family,
    pair_bias_evidence,
    reason_length,
    score_bias_evidence,
)
from intermt.domain.pair_outcomes import PairReply, PairRow

TEXT = "text_quality"
FEW = Resampling(n_resamples=100)


def traits(length=10, n_pictures=0, *families):
    return Traits(length, n_pictures, frozenset(families or ("qwen",)))


def figures(evidence, dimension=TEXT):
    return {
        name: figure_of(e.measure, e.cases.get(dimension, ()), FEW, e.notes.get(dimension))
        for name, e in evidence.items()
    }


def scored(rows, described=None, reasons=(), family="qwen", dimension=TEXT):
    made = [
        ScoreRow(dimension, f"t{i}", judge, human, f"n{i}") for i, (judge, human) in enumerate(rows)
    ]
    described = {f"n{i}": d for i, d in enumerate(described or [])}
    return figures(score_bias_evidence(made, described, reasons, family), dimension)


def test_high_scores_beside_peoples_on_the_same_items():
    found = scored([((3,), (3, 1)), ((3, 2), (0,)), ((None,), (3,)), ((3,), ())])
    assert found["top_share"].value == pytest.approx((1 + 0.5) / 2)
    assert found["human_top_share"].value == pytest.approx((0.5 + 0) / 2)
    assert found["top_share_gap"].value == pytest.approx(0.5)
    assert found["score_gap"].value == pytest.approx(((3 - 2) + (2.5 - 0)) / 2)
    assert (found["top_share"].n, found["top_share"].coverage) == (2, 0.75)


def test_a_judge_that_likes_length_beyond_what_people_see():
    generator = np.random.default_rng(0)
    human = generator.integers(0, 4, size=200)
    # Longer answers are better ones here; only the second judge wants them longer still.
    lengths = np.exp(3 + 0.5 * human + generator.normal(size=200)).astype(int)
    noise = generator.normal(size=200)
    fair = np.clip(np.round(human + 0.5 * noise), 0, 3).astype(int)
    swayed = np.clip(np.round(human + 0.8 * (np.log(lengths) - 3.7) + 0.5 * noise), 0, 3).astype(
        int
    )
    described = [traits(int(n), int(n) % 3) for n in lengths]

    def of(judge):
        rows = [((int(s),), (int(h),)) for s, h in zip(judge, human, strict=True)]
        return scored(rows, described)

    assert abs(of(fair)["length_r"].value) < 0.15
    found = of(swayed)["length_r"]
    assert found.low > 0.3
    assert found.n == 200
    assert stats.pearsonr(fair, np.log1p(lengths)).statistic > 0.3
    assert abs(of(swayed)["pictures_r"].value) < 0.2


def test_length_and_pictures_that_cannot_be_told_apart_say_why():
    same = [((i % 4,), ((i + 1) % 4,)) for i in range(8)]
    found = scored(same, [traits(50, 1)] * 8)
    assert found["length_r"].undefined == "constant: length"
    assert found["pictures_r"].undefined == "constant: the number of pictures"
    found = scored(same)
    assert (found["length_r"].value, found["length_r"].n) == (None, 0)


def test_a_judge_that_favours_its_own_family():
    rows = [((3,), (2,)), ((3,), (2,)), ((2,), (2,)), ((1,), (1,)), ((3,), (0,))]
    wrote = [traits(9, 0, "qwen")] * 2 + [traits(9, 0, "gpt")] * 2 + [traits(9, 0, "gpt", "qwen")]
    found = scored(rows, wrote)["own_family_gap"]
    assert (found.value, found.n) == (1.0, 4)
    other = scored(rows, wrote, family="gemini")["own_family_gap"]
    assert other.undefined == "too few items: no answer of its own family"
    unknown = scored(rows, wrote, family="")["own_family_gap"]
    assert (unknown.value, unknown.note) == (None, "which model judged is not known")


def test_long_reasons_and_high_scores():
    reasons = [ReasonRow(TEXT, f"t{i}", i % 4, 10 * (i % 4) + i, f"n{i} 0") for i in range(20)]
    rows = [((i % 4,), (1,)) for i in range(20)]
    found = scored(rows, reasons=reasons)["reason_length_r"]
    expected = stats.pearsonr(
        [r.score for r in reasons], [math.log1p(r.reason_length) for r in reasons]
    ).statistic
    assert found.value == pytest.approx(expected, abs=1e-9)
    silent = scored(rows)["reason_length_r"]
    assert (silent.value, silent.note) == (None, "its replies give no reason")


def test_overall_has_no_scale_but_a_length():
    rows = [((None,), (float(i % 3),)) for i in range(6)]
    found = scored(rows, [traits(i) for i in range(6)], dimension="overall")
    assert found["top_share"].n_asked == 0
    assert found["length_r"].n_asked == 6


# --- pairs -------------------------------------------------------------------------------


def compared(items, family="qwen"):
    """Items as (choices of the judge, choices of people, traits of a, traits of b)."""
    names = {"a": "a", "b": "b", "t": "tie", "?": None}
    rows, sides = [], {}
    for i, (judge, human, a, b) in enumerate(items):
        replies = tuple(PairReply("a", k, names[c]) for k, c in enumerate(judge))
        rows.append(PairRow(TEXT, f"t{i}", replies, tuple(names[c] for c in human), str(i)))
        sides[str(i)] = (a, b)
    return figures(pair_bias_evidence(rows, sides, family))


def test_the_longer_candidate_beside_peoples_choice():
    long, short = traits(90), traits(10)
    found = compared(
        [
            ("ab", "a", long, short),
            ("bt", "ab", short, long),
            ("a", "t", long, short),
            ("t", "a", long, short),
            ("a", "a", long, long),
            ("a", "", long, short),
        ]
    )
    assert found["longer_rate"].value == pytest.approx((0.5 + 1) / 2)
    assert found["human_longer_rate"].value == pytest.approx((1 + 0.5) / 2)
    assert found["longer_preference"].value == pytest.approx(0.0)
    assert (found["longer_rate"].n, found["longer_rate"].n_asked) == (2, 6)
    assert found["more_pictures_rate"].n == 0


def test_more_pictures_and_the_own_family():
    own, other = traits(10, 2, "qwen"), traits(10, 0, "gpt")
    found = compared([("a", "b", own, other), ("b", "b", other, own), ("a", "a", own, own)])
    for trait in ("more_pictures", "own_family"):
        assert found[f"{trait}_rate"].value == 1.0
        assert found[f"human_{trait}_rate"].value == 0.5
        assert found[f"{trait}_preference"].value == 0.5
        assert found[f"{trait}_preference"].n == 2
    assert found["longer_rate"].undefined == "too few items (0, 1 needed)"
    mixed = compared([("a", "b", traits(1, 0, "qwen", "gpt"), other)])
    assert mixed["own_family_rate"].n == 0
    nameless = compared([("a", "b", own, other)], family="")
    assert nameless["own_family_rate"].note == "which model judged is not known"


# --- names and reasons -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("model", "family"),
    [
        ("Qwen/Qwen2.5-VL-72B-Instruct", "qwen"),
        ("/models/Qwen3-VL-8B/", "qwen"),
        ("QwQ-32B", "qwen"),
        ("gpt-4o-2024-08-06", "gpt"),
        ("o4-mini", "gpt"),
        ("gemini-2.5-pro", "gemini"),
        ("google/gemma-3-27b-it", "gemma"),
        ("claude-3-7-sonnet", "claude"),
        ("OpenGVLab/InternVL3-78B", "internvl"),
        ("mistralai/Pixtral-12B", "mistral"),
        ("3B-model", ""),
        ("", ""),
        (None, ""),
    ],
)
def test_families_of_models(model, family):
    assert model_family(model) == family


@pytest.mark.parametrize(
    ("reply", "length"),
    [
        ('{"reason": "short ", "text_quality": 3}', 5),
        ('{"reason": "", "text_quality": 3}', None),
        ('{"text_quality": 3}', None),
        ('{"reason": 7}', None),
        ("[1, 2]", None),
        ("A good answer: 3", 16),
        ("  ", None),
        ("[" * 100_000, 100_000),
    ],
)
def test_reasons_are_what_is_said_beside_the_verdict(reply, length):
    assert reason_length(reply) == length
