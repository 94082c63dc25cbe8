"""The page of an evaluation: what stands in it, that it is whole, and that it can be made again."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from intermt.commands import eval_report
from intermt.commands.eval_config import EvalConfig
from intermt.commands.evaluate import EvalResult
from intermt.dimensions import DIMENSIONS
from intermt.domain.figures import Resampling
from intermt.errors import CannotCreate
from intermt.records import Rater, Verdict, content_id
from intermt.store.connect import Store
from tests.commands.report_stores import HOSTILE_NAMES, HOSTILE_TEXT, Filling
from tests.commands.work import Here, Silent
from tests.store.samples import answered, verdict

CONFIG = EvalConfig(resampling=Resampling(n_resamples=40))
_VOID = {"meta", "img", "rect", "line", "circle", "polyline"}


class Reader(HTMLParser):
    """Reads a page; complains about elements that are not closed as they were opened."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.texts: list[str] = []
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.tags.append((tag, {k: v or "" for k, v in attrs}))
        if tag not in _VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in _VOID:
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] != "style":
            self.texts.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.texts).split())

    def all(self, tag: str, **having: str) -> list[dict[str, str]]:
        return [
            found
            for name, found in self.tags
            if name == tag and all(found.get(k.rstrip("_")) == v for k, v in having.items())
        ]


def made(
    store: Store, file: Path, config: EvalConfig = CONFIG, options: Any = None
) -> tuple[Reader, EvalResult, eval_report.Report]:
    result, report = eval_report.run(store, config, file, options or {}, Silent())
    assert report.n_bytes == file.stat().st_size
    return Reader(file.read_text("utf-8")), result, report


@pytest.fixture(scope="module")
def pilot(tmp_path_factory: pytest.TempPathFactory) -> Store:
    folder = tmp_path_factory.mktemp("pilot") / "store"
    return Filling(folder, ("judge one", "judge two"), n_seeds=4).store


@pytest.fixture(scope="module")
def written(
    pilot: Store, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, EvalResult, eval_report.Report]:
    """The page of the pilot, which tests only read."""
    path = tmp_path_factory.mktemp("page") / "page.html"
    return path, *eval_report.run(pilot, CONFIG, path, {}, Silent())


@pytest.fixture(scope="module")
def result(written: tuple[Path, EvalResult, eval_report.Report]) -> EvalResult:
    return written[1]


@pytest.fixture(scope="module")
def file(
    written: tuple[Path, EvalResult, eval_report.Report],
) -> tuple[Path, eval_report.Report]:
    return written[0], written[2]


@pytest.fixture
def page(file: tuple[Path, eval_report.Report]) -> Reader:
    return Reader(file[0].read_text("utf-8"))


def section(page: Path, key: str) -> str:
    text = page.read_text("utf-8")
    (found,) = re.findall(rf'<section id="{key}">(.*?)</section>', text, re.DOTALL)
    return str(found)


# --- what stands in it -------------------------------------------------------------------


def test_every_figure_stands_in_the_page_with_its_interval_and_n(
    file: tuple[Path, eval_report.Report], result: EvalResult
) -> None:
    rows = re.findall(r"<tr>(.*?)</tr>", section(file[0], "figures"))
    cells = [re.findall(r"<t[dh][^>]*>(.*?)</t[dh]>", row) for row in rows]
    plain = [[re.sub(r"<[^>]+>", "", cell) for cell in row] for row in cells]
    there = {(r[0], r[1], r[2], r[3].split()[0], r[4], r[6]) for r in plain if len(r) == 10}
    asked = [f for f in result.figures if f.n_asked]
    ids = {d.key: d.id for d in DIMENSIONS}
    for figure in asked:
        value = "–" if figure.value is None else f"{figure.value:.3f}".replace("-", "−")
        short = ids.get(figure.dimension, figure.level[0].upper())
        row = (figure.judge, figure.statistic.replace("_", " "), figure.level, short, value)
        assert (*row, f"{figure.n:,}") in there, figure
    assert sum(len(r) == 10 for r in plain) == len(asked) + len({f.task for f in asked})


def test_tables_have_the_published_columns(file: tuple[Path, eval_report.Report]) -> None:
    pattern = r'<table[^>]*aria-label="Pearson.*?</table>'
    (table,) = re.findall(pattern, section(file[0], "scores"), re.DOTALL)
    columns = re.findall(r'<th scope="col"[^>]*>(.*?)</th>', table)
    ids = [d.id for d in DIMENSIONS]
    assert columns == ["judge", *ids[:4], "L avg", *ids[4:], "G avg"]
    cells = re.findall(r"<td[^>]*>(.*?)</td>", table)
    assert len(cells) == 2 * 11
    assert all("n " in cell for cell in cells)
    assert re.findall(r'title="[^"]*95% interval [^"]*coverage', table)


