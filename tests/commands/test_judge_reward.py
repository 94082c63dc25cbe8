"""Reward models as judges: scores, pairs, endpoints, odd replies, and reruns."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from intermt.simulator import InProcess, Simulator, parse_faults
from intermt.store.connect import Store
from tests.commands.serving import error, serving
from tests.commands.work import (
    Here,
    Program,
    conversation,
    conversations,
    counted,
    impatient,
    put_pictures,
    rows,
    stats,
    turn,
    written,
)

SCORE = ("judge", "--kind", "reward", "--task", "score")
PAIR = ("judge", "--kind", "reward", "--task", "pair")


@pytest.fixture(scope="module")
def filled_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six conversations of two turns; votes on three pairs a level, and on one answer thrice."""
    folder = tmp_path_factory.mktemp("filled")
    here, store = Here(folder), Store(folder / "store")
    made = conversations(6)
    first = made[0]["conversations"][0]["prompt"]
    made += [
        conversation(f"m{number}", turn(1, first, f"Because of the sea, {number}."))
        for number in range(2)
    ]
    written(folder / "c.json", made)
    assert here("annotate-import", "c.json", "--store", "store").code == 0
    sql = """SELECT list(ids) FROM (SELECT list(node_id ORDER BY node_id) AS ids FROM node
             WHERE turn = 1 AND role = 'assistant' GROUP BY parent_id)"""
    groups = counted(store, sql)
    pairs = [(g[0], other) for g in groups for other in g[1:]]
    sql = "SELECT list(ids) FROM (SELECT list(conversation_id) AS ids FROM conversation GROUP BY seed_id)"  # noqa: E501
    whole = [(g[0], other) for g in counted(store, sql) for other in g[1:]]
    lines = [f"x,{a},{b},A,local" for a, b in pairs] + [f"x,{a},{b},tie,global" for a, b in whole]
    (folder / "v.csv").write_text("\n".join(("rater,answer_a,answer_b,choice,level", *lines, "")))
    assert here("annotate-import", "v.csv", "--store", "store").code == 0
    return store.folder


@pytest.fixture
def filled(intermt: Program, filled_once: Path) -> Program:
    """The program on a copy of that store."""
    shutil.copytree(filled_once, intermt.store.folder)
    return intermt


def verdicts(program: Program) -> list[dict[str, Any]]:
    with program.store.reading() as db:
        db.execute('SELECT * FROM verdict ORDER BY a_id, b_id, "order"')
        names = [column[0] for column in db.description]
        return [dict(zip(names, row, strict=True)) for row in db.fetchall()]


def last_said(body: dict[str, Any]) -> str:
    content = body["messages"][-1]["content"]
    return content if isinstance(content, str) else str(content)


def by_length(form: Callable[[float], Any]) -> Callable[[dict[str, Any]], Any]:
    """A reward model that likes long answers."""

    async def give(body: dict[str, Any]) -> web.Response:
        return web.json_response({"data": [{"index": 0, **form(float(len(last_said(body))))}]})

    return give


CLASSIFY = by_length(lambda x: {"probs": [x], "num_classes": 1, "label": "LABEL_0"})
POOLING = by_length(lambda x: {"data": [x]})
TOKENS = by_length(lambda x: {"data": [[0.5], [9e9], [x]]})


async def not_found(_: dict[str, Any]) -> web.Response:
    return web.json_response({"detail": "Not Found"}, status=404)


async def no_chat(_: dict[str, Any]) -> web.Response:
    return error(404, "no chat here")


# --- what is asked and stored ------------------------------------------------------------


def test_every_answer_and_conversation_gets_one_number(filled: Program) -> None:
    with InProcess() as url:
        for level, n_items in (("local", 14), ("global", 8)):
            done = filled(*SCORE, "--level", level, "--server", url)
            assert done.data["verdicts"] == {"ok": n_items, "unparsed": 0, "failed": 0}
            assert done.data["simulated"] is True
            assert done.data["judge"] == "simulated-a"
            again = filled(*SCORE, "--level", level, "--server", url).data
            assert (again["n_known"], again["calls"]["states"]) == (n_items, {})
    found = verdicts(filled)
    assert len(found) == 22
    assert {v["dimension"] for v in found} == {"overall"}
    assert {(v["value"], v["choice"], v["order"], v["state"]) for v in found} == {
        (None, None, "", "ok")
    }
    assert all(isinstance(v["estimate"], float) and v["simulated"] for v in found)
    said = """SELECT list(r.text::DOUBLE = v.estimate)
              FROM verdict v JOIN request r USING (request_key)"""
    assert counted(filled.store, said) == [True] * 22
    assert filled("check").data["findings"] == []


