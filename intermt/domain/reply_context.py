"""What around a value takes it back: examples, instructions, denials, and marks of finality."""

from __future__ import annotations

import re

from intermt.domain.reply_names import Asked
from intermt.domain.reply_shown import only_shown

_HEDGE = re.compile(
    r"\b(?:not|cannot|can\s?not|\w{1,9}n't|never|unable|refuse[ds]?|neither|nor|no|without|if|unless|"
    r"whether|might|may|could|maybe|perhaps|possibly|tempt\w{1,4}|consider(?:ed|ing)?|"
    r"initial(?:ly)?|at\s+first|first\s+(?:glance|sight|thought)|originally|previous(?:ly)?|earlier|"
    r"would\s+have|had|were|claim(?:s|ed)?|contain(?:s|ed|ing)?|quot(?:es?|ed|ing)|(?<!I'd\s)(?<!I\swould\s)say(?:s|ing)?|said|(?<!order\s)ask(?:s|ed|ing)?|wants?|told|"
    r"instruct(?:s|ed|ions?)?|demands?|annotators?|humans?|users?|people|someone|example|"
    r"e\.g|instance|suppos\w{1,3}|assum\w{1,3}|imagine|hypothetical(?:ly)?|guess(?:ing)?|instead|"
    r"rather\s+than|average|mean|max(?:imum)?|min(?:imum)?|highest|lowest|possible|threshold|"
    r"baseline|weights?|hard\s+to|difficult|impossible|rubric|either|between|don't\s+know|unsure|"
    r"which|who|argu(?:e|es|ed|able|ably)|almost|nearly|should|"
    r"others|some\s+would|other\s+judges?|another\s+judge|GPT[-\w.]*|Claude|Gemini|perfect\s+(?:answer|description)|"
    r"nobody|none|no\s+one|(?:most|many|several)\s+(?:judges|raters|readers|models|graders|evaluators)|hesitat\w{1,4}|about\s+to|the\s+words|typical(?:ly)?|median|tr(?:y|ies|ied|ying)|wrong\s+to|make\s+me|references?(?=\s+(?:(?:itself|alone)\s+)?(?:would\s+)?\w?\Z)|"
    r"(?:false|untrue|incorrect|wrong)\s+that|"
    # Of what these are worth nobody asked.
    r"for\s+(?:style(?!\W{0,2}coherence)|tone|fluency|effort|formatting|wording)|"
    r"to\s+(?:get|earn|deserve|reach|receive|merit)|"
    r"nicht|kein\w{0,2}|wäre|hätte|jamais|nunca|не|бы)\b",
    re.IGNORECASE,
)
# What is said by others, and what was meant at first.
_THEIRS = re.compile(
    r"\b(?<!as\sa\s)(?<!as\san\s)(?<!as\sthe\s)(?<!as\sone\s)(?:(?:another|other|first|last|both|two|next|second|third|previous|fellow|lenient|strict(?:er)?|harsh(?:er)?|generous|different|average|some|few|"
    r"kind(?:er)?|careless|hasty|casual|one|typical|human|reasonable)\s+(?:\w{1,12}\s+)?(?:judge|reviewer|rater|grader|evaluator|reader|critic|colleague|"
    r"marker|model|person|assessor|teacher|expert|observer)s?"
    r"|(?:the|a|my|their|its)\s+(?:reviewer|rater|grader|colleague|evaluator|assessor|expert|author|critic|teacher|baseline|other)s?\s+"
    r"(?:\w{1,9}\s+)?(?:gave|gives?|assign(?:s|ed)?|rate[sd]?|score[sd]?|award(?:s|ed)?|grade[sd]?|\w\Z)"
    r"|(?:he|she|they|everybody|everyone|somebody)\s+(?:gave|assigned|rated|scored|awarded|graded|\w\Z)"
    r"|(?:rate[sd]?|score[sd]?|grade[sd]?|gave|gives?|award(?:s|ed)?)\s+(?:it|them|him|her)sel(?:f|ves)"
    r"|(?:first|gut|initial)\s+(?:instinct|impulse|reaction|impression|inclination|feeling|idea|guess)|my\s+instinct|"
    r"(?:would|'d)\s+(?:normally|usually|ordinarily|typically|otherwise|generally)|(?:normally|usually|ordinarily),?\s+(?:I|this|it|that)|"
    r"(?:was|were)\s+(?:going|inclined|planning|ready|prepared)\s+to|wanted\s+to|disagree\w*)\b",
    re.IGNORECASE,
)
# Right before a value or a name these say that it is not reached, or only held up against.
_AWAY = re.compile(
    r"\b(?:far\s+from|(?:fall|fell|come|came|stop|stopp?ed)\w*\s+(?:well\s+|far\s+|just\s+|a\s+bit\s+)?short\s+of|short\s+of|shy\s+of|hardly|"
    r"barely|scarcely|compared\s+(?:to|with)|in\s+(?:contrast|comparison)\s+(?:to|with)|relative\s+to|unlike|versus|vs\.?|"
    r"(?:less|lower|worse|more|higher|better|other|rather)\s+than|instead\s+of|below|under|beneath|above|beyond|anything\s+but|"
    r"nowhere\s+near|near|close(?:r)?\s+to|next\s+to|up\s+to|at\s+most|at\s+least|short|lacks?|misse[sd]|ruled?\s+out|"
    r"opposed\s+to|as\s+opposed\s+to|contrary\s+to|against|denies|deny|rejects?|away\s+from|weit\s+entfernt\s+von|"
    r"lejos\s+de|loin\s+de)\s+"
    r"(?:(?:an?|the|any|its|their|even|getting|being|scoring|earning|deserving|worth|reaching|having|full|true|real|solid|"
    r"score|rating|grade|mark|value|of|at|in|on|for)\s+){0,4}[\"'*_`(\[]{0,4}\Z",
    re.IGNORECASE,
)
_AFTER_DIGIT = re.compile(r"[^\d\n]{1,120}\Z")
_HEDGE_CHINESE = re.compile(
    "如果|假如|假设|要是|倘若|除非|若是|可能|也许|或许|并非|不是|不能|不会|没有|例如|比如|示例|本可"
)
_BREAK_CHINESE = re.compile("[。;!?]|因此|所以|故而|但|然而|不过|而是")
_OTHERS = re.compile(
    r"\b(?:turn|round)\s+\d{1,2}\s*\([^()]*\Z|\bor\s+[\"'*_`]{0,3}\Z", re.IGNORECASE
)
_AIM = re.compile(r"\W*to\s+\w?", re.IGNORECASE)
_BREAK = re.compile(
    r"[.!?;:\n](?=\s|$)|[\"']\s*,\s*[\"']|\b(?:but|however|so|therefore|thus|hence|though|yet|still|nevertheless)\b",
    re.IGNORECASE,
)
_FINAL = re.compile(
    r"(?:^|[.;:!?(,]\s|\b(?:so|thus|my|the|is|are|now)\s)[\s*#_>`\"'\-|(]{0,12}(?:(?:my|the)\s+)?"
    r"(?:final|revised|corrected|updated|definitive)[\s_-]+(?:[a-z]{1,12}[\s_-]+){0,2}?"
    r"(?:scor(?:e|es|ing)|ratings?|verdicts?|answers?|judge?ments?|decisions?|evaluations?|"
    r"assessments?|grades?|preferences?|choices?|results?|winner)\b[\s*_`\"')]{0,6}"
    r"(?:[^.:=\n]{0,60}?(?:[:=—–]|->|→)|$|\(|\[|\\|-\s"
    r"|(?:is|are)\b\s*(?:[:*\[(\"'\\]|-?\d|(?:A|B|tie|the|answer|response|conversation|one|two|three)"
    r"\b))",
    re.IGNORECASE,
)
_EXAMPLE = re.compile(
    r"\b(?:examples?|e\.g\.|for\s+instance|sample|template|placeholders?|hypothetical(?:ly)?)\b",
    re.IGNORECASE,
)
_INSTRUCTS = re.compile(
    r"\b(?:respond|reply|answer|return|output|provide|use|give|write|print|expected|required|"
    r"response|your)\b[^\n]{0,80}\b(?:format|form|like\s+this|as\s+follows|the\s+following|schema|"
    r"structure|only)\b",
    re.IGNORECASE,
)
# "I could say L4: 3" is no score of one's own.
_SUPPOSES = re.compile(r"\b(?:I|one|you|we)\s+(?:could|might|would|can|may)\b", re.IGNORECASE)
_OWN = re.compile(r"\b(?:here\s+(?:is|are|'s)|here's|my|i|i've|i'll|below\s+(?:is|are))\b", re.I)
_GUIDE = re.compile(
    r"[\s#*_>-]*(?:(?:scoring|rating|evaluation|score|grading)\s+)?(?:rubric|scale|guide(?:line)?s?|"
    r"instructions?|criteria|anchors?|legend|schema)\b[^:\n]{0,40}:?[\s*_]*$",
    re.IGNORECASE,
)


