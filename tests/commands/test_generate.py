"""Growing trees against a stand-in: the same trees whatever happens on the way."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from intermt.commands import generate
from intermt.commands.answering import GrowthPlan
from intermt.domain.image_tags import find_tags
from intermt.domain.prompts import load_prompts
from intermt.errors import ServerUnreachable, TryLater
from intermt.records import ImagePart, TextPart
from intermt.simulator import InProcess, Simulator, parse_faults
from intermt.store import trees
from intermt.store.connect import Store
from tests.commands.serving import error, said, serving
from tests.commands.work import (
    Program,
    Silent,
    counted,
    impatient,
    put_pictures,
    rows,
    seeds,
    server,
    stats,
    taking,
    written,
)

SMALL = {"n_turns": 3, "n_candidates": 2, "beam": 3}


def grow(store: Store, url: str, source: Path, **more: Any) -> generate.GenerateResult:
    names = ("stop_error_rate", "judge", "min_instances", "max_tokens_total", "resume")
    options = {key: more.pop(key) for key in names if key in more}
    chosen = {"limit": more.pop("limit", None), "seed": more.get("seed", 0)}
    plan = GrowthPlan(
        answer=(server(f"{url}#model-a"), server(f"{url}#model-b")),
        user=server(f"{url}#user"),
        draw=server(f"{url}#draw", "draw"),
        prompts=load_prompts(),
        **{**SMALL, **more},
    )
    return generate.run(
        store, generate.GenerateConfig(taking(source, **chosen), plan, **options), Silent()
    )


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(tmp_path_factory.mktemp("source") / "seeds.jsonl", seeds(3))


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory, source: Path) -> dict[str, list[Any]]:
    """What an undisturbed run stores."""
    store = Store(tmp_path_factory.mktemp("undisturbed") / "store")
    with InProcess(Simulator()) as url:
        grow(store, url, source)
    return rows(store)


def test_latency_and_order_change_nothing(
    tmp_path: Path, source: Path, whole: dict[str, list[Any]]
) -> None:
    store = Store(tmp_path / "store")
    with InProcess(Simulator(latency_ms=15)) as url:
        result = grow(store, url, source)
        assert rows(store) == whole
        assert grow(store, url, source).calls.made == 0
        assert stats(url)["n_answered_again"] == 0
    assert rows(store) == whole
    assert result.n_unfinished == 0
    assert result.simulated
    assert counted(store, "SELECT count(*) FROM node WHERE NOT simulated") == 3
    models = "SELECT list(DISTINCT model ORDER BY model) FROM node WHERE role = 'assistant'"
    assert counted(store, models) == ["model-a", "model-b"]


def test_another_seed_grows_other_trees(
    tmp_path: Path, source: Path, whole: dict[str, list[Any]]
) -> None:
    store = Store(tmp_path / "store")
    with InProcess(Simulator()) as url:
        grow(store, url, source, seed=1)
    assert not set(map(repr, rows(store)["conversation"])) & set(map(repr, whole["conversation"]))


def _nothing_half_made(store: Store, whole: dict[str, list[Any]]) -> None:
    now = rows(store, "node", "conversation", "picture_use")
    for table, found in now.items():
        assert set(map(repr, found)) <= set(map(repr, whole[table])), table
    with store.reading() as db:
        ids = db.execute("SELECT node_id FROM node").fetchall()
        nodes = trees.nodes(db, [row[0] for row in ids])
        paths = [row[0] for row in db.execute("SELECT path FROM conversation").fetchall()]
    for node in nodes.values():
        assert node.parent_id is None or node.parent_id in nodes
        if node.role == "assistant":
            assert not any(find_tags(p.text) for p in node.parts if isinstance(p, TextPart))
            assert all(p.sha256 for p in node.parts if isinstance(p, ImagePart))
    assert all(node in nodes for path in paths for node in path)


def test_with_faults_nothing_is_half_made_and_reruns_finish(
    tmp_path: Path,
    source: Path,
    whole: dict[str, list[Any]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    impatient(monkeypatch)
    store = Store(tmp_path / "store")
    n_unfinished: list[int] = []
    # What is in vain in two runs is tried otherwise: here it is in one only.
    with (
        InProcess(Simulator(faults=parse_faults("reset=0.05,json=0.05,empty=0.2"))) as first,
        InProcess(Simulator(faults=parse_faults("reset=0.3,json=0.4"))) as later,
    ):
        while not n_unfinished or n_unfinished[-1]:
            url = later if n_unfinished else first
            result = grow(store, url, source, stop_error_rate=1.0)
            n_unfinished.append(result.n_unfinished)
            _nothing_half_made(store, whole)
            assert len(n_unfinished) < 30
        assert grow(store, later, source).calls.made == 0
        n_answered = stats(first)["n_answered"] + stats(later)["n_answered"]
    assert n_answered == counted(store, "SELECT count(*) FROM request WHERE state = 'ok'")
    assert n_unfinished[0] > 0
    assert n_unfinished[1] > 0
    kept = ("seed", "node", "conversation", "picture_use", "image")
    assert {table: rows(store)[table] for table in kept} == {table: whole[table] for table in kept}


@pytest.mark.parametrize(
    ("seed", "plan"),
    [
        (1, {"n_follow_ups": 2, "beam": 5}),
        (0, {"n_candidates": 3, "beam": 4}),
    ],
)
def test_pruning_waits_for_what_is_missing(
    tmp_path: Path, seed: int, plan: dict[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    impatient(monkeypatch)
    # With more answers than the beam follows up, which ones go on depends on all of them,
    # also on those below a question that is still missing. These seeds make some go missing.
    source = written(tmp_path / "one.jsonl", seeds(1))
    whole, store = Store(tmp_path / "whole"), Store(tmp_path / "store")
    with InProcess(Simulator(seed=seed)) as url:
        grow(whole, url, source, **plan)
    complete = rows(whole)
    n_unfinished: list[int] = []
    # What is in vain in two runs is tried otherwise: here it is in one only.
    with (
        InProcess(Simulator(seed=seed, faults=parse_faults("empty=0.2"))) as first,
        InProcess(Simulator(seed=seed, faults=parse_faults("json=0.7"))) as later,
    ):
        for _ in range(30):
            url = later if n_unfinished else first
            result = grow(store, url, source, stop_error_rate=1.0, **plan)
            n_unfinished.append(result.n_unfinished)
            _nothing_half_made(store, complete)
            if not result.n_unfinished:
                break
    assert n_unfinished[0] > 0
    assert n_unfinished[1] > 0
    assert n_unfinished[-1] == 0
    assert rows(store, "node", "conversation") == {
        table: complete[table] for table in ("node", "conversation")
    }


def test_an_answer_goes_on_without_a_picture_that_is_refused(tmp_path: Path, source: Path) -> None:
    store = Store(tmp_path / "store")
    with InProcess(Simulator(faults=parse_faults("refusal=1"))) as drawing, InProcess() as url:
        plan = GrowthPlan(
            answer=(server(url),),
            user=server(url),
            draw=server(drawing, "draw"),
            prompts=load_prompts(),
            **SMALL,  # type: ignore[arg-type]
        )
        config = generate.GenerateConfig(taking(source), plan, stop_error_rate=1.0)
        first = generate.run(store, config, Silent())
        there = rows(store, "node", "conversation", "picture_use")
        again = generate.run(store, config, Silent())
    assert (first.n_unfinished, first.n_pictures) == (0, 0)
    missing = counted(store, "SELECT list(DISTINCT missing) FROM picture_use")
    assert len(missing) == 1
    assert "refused" in missing[0]
    # Each refused picture is asked for once more; the trees stay as they are.
    assert set(again.calls.states) == {"refused"}
    assert rows(store, "node", "conversation", "picture_use") == there


def test_a_picture_server_that_rejects_everything_leaves_the_work_unfinished(
    tmp_path: Path, source: Path
) -> None:
    async def no(_: dict[str, Any]) -> web.Response:
        return error(404, "no such model")

    store = Store(tmp_path / "store")
    with serving(no) as drawing, InProcess() as url:
        plan = GrowthPlan(
            answer=(server(url),),
            user=server(url),
            draw=server(drawing.url, "draw"),
            prompts=load_prompts(),
            **SMALL,  # type: ignore[arg-type]
        )
        config = generate.GenerateConfig(taking(source), plan, stop_error_rate=1.0)
        assert generate.run(store, config, Silent()).n_unfinished > 0
    # Rather no tree than one that looks finished and has no pictures.
    assert counted(store, "SELECT coalesce(sum(n_missing), 0) FROM node") == 0


def test_pictures_that_a_repair_took_away_are_drawn_again_and_put_back(
    tmp_path: Path, source: Path
) -> None:
    store = Store(tmp_path / "store")
    with InProcess(Simulator()) as url:
        grow(store, url, source, n_turns=1)
        before = rows(store, "node", "picture_use")
        sha256 = counted(store, "SELECT min(sha256) FROM picture_use")
        with store.writing() as db:
            trees.lose_picture(db, sha256, "lost")
        assert rows(store, "node", "picture_use") != before
        assert grow(store, url, source, n_turns=1).calls.made >= 1
    assert rows(store, "node", "picture_use") == before


# --- bad servers -------------------------------------------------------------------------


def test_a_dead_server_is_said_at_once(intermt: Program, source: Path) -> None:
    with InProcess() as url:
        pass
    began = time.monotonic()
    done = intermt("generate", source, "--answer", url, "--user", url, code=69)
    assert time.monotonic() - began < 15
    assert url in done.answer["errors"][0]["message"]


def test_a_server_that_dies_amid_the_work_ends_the_run_with_its_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    impatient(monkeypatch)
    source = written(tmp_path / "seeds.jsonl", seeds(30))
    store = Store(tmp_path / "store")
    simulator = InProcess(Simulator(latency_ms=20))
    url = simulator.__enter__()

    def end() -> None:
        while stats(url)["n_answered"] < 40:
            time.sleep(0.02)
        simulator.__exit__(None, None, None)

    ending = threading.Thread(target=end)
    ending.start()
    began = time.monotonic()
    with pytest.raises(TryLater, match="stopped early") as stop:
        grow(store, url, source)
    ending.join()
    assert time.monotonic() - began < 20
    assert stop.value.where == url
    assert (
        "refused" in str(stop.value)
        or "Disconnected" in str(stop.value)
        or "no URL" in str(stop.value)
    )
    assert counted(store, "SELECT count(*) FROM request WHERE state = 'ok'") >= 40
    with pytest.raises(ServerUnreachable):
        grow(store, url, source)


def test_a_server_of_another_kind_is_refused(intermt: Program, source: Path) -> None:
    config = intermt.store.folder.parent / "intermt.toml"
    config.write_text("[servers.flux]\nkind = 'draw'\nurl = 'http://127.0.0.1:9/v1'\n")
    done = intermt("generate", source, "--answer", "flux", "--user", "builtin", code=2)
    assert "kind 'draw'" in done.answer["errors"][0]["message"]
    done = intermt("generate", source, "--answer", "none", "--user", "builtin", code=2)
    assert "flux" in done.answer["errors"][0]["message"]
    assert not intermt.store.exists()


# --- seed questions ----------------------------------------------------------------------


def test_missing_pictures_of_seed_questions_are_said(intermt: Program, tmp_path: Path) -> None:
    put_pictures(tmp_path / "in", "there.png")
    made = [{"id": "s", "text": "What is this?", "images": ["there.png", "gone.png", "../no.png"]}]
    source = written(tmp_path / "in" / "s.jsonl", made)
    words = ("--answer", "builtin", "--user", "builtin", "--turns", 1, "--candidates", 1)
    done = intermt("generate", source, *words, "--filter", "none")
    assert done.data["seeding"]["missing_pictures"] == {
        "gone.png: not found": 1,
        "../no.png: refused: outside the picture folder": 1,
    }
    asked = counted(intermt.store, "SELECT body::VARCHAR FROM request")
    assert "gone.png" in asked
    root = "SELECT [n_images, n_missing] FROM node WHERE role = 'user'"
    assert counted(intermt.store, root) == [1, 2]
    intermt("generate", source, *words, "--images", tmp_path / "typo", code=66)


def test_a_limit_picks_the_same_questions_in_any_order(tmp_path: Path) -> None:
    made = seeds(9)
    picked: list[list[str]] = []
    for name, listed in (("a", made), ("b", made[::-1])):
        source = written(tmp_path / f"{name}.jsonl", listed)
        with InProcess() as url:
            grow(store := Store(tmp_path / name), url, source, limit=3, n_turns=1)
        picked.append(counted(store, "SELECT list(source_id ORDER BY source_id) FROM seed"))
    assert picked[0] == picked[1]
    assert len(picked[0]) == 3
    with InProcess() as url:
        grow(store, url, source, limit=3, n_turns=1, seed=1)
    assert counted(store, "SELECT count(*) FROM seed") > 3


def test_bad_seed_questions_stop_everything(intermt: Program, tmp_path: Path) -> None:
    source = written(tmp_path / "s.jsonl", [*seeds(2), {"id": "x"}, {"id": "y", "text": 5}])
    words = ("--answer", "builtin", "--user", "builtin")
    done = intermt("generate", source, *words, code=65)
    assert "s.jsonl:3" in str(done.answer["errors"])
    assert "s.jsonl:4" in str(done.answer["errors"])
    assert not intermt.store.exists()
    assert intermt("generate", written(tmp_path / "e.jsonl", []), *words, code=65)
    assert intermt("generate", tmp_path / "gone.jsonl", *words, code=66)


def test_builtin_servers_play_the_models_they_are_given(intermt: Program, source: Path) -> None:
    words = ("--answer", "builtin#one", "--answer", "builtin#two", "--user", "builtin#me")
    intermt("generate", source, *words, "--turns", 2)
    sql = "SELECT list(DISTINCT model ORDER BY model) FROM node WHERE model IS NOT NULL"
    assert counted(intermt.store, sql) == ["me", "one", "two"]
    again = intermt("generate", source, *words, "--turns", 2)
    assert again.data["calls"]["states"] == {}
    # Deeper trees build on what is there.
    deeper = intermt("generate", source, *words, "--turns", 3)
    assert deeper.data["calls"]["reused"] > 0


def test_equal_answers_are_one_node(tmp_path: Path, source: Path) -> None:
    async def same(_: dict[str, Any]) -> web.Response:
        return said("The same.")

    store = Store(tmp_path / "store")
    with serving(same) as served:
        plan = GrowthPlan(
            answer=(server(served.url),), user=server(served.url), draw=None,
            prompts=load_prompts(), n_turns=2, n_candidates=3,
        )  # fmt: skip
        generate.run(store, generate.GenerateConfig(taking(source), plan), Silent())
    assert counted(store, "SELECT count(*) FROM node WHERE turn = 1 AND role = 'assistant'") == 3
    assert counted(store, "SELECT list(DISTINCT place) FROM node WHERE turn = 2") != []
    assert counted(store, "SELECT count(*) FROM conversation") == 3


def test_why_calls_fail_is_said_and_what_to_do_fits(intermt: Program, tmp_path: Path) -> None:
    (tmp_path / "s.jsonl").write_text('{"text": "Why is the sky blue?"}\n')
    words = ("generate", tmp_path / "s.jsonl", "--answer", "builtin", "--user", "builtin")
    done = intermt(*words, "--turns", 1, "--temperature", 3, code=75)
    (problem,) = done.answer["errors"]
    assert "2 x rejected" in problem["message"]
    assert "temperature" in problem["message"]
    assert problem["todo"].startswith("mend what the server rejects")


def test_what_was_not_sent_is_not_blamed_on_the_server(intermt: Program, tmp_path: Path) -> None:
    put_pictures(tmp_path, "a.png", "b.png")
    seed = {"text": "Compare them, please.", "images": ["a.png", "b.png"]}
    source = written(tmp_path / "s.json", [seed])
    with InProcess() as url:
        config = f"[servers.a]\nurl = '{url}'\nmodel = 'm'\nmax_images = 1\n"
        (tmp_path / "c.toml").write_text(config)
        words = ("--answer", "a", "--user", "a", "--config", tmp_path / "c.toml")
        more = ("--filter", "none", "--limit-context", "fail")
        done = intermt("generate", source, *words, *more, code=75)
    (problem,) = done.answer["errors"]
    assert "max_images = 1" in problem["message"]
    assert "--limit-context" in problem["todo"]
    assert "server rejects" not in problem["todo"]
    intermt(*words, "--temperature", "nan", code=2)
