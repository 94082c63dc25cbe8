"""Choosing seed questions: filters, limits and inputs of every kind, without models."""

from __future__ import annotations

import io
import json
import random
from collections import Counter
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pytest
from PIL import Image as PillowImage
from PIL import ImageFilter

from intermt.commands.runs import new_run
from intermt.commands.seed_config import SeedingConfig, SeedReport, Selection, parse_filters
from intermt.commands.seed_filters import QualityLimits
from intermt.commands.seeding import planned, read_seeds, select
from intermt.domain.prompts import load_prompts
from intermt.errors import InputError, MissingInputError, UsageError
from intermt.records import ImagePart, SeedDrop
from intermt.store.connect import Store
from intermt.store.seeding import drops
from tests.commands.work import DIALOGUES, Silent, written

PROMPTS = load_prompts()


def nobody(_: object) -> Any:
    raise AssertionError("no server was to be asked")


def choose(store: Store, *files: Path, **more: Any) -> Selection:
    config = SeedingConfig(tuple(map(str, files)), PROMPTS, **more)
    return select(store, read_seeds(config, Silent()), new_run("generate", {}), nobody)


def kept(selection: Selection) -> list[str]:
    return [seed.source_id for seed, _ in selection.roots]


def dropped(store: Store) -> dict[str, SeedDrop]:
    with store.reading() as db:
        return {drop.source_id: drop for drop in drops(db)}


def seed(name: str, text: str, *images: str, **more: Any) -> dict[str, Any]:
    return {"id": name, "text": text, "images": list(images), **more}


def scene(seed_number: int, size: tuple[int, int] = (320, 240)) -> PillowImage.Image:
    rng = np.random.default_rng(seed_number)
    small = PillowImage.fromarray(rng.integers(0, 256, (24, 32)).astype(np.uint8))
    return small.resize(size, PillowImage.Resampling.NEAREST)


def content(picture: PillowImage.Image, kind: str = "PNG") -> bytes:
    out = io.BytesIO()
    picture.save(out, kind)
    return out.getvalue()


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store")


# --- what comes out ----------------------------------------------------------------------


def test_a_seed_keeps_everything_that_is_known_of_it(tmp_path: Path, store: Store) -> None:
    (tmp_path / "a.png").write_bytes(content(scene(1)))
    known = {
        "source": "web", "licence": "CC0-1.0", "task": "vqa", "scenario": "repeated_attempts",
        "language": "en", "intention": "shade",
    }  # fmt: skip
    source = written(tmp_path / "s.jsonl", [seed("s", "What is in it?", "a.png", **known)])
    selection = choose(store, source, dataset="mine")
    ((found, root),) = selection.roots
    assert {name: getattr(found, name) for name in known} == known
    assert (found.dataset, found.source_id, found.original_text) == ("mine", "s", None)
    assert found.seed_id == root.node_id == root.seed_id
    assert (root.parent_id, root.role, root.turn, root.place) == (None, "user", 1, "1")
    (image,) = selection.images
    assert isinstance(root.parts[0], ImagePart)
    assert root.parts[0].sha256 == image.sha256
    assert store.images.find(image.sha256)
    assert selection.report.languages == {"en": 1}


def test_planning_writes_nothing_and_says_the_same(tmp_path: Path, store: Store) -> None:
    rows = [seed(f"s{i}", f"How do I plan a garden of {i} metres?") for i in range(9)]
    source = written(tmp_path / "s.jsonl", [*rows, seed("bad", "Nope.")])
    config = SeedingConfig((str(source),), PROMPTS, limit=4)
    plan = planned(config, Silent())
    assert not store.exists()
    assert (plan.n_read, plan.n_kept) == (10, 4)
    assert choose(store, source, limit=4).report.n_kept == 4


def test_bad_input_comes_before_everything_else(tmp_path: Path, store: Store) -> None:
    bad = written(tmp_path / "s.jsonl", [seed("a", "Why is it so?"), {"id": "b"}])
    with pytest.raises(InputError, match=r"s\.jsonl:2"):
        choose(store, bad)
    with pytest.raises(InputError, match="no seed questions"):
        choose(store, written(tmp_path / "empty.jsonl", []))
    with pytest.raises(MissingInputError):
        choose(store, tmp_path / "gone.jsonl")
    with pytest.raises(MissingInputError, match="no such folder"):
        choose(store, bad, images=tmp_path / "gone")
    assert not store.exists()


