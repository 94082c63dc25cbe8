"""`report`: what is on the page and in the folder, and what it says is missing."""

from __future__ import annotations

import csv
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from intermt.commands.report import MANIFEST, PAGE
from intermt.reporting import plots
from intermt.sample import sample_files
from intermt.store.connect import Store
from tests.commands.scaling_stores import Planted, fill
from tests.commands.serving import error, serving
from tests.commands.work import Program

POSITION = "how often judges prefer the side shown first (position bias)"
CARD = "what is in the data: turns, pictures, tasks, scenarios"
MATRIX = "judges of the first k turns on every later turn (matrix)"
STEPS = "grades of judges (crucial steps)"


async def no_chat(_: dict[str, Any]) -> web.Response:
    return error(404, "no chat here")


@pytest.fixture
def labelled(intermt: Program) -> Program:
    """A store with the sample's conversations, whose labels are invented."""
    intermt("annotate-import", sample_files().conversations)
    return intermt


def table(folder: Path, topic: str) -> list[dict[str, str]]:
    text = (folder / "tables" / f"{topic}.csv").read_text()
    return list(csv.DictReader(text.splitlines()))


def missing(data: dict[str, Any]) -> dict[str, str]:
    return {entry["name"]: entry["needs"] for entry in data["missing"]}


