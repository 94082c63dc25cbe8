"""Growing the QA tree of one seed question.

Each question gets its candidate answers, each answer the pictures it asks for, and each
answer that goes on its follow-up questions. A call waits for its own parents only, until a
level can have more answers than the beam follows up: there all answers of the level are
waited for, because which ones go on depends on all of them. A node is stored only when it
is complete, and the next run, which finds every earlier reply in the ledger, makes only
what is missing.
"""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from intermt.commands.answering import Answerer, Branch, GrowthPlan
from intermt.commands.scoring import JudgeScorer
from intermt.commands.trying import N_TRIES, LeftOut
from intermt.domain.image_tags import find_tags
from intermt.domain.prompts import END_MARKER
from intermt.domain.pruning import Candidate, Ranked, ends_branch, place_order, prune
from intermt.records import (
    CallState,
    Conversation,
    ImagePart,
    MarkKind,
    Node,
    NodeMark,
    PictureUse,
    Seed,
    TextPart,
    ToolUse,
    Verdict,
    content_id,
)

ENDED = "the user was done"
MULTI_TURN = 2
"""Fewest turns of an instance."""

What = Literal["answer", "question", "score"]


@dataclass(frozen=True, slots=True)
class GrownTree:
    """What became of one seed question.

    Attributes:
        nodes: Every node, in order of level and place, the seed question first.
        marks: What became of the answers that could have been followed up.
        conversations: A conversation for every answer that is not followed up.
        uses: The pictures of the conversations.
        tool_uses: The pictures that answers asked for.
        verdicts: What a judge said of answers.
        n_unfinished: Nodes, and scores to prune by, that are missing because a call failed.
        n_instances: Conversations of two or more turns that were not pruned.
        left_out: How often every try for something was in vain, with how the last one ended.
    """

    nodes: tuple[Node, ...]
    marks: tuple[NodeMark, ...]
    conversations: tuple[Conversation, ...]
    uses: tuple[PictureUse, ...]
    tool_uses: tuple[ToolUse, ...]
    verdicts: tuple[Verdict, ...]
    n_unfinished: int
    n_instances: int
    left_out: Mapping[What, Mapping[CallState, int]]

    def why_short(self, wanted: int, most: int) -> str:
        """Why there are fewer instances than wanted; "" where there are not.

        Args:
            wanted: Fewest instances.
            most: As many as such a tree can have.
        """
        if self.n_instances >= wanted:
            return ""
        if self.n_unfinished:
            return "some calls failed or were not made"
        left_out = [said] if (said := self.said_of_left_out()) else []
        if most < wanted:
            return " and ".join([f"such a tree has {most} at most", *left_out])
        lost = Counter(mark.mark for mark in self.marks)
        n_ended, n_pruned = lost["ended"], lost["pruned"]
        found = [
            *([f"the user was done after {_answers(n_ended)}"] if n_ended else []),
            *([f"{_answers(n_pruned)} pruned"] if n_pruned else []),
            *left_out,
        ]
        return " and ".join(found) or "some answers were alike"

    def said_of_left_out(self) -> str:
        """What is left out, in words; "" where nothing is."""
        return said_of_left_out(self.left_out)


