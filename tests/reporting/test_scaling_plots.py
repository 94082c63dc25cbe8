"""The figure of a scaling study: what it says, and that all of it can be read."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from intermt.reporting import plots
from tests.reporting.test_plots import boxes

pytest.importorskip("matplotlib", reason="matplotlib is not installed: no plots")

SHORT = "e5"
LONG = (
    "intfloat/multilingual-e5-large-instruct-finetuned-on-chats-of-a-support-desk-2026-11-20-run-12"
    "-checkpoint-120000"
)


def study(n_turns: int, model: str, *, judges: bool = False, **more: Any) -> dict[str, Any]:
    """The document of a study in which everything is there."""
    row = {"accuracy": 1.0, "low": 0.78, "high": 1.0, "n": 40, "n_trees": 40, "undefined": None}
    turns = range(1, n_turns + 1)
    document = {
        **{"topic": "scaling", "level": "local", "dimension": "text_quality", "dataset": model},
        **{"judges": "heads", "embedding": {"model": model}, "equal_pairs": True, "repeats": 5},
        **{"simulated": True, "synthetic": True, "confidence": 0.95, "n_pairs": 40 * n_turns},
        "n_trees": 40,
        "turns": [{"t": t, "n_pairs": 40} for t in turns],
        "matrix": [{"k": k, "t": t, **row} for t in turns for k in range(1, t + 1)],
        "averages": [{"k": k, **row} for k in turns if k < n_turns],
        "trend": {
            **{"slope": -0.1234, "low": -0.2345, "high": -0.0123, "p_value": 0.0432},
            **{"n": 38, "n_trees": 24},
        },
        "curve": {
            **{"undefined": "", "no_ceiling": "", "ceiling": 0.9, "ceiling_low": 0.8},
            "ceiling_high": 1.0,
            "averages": [{"k": k, "accuracy": 0.9} for k in turns if k < n_turns],
        },
        "transfer": [
            {"trained": a, "tested": b, "n_trained": 600, **row}
            for a in ("local", "global")
            for b in ("local", "global")
        ],
    }
    if judges:
        named = [{"k": k, "judge": f"{model}-{k}", "n_pairs": 1} for k in turns]
        document |= {"judges": "named", "judged_by": named, "transfer": []}
    return {**document, **more}


def placed(
    document: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> tuple[Any, list[tuple[str, Any]]]:
    """The figure as it is saved, its words and the boxes they stand in."""
    drawn = []
    draw = plots.draw
    monkeypatch.setattr(plots, "draw", lambda of: drawn.append(draw(of)) or drawn[-1])
    plots.figure_bytes(document, "png")
    (figure,) = drawn
    figure.set_dpi(100)
    figure.canvas.draw()
    return figure, list(boxes(figure))


@pytest.mark.parametrize("model", [SHORT, LONG])
@pytest.mark.parametrize("judges", [False, True])
@pytest.mark.parametrize("n_turns", [1, 2, 4, 8, 10, 14])
def test_no_words_are_cut_off_or_lie_on_others(
    n_turns: int, judges: bool, model: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    figure, found = placed(study(n_turns, model, judges=judges), monkeypatch)
    whole = figure.bbox
    for words, box in found:
        assert box.x0 >= whole.x0 - 1, words
        assert box.x1 <= whole.x1 + 1, words
        assert box.y0 >= whole.y0 - 1, words
        assert box.y1 <= whole.y1 + 1, words
    for (one, a), (other, b) in itertools.combinations(found, 2):
        wide = min(a.x1, b.x1) - max(a.x0, b.x0)
        high = min(a.y1, b.y1) - max(a.y0, b.y0)
        # The box of a text has room above and below its letters.
        assert wide <= 1 or high <= 0.3 * min(a.height, b.height), (one, other)


def said(document: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> str:
    """All words of the figure, on one line."""
    _, found = placed(document, monkeypatch)
    return " ".join(" ".join(words.split()) for words, _ in found)


def test_it_says_what_it_is_of(monkeypatch: pytest.MonkeyPatch) -> None:
    text = said(study(4, "e5", dataset=None), monkeypatch)
    for words in (
        "Scaling of judges: text_quality",
        "160 local pairs with a winner (text_quality) of 40 seed trees",
        "heads on embeddings of e5",
        "heads of all k fitted to equally many pairs",
        "0.78–1.00",
        "slope -0.123 [-0.234, -0.012] a turn p 0.043, n 38 pairs of 24 trees",
        "ceiling 0.900 [0.800, 1.000]",
        "Transfer between levels (overall)",
        "heads fitted to all pairs of a level",
    ):
        assert words in text
    assert "±" not in text


def test_it_names_judges_and_says_where_they_are_silent(monkeypatch: pytest.MonkeyPatch) -> None:
    document = study(2, "rm", judges=True)
    first, *_ = document["matrix"]
    document["matrix"] = [{**first, "n": 1, "low": None, "high": None}, *document["matrix"][2:]]
    text = said(document, monkeypatch)
    assert "judge of k=1: rm-1 judge of k=2: rm-2" in text
    assert "1.00 n 1" in text
    assert "n 0" in text


def test_without_a_ceiling_none_is_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    curve = study(4, "e5")["curve"] | {"no_ceiling": "no bend"}
    assert "fitted curve, no ceiling" in said(study(4, "e5", curve=curve), monkeypatch)
    bare = said(study(4, "e5", curve={"undefined": "no rise"}), monkeypatch)
    assert "curve" not in bare.lower()


def test_no_name_of_many_long_ones_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    text = said(study(8, LONG, judges=True), monkeypatch).replace(" ", "")
    for k in range(1, 9):
        assert f"judgeofk={k}:{LONG}-{k}" in text
