from __future__ import annotations

import itertools
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from intermt.commands.stats import TOPICS, StatsConfig, run
from intermt.errors import ConfigError, UsageError
from intermt.reporting.plots import draw, figure_bytes, plot_form
from intermt.store.connect import Store
from tests.commands.stats_stores import WORLDS
from tests.store.samples import node

pytest.importorskip("matplotlib", reason="matplotlib is not installed: no plots")

STORES = ("empty", "a question", *WORLDS)


@pytest.fixture(scope="module")
def stores(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Store]:
    found = {}
    for name in STORES:
        store = Store(tmp_path_factory.mktemp("stores") / "store", lock_timeout_s=20)
        if name == "empty":
            store.create()
        else:
            world = WORLDS.get(name)
            store.write(world.records() if world else [node(None, "user", "alone")])
        found[name] = store
    return found


def drawn(document: Any) -> Any:
    """The figure as it is saved, and the boxes of its words."""
    from intermt.reporting.style import settings

    with settings(document):
        figure = draw(document)
        figure.canvas.draw()
        return figure, list(boxes(figure))


def boxes(figure: Any) -> Iterator[tuple[str, Any]]:
    """The words of a figure and where each stands, in pixels."""
    renderer = figure.canvas.get_renderer()
    for text in (*figure.texts, *(t for axes in figure.axes for t in words_of(axes))):
        if text.get_visible() and text.get_text().strip():
            yield text.get_text(), text.get_window_extent(renderer)


def words_of(axes: Any) -> Iterator[Any]:
    from matplotlib.text import Text

    yield from axes.texts
    yield from (t for t in axes.get_children() if isinstance(t, Text) and t not in axes.texts)
    if (legend := axes.get_legend()) is not None:
        yield from legend.get_texts()
    if axes.axison:
        for axis in (axes.xaxis, axes.yaxis):
            yield axis.label
            low, high = sorted(axis.get_view_interval())
            slack = 1e-9 * (high - low)
            places = zip(axis.get_ticklocs(), axis.get_ticklabels(), strict=False)
            yield from (text for x, text in places if low - slack <= x <= high + slack)


@pytest.mark.parametrize("name", STORES)
@pytest.mark.parametrize("topic", TOPICS)
def test_words_are_inside_and_none_lies_on_another(stores: dict[str, Store], name: str, topic: Any):
    document = run(stores[name], StatsConfig(topic)).document
    figure, words = drawn(document)
    width, height = figure.canvas.get_width_height()
    assert words
    for text, box in words:
        assert box.x0 >= -0.5, text
        assert box.y0 >= -0.5, text
        assert box.x1 <= width + 0.5, text
        assert box.y1 <= height + 0.5, text
    for (one, a), (other, b) in itertools.combinations(words, 2):
        across = min(a.x1, b.x1) - max(a.x0, b.x0)
        along = min(a.y1, b.y1) - max(a.y0, b.y0)
        # The box of a text has room above and below its letters.
        assert across <= 0.5 or along <= 0.3 * min(a.height, b.height), (one, other)


@pytest.mark.parametrize("topic", TOPICS)
def test_what_is_invented_is_marked_and_n_is_said(stores: dict[str, Store], topic: Any):
    document = run(stores["invented"], StatsConfig(topic)).document
    _, words = drawn(document)
    said = " ".join(text for text, _ in words)
    assert ("SIMULATED" in said) == document["simulated"]
    assert ("SYNTHETIC" in said) == document["synthetic"]
    assert document["simulated"] or document["synthetic"]
    assert any(character.isdigit() for character in said)


@pytest.mark.parametrize("form", ["png", "svg"])
def test_the_same_document_gives_the_same_file(stores: dict[str, Store], form: Any):
    import matplotlib as mpl

    before = dict(mpl.rcParams)
    document = run(stores["usual"], StatsConfig("correlation")).document
    first, second = (figure_bytes(document, form) for _ in range(2))
    assert first == second
    assert dict(mpl.rcParams) == before
    if form == "svg":
        assert b"<dc:date>" not in first
    else:
        assert first.startswith(b"\x89PNG")


# --- what a reader of the figures needs --------------------------------------------------


def panels_called(figure: Any, title: str) -> list[Any]:
    return [axes for axes in figure.axes if axes.get_title(loc="left") == title]