def test_every_part_that_was_promised_is_there(
    page: Reader, file: tuple[Path, eval_report.Report]
) -> None:
    assert file[1].n_cases == 20
    assert file[1].n_pictures == len(page.all("img"))
    for words in (
        "Correlation with people by dimension",
        "How often each score was given to single answers",
        "How often each score was given to whole conversations",
        "Calibration of scores",
        "Accuracy over human agreement",
        "Position bias by dimension",
        "How often each grade was given",
        "What people wrote",
        "What the judge replied",
        "I think: because it fits.",
        "First the cause, then the count.",
        "It names the cause.",
        "Missing picture: a view of place",
    ):
        assert words in page.text, words
    assert len(page.all("article", class_="case")) == 20
    assert all(picture["alt"] and int(picture["width"]) <= 440 for picture in page.all("img"))
    assert "Annotator 0" not in page.text


def test_gaps_and_conditions_are_told(tmp_path: Path) -> None:
    filling = Filling(tmp_path / "store", n_seeds=2)
    said: Any = ("score", "local", filling.unlabelled, None, "text_quality", "", 0, "ok", 1)
    lonely = Verdict(content_id("alone"), "lonely", *said, None, None, "")
    filling.store.write([Rater("lonely", "lonely", "judge", "model"), lonely])
    config = EvalConfig(
        resampling=Resampling(n_resamples=40), fail_under=("score.L1.exact_agreement=0.99",)
    )
    page, result, _ = made(filling.store, tmp_path / "page.html", config)
    assert not result.passed
    assert "score.L1.exact_agreement" in page.text
    assert "fails" in page.text
    (gap,) = result.gaps
    assert gap.startswith("lonely judged 1 answers")
    assert gap in page.text


def test_judges_that_agree_with_people_have_no_disagreements(tmp_path: Path) -> None:
    store = Filling(tmp_path / "store", right=1.0, n_seeds=3).store
    page, _, report = made(store, tmp_path / "page.html")
    assert (report.n_cases, report.n_pictures) == (0, 0)
    assert "None: wherever both people and a judge said something" in page.text
    assert page.all("article") == []


def test_every_task_has_its_worst(page: Reader) -> None:
    kinds = ("Score of an answer", "Scores of a conversation", "Two answers", "Two conversations")
    for kind in (*kinds, "Crucial steps of a conversation"):
        assert len(re.findall(rf"\d+\. {kind}", page.text)) >= 2, kind


def test_only_the_chosen_judge_and_task_are_shown(pilot: Store, tmp_path: Path) -> None:
    config = EvalConfig(
        tasks=("pair",), levels=("local",), judges=("judge two",), resampling=CONFIG.resampling
    )
    page, _, _ = made(pilot, tmp_path / "page.html", config)
    assert "judge one" not in page.text
    assert page.all("section", id="scores") == []
    assert set(re.findall(r"\d+\. (Two answers|Two conversations|Score)", page.text)) == {
        "Two answers"
    }


def test_judges_stand_beside_each_other_and_beside_the_paper(pilot: Store, tmp_path: Path) -> None:
    config = EvalConfig(resampling=CONFIG.resampling, compare=("judge one", "published"))
    path = tmp_path / "page.html"
    _, result, _ = made(pilot, path, config)
    text = section(path, "comparisons")
    table = next(iter(re.findall(r"<table.*?</table>", text, re.DOTALL)))
    rows = re.findall(r"<tr><th scope=.row.*?</tr>", table, re.DOTALL)
    wanted = [c for c in result.comparisons if c.dimension in ("average", "overall")]
    grades = [c for c in result.comparisons if c.task == "crucial-step"]
    assert len(rows) == len(wanted) + len(grades) > 0
    assert all("judge two" in row and "judge one" in row for row in rows)
    assert "GPT-4.1 (+reason)" in text
    assert "0.191" in text
    assert "other people: the paper" in text


@pytest.mark.parametrize(
    "more", [{"compat": "paper"}, {"statistics": ("coverage",)}, {"tasks": ("crucial-step",)}]
)
def test_whatever_is_asked_for_makes_a_page(
    pilot: Store, tmp_path: Path, more: dict[str, Any]
) -> None:
    config = EvalConfig(resampling=CONFIG.resampling, **more)
    page, result, _ = made(pilot, tmp_path / "page.html", config)
    n = sum(figure.n_asked > 0 for figure in result.figures)
    told = [int(k.replace(",", "")) for k in re.findall(r": ([\d,]+) figures", page.text)]
    assert sum(told) == n > 0
    assert ("as the paper does" in page.text) == (more.get("compat") == "paper")


