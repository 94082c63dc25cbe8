"""`generate` with all its servers at once: kills, faults, outages, order, two runs at a time."""

from __future__ import annotations

import random
import threading
import time
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from intermt.commands import generate
from intermt.commands.answering import GrowthPlan
from intermt.commands.seed_config import SeedingConfig
from intermt.domain.prompts import load_prompts
from intermt.errors import ServerUnreachable, TryLater
from intermt.simulator import InProcess, Simulator, parse_faults
from intermt.simulator.faults import KINDS, Faults
from intermt.store.connect import Store
from tests.commands.work import (
    TABLES,
    Silent,
    counted,
    ended,
    impatient,
    rows,
    seeds,
    server,
    stand_in,
    start,
    stats,
    written,
)

PROMPTS = load_prompts()
EVERYTHING = (
    *(table for table in TABLES if table != "run"),
    *("tool_use", "node_mark", "seed_growth", "seed_drop", "conversation_origin"),
)
ROLES = {
    "a": ("chat", "model-a"), "b": ("chat", "model-b"), "u": ("chat", "user"),
    "j": ("chat", "judge"), "p": ("chat", "rater"), "w": ("chat", "writer"),
    "m": ("embed", "vectors"), "d": ("draw", "painter"), "e": ("edit", "editor"),
    "r": ("retrieve", "finder"),
}  # fmt: skip
IN_FLIGHT = 4


def listed(n: int) -> list[dict[str, Any]]:
    """Seed questions, with one that is there twice and one that asks nothing."""
    return [*seeds(n), {**seeds(1)[0], "id": "again"}, {"id": "short", "text": "No?"}]


def grow(
    store: Store, urls: str | dict[str, str], source: Path, **more: Any
) -> generate.GenerateResult:
    """A run with every server there can be; `urls` by role, or one for all."""

    def at(role: str) -> Any:
        url = urls if isinstance(urls, str) else urls.get(role, urls[""])
        kind, model = ROLES[role]
        return replace(server(f"{url}#{model}", kind), name=role)

    seeding = SeedingConfig(
        (str(source),),
        PROMPTS,
        filters=("quality", "diversity", "potential"),
        embed=at("m"),
        potential=at("p"),
        min_potential=1,
        rewrite=at("w"),
    )
    plan = GrowthPlan(
        answer=(at("a"), at("b")),
        user=at("u"),
        draw=at("d"),
        edit=at("e"),
        retrieve=at("r"),
        prompts=PROMPTS,
        n_turns=3,
        beam=3,
    )
    options = {"judge": at("j"), "min_instances": 1, "stop_error_rate": 1.0, **more}
    return generate.run(store, generate.GenerateConfig(seeding, plan, **options), Silent())


def words_for(folder: Path, url: str, source: Path, *more: object) -> list[object]:
    """The same as a command line, and its configuration file in the folder."""
    table = "[servers.{}]\nkind = '{}'\nurl = '{}'\nmodel = '{}'\nmax_in_flight = {}\n"
    (folder / "intermt.toml").write_text(
        "".join(table.format(n, kind, url, m, IN_FLIGHT) for n, (kind, m) in ROLES.items())
    )
    return [
        *("generate", source, "--turns", 3, "--beam", 3, "--min-instances", 1),
        *("--answer", "a", "--answer", "b", "--user", "u", "--judge", "j"),
        *("--draw", "d", "--edit", "e", "--retrieve", "r", "--embed", "m"),
        *("--filter", "quality,diversity,potential", "--potential", "p"),
        *("--min-potential", 1, "--rewrite", "w", *more),
    ]  # fmt: skip


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(tmp_path_factory.mktemp("source") / "seeds.jsonl", listed(8))


@pytest.fixture(scope="module")
def undisturbed(
    tmp_path_factory: pytest.TempPathFactory, source: Path
) -> tuple[Store, generate.GenerateResult]:
    """A store that an undisturbed run made, which tests only read, and what the run said."""
    store = Store(tmp_path_factory.mktemp("undisturbed") / "store")
    with InProcess(Simulator()) as url:
        return store, grow(store, url, source)


