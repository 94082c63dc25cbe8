"""The formats that preference pairs can be written in."""

from __future__ import annotations

from intermt.errors import UsageError
from intermt.formats.writing import (
    align_anything,
    align_anything_ti2ti,
    axolotl,
    hf_folder,
    llama_factory,
    llama_factory_v1,
    ms_swift,
    nemo_rl,
    openrlhf,
    pair_lines,
    parquet_pairs,
    trl_dpo,
    trl_reward,
)
from intermt.formats.writing.pairs import PairFormat

FORMATS: tuple[PairFormat, ...] = (
    pair_lines.FORMAT,
    parquet_pairs.FORMAT,
    hf_folder.FORMAT,
    ms_swift.FORMAT,
    llama_factory.FORMAT,
    llama_factory_v1.FORMAT,
    align_anything.FORMAT,
    align_anything_ti2ti.FORMAT,
    trl_dpo.FORMAT,
    trl_reward.FORMAT,
    openrlhf.FORMAT,
    axolotl.FORMAT,
    nemo_rl.FORMAT,
)
"""A new one is its module, a line here and a test."""

NAMES: tuple[str, ...] = tuple(format_.name for format_ in FORMATS)


def find(name: str) -> PairFormat:
    """The format of this name.

    Raises:
        UsageError: There is none.
    """
    for format_ in FORMATS:
        if format_.name == name:
            return format_
    raise UsageError(f"no format is called {name!r}", todo=f"formats: {', '.join(NAMES)}")