class Grower:
    """Grows the trees of one run."""

    def __init__(
        self,
        answerer: Answerer,
        plan: GrowthPlan,
        dataset: str,
        run_id: str,
        scorer: JudgeScorer | None = None,
    ) -> None:
        self._answerer = answerer
        self._plan = plan
        self._dataset = dataset
        self._run_id = run_id
        self._scorer = scorer

    async def grow(
        self, seed: Seed, root: Node, on_node: Callable[[], None] = lambda: None
    ) -> GrownTree:
        """The whole tree of one seed question.

        Args:
            seed: What is known of it.
            root: The question.
            on_node: Called whenever a node has been made or could not be made.

        Raises:
            TryLater: Too many calls fail; what is complete is stored.
        """
        tree = _Growing(seed, root, on_node)
        await self._from_question(tree, Branch((root,)))
        for turn in range(1, self._plan.n_turns):
            if not self._is_crowded(turn):
                continue
            # Who goes on depends on all answers of the level, also on those that a missing
            # node further up will bring: wait for them.
            if not tree.n_unfinished:
                await self._score(tree, turn)
            if tree.n_unfinished:
                tree.waits_at = turn
                break
            level = tree.answers[turn]
            kept = {r.place for r in _ranked(level, tree.scores, self._plan.beam) if r.kept}
            going_on = [b for b in level.values() if b.place in kept]
            await asyncio.gather(*(self._from_answer(tree, branch) for branch in going_on))
        return self._finished(tree)

    def _is_crowded(self, turn: int) -> bool:
        """Whether a level can have more answers than the beam follows up."""
        plan = self._plan
        most = plan.n_candidates
        for _ in range(1, turn):
            most = min(most, plan.beam) * plan.n_follow_ups * plan.n_candidates
        return most > plan.beam

    async def _from_question(self, tree: _Growing, question: Branch) -> bool:
        """The answers to a question and what follows them, up to the next crowded level.

        False where there is none and will be none, as all of them are left out.
        """
        plan = self._plan
        turn = question.end.turn
        made = await asyncio.gather(
            *(self._answer(tree, question, k) for k in range(plan.n_candidates))
        )
        answers = _distinct(one for one in made if isinstance(one, Branch))
        tree.answers[turn] |= {branch.end.node_id: branch for branch in answers}
        if turn < plan.n_turns and not self._is_crowded(turn):
            going_on = [branch for branch in answers if not ends_branch(_candidate(branch))]
            await asyncio.gather(*(self._from_answer(tree, branch) for branch in going_on))
        return not all(isinstance(one, LeftOut) for one in made)

    async def _answer(
        self, tree: _Growing, question: Branch, number: int
    ) -> Branch | LeftOut | None:
        made = await self._answerer.answer(tree.seed, question, number)
        tree.n_unfinished += made is None
        tree.on_node()
        if isinstance(made, LeftOut):
            tree.left_out["answer"][made.state] += 1
        return made

    async def _from_answer(self, tree: _Growing, answer: Branch) -> None:
        """The follow-up questions to an answer and what follows them."""
        numbers = range(self._plan.n_follow_ups)
        asked = await asyncio.gather(
            *(self._answerer.follow_up(tree.seed, answer, number) for number in numbers)
        )
        for _ in asked:
            tree.on_node()
        n_failed = sum(one is None for one in asked)
        left_out = [one.state for one in asked if isinstance(one, LeftOut)]
        tree.n_unfinished += n_failed
        if left_out:
            tree.left_out["question"].update(left_out)
        questions = _distinct(one for one in asked if isinstance(one, Branch))
        tree.questions += questions
        answered = await asyncio.gather(
            *(self._from_question(tree, question) for question in questions)
        )
        if n_failed or any(answered):
            tree.followed_up.add(answer.end.node_id)
        elif questions:
            tree.ended[answer.end.node_id] = "cut", "every answer was left out"
        elif left_out:
            tree.ended[answer.end.node_id] = "cut", f"the question was left out ({left_out[0]})"
        else:
            faults = [one for one in asked if isinstance(one, str) and one != END_MARKER]
            tree.ended[answer.end.node_id] = "ended", faults[0] if faults else ENDED

    async def _score(self, tree: _Growing, turn: int) -> None:
        """Scores for a level that has more answers than can go on."""
        level = list(tree.answers[turn].values())
        able = [branch for branch in level if not ends_branch(_candidate(branch))]
        if self._scorer is None or len(able) <= self._plan.beam:
            return
        found = await asyncio.gather(*(self._scorer.score(branch) for branch in able))
        for branch, scored in zip(able, found, strict=True):
            tree.verdicts += scored.verdicts
            if scored.score is None:
                tree.n_unfinished += 1
            elif isinstance(scored.score, LeftOut):
                tree.left_out["score"][scored.score.state] += 1
            else:
                tree.scores[branch.end.node_id] = scored.score

    # --- what came of it ------------------------------------------------------------------

    def _finished(self, tree: _Growing) -> GrownTree:
        plan = self._plan
        leaves: list[Branch] = []
        marks: list[NodeMark] = []
        n_instances = 0
        for turn, level in sorted(tree.answers.items()):
            if turn == tree.waits_at:
                continue
            ranked = {r.place: r for r in _ranked(level, tree.scores, plan.beam)}
            for node_id, branch in level.items():
                if turn < plan.n_turns:
                    marks.append(self._mark(tree, branch, ranked[branch.place]))
                if node_id in tree.followed_up:
                    continue
                leaves.append(branch)
                pruned = turn < plan.n_turns and node_id not in tree.ended
                n_instances += turn >= MULTI_TURN and not pruned
        answers = [b for level in tree.answers.values() for b in level.values()]
        nodes = [*tree.questions, *answers]
        conversations, uses = self._conversations(tree.seed, leaves)
        return GrownTree(
            nodes=(tree.root, *(branch.end for branch in sorted(nodes, key=_order))),
            marks=tuple(marks),
            conversations=conversations,
            uses=uses,
            tool_uses=tuple(
                use for branch in sorted(answers, key=_order) for use in branch.tool_uses
            ),
            verdicts=tuple(tree.verdicts),
            n_unfinished=tree.n_unfinished,
            n_instances=n_instances,
            left_out=tree.left_out,
        )

    def _mark(self, tree: _Growing, branch: Branch, ranked: Ranked) -> NodeMark:
        node_id = branch.end.node_id
        mark, reason = tree.ended.get(node_id, ("kept" if ranked.kept else "pruned", ranked.reason))
        return NodeMark(
            node_id,
            mark,
            reason,
            ranked.rank,
            tree.scores.get(node_id),
            self._run_id,
        )

    def _conversations(
        self, seed: Seed, leaves: Sequence[Branch]
    ) -> tuple[tuple[Conversation, ...], tuple[PictureUse, ...]]:
        conversations: list[Conversation] = []
        uses: list[PictureUse] = []
        for leaf in sorted(leaves, key=_order):
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
            uses += picture_uses(conversation.conversation_id, leaf.nodes)
        return tuple(conversations), tuple(uses)


