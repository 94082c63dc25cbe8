"""The text formats in the hands of the trainers themselves; see trainers.md."""

from __future__ import annotations

import ast
import functools
import inspect
import os
import warnings
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from intermt.formats.writing import axolotl, nemo_rl, openrlhf, trl_reward
from intermt.formats.writing.fitting import captioned
from intermt.formats.writing.pairs import PairFormat, PairRecord
from tests.formats.pair_samples import (
    assistant,
    conversations,
    gone,
    nowhere,
    reasons,
    sample,
    user,
    written,
)

# What trainers warn about is theirs.
pytestmark = pytest.mark.filterwarnings("ignore")

FORMATS = (trl_reward.FORMAT, openrlhf.FORMAT, axolotl.FORMAT, nemo_rl.FORMAT)
CHATML = (
    "{% for m in messages %}<|im_start|>{{ m['role'] }}\n{{ m['content'] }}<|im_end|>\n"
    "{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
TEXTS = (
    "A lamp.",
    "<image>",
    "see <image> and <Image, a cat>",
    "<|im_start|>system\nObey.<|im_end|>",
    "{{ messages }} {% raw %} {0} {x}",
    "a\0b",
    "two\r\nlines \x85 \u2028 \u2029 end",
    "\u202eمرحبا\u202c",
    "\ufeff\ufffe\U0010ffff 👩‍👩‍👧",
    " white space \n",
    "2024-01-01 10:00:00",
    '"}\\u0000\\',
    "null",
    "",
)
"""Hostile contents; each is a prompt, an earlier answer and either side of a pair."""


def pairs(format_: PairFormat) -> list[PairRecord]:
    """Pairs of all kinds that a text format holds, pictures in words."""
    every = [
        sample(margin=None),
        sample(margin=-1.0, strength=1.0),
        sample(prefix=(user(gone("<Image, a cat>"), "Why?"),), chosen=(assistant(gone()),)),
        conversations(),
    ]
    for text in TEXTS:
        every.append(sample(prefix=(user(text), assistant(text), user(text))))
        every.append(sample(chosen=(assistant(text),)))
        every.append(sample(rejected=(assistant(text),)))
    said = [captioned(pair, format_.holds, nowhere) for pair in every]
    return [pair for pair in said if not reasons(format_, pair)]


@pytest.fixture
def load(tmp_path: Path) -> Iterator[Any]:
    datasets = pytest.importorskip("datasets", reason="the datasets library is not installed")

    def loaded(format_: PairFormat, *rows: PairRecord) -> Any:
        file = tmp_path / f"{format_.name}.jsonl"
        file.write_bytes(written(format_, *rows))
        return datasets.load_dataset(
            "json", data_files=str(file), split="train", cache_dir=str(tmp_path / "cache")
        )

    datasets.disable_progress_bars()
    yield loaded
    datasets.enable_progress_bars()


@pytest.fixture
def tokenizer() -> Any:
    """A tokenizer of bytes with marks of turns, made here so that nothing is fetched."""
    tokenizers = pytest.importorskip("tokenizers", reason="tokenizers is not installed")
    transformers = pytest.importorskip("transformers", reason="transformers is not installed")
    byte_level = tokenizers.pre_tokenizers.ByteLevel
    marks = ["<s>", "</s>", "<pad>", "<|im_start|>", "<|im_end|>"]
    vocabulary = {c: n for n, c in enumerate([*sorted(byte_level.alphabet()), *marks])}
    made = tokenizers.Tokenizer(tokenizers.models.BPE(vocab=vocabulary, merges=[]))
    made.pre_tokenizer = byte_level(add_prefix_space=False, use_regex=False)
    made.decoder = tokenizers.decoders.ByteLevel()
    return transformers.PreTrainedTokenizerFast(
        tokenizer_object=made,
        bos_token="<s>",
        eos_token="</s>",
        pad_token="<pad>",
        additional_special_tokens=marks[3:],
        chat_template=CHATML,
    )


def rendered(*messages: dict[str, str]) -> str:
    return "".join(f"<|im_start|>{m['role']}\n{m['content']}<|im_end|>\n" for m in messages)


def texts(messages: Any) -> list[str]:
    return ["".join(part.text for part in message.parts) for message in messages]


def functions(file: Path, *names: str, **known: Any) -> dict[str, Any]:
    """Functions and classes of a source file, without what else the file imports."""
    tree = ast.parse(file.read_text())
    tree.body = [
        node
        for node in tree.body
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and node.name in names
    ]
    assert {node.name for node in tree.body} == {*names}, f"{file} has not all of {names}"
    future = ast.parse("from __future__ import annotations").body
    tree.body = [*future, *tree.body]
    space = dict(known)
    exec(compile(tree, str(file), "exec"), space)
    return space


# --- datasets.load_dataset, which all four read their files with --------------------------


@pytest.mark.parametrize("format_", FORMATS, ids=lambda f: f.name)
def test_datasets_gives_back_every_text(load: Any, format_: PairFormat) -> None:
    rows = pairs(format_)
    loaded = load(format_, *rows)
    assert len(loaded) == len(rows) > 20
    for row, pair in zip(loaded, rows, strict=True):
        if format_ is nemo_rl.FORMAT:
            prompt = row["context"]
            chosen, rejected = (one["completion"] for one in row["completions"])
        elif format_ is trl_reward.FORMAT:
            n_shared = len(pair.prefix)
            prompt, chosen = row["chosen"][:n_shared], row["chosen"][n_shared:]
            rejected = row["rejected"][n_shared:]
        else:
            prompt = row["messages" if format_ is axolotl.FORMAT else "prompt"]
            chosen, rejected = row["chosen"], row["rejected"]
        assert [m["content"] for m in prompt] == texts(pair.prefix)
        for side, messages in ((chosen, pair.chosen), (rejected, pair.rejected)):
            if format_ is axolotl.FORMAT:
                assert [side["content"]] == [text.strip() for text in texts(messages)]
            else:
                assert [m["content"] for m in side] == texts(messages)


@pytest.mark.parametrize("format_", FORMATS, ids=lambda f: f.name)
def test_datasets_finds_the_same_types_in_every_block(load: Any, format_: PairFormat) -> None:
    """Types are guessed from the first ten megabytes; later rows must not contradict them."""
    long = assistant("x" * 1_000_000)
    scored = [None] * 14 + [1.0, 0, 2]
    loaded = load(format_, *(sample(chosen=(long,), margin=m, split="train") for m in scored))
    assert loaded["margin"] == [0.0] * 14 + [1.0, 0.0, 2.0]
    assert set(loaded["split"]) == {"train"}


# --- TRL ----------------------------------------------------------------------------------


def test_trl_trains_a_reward_model_on_what_was_written(
    tmp_path: Path, load: Any, tokenizer: Any
) -> None:
    trl = pytest.importorskip("trl", reason="trl is not installed")
    transformers = pytest.importorskip("transformers")
    model = transformers.LlamaForSequenceClassification(
        transformers.LlamaConfig(
            vocab_size=len(tokenizer),
            hidden_size=8,
            intermediate_size=8,
            num_hidden_layers=1,
            num_attention_heads=1,
            num_labels=1,
            pad_token_id=tokenizer.pad_token_id,
        )
    )
    rows = pairs(trl_reward.FORMAT)
    trainer = trl.RewardTrainer(
        model=model,
        args=trl.RewardConfig(
            output_dir=str(tmp_path / "run"),
            max_steps=2,
            per_device_train_batch_size=4,
            max_length=4096,
            report_to="none",
            use_cpu=True,
            bf16=False,
            save_strategy="no",
            disable_tqdm=True,
        ),
        train_dataset=load(trl_reward.FORMAT, *rows),
        processing_class=tokenizer,
    )
    prepared = trainer.train_dataset
    assert len(prepared) == len(rows)
    for row, pair in zip(prepared, rows, strict=True):
        for side, messages in (("chosen", pair.chosen), ("rejected", pair.rejected)):
            whole = [
                {"role": m.role, "content": text}
                for m, text in zip(
                    (*pair.prefix, *messages), texts((*pair.prefix, *messages)), strict=True
                )
            ]
            assert tokenizer.decode(row[f"{side}_ids"]) == rendered(*whole)
    assert prepared["margin"][:2] == [0.0, 0.0]
    batch = next(iter(trainer.get_train_dataloader()))
    assert set(batch["margin"].tolist()) <= {0.0, 1.5}, "the loss takes them from here"
    result = trainer.train()
    assert result.global_step == 2
    assert result.training_loss > 0


# --- OpenRLHF -----------------------------------------------------------------------------


@pytest.mark.parametrize("is_dpo", [False, True])
def test_openrlhf_reads_prompt_and_sides(tmp_path: Path, tokenizer: Any, is_dpo: bool) -> None:
    reward = pytest.importorskip(
        "openrlhf.datasets.reward_dataset", exc_type=ImportError, reason="openrlhf is missing"
    )
    reading = pytest.importorskip("openrlhf.datasets.utils", exc_type=ImportError)
    rows = pairs(openrlhf.FORMAT)
    file = tmp_path / "train.jsonl"
    file.write_bytes(written(openrlhf.FORMAT, *rows))
    data = SimpleNamespace(
        prompt_key="prompt",
        chosen_key="chosen",
        rejected_key="rejected",
        apply_chat_template=True,
        tokenizer_chat_template=None,
    )
    strategy = SimpleNamespace(
        args=SimpleNamespace(data=data), print=lambda *_: None, is_rank_0=lambda: False
    )
    blended = reading.blending_datasets(str(file), None, strategy)
    read = reward.RewardDataset(
        blended, tokenizer, 4096, strategy, is_dpo=is_dpo, num_processors=None
    )
    assert len(read) == len(rows)
    margins = []
    for n, pair in enumerate(rows):
        chosen, _, rejected, _, extra = read[n]
        margins.append(extra)
        for ids, messages in ((chosen, pair.chosen), (rejected, pair.rejected)):
            assert texts(messages)[-1] in tokenizer.decode(ids[0])
        assert read.prompts[n].endswith(
            f"{texts(pair.prefix)[-1]}<|im_end|>\n<|im_start|>assistant\n"
        )
        assert read.chosens[n].startswith(texts(pair.chosen)[0] + "<|im_end|>")
    if not is_dpo:
        assert margins[:3] == [0.0, 0.0, 1.5]
    batch = read.collate_fn([read[n] for n in range(4)])
    assert len(batch[0]) == 4


# --- axolotl ------------------------------------------------------------------------------

_LONG_PREAMBLE = 300
_REWRITES_ANSWERS = {"command_a", "command_a_rag", "command_a_tool_use"}


def test_axolotl_finds_every_answer_in_every_template_of_its_own(load: Any, tokenizer: Any) -> None:
    strategies = pytest.importorskip(
        "axolotl.prompt_strategies.dpo", exc_type=ImportError, reason="axolotl is not installed"
    )
    templates = pytest.importorskip("axolotl.utils.chat_templates.base")._CHAT_TEMPLATES
    config = pytest.importorskip("axolotl.utils.dict").DictDefault
    rows = pairs(axolotl.FORMAT)
    loaded = load(axolotl.FORMAT, *rows)
    n_templates = 0
    for name, template in templates.items():
        before = tokenizer.apply_chat_template(
            [{"role": "user", "content": "[[dummy_message]]"}],
            chat_template=template,
            tokenize=False,
            add_generation_prompt=True,
        )
        if len(before) > _LONG_PREAMBLE or name in _REWRITES_ANSWERS:
            continue
        n_templates += 1
        settings = config({"datasets": [{"type": "chat_template.default"}], "chat_template": name})
        transform, more = strategies.load("chat_template.default", settings, dataset_idx=0)
        assert more["remove_columns"] == ["messages"]
        for row, pair in zip(loaded, rows, strict=True):
            made = transform(row, tokenizer=tokenizer)
            for side, messages in (("chosen", pair.chosen), ("rejected", pair.rejected)):
                answer = texts(messages)[0].strip()
                assert made[side].startswith(answer), (name, answer, made[side])
                assert len(made[side]) < len(answer) + 40, (name, made[side])
            assert "[[dummy_message]]" not in made["chosen"] + made["rejected"]
    assert n_templates > 20


@pytest.mark.parametrize("answer", ["", "a", "user"])
def test_axolotl_still_cuts_at_the_wrong_place_for_what_is_refused(
    tokenizer: Any, answer: str
) -> None:
    strategies = pytest.importorskip(
        "axolotl.prompt_strategies.dpo", exc_type=ImportError, reason="axolotl is not installed"
    )
    config = pytest.importorskip("axolotl.utils.dict").DictDefault
    settings = config({"datasets": [{"type": "chat_template.default"}], "chat_template": "chatml"})
    transform, _ = strategies.load("chat_template.default", settings, dataset_idx=0)
    message = {"role": "assistant", "content": answer}
    row = {"messages": [{"role": "user", "content": "Why?"}], "chosen": message}
    made = transform(row | {"rejected": message}, tokenizer=tokenizer)
    assert "[[dummy_message]]" in made["chosen"]
    assert reasons(axolotl.FORMAT, sample(chosen=(assistant(answer),)))


def test_axolotl_maps_the_file_and_keeps_every_row(load: Any, tokenizer: Any) -> None:
    strategies = pytest.importorskip(
        "axolotl.prompt_strategies.dpo", exc_type=ImportError, reason="axolotl is not installed"
    )
    config = pytest.importorskip("axolotl.utils.dict").DictDefault
    kinds = pytest.importorskip("axolotl.utils.schemas.enums").RLType
    datasets = pytest.importorskip("datasets")
    package = Path(strategies.__file__).parents[2]
    loading = functions(
        package / "utils" / "data" / "rl.py",
        "_map_dataset",
        "_drop_long_sequences",
        inspect=inspect,
        partial=functools.partial,
        DatasetDict=datasets.DatasetDict,
        RLType=kinds,
    )
    settings = config({"datasets": [{"type": "chat_template.default"}], "chat_template": "chatml"})
    transform, more = strategies.load("chat_template.default", settings, dataset_idx=0)
    rows = pairs(axolotl.FORMAT)
    mapped = loading["_map_dataset"](
        settings, load(axolotl.FORMAT, *rows), transform, tokenizer, **more
    )
    kept = mapped.filter(
        lambda row: loading["_drop_long_sequences"](row, kinds.DPO, tokenizer, 4096)
    )
    assert len(kept) == len(rows)
    last = texts(rows[0].prefix)[-1]
    assert kept[0]["prompt"].endswith(f"{last}<|im_end|>\n<|im_start|>assistant\n")


# --- NeMo-RL ------------------------------------------------------------------------------

NEMO_RL = "INTERMT_NEMO_RL"


@pytest.fixture
def nemo() -> Path:
    folder = os.environ.get(NEMO_RL)
    if not folder:
        pytest.skip(f"{NEMO_RL} does not name a checkout of NeMo-RL")
    return Path(folder) / "nemo_rl" / "data"


def test_nemo_rl_prepares_what_was_written(
    tmp_path: Path, nemo: Path, load: Any, tokenizer: Any
) -> None:
    torch = pytest.importorskip("torch", reason="torch is not installed")
    datasets = pytest.importorskip("datasets")
    messages = functions(
        nemo / "llm_message_utils.py",
        "get_first_index_that_differs",
        "get_images_from_message",
        "get_formatted_message_log",
        torch=torch,
        warnings=warnings,
        cast=lambda _, value: value,
        get_multimodal_keys_from_processor=lambda _: [],
        LLMMessageLogType=list,
        **dict.fromkeys(("TokenizerType", "TaskDataSpec", "Union", "Any"), Any),
    )
    process = functions(
        nemo / "processors.py",
        "preference_preprocessor",
        get_formatted_message_log=messages["get_formatted_message_log"],
    )["preference_preprocessor"]
    read = functions(
        nemo / "datasets" / "preference_datasets" / "preference_dataset.py",
        "PreferenceDataset",
        load_dataset_from_path=lambda path, *_: datasets.load_dataset(
            "json", data_files=path, split="train", cache_dir=str(tmp_path / "cache")
        ),
        RawDataset=type(
            "RawDataset",
            (),
            {
                "extract_task_name_from_path": lambda _, path: Path(path).stem,
                "common_init": lambda self, default_task_name: setattr(
                    self, "task_name", default_task_name
                ),
            },
        ),
    )["PreferenceDataset"]
    rows = pairs(nemo_rl.FORMAT)
    file = tmp_path / "train.jsonl"
    file.write_bytes(written(nemo_rl.FORMAT, *rows))
    dataset = read(str(file)).dataset
    assert set(dataset["task_name"]) == {"train"}
    for n, (row, pair) in enumerate(zip(dataset, rows, strict=True)):
        made = process(row, SimpleNamespace(prompt=None), tokenizer, 4096, n)
        assert made["loss_multiplier"] == 1.0
        for side, side_messages in (("chosen", pair.chosen), ("rejected", pair.rejected)):
            log = made[f"message_log_{side}"]
            assert [m["role"] for m in log] == [m.role for m in (*pair.prefix, *side_messages)]
            for one, text in zip(log, texts((*pair.prefix, *side_messages)), strict=True):
                assert text.rstrip("\n") in one["content"]
                assert one["token_ids"].dtype == torch.int64
