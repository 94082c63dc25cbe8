"""What a reply takes back: verdicts that it withdraws or corrects further on."""

from __future__ import annotations

import re

from intermt.domain.late_patterns import LatePattern
from intermt.domain.reply_context import hedged

WITHDRAWN = "\x01"
"""Stands on a line of its own where a reply withdraws all it said before."""

_ALL_SAID = (
    r"(?:(?:all|everything|anything|of|the|my|this|that|these|those|it|them|what|I|said|wrote|entire|whole|first|"
    r"previous|earlier|above|prior|last|preceding|json|scores?|ratings?|verdicts?|values?|numbers?|answers?|"
    r"reply|response|grades?|evaluations?|judg\w{1,8}|output|object|block|message|choices?|preferences?)"
    r"\b,?\s*){1,7}"
)
_WITHDRAWS = LatePattern(
    r"(?:(?:^|[.;!?()—–]\s*|,\s*|\b(?:so|but|and)\s+)(?:(?:so|but|and|sorry|oops|actually|wait|kindly|please|then|"
    rf"now|just|note)[\s,:]+){{0,3}}(?:disregard|ignore|discard|forget|delete|skip|strike|cancel|void)\s+{_ALL_SAID}"
    r"(?=$|[.;!)—–:-]|(?:as|because|since|they|it|and|for|I|here|which)\b)"
    r"|\b(?:I|we)\s+(?:hereby\s+|must\s+|have\s+to\s+|want\s+to\s+)?(?:retract|withdraw|revoke|take\s+(?:it|that|this|them|all|"
    r"everything)\s+(?:\w{1,10}\s+){0,3}back)\b"
    r"|(?:^|[.;!?]\s*)(?:never\s?mind\b|(?:do\s+not|don't)\s+(?:use|count)\s+(?:this|that|these|them|the)\b)"
    r"|\bscratch\s+(?:that|this|it|these|those|all|the\s+(?:above|scores?|ratings?))\b"
    r"|(?:^|[.;!?()—–]\s*)(?:(?:so|but|and|sorry|oops|actually|wait|note)[\s,:]+){0,3}(?:the\s+|my\s+|these\s+|all\s+|those\s+){1,2}"
    r"(?:(?:scores?|ratings?|verdicts?|values?|numbers?|grades?|evaluation|json|preferences?)\s+(?:\w{1,8}\s+)?above|above"
    r"(?:\s+(?:scores?|ratings?|verdicts?|values?|numbers?|answers?|grades?|evaluation|json|preferences?))?)\s+"
    r"(?:is|are|was|were)\s+(?:\w{1,10}\s+)?(?:wrong|invalid|void|mistaken|incorrect|in\s+error|a\s+mistake|an?\s+error|not\s+valid|withdrawn|outdated)"
    r"(?=\s*(?:$|[.,;:!)])|\s+(?:as|because|since|so|and)\b))",
    re.IGNORECASE | re.MULTILINE,
)
_ENDS = (
    r"(?:\s*/\s*[35]|\s+out\s+of\s+\w{1,5})?[*_`\"')\]]{0,4}(?=\s*(?:$|[.,;:!?()—–]|\s-\s|(?:instead|rather|at\s+best|"
    r"overall|here|now|only|points?|because|since|for|after|though|(?:is|was)\s+(?:\w{1,9}\s+)?(?:better|right|correct|"
    r"stronger)|wins)\b))(?!\.\d)"
)
_NUMBER = r"(?:-?\d|zero|two|three|four|five|(?:(?<=\ba\s)|(?<=\ban\s))one)\b(?![/-]\d)"
_CHOICE = r"(?:(?:(?:the\s+)?(?:answer|response|candidate|option)\s+)?(?-i:[AB])|tie)\b(?!')"
_CORRECTED = (
    r"(?:edit(?:ed)?|update[ds]?|typo|oops|sorry|kidding|correction|corrected|revised|revision|adjusted|amended|meant|"
    r"I\s+mean|I\s+was\s+wrong|(?:made\s+an?|my)\s+(?:mistake|error)|(?:on|upon|at|after)\s+(?:(?:a|closer|second|further|another|more|careful|deeper)\s+){1,3}"
    r"(?:look|reading|thought|consideration|inspection|review|reflection|glance)|on\s+reflection|"
    r"after\s+(?:all|(?:\w{1,10}\s+)?(?:penalt|deduct|correct|adjust|review|reflect)\w{1,6}))"
)
_FILLER = (
    r"(?:(?:it|its|this|that|I|we|my|the|score|rating|grade|verdict|winner|choice|preference|answer|response|correct|"
    r"right|proper|value|number|is|was|be|been|have|should|must|meant|mean|make|made|an?|now|really|rather|actually|"
    r"only|just|to|say|wrote|typed|no|closer|more|like|would|give|prefer|choose|pick|gets?|becomes?|deserves?|not|"
    r"wait|sorry|oops|mistake|typo|error)\b\W{1,3}){0,10}[*_`\"'(\[]{0,4}"
)
_MOVES = (
    r"\b(?:drop|lower|reduc|bring|brought|knock|push|pull|cut|tak|rais|bump|mov|chang|revis|adjust|correct|switch|"
    r"downgrad|upgrad|sink|sank|fall|fell|slip|com|end|settl|land|mark)\w{0,4}\s+"
    r"(?:(?:it|this|that|me|the|my|score|rating|grade|mark|value|verdict|choice|down|up|back|"
    r"by\s+(?:one|\d)(?:\s+points?)?)\s+){0,4}(?:to|at|on|with)\s+(?:an?\s+)?[*_`\"'(\[]{0,4}"
)
_IS = (
    r"\b(?:it|this|that|which|I|score|rating|grade|mark|value|verdict|make)(?:'d|'s|'ll)?\s+"
    r"(?:(?:is|was|be|becomes?|gets?|got|deserves?|earns?|merits?|justifies|warrants?|should|must|ought|to|have|been|"
    r"read|really|rather|actually|only|just|now|more|likely|probably|at|best|better|give|go|settle|on|with|meant?|"
    r"say|it|an?|score|scores|stands?|of|in|fact|prefer|choose|pick)\s+){1,8}[*_`\"'(\[]{0,4}"
)


