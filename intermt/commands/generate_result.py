"""What a run of `generate` comes to: counts, whatever the number of seeds."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field

from intermt.commands.budget import Budget
from intermt.commands.calling import CallCounts
from intermt.commands.growing import GrownTree, What, said_of_left_out
from intermt.commands.resuming import Resumed
from intermt.commands.seed_config import SeedReport
from intermt.records import CallState, ImagePart, Node, Run, Seed

_MAX_SHORT = 20


@dataclass(frozen=True, slots=True)
class ShortSeed:
    """A seed question with fewer instances than wanted."""

    source_id: str
    n_instances: int
    reason: str


@dataclass(frozen=True, slots=True)
class GenerateResult:
    """What a run grew.

    Attributes:
        seeding: What became of all that were read.
        n_seeds: Seed questions worked on.
        n_unfinished: Seeds with work left: some call for them failed or was not made.
        n_short: Seeds with fewer instances than wanted, unfinished ones included.
        short: The first of these, in order.
        n_short_unlisted: Those beyond these; `seed_growth` in the store has all.
        n_prompts: Prompts in their trees, seed questions included.
        n_answers: Answers in their trees.
        n_kept: Answers that were followed up.
        n_pruned: Answers that were not, by reason.
        n_ended: Answers after which the simulated user was done.
        n_cut_off: Answers that are the last of their branch as what follows was left out.
        left_out: How often every try was in vain: for an answer, a question or a judge's score,
            by how the last try ended.
        left_out_of: The first seeds in whose trees that was, in order.
        n_left_out_of_unlisted: Those beyond these.
        n_pictures: Pictures in the answers.
        pictures_by_tool: What supplied them; `show` is an earlier picture shown again.
        no_picture: Pictures asked for that there are not, by how the tool's call ended.
        n_conversations: Finished conversations.
        n_instances: Those of two or more turns that were not pruned.
        calls: What became of the calls, those about seed questions included.
        cost: By the servers' prices; None where none has one.
        n_estimated_tokens: Replies whose tokens were estimated, as the server did not count.
        n_unasked: Calls that were not made, as a limit was reached.
        limit_reached: Which one; "" for none.
        changes: What is another in this run than in earlier ones on these seeds.
        n_resumed: Seeds that an earlier run had begun.
        simulated: Whether a stand-in wrote any of it.
        run_id: The run.
    """

    seeding: SeedReport
    n_seeds: int
    n_unfinished: int
    n_short: int
    short: tuple[ShortSeed, ...]
    n_short_unlisted: int
    n_prompts: int
    n_answers: int
    n_kept: int
    n_pruned: dict[str, int]
    n_ended: int
    n_cut_off: int
    left_out: dict[What, dict[CallState, int]]
    left_out_of: tuple[str, ...]
    n_left_out_of_unlisted: int
    n_pictures: int
    pictures_by_tool: dict[str, int]
    no_picture: dict[str, int]
    n_conversations: int
    n_instances: int
    calls: CallCounts
    cost: float | None
    n_estimated_tokens: int
    n_unasked: int
    limit_reached: str
    changes: tuple[str, ...]
    n_resumed: int
    simulated: bool
    run_id: str

    @property
    def n_left(self) -> int:
        """Trees and seed questions with work left."""
        return self.n_unfinished + self.seeding.n_waiting

    def said_of_left_out(self) -> str:
        """What is left out, in words; "" where nothing is."""
        return said_of_left_out(self.left_out)


@dataclass(slots=True)
class Growth:
    """What a run has grown so far: counts only, whatever the number of seeds."""

    record: Run
    resumed: Resumed
    tally: Counter[str] = field(default_factory=Counter)
    pruned: Counter[str] = field(default_factory=Counter)
    tools: Counter[str] = field(default_factory=Counter)
    no_picture: Counter[str] = field(default_factory=Counter)
    left_out: defaultdict[What, Counter[CallState]] = field(
        default_factory=lambda: defaultdict(Counter)
    )
    left_out_of: list[str] = field(default_factory=list)
    short: list[ShortSeed] = field(default_factory=list)

    def count(self, seed: Seed, tree: GrownTree, why_short: str) -> None:
        """Count a tree that has ended."""
        answers = [node for node in tree.nodes if node.role == "assistant"]
        there = {(n.node_id, position) for n in answers for position in pictures_of(n)}
        # A picture that came late is in its place in the store, not in the node as it grew.
        n_late = sum(
            use.position is not None
            and use.image_sha256 is not None
            and (use.node_id, use.position) not in there
            for use in tree.tool_uses
        )
        self.tally.update(
            {
                "seeds": 1,
                "unfinished": int(tree.n_unfinished > 0),
                "short": int(bool(why_short)),
                "left out of": int(bool(tree.left_out)),
                "user": len(tree.nodes) - len(answers),
                "assistant": len(answers),
                "pictures": sum(len(pictures_of(node)) for node in answers) + n_late,
                "conversations": len(tree.conversations),
                "instances": tree.n_instances,
                "simulated": sum(node.simulated for node in tree.nodes),
            }
        )
        self.tally.update(mark.mark for mark in tree.marks)
        for what, states in tree.left_out.items():
            self.left_out[what].update(states)
        # The same ones whatever the order of arrival.
        if tree.left_out:
            self.left_out_of = sorted([*self.left_out_of, seed.source_id])[:_MAX_SHORT]
        self.tools.update(use.tool for use in tree.tool_uses if use.image_sha256 is not None)
        self.no_picture.update(use.state for use in tree.tool_uses if use.image_sha256 is None)
        self.pruned.update(_kind(mark.reason) for mark in tree.marks if mark.mark == "pruned")
        if why_short:
            self.short.append(ShortSeed(seed.source_id, tree.n_instances, why_short))
            self.short.sort(key=lambda short: short.source_id)
            del self.short[_MAX_SHORT:]


def result_of(
    growth: Growth, seeding: SeedReport, calls: CallCounts, budget: Budget
) -> GenerateResult:
    """What a run comes to."""
    tally = growth.tally
    return GenerateResult(
        seeding=seeding,
        n_seeds=tally["seeds"],
        n_unfinished=tally["unfinished"],
        n_short=tally["short"],
        short=tuple(growth.short),
        n_short_unlisted=tally["short"] - len(growth.short),
        n_prompts=tally["user"],
        n_answers=tally["assistant"],
        n_kept=tally["kept"],
        n_pruned=dict(growth.pruned.most_common()),
        n_ended=tally["ended"],
        n_cut_off=tally["cut"],
        left_out={what: dict(by.most_common()) for what, by in sorted(growth.left_out.items())},
        left_out_of=tuple(growth.left_out_of),
        n_left_out_of_unlisted=tally["left out of"] - len(growth.left_out_of),
        n_pictures=tally["pictures"],
        pictures_by_tool=dict(growth.tools.most_common()),
        no_picture=dict(growth.no_picture.most_common()),
        n_conversations=tally["conversations"],
        n_instances=tally["instances"],
        calls=calls,
        cost=budget.cost if budget.priced else None,
        n_estimated_tokens=budget.n_estimated,
        n_unasked=budget.n_unasked,
        limit_reached=budget.spent() if budget.n_unasked else "",
        changes=growth.resumed.changes,
        n_resumed=growth.resumed.n_begun,
        simulated=bool(tally["simulated"]) or seeding.simulated,
        run_id=growth.record.run_id,
    )


def pictures_of(node: Node) -> dict[int, str]:
    """SHA-256 of the pictures that a node has, by part position."""
    return {
        position: part.sha256
        for position, part in enumerate(node.parts)
        if isinstance(part, ImagePart) and part.sha256 is not None
    }


def _kind(reason: str) -> str:
    """A pruning reason without the sibling it names, the worst of several."""
    return reason.split(",")[0].split(" to ")[0]
