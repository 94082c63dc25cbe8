"""Missing pictures, the published protocol, samples, several references, and `--show`."""

from __future__ import annotations

import io
import json
import re
from base64 import b64decode
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from PIL import Image

from intermt.records import Rater
from intermt.simulator import InProcess
from tests.commands.judge_stores import LOCAL, choosing, fill, saying, wanted
from tests.commands.serving import said, serving
from tests.commands.work import (
    Program,
    conversation,
    counted,
    put_pictures,
    rows,
    stats,
    turn,
    written,
)
from tests.store.samples import feedback, picture


@pytest.fixture
def filled(intermt: Program, tmp_path: Path) -> Program:
    return fill(intermt, tmp_path)


# --- missing pictures --------------------------------------------------------------------


@pytest.fixture
def gappy(intermt: Program, tmp_path: Path) -> Program:
    """Three conversations of one turn; of two a picture is missing."""
    put_pictures(tmp_path, "there.png")
    made = [
        conversation("whole", turn(1, "See this?", "Yes.", images=["there.png"])),
        conversation("gap", turn(1, "And this?", "Yes.", images=["gone.png"])),
        conversation(
            "gaps", turn(1, "Or these?", "No <Image, a cat>.", images=["a.png", "b.png", "c.png"],
                         shown=["d.png"])
        ),
    ]  # fmt: skip
    intermt("annotate-import", written(tmp_path / "c.json", made))
    return intermt


def test_missing_pictures_can_be_an_error_before_any_call(gappy: Program) -> None:
    with InProcess() as url:
        words = ("judge", "--task", "score", "--server", url, "--missing-images", "error")
        done = gappy(*words, code=65)
        assert stats(url)["n_requests"] == 0
        (problem,) = done.answer["errors"]
        assert "2 of the 3 items" in problem["message"]
        assert "gone.png" in str(problem["details"])
        assert "a.png, b.png, c.png and 1 more" in str(problem["details"])
        assert "--missing-images" in problem["todo"]
    assert counted(gappy.store, "SELECT count(*) FROM verdict") == 0


def test_items_without_all_their_pictures_can_be_left_out(gappy: Program) -> None:
    with InProcess() as url:
        words = ("judge", "--task", "score", "--server", url, "--missing-images")
        done = gappy(*words, "skip")
        assert (done.data["n_items"], done.data["n_skipped"]) == (1, 2)
        assert done.data["n_missing_pictures"] == 0
        # The same judge goes on with the others when asked to.
        noted = gappy(*words, "note")
        assert (noted.data["n_items"], noted.data["n_known"]) == (3, 1)
        assert noted.data["n_missing_pictures"] == 2


def test_a_limit_counts_what_is_judged(gappy: Program) -> None:
    words = ("judge", "--task", "score", "--server", "builtin", "--missing-images", "skip")
    assert gappy(*words, "--limit", 1).data["n_items"] == 1
    gappy("judge", "--task", "score", "--server", "builtin", "--limit", 3,
          "--missing-images", "error", code=65)  # fmt: skip


def test_where_pictures_are_missing_of_everything_nothing_is_left(
    intermt: Program, tmp_path: Path
) -> None:
    made = [conversation("c", turn(1, "This?", "Yes.", images=["gone.png"]))]
    intermt("annotate-import", written(tmp_path / "c.json", made))
    words = ("judge", "--task", "score", "--server", "builtin", "--missing-images")
    assert "each of the 1 items" in intermt(*words, "skip", code=66).answer["errors"][0]["message"]


# --- the published protocol --------------------------------------------------------------


def test_the_published_protocol_asks_each_pair_in_one_drawn_order(
    intermt: Program, tmp_path: Path
) -> None:
    fill(intermt, tmp_path, 40)
    with serving(choosing("long")) as served:
        words = ("judge", "--task", "pair", "--server", served.url, "--compat", "paper")
        done = intermt(*words)
        assert done.data["judge"] == "tiny+paper"
        assert len(served.asked) == 20
        orders = 'SELECT a_id, b_id, any_value("order"), count(DISTINCT "order") FROM verdict GROUP BY ALL ORDER BY ALL'  # noqa: E501
        with intermt.store.reading() as db:
            drawn = db.execute(orders.replace("GROUP BY ALL", "GROUP BY a_id, b_id")).fetchall()
        assert {n for *_, n in drawn} == {1}
        assert {order for *_, order, _ in drawn} == {"a", "b"}
        assert intermt(*words).data["run_id"] is None
        # Another seed is another judge; its orders are others.
        assert (
            "other settings" in intermt(*words, "--seed", 1, code=2).answer["errors"][0]["message"]
        )
        intermt(*words, "--seed", 1, "--name", "other")
    sql = """SELECT count(*) FROM verdict v JOIN verdict w USING (a_id, b_id, dimension)
             WHERE v.judge_id < w.judge_id AND v."order" <> w."order" AND dimension = 'overall'"""
    assert 0 < counted(intermt.store, sql) < 20