def test_a_conversation_is_shown_up_to_the_answer_that_is_judged(filled: Program) -> None:
    with serving(no_chat, reward={"/classify": CLASSIFY}) as served:
        filled(*SCORE, "--server", served.url)
    lengths = sorted(len(body["messages"]) for body in served.asked)
    assert lengths == [2] * 8 + [4] * 6
    for body in served.asked:
        assert [m["role"] for m in body["messages"]] == ["user", "assistant"] * (
            len(body["messages"]) // 2
        )
        assert body["use_activation"] is False


def test_pairs_are_compared_by_the_difference_and_no_side_is_asked_twice(filled: Program) -> None:
    with serving(no_chat, reward={"/classify": CLASSIFY}) as served:
        done = filled(*PAIR, "--server", served.url)
        # One answer is a side of three pairs.
        assert done.data["n_items"] == 5
        assert len(served.asked) == done.data["calls"]["states"]["ok"] == 8
        assert filled(*PAIR, "--server", served.url, "--level", "global").data["n_items"] == 5
        n_asked = len(served.asked)
        # The first turns of local pairs are the whole of what was asked about already.
        filled(*SCORE, "--server", served.url)
        assert len(served.asked) == n_asked + 14 - 8 - 6
    for verdict in verdicts(filled):
        if verdict["task"] != "pair":
            continue
        assert (verdict["order"], verdict["sample"], verdict["value"]) == ("", 0, None)
        sign = (verdict["estimate"] > 0) - (verdict["estimate"] < 0)
        assert verdict["choice"] == {1: "a", -1: "b", 0: "tie"}[sign]
    sql = """SELECT count(*) FROM verdict v JOIN request a USING (request_key)
             JOIN request b ON b.request_key = v.second_key AND b.request_key <> a.request_key
             WHERE v.task = 'pair' AND abs(v.estimate - (a.text::DOUBLE - b.text::DOUBLE)) < 1e-9"""
    assert counted(filled.store, sql) == 10


def test_equal_rewards_are_a_tie(filled: Program) -> None:
    async def same(_: dict[str, Any]) -> web.Response:
        return web.json_response({"data": [{"index": 0, "probs": [1]}]})

    with serving(no_chat, reward={"/classify": same}) as served:
        filled(*PAIR, "--server", served.url)
    assert {(v["choice"], v["estimate"]) for v in verdicts(filled)} == {("tie", 0.0)}


def test_a_number_is_about_one_dimension(filled: Program) -> None:
    with InProcess() as url:
        done = filled(*SCORE, "--server", url, "--dimension", "L4")
        assert done.data["judge"] == "simulated-a+text_quality"
        assert {v["dimension"] for v in verdicts(filled)} == {"text_quality"}
        # Under one name it is about one thing for good.
        words = (*SCORE, "--server", url, "--name", "rm")
        filled(*words)
        refused = filled(*words, "--dimension", "text_quality", code=2)
        assert "'rm'" in refused.answer["errors"][0]["message"]
        other = filled("judge", "--task", "score", "--server", url, "--name", "rm", code=2)
        assert "--kind was reward and is chat" in other.answer["errors"][0]["message"]


def test_pictures_go_along_and_missing_ones_are_named(intermt: Program, tmp_path: Path) -> None:
    put_pictures(tmp_path, "there.png", "shown.png")
    seen = turn(1, "See?", "Yes <Image, a cat>.", images=["there.png"], shown=["shown.png"])
    lost = turn(2, "And?", "No <Image, a dog>.", shown=["gone.png"])
    intermt("annotate-import", written(tmp_path / "c.json", [conversation("c", seen, lost)]))
    with serving(no_chat, reward={"/classify": CLASSIFY}) as served:
        done = intermt(*SCORE, "--level", "global", "--server", served.url)
    assert done.data["n_missing_pictures"] == 1
    ((verdict,), (body,)) = verdicts(intermt), served.asked
    assert verdict["notes"] == ["missing picture: gone.png"]
    kinds = [[p["type"] for p in m["content"]] if isinstance(m["content"], list) else "text"
             for m in body["messages"]]  # fmt: skip
    assert kinds == [["image_url", "text"], ["text", "image_url", "text"], "text", "text"]
    assert "picture missing: <Image, a dog>" in body["messages"][-1]["content"]


