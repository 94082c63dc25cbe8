"""Calls that are over a limit of their server."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from intermt.commands import generate
from intermt.commands.answering import GrowthPlan
from intermt.commands.context_limits import LimitRule, fitted
from intermt.config import Server, load_config
from intermt.domain.prompts import load_prompts
from intermt.records import Call, ImagePart, Message, TextPart
from intermt.servers.chat import chat_call
from intermt.servers.tool_calls import ToolCall, ToolRound, with_tools
from intermt.simulator import InProcess
from intermt.store.connect import Store
from tests.commands.work import Silent, counted, put_pictures, taking, written

MESSAGES = tuple(
    Message("user", (TextPart(f"[picture {n}]"), ImagePart(f"{n:064x}", key="k"))) for n in range(5)
)


def asked(rule: LimitRule, *messages: Message, made: tuple[str, ...] = (), **limits: Any) -> Any:
    server = Server("s", "chat", ("http://127.0.0.1:1/v1",), **limits)
    calls = tuple(ToolCall(f"c{n}", "draw", {}, "{}") for n in range(len(made)))
    numbered = tuple(enumerate(made, start=6))
    rounds = [ToolRound("", calls, ("There.",) * len(made), numbered)] if made else []

    def build(told: Sequence[Message], max_image_px: int | None, n_unseen: int) -> Call:
        call = chat_call(
            server, told, model="m", temperature=0, max_tokens=50, max_image_px=max_image_px
        )
        if not rounds:
            return call
        return with_tools(server, call, ("draw",), rounds, is_last=False, n_unseen=n_unseen)

    return fitted(rule, server, messages or MESSAGES, build, len(made))


@pytest.mark.parametrize("rule", ["fail", "shrink", "drop-oldest"])
def test_within_the_limits_nothing_is_changed(rule: LimitRule) -> None:
    for limits in ({}, {"max_images": 5}, {"max_context_tokens": 100_000}):
        found = asked(rule, **limits)
        assert (len(found.call.images), found.call.max_image_px, found.notes) == (5, None, ())


def test_fail_leaves_the_call_to_be_rejected() -> None:
    assert asked("fail", max_images=2).call == asked("fail").call


@pytest.mark.parametrize(("room", "side"), [(2500, 512), (1000, 256)])
def test_shrink_halves_the_pictures_until_they_fit(room: int, side: int) -> None:
    found = asked("shrink", max_context_tokens=room)
    assert found.call.max_image_px == side
    assert len(found.call.images) == 5
    assert f"{side} px" in found.notes[0]
    assert f"max_context_tokens = {room}" in found.notes[0]


def test_shrink_does_not_help_against_too_many_pictures_or_too_long_a_text() -> None:
    assert asked("shrink", max_images=2).call == asked("fail").call
    assert asked("shrink", max_context_tokens=300).notes == ()


def test_the_oldest_pictures_are_left_out_with_a_note_in_their_place() -> None:
    found = asked("drop-oldest", max_images=2)
    assert found.call.images == (f"{3:064x}", f"{4:064x}")
    texts = str(found.call.body["messages"][:3])
    assert texts.count("left out here") == 3
    assert "[picture 0]" in texts
    assert found.notes[0].startswith("the 3 oldest of 5 pictures left out: 5 pictures, but")
    fewer = asked("drop-oldest", max_context_tokens=3000)
    assert len(fewer.call.images) == 2
    text = Message("user", (TextPart("x" * 9999),))
    assert asked("drop-oldest", text, max_context_tokens=99).notes == ()


def test_pictures_that_tools_made_for_the_answer_go_last() -> None:
    made = ("a" * 64, "b" * 64, "c" * 64)
    found = asked("drop-oldest", made=made, max_images=4)
    assert found.call.images == (f"{4:064x}", *made)
    found = asked("drop-oldest", made=made, max_images=1)
    assert found.call.images == ("c" * 64,)
    told = str(found.call.body["messages"][-1])
    assert "[picture 6 is there, but cannot be shown here]" in told
    assert "[picture 7 is there, but cannot be shown here]" in told
    assert "[picture 8]" in told
    assert found.notes[0].startswith("the 7 oldest of 8 pictures left out")


@pytest.mark.parametrize(
    ("rule", "unfinished", "notes"),
    [("fail", 1, 0), ("shrink", 1, 0), ("drop-oldest", 0, 1)],
)
def test_a_seed_with_too_many_pictures(
    tmp_path: Path, rule: LimitRule, unfinished: int, notes: int
) -> None:
    names = [f"{n}.png" for n in range(4)]
    put_pictures(tmp_path, *names)
    source = written(tmp_path / "s.jsonl", [{"id": "s", "text": "Compare them.", "images": names}])
    store = Store(tmp_path / "store")
    with InProcess() as url:
        limits = "max_images = 2\nmax_context_tokens = 9999\n"
        config = f"[servers.a]\nurl = '{url}'\nmodel = 'm'\n{limits}"
        (tmp_path / "intermt.toml").write_text(config)
        server = load_config(tmp_path / "intermt.toml").server("a", "chat")
        plan = GrowthPlan(
            answer=(server,), user=server, draw=None, prompts=load_prompts(),
            n_turns=1, n_candidates=1, limit_context=rule,
        )  # fmt: skip
        setup = generate.GenerateConfig(taking(source), plan, stop_error_rate=1.0)
        result = generate.run(store, setup, Silent())
    assert result.n_unfinished == unfinished
    assert counted(store, "SELECT count(*) FROM node WHERE len(notes) > 0") == notes
    if unfinished:
        error = counted(store, "SELECT error FROM request WHERE state = 'rejected'")
        assert "max_images = 2" in error
    else:
        assert "oldest" in counted(store, "SELECT notes[1] FROM node WHERE role = 'assistant'")
        # The record of the conversation keeps all four.
        assert counted(store, "SELECT n_images FROM node WHERE role = 'user'") == 4
