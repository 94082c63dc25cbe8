"""Preference heads: fitted to votes, kept in a file, used as judges, and what goes wrong."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from aiohttp import web

from intermt.cli.frame import execute
from intermt.cli.main import build
from intermt.simulator import InProcess, Simulator, parse_faults
from tests.commands.scaling_stores import Planted, by_phrases, fill, vector
from tests.commands.serving import error, serving
from tests.commands.work import Program, counted, impatient, stats

FIT = ("judge", "--kind", "head", "--fit")
JUDGE = ("judge", "--kind", "head", "--head")
PAIR = ("--task", "pair")


async def no_chat(_: dict[str, Any]) -> web.Response:
    return error(404, "no chat here")


@pytest.fixture
def planted(intermt: Program) -> Program:
    fill(intermt.store, Planted(n_trees=40, n_turns=2, grows=False, signal=6.0, with_chains=True))
    return intermt


def head_of(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path.read_text())
    return found


# --- fitting -----------------------------------------------------------------------------


def test_a_head_finds_what_people_went_by(planted: Program, tmp_path: Path) -> None:
    file = tmp_path / "mine.head"
    with serving(no_chat, embed=by_phrases) as served:
        done = planted(*FIT, file, "--server", served.url, "--dimension", "overall").data
        assert len(served.asked) == 160
        planted(*FIT, tmp_path / "again.head", "--server", served.url, "--dimension", "overall")
        assert len(served.asked) == 160
    (head,) = done["heads"]
    assert (head["dimension"], head["n_pairs"], head["n_trees"], head["n_ties"]) == (
        "overall", 80, 40, 0,
    )  # fmt: skip
    assert 0.75 < head["accuracy"] <= 1
    assert head["low"] < head["accuracy"] < head["high"] <= 1
    assert (done["simulated"], done["synthetic"], done["n_features"]) == (False, False, 12)
    written = head_of(file)
    weights = np.array(written["weights"]["overall"]) / written["scale"]
    # What two turns count: the first two phrases.
    assert weights[:2].min() > 2 * np.abs(weights[2:]).max()
    assert len(written["trees"]) == 40
    assert written["embedding"] == {
        "model": "tiny", "pictures": False, "format": "answer-first-1", "max_chars": 1000,
    }  # fmt: skip
    assert written["heads"][0]["accuracy"] == head["accuracy"]
    again = head_of(tmp_path / "again.head")
    del written["made"], again["made"]
    assert again == written
    assert planted("check").data["findings"] == []


def test_the_same_labels_make_the_same_file_whatever_the_server_is_called(
    planted: Program, tmp_path: Path
) -> None:
    for name in ("one", "two"):
        with serving(no_chat, embed=by_phrases) as served:
            planted(*FIT, tmp_path / name, "--server", served.url, "--dimension", "overall")
    first, second = head_of(tmp_path / "one"), head_of(tmp_path / "two")
    assert first["weights"] == second["weights"]
    assert first["made"]["labels"] == second["made"]["labels"]


def test_each_dimension_has_a_head_or_a_reason_why_not(intermt: Program, tmp_path: Path) -> None:
    fill(intermt.store, Planted(n_trees=30, n_turns=1, grows=False))
    with serving(no_chat, embed=by_phrases) as served:
        done = intermt(*FIT, tmp_path / "h", "--server", served.url).data
    assert [head["dimension"] for head in done["heads"]] == ["overall"]
    assert done["left_out"] == dict.fromkeys(
        ("local_image_text_consistency", "visual_perceptual_quality", "context_coherence",
         "text_quality"), "no pairs",
    )  # fmt: skip


def test_options_choose_the_pairs_as_in_pair(planted: Program, tmp_path: Path) -> None:
    with serving(no_chat, embed=by_phrases) as served:
        base = (*FIT, tmp_path / "h", "--server", served.url)
        assert planted(*base, "--max-turn", "1").data["heads"][0]["n_pairs"] == 40
        found = planted(*base, "--level", "global").data
        assert (found["level"], found["heads"][0]["n_pairs"]) == ("global", 40)
        n_asked = len(served.asked)
        found = planted(*base, "--split", "train=0.5,test=0.5").data["heads"][0]
        assert 10 <= found["n_trees"] <= 30
        assert found["n_pairs"] == 2 * found["n_trees"]
        assert len(served.asked) == n_asked
        nothing = planted(*base, "--min-annotators", "2", code=66)
        assert "there are no pairs to fit a head to" in nothing.err
        assert "there is no dataset 'x'" in planted(*base, "--dataset", "x", code=66).err
        assert "train" in planted(*base, "--split", "a=0.5,b=0.5", code=2).err


def test_ties_are_kept_as_half_wins_if_asked_for(intermt: Program, tmp_path: Path) -> None:
    fill(intermt.store, Planted(n_trees=40, n_turns=1, grows=False, n_raters=2, signal=1.0))
    with serving(no_chat, embed=by_phrases) as served:
        base = (*FIT, tmp_path / "h", "--server", served.url)
        dropped = intermt(*base).data["heads"][0]
        kept = intermt(*base, "--ties", "keep").data["heads"][0]
    assert dropped["n_ties"] == 0
    assert kept["n_ties"] > 0
    assert kept["n_pairs"] == dropped["n_pairs"] + kept["n_ties"] == 40
    assert kept["n_decided"] == dropped["n_pairs"]


@pytest.mark.parametrize(
    ("what", "why"),
    [
        (Planted(n_trees=4, n_turns=1), "too few pairs with a winner"),
        (Planted(n_trees=1, n_turns=20), "all pairs come from one seed tree"),
    ],
)
def test_too_little_to_fit_to_says_so(
    intermt: Program, tmp_path: Path, what: Planted, why: str
) -> None:
    fill(intermt.store, what)
    with serving(no_chat, embed=by_phrases) as served:
        done = intermt(
            *FIT, tmp_path / "h", "--server", served.url, "--dimension", "overall", code=66
        )
    assert why in done.err
    assert not (tmp_path / "h").exists()


def test_the_stand_in_marks_what_it_gave(planted: Program, tmp_path: Path) -> None:
    done = planted(*FIT, tmp_path / "h", "--server", "builtin").data
    assert done["simulated"] is True
    assert head_of(tmp_path / "h")["simulated"] is True


def test_trouble_is_weathered_and_what_came_is_not_asked_again(
    planted: Program, tmp_path: Path
) -> None:
    faults = parse_faults("500=0.15,html=0.1,reset=0.1,empty=0.05")
    with InProcess(Simulator(faults=faults, seed=1)) as url:
        for _ in range(8):
            done = planted(*FIT, tmp_path / "h", "--server", url, code=None)
            assert done.code in (0, 75)
            if done.code == 0:
                break
        assert done.code == 0
        assert counted(planted.store, "SELECT count(*) FROM request WHERE state = 'ok'") == 160
        n_answered = stats(url)["n_answered"]
        planted(*FIT, tmp_path / "h", "--server", url)
        # Which model it serves is asked again.
        assert stats(url)["n_answered"] <= n_answered + 2


def test_missing_embeddings_leave_no_file(
    planted: Program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    impatient(monkeypatch)
    n = 0

    async def sometimes(body: dict[str, Any]) -> web.Response:
        nonlocal n
        n += 1
        return await by_phrases(body) if n % 3 else error(500, "out of memory")

    with serving(no_chat, embed=sometimes) as served:
        words = (*FIT, tmp_path / "h", "--server", served.url, "--stop-error-rate", "1")
        done = planted(*words, code=None)
        while done.code == 75:
            assert not (tmp_path / "h").exists()
            done = planted(*words, code=None)
    assert done.code == 0


def test_numbers_without_bounds_are_no_embedding(planted: Program, tmp_path: Path) -> None:
    async def huge(body: dict[str, Any]) -> web.Response:
        if "thick gloves" not in body["input"][0].partition("\n\n")[0]:
            return await by_phrases(body)
        return web.json_response({"data": [{"index": 0, "embedding": [1e200] * 12}]})

    with serving(no_chat, embed=huge) as served:
        words = (*FIT, tmp_path / "h", "--server", served.url, "--stop-error-rate", "1")
        done = planted(*words).data
    assert done["n_without_vectors"] > 0
    assert "unparsed: numbers beyond 32 bits" in done["why_without"][0]


def test_what_the_server_rejects_for_good_is_left_out_and_counted(
    planted: Program, tmp_path: Path
) -> None:
    async def picky(body: dict[str, Any]) -> web.Response:
        if any("thick gloves" in text.partition("\n\n")[0] for text in body["input"]):
            return error(400, "this text is too long for 512 tokens")
        return await by_phrases(body)

    with serving(no_chat, embed=picky) as served:
        words = (*FIT, tmp_path / "h", "--server", served.url, "--stop-error-rate", "1")
        done = planted(*words, "--dimension", "overall").data
    assert done["n_without_vectors"] > 0
    assert done["heads"][0]["n_pairs"] == 80 - done["n_without_vectors"]
    assert "this text is too long" in done["why_without"][0]


def test_a_pair_on_two_dimensions_is_left_out_once(planted: Program, tmp_path: Path) -> None:
    with planted.store.writing() as db:
        db.execute(
            """
            INSERT INTO preference_vote BY NAME
            SELECT * REPLACE ('t' || vote_id AS vote_id, 'text_quality' AS dimension)
            FROM preference_vote WHERE level = 'local'
            """
        )

    async def picky(body: dict[str, Any]) -> web.Response:
        if any("thick gloves" in text.partition("\n\n")[0] for text in body["input"]):
            return error(400, "too long")
        return await by_phrases(body)

    with serving(no_chat, embed=picky) as served:
        words = (*FIT, tmp_path / "h", "--server", served.url, "--stop-error-rate", "1")
        done = planted(*words).data
    assert {head["dimension"] for head in done["heads"]} == {"overall", "text_quality"}
    assert {head["n_pairs"] for head in done["heads"]} == {80 - done["n_without_vectors"]}


@pytest.mark.parametrize(
    ("value", "todo"),
    [
        (1.0, "look at what the server serves: both sides of every pair get the same numbers"),
        (1e300, "look at what the server serves: these numbers are no embeddings"),
        (None, "mend what the server rejects (a lower --max-chars makes texts shorter)"),
    ],
)
def test_what_to_do_fits_what_is_wrong(
    planted: Program, tmp_path: Path, value: float | None, todo: str
) -> None:
    async def wrong(body: dict[str, Any]) -> web.Response:
        if value is None:
            return error(400, "too long")
        return web.json_response({"data": [{"index": 0, "embedding": [value] * 4}]})

    with serving(no_chat, embed=wrong) as served:
        words = (*FIT, tmp_path / "h", "--server", served.url, "--stop-error-rate", "1")
        said = planted(*words, code=66).err
    assert f"what to do: {todo}" in said


@pytest.mark.parametrize("status", [401, 403])
def test_a_key_that_the_server_refuses_is_named(
    intermt: Program, tmp_path: Path, status: int
) -> None:
    async def denied(_: dict[str, Any]) -> web.Response:
        return error(status, "invalid api key")

    fill(intermt.store, Planted(n_trees=4, n_turns=2))
    with serving(no_chat, embed=denied) as served:
        for words in ((*FIT, tmp_path / "h"), ("stats", "scaling")):
            said = intermt(*words, "--server", served.url, code=77).err
            assert f"HTTP {status}: invalid api key" in said
            assert "check the server's key" in said
            assert "--max-chars" not in said


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--kind", "head", "--fit", "h"), "--server is needed"),
        (("--task", "pair"), "--server is needed"),
        (("--server", "builtin"), "--task is needed"),
        ((), "--task and --server are needed"),
    ],
)
def test_only_what_is_missing_is_asked_for(
    intermt: Program, words: tuple[str, ...], says: str
) -> None:
    assert f"intermt: {says}" in intermt("judge", *words, code=2).err


def test_only_a_head_is_replaced(fitted: tuple[Program, Path], tmp_path: Path) -> None:
    program, head = fitted
    before = head.read_bytes()
    own = tmp_path / "notes.txt"
    own.write_text("my notes\n")
    words = ("--server", "builtin", "--dimension", "overall")
    done = program(*FIT, own, *words, code=73)
    assert "it is no preference head" in done.err
    assert own.read_text() == "my notes\n"
    empty = tmp_path / "empty.head"
    empty.touch()
    for file in (head, empty):
        program(*FIT, file, *words)
        assert head_of(file)["intermt_head"] == 1
    assert head.read_bytes() != before


def test_where_nobody_won_the_votes_are_not_missing(planted: Program, tmp_path: Path) -> None:
    with planted.store.writing() as db:
        db.execute("UPDATE preference_vote SET choice = 'tie'")
    said = planted(*FIT, tmp_path / "h", "--server", "builtin", code=66).err
    assert "80 x no majority" in said
    assert "import votes" not in said
    with planted.store.writing() as db:
        db.execute("DELETE FROM preference_vote")
    said = planted(*FIT, tmp_path / "h", "--server", "builtin", code=66).err
    assert "what to do: import votes" in said


def test_a_head_is_shown_with_whole_names_and_says_if_it_learnt_nothing(
    intermt: Program, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    fill(intermt.store, Planted(n_trees=40, n_turns=1, signal=0.0, seed=1))
    with intermt.store.writing() as db:
        db.execute("UPDATE preference_vote SET dimension = 'local_image_text_consistency'")
    capfd.readouterr()
    with serving(no_chat, embed=by_phrases) as served:
        words = [*FIT, tmp_path / "h", "--server", served.url, "--store", intermt.store.folder]
        words += ["--dimension", "local_image_text_consistency"]
        assert execute(build, [str(word) for word in words]) == 0
    said = capfd.readouterr().out.splitlines()
    (head,) = head_of(tmp_path / "h")["heads"]
    figures = f"{head['accuracy']:.3f} [{head['low']:.3f}, {head['high']:.3f}]"
    (row,) = [line for line in said if line.startswith("local_image_text_consistency ")]
    assert row.split()[1:] == [*figures.split(), "40", "0", "40", f"{head['log_loss']:.3f}"]
    assert len(row) <= 80
    assert (
        "local_image_text_consistency: 40 pairs do not show that the head is better than chance"
        in said
    )


def test_a_head_that_learnt_something_is_shown_without_that_remark(
    planted: Program, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    with serving(no_chat, embed=by_phrases) as served:
        words = [*FIT, tmp_path / "h", "--server", served.url, "--store", planted.store.folder]
        assert execute(build, [str(word) for word in words]) == 0
    assert "better than chance" not in capfd.readouterr().out


# --- judging -----------------------------------------------------------------------------


@pytest.fixture
def fitted(planted: Program, tmp_path: Path) -> tuple[Program, Path]:
    file = tmp_path / "mine.head"
    with serving(no_chat, embed=by_phrases) as served:
        planted(*FIT, file, "--server", served.url, "--split", "train=0.6,test=0.4")
    return planted, file


def test_a_head_judges_the_trees_it_did_not_see(fitted: tuple[Program, Path]) -> None:
    program, file = fitted
    seen = set(head_of(file)["trees"])
    with serving(no_chat, embed=by_phrases) as served:
        done = program(*JUDGE, file, *PAIR, "--server", served.url).data
        assert done["n_items"] == 80 - 2 * len(seen)
        assert done["n_trained_on"] == 2 * len(seen)
        assert done["verdicts"] == {"ok": done["n_items"], "unparsed": 0, "failed": 0}
        again = program(*JUDGE, file, *PAIR, "--server", served.url).data
        assert (again["n_known"], again["calls"]["states"]) == (done["n_items"], {})
        scored = program(*JUDGE, file, "--task", "score", "--server", served.url).data
        assert scored["n_items"] == 4 * (40 - len(seen)) - (40 - len(seen))
    with program.store.reading() as db:
        rows = db.execute(
            """
            SELECT v.estimate, v.choice, v.notes, v."order", n.seed_id FROM verdict v
            JOIN node n ON n.node_id = v.a_id WHERE v.task = 'pair'
            """
        ).fetchall()
    assert {row[4] for row in rows}.isdisjoint(seen)
    assert {row[3] for row in rows} == {""}
    for estimate, choice, notes, *_ in rows:
        assert choice == ("a" if estimate > 0 else "b")
        assert notes == []
    figures = program("eval", "--task", "pair").data["figures"]
    (accuracy,) = [
        f for f in figures if f["statistic"] == "accuracy" and f["dimension"] == "overall"
    ]
    assert accuracy["value"] > 0.75
    assert program("check").data["findings"] == []


def test_estimates_are_the_weights_times_the_embedding(fitted: tuple[Program, Path]) -> None:
    program, file = fitted
    head = head_of(file)
    weights = np.array(head["weights"]["overall"]) / head["scale"]
    with serving(no_chat, embed=by_phrases) as served:
        program(*JUDGE, file, "--task", "score", "--server", served.url)
        program(*JUDGE, file, "--task", "score", "--level", "global", "--server", served.url)
    with program.store.reading() as db:
        rows = db.execute(
            """
            SELECT v.a_id, v.estimate, v.value, r.body->'input'->>0 FROM verdict v
            JOIN request r USING (request_key) WHERE v.level = 'local'
            """
        ).fetchall()
        whole = db.execute(
            "SELECT c.path, v.estimate, v.notes FROM verdict v JOIN conversation c"
            " ON c.conversation_id = v.a_id WHERE v.level = 'global'"
        ).fetchall()
    by_answer = {}
    for answer, estimate, value, text in rows:
        assert value is None
        assert estimate == pytest.approx(float(np.array(vector(text)) @ weights), abs=1e-5)
        by_answer[answer] = estimate
    assert whole
    for path, estimate, notes in whole:
        assert estimate == pytest.approx(np.mean([by_answer[node] for node in path[1::2]]))
        assert notes == ["the head was fitted to local preferences"]


def test_trees_it_was_fitted_to_are_marked_where_they_are_wanted(
    planted: Program, tmp_path: Path
) -> None:
    file = tmp_path / "all.head"
    with serving(no_chat, embed=by_phrases) as served:
        planted(*FIT, file, "--server", served.url)
        refused = planted(*JUDGE, file, *PAIR, "--server", served.url, code=66)
        assert "fitted to the seed trees of all 80 items" in refused.err
        done = planted(*JUDGE, file, *PAIR, "--server", served.url, "--trained-on", "note").data
    assert (done["n_items"], done["n_trained_on"]) == (80, 80)
    sql = """SELECT count(*) FROM verdict
             WHERE list_contains(notes, 'the head was fitted to pairs of this seed tree')"""
    assert counted(planted.store, sql) == 80


def test_what_was_fitted_to_invented_votes_says_so(fitted: tuple[Program, Path]) -> None:
    program, file = fitted
    file.write_text(json.dumps({**head_of(file), "synthetic": True}))
    with serving(no_chat, embed=by_phrases) as served:
        n = program(*JUDGE, file, *PAIR, "--server", served.url).data["n_items"]
    sql = "SELECT count(*) FROM verdict WHERE notes = ['the head was fitted to invented votes']"
    assert counted(program.store, sql) == n


def test_another_model_is_refused_and_so_is_another_length(fitted: tuple[Program, Path]) -> None:
    program, file = fitted

    async def short(body: dict[str, Any]) -> web.Response:
        data = [{"index": i, "embedding": [1.0, 2.0]} for i, _ in enumerate(body["input"])]
        return web.json_response({"data": data})

    with serving(no_chat, embed=by_phrases, model="another") as served:
        wrong = program(*JUDGE, file, *PAIR, "--server", served.url, code=78)
        assert "fitted to embeddings of 'tiny', and the server serves 'another'" in wrong.err
    with serving(no_chat, embed=short) as served:
        wrong = program(*JUDGE, file, "--task", "score", "--server", served.url, code=76)
        assert "embeddings of 2 numbers; the head was fitted to 12" in wrong.err
    with serving(no_chat, embed=by_phrases) as served:
        mended = program(*JUDGE, file, "--task", "score", "--server", served.url).data
    assert mended["verdicts"] == {"ok": mended["n_items"], "unparsed": 0, "failed": 0}


def test_vectors_of_two_lengths_are_no_model(planted: Program, tmp_path: Path) -> None:
    n = 0

    async def mixed(body: dict[str, Any]) -> web.Response:
        nonlocal n
        n += 1
        if n % 5:
            return await by_phrases(body)
        return web.json_response({"data": [{"index": 0, "embedding": [1.0] * 20}]})

    words = (*FIT, tmp_path / "h", "--dimension", "overall", "--server")
    with serving(no_chat, embed=mixed) as served:
        done = planted(*words, served.url, code=76)
    assert "embeddings of different lengths: 12, 20 numbers" in done.err
    # Those of the length that most have are good; the others are asked for again.
    with serving(no_chat, embed=by_phrases) as served:
        mended = planted(*words, served.url).data
        assert len(served.asked) == 32
    assert (mended["n_features"], mended["n_without_vectors"]) == (12, 0)


def test_several_models_behind_one_name_are_told(planted: Program, tmp_path: Path) -> None:
    n = 0

    async def two(body: dict[str, Any]) -> web.Response:
        nonlocal n
        n += 1
        answer = json.loads((await by_phrases(body)).text or "")
        return web.json_response({**answer, "model": "tiny" if n % 5 else "tiny-2"})

    with serving(no_chat, embed=two) as served:
        words = ("--dimension", "overall", "--server", served.url)
        done = planted(*FIT, tmp_path / "h", *words).data
    assert done["notes"] == ["the server says that several models answered: tiny, tiny-2"]


def test_one_dimension_of_a_head_is_a_judge_of_its_own(fitted: tuple[Program, Path]) -> None:
    program, file = fitted
    with serving(no_chat, embed=by_phrases) as served:
        base = (*JUDGE, file, *PAIR, "--server", served.url)
        assert program(*base, "--dimension", "overall").data["judge"].startswith("tiny+head-")
        wrong = program(*base, "--dimension", "text_quality", code=2)
        assert "the head was not fitted on text_quality" in wrong.err


def test_a_head_judges_its_own_level_unless_told_otherwise(
    planted: Program, tmp_path: Path
) -> None:
    file = tmp_path / "g.head"
    with serving(no_chat, embed=by_phrases) as served:
        words = ("--server", served.url)
        planted(*FIT, file, *words, "--level", "global", "--split", "train=0.5,test=0.5")
        assert planted(*JUDGE, file, *PAIR, *words).data["level"] == "global"
        assert planted(*JUDGE, file, *PAIR, *words, "--level", "local").data["level"] == "local"


def test_a_failed_embedding_is_a_failed_verdict_and_asked_again(
    fitted: tuple[Program, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    program, file = fitted
    impatient(monkeypatch)

    async def down(_: dict[str, Any]) -> web.Response:
        return error(500, "down")

    score = (*JUDGE, file, "--task", "score", "--stop-error-rate", "1", "--server")
    with serving(no_chat, embed=down) as served:
        left = program(*score, served.url, code=75).data
    assert left["verdicts"]["failed"] > 0
    with serving(no_chat, embed=by_phrases) as served:
        done = program(*score, served.url).data
    assert done["verdicts"] == {"ok": left["verdicts"]["failed"], "unparsed": 0, "failed": 0}


# --- files and options -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"intermt_head": 2}, "written in version 2"),
        ({"level": "up"}, "level: 'up'"),
        ({"embedding": {}}, "no model is named"),
        ({"embedding": {"model": "m", "format": "x", "max_chars": 9}}, "texts are in form 'x'"),
        ({"scale": []}, "scale: not a list of numbers"),
        ({"scale": [0.0] * 12}, "not all numbers are above 0"),
        ({"weights": {"overall": [1.0]}}, "weights of overall: 1 numbers, and scale has 12"),
        ({"weights": {"beauty": [1.0] * 12}}, "not by dimensions of level local"),
        ({"trees": [1]}, "trees: not a list of seed ids"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused(
    fitted: tuple[Program, Path], change: dict[str, Any], says: str
) -> None:
    program, file = fitted
    file.write_text(json.dumps({**head_of(file), **change}))
    done = program(*JUDGE, file, *PAIR, "--server", "builtin", code=65)
    assert says in done.err


def test_no_file_and_other_files(fitted: tuple[Program, Path], tmp_path: Path) -> None:
    program, _ = fitted
    words = (*PAIR, "--server", "builtin")
    assert "there is no such file" in program(*JUDGE, tmp_path / "x", *words, code=66).err
    (tmp_path / "x").write_text("{")
    assert "not JSON" in program(*JUDGE, tmp_path / "x", *words, code=65).err
    (tmp_path / "x").write_text("[]")
    assert (
        "not the file of a preference head" in program(*JUDGE, tmp_path / "x", *words, code=65).err
    )


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--kind", "head", *PAIR), "fits a head with --fit FILE, or judges by one"),
        (("--kind", "head", *PAIR, "--fit", "a", "--head", "b"), "fits a head with --fit FILE"),
        (("--fit", "a", *PAIR), "--fit is for preference heads"),
        ((*PAIR, "--max-turn", "2"), "--max-turn is for preference heads"),
        (("--kind", "head", "--head", "b", *PAIR, "--max-turn", "2"), "--max-turn says what"),
        (("--kind", "head", "--fit", "b", "--reason"), "--reason has no meaning"),
        (("--kind", "head", "--fit", "b", *PAIR), "--task has no effect on fitting a head"),
        (("--kind", "head", "--fit", "b", "--limit", "3"), "--limit has no effect"),
        (("--kind", "head", "--fit", "b", "--name", "x"), "--name has no effect"),
        (("--kind", "head", "--fit", "b", "--missing-images", "skip"), "--missing-images has no"),
        (("--kind", "head", "--fit", "b", "--trained-on", "note"), "--trained-on has no effect"),
        (("--kind", "head", "--head", "b", "--task", "crucial-step"), "crucial steps"),
    ],
)
def test_options_that_do_not_go_together(
    intermt: Program, words: tuple[str, ...], says: str
) -> None:
    assert says in intermt("judge", *words, "--server", "builtin", code=2).err


# --- pictures ----------------------------------------------------------------------------


def test_pictures_go_along_as_messages_where_that_is_asked_for(
    planted: Program, tmp_path: Path
) -> None:
    async def of_messages(body: dict[str, Any]) -> web.Response:
        assert "input" not in body
        text = body["messages"][-1]["content"]
        return web.json_response({"data": [{"index": 0, "embedding": vector(text)}]})

    with serving(no_chat, embed=of_messages) as served:
        words = ("--server", served.url)
        planted(*FIT, tmp_path / "h", *words, "--pictures", "--split", "train=0.5,test=0.5")
        assert {len(body["messages"]) for body in served.asked} == {2, 4}
        assert planted(*JUDGE, tmp_path / "h", *PAIR, *words).data["verdicts"]["failed"] == 0
    assert head_of(tmp_path / "h")["embedding"] == {"model": "tiny", "pictures": True}
