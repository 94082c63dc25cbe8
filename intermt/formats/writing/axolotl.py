"""Preference pairs for axolotl's DPO with `type: chat_template.default`: text only.

A row has `messages`, the shared ones, and one message each under `chosen` and `rejected`.
axolotl renders an answer after a made-up prompt and then searches the answer's text in what
came out, to cut off what stands before it. That goes wrong without a word where the template
trims the text, where the text also stands further ahead, and where there is none. So answers
are written without the white space around them, and answers that would not be found, or found
too early, do not fit. See axolotl 0.19.0, `prompt_strategies/dpo/chat_template.py`.
"""

from __future__ import annotations

from dataclasses import replace

from intermt.formats.writing.pairs import PairFormat, PairRecord
from intermt.formats.writing.text_rows import (
    ROOM,
    TEXT_ONLY,
    Row,
    checker_of,
    prompted_faults,
    said,
    writer_of,
)
from intermt.records import ImagePart, Message

_SHORTEST = 3
_LONGEST_DATE = 4
_BEFORE_ANSWERS = (
    "[[dummy_message]]",
    "<|im_start|>system\n",
    "<|im_start|>user\n",
    "<|im_end|>\n<|im_start|>assistant\n",
    "<|begin_of_text|><|start_header_id|>user<|end_header_id|>\n\n",
    "<|eot_id|><|start_header_id|>assistant<|end_header_id|>\n\n",
    "<start_of_turn>user\n",
    "<end_of_turn>\n<start_of_turn>model\n",
    "<|START_OF_TURN_TOKEN|><|USER_TOKEN|>",
    "<|END_OF_TURN_TOKEN|><|CHATBOT_TOKEN|>",
    "<bos><s>[INST] [/INST]",
    "USER: ASSISTANT: Human: Assistant: User: Model:",
    "### Instruction:\n### Response:\n",
    "[|system|][|endofturn|][|user|][|assistant|]",
    "<|system|><|user|><|assistant|><|channel>thought<channel|>",
    "<|startoftext|><|bom|><|eom|><|header_start|><|header_end|><|eot|><|end|><|turn>",
    "You are a helpful assistant.",
    "You are Qwen, created by Alibaba Cloud.",
    "Cutting Knowledge Date: December",
    "Today Date: Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec",
)
"""What templates put before an answer: the marks of turns, and short default prompts."""


def _answer(messages: list[dict[str, str]]) -> dict[str, str]:
    (message,) = messages
    return {"role": message["role"], "content": message["content"].strip()}


def _row(pair: PairRecord) -> Row:
    return {
        "messages": said(pair.prefix),
        "chosen": _answer(said(pair.chosen)),
        "rejected": _answer(said(pair.rejected)),
    }


def _misfits(pair: PairRecord) -> list[str]:
    answers = [message for side in (pair.chosen, pair.rejected) for message in side]
    if any(isinstance(part, ImagePart) for message in answers for part in message.parts):
        return []
    found = {fault: None for text in map(_text, answers) if (fault := _fault(text)) is not None}
    if len(answers) == 2 and _differ_in_space_alone(pair):
        found["the same answer but for white space around it"] = None
    return list(found)


def _text(message: Message) -> str:
    return said([message])[0]["content"].strip()


def _differ_in_space_alone(pair: PairRecord) -> bool:
    chosen, rejected = said((*pair.chosen, *pair.rejected))
    return chosen != rejected and chosen["content"].strip() == rejected["content"].strip()


def _fault(answer: str) -> str | None:
    """Why axolotl would cut at the wrong place; None where it would not."""
    if not answer:
        return "an empty answer"
    if "<think>" in answer or "</think>" in answer:
        return "an answer with <think> marks, which templates move"
    if (
        len(answer) < _SHORTEST
        or (len(answer) <= _LONGEST_DATE and answer.isdigit())
        or any(answer in before for before in _BEFORE_ANSWERS)
    ):
        return "an answer that also stands in templates"
    return None


def _faults(row: Row) -> list[str]:
    chosen, rejected = row.get("chosen"), row.get("rejected")
    faults = prompted_faults(row.get("messages"), "messages", [chosen], [rejected])
    if faults:
        return faults
    for side in ("chosen", "rejected"):
        answer = row[side]["content"]
        if (fault := _fault(answer)) is not None:
            faults.append(f"{side} is {fault}")
        elif answer != answer.strip():
            faults.append(f"{side} has white space around it")
    return faults


FORMAT = PairFormat(
    name="axolotl",
    about="axolotl 0.19.0, DPO with type chat_template.default",
    extension=".jsonl",
    holds=replace(TEXT_ONLY, chains=False, also=_misfits),
    writer=writer_of(_row),
    check=checker_of(_faults),
    room=ROOM,
)
