from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from intermt.formats.writing import axolotl, nemo_rl, openrlhf, trl_reward
from intermt.formats.writing.pairs import PairFormat
from tests.formats.pair_samples import rows, sample

DOCS = Path(__file__).parents[2] / "docs" / "pair_formats.md"


@pytest.mark.parametrize(
    "format_",
    [trl_reward.FORMAT, openrlhf.FORMAT, axolotl.FORMAT, nemo_rl.FORMAT],
    ids=lambda f: f.name,
)
def test_the_record_in_the_documentation_is_what_is_written(format_: PairFormat) -> None:
    (section,) = re.findall(rf"^## {format_.name}\n(.*?)(?=^## |\Z)", DOCS.read_text(), re.M | re.S)
    (record,) = re.findall(r"^```json\n(.*?)^```", section, re.M | re.S)
    (row,) = rows(format_, sample())
    assert json.loads(record) == row
    assert list(json.loads(record)) == list(row)