# What numbers behind such a label say is not what this judge thinks of this answer.
_FOREIGN = re.compile(
    r"[\s#*_>(-]{0,12}(?:the\s+|my\s+)?(?:users?|humans?|annotators?|experts?|references?|ground[\s-]+truth|gold|"
    r"previous|prior|earlier|initial|min(?:imum)?|max(?:imum)?|weights?|numbers?|counts?|errors?|"
    r"prompts?|material|captions?|sign|inject\w{0,4}|format|syntax|template|instructions?|thoughts?|thinking|reasoning|expected|targets?|baseline|"
    r"averages?|sample)\b[^:\n.;]{0,40}?(?::|\s[-–—](?=\s))[\s*_\"']*(?:[a-z]{1,12}\s+){0,2}",
    re.IGNORECASE,
)
_REFUTED = re.compile(
    r"[\"'*_`)]{0,4}\s+(?:(?:requires?|needs?|means?|must|should|would|could|might|may|cannot|can't|isn't|"
    r"wouldn't|seems\s+(?:too|high|low))\b|(?:is|was)\s+(?:not|out|too|only|never|hardly|un\w{1,20})\b)",
    re.IGNORECASE,
)


def is_foreign(lead: str) -> bool:
    """Whether all of a lead is a label of somebody else's numbers, as in "Weights:"."""
    return len(lead) < 120 and _FOREIGN.fullmatch(lead) is not None


