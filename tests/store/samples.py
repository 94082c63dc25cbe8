"""Records, pictures and child processes that the store's tests share."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

from PIL import Image as PillowImage

from intermt.records import (
    Annotation,
    AnnotationTask,
    Call,
    Conversation,
    ConversationOrigin,
    Feedback,
    ImagePart,
    Node,
    NodeMark,
    PreferenceVote,
    Rater,
    Reply,
    Run,
    Score,
    Seed,
    SeedDrop,
    SeedGrowth,
    TextPart,
    ToolUse,
    Verdict,
    node_id,
)
from intermt.store.rows import Answered

STARTED = datetime(2026, 3, 1, 12, 0, 0)
ROOT_NAME = Path(__file__).resolve().parents[2]


def feedback(key: str, text: str = "x", **more: Any) -> Feedback:
    return Feedback(
        **{
            "feedback_id": key,
            "rater_id": "r",
            "target": "node",
            "target_id": "n",
            "kind": "critique",
            "dimension": None,
            "text": text,
            "dataset": "d",
            "task_key": "t",
            **more,
        }
    )


def node(parent: Node | None, role: str, *parts: Any, **more: Any) -> Node:
    parts = tuple(TextPart(p) if isinstance(p, str) else p for p in parts)
    parent_id = parent.node_id if parent else None
    made = node_id(parent_id, role, parts)  # type: ignore[arg-type]
    turn = 1 if parent is None else parent.turn + (role == "user")
    return Node(
        **{
            "node_id": made,
            "parent_id": parent_id,
            "seed_id": parent.seed_id if parent else made,
            "role": role,
            "turn": turn,
            "parts": parts,
            "n_tags": 0,
            **more,
        }
    )


def small_tree(picture: str | None = None) -> list[Any]:
    """A seed question, two answers, a follow-up, its answer, and everything said of them."""
    image = [ImagePart(picture, "p.png", None, None, picture or "")] if picture else []
    root = node(None, "user", "What is this?", *image, place="1")
    good = node(root, "assistant", "A heron.", place="1a")
    bad = node(root, "assistant", "A boat.", place="1b")
    more = node(good, "user", "Where does it live?", place="1a.1")
    last = node(more, "assistant", "By water.", place="1a.1a")
    conversation = Conversation(
        conversation_id="c1",
        dataset="d",
        source_id="s1",
        seed_id=root.node_id,
        path=(root.node_id, good.node_id, more.node_id, last.node_id),
        n_turns=2,
        run_id="run",
    )
    a, b = sorted((good.node_id, bad.node_id))
    return [
        run("run"),
        Seed(root.node_id, "d", "s1"),
        root,
        good,
        bad,
        more,
        last,
        conversation,
        Rater("r", "ann", "annotator", "human", "d"),
        Rater("j", "judge", "judge", "model"),
        Score("sc", "r", "node", good.node_id, "text_quality", 3, "d", "t"),
        Score("sg", "r", "conversation", "c1", "helpfulness", 2, "d", "t"),
        PreferenceVote("v", "r", "local", "prefix", root.node_id, a, b, "overall", "a", "d", "t"),
        AnnotationTask("at", "local", root.node_id, a, b, "b", {}, "d", "run"),
        Annotation("an", "r", "local", root.node_id, a, b, "d", "t"),
        feedback("f", target_id=good.node_id),
        answered("k"),
        verdict("w", judge_id="j", a_id=good.node_id, request_key="k"),
        Rater("ju", "jury", "judge", "jury"),
        verdict("x", judge_id="ju", a_id=good.node_id, request_key="", members=("w",)),
        SeedDrop("sd", "left out", "d", "s2", "quality", "short", "too short", {"chars": 3}, "run"),
        NodeMark(good.node_id, "kept", "", 1, None, "run"),
        SeedGrowth(root.node_id, "done", 1, 1, "", "", "run"),
        ConversationOrigin("c1", root.node_id, 1, root.node_id, "run"),
        ToolUse("tu", good.node_id, None, "draw", "a heron", None, "asked", "k", "refused", None),
    ]


def run(key: str, **more: Any) -> Run:
    return Run(
        **{
            "run_id": key,
            "command": "judge",
            "config": {"n": 1},
            "seed": 0,
            "version": "0",
            "host": "h",
            "user": "u",
            "started_at": STARTED,
            **more,
        }
    )


def answered(key: str, state: str = "ok", *, body: Any = None, **reply: Any) -> Answered:
    call = Call(key, "chat", "s", "m", "/chat/completions", body or {})
    return Answered(call, Reply(**{"request_key": key, "state": state, "text": "t", **reply}))


def verdict(key: str, state: str = "ok", **more: Any) -> Verdict:
    return Verdict(
        **{
            "verdict_id": key,
            "judge_id": "j",
            "task": "score",
            "level": "local",
            "a_id": "n",
            "b_id": None,
            "dimension": "text_quality",
            "order": "",
            "sample": 0,
            "state": state,
            "value": 2,
            "choice": None,
            "text": None,
            "request_key": "k",
            **more,
        }
    )


def picture(shade: int = 0, kind: str = "PNG", size: tuple[int, int] = (8, 6)) -> bytes:
    buffer = io.BytesIO()
    PillowImage.new("RGB", size, (shade % 256, shade // 256 % 256, 7)).save(buffer, kind)
    return buffer.getvalue()


def start(code: str, *arguments: object, **options: Any) -> subprocess.Popen[str]:
    """A Python process that runs `code`; what it prints is read through `stdout`."""
    return subprocess.Popen(
        [sys.executable, "-c", code, *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT_NAME,
        **options,
    )


def finish(process: subprocess.Popen[str], timeout_s: float = 60) -> str:
    """What the process printed; it must end well."""
    out, err = process.communicate(timeout=timeout_s)
    assert process.returncode == 0, err
    return out


def end(process: subprocess.Popen[str]) -> str:
    """Kill -9; what it had printed and was not read yet."""
    with process:
        process.kill()
        assert process.stdout
        return process.stdout.read()


AS_NOBODY = """
import os, sys
from pathlib import Path
import duckdb, orjson, PIL.Image, PIL.PngImagePlugin
from intermt.errors import *
from intermt.store import check
from intermt.store.connect import Store
from intermt.store.lock import StoreLock
os.setgroups([]); os.setgid(65534); os.setuid(65534)
"""
"""Start of a child's code: it loads what it needs, then gives up the rights of root."""


def lines(text: str) -> list[Any]:
    """JSON lines, a torn last one left out."""
    return [json.loads(line) for line in text.split("\n")[:-1]]


IS_ROOT = os.geteuid() == 0
