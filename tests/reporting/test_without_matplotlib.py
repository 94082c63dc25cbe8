"""The program where matplotlib is not installed, or is and is broken: as a user would see it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from intermt.sample import sample_files
from tests.cli.running import ROOT, environment

Run = Callable[..., subprocess.CompletedProcess[str]]

# Python itself runs this file before anything else, in every process that finds it.
_HIDDEN = """
import sys
from importlib.machinery import PathFinder


class Others(PathFinder):
    @classmethod
    def find_spec(cls, name, path=None, target=None):
        if name.partition(".")[0] == "matplotlib":
            return None
        return super().find_spec(name, path, target)


sys.meta_path[:] = [Others if finder is PathFinder else finder for finder in sys.meta_path]
"""


@pytest.fixture(params=["missing", "broken"])
def intermt(request: pytest.FixtureRequest, tmp_path: Path) -> Run:
    """The program in a process of its own, in a folder with the sample's conversations."""
    stub = tmp_path / "python"
    stub.mkdir()
    if request.param == "missing":
        (stub / "sitecustomize.py").write_text(_HIDDEN)
    else:
        (stub / "matplotlib").mkdir()
        (stub / "matplotlib" / "__init__.py").write_text("raise ImportError('no ft2font')\n")
    env = environment(PYTHONPATH=f"{stub}:{ROOT}")
    work = tmp_path / "work"
    work.mkdir()

    def run(*words: object, code: int = 0) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "intermt", *map(str, words)]
        done = subprocess.run(command, cwd=work, env=env, capture_output=True, text=True)
        assert done.returncode == code, (done.returncode, done.stdout, done.stderr)
        return done

    run("annotate-import", sample_files().conversations)
    return run


def folder(tmp_path: Path) -> set[str]:
    return {path.name for path in (tmp_path / "work").iterdir()}


@pytest.mark.parametrize(
    "words", [("card", "--plot", "x.png"), ("--plot", "x.svg", "--format", "csv")]
)
def test_a_plot_is_refused_in_two_lines_before_anything_is_written(
    intermt: Run, tmp_path: Path, words: tuple[str, ...]
) -> None:
    before = folder(tmp_path)
    done = intermt("stats", *words, code=78)
    assert done.stdout == ""
    what, todo = done.stderr.splitlines()
    assert what.startswith("intermt: plots need matplotlib, which ")
    assert todo.startswith("  what to do: pip install 'intermt[plot]'")
    assert folder(tmp_path) == before


def test_a_plot_that_is_there_stays_as_it_is(intermt: Run, tmp_path: Path) -> None:
    plot = tmp_path / "work" / "x.png"
    plot.write_bytes(b"of last week")
    before = folder(tmp_path)
    done = intermt("stats", "card", "--plot", plot, "--json", code=78)
    answer = json.loads(done.stdout)
    assert answer["exit_code"] == 78
    assert not answer["data"]
    assert "pip install 'intermt[plot]'" in answer["errors"][0]["todo"]
    assert plot.read_bytes() == b"of last week"
    assert folder(tmp_path) == before


def test_figures_in_words_need_no_matplotlib(intermt: Run) -> None:
    assert "conversations" in intermt("stats", "card").stdout


def test_a_report_has_its_tables_and_says_why_it_has_no_figure(
    intermt: Run, tmp_path: Path
) -> None:
    done = intermt("report", "out", "--verbose")
    assert "no figures were drawn: matplotlib is missing" in done.stderr + done.stdout
    out = tmp_path / "work" / "out"
    page = (out / "index.html").read_text()
    assert "There are no figures, as matplotlib is missing: pip install" in page
    assert "<img" not in page.partition('id="judges')[0]
    assert {path.name for path in out.iterdir()} == {
        "documents", "index.html", "report.json", "tables",
    }  # fmt: skip
    assert (out / "tables" / "card.csv").stat().st_size > 100
    manifest = json.loads((out / "report.json").read_text())
    assert not [name for name in manifest["sha256"] if name.startswith("figures/")]


def test_a_report_without_figures_is_silent_from_cron(intermt: Run) -> None:
    done = intermt("report", "out")
    assert (done.stdout, done.stderr) == ("", "")
    data = json.loads(intermt("report", "out", "--json").stdout)["data"]
    assert (data["has_figures"], data["unchanged"]) == (False, True)
