"""The stand-in as a reward model: vLLM's two endpoints, beside /v1 and under it."""

from __future__ import annotations

import math
import statistics
from typing import Any

import httpx
import pytest

from intermt.simulator import InProcess, Simulator, phrases, quality
from intermt.simulator.dice import Dice
from intermt.simulator.wire import FINGERPRINT
from tests.simulator.asking import QUESTION, plain_png, user

ANSWERS = [phrases.answer("tap", Dice.of("answer", n), pictures=False) for n in range(120)]


def talk(*answers: str) -> list[dict[str, Any]]:
    return [m for a in answers for m in (user(QUESTION), {"role": "assistant", "content": a})]


def rewarded(client: httpx.Client, path: str, messages: Any, **options: Any) -> float:
    """The number in the reply, which must be of vLLM's form."""
    url = f"{str(client.base_url).removesuffix('/v1/')}/{path}"
    body = {"messages": messages, "use_activation": False, **options}
    response = client.post(url, json=body)
    assert response.status_code == 200, response.text
    assert response.headers["X-Intermt-Simulated"] == "1"
    reply = response.json()
    assert reply["system_fingerprint"] == FINGERPRINT
    (entry,) = reply["data"]
    if path.endswith("pooling"):
        assert entry["object"] == "pooling"
        (value,) = entry["data"]
    else:
        assert entry["num_classes"] == 1
        (value,) = entry["probs"]
    assert isinstance(value, float)
    return value


def test_both_endpoints_say_the_same_beside_v1_and_under_it(client: httpx.Client) -> None:
    messages = talk(ANSWERS[0])
    paths = ("classify", "pooling", "v1/classify", "v1/pooling")
    values = {rewarded(client, path, messages) for path in paths}
    assert len(values) == 1
    (value,) = values
    activated = rewarded(client, "classify", messages, use_activation=True)
    assert activated == pytest.approx(1 / (1 + math.exp(-value)))
    assert rewarded(client, "classify", messages, use_activation=None) == activated


def test_rewards_follow_the_quality_of_answers_with_noise(client: httpx.Client) -> None:
    values = [rewarded(client, "classify", talk(answer)) for answer in ANSWERS]
    latent = [quality(answer) for answer in ANSWERS]
    assert 0.5 < statistics.correlation(values, latent) < 0.97
    with InProcess(Simulator(judge_noise=0)) as url, httpx.Client(base_url=url) as exact:
        clear = [rewarded(exact, "classify", talk(answer)) for answer in ANSWERS[:20]]
        assert statistics.correlation(clear, latent[:20]) == pytest.approx(1)
        better, worse = (pick(ANSWERS, key=quality) for pick in (max, min))
        last = rewarded(exact, "pooling", talk(worse, better))
        assert last > rewarded(exact, "pooling", talk(better, worse))


def test_models_and_pictures_count(client: httpx.Client) -> None:
    plain = talk(ANSWERS[1])
    seen = [user(QUESTION, plain_png()), plain[1]]
    values = {
        rewarded(client, "classify", plain),
        rewarded(client, "classify", plain, model="simulated-reward"),
        rewarded(client, "classify", seen),
        rewarded(client, "classify", [user(QUESTION, plain_png(colour="red")), plain[1]]),
    }
    assert len(values) == 4
    assert rewarded(client, "classify", seen) in values


def test_texts_get_a_number_each(client: httpx.Client) -> None:
    reply = client.post("pooling", json={"input": ANSWERS[:3]}).json()
    assert [entry["index"] for entry in reply["data"]] == [0, 1, 2]
    assert all(0 < entry["data"][0] < 1 for entry in reply["data"])


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"messages": []},
        {"messages": [{"role": "nobody", "content": "x"}]},
        {"input": []},
        {"input": [[1, 2]]},
        {"input": "x", "encoding_format": "base64"},
        {"input": "x", "use_activation": "no"},
    ],
)
def test_what_cannot_be_meant_is_refused(client: httpx.Client, body: dict[str, Any]) -> None:
    response = client.post("classify", json=body)
    assert response.status_code == 400
    assert response.json()["error"]["message"]
