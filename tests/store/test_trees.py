"""Trees, paths and the pictures in them."""

from __future__ import annotations

from pathlib import Path

from intermt.records import ImagePart, Node, PictureUse, Seed, TextPart
from intermt.store import trees
from intermt.store.connect import Store

from .samples import answered, node, picture, small_tree


def missing(name: str) -> ImagePart:
    return ImagePart(None, name, None, "not found", name)


def test_nodes_and_seeds_by_id(store: Store) -> None:
    records = small_tree()
    store.write(records)
    known = [r for r in records if isinstance(r, Node)]
    with store.reading() as db:
        assert trees.nodes(db, [n.node_id for n in known] * 2 + ["no"]) == {
            n.node_id: n for n in known
        }
        assert trees.nodes(db, []) == {}
        assert trees.seeds(db, [known[0].node_id, "no"]) == {
            known[0].node_id: Seed(known[0].node_id, "d", "s1")
        }


def test_paths_run_from_the_seed_question(store: Store) -> None:
    records = small_tree()
    store.write(records)
    root, good, bad, more, last = (r for r in records if isinstance(r, Node))
    with store.reading() as db:
        assert trees.paths(db, [last.node_id, bad.node_id, root.node_id, "no"]) == {
            last.node_id: (root.node_id, good.node_id, more.node_id, last.node_id),
            bad.node_id: (root.node_id, bad.node_id),
            root.node_id: (root.node_id,),
        }
        path = trees.paths(db, [last.node_id])[last.node_id]
        said = trees.messages(path, trees.nodes(db, path))
    assert [m.role for m in said] == ["user", "assistant", "user", "assistant"]
    assert said[-1].parts == (TextPart("By water."),)


def test_very_deep_path(store: Store) -> None:
    chain = [node(None, "user", "0")]
    for n in range(1, 300):
        chain.append(node(chain[-1], ("user", "assistant")[n % 2], str(n)))
    store.write(chain)
    with store.reading() as db:
        path = trees.paths(db, [chain[-1].node_id])[chain[-1].node_id]
    assert path == tuple(n.node_id for n in chain)


def test_conversations_by_dataset_and_id(store: Store) -> None:
    store.write(small_tree())
    with store.reading() as db:
        assert [c.conversation_id for c in trees.conversations(db)] == ["c1"]
        assert [c.conversation_id for c in trees.conversations(db, dataset="d")] == ["c1"]
        assert trees.conversations(db, dataset="other") == []
        assert trees.conversations(db, ids=[]) == []
        found = trees.conversations(db, dataset="d", ids=["c1", "no"])
    assert len(found[0].path) == 4


def test_places_are_found_and_ambiguous_ones_are_not(store: Store) -> None:
    records = small_tree()
    root, good = (r for r in records if isinstance(r, Node) and r.place in ("1", "1a"))
    # Another data set with a seed of the same name and a tree of its own.
    other = node(None, "user", "other", place="1")
    twin = node(other, "assistant", "twin", place="1b")
    store.write([*records, Seed(other.node_id, "e", "s1"), other, twin])
    with store.reading() as db:
        found = trees.nodes_by_place(db, [("s1", "1a"), ("s1", "1"), ("s1", "9"), ("no", "1")])
    assert found == {("s1", "1a"): good.node_id}
    assert root.node_id not in found.values()


def test_pictures_that_turn_up_are_put_in(store: Store) -> None:
    holder = node(None, "user", "look", missing("a.png"), missing("b.png"))
    store.write([holder])
    with store.writing() as db:
        n_filled = trees.fill_pictures(
            db, {holder.node_id: {1: "ab" * 32, 0: "cd" * 32, 9: "ee" * 32}, "no": {0: "x"}}
        )
        assert n_filled == 1
        # What is there is not put in again.
        assert trees.fill_pictures(db, {holder.node_id: {1: "ff" * 32}}) == 0
    with store.reading() as db:
        after = trees.nodes(db, [holder.node_id])[holder.node_id]
        counts = db.execute("SELECT n_images, n_missing FROM node").fetchall()
    assert after.parts == (
        TextPart("look"),
        ImagePart("ab" * 32, "a.png", None, None, "a.png"),
        missing("b.png"),
    )
    assert counts == [(1, 1)]


def test_lost_pictures_are_marked_everywhere(store: Store) -> None:
    kept, lost = store.images.add(picture(1)), store.images.add(picture(2))
    both = node(
        None,
        "user",
        f"a text that only mentions {lost.sha256}",
        ImagePart(kept.sha256, "k", None, None, "k"),
        ImagePart(lost.sha256, "l", None, None, "l"),
        ImagePart(lost.sha256, "again", None, None, "l"),
    )
    only_text = node(None, "user", lost.sha256)
    store.write(
        [
            kept,
            lost,
            both,
            only_text,
            PictureUse("c", both.node_id, 2, "l", lost.sha256, None),
            PictureUse("c", both.node_id, 1, "k", kept.sha256, None),
            answered("drew it", image_sha256=lost.sha256),
            answered("drew the other", image_sha256=kept.sha256),
        ]
    )
    with store.writing() as db:
        assert trees.lose_picture(db, lost.sha256, "damaged") == 1
        assert trees.lose_picture(db, lost.sha256, "damaged") == 0
    with store.reading() as db:
        after = trees.nodes(db, [both.node_id, only_text.node_id])
        uses = db.execute("SELECT position, sha256, missing FROM picture_use ORDER BY 1")
        assert uses.fetchall() == [(1, kept.sha256, None), (2, None, "damaged")]
        assert db.execute("SELECT sha256 FROM image").fetchall() == [(kept.sha256,)]
        calls = db.execute("SELECT request_key, state FROM request ORDER BY 1").fetchall()
        counts = db.execute("SELECT n_images, n_missing FROM node WHERE n_images > 0").fetchall()
    assert [p.sha256 for p in after[both.node_id].parts if isinstance(p, ImagePart)] == [
        kept.sha256,
        None,
        None,
    ]
    assert after[only_text.node_id] == only_text
    # So that a rerun draws it again.
    assert calls == [("drew it", "exhausted"), ("drew the other", "ok")]
    assert counts == [(1, 2)]


def test_a_lost_picture_can_be_found_again(store: Store, tmp_path: Path) -> None:
    image = store.images.add(picture())
    holder = node(None, "user", ImagePart(image.sha256, "p", None, None, image.sha256))
    store.write([image, holder])
    with store.writing() as db:
        trees.lose_picture(db, image.sha256, "gone")
        assert trees.fill_pictures(db, {holder.node_id: {0: image.sha256}}) == 1
    with store.reading() as db:
        assert trees.nodes(db, [holder.node_id])[holder.node_id] == holder


def test_losing_many_at_once(store: Store) -> None:
    holders = [
        node(None, "user", str(n), ImagePart(f"{n:064x}", str(n), None, None, str(n)))
        for n in range(50)
    ]
    store.write(holders)
    with store.writing() as db:
        assert trees.lose_pictures(db, [f"{n:064x}" for n in range(0, 50, 2)], "gone") == 25
        assert trees.lose_pictures(db, [], "gone") == 0
    with store.reading() as db:
        assert db.execute("SELECT sum(n_images), sum(n_missing) FROM node").fetchone() == (25, 25)
