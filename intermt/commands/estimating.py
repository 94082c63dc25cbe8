"""What a run of `generate` takes, said beforehand."""

from __future__ import annotations

from dataclasses import dataclass

from intermt.commands.budget import Budget
from intermt.commands.seed_config import SeedReport
from intermt.config import Server
from intermt.store.generation import Averages

_TRIES = 2
"""Times a follow-up question is asked for where the first is none."""


@dataclass(frozen=True, slots=True)
class TreeShape:
    """How large a tree can become.

    Attributes:
        n_answers: Answers by level, the first level first.
        n_follow_ups: Follow-up questions by level; none follow the last.
        n_judged: Answers a judge is asked about.
        n_instances: Most complete conversations of two or more turns.
    """

    n_answers: tuple[int, ...]
    n_follow_ups: tuple[int, ...]
    n_judged: int
    n_instances: int

    @property
    def n_nodes(self) -> int:
        """Answers and follow-up questions."""
        return sum(self.n_answers) + sum(self.n_follow_ups)


def tree_shape(
    n_turns: int, n_candidates: int, n_follow_ups: int, beam: int, *, judged: bool = False
) -> TreeShape:
    """The largest tree that these settings grow, where no call fails and no user is done."""
    answers: list[int] = []
    follow_ups: list[int] = []
    n_judged = 0
    questions = 1
    for turn in range(1, n_turns + 1):
        answers.append(questions * n_candidates)
        if turn == n_turns:
            break
        if judged and answers[-1] > beam:
            n_judged += answers[-1]
        questions = min(answers[-1], beam) * n_follow_ups
        follow_ups.append(questions)
    return TreeShape(tuple(answers), tuple(follow_ups), n_judged, answers[-1] if n_turns > 1 else 0)


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a run takes.

    Attributes:
        basis: What the figures suppose, in words.
        calls: Calls by what they are for.
        pictures: Pictures; None where nothing is known of how many answers ask for.
        tokens_in: Prompt tokens; None where nothing is known.
        tokens_out: Completion tokens; None likewise.
        cost: By the servers' prices; None where tokens or pictures are not known, or no
            server has a price.
    """

    basis: str
    calls: dict[str, int]
    pictures: int | None
    tokens_in: int | None
    tokens_out: int | None
    cost: float | None

    @property
    def n_calls(self) -> int:
        """All calls; those for pictures only where their number is known."""
        return sum(self.calls.values()) + (self.pictures or 0)


@dataclass(frozen=True, slots=True)
class Needs:
    """What is to be grown and by whom, as far as an estimate asks.

    Attributes:
        n_seeds: Seed questions.
        shape: Of each tree.
        max_tokens: Longest answer or question.
        answer: Servers that answer, in turn.
        user: The simulated user's.
        judge: The judge's; None for none.
        draw: The picture server's; None for none.
        n_rounds: Most times an answer may call tools before it has to be text.
    """

    n_seeds: int
    shape: TreeShape
    max_tokens: int
    answer: tuple[Server, ...]
    user: Server
    judge: Server | None
    draw: Server | None
    n_rounds: int = 0


def most(needs: Needs) -> Estimate:
    """The most a run can take, failed calls that are made again apart."""
    shape, n = needs.shape, needs.n_seeds
    calls = {
        "answer": n * sum(shape.n_answers) * (1 + needs.n_rounds),
        "user": n * sum(shape.n_follow_ups) * _TRIES,
        "judge": n * shape.n_judged,
    }
    rounds = f"every answer calls tools {needs.n_rounds} times, " if needs.n_rounds else ""
    return Estimate(
        f"{rounds}every question is asked for twice, no user ends early, every reply is as long"
        " as --max-tokens allows; what prompts and pictures take is not bounded",
        calls,
        None,
        None,
        sum(calls.values()) * needs.max_tokens,
        None,
    )


def expected(needs: Needs, averages: Averages) -> Estimate | None:
    """What a run takes if it goes as the calls in the store did; None if there are none."""
    answers = averages.answers
    if answers is None or answers.tokens_in is None or answers.tokens_out is None:
        return None
    questions = averages.questions or answers
    user_in = questions.tokens_in or 0.0
    user_out = questions.tokens_out or 0.0
    on = 1.0 - averages.share_ended
    shape, n = needs.shape, needs.n_seeds
    # A user who ends at one level asks nothing at the levels below.
    n_answers = n * sum(k * on**level for level, k in enumerate(shape.n_answers))
    n_asked = n * sum(k * on**level for level, k in enumerate(shape.n_follow_ups))
    n_judged = n * shape.n_judged
    pictures = round(n_answers * averages.pictures_per_answer) if needs.draw else 0
    cost = (
        _share(needs.answer, n_answers, answers.tokens_in, answers.tokens_out)
        + _share((needs.user,), n_asked, user_in, user_out)
        + (_share((needs.judge,), n_judged, answers.tokens_in, 0.0) if needs.judge else 0.0)
        + (pictures * needs.draw.price_picture if needs.draw else 0.0)
    )
    priced = [*needs.answer, needs.user, *filter(None, (needs.judge, needs.draw))]
    return Estimate(
        f"as the {answers.n:,} answers in the store went: {answers.calls:.2f} calls and"
        f" {averages.pictures_per_answer:.2f} pictures an answer, the user done after"
        f" {averages.share_ended:.0%} of the answers to follow up; a judge reads what an answer"
        " reads; nothing is used again",
        {
            "answer": round(n_answers * answers.calls),
            "user": round(n_asked * questions.calls),
            "judge": n_judged,
        },
        pictures,
        round((n_answers + n_judged) * answers.tokens_in + n_asked * user_in),
        round(n_answers * answers.tokens_out + n_asked * user_out),
        cost if Budget({s.name: s for s in priced}).priced else None,
    )


def _share(servers: tuple[Server, ...], n_calls: float, n_in: float, n_out: float) -> float:
    """Cost of calls dealt out evenly among servers."""
    each = n_calls / len(servers)
    return sum(each * (n_in * s.price_in + n_out * s.price_out) / 1e6 for s in servers)


@dataclass(frozen=True, slots=True)
class DryRun:
    """What a run would take.

    Attributes:
        seeding: What would become of the seed questions that were read.
        n_seeds: Seed questions, as far as no model is needed to tell.
        most: The most it can take.
        expected: As earlier calls went; None where there are none.
        n_instances_per_seed: Most instances of a seed.
        min_instances: As asked.
    """

    seeding: SeedReport
    n_seeds: int
    most: Estimate
    expected: Estimate | None
    n_instances_per_seed: int
    min_instances: int
    dry_run: bool = True
