"""Expected scores from a server's token probabilities, and servers that give none."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from intermt.simulator import InProcess
from tests.commands.judge_stores import LOCAL, fill, wanted
from tests.commands.serving import error, said, serving
from tests.commands.work import Program, counted, rows

Token = tuple[str, Mapping[str, float]]

LIKELY = {"3": 0.5, "2": 0.3, "1": 0.1, "the": 0.05}
MEAN = (3 * 0.5 + 2 * 0.3 + 0.1) / 0.9


@pytest.fixture
def filled(intermt: Program, tmp_path: Path) -> Program:
    return fill(intermt, tmp_path, 2)


def _entry(token: str, probability: float) -> dict[str, Any]:
    return {"token": token, "logprob": math.log(probability), "bytes": list(token.encode())}


def with_tokens(tokens: Sequence[Token]) -> web.Response:
    """A reply as OpenAI and vLLM send it with `logprobs`."""
    content = [
        _entry(token, likely.get(token, 1.0))
        | {"top_logprobs": [_entry(*t) for t in likely.items()]}
        for token, likely in tokens
    ]
    choice = {
        "index": 0,
        "message": {"role": "assistant", "content": "".join(token for token, _ in tokens)},
        "logprobs": {"content": content, "refusal": None},
        "finish_reason": "stop",
    }
    return web.json_response({"model": "tiny", "choices": [choice]})


def json_tokens(names: Sequence[str], score: Callable[[str], Token]) -> list[Token]:
    tokens: list[Token] = []
    for name in names:
        tokens += [("{" if not tokens else ", ", {}), (f'"{name}":', {}), score(name)]
    return [*tokens, ("}", {})]


def estimates(intermt: Program) -> dict[str, tuple[Any, ...]]:
    sql = "SELECT dimension, any_value(value), any_value(estimate), any_value(notes) FROM verdict"
    with intermt.store.reading() as db:
        found = db.execute(f"{sql} GROUP BY dimension").fetchall()
    return {dimension: tuple(rest) for dimension, *rest in found}


def test_the_estimate_stands_beside_the_stated_score(filled: Program) -> None:
    async def answer(body: dict[str, Any]) -> web.Response:
        # Spaces and commas belong to tokens differently from model to model.
        forms: dict[str, Token] = {
            LOCAL[0]: (" 3", {f" {t}": p for t, p in LIKELY.items()}),
            LOCAL[1]: ("3", LIKELY),
            LOCAL[2]: (" 3", {" 3": 0.5, "2": 0.3, " 1": 0.1, " 33": 0.05}),
            LOCAL[3]: (" 0", {" 0": 1.0}),
        }
        return with_tokens(json_tokens(wanted(body), forms.__getitem__))

    with serving(answer) as served:
        done = filled("judge", "--task", "score", "--server", served.url, "--expected-score")
        assert done.data["judge"] == "tiny+expected"
        again = filled("judge", "--task", "score", "--server", served.url, "--expected-score")
        assert again.data["run_id"] is None
    assert {(b["logprobs"], b["top_logprobs"]) for b in served.asked} == {(True, 20)}
    found = estimates(filled)
    for name in LOCAL[:3]:
        assert found[name][:2] == (3, pytest.approx(MEAN))
        assert found[name][2] == ["probability on scores: 0.900"]
    assert found[LOCAL[3]] == (0, 0.0, ["probability on scores: 1.000"])


def test_without_it_nobody_asks_for_probabilities(filled: Program) -> None:
    with InProcess() as url:
        filled("judge", "--task", "score", "--server", url)
    assert counted(filled.store, "SELECT count(estimate) FROM verdict") == 0
    sql = "SELECT count(*) FROM request WHERE body::VARCHAR LIKE '%logprobs%'"
    assert counted(filled.store, sql) == 0


def _asked(body: Mapping[str, Any]) -> list[str]:
    return wanted(body) if "response_format" in body else list(LOCAL)


async def _ignores(body: dict[str, Any]) -> web.Response:
    return said(json.dumps(dict.fromkeys(_asked(body), 2)))


async def _other_tokens(body: dict[str, Any]) -> web.Response:
    reply = with_tokens([("nonsense", {"nonsense": 1.0})])
    data = json.loads(bytes(reply.body))  # type: ignore[arg-type]
    data["choices"][0]["message"]["content"] = json.dumps(dict.fromkeys(_asked(body), 2))
    return web.json_response(data)


async def _refuses(body: dict[str, Any]) -> web.Response:
    if "logprobs" in body:
        return error(400, "logprobs are not supported by this model")
    return await _ignores(body)


async def _refuses_everything(body: dict[str, Any]) -> web.Response:
    if "response_format" in body:
        return error(400, "json_schema is not supported")
    return await _refuses(body)


NO_TOKENS = "no expected score: the server gives no probabilities of tokens"


@pytest.mark.parametrize(
    ("answer", "notes", "rejected"),
    [
        (_ignores, [NO_TOKENS], 0),
        (_other_tokens, ["no expected score: the tokens do not make up the reply"], 0),
        (_refuses, [NO_TOKENS], 1),
        (_refuses_everything, ["the server took no JSON schema", NO_TOKENS], 2),
    ],
)
def test_where_there_are_none_there_is_no_estimate_and_a_note(
    filled: Program, answer: Callable[..., Any], notes: list[str], rejected: int
) -> None:
    with serving(answer) as served:
        done = filled("judge", "--task", "score", "--server", served.url, "--expected-score")
    assert done.data["calls"]["states"].get("rejected", 0) == rejected
    assert set(estimates(filled)) == set(LOCAL)
    for value, estimate, said_of in estimates(filled).values():
        assert (value, estimate, said_of) == (2, None, notes)


@pytest.mark.parametrize(
    ("most", "message"),
    [
        (5, "Requested sample logprobs of 20, which is greater than max allowed: 5"),
        (4, "'top_logprobs' must be between 0 and 4"),
    ],
)
def test_a_server_with_a_lower_limit_is_asked_for_fewer(
    filled: Program, most: int, message: str
) -> None:
    async def answer(body: dict[str, Any]) -> web.Response:
        if body["top_logprobs"] > most:
            return error(400, message)
        return with_tokens(json_tokens(wanted(body), lambda _: ("3", LIKELY)))

    with serving(answer) as served:
        filled("judge", "--task", "score", "--server", served.url, "--expected-score")
    assert [body["top_logprobs"] for body in served.asked] == [20, *[most] * 4]
    for value, estimate, notes in estimates(filled).values():
        assert (value, estimate) == (3, pytest.approx(MEAN))
        assert notes == [
            f"the server names no more than {most} likely tokens",
            "probability on scores: 0.900",
        ]


def test_replies_in_prose_have_expected_scores_too(filled: Program) -> None:
    async def answer(_: dict[str, Any]) -> web.Response:
        tokens: list[Token] = [("I looked at 2 pictures.\n", {})]
        for name in LOCAL:
            tokens += [(f"{name}:", {}), (" ", {}), ("3", LIKELY), ("/3\n", {})]
        return with_tokens(tokens)

    with serving(answer) as served:
        filled("judge", "--task", "score", "--server", served.url, "--expected-score")
    for value, estimate, notes in estimates(filled).values():
        assert (value, estimate) == (3, pytest.approx(MEAN))
        assert notes == [
            "the server did not keep to the JSON schema",
            "probability on scores: 0.900",
        ]


def test_minus_one_stays_what_it_is(filled: Program) -> None:
    async def answer(body: dict[str, Any]) -> web.Response:
        def score(name: str) -> Token:
            if name == "style_coherence":
                return ("-1", {"-1": 0.6, "2": 0.4})
            return ("2", {"2": 0.75, "1": 0.25})

        return with_tokens(json_tokens(wanted(body), score))

    with serving(answer) as served:
        words = ("judge", "--task", "score", "--level", "global", "--server", served.url)
        filled(*words, "--expected-score")
    found = estimates(filled)
    assert found["style_coherence"][:2] == (-1, -1.0)
    assert found["helpfulness"][:2] == (2, 1.75)


def test_grades_are_estimated_too(filled: Program) -> None:
    async def describe_or_grade(body: dict[str, Any]) -> web.Response:
        if "response_format" not in body:
            assert "logprobs" not in body
            return said("First the cause, then the count.")
        return with_tokens([('{"grade": ', {}), ("4", {"4": 0.5, "5": 0.25, "0": 0.25}), ("}", {})])

    with serving(describe_or_grade) as served:
        words = ("judge", "--task", "crucial-step", "--server", served.url)
        filled(*words, "--grader", served.url, "--expected-score")
    (value, estimate, notes) = estimates(filled)["crucial_step_recognition"]
    assert (value, estimate) == (4, pytest.approx(13 / 3))
    assert notes == ["graded by tiny", "probability on scores: 0.750"]


def test_the_stand_in_gives_probabilities(filled: Program) -> None:
    with InProcess() as url:
        filled("judge", "--task", "score", "--server", url, "--expected-score")
        before = rows(filled.store, "verdict")
        assert counted(filled.store, "SELECT count(*) - count(estimate) FROM verdict") == 0
    sql = "SELECT max(abs(estimate - value)), min(abs(estimate - value)) FROM verdict"
    with filled.store.reading() as db:
        ((most, least),) = db.execute(sql).fetchall()
    assert 0 < least < most < 1.5
    # The estimates are read off the stored reply, so they come out the same once more.
    with filled.store.writing() as db:
        db.execute("DELETE FROM verdict")
    with InProcess() as url:
        again = filled("judge", "--task", "score", "--server", url, "--expected-score")
        assert again.data["calls"]["states"] == {}
    assert rows(filled.store, "verdict") == before


def test_comparisons_have_no_expected_score(filled: Program) -> None:
    done = filled("judge", "--task", "pair", "--server", "builtin", "--expected-score", code=2)
    assert "comparison" in done.answer["errors"][0]["message"]
