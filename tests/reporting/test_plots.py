from __future__ import annotations

import itertools
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

    with settings():
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
