"""Pages that are read: opened in a real browser with all that is folded unfolded."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

Show = Callable[..., Any]

TEXTS = """
() => [...document.querySelectorAll('svg.plot')].flatMap((plot, k) => {
  const edge = plot.getBoundingClientRect();
  const texts = [...plot.querySelectorAll('text')].map((text) => {
    const box = text.getBoundingClientRect();
    return { box, words: text.textContent };
  }).filter((text) => text.box.width);
  const found = [];
  for (const [i, one] of texts.entries()) {
    const { box } = one;
    if (box.left < edge.left - 1 || box.right > edge.right + 1 || box.top < edge.top - 1
        || box.bottom > edge.bottom + 1) found.push(`${k}: ${one.words} leaves the plot`);
    for (const other of texts.slice(i + 1)) {
      const across = Math.min(box.right, other.box.right) - Math.max(box.left, other.box.left);
      const down = Math.min(box.bottom, other.box.bottom) - Math.max(box.top, other.box.top);
      // Boxes hold the room above and below letters; lines that follow each other may share it.
      if (across > 1 && down > 3) found.push(`${k}: ${one.words} / ${other.words}`);
    }
  }
  return found;
})
"""
WIDE = """
() => [...document.querySelectorAll('body *')].filter((e) =>
  !e.closest('.scroll') && !e.closest('svg') && e.getBoundingClientRect().width
  && e.getBoundingClientRect().right > document.documentElement.clientWidth + 1
).map((e) => e.tagName + '.' + e.className)
"""


@contextmanager
def shown(browser: Any, pages: Mapping[str, Path]) -> Iterator[Show]:
    """Opens pages by name; at the end none may have said, asked or fetched anything."""
    said: list[str] = []
    contexts = []

    def showing(name: str, width: int = 1280, scheme: str = "light") -> Any:
        context = browser.new_context(
            viewport={"width": width, "height": 900}, color_scheme=scheme, java_script_enabled=True
        )
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("dialog", lambda dialog: (said.append("a dialog"), dialog.dismiss()))
        address = pages[name].as_uri()
        page.on("request", lambda request: said.extend(_others(request.url, address)))
        page.goto(address)
        page.evaluate("document.querySelectorAll('details').forEach((d) => { d.open = true; })")
        return page

    try:
        yield showing
    finally:
        for context in contexts:
            context.close()
    assert said == []


def _others(url: str, address: str) -> list[str]:
    """The URL, if it is neither the page's own nor inside it."""
    return [] if url.startswith("data:") or url.partition("#")[0] == address else [url]
