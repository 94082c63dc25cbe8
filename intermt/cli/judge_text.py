"""What `judge` says to people."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from intermt.cli.opening import SIMULATED, said_of_calls
from intermt.cli.terminal import counted, one_line
from intermt.cli.tree_text import WIDTH, cut

if TYPE_CHECKING:
    from intermt.commands.judge_config import JudgeResult
    from intermt.commands.judge_show import ShownJudgement, ShownMessage, ShownReply
    from intermt.records import Verdict
    from intermt.store.judged import StoredCall


def judged_text(result: JudgeResult) -> str:
    """What a run judged, on a line or two."""
    said = [
        f"{result.judge} ({result.task}, {result.level}): {counted(result.n_items, 'item')}",
        f"{result.n_known} judged before",
        *([f"{result.n_skipped} skipped for want of pictures"] if result.n_skipped else []),
        *(
            [f"{result.n_trained_on} of trees the head was fitted to"]
            if result.n_trained_on
            else []
        ),
        f"{result.n_missing_pictures} judged without some picture",
    ]
    lines = [f"{', '.join(said)}; {said_of_calls(result.calls)}"]
    if result.jury:
        n = sum(result.jury.values())
        lines.append(
            f"a jury of {', '.join(result.members)}: {result.jury['ok']} of"
            f" {counted(n, 'verdict')} stated"
        )
    return "\n".join([*lines, *([SIMULATED] if result.simulated else [])])


def judgement_lines(shown: ShownJudgement) -> Iterator[str]:
    """What was judged, then every reply with its verdicts and its call."""
    for item_id, messages in shown.items.items():
        yield f"item {item_id}"
        yield from map(_message_line, messages)
    for reply in shown.replies:
        yield ""
        yield from _reply_lines(reply)


def _message_line(message: ShownMessage) -> str:
    notes = [
        *([f"{len(message.pictures)} pic"] if message.pictures else []),
        *(f"missing {one_line(name)}" for name in message.missing),
    ]
    noted = f" [{'; '.join(notes)}]" if notes else ""
    return cut(f"  {message.role}{noted}: {one_line(message.text)}", WIDTH)


def _reply_lines(reply: ShownReply) -> Iterator[str]:
    first = reply.verdicts[0]
    about = [first.task, first.level, *([f"{first.order} shown first"] if first.order else [])]
    if first.sample:
        about.append(f"sample {first.sample}")
    yield f"{one_line(reply.judge)} ({', '.join(about)})"
    if first.b_id is not None:
        yield f"  a is {first.a_id}, b is {first.b_id}"
    for verdict in reply.verdicts:
        yield f"  {verdict.dimension}: {_said(verdict)}   verdict {verdict.verdict_id}"
    notes = {note: [v.dimension for v in reply.verdicts if note in v.notes]
             for verdict in reply.verdicts for note in verdict.notes}  # fmt: skip
    for note, dimensions in notes.items():
        where = "" if len(dimensions) == len(reply.verdicts) else f"{', '.join(dimensions)}: "
        yield f"  note: {where}{one_line(note)}"
    if reply.second is not None and first.task == "crucial-step":
        yield from _call_lines("description", reply.second)
    if reply.call is not None and reply.call != reply.second:
        yield from _call_lines("call", reply.call)
    if reply.second is not None and first.task == "pair":
        yield from _call_lines("call about b", reply.second)


def _said(verdict: Verdict) -> str:
    if verdict.state != "ok":
        return verdict.state
    stated = verdict.choice if verdict.choice is not None else verdict.value
    said = [str(stated)] if stated is not None else []
    if verdict.estimate is not None:
        said.append(f"estimate {verdict.estimate:.4g}")
    return ", ".join(said)


def _call_lines(what: str, call: StoredCall) -> Iterator[str]:
    tokens = "tokens not counted"
    if call.tokens_in is not None or call.tokens_out is not None:
        tokens = f"{_count(call.tokens_in)} tokens in, {_count(call.tokens_out)} out"
    yield f"  {what} {call.request_key}"
    yield (
        f"    {one_line(call.model or call.reply_model)} at {one_line(call.server)}: {call.state},"
        f" {tokens}, {call.latency_ms:.0f} ms, {counted(call.attempts, 'attempt')}"
        + (", simulated" if call.simulated else "")
    )
    yield f"    prompt {call.prompt_hash or 'without a template'}"
    for sha256 in call.images:
        yield f"    picture {sha256}"
    if call.error:
        yield f"    error: {one_line(call.error)}"
    for line in (call.text or "(nothing was said)").splitlines():
        yield f"    | {one_line(line)}"


def _count(n: int | None) -> str:
    return "?" if n is None else str(n)
