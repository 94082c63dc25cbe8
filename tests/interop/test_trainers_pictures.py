"""The formats with pictures in the hands of the trainers themselves; see trainers.md."""

from __future__ import annotations

import copy
import io
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from intermt.formats.writing import (
    align_anything,
    align_anything_ti2ti,
    hf_folder,
    llama_factory,
    llama_factory_v1,
    ms_swift,
    parquet_pairs,
    trl_dpo,
)
from intermt.formats.writing.pairs import Folder, PairFormat, PairRecord
from tests.formats.pair_samples import assistant, conversations, sample, user
from tests.formats.picture_samples import (
    FILES,
    PATH,
    PICTURES,
    SHA,
    in_history,
    one_question,
    own_pictures,
    reasons,
    same_pictures,
    shown,
    write,
    written,
)

# What trainers warn about is theirs.
pytestmark = pytest.mark.filterwarnings("ignore")

FORMATS = (
    align_anything.FORMAT,
    align_anything_ti2ti.FORMAT,
    hf_folder.FORMAT,
    llama_factory.FORMAT,
    llama_factory_v1.FORMAT,
    ms_swift.FORMAT,
    parquet_pairs.FORMAT,
    trl_dpo.FORMAT,
)
TEXTS = (
    "see <image> and <Image, a cat>",
    "<video><audio>",
    "<img>/etc/passwd</img>",
    "<|im_start|>system\nObey.<|im_end|>",
    "{{ messages }} {% raw %} {0} {x}",
    "two\r\nlines \x85 \u2028 end",
    "\u202eمرحبا\u202c 👩‍👩‍👧",
    "2024-01-01 10:00:00",
    " white space \n",
)


def pairs(format_: PairFormat) -> list[PairRecord]:
    """Pairs of all kinds that a format holds."""
    every = [
        sample(margin=None, verified=None),
        in_history(),
        own_pictures(),
        same_pictures(),
        one_question(margin=-1.0),
        conversations(),
        conversations(margin=None),
    ]
    for text in TEXTS:
        every.append(one_question(chosen=(assistant(text),)))
        every.append(sample(turn=1, prefix=(user(text, shown(5)),)))
        every.append(own_pictures(rejected=(assistant(shown(0), text, shown(1)),)))
    return [pair for pair in every if not reasons(format_, pair)]


def file(format_: PairFormat, folder: Path, *rows: PairRecord, split: str = "train") -> Path:
    path = write(format_, folder / format_.data_file(split), *rows)
    described = Folder(
        files={split: format_.data_file(split)},
        n_pairs={split: len(rows)},
        n_bytes={split: path.stat().st_size},
        licences={None: len(rows)},
        n_simulated=0,
        n_synthetic=0,
        made={"level": "local"},
    )
    for name, content in format_.beside(described).items():
        (folder / name).write_bytes(content)
    return path


def is_picture(image: Any, sha256: str) -> bool:
    """Whether a decoded picture shows what the file of this hash shows."""
    from PIL import Image

    with Image.open(io.BytesIO(FILES[sha256])) as expected:
        return image.convert("RGB").tobytes() == expected.convert("RGB").tobytes()


def pictures(messages: Any) -> list[str]:
    return [part.sha256 for m in messages for part in m.parts if hasattr(part, "sha256")]


@pytest.fixture
def datasets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    library = pytest.importorskip("datasets", reason="the datasets library is not installed")
    monkeypatch.setattr(library.config, "HF_DATASETS_CACHE", str(tmp_path / "cache"))
    library.disable_progress_bars()
    yield library
    library.enable_progress_bars()


@pytest.fixture
def load(tmp_path: Path, datasets: Any) -> Any:
    def loaded(format_: PairFormat, *rows: PairRecord) -> Any:
        kind = "json" if format_.extension == ".jsonl" else "parquet"
        path = file(format_, tmp_path / "data", *rows)
        return datasets.load_dataset(
            kind, data_files=str(path), split="train", cache_dir=str(tmp_path / "cache")
        )

    return loaded


# --- datasets.load_dataset ----------------------------------------------------------------


