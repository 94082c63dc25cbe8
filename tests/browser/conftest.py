"""A real Chromium for the tests of pages; they skip where there is none."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from intermt.formats.writing.annotation_page import page as page_of
from tests.browser.annotator import Annotator
from tests.commands.conftest import intermt

__all__ = ["intermt"]

BROWSERS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")

Open = Callable[..., Annotator]


# A module's, not the session's: while it is open, no other test could run an event loop.
@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    program = next(filter(None, map(shutil.which, BROWSERS)), None)
    with api.sync_playwright() as playwright:
        if program is None and not Path(playwright.chromium.executable_path).exists():
            pytest.skip("there is no Chromium on this machine")
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def context(browser: Any) -> Iterator[Any]:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    yield context
    context.close()


@pytest.fixture
def file_of(tmp_path: Path) -> Callable[..., Path]:
    def write(tasks: Iterable[Mapping[str, Any]], **options: Any) -> Path:
        file = tmp_path / "page.html"
        file.write_bytes(b"".join(page_of(tasks, **{"title": "Pilot", **options})))
        return file

    return write


@pytest.fixture
def open_page(context: Any, file_of: Callable[..., Path]) -> Iterator[Open]:
    """Opens a page of tasks as Anna; at the end no page may have had an error."""
    opened: list[Annotator] = []

    def opening(*tasks: Mapping[str, Any], name: str = "Anna", **options: Any) -> Annotator:
        annotator = Annotator(context.new_page())
        opened.append(annotator)
        annotator.open(file_of(tasks, **options))
        if not options.get("rater"):
            annotator.begin(name)
        return annotator

    yield opening
    assert [annotator.errors for annotator in opened] == [[] for _ in opened]
