"""Makes models of a few thousand random weights, and says what they give; for the interop tests.

Run by the Python that has transformers and torch, not by pytest's: `tiny_models.py make FOLDER`
makes `chat`, `reward` (one label) and `classes` (three labels) there; `tiny_models.py rewards
FOLDER` reads conversations (a JSON list of lists of messages) and writes the reward of each.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import (
    AutoTokenizer,
    LlamaConfig,
    LlamaForCausalLM,
    LlamaForSequenceClassification,
    PreTrainedTokenizerFast,
)

TEMPLATE = (
    "{% for m in messages %}<s>{{ m['role'] }}\n"
    "{% if m['content'] is string %}{{ m['content'] }}"
    "{% else %}{% for p in m['content'] %}{{ p['text'] }}{% endfor %}{% endif %}</s>\n"
    "{% endfor %}{% if add_generation_prompt %}<s>assistant\n{% endif %}"
)


def make(folder: Path) -> None:
    torch.manual_seed(0)
    inner = Tokenizer(models.BPE())
    inner.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    inner.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    inner.train_from_iterator(
        ["plain words about rain and warm air"],
        trainers.BpeTrainer(
            vocab_size=300, special_tokens=["<s>", "</s>"], initial_alphabet=alphabet
        ),
    )
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=inner, bos_token="<s>", eos_token="</s>", pad_token="</s>"
    )
    tokenizer.chat_template = TEMPLATE
    shape: dict[str, Any] = {
        **{"vocab_size": len(tokenizer), "hidden_size": 128, "intermediate_size": 256},
        **{"num_hidden_layers": 2, "num_attention_heads": 2, "num_key_value_heads": 2},
        **{"max_position_embeddings": 16384, "bos_token_id": 0},
        **{"eos_token_id": 1, "pad_token_id": 1},
    }
    for name, kind, n_labels in (
        ("chat", LlamaForCausalLM, 2),
        ("reward", LlamaForSequenceClassification, 1),
        ("classes", LlamaForSequenceClassification, 3),
    ):
        model = kind(LlamaConfig(**shape, num_labels=n_labels))
        if name != "chat":
            torch.nn.init.normal_(model.score.weight, std=0.5)
        model.save_pretrained(folder / name)
        tokenizer.save_pretrained(folder / name)


def rewards(folder: Path, conversations: list[Any]) -> list[float]:
    """What the model itself gives for conversations, through the tokenizer's template."""
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = LlamaForSequenceClassification.from_pretrained(folder, dtype=torch.float32).eval()
    given = []
    for messages in conversations:
        text = tokenizer.apply_chat_template(messages, tokenize=False)
        ids = torch.tensor([tokenizer(text, add_special_tokens=False)["input_ids"]])
        with torch.no_grad():
            hidden = model.model(input_ids=ids).last_hidden_state[0, -1]
        given.append(float(model.score(hidden)[0]))
    return given


if __name__ == "__main__":
    if sys.argv[1] == "make":
        make(Path(sys.argv[2]))
    else:
        json.dump(rewards(Path(sys.argv[2]), json.load(sys.stdin)), sys.stdout)