def test_when_nothing_is_left_it_says_which_filter_took_it(tmp_path: Path, store: Store) -> None:
    source = written(tmp_path / "s.jsonl", [seed("a", "No."), seed("b", "zzzzzzzzzzzz")])
    with pytest.raises(InputError, match=r"quality left out 2 \(no words: 1, too short: 1\)"):
        choose(store, source)
    assert set(dropped(store)) == {"a", "b"}


# --- quality -----------------------------------------------------------------------------


def test_what_is_not_good_enough_is_left_out_with_its_figures(tmp_path: Path, store: Store) -> None:
    sharp = scene(1)
    pictures = {
        "good.png": content(sharp),
        "blurred.png": content(sharp.filter(ImageFilter.GaussianBlur(12))),
        "uniform.png": content(PillowImage.new("RGB", (320, 240), "white")),
        "small.png": content(sharp.resize((40, 30))),
        "broken.png": content(sharp)[:200],
        "large.png": content(PillowImage.new("1", (8_100, 8_100))),
    }
    for name, stored in pictures.items():
        (tmp_path / name).write_bytes(stored)
    texts = {
        "short": "Why?",
        "long": "Why " + "very " * 1500 + "?",
        "noise": "?!?!?!?!?!",
        "tells": "There is a dog in the park and it is happy.",
    }
    rows = [seed(name.removesuffix(".png"), "What is in it?", name) for name in pictures]
    rows += [seed(name, text) for name, text in texts.items()]
    rows += [seed("gone", "What is in it?", "gone.png")]
    source = written(tmp_path / "s.jsonl", rows)
    selection = choose(store, source, filters=("quality",))
    assert kept(selection) == ["good", "gone"]
    found = dropped(store)
    assert {name: drop.kind for name, drop in found.items()} == {
        "blurred": "blurred picture",
        "uniform": "uniform picture",
        "small": "small picture",
        "broken": "broken picture",
        "large": "large picture",
        "short": "too short",
        "long": "too long",
        "noise": "no words",
        "tells": "asks nothing",
    }
    assert all(drop.filter == "quality" for drop in found.values())
    assert found["small"].figures == {"picture": "small.png", "px": 30, "min_picture_px": 64}
    assert found["blurred"].figures["sharpness"] < 10
    assert "blurred.png" in found["blurred"].reason
    report = next(one for one in selection.report.filters if one.filter == "quality")
    assert (report.n_in, report.n_dropped) == (11, 9)
    assert found["large"].figures == {"picture": "large.png", "max_pixels": 64_000_000}
    assert found["large"].reason.startswith("the picture large.png is too large (")
    assert "8100 x 8100 pixels" in found["large"].reason
    assert selection.report.missing_pictures == {"gone.png: not found": 1}


def test_every_limit_of_quality_can_be_moved(tmp_path: Path, store: Store) -> None:
    (tmp_path / "small.png").write_bytes(content(scene(1, (40, 30))))
    source = written(
        tmp_path / "s.jsonl",
        [
            seed("short", "Why?"),
            seed("tells", "There is a dog in the park and it is happy."),
            seed("german", "Was siehst du auf dem Bild?"),
            seed("labelled", "Qué?? dime algo", language="de"),
            seed("small", "What is in the picture, and why?", "small.png"),
            seed("gone", "What is in this one, and why?", "gone.png"),
        ],
    )
    limits = QualityLimits(min_chars=3, statements=True, min_picture_px=20)
    assert len(kept(choose(store, source, filters=("quality",), quality=limits))) == 6
    limits = QualityLimits(languages=("de-AT",), require_pictures=True)
    assert kept(choose(store, source, filters=("quality",), quality=limits)) == [
        "german", "labelled",
    ]  # fmt: skip
    assert dropped(store)["gone"].kind == "other language"
    limits = QualityLimits(min_chars=3, statements=True, require_pictures=True, min_picture_px=1)
    choose(store, source, filters=("quality",), quality=limits)
    assert {name: drop.kind for name, drop in dropped(store).items()} == {"gone": "no picture"}


