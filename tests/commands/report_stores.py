"""Stores with judges and people, for the tests of an evaluation's page."""

from __future__ import annotations

import io
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from PIL import Image as PillowImage

from intermt.dimensions import OVERALL, Level, dimensions_of
from intermt.records import (
    Conversation,
    Feedback,
    ImagePart,
    PreferenceVote,
    Rater,
    Score,
    Seed,
    TextPart,
    Verdict,
    content_id,
)
from intermt.store.connect import Store
from tests.store.samples import answered, node

HOSTILE_NAMES = (
    "<script>alert('judge')</script>",
    "x" * 300,
    '"><img src=x onerror=alert(1)>',
    "حَكَم نموذجي طويل الاسم جداً",
    "评审模型" * 20,
    "judge & co.; --></style></svg>",
    "\u202eegduj desrever",
    "org/very-long-model-name-72B-instruct-awq-int4-with-reasons-v1",
    "org/very-long-model-name-72B-instruct-awq-int4-without-reasons-v1",
    "emoji 🧑‍⚖️ 🧑‍⚖️ 🧑‍⚖️ 🧑‍⚖️ 🧑‍⚖️",
    "new\nline\tand tab",
    "j12",
)
HOSTILE_TEXT = (
    "<script>alert('text')</script><style>*{display:none}</style>&amp; "
    + "w" * 500
    + " {{content}} {{policy}} <!-- ]]> \x00\x07\ufffe"
)


def drawn(kind: str = "PNG", size: tuple[int, int] = (1200, 700), mode: str = "RGB") -> bytes:
    """A picture with something to see in it."""
    picture = PillowImage.radial_gradient("L").resize(size).convert(mode)
    out = io.BytesIO()
    picture.save(out, kind)
    return out.getvalue()


