"""Which of two candidates a line of text prefers: A, B or a tie."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from intermt.domain.late_patterns import LatePattern
from intermt.domain.reply_revisions import chosen_anew
from intermt.domain.reply_shown import marked_as_shown
from intermt.domain.reply_values import IF, Reading

_THING = (
    r"(?:answer|response|conversation|model|assistant|option|candidate|reply|dialog(?:ue)?|output"
    r"|Antwort|Réponse|Respuesta|Risposta|Resposta|Ответ|回答|答案|答复|回复|الإجابة|उत्तर|답변|응답)"
)
_CANDIDATE = (
    rf"(?:(?:(?:the|die|la|el)\s+)?{_THING}\s*[-_#(]?\s*[\"'*]{{0,2}}(?P<LETTER>[AB12]|one|two)(?![A-Za-z0-9_]|'[A-Za-z])\)?"
    r"|(?-i:(?P<BARE>[AB])(?![A-Za-z0-9_+]|'[A-Za-z]))"
    rf"|(?:the\s+)?(?P<ORDER>first|second|1st|2nd)(?![A-Za-z0-9'])(?:\s+(?:one|{_THING})\b)?)"
)
_TIE = (
    r"(?:(?:it(?:'s|\s+is)\s+)?(?:an?\s+)?(?:tie|draw|tied)(?![\w-])"
    r"|(?:roughly\s+|about\s+|exactly\s+)?equal(?:s|ly\s+(?:good|strong|well)|\s+quality)?(?![\w-])"
    rf"|neither(?:\s+(?:is|{_THING}\s+is|one\s+is)\s+(?:clearly\s+)?better(?:\s+than\s+the\s+other)?)?"
    r"(?![\w-])"
    r"|no\s+(?:clear\s+|real\s+)?(?:preference|difference|winner)\b|(?:the\s+)?same(?![\w-])"
    r"|both\s+(?:are\s+)?(?:equal(?:ly)?(?:\s+(?:good|strong|well))?|tied?|the\s+same|same)\b"
    r"|both(?=[\s\"'*_`.)\]}]*$)|Gleichstand|unentschieden|égalité|empate|pareggio|ничья|平局|平手"
    r"|引き分け|동점|무승부|تعادل|बराबर"
    r"|equivalent\b|on\s+(?:a\s+)?par\b|(?:A\s+and\s+B\s+)?(?:are\s+)tied\b)"
)
_ADVERB = (
    r"(?:(?:clearly|slightly|much|marginally|significantly|far|somewhat|overall|strictly|simply|"
    r"definitely|noticeably|considerably|a\s+(?:bit|little|lot)|the|by\s+far|therefore|thus|also|"
    r"still|just|generally|ultimately)\s+){0,3}"
)


def _candidate(suffix: str) -> str:
    return re.sub(r"\?P<(LETTER|BARE|ORDER)>", rf"?P<\g<1>{suffix}>", _CANDIDATE)


_OPEN = r"(?:[*_`\"'“”‘(\[{$\s<]|\\(?:boxed|fbox|text|textbf|mathbf|mathrm)\s*\{){0,12}"
_CLOSE = r"[*_`\"'”’)\]}$>]{0,12}"
_BETTER = (
    rf"(?:is|was)\s+{_ADVERB}(?P<GOOD>better|superior|stronger|preferable|preferred|(?:winner|best)"
    r"|favou?red)"
    rf"|{_ADVERB}(?P<WINS>wins|won|prevails|outperforms|beats|surpasses|edges\s+out|(?:does|performs)\s+better)"
    rf"|(?:is|was)\s+{_ADVERB}(?P<BAD>worse|inferior|weaker)"
    r"|(?:is|was)\s+the\s+one\s+(?:(?:that|which)\s+)?(?:this|the)\s+user\s+would\s+(?:rather\s+)?"
    r"(?:have(?:\s+(?:had|received|gotten))?|prefer|choose|want)"
    r"|(?P<LOSES>loses|lost)"
    r"|(?:is|was)\s+(?:(?:just|exactly|about)\s+)?(?P<EVEN>as\s+good\s+as)"
    r"|(?:is|was)\s+(?:not|never)\s+(?P<LESS>(?:quite\s+)?as\s+good\s+as)"
    r"|(?:(?:ist|est|es|è|é)\s+(?:(?:klar|deutlich|nettement|claramente)\s+)?)?"
    r"(?P<BETTER>besser|meilleure?|mejor|migliore|melhor|лучше)"
)
_COMPARED = LatePattern(
    rf"{_OPEN}{_candidate('1')}{_CLOSE}\s*"
    rf"(?:(?P<sign>>{{1,3}}|<{{1,3}}|={{1,2}}|≈|≻|≺)\s*{_OPEN}{_candidate('2')}{_CLOSE}"
    rf"|\s(?:{_BETTER})(?:\s+(?:one|choice|option|{_THING}))?"
    rf"(?:\s+(?:than|to|over|against|als|que|di|чем)?\s*{_OPEN}(?:{_candidate('3')}|the\s+other(?:\s+\w+)?)"
    rf"{_CLOSE})?"
    rf"|\s*(?:(?P<THAN>比)|(?P<UNLIKE>不如))\s*{_candidate('4')}(?(THAN)\s*(?:更好|更优|好)))",
    re.IGNORECASE,
)
_HAS_BETTER = LatePattern(
    rf"{_candidate('1')}{_CLOSE}\s+(?:has|had|shows|offers|provides|demonstrates|exhibits|delivers)"
    rf"\s+{_ADVERB}(?:(?P<GOOD>better|superior|stronger|higher)|(?P<BAD>worse|inferior|weaker|lower))"
    r"\s*[\"'*_`]*\Z",
    re.IGNORECASE,
)
_PLAIN = LatePattern(
    rf"{_OPEN}(?:{_candidate('1')}|(?P<tie>{_TIE})|(?P<small>(?-i:[ab])(?=[\"'*`)\]}}.\s]*$)))"
    rf"{_CLOSE}",
    re.IGNORECASE,
)
_NEXT = LatePattern(
    rf"\s*(?:[,/|;&=<>]|-(?=\s)|or\b|and\b|vs\b\.?|versus\b|->|→|then\b)\s*(?:(?:or|and|then)\s+)?{_OPEN}"
    rf"(?:{_candidate('1')}\s*{_CLOSE}\s*(?:$|[,./|;:=)\]}}>(?]|or\b|and\b)|{_TIE})"
    rf"|\s*[?%]|\s*[,;]?\s*\(?(?:{IF})"
    r"|\s*\(\s*(?:scores?|rat(?:ing|ed))?[\s:=]*\d|\s*(?:!=|[≠≯≮≥≤])"
    r"|\s*\(\s*(?:or|but|maybe|perhaps|not\s+sure|\?)"
    r"|\s+(?:(?:in|on|for)\s+[^\n.,;]{1,40}\s)?only\b"
    # A quotation is about to be spoken of.
    r"|\s*[.,]?\"\s+(?:stands?|appears?|occurs?|(?:is|was)\s+(?:what|written|quoted|part|said))\b",
    re.IGNORECASE,
)


# "A (worse)" turns the choice round; "A (worse only in length)" is not clear either.
def _turned(letter: str) -> LatePattern:
    return LatePattern(
        r"[\s,;:.(\[\"'*_`)—–/|-]{0,8}(?:(?:is|was|the|being|as|(?-i:an?)|because|since|it(?:'s|\s+is)?|which|that|one|"
        r"unfortunately|sadly|clearly|obviously|far|much|slightly|somewhat|overall|rated|judged|considered|of|two|both|"
        rf"very|really|simply|just|answer|response|(?-i:{letter}))[\s,]+){{0,6}}"
        r"(?:worse|worst|weaker|weakest|inferior|loser|loses|losing|lost(?=\s*(?:$|[.,;!)]))|"
        r"(?:bad(?:ly)?|poor(?:ly)?|wrong|incorrect|mistaken)(?=\s*(?:$|[.,;:!)\]\"'—–-]|(?:answer|response|one|choice|"
        r"because|since|as|and)\b))|poor(?:er|est)|lowe(?:r|st)(?=\s*(?:$|[.,;!)]|quality|score|rating))|less(?:er|\s+(?:good|clear|coherent|"
        r"accurate|correct|helpful|complete|preferred|preferable|fluent|convincing|consistent|relevant|detailed|"
        r"informative))|least\s+\w+|rejected|dispreferred|not\s+(?:preferred|better|the\s+better|"
        r"as\s+good|good|chosen)|fail(?:s|ed)?(?=\s*(?:$|[.,;!)]))|thumbs\s+down|"
        r"(?:has|had|contains|makes|shows|with)\s+(?:(?:an?|many|several|some|more|most|serious|factual|spelling|"
        r"grammatical|the|\d{1,2})\s+){0,3}(?:errors?|typos?|mistakes?|problems?|issues?|flaws?|faults?)"
        r"|schlechter\w*|peor|pire|peggiore|pior|хуже|更差|较差)(?![\w-])"
        r"|[\s,;:.(\[—–-]{0,4}[👎❌✗✘❎✖👇💔🚫😞]",
        re.IGNORECASE,
    )


_TURNED = {letter: _turned(letter) for letter in "AB"}
# "A for text, B for pictures" is no choice, and "A, but B is right" is another one.
_SPLIT = LatePattern(
    rf"[^\n.]{{0,60}}?(?:[,;]\s*(?:and\s+|but\s+)?{_candidate('1')}\s*(?:for\b|on\b|in\b|\()"
    rf"|[,;]\s*second\s*,|\bbut\s+{_candidate('2')}\s+(?:is|was)\s+(?:right|correct|better|preferable)\b)",
    re.IGNORECASE,
)
# "A wins on text, B wins on pictures" and "worse in text and better in pictures".
_CONTRAST = LatePattern(
    rf"[^\n.;]{{0,60}}?(?:[,;]\s*(?:and\s+|but\s+|while\s+)?{_candidate('1')}\s+"
    r"(?:(?:is|was)\s+(?:better|stronger|superior)|wins)\b|\band\s+(?:better|worse)\s+(?:in|on|at|for)\b)",
    re.IGNORECASE,
)
_ENDS = LatePattern(
    r"\s*(?:$|[,;!)\]}|\"'`*<#。✓✔✅⭐★\U0001F300-\U0001FAFF]|\.(?![.\w])|[—–]|\()|\s+-\s|[-\s]*//"
    r"|\s*(?:更好|更优|更佳|胜出|が良い|の方が(?:良い|よい|優れている|優れています))(?=$|[\s。.,;!)])"
    r"|\s+(?:because|since|as|due|given|for|but|while|whereas|with|though|although|so|thus|thanks|"
    r"overall|here|by|over|rather\s+than|instead\s+of|in\s+(?:this|terms|both|every|all)|on\s+(?:this|balance|all|every))\b"
    r"|\s+(?:in|on|for|at|regarding|across)\s+\Z",
    re.IGNORECASE,
)
_LEANS = LatePattern(r"\W{0,3}[^\n.;]{0,40}\b(?:lean\w*|edge|ahead|slight\w*)\b", re.IGNORECASE)
_ENDS_TIE = LatePattern(r"\s+(?:between|in|on|for|overall|here|,)\b", re.IGNORECASE)
_LEADS = (
    r"(?:(?:is|goes\s+to|go\s+to|would\s+be|I|we|my|the|choice|would|prefer(?:red)?|choose|pick|"
    r"select|favou?r|preference|winner|better(?:\s+(?:in|for|with))?|one|answer|response|conversation|candidate|option|"
    r"verdict|judg(?:e)?ment|vote|result|here|clearly|slightly|is\s+better\s+in|"
    r"is\s+(?:better|higher|stronger)\s+(?:in|for|with)|both(?=\s+are)|they(?=\s+are)|are|they're)"
    r"(?:\s*[:=])?\s+[*_`\"'(\[]{0,4}){0,8}?"
)
_LED = LatePattern(
    rf"[\s*_`\"'(\[]{{0,8}}{_LEADS}(?=(?P<value>{_OPEN}(?:{_CANDIDATE}|{_TIE}|(?-i:[ab])\b)))",
    re.IGNORECASE,
)
_LABEL = LatePattern(
    r"(?:^|[.;,:(\[!?—–|>-]|\b(?:so|thus|hence|therefore|the|my|and))\s*[\"'*_`(\[#]{0,6}\s*"
    r"(?:(?:my|the|your|final|revised|corrected|updated|overall)\s+){0,3}"
    rf"(?:winner|winning\s+{_THING}|(?:better|preferred|best|chosen|stronger)"
    rf"(?:\s+(?:one|choice|option|{_THING}))?|preference|choice|verdict|judg(?:e)?ment|decision|"
    r"(?<=final\s)answer|(?:answer|result)(?!\s+is\b)|vote|pick|final(?=\s*[:=]))"
    r"(?:\s+(?:overall|here|goes\s+to))?[\"'*_`]{0,4}"
    r"(?:\s*(?:[:=]+>?|->|→|[—–])|\s+-(?=\s)|\s+(?:is|goes\s+to)\b(?:\s*:)?|(?<=goes\sto))\s*",
    re.IGNORECASE,
)
_CHOOSE = LatePattern(
    r"\b(?:I|we)(?:'d|\s+would)?\s+(?:(?:clearly|slightly|still|therefore|thus|strongly|rather)\s+)?"
    r"(?:prefer|choose|pick|select|favou?r|chose|picked|go\s+with|vote\s+for|declare)\s+",
    re.IGNORECASE,
)
_EVEN = LatePattern(
    rf"\b(?:both(?:\s+{_THING}s?)?|they|the\s+(?:two(?:\s+{_THING}s)?|{_THING}s)|A\s+and\s+B"
    rf"|{_THING}s?\s+A\s+and\s+(?:{_THING}\s+)?B)\s+(?:are|perform|tie|do)\s*"
    r"(?:(?:roughly|about|exactly|basically|essentially)\s+)?"
    r"(?:equal(?:ly\s+(?:good|well|strong))?|tied|the\s+same|equivalent|on\s+(?:a\s+)?par|(?<=tie))"
    r"|\bit(?:'s|\s+is)\s+a\s+(?:tie|draw)\b|\bneither\s+(?:(?:one|answer|response)\s+)?is\s+better\b",
    re.IGNORECASE,
)
_BETTER_LAST = r"(?:更好|更优|更佳|胜出|の方が(?:良い|よい|優れている|優れています))"
_PRAISED = LatePattern(
    rf"(?:^|[,、。.;:!])\s*{_OPEN}{_candidate('1')}{_CLOSE}\s*{_BETTER_LAST}(?=$|[\s。.,;!)])",
    re.IGNORECASE,
)
_BARE_NUMBER = LatePattern(rf"{_OPEN}(?P<number>[12]){_CLOSE}\s*(?:$|[.,;(|])")


@dataclass(frozen=True, slots=True)
class ChoiceReader:
    """Reads `A`, `B` and `tie`.

    A bare 1 or 2 is a candidate's number only where `numbers` says that a choice was asked
    for by name, as behind `winner`; elsewhere it may as well be a score.
    """

    numbers: bool = False

    def at(self, line: str, pos: int, strong: bool) -> Reading | None:
        """The choice at `pos`, behind words such as "the winner is"."""
        led = _LED.match(line, pos)
        begin = led.start("value") if led else pos
        compared = _compared(line, begin)
        if compared is not None:
            split = _CONTRAST.match(line[compared.end : compared.end + 200])
            return Reading(None, pos, compared.end) if split else compared
        if self.numbers and (number := _BARE_NUMBER.match(line, begin)):
            return Reading("AB"[int(number["number"]) - 1], pos, number.end("number"))
        match = _PLAIN.match(line, begin)
        if match is None:
            return None
        rest = line[match.end() : match.end() + 200]
        if _NEXT.match(rest) or _SPLIT.match(rest):
            return Reading(None, pos, match.end())
        letter = match["small"].upper() if match["small"] else _which(match, "1")
        if marked_as_shown(rest) or (letter is not None and _TURNED[letter].match(rest)):
            return Reading(None, pos, match.end())
        if match["tie"]:
            ends = (_ENDS.match(rest) or _ENDS_TIE.match(rest)) and not _LEANS.match(rest)
            return Reading("tie", pos, match.end()) if ends else None
        if not _ENDS.match(rest):
            return None
        strong = strong or match["small"] is not None
        return Reading(letter, pos, match.end()) if strong or not rest.strip() else None

    def whole(self, cell: str) -> Reading | None:
        """The choice that a cell states, with or without a reason behind it."""
        text = cell.strip()
        return self.kept(self.at(text, 0, True), text)

    def kept(self, reading: Reading | None, line: str, end: int | None = None) -> Reading | None:
        """The reading of a line, of value None if the line makes another choice up to `end`."""
        if reading is None or not isinstance(reading.value, str):
            return reading
        if not chosen_anew(line[reading.end : end], reading.value):
            return reading
        return replace(reading, value=None)

    def alone(self, line: str) -> Reading | None:
        """The choice that a line consists of and nothing else."""
        text = line.strip().removeprefix("- ").rstrip(".! ")
        reading = self.at(text, 0, True) if len(text) < 80 else None
        if reading is None or text[reading.end :].strip():
            return None
        return Reading(reading.value, 0, len(line))

    def loose(self, line: str) -> Iterator[Reading]:
        """Choices after a word such as Winner, and sentences such as "A is better"."""
        for match in _LABEL.finditer(line):
            reading = ChoiceReader(numbers=True).at(line, match.end(), True)
            if reading is not None:
                yield Reading(reading.value, match.start(), reading.end, subject=True)
        for match in _CHOOSE.finditer(line):
            reading = self.at(line, match.end(), True)
            if reading is not None:
                yield Reading(reading.value, match.start(), reading.end)
        for match in _EVEN.finditer(line):
            rest = line[match.end() : match.end() + 200]
            if _ENDS.match(rest) or _ENDS_TIE.match(rest):
                yield Reading("tie", match.start(), match.end())
        for match in _PRAISED.finditer(line):
            yield Reading(_which(match, "1"), match.start(), match.end(), subject=True)
        for match in re.finditer(_CANDIDATE, line, re.IGNORECASE):
            reading = _compared(line, match.start())
            if reading is not None:
                yield reading


def has_better(before: str) -> Reading | None:
    """The choice in "A has better", read backwards from a dimension's name."""
    match = _HAS_BETTER.search(before)
    if match is None:
        return None
    return Reading(_which(match, "1", match["BAD"] is not None), match.start(), match.end())


