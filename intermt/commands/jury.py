"""A jury's verdicts, made from those of its members in the store."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from intermt.commands.judging import MISSING, JudgePlan
from intermt.domain.jury import JuryRule, MemberVerdict, jury_verdict
from intermt.errors import UsageError
from intermt.records import Rater, Verdict, content_id, rater_id
from intermt.store import judging as stored
from intermt.store.connect import Store
from intermt.store.judging import GRADED_BY, JudgeItem

_CHUNK = 200


@dataclass(frozen=True, slots=True)
class Jury:
    """Several judges that count as one.

    Attributes:
        rater: The jury.
        rule: How its members make one verdict.
        members: The judges on it, by name.
        plan: How each of them is asked; its `judge_id` is the jury's.
    """

    rater: Rater
    rule: JuryRule
    members: tuple[Rater, ...]
    plan: JudgePlan

    @classmethod
    def of(
        cls, rule: JuryRule, name: str | None, members: Sequence[Rater], plan: JudgePlan
    ) -> Jury:
        """The jury of these judges; another order of them is the same jury.

        Raises:
            UsageError: A judge is on it twice.
        """
        members = sorted(members, key=lambda member: member.name)
        names = [member.name for member in members]
        if twice := [member for member, n in Counter(names).items() if n > 1]:
            raise UsageError(
                f"the judge {twice[0]!r} is on the jury twice: its voice would count double",
                todo="name different models, as in URL#model",
            )
        name = name or f"{rule}:{','.join(names)}"
        rater = Rater(
            rater_id(name, "judge", "jury"),
            name,
            "judge",
            "jury",
            settings=content_id("jury", rule, sorted((m.rater_id, m.settings) for m in members)),
            simulated=any(member.simulated for member in members),
        )
        return cls(rater, rule, tuple(members), replace(plan, judge_id=rater.rater_id))

    def verdicts(
        self, item: JudgeItem, known: Mapping[str, Verdict], run_id: str
    ) -> Iterator[Verdict]:
        """The jury's verdicts on an item, given the members' by id."""
        plans = self._plans()
        for dimension in self.plan.dimensions:
            for order in self.plan.orders(item):
                for sample in range(self.plan.n_samples):
                    about = (item, dimension, order, sample)
                    said = {m: known.get(plan.verdict_id(*about)) for m, plan in plans}
                    yield self._verdict(about, said, run_id)

    def verdict_ids(self, item: JudgeItem) -> set[str]:
        """The ids of the jury's verdicts on an item, and of its members'."""
        ids = set(self.plan.verdict_ids(item))
        return ids.union(*(plan.verdict_ids(item) for _, plan in self._plans()))

    def _plans(self) -> list[tuple[Rater, JudgePlan]]:
        return [(m, replace(self.plan, judge_id=m.rater_id)) for m in self.members]

    def _verdict(
        self,
        about: tuple[JudgeItem, str, str, int],
        said: Mapping[Rater, Verdict | None],
        run_id: str,
    ) -> Verdict:
        item, dimension, order, sample = about
        stated = [v for v in said.values() if v is not None and v.state == "ok"]
        made = jury_verdict(
            self.rule,
            [MemberVerdict(v.value, v.choice, v.estimate) for v in stated],
            len(self.members),
        )
        there = [verdict for verdict in said.values() if verdict is not None]
        shared = {n for v in there for n in v.notes if n.startswith((MISSING, GRADED_BY))}
        lacking = [
            f"no verdict of {member.name}: {'not asked' if verdict is None else verdict.state}"
            for member, verdict in said.items()
            if verdict is None or verdict.state != "ok"
        ]
        return Verdict(
            verdict_id=self.plan.verdict_id(*about),
            judge_id=self.rater.rater_id,
            task=self.plan.task,
            level=self.plan.level,
            a_id=item.a_id,
            b_id=item.b_id,
            dimension=dimension,
            order=order,
            sample=sample,
            state="ok" if made.states else "unparsed",
            value=made.value,
            choice=made.choice,
            text=None,
            request_key="",
            notes=(*sorted(shared), made.note, *lacking),
            run_id=run_id,
            simulated=any(verdict.simulated for verdict in there),
            estimate=made.estimate,
            members=tuple(verdict.verdict_id for verdict in stated),
        )


@dataclass(frozen=True, slots=True)
class Sitting:
    """What a jury said of some items.

    Attributes:
        now: Its verdict on each item, dimension, order and sample.
        changed: Those that the store does not have yet.
    """

    now: tuple[Verdict, ...]
    changed: tuple[Verdict, ...]


def sittings(
    store: Store, jury: Jury, items: Sequence[JudgeItem], run_id: str
) -> Iterator[Sitting]:
    """What the jury says of items, given what its members have said by now; some at a time."""
    for start in range(0, len(items), _CHUNK):
        chunk = items[start : start + _CHUNK]
        ids = set().union(*(jury.verdict_ids(item) for item in chunk))
        with store.reading() as db:
            known = stored.verdicts(db, ids)
        now = tuple(v for item in chunk for v in jury.verdicts(item, known, run_id))
        changed = tuple(v for v in now if _is_news(known.get(v.verdict_id), v))
        yield Sitting(now, changed)


def _is_news(old: Verdict | None, new: Verdict) -> bool:
    """Whether a verdict takes the place of the one that is there; see `store.rows`."""
    if old is None:
        return True
    if len(new.members) > len(old.members):
        return True
    return old.state != "ok" and replace(old, run_id=new.run_id) != new