def marker_values(axes: Any) -> list[float]:
    return [float(line.get_xdata()[0]) for line in axes.lines if line.get_marker() in "osD^v"]


def names_of(axes: Any) -> list[str]:
    return [text.get_text() for text in axes.get_yticklabels()]


def test_with_many_judges_the_figures_of_single_dimensions_are_drawn(stores: dict[str, Store]):
    document = run(stores["wide names"], StatsConfig("agreement")).document
    people = [row for row in document["rows"] if not row["judge_id"] and row["dimension"] != "all"]
    assert len(document["rows"]) > 60
    assert len({row["dimension"] for row in people}) >= 9
    figure, words = drawn(document)
    for key, title in (("alpha", "alpha"), ("ac2", "AC2"), ("kappa", "kappa")):
        shown = [x for axes in panels_called(figure, title) for x in marker_values(axes)]
        for row in people:
            if row[key] is not None and row[key]["value"] is not None:
                assert any(x == pytest.approx(row[key]["value"]) for x in shown), row
    said = " ".join(text for text, _ in words)
    n_all = sum(row["dimension"] == "all" for row in document["rows"])
    n_left = len(document["rows"]) - 60
    assert f"{n_left} more rows are in the table: {n_all} of all dimensions together" in said


@pytest.mark.parametrize("topic", ["agreement", "bias", "scores"])
def test_no_two_rows_of_a_panel_have_the_same_name(stores: dict[str, Store], topic: Any):
    for name in ("long names", "wide names"):
        figure, _ = drawn(run(stores[name], StatsConfig(topic)).document)
        for axes in figure.axes:
            rows = names_of(axes)
            assert len(set(rows)) == len(rows), rows


def test_people_and_invented_ones_are_told_apart(stores: dict[str, Store]):
    for topic in ("bias", "scores"):
        document = run(stores["usual"], StatsConfig(topic)).document  # type: ignore[arg-type]
        both = [{**row, "kind": kind} for row in document["rows"] for kind in ("human", "synthetic")
                if row["judge_id"] is None]  # fmt: skip
        figure, _ = drawn({**document, "rows": both})
        for axes in figure.axes:
            rows = names_of(axes)
            assert len(set(rows)) == len(rows), rows


def test_a_cut_judge_keeps_its_end_whatever_follows(stores: dict[str, Store]):
    document = run(stores["wide names"], StatsConfig("bias")).document
    rows = [{**row, "dimension": "overall"} for row in document["rows"]]
    figure, _ = drawn({**document, "rows": rows})
    names = [name for axes in figure.axes for name in names_of(axes) if "…" in name]
    assert names
    assert all(re.fullmatch(r"M+…M+[a-h], local overall", name) for name in names), names


def test_the_bias_figure_says_where_the_other_rows_are(stores: dict[str, Store]):
    document = run(stores["wide names"], StatsConfig("bias")).document
    _, words = drawn(document)
    said = " ".join(text for text, _ in words)
    assert "more rows are in the formats csv, json and markdown." in said
    assert "in the table" not in said


def test_the_last_bar_is_always_named():
    from intermt.reporting.panels import binned, upright
    from intermt.reporting.style import Sheet, settings

    document = {"simulated": False, "synthetic": False, "dataset": None, "level": None}
    with settings(document):
        for n in range(1, 40):
            sheet = Sheet(document, "a", (), height=2.0)
            axes = sheet.panel(sheet.grid(1, 1)[0, 0])
            counts = binned({str(i): 1 for i in range(1, n + 1)}, 12)
            upright(axes, counts, what="x", unit="y")
            shown = {round(x): t.get_text() for x, t in
                     zip(axes.get_xticks(), axes.get_xticklabels(), strict=True)}  # fmt: skip
            assert shown == {i: name for i, name in enumerate(counts) if i in shown}
            assert shown[len(counts) - 1] == (f"{n}" if n <= 12 else "≥12")


def test_beside_each_figure_of_an_annotator_stands_what_it_rests_on(stores: dict[str, Store]):
    document = run(stores["usual"], StatsConfig("annotators")).document
    keys = ("agreement", "with_verifiers", "one_coin", "mace")
    rows = [
        {**row, **{key: {**row[key], "n": 1000 * i + j} for j, key in enumerate(keys)}}
        for i, row in enumerate(document["rows"], 1)
    ]
    figure, _ = drawn({**document, "rows": rows})
    titles = ("with others", "with verifiers", "one-coin", "MACE")
    for key, title in zip(keys, titles, strict=True):
        said = {text.get_text() for axes in panels_called(figure, title) for text in axes.texts}
        assert {f"{row[key]['n']:,}" for row in rows if row[key]["value"] is not None} <= said


