"""Running `generate`: pruning by a judge, short seeds, budgets, going on, dry runs, looking."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from intermt.commands import generate
from intermt.commands.answering import GrowthPlan
from intermt.commands.resuming import changes
from intermt.domain.prompts import load_prompts
from intermt.errors import ConfigError, UsageError
from intermt.simulator import InProcess, Simulator, parse_faults
from intermt.store.connect import Store
from tests.commands.serving import said, serving
from tests.commands.work import (
    Program,
    Silent,
    counted,
    impatient,
    rows,
    seeds,
    server,
    stats,
    taking,
    written,
)

KEPT = ("seed", "node", "conversation", "picture_use", "image")


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return written(tmp_path / "seeds.jsonl", seeds(3))


def grow(
    store: Store,
    url: str,
    source: Path,
    *,
    progress: Silent | None = None,
    prices: dict[str, float] | None = None,
    **more: Any,
) -> generate.GenerateResult:
    names = ("judge", "min_instances", "stop_error_rate", "max_tokens_total", "max_cost", "resume")
    options = {key: more.pop(key) for key in names if key in more}
    settings: dict[str, Any] = {"n_turns": 3, "n_candidates": 2, "beam": 3, **more}
    plan = GrowthPlan(
        answer=(replace(server(f"{url}#a"), **(prices or {})), server(f"{url}#b")),
        user=server(f"{url}#user"),
        draw=server(f"{url}#draw", "draw"),
        prompts=load_prompts(),
        **settings,
    )
    config = generate.GenerateConfig(taking(source), plan, **options)
    return generate.run(store, config, progress or Silent())


# --- pruning ------------------------------------------------------------------------------


def test_a_judge_decides_who_goes_on(tmp_path: Path, source: Path) -> None:
    store = Store(tmp_path / "store")
    with InProcess(Simulator()) as url:
        result = grow(store, url, source, judge=server(f"{url}#judge"))
        again = grow(store, url, source, judge=server(f"{url}#judge"))
    assert result.n_pruned == {"beyond the beam": 3}
    # A level of four was pruned to three; the first level needed no judge.
    scored = "SELECT count(*) FROM node_mark WHERE score IS NOT NULL"
    assert counted(store, scored) == 3 * 4
    worst = """
        SELECT count(*) FROM node_mark m JOIN node n USING (node_id)
        WHERE m.mark = 'pruned' AND m.score = (
            SELECT min(o.score) FROM node_mark o JOIN node p USING (node_id)
            WHERE p.seed_id = n.seed_id AND o.score IS NOT NULL)
    """
    assert counted(store, worst) == 3
    assert counted(store, "SELECT list(DISTINCT mark ORDER BY mark) FROM node_mark") == [
        "kept",
        "pruned",
    ]
    assert again.calls.made == 0


def test_scores_are_verdicts_of_that_judge(intermt: Program, source: Path) -> None:
    words = ("--answer", "builtin", "--user", "builtin", "--judge", "builtin#judge")
    intermt("generate", source, *words, "--turns", 3, "--beam", 3, "--filter", "none")
    n_verdicts = counted(intermt.store, "SELECT count(*) FROM verdict WHERE state = 'ok'")
    assert n_verdicts == 3 * 4 * 4
    done = intermt("judge", "--task", "score", "--server", "builtin#judge")
    assert done.data["n_known"] == 3 * 4
    assert intermt("check").data["findings"] == []


def test_a_judge_whose_name_is_taken_is_told_what_generate_can_do(
    intermt: Program, source: Path
) -> None:
    words = ("--answer", "builtin", "--user", "builtin", "--turns", 3, "--beam", 3)
    grow = ("generate", source, *words, "--filter", "none", "--dataset")
    intermt(*grow, "first")
    warm = ("--temperature", 0.7, "--limit", 1)
    judge = ("judge", "--task", "score", "--server", "builtin#judge", "--kind", "chat")
    intermt(*judge, *warm)
    refused = intermt(*grow, "second", "--judge", "builtin#judge", code=2).answer["errors"][0]
    assert refused["message"].startswith("the judge 'judge' had other settings")
    assert "--name" not in refused["todo"]
    assert "--judge" in refused["todo"]
    # Where there is such an option, it is named; and both pieces of advice are true.
    refused = intermt(*judge, code=2).answer["errors"][0]
    assert refused["todo"] == "give this one a name of its own with --name"
    intermt(*judge, "--name", "calm", "--limit", 1)
    intermt(*grow, "second", "--judge", "builtin#other")


def test_a_judge_that_fails_leaves_the_level_waiting(
    tmp_path: Path, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    impatient(monkeypatch)
    whole, store = Store(tmp_path / "whole"), Store(tmp_path / "store")
    with InProcess(Simulator()) as url:
        grow(whole, url, source, judge=server(f"{url}#judge"))
        # What is in vain in two runs is tried otherwise: here it is in one only.
        n_unfinished: list[int] = []
        with (
            InProcess(Simulator(faults=parse_faults("empty=0.5"))) as first,
            InProcess(Simulator(faults=parse_faults("json=0.9"))) as later,
        ):
            for _ in range(20):
                judge = server(f"{later if n_unfinished else first}#judge")
                result = grow(store, url, source, judge=judge, stop_error_rate=1.0)
                n_unfinished.append(result.n_unfinished)
                if not result.n_unfinished:
                    break
    assert n_unfinished[0] > 0
    assert n_unfinished[1] > 0
    assert n_unfinished[-1] == 0
    tables = (*KEPT, "node_mark")
    assert rows(store, *tables) == rows(whole, *tables)


def test_a_wider_beam_takes_pruned_answers_back(tmp_path: Path, source: Path) -> None:
    store = Store(tmp_path / "store")
    pruned = "SELECT count(*) FROM node_mark WHERE mark = 'pruned'"
    with InProcess(Simulator()) as url:
        grow(store, url, source, beam=2)
        assert counted(store, pruned) == 3 * 2
        grow(store, url, source, beam=4)
    assert counted(store, pruned) == 0


def test_answers_that_repeat_themselves_end_their_branch(tmp_path: Path, source: Path) -> None:
    async def same(body: dict[str, Any]) -> web.Response:
        n_said = sum(message["role"] == "assistant" for message in body["messages"])
        return said("The same.") if n_said < 2 else said("Something else.")

    store = Store(tmp_path / "store")
    number = 0

    async def ask(_: dict[str, Any]) -> web.Response:
        nonlocal number
        number += 1
        return said(f"What about detail number {number}?")

    with serving(same) as answering, serving(ask) as asking:
        plan = GrowthPlan(
            answer=(server(answering.url),),
            user=server(asking.url),
            draw=None,
            prompts=load_prompts(),
            n_turns=4,
            n_candidates=1,
        )
        result = generate.run(store, generate.GenerateConfig(taking(source), plan), Silent())
    assert result.n_pruned == {"repeated": 3}
    assert counted(store, "SELECT max(turn) FROM node") == 2
    assert (result.n_instances, result.n_short) == (0, 3)
    assert result.short[0].reason == "such a tree has 1 at most"


def test_a_seed_with_too_few_instances_is_reported(tmp_path: Path, source: Path) -> None:
    store = Store(tmp_path / "store")
    reasons = "SELECT list(DISTINCT reason) FROM seed_growth"
    with InProcess(Simulator()) as url:
        wanted = grow(store, url, source, beam=4)
        assert (wanted.n_short, wanted.n_instances) == (0, 24)
        assert counted(store, reasons) == [""]
        short = grow(store, url, source, beam=4, min_instances=9)
    assert (short.n_short, short.calls.made, short.n_unfinished) == (3, 0, 0)
    assert [one.source_id for one in short.short] == ["s0", "s1", "s2"]
    assert counted(store, reasons) == ["such a tree has 8 at most"]
    assert counted(store, "SELECT list(DISTINCT n_instances) FROM seed_growth") == [8]


def test_a_list_of_short_seeds_that_is_cut_says_so(intermt: Program, tmp_path: Path) -> None:
    source = written(tmp_path / "many.jsonl", seeds(22))
    words = ("--answer", "builtin", "--user", "builtin", "--turns", 1, "--filter", "none")
    done = intermt("generate", source, *words).data
    assert (done["n_short"], len(done["short"]), done["n_short_unlisted"]) == (22, 20, 2)
    assert done["n_left_out_of_unlisted"] == 0
    short = "SELECT count(*) FROM seed_growth WHERE n_instances < min_instances"
    assert counted(intermt.store, short) == 22


# --- budgets ------------------------------------------------------------------------------


def test_a_budget_stops_the_asking_and_the_next_run_goes_on(tmp_path: Path, source: Path) -> None:
    whole, store = Store(tmp_path / "whole"), Store(tmp_path / "store")
    with InProcess(Simulator()) as url:
        total = grow(whole, url, source).calls
        limit = (total.tokens_in + total.tokens_out) // 3
        first = grow(store, url, source, max_tokens_total=limit)
        assert first.n_unfinished > 0
        assert first.n_unasked > 0
        assert "--max-tokens-total" in first.limit_reached
        # What was under way is taken, nothing more is sent.
        spent = first.calls.tokens_in + first.calls.tokens_out
        assert limit <= spent < 2 * limit
        assert counted(store, "SELECT count(*) FROM request") == first.calls.made
        for _ in range(10):
            last = grow(store, url, source, max_tokens_total=limit)
            if not last.n_unfinished:
                break
    assert last.limit_reached == ""
    assert rows(store, *KEPT) == rows(whole, *KEPT)
    with InProcess(Simulator()) as url:
        assert grow(store, url, source, max_tokens_total=1).n_unfinished == 0


def test_costs_are_counted_by_the_prices(tmp_path: Path, source: Path) -> None:
    store = Store(tmp_path / "store")
    with InProcess(Simulator()) as url:
        free = grow(store, url, source)
        assert free.cost is None
        with pytest.raises(UsageError, match="needs prices"):
            grow(store, url, source, max_cost=1.0)
        with InProcess(Simulator(seed=1)) as other:
            prices = {"price_in": 2.0, "price_out": 10.0}
            paid = grow(Store(tmp_path / "paid"), other, source, prices=prices)
    used = "SELECT sum({}) FROM request WHERE model = 'a'"
    paid_store = Store(tmp_path / "paid")
    n_in = counted(paid_store, used.format("tokens_in"))
    n_out = counted(paid_store, used.format("tokens_out"))
    assert paid.cost == pytest.approx((n_in * 2 + n_out * 10) / 1e6)


def test_a_cost_limit_is_passed_by_about_one_call_and_later_runs_go_on(
    tmp_path: Path, source: Path
) -> None:
    whole, store = Store(tmp_path / "whole"), Store(tmp_path / "store")
    prices = {"price_in": 2.0, "price_out": 10.0}
    with InProcess(Simulator(latency_ms=5)) as url:
        total = grow(whole, url, source, prices=prices).cost
        assert total is not None
        dearest = counted(
            whole, "SELECT max(tokens_in * 2 + tokens_out * 10) / 1e6 FROM request WHERE model='a'"
        )
        limit = total / 4
        n_limited = 0
        for _ in range(12):
            last = grow(store, url, source, prices=prices, max_cost=limit)
            if not last.limit_reached:
                break
            n_limited += 1
            assert "--max-cost" in last.limit_reached
            assert last.n_unfinished > 0
            assert last.cost is not None
            assert limit <= last.cost <= limit + 2 * dearest
        assert n_limited >= 3
        assert last.n_unfinished == 0
        # Every call was made once for the one store and once for the other.
        assert stats(url)["n_answered_again"] == counted(store, "SELECT count(*) FROM request")
    assert rows(store, *KEPT) == rows(whole, *KEPT)


def test_a_cost_limit_exits_with_try_later(intermt: Program, source: Path) -> None:
    table = "[servers.{}]\nurl = '{}'\nmodel = '{}'\nprice_out = 1000000\n"
    with InProcess(Simulator()) as url:
        config = intermt.store.folder.parent / "intermt.toml"
        config.write_text(table.format("a", url, "a"))
        words = ("--answer", "a", "--user", "a", "--turns", 2, "--filter", "none")
        done = intermt("generate", source, *words, "--max-cost", "50", code=75)
        assert "--max-cost 50" in done.answer["errors"][0]["message"]
        assert done.answer["status"] == "partial"
        intermt("generate", source, *words)
        assert stats(url)["n_answered_again"] == 0


# --- going on -------------------------------------------------------------------------------


def test_an_answer_that_comes_late_and_is_the_same_doubles_no_conversation(
    tmp_path: Path, source: Path
) -> None:
    store, down = Store(tmp_path / "store"), [True]

    async def answer(body: dict[str, Any]) -> web.Response:
        # Both answer servers say the same; the first one says nothing at first.
        if body["model"] == "a" and down[0]:
            return said("", model="a")
        n_turns = sum(message["role"] == "assistant" for message in body["messages"])
        words = f"What of step {n_turns}?" if body["model"] == "user" else f"Step {n_turns} is it."
        return said(words, model=body["model"])

    with serving(answer) as served:
        first = grow(store, served.url, source, n_turns=2, stop_error_rate=1.0)
        assert first.n_unfinished == 3
        there = rows(store, "conversation", "picture_use", "node")
        assert len(there["conversation"]) == 3
        down.clear()
        down.append(False)
        for _ in range(2):
            again = grow(store, served.url, source, n_turns=2)
            assert (again.n_unfinished, again.n_conversations) == (0, 3)
            assert rows(store, "conversation", "picture_use", "node") == there


def test_what_changed_is_said_and_always_refuses_it(tmp_path: Path, source: Path) -> None:
    store, progress = Store(tmp_path / "store"), Silent()
    with InProcess(Simulator()) as url:
        first = grow(store, url, source, n_turns=2, resume="always")
        same = grow(store, url, source, n_turns=2, resume="always")
        assert (first.n_resumed, same.n_resumed, same.changes) == (0, 3, ())
        before = rows(store)
        with pytest.raises(ConfigError, match=r"turns \(2 -> 3\)"):
            grow(store, url, source, resume="always")
        assert rows(store) == before
        other = grow(store, url, source, progress=progress, temperature=0.1)
    assert other.changes == ("temperature (0.7 -> 0.1)", "turns (2 -> 3)")
    assert len([note for note in progress.notes if "another than" in note]) == 2


def test_never_asks_everything_anew_and_that_can_be_gone_on_with(
    tmp_path: Path, source: Path
) -> None:
    store = Store(tmp_path / "store")
    with InProcess(Simulator()) as url:
        first = grow(store, url, source, n_turns=2)
        anew = grow(store, url, source, n_turns=2, resume="never")
        assert anew.calls.reused < first.calls.made / 2
        assert anew.calls.made > first.calls.made / 2
        lineages = "SELECT list(DISTINCT lineage) FROM seed_growth"
        assert counted(store, lineages) == [anew.run_id]
        later = grow(store, url, source, n_turns=2)
        assert later.calls.made == 0
    assert counted(store, lineages) == [anew.run_id]


def test_changes_name_what_differs() -> None:
    before = {"answer": ["a", "b"], "judge": None, "prompts": {"x": "1", "y": "2"}, "beam": 8}
    now = {"answer": ["a"], "judge": "j", "prompts": {"x": "1", "y": "3"}, "beam": 8}
    assert changes(before, now) == ["answer (a, b -> a)", "judge (none -> j)", "prompts (y)"]
    assert changes(None, now) == []
    assert changes(now, now) == []


# --- before and after -----------------------------------------------------------------------


def test_a_dry_run_asks_nobody_and_bounds_what_comes(intermt: Program, source: Path) -> None:
    nowhere = "http://127.0.0.1:9/v1"
    words = (source, "--turns", 3, "--beam", 3, "--filter", "none", "--max-tokens", 100)
    servers = ("--answer", nowhere, "--user", nowhere)
    done = intermt("generate", *words, *servers, "--dry-run")
    n_answers, n_asked = 3 * (2 + 4 + 6), 3 * (2 + 3)
    # A question that is none is asked for twice.
    assert done.data["most"]["calls"] == {"answer": n_answers, "user": 2 * n_asked, "judge": 0}
    assert done.data["most"]["tokens_out"] == (n_answers + 2 * n_asked) * 100
    assert done.data["expected"]["calls"] == {"answer": n_answers, "user": n_asked, "judge": 0}
    assert not intermt.store.exists()
    own = ("--answer", "builtin", "--user", "builtin", "--draw", "builtin")
    grown = intermt("generate", *words, *own).data
    guessed = intermt("generate", *words, *own, "--dry-run").data
    assert guessed["most"]["calls"]["answer"] == 4 * n_answers
    chats = counted(intermt.store, "SELECT count(*) FROM request WHERE kind = 'chat'")
    guess = guessed["expected"]
    assert guess["calls"]["answer"] + guess["calls"]["user"] == pytest.approx(chats, abs=2)
    assert guess["tokens_in"] == pytest.approx(grown["calls"]["tokens_in"], rel=0.01)
    assert guess["tokens_out"] == pytest.approx(grown["calls"]["tokens_out"], rel=0.01)


def test_a_tree_is_shown_with_what_was_pruned(
    intermt: Program, source: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    words = ("--answer", "builtin", "--user", "builtin", "--draw", "builtin")
    intermt("generate", source, *words, "--turns", 3, "--beam", 2, "--filter", "none")
    tree = intermt("generate", "--show", "s1").data
    assert tree["simulated"] is True
    assert [node["label"] for node in tree["nodes"]][:4] == ["1", "1a", "1a.1", "1a.1a"]
    assert {node["mark"] for node in tree["nodes"]} == {"", "pruned"}
    assert intermt("generate", "--show", tree["seed_id"][:10]).data == tree
    intermt("generate", "--show", "nobody", code=66)
    with_one_out = written(source.parent / "out.jsonl", [*seeds(3), {"id": "out", "text": "No"}])
    intermt("generate", with_one_out, *words, "--turns", 1, "--filter", "quality")
    refused = intermt("generate", "--show", "out", code=66).answer["errors"][0]
    assert refused["message"].startswith(
        "'out' has no tree: it was left out of generated by quality: the text is too short"
    )
    intermt("generate", "--show", "s1", "--rebuild", code=2)
    intermt("generate", source, "--show", "s1", code=2)
    intermt("generate", source, code=2)


# --- rebuilding -----------------------------------------------------------------------------


def test_kept_branches_are_rebuilt_once(intermt: Program, tmp_path: Path) -> None:
    source = written(tmp_path / "seeds.jsonl", seeds(1))
    words = ("--answer", "builtin", "--user", "builtin", "--turns", 3, "--filter", "none")
    intermt("generate", source, *words)
    votes = "task,seed,answer_a,answer_b,level,dimension,rater,role,kind,choice\n"
    for place, other in (("1a", "1b"), ("1a.1b", "1a.1a"), ("1a.1b.1a", "1a.1b.1b")):
        for rater in "xy":
            votes += f"{place},s0,{place},{other},local,overall,{rater},annotator,human,A\n"
    (tmp_path / "votes.csv").write_text(votes)
    intermt("annotate-import", tmp_path / "votes.csv")
    done = intermt("generate", "--rebuild", "--rebuild-depth", 3).data
    assert (done["n_conversations"], done["n_new"], done["by_turns"]) == (1, 1, {"3": 1})
    assert done["dataset"] == "generated-rebuilt"
    assert done["simulated"] is True
    path = """
        SELECT list(n.place ORDER BY n.turn, n.role DESC) FROM conversation c
        JOIN node n ON list_contains(c.path, n.node_id) WHERE c.category = 'rebuilt'
    """
    assert counted(intermt.store, path) == ["1", "1a", "1a.1", "1a.1b", "1a.1b.1", "1a.1b.1a"]
    assert counted(intermt.store, "SELECT count(*) FROM conversation_origin") == 6
    before = rows(intermt.store, per_run=True)
    again = intermt("generate", "--rebuild", "--rebuild-depth", 3).data
    assert (again["n_conversations"], again["n_new"], again["run_id"]) == (1, 0, None)
    assert rows(intermt.store, per_run=True) == before
    assert intermt("check").data["findings"] == []
    assert intermt("generate", "--rebuild").data["n_conversations"] == 0
    intermt("generate", "--rebuild", "--dataset", "none", code=66)
