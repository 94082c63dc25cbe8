"""The `annotate-export` command: what is given out, to whom, and what the store keeps."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.commands.pair_stores import answers, ballots, bring_in, filled, lines, write_votes
from tests.commands.work import Program, counted, files

LEFT_OUT = ("n_unlabelled", "n_settled", "n_enough", "n_beyond_limit", "n_nobody")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return filled(tmp_path_factory.mktemp("export")).folder


@pytest.fixture
def export(made: Path, intermt: Program) -> Program:
    """The program on a copy of a store with 5 pairs of answers and 6 of conversations."""
    shutil.copytree(made, intermt.store.folder)
    return intermt


def data(export: Program, *words: object) -> dict[str, Any]:
    done = export("annotate-export", *words)
    assert done.err == ""
    for level in done.data["levels"].values():
        assert level["n_pairs"] == sum(level[key] for key in LEFT_OUT) + (
            level["n_tasks"] - level["n_gold"]
        )
    return done.data


def tasks(folder: Path, level: str = "local", name: str = "") -> list[dict[str, Any]]:
    return lines(folder / level / f"tasks{name}.jsonl")


def pairs_of(found: list[dict[str, Any]]) -> set[tuple[str, str]]:
    return {(task["a"], task["b"]) for task in found}


# --- which pairs -------------------------------------------------------------------------


def test_every_pair_of_siblings_and_of_conversations(export: Program, tmp_path: Path) -> None:
    said = data(export, "--to", "jsonl", "-o", tmp_path / "out")
    local, whole = said["levels"]["local"], said["levels"]["global"]
    assert (local["n_contexts"], local["n_pairs"], local["n_tasks"]) == (3, 5, 5)
    assert (whole["n_contexts"], whole["n_pairs"], whole["n_tasks"]) == (2, 6, 6)
    found = answers(export.store)
    names = {node: name for name, node in found.items()}
    shown = {frozenset((names[a], names[b])) for a, b in pairs_of(tasks(tmp_path / "out"))}
    assert shown == {
        frozenset(pair)
        for pair in (
            ("Left of the door", "In the cellar"),
            ("Beside it", "Outside"),
            ("Eye level", "On the floor"),
            ("Eye level", "Reach up"),
            ("On the floor", "Reach up"),
        )
    }


def test_a_task_shows_the_whole_history_with_pictures(export: Program, tmp_path: Path) -> None:
    data(export, "--to", "jsonl", "-o", tmp_path / "out", "--level", "local")
    found = answers(export.store)
    task = next(t for t in tasks(tmp_path / "out") if found["Outside"] in (t["a"], t["b"]))
    assert [m["role"] for m in task["prefix"]] == ["user", "assistant", "user"]
    assert task["turn"] == 2
    question, answer, _ = task["prefix"]
    picture = question["content"][0]
    assert (tmp_path / "out" / picture["path"]).is_file()
    kinds = [part["type"] for part in answer["content"]]
    assert kinds == ["text", "image", "text"]
    assert answer["content"][1]["caption"] == "the room with a lamp"
    side = "left" if task["left"]["id"] == found["Outside"] else "right"
    missing = task[side]["messages"][0]["content"][1]
    assert missing == {
        "type": "image", "sha256": None, "caption": "a chair", "missing": "no picture",
    }  # fmt: skip
    assert "gone.png" not in (tmp_path / "out" / "local" / "tasks.jsonl").read_text()


def test_conversations_share_their_seed_question(export: Program, tmp_path: Path) -> None:
    data(export, "--to", "jsonl", "-o", tmp_path / "out", "--level", "global")
    assert not (tmp_path / "out" / "local").exists()
    for task in tasks(tmp_path / "out", "global"):
        assert [m["role"] for m in task["prefix"]] == ["user"]
        assert task["turn"] is None
        for side in ("left", "right"):
            roles = [m["role"] for m in task[side]["messages"]]
            assert roles == ["assistant", "user"] * (len(roles) // 2) + ["assistant"]


def test_fewer_pairs_on_demand(export: Program, tmp_path: Path) -> None:
    out = tmp_path / "out"
    said = data(export, "--to", "jsonl", "-o", out, "--per-prompt", 1, "--per-seed", 2)
    assert said["levels"]["local"]["n_tasks"] == 3
    assert said["levels"]["global"]["n_tasks"] == 4
    said = data(export, "--to", "jsonl", "-o", tmp_path / "two", "--limit", 2)
    assert [said["levels"][x]["n_tasks"] for x in ("local", "global")] == [2, 2]
    assert [said["levels"][x]["n_beyond_limit"] for x in ("local", "global")] == [3, 4]
    data(export, "--to", "jsonl", "-o", tmp_path / "three", "--limit", 3)
    assert pairs_of(tasks(tmp_path / "two")) < pairs_of(tasks(tmp_path / "three"))


def test_a_dataset_alone(export: Program, tmp_path: Path) -> None:
    said = data(export, "--dataset", "intermt-bench", "-o", tmp_path / "out")
    assert said["levels"]["local"]["n_tasks"] == 5
    done = export("annotate-export", "--dataset", "nobody", "-o", tmp_path / "no", code=66)
    assert "intermt-bench" in done.err
    assert not (tmp_path / "no").exists()


# --- the same again, and not -------------------------------------------------------------


def test_the_same_command_writes_the_same_folder(export: Program, tmp_path: Path) -> None:
    words = ("-o", tmp_path / "out", "--annotators", "ann,bo,cy", "--overlap", 2, "--seed", 7)
    first = data(export, *words)
    before = files(tmp_path / "out")
    again = data(export, *words)
    assert files(tmp_path / "out") == before
    assert (first["unchanged"], again["unchanged"]) == (False, True)
    assert first["run_id"]
    assert again["run_id"] is None
    assert counted(export.store, "SELECT count(*) FROM run WHERE command = 'annotate-export'") == 1
    assert [p.name for p in tmp_path.iterdir() if p.name.startswith(".intermt")] == []


def test_another_folder_is_kept_unless_forced(export: Program, tmp_path: Path) -> None:
    out = tmp_path / "out"
    data(export, "-o", out, "--level", "local")
    before, known = files(out), counted(export.store, "SELECT count(*) FROM annotation_task")
    done = export("annotate-export", "-o", out, code=73)
    assert "--force" in done.err
    assert files(out) == before
    assert counted(export.store, "SELECT count(*) FROM annotation_task") == known
    data(export, "-o", out, "--force")
    assert (out / "global").is_dir()


def test_what_is_not_ours_is_never_replaced(export: Program, tmp_path: Path) -> None:
    out = tmp_path / "thesis"
    out.mkdir()
    (out / "chapter.tex").write_text("years of work")
    export("annotate-export", "-o", out, "--force", code=73)
    assert (out / "chapter.tex").read_text() == "years of work"
    (tmp_path / "file").write_text("x")
    export("annotate-export", "-o", tmp_path / "file", "--force", code=73)
    export("annotate-export", "-o", tmp_path / "no" / "such", code=73)
    (tmp_path / "empty").mkdir()
    data(export, "-o", tmp_path / "empty")


# --- sides, people, gold -----------------------------------------------------------------


def test_sides_are_drawn_and_kept(export: Program, tmp_path: Path) -> None:
    firsts: Counter[str] = Counter()
    for seed in range(6):
        out = tmp_path / str(seed)
        data(export, "--to", "jsonl", "-o", out, "--seed", seed)
        for level in ("local", "global"):
            for task in tasks(out, level):
                firsts[task["shown_first"]] += 1
                assert task["left"]["id"] == task[task["shown_first"]]
                kept = counted(
                    export.store,
                    "SELECT level || ' ' || a_id || ' ' || b_id || ' ' || shown_first"
                    f" FROM annotation_task WHERE annotation_task_id = '{task['task']}'",
                )
                assert kept.split() == [level, task["a"], task["b"], task["shown_first"]]
    assert min(firsts.values()) > 15


def test_annotators_get_equally_much_in_files_of_their_own(export: Program, tmp_path: Path) -> None:
    out = tmp_path / "out"
    names = ("ann", "bo cy/..", "дора")
    said = data(export, "--to", "jsonl", "-o", out, "--annotators", ",".join(names),
                "--overlap", 2)  # fmt: skip
    shares = said["levels"]["local"]["annotators"]
    assert list(shares) == list(names)
    assert sum(shares.values()) == 10
    assert max(shares.values()) - min(shares.values()) <= 1
    times: Counter[str] = Counter()
    for file in ("-ann", "-bo-cy-..", "-дора"):
        times.update(task["task"] for task in tasks(out, "local", file))
    assert set(times.values()) == {2}
    assert len(times) == 5


def test_gold_items_are_known_to_the_store_alone(export: Program, tmp_path: Path) -> None:
    found = answers(export.store)
    lamp = (found["Left of the door"], found["In the cellar"])
    shelf = (found["Eye level"], found["Reach up"])
    rows = [
        *ballots(*lamp, "a", role="verifier"),
        *ballots(*shelf, "bbb"),
    ]
    bring_in(export.store, write_votes(tmp_path / "gold.csv", rows), dataset="second")
    out = tmp_path / "out"
    words = ("--to", "jsonl", "-o", out, "--level", "local", "--gold", 0.4)
    said = data(export, *words)["levels"]["local"]
    # Three ordinary tasks and two gold items, which are two in five.
    assert (said["n_settled"], said["n_gold"], said["n_tasks"]) == (2, 2, 5)
    with export.store.reading() as db:
        kept = {
            (a, b): json.loads(gold)
            for a, b, gold in db.execute("SELECT a_id, b_id, gold FROM annotation_task").fetchall()
        }
    assert kept[tuple(sorted(lamp))]["overall"] == ("a" if lamp[0] < lamp[1] else "b")  # type: ignore[index]
    assert kept[tuple(sorted(shelf))]["overall"] == ("b" if shelf[0] < shelf[1] else "a")  # type: ignore[index]
    assert sum(bool(gold) for gold in kept.values()) == 2
    again = export("annotate-export", *words).data
    assert (again["unchanged"], again["run_id"]) == (True, None)
    for file in out.rglob("*"):
        assert file.is_dir() or b"gold" not in file.read_bytes().lower()


def test_nobody_is_tested_on_their_own_labels(export: Program, tmp_path: Path) -> None:
    found = answers(export.store)
    rows = ballots(found["Eye level"], found["Reach up"], "bbb")
    bring_in(export.store, write_votes(tmp_path / "gold.csv", rows), dataset="second")
    out = tmp_path / "out"
    done = export("annotate-export", "--to", "jsonl", "-o", out, "--level", "local",
                  "--annotators", "r1,new", "--overlap", 1, "--gold", 0.3)  # fmt: skip
    shelf = tuple(sorted((found["Eye level"], found["Reach up"])))
    assert shelf not in pairs_of(tasks(out, "local", "-r1"))
    assert shelf in pairs_of(tasks(out, "local", "-new"))
    assert "gold items" in done.err


def test_no_gold_is_an_error(export: Program, tmp_path: Path) -> None:
    done = export("annotate-export", "-o", tmp_path / "out", "--gold", 0.1, code=66)
    assert "no gold items" in done.err
    assert not (tmp_path / "out").exists()


def test_only_what_is_missing(export: Program, tmp_path: Path) -> None:
    out = tmp_path / "out"
    words = ("--to", "jsonl", "-o", out, "--level", "local", "--only-missing", "--overlap", 3)
    said = data(export, *words)["levels"]["local"]
    # The lamp has five annotators, the chair three, one pair of shelves three by scores.
    assert (said["n_enough"], said["n_tasks"]) == (3, 2)
    names = ("--annotators", "r1,r2,r3,r4,x")
    out = tmp_path / "named"
    words = ("--to", "jsonl", "-o", out, "--level", "local", "--only-missing", "--overlap", 4)
    said = data(export, *words, *names)["levels"]["local"]
    found = answers(export.store)
    chair = tuple(sorted((found["Beside it"], found["Outside"])))
    for name in ("r1", "r2", "r3"):
        file = out / "local" / f"tasks-{name}.jsonl"
        assert not file.exists() or chair not in pairs_of(lines(file))
    given = [n for n in ("r4", "x") if (out / "local" / f"tasks-{n}.jsonl").exists()
             and chair in pairs_of(tasks(out, "local", f"-{n}"))]  # fmt: skip
    assert len(given) == 1
    said = data(export, "-o", tmp_path / "none", "--level", "local", "--only-missing",
                "--overlap", 1, "--per-prompt", 1, "--limit", 1)  # fmt: skip
    if said["levels"]["local"]["n_tasks"] == 0:
        assert said["folder"] is None
        assert not (tmp_path / "none").exists()


def test_verifiers_get_what_annotators_labelled_but_not_their_own(
    export: Program, tmp_path: Path
) -> None:
    words = ("--to", "jsonl", "--level", "local", "--role", "verifier")
    said = data(export, *words, "-o", tmp_path / "all")
    assert (said["role"], said["overlap"]) == ("verifier", 1)
    counts = said["levels"]["local"]
    assert (counts["n_unlabelled"], counts["n_tasks"]) == (2, 3)
    found = answers(export.store)
    lamp = tuple(sorted((found["Left of the door"], found["In the cellar"])))
    chair = tuple(sorted((found["Beside it"], found["Outside"])))
    # The chair has a verifier, r1; r4 labelled nothing but the lamp.
    said = data(export, *words, "-o", tmp_path / "open", "--only-missing")
    assert said["levels"]["local"]["n_enough"] == 1
    assert chair not in pairs_of(tasks(tmp_path / "open"))
    data(export, *words, "-o", tmp_path / "named", "--annotators", "r4,vera", "--overlap", 2)
    assert lamp not in pairs_of(tasks(tmp_path / "named", "local", "-r4"))
    assert len(tasks(tmp_path / "named", "local", "-vera")) == 3
    said = data(export, *words, "-o", tmp_path / "r5", "--annotators", "r5")
    assert (said["levels"]["local"]["n_nobody"], said["levels"]["local"]["n_tasks"]) == (1, 2)
    assert "--role verifier" in (tmp_path / "all" / "README.md").read_text()


# --- forms -------------------------------------------------------------------------------


def test_a_label_studio_project_of_each_level(export: Program, tmp_path: Path) -> None:
    out = tmp_path / "out"
    said = data(export, "-o", out, "--overlap", 2)
    assert said["to"] == "label-studio"
    for level, n in (("local", 5), ("global", 6)):
        project = json.loads((out / level / "project.json").read_text())
        assert project["maximum_annotations"] == 2
        assert project["label_config"] == (out / level / "config.xml").read_text()
        found = json.loads((out / level / "tasks.json").read_text())
        assert len(found) == n
        assert all(task["data"]["intermt"]["level"] == level for task in found)
    text = (out / "local" / "tasks.json").read_text()
    assert "data:image/png;base64," in text
    assert not (out / "pictures").exists()


def test_pictures_as_files(export: Program, tmp_path: Path) -> None:
    out = tmp_path / "a b"
    said = data(export, "-o", out, "--pictures", "files")
    assert said["n_pictures"] == 2
    assert len(list((out / "pictures").iterdir())) == 2
    assert "/data/local-files/?d=a%20b/pictures/" in (out / "local" / "tasks.json").read_text()
    assert "LOCAL_FILES_DOCUMENT_ROOT" in (out / "README.md").read_text()
    out = tmp_path / "served"
    data(export, "-o", out, "--pictures", "files", "--picture-url", "https://lab.example/c/")
    assert "https://lab.example/c/pictures/" in (out / "local" / "tasks.json").read_text()


def test_a_guide_is_for_pages(export: Program, tmp_path: Path) -> None:
    guide = tmp_path / "guide.txt"
    guide.write_text("x")
    export("annotate-export", "--guide", guide, "-o", tmp_path / "out", code=2)


def test_a_page_for_each_annotator(export: Program, tmp_path: Path) -> None:
    out = tmp_path / "out"
    data(export, "--to", "html", "-o", out, "--annotators", "ann", "--level", "local")
    page = (out / "local" / "page-ann.html").read_text()
    assert page.startswith("<!doctype html>") or page.startswith("<!DOCTYPE html>")
    assert "data:image/png;base64," in page


def test_a_guide_of_ones_own_is_in_the_page(export: Program, tmp_path: Path) -> None:
    guide = tmp_path / "guide.md"
    guide.write_text("\ufeff# Our guide\r\n\r\n<b>Look twice.</b>\n", encoding="utf-8")
    out = tmp_path / "out"
    data(export, "--to", "html", "--guide", guide, "-o", out, "--level", "local")
    page = (out / "local" / "page.html").read_text()
    assert '"own_guide":"# Our guide\\n\\n\\u003cb>Look twice.\\u003c/b>"' in page
    assert "<b>Look twice." not in page


@pytest.mark.parametrize(
    ("content", "exit_code"),
    [(None, 66), (b" \n", 65), (b"caf\xe9", 65), (b"a\0b", 65), (b"folder", 65)],
)
def test_a_guide_that_is_none_is_refused(
    export: Program, tmp_path: Path, content: bytes | None, exit_code: int
) -> None:
    guide = tmp_path / "guide.txt"
    if content == b"folder":
        guide.mkdir()
    elif content is not None:
        guide.write_bytes(content)
    out = tmp_path / "out"
    export("annotate-export", "--to", "html", "--guide", guide, "-o", out, code=exit_code)
    assert not out.exists()


@pytest.mark.parametrize(
    "words",
    [
        ("--to", "html", "--pictures", "files"),
        ("--to", "jsonl", "--picture-url", "http://x/"),
        ("--picture-url", "http://x/"),
        ("--overlap", 3, "--annotators", "ann,bo"),
        ("--annotators", "ann,ann"),
        ("--annotators", "a/b,a b"),
        ("--annotators", "ann,,bo"),
        ("--gold", 1),
        ("--gold", 0.1, "--role", "verifier"),
        ("--gold", -0.1),
        ("--gold", "nan"),
        ("--overlap", 0),
        ("--limit", 0),
        ("--level", "global", "--per-prompt", 1),
        ("--level", "local", "--per-seed", 1),
        ("--to", "xml"),
    ],
)
def test_impossible_options_are_errors(
    export: Program, tmp_path: Path, words: tuple[object, ...]
) -> None:
    done = export("annotate-export", "-o", tmp_path / "out", *words, code=2)
    assert done.err
    assert not (tmp_path / "out").exists()


def test_nothing_to_compare(intermt: Program, tmp_path: Path) -> None:
    intermt("annotate-export", "-o", tmp_path / "out", code=66)
    intermt.store.create()
    done = intermt("annotate-export", "-o", tmp_path / "out", code=66)
    assert "no question has two answers" in done.err
    assert not (tmp_path / "out").exists()


def test_the_store_is_sound_afterwards(export: Program, tmp_path: Path) -> None:
    data(export, "-o", tmp_path / "out")
    assert export("check").data["findings"] == []