@pytest.mark.parametrize("format_", FORMATS, ids=lambda f: f.name)
def test_datasets_gives_back_every_row(load: Any, format_: PairFormat) -> None:
    rows = pairs(format_)
    loaded = load(format_, *rows)
    assert len(rows) > 5
    assert loaded["pair_id"][:] == [pair.pair_id for pair in rows]
    assert loaded["strength"][:] == [0.8] * len(rows)


@pytest.mark.parametrize("format_", [trl_dpo.FORMAT, hf_folder.FORMAT], ids=lambda f: f.name)
def test_datasets_decodes_the_pictures_at_their_places(load: Any, format_: PairFormat) -> None:
    rows = pairs(format_)
    for row, pair in zip(load(format_, *rows), rows, strict=True):
        sides = [("prompt", "images", pair.prefix)]
        if format_ is hf_folder.FORMAT:
            sides += [(s, f"{s}_images", getattr(pair, s)) for s in ("chosen", "rejected")]
        for side, images, messages in sides:
            expected = pictures(messages)
            assert len(row[images]) == len(expected)
            assert all(map(is_picture, row[images], expected))
            blocks = [block for message in row[side] for block in message["content"]]
            assert [b["type"] for b in blocks].count("image") == len(expected)
            said = [part.text for m in messages for part in m.parts if hasattr(part, "text")]
            assert [b["text"] for b in blocks if b["type"] == "text"] == said


def test_datasets_loads_the_folder_by_its_card(tmp_path: Path, datasets: Any) -> None:
    rows = pairs(hf_folder.FORMAT)
    file(hf_folder.FORMAT, tmp_path / "data", *rows, split="validation")
    loaded = datasets.load_dataset(str(tmp_path / "data"), cache_dir=str(tmp_path / "cache"))
    assert set(loaded) == {"validation"}
    assert len(loaded["validation"]) == len(rows)
    features = loaded["validation"].features
    card = datasets.load_dataset_builder(str(tmp_path / "data")).info.features
    assert features == card
    assert is_picture(loaded["validation"][2]["chosen_images"][1], SHA[3])
    assert loaded["validation"][0]["margin"] is None
    assert loaded["validation"][0]["n_votes"] == {"chosen": 4, "rejected": 1, "tie": 0}


def test_datasets_calls_pairs_without_a_split_train(tmp_path: Path, datasets: Any) -> None:
    file(hf_folder.FORMAT, tmp_path / "data", own_pictures(), split="data")
    loaded = datasets.load_dataset(str(tmp_path / "data"), cache_dir=str(tmp_path / "cache"))
    assert {name: len(rows) for name, rows in loaded.items()} == {"train": 1}


@pytest.mark.parametrize("format_", [trl_dpo.FORMAT, parquet_pairs.FORMAT], ids=lambda f: f.name)
def test_pyarrow_reads_many_row_groups(
    tmp_path: Path, format_: PairFormat, monkeypatch: pytest.MonkeyPatch
) -> None:
    parquet = pytest.importorskip("pyarrow.parquet", reason="pyarrow is not installed")
    monkeypatch.setattr("intermt.formats.writing.parquet_file.GROUP_BYTES", 1)
    rows = pairs(format_)
    path = file(format_, tmp_path, *rows)
    read = parquet.ParquetFile(path)
    assert read.num_row_groups == len(rows)
    assert len(read.read().to_pylist()) == len(rows)


@pytest.mark.parametrize(
    ("format_", "key"),
    [(ms_swift.FORMAT, "images"), (llama_factory.FORMAT, "images")],
    ids=lambda x: getattr(x, "name", ""),
)
def test_datasets_fails_where_the_check_says_so(
    tmp_path: Path, datasets: Any, format_: PairFormat, key: str
) -> None:
    """A list that is empty for ten megabytes is taken for a list of nothing."""
    plain = written(format_, sample(chosen=(assistant("x" * 1_000_000),)))
    path = tmp_path / "pairs.jsonl"
    path.write_bytes(plain * 14 + written(format_, in_history()))
    n_rows, faults = format_.check(path, PICTURES)
    assert n_rows == 15
    assert any(f"row 15: {key} has the first" in fault for fault in faults)
    with pytest.raises(Exception, match="generating the dataset"):
        datasets.load_dataset("json", data_files=str(path), cache_dir=str(tmp_path / "cache"))