# --- endpoints ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("reward", "n_more", "note"),
    [
        ({"/classify": CLASSIFY}, 0, None),
        ({"/classify": CLASSIFY, "/pooling": not_found}, 0, None),
        ({"/pooling": POOLING}, 0, None),
        ({"/classify": not_found, "/pooling": POOLING}, 1, None),
        ({"/pooling": TOKENS}, 0, "a reward for every token; the last one's counts"),
    ],
)
def test_the_endpoint_is_found_out_with_one_call(
    filled: Program, reward: dict[str, Any], n_more: int, note: str | None
) -> None:
    with serving(no_chat, reward=reward) as served:
        done = filled(*SCORE, "--server", served.url)
        assert done.data["verdicts"]["ok"] == 14
        assert len(served.asked) == 14 + n_more
        estimates = {v["estimate"] for v in verdicts(filled)}
        assert estimates == {float(len(last_said(b))) for b in served.asked}
        assert {tuple(v["notes"]) for v in verdicts(filled)} == {(note,) if note else ()}
        # Once it is known it is not looked for again.
        n_asked = len(served.asked)
        assert filled(*PAIR, "--server", served.url).data["verdicts"]["ok"] == 5
        assert len(served.asked) == n_asked


def test_an_endpoint_is_found_out_though_the_first_calls_fail(
    filled: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    impatient(monkeypatch)
    n_asked = 0

    async def down_then_gone(body: dict[str, Any]) -> web.Response:
        nonlocal n_asked
        n_asked += 1
        return error(500, "starting") if n_asked <= 5 else await not_found(body)

    reward = {"/classify": down_then_gone, "/pooling": POOLING}
    with serving(no_chat, reward=reward) as served:
        words = (*SCORE, "--server", served.url, "--stop-error-rate", 1)
        first = filled(*words, code=75)
        # What came before the endpoint was known is asked again, the rest was judged.
        assert first.data["verdicts"] == {"ok": 13, "unparsed": 0, "failed": 1}
        assert filled(*words).data["verdicts"]["ok"] == 1
    assert {v["estimate"] is not None for v in verdicts(filled)} == {True}


def test_the_endpoint_can_be_set(filled: Program, tmp_path: Path) -> None:
    with serving(no_chat, reward={"/classify": CLASSIFY, "/pooling": POOLING}) as served:
        table = f"[servers.rm]\nkind = 'reward'\nurl = '{served.url}'\nendpoint = '{{}}'\n"
        (tmp_path / "intermt.toml").write_text(table.format("pooling"))
        filled(*SCORE, "--server", "rm")
        assert {body["path"] for body in served.asked} == {"/pooling"}
        (tmp_path / "intermt.toml").write_text(table.format("score"))
        refused = filled(*SCORE, "--server", "rm", code=78).answer["errors"][0]
        assert "endpoint = 'score'" in refused["message"]
        assert '"pooling"' in refused["todo"]
        table = table.replace("'reward'", "'chat'")
        (tmp_path / "intermt.toml").write_text(table.format("pooling"))
        filled(*SCORE, "--server", "rm", code=78)


def test_a_server_with_neither_endpoint_is_told_at_once(filled: Program) -> None:
    with serving(no_chat) as served:
        done = filled(*SCORE, "--server", served.url, code=76)
    (problem,) = done.answer["errors"]
    assert "neither /classify nor /pooling" in problem["message"]
    assert "--runner pooling" in problem["todo"]
    assert counted(filled.store, "SELECT count(*) FROM verdict") == 0


@pytest.mark.parametrize(
    ("path", "entry", "words"),
    [
        ("/classify", {"probs": [0.1, 0.2, 0.7], "num_classes": 3}, "3 numbers"),
        ("/pooling", {"data": [0.1] * 768}, "768 numbers"),
        ("/pooling", {"data": [[0.1, 0.9], [0.2, 0.8]]}, "2 numbers for every token"),
    ],
)
def test_a_model_that_gives_several_numbers_is_no_reward_model(
    filled: Program, path: str, entry: dict[str, Any], words: str
) -> None:
    async def several(_: dict[str, Any]) -> web.Response:
        return web.json_response({"data": [{"index": 0, **entry}]})

    with serving(no_chat, reward={path: several}) as served:
        done = filled(*SCORE, "--server", served.url, code=76)
        assert len(served.asked) <= 14
    assert words in done.answer["errors"][0]["message"]
    assert counted(filled.store, "SELECT count(*) FROM verdict") == 0


# --- faults and reruns -------------------------------------------------------------------


def test_what_is_no_number_is_unparsed_and_asked_again(filled: Program) -> None:
    asked: set[str] = set()

    async def sometimes(body: dict[str, Any]) -> web.Response:
        text = str(body["messages"])
        n_before = len(asked)
        if text not in asked and n_before % 3 == 1:
            asked.add(text)
            return web.Response(
                text='{"data": [{"index": 0, "probs": [NaN]}]}', content_type="application/json"
            )
        asked.add(text)
        return await CLASSIFY(body)

    with serving(no_chat, reward={"/classify": sometimes}) as served:
        first = filled(*SCORE, "--server", served.url, code=75)
        n_unparsed = first.data["verdicts"]["unparsed"]
        assert n_unparsed > 0
        bad = [v for v in verdicts(filled) if v["state"] == "unparsed"]
        assert len(bad) == n_unparsed
        assert all(v["estimate"] is None and "NaN" in v["notes"][-1] for v in bad)
        second = filled(*SCORE, "--server", served.url)
        assert second.data["calls"]["states"] == {"ok": n_unparsed}
    assert all(v["state"] == "ok" for v in verdicts(filled))


def test_a_pair_with_one_side_that_cannot_be_had_is_no_verdict(filled: Program) -> None:
    async def not_the_sea(body: dict[str, Any]) -> web.Response:
        if "the sea, 1" in str(body):
            return error(400, "prompt too long")
        return await CLASSIFY(body)

    with serving(no_chat, reward={"/classify": not_the_sea}) as served:
        done = filled(*PAIR, "--server", served.url, code=75)
    assert done.data["verdicts"]["failed"] >= 1
    for verdict in verdicts(filled):
        if verdict["state"] == "failed":
            assert (verdict["choice"], verdict["estimate"]) == (None, None)
            assert any("prompt too long" in note for note in verdict["notes"])


@pytest.mark.parametrize("words", [SCORE, PAIR, (*PAIR, "--level", "global")])
def test_faults_and_reruns_end_in_the_verdicts_of_a_good_server(
    filled: Program,
    tmp_path: Path,
    words: tuple[str, ...],
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    impatient(monkeypatch)
    shutil.copytree(filled.store.folder, tmp_path / "twin")
    twin = Program(tmp_path / "twin", capfd)
    faults = parse_faults("500=0.1,html=0.1,json=0.1,truncated=0.1,refusal=0.15,empty=0.2")
    with InProcess(Simulator(seed=2)) as url:
        filled(*words, "--server", url)
    with InProcess(Simulator(seed=2, faults=faults)) as url:
        codes: list[int] = []
        while not codes or codes[-1] == 75:
            done = twin(*words, "--server", url, "--stop-error-rate", 1, code=None)
            codes.append(done.code)
            assert len(codes) < 30
        assert codes[-1] == 0
        assert len(codes) > 1
        assert stats(url)["n_answered_again"] == 0
    assert rows(twin.store, "verdict") == rows(filled.store, "verdict")


# --- the command line --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (("--reason",), "--reason"),
        (("--no-reason",), "--reason"),
        (("--samples", 1), "--samples"),
        (("--temperature", 0), "--temperature"),
        (("--swap",), "--swap"),
        (("--no-swap",), "--swap"),
        (("--max-tokens", 9), "--max-tokens"),
        (("--grader", "builtin"), "--grader"),
        (("--prompts", "."), "--prompts"),
    ],
)
def test_options_for_asking_chat_models_are_refused(
    filled: Program, more: tuple[object, ...], words: str
) -> None:
    done = filled(*SCORE, "--server", "builtin", *more, code=2)
    assert done.answer["errors"][0]["message"].startswith(words)