def test_the_published_protocol_sends_small_pictures(intermt: Program, tmp_path: Path) -> None:
    (tmp_path / "wide.png").write_bytes(picture(3, size=(1500, 700)))
    made = [conversation("c", turn(1, "See?", "Yes.", images=["wide.png"]))]
    intermt("annotate-import", written(tmp_path / "c.json", made))
    with serving(saying(2)) as served:
        for more in ((), ("--compat", "paper")):
            intermt("judge", "--task", "score", "--server", served.url, *more)
    sizes = []
    for body in served.asked:
        (part,) = [p for p in body["messages"][-1]["content"] if p["type"] == "image_url"]
        encoded = part["image_url"]["url"].partition(",")[2]
        sizes.append(Image.open(io.BytesIO(b64decode(encoded))).size)
    assert sizes == [(1024, 478), (512, 239)]


def test_an_order_cannot_be_chosen_and_drawn(filled: Program) -> None:
    words = ("judge", "--task", "pair", "--server", "builtin", "--compat", "paper")
    filled(*words, "--no-swap", code=2)
    filled(*words, "--swap", code=2)


# --- samples -----------------------------------------------------------------------------


def test_samples_that_would_all_be_the_same_are_refused(filled: Program) -> None:
    done = filled("judge", "--task", "score", "--server", "builtin", "--samples", 3, code=2)
    assert "--temperature" in done.answer["errors"][0]["todo"]


def test_more_samples_add_to_those_that_are_there(filled: Program) -> None:
    with serving(saying(2)) as served:
        words = ("judge", "--task", "score", "--server", served.url, "--temperature", 0.7)
        assert filled(*words).data["calls"]["states"] == {"ok": 12}
        assert filled(*words, "--samples", 3).data["calls"]["states"] == {"ok": 24}
        assert filled(*words, "--samples", 3).data["run_id"] is None
    assert sorted({body["seed"] for body in served.asked}) == [0, 1, 2]
    assert counted(filled.store, "SELECT count(*) FROM verdict") == 12 * 4 * 3


def test_eval_takes_the_mean_of_an_answers_samples(filled: Program) -> None:
    """Samples 0 and 3 of each answer and a person's 1 or 2: their mean is constant at 1.5."""

    async def answer(body: dict[str, Any]) -> web.Response:
        return said(json.dumps(dict.fromkeys(wanted(body), 3 * (body["seed"] % 2))))

    with serving(answer) as served:
        filled("judge", "--task", "score", "--server", served.url, "--temperature", 1,
               "--samples", 2)  # fmt: skip
    figures = filled("eval", "--task", "score", "--level", "local", "--bootstrap", 50).data[
        "figures"
    ]
    (found,) = [
        f for f in figures if (f["statistic"], f["dimension"]) == ("pearson", "text_quality")
    ]
    assert (found["n"], found["n_asked"], found["coverage"]) == (12, 24, 1.0)
    assert "constant" in found["undefined"]


def test_eval_takes_the_majority_of_a_pairs_samples(filled: Program) -> None:
    """Two samples of three say what a judge without doubts says."""

    async def doubting(body: dict[str, Any]) -> web.Response:
        reply: web.Response = await choosing("short" if body["seed"] == 1 else "long")(body)
        return reply

    words = ("judge", "--task", "pair", "--temperature", 1, "--server")
    with serving(choosing("long")) as sure, serving(doubting) as unsure:
        filled(*words, sure.url, "--name", "sure")
        filled(*words, unsure.url, "--name", "unsure", "--samples", 3)
    words = ("--task", "pair", "--level", "local", "--bootstrap", 50)
    figures = filled("eval", *words).data["figures"]
    found = {
        f["judge"]: f
        for f in figures
        if (f["statistic"], f["dimension"]) == ("accuracy", "overall")
    }
    assert found["unsure"]["value"] == found["sure"]["value"]
    assert found["unsure"]["n_asked"] == 3 * found["sure"]["n_asked"] > 0


# --- crucial steps -----------------------------------------------------------------------


