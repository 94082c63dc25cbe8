"""Words in figures: fonts that have their characters, names cut to the room there is."""

from __future__ import annotations

import json
import unicodedata
from collections import Counter
from collections.abc import Hashable, Mapping
from functools import cache, lru_cache
from typing import Any, TypeVar

from matplotlib import rcParams
from matplotlib.font_manager import FontProperties, findfont, fontManager, get_font
from matplotlib.textpath import text_to_path

Key = TypeVar("Key", bound=Hashable)

OWN_FONT = "DejaVu Sans"
"""What comes with matplotlib."""

BOXES = (
    "□: a character that no installed font has; names with it are numbered in the order of the"
    " table."
)

_BOX = "□"
# One look for Chinese, Japanese and Korean; whatever else is installed comes after these.
_FOREMOST = (
    *("Noto Sans CJK SC", "Noto Sans SC", "Source Han Sans SC", "Source Han Sans CN"),
    *("WenQuanYi Micro Hei", "WenQuanYi Zen Hei", "Microsoft YaHei", "PingFang SC", "SimHei"),
    *("Hiragino Sans GB", "Noto Serif CJK SC", "Droid Sans Fallback"),
)
_REGULAR = (400, "normal", "regular", "book")
_USUAL = 0.56
"""Width of the usual character in ems."""


# --- fonts -------------------------------------------------------------------------------


def words_of(document: Mapping[str, Any]) -> str:
    """Every word of a document, its keys among them."""
    return json.dumps(document, ensure_ascii=False, default=str)


def families(text: str) -> tuple[str, ...]:
    """The font matplotlib brings, and as few installed ones as have what it lacks of the text."""
    own = get_font(_file(OWN_FONT))
    lacking = {c for c in _characters(text) if not own.get_char_index(ord(c))}
    return (OWN_FONT, *_fallbacks(frozenset(lacking)))


def lacks(text: str) -> bool:
    """Whether no font of the figure has one of the characters."""
    fonts = _in_use()
    return not all(_is_in(c, fonts) for c in _characters(text))


def _characters(text: str) -> set[str]:
    return {c for c in set(unicodedata.normalize("NFC", text)) if c.isprintable()}


@lru_cache(maxsize=16)
def _fallbacks(lacking: frozenset[str]) -> tuple[str, ...]:
    found, left = [], set(lacking)
    for name in _installed() if left else ():
        try:
            font = get_font(_file(name))
        except (OSError, RuntimeError, ValueError):
            # The list of fonts is older than the fonts.
            continue
        if here := {c for c in left if font.get_char_index(ord(c))}:
            found.append(name)
            left -= here
        if not left:
            break
    return tuple(found)


@cache
def _installed() -> tuple[str, ...]:
    """Other fonts in the order in which they are tried, the same on every run."""
    names = {f.name for f in fontManager.ttflist if f.weight in _REGULAR and f.style == "normal"}
    # A font of last resort has a box of its own for every character.
    names = {n for n in names if n != OWN_FONT and "lastresort" not in n.lower().replace(" ", "")}

    def place(name: str) -> tuple[Any, ...]:
        rank = _FOREMOST.index(name) if name in _FOREMOST else len(_FOREMOST)
        return (rank, "Sans" not in name, name)

    return tuple(sorted(names, key=place))


@cache
def _file(family: str) -> str:
    return str(findfont(FontProperties(family=[family]), fallback_to_default=False))


def _in_use() -> tuple[str, ...]:
    """The fonts of the figure that is being drawn."""
    return tuple(rcParams["font.family"])


# --- names -------------------------------------------------------------------------------


def plain(text: str, most: int = 200) -> str:
    """A text that can be drawn: on one line, in glyphs there are, its middle cut if long.

    Args:
        text: Any.
        most: Room, in characters of the usual width.
    """
    return _cut(_boxed(text), most, _in_use())


def labels(names: Mapping[Key, str], most: int) -> dict[Key, str]:
    """What each is called in the room there is; no two are called the same.

    Names that look the same when they are cut are numbered, and so are all those with a
    character that no font has.

    Args:
        names: By whatever tells them apart, in the order in which they are numbered.
        most: Room, in characters of the usual width.
    """
    looks = {key: _BOX if lacks(name) else plain(name, most) for key, name in names.items()}
    n_alike = Counter(looks.values())
    found = {key: look for key, look in looks.items() if n_alike[look] == 1 and look != _BOX}
    taken = set(found.values())
    seen: Counter[str] = Counter()
    for key, name in names.items():
        while key not in found:
            seen[looks[key]] += 1
            number = f" {seen[looks[key]]}"
            label = plain(name, most - len(number)) + number
            if label not in taken:
                found[key] = label
                taken.add(label)
    return found


def _boxed(text: str) -> str:
    """The text on one line, a box for every character that no font of the figure has."""
    fonts = _in_use()
    return "".join(c if _is_in(c, fonts) else _BOX for c in _line(text))


def _line(text: str) -> str:
    line = "".join(c if c.isprintable() else " " for c in text)
    return unicodedata.normalize("NFC", " ".join(line.split()))


@lru_cache(maxsize=4096)
def _is_in(character: str, fonts: tuple[str, ...]) -> bool:
    return any(get_font(_file(name)).get_char_index(ord(character)) for name in fonts)


@lru_cache(maxsize=4096)
def _cut(text: str, most: int, fonts: tuple[str, ...]) -> str:
    if len(text) <= most * _USUAL or (len(text) <= 2 * most and _fits(text, most, fonts)):
        return text
    fewest, too_many = 0, min(len(text), 2 * most)
    while too_many - fewest > 1:
        kept = (fewest + too_many) // 2
        if _fits(_without_middle(text, kept), most, fonts):
            fewest = kept
        else:
            too_many = kept
    return _without_middle(text, fewest)


def _without_middle(text: str, kept: int) -> str:
    return f"{text[: kept // 2]}…{text[len(text) - (kept - kept // 2) :]}"


def _fits(text: str, most: int, fonts: tuple[str, ...]) -> bool:
    size = 10.0
    how = FontProperties(family=list(fonts), size=size)
    width, _, _ = text_to_path.get_text_width_height_descent(text, how, False)
    return bool(width <= most * _USUAL * size)