def test_a_marker_at_the_end_of_an_axis_is_drawn_whole_and_one_beyond_is_not():
    from intermt.reporting.panels import Dot, dots
    from intermt.reporting.style import Sheet, settings

    document = {"simulated": False, "synthetic": False, "dataset": None, "level": None}
    with settings(document):
        sheet = Sheet(document, "a", (), height=2.0)
        axes = sheet.panel(sheet.grid(1, 1)[0, 0])
        dots(axes, [Dot(x, None, None, 3) for x in (0.0, 0.4, 1.0, 1.2)], limits=(0.0, 1.0))
    assert [line.get_clip_on() for line in axes.lines] == [False, False, False, True]


def test_where_no_row_has_a_figure_no_panel_has_an_axis(stores: dict[str, Store]):
    document = run(stores["all the same"], StatsConfig("annotators")).document
    document = {**document, "rows": [r for r in document["rows"] if r["what"] == "score"]}
    assert all(
        row[key]["value"] is None for row in document["rows"] for key in ("mace", "one_coin")
    )
    figure, _ = drawn(document)
    for title in ("one-coin", "MACE"):
        for axes in panels_called(figure, title):
            assert [text.get_text() for text in axes.texts] == ["no figure"]
            assert not any(spine.get_visible() for spine in axes.spines.values())
            assert len(axes.get_xticks()) == 0
    first = panels_called(figure, "with others")[0]
    assert names_of(first) == ["a", "b"]


def test_names_in_other_scripts_are_drawn_or_numbered(
    stores: dict[str, Store], monkeypatch: pytest.MonkeyPatch
):
    from intermt.reporting import lettering

    document = run(stores["wide names"], StatsConfig("annotators")).document
    chinese = {"张三", "李四"}
    if len(lettering.families("".join(chinese))) > 1:
        _, words = drawn(document)
        assert chinese <= {text for text, _ in words}
        assert lettering.BOXES not in " ".join(text for text, _ in words)
        assert figure_bytes(document, "svg") == figure_bytes(document, "svg")
    monkeypatch.setattr(lettering, "_installed", lambda: ())
    lettering._fallbacks.cache_clear()
    _, words = drawn(document)
    lettering._fallbacks.cache_clear()
    said = [text for text, _ in words]
    assert {"□□ 1", "□□ 2"} <= set(said)
    assert lettering.BOXES in " ".join(said)


def test_no_backend_and_no_pyplot_come_with_it():
    said = (
        "import sys, intermt.reporting.plots as p; early = 'matplotlib' in sys.modules;"
        "p.figure_bytes({'topic': 'usage', 'dataset': None, 'level': None, 'simulated': False,"
        " 'synthetic': False, 'notes': ['no calls'], 'days': [], 'servers': [], 'cost': None,"
        " 'n_calls': 0, 'n_failed': 0, 'tokens_in': 0, 'tokens_out': 0}, 'png');"
        "print(early, 'matplotlib.pyplot' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", said], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]


def test_a_figure_is_as_wide_as_two_columns(stores: dict[str, Store]):
    document = run(stores["long names"], StatsConfig("bias")).document
    figure, _ = drawn(document)
    assert figure.get_size_inches()[0] == pytest.approx(6.9)
    assert figure.get_size_inches()[1] < 10


def test_what_is_no_formula_is_not_read_as_one(stores: dict[str, Store]):
    document = run(stores["long names"], StatsConfig("usage")).document
    _, words = drawn(document)
    assert any("$" in text or "…" in text for text, _ in words)


def test_only_two_kinds_of_file():
    assert plot_form(Path("A.SVG")) == "svg"
    for name in ("plot.pdf", "plot", ".png"):
        with pytest.raises(UsageError, match=r"\.png or \.svg"):
            plot_form(Path(name))


def test_without_matplotlib_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(ConfigError) as caught:
        plot_form(Path("plot.png"))
    assert "intermt[plot]" in caught.value.todo
