"""The text and the pictures of a piece of HTML."""

from __future__ import annotations

import re
from html.parser import HTMLParser

_BLOCKS = {
    *("address", "article", "aside", "blockquote", "dd", "details", "div", "dl", "dt"),
    *("figcaption", "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header"),
    *("hr", "li", "main", "nav", "ol", "p", "pre", "section", "table", "tr", "ul"),
}
_INLINE = {
    *("a", "abbr", "b", "body", "br", "code", "em", "font", "html", "i", "img", "mark", "s"),
    *("small", "span", "strong", "sub", "sup", "tbody", "td", "th", "thead", "u"),
}
_SILENT = {"script", "style", "head", "title", "template"}
_FIRST_TAG = re.compile(r"\s*(?:<!doctype[^>]*>\s*)?<([a-zA-Z][a-zA-Z0-9]*)[\s/>]", re.IGNORECASE)


def is_html(text: str) -> bool:
    """Whether a text begins with the tag of an HTML element and ends with a tag."""
    found = _FIRST_TAG.match(text)
    known = _BLOCKS | _INLINE | _SILENT
    return found is not None and found[1].lower() in known and text.rstrip().endswith(">")


def text_and_pictures(html: str, *, with_tags: bool) -> tuple[str, list[str]]:
    """The text of a piece of HTML, and the sources of its images in order.

    Blocks stand on lines of their own; runs of blanks are one blank, except in `pre`.

    Args:
        html: As written.
        with_tags: Whether an `<Image, caption>` tag in the text holds the place of each image.
    """
    reader = _Reader(with_tags=with_tags)
    reader.feed(html)
    reader.close()
    return re.sub(r"\n{3,}", "\n\n", "".join(reader.parts)).strip("\n"), reader.pictures


class _Reader(HTMLParser):
    def __init__(self, *, with_tags: bool) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self.pictures: list[str] = []
        self._with_tags = with_tags
        self._silent = 0
        self._as_written = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._silent += tag in _SILENT
        if tag == "br" or tag in _BLOCKS:
            self._new_line(always=tag == "br")
        self._as_written += tag == "pre"
        source = dict(attrs).get("src") if tag == "img" else None
        if source:
            self.pictures.append(source)
            if self._with_tags:
                caption = re.sub(r"[<>\s]+", " ", dict(attrs).get("alt") or "").strip()
                self.parts.append(f"<Image, {caption or 'a picture'}>")

    def handle_endtag(self, tag: str) -> None:
        self._silent -= tag in _SILENT and self._silent > 0
        self._as_written -= tag == "pre" and self._as_written > 0
        if tag in _BLOCKS:
            self._new_line(always=False)

    def handle_data(self, data: str) -> None:
        if not (self._silent or self._as_written):
            data = re.sub(r"\s+", " ", data)
            if not self.parts or self.parts[-1].endswith("\n"):
                data = data.lstrip()
        if data and not self._silent:
            self.parts.append(data)

    def _new_line(self, *, always: bool) -> None:
        if self.parts and not self._as_written:
            self.parts[-1] = self.parts[-1].rstrip(" ")
        if always or (self.parts and not self.parts[-1].endswith("\n")):
            self.parts.append("\n")