class Filling:
    """A store that gets conversations, people and judges.

    Args:
        folder: Where the store is made.
        judges: Names of the judges.
        n_seeds: Seed questions; each has two answers, and conversations of two turns.
        right: How often a judge repeats what people say; else it says something random.
        hostile: Whether texts and pictures are as bad as they can be.
        simulated: Whether a stand-in judged.
        kind: Of the annotators: human, or synthetic.

    Attributes:
        store: The store.
        answers: Answers that everybody scored.
        pairs: Pairs of them that everybody compared.
        unlabelled: An answer about which nobody said anything.
    """

    def __init__(
        self,
        folder: Path,
        judges: Sequence[str] = ("judge",),
        *,
        n_seeds: int = 8,
        right: float = 0.5,
        hostile: bool = False,
        simulated: bool = False,
        kind: str = "human",
    ) -> None:
        self.store = Store(folder)
        self.answers: list[str] = []
        self.pairs: list[tuple[str, str]] = []
        self._records: list[Any] = []
        self._dice = random.Random(7)
        self._right = right
        self._hostile = hostile
        self._simulated = simulated
        self._dataset = HOSTILE_NAMES[0] if hostile else "pilot"
        for i in range(3):
            self._records.append(Rater(f"ann{i}", f"Annotator {i}", "annotator", kind))  # type: ignore[arg-type]
        self._judges = tuple((content_id("judge", name), name) for name in judges)
        for key, name in self._judges:
            self._records.append(Rater(key, name, "judge", "model", model=name))
        for i in range(n_seeds):
            self._tree(i)
        self.store.write(self._records)

    def _text(self, words: str) -> str:
        return f"{words} {HOSTILE_TEXT}" if self._hostile else words

    def _picture(self, i: int) -> ImagePart:
        """Readable, missing, transparent, an animation, and one whose file gets damaged."""
        content = (
            drawn(size=(1200, 700 + i)),
            None,
            drawn(mode="RGBA", size=(90, 60 + i)),
            drawn("GIF", (64, 64 + i)),
            drawn("JPEG", (320, 200 + i)),
        )[i % 5]
        tag = f"<Image, a view of place {i}>"
        if content is None:
            return ImagePart(None, f"lost/{i}.png", tag, "not found", f"k{i}")
        image = self.store.images.add(content)
        self._records.append(image)
        if i % 5 == 4 and self._hostile:
            found = self.store.images.find(image.sha256)
            assert found is not None
            found.write_bytes(content[: len(content) // 2])
        return ImagePart(image.sha256, f"{i}.png", tag, None, image.sha256)

    def _tree(self, i: int) -> None:
        name = self._text(f"seed {i}") if self._hostile else f"seed {i}"
        root = node(
            None, "user", TextPart(self._text(f"Question {i}?")), self._picture(5 * i + 3 * (i % 2))
        )
        leaves = []
        for k in (1, 2):
            parts = (
                TextPart(self._text(f"Answer {i}.{k}.")),
                self._picture(5 * i + (4 if k == 2 else 1 + i % 2)),
            )
            answer = node(root, "assistant", *parts, model="writer")
            more = node(answer, "user", self._text("And then?"))
            last = node(more, "assistant", self._text(f"That is all, {k}."))
            path = tuple(n.node_id for n in (root, answer, more, last))
            key = content_id("conversation", i, k)
            talk = Conversation(key, self._dataset, f"talk {i}.{k}", root.node_id, path, 2)
            self._records += [answer, more, last, talk]
            leaves.append((answer.node_id, key))
            self.unlabelled = last.node_id
        self._records += [root, Seed(root.node_id, self._dataset, name)]
        self.answers += [answer for answer, _ in leaves]
        first, second = sorted(answer for answer, _ in leaves)
        self.pairs.append((first, second))
        for level, a, b in (
            ("local", leaves[0][0], leaves[1][0]),
            ("global", leaves[0][1], leaves[1][1]),
        ):
            self._labels(level, root.node_id, *sorted((a, b)))  # type: ignore[arg-type]
        self._crucial_steps(leaves[0][1])

    # --- labels and verdicts -------------------------------------------------------------

    def _labels(self, level: Level, seed: str, a: str, b: str) -> None:
        target = "node" if level == "local" else "conversation"
        for dimension in dimensions_of(level):
            for item in (a, b):
                truth = self._dice.choice(dimension.scores)
                for i in range(3):
                    said = truth if self._right == 1 else self._near(truth, dimension.scores)
                    key = content_id("score", i, item, dimension.key)
                    self._records.append(
                        Score(key, f"ann{i}", target, item, dimension.key, said, "d", "t")  # type: ignore[arg-type]
                    )
                for judge, _ in self._judges:
                    value = truth if self._says_truth() else self._dice.choice(dimension.scores)
                    self._verdict(judge, "score", level, item, None, dimension.key, value=value)
        for key in (*(d.key for d in dimensions_of(level)), OVERALL):
            truth = self._dice.choice("ab")
            for i in range(3):
                said = truth if self._right == 1 else self._dice.choice((truth, truth, "tie"))
                vote = content_id("vote", i, a, b, key)
                mode = "prefix" if level == "local" else "chain"
                self._records.append(
                    PreferenceVote(
                        vote,
                        f"ann{i}",
                        level,
                        mode,
                        seed,
                        a,
                        b,
                        key,
                        said,
                        self._dataset,
                        "t",  # type: ignore[arg-type]
                    )
                )
            for judge, _ in self._judges:
                for order in "ab":
                    said = truth if self._says_truth() else self._dice.choice(("a", "b", "tie"))
                    self._verdict(judge, "pair", level, a, b, key, order=order, choice=said)

    def _crucial_steps(self, key: str) -> None:
        words = self._text("First the cause, then the count.")
        rationale = ("rationale", "crucial_step_recognition", words, self._dataset, "t")
        self._records.append(
            Feedback(content_id("f", key), "ann0", "conversation", key, *rationale)  # type: ignore[arg-type]
        )
        for judge, _ in self._judges:
            grade = 5 if self._says_truth() else self._dice.randint(1, 5)
            dimension = "crucial_step_recognition"
            text = self._text("It names the cause.")
            self._verdict(
                judge, "crucial-step", "global", key, None, dimension, value=grade, text=text
            )

    def _verdict(
        self,
        judge: str,
        task: str,
        level: str,
        a: str,
        b: str | None,
        dimension: str,
        order: str = "",
        **said: Any,
    ) -> None:
        state = "ok"
        if self._right < 1:
            state = self._dice.choices(("ok", "unparsed", "failed"), (90, 6, 4))[0]
        request = content_id("request", judge, task, level, a, b, order)
        if order != "b" and dimension != OVERALL:
            text = self._text("I think: because it fits. " + "reason " * 30)
            self._records.append(answered(request, text=text, simulated=self._simulated))
        values = {"value": None, "choice": None, "text": None}
        self._records.append(
            Verdict(
                content_id("verdict", judge, task, level, a, b, dimension, order),
                judge,
                task,  # type: ignore[arg-type]
                level,  # type: ignore[arg-type]
                a,
                b,
                dimension,
                order,
                0,
                state,  # type: ignore[arg-type]
                **(values | (said if state == "ok" else {})),
                request_key=request,
                notes=(self._text("missing picture: x"),) if self._hostile else (),
                simulated=self._simulated,
            )
        )

    def _says_truth(self) -> bool:
        return self._dice.random() < self._right

    def _near(self, truth: int, scores: range) -> int:
        return min(max(truth + self._dice.choice((-1, 0, 0, 1)), scores[0]), scores[-1])