def test_a_reward_model_stands_on_its_own_scale(tmp_path: Path) -> None:
    filling = Filling(tmp_path / "store", n_seeds=4)
    numbers = iter(range(100))
    said: list[Any] = [Rater("rm", "reward model", "judge", "model")]
    for answer in filling.answers:
        given = {"task": "score", "a_id": answer, "value": None, "estimate": 40.0 + next(numbers)}
        said.append(verdict(f"s{answer}", judge_id="rm", dimension="overall", **given))
    for a, b in filling.pairs:
        said += [answered(f"k{a}", text="1.25"), answered(f"k{b}", text="-7.75")]
        keys = {"request_key": f"k{a}", "second_key": f"k{b}", "choice": "a", "estimate": 9.0}
        about = {"task": "pair", "a_id": a, "b_id": b, "dimension": "overall", "value": None}
        said.append(verdict(f"p{a}", judge_id="rm", **about, **keys))
    filling.store.write(said)
    page, _, _ = made(filling.store, tmp_path / "page.html")
    assert "judge's score (its own scale)" in page.text
    assert "Not shown, as not all their scores are whole numbers: reward model" in page.text
    assert "Off by" in page.text
    assert not re.findall(r"Off by [^.]*reward model", page.text)
    assert "reward model: on candidate B" in page.text
    assert {"1.25", "-7.75"} <= set(page.texts)


def test_a_jury_says_that_its_members_replied(tmp_path: Path) -> None:
    filling = Filling(tmp_path / "store", right=1.0, n_seeds=2)
    jury = Rater("jury", "the jury", "judge", "jury")
    seat, other = filling.answers[:2]
    with filling.store.reading() as db:
        (human,) = db.execute(
            "SELECT any_value(value) FROM score WHERE target_id = ? AND dimension = 'text_quality'",
            [seat],
        ).fetchone() or (0,)
    mean = {"value": None, "estimate": 0.5 if human > 1 else 2.5, "members": ("w1", "w2")}
    whole = {"value": 3 - human, "estimate": 3.0 - human, "members": ("w1", "w2", "w3")}
    filling.store.write(
        [
            jury,
            verdict("j1", judge_id="jury", a_id=seat, request_key="", **mean),
            verdict("j2", judge_id="jury", a_id=other, request_key="", **whole),
        ]
    )
    page, _, report = made(filling.store, tmp_path / "page.html")
    assert report.n_cases >= 1
    assert "a jury of 2 verdicts; its members replied" in page.text


# --- marks and safety --------------------------------------------------------------------


def test_what_is_simulated_or_invented_is_marked_everywhere(tmp_path: Path) -> None:
    store = Filling(tmp_path / "store", n_seeds=3, simulated=True, kind="synthetic").store
    file = tmp_path / "page.html"
    page, _, _ = made(store, file)
    assert [b["role"] for b in page.all("p", class_="banner")] == ["note", "note"]
    plots = page.all("svg", role="img")
    assert plots
    assert all(p["aria-label"].endswith("SIMULATED · SYNTHETIC labels") for p in plots)
    captions = re.findall(r"<figcaption>(.*?)</figcaption>", file.read_text("utf-8"))
    assert all("SIMULATED" in c and "SYNTHETIC" in c for c in captions)
    cases = re.findall(r"<h3>(.*?)</h3>", file.read_text("utf-8"))
    assert len(cases) > 10
    assert all("SIMULATED" in c and "SYNTHETIC" in c for c in cases)


def test_real_verdicts_and_labels_are_not_marked(page: Reader) -> None:
    assert "SIMULATED" not in page.text
    assert "SYNTHETIC" not in page.text


def test_names_and_texts_cannot_become_markup(tmp_path: Path) -> None:
    filling = Filling(
        tmp_path / "store", HOSTILE_NAMES[:4], n_seeds=2, hostile=True, simulated=True
    )
    file = tmp_path / "page.html"
    page, _, report = made(filling.store, file, options={"dataset": '"><script>'})
    assert page.all("script") == []
    assert len(page.all("style")) == 1
    assert {name for name, _ in page.tags} <= {
        *("html", "head", "meta", "title", "style", "body", "header", "h1", "h2", "h3", "h4", "h5"),
        *("p", "strong", "nav", "a", "main", "section", "div", "span", "small", "bdi", "ul", "li"),
        *("table", "thead", "tbody", "tr", "th", "td", "figure", "figcaption", "details"),
        *("summary", "article", "img", "svg", "g", "text", "rect", "line", "circle", "polyline"),
    }
    attributes = {name for _, found in page.tags for name in found}
    assert not {name for name in attributes if name.startswith("on") or name == "style"}
    assert HOSTILE_TEXT.split("\x00")[0].strip() in " ".join(page.texts)
    assert "\x00" not in file.read_text("utf-8")
    assert report.n_missing_pictures > 0


