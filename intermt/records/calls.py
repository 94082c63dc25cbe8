"""Calls to servers, and what came of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

ServerKind = Literal["chat", "draw", "edit", "retrieve", "embed", "reward"]
CallState = Literal["ok", "empty", "truncated", "refused", "rejected", "exhausted", "unparsed"]


@dataclass(frozen=True, slots=True)
class Call:
    """One request, before it is sent.

    Attributes:
        request_key: Hash of kind, model, body (pictures by SHA-256), prompt hash and sample
            index; not of host, time-outs or concurrency. Equal keys are the same question.
        kind: What is asked for.
        server: Name of the server to ask, as configured.
        model: Model name sent, or "" to let the server choose.
        path: URL path under the base URL, as in `/chat/completions`.
        body: The JSON body without picture bytes: a picture is
            `{"type": "image_url", "image_url": {"sha256": ...}}`.
        images: SHA-256 of the pictures the body names, in order.
        prompt_hash: Hash of the prompt template used, "" if none.
        sample: 0-based number of the repetition of one question.
        max_image_px: Longest side of its pictures; None for the server's own limit. Part of
            the key where it is set.
    """

    request_key: str
    kind: ServerKind
    server: str
    model: str
    path: str
    body: Mapping[str, Any]
    images: tuple[str, ...] = ()
    prompt_hash: str = ""
    sample: int = 0
    max_image_px: int | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """How a call ended: exactly one state, and what came back.

    Attributes:
        request_key: The call's key.
        state: `ok`; `empty` (nothing in the answer), `truncated` (cut at the length limit),
            `refused` (by the model's filter), `rejected` (a 4xx: the request itself is
            wrong), `exhausted` (no usable answer after all tries), `unparsed` (answered,
            but not in the agreed form). Only `ok` is ever used again.
        text: The text of the (first) answer; may be set for other states too.
        data: The reply's JSON without picture bytes; None if there was none.
        picture: Bytes of the picture a tool made; never written to the ledger.
        image_sha256: Content address of that picture once it is in the store.
        error: Why it is not ok, in words; "" if ok.
        http_status: Last HTTP status seen; None if no answer came.
        url: Base URL that answered last.
        model: Model name the server reported.
        attempts: Number of HTTP requests made.
        latency_ms: From the first attempt to the end, waits between tries included.
        tokens_in: Prompt tokens the server counted; None if it did not say.
        tokens_out: Completion tokens, likewise.
        simulated: Whether a stand-in server answered.
        finished_at: When, naive UTC.
    """

    request_key: str
    state: CallState
    text: str = ""
    data: Any = None
    picture: bytes | None = field(default=None, repr=False)
    image_sha256: str | None = None
    error: str = ""
    http_status: int | None = None
    url: str = ""
    model: str = ""
    attempts: int = 1
    latency_ms: float = 0.0
    tokens_in: int | None = None
    tokens_out: int | None = None
    simulated: bool = False
    finished_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class TokenChoice:
    """One token of an answer, and what might have stood in its place.

    Attributes:
        text: Its bytes; a character may be spread over several tokens.
        likely: The likeliest tokens there with their log-probability, this one among them.
    """

    text: bytes
    likely: tuple[tuple[bytes, float], ...]
