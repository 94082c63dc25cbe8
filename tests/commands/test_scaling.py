"""The scaling study on stores with a planted law, on noise, by judges, and in every format."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from intermt.cli.draws import MOST_SEED
from intermt.cli.frame import execute
from intermt.cli.main import build
from intermt.records import Rater, Verdict, content_id, rater_id
from tests.commands.scaling_stores import PHRASES, Planted, by_phrases, fill
from tests.commands.serving import error, serving
from tests.commands.work import Program, impatient

STUDY = ("stats", "scaling")
LAW = Planted(n_trees=120, n_turns=4, signal=5.0, with_chains=True)


async def no_chat(_: dict[str, Any]) -> web.Response:
    return error(404, "no chat here")


def study(program: Program, *words: object) -> dict[str, Any]:
    with serving(no_chat, embed=by_phrases) as served:
        return program(*STUDY, "--repeats", 1, "--server", served.url, *words).data


def cells(found: dict[str, Any]) -> dict[tuple[int, int], dict[str, Any]]:
    return {(cell["k"], cell["t"]): cell for cell in found["matrix"]}


# --- what is found -----------------------------------------------------------------------


def test_a_planted_law_is_found(intermt: Program) -> None:
    fill(intermt.store, LAW)
    found = study(intermt)
    by_cell = cells(found)
    assert set(by_cell) == {(k, t) for t in range(1, 5) for k in range(1, t + 1)}
    assert {cell["n"] for cell in by_cell.values()} == {120}
    assert {cell["n_trees"] for cell in by_cell.values()} == {120}
    assert by_cell[3, 4]["low"] > by_cell[1, 4]["accuracy"]
    assert [row["n_pairs"] for row in found["trained"]] == [120, 240, 360, 480]
    assert [(row["k"], row["n"]) for row in found["averages"]] == [(1, 360), (2, 240), (3, 120)]
    assert found["trend"]["rises"] is True
    assert found["trend"]["p_value"] < 0.05
    assert found["curve"]["gain_low"] > 0
    assert (found["simulated"], found["synthetic"]) == (False, False)
    assert found["embedding"]["model"] == "tiny"
    transfer = {(row["trained"], row["tested"]): row for row in found["transfer"]}
    assert set(transfer) == {(a, b) for a in ("local", "global") for b in ("local", "global")}
    assert all(row["accuracy"] > 0.55 for row in transfer.values())
    assert transfer["global", "local"]["trained_mode"] == "chain"
    assert transfer["global", "local"]["n"] == 480
    assert intermt("check").data["findings"] == []


def test_every_k_may_learn_from_equally_many_pairs(intermt: Program) -> None:
    fill(intermt.store, Planted(n_trees=40, n_turns=3))
    found = study(intermt, "--equal-pairs")
    assert [row["n_pairs"] for row in found["trained"]] == [40, 40, 40]
    assert found["equal_pairs"] is True
    assert {cell["n"] for cell in found["matrix"]} == {40}


def test_coin_tosses_have_no_law(intermt: Program) -> None:
    fill(intermt.store, Planted(n_trees=60, n_turns=4, signal=0.0, seed=3))
    found = study(intermt)
    assert found["trend"]["rises"] is False
    inside = [cell["low"] <= 0.5 <= cell["high"] for cell in found["matrix"]]
    assert sum(inside) >= 0.8 * len(inside)
    assert found["transfer"] == []
    assert found["notes"] == ["no transfer: there are local pairs with embeddings only"]


def test_nothing_is_asked_twice_and_without_a_server_the_ledger_will_do(intermt: Program) -> None:
    fill(intermt.store, Planted(n_trees=30, n_turns=3))
    with serving(no_chat, embed=by_phrases) as served:
        first = intermt(*STUDY, "--repeats", 1, "--server", served.url).data
        assert len(served.asked) == 180
        again = intermt(*STUDY, "--repeats", 1, "--server", served.url).data
        assert len(served.asked) == 180
    assert again == first
    assert intermt(*STUDY, "--repeats", 1).data == first
    assert intermt(*STUDY, "--repeats", 1, "--seed", 1).data["matrix"] != first["matrix"]


def test_the_largest_seed_splits_too(intermt: Program) -> None:
    fill(intermt.store, Planted(n_trees=30, n_turns=2))
    assert study(intermt, "--seed", MOST_SEED)["matrix"][0]["n"] == 30


def test_what_the_ledger_lacks_is_said(intermt: Program) -> None:
    fill(intermt.store, Planted(n_trees=30, n_turns=2))
    assert "the store has no embeddings" in intermt(*STUDY, code=66).err
    with serving(no_chat, embed=by_phrases) as served:
        intermt(*STUDY, "--repeats", 1, "--server", served.url, "--max-turn", 2)
    fill(intermt.store, Planted(n_trees=10, n_turns=2, seed=9))
    found = intermt(*STUDY, "--repeats", 1).data
    assert found["n_pairs_without_vectors"] == 20
    assert found["n_pairs"] == 60
    assert (
        "20 of 80 pairs are left out for want of embeddings: 40 x nobody was asked"
        in (found["notes"][0])
    )
    missing = intermt(*STUDY, "--max-chars", 90, code=66)
    assert "no pair has embeddings of both sides" in missing.err
    with serving(no_chat, embed=by_phrases, model="other") as served:
        intermt(*STUDY, "--repeats", 1, "--server", served.url)
    assert "embeddings of 2 models: other, tiny" in intermt(*STUDY, code=2).err
    assert intermt(*STUDY, "--repeats", 1, "--model", "tiny").data["n_pairs"] == 60


def test_whole_conversations_are_studied_by_their_number_of_turns(
    intermt: Program, capfd: pytest.CaptureFixture[str]
) -> None:
    fill(intermt.store, Planted(n_trees=30, n_turns=2, with_chains=True))
    found = study(intermt, "--level", "global")
    assert found["mode"] == "chain"
    assert [(cell["k"], cell["t"]) for cell in found["matrix"]] == [(2, 2)]
    assert found["trend"] is None
    assert found["curve"]["undefined"]
    assert found["notes"] == ["no head for k = 1: no pairs"]
    said = printed(intermt, capfd, "--level", "global")
    assert "Average over" not in said
    assert "no turn was judged by judges of two smaller k" in said


def test_too_few_pairs_for_the_first_turns_leave_their_row_empty(intermt: Program) -> None:
    fill(intermt.store, Planted(n_trees=8, n_turns=4))
    found = study(intermt)
    assert min(cell["k"] for cell in found["matrix"]) == 2
    assert found["notes"][0].startswith("no head for k = 1: too few pairs")


def test_there_must_be_something_to_study(intermt: Program) -> None:
    assert "no store" in intermt(*STUDY, code=66).err
    fill(intermt.store, Planted(n_trees=3, n_turns=1))
    wrong = intermt(*STUDY, "--level", "global", "--server", "builtin", code=66)
    assert "there are no global pairs with a winner on overall" in wrong.err
    assert "there is no dataset 'x'" in intermt(*STUDY, "--dataset", "x", code=66).err


def test_what_to_do_fits_what_is_wrong(intermt: Program) -> None:
    async def alike(body: dict[str, Any]) -> web.Response:
        return web.json_response({"data": [{"index": 0, "embedding": [1.0] * 4}]})

    fill(intermt.store, Planted(n_trees=12, n_turns=2))
    with serving(no_chat, embed=alike) as served:
        wrong = intermt(*STUDY, "--server", served.url, code=66).err
    assert "what to do: look at what the server serves: both sides of every pair" in wrong
    assert "name an embeddings server with --server" in intermt(*STUDY, "--model", "m", code=66).err


def test_where_nobody_won_the_votes_are_not_missing(intermt: Program) -> None:
    fill(intermt.store, Planted(n_trees=6, n_turns=2))
    with intermt.store.writing() as db:
        db.execute("UPDATE preference_vote SET choice = 'tie'")
    for words in (STUDY, (*STUDY, "--judge", "1=x")):
        wrong = intermt(*words, code=66).err
        assert "12 x no majority" in wrong
        assert "what to do: intermt pair -v says" in wrong


def test_where_no_head_can_be_fitted_there_is_no_study(intermt: Program) -> None:
    fill(intermt.store, Planted(n_trees=3, n_turns=2))
    with serving(no_chat, embed=by_phrases) as served:
        done = intermt(*STUDY, "--server", served.url, code=66)
    assert "no head for k = 2: too few pairs with a winner (6, 10 needed)" in done.err


def test_a_study_is_not_made_of_what_happened_to_come(
    intermt: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    impatient(monkeypatch)
    fill(intermt.store, Planted(n_trees=20, n_turns=2))
    n = 0

    async def sometimes(body: dict[str, Any]) -> web.Response:
        nonlocal n
        n += 1
        return error(500, "out of memory") if n > 60 else await by_phrases(body)

    with serving(no_chat, embed=sometimes) as served:
        left = intermt(*STUDY, "--server", served.url, code=75)
    assert "answers are missing" in left.err or "stopped early" in left.err
    assert intermt("check").data["findings"] == []
    with serving(no_chat, embed=by_phrases) as served:
        assert intermt(*STUDY, "--repeats", 1, "--server", served.url).data["n_pairs"] == 40
        assert 0 < len(served.asked) <= 20


def test_the_stand_in_is_marked(intermt: Program) -> None:
    fill(intermt.store, Planted(n_trees=12, n_turns=2))
    assert intermt(*STUDY, "--repeats", 1, "--server", "builtin").data["simulated"] is True


# --- judges that were trained elsewhere --------------------------------------------------


def judged(
    intermt: Program,
    name: str,
    knows: int,
    *,
    simulated: bool = False,
    of_turns: Sequence[int] = (1, 2, 3, 4),
    most: int = 1000,
) -> None:
    """A judge that counts the first so many phrases of either answer, of `most` pairs a turn."""
    rater = Rater(
        rater_id(name, "judge", "model"), name, "judge", "model", simulated=simulated, model="m"
    )
    with intermt.store.reading() as db:
        pairs = db.execute(
            """
            SELECT DISTINCT v.a_id, v.b_id, a.turn, a.parts, b.parts FROM preference_vote v
            JOIN node a ON a.node_id = v.a_id JOIN node b ON b.node_id = v.b_id
            ORDER BY a.turn, v.a_id
            """
        ).fetchall()
    left = dict.fromkeys(of_turns, most)
    records: list[Any] = [rater]
    for a, b, turn, *texts in pairs:
        if not left.get(turn):
            continue
        left[turn] -= 1
        of_a, of_b = (sum(phrase in text for phrase in PHRASES[:knows]) for text in texts)
        choice: Any = "a" if of_a > of_b else "b" if of_b > of_a else "tie"
        records.append(
            Verdict(
                content_id("v", name, a, b), rater.rater_id, "pair", "local", a, b, "overall", "",
                0, "ok", None, choice, None, "", simulated=simulated,
            )
        )  # fmt: skip
    intermt.store.write(records)


def test_judges_that_were_trained_elsewhere_take_the_place_of_heads(intermt: Program) -> None:
    fill(intermt.store, Planted(n_trees=150, n_turns=4, signal=8.0))
    for k in (1, 2, 3):
        judged(intermt, f"rm-{k}", k)
    words = [word for k in (1, 2, 3) for word in ("--judge", f"{k}=rm-{k}")]
    found = intermt(*STUDY, *words).data
    assert (found["judges"], found["repeats"], found["trained"]) == ("named", None, [])
    assert set(cells(found)) == {(k, t) for t in range(1, 5) for k in range(1, min(t, 3) + 1)}
    assert found["trend"]["rises"] is True
    assert found["judged_by"][0] == {"k": 1, "judge": "rm-1", "n_pairs": 600}
    assert len(found["notes"]) == 1
    # Of turn 1 the first phrase is all that counts; where both have it, the judge says tie.
    with intermt.store.reading() as db:
        rows = db.execute(
            """
            SELECT p.choice, v.choice FROM preference_vote p
            JOIN verdict v USING (a_id, b_id) JOIN rater r ON r.rater_id = v.judge_id
            JOIN node n ON n.node_id = p.a_id WHERE n.turn = 1 AND r.name = 'rm-1'
            """
        ).fetchall()
    credit = sum(0.5 if said == "tie" else float(said == human) for human, said in rows)
    assert cells(found)[1, 1]["accuracy"] == pytest.approx(credit / 150)


def test_several_judges_of_as_many_turns_are_averaged(intermt: Program) -> None:
    fill(intermt.store, Planted(n_trees=20, n_turns=2))
    judged(intermt, "x", 1)
    judged(intermt, "y", 2, simulated=True)
    one = intermt(*STUDY, "--judge", "1=x").data
    other = intermt(*STUDY, "--judge", "1=y").data
    both = intermt(*STUDY, "--judge", "1=x", "--judge", "1=y").data
    assert (one["simulated"], both["simulated"]) == (False, True)
    for cell, a, b in zip(both["matrix"], one["matrix"], other["matrix"], strict=True):
        assert cell["accuracy"] == pytest.approx((a["accuracy"] + b["accuracy"]) / 2)


def test_judges_must_be_there(intermt: Program) -> None:
    fill(intermt.store, Planted(n_trees=5, n_turns=2))
    assert "no verdicts on local pairs" in intermt(*STUDY, "--judge", "1=x", code=66).err
    judged(intermt, "early", 1, of_turns=[1])
    wrong = intermt(*STUDY, "--judge", "1=early", "--judge", "2=early", code=2)
    assert "names 'early' more than once" in wrong.err
    wrong = intermt(*STUDY, "--judge", "2=early", code=66)
    assert "'early' has no verdicts on local pairs of turn 2 or later" in wrong.err
    wrong = intermt(*STUDY, "--judge", "9=early", code=66)
    assert "of turn 9 or later, and the last turn is 2" in wrong.err


def test_judges_that_get_worse_are_not_called_flat(
    intermt: Program, capfd: pytest.CaptureFixture[str]
) -> None:
    fill(intermt.store, Planted(n_trees=150, n_turns=4, signal=8.0, seed=2))
    for k, knows in ((1, 4), (2, 2), (3, 0)):
        judged(intermt, f"rm-{k}", knows)
    words = [word for k in (1, 2, 3) for word in ("--judge", f"{k}=rm-{k}")]
    found = intermt(*STUDY, *words).data
    assert (found["trend"]["rises"], found["trend"]["falls"]) == (False, True)
    assert found["curve"] == {"undefined": "no rise with k was found"}
    said = printed(intermt, capfd, *words)
    assert "more turns make it worse: a falling line is better than a flat one" in said
    assert "no gain from more turns" not in said
    assert "gain from the first k" not in said
    rows = csv.DictReader(io.StringIO(printed(intermt, capfd, *words, "--format", "csv")))
    (row,) = [row for row in rows if row["figure"].startswith("curve")]
    assert (row["figure"], row["value"], row["undefined"]) == (
        "curve",
        "",
        "no rise with k was found",
    )


def test_a_ceiling_above_1_is_not_named(
    intermt: Program, capfd: pytest.CaptureFixture[str]
) -> None:
    fill(intermt.store, Planted(n_trees=150, n_turns=4, signal=60.0, seed=2))
    for k, knows in ((1, 0), (2, 2), (3, 4)):
        judged(intermt, f"rm-{k}", knows)
    words = [word for k in (1, 2, 3) for word in ("--judge", f"{k}=rm-{k}")]
    bent = intermt(*STUDY, *words).data["curve"]
    assert bent["saturates"] is False
    assert bent["no_ceiling"]
    assert not {"ceiling", "ceiling_low", "pace", "drop"} & bent.keys()
    assert -1 <= bent["gain_low"] < bent["gain"] < bent["gain_high"] <= 1
    assert f"no ceiling can be named: {bent['no_ceiling']}" in printed(intermt, capfd, *words)
    rows = csv.DictReader(io.StringIO(printed(intermt, capfd, *words, "--format", "csv")))
    by_figure = {row["figure"]: row for row in rows}
    assert by_figure["curve ceiling"]["value"] == ""
    assert by_figure["curve ceiling"]["undefined"] == bent["no_ceiling"]
    assert float(by_figure["curve gain"]["value"]) == bent["gain"]


def test_a_cell_says_its_own_n_where_a_judge_lacks_verdicts(
    intermt: Program, capfd: pytest.CaptureFixture[str]
) -> None:
    fill(intermt.store, Planted(n_trees=12, n_turns=3))
    judged(intermt, "whole", 1)
    judged(intermt, "sparse", 2, of_turns=[3], most=1)
    words = ("--judge", "1=whole", "--judge", "2=sparse")
    found = intermt(*STUDY, *words).data
    assert found["notes"][1:] == ["sparse has verdicts on 1 of the 24 pairs of turns from 2 on"]
    assert [one["n_pairs"] for one in found["judged_by"]] == [36, 1]
    for form in ("table", "markdown"):
        said = printed(intermt, capfd, *words, "--format", form)
        assert "t=3 (n 12)" in said
        (row,) = [line for line in said.splitlines() if "(n 0)" in line]
        assert re.search(r"[01]\.[05]00 \(n 1\)", row)
        assert "sparse has verdicts on 1 of the 24 pairs" in said
        assert "no interval: too few clusters (1, 2 needed): k=2, t=3" in said


# --- formats and plots -------------------------------------------------------------------


@pytest.fixture
def known(intermt: Program) -> Program:
    """A store whose ledger has all embeddings."""
    fill(intermt.store, Planted(n_trees=40, n_turns=4, with_chains=True, signal=6.0))
    study(intermt)
    return intermt


def printed(program: Program, capfd: pytest.CaptureFixture[str], *words: object) -> str:
    capfd.readouterr()
    of_heads = () if "--judge" in words else ("--repeats", "1")
    argv = [*STUDY, *of_heads, "--store", str(program.store.folder), *map(str, words)]
    assert execute(build, argv) == 0
    said = capfd.readouterr()
    assert said.err == ""
    return said.out


def test_every_format_says_the_same(known: Program, capfd: pytest.CaptureFixture[str]) -> None:
    found = json.loads(printed(known, capfd, "--format", "json"))
    table = printed(known, capfd)
    markdown = printed(known, capfd, "--format", "markdown")
    rows = list(csv.DictReader(io.StringIO(printed(known, capfd, "--format", "csv"))))
    for text in (table, markdown):
        assert "160 local pairs with a winner (overall) of 40 seed trees" in text
        assert "t=4 (n 40)" in text
        assert f"{found['matrix'][0]['accuracy']:.3f}" in text
        assert "a turn on the same pairs" in text
        assert "global (chain)" in text
    assert {row["figure"] for row in rows} == {
        *("cell", "average", "transfer", "trend", "curve"),
    }
    assert all(row["n"] and row["n_trees"] for row in rows)
    by_cell = {(int(r["k"]), int(r["t"])): r for r in rows if r["figure"] == "cell"}
    for cell in found["matrix"]:
        row = by_cell[cell["k"], cell["t"]]
        assert float(row["value"]) == cell["accuracy"]
        assert float(row["low"]) == cell["low"]


@pytest.mark.parametrize("form", ["png", "svg"])
def test_a_plot_is_drawn_and_the_same_study_draws_the_same(
    known: Program, capfd: pytest.CaptureFixture[str], tmp_path: Path, form: str
) -> None:
    pytest.importorskip("matplotlib", reason="matplotlib (the extra plot) is not installed")
    files = [tmp_path / f"{name}.{form}" for name in ("one", "two")]
    for file in files:
        printed(known, capfd, "--plot", file)
    first, second = (file.read_bytes() for file in files)
    # Ids of clip paths count up within a process.
    first, second = (re.sub(rb"\bp[0-9a-f]{10}\b", b"", drawn) for drawn in (first, second))
    assert first == second
    if form == "png":
        assert first.startswith(b"\x89PNG")
    else:
        text = first.decode()
        for word in ("turns learnt from, k", "n pairs of later turns", "Transfer", "chance"):
            assert word in text
        cell = json.loads(printed(known, capfd, "--format", "json"))["matrix"][0]
        assert f"{cell['low']:.2f}–{cell['high']:.2f}" in text
        for word in ("160 local pairs with a winner (overall) of 40 seed trees", "of tiny"):
            assert word in text
        assert "equally many" not in text
        printed(known, capfd, "--plot", files[0], "--equal-pairs")
        assert "equally many" in files[0].read_text()


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (("--plot", "x.pdf"), 2, "a .png or .svg file"),
        (("--plot", "none/x.png"), 73, "there is no folder none"),
        (("--judge", "x"), 2, "write it like --judge 2=my-reward-model"),
        (("--judge", "0=x"), 2, "write it like"),
        (("--judge", "1=x", "--server", "builtin"), 2, "leave out one of them"),
        (("--judge", "1=x", "--repeats", "3"), 2, "--repeats is for heads"),
        (("--judge", "1=x", "--max-chars", "1000"), 2, "--max-chars is for heads"),
        (("--judge", "1=x", "--pictures"), 2, "--pictures is for heads"),
        (("--server", "builtin", "--model", "m"), 2, "write --server URL#MODEL"),
        (("--dimension", "helpfulness"), 2, "no local dimension"),
        (("--dimension", "all"), 2, "about one dimension"),
    ],
)
def test_what_cannot_be_asked_for(
    intermt: Program, words: tuple[str, ...], code: int, says: str
) -> None:
    assert says in intermt(*STUDY, *words, code=code).err


def test_options_of_the_study_are_for_no_other_topic(intermt: Program) -> None:
    assert "--repeats is for stats scaling" in intermt("stats", "--repeats", 2, code=2).err