@pytest.fixture(scope="module")
def whole(undisturbed: tuple[Store, generate.GenerateResult]) -> dict[str, list[Any]]:
    """What an undisturbed run stores; everything that is tried here is in it."""
    store, result = undisturbed
    assert result.n_unfinished == 0
    found = rows(store, *EVERYTHING)
    assert {row[3] for row in found["tool_use"]} >= {"draw", "edit", "retrieve"}
    reasons = "SELECT count(*) FROM tool_use WHERE reason = 'the model called it'"
    assert counted(store, reasons) > 0
    assert counted(store, "SELECT count(*) FROM node_mark WHERE score IS NOT NULL") > 0
    assert counted(store, "SELECT count(*) FROM seed WHERE original_text IS NOT NULL") > 0
    kinds = counted(store, "SELECT list(DISTINCT kind) FROM seed_drop")
    assert {"identical", "too short"} <= set(kinds)
    return found


def differing(store: Store, wanted: dict[str, list[Any]]) -> list[str]:
    """The tables that are not as they should be."""
    found = rows(store, *wanted)
    return [table for table in wanted if found[table] != wanted[table]]


# --- order -------------------------------------------------------------------------------


def test_neither_latency_nor_the_order_of_rows_changes_anything(
    tmp_path: Path, whole: dict[str, list[Any]]
) -> None:
    source = written(tmp_path / "reversed.jsonl", listed(8)[::-1])
    store = Store(tmp_path / "store")
    with ExitStack() as stack:
        latencies = {"": 0, "a": 60, "b": 5, "u": 25, "j": 1, "d": 80, "e": 10, "r": 40, "p": 30}
        urls = {
            role: stack.enter_context(InProcess(Simulator(latency_ms=latency)))
            for role, latency in latencies.items()
        }
        assert grow(store, urls, source).n_unfinished == 0
        assert differing(store, whole) == []
        assert grow(store, urls, source).calls.made == 0
    assert differing(store, whole) == []


# --- kills -------------------------------------------------------------------------------


def settled(url: str) -> dict[str, Any]:
    """What a stand-in has counted, once it has answered all that it was asked."""
    before, now = {}, stats(url)
    while before != now:
        time.sleep(0.1)
        before, now = now, stats(url)
    return now


def test_a_run_that_is_killed_again_and_again_ends_like_one_that_was_not(tmp_path: Path) -> None:
    source = written(tmp_path / "seeds.jsonl", listed(7))
    undisturbed, store = Store(tmp_path / "undisturbed"), Store(tmp_path / "store")
    with InProcess(Simulator()) as url:
        words = words_for(tmp_path, url, source)
        assert ended(start(*words, store=undisturbed.folder)).code == 0
    n_known = n_again = n_lost = n_killed = 0
    dice = random.Random(7)
    with stand_in("--latency-ms", "25") as url:
        words = words_for(tmp_path, url, source)
        for n_more in [1, 5, *(dice.randint(1, 30) for _ in range(8))]:
            process = start(*words, store=store.folder)
            until = stats(url)["n_answered"] + n_more
            while stats(url)["n_answered"] < until and process.poll() is None:
                time.sleep(0.02)
            process.kill()
            n_killed += ended(process).code == -9
            counts = settled(url)
            # Asked again was only what had been lost: on its way at the kill before.
            assert counts["n_answered_again"] - n_again <= n_lost
            n_again = counts["n_answered_again"]
            n_known = counted(store, "SELECT count(*) FROM request WHERE state = 'ok'")
            n_lost = counts["n_answered"] - n_again - n_known
            assert 0 <= n_lost <= IN_FLIGHT * len(ROLES)
        last = ended(start(*words, store=store.folder))
        assert last.code == 0, last.err
        made = last.data["calls"]["states"]["ok"]
        counts = settled(url)
        again = ended(start(*words, store=store.folder))
    assert n_killed == 10
    assert made > 0
    assert counts["n_answered_again"] - n_again <= n_lost
    assert n_known + made == counts["n_distinct"] == counted(store, "SELECT count(*) FROM request")
    assert differing(store, rows(undisturbed, *EVERYTHING)) == []
    assert again.data["calls"]["states"] == {}


