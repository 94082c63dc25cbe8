"""Answers with tools: what they call, what their tags become, and what is written down."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from intermt.commands import generate
from intermt.commands.answering import GrowthPlan
from intermt.commands.local_pictures import open_local_pictures
from intermt.config import Server
from intermt.domain.prompts import load_prompts
from intermt.records import ImagePart, TextPart, ToolUse
from intermt.simulator import InProcess, Simulator, parse_faults
from intermt.store.connect import Store
from intermt.store.rows import from_tuple, select_list
from intermt.store.trees import nodes
from tests.commands.serving import Served, error, said, serving
from tests.commands.work import (
    Silent,
    counted,
    ended,
    put_pictures,
    rows,
    seeds,
    server,
    stand_in,
    start,
    stats,
    taking,
    written,
)

KEPT = ("seed", "node", "conversation", "picture_use", "image", "tool_use")


def calling(*calls: tuple[str, dict[str, Any]], text: str | None = None) -> web.Response:
    made = [
        {
            "id": f"c{n}",
            "type": "function",
            "function": {"name": name, "arguments": json.dumps(arguments)},
        }
        for n, (name, arguments) in enumerate(calls)
    ]
    message = {"role": "assistant", "content": text, "tool_calls": made}
    return web.json_response(
        {"model": "tiny", "choices": [{"message": message, "finish_reason": "tool_calls"}]}
    )


class Model:
    """A chat server that says one thing after the other of each conversation."""

    def __init__(self, *turns: web.Response | Callable[[], web.Response]) -> None:
        self._turns = turns

    async def __call__(self, body: dict[str, Any]) -> web.Response:
        n_rounds = sum(m["role"] == "assistant" and "tool_calls" in m for m in body["messages"])
        turn = self._turns[min(n_rounds, len(self._turns) - 1)]
        assert callable(turn)
        return turn()


class Trial:
    """One seed question with one picture, answered once by a scripted model."""

    def __init__(self, tmp_path: Path, stack: ExitStack) -> None:
        put_pictures(tmp_path / "in", "seed.png")
        self.source = written(
            tmp_path / "in" / "s.jsonl",
            [{"id": "s", "text": "Show me more of this.", "images": ["seed.png"]}],
        )
        self.store = Store(tmp_path / "store")
        self._stack = stack

    def tool(self, kind: str, faults: str = "") -> Server:
        url = self._stack.enter_context(InProcess(Simulator(faults=parse_faults(faults))))
        found: Server = server(url, kind)
        return found

    def model(self, answer: Any) -> Served:
        return self._stack.enter_context(serving(answer))

    def grow(self, served: Served, **more: Any) -> generate.GenerateResult:
        options = {"n_turns": 1, "n_candidates": 1, **more}
        plan = GrowthPlan(
            answer=(server(served.url),),
            user=server(served.url),
            draw=options.pop("draw", None),
            prompts=load_prompts(),
            **options,
        )
        config = generate.GenerateConfig(taking(self.source), plan, stop_error_rate=1.0)
        return generate.run(self.store, config, Silent())

    def uses(self) -> list[ToolUse]:
        with self.store.reading() as db:
            found = db.execute(
                f"SELECT {select_list(ToolUse, 't')} FROM tool_use t"
                " ORDER BY position NULLS LAST, tool_use_id"
            ).fetchall()
        return [from_tuple(ToolUse, row) for row in found]

    def parts(self) -> list[Any]:
        """The answer: texts as they are, pictures as their tags."""
        key = counted(self.store, "SELECT node_id FROM node WHERE role = 'assistant'")
        with self.store.reading() as db:
            return list(nodes(db, [key])[key].parts)


@pytest.fixture
def trial(tmp_path: Path) -> Any:
    with ExitStack() as stack:
        yield Trial(tmp_path, stack)


def shape(parts: list[Any]) -> list[str | None]:
    return [
        p.text if isinstance(p, TextPart) else p.tag if p.sha256 else f"missing: {p.missing}"
        for p in parts
    ]


# --- tags --------------------------------------------------------------------------------


def test_tags_go_to_the_tool_that_fits_and_the_reason_is_kept(trial: Trial) -> None:
    text = (
        "See <Image, the original image with a red circle>, <Image, photo of the Matterhorn>"
        " and < Image, a diagram of the lake>, or <Image, picture 1>."
    )
    served = trial.model(Model(lambda: said(text)))
    tools = {kind: trial.tool(kind) for kind in ("draw", "edit", "retrieve")}
    assert trial.grow(served, **tools).n_unfinished == 0
    uses = trial.uses()
    assert [u.tool for u in uses] == ["edit", "retrieve", "draw", "show"]
    assert all(u.state == "ok" and u.image_sha256 and u.reason for u in uses)
    seed_picture = counted(trial.store, "SELECT sha256 FROM picture_use WHERE name = 'seed.png'")
    assert [u.source_sha256 for u in uses] == [seed_picture, None, None, seed_picture]
    assert "the original" in uses[0].reason
    pictures = [p for p in trial.parts() if isinstance(p, ImagePart)]
    assert [p.sha256 for p in pictures] == [u.image_sha256 for u in uses]
    assert [trial.parts()[u.position or 0] for u in uses] == pictures
    assert counted(trial.store, "SELECT [n_tags, n_stray_tags] FROM node WHERE n_tags > 0") == [
        3,
        1,
    ]
    kinds = "SELECT list(kind ORDER BY kind) FROM request WHERE kind <> 'chat'"
    assert counted(trial.store, kinds) == ["draw", "edit", "retrieve"]
    # An edit is known by its picture, instruction and server.
    assert [u.simulated for u in uses] == [True, True, True, False]


def test_without_an_edit_server_the_tag_is_drawn_and_that_is_said(trial: Trial) -> None:
    served = trial.model(Model(lambda: said("<Image, the original image in blue>")))
    trial.grow(served, draw=trial.tool("draw"))
    (use,) = trial.uses()
    assert (use.tool, use.source_sha256) == ("draw", None)
    assert "no tool to edit" in use.reason


def test_a_tag_that_no_tool_can_serve_stays_with_the_reason(trial: Trial) -> None:
    served = trial.model(Model(lambda: said("Look: <Image, a fox>")))
    assert trial.grow(served, edit=trial.tool("edit")).n_unfinished == 0
    assert shape(trial.parts())[1].startswith("missing: no tool: ")  # type: ignore[union-attr]
    (use,) = trial.uses()
    assert (use.tool, use.state, use.image_sha256) == ("none", "unavailable", None)


def test_a_tag_that_names_a_picture_that_is_not_there_stays_with_the_reason(trial: Trial) -> None:
    text = "See <Image, picture 3>, <Image, the second picture but in blue>, <Image, 3 kites>."
    trial.grow(trial.model(Model(lambda: said(text))), draw=trial.tool("draw"))
    there = "there is pictures 1 to 1"
    assert shape(trial.parts()) == [
        "See ",
        f"missing: there is no picture 3; {there}",
        ", ",
        f"missing: there is no picture 2; {there}",
        ", ",
        "<Image, 3 kites>",
        ".",
    ]
    uses = trial.uses()
    assert [(use.tool, use.state, use.position) for use in uses] == [
        ("none", "invalid", 1),
        ("none", "invalid", 3),
        ("draw", "ok", 5),
    ]
    assert uses[0].reason == 'names a picture that is not there: "picture 3"'
    before = rows(trial.store, *KEPT)
    # Nobody is asked for it again.
    again = trial.grow(trial.model(Model(lambda: said(text))), draw=trial.tool("draw"))
    assert (again.calls.states["ok"], again.no_picture) == (0, {"invalid": 2})
    assert rows(trial.store, *KEPT) == before


def test_the_text_around_tags_stays_as_it_was_written(trial: Trial) -> None:
    text = "\n  First <Image, a lake>\tthen\r\n\n<Image, a hill>  \n\n"
    trial.grow(trial.model(Model(lambda: said(text))), draw=trial.tool("draw"))
    parts = ["\n  First ", "<Image, a lake>", "\tthen\r\n\n", "<Image, a hill>", "  \n\n"]
    assert shape(trial.parts()) == parts


def test_without_any_tool_tags_stay_text(trial: Trial) -> None:
    served = trial.model(Model(lambda: said("Look: <Image, a fox>")))
    trial.grow(served)
    assert shape(trial.parts()) == ["Look: <Image, a fox>"]
    assert trial.uses() == []
    assert all("tools" not in body for body in served.asked)


def test_what_is_not_found_is_drawn(trial: Trial) -> None:
    served = trial.model(Model(lambda: said("<Image, photo of the Matterhorn>")))
    nothing = trial.tool("retrieve", "empty=1")
    trial.grow(served, draw=trial.tool("draw"), retrieve=nothing)
    (use,) = trial.uses()
    assert (use.tool, use.state) == ("draw", "ok")
    assert "nothing found to retrieve" in use.reason
    # That nothing was found is an answer: it is not asked for again.
    assert trial.grow(served, draw=trial.tool("draw"), retrieve=nothing).calls.made == 0


def test_a_folder_in_place_of_a_retrieval_server(trial: Trial, tmp_path: Path) -> None:
    put_pictures(tmp_path / "photos", "f.png", "m.png")
    (tmp_path / "photos" / "captions.txt").write_text(
        "f.png\tA red fox\nm.png\tThe Matterhorn above Zermatt\n"
    )
    text = "<Image, photo of the Matterhorn> and <Image, photo of Lake Baikal in winter>"
    served = trial.model(Model(lambda: said(text)))
    folder = open_local_pictures(tmp_path / "photos")
    assert trial.grow(served, draw=trial.tool("draw"), pictures=folder).n_unfinished == 0
    found, drawn = trial.uses()
    assert (found.tool, found.request_key, found.simulated) == ("retrieve", None, False)
    assert "m.png" in found.reason
    assert (
        trial.store.images.read(found.image_sha256 or "")
        == (tmp_path / "photos" / "m.png").read_bytes()
    )
    assert (drawn.tool, drawn.state) == ("draw", "ok")
    assert counted(trial.store, "SELECT count(*) FROM image WHERE NOT simulated") == 2


# --- tool calls --------------------------------------------------------------------------


def test_called_tools_bring_pictures_that_stand_where_the_model_puts_them(trial: Trial) -> None:
    served = trial.model(
        Model(
            lambda: calling(
                ("draw", {"caption": "a fox"}), ("draw", {"caption": "a den"}), text="Wait."
            ),
            lambda: calling(("edit", {"picture": 2, "instruction": "at night"})),
            lambda: said("By night <Image, picture 4> and <Image, a den>. Done."),
        )
    )
    trial.grow(served, draw=trial.tool("draw"), edit=trial.tool("edit"))
    assert shape(trial.parts()) == [
        "Wait.\n\nBy night ", "<Image, picture 4>", " and ", "<Image, a den>", ". Done.", None,
    ]  # fmt: skip
    night, den, fox = trial.uses()
    assert [u.ask for u in (night, den, fox)] == ["at night", "a den", "a fox"]
    assert night.source_sha256 == fox.image_sha256
    assert {u.reason for u in (night, den, fox)} == {"the model called it"}
    last = served.asked[-1]["messages"]
    assert [m["role"] for m in last[-6:]] == [
        "assistant", "tool", "tool", "user", "assistant", "tool", "user",
    ][-6:]  # fmt: skip
    told = [part["text"] for m in last for part in m["content"] or () if isinstance(part, dict)
            and part["type"] == "text"]  # fmt: skip
    assert [n for n in range(1, 6) if any(f"[picture {n}]" in text for text in told)] == [
        1,
        2,
        3,
        4,
    ]


def test_calls_that_make_no_sense_are_told_to_the_model(trial: Trial) -> None:
    served = trial.model(
        Model(
            lambda: calling(
                ("edit", {"picture": 7, "instruction": "red"}),
                ("edit", {"picture": True, "instruction": "red"}),
                ("edit", {"picture": "1", "instruction": " "}),
                ("draw", {}),
                ("sing", {"song": "x"}),
            ),
            lambda: said("No pictures then."),
        )
    )
    result = trial.grow(served, draw=trial.tool("draw"), edit=trial.tool("edit"))
    assert (result.n_unfinished, result.n_pictures) == (0, 0)
    assert shape(trial.parts()) == ["No pictures then."]
    told = [m["content"] for m in served.asked[-1]["messages"] if m["role"] == "tool"]
    assert "there is no picture 7; there is pictures 1 to 1" in told[0]
    assert "there is no tool 'sing'" in told[4]
    uses = trial.uses()
    assert {(u.state, u.position, u.request_key) for u in uses} == {("invalid", None, None)}
    assert len(uses) == 5


def test_a_model_that_never_stops_calling_is_stopped(trial: Trial) -> None:
    async def model(body: dict[str, Any]) -> web.Response:
        if body.get("tool_choice") == "none":
            return said("Enough.")
        return calling(("draw", {"caption": f"fox {len(body['messages'])}"}))

    served = trial.model(model)
    trial.grow(served, draw=trial.tool("draw"))
    assert len(served.asked) == 4
    assert len(trial.uses()) == 3
    assert shape(trial.parts())[0] == "Enough."


def test_too_many_calls_at_once_are_not_carried_out(trial: Trial) -> None:
    many = [("draw", {"caption": f"fox {n}"}) for n in range(20)]
    served = trial.model(Model(lambda: calling(*many), lambda: said("Foxes.")))
    trial.grow(served, draw=trial.tool("draw"))
    assert len(trial.uses()) == 8
    told = [m["content"] for m in served.asked[-1]["messages"] if m["role"] == "tool"]
    assert len(told) == 20
    assert "Not carried out" in told[8]


def test_a_server_that_rejects_tools_is_asked_without_and_remembered(trial: Trial) -> None:
    async def model(body: dict[str, Any]) -> web.Response:
        if "tools" in body:
            return error(400, '"auto" tool choice requires --enable-auto-tool-choice')
        return said(f"<Image, a fox {len(served.asked)}>")

    served = trial.model(model)
    draw = trial.tool("draw")
    assert trial.grow(served, draw=draw, n_candidates=6).n_unfinished == 0
    assert Counter("tools" in body for body in served.asked) == {True: 1, False: 6}
    # What was answered is not asked for again, with tools or without.
    assert trial.grow(served, draw=draw, n_candidates=6).calls.made == 0


def test_a_request_that_is_wrong_itself_does_not_count_against_tools(trial: Trial) -> None:
    async def model(body: dict[str, Any]) -> web.Response:
        if len(served.asked) <= 2:
            return error(400, "the prompt is too long")
        return said("<Image, a fox>") if "tools" in body else error(400, "no")

    served = trial.model(model)
    draw = trial.tool("draw")
    assert trial.grow(served, draw=draw, n_candidates=3).n_unfinished == 1
    assert trial.grow(served, draw=draw, n_candidates=3).n_unfinished == 0


def test_tools_can_be_left_out(trial: Trial) -> None:
    served = trial.model(Model(lambda: said("<Image, a fox>")))
    trial.grow(served, draw=trial.tool("draw"), tools=False)
    assert all("tools" not in body for body in served.asked)
    assert [u.tool for u in trial.uses()] == ["draw"]


# --- failures ----------------------------------------------------------------------------


def test_a_refused_picture_leaves_its_tag_and_comes_later_if_it_may(trial: Trial) -> None:
    served = trial.model(Model(lambda: said("See <Image, a fox>.")))
    first = trial.grow(served, draw=trial.tool("draw", "refusal=1"), n_turns=2)
    assert first.n_unfinished == 0
    assert str(shape(trial_parts(trial))[1]).startswith("missing: not drawn: ")
    before = rows(trial.store, "node", "conversation")
    assert {(u.state, u.image_sha256) for u in trial.uses()} == {("refused", None)}
    again = trial.grow(served, draw=trial.tool("draw"), n_turns=2)
    assert set(again.calls.states) == {"ok"}
    late = trial.uses()
    assert all(u.state == "ok" and u.image_sha256 and "without it" in u.reason for u in late)
    assert counted(trial.store, "SELECT sum(n_missing) FROM node") == 0
    assert counted(trial.store, "SELECT count(*) FROM picture_use WHERE sha256 IS NULL") == 0
    # The tree is the one that grew without the picture.
    after = rows(trial.store, "node", "conversation")
    assert [r[0] for r in after["node"]] == [r[0] for r in before["node"]]
    assert after["conversation"] == before["conversation"]
    assert trial.grow(served, draw=trial.tool("draw"), n_turns=2).calls.made == 0


def trial_parts(trial: Trial) -> list[Any]:
    key = counted(trial.store, "SELECT node_id FROM node WHERE role = 'assistant' AND turn = 1")
    with trial.store.reading() as db:
        return list(nodes(db, [key])[key].parts)


def test_a_tool_call_that_is_refused_is_told_to_the_model(trial: Trial) -> None:
    served = trial.model(
        Model(lambda: calling(("draw", {"caption": "a fox"})), lambda: said("No fox, sorry."))
    )
    assert trial.grow(served, draw=trial.tool("draw", "refusal=1")).n_unfinished == 0
    assert shape(trial.parts()) == ["No fox, sorry."]
    (use,) = trial.uses()
    assert (use.state, use.position, use.image_sha256) == ("refused", None, None)
    told = [m["content"] for m in served.asked[-1]["messages"] if m["role"] == "tool"]
    assert told[0].startswith("No picture: not drawn: ")
    # It went on without; a picture that came now would have no place.
    again = trial.grow(served, draw=trial.tool("draw"))
    assert (again.calls.made, again.n_pictures, again.pictures_by_tool) == (0, 0, {})
    assert trial.uses() == [use]


@pytest.mark.parametrize("fault", ["empty=1", "500=1"])
@pytest.mark.parametrize("called", [True, False])
def test_a_tool_that_fails_for_now_leaves_nothing_behind(
    trial: Trial, fault: str, called: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    from functools import partial

    from intermt.commands import calling as asking
    from intermt.servers.client import Client
    from intermt.servers.pacing import Pacing

    monkeypatch.setattr(asking, "Client", partial(Client, pacing=Pacing(backoff_s=0.001)))
    first = (lambda: calling(("draw", {"caption": "a fox"}))) if called else None
    turns = [*([first] if first else []), lambda: said("A <Image, fox>.")]
    served = trial.model(Model(*turns))
    assert trial.grow(served, draw=trial.tool("draw", fault)).n_unfinished == 1
    assert counted(trial.store, "SELECT count(*) FROM node WHERE role = 'assistant'") == 0
    assert trial.uses() == []
    assert trial.grow(served, draw=trial.tool("draw")).n_unfinished == 0
    assert {u.state for u in trial.uses()} == {"ok"}


# --- whole trees -------------------------------------------------------------------------


def grow_all(store: Store, url: str, source: Path, **more: Any) -> generate.GenerateResult:
    plan = GrowthPlan(
        answer=(server(f"{url}#model-a"), server(f"{url}#model-b")),
        user=server(f"{url}#user"),
        draw=server(f"{url}#draw", "draw"),
        edit=server(f"{url}#edit", "edit"),
        retrieve=server(url, "retrieve"),
        prompts=load_prompts(),
        **{"n_turns": 3, "n_candidates": 2, "beam": 3, **more},
    )
    config = generate.GenerateConfig(taking(source), plan, stop_error_rate=1.0)
    return generate.run(store, config, Silent())


def test_faults_change_nothing_in_the_end(tmp_path: Path) -> None:
    source = written(tmp_path / "seeds.jsonl", seeds(3))
    whole, store = Store(tmp_path / "whole"), Store(tmp_path / "store")
    with InProcess(Simulator()) as url:
        assert grow_all(whole, url, source).n_unfinished == 0
    complete = rows(whole, *KEPT)
    used = Counter(row[3] for row in complete["tool_use"])
    assert used["draw"]
    assert used["edit"]
    assert used["retrieve"]
    # `empty` is left out: from a retrieval server it means that nothing fits.
    with InProcess(Simulator(faults=parse_faults("json=0.15,reset=0.05"))) as url:
        for _ in range(30):
            if not grow_all(store, url, source).n_unfinished:
                break
            there = rows(store, "node", "tool_use")
            for table, found in there.items():
                assert set(map(repr, found)) <= set(map(repr, complete[table]))
        assert grow_all(store, url, source).calls.made == 0
        assert stats(url)["n_answered_again"] == 0
    assert rows(store, *KEPT) == complete


def test_a_run_with_tools_that_is_killed_ends_like_one_that_was_not(tmp_path: Path) -> None:
    source = written(tmp_path / "seeds.jsonl", seeds(3))
    whole, store = Store(tmp_path / "whole"), Store(tmp_path / "store")
    with InProcess(Simulator()) as url:
        grow_all(whole, url, source)
    table = "[servers.{}]\nkind = '{}'\nurl = '{}'\nmodel = '{}'\nmax_in_flight = 4\n"
    models = {
        "a": ("chat", "model-a"), "b": ("chat", "model-b"), "u": ("chat", "user"),
        "d": ("draw", "draw"), "e": ("edit", "edit"), "r": ("retrieve", "simulated-a"),
    }  # fmt: skip
    words = ["generate", source, "--turns", 3, "--candidates", 2, "--beam", 3]
    words += ["--answer", "a", "--answer", "b", "--user", "u", "--draw", "d", "--edit", "e"]
    words += ["--retrieve", "r", "--min-instances", 1]
    with stand_in("--latency-ms", "20") as url:
        (tmp_path / "intermt.toml").write_text(
            "".join(table.format(n, kind, url, model) for n, (kind, model) in models.items())
        )
        n_killed = 0
        for n_more in (5, 30):
            process = start(*words, store=store.folder)
            until = stats(url)["n_answered"] + n_more
            while stats(url)["n_answered"] < until and process.poll() is None:
                time.sleep(0.01)
            process.kill()
            n_killed += ended(process).code == -9
        last = ended(start(*words, store=store.folder))
        assert last.code == 0, (last.out, last.err)
        again = ended(start(*words, store=store.folder))
    assert n_killed == 2
    assert again.data["calls"]["states"] == {}
    assert rows(store, *KEPT) == rows(whole, *KEPT)
