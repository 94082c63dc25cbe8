"""What a run of `generate` takes, said beforehand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from intermt.commands.budget import Budget
from intermt.commands.seed_config import SeedReport
from intermt.config import Server
from intermt.store.generation import Averages

_TRIES = 2
"""Times a follow-up question is asked for where the first is none."""

_OWN_TOKENS = 600
_QUESTION_TOKENS = 60
_ANSWER_TOKENS = 300
_PICTURE_TOKENS = 1300
"""Rules of thumb; a picture of 1024 px a side at one token for 28 x 28 pixels is 1,369."""

_APART = "; what calls about seed questions read is not counted"


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
        tokens_out: Completion tokens.
        cost: By the servers' prices; None where tokens or pictures are not known, or no
            server has a price.
    """

    basis: str
    calls: dict[str, int]
    pictures: int | None
    tokens_in: int | None
    tokens_out: int
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
        tools: Servers that make pictures.
        has_pictures: Whether anything makes or finds pictures, a folder included.
        n_rounds: Most times an answer may call tools before it has to be text.
        seeding: Calls about seed questions, by what they are for; a rating that says nothing
            is asked for again, which is not counted.
    """

    n_seeds: int
    shape: TreeShape
    max_tokens: int
    answer: tuple[Server, ...]
    user: Server
    judge: Server | None = None
    tools: tuple[Server, ...] = ()
    has_pictures: bool = False
    n_rounds: int = 0
    seeding: Mapping[str, int] = field(default_factory=dict)


def most(needs: Needs) -> Estimate:
    """The most a run can take, failed calls that are made again apart."""
    shape, n = needs.shape, needs.n_seeds
    calls = {
        "answer": n * sum(shape.n_answers) * (1 + needs.n_rounds),
        "user": n * sum(shape.n_follow_ups) * _TRIES,
        "judge": n * shape.n_judged,
        **needs.seeding,
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


def expected(needs: Needs, averages: Averages | None) -> Estimate:
    """What a run takes if it goes as the calls in the store did, or else by rule of thumb."""
    answers = averages.answers if averages is not None else None
    if averages is None or answers is None or None in (answers.tokens_in, answers.tokens_out):
        return _by_rule_of_thumb(needs)
    questions = averages.questions or answers
    on = 1.0 - averages.share_ended
    shape, n = needs.shape, needs.n_seeds
    # A user who ends at one level asks nothing at the levels below.
    n_answers = n * sum(k * on**level for level, k in enumerate(shape.n_answers))
    n_asked = n * sum(k * on**level for level, k in enumerate(shape.n_follow_ups))
    n_judged = n * shape.n_judged
    answer = _Each(n_answers, answers.calls, answers.tokens_in or 0.0, answers.tokens_out or 0.0)
    user = _Each(n_asked, questions.calls, questions.tokens_in or 0.0, questions.tokens_out or 0.0)
    judge = _Each(n_judged, 1.0, answers.tokens_in or 0.0, 0.0)
    basis = (
        f"as the {answers.n:,} answers in the store went: {answers.calls:.2f} calls and"
        f" {averages.pictures_per_answer:.2f} pictures an answer, the user done after"
        f" {averages.share_ended:.0%} of the answers to follow up; a judge reads what an answer"
        f" reads{_APART if needs.seeding else ''}; nothing is used again"
    )
    return _estimate(needs, basis, answer, user, judge, averages.pictures_per_answer)


def _by_rule_of_thumb(needs: Needs) -> Estimate:
    """What a run takes where no answer has been made yet."""
    shape, n = needs.shape, needs.n_seeds
    pictures = 1.0 if needs.has_pictures else 0.0
    long = min(_ANSWER_TOKENS, needs.max_tokens)
    turn = _QUESTION_TOKENS + long + pictures * _PICTURE_TOKENS
    first = _OWN_TOKENS + _QUESTION_TOKENS + _PICTURE_TOKENS

    def read(counts: tuple[int, ...]) -> float:
        return sum(k * (first + level * turn) for level, k in enumerate(counts)) / sum(counts)

    n_asked = n * sum(shape.n_follow_ups)
    answer = _Each(n * sum(shape.n_answers), 1.0, read(shape.n_answers), long)
    user = _Each(n_asked, 1.0, 0.0, 0.0)
    if n_asked:
        user = _Each(n_asked, 1.0, read(shape.n_follow_ups) + turn, _QUESTION_TOKENS)
    judge = _Each(n * shape.n_judged, 1.0, answer.tokens_in + long, 0.0)
    basis = (
        f"the store has no answer to go by, so by rule of thumb: {long} tokens an answer,"
        f" {_QUESTION_TOKENS} a question, {_OWN_TOKENS:,} of instructions a call,"
        f" {_PICTURE_TOKENS:,} a picture;"
        f" {'one picture an answer' if pictures else 'no pictures but one with the seed question'};"
        f" the user is never done{_APART if needs.seeding else ''}"
    )
    return _estimate(needs, basis, answer, user, judge, pictures)


@dataclass(frozen=True, slots=True)
class _Each:
    """Messages of one kind: how many, and what each takes."""

    n: float
    calls: float
    tokens_in: float
    tokens_out: float

    def cost(self, servers: tuple[Server, ...]) -> float:
        """By the prices of the servers that they are dealt out among."""
        return (
            sum(
                self.n
                / len(servers)
                * (self.tokens_in * s.price_in + self.tokens_out * s.price_out)
                for s in servers
            )
            / 1e6
        )


def _estimate(
    needs: Needs, basis: str, answer: _Each, user: _Each, judge: _Each, pictures: float
) -> Estimate:
    n_pictures = round(answer.n * pictures) if needs.has_pictures else 0
    judges = (needs.judge,) if needs.judge else ()
    priced = (*needs.answer, needs.user, *judges, *needs.tools)
    cost = (
        answer.cost(needs.answer)
        + user.cost((needs.user,))
        + (judge.cost(judges) if judges else 0.0)
        # Which tool will serve which tag is not known: the dearest is taken.
        + n_pictures * max((tool.price_picture for tool in needs.tools), default=0.0)
    )
    return Estimate(
        basis,
        {
            "answer": round(answer.n * answer.calls),
            "user": round(user.n * user.calls),
            "judge": round(judge.n),
            **needs.seeding,
        },
        n_pictures,
        round(sum(each.n * each.tokens_in for each in (answer, user, judge))),
        round(sum(each.n * each.tokens_out for each in (answer, user, judge))),
        cost if Budget({s.name: s for s in priced}).priced else None,
    )


@dataclass(frozen=True, slots=True)
class DryRun:
    """What a run would take.

    Attributes:
        seeding: What would become of the seed questions that were read.
        n_seeds: Seed questions, as far as no model is needed to tell.
        most: The most it can take.
        expected: As earlier calls went, or by rule of thumb where there are none.
        n_instances_per_seed: Most instances of a seed.
        min_instances: As asked.
    """

    seeding: SeedReport
    n_seeds: int
    most: Estimate
    expected: Estimate
    n_instances_per_seed: int
    min_instances: int
    dry_run: bool = True
