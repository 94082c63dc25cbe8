"""Growing the QA tree of one seed question, level by level.

At every level each open question gets its candidate answers, each answer the pictures it
asks for, and each answer that is kept its follow-up questions. A node is stored only when
it is complete: an answer whose picture is still to come is not there at all, and the next
run, which finds every earlier reply in the ledger, makes only what is missing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from intermt.commands.answering import Answerer, Branch, GrowthPlan
from intermt.commands.calling import Caller
from intermt.records import (
    Conversation,
    ImagePart,
    Node,
    PictureUse,
    Seed,
    content_id,
)


@dataclass(frozen=True, slots=True)
class GrownTree:
    """What became of one seed question.

    Attributes:
        nodes: Every node, in order of level and place, the seed question first.
        conversations: A conversation for every answer that is not followed up.
        uses: The pictures of the conversations.
        n_unfinished: Nodes that could not be made because a call failed.
    """

    nodes: tuple[Node, ...]
    conversations: tuple[Conversation, ...]
    uses: tuple[PictureUse, ...]
    n_unfinished: int


class Grower:
    """Grows the trees of one run."""

    def __init__(self, caller: Caller, plan: GrowthPlan, dataset: str, run_id: str) -> None:
        self._answerer = Answerer(caller, plan, run_id)
        self._plan = plan
        self._dataset = dataset
        self._run_id = run_id

    async def grow(self, seed: Seed, root: Node) -> GrownTree:
        """The whole tree of one seed question.

        Raises:
            TryLater: Too many calls fail; what is complete is stored.
        """
        plan = self._plan
        grown: list[Node] = [root]
        leaves: list[Branch] = []
        n_unfinished = 0
        questions = [Branch((root,))]
        most_questions = 1
        for turn in range(1, plan.n_turns + 1):
            wanted = [(q, k) for q in questions for k in range(plan.n_candidates)]
            made = await asyncio.gather(*(self._answerer.answer(seed, q, k) for q, k in wanted))
            answers = _distinct([branch for branch in made if branch is not None])
            n_unfinished += made.count(None)
            grown += [branch.end for branch in answers]
            if turn == plan.n_turns:
                leaves += answers
                break
            most_answers = most_questions * plan.n_candidates
            most_questions = min(most_answers, plan.beam) * plan.n_follow_ups
            if n_unfinished and most_answers > plan.beam:
                # Which answers go on depends on all of them, also on those that a missing
                # node further up will bring: wait for them.
                break
            kept, pruned = _prune(answers, plan.beam)
            leaves += pruned
            asked = [(a, j) for a in kept for j in range(plan.n_follow_ups)]
            follow = await asyncio.gather(*(self._answerer.follow_up(seed, a, j) for a, j in asked))
            questions = _distinct([f for f in follow if isinstance(f, Branch)])
            n_unfinished += sum(f is None for f in follow)
            grown += [branch.end for branch in questions]
            going_on = {branch.nodes[-2].node_id for branch in questions}
            waiting = {a.end.node_id for (a, _), f in zip(asked, follow, strict=True) if f is None}
            leaves += [a for a in kept if a.end.node_id not in going_on | waiting]
        return self._tree(seed, grown, leaves, n_unfinished)

    def _tree(
        self, seed: Seed, grown: Sequence[Node], leaves: Sequence[Branch], n_unfinished: int
    ) -> GrownTree:
        conversations: list[Conversation] = []
        uses: list[PictureUse] = []
        for leaf in leaves:
            path = tuple(node.node_id for node in leaf.nodes)
            source_id = f"{seed.source_id}/{leaf.place}"
            conversation = Conversation(
                conversation_id=content_id("conversation", self._dataset, source_id, path),
                dataset=self._dataset,
                source_id=source_id,
                seed_id=seed.seed_id,
                path=path,
                n_turns=leaf.end.turn,
                scenario=seed.scenario,
                task=seed.task,
                run_id=self._run_id,
                simulated=any(node.simulated for node in leaf.nodes),
            )
            conversations.append(conversation)
            uses += [
                PictureUse(
                    conversation.conversation_id,
                    node.node_id,
                    position,
                    part.name,
                    part.sha256,
                    part.missing,
                )
                for node in leaf.nodes
                for position, part in enumerate(node.parts)
                if isinstance(part, ImagePart)
            ]
        return GrownTree(tuple(grown), tuple(conversations), tuple(uses), n_unfinished)


def _distinct(branches: Sequence[Branch]) -> list[Branch]:
    """The branches in order of place; of equal nodes only the first."""
    by_id: dict[str, Branch] = {}
    for branch in sorted(branches, key=lambda b: (len(b.place), b.place)):
        by_id.setdefault(branch.end.node_id, branch)
    return list(by_id.values())


def _prune(answers: Sequence[Branch], beam: int) -> tuple[list[Branch], list[Branch]]:
    """The answers to go on from, and the others; complete ones go first, then by place."""
    ranked = sorted(
        answers,
        key=lambda b: (
            any(isinstance(p, ImagePart) and p.missing for p in b.end.parts),
            len(b.place),
            b.place,
        ),
    )
    return ranked[:beam], ranked[beam:]
