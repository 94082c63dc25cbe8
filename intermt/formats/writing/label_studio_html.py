"""Conversations as HTML that Label Studio shows: every text escaped, pictures in place."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape as escape_html

from intermt.formats.writing.annotation_tasks import ImageItem, MessageItem, TextItem

PictureUrl = Callable[[ImageItem], str]
"""Gives the URL of a picture that is there."""

STYLE = """
.imt { font-size: 15px; line-height: 1.5; color: #1f2328; text-align: start; }
.imt-message { border: 1px solid #d0d7de; border-radius: 8px; padding: 8px 12px; margin: 8px 0;
  overflow-wrap: anywhere; }
.imt-user { background: #eef4ff; margin-inline-end: 12%; }
.imt-assistant { background: #fff; margin-inline-start: 12%; }
.imt-alone .imt-message { margin-inline: 0; }
.imt-who { font-size: 12px; font-weight: 600; color: #57606a; margin-bottom: 4px; }
.imt-text { white-space: pre-wrap; }
.imt img, .imt object { display: block; max-width: 100%; max-height: 480px; border-radius: 4px;
  margin: 8px 0; background: #fff; }
.imt-caption { font-size: 12px; color: #57606a; margin: 0 0 8px; }
.imt-missing { border: 1px dashed #8c959f; border-radius: 4px; padding: 8px; margin: 8px 0;
  color: #57606a; }
.imt-mark { background: #fff1c2; border: 1px solid #9a6700; border-radius: 4px;
  padding: 4px 8px; font-weight: 600; }
"""
"""What the classes of the HTML look like."""

SIMULATED = "SIMULATED: a stand-in wrote some of this, no real model did"
_NOT_SHOWN = "This picture cannot be shown here. Please skip the task and say so."
_WHO = {"user": "User", "assistant": "Assistant", "system": "System"}


def escape(text: str) -> str:
    """Text for HTML; NUL, which databases refuse, becomes what browsers make of it."""
    return escape_html(text.replace("\0", "\N{REPLACEMENT CHARACTER}"))


def conversation(
    messages: Sequence[MessageItem], url_of: PictureUrl, *, simulated: bool = False
) -> str:
    """Messages one below the other; says so where a stand-in wrote any."""
    mark = f'<p class="imt-mark">{escape(SIMULATED)}</p>' if simulated else ""
    inner = "".join(_message(message, url_of) for message in messages)
    return f'<div class="imt{" imt-alone" if len(messages) == 1 else ""}">{mark}{inner}</div>'


def _message(message: MessageItem, url_of: PictureUrl) -> str:
    role = message["role"]
    content = "".join(_part(part, url_of) for part in message["content"])
    who = f'<div class="imt-who">{_WHO[role]}</div>'
    return f'<div class="imt-message imt-{role}">{who}{content}</div>'


def _part(part: TextItem | ImageItem, url_of: PictureUrl) -> str:
    if part["type"] == "text":
        text = part["text"]
        return f'<div class="imt-text" dir="auto">{escape(text)}</div>' if text.strip() else ""
    caption = part["caption"] or ""
    shown = f'<p class="imt-caption" dir="auto">{escape(caption)}</p>' if caption else ""
    if "missing" in part:
        return f'<div class="imt-missing">There is no picture here.{shown}</div>'
    url, label = escape(url_of(part)), escape(caption or "picture")
    if "data" not in part:
        return f'<img src="{url}" alt="{label}">{shown}'
    # Label Studio takes data: URIs out of <img>; where it does so here too, people are told.
    kind = escape(part["data"].removeprefix("data:").partition(";")[0])
    told = f'<span class="imt-missing">{_NOT_SHOWN}</span>'
    return (
        f'<object type="{kind}" data="{url}" role="img" aria-label="{label}">{told}</object>{shown}'
    )
