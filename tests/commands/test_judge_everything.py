"""`judge` and `eval` over files as InterMT-Bench was released, on good and on bad servers."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from intermt.simulator import InProcess, Simulator, parse_faults
from tests.commands.bench_files import pair_file, score_file
from tests.commands.work import (
    BENCH,
    Program,
    conversations,
    impatient,
    rows,
    stats,
    written,
)

FAULTS = "500=0.03,html=0.03,json=0.03,truncated=0.03,reset=0.02,refusal=0.03,empty=0.03"
N_SCORED, N_LOCAL, N_GLOBAL, N_STEPS = 16, 24, 12, 14
N_RELEASED = 300
SOME = 40
STEPS = "crucial_step_recognition"
ORDERED = ("consistency", "first_slot")


def runs(url: str, *more_steps: object) -> list[tuple[object, ...]]:
    """Every kind of judging there is, as words of the command line."""
    score = ("--task", "score", "--dataset", "scores")
    pair = ("--task", "pair", "--dataset", "pairs")
    steps = ("--task", "crucial-step", "--dataset", "steps", "--grader", url, *more_steps)
    chat = ("judge", "--server", url)
    reward = ("judge", "--kind", "reward", "--server", f"{url}#reward-model")
    return [
        (*chat, *score),
        (*chat, *score, "--level", "global", "--reason"),
        (*chat, *pair),
        (*chat, *pair, "--level", "global", "--reason"),
        (*chat, *steps),
        (*reward, *score),
        (*reward, *pair, "--level", "global"),
    ]


def filled(program: Program, folder: Path, steps: Path) -> Program:
    """A store with scores, with pairs of both levels, and with described crucial steps."""
    sources = {
        "scores": [written(folder / "scores.json", score_file(N_SCORED))],
        "pairs": [
            written(folder / "local.json", pair_file(N_LOCAL, "local")),
            written(folder / "global.json", pair_file(N_GLOBAL, "global")),
        ],
        "steps": [steps],
    }
    (folder / "map.toml").write_text('[values.choice]\n"0" = "tie"\n')
    for dataset, files in sources.items():
        for file in files:
            mapped = ("--map-file", folder / "map.toml") if dataset == "pairs" else ()
            program("annotate-import", file, "--dataset", dataset, *mapped)
    return program


def invented(folder: Path) -> Path:
    return written(folder / "steps.json", conversations(N_STEPS))


def outcome(program: Program) -> dict[str, Any]:
    """Every verdict, and every figure that `eval` makes of them."""
    measured = program("eval", "--bootstrap", 50).data
    return {**rows(program.store, "verdict"), "figures": measured}


def judged(program: Program, commands: list[tuple[object, ...]]) -> int:
    """Run each command until nothing is left; how many runs that took."""
    n_runs = 0
    for words in commands:
        for _ in range(30):
            n_runs += 1
            done = program(*words, "--stop-error-rate", 1, code=None)
            assert done.code in (0, 75), done
            if done.code == 0:
                break
        assert done.code == 0, words
    return n_runs


def on_a_good_and_a_bad_server(
    good: Program,
    bad: Program,
    monkeypatch: pytest.MonkeyPatch,
    *more_steps: object,
) -> dict[str, Any]:
    """What both come to, which is the same."""
    impatient(monkeypatch)
    with InProcess(Simulator(seed=5)) as url:
        commands = runs(url, *more_steps)
        assert judged(good, commands) == len(commands)
        n_asked = stats(url)["n_requests"]
        assert judged(good, commands) == len(commands)
        assert stats(url)["n_requests"] <= n_asked + 2 * len(commands)
    with InProcess(Simulator(seed=5, faults=parse_faults(FAULTS))) as url:
        commands = runs(url, *more_steps)
        assert judged(bad, commands) > len(commands)
        assert stats(url)["n_answered_again"] == 0
    found = outcome(good)
    assert outcome(bad) == found
    return found


def twin(program: Program, folder: Path, capfd: pytest.CaptureFixture[str]) -> Program:
    shutil.copytree(program.store.folder, folder)
    return Program(folder, capfd)


def by_name(found: dict[str, Any]) -> dict[tuple[str, ...], dict[str, Any]]:
    names = ("judge", "task", "level", "statistic", "dimension")
    return {tuple(f[name] for name in names): f for f in found["figures"]["figures"]}


def test_everything_comes_to_the_same_through_faults(
    intermt: Program,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    filled(intermt, tmp_path, invented(tmp_path))
    found = on_a_good_and_a_bad_server(
        intermt, twin(intermt, tmp_path / "twin", capfd), monkeypatch
    )
    figures = by_name(found)
    n_of = {names: figure["n"] for names, figure in figures.items()}
    chat, reasoning, reward = "simulated-a", "simulated-a+reason", "reward-model"
    turns = sum(len(c["conversations"]) - 1 for c in score_file(N_SCORED))
    assert n_of[chat, "score", "local", "coverage", "text_quality"] == turns
    assert n_of[reasoning, "score", "global", "coverage", "average"] == 5 * N_SCORED
    assert n_of[chat, "pair", "local", "consistency", "overall"] == N_LOCAL
    assert n_of[reasoning, "pair", "global", "consistency", "overall"] == N_GLOBAL
    assert n_of[reward, "pair", "global", "coverage", "overall"] == N_GLOBAL
    assert n_of[reward, "score", "local", "coverage", "overall"] == turns
    assert n_of[chat, "crucial-step", "global", "mean_grade", STEPS] == N_STEPS
    # A reward model has no order, and is about one dimension.
    assert not [k for k, v in figures.items() if k[0] == reward and k[3] in ORDERED and v["n"]]
    assert {k[4] for k, v in figures.items() if k[0] == reward and v["n"]} == {"overall"}
    ties = sum(c["overall_preference"]["overall"] == 0 for c in pair_file(N_GLOBAL, "global"))
    assert ties > 0
    assert n_of[reward, "pair", "global", "accuracy", "overall"] == N_GLOBAL - ties
    assert {f["coverage"] for f in figures.values() if f["n"]} == {1.0}
    assert intermt("check").data["findings"] == []


@pytest.mark.real_data
@pytest.mark.skipif(not BENCH.exists(), reason="the released conversations are not here")
def test_the_released_crucial_steps_come_to_the_same_through_faults(
    intermt: Program,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    impatient(monkeypatch)
    intermt("annotate-import", BENCH, "--dataset", "steps")
    bad = twin(intermt, tmp_path / "twin", capfd)

    def steps(url: str, *more: object) -> list[tuple[object, ...]]:
        return [words for words in runs(url, *more) if "crucial-step" in words]

    with InProcess(Simulator(seed=5)) as url:
        judged(intermt, steps(url, "--limit", SOME))
        some = outcome(intermt)
        assert len(some["verdict"]) == SOME
        (words,) = steps(url)
        done = intermt(*words).data
        assert (done["n_items"], done["n_known"]) == (N_RELEASED, SOME)
        # The pictures were not released: each verdict names those that nobody saw.
        assert done["n_missing_pictures"] > 0.9 * (N_RELEASED - SOME)
        assert intermt(*words).data["calls"]["states"] == {}
    with InProcess(Simulator(seed=5, faults=parse_faults(FAULTS))) as url:
        assert judged(bad, steps(url, "--limit", SOME)) > 1
        assert stats(url)["n_answered_again"] == 0
    assert outcome(bad) == some
    whole = outcome(intermt)
    assert len(whole["verdict"]) == N_RELEASED
    assert [verdict for verdict in whole["verdict"] if verdict in some["verdict"]] == some[
        "verdict"
    ]
    figures = by_name(whole)
    name = ("simulated-a", "crucial-step", "global", "mean_grade", STEPS)
    assert (figures[name]["n"], figures[name]["coverage"]) == (N_RELEASED, 1.0)
    assert 1 <= figures[name]["low"] <= figures[name]["value"] <= figures[name]["high"] <= 5
    assert intermt("check").data["findings"] == []