def _another(value: str) -> LatePattern:
    return LatePattern(
        rf"{_MOVES}(?P<moved>{value}){_ENDS}|{_IS}(?P<said>{value}){_ENDS}"
        rf"|\b{_CORRECTED}\b[^\w\n]{{1,4}}{_FILLER}(?P<marked>{value}){_ENDS}",
        re.IGNORECASE,
    )


_ANOTHER_NUMBER = _another(_NUMBER)
_ANOTHER_CHOICE = _another(_CHOICE)
_OTHER_IS_BETTER = LatePattern(
    r"[^\n]{0,160}?\b(?:but|however|though|yet|actually|wait|no)\b,?\s+(?:(?:no|wait|or|rather|then|I|think|answer|response)[\s,]+){0,4}"
    r"(?P<other>(?-i:[AB]))\b(?:\s*(?:$|[.,;!)])"
    r"|\s+(?:is|was)\s+(?:(?:really|actually|clearly|slightly|still|the|overall)\s+){0,3}(?:better|right|correct|preferable|stronger|"
    r"superior|winner)\b|\s+wins\b)",
    re.IGNORECASE,
)
_LESS = LatePattern(
    r"[^\n]{0,120}?\b(?:costs?|loses?|lost|deduct(?:s|ed|ing)?|subtract(?:s|ed|ing)?|takes?\s+off|knocks?\s+off|minus)\s+"
    r"(?:it\s+|this\s+)?(?:(?:an?|one|two|1|2|half)\s+){1,3}(?:full\s+|whole\s+)?points?\b",
    re.IGNORECASE,
)
_BEFORE = LatePattern(
    r"[\s(\[,–—-]{1,4}(?:(?:minus|take\s+away)\s+(?:an?|one|two|half|1|2|0?\.5)\b"
    r"|(?:before|prior\s+to|excluding|not\s+counting|without\s+counting)\s+(?:\w{1,12}\s+)?"
    r"(?:penalt|deduct|correct|adjust|revis)\w{1,6})",
    re.IGNORECASE,
)
_NUMBERS = {"zero": 0, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5}
_MARKS = LatePattern(
    rf"\W*(?:(?:so|but|sorry|oops|hmm|note|ps|p\.s\.)\W+)?(?:I\s+)?{_CORRECTED}\b[^\w\n]{{1,4}}{_FILLER}"
    rf"(?:{_NUMBER}|one\b|{_CHOICE}){_ENDS}",
    re.IGNORECASE,
)
_OUGHT = LatePattern(
    r"[\"'*_`)]{0,4}\s+(?:(?:score|rating|grade|value)\s+)?(?:should|must|ought\s+to|needs?\s+to|has\s+to)\s+"
    r"(?:(?:really|rather|actually|instead|only|in\s+fact)\s+)?(?:be|have\s+been|read|get|say)\s+"
    rf"(?:(?:an?|at|only|rather|set|to|of|the)\s+){{0,3}}[*_`\"'(\[]{{0,4}}(?:{_NUMBER}|one\b|{_CHOICE}){_ENDS}",
    re.IGNORECASE,
)


def withdrawals_marked(prose: str) -> str:
    """The text with `WITHDRAWN` in place of each sentence that withdraws what was said."""
    prose = prose.replace(WITHDRAWN, " ")
    pieces: list[str] = []
    done = 0
    for match in _WITHDRAWS.finditer(prose):
        line = prose.rfind("\n", 0, match.start()) + 1
        # Within quotation marks it is the material that says so.
        if prose.count('"', line, match.start()) % 2 == 0:
            pieces += [prose[done : match.start()], f"\n{WITHDRAWN}\n"]
            done = match.end()
    return "".join([*pieces, prose[done:]])


def revised(rest: str, value: int, highest: int) -> bool:
    """Whether the text behind a number gives another one in its place."""
    rest = rest[:300]
    if _BEFORE.match(rest) or (value == highest and _LESS.match(rest)):
        return True
    for match in _ANOTHER_NUMBER.finditer(rest):
        number = (match["moved"] or match["said"] or match["marked"]).lower()
        other = _NUMBERS[number] if number in _NUMBERS else int(number)
        if other != value and not hedged(rest, match.start()):
            return True
    return False


def chosen_anew(rest: str, choice: str) -> bool:
    """Whether the text behind a choice makes another one in its place."""
    rest = rest[:300]
    other = _OTHER_IS_BETTER.match(rest)
    if other is not None and other["other"] != choice:
        return True
    for match in _ANOTHER_CHOICE.finditer(rest):
        said = match["moved"] or match["said"] or match["marked"]
        if said.rpartition(" ")[2].lower() != choice.lower() and not hedged(rest, match.start()):
            return True
    return False


def corrects(line: str) -> bool:
    """Whether a line without a name gives another verdict for what was named last."""
    return _MARKS.match(line) is not None


def ought_to_be(line: str, pos: int) -> bool:
    """Whether a name that ends at `pos` is said to deserve another value, as in "should be 1"."""
    return _OUGHT.match(line, pos) is not None
