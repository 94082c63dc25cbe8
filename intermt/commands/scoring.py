"""A judge's scores of answers, for pruning: the verdicts that `judge` would give."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import fmean

from intermt.commands.answering import Branch
from intermt.commands.calling import Caller
from intermt.commands.chat_judging import ChatJudge
from intermt.commands.judge import judge_plan
from intermt.commands.judge_config import JudgeConfig
from intermt.commands.judge_rater import check_judge, judge_rater
from intermt.commands.judging import LoadedItem
from intermt.commands.trying import Attempt, LeftOut, tried
from intermt.config import Server
from intermt.domain.prompts import Prompts
from intermt.records import Verdict
from intermt.store.connect import Store
from intermt.store.judging import JudgeItem


@dataclass(frozen=True, slots=True)
class Scored:
    """What a judge says of an answer.

    Attributes:
        score: Mean over the dimensions it states; how the last try ended if it states none
            however it is asked; None if it states none this time.
        verdicts: What to store, once the answer is.
    """

    score: float | LeftOut | None
    verdicts: tuple[Verdict, ...]


class JudgeScorer:
    """Scores answers by the local dimensions, as `judge --task score` does."""

    def __init__(self, judge: ChatJudge, caller: Caller) -> None:
        self._judge = judge
        self._caller = caller

    @classmethod
    def open(
        cls, store: Store, caller: Caller, server: Server, prompts: Prompts, run_id: str
    ) -> JudgeScorer:
        """The scorer, whose judge is then in the store.

        Raises:
            UsageError: The judge's name is taken by a judge with other settings.
        """
        config = JudgeConfig("score", "local", (server,), None, prompts)
        rater = judge_rater(caller, config)
        if store.exists():
            with store.reading() as db:
                check_judge(db, rater)
        caller.keep([rater])
        return cls(ChatJudge(caller, judge_plan(config, rater.rater_id, run_id)), caller)

    async def score(self, branch: Branch) -> Scored:
        """What the judge says of the last answer of a branch."""
        path = tuple(node.node_id for node in branch.nodes)
        item = JudgeItem(branch.end.seed_id, branch.end.node_id, None, path)
        loaded = LoadedItem(item, branch.messages, ())
        verdicts: list[Verdict] = []

        async def score(attempt: Attempt) -> float | None:
            verdicts[:] = await self._judge.ask(loaded, "", 0, attempt)
            values = [v.value for v in verdicts if v.state == "ok" and v.value is not None]
            return fmean(values) if values else None

        found = await tried(self._caller, score)
        return Scored(found, tuple(v for v in verdicts if v.state != "failed"))
