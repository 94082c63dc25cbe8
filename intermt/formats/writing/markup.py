"""Text from anywhere as text in HTML and SVG."""

from __future__ import annotations

import re
from html import escape

# What HTML has no character for, and halves of pairs, which UTF-8 has none for.
_UNFIT = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")
_DIRECTIONS = re.compile("[\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def escaped(text: str) -> str:
    """The text so that it is nothing but text, also within quotes of an attribute.

    What cannot stand in a page becomes U+FFFD.
    """
    return escape(_UNFIT.sub("\ufffd", text.replace("\r\n", "\n")))


def one_line(text: str) -> str:
    """A label: one line, without characters that turn the direction of what follows."""
    return " ".join(_DIRECTIONS.sub("", text).split())
