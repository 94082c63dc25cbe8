"""Joining the branches of a tree that people kept into whole conversations.

A conversation is a path on which every answer was kept. Where such a path would end at a
question that none of its own answers survived, it may go on with the answer of a sibling
branch, under these conditions, all of them:

- both branches leave the same question, by answers that were both kept;
- the follow-up question is the same on both, but for case, spacing and punctuation;
- the other branch's answer shows no picture that is not on this path too, and neither does
  its follow-up question;
- nothing that is taken over uses a word of six letters or more that this path does not
  have and the answer left behind has: it might speak of what was said only there.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from intermt.domain.image_tags import text_of
from intermt.domain.pruning import normal, place_order
from intermt.records import ImagePart, Node, node_id

_LONG_WORD = 6


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

    Args:
        nodes: The whole tree.
        kept: Ids of the answers that people kept.
        depth: Fewest turns of a conversation.
    """
    tree = _Tree(nodes, kept)
    return [made for root in tree.roots for made in tree.conversations(root, depth)]


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
        for path in self._paths((root,)):
            if len(path) // 2 >= depth:
                yield _joined(path)

    def _paths(self, path: tuple[Node, ...]) -> Iterator[tuple[Node, ...]]:
        """The longest kept paths that go on from a path that ends with a question."""
        found = False
        for answer in self._next_answers(path):
            found = True
            longer = (*path, answer)
            further = [
                onward
                for question in self._children[answer.node_id]
                for onward in self._paths((*longer, question))
                if len(onward) > len(longer)
            ]
            yield from further or [longer]
        if not found and len(path) > 1:
            yield path[:-1]

    def _next_answers(self, path: tuple[Node, ...]) -> list[Node]:
        own = self._kept_answers(path[-1])
        return own or self._borrowed(path)

    def _kept_answers(self, question: Node) -> list[Node]:
        return [a for a in self._children[question.node_id] if a.node_id in self._kept]

    def _borrowed(self, path: tuple[Node, ...]) -> list[Node]:
        """Kept answers of sibling branches to the same question, where they fit here."""
        if len(path) < 3:
            return []
        shared, answer, question = path[-3:]
        if answer.parent_id != shared.node_id:
            return []
        asked = normal(text_of(question.parts))
        found: list[Node] = []
        for lost in self._kept_answers(shared):
            if lost.node_id == answer.node_id or not _pictures([lost]) <= _pictures(path):
                continue
            for other in self._children[lost.node_id]:
                if normal(text_of(other.parts)) != asked:
                    continue
                if not _pictures([other]) <= _pictures(path):
                    continue
                for candidate in self._kept_answers(other):
                    moved = self._kept_below(candidate)
                    if not _words(moved) & (_words([lost]) - _words(path)):
                        found.append(candidate)
        return found

    def _kept_below(self, answer: Node) -> list[Node]:
        """An answer and all that may follow it on a kept path."""
        found = [answer]
        for question in self._children[answer.node_id]:
            answers = self._kept_answers(question)
            if answers:
                found.append(question)
            for further in answers:
                found += self._kept_below(further)
        return found


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


def _pictures(nodes: Iterable[Node]) -> set[str]:
    return {part.key for node in nodes for part in node.parts if isinstance(part, ImagePart)}


def _words(nodes: Iterable[Node]) -> set[str]:
    return {
        word
        for node in nodes
        for word in normal(text_of(node.parts)).split()
        if len(word) >= _LONG_WORD
    }
