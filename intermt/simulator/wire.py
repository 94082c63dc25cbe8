"""What the stand-in says in words of the OpenAI-compatible API: errors and field checks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from intermt import __version__

MARK = "[simulated] "
"""Every text that the stand-in invents begins with this."""

FINGERPRINT = f"intermt-simulator-{__version__}"
HEADER = "X-Intermt-Simulated"


class ApiError(Exception):
    """A request that is answered with an error of the API's form.

    Attributes:
        message: What is wrong, in words.
        param: The field that is wrong, or None.
        status: HTTP status.
        code: Machine-readable name; None gives the status.
    """

    def __init__(
        self, message: str, param: str | None = None, *, status: int = 400, code: str | None = None
    ) -> None:
        super().__init__(message)
        self.message = message
        self.param = param
        self.status = status
        self.code = code

    def body(self) -> bytes:
        """The JSON body that says so."""
        kinds = {404: "NotFoundError", 429: "RateLimitError", 500: "InternalServerError"}
        error = {
            "message": self.message,
            "type": kinds.get(self.status, "BadRequestError"),
            "param": self.param,
            "code": self.code or self.status,
        }
        return orjson.dumps({"error": error})


def read_object(body: bytes) -> dict[str, Any]:
    """The JSON object that a request's body holds.

    Raises:
        ApiError: It is not JSON, or not an object.
    """
    try:
        data = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise ApiError(f"the body is not JSON: {error}") from error
    if not isinstance(data, dict):
        raise ApiError("the body is not a JSON object")
    return data


def text_field(data: Mapping[str, Any], name: str, default: str | None = None) -> str:
    """The string in a field; `default` where the field is absent or null.

    Raises:
        ApiError: It is missing without a default, empty, or not a string.
    """
    value = data.get(name)
    if value is None and default is not None:
        return default
    if not isinstance(value, str) or not value.strip():
        raise ApiError(f"{name} must be a string that is not empty", name)
    return value


def whole_field(
    data: Mapping[str, Any], name: str, low: int, high: int, default: int | None
) -> int | None:
    """The whole number in a field; `default` where it is absent or null.

    Raises:
        ApiError: It is not a whole number from `low` to `high`.
    """
    value = data.get(name)
    if value is None:
        return default
    if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
        raise ApiError(f"{name} must be a whole number from {low} to {high}", name)
    return value


def number_field(
    data: Mapping[str, Any], name: str, low: float, high: float, default: float
) -> float:
    """The number in a field; `default` where it is absent or null.

    Raises:
        ApiError: It is not a number from `low` to `high`.
    """
    value = data.get(name)
    if value is None:
        return default
    if not isinstance(value, int | float) or isinstance(value, bool) or not low <= value <= high:
        raise ApiError(f"{name} must be a number from {low:g} to {high:g}", name)
    return float(value)


def flag_field(data: Mapping[str, Any], name: str) -> bool:
    """The boolean in a field; False where it is absent or null.

    Raises:
        ApiError: It is not a boolean.
    """
    value = data.get(name)
    if value is not None and not isinstance(value, bool):
        raise ApiError(f"{name} must be true or false", name)
    return bool(value)
