"""The bytes of a request: a call's body with its pictures put in."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from intermt.records import Call
from intermt.servers.encoding import EncodedPicture, PictureCache, PictureError


@dataclass(frozen=True, slots=True)
class Wire:
    """A request body, the same for every try."""

    content: bytes
    content_type: str


async def written(call: Call, pictures: PictureCache, max_px: int) -> Wire:
    """The body of a call: multipart form for `edit`, JSON otherwise.

    Raises:
        PictureError: A picture of the call cannot be read; the text names it.
    """
    encoded: dict[str, EncodedPicture] = {}
    for sha256, found in (await pictures.get_all(call.images, max_px)).items():
        if isinstance(found, PictureError):
            raise PictureError(f"picture {sha256}: {found}") from found
        encoded[sha256] = found
    return _form(call, encoded) if call.kind == "edit" else _json(call, encoded)


def _json(call: Call, encoded: Mapping[str, EncodedPicture]) -> Wire:
    body = _with_pictures(call.body, encoded) if encoded else call.body
    try:
        content = orjson.dumps(body)
    except TypeError:
        # Lone surrogates and integers beyond 64 bits, which the standard library can write.
        body = _with_pictures(call.body, encoded)
        content = json.dumps(body, default=_fragment_text).encode("ascii")
    return Wire(content, "application/json")


def _fragment_text(fragment: Any) -> str:
    text: str = orjson.loads(orjson.dumps(fragment))
    return text


def _with_pictures(value: Any, encoded: Mapping[str, EncodedPicture]) -> Any:
    if isinstance(value, str):
        return value
    if isinstance(value, list | tuple):
        return [_with_pictures(item, encoded) for item in value]
    if isinstance(value, Mapping):
        sha256 = value.get("sha256") if len(value) == 1 else None
        if isinstance(sha256, str) and sha256 in encoded:
            return {"url": orjson.Fragment(encoded[sha256].fragment)}
        return {key: _with_pictures(item, encoded) for key, item in value.items()}
    return value


def _form(call: Call, encoded: Mapping[str, EncodedPicture]) -> Wire:
    # Slow to import, and no other call needs it.
    import httpx

    fields: dict[str, str] = {}
    files: dict[str, tuple[str, bytes, str]] = {}
    for name, value in call.body.items():
        if isinstance(value, Mapping):
            sha256 = value["image_url"]["sha256"]
            media_type = encoded[sha256].media_type
            file_name = f"{sha256[:16]}.{media_type.partition('/')[2]}"
            files[name] = (file_name, encoded[sha256].content(), media_type)
        else:
            fields[name] = str(value)
    request = httpx.Request("POST", "http://form.invalid", data=fields, files=files)
    return Wire(request.read(), request.headers["content-type"])
