"""Whether messages of one branch of a tree may stand at the end of another.

Told from words alone, and rather no than yes: what is taken over must not speak of what was
said only on the branch that is left behind.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from intermt.domain.image_tags import text_of
from intermt.domain.pruning import normal
from intermt.domain.seed_text import language_hint, names_picture
from intermt.domain.seed_words import STOP_WORDS
from intermt.records import ImagePart, Node, TextPart

_LONG_WORD = 6
_CONTENT_WORD = 4
_PIECE = 3
"""Characters of a piece of text whose words are not separated."""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_POINTING = {
    "en": _words(
        "this that these those it its itself they them their theirs such same another other"
        " others else instead again still also too both either neither former latter first"
        " second third fourth fifth last next previous earlier above below before already"
        " your yours said mentioned suggested proposed option options version versions"
        " alternative one ones then there here thanks thank okay ok great"
    ),
    "de": _words(
        "das dies diese dieser dieses diesem diesen jene jener es sie ihr ihre ihren ihnen er ihn"
        " ihm dein deine deinen solche solches andere anderen anderer anders nochmal noch wieder"
        " auch beide beiden vorher vorhin oben unten erste ersten zweite zweiten dritte dritten"
        " letzte letzten nächste nächsten stattdessen dann dort hier davon damit darauf dabei"
        " dazu daran eben schon gesagt danke vorschlag variante"
    ),
    "fr": _words(
        "ce cet cette ces cela ça ceci celui celle ceux celles il elle ils elles lui leur leurs"
        " même mêmes autre autres encore aussi deux premier première deuxième second"
        " seconde troisième dernier dernière prochain précédent avant votre vos ton ta tes dit"
        " proposé option version alors là ici merci en y"
    ),
    "es": _words(
        "este esta esto estos estas ese esa eso esos esas aquel aquello lo le les él"
        " ella ellos ellas mismo misma otro otra otros otras también todavía primero primera"
        " segundo segunda tercero tercera último última siguiente anterior antes tu tus su sus"
        " dicho opción versión entonces allí aquí gracias"
    ),
}
"""Words that point back at what was said before, in the languages whose questions may move."""


def same_question(one: Node, other: Node) -> bool:
    """Whether two questions are the same but for case, spacing and punctuation."""
    return _said(one) == _said(other) and _pictures([one]) == _pictures([other])


def stands_alone(question: Node, left: Node, path: Sequence[Node]) -> bool:
    """Whether a follow-up to the answer `left` can be asked at the end of another path.

    It has a content word that the path has, none that of both only `left` has, and no word
    that points back. In a language whose such words are not known nothing stands alone.
    """
    words = frozenset(_said(question).split())
    pointing = _POINTING.get(language_hint(text_of(question.parts)))
    if pointing is None or words & pointing:
        return False
    known = {word for node in path for word in _said(node).split()}
    only_left = set(_said(left).split()) - known
    stop_words = frozenset().union(*STOP_WORDS.values())
    content = {w for w in words - stop_words if len(w) >= _CONTENT_WORD or not w.isalpha()}
    return bool(content & known) and not content & only_left


def fits(taken: Sequence[Node], left: Sequence[Node], path: Sequence[Node]) -> bool:
    """Whether messages that stood behind `left` may stand at the end of a path.

    - Unless both sides show the same pictures, nothing taken over shows one or speaks of one:
      its number, or which one is meant, would be another here.
    - Nothing taken over has a telling word that the path has not and `left` has.
    """
    same = _pictures(left) == _pictures(path[-len(left) :])
    if not same and (_pictures(taken) or any(_speaks_of_picture(node) for node in taken)):
        return False
    return not telling_words(taken) & (telling_words(left) - telling_words(path))


def telling_words(nodes: Iterable[Node]) -> set[str]:
    """Long words, numbers, and pieces of text whose words are not separated."""
    found: set[str] = set()
    for word in (word for node in nodes for word in _said(node).split()):
        if any(_is_unspaced(character) for character in word):
            found.update(word[i : i + _PIECE] for i in range(max(1, len(word) - _PIECE + 1)))
        elif len(word) >= _LONG_WORD or any(character.isdigit() for character in word):
            found.add(word)
    return found


def _said(node: Node) -> str:
    return normal(text_of(node.parts))


def _pictures(nodes: Iterable[Node]) -> list[str]:
    return [part.key for node in nodes for part in node.parts if isinstance(part, ImagePart)]


def _speaks_of_picture(node: Node) -> bool:
    return any(names_picture(part.text) for part in node.parts if isinstance(part, TextPart))


def _is_unspaced(character: str) -> bool:
    """Whether a letter is of a script without spaces: Thai to Khmer, kana, Chinese."""
    return (
        "\u0e00" <= character <= "\u0eff"
        or "\u1780" <= character <= "\u17ff"
        or "\u3040" <= character <= "\u30ff"
        or "\u3400" <= character <= "\u9fff"
    )
