from __future__ import annotations

import base64
import math
import struct
from statistics import correlation
from typing import Any

import httpx
import pytest

from intermt.simulator.latent import quality
from intermt.simulator.wire import FINGERPRINT, MARK
from tests.simulator.asking import decoded, plain_png


def _embed(client: httpx.Client, texts: Any, **options: Any) -> Any:
    return client.post("embeddings", json={"input": texts, **options}).json()


def _cosine(one: list[float], other: list[float]) -> float:
    return sum(x * y for x, y in zip(one, other, strict=True))


def test_every_response_is_marked(client: httpx.Client) -> None:
    root = str(client.base_url).replace("/v1", "")
    responses = [
        client.get("models"),
        client.get("nowhere"),
        client.post("chat/completions", content=b"no json"),
        client.post("embeddings", json={"input": "x"}),
        httpx.get(f"{root}health"),
        httpx.get(f"{root}stats"),
    ]
    assert [response.status_code for response in responses] == [200, 404, 400, 200, 200, 200]
    assert {response.headers["X-Intermt-Simulated"] for response in responses} == {"1"}


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "nowhere", 404), ("GET", "chat/completions", 405), ("POST", "models", 405)],
)
def test_wrong_addresses_are_answered_in_the_form_of_the_api(
    client: httpx.Client, method: str, path: str, status: int
) -> None:
    response = client.request(method, path)
    assert response.status_code == status
    assert set(response.json()["error"]) == {"message", "type", "param", "code"}


def test_models_are_listed(client: httpx.Client) -> None:
    models = client.get("models").json()
    names = [model["id"] for model in models["data"]]
    assert names[0] == "simulated-a"
    assert {"simulated-b", "simulated-judge"} < set(names)
    assert all(name.startswith("simulated") for name in names)


def test_a_picture_is_drawn_with_its_caption(client: httpx.Client) -> None:
    body = {"prompt": "a red kettle", "size": "256x128", "n": 2, "response_format": "b64_json"}
    reply = client.post("images/generations", json=body).json()
    assert reply["system_fingerprint"] == FINGERPRINT
    pictures = [decoded(entry) for entry in reply["data"]]
    assert [picture.size for picture in pictures] == [(256, 128)] * 2
    assert {picture.info["caption"] for picture in pictures} == {"a red kettle"}
    assert pictures[0].tobytes() != pictures[1].tobytes()
    assert client.post("images/generations", json=body).json() == reply


def test_the_usual_picture_is_512_wide_and_high(client: httpx.Client) -> None:
    reply = client.post("images/generations", json={"prompt": "x", "size": "auto"}).json()
    assert decoded(reply["data"][0]).size == (512, 512)


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({}, "prompt"),
        ({"prompt": "  "}, "prompt"),
        ({"prompt": "x", "size": "2048x64"}, "size"),
        ({"prompt": "x", "size": "8x8"}, "size"),
        ({"prompt": "x", "size": 512}, "size"),
        ({"prompt": "x", "n": 99}, "n"),
        ({"prompt": "x", "response_format": "url"}, "response_format"),
    ],
    ids=str,
)
def test_bad_picture_requests_are_refused(
    client: httpx.Client, body: dict[str, Any], param: str
) -> None:
    response = client.post("images/generations", json=body)
    assert response.status_code == 400
    assert response.json()["error"]["param"] == param


@pytest.mark.parametrize("field", ["image", "image[]"])
def test_an_edit_gives_the_picture_back_changed(client: httpx.Client, field: str) -> None:
    fields = {"prompt": "make it blue", "model": "any"}
    files = {field: ("x.png", plain_png((120, 80)), "image/png")}
    reply = client.post("images/edits", data=fields, files=files).json()
    picture = decoded(reply["data"][0])
    assert picture.size == (120, 80)
    assert picture.info["caption"] == "make it blue"
    sized = client.post("images/edits", data={**fields, "size": "128x128"}, files=files).json()
    assert decoded(sized["data"][0]).size == (128, 128)


