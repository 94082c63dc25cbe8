"""The data card of a Hugging Face dataset folder: what is in it and how it was made."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

from intermt.formats.writing.pairs import Folder
from intermt.formats.writing.parquet_file import ListOf, Struct, Type

_DTYPES = {
    "bool": "bool",
    "int": "int64",
    "float": "float64",
    "text": "string",
    "bytes": "binary",
}
_SIZES = (
    *((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K")),
    *((1_000_000, "100K<n<1M"), (10_000_000, "1M<n<10M")),
)
_LICENCES = {
    *("apache-2.0", "mit", "bsd-3-clause", "gpl-3.0", "unlicense", "openrail"),
    *("cc0-1.0", "cc-by-2.0", "cc-by-3.0", "cc-by-4.0", "cc-by-sa-3.0", "cc-by-sa-4.0"),
    *("cc-by-nc-2.0", "cc-by-nc-3.0", "cc-by-nc-4.0", "cc-by-nd-4.0", "cc-by-nc-nd-4.0"),
    *("cc-by-nc-sa-2.0", "cc-by-nc-sa-3.0", "cc-by-nc-sa-4.0"),
    *("odbl", "odc-by", "pddl", "cdla-permissive-2.0", "unknown", "other"),
}
"""Licences that the Hub knows by these names."""

_COLUMNS = """\
| column | what it says |
|---|---|
| `prompt` | the messages that both sides share, up to the question |
| `chosen`, `rejected` | what follows on the side that people prefer, and on the other |
| `images`, `chosen_images`, `rejected_images` | the pictures of each, in reading order; one for \
each block of type `image` |
| `level`, `mode` | two answers to one question (`local`, `prefix`) or two conversations \
(`global`, `chain`) |
| `dimension` | what the votes are about; `overall`, or a dimension of the level |
| `pair_id`, `seed_id`, `chosen_id`, `rejected_id`, `turn` | where the pair comes from |
| `n_votes`, `n_annotators`, `n_stated` | votes for each side and for neither; annotators who \
voted; how many of them stated a preference rather than scored |
| `agreement` | votes for the chosen side over all votes, ties included |
| `strength` | how sure it is that the chosen side is the better one |
| `margin` | mean score of the chosen side less that of the other; null without scores |
| `verified` | whether all verifiers agree; null where none voted |
| `tie` | whether neither side is the better one |
| `simulated` | whether a stand-in server wrote any of the messages |
| `synthetic` | whether any of the votes is an invented one |
| `feedback` | critiques, refinements and rationales that raters wrote |
| `licence` | of the seed question, as given |
"""


def card(folder: Folder, columns: Mapping[str, Type]) -> str:
    """The text of README.md.

    Args:
        folder: What the folder holds.
        columns: The columns of its data files.
    """
    n_pairs = sum(folder.n_pairs.values())
    head = "\n".join((*_header(folder, columns, n_pairs), ""))
    return f"---\n{head}---\n\n# Preference pairs\n\n{_warning(folder, n_pairs)}{_body(folder)}"


def _header(folder: Folder, columns: Mapping[str, Type], n_pairs: int) -> Iterator[str]:
    yield from licence_lines(folder.licences)
    yield from ("pretty_name: Preference pairs", "tags:", "- preference", "- dpo", "- intermt")
    yield from ("size_categories:", f"- {size_category(n_pairs)}")
    yield from ("configs:", "- config_name: default", "  data_files:")
    for split, file in folder.files.items():
        yield from (f"  - split: {_split(split)}", f"    path: {json.dumps(file)}")
    yield from ("dataset_info:", "  features:")
    for name, type_ in columns.items():
        yield from _feature(name, type_, "  ")
    yield "  splits:"
    for split in folder.files:
        yield f"  - name: {_split(split)}"
        yield f"    num_bytes: {folder.n_bytes[split]}"
        yield f"    num_examples: {folder.n_pairs[split]}"
    n_bytes = sum(folder.n_bytes.values())
    yield from (f"  download_size: {n_bytes}", f"  dataset_size: {n_bytes}")


def _split(name: str) -> str:
    # What has no split is what `datasets` calls train.
    return "train" if name == "data" else name


def size_category(n: int) -> str:
    """What the Hub calls a data set of so many rows."""
    return next((name for most, name in _SIZES if n < most), "n>10M")


def licence_lines(licences: Mapping[str | None, int]) -> list[str]:
    """The head's lines on licences, by how many rows have each; None where not stated."""
    known = {(name or "unknown").strip().lower() for name in licences}
    if not known:
        return []
    return [
        "license:",
        *(f"- {name}" for name in sorted(known if known <= _LICENCES else {"other"})),
    ]


def _feature(name: str, type_: Type, indent: str) -> Iterator[str]:
    yield f"{indent}- name: {name}"
    yield from _type(type_, f"{indent}  ")


def _type(type_: Type, indent: str) -> Iterator[str]:
    if isinstance(type_, str):
        yield f"{indent}dtype: {_DTYPES[type_]}"
    elif isinstance(type_, Struct):
        if type_.feature is not None:
            yield f"{indent}dtype: {type_.feature.lower()}"
            return
        yield f"{indent}struct:"
        for name, part in type_.fields.items():
            yield from _feature(name, part, indent)
    else:
        yield from _list(type_, indent)


def _list(type_: ListOf, indent: str) -> Iterator[str]:
    item = type_.item
    if isinstance(item, Struct) and item.feature is None:
        yield f"{indent}list:"
        for name, part in item.fields.items():
            yield from _feature(name, part, indent)
    elif isinstance(item, Struct):
        yield f"{indent}list: {str(item.feature).lower()}"
    elif isinstance(item, str):
        yield f"{indent}list: {_DTYPES[item]}"
    else:
        raise TypeError("a list of lists has no place in a card")


def _warning(folder: Folder, n_pairs: int) -> str:
    told = []
    if folder.n_simulated:
        told.append(f"{folder.n_simulated} of {n_pairs} pairs have messages of a stand-in server")
    if folder.n_synthetic:
        told.append(f"{folder.n_synthetic} of {n_pairs} pairs have invented votes")
    if not told:
        return ""
    return f"> **Not for training:** {'; '.join(told)}. They show how the tools work.\n\n"


def _body(folder: Folder) -> str:
    splits = "".join(
        f"| {_split(split)} | {folder.n_pairs[split]} | {folder.n_bytes[split]} |\n"
        for split in folder.files
    )
    licences = "".join(
        f"| {_cell(name or 'not stated')} | {n} |\n"
        for name, n in sorted(folder.licences.items(), key=lambda item: (item[0] is None, item[0]))
    )
    made = json.dumps(folder.made, indent=2, ensure_ascii=False)
    return (
        "Each row is one conversation with two ways to go on, of which people prefer the first.\n"
        "\n## Splits\n\nThey are by seed question: all that grew from one is in one split.\n\n"
        f"| split | pairs | bytes |\n|---|---|---|\n{splits}"
        f"\n## Columns\n\n{_COLUMNS}"
        "\n## How the pairs were made\n\nOut of the votes and scores of annotators, by `intermt"
        " pair`, whose `.manifest.json`\nsays more, with the hash of every file.\n\n"
        f"{_fence(made)}"
        "\n## Licences\n\nAs given for the seed questions. Answers and their pictures come from"
        " models and tools\nwith terms of their own.\n\n"
        f"| licence | pairs |\n|---|---|\n{licences}"
    )


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def _fence(text: str) -> str:
    return f"```json\n{text}\n```\n"
