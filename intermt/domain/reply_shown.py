"""What a reply only shows: examples, forms to be filled in, made-up values.

Such values stand in the reply, but nobody gives them. The words that say so are looked for beside
the values and in sentences about them; in a reason the same words are about the material.
"""

from __future__ import annotations

import re

from intermt.domain.late_patterns import LatePattern

_SAMPLE = (
    r"e\.\s?g\.?|i\.\s?e\.?|for\s+(?:example|instance)|examples?|such\s+as|zum\s+Beispiel|Beispiel|z\.\s?B\.?"
    r"|(?:par\s+)?exemple|p\.\s?ex\.?|(?:por\s+)?ejemplo|p\.\s?ej\.?|(?:ad|per)\s+esempio|esempio"
    r"|(?:por\s+)?exemplo|np\.|na\s+przykład|bijvoorbeeld|örneğin|ví\s+dụ|например|пример|напр\."
    r"|例如|比如|譬如|例えば|たとえば|示例|例子|例|예를\s*들어|예시|예|مثلا|مثال|على\s+سبيل\s+المثال"
    r"|उदाहरण(?:\s+के\s+लिए)?|samples?|templates?|placeholders?|dumm(?:y|ies)"
)
_FORM = r"(?:format|schema|template|syntax|formato|format(?:o|u)?|формат|格式|形式|형식)"
# "In the required format:" leads to what the judge says, "The required format is" does not.
_LEAD = LatePattern(
    rf"(?:^|[\s\"'*_`(\[#>.,;:!?，。；、-])(?:{_SAMPLE})(?:\s+(?:output|answer|reply|response|values?))?"
    r"[\s\"'*_`(\[]*[:,，：]?[\s\"'*_`({\[]*\Z"
    rf"|(?:^|[.;:!?\n])\s*(?!in\b|im\b|en\b|au\b|nel\b|no\b|в\b|here\b)(?:(?!\bin\b|\bmy\b)[^.;:!?\n]){{0,60}}?\b{_FORM}s?"
    r"(?:\s+(?:of\s+the\s+(?:output|answer|reply|response)|for\s+(?:this|the|an?)\s+\w{1,12}))?"
    r"(?:\s*[:：=]|\s+(?:is|was|are|would\s+be|will\s+be|should\s+be|must\s+be|looks?\s+like|reads?|ist|est|es|è)\b"
    r"(?:\s*(?:like|as\s+follows|this|the\s+following|simply|just))*\s*:?)[\s\"'*_`(]*\Z"
    r"|(?:格式|形式)(?:如下|为|是|应为)?[\s:：]*\Z|\b(?:just|something|is|look\w*|things?)\s+like\s*:?[\s\"'*_`(]*\Z|^\W*like\s*:?\s*\Z"
    r"|\b(?:answer|reply|response|output|json|it)\s+(?:would|could|should|might|must)\s+(?:then\s+|simply\s+)?be\s*:?[\s\"'*_`(]*\Z"
    r"|\b(?:would|could|should|must|might|will|to|can)\s+(?:then\s+|simply\s+|just\s+)?(?:look|be|read|appear)\s+"
    r"(?:something\s+|a\s+bit\s+|exactly\s+|more\s+)?(?:like|as)(?:\s+(?:this|so|follows))?[\s:\"'*_`(]*\Z"
    r"|\b(?:please|kindly)\s+(?:\w{1,12}\s+){0,2}(?:output|write|return|reply|respond|answer|give|print|use"
    r"|provide|enter|fill\s+in)\s+(?:with\s+|in\s+the\s+form\s+)?[\s:\"'*_`(]*\Z",
    re.IGNORECASE,
)
_TAIL = LatePattern(
    r"[\s\"'*_`),.—–-]{0,6}(?:(?:this|that|which)\s+)?(?:is|are|was|would\s+be|will\s+be|could\s+be|should\s+be|"
    r"shows|illustrates)\s+(?:only\s+|just\s+|merely\s+|simply\s+|an?\s+|the\s+|how\s+|what\s+|my\s+){0,3}"
    r"(?:\w{1,14}\s+){0,2}?(?:format|form|schema|structure|template|syntax|examples?|samples?|placeholders?|"
    r"dumm(?:y|ies)|illustrations?|look)\b",
    re.IGNORECASE,
)
_NOT_A_PICTURE = (
    r"(?!\W{0,2}\s*(?:images?|pictures?|photos?|illustrations?|texts?|sentences?|figures?"
    r"|for\b|of\b))"
)
_NUMBERS = r"(?:values?|scores?|ratings?|grades?|verdicts?|preferences?|choices?|json)"
_PLACEHOLDER = r"(?:placeholders?|dumm(?:y|ies)|mock|stand-ins?)"
_INVENTED = (
    r"(?:fake|made[\s-]?up|invented|fabricated|fictional|fictitious|arbitrary|random|hypothetical|illustrative|"
    r"filler|meaningless|not\s+(?:real|actual|genuine|valid|based\s+on|meant\s+seriously))"
)
_GOES_ON = (
    rf"{_NOT_A_PICTURE}(?=\s+(?:{_NUMBERS}|numbers?|data|entr(?:y|ies)|output|response|only|and|as|because|since|"
    r"until|so)\b|\W*$|\s*[.,;)!\n—–])"
)
_SET = rf"(?:these|those|this|that|it|they|all|above|numbers?|{_NUMBERS})"
_DISCLAIMS = LatePattern(
    # Said of the values.
    rf"\b{_SET}(?:\s+(?:above|below|here|given|shown|are))?(?:'s|'re|\s+(?:is|are|was|were|being))\s+"
    r"(?:all\s+|only\s+|just\s+|merely\s+|purely\s+|simply\s+|entirely\s+|therefore\s+|thus\s+|an?\s+|the\s+|my\s+){0,3}"
    rf"(?:{_PLACEHOLDER}{_GOES_ON}|{_INVENTED}\s+{_NUMBERS}\b|(?:(?<=only\s)|(?<=just\s)|(?<=merely\s)|(?<=only\san\s)|(?<=just\san\s)|(?<=merely\san\s))"
    r"(?:examples?|samples?|an?\s+(?:example|sample|template|guess)|templates?|guess(?:es)?|for\s+(?:illustration|demonstration))"
    r"(?!\s+(?:of|for|image|picture|text|sentence))\b"
    r"|an?\s+(?:example|sample|template)\s+(?:only|output|answer|response|reply|format|json)\b"
    r"|(?:examples?|samples?)\s+(?:only|values?|scores?|numbers?|output|ratings?)\b"
    r"|(?:used|given|meant|provided|shown)\s+(?:only\s+|just\s+)?(?:as\s+(?:an?\s+)?(?:placeholders?|examples?|illustrations?|samples?)"
    r"|for\s+(?:illustration|demonstration)))"
    rf"|\b{_NUMBERS}(?:\s+(?:above|below|here|given|shown))?\s+(?:is|are|was|were)\s+(?:\w{{1,9}}\s+){{0,2}}?{_INVENTED}"
    r"|(?:^|[(\[*#]\s*|note:?\s+)(?:placeholder|dummy|example|sample|made[\s-]up|mock|random)\s+"
    r"(?:scores?|ratings?|values?|numbers?|grades?|verdicts?|output|json|only|response|answer)\b"
    r"(?!\s*:?\s*\w+\s*[:=])"
    r"|\b(?:I|we)(?:'ve|\s+have)?\s+(?:just\s+|simply\s+)?(?:made\s+(?:up|these|this|them)|invented\s+(?:these|the|this|them)|"
    r"guessed\s+(?:these|the\s+(?:scores|values|numbers)|them|at\s+random)|filled\s+in\s+(?:placeholders?|dummy|random|arbitrary|example)"
    r"|used\s+(?:placeholders?|dummy|random|arbitrary|example)\s+(?:values|scores|numbers))"
    r"|^\W{0,4}(?:example|placeholder|dummy|sample)[ \t).!*_\]]*$"
    rf"|\b{_NUMBERS}\s+are\s+(?:only\s+|just\s+)?for\s+(?:illustration|demonstration)"
    rf"|\breplace\s+(?:these|them|the)(?:\s+{_NUMBERS})?\s+(?:with|by)\s+(?:your|real|actual|the\s+(?:real|actual))\b"
    r"|\bdo(?:es)?\s+not\s+(?:reflect|represent)\s+(?:an?|any|my|the)\s+(?:actual|real|true|genuine)\b"
    r"|\bno\s+(?:actual\s+)?(?:evaluation|judge?ment)\s+was\s+(?:actually\s+)?made\b|\bno\s+conversation\s+(?:was|is)\b"
    r"|\bI\s+(?:cannot|can't|am\s+unable\s+to|am\s+not\s+able\s+to)\s+(?:actually\s+|really\s+)?(?:judge|rate|score|evaluate|"
    r"assess|grade|compare)\s+(?:this|the|these)\s+(?:conversation|answer|response|description)s?\s*(?:$|[.!])"
    rf"|\bthese\s+are\s+(?:the\s+)?(?:human|reference|expected|previous)\s+{_NUMBERS}\b"
    # Nothing was judged where the material is asked for.
    r"|(?:^|[.;!?()\n,—–]\s*|\b(?:but|so|and|then)\s+)(?:please|kindly|(?:could|can|would|will)\s+you(?:\s+please)?)\s+"
    r"(?:first\s+|then\s+|also\s+)?(?:provide|send|share|upload|attach|give|supply|paste|show|submit|resend|re-?upload|include)\s+"
    r"(?:me\s+|us\s+)?(?:with\s+)?(?:the|your|an?|both|all|that|those|me)?\s*"
    r"(?:(?!next|another|more|further|other|additional|new)\w{1,14}\s+){0,2}?"
    r"(?:images?|pictures?|photos?|conversations?|answers?|responses?|replies|dialogues?|descriptions?|references?|"
    r"texts?|materials?|turns?|candidates?|transcripts?|files?)\b"
    r"|(?:^|[.;!?()\n,—–]\s*|\b(?:but|so|and|as|because)\s+)(?:I|we)(?:'d|'ll|\s+would|\s+will|\s+still|\s+first|\s+do)?\s+"
    r"(?:still\s+|first\s+|need\s+to\s+(?:see|have|read)\s+|need\s+|require\s+){1,2}(?:the|your|both|all|an?|to\s+see\s+the)\s+(?:\w{1,14}\s+){0,2}?"
    r"(?:images?|pictures?|photos?|conversations?|answers?|responses?|dialogues?|descriptions?|references?|texts?|"
    r"materials?|content)\s*(?:first|to\s+(?:judge|rate|score|evaluate|assess|grade|give|do|compare|answer)|before|in\s+order|"
    r"for\s+(?:this|that|a\s+(?:real|proper|valid))|$|[.;!)])",
    re.IGNORECASE | re.MULTILINE,
)
_BEHIND = LatePattern(
    r"[\s,;.*_`\"')\]]{0,6}(?:\(|\[|[-–—]\s|//|#|/\*|<!--)?\s*(?:(?:an?|only|just|as|purely|this|is|value|score|"
    r"meant|used|here)\s+){0,5}(?:placeholder|dummy|example|sample|mock|template|guess(?:ed)?|made[\s-]?up|invented|"
    r"hypothetical|(?:random|arbitrary)\s+(?:guess|pick|choice|value|number|score)|for\s+(?:illustration|example))"
    r"(?:\s+(?:only|values?|scores?|numbers?|choice|data))?\s*(?:$|[)\].;!*/])",
    re.IGNORECASE,
)
_MARK = re.compile(
    r"(?:placeholders?|dummy|mock|sample|example|template)(?:\s+(?:only|values?|scores?|reason|text|output|data|response))?\W*",
    re.IGNORECASE,
)


def only_shown(lead: str, tail: str = "") -> bool:
    """Whether words right before or behind values say that these are an example or a form."""
    return _LEAD.search(lead[-200:]) is not None or (
        tail != "" and _TAIL.match(tail[:120]) is not None
    )


def disclaimed(prose: str) -> bool:
    """Whether a text says that its values are made up, or asks for what it is to judge."""
    for match in _DISCLAIMS.finditer(prose):
        line = prose.rfind("\n", 0, match.start()) + 1
        # Within quotation marks it is the material that says so.
        if prose.count('"', line, match.start()) % 2 == 0:
            return True
    return False


def marked_as_shown(rest: str) -> bool:
    """Whether a remark right behind a value says that it is made up, as in "3 (placeholder)"."""
    return _BEHIND.match(rest) is not None


def is_mark(text: str) -> bool:
    """Whether all of a text is a word such as "placeholder"."""
    return len(text) < 60 and _MARK.fullmatch(text.strip()) is not None