def test_bad_edits_are_refused(client: httpx.Client) -> None:
    image = {"image": ("x.png", plain_png(), "image/png")}
    broken = {"image": ("x.png", b"no picture", "image/png")}
    cases: list[tuple[dict[str, Any], str | None]] = [
        ({"data": {"prompt": "x"}, "files": broken}, "image"),
        ({"data": {"prompt": "x"}, "files": {"file": image["image"]}}, "image"),
        ({"data": {}, "files": image}, "prompt"),
        ({"data": {"prompt": "x", "size": "9x9"}, "files": image}, "size"),
        ({"data": {"prompt": "x"}, "files": {**image, "mask": image["image"]}}, "mask"),
        ({"json": {"prompt": "x"}}, None),
        ({"content": b"x", "headers": {"content-type": "multipart/form-data; boundary=b"}}, None),
    ]
    for request, param in cases:
        response = client.post("images/edits", **request)
        assert response.status_code == 400, request
        assert response.json()["error"]["param"] == param


def test_retrieval_finds_drawn_photos_best_first(client: httpx.Client) -> None:
    reply = client.post("retrieve", json={"query": "a harbour", "n": 3}).json()
    results = reply["results"]
    assert len(results) == 3
    assert [r["score"] for r in results] == sorted((r["score"] for r in results), reverse=True)
    for result in results:
        assert (result["source"], result["licence"]) == ("simulated", "none")
        assert result["caption"] == f"{MARK}photo: a harbour"
        assert decoded(result["image"]).info["caption"] == result["caption"]
    assert client.post("retrieve", json={"query": ""}).status_code == 400


def test_embeddings_are_unit_vectors_alike_for_alike_texts(client: httpx.Client) -> None:
    texts = ["How do I mend a tap?", "how do I mend the tap", "Colours of autumn leaves", "", "Я"]
    data = _embed(client, texts)["data"]
    vectors = [entry["embedding"] for entry in data]
    assert [entry["index"] for entry in data] == list(range(5))
    assert {len(vector) for vector in vectors} == {64}
    assert all(math.isclose(_cosine(v, v), 1) for v in vectors)
    assert _cosine(vectors[0], vectors[1]) > 0.6 > 0.3 > _cosine(vectors[0], vectors[2])
    assert _embed(client, texts[0])["data"][0]["embedding"] == vectors[0]


def test_packed_embeddings_are_the_same_numbers(client: httpx.Client) -> None:
    plain = _embed(client, "a tap")["data"][0]["embedding"]
    packed = _embed(client, "a tap", encoding_format="base64")["data"][0]["embedding"]
    assert struct.unpack("<64f", base64.b64decode(packed)) == pytest.approx(plain)


def test_embeddings_tell_a_little_of_the_quality_of_an_answer(client: httpx.Client) -> None:
    answers = [f"Answer {n}: because the {w} river rises." for n in range(60) for w in "abcd"]
    texts = [f"Answer:\n{text}\n\nQuestion:\nWhy, {n}?" for n, text in enumerate(answers)]
    vectors = [entry["embedding"] for entry in _embed(client, texts)["data"]]
    along = [sum(x if i % 2 else -x for i, x in enumerate(vector)) for vector in vectors]
    assert correlation(along, [quality(text) for text in answers]) > 0.4


def test_a_chat_has_one_embedding_that_hangs_on_all_of_it(client: httpx.Client) -> None:
    def embedded(*said: str) -> Any:
        messages = [
            {"role": ("user", "assistant")[i % 2], "content": text} for i, text in enumerate(said)
        ]
        return client.post("embeddings", json={"messages": messages}).json()["data"]

    (one,) = embedded("Why does it rain?", "Warm air rises.")
    assert len(one["embedding"]) == 64
    assert embedded("Why does it rain?", "Warm air rises.") == [one]
    assert embedded("Why does it snow?", "Warm air rises.") != [one]
    assert client.post("embeddings", json={"messages": []}).status_code == 400


@pytest.mark.parametrize("texts", [None, [], [1, 2], {"a": 1}])
def test_bad_embedding_requests_are_refused(client: httpx.Client, texts: Any) -> None:
    response = client.post("embeddings", json={"input": texts})
    assert response.status_code == 400
    assert response.json()["error"]["param"] == "input"
