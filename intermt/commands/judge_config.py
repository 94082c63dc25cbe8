"""What `judge` is told and what it tells."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal

from intermt.commands.calling import CallCounts
from intermt.config import Server
from intermt.dimensions import Level
from intermt.domain.jury import JuryRule
from intermt.domain.prompts import PROMPT_NAMES, Prompts
from intermt.records import JudgeTask

if TYPE_CHECKING:
    from intermt.commands.head_file import HeadFile

MissingImages = Literal["error", "note", "skip"]
TrainedOn = Literal["skip", "note"]
Compat = Literal["default", "paper"]

PAPER_IMAGE_PX = 512

_ID_CHARS = 12


@dataclass(frozen=True, slots=True)
class JudgeConfig:
    """What to judge and how.

    Attributes:
        task: score, pair or crucial-step.
        level: local or global; crucial-step is always global.
        servers: The judge's server; of a jury the server of each member.
        grader: For crucial-step, the server that grades descriptions.
        prompts: The templates.
        name: The judge's name; None for its model, with what is special about the way it is
            asked behind it, as in `+reason`.
        jury: How several judges make one verdict; None where there is one judge.
        with_reason: Whether a reason comes before the verdict.
        swap: Whether pairs are asked in both orders.
        n_samples: How often each question is asked.
        temperature: Sampling temperature.
        max_tokens: Longest reply.
        expected_score: Whether scores are estimated from probabilities of tokens.
        grader_sees: Whether the grader is shown the conversation too.
        compat: `paper` asks as the published benchmark did: pairs in one drawn order,
            pictures of `PAPER_IMAGE_PX`.
        missing_images: What to do with items of which pictures are missing: refuse all,
            judge them and say so, or leave them out.
        dataset: Only items of this collection.
        limit: Most items; which ones depends on `seed` alone.
        seed: Makes another choice under a limit, and other orders with `paper`.
        stop_error_rate: See `Caller`.
        reward_dimension: For a reward model what its number is about; None for others.
        head: For a preference head the head; None for others.
        trained_on: What to do with items of seed trees that the head was fitted to: leave them
            out, or judge them and say so.
    """

    task: JudgeTask
    level: Level
    servers: tuple[Server, ...]
    grader: Server | None
    prompts: Prompts
    name: str | None = None
    jury: JuryRule | None = None
    with_reason: bool = False
    swap: bool = True
    n_samples: int = 1
    temperature: float = 0.0
    max_tokens: int = 1024
    expected_score: bool = False
    grader_sees: bool = False
    compat: Compat = "default"
    missing_images: MissingImages = "note"
    dataset: str | None = None
    limit: int | None = None
    seed: int = 0
    stop_error_rate: float = 0.5
    reward_dimension: str | None = None
    head: HeadFile | None = None
    trained_on: TrainedOn = "skip"

    @property
    def server(self) -> Server:
        """The server of a single judge, or of a jury's first member."""
        return self.servers[0]

    @property
    def members(self) -> tuple[JudgeConfig, ...]:
        """The judges that are asked, each as if it judged alone."""
        if self.jury is None:
            return (self,)
        return tuple(replace(self, servers=(s,), jury=None, name=None) for s in self.servers)

    def as_json(self) -> dict[str, Any]:
        """What the record of the run says of it."""
        return {
            "task": self.task,
            "level": self.level,
            "servers": [named(server) for server in self.servers],
            "grader": None if self.grader is None else named(self.grader),
            "name": self.name,
            "jury": self.jury,
            "reason": self.with_reason,
            "swap": self.swap,
            "samples": self.n_samples,
            "temperature": self.temperature,
            "max_tokens": self.max_tokens,
            "expected_score": self.expected_score,
            "grader_sees": self.grader_sees,
            "compat": self.compat,
            "missing_images": self.missing_images,
            "dataset": self.dataset,
            "limit": self.limit,
            "reward_dimension": self.reward_dimension,
            "head": None if self.head is None else self.head.head_id,
            "trained_on": self.trained_on,
            "prompts": {name: self.prompts.hash(name) for name in PROMPT_NAMES},
        }


def named(server: Server) -> dict[str, Any]:
    """What a record says of a server."""
    return {"name": server.name, "url": list(server.url), "model": server.model}


def how_to_look(item_id: str) -> str:
    """How to look at what was said of an item; "" for none."""
    return f"look at a reply with: intermt judge --show {item_id[:_ID_CHARS]}" if item_id else ""


@dataclass(frozen=True, slots=True)
class JudgeResult:
    """What a run judged.

    Attributes:
        judge: The judge's name.
        members: The names of a jury's members; empty for a single judge.
        task: As asked.
        level: As asked.
        n_items: Items there are to judge, after the limit.
        n_known: Items of these that were fully judged before.
        n_skipped: Items left out because pictures of them are missing.
        n_trained_on: Items of seed trees that a head was fitted to; left out, or marked.
        verdicts: Verdicts of this run by state, `ok`, `unparsed` and `failed`; of a jury its
            members'.
        jury: A jury's verdicts on these items by state, now; empty for a single judge.
        n_unfinished: Items of this run on which some verdict is still wanted.
        n_missing_pictures: Items of this run that were judged without some picture.
        calls: What became of the calls.
        simulated: Whether a stand-in judged or graded.
        run_id: The run; None where there was nothing to do.
        unparsed_id: An item on which some verdict is not stated; "" if there is none.
    """

    judge: str
    task: JudgeTask
    level: Level
    n_items: int
    n_known: int
    verdicts: dict[str, int]
    n_unfinished: int
    n_missing_pictures: int
    calls: CallCounts
    simulated: bool
    run_id: str | None
    members: tuple[str, ...] = ()
    n_skipped: int = 0
    n_trained_on: int = 0
    jury: dict[str, int] = field(default_factory=dict)
    unparsed_id: str = ""
