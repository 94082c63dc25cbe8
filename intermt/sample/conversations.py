"""Uuids of the sample's conversations, made from what is said and what was said before."""

from __future__ import annotations

import json
from pathlib import Path
from uuid import NAMESPACE_OID, uuid5

_ROOT = uuid5(NAMESPACE_OID, "intermt sample")


def with_uuids(path: Path) -> str:
    """The conversations file as it should be: every uuid right, laid out in one way.

    A uuid depends on the message and on all messages before it, so two conversations share
    the uuids of the turns with which both begin, and of no others.
    """
    conversations = json.loads(path.read_text("utf-8"))
    for conversation in conversations:
        uuid = _ROOT
        for turn in conversation["conversations"]:
            for side in ("prompt", "response"):
                said = [side, turn[side], turn[f"{side}_images"]]
                uuid = uuid5(uuid, json.dumps(said))
                turn[f"{side}_uuid"] = str(uuid)
    return json.dumps(conversations, indent=1, ensure_ascii=False) + "\n"
