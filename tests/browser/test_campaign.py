"""From the store to the page, and from what is pressed there back into the store."""

from __future__ import annotations

import json
from importlib import resources
from pathlib import Path
from typing import Any

import pytest

from intermt.dimensions import Level, dimensions_of
from intermt.store.connect import Store
from tests.browser.annotator import Annotator
from tests.commands.work import Program

SAMPLE = Path(str(resources.files("intermt.sample")))


def exported(intermt: Program, folder: Path) -> Path:
    """Pages of the bundled sample's pairs."""
    conversations = SAMPLE / "conversations.json"
    intermt("annotate-import", conversations, "--images", SAMPLE)
    intermt("annotate-export", "--to", "html", "-o", folder)
    return folder


def labelled(context: Any, page: Path, keys: list[str], words: str) -> tuple[Annotator, Path]:
    annotator = Annotator(context.new_page())
    annotator.open(page)
    annotator.begin("Anna")
    total = annotator.page.locator("script[id^=task-]").count()
    for number in range(total):
        annotator.press(*keys)
        annotator.type(f"{words} {number}")
        annotator.submit()
    return annotator, annotator.download()


def said(store: Store) -> dict[str, list[tuple[Any, ...]]]:
    """What Anna said, with her choices as the id of the better one."""
    anna = "rater_id IN (SELECT rater_id FROM rater WHERE name = 'Anna' AND kind = 'human')"
    queries = {
        "scores": f"SELECT target_id, dimension, value FROM score WHERE {anna}",
        "choices": "SELECT a_id, b_id, dimension,"
        " CASE choice WHEN 'a' THEN a_id WHEN 'b' THEN b_id ELSE 'tie' END"
        f" FROM preference_vote WHERE {anna}",
        "texts": f"SELECT target_id, kind, text FROM feedback WHERE {anna}",
    }
    with store.reading() as db:
        return {name: sorted(db.execute(sql).fetchall()) for name, sql in queries.items()}


@pytest.mark.parametrize("level", ["local", "global"])
def test_what_is_pressed_is_what_the_store_has(
    intermt: Program, tmp_path: Path, context: Any, level: Level
) -> None:
    page = exported(intermt, tmp_path / "out") / level / "page.html"
    dimensions = [dimension.key for dimension in dimensions_of(level)]
    keys = [*["0", "3", "r"] * (len(dimensions) - 1), "1", "2", "t", "l"]
    annotator, file = labelled(context, page, keys, "Words")
    shown = [
        json.loads(text) for text in annotator.page.locator("script[id^=task-]").all_text_contents()
    ]
    assert annotator.errors == []
    assert shown

    report = intermt("annotate-import", file).data
    expected: dict[str, list[tuple[Any, ...]]] = {"scores": [], "choices": [], "texts": []}
    for number, task in enumerate(shown):
        left, right = task["left"]["id"], task["right"]["id"]
        pair = sorted([left, right])
        for key in dimensions:
            last = key == dimensions[-1]
            expected["scores"] += [(left, key, 1 if last else 0), (right, key, 2 if last else 3)]
            expected["choices"].append((*pair, key, "tie" if last else right))
        expected["choices"].append((*pair, "overall", left))
        expected["texts"].append((left, "critique", f"Words {number}"))
    found = said(intermt.store)
    assert found == {name: sorted(rows) for name, rows in expected.items()}

    again = intermt("annotate-import", file).data
    assert said(intermt.store) == found
    assert (report["files"][0]["imported"], again["files"][0]["unchanged"]) == (len(shown),) * 2