def test_what_is_taken_later_is_no_longer_left_out(tmp_path: Path, store: Store) -> None:
    rows = [seed("a", "Why?"), seed("b", "How do I plant a tree?")]
    source = written(tmp_path / "s.jsonl", rows)
    choose(store, source)
    assert set(dropped(store)) == {"a"}
    assert kept(choose(store, source, filters=())) == ["a", "b"]
    assert dropped(store) == {}


# --- diversity ---------------------------------------------------------------------------


def test_duplicates_of_texts_and_pictures(tmp_path: Path, store: Store) -> None:
    picture = scene(1)
    (tmp_path / "a.png").write_bytes(content(picture))
    (tmp_path / "b.jpg").write_bytes(content(picture.resize((300, 225)), "JPEG"))
    (tmp_path / "c.png").write_bytes(content(scene(2)))
    long = "What would you change about the garden behind the house if you had only one weekend"
    rows = [
        seed("plain", f"{long}?", "a.png"),
        seed("shouted", f"{long.upper()}??", "a.png"),
        seed("nearly", f"{long}s?", "a.png"),
        seed("other-copy", f"{long}?", "b.jpg"),
        seed("other-picture", f"{long}?", "c.png"),
        seed("no-picture", f"{long}?"),
        seed("number", f"{long.replace('one', '1')}?"),
        seed("other-number", f"{long.replace('one', '2')}?"),
        seed("other-text", "Which of the trees is the oldest?", "a.png"),
    ]
    selections = []
    for n in range(3):
        random.Random(n).shuffle(rows)
        own = Store(tmp_path / f"store{n}")
        source = written(tmp_path / "s.jsonl", rows)
        selections.append((set(kept(choose(own, source))), dropped(own)))
    names, found = selections[0]
    assert all(again == names for again, _ in selections)
    same = {"plain", "shouted", "nearly", "other-copy"}
    assert len(names & same) == 1
    assert names - same == {
        "other-picture", "no-picture", "number", "other-number", "other-text",
    }  # fmt: skip
    assert set(found) == same - names
    assert {drop.filter for drop in found.values()} == {"diversity"}
    near = [drop for drop in found.values() if drop.kind == "near duplicate"]
    assert near
    assert all(drop.figures["similarity"] >= 0.8 for drop in near)
    assert all(drop.figures["like"] in names | set(found) for drop in found.values())
    assert len(kept(choose(store, source, filters=("quality",)))) == 9
    assert len(kept(choose(store, source, near_duplicate=1.0, picture_distance=0))) == 8


def test_rows_that_are_the_same_are_one_seed_whatever_the_filters(
    tmp_path: Path, store: Store
) -> None:
    row = {"text": "Why is the sky blue?"}
    source = written(tmp_path / "s.jsonl", [row, row, {**row, "id": "named"}, row])
    selection = choose(store, source, filters=())
    (name,) = kept(selection)
    report = selection.report.filters[0]
    assert (report.filter, report.n_in, report.n_dropped) == ("identical", 4, 3)
    with store.reading() as db:
        found = Counter(drop.source_id for drop in drops(db))
    assert found.total() == 3
    written(tmp_path / "s.jsonl", [{**row, "id": "named"}, row, row, row])
    assert kept(choose(store, source, filters=())) == [name]
    with store.reading() as db:
        assert Counter(drop.source_id for drop in drops(db)) == found


# --- the limit ---------------------------------------------------------------------------


def subjects() -> list[dict[str, Any]]:
    """Forty questions on one subject, and one each on four others."""
    crowd = [
        seed(f"rose{i}", f"When should I cut the {kind} roses that grow on the {side} wall?")
        for i, (kind, side) in enumerate(
            (kind, side)
            for kind in ("red", "white", "wild", "old", "tall", "small", "climbing", "young")
            for side in ("north", "south", "garden", "church", "broken")
        )
    ]
    others = {
        "chess": "Does Black have any move left that does not lose the queen at once?",
        "bread": "Why has my sourdough not risen although it stood by the oven all night?",
        "knot": "Can these two ropes be pulled apart without cutting either of them?",
        "map": "Which ferry takes me from the harbour to the lighthouse before dusk?",
    }
    return [*crowd, *(seed(name, text) for name, text in others.items())]


