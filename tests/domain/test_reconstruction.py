"""What people kept, joined only where it fits."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest

from intermt.domain.reconstruction import MOST_OF_A_TREE, MOST_SEAMS, Rebuilt, kept_answers, rebuild
from intermt.records import ImagePart, Node, TextPart, node_id


class Tree:
    """Nodes by place."""

    def __init__(self) -> None:
        self.at: dict[str, Node] = {}

    def add(self, place: str, text: str, *pictures: str) -> Tree:
        above = place[:-1] if place[-1].isalpha() else place.rpartition(".")[0]
        parent = self.at.get(above)
        role: Any = "assistant" if place[-1].isalpha() else "user"
        parts = (TextPart(text), *(ImagePart(sha256=p, key=p) for p in pictures))
        made = node_id(parent.node_id if parent else None, role, parts)
        seed_id = parent.seed_id if parent else made
        turn = (place.count(".")) + 1
        self.at[place] = Node(
            made, parent.node_id if parent else None, seed_id, role, turn, parts, place=place
        )
        return self

    def rebuilt(self, *kept: str, depth: int = 1) -> list[Rebuilt]:
        return rebuild(self.at.values(), {self.at[place].node_id for place in kept}, depth)

    def places(self, made: Rebuilt) -> list[str]:
        by_id = {node.node_id: place for place, node in self.at.items()}
        return [by_id[origin] for origin in made.origins]


@pytest.fixture
def tree() -> Tree:
    made = Tree().add("1", "How do I plan a garden?")
    made.add("1a", "Begin with the soil.").add("1b", "Begin with the light.")
    made.add("1a.1", "And then?").add("1b.1", "  and THEN")
    made.add("1a.1a", "Dig.").add("1b.1a", "Plant the trees.")
    made.add("1b.1a.1", "Which ones?").add("1b.1a.1a", "Apples.")
    return made


def test_a_kept_path_goes_on_as_far_as_it_was_kept(tree: Tree) -> None:
    (made,) = tree.rebuilt("1b", "1b.1a", "1b.1a.1a")
    assert tree.places(made) == ["1", "1b", "1b.1", "1b.1a", "1b.1a.1", "1b.1a.1a"]
    assert (made.n_turns, made.n_moved) == (3, 0)
    (made,) = tree.rebuilt("1b", "1b.1a")
    assert tree.places(made)[-1] == "1b.1a"
    assert tree.rebuilt("1b", "1b.1a", depth=3) == []
    # Without its beginning a branch is nothing.
    assert tree.rebuilt("1b.1a", "1b.1a.1a") == []
    assert tree.rebuilt() == []


def test_a_dead_end_goes_on_with_a_sibling_branch(tree: Tree) -> None:
    joined = tree.rebuilt("1a", "1b", "1b.1a", "1b.1a.1a", depth=3)
    assert len(joined) == 2
    made = next(one for one in joined if one.n_moved)
    assert tree.places(made) == ["1", "1a", "1a.1", "1b.1a", "1b.1a.1", "1b.1a.1a"]
    assert made.n_moved == 3
    for above, node in zip(made.nodes, made.nodes[1:], strict=False):
        assert node.parent_id == above.node_id
        assert node.node_id == node_id(above.node_id, node.role, node.parts)
    assert [node.place for node in made.nodes[3:]] == [None, None, None]
    # With an answer of its own that was kept nothing is taken over.
    assert not any(one.n_moved for one in tree.rebuilt("1a", "1b", "1a.1a", "1b.1a", "1b.1a.1a"))


@pytest.mark.parametrize(
    ("place", "text", "pictures"),
    [
        ("1b.1", "And what next?", ()),
        ("1b.1", "And then?", ("p",)),
        ("1b", "Begin with the apples.", ()),
        ("1b.1a", "Plant where the light falls, as the umbrella showed.", ()),
    ],
)
def test_what_may_speak_of_the_branch_left_behind_is_not_moved(
    place: str, text: str, pictures: tuple[str, ...]
) -> None:
    made = Tree().add("1", "How do I plan a garden?").add("1a", "Begin with the soil.")
    made.add("1a.1", "And then?")
    texts: dict[str, tuple[str, tuple[str, ...]]] = {
        "1b": ("Begin with the light.", ()),
        "1b.1": ("And then?", ()),
        "1b.1a": ("Plant the trees.", ()),
        "1b.1a.1": ("Which ones?", ()),
        "1b.1a.1a": ("Apples.", ()),
    }
    kept = ("1a", "1b", "1b.1a", "1b.1a.1a")
    plain = Tree()
    plain.at = dict(made.at)
    for where, (said, shown) in texts.items():
        plain.add(where, said, *shown)
    assert any(one.n_moved for one in plain.rebuilt(*kept))
    texts[place] = (text, pictures)
    if "umbrella" in text:
        texts["1b"] = ("Begin with the umbrella.", ())
    for where, (said, shown) in texts.items():
        made.add(where, said, *shown)
    assert not any(one.n_moved for one in made.rebuilt(*kept))


def test_a_picture_both_branches_have_is_no_hindrance(tree: Tree) -> None:
    root = tree.at["1"]
    shown = replace(root, parts=(*root.parts, ImagePart(sha256="p", key="p")))
    made = Tree()
    made.at["1"] = shown
    for place, said, pictures in [
        ("1a", "Soil.", ()), ("1b", "Light.", ("p",)), ("1a.1", "Then?", ()), ("1b.1", "Then?", ()),
        ("1b.1a", "Plant.", ()),
    ]:  # fmt: skip
        made.add(place, said, *pictures)
    assert any(one.n_moved for one in made.rebuilt("1a", "1b", "1b.1a"))


def test_the_answer_left_behind_need_not_be_kept(tree: Tree) -> None:
    (made,) = tree.rebuilt("1a", "1b.1a", "1b.1a.1a", depth=3)
    assert tree.places(made) == ["1", "1a", "1a.1", "1b.1a", "1b.1a.1", "1b.1a.1a"]


@pytest.mark.parametrize(
    ("text", "shown", "fits"),
    [
        ("Plant trees.", (), True),
        ("Plant trees as in the picture.", (), False),
        ("Plant trees.", ("another",), False),
    ],
)
def test_with_other_pictures_nothing_may_show_or_speak_of_one(
    text: str, shown: tuple[str, ...], fits: bool
) -> None:
    made = Tree().add("1", "How do I plan a garden?")
    made.add("1a", "Soil.", "drawn").add("1b", "Light.", "p")
    made.add("1a.1", "And then?").add("1b.1", "And then?").add("1b.1a", text, *shown)
    assert any(one.n_moved for one in made.rebuilt("1a", "1b.1a")) is fits


@pytest.mark.parametrize(
    ("left", "taken"),
    [
        ("In 1985 it was wet.", "As in 1985, dig."),
        ("先看看光照条件。", "按照光照条件种树。"),
    ],
)
def test_numbers_and_unspaced_scripts_tell_too(left: str, taken: str) -> None:
    made = Tree().add("1", "How do I plan a garden?").add("1a", "Soil.").add("1b", left)
    made.add("1a.1", "And then?").add("1b.1", "And then?").add("1b.1a", taken)
    assert not any(one.n_moved for one in made.rebuilt("1a", "1b.1a"))


def test_what_was_turned_down_in_this_place_is_not_taken_over(tree: Tree) -> None:
    tree.add("1a.1b", "Plant the trees.")
    assert not any(one.n_moved for one in tree.rebuilt("1a", "1b.1a"))


def _with_question(text: str) -> Tree:
    made = Tree().add("1", "How do I plan a garden with old trees?")
    made.add("1a", "Begin with the soil.").add("1b", "Begin with a pergola.")
    made.add("1a.1", "What does it cost?").add("1b.1", text)
    return made.add("1b.1a", "In autumn.").add("1b.1a.1", "Why?").add("1b.1a.1a", "It is wet.")


@pytest.mark.parametrize(
    ("text", "moves"),
    [
        ("When should I plant trees in the garden?", True),
        ("When should I plant those trees in the garden?", False),
        ("When should I build the pergola in the garden?", False),
        ("Could you explain why?", False),
        ("什么时候在花园里种树？", False),
    ],
)
def test_a_question_that_stands_alone_may_follow_another_answer(text: str, moves: bool) -> None:
    made = _with_question(text).rebuilt("1a", "1b.1a", "1b.1a.1a", depth=3)
    assert bool(made) is moves
    for one in made:
        assert _with_question(text).places(one) == [
            "1", "1a", "1b.1", "1b.1a", "1b.1a.1", "1b.1a.1a",
        ]  # fmt: skip
        assert one.n_moved == 4


def test_a_question_is_taken_over_only_where_a_path_would_end() -> None:
    tree = _with_question("When should I plant trees in the garden?").add("1a.1a", "Nothing.")
    (made,) = tree.rebuilt("1a", "1a.1a", "1b.1a", "1b.1a.1a")
    assert (tree.places(made), made.n_moved) == (["1", "1a", "1a.1", "1a.1a"], 0)


def _long(n_turns: int, *, siblings: bool) -> tuple[list[Node], set[str]]:
    """A conversation of many turns, all kept, with a kept second answer to every question."""
    nodes: list[Node] = []
    kept: set[str] = set()
    above: str | None = None
    for turn in range(1, n_turns + 1):
        asked = (TextPart(f"What of garden step {turn}?"),)
        question = node_id(above, "user", asked)
        seed_id = nodes[0].seed_id if nodes else question
        nodes.append(Node(question, above, seed_id, "user", turn, asked, place=f"q{turn}"))
        for letter in "ab"[: 1 + siblings]:
            said = (TextPart(f"Garden step {turn} by way {letter}."),)
            answer = node_id(question, "assistant", said)
            place = f"{letter}{turn}"
            nodes.append(Node(answer, question, seed_id, "assistant", turn, said, place=place))
            kept.add(answer)
            above = answer if letter == "a" else above
    return nodes, kept


def test_a_conversation_may_have_any_number_of_turns() -> None:
    (made,) = rebuild(*_long(2_000, siblings=False), depth=5)
    assert (made.n_turns, made.n_moved) == (2_000, 0)


def test_a_tree_gives_so_many_conversations_and_each_has_few_seams() -> None:
    made = rebuild(*_long(8, siblings=True), depth=1)
    assert len(made) == len({one.nodes[-1].node_id for one in made})
    by_id = {node.node_id: node for node in _long(8, siblings=True)[0]}
    seams = {
        sum(by_id[after].parent_id != before for before, after in pairwise(one.origins))
        for one in made
    }
    assert seams == {0, 1, MOST_SEAMS}
    assert len(rebuild(*_long(200, siblings=True), depth=5)) == MOST_OF_A_TREE


def test_the_order_of_nodes_changes_nothing(tree: Tree) -> None:
    kept = {tree.at[place].node_id for place in ("1a", "1b", "1b.1a", "1b.1a.1a")}
    assert rebuild(list(tree.at.values())[::-1], kept, 1) == rebuild(tree.at.values(), kept, 1)


def test_winners_and_high_scores_are_kept_and_losers_never() -> None:
    scores = {"w": 0.5, "l": 3.0, "high": 2.0, "low": 1.9}
    assert kept_answers({"w", "both"}, {"l", "both"}, scores, 2.0) == {"w", "high"}
