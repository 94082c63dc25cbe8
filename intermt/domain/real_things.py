"""Whether a caption asks for a picture of something that exists, which is found and not drawn."""

from __future__ import annotations

import re

from intermt.domain.caption_words import BEGINNING, COMPOSED, QUOTED, RECORDED, any_of, cited

_INVENTED = any_of(
    r"\b(?:diagram|chart|graph|plot|illustration|sketch|drawing|infographic|concept(?:ual)?"
    r"|cartoon|rendering|mock-?up|blueprint|design|hypothetical|futuristic|imagin\w+|stylized"
    r"|artistic|depiction|schematic|visuali[sz]ation|representation|layout|caricature|anime"
    r"|3D|labell?ed|highlighting|examples?|scene|icon|fantasy|painting of|comic|emoji|animation"
    r"|simplified|simple|heat ?map)\b",
    r"\bDiagramm|\bZeichnung|\bSkizze|\bschéma|\bdessin|\bdibujo|\besquema|\bdisegno",
    r"示意图|插图|漫画|图表|イラスト|図解",
)
_PHOTO = any_of(
    r"\b(?:photo(?:graph)?s?|snapshots?|portraits?|footage|stills?|screenshots?)\s+(?:of|from)\b",
    r"\b(?:logo of|official logo|album cover|movie poster|film poster|book cover of"
    r"|product photo|trailer)\b",
    r"\b(?:Foto|Fotografie|Luftbild|Aufnahme) (?:vo[nm]|de[rs]|eine[rs])\b",
    r"\b(?:photo(?:graphie)?|cliché) d(?:e|u|es|'une?)\b"
    r"|\b(?:foto(?:graf[ií]a)?) (?:de|di|del|della)\b",
    r"照片|实景|卫星图|地图|写真|地図",
)
_REAL_MAP = re.compile(
    r"\b(?i:(?:street |tourist |city |road |topographic(?:al)? |political )?map of)\s+"
    r"(?:the\s+)?[A-ZÀ-Þ]\w+"
)
_NAME = re.compile(
    r"(?<![\w'’-])[A-ZÀ-Þ][\w’'&.-]*(?:\s+(?:(?:of|de|du|la|le|del|della|di|von|van|the|and|al)\s+){0,2}"
    r"[A-Z0-9À-Þ][\w’'&.-]*)*"
)
_GERMAN = re.compile(r"\b(?:ein|eine|einen|einem|einer|und|mit|auf|der|die|das|im)\b")
_NOT_REAL_WORDS = """
    christmas easter halloween thanksgiving valentine ramadan diwali january february march
    april may june july august september october november december monday tuesday wednesday
    thursday friday saturday sunday english french german spanish italian chinese japanese
    asian european african american latin western eastern northern southern victorian baroque
    gothic renaissance medieval earth venn"""
_NOT_REAL = frozenset(_NOT_REAL_WORDS.split())
_FIRST_WORDS = """
    a an the this that these those close closeup close-up cropped crop zoomed view image
    picture photo photograph illustration diagram map chart graph example examples side
    various several two three four one detailed aerial modern simple collage comparison
    highlighted annotated edited updated visualization visual display group outfit scene"""
_STARTERS = frozenset(_FIRST_WORDS.split())


def real_thing(caption: str) -> str | None:
    """The words of a caption that ask for something that exists; None if there are none."""
    plain = QUOTED.sub(" ", caption)
    if COMPOSED.search(plain):
        return None
    if found := _REAL_MAP.search(plain):
        return cited(found[0])
    found = RECORDED.search(plain) or _PHOTO.search(plain)
    if _INVENTED.search(plain) and not (found and found.start() < BEGINNING):
        return None
    if found:
        return cited(found[0])
    if name := _proper_name(plain):
        return f'the name "{name}"'
    return None


def _proper_name(plain: str) -> str | None:
    """The first name of a place, person or product; German captions are not looked at."""
    if _GERMAN.search(plain):
        return None
    for found in _NAME.finditer(plain):
        words = found[0].split()
        begins = not plain[: found.start()].strip() or plain[: found.start()].rstrip()[-1] in ".:;("
        if begins and words[0].casefold() in _STARTERS:
            words = words[1:]
        while words and words[0].islower():
            words = words[1:]
        named = [w for w in words if _is_name(w)]
        # A capital at the beginning of a sentence says nothing by itself.
        if len(named) >= (2 if begins and len(words) == len(found[0].split()) else 1):
            return " ".join(words).strip(".,:;")
    return None


def _is_name(word: str) -> bool:
    bare = word.strip(".,:;'’()").removesuffix("'s").removesuffix("’s")
    if len(bare) < 3 or not bare[0].isupper():
        return False
    if bare.casefold() in _NOT_REAL or bare.partition("-")[0].casefold() in _NOT_REAL:
        return False
    # Abbreviations such as MRI and labels such as X-axis name no place.
    return not bare.isupper() and not re.match(r"[A-Z]-\w", bare)
