"""Going on from an earlier run on the same seed questions, and what has changed since.

Nothing needs to be told where it stopped: every call that was answered is found again by
its key. What a run can tell is whether it asks the same things: its configuration is kept
as a fingerprint, and compared with that of the latest run on each seed question.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from typing import Any, Literal

from intermt.config import Server
from intermt.domain.prompts import Prompts
from intermt.errors import ConfigError
from intermt.records import content_id
from intermt.store import generation
from intermt.store.connect import Store

Resume = Literal["if-possible", "always", "never"]
_MOST_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Resumed:
    """What a run goes on from.

    Attributes:
        n_begun: Seed questions that an earlier run had begun.
        changes: What is another now than in those runs, in words, each once.
        lineages: What to mix sampling seeds with, by seed id; "" for nothing.
    """

    n_begun: int
    changes: tuple[str, ...]
    lineages: dict[str, str]


def fingerprint(settings: Any, models: Mapping[str, str], **more: Any) -> dict[str, Any]:
    """Everything that decides what is asked, in types that JSON holds.

    Args:
        settings: A dataclass; servers in it count by their model, prompts by their hashes.
        models: The model that each server serves, by server name.
        more: Further entries.
    """
    entries = {f.name: getattr(settings, f.name) for f in fields(settings)} | more
    return {name.removeprefix("n_"): _plain(value, models) for name, value in entries.items()}


def _plain(value: Any, models: Mapping[str, str]) -> Any:
    if isinstance(value, Server):
        return models.get(value.name, value.model or value.name)
    if isinstance(value, Prompts):
        return {name: value.hash(name) for name in value.texts}
    if isinstance(value, list | tuple):
        return [_plain(item, models) for item in value]
    return value if value is None or isinstance(value, bool | int | float) else str(value)


def resume(
    store: Store,
    mode: Resume,
    now: Mapping[str, Any],
    seed_ids: Iterable[str],
    run_id: str,
) -> Resumed:
    """What to go on from.

    Args:
        store: Where earlier runs are; it need not exist.
        mode: `never` begins a new lineage of samples, so that every server is asked anew;
            `always` goes on with the same configuration only; `if-possible` goes on.
        now: This run's fingerprint.
        seed_ids: The seed questions.
        run_id: This run.

    Raises:
        ConfigError: `always`, and the configuration is another.
    """
    wanted = list(seed_ids)
    if mode == "never" or not store.exists():
        return Resumed(0, (), dict.fromkeys(wanted, run_id if mode == "never" else ""))
    with store.reading() as db:
        begun = generation.growths(db, wanted)
        runs = generation.runs(db, {g.run_id for g in begun.values() if g.run_id})
    found = (change for run in runs for change in changes(run.config.get("fingerprint"), now))
    changed = tuple(dict.fromkeys(found))
    if mode == "always" and changed:
        raise ConfigError(
            "--resume always, but the configuration is another than that of the latest run on"
            f" these seed questions: {'; '.join(changed)}",
            todo="go back to that configuration, or give --resume if-possible",
        )
    lineages = {seed: begun[seed].lineage if seed in begun else "" for seed in wanted}
    return Resumed(len(begun), changed, lineages)


def changes(before: Mapping[str, Any] | None, now: Mapping[str, Any]) -> list[str]:
    """What differs between two fingerprints, in words, by name; nothing without the first."""
    if before is None:
        return []
    found: list[str] = []
    for name in sorted(before.keys() | now.keys()):
        old, new = before.get(name), now.get(name)
        if old == new:
            continue
        if isinstance(old, Mapping) and isinstance(new, Mapping):
            differ = sorted(k for k in old.keys() | new.keys() if old.get(k) != new.get(k))
            shown = ", ".join(differ[:_MOST_SHOWN])
            more = f" and {len(differ) - _MOST_SHOWN} more" if len(differ) > _MOST_SHOWN else ""
            found.append(f"{name} ({shown}{more})")
        else:
            found.append(f"{name} ({_said(old)} -> {_said(new)})")
    return found


def _said(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(_said(item) for item in value) or "none"
    return "none" if value is None else str(value)


def sampling_seed(seed: int, lineage: str) -> int:
    """The seed that a lineage samples with; the given one where there is no lineage."""
    return int(content_id("lineage", seed, lineage)[:12], 16) if lineage else seed