@pytest.fixture
def described(intermt: Program, tmp_path: Path) -> Program:
    """A conversation whose crucial steps two people described."""
    made = conversation(
        "c",
        turn(1, "Where does it stop?", "At the <b>corner</b>."),
        crucial_step_recognition=1,
        reason_crucial_step_recognition="Seeing the bus.",
    )
    intermt("annotate-import", written(tmp_path / "c.json", [made]))
    item = counted(intermt.store, "SELECT conversation_id FROM conversation")
    other = feedback(
        "f",
        "Reading the plan.",
        rater_id="bea",
        target="conversation",
        target_id=item,
        kind="rationale",
        dimension="crucial_step_recognition",
    )
    intermt.store.write([Rater("bea", "bea", "annotator", "human", "d"), other])
    return intermt


def test_several_references_are_numbered_and_any_may_be_matched(described: Program) -> None:
    with serving(saying(4)) as served:
        words = ("judge", "--task", "crucial-step", "--server", served.url, "--grader", served.url)
        described(*words)
        described(*words, "--grader-sees-conversation")
        names = "SELECT list(name ORDER BY name) FROM rater WHERE role = 'judge'"
        assert counted(described.store, names) == ["tiny", "tiny+context"]
    graded = [body for body in served.asked if "response_format" in body]
    shown = [body["messages"][-1]["content"] for body in graded]
    for text in shown:
        assert text.index("## Reference 1") < text.index("Reading the plan.")
        assert text.index("Reading the plan.") < text.index("## Reference 2")
        assert text.index("## Reference 2") < text.index("Seeing the bus.")
        assert text.index("Seeing the bus.") < text.index("## Description")
    assert ["Where does it stop?" in text for text in shown] == [False, True]
    assert "references" in graded[0]["messages"][0]["content"]


def test_a_grade_keeps_both_its_calls(described: Program) -> None:
    with InProcess() as url:
        words = ("judge", "--task", "crucial-step", "--server", url, "--grader", f"{url}#g")
        described(*words)
    sql = """SELECT d.text = v.text, d.model, g.model, g.body::VARCHAR LIKE '%"grade"%'
             FROM verdict v JOIN request d ON d.request_key = v.second_key
             JOIN request g ON g.request_key = v.request_key"""
    with described.store.reading() as db:
        assert db.execute(sql).fetchall() == [(True, "simulated-a", "g", True)]


def test_graders_options_belong_to_their_task(filled: Program) -> None:
    for option in (("--grader", "builtin"), ("--grader-sees-conversation",)):
        filled("judge", "--task", "score", "--server", "builtin", *option, code=2)


# --- what was asked and said -------------------------------------------------------------


@pytest.fixture
def pictured(intermt: Program, tmp_path: Path) -> Program:
    put_pictures(tmp_path, "there.png")
    made = conversation(
        "c",
        turn(1, "See this?", "Yes <Image, a cat>.", images=["there.png"], shown=["gone.png"]),
        crucial_step_recognition=1,
        reason_crucial_step_recognition="Seeing it.",
    )
    intermt("annotate-import", written(tmp_path / "c.json", [made]))
    return intermt


def test_a_verdict_is_shown_with_all_it_rests_on(pictured: Program) -> None:
    with InProcess() as url:
        pictured("judge", "--task", "score", "--server", url)
    sha256 = counted(pictured.store, "SELECT sha256 FROM image")
    sql = "SELECT verdict_id FROM verdict WHERE dimension = 'text_quality'"
    verdict_id = counted(pictured.store, sql)
    shown = pictured("judge", "--show", verdict_id).data
    (reply,) = shown["replies"]
    (verdict,) = reply["verdicts"]
    assert verdict["verdict_id"] == verdict_id
    assert verdict["notes"] == ["missing picture: gone.png"]
    call = reply["call"]
    assert call["images"] == [sha256]
    assert json.loads(call["text"])["text_quality"] == verdict["value"]
    assert len(call["prompt_hash"]) == 32
    assert call["tokens_in"] > 0 < call["tokens_out"]
    assert call["latency_ms"] > 0
    assert call["body"]["response_format"]["type"] == "json_schema"
    (messages,) = shown["items"].values()
    assert [m["role"] for m in messages] == ["user", "assistant"]
    assert messages[0]["pictures"] == [sha256]
    assert messages[1]["missing"] == ["gone.png"]
    assert shown["simulated"]


def test_an_item_is_shown_with_every_reply(pictured: Program, capfd: Any) -> None:
    from intermt.cli.frame import execute
    from intermt.cli.main import build

    with InProcess() as url:
        pictured("judge", "--task", "score", "--level", "global", "--server", url)
        pictured("judge", "--task", "crucial-step", "--server", url, "--grader", url)
    item = counted(pictured.store, "SELECT conversation_id FROM conversation")
    shown = pictured("judge", "--show", item[:12]).data
    assert [len(reply["verdicts"]) for reply in shown["replies"]] == [1, 5]
    described = shown["replies"][0]
    assert described["second"]["text"] == described["verdicts"][0]["text"]
    assert described["second"]["request_key"] != described["call"]["request_key"]
    assert execute(build, ["judge", "--show", item, "--store", str(pictured.store.folder)]) == 0
    said_of_it = capfd.readouterr().out
    for piece in ("user [1 pic]: See this?", "missing gone.png", "helpfulness: ", "graded by",
                  "description ", "tokens in", "SIMULATED"):  # fmt: skip
        assert piece in said_of_it


