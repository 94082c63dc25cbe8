"""What models say of seed questions: potential, another wording, embeddings, and failures."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from intermt.commands.calling import Caller
from intermt.commands.runs import new_run
from intermt.commands.seed_config import SeedingConfig, Selection
from intermt.commands.seeding import read_seeds, select
from intermt.domain.prompts import load_prompts
from intermt.errors import ServerUnreachable, TryLater
from intermt.simulator import InProcess
from intermt.store.check import examine
from intermt.store.connect import Store
from intermt.store.seeding import drops
from tests.commands.serving import error, said, serving
from tests.commands.test_seeding import content, scene, seed, subjects
from tests.commands.work import Silent, counted, rows, server, written

PROMPTS = load_prompts()
ALL = ("quality", "diversity", "potential")


def choose(store: Store, source: Path, **more: Any) -> Selection:
    config = SeedingConfig((str(source),), PROMPTS, **more)
    run, progress = new_run("generate", {}), Silent()

    def caller(servers: Any) -> Caller:
        return Caller(store, servers, run_id=run.run_id, progress=progress, stop_error_rate=1.0)

    return select(store, read_seeds(config, progress), run, caller)


def kept(selection: Selection) -> list[str]:
    return [seed.source_id for seed, _ in selection.roots]


def asked_about(body: dict[str, Any]) -> str:
    """The question that a request quotes."""
    told = body["messages"][-1]["content"]
    text = told if isinstance(told, str) else "\n".join(p.get("text", "") for p in told)
    return text.partition("\n")[2].partition("\n>>> ")[0].strip()


def answering(answer: Callable[[str], str | web.Response]) -> Any:
    async def reply(body: dict[str, Any]) -> web.Response:
        made = answer(asked_about(body))
        return said(made) if isinstance(made, str) else made

    return reply


def rated(scores: dict[str, int | None]) -> Any:
    """Rates a question by the word it ends with; None is a server that fails."""

    def answer(question: str) -> str | web.Response:
        score = scores[question.rstrip("?").rpartition(" ")[2]]
        return error(400, "no") if score is None else json.dumps({"potential": score})

    return answering(answer)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store")


@pytest.fixture
def source(tmp_path: Path) -> Path:
    texts = {
        "garden": "How could one plan a shady corner of the garden",
        "bread": "Why has nothing in my oven risen since I bought the bread",
        "chess": "Which move saves the queen and the rook at chess",
        "ferry": "When does the last boat leave, and is it a ferry",
    }
    return written(tmp_path / "s.jsonl", [seed(name, f"{t}?") for name, t in texts.items()])


# --- potential ---------------------------------------------------------------------------


def test_what_has_too_little_potential_is_left_out(store: Store, source: Path) -> None:
    with serving(rated({"garden": 3, "bread": 2, "chess": 1, "ferry": 0})) as served:
        options: dict[str, Any] = {"filters": ALL, "potential": server(served.url)}
        selection = choose(store, source, **options)
        assert kept(selection) == ["garden", "bread"]
        assert len(served.asked) == 4
        assert kept(choose(store, source, min_potential=1, **options)) == [
            "garden", "bread", "chess",
        ]  # fmt: skip
        assert len(served.asked) == 4
    with store.reading() as db:
        (found,) = drops(db)
    assert (found.source_id, found.filter, found.kind) == ("ferry", "potential", "potential 0")
    assert found.figures == {"potential": 0, "min_potential": 1, "highest": 3}
    report = selection.report.filters[-1]
    assert (report.filter, report.n_in, report.n_dropped) == ("potential", 4, 2)


def test_a_question_nobody_could_rate_waits_and_is_not_left_out(store: Store, source: Path) -> None:
    scores: dict[str, int | None] = {"garden": 3, "bread": None, "chess": 0, "ferry": None}
    with serving(rated(scores)) as served:
        options: dict[str, Any] = {"filters": ALL, "potential": server(served.url)}
        first = choose(store, source, **options)
        assert (kept(first), first.report.n_waiting) == (["garden"], 2)
        with store.reading() as db:
            assert [drop.source_id for drop in drops(db)] == ["chess"]
        scores |= {"bread": 2, "ferry": 1}
        n_before = len(served.asked)
        second = choose(store, source, **options)
        assert (kept(second), second.report.n_waiting) == (["garden", "bread"], 0)
        assert len(served.asked) == n_before + 2


def test_a_question_that_a_model_cannot_rate_is_left_out_for_good(
    store: Store, source: Path
) -> None:
    def rate(question: str) -> str:
        return "A wonderful question!" if "chess" in question else "potential: 3"

    options: dict[str, Any] = {"filters": ALL}
    with serving(answering(rate)) as served:
        selection = choose(store, source, potential=server(served.url), **options)
        asked = [body for body in served.asked if "chess" in asked_about(body)]
        assert [body["temperature"] for body in asked] == [0, 0.7, 0.7]
        assert len({body.get("seed") for body in asked}) == 3
        n_asked = len(served.asked)
        again = choose(store, source, potential=server(served.url), **options)
        assert len(served.asked) == n_asked
    assert kept(selection) == kept(again)
    assert "chess" not in kept(selection)
    # Nothing is left to do, so that a job that comes back every hour ends some time.
    assert selection.report.n_waiting == again.report.n_waiting == 0
    assert again.report.filters[-1].kinds == {"not rated": 1}
    assert again.report.filters[-1].n_in == 4
    with store.reading() as db:
        (drop,) = drops(db)
    assert (drop.filter, drop.kind) == ("potential", "not rated")
    assert "3 tries" in drop.reason
    assert "no score from 0 to 3" in drop.reason


def test_a_model_that_states_a_score_at_last_has_rated(store: Store, source: Path) -> None:
    n_asked = 0

    def rate(_: str) -> str:
        nonlocal n_asked
        n_asked += 1
        return "A wonderful question!" if n_asked <= 4 else "potential: 2"

    with serving(answering(rate)) as served:
        selection = choose(store, source, filters=ALL, potential=server(served.url))
        assert (len(selection.roots), n_asked) == (4, 8)
        assert len(choose(store, source, filters=ALL, potential=server(served.url)).roots) == 4
        assert n_asked == 8


def test_what_was_garbled_on_the_way_waits(store: Store, source: Path) -> None:
    broken = True

    def rate(question: str) -> str | web.Response:
        if broken and "chess" in question:
            return web.json_response({"choices": "none"})
        return "potential: 3"

    with serving(answering(rate)) as served:
        first = choose(store, source, filters=ALL, potential=server(served.url))
        assert (len(first.roots), first.report.n_waiting) == (3, 1)
        broken = False
        assert len(choose(store, source, filters=ALL, potential=server(served.url)).roots) == 4
        assert len(served.asked) == 5


def test_a_limit_is_filled_with_as_few_calls_as_it_takes(tmp_path: Path, store: Store) -> None:
    listed = subjects()
    source = written(tmp_path / "s.jsonl", listed)
    good = {row["text"] for row in listed[::3]}
    with serving(answering(lambda q: "potential: 3" if q in good else "potential: 0")) as served:
        options: dict[str, Any] = {
            "filters": ALL, "potential": server(served.url), "near_duplicate": 1.0,
        }  # fmt: skip
        selection = choose(store, source, limit=6, **options)
        assert len(selection.roots) == 6
        n_asked = len(served.asked)
        assert 6 <= n_asked < 44
        by_name = {one.filter: one for one in selection.report.filters}
        assert by_name["potential"].n_in == n_asked
        assert by_name["potential"].n_dropped == n_asked - 6
        assert by_name["limit"].n_dropped == 44 - n_asked
        again = choose(store, source, limit=6, **options)
        assert again.roots[0][0] == selection.roots[0][0]
        assert len(served.asked) == n_asked
        everything = choose(Store(tmp_path / "all"), source, **options)
    assert set(kept(selection)) < set(kept(everything))


def test_a_waiting_question_keeps_its_place_under_a_limit(tmp_path: Path) -> None:
    source = written(tmp_path / "s.jsonl", subjects())
    healthy = True

    def answer(question: str) -> str | web.Response:
        return "potential: 3" if healthy or "roses" in question else error(400, "no")

    with serving(answering(answer)) as served:
        options: dict[str, Any] = {
            "filters": ALL, "potential": server(served.url), "near_duplicate": 1.0, "limit": 6,
        }  # fmt: skip
        undisturbed = choose(Store(tmp_path / "a"), source, **options)
        healthy = False
        store = Store(tmp_path / "b")
        first = choose(store, source, **options)
        assert first.report.n_waiting == 6 - len(first.roots) > 0
        healthy = True
        assert kept(choose(store, source, **options)) == kept(undisturbed)


def test_pictures_are_shown_to_the_model(tmp_path: Path, store: Store) -> None:
    (tmp_path / "a.png").write_bytes(content(scene(1)))
    source = written(tmp_path / "s.jsonl", [seed("a", "What is in this picture?", "a.png")])
    with serving(answering(lambda _: "potential: 2")) as served:
        selection = choose(store, source, filters=ALL, potential=server(served.url))
        (body,) = served.asked
    parts = [part["type"] for part in body["messages"][-1]["content"]]
    assert "image_url" in parts
    assert [image.sha256 for image in selection.images] == counted(
        store, "SELECT list(sha256) FROM image"
    )


# --- another wording ---------------------------------------------------------------------


def test_the_original_stays_beside_the_new_wording(store: Store, source: Path) -> None:
    def rewrite(question: str) -> str:
        if "chess" in question:
            return json.dumps({"question": "The queen is lost on the board and it is over."})
        if "ferry" in question:
            return question
        return json.dumps({"question": f"Suppose you had a year: {question}"})

    with serving(answering(rewrite)) as served:
        options: dict[str, Any] = {"rewrite": server(served.url)}
        selection = choose(store, source, **options)
        n_asked = len(served.asked)
        again = choose(store, source, **options)
        assert len(served.asked) == n_asked == 4
    assert [one for one, _ in again.roots] == [one for one, _ in selection.roots]
    found = {one.source_id: (one, node) for one, node in selection.roots}
    garden, root = found["garden"]
    text = "How could one plan a shady corner of the garden?"
    assert garden.original_text == text
    assert root.parts[-1].text == f"Suppose you had a year: {text}"  # type: ignore[union-attr]
    assert garden.seed_id == root.node_id
    assert (root.model, root.server, root.notes) == ("tiny", served.url, ())
    assert counted(store, "SELECT count(*) FROM request WHERE request_key = '" +
                   str(root.request_key) + "'") == 1  # fmt: skip
    chess, root = found["chess"]
    assert (chess.original_text, root.model, root.request_key) == (None, None, None)
    assert root.notes == ("not rewritten: it is not a question",)
    ferry, root = found["ferry"]
    assert (ferry.original_text, root.notes) == (None, ())
    assert selection.report.n_rewritten == 2
    assert selection.report.not_rewritten == {"it is not a question": 1}


def test_a_refusal_keeps_the_original_for_good(store: Store, source: Path) -> None:
    refusing = True

    def rewrite(question: str) -> str | web.Response:
        if not refusing:
            return f"Suppose you had a year: {question}"
        message = {"role": "assistant", "content": None, "refusal": "I will not."}
        return web.json_response(
            {"model": "tiny", "choices": [{"message": message, "finish_reason": "stop"}]}
        )

    with serving(answering(rewrite)) as served:
        first = choose(store, source, rewrite=server(served.url))
        refusing = False
        second = choose(store, source, rewrite=server(served.url))
        assert len(served.asked) == 4
    assert [one for one, _ in first.roots] == [one for one, _ in second.roots]
    for selection in (first, second):
        assert selection.report.n_rewritten == 0
        assert all("I will not" in node.notes[0] for _, node in selection.roots)


def test_a_question_that_could_not_be_rewritten_waits(store: Store, source: Path) -> None:
    broken = True

    def rewrite(question: str) -> str | web.Response:
        if broken and "chess" in question:
            return error(400, "no")
        return f"Suppose you had a year: {question}"

    with serving(answering(rewrite)) as served:
        first = choose(store, source, rewrite=server(served.url))
        assert (len(first.roots), first.report.n_waiting) == (3, 1)
        broken = False
        second = choose(store, source, rewrite=server(served.url))
        assert (len(second.roots), second.report.n_waiting) == (4, 0)
        assert len(served.asked) == 5


def test_two_questions_with_one_new_wording_are_one(store: Store, source: Path) -> None:
    with serving(answering(lambda _: "What would you do with a whole year?")) as served:
        selection = choose(store, source, rewrite=server(served.url))
    assert len(selection.roots) == 1
    with store.reading() as db:
        assert {drop.filter for drop in drops(db)} == {"rewrite"}
        assert len(drops(db)) == 3
    report = selection.report.filters[-1]
    assert (report.filter, report.kinds) == ("rewrite", {"same wording": 3})


# --- embeddings --------------------------------------------------------------------------


def test_embeddings_compare_and_are_asked_for_once(store: Store, tmp_path: Path) -> None:
    listed = subjects()
    twin = "does black have any move left that does not lose the queen at once"
    source = written(tmp_path / "s.jsonl", [*listed, seed("twin", f"{twin}, please?")])
    with InProcess() as url:
        options: dict[str, Any] = {"embed": server(f"{url}#e", "embed"), "limit": 5}
        first = choose(store, source, **options)
        n_made = counted(store, "SELECT count(*) FROM request WHERE kind = 'embed'")
        second = choose(store, source, **options)
    assert n_made >= 1
    assert counted(store, "SELECT count(*) FROM request") == n_made
    assert kept(first) == kept(second)
    assert len(first.roots) == 5
    assert first.report.simulated


def test_missing_embeddings_leave_all_the_work(store: Store, source: Path) -> None:
    # The server has no embeddings: every such call is a 404.
    with (
        serving(answering(lambda _: "x")) as served,
        pytest.raises(TryLater, match="embeddings of 4 of 4"),
    ):
        choose(store, source, embed=server(served.url, "embed"))
    assert rows(store, "seed", "node", "seed_drop") == {"seed": [], "node": [], "seed_drop": []}
    assert examine(store, repair=False).findings == ()


# --- servers -----------------------------------------------------------------------------


def test_a_dead_server_is_said(store: Store, source: Path) -> None:
    with InProcess() as url:
        pass
    with pytest.raises(ServerUnreachable):
        choose(store, source, rewrite=server(url))


def test_a_stand_in_is_marked(store: Store, source: Path) -> None:
    selection = choose(
        store,
        source,
        filters=ALL,
        potential=server("builtin"),
        min_potential=0,
        rewrite=server("builtin"),
    )
    assert selection.report.simulated
    for one, node in selection.roots:
        assert node.simulated is (one.original_text is not None)
        if one.original_text is not None:
            assert "[simulated]" in node.parts[-1].text  # type: ignore[union-attr]


def test_a_text_without_embedding_is_named_and_the_others_are_kept(
    store: Store, source: Path
) -> None:
    texts = [json.loads(line)["text"] for line in source.read_text().splitlines()]
    bad = [texts[1]]

    async def embed(body: dict[str, Any]) -> web.Response:
        if set(bad) & set(body["input"]):
            return error(400, "this text is too long")
        data = [
            {"index": i, "embedding": [float(text == other) for other in texts]}
            for i, text in enumerate(body["input"])
        ]
        return web.json_response({"data": data})

    with serving(answering(lambda _: "x"), embed=embed) as served:
        embedder = server(f"{served.url}#e", "embed")
        with pytest.raises(TryLater, match=r"embeddings of 1 of 4 .*this text is too long") as stop:
            choose(store, source, embed=embedder)
        assert texts[1][:40] in str(stop.value)
        assert "leave out" in str(stop.value.todo)
        bad.clear()
        n_asked = len(served.asked)
        assert len(choose(store, source, embed=embedder).roots) == 4
        # The whole is asked for again, as one text of it was missing.
        assert len(served.asked) == n_asked + 1
