"""`generate` on the real dialogues: their questions as seeds, their answers replayed."""

from __future__ import annotations

import csv
import json
import re
import shutil
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pytest

from intermt.domain.image_tags import text_of
from intermt.records import ImagePart, Node, TextPart, ToolUse
from intermt.simulator import InProcess, Simulator, parse_faults, read_replay
from intermt.store.connect import Store
from intermt.store.rows import from_tuple, select_list
from tests.commands.work import DIALOGUES, Program, impatient, rows, stats, written

pytestmark = [
    pytest.mark.real_data,
    pytest.mark.skipif(not DIALOGUES.exists(), reason="the real dialogues are absent"),
]

TAG = re.compile(r"<\s*Image\s*[,:]\s*([^>]+?)\s*>", re.IGNORECASE)
"""Written for these tests alone: what `find_tags` is compared with."""

EDITED = {
    ("crossmodal_interaction-1", 2): 1,
    ("crossmodal_interaction-1", 3): 1,
    ("crossmodal_interaction-1", 5): 1,
    ("exploratory_or_companion_like_interaction-1", 2): 1,
    ("exploratory_or_companion_like_interaction-1", 4): 1,
    ("exploratory_or_companion_like_interaction-2", 1): 1,
    ("exploratory_or_companion_like_interaction-2", 2): 1,
    ("exploratory_or_companion_like_interaction-2", 3): 1,
    ("exploratory_or_companion_like_interaction-3", 5): 1,
    ("repeated_attempts-1", 2): 1,
    ("repeated_attempts-3", 1): 1,
    ("repeated_attempts-3", 2): 1,
    ("repeated_attempts-3", 3): 1,
    ("repeated_attempts-3", 4): 1,
    ("repeated_attempts-3", 5): 1,
    ("stepwise_regression-1", 2): 1,
    ("stepwise_regression-1", 5): 1,
    ("stepwise_regression-3", 4): 4,
    ("stepwise_regression-3", 5): 5,
    ("unclear_cognition-3", 2): 1,
    ("unclear_cognition-3", 5): 1,
}
"""Turns whose tags ask, by a person's reading, for an earlier picture to be changed, with that
picture's number: a part of the photograph, the photograph otherwise, or the room shown last
with more in it. All other tags ask for something new."""

REPEATING = {
    "crossmodal_interaction-1",
    "crossmodal_interaction-2",
    "repeated_attempts-1",
    "stepwise_regression-1",
    "unclear_cognition-3",
}
"""Dialogues whose fourth answer is their third, word for word; in the first without its tag."""


@dataclass(frozen=True)
class Turn:
    """A turn of a dialogue; `images` are its own or, without any, those of the first turn."""

    dialogue: str
    number: int
    prompt: str
    images: tuple[str, ...]
    response: str
    about: dict[str, str]

    @property
    def name(self) -> str:
        return f"{self.dialogue}/{self.number}"

    @property
    def row(self) -> dict[str, Any]:
        return {"id": self.name, "text": self.prompt, "images": list(self.images), **self.about}

    @property
    def tags(self) -> list[re.Match[str]]:
        return list(TAG.finditer(self.response))

    @property
    def tool(self) -> str:
        return "edit" if (self.dialogue, self.number) in EDITED else "draw"

    @property
    def split(self) -> list[str]:
        """The answer as texts and tags in order."""
        pieces, done = [], 0
        for tag in self.tags:
            pieces += [self.response[done : tag.start()], tag[0]]
            done = tag.end()
        return [piece for piece in (*pieces, self.response[done:]) if piece]


def turns() -> list[Turn]:
    found = []
    for one in json.loads(DIALOGUES.read_text()):
        first = tuple(one["conversations"][0]["prompt_images"])
        for turn in one["conversations"]:
            found.append(
                Turn(
                    one["id"],
                    turn["round"],
                    turn["prompt"],
                    tuple(turn["prompt_images"]) or first,
                    turn["response"],
                    {"scenario": one["scenario"], "task": one["task"]},
                )
            )
    assert len(found) == 75
    return found


# --- as seeds -----------------------------------------------------------------------------


def as_jsonl(folder: Path, chosen: Sequence[Turn]) -> Path:
    return written(folder / "seeds.jsonl", [turn.row for turn in chosen])


