"""The page of an evaluation in a real browser: it can be read everywhere and runs nothing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from intermt.commands import eval_report
from intermt.commands.eval_config import EvalConfig
from intermt.domain.figures import Resampling
from tests.browser.reading import TEXTS, WIDE, Show, shown
from tests.commands.report_stores import HOSTILE_NAMES, Filling
from tests.commands.work import Silent
from tests.made_once import made_once

_PICTURES = """
async () => {
  const pictures = [...document.images];
  await Promise.all(pictures.map((p) => p.decode().catch(() => {})));
  return pictures.map((p) => [p.naturalWidth, p.alt, p.src.slice(0, 15)]);
}
"""


_FILLINGS: dict[str, dict[str, Any]] = {
    "one": {},
    "two": {"judges": ("A judge", "Another judge"), "kind": "synthetic"},
    "hostile": {
        "judges": HOSTILE_NAMES,
        "n_seeds": 4,
        "hostile": True,
        "simulated": True,
        "kind": "synthetic",
    },
    "agreeing": {"right": 1.0, "n_seeds": 3},
}


def _write_pages(folder: Path) -> None:
    config = EvalConfig(resampling=Resampling(n_resamples=50), bias=True, compare=("published",))
    for name, options in _FILLINGS.items():
        store = Filling(folder / name, **options).store
        eval_report.run(store, config, folder / f"{name}.html", {}, Silent())


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = made_once(tmp_path_factory, "eval-pages", _write_pages)
    return {name: folder / f"{name}.html" for name in _FILLINGS}


@pytest.fixture
def show(browser: Any, pages: dict[str, Path]) -> Iterator[Show]:
    """Opens a page with everything unfolded; nothing may be said on its console."""
    with shown(browser, pages) as showing:
        yield showing


@pytest.mark.parametrize("name", ["one", "two", "hostile", "agreeing"])
@pytest.mark.parametrize("width", [1280, 420])
def test_nothing_sticks_out_of_the_page(show: Show, name: str, width: int) -> None:
    page = show(name, width)
    assert page.evaluate("document.documentElement.scrollWidth") == width
    assert page.evaluate(WIDE) == []


@pytest.mark.parametrize("name", ["one", "two", "hostile", "agreeing"])
@pytest.mark.parametrize("width", [1280, 420])
def test_no_text_of_a_plot_meets_another_or_is_cut(show: Show, name: str, width: int) -> None:
    page = show(name, width)
    assert page.locator("svg.plot").count() > 5
    assert page.evaluate(TEXTS) == []


@pytest.mark.parametrize("name", ["one", "hostile"])
def test_pictures_can_be_seen_and_missing_ones_are_named(show: Show, name: str) -> None:
    page = show(name)
    pictures = page.evaluate(_PICTURES)
    assert len(pictures) > 10
    assert all(width > 0 for width, _, _ in pictures)
    assert all(alt.startswith("a view of place ") for _, alt, _ in pictures)
    assert {start for _, _, start in pictures} == {"data:image/webp"}
    missing = page.locator(".missing").all_inner_texts()
    assert any("lost/" in text and "not found" in text for text in missing)
    damaged = [text for text in missing if "decoded" in text]
    assert bool(damaged) == (name == "hostile")


def test_hostile_text_stays_text(show: Show) -> None:
    page = show("hostile")
    assert page.locator("script").count() == 0
    assert page.locator("style").count() == 1
    assert page.locator("[onerror]").count() == 0
    body = page.inner_text("body")
    assert "<script>alert('text')</script>" in body
    assert "{{content}} {{policy}}" in body
    for name in HOSTILE_NAMES:
        assert " ".join(name.split()) in " ".join(body.split())


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_words_stand_out_from_their_ground(show: Show, scheme: str) -> None:
    page = show("one", scheme=scheme)
    found = page.evaluate(
        """
        () => {
          const light = (colour) => {
            const [r, g, b] = colour.match(/[\\d.]+/g).map((v) => v / 255).map(
              (v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
            return 0.2126 * r + 0.7152 * g + 0.0722 * b;
          };
          const ground = getComputedStyle(document.body).backgroundColor;
          const ratio = (a, b) => {
            const [x, y] = [light(a), light(b)].sort((p, q) => q - p);
            return (x + 0.05) / (y + 0.05);
          };
          const texts = [...document.querySelectorAll('h2, p.lead, td, small, summary, p')]
            .filter((e) => !e.closest('.banner, .missing'));
          const drawn = [...document.querySelectorAll('svg text:not([class*=on-])')];
          return Math.min(
            ...texts.map((e) => ratio(getComputedStyle(e).color, ground)),
            ...drawn.map((e) => ratio(getComputedStyle(e).fill, ground)));
        }
        """
    )
    assert found >= 4.5


def test_it_can_be_read_without_a_script(browser: Any, pages: dict[str, Path]) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(pages["one"].as_uri())
    page.locator("summary").first.click()
    assert page.locator("details").first.get_attribute("open") is not None
    assert "Worst disagreements" in page.inner_text("body")
    context.close()


def test_what_is_folded_is_printed(show: Show, tmp_path: Path) -> None:
    page = show("one")
    page.evaluate("document.querySelectorAll('details').forEach((d) => { d.open = false; })")
    seen = "document.querySelector('details table').checkVisibility()"
    assert not page.evaluate(seen)
    page.emulate_media(media="print")
    assert page.evaluate(seen)
    assert len(page.pdf(path=str(tmp_path / "page.pdf"))) > 10_000