def test_a_limit_chooses_what_is_far_apart(tmp_path: Path, store: Store) -> None:
    source = written(tmp_path / "s.jsonl", subjects())
    spread = choose(store, source, limit=8, near_duplicate=1.0)
    assert {"chess", "bread", "knot", "map"} <= set(kept(spread))
    limited = spread.report.filters[-1]
    assert (limited.filter, limited.n_in, limited.n_dropped) == ("limit", 44, 36)
    assert {drop.filter for drop in dropped(store).values()} == {"limit"}
    drawn = [
        set(kept(choose(store, source, limit=8, seed=n, filters=("quality",)))) for n in range(6)
    ]
    assert not any({"chess", "bread", "knot", "map"} <= names for names in drawn)
    assert len(set(map(frozenset, drawn))) == 6


@pytest.mark.parametrize("filters", [("quality", "diversity"), ("quality",)])
def test_a_limit_chooses_the_same_in_any_order(tmp_path: Path, filters: tuple[Any, ...]) -> None:
    rows = subjects()
    found = []
    for n in range(4):
        random.Random(n).shuffle(rows)
        source = written(tmp_path / "s.jsonl", rows)
        store = Store(tmp_path / str(n))
        selection = choose(store, source, limit=7, filters=filters)
        ids = [seed.seed_id for seed, _ in selection.roots]
        assert ids == [
            seed.seed_id
            for row in rows
            for seed, _ in selection.roots
            if seed.source_id == row["id"]
        ]
        found.append(set(ids))
    assert all(ids == found[0] for ids in found)
    assert len(found[0]) == 7


def test_pictures_count_for_the_spread(tmp_path: Path, store: Store) -> None:
    alike = scene(1)
    for n in range(12):
        picture = scene(n) if n % 4 == 0 else alike.point(lambda v, n=n: v * 0.9 + n)  # type: ignore[misc]
        (tmp_path / f"{n}.png").write_bytes(content(picture))
    rows = [seed(f"s{n}", "What do you see here?", f"{n}.png") for n in range(12)]
    source = written(tmp_path / "s.jsonl", rows)
    selection = choose(store, source, limit=4, filters=("diversity",), picture_distance=0)
    assert {"s0", "s4", "s8"} <= set(kept(selection))


# --- inputs of every kind ----------------------------------------------------------------


def test_a_folder_of_pictures_with_a_text_file(tmp_path: Path, store: Store) -> None:
    folder = tmp_path / "in"
    (folder / "deep").mkdir(parents=True)
    for n, name in enumerate(("a.png", "deep/b.png", "spare.png")):
        (folder / name).write_bytes(content(scene(n)))
    (folder / "questions.txt").write_text(
        "a.png\tWhat is this thing?\ndeep/b.png\tHow old is that?\n"
    )
    selection = choose(store, folder)
    assert len(selection.roots) == 2
    assert selection.report.unused_pictures == ("spare.png",)
    assert selection.report.n_unused_pictures == 1
    assert not selection.report.missing_pictures
    assert len(selection.images) == 2


def as_parquet(path: Path, rows: list[tuple[str, str, bytes | None]]) -> Path:
    with duckdb.connect() as db:
        db.execute(
            "CREATE TABLE t (id VARCHAR, question VARCHAR, image STRUCT(bytes BLOB, path VARCHAR))"
        )
        db.executemany(
            "INSERT INTO t VALUES (?, ?, row(?, ?))", [(i, q, b, f"{i}.png") for i, q, b in rows]
        )
        db.execute(f"COPY t TO '{path}' (FORMAT parquet)")
    return path