def refuted(line: str, pos: int) -> bool:
    """Whether what ends at `pos` is refused there, as in "a 3 for L4 would be too high"."""
    return _REFUTED.match(line, pos) is not None


class Skipper:
    """Passes over what a reply quotes or shows as an example."""

    def __init__(self, asked: Asked) -> None:
        self.asked = asked
        self.skipping = ""

    def skips(self, line: str) -> bool:
        """Whether the line belongs to an example, an instruction or a quoted rubric."""
        text = line.strip()
        if self.skipping:
            if text:
                self.skipping = "inside"
                return True
            if self.skipping == "inside":
                self.skipping = ""
            return False
        if not text or text.startswith("\0"):
            return False
        if is_foreign(text):
            self.skipping = "before"
            return True
        ends_open = text.rstrip("*_ ").endswith(":") or text.startswith("#")
        example = _EXAMPLE.search(text[:200])
        if example is not None and (
            (_OWN.search(text[:200]) and not _SUPPOSES.search(text[:200]))
            or self.asked.names(text[: example.start()])
        ):
            example = None
        if example is not None:
            if ends_open:
                self.skipping = "before"
            return ends_open or ":" in text[example.end() : example.end() + 20]
        if _GUIDE.match(text[:200]) or (
            ends_open and _INSTRUCTS.search(text[:300]) and not _OWN.search(text[:300])
        ):
            self.skipping = "before" if ends_open else ""
            return True
        return False


def marks_final(line: str) -> int:
    """Where a mark such as "Final scores:" stands in a line; -1 if it has none."""
    for match in _FINAL.finditer(line):
        if not re.search(r"\bnot\s|n't\s", line[max(0, match.start() - 20) : match.end()]):
            return match.start()
    return -1


def hedged(line: str, pos: int) -> bool:
    """Whether what starts at `pos` is denied, supposed, or said by somebody else."""
    before = line[max(0, pos - 160) : max(0, pos)]
    if _denied(before) or _OTHERS.search(before) is not None:
        return True
    beside = _AFTER_DIGIT.search(before)
    if beside is not None and (_AWAY.search(beside[0]) or only_shown(beside[0])):
        return True
    # All that stands between quotation marks was said by whoever is quoted.
    inside_quotes = before.count('"') % 2 == 1 and '": ' not in before
    return inside_quotes and _denied(before[: before.rindex('"')])


def _denied(before: str) -> bool:
    """Whether the last clause of a text takes back what follows it."""
    start = 0
    for match in _BREAK.finditer(before):
        start = match.end()
    if _HEDGE.search(before, start) is not None or _THEIRS.search(before, start) is not None:
        return True
    if _AIM.fullmatch(before, start) is not None:
        return True
    if before.isascii():
        return False
    for match in _BREAK_CHINESE.finditer(before, start):
        start = match.end()
    return _HEDGE_CHINESE.search(before, start) is not None
