"""The published figures that ship with the package."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from intermt.domain.published import published_figures, published_source

FACTS = Path(__file__).parents[3] / "shared" / "reference" / "published_results.json"


def of(task, judge):
    return {f.column: f.value for f in published_figures() if (f.task, f.judge) == (task, judge)}


def test_every_column_of_every_published_judge_is_there():
    assert of("score", "GPT-4o")["L_avg"] == 0.242
    assert of("pair", "GPT-4.1")["G_avg"] == 0.549
    assert of("crucial-step", "GPT-4.1") == {"G3": 4.38}
    assert len(published_figures()) == 11 * (12 + 10) + 6
    assert {(f.task, f.statistic) for f in published_figures()} == {
        ("score", "pearson"),
        ("pair", "accuracy"),
        ("crucial-step", "mean_grade"),
    }
    assert all(
        f.level == ("local" if f.column[0] == "L" else "global") for f in published_figures()
    )
    assert "2505.23950" in published_source()


@pytest.mark.skipif(not FACTS.exists(), reason="published figures are not beside the checkout")
def test_they_are_the_figures_that_were_noted_down():
    facts = json.loads(FACTS.read_text())
    for task, key in (
        ("score", "score_evaluation_pearson"),
        ("pair", "pair_comparison_accuracy"),
    ):
        for judge, values in facts[key].items():
            assert of(task, judge) == dict(zip(facts["columns"], values, strict=True))
    for judge, value in facts["crucial_step_recognition_mean_1_to_5"].items():
        assert of("crucial-step", judge) == {"G3": value}
