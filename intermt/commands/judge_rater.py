"""Who a judge is: its name, and whether that name means the same judge as before."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from intermt.commands.calling import Caller
from intermt.commands.judge_config import PAPER_IMAGE_PX, JudgeConfig
from intermt.commands.judging import model_judge
from intermt.commands.reward_judging import reward_rater
from intermt.domain.prompts import PROMPT_NAMES
from intermt.errors import UsageError
from intermt.records import Rater, RaterKind, Run, content_id
from intermt.store import judging as stored

_ASKED_WITH = tuple(
    name
    for name in PROMPT_NAMES
    if name.startswith("judge_") or name in ("crucial_step_recognise", "crucial_step_grade")
)
_OPTIONS = {
    "reason": "--reason",
    "temperature": "--temperature",
    "expected_score": "--expected-score",
    "grader_sees": "--grader-sees-conversation",
    "compat": "--compat",
}
"""What makes another judge, by its name in the record of a run."""

_NAME_IT = "give this one a name of its own with --name"
_OTHER_MODEL = "take another model for --judge, which names the judge here, or leave --judge out"


def judge_rater(caller: Caller, config: JudgeConfig) -> Rater:
    """The judge that a server is, asked in this way."""
    model = caller.models[config.server.name]
    simulated = caller.simulated[config.server.name]
    if config.head is not None:
        from intermt.commands.head_judging import head_rater

        return head_rater(config.name, config.head, model, simulated)
    if config.reward_dimension is not None:
        return reward_rater(config.name, model, config.reward_dimension, simulated)
    special: dict[str, tuple[object, ...]] = {}
    if config.expected_score:
        special["expected"] = ()
    if config.grader_sees:
        special["context"] = ()
    if config.compat == "paper":
        # Another seed asks pairs in other orders: its verdicts must not mix with these.
        special["paper"] = (config.seed, PAPER_IMAGE_PX)
    suffixes = [*(["reason"] if config.with_reason else []), *special]
    name = config.name or "+".join([model, *suffixes])
    settings = content_id(
        "judge",
        model,
        config.with_reason,
        config.temperature,
        [config.prompts.hash(prompt) for prompt in PROMPT_NAMES if prompt.startswith("judge_")],
        config.prompts.hash("crucial_step_recognise"),
        config.prompts.hash("crucial_step_grade"),
        *special.items(),
    )
    return model_judge(name, settings, model=model, simulated=simulated)


def check_judge(
    db: Any, now: Rater, config: JudgeConfig | None = None, grader: str | None = None
) -> None:
    """Check that a judge's name still means the same judge.

    Args:
        db: The store.
        now: The judge.
        config: How it is asked; None where `generate --judge` asks it, which names no judge.
        grader: The model that grades its descriptions; None where none are graded.

    Raises:
        UsageError: The name was used for a judge of another kind, with other settings, or
            with another grader.
    """
    todo = _OTHER_MODEL if config is None else _NAME_IT
    if namesakes := stored.namesakes(db, now):
        raise UsageError(
            f"the name {now.name!r} is taken by a judge that is a {namesakes[0]},"
            f" and this one is a {now.kind}",
            todo=todo,
        )
    known = stored.rater(db, now.rater_id)
    if known is not None and (known.settings, known.simulated) != (now.settings, now.simulated):
        before = None if config is None else stored.latest_judging(db, now.rater_id)
        raise UsageError(
            f"the judge {now.name!r} {_said_of(known, now, before, config)}", todo=todo
        )
    if grader is not None and (others := stored.graders(db, now.rater_id) - {grader}):
        raise UsageError(
            f"the judge {now.name!r} was graded by {', '.join(sorted(others))} so far,"
            f" not by {grader}; grades of two graders do not make one figure",
            todo=todo,
        )


def _said_of(known: Rater, now: Rater, before: Run | None, config: JudgeConfig | None) -> str:
    """What a judge of the same name was, and in what this one differs."""
    found = list(_changes(known, now))
    if before is not None and config is not None:
        found += _other_options(before.config, config.as_json(), now.kind)
        if config.compat == before.config.get("compat") == "paper" and before.seed != config.seed:
            found.append(f"--seed was {before.seed} and is {config.seed}")
    if found:
        return f"had other settings: {'; '.join(found)}"
    if now.kind == "jury":
        return "had other members, or members with other settings, or another rule"
    return (
        "had other settings (prompts, reasons, temperature, or another option that changes how it"
        " is asked)"
    )


def _changes(known: Rater, now: Rater) -> Iterator[str]:
    if known.model != now.model:
        yield f"its model was {known.model or 'not known'} and is {now.model or 'not known'}"
    if known.simulated != now.simulated:
        was, is_now = (
            "the stand-in" if rater.simulated else "a real server" for rater in (known, now)
        )
        yield f"{was} answered, and now {is_now} does"


def _other_options(
    before: Mapping[str, Any], now: Mapping[str, Any], kind: RaterKind
) -> Iterator[str]:
    """In what two runs of `judge` differ, as far as it makes another judge of it."""
    was_about, is_about = before.get("reward_dimension"), now["reward_dimension"]
    if (was_about is None) != (is_about is None):
        names = ("chat", "reward") if was_about is None else ("reward", "chat")
        yield f"--kind was {names[0]} and is {names[1]}"
        return
    options = {**_OPTIONS, "reward_dimension": "--dimension"}
    if kind == "jury":
        options["jury"] = "--jury"
        was, is_now = (sorted(server["name"] for server in run["servers"]) for run in (before, now))
        if was != is_now:
            yield f"--server was {', '.join(was)} and is {', '.join(is_now)}"
    for name, option in options.items():
        if name in before and before[name] != now[name]:
            yield f"{option} was {_shown(before[name])} and is {_shown(now[name])}"
    prompts = before.get("prompts", {})
    others = [name for name in _ASKED_WITH if prompts.get(name) != now["prompts"][name]]
    if prompts and others:
        yield f"prompts are others: {', '.join(others)}"


def _shown(value: object) -> str:
    return ("on" if value else "off") if isinstance(value, bool) else str(value)
