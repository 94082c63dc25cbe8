"""A judge's scores of answers, for pruning: the verdicts that `judge` would give."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import fmean

from intermt.commands.answering import Branch
from intermt.commands.calling import Caller
from intermt.commands.judge import JudgeConfig, check_same_judge, judge_plan, judge_rater
from intermt.commands.judging import ChatJudge, LoadedItem
from intermt.config import Server
from intermt.domain.prompts import Prompts
from intermt.records import Verdict
from intermt.store import judging as stored
from intermt.store.connect import Store
from intermt.store.judging import JudgeItem


@dataclass(frozen=True, slots=True)
class Scored:
    """What a judge says of an answer.

    Attributes:
        score: Mean over the dimensions it states; None if it states none this time.
        verdicts: What to store, once the answer is.
    """

    score: float | None
    verdicts: tuple[Verdict, ...]


class JudgeScorer:
    """Scores answers by the local dimensions, as `judge --task score` does."""

    def __init__(self, judge: ChatJudge) -> None:
        self._judge = judge

    @classmethod
    def open(
        cls, store: Store, caller: Caller, server: Server, prompts: Prompts, run_id: str
    ) -> JudgeScorer:
        """The scorer, whose judge is then in the store.

        Raises:
            UsageError: The judge's name is taken by a judge with other settings.
        """
        config = JudgeConfig("score", "local", server, None, prompts)
        rater = judge_rater(caller, config)
        if store.exists():
            with store.reading() as db:
                check_same_judge(stored.rater(db, rater.rater_id), rater)
        caller.keep([rater])
        return cls(ChatJudge(caller, judge_plan(config, rater.rater_id, run_id)))

    async def score(self, branch: Branch) -> Scored:
        """What the judge says of the last answer of a branch."""
        path = tuple(node.node_id for node in branch.nodes)
        item = JudgeItem(branch.end.seed_id, branch.end.node_id, None, path)
        verdicts = await self._judge.judge(LoadedItem(item, branch.messages, ()))
        values = [v.value for v in verdicts if v.state == "ok" and v.value is not None]
        said = tuple(verdict for verdict in verdicts if verdict.state != "failed")
        return Scored(fmean(values) if values else None, said)
