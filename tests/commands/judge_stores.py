"""Stores with something to judge, and servers that judge as told."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from aiohttp import web

from intermt.dimensions import dimensions_of
from tests.commands.serving import said
from tests.commands.work import Program, conversations, counted, written

LOCAL = [d.key for d in dimensions_of("local")]
GLOBAL = [d.key for d in dimensions_of("global")]


def fill(intermt: Program, folder: Path, n: int = 6) -> Program:
    """Conversations of two turns and votes on the pairs among them, at both levels."""
    intermt("annotate-import", written(folder / "c.json", conversations(n)))
    sql = """SELECT list(ids) FROM (SELECT list(node_id) AS ids FROM node WHERE turn = 1
             AND role = 'assistant' GROUP BY parent_id)"""
    answers = counted(intermt.store, sql)
    sql = """SELECT list(ids) FROM
             (SELECT list(conversation_id) AS ids FROM conversation GROUP BY seed_id)"""
    whole = counted(intermt.store, sql)
    lines = [f"x,{a},{b},A,local" for a, b in answers] + [f"x,{a},{b},tie,global" for a, b in whole]
    (folder / "v.csv").write_text("\n".join(("rater,answer_a,answer_b,choice,level", *lines, "")))
    intermt("annotate-import", folder / "v.csv")
    return intermt


def wanted(body: Mapping[str, Any]) -> list[str]:
    """What a request under a schema wants verdicts on."""
    properties = body["response_format"]["json_schema"]["schema"]["properties"]
    return [name for name in properties if name != "reason"]


def saying(value: int | str) -> Callable[[dict[str, Any]], Any]:
    """A judge that says the same of everything."""

    async def answer(body: dict[str, Any]) -> web.Response:
        if "response_format" not in body:
            return said("1. Understand the question. 2. Answer it.")
        return said(json.dumps(dict.fromkeys(wanted(body), value)))

    return answer


def choosing(side: str) -> Callable[[dict[str, Any]], Any]:
    """A judge that prefers the longer of two candidates (`long`), or the other (`short`)."""

    async def answer(body: dict[str, Any]) -> web.Response:
        text = str(body["messages"][-1]["content"])
        a, b = text.index("## Answer A"), text.index("## Answer B")
        first, second = text[a:b], text[b:]
        longer = "A" if (len(first), first) > (len(second), second) else "B"
        other = "B" if longer == "A" else "A"
        choice = longer if side == "long" else other
        return said(json.dumps(dict.fromkeys(wanted(body), choice)))

    return answer
