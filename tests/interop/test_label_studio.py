"""A campaign through a real Label Studio: out, labelled by two users, exported, in again."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from intermt.dimensions import dimensions_of
from intermt.domain.image_tags import text_of
from intermt.records import Node
from intermt.store import trees
from intermt.store.connect import Store
from tests.cli.running import run
from tests.commands.pair_stores import bring_in, write_talks
from tests.interop.label_studio_server import User, label_studio, program

pytestmark = pytest.mark.skipif(
    program() is None,
    reason="label-studio is not installed (pip install label-studio, or INTERMT_LABEL_STUDIO)",
)
LEVELS = ("local", "global")
KINDS = {"JSON": "json", "JSON_MIN": "json", "CSV": "csv"}


def intermt(folder: Path, *words: object) -> Any:
    done = run(*map(str, words), "--json", cwd=folder, module="intermt")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)["data"]


def seen(html: str) -> str:
    """The texts of a candidate, as a person reads them."""
    return "|".join(unescape(t) for t in re.findall(r'class="imt-text"[^>]*>([^<]*)<', html))


def points(text: str, key: str, person: int) -> int:
    """What a person gives a text on a dimension: any number that only these decide."""
    return (len(text) + len(key) + person) % 4


def labelled(task: dict[str, Any], level: str, person: int) -> list[dict[str, Any]]:
    """What a person says who prefers the text that sorts first, whatever side it is on."""
    shown = {side: seen(task["data"][f"{side}_html"]) for side in ("left", "right")}
    better = min(shown, key=lambda side: shown[side])
    result: list[dict[str, Any]] = []

    def choose(name: str, about: str, value: str) -> None:
        said = {"choices": [value]}
        result.append({"from_name": name, "to_name": about, "type": "choices", "value": said})

    for dimension in dimensions_of(level):  # type: ignore[arg-type]
        for side, text in shown.items():
            score = points(text, dimension.key, person)
            if dimension.key == "style_coherence":
                score -= 1
            choose(f"score_{side}_{dimension.key}", side, str(score))
    choose("better_overall", "prefix", better)
    choose(f"better_{dimensions_of(level)[0].key}", "prefix", "tie")  # type: ignore[arg-type]
    for name, about, text in (
        (f"critique_{better}", better, f"of the better: {shown[better]}"),
        ("rationale", "prefix", f'person {person}: <b>é, "quoted"\nline two'),
    ):
        said = {"text": [text]}
        result.append({"from_name": name, "to_name": about, "type": "textarea", "value": said})
    return result


class Campaign:
    """What two people said in Label Studio, and its exports."""

    def __init__(self, folder: Path, people: tuple[User, User]) -> None:
        self.folder = folder
        self.n_tasks = 0
        self.exports: dict[tuple[str, str], Path] = {}
        for level in LEVELS:
            self._label(level, people)

    def _label(self, level: str, people: tuple[User, User]) -> None:
        owner = people[0]
        made = self.folder / "campaign" / level
        project = owner.json("/api/projects", (made / "project.json").read_bytes())
        assert project["maximum_annotations"] == 2
        said = owner.json(
            f"/api/projects/{project['id']}/import", (made / "tasks.json").read_bytes()
        )
        exported = json.loads((made / "tasks.json").read_text())
        assert said["task_count"] == len(exported)
        found = owner.json(f"/api/tasks?project={project['id']}&page_size=100&fields=all")
        tasks = found["tasks"]
        assert len(tasks) == len(exported)
        self.n_tasks += len(tasks)
        for number, task in enumerate(tasks):
            for person, user in enumerate(people):
                user.json(
                    f"/api/tasks/{task['id']}/annotations/",
                    {
                        "result": labelled(task, level, person),
                        "was_cancelled": number == 0 and person == 1,
                        "lead_time": 12.5,
                    },
                )
        for kind, suffix in KINDS.items():
            file = self.folder / f"{level}-{kind}.{suffix}"
            query = f"exportType={kind}&download_all_tasks=true"
            file.write_bytes(owner.ask(f"/api/projects/{project['id']}/export?{query}"))
            self.exports[level, kind] = file


@pytest.fixture(scope="module")
def campaign(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Campaign]:
    folder = tmp_path_factory.mktemp("label-studio")
    bring_in(Store(folder / "store", lock_timeout_s=20), write_talks(folder))
    intermt(folder, "annotate-export", "--store", "store", "-o", "campaign", "--overlap", 2)
    shutil.copytree(folder / "store", folder / "before")
    data = folder / "server"
    data.mkdir()
    with label_studio(data, folder) as people:
        yield Campaign(folder, people)


@pytest.fixture(params=KINDS)
def imported(campaign: Campaign, request: pytest.FixtureRequest, tmp_path: Path) -> Any:
    """What an import of each kind of export says, and the store it went into."""
    shutil.copytree(campaign.folder / "before", tmp_path / "store")
    names = [campaign.exports[level, request.param] for level in LEVELS]
    words = ("annotate-import", *names, "--store", "store", "--dataset", "campaign")
    return request.param, intermt(tmp_path, *words), tmp_path


def texts(store: Store) -> dict[str, str]:
    """What a person read of each candidate, by its id."""
    with store.reading() as db:
        talks = trees.conversations(db)
        nodes = trees.nodes(db, {node for talk in talks for node in talk.path})

    def read(node: Node) -> str:
        return "|".join(
            t for t in (text_of((p,)) for p in node.parts if hasattr(p, "text")) if t.strip()
        )

    found = {node.node_id: read(node) for node in nodes.values() if node.role == "assistant"}
    for talk in talks:
        found[talk.conversation_id] = "|".join(read(nodes[node]) for node in talk.path[1:])
    return found


def test_every_label_lands_on_its_answer(campaign: Campaign, imported: Any) -> None:
    _, said, folder = imported
    # Of each level one of two annotations of one task is a skipped one.
    n_given = 2 * campaign.n_tasks - len(LEVELS)
    assert sum(file["imported"] for file in said["files"]) == n_given
    store = Store(folder / "store", lock_timeout_s=20)
    read = texts(store)
    with store.reading() as db:
        votes = db.execute(
            "SELECT a_id, b_id, dimension, choice, shown_first FROM preference_vote"
        ).fetchall()
        scores = db.execute(
            "SELECT s.target_id, s.dimension, s.value, r.name FROM score s JOIN rater r"
            " USING (rater_id)"
        ).fetchall()
        feedback = db.execute("SELECT target_id, kind, text FROM feedback").fetchall()
        firsts = dict(
            db.execute("SELECT a_id || ' ' || b_id, shown_first FROM annotation_task").fetchall()
        )
        people = sorted(name for (name,) in db.execute("SELECT name FROM rater").fetchall())
    assert len(people) == 2
    assert len(votes) == 2 * n_given
    for a, b, dimension, choice, shown_first in votes:
        expected = "tie" if dimension != "overall" else "a" if read[a] < read[b] else "b"
        assert choice == expected
        assert shown_first == firsts[f"{a} {b}"]
    assert len(scores) >= 8 * n_given
    for target, dimension, value, name in scores:
        expected_score = points(read[target], dimension, people.index(name))
        assert value == expected_score - (dimension == "style_coherence")
    critiques = [(target, text) for target, what, text in feedback if what == "critique"]
    assert critiques
    assert all(text == f"of the better: {read[target]}" for target, text in critiques)
    reasons = {text for _, what, text in feedback if what == "rationale"}
    assert reasons == {f'person {n}: <b>é, "quoted"\nline two' for n in (0, 1)}


def test_importing_again_changes_nothing(campaign: Campaign, imported: Any) -> None:
    kind, _, folder = imported
    names = [campaign.exports[level, kind] for level in LEVELS]
    said = intermt(folder, "annotate-import", *names, "--store", "store", "--dataset", "campaign")
    assert sum(file["imported"] for file in said["files"]) == 0
    assert not any(said["new"].values())


def test_skipped_tasks_are_counted_where_the_export_has_them(imported: Any) -> None:
    kind, said, _ = imported
    skipped = [file.get("skipped", {}) for file in said["files"]]
    expected = {"cancelled": 1} if kind == "JSON" else {}
    assert [{k: n for k, n in counts.items() if n} for counts in skipped] == [expected] * 2
