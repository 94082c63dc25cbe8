"""Juries: members judge as if alone, and their verdicts make the jury's, again after faults."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from intermt.simulator import InProcess, Simulator, parse_faults
from tests.commands.judge_stores import LOCAL, choosing, fill, saying, wanted
from tests.commands.serving import error, said, serving
from tests.commands.work import Program, counted, impatient, rows

JURY = "SELECT {} FROM verdict v JOIN rater r ON r.rater_id = v.judge_id AND r.kind = 'jury'"


@pytest.fixture
def filled(intermt: Program, tmp_path: Path) -> Program:
    return fill(intermt, tmp_path)


def test_members_judge_as_if_alone_and_the_majority_is_the_jurys(filled: Program) -> None:
    with (
        serving(saying(3), model="three") as three,
        serving(saying(1), model="one") as one,
        serving(saying(3), model="third") as third,
    ):
        urls = [word for served in (three, one, third) for word in ("--server", served.url)]
        done = filled("judge", "--task", "score", *urls, "--jury", "majority")
        assert done.data["judge"] == "majority:one,third,three"
        assert sorted(done.data["members"]) == ["one", "third", "three"]
        assert done.data["verdicts"] == {"ok": 3 * 12 * 4, "unparsed": 0, "failed": 0}
        assert done.data["jury"] == {"ok": 48, "unparsed": 0}
        before = rows(filled.store, "verdict", "rater", "request", "run", per_run=True)
        again = filled("judge", "--task", "score", *urls, "--jury", "majority")
        assert (again.data["run_id"], again.data["n_known"]) == (None, 12)
        # A member alone has nothing left to do: it is the same judge.
        alone = filled("judge", "--task", "score", "--server", one.url)
        assert alone.data["run_id"] is None
        assert rows(filled.store, "verdict", "rater", "request", "run", per_run=True) == before
    assert counted(filled.store, JURY.format("list(DISTINCT v.value)")) == [3]
    assert counted(filled.store, JURY.format("list(DISTINCT v.notes)")) == [["2 of 3 agree"]]
    assert counted(filled.store, JURY.format("min(len(v.members))")) == 3
    sql = """SELECT count(*) FROM verdict v JOIN rater r ON r.rater_id = v.judge_id
             AND r.kind = 'jury', unnest(v.members) m(id) JOIN verdict w ON w.verdict_id = m.id
             WHERE (w.a_id, w.dimension) = (v.a_id, v.dimension) AND w.state = 'ok'"""
    assert counted(filled.store, sql) == 48 * 3
    assert filled("check").code == 0


def test_the_order_of_the_members_makes_no_other_jury(filled: Program) -> None:
    with serving(saying(3), model="x") as x, serving(saying(0), model="y") as y:
        words = ("judge", "--task", "score", "--jury", "mean")
        filled(*words, "--server", x.url, "--server", y.url)
        again = filled(*words, "--server", y.url, "--server", x.url)
        assert again.data["run_id"] is None
        divided = ("judge", "--task", "score", "--jury", "majority")
        filled(*divided, "--server", x.url, "--server", y.url)
        again = filled(*divided, "--server", y.url, "--server", x.url)
        assert again.data["run_id"] is None
        with filled.store.writing() as db:
            db.execute("DELETE FROM verdict WHERE state <> 'ok'")
    assert counted(filled.store, JURY.format("list(DISTINCT v.estimate)")) == [1.5]
    assert counted(filled.store, JURY.format("count(v.value)")) == 0
    assert counted(filled.store, JURY.format("list(DISTINCT v.state)")) == ["ok"]


def test_a_divided_jury_states_no_score_and_prefers_neither(filled: Program) -> None:
    with serving(saying(3), model="x") as x, serving(saying(0), model="y") as y:
        urls = ("--server", x.url, "--server", y.url)
        done = filled("judge", "--task", "score", "--jury", "majority", *urls)
        assert done.data["jury"] == {"ok": 0, "unparsed": 48}
        # Nothing is left to be asked, although the jury states nothing.
        assert done.data["n_unfinished"] == 0
    assert counted(filled.store, JURY.format("list(DISTINCT v.notes)")) == [["no majority"]]
    with serving(choosing("long"), model="p") as p, serving(choosing("short"), model="q") as q:
        urls = ("--server", p.url, "--server", q.url)
        filled("judge", "--task", "pair", "--jury", "majority", *urls)
    sql = JURY.format("list(DISTINCT v.choice)") + " WHERE v.task = 'pair'"
    assert counted(filled.store, sql) == ["tie"]


def test_a_member_that_fails_is_named_and_the_jury_decides_again_later(filled: Program) -> None:
    broken = {"x": True}

    async def at_first_broken(body: dict[str, Any]) -> web.Response:
        if broken["x"]:
            return error(400, "out of order")
        return said(json.dumps(dict.fromkeys(wanted(body), 0)))

    with (
        serving(saying(2), model="two") as two,
        serving(saying(1), model="one") as one,
        serving(at_first_broken, model="late") as late,
    ):
        urls = [word for served in (two, one, late) for word in ("--server", served.url)]
        words = ("judge", "--task", "score", *urls, "--jury", "mean", "--stop-error-rate", 1)
        first = filled(*words, code=75)
        assert first.data["jury"] == {"ok": 48, "unparsed": 0}
        notes = counted(filled.store, JURY.format("list(DISTINCT v.notes)"))
        assert notes == [["mean of 2", "no verdict of late: failed"]]
        assert counted(filled.store, JURY.format("list(DISTINCT v.estimate)")) == [1.5]
        broken["x"] = False
        filled(*words)
    assert counted(filled.store, JURY.format("list(DISTINCT v.notes)")) == [["mean of 3"]]
    assert counted(filled.store, JURY.format("list(DISTINCT [v.estimate, v.value])")) == [[1, 1]]


def test_fewer_than_half_of_a_jury_state_nothing(filled: Program) -> None:
    async def never(_: dict[str, Any]) -> web.Response:
        return said("I would rather not say.")

    with (
        serving(saying(2), model="two") as two,
        serving(never, model="n") as n,
        serving(never, model="m") as m,
    ):
        urls = [word for served in (two, n, m) for word in ("--server", served.url)]
        done = filled("judge", "--task", "score", *urls, "--jury", "majority",
                      "--stop-error-rate", 1, code=75)  # fmt: skip
        assert done.data["jury"] == {"ok": 0, "unparsed": 48}
    (notes,) = counted(filled.store, JURY.format("list(DISTINCT v.notes)"))
    assert notes == [
        "fewer than half of the members state one",
        "no verdict of m: unparsed",
        "no verdict of n: unparsed",
    ]


TASKS = {
    "score": ("--task", "score", "--expected-score"),
    "global": ("--task", "score", "--level", "global", "--reason"),
    "pair": ("--task", "pair"),
    "crucial-step": ("--task", "crucial-step", "--grader", "GRADER"),
}


@pytest.mark.parametrize(
    ("task", "rule"),
    [("score", "mean"), ("global", "majority"), ("pair", "majority"), ("crucial-step", "mean")],
)
def test_after_faults_a_jury_says_what_it_says_without(
    filled: Program,
    tmp_path: Path,
    task: str,
    rule: str,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    impatient(monkeypatch)
    shutil.copytree(filled.store.folder, tmp_path / "twin")
    twin = Program(tmp_path / "twin", capfd)
    faults = parse_faults("500=0.05,html=0.05,truncated=0.05,refusal=0.05,empty=0.05")

    def words(url: str) -> list[str]:
        judges = [w for m in ("x", "y", "z") for w in ("--server", f"{url}#{m}")]
        said = [f"{url}#g" if word == "GRADER" else word for word in TASKS[task]]
        return ["judge", *said, *judges, "--jury", rule]

    with InProcess(Simulator(seed=4)) as url:
        whole = filled(*words(url))
        assert whole.data["n_unfinished"] == 0
    with InProcess(Simulator(seed=4, faults=faults)) as url:
        codes: list[int] = []
        while not codes or codes[-1] == 75:
            codes.append(twin(*words(url), "--stop-error-rate", 1, code=None).code)
            assert len(codes) < 30
        assert codes[-1] == 0
        assert len(codes) > 1
        assert twin(*words(url)).data["run_id"] is None
    assert rows(twin.store, "verdict") == rows(filled.store, "verdict")
    assert twin("check").code == 0


def test_what_makes_no_jury_is_refused(filled: Program) -> None:
    def refused(*words: object) -> str:
        done = filled("judge", "--task", "score", *words, code=2)
        message: str = done.answer["errors"][0]["message"]
        return message

    two = ("--server", "builtin#x", "--server", "builtin#y")
    assert "as a jury" in refused(*two)
    assert "two members" in refused("--server", "builtin", "--jury", "mean")
    assert "--model" in refused(*two, "--jury", "mean", "--model", "m")
    assert "twice" in refused("--server", "builtin#x", "--server", "builtin#x", "--jury", "mean")
    assert "common scale" in refused(*two, "--jury", "mean", "--kind", "reward")


def test_a_jurys_name_belongs_to_one_jury(filled: Program) -> None:
    words = ("judge", "--task", "score", "--limit", 2, "--name", "we")
    two = ("--server", "builtin#x", "--server", "builtin#y")
    assert filled(*words, *two, "--jury", "mean").data["judge"] == "we"
    done = filled(*words, *two, "--jury", "majority", code=2)
    was = "the judge 'we' had other settings: "
    assert done.answer["errors"][0]["message"] == f"{was}--jury was mean and is majority"
    done = filled(*words, *two, "--server", "builtin#z", "--jury", "mean", code=2)
    members = "builtin#x, builtin#y"
    assert (
        done.answer["errors"][0]["message"]
        == f"{was}--server was {members} and is {members}, builtin#z"
    )
    names = "SELECT list(name ORDER BY name) FROM rater WHERE role = 'judge'"
    assert counted(filled.store, names) == ["we", "x", "y"]
    for taken in (("--name", "we", *two[:2]), ("--name", "x", *two, "--jury", "mean")):
        done = filled("judge", "--task", "pair", "--limit", 2, *taken, code=2)
        assert "is taken by a judge that is a" in done.answer["errors"][0]["message"]


def test_one_dimension_order_and_sample_at_a_time(filled: Program) -> None:
    with serving(choosing("long"), model="p") as p, serving(choosing("long"), model="q") as q:
        urls = ("--server", p.url, "--server", q.url)
        filled("judge", "--task", "pair", "--jury", "mean", *urls, "--samples", 2,
               "--temperature", 1)  # fmt: skip
    sql = JURY.format('list(DISTINCT v."order"), list(DISTINCT v.sample), count(*)')
    with filled.store.reading() as db:
        ((orders, samples, n),) = db.execute(sql).fetchall()
    assert (sorted(orders), sorted(samples), n) == (["a", "b"], [0, 1], 3 * 5 * 4)
    assert set(LOCAL) < set(counted(filled.store, JURY.format("list(v.dimension)")))
    leads = counted(filled.store, JURY.format("list(DISTINCT abs(v.estimate))"))
    assert leads == [1.0]
