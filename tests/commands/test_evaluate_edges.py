"""Evaluation at its edges: options that exclude each other, names, averages, a single tree."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import pytest

from intermt.commands import eval_report
from intermt.commands.eval_config import EvalConfig
from intermt.dimensions import dimensions_of
from intermt.domain.figures import Resampling
from intermt.errors import MissingInputError, UsageError
from intermt.records import Rater
from tests.commands.eval_stores import FEW, TEXT, Builder, Silent, compared, figure, graded, scored
from tests.commands.work import Here

LOCAL = [d.key for d in dimensions_of("local")]


@pytest.fixture
def built(tmp_path: Path) -> Builder:
    return Builder(tmp_path / "store")


def page_of(built: Builder, file: Path, **config: Any) -> str:
    built.store.write(built.records)
    asked = EvalConfig(**{"resampling": FEW, **config})
    eval_report.run(built.store, asked, file, {}, Silent())
    return file.read_text("utf-8")


# --- options that exclude each other -----------------------------------------------------


@pytest.mark.parametrize(
    ("config", "what", "todo"),
    [
        (
            {"tasks": ("score",), "statistics": ("accuracy",)},
            "accuracy belongs to pair, not to score",
            "score has pearson, ",
        ),
        (
            {"tasks": ("pair",), "statistics": ("accuracy", "pearson")},
            "pearson belongs to score, not to pair",
            "pair has accuracy, ",
        ),
        (
            {"levels": ("local",), "statistics": ("mean_grade",)},
            "mean_grade belongs to crucial-step, not to score or pair at --level local",
            "score has pearson, ",
        ),
        ({"tasks": ("crucial-step",), "bias": True}, "--bias is measured", "--task score, pair"),
        (
            {"tasks": ("score",), "fail_under": ("pair.accuracy=0.5",)},
            "pair.accuracy is about pair, and score is evaluated",
            "another --task",
        ),
        (
            {"levels": ("local",), "fail_under": ("pair.global.accuracy=0.5",)},
            "about the global level, and the local one is evaluated",
            "another --level",
        ),
        (
            {"statistics": ("spearman",), "compare": ("published",)},
            "the paper has no spearman",
            "pearson, accuracy, mean_grade",
        ),
        ({"compat": "paper", "bias": True}, "--compat paper does not measure bias", "accuracy"),
    ],
)
def test_what_cannot_be_is_said_before_anything_is_read(
    built: Builder, config: dict[str, Any], what: str, todo: str
) -> None:
    with pytest.raises(UsageError, match=what) as caught:
        built.eval(**config)
    assert todo in caught.value.todo
    assert "top_share" not in caught.value.what


def test_a_dataset_that_is_not_there_is_told_from_one_without_verdicts(built: Builder) -> None:
    scored(built, [3, 1], [3, 2])
    built.conversation("c1", "q", "n0", dataset="here")
    with pytest.raises(MissingInputError, match="there is no dataset 'nope'") as caught:
        built.eval(dataset="nope")
    assert caught.value.todo == "the store has d, here"
    assert figure(built.eval(dataset="here"), "exact_agreement").n == 1
    built.conversation("c2", "q", "n9", dataset="unjudged")
    with pytest.raises(MissingInputError, match="judged 0 answers of dataset unjudged"):
        built.eval(dataset="unjudged")


# --- intervals and averages --------------------------------------------------------------


def test_too_few_resamples_give_no_interval_and_say_how_many_are_needed(built: Builder) -> None:
    scored(built, [3, 1, 0, 2, 2, 3] * 3, [3, 2, 0, 2, 1, 3] * 3)
    few = built.eval(resampling=Resampling(n_resamples=10))
    told = "no interval: too few resamples (10, 40 needed for 95%)"
    for name in ("pearson", "exact_agreement", "weighted_kappa", "mean_absolute_error"):
        found = figure(few, name)
        assert (found.low, found.high, found.undefined) == (None, None, told)
        assert found.value is not None
    assert figure(few, "pearson", "average").undefined.startswith(told)
    enough = figure(built.eval(resampling=Resampling(n_resamples=40)), "pearson")
    assert enough.low < enough.value < enough.high
    # Nothing is drawn for a share that is the same in every item.
    assert figure(few, "coverage").low is not None


def test_an_average_over_one_of_four_dimensions_has_the_coverage_of_all_four(
    built: Builder, tmp_path: Path
) -> None:
    scored(built, [3, 1, 0, 2], [3, 2, 0, 2])
    for i in range(4):
        for dimension in LOCAL:
            if dimension != TEXT:
                built.says(f"n{i}", None, dimension=dimension)
                built.score("ann", f"n{i}", i, dimension)
    result = built.eval()
    found = figure(result, "exact_agreement", "average")
    assert (found.n, found.n_asked, found.coverage) == (4, 16, 0.25)
    assert found.value == figure(result, "exact_agreement").value
    assert found.undefined == "over 1 of 4 dimensions"
    text = page_of(built, tmp_path / "p.html")
    assert "over 1 of 4 dimensions" in text[text.index('id="summary"') : text.index('id="scores"')]


def test_one_tree_has_neither_interval_nor_test_and_says_so(built: Builder) -> None:
    built.judge()
    built.judge("other")
    built.rater("ann")
    for i in range(6):
        built.node(f"n{i}", "one seed")
        built.says(f"n{i}", i % 4)
        built.says(f"n{i}", (i + i % 2) % 4, judge="other")
        built.score("ann", f"n{i}", i % 4)
    result = built.eval(compare=("other",))
    told = {c.statistic: c.undefined for c in result.comparisons if c.dimension == TEXT}
    few = "too few clusters (1, 2 needed)"
    assert told["exact_agreement"] == f"no interval, no p: {few}"
    assert told["pearson"] == f"no interval: {few}"
    assert all(c.p_value is None for c in result.comparisons)


# --- two judges of one name --------------------------------------------------------------


def namesakes(built: Builder) -> None:
    built.rater("ann")
    for rater_id, kind in (("r1", "model"), ("r2", "jury")):
        built.records.append(Rater(rater_id, "same", "judge", kind))  # type: ignore[arg-type]
    for i in range(6):
        built.score("ann", built.node(f"n{i}"), i % 4)
        built.says(f"n{i}", i % 4, judge="r1")
        built.says(f"n{i}", 3 - i % 4, judge="r2")


def test_judges_of_one_name_are_told_apart(built: Builder, tmp_path: Path) -> None:
    namesakes(built)
    result = built.eval()
    assert figure(result, "exact_agreement", judge="same (model)").value == 1.0
    assert figure(result, "exact_agreement", judge="same (jury)").value == 0.0
    with pytest.raises(MissingInputError, match="'same'") as caught:
        built.eval(judges=("same",))
    assert caught.value.todo == "judges with verdicts: same (jury), same (model)"
    assert {f.judge for f in built.eval(judges=("same (jury)",)).figures} == {"same (jury)"}
    (found,) = [
        c
        for c in built.eval(compare=("same (jury)",)).comparisons
        if (c.statistic, c.dimension) == ("exact_agreement", TEXT)
    ]
    assert (found.judge, found.difference) == ("same (model)", 1.0)
    page = page_of(built, tmp_path / "p.html")
    parts = {part.split("<")[0] for part in page.split(">")}
    assert {"same (model) · single answers", "same (jury) · single answers"} <= parts


def test_judges_of_one_name_and_kind_go_by_their_id(built: Builder) -> None:
    namesakes(built)
    built.records.append(Rater("r3", "same", "judge", "jury", "elsewhere"))
    built.says("n0", 1, judge="r3")
    names = {f.judge for f in built.eval().figures}
    assert names == {"same (model)", "same (jury r2)", "same (jury r3)"}


# --- counting as the paper does ----------------------------------------------------------


def test_plots_and_disagreements_count_as_the_figures_do(built: Builder, tmp_path: Path) -> None:
    compared(built, *[("aaa", "a", "b")] * 12)
    half = page_of(built, tmp_path / "default.html")
    paper = page_of(built, tmp_path / "paper.html", compat="paper")
    accuracy = figure(built.eval(compat="paper"), "accuracy", "overall").value
    assert accuracy not in (0.0, 0.5, 1.0)
    for page, value in ((half, 0.5), (paper, accuracy)):
        behind = page[page.index("the numbers behind the points") :]
        assert f"<bdi>{value:.3f}</bdi>" in behind[: behind.index("</table>")]
    assert "50% of what judge said went to the other" in half
    assert "100% of what judge said went to the other" in paper
    assert "50% of what judge said" not in paper


def test_only_the_first_reply_is_plotted_where_the_paper_asks_once(
    built: Builder, tmp_path: Path
) -> None:
    scored(built, [3, 0] * 3, [3, 0] * 3)
    for i in range(6):
        built.says(f"n{i}", 1, sample=1)
    assert ">Off by 33% of the scale" in page_of(built, tmp_path / "default.html")
    assert "Off by" not in page_of(built, tmp_path / "paper.html", compat="paper")


# --- comma-separated ---------------------------------------------------------------------


def table(here: Here, built: Builder, *words: str) -> list[dict[str, str]]:
    built.store.write(built.records)
    done = here("--store", built.store.folder, "eval", "--format", "csv", *words)
    assert (done.code, done.err) == (0, "")
    return list(csv.DictReader(io.StringIO(done.out)))


def test_csv_has_the_differences_between_judges(built: Builder, here: Here) -> None:
    scored(built, [3, 1, 0, 2] * 3, [3, 2, 0, 2] * 3)
    built.judge("other")
    for i in range(12):
        built.says(f"n{i}", i % 4, judge="other")
    rows = table(here, built, "--compare", "other", "--bootstrap", "100")
    (row,) = [
        r
        for r in rows
        if (r["line"], r["statistic"], r["dimension"]) == ("difference", "exact_agreement", TEXT)
    ]
    assert (row["judge"], row["other"], row["n"]) == ("judge", "other", "12")
    assert float(row["difference"]) == float(row["value"]) - float(row["other_value"])
    assert float(row["difference_low"]) <= float(row["difference"]) <= float(row["difference_high"])
    assert (row["low"], row["high"]) == ("", "")
    assert 0 < float(row["p_value"]) <= float(row["p_holm"]) <= 1
    assert {r["line"] for r in rows} == {"figure", "difference"}
    assert all(r["other"] == "" for r in rows if r["line"] == "figure")


def test_csv_has_the_published_figures(built: Builder, here: Here) -> None:
    scored(built, [3, 1, 0, 2], [3, 2, 0, 2])
    graded(built, 4)
    rows = table(here, built, "--compare", "published", "--bootstrap", "40")
    published = [r for r in rows if r["line"] == "published"]
    assert {r["dimension"] for r in published if r["statistic"] == "pearson"} == {*LOCAL, "average"}
    assert {r["dimension"] for r in published if r["statistic"] == "mean_grade"} == {
        "crucial_step_recognition"
    }
    assert any((r["judge"], r["value"]) == ("GPT-4o", "0.242") for r in published)
    assert {(r["n"], r["low"]) for r in published} == {("", "")}
    assert all("not comparable" in r["note"] for r in published)


def test_csv_without_a_comparison_has_no_columns_for_it(built: Builder, here: Here) -> None:
    scored(built, [3, 1, 0, 2], [3, 2, 0, 2])
    (first, *_) = table(here, built, "--bootstrap", "40")
    assert not {"line", "other", "difference", "p_value"} & first.keys()
