"""The demo: its folder, its steps, and that all of it runs clean."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from intermt.cli.demo_text import said_of
from intermt.commands.demo import STEPS, Step, StepFailed, prepare, run
from intermt.errors import CannotCreate, ExitCode


def test_a_folder_is_made_with_the_sample_and_made_anew(tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    prepare(folder, keep=False)
    assert (folder / "sample" / "seeds.jsonl").is_file()
    (folder / "pairs.jsonl").write_text("old")
    prepare(folder, keep=True)
    assert (folder / "pairs.jsonl").is_file()
    prepare(folder, keep=False)
    assert not (folder / "pairs.jsonl").exists()


@pytest.mark.parametrize("name", ["mine.txt", "intermt.toml"])
def test_a_folder_that_no_demo_made_is_left_alone(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("store = 'real'")
    with pytest.raises(CannotCreate, match="no demo made it"):
        prepare(tmp_path, keep=False)
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_a_step_that_fails_says_which_and_keeps_its_exit_code(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepare(tmp_path / "demo", keep=False)
    wrong = Step("Wrong", "generate gone.jsonl --answer builtin --user builtin")
    monkeypatch.setattr("intermt.commands.demo.STEPS", (wrong,))
    with pytest.raises(StepFailed, match=r"gone\.jsonl") as caught:
        list(run(tmp_path / "demo"))
    assert caught.value.exit_code == ExitCode.NO_INPUT
    assert caught.value.where == wrong.line


def shows_what_the_sample_holds(folder: Path) -> None:
    """Raters, judge and heads see the same hidden quality, so each is better than chance."""
    documents = {path.stem: json.loads(path.read_text()) for path in folder.glob("*.json")}
    judges, scaling = documents["judges"], documents["scaling"]
    assert (judges["simulated"], judges["synthetic_labels"]) == (True, True)
    assert all(f["simulated"] and f["synthetic_labels"] for f in judges["figures"])
    assert (scaling["simulated"], scaling["synthetic"]) == (True, True)

    def judged(task: str, level: str, statistic: str, dimension: str) -> dict[str, Any]:
        keys = {"task": task, "level": level, "statistic": statistic, "dimension": dimension}
        (found,) = (f for f in judges["figures"] if keys.items() <= f.items())
        return dict(found)

    assert judged("pair", "local", "accuracy", "overall")["low"] > 0.5
    assert judged("pair", "local", "accuracy", "average")["low"] > 0.5
    assert judged("score", "local", "pearson", "average")["low"] > 0
    assert judged("score", "global", "pearson", "average")["low"] > 0

    assert all(row["low"] > 0.5 for row in scaling["averages"])
    assert len(scaling["transfer"]) == 4
    assert all(row["low"] > 0.5 for row in scaling["transfer"])

    agreed = [
        row
        for row in documents["agreement"]["rows"]
        if row["between"] == "annotator-annotator" and row["dimension"] != "all"
    ]
    assert len(agreed) == 2 * (4 + 5) + 2
    assert min(row["alpha"]["value"] for row in agreed) > 0.1
    assert min(row["alpha"]["low"] for row in agreed if row["level"] == "local") > 0.1
    across = [
        row["pearson"]["low"]
        for row in documents["correlation"]["rows"]
        if (row["x_level"], row["y_level"]) == ("local", "global")
    ]
    assert len(across) == 4 * 5
    assert min(across) > 0


def test_every_step_runs_and_nothing_is_wrong_at_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INTERMT_STORE", str(tmp_path / "real"))
    prepare(tmp_path / "demo", keep=False)
    results = list(run(tmp_path / "demo"))
    assert [result.step for result in results] == list(STEPS)
    (grown,) = (r.data for r in results if r.step.words.startswith("generate sample/seeds.jsonl"))
    assert set(grown["pictures_by_tool"]) == {"draw", "edit", "retrieve"}
    assert grown["seeding"]["n_kept"] == grown["n_seeds"] == 16
    (shown,) = (r for r in results if r.step.saved == "tree.txt")
    assert shown.text.startswith("seed bakery-logo of generated\n")
    assert (tmp_path / "demo" / "tree.txt").read_text() == shown.text
    (rebuilt,) = (r.data for r in results if "--rebuild" in r.step.words)
    assert rebuilt["n_conversations"] > 0
    assert (rebuilt["simulated"], rebuilt["synthetic"]) == (True, True)
    assert all(said_of(result) for result in results)
    (checked,) = (r.data for r in results if r.step.words == "check")
    assert checked["findings"] == []
    assert results[-1].step.words == "report report"
    assert len(results[-1].data["there"]) == 15
    assert results[-1].data["missing"] == []
    assert (tmp_path / "demo" / "report" / "index.html").is_file()
    said = {r.step.saved: said_of(r) for r in results}
    assert said["scaling.md"].count("| 0.") == 6
    assert said["correlation.csv"].count("\npearson") == 4
    shows_what_the_sample_holds(tmp_path / "demo" / "report" / "documents")
    assert not (tmp_path / "real").exists()
    assert {step.saved for step in STEPS if step.saved} <= {
        path.name for path in (tmp_path / "demo").iterdir()
    }
