"""The formats that preference pairs can be written in."""

from __future__ import annotations

from importlib import import_module

from intermt.errors import UsageError
from intermt.formats.writing.pairs import PairFormat

# Their names alone are known at first: help must not wait for what writing needs.
_MODULES = {
    "jsonl": "pair_lines",
    "parquet": "parquet_pairs",
    "hf": "hf_folder",
    "ms-swift": "ms_swift",
    "llama-factory": "llama_factory",
    "llama-factory-v1": "llama_factory_v1",
    "align-anything": "align_anything",
    "align-anything-ti2ti": "align_anything_ti2ti",
    "trl-dpo": "trl_dpo",
    "trl-reward": "trl_reward",
    "openrlhf": "openrlhf",
    "axolotl": "axolotl",
    "nemo-rl": "nemo_rl",
}
"""Module of each format, by name. A new one is its module, a line here and a test."""

NAMES: tuple[str, ...] = tuple(_MODULES)


def find(name: str) -> PairFormat:
    """The format of this name.

    Raises:
        UsageError: There is none.
    """
    if name not in _MODULES:
        from intermt.formats.writing import comments

        if name in comments.NAMES:
            raise UsageError(
                f"--format {name} is for what people wrote, not for pairs",
                todo="add --as critique or --as refinement",
            )
        raise UsageError(f"no format is called {name!r}", todo=f"formats: {', '.join(NAMES)}")
    found: PairFormat = import_module(f"intermt.formats.writing.{_MODULES[name]}").FORMAT
    return found
