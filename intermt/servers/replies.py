"""What every kind of reply has in common: JSON, error messages, keys, marks of a stand-in."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from intermt.records import CallState

MAX_ERROR_CHARS = 500
SIMULATED_HEADER = "x-intermt-simulated"
SIMULATED_FINGERPRINT = "intermt-simulator"

_FILTER_CODES = frozenset({"content_filter", "content_policy_violation", "moderation_blocked"})
_KEY_LIKE = re.compile(r"(?i)\bbearer\s+\S+|\b(?:sk|hf|pk|gsk|xai)[-_][A-Za-z0-9_\-*.]{6,}")
_TAG = re.compile(r"(?is)<(script|style)\b.*?</\1\s*>|<[^>]*>")
_SURROGATE = re.compile("[\ud800-\udfff]")
# Shorter keys are dummies such as EMPTY or none, words an answer may well contain.
_SECRET_IN_BODY = 16
_SECRET_IN_ERROR = 4
# Brackets in a body up to which it cannot be nested too deeply.
_SURELY_SHALLOW = 200


@dataclass(frozen=True, slots=True)
class Reading:
    """What a reply with JSON says.

    Attributes:
        state: How the call ends.
        text: Text of the first answer.
        error: Why it is not ok.
        picture: Checked picture bytes.
        again: Whether the server broke off and another try is due; `state` then counts
            only if no try is left.
    """

    state: CallState
    text: str = ""
    error: str = ""
    picture: bytes | None = None
    again: bool = False


class NotJSONError(Exception):
    """A body is not JSON; the text says what it is."""


def parse_json(body: bytes) -> Any:
    """The JSON of a body, fit to be stored: no lone surrogates, NaN or infinities.

    It can also be written again by orjson: not nested beyond its limit of 254.

    What strict JSON forbids but servers send is read all the same: NaN and infinities
    become None, lone surrogates and broken UTF-8 the replacement character.

    Raises:
        NotJSONError: It is no JSON at all.
    """
    try:
        data = orjson.loads(body)
        is_checked = body.count(b"[") + body.count(b"{") <= _SURELY_SHALLOW
    except orjson.JSONDecodeError as error:
        text = body.decode("utf-8", "replace")
        try:
            data = _scrubbed(json.loads(text, parse_constant=lambda _: None))
        except (ValueError, RecursionError):
            raise NotJSONError(_what_instead(text, error)) from error
        is_checked = False
    if not is_checked:
        try:
            orjson.dumps(data)
        except TypeError as error:
            raise NotJSONError(f"JSON that cannot be written again ({error})") from error
    return data


def _scrubbed(value: Any) -> Any:
    if isinstance(value, str):
        return _SURROGATE.sub("�", value)
    if isinstance(value, list):
        return [_scrubbed(item) for item in value]
    if isinstance(value, dict):
        return {_scrubbed(key): _scrubbed(item) for key, item in value.items()}
    return value


def _what_instead(text: str, error: Exception) -> str:
    if not text.strip():
        return "an empty body instead of JSON"
    if text.lstrip()[:1] == "<":
        return f"HTML instead of JSON: {_plain(text)}"
    return f"broken JSON ({error})"


def _plain(text: str) -> str:
    return " ".join(_TAG.sub(" ", text).split())


def error_message(body: bytes) -> str:
    """The words of an error body: OpenAI's, FastAPI's, HTML or plain text."""
    text = body.decode("utf-8", "replace")
    try:
        data = parse_json(body)
    except NotJSONError:
        return _plain(text) if text.lstrip()[:1] == "<" else " ".join(text.split())
    if isinstance(data, dict):
        for key in ("error", "detail", "message"):
            value = data.get(key)
            if isinstance(value, dict):
                value = value.get("message")
            if isinstance(value, str) and value:
                return value
    return text


def is_filtered(body: bytes) -> bool:
    """Whether an error body says that a content filter refused the request."""
    try:
        data = parse_json(body)
    except NotJSONError:
        return False
    error = data.get("error") if isinstance(data, dict) else None
    if not isinstance(error, dict):
        return False
    return any(
        isinstance(error.get(key), str) and error[key] in _FILTER_CODES for key in ("code", "type")
    )


def is_error(data: Any) -> bool:
    """Whether the JSON of a success is an error all the same, as some gateways send it."""
    if not isinstance(data, dict) or not data.get("error"):
        return False
    return not any(data.get(key) for key in ("choices", "data", "results"))


def error_status(data: Any) -> int | None:
    """The HTTP status that an error's JSON names, if it names one."""
    error = data.get("error") if isinstance(data, dict) else None
    code = error.get("code") if isinstance(error, dict) else None
    return code if isinstance(code, int) and 400 <= code <= 599 else None


def redacted(text: str, secret: str) -> str:
    """An error text without keys, on one line, cut to `MAX_ERROR_CHARS`."""
    if len(secret) >= _SECRET_IN_ERROR:
        text = text.replace(secret, "[key]")
    text = " ".join(_KEY_LIKE.sub("[key]", text).split())
    return text if len(text) <= MAX_ERROR_CHARS else text[: MAX_ERROR_CHARS - 1] + "…"


def without_secret(body: bytes, secret: str) -> bytes:
    """A body without the key, should the server repeat it; keys of 16 characters up."""
    if len(secret) < _SECRET_IN_BODY:
        return body
    key = secret.encode()
    return body.replace(key, b"[key]") if key in body else body


def without_picture_bytes(value: Any) -> Any:
    """JSON with base64 pictures replaced by their length in words."""
    if isinstance(value, dict):
        return {
            key: f"[{len(item)} characters of base64]"
            if key == "b64_json" and isinstance(item, str)
            else without_picture_bytes(item)
            for key, item in value.items()
        }
    if isinstance(value, list):
        return [without_picture_bytes(item) for item in value]
    if isinstance(value, str) and value.startswith("data:image/"):
        return f"[data URI of {len(value)} characters]"
    return value


def is_simulated(headers: Mapping[str, str], data: Any) -> bool:
    """Whether a stand-in server says that it answered."""
    if SIMULATED_HEADER in headers:
        return True
    mark = data.get("system_fingerprint") if isinstance(data, dict) else None
    return isinstance(mark, str) and mark.startswith(SIMULATED_FINGERPRINT)


def tokens(data: Any) -> tuple[int | None, int | None]:
    """Prompt and completion tokens the server counted, None where it did not say."""
    usage = data.get("usage") if isinstance(data, dict) else None
    if not isinstance(usage, dict):
        return None, None
    counts = (usage.get("prompt_tokens"), usage.get("completion_tokens"))
    read = [n if isinstance(n, int) and not isinstance(n, bool) else None for n in counts]
    return read[0], read[1]
