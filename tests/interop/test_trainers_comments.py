"""Records of critiques and refinements in the hands of the trainers; see trainers.md."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest

from intermt.formats.writing.comments import CommentFormat, CommentRecord, find
from tests.formats.pair_samples import assistant, user
from tests.formats.picture_samples import PATH, PICTURES, shown
from tests.interop.test_trainers_text import TEXTS, rendered, tokenizer

__all__ = ["tokenizer"]

pytestmark = pytest.mark.filterwarnings("ignore")


def record(text: str, *prompt: Any) -> CommentRecord:
    return CommentRecord(
        record_id="0" * 32,
        kind="critique",
        level="local",
        dimension=None,
        seed_id="1" * 32,
        turn=1,
        target_id="2" * 32,
        rater="3" * 32,
        prompt=(*prompt, user("Critique the last answer.")),
        completion=text,
        split=None,
        simulated=False,
        synthetic=False,
    )


def written(format_: CommentFormat, file: Path, *rows: CommentRecord) -> Path:
    sink = io.BytesIO()
    writer = format_.writer(sink, PICTURES)
    for row in rows:
        writer.write(row)
    writer.close()
    file.write_bytes(sink.getvalue())
    assert format_.check(file, PICTURES) == (len(rows), [])
    return file


def test_trl_fine_tunes_on_the_completion_alone(tmp_path: Path, tokenizer: Any) -> None:
    datasets = pytest.importorskip("datasets", reason="the datasets library is not installed")
    trl = pytest.importorskip("trl", reason="trl is not installed")
    transformers = pytest.importorskip("transformers")
    model = transformers.LlamaForCausalLM(
        transformers.LlamaConfig(
            vocab_size=len(tokenizer),
            hidden_size=8,
            intermediate_size=8,
            num_hidden_layers=1,
            num_attention_heads=1,
            pad_token_id=tokenizer.pad_token_id,
        )
    )
    rows = [record(text, user(text), assistant(text)) for text in TEXTS if text.strip()]
    file = written(find("trl-sft", "critique"), tmp_path / "train.jsonl", *rows)
    data = datasets.load_dataset(
        "json", data_files=str(file), split="train", cache_dir=str(tmp_path / "cache")
    )
    trainer = trl.SFTTrainer(
        model=model,
        args=trl.SFTConfig(
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
        train_dataset=data,
        processing_class=tokenizer,
    )
    prepared = trainer.train_dataset
    assert len(prepared) == len(rows)
    for got, given, row in zip(prepared, data, rows, strict=True):
        whole = rendered(*given["prompt"], *given["completion"])
        assert tokenizer.decode(got["input_ids"]) == whole
        learnt = [token for token in got["labels"] if token != -100]
        assert tokenizer.decode(learnt) == f"{row.completion}<|im_end|>\n"
    assert trainer.train().global_step == 2


@pytest.mark.parametrize("n_before", [0, 1500])
def test_ms_swift_reads_messages_and_pictures(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, n_before: int
) -> None:
    datasets = pytest.importorskip("datasets", reason="the datasets library is not installed")
    monkeypatch.setenv("MODELSCOPE_CACHE", str(tmp_path / "modelscope"))
    swift = pytest.importorskip("swift.dataset", exc_type=ImportError)
    inputs = pytest.importorskip("swift.template.template_inputs", exc_type=ImportError)
    if not hasattr(datasets.features, "Json"):
        pytest.skip("this datasets is too old for ms-swift")
    rows = [record("Say why.", user("Why?"), assistant("So."))] * n_before
    rows += [
        record(text, user(text, shown(5)), assistant(shown(0), text, shown(1)))
        for text in (*TEXTS, "<img>")
        if text.strip()
    ]
    (tmp_path / "data").mkdir()
    file = written(find("ms-swift", "critique"), tmp_path / "data" / "train.jsonl", *rows)
    loaded, _ = swift.load_dataset([str(file)], split_dataset_ratio=0, shuffle=False, num_proc=1)
    assert len(loaded) == len(rows)
    for got, row in zip(loaded, rows, strict=True):
        read = inputs.TemplateInputs.from_dict(got).chosen
        pictures = [p.sha256 for m in row.prompt for p in m.parts if hasattr(p, "sha256")]
        assert [image["path"] for image in read.images] == [PATH[sha256] for sha256 in pictures]
        assert [m["role"] for m in read.messages] == ["user", "assistant", "user", "assistant"]
        text = "".join(m["content"] for m in read.messages)
        assert text.count("<image>") == len(pictures)
        assert "<img>" not in text
