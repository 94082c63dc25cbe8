"""JSON as models write it: inside prose, with single quotes, trailing commas, or cut off.

The reader keeps numbers as written and all entries of an object, duplicates included, so that
nothing a reply says is lost. It uses no recursion and a bounded number of steps.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

MAX_DEPTH = 64
MAX_TOKENS = 100_000
"""Most tokens read in one text, over all attempts; replies of judges have a few hundred."""

_START = re.compile(r"\{|\[(?=\s*\{)")
_SPACE = re.compile(r"(?:\s++|//[^\n]*+|/\*[^*]*+\*/)*+")
_TOKEN = re.compile(
    r"(?P<mark>[{}\[\],:：，])"
    r'|"(?P<double>[^"\\]*+(?:\\.[^"\\]*+)*+)"'
    r"|'(?P<single>[^'\\]*+(?:\\.[^'\\]*+)*+)'"
    r"|“(?P<curly>[^“”]*+)”"
    r"|(?P<number>[-+−]?\d[\d.]*+(?:[eE][-+]?\d++)?+)(?![\w/%+-])"
    r"|(?P<word>[A-Za-z_][\w-]*+)",
    re.DOTALL,
)
_OPEN_STRING = re.compile(r"[\"'“]")
_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|.)", re.DOTALL)
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f"}
_WORDS: dict[str, bool | None] = {"true": True, "false": False, "null": None, "none": None}


@dataclass(frozen=True, slots=True)
class Number:
    """A number as written, as in `2.5`."""

    text: str


@dataclass(slots=True)
class Object:
    """An object: its entries in order, equal keys included."""

    entries: list[tuple[str, Json]] = field(default_factory=list)


Json = Object | list["Json"] | Number | str | bool | None


@dataclass(frozen=True, slots=True)
class Found:
    """A JSON value inside a text.

    Attributes:
        start: Offset of its first character.
        end: Offset behind its last.
        value: What it says; of a value cut off at the end of the text, its complete entries.
    """

    start: int
    end: int
    value: Json


class TooMuch(Exception):
    """The text holds more JSON than a reply ever does."""


def find_json(text: str) -> list[Found]:
    """The outermost objects, and lists of objects, of a text in order.

    What starts like one and is not is passed over.

    Raises:
        TooMuch: More than `MAX_TOKENS` tokens.
    """
    found: list[Found] = []
    budget = MAX_TOKENS
    start = _START.search(text)
    while start is not None:
        reader = _Reader(text, start.start(), budget)
        value = reader.read()
        budget = reader.budget
        if reader.good:
            found.append(Found(start.start(), reader.at, value))
        start = _START.search(text, reader.at if reader.good else start.end())
    return found


class _Reader:
    """Reads one value; `good` says whether it was one, `at` where it ended."""

    def __init__(self, text: str, at: int, budget: int) -> None:
        self.text = text
        self.at = at
        self.budget = budget
        self.good = False

    def read(self) -> Json:
        """The value, or None with `good` false."""
        stack: list[Object | list[Json]] = []
        keys: list[str | None] = []
        root: Json = None
        expects_value = True
        while True:
            in_key = bool(stack) and isinstance(stack[-1], Object) and not keys[-1]
            token = self._next(in_key)
            if token is None:
                return None
            kind, value = token
            if not kind:
                # Cut off: what was complete is kept, an entry still open is not.
                self.good = bool(stack)
                return root
            if kind == "mark" and value in ("}", "]"):
                if not stack or isinstance(stack[-1], Object) != (value == "}") or keys[-1]:
                    return None
                stack.pop()
                keys.pop()
                expects_value = False
                if not stack:
                    self.good = True
                    return root
            elif kind == "mark" and value in (",", "，"):
                if expects_value or not stack:
                    return None
                expects_value = True
            elif not expects_value:
                return None
            elif in_key:
                if kind == "mark" or not self._colon():
                    return None
                keys[-1] = value or " "
            elif kind == "mark" and value in ("{", "["):
                if len(stack) >= MAX_DEPTH:
                    return None
                inner: Object | list[Json] = Object() if value == "{" else []
                self._add(stack, keys, inner)
                root = inner if not stack else root
                stack.append(inner)
                keys.append(None)
            elif kind == "mark":
                return None
            else:
                if self._cut_off(kind):
                    self.good = bool(stack)
                    return root
                self._add(stack, keys, _scalar(kind, value))
                expects_value = False

    def _next(self, in_key: bool = True) -> tuple[str, str] | None:
        """Kind and text of the next token, both empty at the end; None for no token."""
        self.budget -= 1
        if self.budget < 0:
            raise TooMuch
        space = _SPACE.match(self.text, self.at)
        self.at = space.end() if space else self.at
        if self.at >= len(self.text):
            return "", ""
        token = _TOKEN.match(self.text, self.at)
        if token is None and not in_key and _OPEN_STRING.match(self.text, self.at):
            # A string that never ends was cut off: what stands in it is a reason, no verdict.
            self.at = len(self.text)
            return "", ""
        if token is None:
            return None
        self.at = token.end()
        kind = token.lastgroup or ""
        return kind, token[kind]

    def _colon(self) -> bool:
        token = self._next()
        return token is not None and token[1] in (":", "：")

    def _cut_off(self, kind: str) -> bool:
        # The end of the text may have cut a number or a word; a string was closed.
        return kind in ("number", "word") and self.at >= len(self.text)

    @staticmethod
    def _add(stack: list[Object | list[Json]], keys: list[str | None], value: Json) -> None:
        if not stack:
            return
        top = stack[-1]
        if isinstance(top, Object):
            top.entries.append((keys[-1] or "", value))
            keys[-1] = None
        else:
            top.append(value)


def _scalar(kind: str, text: str) -> Json:
    if kind == "number":
        return Number(text)
    if kind == "word":
        return _WORDS.get(text.lower(), text)
    return _ESCAPE.sub(_unescaped, text)


def _unescaped(match: re.Match[str]) -> str:
    code = match[1]
    if len(code) == 5:
        return chr(int(code[1:], 16))
    return _ESCAPES.get(code, code)
