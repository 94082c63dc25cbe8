from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from intermt.errors import InputError, MissingInputError
from intermt.simulator import InProcess, Simulator, from_environment, parse_faults, read_replay
from intermt.simulator.wire import FINGERPRINT, HEADER, MARK
from tests.simulator.asking import QUESTION, chat, plain_png, said, user

ANSWER = "Close the water first.\n< Image, the valve> Then  open the tap.\n"
NEXT = "Which valve is it?"
RECORDED = [
    {"question": QUESTION, "answer": ANSWER, "next": NEXT},
    {"question": NEXT, "answer": "The left one."},
    {"question": NEXT, "answer": "The one on the wall."},
]


def recording(path: Path, rows: list[Any]) -> Path:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))
    return path


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    file = recording(tmp_path_factory.mktemp("replay") / "answers.jsonl", RECORDED)
    settings = Simulator(replay=read_replay(file))
    with InProcess(settings) as url, httpx.Client(base_url=url, timeout=10) as client:
        yield client


def heard(*messages: dict[str, Any]) -> dict[str, Any]:
    """What a simulated user is asked, in the way `generate` asks it."""
    shown = "\n".join(
        f"### Turn 1, {m['role']}\n<<< mark-1\n{m['content']}\n>>> mark-1" for m in messages
    )
    return user(f"{shown}\nWrite the user's next message, or [END].")


AS_USER = {"role": "system", "content": "You play the user and write what the user says next."}


def test_a_recorded_answer_is_given_word_for_word(client: httpx.Client) -> None:
    response = client.post("chat/completions", json={"messages": [user(QUESTION)]})
    assert said(response.json()) == ANSWER
    assert response.json()["system_fingerprint"] == FINGERPRINT
    assert response.headers[HEADER] == "1"


def test_only_the_last_message_decides(client: httpx.Client) -> None:
    before = [{"role": "system", "content": "Be brief."}, user("Hello!")]
    before.append({"role": "assistant", "content": "Hello."})
    assert said(chat(client, *before, user(QUESTION))) == ANSWER
    after = [user(QUESTION), {"role": "assistant", "content": ANSWER}, user("Thanks, and now?")]
    assert said(chat(client, *after)).startswith(MARK)


def test_pictures_and_the_notes_around_them_do_not_count(client: httpx.Client) -> None:
    notes = "[Pictures shown with your previous answer, in order:]\n[picture 2]\n"
    missing = "[picture missing: <Image, a tap> (not drawn: refused)]\n"
    asked = user(f"{notes}{missing} {QUESTION.replace(' ', '  ')}\n", plain_png())
    assert said(chat(client, asked)) == ANSWER


def test_no_tool_is_called_where_an_answer_was_recorded(client: httpx.Client) -> None:
    function = {"name": "draw", "parameters": {"type": "object", "properties": {}}}
    tools = [{"type": "function", "function": function}]
    for seed in range(20):
        reply = chat(client, user(QUESTION), tools=tools, seed=seed)
        assert said(reply) == ANSWER
        assert reply["choices"][0]["finish_reason"] == "stop"


def test_each_request_gets_one_of_several_answers_always_the_same(client: httpx.Client) -> None:
    given = [said(chat(client, user(NEXT), seed=seed)) for seed in range(20)]
    assert given == [said(chat(client, user(NEXT), seed=seed)) for seed in range(20)]
    assert set(given) == {"The left one.", "The one on the wall."}


def test_a_simulated_user_says_what_came_next(client: httpx.Client) -> None:
    answer = {"role": "assistant", "content": ANSWER.replace("> Then", ">\nThen")}
    assert said(chat(client, AS_USER, heard(user(QUESTION), answer))) == NEXT
    other = {"role": "assistant", "content": "Call a plumber."}
    assert said(chat(client, AS_USER, heard(user(QUESTION), other))).startswith(MARK)


def test_limits_and_stops_cut_recorded_answers(client: httpx.Client) -> None:
    cut = chat(client, user(QUESTION), max_tokens=2)
    assert cut["choices"][0]["finish_reason"] == "length"
    assert ANSWER.startswith(said(cut))
    assert said(chat(client, user(QUESTION), stop=" Then")) == ANSWER.partition(" Then")[0]


def test_faults_befall_recorded_answers(tmp_path: Path) -> None:
    file = recording(tmp_path / "a.jsonl", RECORDED)
    settings = Simulator(faults=parse_faults("empty=1"), replay=read_replay(file))
    with InProcess(settings) as url, httpx.Client(base_url=url, timeout=10) as client:
        assert said(chat(client, user(QUESTION))) == ""


def test_line_separators_inside_a_text_end_no_line(tmp_path: Path) -> None:
    odd = "one\u2028two\x85three"
    replay = read_replay(recording(tmp_path / "a.jsonl", [{"question": "q?", "answer": odd}]))
    assert list(replay.answers.values()) == [(odd,)]


def test_a_recording_is_named_in_the_environment(tmp_path: Path) -> None:
    file = recording(tmp_path / "a.jsonl", RECORDED)
    settings = from_environment({"INTERMT_SIMULATE_REPLAY": str(file)})
    assert settings == Simulator(replay=read_replay(file))
    assert settings != Simulator()


@pytest.mark.parametrize(
    ("text", "line", "why"),
    [
        ("", None, "no answers"),
        ("\n\n", None, "no answers"),
        ('{"question": "q", "answer": "a"}\nnot JSON\n', 2, "no JSON"),
        ("[1]\n", 1, "object"),
        ('{"question": "q"}\n', 1, "answer"),
        ('{"question": " ", "answer": "a"}\n', 1, "question"),
        ('{"question": "q", "answer": "a", "next": 3}\n', 1, "next"),
        ('{"question": "q", "answer": "\\ud800"}\n', 1, "JSON"),
    ],
)
def test_a_bad_line_is_named(tmp_path: Path, text: str, line: int | None, why: str) -> None:
    file = tmp_path / "a.jsonl"
    file.write_text(text)
    with pytest.raises(InputError) as caught:
        read_replay(file)
    assert why in caught.value.what
    assert caught.value.where == (f"{file}:{line}" if line else str(file))


def test_a_recording_that_is_not_there(tmp_path: Path) -> None:
    for path in (tmp_path / "gone.jsonl", tmp_path):
        with pytest.raises(MissingInputError):
            read_replay(path)