def test_runs_at_the_same_seeds_at_once_never_pay_twice(tmp_path: Path, source: Path) -> None:
    store = Store(tmp_path / "store")
    with stand_in("--latency-ms", "10") as url:
        words = words_for(tmp_path, url, source)
        # Another depth asks the same questions, too.
        runs = [start(*words, store=store.folder), start(*words, store=store.folder)]
        runs.append(start(*words, "--turns", 2, store=store.folder))
        done = [ended(run) for run in runs]
        assert [one.code for one in done] == [0, 0, 0], [one.out for one in done]
        counts = stats(url)
    assert counts["n_answered_again"] == 0
    made = sum(sum(one.data["calls"]["states"].values()) for one in done)
    assert made == counts["n_distinct"] == counted(store, "SELECT count(*) FROM request")


# --- faults ------------------------------------------------------------------------------


def all_but(*left_out: str, rate: float = 0.03) -> Simulator:
    """A stand-in with every kind of fault but these."""
    rates = tuple((kind, rate) for kind in KINDS if kind not in left_out)
    return Simulator(faults=Faults(rates, retry_after_s=0, hang_s=0.2))


def test_whatever_fails_nothing_is_half_made_and_reruns_finish(
    tmp_path: Path,
    source: Path,
    whole: dict[str, list[Any]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    impatient(monkeypatch)
    store = Store(tmp_path / "store")
    n_unfinished: list[int] = []
    states: set[str] = set()
    with ExitStack() as stack:
        running = {
            "": all_but(rate=0.05),
            # What these say by a refusal, or by nothing, is an answer: trees go on with it.
            **dict.fromkeys("de", all_but("refusal")),
            **dict.fromkeys("rpw", all_but("refusal", "empty")),
        }
        urls = {role: stack.enter_context(InProcess(one)) for role, one in running.items()}
        first = urls[""]
        # What is in vain in two runs is tried otherwise: here it is in one only.
        later = stack.enter_context(InProcess(all_but("refusal", "empty", rate=0.09)))
        for _ in range(60):
            urls[""] = later if n_unfinished else first
            try:
                result = grow(store, urls, source)
            except TryLater as error:
                # Which questions are alike hangs on all of their embeddings.
                if "embeddings" not in str(error):
                    raise
                continue
            n_unfinished.append(result.n_left)
            now = rows(store, "node", "conversation", "picture_use", "tool_use", "verdict")
            for table, found in now.items():
                assert set(map(repr, found)) <= set(map(repr, whole[table])), table
            loose = """
                SELECT count(*) FROM (SELECT unnest(path) AS node_id FROM conversation)
                ANTI JOIN node USING (node_id)
            """
            assert counted(store, loose) == 0
            failed = "SELECT list(DISTINCT state) FROM request WHERE state <> 'ok'"
            states.update(counted(store, failed) or ())
            why = "SELECT count(*) FROM request WHERE state <> 'ok' AND error = ''"
            assert counted(store, why) == 0
            begun = "SELECT count(*) FROM seed_growth WHERE state = 'unfinished'"
            assert counted(store, begun) == result.n_unfinished
            if not result.n_left:
                break
        assert n_unfinished[-1] == 0
        assert n_unfinished[0] > 0
        assert {"empty", "refused"} <= states <= {"empty", "refused", "unparsed", "exhausted"}
        assert grow(store, urls, source).calls.made == 0
        counts = [stats(url) for url in (first, *urls.values())]
        assert sum(count["n_answered_again"] for count in counts) == 0
        n_ok = counted(store, "SELECT count(*) FROM request WHERE state = 'ok'")
        assert sum(count["n_answered"] for count in counts) == n_ok
    assert differing(store, whole) == []


def test_refused_pictures_are_asked_for_once_a_run_and_filled_in(tmp_path: Path) -> None:
    source = written(tmp_path / "few.jsonl", listed(4))
    store = Store(tmp_path / "store")
    lacking = (
        "SELECT count(DISTINCT request_key) FROM tool_use"
        " WHERE image_sha256 IS NULL AND position IS NOT NULL"
    )
    there = "SELECT sum(n_images) FROM node WHERE role = 'assistant'"
    n_lacking: list[int] = []
    with (
        InProcess(Simulator(faults=parse_faults("refusal=0.4"))) as picky,
        InProcess(Simulator()) as url,
    ):
        urls = {"": url, "d": picky, "e": picky}
        for _ in range(30):
            before = n_lacking[-1] if n_lacking else None
            result = grow(store, urls, source)
            # A tree is whole without a picture that is denied.
            assert result.n_unfinished == 0
            # A call that the model made itself has its answer: it is not made once more.
            if before is None:
                trees = rows(store, "conversation", "node_mark", "verdict", "seed_growth")
            else:
                assert result.calls.made <= before
            assert differing(store, trees) == []
            n_lacking.append(counted(store, lacking + " AND state = 'refused'"))
            # What the summary counts is what the store holds, late pictures included.
            assert (
                result.n_pictures == counted(store, there) == sum(result.pictures_by_tool.values())
            )
            if not n_lacking[-1]:
                break
        assert grow(store, urls, source).calls.made == 0
    assert n_lacking[0] > 3
    assert n_lacking[-1] == 0
    assert counted(store, "SELECT sum(n_missing) FROM node") == 0
    assert counted(store, "SELECT count(*) FROM picture_use WHERE sha256 IS NULL") == 0
    # Whoever wants to know which ones came late can see it.
    late = "SELECT count(*) FROM tool_use WHERE reason LIKE '%without it%'"
    assert counted(store, late) > 0


def test_a_server_that_is_down_for_a_while_is_named_and_work_goes_on_later(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    impatient(monkeypatch)
    source = written(tmp_path / "seeds.jsonl", listed(16))
    undisturbed, store = Store(tmp_path / "undisturbed"), Store(tmp_path / "store")
    with InProcess(Simulator()) as url, InProcess(Simulator(latency_ms=10)) as slow:
        grow(undisturbed, url, source)
        drawing = InProcess(Simulator())
        urls = {"": slow, "d": drawing.__enter__()}
        ending = threading.Thread(target=_end_after, args=(drawing, urls["d"], 10))
        ending.start()
        # Most calls go well: those to one server do not.
        with pytest.raises(TryLater, match="calls to d failed") as stop:
            grow(store, urls, source, stop_error_rate=0.5)
        ending.join()
        assert stop.value.where == urls["d"]
        assert counted(store, "SELECT count(*) FROM request WHERE state = 'ok'") > 40
        there = rows(store, *EVERYTHING)
        with pytest.raises(ServerUnreachable):
            grow(store, urls, source)
        assert [t for t in differing(store, there) if t not in ("seed_drop", "seed_growth")] == []
        assert grow(store, {"": slow, "d": url}, source).n_left == 0
    assert differing(store, rows(undisturbed, *EVERYTHING)) == []


def _end_after(simulator: InProcess, url: str, n_answered: int) -> None:
    while stats(url)["n_answered"] < n_answered:
        time.sleep(0.01)
    simulator.__exit__(None, None, None)


# --- limits ------------------------------------------------------------------------------


@pytest.mark.parametrize("share", [0.1, 0.5])
def test_a_limit_is_kept_however_many_calls_are_under_way(
    tmp_path: Path,
    source: Path,
    undisturbed: tuple[Store, generate.GenerateResult],
    whole: dict[str, list[Any]],
    share: float,
) -> None:
    store = Store(tmp_path / "store")
    total = _tokens(undisturbed[1])
    largest = counted(undisturbed[0], "SELECT max(tokens_in + tokens_out) FROM request")
    with InProcess(Simulator(latency_ms=20)) as url:
        limit = int(total * share)
        first = grow(store, url, source, max_tokens_total=limit)
        assert first.n_unasked > 0
        assert "--max-tokens-total" in first.limit_reached
        assert limit <= _tokens(first) < limit + 2 * largest
        # Every run gets on, however little it may take.
        n_chats = "SELECT count(*) FROM request WHERE state = 'ok' AND kind = 'chat'"
        before = counted(store, n_chats)
        assert grow(store, url, source, max_tokens_total=1).n_unasked > 0
        assert counted(store, n_chats) == before + 1
        assert grow(store, url, source).n_left == 0
        assert stats(url)["n_answered_again"] == 0
    assert differing(store, whole) == []


def _tokens(result: generate.GenerateResult) -> int:
    return result.calls.tokens_in + result.calls.tokens_out
