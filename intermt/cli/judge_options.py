"""Values that options of `judge` take, and which options go together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from intermt.cli.options import Context


class Task(StrEnum):
    """What `--task` takes."""

    SCORE = "score"
    PAIR = "pair"
    CRUCIAL_STEP = "crucial-step"


class Kind(StrEnum):
    """What `--kind` takes."""

    CHAT = "chat"
    REWARD = "reward"
    HEAD = "head"

    @property
    def server(self) -> Literal["chat", "reward", "embed"]:
        """The kind of server it needs."""
        return "embed" if self is Kind.HEAD else "reward" if self is Kind.REWARD else "chat"


class Level(StrEnum):
    """What `--level` takes."""

    LOCAL = "local"
    GLOBAL = "global"


class TrainedOn(StrEnum):
    """What `--trained-on` takes."""

    SKIP = "skip"
    NOTE = "note"


class Ties(StrEnum):
    """What `--ties` takes."""

    DROP = "drop"
    KEEP = "keep"


class Jury(StrEnum):
    """What `--jury` takes."""

    MAJORITY = "majority"
    MEAN = "mean"


class MissingImages(StrEnum):
    """What `--missing-images` takes."""

    ERROR = "error"
    NOTE = "note"
    SKIP = "skip"


class Compat(StrEnum):
    """What `--compat` takes."""

    DEFAULT = "default"
    PAPER = "paper"


def check_options(ctx: Context, task: Task | None, n_servers: int) -> None:
    """Check that the options of `judge` can be asked for together.

    Raises:
        UsageError: They cannot.
    """
    from intermt.errors import UsageError

    rules = [
        *_of_names(ctx.options["name"]),
        *_of_juries(ctx.options, task, n_servers),
        *_of_heads(ctx.options, ctx.given),
    ]
    if ctx.options["kind"] == Kind.CHAT:
        rules += _of_chat_models(ctx.options, ctx.given, task)
    for wrong, what, todo in rules:
        if wrong:
            raise UsageError(what, todo=todo)


def check_shown_alone(ctx: Context) -> None:
    """Check that `--show` is not asked for together with what is for judging.

    Raises:
        UsageError: It is.
    """
    from intermt.errors import UsageError

    others = sorted(f"--{name.replace('_', '-')}" for name in ctx.typed - {"show"})
    if others:
        raise UsageError(
            f"--show asks nobody: {', '.join(others)} would have no effect",
            todo="give --show alone, or leave it out to judge",
        )


def _of_names(name: str | None) -> Iterator[tuple[bool, str, str]]:
    """What is wrong with a judge's name: whether it is, what, what to do."""
    shown = "" if name is None else ascii(name)
    yield name is not None and not name.strip(), "--name is empty", "give a name, or leave it out"
    yield (
        name is not None and not name.isprintable(),
        f"--name {shown} has characters that cannot be shown, such as tabs or line ends",
        "use letters, digits, spaces and signs",
    )
    yield (
        name is not None and name != name.strip(),
        f"--name {shown} begins or ends with a space",
        "leave it out",
    )


def _of_chat_models(
    options: Mapping[str, Any], given: frozenset[str], task: Task | None
) -> Iterator[tuple[bool, str, str]]:
    """What excludes each other: whether it is asked for, what is wrong, what to do."""
    is_described = task is Task.CRUCIAL_STEP
    yield (
        is_described and options["grader"] is None,
        "crucial-step needs a server that grades the descriptions",
        "name one with --grader",
    )
    yield (
        is_described and options["level"] == Level.LOCAL,
        "crucial steps are of whole conversations",
        "drop --level local",
    )
    for name in ("grader", "grader_sees_conversation"):
        yield (
            name in given and not is_described,
            f"--{name.replace('_', '-')} is for --task crucial-step",
            "drop it",
        )
    yield (
        options["dimension"] is not None,
        "--dimension says what a number is about",
        "add --kind reward or head; a chat model is asked about every dimension",
    )
    yield (
        options["samples"] > 1 and options["temperature"] == 0,
        f"at temperature 0 all {options['samples']} samples are the same",
        "set --temperature above 0, as in 0.7, or drop --samples",
    )
    yield (
        options["expected_score"] and task is Task.PAIR,
        "--expected-score is for scores and grades; a comparison has no scale",
        "drop it",
    )
    yield (
        "swap" in given and task is not Task.PAIR,
        "--swap and --no-swap are for --task pair: nothing else has two orders",
        "drop it",
    )
    yield (
        "swap" in given and options["compat"] == Compat.PAPER,
        "with --compat paper each pair is asked in one order that is drawn",
        "drop --swap or --no-swap",
    )


