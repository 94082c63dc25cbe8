"""Calls for pictures: draw, edit, retrieve; and the pictures their replies carry."""

from __future__ import annotations

import base64
import binascii
from typing import Any

from intermt.config import Server
from intermt.records import Call
from intermt.servers.calls import make_call, picture
from intermt.servers.encoding import MEDIA_TYPES, PictureError, open_checked
from intermt.servers.replies import Reading

DRAW_PATH = "/images/generations"
EDIT_PATH = "/images/edits"
RETRIEVE_PATH = "/retrieve"


def draw_call(
    server: Server,
    caption: str,
    *,
    model: str,
    size: str = "512x512",
    seed: int | None = None,
    sample: int = 0,
) -> Call:
    """The call that asks for a picture of `caption`."""
    body = {"prompt": caption, "size": size, "response_format": "b64_json"}
    return make_call(server, "draw", DRAW_PATH, body | _seeded(seed), model=model, sample=sample)


def edit_call(
    server: Server,
    sha256: str,
    instruction: str,
    *,
    model: str,
    size: str = "512x512",
    seed: int | None = None,
    sample: int = 0,
) -> Call:
    """The call that asks for a picture of the store to be changed; sent as a form."""
    body = {
        "image": picture(sha256),
        "prompt": instruction,
        "size": size,
        "response_format": "b64_json",
    }
    return make_call(
        server,
        "edit",
        EDIT_PATH,
        body | _seeded(seed),
        model=model,
        images=(sha256,),
        sample=sample,
    )


def retrieve_call(server: Server, query: str, n: int = 1, *, sample: int = 0) -> Call:
    """The call that looks for at most `n` pictures that fit `query`; best first."""
    body = {"query": query, "n": n}
    return make_call(server, "retrieve", RETRIEVE_PATH, body, model="", sample=sample)


def _seeded(seed: int | None) -> dict[str, Any]:
    return {} if seed is None else {"seed": seed}


def read_drawn(call: Call, data: Any) -> Reading:
    """What a reply to draw or edit says: its first picture; `call` does not matter."""
    found = data.get("data") if isinstance(data, dict) else None
    if not isinstance(found, list):
        return Reading("unparsed", error="the reply has no list called data")
    if not found:
        return Reading("empty", error="the reply holds no picture")
    text = found[0].get("revised_prompt") if isinstance(found[0], dict) else None
    return _with_picture(found[0], text)


def read_retrieved(call: Call, data: Any) -> Reading:
    """What a reply to retrieve says: its first usable picture, its caption as the text."""
    found = data.get("results") if isinstance(data, dict) else None
    if not isinstance(found, list):
        return Reading("unparsed", error="the reply has no list called results")
    if not found:
        return Reading("empty", error="nothing was found")
    readings: list[Reading] = []
    for result in found:
        fields = result if isinstance(result, dict) else {}
        reading = _with_picture(fields.get("image"), fields.get("caption"))
        if reading.state == "ok":
            return reading
        readings.append(reading)
    return readings[0]


def _with_picture(holder: Any, text: Any) -> Reading:
    text = text if isinstance(text, str) else ""
    encoded = holder.get("b64_json") if isinstance(holder, dict) else None
    if isinstance(encoded, str) and encoded:
        try:
            return Reading("ok", text, picture=checked_picture(encoded))
        except PictureError as error:
            return Reading("unparsed", text, error=f"the picture in the reply is {error}")
    if isinstance(holder, dict) and holder.get("url"):
        why = "the reply gives a URL instead of b64_json; pictures are not fetched from URLs"
        return Reading("unparsed", text, error=why)
    return Reading("unparsed", text, error="the reply has no picture as b64_json")


def checked_picture(encoded: str) -> bytes:
    """The bytes of a base64 picture (or data URI) that can be decoded to its last row.

    Raises:
        PictureError: Not base64, damaged, too many pixels, or not JPEG, PNG, WebP or GIF.
    """
    if encoded.startswith("data:"):
        encoded = encoded.partition(",")[2]
    try:
        content = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError) as error:
        raise PictureError("not base64") from error
    opened = open_checked(content)
    if opened.format not in MEDIA_TYPES:
        raise PictureError(f"of format {opened.format}, not one of {', '.join(MEDIA_TYPES)}")
    try:
        opened.verify()
        open_checked(content).load()
    except Exception as error:
        raise PictureError(f"damaged: {error or type(error).__name__}") from error
    return content
