"""Short ways to ask a stand-in, for the tests of this package."""

from __future__ import annotations

import base64
import io
import json
from typing import Any

import httpx
from PIL import Image

QUESTION = "How do I repair a leaking kitchen tap?"


def user(text: str, *pictures: bytes) -> dict[str, Any]:
    """A user message."""
    if not pictures:
        return {"role": "user", "content": text}
    parts: list[dict[str, Any]] = [{"type": "text", "text": text}]
    for picture in pictures:
        url = f"data:image/png;base64,{base64.b64encode(picture).decode()}"
        parts.append({"type": "image_url", "image_url": {"url": url}})
    return {"role": "user", "content": parts}


def chat(client: httpx.Client, *messages: dict[str, Any], **options: Any) -> dict[str, Any]:
    """The reply to a chat request, which must succeed."""
    response = client.post("chat/completions", json={"messages": list(messages), **options})
    assert response.status_code == 200, response.text
    reply: dict[str, Any] = response.json()
    return reply


def said(reply: dict[str, Any]) -> str:
    """The text of the first choice."""
    text = reply["choices"][0]["message"]["content"]
    assert isinstance(text, str)
    return text


def with_schema(schema: dict[str, Any]) -> dict[str, Any]:
    """The option that asks for JSON under a schema."""
    return {
        "response_format": {
            "type": "json_schema",
            "json_schema": {"name": "reply", "schema": schema, "strict": True},
        }
    }


def filled(client: httpx.Client, text: str, schema: dict[str, Any], **options: Any) -> Any:
    """The JSON value that a schema-bound request gets."""
    return json.loads(said(chat(client, user(text), **with_schema(schema), **options)))


def plain_png(size: tuple[int, int] = (90, 60), colour: str = "teal") -> bytes:
    """A PNG that the stand-in did not make."""
    out = io.BytesIO()
    Image.new("RGB", size, colour).save(out, "PNG")
    return out.getvalue()


def decoded(entry: dict[str, Any]) -> Image.Image:
    """The picture in an entry that carries one as base64, loaded to its last row."""
    image = Image.open(io.BytesIO(base64.b64decode(entry["b64_json"])))
    image.load()
    return image


def stats(client: httpx.Client) -> dict[str, Any]:
    """What GET /stats says; it lies beside /v1, not under it."""
    found: dict[str, Any] = client.get(str(client.base_url).replace("/v1/", "/stats")).json()
    return found
