"""Stores with verdicts and labels, built record by record, and what eval finds in them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any

from intermt.commands.eval_config import EvalConfig
from intermt.commands.evaluate import run
from intermt.domain.figures import Resampling
from intermt.records import (
    Call,
    Conversation,
    Feedback,
    Node,
    PreferenceVote,
    Rater,
    Reply,
    Score,
    TextPart,
    Verdict,
    content_id,
)
from intermt.store.connect import Store
from intermt.store.rows import Answered

TEXT = "text_quality"
FEW = Resampling(n_resamples=200)


class Silent:
    """A progress nobody looks at."""

    def start(self, what: str, total: int | None, unit: str) -> None: ...
    def advance(self, n: int = 1) -> None: ...
    def grow(self, n: int) -> None: ...
    def note(self, text: str) -> None: ...
    def stop(self) -> None: ...


class Builder:
    """A store that grows by what tests say of it; items are written with the first label."""

    def __init__(self, folder: Path) -> None:
        self.store = Store(folder)
        self.records: list[Any] = []

    def node(
        self,
        key: str,
        seed: str = "",
        *,
        text: str = "",
        parent: str = "q",
        simulated: bool = False,
        **more: Any,
    ) -> str:
        parts = (TextPart(text or key),)
        self.records.append(
            Node(
                key, parent, seed or f"s-{key}", "assistant", 1, parts, simulated=simulated, **more
            )
        )
        return key

    def conversation(self, key: str, *path: str, dataset: str = "d", seed: str = "") -> str:
        self.records.append(
            Conversation(key, dataset, key, seed or f"s-{key}", path, max(1, len(path) // 2))
        )
        return key

    def rater(self, name: str, role: str = "annotator", kind: str = "human", **more: Any) -> str:
        self.records.append(Rater(name, name, role, kind, **more))  # type: ignore[arg-type]
        return name

    def judge(self, name: str = "judge", **more: Any) -> str:
        return self.rater(name, "judge", "model", model="m", **more)

    def score(
        self, rater: str, target: str, value: int, dimension: str = TEXT, when: int | None = None
    ) -> None:
        kind = "conversation" if target.startswith("c") else "node"
        at = None if when is None else datetime(2026, 1, when)
        key = content_id("score", rater, target, dimension, when, value)
        self.records.append(Score(key, rater, kind, target, dimension, value, "d", "t", at))

    def vote(
        self,
        rater: str,
        a: str,
        b: str,
        choice: str,
        dimension: str = "overall",
        dataset: str = "d",
    ) -> None:
        whole = a.startswith("c")
        key = content_id("vote", rater, a, b, dimension)
        self.records.append(
            PreferenceVote(
                key,
                rater,
                "global" if whole else "local",
                "chain" if whole else "prefix",
                "s",
                a,
                b,
                dimension,
                choice,  # type: ignore[arg-type]
                dataset,
                "t",
            )
        )

    def says(
        self,
        a: str,
        value: int | str | None,
        b: str | None = None,
        *,
        judge: str = "judge",
        dimension: str = TEXT,
        order: str = "",
        sample: int = 0,
        state: str = "",
        task: str = "",
        simulated: bool = False,
        estimate: float | None = None,
        request_key: str = "k",
    ) -> None:
        task = task or ("score" if b is None else "pair")
        self.records.append(
            Verdict(
                content_id("v", judge, task, a, b, dimension, order, sample),
                judge,
                task,  # type: ignore[arg-type]
                "global" if a.startswith("c") else "local",
                a,
                b,
                dimension,
                order,
                sample,
                state or ("unparsed" if value is None else "ok"),  # type: ignore[arg-type]
                value if isinstance(value, int) else None,
                value if isinstance(value, str) else None,  # type: ignore[arg-type]
                None,
                request_key,
                simulated=simulated,
                estimate=estimate,
            )
        )

    def reply(self, request_key: str, text: str) -> None:
        call = Call(request_key, "chat", "server", "m", "/chat/completions", {})
        self.records.append(Answered(call, Reply(request_key, "ok", text)))

    def eval(self, **config: Any) -> Any:
        self.store.write(self.records)
        return run(self.store, EvalConfig(**{"resampling": FEW, **config}), Silent())


def figure(result: Any, statistic: str, dimension: str = TEXT, judge: str = "judge") -> Any:
    (found,) = [
        f
        for f in result.figures
        if (f.judge, f.statistic, f.dimension) == (judge, statistic, dimension)
    ]
    return found


def scored(built: Builder, judge: Iterable[int | None], human: Iterable[int]) -> None:
    """Answers n0, n1, ... that a judge and the annotator `ann` scored."""
    built.judge()
    built.rater("ann")
    for i, (said, meant) in enumerate(zip(judge, human, strict=True)):
        built.says(built.node(f"n{i}"), said)
        built.score("ann", f"n{i}", meant)


def compared(built: Builder, *items: tuple[str, str, str]) -> None:
    """Pairs (a0, b0), ...: what people chose, what the judge chose a first, and b first."""
    built.judge()
    names = {"a": "a", "b": "b", "t": "tie"}
    for i, (human, first, second) in enumerate(items):
        a, b = built.node(f"a{i}", f"s{i}"), built.node(f"b{i}", f"s{i}")
        for j, choice in enumerate(human):
            built.vote(built.rater(f"ann{j}"), a, b, names[choice])
        for order, choice in (("a", first), ("b", second)):
            built.says(a, names.get(choice), b, order=order, dimension="overall")


def graded(built: Builder, *grades: int | None, kind: str = "human") -> None:
    built.judge()
    built.rater("ann", kind=kind)
    for i, grade in enumerate(grades):
        built.says(
            built.conversation(f"c{i}"),
            grade,
            task="crucial-step",
            dimension="crucial_step_recognition",
        )
        built.records.append(
            Feedback(
                f"f{i}",
                "ann",
                "conversation",
                f"c{i}",
                "rationale",
                "crucial_step_recognition",
                "x",
                "d",
                "t",
            )
        )