def _compared(line: str, pos: int) -> Reading | None:
    """The choice in "A is better than B" and "A > B" at `pos`."""
    match = _COMPARED.match(line, pos)
    if match is None:
        return None
    first = _which(match, "1")
    other = _which(match, "2") or _which(match, "3") or _which(match, "4")
    rest = line[match.end() : match.end() + 200]
    if first == other or _NEXT.match(rest):
        return Reading(None, pos, match.end())
    sign = match["sign"]
    if sign is None and not (
        _ENDS.match(rest) or re.match(r"\s+(?:in|on|for|at|regarding|with)\b", rest)
    ):
        return None
    if sign is not None:
        if not _ENDS.match(rest):
            return Reading(None, pos, match.end())
        if sign[0] in "=≈":
            return Reading("tie", pos, match.end())
        return Reading(_which(match, "1", sign[0] in "<≺"), pos, match.end())
    if (match["EVEN"] or match["LESS"]) and other is None:
        return None
    if match["EVEN"]:
        return Reading("tie", pos, match.end())
    worse = any(match[group] for group in ("BAD", "LOSES", "LESS", "UNLIKE"))
    return Reading(_which(match, "1", worse), pos, match.end())


def _which(match: re.Match[str], suffix: str, other: bool = False) -> str | None:
    """`A` or `B` as the groups with this suffix say, or the other one."""
    name = match["LETTER" + suffix] or match["BARE" + suffix] or match["ORDER" + suffix]
    if name is None:
        return None
    is_first = name.lower() in ("a", "1", "one", "first", "1st")
    return "A" if is_first != other else "B"