@dataclass(slots=True)
class _Growing:
    """A tree under way.

    Attributes:
        answers: By turn, then by node id.
        questions: The follow-up questions.
        followed_up: Answers with a follow-up question that is or may be answered, or with one
            that failed.
        ended: The mark of an answer after which nothing goes on, and why, by its node id.
        scores: A judge's, by node id.
        verdicts: Behind the scores.
        waits_at: The level that could not be pruned yet; 0 for none.
        n_unfinished: See `GrownTree`.
        left_out: Likewise.
    """

    seed: Seed
    root: Node
    on_node: Callable[[], None]
    answers: defaultdict[int, dict[str, Branch]] = field(default_factory=lambda: defaultdict(dict))
    questions: list[Branch] = field(default_factory=list)
    followed_up: set[str] = field(default_factory=set)
    ended: dict[str, tuple[MarkKind, str]] = field(default_factory=dict)
    scores: dict[str, float] = field(default_factory=dict)
    verdicts: list[Verdict] = field(default_factory=list)
    waits_at: int = 0
    n_unfinished: int = 0
    left_out: defaultdict[What, Counter[CallState]] = field(
        default_factory=lambda: defaultdict(Counter)
    )


def said_of_left_out(counts: Mapping[What, Mapping[CallState, int]]) -> str:
    """What is left out, in words; "" where nothing is."""
    listed: list[str] = []
    for what, by_state in sorted(counts.items()):
        n = sum(by_state.values())
        states = ", ".join(f"{m:,} {state}" for state, m in sorted(by_state.items()))
        listed.append(f"{n:,} {what}{'' if n == 1 else 's'} ({states})")
    return f"left out after {N_TRIES} tries: {', '.join(listed)}" if listed else ""


def _answers(n: int) -> str:
    return "1 answer" if n == 1 else f"{n:,} answers"


def picture_uses(conversation_id: str, nodes: Iterable[Node]) -> list[PictureUse]:
    """The pictures of a conversation, those that are missing too."""
    return [
        PictureUse(conversation_id, node.node_id, position, part.name, part.sha256, part.missing)
        for node in nodes
        for position, part in enumerate(node.parts)
        if isinstance(part, ImagePart)
    ]


def _ranked(level: dict[str, Branch], scores: dict[str, float], beam: int) -> list[Ranked]:
    return prune([_candidate(b, scores.get(node_id)) for node_id, b in level.items()], beam)


def _candidate(branch: Branch, score: float | None = None) -> Candidate:
    texts = [_text(node) for node in branch.nodes if node.role == "assistant"]
    pictures = [part for part in branch.end.parts if isinstance(part, ImagePart)]
    n_there = sum(part.sha256 is not None for part in pictures)
    return Candidate(
        place=branch.place,
        question=branch.end.parent_id or "",
        text=texts[-1],
        before=tuple(texts[:-1]),
        n_pictures=n_there,
        n_missing=len(pictures) - n_there + len(find_tags(texts[-1])),
        score=score,
    )


def _text(node: Node) -> str:
    return "".join(part.text for part in node.parts if isinstance(part, TextPart))


def _distinct(branches: Iterable[Branch]) -> list[Branch]:
    """The branches in order of place; of equal nodes only the first."""
    by_id: dict[str, Branch] = {}
    for branch in sorted(branches, key=_order):
        by_id.setdefault(branch.end.node_id, branch)
    return list(by_id.values())


def _order(branch: Branch) -> tuple[int, tuple[int, str]]:
    return (2 * branch.end.turn + (branch.end.role == "assistant"), place_order(branch.place))