def test_the_policy_lets_nothing_in_but_the_style(
    page: Reader, file: tuple[Path, eval_report.Report]
) -> None:
    text = file[0].read_text("utf-8")
    (policy,) = [m["content"] for m in page.all("meta") if "http-equiv" in m]
    style = re.findall(r"<style>(.*?)</style>", text, re.DOTALL)[0]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert policy == (
        f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:; base-uri 'none';"
        " form-action 'none'"
    )
    links = [found["href"] for _, found in page.tags if "href" in found]
    assert links
    assert all(link.startswith("#") for link in links)
    assert {found["src"][:16] for found in page.all("img")} == {"data:image/webp;"}
    assert "http://" not in text
    assert "https://" not in text


# --- the file ----------------------------------------------------------------------------


def test_the_same_store_and_options_give_the_same_bytes(
    pilot: Store, file: tuple[Path, eval_report.Report], tmp_path: Path
) -> None:
    again, other = tmp_path / "again.html", tmp_path / "other.html"
    made(pilot, again)
    assert again.read_bytes() == file[0].read_bytes()
    made(pilot, other, EvalConfig(resampling=Resampling(n_resamples=40, seed=1)))
    assert other.read_bytes() != file[0].read_bytes()


def test_another_store_has_another_fingerprint(tmp_path: Path) -> None:
    found = set()
    for right in (1.0, 0.9):
        store = Filling(tmp_path / f"store{right}", right=right, n_seeds=2).store
        page, _, _ = made(store, tmp_path / "page.html")
        found |= set(re.findall(r"fingerprint ([0-9a-f]{32})", page.text))
    assert len(found) == 2


def test_a_page_that_cannot_be_finished_leaves_what_was_there(
    pilot: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "page.html"
    path.write_text("before")

    def broken(*_: object) -> Any:
        yield b"half"
        raise KeyError("broken")

    monkeypatch.setattr(eval_report, "page", broken)
    with pytest.raises(KeyError):
        eval_report.run(pilot, CONFIG, path, {}, Silent())
    assert path.read_text() == "before"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("no/page.html", "there is no folder .*no$"),
        (".", "is a folder"),
        ("file/page.html", "Not a directory"),
        ("/dev/full", "is a device"),
    ],
)
def test_a_page_that_cannot_be_made_says_why_before_anything_is_read(
    tmp_path: Path, name: str, told: str
) -> None:
    (tmp_path / "file").write_text("")
    nowhere = Store(tmp_path / "no store")
    with pytest.raises(CannotCreate, match=told) as caught:
        eval_report.run(nowhere, CONFIG, tmp_path / name, {}, Silent())
    assert caught.value.where == str(tmp_path / name)
    assert "standard output" not in caught.value.todo
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


# --- the command -------------------------------------------------------------------------


def test_the_command_writes_the_page_and_says_where(
    pilot: Store, tmp_path: Path, here: Here
) -> None:
    words = ("--store", str(pilot.folder), "eval", "--json", "--bootstrap", "20")
    done = here(*words, "--report", "page.html")
    data = done.data
    assert data["report"]["file"] == "page.html"
    assert data["report"]["n_cases"] == 20
    page = Reader((tmp_path / "page.html").read_text("utf-8"))
    assert "intermt eval --report FILE.html --bootstrap 20 --ci 0.95" in page.text
    assert done.err == ""
    without = here(*words)
    assert json.loads(without.out)["data"]["report"] is None


def test_a_failed_condition_still_writes_the_page(pilot: Store, tmp_path: Path, here: Here) -> None:
    done = here(
        *("--store", str(pilot.folder), "eval", "--bootstrap", "20", "--report", "p.html"),
        *("--fail-under", "score.L1.exact_agreement=1"),
    )
    assert done.code == 1
    assert "fails" in (tmp_path / "p.html").read_text("utf-8")


@pytest.mark.parametrize(("name", "code"), [("-", 2), ("", 2), (".", 73)])
def test_a_name_that_is_no_file_is_refused(
    pilot: Store, tmp_path: Path, name: str, code: int, here: Here
) -> None:
    words = ("--store", str(pilot.folder), "eval", "--json", "--bootstrap", "20")
    done = here(*words, "--report", name)
    assert done.answer["exit_code"] == code
