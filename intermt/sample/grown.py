"""How good the answers are that the sample's votes are about: the stand-in's own, by place."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from intermt.domain.image_tags import text_of
from intermt.sample import GROWN_WITH
from intermt.simulator import quality
from intermt.store.connect import Store
from intermt.store.generation import tree_nodes

Qualities = Mapping[tuple[str, str], float]
"""Latent quality of an answer, 0 to 1, by its seed question's id and its place in the tree."""


def grown_qualities(seeds: Path) -> Qualities:
    """The latent quality of every answer that `intermt generate` grows from a file of seeds.

    It grows them, with `GROWN_WITH`, in a folder of its own; that takes some seconds. What
    the caller has set in the environment stays outside.

    Raises:
        RuntimeError: They could not be grown.
    """
    environ = {key: value for key, value in os.environ.items() if not key.startswith("INTERMT_")}
    with TemporaryDirectory(prefix="intermt-sample-") as folder:
        words = ["generate", str(seeds.resolve()), *GROWN_WITH.split(), "--store", "grown"]
        ended = subprocess.run(  # noqa: S603 - our own program with fixed words
            [sys.executable, "-m", "intermt", *words],
            cwd=folder,
            env=environ,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
        )
        if ended.returncode != 0:
            raise RuntimeError(ended.stderr.decode(errors="replace"))
        with Store(Path(folder) / "grown").reading() as db:
            sources = dict(db.execute("SELECT seed_id, source_id FROM seed").fetchall())
            nodes = tree_nodes(db, sources)
    return {
        (sources[node.seed_id], node.place): quality(text_of(node.parts))
        for node in nodes
        if node.role == "assistant" and node.place is not None
    }
