from __future__ import annotations

import json
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from intermt.simulator.chat import chat_reply
from intermt.simulator.chat_request import read_chat
from intermt.simulator.schema import fill
from intermt.simulator.settings import Simulator
from intermt.simulator.wire import MARK, ApiError
from tests.simulator.asking import chat, filled, said, user, with_schema

_NAMES = st.sampled_from(
    ["reason", "score", "text_quality", "overall", "grade", "steps", "x", "question"]
)
_WHOLE = st.integers(-1000, 1000)


def _ranged(kind: str, low: str, high: str, bounds: st.SearchStrategy[Any]) -> Any:
    def build(pair: tuple[Any, Any], keep: tuple[bool, bool]) -> dict[str, Any]:
        schema = {"type": kind}
        schema |= {low: min(pair)} if keep[0] else {}
        return schema | ({high: max(pair)} if keep[1] else {})

    return st.builds(build, st.tuples(bounds, bounds), st.tuples(st.booleans(), st.booleans()))


def _object(properties: dict[str, Any], extra: list[str], closed: bool) -> dict[str, Any]:
    required = [*list(properties)[::2], *([] if closed else extra)]
    return {
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": not closed,
        "description": "anything",
    }


_LEAVES = st.one_of(
    _ranged("integer", "minimum", "maximum", _WHOLE),
    _ranged("number", "minimum", "maximum", st.floats(-1e6, 1e6)),
    _ranged("string", "minLength", "maxLength", st.integers(0, 60)),
    st.sampled_from(
        [
            {"type": "boolean"},
            {"type": "null"},
            {"type": ["string", "null"]},
            {"type": ["integer", "null"], "minimum": 2},
            {"enum": ["A", "B"]},
            {"enum": ["A", "B", "tie"]},
            {"enum": [0, 1, 2, 3]},
            {"const": {"a": [1]}},
        ]
    ),
    st.builds(
        lambda options: {"enum": options}, st.lists(st.text() | _WHOLE | st.none(), min_size=1)
    ),
)
SCHEMAS = st.recursive(
    _LEAVES,
    lambda inner: st.one_of(
        st.builds(
            _object, st.dictionaries(_NAMES, inner, max_size=4), st.lists(_NAMES), st.booleans()
        ),
        st.builds(lambda items: {"anyOf": items}, st.lists(inner, min_size=1, max_size=3)),
        st.builds(
            lambda items, sizes: {
                "type": "array",
                "items": items,
                "minItems": min(sizes),
                "maxItems": max(sizes),
            },
            inner,
            st.tuples(st.integers(0, 4), st.integers(0, 4)),
        ),
    ),
    max_leaves=12,
)


def _is_valid(value: Any, schema: dict[str, Any]) -> bool:
    """Written apart from the generator, and for the same part of the language."""
    if "const" in schema:
        return bool(value == schema["const"])
    if "enum" in schema:
        return any(value == o and type(value) is type(o) for o in schema["enum"])
    if "anyOf" in schema:
        return any(_is_valid(value, part) for part in schema["anyOf"])
    kinds = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    return any(_is_of_kind(value, kind, schema) for kind in kinds)


def _is_of_kind(value: Any, kind: str, schema: dict[str, Any]) -> bool:
    if kind == "null":
        return value is None
    if kind == "boolean":
        return isinstance(value, bool)
    if kind == "string":
        fits = isinstance(value, str) and len(value) >= schema.get("minLength", 0)
        return fits and len(value) <= schema.get("maxLength", len(value))
    if kind in ("integer", "number"):
        types = int if kind == "integer" else (int, float)
        fits = isinstance(value, types) and not isinstance(value, bool)
        return fits and schema.get("minimum", value) <= value <= schema.get("maximum", value)
    if kind == "array":
        fits = isinstance(value, list) and schema["minItems"] <= len(value) <= schema["maxItems"]
        return fits and all(_is_valid(item, schema["items"]) for item in value)
    properties = schema["properties"]
    fits = isinstance(value, dict) and set(schema["required"]) <= set(value)
    fits = fits and (schema["additionalProperties"] or set(value) <= set(properties))
    return fits and all(_is_valid(value[n], part) for n, part in properties.items() if n in value)


