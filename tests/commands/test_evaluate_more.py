"""Evaluation beyond the published figures: estimates, outcomes, bias, comparisons, counting."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import stats

from intermt.dimensions import dimensions_of
from intermt.errors import MissingInputError, UsageError
from tests.commands.eval_stores import TEXT, Builder, compared, figure, graded, scored
from tests.commands.work import Done, Here

LOCAL = [d.key for d in dimensions_of("local")]
GLOBAL = [d.key for d in dimensions_of("global")]


@pytest.fixture
def built(tmp_path: Path) -> Builder:
    return Builder(tmp_path / "store")


# --- estimates ---------------------------------------------------------------------------


def test_correlations_take_the_estimate_and_agreement_the_stated_score(built: Builder) -> None:
    estimates, human = [2.7, 2.2, 1.9, 0.4, 1.2], [3, 2, 1, 0, 2]
    built.judge()
    built.rater("ann")
    for i, (estimate, meant) in enumerate(zip(estimates, human, strict=True)):
        built.says(built.node(f"n{i}"), round(estimate), estimate=estimate)
        built.score("ann", f"n{i}", meant)
    result = built.eval()
    for name, oracle in (
        ("pearson", stats.pearsonr),
        ("spearman", stats.spearmanr),
        ("kendall_tau_b", stats.kendalltau),
    ):
        expected = oracle(estimates, human).statistic
        assert figure(result, name).value == pytest.approx(expected, abs=1e-9)
    assert figure(result, "exact_agreement").value == pytest.approx(3 / 5)
    assert figure(result, "mean_absolute_error").value == pytest.approx(2 / 5)


def reward_judge(built: Builder, level: str, people: list[dict[str, list[int]]]) -> list[float]:
    """Items with an estimate on `overall` each, and the scores of people by dimension."""
    built.judge()
    estimates = [0.5 * i**2 - 3 for i in range(len(people))]
    for i, (estimate, said) in enumerate(zip(estimates, people, strict=True)):
        item = built.node(f"n{i}") if level == "local" else built.conversation(f"c{i}", f"n{i}")
        built.says(item, None, dimension="overall", state="ok", estimate=estimate)
        for dimension, values in said.items():
            for k, value in enumerate(values):
                built.score(built.rater(f"ann{k}"), item, value, dimension)
    return estimates


def test_overall_is_compared_with_peoples_mean_over_all_dimensions(built: Builder) -> None:
    people = [{key: [(i + j) % 4, 3] for j, key in enumerate(LOCAL)} for i in range(5)]
    # The second annotator leaves out a dimension of the last answer: no overall of theirs.
    people[4][TEXT] = [1]
    estimates = reward_judge(built, "local", people)
    found = figure(built.eval(), "pearson", "overall")
    own = [np.mean([people[i][key][0] for key in LOCAL]) for i in range(5)]
    means = [(x + 3) / 2 for x in own[:4]] + [own[4]]
    assert found.value == pytest.approx(stats.pearsonr(estimates, means).statistic, abs=1e-9)
    assert (found.n, found.coverage) == (5, 1.0)


def test_a_style_of_minus_one_is_left_out_of_overall_and_kappa(built: Builder) -> None:
    people = [{key: [i % 4] for key in GLOBAL} for i in range(6)]
    people[1]["style_coherence"] = [-1]
    people[2] = {key: [2] for key in GLOBAL[:4]}
    estimates = reward_judge(built, "global", people)
    found = figure(built.eval(), "pearson", "overall")
    kept = [0, 1, 3, 4, 5]
    expected = stats.pearsonr([estimates[i] for i in kept], [i % 4 for i in kept]).statistic
    assert found.value == pytest.approx(expected, abs=1e-9)
    for i in range(6):
        built.says(f"c{i}", -1 if i == 3 else i % 4, dimension="style_coherence")
    found = figure(built.eval(), "weighted_kappa", "style_coherence")
    assert (found.n, found.value) == (3, 1.0)
    assert found.note == "-1 left out on 2 items"
    found = figure(built.eval(), "mean_absolute_error", "style_coherence")
    # People said -1, 2 and 3 where the judge said 1, 2 and -1, among five that both scored.
    assert found.note == "-1 counts as a number on 2 items"
    assert found.value == pytest.approx((2 + 4) / found.n)


def test_nobody_scores_overall_so_nothing_is_equal_to_it(built: Builder) -> None:
    reward_judge(built, "local", [{key: [i % 4] for key in LOCAL} for i in range(4)])
    result = built.eval()
    names = {f.statistic for f in result.figures if f.dimension == "overall"}
    assert names == {
        "pearson",
        "spearman",
        "kendall_tau_b",
        "tie_calibrated_accuracy",
        "coverage",
    }


def test_scores_order_pairs_that_people_compared(built: Builder) -> None:
    built.judge()
    built.rater("ann")
    for i in range(8):
        a, b = (built.node(f"{side}{i}", f"s{i}", parent=f"q{i}") for side in "ab")
        tied = i % 2 == 0
        built.says(a, 2)
        built.says(b, 2 if tied else 0)
        built.vote("ann", a, b, "tie" if tied else "a", TEXT)
        built.score("ann", a, 1)
    found = figure(built.eval(), "tie_calibrated_accuracy")
    assert (found.value, found.n, found.n_clusters) == (1.0, 8, 8)
    assert found.note == "epsilon 0 in 5 folds, 0 on all pairs"


def test_differences_of_a_reward_model_are_calibrated_too(built: Builder) -> None:
    built.judge()
    built.rater("ann")
    for i in range(6):
        a, b = built.node(f"a{i}", f"s{i}"), built.node(f"b{i}", f"s{i}")
        ahead = 0.01 if i % 2 else 4.0
        built.says(a, "a", b, dimension="overall", estimate=ahead)
        built.vote("ann", a, b, "tie" if i % 2 else "a")
    result = built.eval()
    found = figure(result, "tie_calibrated_accuracy", "overall")
    assert (found.value, found.n) == (1.0, 6)
    assert "epsilon 0.01" in found.note
    of_overall = {f.statistic for f in result.figures if f.dimension == "overall"}
    assert not of_overall & {"consistency", "first_slot"}


# --- pairs -------------------------------------------------------------------------------


def test_outcomes_of_both_orders_are_counted(built: Builder) -> None:
    compared(built, ("a", "a", "a"), ("b", "a", "b"), ("a", "t", "t"), ("a", "b", "?"))
    (found,) = built.eval().outcomes
    assert found.counts == {"a": 1, "b": 0, "tie": 1, "inconsistent": 1, "unparsed": 1}
    assert (found.level, found.dimension, found.n) == ("local", "overall", 4)


def test_counting_as_the_paper_does(built: Builder) -> None:
    compared(built, *[("a", "a", "t")] * 40, *[("t", "a", "b")] * 4)
    usual = figure(built.eval(), "accuracy", "overall")
    assert usual.value == pytest.approx(0.75)
    result = built.eval(compat="paper")
    found = figure(result, "accuracy", "overall")
    # One order each: either right, or a tie, which is an error.
    assert (found.n, found.n_asked) == (40, 40)
    assert 0.3 < found.value < 0.7
    assert found.value == figure(built.eval(compat="paper"), "accuracy", "overall").value
    assert {f.statistic for f in result.figures} == {"accuracy", "coverage"}
    assert sum(result.outcomes[0].counts.values()) == 44
    assert result.outcomes[0].counts["inconsistent"] == 0
    with pytest.raises(UsageError, match="--compat paper has no consistency"):
        built.eval(compat="paper", statistics=("consistency",))
    with pytest.raises(UsageError, match="--compat paper has no tie_rate"):
        built.eval(compat="paper", fail_under=("pair.tie_rate=0",))


def test_the_paper_asks_once(built: Builder) -> None:
    scored(built, [3, 1, 0], [3, 2, 0])
    built.says("n1", 2, sample=1)
    assert figure(built.eval(), "exact_agreement").value == pytest.approx((1 + 0.5 + 1) / 3)
    found = figure(built.eval(compat="paper"), "exact_agreement")
    assert (found.value, found.n_asked) == (pytest.approx(2 / 3), 3)


# --- choosing statistics -----------------------------------------------------------------


def test_statistics_can_be_chosen_and_unknown_ones_are_refused(built: Builder) -> None:
    scored(built, [3, 1, 0], [3, 2, 0])
    result = built.eval(statistics=("spearman", "accuracy"))
    assert {f.statistic for f in result.figures} == {"spearman"}
    result = built.eval(statistics=("spearman",), fail_under=("score.L4.coverage=1",))
    assert {f.statistic for f in result.figures} == {"spearman", "coverage"}
    with pytest.raises(UsageError, match="no statistic 'beauty'") as error:
        built.eval(statistics=("beauty",))
    assert "weighted_kappa" in error.value.todo
    with pytest.raises(MissingInputError):
        built.eval(statistics=("accuracy",))


def test_conditions_know_every_statistic(built: Builder) -> None:
    scored(built, [3, 1, 0, 2], [3, 2, 0, 2])
    checks = built.eval(
        fail_under=("score.L4.weighted_kappa=0.5", "score.L4.spearman=0.9999")
    ).checks
    assert [check.passed for check in checks] == [True, False]


# --- bias --------------------------------------------------------------------------------


def test_bias_in_scores_out_of_a_store(built: Builder) -> None:
    built.judge(settings="x")
    built.rater("ann")
    for i in range(12):
        key = f"r{i}"
        built.node(f"n{i}", text="w" * (5 + 7 * i % 40), model="qwen2" if i % 2 else "m-large")
        built.says(f"n{i}", 3 if i % 2 == 0 else i % 4, request_key=key)
        built.score("ann", f"n{i}", i % 3)
        built.reply(key, f'{{"reason": "{"x" * (3 * i)}", "text_quality": 3}}')
    result = built.eval(bias=True)
    assert figure(result, "top_share").value == pytest.approx((6 + 3) / 12)
    assert figure(result, "human_top_share").value == 0.0
    said, human = ([3 if i % 2 == 0 else i % 4 for i in range(12)], [i % 3 for i in range(12)])
    assert figure(result, "score_gap").value == pytest.approx(np.mean(said) - np.mean(human))
    assert figure(result, "length_r").n == 12
    assert figure(result, "pictures_r").undefined == "constant: the number of pictures"
    assert figure(result, "reason_length_r").n == 11
    assert figure(result, "own_family_gap").n == 12
    assert figure(result, "own_family_gap").value > 0
    assert not any(f.statistic == "top_share" for f in built.eval().figures)


def test_bias_in_pairs_out_of_a_store(built: Builder) -> None:
    built.judge()
    built.rater("ann")
    for i in range(6):
        a = built.node(f"a{i}", f"s{i}", text="long " * 9, model="m1")
        b = built.node(f"b{i}", f"s{i}", text="short", model="other")
        for order in "ab":
            built.says(a, "a", b, order=order, dimension="overall")
        built.vote("ann", a, b, "a" if i < 3 else "b")
    result = built.eval(bias=True)
    assert figure(result, "longer_rate", "overall").value == 1.0
    assert figure(result, "human_longer_rate", "overall").value == 0.5
    assert figure(result, "longer_preference", "overall").value == 0.5
    assert figure(result, "own_family_rate", "overall").value == 1.0
    assert figure(result, "more_pictures_rate", "overall").n == 0


# --- comparisons -------------------------------------------------------------------------


def two_judges(built: Builder) -> None:
    generator = np.random.default_rng(0)
    human = generator.integers(0, 4, size=40).tolist()
    scored(built, human, human)
    built.judge("other")
    for i, meant in enumerate(human[:30]):
        built.says(f"n{i}", (meant + i % 2) % 4, judge="other")


def one(result: Any, statistic: str, dimension: str = TEXT) -> Any:
    (found,) = [
        c for c in result.comparisons if (c.statistic, c.dimension) == (statistic, dimension)
    ]
    return found


def test_two_judges_are_compared_on_what_both_judged(built: Builder) -> None:
    two_judges(built)
    result = built.eval(compare=("other",))
    found = one(result, "exact_agreement")
    assert (found.judge, found.other, found.n, found.n_clusters) == ("judge", "other", 30, 30)
    assert (found.value, found.other_value, found.difference) == (1.0, 0.5, 0.5)
    assert 0 < found.low < 0.5 < found.high
    assert found.p_value == pytest.approx(1 / 20_001, abs=2e-4)
    tested = [c for c in result.comparisons if c.p_value is not None]
    assert found.p_holm == pytest.approx(min(1, found.p_value * len(tested)), rel=0.5)
    assert one(result, "pearson").p_value is None
    assert one(result, "pearson").difference > 0
    assert {c.judge for c in built.eval(judges=("judge",), compare=("other",)).comparisons} == {
        "judge"
    }


def test_accuracy_has_mcnemars_test(built: Builder) -> None:
    compared(built, *[("a", "a", "a")] * 9, *[("b", "b", "a")] * 3)
    built.judge("other")
    for i in range(12):
        for order in "ab":
            built.says(f"a{i}", "b", f"b{i}", judge="other", order=order, dimension="overall")
    found = one(built.eval(compare=("other",)), "accuracy", "overall")
    assert (found.n_better, found.n_worse) == (9, 3)
    assert found.p_mcnemar == pytest.approx(stats.binomtest(9, 12).pvalue, abs=1e-9)


def test_a_comparison_needs_another_judge(built: Builder) -> None:
    two_judges(built)
    with pytest.raises(MissingInputError, match="'nobody'"):
        built.eval(compare=("nobody",))
    with pytest.raises(UsageError, match="no other judge"):
        built.eval(judges=("other",), compare=("other",))


def test_published_figures_stand_beside_those_of_the_store(built: Builder) -> None:
    scored(built, [3, 1, 0, 2], [3, 2, 0, 2])
    result = built.eval(compare=("published",))
    assert {(f.task, f.level) for f in result.published} == {("score", "local")}
    assert any(f.judge == "GPT-4o" and f.value == 0.242 for f in result.published)
    assert any("other people" in note for note in result.notes)
    assert not any("one random order" in note for note in result.notes)
    graded(built, 4)
    assert any("grading model" in note for note in built.eval(compare=("published",)).notes)
    assert built.eval().published == ()


# --- the command -------------------------------------------------------------------------


def call(here: Here, *words: str) -> Done:
    return here("--store", "store", "eval", *words)


def test_the_command_shows_comparisons_and_published_rows(
    built: Builder, tmp_path: Path, here: Here
) -> None:
    two_judges(built)
    built.store.write(built.records)
    done = call(here, "--compare", "other", "--compare", "published", "--bootstrap", "100")
    assert done.code == 0, done.err
    assert "Differences between judges" in done.out
    assert "GPT-4o (published)" in done.out
    assert "p (Holm) is adjusted for all of them" in done.out
    assert "beside the paper: other items" in done.out
    data = call(here, "--compare", "other", "--bootstrap", "100", "--json").data
    assert data["comparisons"][0]["other"] == "other"


def test_the_command_shows_bias_and_counts_like_the_paper(
    built: Builder, tmp_path: Path, here: Here
) -> None:
    compared(built, ("a", "a", "a"), ("b", "b", "a"))
    built.store.write(built.records)
    done = call(here, "--bias", "--bootstrap", "50")
    assert "Pairs: bias" in done.out
    rows = [line.split() for line in done.out.splitlines()]
    (row,) = [" ".join(r) for r in rows if r[1:3] == ["own_family_rate", "L_all"]]
    assert "too few items" in row
    done = call(here, "--compat", "paper", "--bootstrap", "50")
    assert done.out.startswith("counted as the paper counts")
    assert "inconsistent" in done.out
    assert call(here, "--statistic", "beauty").code == 2
    assert call(here, "--compat", "never").code == 2
