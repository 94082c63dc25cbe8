"""`judge` against real llama.cpp and vLLM servers; the README beside says how to run it."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from intermt.dimensions import dimensions_of
from tests.commands.work import Program, conversation, counted, turn, written
from tests.interop.real_servers import (
    ALIAS,
    LLAMA_MODEL,
    LLAMA_SERVER,
    NO_LLAMA,
    NO_VLLM,
    SLOTS,
    VLLM_PYTHON,
    LlamaServer,
    RealServer,
    VllmServer,
    tiny_models,
)

needs_llama = pytest.mark.skipif(not (LLAMA_SERVER and LLAMA_MODEL), reason=NO_LLAMA)
needs_vllm = pytest.mark.skipif(not VLLM_PYTHON, reason=NO_VLLM)
REWARD = ("judge", "--kind", "reward")


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_models(tmp_path_factory.mktemp("models"))


def running(server: LlamaServer | VllmServer) -> Iterator[RealServer]:
    try:
        server.start()
        yield server
    finally:
        server.end()


@pytest.fixture(scope="module")
def llama(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealServer]:
    yield from running(LlamaServer(tmp_path_factory.mktemp("llama")))


@pytest.fixture(scope="module")
def vllm(tmp_path_factory: pytest.TempPathFactory, models: Path) -> Iterator[RealServer]:
    # A model that knows nothing would fill the places where white space may stand with it.
    strict = '{"backend": "xgrammar", "disable_any_whitespace": true}'
    more = ("--structured-outputs-config", strict)
    yield from running(VllmServer(tmp_path_factory.mktemp("vllm"), models / "chat", *more))


@pytest.fixture(scope="module")
def rewarding(tmp_path_factory: pytest.TempPathFactory, models: Path) -> Iterator[RealServer]:
    more = ("--runner", "pooling")
    yield from running(VllmServer(tmp_path_factory.mktemp("reward"), models / "reward", *more))


@pytest.fixture(
    params=[pytest.param("llama", marks=needs_llama), pytest.param("vllm", marks=needs_vllm)]
)
def chat(request: pytest.FixtureRequest) -> RealServer:
    server: RealServer = request.getfixturevalue(request.param)
    return server


@pytest.fixture
def intermt(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Program:
    """A store with two pairs of short conversations, compared by people at both levels."""
    monkeypatch.chdir(tmp_path)
    program = Program(tmp_path / "store", capfd)
    made = []
    for name, answers in (("France", ("Paris.", "Lyon, I think.")), ("Japan", ("Tokyo.", "Kobe."))):
        for number, answer in enumerate(answers):
            made.append(
                conversation(
                    f"{name}{number}",
                    turn(1, f"What is the capital of {name}?", answer, text_quality=3 - number),
                    turn(2, "How many people live there?", f"Many, {number + 2} million."),
                    helpfulness=3 - number,
                    reason_crucial_step_recognition=f"Naming the capital of {name}.",
                )
            )
    program("annotate-import", written(tmp_path / "c.json", made))
    first = """SELECT list(ids) FROM (SELECT list(node_id ORDER BY node_id) AS ids FROM node
               WHERE turn = 1 AND role = 'assistant' GROUP BY parent_id)"""
    whole = """SELECT list(ids) FROM (SELECT list(conversation_id ORDER BY conversation_id) AS ids
               FROM conversation GROUP BY seed_id)"""
    lines = [
        f"x,{a},{b},A,{level}"
        for level, sql in (("local", first), ("global", whole))
        for a, b in counted(program.store, sql)
    ]
    (tmp_path / "v.csv").write_text("\n".join(("rater,answer_a,answer_b,choice,level", *lines, "")))
    program("annotate-import", tmp_path / "v.csv")
    return program


def patient(url: str) -> str:
    """The name of a server that is given time: on a busy machine a reply takes minutes."""
    base, _, model = url.partition("#")
    Path("intermt.toml").write_text(
        f"[servers.real]\nurl = '{base}'\nmodel = '{model}'\nmax_in_flight = {SLOTS}\n"
        "timeout_s = 1200\n"
    )
    return "real"


def table(program: Program, sql: str) -> list[dict[str, Any]]:
    with program.store.reading() as db:
        db.execute(sql)
        names = [column[0] for column in db.description]
        return [dict(zip(names, row, strict=True)) for row in db.fetchall()]


@pytest.mark.parametrize(
    ("task", "level", "n_items", "n_calls"),
    [
        ("score", "local", 8, 8),
        ("score", "global", 4, 4),
        ("pair", "local", 2, 4),
        ("pair", "global", 2, 4),
    ],
)
def test_every_reply_keeps_to_the_schema(
    intermt: Program, chat: RealServer, task: str, level: Any, n_items: int, n_calls: int
) -> None:
    words = ("judge", "--task", task, "--level", level, "--server", patient(chat.url))
    done = intermt(*words).data
    assert (done["n_items"], done["simulated"]) == (n_items, False)
    assert done["calls"]["states"] == {"ok": n_calls}
    assert done["verdicts"]["unparsed"] == done["verdicts"]["failed"] == 0
    known = {dimension.key: dimension for dimension in dimensions_of(level)}
    for call in table(intermt, "SELECT body, text, tokens_in, tokens_out FROM request"):
        form = json.loads(call["body"])["response_format"]["json_schema"]["schema"]
        said = json.loads(call["text"])
        assert set(form["required"]) <= set(said) <= set(form["properties"])
        for name, value in said.items():
            assert value in ("A", "B") if task == "pair" else known[name].allows(value)
        assert call["tokens_in"] > 0
        assert call["tokens_out"] > 0
    found = table(intermt, "SELECT * FROM verdict")
    wanted = set(known) | ({"overall"} if task == "pair" else set())
    assert {verdict["dimension"] for verdict in found} == wanted
    assert {(verdict["state"], verdict["simulated"]) for verdict in found} == {("ok", False)}
    # Every verdict is what the reply says, with the order undone.
    replies = {c["request_key"]: c for c in table(intermt, "SELECT request_key, text FROM request")}
    for verdict in found:
        said = json.loads(replies[verdict["request_key"]]["text"])[verdict["dimension"]]
        if task == "pair":
            first, second = ("a", "b") if verdict["order"] == "a" else ("b", "a")
            assert verdict["choice"] == (first if said == "A" else second)
        else:
            assert verdict["value"] == said
    assert intermt(*words).data["calls"]["states"] == {}
    assert intermt("check").data["findings"] == []


def test_expected_scores_come_from_the_probabilities(intermt: Program, chat: RealServer) -> None:
    words = ("judge", "--task", "score", "--expected-score", "--server", patient(chat.url))
    done = intermt(*words).data
    assert done["verdicts"]["ok"] == 32
    found = table(intermt, "SELECT value, estimate, notes FROM verdict")
    stated = [v for v in found if v["estimate"] is not None]
    assert stated, found[0]["notes"]
    assert all(0 <= v["estimate"] <= 3 for v in stated)
    assert any(v["estimate"] != v["value"] for v in stated)


@needs_llama
def test_crucial_steps_are_described_and_graded(intermt: Program, llama: RealServer) -> None:
    name = patient(llama.url)
    words = ("judge", "--task", "crucial-step", "--server", name, "--grader", name)
    done = intermt(*words, "--max-tokens", 300, code=None)
    assert done.code in (0, 75)
    found = table(intermt, "SELECT state, value, text, notes FROM verdict")
    assert len(found) == 4
    for verdict in found:
        if verdict["state"] == "ok":
            assert 1 <= verdict["value"] <= 5
            assert verdict["text"]
        else:
            # Small models go on and on; what was cut is no description.
            assert any(note.startswith("truncated") for note in verdict["notes"])


# --- reward models -----------------------------------------------------------------------


@needs_vllm
def test_rewards_are_the_numbers_that_the_model_itself_gives(
    intermt: Program, rewarding: RealServer, models: Path
) -> None:
    done = intermt(*REWARD, "--task", "score", "--level", "global", "--server", rewarding.url).data
    assert (done["judge"], done["simulated"]) == (ALIAS, False)
    assert done["verdicts"] == {"ok": 4, "unparsed": 0, "failed": 0}
    found = table(
        intermt,
        "SELECT estimate, body, path FROM verdict JOIN request USING (request_key)",
    )
    assert {call["path"] for call in found} == {"/classify"}
    script = Path(__file__).parent / "tiny_models.py"
    itself = subprocess.run(
        [VLLM_PYTHON, str(script), "rewards", str(models / "reward")],
        input=json.dumps([json.loads(call["body"])["messages"] for call in found]),
        capture_output=True,
        text=True,
        check=True,
    )
    expected = json.loads(itself.stdout.splitlines()[-1])
    assert [call["estimate"] for call in found] == pytest.approx(expected, abs=1e-3)
    assert len({round(value, 3) for value in expected}) > 1
    assert intermt("check").data["findings"] == []


@needs_vllm
def test_both_endpoints_compare_alike(
    intermt: Program, rewarding: RealServer, tmp_path: Path
) -> None:
    url, _, model = rewarding.url.partition("#")
    choices = []
    for endpoint in ("classify", "pooling"):
        (tmp_path / "intermt.toml").write_text(
            f"[servers.rm]\nkind = 'reward'\nurl = '{url}'\nmodel = '{model}'\n"
            f"endpoint = '{endpoint}'\n"
        )
        for level in ("local", "global"):
            words = (*REWARD, "--task", "pair", "--level", level, "--server", "rm")
            done = intermt(*words, "--name", endpoint).data
            assert done["calls"]["states"] == {"ok": 4}
            assert intermt(*words, "--name", endpoint).data["calls"]["states"] == {}
        sql = f"""SELECT level, a_id, choice, estimate FROM verdict
                  JOIN rater ON rater_id = judge_id WHERE name = '{endpoint}' ORDER BY ALL"""
        choices.append([tuple(row.values()) for row in table(intermt, sql)])
    assert len(choices[0]) == 4
    assert [row[:3] for row in choices[0]] == [row[:3] for row in choices[1]]
    assert [row[3] for row in choices[0]] == pytest.approx([row[3] for row in choices[1]], abs=1e-3)


@needs_vllm
def test_a_classifier_of_three_is_no_reward_model(
    intermt: Program, tmp_path_factory: pytest.TempPathFactory, models: Path
) -> None:
    folder = tmp_path_factory.mktemp("classes")
    for server in running(VllmServer(folder, models / "classes", "--runner", "pooling")):
        done = intermt(*REWARD, "--task", "score", "--server", server.url, code=76)
        assert "3 numbers" in done.answer["errors"][0]["message"]


@needs_vllm
def test_a_chat_server_is_no_reward_model(intermt: Program, vllm: RealServer) -> None:
    done = intermt(*REWARD, "--task", "score", "--server", vllm.url, code=76)
    assert "neither /classify nor /pooling" in done.answer["errors"][0]["message"]
