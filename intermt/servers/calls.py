"""One way to make a `Call`, so that equal questions get equal keys."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from intermt.config import Server
from intermt.records import Call, ServerKind, content_id


def make_call(
    server: Server,
    kind: ServerKind,
    path: str,
    body: Mapping[str, Any],
    *,
    model: str,
    images: Sequence[str] = (),
    prompt_hash: str = "",
    sample: int = 0,
    max_image_px: int | None = None,
) -> Call:
    """A call with its key; `model` is put into the body unless it is "".

    The key is over kind, model, body, prompt hash, sample and, where the call has one of its
    own, the longest side of its pictures: not over the server's name, URLs, key, time-outs,
    concurrency or its usual picture size.
    """
    full = {"model": model, **body} if model else dict(body)
    smaller = () if max_image_px is None else (max_image_px,)
    key = content_id("request", kind, model, full, prompt_hash, sample, *smaller)
    return Call(
        key,
        kind,
        server.name,
        model,
        path,
        full,
        tuple(images),
        prompt_hash,
        sample,
        max_image_px,
    )


def picture(sha256: str) -> dict[str, Any]:
    """How a call's body names a picture of the store."""
    return {"type": "image_url", "image_url": {"sha256": sha256}}