def test_the_folder_holds_what_its_manifest_says(labelled: Program, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    data = labelled("report", folder).data
    manifest = json.loads((folder / MANIFEST).read_text())
    there = {str(p.relative_to(folder)): p for p in folder.rglob("*") if p.is_file()}
    assert set(there) == {*manifest["sha256"], MANIFEST} == set(data["files"])
    for name, digest in manifest["sha256"].items():
        assert hashlib.sha256(there[name].read_bytes()).hexdigest() == digest
    assert (data["synthetic"], data["simulated"], manifest["synthetic"]) == (True, False, True)
    assert {"figures/card.svg", "figures/card.png", "tables/card.csv"} <= set(there)
    card = dict(csv.reader((folder / "tables" / "card.csv").read_text().splitlines()))
    document = json.loads((folder / "documents" / "card.json").read_text())
    assert int(card["n_conversations"]) == document["n_conversations"] == 10
    assert labelled("report", folder).data["unchanged"] is True


def test_what_is_missing_says_what_it_needs(labelled: Program, tmp_path: Path) -> None:
    first = labelled("report", tmp_path / "out").data
    assert CARD in {entry["name"] for entry in first["there"]}
    assert "intermt judge --task pair" in missing(first)[POSITION]
    assert "intermt judge --task crucial-step" in missing(first)[STEPS]
    page = (tmp_path / "out" / PAGE).read_text()
    assert "needs verdicts in both orders" in page
    # Not there, and it says why.
    assert "Nothing to show: " in page
    assert not (tmp_path / "out" / "tables" / "judges.csv").exists()

    labelled("judge", "--task", "crucial-step", "--server", "builtin", "--grader", "builtin")
    second = labelled("report", tmp_path / "out").data
    assert STEPS in {entry["name"] for entry in second["there"]}
    assert second["simulated"] is True
    rows = table(tmp_path / "out", "judges")
    assert {row["statistic"] for row in rows} >= {"mean_grade"}
    assert "SIMULATED" in (tmp_path / "out" / PAGE).read_text()


def test_a_page_loads_nothing(labelled: Program, tmp_path: Path) -> None:
    labelled("report", tmp_path / "out")
    page = (tmp_path / "out" / PAGE).read_text()
    assert "default-src 'none'" in page
    assert 'src="http' not in page
    assert 'src="data:image/svg+xml;base64,' in page


def test_an_empty_store_is_reported_as_that(intermt: Program, tmp_path: Path) -> None:
    Store(tmp_path / "store").create()
    data = intermt("report", tmp_path / "out").data
    assert data["there"] == []
    assert missing(data)[CARD].startswith("conversations: intermt generate")


def test_without_matplotlib_there_are_tables(
    labelled: Program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plots, "can_draw", lambda: False)
    data = labelled("report", tmp_path / "out").data
    assert data["has_figures"] is False
    assert not (tmp_path / "out" / "figures").exists()
    assert "pip install" in (tmp_path / "out" / PAGE).read_text()


@pytest.mark.parametrize(
    "words", [("--dataset", "nobody"), ("--dataset", "nobody", "--level", "local")]
)
def test_an_unknown_dataset_writes_nothing(
    labelled: Program, tmp_path: Path, words: tuple[str, ...]
) -> None:
    labelled("report", tmp_path / "out", *words, code=66)
    assert not (tmp_path / "out").exists()


def test_a_folder_of_others_stays(labelled: Program, tmp_path: Path) -> None:
    own = tmp_path / "out" / "thesis.tex"
    own.parent.mkdir()
    own.write_text("mine")
    labelled("report", tmp_path / "out", code=73)
    assert [p.name for p in own.parent.iterdir()] == ["thesis.tex"]


def test_what_others_put_into_a_report_stays(labelled: Program, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    labelled("report", folder)
    own = folder / "figures" / "mine.txt"
    own.write_text("mine")
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    done = labelled("report", folder, "--level", "local", code=73)
    assert "figures/mine.txt" in done.err
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before
    own.unlink()
    labelled("report", folder, "--level", "local")


# --- the scaling study -------------------------------------------------------------------


def embedded_by(program: Program, model: str, n_numbers: int = 12) -> None:
    async def vectors(body: dict[str, Any]) -> web.Response:
        data = [{"index": i, "embedding": [1.0, *[float(i + len(t) % 7)] * (n_numbers - 1)]}
                for i, t in enumerate(body["input"])]  # fmt: skip
        return web.json_response({"data": data})

    with serving(no_chat, embed=vectors, model=model) as served:
        program("stats", "scaling", "--repeats", 1, "--server", served.url, code=None)


def test_embeddings_of_several_models_are_told_and_one_is_chosen(
    intermt: Program, tmp_path: Path
) -> None:
    fill(intermt.store, Planted(n_trees=20, n_turns=3))
    for model in ("one", "two"):
        embedded_by(intermt, model)
    intermt("report", tmp_path / "out")
    why = json.loads((tmp_path / "out" / MANIFEST).read_text())["not_made"]["scaling"]
    assert "embeddings of 2 models: one, two" in why
    assert "--model" in why
    chosen = intermt("report", tmp_path / "chosen", "--model", "two").data
    assert MATRIX in {entry["name"] for entry in chosen["there"]}


@pytest.mark.parametrize("words", [("--judge", "1=nope"), ("--model", "nope")])
def test_a_name_that_the_store_does_not_have_is_refused_and_nothing_written(
    intermt: Program, tmp_path: Path, words: tuple[str, str]
) -> None:
    fill(intermt.store, Planted(n_trees=12, n_turns=2))
    done = intermt("report", tmp_path / "out", *words, code=66)
    scaled = intermt("stats", "scaling", *words, code=66)
    assert done.answer["errors"] == scaled.answer["errors"]
    assert "nope" in done.err
    assert not (tmp_path / "out").exists()


def test_judges_may_stand_in_for_heads(intermt: Program, tmp_path: Path) -> None:
    fill(intermt.store, Planted(n_trees=20, n_turns=3))
    intermt("judge", "--task", "pair", "--server", "builtin", "--name", "rm")
    assert MATRIX in missing(intermt("report", tmp_path / "none").data)
    data = intermt("report", tmp_path / "out", "--judge", "1=rm").data
    assert MATRIX in {entry["name"] for entry in data["there"]}
    intermt("report", tmp_path / "two", "--judge", "1=rm", "--model", "x", code=2)
    assert not (tmp_path / "two").exists()


def test_a_level_narrows_every_chapter(labelled: Program, tmp_path: Path) -> None:
    labelled("report", tmp_path / "out", "--level", "global")
    rows = table(tmp_path / "out", "scores")
    assert {row["level"] for row in rows} == {"global"}
