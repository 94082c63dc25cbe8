from __future__ import annotations

import asyncio
import contextlib
import gc
import http.client
import json
import socket
import threading
import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from intermt.errors import CannotCreate, UsageError
from intermt.simulator import (
    Faults,
    InProcess,
    Simulator,
    from_environment,
    parse_faults,
    serve_forever,
)
from intermt.simulator.wire import MARK
from tests.simulator.asking import QUESTION, chat, plain_png, said, stats, user

BODY = {"messages": [user(QUESTION)]}


@dataclass(frozen=True)
class Raw:
    """A response as a client without any safety net sees it."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes


def _raw(base_url: str, path: str = "chat/completions", body: Any = BODY) -> Raw:
    connection = http.client.HTTPConnection(urlsplit(base_url).netloc, timeout=5)
    with contextlib.closing(connection):
        headers = {"Content-Type": "application/json"}
        connection.request("POST", f"/v1/{path}", json.dumps(body), headers)
        response = connection.getresponse()
        return Raw(response.status, response.headers, response.read())


def _always(kind: str, **options: Any) -> Simulator:
    return Simulator(faults=Faults(parse_faults(f"{kind}=1").rates, **options))


def test_500_and_429_have_the_form_of_the_api() -> None:
    with InProcess(_always("500")) as base_url:
        response = _raw(base_url)
    assert response.status == 500
    assert json.loads(response.body)["error"]["message"].startswith(MARK)
    with InProcess(_always("429", retry_after_s=3)) as base_url:
        response = _raw(base_url)
    assert response.status == 429
    assert response.headers["Retry-After"] == "3"


def test_html_comes_with_200_and_with_502() -> None:
    with InProcess(_always("html")) as base_url:
        responses = [_raw(base_url, body={"messages": [user(str(n))]}) for n in range(12)]
    assert {response.status for response in responses} == {200, 502}
    assert {response.headers.get_content_type() for response in responses} == {"text/html"}
    assert all(MARK.encode() in response.body for response in responses)


@pytest.mark.parametrize("path", ["chat/completions", "embeddings"])
def test_broken_json_is_whole_on_the_wire_but_not_json(path: str) -> None:
    with InProcess(_always("json")) as base_url:
        response = _raw(base_url, path, {**BODY, "input": "x"})
    assert response.status == 200
    assert response.headers.get_content_type() == "application/json"
    with pytest.raises(json.JSONDecodeError):
        json.loads(response.body)


def test_a_truncated_reply_promises_more_than_it_sends() -> None:
    with (
        InProcess(_always("truncated")) as base_url,
        pytest.raises(http.client.IncompleteRead) as e,
    ):
        _raw(base_url)
    assert e.value.partial.startswith(b'{"id":"chatcmpl-')
    assert e.value.expected is not None
    assert e.value.expected > 0


def test_a_reset_comes_before_or_amid_the_reply() -> None:
    amid = 0
    with InProcess(_always("reset")) as base_url:
        for number in range(12):
            connection = socket.create_connection(
                ("127.0.0.1", urlsplit(base_url).port or 0), timeout=5
            )
            body = json.dumps({"messages": [user(str(number))]}).encode()
            head = f"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}"
            received = b""
            with connection, contextlib.suppress(ConnectionResetError):
                connection.sendall(head.encode() + b"\r\n\r\n" + body)
                while piece := connection.recv(65536):
                    received += piece
                raise AssertionError("the connection ended in good order")
            amid += bool(received)
    assert 0 < amid < 12


def test_a_hanging_request_is_bounded() -> None:
    with InProcess(_always("hang", hang_s=0.05)) as base_url, pytest.raises(ConnectionError):
        _raw(base_url)


def test_a_hanging_request_does_not_hold_up_the_end() -> None:
    with InProcess(_always("hang")) as base_url:
        with pytest.raises(httpx.ReadTimeout):
            httpx.post(f"{base_url}/chat/completions", json=BODY, timeout=0.05)
        held = socket.create_connection(("127.0.0.1", urlsplit(base_url).port or 0))
        body = json.dumps(BODY).encode()
        head = f"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}"
        held.sendall(head.encode() + b"\r\n\r\n" + body)
        begin = time.monotonic()
    assert time.monotonic() - begin < 1
    held.close()


def test_refusals_and_empty_answers_are_valid_replies() -> None:
    with InProcess(_always("refusal")) as base_url:
        choice = json.loads(_raw(base_url).body)["choices"][0]
        drawn = _raw(base_url, "images/generations", {"prompt": "x"})
    assert choice["finish_reason"] == "content_filter"
    assert choice["message"]["content"] is None
    assert choice["message"]["refusal"].startswith(MARK)
    assert drawn.status == 400
    assert json.loads(drawn.body)["error"]["code"] == "content_policy_violation"
    with InProcess(_always("empty")) as base_url:
        choice = json.loads(_raw(base_url).body)["choices"][0]
        drawn = _raw(base_url, "images/generations", {"prompt": "x"})
        found = _raw(base_url, "retrieve", {"query": "x"})
    assert (choice["finish_reason"], choice["message"]["content"]) == ("stop", "")
    assert json.loads(drawn.body)["data"] == []
    assert json.loads(found.body)["results"] == []


def _statuses(simulator: Simulator, times: int) -> list[list[int]]:
    with InProcess(simulator) as base_url, httpx.Client(base_url=base_url) as client:
        return [
            [client.post("embeddings", json={"input": str(n)}).status_code for _ in range(times)]
            for n in range(20)
        ]


def test_faults_depend_on_seed_request_and_how_often_it_came() -> None:
    simulator = Simulator(seed=3, faults=parse_faults("500=0.5"))
    found = _statuses(simulator, 4)
    assert found == _statuses(simulator, 4)
    assert found != _statuses(Simulator(seed=4, faults=simulator.faults), 4)
    flat = [status for row in found for status in row]
    assert set(flat) == {200, 500}
    assert any(len(set(row)) == 2 for row in found)


def test_bad_requests_are_refused_and_not_made_faulty() -> None:
    with InProcess(Simulator(faults=parse_faults("reset=1"))) as base_url:
        assert _raw(base_url, body={}).status == 400
        assert httpx.get(f"{base_url}/models").status_code == 200


def test_stats_count_what_was_really_asked() -> None:
    simulator = Simulator(seed=5, faults=parse_faults("500=1"))
    with InProcess(simulator) as base_url, httpx.Client(base_url=base_url) as client:
        client.post("embeddings", json={"input": "x"})
        client.post("embeddings", json={"input": "x"})
        bad = stats(client)
    assert (bad["n_repeated"], bad["n_answered"], bad["faults"]) == (1, 0, {"500": 2})
    with InProcess(Simulator(seed=5)) as base_url, httpx.Client(base_url=base_url) as client:
        chat(client, user(QUESTION))
        chat(client, user(QUESTION))
        # The same body with its keys in another order is the same request.
        client.post("embeddings", content=b'{"input":"x","model":"m"}')
        client.post("embeddings", content=b'{"model":"m","input":"x"}')
        client.post("embeddings", json={"input": "y"})
        client.post("embeddings", json={})
        for boundary in ("b1", "b2"):
            client.post(
                "images/edits",
                data={"prompt": "x"},
                files={"image": ("x.png", plain_png(), "image/png")},
                headers={"content-type": f"multipart/form-data; boundary={boundary}"},
            )
        client.get("models")
        found = stats(client)
    assert found["seed"] == 5
    assert found["endpoints"] == {
        "chat/completions": 2,
        "embeddings": 4,
        "images/edits": 2,
        "models": 1,
    }
    assert (found["n_requests"], found["n_rejected"]) == (9, 1)
    assert (found["n_distinct"], found["n_repeated"]) == (4, 3)
    assert (found["n_answered"], found["n_answered_again"]) == (7, 3)
    assert (found["n_faults"], found["faults"]) == (0, {})


def test_latency_is_waited_for_side_by_side() -> None:
    async def ask(base_url: str) -> float:
        async with httpx.AsyncClient(base_url=base_url) as client:
            await client.get("models")
            begin = time.monotonic()
            posts = [client.post("embeddings", json={"input": str(n)}) for n in range(8)]
            await asyncio.gather(*posts)
            return time.monotonic() - begin

    with InProcess(Simulator(latency_ms=100)) as base_url:
        assert 0.08 <= asyncio.run(ask(base_url)) < 0.6


def test_a_large_body_is_taken() -> None:
    with InProcess() as base_url, httpx.Client(base_url=base_url) as client:
        assert said(chat(client, user("word " * 400_000))).startswith(MARK)


def test_nothing_is_left_behind() -> None:
    before = set(threading.enumerate())
    for _ in range(3):
        with InProcess() as base_url:
            httpx.post(f"{base_url}/images/generations", json={"prompt": "x", "size": "64x64"})
            assert base_url.startswith("http://127.0.0.1:")
            assert base_url.endswith("/v1")
        with pytest.raises(httpx.ConnectError):
            httpx.get(f"{base_url}/models")
    # ResourceWarnings of forgotten sockets and loops would come up here as errors.
    gc.collect()
    assert set(threading.enumerate()) == before


def test_an_error_inside_the_block_still_stops_the_server() -> None:
    with pytest.raises(KeyError), InProcess() as base_url:
        raise KeyError
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{base_url}/models")


def test_serving_ends_when_cancelled() -> None:
    async def run() -> str:
        ready: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        task = asyncio.create_task(serve_forever(Simulator(), ready.set_result))
        base_url = await ready
        async with httpx.AsyncClient(base_url=base_url) as client:
            assert (await client.get("models")).status_code == 200
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return base_url

    base_url = asyncio.run(run())
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{base_url}/models")


def test_a_port_in_use_cannot_be_listened_on() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(CannotCreate) as caught:
            asyncio.run(serve_forever(Simulator(), print, port=port))
    assert str(port) in caught.value.what
    assert "0" in caught.value.todo


def test_settings_come_from_the_environment() -> None:
    environ = {
        "INTERMT_SIMULATE_SEED": "7",
        "INTERMT_SIMULATE_LATENCY_MS": "2.5",
        "INTERMT_SIMULATE_FAULTS": "500=0.1",
    }
    assert from_environment(environ) == Simulator(7, 2.5, parse_faults("500=0.1"))
    assert from_environment({"INTERMT_SIMULATE_SEED": ""}) == Simulator()


@pytest.mark.parametrize(
    "environ",
    [
        {"INTERMT_SIMULATE_SEED": "x"},
        {"INTERMT_SIMULATE_LATENCY_MS": "-1"},
        {"INTERMT_SIMULATE_LATENCY_MS": "nan"},
        {"INTERMT_SIMULATE_FAULTS": "teapot=1"},
    ],
)
def test_bad_settings_are_usage_errors(environ: dict[str, str]) -> None:
    with pytest.raises(UsageError):
        from_environment(environ)
