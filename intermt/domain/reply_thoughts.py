"""A reply without its thinking, in the marks that models and servers put around it."""

from __future__ import annotations

import re

# Misspelt tags are tags too: "thnik" and "thinkng" are letters of "thinking" in disorder.
_THINKING = r"t[hinkg]{3,8}|thoughts?|reasoning|analysis"
_NAME = (
    r"(?:(?:seed|ant|antml|longcat|start|begin|end)[:_-]?(?:of[_-])?)?"
    rf"(?:{_THINKING}|reason(?:ing)?[_-]\w{{1,12}}|reflect(?:ion|ing)?|scratch[_-]?pad|cot"
    r"|inner[_-](?:monologue|prefix|suffix)|internal|chain[_-]of[_-]thought"
    # Nor is what stands in these a verdict.
    r"|drafts?|examples?|rubrics?|instructions?|prompt|schema|(?:output[_-])?format"
    r"|conversation|material|quot(?:e|ed|ation)|blockquote)"
)
_TAG = re.compile(
    # An opening tag whose ">" is missing opens all the same.
    rf"<[ |]{{0,3}}(?P<close>/?)[ ]?(?P<name>{_NAME})(?:\s[^<>\n]{{0,80}}\|?>|\|?>|(?=\s))"
    rf"|[\[{{](?P<close2>/?)(?:{_THINKING})[\]}}]"
    r"|◁ ?(?P<close3>/?) ?think(?:ing)? ?▷"
    r"|<unused94>|(?P<close4><unused95>)"
    r"|<\|im_start\|>\s?(?:think\w{0,4}|analysis)\b",
    re.IGNORECASE,
)
_CLOSES = re.compile(r"end|inner[_-]suffix", re.IGNORECASE)
_FENCED = re.compile(rf"```[ ]?(?:{_THINKING})\b.*?(?:```|\Z)", re.IGNORECASE | re.DOTALL)
_CHANNEL = re.compile(r"<\|channel\|>\s*(\w+)[^<]{0,80}<\|message\|>")
# The marks of channels, taken out by a server that did not know them.
_BARE_ANALYSIS = re.compile(r"\s*analysis(?=[A-Z])")
_BARE_FINAL = "assistantfinal"


def without_thought(text: str) -> str:
    """The text outside of every block of thinking.

    Of a block that is never closed all the rest is thinking, and all before a closing mark
    that nothing opened. Of a reply in channels only the final one is left.
    """
    if _BARE_ANALYSIS.match(text):
        text = text.rpartition(_BARE_FINAL)[2] if _BARE_FINAL in text else ""
    channels = list(_CHANNEL.finditer(text))
    if channels:
        last = channels[-1]
        text = text[last.end() :] if last[1].lower() == "final" else ""
        text = text.partition("<|")[0]
    text = _FENCED.sub("\n", text)
    kept: list[str] = []
    done, thinking = 0, False
    for tag in _TAG.finditer(text):
        closes = _is_closing(tag)
        if closes and not thinking:
            kept.clear()
        elif not closes and not thinking:
            kept.append(text[done : tag.start()])
        thinking = not closes
        done = tag.end()
    return "\n".join(kept) if thinking else "\n".join([*kept, text[done:]])


def _is_closing(tag: re.Match[str]) -> bool:
    slash = any(tag[group] for group in ("close", "close2", "close3", "close4"))
    return slash or _CLOSES.match(tag["name"] or "") is not None