def _of_juries(
    options: Mapping[str, Any], task: Task | None, n_servers: int
) -> Iterator[tuple[bool, str, str]]:
    """The same for juries."""
    jury = options["jury"]
    yield (
        jury is None and n_servers > 1,
        "several servers judge together as a jury",
        "say with --jury how they make one verdict",
    )
    yield (
        jury is not None and n_servers < 2,
        "a jury has two members or more",
        "give --server once for each; three or another odd number can always decide",
    )
    yield (
        jury is not None and options["model"] is not None,
        "--model names one model, and a jury has several",
        "name each behind its server, as in --server URL#MODEL",
    )
    yield (
        jury is not None and options["kind"] == Kind.REWARD and task is Task.SCORE,
        "rewards of different models have no common scale",
        "a jury of reward models can judge --task pair",
    )


_FOR_FITTING = (
    *("max_turn", "min_agree", "min_annotators", "ties", "split"),
    *("max_chars", "pictures"),
)
_FOR_JUDGING = ("task", "limit", "name", "missing_images", "trained_on")


def _of_heads(options: Mapping[str, Any], given: frozenset[str]) -> Iterator[tuple[bool, str, str]]:
    """The same for preference heads."""
    is_head = options["kind"] == Kind.HEAD
    for name in ("fit", "head", "trained_on", *_FOR_FITTING):
        yield (
            name in given and not is_head,
            f"--{name.replace('_', '-')} is for preference heads",
            "add --kind head, or drop it",
        )
    for name in _FOR_FITTING:
        yield (
            name in given and options["fit"] is None,
            f"--{name.replace('_', '-')} says what a head is fitted to, and this one is fitted",
            "drop it, or fit another with --fit FILE",
        )
    yield (
        is_head and (options["fit"] is None) == (options["head"] is None),
        "--kind head fits a head with --fit FILE, or judges by one with --head FILE",
        "give one of the two",
    )
    for name in _FOR_JUDGING:
        yield (
            name in given and options["fit"] is not None,
            f"--{name.replace('_', '-')} has no effect on fitting a head",
            "drop it, or give it with --head FILE",
        )
    yield (is_head and options["jury"] is not None, "heads form no jury", "drop --jury")


_NOT_WITH_REWARD = (
    *("reason", "samples", "temperature", "swap", "max_tokens", "grader", "prompts"),
    *("expected_score", "compat", "grader_sees_conversation"),
)


def reward_dimension(ctx: Context, dimension: str | None) -> str:
    """The dimension that a reward model's number is about.

    Raises:
        UsageError: An option says how to ask a chat model, the task is not for a reward
            model, or the dimension is none of the level's.
    """
    refuse_chat_options(ctx, "reward model")
    return dimension_named(ctx, dimension)


def refuse_chat_options(ctx: Context, what: str) -> None:
    """Refuse what only a chat model can do, of a judge that gives numbers.

    Raises:
        UsageError: An option says how to ask a chat model, or the task is not for numbers.
    """
    from intermt.errors import UsageError

    if ctx.options["task"] == Task.CRUCIAL_STEP:
        raise UsageError(
            f"a {what} gives one number and cannot describe crucial steps",
            todo="give --task score or --task pair",
        )
    for name in _NOT_WITH_REWARD:
        if name in ctx.given:
            raise UsageError(
                f"--{name.replace('_', '-')} has no meaning for a {what}: it is given the"
                " conversation and nothing else, and says a number",
                todo="drop one of them",
            )


def dimension_named(ctx: Context, dimension: str | None) -> str:
    """The key of a dimension of the level asked for; `overall` for none.

    Raises:
        UsageError: It is none of the level's.
    """
    from intermt.dimensions import OVERALL, dimensions_of, find_dimension
    from intermt.dimensions import Level as LevelName
    from intermt.errors import UsageError

    if dimension is None or dimension.strip().lower() == OVERALL:
        return OVERALL
    level: LevelName = "global" if ctx.options["level"] == Level.GLOBAL else "local"
    found = find_dimension(dimension)
    if found is None or found.level != level:
        known = ", ".join((*(d.key for d in dimensions_of(level)), OVERALL))
        raise UsageError(f"no {level} dimension is called {dimension!r}", todo=f"known: {known}")
    return found.key
