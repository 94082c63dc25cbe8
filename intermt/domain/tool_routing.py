"""Which tool supplies the picture that a tag asks for, judged by the words of its caption.

Captions are free text in any language, so this is a set of rules over wording, in a fixed
order, for English and the commonest turns of German, French, Spanish, Italian, Chinese and
Japanese. What they do not understand is drawn. Each decision says which words made it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from intermt.domain.caption_words import BEGINNING, COMPOSED, QUOTED, RECORDED, any_of, cited
from intermt.domain.picture_references import lacking, names_no_picture, place_in
from intermt.domain.real_things import real_thing
from intermt.records import ToolName

Speaker = Literal["user", "assistant"]


@dataclass(frozen=True, slots=True)
class Available:
    """Which tools there are."""

    draw: bool = False
    edit: bool = False
    retrieve: bool = False


@dataclass(frozen=True, slots=True)
class Route:
    """How a picture is to be supplied.

    Attributes:
        tools: What to try, best first; a later one is for when the one before finds
            nothing. Empty where there is no tool for it.
        picture: 1-based number of the earlier picture to change or to show again.
        reason: What in the caption decided, and what is not there.
        fault: Why it cannot be supplied at all: it names a picture that is not there. "" where
            it can.
    """

    tools: tuple[ToolName, ...]
    picture: int | None
    reason: str
    fault: str = ""


_NOUNS = (
    r"(?:images?|pictures?|photos?|photographs?|drawings?|maps?|charts?|graphs?|plots?|diagrams?"
    r"|figures?|tables?|illustrations?|sketch(?:es)?|paintings?|scans?|screenshots?"
    r"|infographics?|designs?|renderings?|versions?|cards?|posters?|scenes?)"
)
_WORDS = r"(?:[\w'-]+\s+){0,2}"
_GIVEN = (
    r"(?:original|provided|same|given|uploaded|attached|shared|previous|earlier|preceding|above"
    r"|initial|existing|current|aforementioned|source|input|latest)"
)


_NUMBERED = any_of(
    r"\b(?:picture|image|photo|figure|fig\.?|bild|imagen|immagine|foto)\s*(?:no\.?|nr\.?|#)?\s*"
    r"(?P<number>\d{1,3})\b(?!\s*(?:%|x\b|[.:)]\s*\w+.*\b2[.:)]))",
    r"^\s*#?(?P<alone>\d{1,3})\s*$",
    r"(?:图片?|图像|画像)\s*(?P<cjk>\d{1,3})",
)
_FIRST = any_of(
    rf"\bfirst\s+{_NOUNS}\b", r"\b(?:erste[snm]?\s+Bild|première image|primera imagen)\b"
)
_ORIGINAL = any_of(
    rf"\b(?:original|initial|uploaded|source|input)\s+{_WORDS}{_NOUNS}\b",
    r"\bthe\s+original\b",
    r"\b(?:Original(?:bild|foto)|image originale|imagen original|immagine originale)\b",
    r"原图|原始图|原來的圖|元の(?:画像|写真)",
)
_SENT = any_of(
    rf"\b(?:provided|given|attached|shared|uploaded)\s+{_WORDS}{_NOUNS}\b",
    r"\bthe\s+(?:provided|given|attached|shared|uploaded)\b",
    rf"\b{_NOUNS}\s+(?:that )?(?:you|the user) (?:sent|shared|uploaded|provided)\b",
)
_EARLIER = any_of(
    rf"\b{_GIVEN}\s+{_WORDS}{_NOUNS}\b",
    rf"\b(?:the|this|that)\s+{_GIVEN}\b",
    rf"\b(?:this|that|your|our)\s+{_NOUNS}\b",
    rf"\b{_NOUNS}\s+(?:above|before)\b",
    r"\b(?:das|dem|im) (?:selben?|gleichen?|vorigen|obigen) Bild",
    r"\b(?:dasselbe|selbe|gleiche|vorherige|vorige|obige)\s+(?:Bild|Foto|Karte|Zeichnung)",
    r"\b(?:la même|cette|l'image (?:précédente|ci-dessus)|même image)\b",
    r"\b(?:la misma|esta|la anterior) (?:imagen|foto)|\bimagen anterior\b",
    r"\b(?:la stessa|questa) (?:immagine|foto)|\bimmagine precedente\b",
    r"同一张|这张图|这幅图|上一张|上面的图|同じ(?:画像|写真|絵)|この(?:画像|写真|絵)|前の(?:画像|写真)",
)
_CROP = any_of(
    r"\b(?:crop(?:ped|ping)?|zoom(?:ed|ing)?(?:[\s-]+in)?|enlarged|magnified|cut-?out)\b",
    r"\bAusschnitt\b|\brecadrage\b|\brecorte\b|\britaglio\b|\bvergrößert|\bagrandi",
    r"裁剪|放大|切り抜き|拡大",
)
_CLOSE_UP = any_of(
    r"\bclose[\s-]?ups?\b[\w\s,-]*\b(?:of|on|to|showing|highlighting)\b\s*"
    r"(?:(?:the|this|that|these|those|his|her|its|their|both|a section of)\b|\w*$)",
    r"\bclose[\s-]?ups?\s+(?:comparison\s+)?highlighting\b",
    r"\b(?:detail|(?:focused|magnified|detailed|closer) view|section|portion)s?\s+(?:of|on)\s+"
    r"(?:the|this|that|his|her|its|their)\b",
    r"\b(?:Nahaufnahme|Detail) (?:de[sr]|vo[nm]|aus)\b",
    r"\bgros plan (?:du|de la|de l'|des|sur)|\bprimer plano (?:del|de la|de los)"
    r"|\bprimo piano (?:del|della|dell')",
    r"特写|クローズアップ",
)
_CHANGED = any_of(
    r"\b(?:edited|modified|altered|enhanced|annotated|retouched|updated|desaturated|recolou?red"
    r"|colou?ri[sz]ed|re-?ordered|marked[\s-]up|revised|adjusted|reworked|corrected"
    rf"|digitally \w+|(?:slightly|simply) \w+)\s+(?:and\s+\w+\s+)?{_WORDS}{_NOUNS}\b",
    r"\b\w+\s+version\s+of\s+(?:the|this|that|his|her|its|their)\b",
    r"\bre-?ordered\b|\b(?:with|without) the \w+ (?:removed|replaced|changed|erased)\b",
    r"\bbearbeitete|\bversion (?:modifiée|retouchée|annotée)|\bversión (?:editada|modificada)"
    r"|\bversione modificata",
    r"修改后|编辑后|标注|編集した|加工した",
)
_MARKED = any_of(
    r"\b(?:highlight(?:s|ed|ing)?|bounding box(?:es)?|circled|outlined in|annotated"
    r"|labell?ed with|marked with)\b",
    r"\bhervorgehoben|\bmarkiert|\bsurligné|\bresaltad[oa]s?|\bevidenziat[oaie]",
    r"高亮|突出显示|圈出|強調",
)
_OVERLAY = any_of(
    r"\bwith (?:an? |the |added |new |\w+ )*(?:arrows?|circles?|box(?:es)?|labels?|annotations?"
    r"|callouts?|overlays?|speech bubbles?|lines? drawn|markers?|text)\b",
    r"\b(?:arrows?|circles?|lines?) (?:pointing|drawn|indicating|around|showing)\b",
)
_DEFINITE = any_of(
    r"^\s*(?:the|this|that|these|those|both|his|her|its|their|same)\b",
    r"^\s*(?:de[rmsn]|die|das|le|la|les|l'|el|los|las|il|lo|gli)[\s']\s*(?:gleiche|même|mism|stess)",
)
_PRONOUN = any_of(r"^\s*(?:it|them|him|he|she|they)\b", r"\b(?:of|on|around|behind|beside) it\b")
_NAMED_THING = re.compile(r"^\s*(?i:the)\s+[A-ZÀ-Þ]")
_ARE_MARKED = re.compile(r"\b(?:is|are) highlighted\b|\bhighlighted[\s.]*$", re.IGNORECASE)
_VIEW_OF_IT = re.compile(
    r"\b(?i:(?:photo(?:graph)?|picture|image|view) of (?:the|this|these|his|her|its|their))"
    r"\s+(?![A-ZÀ-Þ])\w+"
)
_BARE_MARKED = re.compile(rf"^\s*(?:[\w'-]+\s+){{0,3}}(?:highlight(?:ed|ing)|{_NOUNS})\b", re.I)

_NEW_GRAPHIC = any_of(
    r"^\s*(?:an?\s+)?(?:[\w-]+\s+){0,3}(?:diagram|illustration|sketch|infographic|rendering"
    r"|mock-?up|depiction|3D model|schematic|flowchart|word cloud|brochure)s?\b",
)
_INDEFINITE = re.compile(r"^\s*(?:an?|some|one|two|three|several|various)\s", re.IGNORECASE)


def route(caption: str, pictures: Sequence[Speaker], available: Available) -> Route:
    """How the picture of a tag is to be supplied.

    Args:
        caption: What the tag says.
        pictures: Who showed each earlier picture of the conversation, in order; a picture's
            number is its place here, from 1.
        available: The tools there are.
    """
    plain = QUOTED.sub(lambda m: " " * len(m[0]), caption)
    if (lacks := lacking(plain, len(pictures))) is not None:
        words, fault = lacks
        return Route((), None, f"names a picture that is not there: {cited(words)}", fault)
    found = _earlier_picture(plain, pictures)
    if found is not None:
        number, words, as_it_is = found
        if as_it_is:
            return Route(("show",), number, f"shows picture {number} again: {words}")
        why = f"changes picture {number}: {words}"
        return _chain(("edit", "draw", "retrieve"), number, why, available)
    if named := real_thing(caption):
        return _chain(("retrieve", "draw"), None, f"asks for a real thing: {named}", available)
    return _chain(("draw", "retrieve"), None, "asks for something new", available)


def _chain(wanted: Sequence[ToolName], number: int | None, why: str, available: Available) -> Route:
    there = tuple(tool for tool in wanted if getattr(available, tool))
    passed_over = wanted[: wanted.index(there[0])] if there else wanted
    reason = why + "".join(f"; no tool to {tool}" for tool in passed_over)
    return Route(there, number if there[:1] == ("edit",) else None, reason)


def _earlier_picture(plain: str, pictures: Sequence[Speaker]) -> tuple[int, str, bool] | None:
    """Number of the earlier picture a caption is about, the words for it, and if unchanged."""
    if not pictures:
        return None
    if (numbered := _number_in(plain, len(pictures))) is not None:
        number, words = numbered
        return number, words, _is_as_it_is(plain)
    crop = _CROP.search(plain)
    begins = _DEFINITE.search(plain) or (crop is not None and crop.start() < BEGINNING)
    if COMPOSED.search(plain) and not begins:
        return None
    if placed := place_in(plain, len(pictures)):
        number, place = placed
        if _is_only_like(plain, place.start()):
            return None
        return number, cited(place[0]), _is_as_it_is(plain)
    sent = _latest_of(pictures, "user")
    for pattern, number in (
        (_FIRST, 1),
        (_ORIGINAL, _first_of(pictures, "user")),
        (_SENT, sent),
        (_EARLIER, len(pictures)),
    ):
        if found := pattern.search(plain):
            if _is_only_like(plain, found.start()):
                return None
            return number, cited(found[0]), _is_as_it_is(plain)
    # What was made for an answer is often itself a part of what the user sent: another part
    # is not in it.
    if part := _CROP.search(plain) or _CLOSE_UP.search(plain):
        return sent, cited(part[0].strip()), False
    if change := _words_of_change(plain):
        return len(pictures), cited(change), False
    return None


def _number_in(plain: str, n_pictures: int) -> tuple[int, str] | None:
    for found in _NUMBERED.finditer(plain):
        number = int(next(group for group in found.groups() if group is not None))
        if 1 <= number <= n_pictures and not names_no_picture(plain[found.end() :]):
            return number, cited(found[0])
    return None


def _first_of(pictures: Sequence[Speaker], speaker: Speaker) -> int:
    """Number of the first picture of a speaker; 1 if there is none."""
    return pictures.index(speaker) + 1 if speaker in pictures else 1


def _latest_of(pictures: Sequence[Speaker], speaker: Speaker) -> int:
    """Number of the latest picture of a speaker; that of the latest one if there is none."""
    numbers = [n for n, who in enumerate(pictures, start=1) if who == speaker]
    return numbers[-1] if numbers else len(pictures)


_LIKE = re.compile(
    r"(?:\bstyle|\bscheme|\bcolou?rs?|\bpalette|\bsame \w+)\s+(?:\w+\s+){0,3}$", re.I
)
_BASED_ON = re.compile(r"\b(?:based on|derived from|inspired by)\s+(?:the\s+)?$", re.I)
_SAME_STYLE = re.compile(
    r"\b(?:same|similar)\s+(?:\w+\s+)?(?:style|colou?rs?|scheme|palette)", re.I
)


def _is_only_like(plain: str, at: int) -> bool:
    """Whether an earlier picture is only named as a model or a source for a new one."""
    before = plain[:at]
    if _BASED_ON.search(before):
        return True
    is_new = _INDEFINITE.search(plain) is not None
    return is_new and bool(_LIKE.search(before) or _SAME_STYLE.search(before))


_AS_IT_IS = re.compile(
    rf"^\s*(?:the\s+|this\s+)?(?:(?:{_GIVEN}|first|last)\s+)?(?:\w+\s+)?"
    rf"(?:{_NOUNS}|#)?\s*(?:\d{{1,3}}|above|again|as (?:is|it is)"
    r"|(?:as in|from) the previous \w+|for (?:context|reference|comparison))?"
    r"(?:\s+(?:of|showing) (?:the |an? )?[\w\s'-]+)?(?:\s+for (?:context|reference))?[\s.]*$",
    re.IGNORECASE,
)
_CHANGE_WORD = re.compile(
    r"\b(?:with|without|but|highlight\w*|add\w*|edit\w*|chang\w*|annotat\w*|label\w*|arrows?"
    r"|crop\w*|zoom\w*|close|version|instead|circles?|marked|focus\w*|modif\w*|enhanc\w*"
    r"|wearing|now|transformed|turned|simulat\w*|detail\w*|section|in the style)\b",
    re.IGNORECASE,
)


def _is_as_it_is(plain: str) -> bool:
    """Whether nothing in a caption asks for a change of the picture it names."""
    return bool(_AS_IT_IS.search(plain)) and not _CHANGE_WORD.search(plain)


def _words_of_change(plain: str) -> str | None:
    """The words that say that something shown before is wanted again, changed."""
    if found := _CHANGED.search(plain):
        return found[0].strip()
    is_new = bool(_INDEFINITE.search(plain) or _NEW_GRAPHIC.search(plain))
    if not is_new:
        marked = _MARKED.search(plain) or _OVERLAY.search(plain)
        if marked and (_DEFINITE.search(plain) or _BARE_MARKED.search(plain)):
            return marked[0].strip()
        if (found := _DEFINITE.search(plain)) and not _NAMED_THING.search(plain):
            return found[0].strip()
    if found := _ARE_MARKED.search(plain):
        return found[0].strip()
    if (found := _VIEW_OF_IT.search(plain)) and not RECORDED.search(plain):
        return found[0].strip()
    if found := _PRONOUN.search(plain):
        return found[0].strip()
    return None
