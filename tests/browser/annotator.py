"""Somebody who labels on the annotation page, by keyboard."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any


class Annotator:
    """Works on one page and keeps count of what it asks for and what goes wrong."""

    def __init__(self, page: Any) -> None:
        self.page = page
        self.errors: list[str] = []
        self.requests: list[str] = []
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("request", lambda request: self.requests.append(request.url))

    def open(self, file: Path) -> None:
        self.page.goto(file.as_uri())

    def begin(self, name: str) -> None:
        self.page.keyboard.type(name)
        self.press("Enter")
        self.page.wait_for_selector("#work:visible")

    def reload(self) -> None:
        """Reload the page and go on under the name that it remembers."""
        self.page.reload()
        self.press("Enter")
        self.page.wait_for_selector("#work:visible")

    def until(self, condition: str) -> None:
        """Wait for a condition; playwright's own way needs `eval`, which the page forbids."""
        self.page.evaluate(
            f"""new Promise((done) => {{
              const look = () => (({condition}) ? done() : requestAnimationFrame(look));
              look();
            }})"""
        )

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def type(self, text: str) -> None:
        self.page.keyboard.type(text)

    def submit(self) -> None:
        self.press("Control+Enter")

    def text(self, selector: str) -> str:
        return str(self.page.inner_text(selector))

    def focus(self) -> str:
        """The id or else the name of what has the focus."""
        return str(self.page.evaluate("document.activeElement.id || document.activeElement.name"))

    def chosen(self) -> dict[str, str]:
        """What is chosen or written on the screen, by question."""
        return dict(
            self.page.evaluate(
                """Object.fromEntries([
                  ...[...document.querySelectorAll("#questions input:checked")],
                  ...[...document.querySelectorAll("#questions textarea")].filter((t) => t.value),
                ].map((field) => [field.name, field.value]))"""
            )
        )

    def download(self) -> Path:
        with self.page.expect_download() as waiting:
            self.press("d")
        return Path(waiting.value.path())

    def lines(self) -> list[dict[str, Any]]:
        """The lines of a download."""
        return [json.loads(line) for line in self.download().read_text("utf-8").splitlines()]

    def load(self, file: Path) -> str:
        """Load a downloaded file; what the page says of it."""
        self.page.set_input_files("#file", str(file))
        self.until("document.getElementById('status').textContent !== ''")
        return self.text("#status")