def as_csv(folder: Path, chosen: Sequence[Turn]) -> Path:
    with (folder / "seeds.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, list(chosen[0].row))
        writer.writeheader()
        writer.writerows({**turn.row, "images": "|".join(turn.images)} for turn in chosen)
    return folder / "seeds.csv"


def as_parquet(folder: Path, chosen: Sequence[Turn]) -> Path:
    """Pictures in the rows, as bytes with their names."""
    lines = as_jsonl(folder, chosen)
    with duckdb.connect() as db:
        db.execute(
            f"""
            COPY (
                SELECT s.id, s.text, s.scenario, s.task,
                       [{{'bytes': b.content, 'path': s.images[1]}}]
                           [:len(s.images)] AS images
                FROM read_json('{lines}', columns = {{id: 'VARCHAR', text: 'VARCHAR',
                    scenario: 'VARCHAR', task: 'VARCHAR', images: 'VARCHAR[]'}}) s
                LEFT JOIN read_blob('{DIALOGUES.parent}/images/*') b
                    ON ends_with(b.filename, '/' || s.images[1])
            ) TO '{folder}/seeds.parquet' (FORMAT parquet)
            """
        )
    return folder / "seeds.parquet"


def as_folder(folder: Path, chosen: Sequence[Turn]) -> Path:
    made = folder / "pictures"
    shutil.copytree(DIALOGUES.parent / "images", made / "images")
    as_csv(made, chosen).rename(made / "questions.csv")
    return made


FORMS = {"jsonl": as_jsonl, "csv": as_csv, "parquet": as_parquet, "folder": as_folder}


@pytest.mark.parametrize("form", FORMS)
def test_all_questions_pass_the_default_filters(
    tmp_path: Path, intermt: Program, form: str
) -> None:
    source = FORMS[form](tmp_path, turns())
    words = () if form in ("parquet", "folder") else ("--images", DIALOGUES.parent)
    servers = ("--answer", "builtin", "--user", "builtin", "--draw", "builtin")
    done = intermt("generate", source, *words, *servers, "--turns", 1, "--candidates", 1)
    seeding = done.data["seeding"]
    assert (seeding["n_read"], seeding["n_kept"]) == (75, 75)
    assert seeding["missing_pictures"] == {}
    assert seeding["languages"] == {"en": 75}
    assert done.data["n_answers"] == 75
    assert intermt("check").data["findings"] == []
    with intermt.store.reading() as db:
        kept = db.execute("SELECT source_id, seed_id, scenario, task FROM seed").fetchall()
        n_pictures = db.execute(
            "SELECT sum(n_images) FROM node WHERE role = 'user' AND turn = 1"
        ).fetchone()
    assert {row[0] for row in kept} == {turn.name for turn in turns()}
    assert {row[2] for row in kept} == {turn.about["scenario"] for turn in turns()}
    # Five questions are about a picture that was not published.
    assert n_pictures == (70,)


def test_a_seed_is_the_same_whatever_file_it_comes_from(tmp_path: Path, intermt: Program) -> None:
    servers = ("--answer", "builtin", "--user", "builtin", "--turns", 1, "--candidates", 1)
    words = ("--images", DIALOGUES.parent)
    intermt("generate", as_jsonl(tmp_path, turns()), *words, *servers)
    for form in ("csv", "parquet", "folder"):
        again = FORMS[form](tmp_path, turns())
        named = () if form in ("parquet", "folder") else words
        assert intermt("generate", again, *named, *servers).data["calls"]["states"] == {}


@pytest.mark.parametrize("which", ["all", "first"])
def test_with_all_filters_every_question_is_accounted_for(
    tmp_path: Path, intermt: Program, which: str
) -> None:
    chosen = [turn for turn in turns() if which == "all" or turn.number == 1]
    source = as_jsonl(tmp_path, chosen)
    limit = 10 if which == "all" else 4
    builtin = ("--answer", "--user", "--draw", "--embed", "--potential", "--rewrite")
    servers = [word for option in builtin for word in (option, "builtin")]
    done = intermt(
        *("generate", source, "--images", DIALOGUES.parent, *servers),
        *("--filter", "quality,diversity,potential", "--limit", limit, "--turns", 2),
    )
    seeding = done.data["seeding"]
    dropped = {one["filter"]: one["n_dropped"] for one in seeding["filters"]}
    assert seeding["n_read"] == len(chosen)
    assert seeding["n_kept"] == limit == done.data["n_seeds"]
    # What is left out is the stand-in's opinion or has no room: real questions are good ones.
    assert dropped["quality"] == dropped["diversity"] == dropped["identical"] == 0
    assert sum(dropped.values()) == len(chosen) - limit
    reasons = "SELECT count(*) FROM seed_drop WHERE reason <> '' AND source_id IS NOT NULL"
    with intermt.store.reading() as db:
        assert db.execute(reasons).fetchone() == (len(chosen) - limit,)


# --- as replayed answers ------------------------------------------------------------------


def recording(path: Path) -> Path:
    found = turns()
    lines = []
    for turn, after in zip(found, [*found[1:], None], strict=True):
        line = {"question": turn.prompt, "answer": turn.response}
        goes_on = after is not None and after.dialogue == turn.dialogue
        if goes_on and not (turn.dialogue in REPEATING and turn.number == 4):
            assert after is not None
            line["next"] = after.prompt
        lines.append(line)
    return written(path, lines)


class Replay:
    """The recorded answers behind a URL, tools of their own, and what a store makes of them."""

    def __init__(self, tmp_path: Path, stack: ExitStack, intermt: Program) -> None:
        self.intermt = intermt
        self._folder = tmp_path
        self._stack = stack
        replay = read_replay(recording(tmp_path / "answers.jsonl"))
        self.chat = stack.enter_context(InProcess(Simulator(replay=replay)))
        self.edit, self.retrieve, self.draw = (self.tool() for _ in range(3))

    def tool(self, faults: str = "") -> str:
        return self._stack.enter_context(InProcess(Simulator(faults=parse_faults(faults))))

    def grow(
        self, chosen: Sequence[Turn], *words: object, draw: str = "", code: int = 0
    ) -> dict[str, Any]:
        servers = ("--answer", self.chat, "--user", self.chat, "--draw", draw or self.draw)
        tools = ("--edit", self.edit, "--retrieve", self.retrieve)
        done = self.intermt(
            *("generate", as_jsonl(self._folder, chosen), "--images", DIALOGUES.parent),
            *(*servers, *tools, "--candidates", 1, "--stop-error-rate", 1, *words),
            code=code,
        )
        return done.data

    def answers(self) -> dict[str, Node]:
        """The answers by dialogue and turn, as `Turn.name` writes them."""
        with self.intermt.store.reading() as db:
            found = db.execute(
                f"SELECT s.source_id, {select_list(Node, 'n')} FROM node n JOIN seed s"
                " USING (seed_id) WHERE n.role = 'assistant'"
            ).fetchall()
        named = {}
        for source_id, *values in found:
            node = from_tuple(Node, tuple(values))
            dialogue, _, number = source_id.partition("/")
            named[f"{dialogue}/{int(number) + node.turn - 1}"] = node
        assert len(named) == len(found)
        return named

    def uses(self, store: Store) -> dict[str, list[ToolUse]]:
        """What was asked of tools, by node, in order of position."""
        with store.reading() as db:
            found = db.execute(
                f"SELECT {select_list(ToolUse, 't')} FROM tool_use t ORDER BY position"
            ).fetchall()
        by_node: dict[str, list[ToolUse]] = {}
        for row in found:
            use = from_tuple(ToolUse, row)
            by_node.setdefault(use.node_id, []).append(use)
        return by_node


@pytest.fixture
def replay(tmp_path: Path, intermt: Program) -> Iterator[Replay]:
    with ExitStack() as stack:
        yield Replay(tmp_path, stack, intermt)


def shape(node: Node) -> list[str]:
    return [part.text if isinstance(part, TextPart) else part.tag or "" for part in node.parts]


def test_the_data_hold_what_these_tests_suppose() -> None:
    found = turns()
    assert len({turn.prompt for turn in found}) == 75
    assert sum(len(turn.tags) for turn in found) == 43
    assert [t[0][:8] for turn in found for t in turn.tags if t[0][:8] != "<Image, "] == ["<Image: "]
    for dialogue in {turn.dialogue for turn in found}:
        said = [turn.response for turn in found if turn.dialogue == dialogue]
        plain = {"".join(TAG.sub("", text).split()) for text in said}
        assert len(plain) == (4 if dialogue in REPEATING else 5)


def test_every_real_tag_gets_its_picture_at_its_place(replay: Replay) -> None:
    wanted = Counter(turn.tool for turn in turns() for _ in turn.tags)
    data = replay.grow(turns(), "--turns", 1)
    assert data["pictures_by_tool"] == dict(wanted)
    assert data["no_picture"] == {}
    assert stats(replay.draw)["n_answered"] == wanted["draw"]
    assert stats(replay.edit)["n_answered"] == wanted["edit"]
    assert stats(replay.retrieve)["n_answered"] == 0
    answers, uses = replay.answers(), replay.uses(replay.intermt.store)
    for turn in turns():
        node = answers[turn.name]
        assert text_of(node.parts) == turn.response
        assert shape(node) == turn.split
        assert node.n_tags + node.n_stray_tags == len(turn.tags)
        assert node.n_stray_tags == sum(not t[0].startswith("<Image, ") for t in turn.tags)
        made = uses.get(node.node_id, [])
        assert [use.ask for use in made] == [tag[1] for tag in turn.tags]
        pictures = [i for i, part in enumerate(node.parts) if isinstance(part, ImagePart)]
        assert [use.position for use in made] == pictures
        for use in made:
            part = node.parts[use.position or 0]
            assert isinstance(part, ImagePart)
            assert (use.tool, use.state) == (turn.tool, "ok"), (turn.name, use)
            assert use.image_sha256 == part.sha256 is not None
            assert use.reason
            assert (use.source_sha256 is not None) == (turn.tool == "edit")
    assert replay.intermt("check").data["findings"] == []


def test_whole_dialogues_are_replayed(replay: Replay) -> None:
    data = replay.grow([turn for turn in turns() if turn.number == 1], "--turns", 5)
    assert data["n_unfinished"] == 0
    assert data["n_pruned"] == {"repeated": len(REPEATING)}
    answers, uses = replay.answers(), replay.uses(replay.intermt.store)
    # An answer that repeats the one before it ends its branch.
    expected = {t.name for t in turns() if t.dialogue not in REPEATING or t.number < 5}
    assert set(answers) == expected
    shown: dict[str, list[str | None]] = {}
    with replay.intermt.store.reading() as db:
        found = db.execute(
            "SELECT s.source_id, p.sha256 FROM seed s JOIN picture_use p ON p.node_id = s.seed_id"
        ).fetchall()
    for source_id, sha256 in found:
        shown[source_id.partition("/")[0]] = [sha256]
    for turn in turns():
        if turn.name not in expected:
            continue
        node, before = answers[turn.name], shown.setdefault(turn.dialogue, [])
        assert text_of(node.parts) == turn.response
        assert shape(node) == turn.split
        made = uses.get(node.node_id, [])
        assert [use.tool for use in made] == [turn.tool] * len(turn.tags), (turn.name, made)
        source = EDITED.get((turn.dialogue, turn.number))
        for use in made:
            assert use.source_sha256 == (before[source - 1] if source else None), (turn.name, use)
        before += [use.image_sha256 for use in made]


def test_refused_pictures_leave_their_tags_and_are_asked_for_again(replay: Replay) -> None:
    n_drawn = sum(len(turn.tags) for turn in turns() if turn.tool == "draw")
    data = replay.grow(turns(), "--turns", 1, draw=replay.tool("refusal=1"))
    assert data["no_picture"] == {"refused": n_drawn}
    answers, uses = replay.answers(), replay.uses(replay.intermt.store)
    for turn in turns():
        node = answers[turn.name]
        assert text_of(node.parts) == turn.response
        assert shape(node) == turn.split
        for use in uses.get(node.node_id, []):
            part = node.parts[use.position or 0]
            assert isinstance(part, ImagePart)
            if turn.tool == "edit":
                assert (use.state, part.missing) == ("ok", None)
                continue
            assert (use.state, part.sha256) == ("refused", None)
            assert part.missing is not None
            assert part.missing.startswith("not drawn: HTTP 400")
    asked = {url: stats(url)["n_requests"] for url in (replay.chat, replay.edit)}
    again = replay.grow(turns(), "--turns", 1)
    assert again["calls"]["states"] == {"ok": n_drawn}
    assert again["no_picture"] == {}
    assert stats(replay.draw)["n_answered"] == n_drawn
    for url, n_before in asked.items():
        # No more than the question which models there are.
        assert stats(url)["n_answered_again"] == 0
        assert stats(url)["n_requests"] - n_before <= 2
    for name, node in replay.answers().items():
        pictures = [part for part in node.parts if isinstance(part, ImagePart)]
        assert all(picture.sha256 for picture in pictures), name
        assert node.node_id == answers[name].node_id
    assert replay.intermt("check").data["findings"] == []


def test_a_broken_tool_holds_up_its_answers_only(
    tmp_path: Path, replay: Replay, monkeypatch: pytest.MonkeyPatch
) -> None:
    impatient(monkeypatch)
    # So few that the run does not end early for a server that only fails.
    chosen = [turn for turn in turns() if not turn.dialogue.startswith("unclear_cognition")]
    drawn = [turn for turn in chosen if turn.tool == "draw" and turn.tags]
    replay.grow(chosen, "--turns", 1, draw=replay.tool("500=1"), code=75)
    # Nothing half-made: an answer is stored with its pictures or not at all.
    assert set(replay.answers()) == {turn.name for turn in chosen if turn not in drawn}
    n_asked = stats(replay.chat)["n_answered"]
    again = replay.grow(chosen, "--turns", 1)
    assert again["calls"]["states"] == {"ok": sum(len(turn.tags) for turn in drawn)}
    assert stats(replay.chat)["n_answered"] == n_asked
    stored = rows(replay.intermt.store, "node", "tool_use", "picture_use", "conversation")
    replay.intermt.store = Store(tmp_path / "undisturbed")
    replay.grow(chosen, "--turns", 1)
    assert rows(replay.intermt.store, *stored) == stored
