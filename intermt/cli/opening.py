"""What commands open: the store and the servers that options name."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from intermt.cli.options import Context

if TYPE_CHECKING:
    from intermt.commands.calling import CallCounts
    from intermt.store.connect import Store

SIMULATED = "SIMULATED: a stand-in server answered; nothing here says anything about a real model"
SYNTHETIC = "SYNTHETIC: invented labels are among these; they are nobody's judgement"


def open_store(ctx: Context) -> Store:
    """The store that the options name; a warning where it lies on a network file system."""
    from intermt.store.connect import Store
    from intermt.store.file_systems import network_file_system

    store = Store(
        ctx.store_path, lock_timeout_s=ctx.lock_timeout_s, command=f"intermt {ctx.command}"
    )
    if kind := network_file_system(store.folder):
        ctx.out.detail(f"the store lies on a network file system ({kind}); see intermt-check(1)")
    return store


def folder_of_pictures(ctx: Context, retrieve: str | None) -> Path | None:
    """The folder that `--retrieve` names; None for a server.

    A name from the configuration is never taken for a folder.

    Raises:
        MissingInputError: It is neither.
    """
    from intermt.config import BUILTIN
    from intermt.errors import MissingInputError

    if retrieve is None or retrieve in ctx.config.servers or "://" in retrieve:
        return None
    if retrieve.partition("#")[0] == BUILTIN:
        return None
    if not (folder := Path(retrieve)).is_dir():
        raise MissingInputError(
            f"--retrieve {retrieve}: neither a folder nor a configured server",
            todo="name a folder with captions.jsonl, .csv or .txt, a server, or builtin",
        )
    return folder


def said_of_calls(counts: CallCounts) -> str:
    """One line on what became of the calls of a run."""
    states = ", ".join(f"{n} {state}" for state, n in counts.states.most_common())
    made = f"{counts.made} calls made" + (f" ({states})" if states else "")
    return f"{made}, {counts.reused} answers used again"


def said_of_failures(counts: CallCounts) -> str:
    """Why calls failed, the most frequent reasons first; empty where none did."""
    reasons = [f"{n} x {why}" for why, n in counts.reasons.most_common(3)]
    more = f"; and {len(counts.reasons) - 3} more" if len(counts.reasons) > 3 else ""
    return "; ".join(reasons) + more


def how_to_go_on(counts: CallCounts, *, tries_otherwise: bool, look: str = "") -> str:
    """What to do about work that is left.

    Args:
        counts: What became of the calls.
        tries_otherwise: Whether the command asks in other ways what comes to nothing twice.
        look: How to look at a reply that states nothing; "" where there is no way.
    """
    states = counts.states
    if states["rejected"] > counts.unsent + counts.worked_round:
        return "mend what the server rejects, then run the same command again"
    if counts.unsent:
        or_else = " or choose another --limit-context" if tries_otherwise else ""
        return (
            "some calls were not sent: raise the server's limit in the configuration"
            f"{or_else}, or mend the picture; then run the same command again"
        )
    cut, unstated = states["truncated"], counts.unstated
    nothing = states["refused"] + states["empty"] + unstated
    again = "run the same command again: "
    if tries_otherwise:
        if 2 * cut > counts.failed:
            return (
                f"{again}what is cut again is tried otherwise, then left out; a higher"
                " --max-tokens asks everything anew"
            )
        if 2 * nothing > counts.failed:
            what = "is refused, empty or states nothing" if unstated else "is refused or empty"
            return f"{again}what {what} again is tried otherwise, then left out"
        return f"{again}it asks only what is missing"
    again += "it asks only what is missing, in the same words"
    if 2 * cut > counts.failed:
        return f"{again}; if replies are cut again, raise --max-tokens"
    if 2 * unstated > counts.failed:
        look = f"; {look}" if look else ""
        return f"{again}{look}; where nothing is stated again, use other --prompts or another model"
    if 2 * nothing > counts.failed:
        return f"{again}; what is refused or empty again, ask another model"
    return again