@settings(max_examples=300, deadline=None)
@given(SCHEMAS, st.integers(0, 3))
def test_replies_are_valid_under_their_schema(schema: dict[str, Any], seed: int) -> None:
    data = {"messages": [user("Judge.\nAnswer A: one\nAnswer B: two")], **with_schema(schema)}
    reply = chat_reply(read_chat(data), Simulator(seed=seed), "well")
    value = json.loads(said(reply))
    assert _is_valid(value, schema), value


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "string", "pattern": "a+"},
        {"type": "integer", "minimum": 3, "maximum": 2},
        {"type": "integer", "minimum": 1.2, "maximum": 1.8},
        {"type": "teapot"},
        {"type": {}},
        {"enum": []},
        {"anyOf": []},
        {"type": []},
        {"anyOf": [{"type": "null"}], "minimum": 1},
        {"type": "array", "minItems": 10**9},
        {"type": "string", "minLength": 10**9},
        {"type": "array", "minItems": "2"},
        {"type": "number", "minimum": "2"},
        {"type": "object", "required": ["x"], "additionalProperties": False},
        {"type": "object", "properties": [1]},
        {"type": "object", "properties": {"x": 7}},
        {"$ref": "#/$defs/x"},
    ],
)
def test_what_cannot_be_filled_is_a_bad_request(
    client: httpx.Client, schema: dict[str, Any]
) -> None:
    body = {"messages": [user("x")], **with_schema(schema)}
    response = client.post("chat/completions", json=body)
    assert response.status_code == 400
    assert response.json()["error"]["param"] == "response_format"


def test_a_schema_nested_too_deeply_is_refused() -> None:
    schema: dict[str, Any] = {"type": "string"}
    for _ in range(200):
        schema = {"type": "array", "items": schema, "minItems": 1}
    data = {"messages": [user("x")], **with_schema(schema)}
    with pytest.raises(ApiError):
        chat_reply(read_chat(data), Simulator(), "well")


def test_texts_in_json_carry_the_mark(client: httpx.Client) -> None:
    names = ["reason", "follow_up", "caption", "answer", "anything"]
    value = filled(
        client,
        "x",
        {
            "type": "object",
            "properties": {
                **{name: {"type": "string"} for name in names},
                "steps": {"type": "array", "items": {"type": "string"}, "minItems": 2},
            },
        },
    )
    texts = [*(value[name] for name in names), *value["steps"]]
    assert all(text.startswith(MARK) for text in texts)
    assert len(set(texts)) == len(texts)


def test_a_reply_cut_by_the_limit_is_not_json(client: httpx.Client) -> None:
    schema = {"type": "object", "properties": {"reason": {"type": "string"}}}
    reply = chat(client, user("x"), max_tokens=5, **with_schema(schema))
    assert reply["choices"][0]["finish_reason"] == "length"
    with pytest.raises(json.JSONDecodeError):
        json.loads(said(reply))


def test_a_voice_decides_only_what_the_schema_leaves_open() -> None:
    class Loud:
        def choose(self, path: Any, options: Any) -> Any:
            return options[-1]

        def whole(self, path: Any, low: int, high: int) -> int:
            return high

        def fraction(self, path: Any) -> float:
            return 1.0

        def words(self, path: Any) -> str:
            return "/".join(map(str, path))

        def flag(self, path: Any) -> bool:
            return True

    schema = {
        "properties": {
            "a": {"type": "array", "items": {"type": "string"}, "maxItems": 2},
            "b": {"type": "number", "maximum": 0.5},
            "c": {"type": "string", "maxLength": 0},
        }
    }
    assert fill(schema, Loud()) == {"a": ["a/0", "a/1"], "b": 0.5, "c": ""}