def test_pictures_in_a_parquet_file(tmp_path: Path, store: Store) -> None:
    (tmp_path / "beside.png").write_bytes(content(scene(3)))
    rows = [
        ("red", "What is red in it?", content(scene(1))),
        ("old", "How old is the thing?", content(scene(2), "JPEG")),
        ("bad", "Why is it broken?", b"\x89no picture"),
        ("beside", "What lies beside it?", None),
        ("gone", "Where has it gone to?", None),
    ]
    source = as_parquet(tmp_path / "seeds.bin", rows)
    selection = choose(store, source)
    assert kept(selection) == ["red", "old", "beside", "gone"]
    assert dropped(store)["bad"].kind == "broken picture"
    assert selection.report.missing_pictures == {"gone.png: not found": 1}
    for (_, root), picture in zip(selection.roots, (1, 2, 3), strict=False):
        part = root.parts[0]
        assert isinstance(part, ImagePart)
        assert part.sha256
        stored = store.images.read(part.sha256)
        assert stored == content(scene(picture), "JPEG" if picture == 2 else "PNG")
    # Only what was chosen is there.
    assert len(list(store.images.files())) == 3
    lines = [
        {"id": name, "text": text, "images": f"{name}.png"}
        for name, text, _ in rows
        if name != "bad"
    ]
    for name, _, stored_bytes in rows:
        if stored_bytes:
            (tmp_path / f"{name}.png").write_bytes(stored_bytes)
    again = choose(Store(tmp_path / "other"), written(tmp_path / "s.jsonl", lines))
    assert [s.seed_id for s, _ in again.roots] == [s.seed_id for s, _ in selection.roots]


def test_several_inputs_have_their_own_folders(tmp_path: Path, store: Store) -> None:
    for n, name in enumerate(("one", "two")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "p.png").write_bytes(content(scene(n)))
        written(tmp_path / name / "s.jsonl", [seed(name, "What do you see here?", "p.png")])
    selection = choose(store, tmp_path / "one" / "s.jsonl", tmp_path / "two" / "s.jsonl")
    assert kept(selection) == ["one", "two"]
    assert len({image.sha256 for image in selection.images}) == 2


def test_a_name_that_leads_outside_is_no_picture(tmp_path: Path, store: Store) -> None:
    (tmp_path / "secret.png").write_bytes(content(scene(1)))
    rows = [seed("a", "What do you see here?", "../secret.png", "http://x/y.png")]
    source = written(tmp_path / "in" / "s.jsonl", rows)
    report: SeedReport = choose(store, source).report
    assert report.missing_pictures == {
        "../secret.png: refused: outside the picture folder": 1,
        "http://x/y.png: refused: a URL, not a file": 1,
    }


# --- configuration -----------------------------------------------------------------------


def test_lists_of_filters() -> None:
    assert parse_filters("diversity, quality") == ("quality", "diversity")
    assert parse_filters("none") == ()
    for wrong in ("", "quality,none", "beauty"):
        with pytest.raises(UsageError, match="no list of filters"):
            parse_filters(wrong)


def test_a_filter_without_a_server_and_a_server_without_a_filter() -> None:
    from tests.commands.work import server

    with pytest.raises(UsageError, match="needs a server"):
        SeedingConfig(("x",), PROMPTS, filters=("potential",))
    with pytest.raises(UsageError, match="is off"):
        SeedingConfig(("x",), PROMPTS, potential=server("builtin"))
    with pytest.raises(UsageError, match="is off"):
        SeedingConfig(("x",), PROMPTS, filters=("quality",), embed=server("builtin", "embed"))


# --- real dialogues ----------------------------------------------------------------------


@pytest.mark.real_data
@pytest.mark.skipif(not DIALOGUES.is_file(), reason="the released files are not here")
def test_the_first_questions_of_real_dialogues(tmp_path: Path, store: Store) -> None:
    dialogues = json.loads(DIALOGUES.read_text())
    rows = [
        {
            "id": dialogue["id"],
            "text": dialogue["conversations"][0]["prompt"],
            "images": [name for name in dialogue["conversations"][0]["prompt_images"] if name],
            "task": dialogue["task"],
        }
        for dialogue in dialogues
    ]
    source = written(tmp_path / "s.jsonl", rows)
    selection = choose(store, source, images=DIALOGUES.parent)
    # Good questions with good pictures: nothing is to be left out, nothing missing.
    assert selection.report.n_kept == 15
    assert not any(one.n_dropped for one in selection.report.filters)
    assert not selection.report.missing_pictures
    assert selection.report.languages == {"en": 15}
    assert len(selection.images) == sum(len(row["images"]) for row in rows)
    few = choose(store, source, images=DIALOGUES.parent, limit=5)
    assert set(kept(few)) < set(kept(selection))
    assert len(few.roots) == 5