def test_a_jury_is_shown_with_its_members(filled: Program) -> None:
    with serving(saying(3), model="x") as x, serving(saying(1), model="y") as y:
        filled("judge", "--task", "score", "--jury", "mean", "--server", x.url, "--server", y.url)
    sql = """SELECT any_value(verdict_id) FROM verdict v JOIN rater r ON r.rater_id = v.judge_id
             WHERE r.kind = 'jury' AND dimension = 'text_quality'"""
    shown = filled("judge", "--show", counted(filled.store, sql)).data
    assert [reply["judge"] for reply in shown["replies"]] == ["mean:x,y", "x", "y"]
    assert shown["replies"][0]["call"] is None
    assert [r["call"]["reply_model"] for r in shown["replies"][1:]] == ["tiny", "tiny"]
    assert [r["verdicts"][0]["value"] for r in shown["replies"]] == [None, 3, 1]


def _items_like(filled: Program, first: str) -> set[str]:
    sql = "SELECT list(DISTINCT a_id) FROM verdict"
    return {i for i in counted(filled.store, sql) if i[0] == first}


def test_nothing_else_goes_with_show(filled: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    filled("judge", "--task", "score", "--server", "builtin", "--limit", 1)
    one = counted(filled.store, "SELECT any_value(verdict_id) FROM verdict")
    done = filled("judge", "--show", one, "--task", "score", "--limit", 3, code=2)
    assert "--limit, --task would have no effect" in done.answer["errors"][0]["message"]
    # What stands in the environment is meant for judging.
    monkeypatch.setenv("INTERMT_JUDGE_TASK", "score")
    filled("judge", "--show", one)


@pytest.mark.parametrize("name", ["", "  ", "two\nlines", "a\x1b[31m", " jo", "jo\t"])
def test_a_name_that_nobody_could_read_is_refused(filled: Program, name: str) -> None:
    words = ("judge", "--task", "score", "--server", "builtin", "--name")
    done = filled(*words, name, code=2)
    assert "--name" in done.answer["errors"][0]["message"]
    assert "\x1b" not in done.out + done.err
    assert filled(*words, "Jo 2 (größer)", "--limit", 1).data["judge"] == "Jo 2 (größer)"


@pytest.mark.parametrize("words", [("score",), ("crucial-step", "--grader", "builtin")])
@pytest.mark.parametrize("swap", ["--swap", "--no-swap"])
def test_orders_are_of_pairs_only(filled: Program, words: tuple[str, ...], swap: str) -> None:
    done = filled("judge", "--server", "builtin", swap, "--task", *words, code=2)
    assert "are for --task pair" in done.answer["errors"][0]["message"]


def test_what_is_not_there_or_not_clear_cannot_be_shown(filled: Program) -> None:
    filled("judge", "--task", "score", "--server", "builtin", "--limit", 12)
    filled("judge", "--show", "nothing like it", code=66)
    filled("judge", "--show", "", code=2)
    ids = counted(filled.store, "SELECT list(verdict_id) FROM verdict")
    first = min(c for c in "0123456789abcdef" if sum(i[0] == c for i in ids) > 1)
    n = len({i for i in ids if i[0] == first} | _items_like(filled, first))
    done = filled("judge", "--show", first, code=2)
    message = done.answer["errors"][0]["message"]
    assert f"beginning of {n} ids" in message
    assert message.endswith(f" and {n - 10} more") == (n > 10)
    assert len(re.findall("[0-9a-f]{32}", message)) == min(n, 10)
    before = rows(filled.store, per_run=True)
    filled("judge", "--show", ids[0])
    assert rows(filled.store, per_run=True) == before
    filled("judge", code=2)
    filled("judge", "--task", "score", code=2)
    assert len(LOCAL) == 4


def test_a_pair_is_shown_with_both_its_sides(filled: Program) -> None:
    with serving(choosing("long")) as served:
        filled("judge", "--task", "pair", "--server", served.url, "--limit", 1)
    a_id, b_id = counted(filled.store, "SELECT [any_value(a_id), any_value(b_id)] FROM verdict")
    shown = filled("judge", "--show", b_id).data
    assert sorted(shown["items"]) == [a_id, b_id]
    assert [reply["verdicts"][0]["order"] for reply in shown["replies"]] == ["a", "b"]
