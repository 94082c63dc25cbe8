"""What of a reply counts as said: without thinking, machine messages and mark-up."""

from __future__ import annotations

import re
import unicodedata

from intermt.domain.reply_thoughts import without_thought

MAX_REPLY = 4_000_000
"""Longest reply read, in characters; nobody states a verdict in more."""
_PAGE = re.compile(r"\s*(?:```\w*\s*)?<(?:!doctype\s+html|html|head|body|\?xml)\b", re.IGNORECASE)
_FAILED = re.compile(
    r"\s*[\"'\[(]?(?:api[ _-]?(?:failed|failure|error)|(?:internal )?server error|error\b\s*[:\d(]"
    r"|http(?:/\d\.\d)?\s*(?:error)?\s*[45]\d\d|[45]\d\d\s+[A-Z]|bad gateway|gateway time-?out"
    r"|service unavailable|rate limit|traceback \(most recent|openai\.\w*error"
    r"|connection (?:error|refused|reset)|request (?:failed|timed out)|timed? ?out\b|null\b\s*$)",
    re.IGNORECASE,
)
_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
_STRUCK = re.compile(r"~~[^~\n]{1,300}~~|<(?:del|s|strike)>[^<\n]{1,300}</(?:del|s|strike)>")
_MARKUP = re.compile(r"<(/?)([A-Za-z][\w-]{0,60})(?:\s[^<>\n]{0,200})?(/?)>")
_CELLS = frozenset({"td", "th"})
_INLINE = frozenset({"b", "i", "em", "strong", "span", "code", "u", "mark", "font", "sup", "sub"})
_BLOCKS = frozenset(
    {"p", "br", "li", "ul", "ol", "div", "tr", "table", "thead", "tbody", "hr", "pre"}
    | {f"h{n}" for n in range(1, 7)}
)
_IN_ANGLES = re.compile(r"<\s*(-?\d{1,3})\s*>")
_LATEX_TEXT = re.compile(r"\\(?:text|mathrm|mathbf)\w{0,6}\s*\{([^{}\n]{0,200})\}")
_QUOTES = str.maketrans("“”„«»", '"""""')
_BLANK = re.compile(r"\n{3,}")
# Longer gaps say no more, and patterns would try every length of them.
_GAP = re.compile(r"[^\S\n]{41,}")
_FENCE = re.compile(r"^[ \t]*(?:```|~~~)[ \t]*[\w+-]*[ \t]*$", re.MULTILINE)


# Decimal and thousands signs of Arabic numbers, and bars of fractions.
_SIGNS = {"٫": ".", "٬": ",", "⁄": "/", "∕": "/"}


class _Plain(dict[int, int | str | None]):
    """Maps a character to the plain one that means the same; filled as characters occur."""

    def __missing__(self, code: int) -> int | str | None:
        char = chr(code)
        plain: int | str | None = code
        if code > 0x7F:
            if 0xFF01 <= code <= 0xFF5E and char not in "＂＇":
                plain = code - 0xFEE0
            elif (digit := unicodedata.decimal(char, None)) is not None:
                plain = str(digit)
            elif 0x2460 <= code <= 0x2468:
                plain = str(code - 0x245F)
            elif char in "−﹣‐‑":
                plain = "-"
            elif char in _SIGNS:
                plain = _SIGNS[char]
            elif char in "\u00a0\u2009\u202f\u3000\u2002\u2003":
                plain = " "
            elif char in "’‘ʼ":
                plain = "'"
            elif unicodedata.category(char) in ("Cf", "Mn", "Me"):
                # Direction marks, joiners and the frame of keycap digits say nothing.
                plain = (
                    None if char in "\ufe0f\u20e3" or unicodedata.category(char) == "Cf" else code
                )
        self[code] = plain
        return plain


_PLAIN = _Plain()


def said(text: str) -> str:
    """The part of a reply that was said to the reader, in plain characters.

    Thinking is cut, and so are examples, drafts and rubrics in tags of their own. Digits of
    other scripts become 0 to 9. Empty for error pages, messages of failed calls and texts
    beyond `MAX_REPLY`.
    """
    if len(text) > MAX_REPLY:
        return ""
    text = without_thought(_unescaped(text).translate(_PLAIN))
    if _PAGE.match(text) or _FAILED.match(text):
        return ""
    return _COMMENT.sub("", _GAP.sub(" " * 40, text))


def _unescaped(text: str) -> str:
    """The text as it was before a server or a model escaped it for HTML or JSON."""
    if "\\u003c" in text:
        text = text.replace("\\u003c", "<").replace("\\u003e", ">")
    if "&" in text:
        for escaped, plain in (("&lt;", "<"), ("&gt;", ">"), ("&quot;", '"'), ("&amp;", "&")):
            text = text.replace(escaped, plain)
    bare = text.strip()
    if len(bare) > 1 and bare[0] == bare[-1] == '"' and '\\"' in bare:
        return bare[1:-1].replace("\\n", "\n").replace('\\"', '"')
    return text


def without_markup(text: str) -> str:
    """The text with tags turned into what a reader sees of them.

    Struck-out text goes, table cells become `|`, blocks become lines, and an element that
    names its content, as in `<text_quality>3</text_quality>`, becomes a line `text_quality: 3`.
    """
    text = _FENCE.sub("", _STRUCK.sub("", text))
    text = text.translate(_QUOTES).replace("\\_", "_").replace("\\\\boxed", "\\boxed")
    text = _LATEX_TEXT.sub(r"\1", _IN_ANGLES.sub(r"\1", text))
    return _BLANK.sub("\n\n", _MARKUP.sub(_seen, text))


def _seen(match: re.Match[str]) -> str:
    closes, name, empty = match[1], match[2].lower(), match[3]
    if name in _INLINE:
        return ""
    if name in _CELLS:
        return " " if closes else " | "
    if name in _BLOCKS or closes or empty:
        return "\n"
    if name in ("answer", "final", "verdict"):
        return f"\nfinal {name}: " if name != "final" else "\nfinal answer: "
    return f"\n{match[2]}: "
