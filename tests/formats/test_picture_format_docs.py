from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import orjson
import pytest

from intermt.formats.writing.pairs import PairRecord
from intermt.formats.writing.registry import find
from tests.formats.picture_samples import (
    SHA,
    in_history,
    one_question,
    own_pictures,
    same_pictures,
    table,
    written,
)

DOCS = Path(__file__).parents[2] / "docs" / "pair_formats.md"
SAMPLES = {
    "ms-swift": own_pictures(),
    "llama-factory": same_pictures(),
    "llama-factory-v1": own_pictures(),
    "align-anything": one_question(),
    "align-anything-ti2ti": own_pictures(),
    "trl-dpo": in_history(),
    "parquet": one_question(),
    "hf": one_question(),
}


def shortened(value: Any) -> Any:
    """The value with numbers for hashes and dots for bytes."""
    if isinstance(value, dict):
        return {key: shortened(one) for key, one in value.items()}
    if isinstance(value, list):
        return [shortened(one) for one in value]
    if isinstance(value, bytes):
        return "..."
    if isinstance(value, str):
        for n, sha256 in enumerate(SHA):
            value = value.replace(sha256, str(n))
    return value


@pytest.mark.parametrize(("name", "pair"), SAMPLES.items(), ids=list(SAMPLES))
def test_the_record_in_the_documentation_is_what_is_written(
    tmp_path: Path, name: str, pair: PairRecord
) -> None:
    (section,) = re.findall(rf"^## {name}\n(.*?)(?=^## |\Z)", DOCS.read_text(), re.M | re.S)
    (record,) = re.findall(r"^```json\n(.*?)^```", section, re.M | re.S)
    if find(name).extension == ".parquet":
        (row,) = table(find(name), tmp_path, pair)
    else:
        row = orjson.loads(written(find(name), pair))
    assert json.loads(record) == shortened(row)
    assert list(json.loads(record)) == list(row)
