"""The report on a store in a real browser: whoever opens the file sees all of it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from intermt.commands.report import PAGE
from intermt.sample import sample_files
from intermt.store.connect import Store
from tests.browser.reading import TEXTS, WIDE, Show, shown
from tests.cli.running import environment
from tests.commands.report_stores import HOSTILE_NAMES, Filling
from tests.commands.stats_stores import WORLDS
from tests.made_once import made_once

NAMES = ("labels", "invented", "long names", "hostile", "bare", "empty")

_FIGURES = """
async () => {
  const drawings = [...document.querySelectorAll('img.drawing')];
  await Promise.all(drawings.map((d) => d.decode().catch(() => {})));
  return drawings.map((d) => {
    const box = d.getBoundingClientRect();
    return { alt: d.alt, natural: d.naturalWidth, width: box.width, height: box.height,
             seen: d.checkVisibility(), section: d.closest('section').id };
  });
}
"""
_PLOTS = """
() => [...document.querySelectorAll('svg.plot')].map((plot) => {
  const box = plot.getBoundingClientRect();
  return [plot.getAttribute('role'), plot.getAttribute('aria-label'), box.width, box.height];
})
"""
_LINKS = """
() => [...document.querySelectorAll('a')].map((a) => {
  const to = document.getElementById(decodeURIComponent(a.hash.slice(1)));
  return { href: a.getAttribute('href'), words: a.textContent,
           heading: to && to.querySelector('h2') && to.querySelector('h2').textContent };
})
"""
_FAINTEST = """
() => {
  const numbers = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const light = (rgb) => {
    const [r, g, b] = rgb.map((v) => v / 255).map(
      (v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ground = (e) => {
    for (let at = e; at; at = at.parentElement) {
      const [r, g, b, alpha = 1] = numbers(getComputedStyle(at).backgroundColor);
      if (alpha === 1) return [r, g, b];
      if (alpha > 0) throw new Error('half a ground: ' + at.outerHTML.slice(0, 80));
    }
    return numbers(getComputedStyle(document.documentElement).backgroundColor).slice(0, 3);
  };
  const found = [];
  const words = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (words.nextNode()) {
    const e = words.currentNode.parentElement;
    if (!words.currentNode.textContent.trim() || !e.checkVisibility() || e.closest('svg')) continue;
    const style = getComputedStyle(e);
    const [x, y] = [numbers(style.color).slice(0, 3), ground(e)].map(light).sort((p, q) => q - p);
    found.push([(x + 0.05) / (y + 0.05), e.tagName + ': ' + words.currentNode.textContent]);
  }
  return found.sort((a, b) => a[0] - b[0]);
}
"""


def typed(folder: Path, *words: str) -> subprocess.Popen[bytes]:
    """`intermt` on the store of a folder, begun; an open browser has this process's event loop."""
    command = [sys.executable, "-m", "intermt", *words, "--store", "store"]
    return subprocess.Popen(command, cwd=folder, env=environment())


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    pytest.importorskip("matplotlib", reason="matplotlib is not installed")
    folder = made_once(tmp_path_factory, "reports", _write_reports)
    return {name: folder / name / "out" / PAGE for name in NAMES}


def _write_reports(folder: Path) -> None:
    for name in NAMES:
        (folder / name).mkdir()
        store = folder / name / "store"
        if name == "labels":
            Filling(store, ("A judge", "Another judge"))
        elif name == "hostile":
            Filling(
                store, HOSTILE_NAMES[:2], n_seeds=3, hostile=True, simulated=True, kind="synthetic"
            )
        elif name in WORLDS:
            Store(store).create().write(replace(WORLDS[name], n_trees=6, n_days=3).records())
        elif name == "bare":
            conversations = str(sample_files().conversations)
            assert typed(folder / name, "annotate-import", conversations).wait() == 0
        else:
            Store(store).create()
    writing = [typed(folder / name, "report", "out") for name in NAMES]
    assert [process.wait() for process in writing] == [0] * len(NAMES)


@pytest.fixture
def show(browser: Any, pages: dict[str, Path]) -> Iterator[Show]:
    """Opens a report with everything unfolded; nothing may be said or fetched."""
    with shown(browser, pages) as showing:
        yield showing


def entries(page: Any) -> dict[str, tuple[str, str]]:
    """The table of what is here: by name, whether it is, and where or what it needs."""
    rows = page.locator("#paper tbody tr").all()
    cells = [row.locator("th, td").all_inner_texts() for row in rows]
    return {name: (state, where) for name, state, where in cells}


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("width", [1280, 400])
def test_nothing_sticks_out_of_the_page(show: Show, name: str, width: int) -> None:
    page = show(name, width)
    assert page.evaluate("document.documentElement.scrollWidth") == width
    assert page.evaluate(WIDE) == []
    assert page.evaluate(TEXTS) == []


@pytest.mark.parametrize("name", ["labels", "invented", "long names"])
@pytest.mark.parametrize("width", [1280, 400])
def test_every_figure_can_be_seen_in_full_and_says_what_it_is(
    show: Show, name: str, width: int
) -> None:
    page = show(name, width)
    figures = page.evaluate(_FIGURES)
    titles = page.evaluate(
        "() => Object.fromEntries([...document.querySelectorAll('section')].map("
        "(s) => [s.id, s.querySelector('h2').textContent]))"
    )
    assert len(figures) >= 6
    for figure in figures:
        assert figure["seen"]
        assert figure["height"] > 100
        # No smaller than it was drawn: it scrolls where there is no room.
        assert figure["width"] >= figure["natural"] > 200
        assert titles[figure["section"]].lower() in figure["alt"]
    assert len({figure["alt"] for figure in figures}) == len(figures)
    plots = page.evaluate(_PLOTS)
    assert plots
    assert all(role == "img" and label for role, label, _, _ in plots)
    assert all(w > 100 and h > 20 for _, _, w, h in plots)


def test_a_figure_that_is_too_wide_is_reached_by_the_keyboard(show: Show) -> None:
    page = show("labels", 400)
    region = page.locator(".scroll:has(img.drawing)").first
    region.focus()
    page.keyboard.press("ArrowRight")
    # Waiting inside the page is code that its own policy forbids.
    for _ in range(100):
        if region.evaluate("(it) => it.scrollLeft") > 0:
            break
        page.wait_for_timeout(50)
    assert region.evaluate("(it) => it.scrollLeft") > 0
    assert region.get_attribute("aria-label") == region.locator("img").get_attribute("alt")


@pytest.mark.parametrize("name", NAMES)
def test_every_link_leads_to_a_part_of_the_page(show: Show, name: str) -> None:
    page = show(name)
    links = page.evaluate(_LINKS)
    assert len(links) > 5
    for link in links:
        assert link["href"].startswith("#")
        assert link["heading"], link
        assert link["heading"].startswith(link["words"]), link
    here = [where for state, where in entries(page).values() if state == "here"]
    assert page.locator("#paper td a").all_inner_texts() == here
    # Every section is among the contents.
    named = page.locator("nav a").evaluate_all("(all) => all.map((a) => a.hash.slice(1))")
    assert named == page.locator("section").evaluate_all("(all) => all.map((s) => s.id)")


def test_a_link_brings_its_part_into_view(show: Show) -> None:
    page = show("labels")
    page.locator("#paper td a", has_text="Judges").first.click()
    top = page.locator("section[id^=judges]").first.bounding_box()["y"]
    assert 0 <= top < 300
    assert "#judges" in page.url


@pytest.mark.parametrize("name", ["labels", "hostile", "empty"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_words_stand_out_from_their_ground(show: Show, name: str, scheme: str) -> None:
    page = show(name, scheme=scheme)
    found = page.evaluate(_FAINTEST)
    assert len(found) > 40
    assert found[0][0] >= 4.5, found[:5]
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    is_dark = sum(map(int, ground[4:-1].split(","))) < 3 * 128
    assert is_dark == (scheme == "dark")


def test_figures_keep_a_light_ground_in_the_dark(show: Show) -> None:
    page = show("labels", scheme="dark")
    grounds = page.locator("img.drawing").evaluate_all(
        "(all) => all.map((d) => getComputedStyle(d).backgroundColor)"
    )
    assert set(grounds) == {"rgb(255, 255, 255)"}


@pytest.mark.parametrize("name", ["bare", "empty", "labels"])
def test_what_is_missing_says_which_data_it_needs(show: Show, name: str) -> None:
    page = show(name)
    found = entries(page)
    assert len(found) == 15
    gone = {entry: where for entry, (state, where) in found.items() if state == "missing"}
    assert {state for state, _ in found.values()} <= {"here", "missing"}
    assert (len(gone) == 15) == (name == "empty")
    assert gone
    for where in gone.values():
        assert where.startswith("needs ")
        assert len(where) > 20
    if name != "labels":
        assert "intermt judge --task pair" in gone["Accuracy of judges (pair comparison)"]
        # A chapter that nothing can be said in says why.
        nothing = page.get_by_text("Nothing to show: ").all_inner_texts()
        assert nothing
        assert all(len(words) > len("Nothing to show: .") for words in nothing)


def test_an_option_is_never_cut_at_a_hyphen(show: Show) -> None:
    for width in (1280, 1000, 700, 400):
        options = show("empty", width).locator("#paper .whole")
        assert options.count() >= 8
        assert all(text.startswith("--") for text in options.all_inner_texts())
        lines = "(all) => all.map((e) => e.getClientRects().length)"
        assert set(options.evaluate_all(lines)) == {1}


def test_marks_are_on_top_where_anything_is_invented(show: Show) -> None:
    words = show("invented").locator(".banner").all_inner_texts()
    assert [text.partition(":")[0] for text in words] == ["SIMULATED", "SYNTHETIC"]
    assert show("labels").locator(".banner").count() == 0
