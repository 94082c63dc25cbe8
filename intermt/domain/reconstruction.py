"""Joining the branches of a tree that people kept into whole conversations.

A conversation is a path on which every answer was kept. Where such a path would end, it may
go on with messages of a sibling branch, that is one that leaves the same question by another
answer, kept or not, which is left behind:

- where the path has a question that none of its own answers survived, and the other branch
  asks the same: with kept answers to it, if they were not given and turned down here too;
- where nothing else goes on from an answer: with a question of the other branch that can be
  asked here as well, and its kept answers.

In both cases only what fits (`branch_fit`) is taken over, at most twice in a conversation:
without that bound the ways through a tree double with every turn.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice, pairwise

from intermt.domain.branch_fit import fits, same_question, stands_alone
from intermt.domain.pruning import place_order
from intermt.records import Node, node_id

MOST_SEAMS = 2
"""How often one conversation takes over messages of another branch."""

MOST_OF_A_TREE = 1_000
"""Conversations that are made of one tree; further ones would differ in their ends only."""


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """A conversation made of kept branches.

    Attributes:
        nodes: Its messages from the seed question on; those of a branch that was moved are
            nodes of their own, under their new parent, without a place.
        origins: The id of the node each was made as.
    """

    nodes: tuple[Node, ...]
    origins: tuple[str, ...]

    @property
    def n_turns(self) -> int:
        """Number of turns."""
        return len(self.nodes) // 2

    @property
    def n_moved(self) -> int:
        """Messages that come from another branch."""
        return sum(n.node_id != o for n, o in zip(self.nodes, self.origins, strict=True))


def rebuild(nodes: Iterable[Node], kept: set[str], depth: int) -> list[Rebuilt]:
    """The longest conversations of a tree whose answers were all kept, in order of place.

    No more than `MOST_OF_A_TREE`.

    Args:
        nodes: The whole tree.
        kept: Ids of the answers that people kept.
        depth: Fewest turns of a conversation.
    """
    tree = _Tree(nodes, kept)
    found = (made for root in tree.roots for made in tree.conversations(root, depth))
    return list(islice(found, MOST_OF_A_TREE))


class _Tree:
    def __init__(self, nodes: Iterable[Node], kept: set[str]) -> None:
        self.by_id = {node.node_id: node for node in nodes}
        self._kept = kept
        self._children: defaultdict[str, list[Node]] = defaultdict(list)
        for node in sorted(self.by_id.values(), key=_order):
            if node.parent_id is not None:
                self._children[node.parent_id].append(node)
        self.roots = [node for node in self.by_id.values() if node.parent_id is None]

    def conversations(self, root: Node, depth: int) -> Iterator[Rebuilt]:
        waiting = self._with_answers((root,))
        while waiting:
            path = waiting.pop()
            if further := self._onward(path):
                waiting += further
            elif len(path) // 2 >= depth:
                yield _joined(path)

    def _onward(self, path: tuple[Node, ...]) -> list[tuple[Node, ...]]:
        """A path that ends with an answer, a turn longer in every way it goes on; last first."""
        own = self._children[path[-1].node_id]
        further = [longer for q in reversed(own) for longer in self._with_answers((*path, q))]
        if further:
            return further
        taken = reversed(self._borrowed_questions(path))
        return [longer for q in taken for longer in self._with_answers((*path, q))]

    def _with_answers(self, path: tuple[Node, ...]) -> list[tuple[Node, ...]]:
        """A path that ends with a question, with each of the answers it can have; last first."""
        return [(*path, answer) for answer in reversed(self._next_answers(path))]

    def _next_answers(self, path: tuple[Node, ...]) -> list[Node]:
        return self._kept_answers(path[-1]) or self._borrowed_answers(path)

    def _kept_answers(self, question: Node) -> list[Node]:
        return [a for a in self._children[question.node_id] if a.node_id in self._kept]

    def _siblings(self, answer: Node, question: Node) -> list[Node]:
        """The other answers to a question; none where the answer was taken over itself."""
        if answer.parent_id != question.node_id:
            return []
        return [a for a in self._children[question.node_id] if a.node_id != answer.node_id]

    def _borrowed_answers(self, path: tuple[Node, ...]) -> list[Node]:
        """Kept answers of sibling branches to the same question as the path's last."""
        if len(path) < 3 or _n_seams(path) == MOST_SEAMS:
            return []
        return [
            taken
            for left in self._siblings(path[-2], path[-3])
            for other in self._children[left.node_id]
            if same_question(other, path[-1])
            for taken in self._kept_answers(other)
            if node_id(path[-1].node_id, taken.role, taken.parts) not in self.by_id
            and fits(self._kept_below(taken), (left, other), path)
        ]

    def _borrowed_questions(self, path: tuple[Node, ...]) -> list[Node]:
        """Questions of sibling branches, with kept answers, that can follow the last answer."""
        if _n_seams(path) == MOST_SEAMS:
            return []
        own = self._children[path[-1].node_id]
        return [
            question
            for left in self._siblings(path[-1], path[-2])
            for question in self._children[left.node_id]
            if self._kept_answers(question)
            and not any(same_question(question, asked) for asked in own)
            and stands_alone(question, left, path)
            and fits(self._kept_after(question), (left,), path)
        ]

    def _kept_after(self, question: Node) -> list[Node]:
        """A question and all that may follow it on a kept path, in no order."""
        return [question, *(n for a in self._kept_answers(question) for n in self._kept_below(a))]

    def _kept_below(self, answer: Node) -> list[Node]:
        """An answer and all that may follow it on a kept path, in no order."""
        found: list[Node] = []
        waiting = [answer]
        while waiting:
            found.append(waiting.pop())
            for question in self._children[found[-1].node_id]:
                if answers := self._kept_answers(question):
                    found.insert(-1, question)
                    waiting += answers
        return found


def _n_seams(path: Sequence[Node]) -> int:
    """How often a path goes on with messages of another branch."""
    return sum(after.parent_id != node.node_id for node, after in pairwise(path))


def _joined(path: Sequence[Node]) -> Rebuilt:
    nodes: list[Node] = []
    for node in path:
        parent_id = nodes[-1].node_id if nodes else None
        if parent_id == node.parent_id:
            nodes.append(node)
        else:
            made = node_id(parent_id, node.role, node.parts)
            nodes.append(
                replace(node, node_id=made, parent_id=parent_id, place=None, source_key=None)
            )
    return Rebuilt(tuple(nodes), tuple(node.node_id for node in path))


def kept_answers(
    won: Iterable[str], lost: Iterable[str], scores: Mapping[str, float], min_score: float
) -> set[str]:
    """The answers that people kept.

    One that won a comparison or has a mean score of at least `min_score`, and lost none.
    """
    high = {node for node, score in scores.items() if score >= min_score}
    return (set(won) | high) - set(lost)


def _order(node: Node) -> tuple[tuple[int, str], str]:
    return (place_order(node.place or ""), node.node_id)