def test_what_a_reward_model_cannot_do_is_refused(filled: Program) -> None:
    words = ("judge", "--kind", "reward", "--server", "builtin")
    done = filled(*words, "--task", "crucial-step", "--grader", "builtin", code=2)
    assert "cannot describe crucial steps" in done.answer["errors"][0]["message"]
    done = filled(*words, "--task", "score", "--dimension", "helpfulness", code=2)
    assert "no local dimension" in done.answer["errors"][0]["message"]
    filled("judge", "--task", "score", "--server", "builtin", "--dimension", "overall", code=2)
    # A file's default for chat judges does not stand in the way.
    Path("intermt.toml").write_text("[judge]\nsamples = 3\nreason = true\n")
    assert filled(*words, "--task", "score").data["verdicts"]["ok"] == 14
    assert filled(*words, "--task", "score").data["n_known"] == 14


def test_reward_models_can_sit_on_a_jury_for_pairs(filled: Program) -> None:
    with InProcess() as url:
        members = [word for name in "abc" for word in ("--server", f"{url}#{name}")]
        done = filled(*PAIR, *members, "--jury", "majority")
        assert done.data["jury"] == {"ok": 5, "unparsed": 0}
        filled(*SCORE, *members, "--jury", "mean", code=2)
    found = verdicts(filled)
    assert len(found) == 4 * 5
    for verdict in found:
        if verdict["members"]:
            votes = [v["choice"] for v in found if v["verdict_id"] in verdict["members"]]
            assert votes.count(verdict["choice"]) >= 2 or verdict["choice"] == "tie"