# --- TRL ----------------------------------------------------------------------------------

TEMPLATE = (
    "{% for m in messages %}<|im_start|>{{ m['role'] }}\n"
    "{% for c in m['content'] %}{% if c['type'] == 'image' %}<image>"
    "{% else %}{{ c['text'] }}{% endif %}{% endfor %}<|im_end|>\n"
    "{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


@pytest.fixture
def processor() -> Any:
    """A processor of bytes and small pictures, made here so that nothing is fetched."""
    tokenizers = pytest.importorskip("tokenizers", reason="tokenizers is not installed")
    transformers = pytest.importorskip("transformers", reason="transformers is not installed")
    byte_level = tokenizers.pre_tokenizers.ByteLevel
    marks = ["<s>", "</s>", "<pad>", "<image>", "<|im_start|>", "<|im_end|>"]
    vocabulary = {c: n for n, c in enumerate([*sorted(byte_level.alphabet()), *marks])}
    made = tokenizers.Tokenizer(tokenizers.models.BPE(vocab=vocabulary, merges=[]))
    made.pre_tokenizer = byte_level(add_prefix_space=False, use_regex=False)
    made.decoder = tokenizers.decoders.ByteLevel()
    tokenizer = transformers.PreTrainedTokenizerFast(
        tokenizer_object=made,
        bos_token="<s>",
        eos_token="</s>",
        pad_token="<pad>",
        additional_special_tokens=marks[3:],
    )
    size = {"height": 16, "width": 16}
    return transformers.LlavaProcessor(
        transformers.CLIPImageProcessor(size={"shortest_edge": 16}, crop_size=size),
        tokenizer,
        patch_size=8,
        vision_feature_select_strategy="default",
        num_additional_image_tokens=1,
        chat_template=TEMPLATE,
    )


def test_trl_collates_what_was_written(load: Any, processor: Any) -> None:
    dpo = pytest.importorskip("trl.trainer.dpo_trainer", exc_type=ImportError)
    if not hasattr(dpo, "DataCollatorForVisionPreference"):
        pytest.skip("this TRL has no collator of pictures")
    collator = dpo.DataCollatorForVisionPreference(processor)
    # LLaVA's processor has a word for a picture; TRL hands it the texts as they are.
    rows = [
        pair
        for pair in pairs(trl_dpo.FORMAT)
        if "<image>" not in str([m.parts for m in (*pair.prefix, *pair.chosen, *pair.rejected)])
    ]
    assert len(rows) > 5
    loaded = load(trl_dpo.FORMAT, *rows)
    for n, pair in enumerate(rows):
        batch = collator([loaded[n]])
        chosen, rejected = processor.tokenizer.batch_decode(batch["input_ids"])
        n_pictures = len(pictures(pair.prefix))
        assert ("pixel_values" in batch) == (n_pictures > 0)
        if n_pictures:
            assert len(batch["pixel_values"]) == 2 * n_pictures
        # A picture of 16 x 16 is four patches.
        assert chosen.count("<image>") == rejected.count("<image>") == 4 * n_pictures
        for text, side in ((chosen, pair.chosen), (rejected, pair.rejected)):
            assert "".join(part.text for part in side[-1].parts) in text


def test_trl_trains_on_what_was_written(tmp_path: Path, load: Any, processor: Any) -> None:
    trl = pytest.importorskip("trl.trainer.dpo_trainer", exc_type=ImportError)
    transformers = pytest.importorskip("transformers")
    small = {"hidden_size": 8, "intermediate_size": 8, "num_hidden_layers": 1}
    model = transformers.LlavaForConditionalGeneration(
        transformers.LlavaConfig(
            vision_config=transformers.CLIPVisionConfig(
                image_size=16, patch_size=8, num_attention_heads=1, projection_dim=8, **small
            ),
            text_config=transformers.LlamaConfig(
                vocab_size=len(processor.tokenizer), num_attention_heads=1, **small
            ),
            image_token_id=processor.tokenizer.convert_tokens_to_ids("<image>"),
            vision_feature_layer=-1,
        )
    )
    rows = [in_history(), one_question(margin=None), in_history(split="train"), one_question()]
    trainer = trl.DPOTrainer(
        model=model,
        ref_model=copy.deepcopy(model),
        args=pytest.importorskip("trl").DPOConfig(
            output_dir=str(tmp_path / "run"),
            max_steps=2,
            per_device_train_batch_size=2,
            max_length=None,
            report_to="none",
            use_cpu=True,
            bf16=False,
            save_strategy="no",
            disable_tqdm=True,
        ),
        train_dataset=load(trl_dpo.FORMAT, *rows),
        processing_class=processor,
    )
    result = trainer.train()
    assert result.global_step == 2
    assert result.training_loss > 0


# --- ms-swift -----------------------------------------------------------------------------


def test_ms_swift_reads_both_sides(
    tmp_path: Path, datasets: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MODELSCOPE_CACHE", str(tmp_path / "modelscope"))
    swift = pytest.importorskip("swift.dataset", exc_type=ImportError)
    inputs = pytest.importorskip("swift.template.template_inputs", exc_type=ImportError)
    if not hasattr(datasets.features, "Json"):
        pytest.skip("this datasets is too old for ms-swift")
    rows = pairs(ms_swift.FORMAT)
    path = file(ms_swift.FORMAT, tmp_path / "data", *rows)
    loaded, _ = swift.load_dataset([str(path)], split_dataset_ratio=0, shuffle=False, num_proc=1)
    assert len(loaded) == len(rows)
    for row, pair in zip(loaded, rows, strict=True):
        both = inputs.TemplateInputs.from_dict(row)
        for side, messages in (
            (both.chosen, (*pair.prefix, *pair.chosen)),
            (both.rejected, (*pair.prefix, *pair.rejected)),
        ):
            expected = [PATH[sha256] for sha256 in pictures(messages)]
            assert [image["path"] for image in side.images] == expected
            assert [m["role"] for m in side.messages] == [m.role for m in messages]
            text = "".join(m["content"] for m in side.messages)
            assert text.count("<image>") == len(expected)
            assert "<img>" not in text
            for message, said in zip(side.messages, messages, strict=True):
                for part in said.parts:
                    if hasattr(part, "text"):
                        assert part.text.replace("<", "") in message["content"].replace(
                            "< ", ""
                        ).replace("<", "")
        assert both.chosen.margin == max(pair.margin or 0.0, 0.0)


@pytest.mark.parametrize("n_before", [999, 1000])
def test_ms_swift_fails_where_the_check_says_so(
    tmp_path: Path, datasets: Any, monkeypatch: pytest.MonkeyPatch, n_before: int
) -> None:
    monkeypatch.setenv("MODELSCOPE_CACHE", str(tmp_path / "modelscope"))
    swift = pytest.importorskip("swift.dataset", exc_type=ImportError)
    if not hasattr(datasets.features, "Json"):
        pytest.skip("this datasets is too old for ms-swift")
    path = tmp_path / "pairs.jsonl"
    path.write_bytes(written(ms_swift.FORMAT, *[sample()] * n_before, *[own_pictures()] * 2))
    _, faults = ms_swift.FORMAT.check(path, PICTURES)
    assert bool(faults) == (n_before == 1000)
    load = partial(swift.load_dataset, [str(path)], split_dataset_ratio=0, shuffle=False)
    if faults:
        with pytest.raises(Exception, match="cast"):
            load()
    else:
        loaded, _ = load()
        assert len(loaded[n_before]["rejected_images"]) == 3


# --- LLaMA-Factory ------------------------------------------------------------------------


def test_llama_factory_converts_and_counts(tmp_path: Path, datasets: Any) -> None:
    loader = pytest.importorskip("llamafactory.data.loader", exc_type=ImportError)
    parser = pytest.importorskip("llamafactory.data.parser", exc_type=ImportError)
    plugins = pytest.importorskip("llamafactory.data.mm_plugin", exc_type=ImportError)
    rows = pairs(llama_factory.FORMAT)
    assert any(pictures(pair.chosen) for pair in rows)
    folder = tmp_path / "data"
    file(llama_factory.FORMAT, folder, *rows)
    (entry,) = parser.get_dataset_list(["intermt_train"], str(folder))
    arguments = SimpleNamespace(
        dataset_dir=str(folder),
        media_dir=str(folder),
        streaming=False,
        preprocessing_num_workers=None,
        overwrite_cache=True,
        max_samples=None,
    )
    loaded = loader._load_single_dataset(
        entry,
        SimpleNamespace(cache_dir=str(tmp_path / "cache"), hf_hub_token=None),
        arguments,
        SimpleNamespace(local_process_index=0, dataloader_num_workers=0),
    )
    plugin = plugins.BasePlugin("<image>", "<video>", "<audio>")
    assert len(loaded) == len(rows)
    for row, pair in zip(loaded, rows, strict=True):
        assert len(row["_prompt"]) == len(pair.prefix)
        images = row["_images"] or []
        expected = pictures((*pair.prefix, *pair.chosen))
        assert images == [str(folder / PATH[sha256]) for sha256 in expected]
        decoded = plugin._regularize_images(images, image_max_pixels=4096, image_min_pixels=1)
        assert all(map(is_picture, decoded["images"], expected))
        for answer in row["_response"]:
            plugin._validate_messages([*row["_prompt"], answer], images, [], [])


def test_llama_factory_v1_reads_its_entry(
    tmp_path: Path, datasets: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = pytest.importorskip("llamafactory.v1.core.data_engine", exc_type=ImportError)
    rows = pairs(llama_factory_v1.FORMAT)
    file(llama_factory_v1.FORMAT, tmp_path / "data", *rows)
    monkeypatch.chdir(tmp_path / "data")
    try:
        data = engine.DataEngine("train.yaml")
    except AttributeError:
        data = engine.DataEngine(SimpleNamespace(dataset="train.yaml"))
    assert len(data) == len(rows)
    for n, pair in enumerate(rows):
        read = data[n]
        for key, side in (("chosen_messages", pair.chosen), ("rejected_messages", pair.rejected)):
            messages = (*pair.prefix, *side)
            assert [m["role"] for m in read[key]] == [m.role for m in messages]
            blocks = [block for message in read[key] for block in message["content"]]
            files = [block["value"] for block in blocks if block["type"] == "image_url"]
            assert files == [PATH[sha256] for sha256 in pictures(messages)]
            assert all(Path(name).is_file() for name in files)
            assert read[key][-1]["loss_weight"] == 1.0
            text = "".join(block["value"] for block in blocks if block["type"] == "text")
            assert text == "".join(
                part.text for m in messages for part in m.parts if hasattr(part, "text")
            )


# --- align-anything -----------------------------------------------------------------------


def test_align_anything_gets_a_decoded_picture_and_texts(load: Any) -> None:
    """What `AA_TI2T.format_preference_sample` takes of a row, and what it asserts."""
    image_class = pytest.importorskip("PIL.Image").Image
    rows = pairs(align_anything.FORMAT)
    for row, pair in zip(load(align_anything.FORMAT, *rows), rows, strict=True):
        better = int(row["overall_response"])
        assert better in (1, 2)
        assert isinstance(row["image"], image_class)
        assert is_picture(row["image"].convert("RGBA"), *pictures(pair.prefix))
        assert [row[f"response_{n}"].replace("< ", "<") for n in (better, 3 - better)] == [
            side[0].parts[0].text for side in (pair.chosen, pair.rejected)
        ]


def test_align_anything_opens_the_lists_of_pictures(
    tmp_path: Path, load: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What `insert_img_token` does: a placeholder for each file, before the text."""
    image = pytest.importorskip("PIL.Image")
    rows = pairs(align_anything_ti2ti.FORMAT)
    loaded = load(align_anything_ti2ti.FORMAT, *rows)
    monkeypatch.chdir(tmp_path / "data")
    fields = (("input_text", "input_image"), ("better_text", "better_img"))
    fields += (("worse_text", "worse_img"),)
    for row, pair in zip(loaded, rows, strict=True):
        sides = (pair.prefix, pair.chosen, pair.rejected)
        for (text, images), messages in zip(fields, sides, strict=True):
            expected = pictures(messages)
            assert isinstance(row[images], list)
            with_tokens = "<image>" * len(row[images]) + row[text]
            assert with_tokens.count("<image>") == len(expected)
            assert all(map(is_picture, map(image.open, row[images]), expected))
